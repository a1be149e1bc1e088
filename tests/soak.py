"""The long forms, two at a time, and one table at the end. `make soak`, or:

    python -m tests.soak [--statements 20000] [--runs 1000000] [--regress DIR] [--only NAME …] [--folder build/soak]

What each step prints stands in FOLDER/NAME.log. Exit status 1 when a step failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and which lines of what it prints are its figures."""

    name: str
    title: str
    command: tuple[str, ...]
    figures: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended."""

    step: Step
    is_good: bool
    seconds: float
    figures: tuple[str, ...]


FRAMES_OF_ONE = 40  # frames of one execution of the wire's fuzzer, at least: so many fewer give as many frames
_PYTEST = (sys.executable, "-m", "pytest", "-s", "-p", "no:randomly")
_TALLY = r"^PostgreSQL \d+: .*|^\d+ (?:passed|failed).*|.* in \d+\.\d+s.*$"


def steps(statements: int, runs: int, regress: Path | None) -> list[Step]:
    """The long forms of this tree."""
    found = [
        Step(
            "glass", "random statements, unrestricted: the same bytes", (*_PYTEST, "tests/leak/test_glass.py"),
            _TALLY, {"ORACLE_STATEMENTS": str(statements)},
        ),
        Step(
            "oracles", "random statements, compared with a masked copy", (*_PYTEST, "tests/leak/test_view_oracle.py"),
            _TALLY, {"ORACLE_STATEMENTS": str(statements)},
        ),
        Step("fuzz", "any text gives a plan or an error", (sys.executable, "-m", "tests.fuzz", "--runs", str(runs)), r"^[\d,]+ executions.*"),
        Step(
            "attacks", "the leak corpus on every PostgreSQL",
            (*_PYTEST, *(f"tests/leak/{name}.py" for name in ("test_hunt", "test_indistinguishable", "test_by_chance"))),
            _TALLY, {"MASKGATE_SOAK": "1"},
        ),
        Step(
            "huge", "a value of 1 GB passes with flat memory", (*_PYTEST, "tests/integration/test_dump.py", "-k", "huge"),
            _TALLY, {"MASKGATE_SOAK": "1"},
        ),
        Step(
            "templates", "a plan from a template is the plan from scratch", (*_PYTEST, "tests/property/test_literals.py"),
            _TALLY, {"MASKGATE_SOAK": "1"},
        ),
        Step(
            "wire", "any bytes of either peer end a session in good order",
            (sys.executable, "-m", "tests.fuzz", "--what", "wire", "--runs", str(max(1, runs // FRAMES_OF_ONE))), r"^[\d,]+ executions.*",
        ),
        Step(
            "faults", "everything killed at random under load", (sys.executable, "-m", "tests.faults", "--seconds", "300"),
            r"^[\d,]+ operations.*",
        ),
    ]  # fmt: skip
    if regress is not None:
        command = (sys.executable, "-m", "tests.tools.regress", str(regress))
        found.append(Step("regress", f"the statements of {regress}", command, r"^[\d,]+ statements of.*"))
    return found


def carry_out(step: Step, folder: Path) -> Outcome:
    """Run one step; what it prints goes to its log."""
    begun = time.monotonic()
    log = folder / f"{step.name}.log"
    with log.open("wb") as output:
        status = subprocess.run(step.command, stdout=output, stderr=output, env={**os.environ, **step.environment}, check=False)
    figures = re.findall(step.figures, log.read_text(errors="replace"), re.MULTILINE)
    return Outcome(step, status.returncode == 0, time.monotonic() - begun, tuple(figures))


def table(outcomes: Iterable[Outcome]) -> str:
    """One table, as Markdown."""
    lines = ["| step | outcome | minutes | figures |", "| --- | --- | ---: | --- |"]
    for one in outcomes:
        verdict = "passed" if one.is_good else "FAILED"
        lines.append(f"| {one.step.title} | {verdict} | {one.seconds / 60:.1f} | {'; '.join(one.figures) or 'none'} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--statements", type=int, default=20_000, help="random statements a server version")
    parser.add_argument("--runs", type=int, default=1_000_000, help="executions of the fuzzer")
    parser.add_argument("--regress", type=Path, help="a folder of .sql files to plan as well")
    parser.add_argument("--only", nargs="+", default=None, metavar="NAME", help="glass, oracles, fuzz, attacks, huge, templates, wire, faults, regress")
    parser.add_argument("--together", type=int, default=2, help="steps at a time; most of them keep one processor busy")
    parser.add_argument("--folder", type=Path, default=Path("build/soak"))
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in steps(given.statements, given.runs, given.regress) if given.only is None or one.name in given.only]
    for step in wanted:
        print(f"{step.title} … (log: {given.folder / step.name}.log)", flush=True)
    with ThreadPoolExecutor(max_workers=given.together) as pool:
        outcomes = list(pool.map(lambda step: carry_out(step, given.folder), wanted))
    print(table(outcomes))
    return 0 if outcomes and all(one.is_good for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
