"""Planning alone, in this process: how long a text takes to be judged the first time, and again (the longest are not kept).

The catalog is the server's, loaded once, with copies of one of its tables added until there are as many as wanted. Each cold
text differs from all others in a name, so that no cache can know it. Garbage is looked for as seldom as in a worker.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, repeat

from benchmarks import data
from benchmarks.measuring import P50, P99, Cell, Sample, Target, Work, percentile
from benchmarks.stage import ANALYST, DATABASE, UNRESTRICTED, Stage, StageError
from proxy.caller import Caller
from proxy.catalog.loader import load
from proxy.catalog.snapshot import Oid, Snapshot
from proxy.cli.policy import Policy, read_rules
from proxy.cli.worker import GARBAGE_THRESHOLDS
from proxy.plan import Plan
from proxy.planner import Planner
from proxy.policy.decide import is_system

LENGTHS = (45, 1_000, 10_000, 100_000)
TABLES = (10, 100, 1_000, 10_000)
PATH = ("pg_catalog", "public")
_MOST = 20_000  # plans of one cell: enough for a p99
_TARGETS = (Target("glass", login=UNRESTRICTED), Target("restricted", login=ANALYST))


def statement(length: int, number: int) -> str:
    """A statement of about `length` bytes over a masked column; `number` makes it unlike any other."""
    short = f"SELECT name FROM customers c{number:05} WHERE id=$1"
    if length <= len(short):
        return short
    count = (length - len(f"{short} OR id IN ()")) // len(", 10000")
    return f"{short} OR id IN ({', '.join(str(10_000 + n) for n in range(count))})"


def _planning(stage: Stage) -> Iterator[Cell]:
    policy = Policy(read_rules(stage.folder / "rules"), None)
    loaded = asyncio.run(load(stage.server.dsn(database=DATABASE), version=1))
    for tables, length in [(100, length) for length in LENGTHS] + [(tables, LENGTHS[0]) for tables in TABLES if tables != 100]:
        snapshot = of_size(loaded, tables)
        planners = {}
        for target in _TARGETS:
            caller = Caller(target.login, policy.role_of(target.login) or "", DATABASE, "benchmark")
            planners[target.name] = policy.planner_for(caller, snapshot)
        check(planners)
        for what, numbers in (("cold", count(1)), ("again", repeat(0))):
            name = f"{what}, {length:,} bytes, {tables:,} tables"
            yield Cell(name, _TARGETS, _timing(stage.options.seconds, planners, length, numbers))


def _timing(seconds: float, planners: dict[str, Planner], length: int, numbers: Iterator[int]) -> Callable[[Target], Sample]:
    def measure(target: Target) -> Sample:
        planner = planners[target.name]
        planner.plan(statement(length, 0), path=PATH)
        spent: list[float] = []
        with _garbage_as_in_a_worker():
            end = time.perf_counter() + seconds
            while time.perf_counter() < end and len(spent) < _MOST:
                text = statement(length, next(numbers))
                begun = time.perf_counter()
                planner.plan(text, path=PATH)
                spent.append((time.perf_counter() - begun) * 1e6)
        return Sample({P50: percentile(spent, 0.5), P99: percentile(spent, 0.99)})

    return measure


@contextmanager
def _garbage_as_in_a_worker() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def check(planners: dict[str, Planner]) -> None:
    """Raises StageError unless the one leaves a statement alone and the other masks it."""
    text = statement(LENGTHS[0], 0)
    for name, planner in planners.items():
        made = planner.plan(text, path=PATH)
        if not isinstance(made, Plan) or (made.text == text.encode()) != (name == "glass"):
            raise StageError(f"planning, {name}: {made}")


def of_size(loaded: Snapshot, tables: int) -> Snapshot:
    """The catalog with so many tables besides PostgreSQL's own: those it has, and copies of customers."""
    own = [one for one in loaded.relations.values() if one.kind == "r" and not is_system(one)]
    customers = loaded.relation("public", "customers")
    assert customers is not None
    first = max(loaded.relations) + 1
    copies = [replace(customers, oid=Oid(first + n), name=f"customers_{n}") for n in range(max(0, tables - len(own)))]
    return Snapshot.build(
        version=loaded.version, server_version_num=loaded.server_version_num, database=loaded.database,
        relations=(*loaded.relations.values(), *copies), types=loaded.types.values(), schemas=loaded.schemas.values(),
        functions=loaded.functions,
    )  # fmt: skip


PLANNING = Work("planning", "planning in process, cold and again, by length and size of catalog", [data.customers], _planning)
