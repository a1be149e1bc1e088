"""Small questions about libpg_query's nodes: what a constant is, what an output column is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.sql.parse import kind_of, names, node_of


def has_own_clauses(arm: Any) -> bool:
    """A bracketed arm of a set operation with WITH, ORDER BY, LIMIT or FOR of its own is read as a query of its own."""
    return bool(
        arm.HasField("with_clause")
        or arm.sort_clause
        or arm.HasField("limit_count")
        or arm.HasField("limit_offset")
        or arm.locking_clause
    )


def constant_of(node: Any) -> Any:
    """The A_Const or ParamRef under any casts, or None."""
    while isinstance(node, pb.TypeCast):
        node = node_of(node.arg)
    return node if isinstance(node, (pb.A_Const, pb.ParamRef)) else None


def is_null_constant(node: Any) -> bool:
    """NULL, with or without casts."""
    constant = constant_of(node)
    return isinstance(constant, pb.A_Const) and constant.isnull


def figure_name(node: Any) -> str:
    """The name PostgreSQL gives an output column (FigureColname in parse_target.c), for the common cases."""
    weak = ""  # what the outermost cast or CASE would give, when nothing inside has a name of its own
    while True:
        strings: list[str] = []
        if isinstance(node, pb.ColumnRef):
            strings = [f.string.sval for f in node.fields if f.HasField("string")]
        elif isinstance(node, pb.FuncCall):
            strings = list(names(node.funcname))
        elif isinstance(node, pb.A_Indirection):
            strings = [i.string.sval for i in node.indirection if i.HasField("string")]
        if strings:
            return strings[-1]
        if isinstance(node, pb.TypeCast):
            weak = weak or names(node.type_name.names)[-1]
            node = node_of(node.arg)
        elif isinstance(node, pb.CaseExpr):
            weak = weak or "case"
            node = node_of(node.defresult) if node.HasField("defresult") else None
        elif isinstance(node, (pb.CollateClause, pb.A_Indirection)):
            node = node_of(node.arg)
        else:
            return _own_name(node) or weak or "?column?"


def _own_name(node: Any) -> str | None:
    if isinstance(node, pb.SubLink):
        return {int(pb.EXISTS_SUBLINK): "exists", int(pb.ARRAY_SUBLINK): "array"}.get(int(node.sub_link_type))
    if isinstance(node, pb.MinMaxExpr):
        return "greatest" if node.op == pb.IS_GREATEST else "least"
    if isinstance(node, pb.SQLValueFunction):
        return str(pb.SQLValueFunctionOp.Name(node.op)).removeprefix("SVFOP_").removesuffix("_N").lower()
    return _FIXED_NAMES.get(kind_of(node)) if isinstance(node, Message) else None


_FIXED_NAMES = {
    "CoalesceExpr": "coalesce",
    "A_ArrayExpr": "array",
    "RowExpr": "row",
    "GroupingFunc": "grouping",
    "XmlSerialize": "xmlserialize",
    "JsonObjectConstructor": "json_object",
    "JsonArrayConstructor": "json_array",
    "JsonObjectAgg": "json_objectagg",
    "JsonArrayAgg": "json_arrayagg",
    "MergeSupportFunc": "merge_action",
}


def spread_unnests(nodes: Iterable[Any]) -> frozenset[int]:
    """Of these nodes, the locations of `unnest(a, b, …)` in FROM: grammar, not a call, while it is unqualified.

    PostgreSQL makes ROWS FROM(pg_catalog.unnest(a), pg_catalog.unnest(b)) of it, whatever search_path says
    (transformRangeFunction in parse_clause.c).
    """
    found = set()
    for node in nodes:
        if isinstance(node, pb.RangeFunction):
            for function in node.functions:
                call = node_of(function.list.items[0])
                has_definitions = any(node_of(item) is not None for item in function.list.items[1:])
                if isinstance(call, pb.FuncCall) and not has_definitions and _is_plain_unnest(call):
                    found.add(int(call.location))
    return frozenset(found)


def _is_plain_unnest(call: Any) -> bool:
    if names(call.funcname) != ("unnest",) or len(call.args) < 2:
        return False
    marked = call.agg_order or call.agg_star or call.agg_distinct or call.func_variadic or call.agg_within_group
    return not (marked or call.HasField("agg_filter") or call.HasField("over"))


def is_plain_count(node: Any) -> bool:
    """count(x) or count(DISTINCT x), without FILTER, ORDER BY or OVER around x itself."""
    simple = not (node.agg_order or node.HasField("agg_filter") or node.HasField("over"))
    return names(node.funcname) in (("count",), ("pg_catalog", "count")) and len(node.args) == 1 and simple


def table_columns(node: Any) -> list[str]:
    """Column names of JSON_TABLE or XMLTABLE, in order: of each level its own, then those of its nested paths."""
    found: list[str] = []
    levels = [[node_of(c) for c in node.columns]]
    while levels:
        nested = []
        for column in levels.pop(0):
            below = [node_of(c) for c in column.columns] if isinstance(column, pb.JsonTableColumn) else []
            if below:
                nested.append(below)
            else:
                found.append(column.name if isinstance(column, pb.JsonTableColumn) else column.colname)
        levels = nested + levels
    return found
