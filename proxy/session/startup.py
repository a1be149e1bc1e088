"""From the first byte of a client to the server's first ReadyForQuery: who asks, is it true, and may they start so.

Promise: nothing is asked of the PostgreSQL server before the client proved its password; an unknown login cannot be told
from a wrong password; what goes wrong ends with one FATAL ErrorResponse, or without a word where the first packet is none.
(PostgreSQL 18, 54.2.1 and 54.3.)

    first packet (-> TLS) -> identity -> SASL, certificate or trust -> planner -> server -> the server's own authentication
    -> its parameters -> ReadyForQuery (held back)

Towards the server the client is itself (`same_user`: the ClientKey its SCRAM proof gave away logs in as the same login), or one
login of the proxy's (`Service`) that takes a role, with the person's name in application_name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from proxy.errors import AuthError, NoStartup, ProtocolError, ProxyError, Unavailable
from proxy.plan import Miss, Plan, Wanted
from proxy.session.actions import (
    Action,
    Authenticated,
    Close,
    ConnectServer,
    ForwardCancel,
    Identify,
    MakePlanner,
    Record,
    StartTls,
    ToClient,
    ToServer,
)
from proxy.session.journal import Journal, Proof
from proxy.session.reports import own_error
from proxy.wire.auth import (
    SCRAM_SHA_256,
    SCRAM_SHA_256_PLUS,
    ScramClient,
    ScramServer,
    Secret,
    Verifier,
    cleartext_password,
    make_nonce,
    md5_password,
    mock_verifier,
)
from proxy.wire.frames import HEAD_BYTES, FrameReader, Limits, StartupReader
from proxy.wire.messages import (
    PROTOCOL_3_0,
    PROTOCOL_3_2,
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
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

ADMIN_DATABASE = "maskgate"
NONCE_BYTES = 18  # SCRAM_RAW_NONCE_LEN
NAME_BYTES = 63  # NAMEDATALEN - 1: as much of application_name as PostgreSQL keeps
_OURS = frozenset(("application_name", "role", "session_authorization"))
UNAUTHENTICATED = Limits(max_message_bytes=65_535, stream_above_bytes=65_535)  # PG_MAX_AUTH_TOKEN_LENGTH


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
    def cached(self) -> int:
        """How many plans it keeps."""

    @property
    def channels(self) -> frozenset[str]:
        """Channels whose notifications reach a restricted caller."""

    def knows(self, oid: int) -> bool:
        """Whether the catalog has a relation of this OID."""

    def check_path(self, path: tuple[str, ...]) -> None:
        """Before something prepared runs under `path`. Raises Refusal."""

    def log_text(self, sql: bytes) -> str:
        """A text no plan was made for, as the log may show it: every literal hidden."""

    def at_hand(self, wanted: Wanted) -> Plan | None:
        """The plan, if it was made before."""

    def make(self, wanted: Wanted) -> Any:
        """Work out what `keep` takes; may be called in another thread. Raises ProxyError. After a reload it finds no Miss."""

    def keep(self, wanted: Wanted, outcome: Any) -> Plan | Miss:
        """What came of it."""

    def check_startup(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """What to send to the server of the client's start-up parameters. Raises Refusal."""


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What TLS with a peer has shown. `binding`: `end_point_binding` of the server's certificate, b'' when there is none;
    `names`: CN and SANs of the client's certificate, when it gave one that an authority of ours signed."""

    binding: bytes = b""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """The login of the proxy's own that asks PostgreSQL for a role of the rules, as role `set_role` of the database."""

    user: str
    secret: Secret = field(repr=False)
    set_role: str = ""
    search_path: str = ""


@dataclass(frozen=True, slots=True)
class Identified:
    """Answers Identify. `verifier` None (for scram-sha-256): unknown login, or none we can use, and `reason` says why, for the
    log only. `role` None: the rules let nobody of this login in. `service` None: as the same user. `is_admin`: may use the
    proxy's own database."""

    method: Literal["scram-sha-256", "cert", "trust", "reject"] = "scram-sha-256"
    verifier: Verifier | None = field(default=None, repr=False)
    role: str | None = None
    reason: str = ""
    service: Service | None = None
    is_admin: bool = False


class Startup:
    """One client's way in. `is_done` once the server is ready; then `Session` takes over with what is public here.

    `offers_tls`: SSLRequest may be answered with yes. `statement_bytes`: no message of the client's may be larger, rows of COPY
    apart.
    """

    def __init__(
        self,
        client: FrameReader,
        server: FrameReader,
        journal: Journal,
        random: Callable[[int], bytes],
        secret: bytes,
        *,
        offers_tls: bool = False,
        statement_bytes: int = 64 << 20,
    ) -> None:
        self._statement_bytes = statement_bytes
        self._packets = StartupReader()
        self._client, self._server = client, server
        self._journal, self._random, self._secret = journal, random, secret
        self._offers_tls = offers_tls
        self._state = "first"
        self._asked: set[type] = set()
        self._tls: TlsFacts | None = None
        self._scram: ScramServer | None = None
        self._upstream: ScramClient | None = None
        self._upstream_tls: TlsFacts | None = None
        self._identity = Identified()
        self._verifier = mock_verifier("", secret)
        self._actions: list[Action] = []
        self.message = StartupMessage(PROTOCOL_3_0, {})
        self.planner: Planner | None = None
        self.parameters: dict[str, str] = {}  # what the server reports
        self.key: BackendKeyData | None = None
        self.status = "I"
        self.is_done = False
        self.is_admin = False  # it is let in to the proxy's own database; then `Admin` takes over
        client.limits = UNAUTHENTICATED

    @property
    def is_over(self) -> bool:
        """Whether the session ended here."""
        return self._state == "closed"

    @property
    def proof(self) -> Proof:
        """How the client was let in, for the log."""
        service = self._identity.service
        method: str = self._identity.method
        if self._scram is not None:
            method = "scram-sha-256-plus" if self._scram.is_plus else "scram-sha-256"
        names = self._tls.names if self._tls is not None else ()
        own = "" if service is None else f"{service.user} as {service.set_role}"
        return Proof(method, self._tls is not None, names, own)

    # --- inputs

    def client_bytes(self, data: bytes) -> list[Action]:
        """What the client sent. Nothing is read past the proof of the password."""
        return self._guarded(self._client_bytes, data)

    def tls_started(self, facts: TlsFacts) -> list[Action]:
        """The client speaks TLS, after StartTls or from its first byte on."""
        return self._guarded(self._tls_started, facts)

    def identified(self, identity: Identified) -> list[Action]:
        """What is known of who knocks."""
        return self._guarded(self._identified, identity)

    def planner_ready(self, planner: Planner) -> list[Action]:
        """The planner asked for."""
        return self._guarded(self._planner_ready, planner)

    def server_connected(self, tls: TlsFacts | None = None) -> list[Action]:
        """The connection asked for; over TLS or not."""
        return self._guarded(self._server_connected, tls)

    def server_bytes(self, data: bytes) -> list[Action]:
        """What the server sent, up to its ReadyForQuery; what may follow stays in the reader."""
        return self._guarded(self._server_bytes, data)

    def fail(self, error: ProxyError, reason: str = "") -> list[Action]:
        """End here. `reason` is for the log only."""
        if self._state == "closed":
            return []
        had_server = self._state == "server"
        self._state = "closed"
        event = self._journal.login_refused(self.message, error, reason or self._identity.reason)
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
        if self._state == "tls":
            raise ProtocolError("received unencrypted data after an encryption request")
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
                if type(packet) in self._asked or self._tls is not None:
                    raise ProtocolError("an encryption request was sent twice")
                self._asked.add(type(packet))
                if isinstance(packet, SSLRequest) and self._offers_tls:
                    self._state = "tls"
                    self._actions += (ToClient(b"S"), StartTls())
                else:
                    self._actions.append(ToClient(b"N"))
            case CancelRequest():
                self._state = "closed"
                self._actions += (ForwardCancel(packet.to_bytes()), Close())
            case StartupMessage():
                self._start(packet)

    def _tls_started(self, facts: TlsFacts) -> None:
        self._tls = facts
        self._state = "first"

    def _start(self, message: StartupMessage) -> None:
        self.message = message
        if not message.user:
            raise AuthError("no PostgreSQL user name specified in startup packet", sqlstate="28000")
        if (answer := message.negotiate(PROTOCOL_3_2)) is not None:
            self._actions.append(ToClient(answer.to_bytes()))
        self._state = "identity"
        names = self._tls.names if self._tls is not None else ()
        self._actions.append(Identify(message.user, message.database, self._tls is not None, names))

    def _identified(self, identity: Identified) -> None:
        if self._state != "identity":
            return
        self._identity = identity
        user = self.message.user
        match identity.method:
            case "scram-sha-256":
                self._verifier = identity.verifier or mock_verifier(user, self._secret)
                self._state = "sasl"
                plus = (SCRAM_SHA_256_PLUS,) if self._tls is not None and self._tls.binding else ()
                self._actions.append(ToClient(AuthenticationSASL((*plus, SCRAM_SHA_256)).to_bytes()))
                self._client_bytes(b"")
            case "cert" | "trust":
                if identity.reason:
                    self._actions.append(Authenticated(user, False))
                    raise AuthError(f'certificate authentication failed for user "{user}"', sqlstate="28000")
                if identity.service is None and identity.role is not None and self.message.database != ADMIN_DATABASE:
                    raise AuthError(
                        f'login "{user}" comes in without a password, so the proxy cannot log in to PostgreSQL as it',
                        sqlstate="28000",
                        hint="Ask the operator to give its role a `service`.",
                    )
                self._admit()
            case "reject":
                tls = "with TLS" if self._tls is not None else "without TLS"
                raise AuthError(
                    f'no entry of `access` lets user "{user}" into database "{self.message.database}" from here {tls}',
                    sqlstate="28000",
                )

    def _sasl(self, body: bytes) -> None:
        if self._state == "sasl":
            first = SASLInitialResponse.parse(body)
            binding = self._tls.binding if self._tls is not None else b""
            is_plus = first.mechanism == SCRAM_SHA_256_PLUS and binding != b""
            if not (is_plus or first.mechanism == SCRAM_SHA_256) or first.data is None:
                raise ProtocolError("client selected an invalid SASL authentication mechanism")
            nonce = make_nonce(self._random(NONCE_BYTES))
            self._scram = ScramServer(self._verifier, nonce, self.message.user, binding=binding, is_plus=is_plus)
            self._state = "proof"
            self._actions.append(ToClient(AuthenticationSASLContinue(self._scram.first(first.data)).to_bytes()))
            return
        assert self._scram is not None  # noqa: S101
        try:
            last = self._scram.final(SASLResponse.parse(body).data)
        except AuthError:
            self._actions.append(Authenticated(self.message.user, False))
            raise
        self._actions.append(Authenticated(self.message.user, True))
        self._admit(ToClient(AuthenticationSASLFinal(last).to_bytes()))

    def _admit(self, *last: Action) -> None:
        """Who asks is proven."""
        self._state = "planner"
        user, role = self.message.user, self._identity.role
        if self.message.database == ADMIN_DATABASE:
            if not self._identity.is_admin:
                raise AuthError(
                    f'database "{ADMIN_DATABASE}" is the proxy\'s own: "{user}" is not listed under `admin`', sqlstate="28000"
                )
            self._actions += last
            self.is_admin = True
            return
        if role is None:
            raise AuthError(
                f'no role of the rules is given to login "{user}"',
                sqlstate="28000",
                hint="Ask the operator to list the login under a role.",
            )
        self._client.limits = Limits(max_message_bytes=self._statement_bytes)
        self._actions += (*last, MakePlanner(user, role, self.message.database, self.message.parameters))

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

    def _server_connected(self, tls: TlsFacts | None) -> None:
        if self._state != "connecting" or self.planner is None:
            return
        self._state, self._upstream_tls = "server", tls
        parameters = {**self.planner.check_startup(self._own_parameters())}
        parameters["user"], parameters["database"] = self.message.user, self.message.database
        if (service := self._identity.service) is not None:
            # Settings have no case, and of two the later counts: what is ours is said once.
            named = [value for name, value in parameters.items() if name.lower() == "application_name"]
            parameters = {name: value for name, value in parameters.items() if name.lower() not in _OURS}
            parameters["user"] = service.user
            parameters["application_name"] = _in_front(self.message.user, named[-1] if named else "")
            if service.set_role:
                parameters["role"] = service.set_role  # at the start: RESET ROLE and DISCARD ALL come back to it
            if service.search_path:
                parameters.setdefault("search_path", service.search_path)
        protocol = min(self.message.protocol, PROTOCOL_3_2)
        self._actions.append(ToServer(StartupMessage(protocol, parameters).to_bytes()))

    def _server_bytes(self, data: bytes) -> None:
        self._server.feed(data)
        while not self.is_done and (batch := self._server.frames()):
            for kind, start, end in batch:
                if self._state == "closed":
                    return  # the server said no, and what it adds is for nobody
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
            case Backend.NEGOTIATE_PROTOCOL_VERSION:
                return  # an older server; what it speaks is all the client needs: a cancel key of 4 bytes is one in 3.2 too
            case Backend.READY_FOR_QUERY:
                self.status = body.decode("ascii", "replace")
                self.is_done = True
                return
            case _:
                raise ProtocolError("the server sent an unexpected message while starting", sqlstate="08006")
        self._actions.append(ToClient(frame))

    def _authenticate(self, frame: bytes) -> None:
        service = self._identity.service
        match parse_authentication(frame[HEAD_BYTES:]):
            case AuthenticationOk():
                if self._upstream is not None and not self._upstream.is_finished:
                    raise AuthError("the PostgreSQL server skipped the end of its authentication", sqlstate="28000")
                self._actions.append(ToClient(frame))
            case AuthenticationSASL(mechanisms) if SCRAM_SHA_256 in mechanisms and (service or self._scram):
                binding = self._upstream_tls.binding if self._upstream_tls is not None else b""
                binding = binding if SCRAM_SHA_256_PLUS in mechanisms else b""
                nonce = make_nonce(self._random(NONCE_BYTES))
                if service is not None:
                    self._upstream = ScramClient("", nonce, password=service.secret, binding=binding)
                else:
                    assert self._scram is not None  # noqa: S101
                    key, server_key = self._scram.client_key, self._verifier.server_key
                    self._upstream = ScramClient("", nonce, client_key=key, server_key=server_key, binding=binding)
                mechanism = SCRAM_SHA_256_PLUS if binding else SCRAM_SHA_256
                self._actions.append(ToServer(SASLInitialResponse(mechanism, self._upstream.first()).to_bytes()))
            case AuthenticationSASLContinue(data) if self._upstream is not None:
                self._actions.append(ToServer(SASLResponse(self._upstream.final(data)).to_bytes()))
            case AuthenticationSASLFinal(data) if self._upstream is not None:
                self._upstream.finish(data)
            case AuthenticationMD5Password(salt) if service is not None:
                answer = md5_password(service.secret.password, service.user, salt)
                self._actions.append(ToServer(answer.to_bytes()))
            case AuthenticationCleartextPassword() if service is not None and self._upstream_tls is not None:
                self._actions.append(ToServer(cleartext_password(service.secret.password).to_bytes()))
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


def _in_front(login: str, application: str) -> str:
    """The person's name before the application's, as much as PostgreSQL keeps; it shows ASCII only."""
    return f"{login}/{application}".encode()[:NAME_BYTES].decode("utf-8", "ignore")
