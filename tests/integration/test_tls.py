"""TLS on both sides, with real clients: libpq's modes, channel binding, client certificates, direct TLS, files that change."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, installations
from proxy.cli.serve import open_listen_tls, reload
from proxy.errors import ProxyError
from proxy.wire import messages as m
from tests.certificates import Authority, Pair
from tests.servers import new_folder, role_password
from tests.small import Inside, Small, small_database

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def proxy_pair(authority: Authority) -> Pair:
    return authority.sign("proxy", hosts=(HOST, "localhost"))


@contextlib.contextmanager
def serving(server: EmbeddedServer, folder: Path, listen_tls: str, /, **more: str) -> Iterator[tuple[Small, Inside]]:
    listen = f"{{host: {HOST}, port: 0, tls: {listen_tls}}}" if listen_tls else f"{{host: {HOST}, port: 0}}"
    with small_database(server, folder, listen=listen, **more) as small:
        way = Inside(small)
        try:
            yield small, way
            way.rest()
        finally:
            way.stop()


def files(pair: Pair, ca: Path | None = None, more: str = "") -> str:
    client_ca = f", client_ca_file: {ca}" if ca is not None else ""
    return f"{{cert_file: {pair.cert}, key_file: {pair.key}{client_ca}{more}}}"


@pytest.fixture(scope="module")
def place(
    newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory, authority: Authority, proxy_pair: Pair
) -> Iterator[tuple[Small, Inside]]:
    with serving(newest_server, tmp_path_factory.mktemp("tls") / "p", files(proxy_pair)) as both:
        yield both


def connect(place: tuple[Small, Inside], login: str, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
    small, way = place
    return psycopg.connect(
        host=HOST, port=way.port, user=login, password=role_password(login), dbname=small.database.name, autocommit=True,
        **{"connect_timeout": 10, **options},
    )  # fmt: skip


def is_encrypted(connection: psycopg.Connection[Any]) -> bool:
    """Asked of libpq, not of the server: its own connection is the proxy's."""
    return bool(connection.pgconn.ssl_in_use)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
def test_libpqs_modes(place: tuple[Small, Inside], authority: Authority, mode: str) -> None:
    with connect(place, place[0].analyst, sslmode=mode, sslrootcert=str(authority.cert)) as one:
        assert is_encrypted(one) is (mode not in ("disable", "allow"))
        assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("张*",)]


@pytest.mark.parametrize("needed", ["require", "disable"])
def test_channel_binding(place: tuple[Small, Inside], needed: str) -> None:
    with connect(place, place[0].app, sslmode="require", channel_binding=needed) as one:
        assert one.execute("SELECT 1").fetchall() == [(1,)]


def test_channel_binding_is_needed_where_there_is_no_tls(place: tuple[Small, Inside]) -> None:
    with pytest.raises(psycopg.OperationalError, match="channel binding"):
        connect(place, place[0].app, sslmode="disable", channel_binding="require")


@pytest.mark.skipif(psycopg.pq.version() < 170000, reason="this libpq cannot begin with TLS")
def test_direct_tls_with_libpq(place: tuple[Small, Inside], authority: Authority) -> None:
    options = {"sslmode": "verify-full", "sslnegotiation": "direct", "sslrootcert": str(authority.cert)}
    with connect(place, place[0].app, channel_binding="require", **options) as one:
        assert is_encrypted(one)
        assert one.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("direct", [False, True])
def test_asyncpg(place: tuple[Small, Inside], authority: Authority, direct: bool) -> None:
    small, way = place
    context = ssl.create_default_context(cafile=str(authority.cert))
    context.set_alpn_protocols(["postgresql"])  # a direct connection needs it, and asyncpg leaves it to us

    async def ask() -> list[str]:
        connection = await asyncpg.connect(
            host="localhost" if not direct else HOST, port=way.port, user=small.analyst, password=role_password(small.analyst),
            database=small.database.name, ssl=context, direct_tls=direct,
        )  # fmt: skip
        try:
            return [row["name"] for row in await connection.fetch("SELECT name FROM customers ORDER BY id")]
        finally:
            await connection.close()

    assert asyncio.run(ask()) == ["欧阳**", "张*"]


def test_large_answers_and_copy_go_through_tls(place: tuple[Small, Inside]) -> None:
    with connect(place, place[0].owner, sslmode="require") as one:
        assert one.execute("SELECT repeat('x', 20000000)").fetchall() == [("x" * 20_000_000,)]
        assert len(one.execute("SELECT generate_series(1, 200000)").fetchall()) == 200_000
        one.execute("CREATE TEMP TABLE t (x text)")
        with one.cursor().copy("COPY t FROM STDIN") as copy:
            for _ in range(200):
                copy.write(b"y" * 50_000 + b"\n")
        assert one.execute("SELECT sum(length(x)) FROM t").fetchall() == [(10_000_000,)]


def test_a_cancel_goes_through_tls(place: tuple[Small, Inside]) -> None:
    with connect(place, place[0].owner, sslmode="require") as one:
        one.execute("SELECT 1")
        loop = asyncio.new_event_loop()
        future = loop.run_in_executor(None, one.execute, "SELECT pg_sleep(30)")
        try:
            place[0].database.execute("SELECT 1")
            while not [p for p in place[0].active("") if "pg_sleep" in p[2] and p[1] == "active"]:
                pass
            one.cancel_safe(timeout=10)
            with pytest.raises(psycopg.errors.QueryCanceled):
                loop.run_until_complete(future)
        finally:
            loop.close()


# --- what must not be


def raw(way: Inside) -> socket.socket:
    return socket.create_connection((HOST, way.port), 10)


def heard(client: socket.socket) -> bytes:
    """Everything until the end."""
    pieces = []
    try:
        while piece := client.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def test_what_was_sent_before_tls_began_is_not_read(place: tuple[Small, Inside]) -> None:
    """CVE-2021-23214."""
    with raw(place[1]) as client:
        startup = m.StartupMessage((3, 0), {"user": place[0].owner, "database": place[0].database.name}).to_bytes()
        client.sendall(m.SSLRequest().to_bytes() + startup)
        said = heard(client)
    assert b"08P01" in said
    assert not said.startswith(b"S")


def test_after_the_yes_nothing_but_tls_is_heard(place: tuple[Small, Inside]) -> None:
    with raw(place[1]) as client:
        client.sendall(m.SSLRequest().to_bytes())
        assert client.recv(1) == b"S"
        client.sendall(m.StartupMessage((3, 0), {"user": place[0].owner}).to_bytes())
        assert b"SASL" not in heard(client)


def test_direct_tls_needs_its_alpn(place: tuple[Small, Inside]) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with raw(place[1]) as plain, context.wrap_socket(plain) as client:
        client.sendall(m.StartupMessage((3, 0), {"user": place[0].owner}).to_bytes())
        said = b""
        try:
            while piece := client.recv(65536):
                said += piece
        except (ssl.SSLError, ConnectionResetError):
            pass
        assert b"SCRAM" not in said


def test_old_versions_are_refused(place: tuple[Small, Inside]) -> None:
    with pytest.raises(psycopg.OperationalError):
        connect(place, place[0].app, sslmode="require", ssl_min_protocol_version="TLSv1", ssl_max_protocol_version="TLSv1.1")


def test_broken_records_end_one_session(place: tuple[Small, Inside]) -> None:
    with connect(place, place[0].app, sslmode="require") as other:
        with raw(place[1]) as client:
            client.sendall(m.SSLRequest().to_bytes())
            assert client.recv(1) == b"S"
            client.sendall(struct.pack("!BHH", 0x16, 0x0301, 5) + b"junk!" * 200)
            heard(client)
        assert other.execute("SELECT 1").fetchall() == [(1,)]


# --- who may come in


def test_plaintext_where_tls_is_required(newest_server: EmbeddedServer, tmp_path: Path, proxy_pair: Pair) -> None:
    with serving(newest_server, tmp_path / "p", files(proxy_pair), access="[{tls: required}]") as place:
        with pytest.raises(psycopg.OperationalError, match=r"no entry of `access` lets user .* without TLS"):
            connect(place, place[0].app, sslmode="disable")
        with connect(place, place[0].app, sslmode="require") as one:
            assert is_encrypted(one)
        (refused,) = place[0].events(kind="login_refused")
        assert (refused["login"], refused["sqlstate"]) == (place[0].app, "28000")


def test_client_certificates(newest_server: EmbeddedServer, tmp_path: Path, authority: Authority, proxy_pair: Pair) -> None:
    """A certificate is proof enough; the session goes on as the proxy's own login, in the role the rules name."""
    other = Authority(tmp_path / "other", "other")
    with service_login(newest_server) as (service, secret_file):
        access = "[{logins: ['app_*', 'dba_*'], method: scram-sha-256}, {tls: required, method: cert, names: {metabase: 'ana_*'}}]"
        server = f"{{host: {newest_server.host}, port: {newest_server.port}, service: {{user: {service}, password_file: {secret_file}}}}}"
        listen = files(proxy_pair, authority.cert)
        with small_database(newest_server, tmp_path / "p", listen=f"{{host: {HOST}, port: 0, tls: {listen}}}", access=access, server=server) as small:
            small.database.execute(f"CREATE ROLE {small.analyst}_ro; GRANT SELECT ON customers TO {small.analyst}_ro; GRANT {small.analyst}_ro TO {service}")
            try:
                rules = small.rules.replace(f"[{small.analyst}], ", f"[{small.analyst}], service: {{set_role: {small.analyst}_ro}}, ")
                small.rules_file.write_text(rules)
                way = Inside(small)
                try:
                    check_certificates(small, way, authority, other)
                    way.rest()
                finally:
                    way.stop()
            finally:
                small.database.execute(f"DROP OWNED BY {small.analyst}_ro; DROP ROLE {small.analyst}_ro")


def check_certificates(small: Small, way: Inside, authority: Authority, other: Authority) -> None:
    def attempt(pair: Pair | None, login: str) -> psycopg.Connection[Any]:
        certificate = {} if pair is None else {"sslcert": str(pair.cert), "sslkey": str(pair.key)}
        return psycopg.connect(
            host=HOST, port=way.port, user=login, dbname=small.database.name, sslmode="require", autocommit=True,
            application_name="report", **certificate,
        )  # fmt: skip

    with attempt(authority.sign("metabase"), small.analyst) as one:
        assert one.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [("张*",)]
        assert one.execute("SELECT current_user::text").fetchall() == [(f"{small.analyst}_ro",)]
        for reset in ("RESET ALL", "DISCARD ALL", "RESET ROLE", "SET ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT"):
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                one.execute(reset)
            assert one.execute("SELECT current_user::text").fetchall() == [(f"{small.analyst}_ro",)], reset
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one.execute("SET ROLE NONE")
        assert small.active(f"{small.analyst}/report")
    for pair in (authority.sign("somebody"), other.sign("metabase"), None):
        with pytest.raises(psycopg.OperationalError):
            attempt(pair, small.analyst)
    with pytest.raises(psycopg.OperationalError):
        attempt(authority.sign("metabase"), small.owner)
    reasons = {one["reason"] for one in small.events(kind="login_refused", login=small.analyst)}
    assert "its certificate is missing, or names somebody else" in reasons


@contextlib.contextmanager
def service_login(server: EmbeddedServer) -> Iterator[tuple[str, Path]]:
    folder = new_folder()
    secret = folder / "service.password"
    secret.touch(mode=0o600)
    secret.write_text("the proxy's own\n")
    name = f"svc_{folder.name.lower().replace('-', '_')}"
    with psycopg.connect(server.dsn(), autocommit=True) as direct:
        direct.execute(f"CREATE ROLE {name} LOGIN NOINHERIT PASSWORD 'the proxy''s own'")
        try:
            yield name, secret
        finally:
            direct.execute(f"DROP ROLE {name}")
            shutil.rmtree(folder)


# --- files


def test_a_new_certificate_is_used_without_a_restart(newest_server: EmbeddedServer, tmp_path: Path, authority: Authority) -> None:
    pair = authority.sign("changing", hosts=(HOST,))
    with serving(newest_server, tmp_path / "p", files(pair)) as place:
        small, way = place
        first = served_certificate(way)
        with connect(place, small.app, sslmode="require") as kept:
            authority.sign("changing", hosts=(HOST,))
            reload_now(small, way)
            second = served_certificate(way)
            assert second != first
            pair.key.write_text("no key")
            with pytest.raises(ProxyError, match=r"changing\.crt and .*changing\.key"):
                reload_now(small, way)
            assert served_certificate(way) == second
            assert kept.execute("SELECT 1").fetchall() == [(1,)]


def served_certificate(way: Inside) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["postgresql"])
    with raw(way) as plain, context.wrap_socket(plain) as client:
        certificate = client.getpeercert(binary_form=True)
        assert certificate is not None
        return certificate


def reload_now(small: Small, way: Inside) -> None:
    way.running.call(reload(small.config_file, way.running.policy, way.running.proxy))


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path, authority: Authority, config_of: Callable[[str], Any]) -> None:
    pair = authority.sign("open", hosts=(HOST,))
    pair.key.chmod(0o644)
    with pytest.raises(ProxyError, match="that others can read"):
        open_listen_tls(config_of(f"listen: {{tls: {files(pair)}}}"))


@pytest.fixture
def config_of(tmp_path: Path) -> Callable[[str], Any]:
    from proxy.config import parse_config

    rest = "server: {host: x}\ncatalog: {user: x, password_env: X}\nrules: x\nlog: {folder: x}\n"
    return lambda text: parse_config(f"{text}\n{rest}", tmp_path / "proxy.yaml")


# --- TLS with the server: the wheel's servers have none, so Debian's


@pytest.fixture(scope="module")
def tls_server(authority: Authority) -> Iterator[EmbeddedServer]:
    bin_dir = installations().get(15)
    if bin_dir is None:
        pytest.skip("no PostgreSQL with TLS on this machine: Debian's 15 is not installed")
    pair = authority.sign("postgres", hosts=(HOST,))
    folder = new_folder()
    try:
        with EmbeddedServer.create(folder / "pg", bin_dir, password="own'secret", settings=TEST_SETTINGS) as server:
            data = server.data_dir
            for source, name in ((pair.cert, "server.crt"), (pair.key, "server.key"), (authority.cert, "root.crt")):
                shutil.copy(source, data / name)
                owner = data.stat()
                shutil.chown(data / name, owner.st_uid, owner.st_gid)
                (data / name).chmod(0o600)
            with (data / "postgresql.conf").open("a") as file:
                file.write("\nssl = on\nssl_ca_file = 'root.crt'\n")
            (data / "pg_hba.conf").write_text(
                "host all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
            )
            server.restart()
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("mode", ["prefer", "require", "verify-ca", "verify-full"])
def test_tls_with_the_server(tls_server: EmbeddedServer, tmp_path: Path, authority: Authority, mode: str) -> None:
    tls = f"{{sslmode: {mode}, root_cert_file: {authority.cert}}}"
    with server_over(tls_server, tmp_path, tls) as (small, way):
        way.check()
        with way.connect(small.owner) as one:
            assert one.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchall() == [(True,)]
            assert one.execute("SELECT repeat('x', 5000000)").fetchall() == [("x" * 5_000_000,)]


@contextlib.contextmanager
def server_over(server: EmbeddedServer, folder: Path, tls: str) -> Iterator[tuple[Small, Inside]]:
    with serving(server, folder / "p", "", server=f"{{host: {server.host}, port: {server.port}, tls: {tls}}}") as place:
        yield place


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_a_server_with_another_authority(tls_server: EmbeddedServer, tmp_path: Path, mode: str) -> None:
    stranger = Authority(tmp_path, "stranger")
    with server_over(tls_server, tmp_path, f"{{sslmode: {mode}, root_cert_file: {stranger.cert}}}") as (small, way):
        with pytest.raises(psycopg.OperationalError) as caught:
            way.connect(small.app)
        assert caught.value.sqlstate in (None, "08006")


def test_a_server_without_tls_where_it_is_required(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with server_over(newest_server, tmp_path, "{sslmode: require}") as (small, way), pytest.raises(psycopg.OperationalError):
        way.connect(small.app)
    with server_over(newest_server, tmp_path / "2", "{sslmode: prefer}") as (small, way):
        way.check()
