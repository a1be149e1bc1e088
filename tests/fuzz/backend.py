"""PostgreSQL as far as its protocol goes, without sockets: takes frames, owes replies (PostgreSQL 18, 54.2; postgres.c).

It keeps transaction status, names, COPY and what an error skips as the real one does, and holds its replies back until a Flush, a
Sync or a full buffer. What a text would do it is told by the plan that left with it. Rows say how many-th of their statement
they are (`ROW`), and hold ciphertext of `SECRET` where the plan opens columns, so that both can be looked for later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from proxy.errors import ProtocolError
from proxy.plan import Part, Plan
from proxy.session.naming import PATH_QUERY
from proxy.session.slots import Slot
from proxy.wire import messages as m
from proxy.wire.frames import HEAD_BYTES, FrameReader, Limits
from proxy.wire.messages import Backend as B
from proxy.wire.messages import Frontend as F
from proxy.wire.values import BYTEA, bytea_to_text
from tests.fakes import MarkingKeys

SECRET = b"canary4711"
ROW = b"row-number-%06d"
HELD_BYTES = 8192  # PqSendBufferSize
PATH = b"{pg_catalog,shop,public}"
_EXTENDED = frozenset((F.PARSE, F.BIND, F.DESCRIBE, F.EXECUTE, F.CLOSE, F.FLUSH))


class Failed(Exception):
    """A statement or message fails; the argument is the SQLSTATE."""


@dataclass
class Stmt:
    """A prepared statement."""

    plan: Plan | None
    part: Part | None
    text: bytes
    is_sql: bool = False


@dataclass
class Cursor:
    """A portal. `left`: rows it still has."""

    statement: Stmt
    formats: tuple[int, ...] = ()
    left: int = 0
    given: int = 0
    is_held: bool = False
    is_done: bool = False


class Backend:
    """`random` has the say in what it may decide: errors, numbers of rows, notices."""

    def __init__(self, random: Random, *, trouble: float = 0.08) -> None:
        self.random, self.trouble = random, trouble
        self.reader = FrameReader("client", Limits(max_message_bytes=1 << 30))
        self.frames: deque[tuple[bytes, Slot | None]] = deque()
        self.status = "I"
        self.is_in_block = False
        self.skips = self.is_cancelled = self.is_over = False
        self.is_waiting = False  # for the client's COPY data
        self.statements: dict[bytes, Stmt] = {}
        self.portals: dict[bytes, Cursor] = {}
        self.lasting: list[int] = []  # portals from before the transaction at hand
        self.savepoints: list[list[int]] = []  # portals at each
        self.running: Iterator[bytes] | None = None
        self.held = bytearray()
        self.sent = bytearray()

    def takes(self, data: bytes, slot: Slot | None) -> None:
        """Bytes of the session; `slot` is the one of a Statement, whose plan says what its text does."""
        self.reader.feed(data)
        while batch := self.reader.frames():
            self.frames += [(self.reader.buffer[start:end], slot) for _, start, end in batch]
        if slot is not None and not self.reader.is_clean:
            raise AssertionError("a statement left as half a frame")

    def cancel(self) -> None:
        """A CancelRequest came: what runs stops."""
        self.is_cancelled = self.running is not None

    def answer(self, messages: int) -> bytes:
        """What it sends while it gives so many messages."""
        for _ in range(messages):
            if not self.step():
                break
        said = bytes(self.sent)
        self.sent.clear()
        return said

    def step(self) -> bool:
        """One message more, or one frame that needs none. False when there is nothing to do."""
        if self.is_over:
            return False
        if self.running is None:
            if not self.frames:
                return False
            frame, slot = self.frames.popleft()
            self.running = self.run(frame, slot)
        self.is_waiting = False
        try:
            self.held += next(self.running)
        except StopIteration:
            self.running, self.is_cancelled = None, False
        if self.is_waiting:
            return False
        if len(self.held) > HELD_BYTES:
            self.flush()
        return True

    def flush(self) -> None:
        self.sent += self.held
        self.held.clear()

    # --- one frame

    def run(self, frame: bytes, slot: Slot | None) -> Iterator[bytes]:
        kind, body = frame[0], frame[HEAD_BYTES:]
        if kind == F.TERMINATE:
            self.is_over = True
            return
        if self.skips and kind != F.SYNC:
            return
        try:
            match kind:
                case F.SYNC:
                    self.skips = False
                    yield from self.sync(body)
                case F.QUERY:
                    yield from self.query(m.Query.parse(body).sql, slot)
                case F.FUNCTION_CALL:
                    m.FunctionCall.parse(body)
                    self.not_aborted()
                    self.maybe()
                    yield m.FunctionCallResponse(b"1").to_bytes()
                case F.PARSE:
                    self.parse(m.Parse.parse(body), slot)
                    yield m.ParseComplete().to_bytes()
                case F.BIND:
                    self.bind(m.Bind.parse(body))
                    yield m.BindComplete().to_bytes()
                case F.DESCRIBE:
                    yield from self.describe(m.Describe.parse(body))
                case F.EXECUTE:
                    yield from self.execute(m.Execute.parse(body), slot)
                case F.CLOSE:
                    message = m.Close.parse(body)
                    (self.portals if message.what == "P" else self.statements).pop(message.name[:63], None)
                    yield m.CloseComplete().to_bytes()
                case F.FLUSH:
                    m.Flush.parse(body)
                    self.flush()
                case F.COPY_DATA | F.COPY_DONE | F.COPY_FAIL:
                    return  # accepted and ignored
        except (Failed, ProtocolError) as error:
            self.held += self.fails(error)
            self.flush()  # an error leaves at once (send_message_to_frontend)
            self.skips = kind in _EXTENDED
            if self.is_over:
                self.sent += m.error_response("FATAL", "08P01", "protocol synchronization was lost").to_bytes()
                return
        if kind in (F.QUERY, F.FUNCTION_CALL) or (kind == F.SYNC and not self.skips):
            yield from self.ready()

    def fails(self, error: Exception) -> bytes:
        """ErrorResponse; the transaction is aborted."""
        sqlstate = error.sqlstate if isinstance(error, ProtocolError) else str(error)
        if self.is_in_block:
            self.status = "E"
        else:
            self.end_transaction(is_undone=True)
        return m.error_response("ERROR", sqlstate, "no", hint="try", detail="a row", position=1).to_bytes()

    def maybe(self, sqlstate: str = "22012") -> None:
        if self.random.random() < self.trouble:
            raise Failed(sqlstate)

    def not_aborted(self) -> None:
        if self.status == "E":
            raise Failed("25P02")

    def end_transaction(self, *, is_undone: bool = False) -> None:
        """Cursors WITH HOLD stay, but for those an undone transaction made."""
        kept = self.lasting if is_undone else [id(one) for one in self.portals.values() if one.is_held]
        self.portals = {name: one for name, one in self.portals.items() if one.is_held and id(one) in kept}
        self.lasting = [id(one) for one in self.portals.values()]
        self.savepoints.clear()
        self.is_in_block, self.status = False, "I"

    def sync(self, body: bytes) -> Iterator[bytes]:
        if not self.is_in_block:
            self.end_transaction()
        m.Sync.parse(body)
        self.maybe("23505")
        yield b""

    def ready(self) -> Iterator[bytes]:
        if not self.is_in_block:
            self.end_transaction()
        yield m.ReadyForQuery(self.status).to_bytes()  # type: ignore[arg-type]
        self.flush()

    # --- texts

    def query(self, sql: bytes, slot: Slot | None) -> Iterator[bytes]:
        self.statements.pop(b"", None)
        self.portals.pop(b"", None)
        if sql.startswith(b"! --"):
            raise Failed("42601")
        parts = self.parts_of(sql, slot.plan if slot is not None else None)
        if not parts:
            yield m.EmptyQueryResponse().to_bytes()
        for part, text in parts:
            statement = Stmt(slot.plan if slot is not None else None, part, text)
            if self.status == "E" and not _ends(text):
                raise Failed("25P02")
            yield from self.gives(self.portal_of(statement), statement, 0, shape=True)

    def parts_of(self, sql: bytes, plan: Plan | None) -> list[tuple[Part | None, bytes]]:
        if plan is not None and len(plan.parts) == 1:
            return [(plan.parts[0], sql)]
        if plan is not None and plan.parts:
            texts = [one for one in sql.split(b";") if one.strip()]
            texts += [b"SELECT"] * (len(plan.parts) - len(texts))
            return list(zip(plan.parts, texts, strict=False))
        if not sql.strip():
            return []
        if sql in (b"BEGIN", b"COMMIT", b"ROLLBACK"):  # the session's own
            return [(Part("Transaction", gives_rows=False), sql)]
        if plan is not None and plan.text.strip():
            return []  # comments
        raise Failed("42601")  # a text our grammar does not take

    def parse(self, message: m.Parse, slot: Slot | None) -> None:
        name = message.statement[:63]
        if not name:
            self.statements.pop(b"", None)
        if message.sql.startswith(b"! --"):
            raise Failed("42601")
        if message.sql == PATH_QUERY:
            self.not_aborted()
            self.statements[name] = Stmt(None, Part("Select"), message.sql)
            return
        parts = self.parts_of(message.sql, slot.plan if slot is not None else None)
        if len(parts) > 1:
            raise Failed("42601")
        if self.status == "E" and parts and not _ends(message.sql):
            raise Failed("25P02")
        self.maybe("42703")
        if name and name in self.statements:
            raise Failed("42P05")
        self.statements[name] = Stmt(slot.plan if slot is not None else None, parts[0][0] if parts else None, message.sql)

    def bind(self, message: m.Bind) -> None:
        statement = self.statement(message.statement)
        if self.status == "E" and statement.part is not None and not _ends(statement.text):
            raise Failed("25P02")
        if len(message.param_formats) > 1 and len(message.param_formats) != len(message.params):
            raise Failed("08P01")
        if statement.text != PATH_QUERY:
            self.maybe("22P02")
        name = message.portal[:63]
        if name and name in self.portals:
            raise Failed("42P03")
        made = self.portal_of(statement)
        made.formats = message.result_formats
        self.portals[name] = made

    def portal_of(self, statement: Stmt) -> Cursor:
        has_one = statement.part is not None and statement.part.command in ("VariableShow", "Explain")
        return Cursor(statement, left=1 if has_one else self.random.choice((0, 1, 2, 3, 4, 5, 9)))

    def statement(self, name: bytes) -> Stmt:
        found = self.statements.get(name[:63])
        if found is None:
            raise Failed("26000")
        return found

    def describe(self, message: m.Describe) -> Iterator[bytes]:
        if message.what == "S":
            statement, formats = self.statement(message.name), ()
        else:
            portal = self.portals.get(message.name[:63])
            if portal is None:
                raise Failed("34000")
            statement, formats = portal.statement, portal.formats
        if self.status == "E" and _gives_rows(statement.part):
            raise Failed("25P02")
        if message.what == "S":
            params = {one.number for one in statement.plan.params} if statement.plan is not None else set()
            oids = tuple(BYTEA if number in params else 25 for number in range(1, max(params, default=0) + 1))
            yield m.ParameterDescription(oids).to_bytes()
        part = self.meant(statement)[0]
        if _gives_rows(part) and not statement.text.upper().startswith(b"MOVE"):
            yield self.shape(part, formats)
        else:
            yield m.NoData().to_bytes()

    def meant(self, statement: Stmt) -> tuple[Part | None, Cursor | None]:
        """What EXECUTE and FETCH show."""
        part = statement.part
        words = part.naming if part is not None else None
        if part is None or words is None or words.action not in ("execute", "fetch") or part.command == "Explain":
            return part, None
        name = (words.name or "").encode()[:63]
        if words.action == "fetch":
            cursor = self.portals.get(name)
            if cursor is None:
                raise Failed("34000")
            return cursor.statement.part, cursor
        return self.statement(name).part, None

    def execute(self, message: m.Execute, slot: Slot | None) -> Iterator[bytes]:
        portal = self.portals.get(message.portal[:63])
        if portal is None:
            raise Failed("34000")
        statement = portal.statement
        if statement.part is None:
            yield m.EmptyQueryResponse().to_bytes()
            return
        if self.status == "E" and not _ends(statement.text):
            raise Failed("25P02")
        yield from self.gives(portal, statement, max(message.max_rows, 0), shape=False)

    def gives(self, portal: Cursor, statement: Stmt, most: int, *, shape: bool) -> Iterator[bytes]:
        """The replies of one statement."""
        part = statement.part or Part("Unknown")
        text = statement.text.strip()
        if statement.text == PATH_QUERY:
            yield m.DataRow((PATH, b"UTF8", b"on")).to_bytes()
            yield m.CommandComplete(b"SELECT 1").to_bytes()
            return
        if self.random.random() < self.trouble:
            yield m.notice_response("NOTICE", "00000", "said on the way", detail="a row").to_bytes()
        if part.command != "Transaction":
            self.maybe()
        if part.command == "Copy":
            yield from self.copy(part, text)
            return
        shown, cursor = self.meant(statement)
        if cursor is portal or (cursor is not None and cursor.statement.part is not None and cursor.statement.part.command == "Fetch"):
            raise Failed("55000")  # it cannot be run while it runs; one that fetches from another is left out here
        source = cursor or portal
        if _gives_rows(part) and _gives_rows(shown) and shown is not None and not text.upper().startswith(b"MOVE"):
            if shape:
                yield self.shape(shown, portal.formats)
            count = 0
            while source.left and not (most and count == most):
                if self.is_cancelled:
                    raise Failed("57014")
                source.left, source.given, count = source.left - 1, source.given + 1, count + 1
                yield self.row(shown, portal.formats, source.given)
            self.maybe()
            if most and count == most:
                yield m.PortalSuspended().to_bytes()
                return
        yield m.CommandComplete(self.effect(part, statement, text)).to_bytes()

    def effect(self, part: Part, statement: Stmt, text: bytes) -> bytes:
        """What the statement leaves behind; its tag."""
        words = part.naming
        name = ((words.name or "") if words is not None else "").encode()[:63]
        if part.command == "Transaction":
            return self.transaction(text)
        if words is not None and words.action == "prepare":
            if name in self.statements:
                raise Failed("42P05")
            self.statements[name] = Stmt(statement.plan, words.part, b"SELECT", is_sql=True)
        elif words is not None and words.action == "declare":
            if not self.is_in_block and not words.is_held:
                raise Failed("25P01")
            if name in self.portals:
                raise Failed("42P03")
            made = self.portal_of(Stmt(statement.plan, words.part, b"SELECT", is_sql=True))
            made.is_held = words.is_held
            self.portals[name] = made
        elif words is not None and words.action in ("deallocate", "close"):
            table: dict[bytes, Stmt] | dict[bytes, Cursor] = self.statements if words.action == "deallocate" else self.portals
            if words.name is None:
                table.clear()
            elif table.pop(name, None) is None:
                raise Failed("26000" if words.action == "deallocate" else "34000")
        elif words is not None and words.action == "discard":
            self.statements.clear()
            self.portals.clear()
        return part.command.upper().encode() + b" 1"

    def transaction(self, text: bytes) -> bytes:
        word = text.split()[0].strip(b";").upper() if text.split() else b"BEGIN"
        if word in (b"BEGIN", b"START"):
            if not self.is_in_block:
                self.is_in_block, self.status = True, "T"
            return b"BEGIN"
        if word in (b"COMMIT", b"END", b"ROLLBACK", b"ABORT") and not (word == b"ROLLBACK" and b" TO " in text.upper()):
            is_undone = word in (b"ROLLBACK", b"ABORT") or self.status == "E"
            self.end_transaction(is_undone=is_undone)
            return b"ROLLBACK" if is_undone else b"COMMIT"
        if not self.is_in_block:
            raise Failed("25P01")
        if word == b"SAVEPOINT":
            self.savepoints.append([id(one) for one in self.portals.values()])
            return word
        if not self.savepoints:
            raise Failed("3B001")
        if word == b"ROLLBACK":
            self.status = "T"
            self.portals = {name: one for name, one in self.portals.items() if id(one) in self.savepoints[-1]}
        else:
            self.savepoints.pop()
        return word

    def copy(self, part: Part, text: bytes) -> Iterator[bytes]:
        if part.copy is not None or b"STDIN" not in text.upper():
            yield m.CopyOutResponse(0, (0,)).to_bytes()
            count = self.random.choice((0, 1, 3, 5, 9))
            for number in range(1, count + 1 + (part.copy == "header")):
                if self.is_cancelled:
                    raise Failed("57014")
                yield m.CopyData(ROW % max(number - (part.copy == "header"), 1)).to_bytes()
            yield m.CopyDone().to_bytes()
            yield m.CommandComplete(b"COPY %d" % count).to_bytes()
            return
        yield m.CopyInResponse(0, (0,)).to_bytes()
        self.flush()
        while True:
            while not self.frames:
                if self.is_cancelled:
                    raise Failed("57014")
                self.is_waiting = True
                yield b""
            frame, _ = self.frames.popleft()
            match frame[0]:
                case F.COPY_DATA:
                    self.maybe("22P02")
                case F.COPY_DONE:
                    yield m.CommandComplete(b"COPY 1").to_bytes()
                    return
                case F.COPY_FAIL:
                    raise Failed("57014")
                case F.SYNC | F.FLUSH:
                    pass
                case F.TERMINATE:
                    self.is_over = True
                    return
                case _:  # found before the message was read: the server does not know where it stands
                    self.is_over = True
                    raise Failed("08P01")

    # --- rows

    def shape(self, part: Part, formats: tuple[int, ...]) -> bytes:
        sealed = {one.position for one in part.results}
        width = max(sealed, default=-1) + 2
        one = [
            m.Field(b"c", 0, 0, BYTEA if n in sealed else 25, -1, -1, m.format_of(formats, n)) for n in range(width)
        ]  # fmt: skip
        return m.RowDescription(tuple(one)).to_bytes()

    def row(self, part: Part, formats: tuple[int, ...], number: int) -> bytes:
        sealed = {one.position: one.seal for one in part.results}
        width = max(sealed, default=-1) + 2
        values: list[bytes | None] = [ROW % number] * width
        for position, seal in sealed.items():
            raw = MarkingKeys().seal(SECRET, domain=seal.domain, search=seal.search)
            values[position] = raw if m.format_of(formats, position) == m.BINARY else bytea_to_text(raw)
        return m.datarow(values)


def _gives_rows(part: Part | None) -> bool:
    if part is None or part.command in ("Transaction", "Copy", "Prepare", "Deallocate", "DeclareCursor", "ClosePortal"):
        return False
    return part.gives_rows and part.command in ("Select", "Insert", "Update", "Delete", "Merge", "Execute", "Fetch", "Explain", "VariableShow")


def _ends(text: bytes) -> bool:
    words = text.split()
    return bool(words) and words[0].strip(b";").upper() in (b"COMMIT", b"ROLLBACK", b"END", b"ABORT")


BACKEND_KINDS = tuple(number for name, number in vars(B).items() if name.isupper())
