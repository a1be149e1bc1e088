"""Which user functions a restricted role may safely call: what `maskgate check` says of them. Pure; `sql/bodies.py` judges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import yaml

from proxy.catalog.snapshot import Snapshot
from proxy.policy.check import Finding
from proxy.policy.decide import Judge
from proxy.policy.rules import Role, Ruleset
from proxy.sql.bodies import Bodies, Function, Judged


@dataclass(frozen=True, slots=True)
class Executable:
    """A user function and the logins PostgreSQL lets call it: EXECUTE on it and USAGE on its schema."""

    function: Function
    logins: frozenset[str]


def check_functions(ruleset: Ruleset, snapshot: Snapshot, functions: Sequence[Executable]) -> list[Finding]:
    """For each restricted role, every function it could call or its rules list: safe or not, and why."""
    refused: dict[tuple[str, str], list[str]] = defaultdict(list)
    found: list[Finding] = []
    for role in ruleset.roles.values():
        if role.restricted:
            found += _of_role(role, ruleset, snapshot, functions, refused)
    for (names, reason), roles in sorted(refused.items()):
        found.append(Finding("notice", f"{names}: not safe to list under `functions` of {', '.join(roles)}: {reason}"))
    return found


def _of_role(
    role: Role,
    ruleset: Ruleset,
    snapshot: Snapshot,
    functions: Sequence[Executable],
    refused: dict[tuple[str, str], list[str]],
) -> Iterator[Finding]:
    judge = Judge(ruleset, snapshot, role.name)
    bodies = Bodies(
        snapshot, (one.function for one in functions), lambda relation: judge.read(relation.oid), judge.refused_functions
    )
    safe: dict[str, str] = {}
    unsafe: dict[str, list[Function]] = defaultdict(list)
    for name, judged, first in _judged(role, ruleset, functions, bodies):
        if name in role.functions:
            if judged.is_safe:
                yield Finding("notice", f"{role.rule}: {name} is safe to list: {judged.reason}")
            else:
                yield Finding("warning", f"{role.rule}: {name} is not safe to list: {judged.reason}")
        elif judged.is_safe:
            safe[name] = judged.reason
        else:
            unsafe[judged.reason].append(first)
    for reason, members in unsafe.items():
        for names in _grouped(members):
            refused[names, reason].append(role.name)
    if safe:
        listed = ", ".join(f"{name} ({reason})" for name, reason in safe.items())
        yield Finding("notice", f"{role.rule}: it may call these functions in PostgreSQL, and they are safe to list: {listed}",
                      _proposal(role, safe))  # fmt: skip


def _judged(
    role: Role, ruleset: Ruleset, functions: Sequence[Executable], bodies: Bodies
) -> Iterator[tuple[str, Judged, Function]]:
    """(name, judgement, one function of that name) of what the role could name in a statement."""
    by_name: dict[tuple[str, str], list[Executable]] = defaultdict(list)
    for one in functions:
        if not one.function.is_trigger and one.function.kind != "p":
            by_name[one.function.schema, one.function.name].append(one)
    for (schema, name), forms in by_name.items():
        logins = {login for one in forms for login in one.logins}
        is_callable = any(ruleset.role_of(login) == role.name for login in logins)
        if is_callable or f"{schema}.{name}" in role.functions:
            yield f"{schema}.{name}", bodies.judge(schema, name), forms[0].function


def _grouped(members: Iterable[Function]) -> Iterator[str]:
    """Names to show together: those of one extension, else one by one."""
    by_extension: dict[str, list[str]] = defaultdict(list)
    for one in members:
        if one.extension is None:
            yield f"{one.schema}.{one.name}"
        else:
            by_extension[one.extension].append(f"{one.schema}.{one.name}")
    for extension, names in by_extension.items():
        yield f"{len(names)} function(s) of the extension {extension} ({names[0]} …)"


def _proposal(role: Role, safe: Iterable[str]) -> str:
    lines: str = yaml.safe_dump(
        {"roles": {role.name: {"functions": sorted({*role.functions, *safe})}}}, allow_unicode=True, default_flow_style=None
    )
    return lines
