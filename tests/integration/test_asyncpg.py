"""asyncpg through the proxy, as analyst and as app, compared with the twin. Everything is prepared and in binary format."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from typing import Any

import asyncpg
import pytest

from proxy.cli.demo.load import ANALYST, APP
from tests.integration.statements import (
    ANALYST_EXPORT,
    ANALYST_READS,
    ANALYST_REFUSED,
    APP_REFUSED,
    NUMBERS,
    ONE,
    TWO,
    Ask,
    app_script,
)
from tests.shop import Place
from tests.twin import Twin

OURS = "asyncpg"
_INSERT = "INSERT INTO shop.payment_cards (customer_id, card_no, holder, brand, expires) VALUES ($1, $2, $3, $4, $5)"
_DAY = date(2030, 1, 1)

Work = Callable[[asyncpg.Connection], Awaitable[None]]


def run(dsn: str, work: Work) -> None:
    """`work` in a session of its own."""

    async def whole() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await work(connection)
        finally:
            await connection.close()

    asyncio.run(whole())


def run_app(shop: Place, work: Work) -> None:
    """The same as the app; cards of the brand `asyncpg` are removed afterwards, directly."""
    try:
        run(shop.dsn(APP), work)
    finally:
        shop.database.execute(f"DELETE FROM shop.payment_cards WHERE brand = '{OURS}'")


async def ask(connection: asyncpg.Connection, statement: Ask) -> tuple[object, ...]:
    """All a client can see of one statement: SQLSTATE, or parameter types, columns, rows and command tag."""
    text, parameters = statement
    try:
        prepared = await connection.prepare(text)
        rows = await prepared.fetch(*parameters)
    except asyncpg.PostgresError as error:
        return (error.sqlstate,)
    columns = [(a.name, a.type) for a in prepared.get_attributes()]
    types = [t.name for t in prepared.get_parameters()]
    return types, columns, [tuple(row) for row in rows], prepared.get_statusmsg()


def answers(dsn: str, statements: Iterable[Ask]) -> dict[str, tuple[object, ...]]:
    """One session asks all of it."""
    found = {}

    async def work(connection: asyncpg.Connection) -> None:
        for statement in statements:
            found[statement[0]] = await ask(connection, statement)

    run(dsn, work)
    return found


# --- the analyst


def test_analyst_reads_as_from_a_masked_copy(shop: Place, twin: Twin) -> None:
    seen = answers(shop.dsn(ANALYST), ANALYST_READS)
    assert seen == answers(twin.dsn(ANALYST), ANALYST_READS)
    assert all(len(answer) > 1 for answer in seen.values())
    assert len(seen) >= 20


def test_analyst_simple_query(shop: Place) -> None:
    async def work(ana: asyncpg.Connection) -> None:
        assert await ana.execute("SELECT * FROM shop.customers") == "SELECT 300"
        assert await ana.execute("SET work_mem = '8MB'; SELECT 1; SELECT name FROM shop.customers LIMIT 2") == "SELECT 2"
        assert await ana.fetchval("SHOW work_mem") == "8MB"
        with pytest.raises(asyncpg.FeatureNotSupportedError):
            await ana.execute("SELECT 1; CREATE TABLE mine (id int)")
        assert await ana.fetchval("SELECT count(*) FROM shop.customers WHERE phone NOT LIKE '%*%'") == 0

    run(shop.dsn(ANALYST), work)


def test_analyst_refused(shop: Place) -> None:
    found = {}

    async def work(ana: asyncpg.Connection) -> None:
        survivor = await ana.prepare("SELECT name FROM shop.customers WHERE id = $1")
        for text, _ in ANALYST_REFUSED:
            [sqlstate] = await ask(ana, (text, ()))
            with pytest.raises(asyncpg.PostgresError) as simple:
                await ana.execute(text)
            found[text] = {sqlstate, simple.value.sqlstate}
            assert not ana.is_in_transaction()
            assert str(await survivor.fetchval(1)).endswith("*")

    run(shop.dsn(ANALYST), work)
    assert found == {text: {sqlstate} for text, sqlstate in ANALYST_REFUSED}


def test_analyst_transactions(shop: Place) -> None:
    async def work(ana: asyncpg.Connection) -> None:
        survivor = await ana.prepare("SELECT count(*) FROM shop.customers WHERE name = $1")
        assert await survivor.fetchval("王**") > 0
        async with ana.transaction(isolation="serializable", readonly=True):
            assert await survivor.fetchval("王**") > 0
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with ana.transaction():  # a savepoint
                    await ana.fetch("SELECT * FROM pg_catalog.pg_authid")
            assert await survivor.fetchval("王**") > 0
            assert await ana.fetchval("SHOW transaction_isolation") == "serializable"
        transaction = ana.transaction()
        await transaction.start()
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="cannot be written"):
            await ana.execute("UPDATE shop.customers SET name = 'x'")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await survivor.fetchval("王**")
        await transaction.rollback()
        assert not ana.is_in_transaction()
        assert await survivor.fetchval("王**") > 0

    run(shop.dsn(ANALYST), work)


def test_analyst_prepared_many_times(shop: Place, twin: Twin) -> None:
    text = "SELECT c.*, p.card_no FROM shop.customers c JOIN shop.payment_cards p ON p.customer_id = c.id WHERE c.id = $1"
    found: list[list[Any]] = []

    async def work(connection: asyncpg.Connection) -> None:
        statement = await connection.prepare(text)
        found.append([tuple(row) for number in range(1, 60) for row in await statement.fetch(number)])

    run(shop.dsn(ANALYST), work)
    run(twin.dsn(ANALYST), work)
    assert found[0] == found[1]
    assert len(found[0]) > 30


def test_analyst_portal(shop: Place, twin: Twin) -> None:
    """A cursor of asyncpg is a portal executed piece by piece: one row shape, rows counted over all pieces."""

    async def work(ana: asyncpg.Connection) -> None:
        async with ana.transaction():
            walk = await ana.cursor("SELECT id, card_no FROM shop.payment_cards ORDER BY id")
            rows = await walk.fetch(5)
            rows += await walk.fetch(5)
            assert [row["id"] for row in rows] == [*range(1, 11)]
            assert all(row["card_no"].lstrip("*") == shop.cards[row["id"] - 1].number[-4:] for row in rows)
        taken = 0
        with pytest.raises(asyncpg.ConfigurationLimitExceededError):
            async with ana.transaction():
                async for _ in ana.cursor(ANALYST_EXPORT, prefetch=3000):
                    taken += 1
        assert taken <= 10_000
        assert await ana.fetchval("SELECT 1") == 1

    run(shop.dsn(ANALYST), work)


def test_analyst_export_stops(shop: Place) -> None:
    async def work(ana: asyncpg.Connection) -> None:
        survivor = await ana.prepare("SELECT name FROM shop.customers WHERE id = 1")
        for ask_all in (ana.fetch, ana.execute):
            with pytest.raises(asyncpg.ConfigurationLimitExceededError):
                await ask_all(ANALYST_EXPORT)
            assert not ana.is_in_transaction()
            assert str(await survivor.fetchval()).endswith("*")
        assert len(await ana.fetch(f"{ANALYST_EXPORT} LIMIT 10000")) == 10_000

    run(shop.dsn(ANALYST), work)


def test_analyst_copy(shop: Place) -> None:
    async def work(ana: asyncpg.Connection) -> None:
        async def write(data: bytes) -> None:
            raise AssertionError(data)

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ana.copy_from_query("SELECT * FROM shop.customers", output=write)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ana.copy_from_table("customers", schema_name="shop", output=write)
        with pytest.raises(asyncpg.PostgresError) as caught:
            await ana.copy_records_to_table("customers", schema_name="shop", records=[(1, "x")], columns=["id", "name"])
        assert caught.value.sqlstate in ("42501", "0A000")
        assert await ana.fetchval("SELECT 1") == 1

    run(shop.dsn(ANALYST), work)


@pytest.mark.parametrize("login", [ANALYST, APP])
def test_pool(shop: Place, login: str) -> None:
    """A pool resets a session when it is given back; each borrower finds a clean one."""

    async def whole() -> None:
        async with asyncpg.create_pool(shop.dsn(login), min_size=2, max_size=2) as pool:

            async def borrow(number: int) -> str:
                async with pool.acquire() as connection:
                    await connection.execute(f"SET work_mem = '{number + 8}MB'")
                    return str(await connection.fetchval("SELECT name FROM shop.customers WHERE id = $1", number))

            names = await asyncio.gather(*(borrow(number) for number in range(1, 21)))
            assert all(name.endswith("*") == (login == ANALYST) for name in names)
            assert await pool.fetchval("SHOW work_mem") == "4MB"

    asyncio.run(whole())


@pytest.mark.parametrize("login", [ANALYST, APP])
def test_types_asyncpg_must_look_up(shop: Place, login: str) -> None:
    """asyncpg reads pg_type itself, recursively, for types it does not know."""

    async def work(connection: asyncpg.Connection) -> None:
        row = await connection.fetchrow("SELECT NULL::shop.products AS one, ARRAY[]::shop.products[] AS many")
        assert row is not None
        assert (row["one"], row["many"]) == (None, [])
        assert len(await connection.fetchval("SELECT c FROM shop.consents c WHERE id = 1")) == 6

    run(shop.dsn(login), work)


# --- the app


def test_app_works_as_on_clear_text(shop: Place, twin: Twin) -> None:
    script = app_script(OURS)
    try:
        seen = answers(shop.dsn(APP), script)
    finally:
        shop.database.execute(f"DELETE FROM shop.payment_cards WHERE brand = '{OURS}'")
    assert seen == answers(twin.dsn(APP), script)
    assert [answer[0] for answer in seen.values() if len(answer) == 1] == ["23505", "23502"]
    assert len(seen) >= 20


def test_app_executemany_and_lookups(shop: Place) -> None:
    async def work(app: asyncpg.Connection) -> None:
        rows = [(n, number, "x", OURS, _DAY) for n, number in enumerate(NUMBERS, 1)]
        await app.executemany(_INSERT, rows)
        held = shop.database.execute(f"SELECT card_no FROM shop.payment_cards WHERE brand = '{OURS}'")
        assert len(held) == len(NUMBERS)
        assert not any(number.encode() in bytes(value) for (value,) in held for number in NUMBERS)  # type: ignore[call-overload]
        lookup = await app.prepare("SELECT card_no, customer_id FROM shop.payment_cards WHERE card_no = $1")
        assert [a.type.name for a in lookup.get_attributes()] == ["text", "int8"]
        assert [t.name for t in lookup.get_parameters()] == ["text"]
        for n, number in enumerate(NUMBERS, 1):
            assert [tuple(row) for row in await lookup.fetch(number)] == [(number, n)]
        with pytest.raises(asyncpg.FeatureNotSupportedError):
            await app.fetch("SELECT 1 FROM shop.payment_cards WHERE card_no LIKE $1", "9%")
        assert await lookup.fetchrow(ONE) is not None
        many = await app.fetchmany(_INSERT + " ON CONFLICT (card_no) DO UPDATE SET holder = $3 RETURNING card_no", rows)
        assert [row["card_no"] for row in many] == list(NUMBERS)

    run_app(shop, work)


def test_app_refused(shop: Place) -> None:
    digest = "SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM shop.payment_cards p"
    before = shop.database.execute(digest)
    seen = answers(shop.dsn(APP), [(text, ()) for text in APP_REFUSED])
    assert seen == dict.fromkeys(APP_REFUSED, ("0A000",))
    assert before == shop.database.execute(digest)


def test_app_transactions(shop: Place) -> None:
    async def work(app: asyncpg.Connection) -> None:
        count = await app.prepare("SELECT count(*) FROM shop.payment_cards WHERE card_no = $1")
        with pytest.raises(ZeroDivisionError):
            async with app.transaction():
                await app.execute(_INSERT, 1, ONE, "x", OURS, _DAY)
                assert await count.fetchval(ONE) == 1
                raise ZeroDivisionError
        assert await count.fetchval(ONE) == 0
        async with app.transaction():
            await app.execute(_INSERT, 1, ONE, "x", OURS, _DAY)
            with pytest.raises(asyncpg.UniqueViolationError) as caught:
                async with app.transaction():
                    await app.execute(_INSERT, 2, ONE, "x", OURS, _DAY)
            assert ONE not in str(caught.value)
            await app.execute("UPDATE shop.payment_cards SET card_no = $1 WHERE card_no = $2", TWO, ONE)
        assert [await count.fetchval(number) for number in (ONE, TWO)] == [0, 1]

    run_app(shop, work)


def test_app_portal_and_copy(shop: Place) -> None:
    async def work(app: asyncpg.Connection) -> None:
        async with app.transaction():
            walk = app.cursor("SELECT card_no FROM shop.payment_cards ORDER BY id", prefetch=7)
            cards = [row["card_no"] async for row in walk]
        assert cards == [card.number for card in shop.cards]
        await app.execute("CREATE TEMPORARY TABLE basket (id int, note text)")
        assert await app.copy_records_to_table("basket", records=[(1, "a"), (2, None)]) == "COPY 2"
        assert [tuple(row) for row in await app.fetch("SELECT * FROM basket ORDER BY id")] == [(1, "a"), (2, None)]
        records = [(1, "4111", "x", OURS, _DAY)]
        with pytest.raises(asyncpg.FeatureNotSupportedError):
            await app.copy_records_to_table(
                "payment_cards", schema_name="shop", records=records,
                columns=["customer_id", "card_no", "holder", "brand", "expires"],
            )  # fmt: skip
        assert await app.fetchval("SELECT count(*) FROM shop.payment_cards WHERE brand = $1", OURS) == 0

    run_app(shop, work)
