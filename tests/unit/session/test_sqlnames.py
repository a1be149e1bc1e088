"""Prepared statements and cursors that SQL makes: one set of names with the protocol's, in pipelines, failures and rollbacks.

The planner is the real one over the small shop (tests/world.py); the server's answers are what PostgreSQL would say, which
tests/integration/test_cursors.py asks of it.
"""

from __future__ import annotations

import pytest

from proxy.session import Close
from proxy.wire import messages as m
from tests import world
from tests.fakes import MarkingKeys
from tests.playbook import READY, Playbook

Q, P, B, D, E, C = m.Query, m.Parse, m.Bind, m.Describe, m.Execute, m.Close
SYNC, FLUSH = m.Sync(), m.Flush()
IN_BLOCK, ABORTED = m.ReadyForQuery("T"), m.ReadyForQuery("E")
PARSED, BOUND, CLOSED, SUSPENDED = m.ParseComplete(), m.BindComplete(), m.CloseComplete(), m.PortalSuspended()
ROW = m.DataRow((b"1",))
SYNTAX = m.error_response("ERROR", "42601", 'syntax error at or near "!"')
FAILED = m.error_response("ERROR", "22012", "division by zero")
CARD_NO, NAME = (1003, 3, 17), (1001, 2, 25)
SEALED = b"\\x" + MarkingKeys().seal(b"4111", domain="cards", search="equality").hex().encode()


def done(tag: str) -> m.CommandComplete:
    return m.CommandComplete(tag.encode())


def shape(*columns: tuple[int, int, int], format: int = 0) -> m.RowDescription:
    """(table, attnum, type) each."""
    return m.RowDescription(tuple(m.Field(b"c", table, attnum, oid, -1, -1, format) for table, attnum, oid in columns))


PLAIN = shape((0, 0, 23))
CIPHER = shape(CARD_NO)  # as the server describes it
CLEAR = shape((1003, 3, 25))  # as the client reads it


def talk(role: str = "analyst") -> Playbook:
    return Playbook(world.planner(role), sealing=MarkingKeys(), path="{pg_catalog,shop,public}")


def run(book: Playbook, text: str, *tags: str, ready: m.ReadyForQuery = READY) -> Playbook:
    """A simple query without rows, answered; nothing of it is kept."""
    return book.client(Q(text.encode())).server(*map(done, tags or (text.split()[0],)), ready).quiet()


def in_block(role: str = "analyst") -> Playbook:
    return run(talk(role), "BEGIN", ready=IN_BLOCK)


def refused(book: Playbook, *said: m.Message) -> str:
    """The SQLSTATE the client hears; `said` does not reach the server."""
    book.quiet().client(*said)
    sent = book.server_hears()
    assert not any(one in sent for one in said if one != SYNC)
    is_empty = sent == [Q(b"")]
    if is_empty:
        book.server(m.EmptyQueryResponse(), READY)
    else:
        book.server(SYNTAX, ABORTED)
    [error] = [one for one in book.client_hears() if isinstance(one, m.ErrorResponse)]
    return error.sqlstate


def waits(book: Playbook, *said: m.Message) -> Playbook:
    """The client has to wait for replies of before."""
    book.quiet().client(*said)
    assert not any(isinstance(one, type(said[-1])) for one in book.server_hears())
    return book


# --- PREPARE and EXECUTE


def test_execute_shows_what_was_prepared() -> None:
    book = run(talk(), "PREPARE p AS SELECT card_no FROM payment_cards WHERE id = $1", "PREPARE")
    book.client(Q(b"EXECUTE p (1)")).to_server(Q(b"EXECUTE p (1)"))
    book.server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)
    assert [one.get("verdict") for one in book.events if one["kind"] == "accept"] == ["masked", "masked"]


def test_the_second_lock_holds_for_execute_and_fetch() -> None:
    """An origin that was planned as a mask and comes raw ends the session before a row."""
    for made, used in (
        ("PREPARE p AS SELECT name FROM customers", b"EXECUTE p"),
        ("DECLARE p CURSOR WITH HOLD FOR SELECT name FROM customers", b"FETCH p"),
    ):
        book = run(talk(), made).client(Q(used)).server(shape(NAME))
        assert [one.sqlstate for one in book.client_hears() if isinstance(one, m.ErrorResponse)] == ["XX000"]
        assert Close() in book.other


def test_no_table_keeps_what_was_prepared_to_be_opened() -> None:
    book = run(talk("app"), "PREPARE p AS SELECT card_no FROM shop.payment_cards", "PREPARE")
    book.client(Q(b"CREATE TABLE kept AS EXECUTE p")).to_server().answer("new_planner", book.planner)  # a name nobody knows yet
    assert [one.sqlstate for one in book.server(m.EmptyQueryResponse(), READY).client_hears() if isinstance(one, m.ErrorResponse)] == ["0A000"]


def test_execute_runs_queries_only() -> None:
    """The protocol prepares anything; what a utility statement does to names must be seen as it is sent."""
    book = talk().client(P(b"d", b"DEALLOCATE p"), SYNC).server(PARSED, READY).quiet()
    assert refused(book, Q(b"EXECUTE d")) == "0A000"


@pytest.mark.parametrize(
    ("text", "sqlstate"),
    [(b"EXECUTE p", "26000"), (b"FETCH c", "34000"), (b"MOVE c", "34000"), (b"EXPLAIN EXECUTE p", "26000")],
)
def test_what_nobody_made(text: bytes, sqlstate: str) -> None:
    assert refused(talk(), Q(text)) == sqlstate
    assert refused(in_block(), Q(text)) == sqlstate
    talk("app").client(Q(text)).to_server(Q(text))  # nothing to hide: the server's to say
    talk("dba").client(Q(text)).to_server(Q(text))


def test_a_failed_prepare_made_nothing() -> None:
    book = talk().client(Q(b"PREPARE p AS SELECT 1")).server(m.error_response("ERROR", "42P05", "exists already"), READY)
    assert refused(book, Q(b"EXECUTE p")) == "26000"
    book = run(talk(), "PREPARE p AS SELECT card_no FROM payment_cards", "PREPARE")
    book.client(Q(b"PREPARE p AS SELECT 1")).server(m.error_response("ERROR", "42P05", "exists already"), READY).quiet()
    book.client(Q(b"EXECUTE p")).server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)  # the first one still stands


def test_deallocate_takes_it_away() -> None:
    for text in ("DEALLOCATE p", "DEALLOCATE ALL", "DISCARD ALL"):
        book = run(talk(), "PREPARE p AS SELECT 1")
        run(book, text, text.split()[0])
        if text == "DISCARD ALL":
            book.client(Q(b"SELECT 1"))
            book.answer_path()
            book.server(PLAIN, ROW, done("SELECT 1"), READY).quiet()
        assert refused(book, Q(b"EXECUTE p")) == "26000", text
        assert refused(book, B(b"", b"p"), SYNC) == "26000", text


def test_a_failed_deallocate_took_nothing() -> None:
    book = run(talk(), "PREPARE p AS SELECT 1")
    book.client(Q(b"DEALLOCATE p; SELECT 1/0")).server(done("DEALLOCATE"), PLAIN, FAILED, READY).quiet()
    assert refused(book, Q(b"EXECUTE p")) == "26000"  # not undone: prepared statements know no transaction
    book = run(talk(), "PREPARE p AS SELECT 1")
    book.client(Q(b"SELECT 1/0; DEALLOCATE p")).server(PLAIN, FAILED, READY).quiet()
    book.client(Q(b"EXECUTE p")).to_server(Q(b"EXECUTE p"))


def test_prepared_statements_outlive_a_rollback() -> None:
    book = run(in_block(), "PREPARE p AS SELECT 1", ready=IN_BLOCK)
    run(book, "ROLLBACK")
    book.client(Q(b"EXECUTE p")).to_server(Q(b"EXECUTE p"))


def test_one_text_makes_uses_and_drops_a_name() -> None:
    text = b"PREPARE p AS SELECT 1; EXECUTE p; DEALLOCATE p; PREPARE p AS SELECT card_no FROM payment_cards WHERE id = 1; EXECUTE p"
    book = talk().client(Q(text))
    book.server(done("PREPARE"), PLAIN, ROW, done("SELECT 1"), done("DEALLOCATE"), done("PREPARE"))
    book.to_client(done("PREPARE"), PLAIN, ROW, done("SELECT 1"), done("DEALLOCATE"), done("PREPARE"))
    book.server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)
    book.client(Q(b"EXECUTE p")).server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)
    assert refused(book, Q(b"DEALLOCATE ALL; EXECUTE p")) == "26000"


def test_one_text_that_fails_half_way_did_what_came_before() -> None:
    book = talk().client(Q(b"PREPARE a AS SELECT 1; SELECT 1/0; PREPARE b AS SELECT 2"))
    book.server(done("PREPARE"), PLAIN, FAILED, READY).quiet()
    book.client(Q(b"EXECUTE a")).to_server(Q(b"EXECUTE a")).server(PLAIN, ROW, done("SELECT 1"), READY)
    assert refused(book, Q(b"EXECUTE b")) == "26000"


def test_a_name_on_its_way_is_waited_for() -> None:
    book = talk().client(Q(b"PREPARE p AS SELECT 1"))
    waits(book, Q(b"EXECUTE p"))
    book.server(done("PREPARE"), READY).to_server(Q(b"EXECUTE p"))


def test_after_deallocate_all_on_its_way_everything_waits() -> None:
    book = run(talk(), "PREPARE p AS SELECT 1").client(Q(b"DEALLOCATE ALL"))
    waits(book, Q(b"EXECUTE p"))
    book.server(done("DEALLOCATE ALL"), READY)
    assert [type(one) for one in book.server_hears()] == [Q]  # the refusal's own
    book.server(m.EmptyQueryResponse(), READY)
    assert [one.sqlstate for one in book.client_hears() if isinstance(one, m.ErrorResponse)] == ["26000"]


# --- SQL's names by the protocol, and the other way round


def test_the_protocol_runs_what_sql_prepared() -> None:
    book = run(talk(), "PREPARE p AS SELECT card_no FROM payment_cards", "PREPARE")
    book.client(D("S", b"p"), SYNC).server(m.ParameterDescription(()), CIPHER, READY)
    book.to_client(m.ParameterDescription(()), CLEAR, READY).quiet()
    book.client(B(b"", b"p"), E(b""), SYNC).to_server(B(b"", b"p"), E(b""), SYNC)
    book.server(BOUND, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(BOUND, m.DataRow((b"***",)), done("SELECT 1"), READY)
    book.client(C("S", b"p"), SYNC).server(CLOSED, READY)
    assert refused(book, Q(b"EXECUTE p")) == "26000"


def test_the_protocol_runs_what_sql_prepared_without_asking_for_its_shape() -> None:
    """The second lock needs one: the session asks, and the client hears nothing of it."""
    book = run(talk(), "PREPARE p AS SELECT card_no FROM payment_cards", "PREPARE")
    book.client(B(b"", b"p"), E(b""), SYNC).to_server(B(b"", b"p"), D("P", b""), E(b""), SYNC)
    book.server(BOUND, CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(BOUND, m.DataRow((b"***",)), done("SELECT 1"), READY)


def test_sql_runs_what_the_protocol_prepared() -> None:
    book = talk().client(P(b"p", b"SELECT card_no FROM payment_cards WHERE id = $1"), SYNC).server(PARSED, READY).quiet()
    book.client(Q(b"EXECUTE p (1)")).server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)
    run(book, "DEALLOCATE p")
    assert refused(book, B(b"", b"p"), SYNC) == "26000"


def test_sql_does_not_run_what_seals_parameters() -> None:
    book = talk("app").client(P(b"p", b"SELECT id FROM payment_cards WHERE card_no = $1"), SYNC)
    assert [type(one) for one in book.server_hears()] == [P, D, m.Flush]  # the type lock
    book.server(PARSED, m.ParameterDescription((17,)), PLAIN).to_server(SYNC).server(READY)
    assert refused(book, Q(b"EXECUTE p ('4111')")) == "0A000"


def test_execute_through_the_extended_protocol() -> None:
    book = run(talk(), "PREPARE p AS SELECT card_no FROM payment_cards", "PREPARE")
    book.client(P(b"", b"EXECUTE p"), B(b"", b"", (), (), (1,)), D("P", b""), E(b""), SYNC)
    book.server(PARSED, BOUND, shape(CARD_NO, format=1), m.DataRow((bytes.fromhex(SEALED[2:].decode()),)), done("SELECT 1"), READY)
    book.to_client(PARSED, BOUND, shape((1003, 3, 25), format=1), m.DataRow((b"***",)), done("SELECT 1"), READY)
    # prepared once, p redefined: what it runs is looked up each time
    book.client(P(b"again", b"EXECUTE p"), SYNC).server(PARSED, READY).quiet()
    run(book, "DEALLOCATE p")
    run(book, "PREPARE p AS SELECT 1")
    book.client(B(b"", b"again"), E(b""), SYNC)  # nobody asked what comes: we do
    assert [type(one) for one in book.server_hears()] == [B, D, E, m.Sync]
    book.server(BOUND, PLAIN, ROW, done("SELECT 1"), READY).to_client(BOUND, ROW, done("SELECT 1"), READY)
    run(book, "DEALLOCATE p")
    book.client(B(b"", b"again"), E(b""), SYNC)
    assert [type(one) for one in book.server_hears()] == [B, P, m.Sync]  # a Parse that fails in place of the Execute
    book.server(BOUND, SYNTAX, READY)
    assert [one.sqlstate for one in book.client_hears() if isinstance(one, m.ErrorResponse)] == ["26000"]


def test_prepare_through_the_extended_protocol_in_a_pipeline() -> None:
    """Within a segment the latest message decides, also when SQL says it."""
    book = talk().client(
        *(P(b"", b"PREPARE p AS SELECT card_no FROM payment_cards"), B(b"", b""), E(b"")),
        *(P(b"", b"EXECUTE p"), B(b"", b""), D("P", b""), E(b""), SYNC),
    )
    assert [type(one) for one in book.server_hears()] == [P, B, D, E, P, B, D, E, m.Sync]  # one of the Describes is ours
    book.server(PARSED, BOUND, m.NoData(), done("PREPARE"), PARSED, BOUND, CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(PARSED, BOUND, done("PREPARE"), PARSED, BOUND, CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)


def test_a_pipeline_that_fails_before_prepare() -> None:
    book = talk().client(
        *(P(b"", b"SELECT 1/0"), B(b"", b""), E(b""), P(b"", b"PREPARE p AS SELECT 1"), B(b"", b""), E(b""), SYNC),
    )
    book.server(PARSED, BOUND, FAILED, READY).quiet()
    assert refused(book, Q(b"EXECUTE p")) == "26000"


def test_a_pipeline_that_fails_after_prepare() -> None:
    book = talk().client(
        *(P(b"", b"PREPARE p AS SELECT 1"), B(b"", b""), E(b""), P(b"", b"SELECT 1/0"), B(b"", b""), E(b""), SYNC),
    )
    book.server(PARSED, BOUND, done("PREPARE"), PARSED, BOUND, FAILED, READY).quiet()
    book.client(Q(b"EXECUTE p")).to_server(Q(b"EXECUTE p"))


def test_a_name_of_the_next_segment_waits() -> None:
    book = talk().client(P(b"", b"PREPARE p AS SELECT 1"), B(b"", b""), E(b""), SYNC)
    waits(book, B(b"", b"p"), E(b""), SYNC)
    book.server(PARSED, BOUND, done("PREPARE"), READY).to_server(B(b"", b"p"), E(b""), SYNC)


# --- names of 63 bytes


def test_longer_names_are_one() -> None:
    """PostgreSQL keeps 63 bytes of a name: by SQL with a notice, by the protocol in silence."""
    long = "x" * 63
    book = run(talk(), f"PREPARE {long}yz AS SELECT card_no FROM payment_cards", "PREPARE")
    for named in (f"EXECUTE {long}", f"EXECUTE {long}other"):
        book.client(Q(named.encode())).server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
        book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)
    book.client(D("S", long.encode()), SYNC).server(m.ParameterDescription(()), CIPHER, READY).quiet()
    for name in (long.encode(), long.encode() + b"third"):
        book.client(B(b"", name), E(b""), SYNC).server(BOUND, m.DataRow((SEALED,)), done("SELECT 1"), READY)
        book.to_client(BOUND, m.DataRow((b"***",)), done("SELECT 1"), READY)
    assert refused(book, Q(f"EXECUTE {long[:-1]}".encode())) == "26000"
    run(book, f"DEALLOCATE {long}")
    assert refused(book, Q(f"EXECUTE {long}".encode())) == "26000"


def test_a_character_is_not_cut_in_two() -> None:
    """64 bytes: the last character goes as a whole, so 61 remain."""
    name = "a" + "表" * 21
    book = run(talk(), f'PREPARE "{name}" AS SELECT 1', "PREPARE")
    short = name[:-1]
    book.client(Q(f'EXECUTE "{short}"'.encode())).to_server(Q(f'EXECUTE "{short}"'.encode()))
    book.server(PLAIN, ROW, done("SELECT 1"), READY).quiet()
    book.client(B(b"", short.encode()), SYNC).to_server(B(b"", short.encode()), SYNC)


def test_names_fold_and_quote_as_in_sql() -> None:
    book = run(talk(), 'PREPARE Plan AS SELECT 1; PREPARE "Plan" AS SELECT card_no FROM payment_cards', "PREPARE", "PREPARE")
    book.client(Q(b"EXECUTE PLAN")).server(PLAIN, ROW, done("SELECT 1"), READY).to_client(PLAIN, ROW, done("SELECT 1"), READY)
    book.client(Q(b'EXECUTE "Plan"')).server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)
    book.client(Q(b'EXECUTE U&"\\0050lan"')).server(CIPHER, m.DataRow((SEALED,)), done("SELECT 1"), READY)
    book.to_client(CLEAR, m.DataRow((b"***",)), done("SELECT 1"), READY)


# --- cursors

DECLARE = "DECLARE c CURSOR FOR SELECT card_no FROM payment_cards"
HOLD = "DECLARE c CURSOR WITH HOLD FOR SELECT card_no FROM payment_cards"


def fetches(book: Playbook, text: str = "FETCH c", ready: m.ReadyForQuery = IN_BLOCK) -> Playbook:
    """The cursor gives a card, masked."""
    book.quiet().client(Q(text.encode())).to_server(Q(text.encode()))
    book.server(CIPHER, m.DataRow((SEALED,)), done("FETCH 1"), ready)
    return book.to_client(CLEAR, m.DataRow((b"***",)), done("FETCH 1"), ready)


def test_fetch_shows_what_was_declared() -> None:
    book = run(in_block(), DECLARE, "DECLARE CURSOR", ready=IN_BLOCK)
    for text in ("FETCH c", "FETCH BACKWARD 1 FROM c", "FETCH ALL IN c", "FETCH ABSOLUTE 3 c"):
        fetches(book, text)
    book.client(Q(b"MOVE 3 IN c")).server(done("MOVE 3"), IN_BLOCK).to_client(done("MOVE 3"), IN_BLOCK)


def test_a_described_move_has_no_rows_to_open() -> None:
    """PostgreSQL describes MOVE as a statement without rows (UtilityReturnsTuples)."""
    for role in ("analyst", "app"):
        book = run(in_block(role), DECLARE, "DECLARE CURSOR", ready=IN_BLOCK)
        book.client(P(b"", b"MOVE c"), B(b"", b""), D("P", b""), E(b""), SYNC)
        book.server(PARSED, BOUND, m.NoData(), done("MOVE 1"), IN_BLOCK)
        book.to_client(PARSED, BOUND, m.NoData(), done("MOVE 1"), IN_BLOCK)


def test_fetch_of_a_binary_cursor() -> None:
    """A simple FETCH answers in the cursor's own format."""
    book = run(in_block(), DECLARE.replace("CURSOR", "BINARY CURSOR"), "DECLARE CURSOR", ready=IN_BLOCK)
    book.client(Q(b"FETCH c"))
    book.server(shape(CARD_NO, format=1), m.DataRow((bytes.fromhex(SEALED[2:].decode()),)), done("FETCH 1"), IN_BLOCK)
    book.to_client(shape((1003, 3, 25), format=1), m.DataRow((b"***",)), done("FETCH 1"), IN_BLOCK)


def test_the_end_of_the_transaction_closes_it() -> None:
    for end in ("COMMIT", "ROLLBACK"):
        book = run(in_block(), DECLARE, "DECLARE CURSOR", ready=IN_BLOCK)
        run(book, end)
        assert refused(book, Q(b"FETCH c")) == "34000"
        assert refused(book, E(b"c"), SYNC) == "34000"


def test_an_implicit_transaction_closes_it() -> None:
    book = talk().client(Q(f"{DECLARE}; FETCH c".encode()))
    book.server(done("DECLARE CURSOR"), CIPHER, m.DataRow((SEALED,)), done("FETCH 1"), READY)
    book.to_client(done("DECLARE CURSOR"), CLEAR, m.DataRow((b"***",)), done("FETCH 1"), READY)
    assert refused(book, Q(b"FETCH c")) == "34000"


def test_with_hold_it_stays() -> None:
    book = run(in_block(), HOLD, "DECLARE CURSOR", ready=IN_BLOCK)
    run(book, "COMMIT")
    fetches(book, ready=READY)
    run(book, "CLOSE c", "CLOSE CURSOR")
    assert refused(book, Q(b"FETCH c")) == "34000"


@pytest.mark.parametrize("close", ["CLOSE c", "CLOSE ALL", "DISCARD ALL"])
def test_close_takes_a_held_one_away(close: str) -> None:
    book = run(run(talk(), HOLD, "DECLARE CURSOR"), close, close.split()[0])
    if close == "DISCARD ALL":
        book.client(Q(b"SELECT 1"))
        book.answer_path()
        book.server(PLAIN, ROW, done("SELECT 1"), READY).quiet()
    assert refused(book, Q(b"FETCH c")) == "34000"


def test_a_failed_declare_made_nothing() -> None:
    book = in_block().client(Q(DECLARE.encode())).server(m.error_response("ERROR", "42P03", "exists"), ABORTED).quiet()
    book.client(Q(b"ROLLBACK")).server(done("ROLLBACK"), READY)
    assert refused(book, Q(b"FETCH c")) == "34000"


def test_closed_and_declared_anew_in_one_text() -> None:
    book = run(in_block(), "DECLARE c CURSOR FOR SELECT 1", "DECLARE CURSOR", ready=IN_BLOCK)
    run(book, f"CLOSE c; {DECLARE}", "CLOSE CURSOR", "DECLARE CURSOR", ready=IN_BLOCK)
    fetches(book)
    assert refused(book, Q(b"CLOSE ALL; FETCH c")) == "34000"


def test_the_protocol_reads_a_cursor_of_sql() -> None:
    """As psycopg does it: DECLARE by a statement, Describe by the portal's name; Execute goes on where FETCH stopped."""
    book = run(in_block(), DECLARE, "DECLARE CURSOR", ready=IN_BLOCK)
    book.client(D("P", b"c"), SYNC).server(CIPHER, IN_BLOCK).quiet()
    book.client(E(b"c", 1), SYNC).to_server(E(b"c", 1), SYNC)
    book.server(m.DataRow((SEALED,)), SUSPENDED, IN_BLOCK).to_client(m.DataRow((b"***",)), SUSPENDED, IN_BLOCK)
    fetches(book)
    book.client(C("P", b"c"), SYNC).server(CLOSED, IN_BLOCK)
    assert refused(book, Q(b"FETCH c")) == "34000"


def test_the_protocol_reads_a_cursor_of_sql_without_asking_for_its_shape() -> None:
    book = run(in_block(), DECLARE, "DECLARE CURSOR", ready=IN_BLOCK)
    book.client(E(b"c", 1), SYNC).to_server(D("P", b"c"), E(b"c", 1), SYNC)
    book.server(CIPHER, m.DataRow((SEALED,)), SUSPENDED, IN_BLOCK).to_client(m.DataRow((b"***",)), SUSPENDED, IN_BLOCK)


def test_sql_reads_a_portal_of_the_protocol() -> None:
    book = in_block().client(P(b"", b"SELECT card_no FROM payment_cards"), B(b"c", b""), SYNC).server(PARSED, BOUND, IN_BLOCK)
    fetches(book)
    run(book, "CLOSE c", "CLOSE CURSOR", ready=IN_BLOCK)
    assert refused(book, E(b"c"), SYNC) == "34000"


def test_a_portal_of_an_unanswered_bind_is_waited_for() -> None:
    book = in_block().client(P(b"", b"SELECT 1"), B(b"c", b""), SYNC)
    waits(book, Q(b"FETCH c"))
    book.server(PARSED, BOUND, IN_BLOCK).to_server(Q(b"FETCH c"))


def test_fetch_through_the_extended_protocol() -> None:
    book = run(in_block(), DECLARE, "DECLARE CURSOR", ready=IN_BLOCK)
    book.client(P(b"", b"FETCH 2 FROM c"), B(b"", b""), D("P", b""), E(b""), SYNC)
    book.server(PARSED, BOUND, CIPHER, m.DataRow((SEALED,)), done("FETCH 1"), IN_BLOCK)
    book.to_client(PARSED, BOUND, CLEAR, m.DataRow((b"***",)), done("FETCH 1"), IN_BLOCK)


def test_declare_through_the_extended_protocol_with_a_parameter() -> None:
    book = in_block("app").client(P(b"", b"DECLARE c CURSOR FOR SELECT card_no FROM payment_cards WHERE card_no = $1"), FLUSH)
    assert [type(one) for one in book.server_hears()][:2] == [P, D]
    book.server(PARSED, m.ParameterDescription((17,)), m.NoData()).quiet()
    book.client(B(b"", b"", (), (b"4111",)), E(b""), SYNC)
    bind = next(one for one in book.server_hears() if isinstance(one, m.Bind))
    assert bind.params == (MarkingKeys().seal(b"4111", domain="cards", search="equality"),)
    book.server(BOUND, m.NoData(), done("DECLARE CURSOR"), IN_BLOCK).quiet()
    book.client(Q(b"FETCH c")).server(CIPHER, m.DataRow((SEALED,)), done("FETCH 1"), IN_BLOCK)
    book.to_client(CLEAR, m.DataRow((b"4111",)), done("FETCH 1"), IN_BLOCK)


# --- rules that change


def test_a_prepared_statement_of_sql_is_judged_again() -> None:
    """Under other rules the same text gives another plan: it is refused, and can be prepared again."""
    book = run(run(talk(), "PREPARE p AS SELECT name FROM customers"), "PREPARE q AS SELECT 1")
    book.answer("replan", world.planner("app"))
    assert refused(book, Q(b"EXECUTE p")) == "0A000"
    book.client(Q(b"EXECUTE q")).to_server(Q(b"EXECUTE q"))


def test_a_cursor_is_judged_again() -> None:
    book = run(talk(), "DECLARE c CURSOR WITH HOLD FOR SELECT name FROM customers", "DECLARE CURSOR")
    book.answer("replan", world.planner("writer"))
    book.client(Q(b"FETCH c")).to_server(Q(b"FETCH c")).server(shape((0, 0, 25)), done("FETCH 0"), READY).quiet()
    book.answer("replan", world.planner("limited"))
    assert refused(book, Q(b"FETCH c")) == "0A000"


# --- rows are counted over all of a cursor's FETCHes


def test_rows_are_counted_over_fetches() -> None:
    book = run(Playbook(world.planner("analyst", row_limit=3), path="{pg_catalog,shop,public}"), "BEGIN", ready=IN_BLOCK)
    run(book, "DECLARE c CURSOR FOR SELECT 1", "DECLARE CURSOR", ready=IN_BLOCK)
    book.client(Q(b"FETCH 2 FROM c")).server(PLAIN, ROW, ROW, done("FETCH 2"), IN_BLOCK)
    book.to_client(PLAIN, ROW, ROW, done("FETCH 2"), IN_BLOCK)
    book.client(Q(b"FETCH 2 FROM c")).server(PLAIN, ROW, ROW)
    assert book.client_hears() == [PLAIN, ROW]
    book.server(m.error_response("ERROR", "57014", "canceling statement due to user request"), ABORTED)
    assert [one.sqlstate for one in book.client_hears() if isinstance(one, m.ErrorResponse)] == ["53400"]


# --- temporary tables

CREATE = "CREATE TEMP TABLE mine AS SELECT name FROM customers"


def rewritten(book: Playbook, text: str) -> str:
    """What the server gets for it."""
    [sent] = book.quiet().client(Q(text.encode())).server_hears()
    assert isinstance(sent, m.Query)
    return sent.sql.decode()


def test_a_temporary_table_is_known_once_it_is_there() -> None:
    book = talk().client(Q(CREATE.encode()))
    waits(book, Q(b"SELECT * FROM mine"))
    book.server(done("SELECT 3"), READY).to_server(Q(b"SELECT * FROM pg_temp.mine"))
    book.server(PLAIN, ROW, done("SELECT 1"), READY)
    assert rewritten(book, "INSERT INTO mine VALUES ('x')") == "INSERT INTO pg_temp.mine VALUES ('x')"
    book.server(done("INSERT 0 1"), READY)
    assert rewritten(book, "DROP TABLE mine") == "DROP TABLE pg_temp.mine"


def test_a_temporary_table_that_was_never_made() -> None:
    book = talk().client(Q(CREATE.encode())).server(m.error_response("ERROR", "42P07", "exists already"), READY)
    book.quiet().client(Q(b"SELECT * FROM mine"))
    assert book.server_hears() == []  # its name is looked up
    assert [type(one).__name__ for one in book.other] == ["Reload"]
    book.answer("new_planner", world.planner("analyst")).server(m.EmptyQueryResponse(), READY)
    assert [one.sqlstate for one in book.client_hears() if isinstance(one, m.ErrorResponse)] == ["42P01"]


def test_drop_forgets_a_temporary_table() -> None:
    book = run(run(run(talk(), CREATE, "SELECT 3"), "CREATE TEMP TABLE yours (a int)", "CREATE TABLE"), "DROP TABLE mine")
    assert rewritten(book, "SELECT * FROM yours") == "SELECT * FROM pg_temp.yours"
    book.server(PLAIN, done("SELECT 0"), READY).client(Q(b"SELECT * FROM mine"))
    assert [type(one).__name__ for one in book.other] == ["Reload"]


@pytest.mark.parametrize("discard", ["DISCARD TEMP", "DISCARD ALL"])
def test_discard_forgets_temporary_tables(discard: str) -> None:
    book = run(run(talk(), CREATE, "SELECT 3"), discard)
    book.client(Q(b"SELECT * FROM mine")).answer_path()
    assert [type(one).__name__ for one in book.other] == ["Reload"]


def test_a_temporary_table_made_by_the_extended_protocol() -> None:
    book = talk().client(P(b"", CREATE.encode()), B(b"", b""), E(b""), SYNC).quiet()
    waits(book, P(b"", b"SELECT * FROM mine"))
    book.server(PARSED, BOUND, m.NoData(), done("SELECT 3"), READY).to_server(P(b"", b"SELECT * FROM pg_temp.mine"))
