"""A catalog made from the DDL of .sql files, without a server: enough of it to plan the statements beside it.

Follows CREATE TABLE (columns, LIKE, INHERITS, PARTITION OF), CREATE VIEW and CREATE TABLE AS with named columns, ALTER TABLE
ADD/DROP/RENAME COLUMN and RENAME, DROP TABLE, CREATE SCHEMA, TYPE, DOMAIN and FUNCTION. Defaults, constraints other than a
primary key, privileges and owners are not looked at: everything belongs to one trusted owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg.postgres
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Column, Oid, Relation, Schema, Snapshot, Type
from proxy.sql.nodes import figure_name
from proxy.sql.parse import kind_of, names, node_of, walk

OWNER = Oid(10)
DEFAULT_PATH = ("pg_catalog", "public")
_FIRST_OID = 16_384
_CATALOG_TYPES = {t.name.strip('"'): Oid(t.oid) for t in psycopg.postgres.types} | {
    "void": Oid(2278), "unknown": Oid(705), "cstring": Oid(2275), "pg_node_tree": Oid(194), "pg_snapshot": Oid(5038),
}  # fmt: skip
_TAKES_AWAY = {"DropStmt", "AlterTableStmt", "RenameStmt", "VariableSetStmt"}
_PSEUDO = {"record", "void", "unknown", "cstring"}
_WITHOUT_EQUALITY = {"json", "xml", "point", "box", "polygon", "path", "line", "lseg", "circle"}
# PostgreSQL's own relations that its regression statements read most, with the columns they name.
_SYSTEM = {
    "pg_class": "oid relname relnamespace reltype relowner relam relfilenode reltablespace relpages reltuples reltoastrelid "
    "relhasindex relisshared relpersistence relkind relnatts relchecks relhasrules relhastriggers relispartition relpartbound",
    "pg_attribute": "attrelid attname atttypid attlen attnum atttypmod attndims attnotnull atthasdef attisdropped attcollation",
    "pg_type": "oid typname typnamespace typowner typlen typbyval typtype typcategory typrelid typelem typarray typinput typbasetype",
    "pg_proc": "oid proname pronamespace proowner prolang prokind provolatile pronargs prorettype proargtypes prosrc",
    "pg_namespace": "oid nspname nspowner nspacl",
    "pg_constraint": "oid conname connamespace contype condeferrable convalidated conrelid contypid conindid conparentid confrelid",
    "pg_index": "indexrelid indrelid indnatts indisunique indisprimary indisclustered indisvalid indkey indclass",
    "pg_operator": "oid oprname oprnamespace oprowner oprkind oprleft oprright oprresult oprcode",
    "pg_inherits": "inhrelid inhparent inhseqno inhdetachpending",
    "pg_depend": "classid objid objsubid refclassid refobjid refobjsubid deptype",
    "pg_am": "oid amname amhandler amtype",
    "pg_opclass": "oid opcmethod opcname opcnamespace opcfamily opcintype opcdefault",
}


@dataclass(frozen=True, slots=True)
class _Named:
    """A column before it has a number."""

    name: str
    type_name: str


class Catalog:
    """What the DDL so far says. `apply` takes one statement's tree; `snapshot` is made anew only after a change."""

    def __init__(self, server_version_num: int) -> None:
        self.server_version_num = server_version_num
        self.path: tuple[str, ...] = DEFAULT_PATH
        self.functions: set[tuple[str, str]] = set()
        self.temporary: frozenset[str] = frozenset()  # names of temporary tables, which no catalog of the proxy has
        self._relations: dict[tuple[str, str], Relation] = {}
        self._schemas = {"pg_catalog", "information_schema", "public"}
        self._types: dict[tuple[str, str], Type] = {
            ("pg_catalog", name): Type(oid, "pg_catalog", name, "p" if name in _PSEUDO else "b")
            for name, oid in _CATALOG_TYPES.items()
        }
        self._next_oid = _FIRST_OID
        self._snapshot: Snapshot | None = None
        for name, columns in _SYSTEM.items():
            self._add("pg_catalog", name, [_Named(c, "text") for c in columns.split()], "r", ())

    def copy(self) -> Catalog:
        """A catalog that goes its own way from here."""
        other = Catalog(self.server_version_num)
        other.functions = set(self.functions)
        other._relations, other._schemas, other._types = dict(self._relations), set(self._schemas), dict(self._types)
        other._next_oid = self._next_oid
        return other

    def snapshot(self) -> Snapshot:
        """The catalog as it stands."""
        if self._snapshot is None:
            self._snapshot = Snapshot.build(
                version=self._next_oid,
                server_version_num=self.server_version_num,
                database="regression",
                relations=self._relations.values(),
                types=self._types.values(),
                schemas=[Schema(Oid(n), name, OWNER) for n, name in enumerate(sorted(self._schemas), 1)],
                functions=self.functions,
            )
        return self._snapshot

    def relations(self) -> Iterable[Relation]:
        """Every relation."""
        return self._relations.values()

    def gather(self, stmt: Any) -> None:
        """Take over what one statement creates, and take the system relations it names as there, with columns unknown."""
        if kind_of(stmt) not in _TAKES_AWAY:
            self.apply(stmt)
        self.temporary = frozenset()
        for node in walk(stmt):
            if isinstance(node, pb.RangeVar) and self._found(node) is None:
                schema = node.schemaname or "pg_catalog"
                if schema == "information_schema" or (schema == "pg_catalog" and node.relname.startswith("pg_")):
                    self._add(schema, node.relname, [], "v", ())
                    self._snapshot = None

    def apply(self, stmt: Any) -> bool:
        """Take over what one statement defines. True when the catalog or the path changed."""
        before = self._next_oid, self.path
        match kind_of(stmt):
            case "CreateStmt":
                self._table(stmt)
            case "ViewStmt":
                self._query(stmt.view, node_of(stmt.query), names(stmt.aliases), "v")
            case "CreateTableAsStmt":
                self._query(stmt.into.rel, node_of(stmt.query), names(stmt.into.col_names), "r")
            case "AlterTableStmt":
                self._alter(stmt)
            case "RenameStmt":
                self._rename(stmt)
            case "DropStmt":
                self._drop(stmt)
            case "CreateSchemaStmt":
                self._schema(stmt)
            case "CreateFunctionStmt":
                self.functions.add(self._placed(names(stmt.funcname)))
                self._next_oid += 1
            case "CreateEnumStmt" | "CreateRangeStmt":
                self._type(names(stmt.type_name), kind_of(stmt)[6].lower())
            case "CreateDomainStmt":
                self._type(names(stmt.domainname), "d")
            case "CompositeTypeStmt":
                self._type(tuple(n for n in (stmt.typevar.schemaname, stmt.typevar.relname) if n), "c")
            case "DefineStmt" if stmt.kind == pb.OBJECT_TYPE:
                self._type(names(stmt.defnames), "b")
            case "VariableSetStmt" if stmt.name == "search_path":
                self._set_path(stmt)
        changed = before != (self._next_oid, self.path)
        if changed:
            self._snapshot = None
        return changed

    # -- names ------------------------------------------------------------------------------------------------------------

    def _placed(self, name: tuple[str, ...]) -> tuple[str, str]:
        """(schema, name) of something new."""
        return (name[-2], name[-1]) if len(name) > 1 else (self._first_schema(), name[-1])

    def _first_schema(self) -> str:
        return next((s for s in self.path if s != "pg_catalog"), "public")

    def _found(self, range_var: Any) -> Relation | None:
        places = (range_var.schemaname,) if range_var.schemaname else self.path
        return next((r for s in places if (r := self._relations.get((s, range_var.relname))) is not None), None)

    # -- definitions ------------------------------------------------------------------------------------------------------

    def _oid(self) -> Oid:
        self._next_oid += 1
        return Oid(self._next_oid)

    def _add(self, schema: str, name: str, columns: list[_Named], kind: str, key: tuple[str, ...]) -> None:
        unique = list({c.name: c for c in columns}.values())
        made = tuple(self._column(number, c) for number, c in enumerate(unique, 1))
        numbers = tuple(c.attnum for c in made if c.name in key)
        self._relations[schema, name] = Relation(self._oid(), schema, name, kind, OWNER, made, primary_key=numbers)

    def _column(self, number: int, named: _Named) -> Column:
        schema, _, bare = named.type_name.rpartition(".")
        element = bare.removesuffix("[]")
        found = self._types.get((schema, element)) if schema else self._type_in_path(element)
        if found is None:
            return Column(number, named.name, Oid(25), "pg_catalog.text")
        array = bare[len(element) :]
        return Column(
            number,
            named.name,
            Oid(0) if array else found.oid,
            f'"{found.schema}"."{found.name}"{array}',
            has_equality=element not in _WITHOUT_EQUALITY,
        )

    def _type_in_path(self, name: str) -> Type | None:
        return next((t for s in ("pg_catalog", *self.path) if (t := self._types.get((s, name))) is not None), None)

    def _type(self, name: tuple[str, ...], kind: str) -> None:
        if name:
            schema, bare = self._placed(name)
            self._types[schema, bare] = Type(self._oid(), schema, bare, kind)

    def _is_temporary(self, range_var: Any) -> bool:
        if range_var.relpersistence != "t" and range_var.schemaname != "pg_temp":
            return False
        self.temporary |= {range_var.relname}
        self._next_oid += 1
        return True

    def _table(self, stmt: Any) -> None:
        if self._is_temporary(stmt.relation):
            return
        columns: list[_Named] = []
        key: tuple[str, ...] = ()
        for parent in stmt.inh_relations:
            columns += self._copied(node_of(parent))
        for element in map(node_of, stmt.table_elts):
            if isinstance(element, pb.TableLikeClause):
                columns += self._copied(element.relation)
            elif isinstance(element, pb.Constraint):
                if element.contype == pb.CONSTR_PRIMARY:
                    key = names(element.keys)
            elif isinstance(element, pb.ColumnDef) and element.HasField("type_name"):
                columns.append(_Named(element.colname, _type_text(element.type_name)))
                if any(node_of(c).contype == pb.CONSTR_PRIMARY for c in element.constraints):
                    key = (element.colname,)
        schema = stmt.relation.schemaname or self._first_schema()
        kind = "p" if stmt.HasField("partspec") else "r"
        if (schema, stmt.relation.relname) not in self._relations or not stmt.if_not_exists:
            self._add(schema, stmt.relation.relname, columns, kind, key)

    def _copied(self, range_var: Any) -> list[_Named]:
        source = self._found(range_var)
        return [_Named(c.name, c.type_sql.replace('"', "")) for c in source.columns] if source is not None else []

    def _query(self, range_var: Any, query: Any, aliases: tuple[str, ...], kind: str) -> None:
        """A relation made of a query, when every column of it has a name."""
        if self._is_temporary(range_var):
            return
        while isinstance(query, pb.SelectStmt) and query.HasField("larg"):
            query = query.larg
        found: list[str] = []
        if isinstance(query, pb.SelectStmt):
            found = list(_column_names(query))
        if found and "*" not in found:
            found[: len(aliases)] = aliases
            schema = range_var.schemaname or self._first_schema()
            self._add(schema, range_var.relname, [_Named(name, "text") for name in found], kind, ())

    def _alter(self, stmt: Any) -> None:
        relation = self._found(stmt.relation)
        if relation is None:
            return
        columns = list(relation.columns)
        for command in map(node_of, stmt.cmds):
            if command.subtype == pb.AT_AddColumn:
                definition = node_of(getattr(command, "def"))
                number = max((c.attnum for c in columns), default=0) + 1
                columns.append(self._column(number, _Named(definition.colname, _type_text(definition.type_name))))
            elif command.subtype == pb.AT_DropColumn:
                columns = [c for c in columns if c.name != command.name]
        if tuple(columns) != relation.columns:
            self._put(relation, columns=tuple(columns))

    def _rename(self, stmt: Any) -> None:
        relation = self._found(stmt.relation)
        if relation is None:
            return
        if stmt.rename_type == pb.OBJECT_COLUMN:
            columns = tuple(replace(c, name=stmt.newname) if c.name == stmt.subname else c for c in relation.columns)
            self._put(relation, columns=columns)
        elif stmt.rename_type in (pb.OBJECT_TABLE, pb.OBJECT_VIEW):
            del self._relations[relation.schema, relation.name]
            self._put(relation, name=stmt.newname)

    def _put(self, relation: Relation, **changes: Any) -> None:
        changed = replace(relation, oid=self._oid(), **changes)
        self._relations[changed.schema, changed.name] = changed

    def _drop(self, stmt: Any) -> None:
        if stmt.remove_type in (pb.OBJECT_TABLE, pb.OBJECT_VIEW, pb.OBJECT_MATVIEW):
            for one in stmt.objects:
                schema, name = self._placed(names(node_of(one).items))
                if name in self.temporary:
                    self.temporary -= {name}
                elif self._relations.pop((schema, name), None) is not None:
                    self._next_oid += 1

    def _schema(self, stmt: Any) -> None:
        name = stmt.schemaname or stmt.authrole.rolename
        self._schemas.add(name)
        self._next_oid += 1
        path, self.path = self.path, (name, *self.path)
        for element in stmt.schema_elts:
            self.apply(node_of(element))
        self.path = path

    def _set_path(self, stmt: Any) -> None:
        values = [node_of(a) for a in stmt.args]
        if stmt.kind == pb.VAR_SET_VALUE and all(isinstance(v, pb.A_Const) and v.HasField("sval") for v in values):
            given = [v.sval.sval for v in values if v.sval.sval]
            self.path = tuple(given) if "pg_catalog" in given else ("pg_catalog", *given)
        else:
            self.path = DEFAULT_PATH


def _type_text(node: Any) -> str:
    name = names(node.names)
    text = ".".join(name[-2:])
    serial = {"serial": "int4", "bigserial": "int8", "smallserial": "int2", "serial4": "int4", "serial8": "int8"}
    return serial.get(text, text) + ("[]" if node.array_bounds else "")


def _column_names(query: Any) -> Iterator[str]:
    if query.values_lists:
        yield from (f"column{n}" for n in range(1, len(query.values_lists[0].list.items) + 1))
    for target in map(node_of, query.target_list):
        value = node_of(target.val)
        star = isinstance(value, pb.ColumnRef) and value.fields[-1].HasField("a_star")
        yield "*" if star else target.name or figure_name(value)
