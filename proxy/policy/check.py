"""Rules against the live catalog: what `maskgate check` says of them. Pure; the same as `decide`, seen by an operator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from proxy.catalog.snapshot import Relation, Snapshot
from proxy.masking.types import BYTEA, oid_of
from proxy.policy.decide import Judge, is_system
from proxy.policy.rules import ColumnRule, RelationRule, Role, Ruleset
from proxy.policy.verdict import Closed
from proxy.sql.condition import row_condition

_ORDER = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Finding:
    """`severity`: 'error' (the rule does nothing, or closes what it should show), 'warning', 'notice'.

    `proposal` holds lines to paste into a rule file, or ''.
    """

    severity: str
    text: str
    proposal: str = ""


def check_rules(ruleset: Ruleset, snapshot: Snapshot) -> list[Finding]:
    """All findings, errors first. Raises nothing: rules that do not fit the catalog are what it is for."""
    found = [*_relations(ruleset, snapshot), *_roles(ruleset, snapshot), *_closed_by_reach(ruleset, snapshot)]
    return sorted(found, key=lambda one: _ORDER.index(one.severity))


def _find(snapshot: Snapshot, name: str) -> Relation | None:
    schema, _, relation = name.partition(".")
    return snapshot.relation(schema, relation)


def _relations(ruleset: Ruleset, snapshot: Snapshot) -> Iterator[Finding]:
    for rule in ruleset.relations.values():
        relation = _find(snapshot, rule.name)
        if relation is None:
            yield Finding("error", f"{rule.rule}: there is no relation {rule.name}")
            continue
        for column in rule.columns.values():
            yield from _column(ruleset, relation, column)
        yield from _unclassified(rule, relation)


def _column(ruleset: Ruleset, relation: Relation, rule: ColumnRule) -> Iterator[Finding]:
    column = relation.column(rule.name)
    if column is None:
        yield Finding("error", f"{rule.rule}: {relation.schema}.{relation.name} has no column {rule.name}")
        return
    if rule.seal is not None:
        if oid_of(column) != BYTEA:
            yield Finding("error", f"{rule.rule}: it is to be encrypted, but is {column.type_sql}: it must be bytea")
    elif rule.mask is not None:
        misfit = rule.mask.misfit(column)
        if misfit is not None:
            yield Finding("error", f"{rule.rule}: {misfit}")
    if rule.mask is None:
        without = [role.name for role in ruleset.roles.values() if role.sees[rule.class_name] == "masked"]
        if without:
            roles = ", ".join(without)
            yield Finding("warning", f"{rule.rule}: {roles} should see it masked, and no mask is named: it reads as NULL")


def _unclassified(rule: RelationRule, relation: Relation) -> Iterator[Finding]:
    missing = [column.name for column in relation.columns if column.name not in rule.columns]
    if missing:
        yield Finding(
            "warning",
            f"{rule.rule}: nobody has classified {', '.join(missing)}; restricted roles see them {rule.unlisted}",
            _lines(relation.schema, relation.name, [(name, "{class: ?}") for name in missing]),
        )


def _roles(ruleset: Ruleset, snapshot: Snapshot) -> Iterator[Finding]:
    for role in ruleset.roles.values():
        yield from _overrides(role, snapshot)
        for function in sorted(role.functions):
            schema, _, name = function.partition(".")
            if (schema, name) not in snapshot.functions:
                yield Finding("warning", f"{role.rule}: there is no function {function}")


def _overrides(role: Role, snapshot: Snapshot) -> Iterator[Finding]:
    for name, over in role.relations.items():
        relation = _find(snapshot, name)
        if relation is None:
            yield Finding("error", f"{over.rule}: there is no relation {name}")
            continue
        for column_name, column_rule in over.columns.items():
            column = relation.column(column_name)
            if column is None:
                yield Finding("error", f"{column_rule.rule}: {name} has no column {column_name}")
            elif column_rule.mask is not None and oid_of(column) != BYTEA:
                misfit = column_rule.mask.misfit(column)
                if misfit is not None:
                    yield Finding("error", f"{column_rule.rule}: {misfit}")
        if over.where is not None:
            try:
                row_condition(over.where, relation.name, frozenset(c.name for c in relation.columns))
            except ValueError as error:
                yield Finding("error", f"{over.rule}: {error}")


def _closed_by_reach(ruleset: Ruleset, snapshot: Snapshot) -> Iterator[Finding]:
    """Relations no rule names that some role cannot use because of what they can show, with the rule to write."""
    closed: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for role in ruleset.roles.values():
        judge = Judge(ruleset, snapshot, role.name)
        for relation in snapshot.relations.values():
            if not is_system(relation) and relation.kind in "rpvmf":
                verdict = judge.read(relation.oid)
                if isinstance(verdict, Closed) and f"{relation.schema}.{relation.name}" not in ruleset.relations:
                    key = (relation.schema, relation.name)
                    closed.setdefault(key, (verdict.reason, []))[1].append(role.name)
    for (schema, name), (reason, roles) in sorted(closed.items()):
        found = snapshot.relation(schema, name)
        proposal = _proposal(ruleset, snapshot, found) if found is not None else ""
        yield Finding("notice", f"{schema}.{name} is closed to {', '.join(roles)}: {reason}", proposal)


def _proposal(ruleset: Ruleset, snapshot: Snapshot, relation: Relation) -> str:
    """A rule for a relation: a column takes class and mask of the one column of that name it can show, else a question mark."""
    known: dict[str, list[ColumnRule]] = {}
    for oid in snapshot.reach(relation.oid):
        reached = snapshot.relations.get(oid)
        rule = ruleset.relations.get(f"{reached.schema}.{reached.name}") if reached is not None else None
        for column in rule.columns.values() if rule is not None else ():
            known.setdefault(column.name, []).append(column)
    columns = []
    for one in relation.columns:
        rules = known.get(one.name, [])
        if len(rules) == 1 and rules[0].seal is None:
            columns.append((one.name, _flow(rules[0])))
        else:
            columns.append((one.name, "{class: ?}"))
    return _lines(relation.schema, relation.name, columns)


def _flow(rule: ColumnRule) -> str:
    value: dict[str, object] = {"class": rule.class_name}
    if rule.mask is not None:
        value["mask"] = rule.spec
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return text.strip()


def _lines(schema: str, name: str, columns: list[tuple[str, str]]) -> str:
    listed = "".join(f"      {_key(column)}: {value}\n" for column, value in columns)
    return f"relations:\n  {_key(f'{schema}.{name}')}:\n    columns:\n{listed}"


def _key(name: str) -> str:
    text: str = yaml.safe_dump(name, allow_unicode=True, width=10_000)
    return text.removesuffix("\n").removesuffix("...").removesuffix("\n")
