"""One fuzzing process. `python -m tests.fuzz.worker FOLDER --what sql --runs N --seed N [--guided]`; started by `tests.fuzz`.

What it is doing stands in FOLDER/state, a memory-mapped file that outlives it: a segmentation fault or a hang leaves the case
behind. Failures are written to FOLDER/failures, one of a kind, made smaller first. With `--guided` the cases come from atheris
(libFuzzer over the Python code of `proxy/`), which must be importable.
"""

from __future__ import annotations

import argparse
import mmap
import os
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.mutate import CHOICE_BYTES, LONGEST
from tests.fuzz.what import NAMES, What, what

_HEAD = struct.Struct("<QQdIQI")
STATE_BYTES = _HEAD.size + CHOICE_BYTES + LONGEST
_MINIMIZE_S = 20.0
GAVE_UP = 3  # exit status of a worker that took too much memory


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a worker is. `longest_bytes` is the length of the case that took `longest_s`."""

    runs: int
    peak_bytes: int
    longest_s: float
    longest_bytes: int
    counted: int  # texts that gave a plan (the others gave an error or a miss), or frames: see `what.COUNTED`
    case: bytes  # the one under way, or b''


class State:
    """The flight recorder. A parent reads it while the worker writes, or after its death."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(STATE_BYTES))
        with file.open("r+b") as opened:
            self.map = mmap.mmap(opened.fileno(), STATE_BYTES)

    def begin(self, case: bytes) -> None:
        self.map[_HEAD.size : _HEAD.size + len(case)] = case
        _HEAD.pack_into(self.map, 0, *_HEAD.unpack_from(self.map)[:-1], len(case))

    def end(self, spent: float, peak_bytes: int, counted: int = 0) -> None:
        runs, peak, longest, longest_bytes, so_far, size = _HEAD.unpack_from(self.map)
        if spent > longest:
            longest, longest_bytes = spent, size
        _HEAD.pack_into(self.map, 0, runs + 1, max(peak, peak_bytes), longest, longest_bytes, so_far + counted, 0)

    def read(self) -> Progress:
        *figures, size = _HEAD.unpack_from(self.map)
        return Progress(*figures, bytes(self.map[_HEAD.size : _HEAD.size + size]))


def peak_bytes() -> int:
    """The largest resident set of this process since it began. Not ru_maxrss: on Linux that starts at the parent's."""
    with open("/proc/self/status", "rb") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(b"VmHWM"))


class Worker:
    """Runs cases, measures each, keeps one failure of a kind."""

    def __init__(self, folder: Path, fuzzed: What | None = None) -> None:
        from tests.fuzz.targets import MEMORY_BYTES  # after atheris has its hooks in place

        self.what = fuzzed or what("sql")
        self.run = self.what.execute
        self.memory_bytes = MEMORY_BYTES
        self.failures = folder / "failures"
        self.failures.mkdir(parents=True, exist_ok=True)
        self.state = State(folder / "state")
        self.seen: set[str] = {file.stem for file in self.failures.glob("*.txt")}

    def one(self, case: bytes) -> None:
        """Run a case; a failure is written down, and the work goes on."""
        self.state.begin(case)
        outcome, failure = None, None
        try:
            outcome = self.run(case)
        except Exception as error:  # noqa: BLE001 - finding them is what this is for
            failure = _said(error)
        peak = peak_bytes()
        if failure is None and peak > self.memory_bytes:
            failure = f"more than {self.memory_bytes:,} bytes of memory"
        self.state.end(outcome.spent_s if outcome else 0.0, peak, outcome.counted if outcome else 0)
        if failure is not None:
            self.keep(case, failure)
            if peak > self.memory_bytes:
                sys.exit(GAVE_UP)  # the peak of a process never falls: go on in a fresh one

    def fails_alike(self, case: bytes, kind: str) -> bool:
        """Whether a case fails in that way."""
        try:
            self.run(case)
        except Exception as error:  # noqa: BLE001 - as above
            return _kind(_said(error)) == kind
        return False

    def keep(self, case: bytes, failure: str) -> None:
        """Write down the smallest case found in a short time that fails alike."""
        kind = sha256(_kind(failure).encode()).hexdigest()[:12]
        if kind in self.seen:
            return
        self.seen.add(kind)
        if not any(slow in failure for slow in ("bytes of memory", "a hang")):  # each try would take as long or as much
            case = minimized(case, lambda c: self.fails_alike(c, _kind(failure)), self.what.pieces)
        self.failures.joinpath(f"{kind}.case").write_bytes(case)
        self.failures.joinpath(f"{kind}.txt").write_text(f"{failure}\nchoice {case[:CHOICE_BYTES].hex()}\n{case[CHOICE_BYTES:]!r}\n")


def _said(error: Exception) -> str:
    """What went wrong and where in the code under test."""
    cause = error.__cause__ or error
    frames = [f for f in traceback.extract_tb(cause.__traceback__) if f"{os.sep}proxy{os.sep}" in f.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""
    return f"{type(error).__name__} {str(error).partition(chr(10))[0]} {place}".strip()


def _kind(failure: str) -> str:
    """Without what differs from case to case: quoted text and details in brackets."""
    return failure.split(" (was ")[0].split('"')[0]


def minimized(
    case: bytes, fails: Callable[[bytes], bool], pieces: Callable[[bytes], Iterable[bytes]], limit_s: float = _MINIMIZE_S
) -> bytes:
    """A smaller case that still fails: pieces, then bytes, are left out in ever smaller stretches."""
    end = time.monotonic() + limit_s
    choice, text = case[:CHOICE_BYTES], case[CHOICE_BYTES:]
    for cut in (lambda t: list(pieces(t)), lambda t: [t[i : i + 1] for i in range(len(t))]):
        parts: list[bytes] = cut(text)
        size = len(parts) // 2
        while size and time.monotonic() < end:
            at = 0
            while at < len(parts) and time.monotonic() < end:
                fewer = parts[:at] + parts[at + size :]
                if fails(choice + b"".join(fewer)):
                    parts = fewer
                else:
                    at += size
            size //= 2
        text = b"".join(parts)
    return choice + text


def unguided(folder: Path, name: str, runs: int, seed: int) -> None:
    """Cases of the mutator alone."""
    fuzzed = what(name)
    worker = Worker(folder, fuzzed)
    mutator = fuzzed.mutator(Random(seed))
    for _ in range(runs):
        worker.one(mutator.case())


def guided(folder: Path, name: str, runs: int, seed: int) -> None:
    """Cases that reached new code are mutated further: half of the time by the mutator, half by libFuzzer, byte by byte."""
    import atheris

    with atheris.instrument_imports(include=["proxy"]):
        fuzzed = what(name)
        worker = Worker(folder, fuzzed)
    mutator = fuzzed.mutator(Random(seed))
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, case in enumerate(fuzzed.corpus()):
        corpus.joinpath(f"seed-{number}").write_bytes(case)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        if len(data) <= CHOICE_BYTES or seed % 2:
            return bytes(atheris.Mutate(data, max_size))
        choice = data[:CHOICE_BYTES] if seed % 8 else mutator.choice()
        return (choice + mutator.text(list(fuzzed.pieces(data[CHOICE_BYTES:]))))[:max_size]

    def cross(first: bytes, second: bytes, max_size: int, seed: int) -> bytes:
        return (first[:CHOICE_BYTES] + b"".join(mutator.crossed(list(fuzzed.pieces(first[CHOICE_BYTES:])))))[:max_size]

    arguments: list[Any] = [
        "fuzz", f"-runs={runs}", f"-seed={seed}", f"-max_len={CHOICE_BYTES + 4096}", "-timeout=120", "-rss_limit_mb=0",
        "-print_final_stats=0", "-verbosity=0", f"-artifact_prefix={folder}/", str(corpus),
    ]  # fmt: skip
    atheris.Setup(arguments, worker.one, custom_mutator=mutate, custom_crossover=cross)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.worker")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--what", choices=NAMES, default="sql")
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--guided", action="store_true")
    given = parser.parse_args()
    (guided if given.guided else unguided)(given.folder, given.what, given.runs, given.seed)


if __name__ == "__main__":
    main()
