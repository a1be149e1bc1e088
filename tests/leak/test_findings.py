"""What was tried on real servers before there was code (the findings), and what holds each of them closed.

`CLOSED` maps a finding, and each row of the table of forms that break (16), to the tests that fail without its fix;
`ELSEWHERE` says of the few that no test can hold why. A reference is `path::function` of a test, `attack: title` of a file of
attacks, `conversation: name`, or `pair: file: title` of tests/sql. Every one of them must exist. What had no test yet has
one below.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from proxy.errors import Bug, Unproven
from proxy.plan import Plan
from proxy.planner import planning
from proxy.sql.splice import Edit, Spliced, splice
from tests import world as small
from tests.leak.conversations import CONVERSATIONS, q
from tests.leak.test_hunt import attacks, heard
from tests.leak.world import NAME, World

ROOT = Path(__file__).parents[2]
HUNT, AROUND, HERE = "tests/leak/test_hunt.py", "tests/leak/test_surroundings.py", "tests/leak/test_findings.py"
UNIT, LIVE = "tests/unit", "tests/integration"

CLOSED: dict[str, list[str]] = {
    "1 code runs as the caller without a call": [
        *("attack: operator of eve", "attack: domain of eve", "attack: array of a domain", "attack: composite of a domain"),
        *("attack: domain in a column definition list", "attack: domain through json_populate_record", "attack: view of eve"),
        *("attack: policy of eve", "attack: trigger of eve", "attack: default of eve", "attack: a box of eve"),
        *("attack: attribute notation with the path", "attack: attribute notation on a record"),
        *("attack: path of eve for an operator", "attack: explicit cast of eve to text", "attack: implicit cast in CASE"),
        *("attack: domain by its name as text", "attack: domain by record_in", "attack: domain by array_in"),
        *("attack: domain by domain_in", "attack: ts_rewrite", "attack: ts_stat"),
        *("attack: temporary table with a column of eve's domain", "attack: domain of eve as a value"),
        f"{HUNT}::test_a_domain_of_eve_as_a_parameter_type",
        f"{HUNT}::test_code_that_came_after_the_snapshot",
        f"{LIVE}/test_loader.py::test_untrusted_code_in_trusted_relations",
        f"{LIVE}/test_loader.py::test_unsafe_schemas",
        f"{LIVE}/test_allowed.py::test_no_open_form_of_any_function_reaches_the_table",
    ],
    "2 prepared statements re-resolve names": [
        "attack: PREPARE, then the path of eve, then EXECUTE",
        f"{HUNT}::test_a_path_from_the_startup_message_comes_back_by_reset",
        f"{HUNT}::test_a_path_the_role_was_given_comes_back_by_reset",
        f"{HUNT}::test_a_schema_that_joins_the_path_later",
    ],
    "3 our own mask text can be hijacked": [
        f"{UNIT}/sql/test_build.py::test_every_name_in_a_mask_is_of_pg_catalog",
        f"{LIVE}/test_masks.py::test_nothing_on_the_search_path_is_called",
        *("attack: temporary table named like a type", "attack: PREPARE, then a temporary type, then EXECUTE"),
    ],
    "4 one small statement stops or kills a worker": [
        "tests/property/test_sql.py::test_parser_killers_give_a_plan_or_an_error",
        "tests/property/test_sql.py::test_a_statement_of_20_mb_is_too_complex",
        "tests/property/test_runs.py::test_a_run_that_holds_up_the_scanner_is_too_complex",
        f"{LIVE}/test_bad_statements.py::test_parser_killers_leave_session_and_proxy_alive",
        f"{UNIT}/test_planner.py::test_nested_too_deeply",
    ],
    "5 two parsers that must agree": [
        f"{LIVE}/test_asyncpg.py::test_types_asyncpg_must_look_up",
        f"{LIVE}/test_sqlalchemy.py::test_reflection",
        *("attack: Unicode escapes in a name", "attack: ONLY in brackets", "attack: USING with an alias"),
        f"{UNIT}/sql/test_pairs.py::test_pair",
    ],
    "6 the grammar is 18, the server may not be": [
        *("attack: json_scalar of eve before 17", "attack: merge_action of eve before 17", "attack: system_user before 16"),
    ],
    "7 refusing by a Bind to a missing statement": [
        f"{LIVE}/test_session.py::test_a_refused_parse_behaves_as_one_that_failed",
        f"{LIVE}/test_session.py::test_a_refused_simple_query",
        f"{UNIT}/session/test_machine.py::test_refused_in_a_transaction_sends_what_no_grammar_takes",
        f"{UNIT}/session/test_machine.py::test_refused_while_idle_sends_the_empty_query",
        f"{UNIT}/session/test_machine.py::test_sync_inside_copy_in_gets_no_answer",
        *("conversation: an old unnamed statement", "conversation: COPY in with Syncs inside"),
        "conversation: an error, then more in the next segment",
    ],
    "8 the target of a write": [
        *("attack: UPDATE RETURNING upper of the row in functional notation", "attack: UPDATE RETURNING upper of the row's star"),
        *("attack: UPDATE RETURNING whole row", "attack: UPDATE RETURNING row in JSON", "attack: UPDATE RETURNING row constructor"),
        *("attack: UPDATE RETURNING a subquery over the row's star", "attack: MERGE RETURNING target star"),
        *("attack: UPDATE RETURNING old in an expression", "attack: UPDATE RETURNING WITH names", "attack: WHERE of an UPDATE"),
        *("attack: ON CONFLICT DO UPDATE WHERE", "attack: system columns of a target", "pair: writes: "),
    ],
    "9 LISTEN and NOTIFY": [
        *("attack: NOTIFY with a value", "attack: a trigger's notification"),
        f"{LIVE}/test_session.py::test_notifications_do_not_reach_a_restricted_caller",
    ],
    "10 a row condition is not a barrier": [
        *("attack: a hidden row by an error", "attack: a hidden row counted by EXPLAIN ANALYZE", "attack: a hidden row written"),
        "attack: a hidden row counted by EXPLAIN ANALYZE, without an error",
    ],
    "11 encrypted columns seen masked": [
        *("attack: ciphertext compared", "attack: ciphertext grouped", "attack: a masked card moved by UPDATE FROM"),
        *("attack: temporary table of cards", "attack: cards in BETWEEN", "attack: ciphertext by a cast"),
        f"{UNIT}/test_planner.py::test_ciphertext_has_planned_positions_only",
    ],
    "12 plaintext written, or silently not found": [
        f"{HUNT}::test_no_plaintext_gets_into_an_encrypted_column",
        f"{HUNT}::test_a_comparison_finds_the_card_or_is_refused",
        f"{LIVE}/test_session.py::test_the_type_lock",
        f"{LIVE}/test_cli_live.py::test_check_names_a_missing_constraint_and_a_login_with_too_much_power",
        f"{LIVE}/test_sqlalchemy.py::test_app_core",
    ],
    "13 views, partitions, materialised views": [
        *("attack: view", "attack: materialised view", "attack: partition directly", "attack: inheritance child", "attack: pg_stats"),
        *("attack: parent of a protected child", "attack: the value of a column added later"),
        f"{LIVE}/test_rules.py::test_every_relation_of_postgresql_has_been_judged",
    ],
    "14 rules, grants and names outlive a plan": [
        f"{AROUND}::test_rules_that_come_while_statements_are_prepared",
        f"{AROUND}::test_a_rule_that_masks_otherwise",
        f"{AROUND}::test_a_relation_that_is_changed",
        f"{AROUND}::test_an_open_name_comes_to_mean_what_is_protected",
        f"{UNIT}/policy/test_decide.py::test_an_oid_once_protected_stays_protected",
        f"{UNIT}/session/test_sqlnames.py::test_a_cursor_is_judged_again",
    ],
    "15 what holds: the planner sees through our subquery": [f"{HERE}::test_masks_hide_no_index"],
    "16 TABLESAMPLE, ONLY, t*": [
        *("attack: ONLY", "attack: ONLY in brackets", "attack: old star form", "attack: TABLESAMPLE"),
        "attack: TABLESAMPLE REPEATABLE with an alias list",
    ],
    "16 TABLE t, COPY t TO": ["attack: TABLE command", "attack: COPY", "attack: COPY of a child", "pair: copy: "],
    "16 GROUP BY pk": ["attack: GROUP BY primary key", "tests/leak/test_view_oracle.py::test_answers_are_those_of_the_masked_copy"],
    "16 names in full": [f"{HERE}::test_names_in_full", "attack: UPDATE RETURNING by schema"],
    "16 two schemas, one name": ["attack: the same name in two schemas without aliases", f"{HERE}::test_names_in_full"],
    "16 whole rows": [
        *("attack: whole row through array_agg", "attack: row in a scalar subquery", "attack: subscript of an array of rows"),
        "tests/leak/test_view_oracle.py::test_a_whole_row_keeps_its_type",
    ],
    "16 system columns": ["attack: system column", "attack: row by its place", "attack: tableoid of a partitioned relation"],
    "16 alias lists": ["attack: alias list swaps names", "attack: TABLESAMPLE REPEATABLE with an alias list"],
    "16 column privileges": [f"{HERE}::test_columns_one_may_not_read_are_not_reached"],
    "16 a wide table": [f"{UNIT}/sql/test_build.py::test_what_is_not_reached_is_null_of_its_type_and_collation"],
    "16 a temporary table shadows": ["attack: temporary table named like a relation", f"{UNIT}/session/test_sqlnames.py::test_drop_forgets_a_temporary_table"],
    "16 an unknown name": [f"{HERE}::test_an_unknown_name_is_told_as_postgresql_tells_it"],
    "16 c IS NULL after LEFT JOIN": [f"{HERE}::test_a_joined_row_is_not_null"],
    "17 tableoid and partition bounds": [
        *("attack: partition bounds", "attack: partition constraint", "attack: tableoid of a partitioned relation"),
        *("attack: tableoid in WHERE of a write", "attack: partition directly"),
        f"{UNIT}/policy/test_decide.py::test_partitions_of_a_hidden_key_are_closed",
    ],
    "18 order leaks": [
        f"{LIVE}/test_cli_live.py::test_check_names_indexes_in_the_order_of_hidden_values",
        f"{UNIT}/sql/test_allowed.py::test_settings_that_could_change_what_is_seen_are_fixed",
    ],
    "19 masks are total and hide": [
        f"{UNIT}/masking/test_masks.py::test_half_is_hidden_and_nothing_grows",
        f"{LIVE}/test_masks.py::test_text_masks_equal_their_twins",
        f"{LIVE}/test_masks.py::test_numbers_equal_their_twins",
        f"{LIVE}/test_masks.py::test_dates_equal_their_twins",
        f"{LIVE}/test_masks.py::test_domains_become_their_base_type",
        f"{LIVE}/test_masks.py::test_collations_are_kept",
    ],
    "20 views by column": [
        f"{LIVE}/test_views.py::test_copies_take_their_sources_masks",
        f"{LIVE}/test_views.py::test_attacks_through_views",
        f"{LIVE}/test_origins.py::test_origins_are_the_servers_own",
        "attack: a view that groups",
    ],
    "21 search_path": [
        *("conversation: a path that changes in a pipeline", "conversation: a path that rolls back to a savepoint"),
        "attack: a name from the path changed in one text",
        f"{LIVE}/test_session.py::test_the_path_is_known_when_a_statement_is_planned",
        f"{UNIT}/session/test_machine.py::test_after_a_rollback_the_path_is_asked_again",
        f"{AROUND}::test_a_setting_that_changes_on_the_way",
    ],
    "22 catalog misses": [
        f"{UNIT}/session/test_machine.py::test_a_miss_is_looked_up_once",
        f"{UNIT}/test_planner.py::test_unknown_names_are_looked_up_once",
    ],
    "23 messages": [
        *("attack: not-null violation prints the row", "attack: check violation prints the row", "attack: a check that raises"),
        *("attack: a trigger's habit: relation", "attack: a trigger's habit: fields", "attack: a policy that casts"),
        f"{UNIT}/session/test_machine.py::test_restricted_callers_read_no_details",
        "conversation: a deferred trigger's error at Sync",
    ],
    "24 direct access": [f"{LIVE}/test_cli_live.py::test_check_names_a_missing_constraint_and_a_login_with_too_much_power"],
    "25 verify": [f"{HERE}::test_what_was_not_decided_does_not_leave"],
    "28 ranks and the log": [
        "tests/test_architecture.py::test_ranks_0_to_4_do_no_io",
        f"{UNIT}/wire/test_frames.py::test_a_1_gb_row_takes_no_memory",
        f"{UNIT}/audit/test_sinks.py::test_every_acknowledged_line_survives_kill_9",
        f"{UNIT}/session/test_machine.py::test_a_statement_is_recorded_before_it_is_sent",
    ],
    "29 what an object costs": [f"{UNIT}/wire/test_frames.py::test_a_batch_is_one_range_of_the_same_bytes"],
    "30 literals in the log": [
        f"{UNIT}/test_planner.py::test_the_log_hides_literals_of_protected_relations",
        "tests/property/test_sql.py::test_no_literal_reaches_the_log",
        f"{AROUND}::test_no_line_of_the_query_log_holds_a_value",
    ],
    "31 contradictions": [
        f"{UNIT}/policy/test_writing.py::test_what_is_not_shown_open_is_not_written",
        f"{LIVE}/test_session.py::test_a_notice_of_the_plan",
        "pair: temporary: ",
    ],
    "32 CancelRequest": [
        f"{UNIT}/session/test_startup.py::test_a_cancel_request_is_forwarded_as_it_is",
        f"{LIVE}/test_bad_bytes.py::test_cancel_with_the_right_key_and_with_a_wrong_one",
    ],
}
ELSEWHERE = {
    "26 key rotation": "keys are not rotated yet: one key of a domain is live; what an older key sealed still opens",
    "27 literal templates": "no plan is shared by texts that differ: the key of the cache is the whole text",
}
_FORMS = 13  # rows of the table in finding 16


@cache
def _functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _exists(reference: str) -> bool:
    kind, _, name = reference.partition(": ")
    if kind == "attack":
        return any(attack.title == name for attack in attacks())
    if kind == "conversation":
        return name in CONVERSATIONS
    if kind == "pair":
        file, _, title = name.partition(": ")
        return f"\n\n-- {title}" in (ROOT / f"tests/sql/{file}.sql").read_text(encoding="utf-8")
    path, _, function = reference.partition("::")
    return function in _functions(path)


@pytest.mark.parametrize("finding", CLOSED)
def test_each_finding_has_its_tests(finding: str) -> None:
    assert CLOSED[finding]
    assert not [reference for reference in CLOSED[finding] if not _exists(reference)]


def test_no_finding_is_left_out() -> None:
    numbers = [int(title.split()[0]) for title in (*CLOSED, *ELSEWHERE)]
    assert set(numbers) == set(range(1, 33))
    assert numbers.count(16) == _FORMS


# --- 15, 16: what had no test of its own -----------------------------------------------------------------------------------


@contextmanager
def _made(world: World, make: str, drop: str) -> Iterator[None]:
    world.database.execute(make)
    try:
        yield
    finally:
        world.database.execute(drop)


def _rows(world: World, text: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The analyst's answer, directly and through the proxy."""
    with world.connect(world.analyst) as through, world.database.connect(world.analyst) as direct:
        return direct.execute(text.encode()).fetchall(), through.execute(text.encode()).fetchall()


SHAPES = (
    "SELECT id, email FROM shop.mailings WHERE id = 77",
    "SELECT id, email FROM shop.mailings WHERE id BETWEEN 5 AND 9 ORDER BY id",
    "SELECT max(id) FROM shop.mailings",
    "SELECT mailings.id, email FROM shop.mailings JOIN shop.orders ON orders.id = mailings.id",
    "SELECT id, email FROM shop.mailings ORDER BY id LIMIT 3",
    "SELECT id FROM other.customers WHERE customers.id = 1 AND EXISTS (SELECT 1 FROM shop.mailings WHERE mailings.id = customers.id AND city = 'Berlin')",
    "SELECT id FROM shop.mailings WHERE id = 77 FOR UPDATE",
    "UPDATE shop.mailings SET city = 'x' WHERE id = 77",
)


@pytest.mark.parametrize("text", SHAPES)
def test_masks_hide_no_index(newest_world: World, text: str) -> None:
    """The plan has the same nodes as the raw one: our subquery is pulled up."""
    more = "INSERT INTO shop.mailings (id, city, email) SELECT i, 'Berlin', 'x@y' FROM generate_series(201, 20000) i"
    make = f"{more}; CREATE UNIQUE INDEX by_id ON shop.mailings (id); ANALYZE shop.mailings"
    with _made(newest_world, make, "DROP INDEX shop.by_id; DELETE FROM shop.mailings WHERE id > 200; ANALYZE shop.mailings"):
        direct, through = _rows(newest_world, f"EXPLAIN (COSTS off) {text}")
    assert through == direct
    assert "by_id" in str(direct)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT shop.customers.city, other.customers.name FROM shop.customers, other.customers WHERE shop.customers.id = 1",
        "SELECT {database}.shop.customers.city FROM shop.customers WHERE shop.customers.id = 1",
        "SELECT shop.customers.id, count(*) FROM shop.customers JOIN shop.orders ON shop.customers.id = shop.orders.customer_id GROUP BY 1",
        "SELECT shop.orders.id, shop.customers.city FROM shop.customers, shop.orders ORDER BY shop.customers.id, shop.orders.total",
    ],
)
def test_names_in_full(newest_world: World, text: str) -> None:
    direct, through = _rows(newest_world, text.format(database=newest_world.database.name))
    assert through == direct


def test_columns_one_may_not_read_are_not_reached(newest_world: World) -> None:
    """Who has SELECT on some columns only may read those, masked or not, and hears 42501 for the others."""
    world = newest_world
    make = (
        "CREATE TABLE shop.narrow (id int PRIMARY KEY, name text, secret text); GRANT SELECT (id, name) ON shop.narrow TO PUBLIC;"
        f"INSERT INTO shop.narrow VALUES (1, 'x', '{NAME}'); ALTER TABLE shop.narrow INHERIT shop.people_"
    )
    above = "CREATE TABLE shop.people_ (id int, name text)"
    with _made(world, f"{above}; {make}", "DROP TABLE shop.narrow, shop.people_"), world.through(world.analyst) as client:
        heard(client, [q(b"SELECT * FROM shop.unknown_narrow")])
        for text in (b"SELECT id, name FROM shop.narrow", b"SELECT n.id FROM shop.narrow n WHERE name IS NOT NULL"):
            assert b"SELECT 1\0" in heard(client, [q(text)])
        assert b"C42501\0" in heard(client, [q(b"SELECT secret FROM shop.narrow")])
    direct, through = _rows(world, "SELECT id, open FROM shop.odd")
    assert through == direct


def test_an_unknown_name_is_told_as_postgresql_tells_it(newest_world: World) -> None:
    """It may be a temporary table's, and leaves as one; the message and its place are the client's own."""
    for text in (b"SELECT * FROM nothing_of_that_name", b"SELECT 1 FROM shop.customers, nothing_of_that_name n WHERE n.x = 1"):
        with newest_world.through(newest_world.analyst) as client:
            received = heard(client, [q(text)])
        assert b'relation "nothing_of_that_name" does not exist' in received
        assert b"C42P01\0" in received
        assert b"pg_temp" not in received


def test_a_joined_row_is_not_null(newest_world: World) -> None:
    """A row whose every shown column is NULL would count as missing: the key stays readable."""
    text = (
        "SELECT count(*), count(c.id) FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id"
        " WHERE NOT c.id IS NULL AND c IS DISTINCT FROM NULL"
    )
    direct, through = _rows(newest_world, text)
    assert through == direct == [(2, 2)]


# --- 25: the last judge -----------------------------------------------------------------------------------------------------

READ = "SELECT name, length(city) FROM shop.customers AS c WHERE id = 1"
WRITE = "UPDATE shop.customers SET city = 'x' WHERE id = 1 RETURNING name"
TAMPERED: dict[str, tuple[str, bytes | re.Pattern[bytes], bytes]] = {
    "the relation itself": (READ, re.compile(rb"\(SELECT .*\) AS c"), b"shop.customers AS c"),
    "another column": (READ, b'AS "name"', b'AS "name", "customers"."name" AS "raw"'),
    "a longer prefix": (READ, b'"customers"."name", 0', b'"customers"."name", 9'),
    "the operator of another schema": (READ, b"OPERATOR(pg_catalog.||)", b"OPERATOR(evil.||)"),
    "an unqualified operator": (READ, b"OPERATOR(pg_catalog.||)", b"||"),
    "an unqualified type": (READ, b"AS pg_catalog.text", b"AS text"),
    "an unqualified function": (READ, b"pg_catalog.length", b"length"),
    "a function nobody opened": (READ, b"pg_catalog.length(city)", b"pg_catalog.lo_get(771)"),
    "a second statement": (READ, b"WHERE id = 1", b"WHERE id = 1; SELECT 1"),
    "a comment in the subquery": (READ, b"(SELECT ", b"(SELECT /* */ "),
    "a parameter": (READ, b"id = 1", b"id = $1"),
    "a row beside it": (READ, b"AS c WHERE", b"AS c, shop.customers AS d WHERE"),
    "a subquery that reads it": (READ, b"id = 1", b"id = (SELECT 1 FROM shop.customers)"),
    "another schema": (READ, b'FROM "shop"."customers"', b'FROM "shop"."payment_cards"'),
    "a lateral subquery": (READ, b"FROM (SELECT", b"FROM LATERAL (SELECT"),
    "a closed relation": (READ, b"AS c WHERE", b"AS c, pg_catalog.pg_authid AS d WHERE"),
    "the target's own column": (WRITE, b"city = 'x'", b"city = name"),
    "a column that may not be written": (WRITE, b"city = 'x'", b"name = 'x'"),
    "the target's row": (WRITE, b"WHERE id = 1", b"WHERE customers IS NOT NULL"),
    "RETURNING without a mask": (WRITE, b"RETURNING pg_catalog.left(", b"RETURNING pg_catalog.upper("),
    "RETURNING one more": (WRITE, b"RETURNING ", b"RETURNING name, "),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_not_decided_does_not_leave(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were splice wrong, by whatever bug, verify stops the text."""
    text, there, instead = TAMPERED[name]
    pattern = there if isinstance(there, re.Pattern) else re.compile(re.escape(there))
    right = small.planner("analyst").plan(text, path=small.PATH)
    assert isinstance(right, Plan)
    assert pattern.search(right.text)

    def wrong(source: bytes, edits: Iterable[Edit]) -> Spliced:
        made = splice(source, edits)
        return Spliced(pattern.sub(lambda _: instead, made.text, count=1), made.kept)

    monkeypatch.setattr(planning, "splice", wrong)
    with pytest.raises((Bug, Unproven)):
        small.planner("analyst").plan(text, path=small.PATH)
