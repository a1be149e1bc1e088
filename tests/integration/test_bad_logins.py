"""Who may not come in, and a server that is not there: the SQLSTATE, PostgreSQL's own words, and nothing to learn from them."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient, make_nonce
from proxy.wire.frames import HEAD_BYTES, FrameReader
from tests.servers import role_password
from tests.small import Inside, Small, eventually, inside, own_server, small_database

STARTUP_SECONDS = 5.0  # of the proxy whose server may be stopped


@dataclass
class Attempt:
    """One try to log in, and everything the other side said."""

    kinds: str = ""
    salt: bytes = b""
    iterations: int = 0
    error: dict[str, str] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)

    @property
    def is_in(self) -> bool:
        return self.kinds.endswith("Z")


def attempt(host: str, port: int, login: str, password: str, database: str, **parameters: str) -> Attempt:
    """Log in with SCRAM until ReadyForQuery or the end."""
    seen = Attempt()
    scram = ScramClient("", make_nonce(os.urandom(18)), password=password)
    reader = FrameReader("server")
    with socket.create_connection((host, port), 15) as wire:
        wire.sendall(m.StartupMessage((3, 0), {"user": login, "database": database, **parameters}).to_bytes())
        while data := wire.recv(1 << 16):
            reader.feed(data)
            while batch := reader.frames():
                for kind, start, end in batch:
                    body = reader.buffer[start + HEAD_BYTES : end]
                    seen.kinds += chr(kind)
                    seen.lengths.append(len(body))
                    if kind == m.Backend.ERROR_RESPONSE:
                        seen.error = {kind: text.decode() for kind, text in m.ErrorResponse.parse(body).fields}
                    elif kind == m.Backend.READY_FOR_QUERY:
                        wire.sendall(m.Terminate().to_bytes())
                    elif kind == m.Backend.AUTHENTICATION:
                        match m.parse_authentication(body):
                            case m.AuthenticationSASL():
                                wire.sendall(m.SASLInitialResponse(SCRAM_SHA_256, scram.first()).to_bytes())
                            case m.AuthenticationSASLContinue(challenge):
                                wire.sendall(m.SASLResponse(scram.final(challenge)).to_bytes())
                                seen.salt, seen.iterations = scram.salt, scram.iterations
                            case _:
                                pass
    return seen


@pytest.fixture(scope="module")
def small(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with small_database(server, tmp_path_factory.mktemp("logins") / "proxy") as one:
        yield one


@pytest.fixture(scope="module")
def running(small: Small) -> Iterator[Inside]:
    one = Inside(small)
    yield one
    one.stop()


@pytest.fixture
def proxy(running: Inside, caplog: pytest.LogCaptureFixture) -> Iterator[Inside]:
    """The proxy; whatever a test does to it, afterwards it works, is empty and has nothing to complain of."""
    yield running
    running.forgive()
    running.check()
    running.rest()
    assert [record.getMessage() for record in caplog.records if record.exc_info or "ended by" in record.getMessage()] == []


def through(proxy: Inside, login: str, password: str | None = None, database: str | None = None, **parameters: str) -> Attempt:
    secret = role_password(login) if password is None else password
    name = proxy.small.database.name if database is None else database
    return attempt(proxy.host, proxy.port, login, secret, name, **parameters)


def directly(proxy: Inside, login: str, password: str, database: str | None = None) -> Attempt:
    database_ = proxy.small.database
    return attempt(database_.host, database_.port, login, password, database or database_.name)


def said(one: Attempt) -> dict[str, str]:
    """The error without file, line and routine of the server's source."""
    return {kind: text for kind, text in one.error.items() if kind not in "FLR"}


def test_a_wrong_password_hears_postgresqls_own_words(proxy: Inside) -> None:
    for login in proxy.small.logins:
        seen, own = through(proxy, login, "wrong"), directly(proxy, login, "wrong")
        assert said(seen) == said(own)
        assert seen.error["C"] == "28P01"
        assert seen.error["S"] == "FATAL"
        assert seen.error["M"] == f'password authentication failed for user "{login}"'
        assert seen.kinds == own.kinds == "RRE"


def test_an_empty_password_and_a_long_one_are_wrong_too(proxy: Inside) -> None:
    for password in ("", "x" * 1_000, "密码", "\x7f"):
        assert through(proxy, proxy.small.app, password).error["C"] == "28P01"


@pytest.fixture(scope="module")
def strangers(small: Small) -> dict[str, str]:
    """login -> its right password, of logins that PostgreSQL or the proxy cannot let in by password."""
    database = small.database
    md5, expired, no_login, no_password = (database.role(name) for name in ("md5", "expired", "nologin", "nopassword"))
    with database.connect() as superuser:
        superuser.execute("SET password_encryption = 'md5'")
        superuser.execute(f"ALTER ROLE {md5} PASSWORD '{role_password(md5)}'".encode())
        superuser.execute(f"ALTER ROLE {expired} VALID UNTIL '2020-01-01'".encode())
        superuser.execute(f"ALTER ROLE {no_login} NOLOGIN".encode())
        superuser.execute(f"ALTER ROLE {no_password} PASSWORD NULL".encode())
    return {"md5": md5, "expired": expired, "nologin": no_login, "nopassword": no_password, "unknown": "nobody_knows"}


@pytest.mark.parametrize("kind", ["unknown", "md5", "expired", "nologin", "nopassword"])
def test_a_login_that_cannot_be_let_in_cannot_be_told_from_a_wrong_password(
    proxy: Inside, strangers: dict[str, str], kind: str
) -> None:
    login = strangers[kind]
    wrong = through(proxy, proxy.small.app, "wrong")
    first, second = through(proxy, login), through(proxy, login, "another")
    for seen in (first, second):
        assert seen.error == {**wrong.error, "M": f'password authentication failed for user "{login}"'}
        assert seen.kinds == wrong.kinds
        assert seen.lengths[:2] == wrong.lengths[:2]
        assert seen.iterations == wrong.iterations
        assert len(seen.salt) == len(wrong.salt)
    assert first.salt == second.salt
    assert first.salt != wrong.salt
    assert through(proxy, login + "x").salt != first.salt
    logged = [event for event in proxy.small.events(kind="login_refused") if event["login"] == login]
    assert {event["sqlstate"] for event in logged} == {"28P01"}
    assert all(login == event["login"] and event["reason"] for event in logged)
    assert role_password(login) not in str(logged)


def test_the_log_tells_an_md5_password_from_an_unknown_login(proxy: Inside, strangers: dict[str, str]) -> None:
    reasons = {}
    for kind in ("md5", "unknown"):
        through(proxy, strangers[kind])
        reasons[kind] = proxy.small.events(kind="login_refused", login=strangers[kind])[-1]["reason"]
    assert "SCRAM" in reasons["md5"]
    assert reasons["md5"] != reasons["unknown"]


def test_a_login_in_no_role_of_the_rules_is_told_so_once_its_password_is_right(proxy: Inside) -> None:
    login = proxy.small.database.role("guest")
    right, wrong = through(proxy, login), through(proxy, login, "wrong")
    assert right.error["C"] == "28000"
    assert right.error["S"] == "FATAL"
    assert login in right.error["M"]
    assert "role" in right.error["M"]
    assert wrong.error["C"] == "28P01"
    assert proxy.small.events(kind="login_refused", login=login, sqlstate="28000")


def test_a_new_password_and_a_new_login_work_at_once(proxy: Inside) -> None:
    database = proxy.small.database
    login = database.role("ana_new")
    database.execute(f"ALTER ROLE {proxy.small.owner} PASSWORD 'changed'")
    try:
        assert through(proxy, proxy.small.owner).error["C"] == "28P01"
        assert through(proxy, proxy.small.owner, "changed").is_in
    finally:
        database.execute(f"ALTER ROLE {proxy.small.owner} PASSWORD '{role_password(proxy.small.owner)}'")
    assert through(proxy, login).error["C"] == "28000"  # known to PostgreSQL at once, but in no role


@pytest.mark.parametrize("number", [0, 1, 2], ids=["analyst", "app", "owner"])
@pytest.mark.parametrize("database", ["nowhere", "no'where\"%2F;", "数据库"])
def test_an_unknown_database(proxy: Inside, number: int, database: str) -> None:
    login = proxy.small.logins[number]
    seen = through(proxy, login, database=database)
    own = directly(proxy, login, role_password(login), database)
    assert said(seen) == said(own)
    assert seen.error["C"] == "3D000"
    assert through(proxy, login, "wrong", database).error["C"] == "28P01"  # the password comes first


def test_no_database_named_is_the_one_of_the_logins_name(proxy: Inside) -> None:
    login = proxy.small.app
    seen = through(proxy, login, database="")
    assert (seen.error["C"], seen.error["M"]) == ("3D000", f'database "{login}" does not exist')


def test_a_database_one_may_not_connect_to_is_the_servers_to_refuse(proxy: Inside) -> None:
    small = proxy.small
    small.database.execute(f"REVOKE CONNECT ON DATABASE {small.database.name} FROM PUBLIC")
    try:
        seen = through(proxy, small.app)
        assert said(seen) == said(directly(proxy, small.app, role_password(small.app)))
        assert seen.error["C"] == "42501"
    finally:
        small.database.execute(f"GRANT CONNECT ON DATABASE {small.database.name} TO PUBLIC")


def test_a_bad_startup_parameter_is_refused_by_name(proxy: Inside) -> None:
    for login in proxy.small.logins:
        seen = through(proxy, login, no_such_setting="1")
        assert seen.error["C"] in ("42704", "42501", "0A000")
        assert "no_such_setting" in seen.error["M"]
        seen = through(proxy, login, DateStyle="nonsense")
        assert seen.error["C"] in ("22023", "42501", "0A000")


# --- a server that is not there


@pytest.fixture(scope="module")
def lonely_server() -> Iterator[EmbeddedServer]:
    """A server of this module, which may be stopped."""
    with own_server() as one:
        yield one


@pytest.fixture(scope="module")
def lonely_proxy(lonely_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    folder = tmp_path_factory.mktemp("lonely") / "proxy"
    with inside(lonely_server, folder, limits=f"{{startup_seconds: {STARTUP_SECONDS}}}") as one:
        yield one


@pytest.fixture
def lonely(lonely_proxy: Inside, lonely_server: EmbeddedServer, caplog: pytest.LogCaptureFixture) -> Iterator[Inside]:
    """A proxy whose server may be stopped: afterwards it runs again, and the proxy works, is empty and has no complaint."""
    yield lonely_proxy
    if not lonely_server.is_running():
        lonely_server.start()
    lonely_proxy.check()
    lonely_proxy.rest()
    assert [record.getMessage() for record in caplog.records if record.exc_info or "ended by" in record.getMessage()] == []


def test_server_down_at_connect_and_up_again(lonely: Inside, lonely_server: EmbeddedServer) -> None:
    """Seen before the proxy ever asked the server something, and after it did."""
    port = lonely_server.port
    for _ in range(2):
        lonely_server.stop()
        for login in lonely.small.logins:
            start = time.monotonic()
            seen = through(lonely, login)
            assert seen.error["C"] == "08006", seen
            assert seen.error["S"] == "FATAL"
            assert str(port) not in seen.error["M"]
            assert time.monotonic() - start < STARTUP_SECONDS  # known at once, not by the time limit
        lonely.rest()
        lonely_server.start()
        lonely.check()
    assert lonely.small.events(kind="login_refused", sqlstate="08006")


def test_server_that_starts_up_says_so(lonely: Inside, lonely_server: EmbeddedServer) -> None:
    """Asked all the while it restarts, a client hears 08006 or 57P03, and then is let in."""
    lonely_server.kill()
    assert through(lonely, lonely.small.app).error["C"] == "08006"
    lonely_server.start()
    states = set()
    deadline = time.monotonic() + 15
    while not (seen := through(lonely, lonely.small.app)).is_in:
        states.add(seen.error["C"])
        assert time.monotonic() < deadline
    assert states <= {"08006", "57P03"}
    lonely.check()


@pytest.mark.parametrize("data", [m.Terminate().to_bytes(), b"GET / HTTP/1.0\r\n\r\n", b"\0\0\0\4", b"\0\0"])
def test_what_is_no_startup_packet_hears_what_postgresql_says(lonely: Inside, lonely_server: EmbeddedServer, data: bytes) -> None:
    """A client that leaves before it began, a browser, half a length: the end of the stream, nothing else."""
    heard = []
    for port in (lonely_server.port, lonely.port):
        with socket.create_connection(("127.0.0.1", port), 15) as wire:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            heard.append(wire.recv(1 << 16))
    assert heard == [b"", b""]


def test_server_that_hangs_costs_no_more_than_the_time_limit(lonely: Inside, lonely_server: EmbeddedServer) -> None:
    """The postmaster takes no connection: the kernel does, and nobody speaks."""
    lonely.check()
    os.kill(lonely_server.pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        seen = through(lonely, lonely.small.app)
        assert seen.error["C"] == "57014"
        assert seen.error["S"] == "FATAL"
        assert STARTUP_SECONDS * 0.7 < time.monotonic() - start < STARTUP_SECONDS * 3
        lonely.rest()
    finally:
        os.kill(lonely_server.pid, signal.SIGCONT)
    eventually(lambda: through(lonely, lonely.small.app).is_in, 15, "the server does not come back")
    lonely.check()


def test_catalog_login_that_was_locked_out(lonely: Inside, lonely_server: EmbeddedServer) -> None:
    """The operator changed its password and forgot the proxy: nobody comes in, and the answer gives nothing away."""
    lonely_server.restart()  # so that the proxy has to log in again
    with psycopg.connect(lonely_server.dsn(), autocommit=True) as superuser:
        superuser.execute("ALTER ROLE postgres PASSWORD 'another'")
    try:
        seen = through(lonely, lonely.small.app)
        assert seen.error["C"] in ("57P03", "28P01")
        assert "postgres" not in seen.error["M"]
    finally:
        with psycopg.connect(lonely_server.dsn(password="another", user="postgres"), autocommit=True) as superuser:
            verifier = f"ALTER ROLE postgres PASSWORD '{lonely_server.password.replace(chr(39), chr(39) * 2)}'"
            superuser.execute(verifier.encode())
    lonely.check()
