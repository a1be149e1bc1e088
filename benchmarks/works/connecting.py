"""Logging in, and what an idle connection weighs in a proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from benchmarks import data
from benchmarks.connections import FIRST, TOGETHER, as_fast_as_can_be
from benchmarks.measuring import Cell, Figure, Sample, Target, Work, percentile
from benchmarks.stage import ANALYST, UNRESTRICTED, Stage
from benchmarks.wire import fill, many, memory

LOGINS_PER_SECOND = Figure("logins/s", "ratio")
P50_MS, P99_MS = Figure("p50, ms", "added"), Figure("p99, ms", "added")
KB_EACH, MB_BEFORE = Figure("PSS of each, KB", "alone"), Figure("PSS before, MB", "alone")


def _connections(stage: Stage) -> Iterator[Cell]:
    seconds, count = stage.options.seconds, stage.options.idle

    def logins(target: Target) -> Sample:
        spent = asyncio.run(as_fast_as_can_be(target.port, stage.logins[target.login], seconds))
        figures = {LOGINS_PER_SECOND: len(spent) / seconds}
        return Sample(figures | {P50_MS: percentile(spent, 0.5) * 1000, P99_MS: percentile(spent, 0.99) * 1000})

    def idle(target: Target) -> Sample:
        """At a proxy of its own: one that had connections before has room for new ones."""
        with stage.maskgate() if target.name == "maskgate" else stage.pgbouncer() as fresh:
            return asyncio.run(_idle(stage, fresh.as_login(target.login), count))

    yield Cell(f"logins, {TOGETHER} at once", stage.targets_as(UNRESTRICTED), logins)
    for login, who in ((UNRESTRICTED, "unrestricted"), (ANALYST, "masked")):
        targets = [one for one in stage.targets_as(login)[1:] if one.name != "relay"]
        yield Cell(f"{count:,} idle connections, {who}", targets, idle)


async def _idle(stage: Stage, target: Target, count: int) -> Sample:
    login = stage.logins[target.login]
    async with many() as clients:
        await fill(clients, target.port, login, FIRST)
        before = memory(target.pid).pss
        await fill(clients, target.port, login, FIRST + count)
        now = memory(target.pid).pss
    return Sample({KB_EACH: (now - before) / count / 1024, MB_BEFORE: before / 2**20})


CONNECTIONS = Work("connections", "logins a second, and memory of idle connections", [data.customers], _connections)
