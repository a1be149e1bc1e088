"""From the first byte of a client to the server's first ReadyForQuery: who asks, is it true, and may they start so.

Promise: nothing is asked of the PostgreSQL server before the client proved its password; an unknown login cannot be told
from a wrong password; what goes wrong ends with one FATAL ErrorResponse, or without a word where the first packet is none.
(PostgreSQL 18, 54.2.1 and 54.3.)

    first packet -> verifier -> SASL -> planner -> server -> the server's SASL -> its parameters -> ReadyForQuery (held back)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from proxy.errors import AuthError, NoStartup, ProtocolError, ProxyError, Unavailable
from proxy.plan import Miss, Plan
from proxy.session.actions import (
    Action,
    Close,
    ConnectServer,
    FetchVerifier,
    ForwardCancel,
    MakePlanner,
    Record,
    ToClient,
    ToServer,
)
from proxy.session.journal import Journal
from proxy.session.reports import own_error
from proxy.wire.auth import SCRAM_SHA_256, ScramClient, ScramServer, Verifier, make_nonce, mock_verifier
from proxy.wire.frames import HEAD_BYTES, FrameReader, Limits, StartupReader
from proxy.wire.messages import (
    PROTOCOL_3_0,
    AuthenticationOk,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
    Backend,
    BackendKeyData,
    CancelRequest,
    ErrorResponse,
    Frontend,
    GSSENCRequest,
    ParameterStatus,
    SASLInitialResponse,
    SASLResponse,
    SSLRequest,
    StartupMessage,
    Terminate,
    parse_authentication,
)

NONCE_BYTES = 18  # SCRAM_RAW_NONCE_LEN
UNAUTHENTICATED = Limits(max_message_bytes=65_535)  # PG_MAX_AUTH_TOKEN_LENGTH


class Planner(Protocol):
    """Decides statements for one caller, at one snapshot and ruleset."""

    @property
    def restricted(self) -> bool:
        """Whether any rule can hide something from this caller."""

    @property
    def is_glass(self) -> bool:
        """Everything passes byte for byte: nothing to hide, nothing to decrypt."""

    @property
    def purpose(self) -> str:
        """What the role may use the data for; stands in every event."""

    @property
    def channels(self) -> frozenset[str]:
        """Channels whose notifications reach a restricted caller."""

    def knows(self, oid: int) -> bool:
        """Whether the catalog has a relation of this OID."""

    def check_path(self, path: tuple[str, ...]) -> None:
        """Before something prepared runs under `path`. Raises Refusal."""

    def log_text(self, sql: bytes) -> str:
        """A text no plan was made for, as the log may show it: every literal hidden."""

    def plan(
        self,
        text: str,
        *,
        path: tuple[str, ...],
        param_oids: tuple[int, ...] = (),
        in_prepare: bool = False,
        after_miss: bool = False,
        temporary: frozenset[str] = frozenset(),
    ) -> Plan | Miss:
        """Raises ProxyError. After a reload (`after_miss`) it gives a Plan or raises."""

    def check_startup(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """What to send to the server of the client's start-up parameters. Raises Refusal."""


class Startup:
    """One client's way in. `is_done` once the server is ready; then `Session` takes over with what is public here."""

    def __init__(
        self, client: FrameReader, server: FrameReader, journal: Journal, random: Callable[[int], bytes], secret: bytes
    ) -> None:
        self._packets = StartupReader()
        self._client, self._server = client, server
        self._journal, self._random, self._secret = journal, random, secret
        self._state = "first"
        self._asked: set[type] = set()
        self._scram: ScramServer | None = None
        self._upstream: ScramClient | None = None
        self._verifier: Verifier | None = None
        self._role: str | None = None
        self._reason = ""
        self._actions: list[Action] = []
        self.message = StartupMessage(PROTOCOL_3_0, {})
        self.planner: Planner | None = None
        self.parameters: dict[str, str] = {}  # what the server reports
        self.key: BackendKeyData | None = None
        self.status = "I"
        self.is_done = False
        client.limits = UNAUTHENTICATED

    @property
    def is_over(self) -> bool:
        """Whether the session ended here."""
        return self._state == "closed"

    # --- inputs

    def client_bytes(self, data: bytes) -> list[Action]:
        """What the client sent. Nothing is read past the proof of the password."""
        return self._guarded(self._client_bytes, data)

    def verifier_found(self, verifier: Verifier | None, role: str | None, reason: str = "") -> list[Action]:
        """`verifier` None: unknown login, or none we can use, and `reason` says why (for the log only)."""
        return self._guarded(self._verifier_found, verifier, role, reason)

    def planner_ready(self, planner: Planner) -> list[Action]:
        """The planner asked for."""
        return self._guarded(self._planner_ready, planner)

    def server_connected(self) -> list[Action]:
        """The connection asked for."""
        return self._guarded(self._server_connected)

    def server_bytes(self, data: bytes) -> list[Action]:
        """What the server sent, up to its ReadyForQuery; what may follow stays in the reader."""
        return self._guarded(self._server_bytes, data)

    def fail(self, error: ProxyError, reason: str = "") -> list[Action]:
        """End here. `reason` is for the log only."""
        if self._state == "closed":
            return []
        had_server = self._state == "server"
        self._state = "closed"
        event = self._journal.login_refused(self.message, error, reason or self._reason)
        actions: list[Action] = [*self._take(), Record(event)]
        if not isinstance(error, NoStartup):
            actions.append(ToClient(_fatal(error)))
        if had_server:
            actions.append(ToServer(Terminate().to_bytes()))
        return [*actions, Close()]

    def close(self) -> list[Action]:
        """A peer left."""
        if self._state == "closed":
            return []
        self._state = "closed"
        return [*self._take(), Close()]

    # --- the client

    def _guarded(self, step: Callable[..., None], *arguments: object) -> list[Action]:
        if self._state == "closed":
            return []
        try:
            step(*arguments)
        except ProxyError as error:
            return self.fail(error)
        return self._take()

    def _take(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _client_bytes(self, data: bytes) -> None:
        if self._state == "first":
            self._packets.feed(data)
            while self._state == "first" and (packet := self._packets.next()) is not None:
                self._first(packet)
            if self._state != "first" and self._packets.rest:
                self._client.feed(self._packets.rest)
        else:
            self._client.feed(data)
        while self._state in ("sasl", "proof") and (batch := self._client.frames()):
            for kind, start, end in batch:
                if kind != Frontend.PASSWORD or self._state not in ("sasl", "proof"):
                    raise ProtocolError("expected SASL response, got another message")
                self._sasl(self._client.buffer[start + HEAD_BYTES : end])

    def _first(self, packet: SSLRequest | GSSENCRequest | CancelRequest | StartupMessage) -> None:
        match packet:
            case SSLRequest() | GSSENCRequest():
                if type(packet) in self._asked:
                    raise ProtocolError("an encryption request was sent twice")
                self._asked.add(type(packet))
                self._actions.append(ToClient(b"N"))  # TLS will be answered here
            case CancelRequest():
                self._state = "closed"
                self._actions += (ForwardCancel(packet.to_bytes()), Close())
            case StartupMessage():
                self._start(packet)

    def _start(self, message: StartupMessage) -> None:
        self.message = message
        if not message.user:
            raise AuthError("no PostgreSQL user name specified in startup packet", sqlstate="28000")
        if (answer := message.negotiate(PROTOCOL_3_0)) is not None:
            self._actions.append(ToClient(answer.to_bytes()))
        self._state = "verifier"
        self._actions.append(FetchVerifier(message.user))

    def _verifier_found(self, verifier: Verifier | None, role: str | None, reason: str) -> None:
        if self._state != "verifier":
            return
        self._role, self._reason = role, reason
        self._verifier = verifier or mock_verifier(self.message.user, self._secret)
        self._state = "sasl"
        self._actions.append(ToClient(AuthenticationSASL((SCRAM_SHA_256,)).to_bytes()))
        self._client_bytes(b"")

    def _sasl(self, body: bytes) -> None:
        if self._state == "sasl":
            assert self._verifier is not None  # noqa: S101 - the state says so
            first = SASLInitialResponse.parse(body)
            if first.mechanism != SCRAM_SHA_256 or first.data is None:
                raise ProtocolError("client selected an invalid SASL authentication mechanism")
            self._scram = ScramServer(self._verifier, make_nonce(self._random(NONCE_BYTES)), self.message.user)
            self._state = "proof"
            self._actions.append(ToClient(AuthenticationSASLContinue(self._scram.first(first.data)).to_bytes()))
            return
        assert self._scram is not None  # noqa: S101
        last = self._scram.final(SASLResponse.parse(body).data)
        self._state = "planner"
        if self._role is None:
            raise AuthError(
                f'no role of the rules is given to login "{self.message.user}"',
                sqlstate="28000",
                hint="Ask the operator to list the login under a role.",
            )
        self._client.limits = Limits()
        self._actions += (
            ToClient(AuthenticationSASLFinal(last).to_bytes()),
            MakePlanner(self.message.user, self._role, self.message.database, self.message.parameters),
        )

    # --- the server

    def _planner_ready(self, planner: Planner) -> None:
        first_time = self._state == "planner"
        self.planner = planner
        if first_time:
            planner.check_startup(self._own_parameters())
            self._state = "connecting"
            self._actions.append(ConnectServer())

    def _own_parameters(self) -> dict[str, str]:
        return {name: value for name, value in self.message.parameters.items() if not name.startswith("_pq_.")}

    def _server_connected(self) -> None:
        if self._state != "connecting" or self.planner is None:
            return
        self._state = "server"
        parameters = {**self.planner.check_startup(self._own_parameters())}
        parameters["user"], parameters["database"] = self.message.user, self.message.database
        self._actions.append(ToServer(StartupMessage(PROTOCOL_3_0, parameters).to_bytes()))

    def _server_bytes(self, data: bytes) -> None:
        self._server.feed(data)
        while not self.is_done and (batch := self._server.frames()):
            for kind, start, end in batch:
                if self.is_done:
                    raise ProtocolError("the server spoke after ReadyForQuery without being asked")
                self._server_frame(kind, self._server.buffer[start:end])

    def _server_frame(self, kind: int, frame: bytes) -> None:
        body = frame[HEAD_BYTES:]
        match kind:
            case Backend.AUTHENTICATION:
                self._authenticate(frame)
                return
            case Backend.ERROR_RESPONSE:
                self._server_error(frame)
                return
            case Backend.PARAMETER_STATUS:
                status = ParameterStatus.parse(body)
                self.parameters[status.name.decode("utf-8", "replace")] = status.value.decode("utf-8", "replace")
            case Backend.BACKEND_KEY_DATA:
                self.key = BackendKeyData.parse(body)
            case Backend.NOTICE_RESPONSE:
                pass
            case Backend.READY_FOR_QUERY:
                self.status = body.decode("ascii", "replace")
                self.is_done = True
                return
            case _:
                raise ProtocolError("the server sent an unexpected message while starting", sqlstate="08006")
        self._actions.append(ToClient(frame))

    def _authenticate(self, frame: bytes) -> None:
        match parse_authentication(frame[HEAD_BYTES:]):
            case AuthenticationOk():
                self._actions.append(ToClient(frame))
            case AuthenticationSASL(mechanisms) if SCRAM_SHA_256 in mechanisms:
                assert self._scram is not None and self._verifier is not None  # noqa: S101, PT018
                self._upstream = ScramClient(
                    "",
                    make_nonce(self._random(NONCE_BYTES)),
                    client_key=self._scram.client_key,
                    server_key=self._verifier.server_key,
                )
                first = SASLInitialResponse(SCRAM_SHA_256, self._upstream.first())
                self._actions.append(ToServer(first.to_bytes()))
            case AuthenticationSASLContinue(data) if self._upstream is not None:
                self._actions.append(ToServer(SASLResponse(self._upstream.final(data)).to_bytes()))
            case AuthenticationSASLFinal(data) if self._upstream is not None:
                self._upstream.finish(data)
            case _:
                raise AuthError(
                    "the PostgreSQL server asks for a password in a form other than SCRAM-SHA-256",
                    sqlstate="28000",
                    hint="Let pg_hba.conf ask for scram-sha-256 where the proxy comes in.",
                )

    def _server_error(self, frame: bytes) -> None:
        """The server said no (unknown database, too many connections …): its own words, then the end."""
        report = ErrorResponse.parse(frame[HEAD_BYTES:])
        self._state = "closed"
        error = Unavailable("refused by the server", sqlstate=report.sqlstate)
        event = self._journal.login_refused(self.message, error)
        self._actions += (Record(event), ToClient(frame), Close())


def _fatal(error: ProxyError) -> bytes:
    fatal = ProxyError(error.message, hint=error.hint, sqlstate=error.sqlstate)
    fatal.fatal = True
    return own_error(fatal)
