"""Row conditions: what they become, what is refused (tests/integration/test_rules.py asks a server what they mean)."""

from __future__ import annotations

import pytest

from proxy.sql.condition import row_condition
from tests.unit.sql.test_build import unqualified


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("city = '北京'", "(T.\"city\" OPERATOR(pg_catalog.=) '北京')"),
        ("customers.id in (1, -2)", '((T."id" OPERATOR(pg_catalog.=) 1) OR (T."id" OPERATOR(pg_catalog.=) (-2)))'),
        ("id not in (0)", '(NOT (((T."id" OPERATOR(pg_catalog.=) 0))))'),
        ("id between 1 and 2.5", '((T."id" OPERATOR(pg_catalog.>=) 1) AND (T."id" OPERATOR(pg_catalog.<=) (2.5)))'),
        ("not active", '(NOT (T."active"))'),
        ("active is null", '(T."active" IS NULL)'),
        ("active is not null", '(NOT ((T."active" IS NULL)))'),
        ("active is not true", '(NOT ((T."active" IS TRUE)))'),
        ("active is true", '(T."active" IS TRUE)'),
        ("active is not false", '(NOT ((T."active" IS FALSE)))'),
        ("active is false", '(T."active" IS FALSE)'),
        ("\"City\" not like 'a%'", "(T.\"City\" OPERATOR(pg_catalog.!~~) 'a%')"),
        ("manager = user", '(T."manager" OPERATOR(pg_catalog.=) CURRENT_USER)'),
        ("d >= current_date - 30", '(T."d" OPERATOR(pg_catalog.>=) (CURRENT_DATE OPERATOR(pg_catalog.-) 30))'),
        ("d > date '2024-01-01'", "(T.\"d\" OPERATOR(pg_catalog.>) CAST('2024-01-01' AS pg_catalog.date))"),
        ("a operator(pg_catalog.=) null", '(T."a" OPERATOR(pg_catalog.=) NULL)'),
        ("n = 0 and b or true -- all", '(((T."n" OPERATOR(pg_catalog.=) 0) AND T."b") OR TRUE)'),
    ],
)
def test_row_conditions_are_qualified(text: str, written: str) -> None:
    written = written.replace("T.", '"customers".')
    assert row_condition(text, "customers") == written
    assert unqualified(f'SELECT 1 FROM "s"."customers" WHERE ({written})') == []


REFUSED = (
    "f(x) = 1",
    "exists (select 1)",
    "id in (select 1)",
    "a.b.c = 1",
    "other.id = 1",
    "customers.* is null",
    "id = 1; select 2",
    "true group by a",
    "true for update",
    "true union select 1",
    "id = any(array[1])",
    "x::public.mood = 'a'",
    "x::varchar(3) = 'a'",
    "x::text[] = 'a'",
    "case when a then b end",
    "",
    "(",
    "\ud800",
    "x collate \"C\" = 'a'",
    "x ~ 'a'",
    "a operator(evil.=) 1",
    "a between symmetric 1 and 2",
    "a is distinct from 1",
    "a is unknown",
    "x like 'a' escape 'b'",
    "not (" * 200 + "a" + ")" * 200,
    "id = $1",
    "b = b'1'",
    "n = 0xFFFFFFFFFF",
    "x = interval '1 day'",
    "-x = 1",
    "current_schema = 'x'",
)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_on_the_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="row condition"):
        row_condition(text, "customers")


def test_a_row_condition_names_columns_of_the_relation() -> None:
    assert row_condition("id = 1", "customers", frozenset({"id"}))
    with pytest.raises(ValueError, match="no column of customers"):
        row_condition("idd = 1", "customers", frozenset({"id"}))
