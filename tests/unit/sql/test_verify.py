"""The proof reads a shortened text. Here: that it says of everything around our subqueries what the whole text says."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.errors import Bug, ProxyError, Refusal, StatementError, TooComplex, Unproven
from proxy.plan import Plan
from proxy.planner import planning, restricted
from proxy.sql import verify
from proxy.sql.parse import Statement, children, node_of, parse
from proxy.sql.splice import Edit, Spliced, splice
from tests import world

FOLDER = Path(__file__).parents[2] / "sql"
OURS = "(SELECT id FROM shop.customers WHERE name = '(' OFFSET 0)"
_HEAD, _SHORT = b"(SELECT FROM ", b"(SELECT FROM x)"


def _texts(*texts: str) -> dict[bytes, frozenset[bytes]]:
    return {one.encode(): frozenset() for one in texts}


def _scanned(after: bytes, *texts: str) -> tuple[Statement, frozenset[int]]:
    tree, short = verify._scanned(after, _texts(*texts))
    return tree, short.places


def _as_in_the_whole(short: Statement, places: frozenset[int], after: bytes, wholes: Iterable[bytes]) -> int:
    """Compares every node outside the subqueries, with its location. Returns how many subqueries there were."""
    whole = parse(after)
    shifts: list[tuple[int, int]] = []  # from this place on in the short text, so much further in the whole one
    shift = 0
    for place in sorted(places):
        start = place - len(_HEAD)
        end = short.source.index(b")", place) + 1
        text = max((one for one in wholes if after.startswith(one, start + shift)), key=len)
        shift += len(text) - (end - start)
        shifts.append((end, shift))

    def moved(location: int) -> int:
        return location + max((by for at, by in shifts if at <= location), default=0)

    inside = {(start, end) for start, end in _spans(places, short, moved)}
    expected = [(moved(one.start), moved(one.end), one.kind) for one in short.tokens if not _is_in(one.start, places, short)]
    assert expected == [tuple(one) for one in whole.tokens if not any(start <= one.start < end for start, end in inside)]
    found = 0
    waiting: list[tuple[Any, Any]] = [(one, other) for (_, one), (_, other) in zip(short.stmts, whole.stmts, strict=True)]
    while waiting:
        one, other = waiting.pop()
        assert type(one) is type(other)
        if isinstance(one, pb.SelectStmt) and _place_of(one) in places:
            found += 1
            continue
        for field, value in one.ListFields():
            if field.message_type is None and not field.is_repeated:
                theirs = getattr(other, field.name)
                is_place = field.name.endswith("location") and value > 0
                assert theirs == (moved(value) if is_place else value), field.name
        waiting += zip(children(one), children(other), strict=True)
    return found


def _spans(places: frozenset[int], short: Statement, moved: Any) -> Iterable[tuple[int, int]]:
    for place in places:
        start = place - len(_HEAD)
        yield moved(start), moved(short.source.index(b")", place) + 1)


def _is_in(offset: int, places: frozenset[int], short: Statement) -> bool:
    return any(place - len(_HEAD) <= offset <= short.source.index(b")", place) for place in places)


def _place_of(query: Any) -> int:
    inner: Message | None = node_of(query.from_clause[0]) if len(query.from_clause) == 1 else None
    return int(inner.location) if isinstance(inner, pb.RangeVar) else -1


def test_what_leaves_is_read_alike_short_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over every text of tests/sql that a restricted caller may send, with its tokens and without."""
    seen = alone = 0
    known = verify._texts

    class Compared(verify._Verifier):
        after = b""
        texts: Mapping[bytes, frozenset[bytes]] = {}

        def compare(self, before: Statement, parameters: frozenset[bytes]) -> None:
            nonlocal seen, alone
            if not self.outcome.tokens:
                again, short = verify._scanned(self.after, self.texts)
                assert (self.outcome.source, self.places) == (short.source, short.places)
                assert (self.outcome.stmts, self.outcome.starts) == (again.stmts, again.starts)
                self.outcome, alone = again, alone + 1
            assert _as_in_the_whole(self.outcome, self.places, self.after, self.texts) == len(self.places)
            assert parameters == parse(self.after).parameters()
            seen += len(self.places)
            super().compare(before, parameters)

    def texts(*arguments: Any) -> dict[bytes, frozenset[bytes]]:
        Compared.texts = known(*arguments)
        return Compared.texts

    def recorded(before: Statement, after: bytes, *more: Any) -> None:
        Compared.after = after
        verify.verify(before, after, *more)

    monkeypatch.setattr(restricted, "verify", recorded)
    monkeypatch.setattr(verify, "_texts", texts)
    monkeypatch.setattr(verify, "_Verifier", Compared)
    for file in sorted(FOLDER.glob("*.sql")):
        for block in re.split(r"\n{2,}(?=-- )", file.read_text().strip()):
            lines = block.partition("\n-- becomes")[0].splitlines()
            text = "\n".join(line for line in lines if not line.startswith("-- "))
            for role in ("analyst", "limited", "exporter", "writer"):
                with contextlib.suppress(StatementError, Refusal, Unproven, TooComplex):
                    world.planner(role).plan(text, path=world.PATH)
    assert seen > 300
    assert alone > 100


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * FROM {OURS} AS c, {OURS} d",
        f"SELECT 1 FROM {OURS} c WHERE b = $${OURS}$$",
        f"SELECT 1 /* {OURS} */ FROM {OURS} c -- {OURS}",
        f"SELECT 'a{OURS}b' FROM {OURS} c WHERE d = '' AND '{OURS}' = ''",
        f"SELECT E'\\'{OURS}', 'x'\n'{OURS}' FROM{OURS}AS c",
        f'SELECT "{OURS}", $x${OURS} $$ \'{OURS}$x$ FROM {OURS}c WHERE"a"={OURS}',
        f"SELECT * FROM (({OURS}) UNION ALL {OURS}) x",
    ],
)
def test_only_whole_tokens_are_shortened(text: str) -> None:
    after = text.encode()
    try:
        whole = parse(after)
    except ProxyError:
        with pytest.raises(ProxyError):
            verify._scanned(after, _texts(OURS))
        return
    short, places = _scanned(after, OURS)
    starts = {one.start for one in whole.tokens}
    expected = [match.start() for match in re.finditer(re.escape(OURS), text) if match.start() in starts]
    assert len(places) == len(expected)
    for place in places:
        assert short.source.startswith(_SHORT, place - len(_HEAD))
    _as_in_the_whole(short, places, after, [OURS.encode()])


def test_of_two_at_one_place_the_longer_is_taken() -> None:
    longer = f"(SELECT (SELECT 1 FROM {OURS} y) FROM shop.customers)"
    short, places = _scanned(f"SELECT FROM {longer} x, {OURS} z".encode(), OURS, longer)
    assert len(places) == 2
    assert short.source == b"SELECT FROM " + _SHORT + b" x, " + _SHORT + b" z"


@pytest.mark.parametrize(
    "around",
    [
        "({0} ORDER BY (SELECT 1 FROM shop.customers))",
        "({0} LIMIT 1)",
        "({0} UNION ALL SELECT id FROM shop.customers)",
        "(WITH x AS (SELECT FROM shop.customers) {0})",
        "({0} FOR UPDATE)",
        '(SELECT FROM "shop"."customers")',
        "(SELECT FROM x)",
        "LATERAL {0}",
    ],
)
def test_what_stands_beside_our_subquery_in_its_brackets_is_judged(around: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`((SELECT …) ORDER BY …)` is one node of the tree, and not one of ours."""

    def wrong(source: bytes, edits: Iterable[Edit]) -> Spliced:
        made = splice(source, edits)
        start, end = made.text.index(b"(SELECT"), made.text.index(b") AS c") + 1
        return Spliced(made.text[:start] + around.format(made.text[start:end].decode()).encode() + made.text[end:], made.kept)

    text = "SELECT name FROM shop.customers AS c"
    assert isinstance(world.planner("analyst").plan(text, path=world.PATH), Plan)
    monkeypatch.setattr(planning, "splice", wrong)
    with pytest.raises(Bug):
        world.planner("analyst").plan(text, path=world.PATH)


@pytest.mark.parametrize(
    "text",
    [
        "(SELECT 1) , (SELECT FROM shop.customers)",
        "(SELECT FROM shop.orders)",
        "(SELECT FROM customers)",
        "(SELECT FROM shop.customers, shop.orders)",
        "(SELECT FROM shop.customers) UNION (SELECT FROM shop.customers)",
        "(SELECT /* */ FROM shop.customers)",
        " (SELECT FROM shop.customers)",
        "(SELECT FROM shop.customers) --",
        "(SELECT FROM shop.customers) y JOIN (SELECT FROM shop.customers)",
        "shop.customers",
        "(VALUES (1))",
    ],
)
def test_what_may_stand_for_a_relation_is_one_query_of_it(text: str) -> None:
    with pytest.raises((Bug, ProxyError)):
        verify._parameters_in(text, "shop", "customers")


def test_a_short_text_is_proven_without_its_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = world.planner("analyst").plan("SELECT name FROM shop.customers AS c", path=world.PATH)
    assert isinstance(plan, Plan)
    ours = plan.text[plan.text.index(b"(SELECT") : plan.text.index(b") AS c") + 1].decode()
    tokens = {
        f"SELECT name FROM shop.customers AS c WHERE id = 1 AND name <> '{'x' * 500}'": False,
        f"SELECT name /* {ours} */ FROM shop.customers AS c": True,  # a place that is none
        "SELECT name FROM shop.customers AS c WHERE id = $1 AND name <> $2": False,
        "SELECT name FROM shop.customers AS c WHERE id = $1 AND name <> '$2'": True,  # no parameter
        "SELECT name FROM shop.customers AS c WHERE id = $1 AND name <> $$ $1 $$": True,
        f"SELECT name FROM shop.customers AS c WHERE name <> '{'x' * 5_000}'": True,
        f"SELECT name FROM shop.customers AS c WHERE id IN ({', '.join(['((((1))))'] * 600)})": True,
    }
    known, scanned = verify._scanned, []
    monkeypatch.setattr(verify, "_scanned", lambda *arguments: scanned.append(1) or known(*arguments))
    for text, are_needed in tokens.items():
        scanned.clear()
        assert isinstance(world.planner("analyst").plan(text, path=world.PATH), Plan)
        assert bool(scanned) == are_needed, text[:100]
