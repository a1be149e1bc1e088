"""(role, relation) -> Verdict: the rules of a role over one snapshot of the catalog.

Deny beats allow, the narrower rule beats the wider (column override, relation override, class, `unlisted`). What no rule names
follows from what it can show: children and parents in inheritance and partition trees take the rules of their relatives by
column name; a view or materialised view over a relation that is not fully open is judged column by column (`views.py`);
anything else that reaches such a relation is closed, until a rule of its own opens it.

Writing: a column shown open may be written, another may not, unless an override says otherwise (`write`). Pure: the same
ruleset, snapshot and role give the same verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from proxy.catalog.snapshot import FOREIGN, PARTITIONED, TOAST, Column, Oid, Relation, Snapshot
from proxy.masking.types import BYTEA, TEXT, oid_of
from proxy.policy.model import SYSTEM_SCHEMAS
from proxy.policy.rules import (
    ColumnOverrideRule,
    ColumnRule,
    RelationOverrideRule,
    RelationRule,
    Role,
    Ruleset,
)
from proxy.policy.verdict import Closed, Masked, Open, Show, Verdict
from proxy.policy.views import BYTEAS, VIEWS, by_column, hides, with_seals
from proxy.policy.writing import is_writable, limited, refusal_of
from proxy.sql import build
from proxy.sql.condition import row_condition

_BUILTIN = "built-in rules"
_BOUND_FUNCTIONS = frozenset(("pg_get_partition_constraintdef",))
_STRICTNESS = {"open": 0, "masked": 1, "closed": 2}


class Judge:
    """What one role may see at one snapshot. `remembered` names, by OID, the rule a relation was once protected by,
    `inherited` those of the relations it was once a child or partition of.

    Raises KeyError when the ruleset has no such role.
    """

    def __init__(
        self,
        ruleset: Ruleset,
        snapshot: Snapshot,
        role: str,
        remembered: Mapping[Oid, str] | None = None,
        inherited: Mapping[Oid, tuple[str, ...]] | None = None,
    ) -> None:
        self.ruleset = ruleset
        self.snapshot = snapshot
        self.role: Role = ruleset.roles[role]
        self._remembered = dict(remembered or {})
        self._inherited = dict(inherited or {})
        self._verdicts: dict[Oid, Verdict] = {}
        self._own_verdicts: dict[Oid, Verdict | None] = {}
        self._protected: dict[Oid, bool] = {}
        self._reached: dict[Oid, Closed | None] = {}
        self._named = {name for one in ruleset.roles.values() for name in one.relations}
        # Overrides that only say who may write leave it to everything else how the relation reads.
        self._reading = {name for name, over in self.role.relations.items() if over.is_about_reading}
        self.restricted = self.role.restricted
        self.is_glass = not self.restricted and not (self.role.has_keys and ruleset.has_seals)

    @property
    def row_limit(self) -> int | None:
        """The export guard's rows_per_statement; None: no limit."""
        return self.role.rows_per_statement

    @property
    def rows_per_day(self) -> int | None:
        """Accepted and kept; the export guard of a later version counts it."""
        return self.role.rows_per_day

    @property
    def copy_refused(self) -> bool:
        """Whether COPY TO is refused."""
        return self.role.copy_refused

    @property
    def functions(self) -> frozenset[str]:
        """`schema.name` of the functions outside pg_catalog that a restricted role may call."""
        return self.role.functions

    @property
    def channels(self) -> frozenset[str]:
        """Channels a restricted role may LISTEN on and NOTIFY; names as PostgreSQL keeps them (folded, unquoted)."""
        return self.role.channels

    @property
    def purpose(self) -> str:
        """What the role may use the data for."""
        return ", ".join(self.role.purpose)

    @property
    def refused_functions(self) -> frozenset[str]:
        """Functions of pg_catalog that would show a hidden partition key."""
        return _BOUND_FUNCTIONS if self.restricted and self._hides_partition_keys else frozenset()

    def read(self, oid: Oid) -> Verdict:
        """The verdict for one relation; remembered, so it costs one look-up the second time."""
        found = self._verdicts.get(oid)
        if found is None:
            found = self._verdicts[oid] = self._read(oid)
        return found

    def is_protected(self, oid: Oid) -> bool:
        """Whether a rule file protects it for anyone: it has a rule, or a relative of it, or something it can show."""
        found = self._protected.get(oid)
        if found is None:
            relation = self.snapshot.relations.get(oid)
            found = relation is not None and any(
                self._rule_names(one) or _name(one) in self._named for one, _ in self.shown_by(relation)
            )
            self._protected[oid] = found
        return found

    # -- one relation --------------------------------------------------------------------------------------------------

    def _read(self, oid: Oid) -> Verdict:
        relation = self.snapshot.relations.get(oid)
        if relation is None:
            reason = "it is not in the catalog this decision is made on"
            return Closed("no rule", reason) if self.restricted else Open("no rule", reason)
        own = self.own(relation)
        if own is not None:
            return own
        reached = self._by_reach(relation)
        if isinstance(reached, Closed):
            return reached
        if self.restricted and self.ruleset.unlisted_relation == "closed":
            return Closed("defaults.unlisted_relation", "no rule names it")
        return self.without_rule(relation) if reached is None else self._limited(relation, reached)

    def without_rule(self, relation: Relation) -> Verdict:
        """The verdict for a relation that reaches nothing the rules are about."""
        return self._limited(relation, Open("no rule", "no rule names it or anything it can show"))

    def _limited(self, relation: Relation, verdict: Verdict) -> Verdict:
        """Under the overrides that only say who may write: its own, else those of its relatives."""
        if not self.restricted:
            return verdict
        names = self._writing_names(relation)
        for one in () if names else self.snapshot.relatives(relation, lambda r: (*r.parents, *r.children)):
            names += self._writing_names(one)
        overs = [self.role.relations[name] for name in dict.fromkeys(names)]
        return limited(verdict, relation, overs, may_widen=relation.kind not in VIEWS)

    def _writing_names(self, relation: Relation) -> list[str]:
        names = dict.fromkeys((_name(relation), self._remembered.get(relation.oid)))
        return [name for name in names if name is not None and self._only_writes(name)]

    def _only_writes(self, name: str) -> bool:
        return name in self.role.relations and name not in self.ruleset.relations and name not in self._reading

    def own(self, relation: Relation) -> Verdict | None:
        """What rules say of the relation itself, of its relatives, or of PostgreSQL's own; None when they say nothing."""
        if relation.oid not in self._own_verdicts:
            verdict = self._decide(relation)
            self._own_verdicts[relation.oid] = None if verdict is None else self._limited(relation, verdict)
        return self._own_verdicts[relation.oid]

    def _decide(self, relation: Relation) -> Verdict | None:
        if is_system(relation):
            return self._system(relation)
        names = self._rule_names(relation)
        if self.restricted:
            code = self._untrusted(relation)
            if code is not None:
                return Closed("trusted_owners", code)
            hidden = self.hidden_partition_key(relation)
            if hidden is not None:
                return hidden
            if not names:
                elsewhere = self.ruleset.system.closed.get(f"*.{relation.name}")
                if elsewhere is not None:
                    return Closed(_BUILTIN, elsewhere)
                if relation.kind == FOREIGN:
                    return Closed(_BUILTIN, "a foreign table can show any row of its server: give it a rule")
        if not names:
            return None
        verdict: Verdict | None = None
        for name in names:
            one = self._by_rule(relation, name)
            verdict = one if verdict is None else _stricter(verdict, one)
        return verdict

    def _system(self, relation: Relation) -> Verdict:
        name = _name(relation)
        if not self.restricted:
            return Open(_BUILTIN, "this role may see everything")
        rules = self.ruleset.system
        if name in rules.closed:
            return Closed(_BUILTIN, rules.closed[name])
        hidden = dict(rules.columns.get(name, {}))
        if name in rules.open_columns:
            seen = rules.open_columns[name]
            hidden = {c.name: "values of columns, sampled" for c in relation.columns if c.name not in seen}
        if name == "pg_catalog.pg_class" and self._hides_partition_keys:
            hidden["relpartbound"] = "bounds are values of a partition key that is hidden"
        if hidden:
            return _with_closed_columns(relation, hidden)
        if name in rules.open:
            return Open(_BUILTIN, "it describes the database and holds no values")
        if relation.kind == TOAST:
            return Closed(_BUILTIN, "it holds pieces of long values")
        return Closed(_BUILTIN, "nobody has judged this relation of PostgreSQL's yet")

    @cached_property
    def _hides_partition_keys(self) -> bool:
        return any(
            r.kind == PARTITIONED and hides_key(r, self.own(r))
            for r in self.snapshot.relations.values()
            if not is_system(r)
        )

    def _untrusted(self, relation: Relation) -> str | None:
        """A sentence when code that is not trusted runs as the caller who reads the relation or its children."""
        for one in (relation, *self.snapshot.relatives(relation, lambda r: r.children)):
            if one.untrusted_code is not None:
                return one.untrusted_code
        return None

    def hidden_partition_key(self, relation: Relation) -> Closed | None:
        """A partition names values of the key by being chosen (FINDINGS 17)."""
        for ancestor in self.snapshot.relatives(relation, lambda r: r.parents):
            if ancestor.kind == PARTITIONED:
                verdict = self.own(ancestor)
                if verdict is not None and hides_key(ancestor, verdict):
                    name = _name(ancestor)
                    return Closed(verdict.rule, f"the partition key of {name} is hidden: read {name} itself")
        return None

    # -- which rules ---------------------------------------------------------------------------------------------------

    def _rule_names(self, relation: Relation) -> list[str]:
        """Its own rules (by its name now, and by the name it was once protected under), else those of its relatives."""
        own = self._own_names(relation)
        if own:
            return own
        found: list[str] = []
        for one in (
            *self.snapshot.relatives(relation, lambda r: r.parents),
            *self.snapshot.relatives(relation, lambda r: r.children),
        ):
            found += self._own_names(one)
        if not found:  # one that was detached stays as protected as it was
            found = [name for name in self._inherited.get(relation.oid, ()) if not self._is_for_others(name)]
        return list(dict.fromkeys(found))

    def _own_names(self, relation: Relation) -> list[str]:
        name = _name(relation)
        found = [name] if name in self.ruleset.relations or name in self._reading else []
        once = self._remembered.get(relation.oid)
        if once is not None and once not in found and not self._is_for_others(once):
            found.append(once)
        return found

    def _is_for_others(self, name: str) -> bool:
        """Whether only overrides name it that say nothing to this role, or nothing of what it may read."""
        return name in self._named and name not in self.ruleset.relations and name not in self._reading

    # -- one rule over one relation ------------------------------------------------------------------------------------

    def _by_rule(self, relation: Relation, name: str) -> Verdict:
        rule = self.ruleset.relations.get(name)
        over = self.role.relations.get(name)
        if rule is None and over is None:
            if not self.restricted:
                return Open(name, "this role may see everything")
            return Closed(name, f"it was protected as {name}, and that rule is gone")
        said = rule.rule if rule is not None else over.rule if over is not None else name
        if over is not None and over.sees == "closed":
            return Closed(over.rule, f"the role {self.role.name} may not read it")
        shows = {column.attnum: self._show(column, rule, over) for column in relation.columns}
        if not self.restricted:
            wrong = next((show for show in shows.values() if show.how == "closed"), None)
            if wrong is not None:
                return Closed(wrong.rule, wrong.reason)
        unwritable = refusal_of(over) if self.restricted else None
        where = over.where if over is not None else None
        if where is None and all(show.how == "open" and (show.writable or unwritable) for show in shows.values()):
            return _open(said, f"the role {self.role.name} sees all of it", shows, unwritable)
        condition = None
        if where is not None:
            try:
                condition = row_condition(where, relation.name, frozenset(c.name for c in relation.columns))
            except ValueError as error:
                return Closed(over.rule if over is not None else said, str(error))
        return Masked(said, f"the role {self.role.name} sees it by column", shows, condition, unwritable)

    def _show(self, column: Column, rule: RelationRule | None, over: RelationOverrideRule | None) -> Show:
        listed = rule.columns.get(column.name) if rule is not None else None
        override = over.columns.get(column.name) if over is not None else None
        show = self._shown(rule, listed, over, override)
        if listed is not None:
            show = replace(show, class_name=listed.class_name)
        if listed is None or listed.seal is None:
            show = self._fitting(column, show)
            return replace(show, writable=not self.restricted or is_writable(column, show, over))
        show = self._sealed(column, listed, show)
        in_clear = self.role.has_keys and show.seal is None  # it would be stored as it was given
        return replace(show, writable=not self.restricted or (is_writable(column, show, over) and not in_clear))

    def _shown(
        self,
        rule: RelationRule | None,
        listed: ColumnRule | None,
        over: RelationOverrideRule | None,
        override: ColumnOverrideRule | None,
    ) -> Show:
        role = self.role.name
        mask = listed.mask if listed is not None else None
        if override is not None and override.sees is not None:
            reason = f"the role {role} sees this column {override.sees}"
            return Show(override.sees, override.rule, reason, override.mask or mask)
        if over is not None and over.sees is not None:
            return Show(over.sees, over.rule, f"the role {role} sees this relation {over.sees}", mask)
        if listed is not None:
            how = self.role.sees[listed.class_name]
            return Show(how, listed.rule, f"the role {role} sees the class {listed.class_name} {how}", mask)
        if rule is not None and rule.unlisted == "open":
            return Show("open", rule.rule, "it is not listed, and the rule says `unlisted: open`")
        said = rule.rule if rule is not None else over.rule if over is not None else "no rule"
        if not self.restricted:
            return Show("open", said, "it is not listed, and this role sees every class")
        return Show("closed", said, "it is not listed: nobody has classified it")

    def _fitting(self, column: Column, show: Show) -> Show:
        """A masked column whose mask does not fit is closed; only a masked one keeps its mask."""
        if show.how != "masked":
            return replace(show, mask=None)
        if show.mask is None:
            return replace(show, how="closed", reason=f"{show.reason}, and no mask is named")
        misfit = show.mask.misfit(column)
        return show if misfit is None else replace(show, how="closed", mask=None, reason=misfit)

    def _sealed(self, column: Column, listed: ColumnRule, show: Show) -> Show:
        if not self.role.has_keys:
            if show.how == "masked":
                return replace(show, how="closed", mask=None, reason=f"{show.reason}, and the role has no keys to open it")
            return replace(show, mask=None)
        if oid_of(column) != BYTEA:
            reason = f"{column.name} is to be encrypted, but is {column.type_sql}: it must be bytea"
            return replace(show, how="closed", mask=None, reason=reason)
        if show.how == "closed":
            return replace(show, mask=None)
        opened = replace(column, type_oid=Oid(TEXT), type_sql=build.TEXT, typmod=-1, base_type_sql="", base_type_oid=Oid(TEXT))
        fitted = self._fitting(opened, show)
        return fitted if fitted.how == "closed" else replace(fitted, seal=listed.seal)

    # -- relations without a rule --------------------------------------------------------------------------------------

    def shown_by(self, relation: Relation) -> Iterator[tuple[Relation, tuple[str, ...]]]:
        """The relation and all it can show, with the way there. Goes no deeper where rules decide or PostgreSQL's own begin.

        Downwards only: a child shows no row of its parent.
        """
        waiting: list[tuple[Relation, tuple[str, ...]]] = [(relation, ())]
        seen = {relation.oid}
        while waiting:
            relation, way = waiting.pop()
            yield relation, way
            if way and (is_system(relation) or self._rule_names(relation)):
                continue
            for reached in sorted(relation.reaches - set(relation.parents)):
                one = self.snapshot.relations.get(reached)
                if one is not None and reached not in seen:
                    seen.add(reached)
                    waiting.append((one, (*way, _name(one))))

    def _by_reach(self, relation: Relation) -> Verdict | None:
        if relation.kind not in VIEWS:
            return self.behind(relation)
        return by_column(self, relation) if self.restricted else with_seals(self, relation)

    def behind(self, relation: Relation) -> Closed | None:
        """What follows for a relation that is no view from what it can show: rules (CREATE RULE), a TOAST table."""
        if relation.oid not in self._reached:
            self._reached[relation.oid] = self._behind(relation)
        return self._reached[relation.oid]

    def _behind(self, relation: Relation) -> Closed | None:
        for one, way in self.shown_by(relation):
            verdict = self.own(one) if way else None
            path = " -> ".join(way)
            if verdict is not None and hides(verdict):
                if self.restricted:
                    reason = f"it can show rows of {path}, which is not open to this role: give it a rule of its own"
                    return Closed(verdict.rule, reason)
                if any(oid_of(column) in BYTEAS for column in relation.columns):
                    what = f"it can show encrypted columns of {path}, which cannot be opened through it"
                    return Closed(verdict.rule, f"{what}: give it a rule of its own")
        return None


def is_system(relation: Relation) -> bool:
    """PostgreSQL's own, or a piece of storage: decided by builtin.yaml, never by the rules of a policy."""
    return relation.schema in SYSTEM_SCHEMAS or relation.schema.startswith("pg_toast")


def _name(relation: Relation) -> str:
    return f"{relation.schema}.{relation.name}"


def _open(rule: str, reason: str, shows: Mapping[int, Show], unwritable: str | None) -> Open:
    return Open(
        rule,
        reason,
        {attnum: show.seal for attnum, show in shows.items() if show.seal is not None},
        {attnum: show.class_name for attnum, show in shows.items() if show.class_name is not None},
        unwritable,
    )


def _with_closed_columns(relation: Relation, hidden: Mapping[str, str]) -> Verdict:
    shows = {}
    for column in relation.columns:
        reason = hidden.get(column.name)
        how = "closed" if reason is not None else "open"
        said = reason or "it describes the database and holds no values"
        shows[column.attnum] = Show(how, _BUILTIN, said, writable=reason is None)
    if all(show.how == "open" for show in shows.values()):
        return Open(_BUILTIN, "it describes the database and holds no values")
    return Masked(_BUILTIN, "some of its columns hold values or secrets", shows)


def hides_key(relation: Relation, verdict: Verdict | None) -> bool:
    """Whether a column of the partition key is not open. An expression in the key (attnum 0) may use any column."""
    if not isinstance(verdict, Masked):
        return isinstance(verdict, Closed)
    if 0 in relation.partition_key:
        return any(show.how != "open" for show in verdict.columns.values())
    return any(verdict.columns[attnum].how != "open" for attnum in relation.partition_key if attnum in verdict.columns)


def _stricter(one: Verdict, other: Verdict) -> Verdict:
    """Two rules for one relation: of each column the stricter, of rows those both allow."""
    if isinstance(one, Closed):
        return one
    if isinstance(other, Closed):
        return other
    unwritable = one.unwritable or other.unwritable
    if isinstance(one, Open):
        if isinstance(other, Open):
            seals, classes = {**other.seals, **one.seals}, {**other.classes, **one.classes}
            return replace(one, seals=seals, classes=classes, unwritable=unwritable)
        return _stricter(other, one)
    if isinstance(other, Open):
        shows = {
            attnum: replace(show, seal=other.seals.get(attnum)) if show.how == "open" and show.seal is None else show
            for attnum, show in one.columns.items()
        }
        return replace(one, columns=shows, unwritable=unwritable)
    columns = {attnum: _stricter_show(show, other.columns[attnum]) for attnum, show in one.columns.items()}
    conditions = [condition for condition in (one.condition, other.condition) if condition is not None]
    condition = " AND ".join(f"({c})" for c in conditions) or None
    return replace(one, columns=columns, condition=condition, unwritable=unwritable)


def _stricter_show(one: Show, other: Show) -> Show:
    writable = one.writable and other.writable
    if _STRICTNESS[one.how] < _STRICTNESS[other.how]:
        one, other = other, one
    if one.how == "masked" and other.how == "masked" and (one.mask, one.seal) != (other.mask, other.seal):
        reason = f"two rules mask it differently: {one.rule}, {other.rule}"
        return replace(one, how="closed", mask=None, seal=None, reason=reason, writable=False)
    if one.how == "open" and one.seal is None and other.seal is not None:
        return replace(other, writable=writable)
    return replace(one, writable=writable)
