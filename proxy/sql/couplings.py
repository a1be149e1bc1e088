"""What a write to columns a caller sees could tell of columns he does not: by failing or not.

A CHECK over an open and a hidden column answers a guess about the hidden one, as does a unique index over both, or a foreign
key whose other end is hidden; with ROLLBACK nothing is even changed. Such a write is refused. Triggers and row policies of
trusted owners that compare are not looked into (README, Known limits).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from proxy.catalog.snapshot import VIEW, Column, Coupling, Oid, Relation, Snapshot
from proxy.errors import Refusal
from proxy.policy.verdict import Closed, Masked, Verdict

VerdictOf = Callable[[Relation], Verdict]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a write does: `written` are the columns that get values; `inserts` says it does nothing but add rows."""

    written: frozenset[str]
    inserts: bool = False
    deletes: bool = False


def check_couplings(snapshot: Snapshot, relation: Relation, verdict_of: VerdictOf, deed: Deed) -> None:
    """Raises Refusal naming the constraint."""
    target_hidden = _hidden(relation, verdict_of(relation), unless_writable=True)
    for one in _written_to(snapshot, relation):
        if one is relation:
            _check(snapshot, one, verdict_of, target_hidden, deed)
        elif relation.kind == VIEW:
            hidden = _hidden(one, verdict_of(one), unless_writable=True)
            _check(snapshot, one, verdict_of, hidden, replace(deed, written=_behind(snapshot, relation, one, deed.written)))
        else:  # a child is seen as its parent is seen; what it has besides is not
            seen = {column.name for column in relation.columns} - target_hidden
            _check(snapshot, one, verdict_of, frozenset(c.name for c in one.columns) - seen, deed)


def _written_to(snapshot: Snapshot, relation: Relation) -> Iterator[Relation]:
    """The relation, its children, and for a view all it stands on."""
    seen: set[Oid] = set()
    waiting = [relation.oid]
    while waiting:
        oid = waiting.pop()
        one = snapshot.relations.get(oid)
        if oid in seen or one is None:
            continue
        seen.add(oid)
        waiting += one.reaches - set(one.parents) if one.kind == VIEW else one.children
        yield one


def _behind(snapshot: Snapshot, target: Relation, one: Relation, written: frozenset[str]) -> frozenset[str]:
    """The columns of `one` that a write to columns of the view `target` reaches."""
    reached = {_source(snapshot, column) for column in target.columns if column.name in written}
    return frozenset(c.name for c in one.columns if (one.oid, c.attnum) in reached)


def _source(snapshot: Snapshot, column: Column) -> tuple[Oid, int] | None:
    """Where a view's column comes from in the end."""
    origin = column.origin
    while origin is not None:
        relation = snapshot.relations.get(origin[0])
        source = relation.by_attnum(origin[1]) if relation is not None else None
        if source is None or source.origin is None:
            return origin
        origin = source.origin
    return None


def _check(snapshot: Snapshot, relation: Relation, verdict_of: VerdictOf, hidden: frozenset[str], deed: Deed) -> None:
    for coupling in _couplings(relation):
        together = coupling.columns & hidden
        if together and coupling.columns & deed.written and (coupling.compares_rows or not deed.inserts):
            raise _told(relation, coupling.what, together)
    for key in relation.references:
        child, parent = snapshot.relations.get(key.child), snapshot.relations.get(key.parent)
        if child is None or parent is None:
            continue
        if key.child == relation.oid and key.columns & deed.written:
            other = _hidden(parent, verdict_of(parent)) & key.parent_columns
            if other:
                raise _told(parent, key.what, other)
        changes_key = key.blocks_update and not deed.inserts and bool(key.parent_columns & deed.written)
        if key.parent == relation.oid and (changes_key or (deed.deletes and key.blocks_delete)):
            other = _hidden(child, verdict_of(child)) & key.columns
            if other:
                raise _told(child, key.what, other)


def _couplings(relation: Relation) -> tuple[Coupling, ...]:
    key = frozenset(c.name for c in relation.columns if c.attnum in relation.partition_key)
    return (*relation.couplings, Coupling("its partition key", key, False)) if len(key) > 1 else relation.couplings


def _hidden(relation: Relation, verdict: Verdict, *, unless_writable: bool = False) -> frozenset[str]:
    """Names of the columns whose values the caller does not see; all of them when rows are hidden."""
    if isinstance(verdict, Closed) or (isinstance(verdict, Masked) and verdict.condition is not None):
        return frozenset(column.name for column in relation.columns)
    if not isinstance(verdict, Masked):
        return frozenset()
    shows = ((column.name, verdict.columns[column.attnum]) for column in relation.columns)
    return frozenset(name for name, show in shows if show.how != "open" and not (unless_writable and show.writable))


def _told(relation: Relation, what: str, columns: frozenset[str]) -> Refusal:
    named = ", ".join(sorted(columns))
    return Refusal(
        f"whether this write succeeds would tell of {named} in {relation.schema}.{relation.name}, which you do not see: {what}",
        hint="Leave the columns of that constraint out of the write.",
    )
