"""`python -m benchmarks`, which `make bench` runs: works measured side by side, and a report of them."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg

from benchmarks.measuring import Options
from benchmarks.report import Report, machine
from benchmarks.stage import StageError, staged, with_proxies
from benchmarks.works import WORKS
from proxy.cli.embedded import EmbeddedServerError

_QUICK = Options(seconds=1, rounds=1, rows=20_000, customers=5_000, scale=1, warehouses=1, idle=20, minutes=0.2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 1 when a transaction or a work failed, 2 when nothing could be measured."""
    said = vars(_parser().parse_args(arguments))
    names = said.pop("only")
    if said.pop("list"):
        print("\n".join(f"{work.name:<14} {work.title}" for work in WORKS.values()))
        return 0
    options = replace(_QUICK if said["quick"] else Options(), **said)
    works = [work for work in WORKS.values() if (work.name in names if names else work.is_default)]
    try:
        needs = [need for work in works for need in work.needs]
        with staged(options, needs) as stage, with_proxies(stage):
            if stage.pgbouncer_program is None:
                _tell("no pgbouncer found (--pgbouncer PATH): measured without")
            report = Report(machine(stage), options)
            for work in works:
                try:
                    for one in work.run(stage, _tell):
                        report.measured.append(one)
                        report.write(options.folder)  # what is known so far outlives whatever stops a long run
                except (StageError, psycopg.Error, OSError) as error:  # the others can still be measured
                    report.failed[work.name] = f"{type(error).__name__}: {error}".strip()
                    _tell(f"{work.name}: {report.failed[work.name]}")
            report.write(options.folder)
    except (StageError, EmbeddedServerError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    print(report.markdown(), end="")
    return 1 if report.errors or report.failed else 0


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    """What is not said is left out, so that --quick changes the defaults only."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, argument_default=argparse.SUPPRESS, allow_abbrev=False
    )
    add, default = parser.add_argument, Options()
    add("--list", action="store_true", default=False, help="say what there is to measure, and end")
    add("--only", nargs="+", choices=tuple(WORKS), metavar="NAME", default=(), help="these works; else all but soak")
    add("--quick", action="store_true", default=False, help="a second a cell and little data, to see that it works")
    add("--full", action="store_true", help="each script by each mode and 1, 8, 32 and 100 clients")
    add("--rounds", type=_number, help=f"turns of all targets in each cell (default {default.rounds})")
    add("--seconds", type=_number, help=f"of each measurement (default {default.seconds})")
    add("--clients", type=_number, nargs="+", help="of each pgbench run, instead of each cell's own")
    add("--threads", type=_number, help=f"of pgbench, at most (default {default.threads})")
    add("--rows", type=_number, help=f"of the bulk and encrypted tables (default {default.rows:,})")
    add("--customers", type=_number, help=f"of the masked table (default {default.customers:,})")
    add("--scale", type=_number, help=f"of pgbench's tables, 100,000 accounts each (default {default.scale})")
    add("--warehouses", type=_number, help=f"of the mix (default {default.warehouses})")
    add("--idle", type=_number, help=f"idle connections that are weighed (default {default.idle})")
    add("--minutes", type=float, help=f"of soak (default {default.minutes:g})")
    add("--workers", help="of maskgate: auto or a number (default auto)")
    add("--pgbouncer", type=Path, metavar="PATH", help="the program, where PATH and /usr/sbin do not have it")
    add("--relay", action="store_true", help="and a relay on uvloop that does nothing: what is to be reached at most")
    add("--folder", type=Path, help=f"of the report (default {default.folder})")
    return parser


def _number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    sys.exit(main())
