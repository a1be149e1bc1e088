"""Statements that make, change and fill temporary tables, and COPY's options: what of them is open to restricted callers.

Pure checks of one parsed statement, as lists of what is allowed; anything else raises Unproven.
"""

from __future__ import annotations

from typing import Any

from postgast import pg_query_pb2 as pb

from proxy.errors import Unproven
from proxy.sql.parse import Statement, names, node_of

_COPY_OPTIONS = frozenset(
    (
        "format", "freeze", "delimiter", "null", "default", "header", "quote", "escape", "force_quote", "force_not_null",
        "force_null", "on_error", "reject_limit", "log_verbosity",
    )
)  # fmt: skip
_COLUMN_CONSTRAINTS = {
    int(getattr(pb, f"CONSTR_{name}"))
    for name in (
        "NULL", "NOTNULL", "DEFAULT", "IDENTITY", "GENERATED", "CHECK", "PRIMARY", "UNIQUE", "ATTR_DEFERRABLE",
        "ATTR_NOT_DEFERRABLE", "ATTR_DEFERRED", "ATTR_IMMEDIATE",
    )
}  # fmt: skip
_ACCESS_METHODS = frozenset(("btree", "hash", "gin", "gist", "brin", "spgist"))


def check_into(into: Any) -> None:
    """CREATE TABLE AS and SELECT INTO: a temporary table, in the ordinary place."""
    _is_temporary(into.rel, "CREATE TABLE AS and SELECT INTO")
    if into.table_space_name or into.access_method not in ("", "heap") or into.options:
        raise Unproven("a temporary table is made without TABLESPACE, USING and WITH here")


def check_create(stmt: Any) -> None:
    """CREATE TEMP TABLE with columns and constraints of its own."""
    _is_temporary(stmt.relation, "CREATE TABLE")
    if (
        stmt.inh_relations
        or stmt.HasField("partbound")
        or stmt.HasField("partspec")
        or stmt.HasField("of_typename")
        or stmt.tablespacename
        or stmt.access_method not in ("", "heap")
        or stmt.options
    ):
        raise Unproven("a temporary table is made of columns and constraints only")
    for element in stmt.table_elts:
        one = node_of(element)
        if isinstance(one, pb.TableLikeClause):
            raise Unproven("LIKE is not open to restricted callers: write the columns out, or use CREATE TEMP TABLE … AS")
        constraints = [node_of(c) for c in one.constraints] if isinstance(one, pb.ColumnDef) else [one]
        for constraint in constraints:
            if constraint.contype not in _COLUMN_CONSTRAINTS or constraint.access_method or constraint.indexspace:
                raise Unproven("this constraint is not open to restricted callers on a temporary table")
        if isinstance(one, pb.ColumnDef) and (one.fdwoptions or one.storage_name not in ("", "plain", "main", "external")):
            raise Unproven("options of columns are not open to restricted callers")


def check_index(stmt: Any) -> None:
    """CREATE INDEX on a temporary table."""
    if stmt.table_space or stmt.options or stmt.access_method not in _ACCESS_METHODS:
        raise Unproven("an index of a temporary table takes no TABLESPACE, no WITH, and an access method of PostgreSQL's own")


def check_copy_options(stmt: Any) -> None:
    """COPY's WITH list. ENCODING is left out: the proxy counts on the session's own."""
    for element in stmt.options:
        if element.def_elem.defname not in _COPY_OPTIONS:
            raise Unproven(f"COPY option {element.def_elem.defname} is not open to restricted callers")


def dropped_names(statement: Statement, stmt: Any) -> list[tuple[tuple[str, ...], int]]:
    """The names of a DROP with the byte offset each begins at: the tree has no locations for them."""
    found = [names(node_of(one).items) for one in stmt.objects]
    tokens = statement.tokens
    index = _first_of(statement, stmt)
    places = []
    for parts in found:
        places.append((parts, tokens[index].start))
        index += 2 * len(parts)  # its tokens and dots, and the comma behind
    return places


def _first_of(statement: Statement, stmt: Any) -> int:
    """Index of the first name's token: behind DROP TABLE [IF EXISTS] or DROP INDEX [CONCURRENTLY] [IF EXISTS]."""
    number = next(index for index, (_, one) in enumerate(statement.stmts) if one is stmt)
    first = next(i for i, token in enumerate(statement.tokens) if token.start >= statement.starts[number])
    first += 2 + 2 * int(stmt.missing_ok) + int(stmt.concurrent)
    if first >= len(statement.tokens):
        raise Unproven("DROP is not written as expected")
    return first


def _is_temporary(range_var: Any, what: str) -> None:
    is_temporary = range_var.relpersistence == "t" and range_var.schemaname in ("", "pg_temp")
    if not (is_temporary or range_var.schemaname == "pg_temp") or range_var.catalogname:
        raise Unproven(f"{what} can make temporary tables only for restricted callers", hint="CREATE TEMP TABLE …")
