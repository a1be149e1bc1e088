"""Fuzz the parsing, the planning and the splicing (`--what sql`), or the protocol and whole sessions (`--what wire`). `make fuzz`, or:

    python -m tests.fuzz [--what sql] [--runs 1000000] [--jobs 2] [--seed N] [--folder build/fuzz] [--unguided]
    python -m tests.fuzz [--what sql] --case FILE        run one case again, as it stands in FOLDER/failures

Every job is a process of its own that the parent watches: a segmentation fault or a hang ends the job, not the run, and the
case it was at is kept. Where atheris is importable every second job is guided by it (see `worker.py`). Exit status 1 when
anything failed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.what import COUNTED, NAMES, what
from tests.fuzz.worker import GAVE_UP, State

# A worker that has not finished a case for so long (the machine may be busy, the workers are the least of its work).
STUCK_S = 120.0
_POLL_S = 0.1
WORKER = (sys.executable, "-m", "tests.fuzz.worker")


@dataclass
class Job:
    """One worker and its successors: it is started again until its share is done."""

    folder: Path
    what: str
    runs: int
    seed: int
    is_guided: bool
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    begun_with: int = 0  # runs done when the present worker started
    moved: tuple[int, float] = (0, 0.0)  # runs done, and when that number last changed

    @property
    def state(self) -> State:
        return State(self.folder / "state")

    @property
    def done(self) -> int:
        return self.state.read().runs

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [*WORKER, str(self.folder), "--what", self.what, "--runs", str(self.runs - self.done)]
        command += ["--seed", str(self.seed + self.starts), *(["--guided"] if self.is_guided else [])]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        self.starts += 1
        self.begun_with = self.done
        self.moved = (self.done, time.monotonic())

    def tend(self) -> bool:
        """Look after the worker. True while there is work."""
        if self.process is None:
            self.start()
            return True
        status = self.process.poll()
        if status is None:
            progress = self.state.read()
            if progress.runs != self.moved[0] or not progress.case:
                self.moved = (progress.runs, time.monotonic())
            elif time.monotonic() - self.moved[1] > STUCK_S:
                self.process.kill()
                self.process.wait()
                self.lost(f"hangs for more than {STUCK_S:.0f} s")
            return True
        if self.done >= self.runs:
            return False
        if self.done == self.begun_with and not self.state.read().case:
            raise RuntimeError(f"a worker ended before its first case: {(self.folder / 'output').read_text()[-2_000:]}")
        if status != GAVE_UP:  # a worker gives up for its memory, and wrote that down
            self.lost(f"died of {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}")
        self.start()
        return True

    def lost(self, how: str) -> None:
        """Keep the case a worker was at when it ended."""
        case = self.state.read().case
        failures = self.folder / "failures"
        failures.mkdir(exist_ok=True)
        (failures / f"lost-{self.starts}.case").write_bytes(case)
        (failures / f"lost-{self.starts}.txt").write_text(f"the worker {how}\n{case!r}\n")
        self.state.end(0.0, 0)  # it counts, or an unlucky seed would start for ever


def run(folder: Path, name: str, runs: int, jobs: int, seed: int, *, guided: bool) -> tuple[str, bool]:
    """Run and wait. Returns a line with the figures and every failure, and whether there is none."""
    begun = time.monotonic()
    share = -(-runs // jobs)
    every = [Job(folder / f"{time.time_ns()}-{n}", name, share, seed + 1000 * n, guided and n % 2 == 1) for n in range(jobs)]
    try:
        while any([job.tend() for job in every]):  # noqa: C419 - each is tended
            time.sleep(_POLL_S)
    finally:
        for job in every:
            if job.process is not None and job.process.poll() is None:
                job.process.kill()
    states = [job.state.read() for job in every]
    failures = sorted(text for job in every for text in (job.folder / "failures").glob("*.txt"))
    shares = ", ".join(f"{s.runs:,} {'guided' if j.is_guided else 'mutated'}" for s, j in zip(states, every, strict=True))
    longest = max(states, key=lambda s: s.longest_s)
    lines = [
        f"{sum(s.runs for s in states):,} executions ({shares}) in {time.monotonic() - begun:.0f} s, seed {seed}: "
        f"{len(failures)} failures; {sum(s.counted for s in states):,} {COUNTED[name]}; the longest took {longest.longest_s:.2f} s of "
        f"processor time ({longest.longest_bytes:,} bytes), the largest process {max(s.peak_bytes for s in states) / 2**20:.0f} MB"
    ]
    lines += [f"{file}: {file.read_text()}" for file in failures]
    return "\n".join(lines), not failures


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--what", choices=NAMES, default="sql")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--unguided", action="store_true", help="without atheris, even where it is importable")
    parser.add_argument("--case", type=Path, help="run this one case again")
    given = parser.parse_args(arguments)
    if given.case is not None:
        print(what(given.what).execute(given.case.read_bytes()))
        return 0
    guided = not given.unguided and importlib.util.find_spec("atheris") is not None
    if not guided:
        print("without atheris: every job is the mutator alone")
    seed = secrets.randbelow(2**31) if given.seed is None else given.seed
    os.nice(19)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the workers end with the parent
    text, is_good = run(given.folder, given.what, given.runs, given.jobs, seed, guided=guided)
    print(text)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
