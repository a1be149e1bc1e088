"""What the sample shop would be if each caller's version of it really were stored: the oracle of the driver tests.

Two plain databases beside the shop's own. In *masked* every column that the shipped rules mask for analysts holds the mask,
computed here by the Python twins from the YAML alone; in *clear* card numbers are text as the app sees them. A statement of a
caller through the proxy must give what the same login gets for the same statement here, directly: rows, types, SQLSTATE.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
import psycopg
import yaml

from proxy.cli.demo.data import Shop
from proxy.cli.demo.load import ANALYST, APP, insert_cards, load_shop
from proxy.cli.embedded import EmbeddedServer
from proxy.cli.shipped import rules_folder
from proxy.masking import parse
from proxy.masking.mask import Mask
from tests.servers import Database, new_database
from tests.shop import LOGINS, Place

_CARDS_AS_TEXT = """
ALTER TABLE shop.payment_cards DROP CONSTRAINT card_no_is_sealed;
ALTER TABLE shop.payment_cards ALTER COLUMN card_no TYPE text USING NULL;
"""
# Masks collide and may be NULL: what the shop's constraints forbid.
_LOOSEN = """
DROP INDEX shop.payment_cards_card_no_idx;
ALTER TABLE shop.browsing_events ALTER COLUMN ip DROP NOT NULL;
"""


@dataclass(frozen=True)
class Twin:
    """Both databases. `dsn` is a direct connection to the one that stands for what that login is shown."""

    masked: Database
    clear: Database

    def dsn(self, login: str) -> str:
        database = {ANALYST: self.masked, APP: self.clear}[login]
        return database.dsn(login, LOGINS[login])


def masks_of_analysts() -> dict[str, dict[str, Mask]]:
    """relation -> column -> mask, of what the role `analyst` sees masked."""
    folder = rules_folder("ecommerce")
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    sees = next(d["roles"]["analyst"]["sees"] for d in documents if "roles" in d)
    found: dict[str, dict[str, Mask]] = {}
    for document in documents:
        for relation, rule in document.get("relations", {}).items():
            for column, said in rule["columns"].items():
                if sees[said["class"]] == "masked":
                    found.setdefault(relation, {})[column] = parse(said["mask"])
    return found


@contextmanager
def twin_of(server: EmbeddedServer, place: Place) -> Iterator[Twin]:
    """Make both databases for a shop of that size; drop them afterwards."""
    clear = new_database(server)
    masked = Database(server, f"{clear.name}_masked")
    try:
        asyncio.run(_fill(clear, place.shop))
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {masked.name} TEMPLATE {clear.name}".encode())
        asyncio.run(_mask_all(masked))
        yield Twin(masked, clear)
    finally:
        masked.drop()
        clear.drop()


async def _fill(clear: Database, shop: Shop) -> None:
    connection = await asyncpg.connect(clear.dsn())
    try:
        await load_shop(connection, shop, lambda *_: None)
        await connection.execute(_CARDS_AS_TEXT)
        await insert_cards(connection, shop.cards(), lambda *_: None)
    finally:
        await connection.close()


async def _mask_all(masked: Database) -> None:
    connection = await asyncpg.connect(masked.dsn())
    try:
        await connection.execute(_LOOSEN)
        for relation, masks in masks_of_analysts().items():
            await _mask(connection, relation, masks)
    finally:
        await connection.close()


async def _mask(connection: asyncpg.Connection, relation: str, masks: dict[str, Mask]) -> None:
    columns = list(masks)
    rows = await connection.fetch(f"SELECT id, {', '.join(columns)} FROM {relation}")
    changed = [(row["id"], *(masks[column].apply(row[column]) for column in columns)) for row in rows]
    sets = ", ".join(f"{column} = ${place}" for place, column in enumerate(columns, 2))
    await connection.executemany(f"UPDATE {relation} SET {sets} WHERE id = $1", changed)
