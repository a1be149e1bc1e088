"""Reads the catalog of one database into a Snapshot, through asyncpg.

Promise: one repeatable read, read-only transaction with an empty search_path, so that every name the server prints is
qualified; nothing is executed but catalog look-ups. Knows nothing of rules: it reports whose code runs where, policy
decides. Which owners are trusted is an argument.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

import asyncpg

from proxy.catalog import queries
from proxy.catalog.carriers import load_carriers
from proxy.catalog.node_tree import call_heads, functions_in, view_origins
from proxy.catalog.ownership import (
    HARMLESS_BUILTINS,
    Cast,
    Code,
    Owners,
    called_functions,
    unsafe_schema,
    untrusted_types,
)
from proxy.catalog.snapshot import Column, Coupling, Oid, Reference, Relation, Schema, Snapshot, Type
from proxy.catalog.types import TypeFacts, base_of, by_name, has_equality, is_builtin, unmistakable
from proxy.errors import Unavailable

if TYPE_CHECKING:
    from ssl import SSLContext

    Connection = asyncpg.Connection[asyncpg.Record]

_T = TypeVar("_T")

# How long a connection stays that nobody uses. A database somebody is connected to can be neither dropped nor taken as a
# template; both wait five seconds for others to leave (CountOtherDBBackends), so this must be well below.
_IDLE_S = 1.0

# How long view texts may wait for a lock. pg_get_viewdef locks the view and what it names; a session that changes one of
# them in an open transaction may itself be waiting for this very load.
_LOCK_WAIT_MS = 200
_LOCK_WAIT_NEXT_MS = 10
_ATTEMPTS = 3

_DROPPED = (asyncpg.InternalServerError, asyncpg.UndefinedObjectError, asyncpg.UndefinedTableError)
_NOT_THIS_ONE = (asyncpg.LockNotAvailableError, *_DROPPED)

# InternalClientError is what asyncpg says when the server has ended the connection between two questions.
_ASYNCPG_TROUBLE = (asyncpg.InterfaceError, asyncpg.InternalClientError)

CHANNEL = "maskgate_ddl"  # an event trigger that notifies here is heard at once

_SETTINGS = {"application_name": "maskgate catalog", "search_path": "", "jit": "off", "DateStyle": "ISO"}


async def load(source: str | Connection, *, version: int, trusted_owners: Collection[str] = ()) -> Snapshot:
    """The catalog as it is now. `source`: a DSN, or an open connection that is not in a transaction.

    `trusted_owners`: names of roles whose code is trusted, besides superusers and the database's owner. Raises asyncpg's
    errors and OSError.
    """
    if isinstance(source, str):
        connection = await asyncpg.connect(source, server_settings=_SETTINGS)
        try:
            return await load(connection, version=version, trusted_owners=trusted_owners)
        finally:
            await connection.close()
    for attempt in range(_ATTEMPTS):
        try:
            return await _load(source, version, trusted_owners)
        except _DROPPED:
            # Some functions see the newest catalog, not the transaction's. What was dropped meanwhile makes them fail
            # ("cache lookup failed"); the next attempt does not see it any more.
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


class Loader:
    """Owner of one connection to one database, with the login that may read the catalog; reconnects when it is lost,
    and lets go of it when it is not used for a second: clients must be able to drop the database.

    Snapshots get versions 1, 2, 3 …; when nothing has changed, `load` returns the same snapshot again, so that plans
    made with it stay valid. `ssl` as asyncpg.connect takes it. `on_ddl` is called when the server notifies on CHANNEL.
    """

    def __init__(
        self,
        dsn: str,
        *,
        trusted_owners: Collection[str] = (),
        timeout_s: float = 30.0,
        idle_s: float = _IDLE_S,
        ssl: SSLContext | Literal["disable", "prefer"] = "disable",
        direct_tls: bool = False,
        on_ddl: Callable[[], None] | None = None,
    ) -> None:
        self._dsn = dsn
        self._ssl, self._direct_tls = ssl, direct_tls
        self._on_ddl = on_ddl
        self._trusted_owners = frozenset(trusted_owners)
        self._timeout_s, self._idle_s = timeout_s, idle_s
        self._idle: asyncio.TimerHandle | None = None
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._begun = 0
        self._latest: Snapshot | None = None
        self._latest_begun = 0
        self._seen: tuple[object, ...] = ()  # the fingerprint before the latest was read
        self._horizon: tuple[object, ...] = ()

    async def load(self) -> Snapshot:
        """A snapshot not older than this call. Callers who wait for the same moment share one reading.

        Raises Unavailable.
        """
        asked = self._begun
        async with self._lock:
            if self._latest is not None and self._latest_begun > asked:
                return self._latest
            self._begun += 1
            begun = self._begun
            version = 1 if self._latest is None else self._latest.version + 1
            seen = await self._ask(_fingerprint)  # before: what changes while it is read is seen by `has_changed`
            loaded = await self._ask(lambda c: load(c, version=version, trusted_owners=self._trusted_owners))
            self._seen = seen
            if self._latest is None or replace(loaded, version=self._latest.version) != self._latest:
                self._latest = loaded
            self._latest_begun = begun
            return self._latest

    async def verifier(self, login: str) -> str | None:
        """`pg_authid.rolpassword` of a role that may log in and whose password is valid now, else None.

        Raises Unavailable, also when the catalog login may not read pg_authid.
        """
        async with self._lock:
            found: str | None = await self._ask(lambda c: c.fetchval(queries.VERIFIER, login))
            return found

    async def has_changed(self) -> bool:
        """Whether DDL was done since `load` began last. Raises Unavailable.

        Where no transaction has begun or ended since it was asked last, the catalogs are not looked at.
        """
        async with self._lock:
            horizon = await self._ask(_horizon)
            if horizon == self._horizon and horizon[0] == horizon[1]:
                return False
            if self._seen != await self._ask(_fingerprint):
                return True  # and again, until it is read
            self._horizon = horizon
            return False

    def trust(self, owners: Collection[str]) -> None:
        """Whose code is trusted, in snapshots from the next `load` on."""
        self._trusted_owners = frozenset(owners)

    async def close(self) -> None:
        """Close the connection; a later call opens a new one."""
        async with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close(timeout=self._timeout_s)

    async def _connect(self) -> Connection:
        connection = await asyncpg.connect(
            self._dsn, server_settings=_SETTINGS, ssl=self._ssl, direct_tls=self._direct_tls or None
        )
        if self._on_ddl is not None:
            told = self._on_ddl
            await connection.add_listener(CHANNEL, lambda *_: told())
        return connection

    def _let_go(self) -> None:
        """The connection was not used for a while."""
        if self._connection is not None and not self._lock.locked():
            self._connection.terminate()
            self._connection = None

    async def _ask(self, question: Callable[[Connection], Awaitable[_T]]) -> _T:
        """Ask on our connection; if that one was lost since its last use, once more on a new one."""
        if self._idle is not None:
            self._idle.cancel()
        try:
            return await self._ask_now(question)
        finally:
            self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._let_go)

    async def _ask_now(self, question: Callable[[Connection], Awaitable[_T]]) -> _T:
        while True:
            connection = None if self._connection is None or self._connection.is_closed() else self._connection
            is_new = connection is None
            try:
                async with asyncio.timeout(self._timeout_s):
                    if connection is None:
                        connection = self._connection = await self._connect()
                    return await question(connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, *_ASYNCPG_TROUBLE) as error:
                if connection is not None:
                    is_fit = isinstance(error, asyncpg.PostgresError) and not connection.is_closed()
                    if not is_fit or connection.is_in_transaction():
                        connection.terminate()
                        if not is_new:
                            continue
                raise _unavailable(error) from error
            except asyncio.CancelledError:
                if connection is not None:
                    connection.terminate()  # the request to cancel may still reach what would be asked next, or its ROLLBACK
                raise


async def _horizon(connection: Connection) -> tuple[object, ...]:
    row = await connection.fetchrow(queries.HORIZON)
    return tuple(row or ())


async def _fingerprint(connection: Connection) -> tuple[object, ...]:
    row = await connection.fetchrow(queries.FINGERPRINT)
    return tuple(row or ())


def _unavailable(error: Exception) -> Unavailable:
    """Without the server's words: they may name what the client must not know. The cause keeps them for the operator."""
    if isinstance(error, OSError):  # TimeoutError is one
        return Unavailable("cannot reach the PostgreSQL server", sqlstate="08006")
    sqlstate = getattr(error, "sqlstate", None)
    return Unavailable(f"the database catalog cannot be read ({sqlstate or type(error).__name__})", sqlstate="57P03")


# --- one reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Untrusted:
    """What `_code_of` found: reasons by relation, by type, and the code by schema."""

    relations: Mapping[Oid, str]
    types: Mapping[Oid, str]
    by_schema: Mapping[str, Sequence[Code]]


async def _load(connection: Connection, version: int, trusted_owners: Collection[str]) -> Snapshot:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(
            "SELECT pg_catalog.set_config('search_path', '', true),"
            f" pg_catalog.set_config('lock_timeout', '{_LOCK_WAIT_MS}ms', true)"
        )
        database = await connection.fetchrow(queries.DATABASE)
        if database is None:
            raise asyncpg.InterfaceError("the current database is not in pg_database")
        owners = Owners.of(
            [(row["oid"], row["name"], row["is_superuser"]) for row in await connection.fetch(queries.ROLES)],
            database["owner"],
            trusted_owners,
        )
        schema_rows = await connection.fetch(queries.SCHEMAS)
        relation_rows = await connection.fetch(queries.RELATIONS)
        column_rows = await connection.fetch(queries.COLUMNS)
        types = _types(await connection.fetch(queries.TYPES), column_rows)
        untrusted = await _code_of(connection, owners, types, relation_rows, column_rows)
        trees = {row["relation"]: row["tree"] for row in await connection.fetch(queries.VIEW_TREES)}
        columns = await _columns(connection, types, column_rows, _origins(trees, column_rows))
        calls = await _calls(connection, trees)
        carriers = await load_carriers(connection)
        code = {**carriers.on_read, **untrusted.relations}
        relations = await _relations(connection, relation_rows, columns, code, calls, carriers.on_write)
        functions = await connection.fetch(queries.USER_FUNCTIONS)
    return Snapshot.build(
        version=version,
        server_version_num=database["server_version_num"],
        database=database["name"],
        relations=relations,
        types=[_type(facts, untrusted.types.get(facts.oid)) for facts in types.values()],
        schemas=[_schema(row, owners, untrusted.by_schema, types.values()) for row in schema_rows],
        functions=[(row["schema"], row["name"]) for row in functions],
        carried_names=carriers.temporary,
        untrusted_may_create_schemas=any(not owners.is_trusted(role) for role in database["creators"]),
    )


def _types(rows: Iterable[asyncpg.Record], column_rows: Iterable[asyncpg.Record]) -> dict[Oid, TypeFacts]:
    parts: defaultdict[Oid, list[Oid]] = defaultdict(list)
    for row in column_rows:
        parts[row["relation"]].append(row["type"])
    return {
        row["oid"]: TypeFacts(
            oid=row["oid"],
            schema=row["schema"],
            name=row["name"],
            quoted=row["quoted"],
            kind=row["kind"],
            owner=row["owner"],
            element=row["element"],
            relation=row["relation"],
            standalone=row["standalone"],
            base=row["base"],
            base_typmod=row["base_typmod"],
            range_of=row["range_of"],
            parts=tuple(parts.get(row["relation"], ())),
            functions=tuple(oid for oid in row["functions"] if oid),
        )
        for row in rows
    }


def _type(facts: TypeFacts, untrusted_code: str | None) -> Type:
    return Type(
        oid=facts.oid,
        schema=facts.schema,
        name=facts.name,
        kind=facts.kind,
        element=facts.element,
        relation=facts.relation,
        base=facts.base,
        untrusted_code=untrusted_code,
    )


def _schema(row: asyncpg.Record, owners: Owners, code: Mapping[str, Sequence[Code]], types: Iterable[TypeFacts]) -> Schema:
    name = row["name"]
    unsafe = unsafe_schema(
        name,
        row["owner"],
        row["creators"],
        owners,
        code.get(name, ()),
        [facts for facts in types if facts.schema == name],
    )
    return Schema(oid=row["oid"], name=name, owner=row["owner"], unsafe=unsafe)


# --- columns and relations -------------------------------------------------------------------------------------------


def _origins(trees: Mapping[Oid, str], rows: Iterable[asyncpg.Record]) -> dict[tuple[Oid, int], tuple[Oid, int]]:
    """(view, attnum) -> the column it is a verbatim copy of. In any doubt it is left out."""
    shapes = {(row["relation"], row["attnum"]): (row["type"], row["typmod"]) for row in rows}
    widths = Counter(relation for relation, _ in shapes)
    found: dict[tuple[Oid, int], tuple[Oid, int]] = {}
    for view, tree in trees.items():
        for attnum, copied in enumerate(view_origins(tree, widths[view]), start=1):
            if copied is not None:
                origin = (Oid(copied[0]), copied[1])
                shape = shapes.get(origin)
                if shape is not None and shape == shapes.get((view, attnum)):
                    found[view, attnum] = origin
    return found


async def _calls(connection: Connection, trees: Mapping[Oid, str]) -> dict[Oid, frozenset[str]]:
    """View -> the functions it calls that may read tables."""
    called = {view: functions_in(tree) for view, tree in trees.items()}
    named: set[int] = set()
    for view, tree in trees.items():
        by_name = called_functions(call_heads(tree))
        named |= called[view] if by_name is None else by_name
    every = sorted(frozenset().union(*called.values()))
    rows = await connection.fetch(queries.MAY_READ, every, sorted(named), HARMLESS_BUILTINS)
    readers = {row["oid"]: row["name"] for row in rows}
    return {view: frozenset(readers[oid] for oid in oids if oid in readers) for view, oids in called.items()}


async def _columns(
    connection: Connection,
    types: Mapping[Oid, TypeFacts],
    rows: Sequence[asyncpg.Record],
    origins: Mapping[tuple[Oid, int], tuple[Oid, int]],
) -> Mapping[Oid, list[Column]]:
    with_operators: frozenset[Oid] = frozenset(row["oid"] for row in await connection.fetch(queries.EQUALITY))
    collations = {
        row["oid"]: f"{_quoted(row['schema'])}.{_quoted(row['name'])}" for row in await connection.fetch(queries.COLLATIONS)
    }
    distinct = {row["type"] for row in rows}
    bases = {oid: base_of(types, oid) for oid in distinct}
    texts = await _type_texts(connection, types, {(row["type"], row["typmod"]) for row in rows} | set(bases.values()))
    grouped = {oid: has_equality(types, with_operators, oid) for oid in distinct}
    columns: defaultdict[Oid, list[Column]] = defaultdict(list)
    for row in rows:
        oid, base = row["type"], bases[row["type"]]
        columns[row["relation"]].append(
            Column(
                attnum=row["attnum"],
                name=row["name"],
                type_oid=oid,
                type_sql=texts[oid, row["typmod"]],
                typmod=row["typmod"],
                collation=collations[row["collation"]] if row["collation"] else None,
                not_null=row["not_null"],
                generated=row["generated"],
                has_equality=grouped[oid],
                base_type_sql="" if base[0] == oid else texts[base],
                base_type_oid=base[0],
                origin=origins.get((row["relation"], row["attnum"])),
            )
        )
    return columns


async def _type_texts(
    connection: Connection, types: Mapping[Oid, TypeFacts], wanted: Iterable[tuple[Oid, int]]
) -> dict[tuple[Oid, int], str]:
    pairs = sorted(wanted)
    # What we know by name is printed here: format_type reads the newest catalog, where a type may be gone already.
    texts = {pair: by_name(types, pair[0]) for pair in pairs if pair[1] == -1 and not is_builtin(types, pair[0])}
    asked = [pair for pair in pairs if pair not in texts]
    rows = await connection.fetch(queries.TYPE_TEXTS, [oid for oid, _ in asked], [typmod for _, typmod in asked])
    for (oid, typmod), row in zip(asked, rows, strict=True):
        printed: str = row[0]
        if printed.startswith("???"):
            raise asyncpg.UndefinedObjectError(f"type {oid} is gone")
        facts = types[oid]
        named = types[facts.element] if facts.element and printed.endswith("[]") else facts
        texts[oid, typmod] = unmistakable(printed, named)
    return texts


async def _relations(
    connection: Connection,
    rows: Sequence[asyncpg.Record],
    columns: Mapping[Oid, list[Column]],
    untrusted: Mapping[Oid, str],
    calls: Mapping[Oid, frozenset[str]],
    carries: Mapping[Oid, str],
) -> list[Relation]:
    parents: defaultdict[Oid, list[Oid]] = defaultdict(list)
    children: defaultdict[Oid, list[Oid]] = defaultdict(list)
    reaches: defaultdict[Oid, set[Oid]] = defaultdict(set)
    for row in await connection.fetch(queries.INHERITANCE):
        parents[row["child"]].append(row["parent"])
        children[row["parent"]].append(row["child"])
    with_rules: set[Oid] = set()
    for row in await connection.fetch(queries.RULES):
        reaches[row["relation"]].update(row["named"])
        if row["writes"]:
            with_rules.add(row["relation"])
    for row in rows:
        if row["toast"]:
            reaches[row["toast"]].add(row["oid"])
    keys = {row["relation"]: tuple(row["attnums"]) for row in await connection.fetch(queries.PRIMARY_KEYS)}
    partition_keys = {row["relation"]: tuple(row["attnums"]) for row in await connection.fetch(queries.PARTITION_KEYS)}
    texts = await _view_texts(connection, [row["oid"] for row in rows if row["kind"] in ("v", "m")])
    with_code = {row["relation"] for row in await connection.fetch(queries.RUNS_CODE)}
    couplings = await _couplings(connection, columns)
    references = await _references(connection, columns)
    generated: defaultdict[Oid, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for row in await connection.fetch(queries.GENERATED):
        generated[row["relation"]].append((row["name"], _named(columns.get(row["relation"], ()), row["attnums"])))
    known = {row["oid"] for row in rows}
    return [
        Relation(
            oid=oid,
            schema=row["schema"],
            name=row["name"],
            kind=row["kind"],
            owner=row["owner"],
            columns=tuple(columns.get(oid, ())),
            primary_key=keys.get(oid, ()),
            parents=tuple(parents.get(oid, ())),
            children=tuple(children.get(oid, ())),
            reaches=frozenset((reaches[oid] | {*parents[oid], *children[oid]}) & known - {oid}),
            partition_key=partition_keys.get(oid, ()),
            view_text=texts.get(oid),
            untrusted_code=untrusted.get(oid),
            row_security=row["row_security"],
            calls=calls.get(oid, frozenset()),
            has_rules=oid in with_rules,
            carries=carries.get(oid),
            runs_code=oid in with_code,
            couplings=tuple(couplings.get(oid, ())),
            references=tuple(references.get(oid, ())),
            generated_from=tuple(generated.get(oid, ())),
            checks_rows=row["checks_rows"],
        )
        for row in rows
        for oid in (row["oid"],)
    ]


async def _couplings(connection: Connection, columns: Mapping[Oid, list[Column]]) -> Mapping[Oid, list[Coupling]]:
    found: defaultdict[Oid, list[Coupling]] = defaultdict(list)
    for row in await connection.fetch(queries.COUPLINGS):
        named = _named(columns.get(row["relation"], ()), row["attnums"])
        if named:
            found[row["relation"]].append(Coupling(row["what"], named, row["compares_rows"]))
    return found


async def _references(connection: Connection, columns: Mapping[Oid, list[Column]]) -> Mapping[Oid, list[Reference]]:
    """By both ends of each foreign key."""
    found: defaultdict[Oid, list[Reference]] = defaultdict(list)
    for row in await connection.fetch(queries.FOREIGN_KEYS):
        one = Reference(
            what=row["what"],
            child=row["child"],
            columns=_named(columns.get(row["child"], ()), row["columns"]),
            parent=row["parent"],
            parent_columns=_named(columns.get(row["parent"], ()), row["parent_columns"]),
            on_delete=row["on_delete"],
            on_update=row["on_update"],
        )
        for end in dict.fromkeys((one.child, one.parent)):
            found[end].append(one)
    return found


def _named(columns: Iterable[Column], attnums: Collection[int]) -> frozenset[str]:
    """Names of columns; attnum 0 is the whole row."""
    return frozenset(column.name for column in columns if column.attnum in attnums or 0 in attnums)


async def _view_texts(connection: Connection, oids: Sequence[Oid]) -> dict[Oid, str | None]:
    """Text by view; a view that somebody holds locked, or has dropped meanwhile, has none this time."""
    try:
        async with connection.transaction():
            rows = await connection.fetch(queries.VIEW_TEXTS, oids)
            return {row["oid"]: row["text"] for row in rows}
    except _NOT_THIS_ONE:
        await connection.execute(f"SELECT pg_catalog.set_config('lock_timeout', '{_LOCK_WAIT_NEXT_MS}ms', true)")
    texts: dict[Oid, str | None] = {}
    for oid in oids:
        try:
            async with connection.transaction():
                texts[oid] = await connection.fetchval("SELECT pg_get_viewdef($1::oid)", oid)
        except _NOT_THIS_ONE:
            texts[oid] = None
    return texts


# --- whose code ------------------------------------------------------------------------------------------------------


async def _code_of(
    connection: Connection,
    owners: Owners,
    types: Mapping[Oid, TypeFacts],
    relation_rows: Sequence[asyncpg.Record],
    column_rows: Sequence[asyncpg.Record],
) -> _Untrusted:
    trusted = list(owners.trusted)
    functions = _pieces("function", owners, await connection.fetch(queries.UNTRUSTED_FUNCTIONS, trusted))
    operators = _pieces("operator", owners, await connection.fetch(queries.UNTRUSTED_OPERATORS, trusted, list(functions)))
    casts = [
        Cast(row["source"], row["target"], row["function"])
        for row in await connection.fetch(queries.UNTRUSTED_CASTS, list(functions))
    ]
    reasons: dict[Oid, str] = {}
    domain_uses: dict[Oid, str] = {}
    if functions or operators:
        # Functions and operators may bear the same OID (they come from different catalogs), so one question for each.
        for code, answer in (
            (functions, await connection.fetch(queries.USES, list(functions), [], [])),
            (operators, await connection.fetch(queries.USES, [], list(operators), [])),
        ):
            for row in answer:
                place = (domain_uses, row["type"]) if row["type"] else (reasons, row["relation"])
                place[0].setdefault(place[1], f"{row['place']} calls {code[row['code']].label}")
    tainted = untrusted_types(types, owners, functions, domain_uses, casts)
    if tainted:
        for row in await connection.fetch(queries.USES, [], [], list(tainted)):
            if row["relation"]:
                reasons.setdefault(row["relation"], f"{row['place']} uses {tainted[row['code']]}")
        for row in column_rows:
            if row["type"] in tainted:
                reasons.setdefault(row["relation"], f"its column {row['name']}: {tainted[row['type']]}")
    foreign = {row["oid"]: row["owner"] for row in relation_rows if not owners.is_trusted(row["owner"])}
    if foreign:
        for oid, sentence in (await _written_by_others(connection, list(foreign))).items():
            reasons.setdefault(oid, f"{sentence}, written by its owner {owners.name(foreign[oid])}")
    for row in relation_rows:  # last, so that a more telling reason stands
        if row["row_type"] in tainted:
            reasons.setdefault(row["oid"], f"its row type: {tainted[row['row_type']]}")
    by_schema: defaultdict[str, list[Code]] = defaultdict(list)
    for piece in (*functions.values(), *operators.values()):
        by_schema[piece.schema].append(piece)
    return _Untrusted(reasons, tainted, by_schema)


def _pieces(word: str, owners: Owners, rows: Iterable[asyncpg.Record]) -> dict[Oid, Code]:
    return {
        row["oid"]: Code(row["oid"], row["schema"], f"{word} {row['signature']}, owned by {owners.name(row['owner'])}")
        for row in rows
    }


async def _written_by_others(connection: Connection, relations: list[Oid]) -> dict[Oid, str]:
    """Relations of untrusted owners whose expressions do more than compute: built-ins suffice for a leak.

    `CREATE VIEW v AS SELECT query_to_xml('SELECT …')` needs no function of one's own.
    """
    reasons: dict[Oid, str] = {
        row["relation"]: f"it has {row['what']}"
        for row in await connection.fetch(queries.RULES_AND_POLICIES, relations)
        if row["what"]
    }
    calls: list[tuple[Oid, str, frozenset[Oid]]] = []
    for row in await connection.fetch(queries.CALLS, relations):
        called = called_functions(row["heads"])
        if called is None:
            reasons.setdefault(row["relation"], f"{row['place']} cannot be judged")
        else:
            calls.append((row["relation"], row["place"], called))
    named = sorted(frozenset().union(*(called for _, _, called in calls)))
    harmful = {row["oid"]: row["signature"] for row in await connection.fetch(queries.NOT_HARMLESS, named, HARMLESS_BUILTINS)}
    for relation, place, called in calls:
        for oid in sorted(called & harmful.keys()):
            reasons.setdefault(relation, f"{place} calls function {harmful[oid]}")
    return reasons


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
