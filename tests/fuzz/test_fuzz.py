"""The short form of `make fuzz`: a few thousand mutants, in a process of their own, and what the tools themselves promise."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.errors import Bug
from tests.fuzz import __main__ as fuzz
from tests.fuzz import targets
from tests.fuzz.corpus import pieces, seeds
from tests.fuzz.mutate import CHOICE_BYTES, LONGEST, Mutator
from tests.fuzz.targets import Failure, execute
from tests.fuzz.worker import State, Worker, minimized

FIXED_SEED = 20_260_701
RUNS = 1_500


def test_mutants_give_a_plan_or_a_proxy_error(tmp_path: Path) -> None:
    for seed in (FIXED_SEED, secrets.randbelow(2**31)):
        text, is_good = fuzz.run(tmp_path, "sql", RUNS, 1, seed, guided=False)
        print(text)
        assert is_good, text
        assert text.startswith(f"{RUNS:,} executions")


@given(random=st.randoms(use_true_random=False), choice=st.binary(min_size=CHOICE_BYTES, max_size=CHOICE_BYTES))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_mutant_under_hypothesis(random: Random, choice: bytes) -> None:
    text = Mutator(random, seeds()).case()[CHOICE_BYTES:]
    execute(choice + text)


@given(case=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes(case: bytes) -> None:
    execute(case)


def test_a_large_parent_is_not_the_workers_memory() -> None:
    """exec keeps the parent's ru_maxrss; the worker must not take it for its own."""
    script = (
        "import subprocess, sys; kept = bytearray(b'x') * 400_000_000; "
        "sys.exit(subprocess.call([sys.executable, '-c', 'import sys; from tests.fuzz.worker import peak_bytes; "
        "sys.exit(not 0 < peak_bytes() < 300_000_000)']))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_most_seeds_and_many_mutants_are_planned() -> None:
    """Fuzzing that only meets syntax errors proves little."""
    mutator = Mutator(Random(FIXED_SEED), seeds())
    outcomes = [execute(mutator.case()).what for _ in range(1_000)]
    assert outcomes.count("plan") > 250
    assert len(set(outcomes)) > 6


def test_pieces_are_the_text() -> None:
    for text in (b"SELECT 'a' -- x\n, \"b\"  ;", b"SELECT 'open", b"\xff \x00", b""):
        assert b"".join(pieces(text)).strip() == text.strip()
    assert len(seeds()) > 400


def test_mutants_stay_within_bounds_and_repeat_for_a_seed() -> None:
    first, second = (Mutator(Random(7), seeds()) for _ in range(2))
    cases = [first.case() for _ in range(2_000)]
    assert cases == [second.case() for _ in range(2_000)]
    assert max(map(len, cases)) <= CHOICE_BYTES + LONGEST


def test_a_failing_case_is_made_small() -> None:
    case = b"\0\0\0SELECT name, email FROM customers WHERE secret = 'x' AND id = 1"
    assert minimized(case, lambda c: b"secret" in c, pieces) == b"\0\0\0secret"


PROGRAM = """
import os, time
from tests.fuzz import targets, worker
def broken(case):
    {body}
targets.execute = broken
worker.main()
"""


@pytest.mark.parametrize(
    ("body", "said"), [("os.kill(os.getpid(), 11)", "died of SIGSEGV"), ("time.sleep(600)", "hangs for more than 1 s")]
)
def test_the_death_of_a_worker_is_a_failure(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "broken.py"
    program.write_text(PROGRAM.format(body=body))
    monkeypatch.setattr(fuzz, "WORKER", (sys.executable, str(program)))
    monkeypatch.setattr(fuzz, "STUCK_S", 1.0)
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    text, is_good = fuzz.run(tmp_path, "sql", 1, 1, 1, guided=False)
    assert not is_good
    assert said in text


def test_a_worker_that_cannot_start_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "WORKER", (sys.executable, "-c", "raise SystemExit('no such thing')"))
    with pytest.raises(RuntimeError, match="no such thing"):
        fuzz.run(tmp_path, "sql", 1, 1, 1, guided=False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HANG_S", -1.0, "a hang"),
        ("differences", lambda *_: ["something"], "read differently: something"),
        ("MEMORY_BYTES", 1, "more than 1 bytes of memory"),
        ("_planner", lambda *_: None, "AttributeError"),
    ],
)
def test_a_broken_promise_is_written_down(
    name: str, value: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, name, value)
    worker = Worker(tmp_path)
    with contextlib.suppress(SystemExit):  # a worker does not go on after its memory is spent
        worker.one(b"\1\0\0SELECT name FROM shop.customers WHERE id = 1")
    assert [said in file.read_text() for file in worker.failures.glob("*.txt")] == [True]
    assert worker.state.read().runs == 1


def test_a_broken_invariant_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Callable[[], str]:
        raise Bug("x")

    monkeypatch.setattr(targets, "_plan", broken)
    with pytest.raises(Failure, match="a broken invariant: x"):
        execute(b"\1\0\0SELECT 1")


def test_the_state_outlives_its_worker(tmp_path: Path) -> None:
    file = tmp_path / "state"
    child = os.fork()
    if child == 0:
        State(file).begin(b"the case")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert State(file).read().case == b"the case"
    State(file).end(0.5, 1024, 1)
    progress = State(file).read()
    assert (progress.runs, progress.longest_s, progress.longest_bytes, progress.counted, progress.case) == (1, 0.5, 8, 1, b"")
