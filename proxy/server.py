"""The sockets around the sessions: performs their actions, answers their questions, and waits for slow peers.

One loop turn, one write: what all sessions have to say in a turn is collected, its events go to the query log in one append,
and only then the bytes leave, at most one write for each socket. When the log fails, the statements of that turn are refused
and the sessions live on. Nothing here reads SQL. Works on uvloop and on asyncio's own loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast
from urllib.parse import quote

from proxy.audit import event
from proxy.audit.event import Event
from proxy.caller import Caller
from proxy.catalog.loader import Loader
from proxy.catalog.snapshot import Snapshot
from proxy.errors import AuthError, Bug, ProxyError, Unavailable
from proxy.session import (
    Action,
    CancelServer,
    Close,
    ConnectServer,
    FetchVerifier,
    ForwardCancel,
    MakePlanner,
    Planner,
    Record,
    Reload,
    Session,
    Statement,
    ToClient,
    ToServer,
)
from proxy.session.rows import Sealing
from proxy.wire.auth import Verifier
from proxy.wire.messages import CancelRequest

logger = logging.getLogger("maskgate")

HIGH_WATER_BYTES = 256 << 10  # of unsent bytes to one peer, after which the other one is not read
CHUNK_BYTES = 64 << 10  # heard from one peer in one turn
CANCEL_SECONDS = 10.0
CLOSE_SECONDS = 5.0  # a peer that does not take our last words loses them
MISS_SECONDS = 1.0  # a name that was looked up in vain is not looked up again so soon
FRESH_SECONDS = 5.0  # a new session uses a snapshot of this age unasked


class Log(Protocol):
    """What we need of `audit.sinks.FileLog`."""

    def append(self, events: Sequence[Mapping[str, object]], *, must: bool = True) -> None:
        """Written when it returns. Raises Unavailable (58030)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may take at once. PostgreSQL's authentication_timeout is 60 s."""

    startup_seconds: float = 30.0
    sessions: int = 500


@dataclass(frozen=True, slots=True)
class Upstream:
    """The PostgreSQL server, and the login that reads its catalog and its verifiers."""

    host: str
    port: int
    catalog_user: str
    catalog_password: str = field(repr=False)
    catalog_database: str = "postgres"

    def dsn(self, database: str) -> str:
        """A URI for the catalog login."""
        user, password = quote(self.catalog_user, safe=""), quote(self.catalog_password, safe="")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{user}:{password}@{host}:{self.port}/{quote(database, safe='')}?sslmode=prefer"


PlannerFor = Callable[[Caller, Snapshot], Planner]
RoleOf = Callable[[str], "str | None"]


class Proxy:
    """Listens and serves: `async with Proxy(...)`, or `start` and `stop` on one loop.

    `role_of` gives the role of the rules for a login, or None; `planner_for` a planner for a caller over a snapshot: it is
    kept until snapshot or rules (`reload_rules`) change. `sealing` is a `crypto.Sealer`, when there is a key ring. The catalog
    login reads pg_authid and every database's catalog. `clock` is seconds since 1970, `random(n)` n secret bytes.
    """

    def __init__(
        self,
        *,
        upstream: Upstream,
        role_of: RoleOf,
        planner_for: PlannerFor,
        log: Log,
        clock: Callable[[], float],
        random: Callable[[int], bytes],
        listen_host: str = "127.0.0.1",
        listen_port: int = 0,
        sealing: Sealing | None = None,
        trusted_owners: Sequence[str] = (),
        limits: Limits | None = None,
        reuse_port: bool = False,
    ) -> None:
        self.upstream = upstream
        self.limits = limits or Limits()
        self.random = random
        self._role_of, self._planner_for = role_of, planner_for
        self._log, self._clock = log, clock
        self._listen = (listen_host, listen_port, reuse_port)
        self._sealing = sealing
        self._trusted_owners = tuple(trusted_owners)
        self._secret = random(32)
        self._start_id = random(4)
        self._count = 0
        self._listener: asyncio.Server | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._cancels: set[asyncio.Task[None]] = set()  # of _running, those that stop work on the server
        self._links: set[_Link] = set()
        self._dirty: list[_Link] = []
        self._databases: dict[str, _Database] = {}
        self._verifiers = Loader(upstream.dsn(upstream.catalog_database))
        self._empty = asyncio.Event()

    # -- life

    async def __aenter__(self) -> Proxy:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The port clients reach us at; after `start`."""
        if self._listener is None:
            raise Bug("the proxy is not listening")
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    @property
    def sessions(self) -> int:
        """Open sessions."""
        return len(self._links)

    async def start(self) -> None:
        """Listen. Raises OSError."""
        self.loop = asyncio.get_running_loop()
        self._tasks = await asyncio.TaskGroup().__aenter__()
        host, port, reuse_port = self._listen
        self._listener = await self.loop.create_server(
            lambda: _ClientSide(_Link(self)), host, port, reuse_port=reuse_port or None, backlog=512
        )

    async def stop(self) -> None:
        """End every session (57P01), wait until their last words left, close everything."""
        if self._listener is None or self._tasks is None:
            return
        self._listener.close()
        error = Unavailable("terminating connection due to administrator command", sqlstate="57P01")
        for link in list(self._links):
            link.step(link.session.fail, error, self.loop.time())
        self._empty.clear()
        if self._links:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS + 1):
                    await self._empty.wait()
        if self._cancels:  # what ran for the sessions must not run on for nobody
            await asyncio.wait(self._cancels, timeout=CLOSE_SECONDS)
        tasks, self._tasks = self._tasks, None
        for task in self._running:
            task.cancel()
        await tasks.__aexit__(None, None, None)
        await self._listener.wait_closed()
        self._turn()
        for loader in (self._verifiers, *(one.loader for one in self._databases.values())):
            await loader.close()
        self._listener = None

    async def reload_rules(self, role_of: RoleOf, planner_for: PlannerFor) -> None:
        """New rules: every session gets a new planner; a login without a role now is let go."""
        self._role_of, self._planner_for = role_of, planner_for
        for database in self._databases.values():
            database.planners.clear()
        for link in list(self._links):
            self._replan(link)

    # -- one loop turn

    def new_session(self, address: str) -> Session:
        """A session with an id of its own."""
        self._count += 1
        return Session(
            event.new_id(self._clock(), self._count, self._start_id),
            random=self.random,
            secret=self._secret,
            address=address,
            sealing=self._sealing,
        )

    def opened(self, link: _Link) -> bool:
        """A client came. False when there are too many."""
        self._links.add(link)
        return len(self._links) <= self.limits.sessions

    def closed(self, link: _Link) -> None:
        """Both of its sockets are closed."""
        self._links.discard(link)
        if not self._links:
            self._empty.set()

    def wake(self, link: _Link) -> None:
        """The link has actions to perform at the end of this turn."""
        if not self._dirty:
            self.loop.call_soon(self._turn)
        self._dirty.append(link)

    def _turn(self) -> None:
        """Log, then send: everything that was said since the last turn."""
        links, self._dirty = self._dirty, []
        events: list[Event | Mapping[str, object]] = []
        must = False
        for link in links:
            for action in link.pending:
                if isinstance(action, Statement):
                    events.append(action.event)
                    must = True
                elif isinstance(action, Record):
                    events.append(action.event)
        if events:
            try:
                self._log.append(events, must=must)
            except ProxyError as error:
                logger.error("%s", error.message)
                for link in links:
                    link.pending = link.session.refuse_unlogged(link.pending)
        for link in links:
            link.perform()

    # -- the sessions' questions

    def spawn(self, link: _Link, work: Coroutine[object, object, None], *, is_cancel: bool = False) -> None:
        """Run `work` for the link; whatever goes wrong in it ends that session only."""
        if self._tasks is None:
            work.close()
            return
        task = self._tasks.create_task(self._guarded(link, work))
        for kept in (self._running, self._cancels) if is_cancel else (self._running,):
            kept.add(task)
            task.add_done_callback(kept.discard)

    async def _guarded(self, link: _Link, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except ProxyError as error:
            link.step(link.session.fail, error, self.loop.time())
        except Exception as error:  # noqa: BLE001 - the edge of the process: one session ends, the others live
            link.broke(error)

    async def fetch_verifier(self, link: _Link, login: str) -> None:
        """Answers FetchVerifier."""
        text = await self._verifiers.verifier(login)
        verifier, reason = None, "no such login, or its password is missing or expired"
        if text is not None:
            try:
                verifier = Verifier.parse(text)
            except AuthError:
                reason = "the login's password is not stored as SCRAM-SHA-256: set it again"
        link.step(link.session.verifier_found, verifier, self._role_of(login), reason if verifier is None else "")

    async def make_planner(self, link: _Link, wanted: MakePlanner) -> None:
        """Answers MakePlanner."""
        link.caller = Caller(
            wanted.login, wanted.role, wanted.database, link.address, wanted.parameters.get("application_name", "")
        )
        database = self._databases.get(wanted.database)
        if database is None:
            loader = Loader(self.upstream.dsn(wanted.database), trusted_owners=self._trusted_owners)
            database = self._databases[wanted.database] = _Database(loader)
        try:
            if database.snapshot is None or self.loop.time() - database.loaded_at > FRESH_SECONDS:
                await self._load(database)
        except Unavailable as error:
            if database.snapshot is None and self._databases.get(wanted.database) is database:
                del self._databases[wanted.database]  # made-up names must not pile up
                await database.loader.close()
            raise _server_said(error, wanted.database) from error
        link.step(link.session.new_planner, self._planner(database, link.caller), self.loop.time())

    async def reload(self, link: _Link, names: tuple[str, ...]) -> None:
        """Answers Reload. Names missed a moment ago are not looked up again."""
        caller = link.caller
        database = self._databases.get(caller.database) if caller is not None else None
        if caller is None or database is None:
            raise Bug("a catalog is reloaded that was never loaded")
        now = self.loop.time()
        if not names or any(now - database.missed.get(name, now - 2 * MISS_SECONDS) > MISS_SECONDS for name in names):
            try:
                await self._load(database)
            except Unavailable as error:
                link.step(link.session.planner_failed, error, self.loop.time())
                return
            if len(database.missed) > 10_000:
                database.missed.clear()
            database.missed.update((name, self.loop.time()) for name in names)
        link.step(link.session.new_planner, self._planner(database, caller), self.loop.time())

    async def _load(self, database: _Database) -> None:
        """The newest snapshot; when it differs, every session of the database gets a new planner. Raises Unavailable."""
        snapshot = await database.loader.load()
        database.loaded_at = self.loop.time()
        if snapshot is database.snapshot:
            return
        had_one, database.snapshot = database.snapshot is not None, snapshot
        database.planners.clear()
        if had_one:
            for link in list(self._links):
                if link.caller is not None and self._databases.get(link.caller.database) is database:
                    self._replan(link)

    def _replan(self, link: _Link) -> None:
        caller = link.caller
        if caller is None or link.session.is_over:
            return
        role = self._role_of(caller.login)
        if role is None:
            error = AuthError(f'no role of the rules is given to login "{caller.login}"', sqlstate="28000")
            link.step(link.session.fail, error, self.loop.time())
            return
        link.caller = caller = Caller(caller.login, role, caller.database, caller.address, caller.application_name)
        database = self._databases.get(caller.database)
        if database is not None:
            link.step(link.session.new_planner, self._planner(database, caller), self.loop.time())

    def _planner(self, database: _Database, caller: Caller) -> Planner:
        planner = database.planners.get((caller.login, caller.role))
        if planner is None:
            if database.snapshot is None:
                raise Bug("a planner without a catalog")
            planner = database.planners[caller.login, caller.role] = self._planner_for(caller, database.snapshot)
        return planner

    async def connect(self, link: _Link) -> None:
        """Answers ConnectServer."""
        try:
            async with asyncio.timeout(self.limits.startup_seconds):
                await self.loop.create_connection(lambda: _ServerSide(link), self.upstream.host, self.upstream.port)
        except (OSError, TimeoutError) as error:
            link.step(link.session.server_unreachable, type(error).__name__)
            return
        link.step(link.session.server_connected)

    async def cancel(self, link: _Link, data: bytes, *, answers: bool) -> None:
        """Send a CancelRequest and wait until the server closed: by then the signal was given."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                reader, writer = await asyncio.open_connection(self.upstream.host, self.upstream.port)
                try:
                    writer.write(data)
                    await writer.drain()
                    await reader.read()
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        if answers:
            link.step(link.session.cancel_done, self.loop.time())


@dataclass(slots=True)
class _Database:
    """What we know of one database. `planners` by (login, role), for the snapshot at hand."""

    loader: Loader
    snapshot: Snapshot | None = None
    loaded_at: float = 0.0
    planners: dict[tuple[str, str], Planner] = field(default_factory=dict)
    missed: dict[str, float] = field(default_factory=dict)


class _Link:
    """One session and its two sockets. Its state is which of them can be read and written just now."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.address = ""
        self.session = proxy.new_session("")
        self.caller: Caller | None = None
        self.pending: list[Action] = []
        self.client: asyncio.Transport | None = None
        self.server: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._reads_client = self._reads_server = True
        self._client_is_full = self._server_is_full = False
        self.client_inbox = _Inbox(self, self.client_said)
        self.server_inbox = _Inbox(self, self.server_said)

    # -- sockets

    def client_made(self, transport: asyncio.Transport) -> None:
        self.client = transport
        _prepare(transport)
        peer = transport.get_extra_info("peername")
        self.address = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "local"
        self.session = self.proxy.new_session(self.address)
        self._timer = self.proxy.loop.call_later(self.proxy.limits.startup_seconds, self._too_slow)
        if not self.proxy.opened(self):
            error = Unavailable("sorry, too many clients already", sqlstate="53300")
            self.step(self.session.fail, error, self.proxy.loop.time())

    def server_made(self, transport: asyncio.Transport) -> None:
        if self._is_closing:
            transport.abort()
            return
        self.server = transport
        _prepare(transport)

    def client_lost(self) -> None:
        self.client_inbox.finish()
        self.client = None
        self.step(self.session.client_lost, self.proxy.loop.time())
        self._look_if_closed()

    def server_lost(self) -> None:
        self.server_inbox.finish()
        self.server = None
        self.step(self.session.server_lost, self.proxy.loop.time())
        self._look_if_closed()

    def client_full(self, is_full: bool) -> None:
        """The client takes nothing more, or again: the server has to wait."""
        self._client_is_full = is_full
        self.look_at_reading()

    def server_full(self, is_full: bool) -> None:
        self._server_is_full = is_full
        self.look_at_reading()

    def client_said(self, data: bytes) -> None:
        self.step(self.session.client_bytes, data, self.proxy.loop.time())

    def server_said(self, data: bytes) -> None:
        self.step(self.session.server_bytes, data, self.proxy.loop.time())

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

    def _too_slow(self) -> None:
        if not self.session.is_started:
            error = Unavailable("canceling authentication due to timeout", sqlstate="57014")
            self.step(self.session.fail, error, self.proxy.loop.time())

    def _look_if_closed(self) -> None:
        if self.client is None and self.server is None:
            self._stop_timer()
            self.proxy.closed(self)

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
                self.proxy.wake(self)
            self.pending += actions

    def broke(self, error: Exception) -> None:
        """An unexpected exception: type and place to the operator, never its text, which could hold SQL or values."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace is not None else "?"
        logger.error("session %s ended by %s at %s", self.address, type(error).__name__, place)
        if self.session.is_over:
            self._abort()
            return
        try:
            actions = self.session.fail(Bug("internal error: the session ends"), self.proxy.loop.time())
        except Exception:  # noqa: BLE001 - it cannot even say goodbye
            self._abort()
            return
        if not self.pending:
            self.proxy.wake(self)
        self.pending += actions

    def perform(self) -> None:
        """Do what the session asked for, in order; one write for each socket."""
        actions, self.pending = self.pending, []
        to_client: list[bytes] = []
        to_server: list[bytes] = []
        is_over = False
        for action in actions:
            match action:
                case ToClient(data):
                    to_client.append(data)
                case ToServer(data) | Statement(data=data):
                    to_server.append(data)
                case Record():
                    pass
                case Close():
                    is_over = True
                case _:
                    self._ask(action)
        if to_server and self.server is not None and not self.server.is_closing():
            self.server.write(b"".join(to_server))
        if to_client and self.client is not None and not self.client.is_closing():
            self.client.write(b"".join(to_client))
        if self.session.is_started:
            self._stop_timer()
        if is_over and not any(isinstance(action, ForwardCancel) for action in actions):
            self._close()
        elif not is_over:
            self.look_at_reading()

    def _ask(self, action: Action) -> None:
        proxy = self.proxy
        match action:
            case FetchVerifier(login):
                proxy.spawn(self, proxy.fetch_verifier(self, login))
            case MakePlanner():
                proxy.spawn(self, proxy.make_planner(self, action))
            case Reload(names):
                proxy.spawn(self, proxy.reload(self, names))
            case ConnectServer():
                proxy.spawn(self, proxy.connect(self))
            case CancelServer(process_id, secret_key):
                request = CancelRequest(process_id, secret_key).to_bytes()
                proxy.spawn(self, proxy.cancel(self, request, answers=True), is_cancel=True)
            case ForwardCancel(data):
                proxy.spawn(self, self._forward_cancel(data), is_cancel=True)

    async def _forward_cancel(self, data: bytes) -> None:
        """As PostgreSQL does, close towards the client when the signal was given."""
        await self.proxy.cancel(self, data, answers=False)
        self._close()

    def _close(self) -> None:
        self._is_closing = True
        self._stop_timer()
        for transport in (self.client, self.server):
            if transport is not None and not transport.is_closing():
                transport.close()
        self._timer = self.proxy.loop.call_later(CLOSE_SECONDS, self._abort)

    def _abort(self) -> None:
        self._is_closing = True
        for transport in (self.client, self.server):
            if transport is not None:
                transport.abort()


class _Inbox:
    """What one peer said and the session has not heard yet: it hears a little in each turn, and the others in between.

    uvloop reads up to 8 MB from one socket before it looks at the next, which may be two seconds' work.
    """

    def __init__(self, link: _Link, tell: Callable[[bytes], None]) -> None:
        self._link, self._tell = link, tell
        self._waiting = b""
        self.is_resting = False  # nothing more is read just now

    def said(self, data: bytes) -> None:
        if self.is_resting:
            self._waiting += data
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
            self._link.proxy.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self.is_resting = False
        if self._waiting:
            self._hear(self._waiting)
        self._link.look_at_reading()


class _ClientSide(asyncio.Protocol):
    def __init__(self, link: _Link) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._link.client_made(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        self._link.client_inbox.said(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.client_lost()

    def pause_writing(self) -> None:
        self._link.client_full(True)

    def resume_writing(self) -> None:
        self._link.client_full(False)


class _ServerSide(asyncio.Protocol):
    def __init__(self, link: _Link) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._link.server_made(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        self._link.server_inbox.said(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.server_lost()

    def pause_writing(self) -> None:
        self._link.server_full(True)

    def resume_writing(self) -> None:
        self._link.server_full(False)


def _prepare(transport: asyncio.Transport) -> None:
    transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _server_said(error: Unavailable, database: str) -> ProxyError:
    """What PostgreSQL would have told the client itself, where the catalog login met it first."""
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) == "3D000":
        return Unavailable(f'database "{database}" does not exist', sqlstate="3D000")
    return error
