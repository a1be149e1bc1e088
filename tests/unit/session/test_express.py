"""The usual case in one step says, logs and leaves the same as one step for each message."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from proxy.errors import Unavailable
from proxy.masking.text import Redact
from proxy.plan import Part, Plan, SealedParam, SealedResult, Use
from proxy.policy.verdict import Seal
from proxy.session import Statement
from proxy.wire import messages as m
from tests.fakes import FakePlanner, MarkingKeys
from tests.playbook import READY, Playbook, Said

SYNC = m.Sync()
IN_BLOCK, FAILED = m.ReadyForQuery("T"), m.ReadyForQuery("E")
ROW, DONE = m.DataRow((b"1", None)), m.CommandComplete(b"SELECT 1")
BOUND, NO_DATA = m.BindComplete(), m.NoData()
USE = Use("shop.customers", 7, "masked", "r", "", (("id", "open", "", ""), ("name", "masked", "name", "basic")))
TEXT = b"SELECT name FROM customers"


def shape(oid: int = 0) -> m.RowDescription:
    return m.RowDescription((m.Field(b"name", oid, 0, 25, -1, -1, 0), m.Field(b"id", 7, 1, 23, 4, -1, 0)))


def plan(**words: Any) -> Plan:
    part = {name: words.pop(name) for name in ("row_limit", "gives_rows", "writes", "results") if name in words}
    return Plan(TEXT, (Part("Select", uses=(USE,), **part),), **{"restricted": True, "masked_origins": frozenset({(7, 2)}), **words})


def book(made: Plan, *, is_glass: bool = False) -> Playbook:
    planner = FakePlanner(is_glass=is_glass, restricted=not is_glass, plans={TEXT.decode(): made})
    return Playbook(planner, sealing=MarkingKeys()).client(m.Parse(b"s", TEXT), SYNC).server(m.ParseComplete(), READY).quiet()


RUN: tuple[Said, ...] = (m.Bind(b"", b"s"), m.Describe("P", b""), m.Execute(b""), SYNC)
BARE: tuple[Said, ...] = (m.Bind(b"", b"s"), m.Execute(b""), SYNC)
ASK: tuple[Said, ...] = (m.Query(TEXT),)
PARSED: tuple[Said, ...] = (m.Parse(b"", TEXT), m.Bind(b"", b""), m.Describe("P", b""), m.Execute(b""), SYNC)
NAMED: tuple[Said, ...] = (m.Parse(b"t", TEXT), m.Bind(b"", b"s"), m.Execute(b""), SYNC)
BEFORE: dict[tuple[Said, ...], tuple[Said, ...]] = {
    RUN: (BOUND,), BARE: (BOUND,), ASK: (), PARSED: (m.ParseComplete(), BOUND), NAMED: (m.ParseComplete(), BOUND),
}  # fmt: skip
NOTICE = m.notice_response("NOTICE", "00000", "raw")
ERROR = m.error_response("ERROR", "22012", "division by zero")
REPLIES: dict[str, tuple[Said, ...]] = {
    "usual": (shape(), ROW, DONE, READY),
    "none": (shape(), m.CommandComplete(b"SELECT 0"), READY),
    "many": (shape(), *[ROW] * 6, DONE, READY),
    "in a block": (shape(), ROW, DONE, IN_BLOCK),
    "suspended": (shape(), ROW, m.PortalSuspended(), READY),
    "a notice first": (NOTICE, shape(), ROW, DONE, READY),
    "a notice between": (shape(), ROW, NOTICE, DONE, READY),
    "a setting": (shape(), ROW, DONE, m.ParameterStatus(b"application_name", b"x"), READY),
    "a notification": (shape(), ROW, DONE, m.NotificationResponse(1, b"c", b"p"), READY),
    "an error": (ERROR, READY),
    "an error late": (shape(), ROW, ERROR, FAILED),
    "no shape": (NO_DATA, m.CommandComplete(b"UPDATE 3"), READY),
    "another shape": (shape(7), ROW, DONE, READY),
    "a masked column": (m.RowDescription((m.Field(b"name", 7, 2, 25, -1, -1, 0),)), ROW, DONE, READY),
    "rows only": (ROW, DONE, READY),
    "nothing asked for": (m.CloseComplete(), READY),
    "done twice": (shape(), ROW, DONE, DONE, READY),
    "begun": (NO_DATA, m.CommandComplete(b"BEGIN"), IN_BLOCK),
    "committed": (NO_DATA, m.CommandComplete(b"COMMIT"), READY),
    "committed bare": (m.CommandComplete(b"COMMIT"), READY),
    "rolled back": (m.CommandComplete(b"ROLLBACK"), READY),
    "chained": (m.CommandComplete(b"ROLLBACK"), IN_BLOCK),
    "junk": (shape(), ROW, DONE, m.ReadyForQuery("I"), READY),
    "copy": (m.CopyOutResponse(0, (0,)), m.CopyData(b"1\n"), m.CopyDone(), DONE, READY),
}


def bytes_of(said: Sequence[Said]) -> bytes:
    return b"".join(one if isinstance(one, bytes) else one.to_bytes() for one in said)


def outcome(found: Playbook) -> tuple[object, ...]:
    """All that was said and logged, and what the session will go on with."""
    names = (found.session._ledger.statements.known(), found.session._ledger.portals.known())
    kept = [[(type(one).__name__, getattr(one, "counted", None), getattr(one, "is_described", None)) for one in some] for some in names]
    events = [{k: v for k, v in event.items() if k != "duration_us"} for event in found.events]
    is_over = found.session.is_over
    return (found._to_client, found._to_server, found.other, events, found.session.state, is_over, None if is_over else kept)


def play(made: Plan, steps: Sequence[tuple[Sequence[Said], Sequence[Said]]], cut: int, *, is_glass: bool, takes: list[bool]) -> object:
    """`cut`: bytes of each read kept for a second one, so that nothing is usual; 0 for one read."""
    found = book(made, is_glass=is_glass)
    for asked, answered in steps:
        sent = bytes_of(asked)
        for piece in (sent[: len(sent) - cut], sent[len(sent) - cut :]) if cut else (sent,):
            found.client(piece)
        takes.append(found.session._express.slot is not None)
        if not found.session.is_over:
            found.server(*answered)
    return outcome(found)


PLANS: dict[str, Callable[[], Plan]] = {
    "open": lambda: plan(masked_origins=frozenset()),
    "masked": lambda: plan(),
    "limited": lambda: plan(row_limit=3),
    "write": lambda: plan(gives_rows=False),
    "rewritten": lambda: plan(hides_messages=True),
    "transaction": lambda: Plan(TEXT, (Part("Transaction"),), restricted=True, ends_transaction=True),
    "limited write": lambda: plan(row_limit=3, writes=True),
}


@pytest.mark.parametrize("is_glass", [False, True])
@pytest.mark.parametrize("kind", PLANS)
@pytest.mark.parametrize("replies", REPLIES)
@pytest.mark.parametrize("asked", BEFORE, ids=["run", "bare", "ask", "parsed", "named"])
def test_every_reply_is_met_as_by_slots(asked: Sequence[Said], replies: str, kind: str, is_glass: bool) -> None:
    usual = [(RUN, (BOUND, *REPLIES["usual"]))]
    steps = [*usual, *usual, (asked, (*BEFORE[tuple(asked)], *REPLIES[replies])), *usual]
    takes: list[bool] = []
    whole = play(PLANS[kind](), steps, 0, is_glass=is_glass, takes=takes)
    assert takes[0] or kind == "limited write"
    slotted: list[bool] = []
    assert whole == play(PLANS[kind](), steps, 1, is_glass=is_glass, takes=slotted)
    assert not any(taken for taken, (asked, _) in zip(slotted, steps, strict=True) if asked is not ASK)


# --- sealed values

SEAL = Seal("cards", "equality", 25, "shop.cards.card_no")
SEAL_SHAPE = m.RowDescription((m.Field(b"name", 16400, 2, 17, -1, -1, 0), m.Field(b"id", 7, 1, 23, 4, -1, 0)))
SEALED = MarkingKeys().seal(b"4111", domain="cards", search="equality")
SEALED_ROW, BINARY_ROW = m.DataRow((b"\\x" + SEALED.hex().encode(), b"1")), m.DataRow((SEALED, b"1"))
NULL_ROW, FALSE_ROW = m.DataRow((None, b"1")), m.DataRow((b"\\x00", b"1"))
SEALED_REPLIES: dict[str, tuple[Said, ...]] = {
    **{name: tuple(SEAL_SHAPE if one == shape() else SEALED_ROW if one == ROW else one for one in said) for name, said in REPLIES.items()},
    "plain where ciphertext was planned": REPLIES["usual"],
    "null": (SEAL_SHAPE, NULL_ROW, SEALED_ROW, NULL_ROW, DONE, READY),
    "binary": (SEAL_SHAPE, BINARY_ROW, DONE, READY),
    "false": (SEAL_SHAPE, SEALED_ROW, FALSE_ROW, SEALED_ROW, DONE, READY),
    "false in a block": (SEAL_SHAPE, FALSE_ROW, DONE, IN_BLOCK),
    "short": (SEAL_SHAPE, m.DataRow(()), DONE, READY),
}
GIVEN = m.Bind(b"", b"s", (), (b"4111",))
SEALED_ASKED: dict[str, tuple[Said, ...]] = {
    "run": (GIVEN, m.Describe("P", b""), m.Execute(b""), SYNC),
    "bare": (GIVEN, m.Execute(b""), SYNC),
    "binary": (m.Bind(b"", b"s", (1,), (b"4111",), (1,)), m.Describe("P", b""), m.Execute(b""), SYNC),
    "no text": (m.Bind(b"", b"s", (), (b"\xff",)), m.Execute(b""), SYNC),
    "null": (m.Bind(b"", b"s", (), (None,)), m.Execute(b""), SYNC),
    "none": RUN,
    "ask": ASK,
}


def sealed_plan(*, opens: bool = True, seals: bool = True, mask: Redact | None = None, **words: Any) -> Plan:
    return plan(
        results=(SealedResult(0, SEAL, mask),) if opens else (),
        params=(SealedParam(1, SEAL),) if seals else (),
        sealed_origins=frozenset({(16400, 2)}),
        **words,
    )


SEALED_PLANS: dict[str, Callable[[], Plan]] = {
    "opens": lambda: sealed_plan(seals=False),
    "seals": lambda: sealed_plan(opens=False, gives_rows=False, writes=True),
    "both": lambda: sealed_plan(),
    "both, limited": lambda: sealed_plan(row_limit=3),
    "shown masked": lambda: sealed_plan(mask=Redact()),
    "returning": lambda: sealed_plan(writes=True),
}


@pytest.mark.parametrize("kind", SEALED_PLANS)
@pytest.mark.parametrize("replies", SEALED_REPLIES)
@pytest.mark.parametrize("how", SEALED_ASKED)
def test_sealed_values_are_met_as_by_slots(how: str, replies: str, kind: str) -> None:
    asked = SEALED_ASKED[how]
    begun = (NO_DATA, m.CommandComplete(b"INSERT 0 1"), READY) if kind == "seals" else SEALED_REPLIES["usual"]
    usual = [(SEALED_ASKED["run"], (BOUND, *begun))]
    steps = [*usual, *usual, (asked, (*(() if asked is ASK else (BOUND,)), *SEALED_REPLIES[replies])), *usual]
    takes: list[bool] = []
    whole = play(SEALED_PLANS[kind](), steps, 0, is_glass=False, takes=takes)
    assert takes[0] != (kind == "returning")
    assert whole == play(SEALED_PLANS[kind](), steps, 1, is_glass=False, takes=[])


def test_sealed_values_in_one_step() -> None:
    """The parameter leaves sealed, the value comes back opened, and nothing takes a slot."""
    found = book(sealed_plan())
    for _ in range(2):
        found.client(*SEALED_ASKED["run"])
        assert found.session._express.slot is not None
        bind, *others = found.server_hears()
        assert isinstance(bind, m.Bind)
        assert (bind.params, bind.param_formats, others) == ((SEALED,), (1,), list(RUN[1:]))
        found.server(BOUND, *SEALED_REPLIES["usual"])
        shown = m.RowDescription((m.Field(b"name", 16400, 2, 25, -1, -1, 0), m.Field(b"id", 7, 1, 23, 4, -1, 0)))
        found.to_client(BOUND, shown, m.DataRow((b"4111", b"1")), DONE, READY)


def test_conversations_at_random_are_the_same() -> None:
    random = Random(7)
    for _ in range(1_500):  # 30,000 were the same once
        made = random.choice(list(PLANS.values()))
        is_glass = random.random() < 0.3
        steps = []
        for _ in range(random.randrange(1, 6)):
            asked = random.choice(list(BEFORE))
            before = BEFORE[asked]
            if random.random() < 0.2:  # two at once: they wait for one another
                asked = (*asked, *random.choice((RUN, ASK)))
            replies = list(random.choice(list(REPLIES.values())))
            if random.random() < 0.2:
                replies.insert(random.randrange(len(replies)), random.choice((NOTICE, ROW, DONE, ERROR, shape())))
            steps.append((asked, (*before, *replies)))
        assert play(made(), steps, 0, is_glass=is_glass, takes=[]) == play(made(), steps, 1, is_glass=is_glass, takes=[])


@pytest.mark.parametrize("pieces", range(1, 40))
def test_half_an_answer_is_met_one_by_one(pieces: int) -> None:
    found = book(plan()).client(*RUN)
    data = bytes_of((BOUND, *REPLIES["usual"]))
    found.server(data[:pieces]).server(data[pieces:]).to_client(BOUND, *REPLIES["usual"])


def test_a_statement_that_joins_it_waits_its_turn() -> None:
    found = book(plan()).client(*RUN)
    assert found.session._express.slot is not None
    assert not found.session.is_idle
    assert found.session.state == "active"
    found.client(m.Query(TEXT))
    assert found.session._express.slot is None
    found.server(BOUND, *REPLIES["usual"], *REPLIES["usual"]).to_client(BOUND, *REPLIES["usual"], *REPLIES["usual"])
    assert [one["rows"] for one in found.events if one["kind"] == "end"] == [1, 1]


def test_a_peer_that_leaves_ends_it() -> None:
    for call in ("client_lost", "server_lost"):
        found = book(plan()).client(*RUN).answer(call)
        assert [one["outcome"] for one in found.events if one["kind"] == "end"] == ["lost"]


@pytest.mark.parametrize("asked", [RUN, BARE, ASK], ids=["run", "bare", "ask"])
def test_a_log_that_fails_sends_what_the_server_must_reject(asked: Sequence[Said]) -> None:
    found = book(plan()).client(*RUN).server(BOUND, *REPLIES["usual"]).quiet()
    actions = found.session.client_bytes(bytes_of(asked), 9.0)
    assert isinstance(actions[0], Statement)
    found.take(found.session.refuse_unlogged(actions))
    heard = found.server_hears()
    assert [type(one).__name__ for one in heard] == [
        *(["Bind"] if asked is not ASK else []), *(["Describe"] if asked is RUN else []),
        *(["Parse", "Sync"] if asked is not ASK else ["Query"]),
    ]  # fmt: skip
    assert TEXT not in bytes_of(heard)
    syntax = m.error_response("ERROR", "42601", "syntax error")
    before = () if asked is ASK else (BOUND,) if asked is BARE else (BOUND, shape())
    said = found.server(*before, syntax, READY).client_hears()
    error = next(one for one in said if isinstance(one, m.ErrorResponse))
    assert error.sqlstate == Unavailable("", sqlstate="58030").sqlstate
    assert found.client(*RUN).server(BOUND, *REPLIES["usual"]).client_hears()[-1] == READY


def test_a_shape_is_remembered_only_while_it_says_nothing_new() -> None:
    found = book(plan())
    part = found.session._ledger.statements.known()[0].plan.parts[0]
    for oid, count in itertools.chain([(0, 1), (9, 1)], ((0, 1),)):
        found.client(*RUN).server(BOUND, shape(oid), ROW, DONE, READY)
        assert len(part.shapes) == count
