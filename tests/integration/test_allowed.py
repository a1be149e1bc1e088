"""The list of pg_catalog names against real servers: is every name judged, and does anything open reach a protected value?

The attacks run directly on the server, without the proxy, as a role that holds SELECT on the protected table: the
position of a restricted caller whose masks were bypassed everywhere but in FROM. Nothing open may show the planted values.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from postgast import pg_query_pb2 as pb

from proxy.cli.embedded import EmbeddedServer
from proxy.sql.allowed import FIXED, SETTINGS, functions, judgements, operators
from proxy.sql.parse import names, parse, walk
from tests.servers import Database, new_database
from tests.tools import generate_allowed

TEXT_CANARY = "canary.7f3a9c@protected.example"
NUMBER_CANARY = "6222981347"
ADDED_CANARY = "canary-in-attmissingval"
OTHER_SESSION_CANARY = "canary-typed-by-somebody-else"
FILE_CANARY = "root:x:0:0"  # of /etc/passwd

SETUP = f"""
CREATE SCHEMA shop;
CREATE TYPE shop.tier AS ENUM ('low', 'high');
CREATE TABLE shop.customers (
  id serial PRIMARY KEY, email text UNIQUE, card numeric, tier shop.tier, doc xml, body jsonb, words tsvector, period int4range,
  loud text GENERATED ALWAYS AS (pg_catalog.upper(email)) STORED, CHECK (pg_catalog.length(email) > 3));
INSERT INTO shop.customers (email, card, tier, body, words) VALUES
  ('{TEXT_CANARY}', {NUMBER_CANARY}, 'high', '{{"a": "{TEXT_CANARY}"}}', to_tsvector('{TEXT_CANARY}'));
INSERT INTO shop.customers (email, card, tier) SELECT 'u' || n || '@x.example', n, 'low' FROM generate_series(1, 20) AS n;
DO $$ BEGIN UPDATE shop.customers SET doc = '<a>{TEXT_CANARY}</a>' WHERE id = 1;
  EXCEPTION WHEN feature_not_supported THEN NULL; END $$;
ALTER TABLE shop.customers ADD COLUMN added text DEFAULT '{ADDED_CANARY}';
ALTER TABLE shop.customers ALTER COLUMN added DROP DEFAULT;
CREATE INDEX customers_lower ON shop.customers (lower(email)) WHERE card > 0;
CREATE INDEX customers_gin ON shop.customers USING gin (words);
CREATE INDEX customers_brin ON shop.customers USING brin (email);
CREATE STATISTICS shop.related (mcv, ndistinct, dependencies) ON email, tier FROM shop.customers;
CREATE VIEW shop.v AS SELECT * FROM shop.customers;
CREATE MATERIALIZED VIEW shop.mv AS SELECT * FROM shop.customers;
CREATE TABLE shop.parts (id int, region text) PARTITION BY LIST (region);
CREATE TABLE shop.part_cn PARTITION OF shop.parts FOR VALUES IN ('cn');
CREATE TABLE shop.hashed (email text) PARTITION BY HASH (email);
ANALYZE shop.customers;
CREATE SCHEMA evil;
CREATE FUNCTION evil.leak() RETURNS text LANGUAGE sql AS 'SELECT string_agg(email, $$,$$) FROM shop.customers';
CREATE FUNCTION evil.leak(text) RETURNS bool LANGUAGE sql AS 'SELECT email::int > 0 FROM shop.customers WHERE id = 1';
CREATE DOMAIN evil.dom AS text CHECK (evil.leak(VALUE));
CREATE TYPE evil.comp AS (a evil.dom, b int);
CREATE VIEW evil.view AS SELECT evil.leak() AS x;
CREATE TEXT SEARCH CONFIGURATION evil.config (COPY = pg_catalog.simple);
CREATE PUBLICATION pub FOR TABLE shop.customers WHERE (id > 0);
"""


@dataclass
class Stage:
    """A database with a planted table, and a session of a role that may read it."""

    database: Database
    session: psycopg.Connection[tuple[object, ...]]

    @property
    def version(self) -> int:
        """server_version_num."""
        return self.session.info.server_version

    @property
    def has_xml(self) -> bool:
        """Whether the server was built with libxml (the wheel's servers are not)."""
        return "unsupported XML" not in self.answer("SELECT '<a/>'::xml")

    def answer(self, statement: str) -> str:
        """Everything a caller would see of it: rows, or the error with all its fields, and notices."""
        return self.run(statement)[1]

    def run(self, statement: str) -> tuple[bool, str]:
        """(whether it ended without an error, the answer)."""
        heard: list[str] = []
        self.session.add_notice_handler(lambda d: heard.append(f"{d.message_primary} {d.message_detail} {d.context}"))
        try:
            cursor = self.session.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
            return True, " ".join([*heard, *(str(value) for row in rows for value in row)])
        except psycopg.Error as error:
            d = error.diag
            fields = (d.message_primary, d.message_detail, d.message_hint, d.context, d.internal_query)
            return False, " ".join([*heard, *map(str, fields)])
        finally:
            self.session._notice_handlers.clear()


@pytest.fixture(scope="module")
def stage(server: EmbeddedServer) -> Iterator[Stage]:
    """One for each PostgreSQL of this machine. The same login is connected a second time and has typed a value."""
    database = new_database(server)
    try:
        database.execute(SETUP)
        ana = database.role("ana")
        database.execute(
            f"GRANT USAGE ON SCHEMA shop, evil TO {ana};"
            f"GRANT SELECT ON ALL TABLES IN SCHEMA shop, evil TO {ana}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO {ana}"
        )
        with database.connect(ana) as session, database.connect(ana) as other:
            other.execute(f"SELECT '{OTHER_SESSION_CANARY}'".encode())
            session.execute("SET statement_timeout TO '5s'")
            yield Stage(database, session)
    finally:
        database.drop()


def leaks(answer: str) -> str | None:
    """The planted value that shows in an answer, in any of the encodings a pure function could give it."""
    seen = re.sub(r"\s", "", answer).lower()
    for value in (TEXT_CANARY, NUMBER_CANARY, ADDED_CANARY, OTHER_SESSION_CANARY, FILE_CANARY):
        raw = value.encode()
        # base64 of the value at each of the three alignments, ends cut off; and its hexadecimal digits
        shifted = (base64.b64encode(b"x" * n + raw).decode()[4:-4].lower() for n in range(3))
        for shape in (value.lower(), value[::-1].lower(), raw.hex(), *shifted):
            if shape in seen:
                return value
    return None


# --- every name is judged ----------------------------------------------------------------------------------------------------


def seen_on(stage: Stage) -> dict[str, generate_allowed.Seen]:
    """What this server has, as the generator sees it."""
    found: dict[str, generate_allowed.Seen] = {"functions": {}, "operators": {}, "settings": {}}
    generate_allowed.look(stage.database.dsn(), stage.database.version, found)
    return found


@pytest.mark.parametrize("what", ["functions", "operators", "settings"])
def test_every_name_of_this_server_is_judged(stage: Stage, what: str) -> None:
    names_here = set(seen_on(stage)[what])
    assert names_here
    assert not names_here - set(judgements(what))
    assert not {n for n in names_here if not judgements(what)[n].holds_on(stage.database.version)}


@pytest.mark.parametrize(("what", "listed"), [("functions", functions), ("operators", operators)])
def test_nothing_is_open_that_this_server_lacks(stage: Stage, what: str, listed: object) -> None:
    assert callable(listed)
    assert listed(stage.version) <= set(seen_on(stage)[what])


def test_no_open_name_hides_support_code_in_any_overload(stage: Stage) -> None:
    closed_types = {"internal", "cstring", "cstring[]", "trigger", "event_trigger", "language_handler", "fdw_handler"}
    signatures = (s for group in seen_on(stage)["functions"].values() for s in group[stage.database.version])
    open_names = functions(stage.version)
    assert not [str(s) for s in signatures if s.name in open_names and closed_types & {s.result, *s.arguments}]


def test_the_function_of_every_operator_and_cast_is_open(stage: Stage) -> None:
    called = stage.session.execute(
        "SELECT p.proname FROM pg_operator AS o JOIN pg_proc AS p ON p.oid = o.oprcode"
        " WHERE o.oprnamespace = 'pg_catalog'::regnamespace"
        " UNION SELECT p.proname FROM pg_cast AS c JOIN pg_proc AS p ON p.oid = c.castfunc"
        " WHERE p.pronamespace = 'pg_catalog'::regnamespace"
    ).fetchall()
    assert not {str(name) for (name,) in called} - functions(stage.version)


def test_sql_functions_of_pg_catalog_do_not_depend_on_search_path(stage: Stage) -> None:
    """A body kept as text is looked up again at every call: each name in it must be qualified."""
    bodies = stage.session.execute(
        "SELECT p.proname, p.prosrc FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang WHERE l.lanname = 'sql'"
        " AND p.prosqlbody IS NULL AND p.pronamespace = 'pg_catalog'::regnamespace"
    ).fetchall()
    unqualified = re.compile(r"(?<![.\w])(?!operator)[a-z_]\w*\s*\(|::\s*(?!pg_catalog\.)|\|\||<|=", re.IGNORECASE)
    texts = {str(name): re.sub(r"operator\(pg_catalog\.[^)]*\)", "", str(body)) for name, body in bodies}
    assert not {name: text for name, text in texts.items() if unqualified.search(text)}


def test_settings_exist_and_a_plain_role_may_set_them(stage: Stage) -> None:
    shown = {str(n) for (n,) in stage.session.execute("SELECT lower(name) FROM pg_settings WHERE context = 'user'")}
    newer = {j.name for j in judgements("settings").values() if j.first > stage.database.version}
    assert shown >= SETTINGS - newer
    assert not shown - SETTINGS - set(FIXED)


# --- attacks by hand ---------------------------------------------------------------------------------------------------------

def attacks() -> Iterator[tuple[int, str]]:
    """(first server version or 0, statement) for each line of allowed_attacks.sql."""
    for line in Path(__file__).with_name("allowed_attacks.sql").read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            since, statement = re.fullmatch(r"(\d*) ?(.*)", line).groups()  # type: ignore[union-attr]
            yield int(since or 0), statement


ATTACKS = tuple(attacks())

# The same harness must see what closed names do show: otherwise the silence above proves nothing.
CLOSED: tuple[tuple[int, str, str], ...] = (
    (0, "query_to_xml", "SELECT query_to_xml('SELECT email FROM shop.customers', true, false, '')"),
    (0, "table_to_xml", "SELECT table_to_xml('shop.customers', true, false, '')"),
    (0, "schema_to_xml", "SELECT schema_to_xml('shop', true, false, '')"),
    (0, "database_to_xml", "SELECT database_to_xml(true, false, '')"),
    (0, "ts_stat", "SELECT * FROM ts_stat('SELECT words FROM shop.customers')"),
    (0, "ts_rewrite", "SELECT ts_rewrite('a', 'SELECT ''a''::tsquery, to_tsquery(quote_literal(email)) FROM shop.customers"
                      " WHERE id = 1')"),
    (160000, "pg_input_error_info", "SELECT * FROM pg_input_error_info('a', 'evil.dom')"),
    (0, "domain_in", "SELECT domain_in('a', 'evil.dom'::regtype, -1)"),
    (0, "record_in", "SELECT record_in('(a,1)', 'evil.comp'::regtype, -1)"),
    (0, "array_in", "SELECT array_in('{a}', 'evil.dom'::regtype, -1)"),
    (0, "pg_stat_get_activity", "SELECT * FROM pg_stat_get_activity(NULL)"),
    (0, "pg_stat_get_backend_activity", "SELECT pg_stat_get_backend_activity(b) FROM pg_stat_get_backend_idset() AS b"),
)  # fmt: skip


def function_names(statement: str) -> set[str]:
    """Every function a statement calls by name, as PostgreSQL's grammar reads it."""
    read = parse(statement.encode())
    return {names(node.funcname)[-1] for _, stmt in read.stmts for node in walk(stmt) if isinstance(node, pb.FuncCall)}


def operator_names(statement: str) -> set[str]:
    read = parse(statement.encode())
    return {
        names(node.name)[-1]
        for _, stmt in read.stmts
        for node in walk(stmt)
        if isinstance(node, pb.A_Expr) and node.kind in (pb.AEXPR_OP, pb.AEXPR_OP_ANY, pb.AEXPR_OP_ALL)
    }


def relation_names(statement: str) -> Iterable[tuple[str, str]]:
    read = parse(statement.encode())
    return [(n.schemaname, n.relname) for _, stmt in read.stmts for n in walk(stmt) if isinstance(n, pb.RangeVar)]


@pytest.mark.parametrize(("since", "statement"), ATTACKS, ids=[f"{n}" for n in range(len(ATTACKS))])
def test_open_names_do_not_reach_the_table(stage: Stage, since: int, statement: str) -> None:
    calls = function_names(statement)
    newest = functions(180000)
    assert calls <= newest, "the attack must use open names only"
    assert operator_names(statement) <= operators(180000)
    assert all(name.startswith("pg_") for _, name in relation_names(statement)), "and name catalogs only in FROM"
    if stage.version < since or not calls <= functions(stage.version):
        return
    answer = stage.answer(statement)
    assert "syntax error" not in answer
    assert leaks(answer) is None


@pytest.mark.parametrize(("since", "name", "statement"), CLOSED, ids=[name for _, name, _ in CLOSED])
def test_closed_names_would_reach_it(stage: Stage, since: int, name: str, statement: str) -> None:
    assert name not in functions(stage.version)
    if stage.version >= since and (stage.has_xml or "_to_xml" not in name):
        assert leaks(stage.answer(statement)) is not None


def test_casts_of_text_into_builtin_types_read_no_row(stage: Stage) -> None:
    types = stage.session.execute(
        "SELECT format_type(oid, NULL) FROM pg_type"
        " WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')"
    ).fetchall()
    assert len(types) > 100
    for (name,) in types:
        for value in ("shop.customers", "{shop.customers}", "SELECT email FROM shop.customers", "email", "evil.dom"):
            statement = f"SELECT CAST('{value}' AS {name}), '{value}'::{name}::text"
            assert leaks(stage.answer(statement)) is None, statement


# --- attacks by the thousand: every overload of every open name ---------------------------------------------------------------

_TEXTS = ("shop.customers", "SELECT words FROM shop.customers", "evil.dom", "shop", "email")
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("text", "name", "character varying", "character", "unknown"), tuple(f"'{t}'::{{}}" for t in _TEXTS)),
    "anyelement": (
        "'shop.customers'::regclass",
        "json_populate_record(NULL::shop.customers, '{{}}')",
        "'shop.customers'::text",
    ),
    "anycompatible": ("'shop.customers'::text",),
    "anynonarray": ("'shop.customers'::regclass",),
    "anyarray": ("ARRAY['shop.customers'::text]", "ARRAY[NULL::shop.customers]"),
    "anycompatiblearray": ("ARRAY['shop.customers'::text]",),
    "anyenum": ("'low'::shop.tier",),
    "anyrange": ("'[1,2)'::int4range",),
    "anycompatiblerange": ("'[1,2)'::int4range",),
    "anymultirange": ("'{{[1,2)}}'::int4multirange",),
    '"any"': ("'shop.customers'::regclass", "NULL::shop.customers", "'email'::text"),
    "record": ("json_populate_record(NULL::shop.customers, '{{}}')", "ROW('shop.customers'::regclass)"),
    "oid": ("'shop.customers'::regclass::oid", "'evil.dom'::regtype::oid", "'evil.view'::regclass::oid"),
    "regclass": ("'shop.customers'::regclass", "'shop.customers_id_seq'::regclass", "'shop.parts'::regclass"),
    "regtype": ("'evil.dom'::regtype",),
    "regconfig": ("'evil.config'::regconfig",),
    "regdictionary": ("'simple'::regdictionary",),
    "smallint": ("2::smallint",),
    "integer": ("2", "NULL::integer"),
    "bigint": ("2::bigint",),
    "boolean": ("true",),
    "double precision": ("0.01::double precision",),
    "interval": ("'1 ms'::interval",),
    "xml": ("'<a>shop.customers</a>'::xml",),
    "json": ('\'{{"a": "shop.customers"}}\'::json',),
    "jsonb": ('\'{{"a": "shop.customers"}}\'::jsonb',),
    "jsonpath": ("'$.a'::jsonpath",),
    "text[]": ("'{{shop,customers,email}}'::text[]", "'{{}}'::text[]"),
    "tsquery": ("'shop'::tsquery",),
    "tsvector": ("'shop'::tsvector",),
    "xid": ("'3'::xid",),
    "tid": ("'(0,1)'::tid",),
    "pg_node_tree": ("NULL::pg_node_tree",),
}
SIGNATURES = """
SELECT p.proname, p.prokind, p.provariadic <> 0, coalesce(g.aggkind, ''), coalesce(g.aggnumdirectargs, 0),
       ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) AS t)
FROM pg_proc AS p LEFT JOIN pg_aggregate AS g ON g.aggfnoid = p.oid
WHERE p.pronamespace = 'pg_catalog'::regnamespace ORDER BY p.oid
"""


def calls_of(name: str, kind: str, aggregate: str, direct: int, types: list[str]) -> Iterator[str]:
    """Statements that call one overload, with arguments that point at the protected table."""
    choices = [_ARGUMENTS.get(t, ("NULL::{}",)) for t in types]
    for turn in range(max((len(c) for c in choices), default=1)):
        arguments = [c[(turn + at) % len(c)].format(t) for at, (c, t) in enumerate(zip(choices, types, strict=True))]
        if aggregate in ("o", "h"):
            order = ", ".join(arguments[direct:]) or "1"
            call = f'pg_catalog."{name}"({", ".join(arguments[:direct])}) WITHIN GROUP (ORDER BY {order})'
        else:
            star = "*" if name == "count" and not arguments else ", ".join(arguments)
            call = f'pg_catalog."{name}"({star})' + (" OVER ()" if kind == "w" else "")
        yield f"SELECT {call}" if kind != "f" else f"SELECT * FROM {call}"


def sweep(stage: Stage, wanted: frozenset[str]) -> tuple[int, int, set[str]]:
    """(calls, of which answered without an error, names that leaked)."""
    asked = answered = 0
    leaked: set[str] = set()
    stage.session.execute("SET lock_timeout TO '200ms'")
    for name, kind, _, aggregate, direct, types in stage.session.execute(SIGNATURES).fetchall():
        assert isinstance(name, str)
        assert isinstance(kind, str)
        assert isinstance(aggregate, str)
        assert isinstance(direct, int)
        assert isinstance(types, list)
        if name not in wanted:
            continue
        for statement in calls_of(name, kind, aggregate, direct, types):
            asked += 1
            ended, answer = stage.run(statement)
            answered += ended
            if leaks(answer):
                leaked.add(name)
    return asked, answered, leaked


def test_no_overload_of_any_open_function_reaches_the_table(stage: Stage) -> None:
    asked, answered, leaked = sweep(stage, functions(stage.version))
    assert asked > 2500
    assert answered > 0.7 * asked, "most calls must be well formed"
    assert not leaked


def test_the_sweep_finds_what_it_should(stage: Stage) -> None:
    closed = {"ts_stat", "pg_stat_get_activity"}
    if stage.has_xml:
        closed |= {"query_to_xml", "table_to_xml", "schema_to_xml", "database_to_xml"}
    _, _, leaked = sweep(stage, frozenset(closed))
    assert leaked == closed
