"""Cursors and prepared statements of SQL, over masked and encrypted columns, by SQL and by the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors

from proxy.wire import messages as m
from tests.integration.desk import CARDS, NAMES, ROW_LIMIT, Connection, Desk
from tests.proxies import error_of, kinds_of

Q, P, B, D, E, C, S = m.Query, m.Parse, m.Bind, m.Describe, m.Execute, m.Close, m.Sync()


@pytest.fixture(params=[False, True], ids=["text", "binary"])
def binary(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=["analyst", "app"])
def caller(request: pytest.FixtureRequest, desk: Desk) -> Iterator[tuple[Connection, list[tuple[int, str]]]]:
    """A session in a block, and the cards as it sees them."""
    cards = [("*" * 12 + card[-4:] if request.param == "analyst" else card) for card in CARDS]
    with desk.connect(getattr(desk, request.param)) as connection:
        connection.execute(b"BEGIN")
        yield connection, list(enumerate(cards, 1))
        connection.execute(b"ROLLBACK")


@pytest.fixture
def ana(desk: Desk) -> Iterator[Connection]:
    with desk.connect(desk.analyst) as connection:
        yield connection
        connection.execute(b"ROLLBACK")


Caller = tuple[Connection, list[tuple[int, str]]]
_SELECT = "SELECT id, card_no FROM shop.cards ORDER BY id"


# --- DECLARE, FETCH, MOVE, CLOSE


@pytest.mark.parametrize("words", ["SCROLL CURSOR", "BINARY SCROLL CURSOR", "SCROLL CURSOR WITH HOLD"])
def test_fetch_in_every_direction(caller: Caller, words: str, binary: bool) -> None:
    session, cards = caller
    session.execute(f"DECLARE walk {words} FOR {_SELECT}".encode())
    if "HOLD" in words:
        session.execute(b"COMMIT")

    def fetch(direction: str) -> list[tuple[Any, ...]]:
        cursor = session.execute(f"FETCH {direction} FROM walk".encode(), binary=binary)
        assert cursor.description is not None
        assert [c.type_code for c in cursor.description] == [23, 25]
        return cursor.fetchall()

    assert fetch("NEXT") == cards[:1]
    assert fetch("ALL") == cards[1:]
    assert fetch("NEXT") == []
    assert fetch("PRIOR") == cards[2:]
    assert fetch("ABSOLUTE 2") == cards[1:2]
    assert fetch("BACKWARD ALL") == cards[:1]
    assert session.execute(b"MOVE FORWARD 2 IN walk").statusmessage == "MOVE 2"
    assert fetch("RELATIVE 0") == cards[1:2]
    assert fetch("LAST") == cards[2:]
    assert session.execute(b"CLOSE walk").statusmessage == "CLOSE CURSOR"
    with pytest.raises(errors.InvalidCursorName):
        session.execute(b"FETCH walk")


def test_psycopgs_server_cursor(caller: Caller, binary: bool) -> None:
    """DECLARE as a statement, with parameters; Describe and FETCH by the cursor's name."""
    session, cards = caller
    with psycopg.RawServerCursor(session, "walk", scrollable=True) as walk:
        walk.execute(b"SELECT id, card_no FROM shop.cards WHERE id >= $1 ORDER BY id", (2,), binary=binary)
        assert walk.fetchone() == cards[1]
        assert walk.fetchall() == cards[2:]
        walk.scroll(0, mode="absolute")
        assert [*walk] == cards[1:]
    with psycopg.RawServerCursor(session, "held", withhold=True) as held:
        held.execute(_SELECT.encode())
        session.execute(b"COMMIT")
        assert held.fetchmany(2) == cards[:2]


def test_a_cursor_over_masks(desk: Desk, ana: Connection, binary: bool) -> None:
    ana.execute(b"BEGIN")
    ana.execute(b"DECLARE c CURSOR FOR SELECT id, name, email, birth FROM shop.customers WHERE id <= 5 ORDER BY id")
    rows = ana.execute(b"FETCH ALL c", binary=binary).fetchall()
    assert rows == [(number, *desk.masked[number], None) for number in range(1, 6)]


def test_where_current_of(desk: Desk, ana: Connection) -> None:
    """The row a cursor over a masked relation stands on is the row that is written."""
    ana.execute(b"BEGIN")
    ana.execute(b"DECLARE c CURSOR FOR SELECT id, name FROM shop.customers WHERE id IN (2, 4, 6) ORDER BY id FOR UPDATE")
    assert ana.execute(b"FETCH 2 FROM c").fetchall() == [(2, desk.masked[2][0]), (4, desk.masked[4][0])]
    done = ana.execute(b"UPDATE shop.customers SET city = 'here' WHERE CURRENT OF c RETURNING id, name")
    assert done.fetchall() == [(4, desk.masked[4][0])]
    ana.execute(b"FETCH c")
    assert ana.execute(b"DELETE FROM shop.customers WHERE CURRENT OF c RETURNING id").fetchall() == [(6,)]
    assert ana.execute(b"SELECT id FROM shop.customers WHERE city = 'here'").fetchall() == [(4,)]
    ana.execute(b"ROLLBACK")
    ana.execute(b"BEGIN")
    ana.execute(b"DECLARE c CURSOR FOR SELECT id FROM shop.customers ORDER BY id")  # without FOR UPDATE it works as well
    ana.execute(b"FETCH 3 FROM c")
    assert ana.execute(b"UPDATE shop.customers SET city = 'x' WHERE CURRENT OF c RETURNING id").fetchall() == [(3,)]
    with pytest.raises(errors.InsufficientPrivilege):
        ana.execute(b"UPDATE shop.customers SET name = 'x' WHERE CURRENT OF c")


def test_the_row_limit_counts_over_fetches(desk: Desk, ana: Connection) -> None:
    for prepared in (False, True):
        ana.execute(b"BEGIN")
        ana.execute(b"DECLARE c CURSOR FOR SELECT id FROM shop.customers")
        taken = 0
        with pytest.raises(errors.ConfigurationLimitExceeded):
            while True:
                taken += len(ana.execute(b"FETCH 9 FROM c", prepare=prepared).fetchall())
                assert taken <= ROW_LIMIT
        assert taken == ROW_LIMIT // 9 * 9
        ana.execute(b"ROLLBACK")
    ana.execute(b"BEGIN")
    ana.execute(b"DECLARE c CURSOR FOR SELECT id FROM shop.customers")
    ana.execute(b"MOVE 50 IN c")  # what is not shown is not counted
    assert len(ana.execute(b"FETCH ALL c").fetchall()) == 10


def test_rollbacks(ana: Connection) -> None:
    """A cursor ends with the block or the savepoint it was made in; a held one with neither once it was committed."""
    ana.execute(b"BEGIN")
    ana.execute(b"DECLARE kept CURSOR WITH HOLD FOR SELECT name FROM shop.customers WHERE id = 1")
    ana.execute(b"SAVEPOINT a")
    ana.execute(b"DECLARE inner_one CURSOR FOR SELECT 1")
    ana.execute(b"ROLLBACK TO a")
    with pytest.raises(errors.InvalidCursorName), ana.transaction():
        ana.execute(b"FETCH inner_one")
    ana.execute(b"COMMIT")
    assert "*" in ana.execute(b"FETCH kept").fetchall()[0][0]
    ana.execute(b"BEGIN")
    ana.execute(b"DECLARE lost CURSOR WITH HOLD FOR SELECT 1")
    ana.execute(b"ROLLBACK")
    with pytest.raises(errors.InvalidCursorName):
        ana.execute(b"FETCH lost")
    ana.execute(b"DISCARD ALL")
    with pytest.raises(errors.InvalidCursorName):
        ana.execute(b"FETCH kept")


def test_one_text(desk: Desk, ana: Connection) -> None:
    cursor = ana.execute(
        b"DECLARE c CURSOR FOR SELECT name FROM shop.customers WHERE id <= 2 ORDER BY id; FETCH c; FETCH c; CLOSE c; SELECT 1"
    )
    found = []
    while cursor.nextset():
        found += cursor.fetchall() if cursor.description else []
    assert found == [(desk.masked[1][0],), (desk.masked[2][0],), (1,)]


# --- the protocol's names are SQL's


def test_the_protocol_executes_a_cursor_of_sql(desk: Desk) -> None:
    with desk.raw(desk.analyst) as client:
        for words in ("CURSOR", "BINARY CURSOR"):  # to Execute both answer in text
            client.send(Q(b"BEGIN"), Q(f"DECLARE c {words} FOR {_SELECT}".encode()))
            client.until_ready(2)
            client.send(E(b"c", 1), S, D("P", b"c"), S, E(b"c", 1), S, Q(b"FETCH c"), C("P", b"c"), S, Q(b"FETCH c"))
            frames = client.until_ready(6)
            assert kinds_of(frames) == "DsZ" + "TZ" + "DsZ" + "TDCZ" + "3Z" + "EZ"
            rows = [m.datarow_values(body) for kind, body in frames if kind == "D"]
            shown = [("*" * 12 + card[-4:]).encode() for card in CARDS]
            assert [row[1] for row in rows] == shown
            assert error_of(frames).sqlstate == "34000"
            client.send(Q(b"ROLLBACK"))
            client.until_ready()


def test_sql_fetches_from_a_portal_of_the_protocol(desk: Desk) -> None:
    with desk.raw(desk.app) as client:
        client.send(Q(b"BEGIN"), P(b"", _SELECT.encode()), B(b"c", b"", (), (), (1,)), E(b"c", 1), S, Q(b"FETCH c"), Q(b"CLOSE c"))
        frames = client.until_ready(4)
        assert kinds_of(frames) == "CZ" + "12DsZ" + "TDCZ" + "CZ"
        assert [m.datarow_values(body)[1] for kind, body in frames if kind == "D"] == [CARDS[0].encode(), CARDS[1].encode()]
        client.send(E(b"c"), S, Q(b"ROLLBACK"))
        assert error_of(client.until_ready(2)).sqlstate == "34000"


@pytest.mark.parametrize("name", ["x" * 70, "a" + "表" * 30, "Größe " * 12])
def test_long_names_are_cut_as_postgresql_cuts_them(desk: Desk, name: str) -> None:
    """At 63 bytes, between characters: by whatever name the server knows it, SQL and the protocol find it."""
    with desk.raw(desk.analyst) as client:
        for number in (1, 2):
            client.send(Q(f'PREPARE "{name}" AS SELECT name FROM shop.customers WHERE id = {number}'.encode()))
            client.send(Q(f'EXECUTE "{name}"'.encode()), Q(b"SELECT name FROM pg_prepared_statements"))
            frames = [one for one in client.until_ready(3) if one[0] != "N"]
            assert kinds_of(frames) == "CZ" + "TDCZ" + "TDCZ"
            shown, short = (m.datarow_values(body)[0] for kind, body in frames if kind == "D")
            assert shown == desk.masked[number][0].encode()
            assert short is not None
            assert name.encode().startswith(short)
            client.send(D("S", short), B(b"", short), E(b""), S, Q(f'DEALLOCATE "{name}and more"'.encode()))
            frames = [one for one in client.until_ready(2) if one[0] != "N"]
            assert kinds_of(frames) == "tT2DCZ" + "CZ"
            client.send(Q(f'EXECUTE "{name}"'.encode()), B(b"", short), S)
            frames = [one for one in client.until_ready(2) if one[0] != "N"]
            assert kinds_of(frames) == "EZEZ"
            assert error_of(frames).sqlstate == "26000"


# --- PREPARE, EXECUTE, DEALLOCATE


def test_prepare_and_execute(desk: Desk, caller: Caller, binary: bool) -> None:
    session, cards = caller
    session.execute(b"PREPARE one (int) AS SELECT id, card_no FROM shop.cards WHERE id = $1")
    for number in (1, 2, 3):
        cursor = session.execute(f"EXECUTE one ({number})".encode(), binary=binary)
        assert cursor.fetchall() == [cards[number - 1]]
        assert cursor.description is not None
        assert cursor.description[1].type_code == 25
    session.execute(b"SAVEPOINT a")
    with pytest.raises(errors.DuplicatePreparedStatement):
        session.execute(b"PREPARE one AS SELECT 1")
    session.execute(b"ROLLBACK TO a")
    assert session.execute(b"EXECUTE one (1)", binary=binary).fetchall() == cards[:1]
    session.execute(b"DEALLOCATE one; PREPARE one AS SELECT 7 AS seven")
    assert session.execute(b"EXECUTE one", binary=binary).fetchall() == [(7,)]
    session.execute(b"DEALLOCATE ALL")
    with pytest.raises(errors.InvalidSqlStatementName):
        session.execute(b"EXECUTE one")


def test_a_prepared_write(desk: Desk, ana: Connection, binary: bool) -> None:
    ana.execute(b"BEGIN")
    ana.execute(b"PREPARE move (int, text) AS UPDATE shop.customers SET city = $2 WHERE id = $1 RETURNING name, city")
    assert ana.execute(b"EXECUTE move (1, upper('x'))", binary=binary).fetchall() == [(desk.masked[1][0], "X")]
    with pytest.raises(errors.UniqueViolation) as caught:
        ana.execute(b"PREPARE twice AS INSERT INTO shop.customers (id) VALUES ($1); EXECUTE twice (1)")
    assert caught.value.diag.message_detail is None


def test_prepared_for_others(desk: Desk) -> None:
    with desk.connect(desk.app) as app:
        with pytest.raises(errors.FeatureNotSupported, match="EXECUTE"):
            app.execute(b"PREPARE p AS SELECT id FROM shop.cards WHERE card_no = $1")
        app.execute(f"PREPARE p AS SELECT id, card_no FROM shop.cards WHERE card_no = '{CARDS[1]}'".encode())
        assert app.execute(b"EXECUTE p").fetchall() == [(2, CARDS[1])]
        assert app.execute(b"EXECUTE p", binary=True).fetchall() == [(2, CARDS[1])]


def test_a_changed_path_is_judged_when_it_changes(desk: Desk, ana: Connection) -> None:
    """What is prepared names its relations in full; functions and operators are looked up on a path that is safe."""
    ana.execute(b"SET search_path = shop")
    ana.execute(b"PREPARE p AS SELECT name FROM customers WHERE id = 1")
    ana.execute(b"SET search_path = public")
    assert ana.execute(b"EXECUTE p").fetchall() == [(desk.masked[1][0],)]


# --- EXPLAIN


def test_explain(desk: Desk, ana: Connection, binary: bool) -> None:
    ana.execute(b"BEGIN")
    plan = ana.execute(b"EXPLAIN (FORMAT json, ANALYZE, TIMING off) SELECT name FROM shop.customers WHERE id = 1", binary=binary)
    [(tree,)] = plan.fetchall()
    found = tree if isinstance(tree, list) else json.loads(tree)
    assert found[0]["Plan"]["Actual Rows"] in (1, 1.0)
    write = b"UPDATE shop.customers SET city = 'x' WHERE id <= 5 RETURNING name"
    assert "Update on customers" in ana.execute(b"EXPLAIN " + write).fetchall()[0][0]
    assert ana.execute(b"SELECT count(*) FROM shop.customers WHERE city = 'x'").fetchall() == [(0,)]
    ana.execute(b"PREPARE p (int) AS SELECT name, card_no FROM shop.customers c JOIN shop.cards k ON k.id = c.id WHERE c.id = $1")
    shown = ana.execute(b"EXPLAIN (ANALYZE, VERBOSE) EXECUTE p (1)").fetchall()
    assert not any(name in str(shown) for name in (*NAMES, *CARDS))
    ana.execute(b"EXPLAIN DECLARE c CURSOR FOR SELECT name FROM shop.customers")
    with pytest.raises(errors.InvalidCursorName):
        ana.execute(b"FETCH c")
