"""Which functions of a real database are safe to list, and whether those that are show a planted value when they run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import psycopg
import pytest
import yaml

from proxy.catalog.functions import load_functions
from proxy.catalog.loader import load
from proxy.cli.embedded import EmbeddedServer
from proxy.policy.check import Finding
from proxy.policy.functions import Executable, check_functions
from proxy.policy.rules import Ruleset, load_rules
from proxy.sql.bodies import Function
from tests.servers import Database, new_database

CANARY = "canary.5b1e@protected.example"
SETUP = f"""
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, email text, city text);
CREATE TABLE shop.orders (id int PRIMARY KEY, customer_id int, total numeric);
INSERT INTO shop.customers VALUES (1, '{CANARY}', 'Kyiv');
INSERT INTO shop.orders VALUES (10, 1, 7.5);
SET search_path = shop;
CREATE FUNCTION safe_tax(numeric DEFAULT 1) RETURNS numeric LANGUAGE sql AS 'SELECT $1 * 0.13';
CREATE FUNCTION safe_sum() RETURNS numeric SET search_path = shop, pg_temp LANGUAGE sql AS 'SELECT sum(total) FROM orders';
CREATE FUNCTION safe_city() RETURNS SETOF text LANGUAGE sql AS 'SELECT city FROM shop.customers WHERE id = 1';
CREATE FUNCTION safe_bound() RETURNS numeric LANGUAGE sql RETURN (SELECT max(total) FROM orders);
CREATE FUNCTION safe_atomic() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT id FROM orders; END;
CREATE FUNCTION safe_loop(OUT n int, VARIADIC list int[] DEFAULT '{{}}') LANGUAGE plpgsql AS $$
  DECLARE o shop.orders%ROWTYPE; t shop.orders.total%TYPE;
  BEGIN n := 0; FOR o IN SELECT * FROM shop.orders LOOP n := n + o.id; t := safe_tax(o.total); END LOOP; END $$;
CREATE FUNCTION safe_rows() RETURNS TABLE (id int, total numeric) LANGUAGE plpgsql AS $$
  BEGIN RETURN QUERY SELECT o.id, o.total FROM shop.orders AS o; id := 1; RETURN NEXT; END $$;
CREATE FUNCTION safe_void() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM 1; RETURN; END';
CREATE FUNCTION safe_row(orders DEFAULT NULL) RETURNS shop.orders LANGUAGE plpgsql AS 'BEGIN $1.id := 2; RETURN $1; END';
CREATE AGGREGATE safe_total(numeric) (sfunc = numeric_add, stype = numeric, initcond = 0);
CREATE FUNCTION safe_owner() RETURNS bigint SECURITY DEFINER SET search_path = shop LANGUAGE sql AS 'SELECT count(*) FROM orders';
CREATE FUNCTION safe_empty() RETURNS bigint SECURITY DEFINER SET search_path = '' LANGUAGE sql
  AS 'SELECT count(id) FROM shop.customers';
CREATE FUNCTION leak_sql() RETURNS text LANGUAGE sql AS 'SELECT email FROM shop.customers LIMIT 1';
CREATE FUNCTION leak_bound() RETURNS text LANGUAGE sql RETURN (SELECT email FROM customers LIMIT 1);
CREATE FUNCTION leak_row() RETURNS SETOF customers LANGUAGE sql STABLE AS 'SELECT c FROM shop.customers AS c';
CREATE FUNCTION leak_declared() RETURNS text LANGUAGE plpgsql AS $$
  DECLARE x shop.customers.email%TYPE := (SELECT email FROM shop.customers LIMIT 1); BEGIN RETURN x; END $$;
CREATE FUNCTION leak_dynamic() RETURNS text LANGUAGE plpgsql AS $$
  DECLARE x text; BEGIN EXECUTE 'SELECT em' || 'ail FROM shop.cust' || 'omers' INTO x; RETURN x; END $$;
CREATE FUNCTION leak_called() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN shop.leak_sql(); END';
CREATE FUNCTION leak_default(text DEFAULT leak_sql()) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION leak_of(orders DEFAULT NULL) RETURNS text LANGUAGE sql AS 'SELECT email FROM shop.customers';
CREATE FUNCTION leak_attribute() RETURNS text SET search_path = shop LANGUAGE sql AS 'SELECT o.leak_of FROM shop.orders AS o';
CREATE FUNCTION leak_error() RETURNS int LANGUAGE plpgsql AS $$
  BEGIN RETURN (SELECT email::int FROM shop.customers); END $$;
CREATE FUNCTION other_c(text) RETURNS text LANGUAGE internal AS 'upper';
CREATE FUNCTION other_path() RETURNS int SECURITY DEFINER SET search_path = "$user", shop LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION other_odd_path() RETURNS int SECURITY DEFINER SET search_path = 'a', '' LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION other_write() RETURNS int LANGUAGE sql AS 'DELETE FROM shop.orders WHERE false RETURNING 1';
CREATE FUNCTION other_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION other_hidden() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE other_procedure() LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION other_hidden() FROM PUBLIC;
"""
OTHER = {
    "other_c": "language internal cannot be read",
    "other_path": "it is SECURITY DEFINER without a search_path of its own",
    "other_odd_path": "it is SECURITY DEFINER without a search_path of its own",
    "other_write": "it runs DELETE, whose effects are not read",
}
RULES = """
classes: {{key: {{level: L1}}, basic: {{level: L4}}}}
relations:
  shop.customers:
    columns: {{id: {{class: key}}, city: {{class: key}}, email: {{class: basic, mask: redact}}}}
roles:
  analyst: {{logins: ['{login}'], sees: {{key: open, basic: masked}}, functions: [shop.safe_sum, shop.leak_sql]}}
  app: {{logins: [app], sees: {{'*': open}}}}
"""


@pytest.fixture(scope="module")
def place(server: EmbeddedServer) -> Iterator[tuple[Database, str]]:
    """A database with functions, and a login that may call them."""
    database = new_database(server)
    try:
        database.execute(SETUP)
        ana = database.role("ana")
        database.execute(f"GRANT USAGE ON SCHEMA shop TO {ana}; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {ana}")
        yield database, ana
    finally:
        database.drop()


async def _findings(database: Database, ruleset: Ruleset, login: str) -> tuple[list[Finding], list[Function]]:
    snapshot = await load(database.dsn(), version=1)
    connection = await asyncpg.connect(database.dsn())
    try:
        loaded = await load_functions(connection, (), [login])
    finally:
        await connection.close()
    return check_functions(ruleset, snapshot, [Executable(f, who) for f, who in loaded]), [f for f, _ in loaded]


def test_check_tells_safe_functions_from_others_and_safe_ones_show_nothing(place: tuple[Database, str]) -> None:
    database, ana = place
    found, functions = asyncio.run(_findings(database, load_rules({"a.yaml": RULES.format(login=ana)}), ana))
    names = [f.name for f in functions]
    said = {one.text for one in found}
    (proposed,) = [one for one in found if one.proposal]
    safe = sorted(name for name in names if name.startswith("safe_"))
    listing = yaml.safe_load(proposed.proposal)["roles"]["analyst"]["functions"]
    assert listing == sorted(["shop.leak_sql", *(f"shop.{name}" for name in safe)])
    listed = [one for one in found if " is safe to list" in one.text or " is not safe to list" in one.text]
    assert {(one.severity, one.text.split(": ", 1)[1]) for one in listed} == {
        ("notice", "shop.safe_sum is safe to list: it reads nothing protected"),
        ("warning", "shop.leak_sql is not safe to list: it reads shop.customers (email): its result shows raw values"),
    }
    for name in names:
        if name.startswith("leak_") and name != "leak_sql":
            assert any(text.startswith(f"shop.{name}: not safe to list under `functions` of analyst: ") for text in said), name
    for name, reason in OTHER.items():
        assert f"shop.{name}: not safe to list under `functions` of analyst: {reason}" in said
    assert not [text for text in said if "other_trigger" in text or "other_hidden" in text or "other_procedure" in text]
    with database.connect(ana) as session:
        for name in (n for n in names if n.startswith(("safe_", "leak_"))):
            argument = "1" if name == "safe_total" else ""
            try:
                answer = str(session.execute(f"SELECT * FROM shop.{name}({argument})".encode()).fetchall())
            except psycopg.Error as error:
                answer = str(error)
            assert (CANARY in answer) == name.startswith("leak_"), f"{name}: {answer}"
