"""Which function bodies are proven to read nothing protected, for the analyst of the small shop (tests/world.py)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from proxy.catalog.snapshot import Oid, Relation, Snapshot
from proxy.policy.verdict import Masked, Open, Verdict
from proxy.sql.bodies import Argument, Bodies, Function, Judged
from tests import world

PATH = ("shop", "pg_temp")


def sql(body: str, name: str = "f", **more: Any) -> Function:
    return Function("shop", name, "", "f", "sql", body, **{"path": PATH, **more})


def plpgsql(body: str, name: str = "f", **more: Any) -> Function:
    return Function("shop", name, "", "f", "plpgsql", body, **{"path": PATH, **more})


def verdict_of(relation: Relation) -> Verdict:
    return world.ANALYST.get(relation.oid, Open("default", "open"))


def judged(*functions: Function, snapshot: Snapshot | None = None) -> Judged:
    """Of the first one, beside the others."""
    return Bodies(snapshot or world.snapshot(), functions, verdict_of).judge("shop", functions[0].name)


SAFE_SQL = [
    "SELECT $1 * 0.13",
    "SELECT total FROM orders WHERE id = $1; SELECT 2",
    "WITH o AS (SELECT * FROM shop.orders) SELECT sum(o.total), o FROM o GROUP BY o",
    "SELECT city, id FROM customers WHERE id BETWEEN 1 AND 2 AND city IN ('a', 'b')",  # columns the analyst sees
    "SELECT count(*) FROM customers c JOIN orders USING (id) WHERE c.city = ANY ('{a}') ORDER BY id USING >",
    "SELECT 'pg_class'::regclass::text, x::int FROM jsonb_to_recordset('[]') AS t(x text), pg_class TABLESAMPLE SYSTEM (1)",
    "SELECT (SELECT max(total) FROM orders) = ALL (SELECT 1.0)",
    "SELECT o.*, (o).id, (ARRAY[1])[1], (o).* FROM orders o WHERE EXISTS (SELECT 1) ORDER BY o.id DESC",
]
UNSAFE_SQL = [
    ("SELECT email FROM customers", r"^it reads shop.customers \(email\): its result shows raw values$"),
    ("SELECT count(*) FROM shop.customers WHERE email LIKE 'a%' AND phone > ''", r"shop.customers \(email, phone\)"),
    ("SELECT * FROM customers", r"shop.customers \(name, email, phone, birth_date, raw\)"),
    ("TABLE customers", r"shop.customers \(name"),
    ("SELECT c FROM customers c", r"shop.customers \(name"),
    ("SELECT to_json(customers) FROM customers", r"shop.customers \(name"),
    ("SELECT tableoid FROM customers", r"shop.customers \(name"),
    ("SELECT x.a FROM customers AS x(a, b)", r"shop.customers \(name"),
    ("SELECT id FROM orders NATURAL JOIN customers", r"shop.customers \(name"),
    ("SELECT (SELECT id FROM (SELECT id, Email FROM customers) q LIMIT 1)", r"shop.customers \(email\)"),
    ('SELECT "email" FROM customers', r"shop.customers \(email\)"),
    ("SELECT id FROM customer_names", "it reads shop.customer_names, which is closed: it shows rows of shop.customers"),
    ("SELECT 1 FROM nowhere", "it names nowhere, which is not known"),
    ("WITH o AS (SELECT 1) SELECT 1 FROM shop.o", "it names o, which is not known"),
    ("SELECT query_to_xml('SELECT email FROM shop.customers', true, true, '')", "it calls query_to_xml: it runs SQL text"),
    ("SELECT ts_rewrite('a', 'SELECT 1')", "it calls ts_rewrite: it runs SQL text"),
    ("SELECT set_config('search_path', 'evil', false)", "it calls set_config"),
    ("SELECT nothing(1)", "it calls nothing, which is not known"),
    ("SELECT evil.nothing(1)", "it calls evil.nothing, which is not known"),
    ("SELECT o.pg_ls_dir FROM orders o", "it may call pg_ls_dir: it reads files"),
    ("SELECT (o).pg_ls_dir FROM orders o", "it may call pg_ls_dir: it reads files"),
    ("SELECT 1 OPERATOR(evil.+) 2", r"it uses operator evil\.\+, whose function is not read"),
    ("SELECT 1 === 2", "it uses operator ===, whose function is not read"),
    ("SELECT 1 = ANY (SELECT 2) FROM orders ORDER BY 1 USING ===", "it uses operator ==="),
    ("SELECT 1 === ANY (SELECT 2)", "it uses operator ==="),
    ("SELECT 'x'::pg_catalog.cstring", "it names type cstring: it is a pseudo-type"),
    ("SELECT 'x'::pg_catalog.tomorrow", "it names type tomorrow: it is not known"),
    ("SELECT 'x'::evil.dom", "it names type dom: domain evil.dom belongs to eve"),
    ("SELECT 1 FROM orders TABLESAMPLE evil.peek (1)", "it uses a TABLESAMPLE method"),
    ("DELETE FROM orders", "it runs DELETE, whose effects are not read"),
    ("SELECT 1; INSERT INTO orders VALUES (1)", "it runs INSERT, whose effects are not read"),
    ("WITH x AS (UPDATE orders SET id = 1 RETURNING id) SELECT id FROM x", "it runs UPDATE"),
    ("SELECT 1 INTO t", "it runs INTO CLAUSE"),
    ("SELECT FROM WHERE", "it is not read: syntax error"),
    ('SELECT 1 AS U&"email"', "it is not read: a name with Unicode escapes"),
]


@pytest.mark.parametrize("body", SAFE_SQL)
def test_sql_that_reads_nothing_protected(body: str) -> None:
    assert judged(sql(body)) == Judged(True, "it reads nothing protected")


@pytest.mark.parametrize(("body", "reason"), UNSAFE_SQL)
def test_sql_that_is_not_safe(body: str, reason: str) -> None:
    found = judged(sql(body))
    assert not found.is_safe
    assert re.search(reason, found.reason)


def test_a_row_condition_hides_rows_whatever_the_columns_are() -> None:
    def conditioned(relation: Relation) -> Verdict:
        found = verdict_of(relation)
        return replace(found, condition="city = 'a'") if isinstance(found, Masked) else found

    bodies = Bodies(world.snapshot(), [sql("SELECT id FROM customers")], conditioned)
    assert bodies.judge("shop", "f").reason.startswith("it reads shop.customers (also rows the role does not see)")


def test_standard_bodies_are_read_as_they_were_bound() -> None:
    """pg_get_function_sqlbody writes them, with every name qualified that is not pg_catalog's."""
    assert judged(sql("RETURN upper($1)", is_bound=True, path=None)).is_safe
    assert judged(sql("BEGIN ATOMIC\n SELECT 1;\n SELECT o.id FROM shop.orders o;\nEND", is_bound=True, path=None)).is_safe
    found = judged(sql("BEGIN ATOMIC\n SELECT c.email\n    FROM shop.customers c;\nEND", is_bound=True, path=None))
    assert found == Judged(False, "it reads shop.customers (email): its result shows raw values")


def test_without_a_path_of_its_own_a_name_is_everything_that_bears_it() -> None:
    assert judged(sql("SELECT total FROM orders", path=None)).is_safe  # shop.orders and evil.orders are open
    assert judged(sql("SELECT relname FROM pg_class", path=())).is_safe
    assert "not known" in judged(sql("SELECT total FROM orders", path=())).reason
    elsewhere = replace(world.CUSTOMERS, oid=Oid(77), schema="other", name="orders")
    places = replace(world.snapshot(), relations={77: elsewhere}, _names={("other", "orders"): elsewhere})
    closed = {**world.ANALYST, 77: world.ANALYST[1004]}
    bodies = Bodies(places, [sql("SELECT total FROM orders", path=None)], lambda relation: closed[relation.oid])
    assert bodies.judge("shop", "f").reason.startswith("it reads other.orders")
    hidden = [sql("SELECT lower('a')", path=None), replace(sql("SELECT email FROM customers", "lower"), schema="evil")]
    assert judged(*hidden).reason.startswith("calls evil.lower(): it reads")
    assert judged(replace(hidden[0], path=PATH), hidden[1]).is_safe


# --- PL/pgSQL ----------------------------------------------------------------------------------------------------------------

SAFE_PLPGSQL = [
    "BEGIN RETURN $1 * 2; END",
    """DECLARE total shop.orders.total%TYPE := 0; o shop.orders%ROWTYPE; p orders%ROWTYPE; s CONSTANT shop.status := 'a';
       c CURSOR (k int) FOR SELECT orders.id FROM shop.orders WHERE id = k; list int[] := '{}'; r record;
    BEGIN
      SELECT * INTO o FROM orders WHERE id = 1;
      SELECT o.total, 1 INTO total FROM orders AS o LIMIT 1;
      FOR r IN SELECT id FROM orders LOOP list[r.id] := r.id; list := list || 1; END LOOP;
      FOR i IN 1 .. (SELECT count(*) FROM orders) LOOP CONTINUE WHEN i = 2; END LOOP;
      OPEN c(k := 3); FETCH c INTO r; CLOSE c;
      o.total = abs(total);
      IF total > 1 THEN RAISE NOTICE 'much: %', total USING HINT = upper('x'); ELSIF total < 0 THEN NULL; END IF;
      CASE total WHEN 1, 2 THEN NULL; ELSE total := 3; END CASE;
      GET DIAGNOSTICS total = ROW_COUNT;
      PERFORM id FROM customers WHERE city = 'a';
      RETURN total;
    EXCEPTION WHEN division_by_zero THEN RETURN NULL;
    END""",
]
UNSAFE_PLPGSQL = [
    ("BEGIN RETURN (SELECT email FROM customers LIMIT 1); END", r"shop.customers \(email\)"),
    ("DECLARE r shop.customers%ROWTYPE; BEGIN SELECT * INTO r FROM customers; RETURN r.id; END", r"customers \(name"),
    ("DECLARE x text := (SELECT phone FROM customers); BEGIN RETURN x; END", r"customers \(phone\)"),
    ("DECLARE c CURSOR FOR SELECT email FROM customers; r record; BEGIN OPEN c; FETCH c INTO r; RETURN r; END", "email"),
    ("DECLARE a int[]; BEGIN a[(SELECT email::int FROM customers)] := 1; RETURN 1; END", "email"),
    ("BEGIN RAISE NOTICE '%', (SELECT email FROM customers); RETURN 1; END", "email"),
    ("BEGIN FOR i IN 1 .. (SELECT email::int FROM customers) LOOP NULL; END LOOP; RETURN 1; END", "email"),
    ("BEGIN EXECUTE 'SELECT 1'; RETURN 1; END", r"^it runs dynamic SQL \(EXECUTE\)$"),
    ("DECLARE x text; BEGIN FOR x IN EXECUTE 'SELECT 1' LOOP NULL; END LOOP; RETURN 1; END", "dynamic SQL"),
    ("DECLARE c refcursor; BEGIN OPEN c FOR EXECUTE 'SELECT 1'; RETURN 1; END", "dynamic SQL"),
    ("BEGIN INSERT INTO orders VALUES (1); RETURN 1; END", "it runs INSERT, whose effects are not read"),
    ("BEGIN CALL shop.p(); RETURN 1; END", "it runs CALL, whose effects are not read"),
    ("BEGIN SET LOCAL search_path = evil; RETURN 1; END", "it runs VARIABLE SET"),
    ("DECLARE x evil.dom; BEGIN RETURN 1; END", "it names type dom: domain evil.dom"),
    ("BEGIN RETURN (SELECT 1; END", "it is not read: mismatched parentheses"),
    ("BEGIN RETURN " + "(" * 3000 + "1; END", "it is not read: brackets are nested deeper"),
    ("DECLARE customers int; BEGIN SELECT 1 INTO customers; RETURN 1; END", "it names customers, in a place that could not be"),
    ("DECLARE ts_stat int; BEGIN SELECT 1 INTO ts_stat; RETURN 1; END", "it may call ts_stat: it runs SQL text"),
    ("DECLARE f int; BEGIN SELECT 1 INTO f; RETURN 1; END", "it may call f, in a place that could not be read"),
    ("DECLARE execute int; BEGIN RETURN 1; END", "dynamic SQL|not read"),
]  # fmt: skip


@pytest.mark.parametrize("body", SAFE_PLPGSQL)
def test_plpgsql_that_reads_nothing_protected(body: str) -> None:
    assert judged(plpgsql(body)) == Judged(True, "it reads nothing protected")


@pytest.mark.parametrize(("body", "reason"), UNSAFE_PLPGSQL)
def test_plpgsql_that_is_not_safe(body: str, reason: str) -> None:
    found = judged(plpgsql(body))
    assert not found.is_safe
    assert re.search(reason, found.reason)


def test_what_libpg_query_gets_wrong_is_not_read() -> None:
    assert judged(plpgsql("BEGIN RETURN $b$ $bb$ $b$; END")).is_safe
    trigger = plpgsql("BEGIN NEW.x := 1; RETURN NEW; END", result="trigger")
    assert judged(trigger).reason.startswith("it is not read: the parser's answer cannot be read")


def test_arguments_and_results_of_plpgsql_are_variables() -> None:
    row, out = Argument("Der Kunde", "i", is_row=True), Argument("n", "o", is_row=False)
    assert judged(plpgsql('BEGIN "Der Kunde".id := 1; n := 2; RETURN; END', arguments=(row, out))).is_safe
    table = (Argument("a", "t", is_row=False), Argument("b", "t", is_row=False), Argument("", "i", is_row=False))
    body = "BEGIN a := 1; RETURN NEXT; RETURN QUERY SELECT id, 2 FROM orders; END"
    assert judged(plpgsql(body, arguments=table, returns_set=True, result="record")).is_safe
    assert judged(plpgsql("DECLARE x ALIAS FOR $1; BEGIN RETURN; END", arguments=table[2:], result="void")).is_safe
    dynamic = "BEGIN RETURN QUERY EXECUTE 'SELECT 1'; END"
    assert "dynamic SQL" in judged(plpgsql(dynamic, returns_set=True, result="record")).reason


# --- what it is, and what it calls -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (sql("SELECT 1", owner="eve"), "it is owned by eve, who may replace it at any time"),
        (sql("SELECT 1", is_definer=True, path=None), "it is SECURITY DEFINER without a search_path of its own"),
        (sql("SELECT 1", path=("evil",)), "its search_path holds evil: eve owns function evil.length"),
        (sql("SELECT 1", types=(Oid(23), Oid(5001), Oid(99))), "its type evil.dom: domain evil.dom belongs to eve"),
        (sql("SELECT 1", defaults="1, set_config('a'::text, 'b'::text, true)"), "it calls set_config"),
        (replace(sql("shop_f"), language="c"), "language c cannot be read"),
        (replace(sql("x = 1"), language="plpython3u"), "language plpython3u cannot be read"),
    ],
)
def test_what_a_function_is_can_be_enough(function: Function, reason: str) -> None:
    found = judged(function)
    assert not found.is_safe
    assert found.reason.startswith(reason)


def test_rights_of_the_owner_are_said() -> None:
    found = judged(sql("SELECT shop.g()"), sql("SELECT id FROM orders", "g", is_definer=True))
    assert found == Judged(True, "it reads nothing protected, and runs with the rights of its owner")


def test_callees_are_followed() -> None:
    leaf = sql("SELECT email FROM customers", "leaf")
    middle = plpgsql("BEGIN RETURN shop.leaf(); END", "middle")
    reason = "calls shop.leaf(): it reads shop.customers (email): its result shows raw values"
    assert judged(sql("SELECT middle()"), middle, leaf) == Judged(False, reason)
    assert judged(sql("SELECT o.leaf FROM orders o"), leaf) == Judged(False, reason)
    assert judged(sql("SELECT (o).leaf FROM orders o"), leaf) == Judged(False, reason)
    assert judged(sql("SELECT 1", defaults="shop.leaf()"), leaf) == Judged(False, reason)
    assert judged(sql("SELECT middle()"), middle, sql("SELECT 1", "leaf")).is_safe


def test_functions_that_call_each_other_end() -> None:
    assert judged(sql("SELECT shop.g() + shop.f()"), sql("SELECT shop.f()", "g")).is_safe
    bodies = Bodies(
        world.snapshot(),
        [sql("SELECT shop.g()"), sql("SELECT shop.f(), email FROM customers", "g")],
        verdict_of,
    )
    assert not bodies.judge("shop", "f").is_safe
    assert not bodies.judge("shop", "g").is_safe
    chain = [sql(f"SELECT shop.f{n + 1}() + shop.f{n + 1}()", f"f{n}") for n in range(300)]
    assert judged(*chain, sql("SELECT 1", "f300")).is_safe


def test_a_name_is_as_good_as_its_worst_form() -> None:
    first = replace(sql("SELECT 1"), signature="integer")
    second = replace(sql("SELECT email FROM customers"), signature="text")
    reason = "shop.f(text): it reads shop.customers (email): its result shows raw values"
    assert judged(first, second) == judged(second, first) == Judged(False, reason)


def test_aggregates_are_as_good_as_their_pieces() -> None:
    step = sql("SELECT $1 + $2", "step")
    good = Function("shop", "total", "numeric", "a", "internal", "", pieces=(("shop", "step"), ("pg_catalog", "numeric_add")))
    assert judged(good, step).is_safe
    assert judged(good, sql("SELECT email FROM customers", "step")).reason.startswith("calls shop.step()")
    assert "ts_stat" in judged(replace(good, pieces=(("pg_catalog", "ts_stat"),))).reason
    assert "not known" in judged(replace(good, pieces=(("pg_catalog", "nothing"),))).reason


def test_built_ins_the_role_is_refused() -> None:
    function = sql("SELECT pg_get_partition_constraintdef(1)")
    assert judged(function).is_safe
    refused = Bodies(world.snapshot(), [function], verdict_of, frozenset(("pg_get_partition_constraintdef",)))
    assert refused.judge("shop", "f").reason.endswith("it shows values of a hidden partition key")


def test_there_must_be_such_a_function() -> None:
    with pytest.raises(KeyError, match=r"shop\.none"):
        Bodies(world.snapshot(), [], verdict_of).judge("shop", "none")


def test_words_around_what_was_read_are_judged_too() -> None:
    """libpg_query's JSON leaves things out now and then; what stands only there must do no harm."""
    bodies = Bodies(world.snapshot(), [sql("SELECT 1")], verdict_of)
    assert bodies.dangerous("execute") == "it runs dynamic SQL (EXECUTE)"
    assert bodies.dangerous("f") == "it may call f, in a place that could not be read"
    assert bodies.dangerous("customers") == "it names customers, in a place that could not be read"
    assert (bodies.dangerous("lo_get") or "").startswith("it may call lo_get: large objects")
    assert bodies.dangerous("orders") is bodies.dangerous("loop") is bodies.dangerous("upper") is None
