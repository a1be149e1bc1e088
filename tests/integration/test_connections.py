"""benchmarks/connections.py in a small form: every line of its table is measured, and what it measures works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def table(*arguments: str) -> dict[str, str]:
    command = [sys.executable, "-m", "benchmarks.connections", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    return dict(rows[2:])


def test_idle_connections_and_logins() -> None:
    rows = table("--connections", "8", "--seconds", "0.5", "--only", "idle", "logins")
    for user in ("load", "ana"):
        assert all(f"{count} idle, {user}" in rows for count in (0, 2, 8))
        assert re.fullmatch(r"RSS [\d.]+ MB, PSS [\d.]+ MB; -?\d+ KB each", rows[f"8 idle, {user}"])
    assert rows["200 logins a second, proxy"].endswith("; 100 in, 0 failed")


def test_clients_that_are_slow_gone_or_hostile() -> None:
    rows = table("--connections", "8", "--seconds", "0.5", "--rows", "300000", "--only", "slow", "gone", "slowloris")
    assert rows["300,000 rows, load reads nothing for 0.5 s"].endswith("; then 300,000 rows arrive")
    before, peak = re.findall(r"([\d.]+) MB", rows["300,000 rows, ana reads nothing for 0.5 s"])
    assert float(peak) < float(before) + 15
    assert "a statement of another" in rows["8 clients stop while rows come"]
    found = re.search(r"let go after ([\d.]+) to ([\d.]+) s", rows["2 sockets send a byte a second, startup_seconds 2"])
    assert found is not None
    assert 1.9 <= float(found[1]) <= float(found[2]) < 10
