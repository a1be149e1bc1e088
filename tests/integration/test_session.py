"""The session and its shell against real PostgreSQL, with planners made by hand: what passes, what is refused, what ends."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from dataclasses import replace

import asyncpg
import psycopg
import pytest
from psycopg import errors, pq

from proxy.errors import Refusal, TooComplex
from proxy.plan import Miss, Part, Plan, SealedParam, SealedResult
from proxy.policy.verdict import Seal
from proxy.server import Limits, Logins
from proxy.session import Service
from proxy.wire import messages as m
from proxy.wire.auth import Secret
from tests.fakes import FakePlanner, MarkingKeys, MemoryLog
from tests.proxies import RawClient, Running, error_of, kinds_of, running
from tests.servers import Database
from tests.small import eventually

SEAL = Seal("cards", "equality", 25, "public.cards.card_no")


def keyed() -> FakePlanner:
    """Not glass, nothing hidden."""
    return FakePlanner(is_glass=False)


def restricted() -> FakePlanner:
    """Like an analyst."""
    return FakePlanner(is_glass=False, restricted=True)


@pytest.fixture(params=[FakePlanner, keyed, restricted], ids=["glass", "keyed", "restricted"])
def any_proxy(request: pytest.FixtureRequest, database: Database) -> Iterator[Running]:
    """A proxy whose planner lets everything pass, for each kind of caller."""
    with running(database, lambda caller, snapshot: request.param()) as one:
        yield one


# --- the stream is the server's

Q, P, B, D, E, C, S = m.Query, m.Parse, m.Bind, m.Describe, m.Execute, m.Close, m.Sync()
H = m.Flush()
CONVERSATIONS: dict[str, list[m.Message]] = {
    "simple": [Q(b"SELECT 1, 'a'"), Q(b""), Q(b"SELECT 1; SELECT 2; SELECT 3"), Q(b"SELECT nonsense"), Q(b"SELECT 5")],
    "transaction": [
        *(Q(b"BEGIN"), Q(b"SELECT 1"), Q(b"SELECT 1/0"), Q(b"SELECT 1"), Q(b"ROLLBACK"), Q(b"BEGIN; SELECT 1; COMMIT"))
    ],
    "unnamed": [P(b"", b"SELECT $1::int"), B(b"", b"", (), (b"4",)), D("P", b""), E(b""), S],
    "named": [
        *(P(b"a", b"SELECT $1::text"), D("S", b"a"), S),
        *(B(b"p", b"a", (), (b"x",)), E(b"p"), B(b"", b"a", (1,), (b"y",), (1,)), E(b""), S),
        *(C("S", b"a"), S, B(b"", b"a", (), (b"x",)), E(b""), S),
    ],
    "redefined": [P(b"a", b"SELECT 1"), S, P(b"a", b"SELECT 2"), S, B(b"", b"a"), E(b""), S],
    "pipeline with an error": [
        *(P(b"", b"SELECT 1"), B(b"", b""), E(b""), S),
        *(P(b"", b"SELECT 1/0"), B(b"", b""), E(b""), P(b"", b"SELECT 2"), B(b"", b""), E(b""), S),
        *(P(b"", b"SELECT 3"), B(b"", b""), E(b""), S),
    ],
    "skipped Parse leaves the old one": [
        *(P(b"", b"SELECT 22"), S),
        *(P(b"x", b"SELECT nonsense"), P(b"", b"SELECT 23"), S),
        *(B(b"", b""), E(b""), S),
    ],
    "failed Parse drops the unnamed": [P(b"", b"SELECT 22"), S, P(b"", b"SELECT nonsense"), S, B(b"", b""), E(b""), S],
    "suspended": [
        *(Q(b"BEGIN"), P(b"", b"SELECT generate_series(1, 7)"), B(b"c", b""), E(b"c", 3), H, E(b"c", 3), E(b"c", 3), S),
        *(B(b"c", b""), E(b"c", 2), S, E(b"c", 2), S, Q(b"COMMIT"), E(b"c", 2), S),
    ],
    "a query inside a segment": [P(b"", b"SELECT 1"), Q(b"SELECT 2"), B(b"", b""), S, Q(b"SELECT 3")],
    "copy out": [Q(b"COPY (SELECT generate_series(1, 3)) TO STDOUT; SELECT 1"), Q(b"SELECT 2")],
    "copy in": [
        *(Q(b"CREATE TEMP TABLE t (a int)"), Q(b"COPY t FROM STDIN"), m.CopyData(b"1\n2\n"), m.CopyData(b"3\n"), m.CopyDone()),
        *(Q(b"SELECT a FROM t"), Q(b"COPY t FROM STDIN"), m.CopyData(b"x\n"), m.CopyDone(), Q(b"SELECT 2")),
        *(Q(b"COPY t FROM STDIN"), m.CopyFail(b"no"), Q(b"SELECT 3"), m.CopyData(b"stray"), m.CopyDone(), Q(b"SELECT 4")),
    ],
    "copy in, extended": [
        *(Q(b"CREATE TEMP TABLE t (a int)"), P(b"", b"COPY t FROM STDIN"), B(b"", b""), E(b""), S, m.CopyData(b"1\n")),
        *(m.CopyDone(), S, Q(b"SELECT a FROM t")),
        *(P(b"", b"COPY t FROM STDIN"), B(b"", b""), E(b""), m.CopyData(b"2\n"), m.CopyDone(), S, Q(b"SELECT a FROM t")),
        *(P(b"", b"COPY nowhere FROM STDIN"), B(b"", b""), E(b""), S, Q(b"SELECT 6")),
    ],
    "notices": [Q(b"DO $$ BEGIN RAISE NOTICE 'hello'; END $$"), Q(b"SET application_name = 'x'"), Q(b"SELECT 1")],
    "search_path": [
        *(Q(b"CREATE SCHEMA s"), Q(b"CREATE TABLE s.t AS SELECT 7 AS a"), Q(b"SET search_path = s"), Q(b"SELECT a FROM t")),
        *(P(b"", b"SET search_path = public"), B(b"", b""), E(b"")),
        *(P(b"", b"SELECT count(*) FROM s.t"), B(b"", b""), E(b""), S),
        *(Q(b"BEGIN"), Q(b"SET search_path = s"), Q(b"SELECT a FROM t"), Q(b"ROLLBACK"), Q(b"SELECT a FROM t")),
        *(Q(b"BEGIN"), Q(b"SET LOCAL search_path = s"), P(b"", b"SELECT a FROM t"), B(b"", b""), E(b""), S, Q(b"COMMIT")),
    ],
    "deferred": [
        *(Q(b"CREATE TEMP TABLE d (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"), P(b"", b"INSERT INTO d VALUES (1), (1)")),
        *(B(b"", b""), E(b""), S, Q(b"SELECT 1")),
    ],
}


def stream(client: RawClient, messages: list[m.Message]) -> list[tuple[str, bytes]]:
    """Send each segment and read its answer, so that both sides agree when something is over."""
    seen: list[tuple[str, bytes]] = []
    client.send(*messages, Q(b"SELECT 'the end'"))
    while True:
        frame = client.next()
        seen.append((chr(frame[0]), frame[1]))
        if seen[-1][0] == "D" and b"the end" in frame[1]:
            return seen + [(k, v) for k, v in client.until_ready()]


def withheld(frames: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """What PL/pgSQL raised, and what a write stumbled over, has another text for a restricted caller: it may quote a row."""
    shown: list[tuple[str, bytes]] = []
    for kind, body in frames:
        if kind == "N" and b"exec_stmt_raise" in body:
            fields = m.NoticeResponse.parse(body).fields
            own = b"a message of the database's own code is not shown to you"
            body = m.NoticeResponse(tuple((code, own if code == "M" else text) for code, text in fields)).to_bytes()[5:]
        if kind == "E" and b"COPY" in body:
            fields = m.ErrorResponse.parse(body).fields
            own = {b"22P02": b"invalid input syntax"}.get(dict(fields)["C"], dict(fields)["M"])
            body = m.ErrorResponse(tuple((code, own if code == "M" else text) for code, text in fields)).to_bytes()[5:]
        shown.append((kind, body))
    return shown


def readable(frames: list[tuple[str, bytes]], *, is_restricted: bool) -> list[object]:
    """Without what differs by construction: lines of the server's source, OIDs, what a restricted caller never reads."""
    shown: list[object] = []
    for kind, body in frames:
        if kind in "EN":
            report = m.ErrorResponse.parse(body)
            hidden = "FLRs" + ("DHWpq" if is_restricted else "")
            shown.append((kind, [one for one in report.fields if one[0] not in hidden]))
        elif kind == "T":
            shape = m.RowDescription.parse(body).fields
            shown.append((kind, [(one.name, one.type_oid, one.type_size, one.typmod, one.format) for one in shape]))
        elif kind != "S":  # when a changed setting is reported is the server's choice, but it comes
            shown.append((kind, body))
    return shown


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_the_stream_equals_a_direct_connection(any_proxy: Running, name: str, request: pytest.FixtureRequest) -> None:
    database = any_proxy.database
    messages = CONVERSATIONS[name]
    with RawClient(database.host, database.port, database.superuser, database.password, database.name) as direct:
        expected = stream(direct, messages)
    database.execute("DROP SCHEMA IF EXISTS s CASCADE")
    is_restricted = request.node.callspec.params["any_proxy"] is restricted
    expected = withheld(expected) if is_restricted else expected
    with any_proxy.raw() as client:
        seen = stream(client, messages)
    assert readable(seen, is_restricted=is_restricted) == readable(expected, is_restricted=is_restricted)
    log = any_proxy.log
    accepted = {one["id"] for one in log.of("accept")}
    assert accepted == {one["id"] for one in log.of("end") if one["id"] in accepted}


# --- refusing

SECRET = "SELECT secret FROM t"
REFUSED = Refusal("closed by a rule", hint="rule r1")


@pytest.fixture
def refusing(database: Database) -> Iterator[Running]:
    """A restricted caller for whom one text is refused."""
    planner = restricted()
    planner.plans[SECRET] = REFUSED
    with running(database, lambda caller, snapshot: planner) as one:
        yield one


def refused(frames: list[tuple[str, bytes]]) -> bool:
    report = error_of(frames)
    return (report.severity, report.sqlstate, report.get("M"), report.get("H")) == (
        "ERROR",
        "42501",
        b"closed by a rule",
        b"rule r1",
    )


def test_a_refused_simple_query(refusing: Running) -> None:
    with refusing.raw() as client:
        client.send(Q(SECRET.encode()))
        frames = client.until_ready()
        assert (kinds_of(frames), frames[-1][1]) == ("EZ", b"I")
        assert refused(frames)
        client.send(Q(b"BEGIN"), Q(SECRET.encode()), Q(b"SELECT 1"), Q(b"ROLLBACK"), Q(b"SELECT 2"))
        frames = client.until_ready(5)
        assert kinds_of(frames) == "CZEZEZCZTDCZ"
        assert [body for kind, body in frames if kind == "Z"] == [b"T", b"E", b"E", b"I", b"I"]
        assert refused(frames)
        assert [m.ErrorResponse.parse(body).sqlstate for kind, body in frames if kind == "E"] == ["42501", "25P02"]
    assert len(refusing.log.of("refuse")) == 2
    assert SECRET not in str(refusing.log.events)


def test_a_refused_parse_behaves_as_one_that_failed(refusing: Running) -> None:
    with refusing.raw() as client:
        client.send(P(b"", b"SELECT 22"), P(b"kept", b"SELECT 23"), S)
        assert kinds_of(client.until_ready()) == "11Z"
        client.send(P(b"", SECRET.encode()), B(b"", b""), D("P", b""), E(b""), S, B(b"", b""), E(b""), S)
        frames = client.until_ready(2)
        assert kinds_of(frames) == "EZEZ"
        assert refused(frames)
        assert [m.ErrorResponse.parse(body).sqlstate for kind, body in frames if kind == "E"] == ["42501", "26000"]
        client.send(P(b"kept", SECRET.encode()), S, B(b"", b"kept"), E(b""), S)
        assert kinds_of(client.until_ready(2)) == "EZ2DCZ"
        client.send(Q(b"BEGIN"), P(b"", SECRET.encode()), H)
        assert kinds_of(client.until(m.Backend.ERROR_RESPONSE)) == "CZE"
        client.send(B(b"", b""), E(b""), S, Q(b"ROLLBACK"))
        frames = client.until_ready(2)
        assert (kinds_of(frames), frames[0][1]) == ("ZCZ", b"E")


def test_what_nobody_prepared_is_not_run(refusing: Running) -> None:
    """A name the session does not know could mean anything on the server."""
    with refusing.raw() as client:
        client.send(Q(b"PREPARE sneaky AS SELECT 666"), B(b"", b"sneaky"), E(b""), S, D("S", b"sneaky"), S)
        frames = client.until_ready(3)
        assert kinds_of(frames) == "CZEZEZ"
        client.send(Q(b"BEGIN"), Q(b"DECLARE c CURSOR FOR SELECT 666"), E(b"c"), S, Q(b"ROLLBACK"))
        frames = client.until_ready(4)
        assert kinds_of(frames) == "CZCZEZCZ"
        assert error_of(frames).sqlstate == "34000"
        client.send(m.FunctionCall(1598), Q(b"SELECT 1"))
        assert kinds_of(client.until_ready(2)) == "EZTDCZ"


@pytest.mark.parametrize("user_agent", ["psycopg", "asyncpg"])
def test_drivers_live_on_after_a_refusal(refusing: Running, user_agent: str) -> None:
    if user_agent == "psycopg":
        with psycopg.connect(refusing.dsn(), autocommit=True) as connection:
            with pytest.raises(errors.InsufficientPrivilege, match="closed by a rule"):
                connection.execute(SECRET, prepare=True)
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(SECRET)
            with pytest.raises(errors.InsufficientPrivilege), connection.pipeline():
                connection.execute("SELECT 1")
                connection.execute(SECRET)
                connection.execute("SELECT 2")
            assert connection.execute("SELECT 3").fetchone() == (3,)
        return

    async def speak() -> None:
        connection = await asyncpg.connect(refusing.dsn())
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(SECRET)
        assert await connection.fetchval("SELECT $1::int", 3) == 3
        await connection.close()

    asyncio.run(speak())


def test_a_huge_statement_is_refused_and_the_session_lives(database: Database) -> None:
    huge = "SELECT '" + "x" * 20_000_000 + "'"
    planner = restricted()
    planner.plans[huge] = TooComplex("the statement is too long")
    with running(database, lambda caller, snapshot: planner) as proxy, psycopg.connect(proxy.dsn(), autocommit=True) as c:
        with pytest.raises(errors.StatementTooComplex):
            c.execute(huge)
        assert c.execute("SELECT 1").fetchone() == (1,)


def test_text_that_is_no_utf8(refusing: Running) -> None:
    with refusing.raw() as client:
        client.send(Q(b"SELECT '\xff'"), Q(b"SELECT 1"))
        frames = client.until_ready(2)
        assert kinds_of(frames) == "EZTDCZ"
        assert error_of(frames).sqlstate == "22021"
        client.send(Q(b"SET standard_conforming_strings = off"), Q(b"SELECT 'a\\'"), Q(b"SELECT 'a'"))
        frames = [one for one in client.until_ready(3) if one[0] != "S"]
        assert kinds_of(frames) == "CZEZTDCZ"


# --- what is rewritten


def masked_plan(client_text: str, server_text: str, **more: object) -> Plan:
    """The server gets another text; the tail of both is the same."""
    same = 0
    while same < min(len(client_text), len(server_text)) and client_text[-same - 1] == server_text[-same - 1]:
        same += 1
    start = len(server_text) - same
    return replace(
        Plan(server_text.encode(), (Part("Select"),), ((start, len(server_text), len(client_text) - same),), restricted=True),
        **more,  # type: ignore[arg-type]
    )


def test_errors_of_a_rewritten_statement(database: Database) -> None:
    text, sent = "SELECT nonsense", "/* longer than what the client sent */ SELECT nonsense"
    planner = restricted()
    planner.plans[text] = masked_plan(text, sent)
    database.execute("CREATE TABLE u (a text UNIQUE); INSERT INTO u VALUES ('raw@x')")
    with running(database, lambda caller, snapshot: planner) as proxy, proxy.raw() as client:
        client.send(Q(text.encode()), P(b"", text.encode()), S)
        frames = client.until_ready(2)
        assert [m.ErrorResponse.parse(body).get("P") for kind, body in frames if kind == "E"] == [b"8", b"8"]
        client.send(Q(b"INSERT INTO u VALUES ('raw@x')"))
        report = error_of(client.until_ready())
        assert report.sqlstate == "23505"
        assert report.get("D") is None


def test_the_second_lock_ends_the_session_before_a_row(database: Database) -> None:
    database.execute("CREATE TABLE c (id int, email text); INSERT INTO c VALUES (1, 'raw@x')")
    ((oid,),) = database.execute("SELECT 'c'::regclass::oid::int8")
    plan = Plan(b"", (Part("Select"),), masked_origins=frozenset({(int(str(oid)), 2)}), restricted=True)
    texts = ["SELECT email FROM c", "SELECT * FROM c"]
    planner = restricted()
    planner.plans |= {text: replace(plan, text=text.encode()) for text in texts}
    with running(database, lambda caller, snapshot: planner) as proxy:
        for messages in ([Q(texts[0].encode())], [P(b"", texts[1].encode()), B(b"", b""), E(b""), S]):
            with proxy.raw() as client:
                client.send(*messages)
                frames = client.to_end()
                assert b"raw@x" not in b"".join(body for _, body in frames)
                assert (error_of(frames).severity, error_of(frames).sqlstate) == ("FATAL", "XX000")


# --- encrypted columns


@pytest.fixture
def cards(database: Database) -> Iterator[Running]:
    """`public.cards.card_no` is encrypted; plans as the planner would make them."""
    database.execute("CREATE TABLE cards (id int, card_no bytea)")
    ((oid,),) = database.execute("SELECT 'cards'::regclass::oid::int8")
    origins = frozenset({(int(str(oid)), 2)})
    insert, select = "INSERT INTO cards VALUES ($1, $2)", "SELECT id, card_no FROM cards ORDER BY id"
    where = "SELECT card_no FROM cards WHERE card_no = $1"
    leak = "INSERT INTO cards VALUES (1, upper($1)::bytea)"
    planner = keyed()
    opened = Part("Select", results=(SealedResult(1, SEAL),))
    planner.plans = {
        insert: Plan(insert.encode(), (Part("Insert"),), params=(SealedParam(2, SEAL),), check_types=True),
        select: Plan(select.encode(), (opened,), sealed_origins=origins),
        where: Plan(
            where.encode(),
            (Part("Select", results=(SealedResult(0, SEAL),)),),
            params=(SealedParam(1, SEAL),),
            check_types=True,
            sealed_origins=origins,
        ),
        leak: Plan(leak.encode(), (Part("Insert"),), check_types=True),
        "INSERT INTO cards VALUES (9, $1)": Plan(b"INSERT INTO cards VALUES (9, $1)", (Part("Insert"),), check_types=True),
        "SELECT card_no FROM cards": Plan(b"SELECT card_no FROM cards", (Part("Select"),), sealed_origins=origins),
    }
    with running(database, lambda caller, snapshot: planner, sealing=MarkingKeys()) as proxy:
        yield proxy


def test_sealed_values_through_drivers(cards: Running) -> None:
    insert, select = "INSERT INTO cards VALUES ($1, $2)", "SELECT id, card_no FROM cards ORDER BY id"
    where = "SELECT card_no FROM cards WHERE card_no = $1"
    raw = psycopg.RawCursor
    with psycopg.connect(cards.dsn(), autocommit=True, cursor_factory=raw) as connection:
        connection.execute(insert, (1, "4111"))
        connection.execute(insert, (2, None), prepare=True)
        connection.execute(insert, (3, "中文"), binary=True, prepare=True)
        rows = [(1, "4111"), (2, None), (3, "中文")]
        assert connection.execute(select).fetchall() == rows
        assert connection.execute(select, prepare=True).fetchall() == rows
        assert connection.execute(select, binary=True).fetchall() == rows
        connection.execute("SET bytea_output = escape")
        assert connection.execute(select).fetchall() == rows
        assert connection.execute(where, ("4111",)).fetchall() == [("4111",)]

    async def speak() -> None:
        connection = await asyncpg.connect(cards.dsn())
        await connection.execute(insert, 4, "5555")
        assert (await connection.fetch(select))[3]["card_no"] == "5555"
        assert await connection.fetchval(where, "5555") == "5555"
        statement = await connection.prepare(where)
        assert statement.get_parameters()[0].name == "text"
        await connection.close()

    asyncio.run(speak())
    stored = cards.database.execute("SELECT card_no FROM cards WHERE id = 1")
    assert stored == [(b"\x01sealed:cards:1114",)]


def test_the_type_lock(cards: Running) -> None:
    with cards.raw() as client:
        for name in (b"", b"n"):
            client.send(P(name, b"INSERT INTO cards VALUES (9, $1)"), B(b"", name, (), (b"plain",)), E(b""), S)
            frames = client.until_ready()
            assert kinds_of(frames) == "EZ"
            assert error_of(frames).sqlstate == "0A000"
            client.send(B(b"", name, (), (b"plain",)), E(b""), S)
            frames = client.until_ready()
            assert (kinds_of(frames), error_of(frames).sqlstate) == ("EZ", "26000")
        client.send(P(b"", b"INSERT INTO cards VALUES ($1, $2)"), H)
        assert kinds_of(client.until(m.Backend.PARSE_COMPLETE)) == "1"
        client.send(D("S", b""), B(b"", b"", (), (b"1", b"4111")), E(b""), S)
        frames = client.until_ready()
        assert kinds_of(frames) == "tn2CZ"
        assert m.ParameterDescription.parse(frames[0][1]).type_oids == (23, 25)
    assert cards.database.execute("SELECT count(*) FROM cards WHERE id = 9") == [(0,)]


def test_ciphertext_where_none_was_planned_ends_the_session(cards: Running) -> None:
    with cards.raw() as client:
        client.send(Q(b"SELECT card_no FROM cards"))
        assert error_of(client.to_end()).sqlstate == "XX000"


def test_a_tampered_value_stops_the_statement(cards: Running) -> None:
    cards.database.execute("INSERT INTO cards VALUES (1, 'plain'), (2, 'plain')")
    with psycopg.connect(cards.dsn(), autocommit=True) as connection:
        with pytest.raises(errors.DataCorrupted):
            connection.execute("SELECT id, card_no FROM cards ORDER BY id")
        assert connection.execute("SELECT 1").fetchone() == (1,)


# --- the export guard


@pytest.fixture
def guarded(database: Database) -> Iterator[Running]:
    """Ten rows a statement."""
    planner = FakePlanner(is_glass=False, restricted=True, row_limit=10)
    with running(database, lambda caller, snapshot: planner) as one:
        yield one


def test_the_guard_stops_rows_while_they_pass(guarded: Running) -> None:
    many = b"SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"
    with guarded.raw() as client:
        client.send(Q(many), Q(b"SELECT 1"))
        frames = client.until_ready(2)
        assert kinds_of(frames) == "T" + "D" * 10 + "EZTDCZ"
        assert error_of(frames).sqlstate == "53400"
        client.send(P(b"", many), B(b"", b""), E(b""), S, Q(b"SELECT 1"))
        assert kinds_of(client.until_ready(2)) == "12" + "D" * 10 + "EZTDCZ"
        client.send(P(b"", many), B(b"", b""), E(b"", 6), E(b"", 6), E(b"", 6), S, Q(b"SELECT 1"))
        assert kinds_of(client.until_ready(2)) == "12" + "D" * 6 + "s" + "D" * 4 + "EZTDCZ"
        client.send(P(b"", b"SELECT generate_series(1, 11)"), B(b"", b""), E(b""), H)
        assert kinds_of(client.until(m.Backend.ERROR_RESPONSE)) == "12" + "D" * 10 + "E"
        client.send(E(b""), S, Q(b"SELECT 1"))
        assert kinds_of(client.until_ready(2)) == "ZTDCZ"
        client.send(Q(b"COPY (SELECT generate_series(1, 1000000)) TO STDOUT"), Q(b"SELECT 1"))
        assert kinds_of(client.until_ready(2)) == "H" + "d" * 10 + "EZTDCZ"
        client.send(Q(b"SELECT generate_series(1, 10); SELECT generate_series(1, 10)"))
        assert kinds_of(client.until_ready()) == "T" + "D" * 10 + "CT" + "D" * 10 + "CZ"
        client.send(Q(b"SELECT generate_series(1, 11)"), Q(b"SELECT pg_sleep(0.2)"))  # over before the cancel is there
        assert kinds_of(client.until_ready(2)) == "T" + "D" * 10 + "EZTDCZ"
    ends = [one for one in guarded.log.of("end") if one["outcome"] == "stopped"]
    assert len(ends) == 6
    assert all(one["sqlstate"] == "53400" and one["rows"] <= 10 for one in ends)


def test_the_guard_and_drivers(guarded: Running) -> None:
    with psycopg.connect(guarded.dsn()) as connection:
        with pytest.raises(errors.ConfigurationLimitExceeded, match="at most 10 rows"):
            connection.execute("SELECT generate_series(1, %s)", (5000,))
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


# --- who may come in


def test_logins(database: Database) -> None:
    ana, eve = database.role("ana"), database.role("eve")
    database.execute("SET password_encryption = md5; ALTER ROLE " + eve + " PASSWORD 'old'") if database.version < 18 else None
    log = MemoryLog()
    with running(database, lambda c, s: FakePlanner(), role_of=lambda n: None if n == ana else "dba", log=log) as proxy:
        for user, password, message in (
            (database.superuser, "wrong", "password authentication failed for user"),
            ("nobody_at_all", "wrong", 'password authentication failed for user "nobody_at_all"'),
            (ana, "wrong", "password authentication failed for user"),
            (ana, None, "no role of the rules"),
        ):
            with pytest.raises(psycopg.OperationalError, match=message):
                psycopg.connect(proxy.dsn(user, password))
        with pytest.raises(psycopg.OperationalError, match='database "not_there" does not exist'):
            psycopg.connect(proxy.dsn(database="not_there"))
        if database.version < 18:
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(proxy.dsn(eve, "old"))
            assert any("SCRAM" in str(one["reason"]) for one in log.of("login_refused"))
    assert len(log.of("login_refused")) >= 5
    assert not log.of("accept")


SERVICE = Service("warehouse", Secret("one"))
ANOTHER_ROLE = Logins(lambda login: "analyst")
NO_ROLE = Logins(lambda login: None)
A_SERVICE = Logins(lambda login: "dba", service_of=lambda role: SERVICE)


@pytest.mark.parametrize(("anew", "sqlstate"), [(ANOTHER_ROLE, "57P01"), (NO_ROLE, "28000"), (A_SERVICE, "57P01")])
def test_who_becomes_another_by_the_rules_connects_again(database: Database, anew: Logins, sqlstate: str) -> None:
    """The log's lines go by the role a session began with, and so does its login at the server."""
    with running(database, lambda c, s: FakePlanner()) as proxy, proxy.raw() as client:
        for same in (Logins(lambda login: "dba"), Logins(lambda login: "dba", service_of=lambda role: None), anew):
            reload = proxy.proxy.reload(same, lambda c, s: FakePlanner(), None)
            asyncio.run_coroutine_threadsafe(reload, proxy.loop).result(20)
            if same is not anew:
                client.send(Q(b"SELECT 1"))
                assert kinds_of(client.until_ready()) == "TDCZ"
        assert error_of(client.to_end()).sqlstate == sqlstate


@pytest.mark.parametrize(("later", "sqlstate"), [("analyst", "57P01"), (None, "28000")])
def test_rules_that_change_while_somebody_logs_in(database: Database, later: str | None, sqlstate: str) -> None:
    said = iter(["dba"])
    with running(database, lambda c, s: FakePlanner(), role_of=lambda login: next(said, later)) as proxy:
        with pytest.raises(psycopg.OperationalError) as caught:
            psycopg.connect(proxy.dsn())
        assert ("another role now" if later else "no role of the rules") in str(caught.value)
        sessions = proxy.proxy.databases._known[database.name]
        eventually(lambda: not sessions.sessions, 30, "the session that did not come to be is counted")


def test_a_service_that_comes_while_somebody_logs_in(database: Database) -> None:
    """Who proved himself before the rules said so must not go on as the person; rules and logins are not read at one time."""
    with running(database, lambda c, s: FakePlanner()) as proxy:
        proxy.proxy.logins = Logins(lambda login: "dba", service_of=lambda role: next(services, None))
        services = iter([SERVICE])
        with pytest.raises(psycopg.OperationalError, match="another `service` now: connect again"):
            psycopg.connect(proxy.dsn())
        services = iter([None, SERVICE])
        with pytest.raises(psycopg.OperationalError, match="another `service` now: connect again"):
            psycopg.connect(proxy.dsn())
        with psycopg.connect(proxy.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_setting_that_may_not_be_sent(database: Database) -> None:
    planner = FakePlanner(startup_refused=("options",))
    with running(database, lambda c, s: planner) as proxy, pytest.raises(psycopg.OperationalError, match="may not be set"):
        psycopg.connect(proxy.dsn(), options="-c work_mem=1MB")


def test_encryption_and_newer_protocols(any_proxy: Running) -> None:
    """psql asks for GSSAPI and TLS first; libpq 18 may ask for protocol 3.2."""
    with psycopg.connect(any_proxy.dsn().replace("sslmode=disable", "sslmode=prefer")) as connection:
        assert connection.pgconn.status == pq.ConnStatus.OK
    with socket.create_connection(("127.0.0.1", any_proxy.port), 20) as sock:
        sock.sendall(m.SSLRequest().to_bytes())
        assert sock.recv(10) == b"N"
        sock.sendall(m.StartupMessage((3, 2), {"user": "x", "_pq_.new": "1"}).to_bytes())
        assert sock.recv(5)[:1] == b"v"
    no_packet = (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\0" * 8)  # PostgreSQL says nothing to these
    for junk in (*no_packet, m.SSLRequest().to_bytes() + b"too early"):
        with socket.create_connection(("127.0.0.1", any_proxy.port), 20) as sock:
            sock.sendall(junk)
            seen = b"".join(iter(lambda: sock.recv(1000), b""))
            assert seen == b"" if junk in no_packet else b"C08P01" in seen


def test_a_slow_start_and_too_many(database: Database) -> None:
    with (
        running(database, lambda c, s: FakePlanner(), limits=Limits(startup_seconds=0.1)) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), 20) as sock,
    ):
        assert b"timeout" in sock.recv(1000)
    with (
        running(database, lambda c, s: FakePlanner(), limits=Limits(sessions=1)) as proxy,
        psycopg.connect(proxy.dsn()),
        pytest.raises(psycopg.OperationalError, match="too many clients"),
    ):
        psycopg.connect(proxy.dsn())


def test_the_server_is_down(database: Database) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and it does not listen: nobody answers there, and nobody else can take the port
        with (
            running(database, lambda c, s: FakePlanner(), upstream_port=held.getsockname()[1]) as proxy,
            pytest.raises(psycopg.OperationalError, match=r"cannot reach|cannot be read"),
        ):
            psycopg.connect(proxy.dsn())


# --- what ends badly


def test_the_log_is_full(any_proxy: Running) -> None:
    with psycopg.connect(any_proxy.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE t (a int)")
        any_proxy.log.is_full = True
        for _ in range(2):
            with pytest.raises(errors.IoError, match="query log"):
                connection.execute("INSERT INTO t VALUES (1)")
            with pytest.raises(errors.IoError, match="query log"):
                connection.execute("INSERT INTO t VALUES (%s)", (1,))
        any_proxy.log.is_full = False
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        with connection.transaction():
            connection.execute("INSERT INTO t VALUES (%s)", (1,))
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_cancel(any_proxy: Running) -> None:
    async def speak() -> None:
        connection = await asyncpg.connect(any_proxy.dsn())
        with pytest.raises(asyncio.TimeoutError):
            await connection.fetch("SELECT pg_sleep(60)", timeout=0.3)  # asyncpg cancels on the server
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()

    asyncio.run(speak())


def test_a_client_that_vanishes(any_proxy: Running) -> None:
    database = any_proxy.database
    client = any_proxy.raw(application_name="vanishing")
    client.send(Q(b"SELECT pg_sleep(60)"))
    running_now = "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'vanishing' AND state = 'active'"
    while database.execute(running_now) != [(1,)]:
        pass
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()
    while database.execute(running_now) != [(0,)]:
        pass
    while any_proxy.proxy.sessions:
        pass


def test_a_server_that_vanishes(any_proxy: Running) -> None:
    database = any_proxy.database
    with any_proxy.raw() as client:
        pid = next(m.BackendKeyData.parse(body).process_id for kind, body in client.start if kind == "K")
        client.send(Q(b"SELECT pg_sleep(60)"))
        database.execute(f"SELECT pg_terminate_backend({pid})")
        frames = client.to_end()
        assert (error_of(frames).severity, error_of(frames).sqlstate) == ("FATAL", "57P01")


def test_shutdown_says_goodbye(database: Database) -> None:
    with running(database, lambda c, s: FakePlanner()) as proxy:
        client = proxy.raw()
    with client:
        assert error_of(client.to_end()).sqlstate == "57P01"


def test_junk_in_a_session(any_proxy: Running) -> None:
    for junk in (b"\x00\x00\x00\x00\x00", b"Q\xff\xff\xff\xff", b"p\x00\x00\x00\x08abc\0", b"B\x00\x00\x00\x05a"):
        with any_proxy.raw() as client:
            client.send(junk)
            report = error_of(client.to_end())
            assert (report.severity, report.sqlstate) == ("FATAL", "08P01")


# --- planner and catalog


def test_a_new_table_brings_a_new_planner(database: Database) -> None:
    made: list[int] = []

    def planner_for(caller: object, snapshot: object) -> FakePlanner:
        made.append(len(made))
        planner = restricted()
        planner.plans["SELECT a FROM fresh"] = Miss(("fresh",))
        return planner

    with running(database, planner_for) as proxy, psycopg.connect(proxy.dsn(), autocommit=True) as connection:
        connection.execute("SELECT %s::int", (1,), prepare=True)
        connection.execute("CREATE TABLE fresh (a int)")
        assert connection.execute("SELECT a FROM fresh").fetchall() == []
        assert len(made) == 2
        assert connection.execute("SELECT %s::int", (1,), prepare=True).fetchone() == (1,)


def test_a_plan_that_no_longer_holds_is_refused(database: Database) -> None:
    planners = [restricted(), restricted()]
    planners[1].plans["SELECT 1"] = REFUSED
    planners[1].plans["SELECT 2"] = masked_plan("SELECT 2", "SELECT 3")
    with running(database, lambda c, s: planners.pop(0)) as proxy, proxy.raw() as client:
        client.send(P(b"one", b"SELECT 1"), P(b"two", b"SELECT 2"), P(b"three", b"SELECT 3"), S, Q(b"CREATE TABLE x (a int)"))
        client.until_ready(2)
        client.send(B(b"", b"one"), E(b""), S, B(b"", b"two"), E(b""), S, B(b"", b"three"), E(b""), S)
        frames = client.until_ready(3)
        assert kinds_of(frames) == "EZEZ2DCZ"
        assert [m.ErrorResponse.parse(body).sqlstate for kind, body in frames if kind == "E"] == ["42501", "0A000"]


def test_the_path_is_known_when_a_statement_is_planned(database: Database) -> None:
    planner = restricted()
    database.execute("CREATE SCHEMA s")
    with running(database, lambda c, s: planner) as proxy, proxy.raw() as client:
        client.send(Q(b"SELECT 1"), Q(b"SET search_path = s"), Q(b"SELECT 2"), Q(b"BEGIN"), Q(b"SET search_path = public"))
        client.send(Q(b"SELECT 3"), Q(b"ROLLBACK"), Q(b"SELECT 4"))
        client.until_ready(8)
    paths = dict(planner.calls)
    assert paths["SELECT 1"] == ("pg_catalog", "public")
    assert paths["SELECT 2"] == ("pg_catalog", "s")
    assert paths["SELECT 3"] == ("pg_catalog", "public")
    assert paths["SELECT 4"] == ("pg_catalog", "s")


def test_notifications_do_not_reach_a_restricted_caller(any_proxy: Running, request: pytest.FixtureRequest) -> None:
    is_restricted = request.node.callspec.params["any_proxy"] is restricted
    with any_proxy.raw() as client:
        client.send(Q(b"LISTEN c"), Q(b"NOTIFY c, 'raw'"), Q(b"SELECT 1"))
        frames = client.until_ready(3)
        assert ("A" in kinds_of(frames)) is not is_restricted


def test_a_notice_of_the_plan(database: Database) -> None:
    planner = restricted()
    planner.plans["SELECT 1"] = Plan(b"SELECT 1", (Part("Select"),), restricted=True, notices=("column x reads as NULL",))
    with running(database, lambda c, s: planner) as proxy, proxy.raw() as client:
        client.send(Q(b"SELECT 1"), P(b"", b"SELECT 1"), B(b"", b""), E(b""), S)
        frames = client.until_ready(2)
        assert kinds_of(frames) == "NTDCZN12DCZ"
