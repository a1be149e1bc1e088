"""The fault soak in a form of seconds, and that it can fail."""

from __future__ import annotations

import subprocess
import sys

from tests.faults import growths, strangers, unrecorded


def run(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.faults", "--seconds", "8", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nothing_comes_of_it_but_errors() -> None:
    code, said = run()
    assert (code, "; 0 violations" in said) == (0, True), said


def test_a_planted_violation_is_found() -> None:
    code, said = run("--plant")
    assert code == 1
    assert "VIOLATION ['m9-9-1-1" in said, said


def test_what_a_violation_is() -> None:
    assert strangers("m1-2-3-4", [("m1-2-9-9", "x"), (None,)]) == []
    assert strangers("m1-2-3-4", [("m1-3-3-4",), ("m1-20-3-4",)]) == ["m1-3-3-4", "m1-20-3-4"]
    assert unrecorded(["m1-1-1-1"], ["INSERT … 'm1-1-1-1'"]) == []
    assert unrecorded(["m1-1-1-1", "m1-1-2-2"], ["INSERT … 'm1-1-1-1'"]) == ["m1-1-2-2 stands in the table and not in the log"]
    assert list(growths({1: [50_000] * 300, 2: [10_000] * 100 + [60_000] * 200, 3: [1, 99_999_999]})) == []
    assert list(growths({1: [50_000] * 200 + [90_000] * 100})) == [(1, 50_000, 90_000)]
