"""One worker of `maskgate serve`: a proxy on the socket its supervisor listens on, steered over a pair of sockets.

    python -m proxy.cli.worker CONFIG LISTEN_FD CONTROL_FD        as the supervisor starts it

It ends when it is told to, and drains when its supervisor is gone: somebody else will listen then.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from proxy.cli.policy import Policy
from proxy.cli.serve import compose, open_log, open_policy, reload, start
from proxy.config import load_config
from proxy.errors import ProxyError, Unavailable
from proxy.server import Proxy
from proxy.server.control import LINE_BYTES, Peer
from proxy.server.metrics import Metrics
from proxy.session import Table

logger = logging.getLogger("maskgate")

TIDY_SECONDS = 10.0
GARBAGE_THRESHOLDS = (2_000, 10, 1_000_000)  # of young objects; the old ones are `_tidy`'s
SWITCH_SECONDS = 0.0005  # a thread that plans a long text hands the interpreter on so often; by default it is ten times as long


def run_worker(path: Path, listen_fd: int, control_fd: int) -> None:
    """Serve until told to end. The descriptors are inherited. Raises what the parts raise."""
    logging.basicConfig(format=f"%(asctime)s %(levelname)s [{os.getpid()}] %(message)s", level=logging.INFO)
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_Worker(path, listen_fd, control_fd).run())


class _Worker:
    def __init__(self, path: Path, listen_fd: int, control_fd: int) -> None:
        self._path = path
        self._listener = socket.socket(fileno=listen_fd)
        self._control = socket.socket(fileno=control_fd)
        self._config = load_config(path)
        self._end = asyncio.Event()
        self._hurry = asyncio.Event()  # told a second time: what still runs is ended
        self._drain_seconds, self._ends_idle = 0.0, True
        self._peer: Peer
        self._policy: Policy
        self._proxy: Proxy

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR2):
            loop.add_signal_handler(number, lambda: None)  # a terminal sends them to everybody: the supervisor decides
        loop.add_signal_handler(signal.SIGTERM, self._told_to_end, self._config.limits.drain_seconds)
        reader, writer = await asyncio.open_unix_connection(sock=self._control, limit=LINE_BYTES)
        policy, log = open_policy(self._config), open_log(self._config)
        self._policy = policy[0]
        try:
            self._proxy = compose(
                self._config, log=log, policy=policy, listener=self._listener, metrics=Metrics(time.monotonic), control=self
            )
            self._peer = Peer(reader, writer, self._answer)
            await start(self._proxy, self._config)
            try:
                async with asyncio.TaskGroup() as tasks:
                    listening, tidying = tasks.create_task(self._listen()), tasks.create_task(self._tidy())
                    with contextlib.suppress(ProxyError):  # the supervisor is gone, and `_listen` hears of it
                        await self._peer.ask("ready")
                    await self._end.wait()
                    draining = tasks.create_task(self._proxy.drain(self._drain_seconds, ends_idle=self._ends_idle))
                    hurried = tasks.create_task(self._hurry.wait())
                    await asyncio.wait((draining, hurried), return_when=asyncio.FIRST_COMPLETED)
                    draining.cancel()
                    hurried.cancel()
                    await self._proxy.stop()
                    if not self._peer.is_gone:
                        await self._say_goodbye()
                    listening.cancel()
                    tidying.cancel()
            finally:
                await self._proxy.stop()
        finally:
            log.close()

    async def _tidy(self) -> None:
        """Look for garbage in cycles now and then. Python does when many objects were made: while a long text is planned, and
        among all of them, which takes a quarter of a second. What is here from the start is never looked at again."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        wait = TIDY_SECONDS
        while True:
            await asyncio.sleep(wait)
            if not self._proxy.plans_apart:
                begun = time.perf_counter()
                gc.collect()
                wait = max(TIDY_SECONDS, 1_000 * (time.perf_counter() - begun))

    async def _listen(self) -> None:
        await self._peer.run()
        if not self._end.is_set():
            logger.error("the supervisor is gone: draining")
            self._told_to_end(self._config.limits.drain_seconds)

    def _told_to_end(self, drain_seconds: float, *, ends_idle: bool = True) -> None:
        if self._end.is_set():
            self._hurry.set()
        self._drain_seconds, self._ends_idle = drain_seconds, ends_idle
        self._end.set()

    async def _say_goodbye(self) -> None:
        with contextlib.suppress(ProxyError):
            await self._peer.ask("goodbye", self._proxy.counts())

    async def _answer(self, word: str, argument: Any) -> Any:
        """What the supervisor asks."""
        proxy = self._proxy
        verb, _, what = word.partition(" ")
        match verb:
            case "counts":
                return proxy.counts()
            case "show":
                answer = await proxy.administer(word, "")
                assert isinstance(answer, Table)  # noqa: S101
                return [answer.columns, answer.rows]
            case "kill":
                return proxy.kill(str(argument))
            case "reload":
                await reload(self._path, self._policy, proxy)
                return self._policy.ruleset.version
            case "drain" | "retire":
                self._told_to_end(float(argument), ends_idle=verb == "drain")
                return "DRAIN"
            case "health":
                return proxy.trouble
        raise Unavailable(f"{word} {what}: unknown", sqlstate="0A000")

    async def administer(self, word: str, argument: str) -> Table | str:
        """A command of a client of ours, for all workers."""
        answer = await self._peer.ask(word, argument)
        if isinstance(answer, str):
            return answer
        return Table(tuple(answer[0]), tuple([tuple(row) for row in answer[1]]))


def main() -> int:
    """The exit status."""
    try:
        run_worker(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except ProxyError as error:
        print(f"maskgate: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)  # all is closed; a thread that still plans a long text for nobody is not waited for
