"""The sample shop behind a proxy, once per worker and PostgreSQL version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proxy.cli.embedded import EmbeddedServer
from tests.integration.desk import Desk, desk_of
from tests.integration.drivers import MANY_ROWS
from tests.shop import Place, shop_place
from tests.twin import Twin, twin_of


@pytest.fixture(scope="session")
def shop(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """On each version. Tests leave the rows as they found them, or work in rows of their own."""
    with shop_place(server, tmp_path_factory.mktemp(f"shop{server.version}") / "proxy") as place:
        yield place


@pytest.fixture(scope="session")
def newest_shop(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """On the newest version only."""
    with shop_place(newest_server, tmp_path_factory.mktemp("newest") / "proxy") as place:
        yield place


@pytest.fixture(scope="session")
def twin(server: EmbeddedServer, shop: Place) -> Iterator[Twin]:
    """What each caller of `shop` is shown, as plain tables: ask the same of both. Leave the rows as they were."""
    with twin_of(server, shop) as made:
        yield made


@pytest.fixture(scope="session")
def desk(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A small shop that restricted callers may write to, on each version. Leave the rows as they were."""
    with desk_of(server, tmp_path_factory.mktemp(f"desk{server.version}") / "proxy") as made:
        yield made


@pytest.fixture(scope="session")
def driven(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The same on the newest version only, with a limit above big results: what the tests of single drivers talk to."""
    with desk_of(newest_server, tmp_path_factory.mktemp("driven") / "proxy", MANY_ROWS + 1) as made:
        yield made
