"""A relay that does nothing but pass bytes on, in as many processes as we have workers: what a proxy on uvloop costs at least.

    python benchmarks/relay.py SERVER_PORT PROCESSES        says its port, and ends with SIGTERM
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from typing import cast

import uvloop

HOST = "127.0.0.1"


class Side(asyncio.Protocol):
    """One socket; what it hears goes to the other one. `port`: of the server, for a client's."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._waiting: list[bytes] = []
        self.transport: asyncio.Transport
        self.other: Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._port:
            connecting = asyncio.ensure_future(asyncio.get_running_loop().create_connection(Side, HOST, self._port))
            connecting.add_done_callback(self._connected)

    def _connected(self, connecting: asyncio.Future[tuple[asyncio.Transport, Side]]) -> None:
        if connecting.exception() is not None:
            self.transport.abort()
            return
        _, other = connecting.result()
        self.other, other.other = other, self
        for data in self._waiting:
            other.transport.write(data)

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self._waiting.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()


async def relay(listener: socket.socket, port: int) -> None:
    """Until it is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Side(port), sock=listener)
    await server.serve_forever()


def listening(port: int) -> socket.socket:
    """A socket of its own on a port that is shared, as each of our workers has one."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind((HOST, port))
    one.listen(512)
    return one


def main() -> None:
    """The command."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    first = listening(0)
    listeners = [first, *(listening(first.getsockname()[1]) for _ in range(count - 1))]
    children = []
    for at in range(1, count):
        child = os.fork()
        if not child:
            uvloop.run(relay(listeners[at], port))
        children.append(child)
    print(f"listens on {HOST}:{first.getsockname()[1]} for {HOST}:{port}", flush=True)

    def end(*_: object) -> None:
        for child in children:
            os.kill(child, signal.SIGTERM)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    uvloop.run(relay(first, port))


if __name__ == "__main__":
    main()
