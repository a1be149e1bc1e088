"""Logins of the proxy's own file, `service` roles, trust on loopback, and waiting after wrong passwords."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from tests.integration.test_tls import HOST, service_login
from tests.small import Inside, Small, small_database


@contextlib.contextmanager
def service_place(server: EmbeddedServer, folder: Path, **more: str) -> Iterator[tuple[Small, Path]]:
    """A database whose analyst role goes on as a role of PostgreSQL, through the proxy's own login."""
    with service_login(server) as (service, secret):
        told = f"{{host: {server.host}, port: {server.port}, service: {{user: {service}, password_file: {secret}}}}}"
        with small_database(server, folder, server=told, **more) as small:
            role = f"{small.analyst}_ro"
            small.database.execute(f"CREATE ROLE {role}; GRANT SELECT ON customers TO {role}; GRANT {role} TO {service}")
            try:
                rules = small.rules.replace(f"[{small.analyst}],", f"[{small.analyst}, guest], service: {{set_role: {role}}},")
                small.rules_file.write_text(rules)
                yield small, folder
            finally:
                small.database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@contextlib.contextmanager
def serving(small: Small) -> Iterator[Inside]:
    way = Inside(small)
    try:
        yield way
        way.rest()
    finally:
        way.stop()


def login(small: Small, *words: str, password: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "proxy.cli", "login", *words, "-c", str(small.config_file)]
    return subprocess.run(command, input=password, capture_output=True, text=True, timeout=60, check=False)


def test_a_login_postgresql_does_not_know(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with service_place(newest_server, tmp_path / "p", logins="{file: logins.txt}") as (small, folder):
        done = login(small, "add", "guest", password="pa'ss \"word\"\n")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        file = folder / "logins.txt"
        assert file.stat().st_mode & 0o777 == 0o600
        assert "pa'ss" not in file.read_text()
        with serving(small) as way:
            with psycopg.connect(way.dsn("guest", "desk", 'pa\'ss "word"'), autocommit=True) as one:
                assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("张*",)]
                assert small.active("guest/desk")
            with psycopg.connect(way.dsn(small.analyst), autocommit=True) as one:  # PostgreSQL's own verifier
                assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("张*",)]
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(way.dsn("guest", "desk", "wrong"))
        assert login(small, "remove", "guest").returncode == 0
        assert "guest" not in file.read_text()
        assert "has no login" in login(small, "remove", "guest").stderr


def command(small: Small, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "proxy.cli", *words, "-c", str(small.config_file)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_check_and_explain_know_of_the_service(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with service_place(newest_server, tmp_path / "p") as (small, _):
        _, said = command(small, "check")
        assert "is no member of" not in said
        assert "CREATE EVENT TRIGGER" in said
        code, said = command(small, "explain", "--as", "guest", "SELECT name FROM customers")
        assert (code, "guest, role analyst (restricted)" in said) == (0, True), said
        small.database.execute(f"REVOKE {small.analyst}_ro FROM {service_of(small)}")
        code, said = command(small, "check")
        assert (code, "is no member of" in said, f'GRANT "{small.analyst}_ro"' in said) == (1, True, True)


def service_of(small: Small) -> str:
    text = small.config_file.read_text()
    return text.partition("service: {user: ")[2].partition(",")[0]


def test_logins_of_the_file_only(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with (
        service_place(newest_server, tmp_path / "p", logins="{file: logins.txt, server: false}") as (small, _),
        contextlib.ExitStack() as stack,
    ):
        assert login(small, "add", "guest", password="x\n").returncode == 0
        way = stack.enter_context(serving(small))
        with psycopg.connect(way.dsn("guest", password="x")) as one:
            assert one.execute("SELECT 1").fetchall() == [(1,)]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(way.dsn(small.app))


def test_trust_on_loopback(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    access = "[{addresses: [127.0.0.1/32], logins: [guest, 'dba_*'], method: trust}, {method: reject}]"
    with service_place(newest_server, tmp_path / "p", access=access) as (small, _), serving(small) as way:
        address = {"host": HOST, "port": way.port, "dbname": small.database.name}
        with psycopg.connect(user="guest", **address) as one:  # type: ignore[arg-type]
            assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("张*",)]
        with pytest.raises(psycopg.OperationalError, match="comes in without a password"):
            psycopg.connect(user=small.owner, **address)  # type: ignore[arg-type]
        with pytest.raises(psycopg.OperationalError, match="no entry of `access`"):
            psycopg.connect(user=small.app, **address)  # type: ignore[arg-type]


def test_wrong_passwords_are_answered_slower_and_slower(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "p") as small, serving(small) as way:
        took = []
        for _ in range(4):
            start = time.monotonic()
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(way.dsn(small.app, password="wrong"))
            took.append(time.monotonic() - start)
        assert took[3] >= 0.5  # 0, 0, 0.25, 0.5 s
        with way.connect(small.app):
            pass
        start = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(way.dsn(small.app, password="wrong"))
        assert time.monotonic() - start < took[3]  # forgotten


def test_too_many_sessions_of_a_login(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with (
        small_database(newest_server, tmp_path / "p", limits="{sessions_per_login: 2}") as small,
        serving(small) as way,
        way.connect(small.app),
        way.connect(small.app),
    ):
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            way.connect(small.app)
        with way.connect(small.owner):
            pass


def test_a_session_that_says_nothing(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "p", limits="{idle_seconds: 1.5}") as small, serving(small) as way:
        with way.connect(small.app) as idle, way.connect(small.app) as busy, busy.transaction():
            busy.execute("SELECT 1")
            deadline = time.monotonic() + 20
            while not small.events(kind="disconnect", sqlstate="57P05"):
                assert time.monotonic() < deadline
            with pytest.raises(psycopg.OperationalError, match="idle-session timeout"):
                idle.execute("SELECT 1")
            busy.execute("SELECT 1")  # in a transaction it may be idle, as in PostgreSQL
