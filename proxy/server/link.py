"""One session and its two sockets: which of them can be read and written just now, TLS with either peer, and the end.

Bytes arrive here, are deciphered where a peer speaks TLS, and are handed to the session a little in each loop turn; what it
says is performed once a turn, with at most one write for each socket.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Protocol, cast

from proxy.caller import Caller
from proxy.errors import Bug, ProtocolError, Unavailable, place_of
from proxy.server.tls import HANDSHAKE, ListenTls, Tls, TlsFailure
from proxy.server.upstream import Upstream
from proxy.session import (
    Action,
    Close,
    ForwardCancel,
    Record,
    Service,
    Session,
    StartTls,
    Statement,
    TlsFacts,
    ToClient,
    ToServer,
)
from proxy.wire.messages import SSLRequest

logger = logging.getLogger("maskgate")

HIGH_WATER_BYTES = 256 << 10  # of unsent bytes to one peer, after which the other one is not read
CHUNK_BYTES = 64 << 10  # heard from one peer in one turn
CLOSE_SECONDS = 5.0  # a peer that does not take our last words loses them


class Shell(Protocol):
    """What a link needs of the proxy it belongs to."""

    loop: asyncio.AbstractEventLoop
    upstream: Upstream
    listen_tls: ListenTls | None

    @property
    def startup_seconds(self) -> float: ...

    def now(self) -> float:
        """Seconds of a monotonic clock, to the microsecond: the loop's own counts milliseconds, or stands still in a turn."""

    def new_session(self, address: str) -> Session: ...
    def opened(self, link: Link) -> Unavailable | None: ...
    def closed(self, link: Link) -> None: ...
    def wake(self, link: Link) -> None: ...
    def ask(self, link: Link, action: Action) -> None: ...


class Link:
    """See the module. The proxy performs `pending` at the end of each loop turn."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.address = self.host = ""
        self.session = shell.new_session("")
        self.caller: Caller | None = None
        self.service: Service | None = None  # its login at the server, where that is not its own
        self.pending: list[Action] = []
        self.client: asyncio.Transport | None = None
        self.server: asyncio.Transport | None = None
        self.connected_at = self.active_at = shell.now()
        self._client_tls: Tls | None = None
        self._server_tls: Tls | None = None
        self._listen_tls: ListenTls | None = None  # what was in force when the client came
        self._is_first_byte = True
        self._waits_for_tls = False  # the client was told to begin with it
        self._timer: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._reads_client = self._reads_server = True
        self._client_is_full = self._server_is_full = False
        self.client_inbox = _Inbox(self, self._client_said)
        self.server_inbox = _Inbox(self, self._server_said)

    @property
    def is_tls(self) -> bool:
        """Whether the client speaks TLS."""
        return self._client_tls is not None

    @property
    def is_server_tls(self) -> bool:
        """Whether the server does."""
        return self._server_tls is not None

    # -- sockets

    def client_made(self, transport: asyncio.Transport) -> None:
        """A client came."""
        self.client = transport
        _prepare(transport)
        peer = transport.get_extra_info("peername")
        self.host = peer[0] if isinstance(peer, tuple) else ""
        self.address = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "local"
        self._listen_tls = self.shell.listen_tls
        self.session = self.shell.new_session(self.address)
        self._timer = self.shell.loop.call_later(self.shell.startup_seconds, self._too_slow)
        error = self.shell.opened(self)
        if error is not None:
            self.fail(error)

    def server_made(self, transport: asyncio.Transport, tls: Tls | None = None) -> None:
        """The server's socket is there, TLS spoken where it has to be."""
        if self._is_closing:
            transport.abort()
            return
        self.server, self._server_tls = transport, tls
        facts = None if tls is None else TlsFacts(tls.peer_binding())
        self.step(self.session.server_connected, facts)

    def client_arrived(self, data: bytes) -> None:
        """Bytes of the client's."""
        if self._is_first_byte:
            self._is_first_byte = False
            if data[0] == HANDSHAKE and self._listen_tls is not None:  # sslnegotiation=direct
                self._client_tls = Tls(self._listen_tls.context, is_server=True)
        if self._client_tls is None:
            self.client_inbox.said(data)
            return
        was_ready = self._client_tls.is_ready
        try:
            said = self._client_tls.receive(data)
        except TlsFailure as failure:
            if not self.session.is_over:
                self.fail(ProtocolError(f"TLS: {failure}"))
            return
        self._flush_tls()
        if not was_ready and self._client_tls.is_ready and not self._began_tls():
            return
        if said:
            self.client_inbox.said(said)

    def server_arrived(self, data: bytes) -> None:
        """Bytes of the server's."""
        if self._server_tls is None:
            self.server_inbox.said(data)
            return
        try:
            said = self._server_tls.receive(data)
        except TlsFailure as failure:
            self.fail(Unavailable(f"TLS with the PostgreSQL server: {failure}", sqlstate="08006"))
            return
        if (back := self._server_tls.take()) and self.server is not None:
            self.server.write(back)
        if said:
            self.server_inbox.said(said)

    def client_lost(self) -> None:
        """The client's socket is closed."""
        self.client_inbox.finish()
        self.client = None
        self.step(self.session.client_lost, self.shell.now())
        self._look_if_closed()

    def server_lost(self) -> None:
        """The server's socket is closed."""
        self.server_inbox.finish()
        self.server = None
        self.step(self.session.server_lost, self.shell.now())
        self._look_if_closed()

    def client_full(self, is_full: bool) -> None:
        """The client takes nothing more, or again: the server has to wait."""
        self._client_is_full = is_full
        self.look_at_reading()

    def server_full(self, is_full: bool) -> None:
        """The same of the server."""
        self._server_is_full = is_full
        self.look_at_reading()

    def look_at_reading(self) -> None:
        """Read from each peer, or not, as things stand now."""
        if self._is_closing:
            return
        wants = self.session.wants_client_bytes and not self._server_is_full and not self.client_inbox.is_resting
        if wants != self._reads_client and self.client is not None:
            self._reads_client = wants
            (self.client.resume_reading if wants else self.client.pause_reading)()
        wants = not self._client_is_full and not self.server_inbox.is_resting
        if wants != self._reads_server and self.server is not None:
            self._reads_server = wants
            (self.server.resume_reading if wants else self.server.pause_reading)()

    def _client_said(self, data: bytes) -> None:
        self.active_at = now = self.shell.now()
        self.step(self.session.client_bytes, data, now)

    def _server_said(self, data: bytes) -> None:
        self.active_at = now = self.shell.now()
        self.step(self.session.server_bytes, data, now)

    def _began_tls(self) -> bool:
        """The client's handshake is done. False when it may not go on."""
        tls, listen = self._client_tls, self._listen_tls
        assert tls is not None and listen is not None  # noqa: S101, PT018
        if not self._waits_for_tls and not tls.is_direct_ok:
            self.fail(ProtocolError("a direct TLS connection without the ALPN protocol postgresql"))
            return False
        self.step(self.session.tls_started, listen.facts(tls))
        return True

    def _flush_tls(self) -> None:
        if self._client_tls is not None and (back := self._client_tls.take()) and self.client is not None:
            self.client.write(back)

    def _too_slow(self) -> None:
        if not self.session.is_started:
            self.fail(Unavailable("canceling authentication due to timeout", sqlstate="57014"))

    def _look_if_closed(self) -> None:
        if self.client is None and self.server is None:
            self._stop_timer()
            self.shell.closed(self)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- actions

    def step(self, call: Callable[..., list[Action]], *arguments: object) -> None:
        """Give the session an input; its actions are performed at the end of the turn."""
        try:
            actions = call(*arguments)
        except Exception as error:  # noqa: BLE001 - the edge: a bug ends this session, with one line for the operator
            self.broke(error)
            return
        if actions:
            if not self.pending:
                self.shell.wake(self)
            self.pending += actions

    def fail(self, error: Exception) -> None:
        """End the session with this error."""
        self.step(self.session.fail, error, self.shell.now())

    def broke(self, error: Exception) -> None:
        """An unexpected exception: type and place to the operator, never its text, which could hold SQL or values."""
        logger.error("session %s ended by %s at %s", self.address, type(error).__name__, place_of(error))
        if self.session.is_over:
            self._abort()
            return
        try:
            actions = self.session.fail(Bug("internal error: the session ends"), self.shell.now())
        except Exception:  # noqa: BLE001 - it cannot even say goodbye
            self._abort()
            return
        if not self.pending:
            self.shell.wake(self)
        self.pending += actions

    def perform(self) -> None:
        """Do what the session asked for, in order; one write for each socket."""
        actions, self.pending = self.pending, []
        to_client: list[bytes] = []
        to_server: list[bytes] = []
        is_over = forwards = False
        for action in actions:
            if isinstance(action, ToClient):
                to_client.append(action.data)
            elif isinstance(action, (ToServer, Statement)):
                to_server.append(action.data)
            elif isinstance(action, Record):
                pass
            elif isinstance(action, StartTls):
                self._write_client(to_client)
                to_client = []
                assert self._listen_tls is not None  # noqa: S101 - it was offered
                self._client_tls, self._waits_for_tls = Tls(self._listen_tls.context, is_server=True), True
            elif isinstance(action, Close):
                is_over = True
            else:
                forwards = forwards or isinstance(action, ForwardCancel)
                self.shell.ask(self, action)
        if to_server:
            self._write_server(to_server)
        if to_client:
            self._write_client(to_client)
        if self._timer is not None and self.session.is_started:
            self._stop_timer()
        if is_over and not forwards:
            self.close()
        elif not is_over:
            self.look_at_reading()

    def close(self) -> None:
        """Flush what was written and close both sockets."""
        self._is_closing = True
        self._stop_timer()
        if self._client_tls is not None and self.client is not None and not self.client.is_closing():
            self.client.write(self._client_tls.close())
        for transport in (self.client, self.server):
            if transport is not None and not transport.is_closing():
                transport.close()
        self._timer = self.shell.loop.call_later(CLOSE_SECONDS, self._abort)

    def _write_client(self, pieces: list[bytes]) -> None:
        if self.client is None or self.client.is_closing():
            return
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self._client_tls is not None:
            if not self._client_tls.is_ready:
                return  # nobody could read it
            try:
                self._client_tls.send(data)
            except TlsFailure:
                self.client.abort()
                return
            data = self._client_tls.take()
        self.client.write(data)

    def _write_server(self, pieces: list[bytes]) -> None:
        if self.server is None or self.server.is_closing():
            return
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self._server_tls is not None:
            try:
                self._server_tls.send(data)
            except TlsFailure:
                self.server.abort()
                return
            data = self._server_tls.take()
        self.server.write(data)

    def _abort(self) -> None:
        self._is_closing = True
        for transport in (self.client, self.server):
            if transport is not None:
                transport.abort()


class _Inbox:
    """What one peer said and the session has not heard yet: it hears a little in each turn, and the others in between.

    uvloop reads up to 8 MB from one socket before it looks at the next, which may be two seconds' work.
    """

    def __init__(self, link: Link, tell: Callable[[bytes], None]) -> None:
        self._link, self._tell = link, tell
        self._waiting = b""
        self.is_resting = False  # nothing more is read just now

    def said(self, data: bytes) -> None:
        if self.is_resting:
            self._waiting += data
        elif len(data) < CHUNK_BYTES:
            self._tell(data)
        else:
            self._hear(data)

    def finish(self) -> None:
        """The peer is gone: hear the rest at once."""
        data, self._waiting = self._waiting, b""
        if data:
            self._tell(data)

    def _hear(self, data: bytes) -> None:
        self._waiting = data[CHUNK_BYTES:]
        self._tell(data[:CHUNK_BYTES])
        if len(data) >= CHUNK_BYTES:
            self.is_resting = True
            self._link.look_at_reading()
            self._link.shell.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self.is_resting = False
        if self._waiting:
            self._hear(self._waiting)
        self._link.look_at_reading()


class ClientSide(asyncio.Protocol):
    """What asyncio calls for a client's socket."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._link.client_made(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        self._link.client_arrived(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.client_lost()

    def pause_writing(self) -> None:
        self._link.client_full(True)

    def resume_writing(self) -> None:
        self._link.client_full(False)


class ServerSide(asyncio.Protocol):
    """What asyncio calls for the server's socket. TLS, where it is asked for, is spoken before the link hears of it."""

    def __init__(self, link: Link, upstream: Upstream) -> None:
        self._link, self._upstream = link, upstream
        self._transport: asyncio.Transport | None = None
        self._tls: Tls | None = None
        self._is_handed_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        _prepare(self._transport)
        tls = self._upstream.tls
        if tls is None:
            self._hand_over()
        elif tls.negotiation == "direct":
            self._begin()
        else:
            self._transport.write(SSLRequest().to_bytes())

    def data_received(self, data: bytes) -> None:
        if self._is_handed_over:
            self._link.server_arrived(data)
        elif self._tls is None:
            if data == b"S":
                self._begin()
            elif data == b"N" and self._upstream.tls is not None and not self._upstream.tls.is_needed:
                self._hand_over()
            else:  # more than one byte: somebody in between adds what was not sent under TLS (CVE-2021-23222)
                self._refuse("the server does not support TLS, but it is required")
        else:
            try:
                said = self._tls.receive(data)
                self._write()
            except TlsFailure as failure:
                self._refuse(str(failure))
                return
            if self._tls.is_ready:
                self._hand_over()
                if said:
                    self._link.server_inbox.said(said)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_handed_over:
            self._link.server_lost()
        else:
            self._refuse("the server closed the connection")

    def pause_writing(self) -> None:
        self._link.server_full(True)

    def resume_writing(self) -> None:
        self._link.server_full(False)

    def _begin(self) -> None:
        assert self._upstream.tls is not None  # noqa: S101
        try:
            self._tls = Tls(self._upstream.tls.context, is_server=False, hostname=self._upstream.host)
            self._write()
        except TlsFailure as failure:
            self._refuse(str(failure))

    def _write(self) -> None:
        if self._tls is not None and self._transport is not None and (data := self._tls.take()):
            self._transport.write(data)

    def _hand_over(self) -> None:
        assert self._transport is not None  # noqa: S101
        self._is_handed_over = True
        self._link.server_made(self._transport, self._tls)

    def _refuse(self, reason: str) -> None:
        if self._transport is not None:
            self._transport.abort()
        link = self._link
        link.step(link.session.server_unreachable, f"TLS: {reason}")


def _prepare(transport: asyncio.Transport) -> None:
    transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
