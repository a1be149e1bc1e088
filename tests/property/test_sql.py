"""Any text gives a plan or a ProxyError; what is spliced is exactly what was to be spliced."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import ProxyError, TooComplex
from proxy.plan import Miss, Plan
from proxy.sql.parse import STATEMENT_BYTES, literals_hidden, parse
from proxy.sql.splice import Edit, splice
from tests import world

PLANNERS = {role: world.planner(role) for role in ("analyst", "app", "dba")}
WORDS = st.sampled_from(
    "SELECT FROM WHERE customers shop.customers payment_cards card_no name c . , ( ) * = '4111' $1 AS GROUP BY ORDER UNION ALL "
    "WITH RECURSIVE x INSERT INTO VALUES UPDATE SET DELETE RETURNING :: text E'a' $$b$$ -- /* */ ; 1 JOIN USING ON LATERAL "
    "ONLY TABLE LIMIT NULL IN ANY ARRAY [ ] "
    'CASE WHEN THEN END IS DISTINCT LIKE count ROW NOT EXISTS 姓名 "a""b" U&"\\0041"'.split()
)

# FINDINGS 4: each of these kills or stalls a parser somewhere.
KILLERS = {
    "chain": "SELECT 1" + "+1" * 25_000,
    "long chain": "SELECT 1" + "+1" * 500_000,
    "arrays": "SELECT " + "ARRAY[" * 22 + "1" + "]" * 22,
    "deep arrays": "SELECT " + "ARRAY[" * 1_900 + "1" + "]" * 1_900,
    "deeper arrays": "SELECT " + "ARRAY[" * 20_000 + "1" + "]" * 20_000,
    "subscripts": "SELECT a" + "[1]" * 1_000 + " FROM customers",
    "open brackets": "SELECT * FROM (" * 20_000,
    "subqueries": "SELECT * FROM (" * 500 + "SELECT 1" + ") x" * 500,
    "joins": "SELECT 1 FROM customers a " + "JOIN customers b ON true " * 5_000,
    "unions": "SELECT 1" + " UNION ALL SELECT 1" * 7_000,
    "casts": "SELECT 1" + "::int" * 10_000,
    "cast names": "SELECT name" + "::text" * 3_000 + " FROM customers",
    "nots": "SELECT " + "NOT " * 20_000 + "true",
    "cases": "SELECT " + "CASE WHEN true THEN " * 3_000 + "1" + " END" * 3_000,
    "functions": "SELECT " + "abs(" * 1_500 + "1" + ")" * 1_500,
    "attributes": "SELECT " + "(" * 1_500 + "c" + ").a" * 1_500 + " FROM customers c",
    "sealed casts": "SELECT 1 FROM payment_cards WHERE card_no = $1" + "::text" * 2_000,
    "20 MB": "SELECT '" + "x" * 20_000_000 + "'",
}  # fmt: skip


@pytest.mark.parametrize("role", ["analyst", "app"])
@pytest.mark.parametrize("text", [pytest.param(t, id=k) for k, t in KILLERS.items()])
def test_parser_killers_give_a_plan_or_an_error(role: str, text: str) -> None:
    sqlstate = None
    try:
        PLANNERS[role].plan(text, path=world.PATH)
    except ProxyError as error:
        sqlstate = error.sqlstate
    assert sqlstate in (None, "54001", "0A000", "42601", "42501")


def test_a_statement_of_20_mb_is_too_complex() -> None:
    with pytest.raises(TooComplex, match=str(STATEMENT_BYTES)):
        PLANNERS["analyst"].plan(KILLERS["20 MB"], path=world.PATH)


@given(words=st.lists(WORDS, max_size=25))
@settings(max_examples=400, deadline=None)
def test_any_words_give_a_plan_or_a_proxy_error(words: list[str]) -> None:
    text = " ".join(words)
    for planner in PLANNERS.values():
        try:
            outcome = planner.plan(text, path=world.PATH)
        except ProxyError:
            continue
        assert isinstance(outcome, (Plan, Miss))


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_plan_or_a_proxy_error(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode().replace("\0", "")
    for planner in PLANNERS.values():
        try:
            planner.plan(text, path=world.PATH)
        except ProxyError:
            continue


@given(source=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_parse_or_raise_a_proxy_error(source: bytes) -> None:
    source = source.replace(b"\0", b"")
    try:
        parse(source)
    except ProxyError:
        return


@given(secret=st.text(st.characters(codec="utf-8", exclude_characters="\0\\'"), min_size=8, max_size=30).map("§{}".format))  # no word of ours has it
def test_no_literal_reaches_the_log(secret: str) -> None:
    for text in (f"SELECT '{secret}'", f"SELECT $q${secret.replace('$', '')}$q$ -- {secret!r}", f"SELECT E'{secret}"):
        hidden = literals_hidden(text.encode())
        assert secret.replace("$", "") not in hidden


@st.composite
def _edits(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    source = draw(st.binary(max_size=80))
    cuts = sorted(draw(st.sets(st.integers(0, len(source)), max_size=8)))
    edits = [Edit(a, b, draw(st.text(max_size=5))) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return source, edits


@given(_edits())
def test_splice_touches_nothing_outside_its_spans(case: tuple[bytes, list[Edit]]) -> None:
    source, edits = case
    spliced = splice(source, edits)
    kept = b"".join(source[origin : origin + end - start] for start, end, origin in spliced.kept)
    outside = b""
    at = 0
    for edit in sorted(edits, key=lambda e: e.start):
        outside += source[at : edit.start]
        at = edit.end
    assert kept == outside + source[at:]
    assert all(spliced.text[a:b] == source[o : o + b - a] for a, b, o in spliced.kept)
    assert len(spliced.text) == len(kept) + sum(len(e.text.encode()) for e in edits)
