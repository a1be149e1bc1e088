"""`maskgate check`: the rules held against the live server. What the catalog alone tells is `policy.check`; here is the rest:
encrypted columns without their CHECK, and restricted logins with rights that lead around the proxy.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import asyncpg
from rich.console import Console

from proxy.catalog.loader import CHANNEL
from proxy.catalog.snapshot import Snapshot
from proxy.cli.catalog import connected, quoted, snapshot_of
from proxy.cli.functions import function_findings
from proxy.cli.policy import Policy
from proxy.cli.serve import open_listen_tls, open_logins, open_policy
from proxy.config import Config
from proxy.crypto import sql_check
from proxy.errors import ProxyError
from proxy.policy.check import Finding, Index, check_indexes, check_rules
from proxy.policy.rules import Ruleset

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_STYLES = {"error": "bold red", "warning": "yellow", "notice": "cyan"}
# Roles whose members read tables or files whatever the rules say (PostgreSQL 18, 21.5).
_AROUND = ("pg_read_all_data", "pg_write_all_data", "pg_read_server_files", "pg_execute_server_program")
_POWERS = (
    ("superuser", "is_super"),
    ("membership in a superuser's role", "may_be_super"),
    ("REPLICATION", "replicates"),
    ("BYPASSRLS", "bypasses"),
)
_LOGINS = """
SELECT r.rolname AS login, r.rolsuper AS is_super,
       NOT r.rolsuper AND EXISTS (SELECT FROM pg_catalog.pg_roles AS s
                                   WHERE s.rolsuper AND pg_catalog.pg_has_role(r.oid, s.oid, 'member')) AS may_be_super,
       r.rolreplication AS replicates, r.rolbypassrls AS bypasses,
       a.rolpassword LIKE 'SCRAM-SHA-256$%' AS has_scram,
       ARRAY(SELECT p.rolname::text FROM pg_catalog.pg_roles AS p
              WHERE p.rolname = ANY($1::text[]) AND pg_catalog.pg_has_role(r.oid, p.oid, 'member') ORDER BY 1) AS member_of
  FROM pg_catalog.pg_roles AS r JOIN pg_catalog.pg_authid AS a ON a.oid = r.oid
 WHERE r.rolcanlogin ORDER BY 1"""
_CHECKS = """
SELECT pg_catalog.pg_get_constraintdef(c.oid) AS text FROM pg_catalog.pg_constraint AS c
 WHERE c.conrelid = $1 AND c.contype = 'c' AND c.convalidated AND c.conkey = ARRAY[$2]::int2[]"""
# The columns an expression is made of depend on the index too; those it carries besides are taken off.
_INDEXES = """
SELECT c.relname::text AS name, i.indrelid AS relation, (i.indkey::int2[])[0:0] AS leading,
       (i.indkey::int2[])[1:i.indnatts - 1] AS carried,
       ARRAY(SELECT DISTINCT d.refobjsubid::int2 FROM pg_catalog.pg_depend AS d
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid) AS used
  FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
 WHERE a.amname = 'btree' AND i.indisvalid AND i.indnatts > 1 ORDER BY i.indexrelid"""
# Functions of event triggers that notify on our channel.
_WATCHED = """
SELECT true FROM pg_catalog.pg_event_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.evtfoid
 WHERE t.evtenabled <> 'D' AND p.prosrc LIKE $1 LIMIT 1"""
_TRIGGER = f"""\
CREATE FUNCTION maskgate_ddl() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_catalog.pg_notify('{CHANNEL}', ''); END $$;
CREATE EVENT TRIGGER maskgate_ddl ON ddl_command_end EXECUTE FUNCTION maskgate_ddl();
CREATE EVENT TRIGGER maskgate_drop ON sql_drop EXECUTE FUNCTION maskgate_ddl();"""
# $1: the service login, $2: the role it takes.
_TAKES = """
SELECT r.rolcanlogin AS can_login, r.rolinherit AS inherits,
       r.rolsuper OR r.rolreplication OR r.rolbypassrls OR r.rolcreaterole AS has_power,
       s.oid IS NOT NULL AS is_there, s.oid IS NOT NULL AND pg_catalog.pg_has_role(r.oid, s.oid, 'member') AS is_member,
       coalesce(s.rolsuper OR s.rolreplication OR s.rolbypassrls, false) AS is_strong
  FROM pg_catalog.pg_roles AS r LEFT JOIN pg_catalog.pg_roles AS s ON s.rolname = $2 WHERE r.rolname = $1"""
_HBA = """
SELECT line_number, type, user_name, address, netmask, auth_method FROM pg_catalog.pg_hba_file_rules
 WHERE error IS NULL ORDER BY line_number"""


def run_check(config: Config, database: str | None) -> bool:
    """Print every finding; True when none is an error."""
    findings = asyncio.run(_check(config, database))
    console = Console(highlight=False, soft_wrap=True)
    for one in findings:
        console.print(f"{one.severity}: ", style=_STYLES[one.severity], end="")
        console.print(one.text, markup=False)
        if one.proposal:
            console.print("".join(f"    {line}\n" for line in one.proposal.splitlines()), end="", markup=False)
    counts = {severity: sum(one.severity == severity for one in findings) for severity in _STYLES}
    console.print(", ".join(f"{count} {severity}(s)" for severity, count in counts.items()))
    return counts["error"] == 0


async def _check(config: Config, database: str | None) -> list[Finding]:
    policy, sealer = open_policy(config)
    ruleset = policy.ruleset
    async with connected(config, database) as connection:
        snapshot = await snapshot_of(connection, config, ruleset)
        found = check_rules(ruleset, snapshot)
        if ruleset.has_seals and sealer is None:
            found.append(Finding("error", "rules encrypt columns, and the configuration names no `keys`"))
        found += _unreadable(config, policy)
        found += [one async for one in _sealed_columns(connection, ruleset, snapshot)]
        found += [one async for one in _logins(connection, ruleset)]
        found += [one async for one in _service(connection, ruleset, config)]
        if not await connection.fetchval(_WATCHED, f"%{CHANNEL}%"):
            text = "DDL done past the proxy is noticed within a second; with an event trigger it is noticed at once"
            found.append(Finding("notice", text, _TRIGGER))
        owners = (*config.trusted_owners, *ruleset.trusted_owners)
        found += await function_findings(connection, owners, ruleset, snapshot)
        found += check_indexes(ruleset, snapshot, [_index(row) for row in await connection.fetch(_INDEXES)])
    return sorted(found, key=lambda one: list(_STYLES).index(one.severity))


def _index(row: asyncpg.Record) -> Index:
    carried, leading = tuple(row["carried"]), tuple(row["leading"])
    if leading == (0,):  # an expression
        used = [attnum for attnum in row["used"] if attnum]
        leading = tuple(attnum for attnum in used if attnum not in carried) or tuple(used)
    return Index(row["name"], row["relation"], leading, carried)


async def _sealed_columns(connection: Connection, ruleset: Ruleset, snapshot: Snapshot) -> AsyncIterator[Finding]:
    """Without its CHECK, whoever writes around the proxy puts plaintext into an encrypted column."""
    for rule in ruleset.relations.values():
        schema, _, name = rule.name.partition(".")
        relation = snapshot.relation(schema, name)
        for listed in rule.columns.values() if relation is not None else ():
            column = relation.column(listed.name) if relation is not None else None
            if relation is None or column is None or listed.seal is None:
                continue
            texts = [row["text"] for row in await connection.fetch(_CHECKS, relation.oid, column.attnum)]
            if not any("c14d47" in text for text in texts):
                check = sql_check(quoted(column.name), listed.seal.search)
                table = f"{quoted(schema)}.{quoted(name)}"
                text = f"{listed.rule}: the column is encrypted, and no CHECK keeps plaintext out of it"
                yield Finding("error", text, f"ALTER TABLE {table} ADD CHECK ({check});")


def _unreadable(config: Config, policy: Policy) -> Iterator[Finding]:
    """Files of logins and certificates that `serve` could not use."""
    for reading in (lambda: open_logins(config, policy), lambda: open_listen_tls(config)):
        try:
            reading()
        except ProxyError as error:
            yield Finding("error", error.message, error.hint or "")


async def _logins(connection: Connection, ruleset: Ruleset) -> AsyncIterator[Finding]:
    """What a restricted login could do without the proxy, or past it."""
    restricted = []
    for row in await connection.fetch(_LOGINS, list(_AROUND)):
        login, role = row["login"], ruleset.role_of(row["login"])
        if role is None:
            continue
        if not row["has_scram"]:
            yield Finding("warning", f"{login}: its password is not stored as SCRAM-SHA-256, so it cannot log in here")
        if not ruleset.roles[role].restricted:
            continue
        restricted.append(login)
        powers = [name for name, column in _POWERS if row[column]]
        powers += [] if row["is_super"] else row["member_of"]  # a superuser is a member of every role
        if powers:
            text = f"{login} (role {role}) is restricted by the rules, and has {', '.join(powers)} in PostgreSQL"
            yield Finding("error", text)
    proxy_address = await connection.fetchval("SELECT pg_catalog.host(pg_catalog.inet_client_addr())")
    try:
        rules = await connection.fetch(_HBA)
    except asyncpg.InsufficientPrivilegeError:
        yield Finding("warning", "the catalog login may not read pg_hba_file_rules: see yourself who can pass by the proxy")
        return
    for login in restricted:
        for rule in rules:
            if _lets_past(rule, login, proxy_address):
                place = "a local socket" if rule["type"] == "local" else rule["address"] or "anywhere"
                text = f"pg_hba.conf line {rule['line_number']} may let {login} in from {place}, around the proxy"
                yield Finding("error", f"{text}: masks run as its own role, so it would read raw values there")


async def _service(connection: Connection, ruleset: Ruleset, config: Config) -> AsyncIterator[Finding]:
    """Whether the proxy's own login can become what the rules say, and no more."""
    service = config.server.service
    for role in ruleset.roles.values():
        if role.service is None:
            continue
        if service is None:
            yield Finding("error", f"{role.rule}: has a `service`, and proxy.yaml has no server.service: {{user: …}}")
            continue
        wanted = role.service.set_role
        row = await connection.fetchrow(_TAKES, service.user, wanted)
        if row is None or not row["can_login"]:
            yield Finding("error", f"server.service: PostgreSQL has no login {service.user}")
        elif not row["is_there"]:
            yield Finding("error", f"{role.rule}: PostgreSQL has no role {wanted}")
        elif not row["is_member"]:
            proposal = f"GRANT {quoted(wanted)} TO {quoted(service.user)};"
            yield Finding("error", f"{role.rule}: {service.user} is no member of {wanted}", proposal)
        else:
            if row["has_power"] or row["is_strong"]:
                strong = service.user if row["has_power"] else wanted
                powers = "superuser, CREATEROLE, REPLICATION or BYPASSRLS"
                yield Finding("error", f"{role.rule}: {strong} has powers of its own ({powers})")
            if row["inherits"]:
                proposal = f"ALTER ROLE {quoted(service.user)} NOINHERIT;"
                yield Finding("warning", f"{service.user} inherits what its roles may: it needs none of it by itself", proposal)
        if not role.restricted:
            text = f"{role.rule}: is not restricted, so its sessions may SET ROLE to whatever {service.user} is a member of"
            yield Finding("warning", text)


def _lets_past(rule: asyncpg.Record, login: str, proxy_address: str | None) -> bool:
    """Whether the line may admit `login` from another place than the proxy's machine (PostgreSQL 18, 20.1)."""
    users = rule["user_name"]
    # +role, @file and /pattern are not worked out: such a line may name the login.
    if rule["auth_method"] == "reject" or not any(u in ("all", login) or u[:1] in ("+", "/") for u in users):
        return False
    if rule["type"] == "local":
        return True
    if rule["address"] == "samehost":
        return False
    try:
        network = ipaddress.ip_network(f"{rule['address']}/{rule['netmask']}", strict=False) if rule["netmask"] else None
        if network is None or proxy_address is None:
            return True
        proxy = ipaddress.ip_address(proxy_address)
        only_proxy = network.num_addresses == 1 and network.network_address == proxy
        return not (only_proxy or (proxy.is_loopback and network.is_loopback))
    except ValueError:  # a host name, an IPv6 netmask ipaddress does not read
        return not (rule["address"] or "").startswith("::1")
