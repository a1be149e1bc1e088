"""Rows that come in many reads are counted, opened, stopped and logged as those that come in one."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from proxy.plan import CopyForm, Part, Plan, SealedResult
from proxy.policy.verdict import Seal
from proxy.session.replies import Replies
from proxy.wire import messages as m
from proxy.wire.values import BYTEA
from tests.fakes import FakePlanner, MarkingKeys
from tests.playbook import READY, Playbook, Said
from tests.unit.session.test_express import BOUND, ERROR, NOTICE, SYNC, bytes_of, outcome

TEXT = b"SELECT a, b FROM cards"
SEAL = Seal("cards", "equality", 25, "shop.cards.b")
KEYS = MarkingKeys()
SEALED = KEYS.seal(b"4111", domain="cards", search="equality")
RUN: tuple[Said, ...] = (m.Bind(b"", b"s", result_formats=(1,)), m.Describe("P", b""), m.Execute(b""), SYNC)


def fields(position: int) -> m.RowDescription:
    both = (m.Field(b"a", 0, 0, BYTEA if position == 0 else 23, -1, -1, 1), m.Field(b"b", 0, 0, BYTEA, -1, -1, 1))
    return m.RowDescription(both)


def part(kind: str, limit: int | None) -> Part:
    results = {"opened": (SealedResult(1, SEAL),), "two opened": (SealedResult(0, SEAL), SealedResult(1, SEAL))}.get(kind, ())
    forms: dict[str, CopyForm] = {"lines": "rows", "header": "header", "binary": "binary"}
    return Part("Copy" if kind in forms else "Select", results=results, row_limit=limit, copy=forms.get(kind))


KINDS = ("plain", "opened", "two opened", "lines", "header", "binary")


def replies(kind: str, random: Random) -> list[Said]:
    """An answer with rows, most of them good."""
    shape: list[Said] = [fields(0 if kind == "two opened" else 1)]
    rows: list[Said] = []
    for number in range(random.choice((0, 3, 40))):
        if kind in ("lines", "header", "binary"):
            rows.append(m.CopyData(b"%d\tx\n" % number))
            continue
        a = SEALED if kind == "two opened" else b"%d" % number
        b = random.choices((SEALED, None, b"raw"), (40, 4, 1))[0]
        rows.append(m.DataRow((a, b) if random.random() < 0.99 else (a,)))
    if random.random() < 0.4:
        rows.insert(random.randrange(len(rows) + 1), random.choice((NOTICE, ERROR, m.CopyDone(), m.DataRow((b"x",)))))
    ends: tuple[Said, ...] = (m.CommandComplete(b"SELECT 1"),)
    if kind in ("lines", "header", "binary"):
        shape = [m.NoData()]
        rows.insert(0, m.CopyOutResponse(0, (0,)))
        ends = (m.CopyDone(), *ends)
    return [BOUND, *shape, *rows, *ends, READY]


def play(made: Plan, asked: Sequence[Said], answers: Sequence[bytes], *, is_glass: bool) -> tuple[object, ...]:
    planner = FakePlanner(is_glass=is_glass, restricted=not is_glass, plans={TEXT.decode(): made})
    found = Playbook(planner, sealing=KEYS)
    found.client(m.Parse(b"s", TEXT), SYNC).server(m.ParseComplete(), READY).quiet()
    found.client(*asked)
    for answer in answers:
        if not found.session.is_over:
            found.server(answer)
    return outcome(found)


def cut(raw: bytes, random: Random) -> list[bytes]:
    cuts = sorted(random.randrange(len(raw) + 1) for _ in range(random.choice((1, 2, 9))))
    return [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]


@pytest.mark.parametrize("kind", KINDS)
def test_any_chunking_of_an_answer_is_met_the_same(kind: str) -> None:
    random = Random(KINDS.index(kind))
    for _ in range(300):  # 5,000 of each were the same once
        limit, is_glass = random.choice((None, None, 3, 30)), random.random() < 0.2
        is_query = random.random() < 0.4
        asked: Sequence[Said] = (m.Query(TEXT),) if is_query else RUN
        answer = replies(kind, random)[is_query:]
        made = Plan(TEXT, (part(kind, limit),), restricted=not is_glass)
        if is_glass:
            made = Plan(TEXT, (part(kind if not made.parts[0].results else "plain", None),))
        raw = bytes_of(answer)
        whole = play(made, asked, [raw], is_glass=is_glass)
        for _ in range(3):
            assert play(made, asked, cut(raw, random), is_glass=is_glass) == whole


@pytest.mark.parametrize("kind", ["plain", "opened", "lines"])
def test_rows_of_a_long_answer_go_as_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0
    counts = Replies._counts

    def counted(*given: object) -> bool:
        nonlocal looked_at
        looked_at += 1
        return counts(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(Replies, "_counts", counted)
    row: Said = m.CopyData(b"1\n") if kind == "lines" else m.DataRow((b"1", SEALED))
    shape: Said = m.CopyOutResponse(0, (0,)) if kind == "lines" else fields(1)
    made = Plan(TEXT, (part(kind, 1_000),), restricted=True)
    said = play(made, (m.Query(TEXT),), [bytes_of((shape,)), bytes_of([row] * 900)], is_glass=False)[0]
    shown: Said = m.DataRow((b"1", b"4111")) if kind == "opened" else row
    assert isinstance(said, bytes)
    assert said.endswith(bytes_of([shown] * 900))
    assert looked_at == 0


@pytest.mark.parametrize("limit", [None, 5])
def test_rows_of_a_statement_the_log_did_not_take_are_not_shown(limit: int | None) -> None:
    for answers in ([fields(1)], []):
        made = Plan(TEXT, (part("plain", limit),), restricted=True)
        found = Playbook(FakePlanner(is_glass=False, restricted=True, plans={TEXT.decode(): made}))
        found.client(m.Query(TEXT), perform=False)
        for answer in (*answers, m.DataRow((b"raw",))):
            found.server(answer)
        assert b"raw" not in found._to_client


@pytest.mark.parametrize("row", [m.DataRow((b"raw",)), m.CopyData(b"raw\n")])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_nobody_asked_for_are_not_shown(kind: str, row: Said) -> None:
    made = Plan(TEXT, (part(kind, None),), restricted=True)
    for asked in (m.Parse(b"t", TEXT), m.Bind(b"", b"s"), m.Describe("S", b"s"), m.Close("S", b"s"), SYNC):
        found = Playbook(FakePlanner(is_glass=False, restricted=True, plans={TEXT.decode(): made}), sealing=KEYS)
        found.client(m.Parse(b"s", TEXT), SYNC).server(m.ParseComplete(), READY).quiet().client(asked).server(row)
        assert found.session.is_over
        assert b"raw" not in found._to_client


def test_limits_of_several_statements_are_said_together() -> None:
    made = Plan(TEXT, (part("plain", 3), part("plain", 3)), restricted=True)
    planner = FakePlanner(is_glass=False, restricted=True, plans={TEXT.decode(): made})
    one: tuple[Said, ...] = (fields(1), *[m.DataRow((b"1", b"2"))] * 3, m.CommandComplete(b"SELECT 3"))
    found = Playbook(planner).client(m.Query(TEXT)).server(*one, *one, READY)
    assert [(e["rows"], e["row_limit"], e["outcome"]) for e in found.events if e["kind"] == "end"] == [(6, 6, "done")]
