"""What `check` and `explain` ask the live server, besides the snapshot: through the catalog login, read only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from proxy.catalog.loader import load
from proxy.catalog.snapshot import Snapshot
from proxy.cli.serve import open_upstream
from proxy.config import Config
from proxy.errors import Unavailable
from proxy.policy.rules import Ruleset, ServiceRule

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_PATH = """
SELECT substr(s, 13)
  FROM (VALUES (d.oid, r.oid, 1), (0::oid, r.oid, 2), (d.oid, 0::oid, 3)) AS place(db, role, rank),
       pg_catalog.pg_db_role_setting AS t, unnest(t.setconfig) AS s
 WHERE t.setdatabase = place.db AND t.setrole = place.role AND s LIKE 'search\\_path=%'
 ORDER BY rank LIMIT 1"""
_FROM = " FROM pg_catalog.pg_roles AS r, pg_catalog.pg_database AS d WHERE d.datname = current_database() AND r.rolname = $1"


@asynccontextmanager
async def connected(config: Config, database: str | None) -> AsyncIterator[Connection]:
    """A connection of the catalog login. Raises Unavailable (08006) when there is none to be had."""
    upstream = open_upstream(config)
    is_direct = upstream.tls is not None and upstream.tls.negotiation == "direct"
    try:
        connection = await asyncpg.connect(
            upstream.dsn(database or upstream.catalog_database), timeout=10, server_settings={"application_name": "maskgate"},
            ssl=upstream.catalog_ssl, direct_tls=is_direct or None,
        )  # fmt: skip
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        place = f"{config.server.host}:{config.server.port}"
        reason = str(error) or type(error).__name__
        raise Unavailable(f"no connection to PostgreSQL at {place}: {reason}", sqlstate="08006") from None
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def snapshot_of(connection: Connection, config: Config, ruleset: Ruleset) -> Snapshot:
    """The catalog as the proxy would load it."""
    owners = (*config.trusted_owners, *ruleset.trusted_owners)
    return await load(connection, version=1, trusted_owners=owners)


async def path_of(connection: Connection, login: str, service: ServiceRule | None = None) -> tuple[str, ...]:
    """The effective search_path a new session begins with: of `login`, or of the proxy's own login `login` with `service`.

    Raises Unavailable for a login or role PostgreSQL lacks.
    """
    role = login if service is None else service.set_role
    for name in (login, role):
        if not await connection.fetchval("SELECT true FROM pg_catalog.pg_roles WHERE rolname = $1", name):
            raise Unavailable(f"PostgreSQL has no role {name}", sqlstate="28000")
    async with connection.transaction(readonly=True):
        own = await connection.fetchval(f"SELECT ({_PATH}){_FROM}", login)
        if service is not None and service.search_path:
            own = ", ".join(map(quoted, service.search_path))
        path = own or await connection.fetchval("SELECT boot_val FROM pg_catalog.pg_settings WHERE name = 'search_path'")
        # As that role, because "$user" and the right to use a schema decide which schemas count.
        await connection.execute(f"SET LOCAL ROLE {quoted(role)}")
        await connection.execute("SELECT pg_catalog.set_config('search_path', $1, true)", path)
        return tuple(await connection.fetchval("SELECT pg_catalog.current_schemas(true)"))


def quoted(name: str) -> str:
    """An identifier."""
    return '"' + name.replace('"', '""') + '"'
