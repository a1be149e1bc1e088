"""Fixtures every test may ask for: `server` and `database` on each PostgreSQL of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from proxy.cli.embedded import EmbeddedServer, installations
from tests.servers import Database, full_versions, new_database, new_folder, shared_server, stop_all

settings.register_profile("maskgate", deadline=None)  # other tests run beside: how long one example takes says nothing
settings.load_profile("maskgate")

_folder = pytest.StashKey[Path]()
_VERSIONS = sorted(installations())


def pytest_configure(config: pytest.Config) -> None:
    """The process that was started by hand owns the folder; xdist's workers are told where it is."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    config.stash[_folder] = new_folder() if workerinput is None else Path(workerinput["server_folder"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: called in the owner for each worker."""
    node.workerinput["server_folder"] = str(node.config.stash[_folder])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last thing the owner does, after its workers have ended."""
    if not hasattr(config, "workerinput") and _folder in config.stash:
        stop_all(config.stash[_folder])


def pytest_report_header() -> str:
    """What we run on."""
    return "PostgreSQL: " + (", ".join(full_versions()) or "none found")


@pytest.fixture(scope="session", params=_VERSIONS, ids=[f"pg{version}" for version in _VERSIONS])
def server(request: pytest.FixtureRequest) -> EmbeddedServer:
    """A running server, shared with the other tests: change nothing that outlives the test; never stop it."""
    return shared_server(request.config.stash[_folder], request.param)


@pytest.fixture(scope="session")
def newest_server(request: pytest.FixtureRequest) -> EmbeddedServer:
    """The newest version only, for what does not depend on the version."""
    return shared_server(request.config.stash[_folder], _VERSIONS[-1])


@pytest.fixture
def database(server: EmbeddedServer) -> Iterator[Database]:
    """A fresh database on each version."""
    made = new_database(server)
    yield made
    made.drop()
