"""DDL done past the proxy: it shows nothing it should not, and is noticed within a second, without a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from tests.servers import role_password
from tests.small import Connection, Inside, Small, own_server, small_database

NAME = "欧阳娜娜"
PATIENCE_S = 15.0  # it takes half a second and a load of the catalog; the rest is for a machine that is busy with other tests


@pytest.fixture
def place(newest_server: EmbeddedServer, tmp_path: Path) -> Iterator[tuple[Small, Inside]]:
    with small_database(newest_server, tmp_path / "p") as small:
        way = Inside(small)
        try:
            yield small, way
            way.rest()
        finally:
            way.stop()


@contextmanager
def analyst(place: tuple[Small, Inside]) -> Iterator[Connection]:
    """Without prepared statements: what is prepared stays what it was, or is refused as PostgreSQL does."""
    with place[1].connect(place[0].analyst) as one:
        one.prepare_threshold = None
        yield one


def within_a_second(one: Connection, text: str, wanted: object) -> None:
    """The statement's rows, or the SQLSTATE it is refused with, become `wanted`."""
    deadline = time.monotonic() + PATIENCE_S
    while (seen := asked(one, text)) != wanted:
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)


def asked(one: Connection, text: str) -> object:
    try:
        return one.execute(text).fetchall()  # type: ignore[arg-type]
    except psycopg.Error as error:
        return error.sqlstate


def test_swapped_tables(place: tuple[Small, Inside]) -> None:
    """A computed column of the protected table under an open one's name: masked again within a second."""
    small, _ = place
    small.database.execute(f"CREATE TABLE open_ones (id int, name text); GRANT SELECT ON open_ones TO {small.analyst}")
    with analyst(place) as one:
        within_a_second(one, "SELECT upper(name) FROM open_ones WHERE id = 2", [])
        small.database.execute(
            "BEGIN; ALTER TABLE customers RENAME TO c; ALTER TABLE open_ones RENAME TO customers; ALTER TABLE c RENAME TO open_ones; COMMIT"
        )
        within_a_second(one, "SELECT upper(name) FROM open_ones WHERE id = 2", [("张*",)])


def test_a_new_column(place: tuple[Small, Inside]) -> None:
    small, _way = place
    with analyst(place) as one:
        assert asked(one, "SELECT * FROM customers WHERE id = 2") == [(2, "张*")]
        small.database.execute("ALTER TABLE customers ADD COLUMN mobile text DEFAULT '13912345678'")
        deadline = time.monotonic() + PATIENCE_S
        while (seen := asked(one, "SELECT * FROM customers WHERE id = 2")) != [(2, "张*", None)]:
            assert seen == [(2, "张*")], seen
            assert time.monotonic() < deadline


def test_a_new_view(place: tuple[Small, Inside]) -> None:
    small, _way = place
    with analyst(place) as one:
        small.database.execute(
            f"CREATE VIEW v AS SELECT id, name, name || '' AS raw FROM customers; GRANT SELECT ON v TO {small.analyst}"
        )
        assert asked(one, "SELECT * FROM v WHERE id = 2") == [(2, "张*", None)]
        small.database.execute("CREATE OR REPLACE VIEW v AS SELECT id, reverse(name) AS name, name || '' AS raw FROM customers")
        within_a_second(one, "SELECT * FROM v WHERE id = 2", [(2, None, None)])


def test_a_table_that_takes_a_protected_name(place: tuple[Small, Inside]) -> None:
    small, _way = place
    with analyst(place) as one:
        small.database.execute(
            f"DROP TABLE customers; CREATE TABLE customers (id int, name text); INSERT INTO customers VALUES (1, '{NAME}');"
            f"GRANT SELECT ON customers TO {small.analyst}"
        )
        within_a_second(one, "SELECT name FROM customers", [("欧阳**",)])


def test_an_event_trigger_is_heard_at_once(place: tuple[Small, Inside]) -> None:
    """Where one notifies, the catalogs need not be looked at: asking is switched off here."""
    small, way = place
    with analyst(place) as one:
        way.running.ask(lambda: setattr(way.running.proxy.databases, "_watch_seconds", 3600.0))
        within_a_second(one, "SELECT 1", [(1,)])
        time.sleep(0.6)  # the wait that had begun before
        small.database.execute(
            "CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('maskgate_ddl', ''); END $$;"
            "CREATE EVENT TRIGGER told ON ddl_command_end EXECUTE FUNCTION told()"
        )
        small.database.execute("ALTER TABLE customers ADD COLUMN mobile text DEFAULT '13912345678'")
        within_a_second(one, "SELECT * FROM customers WHERE id = 2", [(2, "张*", None)])


def test_what_is_no_ddl_is_not_loaded(tmp_path: Path) -> None:
    """Sessions that make temporary tables, write rows and gather statistics change nothing that has to be loaded."""
    with own_server() as server, small_database(server, tmp_path / "p") as small:
        way = Inside(small)
        try:
            with way.connect(small.app) as one:
                databases = way.running.proxy.databases
                loads = dict(databases.loads)
                for number in range(5):
                    one.execute("INSERT INTO notes (body) VALUES (%s)", (str(number),))
                    small.database.execute("CREATE TEMP TABLE passing (id int primary key, x text default 'y'); ANALYZE customers")
                    time.sleep(0.25)  # the watch looks twice meanwhile
                assert databases.loads == loads
                small.database.execute("CREATE TABLE lasting (id int)")
                deadline = time.monotonic() + PATIENCE_S
                while databases.loads == loads:
                    assert time.monotonic() < deadline
        finally:
            way.stop()


def test_a_driver_that_prepares_by_itself_goes_on(place: tuple[Small, Inside]) -> None:
    """asyncpg knows the error of a plan that no longer holds by its routine, and prepares again."""
    small, way = place

    async def ask() -> list[list[str]]:
        connection = await asyncpg.connect(
            host=way.host, port=way.port, user=small.analyst, password=role_password(small.analyst), database=small.database.name
        )
        try:
            seen = [list((await connection.fetch("SELECT * FROM customers WHERE id = 2"))[0].keys())]
            small.database.execute("ALTER TABLE customers ADD COLUMN mobile text")
            deadline = time.monotonic() + PATIENCE_S
            while len(seen[-1]) == 2 and time.monotonic() < deadline:
                await asyncio.sleep(0.02)
                seen.append(list((await connection.fetch("SELECT * FROM customers WHERE id = 2"))[0].keys()))
            return seen
        finally:
            await connection.close()

    seen = asyncio.run(ask())
    assert (seen[0], seen[-1]) == (["id", "name"], ["id", "name", "mobile"])
