"""What a Plan says beside its text: the facts the session acts on. The texts themselves: tests/sql/*.sql."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from proxy.errors import ProxyError, Refusal, StatementError, TooComplex, Unproven
from proxy.plan import Miss, Plan
from proxy.planner import CACHED_BYTES, CACHED_PLANS
from proxy.sql import parse
from tests import world


def plan(role: str, text: str, *, temporary: tuple[str, ...] = (), **more: object) -> Plan:
    """The plan after a look for unknown names."""
    made = world.planner(role).plan(
        text, path=world.PATH, after_miss=True, temporary=frozenset(temporary), **more  # type: ignore[arg-type]
    )
    assert isinstance(made, Plan)
    return made


# --- errors of what can run code that reads rows

HIDES: Mapping[str, bool] = {
    "SELECT name FROM customers": False,
    "SELECT 1; SHOW work_mem; SET work_mem = '8MB'": False,
    "INSERT INTO customers (id) VALUES (1)": True,
    "SELECT 1; DELETE FROM orders": True,
    "WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone": True,
    "EXPLAIN ANALYZE UPDATE orders SET status = 'x'": True,
    "EXPLAIN SELECT 1": False,
    "DECLARE c CURSOR FOR SELECT name FROM customers": False,
    "PREPARE p AS SELECT name FROM customers": False,
    "COPY (SELECT name FROM customers) TO STDOUT": False,
    "COPY (DELETE FROM orders RETURNING id) TO STDOUT": True,
    "COPY orders FROM STDIN": True,
    "CREATE TEMP TABLE mine AS SELECT name FROM customers": True,
    "COMMIT": True,  # deferred triggers and constraints run there
    "SET CONSTRAINTS ALL IMMEDIATE": True,
}


@pytest.mark.parametrize(("text", "hides"), HIDES.items(), ids=HIDES)
def test_whose_messages_are_hidden(text: str, hides: bool) -> None:
    assert plan("exporter", text).hides_messages is hides
    assert not plan("app", text).hides_messages


# --- what waits for the answer

CHANGES_NAMES = (
    "CREATE TEMP TABLE mine (a int)", "CREATE TEMP TABLE mine AS SELECT 1", "SELECT 1 INTO TEMP mine", "DISCARD TEMP",
    "DISCARD ALL", "DEALLOCATE ALL", "CLOSE ALL", "EXPLAIN ANALYZE SELECT 1 INTO TEMP mine",
)  # fmt: skip
KEEPS_NAMES = (
    "PREPARE p AS SELECT 1", "DECLARE c CURSOR FOR SELECT 1", "DEALLOCATE p", "CLOSE c", "FETCH c", "EXECUTE p",
    "EXPLAIN SELECT 1 INTO TEMP mine", "DISCARD PLANS", "INSERT INTO orders (id) VALUES (1)",
)  # fmt: skip


@pytest.mark.parametrize("text", [*CHANGES_NAMES, *KEEPS_NAMES])
def test_what_makes_names_doubtful(text: str) -> None:
    made = plan("analyst", text)
    assert made.may_change_names is (text in CHANGES_NAMES)
    assert not made.may_change_catalog


@pytest.mark.parametrize("text", ["SET search_path = shop", "RESET ALL", "SET LOCAL search_path = shop", "DISCARD ALL"])
def test_what_makes_the_path_doubtful(text: str) -> None:
    assert plan("analyst", text).may_change_path
    assert plan("app", text).may_change_path
    assert not plan("analyst", "SET work_mem = '8MB'").may_change_path


def test_a_restricted_caller_changes_no_catalog() -> None:
    """What is made and dropped is temporary; for others any DDL may change what names mean."""
    assert not plan("analyst", "DROP TABLE mine", temporary=("mine",)).may_change_catalog
    assert plan("app", "DROP TABLE mine").may_change_catalog
    assert plan("app", "EXECUTE p").may_change_path  # what was prepared could be a SET


# --- rows, and whose

def test_what_is_counted() -> None:
    [part] = plan("analyst", "SELECT name FROM customers").parts
    assert part.row_limit == 10_000
    [declare] = plan("analyst", "DECLARE c CURSOR WITH HOLD FOR SELECT name FROM customers").parts
    assert (declare.row_limit, declare.naming is not None and declare.naming.is_held) == (None, True)
    assert declare.naming is not None
    assert declare.naming.part is not None
    assert (declare.naming.part.command, declare.naming.part.row_limit) == ("Select", 10_000)
    [copy] = plan("exporter", "COPY customers (id) TO STDOUT").parts
    assert (copy.copy, copy.row_limit) == ("rows", 10_000)
    [query] = plan("exporter", "COPY (SELECT id FROM customers) TO STDOUT").parts
    assert (query.copy, query.row_limit) == ("rows", 10_000)
    [kept] = plan("analyst", "CREATE TEMP TABLE mine AS SELECT id FROM customers").parts
    assert kept.row_limit is None  # nothing leaves
    [temporary] = plan("exporter", "COPY mine TO STDOUT", temporary=("mine",)).parts
    assert (temporary.copy, temporary.row_limit) == ("rows", 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO customers (id) VALUES (1) RETURNING name",
        "DECLARE c CURSOR FOR SELECT name FROM customers",
        "PREPARE p AS SELECT name FROM customers",
        "EXPLAIN SELECT name FROM customers",
        "COPY (SELECT name FROM customers) TO STDOUT",
        "COPY customers (name) TO STDOUT",
        "CREATE TEMP TABLE mine AS SELECT name FROM customers",
        "LOCK customers",
        "COPY customers (id, city) FROM STDIN",
    ],
)
def test_what_the_log_and_the_second_lock_are_told(text: str) -> None:
    made = plan("exporter", text)
    [part] = made.parts
    assert [use.relation for use in part.uses] == ["shop.customers"]
    if "name" in text:
        assert made.verdict == "masked"
        assert made.masked_origins == {(1001, attnum) for attnum in (2, 3, 4, 5, 7)}
        columns = {column: (how, mask) for column, how, mask, _ in part.uses[0].columns}
        assert columns["name"] == ("masked", "stars")


def test_ciphertext_has_planned_positions_only() -> None:
    made = plan("analyst", "DELETE FROM payment_cards WHERE id = 1 RETURNING id, card_no")
    assert made.sealed_origins == {(1003, 3), (1003, 5)}
    assert made.masked_origins == frozenset()
    assert [(one.position, one.mask is not None) for one in made.parts[0].results] == [(1, True)]


def test_the_log_hides_literals_of_protected_relations() -> None:
    assert plan("analyst", "INSERT INTO customers (id, city) VALUES (1, '深圳')").log_text.endswith("VALUES (?, ?)")
    assert plan("analyst", "INSERT INTO orders (id, status) VALUES (1, 'new')").log_text.endswith("VALUES (1, 'new')")
    assert plan("analyst", "EXECUTE p ('4111')").log_text == "EXECUTE p (?)"
    assert plan("analyst", "COPY orders FROM STDIN WHERE status = 'x'").log_text == "COPY orders FROM STDIN WHERE status = ?"


# --- the planner itself


def test_unknown_names_are_looked_up_once() -> None:
    for text, names in (
        ("SELECT * FROM nothing", ("nothing",)),
        ("INSERT INTO shop.nothing VALUES (1)", ("shop.nothing",)),
        ("DECLARE c CURSOR FOR SELECT * FROM nothing", ("nothing",)),
        ("COPY nothing FROM STDIN", ("nothing",)),
        ("LOCK orders, nothing", ("nothing",)),
        ("TRUNCATE nothing", ("nothing",)),
        ("CREATE INDEX ON nothing (a)", ("nothing",)),
        ("EXPLAIN SELECT * FROM nothing", ("nothing",)),
    ):
        assert world.planner("analyst").plan(text, path=world.PATH) == Miss(names)
        with pytest.raises(StatementError, match="does not exist"):
            plan("analyst", text)
    assert world.planner("app").plan("SELECT * FROM payment_cards, nothing", path=world.PATH) == Miss(("nothing",))
    explained = "EXPLAIN SELECT 1 FROM payment_cards, nothing"
    assert world.planner("app").plan(explained, path=world.PATH) == Miss(("nothing",))


def test_plans_are_kept_by_all_they_depend_on() -> None:
    planner = world.planner("analyst")
    first = planner.plan("SELECT name FROM customers", path=world.PATH)
    assert planner.plan("SELECT name FROM customers", path=world.PATH) is first
    for other in ({"path": ("pg_catalog", "shop")}, {"temporary": frozenset({"t"})}, {"in_prepare": True}, {"param_oids": (25,)}):
        arguments: dict[str, object] = {"path": world.PATH, **other}
        assert planner.plan("SELECT name FROM customers", **arguments) is not first  # type: ignore[arg-type]
    for number in range(CACHED_PLANS):
        planner.plan(f"SELECT {number}", path=world.PATH)
    assert planner.plan("SELECT name FROM customers", path=world.PATH) is not first
    long = "SELECT '" + "x" * CACHED_BYTES + "'"
    assert planner.plan(long, path=world.PATH) is not planner.plan(long, path=world.PATH)


def test_a_sealed_constant_is_never_kept() -> None:
    """Each time anew: a random suite must not give the same ciphertext twice."""
    planner = world.planner("app")
    text = "INSERT INTO shop.payment_cards (note) VALUES ('x')"
    assert planner.plan(text, path=world.PATH) is not planner.plan(text, path=world.PATH)


def test_types_of_parameters() -> None:
    planner = world.planner("analyst")
    assert isinstance(planner.plan("SELECT $1", path=world.PATH, param_oids=(0, 25)), Plan)
    for oid, reason in ((5001, "domain evil.dom belongs to eve"), (999_999, "not in the catalog")):
        with pytest.raises(Refusal, match=reason):
            planner.plan("SELECT $1", path=world.PATH, param_oids=(oid,))
        assert isinstance(world.planner("app").plan("SELECT $1", path=world.PATH, param_oids=(oid,)), Plan)


def test_relations_the_snapshot_has() -> None:
    assert world.planner("analyst").knows(1001)
    assert not world.planner("analyst").knows(4711)


def test_paths_and_startup() -> None:
    planner = world.planner("analyst")
    planner.check_path(world.PATH)
    with pytest.raises(Refusal, match="evil"):
        planner.check_path(("pg_catalog", "evil"))
    world.planner("app").check_path(("evil",))
    with pytest.raises(Refusal, match="evil"):
        planner.check_startup({"user": "ana", "search_path": "evil"})
    said = {"user": "ana", "search_path": "shop"}
    assert planner.check_startup(said) is said
    assert world.planner("app").check_startup({"search_path": "evil"}) == {"search_path": "evil"}


def test_the_log_of_what_was_never_planned() -> None:
    assert world.planner("analyst").log_text(b"SELECT 'secret' FROM (") == "SELECT ? FROM ("


def test_nested_too_deeply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Walks are iterative; should one not be, the statement is refused and not the session."""

    def dive(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("proxy.planner.planning.sql_parse.parse", dive)
    with pytest.raises(TooComplex, match="nested too deeply"):
        plan("analyst", "SELECT 1")


# --- callers without masks


def test_glass_reads_for_the_log_only() -> None:
    made = plan("dba", "SELECT card_no FROM payment_cards; SET search_path = evil; ROLLBACK; CREATE TABLE x (a int)")
    assert made.text == b"SELECT card_no FROM payment_cards; SET search_path = evil; ROLLBACK; CREATE TABLE x (a int)"
    assert (made.may_change_path, made.ends_transaction, made.may_change_catalog) == (True, True, True)
    assert [use.relation for use in made.parts[0].uses] == ["shop.payment_cards"]
    unread = plan("dba", "SELECT 'secret' FROM (")
    assert (unread.text, unread.log_text, unread.parts[0].command) == (b"SELECT 'secret' FROM (", "SELECT ? FROM (", "Unread")


def test_a_long_text_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's broken text is passed on only when it was seen that it names nothing encrypted."""

    def too_long(source: bytes) -> None:
        raise TooComplex("the statement is too long")

    monkeypatch.setattr(parse, "scan", too_long)
    monkeypatch.setattr(parse, "parse", lambda source: (_ for _ in ()).throw(StatementError("syntax error")))
    with pytest.raises(TooComplex):
        plan("app", "SELECT FROM FROM")


def test_a_prepared_text_is_one_statement() -> None:
    for role in ("analyst", "app"):
        with pytest.raises(StatementError, match="multiple commands"):
            plan(role, "SELECT 1; SELECT 2", in_prepare=True)


@pytest.mark.parametrize("text", ["DO $$ $$", "CALL f()", "CREATE TABLE t (a int)", "VACUUM orders", "REINDEX TABLE orders"])
def test_refusals_say_what_is_open(text: str) -> None:
    with pytest.raises(ProxyError) as caught:
        plan("analyst", text)
    assert isinstance(caught.value, Unproven)
    assert caught.value.hint or "temporary" in caught.value.message
