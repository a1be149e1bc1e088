"""What a restricted caller may say: node types by server version, functions, operators, types, attribute notation.

Unproven is refused, and no setting turns that into a pass. The caller's own database role can read raw columns, so every
piece of code that a statement can start is on a list: functions and operators of pg_catalog (`allowed.py`), user functions
a rule names, types whose code belongs to a trusted owner. The same checks run on the outgoing text (`verify.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Snapshot
from proxy.errors import Refusal, StatementError, Unproven
from proxy.sql import allowed, build
from proxy.sql.parse import TOKEN_SYSTEM_USER as SYSTEM_USER
from proxy.sql.parse import Statement, kind_of, names, node_of

_ALWAYS = 0
# Node type -> first server version that has it in its grammar. On an older server the same text is something else: on 15 and
# 16 json_scalar('x') calls a user's function (FINDINGS 6).
NODES: dict[str, int] = {
    **dict.fromkeys(
        (
            "SelectStmt", "ResTarget", "ColumnRef", "String", "Integer", "Float", "Boolean", "BitString", "List", "A_Const",
            "A_Star", "A_Expr", "BoolExpr", "NullTest", "BooleanTest", "SubLink", "CaseExpr", "CaseWhen", "CoalesceExpr",
            "MinMaxExpr", "FuncCall", "NamedArgExpr", "TypeCast", "TypeName", "CollateClause", "A_Indirection", "A_Indices",
            "A_ArrayExpr", "RowExpr", "ParamRef", "SortBy", "WindowDef", "GroupingSet", "GroupingFunc", "SQLValueFunction",
            "SetToDefault", "RangeVar", "Alias", "JoinExpr", "RangeSubselect", "RangeFunction", "RangeTableSample",
            "RangeTableFunc", "RangeTableFuncCol", "WithClause", "CommonTableExpr", "CTESearchClause", "CTECycleClause",
            "LockingClause", "XmlExpr", "XmlSerialize", "ColumnDef",
            "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "MergeWhenClause", "OnConflictClause", "InferClause",
            "IndexElem", "MultiAssignRef", "ReturningClause", "CurrentOfExpr",
        ),
        _ALWAYS,
    ),
    **dict.fromkeys(
        (
            "JsonObjectConstructor", "JsonArrayConstructor", "JsonArrayQueryConstructor", "JsonAggConstructor",
            "JsonObjectAgg", "JsonArrayAgg", "JsonKeyValue", "JsonValueExpr", "JsonFormat", "JsonOutput", "JsonReturning",
            "JsonIsPredicate",
        ),
        160000,
    ),
    **dict.fromkeys(
        (
            "JsonParseExpr", "JsonScalarExpr", "JsonSerializeExpr", "JsonFuncExpr", "JsonTable", "JsonTableColumn",
            "JsonTablePathSpec", "JsonArgument", "JsonBehavior", "MergeSupportFunc",
        ),
        170000,
    ),
    "ReturningOption": 180000,
}  # fmt: skip

_NAMED = {"IntoClause": "SELECT INTO can make temporary tables only, and only as a statement of its own"}
# Operator classes of PostgreSQL's own that an index of a temporary table may name.
_OPERATOR_CLASSES = {
    (name,)
    for name in ("text_pattern_ops", "varchar_pattern_ops", "bpchar_pattern_ops", "jsonb_path_ops", "jsonb_ops", "inet_ops")
}
# Functions of information_schema: they work on their arguments and on the catalog. Drivers call the first.
_INFORMATION_SCHEMA = frozenset(
    (
        "_pg_expandarray", "_pg_index_position", "_pg_truetypid", "_pg_truetypmod", "_pg_char_max_length",
        "_pg_char_octet_length", "_pg_numeric_precision", "_pg_numeric_precision_radix", "_pg_numeric_scale",
        "_pg_datetime_precision", "_pg_interval_type",
    )
)  # fmt: skip
# The nodes in which `check_node` finds names; in this order they are looked at, so that always the same fault is said first.
_WITH_NAMES = dict.fromkeys(
    (pb.FuncCall, pb.A_Expr, pb.SubLink, pb.SortBy, pb.TypeName, pb.A_Indirection, pb.IndexElem, pb.RangeTableSample)
)
NO_LOOKUP = {pb.AEXPR_BETWEEN, pb.AEXPR_NOT_BETWEEN, pb.AEXPR_BETWEEN_SYM, pb.AEXPR_NOT_BETWEEN_SYM}


@dataclass(frozen=True, slots=True)
class Firewall:
    """The checks for one role, snapshot and search_path. `functions`: user functions the role's rules list."""

    snapshot: Snapshot
    path: tuple[str, ...]
    functions: frozenset[str]
    refused_functions: frozenset[str] = frozenset()
    login: str = ""

    def check(self, statement: Statement, stmt: Message, also: Collection[str] = ()) -> None:
        """Every node below `stmt`. Raises Unproven or Refusal, with a position, for the first thing not proven harmless.

        `also`: node types besides NODES that this kind of statement is made of, whose names are judged elsewhere.
        """
        self.check_path()
        version = self.snapshot.server_version_num
        if version < 160000 and any(t.kind == SYSTEM_USER for t in statement.tokens):
            raise Unproven("SYSTEM_USER is not known to this server's version")
        for nodes in statement.groups(stmt).values():
            kind = kind_of(nodes[0])
            since = _ALWAYS if kind in also else NODES.get(kind)
            if since is None or since > version:
                raise Unproven(
                    _NAMED.get(kind) or f"{kind} is not on the list of what restricted callers may say on this server",
                    position=_position(statement, nodes[0]),
                )
        for node in statement.nodes(stmt, *_WITH_NAMES):
            self.check_node(statement, node)

    def check_node(self, statement: Statement, node: Any) -> None:
        """Names inside one node."""
        if type(node) not in _WITH_NAMES:
            return
        if isinstance(node, pb.FuncCall):
            self.function(statement, node)
        elif isinstance(node, pb.A_Expr):
            if node.kind not in NO_LOOKUP:
                self.operator(statement, names(node.name), node)
        elif isinstance(node, pb.SubLink):
            if node.oper_name:
                self.operator(statement, names(node.oper_name), node)
        elif isinstance(node, pb.SortBy):
            if node.use_op:
                self.operator(statement, names(node.use_op), node)
        elif isinstance(node, pb.TypeName):
            self.type_name(statement, node)
        elif isinstance(node, pb.A_Indirection):
            for part in node.indirection:
                if part.HasField("string"):
                    self.attribute(part.string.sval, statement, node)
        elif isinstance(node, pb.IndexElem):
            if node.opclass and names(node.opclass) not in _OPERATOR_CLASSES:
                raise Unproven(f"operator class {'.'.join(names(node.opclass))} is not on the list", position=None)
        elif isinstance(node, pb.RangeTableSample) and names(node.method) not in (("system",), ("bernoulli",)):
            raise Unproven("only TABLESAMPLE SYSTEM and BERNOULLI are supported")

    def check_path(self) -> None:
        """Prepared statements resolve names again at every execution: each schema of the path must be safe now."""
        for name in self.path:
            self.check_schema(name)
        if self.snapshot.untrusted_may_create_schemas and self.login not in self.snapshot.schemas:
            raise Refusal(
                f'an untrusted role may create schemas, and with them "{self.login}", which "$user" in search_path would find',
                hint="REVOKE CREATE ON DATABASE from roles outside trusted_owners, or create that schema.",
            )

    def check_schema(self, name: str) -> None:
        """Raises Refusal when code of an untrusted owner could be found through this schema (FINDINGS 1, 2)."""
        if name in ("pg_catalog", "information_schema") or name.startswith("pg_temp"):
            return
        schema = self.snapshot.schemas.get(name)
        if schema is None:
            if self.snapshot.untrusted_may_create_schemas:
                raise Refusal(f'schema "{name}" of search_path does not exist and an untrusted role may create it')
        elif schema.unsafe is not None:
            raise Refusal(f'schema "{name}" must not stand in search_path: {schema.unsafe}')

    def function(self, statement: Statement, node: Any) -> None:
        name = names(node.funcname)
        schema, bare = (name[0], name[1]) if len(name) == 2 else ("", name[-1])
        if len(name) > 2:
            raise Unproven(f"function {'.'.join(name)} is not known", position=_position(statement, node))
        if schema in ("", "pg_catalog"):
            # an unqualified call leaves as pg_catalog.name (rewrite.py), so a user's function cannot take its place
            if bare in self.refused_functions:
                raise Unproven(f"function {bare} shows values of a hidden partition key", position=_position(statement, node))
            if bare == "current_setting" and names_a_foreign_setting(node):
                raise Unproven(
                    "settings with a dot in their name are closed: code of the database may keep values of rows in them",
                    position=_position(statement, node),
                )
            reason = self.builtin(bare, node)
            if reason is None:
                return
        elif schema == "information_schema" and bare in _INFORMATION_SCHEMA:
            return
        else:
            reason = ""
        user = self.user_function(schema, bare)
        if user is not None and user in self.functions:
            return
        shown = ".".join(name)
        version = self.snapshot.server_version_num
        is_nowhere = not (self.snapshot.is_user_function(bare) or allowed.is_function_name(bare))
        is_type = self.snapshot.is_type_name(bare) or allowed.type_named(version, bare) != ""
        if is_nowhere and not is_type and version // 10_000 <= allowed.NEWEST:
            raise StatementError(f"function {shown} does not exist", sqlstate="42883", position=_position(statement, node))
        raise Unproven(
            f"function {shown} is not on the list of functions restricted callers may call"
            + (f": {reason}" if reason and user is None else ""),
            hint=f"An operator can list {user} under `functions` of the role." if user else None,
            position=_position(statement, node),
        )

    def builtin(self, name: str, node: Any) -> str | None:
        """None when the call, meant for pg_catalog, is open; else why not ('' for a name or form nobody judged)."""
        version = self.snapshot.server_version_num
        given = len(node.args) + (len(node.agg_order) if node.agg_within_group else 0)
        reason = allowed.call(version, name, given, as_array=node.func_variadic)
        if reason == "" and given == 1:
            reason = allowed.type_named(version, name)  # jsonb('{}') is a cast: func_get_detail of PostgreSQL
        return None if _sets_something_harmless(name, node) else reason

    def user_function(self, schema: str, bare: str) -> str | None:
        """'schema.name' of the user function a call would find, or None."""
        for place in (schema,) if schema else self.path:
            if (place, bare) in self.snapshot.functions:
                return f"{place}.{bare}"
        return None

    def home_of(self, node: Any) -> str:
        """The schema an allowed unqualified call leaves with, quoted where it needs to be."""
        bare = names(node.funcname)[-1]
        user = None if self.builtin(bare, node) is None else self.user_function("", bare)
        return "pg_catalog" if user is None or user not in self.functions else build.quoted(user.partition(".")[0])

    def operator(self, statement: Statement, name: tuple[str, ...], node: Any) -> None:
        if len(name) > 1 and name[0] != "pg_catalog":
            raise Unproven(f"operator {'.'.join(name)} is not one of pg_catalog", position=_position(statement, node))
        operands = 1 if isinstance(node, pb.A_Expr) and not node.HasField("lexpr") else 2
        reason = allowed.operator(self.snapshot.server_version_num, name[-1], operands)
        if reason is not None:
            text = f"operator {name[-1]} is closed: {reason}" if reason else f"operator {name[-1]} is not one of pg_catalog"
            raise Unproven(text, position=_position(statement, node))

    def type_name(self, statement: Statement, node: Any) -> None:
        name = names(node.names)
        if not name:  # SETOF and such in column definitions carry no name of their own
            return
        if node.pct_type:
            raise Unproven("%TYPE is not supported", position=_position(statement, node))
        found = self.snapshot.type_named(*name) if len(name) == 2 else self.snapshot.type_in(self.path, name[0])
        if found is None or len(name) > 2:
            raise Unproven(f"type {'.'.join(name)} is not known", position=_position(statement, node))
        if found.untrusted_code is not None:
            raise Refusal(
                f"type {found.schema}.{found.name} is closed: {found.untrusted_code}", position=_position(statement, node)
            )
        reason = allowed.type_named(self.snapshot.server_version_num, found.name) if found.schema == "pg_catalog" else None
        if reason is not None:
            why = reason or "it is not on the list of types restricted callers may name"
            raise Unproven(f"type {found.name} is closed: {why}", position=_position(statement, node))

    def attribute(self, name: str, statement: Statement, place: Any) -> None:
        """`(expression).name` and `source.name` call a function of that name when there is no such column."""
        version = self.snapshot.server_version_num
        is_newer = version // 10_000 > allowed.NEWEST and name not in self.snapshot.column_names
        reads_settings = name == "current_setting"  # which takes its argument out of our sight
        if self.snapshot.is_user_function(name) or allowed.call(version, name, 1) or is_newer or reads_settings:
            position = statement.character(place) if isinstance(place, int) else _position(statement, place)
            raise Unproven(f'"{name}" is no column here and names a function', position=position)

    def unsettled(self, statement: Statement, found: Sequence[tuple[tuple[str, ...], int]]) -> None:
        """References that are no proven column must not be function calls in attribute notation."""
        for name, location in found:
            if len(name) > 1:
                self.attribute(name[-1], statement, location)


def names_a_foreign_setting(node: Any) -> bool:
    """A setting whose name has a dot belongs to whoever set it."""
    name = _setting_named(node)
    return name is not None and "." in name


def reads_only_built_in_settings(node: Any) -> bool:
    """Whether a call of current_setting can name no setting with a dot: by a constant, or as rewrite.py leaves it."""
    name = _setting_named(node)
    if name is not None:
        return "." not in name
    first = node_of(node.args[0]) if node.args else None
    if not isinstance(first, pb.FuncCall) or names(first.funcname) != ("pg_catalog", "replace") or len(first.args) != 3:
        return False
    old, new = (node_of(one) for one in first.args[1:])
    are_constants = isinstance(old, pb.A_Const) and isinstance(new, pb.A_Const)
    return are_constants and (old.sval.sval, new.sval.sval) == (".", "?")


def _setting_named(node: Any) -> str | None:
    first = node_of(node.args[0]) if node.args else None
    while isinstance(first, pb.TypeCast):
        first = node_of(first.arg)
    return str(first.sval.sval) if isinstance(first, pb.A_Const) and first.HasField("sval") else None


def _sets_something_harmless(name: str, node: Any) -> bool:
    """set_config('jit', …) as drivers send it: a constant name, of a setting whose every value is harmless."""
    first = node_of(node.args[0]) if name == "set_config" and len(node.args) == 3 else None
    if not isinstance(first, pb.A_Const) or not first.HasField("sval"):
        return False
    return first.sval.sval.lower() in allowed.SETTINGS - allowed.CHECKED.keys()


def _position(statement: Statement, node: Any) -> int | None:
    while isinstance(node, pb.A_Indirection):
        node = node_of(node.arg)
    location = getattr(node, "location", -1)
    return statement.character(location) if isinstance(location, int) and location >= 0 else None
