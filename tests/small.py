"""A small place for what goes wrong: two protected tables, three logins, rules of its own, a proxy in a thread or a process.

The tables are named as in the parser-killing strings of the property tests, so that those go all the way to the server.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import orjson
import psycopg

from proxy.audit.sinks import read_lines, segments
from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, installations
from proxy.policy.access import Failures
from tests.proxies import RawClient
from tests.servers import Database, new_database, new_folder, role_password
from tests.shop import RunningProxy, write_config

Connection = psycopg.Connection[tuple[Any, ...]]

TABLES = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE payment_cards (id int PRIMARY KEY, card_no bytea NOT NULL);
CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
INSERT INTO customers VALUES (1, '欧阳娜娜'), (2, '张三');
"""

RULES = """\
classes:
  plain:  {{level: L1}}
  basic:  {{level: L2}}
  secret: {{level: L4}}
relations:
  public.customers:
    columns:
      id:   {{class: plain}}
      name: {{class: basic, mask: name}}
  public.payment_cards:
    columns:
      id:      {{class: plain}}
      card_no: {{class: secret, encrypt: {{type: text, search: equality, domain: cards}}, mask: {{partial: {{last: 4}}}}}}
roles:
  analyst: {{logins: [{analyst}], sees: {{plain: open, basic: masked, secret: masked}}}}
  app:     {{logins: [{app}], sees: {{"*": open}}}}
  owner:   {{logins: [{owner}], sees: {{"*": open}}, keys: none}}
defaults: {{login_without_role: refuse, unlisted_relation: open}}
"""


@dataclass
class Small:
    """The database and its three logins: restricted, with keys, and byte for byte (glass)."""

    database: Database
    folder: Path
    config_file: Path
    analyst: str
    app: str
    owner: str

    @property
    def logins(self) -> tuple[str, str, str]:
        return self.analyst, self.app, self.owner

    @property
    def rules_file(self) -> Path:
        return self.folder / "rules" / "all.yaml"

    @property
    def rules(self) -> str:
        """The text of the rules as they should be."""
        return RULES.format(analyst=self.analyst, app=self.app, owner=self.owner)

    def notes(self) -> list[str]:
        """The bodies of all notes, as the server itself has them."""
        return [str(row[0]) for row in self.database.execute("SELECT body FROM notes ORDER BY id")]

    def events(self, **wanted: object) -> list[dict[str, Any]]:
        """Every event of the query log whose fields are as wanted, lane by lane, oldest first."""
        events = [
            orjson.loads(line)
            for lane in segments(self.folder / "log").values()
            for segment in lane
            for line in read_lines(segment)
            if line.endswith(b"\n")  # kill -9 may leave half a line: nobody was told that it was written
        ]
        return [event for event in events if all(event.get(key) == value for key, value in wanted.items())]

    def active(self, application: str) -> list[tuple[int, str, str]]:
        """(pid, state, query) of the server processes of an application, asked of the server directly."""
        with psycopg.connect(self.database.dsn(), autocommit=True) as direct:
            return direct.execute(
                "SELECT pid, coalesce(state, ''), coalesce(query, '') FROM pg_stat_activity WHERE application_name = %s",
                (application,),
            ).fetchall()  # fmt: skip


@contextmanager
def small_database(server: EmbeddedServer, folder: Path, /, **config: str) -> Iterator[Small]:
    """The database, its rules, keys and proxy.yaml; no proxy yet. `config`: see `write_config`."""
    database = new_database(server)
    try:
        analyst, app, owner = (database.role(name) for name in ("ana", "app", "dba"))
        database.execute(
            TABLES
            + f"GRANT SELECT ON customers, payment_cards, notes TO {analyst};"
            + f"GRANT ALL ON customers, payment_cards, notes TO {app}, {owner};"
            + f"ALTER DATABASE {database.name} SET statement_timeout = '20s'"
        )
        rules = folder / "rules"
        rules.mkdir(parents=True)
        path = write_config(folder, server, database.name, **{"rules": "rules", **config})
        small = Small(database, folder, path, analyst, app, owner)
        small.rules_file.write_text(small.rules)
        yield small
    finally:
        if server.is_running():
            database.drop()


@contextmanager
def own_server() -> Iterator[EmbeddedServer]:
    """A server of the newest version that may be killed.

    Not under pytest's temporary folder: whenever another run of pytest begins, that is closed to the server's account.
    What was committed is in the kernel's hands, so that it outlives a kill.
    """
    version, bin_dir = max(installations().items())
    folder = new_folder()
    password = "own'secret"
    try:
        settings = {**TEST_SETTINGS, "synchronous_commit": "on"}
        with EmbeddedServer.create(folder / f"pg{version}", bin_dir, password=password, settings=settings) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Way:
    """A way through a proxy: clients of a Small at host and port."""

    def __init__(self, small: Small, host: str, port: int) -> None:
        self.small, self.host, self.port = small, host, port

    def dsn(self, login: str, application: str = "", password: str | None = None, database: str | None = None) -> str:
        secret = quote(role_password(login) if password is None else password, safe="")
        name = quote(self.small.database.name if database is None else database, safe="")
        more = f"&application_name={application}" if application else ""
        return f"postgresql://{login}:{secret}@{self.host}:{self.port}/{name}?sslmode=disable&connect_timeout=15{more}"

    def connect(self, login: str, application: str = "") -> Connection:
        """A psycopg connection in autocommit mode."""
        return psycopg.connect(self.dsn(login, application), autocommit=True)

    def raw(self, login: str, **parameters: str) -> RawClient:
        """A client of bare frames."""
        return RawClient(self.host, self.port, login, role_password(login), self.small.database.name, **parameters)

    def check(self) -> None:
        """The proxy does its work for every kind of caller."""
        for login, name in ((self.small.analyst, "张*"), (self.small.app, "张三"), (self.small.owner, "张三")):
            with self.connect(login) as connection:
                assert connection.execute("SELECT name FROM customers WHERE id = 2").fetchall() == [(name,)]


class Inside(Way):
    """A proxy on a thread of the test process."""

    def __init__(self, small: Small) -> None:
        self.running = RunningProxy(small.config_file)
        super().__init__(small, self.running.host, self.running.port)

    def sessions(self) -> int:
        return self.running.ask(lambda: self.running.proxy.sessions)

    def forgive(self) -> None:
        """Forget the wrong passwords there were, so that nobody waits for them: tests/unit/policy/test_access.py tries that."""
        self.running.ask(lambda: setattr(self.running.proxy, "_failures", Failures()))

    def rest(self, seconds: float = 10.0) -> None:
        """Wait until no session is left, in the proxy's books and among the sockets of this process."""
        eventually(lambda: self.sessions() == 0, seconds, "sessions are left")
        eventually(lambda: not sockets(os.getpid(), local=self.port), seconds, "client sockets are left")

    def stop(self) -> None:
        self.running.stop()


@contextmanager
def inside(server: EmbeddedServer, folder: Path, /, **config: str) -> Iterator[Inside]:
    """A small database and a proxy for it on a thread. `config`: see `write_config`."""
    with small_database(server, folder, **config) as small:
        one = Inside(small)
        yield one
        one.stop()


class Served(Way):
    """`maskgate serve` as a process of its own; its stderr goes to a file."""

    def __init__(self, small: Small) -> None:
        self.error_file = small.folder / "serve.stderr"
        with self.error_file.open("wb") as errors:
            command = [sys.executable, "-m", "proxy.cli", "serve", "-c", str(small.config_file)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        try:
            eventually(lambda: "listens on" in self.errors() or self.process.poll() is not None, 30, "no proxy")
            found = re.search(r"listens on (\S+):(\d+) for", self.errors())
            assert found, self.errors()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        super().__init__(small, found[1], int(found[2]))

    @property
    def worker(self) -> int:
        """The process that serves (there is one): the other one supervises it."""
        (pid,) = workers_of(self.process.pid)
        return pid

    def errors(self) -> str:
        """Everything it wrote to stderr so far."""
        return self.error_file.read_text(errors="replace")

    def check(self) -> None:
        """It lives, works, and never showed a traceback."""
        assert self.process.poll() is None, self.errors()
        super().check()
        assert "Traceback" not in self.errors()
        assert "ended by" not in self.errors()  # what `server` says of a bug

    def stop(self) -> None:
        """SIGTERM, and a clean end."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        assert code == 0, self.errors()
        assert "Traceback" not in self.errors()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.wait()


def workers_of(supervisor: int) -> list[int]:
    """The worker processes of a supervisor (/proc, Linux)."""
    return [int(pid) for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()]


def eventually(question: Callable[[], object], seconds: float, what: str) -> None:
    """Ask until the answer is true; AssertionError at the deadline."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def sockets(pid: int, *, local: int | None = None, remote: int | None = None) -> list[tuple[int, int, str]]:
    """(local port, remote port, state) of the connected TCP sockets a process holds (/proc, Linux)."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        here, there, state = int(fields[1].split(":")[1], 16), int(fields[2].split(":")[1], 16), fields[3]
        is_listening = state == "0A"
        if fields[9] in inodes and not is_listening and local in (None, here) and remote in (None, there):
            found.append((here, there, state))
    return found
