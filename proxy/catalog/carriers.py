"""Which relations run trusted code that puts values where a caller can look: the questions behind `sql/carrying.py`.

Follows calls and writes by name: a function that names one that carries, or a table whose trigger does, carries too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from proxy.catalog import queries
from proxy.catalog.snapshot import Oid
from proxy.sql.carrying import carried

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_READ = ("its view text", "its policy ")


@dataclass(frozen=True, slots=True)
class Carriers:
    """Relation -> why, when it is read, and when it is written. `temporary`: names of tables that functions make or fill."""

    on_read: Mapping[Oid, str]
    on_write: Mapping[Oid, str]
    temporary: frozenset[str]


async def load_carriers(connection: Connection) -> Carriers:
    """As the catalog is in the connection's transaction."""
    carriers: dict[Oid, str] = {}
    temporary: set[str] = set()
    for row in await connection.fetch(queries.MAY_CARRY):
        found = carried(row["body"])
        temporary |= found.temporary
        if found.sets or row["calls_set_config"]:
            carriers[row["oid"]] = row["signature"]
    uses: dict[tuple[Oid, str], str] = {}
    known: set[str] = set()
    fresh = dict(carriers)
    while fresh:
        for row in await connection.fetch(queries.USES, list(fresh), [], []):
            if row["relation"]:
                uses.setdefault((row["relation"], row["place"]), f"{row['place']} calls function {fresh[row['code']]}")
        names = await connection.fetch(queries.NAMES_OF, list(fresh), [relation for relation, _ in uses])
        new = {row["name"] for row in names} - known
        known |= new
        callers = await connection.fetch(queries.NAMING, _any_of(new), list(carriers)) if new else []
        fresh = {row["oid"]: row["signature"] for row in callers}
        carriers |= fresh
    on_read: dict[Oid, str] = {}
    on_write: dict[Oid, str] = {}
    for (relation, place), said in uses.items():
        reason = f"{said}, which puts values into settings"
        (on_read if place.startswith(_READ) else on_write).setdefault(relation, reason)
    return Carriers(on_read, on_write, frozenset(temporary))


def _any_of(names: set[str]) -> str:
    return rf"\m({'|'.join(re.escape(name) for name in sorted(names))})\M"
