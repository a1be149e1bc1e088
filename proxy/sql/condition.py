"""The `where:` of a rule: a short part of SQL, read by PostgreSQL's own grammar and written anew with every name qualified.

The condition runs under the caller's search_path (FINDINGS 3), so operators and types are written as pg_catalog's and columns
under the relation's name. What is not on the short list is refused; a reading that was merely close (of precedence, of NOT)
would show the wrong rows, so no other parser is asked.
"""

from __future__ import annotations

import re
from typing import Any

from postgast import pg_query_pb2 as pb

from proxy.errors import ProxyError
from proxy.sql import build
from proxy.sql.build import Part
from proxy.sql.parse import kind_of, names, node_of, parse

_OPERATORS = frozenset(("=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "||"))
_LIKES = frozenset(("~~", "!~~", "~~*", "!~~*"))
_TYPES = frozenset(
    ("text", "varchar", "int2", "int4", "int8", "numeric", "float8", "bool", "date", "timestamp", "timestamptz", "uuid", "inet")
)
_VALUES = {
    pb.SVFOP_CURRENT_USER: "CURRENT_USER",
    pb.SVFOP_USER: "CURRENT_USER",
    pb.SVFOP_CURRENT_ROLE: "CURRENT_USER",
    pb.SVFOP_SESSION_USER: "SESSION_USER",
    pb.SVFOP_CURRENT_DATE: "CURRENT_DATE",
    pb.SVFOP_CURRENT_TIMESTAMP: "CURRENT_TIMESTAMP",
}
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?|-?[0-9]+\.")
_DEPTH = 100
_SPOKEN = {"FuncCall": "a function call", "SubLink": "a subquery", "ParamRef": "a parameter", "CaseExpr": "CASE"}


def row_condition(text: str, relation_name: str, columns: frozenset[str] | None = None) -> str:
    """The condition as we write it. Raises ValueError, saying what to write instead, for what is not on the short list and,
    when `columns` is given, for a name that is none of them.
    """
    try:
        statement = parse(f"SELECT 1 WHERE {text}".encode())
    except (ProxyError, UnicodeEncodeError) as error:
        raise ValueError(f"the row condition is not one SQL expression: {error}") from None
    select = statement.stmts[0][1] if len(statement.stmts) == 1 else None
    known = {"target_list", "where_clause", "limit_option", "op"}
    if not isinstance(select, pb.SelectStmt) or {field.name for field, _ in select.ListFields()} - known:
        raise ValueError("the row condition is one SQL expression, nothing before or behind it")
    return build.sql(_Reader(relation_name, columns).part(select.where_clause, 0))


def _refused(what: str) -> ValueError:
    return ValueError(
        f"a row condition cannot hold {what}; write columns of the relation, constants, comparisons, IN with a list, BETWEEN, "
        "LIKE, IS NULL, AND, OR, NOT and casts to built-in types (row-level security can do more)"
    )


class _Reader:
    """One condition over one relation."""

    def __init__(self, relation_name: str, columns: frozenset[str] | None) -> None:
        self._relation_name = relation_name
        self._columns = columns

    def part(self, wrapped: Any, depth: int) -> Part:
        """A node of the tree as a part of ours. Recursive, hence the limit."""
        if depth > _DEPTH:
            raise ValueError("the row condition is nested too deeply")
        node = node_of(wrapped)
        match node:
            case pb.A_Expr():
                return self._expression(node, depth)
            case pb.BoolExpr():
                inner = [self.part(one, depth + 1) for one in node.args]
                if node.boolop == pb.NOT_EXPR:
                    return build.negated(inner[0])
                return build.all_true(*inner) if node.boolop == pb.AND_EXPR else build.any_true(*inner)
            case pb.NullTest():
                test = build.is_null(self.part(node.arg, depth + 1))
                return test if node.nulltesttype == pb.IS_NULL else build.negated(test)
            case pb.BooleanTest():
                return self._boolean_test(node, depth)
            case pb.TypeCast():
                return build.cast(self.part(node.arg, depth + 1), _type(node.type_name))
            case pb.ColumnRef():
                return self._column(node)
            case pb.A_Const():
                return _constant(node)
            case pb.SQLValueFunction() if node.op in _VALUES:
                return build.raw(_VALUES[node.op])
        kind = kind_of(node) if node is not None else "nothing"
        raise _refused(_SPOKEN.get(kind, kind))

    def _expression(self, node: Any, depth: int) -> Part:
        said = names(node.name)
        if len(said) == 2 and said[0] == "pg_catalog":
            said = said[1:]
        operator = said[0] if len(said) == 1 else ".".join(said)
        if not node.HasField("lexpr"):
            raise _refused(f"the prefix operator {operator}")
        left = self.part(node.lexpr, depth + 1)
        match node.kind:
            case pb.AEXPR_OP if operator in _OPERATORS:
                return build.operate(left, operator, self.part(node.rexpr, depth + 1))
            case pb.AEXPR_LIKE | pb.AEXPR_ILIKE if operator in _LIKES:
                return build.operate(left, operator, self.part(node.rexpr, depth + 1))
            case pb.AEXPR_IN:
                items = [build.operate(left, "=", self.part(one, depth + 1)) for one in node.rexpr.list.items]
                found = build.any_true(*items)
                return found if operator == "=" else build.negated(found)
            case pb.AEXPR_BETWEEN | pb.AEXPR_NOT_BETWEEN:
                low, high = (self.part(one, depth + 1) for one in node.rexpr.list.items)
                between = build.all_true(build.operate(left, ">=", low), build.operate(left, "<=", high))
                return between if node.kind == pb.AEXPR_BETWEEN else build.negated(between)
        raise _refused(operator)

    def _boolean_test(self, node: Any, depth: int) -> Part:
        inner = self.part(node.arg, depth + 1)
        match node.booltesttype:
            case pb.IS_TRUE:
                return build.is_boolean(inner, True)
            case pb.IS_NOT_TRUE:
                return build.negated(build.is_boolean(inner, True))
            case pb.IS_FALSE:
                return build.is_boolean(inner, False)
            case pb.IS_NOT_FALSE:
                return build.negated(build.is_boolean(inner, False))
        raise _refused("IS UNKNOWN: write IS NULL")

    def _column(self, node: Any) -> Part:
        fields = [node_of(field) for field in node.fields]
        if not all(isinstance(field, pb.String) for field in fields):
            raise _refused("*")
        said = [field.sval for field in fields]
        if len(said) > 2 or (len(said) == 2 and said[0] != self._relation_name):
            raise _refused(".".join(said))
        if self._columns is not None and said[-1] not in self._columns:
            raise ValueError(f"the row condition names {said[-1]}, which is no column of {self._relation_name}")
        return build.raw(f"{build.quoted(self._relation_name)}.{build.quoted(said[-1])}")


def _type(node: Any) -> str:
    said = names(node.names)
    name = said[-1]
    plain = not (node.typmods or node.array_bounds or node.setof or node.pct_type)
    if plain and name in _TYPES and said[:-1] in ((), ("pg_catalog",)):
        return f"pg_catalog.{name}"
    raise _refused(f"a cast to {'.'.join(said)}" + ("" if plain else " with a length or []"))


def _constant(node: Any) -> Part:
    if node.isnull:
        return build.raw("NULL")
    match node.WhichOneof("val"):
        case "ival":
            return build.integer(node.ival.ival)
        case "fval" if _NUMBER.fullmatch(node.fval.fval):
            return build.raw(f"({node.fval.fval})")
        case "boolval":
            return build.boolean(node.boolval.boolval)
        case "sval":
            return build.string(node.sval.sval)
    raise _refused("this constant")
