"""Questions between a worker and its supervisor: JSON lines over a pair of sockets, either side may ask.

    peer = Peer(reader, writer, answer)      answer(word, argument) -> anything JSON can say
    await peer.ask("clients")                raises Unavailable when the other side says no, or is gone
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from proxy.errors import ProxyError, Unavailable

logger = logging.getLogger("maskgate")

LINE_BYTES = 64 << 20  # of one answer: SHOW CLIENTS of very many
ASK_SECONDS = 10.0

Answer = Callable[[str, Any], Awaitable[Any]]


class Peer:
    """One end. `run` reads until the other side is gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
        self._reader, self._writer, self._answer = reader, writer, answer
        self._count = 0
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self.is_gone = False

    async def run(self) -> None:
        """Serve questions and take answers. Returns when the other side is gone."""
        async with asyncio.TaskGroup() as tasks:
            try:
                while line := await self._reader.readline():
                    message = orjson.loads(line)
                    if "ask" in message:
                        tasks.create_task(self._serve(message))
                    elif (future := self._asked.pop(message["id"], None)) is not None and not future.done():
                        future.set_result(message)
            except (OSError, ValueError):
                pass  # ValueError: half a line, or one over the limit
            self.is_gone = True
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(_gone())
            self._writer.close()

    async def ask(self, word: str, argument: Any = None, seconds: float = ASK_SECONDS) -> Any:
        """The other side's answer. Raises Unavailable."""
        if self.is_gone:
            raise _gone()
        self._count += 1
        number = self._count
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._send({"id": number, "ask": word, "argument": argument})
            async with asyncio.timeout(seconds):
                message = await future
        except TimeoutError:
            raise Unavailable("the other process does not answer", sqlstate="57014") from None
        finally:
            self._asked.pop(number, None)
        if "error" in message:
            raise Unavailable(message["error"], sqlstate="58000")
        return message["answer"]

    async def _serve(self, message: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"id": message["id"]}
        try:
            reply["answer"] = await self._answer(message["ask"], message["argument"])
        except ProxyError as error:
            reply["error"] = error.message
        except Exception as error:  # noqa: BLE001 - the other side must hear something, and this one must live
            logger.error("%s while answering %s", type(error).__name__, message["ask"])
            reply["error"] = "internal error"
        if not self.is_gone:
            self._send(reply)

    def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(orjson.dumps(message) + b"\n")


def _gone() -> Unavailable:
    return Unavailable("the other process is gone", sqlstate="57P01")
