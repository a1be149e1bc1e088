"""Conversations of a session in progress."""

from __future__ import annotations

import pytest

from proxy.errors import Bug, Refusal, StatementError, Unavailable
from proxy.plan import Miss, Part, Plan, SealedParam, SealedResult
from proxy.policy.verdict import Seal
from proxy.session import CancelServer, Close, Identified, Reload, Statement
from proxy.session.client import STALLED_BYTES
from proxy.session.naming import text_array
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient
from tests.fakes import FakePlanner, MarkingKeys
from tests.playbook import KEY, PASSWORD, READY, VERIFIER, Playbook, frames

Q, P, B, D, E, C = m.Query, m.Parse, m.Bind, m.Describe, m.Execute, m.Close
SYNC, FLUSH, TERMINATE = m.Sync(), m.Flush(), m.Terminate()
DONE = m.CommandComplete(b"SELECT 1")
ROW = m.DataRow((b"1",))
PARSED, BOUND, CLOSED = m.ParseComplete(), m.BindComplete(), m.CloseComplete()
IN_BLOCK, FAILED = m.ReadyForQuery("T"), m.ReadyForQuery("E")
RUN = (P(b"", b"SELECT 1"), B(b"", b""), E(b""))
SYNTAX = m.error_response("ERROR", "42601", 'syntax error at or near "!"')
CANCELED = m.error_response("ERROR", "57014", "canceling statement due to user request")
REFUSED = Refusal("closed by a rule", hint="rule r1")
SEAL = Seal("cards", "equality", 25, "shop.cards.card_no")


def glass() -> Playbook:
    return Playbook(FakePlanner())


def restricted(**plans: object) -> Playbook:
    planner = FakePlanner(is_glass=False, restricted=True)
    planner.plans = {text.replace("_", " "): plan for text, plan in plans.items()}  # type: ignore[misc]
    return Playbook(planner)


def errors_of(said: list[m.Message]) -> list[str]:
    return [one.sqlstate for one in said if isinstance(one, m.ErrorResponse)]


def test_a_statement_is_recorded_before_it_is_sent() -> None:
    book = glass()
    actions = book.session.client_bytes(Q(b"SELECT 1").to_bytes(), 1.0)
    assert isinstance(actions[0], Statement)
    assert actions[0].event["kind"] == "accept"
    book.take(actions).to_server(Q(b"SELECT 1"))
    book.server(ROW, ROW, DONE, READY).to_client(ROW, ROW, DONE, READY)
    assert book.kinds() == ["accept", "end"]
    end = book.events[-1]
    assert (end["rows"], end["outcome"], end["sqlstate"]) == (2, "done", "00000")


def test_a_query_with_terminate_in_one_read_leaves_once() -> None:
    book = glass().client(Q(b"SELECT 1"), TERMINATE).to_server(Q(b"SELECT 1"), TERMINATE).then(Close())
    assert book.kinds() == ["accept", "end", "disconnect"]
    assert book.client(Q(b"SELECT 2")).to_server().session.is_over


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_any_chunking_gives_the_same_conversation(size: int) -> None:
    book = restricted()
    asked = b"".join(one.to_bytes() for one in (Q(b"SELECT 1"), P(b"", b"SELECT 2"), B(b"", b""), E(b""), SYNC))
    for start in range(0, len(asked), size):
        book.client(asked[start : start + size])
    book.to_server(Q(b"SELECT 1"), P(b"", b"SELECT 2"), B(b"", b""), E(b""), SYNC)
    replies = (ROW, DONE, READY, PARSED, BOUND, ROW, DONE, READY)
    data = b"".join(one.to_bytes() for one in replies)
    for start in range(0, len(data), size):
        book.server(data[start : start + size])
    book.to_client(*replies)


def test_refused_while_idle_sends_the_empty_query() -> None:
    book = restricted(SELECT_secret=REFUSED).client(Q(b"SELECT secret")).to_server(Q(b""))
    error, ready = book.server(m.EmptyQueryResponse(), READY).client_hears()
    assert isinstance(error, m.ErrorResponse)
    assert (error.sqlstate, error.get("M"), error.get("H")) == ("42501", b"closed by a rule", b"rule r1")
    assert ready == READY
    assert book.kinds() == ["refuse"]


def test_refused_in_a_transaction_sends_what_no_grammar_takes() -> None:
    book = restricted(SELECT_secret=REFUSED).client(Q(b"BEGIN")).server(m.CommandComplete(b"BEGIN"), m.ReadyForQuery("T"))
    (sent,) = book.quiet().client(Q(b"SELECT secret")).server_hears()
    assert isinstance(sent, m.Query)
    assert sent.sql.startswith(b"! -- maskgate s-")
    assert errors_of(book.server(SYNTAX, m.ReadyForQuery("E")).client_hears()) == ["42501"]


def test_another_error_than_the_expected_one_passes() -> None:
    book = restricted(SELECT_secret=REFUSED).client(Q(b"BEGIN")).server(m.CommandComplete(b"BEGIN"), m.ReadyForQuery("T"))
    book.quiet().client(Q(b"SELECT secret"))
    book.server(m.error_response("ERROR", "25P02", "aborted"), m.ReadyForQuery("E"))
    assert errors_of(book.client_hears()) == ["25P02"]


def test_a_refused_parse_skips_to_sync() -> None:
    book = restricted(SELECT_secret=REFUSED).client(P(b"n", b"SELECT secret"), B(b"", b"n"), D("P", b""), E(b""), FLUSH, SYNC)
    parse, flush, sync = book.server_hears()
    assert isinstance(parse, m.Parse)
    assert (parse.statement, parse.sql[:2], flush, sync) == (b"n", b"! ", FLUSH, SYNC)
    assert errors_of(book.server(SYNTAX, READY).client_hears()) == ["42501"]
    assert book.kinds() == ["refuse"]


def test_an_accepted_substitute_is_a_bug() -> None:
    book = restricted(SELECT_secret=REFUSED).client(P(b"", b"SELECT secret"), SYNC)
    assert errors_of(book.server(PARSED).client_hears()) == ["XX000"]
    book.then(CancelServer(KEY.process_id, KEY.secret_key), Close())


@pytest.mark.parametrize(
    ("message", "sqlstate"),
    [
        (B(b"", b"nobody"), "26000"),
        (B(b"", b""), "26000"),
        (D("S", b"nobody"), "26000"),
        (D("P", b"nobody"), "34000"),
        (E(b"nobody"), "34000"),
    ],
)
def test_unknown_names_are_not_the_servers_to_guess(message: m.Message, sqlstate: str) -> None:
    book = restricted().client(message, SYNC)
    parse, _ = book.server_hears()
    assert isinstance(parse, m.Parse)
    assert parse.statement.startswith(b"maskgate_")
    assert errors_of(book.server(SYNTAX, READY).client_hears()) == [sqlstate]
    assert book.client(message).server_hears() != [message]


def test_a_name_of_an_unanswered_segment_waits() -> None:
    book = restricted().client(P(b"a", b"SELECT 1"), SYNC, B(b"", b"a"), E(b""), SYNC).to_server(P(b"a", b"SELECT 1"), SYNC)
    book.server(PARSED, READY).to_server(B(b"", b"a"), E(b""), SYNC)
    book.server(BOUND, ROW, DONE, READY).to_client(PARSED, READY, BOUND, ROW, DONE, READY)


def test_skipped_messages_leave_names_as_they_were() -> None:
    book = restricted().client(P(b"", b"SELECT 1"), SYNC).server(PARSED, READY)
    book.client(P(b"x", b"SELECT 2"), P(b"", b"SELECT 3"), C("S", b""), SYNC)
    book.server(m.error_response("ERROR", "42601", "no"), READY).quiet()
    book.client(B(b"", b""), SYNC).to_server(B(b"", b""), SYNC)


# --- the log


@pytest.mark.parametrize("make", [glass, restricted])
def test_without_a_log_nothing_leaves(make: object) -> None:
    book: Playbook = make()  # type: ignore[operator]
    book.client(Q(b"SELECT 1"), P(b"n", b"SELECT 2"), B(b"", b"n"), E(b""), SYNC, perform=False)
    said = book.server_hears()
    assert not any(b"SELECT" in getattr(one, "sql", b"") for one in said)
    assert not any(isinstance(one, m.Execute) for one in said)
    assert errors_of(book.server(SYNTAX, READY, SYNTAX, READY).client_hears()) == ["58030", "58030"]
    book.client(Q(b"SELECT 3")).to_server(Q(b"SELECT 3"))
    book.server(DONE, READY).to_client(DONE, READY)


def test_an_execute_without_a_log() -> None:
    book = restricted().client(P(b"n", b"SELECT 2"), SYNC).server(PARSED, READY).quiet()
    book.client(B(b"", b"n"), E(b""), SYNC, perform=False)
    bind, parse, sync = book.server_hears()
    assert (bind, type(parse), sync) == (B(b"", b"n"), m.Parse, SYNC)
    assert errors_of(book.server(BOUND, SYNTAX, READY).client_hears()) == ["58030"]


# --- search_path


def test_the_path_is_asked_after_a_set_and_before_the_next_plan() -> None:
    book = restricted().client(Q(b"SET search_path = s"), Q(b"SELECT 1")).to_server(Q(b"SET search_path = s"))
    book.server(m.CommandComplete(b"SET"), READY).answer_path(path='{s,"a,\\"b"}').to_client(m.CommandComplete(b"SET"), READY)
    book.to_server(Q(b"SELECT 1"))
    assert book.planner.calls[-1] == ("SELECT 1", ("s", 'a,"b'))


def test_inside_a_segment_the_path_is_asked_by_flush() -> None:
    book = restricted().client(P(b"", b"SET search_path = s"), B(b"", b""), E(b""), P(b"", b"SELECT 1"), SYNC)
    book.to_server(P(b"", b"SET search_path = s"), B(b"", b""), E(b""), FLUSH)
    book.server(PARSED, BOUND, m.CommandComplete(b"SET"))
    asked = book.server_hears()
    assert FLUSH in asked
    assert SYNC not in asked
    replies = (PARSED, BOUND, m.DataRow((b"{s}", b"UTF8", b"on")), DONE, CLOSED, CLOSED)
    book.server(*replies).to_server(P(b"", b"SELECT 1"), SYNC).to_client(PARSED, BOUND, m.CommandComplete(b"SET"))


def test_an_error_of_the_question_inside_a_segment_is_the_clients() -> None:
    book = restricted().client(P(b"", b"SET search_path = s"), B(b"", b""), E(b""), P(b"", b"SELECT 1"), SYNC)
    book.server(PARSED, BOUND, m.CommandComplete(b"SET")).quiet()
    assert errors_of(book.server(CANCELED).client_hears()) == ["57014"]
    book.to_server(SYNC)
    book.server(READY).to_client(READY)


def test_a_server_that_never_tells_its_path() -> None:
    book = restricted().client(Q(b"SET search_path = s"), Q(b"SELECT 1")).server(m.CommandComplete(b"SET"), READY)
    for _ in range(3):
        book.quiet().server(CANCELED, READY)
    assert errors_of(book.client_hears()) == ["58000"]


def test_after_a_rollback_the_path_is_asked_again() -> None:
    in_block = m.ReadyForQuery("T")
    book = restricted().client(Q(b"SET search_path = s")).server(m.CommandComplete(b"SET"), in_block).quiet()
    book.client(Q(b"ROLLBACK"))
    book.answer_path(in_block)
    book.to_server(Q(b"ROLLBACK")).server(m.CommandComplete(b"ROLLBACK"), READY)
    book.quiet().client(Q(b"SELECT 1")).answer_path().to_server(Q(b"SELECT 1"))


def test_a_reported_path_is_asked_for() -> None:
    book = restricted().server(m.ParameterStatus(b"search_path", b"evil"))
    book.client(Q(b"SELECT 1")).answer_path().to_server(Q(b"SELECT 1"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{}", ()), ("{a}", ("a",)), ('{a,"b c",d}', ("a", "b c", "d")), ('{"x\\"y","\\\\"}', ('x"y', "\\")), ('{""}', ("",))],
)
def test_text_array(text: str, expected: tuple[str, ...]) -> None:
    assert text_array(text) == expected


# --- planner


def test_a_miss_is_looked_up_once() -> None:
    book = restricted(SELECT_1=Miss(("t",))).client(Q(b"SELECT 1")).then(Reload(("t",))).to_server()
    book.answer("new_planner", book.planner).to_server(Q(b"SELECT 1"))


@pytest.mark.parametrize("miss", [True, False])
def test_a_planner_nobody_asked_for_answers_no_look_at_the_catalog(miss: bool) -> None:
    """It may come of a load that began before the name was missed, or before the session's own DDL."""
    if miss:
        book = restricted(SELECT_1=Miss(("t",))).client(Q(b"SELECT 1")).then(Reload(("t",)))
    else:
        book = restricted().client(Q(b"CREATE TABLE t (a int)"), Q(b"SELECT 1")).to_server(Q(b"CREATE TABLE t (a int)"))
        book.server(m.CommandComplete(b"CREATE TABLE"), READY).then(Reload())
    book.answer("replan", FakePlanner(is_glass=False, restricted=True)).to_server().then()
    book.answer("new_planner", book.planner).to_server(Q(b"SELECT 1"))


def test_the_log_says_the_purpose_of_the_rules_in_force() -> None:
    book = restricted().client(Q(b"SELECT 1")).server(DONE, READY)
    book.answer("replan", FakePlanner(is_glass=False, restricted=True, purpose="fraud"))
    book.client(Q(b"SELECT 1")).server(DONE, READY)
    assert [one["purpose"] for one in book.events if one["kind"] == "accept"] == ["", "fraud"]


def test_a_catalog_that_cannot_be_read_refuses_and_is_asked_again() -> None:
    book = restricted(SELECT_1=Miss(("t",))).client(Q(b"SELECT 1")).quiet()
    book.answer("planner_failed", Unavailable("no catalog")).to_server(Q(b""))
    assert errors_of(book.server(m.EmptyQueryResponse(), READY).client_hears()) == ["57P03"]
    book.then(Reload()).client(Q(b"SELECT 2")).to_server()
    book.answer("new_planner", book.planner).to_server(Q(b"SELECT 2"))


def test_a_failed_look_nobody_heard_of_is_made_up_for() -> None:
    """Nothing waited for it, and the catalog was loaded since; but that load may have begun before the session's own DDL."""
    book = restricted().client(Q(b"CREATE TABLE t (a int)")).server(m.CommandComplete(b"CREATE TABLE"), READY).then(Reload())
    book.answer("planner_failed", Unavailable("no catalog")).answer("replan", book.planner).quiet()
    book.client(Q(b"SELECT 1")).then(Reload()).to_server()
    book.answer("new_planner", book.planner).to_server(Q(b"SELECT 1"))


def test_ddl_reloads_before_the_next_statement() -> None:
    book = restricted().client(Q(b"CREATE TABLE t (a int)"), Q(b"SELECT 1")).to_server(Q(b"CREATE TABLE t (a int)"))
    book.server(m.CommandComplete(b"CREATE TABLE"), READY).then(Reload()).to_server()
    book.answer("new_planner", book.planner).to_server(Q(b"SELECT 1"))


def test_a_bug_of_the_planner_ends_the_session() -> None:
    book = restricted(SELECT_1=Bug("broken")).client(Q(b"SELECT 1")).then(Close()).to_server(TERMINATE)
    (error,) = book.client_hears()
    assert isinstance(error, m.ErrorResponse)
    assert (error.severity, error.sqlstate) == ("FATAL", "XX000")


# --- the guard


def guarded() -> Playbook:
    return Playbook(FakePlanner(is_glass=False, restricted=True, row_limit=2))


def test_over_the_limit_no_row_leaves_and_the_client_waits_for_the_cancel() -> None:
    book = guarded().client(Q(b"SELECT 1")).quiet()
    book.server(ROW, ROW, ROW, ROW).to_client(ROW, ROW).then(CancelServer(KEY.process_id, KEY.secret_key))
    book.client(Q(b"SELECT 2")).to_server()
    assert errors_of(book.server(ROW, CANCELED, READY).client_hears()) == ["53400"]
    book.to_server().answer("cancel_done").to_server(Q(b"SELECT 2"))
    book.server(ROW, ROW, DONE, READY).to_client(ROW, ROW, DONE, READY)
    assert [one["outcome"] for one in book.events if one["kind"] == "end"] == ["stopped", "done"]


def test_what_runs_on_after_a_stop_is_not_judged() -> None:
    """A later statement of the same string may have a shape the plan does not know: nobody sees it."""
    planner = FakePlanner(is_glass=False, restricted=True, row_limit=2, known=frozenset({999}))
    book = Playbook(planner).client(Q(b"SELECT 1; SELECT stranger")).quiet()
    book.server(ROW, ROW, ROW, DONE, m.RowDescription((m.Field(b"c", 999, 1, 25, -1, -1, 0),)), ROW, CANCELED, READY)
    assert errors_of(book.client_hears()) == ["53400"]
    assert Close() not in book.other


def test_a_refusal_in_an_aborted_transaction_sounds_like_the_servers() -> None:
    """…and the log still has its reason."""
    book = restricted(SELECT_secret=REFUSED).client(Q(b"BEGIN")).server(m.CommandComplete(b"BEGIN"), m.ReadyForQuery("T"))
    book.client(Q(b"SELECT 1")).server(m.error_response("ERROR", "22012", "division by zero"), m.ReadyForQuery("E")).quiet()
    book.client(Q(b"SELECT secret")).server(SYNTAX, m.ReadyForQuery("E"))
    assert errors_of(book.client_hears()) == ["25P02"]
    assert [one["sqlstate"] for one in book.events if one["kind"] == "refuse"] == ["42501"]


def test_a_cancel_that_came_too_late() -> None:
    book = guarded().client(P(b"", b"SELECT 1"), B(b"", b""), E(b""), P(b"", b"SELECT 2"), B(b"", b""), E(b""), SYNC).quiet()
    book.server(PARSED, BOUND, ROW, ROW, ROW, DONE, PARSED, BOUND, ROW, DONE, READY)
    heard = book.client_hears()
    assert heard[:4] == [PARSED, BOUND, ROW, ROW]
    assert errors_of(heard) == ["53400"]
    assert heard[5:] == [READY]


def test_a_suspended_portal_counts_on() -> None:
    book = guarded().client(P(b"", b"SELECT 1"), B(b"", b""), E(b"", 2), E(b"", 2), SYNC).quiet()
    heard = book.server(PARSED, BOUND, ROW, ROW, m.PortalSuspended(), ROW, CANCELED, READY).client_hears()
    assert heard[:5] == [PARSED, BOUND, ROW, ROW, m.PortalSuspended()]
    assert errors_of(heard) == ["53400"]


def test_too_late_and_no_sync_yet() -> None:
    book = guarded().client(P(b"", b"SELECT 1"), B(b"", b""), E(b""), FLUSH).quiet()
    heard = book.server(PARSED, BOUND, ROW, ROW, ROW, DONE).client_hears()
    assert errors_of(heard) == ["53400"]
    (parse,) = book.server_hears()
    assert isinstance(parse, m.Parse)
    book.answer("cancel_done").server(SYNTAX).to_client()
    book.client(E(b""), SYNC).to_server(SYNC).server(READY).to_client(READY)


def test_too_late_in_a_block_fails_the_block_before_the_client_hears_of_it() -> None:
    book = guarded().client(Q(b"BEGIN")).server(m.CommandComplete(b"BEGIN"), IN_BLOCK).quiet()
    book.client(Q(b"SELECT 1"), Q(b"COMMIT")).to_server(Q(b"SELECT 1"))
    heard = book.server(ROW, ROW, ROW, DONE, IN_BLOCK).client_hears()
    assert (heard[:2], errors_of(heard), len(heard)) == ([ROW, ROW], ["53400"], 3)
    parse, sync = book.server_hears()
    assert isinstance(parse, m.Parse)
    assert sync == SYNC
    book.server(SYNTAX, FAILED).to_client(FAILED).to_server()
    book.answer("cancel_done").to_server(Q(b"COMMIT"))


def test_a_block_waits_at_the_end_of_a_segment_with_rows() -> None:
    book = guarded().client(Q(b"BEGIN"), *RUN, SYNC, *RUN, SYNC).to_server(Q(b"BEGIN"), *RUN, SYNC)
    book.server(m.CommandComplete(b"BEGIN"), IN_BLOCK, PARSED, BOUND, ROW, DONE).to_server(*RUN, SYNC)


def test_too_late_with_the_sync_under_way_in_a_block() -> None:
    book = guarded().client(Q(b"BEGIN")).server(m.CommandComplete(b"BEGIN"), IN_BLOCK).quiet()
    book.client(*RUN, *RUN, SYNC).quiet().server(PARSED, BOUND, ROW, ROW, ROW, DONE, PARSED, BOUND, ROW, DONE, IN_BLOCK)
    assert errors_of(book.client_hears()) == ["53400"]
    assert [type(one) for one in book.server_hears()] == [m.Parse, m.Sync]
    book.server(SYNTAX, FAILED).to_client(FAILED)


def test_no_cancel_can_hit_what_comes_behind_the_segment() -> None:
    """The server may be through with the stopped statement, and with all of its segment, when our cancel reaches it."""
    book = guarded().client(*RUN, *RUN, SYNC, Q(b"SELECT 1"), *RUN, SYNC).to_server(*RUN, *RUN, SYNC).quiet()
    book.server(PARSED, BOUND, ROW, ROW, ROW, DONE, PARSED, BOUND, ROW, DONE, READY)
    book.then(CancelServer(KEY.process_id, KEY.secret_key)).to_server()
    assert errors_of(book.client_hears()) == ["53400"]
    book.answer("cancel_done").to_server(Q(b"SELECT 1")).server(ROW, DONE, READY).to_server(*RUN, SYNC)
    book = guarded().client(Q(b"SELECT 1"), Q(b"SELECT 2")).to_server(Q(b"SELECT 1"))
    book.server(ROW, DONE, READY).to_client(ROW, DONE, READY).to_server(Q(b"SELECT 2"))


def test_what_nothing_stops_goes_on_in_its_pipeline() -> None:
    unlimited = Playbook(FakePlanner(is_glass=False, restricted=True))
    said = [*RUN, *RUN, SYNC, Q(b"SELECT 1"), *RUN, SYNC]
    unlimited.client(*said).to_server(*said)


def test_what_acts_waits_for_the_rows_before_it() -> None:
    insert = (P(b"", b"INSERT INTO t VALUES (1)"), B(b"", b""))
    book = guarded().client(*RUN, *insert, E(b""), SYNC).to_server(*RUN, *insert, FLUSH)
    book.server(PARSED, BOUND, ROW, DONE).to_server(E(b""), FLUSH).to_client(PARSED, BOUND, ROW, DONE)
    book.server(PARSED, BOUND, DONE).to_server(SYNC)  # it gives rows too, for all this planner knows
    book = guarded().client(*RUN, Q(b"SELECT 1")).to_server(*RUN, FLUSH)
    book.server(PARSED, BOUND, ROW, DONE).to_server(Q(b"SELECT 1"))


def test_a_write_that_gives_rows_commits_when_they_are_in() -> None:
    text, commit = Q(b"INSERT INTO t VALUES (1) RETURNING a"), m.CommandComplete(b"COMMIT")
    begun = (m.CommandComplete(b"BEGIN"), IN_BLOCK)
    book = guarded().client(text, Q(b"SELECT 1")).to_server(Q(b"BEGIN"), text)
    book.server(*begun, ROW, DONE, IN_BLOCK).to_client(ROW).to_server(Q(b"COMMIT"))
    book.server(commit, READY).to_client(DONE, READY).to_server(Q(b"SELECT 1"))
    book = guarded().client(text).quiet().server(*begun, ROW, ROW, ROW, DONE, IN_BLOCK).to_server(Q(b"ROLLBACK"))
    heard = book.server(m.CommandComplete(b"ROLLBACK"), READY).client_hears()
    assert (heard[:2], errors_of(heard), heard[-1]) == ([ROW, ROW], ["53400"], READY)
    late = m.error_response("ERROR", "23505", "duplicate key")
    book = guarded().client(text).server(*begun, ROW, DONE, IN_BLOCK, late, READY)
    assert [type(one) for one in book.client_hears()] == [m.DataRow, m.ErrorResponse, m.ReadyForQuery]
    assert [(one["outcome"], one["sqlstate"]) for one in book.events if one["kind"] == "end"] == [("error", "23505")]
    gone = m.error_response("ERROR", "57014", "canceled")  # BEGIN itself failed: there is no block to close
    guarded().client(text).quiet().server(gone, READY, ROW, DONE, READY).to_client(ROW, DONE, READY).to_server()


def test_rows_and_the_end_of_a_block_do_not_go_together() -> None:
    for text in (b"SELECT 1; INSERT INTO t VALUES (1); COMMIT", b"INSERT INTO t VALUES (1); SELECT 1; COMMIT"):
        book = guarded().client(Q(text)).to_server(Q(b""))
        assert errors_of(book.server(m.EmptyQueryResponse(), READY).client_hears()) == ["0A000"]
    for text in (b"BEGIN; SELECT 1; COMMIT", b"BEGIN; INSERT INTO t VALUES (1)"):
        guarded().client(Q(text)).to_server(Q(text))


# --- rows


def sealed_plan(text: str, *, params: bool = False, masked: tuple[int, int] | None = None) -> Plan:
    return Plan(
        text.encode(),
        (Part("Select", results=(SealedResult(0, SEAL),)),),
        params=(SealedParam(1, SEAL),) if params else (),
        check_types=params,
        masked_origins=frozenset({masked}) if masked else frozenset(),
        sealed_origins=frozenset({(16400, 2)}),
        restricted=True,
    )


def shape(*columns: tuple[int, int, int]) -> m.RowDescription:
    """(table OID, attnum, type OID)"""
    return m.RowDescription(tuple(m.Field(b"c", table, attnum, oid, -1, -1, 0) for table, attnum, oid in columns))


def sealed_book(plan: Plan) -> Playbook:
    planner = FakePlanner(is_glass=False, restricted=True, plans={"SELECT c": plan})
    return Playbook(planner, sealing=MarkingKeys())


def test_rows_are_opened() -> None:
    sealed = b"\\x" + MarkingKeys().seal(b"4111", domain="cards", search="equality").hex().encode()
    book = sealed_book(sealed_plan("SELECT c")).client(Q(b"SELECT c"))
    book.server(shape((16400, 2, 17)), m.DataRow((sealed,)), m.DataRow((None,)), DONE, READY)
    book.to_client(shape((16400, 2, 25)), m.DataRow((b"4111",)), m.DataRow((None,)), DONE, READY)
    assert book.events[-1]["sensitive_cells"] == 2


def test_a_tampered_value_is_neither_shown_nor_skipped() -> None:
    book = sealed_book(sealed_plan("SELECT c")).client(Q(b"SELECT c")).server(shape((16400, 2, 17))).quiet()
    book.server(m.DataRow((b"\\x00",)), m.DataRow((b"\\x01",))).to_client()
    assert errors_of(book.server(CANCELED, READY).client_hears()) == ["XX001"]


@pytest.mark.parametrize(
    "columns",
    [((16400, 2, 25),), ((16400, 2, 17), (16400, 2, 17)), ((16400, 2, 17), (7, 3, 25)), ()],
    ids=["not bytea", "unplanned ciphertext", "masked origin", "too few"],
)
def test_the_second_lock(columns: tuple[tuple[int, int, int], ...]) -> None:
    book = sealed_book(sealed_plan("SELECT c", masked=(7, 3))).client(Q(b"SELECT c"))
    heard = book.server(shape(*columns), m.DataRow((b"raw",) * len(columns))).client_hears()
    assert errors_of(heard) == ["XX000"]
    assert len(heard) == 1
    book.then(CancelServer(KEY.process_id, KEY.secret_key), Close())


def test_an_execute_nobody_described_is_looked_at_first() -> None:
    book = sealed_book(sealed_plan("SELECT c")).client(P(b"", b"SELECT c"), B(b"", b""), E(b""), SYNC)
    book.to_server(P(b"", b"SELECT c"), B(b"", b""), D("P", b""), E(b""), SYNC)
    book.server(PARSED, BOUND, shape((16400, 2, 17)), DONE, READY).to_client(PARSED, BOUND, DONE, READY)


def test_the_type_lock_holds_the_client() -> None:
    book = sealed_book(sealed_plan("SELECT c", params=True))
    book.client(P(b"", b"SELECT c", (25,)), B(b"", b"", (), (b"4111",)), SYNC)
    book.to_server(P(b"", b"SELECT c", (17,)), D("S", b""), FLUSH)
    book.server(PARSED).to_client().server(m.ParameterDescription((17,)), shape((16400, 2, 17))).to_client(PARSED)
    bind, _ = book.server_hears()
    assert isinstance(bind, m.Bind)
    assert (bind.params, bind.param_formats) == ((b"\x01sealed:cards:1114",), (1,))


@pytest.mark.parametrize("oids", [(25,), (17, 17), ()])
def test_the_type_lock_refuses(oids: tuple[int, ...]) -> None:
    book = sealed_book(sealed_plan("SELECT c", params=True)).client(P(b"n", b"SELECT c"), B(b"", b"n"), E(b""), SYNC).quiet()
    book.server(PARSED, m.ParameterDescription(oids), shape((16400, 2, 17)))
    close, parse, _flush, sync = book.server_hears()
    assert (close, sync) == (C("S", b"n"), SYNC)
    assert isinstance(parse, m.Parse)
    assert parse.statement == b"n"
    assert errors_of(book.server(CLOSED, SYNTAX, READY).client_hears()) == ["0A000"]


def test_a_parse_error_lets_the_type_lock_go() -> None:
    book = sealed_book(sealed_plan("SELECT c", params=True)).client(P(b"", b"SELECT c"), B(b"", b""), SYNC).quiet()
    assert errors_of(book.server(m.error_response("ERROR", "42703", "no column")).client_hears()) == ["42703"]
    book.to_server(SYNC).server(READY).to_client(READY)


# --- COPY


def test_sync_inside_copy_in_gets_no_answer() -> None:
    copy_in, done = m.CopyInResponse(0, ()), m.CopyDone()
    book = glass().client(P(b"", b"COPY t FROM STDIN"), B(b"", b""), E(b""), SYNC)
    book.server(PARSED, BOUND, copy_in).quiet().client(SYNC, FLUSH, m.CopyData(b"1\n"), done, SYNC)
    book.to_server(m.CopyData(b"1\n"), done, SYNC)
    book.server(m.CommandComplete(b"COPY 1"), READY).to_client(m.CommandComplete(b"COPY 1"), READY)
    book.client(Q(b"SELECT 1")).server(ROW, DONE, READY).to_client(ROW, DONE, READY)


def test_a_query_inside_copy_in_breaks_the_protocol() -> None:
    book = glass().client(Q(b"COPY t FROM STDIN")).server(m.CopyInResponse(0, ())).quiet()
    assert errors_of(book.client(Q(b"SELECT 1")).client_hears()) == ["08P01"]


def test_large_rows_pass_in_pieces() -> None:
    big = m.DataRow((b"x" * 3_000_000,)).to_bytes()
    book = glass().client(Q(b"SELECT 1"))
    heard = 0
    for start in range(0, len(big), 65_536):
        book.server(big[start : start + 65_536])
        heard += len(book._to_client)
        book.quiet()
    assert heard == len(big)
    book.server(DONE, READY).to_client(DONE, READY)
    assert book.events[-1]["rows"] == 1


@pytest.mark.parametrize("is_described", [True, False])
def test_an_end_of_copy_that_ends_none_does_not_lift_the_row_limit(is_described: bool) -> None:
    """PostgreSQL ignores CopyDone outside COPY; so must the count of rows, wherever it stands."""
    book = Playbook(FakePlanner(is_glass=False, restricted=True, row_limit=2))
    describe = (D("P", b""),) if is_described else ()
    book.client(P(b"", b"SELECT 1"), B(b"", b""), *describe, m.CopyDone(), m.CopyFail(b"x"), E(b""), SYNC)
    book.server(PARSED, BOUND, *([shape((0, 0, 25))] if is_described else []), ROW, ROW, ROW, ROW)
    assert [one for one in book.client_hears() if isinstance(one, m.DataRow)] == [ROW, ROW]
    assert errors_of(book.server(CANCELED, READY).client_hears()) == ["53400"]


def test_an_end_of_copy_that_ends_none_hides_no_ciphertext() -> None:
    sealed = MarkingKeys().seal(b"4111" * 400_000, domain="cards", search="equality")
    large = m.DataRow((b"\\x" + sealed.hex().encode(),)).to_bytes()
    book = sealed_book(sealed_plan("SELECT c"))
    book.client(P(b"", b"SELECT c"), B(b"", b""), D("P", b""), m.CopyDone(), E(b""), SYNC)
    book.server(PARSED, BOUND, shape((16400, 2, 17)))
    book.quiet()
    for start in range(0, len(large), 65_536):  # so large that it would pass in pieces if it passed unopened
        book.server(large[start : start + 65_536])
    book.to_client(m.DataRow((b"4111" * 400_000,)))


def test_an_end_of_copy_overtakes_no_statement_that_must_fail() -> None:
    book = Playbook(FakePlanner(is_glass=False, restricted=True, row_limit=2))
    book.client(Q(b"BEGIN")).server(m.CommandComplete(b"BEGIN"), IN_BLOCK).quiet()
    book.client(Q(b"SELECT 1"), m.CopyDone()).server(ROW, ROW, ROW, DONE, IN_BLOCK).quiet()
    assert not book.session.is_over


def test_large_copy_data_leaves_as_frames_of_its_own() -> None:
    """Whatever is sent or dropped in the middle of it, its bytes are data for the server and nothing else."""
    data = bytes(range(251)) * 8_000
    raw = m.CopyData(data).to_bytes()
    book = glass().client(Q(b"COPY t FROM STDIN")).server(m.CopyInResponse(0, ())).quiet()
    heard = b""
    for start in range(0, len(raw), 65_536):
        said = book.client(raw[start : start + 65_536]).server_hears()
        assert all(isinstance(one, m.CopyData) for one in said)
        heard += b"".join(one.data for one in said if isinstance(one, m.CopyData))
    assert heard == data


def test_the_rest_of_large_copy_data_after_an_error_does_not_shift_what_follows() -> None:
    """The server fails the COPY while half of a large CopyData is here: what is dropped of it must not be missed there."""
    raw = m.CopyData(b"x" * 2_000_000).to_bytes()
    book = glass().client(P(b"", b"COPY t FROM STDIN"), B(b"", b""), E(b""))
    book.server(PARSED, BOUND, m.CopyInResponse(0, ())).quiet()
    book.client(raw[:70_000])
    book.server(m.error_response("ERROR", "22P02", "no"))
    book.client(raw[70_000:], SYNC, Q(b"SELECT 1"))
    said = book.server_hears()
    assert said[-2:] == [SYNC, Q(b"SELECT 1")]
    assert all(isinstance(one, m.CopyData) for one in said[:-2])


def test_a_goodbye_instead_of_copy_data_is_not_waited_out() -> None:
    copy = (Part("Copy", gives_rows=False, writes=True), Part("Select", row_limit=2))
    book = restricted(COPY=Plan(b"COPY", copy, log_text="COPY", restricted=True)).client(Q(b"COPY"), TERMINATE)
    book.server(m.CommandComplete(b"BEGIN"), IN_BLOCK).to_server(Q(b"BEGIN"), Q(b"COPY")).then()
    book.server(m.CopyInResponse(0, ())).to_server(TERMINATE)
    assert book.session.is_over


def test_a_commit_of_ours_does_not_stand_inside_large_copy_data() -> None:
    write = Plan(b"INSERT", (Part("Insert", row_limit=2, writes=True),), log_text="INSERT", restricted=True)
    raw = m.CopyData(b"x" * 2_000_000).to_bytes()
    book = restricted(INSERT=write).client(Q(b"INSERT"), raw[:70_000])
    book.server(m.CommandComplete(b"BEGIN"), IN_BLOCK, ROW, m.CommandComplete(b"INSERT 0 1"), IN_BLOCK)
    said = book.server_hears()
    assert (said[0], said[-1]) == (Q(b"BEGIN"), Q(b"COMMIT"))
    assert isinstance(said[-2], m.CopyData)


# --- peers


def test_a_lost_client_cancels_what_runs() -> None:
    book = glass().client(Q(b"SELECT 1")).quiet().answer("client_lost").to_server(TERMINATE)
    book.then(CancelServer(KEY.process_id, KEY.secret_key), Close())
    assert [one["outcome"] for one in book.events if one["kind"] == "end"] == ["lost"]


def test_an_end_from_outside_cancels_what_runs() -> None:
    cancel = CancelServer(KEY.process_id, KEY.secret_key)
    for is_junk in (False, True):
        book = glass().client(Q(b"SELECT 1")).quiet()
        if is_junk:
            book.client(m.frame(ord("z"), b""))
        else:
            book.answer("fail", Unavailable("terminating", sqlstate="57P01"))
        assert errors_of(book.to_server(TERMINATE).then(cancel, Close()).client_hears()) == ["08P01" if is_junk else "57P01"]
        assert [one["outcome"] for one in book.events if one["kind"] == "end"] == ["lost"]
    glass().answer("fail", Unavailable("terminating", sqlstate="57P01")).then(Close())  # nothing runs


def test_a_lost_server_is_told_once() -> None:
    assert errors_of(glass().answer("server_lost").client_hears()) == ["08006"]
    book = glass().server(m.error_response("FATAL", "57P01", "terminating")).answer("server_lost")
    assert errors_of(book.client_hears()) == ["57P01"]


@pytest.mark.parametrize("reply", [ROW, DONE, PARSED, BOUND, CLOSED, READY, m.NoData(), m.CopyDone(), KEY, shape()])
def test_a_reply_nobody_asked_for_ends_the_session(reply: m.Message) -> None:
    book = glass().server(reply)
    assert errors_of(book.client_hears()) == ["08006"]


@pytest.mark.parametrize("kind", [m.Frontend.FLUSH, m.Frontend.SYNC])
@pytest.mark.parametrize("before", [(), (P(b"", b"SELECT 1"), B(b"", b""), m.Describe("P", b""), E(b""))])
def test_a_flush_or_sync_that_holds_something_ends_the_session(kind: int, before: tuple[m.Message, ...]) -> None:
    """The server would answer a Flush then, and skip what comes next: nobody could tell its replies apart."""
    book = glass().client(*before, m.frame(kind, b"E\0\0\0\x09\0\0\0\0\0"))
    (error,) = (one for one in book.client_hears() if isinstance(one, m.ErrorResponse))
    assert (error.severity, error.sqlstate) == ("FATAL", "08P01")
    assert not any(isinstance(one, m.Flush | m.Sync) for one in book.server_hears())


def test_a_simple_query_is_never_suspended() -> None:
    book = glass().client(Q(b"SELECT 1; SELECT 2")).server(m.PortalSuspended())
    assert errors_of(book.client_hears()) == ["08006"]


def test_a_held_client_is_read_only_so_far() -> None:
    book = restricted(SELECT_1=Miss(("t",))).client(Q(b"SELECT 1"))
    assert book.session.wants_client_bytes
    book.client(*[Q(b"x" * 1_000)] * (STALLED_BYTES // 1_000 + 1))
    assert not book.session.wants_client_bytes
    book.answer("new_planner", book.planner)
    assert book.session.wants_client_bytes


def test_a_client_that_is_not_in_yet_is_read_only_so_far() -> None:
    book = Playbook(FakePlanner(), logs_in=False)
    book.client(m.StartupMessage((3, 0), {"user": "ana"}).to_bytes())  # its verifier is being looked up
    assert book.session.wants_client_bytes
    book.client(b"x" * STALLED_BYTES)
    assert book.session.wants_client_bytes  # the largest answer to a challenge fits
    book.client(b"x")
    assert not book.session.wants_client_bytes


def at_the_servers_door() -> Playbook:
    """Proved to us; the server has the start-up packet."""
    book, scram = Playbook(FakePlanner(), logs_in=False), ScramClient("", b"client", password=PASSWORD)
    book.client(m.StartupMessage((3, 0), {"user": "ana"}).to_bytes())
    book.take(book.session.identified(Identified(verifier=VERIFIER, role="dba")))
    book.quiet().client(m.SASLInitialResponse(SCRAM_SHA_256, scram.first()))
    (challenge,) = book.client_hears()
    assert isinstance(challenge, m.AuthenticationSASLContinue)
    book.client(m.SASLResponse(scram.final(challenge.data))).answer("new_planner", book.planner)
    return book.take(book.session.server_connected()).quiet()


@pytest.mark.parametrize("more", [m.NoticeResponse((("M", b"x"),)), m.ParseComplete(), m.AuthenticationOk(), CANCELED])
def test_what_a_server_adds_to_its_refusal_is_for_nobody(more: m.Message) -> None:
    refusal = m.error_response("FATAL", "3D000", "no such database")
    book = at_the_servers_door().server(refusal, more).then(Close())
    assert book.session.is_over
    assert errors_of(book.client_hears()) in (["3D000"], [])


def test_a_first_status_nobody_knows_ends_the_session() -> None:
    book = at_the_servers_door().server(m.AuthenticationOk(), m.frame(m.Backend.READY_FOR_QUERY, b"X"))
    assert errors_of(book.client_hears()) == ["08006"]
    assert book.session.is_over


def test_a_position_no_text_has_is_left_out() -> None:
    plan = Plan(b"SELECT 2", (Part("Select"),), offsets=((0, 8, 0),), log_text="?", restricted=True)
    report = m.ErrorResponse((("C", b"42703"), ("P", b"9" * 5_000)))
    error, _ = restricted(SELECT_1=plan).client(Q(b"SELECT 1")).server(report, READY).client_hears()
    assert isinstance(error, m.ErrorResponse)
    assert error.get("P") is None


def test_the_path_is_read_in_the_client_encoding() -> None:
    book = restricted().server(m.ParameterStatus(b"client_encoding", b"LATIN1")).quiet()
    book.client(Q(b"SET search_path = x")).server(m.CommandComplete(b"SET"), READY).quiet()
    book.client(Q(b"SELECT 1"))
    values = m.DataRow(("{pg_catalog,é}".encode("latin-1"), b"LATIN1", b"on"))
    book.server(PARSED, BOUND, values, DONE, CLOSED, CLOSED, READY)
    assert book.planner.calls[-1] == ("SELECT 1", ("pg_catalog", "é"))


def test_a_text_behind_a_set_in_its_segment_is_read_in_the_encoding_of_then() -> None:
    book = restricted().client(P(b"", b"SET client_encoding = LATIN1"), B(b"", b""), E(b""), P(b"", "SELECT 'é'".encode("latin-1")), SYNC)
    book.server(PARSED, BOUND, m.CommandComplete(b"SET")).answer_path(None, encoding="LATIN1")  # told at the ReadyForQuery only
    assert book.planner.calls[-1][0] == "SELECT 'é'"


def test_what_a_transaction_without_begin_set_is_known_no_longer_than_it() -> None:
    book = restricted().client(P(b"", b"SET search_path = x"), B(b"", b""), E(b""), P(b"", b"SELECT 1"), SYNC, Q(b"SELECT 2"))
    book.server(PARSED, BOUND, m.CommandComplete(b"SET")).answer_path(None, path="{x}")
    assert book.planner.calls[-1] == ("SELECT 1", ("x",))  # the Sync is on its way, and what comes behind it waits
    book.quiet().server(PARSED, READY).answer_path(path="{y}")
    assert book.planner.calls[-1] == ("SELECT 2", ("y",))


def test_the_same_when_its_last_statement_is_alone_on_its_way() -> None:
    book = restricted().client(P(b"", b"SET search_path = x"), B(b"", b""), E(b""), P(b"", b"SELECT 1"))
    book.server(PARSED, BOUND, m.CommandComplete(b"SET")).answer_path(None, path="{x}").quiet()
    book.client(B(b"", b""), E(b""), SYNC).client(Q(b"SELECT 2"))
    assert book.planner.calls[-1] == ("SELECT 1", ("x",))
    book.quiet().server(PARSED, BOUND, m.CommandComplete(b"SELECT 0"), READY).answer_path(path="{y}")
    assert book.planner.calls[-1] == ("SELECT 2", ("y",))


def test_a_rollback_leaves_a_failed_transaction_without_questions() -> None:
    failed = (m.ErrorResponse((("S", b"ERROR"), ("V", b"ERROR"), ("C", b"22012"), ("M", b"by zero"))), m.ReadyForQuery("E"))
    book = restricted().client(Q(b"BEGIN")).server(m.CommandComplete(b"BEGIN"), m.ReadyForQuery("T"))
    book.client(Q(b"SET search_path = x")).server(*failed).quiet()
    book.client(P(b"", b"ROLLBACK"), B(b"", b""), E(b""), SYNC)
    assert [type(one) for one in book.server_hears()] == [m.Parse, m.Bind, m.Execute, m.Sync]


def test_a_path_that_is_no_text_ends_the_session() -> None:
    book = restricted().client(Q(b"SET search_path = x")).server(m.CommandComplete(b"SET"), READY).quiet()
    book.client(Q(b"SELECT 1")).server(PARSED, BOUND, m.DataRow((b"{\xff}", b"UTF8", b"on")))
    assert errors_of(book.client_hears()) == ["08006"]


def test_restricted_callers_read_no_details() -> None:
    rest = (("M", b"dup"), ("D", b"Key (a)=(raw)"), ("W", b"raw"), ("P", b"3"))
    report = m.ErrorResponse((("S", b"ERROR"), ("C", b"23505"), *rest))
    book = restricted().client(Q(b"SELECT 1")).server(report, READY)
    error, _ = book.client_hears()
    assert isinstance(error, m.ErrorResponse)
    assert [code for code, _ in error.fields] == ["S", "C", "M", "P"]
    assert glass().client(Q(b"SELECT 1")).server(report, READY).client_hears()[0] == report
    book.server(m.NotificationResponse(1, b"c", b"raw")).to_client()


def test_frames_helper_sees_whole_frames_only() -> None:
    assert frames(READY.to_bytes(), "server") == [(0x5A, b"I")]


class NamesNobodyHas(FakePlanner):
    """Every name is missed, and unknown after it was looked up."""

    def plan(self, text: str, *, after_miss: bool = False, **_: object) -> Plan | Miss:  # type: ignore[override]
        if after_miss:
            raise StatementError("it does not exist", sqlstate="42P01")
        return Miss((text,))


def test_each_statements_names_are_looked_up() -> None:
    book = Playbook(NamesNobodyHas(is_glass=False, restricted=True))
    for text in (b"SELECT a", b"SELECT b", b"SELECT c"):
        book.client(Q(text)).then(Reload((text.decode(),)))
        book.answer("new_planner", book.planner).to_server(Q(b""))
        assert errors_of(book.server(m.EmptyQueryResponse(), READY).client_hears()) == ["42P01"]
