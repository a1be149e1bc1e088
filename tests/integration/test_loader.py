"""`proxy.catalog.loader` against real servers: what it reads, whose code it reports, how it survives trouble."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import psycopg
import pytest

from proxy.catalog.loader import Loader, load
from proxy.catalog.snapshot import Oid, Relation, Snapshot, Type
from proxy.errors import Unavailable
from tests.servers import Database

T = TypeVar("T")


def snapshot_of(database: Database, *trusted_owners: str) -> Snapshot:
    return asyncio.run(load(database.dsn(), version=7, trusted_owners=trusted_owners))


def relation(snapshot: Snapshot, schema: str, name: str) -> Relation:
    found = snapshot.relation(schema, name)
    assert found is not None, f"{schema}.{name}"
    return found


def oids(snapshot: Snapshot, *names: str) -> set[Oid]:
    return {relation(snapshot, *name.split(".", 1)).oid for name in names}


def with_loader(dsn: str, work: Callable[[Loader], Awaitable[T]], *trusted_owners: str, timeout_s: float = 30.0) -> T:
    async def run() -> T:
        loader = Loader(dsn, trusted_owners=trusted_owners, timeout_s=timeout_s)
        try:
            return await work(loader)
        finally:
            await loader.close()

    return asyncio.run(run())


# --- what it reads ---------------------------------------------------------------------------------------------------


def test_relations_columns_and_keys(database: Database) -> None:
    database.execute(
        """
        CREATE SCHEMA "Shop";
        CREATE TYPE "Shop".mood AS ENUM ('sad', 'ok');
        CREATE DOMAIN "Shop".short AS varchar(10);
        CREATE DOMAIN "Shop".shorter AS "Shop".short NOT NULL;
        CREATE TABLE "Shop"."Customers" (
            id bigint GENERATED ALWAYS AS IDENTITY, gone int, part int, email varchar(40) NOT NULL,
            german text COLLATE "C", mood "Shop".mood[], born timestamptz(3), doc json, name "Shop".shorter,
            total numeric(10, 2), twice numeric GENERATED ALWAYS AS (total * 2) STORED,
            PRIMARY KEY (part, id) INCLUDE (email));
        ALTER TABLE "Shop"."Customers" DROP COLUMN gone;
        CREATE TABLE "Shop".late (a int PRIMARY KEY DEFERRABLE);
        CREATE FUNCTION "Shop".f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        """
    )
    snapshot = snapshot_of(database)
    assert snapshot.version == 7
    assert snapshot.server_version_num // 10000 == database.version
    assert snapshot.database == database.name
    customers = relation(snapshot, "Shop", "Customers")
    assert customers.kind == "r"
    assert [(c.attnum, c.name, c.type_sql, c.base_type_sql) for c in customers.columns] == [
        (1, "id", "bigint", ""),
        (3, "part", "integer", ""),
        (4, "email", "character varying(40)", ""),
        (5, "german", "pg_catalog.text", ""),
        (6, "mood", '"Shop".mood[]', ""),
        (7, "born", "timestamp(3) with time zone", ""),
        (8, "doc", "pg_catalog.json", ""),
        (9, "name", '"Shop".shorter', "character varying(10)"),
        (10, "total", "numeric(10,2)", ""),
        (11, "twice", "numeric", ""),
    ]
    assert customers.primary_key == (3, 1)
    assert relation(snapshot, "Shop", "late").primary_key == ()
    column = {c.name: c for c in customers.columns}
    assert column["german"].collation == '"pg_catalog"."C"'
    assert column["email"].collation is None
    assert column["name"].base_type_oid == 1043
    assert column["email"].base_type_oid == column["email"].type_oid == 1043
    assert column["email"].typmod == 44
    assert [c.name for c in customers.columns if c.not_null] == ["id", "part", "email"]
    assert [c.name for c in customers.columns if c.generated] == ["twice"]
    assert [c.name for c in customers.columns if not c.has_equality] == ["doc"]
    assert snapshot.functions == {("Shop", "f")}
    assert snapshot.is_user_function("f")
    mood = snapshot.type_named("Shop", "mood")
    assert mood is not None
    assert mood.kind == "e"
    short = snapshot.type_named("Shop", "short")
    shorter = snapshot.type_named("Shop", "shorter")
    assert short is not None
    assert shorter is not None
    assert shorter.base == short.oid
    assert all(r.untrusted_code is None for r in snapshot.relations.values())
    assert all(s.unsafe is None for s in snapshot.schemas.values())
    assert not snapshot.untrusted_may_create_schemas


def test_virtual_generated_columns(database: Database) -> None:
    if database.version < 18:
        pytest.skip("PostgreSQL 18 has them first")
    database.execute("CREATE TABLE v (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL)")
    assert [c.generated for c in relation(snapshot_of(database), "public", "v").columns] == ["", "v"]


def test_reach_of_views_rules_and_trees(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE base (id int PRIMARY KEY, doc text);
        CREATE TABLE other (id int);
        CREATE TABLE unrelated (id int);
        CREATE VIEW direct AS SELECT id FROM base;
        CREATE VIEW nested AS WITH d AS (SELECT * FROM direct) SELECT (SELECT max(id) FROM other) AS m FROM d;
        CREATE MATERIALIZED VIEW stored AS SELECT * FROM nested;
        CREATE VIEW secrets AS SELECT rolpassword FROM pg_authid;
        CREATE TABLE ruled (id int);
        CREATE RULE look AS ON INSERT TO ruled DO INSTEAD SELECT doc FROM base;
        CREATE TABLE parted (day date, region text, id int) PARTITION BY LIST (region);
        CREATE TABLE parted_cn PARTITION OF parted FOR VALUES IN ('cn') PARTITION BY RANGE (day, (id + 1));
        CREATE TABLE parted_cn_1 PARTITION OF parted_cn DEFAULT;
        CREATE TABLE heir (extra int) INHERITS (base, other);
        """
    )
    snapshot = snapshot_of(database)
    at = {name: relation(snapshot, "public", name) for name in ("base", "direct", "nested", "stored", "ruled", "heir")}
    assert at["direct"].reaches == oids(snapshot, "public.base")
    assert at["nested"].reaches == oids(snapshot, "public.direct", "public.other")
    assert at["stored"].reaches == oids(snapshot, "public.nested")
    assert snapshot.reach(at["stored"].oid) >= oids(snapshot, "public.base", "public.other", "public.heir")
    assert relation(snapshot, "public", "secrets").reaches == oids(snapshot, "pg_catalog.pg_authid")
    assert oids(snapshot, "public.base") <= at["ruled"].reaches
    assert relation(snapshot, "public", "unrelated").reaches == frozenset()
    assert "FROM public.base" in (at["direct"].view_text or "")

    parted, inner = relation(snapshot, "public", "parted"), relation(snapshot, "public", "parted_cn")
    leaf = relation(snapshot, "public", "parted_cn_1")
    assert parted.kind == inner.kind == "p"
    assert parted.children == (inner.oid,)
    assert inner.parents == (parted.oid,)
    assert snapshot.reach(leaf.oid) == snapshot.reach(parted.oid) == {parted.oid, inner.oid, leaf.oid}
    assert [column.name for column in parted.columns if column.attnum in parted.partition_key] == ["region"]
    assert [column.name for column in inner.columns if column.attnum in inner.partition_key] == ["day", "id"]
    assert set(at["heir"].parents) == oids(snapshot, "public.base", "public.other")
    assert at["heir"].oid in at["base"].reaches

    [toast] = [r for r in snapshot.relations.values() if r.kind == "t" and r.reaches == {at["base"].oid}]
    assert toast.schema == "pg_toast"
    assert snapshot.relation("pg_toast", toast.name) is toast


def test_the_system_catalog_is_there(database: Database) -> None:
    snapshot = snapshot_of(database)
    stats = relation(snapshot, "pg_catalog", "pg_stats")
    assert oids(snapshot, "pg_catalog.pg_statistic") <= stats.reaches
    assert stats.view_text is not None
    shadow = relation(snapshot, "pg_catalog", "pg_shadow")
    assert oids(snapshot, "pg_catalog.pg_authid") <= snapshot.reach(shadow.oid)
    attribute = relation(snapshot, "pg_catalog", "pg_attribute")
    assert attribute.column("attname") is not None
    assert relation(snapshot, "information_schema", "columns").columns
    assert not [r for r in snapshot.relations.values() if r.schema.startswith("pg_temp")]


def test_temporary_relations_are_left_out(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TEMP TABLE mine (a text); CREATE FUNCTION pg_temp.g() RETURNS int RETURN 1")
        snapshot = snapshot_of(database)
    assert not [r for r in snapshot.relations.values() if r.name == "mine"]
    assert not [s for s in snapshot.schemas if "temp" in s]
    assert not [t for t in snapshot.types.values() if t.name == "mine"]
    assert not snapshot.is_user_function("g")


_TYPMODS = (
    "varchar(10)", "char(3)", "bpchar", "bit(3)", "bit varying(5)", "varbit", "numeric(10,2)", "numeric(3,-2)", "numeric",
    "time(2)", "timetz(3)", "timestamp(0)", "timestamptz(6)", "interval(3)", "interval year to month",
    "interval day to second(2)", "varchar(10)[]", "numeric(5,1)[]", "timestamptz(3)[]", "char(2)[]", "bit(4)[]",
    "text[][]", "float(3)", "float(30)", "character",
    'mine."Odd name"', 'mine."Odd name"[]', "mine.pair", "mine.pair[]", "mine.span", "mine.span_multi", "mine.short",
    "mine.short[]", "mine.text", "mine.text[]", "mine.no_equality", "mine.no_equality[]", "mine.deep", "mine.over_array",
)  # fmt: skip


def _every_type(database: Database) -> Relation:
    """A table with a column of every type of the server and of some of ours."""
    database.execute(
        """
        CREATE SCHEMA mine;
        CREATE TYPE mine."Odd name" AS ENUM ('a');
        CREATE TYPE mine.pair AS (a int, b varchar(3));
        CREATE TYPE mine.no_equality AS (a int, b json);
        CREATE TYPE mine.deep AS (a mine.no_equality[]);
        CREATE TYPE mine.span AS RANGE (subtype = numeric, multirange_type_name = mine.span_multi);
        CREATE DOMAIN mine.short AS varchar(4);
        CREATE DOMAIN mine.over_array AS json[];
        CREATE DOMAIN mine.text AS mine.short;
        """
    )
    names = database.execute(
        "SELECT format('%I.%I', n.nspname, t.typname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
        " LEFT JOIN pg_type e ON e.oid = t.typelem"
        " WHERE t.typtype <> 'p' AND n.nspname IN ('pg_catalog', 'mine') AND coalesce(e.typtype, 'b') <> 'p'"
        # a column cannot be of a row type that holds a pseudo-type
        " AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type p ON p.oid = a.atttypid"
        "                 WHERE a.attrelid <> 0 AND a.attrelid IN (t.typrelid, e.typrelid)"
        "                 AND (p.typtype = 'p' OR p.typelem = 'pg_statistic'::regtype))"
        " ORDER BY t.oid"
    )
    types = [*(str(name) for (name,) in names), *_TYPMODS]
    database.execute(f"CREATE TABLE every ({', '.join(f'c{n} {text}' for n, text in enumerate(types))})")
    return relation(snapshot_of(database), "public", "every")


def _meanings(database: Database, texts: list[str], path: str) -> list[tuple[int, int]]:
    """(type OID, typmod) of each type text under that search_path."""
    meanings: list[tuple[int, int]] = []
    with database.connect() as connection:
        connection.execute(f"SET search_path = {path}".encode())
        for start in range(0, len(texts), 400):
            some = texts[start : start + 400]
            typed = ", ".join(f"pg_catalog.pg_typeof(NULL::{text})::pg_catalog.oid" for text in some)
            row = connection.execute(f"SELECT {typed}".encode()).fetchone()
            result = connection.execute(f"SELECT {', '.join(f'NULL::{text}' for text in some)}".encode()).pgresult
            assert row is not None
            assert result is not None
            meanings += [(int(str(row[i])), result.fmod(i)) for i in range(len(some))]
    return meanings


def test_every_type_text_means_the_type(database: Database) -> None:
    every = _every_type(database)
    database.execute(
        """
        CREATE SCHEMA evil;
        DO $$ DECLARE name text; BEGIN
          FOR name IN SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype <> 'p'
                      AND typelem = 0 OR typname IN ('name', 'point', 'json', 'varchar', 'bpchar', 'bit') LOOP
            BEGIN EXECUTE format('CREATE TYPE evil.%I AS (x int)', name); EXCEPTION WHEN duplicate_object THEN NULL; END;
          END LOOP; END $$;
        """
    )
    texts = [column.type_sql for column in every.columns]
    # RowDescription shows a domain as what it is over, with the typmod of that
    typmods = {"character varying(4)": 8, "pg_catalog.json[]": -1, "": None}
    expected: list[tuple[int, int]] = []
    for column in every.columns:
        typmod = typmods[column.base_type_sql]
        expected.append((int(column.type_oid), column.typmod if typmod is None else typmod))
    for path in ("''", "evil, pg_catalog", "evil, mine, public"):
        assert _meanings(database, texts, path) == expected, path

    bases = [column for column in every.columns if column.base_type_sql]
    assert len(bases) >= 6
    found = _meanings(database, [column.base_type_sql for column in bases], "evil, pg_catalog")
    assert [oid for oid, _ in found] == [int(column.base_type_oid) for column in bases]


def test_equality_is_what_group_by_says(database: Database) -> None:
    every = _every_type(database)
    said: dict[str, bool] = {}
    with database.connect() as connection:
        for column in every.columns:
            try:
                connection.execute(f"EXPLAIN SELECT FROM public.every GROUP BY {column.name}".encode())
                said[column.type_sql] = True
            except psycopg.errors.UndefinedFunction:
                said[column.type_sql] = False
    assert {column.type_sql: column.has_equality for column in every.columns} == said
    assert {True, False} == set(said.values())


# --- whose code ------------------------------------------------------------------------------------------------------

_BREACHES: dict[str, tuple[str, str]] = {
    # name of the relation: how eve gets her code into it, what the sentence must say
    "operator_in_view": ("CREATE VIEW {0} AS SELECT 'a'::text OPERATOR(evil.#>#) 'b' AS x", "operator evil.#>#"),
    "function_in_view": ("CREATE VIEW {0} AS SELECT evil.f('a') AS x", "function evil.f(text)"),
    "function_in_subquery": ("CREATE VIEW {0} AS SELECT (SELECT max(evil.f('a')))", "function evil.f(text)"),
    "aggregate_in_view": ("CREATE VIEW {0} AS SELECT evil.agg('a'::text)", "function evil.agg(text)"),
    "domain_in_view": ("CREATE VIEW {0} AS SELECT 'a'::evil.dom AS x", "evil.dom"),
    "matview": ("CREATE MATERIALIZED VIEW {0} AS SELECT evil.f('a') AS x WITH NO DATA", "function evil.f(text)"),
    "policy": (
        "CREATE TABLE {0} (a int); ALTER TABLE {0} ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY p ON {0} USING (evil.f('a') <> '')", "its policy p"),
    "trigger": (
        "CREATE TABLE {0} (a int); CREATE TRIGGER tr BEFORE INSERT ON {0} EXECUTE FUNCTION evil.trg()",
        "its trigger tr calls function evil.trg()"),
    "trigger_when": (
        "CREATE TABLE {0} (a text); CREATE TRIGGER tr BEFORE INSERT ON {0} FOR EACH ROW WHEN (evil.f(NEW.a) <> '')"
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()", "its trigger tr calls function evil.f(text)"),
    "default": ("CREATE TABLE {0} (a text DEFAULT evil.f('a'))", "the default of its column a"),
    "check": ("CREATE TABLE {0} (a text CHECK (evil.f(a) <> ''))", "its constraint"),
    "stored": ("CREATE TABLE {0} (a text, b text GENERATED ALWAYS AS (evil.f(a)) STORED)", "its generated column b"),
    "index_of": ("CREATE TABLE {0} (a text); CREATE INDEX ON {0} (evil.f(a))", "its index"),
    "index_where": ("CREATE TABLE {0} (a text); CREATE INDEX ON {0} (a) WHERE evil.f(a) <> ''", "its index"),
    "partition_key": ("CREATE TABLE {0} (a text) PARTITION BY LIST (evil.f(a))", "its partition key"),
    "rule": ("CREATE TABLE {0} (a text); CREATE RULE r AS ON INSERT TO {0} DO ALSO SELECT evil.f('a')", "its rule r"),
    "domain_column": ("CREATE TABLE {0} (a evil.dom)", "its column a"),
    "domain_array": ("CREATE TABLE {0} (a evil.dom[])", "its column a"),
    "domain_composite": ("CREATE TABLE {0} (a evil.comp)", "its column a"),
    "domain_range": ("CREATE TABLE {0} (a evil.span)", "its column a"),
    "trusted_domain": ("CREATE TABLE {0} (a good.checked)", "its constraint checked_check calls function evil.f(text)"),
    "row_cast": (
        "CREATE TABLE {0} (a int); CREATE FUNCTION evil.full({0}) RETURNS int RETURN 1;"
        "CREATE CAST ({0} AS int) WITH FUNCTION evil.full({0}) AS IMPLICIT", "its row type: a cast from it calls"),
}  # fmt: skip

_SAFE: dict[str, str] = {
    "plain": "CREATE TABLE {0} (id serial PRIMARY KEY, at timestamptz DEFAULT now(), e evil.mood, note text)",
    "computed": "CREATE TABLE {0} (a text CHECK (length(a) > 2), b text GENERATED ALWAYS AS (lower(a)) STORED)",
    "simple_view": "CREATE VIEW {0} AS SELECT lower(a) AS a, count(*), max(n::text), extract(year FROM now())"
    " FROM good.base GROUP BY a",
    "no_row_security": "CREATE TABLE {0} (a int); CREATE POLICY p ON {0} USING (a > 0)",
}

_WRITTEN_BY_EVE: dict[str, tuple[str, str]] = {
    "runs_sql": ("CREATE VIEW {0} AS SELECT query_to_xml('TABLE good.base', true, true, '')", "function query_to_xml("),
    "in_from": ("CREATE VIEW {0} AS SELECT * FROM pg_ls_dir('.')", "function pg_ls_dir("),
    "trusted_code": ("CREATE VIEW {0} AS SELECT good.definer()", "function good.definer()"),
    "default": ("CREATE TABLE {0} (a text DEFAULT query_to_xml('TABLE good.base', true, true, ''))", "its column a"),
    "filter": (
        "CREATE VIEW {0} AS SELECT count(*) FILTER (WHERE EXISTS (SELECT pg_read_file('x'))) OVER ()", "pg_read_file"),
    "policy": (
        "CREATE TABLE {0} (a int); ALTER TABLE {0} ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON {0} USING (a > 0)",
        "row-security policies"),
    "rule": ("CREATE TABLE {0} (a int); CREATE RULE r AS ON INSERT TO {0} DO INSTEAD SELECT 1", "rules"),
}  # fmt: skip

_EVIL = """
    CREATE SCHEMA evil; CREATE SCHEMA good; CREATE SCHEMA hers;
    CREATE TABLE good.base (a text, n int);
    CREATE FUNCTION good.definer() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT max(a) FROM good.base';
    CREATE FUNCTION evil.f(text) RETURNS text IMMUTABLE RETURN $1;
    CREATE FUNCTION evil.op(text, text) RETURNS text RETURN $1;
    CREATE FUNCTION evil.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE OPERATOR evil.#># (FUNCTION = evil.op, LEFTARG = text, RIGHTARG = text);
    CREATE AGGREGATE evil.agg(text) (SFUNC = evil.op, STYPE = text);
    CREATE DOMAIN evil.dom AS text CHECK (evil.f(VALUE) <> '');
    CREATE TYPE evil.comp AS (a evil.dom, b int);
    CREATE TYPE evil.span AS RANGE (subtype = evil.dom);
    CREATE TYPE evil.mood AS ENUM ('happy');
    CREATE DOMAIN good.checked AS text CHECK (evil.f(VALUE) <> '');
    CREATE DOMAIN good.fine AS text CHECK (length(VALUE) < 3);
    CREATE OPERATOR good.@#@ (FUNCTION = evil.op, LEFTARG = text, RIGHTARG = text);
"""


def _give_evil_to(database: Database, eve: str) -> None:
    database.execute(
        f"""
        ALTER SCHEMA evil OWNER TO {eve}; ALTER SCHEMA hers OWNER TO {eve};
        ALTER FUNCTION evil.f(text) OWNER TO {eve}; ALTER FUNCTION evil.op(text, text) OWNER TO {eve};
        ALTER FUNCTION evil.trg() OWNER TO {eve}; ALTER OPERATOR evil.#># (text, text) OWNER TO {eve};
        ALTER AGGREGATE evil.agg(text) OWNER TO {eve}; ALTER DOMAIN evil.dom OWNER TO {eve};
        ALTER TYPE evil.comp OWNER TO {eve}; ALTER TYPE evil.span OWNER TO {eve}; ALTER TYPE evil.mood OWNER TO {eve};
        DO $$ DECLARE name text; BEGIN
          FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'evil'::regnamespace AND prokind = 'f' LOOP
            EXECUTE format('ALTER FUNCTION %s OWNER TO {eve}', name); END LOOP; END $$;
        """
    )


def test_untrusted_code_in_trusted_relations(database: Database) -> None:
    eve = database.role("eve")
    database.execute(_EVIL)
    for name, (statements, _) in _BREACHES.items():
        database.execute(statements.format(f"good.{name}"))
    for name, statements in _SAFE.items():
        database.execute(statements.format(f"good.safe_{name}"))
    _give_evil_to(database, eve)

    snapshot = snapshot_of(database)
    for name, (_, expected) in _BREACHES.items():
        sentence = relation(snapshot, "good", name).untrusted_code
        assert sentence is not None, name
        assert expected in sentence, name
        assert eve in sentence, name
    safe = {name: relation(snapshot, "good", f"safe_{name}").untrusted_code for name in _SAFE}
    assert "type evil.mood is owned by" in str(safe.pop("plain"))  # she can define a cast from it at any time
    assert not any(safe.values())
    assert relation(snapshot, "good", "base").untrusted_code is None

    def code(schema: str, name: str) -> str | None:
        found = snapshot.type_named(schema, name)
        assert isinstance(found, Type)
        return found.untrusted_code

    assert "evil.dom is owned by" in str(code("evil", "dom"))
    for schema, name in (("evil", "_dom"), ("evil", "comp"), ("evil", "_comp"), ("evil", "span"), ("good", "checked")):
        assert eve in str(code(schema, name)), name
    assert eve in str(code("evil", "mood"))
    assert code("good", "fine") is None
    assert code("pg_catalog", "text") is None

    trusting = snapshot_of(database, eve)
    assert not [r.name for r in trusting.relations.values() if r.untrusted_code]
    assert not [t.name for t in trusting.types.values() if t.untrusted_code]
    assert all(schema.unsafe is None for schema in trusting.schemas.values())


def test_what_an_untrusted_owner_writes(database: Database) -> None:
    eve = database.role("eve")
    database.execute(_EVIL)
    for name, (statements, _) in _WRITTEN_BY_EVE.items():
        database.execute(statements.format(f"hers.{name}"))
    for name, statements in _SAFE.items():
        database.execute(statements.format(f"hers.safe_{name}"))
    if database.version >= 18:
        database.execute("CREATE TABLE hers.virtual (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)")
    [(mine,)] = database.execute("SELECT current_user")
    names = [str(name) for (name,) in database.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'hers'::regnamespace AND relkind IN ('r', 'v')"
    )]  # fmt: skip
    assert snapshot_of(database).schemas["hers"].unsafe is None
    for name in names:
        database.execute(f"ALTER TABLE {name} OWNER TO {eve}")

    snapshot = snapshot_of(database)
    for name, (_, expected) in _WRITTEN_BY_EVE.items():
        sentence = relation(snapshot, "hers", name).untrusted_code
        assert sentence is not None, name
        assert expected in sentence, name
        assert eve in sentence, name
    for name in _SAFE:  # a table of hers may get a policy at any time
        assert "its row type: type hers." in str(relation(snapshot, "hers", f"safe_{name}").untrusted_code)
    if database.version >= 18:
        assert "virtual generated" in str(relation(snapshot, "hers", "virtual").untrusted_code)
    assert mine != eve


def test_a_cast_to_her_own_type_closes_nothing_of_others(database: Database) -> None:
    eve = database.role("eve")
    database.execute(
        f"""
        CREATE SCHEMA evil AUTHORIZATION {eve};
        CREATE TYPE evil.box AS (x text);
        CREATE FUNCTION evil.wrap(text) RETURNS evil.box IMMUTABLE RETURN ROW($1)::evil.box;
        CREATE FUNCTION evil.open(evil.box) RETURNS text IMMUTABLE RETURN ($1).x;
        CREATE CAST (text AS evil.box) WITH FUNCTION evil.wrap(text) AS ASSIGNMENT;
        CREATE CAST (evil.box AS text) WITH FUNCTION evil.open(evil.box) AS IMPLICIT;
        CREATE TABLE public.texts (a text);
        CREATE TABLE public.boxes (a evil.box[]);
        ALTER TYPE evil.box OWNER TO {eve};
        ALTER FUNCTION evil.wrap(text) OWNER TO {eve}; ALTER FUNCTION evil.open(evil.box) OWNER TO {eve};
        """
    )
    snapshot = snapshot_of(database)
    assert relation(snapshot, "public", "texts").untrusted_code is None
    assert "a cast from it calls function evil.open" in str(relation(snapshot, "public", "boxes").untrusted_code)


def test_unsafe_schemas(database: Database) -> None:
    eve = database.role("eve")
    database.execute(_EVIL + "CREATE SCHEMA granted; CREATE SCHEMA open_to_all; CREATE SCHEMA typed; CREATE SCHEMA tabled;")
    _give_evil_to(database, eve)
    database.execute(
        f"""
        GRANT CREATE ON SCHEMA granted TO {eve}; GRANT CREATE ON SCHEMA open_to_all TO PUBLIC;
        CREATE TYPE typed.t AS ENUM ('a'); ALTER TYPE typed.t OWNER TO {eve};
        CREATE TABLE tabled.t (a int); ALTER TABLE tabled.t OWNER TO {eve};
        CREATE SCHEMA called; CREATE FUNCTION called.f() RETURNS int RETURN 1; ALTER FUNCTION called.f() OWNER TO {eve};
        CREATE SCHEMA proc; CREATE PROCEDURE proc.p() LANGUAGE sql AS ''; ALTER PROCEDURE proc.p() OWNER TO {eve};
        """
    )
    snapshot = snapshot_of(database)
    unsafe = {name: schema.unsafe for name, schema in snapshot.schemas.items()}
    assert unsafe["evil"] == f"it is owned by {eve}"
    assert unsafe["granted"] == f"{eve} may create in it"
    assert unsafe["open_to_all"] == "PUBLIC may create in it"
    assert unsafe["typed"] == f"it holds type t, owned by {eve}"
    assert unsafe["called"] == f"it holds function called.f(), owned by {eve}"
    assert unsafe["proc"] == f"it holds function proc.p(), owned by {eve}"
    # an operator of a trusted owner over her function
    assert unsafe["good"] == f"it holds operator good.@#@(text,text), owned by {eve}"
    for name in ("tabled", "public", "pg_catalog", "information_schema", "pg_toast"):
        assert unsafe[name] is None, name


def test_who_may_create_schemas(database: Database) -> None:
    eve = database.role("eve")
    assert not snapshot_of(database).untrusted_may_create_schemas
    database.execute(f"GRANT CREATE ON DATABASE {database.name} TO {eve}")
    assert snapshot_of(database).untrusted_may_create_schemas
    assert not snapshot_of(database, eve).untrusted_may_create_schemas


def test_the_database_owner_is_trusted(database: Database) -> None:
    owner = database.role("owner")
    database.execute(
        f"ALTER DATABASE {database.name} OWNER TO {owner}; CREATE SCHEMA his AUTHORIZATION {owner};"
        f"CREATE FUNCTION his.f() RETURNS int RETURN 1; ALTER FUNCTION his.f() OWNER TO {owner};"
        "CREATE VIEW public.v AS SELECT his.f()"
    )
    snapshot = snapshot_of(database)
    assert snapshot.schemas["his"].unsafe is None
    assert relation(snapshot, "public", "v").untrusted_code is None


# --- Loader ----------------------------------------------------------------------------------------------------------


def test_an_unchanged_catalog_keeps_its_snapshot(database: Database) -> None:
    async def work(loader: Loader) -> None:
        first = await loader.load()
        assert first.version == 1
        assert await loader.load() is first
        await asyncio.to_thread(database.execute, "CREATE TABLE public.later (a int)")
        second = await loader.load()
        assert second.version == 2
        assert second.relation("public", "later") is not None
        assert first.relation("public", "later") is None

    with_loader(database.dsn(), work)


def test_concurrent_loads_share_but_are_never_too_old(database: Database) -> None:
    async def work(loader: Loader) -> None:
        await loader.load()
        before = loader._begun
        loads = await asyncio.gather(*(loader.load() for _ in range(8)))
        assert all(one is loads[0] for one in loads)
        # the first begins at once; those who came while it ran share the next one
        assert loader._begun - before <= 2

        running = asyncio.ensure_future(loader.load())
        await asyncio.sleep(0)
        await asyncio.to_thread(database.execute, "CREATE TABLE public.meanwhile (a int)")
        later = await loader.load()
        assert later.relation("public", "meanwhile") is not None
        await running

    with_loader(database.dsn(), work)


def test_a_cancelled_load_leaves_the_loader_usable(database: Database) -> None:
    async def work(loader: Loader) -> None:
        await loader.load()
        cancelled = 0
        for turns in range(0, 40, 2):  # a request to cancel may reach what is asked next: so two of them
            for wait in (0.0, 0.0005):
                running = asyncio.ensure_future(loader.load())
                for _ in range(turns):
                    await asyncio.sleep(wait)
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
                cancelled += running.cancelled()
            if turns % 4 == 0:
                assert (await loader.load()).version == 1
        assert cancelled > 10

    with_loader(database.dsn(), work)


def test_verifier(database: Database) -> None:
    ana = database.role("ana")
    group = database.role("grp", "NOLOGIN")
    expired = database.role("expired", "LOGIN VALID UNTIL '2020-01-01'")
    forever = database.role("forever", "LOGIN VALID UNTIL 'infinity'")

    async def work(loader: Loader) -> None:
        assert str(await loader.verifier(ana)).startswith("SCRAM-SHA-256$")
        assert str(await loader.verifier(forever)).startswith("SCRAM-SHA-256$")
        for name in (group, expired, "nobody_of_that_name", "'; DROP TABLE x; --"):
            assert await loader.verifier(name) is None

    with_loader(database.dsn(), work)


def test_a_login_without_rights_is_told_apart(database: Database) -> None:
    ana = database.role("ana")

    async def work(loader: Loader) -> None:
        snapshot = await loader.load()  # the catalog itself is open to everybody
        assert snapshot.relation("pg_catalog", "pg_class") is not None
        with pytest.raises(Unavailable, match="42501"):
            await loader.verifier(ana)
        assert await loader.load() is snapshot

    with_loader(database.dsn(ana), work)


def test_a_lost_connection_is_replaced(database: Database) -> None:
    async def work(loader: Loader) -> None:
        first = await loader.load()
        for _ in range(2):
            await asyncio.to_thread(
                database.execute,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{database.name}' AND application_name = 'maskgate catalog'",
            )
            assert await loader.load() is first
        await loader.close()
        assert await loader.load() is first

    with_loader(database.dsn(), work)


def test_a_given_up_connection_and_a_server_that_takes_nobody(database: Database) -> None:
    """As while it recovers: it answers, with a refusal."""

    async def work(loader: Loader) -> None:
        first = await loader.load()
        given_up = asyncio.ensure_future(loader.load())
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        with psycopg.connect(database.server.dsn(), autocommit=True) as direct:
            direct.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
            try:
                direct.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", (database.name,))
                for _ in range(2):
                    with pytest.raises(Unavailable, match="55000"):
                        await loader.load()
            finally:
                direct.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true")
        assert await loader.load() is first

    with_loader(database.dsn(), work)


def test_no_server_is_unavailable(database: Database) -> None:
    for dsn, sqlstate in (
        ("postgresql://postgres:secret@127.0.0.1:1/x?sslmode=disable", "08006"),
        (database.dsn("postgres", "wrong-secret"), "57P03"),
        (database.dsn().replace(database.name, "no_such_database"), "57P03"),
    ):

        async def work(loader: Loader, sqlstate: str = sqlstate) -> None:
            for question in (loader.load(), loader.verifier("ana")):
                with pytest.raises(Unavailable) as caught:
                    await question
                assert "secret" not in str(caught.value)
                assert caught.value.sqlstate == sqlstate

        with_loader(dsn, work)


def test_a_locked_view_does_not_hold_the_load(database: Database) -> None:
    database.execute(
        "CREATE TABLE public.t (a int); CREATE VIEW public.v AS SELECT a FROM public.t; CREATE VIEW public.w AS SELECT 1 AS x"
    )
    with database.connect() as connection:
        connection.execute("BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
        snapshot = snapshot_of(database)
        connection.execute("ROLLBACK")
    assert relation(snapshot, "public", "v").view_text is None
    assert relation(snapshot, "public", "v").reaches == oids(snapshot, "public.t")
    assert relation(snapshot, "public", "w").view_text is not None


def test_ddl_while_loading(database: Database) -> None:
    """Objects that come and go during the reading make at most another attempt, never an error."""

    async def churn(stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(database.dsn())
        try:
            while not stop.is_set():
                await connection.execute(
                    "CREATE TYPE public.churned AS ENUM ('a'); CREATE TABLE public.ct (a public.churned);"
                    "CREATE VIEW public.cv AS SELECT a FROM public.ct"
                )
                await connection.execute("DROP VIEW public.cv; DROP TABLE public.ct; DROP TYPE public.churned")
        finally:
            await connection.close()

    async def work(loader: Loader) -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(churn(stop))
            for _ in range(5):
                snapshot = await loader.load()
                assert snapshot.relation("pg_catalog", "pg_class") is not None
            stop.set()

    with_loader(database.dsn(), work)


def test_a_database_nobody_uses_can_be_dropped(database: Database) -> None:
    """Also be taken as a template: our own connection leaves by itself, sooner than PostgreSQL gives up waiting for it."""

    async def work(loader: Loader) -> int:
        first = await loader.load()
        copy = f"{database.name}_copy"
        await asyncio.to_thread(database.execute, f"CREATE DATABASE {copy} TEMPLATE {database.name}")
        await asyncio.to_thread(database.execute, f"DROP DATABASE {copy}")
        assert await loader.load() is first  # comes back when it is needed
        return first.version

    assert with_loader(database.dsn(), work) == 1


def test_a_connection_that_rests_is_closed_and_no_other(database: Database) -> None:
    """Questions follow each other on one connection; the time counts from the last."""
    mine = "SELECT pid FROM pg_stat_activity WHERE application_name = 'maskgate catalog' AND datname = current_database()"

    async def work() -> None:
        loader, restless = Loader(database.dsn(), idle_s=60.0), Loader(database.dsn(), idle_s=0.0)
        await loader.load()
        [first] = await asyncio.to_thread(database.execute, mine)
        for _ in range(3):
            await restless.load()
            assert await loader.load() is not None
        async with asyncio.timeout(10):
            while (seen := await asyncio.to_thread(database.execute, mine)) != [first]:
                assert first in seen
        await loader.close()
        await restless.close()

    asyncio.run(work())
