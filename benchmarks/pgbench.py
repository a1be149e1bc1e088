"""pgbench against PostgreSQL itself and through the proxy, side by side, as a Markdown table.

Starts its own PostgreSQL (the newest on this machine) and its own `maskgate serve` in a temporary folder, fills
pgbench's tables, and runs pgbench -S and its TPC-B-like script in simple, extended and prepared mode. Direct and
proxied runs take turns (A B A B), so that a machine that slows down slows both; the figures are means over the rounds.
The caller is unrestricted and every statement is logged, as in any deployment.

    make bench                          2 rounds of 15 s a cell, about 6 minutes
    make bench ARGS="--seconds 5 --rounds 1 --modes prepared"
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from proxy.cli.embedded import EmbeddedServer, installations

LOGIN, DATABASE = "bench", "bench"
SCRIPTS = {"select-only": ["-b", "select-only"], "tpcb-like": ["-b", "tpcb-like"]}
MODES = ("simple", "extended", "prepared")
RULES = f"""\
classes: {{}}
relations: {{}}
roles:
  load: {{logins: [{LOGIN}], sees: {{}}}}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pgbench. `failed`: transactions that failed, plus clients that were aborted."""

    tps: float
    latency_ms: float
    failed: int


@dataclass(frozen=True, slots=True)
class Target:
    """Where pgbench connects."""

    name: str
    port: int


def main() -> int:
    """Run, print the table, return 0; 1 when any run had an error."""
    options = _options()
    version, bin_dir = _newest()
    if not (bin_dir / "pgbench").is_file():
        sys.exit(f"no pgbench in {bin_dir}")
    password = secrets.token_urlsafe(18)
    folder = Path(tempfile.mkdtemp(prefix="maskgate-bench-"))
    try:
        settings = {"max_connections": "100", "shared_buffers": "256MB", "fsync": "off", "max_wal_size": "2GB"}
        with EmbeddedServer.create(folder / "pg", bin_dir, password=password, settings=settings) as server:
            _fill(server, bin_dir, options.scale)
            with _proxy(folder, server) as port:
                targets = (Target("direct", server.port), Target("proxy", port))
                failed = _table(targets, bin_dir, password, options, version)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=15, help="of each run (default 15)")
    parser.add_argument("--rounds", type=int, default=2, help="direct and proxied runs of each cell (default 2)")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2, help="of pgbench")
    parser.add_argument("--scale", type=int, default=10, help="100,000 accounts each (default 10)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--scripts", nargs="+", choices=tuple(SCRIPTS), default=tuple(SCRIPTS))
    return parser.parse_args()


def _newest() -> tuple[int, Path]:
    found = installations()
    if not found:
        sys.exit("no PostgreSQL found on this machine")
    version = max(found)
    return version, found[version]


def _fill(server: EmbeddedServer, bin_dir: Path, scale: int) -> None:
    """A login of its own, and pgbench's tables, made directly."""
    statements = f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{server.password}';\nCREATE DATABASE {DATABASE} OWNER {LOGIN};\n"
    arguments = ["-X", "-q", "-v", "ON_ERROR_STOP=1"]
    _run_program(bin_dir / "psql", arguments, server.port, server.superuser, server.password, text=statements)
    arguments = ["-i", "-q", "-s", str(scale), DATABASE]
    _run_program(bin_dir / "pgbench", arguments, server.port, LOGIN, server.password)


@contextmanager
def _proxy(folder: Path, server: EmbeddedServer) -> Iterator[int]:
    """`maskgate serve` as its own process; the value is its port."""
    rules = folder / "rules"
    rules.mkdir()
    (rules / "bench.yaml").write_text(RULES)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "proxy.yaml"
    config.write_text(
        f"listen: {{port: {port}}}\n"
        f"server: {{host: {server.host}, port: {server.port}}}\n"
        f"catalog: {{user: {server.superuser}, password_env: BENCH_PASSWORD}}\n"
        "rules: rules\n"
        "log: {folder: log}\n"
    )
    command = [sys.executable, "-m", "proxy.cli", "serve", "-c", str(config)]
    process = subprocess.Popen(command, env={**os.environ, "BENCH_PASSWORD": server.password}, stdout=sys.stderr)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            sys.exit("the proxy ended before it listened")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the proxy does not listen")


def _table(targets: tuple[Target, Target], bin_dir: Path, password: str, options: argparse.Namespace, version: int) -> int:
    """Print the table row by row; the value is how many transactions failed."""
    print(
        f"PostgreSQL {version}, Python {platform.python_version()}, {os.cpu_count()} cores shared by all; "
        f"{options.clients} clients, scale {options.scale}, {options.rounds} x {options.seconds} s each, on loopback\n"
    )
    print("| script | mode | direct tps | proxy tps | ratio | direct ms | proxy ms | errors |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    failed = 0
    for script in options.scripts:
        for mode in options.modes:
            runs: dict[str, list[Run]] = {target.name: [] for target in targets}
            for _ in range(options.rounds):
                for target in targets:
                    runs[target.name].append(_pgbench(target, bin_dir, password, script, mode, options))
            errors = sum(run.failed for some in runs.values() for run in some)
            failed += errors
            tps = {name: fmean(run.tps for run in some) for name, some in runs.items()}
            latency = {name: fmean(run.latency_ms for run in some) for name, some in runs.items()}
            ratio = tps["proxy"] / tps["direct"] if tps["direct"] else 0.0
            print(
                f"| {script} | {mode} | {tps['direct']:,.0f} | {tps['proxy']:,.0f} | {ratio:.2f}"
                f" | {latency['direct']:.2f} | {latency['proxy']:.2f} | {errors} |",
                flush=True,
            )
    return failed


def _pgbench(target: Target, bin_dir: Path, password: str, script: str, mode: str, options: argparse.Namespace) -> Run:
    arguments = [
        "-n", *SCRIPTS[script], "-M", mode, "-c", str(options.clients), "-j", str(options.threads),
        "-T", str(options.seconds), DATABASE,
    ]  # fmt: skip
    done = _run_program(bin_dir / "pgbench", arguments, target.port, LOGIN, password, check=False)
    if done.returncode != 0:
        print(done.stderr[-1000:], file=sys.stderr)
    failed = _number(r"number of failed transactions: (\d+)", done.stdout)
    aborted = len(re.findall(r"client \d+ (?:script \d+ )?aborted", done.stderr))
    return Run(
        tps=_number(r"tps = ([\d.]+)", done.stdout),
        latency_ms=_number(r"latency average = ([\d.]+)", done.stdout),
        failed=int(failed) + aborted + (done.returncode != 0 and aborted == 0),
    )


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


def _run_program(
    program: Path, arguments: list[str], port: int, user: str, password: str, *, text: str = "", check: bool = True
) -> subprocess.CompletedProcess[str]:
    """One of PostgreSQL's client programs, fed `text`; no password stands on a command line."""
    place = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": user, "PGPASSWORD": password, "PGSSLMODE": "disable"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    database = {} if arguments[-1] == DATABASE else {"PGDATABASE": "postgres"}
    done = subprocess.run(
        [str(program), *arguments], env={**clean, **place, **database}, input=text, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if check and done.returncode != 0:
        sys.exit(f"{program.name}: {done.stderr[-2000:]}")
    return done


if __name__ == "__main__":
    sys.exit(main())
