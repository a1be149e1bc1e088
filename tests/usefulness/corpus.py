"""The corpus: `corpus/*.sql`, one file a tool, read into blocks.

A block is what a tool sends for one purpose:

    --# its title
    -- versions: 15, 16            of the server; all of them when it is not said
    -- parameters: ["shop", null]  text, for the extended protocol
    -- needs: cursor               a kind of statement, see `test_usefulness.NOT_OPEN`
    -- touches protected           its answer is compared in shape, and holds no raw value
    -- predicates on masked        and so may have other rows
    -- closed: "Settings"          these columns of a system relation read as NULL
    -- varies: why                 its values differ between two sessions anyway
    -- refused today: why          a needless refusal that is known; it must not succeed unnoticed
    SELECT …;

A line that ends in a semicolon ends a message; so one message of several statements stands on one line. `-- protocol: extended`
before the first block holds for the file. `<class shop.orders>` stands for the OID, `<login>` and `<database>` for names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
VERSIONS = frozenset((15, 16, 18))

_DIRECTIVE = re.compile(r"-- (versions|parameters|needs|closed|varies|refused today): (.+)|-- (touches protected|predicates on masked)")
_PLACE = re.compile(r"<(class|type|proc|namespace|role|database|constraint) ([^<>]+)>|<(login|database)>")


@dataclass(frozen=True, slots=True)
class Block:
    """One purpose of one tool. `messages` are sent one after the other in the tool's session."""

    source: str
    title: str
    messages: tuple[str, ...]
    is_extended: bool
    versions: frozenset[int] = VERSIONS
    parameters: tuple[str | None, ...] = ()
    needs: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    varies: bool = False
    touches_protected: bool = False
    predicates_on_masked: bool = False
    refused_today: str = ""

    @property
    def name(self) -> str:
        return f"{self.source}: {self.title}"


def blocks() -> list[Block]:
    """Every block of every file. Raises ValueError for a line that belongs nowhere."""
    return [block for path in sorted(CORPUS.glob("*.sql")) for block in read(path.stem, path.read_text(encoding="utf-8"))]


def read(source: str, text: str) -> Iterator[Block]:
    """The blocks of one file."""
    head, *parts = re.split(r"^--# ", text, flags=re.MULTILINE)
    is_extended = "-- protocol: extended\n" in head
    for part in parts:
        yield _block(source, part, is_extended)


def _block(source: str, part: str, is_extended: bool) -> Block:
    title, *lines = part.splitlines()
    said: dict[str, str] = {}
    while lines and (match := _DIRECTIVE.fullmatch(lines[0])):
        said[match[1] or match[3]] = match[2] or "yes"
        del lines[0]
    messages = _messages(lines)
    if not messages:
        raise ValueError(f"{source}: {title}: no statement")
    return Block(
        source,
        title,
        messages,
        is_extended,
        versions=frozenset(int(word) for word in said["versions"].split(",")) if "versions" in said else VERSIONS,
        parameters=tuple(json.loads(said.get("parameters", "[]"))),
        needs=_words(said.get("needs", "")),
        closed=_words(said.get("closed", "")),
        varies="varies" in said,
        touches_protected="touches protected" in said,
        predicates_on_masked="predicates on masked" in said,
        refused_today=said.get("refused today", ""),
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(",") if word.strip())


def _messages(lines: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        if line.endswith(";"):
            found.append("\n".join(waiting).strip())
            waiting = []
    if any(line.strip() for line in waiting):
        raise ValueError(f"a message without its semicolon: {waiting}")
    return tuple(found)


def placed(text: str, oid_of: Callable[[str, str], int], names: dict[str, str]) -> str:
    """The text with OIDs and names in place of what stands for them. `oid_of(kind, name)` looks one up."""

    def place(match: re.Match[str]) -> str:
        return names[match[3]] if match[3] else str(oid_of(match[1], match[2]))

    return _PLACE.sub(place, text)
