"""The PostgreSQL servers of a test run: one per version, shared by all workers, and fresh databases on them.

The process that started pytest owns a folder; the first test that needs a version starts its server there, under a file
lock; the owner stops them all at the end.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, installations

SUPERUSER = "postgres"
PASSWORD = "super'secret"


def new_folder() -> Path:
    """Where the servers of this run live."""
    return Path(tempfile.mkdtemp(prefix="maskgate-tests-"))


def full_versions() -> list[str]:
    """What each installed `postgres --version` says, as 18.4."""
    said = [
        subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True).stdout
        for folder in installations().values()
    ]
    return [words.split()[2] for words in said]


def shared_server(folder: Path, version: int) -> EmbeddedServer:
    """The run's server of that version, started if it is not there yet."""
    data_dir, bin_dir = folder / f"pg{version}", installations()[version]
    with (folder / f"pg{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (data_dir / "postmaster.pid").exists():
            return EmbeddedServer.attach(data_dir, bin_dir, superuser=SUPERUSER, password=PASSWORD)
        return EmbeddedServer.create(data_dir, bin_dir, superuser=SUPERUSER, password=PASSWORD, settings=TEST_SETTINGS)


def stop_all(folder: Path) -> None:
    """Stop what `shared_server` started and remove the folder."""
    for version, bin_dir in installations().items():
        data_dir = folder / f"pg{version}"
        if data_dir.is_dir():
            EmbeddedServer.attach(data_dir, bin_dir, superuser=SUPERUSER, password=PASSWORD).stop()
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Database:
    """A fresh database. Roles belong to the whole server, so `role` gives each a name of its own."""

    server: EmbeddedServer
    name: str
    roles: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.server.host

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def superuser(self) -> str:
        return self.server.superuser

    @property
    def password(self) -> str:
        return self.server.password

    @property
    def version(self) -> int:
        """PostgreSQL's major version."""
        return self.server.version

    def dsn(self, user: str | None = None, password: str | None = None) -> str:
        """A URI of this database, by default for the superuser; for a role of `role()` its password is known."""
        if user is not None and password is None:
            password = role_password(user)
        return self.server.dsn(user, password, self.name)

    def connect(self, user: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        """A direct psycopg connection in autocommit mode; close it."""
        return psycopg.connect(self.dsn(user), autocommit=True)

    def execute(self, statements: str, user: str | None = None) -> list[tuple[object, ...]]:
        """Run SQL (one or more statements) and return the rows of the last one, if it has rows."""
        with self.connect(user) as connection:
            cursor = connection.execute(statements.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def role(self, prefix: str, attributes: str = "LOGIN") -> str:
        """Create a role with a unique name that begins with `prefix`; it is dropped with the database."""
        name = f"{prefix}_{uuid.uuid4().hex[:8]}"
        self.roles.append(name)
        self.execute(f"CREATE ROLE {name} {attributes} PASSWORD '{role_password(name)}'")
        return name

    def drop(self) -> None:
        """Drop the database (whoever is connected) and its roles."""
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
            for role in self.roles:
                connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def new_database(server: EmbeddedServer) -> Database:
    """Create a database with a unique name."""
    database = Database(server, f"t_{uuid.uuid4().hex[:12]}")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database.name)))
    return database


def role_password(role: str) -> str:
    """The password of a role made by `Database.role`."""
    return f"pw-{quote(role)}"
