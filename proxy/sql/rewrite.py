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
from proxy.sql.firewall import Firewall, reads_only_built_in_settings
from proxy.sql.items import first_argument, group_by_start, label_end, qualifier_span, reference_span, relation_item
from proxy.sql.nodes import spread_unnests
from proxy.sql.parse import Statement, names
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
    mentioned = mentioned_names(statement, stmt)
    hidden: list[Use] = []  # their subqueries have columns that no star may show
    for use in reading.uses:
        verdict = verdict_of(use.relation)
        if isinstance(verdict, Closed):
            raise refusal(use, verdict, statement.character(use.range_var.location))
        if isinstance(verdict, Open) or use.is_target:
            edits += qualify(statement, use)
            continue
        extras: list[str] = []
        hidden += [use] if use.system_columns else []
        if use.rows and _can_hold_row(statement, stmt, reading, use, verdict):
            extras.append(build.row_column(use.relation, verdict, _name(use)))
            edits += [Edit(*reference_span(statement, one), _own_column(use)) for one in use.rows]
            hidden.append(use)
        if _clashes(statement, stmt, reading, use):
            _rename(use, mentioned | _names_given(statement, stmt))
        text = _subquery(statement, use, verdict, mentioned, handed_out.get(use, set()), extras)
        subqueries.setdefault(use.relation.oid, set()).add(text)
        edits += _replaced(statement, use, text)
    edits += _stars_without(statement, stmt, reading, hidden)
    for grouping in reading.groupings:
        edits += _implied_grouping(statement, grouping, verdict_of)
    writes = check_writes(statement, reading, verdict_of, firewall.snapshot)
    edits += writes.edits
    edits += temporary_edits(statement, reading.temporary)
    edits += qualified_calls(statement, stmt, firewall)
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


def mentioned_names(statement: Statement, stmt: Message) -> frozenset[str]:
    """Every name a statement could reach a column by. A superset: it only decides what may be left out as NULL."""
    found: set[str] = set()
    for node in statement.nodes(stmt, pb.ColumnRef):
        found.update(f.string.sval for f in node.fields if f.HasField("string"))
    for node in statement.nodes(stmt, pb.A_Indirection):
        found.update(i.string.sval for i in node.indirection if i.HasField("string"))
    for node in statement.nodes(stmt, pb.JoinExpr):
        found.update(names(node.using_clause))
    for node in statement.nodes(stmt, pb.FuncCall):
        found.update(names(node.funcname))
    return frozenset(found)


def _clashes(statement: Statement, stmt: Message, reading: Reading, use: Use) -> bool:
    """Whether another schema's relation of the same name stands in the text: a subquery needs a name of its own.

    Where the name itself is used as a value, or in FOR UPDATE OF, it stays, and the server says what it says.
    """
    mine = use.range_var
    if mine.alias.aliasname or use.rows or reading.writes:
        return False
    if any(node.locked_rels for node in statement.nodes(stmt, pb.LockingClause)):
        return False
    return any(
        node.schemaname and node.schemaname != use.relation.schema
        for node in statement.nodes(stmt, pb.RangeVar)
        if not node.alias.aliasname and node.relname == mine.relname
    )


def _names_given(statement: Statement, stmt: Message) -> frozenset[str]:
    """Every name by which something could be called in FROM."""
    found = {node.relname for node in statement.nodes(stmt, pb.RangeVar)}
    found |= {node.aliasname for node in statement.nodes(stmt, pb.Alias)}
    return frozenset(found | {node.ctename for node in statement.nodes(stmt, pb.CommonTableExpr)})


def _rename(use: Use, taken: frozenset[str]) -> None:
    name = f"{use.relation.name}_{use.relation.schema}"
    while name in taken:
        name += "_"
    if use.source is not None:
        use.source.name = name


def _name(use: Use) -> str:
    """What the relation is called in its statement."""
    return str(use.range_var.alias.aliasname or use.range_var.relname)


def _own_column(use: Use) -> str:
    """The column of the subquery that holds its row, under the name a reference to the row had."""
    return f"{build.quoted(_name(use))}.{build.quoted(_name(use))}"


def _can_hold_row(statement: Statement, stmt: Message, reading: Reading, use: Use, verdict: Masked) -> bool:
    """Whether the subquery can have a column with the row of the relation's own type, which a subquery's row has not.

    It must show in no star, take no other reference's name, and mask no domain, whose checks a mask may not pass. Where
    it cannot, the row is a record: the same values without the type.
    """
    name = _name(use)
    bare = {n.location for n in statement.nodes(stmt, pb.ColumnRef) if _is_bare(n, name)}
    key = set(use.relation.primary_key)
    is_grouped = bool(key) and any(key <= _attnums(grouping.grouped, use) for grouping in reading.groupings)
    hides_domain = any(c.base_type_sql and verdict.columns[c.attnum].how != "open" for c in use.relation.columns)
    is_renamed = bool(use.range_var.alias.colnames) and bool(statement.nodes(stmt, pb.A_Indirection))
    is_sealed = any(show.seal is not None for show in verdict.columns.values())
    if use.is_spread or is_grouped or hides_domain or is_sealed or is_renamed or use.relation.column(name) is not None:
        return False
    return bare <= {one.location for one in use.rows} | reading.by_output


def _is_bare(node: Any, name: str) -> bool:
    return len(node.fields) == 1 and bool(node.fields[0].HasField("string")) and node.fields[0].string.sval == name


def _system_columns(statement: Statement, use: Use) -> list[str]:
    """System columns stand beside the others under their own names, where no star would show them."""
    for name in sorted(use.system_columns):
        is_partition = use.relation.kind == "p" or use.relation.parents
        if use.is_spread or (name == "tableoid" and is_partition):
            raise Unproven(
                f"{name} of {use.relation.schema}.{use.relation.name} is not available here: the relation is protected",
                hint="Write the columns out instead of *." if use.is_spread else None,
                position=statement.character(use.range_var.location),
            )
    return [build.system_column(use.relation, name) for name in sorted(use.system_columns)]


def _stars_without(statement: Statement, stmt: Message, reading: Reading, hidden: list[Use]) -> list[Edit]:
    """Stars over relations whose subquery has further columns are written out, column by column.

    `t.* AS x` without its label, which PostgreSQL takes no notice of (transformTargetList in parse_target.c).
    """
    edits = []
    items = statement.nodes(stmt, pb.ResTarget)
    labelled = {one.val.column_ref.location for one in items if one.name and one.val.HasField("column_ref")}
    for star in reading.stars:
        columns = star.columns()
        if columns is not None and any(source.use in hidden for source in star.sources):
            text = ", ".join(f"{build.quoted(source)}.{build.quoted(column)}" for source, column in columns)
            start, end = reference_span(statement, star.reference)
            if star.reference.location in labelled:
                end = label_end(statement, end)
            edits.append(Edit(start, end, text))
    return edits


def _subquery(
    statement: Statement, use: Use, verdict: Masked, mentioned: frozenset[str], handed_out: set[int], extras: list[str]
) -> str:
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
        extras=(*extras, *_system_columns(statement, use)),
    )


def _replaced(statement: Statement, use: Use, text: str) -> list[Edit]:
    item = relation_item(statement, use.range_var, use.sample)
    name = use.source.name if use.source is not None else _name(use)
    if not use.range_var.alias.aliasname:
        text += f" AS {build.quoted(name)}"
    if item.is_table_command:
        text = f"SELECT * FROM {text}"
    edits = [Edit(item.start, item.end, text)]
    if item.sample is not None:
        edits.append(Edit(item.sample[0], item.sample[1], ""))
    if use.is_captured and name == _name(use):
        raise Unproven(
            f"another {name} hides {use.relation.schema}.{name} here: its columns cannot be named by the schema",
            hint=f"Give {use.relation.schema}.{name} an alias, and write alias.column.",
        )
    done: set[int] = set()
    for reference in use.qualifies + (use.named if name != _name(use) else []):
        if reference.location not in done:
            done.add(reference.location)
            start, end = qualifier_span(statement, reference)
            edits.append(Edit(start, end, build.quoted(name)))
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


def qualified_calls(statement: Statement, stmt: Message, firewall: Firewall) -> list[Edit]:
    """Unqualified calls leave qualified: a better match elsewhere on the path must not win (FINDINGS 1).

    A call of current_setting whose name is computed leaves so that no name with a dot is found.
    """
    found = statement.nodes(stmt, pb.FuncCall)
    calls = {n.location: n for n in found if len(n.funcname) == 1}
    kept = spread_unnests(statement.nodes(stmt, pb.RangeFunction))
    edits = []  # first what may stand before a call at the same place
    for node in found:
        if _is_current_setting(node) and not reads_only_built_in_settings(node):
            start, end = first_argument(statement, node)
            edits += [Edit(start, start, "pg_catalog.replace("), Edit(end, end, ", '.', '?')")]
    return edits + [Edit(at, at, f"{firewall.home_of(node)}.") for at, node in sorted(calls.items()) if at not in kept]


def _is_current_setting(node: Any) -> bool:
    return names(node.funcname) in (("current_setting",), ("pg_catalog", "current_setting"))


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
            wanted = _ungrouped(use, source.columns, grouped, grouping)
            added += [f"{build.quoted(source.name)}.{name}" for name in wanted]
    if not added:
        return []
    start = group_by_start(statement, grouping.node)
    return [Edit(start, start, " " + ", ".join(added) + ",")]


def _attnums(columns: list[OutColumn], use: Use) -> set[int]:
    return {base.attnum for column in columns for owner, base in column.origins if owner is use}


def _ungrouped(use: Use, visible: list[OutColumn], grouped: set[int], grouping: Grouping) -> list[str]:
    wanted = []
    referenced, in_rows = _attnums(grouping.referenced, use), _attnums(grouping.in_rows, use)
    for column, shown in zip(use.relation.columns, visible, strict=True):
        if column.attnum in referenced | in_rows and column.attnum not in grouped:
            if not column.has_equality and column.attnum not in referenced:
                continue  # a whole row mostly stands inside an aggregate; where it does not, the server says so
            if not column.has_equality:
                raise Unproven(
                    f"{column.name} has a type without equality: add an aggregate around it when grouping by the primary key"
                )
            wanted.append(build.quoted(shown.name))
    return wanted
