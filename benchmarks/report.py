"""What was measured, as Markdown for people, JSON with every raw number, and charts."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from benchmarks.measuring import MEAN, TPS, Figure, Measured, Options, Sample, Spread
from benchmarks.plot import Points, chart
from benchmarks.stage import Stage, program_version

BASES = ("direct", "pgbouncer")  # what the others are compared with
NOT_MEASURED = (
    "A network: clients, proxies and server share this machine's processors, so each takes from the others, and the direct "
    "figures have more of them left.",
    "TLS, and pgbouncer's transaction mode, which is another promise. pgbouncer is one process on any machine, and gives a"
    " login the server connection of an earlier one, where Maskgate makes its own.",
    "A server that waits for its disk: fsync is off, so a statement is as short as it gets and a proxy's share as large.",
    "The machine's quiet: what else ran is not known here. The spread over the rounds shows it.",
)


@dataclass
class Report:
    """All that is known of a run. `machine` names what it ran on; `failed`: works that ended early, and why."""

    machine: Mapping[str, str]
    options: Options
    measured: list[Measured] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Of all cells together."""
        return sum(sum(one.errors().values()) for one in self.measured)

    def markdown(self) -> str:
        """Header, and a table for each work."""
        lines = ["# Benchmark of Maskgate", "", *self._header()]
        for name, some in groupby(self.measured, key=lambda one: one.work):
            lines += ["", f"## {name}", "", *table(list(some))]
        return "\n".join(lines) + "\n"

    def _header(self) -> Iterator[str]:
        options = self.options
        yield (
            f"Each cell: {options.rounds} x {options.seconds} s at each target, the targets by turns. A value is the median"
            " over the rounds, with (lowest–highest); ratios and differences are worked out round by round, then the median of"
            " these. Times are compared by what is added, rates by ratio. Errors are failed transactions and aborted clients."
        )
        if options.quick:
            yield "\n**A smoke run (--quick): it shows that everything works, its figures mean nothing.**"
        yield from (f"\n**{name} ended early:** {why}" for name, why in self.failed.items())
        yield "\nMeasured on:\n"
        yield from (f"- {name}: {value}" for name, value in self.machine.items())
        yield "\nNot measured:\n"
        yield from (f"- {one}" for one in NOT_MEASURED)

    def as_json(self) -> str:
        """Machine, options, and each round's numbers by work, cell and target."""
        cells = []
        for one in self.measured:
            rounds = [{name: _plain(sample) for name, sample in turn.items()} for turn in one.rounds]
            cells.append({"work": one.work, "cell": one.cell.name, "rounds": rounds})
        whole = {"machine": self.machine, "options": asdict(self.options), "failed": self.failed, "cells": cells}
        return json.dumps(whole, indent=1, ensure_ascii=False, default=str) + "\n"

    def charts(self) -> Iterator[tuple[str, str]]:
        """(file name, SVG): rates and times over the number of clients, and courses over time."""
        plotted = [one for one in self.measured if one.cell.plot is not None]
        for (work, name), some in groupby(plotted, key=lambda one: (one.work, (one.cell.plot or ("",))[0])):
            cells = list(some)
            for figure in (TPS, MEAN):
                lines = {target.name: _points(cells, figure, target.name) for target in cells[0].cell.targets}
                if len(cells) > 1 and any(lines.values()):
                    title = ": ".join(filter(None, (work, name)))
                    yield _file_name(work, name, figure.name), chart(title, "clients", figure.name, lines, even=True)
        for one in self.measured:
            courses = {name: sample.series for turn in one.rounds for name, sample in turn.items() if sample.series}
            if courses:
                yield _file_name(one.work, one.cell.name, "course"), chart(one.cell.name, "seconds", "RSS, MB", courses)

    def write(self, folder: Path) -> None:
        """All files of it, in place of those of an earlier run."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.svg"):
            old.unlink()
        (folder / "report.md").write_text(self.markdown(), encoding="utf-8")
        (folder / "report.json").write_text(self.as_json(), encoding="utf-8")
        for name, text in self.charts():
            (folder / name).write_text(text, encoding="utf-8")


def table(some: Sequence[Measured]) -> Iterator[str]:
    """The cells of a work, one line for each figure; columns for all targets that any of them has."""
    names = list(dict.fromkeys(target.name for one in some for target in one.cell.targets))
    pairs = [(ours, base) for ours in names if ours not in BASES for base in BASES if base in names]
    head = ["cell", "", *names, *(f"{ours} to {base}" for ours, base in pairs), "errors"]
    yield f"| {' | '.join(head)} |"
    yield f"| --- | --- |{' ---: |' * (len(head) - 3)} --- |"
    for one in some:
        for number, figure in enumerate(one.figures()):
            values = [_with_spread(one.spread(figure, name)) for name in names]
            beside = [_compared(figure, one.compared(figure, *pair)) for pair in pairs]
            errors = "" if number else ", ".join(f"{name} {count:,}" for name, count in one.errors().items()) or "0"
            yield f"| {' | '.join(['' if number else one.cell.name, figure.name, *values, *beside, errors])} |"


def shown(value: float) -> str:
    """With three digits that count, or all before the point."""
    digits = next((digits for least, digits in ((100, 0), (10, 1), (0.1, 2)) if abs(value) >= least), 3)
    return f"{value:,.{digits}f}"


def _with_spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    return shown(spread.middle) + (f" ({shown(spread.low)}–{shown(spread.high)})" if spread.low != spread.high else "")


def _compared(figure: Figure, spread: Spread | None) -> str:
    if spread is None:
        return ""
    return f"× {shown(spread.middle)}" if figure.compared == "ratio" else f"{'+' * (spread.middle >= 0)}{shown(spread.middle)}"


def _points(cells: Sequence[Measured], figure: Figure, target: str) -> Points:
    found = [(one.cell.plot[1], one.spread(figure, target)) for one in cells if one.cell.plot is not None]
    return [(x, spread.middle) for x, spread in found if spread is not None]


def _plain(sample: Sample) -> dict[str, object]:
    return {
        "figures": {figure.name: value for figure, value in sample.figures.items()},
        "errors": sample.errors,
        "series": list(sample.series),
    }


def _file_name(*words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-") + ".svg"


def machine(stage: Stage) -> dict[str, str]:
    """What the run is done on."""
    pgbouncer = stage.pgbouncer_program
    settings = ", ".join(f"{name} {value}" for name, value in stage.settings.items())
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": f"{cpu[1] if cpu else 'unknown'}, {os.cpu_count()} cores shared by all",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
        "load before": f"{stage.load_before:.2f}",
        "temporary folder": f"on {_file_system(stage.folder)}",
        "Python": f"{platform.python_version()}, uvloop {version('uvloop')}",
        "PostgreSQL": f"{program_version(stage.bin_dir / 'postgres')}; {settings}",
        "pgbouncer": f"{program_version(pgbouncer)}, session mode" if pgbouncer else "none found: not measured",
        "Maskgate": f"{version('maskgate')}, commit {_commit()}, workers: {stage.options.workers}, query log: accepted",
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
    }


def _commit() -> str:
    """The short one, with + for a working copy that is not it."""
    folder = Path(__file__).parent
    questions = (["git", "rev-parse", "--short", "HEAD"], ["git", "status", "--porcelain", "--untracked-files=no"])
    commit, changed = (
        subprocess.run(one, cwd=folder, capture_output=True, text=True, check=False).stdout.strip() for one in questions
    )
    return f"{commit or 'unknown'}{'+' if changed else ''}"


def _file_system(folder: Path) -> str:
    """Its type: what fdatasync means depends on it."""
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    over = [(place, kind) for place, kind in mounts if folder.is_relative_to(place)]
    return max(over, key=lambda one: len(one[0]), default=("", "unknown"))[1]
