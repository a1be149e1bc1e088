"""Views and materialised views no rule names, column by column: a copy takes what its source shows, the rest is closed.

A column PostgreSQL itself calls a verbatim copy (`Column.origin`) is the source column under another name: it takes the
source's Show, through views of views, down to a relation that rules decide or to one they say nothing about. Every other
column may hold anything of what the view reaches, or of what a function it calls may read: it is closed as long as any of
that is not fully open to the role. A view over something the role may not name at all, or may see only some rows of, is
closed: which rows it has would tell. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from proxy.catalog.snapshot import MATVIEW, VIEW, Column, Oid, Relation, Snapshot
from proxy.masking.types import BYTEA, oid_of
from proxy.policy.verdict import Closed, Masked, Open, Show, Verdict

VIEWS = (VIEW, MATVIEW)
_LIST_IT = "give it a rule of its own"
BYTEAS = frozenset((BYTEA, 1001))  # bytea and bytea[]


# By view: (rule, why) when some of what it reaches is not fully open to the role; None when all is.
_Hidden = dict[Oid, tuple[str, str] | None]


class Judge(Protocol):
    """What is known of the relations a view is made of: `decide.Judge`."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def functions(self) -> frozenset[str]: ...
    def own(self, relation: Relation) -> Verdict | None:
        """What rules say of a relation without looking at what it reaches; None: nothing."""

    def without_rule(self, relation: Relation) -> Verdict:
        """The verdict for a relation that reaches nothing the rules are about."""

    def shown_by(self, relation: Relation) -> Iterator[tuple[Relation, tuple[str, ...]]]:
        """The relation and all it can show, with the way there."""

    def behind(self, relation: Relation) -> Closed | None:
        """Whether a relation that is no view is closed because of what it can show."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """What matters of all a view can show. `hidden` as in _Hidden.

    `unwritable`: why nothing may be written through the view. `has_limits`: some column of it may not be written.
    """

    hidden: tuple[str, str] | None
    unwritable: str | None
    has_limits: bool


def hides(verdict: Verdict) -> bool:
    """Whether it is anything but fully open to read; an encrypted column is open only where it can be deciphered."""
    if isinstance(verdict, Open):
        return bool(verdict.seals)
    return isinstance(verdict, Closed) or any(s.how != "open" or s.seal is not None for s in verdict.columns.values())


def by_column(judge: Judge, view: Relation) -> Verdict | None:
    """The verdict of a restricted role; None when the view reaches nothing the rules are about."""
    reach = _reach(judge, view)
    if isinstance(reach, Closed):
        return reach
    if reach.hidden is None and reach.unwritable is None and not reach.has_limits:
        return None
    hidden = {view.oid: reach.hidden}
    shows = {column.attnum: _show(judge, view, column, hidden) for column in view.columns}
    rule, why = reach.hidden or ("no rule", "")
    if all(show.how == "closed" for show in shows.values()):
        return Closed(rule, f"{why}: {_LIST_IT}")
    unwritable = reach.unwritable
    if unwritable is None and view.has_rules:
        unwritable = "it has rules of its own (CREATE RULE), and what they write is not known"
    if unwritable is not None:
        shows = {attnum: replace(show, writable=False) for attnum, show in shows.items()}
    reason = "its columns are shown as those they are copies of"
    if all(show.how == "open" and (show.writable or unwritable is not None) for show in shows.values()):
        seals = {attnum: show.seal for attnum, show in shows.items() if show.seal is not None}
        classes = {attnum: show.class_name for attnum, show in shows.items() if show.class_name is not None}
        return Open(rule, reason, seals, classes, unwritable)
    return Masked(rule, reason, shows, unwritable=unwritable)


def with_seals(judge: Judge, view: Relation) -> Open | Closed | None:
    """The verdict of an unrestricted role with keys; None when no encrypted column can come through the view."""
    sealed: tuple[str, str] | None = None
    for one, way in judge.shown_by(view):
        verdict = judge.own(one) if way else None
        if verdict is not None and hides(verdict):
            sealed = (verdict.rule, " -> ".join(way))
            break
    if sealed is None:
        return None
    rule, path = sealed
    seals, classes = {}, {}
    for column in view.columns:
        relation, copied = source_of(judge, view, column) or (view, column)
        verdict = judge.own(relation) if relation is not view else None
        if isinstance(verdict, Open) and copied.attnum in verdict.classes:
            classes[column.attnum] = verdict.classes[copied.attnum]
        if oid_of(column) not in BYTEAS:
            continue
        if isinstance(verdict, Open):
            if copied.attnum in verdict.seals:
                seals[column.attnum] = verdict.seals[copied.attnum]
        elif verdict is not None or relation.kind in VIEWS:
            what = f"it can show encrypted columns of {path}, which cannot be opened through it"
            return Closed(rule, f"{what}: {_LIST_IT}")
    return Open(rule, "its encrypted columns are copies", seals, classes) if seals else None


def source_of(judge: Judge, view: Relation, column: Column) -> tuple[Relation, Column] | None:
    """What a column of a view is a copy of at last: a column of a relation rules decide, of a table, or computed by a view.

    The column itself when it is computed; None when its origins lead nowhere.
    """
    relation = view
    seen = set()
    while relation.kind in VIEWS and column.origin is not None and (relation is view or judge.own(relation) is None):
        oid, attnum = column.origin
        source = judge.snapshot.relations.get(oid)
        copied = source.by_attnum(attnum) if source is not None else None
        if source is None or copied is None or (oid, attnum) in seen:
            return None
        seen.add((oid, attnum))
        relation, column = source, copied
    return relation, column


def _reach(judge: Judge, view: Relation) -> _Reach | Closed:
    hidden: tuple[str, str] | None = None
    unwritable: str | None = None
    has_limits = False
    for one, way in judge.shown_by(view):
        path = " -> ".join(way)
        verdict = judge.own(one) if way else None
        if verdict is None and one.kind in VIEWS:
            unlisted = sorted(one.calls - judge.functions)
            if unlisted and hidden is None:
                caller = f"{path} calls" if path else "it calls"
                hidden = ("no rule", f"{caller} {unlisted[0]}(), which is not among the functions of this role")
            continue
        if verdict is None:
            verdict = judge.behind(one) or judge.without_rule(one)
        if isinstance(verdict, Closed):
            return Closed(verdict.rule, f"it can show rows of {path}, which is not open to this role: {_LIST_IT}")
        if isinstance(verdict, Masked):
            if verdict.condition is not None:
                what = f"it can show rows of {path} that a row condition hides from this role"
                return Closed(verdict.rule, f"{what}: {_LIST_IT}")
            has_limits = has_limits or any(not show.writable for show in verdict.columns.values())
        if hides(verdict):
            hidden = hidden or (verdict.rule, f"it can show rows of {path}, which is not open to this role")
        if verdict.unwritable is not None:
            unwritable = unwritable or f"{path}: {verdict.unwritable}"
    return _Reach(hidden, unwritable, has_limits)


def _show(judge: Judge, view: Relation, column: Column, hidden: _Hidden) -> Show:
    source = source_of(judge, view, column)
    if source is None:
        return Show("closed", "no rule", "what it is a copy of is not known", writable=False)
    relation, copied = source
    verdict = judge.own(relation) if relation is not view else None
    if verdict is None and relation.kind in VIEWS:
        return _computed(judge, relation, hidden)
    if verdict is None:
        verdict = judge.without_rule(relation)
    name = f"{relation.schema}.{relation.name}.{copied.name}"
    if isinstance(verdict, Closed):
        return Show("closed", verdict.rule, f"a copy of {name}: {verdict.reason}", writable=False)
    if isinstance(verdict, Open):
        seal, class_name = verdict.seals.get(copied.attnum), verdict.classes.get(copied.attnum)
        show = Show("open", verdict.rule, verdict.reason, None, seal, class_name, verdict.unwritable is None)
    else:
        show = verdict.columns[copied.attnum]
    return _fitting(column, replace(show, reason=f"a copy of {name}: {show.reason}"))


def _computed(judge: Judge, view: Relation, hidden: _Hidden) -> Show:
    """A column that this view computes: closed where it reaches something hidden."""
    if view.oid not in hidden:
        reach = _reach(judge, view)
        hidden[view.oid] = (reach.rule, reach.reason) if isinstance(reach, Closed) else reach.hidden
    found = hidden[view.oid]
    if found is None:
        return Show("open", "no rule", "it is computed from what is open to this role", writable=False)
    rule, why = found
    return Show("closed", rule, f"it is no copy of one column, and {why}: list it in a rule of its own", writable=False)


def _fitting(column: Column, show: Show) -> Show:
    """A copy has its source's type; should it not, what it shows or how it is enciphered is not known."""
    misfit = None
    if show.seal is not None:
        misfit = None if oid_of(column) == BYTEA else f"it is {column.type_sql}, and a copy of an encrypted column"
    elif show.mask is not None:
        misfit = show.mask.misfit(column)
    if misfit is None:
        return show
    return replace(show, how="closed", mask=None, seal=None, reason=misfit, writable=False)
