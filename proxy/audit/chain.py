"""The hash chain of the query log: each line holds its number and the SHA-256 of the line before.

A line is one JSON object and a newline; its hash is over exactly those bytes, newline included, so that
`sed -n 5p segment | sha256sum` gives what line 6 must hold as `prev`. Lines are numbered by `seq` through all segments of a
lane (one writer's chain). A segment begins with a header line, linked like any other: its `prev` is the last hash of the
segment before.

The chain proves that no line was changed, moved, added or removed, as long as a later hash is known to be right. It cannot
prove it of the last lines by itself: note the last hash elsewhere (`Verified.end`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

import orjson

from proxy.audit.event import Event

FORMAT: Final = 1


class Link(NamedTuple):
    """Where a chain stands: the `seq` the next line gets, and the hash it holds as `prev`."""

    seq: int
    hash: str


class Tail(NamedTuple):
    """The half line a crash left at the end of a segment: nobody was told that it was written."""

    segment: int
    size_bytes: int
    hash: str


START: Final = Link(0, "0" * 64)


def link(at: Link, event: Mapping[str, object], time: str = "") -> tuple[bytes, Link]:
    """The line for `event` and where the chain stands after it. Never raises: what JSON cannot hold is written as text.

    `time` (ISO 8601) stands before what the event says, unless it has one.
    """
    return link_all(at, (event,), time)


def link_all(at: Link, events: Iterable[Mapping[str, object]], time: str = "") -> tuple[bytes, Link]:
    """The same of a batch, its lines as one piece, for one write."""
    lines = []
    seq, hash_before = at.seq, at.hash.encode()
    stamp = f',"time":"{time}"'.encode() if time else b""
    for event in events:
        try:
            line = _line(seq, hash_before, event, stamp)
        except orjson.JSONEncodeError:  # lone surrogates, integers over 64 bits, other types
            line = _line(seq, hash_before, {_text(key): _plain(value) for key, value in event.items()}, stamp)
        lines.append(line)
        seq, hash_before = seq + 1, sha256(line).hexdigest().encode()
    return b"".join(lines), Link(seq, hash_before.decode())


def header(*, lane: int, segment: int, started: str, tails: Sequence[Tail] = (), follows: str = "") -> Event:
    """The first line of a segment. `tails`: half lines found before it. `follows`: set when the folder was replaced."""
    event: Event = {"kind": "segment", "format": FORMAT, "lane": lane, "segment": segment, "started": started}
    if tails:
        event["tails"] = [list(tail) for tail in tails]
    if follows:
        event["follows"] = follows
    return event


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that is not what was written. `line` counts from 1 in its segment; `seq` is the one expected there."""

    line: int
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """`lines` whole and right ones; where the chain stands after them; `tail` bytes after the last newline, if any."""

    lines: int
    end: Link
    broken: Broken | None = None
    tail: bytes = b""


def verify(lines: Iterable[bytes], at: Link = START) -> Verified:
    """Check lines (each with its newline, as a file gives them) that continue the chain at `at`.

    Stops at the first broken line. A last line without its newline is no tampering: it is returned as `tail`.
    """
    rest = iter(lines)
    before, number = None, 0
    for line in rest:
        if not line.endswith(b"\n"):
            return Verified(number, at, tail=line)
        number += 1
        entry = read_link(line)
        if entry != at:
            return Verified(number - 1, at, _diagnose(number, line, entry, at, before, rest))
        before, at = at, Link(at.seq + 1, sha256(line).hexdigest())
    return Verified(number, at)


def read_link(line: bytes) -> Link | None:
    """The `seq` and `prev` a line holds, or None when it is no line of this log."""
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(entry, dict):
        return None
    seq, prev = entry.get("seq"), entry.get("prev")
    return Link(seq, prev) if type(seq) is int and isinstance(prev, str) else None


def _diagnose(number: int, line: bytes, entry: Link | None, at: Link, before: Link | None, rest: Iterator[bytes]) -> Broken:
    """Say which line is wrong and how; the line after tells whether this one or the one before it was touched."""
    following = next(rest, b"")
    after = read_link(following)
    if after == at and (entry is None or entry.seq <= at.seq):
        return Broken(number, at.seq, "inserted: the line after it continues the line before it")
    if entry is None:
        return Broken(number, at.seq, "changed or cut: it is not a whole line of this log")
    is_vouched_for = after is not None and after.hash == sha256(line).hexdigest()
    if entry == before:
        if is_vouched_for:
            return Broken(number - 1, at.seq - 1, "inserted: the line after it continues the line before it")
        return Broken(number, at.seq, "inserted: it continues the same line as the one before it")
    if entry.seq == at.seq:
        if before is None:
            return Broken(number, at.seq, "changed, or the end of the segment before was: the two do not join")
        if after is not None and not is_vouched_for:
            return Broken(number, at.seq, "changed: it neither holds the hash of the line before nor has the one held after")
        return Broken(number - 1, at.seq - 1, "changed: its hash is not the one held by the line after it")
    if entry.seq < at.seq:
        return Broken(number, at.seq, f"inserted or moved: it bears the number {entry.seq} of an earlier line")
    later = (read_link(one) for one in (following, *rest))
    if any(one is not None and one.seq == at.seq for one in later):
        return Broken(number, at.seq, f"moved: line {entry.seq} stands before line {at.seq}")
    missing = f"line {at.seq} is" if entry.seq == at.seq + 1 else f"lines {at.seq} to {entry.seq - 1} are"
    return Broken(number, at.seq, f"removed: {missing} missing here")


def _line(seq: int, hash_before: bytes, event: Mapping[str, object], stamp: bytes) -> bytes:
    if "seq" in event or "prev" in event:  # a second one in the line would hide the first from readers
        event = {key: value for key, value in event.items() if key not in ("seq", "prev")}
    # Joined as bytes: copying the dictionary for more keys costs as much as writing it.
    rest = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)[1:]
    return b'{"seq":%d,"prev":"%b"%b%b%b' % (seq, hash_before, b"" if "time" in event else stamp, b"," if event else b"", rest)


def _plain(value: object) -> object:
    match value:
        case str():
            return _text(value)
        case Mapping():
            return {_text(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case None | bool() | float():
            return value
        case int() if -(2**63) <= value < 2**64:
            return value
        case _:
            return _text(value)


def _text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()
