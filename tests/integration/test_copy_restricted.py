"""COPY of restricted callers: out as the masked query, under the row limit; in under the rule for writes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import asyncpg
import psycopg
import pytest
from psycopg import errors

from proxy.wire import messages as m
from tests.integration.desk import NAMES, ROW_LIMIT, Connection, Desk
from tests.proxies import error_of, kinds_of


@pytest.fixture
def ana(desk: Desk) -> Iterator[Connection]:
    """In a block that is rolled back."""
    with desk.connect(desk.analyst) as connection:
        connection.execute(b"BEGIN")
        yield connection
        connection.execute(b"ROLLBACK")


def copied(connection: Connection, text: str) -> bytes:
    with connection.cursor().copy(text.encode()) as copy:
        return b"".join(bytes(part) for part in copy)


_ROWS = "SELECT id, name, email, birth FROM shop.customers WHERE id <= 5 ORDER BY id"


def test_out_in_text_and_csv(desk: Desk, ana: Connection) -> None:
    text = "".join(f"{n}\t{name}\t{email}\t\\N\n" for n, (name, email) in desk.masked.items())
    assert copied(ana, f"COPY ({_ROWS}) TO STDOUT").decode() == text
    csv = "id,name,email,birth\n" + "".join(f"{n},{name},{email},\n" for n, (name, email) in desk.masked.items())
    assert copied(ana, f"COPY ({_ROWS}) TO STDOUT (FORMAT csv, HEADER)").decode() == csv
    assert copied(ana, f"COPY ({_ROWS}) TO STDOUT WITH CSV HEADER DELIMITER ';' NULL '-'").decode() == (
        csv.replace(",", ";").replace(";\n", ";-\n")
    )


def test_out_in_binary(desk: Desk, ana: Connection) -> None:
    with ana.cursor().copy(f"COPY ({_ROWS}) TO STDOUT (FORMAT binary)".encode()) as copy:
        copy.set_types(["int4", "text", "text", "date"])
        assert list(copy.rows()) == [(n, *desk.masked[n], None) for n in range(1, 6)]


def test_out_of_a_table(desk: Desk, ana: Connection) -> None:
    """Its columns but generated ones, in their order; the header says their names."""
    ana.execute(b"DELETE FROM shop.customers WHERE id > 5")
    out = copied(ana, "COPY shop.customers TO STDOUT (FORMAT csv, HEADER)").decode()
    assert out.splitlines()[0] == "id,name,email,city,profile,birth"
    assert all(name in out for name, _ in desk.masked.values())
    assert not any(name in out for name in (*NAMES, "raw", "1990"))
    assert copied(ana, "COPY shop.customers (email, id) TO STDOUT").decode().split("\n")[0] == f"{desk.masked[1][1]}\t1"
    direct = desk.stored("SELECT id, customer_id, total, status FROM shop.orders ORDER BY id")
    orders = copied(ana, "COPY shop.orders TO STDOUT").decode()
    assert [line.split("\t") for line in orders.splitlines()] == [[str(value) for value in row] for row in direct]


def test_out_of_what_a_write_returns(desk: Desk, ana: Connection) -> None:
    out = copied(ana, "COPY (UPDATE shop.customers SET city = 'x' WHERE id = 1 RETURNING id, name, email) TO STDOUT")
    assert out.decode() == f"1\t{desk.masked[1][0]}\t{desk.masked[1][1]}\n"
    assert copied(ana, "COPY (DELETE FROM shop.cards WHERE id = 1 RETURNING id, brand) TO STDOUT") == b"1\tvisa\n"


@pytest.mark.parametrize("words", ["", "(FORMAT csv)", "(FORMAT csv, HEADER)", "(FORMAT binary)"])
def test_the_row_limit(desk: Desk, ana: Connection, words: str) -> None:
    """Rows are counted, neither the header of CSV nor the frame of binary."""
    most = copied(ana, f"COPY (SELECT id FROM shop.customers LIMIT {ROW_LIMIT}) TO STDOUT {words}")
    assert most.count(b"\n") >= ROW_LIMIT or "binary" in words
    with pytest.raises(errors.ConfigurationLimitExceeded):
        copied(ana, f"COPY (SELECT id FROM shop.customers) TO STDOUT {words}")


REFUSED = (
    ("COPY shop.cards TO STDOUT", "0A000"),
    ("COPY (SELECT card_no FROM shop.cards) TO STDOUT", "0A000"),
    ("COPY (SELECT upper(card_no) FROM shop.cards) TO STDOUT", "42501"),
    ("COPY shop.customers TO '/tmp/never'", "0A000"),
    ("COPY (SELECT name FROM shop.customers) TO PROGRAM 'cat'", "0A000"),
    ("COPY shop.customers TO STDOUT (ENCODING 'latin1')", "0A000"),
    ("COPY pg_catalog.pg_authid TO STDOUT", "42501"),
    ("COPY shop.customers FROM STDIN", "42501"),
    ("COPY shop.customers (id, name) FROM STDIN", "42501"),
    ("COPY shop.cards (id, card_no) FROM STDIN", "0A000"),
    ("COPY shop.orders FROM '/etc/passwd'", "0A000"),
    ("COPY shop.orders FROM STDIN WHERE id IN (SELECT id FROM shop.customers)", "0A000"),
    ("COPY shop.nothing FROM STDIN", "42P01"),
)


def test_refused(desk: Desk) -> None:
    """In the simple and the extended protocol; what the client sends of data besides is dropped."""
    before = desk.digest()
    with desk.raw(desk.analyst) as client:
        for text, sqlstate in REFUSED:
            client.send(m.Query(text.encode()), m.CopyData(b"100\tx\n"), m.CopyDone(), m.Query(b"SELECT 1"))
            frames = client.until_ready(2)
            assert (kinds_of(frames), error_of(frames).sqlstate, text) == ("EZTDCZ", sqlstate, text)
            client.send(m.Parse(b"", text.encode()), m.Bind(b"", b""), m.Execute(b""), m.CopyData(b"100\tx\n"), m.CopyDone(), m.Sync())
            frames = client.until_ready()
            assert (kinds_of(frames), error_of(frames).sqlstate, text) == ("EZ", sqlstate, text)
    assert desk.digest() == before


def test_in(desk: Desk, ana: Connection) -> None:
    with ana.cursor().copy(b"COPY shop.customers (id, city, profile) FROM STDIN") as copy:
        copy.write_row((100, "杭州", '{"a": 1}'))
        copy.write_row((101, None, None))
    with ana.cursor().copy(b"COPY shop.customers (id, city) FROM STDIN (FORMAT csv, HEADER)") as copy:
        copy.write(b"id,city\n102,x\n")
    with ana.cursor().copy(b"COPY shop.orders (id, total) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "numeric"])
        copy.write_row((2000, 5))
    ana.execute(b"SET LOCAL search_path = shop")
    with ana.cursor().copy(b"COPY orders (id, status) FROM STDIN WHERE lower(status) <> 'x'") as copy:
        copy.write(b"2001\tX\n2002\tY\n")
    rows = ana.execute(b"SELECT id, name, city FROM customers WHERE id >= 100 ORDER BY id").fetchall()
    assert rows == [(100, "某**", "杭州"), (101, "某**", None), (102, "某**", "x")]
    assert ana.execute(b"SELECT id, status FROM orders WHERE id >= 2000 ORDER BY id").fetchall() == [(2000, None), (2002, "Y")]


ERRORS = (
    ("COPY shop.orders (id, customer_id) FROM STDIN", "2000\t999\n", "23503"),
    ("COPY shop.customers (id) FROM STDIN", "1\n", "23505"),
    ("COPY shop.orders (id, total) FROM STDIN", "2000\tnonsense\n", "22P02"),
    ("COPY shop.orders (id) FROM STDIN", "2000\ttoo many\n", "22P04"),
    ("COPY shop.orders (id, total) FROM STDIN", "2000\t-1\n", "23514"),
)


def test_errors_say_nothing_of_rows(desk: Desk) -> None:
    before = desk.digest()
    with desk.connect(desk.analyst) as ana:
        for text, data, sqlstate in ERRORS:
            with pytest.raises(psycopg.Error) as caught, ana.cursor().copy(text.encode()) as copy:
                copy.write(data)
            said = caught.value.diag
            assert (said.sqlstate, said.message_detail, said.context) == (sqlstate, None, None), text
    assert desk.digest() == before


def test_the_writer_copies_in_what_she_cannot_read(desk: Desk) -> None:
    with desk.connect(desk.writer) as wim:
        wim.execute(b"BEGIN")
        with wim.cursor().copy(b"COPY shop.customers (id, name) FROM STDIN") as copy:
            copy.write_row((100, "诸葛亮"))
        assert wim.execute(b"SELECT name FROM shop.customers WHERE id = 100").fetchall() == [("诸**",)]
        with pytest.raises(errors.FeatureNotSupported), wim.cursor().copy(b"COPY shop.cards (id, card_no) FROM STDIN"):
            pass
        wim.execute(b"ROLLBACK")


def test_asyncpg(desk: Desk) -> None:
    async def work() -> None:
        ana = await asyncpg.connect(desk.dsn(desk.analyst))
        out = io.BytesIO()
        await ana.copy_from_query(_ROWS, output=out, format="csv")
        assert out.getvalue().decode() == "".join(f"{n},{name},{mail},\n" for n, (name, mail) in desk.masked.items())
        out = io.BytesIO()
        await ana.copy_from_table("cards", schema_name="shop", columns=["id", "brand"], output=out)
        assert out.getvalue() == b"1\tvisa\n2\tvisa\n3\tvisa\n"
        transaction = ana.transaction()
        await transaction.start()
        records = [(n, "x") for n in range(100, 110)]
        done = await ana.copy_records_to_table("customers", schema_name="shop", records=records, columns=["id", "city"])
        assert done == "COPY 10"
        assert await ana.fetchval("SELECT count(*) FROM shop.customers WHERE city = 'x'") == 10
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ana.copy_records_to_table("customers", schema_name="shop", records=records, columns=["id", "name"])
        await transaction.rollback()
        await ana.close()

    asyncio.run(work())


def test_the_app_copies_what_is_not_encrypted(desk: Desk) -> None:
    with desk.connect(desk.app) as app:
        assert NAMES[0].encode() in copied(app, f"COPY ({_ROWS}) TO STDOUT")
        with pytest.raises(errors.FeatureNotSupported):
            copied(app, "COPY shop.cards TO STDOUT")


def test_an_end_of_copy_that_ends_none_lifts_no_limit(desk: Desk) -> None:
    """PostgreSQL ignores CopyDone outside COPY, and gives the rows of what follows."""
    with desk.raw(desk.analyst) as client:
        for last in (m.CopyDone(), m.CopyFail(b"no")):
            asked = (m.Parse(b"", b"SELECT id FROM shop.customers"), m.Bind(b"", b""), m.Describe("P", b""))
            client.send(*asked, last, m.Execute(b""), m.Sync())
            frames = client.until_ready()
            assert (kinds_of(frames).count("D"), error_of(frames).sqlstate) == (ROW_LIMIT, "53400")


def test_the_rest_of_large_copy_data_is_never_read_as_messages(desk: Desk) -> None:
    """While half of a large CopyData is on its way the proxy commits a block of its own: no byte of it may move for that.

    If it did, the last bytes of the data would be a frame for the server, which swallows the head of the next one: what is
    in that one would be messages that nobody planned.
    """
    commit = len(m.Query(b"COMMIT").to_bytes())
    hidden = m.Query(b"UPDATE shop.orders SET status = 'smuggled'").to_bytes()
    swallows = b"d" + (commit - 1 + 5).to_bytes(4, "big")
    raw = m.CopyData(b"x" * 2_000_000 + swallows + b"y" * (commit - len(swallows))).to_bytes()
    with desk.raw(desk.analyst) as client:
        client.send(m.Query(b"UPDATE shop.orders SET status = status RETURNING id"), raw[:70_000])
        client.until(m.Backend.DATA_ROW)
        client.send(raw[70_000:], m.CopyData(hidden))
        client.until_ready()
        client.send(m.Query(b"COMMIT"))
        client.until_ready()
    assert ("smuggled",) not in desk.stored("SELECT status FROM shop.orders")
