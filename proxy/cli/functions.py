"""`maskgate check` on user functions: their bodies from the live server, judged for each restricted role."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import asyncpg

from proxy.catalog.functions import load_functions
from proxy.catalog.snapshot import Snapshot
from proxy.policy.check import Finding
from proxy.policy.functions import Executable, check_functions
from proxy.policy.rules import Ruleset

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


async def function_findings(
    connection: Connection, trusted_owners: Collection[str], ruleset: Ruleset, snapshot: Snapshot
) -> list[Finding]:
    """What `check` says of every user function that a restricted login could call, or that a rule lists."""
    rows = await connection.fetch("SELECT rolname::text AS login FROM pg_catalog.pg_roles WHERE rolcanlogin ORDER BY 1")
    roles = {row["login"]: ruleset.role_of(row["login"]) for row in rows}
    restricted = [login for login, role in roles.items() if role is not None and ruleset.roles[role].restricted]
    loaded = await load_functions(connection, trusted_owners, restricted)
    return check_functions(ruleset, snapshot, [Executable(function, who) for function, who in loaded])
