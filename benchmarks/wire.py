"""Clients of our own: many connections on one loop, and a reader of results that is never the slowest of those involved.

Both log in by SCRAM as `Entry` says and speak bare frames. Memory of processes is read here too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient, make_nonce
from proxy.wire.frames import HEAD_BYTES, FrameReader
from proxy.wire.messages import Backend

HOST = "127.0.0.1"
_READY = m.ReadyForQuery("I").to_bytes()


@dataclass
class Login:
    """Who connects, and where to. The keys of the password are worked out once: they are the client's work, not a target's."""

    user: str
    password: str = field(repr=False)
    database: str
    keys: tuple[bytes, bytes | None] | None = field(default=None, repr=False)


class Entry:
    """Logging in: what a client says first, and its answer to each frame until it is in."""

    def __init__(self, login: Login) -> None:
        self.is_in = False
        self._login = login
        nonce = make_nonce(os.urandom(18))
        if login.keys is None:
            self._scram = ScramClient("", nonce, password=login.password)
        else:  # the salt is a login's own and the same everywhere: the first login finds the keys, the others use them
            self._scram = ScramClient("", nonce, client_key=login.keys[0], server_key=login.keys[1])

    def first(self) -> bytes:
        """The startup packet."""
        return m.StartupMessage((3, 0), {"user": self._login.user, "database": self._login.database}).to_bytes()

    def answer(self, kind: int, body: bytes) -> bytes:
        """What to send, perhaps nothing. Raises ConnectionError with what an ErrorResponse says."""
        match kind:
            case Backend.ERROR_RESPONSE:
                raise refused(body)
            case Backend.READY_FOR_QUERY:
                self._login.keys = self._scram.keys
                self.is_in = True
            case Backend.AUTHENTICATION:
                match m.parse_authentication(body):
                    case m.AuthenticationSASL():
                        return m.SASLInitialResponse(SCRAM_SHA_256, self._scram.first()).to_bytes()
                    case m.AuthenticationSASLContinue(data):
                        return m.SASLResponse(self._scram.final(data)).to_bytes()
                    case m.AuthenticationSASLFinal(data):
                        self._scram.finish(data)
        return b""


def refused(body: bytes) -> ConnectionError:
    """An ErrorResponse as an exception."""
    said = m.ErrorResponse.parse(body)
    return ConnectionError(f"{said.sqlstate}: {said.get('M')!r}")


class Client:
    """One of many: frames over a socket, on the event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.frames = FrameReader("server")
        self.waiting: list[tuple[int, bytes]] = []

    @classmethod
    async def connect(cls, port: int, login: Login, *, buffer_bytes: int = 1 << 16) -> Self:
        """Logged in and ready. Raises ConnectionError with what the server says."""
        client = cls(*await asyncio.open_connection(HOST, port, limit=buffer_bytes))
        try:
            entry = Entry(login)
            client.writer.write(entry.first())
            while not entry.is_in:
                client.writer.write(entry.answer(*await client.frame()))
        except BaseException:
            client.writer.close()
            raise
        return client

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
            raise refused(body)
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


class BulkReader:
    """Reads whole results and looks at their ends only, so that what is measured is who sends them."""

    def __init__(self, port: int, login: Login) -> None:
        """Logs in. Raises ConnectionError with what the server says."""
        self._socket = socket.create_connection((HOST, port), 30)
        self._socket.settimeout(600)
        try:
            self._log_in(Entry(login))
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _log_in(self, entry: Entry) -> None:
        frames = FrameReader("server")
        self._socket.sendall(entry.first())
        while not entry.is_in:
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionError("closed")
            frames.feed(data)
            while batch := frames.frames():
                bodies = [(kind, frames.buffer[start + HEAD_BYTES : end]) for kind, start, end in batch]
                for kind, body in bodies:
                    self._socket.sendall(entry.answer(kind, body))

    def read(self, request: bytes, tag: str) -> int:
        """Send a request, read its answer to the end: its bytes. Raises ConnectionError when it does not end with `tag`.

        An answer ends with CommandComplete and ReadyForQuery, of known bytes; a row cannot end so: no text has them.
        """
        end = m.CommandComplete(tag.encode()).to_bytes() + _READY
        self._socket.sendall(request)
        buffer, tail, count = bytearray(1 << 18), b"", 0
        view = memoryview(buffer)
        while not tail.endswith(_READY):
            size = self._socket.recv_into(buffer)
            if not size:
                raise ConnectionError(f"closed after {count:,} bytes")
            count += size
            tail = (tail + bytes(view[max(0, size - 512) : size]))[-512:]
        if not tail.endswith(end):
            raise ConnectionError(f"the answer does not end with {tag!r} but with {tail[-200:]!r}")
        return count


def query(sql: str) -> bytes:
    """A request in the simple protocol: values come as text."""
    return m.Query(sql.encode()).to_bytes()


def binary(sql: str) -> bytes:
    """A request in the extended protocol whose values come in binary."""
    steps = (m.Parse(b"", sql.encode()), m.Bind(b"", b"", result_formats=(1,)), m.Execute(b""), m.Sync())
    return b"".join(one.to_bytes() for one in steps)


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
