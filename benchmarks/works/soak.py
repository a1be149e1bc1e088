"""Hours of mixed load, and what the proxy's processes weigh meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from benchmarks import data
from benchmarks.measuring import TPS, Cell, Figure, Sample, Target, Work
from benchmarks.pgbench import run_pgbench, script
from benchmarks.stage import ANALYST, APP, CLERK, UNRESTRICTED, Stage
from benchmarks.wire import memory

EACH_SECONDS = 10.0
START, END, MOST = (Figure(f"RSS {what}, MB", "alone") for what in ("after a minute", "at the end", "at most"))
SLOPE = Figure("RSS growth in the second half, MB/hour", "alone")


def _soak(stage: Stage) -> Iterator[Cell]:
    options = stage.options
    seconds = max(1, round(options.minutes * 60))
    point = (*script("masked_point"), "-D", f"customers={options.customers}")
    mix = [word for name in ("new_order", "payment", "order_status", "delivery", "stock_level") for word in script(name)]
    sizes = ("-D", f"warehouses={options.warehouses}", "-D", f"people={data.people_each(stage)}")
    loads = (  # login, mode, clients, what: texts that repeat and texts that never do, short sessions and long ones
        (UNRESTRICTED, "prepared", 4, ("-b", "tpcb-like")),
        (ANALYST, "simple", 4, point),
        (ANALYST, "extended", 2, ("-C", *point)),
        (APP, "prepared", 2, (*script("card_point"), *script("card_insert"), "-D", f"rows={options.rows}")),
        (CLERK, "prepared", 4, (*mix, *sizes)),
    )

    def run(target: Target, login: str, mode: str, clients: int, what: Sequence[str]) -> Sample:
        return run_pgbench(stage, target.as_login(login), ("-n", *what), mode=mode, clients=clients, seconds=seconds)

    def measure(target: Target) -> Sample:
        series: list[tuple[float, float]] = []
        with ThreadPoolExecutor(len(loads)) as threads:
            begun = time.monotonic()
            running = [threads.submit(run, target, *one) for one in loads]
            try:
                while wait(running, timeout=0).not_done:
                    series.append((time.monotonic() - begun, memory(target.pid).rss / 2**20))
                    wait(running, timeout=min(EACH_SECONDS, seconds / 4))
            except BaseException:  # without the proxy pgbench ends too
                os.kill(target.pid, signal.SIGINT)
                raise
        samples = [one.result() for one in running]
        figures = {TPS: sum(one.figures[TPS] for one in samples), **weights(series)}
        return Sample(figures, sum(one.errors for one in samples), series)

    clients = sum(one[2] for one in loads)
    yield Cell(f"{options.minutes:g} minutes of mixed load, {clients} clients", stage.targets[-1:], measure)


def weights(series: list[tuple[float, float]]) -> dict[Figure, float]:
    """From (seconds, MB): the start is what it weighs after a minute, when caches and workers are there; the slope is that of
    the second half, by least squares."""
    values = [mb for _, mb in series]
    start = next((mb for at, mb in series if at >= 60), values[0])
    return {START: start, END: values[-1], MOST: max(values), SLOPE: slope(series[len(series) // 2 :]) * 3600}


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line nearest to the points; 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    x0, y0 = (sum(one[axis] for one in points) / len(points) for axis in (0, 1))
    wide = sum((x - x0) ** 2 for x, _ in points)
    return sum((x - x0) * (y - y0) for x, y in points) / wide if wide else 0.0


SOAK = Work(
    "soak", "mixed load for --minutes, memory of the proxy's processes; only when selected",
    [data.pgbench_tables, data.customers, data.cards, data.warehouses], _soak, rounds=1, is_default=False,
)  # fmt: skip
