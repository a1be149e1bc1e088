"""Conversations in bare frames, and what of an answer differs by its nature: keys, process numbers, times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from proxy.wire import messages as m
from tests.leak.world import Client

Frame = tuple[str, bytes]
Said = m.Message | bytes
Batch = Sequence[Said]  # sent in one write; it ends with as many ReadyForQuery as it has Query, FunctionCall and Sync


def awaited(batch: Batch) -> int:
    """How many ReadyForQuery it asks for. A Sync within COPY IN gets none: leave it out."""
    kinds = [one[:1] if isinstance(one, bytes) else one.to_bytes()[:1] for one in batch]
    return sum(kind in (b"Q", b"S", b"F") for kind in kinds)


def converse(client: Client, batches: Iterable[Batch]) -> list[Frame]:
    """Everything answered, to the end or to the end of the session ('end' stands for it)."""
    heard: list[Frame] = []
    for batch in batches:
        try:
            client.send(*batch)
            for _ in range(awaited(batch)):
                while True:
                    kind, body = client.next()
                    heard.append((chr(kind), body))
                    if kind == m.Backend.READY_FOR_QUERY:
                        break
        except (EOFError, ConnectionResetError, BrokenPipeError):
            return [*heard, ("end", b"")]
    client.recorder.received.clear()
    return heard


def natural(frames: Iterable[Frame]) -> list[Frame]:
    """Without what no two sessions share: the cancel key, who notified, process numbers and temporary schemas in messages."""
    made: list[Frame] = []
    for kind, body in frames:
        match kind:
            case "K":
                body = b""
            case "A":
                body = b"\0\0\0\0" + body[4:]
            case "E" | "N":
                body = re.sub(rb"\b[Pp](?:rocess|ID) \d+", b"process", re.sub(rb"pg_temp_\d+", b"pg_temp", body))
        made.append((kind, body))
    return made


def without_new_oids(frames: Iterable[Frame], known_below: int) -> list[Frame]:
    """Relations made since (their OIDs begin there) are numbered in the order they are shown."""
    numbers: dict[int, int] = {}

    def told(oid: int) -> int:
        return oid if oid < known_below else numbers.setdefault(oid, known_below + len(numbers))

    return [
        (kind, _origins(body, told)) if kind == "T" else (kind, body)
        for kind, body in frames
    ]  # fmt: skip


def _origins(body: bytes, told: Callable[[int], int]) -> bytes:
    shape = m.RowDescription.parse(body)
    return m.RowDescription(tuple(replace(one, table_oid=told(one.table_oid)) for one in shape.fields)).to_bytes()[5:]


def q(*texts: bytes) -> list[Batch]:
    """Simple queries, each waited for."""
    return [[m.Query(text)] for text in texts]


def extended(text: bytes, params: tuple[bytes | None, ...] = (), *, binary: bool = False) -> list[Batch]:
    """One statement by the extended protocol, described as statement and as portal."""
    formats = (1,) if binary else ()
    return [
        [m.Parse(b"", text), m.Describe("S", b""), m.Bind(b"", b"", (), params, formats), m.Describe("P", b""), m.Execute(b""), m.Sync()]
    ]  # fmt: skip


def function_call(oid: int, arguments: Sequence[bytes | None], *, formats: tuple[int, ...] = (1,), result: int = 1) -> bytes:
    """FunctionCall (54.7)."""
    body = oid.to_bytes(4, "big") + len(formats).to_bytes(2, "big") + b"".join(f.to_bytes(2, "big") for f in formats)
    body += len(arguments).to_bytes(2, "big")
    for one in arguments:
        body += b"\xff\xff\xff\xff" if one is None else len(one).to_bytes(4, "big") + one
    body += result.to_bytes(2, "big")
    return b"F" + (len(body) + 4).to_bytes(4, "big") + body


def first_difference(mine: Sequence[Frame], other: Sequence[Frame]) -> str:
    """Where two answers part."""
    for place, (one, two) in enumerate(zip(mine, other, strict=False)):
        if one != two:
            return f"frame {place}:\n  {one[0]} {one[1][:600]!r}\n  {two[0]} {two[1][:600]!r}"
    kinds = ["".join(kind for kind, _ in frames) for frames in (mine, other)]
    return f"{kinds[0]}\n{kinds[1]}"
