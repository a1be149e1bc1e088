"""libpq's pipeline mode, called by its own functions (psycopg.pq), through the proxy and compared with a direct connection."""

from __future__ import annotations

import select
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.pq import ExecStatus, Format, PGconn, PipelineStatus, TransactionStatus

from tests.integration.desk import Desk
from tests.integration.drivers import CARD_NUMBERS, CUSTOMERS, MANY_ROWS, SLEEP, TOO_MANY, both, shown, until_it_sleeps

INT4, TEXT = 23, 25
TEXTS, BINARY = Format.TEXT, Format.BINARY
Heard = tuple[object, ...]


@contextmanager
def pipeline(dsn: str) -> Iterator[PGconn]:
    with psycopg.connect(dsn, autocommit=True) as whole:  # not PQconnectdb: it waits for the proxy with Python's lock held
        connection = whole.pgconn
        connection.enter_pipeline_mode()
        connection.nonblocking = 1
        yield connection


@pytest.fixture(params=["app", "analyst"])
def login(request: pytest.FixtureRequest, driven: Desk) -> str:
    return str(getattr(driven, request.param))


def answers(connection: PGconn, syncs: int = 1) -> list[Heard | None]:
    """Every result up to that many synchronisation points. None stands between the results of two queries."""
    heard: list[Heard | None] = []
    while syncs:
        while connection.flush() or connection.is_busy():
            assert any(select.select([connection.socket], [connection.socket] if connection.flush() else [], [], 15))
            connection.consume_input()
        result = connection.get_result()
        if result is None:
            heard.append(None)
            continue
        status = ExecStatus(result.status).name
        rows = [[result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples)]
        columns = [(result.fname(n), result.ftype(n), result.fmod(n), result.fformat(n)) for n in range(result.nfields)]
        code = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        heard.append((status, result.command_status, columns, rows, code, PipelineStatus(connection.pipeline_status).name))
        syncs -= status == "PIPELINE_SYNC"
    return heard


def talk(dsn: str) -> list[object]:
    """What pipeline mode can do, in one pipeline of several synchronisation points."""
    heard: list[object] = []
    with pipeline(dsn) as one:
        for form in (TEXTS, BINARY):
            one.send_query_params(b"SELECT $1::int, $2::text, ARRAY[$1::int, NULL], '1.50'::numeric, '2026-02-28'::date, '{\"k\": 1}'::jsonb,"
                                  b" '00000000-0000-0000-0000-000000000005'::uuid, NULL", [struct.pack("!i", 7), "中文".encode()],
                                  param_types=[INT4, TEXT], param_formats=[BINARY, TEXTS], result_format=form)  # fmt: skip
        one.send_prepare(b"named", b"SELECT n, repeat($1, n) FROM generate_series(1, $2) n", [TEXT, INT4])
        one.send_describe_prepared(b"named")
        for number in (b"2", b"3", b"0"):
            one.send_query_prepared(b"named", [b"x", number])
        one.pipeline_sync()
        heard += answers(one)
        # An implicit transaction to the next Sync: what failed takes all before it along.
        one.send_query_params(b"CREATE TEMP TABLE mine (id int PRIMARY KEY)", None)
        one.pipeline_sync()
        one.send_query_params(b"INSERT INTO mine VALUES (1)", None)
        one.send_query_params(b"INSERT INTO mine VALUES (1)", None)
        one.send_query_params(b"INSERT INTO mine VALUES (2)", None)
        one.pipeline_sync()
        one.send_query_params(b"SELECT count(*) FROM mine", None)
        one.send_query_params(b"SELECT 1/0", None)
        one.send_query_prepared(b"named", [b"x", b"1"])
        one.pipeline_sync()
        one.send_query_prepared(b"nothing", None)
        one.pipeline_sync()
        one.send_query_params(b"SELEC 1", None)
        one.pipeline_sync()
        one.send_query_params(b"SELECT * FROM nowhere", None)
        one.pipeline_sync()
        heard += answers(one, 6)
        # A block over several synchronisation points, a savepoint in it.
        for text in (b"BEGIN", b"INSERT INTO mine VALUES (10)", b"SAVEPOINT s", b"INSERT INTO mine VALUES (10)"):
            one.send_query_params(text, None)
        one.pipeline_sync()
        heard += [answers(one), TransactionStatus(one.transaction_status).name]
        one.send_query_params(b"SELECT 1", None)
        one.pipeline_sync()
        for text in (b"ROLLBACK TO SAVEPOINT s", b"INSERT INTO mine VALUES (11)", b"COMMIT", b"SELECT id FROM mine ORDER BY 1"):
            one.send_query_params(text, None)
        one.pipeline_sync()
        heard += [answers(one, 2), TransactionStatus(one.transaction_status).name]
        # Flush instead of Sync: answers come, the transaction stays open.
        one.send_query_params(b"INSERT INTO mine VALUES (20)", None)
        one.send_flush_request()
        while one.flush() or one.is_busy():
            assert any(select.select([one.socket], [], [], 15))
            one.consume_input()
        first = one.get_result()
        assert first is not None
        heard.append(first.command_status)
        assert one.get_result() is None
        one.send_query_params(b"SELECT 1/0", None)
        one.pipeline_sync()
        one.send_query_params(b"SELECT count(*) FROM mine", None)
        one.pipeline_sync()
        heard += answers(one, 2)
        for number in range(500):
            one.send_query_params(b"SELECT $1::int * 2", [str(number).encode()], result_format=number % 2)
            if number % 7 == 0:
                one.pipeline_sync()
        one.pipeline_sync()
        heard += answers(one, 73)
        one.send_query_params(b"SELECT n, repeat('y', 100) FROM generate_series(1, $1::int) n", [str(MANY_ROWS).encode()])
        one.pipeline_sync()
        heard += answers(one)
    return heard


def test_pipeline_mode_cannot_tell(driven: Desk, login: str) -> None:
    direct, through = both(driven, login, talk)
    assert through == direct
    results = [one for one in through if isinstance(one, tuple)]
    assert [one[4] for one in results if one[4]] == [b"23505", b"22012", b"26000", b"42601", b"42P01", b"22012"]
    assert [one[0] for one in results].count("PIPELINE_ABORTED") == 2
    assert len(results) > 500


@pytest.mark.parametrize("form", [TEXTS, BINARY], ids=["text", "binary"])
def test_rows_are_shown_by_login(driven: Desk, login: str, form: Format) -> None:
    """Plain columns, an encrypted one and refusals, side by side in one pipeline."""
    people, cards = shown(driven, login)
    number = (lambda n: struct.pack("!i", n)) if form == BINARY else (lambda n: str(n).encode())
    with pipeline(driven.dsn(login)) as one:
        for text in (CUSTOMERS, CARD_NUMBERS, CUSTOMERS):
            one.send_query_params(text.encode(), None, result_format=form)
        one.pipeline_sync()
        found = [each for each in answers(one) if each is not None]
        first, second, third, _ = found
        assert first[3] == third[3] == [[number(n), name.encode(), email.encode(), city.encode()] for n, name, email, city in people]
        assert second[3] == [[number(n), card.encode()] for n, card in cards]


def test_a_refusal_aborts_up_to_the_next_sync(driven: Desk) -> None:
    with pipeline(driven.dsn(driven.analyst)) as one:
        for text in (b"SELECT 1", b"SELECT * FROM pg_catalog.pg_authid", b"SELECT 2"):
            one.send_query_params(text, None)
        one.pipeline_sync()
        one.send_query_params(b"SELECT 3", None)
        one.pipeline_sync()
        found = [(each[0], each[4]) for each in answers(one, 2) if each is not None]
    assert found == [
        ("TUPLES_OK", None), ("FATAL_ERROR", b"42501"), ("PIPELINE_ABORTED", None), ("PIPELINE_SYNC", None),
        ("TUPLES_OK", None), ("PIPELINE_SYNC", None),
    ]  # fmt: skip


def test_too_many_rows_abort_up_to_the_next_sync(driven: Desk) -> None:
    with pipeline(driven.dsn(driven.analyst)) as one:
        for text in (TOO_MANY.encode(), b"SELECT 2"):
            one.send_query_params(text, None)
        one.pipeline_sync()
        one.send_query_params(b"SELECT 3", None)
        one.pipeline_sync()
        found = [(each[0], each[4]) for each in answers(one, 2) if each is not None]
    assert found == [("FATAL_ERROR", b"53400"), ("PIPELINE_ABORTED", None), ("PIPELINE_SYNC", None), ("TUPLES_OK", None), ("PIPELINE_SYNC", None)]


def test_cancel_in_a_pipeline(driven: Desk, login: str) -> None:
    """The one that runs is cancelled, those before the next Sync are skipped."""
    with psycopg.connect(driven.dsn(login), autocommit=True) as whole:
        one = whole.pgconn
        one.enter_pipeline_mode()
        one.nonblocking = 1
        for text in (SLEEP.encode(), b"SELECT 2"):
            one.send_query_params(text, None)
        one.pipeline_sync()
        one.send_query_params(b"SELECT 3", None)
        one.pipeline_sync()
        while one.flush():
            pass
        until_it_sleeps(driven, login)
        whole.cancel_safe()
        found = [(each[0], each[4]) for each in answers(one, 2) if each is not None]
    assert found == [("FATAL_ERROR", b"57014"), ("PIPELINE_ABORTED", None), ("PIPELINE_SYNC", None), ("TUPLES_OK", None), ("PIPELINE_SYNC", None)]
