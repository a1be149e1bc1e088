"""The catalog at one version, as immutable data: what names mean and what code and data a relation reaches.

Knows nothing of policy. `loader.py` makes it; tests make it by hand. Names are as stored in the catalog (already folded,
unquoted). Shapes follow PostgreSQL 18, chapter 53 (pg_class, pg_attribute, pg_type, pg_proc, pg_inherits, pg_rewrite).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NewType

Oid = NewType("Oid", int)

TABLE, PARTITIONED, VIEW, MATVIEW, FOREIGN, SEQUENCE, TOAST, COMPOSITE, INDEX = "r", "p", "v", "m", "f", "S", "t", "c", "i"


@dataclass(frozen=True, slots=True)
class Column:
    """One live (not dropped) column. `type_sql` is the type as we write it: schema-qualified, with its typmod.

    `origin` of a column of a view or materialised view: (relation, attnum) of the column it is a verbatim copy of, which has
    the same type; None when it is computed, or not proven to be a copy.
    """

    attnum: int
    name: str
    type_oid: Oid
    type_sql: str
    typmod: int = -1
    collation: str | None = None  # qualified and quoted, when it is not the type's own; else None
    not_null: bool = False
    generated: str = ""  # '' | 's' (stored) | 'v' (virtual)
    has_equality: bool = True  # the type has a btree or hash equality: it can stand in GROUP BY
    base_type_sql: str = ""  # for a domain, what it is over (with typmod); '' otherwise
    base_type_oid: Oid = Oid(0)  # the same as an OID; type_oid itself when the type is no domain
    origin: tuple[Oid, int] | None = None


@dataclass(frozen=True, slots=True)
class Coupling:
    """Columns (by name) that one check, unique or exclusion constraint or index looks at together.

    `compares_rows`: it compares rows with each other, so that a new row can fail because of others.
    """

    what: str
    columns: frozenset[str]
    compares_rows: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `columns` of `child` must stand in `parent_columns` of `parent`, by name.

    `on_delete`, `on_update`: what becomes of the child when a parent row goes, or changes its key: confdeltype and confupdtype
    of pg_constraint (a no action, r restrict, c cascade, n set null, d set default).
    """

    what: str
    child: Oid
    columns: frozenset[str]
    parent: Oid
    parent_columns: frozenset[str]
    on_delete: str
    on_update: str

    @property
    def writes_child(self) -> bool:
        """Whether a write to the parent may write the child."""
        return not {self.on_delete, self.on_update} <= {"a", "r"}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view, sequence … with what it can reach.

    `reaches`: OIDs of relations whose rows it can show (directly): what its view text or rules name, its parents and
    children in inheritance and partition trees, the owner of a TOAST table. `untrusted_code`: None, or a sentence naming
    a piece of code outside `trusted_owners` that runs when the relation is read (view functions, policies, generated
    columns, column domains, casts from its row type). `calls` of a view or materialised view: `schema.name` of the functions
    its own text calls, in any form, and that may read tables (all but the immutable ones; not worked out for PostgreSQL's
    own views). `has_rules`: it has rules (CREATE RULE) besides what makes a view a view. `carries`: None, or a sentence naming
    trusted code that runs when it is written and puts values into settings, where the caller could look. `couplings`,
    `references` (foreign keys from it and to it), `generated_from` (generated columns, each with the columns it is made of) and
    `checks_rows` (a view WITH CHECK OPTION) tell how the success of a write depends on columns it does not name.
    """

    oid: Oid
    schema: str
    name: str
    kind: str
    owner: Oid
    columns: tuple[Column, ...]
    primary_key: tuple[int, ...] = ()
    parents: tuple[Oid, ...] = ()
    children: tuple[Oid, ...] = ()
    reaches: frozenset[Oid] = frozenset()
    partition_key: tuple[int, ...] = ()
    view_text: str | None = None
    untrusted_code: str | None = None
    row_security: bool = False
    calls: frozenset[str] = frozenset()
    has_rules: bool = False
    carries: str | None = None
    runs_code: bool = False  # a rule, view text or policy of it calls a function or operator outside pg_catalog
    couplings: tuple[Coupling, ...] = ()
    references: tuple[Reference, ...] = ()
    generated_from: tuple[tuple[str, frozenset[str]], ...] = ()
    checks_rows: bool = False

    def column(self, name: str) -> Column | None:
        """The live column of that name, or None."""
        for column in self.columns:
            if column.name == name:
                return column
        return None

    def by_attnum(self, attnum: int) -> Column | None:
        """The live column with that attnum, or None."""
        for column in self.columns:
            if column.attnum == attnum:
                return column
        return None


@dataclass(frozen=True, slots=True)
class Type:
    """A type. `kind` is pg_type.typtype: b c d e m p r. `untrusted_code` as for Relation (a domain's CHECK, its I/O …)."""

    oid: Oid
    schema: str
    name: str
    kind: str
    element: Oid = Oid(0)  # of an array type
    relation: Oid = Oid(0)  # of a composite type
    base: Oid = Oid(0)  # of a domain
    untrusted_code: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema. `unsafe` is None, or a sentence why it must not stand in a restricted caller's search_path."""

    oid: Oid
    name: str
    owner: Oid
    unsafe: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalog of one database at one version. Look-ups are dictionary look-ups; nothing here is ever changed."""

    version: int
    server_version_num: int
    database: str
    relations: Mapping[Oid, Relation]
    types: Mapping[Oid, Type]
    schemas: Mapping[str, Schema]
    functions: frozenset[tuple[str, str]]  # (schema, name) of every function outside pg_catalog and information_schema
    untrusted_may_create_schemas: bool = False
    _names: Mapping[tuple[str, str], Relation] = field(default_factory=dict)
    _type_names: Mapping[tuple[str, str], Type] = field(default_factory=dict)
    _function_names: frozenset[str] = frozenset()
    column_names: frozenset[str] = frozenset()  # of all relations
    relation_names: frozenset[str] = frozenset()  # in any schema
    _bare_type_names: frozenset[str] = frozenset()
    carried_names: frozenset[str] = frozenset()  # of tables, perhaps temporary ones, that functions make or write to

    @staticmethod
    def build(
        *,
        version: int,
        server_version_num: int,
        database: str,
        relations: Iterable[Relation],
        types: Iterable[Type],
        schemas: Iterable[Schema],
        functions: Iterable[tuple[str, str]],
        carried_names: frozenset[str] = frozenset(),
        untrusted_may_create_schemas: bool = False,
    ) -> Snapshot:
        """Index the parts. Raises nothing: what is missing is simply not found later."""
        by_oid = {r.oid: r for r in relations}
        types_by_oid = {t.oid: t for t in types}
        function_set = frozenset(functions)
        return Snapshot(
            version=version,
            server_version_num=server_version_num,
            database=database,
            relations=by_oid,
            types=types_by_oid,
            schemas={s.name: s for s in schemas},
            functions=function_set,
            untrusted_may_create_schemas=untrusted_may_create_schemas,
            _names={(r.schema, r.name): r for r in by_oid.values() if r.kind not in (INDEX, COMPOSITE)},
            _type_names={(t.schema, t.name): t for t in types_by_oid.values()},
            _function_names=frozenset(name for _, name in function_set),
            column_names=frozenset(c.name for r in by_oid.values() for c in r.columns),
            relation_names=frozenset(r.name for r in by_oid.values()),
            _bare_type_names=frozenset(t.name for t in types_by_oid.values()),
            carried_names=carried_names,
        )

    def relation(self, schema: str, name: str) -> Relation | None:
        """The relation of that exact name that can stand in FROM."""
        return self._names.get((schema, name))

    def relation_in(self, path: Iterable[str], name: str) -> Relation | None:
        """The first relation of that name along `path` (effective search_path, implicit schemas included)."""
        for schema in path:
            found = self._names.get((schema, name))
            if found is not None:
                return found
        return None

    def type_named(self, schema: str, name: str) -> Type | None:
        """The type of that exact name."""
        return self._type_names.get((schema, name))

    def type_in(self, path: Iterable[str], name: str) -> Type | None:
        """The first type of that name along `path`."""
        for schema in path:
            found = self._type_names.get((schema, name))
            if found is not None:
                return found
        return None

    def is_type_name(self, name: str) -> bool:
        """Whether a type of any schema bears this name."""
        return name in self._bare_type_names

    def is_user_function(self, name: str) -> bool:
        """Whether any function outside pg_catalog bears this name, in any schema."""
        return name in self._function_names

    def relatives(self, relation: Relation, of: Callable[[Relation], Iterable[Oid]]) -> Iterator[Relation]:
        """Ancestors or descendants, as `of` names the next, nearest first, without the relation itself."""
        seen = {relation.oid}
        waiting = list(of(relation))
        for oid in waiting:
            one = self.relations.get(oid)
            if oid not in seen and one is not None:
                seen.add(oid)
                waiting.extend(of(one))
                yield one

    def reach(self, oid: Oid) -> frozenset[Oid]:
        """Every relation `oid` can show rows of, itself included (transitive over `reaches`)."""
        seen: set[Oid] = set()
        waiting = [oid]
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            relation = self.relations.get(one)
            if relation is not None:
                waiting.extend(relation.reaches)
        return frozenset(seen)
