"""A restricted caller's statement, judged: the edits that make every relation leave qualified and every protected one masked.

Promise: each edit replaces whole tokens. What the text needs beyond the subqueries (GROUP BY a primary key, references that
name the schema) is settled here. Whether the result is right is not this file's word: `verify.py` reads the outcome again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Relation
from proxy.errors import Refusal, Unproven
from proxy.policy.verdict import Closed, Masked, Open, Verdict
from proxy.sql import build
from proxy.sql.firewall import Firewall
from proxy.sql.items import group_by_start, qualifier_span, relation_item
from proxy.sql.parse import Statement, names, walk
from proxy.sql.reading import Grouping, OutColumn, Reading, Use
from proxy.sql.splice import Edit
from proxy.sql.verify import Allowed
from proxy.sql.writes import check_writes


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`edits` to the text, and what of ours may stand in the outcome for each protected relation."""

    edits: tuple[Edit, ...]
    allowed: Allowed


def rewrite(
    statement: Statement,
    stmt: Message,
    reading: Reading,
    verdict_of: Callable[[Relation], Verdict],
    handed_out: Mapping[Use, set[int]],
    firewall: Firewall,
) -> Rewritten:
    """Raises Refusal for a closed relation, Unproven for a form that cannot be kept true."""
    edits: list[Edit] = []
    subqueries: dict[int, set[str]] = {}
    mentioned = mentioned_names(stmt)
    for use in reading.uses:
        verdict = verdict_of(use.relation)
        if isinstance(verdict, Closed):
            raise refusal(use, verdict, statement.character(use.range_var.location))
        if isinstance(verdict, Open) or use.is_target:
            edits += qualify(statement, use)
            continue
        text = _subquery(statement, use, verdict, mentioned, handed_out.get(use, set()))
        subqueries.setdefault(use.relation.oid, set()).add(text)
        edits += _replaced(statement, use, text)
    for grouping in reading.groupings:
        edits += _implied_grouping(statement, grouping, verdict_of)
    writes = check_writes(statement, reading, verdict_of)
    edits += writes.edits
    edits += temporary_edits(statement, reading.temporary)
    edits += qualified_calls(stmt, firewall)
    allowed = Allowed({oid: frozenset(texts) for oid, texts in subqueries.items()}, writes.shown)
    return Rewritten(tuple(edits), allowed)


def temporary_edits(statement: Statement, range_vars: Iterable[Any]) -> list[Edit]:
    """What is taken for a temporary table leaves as one: `pg_temp.name`."""
    places = {relation_item(statement, one).name_start for one in range_vars if not one.schemaname}
    return [Edit(place, place, "pg_temp.") for place in sorted(places)]


def refusal(use: Use, verdict: Closed, position: int | None) -> Refusal:
    """The error for naming a closed relation."""
    name = f"{use.relation.schema}.{use.relation.name}"
    return Refusal(f"{name} is closed to you: {verdict.reason}", hint=f"Rule: {verdict.rule}", position=position)


def mentioned_names(stmt: Message) -> frozenset[str]:
    """Every name a statement could reach a column by. A superset: it only decides what may be left out as NULL."""
    found: set[str] = set()
    for node in walk(stmt):
        if isinstance(node, pb.ColumnRef):
            found.update(f.string.sval for f in node.fields if f.HasField("string"))
        elif isinstance(node, pb.A_Indirection):
            found.update(i.string.sval for i in node.indirection if i.HasField("string"))
        elif isinstance(node, pb.JoinExpr):
            found.update(names(node.using_clause))
        elif isinstance(node, pb.FuncCall):
            found.update(names(node.funcname))
    return frozenset(found)


def _subquery(statement: Statement, use: Use, verdict: Masked, mentioned: frozenset[str], handed_out: set[int]) -> str:
    if use.system_column is not None:
        raise Unproven(
            f"{use.system_column} of {use.relation.schema}.{use.relation.name} is not available: the relation is protected",
            position=statement.character(use.range_var.location),
        )
    item = relation_item(statement, use.range_var, use.sample)
    sample = statement.text(*item.sample) if item.sample is not None else ""
    reached = None if use.all_columns or use.whole_row else mentioned
    return build.protected_subquery(
        use.relation,
        verdict,
        reached,
        only=item.is_only,
        tablesample=sample,
        sealed_out=frozenset(handed_out) if not use.whole_row else frozenset(),
    )


def _replaced(statement: Statement, use: Use, text: str) -> list[Edit]:
    item = relation_item(statement, use.range_var, use.sample)
    if not use.range_var.alias.aliasname:
        text += f" AS {build.quoted(use.relation.name)}"
    if item.is_table_command:
        text = f"SELECT * FROM {text}"
    edits = [Edit(item.start, item.end, text)]
    if item.sample is not None:
        edits.append(Edit(item.sample[0], item.sample[1], ""))
    done: set[int] = set()
    for reference in use.qualifies:
        if reference.location not in done:
            done.add(reference.location)
            start, end = qualifier_span(statement, reference)
            edits.append(Edit(start, end, build.quoted(use.relation.name)))
    return edits


def qualify(statement: Statement, use: Use) -> list[Edit]:
    """The edit that names an open relation in full, when the caller did not."""
    return qualify_name(statement, use.range_var, use.relation, use.sample)


def qualify_name(statement: Statement, range_var: Any, relation: Relation, sample: Any = None) -> list[Edit]:
    """The same for a name outside a query."""
    if range_var.schemaname:
        return []
    item = relation_item(statement, range_var, sample)
    return [Edit(item.name_start, item.name_end, build.qualified(relation.schema, relation.name))]


def qualified_calls(stmt: Message, firewall: Firewall) -> list[Edit]:
    """Unqualified calls leave qualified: a better match elsewhere on the path must not win (FINDINGS 1)."""
    calls = {n.location: n for n in walk(stmt) if isinstance(n, pb.FuncCall) and len(n.funcname) == 1}
    return [Edit(location, location, f"{firewall.home_of(node)}.") for location, node in sorted(calls.items())]


def _implied_grouping(statement: Statement, grouping: Grouping, verdict_of: Callable[[Relation], Verdict]) -> list[Edit]:
    """GROUP BY a primary key implies the relation's other columns; a subquery has no key, so they are written out."""
    if grouping.has_sets:
        return []
    added: list[str] = []
    for item in grouping.items:
        for source in item.sources:
            use = source.use
            if use is None or not use.relation.primary_key:
                continue
            verdict = verdict_of(use.relation)
            if not isinstance(verdict, Masked):
                continue
            grouped = _attnums(grouping.grouped, use)
            if not grouped.issuperset(use.relation.primary_key):
                continue
            if any(verdict.columns[a].how != "open" for a in use.relation.primary_key):
                continue
            wanted = _ungrouped(use, source.columns, grouped, _attnums(grouping.referenced, use))
            added += [f"{build.quoted(source.name)}.{name}" for name in wanted]
    if not added:
        return []
    start = group_by_start(statement, grouping.node)
    return [Edit(start, start, " " + ", ".join(added) + ",")]


def _attnums(columns: list[OutColumn], use: Use) -> set[int]:
    return {base.attnum for column in columns for owner, base in column.origins if owner is use}


def _ungrouped(use: Use, visible: list[OutColumn], grouped: set[int], referenced: set[int]) -> list[str]:
    wanted = []
    for column, shown in zip(use.relation.columns, visible, strict=True):
        if column.attnum in referenced and column.attnum not in grouped:
            if not column.has_equality:
                raise Unproven(
                    f"{column.name} has a type without equality: add an aggregate around it when grouping by the primary key"
                )
            wanted.append(build.quoted(shown.name))
    return wanted
