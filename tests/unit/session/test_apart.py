"""Long texts are planned where nobody waits for them; the client's own frames wait their turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proxy.errors import Refusal
from proxy.plan import LONG_TEXT, Miss, Part, Plan
from proxy.session import PlanApart, Reload
from proxy.wire import messages as m
from tests.fakes import FakePlanner
from tests.playbook import READY, Playbook

LONG = "SELECT " + "1, " * LONG_TEXT + "1"
ASKED, NEXT = m.Query(LONG.encode()), m.Query(b"SELECT 2")
DONE = m.CommandComplete(b"SELECT 1")


def restricted(plan: Plan | Miss | Refusal | None = None) -> Playbook:
    return Playbook(FakePlanner(is_glass=False, restricted=True, plans={} if plan is None else {LONG: plan}))


def asked_apart(book: Playbook) -> PlanApart:
    (action,) = book.other
    assert isinstance(action, PlanApart)
    book.other = []
    return action


def test_a_long_text_and_all_behind_it_wait_for_its_plan() -> None:
    book = restricted().client(ASKED, NEXT).to_server()
    assert not book.session.is_idle
    action = asked_apart(book)
    book.client(m.Query(b"SELECT 3")).to_server().then()
    book.answer("planned", action, action.make()).to_server(ASKED, NEXT, m.Query(b"SELECT 3")).then()


def test_it_may_be_refused() -> None:
    book = restricted(plan=Refusal("closed by a rule")).client(ASKED, NEXT)
    book.answer("planned", asked_apart(book), Refusal("closed by a rule")).to_server(m.Query(b""), NEXT)
    error = book.server(m.EmptyQueryResponse(), READY, DONE, READY).client_hears()[0]
    assert isinstance(error, m.ErrorResponse)
    assert error.sqlstate == "42501"


def test_names_it_misses_are_looked_up_first() -> None:
    book = restricted(plan=Miss(("shop.new",))).client(ASKED)
    book.answer("planned", asked_apart(book), Miss(("shop.new",))).then(Reload(("shop.new",)))
    book.answer("new_planner", book.planner).to_server()
    action = asked_apart(book)
    book.answer("planned", action, action.make()).to_server(ASKED)


def test_a_new_planner_is_asked_anew_and_the_old_answer_is_nobodys() -> None:
    book = restricted().client(ASKED)
    first = asked_apart(book)
    newer = FakePlanner(is_glass=False, restricted=True, plans={LONG: Plan(b"SELECT 'new'", (Part("Select"),), restricted=True)})
    book.answer("replan", newer)
    second = asked_apart(book)
    book.answer("planned", first, first.make()).to_server().then()
    book.answer("planned", second, second.make()).to_server(m.Query(b"SELECT 'new'"))


def test_a_prepared_one_is_planned_anew_apart_after_a_reload() -> None:
    book = restricted().client(m.Parse(b"s", LONG.encode()), m.Sync())
    action = asked_apart(book)
    book.answer("planned", action, action.make()).server(m.ParseComplete(), READY).quiet()
    book.answer("replan", FakePlanner(is_glass=False, restricted=True))
    book.client(m.Bind(b"", b"s"), m.Execute(b""), m.Sync()).to_server()
    action = asked_apart(book)
    book.answer("planned", action, action.make()).to_server(m.Bind(b"", b"s"), m.Execute(b""), m.Sync())


def test_glass_waits_the_same_way() -> None:
    book = Playbook(FakePlanner()).client(ASKED).to_server()
    action = asked_apart(book)
    book.answer("planned", action, action.make()).to_server(ASKED)


def test_a_session_that_is_over_wants_no_plan() -> None:
    book = restricted().client(ASKED)
    action = asked_apart(book)
    book.answer("client_lost").quiet()
    book.answer("planned", action, action.make()).to_server().to_client().then()


@pytest.mark.parametrize("kind", ["simple", "prepared", "in a pipeline"])
def test_a_text_that_waits_is_read_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading one of 16 MB takes 10 ms, and it is asked for each time something arrives."""
    read: list[str] = []
    for name in ("query_text", "Parse"):
        known = getattr(m, name) if name == "query_text" else m.Parse.parse
        where, what = (m, name) if name == "query_text" else (m.Parse, "parse")

        def counted(data: bytes, *, known: Callable[[bytes], object] = known) -> object:
            read.append("read")
            return known(data)

        monkeypatch.setattr(where, what, counted)
    before = [m.Query(b"SELECT 0")] if kind == "in a pipeline" else []
    asked = [*before, m.Parse(b"s", LONG.encode()), m.Sync()] if kind != "simple" else [ASKED]
    book = restricted().client(*asked, NEXT)
    read.clear()
    action = asked_apart(book)
    for _ in range(3):
        book.client(NEXT).server(m.ParameterStatus(b"work_mem", b"1MB"))
    book.answer("planned", action, action.make()).to_server(*asked, *[NEXT] * 4)
    assert len(read) == 4  # the short ones


def test_a_text_is_read_again_when_it_means_something_else() -> None:
    text = "SELECT 'é'" + ", 1" * LONG_TEXT
    book = restricted().client(m.Query(text.encode()))
    first = asked_apart(book)
    book.server(m.ParameterStatus(b"client_encoding", b"LATIN1"))
    book.answer("planned", first, first.make()).to_server()
    second = asked_apart(book)
    assert second.characters == first.characters + 1
    book.answer("planned", second, second.make()).to_server(m.Query(text.encode()))


def test_a_text_that_is_skipped_is_kept_by_nobody() -> None:
    """An error before it in its segment, while it waits to be planned: no idle session holds 16 MB."""
    book = restricted().client(m.Parse(b"a", b"SELECT 1"), m.Bind(b"", b"a"), m.Execute(b""), m.Flush()).quiet()
    book.client(m.Parse(b"b", LONG.encode()), m.Sync())
    action = asked_apart(book)
    book.server(m.ParseComplete(), m.BindComplete(), m.error_response("ERROR", "22012", "division by zero")).server(READY)
    assert book.session.is_idle
    naming = book.session._naming
    assert (naming._read, naming._apart) == (None, None)
    book.answer("planned", action, action.make()).client(NEXT)
    assert m.Query(b"SELECT 2") in book.server_hears()
