"""Two trees, side by side: what left must be what came in, but for what masking has to change.

A judge of its own, beside `proxy.sql.verify`: it knows neither spans nor edits and shares no reasoning with the rewriting. It
parses both texts, walks both trees in step and forgives exactly this:

- a relation that a restricted caller sees masked stands as a subquery with every column of the relation, in order, under its
  own name, no hidden one bare, the row condition present, TABLESAMPLE moved inside, the caller's alias or the relation's name;
- an open relation carries its schema; a relation in FROM that is no member of WITH must;
- an unqualified function call carries pg_catalog;
- a column reference loses the schema of its relation;
- GROUP BY has further plain columns in front.

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

_PLACES = {"stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}
_WRITERS = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt"}
_SUBQUERY = {"target_list", "from_clause", "where_clause", "limit_offset", "limit_option", "op"}
_SHOWN = 160  # characters of a node in a report

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


class _Comparison:
    def __init__(self, snapshot: Snapshot, read: Callable[[Oid], Verdict], new: Message) -> None:
        self.snapshot = snapshot
        self.read = read
        self.members = {n.ctename for n in walk(new) if isinstance(n, pb.CommonTableExpr)}

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
            if new != old and new != ("pg_catalog", *old):
                raise _Different("another function")
            yield from self.fields(before, after, place, {"funcname"})
        elif isinstance(after, pb.ColumnRef):
            size = len(after.fields)
            if len(before.fields) != size and not 2 <= size < len(before.fields) <= 4:
                raise _Different("another column reference")
            for old, new in zip(before.fields[-size:], after.fields, strict=True):
                yield old, new, f"{place}.fields"
        elif isinstance(after, pb.SelectStmt):
            yield from self.grouped(before, after, place)
            yield from self.fields(before, after, place, {"group_clause"})
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
                below = f"{place}.target" if name == "relation" and kind in _WRITERS else f"{place}.{name}"
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

    def named(self, before: Any, after: Any, place: str) -> None:
        """A relation that stays one: the same name, qualified, and not protected unless it is written to."""
        if before.relname != after.relname or before.inh != after.inh or _alias(before) != _alias(after):
            raise _Different("another relation")
        if before.schemaname and before.schemaname != after.schemaname:
            raise _Different("another schema")
        if not after.schemaname:
            if after.relname not in self.members:
                raise _Different("a relation left unqualified")
            return
        relation = self.snapshot.relation(after.schemaname, after.relname)
        if relation is None or place.endswith(".target"):
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
        if [i.name for i in items] != [c.name for c in relation.columns]:
            raise _Different("a subquery with other columns")
        for item, column in zip(items, relation.columns, strict=True):
            show = verdict.columns[column.attnum]
            value = node_of(item.val)
            while isinstance(value, (pb.TypeCast, pb.CollateClause)):
                value = node_of(value.arg)
            if isinstance(value, pb.ColumnRef) and show.how != "open" and show.seal is None:
                raise _Different(f"hidden column {column.name} is bare in its subquery")


class _Different(Exception):
    """One difference, in words."""


def _alias(node: Any) -> tuple[str, tuple[str, ...]] | None:
    return (node.alias.aliasname, names(node.alias.colnames)) if node.HasField("alias") else None


def _shown(node: Any) -> str:
    if node is None:
        return "nothing"
    text = " ".join(str(node).split())
    return f"{kind_of(node)} {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
