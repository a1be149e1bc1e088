"""Where literals stand is what PostgreSQL's scanner says; a plan from a template is the plan from scratch.

`MASKGATE_SOAK=1` looks at every statement of the corpora for every caller, many times.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgast import pg_query_pb2 as pb

from proxy.errors import ProxyError, Unproven
from proxy.plan import LONG_TEXT, Miss, Plan
from proxy.planner import Planner
from proxy.planner import templates as planner_templates
from proxy.planner.restricted import Restricted
from proxy.sql import literals as sql_literals
from proxy.sql.firewall import Firewall
from proxy.sql.parse import Statement, node_of, parse
from tests import world
from tests.fuzz.corpus import seeds
from tests.fuzz.mutate import CHOICE_BYTES, Mutator
from tests.leak.generator import Generator
from tests.templates import check_cut, compared, eager, varied

IS_SOAK = bool(os.environ.get("MASKGATE_SOAK"))
ROLES = ("analyst", "writer", "limited", "app", "dba")
PATHS = (world.PATH, world.PATH, ("shop", "pg_catalog"), ("pg_catalog",))

# --- where literals stand

_PIECES = (
    "a", "e", "E", "b", "x", "N", "u", "U", "_", "é", "a1", "$", "$1", "$12", "$a$", "$$", "0", "1", "12", "2147483647", "2147483648", ".",
    "..", "1.", ".5", "1.5", "1e5", "1e", "e5", "e+", "0x1F", "1_000", "'", "''", "'''", "'a'", "'a''b'", "'\\'", '"', '""', '"a"', '"\'"',
    "&", "u&'a'", "E'\\'", "-", "--", "/", "/*", "*/", "*", "+", "<", ">=", "@", "::", ":", "=", "(", ")", "[", ",", ";", " ", "\n", "\t", "\r",
    "\v", "\f", "\x00", "\x01", "\x03", "\x7f", "\\", "\u00a0", "\u2028", "姓", "😀", "٣", "{", "`", "?", "UESCAPE", "SELECT", "IN",
)  # fmt: skip


@given(text=st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
@settings(max_examples=100_000 if IS_SOAK else 3_000, deadline=None)
def test_literals_stand_where_the_scanner_finds_them(text: str) -> None:
    check_cut(text)


def test_so_they_do_in_what_people_write() -> None:
    told = [check_cut(b"".join(pieces).decode("utf-8", "replace")) for pieces in seeds()]
    assert sum(told) > 0.95 * len(told)


def test_so_they_do_in_mutants() -> None:
    mutator = Mutator(Random(secrets.randbelow(2**31)), seeds())
    told = [check_cut(mutator.case()[CHOICE_BYTES:].decode("utf-8", "replace")) for _ in range(60_000 if IS_SOAK else 1_500)]
    assert sum(told) > len(told) / 2


CANNOT_BE_TOLD = (
    "SELECT 0 LIMIT.101", "SELECT $1.5", "SELECT a.5",
    "SELECT E'a'", "SELECT U&'a'", 'SELECT U&"a", 1', "SELECT B'1'", "SELECT X'1'", "SELECT N'a'", "SELECT $$a$$", "SELECT $q$'$q$",
    "SELECT 'a'\n'b'", "SELECT 'a' -- c\n 'b'", "SELECT 'a", 'SELECT "a', "SELECT 1 /* a", "SELECT /* a /* b */ */ 1", "SELECT 1a", "SELECT 0x1F",
    "SELECT 1_000", "SELECT 1..2", "SELECT 1.5.5", "SELECT $1a", "SELECT a$1", "SELECT \\ 1", "SELECT\v1", "SELECT 'a\x00b'", "SELECT 1\x01",
    'SELECT "\x01", 1', "SELECT 1 -- \x02", "SELECT IN'x'", "SELECT 1e", "SELECT u&'a'",
)  # fmt: skip


@pytest.mark.parametrize("text", CANNOT_BE_TOLD)
def test_what_is_not_surely_known_is_left_to_the_scanner(text: str) -> None:
    assert sql_literals.cut(text) is None


def test_a_long_text_is_cut_in_time() -> None:
    """No text is read twice: a quadratic expression would take minutes."""
    for piece in ("'", "''", "a", "1", "1.", "-", "/", "/*", "*/", "/* ", "'a' ", "'a'--\n", "$1", '"', "e'", " ", "\n", "1e", ".1", "é1"):
        sql_literals.cut(piece * 300_000)
        sql_literals.cut(piece * 300_000 + "'\x00")


# --- which are free

# Each literal's fate in order: f(ree) or k(ept in the key), for callers whose statements are judged.
FATES = {
    "SELECT a FROM t WHERE b = 1": "f",
    "SELECT a FROM t WHERE b = -1 AND c < - 1.5 AND d > -'1'": "fff",
    "SELECT a FROM t WHERE b = - -1": "k",
    "SELECT a FROM t WHERE b IN (1, 2, 'x') OR c NOT IN ('y')": "ffff",
    "SELECT a FROM t WHERE b BETWEEN 1 AND 2 OR c LIKE 'a%' OR c NOT ILIKE 'b' OR d ~ '^x'": "fffff",
    "SELECT a FROM t WHERE b IS DISTINCT FROM 'x' AND 5 = ANY (c) AND b = ALL ('{1,2}')": "fff",
    "SELECT a FROM t LIMIT 10 OFFSET 20": "ff",
    "SELECT a FROM t FETCH FIRST 10 ROWS ONLY": "f",
    "INSERT INTO t (a, b) VALUES (1, 'x'), (-2, DEFAULT) ON CONFLICT (a) DO UPDATE SET b = 'y' WHERE t.a > 3": "fffff",
    "UPDATE t SET a = 1, b = 'x' WHERE c = 'y' RETURNING a + 1": "ffff",
    "DELETE FROM t WHERE a = 1": "f",
    "MERGE INTO t USING s ON t.a = s.a AND s.b = 1 WHEN MATCHED AND t.c = 2 THEN UPDATE SET b = 3 WHEN NOT MATCHED THEN INSERT VALUES (4, 'x')": "fffff",
    "SELECT CASE WHEN a = 1 THEN 'x' ELSE 'y' END, CASE a WHEN 2 THEN 3 END FROM t": "fffff",
    "SELECT coalesce(a, 'x'), greatest(b, 1), nullif(c, ''), lower('X'), pg_catalog.round(d, 2) FROM t": "fffff",
    "SELECT a FROM t WHERE b = '2024-01-01'::date AND c = CAST('1' AS numeric(10,2)) AND d = '5'::int::text": "ffkkf",
    "BEGIN; UPDATE t SET a = 1; COMMIT": "f",
    "VALUES (1, 'x'), (2, 'y')": "ffff",
    # constants that are not values
    "SELECT 1, 'x' FROM t": "kk",
    "SELECT a FROM t ORDER BY 1": "k",
    "SELECT a, count(*) FROM t GROUP BY 1": "k",
    "SELECT DISTINCT ON (1) a FROM t": "k",
    "SELECT a FROM t UNION SELECT b FROM s ORDER BY 1 LIMIT 5": "kf",
    "SELECT a::varchar(10), b::numeric(5, 2), CAST(c AS char(3)), d::float(24) FROM t": "kkkkk",
    "SELECT a FROM t WHERE b > INTERVAL '1' DAY OR b > interval '1 day' OR b > INTERVAL(3) '1'": "kkkk",
    "SELECT a FROM t WHERE b > date '2024-01-01' OR c = text 'x' OR d > timestamp(3) '2024-01-01'": "kkkk",
    "SELECT a FROM t WHERE b = 'customers'::regclass OR c = 'x'::shop.status OR d = '{a}'::text[] OR e = '1 day'::interval": "kkkk",
    "SELECT a FROM t WHERE extract('year' FROM b) = 2024 AND extract(month FROM b) = 1": "kff",
    "SELECT a->'k', a->>'k', a#>'{k}', a#>>'{k}', a@?'$.k', a@@'$.k', a?'k', a@>'{}', a['k'] FROM t": "kkkkkkkkk",
    "SELECT json_value(a, '$.k' RETURNING text DEFAULT 'x' ON EMPTY) FROM t": "kk",
    "SELECT x FROM t, json_table(a, '$[*]' COLUMNS (x int PATH '$.k')) j": "kk",
    "SELECT a FROM t TABLESAMPLE system (10) REPEATABLE (5)": "kk",
    "SELECT nextval('s'), to_regclass('t'), current_setting('app.x'), set_config('jit', 'off', false), pg_relation_size('t')": "kkkkkk",
    "SELECT has_table_privilege('t', 'select'), shop.tax(5), evil.lower('x'), date_trunc('day', a), generate_series(1, 10)": "kkkkkkk",
    "SELECT current_setting(pg_catalog.replace(a, '.', '?')), current_setting('a' || lower('b')), f(a = 1), f((SELECT 1 LIMIT 2))": "kkkkkkk",
    "SELECT count(1), sum(CASE WHEN a = 1 THEN 2 END) FILTER (WHERE b = 3), string_agg(c, ',' ORDER BY d = 4) FROM t": "ffffff",
    "SELECT a AT TIME ZONE 'UTC', a LIKE 'x' ESCAPE '!', a SIMILAR TO 'x', a COLLATE \"C\" = 'x' FROM t": "kkkkf",
    "SELECT to_tsvector('english', a) @@ to_tsquery('simple', 'x'), timezone('UTC', a) FROM t": "kkkk",
    "SELECT ARRAY[1, 2], a[1], a[1:2], ROW(1, 'x') FROM t WHERE (a, b) = (1, 2)": "kkkkkkkkk",
    "SELECT sum(a) OVER (ORDER BY b ROWS 5 PRECEDING), percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t": "kk",
    "UPDATE t SET a[1] = 2, (b, c) = (3, 4)": "kfkk",
    "SELECT a OPERATOR(evil.=) 1, a OPERATOR(pg_catalog.=) 1 FROM t": "kf",
    "SELECT a FROM t WHERE 'x' AND NOT 'y'": "kk",
    "SELECT a FROM t WHERE b = ++++++++++++++++1": "k",
    "INSERT INTO t SELECT 1, a FROM s": "k",
    # statements of other kinds
    "SET work_mem = '8MB'": "k",
    "SET a.b = 'x'; SELECT a FROM t WHERE b = 1": "kk",
    "EXPLAIN SELECT a FROM t WHERE b = 1": "k",
    "PREPARE p AS SELECT a FROM t WHERE b = 1": "k",
    "EXECUTE p (1, 'x')": "kk",
    "DECLARE c CURSOR FOR SELECT a FROM t WHERE b = 1": "k",
    "COPY (SELECT a FROM t WHERE b = 1) TO STDOUT WITH (DELIMITER ';')": "kk",
    "CREATE TEMP TABLE x AS SELECT a FROM t WHERE b = 1": "k",
    "SELECT a INTO TEMP x FROM t WHERE b = 1": "k",
    "NOTIFY news, 'x'": "k",
}


@pytest.mark.parametrize(("text", "fates"), FATES.items(), ids=FATES)
def test_a_literal_is_free_only_where_it_is_a_value(text: str, fates: str) -> None:
    cut = sql_literals.cut(text)
    assert cut is not None
    free = sql_literals.free(parse(text.encode()), *cut, anywhere=False)
    assert "".join("f" if index in free else "k" for index in range(len(cut[1]))) == fates


def test_for_the_log_alone_every_constant_is_free() -> None:
    for text, fates in {"SELECT 1, f('x'), a::varchar(3) FROM t ORDER BY 1": "ffff", "SET a = 1": "k", "SELECT a::float(3), - -1": "kk"}.items():
        cut = sql_literals.cut(text)
        assert cut is not None
        free = sql_literals.free(parse(text.encode()), *cut, anywhere=True)
        assert "".join("f" if index in free else "k" for index in range(len(cut[1]))) == fates


def test_a_constant_that_stands_twice_is_not_free() -> None:
    """One source for two columns: the tree has it twice."""
    cut = sql_literals.cut("UPDATE t SET (a, b) = (1, 2)")
    assert cut is not None
    assert sql_literals.free(parse(b"UPDATE t SET (a, b) = (1, 2)"), *cut, anywhere=True) == ()


def test_literals_the_scanner_finds_elsewhere_are_not_free() -> None:
    """The belt to the expression's braces."""
    statement = parse(b"SELECT a FROM t WHERE b = 1")
    assert sql_literals.free(statement, "SELECT a FROM t WHERE b = \x01", ["12"], anywhere=True) == ()
    assert sql_literals.free(statement, "SELECT a FROM t WHERE b = \x02", ["1"], anywhere=True) == ()
    assert sql_literals.free(statement, "SELECT a FROM t WHERE b = \x01", ["1"], anywhere=True) == (0,)


# --- what a template makes


def _surroundings(random: Random) -> dict[str, object]:
    return {
        "path": random.choice(PATHS),
        "in_prepare": random.random() < 0.1,
        "after_miss": random.random() < 0.8,
        "temporary": random.choice((frozenset(), frozenset(), frozenset({"mine", "t", "orders"}))),
        "param_oids": random.choice(((), (), (25,), (20, 25))),
    }


def _check(texts: Sequence[str], random: Random, variants: int, *, every_role: bool = IS_SOAK) -> int:
    """Each text, and with other literals. Answers how many plans came from templates."""
    planners = {role: eager(world.planner(role, random.choice((150018, 180004)))) for role in ROLES}
    for text in texts:
        for role in random.sample(ROLES, len(ROLES) if every_role else 1):
            surroundings = _surroundings(random)
            for one in (text, *(varied(text, random) for _ in range(variants))):
                if len(one) > LONG_TEXT:
                    continue
                told = compared(planners[role], one, **surroundings)
                assert not told, f"{role}, {surroundings}: {one!r} after {text!r}: {told}"
    assert [p.templates.disproved for p in planners.values()] == [0] * len(planners)
    used = {role: p.templates.used for role, p in planners.items()}
    print(used)
    return sum(used.values())


# What is decided, or written, by the value of a literal today, or could be.
TRAPS = (
    "SELECT id, card_no FROM payment_cards ORDER BY 1", "SELECT card_no, id FROM payment_cards GROUP BY 1, 2 ORDER BY 2 LIMIT 1",
    "SELECT DISTINCT ON (1) card_no, note FROM payment_cards", "SELECT id, note, count(*) FROM payment_cards GROUP BY 2, 1 HAVING count(*) > 1",
    "SELECT card_no FROM payment_cards UNION SELECT card_no FROM payment_cards ORDER BY 1 LIMIT 1",
    "VALUES (1, 'a'), (2, 'b') ORDER BY 1", "SELECT id, name FROM customers GROUP BY 1 ORDER BY 1, 2",
    "SELECT id FROM payment_cards WHERE card_no = '4111' AND id = 1", "SELECT id FROM payment_cards WHERE card_no IN ('1', '2') LIMIT 1",
    "INSERT INTO payment_cards (id, card_no) VALUES (1, 'x'), (2, NULL)", "UPDATE payment_cards SET card_no = 'x', id = 1 WHERE id = 2",
    "INSERT INTO payment_cards (id, card_no) SELECT a, b FROM (VALUES (1, 'x')) v (a, b) WHERE a > 1",
    "SELECT card_no FROM payment_cards WHERE id = 1 AND card_no IS NOT NULL", "SELECT coalesce(card_no, 'x') FROM payment_cards",
    "SELECT current_setting('jit'), current_setting('app.tenant', true) FROM orders WHERE id = 1", "SELECT set_config('jit', 'off', false), 1",
    "SELECT current_setting(pg_catalog.replace(status, '.', '?')) FROM orders WHERE id = 1", "SELECT current_setting('a' || 'b.c')",
    "SELECT name FROM customers WHERE name = 'pg_catalog' AND city <> 'x'", "SELECT email FROM customers WHERE email = 'unnest' LIMIT 1",
    "SELECT id::float(24), name::varchar(3) FROM customers WHERE id = 1", "SELECT extract('year' FROM birth_date) FROM customers WHERE id = 1",
    "SELECT id FROM customers TABLESAMPLE system (10) REPEATABLE (1) WHERE id = 1", "SELECT name FROM customers FETCH FIRST 1 ROW ONLY",
    "SELECT profile->'phone', profile #>> '{phone}', jsonb_path_query(profile, '$.phone') FROM customers WHERE id = 1",
    "SELECT id FROM customers WHERE tableoid = 'customers'::regclass AND id = 1", "SELECT relname FROM pg_class WHERE oid = 'customers'::regclass AND relkind = 'r'",
    "SELECT INTERVAL '1' DAY, INTERVAL(3) '1', date '2024-01-01', timestamp(3) '2024-01-01' FROM orders WHERE id = 1",
    "SELECT (id, name) = (1, 'x'), ARRAY[1, 2], c.tags[1] FROM customers c WHERE id = 1", "UPDATE orders SET (status, total) = ('x', 1) WHERE id = 2",
    "SELECT - -1, +1, - 1.5, -id, id - -1 FROM customers WHERE - id < -1", "SELECT 'x' AS \"a'1\", 1 /* '2' */ FROM orders -- 3\nWHERE id = 4",
    "SELECT json_value('{\"a\": 1}', '$.a' RETURNING int DEFAULT 1 ON EMPTY) FROM orders WHERE id = 1", "DELETE FROM orders WHERE id = 1 AND 't'",
    "INSERT INTO customers (id, email) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET city = 'y' WHERE customers.id > 1 RETURNING email, 1",
    "MERGE INTO orders o USING customers c ON c.id = o.id AND c.id = 1 WHEN MATCHED AND o.id > 2 THEN UPDATE SET status = 'x' WHEN NOT MATCHED THEN INSERT (id, status) VALUES (3, 'y')",
    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT r.n, c.email FROM r JOIN customers c ON c.id = r.n LIMIT 1",
    "SET search_path = 'shop'; SELECT id FROM orders WHERE id = 1", "BEGIN; UPDATE orders SET total = 1 WHERE id = 2; COMMIT",
    "SELECT nextval('s'), to_regclass('shop.customers'), has_table_privilege('shop.customers', 'select'), pg_relation_size('orders')",
    "SELECT sum(total) OVER (ORDER BY id ROWS 1 PRECEDING) FROM orders WHERE status LIKE 'x%' ESCAPE '!' AND id = 1",
)  # fmt: skip


def test_what_a_value_could_decide_is_planned_alike() -> None:
    seed = secrets.randbelow(2**31)
    print(f"seed {seed}")
    assert _check(TRAPS, Random(seed), 100 if IS_SOAK else 10, every_role=True) > 200


def test_the_statements_of_the_corpora_are_planned_alike() -> None:
    seed = secrets.randbelow(2**31)
    print(f"seed {seed}")
    random = Random(seed)
    texts = [b"".join(pieces).decode("utf-8", "replace") for pieces in seeds()]
    if not IS_SOAK:
        texts = random.sample(texts, 900)
    assert _check(texts, random, 5 if IS_SOAK else 3) > 100


def test_random_statements_are_planned_alike() -> None:
    """Of the generator of the oracles, and mutants of what people write."""
    seed = secrets.randbelow(2**31)
    print(f"seed {seed}")
    random = Random(seed)
    times = 8 if IS_SOAK else 1
    texts = [Generator(random.randrange(10**6), 18, writes=True).statement().text for _ in range(250 * times)]
    mutator = Mutator(random, seeds())
    texts += [mutator.case()[CHOICE_BYTES:].decode("utf-8", "replace") for _ in range(250 * times)]
    assert _check(texts, random, 3) > 50


USED = {
    "dba": (
        "SELECT abalance FROM pgbench_accounts WHERE aid = {};",
        "UPDATE pgbench_accounts SET abalance = abalance + {} WHERE aid = {};",
        "UPDATE pgbench_tellers SET tbalance = tbalance + -{} WHERE tid = {};",
        "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ({}, {}, {}, -{}, CURRENT_TIMESTAMP);",
        "SELECT now(), f('{}'), {}",
    ),
    "app": (
        "SELECT abalance FROM pgbench_accounts WHERE aid = {};",
        "INSERT INTO orders (id, status) VALUES ({}, 'a{}'), ({}, NULL) RETURNING id",
        "SELECT card_no, brand FROM payment_cards WHERE id = {} LIMIT {}",
        "SELECT c.name, lower('X{}') = name FROM customers c WHERE c.id IN ({}, {}, 3)",
    ),
    "analyst": (
        "SELECT name, email FROM customers WHERE id = {}",
        "SELECT name FROM shop.customers c WHERE c.city LIKE '{}%' AND birth_date > '{}'::date ORDER BY 1 LIMIT {} OFFSET {}",
        "SELECT id FROM customers WHERE id IN ({}, {}, {}) OR name = '姓{}'",
        "SELECT count(*) FROM orders o JOIN customers USING (id) WHERE o.total BETWEEN {} AND {}.5 GROUP BY customers.id",
        "INSERT INTO orders (id, status) VALUES ({}, 'a{}'), ({}, NULL) RETURNING *",
        "UPDATE orders SET status = 'x{}' WHERE id = -{} RETURNING id",
        "SELECT CASE WHEN id > {} THEN 'a{}' ELSE email END FROM customers -- {}",
        "SELECT name FROM customers WHERE id = {}; SELECT count(*) FROM customers WHERE email = 'x{}'",
    ),
}


@pytest.mark.parametrize(("role", "form"), [(role, form) for role, forms in USED.items() for form in forms])
def test_a_template_is_used(role: str, form: str) -> None:
    planner = world.planner(role)
    head, comment, tail = form.partition("--")

    def text(number: int) -> str:
        parts = head.split("{}")
        return "".join(f"{part}{number + index}" for index, part in enumerate(parts[:-1])) + parts[-1] + comment + tail

    for number in (10, 200):  # the second of a shape makes the template
        assert not compared(planner, text(number), path=world.PATH, after_miss=True)
        assert planner.templates.used == 0
    for used, number in enumerate((1, 3000, 2147483600), start=1):
        assert not compared(planner, text(number), path=world.PATH, after_miss=True)
        assert (planner.templates.used, len(planner.templates)) == (used, 1)
    assert planner.templates.disproved == 0


# Texts in which one literal is not free: each value is planned by itself.
NOT_USED = {
    "ordinal": "SELECT id, name FROM customers WHERE id = 1 ORDER BY {}",
    "grouped ordinal": "SELECT id, count(*) FROM orders WHERE id = 1 GROUP BY {}",
    "typmod": "SELECT name::varchar({}) FROM customers WHERE id = 1",
    "interval": "SELECT id FROM orders WHERE id = 1 AND now() > now() - INTERVAL '{}' DAY",
    "prefixed type": "SELECT id FROM customers WHERE id = 1 AND birth_date > date '200{}-01-01'",
    "regclass": "SELECT id FROM orders WHERE id = 1 AND tableoid = 't{}'::regclass",
    "text search": "SELECT id FROM orders WHERE id = 1 AND to_tsvector('simple', status) @@ 'a{}'",
    "json path": "SELECT profile #>> '{{a,{}}}' FROM customers WHERE id = 1",
    "setting that looks harmless": "SELECT current_setting(pg_catalog.replace(status, '.', '?{}')) FROM orders WHERE id = 1",
    "json key": "SELECT profile -> 'k{}' FROM customers WHERE id = 1",
    "time zone": "SELECT now() AT TIME ZONE 'Etc/GMT+{}' FROM orders WHERE id = 1",
    "escape": "SELECT id FROM orders WHERE status LIKE 'x' ESCAPE '{}' AND id = 1",
    "sample": "SELECT id FROM customers TABLESAMPLE system ({}) WHERE id = 1",
    "setting": "SELECT current_setting('jit{}', true) FROM orders WHERE id = 1",
    "user function": "SELECT shop.tax({}) FROM orders WHERE id = 1",
    "a function not listed": "SELECT repeat('x', {}) FROM orders WHERE id = 1",
    "output": "SELECT {} FROM orders WHERE id = 1",
    "array": "SELECT id FROM orders WHERE id = ANY (ARRAY[{}]) AND id = 1",
    "subscript": "SELECT (ARRAY[id])[{}] FROM orders WHERE id = 1",
    "frame": "SELECT sum(id) OVER (ORDER BY id ROWS {} PRECEDING) FROM orders WHERE id = 1",
}


@pytest.mark.parametrize("name", NOT_USED)
def test_a_fixed_literal_is_part_of_the_key(name: str) -> None:
    planner = eager(world.planner("analyst"))
    form = NOT_USED[name].replace("{}", "{0}")
    for number in range(1, 6):
        assert not compared(planner, form.format(number), path=world.PATH, after_miss=True)
    assert planner.templates.used == 0, name
    one = form.format(1).replace("id = 1", "id = 77")
    assert not compared(planner, one, path=world.PATH, after_miss=True)
    assert planner.templates.used == 1, name


NEVER = {
    "utility": "SET work_mem = '{}MB'",
    "prepare": "PREPARE p AS SELECT id FROM orders WHERE id = {}",
    "explain": "EXPLAIN SELECT id FROM orders WHERE id = {}",
    "cursor": "DECLARE c CURSOR FOR SELECT id FROM orders WHERE id = {}",
    "kept": "SELECT id INTO TEMP mine FROM orders WHERE id = {}",
    "escape string": "SELECT id FROM orders WHERE status = E'{}'",
    "sealed": "SELECT id FROM payment_cards WHERE card_no = '411{}' AND id = {}",
    "sealed write": "INSERT INTO payment_cards (id, card_no) VALUES ({}, '411{}')",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", NEVER)
def test_what_is_never_templated(name: str, role: str) -> None:
    planner = eager(world.planner(role))
    for number in range(1, 6):
        assert not compared(planner, NEVER[name].format(number, number), path=world.PATH, after_miss=True)
    is_glass = role == "dba" and name.startswith("sealed")  # to whom nothing is sealed
    assert bool(planner.templates.used) == is_glass
    if not is_glass:
        assert len(planner.templates) == 0


def test_values_for_encrypted_columns_are_not_kept() -> None:
    planner = eager(world.planner("app"))
    for number in range(5):
        planner.plan(f"SELECT id FROM payment_cards WHERE card_no = 'secret{number}' AND id = {number}", path=world.PATH)
    assert "secret" not in _memory(planner)


def test_a_template_holds_no_free_literal() -> None:
    for role in ROLES:
        planner = eager(world.planner(role))
        planner.plan("SELECT id FROM orders WHERE status = 'free' AND id = 4711 LIMIT 4712", path=world.PATH)
        planner.plan("SELECT name FROM customers WHERE name = 'free' AND id = 4711 LIMIT 4712", path=world.PATH)
        assert len(planner.templates) == 2
        planner._plans.clear()
        assert not re.search("free'|4711|4712", _memory(planner))


def _memory(planner: Planner) -> str:
    shapes = planner.templates._shapes
    return repr([planner._plans, [(place, shape) for place, shape in shapes.items()]])


# --- the proof, and the bounds


@pytest.mark.parametrize("literal", ["'x'", "1", "1.5"])
def test_a_check_that_looks_at_a_value_is_found_out(literal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a check of the future might: it refuses one value, and the template would let it pass."""
    planner = eager(world.planner("analyst"))
    check_node = Firewall.check_node

    def nosy(self: Firewall, statement: Statement, node: Any) -> None:
        value = node_of(node.rexpr) if isinstance(node, pb.A_Expr) else None
        if isinstance(value, pb.A_Const) and not value.isnull:
            if re.match(rb"'.*'|[\d.]+", statement.source[value.location :])[0] == literal.encode():  # type: ignore[index]
                return check_node(self, statement, node)
            raise Unproven("a value nobody knows")
        return check_node(self, statement, node)

    monkeypatch.setattr(Firewall, "check_node", nosy)
    planner.plan(f"SELECT name FROM customers WHERE id = {literal}", path=world.PATH)
    assert planner.templates.disproved == 1
    with pytest.raises(ProxyError, match="a value nobody knows"):
        planner.plan("SELECT name FROM customers WHERE id = 7", path=world.PATH)


def test_a_plan_that_says_more_than_the_text_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice that quotes a literal, say."""
    planner = eager(world.planner("analyst"))
    notices_of = Restricted.notices_of
    monkeypatch.setattr(
        Restricted, "notices_of", lambda self, *rest: (*notices_of(self, *rest), self.source[-3:].decode())
    )
    planner.plan("SELECT name FROM customers WHERE id = 100", path=world.PATH)
    assert (planner.templates.disproved, len(planner.templates)) == (1, 0)


def test_a_literal_right_beside_something_of_ours_is_not_free() -> None:
    """Whether a space is put between the two depends on its last letter (`splice.apart`)."""
    plan = Plan(b"ab'x'  cd '12' e", (), offsets=((0, 5, 0), (7, 16, 6)))  # `ab'x'.cd '12' e`, and the dot was replaced
    assert not planner_templates._stands_apart(plan, 2, 5, 16)
    assert planner_templates._stands_apart(plan, 2, 4, 16)
    assert planner_templates._stands_apart(plan, 9, 13, 16)
    assert planner_templates._stands_apart(plan, 9, 15, 16)  # at the end of all
    assert not planner_templates._stands_apart(plan, 9, 15, 17)  # something was put behind it
    assert not planner_templates._stands_apart(plan, 6, 9, 16)
    assert not planner_templates._stands_apart(plan, 4, 7, 16)


def test_a_variant_that_is_read_otherwise_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_literals, "others", lambda skeleton, literals, free: ["$$x$$"] * len(literals))
    planner = eager(world.planner("analyst"))
    planner.plan("SELECT name FROM customers WHERE id = 100", path=world.PATH)
    assert (planner.templates.disproved, len(planner.templates)) == (1, 0)
    planner = world.planner("analyst")
    for number in range(5):  # once is enough
        planner.plan(f"SELECT name FROM customers WHERE id = {number}", path=world.PATH)
    assert (planner.templates.disproved, len(planner.templates)) == (1, 0)


def test_a_template_counts_as_a_plan_at_hand() -> None:
    class Counting:
        def __init__(self) -> None:
            self.said: list[float | None] = []

        def now(self) -> float:
            return 1.0

        def planned(self, seconds: float | None) -> None:
            self.said.append(seconds)

    watch = Counting()
    planner = Planner(world.JUDGES["analyst"], world.snapshot(180004), "ana", world.seal_text, watch)
    for number in range(4):
        planner.plan(f"SELECT name FROM customers WHERE id = {number}", path=world.PATH)
    assert watch.said == [0.0, 0.0, None, None]
    assert planner.cached == 3


def test_templates_live_with_their_surroundings() -> None:
    """What a plan depends on besides its text is part of the key."""
    planner = eager(world.planner("analyst"))
    form = "SELECT name FROM customers WHERE id = {}"
    others: tuple[dict[str, object], ...] = (
        {}, {"path": ("pg_catalog", "shop")}, {"in_prepare": True}, {"after_miss": True}, {"temporary": frozenset({"customers"})},
        {"param_oids": (25,)},
    )  # fmt: skip
    for number, more in enumerate(others):
        for times in range(2):
            told = compared(planner, form.format(number * 10 + times), **{"path": world.PATH, **more})
            assert not told
            assert planner.templates.used == number + times


def test_templates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TEMPLATES": 5, "TEMPLATES_OF_A_SHAPE": 3, "CHARACTERS": 400, "SEEN": 4}.items():
        monkeypatch.setattr(planner_templates, name, value)
    planner = eager(world.planner("dba"))
    for number in range(20):
        planner.plan(f"SELECT a{number} FROM t WHERE b = 1", path=world.PATH)
        assert len(planner.templates) <= 5
    planner.plan("SELECT a19 FROM t WHERE b = 2", path=world.PATH)
    planner.plan("SELECT a1 FROM t WHERE b = 2", path=world.PATH)
    assert planner.templates.used == 1
    planner.plan(f"SELECT {'a' * 500} FROM t WHERE b = 2", path=world.PATH)
    assert len(planner.templates) == 0
    planner = eager(world.planner("app"))
    for number in range(20):
        planner.plan(f"SELECT f({number}) WHERE 1 = 1", path=world.PATH)
    assert len(planner.templates) == 3
    planner.plan("SELECT f(19) WHERE 2 = 2", path=world.PATH)
    planner.plan("SELECT f(1) WHERE 2 = 2", path=world.PATH)
    assert planner.templates.used == 1
    assert len(planner.templates._seen) == 4


def test_a_long_text_has_no_template() -> None:
    planner = eager(world.planner("dba"))
    for number in range(3):
        planner.plan(f"SELECT {number} /* {'x' * LONG_TEXT} */", path=world.PATH)
    assert (planner.templates.used, len(planner.templates)) == (0, 0)
    planner.plan("SELECT '" + "1" * 900 + "', " + "1" * 900, path=world.PATH)
    planner.plan("SELECT 'x', 1.5", path=world.PATH)
    assert planner.templates.used == 1


def test_a_text_whose_unknown_names_were_looked_up_is_at_hand() -> None:
    planner = eager(world.planner("app"))
    text = "UPDATE customers SET city = 'x'"
    nowhere = ("pg_catalog",)
    assert isinstance(planner.plan(text, path=nowhere), Miss)
    looked_up = planner.plan(text, path=nowhere, after_miss=True)
    assert planner.plan(text, path=nowhere) is looked_up
    assert not compared(planner, text, path=nowhere)
    assert isinstance(planner.plan("UPDATE customers SET city = 'y'", path=nowhere), Miss)
