"""The sample shop behind a running proxy, small: what the integration tests speak to with real drivers.

The proxy runs in a thread of the test process, on uvloop, composed from a proxy.yaml as `maskgate serve` does it. The three
logins belong to the whole server, so they are made once, under a lock, with the same passwords for every worker.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import asyncpg
import orjson
import uvloop

from proxy.audit.sinks import read_lines, segments
from proxy.cli.demo.data import Card, Shop
from proxy.cli.demo.load import ANALYST, APP, OWNER, insert_cards, load_shop
from proxy.cli.embedded import EmbeddedServer
from proxy.cli.serve import compose, open_policy
from proxy.cli.shipped import rules_folder
from proxy.config import load_config
from proxy.crypto import providers
from proxy.server import Proxy
from proxy.wire.auth import Verifier
from tests.servers import Database, new_database

LOGINS = {ANALYST: "ana's own", APP: "app-secret", OWNER: "dba-secret"}
CUSTOMERS = 300
T = TypeVar("T")


class RunningProxy:
    """A proxy with a loop and a thread of its own. `call` runs a coroutine on its loop."""

    def __init__(self, config_file: Path) -> None:
        self.config = load_config(config_file)
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self.proxy: Proxy = self.call(self._start())

    async def _start(self) -> Proxy:
        policy = open_policy(self.config)
        self.policy = policy[0]
        proxy = compose(self.config, policy=policy)
        await proxy.start()
        return proxy

    @property
    def host(self) -> str:
        return self.config.listen.host

    @property
    def port(self) -> int:
        return self.proxy.port

    def call(self, work: Coroutine[Any, Any, T], timeout_s: float = 30.0) -> T:
        """The coroutine's result, from the proxy's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def ask(self, question: Callable[[], T], timeout_s: float = 30.0) -> T:
        """The answer of a plain function, run on the proxy's own loop."""

        async def run() -> T:
            return question()

        return self.call(run(), timeout_s)

    def stop(self) -> None:
        """End the sessions, the loop and the thread."""
        self.call(self.proxy.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def events(self, **wanted: object) -> list[dict[str, Any]]:
        """Every event of the query log whose fields are as wanted, oldest first."""
        found = []
        for segment in [one for lane in segments(self.config.log.folder).values() for one in lane]:
            for line in read_lines(segment):
                event = orjson.loads(line)
                if all(event.get(key) == value for key, value in wanted.items()):
                    found.append(event)
        return found


@dataclass
class Place:
    """A shop and its proxy. `dsn` goes through the proxy, `direct` does not."""

    database: Database
    running: RunningProxy
    folder: Path
    shop: Shop
    cards: list[Card] = field(default_factory=list)

    @property
    def version(self) -> int:
        return self.database.version

    def dsn(self, login: str, password: str | None = None, database: str | None = None) -> str:
        secret = quote(LOGINS[login] if password is None else password, safe="")
        name = self.database.name if database is None else database
        return f"postgresql://{login}:{secret}@{self.running.host}:{self.running.port}/{name}"

    def direct(self, login: str) -> str:
        return self.database.dsn(login, LOGINS[login])


def write_config(folder: Path, server: EmbeddedServer, database: str, /, **more: str) -> Path:
    """proxy.yaml with keys and a catalog password beside it; `more` adds or replaces whole top-level lines."""
    folder.mkdir(parents=True, exist_ok=True)
    password = folder / "catalog.password"
    password.touch(mode=0o600)
    password.write_text(server.password + "\n")
    if not (folder / "keys").exists():
        providers.create(folder / "keys" / "ring.json", folder / "keys" / "master.key")
    sections = {
        "listen": "{host: 127.0.0.1, port: 0}",
        "server": f"{{host: {server.host}, port: {server.port}}}",
        "catalog": f"{{user: {server.superuser}, database: {database}, password_file: catalog.password}}",
        "rules": json.dumps(str(rules_folder("ecommerce"))),
        "keys": "{ring: keys/ring.json, master_file: keys/master.key}",
        "log": "{folder: log}",
        "workers": "1",
        **more,
    }
    path = folder / "proxy.yaml"
    path.write_text("".join(f"{name}: {text}\n" for name, text in sections.items()))
    return path


def make_logins(server: EmbeddedServer) -> None:
    """ana, shop_app and dba on this server, once."""

    async def make() -> None:
        superuser = await asyncpg.connect(server.dsn())
        try:
            for login, password in LOGINS.items():
                verifier = Verifier.make(password, b"0123456789abcdef").to_text()
                known = await superuser.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", login)
                if not known:
                    await superuser.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{verifier}'")
        finally:
            await superuser.close()

    lock = server.data_dir.parent / f"{server.data_dir.name}.logins"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        asyncio.run(make())


@contextmanager
def shop_place(server: EmbeddedServer, folder: Path, customers: int = CUSTOMERS) -> Iterator[Place]:
    """A database with the shop in it, its cards inserted through the proxy."""
    make_logins(server)
    database = new_database(server)
    shop = Shop(customers)

    async def load() -> None:
        superuser = await asyncpg.connect(database.dsn())
        await superuser.execute(f'ALTER DATABASE "{database.name}" OWNER TO {OWNER}')
        await load_shop(superuser, shop, lambda *_: None)
        await superuser.close()

    asyncio.run(load())
    running = RunningProxy(write_config(folder, server, database.name))
    try:
        place = Place(database, running, folder, shop, shop.cards())

        async def cards() -> None:
            app = await asyncpg.connect(place.dsn(APP))
            await insert_cards(app, place.cards, lambda *_: None)
            await app.close()

        asyncio.run(cards())
        yield place
    finally:
        running.stop()
        database.drop()
