"""Which relation each name in a statement means, and where each of its columns goes.

One pass over libpg_query's tree, following PostgreSQL's own rules of name look-up (PostgreSQL 18, 7.2 Table Expressions,
7.8 WITH; parse_relation.c's order). Result: a `Reading`: every place a relation stands (`Use`), every column reference with
the column it means, and for each use of a column its `Place`. Knows nothing of policy or encryption: `sealed.py`,
`writes.py` and `rewrite.py` draw the conclusions. Names it cannot settle stay unsettled; what needs them refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Column, Relation, Snapshot
from proxy.errors import StatementError, TooComplex, Unproven
from proxy.sql.lookup import Names, Scope, reach_all, single, source_column
from proxy.sql.nodes import constant_of, figure_name, has_own_clauses, is_null_constant, is_plain_count, table_columns
from proxy.sql.parse import children, kind_of, names, node_of, walk
from proxy.sql.reading import (
    Assignment,
    Grouping,
    Item,
    OutColumn,
    Place,
    Reading,
    Returned,
    Source,
    Star,
    Use,
    Write,
)

# Relations in one statement. PostgreSQL's planner takes seconds beyond some hundreds.
RELATIONS = 1_000
# Parts of an expression that refer to nothing.
_NOTHING_IN_IT = frozenset((pb.A_Const, pb.ParamRef, pb.String, pb.TypeName))


def read(
    node: Message,
    snapshot: Snapshot,
    path: Sequence[str],
    temporary: Collection[str] = (),
) -> Reading:
    """Read one SELECT, INSERT, UPDATE, DELETE or MERGE. Unknown relations stand in `Reading.misses`.

    `temporary`: names of the session's temporary tables, which come before everything on the path.
    """
    reader = _Reader(snapshot, tuple(path), temporary)
    reader.statement(node, Scope((), {}), top=True)
    return reader.reading


def relations_named(
    node: Message, snapshot: Snapshot, path: Sequence[str], temporary: Collection[str] = ()
) -> list[Relation]:
    """Every catalog relation that any RangeVar below `node` could mean, CTE names included: a superset, for utility
    statements and for finding out whether a statement needs reading at all."""
    found = []
    for one in walk(node):
        if isinstance(one, pb.RangeVar) and not is_temporary(one, temporary):
            relation = find_relation(one, snapshot, path)
            if relation is not None:
                found.append(relation)
    return found


def is_temporary(range_var: Any, temporary: Collection[str]) -> bool:
    """Whether a RangeVar means one of the session's temporary tables (PostgreSQL 18, 5.10.3: pg_temp is searched first).

    One that code of the database made is none of the caller's, and not on the list.
    """
    in_place = range_var.schemaname in ("", "pg_temp") and not range_var.catalogname
    return in_place and range_var.relname in temporary


def find_relation(range_var: Any, snapshot: Snapshot, path: Sequence[str]) -> Relation | None:
    """The catalog relation of a RangeVar, CTEs not considered."""
    if range_var.schemaname:
        if range_var.catalogname and range_var.catalogname != snapshot.database:
            return None
        return snapshot.relation(range_var.schemaname, range_var.relname)
    return snapshot.relation_in(path, range_var.relname)


class _Reader:
    def __init__(self, snapshot: Snapshot, path: tuple[str, ...], temporary: Collection[str]) -> None:
        self.snapshot = snapshot
        self.path = path
        self.temporary = temporary
        self.reading = Reading()
        self.names = Names(self.reading, snapshot.database)

    # -- statements ----------------------------------------------------------------------------------------------------

    def statement(self, node: Any, scope: Scope, *, top: bool = False) -> tuple[list[OutColumn], bool]:
        kind = kind_of(node)
        if kind == "SelectStmt":
            outputs, complete = self.select(node, scope)
        elif kind == "InsertStmt":
            outputs, complete = self.insert(node, scope)
        elif kind == "UpdateStmt":
            outputs, complete = self.update(node, scope)
        elif kind == "DeleteStmt":
            outputs, complete = self.delete(node, scope)
        elif kind == "MergeStmt":
            outputs, complete = self.merge(node, scope)
        else:
            raise Unproven(f"{kind.removesuffix('Stmt').upper()} inside WITH is not supported yet")
        if top:
            self.reading.outputs, self.reading.outputs_complete = outputs, complete
        return outputs, complete

    def with_clause(self, node: Any, scope: Scope) -> Scope:
        if not node.HasField("with_clause"):
            return scope
        clause = node.with_clause
        ctes = [c.common_table_expr for c in clause.ctes]
        if clause.recursive:
            for cte in ctes:  # every name is visible to every sibling; columns follow as they become known
                scope = scope.with_cte(cte.ctename, None)
        for cte in ctes:
            query = node_of(cte.ctequery)
            recursive_arms = clause.recursive and isinstance(query, pb.SelectStmt) and query.op != pb.SETOP_NONE
            if recursive_arms:
                outputs = self._recursive(cte, query, scope)
            else:
                outputs, _ = self.statement(query, scope.deeper())
            columns = _renamed(_copies(outputs), names(cte.aliascolnames))
            self._search_and_cycle(cte, columns)
            more = [cte.search_clause.search_seq_column] if cte.HasField("search_clause") else []
            if cte.HasField("cycle_clause"):
                more += [cte.cycle_clause.cycle_mark_column, cte.cycle_clause.cycle_path_column]
            columns += [OutColumn(name, shown_at=scope.depth) for name in more]
            scope = scope.with_cte(cte.ctename, columns)
        return scope

    def _known_names(self, complete: bool, aliases: Any) -> None:
        if aliases and not complete:
            self.reading.unknown.append("an alias list over columns not known here")

    def _search_and_cycle(self, cte: Any, columns: list[OutColumn]) -> None:
        """SEARCH and CYCLE compare the columns they name and hand their values on inside a new column."""
        for clause, field in (("search_clause", "search_col_list"), ("cycle_clause", "cycle_col_list")):
            if cte.HasField(clause):
                for name in names(getattr(getattr(cte, clause), field)):
                    for column in columns:
                        if column.name == name:
                            self.names.usage(column, Place.OTHER, -1)

    def _recursive(self, cte: Any, query: Any, scope: Scope) -> list[OutColumn]:
        """A recursive term's columns are those of its left arm; the right arm then reads them under the CTE's name."""
        inner = self.with_clause(query, scope.deeper())
        first, _ = self.select(query.larg, inner)
        known = _renamed(_copies(first), names(cte.aliascolnames))
        second, _ = self.select(query.rarg, inner.with_cte(cte.ctename, known))
        # What the recursive arm puts into a column is what the next round reads from it under the first arm's origins.
        self.reading.recursions += zip(first, second, strict=False)
        outputs = self._merge_arms([first, second], is_all=query.all and query.op == pb.SETOP_UNION)
        self._after_set_operation(query, outputs, inner)
        return outputs

    def select(self, node: Any, scope: Scope) -> tuple[list[OutColumn], bool]:
        scope = self.with_clause(node, scope.deeper())
        if node.op != pb.SETOP_NONE:
            outputs, complete = self.set_operation(node, scope)
            self._after_set_operation(node, outputs, scope)
            return outputs, complete
        if node.values_lists:
            outputs = self.values(node, scope)
            self._after_set_operation(node, outputs, scope)
            return outputs, True
        items: list[Item] = []
        inner = scope.inner(items)
        self.names.referenced.append([])
        self.names.in_rows.append([])
        for element in node.from_clause:
            items.append(self.from_item(node_of(element), scope, items))
        outputs, complete = self.target_list(node.target_list, inner)
        if node.HasField("where_clause"):
            self.expression(node.where_clause, inner)
        ordinals = outputs if complete else []  # behind an unknown star an ordinal means nothing to us
        grouped, has_sets = self.group_clause(node, inner, ordinals)
        if node.HasField("having_clause"):
            self.expression(node.having_clause, inner)
        for window in node.window_clause:
            self.expression(window, inner)
        self.distinct_clause(node, inner, outputs)
        self.sort_clause(node.sort_clause, inner, outputs)
        self.limit(node, inner)
        referenced, in_rows = self.names.referenced.pop(), self.names.in_rows.pop()
        if self.names.referenced:  # a correlated reference counts for the outer query as well
            self.names.referenced[-1].extend(referenced)
            self.names.in_rows[-1].extend(in_rows)
        if node.group_clause:
            self.reading.groupings.append(Grouping(node, items, grouped, has_sets, referenced, in_rows))
        return outputs, complete

    def _after_set_operation(self, node: Any, outputs: list[OutColumn], scope: Scope) -> None:
        self.sort_clause(node.sort_clause, scope.inner([Item(outputs, [])]), outputs)
        self.limit(node, scope)

    def limit(self, node: Any, scope: Scope) -> None:
        for name in ("limit_count", "limit_offset"):
            if node.HasField(name):
                self.expression(getattr(node, name), scope)

    def set_operation(self, node: Any, scope: Scope) -> tuple[list[OutColumn], bool]:
        """UNION, INTERSECT, EXCEPT. The left spine is walked in a loop: a chain of thousands is legal."""
        arms: list[Any] = []
        is_all = True
        one = node
        while True:
            is_all = is_all and one.all and one.op == pb.SETOP_UNION
            arms.append(one.rarg)
            left = one.larg
            if left.op == pb.SETOP_NONE or has_own_clauses(left):
                break
            one = left
        results = [self.select(left, scope), *(self.select(arm, scope) for arm in reversed(arms))]
        return self._merge_arms([r[0] for r in results], is_all=is_all), all(c for _, c in results)

    def _merge_arms(self, arms: list[list[OutColumn]], *, is_all: bool) -> list[OutColumn]:
        merged = [self._merge([arm[i] for arm in arms if i < len(arm)]) for i in range(len(arms[0]))]
        if not is_all:
            for column in merged:
                self.names.usage(column, Place.DISTINCT, -1)
        return merged

    def _merge(self, arms: list[OutColumn]) -> OutColumn:
        origins = tuple(origin for arm in arms for origin in arm.origins)
        pure = all(arm.origins or arm.is_null for arm in arms)
        merged = OutColumn(arms[0].name, origins, is_null=all(arm.is_null for arm in arms), guessed=arms[0].guessed)
        if not pure and origins:
            self.names.usage(OutColumn(arms[0].name, origins), Place.MIXED, -1)
            merged.origins = ()
        return merged

    def values(self, node: Any, scope: Scope) -> list[OutColumn]:
        rows = [[node_of(i) for i in row.list.items] for row in node.values_lists]
        outputs = []
        for index in range(len(rows[0])):
            cells = [self.value(row[index], f"column{index + 1}", scope) for row in rows if index < len(row)]
            merged = self._merge(cells)
            if len(cells) == 1:
                merged.node = cells[0].node
            if all(cell.node is not None for cell in cells):
                merged.cells = tuple(cell.node for cell in cells)
            outputs.append(merged)
        return outputs

    # -- writes --------------------------------------------------------------------------------------------------------

    def target(self, node: Any) -> tuple[Write | None, Source]:
        """The relation a statement writes to; no Write for a temporary table, which is the caller's own, or an unknown one."""
        range_var = node.relation
        relation = self._relation(range_var)
        if relation is None:
            return None, self._unknown_source(range_var)
        use = Use(range_var, relation, is_target=True)
        self.reading.uses.append(use)
        write = Write(node, use, self._relation_source(use, range_var))
        self.reading.writes.append(write)
        return write, write.source

    def insert(self, node: Any, scope: Scope) -> tuple[list[OutColumn], bool]:
        scope = self.with_clause(node, scope.deeper())
        write, source = self.target(node)
        for element in node.cols:
            self._subscripts(element.res_target, scope)
        query = node_of(node.select_stmt) if node.HasField("select_stmt") else None
        if query is not None and query.values_lists:
            inner = self.with_clause(query, scope)
            rows = [[node_of(item) for item in row.list.items] for row in query.values_lists]
            width = max(len(row) for row in rows)
            if any(len(row) != width for row in rows):
                raise StatementError("VALUES lists must all be the same length")
            given = [any(i < len(r) and not isinstance(r[i], pb.SetToDefault) for r in rows) for i in range(width)]
            columns = self._inserted(write, node.cols, given)
            for row in rows:
                for column, item in zip(columns, row, strict=False):
                    self.assign(write, column, item, inner)
            if query.sort_clause:
                self.reading.unknown.append("a VALUES list in an order of its own")
            self._after_set_operation(query, [], inner)
        elif query is not None:
            outputs, complete = self.select(query, scope)
            columns = self._inserted(write, node.cols, [True] * len(outputs) if complete else None)
            for column, output in zip(columns, outputs, strict=False):
                self._assigned(write, column, output)
        items = [Item(source.columns, [source], source.complete)]
        if node.HasField("on_conflict_clause"):
            self.on_conflict(node.on_conflict_clause, write, source, scope)
        return self.returning(node, scope, items, write, source)

    def _inserted(self, write: Write | None, cols: Any, given: list[bool] | None) -> list[Column | None]:
        """The columns INSERT fills, in the order of its values. `given`: which values are not DEFAULT; None: not known."""
        if write is None:
            return [None] * (len(cols) or len(given or ()))
        relation = write.use.relation
        if cols:
            elements = [one.res_target for one in cols]
            for index, element in enumerate(elements):
                if given is None or index >= len(given) or given[index]:
                    write.written.append((element.name, element.location))
            return [None if e.indirection else relation.column(e.name) for e in elements]
        write.listed, write.width = False, None if given is None else len(given)
        for column, is_given in zip(relation.columns, given or (), strict=False):
            if is_given:
                write.written.append((column.name, -1))
        return list(relation.columns)

    def on_conflict(self, clause: Any, write: Write | None, source: Source, scope: Scope) -> None:
        excluded = Source("excluded", _handed_on(write, source.columns), source.complete, is_temporary=write is None)
        level = scope.inner([Item(source.columns, [source], source.complete), Item([], [excluded])])
        if clause.HasField("infer"):
            for element in clause.infer.index_elems:
                index = element.index_elem
                column = source_column(source, index.name)
                if column is not None:
                    self.names.usage(column, Place.CONFLICT, clause.infer.location)
                if index.HasField("expr"):
                    self.expression(index.expr, level)
            if clause.infer.HasField("where_clause"):
                self.expression(clause.infer.where_clause, level)
        self.set_list(clause.target_list, write, level)
        if clause.HasField("where_clause"):
            self.expression(clause.where_clause, level)

    def update(self, node: Any, scope: Scope) -> tuple[list[OutColumn], bool]:
        scope = self.with_clause(node, scope.deeper())
        write, source = self.target(node)
        items = [Item(source.columns, [source], source.complete), *self._others(node.from_clause, scope, source)]
        inner = scope.inner(items)
        self.set_list(node.target_list, write, inner)
        if node.HasField("where_clause"):
            self.expression(node.where_clause, inner)
        return self.returning(node, scope, items, write, source)

    def delete(self, node: Any, scope: Scope) -> tuple[list[OutColumn], bool]:
        scope = self.with_clause(node, scope.deeper())
        write, source = self.target(node)
        items = [Item(source.columns, [source], source.complete), *self._others(node.using_clause, scope, source)]
        if node.HasField("where_clause"):
            self.expression(node.where_clause, scope.inner(items))
        return self.returning(node, scope, items, write, source)

    def _others(self, clause: Iterable[Any], scope: Scope, target: Source) -> list[Item]:
        """FROM of UPDATE, USING of DELETE: the target is not visible in there, not even to LATERAL (analyze.c)."""
        items: list[Item] = []
        for element in clause:
            items.append(self.from_item(node_of(element), scope, items))
        _check_names(target, items)
        return items

    def merge(self, node: Any, scope: Scope) -> tuple[list[OutColumn], bool]:
        """MERGE: what each WHEN can see is its side of the join (PostgreSQL 18, MERGE)."""
        scope = self.with_clause(node, scope.deeper())
        write, source = self.target(node)
        target = Item(source.columns, [source], source.complete)
        given = self.from_item(node_of(node.source_relation), scope, [])
        _check_names(source, [given])
        self.expression(node.join_condition, scope.inner([given, target]))
        for element in node.merge_when_clauses:
            clause = element.merge_when_clause
            sides = {
                int(pb.MERGE_WHEN_NOT_MATCHED_BY_TARGET): [given],
                int(pb.MERGE_WHEN_NOT_MATCHED_BY_SOURCE): [target],
            }.get(int(clause.match_kind), [given, target])
            level = scope.inner(sides)
            if clause.HasField("condition"):
                self.expression(clause.condition, level)
            if clause.command_type == pb.CMD_INSERT:
                for one in clause.target_list:
                    self._subscripts(one.res_target, level)
                values = [node_of(value) for value in clause.values]
                columns = self._inserted(write, clause.target_list, [not isinstance(v, pb.SetToDefault) for v in values])
                for column, value in zip(columns, values, strict=False):
                    self.assign(write, column, value, level)
            else:
                self.set_list(clause.target_list, write, level)
        return self.returning(node, scope, [given, target], write, source)

    def returning(
        self, node: Any, scope: Scope, items: list[Item], write: Write | None, target: Source
    ) -> tuple[list[OutColumn], bool]:
        """RETURNING. A bare column of the written relation and a star stand in `Write.returned`; they can be shown masked."""
        if not node.HasField("returning_clause"):
            return [], True
        clause = node.returning_clause
        renamed = {o.returning_option.option: o.returning_option.value for o in clause.options}
        names_of = (renamed.get(pb.RETURNING_OPTION_OLD, "old"), renamed.get(pb.RETURNING_OPTION_NEW, "new"))
        versions = [
            Source(name, target.columns, target.complete, is_temporary=write is None, is_version=True) for name in names_of
        ]
        level = scope.inner([*items, Item([], versions)])
        outputs: list[OutColumn] = []
        is_complete = True
        for element in clause.exprs:
            one = element.res_target
            value = node_of(one.val)
            if not isinstance(value, pb.ColumnRef):
                outputs.append(self.value(value, one.name, level))
                continue
            if value.fields[-1].HasField("a_star"):
                found, known = self.star(value, level, Place.RETURNED)
                is_complete = is_complete and known
                if write is not None:
                    write.returned.append(Returned(one, value, None, tuple(items)))
            else:
                meant = self.names.column(value, level, Place.RETURNED)
                found = [OutColumn(one.name or figure_name(value), meant.origins if meant is not None else ())]
                base = next((b for use, b in meant.origins if write is not None and use is write.use), None) if meant else None
                if write is not None and base is not None:
                    write.returned.append(Returned(one, value, base))
            outputs += _handed_on(write, found)
        return outputs, is_complete

    def set_list(self, targets: Iterable[Any], write: Write | None, scope: Scope) -> None:
        for element in targets:
            target = element.res_target
            if write is not None:
                write.written.append((target.name, target.location))
            column = write.use.relation.column(target.name) if write is not None else None
            value = node_of(target.val)
            if target.indirection:
                column = None
                self._subscripts(target, scope)
            if isinstance(value, pb.MultiAssignRef):
                source = node_of(value.source)
                if isinstance(source, pb.SubLink):
                    if value.colno == 1:
                        outputs, _ = self.select(node_of(source.subselect), scope)
                        self._multi = outputs
                    if value.colno <= len(self._multi):
                        self._assigned(write, column, self._multi[value.colno - 1], target.location)
                    continue
                values = self._row_of(source, value.ncolumns)
                if len(values) != value.ncolumns:  # a star: which value is whose is not known
                    for one in values if value.colno == 1 else ():
                        self.names.usage(self.value(node_of(one), "", scope), Place.STORED, target.location)
                    continue
                value = values[value.colno - 1]
            self.assign(write, column, value, scope, target.location)

    def _row_of(self, source: Any, columns: int) -> Sequence[Any]:
        """The values of `SET (a, b) = (x, y)`. Raises StatementError as PostgreSQL does (transformMultiAssignRef)."""
        if not isinstance(source, pb.RowExpr):
            message = "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression"
            raise StatementError(message, sqlstate="0A000")
        values = [node_of(value) for value in source.args]
        if any(_is_star(value) for value in values):
            self.reading.unknown.append("a star inside a row")
        elif len(values) != columns:
            raise StatementError("number of columns does not match number of values")
        return values

    def _subscripts(self, target: Any, scope: Scope) -> None:
        """What stands inside the brackets of `SET a[…] = x`."""
        for part in target.indirection:
            self.expression(part, scope)

    _multi: Sequence[OutColumn] = ()

    def assign(self, write: Write | None, column: Column | None, value: Any, scope: Scope, location: int = -1) -> None:
        if isinstance(value, pb.SetToDefault):
            return
        self._assigned(write, column, self.value(value, "", scope, place=Place.ASSIGNED), location)

    def _assigned(self, write: Write | None, column: Column | None, output: OutColumn, location: int = -1) -> None:
        if write is None:  # kept where nobody knows what it is
            self.names.usage(output, Place.STORED, location)
        elif column is not None:
            self.reading.assignments.append(Assignment(write.use, column, output, location))

    # -- FROM ----------------------------------------------------------------------------------------------------------

    def from_item(self, node: Any, scope: Scope, left: list[Item]) -> Item:
        """`left`: the items before this one, visible to LATERAL and to functions."""
        if not isinstance(node, pb.JoinExpr):
            return self._leaf(node, scope, left)
        joins: list[Any] = []  # the left spine in a loop: joins are written in long chains
        one = node
        while isinstance(one, pb.JoinExpr):
            joins.append(one)
            one = node_of(one.larg)
        item = self._leaf(one, scope, left)
        for join in reversed(joins):
            item = self._join(join, item, scope, left)
        return item

    def _join(self, join: Any, left: Item, scope: Scope, before: list[Item]) -> Item:
        right_node = node_of(join.rarg)
        right = self.from_item(right_node, scope, [*before, left])
        merged: list[OutColumn] = []
        using = list(names(join.using_clause))
        if join.is_natural:
            if not (left.complete and right.complete):
                raise Unproven("NATURAL JOIN with something whose columns are not known here")
            for source in (*left.sources, *right.sources):
                _spread(source)
            right_names = {c.name for c in right.columns}
            using = [c.name for c in left.columns if c.name in right_names]
        for name in using:
            one, other = single(left.columns, name), single(right.columns, name)
            if one is None or other is None:
                self.reading.unsettled.append(((name,), -1))
                continue
            self.names.usage(one, Place.COMPARED, -1, (other,))
            self.names.usage(other, Place.COMPARED, -1, (one,))
            self.reading.cell_references += [one, other]
            merged.append(OutColumn(name, one.origins + other.origins))
        taken = set(using)
        columns = merged + [c for c in (*left.columns, *right.columns) if c.name not in taken]
        sources = left.sources + right.sources
        complete = left.complete and right.complete
        if join.HasField("join_using_alias"):
            sources = [*sources, Source(join.join_using_alias.aliasname, merged)]
        if join.HasField("quals"):
            self.expression(join.quals, scope.inner([Item(columns, sources, complete)]))
        if join.HasField("alias"):
            self._known_names(complete, join.alias.colnames)
            columns = _renamed(_copies(columns), names(join.alias.colnames))
            inner = tuple(u for s in sources for u in (s.use, *s.inner_uses) if u is not None)
            return Item(columns, [Source(join.alias.aliasname, columns, complete, inner_uses=inner)], complete)
        return Item(columns, sources, complete)

    def _leaf(self, node: Any, scope: Scope, left: list[Item]) -> Item:
        if isinstance(node, pb.RangeVar):
            return self._range_var(node, scope, None)
        if isinstance(node, pb.RangeTableSample):
            for argument in (*node.args, *([node.repeatable] if node.HasField("repeatable") else [])):
                self.expression(argument, scope)
            relation = node_of(node.relation)
            return self._range_var(relation, scope, node)
        if isinstance(node, pb.RangeSubselect):
            inner = scope.inner(left) if node.lateral else scope
            outputs, complete = self.select(node_of(node.subquery), inner)
            self._known_names(complete, node.alias.colnames)
            columns = _renamed(_copies(outputs), names(node.alias.colnames))
            if _is_bare_values(node_of(node.subquery)):
                for column, output in zip(columns, outputs, strict=True):
                    column.cells = output.cells
            name = node.alias.aliasname
            sources = [Source(name, columns, complete)] if name else []
            return Item(columns, sources, complete)
        if isinstance(node, pb.RangeFunction):
            return self._range_function(node, scope.inner(left))
        if isinstance(node, pb.JoinExpr):
            return self.from_item(node, scope, left)
        if isinstance(node, (pb.JsonTable, pb.RangeTableFunc)):  # both are lateral by themselves
            for child in children(node):
                if not isinstance(child, pb.Alias):
                    self.expression(child, scope.inner(left))
            found = [OutColumn(c) for c in table_columns(node)]
            columns = _renamed(found, names(node.alias.colnames))
            own_name = "json_table" if isinstance(node, pb.JsonTable) else "xmltable"
            return Item(columns, [Source(node.alias.aliasname or own_name, columns)])
        raise Unproven(f"{kind_of(node)} in FROM is not supported")

    def _range_var(self, node: Any, scope: Scope, sample: Any) -> Item:
        alias = node.alias.aliasname
        colnames = names(node.alias.colnames)
        if not node.schemaname and node.relname in scope.ctes:
            found = scope.ctes[node.relname]
            if found is None:
                self.reading.unknown.append(f"{node.relname} is used before it is defined")
            columns = _renamed(_copies(found or []), colnames)
            # A star in a deeper query leaves what SEARCH and CYCLE add out; by name it is still there (p_dontexpand).
            kept = [c for c, of in zip(columns, found or [], strict=True) if of.shown_at in (None, scope.depth)]
            is_known = found is not None and len(kept) == len(columns)
            return Item(kept, [Source(alias or node.relname, kept, is_known)], is_known)
        relation = self._relation(node)
        if relation is None:
            source = self._unknown_source(node)
            return Item(source.columns, [source], complete=False)
        if len(self.reading.uses) >= RELATIONS:
            raise TooComplex(f"the statement names more than {RELATIONS} relations")
        use = Use(node, relation, sample=sample, all_columns=bool(colnames))
        self.reading.uses.append(use)
        source = self._relation_source(use, node)
        return Item(source.columns, [source])

    def _relation(self, node: Any) -> Relation | None:
        """The relation a RangeVar means; None is noted as a temporary table or as a miss."""
        if is_temporary(node, self.temporary):
            self.reading.temporary.append(node)
            return None
        relation = find_relation(node, self.snapshot, self.path)
        if relation is None:
            self.reading.misses.append(_written(node))
        return relation

    def _unknown_source(self, node: Any) -> Source:
        """Columns nobody knows here, but for those an alias list names."""
        columns = [OutColumn(name) for name in names(node.alias.colnames)]
        is_own = bool(self.reading.temporary) and self.reading.temporary[-1] is node
        return Source(node.alias.aliasname or node.relname, columns, complete=False, is_temporary=is_own)

    def _relation_source(self, use: Use, node: Any) -> Source:
        columns = [OutColumn(c.name, ((use, c),)) for c in use.relation.columns]
        columns = _renamed(columns, names(node.alias.colnames))
        alias = node.alias.aliasname
        schema = None if alias else use.relation.schema
        use.source = Source(alias or node.relname, columns, use=use, schema=schema)
        return use.source

    def _range_function(self, node: Any, scope: Scope) -> Item:
        columns: list[OutColumn] = []
        complete = True
        first_name = ""
        for function in node.functions:
            parts = function.list.items
            call = node_of(parts[0])
            self.expression(call, scope)
            first_name = first_name or figure_name(call)
            definitions = node_of(parts[1]) if len(parts) > 1 else None
            if isinstance(definitions, pb.List):
                columns += [OutColumn(d.column_def.colname) for d in definitions.items]
            else:
                complete = False  # one column or many: a guessed name must not hide an outer column
        if node.coldeflist:
            columns, complete = [OutColumn(d.column_def.colname) for d in node.coldeflist], True
        name = node.alias.aliasname or first_name
        if not complete:
            columns = [OutColumn(alias) for alias in names(node.alias.colnames)]
        if node.ordinality and (complete or len(columns) < 2):  # else an alias may be its name
            columns.append(OutColumn("ordinality"))
        if complete:
            columns = _renamed(columns, names(node.alias.colnames))
        return Item(columns, [Source(name, columns, complete)], complete)

    # -- target lists and clauses ---------------------------------------------------------------------------------------

    def target_list(self, targets: Iterable[Any], scope: Scope) -> tuple[list[OutColumn], bool]:
        outputs: list[OutColumn] = []
        complete = True
        for element in targets:
            target = element.res_target
            value = node_of(target.val)
            if isinstance(value, pb.ColumnRef) and value.fields[-1].HasField("a_star"):
                expanded, known = self.star(value, scope)
                outputs += expanded
                complete = complete and known
                continue
            outputs.append(self.value(value, target.name, scope))
        return outputs, complete

    def value(self, value: Any, name: str, scope: Scope, place: Place = Place.OUTPUT) -> OutColumn:
        """A whole item: a column passes on, a scalar subquery passes its column on, a constant is kept, the rest is opaque."""
        if _is_star(value):
            self.reading.unknown.append("a star inside a list")
            self._note_expanded(value)
        if isinstance(value, pb.ColumnRef):
            column = self.names.column(value, scope, place)
            if column is not None:
                given_by = column if column.cells else column.given_by
                return OutColumn(name or column.name, column.origins, given_by=given_by)
            return OutColumn(name or figure_name(value))
        reference = _under_casts(value)
        if reference is not None:
            column = self.names.column(reference, scope, Place.OTHER)
            certain = OutColumn(name or figure_name(value))  # a cast keeps its column's name (FigureColname)
            if column is not None and column.cells:
                certain.given_by, certain.cast = column, value
            return certain
        if isinstance(value, pb.SubLink) and value.sub_link_type == pb.EXPR_SUBLINK:
            outputs, _ = self.select(node_of(value.subselect), scope)
            if len(outputs) == 1:
                one = outputs[0]
                return OutColumn(name or one.name, one.origins, is_null=one.is_null, guessed=not name and one.guessed)
            return OutColumn(name, guessed=not name)
        if constant_of(value) is not None:
            return OutColumn(name or figure_name(value), node=value, is_null=is_null_constant(value), guessed=not name)
        self.expression(value, scope)
        is_certain = bool(name) or isinstance(value, pb.FuncCall)
        return OutColumn(name or figure_name(value), guessed=not is_certain)

    def star(self, node: Any, scope: Scope, place: Place = Place.OUTPUT) -> tuple[list[OutColumn], bool]:
        if len(node.fields) == 1:
            items = scope.levels[0]
            expanded = [column for item in items for column in item.columns]
            complete = all(item.complete for item in items)
            is_plain = all(i.complete and len(i.columns) == sum(len(s.columns) for s in i.sources) for i in items)
            self._star_of([s for item in items for s in item.sources], node, is_plain)
        else:
            found = self.names.source(tuple(f.string.sval for f in node.fields[:-1]), scope, node)
            if found is None:
                raise StatementError(f'missing FROM-clause entry for table "{node.fields[-2].string.sval}"', sqlstate="42P01")
            self._star_of([found], node, len(node.fields) == 2)
            expanded, complete = found.columns, found.complete
        if not complete:
            self.reading.unknown.append("a star over columns not known here")
        for column in expanded:
            self.names.usage(column, place, node.location)
        self.reading.cell_references += expanded
        if self.names.referenced:
            self.names.referenced[-1].extend(expanded)
        copies = _copies(expanded)
        for copy, column in zip(copies, expanded, strict=True):
            copy.given_by = column if column.cells else None
        return copies, complete

    def _star_of(self, sources: list[Source], node: Any, can_be_written_out: bool) -> None:
        """Note what a star takes. One that cannot be written out column by column spreads what it spans."""
        star = Star(node, sources)
        is_plain = can_be_written_out and star.columns() is not None
        for source in sources:
            (reach_all if is_plain and source.use is not None else _spread)(source)
        if is_plain:
            self.reading.stars.append(star)

    def group_clause(self, node: Any, scope: Scope, outputs: list[OutColumn]) -> tuple[list[OutColumn], bool]:
        grouped: list[OutColumn] = []
        has_sets = False
        waiting = [(node_of(element), False) for element in reversed(node.group_clause)]
        while waiting:
            one, is_in_set = waiting.pop()
            if isinstance(one, pb.GroupingSet):
                has_sets = True
                waiting += [(node_of(element), True) for element in reversed(one.content)]
            elif isinstance(one, pb.RowExpr) and one.row_format == pb.COERCE_IMPLICIT_CAST:  # flatten_grouping_sets
                waiting += [(node_of(element), is_in_set) for element in reversed(one.args)]
            elif one is not None:
                column = self.sorted_by(one, scope, outputs, Place.GROUPED, input_first=True)
                if column is not None and not is_in_set:
                    grouped.append(column)
        return grouped, has_sets

    def distinct_clause(self, node: Any, scope: Scope, outputs: list[OutColumn]) -> None:
        if not node.distinct_clause:
            return
        elements = [node_of(e) for e in node.distinct_clause]
        if elements == [None]:
            for output in outputs:
                self.names.usage(output, Place.DISTINCT, -1)
                self._given_again(output)
            return
        for one in elements:
            if one is not None:
                self.sorted_by(one, scope, outputs, Place.DISTINCT, input_first=False)

    def sort_clause(self, clause: Iterable[Any], scope: Scope, outputs: list[OutColumn]) -> None:
        for element in clause:
            one = node_of(element)
            self.sorted_by(node_of(one.node), scope, outputs, Place.ORDERED, input_first=False)

    def sorted_by(
        self, node: Any, scope: Scope, outputs: list[OutColumn], place: Place, *, input_first: bool
    ) -> OutColumn | None:
        """An item of GROUP BY, ORDER BY or DISTINCT ON: an ordinal, an output name, an input column or an expression.

        ORDER BY prefers output names (PostgreSQL 18, SELECT, ORDER BY clause), GROUP BY input names.
        """
        if isinstance(node, pb.A_Const) and node.HasField("ival"):
            index = int(node.ival.ival) - 1
            if 0 <= index < len(outputs):
                self.names.usage(outputs[index], place, node.location)
                self._given_again(outputs[index])
                return outputs[index]
            return None
        if isinstance(node, pb.ColumnRef) and len(node.fields) == 1 and node.fields[0].HasField("string"):
            name = node.fields[0].string.sval
            output = next((o for o in outputs if o.name == name), None)
            is_input = any(single(i.columns, name) is not None for i in scope.levels[0]) if input_first else False
            if output is not None and output.guessed:
                self.reading.unsettled.append(((name,), node.location))
            if output is not None and not is_input:
                self.names.usage(output, place, node.location)
                self._given_again(output)
                self.reading.at.setdefault(node.location, output)
                self.reading.by_output.add(node.location)
                return output
        if isinstance(node, pb.ColumnRef):
            return self.names.column(node, scope, place)
        self.expression(node, scope)
        return None

    def _given_again(self, output: OutColumn) -> None:
        """A column of VALUES is used once more, as an output column that is sorted or compared."""
        if output.given_by is not None:
            self.reading.cell_references.append(output.given_by)

    # -- expressions ----------------------------------------------------------------------------------------------------

    def expression(self, root: Any, scope: Scope) -> None:
        """Every reference below `root`, with its place. Iterative: expressions are as deep as people's generators like."""
        waiting: list[tuple[Any, Place, tuple[Any, ...]]] = [(node_of(root), Place.OTHER, ())]
        while waiting:
            node, place, others = waiting.pop()
            if node is None or type(node) in _NOTHING_IN_IT:
                continue
            if isinstance(node, pb.ColumnRef):
                self.names.column(node, scope, place, others)
            elif isinstance(node, pb.SubLink):
                self._sublink(node, scope, place, others)
            elif isinstance(node, pb.A_Expr):
                waiting.extend(_operands(node))
            elif isinstance(node, pb.NullTest):
                waiting.append((node_of(node.arg), Place.NULL_TEST, ()))
            elif isinstance(node, pb.FuncCall) and is_plain_count(node):
                place = Place.DISTINCT if node.agg_distinct else Place.COUNTED
                waiting.append((node_of(node.args[0]), place, ()))
            elif isinstance(node, pb.SelectStmt):
                for output in self.select(node, scope)[0]:
                    self.names.usage(output, Place.OTHER, -1)
            else:
                if isinstance(node, pb.RowExpr):
                    for star in filter(_is_star, map(node_of, node.args)):
                        self._note_expanded(star)
                elif isinstance(node, pb.A_Indirection):
                    self._note_expanded(node)
                waiting.extend((child, Place.OTHER, ()) for child in children(node))

    def _note_expanded(self, node: Any) -> None:
        """`t.*` as an item of a list, `(t).*`: columns, not a value."""
        inner = node_of(node.arg) if isinstance(node, pb.A_Indirection) and _is_star(node) else node
        if isinstance(inner, pb.ColumnRef):
            self.names.expanded.add(inner.location)

    def _sublink(self, node: Any, scope: Scope, place: Place, others: tuple[Any, ...]) -> None:
        outputs, _ = self.select(node_of(node.subselect), scope)
        if len(outputs) == 1:
            self.reading.at[node.location] = outputs[0]
        kind = node.sub_link_type
        test = node_of(node.testexpr) if node.HasField("testexpr") else None
        if kind == pb.EXISTS_SUBLINK:
            return
        if kind == pb.EXPR_SUBLINK and place in (Place.COMPARED, Place.NULL_TEST, Place.COUNTED) and len(outputs) == 1:
            self.names.usage(outputs[0], place, node.location, others)
            return
        operator = names(node.oper_name)
        if kind == pb.ANY_SUBLINK and operator in ((), ("=",), ("pg_catalog", "=")) and len(outputs) == 1:
            self.names.usage(outputs[0], Place.COMPARED, node.location, (test,))
            if isinstance(test, pb.ColumnRef):
                self.names.column(test, scope, Place.COMPARED, (outputs[0],))
            elif test is not None:
                self.expression(test, scope)
            return
        for output in outputs:
            self.names.usage(output, Place.OTHER, node.location)
        if test is not None:
            self.expression(test, scope)

def _check_names(target: Source, items: Iterable[Item]) -> None:
    """The target's name must be its own, as PostgreSQL has it (checkNameSpaceConflicts). Raises StatementError (42712).

    Two relations without alias may bear one name, when they stand in different schemas.
    """
    for item in items:
        for source in item.sources:
            are_other = None not in (source.schema, target.schema) and source.schema != target.schema
            if source.name and source.name == target.name and not are_other:
                raise StatementError(f'table name "{target.name}" specified more than once', sqlstate="42712")


def _operands(node: Any) -> list[tuple[Any, Place, tuple[Any, ...]]]:
    """The operands of an A_Expr with their places."""
    left = node_of(node.lexpr) if node.HasField("lexpr") else None
    right = node_of(node.rexpr) if node.HasField("rexpr") else None
    operator = names(node.name)
    plain = operator in (("=",), ("<>",), ("pg_catalog", "="), ("pg_catalog", "<>"))
    if plain and node.kind in (pb.AEXPR_OP, pb.AEXPR_DISTINCT, pb.AEXPR_NOT_DISTINCT):
        return [(left, Place.COMPARED, (right,)), (right, Place.COMPARED, (left,))]
    if plain and node.kind == pb.AEXPR_IN and isinstance(right, pb.List):
        return _one_of(left, tuple(map(node_of, right.items)))
    if operator[-1:] == ("=",) and node.kind == pb.AEXPR_OP_ANY and isinstance(right, pb.A_ArrayExpr):
        return _one_of(left, tuple(map(node_of, right.elements)))
    return [(left, Place.OTHER, ()), (right, Place.OTHER, ())]


def _one_of(left: Any, items: tuple[Any, ...]) -> list[tuple[Any, Place, tuple[Any, ...]]]:
    """Operands of IN and the like. Constants are many in long lists, and nobody asks for their place."""
    placed = [(one, Place.COMPARED, (left,)) for one in items if type(one) not in _NOTHING_IN_IT]
    return [(left, Place.COMPARED, items), *placed]


def _is_star(node: Any) -> bool:
    """`t.*` or `(row).*`: as many columns as the row has."""
    if isinstance(node, pb.ColumnRef):
        return bool(node.fields[-1].HasField("a_star"))
    return isinstance(node, pb.A_Indirection) and bool(node.indirection) and bool(node.indirection[-1].HasField("a_star"))


def _handed_on(write: Write | None, columns: Iterable[OutColumn]) -> list[OutColumn]:
    """Columns as a write hands them on: what came from its target is a value from there on, and no read of the target."""
    again = write.use.again() if write is not None else None
    found = _copies(columns)
    for column in found:
        if write is not None and again is not None:
            column.origins = tuple((again if use is write.use else use, base) for use, base in column.origins)
    return found


def _is_bare_values(query: Any) -> bool:
    """`(VALUES …)` with nothing around the rows."""
    return bool(query.values_lists) and not has_own_clauses(query)


def _under_casts(node: Any) -> Any:
    """The ColumnRef of a column under one cast or more, or None."""
    inner = node
    while isinstance(inner, pb.TypeCast):
        inner = node_of(inner.arg)
    is_column = isinstance(inner, pb.ColumnRef) and inner is not node and not _is_star(inner)
    return inner if is_column else None


def _copies(columns: Iterable[OutColumn]) -> list[OutColumn]:
    return [OutColumn(c.name, c.origins, c.node, c.is_null, c.guessed) for c in columns]


def _renamed(columns: list[OutColumn], aliases: Sequence[str]) -> list[OutColumn]:
    for column, alias in zip(columns, aliases, strict=False):
        column.name, column.guessed = alias, False
    return columns


def _spread(source: Source) -> None:
    reach_all(source)
    for use in (source.use, *source.inner_uses):
        if use is not None:
            use.is_spread = True


def _written(range_var: Any) -> str:
    return f"{range_var.schemaname}.{range_var.relname}" if range_var.schemaname else str(range_var.relname)
