"""`maskgate demo`: a PostgreSQL of its own, the sample shop, the proxy in front, and the tour.

Everything lives in one folder: `pg/` (the server's data), `keys/`, `log/` and the `proxy.yaml` the proxy was started from,
so that the other commands work on a running demo. The folder is temporary, and gone at the end, unless one is named.
Passwords are made at random on each run; they are printed because the demo listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import uvloop
from rich.console import Console

from proxy.cli.demo.data import Shop
from proxy.cli.demo.load import ANALYST, APP, DATABASE, OWNER, create_logins, insert_cards, load_shop, set_passwords
from proxy.cli.demo.progress import Progress
from proxy.cli.demo.tour import Stage, tour
from proxy.cli.embedded import EmbeddedServer, EmbeddedServerError, installations
from proxy.cli.serve import compose, open_log, start
from proxy.cli.shipped import rules_folder
from proxy.config import ConfigError, load_config
from proxy.crypto import providers

_HOST, _PORT = "127.0.0.1", 6543
_SUPERUSER = "postgres"
_LOGINS = (ANALYST, APP, OWNER)


def run_demo(*, once: bool, port: int | None, folder: Path | None, customers: int) -> bool:
    """Run it to its end (`once`) or until Ctrl-C; True when the tour saw everything it promises."""
    console = Console(highlight=False)
    started = time.monotonic()
    with _folder(folder) as place:
        progress = Progress(console)
        server = _start_server(place, progress, durable=folder is not None)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                work = _demo(place, server, console, progress, started, once=once, port=port, customers=customers)
                return runner.run(work)
        except asyncio.CancelledError:  # a signal before the tour was over
            raise KeyboardInterrupt from None
        finally:
            server.stop()


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named is not None:
        place = named.absolute()
        if place.is_dir() and any(place.iterdir()) and not _is_loaded(place):
            raise ConfigError(f"{place} is not empty and holds no finished demo", hint="Name an empty folder.")
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield place
        return
    place = Path(tempfile.mkdtemp(prefix="maskgate-demo-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _is_loaded(place: Path) -> bool:
    return (place / "loaded").is_file()


def _start_server(place: Path, progress: Progress, *, durable: bool) -> EmbeddedServer:
    found = installations()
    bin_dir = found.get(18)
    if bin_dir is None:
        raise EmbeddedServerError(f"the demo needs PostgreSQL 18; found: {', '.join(map(str, found)) or 'none'}")
    data_dir = place / "pg"
    with progress.step("PostgreSQL 18"):
        if _is_loaded(place):
            password = (place / "catalog.password").read_text(encoding="utf-8").strip()
            server = EmbeddedServer.attach(data_dir, bin_dir, superuser=_SUPERUSER, password=password)
            if server.is_running():
                raise EmbeddedServerError(f"a demo is running on {place} already")
            server.start()
            return server
        password = _new_password()
        _write_secret(place / "catalog.password", password)
        try:
            # A server that lives as long as the tour has nothing to save from a power cut.
            settings = {} if durable else {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
            return EmbeddedServer.create(data_dir, bin_dir, superuser=_SUPERUSER, password=password, settings=settings)
        except BaseException:
            with suppress(OSError, EmbeddedServerError):  # Ctrl-C while it was starting
                EmbeddedServer.attach(data_dir, bin_dir, superuser=_SUPERUSER, password=password).stop()
            raise


async def _demo(
    place: Path,
    server: EmbeddedServer,
    console: Console,
    progress: Progress,
    started: float,
    *,
    once: bool,
    port: int | None,
    customers: int,
) -> bool:
    _cancel_on_signals()
    passwords = {login: _new_password() for login in _LOGINS}
    is_new = not _is_loaded(place)
    shop = Shop(customers) if is_new else None
    if shop is not None:
        await _load(server, shop, passwords, progress)
        providers.create(place / "keys" / "ring.json", place / "keys" / "master.key")
    else:
        superuser = await asyncpg.connect(server.dsn())
        await set_passwords(superuser, passwords)
        await superuser.close()
    config_file = _write_config(place, server, _choose_port(port))
    config = load_config(config_file)
    log = open_log(config)
    try:
        proxy = compose(config, log=log)
        await start(proxy, config)
    except BaseException:
        log.close()
        raise
    try:
        stage = Stage(_HOST, proxy.port, DATABASE, passwords, server.dsn(database=DATABASE), place / "log")
        if shop is not None:
            app = await stage.connect(APP)
            with progress.rows("payment_cards, through the proxy") as report:
                await insert_cards(app, shop.cards(), report)
            await app.close()
            (place / "loaded").touch()
        console.print(f"\nReady in {time.monotonic() - started:.0f} s.", style="bold")
        _print_connections(console, stage, config_file)
        kept = await tour(stage, console)
        if not once:
            console.print("\nThe proxy and the server stay up. Ctrl-C ends them.", style="bold")
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return kept
    finally:
        await proxy.stop()
        log.close()


def _cancel_on_signals() -> None:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101  (we are inside one)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)


async def _load(server: EmbeddedServer, shop: Shop, passwords: Mapping[str, str], progress: Progress) -> None:
    superuser = await asyncpg.connect(server.dsn())
    await create_logins(superuser, passwords)
    await superuser.close()
    superuser = await asyncpg.connect(server.dsn(database=DATABASE))
    with progress.rows("tables") as report:
        await load_shop(superuser, shop, report)
    await superuser.close()


def _write_config(place: Path, server: EmbeddedServer, port: int) -> Path:
    """The file `serve` would be given. JSON strings are YAML strings, whatever the path holds."""
    path = place / "proxy.yaml"
    lines = [
        f"listen: {{host: {_HOST}, port: {port}}}",
        f"server: {{host: {server.host}, port: {server.port}}}",
        f"catalog: {{user: {_SUPERUSER}, database: {DATABASE}, password_file: catalog.password}}",
        f"rules: {json.dumps(str(rules_folder('ecommerce')))}",
        "keys: {ring: keys/ring.json, master_file: keys/master.key}",
        "log: {folder: log}",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _choose_port(asked: int | None) -> int:
    """The port asked for; else 6543 if nobody has it, else any (0)."""
    if asked is not None:
        return asked
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, _PORT))
        except OSError:
            return 0
    return _PORT


def _print_connections(console: Console, stage: Stage, config_file: Path) -> None:
    console.print("\nConnect with any driver or tool:")
    whats = {ANALYST: "analyst: masked", APP: "the shop itself: decrypted", OWNER: "owner of the database: as stored"}
    for login in _LOGINS:
        console.print(f"  psql {stage.dsn(login)}   [dim]{whats[login]}[/dim]", soft_wrap=True)
    console.print(
        "Masks run as ana's own database role, so in production pg_hba.conf must let her in from the proxy only;\n"
        "`maskgate check` says where it does not."
    )
    console.print(f"\nOther commands on this demo: maskgate check -c {config_file}", soft_wrap=True)


def _new_password() -> str:
    return secrets.token_hex(12)  # no character a shell or a URI would want quoted


def _write_secret(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret + "\n", encoding="utf-8")
