"""Token spans of the things we cut at: a relation item, a qualified name, a constant with its casts, a GROUP BY.

libpg_query's tree gives where a name starts; its scanner gives where things end. Whatever does not have exactly the
expected tokens raises Unproven: we never cut at a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postgast import pg_query_pb2 as pb

from proxy.errors import Unproven
from proxy.sql import parse as p
from proxy.sql.parse import Statement, Token, node_of, walk


@dataclass(frozen=True, slots=True)
class RelationItem:
    """A relation in FROM: `start`/`end` from ONLY to the name's last token (or `*`); `name_start`/`name_end` the name alone.

    `is_table_command`: written `TABLE name`, `start` then stands at TABLE. `sample`: span of TABLESAMPLE …, or None.
    """

    start: int
    end: int
    name_start: int
    name_end: int
    is_only: bool
    is_table_command: bool
    sample: tuple[int, int] | None


def relation_item(statement: Statement, range_var: Any, sample: Any = None) -> RelationItem:
    """The spans of a RangeVar. Raises Unproven when the tokens are not the expected ones."""
    tokens = statement.tokens
    first = statement.token_at(range_var.location)
    last = first
    for _ in range(bool(range_var.schemaname) + bool(range_var.catalogname)):
        if last + 2 >= len(tokens) or tokens[last + 1].kind != p.DOT:
            raise Unproven("a relation's name is not written as expected", position=statement.character(range_var.location))
        last += 2
    name_start, name_end = tokens[first].start, tokens[last].end
    before, after = first - 1, last + 1
    is_only = not range_var.inh
    if is_only:
        if tokens[before].kind == p.OPEN:
            if after >= len(tokens) or tokens[after].kind != p.CLOSE:
                raise Unproven("ONLY (…) is not written as expected")
            before, after = before - 1, after + 1
        if tokens[before].kind != p.TOKEN_ONLY:
            raise Unproven("ONLY is not written as expected")
        before -= 1
    elif after < len(tokens) and tokens[after].kind == p.STAR:
        after += 1  # after a relation's name in FROM a star can only be the old `name *` form
    is_table_command = before >= 0 and tokens[before].kind == p.TOKEN_TABLE
    start = tokens[before if is_table_command else before + 1].start
    end = tokens[after - 1].end
    return RelationItem(start, end, name_start, name_end, is_only, is_table_command, _sample(statement, sample))


def _sample(statement: Statement, sample: Any) -> tuple[int, int] | None:
    if sample is None:
        return None
    for argument in (*sample.args, *([sample.repeatable] if sample.HasField("repeatable") else [])):
        if not isinstance(node_of(argument), pb.A_Const):
            raise Unproven("TABLESAMPLE over a protected relation takes constants only")
    if tuple(s.string.sval for s in sample.method) not in (("system",), ("bernoulli",)):
        raise Unproven("only TABLESAMPLE SYSTEM and BERNOULLI are supported over a protected relation")
    index = statement.token_at(sample.location)
    while statement.tokens[index].kind != p.TOKEN_TABLESAMPLE:
        index -= 1
    end = closing(statement, statement.token_at(sample.location) + 1)
    if sample.HasField("repeatable"):
        end = closing(statement, end + 2)
    return statement.tokens[index].start, statement.tokens[end].end


def closing(statement: Statement, opening: int) -> int:
    """Index of the token closing the bracket at token `opening`."""
    tokens = statement.tokens
    if tokens[opening].kind != p.OPEN:
        raise Unproven("a bracket was expected")
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].kind == p.OPEN:
            depth += 1
        elif tokens[index].kind == p.CLOSE:
            depth -= 1
            if depth == 0:
                return index
    raise Unproven("a bracket is not closed")  # pragma: no cover - the grammar has read it


def first_argument(statement: Statement, call: Any) -> tuple[int, int]:
    """Span of the first argument of a call, from behind its bracket to the next comma or bracket at the same depth."""
    tokens = statement.tokens
    opening = statement.token_at(call.location) + 2 * len(call.funcname) - 1
    end = closing(statement, opening)
    depth = 0
    for index in range(opening + 1, end):
        kind = tokens[index].kind
        if kind in (p.OPEN, p.OPEN_SQUARE):
            depth += 1
        elif kind in (p.CLOSE, p.CLOSE_SQUARE):
            depth -= 1
        elif kind == p.COMMA and depth == 0:
            end = index
            break
    if end == opening + 1 or call.func_variadic or call.agg_order or call.agg_star:
        raise Unproven("a call is not written as expected", position=statement.character(call.location))
    return tokens[opening + 1].start, tokens[end - 1].end


def qualifier_span(statement: Statement, column_ref: Any) -> tuple[int, int]:
    """Span of everything before the last dot of a ColumnRef: `shop.customers` of `shop.customers.email`."""
    tokens = statement.tokens
    first = statement.token_at(column_ref.location)
    last = first + 2 * (len(column_ref.fields) - 2)
    if any(tokens[i].kind != p.DOT for i in range(first + 1, last + 2, 2)):
        raise Unproven("a column reference is not written as expected", position=statement.character(column_ref.location))
    return tokens[first].start, tokens[last].end


def reference_span(statement: Statement, column_ref: Any) -> tuple[int, int]:
    """Span of a whole ColumnRef, its star included."""
    tokens = statement.tokens
    first = statement.token_at(column_ref.location)
    last = first + 2 * (len(column_ref.fields) - 1)
    if last >= len(tokens) or any(tokens[i].kind != p.DOT for i in range(first + 1, last, 2)):
        raise Unproven("a column reference is not written as expected", position=statement.character(column_ref.location))
    return tokens[first].start, tokens[last].end


def label_end(statement: Statement, end: int) -> int:
    """Where the label of an item ends whose expression ends at `end`. Raises Unproven for one in U&"…"."""
    index = next(i for i, token in enumerate(statement.tokens) if token.start >= end)
    label: Token = statement.tokens[index + int(statement.tokens[index].kind == p.TOKEN_AS)]
    if statement.source[label.start : label.start + 2].lower() == b"u&":
        raise Unproven("a label is not written as expected", position=statement.character(label.start))
    return label.end


_TEXT_TYPES = {("text",), ("varchar",), ("bpchar",)}


def constant_span(statement: Statement, node: Any, depth: int = 0) -> tuple[int, int]:
    """Span of a string constant, parameter or column with the casts around it (`$1::varchar`, CAST('x' AS text), text 'x').

    Raises Unproven for a cast to anything but text and varchar without a length, and for forms not listed here.
    """
    if isinstance(node, pb.ColumnRef):
        return reference_span(statement, node)
    if not isinstance(node, pb.TypeCast):
        index = statement.token_at(node.location)
        token = statement.tokens[index]
        if isinstance(node, pb.A_Const) and not node.isnull and (
            token.kind not in p.LITERALS or statement.source[token.start : token.start + 1] not in (b"'", b"E", b"e", b"$")
        ):
            raise Unproven("write the value as a plain string constant", position=statement.character(node.location))
        return token.start, token.end
    if depth > 10:
        raise Unproven("too many casts around an encrypted value")
    inner_start, inner_end = constant_span(statement, node_of(node.arg), depth + 1)
    name = tuple(s.string.sval for s in node.type_name.names)
    if name[:1] == ("pg_catalog",):
        name = name[1:]
    if name not in _TEXT_TYPES or node.type_name.array_bounds or name == ("bpchar",):
        raise Unproven(
            "an encrypted value may be cast to text or varchar only", position=statement.character(node.type_name.location)
        )
    if node.type_name.typmods:
        raise Unproven("an encrypted value cannot be cut to a length", position=statement.character(node.type_name.location))
    type_first = statement.token_at(node.type_name.location)
    type_last = _type_end(statement, type_first)
    tokens = statement.tokens
    if tokens[type_first - 1].kind == p.TOKEN_TYPECAST:
        return inner_start, tokens[type_last].end
    if tokens[type_first - 1].kind == p.TOKEN_AS:
        start = statement.token_at(node.location)
        end = closing(statement, start + 1)
        return tokens[start].start, tokens[end].end
    if tokens[type_last + 1].start == inner_start:
        return tokens[type_first].start, inner_end
    raise Unproven("a cast around an encrypted value is not written as expected")


def _type_end(statement: Statement, first: int) -> int:
    """Index of the last token of a type name that is text, varchar, character varying, or pg_catalog.x."""
    tokens = statement.tokens
    words = [statement.source[t.start : t.end].lower() for t in tokens[first : first + 3]]
    if words[1:2] == [b"."]:
        return first + 2
    if words[:2] in ([b"character", b"varying"], [b"char", b"varying"]):
        return first + 1
    return first


def group_by_start(statement: Statement, select: Any) -> int:
    """Byte offset just after GROUP BY (and ALL) of a SELECT, where a further item can be put before the others."""
    locations = [
        node.location for node in walk(node_of(select.group_clause[0])) if getattr(node, "location", -1) not in (-1, 0)
    ]
    if not locations:
        raise Unproven("GROUP BY is not written as expected")
    tokens = statement.tokens
    index = statement.token_at(min(locations))
    while index > 0 and tokens[index].kind != p.TOKEN_BY:
        index -= 1
    if tokens[index - 1].kind != p.TOKEN_GROUP:
        raise Unproven("GROUP BY is not written as expected")
    if tokens[index + 1].kind in (p.TOKEN_ALL, p.TOKEN_DISTINCT):
        index += 1
    return tokens[index].end
