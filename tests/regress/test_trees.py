"""The comparison of trees forgives what masking changes, and nothing else: every pair below differs in one thing."""

from __future__ import annotations

import pytest

from proxy.plan import Plan
from tests import world
from tests.regress.trees import differences

PLANNER = world.planner("analyst")


def compared(before: str, after: str) -> list[str]:
    return differences(before.encode(), after.encode(), PLANNER.snapshot, PLANNER.judge.read)


def planned(text: str) -> str:
    plan = PLANNER.plan(text, path=world.PATH)
    assert isinstance(plan, Plan)
    return plan.text.decode()


SAME = (
    "SELECT name FROM customers",
    "SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE lower(c.email) LIKE 'a%'",
    "SELECT b FROM ONLY customers AS x(a, b) TABLESAMPLE SYSTEM (10) REPEATABLE (1)",
    "SELECT shop.customers.name FROM shop.customers",
    "SELECT c.id, c.name, count(*) FROM customers c GROUP BY c.id",
    "WITH customers AS (SELECT 1 AS id) SELECT id FROM customers",
    "TABLE customers",
    "SELECT *, c, c.* FROM customers c",
    "SELECT ctid, * FROM customers",
    "INSERT INTO orders (id) SELECT id FROM customers RETURNING *",
    "UPDATE customers SET city = 'x' WHERE id = 1 RETURNING *, name AS n, city",
    "DELETE FROM customers c USING orders o WHERE o.customer_id = c.id RETURNING c.*, o.*",
    "DELETE FROM customers USING evil.orders o WHERE o.id = customers.id RETURNING o.total, customers.city",
    "MERGE INTO customers USING orders ON customers.id = orders.id WHEN MATCHED THEN UPDATE SET city = '' RETURNING *",
    "DECLARE k CURSOR FOR SELECT name FROM customers FOR UPDATE OF customers",
    "SELECT name INTO TEMP kept FROM customers",
    "SET CONSTRAINTS shop.customers DEFERRED",
)


@pytest.mark.parametrize("text", SAME)
def test_what_the_planner_does_is_forgiven(text: str) -> None:
    assert compared(text, planned(text)) == []


SPOILED = {
    "another constant": ("SELECT name FROM customers WHERE id = 1", "id = 1", "id = 2"),
    "a lost WHERE": ("SELECT name FROM customers WHERE id = 1", " WHERE id = 1", ""),
    "a raw column": (
        "SELECT name FROM customers",
        "pg_catalog.left(\"customers\".\"name\", 0) OPERATOR(pg_catalog.||) CAST('***' AS pg_catalog.text) AS \"name\"",
        '"customers"."name" AS "name"',
    ),
    "a raw column under a cast": (
        "SELECT name FROM customers",
        "pg_catalog.left(\"customers\".\"name\", 0) OPERATOR(pg_catalog.||) CAST('***' AS pg_catalog.text) AS \"name\"",
        'CAST("customers"."name" AS pg_catalog.text) AS "name"',
    ),
    "a raw column in the row": ("SELECT c FROM customers c", "CAST(NULL AS pg_catalog.date), ", '"customers"."birth_date", '),
    "a column too many": ("SELECT name FROM customers", ' AS "city"', ' AS "city", "customers"."email" AS "x"'),
    "a filter of its own": ("SELECT name FROM customers", '"shop"."customers")', '"shop"."customers" WHERE id > 1)'),
    "another alias": ("SELECT c.name FROM customers c", ") c", ") d"),
    "the subquery of another relation": ("SELECT id FROM customers", 'FROM "shop"."customers"', 'FROM "shop"."orders"'),
    "ONLY lost": ("SELECT id FROM ONLY customers", "FROM ONLY", "FROM"),
    "the sample lost": ("SELECT id FROM customers TABLESAMPLE SYSTEM (10)", " TABLESAMPLE SYSTEM (10)", ""),
    "an operator": ("SELECT id FROM orders WHERE total > 1", ">", ">="),
    "another function": ("SELECT lower(status) FROM orders", "lower", "upper"),
    "a function of another schema": ("SELECT lower(status) FROM orders", "pg_catalog.lower", "evil.lower"),
    "a relation of another schema": ("SELECT id FROM shop.orders", "shop", "evil"),
    "a relation left unqualified": ("SELECT id FROM orders", '"shop"."orders"', "orders"),
    "an expression in GROUP BY": ("SELECT id, name FROM customers GROUP BY id", "GROUP BY ", "GROUP BY lower(name), "),
    "another order": ("SELECT id FROM orders ORDER BY id", "BY id", "BY id DESC"),
    "a further statement": ("SELECT id FROM orders", "SELECT", "SELECT 1; SELECT"),
    "another parameter": ("SELECT id FROM orders WHERE id = $1", "$1", "$2"),
    "a star written out in part": ("SELECT *, c FROM customers c", '"c"."city", ', ""),
    "a further column shown": ("SELECT *, ctid FROM customers", ', ctid', ', "customers"."ctid", ctid'),
    "a hidden column in RETURNING": (
        "UPDATE customers SET city = 'x' RETURNING birth_date", 'CAST(NULL AS pg_catalog.date)', '"customers"."birth_date"',
    ),
    "a hidden column of the target, qualified": (
        "UPDATE customers c SET city = 'x' RETURNING c.birth_date", 'CAST(NULL AS pg_catalog.date)', 'c."birth_date"',
    ),
    "another column set": ("UPDATE customers SET city = 'x'", "SET city", "SET id"),
    "a star in RETURNING": ("DELETE FROM orders RETURNING id", "RETURNING id", "RETURNING *"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "what", "instead"), [pytest.param(*case, id=title) for title, case in SPOILED.items()])
def test_anything_else_is_found(text: str, what: str, instead: str) -> None:
    after = planned(text)
    assert what in after
    assert compared(text, after) == []
    assert compared(text, after.replace(what, instead)) != []


@pytest.mark.parametrize("text", ["SELECT name FROM customers", "SELECT name FROM shop.customers", "SELECT 1 FROM shop.old_cards"])
def test_a_protected_relation_in_the_open_is_found(text: str) -> None:
    assert compared(text, text) != []


def test_a_star_of_hidden_columns_in_returning_is_found() -> None:
    text = "DELETE FROM shop.customers RETURNING *"
    assert compared(text, text) != []
