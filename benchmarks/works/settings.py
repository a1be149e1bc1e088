"""What safety costs: the modes of the query log, and the export guard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import get_args

from benchmarks import data
from benchmarks.measuring import Cell, Work
from benchmarks.pgbench import script
from benchmarks.stage import ANALYST, GUARDED, UNRESTRICTED, Stage
from benchmarks.wire import query
from benchmarks.works.load import pgbench_cell
from benchmarks.works.rows import bulk_cell
from proxy.config import Log


def _log_modes(stage: Stage) -> Iterator[Cell]:
    others = stage.targets_as(UNRESTRICTED)[:-1]
    with ExitStack() as stack:
        ours = [
            stack.enter_context(stage.maskgate(f"log {mode}", log_mode=mode)).as_login(UNRESTRICTED)
            for mode in get_args(Log.model_fields["mode"].annotation)
        ]
        for name in ("select-only", "tpcb-like"):
            for clients in stage.options.by_clients((1, 8)):
                yield pgbench_cell(stage, (*others, *ours), name, ("-n", "-b", name), "prepared", clients)


def _export_guard(stage: Stage) -> Iterator[Cell]:
    *others, maskgate = stage.targets_as(ANALYST)
    targets = (*others, replace(maskgate, name="no limit"), replace(maskgate, name="row limit", login=GUARDED))
    for target in targets[len(others) :]:
        stage.expect(target, "SELECT id, name FROM events WHERE id = 16", (16, "王**"))
    arguments = ("-n", *script("masked_point"), "-D", f"customers={stage.options.customers}")
    for clients in stage.options.by_clients((1, 8)):
        yield pgbench_cell(stage, targets, "masked-point", arguments, "prepared", clients)
    rows = stage.options.rows
    yield bulk_cell(stage, f"SELECT, {rows:,} rows", targets, query("SELECT id, name FROM events"), f"SELECT {rows}")


LOG_MODES = Work("log-modes", "the query log in each of its modes", [data.pgbench_tables], _log_modes)
EXPORT_GUARD = Work(
    "export-guard", "callers with a limit of rows and without", [data.customers, data.events], _export_guard
)
