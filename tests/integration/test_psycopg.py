"""psycopg 3 through the proxy, as analyst and as app, in text and in binary, compared with the twin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.pq import TransactionStatus

from proxy.cli.demo.load import ANALYST, APP
from tests.integration.statements import (
    ANALYST_EXPORT,
    ANALYST_READS,
    ANALYST_REFUSED,
    APP_REFUSED,
    NUMBERS,
    ONE,
    THREE,
    TWO,
    Ask,
    app_script,
)
from tests.shop import Place
from tests.twin import Twin

Connection = psycopg.Connection[tuple[Any, ...]]
IDLE, IN_BLOCK, ABORTED = TransactionStatus.IDLE, TransactionStatus.INTRANS, TransactionStatus.INERROR
OURS = "psycopg"
MANY = ANALYST_EXPORT.encode()
SERVERS_OWN = ("42601", "42703", "42P01", "22012", "26000", "34000")  # what PostgreSQL itself says, or would say
_INSERT = "INSERT INTO shop.payment_cards (customer_id, card_no, holder, brand, expires) VALUES"


@contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    """A session that takes `$1` as it stands, in autocommit."""
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
        yield connection


@dataclass(frozen=True)
class Answer:
    """All a client can see of one statement."""

    sqlstate: str | None
    status: str | None = None
    columns: tuple[tuple[object, ...], ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


def ask(connection: Connection, statement: Ask, *, binary: bool, prepare: bool | None = None) -> Answer:
    """Run one statement and keep everything that came."""
    text, parameters = statement
    try:
        cursor = connection.execute(text.encode(), parameters or None, binary=binary, prepare=prepare)
    except psycopg.Error as error:
        return Answer(error.sqlstate)
    if cursor.description is None:
        return Answer(None, cursor.statusmessage)
    columns = tuple((c.name, c.type_code, c.internal_size, c.precision, c.scale) for c in cursor.description)
    return Answer(None, cursor.statusmessage, columns, tuple(cursor.fetchall()))


def answers(dsn: str, statements: Iterable[Ask], **how: Any) -> dict[Ask | str, Answer]:
    """One session asks all of it. Keyed by text, so that pytest shows the first that differs."""
    with connected(dsn) as connection:
        return {text: ask(connection, (text, parameters), **how) for text, parameters in statements}


@pytest.fixture(params=[False, True], ids=["text", "binary"])
def binary(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def ana(shop: Place) -> Iterator[Connection]:
    with connected(shop.dsn(ANALYST)) as connection:
        yield connection


@pytest.fixture
def app(shop: Place) -> Iterator[Connection]:
    with connected(shop.dsn(APP)) as connection:
        yield connection
        connection.rollback()
        connection.execute(b"DELETE FROM shop.payment_cards WHERE brand = $1", (OURS,))


def stored(shop: Place, brand: str = OURS) -> list[bytes]:
    """What the database holds as card numbers."""
    rows = shop.database.execute(f"SELECT card_no FROM shop.payment_cards WHERE brand = '{brand}' ORDER BY id")
    return [bytes(value) for (value,) in rows if isinstance(value, bytes)]


# --- the analyst


def test_analyst_reads_as_from_a_masked_copy(shop: Place, twin: Twin, binary: bool) -> None:
    seen = answers(shop.dsn(ANALYST), ANALYST_READS, binary=binary)
    assert seen == answers(twin.dsn(ANALYST), ANALYST_READS, binary=binary)
    assert all(answer.sqlstate is None for answer in seen.values())
    assert len(seen) == len(ANALYST_READS) >= 20


def test_analyst_prepared(shop: Place, twin: Twin, binary: bool) -> None:
    """Named statements, run again and again, in one session."""
    seen, expected = [], []
    with connected(shop.dsn(ANALYST)) as through, connected(twin.dsn(ANALYST)) as direct:
        for _ in range(3):
            for statement in ANALYST_READS[::3]:
                seen.append(ask(through, statement, binary=binary, prepare=True))
                expected.append(ask(direct, statement, binary=binary, prepare=True))
        prepared = ("SELECT name, card_no FROM shop.customers c JOIN shop.payment_cards p ON p.customer_id = c.id"
                    " WHERE c.id = $1 ORDER BY p.id")  # fmt: skip
        for number in range(1, 30):
            seen.append(ask(through, (prepared, (number,)), binary=binary, prepare=True))
            expected.append(ask(direct, (prepared, (number,)), binary=binary, prepare=True))
    assert seen == expected


def test_analyst_masks_by_hand(shop: Place, ana: Connection) -> None:
    """Without the twins: one row, by literal."""
    [raw] = shop.database.execute("SELECT name, email, phone, id_card, birth_date FROM shop.customers WHERE id = 1")
    name, email, phone, id_card, born = (str(value) for value in raw)
    [seen] = ana.execute(b"SELECT name, email, phone, id_card, birth_date FROM shop.customers WHERE id = 1").fetchall()
    assert seen[0] == name[0] + "*" * (len(name) - 1)
    assert seen[1][0] == email[0]
    assert email[1:].split("@")[0] not in seen[1]
    assert seen[2] == phone[:3] + "******" + phone[-2:]
    assert seen[3] == id_card[:3] + "*" * 13 + id_card[-2:]
    assert seen[4] == date(int(born[:4]), 1, 1)
    [[card]] = ana.execute(b"SELECT card_no FROM shop.payment_cards WHERE customer_id = 1").fetchall()
    number = shop.cards[0].number
    assert card == "*" * (len(number) - 4) + number[-4:]


def test_analyst_refused(ana: Connection) -> None:
    """Outside a block nothing lasts; inside, the block is aborted, as after any error of PostgreSQL's."""
    found = {}
    for text, sqlstate in ANALYST_REFUSED:
        seen = {ask(ana, (text, ()), binary=binary).sqlstate for binary in (False, True)}
        assert ana.info.transaction_status == IDLE
        ana.execute(b"BEGIN")
        ana.execute(b"SELECT 1")
        with pytest.raises(psycopg.Error) as caught:
            ana.execute(text.encode())
        assert ana.info.transaction_status == ABORTED
        assert ana.execute(b"COMMIT").statusmessage == "ROLLBACK"
        is_ours = (caught.value.diag.message_detail or "").startswith("Event")  # of the query log: nothing of a row
        assert is_ours == (sqlstate not in SERVERS_OWN), text
        found[text] = seen | {caught.value.sqlstate}
    assert found == {text: {sqlstate} for text, sqlstate in ANALYST_REFUSED}
    assert ana.execute(b"SELECT count(*) FROM shop.products").fetchone() == (240,)


def test_analyst_transactions(ana: Connection) -> None:
    ana.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    assert ana.execute(b"SHOW transaction_isolation").fetchone() == ("repeatable read",)
    assert ana.info.transaction_status == IN_BLOCK
    ana.execute(b"SAVEPOINT one")
    with pytest.raises(errors.InsufficientPrivilege):
        ana.execute(b"SELECT * FROM pg_catalog.pg_authid")
    assert ana.info.transaction_status == ABORTED
    with pytest.raises(errors.InFailedSqlTransaction):
        ana.execute(b"SELECT count(*) FROM shop.customers")
    ana.execute(b"ROLLBACK TO SAVEPOINT one")
    assert ana.info.transaction_status == IN_BLOCK
    assert ana.execute(b"SELECT name FROM shop.customers WHERE id = $1", (1,)).fetchone() is not None
    ana.execute(b"RELEASE SAVEPOINT one")
    ana.execute(b"COMMIT")
    assert ana.info.transaction_status == IDLE
    ana.execute(b"BEGIN")
    with pytest.raises(errors.InsufficientPrivilege, match="only columns you see in clear can be read"):
        ana.execute(b"DELETE FROM shop.customers WHERE name = 'x'")
    assert ana.execute(b"COMMIT").statusmessage == "ROLLBACK"
    assert ana.info.transaction_status == IDLE
    ana.execute(b"START TRANSACTION")
    ana.execute(b"SELECT 1")
    ana.execute(b"ROLLBACK AND CHAIN")
    assert ana.info.transaction_status == IN_BLOCK
    ana.execute(b"END")


def test_analyst_settings(ana: Connection) -> None:
    ana.execute(b"SET work_mem = '8MB'")
    assert ana.execute(b"SHOW work_mem").fetchone() == ("8MB",)
    ana.execute(b"RESET work_mem")
    assert ana.execute(b"SHOW work_mem").fetchone() == ("4MB",)
    ana.execute(b"SET TIME ZONE 'Asia/Shanghai'")
    assert ana.info.parameter_status("TimeZone") == "Asia/Shanghai"
    ana.execute(b"SET datestyle = 'German'")
    assert ana.execute(b"SELECT birth_date::text ~ '^01[.]01[.]' FROM shop.customers WHERE id = 1").fetchone() == (True,)
    ana.execute(b"SET search_path = shop, public")
    assert ana.execute(b"SELECT count(*) FROM customers WHERE phone LIKE '%*%'").fetchone() == (300,)
    with ana.transaction():
        ana.execute(b"SET LOCAL search_path = public")
        with pytest.raises(errors.UndefinedTable), ana.transaction():
            ana.execute(b"SELECT count(*) FROM customers")
    assert ana.execute(b"SELECT count(*) FROM customers").fetchone() == (300,)
    ana.execute(b"SET statement_timeout = '1ms'")
    with pytest.raises(errors.QueryCanceled):
        ana.execute(b"SELECT count(*) FROM generate_series(1, 100000000)")
    ana.execute(b"RESET statement_timeout")
    ana.execute(b"DISCARD ALL")
    assert ana.execute(b"SELECT current_user, session_user").fetchone() == (ANALYST, ANALYST)


def test_analyst_several_statements_in_one_text(ana: Connection) -> None:
    cursor = ana.execute(b"SELECT 1; SELECT name FROM shop.customers WHERE id = 1; SHOW work_mem; SELECT 2")
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    assert [len(rows) for rows in found] == [1, 1, 1, 1]
    assert found[1][0][0].endswith("*")
    with pytest.raises(errors.FeatureNotSupported):
        ana.execute(b"SELECT 1; ALTER TABLE shop.customers ADD COLUMN more text; SELECT 2")
    assert ana.info.transaction_status == IDLE


def test_analyst_pipeline(ana: Connection) -> None:
    with ana.pipeline():
        cursors = [ana.execute(b"SELECT phone FROM shop.customers WHERE id = $1", (n,)) for n in range(1, 20)]
        assert all("*" in cursor.fetchall()[0][0] for cursor in cursors)
    with pytest.raises(errors.InsufficientPrivilege), ana.pipeline() as pipeline:
        first = ana.execute(b"SELECT name FROM shop.customers WHERE id = 1")
        ana.execute(b"SELECT * FROM pg_catalog.pg_authid")
        ana.execute(b"SELECT name FROM shop.customers WHERE id = 2")
        pipeline.sync()
    assert first.fetchall()[0][0].endswith("*")
    assert ana.info.transaction_status == IDLE
    assert ana.execute(b"SELECT 1").fetchone() == (1,)
    with ana.pipeline() as pipeline:  # what stands before the next Sync is skipped, what comes after it runs
        cursors = []
        with pytest.raises(errors.FeatureNotSupported):  # where psycopg reads the answer: at the next statement, or at the Sync
            for text in (b"CREATE TABLE mine (id int)", b"SELECT 1"):
                cursors.append(ana.execute(text))
            pipeline.sync()
        for cursor in cursors:
            with pytest.raises(psycopg.Error):
                cursor.fetchall()
        pipeline.sync()
        assert ana.execute(b"SELECT 2").fetchone() == (2,)


@pytest.mark.parametrize("how", ["simple", "prepared", "stream", "block"])
def test_analyst_export_stops(shop: Place, ana: Connection, how: str) -> None:
    """10,000 rows are allowed; the session goes on."""
    if how == "block":
        ana.execute(b"BEGIN")
    with pytest.raises(errors.ConfigurationLimitExceeded):
        if how == "stream":
            for _ in ana.cursor().stream(MANY):
                pass
        else:
            ana.execute(MANY, prepare=how == "prepared", binary=how == "prepared")
    if how == "block":
        assert ana.info.transaction_status == ABORTED
        ana.execute(b"ROLLBACK")
    assert ana.info.transaction_status == IDLE
    assert len(ana.execute(MANY + b" LIMIT 10000").fetchall()) == 10_000
    stops = shop.running.events(sqlstate="53400")
    assert stops
    assert all(event["rows"] <= 10_000 for event in stops)


def test_analyst_export_stops_at_its_last_row(ana: Connection) -> None:
    """One row too many, and the server has long finished when it is asked to stop: the block is aborted all the same."""
    ana.execute(b"BEGIN")
    with pytest.raises(errors.ConfigurationLimitExceeded):
        ana.execute(MANY + b" LIMIT 10001")
    assert ana.info.transaction_status == ABORTED
    assert ana.execute(b"COMMIT").statusmessage == "ROLLBACK"
    assert ana.execute(b"SELECT 1").fetchone() == (1,)


def test_analyst_whole_row(ana: Connection, twin: Twin) -> None:
    """A row is masked field by field, and keeps its type."""
    text = b"SELECT c FROM shop.addresses c WHERE id = $1"
    with connected(twin.dsn(ANALYST)) as direct:
        for number in range(1, 9):
            [[seen]] = ana.execute(text, (number,)).fetchall()
            assert [(seen,)] == direct.execute(text, (number,)).fetchall()
            assert seen.startswith(f"({number},")


# --- the app


def test_app_works_as_on_clear_text(shop: Place, twin: Twin, binary: bool) -> None:
    script = app_script("lettersonly")
    try:
        seen = answers(shop.dsn(APP), script, binary=binary)
        assert seen == answers(twin.dsn(APP), script, binary=binary)
    finally:
        shop.database.execute("DELETE FROM shop.payment_cards WHERE brand = 'lettersonly'")
    failed = [answer.sqlstate for answer in seen.values() if answer.sqlstate is not None]
    assert failed == ["23505", "23502"]
    assert len(seen) >= 20


def test_app_database_holds_ciphertext(shop: Place, app: Connection) -> None:
    app.execute(f"{_INSERT} (1, '{ONE}', 'x', '{OURS}', '2030-01-01')".encode())
    app.execute(f"{_INSERT} (2, $1, 'x', '{OURS}', '2030-01-01')".encode(), (TWO,))
    app.execute(f"{_INSERT} (3, $1, 'x', '{OURS}', '2030-01-01')".encode(), (THREE,), prepare=True, binary=True)
    held = stored(shop)
    assert len(held) == 3
    assert len(set(held)) == 3
    assert not any(number.encode() in value for value in held for number in NUMBERS)
    assert all(len(value) > 16 for value in held)
    around = psycopg.connect(shop.direct(APP))  # around the proxy nothing but ciphertext can be written either
    with around, pytest.raises(errors.CheckViolation):
        around.execute(f"{_INSERT} (4, '4111', 'x', '{OURS}', '2030-01-01')".encode())
    events = shop.running.events(login=APP)
    assert not any(number in str(event) for event in events for number in (ONE, TWO, THREE))


@pytest.mark.parametrize("format", ["s", "t", "b"])
def test_app_parameters_in_each_format(app: Connection, format: str) -> None:
    """As str dumpers of psycopg send them: unknown or text type, text or binary format."""
    with app.cursor(binary=format == "b") as cursor:
        plain = psycopg.ClientCursor if format == "s" else psycopg.Cursor
        with plain(app) as writer:
            place = "%s" if format == "s" else f"%{format}"
            writer.execute(
                f"{_INSERT} ({place}, {place}, {place}, {place}, {place})".encode(), (1, ONE, "x", OURS, date(2030, 1, 1))
            )
            writer.execute(f"SELECT card_no FROM shop.payment_cards WHERE card_no = {place}".encode(), (ONE,))
            assert writer.fetchall() == [(ONE,)]
        cursor.execute(b"SELECT card_no, pg_typeof(customer_id)::text FROM shop.payment_cards WHERE card_no = $1", (ONE,))
        assert cursor.fetchall() == [(ONE, "bigint")]
        assert cursor.description is not None
        assert cursor.description[0].type_code == 25


def test_app_executemany(shop: Place, app: Connection) -> None:
    rows = [(n, number, "x", OURS, date(2030, 1, 1)) for n, number in enumerate(NUMBERS, 1)]
    cursor = app.cursor()
    cursor.executemany(f"{_INSERT} ($1, $2, $3, $4, $5) RETURNING card_no".encode(), rows, returning=True)
    found = [cursor.fetchone()]
    while cursor.nextset():
        found.append(cursor.fetchone())
    assert found == [(number,) for number in NUMBERS]
    assert len(stored(shop)) == len(NUMBERS)
    cursor.executemany(b"UPDATE shop.payment_cards SET holder = $1 WHERE card_no = $2", [(n, n) for n in NUMBERS])
    assert cursor.rowcount == len(NUMBERS)
    cursor.executemany(b"DELETE FROM shop.payment_cards WHERE card_no = $1", [(n,) for n in NUMBERS])
    assert stored(shop) == []


def test_app_same_statement_many_times(app: Connection, binary: bool) -> None:
    """psycopg prepares by itself after five runs; ciphertexts of equal numbers are equal, so each lookup finds its card."""
    app.execute(f"{_INSERT} (1, $1, 'x', '{OURS}', '2030-01-01')".encode(), (ONE,))
    for _ in range(12):
        found = app.execute(b"SELECT card_no FROM shop.payment_cards WHERE card_no = $1", (ONE,), binary=binary).fetchall()
        assert found == [(ONE,)]
        assert app.execute(b"SELECT 1 FROM shop.payment_cards WHERE card_no = $1", (TWO,), binary=binary).fetchall() == []


def test_app_refused(shop: Place, app: Connection) -> None:
    digest = "SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM shop.payment_cards p"
    before = shop.database.execute(digest)
    found = {}
    for text in APP_REFUSED:
        found[text] = {ask(app, (text, ()), binary=binary).sqlstate for binary in (False, True)}
        with pytest.raises(errors.FeatureNotSupported), app.transaction():
            app.execute(text.encode())
        assert app.info.transaction_status == IDLE
    assert found == {text: {"0A000"} for text in APP_REFUSED}
    assert before == shop.database.execute(digest)


def test_app_transactions(shop: Place, app: Connection) -> None:
    with pytest.raises(ZeroDivisionError), app.transaction():
        app.execute(f"{_INSERT} (1, $1, 'x', '{OURS}', '2030-01-01')".encode(), (ONE,))
        assert app.execute(b"SELECT card_no FROM shop.payment_cards WHERE card_no = $1", (ONE,)).fetchall() == [(ONE,)]
        raise ZeroDivisionError
    assert stored(shop) == []
    with app.transaction():
        app.execute(f"{_INSERT} (1, $1, 'x', '{OURS}', '2030-01-01')".encode(), (ONE,))
        with pytest.raises(errors.UniqueViolation) as caught, app.transaction():
            app.execute(f"{_INSERT} (2, $1, 'x', '{OURS}', '2030-01-01')".encode(), (ONE,))
        assert ONE not in str(caught.value)
        with pytest.raises(errors.FeatureNotSupported), app.transaction():
            app.execute(b"DELETE FROM shop.payment_cards WHERE card_no LIKE '9%'")
        app.execute(f"{_INSERT} (3, $1, 'x', '{OURS}', '2030-01-01')".encode(), (TWO,))
    assert len(stored(shop)) == 2


def test_app_pipeline(app: Connection) -> None:
    with app.pipeline():
        inserts = [
            app.execute(f"{_INSERT} (1, $1, 'x', '{OURS}', '2030-01-01') RETURNING card_no".encode(), (number,))
            for number in NUMBERS
        ]
        reads = [app.execute(b"SELECT card_no FROM shop.payment_cards WHERE card_no = $1", (n,)) for n in NUMBERS]
        assert [cursor.fetchone() for cursor in inserts] == [cursor.fetchone() for cursor in reads] == [(n,) for n in NUMBERS]


def test_app_stays_postgresql_elsewhere(shop: Place, app: Connection) -> None:
    """What touches no encrypted column is PostgreSQL: cursors, COPY, temporary tables, notifications."""
    with app.transaction():
        app.execute(b"DECLARE walk SCROLL CURSOR FOR SELECT id FROM shop.customers ORDER BY id")
        assert app.execute(b"FETCH 3 FROM walk").fetchall() == [(1,), (2,), (3,)]
        assert app.execute(b"FETCH BACKWARD 1 FROM walk").fetchall() == [(2,)]
        app.execute(b"CREATE TEMPORARY TABLE basket (id int, note text)")
        with app.cursor().copy(b"COPY basket FROM STDIN") as copy:
            copy.write_row((1, "a\tb"))
            copy.write_row((2, None))
        with app.cursor().copy(b"COPY (SELECT * FROM basket ORDER BY id) TO STDOUT") as copy:
            assert b"".join(bytes(chunk) for chunk in copy) == b"1\ta\\tb\n2\t\\N\n"
        app.execute(b"DROP TABLE basket")
    app.execute(b"LISTEN news")
    app.execute(b"SELECT pg_notify('news', 'hello')")
    assert [n.payload for n in app.notifies(timeout=1, stop_after=1)] == ["hello"]
    assert app.execute(b"SELECT count(*) FROM shop.customers WHERE phone LIKE '%*%'").fetchone() == (0,)


def test_app_counts_distinct_cards(shop: Place, app: Connection) -> None:
    assert app.execute(b"SELECT count(DISTINCT card_no) FROM shop.payment_cards").fetchone() == (len(shop.cards),)


def test_app_server_cursor(app: Connection) -> None:
    """psycopg declares it by a statement and describes the portal of that name by message."""
    with app.transaction(), app.cursor("walk") as walk:
        walk.execute(b"SELECT id FROM shop.customers ORDER BY id")
        assert walk.fetchmany(3) == [(1,), (2,), (3,)]
        walk.scroll(2)
        assert walk.fetchone() == (6,)
