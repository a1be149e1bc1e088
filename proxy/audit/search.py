"""Reading the query log: find events, and prove a folder whole. Rank 5: it reads what `sinks.py` wrote, and prints nothing."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import islice
from pathlib import Path

import orjson

from proxy.audit.chain import FORMAT, START, Broken, Link, Tail, verify
from proxy.audit.event import Event
from proxy.audit.sinks import Segment, read_lines, segments


def search(
    folder: Path,
    *,
    login: str | None = None,
    role: str | None = None,
    relation: str | None = None,
    column: str | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    sqlstate: str | None = None,
    text: str | None = None,
    verdict: str | None = None,
    session: str | None = None,
    limit: int | None = None,
    newest: bool = False,
) -> Iterator[Event]:
    """Events that match everything given, by time; the first `limit` of them, or with `newest` the last `limit`.

    `login`, `role`, `session` and `relation` may hold `*`; a relation without a schema matches in any. `column` must be one of
    the matching relation's; `since` is included, `until` is not (both with a zone); `text` is sought in the statement and the
    reason, without regard to case. Segment headers come only with kind='segment'. Lines that are not JSON are passed over:
    naming them is the work of `verify_folder`. Raises `Unavailable` (58030) when the folder cannot be read.
    """
    exact = {"kind": kind, "sqlstate": sqlstate, "verdict": verdict}
    patterns = {"login": login, "role": role, "session": session}
    tests: list[Callable[[Event], bool]] = [_has_kind(kind)]
    tests += [_equals(key, value) for key, value in exact.items() if value is not None]
    tests += [_like(key, value) for key, value in patterns.items() if value is not None]
    if relation is not None or column is not None:
        tests.append(_touches(relation or "*", column))
    if since is not None:
        tests.append(_not_before(_stamp(since)))
    if until is not None:
        tests.append(_before(_stamp(until)))
    if text is not None:
        tests.append(_holds(text.casefold()))
    lanes = segments(folder).values()
    events = heapq.merge(*(_events(lane) for lane in lanes), key=_time)
    found = (event for event in events if all(test(event) for test in tests))
    if newest:
        return iter(deque(found, limit))
    return islice(found, limit)


@dataclass(frozen=True, slots=True)
class Lane:
    """What `verify_folder` found of one writer's chain. `broken` is in file `broken_file`; `end` is worth noting elsewhere."""

    lane: int
    segments: int
    lines: int
    end: Link
    broken_file: str = ""
    broken: Broken | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The state of a log folder."""

    lanes: tuple[Lane, ...]

    @property
    def is_whole(self) -> bool:
        """Whether no line was found changed, moved, added or removed."""
        return all(lane.broken is None for lane in self.lanes)

    @property
    def lines(self) -> int:
        """How many lines were proven, headers included."""
        return sum(lane.lines for lane in self.lanes)


def verify_folder(folder: Path) -> Report:
    """Check every lane from its first segment to its last, each up to its first broken line.

    Safe while the log is written. Raises `Unavailable` (58030) when the folder or a segment cannot be read.
    """
    return Report(tuple(_verify_lane(lane, parts) for lane, parts in segments(folder).items()))


def _verify_lane(lane: int, parts: Sequence[Segment]) -> Lane:
    at, lines, expected = START, 0, 1
    tails: list[Tail] = []
    notes: list[str] = []

    def broken(part: Segment, what: Broken) -> Lane:
        return Lane(lane, expected - 1, lines, at, part.path.name, what, tuple(notes))

    for part in parts:
        if part.number != expected:
            names = f"segment {expected} is" if part.number == expected + 1 else f"segments {expected} to {part.number - 1} are"
            return broken(part, Broken(1, at.seq, f"removed: {names} missing before this file"))
        first = next(read_lines(part), b"")
        if first.endswith(b"\n"):
            wrong = _check_header(first, part, tails, at)
            if wrong is not None:
                return broken(part, wrong)
            notes += _header_notes(first, part, tails)
            tails = []
        found = verify(read_lines(part), at)
        lines += found.lines
        if found.broken is not None:
            return broken(part, found.broken)
        at = found.end
        if found.tail:
            tails.append(Tail(part.number, len(found.tail), sha256(found.tail).hexdigest()))
        expected += 1
    notes += [
        f"segment {tail.segment} ends in half a line of {tail.size_bytes} bytes: a crash, or being written" for tail in tails
    ]
    return Lane(lane, len(parts), lines, at, notes=tuple(notes))


def _check_header(line: bytes, part: Segment, tails: Sequence[Tail], at: Link) -> Broken | None:
    """Whether the first line is this file's header and owns up to exactly the half lines before it."""
    event = _parse(line)
    if event.get("kind") != "segment" or (event.get("lane"), event.get("segment")) != (part.lane, part.number):
        return Broken(1, at.seq, "changed or renamed: the first line is not the header of this file")
    if event.get("format") != FORMAT:
        return Broken(1, at.seq, f"the header names format {event.get('format')!r}; this release reads {FORMAT}")
    if event.get("tails", []) != [list(tail) for tail in tails]:
        return Broken(1, at.seq, "cut: the end of the segment before is not as this header found it")
    return None


def _header_notes(line: bytes, part: Segment, tails: Sequence[Tail]) -> list[str]:
    notes = [
        f"segment {tail.segment} ends in half a line of {tail.size_bytes} bytes that a crash left;"
        f" recorded in segment {part.number}"
        for tail in tails
    ]
    follows = _parse(line).get("follows")
    if follows:
        notes.append(f"segment {part.number}: the folder was replaced while the proxy ran; it had written up to {follows}")
    return notes


def _events(lane: Sequence[Segment]) -> Iterator[Event]:
    for part in lane:
        for line in read_lines(part):
            event = _parse(line)
            if event:
                yield event


def _parse(line: bytes) -> Event:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return event if isinstance(event, dict) else {}


def _time(event: Event) -> str:
    return str(event.get("time") or event.get("started") or "")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _has_kind(kind: str | None) -> Callable[[Event], bool]:
    return lambda event: kind == "segment" or event.get("kind") != "segment"


def _equals(key: str, value: str) -> Callable[[Event], bool]:
    return lambda event: event.get(key) == value


def _like(key: str, pattern: str) -> Callable[[Event], bool]:
    return lambda event: fnmatchcase(str(event.get(key, "")), pattern)


def _not_before(stamp: str) -> Callable[[Event], bool]:
    return lambda event: _time(event) >= stamp


def _before(stamp: str) -> Callable[[Event], bool]:
    return lambda event: _time(event) < stamp


def _holds(text: str) -> Callable[[Event], bool]:
    return lambda event: any(text in str(event.get(key, "")).casefold() for key in ("statement", "reason"))


def _touches(pattern: str, column: str | None) -> Callable[[Event], bool]:
    def test(event: Event) -> bool:
        relations = event.get("relations")
        return isinstance(relations, list) and any(_is_touched(one, pattern, column) for one in relations)

    return test


def _is_touched(one: object, pattern: str, column: str | None) -> bool:
    if not isinstance(one, dict):
        return False
    name = str(one.get("relation", ""))
    if not (fnmatchcase(name, pattern) or fnmatchcase(name.rpartition(".")[2], pattern)):
        return False
    columns = one.get("columns")
    return column is None or (
        isinstance(columns, list) and any(isinstance(entry, dict) and entry.get("column") == column for entry in columns)
    )
