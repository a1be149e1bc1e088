"""What connections cost: memory of idle ones, logging in, and clients that are slow, gone or hostile; as a Markdown table.

PostgreSQL has room for all connections: they are real backends. Memory is that of the proxy's processes, from
/proc/PID/smaps_rollup. The callers are `load`, who is not restricted, and `ana`, who sees masked columns. Direct and proxied
logins take turns.

    make bench-connections                  0, 500 and 2,000 idle connections, 10 s a measurement: about 4 minutes
    make bench-connections ARGS="--connections 20 --seconds 1"
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks import data
from benchmarks.measuring import Options, percentile
from benchmarks.stage import ANALYST, UNRESTRICTED, Stage, StageError, staged
from benchmarks.wire import HOST, Client, Login, Memory, fill, many, memory, timed
from proxy.cli.embedded import EmbeddedServerError
from proxy.wire import messages as m

RATE = 200  # logins a second
TOGETHER = 8  # logins at once, where they come as fast as they can
FIRST = 16  # connections before what is weighed: they come to every worker, which then has catalog, rules and a plan
_ANSWER = "SELECT g, repeat('x', 100) FROM generate_series(1, {rows}) g"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    measured: str


def mb(count: float) -> str:
    return f"{count / 2**20:,.1f} MB"


def ms(values: list[float]) -> str:
    return f"p50 {percentile(values, 0.5) * 1000:.1f} ms, p99 {percentile(values, 0.99) * 1000:.1f} ms"


async def idle(stage: Stage, counts: list[int]) -> AsyncIterator[Row]:
    """Memory of the proxy with so many idle connections, by caller."""
    for user in (UNRESTRICTED, ANALYST):
        login = stage.logins[user]
        with stage.maskgate(sessions=counts[-1] + 50) as target:
            async with many() as clients:
                base: Memory | None = None
                for count in counts:
                    await fill(clients, target.port, login, count)
                    if not clients:  # what the first statements load is no connection's
                        async with many() as first:
                            await fill(first, target.port, login, FIRST)
                    now = memory(target.pid)
                    base = base or now
                    each = f"; {(now.pss - base.pss) / 1024 / count:.0f} KB each" if count else ""
                    yield Row(f"{count:,} idle, {user}", f"RSS {mb(now.rss)}, PSS {mb(now.pss)}{each}")


async def logging_in(stage: Stage, seconds: float) -> AsyncIterator[Row]:
    """As many as there can be, and at a steady rate; direct and through the proxy by turns."""
    login = stage.logins[UNRESTRICTED]
    with stage.maskgate(sessions=500) as proxy:
        targets = {"direct": stage.server.port, "proxy": proxy.port}
        for port in targets.values():
            await timed(port, login)
        slices = max(2, round(seconds / 2))
        fast: dict[str, list[float]] = {name: [] for name in targets}
        steady: dict[str, list[float]] = {name: [] for name in targets}
        failed = dict.fromkeys(targets, 0)
        for _ in range(slices):
            for name, port in targets.items():
                fast[name] += await as_fast_as_can_be(port, login, seconds / slices)
        for _ in range(slices):
            for name, port in targets.items():
                spent, errors = await _at_a_rate(port, login, seconds / slices)
                steady[name] += spent
                failed[name] += errors
        for name in targets:
            yield Row(f"logins, {TOGETHER} at once, {name}", f"{len(fast[name]) / seconds:,.0f} a second; {ms(fast[name])}")
        for name in targets:
            yield Row(f"{RATE} logins a second, {name}", f"{ms(steady[name])}; {len(steady[name]):,} in, {failed[name]} failed")


async def as_fast_as_can_be(port: int, login: Login, seconds: float) -> list[float]:
    """Seconds of each login, TOGETHER at a time."""
    end = time.perf_counter() + seconds

    async def one_after_the_other() -> list[float]:
        found = []
        while time.perf_counter() < end:
            found.append(await timed(port, login))
        return found

    return [spent for some in await asyncio.gather(*(one_after_the_other() for _ in range(TOGETHER))) for spent in some]


async def _at_a_rate(port: int, login: Login, seconds: float) -> tuple[list[float], int]:
    """A late one does not keep the next from coming: latencies count from when each was due."""
    begun = time.perf_counter()

    async def due(at: float) -> float | None:
        await asyncio.sleep(max(0.0, begun + at - time.perf_counter()))
        try:
            await timed(port, login)
        except OSError:
            return None
        return time.perf_counter() - begun - at

    found = await asyncio.gather(*(due(n / RATE) for n in range(max(1, round(seconds * RATE)))))
    good = [spent for spent in found if spent is not None]
    return good, len(found) - len(good)


async def slow(stage: Stage, seconds: float, rows: int) -> AsyncIterator[Row]:
    """A client asks for many rows and reads none for a while; memory must not grow with them."""
    for user in (UNRESTRICTED, ANALYST):
        with stage.maskgate(sessions=50) as target:
            client = await Client.connect(target.port, stage.logins[user], buffer_bytes=4096)
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            before = peak = memory(target.pid).pss
            client.ask(_ANSWER.format(rows=rows))
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                await asyncio.sleep(0.1)
                peak = max(peak, memory(target.pid).pss)
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            count = await client.rows()
            await client.close()
        measured = f"PSS {mb(before)}, at most {mb(peak)}; then {count:,} rows arrive"
        yield Row(f"{rows:,} rows, {user} reads nothing for {seconds:g} s", measured)


async def gone(stage: Stage, seconds: float, count: int, rows: int) -> AsyncIterator[Row]:
    """Clients that stop in the middle of an answer and never close: the others go on as before."""
    login = stage.logins[UNRESTRICTED]
    with stage.maskgate(sessions=count + 50) as target:
        before, alone = memory(target.pid).pss, await _statements(target.port, login, seconds / 2)
        async with many() as clients:
            await fill(clients, target.port, login, count)
            for client in clients:
                client.writer.transport.pause_reading()  # type: ignore[attr-defined]
                client.ask(_ANSWER.format(rows=rows))
            among = await _statements(target.port, login, seconds / 2)
            after = memory(target.pid).pss
            for client in clients:
                client.writer.transport.abort()
            clients.clear()
    yield Row(
        f"{count:,} clients stop while rows come",
        f"{(after - before) / 1024 / count:.0f} KB each; a statement of another: {ms(alone)} before, {ms(among)} then",
    )


async def _statements(port: int, login: Login, seconds: float) -> list[float]:
    client = await Client.connect(port, login)
    found: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        client.ask("SELECT 1")
        await client.rows()
        found.append(time.perf_counter() - begun)
    await client.close()
    return found


async def slowloris(stage: Stage, seconds: float, count: int) -> AsyncIterator[Row]:
    """Sockets that send a byte a second and never finish the start-up packet: others log in, and these are let go in time."""
    login = stage.logins[UNRESTRICTED]
    with stage.maskgate(sessions=count + 50, startup_seconds=seconds) as target:
        await timed(target.port, login)
        before = memory(target.pid).pss

        async def drip() -> float:
            packet = m.StartupMessage((3, 0), {"user": "x" * 4_000}).to_bytes()
            begun = time.perf_counter()
            reader, writer = await asyncio.open_connection(HOST, target.port)
            ended = asyncio.ensure_future(reader.read())
            for byte in packet:
                with contextlib.suppress(OSError):
                    writer.write(bytes((byte,)))
                await asyncio.wait({ended}, timeout=1.0)
                if ended.done():
                    break
            writer.close()
            with contextlib.suppress(OSError):
                ended.result()
            return time.perf_counter() - begun

        drips = [asyncio.ensure_future(drip()) for _ in range(count)]
        found: list[float] = []
        end = time.perf_counter() + seconds * 0.8
        while time.perf_counter() < end:
            found.append(await timed(target.port, login))
        each = (memory(target.pid).pss - before) / 1024 / count
        spent = await asyncio.gather(*drips)
    yield Row(
        f"{count:,} sockets send a byte a second, startup_seconds {seconds:g}",
        f"others log in: {ms(found)}; let go after {min(spent):.1f} to {max(spent):.1f} s; {each:.0f} KB each",
    )


# --- all of it


async def measured(stage: Stage, options: argparse.Namespace) -> None:
    """Print each row as it is known."""
    most = options.connections
    counts = [0, *sorted({max(1, most // 4), most})]
    parts = {
        "idle": lambda: idle(stage, counts),
        "logins": lambda: logging_in(stage, options.seconds),
        "slow": lambda: slow(stage, options.seconds, options.rows),
        "gone": lambda: gone(stage, options.seconds, max(1, min(50, most)), options.rows),
        "slowloris": lambda: slowloris(stage, max(2.0, options.seconds), max(1, most // 4)),
    }
    for name in options.only:
        async for row in parts[name]():
            print(f"| {row.what} | {row.measured} |", flush=True)


PARTS = ("idle", "logins", "slow", "gone", "slowloris")


def main(arguments: list[str] | None = None) -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement (default 10)")
    parser.add_argument("--connections", type=int, default=2_000, help="the most there are at once (default 2,000)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of an answer that is not read (default 1,000,000)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args(arguments)
    try:
        with staged(Options(customers=1_000, idle=options.connections), [data.customers]) as stage:
            machine = f"{os.cpu_count()} cores shared by all, on loopback"
            print(f"PostgreSQL {stage.server.version}, Python {platform.python_version()}, {machine}\n")
            print("| what | measured |\n| --- | --- |", flush=True)
            asyncio.run(measured(stage, options))
    except (StageError, EmbeddedServerError) as error:
        sys.exit(f"benchmarks: {error}")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    sys.exit(main())
