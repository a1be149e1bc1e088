"""Sessions are counted right whatever becomes of them, and a catalog is watched as long as there are some."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any

import pytest

from proxy.caller import Caller
from proxy.catalog.snapshot import Snapshot
from proxy.errors import Unavailable
from proxy.server.databases import Databases
from tests.fakes import FakePlanner

CALLER = Caller("ana", "analyst", "shop", "1.2.3.4:5")


class FakeLoader:
    """Gives snapshots of its own versions; `changes` is what was done past us."""

    def __init__(self) -> None:
        self.version, self.asked, self.changes = 1, 0, False
        self.error: Exception | None = None  # of loading
        self.deaf: Exception | None = None  # of asking
        self.is_closed = False
        self.trusted: Collection[str] = ()

    async def load(self) -> Snapshot:
        if self.error is not None:
            raise self.error
        self.changes = False
        return Snapshot.build(version=self.version, server_version_num=180000, database="shop", relations=(), types=(),
                              schemas=(), functions=())  # fmt: skip

    async def has_changed(self) -> bool:
        self.asked += 1
        if self.deaf is not None:
            raise self.deaf
        return self.changes

    def trust(self, owners: Collection[str]) -> None:
        self.trusted = owners

    async def close(self) -> None:
        self.is_closed = True


class Place:
    def __init__(self) -> None:
        self.loader = FakeLoader()
        self.changed: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.told: list[Any] = []
        self.databases = Databases(
            self._loader_for, lambda caller, snapshot: FakePlanner(), self.changed.append, self._spawn,
            now=asyncio.get_running_loop().time, watch_seconds=0.01,
        )  # fmt: skip

    def _loader_for(self, name: str, told: Any) -> Any:
        self.told.append(told)
        return self.loader

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        async def run() -> None:
            await work

        self.tasks.append(asyncio.get_running_loop().create_task(run()))

    @property
    def sessions(self) -> int:
        return self.databases._known["shop"].sessions


async def until(question: Any) -> None:
    async with asyncio.timeout(10):
        while not question():  # noqa: ASYNC110 - it looks at plain values that no event announces
            await asyncio.sleep(0.005)


def test_it_watches_while_there_are_sessions_and_then_no_more() -> None:
    async def story() -> None:
        place = Place()
        await place.databases.open("shop")
        await place.databases.open("shop")
        assert (place.sessions, len(place.tasks)) == (2, 1)
        await until(lambda: place.loader.asked > 2)
        place.loader.version, place.loader.changes = 2, True
        await until(lambda: place.changed == ["shop"])
        place.databases.close("shop")
        place.databases.close("shop")
        await until(lambda: place.tasks[0].done())
        await place.databases.open("shop")
        assert (place.sessions, len(place.tasks)) == (1, 2)
        place.databases.close("shop")
        await until(lambda: place.tasks[1].done())

    asyncio.run(story())


def test_a_notification_is_heard_at_once() -> None:
    async def story() -> None:
        place = Place()
        place.databases._watch_seconds = 3600.0
        await place.databases.open("shop")
        place.loader.version = 2
        await asyncio.sleep(0)
        place.told[0]()
        await until(lambda: place.changed == ["shop"])
        assert place.loader.asked == 0
        place.databases.close("shop")
        place.told[0]()
        await until(lambda: place.tasks[0].done())

    asyncio.run(story())


@pytest.mark.parametrize("error", [Unavailable("gone"), KeyError("role"), asyncio.CancelledError()])
def test_a_session_that_does_not_come_to_be_is_not_counted(error: BaseException) -> None:
    async def story() -> None:
        place = Place()
        await place.databases.open("shop")
        place.databases._known["shop"].is_watched, place.databases._known["shop"].loaded_at = False, -100.0
        place.loader.error = place.loader.deaf = error  # type: ignore[assignment]
        with pytest.raises(type(error)):
            await place.databases.open("shop")
        assert place.sessions == 1
        for task in place.tasks:
            task.cancel()

    asyncio.run(story())


def test_a_name_that_was_made_up_is_forgotten() -> None:
    async def story() -> None:
        place = Place()
        place.loader.error = Unavailable("no such database")
        with pytest.raises(Unavailable):
            await place.databases.open("shop")
        assert place.databases._known == {}
        assert place.loader.is_closed

    asyncio.run(story())


def test_a_watch_that_cannot_ask_goes_on() -> None:
    async def story() -> None:
        place = Place()
        await place.databases.open("shop")
        place.loader.changes, place.loader.error = True, Unavailable("away")
        await until(lambda: place.databases.loads["failed"] > 1)
        place.loader.error, place.loader.version = None, 2
        await until(lambda: place.changed == ["shop"])
        place.databases.close("shop")
        await until(lambda: place.tasks[0].done())

    asyncio.run(story())


@pytest.mark.parametrize("changes", [False, True])
def test_a_catalog_nobody_watched_is_asked_for_changes_before_it_is_loaded_anew(changes: bool) -> None:
    async def story() -> None:
        place = Place()
        await place.databases.open("shop")
        known = place.databases._known["shop"]
        known.is_watched, known.loaded_at = False, -100.0
        place.loader.changes, place.loader.version = changes, 2
        place.loader.asked = 0
        await place.databases.open("shop")
        assert place.loader.asked >= 1
        assert known.snapshot is not None
        assert known.snapshot.version == (2 if changes else 1)
        assert place.databases.loads["ok"] == (2 if changes else 1)
        place.databases.close("shop")
        place.databases.close("shop")
        await asyncio.gather(*place.tasks)

    asyncio.run(story())


def test_whose_code_is_trusted_changes_what_is_known() -> None:
    """At once where somebody watches, even if the first try fails, and else with the next session."""

    async def story() -> None:
        place = Place()
        await place.databases.open("shop")
        place.loader.version, place.loader.error = 2, Unavailable("away")
        place.databases.trust(["eve"])
        assert place.loader.trusted == ["eve"]
        before = place.databases.planner(CALLER)
        await until(lambda: place.databases.loads["failed"] > 1)
        assert place.changed == []
        assert place.databases.planner(CALLER) is before
        place.loader.error = None
        await until(lambda: place.changed == ["shop"])
        assert place.databases.planner(CALLER) is not before
        place.databases.close("shop")
        await until(lambda: place.tasks[0].done())
        place.databases.trust([])
        place.loader.version = 3
        await place.databases.open("shop")
        assert place.databases._known["shop"].snapshot is not None
        assert place.databases._known["shop"].snapshot.version == 3
        place.databases.close("shop")
        await asyncio.gather(*place.tasks)

    asyncio.run(story())


def test_a_database_others_wait_for_is_not_forgotten() -> None:
    """Several log in while the server comes up: the first load fails, the next does not."""

    async def story() -> None:
        place = Place()
        gate = asyncio.Event()
        load = place.loader.load

        async def one_by_one() -> Snapshot:
            if not gate.is_set():
                gate.set()
                await asyncio.sleep(0)
                raise Unavailable("starting up")
            await asyncio.sleep(0.01)
            return await load()

        place.loader.load = one_by_one  # type: ignore[method-assign]
        outcomes = await asyncio.gather(*(place.databases.open("shop") for _ in range(3)), return_exceptions=True)
        assert [type(one) for one in outcomes] == [Unavailable, type(None), type(None)]
        assert place.sessions == 2
        assert len(place.told) == len(place.tasks) == 1
        place.databases.planner(CALLER)
        for _ in range(2):
            place.databases.close("shop")
        await place.tasks[0]

    asyncio.run(story())


def test_nobody_comes_in_by_the_old_trust_while_it_is_read_anew() -> None:
    async def story() -> None:
        place = Place()
        await place.databases.open("shop")
        gate, load = asyncio.Event(), place.loader.load

        async def slow() -> Snapshot:
            await gate.wait()
            return await load()

        place.loader.load = slow  # type: ignore[method-assign]
        place.databases.trust(["eve"])
        await asyncio.sleep(0.05)  # the watch has begun
        late = asyncio.get_running_loop().create_task(place.databases.open("shop"))
        await asyncio.sleep(0.05)
        assert not late.done()
        place.loader.version = 2
        gate.set()
        await late
        snapshot = place.databases._known["shop"].snapshot
        assert snapshot is not None
        assert snapshot.version == 2
        for _ in range(2):
            place.databases.close("shop")
        await asyncio.gather(*place.tasks)

    asyncio.run(story())
