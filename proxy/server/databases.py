"""The catalogs of the databases that are in use: loading them, planners over them, and noticing DDL done elsewhere.

While a database has sessions its catalog is watched: a fingerprint of the system catalogs is asked twice a second, and at once
when an event trigger says so (`maskgate check` prints one). What changed is loaded, and every session gets a new planner.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterator
from dataclasses import dataclass, field

from proxy.caller import Caller
from proxy.catalog.loader import Loader
from proxy.catalog.snapshot import Snapshot
from proxy.errors import Bug, ProxyError, Unavailable
from proxy.session import Planner

logger = logging.getLogger("maskgate")

MISS_SECONDS = 1.0  # a name that was looked up in vain is not looked up again so soon
FRESH_SECONDS = 5.0  # a new session uses an unwatched snapshot of this age unasked
WATCH_SECONDS = 0.5
_SHARE = 20  # asking takes at most one part in so many of the time
_MOST_SECONDS = 10.0

PlannerFor = Callable[[Caller, Snapshot], Planner]


@dataclass(slots=True)
class Database:
    """What is known of one. `planners` by (login, role), for the snapshot at hand."""

    name: str
    loader: Loader
    snapshot: Snapshot | None = None
    loaded_at: float = 0.0
    planners: dict[tuple[str, str], Planner] = field(default_factory=dict)
    missed: dict[str, float] = field(default_factory=dict)
    sessions: int = 0
    is_watched: bool = False
    trust: int = 0  # how often whose code is trusted has changed
    read_for: int = 0  # which of these the snapshot was read for
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_outdated(self) -> bool:
        """Whether it is to be read anew, whatever the server says."""
        return self.read_for < self.trust


class Databases:
    """One proxy's. `loader_for` makes a Loader for a database, given what to call when DDL was done there; `on_change` is told
    of a database whose snapshot is a new one; `spawn` runs a task."""

    def __init__(
        self,
        loader_for: Callable[[str, Callable[[], None]], Loader],
        planner_for: PlannerFor,
        on_change: Callable[[str], None],
        spawn: Callable[[Coroutine[object, object, None]], None],
        *,
        now: Callable[[], float],
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._loader_for, self._planner_for = loader_for, planner_for
        self._on_change, self._spawn, self._now = on_change, spawn, now
        self._watch_seconds = watch_seconds
        self._known: dict[str, Database] = {}
        self.loads = {"ok": 0, "failed": 0}

    def new_rules(self, planner_for: PlannerFor) -> None:
        """Every planner is made anew when it is asked for next."""
        self._planner_for = planner_for
        for database in self._known.values():
            database.planners.clear()

    def trust(self, owners: Collection[str]) -> None:
        """Whose code is trusted from now on. Catalogs are read anew, at once where there are sessions, else when one comes."""
        for database in self._known.values():
            database.loader.trust(owners)
            database.trust += 1
            database.news.set()

    async def open(self, name: str) -> None:
        """The catalog of a new session's database is loaded, and watched; `close` when the session ends. Raises ProxyError."""
        database = self._known.get(name)
        if database is None:
            news = asyncio.Event()
            database = Database(name, self._loader_for(name, news.set), news=news)
            self._known[name] = database
        database.sessions += 1
        try:
            if database.snapshot is None or database.is_outdated or await self._is_stale(database):
                await self._load(database)
        except BaseException as error:
            database.sessions -= 1
            if not isinstance(error, Unavailable):
                raise
            if database.snapshot is None and not database.sessions and self._known.get(name) is database:
                del self._known[name]  # made-up names must not pile up
                await database.loader.close()
            raise _server_said(error, name) from error
        if not database.is_watched:
            database.is_watched = True
            self._spawn(self._watch(database))

    async def _is_stale(self, database: Database) -> bool:
        """Whether something changed while nobody watched. Asking takes a hundredth of what loading takes."""
        if database.is_watched or self._now() - database.loaded_at <= FRESH_SECONDS:
            return False
        begun = self._now()
        has_changed = await database.loader.has_changed()
        if not has_changed:
            database.loaded_at = begun
        return has_changed

    def close(self, name: str) -> None:
        """A session of this database is over."""
        database = self._known.get(name)
        if database is not None:
            database.sessions -= 1

    def planner(self, caller: Caller) -> Planner:
        """The planner of a session whose database is open, by the rules and the catalog of now."""
        database = self._known.get(caller.database)
        if database is None or database.snapshot is None:
            raise Bug("a planner without a catalog")
        planner = database.planners.get((caller.login, caller.role))
        if planner is None:
            planner = database.planners[caller.login, caller.role] = self._planner_for(caller, database.snapshot)
        return planner

    async def reload(self, name: str, names: tuple[str, ...]) -> None:
        """Look names up in a database's catalog. Those missed a moment ago are not looked up again. Raises ProxyError."""
        database = self._known.get(name)
        if database is None:
            raise Bug("a catalog is reloaded that was never loaded")
        now = self._now()
        if not names or any(now - database.missed.get(name, now - 2 * MISS_SECONDS) > MISS_SECONDS for name in names):
            await self._load(database)
            if len(database.missed) > 10_000:
                database.missed.clear()
            database.missed.update((name, self._now()) for name in names)

    async def stop(self) -> None:
        """Close every connection."""
        for database in self._known.values():
            await database.loader.close()

    def report(self) -> Iterator[tuple[str, int, int, int, int, int]]:
        """Database, snapshot's version, its relations, sessions, planners, plans kept."""
        for one in self._known.values():
            if one.snapshot is not None:
                plans = sum(planner.cached for planner in one.planners.values())
                yield one.name, one.snapshot.version, len(one.snapshot.relations), one.sessions, len(one.planners), plans

    async def _load(self, database: Database) -> None:
        trust = database.trust
        try:
            snapshot = await database.loader.load()
        except ProxyError:
            self.loads["failed"] += 1
            raise
        database.read_for = max(database.read_for, trust)
        self.loads["ok"] += 1
        database.loaded_at = self._now()
        if snapshot is database.snapshot:
            return
        had_one, database.snapshot = database.snapshot is not None, snapshot
        database.planners.clear()
        if had_one:
            self._on_change(database.name)

    async def _watch(self, database: Database) -> None:
        """Until no session is left."""
        seconds = self._watch_seconds
        try:
            while database.sessions > 0:
                try:
                    async with asyncio.timeout(seconds):
                        await database.news.wait()
                except TimeoutError:
                    pass
                if not database.sessions:
                    return
                begun = self._now()
                try:
                    is_told = database.news.is_set() or database.is_outdated
                    database.news.clear()
                    has_changed = is_told or await database.loader.has_changed()
                    asked = self._now() - begun
                    if has_changed:
                        await self._load(database)
                    # Looking takes a twentieth of the time at most, loading what changed a half.
                    seconds = min(_MOST_SECONDS, max(self._watch_seconds, _SHARE * asked, self._now() - begun))
                except Unavailable as error:
                    logger.warning("database %s: %s", database.name, error.message)
        finally:
            database.is_watched = False


def _server_said(error: Unavailable, database: str) -> ProxyError:
    """What PostgreSQL would have told the client itself, where the catalog login met it first."""
    if getattr(error.__cause__, "sqlstate", None) == "3D000":
        return Unavailable(f'database "{database}" does not exist', sqlstate="3D000")
    return error
