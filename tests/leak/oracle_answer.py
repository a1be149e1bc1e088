"""One statement asked over the wire, and its answer as a value that two servers can be compared by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from proxy.wire import messages as m
from tests.leak.generator import Made
from tests.leak.world import Client

OIDS = {"int": 23, "text": 25, "date": 1082}
WAYS = ("simple", "text", "binary")  # simple protocol; extended with results in text or in binary
KEEPING_NOTHING = ("cursor", "prepare")  # the statement inside another, by the simple protocol
KEEPING = ("temp", "copy")
REFUSALS = ("0A000", "42501")


@dataclass(frozen=True)
class Answer:
    """`columns`: (name, type OID, typmod). `sqlstate` is '' unless it failed.

    A typmod of -1 is not compared: where a mask is a constant, the server folds CASE and coalesce to the branch that stays, and
    that one may have a typmod.
    """

    columns: tuple[tuple[bytes, int, int], ...] = ()
    rows: tuple[tuple[bytes | None, ...], ...] = ()
    tags: tuple[bytes, ...] = ()
    params: tuple[int, ...] = ()
    sqlstate: str = ""
    said: str = ""  # the error message; not compared

    def same(self, other: Answer, ordered: bool) -> bool:
        """Whether this is what `other`, the reference, says; an order nobody asked for is none."""
        if self.sqlstate or other.sqlstate:  # how far it came before it failed depends on the plan
            return self.sqlstate == other.sqlstate
        if (self.tags, self.params, len(self.columns)) != (other.tags, other.params, len(other.columns)):
            return False
        for mine, its in zip(self.columns, other.columns, strict=True):
            if mine[:2] != its[:2] or -1 != its[2] != mine[2]:
                return False
        return self.rows == other.rows if ordered else Counter(self.rows) == Counter(other.rows)

    def __str__(self) -> str:
        if self.sqlstate:
            return f"{self.sqlstate} {self.said}"
        shape = ", ".join(f"{name.decode(errors='replace')} {oid}({typmod})" for name, oid, typmod in self.columns)
        return f"{b' '.join(self.tags).decode()}: {shape}"

    def but(self, other: Answer) -> str:
        """As text, with the rows `other` has not; where only the order differs, the first rows."""
        rows = list((Counter(self.rows) - Counter(other.rows)).elements()) or list(self.rows)
        shown = [str(tuple(v if v is None else v.decode(errors="backslashreplace") for v in row))[:240] for row in rows[:4]]
        return "\n    ".join([str(self), *shown])


def ways_for(made: Made, extra: bool) -> tuple[str, ...]:
    """How it may be asked."""
    if made.params:
        return ("text", "binary")
    if not extra or made.is_write:
        return WAYS
    if "encrypted column" in made.tags:  # it is opened on its way to the client: it cannot be kept or copied
        return (*WAYS, *KEEPING_NOTHING)
    return (*WAYS, *KEEPING_NOTHING, *KEEPING)


def ask(client: Client, made: Made, way: str) -> Answer:
    """Run it in a transaction that is rolled back."""
    text = made.text.encode()
    _talk(client, m.Query(b"BEGIN"))
    match way:
        case "simple":
            frames = _talk(client, m.Query(text))
        case "cursor":
            frames = _talk(client, m.Query(b"DECLARE k CURSOR FOR " + text))
            if not _failed(frames):
                frames = _talk(client, m.Query(b"FETCH 3 FROM k")) + _talk(client, m.Query(b"FETCH ALL FROM k"))
        case "prepare":
            frames = _talk(client, m.Query(b"PREPARE q AS " + text))
            if not _failed(frames):
                frames = _talk(client, m.Query(b"EXECUTE q")) + _talk(client, m.Query(b"DEALLOCATE q"))
        case "temp":
            frames = _talk(client, m.Query(b"CREATE TEMP TABLE made_here AS " + text))
            if not _failed(frames):
                frames = _talk(client, m.Query(b"SELECT * FROM made_here"))
        case "copy":
            frames = _talk(client, m.Query(b"COPY (" + text + b") TO STDOUT"))
        case _:
            frames = _extended(client, made, text, way)
    if made.is_write and not _failed(frames):
        frames += _talk(client, m.Query(made.read_back.encode()))
    _talk(client, m.Query(b"ROLLBACK"))
    if way == "prepare":
        _talk(client, m.Query(b"DEALLOCATE ALL"))
    return answer_of(frames)


def _extended(client: Client, made: Made, text: bytes, way: str) -> list[tuple[str, bytes]]:
    used = {int(number) for number in re.findall(rb"\$(\d+)::", text)}
    names = {number: re.search(rb"\$%d::(\w+)" % number, text) for number in used}
    oids: tuple[int, ...] = ()
    if len(used) < len(made.params):  # PostgreSQL cannot find out the type of what does not occur
        oids = tuple(
            OIDS[found[1].decode()] if (found := names.get(number)) else OIDS["text"]
            for number in range(1, len(made.params) + 1)
        )
    formats = (1,) if way == "binary" else ()
    return _talk(
        client, m.Parse(b"", text, oids), m.Describe("S", b""), m.Bind(b"", b"", (), made.params, formats), m.Describe("P", b""),
        m.Execute(b""), m.Sync(),
    )  # fmt: skip


def _talk(client: Client, *messages: m.Message) -> list[tuple[str, bytes]]:
    client.recorder.received.clear()
    client.send(*messages)
    return client.until_ready()


def _failed(frames: Sequence[tuple[str, bytes]]) -> bool:
    return any(kind == "E" for kind, _ in frames)


def answer_of(frames: Sequence[tuple[str, bytes]]) -> Answer:
    """What the frames say; notices are left out (the proxy tells of closed columns by one)."""
    columns: tuple[tuple[bytes, int, int], ...] = ()
    rows: list[tuple[bytes | None, ...]] = []
    tags: list[bytes] = []
    params: tuple[int, ...] = ()
    for kind, body in frames:
        match kind:
            case "T":
                columns = tuple((f.name, f.type_oid, f.typmod) for f in m.RowDescription.parse(body).fields)
            case "D":
                rows.append(m.DataRow.parse(body).values)
            case "d":
                rows.append((body,))
            case "C":
                tags.append(m.CommandComplete.parse(body).tag)
            case "t":
                params = m.ParameterDescription.parse(body).type_oids
            case "E":
                error = m.ErrorResponse.parse(body)
                said = (error.get("M") or b"").decode(errors="replace")
                return Answer(sqlstate=error.sqlstate, said=said)
    return Answer(columns, tuple(rows), tuple(tags), params)
