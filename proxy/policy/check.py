"""Rules against the live catalog: what `maskgate check` says of them. Pure; the same as `decide`, seen by an operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from proxy.catalog.snapshot import PARTITIONED, Column, Oid, Relation, Snapshot
from proxy.masking.types import BYTEA, oid_of
from proxy.policy.decide import Judge, hides_key, is_system
from proxy.policy.rules import ColumnRule, RelationRule, Role, Ruleset
from proxy.policy.verdict import Closed, Masked
from proxy.policy.views import VIEWS, source_of
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
    found = [
        *_relations(ruleset, snapshot),
        *_roles(ruleset, snapshot),
        *_partition_keys(ruleset, snapshot),
        *_without_rules(ruleset, snapshot),
    ]
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


def _without_rules(ruleset: Ruleset, snapshot: Snapshot) -> Iterator[Finding]:
    """Relations no rule names that some role cannot use, or not wholly, because of what they can show; with a rule to write."""
    said: dict[tuple[str, str], dict[tuple[str, str], list[str]]] = {}
    for role in ruleset.roles.values():
        judge = Judge(ruleset, snapshot, role.name)
        for relation in snapshot.relations.values():
            if is_system(relation) or relation.kind not in "rpvmf" or _full_name(relation) in ruleset.relations:
                continue
            verdict = judge.read(relation.oid)
            match verdict:
                case Closed() if judge.hidden_partition_key(relation) is None:  # one finding a partitioned table is enough
                    found = "is closed to", verdict.reason
                case Masked() if relation.kind in VIEWS and _full_name(relation) not in role.relations:
                    found = "has no rule and is shown by column to", _by_column(judge, relation, verdict)
                case _:
                    continue
            said.setdefault((relation.schema, relation.name), {}).setdefault(found, []).append(role.name)
    for (schema, name), by_text in sorted(said.items()):
        text = ". It ".join(f"{how} {', '.join(roles)}: {why}" for (how, why), roles in by_text.items())
        one = snapshot.relation(schema, name)
        proposal = _proposal(ruleset, snapshot, one) if one is not None and "closed" in text else ""
        yield Finding("notice", f"{schema}.{name} {text}", proposal)


def _full_name(relation: Relation) -> str:
    return f"{relation.schema}.{relation.name}"


def _by_column(judge: Judge, view: Relation, verdict: Masked) -> str:
    """`mail masked as shop.customers.email; closed: loud, n`."""
    parts = []
    for column in view.columns:
        how = verdict.columns[column.attnum].how
        source = source_of(judge, view, column)
        if how != "closed":
            is_copy = source is not None and source[0] is not view
            parts.append(f"{column.name} {how}{_as(source) if is_copy else ''}")
    closed = [column.name for column in view.columns if verdict.columns[column.attnum].how == "closed"]
    return ", ".join(parts) + (f"; closed: {', '.join(closed)}" if closed else "")


def _as(source: tuple[Relation, Column] | None) -> str:
    return f" as {_full_name(source[0])}.{source[1].name}" if source is not None else ""


def _partition_keys(ruleset: Ruleset, snapshot: Snapshot) -> Iterator[Finding]:
    """Partitions name values of the key: by being chosen, by their bounds, and by tableoid."""
    hidden: dict[str, list[str]] = {}
    for role in ruleset.roles.values():
        judge = Judge(ruleset, snapshot, role.name)
        if judge.restricted:
            for relation in snapshot.relations.values():
                if relation.kind == PARTITIONED and not is_system(relation) and hides_key(relation, judge.own(relation)):
                    hidden.setdefault(_full_name(relation), []).append(role.name)
    for name, roles in sorted(hidden.items()):
        yield Finding(
            "warning",
            f"{name} is partitioned by a column that is not open to {', '.join(roles)}: its partitions and their bounds are "
            "closed to them, and how rows fall into partitions may still show in timing",
        )


@dataclass(frozen=True, slots=True)
class Index:
    """A btree index. `leading`: the attnums its first key is made of; `carried`: the attnums of its other columns."""

    name: str
    relation: Oid
    leading: tuple[int, ...]
    carried: tuple[int, ...]


def check_indexes(ruleset: Ruleset, snapshot: Snapshot, indexes: Iterable[Index]) -> list[Finding]:
    """Indexes whose order is that of a hidden column, and from which an open one can be read alone (FINDINGS 18).

    PostgreSQL may answer `SELECT open_column FROM …` from such an index, in its order.
    """
    found: dict[tuple[str, str, str, str], list[str]] = {}
    every = list(indexes)
    for role in ruleset.roles.values():
        judge = Judge(ruleset, snapshot, role.name)
        for index in every if judge.restricted else ():
            relation, verdict = snapshot.relations.get(index.relation), judge.read(index.relation)
            if relation is None or not isinstance(verdict, Masked):
                continue
            is_open = {c.attnum: verdict.columns[c.attnum].how == "open" for c in relation.columns}
            hidden = [c.name for c in relation.columns if c.attnum in index.leading and not is_open[c.attnum]]
            carried = [c.name for c in relation.columns if c.attnum in index.carried and is_open[c.attnum]]
            if hidden and carried:
                key = (_full_name(relation), index.name, ", ".join(hidden), ", ".join(carried))
                found.setdefault(key, []).append(role.name)
    return [
        Finding(
            "warning",
            f"{relation}: the index {index} begins with {hidden}, which is not open to {', '.join(roles)}, and carries "
            f"{carried}: rows of these alone can come in the order of the hidden values",
        )
        for (relation, index, hidden, carried), roles in sorted(found.items())
    ]


def _proposal(ruleset: Ruleset, snapshot: Snapshot, relation: Relation) -> str:
    """A rule for a relation, whole: once it has one, nothing of it follows from its sources any more.

    A copy takes class, mask and encryption of its source; another column class and mask of the one column of that name it can
    show, or the class when there is only one class it can show anything of; else a question mark.
    """
    known: dict[str, list[ColumnRule]] = {}
    for oid in snapshot.reach(relation.oid):
        reached = snapshot.relations.get(oid)
        rule = ruleset.relations.get(_full_name(reached)) if reached is not None else None
        for column in rule.columns.values() if rule is not None else ():
            known.setdefault(column.name, []).append(column)
    classes = {one.class_name for rules in known.values() for one in rules}
    only = f"{{class: {_key(classes.pop())}}}" if len(classes) == 1 else "{class: ?}"
    columns = []
    for one in relation.columns:
        rules = known.get(one.name, [])
        source = _source_rule(ruleset, snapshot, relation, one)
        if source is not None:
            columns.append((one.name, _flow(source)))
        elif one.origin is not None:
            columns.append((one.name, "{class: ?}"))
        elif len(rules) == 1 and rules[0].seal is None:
            columns.append((one.name, _flow(rules[0])))
        else:
            columns.append((one.name, only))
    return _lines(relation.schema, relation.name, columns)


def _source_rule(ruleset: Ruleset, snapshot: Snapshot, relation: Relation, column: Column) -> ColumnRule | None:
    """The rule of the column that a view's column is a copy of, through views that have none."""
    seen = set()
    while column.origin is not None and column.origin not in seen:
        seen.add(column.origin)
        source = snapshot.relations.get(column.origin[0])
        copied = source.by_attnum(column.origin[1]) if source is not None else None
        if source is None or copied is None:
            return None
        rule = ruleset.relations.get(_full_name(source))
        if rule is not None:
            return rule.columns.get(copied.name)
        column = copied
    return None


def _flow(rule: ColumnRule) -> str:
    value: dict[str, object] = {"class": rule.class_name}
    if rule.seal is not None:
        value["encrypt"] = {"type": "text", "search": rule.seal.search, "domain": rule.seal.domain}
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
