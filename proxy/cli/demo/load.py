"""Make the sample shop in an empty database: logins, tables, rows; the card numbers last, and through the proxy.

Everything but card numbers goes straight to PostgreSQL with COPY as its superuser, as a shop would already have it. The
number of a card is only ever sent to the proxy, which seals it; the CHECK on the column lets nothing else in.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib.resources import files
from itertools import pairwise

import asyncpg

from proxy.cli.demo.data import FIRST_MONTH, MONTHS, Card, Row, Shop
from proxy.crypto import sql_check
from proxy.wire.auth import Verifier

DATABASE = "shop"
ANALYST, APP, OWNER = "ana", "shop_app", "dba"
_ROWS_PER_CHUNK = 2_000
_CARDS_PER_INSERT = 200  # its text stays below what a planner caches, so it is planned once
_CARD_COLUMNS = ("customer_id", "card_no", "holder", "brand", "expires", "created_at")

Progress = Callable[[str, int, int], None]  # what, rows done, rows in all


async def create_logins(superuser: asyncpg.Connection, passwords: Mapping[str, str]) -> None:
    """Make the logins of `passwords` and the database `shop`, owned by `dba`."""
    for login in passwords:
        await superuser.execute(f"CREATE ROLE {login} LOGIN")
    await set_passwords(superuser, passwords)
    await superuser.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")


async def set_passwords(superuser: asyncpg.Connection, passwords: Mapping[str, str]) -> None:
    """Give logins new passwords, as SCRAM verifiers: the clear text stands in no statement."""
    for login, password in passwords.items():
        verifier = Verifier.make(password, os.urandom(16)).to_text()
        await superuser.execute(f"ALTER ROLE {login} PASSWORD '{verifier}'")


async def load_shop(superuser: asyncpg.Connection, shop: Shop, progress: Progress) -> None:
    """Tables, rows, keys and rights, in the database of the connection. Tells `progress` after every chunk of rows."""
    await superuser.execute(_resource("tables.sql"))
    await superuser.execute(_partitions())
    check = sql_check("card_no", "equality")
    await superuser.execute(f"ALTER TABLE shop.payment_cards ADD CONSTRAINT card_no_is_sealed CHECK ({check})")
    for table, rows in shop.tables():
        await superuser.copy_to_table(table, schema_name="shop", source=_copy_text(table, rows, progress))
    await superuser.execute(_resource("keys.sql"))
    await superuser.execute(_continue_identities())
    await superuser.execute(_rights())
    await superuser.execute("ANALYZE")


async def insert_cards(app: asyncpg.Connection, cards: Sequence[Card], progress: Progress) -> None:
    """Insert through the proxy, which seals each number: one prepared INSERT of many rows, run again and again."""
    for start in range(0, len(cards), _CARDS_PER_INSERT):
        some = cards[start : start + _CARDS_PER_INSERT]
        values = [v for c in some for v in (c.customer_id, c.number, c.holder, c.brand, c.expires, c.created_at)]
        await app.execute(_insert_cards(len(some)), *values)
        progress("payment_cards", start + len(some), len(cards))


def _insert_cards(rows: int) -> str:
    width = len(_CARD_COLUMNS)
    groups = (", ".join(f"${row * width + place + 1}" for place in range(width)) for row in range(rows))
    return f"INSERT INTO shop.payment_cards ({', '.join(_CARD_COLUMNS)}) VALUES ({'), ('.join(groups)})"


async def _copy_text(table: str, rows: Sequence[Row], progress: Progress) -> AsyncIterator[bytes]:
    """Rows in COPY's text format (PostgreSQL 18, COPY, "File Formats")."""
    for start in range(0, len(rows), _ROWS_PER_CHUNK):
        some = rows[start : start + _ROWS_PER_CHUNK]
        yield "".join(_copy_line(row) for row in some).encode()
        progress(table, start + len(some), len(rows))


def _copy_line(row: Iterable[object]) -> str:
    return "\t".join(_copy_field(value) for value in row) + "\n"


def _copy_field(value: object) -> str:
    match value:
        case None:
            return r"\N"
        case bool():
            return "t" if value else "f"
        case date() | datetime():
            return value.isoformat()
        case str() if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
            escaped = value.replace("\\", r"\\").replace("\t", r"\t")
            return escaped.replace("\n", r"\n").replace("\r", r"\r")
        case _:
            return str(value)


def _partitions() -> str:
    months = [_month(FIRST_MONTH, number) for number in range(MONTHS + 1)]
    return "\n".join(
        f"CREATE TABLE shop.browsing_events_{start:%Y_%m} PARTITION OF shop.browsing_events"
        f" FOR VALUES FROM ('{start} 00:00+08') TO ('{end} 00:00+08');"
        for start, end in pairwise(months)
    )


def _month(first: date, number: int) -> date:
    year, month = divmod(first.month - 1 + number, 12)
    return date(first.year + year, month + 1, 1)


def _continue_identities() -> str:
    """COPY wrote ids itself: let the next one follow."""
    tables = ("customers", "addresses", "products", "orders", "order_items", "browsing_events", "consents")
    return "\n".join(
        f"SELECT setval(pg_get_serial_sequence('shop.{table}', 'id'), max(id)) FROM shop.{table};" for table in tables
    )


def _rights() -> str:
    """`ana` may read the tables raw: the masks run as her own role, so pg_hba must keep her from the server itself."""
    lines = [f"GRANT USAGE ON SCHEMA shop TO {ANALYST}, {APP};",
             f"GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {ANALYST};",
             f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO {APP};",
             f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA shop TO {APP};",
             f"ALTER SCHEMA shop OWNER TO {OWNER};"]  # fmt: skip
    lines.append(
        "DO $$ DECLARE r regclass; BEGIN"
        " FOR r IN SELECT oid FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'p', 'v')"
        f" LOOP EXECUTE format('ALTER TABLE %s OWNER TO {OWNER}', r); END LOOP; END $$;"
    )
    return "\n".join(lines)


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
