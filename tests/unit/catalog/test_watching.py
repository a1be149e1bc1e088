"""Whether a catalog has changed is asked until the change is read: a reading that failed is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from proxy.catalog import loader as loading
from proxy.catalog.loader import Loader
from proxy.catalog.snapshot import Snapshot
from proxy.errors import Unavailable


class Server:
    """Answers a Loader's questions; no transaction is ever open."""

    def __init__(self) -> None:
        self.fingerprint, self.xid, self.is_locked = 1, 5, False

    async def ask(self, question: Callable[..., Any]) -> Any:
        if question is loading._fingerprint:
            return (self.fingerprint,)
        if question is loading._horizon:
            return (self.xid, self.xid)
        if self.is_locked:
            raise Unavailable("the catalog is locked", sqlstate="57P03")
        return Snapshot.build(version=1, server_version_num=180000, database=f"d{self.fingerprint}", relations=(), types=(),
                              schemas=(), functions=())  # fmt: skip

    def ddl(self) -> None:
        self.fingerprint, self.xid = self.fingerprint + 1, self.xid + 1


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> tuple[Server, Loader]:
    server, loader = Server(), Loader("postgresql://nobody")
    monkeypatch.setattr(loader, "_ask", server.ask)
    return server, loader


def test_a_change_that_could_not_be_read_is_seen_again(place: tuple[Server, Loader]) -> None:
    async def story() -> None:
        server, loader = place
        await loader.load()
        assert not await loader.has_changed()
        server.ddl()
        server.is_locked = True
        for _ in range(3):
            assert await loader.has_changed()
            with pytest.raises(Unavailable):
                await loader.load()
        server.is_locked = False
        assert await loader.has_changed()
        assert (await loader.load()).database == "d2"
        assert not await loader.has_changed()

    asyncio.run(story())


def test_asking_does_not_use_a_change_up(place: tuple[Server, Loader]) -> None:
    async def story() -> None:
        server, loader = place
        await loader.load()
        assert not await loader.has_changed()
        server.ddl()
        assert [await loader.has_changed() for _ in range(3)] == [True] * 3

    asyncio.run(story())
