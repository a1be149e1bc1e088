"""Long runs of operator characters: what is measured is what PostgreSQL's scanner would read as operators, and nothing else."""

from __future__ import annotations

import re

import postgast
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from postgast import PgQueryError, pg_query_pb2

from proxy.errors import TooComplex
from proxy.sql import parse

OPERATORS = re.compile(rb"[-+*/<>=~!@#%^&|`?]+")
COMMENT_MARK = re.compile(rb"\*/|/\*(?=(?P<run>[-+*/<>=~!@#%^&|`?])?)")
COMMENT = pg_query_pb2.Token.Value("C_COMMENT")
PIECES = st.sampled_from(
    ["'", "''", "\\'", "e'", "E'", "\n", "\n'", '"', "--", "+", "+=", "$$", "$a$", "a", "a$", "1", "/*", " /* ", "*/", " ", "U&'", "é"]
)


@given(st.lists(PIECES, max_size=14))
@settings(max_examples=1_500, deadline=None)
def test_runs_are_found_where_the_scanner_finds_operators(pieces: list[str]) -> None:
    source = "".join(pieces).encode()
    try:
        scanned = postgast.scan(source.decode())
    except PgQueryError:
        assume(False)
        return
    texts = [(one.token, source[one.start : one.end]) for one in scanned.tokens]
    code = [(kind, text) for kind, text in texts if not text.startswith(b"--")]
    expected = any(
        any(mark["run"] for mark in COMMENT_MARK.finditer(text)) if kind == COMMENT else OPERATORS.fullmatch(text)
        for kind, text in code
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "RUN_WORK", 0)
        if expected:
            with pytest.raises(TooComplex):
                parse._check_runs(source)
        else:
            parse._check_runs(source)


@pytest.mark.parametrize("text", ["/*" * 50_000, "SELECT 1 " + "+" * 100_000 + "1", "SELECT 1 " + "-+" * 50_000, "*" + "<" * 100_000])
def test_a_run_that_holds_up_the_scanner_is_too_complex(text: str) -> None:
    with pytest.raises(TooComplex):
        parse.scan(text.encode())


@pytest.mark.parametrize("text", ["'%s'", "E'\\'%s'", '"%s"', "-- %s", "/* %s */", "$x$%s$x$", "E'a'\n'\\'%s'"])
def test_rulers_in_literals_and_comments_pass(text: str) -> None:
    """What people draw with."""
    for ruler in ("-" * 10_000, "=" * 10_000, "+-" * 5_000):
        assert parse.scan(f"SELECT 1 {text}".replace("%s", ruler).encode())
