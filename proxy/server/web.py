"""A few bytes of HTTP for Prometheus and load balancers: GET /metrics and GET /healthz, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

_HEAD_BYTES = 8 << 10
_SECONDS = 10.0
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Web:
    """`metrics` gives the text of /metrics; `trouble` why we are not healthy, '' when we are."""

    def __init__(self, metrics: Callable[[], Awaitable[bytes]], trouble: Callable[[], Awaitable[str]]) -> None:
        self._metrics, self._trouble = metrics, trouble
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens; 0 before `start`."""
        return 0 if self._server is None else int(self._server.sockets[0].getsockname()[1])

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=_HEAD_BYTES)

    async def stop(self) -> None:
        """Close."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                status, body = await self._answer(head)
                lines = [f"HTTP/1.1 {status}", f"Content-Type: {_TEXT}", f"Content-Length: {len(body)}", "Connection: close"]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if head.startswith(b"HEAD ") else body))
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, head: bytes) -> tuple[str, bytes]:
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return "400 Bad Request", b"not HTTP\n"
        if words[0] not in (b"GET", b"HEAD"):
            return "405 Method Not Allowed", b"GET or HEAD\n"
        match words[1].split(b"?", 1)[0]:
            case b"/metrics":
                return "200 OK", await self._metrics()
            case b"/healthz":
                trouble = await self._trouble()
                return ("503 Service Unavailable", f"{trouble}\n".encode()) if trouble else ("200 OK", b"ok\n")
        return "404 Not Found", b"/metrics or /healthz\n"
