"""`maskgate serve` as operators meet it: workers, their deaths and their replacement, draining, reloading, metrics, the admin database."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from tests.proxies import RawClient, kinds_of
from tests.servers import role_password
from tests.small import Served, eventually, small_database, workers_of

MORE = {"workers": "2", "admin": "{logins: ['dba_*']}", "metrics": "{port: 0}", "limits": "{drain_seconds: 20}"}


@contextmanager
def serving(server: EmbeddedServer, folder: Path, **more: str) -> Iterator[Served]:
    with small_database(server, folder, **{**MORE, **more}) as small, Served(small) as served:
        yield served


@pytest.fixture
def served(newest_server: EmbeddedServer, tmp_path: Path) -> Iterator[Served]:
    with serving(newest_server, tmp_path / "p") as one:
        yield one


def admin(served: Served) -> psycopg.Connection[Any]:
    dsn = served.dsn(served.small.owner, database="maskgate")
    return psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor)


def told(served: Served, command: str) -> list[dict[str, Any]]:
    with admin(served) as one:
        cursor = one.execute(command)  # type: ignore[call-overload]
        if cursor.description is None:
            return []
        return [dict(zip([c.name for c in cursor.description], row, strict=True)) for row in cursor.fetchall()]


def pids(served: Served) -> set[int]:
    return set(workers_of(served.process.pid))


def web(served: Served, path: str) -> str:
    found = re.search(r"metrics on (http://\S+)/metrics", served.errors())
    assert found
    with urllib.request.urlopen(f"{found[1]}/{path}", timeout=20) as answer:  # noqa: S310
        text: str = answer.read().decode()
        return text


def figures(served: Served) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in web(served, "metrics").splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


class Knocking:
    """Logs in over and over, and keeps what went wrong."""

    def __init__(self, served: Served) -> None:
        self.served, self.count, self.failures = served, 0, list[str]()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Knocking:
        self._thread.start()
        eventually(lambda: self.count > 2, 20, "nobody gets in")
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                with self.served.connect(self.served.small.analyst) as one:
                    assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("张*",)]
            except Exception as error:  # noqa: BLE001 - that is what we collect
                self.failures.append(str(error))
            self.count += 1


# --- workers


def test_a_killed_worker_is_replaced_and_the_others_go_on(served: Served) -> None:
    before = pids(served)
    assert len(before) == 2
    with served.connect(served.small.app) as one:
        clients = told(served, "SHOW CLIENTS")
        mine = next(row["worker"] for row in clients if row["login"] == served.small.app)
        (other,) = before - {mine}
        os.kill(other, signal.SIGKILL)
        eventually(lambda: len(pids(served)) == 2 and other not in pids(served), 20, "no new worker")
        assert one.execute("SELECT 1").fetchall() == [(1,)]
        eventually(lambda: figures(served)["maskgate_workers"] == 2, 30, "the new worker does not serve")
    for _ in range(10):
        served.check()
    assert figures(served)["maskgate_worker_restarts_total"] == 1
    assert "another one begins" in served.errors()


def test_nobody_is_turned_away_while_a_worker_is_replaced(served: Served) -> None:
    """Who connects to the dead worker's socket waits for the next one."""
    with Knocking(served) as knocking:
        for _ in range(2):
            victim = min(pids(served))
            os.kill(victim, signal.SIGKILL)
            eventually(lambda gone=victim: len(pids(served)) == 2 and gone not in pids(served), 20, "no new worker")  # type: ignore[misc]
            eventually(lambda: figures(served)["maskgate_workers"] == 2, 30, "it does not serve")
            count = knocking.count
            eventually(lambda before=count: knocking.count > before + 5, 30, "nobody gets in")  # type: ignore[misc]
    # A login that was under way in the worker that died is lost with it; nobody else is.
    assert len(knocking.failures) <= 2, knocking.failures


def test_new_workers_take_over_without_a_gap(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with serving(newest_server, tmp_path / "p", limits="{drain_seconds: 6}") as served:
        take_over(served)


def take_over(served: Served) -> None:
    before = pids(served)
    with served.connect(served.small.app) as kept, Knocking(served) as knocking:
        with kept.transaction():
            kept.execute("INSERT INTO notes (body) VALUES ('in the old worker')")
            served.process.send_signal(signal.SIGUSR2)
            eventually(lambda: "old ones drain" in served.errors(), 60, "no new workers")
            count = knocking.count
            eventually(lambda: knocking.count > count + 5, 30, "nobody gets in")
            kept.execute("INSERT INTO notes (body) VALUES ('still')")
        assert kept.execute("SELECT 1").fetchall() == [(1,)]  # idle, it may stay
        eventually(lambda: not before & pids(served), 30, "the old workers stay")
        assert len(pids(served)) == 2
        with pytest.raises(psycopg.OperationalError, match=r"administrator command|closed"):
            kept.execute("SELECT 1")
    assert knocking.failures == []
    assert served.small.notes() == ["in the old worker", "still"]


def test_new_workers_that_cannot_begin_change_nothing(served: Served) -> None:
    before = pids(served)
    rules = served.small.rules_file
    rules.write_text("roles: {x: {logins: [}")
    served.process.send_signal(signal.SIGUSR2)
    eventually(lambda: "the old workers stay" in served.errors(), 60, "nothing was said")
    assert before <= pids(served)
    served.check()
    rules.write_text(served.small.rules)


def test_without_its_supervisor_a_worker_ends(served: Served) -> None:
    """Somebody else, systemd say, starts another one: two must not serve beside each other for long."""
    workers = pids(served)
    with served.connect(served.small.app) as one:
        served.process.kill()
        served.process.wait()
        eventually(lambda: not any(is_alive(pid) for pid in workers), 30, "a worker is left")
        with pytest.raises(psycopg.OperationalError):
            one.execute("SELECT 1")
    with Served(served.small) as again:
        again.check()
        served.process, served.error_file = again.process, again.error_file
    served.stop = lambda: None  # type: ignore[method-assign]


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


# --- draining


def test_a_stop_lets_transactions_end_and_takes_nobody_new(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "p", **MORE) as small:
        served = Served(small)
        with served.connect(small.app) as busy, served.connect(small.app) as idle:
            with busy.transaction():
                busy.execute("INSERT INTO notes (body) VALUES ('begun')")
                served.process.send_signal(signal.SIGTERM)
                eventually(lambda: is_gone(idle), 20, "the idle session stays")
                # Each worker hears of it by itself; the last has within moments.
                eventually(lambda: is_turned_away(served, small.analyst), 30, "somebody new is let in")
                busy.execute("INSERT INTO notes (body) VALUES ('ended')")
            assert served.process.wait(20) == 0
            with pytest.raises(psycopg.OperationalError):
                busy.execute("SELECT 1")
        assert small.notes() == ["begun", "ended"]
        assert "Traceback" not in served.errors()
        codes = {one["sqlstate"] for one in small.events(kind="disconnect", login=small.app)}
        assert codes == {"57P01"}


def is_turned_away(served: Served, login: str) -> bool:
    try:
        served.connect(login).close()
    except psycopg.OperationalError as error:
        return re.search("refused|administrator", str(error)) is not None
    return False


def is_gone(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        return error.sqlstate in (None, "57P01")
    return False


def test_what_runs_too_long_is_ended_at_last(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "p", **{**MORE, "limits": "{drain_seconds: 0.5}"}) as small:
        served = Served(small)
        with served.raw(small.app, application_name="long") as client:
            client.send(m.Query(b"SELECT pg_sleep(15)"))
            eventually(lambda: any("pg_sleep" in query for _, _, query in small.active("long")), 30, "it does not run")
            served.process.send_signal(signal.SIGTERM)
            kind, body = client.next()
            assert (chr(kind), b"57P01" in body) == ("E", True)
            assert served.process.wait(15) == 0
        eventually(lambda: not small.active("long"), 30, "it runs on, on the server")


def test_a_second_signal_waits_for_nothing(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "p", **MORE) as small:
        served = Served(small)
        with served.connect(small.app) as busy, busy.transaction(force_rollback=True):
            busy.execute("SELECT 1")
            served.process.send_signal(signal.SIGTERM)
            eventually(lambda: not listens(served), 20, "it still listens")
            assert served.process.poll() is None
            served.process.send_signal(signal.SIGTERM)
            assert served.process.wait(15) == 0, served.errors()
            busy.close()


def listens(served: Served) -> bool:
    try:
        socket.create_connection((served.host, served.port), 5).close()
    except OSError:
        return False
    return True


# --- reloading


def test_files_that_change_are_read_anew(served: Served) -> None:
    small = served.small
    with served.connect(small.analyst) as one:
        one.prepare_threshold = None
        assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("张*",)]
        small.rules_file.write_text(small.rules.replace("mask: name", "mask: redact"))
        eventually(lambda: one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("**",)], 20, "old rules")
        small.rules_file.write_text("roles: [")
        eventually(lambda: "the old rules stay" in served.errors(), 20, "nothing was said")
        assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("**",)]
    assert figures(served)['maskgate_rules_reloads_total{outcome="failed"}'] >= 1
    small.rules_file.write_text(small.rules)
    eventually(lambda: figures(served)['maskgate_rules_reloads_total{outcome="ok"}'] >= 2, 20, "not read")


# --- the admin database


def test_the_admin_database_shows_all_workers(served: Served) -> None:
    small = served.small
    with served.connect(small.app, "shop") as one, one.transaction():
        one.execute("SELECT 1")
        (row,) = [row for row in told(served, "show clients;") if row["login"] == small.app]
        assert (row["role"], row["application"], row["state"], row["tls"]) == ("app", "shop", "transaction", "no")
        assert row["worker"] in pids(served)
        (server,) = [one for one in told(served, "SHOW SERVERS") if one["session"] == row["session"]]
        assert server["server_pid"] == one.execute("SELECT pg_backend_pid()").fetchall()[0][0]
    (stats,) = [row for row in told(served, "SHOW STATS") if row["role"] == "app"]
    assert stats["statements"] >= 3
    assert {row["role"] for row in told(served, "SHOW RULES")} == {"analyst", "app", "owner"}
    assert {row["database"] for row in told(served, "SHOW CACHES")} == {small.database.name}
    assert told(served, "SHOW VERSION")[0]["version"].startswith("maskgate ")
    assert len(told(served, "SHOW HELP")) == 8
    commands = [one["command"] for one in small.events(kind="admin")]
    assert set(commands) == {f"show {one}" for one in ("clients", "servers", "stats", "rules", "caches", "version", "help")}
    assert all(one["login"] == small.owner for one in small.events(kind="admin"))


def test_one_session_is_ended_from_there(served: Served) -> None:
    with served.connect(served.small.app) as one, served.connect(served.small.analyst) as other:
        (row,) = [row for row in told(served, "SHOW CLIENTS") if row["login"] == served.small.app]
        told(served, f"KILL '{row['session']}'")
        with pytest.raises(psycopg.OperationalError):
            one.execute("SELECT 1")
        assert other.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(psycopg.Error, match="there is no session"):
        told(served, "KILL '0123456789abcdef'")


def test_reload_and_drain_from_there(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "p", **MORE) as small:
        served = Served(small)
        told(served, "RELOAD")
        small.rules_file.write_text("roles: [")
        with pytest.raises(psycopg.Error, match=r"all\.yaml"):
            told(served, "RELOAD")
        told(served, "DRAIN")
        assert served.process.wait(20) == 0


@pytest.mark.parametrize("text", ["SELECT 1", "SHOW TABLES", "KILL", "RELOAD; DRAIN", "SHOW CLIENTS; DROP TABLE x"])
def test_other_words_are_refused(served: Served, text: str) -> None:
    with admin(served) as one:
        with pytest.raises(psycopg.errors.SyntaxError, match="unknown command"):
            one.execute(text)  # type: ignore[call-overload]
        assert one.execute("SHOW VERSION").fetchall()


def test_who_may_not(served: Served) -> None:
    for login in (served.small.app, served.small.analyst):
        with pytest.raises(psycopg.OperationalError, match="is not listed under `admin`"):
            psycopg.connect(served.dsn(login, database="maskgate"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(served.dsn(served.small.owner, password="wrong", database="maskgate"))


def test_it_speaks_the_simple_protocol_only(served: Served) -> None:
    owner = served.small.owner
    with RawClient(served.host, served.port, owner, role_password(owner), "maskgate") as client:
        client.send(m.Parse(b"", b"SHOW CLIENTS"), m.Bind(b"", b""), m.Execute(b""), m.Sync())
        answer = client.until_ready()
        assert kinds_of(answer) == "EZ"
        client.send(m.Query(b"SHOW VERSION"))
        assert kinds_of(client.until_ready()) == "TDCZ"
        client.send(m.Query(b" ; "))
        assert kinds_of(client.until_ready()) == "IZ"


# --- metrics


def test_figures_and_health(served: Served) -> None:
    small = served.small
    served.check()
    with served.connect(small.analyst) as one:
        with pytest.raises(psycopg.Error):
            one.execute("SELECT pg_read_file('x')")
        seen = figures(served)
        assert seen['maskgate_sessions{role="analyst"}'] == 1
    assert seen['maskgate_statements_total{role="analyst",verdict="masked"}'] == 1
    assert seen['maskgate_statements_total{role="analyst",verdict="refused"}'] == 1
    assert seen['maskgate_logins_total{outcome="ok"}'] == 4
    assert seen["maskgate_planning_seconds_count"] >= 1
    assert seen['maskgate_planning_seconds_bucket{le="+Inf"}'] == seen["maskgate_planning_seconds_count"]
    assert seen["maskgate_log_append_seconds_count"] > 0
    assert seen["maskgate_workers"] == 2
    assert web(served, "healthz") == "ok\n"
    for path in ("", "metrics/x", "admin"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            web(served, path)
        with caught.value as error:
            assert error.code == 404


def test_what_a_dead_worker_counted_is_not_lost(served: Served) -> None:
    served.check()
    before = figures(served)
    for pid in pids(served):
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: figures(served)["maskgate_workers"] == 2, 40, "no new workers")
    after = figures(served)
    counters = [name for name in before if name.split("{")[0].endswith(("_total", "_count"))]
    assert all(after[name] >= before[name] for name in counters)


def test_a_full_log_is_no_health(served: Served) -> None:
    served.check()
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids(served)}
    with served.connect(served.small.app) as one:
        for pid, (_, hard) in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (100, hard))
        wait_for(lambda: "cannot be written" in trouble(served, one))
        for pid, both in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, both)
        wait_for(lambda: trouble(served, one) == "")


def trouble(served: Served, one: psycopg.Connection[Any]) -> str:
    with contextlib.suppress(psycopg.Error):
        one.execute("SELECT 1")
    try:
        web(served, "healthz")
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
    return ""


def wait_for(question: Callable[[], bool]) -> None:
    eventually(question, 30, "it does not come")
