"""pgbench's own scripts, a masked point read, a masked join, and a TPC-C-like mix: statements over many connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks import data
from benchmarks.measuring import Cell, Sample, Target, Work
from benchmarks.pgbench import MODES, run_pgbench, script
from benchmarks.stage import ANALYST, CLERK, CLERK_PLAIN, UNRESTRICTED, Stage


def pgbench_cell(
    stage: Stage, targets: Sequence[Target], what: str, arguments: Sequence[str], mode: str, clients: int
) -> Cell:
    """A cell for one script, mode and number of clients."""

    def measure(target: Target) -> Sample:
        return run_pgbench(stage, target, arguments, mode=mode, clients=clients)

    name = ", ".join(filter(None, (what, mode)))
    return Cell(f"{name}, {clients} client{'s' * (clients > 1)}", targets, measure, plot=(name, clients))


def _pgbench(stage: Stage) -> Iterator[Cell]:
    targets = stage.targets_as(UNRESTRICTED)
    for target in targets:
        stage.expect(target, "SELECT abalance, bid FROM pgbench_accounts WHERE aid = 1", (0, 1))
    for name in ("select-only", "tpcb-like"):
        vacuum = ("-n",) if name == "select-only" else ()  # tpcb-like: pgbench vacuums its small tables before each run
        for mode in MODES:
            default = (1, 8, 32, 100) if (name, mode) == ("select-only", "prepared") else (8,)
            for clients in stage.options.by_clients(default):
                yield pgbench_cell(stage, targets, name, (*vacuum, "-b", name), mode, clients)


def _masked_point(stage: Stage) -> Iterator[Cell]:
    targets = stage.targets_as(ANALYST)
    for target in targets:
        shown = ("王**", "138******16") if target.name == "maskgate" else ("王娜娜", "13800000016")
        stage.expect(target, "SELECT id, name, phone, city FROM customers WHERE id = 16", (16, *shown, "上海市"))
    arguments = ("-n", *script("masked_point"), "-D", f"customers={stage.options.customers}")
    for mode in ("prepared", "simple"):
        for clients in stage.options.by_clients((1, 8, 32)):
            yield pgbench_cell(stage, targets, "", arguments, mode, clients)


def _mix(stage: Stage) -> Iterator[Cell]:
    targets = stage.targets_as(CLERK, otherwise=CLERK_PLAIN)
    phone, card = data.phone_and_card(stage, 1, 1, 5)
    for target in targets:
        shown = ("李**", f"{phone[:3]}******{phone[-2:]}") if target.name == "maskgate" else ("李小明", phone)
        stage.expect(target, "SELECT name, phone, card FROM customer WHERE w_id = 1 AND d_id = 1 AND c_id = 5", (*shown, card))
    stage.expect(stage.direct, "SELECT count(*) FROM tpcc.customer WHERE octet_length(card) <= 16", (0,))  # they are sealed
    weights = {"new_order": 45, "payment": 43, "order_status": 4, "delivery": 4, "stock_level": 4}
    scripts = [word for name, weight in weights.items() for word in script(name, weight)]
    sizes = ("-D", f"warehouses={stage.options.warehouses}", "-D", f"people={data.people_each(stage)}")
    for mode in ("prepared", "simple") if stage.options.full else ("prepared",):
        for clients in stage.options.by_clients((1, 8, 32)):
            yield pgbench_cell(stage, targets, "", ("-n", *scripts, *sizes), mode, clients)


PGBENCH = Work("pgbench", "pgbench's select-only and tpcb-like, unrestricted caller", [data.pgbench_tables], _pgbench)
MASKED_POINT = Work(
    "masked-point", "one row with two masked columns by its key; p50 and p99 of 1 client", [data.customers], _masked_point
)
MIX = Work(
    "mix", "a TPC-C-like mix of five transactions: names and phones masked, cards encrypted", [data.warehouses], _mix
)
