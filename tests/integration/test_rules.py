"""Rules on real servers: PostgreSQL's own relations are all judged, subqueries run, row conditions mean what they say."""

from __future__ import annotations

import asyncio
import itertools
from importlib.resources import files
from pathlib import Path

import pytest

from proxy.catalog.loader import load
from proxy.catalog.snapshot import Oid, Snapshot
from proxy.policy import Judge, Ruleset, check_rules, load_rules
from proxy.policy.rules import builtin_text
from proxy.policy.verdict import Closed, Masked, Open
from proxy.sql import build
from proxy.sql.condition import row_condition
from tests.servers import Database

SHIPPED = Path(__file__).parents[2] / "masking_rules" / "ecommerce"
SYSTEM = "('pg_catalog', 'information_schema')"


ONE_CUSTOMER = """
CREATE TABLE shop.browsing_events_1 PARTITION OF shop.browsing_events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
INSERT INTO shop.customers (name, gender, email, phone, id_card, birth_date, profile, city)
VALUES ('张三丰', 'M', 'lihua@example.com', '13800138000', '110101199003078515', '1990-03-07',
        '{"phone": "13800138000", "level": 1}', '北京市');
INSERT INTO shop.browsing_events (customer_id, occurred_at, page, ip, user_agent)
VALUES (1, '2026-01-02', '/', '10.0.0.1', 'x');
"""


def shipped() -> Ruleset:
    return load_rules({file.name: file.read_text("utf-8") for file in SHIPPED.glob("*.yaml")})


def snapshot_of(database: Database) -> Snapshot:
    return asyncio.run(load(database.dsn(), version=1))


def test_every_relation_of_postgresql_has_been_judged(database: Database) -> None:
    rules = load_rules({"a.yaml": ""}).system
    rows = database.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname IN {SYSTEM} AND c.relkind IN ('r', 'v', 'm', 'f', 'p')"
    )
    judged = [*rules.closed, *rules.columns, *rules.open_columns, *rules.open]
    assert len(judged) == len(set(judged))
    assert {str(name) for (name,) in rows} - set(judged) == set()
    assert builtin_text().isascii()


def test_columns_of_builtin_rules_exist(database: Database) -> None:
    found = {
        (str(relation), str(column))
        for relation, column in database.execute(
            "SELECT n.nspname || '.' || c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {SYSTEM} AND a.attnum > 0"
        )
    }
    for relation, columns in load_rules({"a.yaml": ""}).system.columns.items():
        for column in columns:
            assert (relation, column) in found


def test_a_restricted_role_and_postgresqls_own_relations(database: Database) -> None:
    """Each one is open, closed, or masked by a subquery that runs and keeps every type."""
    snapshot = snapshot_of(database)
    judge = Judge(shipped(), snapshot, "analyst")
    kinds = {Open: 0, Masked: 0, Closed: 0}
    with database.connect() as connection:
        for relation in snapshot.relations.values():
            if relation.schema not in ("pg_catalog", "information_schema") or relation.kind not in "rv":
                continue
            verdict = judge.read(relation.oid)
            kinds[type(verdict)] += 1
            if isinstance(verdict, Masked):
                text = build.protected_subquery(relation, verdict, None)
                types = []
                for source in (
                    f"SELECT * FROM {text} AS x LIMIT 1",
                    f"SELECT * FROM {relation.schema}.{relation.name} LIMIT 1",
                ):
                    cursor = connection.execute(source.encode())
                    assert cursor.pgresult is not None
                    result = cursor.pgresult
                    types.append([(result.fname(n), result.ftype(n), result.fmod(n)) for n in range(result.nfields)])
                assert types[0] == types[1]
    assert kinds[Closed] >= 13
    assert kinds[Masked] >= 20
    assert kinds[Open] > 150


def test_the_shipped_rules_fit_the_shop_of_the_demo(database: Database) -> None:
    database.execute(files("proxy.cli.demo").joinpath("tables.sql").read_text("utf-8"))
    database.execute(ONE_CUSTOMER)
    snapshot, rules = snapshot_of(database), shipped()
    found = check_rules(rules, snapshot)
    assert [one.text for one in found if one.severity != "notice"] == []
    assert ["shop.customer_contacts" in one.text for one in found] == [True]
    judge = Judge(rules, snapshot, "analyst")
    with database.connect() as connection:
        for relation in snapshot.relations.values():
            if relation.schema == "shop" and relation.kind in "rpv":
                verdict = judge.read(relation.oid)
                if isinstance(verdict, Masked):
                    text = build.protected_subquery(relation, verdict, None)
                    connection.execute(f"SELECT * FROM {text} AS x".encode())
        customers = snapshot.relation("shop", "customers")
        assert customers is not None
        verdict = judge.read(customers.oid)
        assert isinstance(verdict, Masked)
        text = build.protected_subquery(customers, verdict, None)
        row = connection.execute(
            f"SELECT name, email, phone, id_card, birth_date::text, profile FROM {text} AS x".encode()
        ).fetchone()
    assert row == (
        *("张**", "l****@*******.com", "138******00", "110*************15", "1990-01-01"),
        {"phone": "138******00", "level": 1},
    )
    partition = snapshot.relation("shop", "browsing_events_1")
    assert partition is not None
    assert isinstance(judge.read(partition.oid), Masked)
    for role, seals in (("shop_app", 1), ("dba", 0)):
        cards = snapshot.relation("shop", "payment_cards")
        assert cards is not None
        verdict_of_cards = Judge(rules, snapshot, role).read(Oid(cards.oid))
        assert isinstance(verdict_of_cards, Open)
        assert len(verdict_of_cards.seals) == seals


ROWS = """
CREATE TABLE r (id int GENERATED ALWAYS AS IDENTITY, a int, b int, t text, f bool, d date);
INSERT INTO r (a, b, t, f, d)
SELECT a, b, t, f, d
  FROM unnest(ARRAY[NULL, 0, 1, 2]) a, unnest(ARRAY[NULL, 1, 2]) b, unnest(ARRAY[NULL, 'xy', 'z']) t,
       unnest(ARRAY[NULL, true, false]) f, unnest(ARRAY[NULL, date '2024-01-01', '2999-01-01']) d;
CREATE SCHEMA evil;
CREATE FUNCTION evil.no(int, int) RETURNS bool LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR evil.= (leftarg = int, rightarg = int, function = evil.no);
"""
ATOMS = (
    "a is null",
    "a is not null",
    "a = 1",
    "a <> 1",
    "a != 2",
    "a < b",
    "a in (1, 2)",
    "a not in (1, b)",
    "a between 1 and b",
    "a not between 0 and 1",
    "t like 'x%'",
    "t not like 'x%'",
    "t ilike 'X_'",
    "t not ilike 'x%'",
    "f",
    "not f",
    "f is true",
    "f is not true",
    "f is false",
    "f is not false",
    "a + 1 > b * 2 - 1",
    "t || 'y' = 'xyy'",
    "a::text = '1'",
    "d >= date '2024-01-01'",
    "d < current_date",
    "t = current_user",
    "not a = 1",
    "not a is null",
    "a - b - 1 = 0",
    "a = 1 is null",
    "f = (a = 1)",
)


def test_row_conditions_mean_what_they_say(database: Database) -> None:
    """Every atom, and AND, OR and NOT over pairs of them, give the same rows as PostgreSQL's own reading."""
    database.execute(ROWS)
    pairs = list(itertools.product(ATOMS, ATOMS))[::7]
    texts = [*ATOMS, *(f"{one} and {other} or not {one}" for one, other in pairs)]
    texts += [f"not ({one} or {other}) and {other}" for one, other in pairs]
    with database.connect() as connection:
        for text in texts:
            written = row_condition(text, "r")
            connection.execute("SET search_path = public")
            (expected,) = connection.execute(f"SELECT array_agg(id ORDER BY id) FROM r WHERE {text}".encode()).fetchone() or (
                0,
            )
            connection.execute("SET search_path = evil, pg_catalog")
            query = f"SELECT array_agg(id ORDER BY id) FROM public.r WHERE ({written}) OFFSET 0"
            assert connection.execute(query.encode()).fetchone() == (expected,), text


@pytest.mark.parametrize("reached", [None, frozenset({"id"}), frozenset[str]()])
def test_the_subquery_stands_for_the_relation(database: Database, reached: frozenset[str] | None) -> None:
    database.execute(
        "CREATE DOMAIN public.mail AS varchar(40) CHECK (VALUE <> '');"
        'CREATE TABLE public.c (id int PRIMARY KEY, "odd ""name" varchar(9) COLLATE "C", gone int, m mail, n numeric(10,2));'
        "ALTER TABLE public.c DROP gone; INSERT INTO public.c VALUES (1, 'a', 'x@y.cn', 1234.5), (2, NULL, NULL, NULL)"
    )
    rules = """
classes: {a: {level: L1}, b: {level: L2}}
relations:
  public.c:
    columns: {id: {class: a}, 'odd "name': {class: b, mask: redact}, m: {class: a}, n: {class: b, mask: {round: 1000}}}
roles:
  r: {logins: [r], sees: {a: open, b: masked}, relations: {public.c: {where: id < 2}}}
"""
    snapshot = snapshot_of(database)
    relation = snapshot.relation("public", "c")
    assert relation is not None
    verdict = Judge(load_rules({"a.yaml": rules}), snapshot, "r").read(relation.oid)
    assert isinstance(verdict, Masked)
    text = build.protected_subquery(relation, verdict, reached)
    rows = database.execute(f"SELECT * FROM {text} AS c")
    shown = {None: (1, "*", "x@y.cn", "1000.00"), frozenset({"id"}): (1, None, None, None)}.get(reached, (None,) * 4)
    assert [tuple(None if v is None else v if isinstance(v, int) else str(v) for v in row) for row in rows] == [shown]
