"""What of the protocol only a new driver or a failing server shows: version 3.2 and its long keys, ends of the server's own, sizes."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from tests.proxies import RawClient, kinds_of
from tests.servers import role_password
from tests.small import Inside, Small, eventually, small_database


@pytest.fixture(scope="module")
def place(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Small, Inside]]:
    limits = "{statement_bytes: 100000}"
    with small_database(newest_server, tmp_path_factory.mktemp("protocol") / "p", limits=limits) as small:
        way = Inside(small)
        yield small, way
        way.rest()
        way.stop()


def secret_key(client: RawClient) -> bytes:
    return key_of(client).secret_key


def key_of(client: RawClient) -> m.BackendKeyData:
    (body,) = [body for kind, body in client.start if kind == "K"]
    return m.BackendKeyData.parse(body)


@pytest.mark.skipif(psycopg.pq.version() < 180000, reason="this libpq speaks 3.0 only")
@pytest.mark.parametrize("login", ["app", "analyst"])
def test_libpq_with_the_newest_protocol(place: tuple[Small, Inside], login: str) -> None:
    small, way = place
    dsn = f"{way.dsn(getattr(small, login), 'newest')}&min_protocol_version=3.2&max_protocol_version=3.2"
    with psycopg.connect(dsn, autocommit=True) as one:
        assert one.pgconn.protocol_version == 3
        errors: list[BaseException] = []

        def sleep() -> None:
            try:
                one.execute("SELECT pg_sleep(30)")
            except psycopg.Error as error:
                errors.append(error)

        thread = threading.Thread(target=sleep)
        thread.start()
        eventually(lambda: any("pg_sleep" in q and state == "active" for _, state, q in small.active("newest")), 30, "not yet")
        one.cancel_safe(timeout=10)  # by the long key
        thread.join(20)
        assert [type(error) for error in errors] == [psycopg.errors.QueryCanceled]
        assert one.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize(("version", "size"), [((3, 0), 4), ((3, 2), 32)])
def test_the_key_is_the_servers_own(place: tuple[Small, Inside], version: tuple[int, int], size: int) -> None:
    """PostgreSQL 18 gives 32 bytes to those who speak 3.2, so that any worker can hand a cancel request on."""
    small, way = place
    with Newer(way.host, way.port, small.owner, role_password(small.owner), small.database.name, version) as client:
        assert len(secret_key(client)) == size
        client.send(m.Query(b"SELECT 1"))
        assert kinds_of(client.until_ready()) == "TDCZ"


class Newer(RawClient):
    """A client that asks for a version of its own."""

    def __init__(self, host: str, port: int, user: str, password: str, database: str, version: tuple[int, int]) -> None:
        self._version = version
        super().__init__(host, port, user, password, database)

    def send(self, *said: Any) -> None:
        first = said[0]
        if isinstance(first, bytes) and first[4:8] == b"\0\3\0\0":
            said = (first[:4] + b"\0\3" + self._version[1].to_bytes(2, "big") + first[8:],)
        super().send(*said)

    def next(self) -> tuple[int, bytes]:
        kind, body = super().next()
        return super().next() if kind == m.Backend.NEGOTIATE_PROTOCOL_VERSION else (kind, body)


def test_a_version_of_tomorrow_is_talked_down(place: tuple[Small, Inside]) -> None:
    small, way = place
    with Newer(way.host, way.port, small.owner, role_password(small.owner), small.database.name, (3, 9999)) as client:
        client.send(m.Query(b"SELECT 1"))
        assert kinds_of(client.until_ready()) == "TDCZ"


def test_somebody_elses_key_cancels_nothing(place: tuple[Small, Inside]) -> None:
    small, way = place
    with way.raw(small.app, application_name="kept") as client:
        pid = key_of(client).process_id
        client.send(m.Query(b"SELECT pg_sleep(0.5), 'kept'"))
        eventually(lambda: any("kept'" in query for _, _, query in small.active("kept")), 30, "it does not run")
        with socket.create_connection((way.host, way.port), 10) as other:
            other.sendall(m.CancelRequest(pid, b"\0\0\0\0").to_bytes())
            assert other.recv(1) == b""  # closed once the server has looked at it
        assert kinds_of(client.until_ready()) == "TDCZ"


@pytest.mark.parametrize("login", ["owner", "app", "analyst"])
def test_the_server_ends_a_transaction_that_does_nothing(place: tuple[Small, Inside], login: str) -> None:
    small, way = place
    user = getattr(small, login)
    small.database.execute(f"ALTER ROLE {user} SET idle_in_transaction_session_timeout = '200ms'")
    try:
        with way.connect(user) as one, pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            one.execute("BEGIN")
            eventually(lambda: one.pgconn.socket >= 0 and ended(one), 30, "it stays")
            one.execute("SELECT 1")
    finally:
        small.database.execute(f"ALTER ROLE {user} RESET idle_in_transaction_session_timeout")


def ended(connection: psycopg.Connection[Any]) -> bool:
    """Whether the socket has something to read: the server's last words."""
    return bool(select.select([connection.pgconn.socket], [], [], 0)[0])


def test_a_statement_over_the_limit_is_told_so(place: tuple[Small, Inside]) -> None:
    small, way = place
    with way.connect(small.app) as one, pytest.raises(psycopg.OperationalError, match="over the limit of 100000"):
        one.execute("SELECT 1 -- " + "x" * 100_000)
    with way.connect(small.app) as one:  # rows of COPY are no statement
        one.execute("CREATE TEMP TABLE t (x text)")
        with one.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(b"y" * 3_000_000 + b"\n")
        assert one.execute("SELECT length(x) FROM t").fetchall() == [(3_000_000,)]


def test_the_log_says_how_a_login_was_proven(place: tuple[Small, Inside]) -> None:
    small, way = place
    with way.connect(small.analyst, "proven"):
        pass
    (event,) = small.events(kind="connect", application="proven")
    assert (event["method"], event["tls"], event["certificate"], event["service"]) == ("scram-sha-256", False, [], "")
