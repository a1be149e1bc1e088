"""Restricted callers write: open columns are changed, masked ones are neither read by a write nor destroyed by one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import asyncpg
import psycopg
import pytest
from psycopg import errors
from psycopg.pq import TransactionStatus

from tests.integration.desk import CARDS, NAMES, Connection, Desk

_ONE = "SELECT name, email, city FROM shop.customers WHERE id = 1"


@pytest.fixture(params=[False, True], ids=["text", "binary"])
def binary(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def ana(desk: Desk) -> Iterator[Connection]:
    """In a block that is rolled back."""
    with desk.connect(desk.analyst) as connection:
        connection.execute(b"BEGIN")
        yield connection
        connection.execute(b"ROLLBACK")


@pytest.fixture
def wim(desk: Desk) -> Iterator[Connection]:
    """The writer, in a block that is rolled back."""
    with desk.connect(desk.writer) as connection:
        connection.execute(b"BEGIN")
        yield connection
        connection.execute(b"ROLLBACK")


def test_insert(desk: Desk, ana: Connection, binary: bool) -> None:
    cursor = ana.execute(
        b"INSERT INTO shop.customers (id, city, profile) VALUES ($1, $2, $3), (101, DEFAULT, '{}') RETURNING *, name AS n, id + 1",
        (100, "杭州", "[1]"), binary=binary,
    )  # fmt: skip
    assert cursor.statusmessage == "INSERT 0 2"
    assert cursor.description is not None
    assert [(c.name, c.type_code) for c in cursor.description] == [
        ("id", 23), ("name", 25), ("email", 25), ("city", 25), ("profile", 3802), ("birth", 1082), ("n", 25), ("?column?", 23),
    ]  # fmt: skip
    # the default is a value like any other: masked when it is shown
    assert cursor.fetchall() == [
        (100, "某**", None, "杭州", [1], None, "某**", 101), (101, "某**", None, None, {}, None, "某**", 102),
    ]  # fmt: skip
    assert ana.execute(b"INSERT INTO shop.customers VALUES (102)").statusmessage == "INSERT 0 1"
    assert ana.execute(b"INSERT INTO shop.customers (id, name) VALUES (103, DEFAULT)").rowcount == 1
    with pytest.raises(errors.NotNullViolation) as caught:
        ana.execute(b"INSERT INTO shop.customers DEFAULT VALUES")
    assert caught.value.diag.message_detail is None


def test_insert_reads_masks(desk: Desk, ana: Connection) -> None:
    """What a masked caller puts elsewhere is what she sees."""
    ana.execute(b"INSERT INTO shop.orders (customer_id, status) SELECT id, name FROM shop.customers WHERE id <= 2")
    kept = ana.execute(b"SELECT status FROM shop.orders WHERE id > 1000 ORDER BY customer_id").fetchall()
    assert kept == [(desk.masked[1][0],), (desk.masked[2][0],)]
    assert not any(name in str(kept) for name in NAMES)


def test_update_returning(desk: Desk, ana: Connection, binary: bool) -> None:
    text = b"UPDATE shop.customers c SET city = $1 WHERE id = $2 RETURNING name, c.email AS mail, birth, city, c.name || ''"
    with pytest.raises(errors.InsufficientPrivilege, match="and not name"), ana.transaction():
        ana.execute(text, ("x", 1), binary=binary)
    for prepare in (False, True):
        cursor = ana.execute(text.replace(b", c.name || ''", b""), ("杭州", 1), binary=binary, prepare=prepare)
        assert cursor.fetchall() == [(*desk.masked[1], None, "杭州")]
    [row] = ana.execute(b"UPDATE shop.customers SET city = city WHERE id = 2 RETURNING *", binary=binary).fetchall()
    assert (row[1], row[2]) == desk.masked[2]
    assert ana.execute(_ONE.encode()).fetchall() == [(*desk.masked[1], "杭州")]


def test_update_from_a_masked_relation(desk: Desk, ana: Connection) -> None:
    """Even from the same one: as a source it is masked."""
    done = ana.execute(
        b"UPDATE shop.customers c SET city = d.name FROM shop.customers d WHERE d.id = c.id AND d.name LIKE '%*' AND c.id <= 5"
        b" RETURNING d.name, c.city, c.name"
    )
    assert sorted(done.fetchall()) == sorted((name, name, name) for name, _ in desk.masked.values())
    ana.execute(b"UPDATE shop.customers SET (city, profile) = (SELECT email, '{}'::jsonb FROM shop.customers e WHERE e.id = 3)"
                b" WHERE id = 3")  # fmt: skip
    assert ana.execute(b"SELECT city FROM shop.customers WHERE id = 3").fetchall() == [(desk.masked[3][1],)]


def test_what_a_filter_finds(desk: Desk, ana: Connection) -> None:
    """A write by a mask through a subquery touches what a SELECT by that mask shows."""
    [(found,)] = ana.execute(b"SELECT count(*) FROM shop.customers WHERE name = $1", ("丁**",)).fetchall()
    done = ana.execute(b"UPDATE shop.customers SET city = 'x' WHERE id IN (SELECT d.id FROM shop.customers d WHERE d.name = $1)",
                       ("丁**",))  # fmt: skip
    assert done.rowcount == found == 55
    raw = ana.execute(b"DELETE FROM shop.customers WHERE id IN (SELECT d.id FROM shop.customers d WHERE d.name = $1)", ("丁某某",))
    assert raw.rowcount == 0


def test_delete_returning(desk: Desk, ana: Connection, binary: bool) -> None:
    ana.execute(b"DELETE FROM shop.orders WHERE customer_id = 1")
    [row] = ana.execute(b"DELETE FROM shop.customers WHERE id = $1 RETURNING *", (1,), binary=binary).fetchall()
    assert (row[0], row[1], row[2], row[5]) == (1, *desk.masked[1], None)
    cursor = ana.execute(b"DELETE FROM shop.cards WHERE id < 3 RETURNING id, card_no, brand", binary=binary)
    assert cursor.description is not None
    assert cursor.description[1].type_code == 25
    assert sorted(cursor.fetchall()) == [(n, "*" * 12 + CARDS[n - 1][-4:], "visa") for n in (1, 2)]
    used = ana.execute(b"DELETE FROM shop.orders o USING shop.customers c WHERE c.id = o.customer_id AND c.name = $1"
                       b" RETURNING o.id, c.name", (desk.masked[2][0],))  # fmt: skip
    assert {name for _, name in used.fetchall()} == {desk.masked[2][0]}


def test_on_conflict(desk: Desk, ana: Connection, binary: bool) -> None:
    text = (b"INSERT INTO shop.customers AS c (id, city) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET city = excluded.city"
            b" WHERE c.city IS DISTINCT FROM excluded.city RETURNING c.id, c.name, c.city")  # fmt: skip
    assert ana.execute(text, (1, "苏州"), binary=binary).fetchall() == [(1, desk.masked[1][0], "苏州")]
    assert ana.execute(text, (1, "苏州"), binary=binary).fetchall() == []
    assert ana.execute(text, (100, "苏州"), binary=binary).fetchall() == [(100, "某**", "苏州")]
    assert ana.execute(b"INSERT INTO shop.customers (id) VALUES (2) ON CONFLICT DO NOTHING").statusmessage == "INSERT 0 0"
    with pytest.raises(errors.InsufficientPrivilege, match="and not email"):
        ana.execute(b"INSERT INTO shop.customers (id) VALUES (3) ON CONFLICT (email) DO NOTHING")


def test_merge(desk: Desk, ana: Connection) -> None:
    source = "USING (VALUES (1, '苏州'), (100, '无锡'), (2, NULL)) s (id, city) ON s.id = c.id"
    arms = (
        "WHEN MATCHED AND s.city IS NULL THEN DO NOTHING WHEN MATCHED THEN UPDATE SET city = s.city"
        " WHEN NOT MATCHED THEN INSERT (id, city, name) VALUES (s.id, s.city, DEFAULT)"
    )
    text = f"MERGE INTO shop.customers AS c {source} {arms}"
    assert ana.execute(text.encode()).statusmessage == "MERGE 2"
    assert ana.execute(b"SELECT id, name, city FROM shop.customers WHERE id IN (1, 2, 100) ORDER BY id").fetchall() == [
        (1, desk.masked[1][0], "苏州"), (2, desk.masked[2][0], "深圳"), (100, "某**", "无锡"),
    ]  # fmt: skip
    if desk.version >= 17:
        rows = ana.execute(f"{text} RETURNING merge_action(), c.name, s.city, c.*".encode(), binary=True).fetchall()
        assert sorted(row[:4] for row in rows) == [
            ("UPDATE", "某**", "无锡", 100), ("UPDATE", desk.masked[1][0], "苏州", 1),
        ]  # fmt: skip
        assert not any(name in str(rows) for name in NAMES)
    by_mask = ana.execute(
        b"MERGE INTO shop.orders o USING shop.customers c ON c.id = o.customer_id AND c.name = $1 WHEN MATCHED THEN DELETE",
        (desk.masked[3][0],),
    )
    assert by_mask.rowcount == 2


def test_with(desk: Desk, ana: Connection) -> None:
    moved = ana.execute(
        b"WITH gone AS (DELETE FROM shop.orders WHERE id = 1 RETURNING customer_id, status),"
        b" named AS (UPDATE shop.customers c SET city = 'x' FROM gone WHERE gone.customer_id = c.id RETURNING c.name, c.id)"
        b" INSERT INTO shop.orders (customer_id, status) SELECT id, name FROM named RETURNING customer_id, status"
    )
    assert moved.fetchall() == [(2, desk.masked[2][0])]


def test_old_and_new(desk: Desk, ana: Connection) -> None:
    if desk.version < 18:
        with pytest.raises(psycopg.Error):
            ana.execute(b"UPDATE shop.customers SET city = 'x' WHERE id = 1 RETURNING old.name")
        return
    text = b"UPDATE shop.customers SET city = 'x' WHERE id = 1 RETURNING old.name, new.name AS now, old.city, new.city, new.*"
    row = ana.execute(text, binary=True).fetchone()
    assert row is not None
    assert row[:7] == (desk.masked[1][0], desk.masked[1][0], "北京", "x", 1, *desk.masked[1])
    with pytest.raises(errors.InsufficientPrivilege):
        ana.execute(b"UPDATE shop.customers SET city = 'x' WHERE id = 1 RETURNING WITH (OLD AS o) o.name || ''")


REFUSED = (
    "UPDATE shop.customers SET name = '张**' WHERE id = 1",
    "UPDATE shop.customers SET birth = NULL",
    "UPDATE shop.customers SET city = name",
    "UPDATE shop.customers SET city = 'x' WHERE email LIKE 'raw%'",
    "UPDATE shop.customers SET city = 'x' RETURNING to_json(customers)",
    "UPDATE shop.customers c SET city = 'x' RETURNING c",
    "UPDATE shop.customers c SET city = (SELECT c.name)",
    "DELETE FROM shop.customers WHERE name = '丁某某'",
    "DELETE FROM shop.customers c USING shop.orders o WHERE c.email = o.status",
    "INSERT INTO shop.customers VALUES (100, 'x')",
    "INSERT INTO shop.customers (id, email) SELECT 100, 'x'",
    "INSERT INTO shop.customers (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x'",
    "INSERT INTO shop.cards (id, card_no) VALUES (100, '4111')",
    "UPDATE shop.cards SET card_no = NULL",
    "UPDATE shop.cards SET brand = 'x' WHERE card_no = '6222000011112222'",
    "INSERT INTO shop.orders (status) SELECT card_no FROM shop.cards",
    "MERGE INTO shop.customers c USING shop.orders o ON c.name = o.status WHEN MATCHED THEN DELETE",
    "MERGE INTO shop.customers c USING shop.orders o ON c.id = o.id WHEN MATCHED THEN UPDATE SET email = o.status",
    "WITH x AS (UPDATE shop.customers SET name = '' RETURNING id) SELECT * FROM x",
    "TRUNCATE shop.customers",
    "SELECT 1; UPDATE shop.customers SET name = ''",
)


def test_refused(desk: Desk, binary: bool) -> None:
    """Nothing changes and nothing of a row is said; the session goes on."""
    before = desk.digest()
    with desk.connect(desk.analyst) as ana:
        for text in REFUSED:
            with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)) as caught:
                ana.execute(text.encode(), binary=binary and ";" not in text)
            assert str(caught.value.diag.message_detail).startswith("Event"), text
            assert ana.info.transaction_status == TransactionStatus.IDLE
        assert ana.execute(_ONE.encode()).fetchall() == [(*desk.masked[1], "北京")]
    assert desk.digest() == before


ERRORS = (
    ("INSERT INTO shop.customers (id) VALUES (1)", "23505"),
    ("INSERT INTO shop.orders (customer_id) VALUES (999)", "23503"),
    ("INSERT INTO shop.orders (total) VALUES (-1)", "23514"),
    ("UPDATE shop.orders SET total = 1e20", "22003"),
    ("DELETE FROM shop.customers WHERE id = 1", "23503"),
    ("UPDATE shop.customers SET city = 'x' WHERE id = 1 / (id - id)", "22012"),
    ("INSERT INTO shop.customers (id, nothing) VALUES (1, 2)", "42703"),
)


def test_errors_say_nothing_of_rows(desk: Desk, binary: bool) -> None:
    with desk.connect(desk.analyst) as ana:
        for text, sqlstate in ERRORS:
            with pytest.raises(psycopg.Error) as caught:
                ana.execute(text.encode(), binary=binary)
            said = caught.value.diag
            assert (said.sqlstate, said.message_detail, said.context) == (sqlstate, None, None), text
            assert not any(f"({number})" in str(said.message_primary) for number in (1, 999)), text


def test_the_writer_writes_what_she_cannot_read(desk: Desk, wim: Connection, binary: bool) -> None:
    """`write: allow`: the value is stored as given, and shown masked at once."""
    text = "INSERT INTO shop.customers (id, name) VALUES (100, $1), (101, '诸葛亮') RETURNING id, name".encode()
    assert wim.execute(text, ("司马相如",), binary=binary).fetchall() == [(100, "司马**"), (101, "诸**")]
    done = wim.execute(b"UPDATE shop.customers SET name = $1 WHERE id = 100 RETURNING name", ("卓文君",), binary=binary)
    assert done.fetchall() == [("卓**",)]
    with pytest.raises(errors.InsufficientPrivilege), wim.transaction():
        wim.execute(b"UPDATE shop.customers SET name = name || 'x' WHERE id = 100")
    with pytest.raises(errors.InsufficientPrivilege), wim.transaction():
        wim.execute(b"UPDATE shop.customers SET email = 'x' WHERE id = 100")


def test_the_writer_writes_encrypted(desk: Desk, binary: bool) -> None:
    """Sealed on the way, as constants and parameters; who may read it reads it, she does not."""
    with desk.connect(desk.writer) as wim, desk.connect(desk.app) as app:
        try:
            text = b"INSERT INTO shop.cards (id, card_no, brand) VALUES (100, '4111222233334444', 'w'), (101, $1, 'w') RETURNING card_no"
            seen = wim.execute(text, ("5111222233334444",), binary=binary).fetchall()
            assert seen == [("*" * 12 + "4444",)] * 2
            again = b"INSERT INTO shop.cards (id, card_no) VALUES (101, $1) ON CONFLICT (id) DO UPDATE SET brand = 'twice'"
            assert wim.execute(again + b" RETURNING id, card_no", ("5111222233334444",)).fetchall() == [(101, "*" * 12 + "4444")]
            clear = app.execute(b"SELECT id, card_no, brand FROM shop.cards WHERE id >= 100 ORDER BY id", binary=binary).fetchall()
            assert clear == [(100, "4111222233334444", "w"), (101, "5111222233334444", "twice")]
            held = desk.stored("SELECT card_no FROM shop.cards WHERE id >= 100")
            assert not any(b"4444" in bytes(value) for (value,) in held)
            with pytest.raises(errors.InsufficientPrivilege):
                wim.execute(b"SELECT id FROM shop.cards WHERE card_no = $1", ("4111222233334444",))
            with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
                wim.execute(b"UPDATE shop.cards SET card_no = (SELECT d.card_no FROM shop.cards d WHERE d.id = 1) WHERE id = 100")
        finally:
            app.execute(b"DELETE FROM shop.cards WHERE id >= 100")


def test_executemany_and_pipeline(desk: Desk, ana: Connection) -> None:
    cursor = ana.cursor()
    cursor.executemany(b"INSERT INTO shop.orders (id, total) VALUES ($1, $2) RETURNING id, tax",
                       [(n, n) for n in range(2000, 2020)], returning=True)  # fmt: skip
    found = [cursor.fetchone()]
    while cursor.nextset():
        found.append(cursor.fetchone())
    assert found == [(n, Decimal(n) / 10) for n in range(2000, 2020)]
    with ana.pipeline():
        changed = [ana.execute(b"UPDATE shop.customers SET city = $1 WHERE id = $2 RETURNING name", ("x", n)) for n in range(1, 6)]
        assert [one.fetchone() for one in changed] == [(desk.masked[n][0],) for n in range(1, 6)]


def test_several_statements_in_one_text(desk: Desk, ana: Connection) -> None:
    cursor = ana.execute(
        b"INSERT INTO shop.customers (id) VALUES (100); UPDATE shop.customers SET city = 'x' WHERE id = 1 RETURNING name;"
        b" DELETE FROM shop.customers WHERE id = 100 RETURNING name; SELECT name FROM shop.customers WHERE id = 2"
    )
    assert cursor.statusmessage == "INSERT 0 1"
    found = []
    while cursor.nextset():
        found.append(cursor.fetchall())
    assert found == [[(desk.masked[1][0],)], [("某**",)], [(desk.masked[2][0],)]]


def test_savepoints(desk: Desk, ana: Connection) -> None:
    ana.execute(b"UPDATE shop.customers SET city = 'kept' WHERE id = 1")
    ana.execute(b"SAVEPOINT a")
    ana.execute(b"UPDATE shop.customers SET city = 'lost' WHERE id = 1")
    with pytest.raises(errors.InsufficientPrivilege):
        ana.execute(b"UPDATE shop.customers SET name = '' WHERE id = 1")
    assert ana.info.transaction_status == TransactionStatus.INERROR
    ana.execute(b"ROLLBACK TO SAVEPOINT a")
    assert ana.execute(_ONE.encode()).fetchall() == [(*desk.masked[1], "kept")]
    ana.execute(b"RELEASE SAVEPOINT a")


def test_names_follow_the_path(desk: Desk, ana: Connection) -> None:
    ana.execute(b"SET LOCAL search_path = shop")
    assert ana.execute(b"UPDATE customers SET city = 'x' WHERE id = 1 RETURNING name").fetchall() == [(desk.masked[1][0],)]
    ana.execute(b"SAVEPOINT a")
    ana.execute(b"SET LOCAL search_path = public")
    with pytest.raises(errors.UndefinedTable):
        ana.execute(b"UPDATE customers SET city = 'x' WHERE id = 1")
    ana.execute(b"ROLLBACK TO a")
    assert ana.execute(b"DELETE FROM orders WHERE id = 1").rowcount == 1


def test_the_row_limit_counts_what_is_returned(desk: Desk, ana: Connection) -> None:
    assert ana.execute(b"UPDATE shop.customers SET city = 'x'").rowcount == 60  # nothing leaves
    with pytest.raises(errors.ConfigurationLimitExceeded):
        ana.execute(b"UPDATE shop.customers SET city = 'x' RETURNING id")


def test_asyncpg(desk: Desk) -> None:
    """Prepared, in binary, in a transaction of its own."""

    async def work() -> None:
        ana = await asyncpg.connect(desk.dsn(desk.analyst))
        transaction = ana.transaction()
        await transaction.start()
        update = await ana.prepare("UPDATE shop.customers SET city = $2 WHERE id = $1 RETURNING id, name, email, city")
        assert [a.name for a in update.get_attributes()] == ["id", "name", "email", "city"]
        for number in range(1, 6):
            assert [tuple(r) for r in await update.fetch(number, "x")] == [(number, *desk.masked[number], "x")]
        await ana.executemany("INSERT INTO shop.orders (id, total) VALUES ($1, $2)", [(n, Decimal(n)) for n in range(2000, 2010)])
        assert await ana.execute("DELETE FROM shop.orders WHERE id >= 2000") == "DELETE 10"
        row = await ana.fetchrow("DELETE FROM shop.cards WHERE id = $1 RETURNING card_no", 1)
        assert row is not None
        assert row["card_no"] == "*" * 12 + CARDS[0][-4:]
        await transaction.rollback()
        await ana.close()

    asyncio.run(work())


def test_the_log_tells_what_was_written(desk: Desk, ana: Connection) -> None:
    ana.execute(b"UPDATE shop.customers SET city = 'the log tells' WHERE id = 1 RETURNING name")
    told = "UPDATE shop.customers SET city = ? WHERE id = ? RETURNING name"
    event = desk.running.events(kind="accept", statement=told)[-1]
    [use] = event["relations"]
    assert (event["verdict"], use["relation"]) == ("masked", "shop.customers")
    assert {one["column"]: one["how"] for one in use["columns"]}["name"] == "masked"
