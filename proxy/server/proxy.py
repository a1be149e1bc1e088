"""One process that serves: performs the sessions' actions, answers their questions, and waits for slow peers.

One loop turn, one write: what all sessions have to say in a turn is collected, its events go to the query log in one append,
and only then the bytes leave, at most one write for each socket. When the log fails, the statements of that turn are refused
and the sessions live on. Nothing here reads SQL. Works on uvloop and on asyncio's own loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

from proxy.audit import event
from proxy.audit.event import Event
from proxy.caller import Caller
from proxy.catalog.loader import Loader
from proxy.errors import AuthError, Bug, ProxyError, Unavailable
from proxy.plan import VERY_LONG_TEXT
from proxy.policy.access import Failures
from proxy.server.apart import in_own_process
from proxy.server.databases import Databases, PlannerFor
from proxy.server.link import CLOSE_SECONDS, ClientSide, Link, ServerSide
from proxy.server.logins import Logins
from proxy.server.metrics import Counts, Metrics
from proxy.server.reports import table
from proxy.server.tls import ListenTls
from proxy.server.upstream import Upstream
from proxy.session import (
    Action,
    Administer,
    Authenticated,
    CancelServer,
    ConnectServer,
    ForwardCancel,
    Identify,
    MakePlanner,
    PlanApart,
    Record,
    Reload,
    Service,
    Session,
    Statement,
    Table,
)
from proxy.session.rows import Sealing
from proxy.wire.messages import CancelRequest

logger = logging.getLogger("maskgate")

SWEEP_SECONDS = 1.0
PLANNERS = 4  # long texts that are planned at the same time, in threads
VERIFIER_IDLE_SECONDS = 60.0  # nobody drops the catalog login's own database
VERSION = f"maskgate {version('maskgate')}"


class Log(Protocol):
    """What we need of `audit.sinks.FileLog`."""

    @property
    def waiting(self) -> int:
        """Events kept in memory because the disk failed."""

    @property
    def failure(self) -> str:
        """What the last append failed with; '' when it succeeded."""

    def append(self, events: Sequence[Mapping[str, object]], *, must: bool = True) -> None:
        """Written when it returns. Raises Unavailable (58030)."""


class Control(Protocol):
    """Who carries out the commands of the proxy's own database, for all workers."""

    async def administer(self, word: str, argument: str) -> Table | str:
        """`show clients` …, `reload`, `drain`, `kill`. Raises ProxyError."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may take at once, and how long what takes. PostgreSQL's authentication_timeout is 60 s; 0 = no limit."""

    startup_seconds: float = 30.0
    sessions: int = 500
    sessions_per_login: int = 0
    idle_seconds: float = 0.0  # of a session outside a transaction, as idle_session_timeout
    statement_bytes: int = 64 << 20
    wrong_password_seconds: float = 8.0


class Proxy:
    """Listens and serves: `async with Proxy(...)`, or `start` and `stop` on one loop.

    `planner_for` gives a planner for a caller over a snapshot: it is kept until snapshot or rules (`reload`) change.
    `sealing` is a `crypto.Sealer`, when there is a key ring. The catalog login reads pg_authid and every database's catalog.
    `clock` is seconds since 1970, `now` those of a monotonic clock, `random(n)` n secret bytes. `listener`: a socket
    that listens already, else one is opened.
    """

    def __init__(
        self,
        *,
        upstream: Upstream,
        logins: Logins,
        planner_for: PlannerFor,
        log: Log,
        clock: Callable[[], float],
        random: Callable[[int], bytes],
        now: Callable[[], float] = time.monotonic,
        listen_host: str = "127.0.0.1",
        listen_port: int = 0,
        listener: socket.socket | None = None,
        listen_tls: ListenTls | None = None,
        sealing: Sealing | None = None,
        trusted_owners: Sequence[str] = (),
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        control: Control | None = None,
    ) -> None:
        self.upstream = upstream
        self.limits = limits or Limits()
        self.logins = logins
        self.listen_tls = listen_tls
        self.links: set[Link] = set()
        self.is_draining = False
        self.plans_apart = 0  # under way in other threads and processes
        self._random, self._clock, self.now = random, clock, now
        self._planner_for = planner_for
        self._log = log
        self._control: Control = control or self
        self.metrics = metrics or Metrics(clock)
        self._listen = (listen_host, listen_port, listener)
        self._sealing = sealing
        self._trusted_owners = tuple(trusted_owners)
        self._secret = random(32)
        self._start_id = random(4)
        self._count = 0
        self._failures = Failures(most_s=self.limits.wrong_password_seconds)
        self._listener: asyncio.Server | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()  # what sessions wait for
        self._background: set[asyncio.Task[None]] = set()
        self._cancels: set[asyncio.Task[None]] = set()  # of _running, those that stop work on the server
        self._dirty: list[Link] = []
        self._starting: dict[Link, None] = {}  # not yet let in, the oldest first
        self._verifiers = self._loader(upstream.catalog_database, None, VERIFIER_IDLE_SECONDS)
        self._empty = asyncio.Event()
        self._apart = ThreadPoolExecutor(PLANNERS, "planning")

    # -- life

    async def __aenter__(self) -> Proxy:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The port clients reach us at; after `start`."""
        if self._listener is None:
            raise Bug("the proxy is not listening")
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    @property
    def sessions(self) -> int:
        """Open sessions."""
        return len(self.links)

    @property
    def startup_seconds(self) -> float:
        """How long a client may take to come in."""
        return self.limits.startup_seconds

    async def start(self) -> None:
        """Listen. Raises OSError."""
        self.loop = asyncio.get_running_loop()
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self.databases = Databases(
            self._loader, self._planner_for, self._replan_all, self._spawn_quietly, now=self.now
        )
        host, port, listener = self._listen
        if listener is not None:
            self._listener = await self.loop.create_server(lambda: ClientSide(Link(self)), sock=listener, backlog=512)
        else:
            self._listener = await self.loop.create_server(lambda: ClientSide(Link(self)), host, port, backlog=512)
        self._spawn_quietly(self._sweep())

    async def drain(self, seconds: float, *, ends_idle: bool = True) -> None:
        """Take no more clients, and wait for so long until all have left. `ends_idle`: who does nothing leaves now (57P01), and
        who does something when it is done."""
        if self._listener is None:
            return
        self._listener.close()
        self.is_draining = ends_idle
        if ends_idle:
            self._end_idle()
        self._empty.clear()
        if self.links:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._empty.wait()

    async def stop(self) -> None:
        """End every session (57P01), wait until their last words left, close everything."""
        if self._listener is None or self._tasks is None:
            return
        self._listener.close()
        for link in list(self.links):
            link.fail(_shutdown())
        self._empty.clear()
        if self.links:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS + 1):
                    await self._empty.wait()
        if self._cancels:  # what ran for the sessions must not run on for nobody
            await asyncio.wait(self._cancels, timeout=CLOSE_SECONDS)
        tasks, self._tasks = self._tasks, None
        for task in (*self._running, *self._background):
            task.cancel()
        await tasks.__aexit__(None, None, None)
        await self._listener.wait_closed()
        self._turn()
        await self._verifiers.close()
        await self.databases.stop()
        self._apart.shutdown(wait=False, cancel_futures=True)
        self._listener = None

    async def reload(
        self, logins: Logins, planner_for: PlannerFor, listen_tls: ListenTls | None, trusted_owners: Sequence[str] | None = None
    ) -> None:
        """New rules, logins and certificates: every session gets a new planner; a login whose role is another now is let go."""
        self.logins, self.listen_tls = logins, listen_tls
        if trusted_owners is not None and set(trusted_owners) != set(self._trusted_owners):
            self._trusted_owners = tuple(trusted_owners)
            self.databases.trust(self._trusted_owners)
        self._planner_for = planner_for
        self.databases.new_rules(planner_for)
        for link in list(self.links):
            self._replan(link)

    # -- one loop turn

    def new_session(self, address: str) -> Session:
        """A session with an id of its own."""
        self._count += 1
        return Session(
            event.new_id(self._clock(), self._count, self._start_id),
            random=self._random,
            secret=self._secret,
            address=address,
            sealing=self._sealing,
            offers_tls=self.listen_tls is not None,
            statement_bytes=self.limits.statement_bytes,
        )

    def opened(self, link: Link) -> Unavailable | None:
        """A client came; why it cannot stay, if so."""
        self.links.add(link)
        if self.is_draining:
            return _shutdown()
        # Who only connects must not keep out who logs in: when too many are on their way, the oldest of them goes.
        starting = self._starting
        starting[link] = None
        while starting and (len(starting) > self.limits.sessions or not _is_starting(next(iter(starting)))):
            oldest = next(iter(starting))
            del starting[oldest]
            if _is_starting(oldest):
                oldest.fail(_too_many())
        return None

    def closed(self, link: Link) -> None:
        """Both of its sockets are closed."""
        if link not in self.links:
            return  # a server's socket that came too late was closed as well
        self.links.discard(link)
        self._starting.pop(link, None)
        if link.caller is not None:
            self.databases.close(link.caller.database)
        if not self.links:
            self._empty.set()

    def wake(self, link: Link) -> None:
        """The link has actions to perform at the end of this turn."""
        if not self._dirty:
            self.loop.call_soon(self._turn)
        self._dirty.append(link)

    def _turn(self) -> None:
        """Log, then send: everything that was said since the last turn."""
        links, self._dirty = self._dirty, []
        events: list[Event | Mapping[str, object]] = []
        must = False
        for link in links:
            for action in link.pending:
                if isinstance(action, Statement):
                    events.append(action.event)
                    must = True
                elif isinstance(action, Record):
                    events.append(action.event)
        if events:
            begun = self.now()
            try:
                self._log.append(events, must=must)
            except ProxyError as error:
                logger.error("%s", error.message)
                self.metrics.log_failed()
                for link in links:
                    link.pending = link.session.refuse_unlogged(link.pending)
            else:
                self.metrics.events(events, self.now() - begun)
        for link in links:
            try:
                link.perform()
            except Exception as error:  # noqa: BLE001 - one session's trouble is not the others'
                link.broke(error)
        if self.is_draining:
            self._end_idle(links)

    def _end_idle(self, links: Iterable[Link] | None = None) -> None:
        for link in list(self.links if links is None else links):
            if link.session.is_idle and not link.session.is_over:
                link.fail(_shutdown())

    async def _sweep(self) -> None:
        """Once a second: sessions that were idle for too long."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            seconds = self.limits.idle_seconds
            if seconds:
                now = self.now()
                for link in list(self.links):
                    if now - link.active_at > seconds and link.session.is_idle and not link.session.is_over:
                        link.fail(Unavailable("terminating connection due to idle-session timeout", sqlstate="57P05"))

    # -- the sessions' questions

    def ask(self, link: Link, action: Action) -> None:
        """Answer one of a session's questions."""
        match action:
            case Identify():
                self._spawn(link, self._identify(link, action))
            case Authenticated(login, is_right):
                if is_right:
                    self._failures.succeeded(link.host, login, self.now())
                else:
                    self._failures.failed(link.host, login, self.now())
            case MakePlanner():
                self._spawn(link, self._make_planner(link, action))
            case Reload(names):
                self._spawn(link, self._reload(link, names))
            case PlanApart():
                self._spawn(link, self._plan_apart(link, action))
            case ConnectServer():
                self._spawn(link, self._connect(link))
            case CancelServer(process_id, secret_key):
                self._spawn(link, self._cancel(link, CancelRequest(process_id, secret_key).to_bytes()), is_cancel=True)
            case Administer(word, argument):
                self._spawn(link, self._administer(link, word, argument))
            case ForwardCancel(data):
                self._spawn(link, self._forward_cancel(link, data), is_cancel=True)

    def _spawn(self, link: Link, work: Coroutine[object, object, None], *, is_cancel: bool = False) -> None:
        """Run `work` for the link; whatever goes wrong in it ends that session only."""
        self._keep(self._guarded(link, work), (self._running, self._cancels) if is_cancel else (self._running,))

    def _spawn_quietly(self, work: Coroutine[object, object, None]) -> None:
        self._keep(self._unbreakable(work), (self._background,))

    def _keep(self, work: Coroutine[object, object, None], places: Iterable[set[asyncio.Task[None]]]) -> None:
        if self._tasks is None:
            work.close()
            return
        task = self._tasks.create_task(work)
        for kept in places:
            kept.add(task)
            task.add_done_callback(kept.discard)

    async def _guarded(self, link: Link, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except ProxyError as error:
            link.fail(error)
        except Exception as error:  # noqa: BLE001 - the edge of the process: one session ends, the others live
            link.broke(error)

    async def _unbreakable(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the edge of the process: nobody's session, so nobody's end
            logger.error("%s in the background", type(error).__name__)

    async def _identify(self, link: Link, wanted: Identify) -> None:
        limit = self.limits.sessions_per_login
        if limit and sum(one.caller is not None and one.caller.login == wanted.login for one in self.links) >= limit:
            raise Unavailable(f'too many connections for role "{wanted.login}"', sqlstate="53300")
        ask, now = self._verifiers.verifier, self.now()
        identity = await self.logins.identify(wanted, link.host, self._failures, now, ask)
        link.service = identity.service
        link.step(link.session.identified, identity)

    async def _make_planner(self, link: Link, wanted: MakePlanner) -> None:
        if sum(one.caller is not None for one in self.links) >= self.limits.sessions:
            raise _too_many()
        application = wanted.parameters.get("application_name", "")
        caller = Caller(wanted.login, wanted.role, wanted.database, link.address, application)
        await self.databases.open(caller.database)
        if link not in self.links:  # gone meanwhile
            self.databases.close(caller.database)
            return
        link.caller = caller
        self._check_role(link, caller)  # the rules may have changed since it was asked who this is
        link.step(link.session.new_planner, self.databases.planner(caller), self.now())

    async def _reload(self, link: Link, names: tuple[str, ...]) -> None:
        if link.caller is None:
            raise Bug("a catalog is reloaded that was never loaded")
        try:
            await self.databases.reload(link.caller.database, names)
        except Unavailable as error:
            link.step(link.session.planner_failed, error, self.now())
            return
        if not link.session.is_over:  # of one that ended, the role may be gone
            link.step(link.session.new_planner, self.databases.planner(link.caller), self.now())

    async def _plan_apart(self, link: Link, action: PlanApart) -> None:
        def make() -> object:
            if link.session.is_over:  # who is gone while others are planned wants none
                return None
            return in_own_process(action.make) if action.characters > VERY_LONG_TEXT else action.make()

        self.plans_apart += 1
        try:
            outcome = await self.loop.run_in_executor(self._apart, make)
        except ProxyError as error:
            outcome = error
        finally:
            self.plans_apart -= 1
        link.step(link.session.planned, action, outcome, self.now())

    def _replan_all(self, database: str) -> None:
        for link in list(self.links):
            if link.caller is not None and link.caller.database == database:
                self._replan(link)

    def _replan(self, link: Link) -> None:
        if link.caller is None or link.session.is_over:
            return
        try:
            self._check_role(link, link.caller)
        except ProxyError as error:
            link.fail(error)
            return
        link.step(link.session.replan, self.databases.planner(link.caller), self.now())

    def _check_role(self, link: Link, caller: Caller) -> None:
        """Raises AuthError, Unavailable: the rules say something else of this login now than when it knocked."""
        role = self.logins.role_of(caller.login)
        if role is None:
            raise AuthError(f'no role of the rules is given to login "{caller.login}"', sqlstate="28000")
        if role != caller.role:
            raise _anew(f'login "{caller.login}" has another role now')
        if _at_the_server(link.service) != _at_the_server(self.logins.service_of(role)):
            raise _anew(f'the role of login "{caller.login}" has another `service` now')

    async def _connect(self, link: Link) -> None:
        try:
            async with asyncio.timeout(self.limits.startup_seconds):
                upstream = self.upstream
                await self.loop.create_connection(lambda: ServerSide(link, upstream), upstream.host, upstream.port)
        except (OSError, TimeoutError) as error:
            link.step(link.session.server_unreachable, type(error).__name__)

    async def _cancel(self, link: Link, request: bytes) -> None:
        await self.upstream.cancel(request)
        link.step(link.session.cancel_done, self.now())

    async def _forward_cancel(self, link: Link, request: bytes) -> None:
        """As PostgreSQL does, close towards the client when the signal was given."""
        await self.upstream.cancel(request)
        link.close()

    def _loader(self, database: str, on_ddl: Callable[[], None] | None, idle_s: float = 1.0) -> Loader:
        upstream = self.upstream
        return Loader(
            upstream.dsn(database),
            idle_s=idle_s,
            trusted_owners=self._trusted_owners,
            ssl=upstream.catalog_ssl,
            direct_tls=upstream.tls is not None and upstream.tls.negotiation == "direct",
            on_ddl=on_ddl,
        )

    # -- what it shows of itself

    def counts(self) -> Counts:
        """What was counted, and how things stand now."""
        metrics = self.metrics
        for role in set(metrics.counts["maskgate_sessions"]):
            metrics.put("maskgate_sessions", 0, role)
        for role, number in Counter(link.caller.role for link in self.links if link.caller is not None).items():
            metrics.put("maskgate_sessions", number, role)
        metrics.put("maskgate_log_waiting_events", self._log.waiting)
        for outcome, number in self.databases.loads.items():
            metrics.counts["maskgate_catalog_loads_total"][outcome] = [number]
        return metrics.counts

    @property
    def trouble(self) -> str:
        """Why this process is not healthy, '' when it is."""
        return "the query log cannot be written" if self._log.failure else ""

    async def administer(self, word: str, argument: str) -> Table | str:
        """The commands one process alone can carry out. Raises ProxyError."""
        verb, _, what = word.partition(" ")
        if verb == "show":
            return table(self, what, self.counts(), VERSION)
        if verb == "kill":
            return self.kill(argument)
        raise Unavailable(f"{word}: there is no supervisor to do it", sqlstate="0A000")

    def kill(self, session: str) -> str:
        """End one session. Raises Unavailable when it is not here."""
        for link in self.links:
            if link.session.who["session"] == session:
                link.fail(_shutdown())
                return "KILL"
        raise Unavailable(f"there is no session {session}", sqlstate="42704")

    async def _administer(self, link: Link, word: str, argument: str) -> None:
        try:
            answer: Table | str | ProxyError = await self._control.administer(word, argument)
        except ProxyError as error:
            answer = error
        link.step(link.session.administered, answer)


def _is_starting(link: Link) -> bool:
    return not link.session.is_started and not link.session.is_over


def _too_many() -> Unavailable:
    return Unavailable("sorry, too many clients already", sqlstate="53300")


def _at_the_server(service: Service | None) -> tuple[str, ...]:
    """Who somebody is at the server, but for the password; () for the same user."""
    return () if service is None else (service.user, service.set_role, service.search_path)


def _anew(why: str) -> Unavailable:
    return Unavailable(f"{why}: connect again", sqlstate="57P01")


def _shutdown() -> Unavailable:
    return Unavailable("terminating connection due to administrator command", sqlstate="57P01")
