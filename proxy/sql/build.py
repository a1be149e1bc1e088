"""Every piece of SQL we write, built with sqlglot and fully qualified.

Promise: identifiers are always quoted; functions, operators, types and collations carry their schema, operators as
`OPERATOR(pg_catalog.x)`, so no `search_path` can put other code in their place (FINDINGS 3). The same arguments give the same
bytes, because `verify` compares them. It knows nothing of statements: it is handed relations and verdicts.

Parts are sqlglot expressions; `sql()` turns one into text. A part may be used in several places: all but the first get a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from proxy.catalog.snapshot import Column, Relation

if TYPE_CHECKING:  # masks are written with this module, so it must not load them
    from proxy.masking.mask import Mask
    from proxy.policy.verdict import Masked, Show

Part = exp.Expr

CATALOG = "pg_catalog"
TEXT, INTEGER, BIGINT, BYTEA = "pg_catalog.text", "pg_catalog.int4", "pg_catalog.int8", "pg_catalog.bytea"
DEFAULT_COLLATION = 'pg_catalog."default"'
C_COLLATION = 'pg_catalog."C"'


# --- text -------------------------------------------------------------------------------------------------------------


def sql(part: Part) -> str:
    """The text of a part, on PostgreSQL's terms."""
    return part.sql(dialect="postgres", normalize_functions=False, comments=False)


def quoted(name: str) -> str:
    """An identifier, always quoted: `a"b` -> `"a""b"`. Raises ValueError for what PostgreSQL cannot hold."""
    if not name or "\0" in name:
        raise ValueError("an identifier is neither empty nor holds NUL")
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """`"schema"."name"`."""
    return f"{quoted(schema)}.{quoted(name)}"


# --- parts ------------------------------------------------------------------------------------------------------------


def _placed(part: Part) -> Part:
    """A part to hang into another: itself the first time, then a copy (sqlglot's nodes know one parent)."""
    return part if part.parent is None else part.copy()


def raw(text: str) -> Part:
    """Text that is already SQL of ours (a quoted reference)."""
    return exp.Var(this=text)


def string(value: str, type_sql: str | None = None) -> Part:
    """A string constant, of a type or (None) of the type its place gives. Raises ValueError for NUL, which no text holds."""
    if "\0" in value:
        raise ValueError("a string constant cannot hold NUL")
    literal = exp.Literal.string(value)
    return literal if type_sql is None else cast(literal, type_sql)


def null_of(column: Column) -> Part:
    """NULL with the type and collation of a column."""
    return as_column(exp.Null(), column)


def integer(value: int) -> Part:
    """An integer constant, of the type its size gives; a negative one stands in parentheses."""
    literal = exp.Literal.number(abs(value))
    return literal if value >= 0 else exp.Paren(this=exp.Neg(this=literal))


def boolean(value: bool) -> Part:
    """TRUE or FALSE."""
    return exp.Boolean(this=value)


def null(type_sql: str) -> Part:
    """NULL of a type."""
    return cast(exp.Null(), type_sql)


def cast(part: Part, type_sql: str) -> Part:
    """`CAST(part AS type)`; `type_sql` is qualified and safe already."""
    return exp.Cast(this=_placed(part), to=exp.DataType(this=exp.DType.USERDEFINED, kind=type_sql))


def collate(part: Part, collation: str) -> Part:
    """`(part COLLATE collation)`; `collation` is qualified and quoted already."""
    return exp.Paren(this=exp.Collate(this=_placed(part), expression=exp.Var(this=collation)))


def call(function: str, *arguments: Part) -> Part:
    """`pg_catalog.function(arguments)`."""
    inner = exp.Anonymous(this=function, expressions=[_placed(argument) for argument in arguments])
    return exp.Dot(this=exp.Identifier(this=CATALOG), expression=inner)


def operate(left: Part, operator: str, right: Part) -> Part:
    """`(left OPERATOR(pg_catalog.operator) right)`: always in parentheses, for OPERATOR() has a precedence of its own."""
    return exp.Paren(
        this=exp.Operator(this=_placed(left), operator=f"{CATALOG}.{operator}", expression=_placed(right))
    )


def joined(*parts: Part) -> Part:
    """Text concatenation."""
    whole = parts[0]
    for part in parts[1:]:
        whole = operate(whole, "||", part)
    return whole


def any_of(left: Part, values: Sequence[str]) -> Part:
    """`(left OPERATOR(pg_catalog.=) ANY (…))` of texts: one constant, which the server need not put together each time.

    Raises ValueError for no values, and where an array's text form would have to quote one.
    """
    if len(values) == 1:
        return operate(left, "=", string(values[0]))
    if not values or not all(value.isalnum() and value.upper() != "NULL" for value in values):
        raise ValueError("the values of an array are words")
    words = string(f"{{{','.join(values)}}}", f"{TEXT}[]")
    return operate(left, "=", exp.Any(this=exp.Paren(this=words)))


def all_true(*parts: Part) -> Part:
    """`(a AND b …)`."""
    return exp.Paren(this=exp.and_(*[_placed(part) for part in parts]))


def any_true(*parts: Part) -> Part:
    """`(a OR b …)`."""
    return exp.Paren(this=exp.or_(*[_placed(part) for part in parts]))


def negated(part: Part) -> Part:
    """`(NOT part)`."""
    return exp.Paren(this=exp.Not(this=exp.Paren(this=_placed(part))))


def is_null(part: Part) -> Part:
    """`(part IS NULL)`: a node of the grammar, no operator is looked up."""
    return exp.Paren(this=exp.Is(this=_placed(part), expression=exp.Null()))


def is_boolean(part: Part, value: bool) -> Part:
    """`(part IS TRUE)` or `(part IS FALSE)`."""
    return exp.Paren(this=exp.Is(this=_placed(part), expression=boolean(value)))


def coalesce(*parts: Part) -> Part:
    """COALESCE: a node of the grammar, no operator is looked up."""
    return exp.Coalesce(this=_placed(parts[0]), expressions=[_placed(part) for part in parts[1:]])


def least(*parts: Part) -> Part:
    """LEAST: a node of the grammar; what compares is the type's own order."""
    return exp.Least(this=_placed(parts[0]), expressions=[_placed(part) for part in parts[1:]], ignore_nulls=True)


def greatest(*parts: Part) -> Part:
    """GREATEST, as `least`."""
    return exp.Greatest(this=_placed(parts[0]), expressions=[_placed(part) for part in parts[1:]], ignore_nulls=True)


def case(*branches: tuple[Part, Part], default: Part) -> Part:
    """A searched CASE (the simple one would look up `=` by name)."""
    return exp.Case(
        ifs=[exp.If(this=_placed(condition), true=_placed(value)) for condition, value in branches], default=_placed(default)
    )


def array(values: Iterable[Part], element_sql: str) -> Part:
    """`CAST(ARRAY[…] AS element[])`."""
    return cast(exp.Array(expressions=[_placed(value) for value in values]), f"{element_sql}[]")


# --- columns ----------------------------------------------------------------------------------------------------------


def type_of(column: Column) -> str:
    """The type we write for a column: a domain leaves as what it is over, whose values a mask can always give."""
    return column.base_type_sql or column.type_sql


def as_column(part: Part, column: Column) -> Part:
    """`part` with the type, typmod and collation of `column`."""
    typed = cast(part, type_of(column))
    return typed if column.collation is None else collate(typed, column.collation)


def reference(relation: Relation, column: Column) -> str:
    """The column as the inside of `protected_subquery` names it.

    The relation stands there alone and without an alias, so its own name cannot clash with anything.
    """
    return f"{quoted(relation.name)}.{quoted(column.name)}"


@lru_cache(maxsize=65536)
def _masked(mask: Mask, text: str, column: Column) -> str:
    return mask.sql(text, column)


@lru_cache(maxsize=65536)
def _nothing(column: Column) -> str:
    return sql(null_of(column))


def _shown(relation: Relation, column: Column, show: Show, is_reached: bool, sealed_out: frozenset[int]) -> str:
    if not is_reached or show.how == "closed":
        return _nothing(column)
    if show.seal is not None:  # the mask of an encrypted column follows its decryption, at the wire
        if column.attnum in sealed_out:
            return reference(relation, column)
        return sql(null(BYTEA))
    if show.how == "masked":
        return _nothing(column) if show.mask is None else _masked(show.mask, reference(relation, column), column)
    if column.base_type_sql:
        return sql(as_column(raw(reference(relation, column)), column))
    return reference(relation, column)


def protected_subquery(
    relation: Relation,
    verdict: Masked,
    reached: frozenset[str] | None,
    *,
    only: bool = False,
    tablesample: str = "",
    sealed_out: frozenset[int] = frozenset(),
    extras: Iterable[str] = (),
) -> str:
    """`(SELECT … FROM [ONLY] "schema"."relation" [TABLESAMPLE …] [WHERE (condition) OFFSET 0])`, without an alias.

    Every live column stands once, in attnum order, under its own name. `reached` holds the names the statement can reach
    (None: all); every other column is NULL of its type, which keeps positions and costs nothing. Open columns are the raw
    column, masked ones their mask, closed ones NULL. An encrypted column is NULL but where its attnum is in `sealed_out`:
    there its ciphertext is handed out. A row condition ends in OFFSET 0 (FINDINGS 10). `tablesample` is the clause as the
    caller wrote it, or ''. A column without a verdict of its own is closed. `extras`: further columns, written already.
    """
    items = []
    for column in sorted(relation.columns, key=lambda one: one.attnum):
        show = verdict.columns.get(column.attnum)
        is_reached = reached is None or column.name in reached
        text = _nothing(column) if show is None else _shown(relation, column, show, is_reached, sealed_out)
        items.append(f"{text} AS {quoted(column.name)}")
    items += extras
    only_sql = "ONLY " if only else ""
    sample_sql = f" {tablesample}" if tablesample else ""
    where_sql = f" WHERE ({verdict.condition}) OFFSET 0" if verdict.condition is not None else ""
    source = qualified(relation.schema, relation.name)
    return f"(SELECT {', '.join(items)} FROM {only_sql}{source}{sample_sql}{where_sql})"


def row_column(relation: Relation, verdict: Masked, name: str) -> str:
    """A further column `name` of the subquery: the row as the caller sees it, of the relation's own row type."""
    values = [
        _nothing(column)
        if (show := verdict.columns.get(column.attnum)) is None
        else _shown(relation, column, show, True, frozenset())
        for column in sorted(relation.columns, key=lambda one: one.attnum)
    ]
    return f"CAST(ROW({', '.join(values)}) AS {qualified(relation.schema, relation.name)}) AS {quoted(name)}"


def system_column(relation: Relation, name: str) -> str:
    """A further column of the subquery: a system column under its own name."""
    return f"{quoted(relation.name)}.{quoted(name)} AS {quoted(name)}"


def returned(qualifier: str, column: Column, verdict: Masked, name: str) -> str:
    """An item of RETURNING: the column of the written relation as the caller sees it, under `name`.

    `qualifier` is quoted already. An encrypted column that is not closed leaves as ciphertext, to be opened at the wire.
    """
    show = verdict.columns.get(column.attnum)
    reference_sql = f"{qualifier}.{quoted(column.name)}"
    if show is None or show.how == "closed" or (show.how == "masked" and show.mask is None):
        text = _nothing(column)
    elif show.how == "masked" and show.mask is not None and show.seal is None:
        text = _masked(show.mask, reference_sql, column)
    else:
        text = reference_sql
    return f"{text} AS {quoted(name)}"
