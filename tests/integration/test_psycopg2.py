"""psycopg2 (which puts parameters into the text and speaks the simple protocol) through the proxy, compared with a direct connection."""

from __future__ import annotations

import datetime
import decimal
import io
import select
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import pytest
from psycopg2 import errors

from tests.integration.desk import Desk
from tests.integration.drivers import CARD_NUMBERS, CUSTOMERS, MANY_ROWS, SLEEP, TOO_MANY, both, shown, until_it_sleeps

VALUES = (
    7, 2**60, decimal.Decimal("12345678901234567890.0123456789"), "数据库 ' \\ \t", True, None, b"\x00\xff\\'", datetime.date(2026, 2, 28),
    datetime.datetime(2026, 2, 28, 23, 59, 59, 999999), datetime.timedelta(days=3, microseconds=5), [1, 2, None], ["欧", 'q"', None],
    [[1, 2], [3, 4]],
)  # fmt: skip


@contextmanager
def connected(dsn: str) -> Iterator[Any]:
    with closing(psycopg2.connect(dsn)) as connection:
        yield connection


@pytest.fixture(params=["app", "analyst"])
def login(request: pytest.FixtureRequest, driven: Desk) -> str:
    return str(getattr(driven, request.param))


def talk(dsn: str) -> list[object]:
    """Everything psycopg2 can do that touches no protected relation, as one list."""
    heard: list[object] = []
    with connected(dsn) as connection, connection.cursor() as cursor:
        psycopg2.extras.register_uuid(conn_or_curs=connection)
        marks = ", ".join(["%s"] * len(VALUES))
        cursor.execute(f"SELECT {marks}", VALUES)
        heard += [[bytes(v) if isinstance(v, memoryview) else v for v in cursor.fetchone()], [c[:6] for c in cursor.description]]
        cursor.execute("SELECT %s::uuid, %s::jsonb, '{\"a\": [1, null]}'::json, '[1,5)'::int4range, '10.0.0.1'::inet, 'NaN'::numeric::text",
                       (uuid.UUID(int=5), psycopg2.extras.Json({"键": ["值", 1.5, None]})))  # fmt: skip
        heard += [cursor.fetchone(), cursor.statusmessage]
        cursor.execute("CREATE TEMP TABLE mine (id int PRIMARY KEY, note text NOT NULL)")
        psycopg2.extras.execute_values(cursor, "INSERT INTO mine VALUES %s", [(n, f"第{n}") for n in range(100)])
        psycopg2.extras.execute_batch(cursor, "UPDATE mine SET note = note || %s WHERE id = %s", [("!", n) for n in range(50)], page_size=20)
        heard.append(cursor.statusmessage)
        cursor.copy_from(io.StringIO("1000\ta\\tb\n1001\t中文\n"), "mine")
        cursor.copy_expert("COPY mine FROM STDIN WITH (FORMAT csv)", io.StringIO('1002,"x,""y"""\n'))
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT * FROM mine WHERE id >= 999 ORDER BY id) TO STDOUT", out)
        heard += [out.getvalue(), cursor.rowcount]
        connection.commit()
        heard.append(connection.get_transaction_status())
        cursor.execute("SAVEPOINT s")
        for bad in ("SELECT 1/0", "SELEC", "SELECT * FROM nowhere", "INSERT INTO mine VALUES (1, 'x')", "INSERT INTO mine VALUES (-1, NULL)",
                    "SELECT 'x'::int", "SELECT 1 WHERE"):  # fmt: skip
            with pytest.raises(psycopg2.Error) as caught:
                cursor.execute(bad)
            heard.append((bad, caught.value.pgcode, type(caught.value).__name__, connection.get_transaction_status()))
            with pytest.raises(errors.InFailedSqlTransaction):
                cursor.execute("SELECT 1")
            cursor.execute("ROLLBACK TO SAVEPOINT s")
        with pytest.raises(psycopg2.Error) as caught:
            cursor.copy_from(io.StringIO("1\tdouble\n"), "mine")
        heard.append(caught.value.pgcode)
        connection.rollback()
        cursor.execute("SELECT count(*), sum(length(note)) FROM mine")
        heard.append(cursor.fetchone())
        with connection.cursor("walk") as named:
            named.itersize = 7
            named.execute("SELECT id, note FROM mine ORDER BY id")
            heard.append(list(named)[-3:])
        cursor.execute("SELECT 1 AS a; SELECT 2 AS b")
        heard.append((cursor.fetchall(), cursor.description[0].name))
        cursor.execute(f"SELECT n, repeat('宽', 50) FROM generate_series(1, {MANY_ROWS}) n")
        rows = cursor.fetchall()
        heard += [len(rows), rows[-1], cursor.rowcount]
        cursor.execute("SELECT repeat('x', 3000000)")
        heard.append(len(cursor.fetchone()[0]))
        connection.commit()
        connection.set_session(isolation_level="SERIALIZABLE", readonly=True)
        cursor.execute("SHOW transaction_isolation")
        heard += [cursor.fetchone(), connection.encoding, connection.server_version, connection.protocol_version]
    return heard


def test_psycopg2_cannot_tell(driven: Desk, login: str) -> None:
    direct, through = both(driven, login, talk)
    assert through == direct
    codes = [one[1] for one in through if isinstance(one, tuple) and len(one) == 4]
    assert codes == ["22012", "42601", "42P01", "23505", "23502", "22P02", "42601"]


def test_rows_are_shown_by_login(driven: Desk, login: str) -> None:
    people, cards = shown(driven, login)
    with connected(driven.dsn(login)) as connection, connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
        assert cursor.fetchall() == people
        assert [c.name for c in cursor.description] == ["id", "name", "email", "city"]
        cursor.execute("SELECT name FROM shop.customers WHERE name = %s", (people[0][1],))
        assert cursor.fetchall() == [(people[0][1],)]
        cursor.execute(CARD_NUMBERS)
        assert cursor.fetchall() == cards
    with connected(driven.dsn(login)) as connection, connection.cursor(cursor_factory=psycopg2.extras.DictCursor) as cursor:
        cursor.execute("SELECT name, email FROM shop.customers WHERE id = 2")
        assert dict(cursor.fetchone()) == {"name": people[1][1], "email": people[1][2]}


def test_the_app_writes_what_it_reads(driven: Desk) -> None:
    with connected(driven.dsn(driven.app)) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop.cards VALUES (%s, 1, %s, 'x') RETURNING card_no", (900, "4000123412341234"))
        assert cursor.fetchall() == [("4000123412341234",)]
        cursor.execute("SELECT id FROM shop.cards WHERE card_no = %s", ("4000123412341234",))
        assert cursor.fetchall() == [(900,)]
        connection.rollback()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT usename, passwd FROM pg_catalog.pg_shadow", errors.InsufficientPrivilege),
        ("UPDATE shop.customers SET name = 'x' WHERE id = 1", errors.InsufficientPrivilege),
        ("CREATE TABLE public.mine (id int)", errors.FeatureNotSupported),
        ("DO $$BEGIN END$$", errors.FeatureNotSupported),
    ],
)  # fmt: skip
def test_the_analyst_is_refused(driven: Desk, statement: str, kind: type[Exception]) -> None:
    with connected(driven.dsn(driven.analyst)) as connection, connection.cursor() as cursor:
        cursor.execute("SAVEPOINT s")
        with pytest.raises(kind):
            cursor.execute(statement)
        cursor.execute("ROLLBACK TO SAVEPOINT s")
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_the_analysts_rows_are_counted(driven: Desk) -> None:
    with connected(driven.dsn(driven.analyst)) as connection:
        with connection.cursor() as cursor, pytest.raises(errors.ConfigurationLimitExceeded):
            cursor.execute(TOO_MANY)
        connection.rollback()
        with connection.cursor("walk") as named, pytest.raises(errors.ConfigurationLimitExceeded):
            named.itersize = MANY_ROWS // 4
            named.execute(TOO_MANY)
            for _ in named:
                pass


# In a process of its own: PQcancel waits for the proxy with Python's lock held, and here the proxy is a thread beside it.
_CANCELS = """
import psycopg2, sys, threading
connection = psycopg2.connect(sys.argv[1])
threading.Thread(target=lambda: (sys.stdin.readline(), connection.cancel())).start()
cursor = connection.cursor()
try:
    cursor.execute(sys.argv[2])
except psycopg2.Error as error:
    print(error.pgcode)
connection.rollback()
cursor.execute("SELECT 'goes on'")
print(cursor.fetchone()[0])
"""


def test_cancel(driven: Desk, login: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _CANCELS, driven.dsn(login), SLEEP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    until_it_sleeps(driven, login)
    assert process.communicate("now\n", timeout=30)[0].split("\n") == ["57014", "goes on", ""]
    assert process.returncode == 0


def test_notifications(driven: Desk, login: str) -> None:
    """`select` on the socket, as psycopg2's manual has it."""
    with connected(driven.dsn(login)) as hears, connected(driven.dsn(driven.app)) as speaks:
        hears.autocommit = speaks.autocommit = True
        hears.cursor().execute("LISTEN news")
        speaks.cursor().execute("NOTIFY news, '你好'")
        while not hears.notifies:
            assert select.select([hears], [], [], 15)[0]
            hears.poll()
        [heard] = hears.notifies
        assert (heard.channel, heard.payload) == ("news", "你好")


def test_asynchronous(driven: Desk, login: str) -> None:
    """The driver's non-blocking way: it polls."""

    def wait(connection: Any) -> None:
        while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
            reads = state == psycopg2.extensions.POLL_READ
            assert any(select.select([connection] if reads else [], [] if reads else [connection], [], 15))

    with closing(psycopg2.connect(driven.dsn(login), async_=1)) as connection:
        wait(connection)
        cursor = connection.cursor()
        cursor.execute(CUSTOMERS)
        wait(connection)
        assert cursor.fetchall() == shown(driven, login)[0]
