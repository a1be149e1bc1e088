"""What is fuzzed of the protocol, and what must hold: junk gives a ProtocolError, a session ends once and never by an exception.

A case is `CHOICE_BYTES` bytes that choose the target, the caller and what the server is in the mood for, then records: a tag byte,
a length of two bytes, a payload. To the readers and parsers records are chunks or bodies; to a session they are what happens to
it: bytes of the client, bytes of the server, answers of the shell. The server is `backend.Backend`, which keeps PostgreSQL's own
books: as long as nothing else spoke for it, a session that loses count of its replies, or waits for ever, has failed too.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count
from random import Random

from proxy.errors import AuthError, ProtocolError, ProxyError, Unavailable
from proxy.planner import Planner
from proxy.session import (
    Action,
    Authenticated,
    CancelServer,
    Close,
    ConnectServer,
    ForwardCancel,
    Identified,
    Identify,
    MakePlanner,
    PlanApart,
    Record,
    Reload,
    Session,
    StartTls,
    Statement,
    ToClient,
    ToServer,
)
from proxy.session.client import STALLED_BYTES
from proxy.session.naming import PATH_QUERY
from proxy.session.slots import Slot
from proxy.session.startup import TlsFacts
from proxy.wire import FIRST, LAST, PIECE, FrameReader, Limits, StartupReader
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient, ScramServer, Verifier, make_nonce
from proxy.wire.frames import HEAD_BYTES
from proxy.wire.messages import Backend as B
from proxy.wire.messages import Frontend as F
from tests import world
from tests.fakes import MarkingKeys
from tests.fuzz.backend import ROW, SECRET, Backend
from tests.fuzz.mutate import CHOICE_BYTES
from tests.fuzz.targets import BYTES_A_SECOND, HANG_S, Failure, Outcome

TARGETS = ("client frames", "server frames", "startup", "bodies", "scram", *["session"] * 11)
# Who: the roles of `world`, with so few rows a statement that the export guard has work.
ROLES = ("dba", "app", "analyst", "exporter", "writer", "keyholder")
ROW_LIMIT = 4
# The bits of the second byte of choice above the role: where a conversation begins.
FROM_THE_START = 0x40
TLS = 0x80
# The third: the server's moods, and whether it may fail at all.
TIGHT = Limits(max_message_bytes=5_000, stream_above_bytes=60, stream_head_bytes=12)
STREAMS = frozenset({F.COPY_DATA, B.DATA_ROW})
PASSWORD = "fuzz"
VERIFIER = Verifier.make(PASSWORD, b"0123456789abcdef", 1)
CLIENT, SERVER, ANSWER, LOGIN, SHELL, PLANNER, NO_PLANNER, FULL_LOG, LOST, SERVER_LOST, FAIL, CUT = b"csalkpnfxyez"
TAGS = (CLIENT, SERVER, ANSWER, LOGIN, SHELL, PLANNER, NO_PLANNER, FULL_LOG, LOST, SERVER_LOST, FAIL, CUT)
# What a session may say of its own to a server, besides statements that were logged.
_OWN_QUERIES = frozenset((b"", b"BEGIN", b"COMMIT", b"ROLLBACK"))
_REJECTED = b"! -- maskgate"
# What a session keeps for a client: what stalls it, one read of the shell, and a message that is not whole.
_KEPT_BYTES = STALLED_BYTES + 2 * (64 << 10)
# So much the session may say to the server for a frame of the client, besides what the client said itself.
_OWN_BYTES_A_FRAME = 2_000
PARSERS: tuple[Callable[[bytes], object], ...] = (
    *(one.parse for one in m.FRONTEND_MESSAGES.values()),
    *(one.parse for one in m.BACKEND_MESSAGES.values()),
    *(m.SASLInitialResponse.parse, m.SASLResponse.parse, m.parse_authentication, m.parse_startup),
    *(m.datarow_values, m.bind_names, m.bind_portal_name, m.bind_statement_name),
)

Step = tuple[int, bytes]


def records(case: bytes) -> list[Step]:
    """(tag, payload) of each record. Any bytes are records: a tag nobody knows is one of those that are, a length too large ends."""
    found, at = [], 0
    while at < len(case):
        tag = case[at] if case[at] in TAGS else TAGS[case[at] % len(TAGS)]
        end = at + 3 + int.from_bytes(case[at + 1 : at + 3], "big")
        found.append((tag, case[at + 3 : end]))
        at = end
    return found


def written(steps: Sequence[Step]) -> bytes:
    """The inverse."""
    return b"".join(bytes((tag,)) + len(payload[:65_535]).to_bytes(2, "big") + payload[:65_535] for tag, payload in steps)


def execute(case: bytes) -> Outcome:
    """Run one case. Raises Failure, or whatever the code raised. `Outcome.counted`: its frames."""
    choice, body = case[:CHOICE_BYTES].ljust(CHOICE_BYTES, b"\0"), case[CHOICE_BYTES:]
    target = TARGETS[choice[0] % len(TARGETS)]
    steps = records(body)
    begun = time.process_time()
    match target:
        case "client frames":
            frames = _frames("client", [payload for _, payload in steps])
        case "server frames":
            frames = _frames("server", [payload for _, payload in steps])
        case "startup":
            frames = _startup([payload for _, payload in steps])
        case "bodies":
            frames = _bodies([payload for _, payload in steps])
        case "scram":
            frames = _scram([payload for _, payload in steps])
        case _:
            frames = Talk(choice).run(steps)
    spent = time.process_time() - begun
    if spent > HANG_S + len(case) // BYTES_A_SECOND:
        raise Failure(f"a hang: {target}")
    return Outcome(target, spent, frames)


# --- readers and parsers


def _cut(reader: FrameReader, chunks: Sequence[bytes]) -> tuple[list[tuple[int, bytes]], str]:
    """Whole frames (pieces joined), and the error that ended it."""
    out: list[tuple[int, bytes]] = []
    pieces, fed = b"", 0
    try:
        for chunk in chunks:
            reader.feed(chunk)
            fed += len(chunk)
            while batch := reader.frames():
                for kind, start, end in batch:
                    if not kind & PIECE:
                        out.append((kind, reader.buffer[start:end]))
                        continue
                    if bool(kind & FIRST) != (pieces == b""):
                        raise Failure("a piece that is first in the middle")
                    pieces += reader.buffer[start:end]
                    if kind & LAST:
                        out.append((kind & 0xFF, pieces))
                        pieces = b""
            if reader.waiting > TIGHT.max_message_bytes + len(chunk) + HEAD_BYTES:
                raise Failure("a reader keeps more than a message and a chunk")
    except ProtocolError as error:
        return out, error.message
    given = sum(len(raw) for _, raw in out) + len(pieces)
    if given > fed or reader.is_clean != (given == fed and not reader._left):
        raise Failure("bytes were lost or made up")
    return out, ""


def _frames(side: str, chunks: Sequence[bytes]) -> int:
    found = []
    for parts in (chunks, [b"".join(chunks)], [b"".join(chunks)[i : i + 7] for i in range(0, sum(map(len, chunks)), 7)]):
        reader = FrameReader("client" if side == "client" else "server", TIGHT)
        reader.streams = STREAMS
        found.append(_cut(reader, parts))
    if found[0] != found[1] or found[1] != found[2]:
        raise Failure("another chunking gives other frames")
    return len(found[0][0]) + 1


def _startup(chunks: Sequence[bytes]) -> int:
    number = 0
    for parts in (chunks, [b"".join(chunks)]):
        reader = StartupReader()
        try:
            for chunk in parts:
                reader.feed(chunk)
                while (packet := reader.next()) is not None:
                    number += 1
                    again = StartupReader()
                    again.feed(packet.to_bytes())
                    if again.next() != packet:
                        raise Failure("a packet does not read back")
                if len(reader.rest) > m.MAX_STARTUP_BYTES + 4:
                    raise Failure("a start-up packet has no end")
        except ProtocolError:
            number += 1
    return max(number, 1)


def _bodies(bodies: Sequence[bytes]) -> int:
    for body in bodies:
        for parse in PARSERS:
            try:
                message = parse(body)
            except ProtocolError:
                continue
            if isinstance(message, m.Message) and type(message).parse(message.body()) != message:
                raise Failure(f"{type(message).__name__} does not read back")
    return max(len(bodies), 1)


def _scram(messages: Sequence[bytes]) -> int:
    """Either side against junk: the well-meant beginning of an exchange, then what the case says."""
    said = [*messages, b"", b""]
    with contextlib.suppress(AuthError):
        read = Verifier.parse(said[0].decode("latin-1"))
        if Verifier.parse(read.to_text()) != read:
            raise Failure("a verifier does not read back")
    nonce = make_nonce(b"server of the fuzzer")
    server = ScramServer(VERIFIER, nonce)
    with contextlib.suppress(ProtocolError, AuthError):
        server.first(said[0])
        server.final(said[1])
        raise Failure("a proof without the password was believed")
    client = ScramClient("", b"client", client_key=b"k" * 32, server_key=VERIFIER.server_key)
    with contextlib.suppress(ProtocolError, AuthError):
        client.final(said[0])
        client.finish(said[1])
        raise Failure("a signature without the key was believed")
    return len(messages) + 1


# --- a session


@cache
def planner_of(role: str) -> Planner:
    """Kept for the whole process, as the proxy keeps it."""
    return world.planner(role, row_limit=None if role in ("dba", "app", "keyholder") else ROW_LIMIT)


class Talk:
    """One session, its shell, its client and its server."""

    def __init__(self, choice: bytes) -> None:
        numbers = count()
        self.role = ROLES[(choice[1] & 0x3F) % len(ROLES)]
        self.planner = planner_of(self.role)
        self.session = Session(
            "s", random=lambda n: next(numbers).to_bytes(n, "big"), secret=b"k" * 32, address="1.2.3.4:5", sealing=MarkingKeys(),
            offers_tls=bool(choice[1] & TLS),
        )  # fmt: skip
        self.random = Random(choice[2])
        self.backend = Backend(self.random, trouble=0.08 if choice[2] & 1 else 0.0)
        self.now = 0.0
        self.asked: deque[Action] = deque()
        self.upstream: ScramServer | None = None
        self.scram = ScramClient("", b"client", password=PASSWORD)
        self.is_faithful = True  # the server is PostgreSQL itself
        self.is_open = False  # towards the server
        self.is_up = False  # past the server's start-up
        self.is_cut = False  # the client stops in the middle of what it says
        self.log_is_full = False
        self.closes = 0
        self.waiting = b""  # of the client, while the session does not want to read
        self.fed = self.frames = self.own_bytes = 0
        self.heard = FrameReader("server", Limits(max_message_bytes=1 << 30))
        self.answers: list[tuple[int, bytes]] = []  # of the start-up, for the client
        self.fatal = ""
        if not choice[1] & FROM_THE_START:
            self.log_in()
        self.large = Limits(stream_above_bytes=60 if choice[2] & 2 else 1 << 20, stream_head_bytes=12)

    # --- the shell

    def take(self, actions: Sequence[Action]) -> None:
        """Perform, as the shell does."""
        if self.log_is_full and any(isinstance(one, Statement) for one in actions):
            actions = self.session.refuse_unlogged(actions)
            self.log_is_full = False
        for action in actions:
            if self.closes:
                raise Failure(f"{type(action).__name__} after Close")
            match action:
                case ToClient(data):
                    self.client_hears(data)
                case ToServer(data):
                    self.server_hears(data, None)
                case Statement(event, data, slot):
                    if not event.get("id") and not event.get("kind"):
                        raise Failure("a statement without its event")
                    own = len(data) - slot.behind
                    for piece, whose in ((data[: slot.ahead], None), (data[slot.ahead : own], slot), (data[own:], None)):
                        if piece:
                            self.server_hears(piece, whose)
                case Record() | Authenticated():
                    pass
                case Close():
                    self.closes += 1
                case _:
                    self.asked.append(action)
        if self.session.is_over != bool(self.closes):
            raise Failure("over without Close, or the other way round")
        if self.session._client_reader.waiting > _KEPT_BYTES:
            raise Failure("a session keeps too much of its client")

    def do(self, call: Callable[..., list[Action]], *arguments: object) -> None:
        """An input. After the end nothing may come of it."""
        was_over = self.session.is_over
        actions = call(*arguments)
        if was_over and actions:
            raise Failure("an action after the end")
        self.take(actions)

    def tick(self) -> float:
        self.now += 0.01
        return self.now

    def shell(self, *, fails: bool = False, only_one: bool = False) -> None:
        """Answer what was asked."""
        while self.asked:
            action = self.asked.popleft()
            session = self.session
            match action:
                case StartTls():
                    self.do(session.tls_started, TlsFacts(b"b" * 32))
                case Identify():
                    known = Identified(verifier=VERIFIER, role=self.role)
                    self.do(session.identified, Identified(reason="nobody") if fails else known)
                case MakePlanner() | Reload():
                    if fails:
                        self.do(session.planner_failed, Unavailable("no catalog"), self.tick())
                    else:
                        self.do(session.new_planner, self.planner, self.tick())
                case PlanApart(make):
                    try:
                        outcome = make()
                    except ProxyError as error:
                        outcome = error
                    self.do(session.planned, action, outcome, self.tick())
                case ConnectServer():
                    if fails:
                        self.do(session.server_unreachable, "refused")
                    else:
                        self.is_open = True
                        self.do(session.server_connected)
                case CancelServer():
                    self.backend.cancel()
                    self.do(session.cancel_done, self.tick())
                case ForwardCancel():
                    pass
            if only_one:
                return

    # --- the client

    def client_says(self, data: bytes) -> None:
        self.waiting += data
        while self.waiting and self.session.wants_client_bytes and not self.session.is_over:
            data, self.waiting = self.waiting[: 64 << 10], self.waiting[64 << 10 :]
            self.fed += len(data)
            self.frames += 1 + len(data) // 40
            self.do(self.session.client_bytes, data, self.tick())

    def client_hears(self, data: bytes) -> None:
        if not data:
            raise Failure("nothing is said to the client")
        if self.planner.restricted and SECRET in data:
            raise Failure("a plaintext leaves")
        # A server that makes up more statements than the text has could show a caller with keys what is stored.
        must_open = self.planner.restricted or (not self.planner.is_glass and self.is_faithful)
        if must_open and (b"\x01sealed:" in data or b"\\x017365616c65643a" in data):
            raise Failure("a ciphertext leaves")
        if self.planner.restricted and self.is_faithful and ROW % (ROW_LIMIT + 1) in data:
            raise Failure("a row over the limit leaves")
        if data in (b"N", b"S") and not self.is_up:
            return
        if self.fatal:
            raise Failure("something is said after FATAL")
        self.heard.feed(data)
        try:
            while batch := self.heard.frames():
                for kind, start, end in batch:
                    self.reply(kind, self.heard.buffer[start + HEAD_BYTES : end])
        except ProtocolError as error:
            if self.is_faithful:
                raise Failure(f"the client hears what is no frame: {error.message}") from error

    def reply(self, kind: int, body: bytes) -> None:
        self.frames += 1
        if not self.session.is_started:
            self.answers.append((kind, body))
        if kind == B.ERROR_RESPONSE:
            with contextlib.suppress(ProtocolError):
                report = m.ErrorResponse.parse(body)
                if report.severity == "FATAL" and self.is_faithful:
                    self.fatal = report.sqlstate
                    said = (report.get("M") or b"").decode("utf-8", "replace")
                    if self.is_up and not self.backend.is_over and report.sqlstate in ("XX000", "08006"):
                        raise Failure(f"the session lost count: {report.sqlstate} {said}")

    def log_in(self) -> None:
        """Say what is right, until the session is ready."""
        self.do(self.session.client_bytes, m.StartupMessage((3, 0), {"user": "ana", "database": "shop"}).to_bytes(), self.tick())
        for _ in range(30):
            if self.session.is_started or self.session.is_over:
                break
            self.shell()
            self.login_step()
            self.serve(1 << 20)
        for _ in range(3):
            self.serve(1 << 20)
            self.shell()

    def login_step(self) -> None:
        """The next right message of the client."""
        while self.answers:
            kind, body = self.answers.pop(0)
            if kind != B.AUTHENTICATION:
                continue
            with contextlib.suppress(ProtocolError, AuthError):
                match m.parse_authentication(body):
                    case m.AuthenticationSASL():
                        said = m.SASLInitialResponse(SCRAM_SHA_256, self.scram.first()).to_bytes()
                    case m.AuthenticationSASLContinue(data):
                        said = m.SASLResponse(self.scram.final(data)).to_bytes()
                    case _:
                        continue
                self.client_says(said)
                return

    # --- the server

    def server_hears(self, data: bytes, slot: Slot | None) -> None:
        if not data:
            raise Failure("nothing is said to the server")
        if not self.is_open:
            raise Failure("the server hears of a client before it is known")
        if not self.is_up:
            self.start_up(data)
            return
        self.own_bytes += len(data)
        frames = _whole_frames(data)
        for number, (kind, body) in enumerate(frames):
            if slot is not None and number == 0 and kind in (F.QUERY, F.PARSE, F.EXECUTE, F.FUNCTION_CALL):
                continue
            _must_be_ours(kind, body)
        if slot is not None and len(frames) != 1:
            raise Failure("a statement is not one frame")
        self.backend.takes(data, slot)
        if self.is_faithful and not self.session.is_over:
            room = 4 * self.fed + _OWN_BYTES_A_FRAME * (self.frames + 10)
            if self.own_bytes > room:
                raise Failure("the server hears much more than the client says")

    def start_up(self, data: bytes) -> None:
        """The server's side of a login."""
        if data[0] == 0:
            self.server_says(m.AuthenticationSASL((SCRAM_SHA_256,)).to_bytes(), later=True)
        elif data[0] == F.TERMINATE:
            return
        elif self.upstream is None:
            with contextlib.suppress(ProtocolError, AuthError):
                first = m.SASLInitialResponse.parse(data[HEAD_BYTES:]).data
                self.upstream = ScramServer(VERIFIER, b"server")
                self.server_says(m.AuthenticationSASLContinue(self.upstream.first(first or b"")).to_bytes(), later=True)
        else:
            with contextlib.suppress(ProtocolError, AuthError):
                final = self.upstream.final(m.SASLResponse.parse(data[HEAD_BYTES:]).data)
                said = [m.AuthenticationSASLFinal(final), m.AuthenticationOk(), m.ParameterStatus(b"client_encoding", b"UTF8")]
                said += [m.BackendKeyData(4711, b"\1\2\3\4"), m.ReadyForQuery("I")]
                self.server_says(m.to_bytes(said), later=True)

    def server_says(self, data: bytes, *, later: bool = False) -> None:
        if later:
            self.backend.sent += data
            return
        self.frames += 1 + len(data) // 40
        self.do(self.session.server_bytes, data, self.tick())

    def serve(self, messages: int, chunk: int = 0) -> bool:
        """Let the server work. True when it said something."""
        data = self.backend.answer(messages)
        if b"Z\0\0\0\x05" in data and not self.is_up:
            self.is_up = True
        for at in range(0, len(data), chunk or max(len(data), 1)):
            self.server_says(data[at : at + (chunk or len(data))])
        if self.backend.is_over and not self.session.is_over:
            self.do(self.session.server_lost, self.tick())
        return bool(data)

    # --- a case

    def run(self, steps: Sequence[Step]) -> int:
        """All that happens, then a quiet end. Returns the frames."""
        is_tight = False
        for tag, payload in steps:
            if self.session.is_started and not is_tight:  # small frames are large ones then, which pass in pieces
                self.session._client_reader.limits = self.session._server_reader.limits = self.large
                is_tight = True
            self.step(tag, payload)
            if self.session.is_over:
                break
        self.settle()
        for call, argument in (("client_bytes", b"Q\0\0\0\5\0"), ("server_bytes", b"Z\0\0\0\5I"), ("fail", Unavailable("x"))):
            if self.session.is_over:
                self.do(getattr(self.session, call), argument, self.tick())
        if self.session.is_over:
            self.do(self.session.client_lost, self.tick())
            self.do(self.session.server_lost, self.tick())
            self.do(self.session.new_planner, self.planner, self.tick())
            self.do(self.session.cancel_done, self.tick())
        return max(self.frames, 1)

    def step(self, tag: int, payload: bytes) -> None:
        first, second = (payload + b"\0\0")[:2]
        session = self.session
        match tag:
            case _ if tag == CLIENT:
                self.client_says(payload)
            case _ if tag == SERVER:
                if self.is_open and payload:
                    self.is_faithful = False
                    self.is_up = self.is_up or session.is_started
                    self.server_says(payload)
                    self.is_up = self.is_up or session.is_started
            case _ if tag == ANSWER:
                self.serve(first or 1 << 20, second)
                self.client_says(b"")
            case _ if tag == LOGIN:
                self.login_step()
            case _ if tag == SHELL:
                self.shell(fails=first == 1, only_one=second == 1)
                self.client_says(b"")
            case _ if tag == PLANNER and session.is_started:
                other = planner_of(ROLES[first % len(ROLES)])
                if other.is_glass == self.planner.is_glass and other.restricted >= self.planner.restricted:
                    self.do(session.replan, other, self.tick())
            case _ if tag == NO_PLANNER and session.is_started:
                self.do(session.planner_failed, Unavailable("no catalog"), self.tick())
            case _ if tag == FULL_LOG:
                self.log_is_full = True
            case _ if tag == LOST:
                self.do(session.client_lost, self.tick())
            case _ if tag == SERVER_LOST and self.is_open:
                self.is_faithful = False
                self.do(session.server_lost, self.tick())
            case _ if tag == FAIL:
                self.is_faithful = False
                self.do(session.fail, ProxyError("told to"), self.tick())
            case _ if tag == CUT:
                self.is_cut = True

    def settle(self) -> None:
        """Everybody says what is left to be said. Nothing may be waited for then."""
        if not self.is_faithful or not self.session.is_started:
            return
        self.quiesce()
        if self.is_cut or self.session.is_over or (not self.session._client_reader.is_clean and not self.waiting):
            return
        for last in (m.CopyFail(b"enough").to_bytes(), m.Sync().to_bytes()):
            if not self.session.is_over:
                self.client_says(last)
                self.quiesce()
        if self.session.is_over:
            return
        left = [slot for slot in self.session._ledger.slots if repr(slot) != "Slot(end of COPY)"]
        if left:
            raise Failure(f"replies are waited for that nobody owes: {left[0]!r}")
        if self.session._client.is_stalled or self.waiting:
            raise Failure("a client's frame waits for nothing")

    def quiesce(self) -> None:
        for _ in range(10_000):
            self.shell()
            self.client_says(b"")
            if not self.serve(64) and not self.asked and not self.backend.step():
                return
        raise Failure("no end of it")


def _whole_frames(data: bytes) -> list[tuple[int, bytes]]:
    reader = FrameReader("client", Limits(max_message_bytes=1 << 30))
    reader.feed(data)
    found: list[tuple[int, bytes]] = []
    try:
        while batch := reader.frames():
            found += [(kind, reader.buffer[start + HEAD_BYTES : end]) for kind, start, end in batch]
    except ProtocolError as error:
        raise Failure(f"the server hears what is no frame: {error.message}") from error
    if not reader.is_clean:
        raise Failure("the server hears half a frame")
    return found


def _must_be_ours(kind: int, body: bytes) -> None:
    """What leaves without an event is no statement of a client."""
    match kind:
        case F.QUERY:
            sql = m.Query.parse(body).sql
            if sql not in _OWN_QUERIES and not sql.startswith(_REJECTED):
                raise Failure("a query leaves without its event")
        case F.PARSE:
            sql = m.Parse.parse(body).sql
            if sql != PATH_QUERY and not sql.startswith(_REJECTED):
                raise Failure("a statement is prepared without its event")
        case F.EXECUTE:
            if not m.Execute.parse(body).portal.startswith(b"maskgate_"):
                raise Failure("a portal is executed without its event")
        case F.FUNCTION_CALL:
            raise Failure("a function is called without its event")


def pieces(text: bytes) -> tuple[bytes, ...]:
    """A case's records: what is left out or repeated as one."""
    found, at = [], 0
    while at < len(text):
        end = at + 3 + int.from_bytes(text[at + 1 : at + 3], "big")
        found.append(text[at:end])
        at = end
    return tuple(found)


def choices(random: Random) -> Iterator[bytes]:
    """For the guided corpus: a choice for every target."""
    for target in range(len(TARGETS)):
        yield bytes((target, random.randrange(256), random.randrange(256)))
