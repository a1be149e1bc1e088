"""`maskgate serve`: one process that listens and serves nobody, and worker processes that serve on its sockets.

Each worker has a socket of its own on the one port (SO_REUSEPORT), so that the kernel deals connections out evenly; the
supervisor keeps it open, so that nobody who connects meanwhile is turned away when a worker dies or is replaced.
A worker that ends unasked is started anew. SIGHUP, and a change of the files, reads configuration and rules anew in all of
them, or in none. SIGUSR2 starts new workers (new code, new configuration); the old ones take nobody new and let their sessions
stay for the drain time: nobody is turned away or cut off in that. SIGTERM drains and ends, SIGINT ends at once, and so does
a second SIGTERM.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from proxy.cli.policy import Policy, read_rules
from proxy.cli.serve import open_listen_tls, open_logins, open_policy, open_upstream
from proxy.config import Config, load_config
from proxy.errors import ProxyError, Unavailable
from proxy.server.control import LINE_BYTES, Peer
from proxy.server.metrics import Counts, Metrics, exposition, lasting, merged
from proxy.server.web import Web

logger = logging.getLogger("maskgate")

BACKLOG = 1024
START_SECONDS = 60.0
KILL_SECONDS = 15.0  # after its drain time, a worker that has not ended is killed
_QUICK_DEATH_SECONDS = 10.0  # one that dies so soon is started anew with a pause
_MOST_PAUSE_SECONDS = 5.0
_LOOK_SECONDS = 1.0  # at the files
_COUNT_SECONDS = 5.0  # what a worker has counted is remembered so often, for the case that it is killed


@dataclass(eq=False)
class _Worker:
    """One process. `ready` once it serves."""

    process: asyncio.subprocess.Process
    slot: int
    peer: Peer | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    counts: Counts = field(default_factory=dict)
    is_leaving: bool = False
    started: float = 0.0


class Supervisor:
    """See the module. `serve` returns when everything has ended."""

    def __init__(self, path: Path, config: Config) -> None:
        self._path, self._config = path, config
        self._workers: set[_Worker] = set()
        self._gone: Counts = merged([])  # what workers counted that have ended
        self._metrics = Metrics(time.monotonic)
        self._listeners: list[socket.socket] = []
        self._tasks: asyncio.TaskGroup
        self._ending = 0  # how often we were told to end
        self._end = asyncio.Event()
        self._status = 0
        self._pause = 0.0
        self._reloading = asyncio.Lock()
        self._files = _Files(path, config)

    async def serve(self) -> int:
        """Until the end; the exit status."""
        self._listeners = _listen(self._config, _number(self._config))
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._tasks:
            for number, act in (
                (signal.SIGTERM, lambda: self._told_to_end(self._config.limits.drain_seconds)),
                (signal.SIGINT, lambda: self._told_to_end(0.0)),
                (signal.SIGHUP, lambda: self._spawn(self._reload_quietly())),
                (signal.SIGUSR2, lambda: self._spawn(self._renew())),
            ):
                loop.add_signal_handler(number, act)
            try:
                first = [await self._start_worker(slot) for slot in range(len(self._listeners))]
                await self._until_ready(first)
            except ProxyError as error:
                console.print(f"maskgate: {error.message}", markup=False)
                self._told_to_end(0.0)
                await self._all_ended()
                return 1
            web = await self._start_web()
            port = self._listeners[0].getsockname()[1]
            server = f"{self._config.server.host}:{self._config.server.port}"
            place = f"{self._config.listen.host}:{port}"
            console.print(f"maskgate listens on {place} for PostgreSQL at {server}", markup=False)
            background = [self._tasks.create_task(self._look_at_files()), self._tasks.create_task(self._remember_counts())]
            await self._end.wait()
            await self._all_ended()
            for task in background:
                task.cancel()
            if web is not None:
                await web.stop()
        return self._status

    # -- workers

    async def _start_worker(self, slot: int) -> _Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = (self._listeners[slot].fileno(), theirs.fileno())
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "proxy.cli.worker", str(self._path), *map(str, descriptors),
                    pass_fds=descriptors, stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                ours.close()
                raise Unavailable(f"no worker can be started: {error.strerror}", sqlstate="58000") from None
        worker = _Worker(process, slot, started=time.monotonic())
        self._workers.add(worker)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=LINE_BYTES)

        async def answer(word: str, argument: Any) -> Any:
            return await self._answer(worker, word, argument)

        worker.peer = Peer(reader, writer, answer)
        self._spawn(worker.peer.run())
        self._spawn(self._watch(worker))
        return worker

    async def _watch(self, worker: _Worker) -> None:
        """Until it ends; then another one, unless it was told to."""
        code = await worker.process.wait()
        self._workers.discard(worker)
        self._gone = merged([self._gone, lasting(worker.counts)])
        if self._ending:
            self._status = self._status or int(code not in (0, -signal.SIGTERM))  # SIGTERM: told twice, while it was leaving
        if worker.is_leaving or self._ending or not worker.ready.is_set():
            return  # of one that never served, he decides who waits for it
        self._metrics.add("maskgate_worker_restarts_total", 1)
        lived = time.monotonic() - worker.started
        self._pause = 0.0 if lived > _QUICK_DEATH_SECONDS else min(_MOST_PAUSE_SECONDS, self._pause * 2 or 0.1)
        logger.error("worker %d ended with %d: another one begins", worker.process.pid, code)
        await self._replace(worker.slot)

    async def _replace(self, slot: int) -> None:
        """Until a worker serves there again."""
        while not self._ending and slot < len(self._listeners):
            await asyncio.sleep(self._pause)
            try:
                worker = await self._start_worker(slot)
                if self._ending:
                    self._tell_to_leave(worker, 0.0)
                    return
                await self._until_ready([worker])
            except ProxyError as error:
                logger.error("%s", error.message)
                self._pause = min(_MOST_PAUSE_SECONDS, self._pause * 2 or 0.1)
            else:
                return

    async def _until_ready(self, workers: Iterable[_Worker]) -> None:
        """Raises Unavailable when one of them does not come to serve."""
        for worker in workers:
            ready = asyncio.ensure_future(worker.ready.wait())
            ended = asyncio.ensure_future(worker.process.wait())
            done, _ = await asyncio.wait((ready, ended), timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            ended.cancel()
            if ready not in done:
                worker.is_leaving = True
                if ended not in done:
                    worker.process.kill()
                raise Unavailable("a worker did not begin to serve: see its message above")

    async def _renew(self) -> None:
        """New workers; the old ones drain once the new ones serve. If they do not, everything stays as it was."""
        async with self._reloading:
            try:
                config = load_config(self._path)
            except ProxyError as error:
                logger.error("the old workers stay: %s", error.message)
                return
            old = [one for one in self._workers if not one.is_leaving]
            wanted, before = _number(config), len(self._listeners)
            fresh: list[_Worker] = []
            try:
                if wanted > before:
                    self._listeners += _more(self._listeners[0], wanted - before)
                for slot in range(wanted):
                    worker = await self._start_worker(slot)
                    fresh.append(worker)
                await self._until_ready(fresh)
            except (ProxyError, OSError) as error:
                logger.error("the old workers stay: %s", error.message if isinstance(error, ProxyError) else error.strerror)
                for one in fresh:
                    self._tell_to_leave(one, 0.0)
                self._close_listeners(before)  # who is dealt to a socket that nobody serves waits in vain
                return
            self._config, self._files = config, _Files(self._path, config)
            for one in old:
                self._tell_to_leave(one, config.limits.drain_seconds, "retire")
            self._close_listeners(wanted)
            logger.info("%d new workers serve, %d old ones drain", len(fresh), len(old))

    def _close_listeners(self, keep: int) -> None:
        for listener in self._listeners[keep:]:
            listener.close()
        del self._listeners[keep:]

    def _tell_to_leave(self, worker: _Worker, drain_seconds: float, word: str = "drain") -> None:
        """`drain`: idle sessions end at once; `retire`: all may stay for so long."""
        worker.is_leaving = True
        self._spawn(self._leave(worker, drain_seconds, word))

    async def _leave(self, worker: _Worker, drain_seconds: float, word: str) -> None:
        try:
            if worker.peer is None:
                raise Unavailable("it has not begun")
            await worker.peer.ask(word, drain_seconds)
        except ProxyError:
            with contextlib.suppress(ProcessLookupError):
                worker.process.terminate()
        try:
            async with asyncio.timeout(drain_seconds + KILL_SECONDS):
                await worker.process.wait()
        except TimeoutError:
            logger.error("worker %d does not end: killed", worker.process.pid)
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()

    def _told_to_end(self, drain_seconds: float) -> None:
        self._ending += 1
        self._close_listeners(0)
        self._end.set()
        for worker in list(self._workers):
            self._tell_to_leave(worker, drain_seconds if self._ending == 1 else 0.0)

    async def _all_ended(self) -> None:
        while self._workers:
            await asyncio.wait([asyncio.ensure_future(one.process.wait()) for one in self._workers])
            await asyncio.sleep(0)

    def _spawn(self, work: Any) -> None:
        self._tasks.create_task(_unbreakable(work))

    # -- questions

    async def _answer(self, worker: _Worker, word: str, argument: Any) -> Any:
        """What a worker asks, most of it for a client of its own."""
        verb, _, what = word.partition(" ")
        match verb:
            case "ready":
                worker.ready.set()
                return None
            case "goodbye":
                worker.counts = argument
                return None
            case "show":
                return await self._show(word, what)
            case "kill":
                answers = await self._ask_all(word, argument)
                if not any(answer == "KILL" for _, answer in answers):
                    raise Unavailable(f"there is no session {argument}", sqlstate="42704")
                return "KILL"
            case "reload":
                await self._reload()
                return "RELOAD"
            case "drain":
                asyncio.get_running_loop().call_soon(self._told_to_end, self._config.limits.drain_seconds)
                return "DRAIN"
        raise Unavailable(f"{word}: unknown", sqlstate="0A000")

    async def _show(self, word: str, what: str) -> Any:
        answers = [(one, answer) for one, answer in await self._ask_all(word, "") if not isinstance(answer, ProxyError)]
        if not answers:
            raise Unavailable("no worker answers", sqlstate="57P03")
        if what in ("rules", "version", "help"):
            return answers[0][1]
        columns = answers[0][1][0]
        if what == "stats":
            return [columns, _summed([row for _, answer in answers for row in answer[1]])]
        return [["worker", *columns], [[one.process.pid, *row] for one, answer in answers for row in answer[1]]]

    async def _ask_all(self, word: str, argument: Any, seconds: float = 5.0) -> list[tuple[_Worker, Any]]:
        """Every worker's answer, or the ProxyError in its place."""
        workers = [one for one in self._workers if one.peer is not None and one.ready.is_set()]
        answers = await asyncio.gather(
            *(one.peer.ask(word, argument, seconds) for one in workers if one.peer is not None), return_exceptions=True
        )
        found = []
        for one, answer in zip(workers, answers, strict=True):
            if isinstance(answer, BaseException) and not isinstance(answer, ProxyError):
                raise answer
            found.append((one, answer))
        return found

    async def _count(self) -> Counts:
        for one, counts in await self._ask_all("counts", None, 2.0):
            if not isinstance(counts, ProxyError):
                one.counts = counts
        self._metrics.put("maskgate_workers", sum(one.ready.is_set() and not one.is_leaving for one in self._workers))
        return merged([self._metrics.counts, self._gone, *(one.counts for one in self._workers)])

    async def _remember_counts(self) -> None:
        while True:
            await asyncio.sleep(_COUNT_SECONDS)
            await self._count()

    # -- what changes

    async def _reload(self) -> None:
        """Everywhere or nowhere: it is tried here first. Raises ProxyError."""
        async with self._reloading:
            try:
                config = load_config(self._path)
                files = _Files(self._path, config)  # as they are before they are read: what changes meanwhile counts as new
                rules = read_rules(config.rules)
                open_logins(config, Policy(rules, None))
                open_listen_tls(config)
                for _, answer in await self._ask_all("reload", None, 30.0):
                    if isinstance(answer, ProxyError):
                        raise answer
            except ProxyError as error:
                self._metrics.add("maskgate_rules_reloads_total", 1, "failed")
                logger.error("the old rules stay: %s", error.message)
                raise
            self._metrics.add("maskgate_rules_reloads_total", 1, "ok")
            logger.info("rules %s are in force", rules.version[:12])
            self._files = files

    async def _reload_quietly(self) -> None:
        with contextlib.suppress(ProxyError):  # it was logged
            await self._reload()

    async def _look_at_files(self) -> None:
        """A change counts once the files have been quiet for one look: an editor writes in pieces."""
        pending = False
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._files.have_changed():
                pending = True
            elif pending:
                pending = False
                await self._reload_quietly()

    # -- the web

    async def _start_web(self) -> Web | None:
        metrics = self._config.metrics
        if metrics is None:
            return None
        web = Web(self._exposition, self._is_healthy)
        try:
            await web.start(metrics.host, metrics.port)
        except OSError as error:
            logger.error("metrics: cannot listen on %s:%d: %s", metrics.host, metrics.port, error.strerror)
            return None
        logger.info("metrics on http://%s:%d/metrics", metrics.host, web.port)
        return web

    async def _exposition(self) -> bytes:
        return exposition(await self._count())

    async def _is_healthy(self) -> str:
        """Why we are not; '' when all is well."""
        if self._ending:
            return "draining"
        answers = await self._ask_all("health", None, 2.0)
        said = [answer for _, answer in answers if not isinstance(answer, ProxyError)]
        return next((trouble for trouble in said if trouble), "") if said else "no worker serves"


def run_until_signal(path: Path) -> int:
    """The command. Returns the exit status. Raises ProxyError for what is wrong before anything is served."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    config = load_config(path)
    open_upstream(config)
    policy, _ = open_policy(config)
    open_logins(config, policy)
    open_listen_tls(config)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_supervise(path, config))


async def _supervise(path: Path, config: Config) -> int:
    return await Supervisor(path, config).serve()


def _number(config: Config) -> int:
    return (os.cpu_count() or 1) if config.workers == "auto" else config.workers


def _listen(config: Config, number: int) -> list[socket.socket]:
    """The sockets the workers accept on, one for each. Raises Unavailable naming the address."""
    host, port = config.listen.host, config.listen.port
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as alone:  # with SO_REUSEPORT we could share the port with a stranger
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(address)
            address = alone.getsockname()
        first = _bound(family, address)
        return [first, *_more(first, number - 1)]
    except OSError as error:
        raise Unavailable(f"cannot listen on {host}:{port}: {error.strerror or error}", sqlstate="08006") from None


def _more(first: socket.socket, number: int) -> list[socket.socket]:
    return [_bound(first.family, first.getsockname()) for _ in range(number)]


def _bound(family: int, address: Any) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            listener.setsockopt(socket.SOL_SOCKET, option, 1)
        listener.setblocking(False)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _summed(rows: Iterable[list[Any]]) -> list[list[Any]]:
    """Rows of numbers under a name, one for each name."""
    found: dict[str, list[Any]] = {}
    for name, *numbers in rows:
        known = found.get(name)
        found[name] = [name, *numbers] if known is None else [name, *(a + b for a, b in zip(known[1:], numbers, strict=True))]
    return [found[name] for name in sorted(found)]


class _Files:
    """The files a reload reads, as they were when last looked at."""

    def __init__(self, path: Path, config: Config) -> None:
        tls = config.listen.tls
        self._single = [path, *(one for one in (config.logins.file,) if one is not None)]
        if tls is not None:
            self._single += [tls.cert_file, tls.key_file, *(one for one in (tls.client_ca_file,) if one is not None)]
        self._folder = config.rules
        self._seen = self._look()

    def have_changed(self) -> bool:
        """Since the last look."""
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def _look(self) -> list[tuple[str, int, int, int]]:
        found = []
        for path in (*self._single, *sorted(self._folder.glob("*.yaml"))):
            try:
                facts = path.stat()
            except OSError:
                continue
            found.append((str(path), facts.st_mtime_ns, facts.st_size, facts.st_ino))
        return found


async def _unbreakable(work: Any) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the supervisor outlives what goes wrong in one task
        logger.error("%s in the supervisor", type(error).__name__)
