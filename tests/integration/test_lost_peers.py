"""Who is killed in the middle: the client hears of a lost server, the server of a lost client, and the proxy keeps nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from tests.proxies import RawClient, error_of
from tests.small import Inside, eventually, own_server, small_database, sockets

LOGINS = pytest.mark.parametrize("number", [0, 1, 2], ids=["analyst", "app", "owner"])
# Time for the server to do its part: end a process, roll back, recover.
SECONDS = 15.0


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """A server of this module, which may be killed."""
    with own_server() as one:
        yield one


@pytest.fixture(scope="module")
def running(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    with small_database(server, tmp_path_factory.mktemp("lost") / "proxy") as small:
        one = Inside(small)
        yield one
        one.stop()


@pytest.fixture
def proxy(running: Inside, server: EmbeddedServer, caplog: pytest.LogCaptureFixture) -> Iterator[Inside]:
    """The proxy. Afterwards the server runs, the proxy works, every statement has its end in the log, nothing is left over."""
    yield running
    if not server.is_running():
        server.start()
    running.rest()
    eventually(lambda: tasks(running) == 0, 30, "tasks are left")
    running.check()
    running.rest()
    assert unfinished(running) == []
    assert len(sockets(os.getpid(), remote=server.port)) <= 2  # the catalog's and the verifiers' connections
    assert [record.getMessage() for record in caplog.records if record.exc_info or "ended by" in record.getMessage()] == []
    running.small.database.execute("TRUNCATE notes")


def tasks(proxy: Inside) -> int:
    """Tasks the proxy still runs for its sessions."""
    return proxy.running.ask(lambda: len(proxy.running.proxy._running))


def unfinished(proxy: Inside) -> list[str]:
    """Statements in the log that were accepted and never ended."""
    events = proxy.small.events()
    ended = {one["id"] for one in events if one["kind"] == "end"}
    return [one["statement"] for one in events if one["kind"] == "accept" and one["id"] not in ended]


def is_busy(proxy: Inside, application: str, word: str) -> Callable[[], bool]:
    """Whether the server works on a statement of the application that holds the word."""
    return lambda: any(state == "active" and word in query for _, state, query in proxy.small.active(application))


# --- the server


@LOGINS
def test_the_servers_process_is_killed_in_a_query(proxy: Inside, number: int) -> None:
    """kill -9 of one server process: PostgreSQL ends all others too, recovers, and the proxy goes on."""
    small = proxy.small
    with proxy.raw(small.logins[number], application_name="victim") as victim, proxy.raw(small.app) as neighbour:
        victim.send(m.Query(b"SELECT pg_sleep(60)"))
        eventually(is_busy(proxy, "victim", "sleep"), SECONDS, "it does not run")
        (pid, _, _), = small.active("victim")
        start = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        seen = victim.to_end()
        assert (error_of(seen).severity, error_of(seen).sqlstate) == ("FATAL", "08006")
        assert error_of(neighbour.to_end()).sqlstate in ("57P02", "08006")
        assert time.monotonic() - start < 5
    proxy.rest()
    eventually(lambda: comes_in(proxy, small.app), SECONDS, "the server does not come back")
    lost = small.events(kind="end", application="victim", login=small.logins[number])
    assert (lost[-1]["outcome"], lost[-1]["sqlstate"]) == ("lost", "08006")


def comes_in(proxy: Inside, login: str) -> bool:
    try:
        proxy.connect(login).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_whole_server_is_killed_in_everything(proxy: Inside, server: EmbeddedServer) -> None:
    """The power cut: asleep, inside rows, inside COPY in, idle in a transaction, idle. All hear of it, at once."""
    small = proxy.small
    clients = {name: proxy.raw(small.app, application_name=name) for name in ("asleep", "rows", "copying", "idle", "open")}
    try:
        clients["asleep"].send(m.Query(b"SELECT pg_sleep(60)"))
        clients["rows"].send(m.Query(b"SELECT repeat('x', 1000) FROM generate_series(1, 100000000)"))
        clients["copying"].send(m.Query(b"COPY notes (body) FROM STDIN"))
        clients["copying"].until(m.Backend.COPY_IN_RESPONSE)
        clients["copying"].send(m.CopyData(b"one line\n"))
        clients["open"].send(m.Query(b"BEGIN"))
        clients["open"].until_ready()
        clients["open"].send(m.Query(b"INSERT INTO notes (body) VALUES ('never')"))
        clients["open"].until_ready()
        for name, word in (("asleep", "sleep"), ("rows", "repeat")):
            eventually(is_busy(proxy, name, word), SECONDS, name)
        start = time.monotonic()
        server.kill()
        for name, client in clients.items():
            report = error_of(client.to_end())
            assert report.severity == "FATAL", name
            assert report.sqlstate in ("08006", "57P01"), name  # who outlived the postmaster for a moment says 57P01 itself
        assert time.monotonic() - start < 10
    finally:
        for client in clients.values():
            client.socket.close()
    proxy.rest()
    with pytest.raises(psycopg.OperationalError):
        proxy.connect(small.app)
    server.start()
    proxy.check()
    assert small.notes() == []


def test_the_server_shuts_down_and_its_own_words_pass(proxy: Inside, server: EmbeddedServer) -> None:
    small = proxy.small
    clients = [proxy.raw(login, application_name="shutdown") for login in small.logins]
    try:
        for client in clients:
            client.send(m.Query(b"SELECT pg_sleep(60)"))
        eventually(lambda: [one[1] for one in small.active("shutdown")] == ["active"] * 3, SECONDS, "they do not run")
        server.stop()
        for client in clients:
            assert error_of(client.to_end()).sqlstate == "57P01"
    finally:
        for client in clients:
            client.socket.close()
    proxy.rest()


@LOGINS
def test_a_session_is_ended_on_the_server(proxy: Inside, number: int) -> None:
    """pg_terminate_backend: PostgreSQL's own FATAL, then the end; for one session only."""
    small = proxy.small
    with proxy.raw(small.logins[number], application_name="ended") as victim, proxy.connect(small.app) as neighbour:
        victim.send(m.Query(b"SELECT pg_sleep(60)"))
        eventually(is_busy(proxy, "ended", "sleep"), SECONDS, "it does not run")
        small.database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ended'")
        report = error_of(victim.to_end())
        assert (report.severity, report.sqlstate) == ("FATAL", "57P01")
        assert neighbour.execute("SELECT 1").fetchall() == [(1,)]


def test_the_catalog_connections_are_killed(proxy: Inside, server: EmbeddedServer) -> None:
    """The proxy's own connections are ended by an administrator: the next login, and the next DDL, do not notice."""
    with proxy.connect(proxy.small.owner) as owner:
        proxy.small.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'maskgate catalog'"
        )
        owner.execute("CREATE TEMP TABLE t (a int)")
        assert owner.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
        proxy.check()


# --- the client

CLIENTS = {
    "asleep": "c.execute('SELECT pg_sleep(60)')",
    "computing": "c.execute('SELECT count(*) FROM generate_series(1, 1000000000) a')",
    "rows": """
g = c.pgconn
g.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 100000000)")
g.set_single_row_mode()
time.sleep(120)  # nobody reads: everything between server and client fills up
""",
    "reading": """
g = c.pgconn
g.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 100000000)")
g.set_single_row_mode()
while True: g.get_result()
""",
    "open transaction": "c.execute('BEGIN'); c.execute(lock); print('waits', flush=True); time.sleep(120)",
    "pipeline": """
with c.pipeline():
    for n in range(50): c.execute('SELECT pg_sleep(1)')
""",
}
COPYING = """
c.execute('BEGIN')
with c.cursor().copy('COPY notes (body) FROM STDIN') as copy:
    for n in range(20000): copy.write('a line that must not stay\\n')
    c.pgconn.flush()
    print('waits', flush=True)
    time.sleep(120)
"""


def killed_client(proxy: Inside, login: str, script: str, application: str, lock: str = "SELECT 1") -> None:
    """Run a client as a process of its own until the server works for it, then SIGKILL it."""
    program = (
        "import sys, time, psycopg\n"
        "c = psycopg.connect(sys.argv[1], autocommit=True)\n"
        "lock = sys.argv[2]\n"
        "print('in', flush=True)\n" + script
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, proxy.dsn(login, application), lock], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        if "waits" in script:
            assert process.stdout.readline() == "waits\n"
        else:
            eventually(is_busy(proxy, application, "SELECT"), SECONDS, "it does not run")
        assert proxy.sessions() == 1
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [(1, kind) for kind in CLIENTS] + [(number, kind) for number in (0, 2) for kind in ("asleep", "rows", "open transaction")],
)
def test_a_killed_client_leaves_no_server_process(proxy: Inside, number: int, kind: str) -> None:
    login, application = proxy.small.logins[number], f"killed-{kind.split()[0]}-{number}"
    lock = "SELECT name FROM customers WHERE id = 1" + ("" if number == 0 else " FOR UPDATE")
    killed_client(proxy, login, CLIENTS[kind], application, lock)
    start = time.monotonic()
    eventually(lambda: not proxy.small.active(application), SECONDS, "the server still works for nobody")
    assert time.monotonic() - start < 10
    proxy.rest()
    if kind == "open transaction":
        proxy.small.database.execute("SET lock_timeout = '5s'; UPDATE customers SET name = name")
    last = proxy.small.events(kind="disconnect", application=application)
    assert [one["sqlstate"] for one in last] == ["08006"]
    if kind in ("asleep", "computing", "rows", "reading"):
        ends = proxy.small.events(kind="end", application=application)
        assert [one["outcome"] for one in ends] == ["lost"]


@pytest.mark.parametrize("number", [1, 2], ids=["app", "owner"])
def test_a_client_killed_in_copy_in_leaves_no_row(proxy: Inside, number: int) -> None:
    application = f"killed-copy-{number}"
    killed_client(proxy, proxy.small.logins[number], COPYING, application)
    eventually(lambda: not proxy.small.active(application), SECONDS, "the server still waits for rows")
    assert proxy.small.notes() == []
    assert [one["outcome"] for one in proxy.small.events(kind="end", application=application)][-1] == "lost"


def test_a_client_killed_while_its_statement_waits_for_the_catalog(proxy: Inside) -> None:
    """An unknown name makes the proxy load the catalog; the client does not live to see it."""
    for number in range(10):
        with proxy.raw(proxy.small.analyst, application_name="unknown-name") as client:
            client.send(m.Query(f"SELECT * FROM nowhere_{number}".encode()))
    eventually(lambda: not proxy.small.active("unknown-name"), SECONDS, "server processes are left")


def test_a_client_that_leaves_while_it_logs_in(proxy: Inside) -> None:
    """At every step of the way, whatever the proxy just waits for."""
    for number in range(8):

        class Leaver(RawClient):
            left = number

            def next(self) -> tuple[int, bytes]:
                self.left -= 1
                if self.left < 0:
                    self.socket.close()
                    raise EOFError
                return super().next()

        with pytest.raises(EOFError):
            Leaver(proxy.host, proxy.port, proxy.small.app, f"pw-{proxy.small.app}", proxy.small.database.name)


def test_both_sides_are_killed_at_once(proxy: Inside, server: EmbeddedServer) -> None:
    with proxy.raw(proxy.small.app, application_name="both") as client:
        client.send(m.Query(b"SELECT pg_sleep(60)"))
        eventually(is_busy(proxy, "both", "sleep"), SECONDS, "it does not run")
        killer = threading.Thread(target=server.kill)
        killer.start()
    killer.join(20)
    proxy.rest()


def test_the_proxy_stops_while_queries_run(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    """57P01 for the clients, and the server does not work on for nobody."""
    with small_database(server, tmp_path_factory.mktemp("stopped") / "proxy") as small:
        proxy = Inside(small)
        clients = [proxy.raw(login, application_name="stopped") for login in small.logins]
        try:
            for client in clients:
                client.send(m.Query(b"SELECT pg_sleep(60)"))
            eventually(lambda: [one[1] for one in small.active("stopped")] == ["active"] * 3, SECONDS, "they do not run")
            start = time.monotonic()
            proxy.stop()
            assert time.monotonic() - start < 10
            for client in clients:
                report = error_of(client.to_end())
                assert (report.severity, report.sqlstate) == ("FATAL", "57P01")
        finally:
            for client in clients:
                client.socket.close()
        assert unfinished(proxy) == []
        eventually(lambda: not small.active("stopped"), 30, "the server still sleeps for nobody")
