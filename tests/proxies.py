"""A proxy on a thread of its own in front of a test's database, with planners the test hands in; a client of bare frames."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import uvloop

from proxy.caller import Caller
from proxy.catalog.snapshot import Snapshot
from proxy.server import Limits, Logins, Proxy, Upstream
from proxy.session.rows import Sealing
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient, make_nonce
from proxy.wire.frames import HEAD_BYTES, FrameReader
from tests.fakes import MemoryLog
from tests.servers import Database, role_password

ADDRESS = "127.0.0.1"


@dataclass
class Running:
    """A proxy that serves. `dsn` is a client's."""

    database: Database
    proxy: Proxy
    loop: asyncio.AbstractEventLoop
    log: MemoryLog
    problems: list[str]

    @property
    def port(self) -> int:
        return self.proxy.port

    def raw(self, user: str | None = None, **parameters: str) -> RawClient:
        """A client of bare frames through the proxy."""
        password = role_password(user) if user else self.database.password
        return RawClient(ADDRESS, self.port, user or self.database.superuser, password, self.database.name, **parameters)

    def dsn(self, user: str | None = None, password: str | None = None, database: str | None = None) -> str:
        """A URI through the proxy, for the superuser or a role of the database."""
        direct = self.database.dsn(user, password)
        head, _, rest = direct.rpartition(f"{self.database.host}:{self.database.port}")
        if database is not None:
            rest = rest.replace(self.database.name, database)
        return f"{head}{ADDRESS}:{self.port}{rest}"


@contextmanager
def running(
    database: Database,
    planner_for: Callable[[Caller, Snapshot], Any],
    *,
    role_of: Callable[[str], str | None] = lambda login: "dba",
    log: MemoryLog | None = None,
    sealing: Sealing | None = None,
    limits: Limits | None = None,
    upstream_port: int | None = None,
) -> Iterator[Running]:
    """Serve until the block ends. Afterwards no session, no task and no complaint of the loop may be left."""
    log = log or MemoryLog()
    loop = uvloop.new_event_loop()
    problems: list[str] = []
    loop.set_exception_handler(lambda _, context: problems.append(str(context)))
    proxy = Proxy(
        upstream=Upstream(database.host, upstream_port or database.port, database.superuser, database.password),
        logins=Logins(role_of),
        planner_for=planner_for,
        log=log,
        clock=time.time,
        random=os.urandom,
        listen_host=ADDRESS,
        sealing=sealing,
        limits=limits,
    )
    ready = threading.Event()
    done: list[asyncio.Event] = []

    async def serve() -> None:
        done.append(asyncio.Event())
        async with proxy:
            ready.set()
            await done[0].wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield Running(database, proxy, loop, log, problems)
    finally:
        loop.call_soon_threadsafe(done[0].set)
        thread.join(20)
        assert not thread.is_alive()
        loop.close()
    assert not problems
    assert proxy.sessions == 0


class RawClient:
    """Speaks frames: what it sent and what came back, nothing else. Logs in with SCRAM."""

    def __init__(self, host: str, port: int, user: str, password: str, database: str, **parameters: str) -> None:
        self.socket = socket.create_connection((host, port), 20)
        self._reader = FrameReader("server")
        self._frames: list[tuple[int, bytes]] = []
        parameters = {"user": user, "database": database, **parameters}
        self.send(m.StartupMessage((3, 0), parameters).to_bytes())
        self._log_in(password)
        self.start = self.until_ready()

    def _log_in(self, password: str) -> None:
        scram = ScramClient("", make_nonce(os.urandom(18)), password=password)
        while True:
            kind, body = self.next()
            if kind != m.Backend.AUTHENTICATION:
                raise AssertionError(m.parse_backend(kind, body))
            match m.parse_authentication(body):
                case m.AuthenticationOk():
                    return
                case m.AuthenticationSASL():
                    self.send(m.SASLInitialResponse(SCRAM_SHA_256, scram.first()).to_bytes())
                case m.AuthenticationSASLContinue(data):
                    self.send(m.SASLResponse(scram.final(data)).to_bytes())
                case m.AuthenticationSASLFinal(data):
                    scram.finish(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *messages: m.Message | bytes) -> None:
        """In one write."""
        self.socket.sendall(b"".join(one if isinstance(one, bytes) else one.to_bytes() for one in messages))

    def next(self) -> tuple[int, bytes]:
        """(type byte, body). Raises EOFError."""
        while not self._frames:
            data = self.socket.recv(1 << 16)
            if not data:
                raise EOFError
            self._reader.feed(data)
            while batch := self._reader.frames():
                buffer = self._reader.buffer
                self._frames += [(kind, buffer[start + HEAD_BYTES : end]) for kind, start, end in batch]
        return self._frames.pop(0)

    def until(self, *kinds: int) -> list[tuple[str, bytes]]:
        """Frames up to one of these kinds, it included."""
        seen: list[tuple[str, bytes]] = []
        while True:
            kind, body = self.next()
            seen.append((chr(kind), body))
            if kind in kinds:
                return seen

    def until_ready(self, count: int = 1) -> list[tuple[str, bytes]]:
        """Frames up to the `count`-th ReadyForQuery."""
        return [one for _ in range(count) for one in self.until(m.Backend.READY_FOR_QUERY)]

    def to_end(self) -> list[tuple[str, bytes]]:
        """Frames until the other side closes."""
        seen: list[tuple[str, bytes]] = []
        while True:
            try:
                kind, body = self.next()
            except (EOFError, ConnectionResetError):
                return seen
            seen.append((chr(kind), body))


def error_of(frames: list[tuple[str, bytes]]) -> m.ErrorResponse:
    """The first ErrorResponse."""
    return next(m.ErrorResponse.parse(body) for kind, body in frames if kind == "E")


def kinds_of(frames: list[tuple[str, bytes]]) -> str:
    """Their type bytes in a row."""
    return "".join(kind for kind, _ in frames)
