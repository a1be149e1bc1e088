"""What connections cost: memory of idle ones, logging in, and clients that are slow, gone or hostile; as a Markdown table.

Starts its own PostgreSQL (the newest on this machine, with room for all connections: they are real backends) and its own
`maskgate serve` in a temporary folder. Memory is that of the proxy's process and its children, from /proc/PID/smaps_rollup. The
callers are `load`, who is not restricted, and `ana`, who sees a masked column. Direct and proxied logins take turns.

    make bench-connections                  0, 500 and 2,000 idle connections, 10 s a measurement: about 4 minutes
    make bench-connections ARGS="--connections 20 --seconds 1"
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg

from proxy.cli.embedded import EmbeddedServer, installations
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient, make_nonce
from proxy.wire.frames import HEAD_BYTES, FrameReader
from proxy.wire.messages import Backend

HOST = "127.0.0.1"
DATABASE = "bench"
UNRESTRICTED, RESTRICTED = "load", "ana"
RATE = 200  # logins a second
TOGETHER = 8  # logins at once, where they come as fast as they can
ROWS = 1_000_000
RULES = f"""\
classes:
  plain: {{level: L1}}
  basic: {{level: L2}}
relations:
  public.customers:
    columns:
      id:   {{class: plain}}
      name: {{class: basic, mask: name}}
roles:
  load: {{logins: [{UNRESTRICTED}], sees: {{"*": open}}}}
  analyst: {{logins: [{RESTRICTED}], sees: {{plain: open, basic: masked}}}}
defaults: {{login_without_role: refuse, unlisted_relation: open}}
"""


# --- a client


@dataclass
class Login:
    """Who connects. The keys of the password are worked out once: they are the client's work, not the server's."""

    user: str
    password: str
    keys: dict[bytes, tuple[bytes, bytes | None]] = field(default_factory=dict)

    def scram(self, salt: bytes | None = None) -> ScramClient:
        known = self.keys.get(salt or b"") if salt else None
        nonce = make_nonce(os.urandom(18))
        if known is None:
            return ScramClient("", nonce, password=self.password)
        return ScramClient("", nonce, client_key=known[0], server_key=known[1])


class Client:
    """Frames over a socket, one login."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.frames = FrameReader("server")
        self.waiting: list[tuple[int, bytes]] = []

    @classmethod
    async def connect(cls, port: int, login: Login, *, buffer_bytes: int = 1 << 16) -> Self:
        """Logged in and ready. Raises ConnectionError with what the server says."""
        client = cls(*await asyncio.open_connection(HOST, port, limit=buffer_bytes))
        try:
            await client.log_in(login)
        except BaseException:
            client.writer.close()
            raise
        return client

    async def log_in(self, login: Login) -> None:
        self.writer.write(m.StartupMessage((3, 0), {"user": login.user, "database": DATABASE}).to_bytes())
        # The salt is a login's own and does not change: the first login finds the keys, the others use them.
        salt = next(iter(login.keys), None)
        scram = login.scram(salt)
        while True:
            kind, body = await self.frame()
            if kind == Backend.READY_FOR_QUERY:
                if salt is None:
                    login.keys[scram.salt] = scram.keys
                return
            if kind != Backend.AUTHENTICATION:
                continue
            match m.parse_authentication(body):
                case m.AuthenticationSASL():
                    self.writer.write(m.SASLInitialResponse(SCRAM_SHA_256, scram.first()).to_bytes())
                case m.AuthenticationSASLContinue(data):
                    self.writer.write(m.SASLResponse(scram.final(data)).to_bytes())
                case m.AuthenticationSASLFinal(data):
                    scram.finish(data)

    async def frame(self) -> tuple[int, bytes]:
        while not self.waiting:
            batch = self.frames.frames()
            if batch:
                self.waiting = [(kind, self.frames.buffer[start + HEAD_BYTES : end]) for kind, start, end in batch][::-1]
                break
            data = await self.reader.read(1 << 16)
            if not data:
                raise ConnectionError("closed")
            self.frames.feed(data)
        kind, body = self.waiting.pop()
        if kind == Backend.ERROR_RESPONSE:
            raise ConnectionError(f"{m.ErrorResponse.parse(body).sqlstate}: {m.ErrorResponse.parse(body).get('M')!r}")
        return kind, body

    def ask(self, sql: str) -> None:
        self.writer.write(m.Query(sql.encode()).to_bytes())

    async def rows(self) -> int:
        """How many come until the server is ready."""
        count = 0
        while True:
            kind, _ = await self.frame()
            count += kind == Backend.DATA_ROW
            if kind == Backend.READY_FOR_QUERY:
                return count

    async def close(self) -> None:
        self.writer.write(m.Terminate().to_bytes())
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


async def timed(port: int, login: Login) -> float:
    """Seconds from connecting to being ready."""
    begun = time.perf_counter()
    client = await Client.connect(port, login)
    spent = time.perf_counter() - begun
    await client.close()
    return spent


# --- the proxy's process


@dataclass(frozen=True, slots=True)
class Memory:
    """Of a process and its children, in bytes. PSS counts a shared page in parts."""

    rss: int
    pss: int


def memory(pid: int) -> Memory:
    """Raises OSError when the process is gone."""
    rss = pss = 0
    for one in (pid, *_descendants(pid)):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                rss += int(line.split()[1]) * 1024
            elif line.startswith("Pss:"):
                pss += int(line.split()[1]) * 1024
    return Memory(rss, pss)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """What is measured."""

    folder: Path
    server: EmbeddedServer
    logins: dict[str, Login]


@contextmanager
def serving(place: Place, *, sessions: int, startup_seconds: float = 30.0) -> Iterator[tuple[int, int]]:
    """`maskgate serve` as its own process: (port, pid)."""
    folder = Path(tempfile.mkdtemp(dir=place.folder))
    (folder / "rules").mkdir()
    (folder / "rules" / "bench.yaml").write_text(RULES)
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    (folder / "proxy.yaml").write_text(
        f"listen: {{port: {port}}}\n"
        f"server: {{host: {place.server.host}, port: {place.server.port}}}\n"
        f"catalog: {{user: {place.server.superuser}, password_env: BENCH_PASSWORD}}\n"
        "rules: rules\n"
        "log: {folder: log}\n"
        f"limits: {{startup_seconds: {startup_seconds}, sessions: {sessions}}}\n"
    )
    command = [sys.executable, "-m", "proxy.cli", "serve", "-c", str(folder / "proxy.yaml")]
    process = subprocess.Popen(
        command, env={**os.environ, "BENCH_PASSWORD": place.server.password}, stdout=subprocess.DEVNULL, stderr=sys.stderr
    )
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit("the proxy ended before it listened")
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit("the proxy does not listen")


@asynccontextmanager
async def many() -> AsyncIterator[list[Client]]:
    """Connections to be filled in; closed at the end."""
    clients: list[Client] = []
    try:
        yield clients
    finally:
        await asyncio.gather(*(client.close() for client in clients))


async def fill(clients: list[Client], port: int, login: Login, up_to: int) -> None:
    """More connections, a few at a time; each has run a statement, as those of a pool have."""
    while len(clients) < up_to:
        some = min(16, up_to - len(clients))
        made = await asyncio.gather(*(Client.connect(port, login, buffer_bytes=4096) for _ in range(some)))
        for client in made:
            client.ask("SELECT id, name FROM customers WHERE id = 1")
        await asyncio.gather(*(client.rows() for client in made))
        clients += made


# --- what is measured


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    measured: str


def mb(count: float) -> str:
    return f"{count / 2**20:,.1f} MB"


def percentile(values: list[float], share: float) -> float:
    """0 for no values."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def ms(values: list[float]) -> str:
    return f"p50 {percentile(values, 0.5) * 1000:.1f} ms, p99 {percentile(values, 0.99) * 1000:.1f} ms"


async def idle(place: Place, counts: list[int]) -> AsyncIterator[Row]:
    """Memory of the proxy with so many idle connections, by caller."""
    for user in (UNRESTRICTED, RESTRICTED):
        login = place.logins[user]
        with serving(place, sessions=counts[-1] + 50) as (port, pid):
            async with many() as clients:
                base: Memory | None = None
                for count in counts:
                    await fill(clients, port, login, count)
                    if not clients:  # what the first statement loads (catalog, rules, a plan) is no connection's
                        async with many() as first:
                            await fill(first, port, login, 1)
                    now = memory(pid)
                    base = base or now
                    each = f"; {(now.pss - base.pss) / 1024 / count:.0f} KB each" if count else ""
                    yield Row(f"{count:,} idle, {user}", f"RSS {mb(now.rss)}, PSS {mb(now.pss)}{each}")


async def logging_in(place: Place, seconds: float) -> AsyncIterator[Row]:
    """As many as there can be, and at a steady rate; direct and through the proxy by turns."""
    login = place.logins[UNRESTRICTED]
    with serving(place, sessions=500) as (port, _):
        targets = {"direct": place.server.port, "proxy": port}
        for target in targets.values():
            await timed(target, login)
        slices = max(2, round(seconds / 2))
        fast: dict[str, list[float]] = {name: [] for name in targets}
        steady: dict[str, list[float]] = {name: [] for name in targets}
        failed = dict.fromkeys(targets, 0)
        for _ in range(slices):
            for name, target in targets.items():
                fast[name] += await _as_fast_as_can_be(target, login, seconds / slices)
        for _ in range(slices):
            for name, target in targets.items():
                spent, errors = await _at_a_rate(target, login, seconds / slices)
                steady[name] += spent
                failed[name] += errors
        for name in targets:
            yield Row(f"logins, {TOGETHER} at once, {name}", f"{len(fast[name]) / seconds:,.0f} a second; {ms(fast[name])}")
        for name in targets:
            yield Row(f"{RATE} logins a second, {name}", f"{ms(steady[name])}; {len(steady[name]):,} in, {failed[name]} failed")


async def _as_fast_as_can_be(port: int, login: Login, seconds: float) -> list[float]:
    end = time.perf_counter() + seconds

    async def one_after_the_other() -> list[float]:
        found = []
        while time.perf_counter() < end:
            found.append(await timed(port, login))
        return found

    return [spent for some in await asyncio.gather(*(one_after_the_other() for _ in range(TOGETHER))) for spent in some]


async def _at_a_rate(port: int, login: Login, seconds: float) -> tuple[list[float], int]:
    """A late one does not keep the next from coming: latencies count from when each was due."""
    begun = time.perf_counter()

    async def due(at: float) -> float | None:
        await asyncio.sleep(max(0.0, begun + at - time.perf_counter()))
        try:
            await timed(port, login)
        except OSError:
            return None
        return time.perf_counter() - begun - at

    found = await asyncio.gather(*(due(n / RATE) for n in range(max(1, round(seconds * RATE)))))
    good = [spent for spent in found if spent is not None]
    return good, len(found) - len(good)


async def slow(place: Place, seconds: float) -> AsyncIterator[Row]:
    """A client asks for a million rows and reads none for a while; memory must not grow with them."""
    for user in (UNRESTRICTED, RESTRICTED):
        with serving(place, sessions=50) as (port, pid):
            client = await Client.connect(port, place.logins[user], buffer_bytes=4096)
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            before = peak = memory(pid).pss
            client.ask(f"SELECT g, 'a row of some length' FROM generate_series(1, {ROWS}) g")
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                await asyncio.sleep(0.1)
                peak = max(peak, memory(pid).pss)
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            count = await client.rows()
            await client.close()
        measured = f"PSS {mb(before)}, at most {mb(peak)}; then {count:,} rows arrive"
        yield Row(f"{ROWS:,} rows, {user} reads nothing for {seconds:g} s", measured)


async def gone(place: Place, seconds: float, count: int) -> AsyncIterator[Row]:
    """Clients that stop in the middle of an answer and never close: the others go on as before."""
    login = place.logins[UNRESTRICTED]
    with serving(place, sessions=count + 50) as (port, pid):
        before, alone = memory(pid).pss, await _statements(port, login, seconds / 2)
        async with many() as clients:
            await fill(clients, port, login, count)
            for client in clients:
                client.writer.transport.pause_reading()  # type: ignore[attr-defined]
                client.ask(f"SELECT g, repeat('x', 100) FROM generate_series(1, {ROWS}) g")
            among = await _statements(port, login, seconds / 2)
            after = memory(pid).pss
            for client in clients:
                client.writer.transport.abort()
            clients.clear()
    yield Row(
        f"{count:,} clients stop while rows come",
        f"{(after - before) / 1024 / count:.0f} KB each; a statement of another: {ms(alone)} before, {ms(among)} then",
    )


async def _statements(port: int, login: Login, seconds: float) -> list[float]:
    client = await Client.connect(port, login)
    found: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        client.ask("SELECT 1")
        await client.rows()
        found.append(time.perf_counter() - begun)
    await client.close()
    return found


async def slowloris(place: Place, seconds: float, count: int) -> AsyncIterator[Row]:
    """Sockets that send a byte a second and never finish the start-up packet: others log in, and these are let go in time."""
    login = place.logins[UNRESTRICTED]
    with serving(place, sessions=count + 50, startup_seconds=seconds) as (port, pid):
        await timed(port, login)
        before = memory(pid).pss

        async def drip() -> float:
            packet = m.StartupMessage((3, 0), {"user": "x" * 4_000}).to_bytes()
            begun = time.perf_counter()
            reader, writer = await asyncio.open_connection(HOST, port)
            ended = asyncio.ensure_future(reader.read())
            for byte in packet:
                with contextlib.suppress(OSError):
                    writer.write(bytes((byte,)))
                await asyncio.wait({ended}, timeout=1.0)
                if ended.done():
                    break
            writer.close()
            with contextlib.suppress(OSError):
                ended.result()
            return time.perf_counter() - begun

        drips = [asyncio.ensure_future(drip()) for _ in range(count)]
        found: list[float] = []
        end = time.perf_counter() + seconds * 0.8
        while time.perf_counter() < end:
            found.append(await timed(port, login))
        each = (memory(pid).pss - before) / 1024 / count
        spent = await asyncio.gather(*drips)
    yield Row(
        f"{count:,} sockets send a byte a second, startup_seconds {seconds:g}",
        f"others log in: {ms(found)}; let go after {min(spent):.1f} to {max(spent):.1f} s; {each:.0f} KB each",
    )


# --- all of it


async def measured(place: Place, options: argparse.Namespace) -> None:
    """Print each row as it is known."""
    most = options.connections
    counts = [0, *sorted({max(1, most // 4), most})]
    parts = {
        "idle": lambda: idle(place, counts),
        "logins": lambda: logging_in(place, options.seconds),
        "slow": lambda: slow(place, options.seconds),
        "gone": lambda: gone(place, options.seconds, max(1, min(50, most))),
        "slowloris": lambda: slowloris(place, max(2.0, options.seconds), max(1, most // 4)),
    }
    for name in options.only:
        async for row in parts[name]():
            print(f"| {row.what} | {row.measured} |", flush=True)


PARTS = ("idle", "logins", "slow", "gone", "slowloris")


def main(arguments: list[str] | None = None) -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement (default 10)")
    parser.add_argument("--connections", type=int, default=2_000, help="the most there are at once (default 2,000)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args(arguments)
    found = installations()
    if not found:
        sys.exit("no PostgreSQL found on this machine")
    version = max(found)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # two sockets a connection in the proxy, which inherits it
    folder = Path(tempfile.mkdtemp(prefix="maskgate-bench-"))
    try:
        settings = {"max_connections": str(options.connections + 100), "shared_buffers": "64MB", "fsync": "off"}
        password = secrets.token_urlsafe(18)
        with EmbeddedServer.create(folder / "pg", found[version], password=password, settings=settings) as server:
            place = Place(folder, server, {user: Login(user, password) for user in (UNRESTRICTED, RESTRICTED)})
            _fill(server)
            machine = f"{os.cpu_count()} cores shared by all, on loopback"
            print(f"PostgreSQL {version}, Python {platform.python_version()}, {machine}\n")
            print("| what | measured |\n| --- | --- |", flush=True)
            asyncio.run(measured(place, options))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _fill(server: EmbeddedServer) -> None:
    """Two logins, and a relation one of them sees masked."""
    with psycopg.connect(server.dsn(), autocommit=True) as session:
        for user in (UNRESTRICTED, RESTRICTED):
            session.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{server.password}'")
        session.execute(f"CREATE DATABASE {DATABASE}")
    with psycopg.connect(server.dsn(database=DATABASE), autocommit=True) as session:
        session.execute("CREATE TABLE customers (id int PRIMARY KEY, name text)")
        session.execute("INSERT INTO customers VALUES (1, '何英')")
        session.execute(f"GRANT SELECT ON customers TO {UNRESTRICTED}, {RESTRICTED}")


if __name__ == "__main__":
    sys.exit(main())
