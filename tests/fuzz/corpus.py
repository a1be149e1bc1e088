"""Seeds: every statement that stands in a .sql file of the tests, cut into tokens where the scanner reads it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import postgast
from postgast import PgQueryError

from tests.regress.psql import statements

TESTS = Path(__file__).parents[1]
_LONGEST = 4_000  # characters: longer seeds make slow mutants and teach nothing more


@cache
def seeds() -> tuple[tuple[bytes, ...], ...]:
    """Statements as pieces: tokens, comments and what stands between them. Joined, the pieces are the statement."""
    found: dict[str, None] = {}
    for file in sorted(TESTS.rglob("*.sql")):
        for block in _blocks(file.read_text()):
            found.update(dict.fromkeys(s for s in statements(block) if len(s) <= _LONGEST))
    return tuple(pieces(text.encode()) for text in found)


def _blocks(text: str) -> list[str]:
    """What stands between lines that are comments: the files of the tests need no semicolons."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith(("-- ", "#")):
            blocks.append([])
        else:
            blocks[-1].append(line)
    return ["\n".join(lines) for lines in blocks if any(line.strip() for line in lines)]


def pieces(source: bytes) -> tuple[bytes, ...]:
    """Tokens, and what stands between them. A text the scanner does not read falls into words."""
    try:
        tokens = postgast.scan(source.decode()).tokens
    except (PgQueryError, UnicodeDecodeError):
        return tuple(word + b" " for word in source.split(b" "))
    found, at = [], 0
    for token in tokens:
        if token.start > at:
            found.append(source[at : token.start])
        found.append(source[token.start : token.end])
        at = token.end
    if at < len(source):
        found.append(source[at:])
    return tuple(found)
