"""Temporary tables of restricted callers: made from masks, filled, joined with protected relations, changed and dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from psycopg import errors

from tests.integration.desk import NAMES, Connection, Desk


@pytest.fixture
def ana(desk: Desk) -> Iterator[Connection]:
    with desk.connect(desk.analyst) as connection:
        yield connection


def test_a_table_of_masks(desk: Desk, ana: Connection) -> None:
    """What is kept is what is seen; nothing later makes it clear again."""
    made = ana.execute(b"CREATE TEMP TABLE mine AS SELECT id, name, email, birth FROM shop.customers WHERE id <= 5")
    assert made.statusmessage == "SELECT 5"
    rows = ana.execute(b"SELECT * FROM mine ORDER BY id", binary=True).fetchall()
    assert rows == [(number, *desk.masked[number], None) for number in range(1, 6)]
    joined = ana.execute(
        b"SELECT m.id, m.name = c.name, c.name FROM mine m JOIN shop.customers c USING (id) WHERE c.name = m.name ORDER BY 1"
    )
    assert joined.fetchall() == [(number, True, desk.masked[number][0]) for number in range(1, 6)]
    assert not any(name in str(rows) for name in NAMES)
    [(kind,)] = ana.execute(b"SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'pg_temp.mine'::regclass"
                            b" AND attname = 'birth'").fetchall()  # fmt: skip
    assert kind == "date"


def test_its_whole_life(desk: Desk, ana: Connection) -> None:
    ana.execute(
        b"CREATE TEMPORARY TABLE basket (id int PRIMARY KEY, note text NOT NULL DEFAULT 'none', at timestamptz DEFAULT now(),"
        b" twice int GENERATED ALWAYS AS (id * 2) STORED, CHECK (id > 0))"
    )
    ana.execute(b"INSERT INTO basket (id, note) VALUES (1, 'a'), (2, DEFAULT)")
    ana.execute(b"INSERT INTO basket (id, note) SELECT id + 10, name FROM shop.customers WHERE id <= 5")
    done = ana.execute(b"INSERT INTO basket VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET note = basket.note || excluded.note"
                       b" RETURNING note, twice, basket")  # fmt: skip
    row = done.fetchone()
    assert row is not None
    assert row[:2] == ("ab", 2)
    assert ana.execute(b"UPDATE basket b SET note = c.city FROM shop.customers c WHERE c.id = b.id AND c.id <= 5").rowcount == 2
    ana.execute(b"CREATE INDEX by_note ON basket (lower(note) text_pattern_ops)")
    ana.execute(b"CREATE UNIQUE INDEX ON basket (id, note)")
    ana.execute(b"ANALYZE basket")
    assert ana.execute(b"DELETE FROM basket WHERE id = 11 RETURNING note").fetchall() == [(desk.masked[1][0],)]
    merged = ana.execute(b"MERGE INTO basket b USING shop.customers c ON c.id = b.id WHEN MATCHED THEN UPDATE SET note = c.name"
                         b" WHEN NOT MATCHED AND c.id <= 5 THEN INSERT (id, note) VALUES (c.id, c.name)")  # fmt: skip
    assert merged.statusmessage == "MERGE 9"
    assert ana.execute(b"SELECT note FROM basket WHERE id = 3").fetchall() == [(desk.masked[3][0],)]
    with pytest.raises(errors.CheckViolation):
        ana.execute(b"INSERT INTO basket (id) VALUES (-1)")
    ana.execute(b"DROP INDEX by_note")
    ana.execute(b"TRUNCATE basket")
    assert ana.execute(b"SELECT count(*) FROM pg_temp.basket").fetchall() == [(0,)]
    ana.execute(b"DROP TABLE IF EXISTS basket, another")
    with pytest.raises(errors.UndefinedTable, match='relation "basket" does not exist'):
        ana.execute(b"SELECT * FROM basket")


def test_select_into(desk: Desk, ana: Connection) -> None:
    assert ana.execute(b"SELECT id, name INTO TEMP mine FROM shop.customers WHERE id <= 2").statusmessage == "SELECT 2"
    assert ana.execute(b"TABLE mine ORDER BY id").fetchall() == [(n, desk.masked[n][0]) for n in (1, 2)]
    ana.execute(b"PREPARE p AS SELECT name FROM mine WHERE id = $1")
    assert ana.execute(b"EXECUTE p (2)").fetchall() == [(desk.masked[2][0],)]


REFUSED = (
    ("CREATE TABLE mine AS SELECT 1", "0A000"),
    ("CREATE TABLE shop.mine (a int)", "0A000"),
    ("SELECT name INTO mine FROM shop.customers", "0A000"),
    ("CREATE TEMP TABLE customers AS SELECT 1 AS a", "42501"),
    ("CREATE TEMP TABLE text (a int)", "42501"),
    ("CREATE TEMP TABLE mine (LIKE shop.customers)", "0A000"),
    ("CREATE TEMP TABLE mine () INHERITS (shop.customers)", "0A000"),
    ("CREATE TEMP TABLE mine (a int REFERENCES shop.customers)", "0A000"),
    ("CREATE TEMP TABLE mine AS SELECT card_no FROM shop.cards", "0A000"),
    ("CREATE TEMP TABLE mine AS SELECT * FROM shop.cards", "0A000"),
    ("CREATE TEMP TABLE mine AS SELECT upper(card_no) FROM shop.cards", "42501"),
    ("CREATE INDEX ON shop.customers (name)", "0A000"),
    ("ANALYZE shop.customers", "0A000"),
    ("DROP TABLE shop.customers", "0A000"),
    ("CREATE TEMP VIEW v AS SELECT name FROM shop.customers", "0A000"),
    ("CREATE TEMP SEQUENCE s", "0A000"),
)


def test_refused(desk: Desk, ana: Connection) -> None:
    before = desk.digest()
    ana.execute(b"SET search_path = shop")
    for text, sqlstate in REFUSED:
        with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)) as caught:
            ana.execute(text.encode())
        assert (caught.value.sqlstate, text) == (sqlstate, text)
        assert str(caught.value.diag.message_detail).startswith("Event")
    assert desk.digest() == before


def test_ciphertext_is_not_kept(desk: Desk, ana: Connection) -> None:
    ana.execute(b"CREATE TEMP TABLE mine (a bytea, b text)")
    for text in ("INSERT INTO mine (a) SELECT card_no FROM shop.cards", "UPDATE mine SET a = (SELECT card_no FROM shop.cards LIMIT 1)",
                 "WITH gone AS (DELETE FROM shop.cards RETURNING card_no) INSERT INTO mine (a) SELECT card_no FROM gone"):  # fmt: skip
        with pytest.raises(errors.InsufficientPrivilege):
            ana.execute(text.encode())
    assert ana.execute(b"SELECT count(*) FROM mine").fetchall() == [(0,)]


def test_transactions(ana: Connection) -> None:
    ana.execute(b"BEGIN; CREATE TEMP TABLE short ON COMMIT DROP AS SELECT 1 AS a; SELECT * FROM short")
    assert ana.execute(b"SELECT a FROM short").fetchall() == [(1,)]
    ana.execute(b"COMMIT")
    with pytest.raises(errors.UndefinedTable):
        ana.execute(b"SELECT a FROM short")
    ana.execute(b"CREATE TEMP TABLE kept (a int) ON COMMIT DELETE ROWS")
    ana.execute(b"BEGIN")
    ana.execute(b"INSERT INTO kept VALUES (1)")
    ana.execute(b"SAVEPOINT a")
    ana.execute(b"CREATE TEMP TABLE gone AS SELECT 1 AS a")
    ana.execute(b"ROLLBACK TO a")
    with pytest.raises(errors.UndefinedTable), ana.transaction():
        ana.execute(b"SELECT * FROM gone")
    assert ana.execute(b"SELECT a FROM kept").fetchall() == [(1,)]
    ana.execute(b"COMMIT")
    assert ana.execute(b"SELECT a FROM kept").fetchall() == []


def test_a_drop_that_is_rolled_back(ana: Connection) -> None:
    ana.execute(b"CREATE TEMP TABLE mine AS SELECT 1 AS a")
    ana.execute(b"BEGIN")
    ana.execute(b"DROP TABLE mine")
    ana.execute(b"ROLLBACK")
    assert ana.execute(b"SELECT a FROM mine").fetchall() == [(1,)]


def test_names(desk: Desk, ana: Connection) -> None:
    """Quoted, long, in a path that changes: the session's own tables come first, and qualified."""
    for name in ('"Mein Tisch"', '"桌子"', "t" * 70, 'U&"\\0441\\0442"'):
        ana.execute(f"CREATE TEMP TABLE {name} AS SELECT 7 AS a".encode())
        assert ana.execute(f"SELECT a FROM {name}".encode()).fetchall() == [(7,)]
        assert ana.execute(f"SELECT a FROM pg_temp.{name}".encode()).fetchall() == [(7,)]
        ana.execute(f"DROP TABLE {name}".encode())
    ana.execute(b"CREATE TEMP TABLE mine AS SELECT 1 AS a")
    ana.execute(b"SET search_path = shop")
    assert ana.execute(b"SELECT a, name FROM mine JOIN customers ON id = a").fetchall() == [(1, desk.masked[1][0])]
    ana.execute(b"DISCARD TEMP")
    with pytest.raises(errors.UndefinedTable):
        ana.execute(b"SELECT a FROM mine")
    with desk.connect(desk.analyst) as other, pytest.raises(errors.UndefinedTable):
        other.execute(b"SELECT a FROM mine")


def test_as_pandas_and_tools_do(desk: Desk, ana: Connection) -> None:
    """Made, filled in bulk by COPY, read back in a join, in one block."""
    with ana.transaction():
        ana.execute(b"CREATE TEMP TABLE upload (id bigint, label text, score double precision) ON COMMIT DROP")
        with ana.cursor().copy(b"COPY upload (id, label, score) FROM STDIN") as copy:
            for number in range(1, 6):
                copy.write_row((number, f"l{number}\t\\", number / 2))
        with ana.cursor().copy(b"COPY upload FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int8", "text", "float8"])
            copy.write_row((6, None, 3.0))
        rows = ana.execute(b"SELECT u.id, u.label, c.name FROM upload u LEFT JOIN shop.customers c ON c.id = u.id ORDER BY u.id")
        assert rows.fetchall()[:5] == [(n, f"l{n}\t\\", desk.masked[n][0]) for n in range(1, 6)]
        ana.cursor().executemany(b"INSERT INTO upload VALUES ($1, $2, $3)", [(n, "x", 1.5) for n in range(10, 20)])
        with ana.cursor().copy(b"COPY upload TO STDOUT (FORMAT csv, HEADER)") as copy:
            out = b"".join(bytes(part) for part in copy)
        assert out.startswith(b"id,label,score\n1,")
        assert out.count(b"\n") == 17


def test_asyncpg(desk: Desk) -> None:
    async def work() -> None:
        ana = await asyncpg.connect(desk.dsn(desk.analyst))
        await ana.execute("CREATE TEMPORARY TABLE basket AS SELECT id, name FROM shop.customers WHERE id <= 5")
        find = await ana.prepare("SELECT name FROM basket WHERE id = $1")
        assert await find.fetchval(3) == desk.masked[3][0]
        assert await ana.copy_records_to_table("basket", records=[(6, "a"), (7, None)], columns=["id", "name"]) == "COPY 2"
        assert await ana.fetchval("SELECT count(*) FROM basket JOIN shop.customers c USING (id)") == 7
        await ana.execute("DROP TABLE basket")
        with pytest.raises(asyncpg.UndefinedTableError):
            await ana.fetch("SELECT * FROM basket")
        await ana.reset()
        await ana.close()

    asyncio.run(work())


def test_no_code_behind_a_name(desk: Desk, ana: Connection) -> None:
    """A field that a temporary table has not calls a function, so only one that could be called anyhow."""
    ana.execute(b"CREATE TEMP TABLE mine (id int, upper text)")
    assert ana.execute(b"SELECT m.id, m.upper FROM mine m").fetchall() == []
    assert ana.execute(b"SELECT m.row_to_json FROM mine m").fetchall() == []
    with pytest.raises(errors.FeatureNotSupported, match="names a function"):
        ana.execute(b"SELECT m.record_out FROM mine m")
