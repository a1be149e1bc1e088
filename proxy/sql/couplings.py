"""What a write to columns a caller sees could tell of columns he does not: by failing or not.

A CHECK over an open and a hidden column answers a guess about the hidden one, as does a unique index over both, or a foreign
key with a hidden column at either end; with ROLLBACK nothing is even changed. Such a write is refused, also where a foreign
key does it (CASCADE, SET NULL). Triggers and row policies of trusted owners that compare are not looked into (README, Known
limits).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from proxy.catalog.snapshot import VIEW, Column, Coupling, Oid, Reference, Relation, Snapshot
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
    done: set[tuple[Oid, Deed]] = set()
    waiting = [(relation, deed)]
    while waiting:
        relation, deed = waiting.pop()
        if (relation.oid, deed) not in done:
            done.add((relation.oid, deed))
            waiting += _check_all(snapshot, relation, verdict_of, deed)


def _check_all(snapshot: Snapshot, relation: Relation, verdict_of: VerdictOf, deed: Deed) -> Iterator[tuple[Relation, Deed]]:
    """The relation and what is written with it. Yields what foreign keys write besides."""
    target_hidden = _hidden(relation, verdict_of(relation), unless_writable=True)
    is_checked = False
    below: dict[Oid, tuple[frozenset[str], frozenset[str]]] = {}  # of a view: the columns he sees there, and those written
    for one in _written_to(snapshot, relation):
        is_checked = is_checked or one.checks_rows
        if one is relation:
            yield from _check(snapshot, one, verdict_of, target_hidden, deed)
        elif relation.kind == VIEW:
            columns = frozenset(column.name for column in one.columns)
            above = [below[oid] for oid in one.parents if oid in below]
            written = _behind(snapshot, relation, one, deed.written).union(*(columns & its for _, its in above))
            hidden = _hidden(one, verdict_of(one), unless_writable=True)
            if above:  # a child is seen as its parent is, here too
                hidden = columns.difference(*(seen for seen, _ in above))
            below[one.oid] = columns - hidden, written
            if is_checked and hidden and one.kind != VIEW and not deed.inserts and deed.written:
                raise _told(one, f"WITH CHECK OPTION of {relation.schema}.{relation.name}", hidden)
            yield from _check(snapshot, one, verdict_of, hidden, replace(deed, written=written))
        else:  # a child is seen as its parent is seen; what it has besides is not
            seen = {column.name for column in relation.columns} - target_hidden
            yield from _check(snapshot, one, verdict_of, frozenset(c.name for c in one.columns) - seen, deed)


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


def _check(
    snapshot: Snapshot, relation: Relation, verdict_of: VerdictOf, hidden: frozenset[str], deed: Deed
) -> Iterator[tuple[Relation, Deed]]:
    """One relation. Yields what its foreign keys do to others."""
    made = {name: of for name, of in relation.generated_from if deed.inserts or of & deed.written}
    deed = replace(deed, written=deed.written | made.keys())
    # What a generated column makes of open columns tells nothing.
    hidden -= {name for name, of in relation.generated_from if of and not of & hidden}
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
            if key.columns & hidden and not deed.inserts:
                raise _told(relation, key.what, key.columns & hidden)
        if key.parent != relation.oid:
            continue
        if deed.deletes:
            _check_child(key, key.on_delete, relation, child, verdict_of, hidden)
            if key.on_delete == "c":
                yield child, Deed(frozenset(), deletes=True)
            elif key.on_delete in "nd":
                yield child, Deed(key.columns)
        if key.parent_columns & deed.written and not deed.inserts:
            _check_child(key, key.on_update, relation, child, verdict_of, hidden)
            if key.on_update in "cnd":
                yield child, Deed(key.columns)


def _check_child(
    key: Reference, action: str, parent: Relation, child: Relation, verdict_of: VerdictOf, hidden: frozenset[str]
) -> None:
    """A parent row goes, or changes its key: that it fails tells of the child's rows, and so does reading them again."""
    verdict = verdict_of(child)
    may_fail = action in "ar" or (action in "nd" and any(c.not_null for c in child.columns if c.name in key.columns))
    if may_fail or not isinstance(verdict, Closed):
        other = key.columns & (_hidden(child, verdict) if may_fail else _masked(child, verdict))
        if other:
            raise _told(child, key.what, other)
        if hidden & key.parent_columns:
            raise _told(parent, key.what, hidden & key.parent_columns)


def _couplings(relation: Relation) -> Iterator[Coupling]:
    yield from relation.couplings
    for name, of in relation.generated_from:
        yield Coupling(f"generated column {name}", of, False)
    key = frozenset(c.name for c in relation.columns if c.attnum in relation.partition_key)
    if len(key) > 1:
        yield Coupling("its partition key", key, False)


def _hidden(relation: Relation, verdict: Verdict, *, unless_writable: bool = False) -> frozenset[str]:
    """Names of the columns whose values the caller does not see; all of them when rows are hidden."""
    if isinstance(verdict, Closed) or (isinstance(verdict, Masked) and verdict.condition is not None):
        return frozenset(column.name for column in relation.columns)
    return _masked(relation, verdict, unless_writable=unless_writable)


def _masked(relation: Relation, verdict: Verdict, *, unless_writable: bool = False) -> frozenset[str]:
    """The same, of the rows he sees."""
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
