"""The lists of pg_catalog against real servers: is everything judged, and does anything open reach a protected value?

The attacks run directly on the server, without the proxy, as a role that holds SELECT on the protected table: the
position of a restricted caller whose masks were bypassed everywhere but in FROM. Nothing open may show the planted values.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
import pytest
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Oid, Snapshot, Type
from proxy.cli.embedded import EmbeddedServer
from proxy.errors import Refusal, Unproven
from proxy.sql.allowed import FIXED, OK, SETTINGS, call, judgements, type_named
from proxy.sql.firewall import Firewall
from proxy.sql.parse import parse, walk
from tests.servers import Database, new_database
from tests.tools import generate_allowed
from tests.tools.generate_allowed import Function

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


# --- everything is judged ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen(stage: Stage) -> generate_allowed.Seen:
    """What this server has, as the generator sees and judges it."""
    return generate_allowed.look(stage.database.dsn())


@pytest.mark.parametrize("kind", ["functions", "operators", "casts", "types", "settings"])
def test_the_data_says_of_this_server_what_the_generator_sees(stage: Stage, seen: generate_allowed.Seen, kind: str) -> None:
    here = seen[kind]
    listed = {j.what: (j.answer, j.reason) for j in judgements(kind).values() if j.holds_on(stage.database.version)}
    assert len(here) > 150
    if kind == "settings":  # a build without a feature (SSL, systemd, …) lacks its settings
        listed = {what: answer for what, answer in listed.items() if what in here}
    assert listed == here


def test_no_open_form_is_support_code(stage: Stage) -> None:
    support = stage.session.execute(
        "SELECT proname, ARRAY(SELECT pronargs - n FROM generate_series(0, pronargdefaults) AS n) FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace AND (prorettype = ANY ($1) OR proargtypes::oid[] && $1)".replace(
            "$1", "'{internal,cstring,_cstring,trigger,event_trigger,language_handler,fdw_handler}'::regtype[]::oid[]"
        )
    ).fetchall()
    assert len(support) > 700
    assert not [name for name, counts in support for n in counts if call(stage.version, name, n) is None]  # type: ignore[attr-defined]


def test_collations_hold_no_code(stage: Stage) -> None:
    """They are open by any name, which is sound as long as a row of pg_collation only names a locale of a known provider."""
    providers = {p for (p,) in stage.session.execute("SELECT DISTINCT collprovider::text FROM pg_collation")}
    assert providers <= {"d", "b", "c", "i"}  # default, builtin, libc, ICU (PostgreSQL 18, 53.12 pg_collation)
    columns = stage.session.execute(
        "SELECT DISTINCT atttypid::regtype::text FROM pg_attribute WHERE attrelid = 'pg_collation'::regclass AND attnum > 0"
    ).fetchall()
    assert {t for (t,) in columns} <= {"oid", "name", "char", '"char"', "boolean", "integer", "text"}


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
    newer = {j.what for j in judgements("settings").values() if j.first > stage.database.version}
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


PLANTED_TYPES = (("shop", "customers"), ("shop", "tier"))


@cache
def firewall_of(version: int) -> Firewall:
    """The firewall of a catalog that has PostgreSQL's own types and the planted ones."""
    types = [Type(Oid(n), "pg_catalog", j.what, "b") for n, j in enumerate(judgements("types").values(), 1)]
    types += [Type(Oid(9000 + n), schema, name, "c") for n, (schema, name) in enumerate(PLANTED_TYPES)]
    snapshot = Snapshot.build(
        version=1, server_version_num=version, database="", relations=(), types=types, schemas=(), functions=()
    )
    return Firewall(snapshot, ("pg_catalog",), frozenset())


def refusal_of(statement: str, version: int) -> str | None:
    """What the firewall says of a SELECT on a server of that version, by its lists of pg_catalog alone; None: nothing."""
    read = parse(statement.encode())
    try:
        firewall_of(version).check(read, read.stmts[0][1])
    except (Unproven, Refusal) as error:
        return error.message
    return None


def test_open_names_do_not_reach_the_table(stage: Stage) -> None:
    run = 0
    for since, statement in ATTACKS:
        relations = [n for _, stmt in parse(statement.encode()).stmts for n in walk(stmt) if isinstance(n, pb.RangeVar)]
        assert all(one.relname.startswith("pg_") for one in relations), "an attack names catalogs only in FROM"
        assert refusal_of(statement, 180004) is None, f"the attack must be open: {statement}"
        if stage.version < since or refusal_of(statement, stage.version) is not None:
            continue
        answer = stage.answer(statement)
        assert "syntax error" not in answer, statement
        assert leaks(answer) is None, statement
        run += 1
    assert run > 60


def test_closed_names_would_reach_it(stage: Stage) -> None:
    for since, name, statement in CLOSED:
        said = refusal_of(statement, max(stage.version, since)) or ""
        assert name in said
        assert ": it " in said, "and the reason is known"
        if stage.version >= since and (stage.has_xml or "_to_xml" not in name):
            assert leaks(stage.answer(statement)) is not None, statement


def test_casts_of_text_into_open_types_read_no_row(stage: Stage) -> None:
    names = [j.what for j in judgements("types").values() if type_named(stage.version, j.what) is None]
    statements = [
        f"SELECT CAST('{value}' AS pg_catalog.\"{name}\"), '{value}'::pg_catalog.\"{name}\"::text"
        for name in names
        for value in ("shop.customers", "{shop.customers}", "SELECT email FROM shop.customers", "evil.dom")
    ]
    assert len(statements) > 1500
    for statement, (_, answer) in ((s, stage.run(s)) for s in statements):
        assert leaks(answer) is None, statement


def test_open_casts_between_types_read_no_row(stage: Stage) -> None:
    """From each source type of pg_cast, of values that name the table, the domain or nothing, to its target."""
    casts = [j.what.split(" AS ") for j in judgements("casts").values() if j.holds_on(stage.database.version)]
    statements = [
        f'SELECT \'{value}\'::pg_catalog."{source}"::pg_catalog."{target}"::text'
        for source, target in casts
        for value in ("shop.customers", "evil.dom", "1", "[1,2)", "{}", "2020-01-01")
    ]
    answers = [stage.run(statement) for statement in statements]
    assert sum(ended for ended, _ in answers) > len(casts), "every second cast or so of each kind must go through"
    for statement, (_, answer) in zip(statements, answers, strict=True):
        assert leaks(answer) is None, statement


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


def arguments_of(types: tuple[str, ...]) -> Iterator[list[str]]:
    """Values of these types that point at the protected table; as many lists as the type with most of them has."""
    choices = [_ARGUMENTS.get(t, ("NULL::{}",)) for t in types]
    for turn in range(max((len(c) for c in choices), default=1)):
        yield [c[(turn + at) % len(c)].format(t) for at, (c, t) in enumerate(zip(choices, types, strict=True))]


def calls_of(form: Function) -> Iterator[str]:
    """Statements that call one form: all arguments, without those that have defaults, and with VARIADIC."""
    name = f'pg_catalog."{form.name}"'
    for arguments in arguments_of(form.arguments):
        if form.kind in (" ordered-set", " hypothetical-set"):
            direct, order = arguments[: form.direct], arguments[form.direct :] or arguments
            yield f"SELECT {name}({', '.join(direct)}) WITHIN GROUP (ORDER BY {', '.join(order)})"
        elif form.kind == " window":
            yield f"SELECT {name}({', '.join(arguments)}) OVER ()"
        elif form.kind == " aggregate":
            yield f"SELECT {name}({', '.join(arguments) or '*'})"
        else:
            yield f"SELECT * FROM {name}({', '.join(arguments)})"
            if form.defaults:
                yield f"SELECT * FROM {name}({', '.join(arguments[: -form.defaults])})"
            if form.is_variadic:
                array = arguments[-1] if form.arguments[-1].endswith("[]") else f"ARRAY[{arguments[-1]}]"
                yield f"SELECT * FROM {name}({', '.join([*arguments[:-1], f'VARIADIC {array}'])})"


def sweep(stage: Stage, wanted: Callable[[Function], bool]) -> tuple[int, int, int, set[str]]:
    """(forms, calls, of which answered without an error, forms that leaked)."""
    stage.session.execute("SET lock_timeout TO '200ms'")
    forms = [form for _, form in generate_allowed.functions_of(stage.session) if wanted(form)]
    asked = answered = 0
    leaked: set[str] = set()
    for form in forms:
        for statement in calls_of(form):
            asked += 1
            ended, answer = stage.run(statement)
            answered += ended
            if leaks(answer):
                leaked.add(form.what)
    return len(forms), asked, answered, leaked


def test_no_open_form_of_any_function_reaches_the_table(stage: Stage) -> None:
    forms, asked, answered, leaked = sweep(stage, lambda form: judgements("functions")[form.what].answer == OK)
    assert forms == sum(j.answer == OK and j.holds_on(stage.database.version) for j in judgements("functions").values())
    assert forms < asked
    assert answered > 0.7 * asked, "most calls must be well formed"
    assert not leaked


def test_no_operator_reaches_the_table(stage: Stage) -> None:
    asked = answered = 0
    for name, left, right, _ in stage.session.execute(generate_allowed.OPERATORS).fetchall():
        for operands in arguments_of((str(left), str(right)) if left != "NONE" else (str(right),)):
            statement = f"SELECT {operands[0] if left != 'NONE' else ''} OPERATOR(pg_catalog.{name}) {operands[-1]}"
            ended, answer = stage.run(statement)
            assert leaks(answer) is None, statement
            asked, answered = asked + 1, answered + ended
    assert asked > 900
    assert answered > 0.7 * asked


def test_the_sweep_finds_what_it_should(stage: Stage) -> None:
    closed = {"ts_stat", "pg_stat_get_activity"}
    if stage.has_xml:
        closed |= {"query_to_xml", "table_to_xml", "schema_to_xml", "database_to_xml"}
    leaked = sweep(stage, lambda form: form.name in closed)[3]
    assert {what.partition("(")[0] for what in leaked} == closed
