"""The glass oracle: for a caller the rules do not restrict, what comes back is what a direct connection gives, frame for frame.

`owner` has no keys, `app` has them and here meets no encrypted column. Both sides are the same login on the same database, one after
the other; what a statement changes is rolled back. Where they differ, the direct one is asked again: what PostgreSQL itself answers
differently (random(), a sequence) cannot be compared, and only a small share may be of that kind.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

import pytest

from proxy.cli.embedded import installations
from proxy.wire import messages as m
from tests.leak.generator import Generator
from tests.leak.oracle_talk import (  # fmt: skip
    Batch,
    Frame,
    converse,
    extended,
    first_difference,
    function_call,
    natural,
    q,
    without_new_oids,
)
from tests.leak.oracle_view import SEARCH_PATH
from tests.leak.oracle_world import OracleWorld
from tests.leak.test_hunt import attacks
from tests.leak.world import Client, World
from tests.servers import Database

B, P, E, C, D, S, H = m.Bind, m.Parse, m.Execute, m.Close, m.Describe, m.Sync(), m.Flush()
VERSIONS = sorted(installations())
STATEMENTS = int(os.environ.get("ORACLE_STATEMENTS", "0"))
ASKED = VERSIONS if STATEMENTS else sorted({VERSIONS[0], VERSIONS[-1]})
BIG = b"SELECT repeat('x', 1200000), g FROM generate_series(1, 2) g"

TABLE = b"CREATE TEMP TABLE t (a int, b text, c bytea)"
ROWS = rb"1\tone\t\\x00ff\n2\t\\N\t\\N\n3\t\xe5\xbc\xa0\t\n".replace(b"\\t", b"\t").replace(b"\\n", b"\n").replace(b"\\\\", b"\\")
BINARY = (
    b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\3" + b"\0\0\0\4\0\0\0\7" + b"\0\0\0\3abc" + b"\xff\xff\xff\xff" + b"\xff\xff"
)  # fmt: skip

CONVERSATIONS: dict[str, list[Batch]] = {
    "an empty query": [*q(b"", b";", b" -- nothing", b";;"), *extended(b"")],
    "one row in text and in binary": [*extended(b"SELECT 1, 'x', now() IS NULL, NULL"), *extended(b"SELECT 1, 1.5, 'x'", binary=True)],
    "every type in binary": extended(
        b"SELECT 1::int2, 2::int8, 1.25::float4, 2.5::float8, 12.340::numeric, 'c'::\"char\", 'x'::name, '\\x00'::bytea, true,"
        b" DATE '2024-01-01', TIMESTAMPTZ '2024-01-01 00:00+00', INTERVAL '1 mon', '{1,NULL}'::int[], ROW(1, 'a'), '{}'::jsonb,"
        b" '10.0.0.1'::inet, point(1, 2), int4range(1, 5), '00000000-0000-0000-0000-000000000001'::uuid, B'101', 'pg_class'::regclass",
        binary=True,
    ),
    "a mixture of result formats": [[P(b"", b"SELECT 1, 'x', 2"), B(b"", b"", (), (), (1, 0, 1)), D("P", b""), E(b""), S]],
    "multi-statement strings": q(
        b"SELECT 1; SELECT 'a', 2; SELECT", b"SELECT 1; SELECT 1/0; SELECT 2", b"BEGIN; SELECT 1; COMMIT; SELECT 2", b"SELECT 1;;; SELECT 2;",
        b"CREATE TEMP TABLE m (a int); INSERT INTO m VALUES (1), (2); UPDATE m SET a = 3; DELETE FROM m; DROP TABLE m",
    ),
    "errors": q(
        b"SELECT 1/0", b"SELEC 1", b"SELECT nope", b"SELECT * FROM nope", b"SELECT 'x'::int", b"SELECT nope(1)", b"SELECT 'unterminated",
        b"SELECT \"", b"SELECT 1 AS a, /* unended", b"DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = 'XX123', DETAIL = 'd', HINT = 'h'; END $$",
        b"SELECT * FROM pg_class WHERE relnme = 'x'",
    ),
    "errors in the extended protocol": [
        [P(b"", b"SELEC"), B(b"", b""), E(b""), S], [B(b"", b"nothing"), E(b""), S], [E(b"nothing"), S], [D("S", b"nothing"), S], [D("P", b"no"), S],
        [P(b"", b"SELECT $1::int"), B(b"", b"", (), (b"x",)), S], [P(b"", b"SELECT $1::int"), B(b"", b"", (), ()), S],
        [P(b"", b"SELECT $1::int"), B(b"", b"", (1,), (b"abc",)), S], [P(b"", b"SELECT 1; SELECT 2"), S], [P(b"", b"SELECT $2::int"), D("S", b""), S],
        [P(b"", b"SELECT 1/0"), B(b"", b""), E(b""), P(b"", b"SELECT 1"), S], [C("S", b"nothing"), C("P", b"nothing"), S],
    ],
    "pipelines": [
        [*(P(b"", b"SELECT 1"), B(b"", b""), E(b""), S), *(P(b"", b"SELECT 1/0"), B(b"", b""), E(b""), S), *(P(b"", b"SELECT 2"), B(b"", b""), E(b""), S)],
        [P(b"", b"SELECT 1"), B(b"", b""), E(b""), P(b"", b"SELECT 'two'"), B(b"", b""), E(b""), H, S],
        [m.Query(b"SELECT 1"), m.Query(b"SELECT 2"), S, S, m.Query(b"SELECT 3")],
        [P(b"", b"SELECT 1"), B(b"", b""), E(b""), m.Query(b"SELECT 5"), S],
    ],
    "prepared statements": [
        [P(b"one", b"SELECT $1::int + 1"), D("S", b"one"), S], [B(b"", b"one", (), (b"41",)), E(b""), S],
        [B(b"", b"one", (1,), (b"\0\0\0\x29",), (1,)), E(b""), S], [P(b"one", b"SELECT 2"), S], [C("S", b"one"), S], [B(b"", b"one"), S],
        [P(b"t", b"SELECT $1, $2", (25, 0)), D("S", b"t"), S], [P(b"t2", b"SELECT $1::text, $2::int4", (25, 23)), D("S", b"t2"), S],
        *q(b"PREPARE two (int) AS SELECT $1 * 2", b"EXECUTE two(4)", b"EXECUTE two('x')", b"DEALLOCATE two", b"EXECUTE two(4)", b"DEALLOCATE ALL"),
    ],
    "portals with limits": [
        *q(b"BEGIN"),
        [P(b"", b"SELECT generate_series(1, 5)"), B(b"p", b""), E(b"p", 2), S], [E(b"p", 2), S], [E(b"p", 2), S], [E(b"p", 2), S], [C("P", b"p"), S],
        [P(b"", b"SELECT generate_series(1, 5)"), B(b"p", b""), E(b"p", 5), H, E(b"p", 0), S], [E(b"p", 1), S],
        *q(b"COMMIT"), [E(b"p"), S],
        [P(b"", b"SELECT generate_series(1, 5)"), B(b"", b""), E(b"", 1), S], [E(b"", 1), S],
    ],
    "cursors": q(
        b"DECLARE k CURSOR FOR SELECT 1", b"BEGIN", b"DECLARE k SCROLL CURSOR FOR SELECT generate_series(1, 9)", b"FETCH 2 FROM k", b"FETCH BACKWARD 1 FROM k",
        b"MOVE LAST IN k", b"FETCH PRIOR FROM k", b"FETCH ABSOLUTE 3 FROM k", b"CLOSE k", b"FETCH 1 FROM k", b"ROLLBACK",
        b"BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT 'held'; COMMIT", b"FETCH ALL FROM h", b"CLOSE h", b"BEGIN",
        b"DECLARE b BINARY CURSOR FOR SELECT 1, 'x'", b"FETCH ALL FROM b", b"ROLLBACK",
    ),
    "transactions": q(
        b"BEGIN", b"BEGIN", b"SAVEPOINT a", b"SELECT 1/0", b"SELECT 1", b"ROLLBACK TO a", b"SELECT 1", b"RELEASE a", b"COMMIT", b"COMMIT", b"ROLLBACK",
        b"START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY", b"CREATE TEMP TABLE ro (a int)", b"SELECT 1/0", b"COMMIT AND CHAIN", b"ABORT",
        b"BEGIN; SELECT 1/0; COMMIT", b"SHOW transaction_isolation",
    ),
    "notices": q(
        b"DO $$ BEGIN RAISE NOTICE 'n %', 1; RAISE WARNING 'w' USING DETAIL = 'd'; RAISE INFO 'i'; RAISE DEBUG 'x'; END $$", b"SET client_min_messages = debug1",
        b"DO $$ BEGIN RAISE DEBUG 'shown' USING HINT = 'h'; END $$", b"DROP TABLE IF EXISTS nope", b"RESET client_min_messages",
    ),
    "LISTEN and NOTIFY": q(
        b"LISTEN glass", b"NOTIFY glass, 'hello'", b"SELECT pg_notify('glass', 'again')", b"BEGIN; NOTIFY glass, 'later'", b"COMMIT", b"UNLISTEN glass",
        b"NOTIFY glass, 'nobody'", b"SELECT 1",
    ),
    "COPY out": [
        *q(b"COPY (SELECT g, 'x' || g, NULL FROM generate_series(1, 3) g) TO STDOUT", b"COPY (SELECT 1, 'a,b') TO STDOUT (FORMAT csv, HEADER)"),
        *q(b"COPY (SELECT 1, 'x'::text) TO STDOUT (FORMAT binary)", b"COPY (SELECT 1/0) TO STDOUT", b"COPY nope TO STDOUT"),
        *q(b"COPY (SELECT 1) TO STDOUT; SELECT 2"), [P(b"", b"COPY (SELECT 7) TO STDOUT"), B(b"", b""), D("P", b""), E(b""), S],
    ],
    "COPY in": [
        *q(TABLE), [m.Query(b"COPY t FROM STDIN"), m.CopyData(ROWS[:5]), m.CopyData(ROWS[5:]), m.CopyDone()],
        [m.Query(b"COPY t FROM STDIN (FORMAT csv)"), m.CopyData(b"8,\"a,b\",\n"), m.CopyDone()],
        [m.Query(b"COPY t FROM STDIN (FORMAT binary)"), m.CopyData(BINARY), m.CopyDone()],
        [m.Query(b"COPY t FROM STDIN"), m.CopyData(b"x\ty\tz\n"), m.CopyDone()], [m.Query(b"COPY t FROM STDIN"), m.CopyFail(b"I will not")],
        [m.Query(b"COPY t FROM STDIN; SELECT count(*) FROM t"), m.CopyData(b"9\tn\t\\N\n"), m.CopyDone()],
        [P(b"", b"COPY t FROM STDIN"), B(b"", b""), E(b""), m.CopyData(b"10\tten\t\\N\n"), m.CopyDone(), S],
        *q(b"SELECT * FROM t ORDER BY a", b"COPY t TO STDOUT"), *extended(b"SELECT * FROM t ORDER BY a", binary=True),
    ],
    "big rows": [*q(BIG), *extended(BIG, binary=True), *q(b"SELECT " + b"1," * 1600 + b"1"), *q(b"SELECT '" + b"y" * 1_200_000 + b"' = 'y'")],
    "many rows": [*q(b"SELECT g, g * 2, 'row ' || g FROM generate_series(1, 3000) g"), *extended(b"SELECT generate_series(1, 3000)", binary=True)],
    "a parameter of every kind": [
        *extended(b"SELECT $1::int, $2::text, $3::bytea, $4::date, $5::int[]", (b"7", b"x", b"\\x00ff", b"2024-01-01", b"{1,2}")),
        *extended(b"SELECT $1::int IS NULL", (None,)), [P(b"", b"SELECT $1"), D("S", b""), B(b"", b"", (), (b"unknown",)), E(b""), S],
    ],
    "FunctionCall": [
        [function_call(1317, [b"four"])], [function_call(1317, [None])], [function_call(177, [b"\0\0\0\1", b"\0\0\0\2"])], [function_call(177, [b"1", b"2"], formats=(0,), result=0)],
        [function_call(999999, [])], [function_call(177, [b"x"])], [function_call(154, [b"\0\0\0\1", b"\0\0\0\0"])],
    ],
    "settings are reported": q(
        b"SET TimeZone = 'Asia/Shanghai'", b"SET DateStyle = 'German'", b"SELECT DATE '2024-01-02'", b"SET application_name = 'glass'", b"RESET ALL", b"SHOW TimeZone", b"SHOW ALL_NOPE", b"SET IntervalStyle = 'iso_8601'", b"BEGIN", b"SET LOCAL TimeZone = 'UTC'", b"ROLLBACK",
        b"SET search_path = pg_catalog", b"RESET search_path", b"SET nope.nope = 1", b"SHOW nope.nope", b"DISCARD ALL",
    ),
    "EXPLAIN": q(
        b"EXPLAIN (COSTS OFF) SELECT * FROM pg_class WHERE oid = 1259", b"EXPLAIN (FORMAT json, COSTS OFF) SELECT 1",
        b"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT 1", b"EXPLAIN SELECT nope",
    ),
    "temporary tables": q(
        b"CREATE TEMP TABLE tt AS SELECT g AS a FROM generate_series(1, 3) g", b"ALTER TABLE tt ADD b text DEFAULT 'd'", b"SELECT * FROM tt", b"CREATE INDEX ON tt (a)",
        b"INSERT INTO tt VALUES (9) RETURNING *", b"UPDATE tt SET b = 'x' WHERE a > 2 RETURNING a, b", b"DELETE FROM tt WHERE a = 1", b"TRUNCATE tt", b"DROP TABLE tt",
    ),
    "a statement timeout": q(b"SET statement_timeout = '30ms'", b"SELECT pg_sleep(2)", b"SELECT 1", b"RESET statement_timeout"),
    "DO, CALL and functions that write": q(
        b"DO $$ BEGIN PERFORM 1; END $$", b"CALL nope()", b"CREATE FUNCTION pg_temp.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1'", b"SELECT pg_temp.f(1)",
        b"CREATE PROCEDURE pg_temp.p(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := a + 1; END'", b"CALL pg_temp.p(1)",
    ),
    "SQL that only the server knows": q(
        b"VACUUM pg_nope", b"SELECT 1 FROM pg_stat_activity WHERE false", b"SELECT count(*) > 0 FROM pg_proc", b"LOCK TABLE nope", b"CHECKPOINT_NOPE", b"TABLE pg_nope",
        b"SELECT U&'\\5F20' || E'\\u4E09' || $$ $1 $$", b"SELECT 1 -- comment\n 'x'", b"VALUES (1, 'a'), (2, NULL)",
    ),
    "the server ends the session": q(b"SELECT 1", b"SELECT pg_terminate_backend(pg_backend_pid())", b"SELECT 2"),
    "statements that fail only when run": [
        [P(b"e", b"SELECT 1 / $1::int"), B(b"", b"e", (), (b"0",)), E(b""), S], [B(b"", b"e", (), (b"1",)), E(b""), S],
        *q(b"SELECT 1 / (g - 3) FROM generate_series(1, 5) g"), [P(b"", b"SELECT 1 / (g - 3) FROM generate_series(1, 5) g"), B(b"", b""), E(b"", 1), S],
    ],
    "names in Chinese": [*q('SELECT 1 AS "客户", \'张三\' AS "姓 名"'.encode()), *extended('SELECT \'张三\' AS "姓名"'.encode(), binary=True)],
    "a local setting in one string": q(b"BEGIN; SET LOCAL TimeZone = 'UTC'", b"ROLLBACK"),
    "a transaction in one string, after DISCARD ALL": q(b"DISCARD ALL", b"BEGIN; SELECT 1; COMMIT; SELECT 2"),
    "strings with backslashes": q(b"SET standard_conforming_strings = off", b"SELECT 'a\\nb'", b"RESET ALL"),
    "bytes that are no UTF-8": q(b"SELECT '\xff\xfe'"),
    "a client encoding": [*q(b"SET client_encoding = 'GBK'", b"SELECT '\xd5\xc5'", b"SELECT nope_\xd5\xc5", b"RESET client_encoding")],
}  # fmt: skip
# What is another's business for a caller with keys: the proxy must read all text, and must see every way to a value.
NOT_WITH_KEYS = {
    "FunctionCall": "a function called by number is refused",
    "strings with backslashes": "where a backslash may escape, text is not read",
}


def without_place(frames: list[Frame]) -> list[Frame]:
    """Without the line of PostgreSQL's source code an error was raised at: where the proxy knows that a name means nothing, it
    says so in PostgreSQL's words, but has no such line.
    """
    return [(kind, re.sub(rb"F[^\0]+\0L\d+\0R\w+\0\0$", b"\0", body) if kind == "E" else body) for kind, body in frames]


def said(client: Client, batches: list[Batch]) -> list[Frame]:
    with client:
        return natural([*client.start, *converse(client, batches)])


def next_oid(database: Database) -> int:
    """Relations made from now on have OIDs from here."""
    newest = database.execute("SELECT max(oid)::int + 1 FROM pg_class")[0][0]
    assert isinstance(newest, int)
    return newest


def differing(world: OracleWorld, user: str, *, has_keys: bool) -> dict[str, str]:
    """Conversation -> where its two answers part. With keys, each has a session of its own, and see `without_place`."""
    newest = next_oid(world.raw)
    heard: list[dict[str, list[Frame]]] = []
    for side in (world.direct, world.through):
        told, client = {}, side(user)
        for name, batches in CONVERSATIONS.items():
            frames = natural(converse(client, batches))
            if has_keys or frames[-1] == ("end", b"") or converse(client, q(b"ROLLBACK", b"DISCARD ALL"))[-1] != ("Z", b"I"):
                client.socket.close()
                client = side(user)
            told[name] = without_new_oids(without_place(frames) if has_keys else frames, newest)
        client.socket.close()
        heard.append(told)
    direct, through = heard
    return {name: first_difference(through[name], direct[name]) for name in CONVERSATIONS if through[name] != direct[name]}


@pytest.mark.parametrize("version", VERSIONS)
def test_conversations_without_keys(oracle_on: Callable[[int], OracleWorld], version: int) -> None:
    world = oracle_on(version)
    found = differing(world, world.owner, has_keys=False)
    assert not found, "\n".join(f"{name}: {told}" for name, told in found.items())


@pytest.mark.parametrize("version", sorted({VERSIONS[0], VERSIONS[-1]}))
def test_conversations_with_keys(oracle_on: Callable[[int], OracleWorld], version: int) -> None:
    world = oracle_on(version)
    found = differing(world, world.app, has_keys=True)
    assert found.keys() == NOT_WITH_KEYS.keys(), "\n".join(f"{name}: {told}" for name, told in found.items())


@pytest.mark.parametrize("parameters", [{"application_name": "psql"}, {"options": "-c geqo=off -c TimeZone=UTC"}, {"DateStyle": "ISO, DMY"}])
def test_the_start_of_a_session(oracle_on: Callable[[int], OracleWorld], parameters: dict[str, str]) -> None:
    world = oracle_on(VERSIONS[-1])
    batches = q(b"SHOW geqo", b"SELECT current_setting('application_name')", b"SHOW DateStyle")
    for user in (world.owner, world.app):
        direct, through = said(world.direct(user, **parameters), batches), said(world.through(user, **parameters), batches)
        assert through == direct, first_difference(through, direct)


# EXPLAIN ANALYZE; often the same twice, so not left to chance. Of a node's row the rest is kept, but for its length.
_TIMES = re.compile(rb"(?s)^.*(?:Planning|Execution) Time: [\d.]+ ms$")
_NODE_TIMES = re.compile(rb"(?s)^.{6}(.*)actual time=[\d.]+\.\.[\d.]+(.*)$")


class Sides:
    """A direct and a proxied session of one login, for many statements; both are opened anew when one is lost."""

    def __init__(self, world: World | OracleWorld, user: str, database: Database, **parameters: str) -> None:
        self._make = (partial(world.direct, user, **parameters), partial(world.through, user, **parameters))
        self._newest = next_oid(database)
        self._clients = [make() for make in self._make]
        self.compared = 0
        self.unsteady: list[str] = []
        self.differing: list[str] = []

    def close(self) -> None:
        for client in self._clients:
            client.socket.close()

    def _run(self, side: int, batches: list[Batch]) -> list[Frame]:
        heard = natural(converse(self._clients[side], [*q(b"BEGIN"), *batches, *q(b"ROLLBACK", b"DISCARD ALL")]))
        heard = [(kind, _NODE_TIMES.sub(rb"\1Time\2", _TIMES.sub(b"Time", body))) for kind, body in heard]
        if heard[-1] != ("Z", b"I"):
            self._clients[side].socket.close()
            self._clients[side] = self._make[side]()
        return heard

    def compare(self, name: str, batches: list[Batch]) -> None:
        first, through = self._run(0, batches), self._run(1, batches)
        self.compared += 1
        if through == first:
            return
        if any(self._run(0, batches) != first for _ in range(3)):
            self.unsteady.append(name)
        else:
            self.differing.append(f"{name}: {first_difference(through, first)}")

    def judge(self) -> None:
        """No difference, and few statements that could not be compared."""
        assert not self.differing, "\n".join(self.differing[:20])
        assert self.compared > 20 * len(self.unsteady), self.unsteady


def test_attacks_are_statements_like_others(newest_world: World) -> None:
    """The corpus of attacks, for the owner: simple, or extended in binary, by turns; both in the long form."""
    sides = Sides(newest_world, newest_world.owner, newest_world.database)
    try:
        for number, attack in enumerate(attacks()):
            if attack.is_alone or any("activity" in step for step in attack.steps):
                continue  # writes for good, or shows what the other session said last
            steps = [step.encode() for step in attack.steps]
            if STATEMENTS or number % 2:
                sides.compare(attack.title, q(*steps))
            if STATEMENTS or not number % 2:
                sides.compare(f"{attack.title}, extended", [batch for step in steps for batch in extended(step, binary=True)])
    finally:
        sides.close()
    sides.judge()


@pytest.mark.parametrize("login", ["owner", "app"])
@pytest.mark.parametrize("version", ASKED)
def test_random_statements(oracle_on: Callable[[int], OracleWorld], version: int, login: str) -> None:
    world = oracle_on(version)
    user = getattr(world, login)
    sides = Sides(world, user, world.raw, search_path=SEARCH_PATH)
    try:
        for seed in range(STATEMENTS or 100):
            made = Generator(seed, version, writes=True).statement()
            if login == "app" and "payment_cards" in made.text:
                continue
            if made.params or seed % 3:
                batches = extended(made.text.encode(), made.params, binary=seed % 2 == 0)
            else:
                batches = q(made.text.encode())
            sides.compare(f"seed {seed}: {made.text}", batches)
    finally:
        sides.close()
    sides.judge()


def test_a_caller_who_sees_masks_is_told_apart(oracle_on: Callable[[int], OracleWorld]) -> None:
    """The oracle's own test: a value, a type's origin or a refusal makes a difference."""
    world = oracle_on(VERSIONS[-1])
    sides = Sides(world, world.analyst, world.raw)
    try:
        for text in (b"SELECT name FROM shop.customers", b"SELECT name FROM shop.customers WHERE false", b"LISTEN glass", b"SELECT 1"):
            sides.compare(text.decode(), q(text))
    finally:
        sides.close()
    assert [told.partition(":")[0] for told in sides.differing] == [
        "SELECT name FROM shop.customers", "SELECT name FROM shop.customers WHERE false", "LISTEN glass",
    ]  # fmt: skip
