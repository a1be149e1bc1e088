"""The world of canaries, once per worker and PostgreSQL version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from proxy.cli.embedded import EmbeddedServer, installations
from tests.conftest import _folder
from tests.leak.oracle_world import OracleWorld, oracle_world
from tests.leak.world import World, world
from tests.servers import shared_server


@pytest.fixture(scope="session")
def world_on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], World]]:
    """The world on a server of that major version (0: the newest); skips when there is none."""
    made: dict[int, World] = {}
    with ExitStack() as stack:

        def get(version: int) -> World:
            version = version or max(installations())
            if version not in installations():
                pytest.skip(f"no PostgreSQL {version} here")
            if version not in made:
                server: EmbeddedServer = shared_server(request.config.stash[_folder], version)
                made[version] = stack.enter_context(world(server, tmp_path_factory.mktemp(f"leak{version}")))
            return made[version]

        yield get


@pytest.fixture
def newest_world(world_on: Callable[[int], World]) -> World:
    """On the newest version."""
    return world_on(0)


@pytest.fixture(scope="session")
def oracle_on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], OracleWorld]]:
    """The shop of the oracles (`oracle_world`), once per worker and major version."""
    made: dict[int, OracleWorld] = {}
    with ExitStack() as stack:

        def get(version: int) -> OracleWorld:
            if version not in made:
                server = shared_server(request.config.stash[_folder], version)
                made[version] = stack.enter_context(oracle_world(server, tmp_path_factory.mktemp(f"oracle{version}")))
            return made[version]

        yield get
