"""The composition root: a `Config` becomes a running proxy, each room handed plain values.

The one place that knows the clock and the random source, and brings rules, key ring and query log together.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time

import uvloop
from rich.console import Console

from proxy.audit.sinks import FileLog
from proxy.cli.keys import open_keys
from proxy.cli.policy import Policy, read_rules
from proxy.config import Config, ConfigError
from proxy.crypto import Sealer
from proxy.errors import Unavailable
from proxy.server import Limits, Proxy, Upstream


def open_log(config: Config) -> FileLog:
    """The query log of the configuration. Close it after the proxy has stopped. Raises Unavailable (58030)."""
    return FileLog(config.log.folder, clock=time.time, segment_bytes=config.log.segment_bytes, mode=config.log.mode)


def open_policy(config: Config) -> tuple[Policy, Sealer | None]:
    """Rules and keys, checked. Raises ConfigError or Unavailable."""
    keyring = open_keys(config)
    sealer = None if keyring is None else Sealer(keyring, os.urandom)
    return Policy(read_rules(config.rules), sealer), sealer


def compose(config: Config, *, log: FileLog | None = None, policy: tuple[Policy, Sealer | None] | None = None) -> Proxy:
    """The proxy `config` describes, not yet started. Raises what its parts raise: rules, keys, log or a secret unfit."""
    rules, sealer = policy or open_policy(config)
    catalog = config.catalog
    return Proxy(
        upstream=Upstream(config.server.host, config.server.port, catalog.user, catalog.password(), catalog.database),
        role_of=rules.role_of,
        planner_for=rules.planner_for,
        log=log or open_log(config),
        clock=time.time,
        random=os.urandom,
        listen_host=config.listen.host,
        listen_port=config.listen.port,
        sealing=sealer,
        trusted_owners=(*config.trusted_owners, *rules.ruleset.trusted_owners),
        limits=Limits(startup_seconds=config.limits.startup_seconds, sessions=config.limits.sessions),
    )


async def start(proxy: Proxy, config: Config) -> None:
    """Listen. Raises Unavailable, naming the address, when somebody else has it."""
    try:
        await proxy.start()
    except OSError as error:
        place = f"{config.listen.host}:{config.listen.port}"
        raise Unavailable(f"cannot listen on {place}: {error.strerror or error}", sqlstate="08006") from None


def run_until_signal(config: Config) -> None:
    """Serve until SIGINT or SIGTERM, then end the sessions and close the log. SIGHUP reads the rules anew."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(config))


async def _serve(config: Config) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    stop, reload = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    policy = open_policy(config)
    log = open_log(config)
    try:
        proxy = compose(config, log=log, policy=policy)
        await start(proxy, config)
        try:
            server = f"{config.server.host}:{config.server.port}"
            place = f"{config.listen.host}:{proxy.port}"
            console.print(f"maskgate listens on {place} for PostgreSQL at {server}", markup=False)
            async with asyncio.TaskGroup() as tasks:
                reloading = tasks.create_task(_reload_when_told(reload, config, policy[0], proxy))
                await stop.wait()
                reloading.cancel()
        finally:
            await proxy.stop()
    finally:
        log.close()


async def _reload_when_told(told: asyncio.Event, config: Config, policy: Policy, proxy: Proxy) -> None:
    """A folder with a mistake changes nothing: the old rules stay."""
    logger = logging.getLogger("maskgate")
    while True:
        await told.wait()
        told.clear()
        try:
            policy.replace_rules(read_rules(config.rules))
        except ConfigError as error:
            logger.error("the old rules stay: %s", error.message)
            continue
        await proxy.reload_rules(policy.role_of, policy.planner_for)
        logger.info("rules %s are in force", policy.ruleset.version[:12])
