"""Two trees, side by side: what left must be what came in, but for what masking has to change.

A judge of its own, beside `proxy.sql.verify`: it knows neither spans nor edits and shares no reasoning with the rewriting. It
parses both texts, walks both trees in step and forgives exactly this:

- a relation that a restricted caller sees masked stands as a subquery with every column of the relation, in order, under its
  own name, no hidden one bare, the row condition present, TABLESAMPLE moved inside, the caller's alias or the relation's name;
  behind its columns may stand system columns and its row, of which a hidden column is not bare either;
- a whole row is that further column, and a star over such a subquery is written out, without the further columns;
- every other relation carries its schema (pg_temp for a temporary one), but for members of WITH and what is made temporary;
- an unqualified function call carries pg_catalog or the schema of a function the catalog has;
- a column reference loses the schema of its relation, and in a statement that writes may carry its source;
- GROUP BY has further plain columns in front;
- INSERT INTO a masked relation lists its first columns;
- a bare column or star in RETURNING of a masked relation is written out, no hidden column bare;
- COPY of a relation is COPY of a SELECT of its columns FROM ONLY it.

Locations are ignored. Everything else that differs is a difference, reported with the place in the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Oid, Relation, Snapshot
from proxy.policy.verdict import Closed, Masked, Verdict
from proxy.sql.parse import kind_of, names, node_of, parse, walk
from proxy.sql.reading import SYSTEM_COLUMNS

_PLACES = {"stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}
_WRITES = (pb.InsertStmt, pb.UpdateStmt, pb.DeleteStmt, pb.MergeStmt)
_TARGETED = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt"}  # `relation` is written to
_SUBQUERY = {"target_list", "from_clause", "where_clause", "limit_offset", "limit_option", "op"}
_SHOWN = 160  # characters of a node in a report

_NOTHING: tuple[int, set[str]] = (0, set())

Pair = tuple[Any, Any, str]


def differences(before: bytes, after: bytes, snapshot: Snapshot, read: Callable[[Oid], Verdict]) -> list[str]:
    """What `after` says that `before` does not, other than the above. Empty is the only good answer. `before` parses."""
    if before == after and not any(
        isinstance(n, pb.RangeVar) for _, stmt in parse(before).stmts for n in walk(stmt)
    ):
        return []
    first, second = parse(before), parse(after)
    if [k for k, _ in first.stmts] != [k for k, _ in second.stmts]:
        return ["other statements"]
    found: list[str] = []
    for (kind, old), (_, new) in zip(first.stmts, second.stmts, strict=True):
        found += _Comparison(snapshot, read, new).run(old, new, kind)
    return found


def _setting_inside(before: Any, after: Any) -> Any | None:
    """The name current_setting was given, where it was put into replace(name, '.', '?') on its way."""
    if names(after.funcname)[-1] != "current_setting" or not before.args or len(before.args) != len(after.args):
        return None
    first, was = node_of(after.args[0]), node_of(before.args[0])
    if not isinstance(first, pb.FuncCall) or names(first.funcname) != ("pg_catalog", "replace") or len(first.args) != 3:
        return None
    if isinstance(was, pb.FuncCall) and names(was.funcname)[-1] == "replace":
        return None
    old, new = (node_of(one) for one in first.args[1:])
    is_ours = isinstance(old, pb.A_Const) and isinstance(new, pb.A_Const) and (old.sval.sval, new.sval.sval) == (".", "?")
    return node_of(first.args[0]) if is_ours else None


class _Comparison:
    def __init__(self, snapshot: Snapshot, read: Callable[[Oid], Verdict], new: Message) -> None:
        self.snapshot = snapshot
        self.read = read
        self.target_alias = ""  # of the write whose RETURNING is looked at
        self.is_write = any(isinstance(n, _WRITES) for n in walk(new))
        self.members = {n.ctename for n in walk(new) if isinstance(n, pb.CommonTableExpr)}
        self.further: dict[str, tuple[int, set[str]]] = {}  # alias of a subquery with further columns: width, their names
        for node in walk(new):
            relation = self.relation_inside(node)
            if relation is not None:
                items = [node_of(t).name for t in node_of(node.subquery).target_list]
                width = len(relation.columns)
                if len(items) > width:
                    self.further[node.alias.aliasname] = (width, set(items[width:]))

    def run(self, old: Message, new: Message, place: str) -> list[str]:
        found: list[str] = []
        waiting: list[Pair] = [(old, new, place)]
        while waiting:
            before, after, place = waiting.pop()
            before, after = node_of(before), node_of(after)
            try:
                waiting.extend(self.step(before, after, place))
            except _Different as different:
                found.append(f"{place}: {different} (was {_shown(before)}, is {_shown(after)})")
        return found

    def step(self, before: Any, after: Any, place: str) -> Iterator[Pair]:
        """The pairs below one pair. Raises _Different."""
        if isinstance(after, pb.RangeSubselect) and isinstance(before, (pb.RangeVar, pb.RangeTableSample)):
            yield from self.masked(before, after, place)
        elif type(before) is not type(after):
            raise _Different("another node")
        elif after is None:  # an empty place in a list, as in `a[:]`
            return
        elif isinstance(after, pb.RangeVar):
            self.named(before, after, place)
        elif isinstance(after, pb.FuncCall):
            old, new = names(before.funcname), names(after.funcname)
            if new != old and (new[1:] != old or not self.is_function(new)):
                raise _Different("another function")
            named = _setting_inside(before, after)
            if named is not None:  # current_setting of a computed name: it leaves as replace(name, '.', '?')
                yield node_of(before.args[0]), named, f"{place}.args"
                yield from self.fields(before, after, place, {"funcname", "args"})
                for old_argument, new_argument in zip(before.args[1:], after.args[1:], strict=True):
                    yield old_argument, new_argument, f"{place}.args"
                return
            yield from self.fields(before, after, place, {"funcname"})
        elif isinstance(after, pb.ColumnRef):
            if self.is_row(before, after):
                return
            was, size = len(before.fields), len(after.fields)
            if was != size and not 2 <= size < was <= 4 and not (self.is_write and was == 1 and size == 2):
                raise _Different("another column reference")
            same = min(was, size)
            for old, new in zip(before.fields[-same:], after.fields[-same:], strict=True):
                yield old, new, f"{place}.fields"
        elif isinstance(after, pb.SelectStmt):
            yield from self.grouped(before, after, place)
            without = {"group_clause"}
            if self.further and any(_is_star(node_of(node_of(t).val)) for t in before.target_list):
                without.add("target_list")
                yield from self.starred(before.target_list, after.target_list, place)
            yield from self.fields(before, after, place, without)
        elif isinstance(after, _WRITES):
            yield from self.written(before, after, place)
        elif isinstance(after, pb.CopyStmt) and before.HasField("relation") and after.HasField("query"):
            yield from self.copied(before, after, place)
        elif isinstance(after, pb.DropStmt):
            yield from self.fields(before, after, place, {"objects"})
            for old, new in zip(before.objects, after.objects, strict=True):
                if names(node_of(new).items) not in (names(node_of(old).items), ("pg_temp", *names(node_of(old).items))):
                    raise _Different("another name")
        elif isinstance(after, pb.LockingClause):  # FOR UPDATE OF names aliases
            if [r.range_var.relname for r in before.locked_rels] != [r.range_var.relname for r in after.locked_rels]:
                raise _Different("other locks")
            yield from self.fields(before, after, place, {"locked_rels"})
        else:
            yield from self.fields(before, after, place, frozenset())

    def fields(self, before: Message, after: Message, place: str, without: set[str] | frozenset[str]) -> Iterator[Pair]:
        """Every field of two nodes of one kind; those of messages are handed on."""
        old, new = ({f.name: (f, v) for f, v in node.ListFields()} for node in (before, after))
        kind = kind_of(after)
        for name in old.keys() | new.keys():
            if name in without or name in _PLACES or name.endswith("location"):
                continue
            if name not in old or name not in new:
                raise _Different(f"{name} on one side only")
            field, value = new[name]
            was = old[name][1]
            if field.message_type is None:
                if value != was:
                    raise _Different(f"another {name}")
            elif isinstance(value, Message):
                below = f"{place}.target" if name == "relation" and kind in _TARGETED else f"{place}.{name}"
                yield was, value, below
            elif len(value) != len(was):
                raise _Different(f"{len(value)} instead of {len(was)} in {name}")
            else:
                for index, (one, other) in enumerate(zip(was, value, strict=True)):
                    yield one, other, f"{place}.{name}[{index}]"

    def grouped(self, before: Any, after: Any, place: str) -> Iterator[Pair]:
        added = len(after.group_clause) - len(before.group_clause)
        if added < 0 or (added and not before.group_clause):
            raise _Different("another GROUP BY")
        for item in after.group_clause[:added]:
            column = node_of(item)
            if not isinstance(column, pb.ColumnRef) or len(column.fields) != 2:
                raise _Different("GROUP BY has an item that is no plain column in front")
        for old, new in zip(before.group_clause, after.group_clause[added:], strict=True):
            yield old, new, f"{place}.group_clause"

    # -- rows and stars ---------------------------------------------------------------------------------------------------

    def relation_inside(self, node: Any) -> Relation | None:
        """The relation of a subquery that may be one of ours."""
        if not isinstance(node, pb.RangeSubselect) or not isinstance(node_of(node.subquery), pb.SelectStmt):
            return None
        query = node_of(node.subquery)
        inner = node_of(query.from_clause[0]) if len(query.from_clause) == 1 else None
        if isinstance(inner, pb.RangeTableSample):
            inner = node_of(inner.relation)
        if not isinstance(inner, pb.RangeVar) or not inner.schemaname:
            return None
        relation = self.snapshot.relation(inner.schemaname, inner.relname)
        masked = relation is not None and isinstance(self.read(relation.oid), Masked)
        return relation if masked else None

    def is_row(self, before: Any, after: Any) -> bool:
        """`c`, `c.*` or `s.c` became `c.c`, the further column of that subquery."""
        if len(after.fields) != 2 or after.fields[1].HasField("a_star"):
            return False
        source, name = names(after.fields)
        old = [f.string.sval for f in before.fields if f.HasField("string")]
        return bool(old) and old[-1] == source and name in self.further.get(source, _NOTHING)[1] - SYSTEM_COLUMNS

    def starred(self, before: Any, after: Any, place: str) -> Iterator[Pair]:
        """Target lists in which stars may be written out."""
        items = [node_of(t) for t in after]
        for number, old in enumerate(map(node_of, before)):
            value = node_of(old.val)
            rest = len(before) - number - 1
            if not items:
                raise _Different("a shorter target list")
            if not _is_star(value) or _is_star(node_of(items[0].val)):
                yield old, items.pop(0), f"{place}.target_list[{number}]"
                continue
            source = value.fields[-2].string.sval if len(value.fields) > 1 else None
            shown: set[tuple[str, ...]] = set()  # a star gives each column once: what comes again is the next star's
            while len(items) > rest and self.is_plain(items[0], source) and names(node_of(items[0].val).fields) not in shown:
                shown.add(names(node_of(items.pop(0).val).fields))
            if len(shown) < max((w for a, (w, _) in self.further.items() if source in (None, a)), default=1):
                raise _Different("a star written out in part")
        if items:
            raise _Different("a longer target list")

    def is_plain(self, item: Any, source: str | None) -> bool:
        """`source.column`, as a star is written out, and none of the further columns."""
        value = node_of(item.val)
        if item.name or not isinstance(value, pb.ColumnRef) or len(value.fields) != 2 or _is_star(value):
            return False
        first, name = names(value.fields)
        return source in (None, first) and name not in self.further.get(first, _NOTHING)[1]

    def is_function(self, name: tuple[str, ...]) -> bool:
        return name[0] == "pg_catalog" or name in self.snapshot.functions

    # -- writes -----------------------------------------------------------------------------------------------------------

    def written(self, before: Any, after: Any, place: str) -> Iterator[Pair]:
        """INSERT, UPDATE, DELETE, MERGE: all but what RETURNING shows and INSERT lists is as anywhere."""
        relation = self.snapshot.relation(after.relation.schemaname, after.relation.relname)
        verdict = self.read(relation.oid) if relation is not None else None
        if relation is None or not isinstance(verdict, Masked):
            yield from self.fields(before, after, place, frozenset())
            return
        without = {"returning_clause"}
        if isinstance(after, pb.InsertStmt) and after.cols and not before.cols:
            listed = [node_of(c).name for c in after.cols]
            if listed != [c.name for c in relation.columns[: len(listed)]]:
                raise _Different("INSERT lists other columns")
            without.add("cols")
        yield from self.fields(before, after, place, without)
        if before.HasField("returning_clause") != after.HasField("returning_clause"):
            raise _Different("RETURNING on one side only")
        self.target_alias = after.relation.alias.aliasname
        yield from self.fields(before.returning_clause, after.returning_clause, place, {"exprs"})
        yield from self.returned(before.returning_clause, after.returning_clause, relation, verdict)

    def returned(self, before: Any, after: Any, relation: Relation, verdict: Masked) -> Iterator[Pair]:
        items = [node_of(item) for item in after.exprs]
        for old in map(node_of, before.exprs):
            value = node_of(old.val)
            if not items:
                raise _Different("RETURNING is shorter")
            if not isinstance(value, pb.ColumnRef):
                yield old, items.pop(0), "RETURNING"
                continue
            last = value.fields[-1]
            if _is_same_or_longer(value, node_of(items[0].val)):
                item = items.pop(0)
                if not self.may_mean(value, after, relation):
                    continue
                if last.HasField("string"):
                    self.unhidden(relation, verdict, last.string.sval, item)
                elif any(show.how != "open" for show in verdict.columns.values()):
                    raise _Different("a star of hidden columns in RETURNING")
                continue
            if last.HasField("a_star"):
                others: list[Any] = []
                if len(value.fields) == 1:  # sources beside the target keep a star of their own, before it (MERGE) or behind
                    others = [i for i in items if _is_star(node_of(i.val))]
                    items = [i for i in items if i not in others]
                for column in relation.columns:
                    self.unhidden(relation, verdict, column.name, items.pop(0) if items else None)
                continue
            item = items.pop(0)
            if item.name != (old.name or last.string.sval):
                raise _Different("RETURNING shows another name")
            self.unhidden(relation, verdict, last.string.sval, item, is_named=False)
        if items:
            raise _Different("RETURNING is longer")

    def may_mean(self, reference: Any, clause: Any, relation: Relation) -> bool:
        """Whether a reference in RETURNING can be to the target, by the letters of its qualifier."""
        if len(reference.fields) == 1:
            return True
        name = reference.fields[-2].string.sval
        return name in {"old", "new", relation.name, self.target_alias, *(o.returning_option.value for o in clause.options)}

    def unhidden(self, relation: Relation, verdict: Masked, name: str, item: Any, *, is_named: bool = True) -> None:
        """An item that stands for a column of the target."""
        column = relation.column(name)
        value = node_of(item.val) if item is not None else None
        if item is None or (is_named and item.name not in ("", name) and not isinstance(value, pb.ColumnRef)):
            raise _Different("RETURNING lacks a column")
        show = verdict.columns[column.attnum] if column is not None else None
        bare = isinstance(_under_casts(value), pb.ColumnRef)
        if show is not None and show.how != "open" and show.seal is None and bare:
            raise _Different(f"hidden column {name} is bare in RETURNING")

    def copied(self, before: Any, after: Any, place: str) -> Iterator[Pair]:
        """COPY t (a, b) TO … and COPY (SELECT a, b FROM ONLY t) TO …"""
        yield from self.fields(before, after, place, {"relation", "attlist", "query"})
        query = node_of(after.query)
        if {f.name for f, _ in query.ListFields()} - _SUBQUERY or len(query.from_clause) != 1:
            raise _Different("COPY of another query")
        only = pb.RangeVar()
        only.CopyFrom(before.relation)
        only.inh = False
        yield only, query.from_clause[0], place
        columns = [node_of(node_of(t).val) for t in query.target_list]
        if before.attlist and [names(c.fields)[-1] for c in columns] != list(names(before.attlist)):
            raise _Different("COPY of other columns")

    # -- relations --------------------------------------------------------------------------------------------------------

    def named(self, before: Any, after: Any, place: str) -> None:
        """A relation that stays one: the same name, qualified, and not protected unless it is written to."""
        if before.relname != after.relname or before.inh != after.inh or _alias(before) != _alias(after):
            raise _Different("another relation")
        if before.schemaname and before.schemaname != after.schemaname:
            raise _Different("another schema")
        if place.startswith("ConstraintsSet"):
            return  # a constraint's name, though it may be a relation's too
        if not after.schemaname:
            is_made = after.relpersistence == "t"
            if after.relname not in self.members and not is_made:
                raise _Different("a relation left unqualified")
            return
        relation = self.snapshot.relation(after.schemaname, after.relname)
        if relation is None or place.endswith(".target") or place.startswith("Lock."):
            return
        if isinstance(self.read(relation.oid), (Masked, Closed)):
            raise _Different("a protected relation left outside its subquery")

    def masked(self, before: Any, after: Any, place: str) -> Iterator[Pair]:
        """A relation, sampled or not, and the subquery that stands for it."""
        query = node_of(after.subquery)
        inner = node_of(query.from_clause[0]) if len(query.from_clause) == 1 else None
        if isinstance(before, pb.RangeTableSample):
            if not isinstance(inner, pb.RangeTableSample):
                raise _Different("TABLESAMPLE is lost")
            yield from self.fields(before, inner, place, {"relation"})
            before = node_of(before.relation)
        if isinstance(inner, pb.RangeTableSample):
            inner = node_of(inner.relation)
        if not isinstance(inner, pb.RangeVar) or after.lateral:
            raise _Different("a subquery that is none of ours")
        if (before.relname, before.inh) != (inner.relname, inner.inh):
            raise _Different("the subquery of another relation")
        if before.schemaname not in ("", inner.schemaname) or inner.HasField("alias"):
            raise _Different("the subquery of another relation")
        old, new = _alias(before), _alias(after)
        if new != (old or (before.relname, ())):
            raise _Different("another alias")
        relation = self.snapshot.relation(inner.schemaname, inner.relname)
        if relation is None:
            raise _Different("the subquery of an unknown relation")
        self.columns(query, relation)

    def columns(self, query: Any, relation: Relation) -> None:
        verdict = self.read(relation.oid)
        if not isinstance(verdict, Masked):
            raise _Different("a subquery around a relation that is not masked")
        further = {f.name for f, _ in query.ListFields()} - _SUBQUERY
        if further or query.HasField("where_clause") != (verdict.condition is not None):
            raise _Different("a subquery with more or less than its row condition")
        items = [node_of(t) for t in query.target_list]
        width = len(relation.columns)
        if [i.name for i in items[:width]] != [c.name for c in relation.columns]:
            raise _Different("a subquery with other columns")
        self.hide([node_of(i.val) for i in items[:width]], relation, verdict)
        for item in items[width:]:
            value = _under_casts(node_of(item.val))
            if isinstance(value, pb.RowExpr) and len(value.args) == width:
                self.hide([node_of(a) for a in value.args], relation, verdict)
            elif not isinstance(value, pb.ColumnRef) or names(value.fields)[-1] not in SYSTEM_COLUMNS:
                raise _Different("a subquery with other columns")

    def hide(self, values: list[Any], relation: Relation, verdict: Masked) -> None:
        """No hidden column of a row is bare."""
        for value, column in zip(values, relation.columns, strict=True):
            show = verdict.columns[column.attnum]
            if isinstance(_under_casts(value), pb.ColumnRef) and show.how != "open" and show.seal is None:
                raise _Different(f"hidden column {column.name} is bare in its subquery")


class _Different(Exception):
    """One difference, in words."""


def _alias(node: Any) -> tuple[str, tuple[str, ...]] | None:
    return (node.alias.aliasname, names(node.alias.colnames)) if node.HasField("alias") else None


def _under_casts(value: Any) -> Any:
    while isinstance(value, (pb.TypeCast, pb.CollateClause)):
        value = node_of(value.arg)
    return value


def _is_same_or_longer(old: Any, new: Any) -> bool:
    """The same reference, or the same with its source in front."""
    if not isinstance(new, pb.ColumnRef):
        return False
    was, fields = list(old.fields), list(new.fields)
    return fields == was or (len(was) == 1 and len(fields) == 2 and fields[1:] == was and not _is_star(old))


def _is_star(value: Any) -> bool:
    return isinstance(value, pb.ColumnRef) and value.fields[-1].HasField("a_star")


def _shown(node: Any) -> str:
    if node is None:
        return "nothing"
    text = " ".join(str(node).split())
    return f"{kind_of(node)} {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
