"""The target of a write, for a restricted caller: what may be written, what may be read of it, and what RETURNING shows.

The target of INSERT, UPDATE, DELETE or MERGE cannot be a subquery, so no mask stands in front of it: it is read through open
columns only, in nested subqueries too (FINDINGS 8). One exception: a bare column or a star as a whole item of RETURNING is
written out with its mask. A column the caller cannot read is not overwritten unless a rule allows it: a tool that saves
`a***@x.cn` back must not destroy data. `verify.py` proves the outcome again, by the letters of names alone; so a name that
could be mistaken for one of the target's hidden columns leaves qualified here, or is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Column, Relation, Snapshot
from proxy.errors import Refusal, Unproven
from proxy.policy.verdict import Masked, Open, Verdict
from proxy.sql import build
from proxy.sql.couplings import Deed, check_couplings
from proxy.sql.items import reference_span, relation_item
from proxy.sql.parse import Statement, children, node_of
from proxy.sql.reading import SYSTEM_COLUMNS, Place, Reading, Returned, Write
from proxy.sql.splice import Edit

# Parts of a write in which its target is not visible (transformInsertStmt, transformUpdateStmt, transformDeleteStmt and
# transformMergeStmt of PostgreSQL's analyze.c and parse_merge.c).
BLIND = ("with_clause", "select_stmt", "from_clause", "using_clause", "source_relation")
WRITABLE_KINDS = "rpfv"  # tables, partitioned and foreign ones, views that are updatable
_HINT = "A rule may allow it: `write: allow` on the column, for your role."


@dataclass(frozen=True, slots=True)
class WriteEdits:
    """`edits` to the text; `shown`: for each relation OID the exact items that may stand in RETURNING."""

    edits: tuple[Edit, ...]
    shown: dict[int, frozenset[str]]


def check_writes(
    statement: Statement, reading: Reading, verdict_of: Callable[[Relation], Verdict], snapshot: Snapshot
) -> WriteEdits:
    """Judge every write of a statement. Raises Refusal naming column and rule, Unproven for forms that cannot be kept true."""
    edits: list[Edit] = []
    shown: dict[int, set[str]] = {}
    for write in reading.writes:
        verdict = verdict_of(write.use.relation)
        if isinstance(verdict, (Open, Masked)):
            one = _Target(statement, reading, write, verdict)
            check_target(write.use.relation, verdict)
            if isinstance(verdict, Masked):
                one.check_written()
                one.check_read()
                edits += one.edits
                shown.setdefault(write.use.relation.oid, set()).update(one.shown)
            check_couplings(snapshot, write.use.relation, verdict_of, _deed(write))
    return WriteEdits(tuple(edits), {oid: frozenset(texts) for oid, texts in shown.items()})


def check_target(relation: Relation, verdict: Open | Masked) -> None:
    """Whether anything of it may be written. Raises Refusal or Unproven."""
    name = f"{relation.schema}.{relation.name}"
    if verdict.unwritable is not None:
        raise Refusal(f"{name} cannot be written: {verdict.unwritable}", hint=f"Rule: {verdict.rule}")
    if relation.schema in ("pg_catalog", "information_schema") or relation.schema.startswith("pg_toast"):
        raise Refusal(f"{name} is PostgreSQL's own and cannot be written")
    if relation.kind not in WRITABLE_KINDS:
        raise Unproven(f"{name} is no table that can be written")
    if isinstance(verdict, Masked) and verdict.condition is not None:
        raise Refusal(
            f"{name} is shown to you by a row condition and cannot be written",
            hint=f"Rule: {verdict.rule}. Row-level security in the database can do this.",
        )


def check_column(relation: Relation, verdict: Masked, name: str, position: int | None = None) -> None:
    """Whether the column may be given a value. Raises Refusal naming its rule."""
    column = relation.column(name)
    show = verdict.columns[column.attnum] if column is not None else None
    if show is not None and not show.writable:
        raise Refusal(
            f"{relation.schema}.{relation.name}.{name} is {show.how} for you and cannot be written:"
            " what you see is not what it holds",
            hint=f"Leave {name} out. {_HINT} Rule: {show.rule}",
            position=position,
        )


def _deed(write: Write) -> Deed:
    node = write.node
    clauses = [e.merge_when_clause for e in node.merge_when_clauses] if isinstance(node, pb.MergeStmt) else []
    return Deed(
        frozenset(name for name, _ in write.written),
        inserts=isinstance(node, pb.InsertStmt) and node.on_conflict_clause.action != pb.ONCONFLICT_UPDATE,
        deletes=isinstance(node, pb.DeleteStmt) or any(c.command_type == pb.CMD_DELETE for c in clauses),
    )


class _Target:
    """One write whose target has a verdict."""

    def __init__(self, statement: Statement, reading: Reading, write: Write, verdict: Open | Masked) -> None:
        self.statement = statement
        self.reading = reading
        self.write = write
        self.verdict = verdict
        self.relation = write.use.relation
        self.name = f"{self.relation.schema}.{self.relation.name}"
        self.edits: set[Edit] = set()  # libpg_query repeats the source of SET (a, b) = (…) for each column
        self.shown: set[str] = set()

    @property
    def masked(self) -> Masked:
        """The verdict, where it is by column."""
        assert isinstance(self.verdict, Masked)  # noqa: S101 - the caller looked
        return self.verdict

    def hidden(self) -> dict[str, Column]:
        """Columns this caller does not see in clear, by name."""
        return {c.name: c for c in self.relation.columns if self.masked.columns[c.attnum].how != "open"}

    def position(self, location: int) -> int | None:
        return self.statement.character(location) if location >= 0 else None

    # -- what is written

    def check_written(self) -> None:
        unwritable = {c.name for c in self.relation.columns if not self.masked.columns[c.attnum].writable}
        is_merge = isinstance(self.write.node, pb.MergeStmt)
        fills_nothing = is_merge and self.write.width == 0  # INSERT DEFAULT VALUES
        if not self.write.listed and unwritable and not fills_nothing and (is_merge or not self.write.width):
            raise Unproven(f"name the columns of {self.name} that INSERT fills: not all of them can be written by you")
        for name, location in self.write.written:
            check_column(self.relation, self.masked, name, self.position(location))
        for target in self.statement.nodes(self.write.node, pb.ResTarget):
            if target.indirection and target.name in self.hidden():  # it fails or not by what is there
                raise self._closed(target.name, target.location, "Write the column as a whole.")
        if not self.write.listed and unwritable and not is_merge:
            names = [c.name for c in self.relation.columns[: self.write.width]]
            item = relation_item(self.statement, self.write.use.range_var)
            end = self._alias_end(item.end)
            self.edits.add(Edit(end, end, f" ({', '.join(map(build.quoted, names))})"))

    def _alias_end(self, end: int) -> int:
        """Where a column list may stand: behind `AS alias`."""
        alias = self.write.use.range_var.alias.aliasname
        if not alias:
            return end
        index = next(i for i, t in enumerate(self.statement.tokens) if t.start >= end)
        return self.statement.tokens[index + 1].end

    # -- what is read

    def check_read(self) -> None:
        """Every way to the target's columns but open ones, and bare items of RETURNING. Edits make it plain to the letter."""
        hidden = self.hidden()
        if not hidden:
            return
        if self.write.use.whole_row:
            raise self._closed("a whole row of it")
        if "tableoid" in self.write.use.system_columns and (self.relation.kind == "p" or self.relation.parents):
            raise self._closed("tableoid, which tells the partition")
        for usage in self.reading.usages:
            for use, base in usage.column.origins:
                if use is self.write.use and base.name in hidden and usage.place is not Place.RETURNED:
                    if usage.place is Place.CONFLICT and self.masked.columns[base.attnum].writable:
                        continue
                    raise self._closed(base.name, usage.location)
        self._check_excluded(hidden)
        returned = {one.reference.location for one in self.write.returned}
        for one in self.write.returned:
            self._return(one, hidden)
        for node in self._references():
            if node.location not in returned:
                self._letters(node, hidden)

    def _check_excluded(self, hidden: dict[str, Column]) -> None:
        """The row proposed holds what defaults and triggers filled in: of it, hidden columns go into hidden columns only."""
        node = self.write.node
        if not isinstance(node, pb.InsertStmt) or not node.HasField("on_conflict_clause"):
            return
        clause = node.on_conflict_clause
        passed = set()
        for target in (node_of(one) for one in clause.target_list):
            value = node_of(target.val)
            if isinstance(value, pb.ColumnRef) and target.name in hidden:
                passed.add(value.location)
        for reference in self.statement.nodes(clause, pb.ColumnRef):
            names = [field.string.sval if field.HasField("string") else "*" for field in reference.fields]
            is_row = names[-1] == "excluded" or (names[-1] == "*" and names[:-1] in ([], ["excluded"]))
            is_hidden = len(names) > 1 and names[-2] == "excluded" and names[-1] in hidden
            if reference.location not in passed and (is_row or is_hidden):
                what = "a whole row of what is proposed" if is_row else f"excluded.{names[-1]}"
                raise self._closed(what, reference.location, "Write the value again in place of excluded.")

    def _closed(self, what: str, location: int = -1, hint: str = "") -> Refusal:
        how = ""
        column = self.relation.column(what)
        if column is not None:
            show = self.masked.columns[column.attnum]
            how = f" Rule: {show.rule}"
        return Refusal(
            f"{self.name} is written here, so only columns you see in clear can be read from it, and not {what}",
            hint=(hint or "Use it bare in RETURNING, where it is shown masked, or read it in a SELECT of its own.") + how,
            position=self.position(location),
        )

    def _references(self) -> Iterator[Any]:
        """Every ColumnRef of the text that could see the target."""
        waiting = list(children(self.write.node, but=BLIND))
        while waiting:
            node = waiting.pop()
            if isinstance(node, pb.ColumnRef):
                yield node
            else:
                waiting.extend(children(node))

    def _target_names(self) -> set[str]:
        names = {self.write.source.name, "old", "new"}
        if self.write.node.HasField("returning_clause"):
            names.update(o.returning_option.value for o in self.write.node.returning_clause.options)
        return names

    def _letters(self, node: Any, hidden: dict[str, Column]) -> None:
        """A reference that only by PostgreSQL's rules of scope means something else must not look like the target's."""
        fields = node.fields
        last = fields[-1].string.sval if fields[-1].HasField("string") else None
        if len(fields) == 1:
            if last is None:
                return  # `*` of a nested SELECT; RETURNING's own were dealt with
            owner = self.reading.owners.get(node.location)
            if last in self._target_names():  # a column of the target's own name is no whole row
                found = self.reading.at.get(node.location)
                is_targets = found is not None and any(use is self.write.use for use, _ in found.origins)
                if owner is None or last in hidden or (owner in self._target_names() and not is_targets):
                    raise self._closed(last, node.location)
                self._qualify(node, owner)
            elif last in hidden or (last == "tableoid" and self._is_part()):
                if owner is None or owner in self._target_names():
                    hint = "If another relation's column is meant, give that relation an alias and write alias.column."
                    raise self._closed(last, node.location, hint)
                self._qualify(node, owner)
            return
        qualifier = fields[-2].string.sval
        if qualifier in self._target_names() and self._may_mean_target(node):
            if last is None or last in hidden:
                raise self._closed(last or "a whole row of it", node.location)
            if last == "tableoid" and self._is_part():
                raise self._closed("tableoid, which tells the partition", node.location)
            if self.relation.column(last) is None and last not in SYSTEM_COLUMNS:
                raise self._closed(last, node.location)

    def _is_part(self) -> bool:
        """Whether its tableoid tells the partition a row is in, and with it a key."""
        return self.relation.kind == "p" or bool(self.relation.parents)

    def _may_mean_target(self, node: Any) -> bool:
        """A third part is a schema: it settles whether the target is meant."""
        return len(node.fields) == 2 or node.fields[-3].string.sval == self.relation.schema

    def _qualify(self, node: Any, owner: str) -> None:
        start, _ = reference_span(self.statement, node)
        self.edits.add(Edit(start, start, f"{build.quoted(owner)}."))

    # -- what RETURNING shows

    def _return(self, one: Returned, hidden: dict[str, Column]) -> None:
        start, end = reference_span(self.statement, one.reference)
        if one.column is not None:
            if one.column.name not in hidden:
                if len(one.reference.fields) == 1 and one.column.name in self._target_names():
                    self._qualify(one.reference, self.write.source.name)
                return
            qualifier = self._qualifier(one.reference)
            text = self._item(qualifier, one.column, one.target.name)
            end = self._item_end(one, end)
            self.edits.add(Edit(start, end, text))
            return
        if len(one.reference.fields) > 1:
            qualifier_name = one.reference.fields[-2].string.sval
            if qualifier_name not in self._target_names():
                return
            self.edits.add(Edit(start, end, self._all(build.quoted(qualifier_name))))
            return
        pieces: list[str] = []
        for item in one.items:
            if item.sources and item.sources[0] is self.write.source:
                pieces.append(self._all(build.quoted(self.write.source.name)))
                continue
            is_merged = item.complete and len(item.columns) != sum(len(s.columns) for s in item.sources)
            if is_merged or any(not s.name for s in item.sources) or not item.sources:
                raise Unproven("write the columns of RETURNING out: a star here spans joined columns")
            pieces += [f"{build.quoted(s.name)}.*" for s in item.sources]
        self.edits.add(Edit(start, end, ", ".join(pieces)))

    def _qualifier(self, reference: Any) -> str:
        if len(reference.fields) == 1:
            return build.quoted(self.write.source.name)
        return build.quoted(reference.fields[-2].string.sval)

    def _item(self, qualifier: str, column: Column, name: str = "") -> str:
        text = build.returned(qualifier, column, self.masked, name or column.name)
        self.shown.add(text)
        return text

    def _all(self, qualifier: str) -> str:
        return ", ".join(self._item(qualifier, column) for column in self.relation.columns)

    def _item_end(self, one: Returned, end: int) -> int:
        """Behind the item's own alias, which is written anew."""
        if not one.target.name:
            return end
        tokens = self.statement.tokens
        index = next(i for i, t in enumerate(tokens) if t.start >= end)
        if self.statement.source[tokens[index].start : tokens[index].end].lower() == b"as":
            index += 1
        return tokens[index].end
