"""docker/postgres on real servers: the login it makes is enough for the proxy and reads nobody's rows; pg_hba.conf keeps its word."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, installations
from proxy.crypto import providers
from tests.certificates import Authority
from tests.deploy.files import DOCKER, proxy_yaml
from tests.servers import SUPERUSER
from tests.shop import RunningProxy

_PASSWORD = "it's $a \\ sécret / @"
_CATALOG_PASSWORD = "c'at$ \\alog"
_SECRET = "/run/secrets/catalog.password.postgres"
_PROXY_ADDRESS = "172.31.254.2/32"
_SHOP = """
CREATE ROLE ana LOGIN PASSWORD 'ana''s own';
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, name text, phone text);
INSERT INTO shop.customers VALUES (1, '张三丰', '13800138000');
GRANT USAGE ON SCHEMA shop TO ana;
GRANT SELECT ON shop.customers TO ana;
"""
QUESTION, ANSWER = b"SELECT name, phone FROM shop.customers", [("张**", "138******00")]
_VERSIONS = sorted(installations())
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass
class Made:
    """A server of its own, for logins and pg_hba.conf belong to the whole server; the script has been run on it."""

    server: EmbeddedServer
    folder: Path

    def connect(self, user: str = SUPERUSER, password: str = _PASSWORD, port: int | None = None) -> Connection:
        return psycopg.connect(
            host=self.server.host, port=port or self.server.port, dbname="postgres", user=user, password=password, autocommit=True
        )

    def catalog(self) -> Connection:
        return self.connect("maskgate", _CATALOG_PASSWORD)


@pytest.fixture(scope="module", params=_VERSIONS, ids=[f"pg{version}" for version in _VERSIONS])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    """On each version."""
    with make(request.param) as place:
        yield place


@contextmanager
def make(version: int) -> Iterator[Made]:
    """A server of that version with the script run on it, and a customer whom ana may read."""
    folder = Path(tempfile.mkdtemp(prefix="maskgate-deploy-"))
    settings: dict[str, str | int] = {**TEST_SETTINGS, "log_statement": "all", "log_min_duration_statement": 0}
    with EmbeddedServer.create(
        folder / "data", installations()[version], superuser=SUPERUSER, password=_PASSWORD, settings=settings
    ) as server:
        # As the image's entrypoint runs what is in /docker-entrypoint-initdb.d.
        (folder / "secret").write_text(_CATALOG_PASSWORD + "\n", encoding="utf-8")
        script = (DOCKER / "postgres" / "10-maskgate.sql").read_text(encoding="utf-8")
        assert _SECRET in script
        (folder / "script.sql").write_text(script.replace(_SECRET, str(folder / "secret")), encoding="utf-8")
        command = [
            _psql(), "-v", "ON_ERROR_STOP=1", "--no-password", "--no-psqlrc", "-h", server.host, "-p", str(server.port),
            "-U", SUPERUSER, "-d", "postgres", "-f", str(folder / "script.sql"),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PGPASSWORD": _PASSWORD}, timeout=60)
        place = Made(server, folder)
        with place.connect() as superuser:
            superuser.execute(_SHOP.encode())
        yield place
    shutil.rmtree(folder, ignore_errors=True)


def _psql() -> str:
    return str(installations()[_VERSIONS[-1]] / "psql")


def test_the_login_reads_verifiers_and_nothing_of_anybody(made: Made) -> None:
    with made.catalog() as connection:
        said = "SELECT rolname, rolcanlogin, rolpassword, rolvaliduntil FROM pg_authid WHERE rolname = 'ana'"
        (row,) = connection.execute(said.encode()).fetchall()
        assert str(row[2]).startswith("SCRAM-SHA-256$")
        for forbidden in (
            "SELECT * FROM pg_authid",
            "SELECT rolsuper FROM pg_authid",
            "SELECT * FROM shop.customers",
            "SELECT * FROM pg_statistic",
            "SELECT pg_read_file('PG_VERSION')",
            "SELECT umoptions FROM pg_user_mapping",
            "CREATE ROLE other",
            "SET ROLE ana",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                connection.execute(forbidden.encode())
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute(b"CREATE TABLE t (x int)")
        attributes = connection.execute(
            b"SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolinherit, rolconnlimit"
            b" FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert attributes == (False, False, False, False, False, False, 100)


def test_its_password_is_not_in_the_server_s_log(made: Made) -> None:
    log = made.server.log_file.read_text(errors="replace")
    assert "GRANT" not in log.split("CREATE ROLE ana")[0], "log_statement is off while the script runs"
    assert _CATALOG_PASSWORD not in log
    assert _CATALOG_PASSWORD.replace("'", "''") not in log


def etc(made: Made, folder: Path, port: int = 0) -> Path:
    """The example proxy.yaml with its rules, secrets and key ring, its places turned to here."""
    shutil.copytree(DOCKER.parent / "masking_rules" / "ecommerce", folder / "rules")
    text = proxy_yaml()
    for ours, here in (
        ("host: 0.0.0.0", "host: 127.0.0.1"), ("port: 6543", f"port: {port}"), ("host: postgres", f"host: {made.server.host}"),
        ("port: 5432", f"port: {made.server.port}"), ("/run/secrets", str(folder)), ("/var/lib/maskgate", str(folder)),
        ("port: 9187", "port: 0"),
    ):  # fmt: skip
        assert ours in text
        text = text.replace(ours, here)
    (folder / "proxy.yaml").write_text(text, encoding="utf-8")
    secret = folder / "catalog.password"
    secret.touch(mode=0o600)
    secret.write_text(_CATALOG_PASSWORD + "\n", encoding="utf-8")
    pair = Authority(folder).sign("tls", hosts=("127.0.0.1",))
    assert (pair.cert.name, pair.key.name) == ("tls.crt", "tls.key")
    (folder / "keys").mkdir()
    providers.create(folder / "keys" / "ring.json", folder / "master.key")
    return folder / "proxy.yaml"


def test_the_proxy_of_proxy_yaml_serves_with_it(made: Made) -> None:
    """A restricted caller logs in and is shown masks."""
    proxy = RunningProxy(etc(made, made.folder / "etc"))
    try:
        with made.connect("ana", "ana's own", port=proxy.port) as ana:
            assert ana.execute(QUESTION).fetchall() == ANSWER
    finally:
        proxy.stop()


def test_pg_hba_conf_is_read_and_lets_in_the_proxy_s_address_alone(made: Made) -> None:
    """This machine is the proxy in the first half and a stranger in the second."""
    ours = (DOCKER / "postgres" / "pg_hba.conf").read_text(encoding="utf-8")
    assert ours.count(_PROXY_ADDRESS) == 1
    file = made.server.data_dir / "pg_hba.conf"
    before = file.read_text()
    with made.connect() as superuser:  # stays, whatever the file says
        try:
            file.write_text(ours.replace(_PROXY_ADDRESS, f"{made.server.host}/32"))
            assert superuser.execute(b"SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL").fetchall() == []
            superuser.execute(b"SELECT pg_reload_conf()")
            _refused(made, SUPERUSER, _PASSWORD)
            made.connect("ana", "ana's own").close()
            made.catalog().close()
            file.write_text(ours)
            superuser.execute(b"SELECT pg_reload_conf()")
            _refused(made, "ana", "ana's own")
            _refused(made, "maskgate", _CATALOG_PASSWORD)
            _refused(made, SUPERUSER, _PASSWORD)
        finally:
            file.write_text(before)
            superuser.execute(b"SELECT pg_reload_conf()")
            _until(lambda: not _is_refused(made, SUPERUSER, _PASSWORD))


def _refused(made: Made, user: str, password: str) -> None:
    _until(lambda: _is_refused(made, user, password))


def _is_refused(made: Made, user: str, password: str) -> bool:
    try:
        made.connect(user, password).close()
    except psycopg.OperationalError as error:
        assert "no pg_hba.conf entry" in str(error) or "pg_hba.conf rejects" in str(error)  # noqa: PT017
        return True
    return False


def _until(true: Callable[[], bool]) -> None:
    """The server takes a new pg_hba.conf a moment after it was told to."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
