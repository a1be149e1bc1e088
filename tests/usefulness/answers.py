"""Runs the corpus through the proxy and directly, and says where the answers differ though they must not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from psycopg import generators, pq

from tests.servers import Database
from tests.usefulness.corpus import Block, blocks, placed
from tests.usefulness.world import CANARIES, Session, World

TRIES = 5  # roles, databases and statistics belong to the whole server, and other tests change them
_REGTYPES = {"class": "regclass", "type": "regtype", "proc": "regprocedure", "namespace": "regnamespace", "role": "regrole"}
_BYTEA = 17
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as RowDescription describes it; `origin` is a relation's OID and attnum, or zeros."""

    name: str
    type_oid: int
    typmod: int
    origin: tuple[int, int] = (0, 0)

    @property
    def shape(self) -> tuple[str, int, int]:
        return self.name, self.type_oid, self.typmod


Row = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to one statement. `error` is '' or SQLSTATE and message; `copied` is what COPY sent."""

    tag: str = ""
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    copied: bytes = b""
    error: str = ""

    @property
    def values(self) -> bytes:
        return b"\n".join(value for row in self.rows for value in row if value is not None) + self.copied


def ask(session: Session, message: str, parameters: tuple[str | None, ...] = (), *, is_extended: bool = False) -> list[Answer]:
    """Every reply to one message, in text format. Several statements in one go by the simple protocol only."""
    connection = session.pgconn
    parameters = parameters if "$1" in message else ()
    if (is_extended or parameters) and ";" not in message[:-1]:
        connection.send_query_params(message[:-1].encode(), [None if p is None else p.encode() for p in parameters])
    else:
        connection.send_query(message.encode())
    return [_answer(session, result) for result in session.wait(generators.execute(connection))]


def _answer(session: Session, result: pq.abc.PGresult) -> Answer:
    if result.status == pq.ExecStatus.COPY_OUT:
        return Answer("COPY", copied=_copied(session))
    if result.status in _FAILED:
        state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
        said = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"no message"
        return Answer(error=f"{state.decode()} {said.decode()}")
    width = range(result.nfields)
    columns = tuple(
        Column((result.fname(n) or b"").decode(), result.ftype(n), result.fmod(n), (result.ftable(n), result.ftablecol(n)))
        for n in width
    )
    rows = tuple(tuple(result.get_value(row, n) for n in width) for row in range(result.ntuples))
    return Answer((result.command_status or b"").decode(), columns, rows)


def _copied(session: Session) -> bytes:
    found = bytearray()
    while isinstance(data := session.wait(generators.copy_from(session.pgconn)), (bytes, memoryview)):
        found += data
    return bytes(found)


def difference(block: Block, got: list[Answer], direct: list[Answer]) -> str:
    """What is wrong with the proxy's answers; '' when nothing is."""
    wrong = [answer.error for answer in direct if answer.error]
    if wrong:
        return f"the corpus is wrong, PostgreSQL says {wrong[0]}"
    refused = [answer.error for answer in got if answer.error]
    if refused:
        return f"refused: {refused[0]}"
    raw = CANARIES.search(b"\n".join(answer.values for answer in got))
    if raw is not None:
        return f"a raw value: {raw.group()!r}"
    if len(got) != len(direct):
        return f"{len(got)} replies, not {len(direct)}"
    return next(filter(None, (_difference(block, one, other) for one, other in zip(got, direct, strict=True))), "")


def _difference(block: Block, got: Answer, direct: Answer) -> str:
    shape, expected = [c.shape for c in got.columns], [c.shape for c in direct.columns]
    if block.touches_protected:  # a sealed column is bytea in the database, and its own type to clients
        shape = [other if other[1] == _BYTEA else one for one, other in zip(shape, expected, strict=False)]
    if shape != expected:
        return f"columns {shape}, not {expected}"
    if block.varies or block.predicates_on_masked:
        return ""
    if got.tag != direct.tag:
        return f"{got.tag}, not {direct.tag}"
    if block.touches_protected:
        lines = got.copied.count(b"\n"), direct.copied.count(b"\n")
        return "" if lines[0] == lines[1] else f"{lines[0]} lines, not {lines[1]}"
    closed = {n for n, column in enumerate(got.columns) if column.name in block.closed}
    if not closed and "temp" not in block.needs and got.columns != direct.columns:  # temporary tables have OIDs of their own
        return f"origins {got.columns}, not {direct.columns}"
    if any(row[n] is not None for row in got.rows for n in closed):
        return "a column said to be closed is not"
    if [_without(row, closed) for row in got.rows] != [_without(row, closed) for row in direct.rows]:
        return "rows " + next(f"{a}, not {b}" for a, b in zip(got.rows, direct.rows, strict=True) if a != b)
    return "" if got.copied == direct.copied else f"COPY sent {got.copied[:200]!r}, not {direct.copied[:200]!r}"


def _without(row: Row, closed: set[int]) -> Row:
    return tuple(value for n, value in enumerate(row) if n not in closed) if closed else row


@dataclass
class Outcome:
    """What came of the blocks of one version. `known` are those that are refused and say so themselves."""

    version: int
    run: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Block, str]] = field(default_factory=list)
    known: list[Block] = field(default_factory=list)
    protected: int = 0
    shown_raw: int = 0  # of `protected`, those whose direct answer holds a canary

    def lines(self) -> Iterator[str]:
        """For each source: statements, refusals, other differences."""
        for source, count in sorted(self.run.items()):
            said = [text for block, text in self.wrong if block.source == source]
            refused = sum(text.startswith("refused") for text in said)
            known = sum(block.source == source for block in self.known)
            yield f"{self.version:>3} {source:<12} {count:>4} {refused + known:>3} {len(said) - refused:>3}"


def run(place: World, not_open: frozenset[str] = frozenset()) -> Outcome:
    """Every block for that version that needs nothing of `not_open`; one pair of sessions for each source."""
    outcome = Outcome(place.version)
    sessions: dict[tuple[str, str], tuple[Session, Session]] = {}
    oid_of = cache(_oids(place.database))
    try:
        for block in blocks():
            if place.version not in block.versions or block.needs & not_open:
                continue
            login = place.exporter if "copy" in block.needs else place.analyst
            if (block.source, login) not in sessions:
                sessions[block.source, login] = place.through(login), place.direct(login)
            names = {"login": login, "database": place.database.name}
            messages = [placed(message, oid_of, names) for message in block.messages]
            parameters = tuple(p and placed(p, oid_of, names) for p in block.parameters)
            _run(block, messages, parameters, sessions[block.source, login], outcome)
    finally:
        for pair in sessions.values():
            for session in pair:
                session.close()
    return outcome


def _run(
    block: Block, messages: list[str], parameters: tuple[str | None, ...], pair: tuple[Session, Session], outcome: Outcome
) -> None:
    outcome.run[block.source] += len(messages)
    said = ""
    for _ in range(TRIES):
        got, direct = (
            [one for message in messages for one in ask(session, message, parameters, is_extended=block.is_extended)]
            for session in pair
        )
        for session in pair:
            if session.info.transaction_status != pq.TransactionStatus.IDLE:
                ask(session, "ROLLBACK;")
        said = difference(block, got, direct)
        if not said or said.startswith("refused"):
            break
    if block.touches_protected:
        outcome.protected += 1
        outcome.shown_raw += any(CANARIES.search(answer.values) for answer in direct)
    if block.refused_today:
        outcome.known.append(block)
        said = "" if said.startswith("refused") else "it says `refused today`, but it is not"
    if said:
        outcome.wrong.append((block, said))


def _oids(database: Database) -> Callable[[str, str], int]:
    def look_up(kind: str, name: str) -> int:
        if kind in _REGTYPES:
            query = f"SELECT $oid${name}$oid$::{_REGTYPES[kind]}::oid::bigint"
        elif kind == "constraint":
            query = f"SELECT oid::bigint FROM pg_constraint WHERE conname = '{name}'"
        else:
            query = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"
        ((oid,),) = database.execute(query)
        assert isinstance(oid, int)
        return oid

    return look_up
