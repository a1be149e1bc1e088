"""`proxy.cli.embedded` on the real programs."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from proxy.cli import embedded
from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, EmbeddedServerError, installations
from tests.servers import Database

_INSTALLED = sorted(installations().items())
_PASSWORD = "it's a \\ sécret / @"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A 0700 folder of ours, as every program that uses `tempfile` has it."""
    made = Path(tempfile.mkdtemp(prefix="maskgate-embedded-"))
    yield made
    shutil.rmtree(made)


def _ask(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def test_the_wheel_is_found() -> None:
    assert {16, 18} <= set(installations())


@pytest.mark.parametrize(("version", "bin_dir"), _INSTALLED, ids=[f"pg{version}" for version, _ in _INSTALLED])
def test_a_life(folder: Path, version: int, bin_dir: Path) -> None:
    settings = {**TEST_SETTINGS, "application_name": "it's"}
    with EmbeddedServer.create(folder / "data", bin_dir, password=_PASSWORD, settings=settings) as server:
        assert server.version == version
        assert int(str(_ask(server, "SHOW server_version_num"))) // 10000 == version
        assert _ask(server, "SHOW server_encoding") == "UTF8"
        assert _ask(server, "SHOW fsync") == "off"
        assert _ask(server, "SHOW unix_socket_directories") == ""
        assert _ask(server, "SELECT setting FROM pg_settings WHERE name = 'listen_addresses'") == "127.0.0.1"
        assert str(_ask(server, "SELECT rolpassword FROM pg_authid WHERE rolcanlogin")).startswith("SCRAM-SHA-256$")
        assert _PASSWORD not in repr(server)

        _ask(server, "SELECT set_config('a.b', 'c', false)")
        pid, port = server.pid, server.port
        server.restart()
        assert server.pid != pid
        assert server.port == port

        family = [server.pid, *embedded._children(server.pid)]
        assert len(family) > 3
        server.kill()
        assert not any(embedded._is_alive(member) for member in family)
        server.start()
        assert _ask(server, "SELECT 1") == 1

        other = EmbeddedServer.attach(folder / "data", bin_dir, password=_PASSWORD)
        assert (other.pid, other.port) == (server.pid, server.port)
        assert _ask(other, "SELECT 2") == 2
        other.stop()
        assert not server.is_running()
    server.stop()


def test_a_wrong_password_is_refused(newest_server: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(newest_server.dsn("postgres", "wrong"))


def test_a_bad_setting_is_told(folder: Path) -> None:
    _, bin_dir = _INSTALLED[-1]
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        EmbeddedServer.create(folder / "data", bin_dir, password="x", settings={"no_such_setting": "1"})


def test_a_port_in_use_is_told(folder: Path, newest_server: EmbeddedServer) -> None:
    _, bin_dir = _INSTALLED[-1]
    with pytest.raises(EmbeddedServerError, match="already in use"):
        EmbeddedServer.create(folder / "data", bin_dir, password="x", port=newest_server.port)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_programs_the_account_may_not_enter_are_copied(folder: Path) -> None:
    _, bin_dir = _INSTALLED[-1]
    package = bin_dir.parent.parent
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    shutil.copytree(bin_dir.parent, hidden / package.name / bin_dir.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, hidden / libraries.name)
    private = hidden / package.name / bin_dir.parent.name / "bin"
    with EmbeddedServer.create(folder / "data", private, password="x", settings=TEST_SETTINGS) as server:
        assert _ask(server, "SELECT 1") == 1
        assert server.bin_dir != private
        again = EmbeddedServer.attach(folder / "data", private, password="x")
        assert again.bin_dir == server.bin_dir
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_a_folder_of_others_is_not_opened(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(EmbeddedServerError, match=r"may not enter .*; choose a data folder elsewhere"):
        EmbeddedServer.create(folder / "data", _INSTALLED[-1][1], password="x")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_password_never_stands_on_a_command_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    run = subprocess.run

    def listen(command: list[str], **options: object) -> object:
        commands.append(command)
        return run(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", listen)
    with EmbeddedServer.create(folder / "data", _INSTALLED[-1][1], password="Xq9-secret", settings=TEST_SETTINGS):
        assert len(commands) >= 3
        assert "Xq9-secret" not in str(commands)


def test_each_test_has_its_own_database(database: Database) -> None:
    database.execute("CREATE TABLE public.only_here (a int); INSERT INTO public.only_here VALUES (1)")
    role = database.role("ana")
    assert database.execute("SELECT current_user::text, current_database()::text", user=role) == [(role, database.name)]
    assert database.version in installations()
