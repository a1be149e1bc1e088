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

from proxy.errors import Refusal, TooComplex, Unproven
from proxy.plan import Miss, Part, Plan, SealedParam, SealedResult
from proxy.policy.verdict import Seal
from proxy.server import Limits
from proxy.wire import messages as m
from tests.fakes import FakePlanner, MarkingKeys, MemoryLog
from tests.proxies import RawClient, Running, error_of, kinds_of, running
from tests.servers import Database

GLASS = FakePlanner()
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
    "transaction": [Q(b"BEGIN"), Q(b"SELECT 1"), Q(b"SELECT 1/0"), Q(b"SELECT 1"), Q(b"ROLLBACK"), Q(b"BEGIN; SELECT 1; COMMIT")],
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
        *(P(b"", b"SET search_path = public"), B(b"", b""), E(b""), P(b"", b"SELECT count(*) FROM s.t"), B(b"", b""), E(b""), S),
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
    with any_proxy.raw() as client:
        seen = stream(client, messages)
    assert readable(seen, is_restricted=is_restricted) == readable(expected, is_restricted=is_restricted)
    log = any_proxy.log
    accepted = {one["id"] for one in log.of("accept")}
    assert accepted == {one["id"] for one in log.of("end") if one["id"] in accepted}
