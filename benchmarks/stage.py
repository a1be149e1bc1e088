"""Where measuring happens: PostgreSQL, pgbouncer in session mode and `maskgate serve`, in a temporary folder and on loopback.

The server runs without fsync: it stands for one that is not the slowest part. No password stands on a command line; each
process is ended by its id. pgbouncer, like PostgreSQL, refuses to run as root: there it runs as the account the server has.
"""

from __future__ import annotations

import json
import os
import re
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from pwd import struct_passwd

import psycopg

from benchmarks.measuring import Options, Target
from benchmarks.wire import HOST, Login
from proxy.cli.embedded import EmbeddedServer, account_of_servers, free_port, installations, open_the_way
from proxy.crypto import Keyring, providers
from proxy.wire.auth import Verifier

DATABASE = "bench"
RULES = Path(__file__).with_name("rules.yaml")
SCRIPTS = Path(__file__).with_name("scripts")

# Who logs in (rules.yaml says what they are), and their search_path. Those in `plain` schemas read the same rows unencrypted:
# they log in directly and through pgbouncer, where others log in through the proxy.
UNRESTRICTED, ANALYST, GUARDED = "load", "ana", "bea"
APP, APP_PLAIN, CLERK, CLERK_PLAIN = "app", "app_plain", "clerk", "clerk_plain"
LOGINS = {
    UNRESTRICTED: "public", ANALYST: "public", GUARDED: "public", APP: "public", APP_PLAIN: "plain, public",
    CLERK: "tpcc", CLERK_PLAIN: "tpcc_plain, tpcc",
}  # fmt: skip
SCHEMAS = ("public", "plain", "tpcc", "tpcc_plain")


class StageError(Exception):
    """Something does not start, ends too early, or shows what it should not: no figure would mean anything."""


@dataclass
class Stage:
    """All of it, running. `targets`: direct, pgbouncer where there is one, the relay if wanted, maskgate."""

    folder: Path
    bin_dir: Path
    server: EmbeddedServer
    options: Options
    logins: dict[str, Login]
    verifiers: dict[str, str]
    keyring: Keyring
    settings: Mapping[str, str | int]
    pgbouncer_program: Path | None
    load_before: float
    targets: tuple[Target, ...] = ()

    def targets_as(self, login: str, otherwise: str | None = None) -> tuple[Target, ...]:
        """The targets for a login; `otherwise`: who logs in where nothing is decrypted."""
        return tuple(one.as_login(login if one.name == "maskgate" else otherwise or login) for one in self.targets)

    @property
    def connections(self) -> int:
        """How many the server takes."""
        return int(self.settings["max_connections"])

    @property
    def direct(self) -> Target:
        """PostgreSQL itself, for its superuser."""
        return Target("direct", self.server.port, login=self.server.superuser)

    def sql(self, text: str, database: str = DATABASE) -> None:
        """Statements of the superuser, at the server itself."""
        with psycopg.connect(self.server.dsn(database=database), autocommit=True) as session:
            session.execute(text.encode())

    def program(
        self, name: str, target: Target, *arguments: str, text: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """One of PostgreSQL's client programs at a target, fed `text`. Raises StageError when it fails, if `check`."""
        login = self.logins[target.login]
        place = {"PGHOST": HOST, "PGPORT": str(target.port), "PGUSER": login.user, "PGPASSWORD": login.password,
                 "PGDATABASE": login.database, "PGSSLMODE": "disable", "LC_ALL": "C.UTF-8"}  # fmt: skip
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        done = subprocess.run(
            [str(self.bin_dir / name), *arguments], env={**clean, **place}, input=text, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise StageError(f"{name} at {target.name}: {done.stderr[-2000:]}")
        return done

    def expect(self, target: Target, sql: str, *rows: tuple[object, ...]) -> None:
        """Raises StageError unless `sql` gives these rows there, simple and prepared: else no figure would mean anything."""
        login = self.logins[target.login]
        with psycopg.connect(
            host=HOST, port=target.port, user=login.user, password=login.password, dbname=login.database, sslmode="disable",
            autocommit=True,
        ) as session:  # fmt: skip
            for prepare in (False, True):
                found = session.execute(sql.encode(), prepare=prepare).fetchall()
                if found != list(rows):
                    raise StageError(f"{target.name}, {target.login}: {sql} gives {found}, not {list(rows)}")

    @contextmanager
    def maskgate(
        self, name: str = "maskgate", *, log_mode: str = "accepted", sessions: int | None = None, startup_seconds: float = 30.0
    ) -> Iterator[Target]:
        """`maskgate serve` as its own processes, on a free port."""
        folder = Path(tempfile.mkdtemp(prefix=f"{name.replace(' ', '-')}-", dir=self.folder))
        workers = self.options.workers
        (folder / "proxy.yaml").write_text(
            "listen: {port: 0}\n"
            f"server: {{host: {self.server.host}, port: {self.server.port}}}\n"
            f"catalog: {{user: {self.server.superuser}, database: {DATABASE}, password_file: ../catalog.password}}\n"
            f"rules: {json.dumps(str(self.folder / 'rules'))}\n"
            "keys: {ring: ../keys/ring.json, master_file: ../keys/master.key}\n"
            f"log: {{folder: log, mode: {log_mode}}}\n"
            f"limits: {{startup_seconds: {startup_seconds}, sessions: {sessions or self.connections}}}\n"
            f"workers: {workers}\n"
        )
        said = folder / "said"
        command = [sys.executable, "-m", "proxy.cli", "serve", "-c", str(folder / "proxy.yaml")]
        with _running(command, said) as process:
            yield Target(name, _told(process, said, lambda: _port_in(said.read_text(errors="replace"))), process.pid)

    @contextmanager
    def pgbouncer(self) -> Iterator[Target]:
        """In session mode, its clients logged in by the verifiers PostgreSQL has. Raises StageError when there is none."""
        if self.pgbouncer_program is None:
            raise StageError("there is no pgbouncer")
        account, port = account_of_servers(), free_port()
        folder = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir=self.folder))
        (folder / "users.txt").write_text("".join(f'"{user}" "{text}"\n' for user, text in self.verifiers.items()))
        (folder / "users.txt").chmod(0o600)
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={self.server.host} port={self.server.port}\n\n[pgbouncer]\n"
            f"listen_addr = {HOST}\nlisten_port = {port}\nunix_socket_dir =\nserver_tls_sslmode = disable\n"
            "auth_type = scram-sha-256\nauth_file = users.txt\npool_mode = session\n"
            f"max_client_conn = {self.connections}\ndefault_pool_size = {self.connections}\nserver_idle_timeout = 30\n"
            "ignore_startup_parameters = extra_float_digits\nlog_connections = 0\nlog_disconnections = 0\n"
        )
        if account is not None:
            open_the_way(folder, account)
            for path in (folder, *folder.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)
        said = self.folder / f"{folder.name}.said"
        with _running([str(self.pgbouncer_program), "pgbouncer.ini"], said, account=account, folder=folder) as process:
            yield Target("pgbouncer", _told(process, said, lambda: port if _answers(port) else None), process.pid)

    @contextmanager
    def relay(self) -> Iterator[Target]:
        """Bytes passed on, nothing else: see `relay`."""
        count = (os.cpu_count() or 1) if self.options.workers == "auto" else int(self.options.workers)
        said = self.folder / "relay.said"
        command = [sys.executable, str(Path(__file__).with_name("relay.py")), str(self.server.port), str(count)]
        with _running(command, said) as process:
            yield Target("relay", _told(process, said, lambda: _port_in(said.read_text(errors="replace"))), process.pid)


@contextmanager
def staged(options: Options, needs: Sequence[Callable[[Stage], None]]) -> Iterator[Stage]:
    """PostgreSQL with its logins and the tables `needs` make; no proxy yet. Raises StageError; leaves nothing behind."""
    load_before = os.getloadavg()[0]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # two sockets a connection in the proxies, which inherit it
    found = installations()
    if not found:
        raise StageError("no PostgreSQL found on this machine")
    bin_dir, pgbouncer = found[max(found)], find_pgbouncer(options.pgbouncer)
    settings: dict[str, str | int] = {
        "max_connections": options.idle + 400, "shared_buffers": "512MB", "max_wal_size": "8GB", "checkpoint_timeout": "1h",
        "fsync": "off",
    }  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="maskgate-bench-"))
    try:
        password = secrets.token_urlsafe(18)
        shutil.copytree(RULES.parent, folder / "rules", ignore=lambda _, names: [n for n in names if n != RULES.name])
        (folder / "catalog.password").touch(0o600)
        (folder / "catalog.password").write_text(password)
        keyring = providers.create(folder / "keys" / "ring.json", folder / "keys" / "master.key")
        with EmbeddedServer.create(folder / "pg", bin_dir, password=password, settings=settings) as server:
            logins = {login: Login(login, secrets.token_urlsafe(18), DATABASE) for login in LOGINS}
            verifiers = {user: Verifier.make(login.password, os.urandom(16)).to_text() for user, login in logins.items()}
            logins[server.superuser] = Login(server.superuser, password, DATABASE)
            stage = Stage(folder, bin_dir, server, options, logins, verifiers, keyring, settings, pgbouncer, load_before)
            _make_logins(stage)
            for need in dict.fromkeys(needs):
                need(stage)
            for schema in SCHEMAS:
                stage.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {', '.join(LOGINS)}")
            stage.sql("VACUUM ANALYZE")
            stage.sql("CHECKPOINT")
            yield stage
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def with_proxies(stage: Stage) -> Iterator[None]:
    """Fill in the targets while the block runs."""
    with ExitStack() as stack:
        others = [] if stage.pgbouncer_program is None else [stage.pgbouncer()]
        if stage.options.relay:
            others.append(stage.relay())
        stage.targets = (stage.direct, *(stack.enter_context(one) for one in (*others, stage.maskgate())))
        yield


def find_pgbouncer(named: Path | None) -> Path | None:
    """The one that was named, else the machine's; None where there is none. Raises StageError for one that does not run."""
    found = named or shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if found is None:
        return None
    program_version(Path(found))
    return Path(found).absolute()


def program_version(program: Path) -> str:
    """The first line of what it says of itself."""
    try:
        done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise StageError(f"{program} does not run: {getattr(error, 'stderr', None) or error}") from None
    return done.stdout.splitlines()[0]


def _make_logins(stage: Stage) -> None:
    stage.sql("".join(f"CREATE ROLE {user} LOGIN PASSWORD '{text}';" for user, text in stage.verifiers.items()), "postgres")
    stage.sql(f"CREATE DATABASE {DATABASE} OWNER {UNRESTRICTED}", "postgres")
    for schema in SCHEMAS:
        stage.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}; GRANT USAGE ON SCHEMA {schema} TO {', '.join(LOGINS)}")
    for login, path in LOGINS.items():
        stage.sql(f"ALTER ROLE {login} SET search_path = {path}")


@contextmanager
def _running(
    command: Sequence[str], said: Path, *, account: struct_passwd | None = None, folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process while the block runs; what it says goes to a file."""
    with said.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, user=account and account.pw_uid,
            group=account and account.pw_gid, extra_groups=None if account is None else (),
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _told(process: subprocess.Popen[bytes], said: Path, found: Callable[[], int | None]) -> int:
    """Ask for its port until there is one, for half a minute at most."""
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        port = found()
        if port is not None:
            return port
        time.sleep(0.05)
    raise StageError(f"{said.name}: it does not listen\n{said.read_text(errors='replace')[-2000:]}")


def _port_in(said: str) -> int | None:
    found = re.search(r"listens on \S+:(\d+) for", said)
    return int(found[1]) if found else None


def _answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 1).close()
    except OSError:
        return False
    return True
