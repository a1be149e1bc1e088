"""User functions with their bodies, for `maskgate check` only: a proxy that serves has no use for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import asyncpg

from proxy.catalog import queries
from proxy.catalog.ownership import Owners
from proxy.catalog.snapshot import Oid
from proxy.errors import ProxyError
from proxy.sql.bodies import Argument, Function
from proxy.sql.settings import identifiers

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# $1: logins. `who`: those who may call it. proallargtypes is NULL when all arguments are IN; proargnames when none has a name.
_FUNCTIONS = """
SELECT n.nspname::text AS schema, p.proname::text AS name, pg_get_function_identity_arguments(p.oid) AS signature,
       p.prokind::text AS kind, l.lanname::text AS language, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS body,
       p.prosqlbody IS NOT NULL AS is_bound, p.prosecdef AS is_definer, p.proowner AS owner, p.proretset AS returns_set,
       CASE WHEN r.typtype = 'c' THEN 'record' ELSE r.typname::text END AS result,
       r.typname IN ('trigger', 'event_trigger') AS is_trigger,
       (SELECT substr(c, 13) FROM unnest(p.proconfig) AS c WHERE c LIKE 'search\\_path=%') AS path,
       coalesce(p.proallargtypes, p.proargtypes::oid[]) AS types, p.prorettype AS result_type,
       coalesce(p.proargnames, '{}') AS names, coalesce(p.proargmodes::text[], '{}') AS modes,
       ARRAY(SELECT t.typtype = 'c' OR t.oid = 'record'::regtype
               FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS a (oid, n)
               JOIN pg_type AS t ON t.oid = a.oid ORDER BY a.n) AS rows,
       coalesce(pg_get_expr(p.proargdefaults, 0), '') AS defaults,
       ARRAY(SELECT ARRAY[m.nspname::text, f.proname::text] FROM pg_proc AS f JOIN pg_namespace AS m ON m.oid = f.pronamespace
              WHERE f.oid IN (g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn,
                              g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn)) AS pieces,
       (SELECT e.extname::text FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
           AND d.refclassid = 'pg_extension'::regclass) AS extension,
       ARRAY(SELECT w FROM unnest($1::text[]) AS w
              WHERE has_function_privilege(w, p.oid, 'EXECUTE') AND has_schema_privilege(w, n.oid, 'USAGE')) AS who
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  JOIN pg_language AS l ON l.oid = p.prolang
  JOIN pg_type AS r ON r.oid = p.prorettype
  LEFT JOIN pg_aggregate AS g ON g.aggfnoid = p.oid
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast_)?temp_[0-9]+$'
 ORDER BY 1, 2, 3"""


async def load_functions(
    connection: Connection, trusted_owners: Collection[str], logins: Sequence[str]
) -> list[tuple[Function, frozenset[str]]]:
    """Every user function, and which of `logins` (existing roles) may call it. Trust as in `loader.load`."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("SELECT pg_catalog.set_config('search_path', '', true)")
        database = await connection.fetchrow(queries.DATABASE)
        roles = [(row["oid"], row["name"], row["is_superuser"]) for row in await connection.fetch(queries.ROLES)]
        owners = Owners.of(roles, database["owner"] if database is not None else Oid(0), trusted_owners)
        rows = await connection.fetch(_FUNCTIONS, list(logins))
    return [(_function(row, owners), frozenset(row["who"])) for row in rows]


def _function(row: asyncpg.Record, owners: Owners) -> Function:
    count = len(row["rows"])
    names = row["names"] or [""] * count
    modes = row["modes"] or ["i"] * count
    return Function(
        schema=row["schema"],
        name=row["name"],
        signature=row["signature"],
        kind=row["kind"],
        language=row["language"],
        body=row["body"],
        is_bound=row["is_bound"],
        is_definer=row["is_definer"],
        result=row["result"],
        returns_set=row["returns_set"],
        path=_path(row["path"]),
        arguments=tuple(Argument(name, mode, is_row) for name, mode, is_row in zip(names, modes, row["rows"], strict=True)),
        types=(*row["types"], row["result_type"]),
        defaults=row["defaults"],
        pieces=tuple((schema, name) for schema, name in row["pieces"]),
        owner=None if owners.is_trusted(row["owner"]) else owners.name(row["owner"]),
        extension=row["extension"],
        is_trigger=row["is_trigger"],
    )


def _path(value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    if value.strip() in ("", '""'):  # SET search_path = ''
        return ()
    try:
        schemas = tuple(identifiers(value))
    except ProxyError:
        return None
    return None if "$user" in schemas else schemas
