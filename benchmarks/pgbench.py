"""Runs of pgbench, and what they print."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.measuring import MEAN, P50, P99, TPS, Figure, Sample, Target, percentile
from benchmarks.stage import SCRIPTS, Stage

MODES = ("simple", "extended", "prepared")
_LOGINS_PER_SECOND = 50  # pgbench's time runs while its clients log in, though its figures leave that out: they get more of it


def script(name: str, weight: int = 1) -> tuple[str, str]:
    """Arguments for a file of scripts/."""
    return "-f", f"{SCRIPTS / name}.sql@{weight}"


def run_pgbench(
    stage: Stage, target: Target, arguments: Sequence[str], *, mode: str, clients: int, seconds: int | None = None
) -> Sample:
    """One run. One client alone also logs each transaction, for the percentiles."""
    folder = Path(tempfile.mkdtemp(prefix="pgbench-", dir=stage.folder))
    log = ("--log", f"--log-prefix={folder / 'log'}") if clients == 1 else ()
    done = stage.program(
        "pgbench", target, *arguments, *log, "-M", mode, "-c", str(clients), "-j", str(min(clients, stage.options.threads)),
        "-T", str((seconds or stage.options.seconds) + clients // _LOGINS_PER_SECOND), check=False,
    )  # fmt: skip
    figures, errors = read_output(done.stdout, done.stderr, done.returncode)
    if errors:
        print(f"pgbench at {target.name}: {errors} errors\n{done.stderr[-1000:]}", file=sys.stderr)
    if log:
        times = read_log(line for path in folder.iterdir() for line in path.read_text().splitlines())
        figures |= {P50: percentile(times, 0.5), P99: percentile(times, 0.99)}
    shutil.rmtree(folder)
    return Sample(figures, errors)


def read_output(out: str, err: str, status: int) -> tuple[dict[Figure, float], int]:
    """(figures, errors). Errors are failed transactions and aborted clients; a run that did nothing, or failed without a word,
    is one."""
    failed = int(_number(r"number of failed transactions: (\d+)", out))
    aborted = len(re.findall(r"client \d+ (?:script \d+ )?aborted", err))
    figures = {TPS: _number(r"tps = ([\d.]+)", out), MEAN: _number(r"latency average = ([\d.]+)", out)}
    return figures, failed + aborted + (not aborted and (status != 0 or not figures[TPS]))


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


def read_log(lines: Iterable[str]) -> list[float]:
    """Microseconds of each transaction that succeeded: the third word (PostgreSQL 18, pgbench, "Per-Transaction Logging")."""
    words = (line.split() for line in lines)
    return [float(one[2]) for one in words if len(one) >= 3 and one[2].isdecimal()]
