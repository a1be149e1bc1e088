"""`maskgate explain`: what would happen to a statement, and why. Plans as a session would; sends nothing."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proxy.caller import Caller
from proxy.catalog.snapshot import Oid, Snapshot
from proxy.cli.catalog import connected, path_of, snapshot_of
from proxy.cli.serve import open_policy
from proxy.config import Config, ConfigError
from proxy.errors import AuthError, ProxyError, StatementError
from proxy.plan import Miss, Plan, Use
from proxy.policy.decide import Judge
from proxy.policy.verdict import Masked


def run_explain(config: Config, login: str, sql: str, database: str | None) -> bool:
    """Print the decision; True when the statement would be sent."""
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise StatementError("the statement is not UTF-8 text", sqlstate="22021") from None
    return asyncio.run(_explain(config, login, sql, database, Console(highlight=False)))


async def _explain(config: Config, login: str, sql: str, database: str | None, console: Console) -> bool:
    policy, _ = open_policy(config)
    role = policy.role_of(login)
    if role is None:
        raise AuthError(f"no role of the rules names the login {login}: it is not let in", sqlstate="28000")
    async with connected(config, database) as connection:
        snapshot = await snapshot_of(connection, config, policy.ruleset)
        rule, service = policy.ruleset.roles[role].service, config.server.service
        if rule is not None and service is None:
            raise ConfigError(f"{policy.ruleset.roles[role].rule}: has a `service`, but proxy.yaml has no server.service")
        path = await path_of(connection, login if rule is None or service is None else service.user, rule)
    judge = policy.judge_for(role, snapshot)
    kind = "restricted" if judge.restricted else "unrestricted"
    console.print(f"{login}, role {role} ({kind}), search_path {', '.join(path)}", markup=False)
    planner = policy.planner_for(Caller(login, role, snapshot.database, "explain"), snapshot)
    try:
        plan = planner.plan(sql, path=path, after_miss=True)
    except ProxyError as error:
        console.print(f"refused, {error.sqlstate}: {error.message}", style="red", markup=False)
        if error.hint:
            console.print(f"hint: {error.hint}", markup=False)
        return False
    if isinstance(plan, Miss):
        console.print(f"refused: the catalog has no {', '.join(plan.names)}", style="red", markup=False)
        return False
    _show(plan, sql, judge, snapshot, console)
    return True


def _show(plan: Plan, sql: str, judge: Judge, snapshot: Snapshot, console: Console) -> None:
    sent = plan.text.decode()
    if sent == sql:
        console.print("sent as written")
    else:
        console.print("sent as:")
        console.print(sent, soft_wrap=True, markup=False)
    for use in (use for part in plan.parts for use in part.uses):
        console.print(f"\n{use.relation}: {use.verdict}; {use.reason}, {use.rule}", soft_wrap=True, markup=False)
        if use.columns:
            console.print(_columns(use, judge, snapshot))
    limits = sorted({part.row_limit for part in plan.parts if part.row_limit is not None})
    if limits:
        console.print(f"stopped after {limits[0]:,} rows (53400)")
    for result in (result for part in plan.parts for result in part.results):
        after = f", then masked by {result.mask.name}" if result.mask is not None else ""
        place = f"result column {result.position + 1}"
        console.print(f"{place} is decrypted ({result.seal.column}){after}", soft_wrap=True, markup=False)
    for number in sorted(param.number for param in plan.params):
        console.print(f"parameter ${number} is encrypted before it leaves")


def _columns(use: Use, judge: Judge, snapshot: Snapshot) -> Table:
    """The columns the statement can reach, each with what it is shown as and the rule that says so."""
    table = Table("column", "class", "shown", "by", box=None, header_style="bold", padding=(0, 2, 0, 0))
    verdict = judge.read(Oid(use.oid))
    relation = snapshot.relations.get(Oid(use.oid))
    for name, how, mask, class_name in use.columns:
        column = relation.column(name) if relation is not None else None
        show = verdict.columns.get(column.attnum) if isinstance(verdict, Masked) and column is not None else None
        shown = f"{how}: {mask}" if mask else how
        table.add_row(*map(escape, (name, class_name, shown, show.rule if show else use.rule)))
    for column_shown in table.columns:
        column_shown.overflow = "fold"
    return table
