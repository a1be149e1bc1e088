"""Spans and replacements -> text and an offset map. Byte-exact everywhere else; knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proxy.errors import Bug


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes [start, end) of the source become `text`; start == end inserts."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Spliced:
    """`kept`: (start in text, end in text, start in source) of every stretch that was not replaced, in bytes."""

    text: bytes
    kept: tuple[tuple[int, int, int], ...]


def apart(source: bytes, edit: Edit) -> Edit:
    """The edit with spaces where its text would grow together with the source (`SELECT"f"(1)`, `IN$1`, `FROM t"alias"`)."""
    put = edit.text.encode()
    before = b" " if put and edit.start > 0 and _grow_together(source[edit.start - 1], put[0]) else b""
    after = b" " if put and edit.end < len(source) and _grow_together(put[-1], source[edit.end]) else b""
    return Edit(edit.start, edit.end, (before + put + after).decode()) if before or after else edit


def _grow_together(last: int, first: int) -> bool:
    """Whether two tokens that meet here would be read as one: two words, or a quote that seems to be doubled."""
    return (_in_word(last) and _in_word(first)) or (last == first and last in b"\"'")


def _in_word(byte: int) -> bool:
    """Whether a byte can stand inside an unquoted word or a number (PostgreSQL 18, 4.1.1)."""
    return byte >= 0x80 or chr(byte).isalnum() or chr(byte) in "_$"


def splice(source: bytes, edits: Iterable[Edit]) -> Spliced:
    """Apply all edits at once. Raises Bug when two overlap or one lies outside the source."""
    pieces: list[bytes] = []
    kept: list[tuple[int, int, int]] = []
    at = 0
    length = 0

    def keep(end: int) -> None:
        nonlocal length
        if end > at:
            pieces.append(source[at:end])
            kept.append((length, length + end - at, at))
            length += end - at

    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at or edit.end < edit.start or edit.end > len(source):
            raise Bug("two edits of a statement overlap")
        keep(edit.start)
        put = edit.text.encode()
        pieces.append(put)
        length += len(put)
        at = edit.end
    keep(len(source))
    return Spliced(b"".join(pieces), tuple(kept))
