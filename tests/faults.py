"""The fault soak: everything is killed at random moments under load, and nothing may come of it but errors.

    python -m tests.faults [--seconds 300] [--seed N]

A PostgreSQL of its own, `maskgate serve` with two workers, and four processes of four clients each (an owner byte for byte, an
application with keys, a masked analyst; texts, prepared statements, pipelines, transactions, COPY, cursors). At random: kill -9 of a
client process, of a worker, of the supervisor (a new one is started, as systemd does), of a backend of PostgreSQL, of the whole
server; SIGUSR2, SIGHUP. Each client says its own mark in every statement and must hear it, and nothing else, in the reply.
At the end: every row that was committed stands in the query log, the log's chain is whole, no connection is left on the server, no
process is left, and memory has not grown. Prints one line; exit status 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from proxy.audit.search import verify_folder
from proxy.cli.embedded import EmbeddedServer
from tests.servers import new_folder
from tests.small import Small, Way, own_server, small_database, workers_of

HOST = "127.0.0.1"
PROCESSES, THREADS = 4, 4
HANG_SECONDS = 45.0  # statements end after 20 s (statement_timeout), and connecting after 15
GROWTH_KB = 16_000  # of a process, from the middle third of its life to the last
SAMPLE_SECONDS, WARM_SAMPLES = 0.2, 150
MARK = re.compile(r"m\d+-\d+-\d+-\d+")
MASKED, RAW = "张*", "张三"


# --- clients: a process of its own, so that it can be killed


def strangers(mark: str, rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """What of a reply bears somebody else's mark: a client's is m<process>-<thread>-…"""
    mine = mark.rsplit("-", 2)[0] + "-"
    return [found for row in rows for value in row for found in MARK.findall(str(value)) if not found.startswith(mine)]


class Client:
    """One thread's sessions. What it finds wrong goes to `tell`."""

    def __init__(self, dsn: str, kind: str, name: str, seed: int, tell: Callable[[str], None]) -> None:
        self.dsn, self.kind, self.name, self.tell = dsn, kind, name, tell
        self.random = random.Random(seed)
        self.count = self.done = self.connects = 0
        self.since = time.monotonic()  # the operation that runs now

    def run(self, ends: threading.Event) -> None:
        while not ends.is_set():
            self.since = time.monotonic()
            try:
                with psycopg.connect(self.dsn, autocommit=True) as one:
                    self.connects += 1
                    one.prepare_threshold = self.random.choice((None, 1, 5))
                    for _ in range(self.random.randrange(1, 60)):
                        self.since = time.monotonic()
                        self.one(one)
                        self.done += 1
                        if ends.is_set():
                            break
            except psycopg.Error:
                time.sleep(0.05)  # as a client's own pool does before it tries again

    def mark(self) -> str:
        self.count += 1
        return f"{self.name}-{self.count}-{self.random.randrange(10**6)}"

    def check(self, mark: str, rows: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]] | None = None) -> None:
        if wrong := strangers(mark, rows):
            self.tell(f"{mark} heard {wrong[:3]}")
        if wanted is not None and rows != wanted:
            self.tell(f"{mark} wanted {wanted[:3]} and heard {rows[:3]}")
        if self.kind == "analyst" and RAW in str(rows):
            self.tell(f"{mark}: a raw value")

    def one(self, one: psycopg.Connection[Any]) -> None:
        mark = self.mark()
        shown = MASKED if self.kind == "analyst" else RAW
        ways: list[Callable[[], None]] = [
            lambda: self.check(mark, one.execute("SELECT %s::text", (mark,)).fetchall(), [(mark,)]),
            lambda: self.check(mark, one.execute(f"SELECT '{mark}'").fetchall(), [(mark,)]),
            lambda: self.check(
                mark, one.execute("SELECT name, %s::text FROM customers WHERE id = 2", (mark,)).fetchall(), [(shown, mark)]
            ),
            lambda: self.check(mark, one.execute(f"SELECT '{mark}' || g FROM generate_series(1, 500) AS g").fetchall()),
            lambda: self.pipeline(one, mark),
            lambda: self.cursor(one, mark),
        ]
        if self.kind != "analyst":
            ways += [lambda: self.insert(one, mark), lambda: self.transaction(one, mark), lambda: self.copy(one, mark)] * 2
        self.random.choice(ways)()

    def insert(self, one: psycopg.Connection[Any], mark: str) -> None:
        rows = one.execute(f"INSERT INTO notes (body) VALUES ('{mark}') RETURNING body").fetchall()
        self.check(mark, rows, [(mark,)])

    def transaction(self, one: psycopg.Connection[Any], mark: str) -> None:
        with one.transaction(force_rollback=self.random.random() < 0.3):
            self.insert(one, mark)
            rows = one.execute("SELECT body FROM notes WHERE body = %s", (mark,)).fetchall()
            self.check(mark, rows, [(mark,)])

    def pipeline(self, one: psycopg.Connection[Any], mark: str) -> None:
        with one.pipeline():
            cursors = [one.execute("SELECT %s::text, %s::int", (mark, number)) for number in range(5)]
        self.check(mark, [row for cursor in cursors for row in cursor.fetchall()], [(mark, number) for number in range(5)])

    def cursor(self, one: psycopg.Connection[Any], mark: str) -> None:
        with one.transaction(), one.cursor(name="c") as cursor:
            cursor.execute(f"SELECT '{mark}', g FROM generate_series(1, 30) AS g")
            rows = cursor.fetchmany(7) + cursor.fetchall()
        self.check(mark, rows, [(mark, number) for number in range(1, 31)])

    def copy(self, one: psycopg.Connection[Any], mark: str) -> None:
        if self.kind == "owner":
            with one.cursor().copy(f"COPY (SELECT '{mark}' FROM generate_series(1, 50)) TO STDOUT") as copy:
                rows = [(bytes(data).decode().strip(),) for data in copy]
            self.check(mark, rows)
        with one.cursor().copy("COPY notes (body) FROM STDIN") as into:
            into.write_row((f"copied {mark}",))


def clients(arguments: argparse.Namespace) -> int:
    """One process of clients, until SIGTERM. Prints violations and, now and then, its counts."""
    lock = threading.Lock()

    def tell(text: str) -> None:
        with lock:
            print(text, flush=True)

    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    kinds = ("owner", "app", "analyst", "app")
    dsns = sys.stdin.read().split()
    them = [
        Client(dsns[at], kinds[at], f"m{arguments.number}-{at}", arguments.seed * 100 + at, lambda text: tell(f"VIOLATION {text}"))
        for at in range(THREADS)
    ]
    if arguments.plant:  # the oracle's own test: a client that takes its replies for somebody else's
        them[0].mark = lambda: "m9-9-1-1"  # type: ignore[method-assign]
        them[0].check = lambda mark, rows, wanted=None: tell(f"VIOLATION {strangers('m8-8-1-1', rows)}")  # type: ignore[method-assign]
    threads = [threading.Thread(target=one.run, args=(ends,), daemon=True) for one in them]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        ends.wait(0.5)
        tell(f"COUNTS {sum(one.done for one in them)} {sum(one.connects for one in them)}")
        for one, thread in zip(them, threads, strict=True):
            if thread.is_alive() and time.monotonic() - one.since > HANG_SECONDS:
                tell(f"VIOLATION {one.name} ({one.kind}) hangs")
                return 1
        if ends.is_set():
            time.sleep(0.05)
    return 0


# --- the proxy, its server and what happens to them


@dataclass
class Run:
    """One run: what is alive, what was done to it, and what went wrong."""

    small: Small
    server: EmbeddedServer
    port: int
    seed: int
    plant: bool = False
    kills: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    memory: dict[int, list[int]] = field(default_factory=dict)
    proxy: subprocess.Popen[bytes] | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)  # every process of the proxy's there has been

    def start_proxy(self) -> None:
        """Until it serves: an old worker may have the port for a moment, as when systemd restarts a service.

        A worker that is killed before it ever served is the end of a `serve` that just begins: that is no fault to try.
        """
        deadline = time.monotonic() + 60
        said = self.small.folder / "serve.stderr"
        while True:
            with said.open("ab") as errors:
                before = errors.tell()
                command = [sys.executable, "-m", "proxy.cli", "serve", "-c", str(self.small.config_file)]
                self.proxy = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
            while self.proxy.poll() is None:
                if b"listens on" in said.read_bytes()[before:]:
                    return
                time.sleep(0.05)
            if time.monotonic() > deadline:
                raise AssertionError("the proxy does not start: " + said.read_text()[-500:])
            time.sleep(0.1)

    def start_clients(self, number: int) -> None:
        output = self.small.folder / f"clients-{number}-{len(self.outputs)}.log"
        self.outputs.append(output)
        way = Way(self.small, HOST, self.port)
        logins = (self.small.owner, self.small.app, self.small.analyst, self.small.app)
        command = [sys.executable, "-m", "tests.faults", "--number", str(len(self.outputs)), "--seed", str(self.seed + number)]
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*command, *(["--plant"] if self.plant and number == 0 else [])], stdin=subprocess.PIPE, stdout=file, stderr=file
            )
        assert process.stdin is not None
        process.stdin.write("\n".join(way.dsn(login, "faults") for login in logins).encode())
        process.stdin.close()
        self.processes[number:number + 1] = [process]

    def workers(self) -> list[int]:
        with contextlib.suppress(FileNotFoundError, AttributeError):
            assert self.proxy is not None
            found = workers_of(self.proxy.pid)
            self.seen |= {self.proxy.pid, *found}
            return found
        return []

    def look_at_memory(self) -> None:
        for pid in [*self.workers(), self.proxy.pid if self.proxy is not None else 0]:
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                self.memory.setdefault(pid, []).append(int(next(one for one in lines if one.startswith("Pss:")).split()[1]))

    # what happens

    def fault(self, kind: str, choose: random.Random) -> None:
        self.kills[kind] += 1
        match kind:
            case "client":
                number = choose.randrange(PROCESSES)
                self.processes[number].kill()
                self.processes[number].wait()
                self.start_clients(number)
            case "worker":
                if found := self.workers():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(choose.choice(found), signal.SIGKILL)
            case "supervisor":
                assert self.proxy is not None
                self.workers()
                self.proxy.kill()
                self.proxy.wait()
                self.start_proxy()
            case "backend":
                with contextlib.suppress(psycopg.Error, IndexError, ProcessLookupError):
                    pids = self.small.active("faults")
                    os.kill(choose.choice(pids)[0], signal.SIGKILL)  # PostgreSQL restarts all its processes then
            case "server":
                self.server.kill()
                self.server.start()
            case "SIGUSR2" | "SIGHUP":
                assert self.proxy is not None
                self.proxy.send_signal(getattr(signal, kind))

    def finish(self) -> None:
        """Stop everything, and look at what is left."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(HANG_SECONDS + 15)
                continue
            self.violations.append("a client process does not end")
            process.kill()
            process.wait()
        self.workers()
        assert self.proxy is not None
        self.proxy.terminate()
        try:
            code = self.proxy.wait(60)
            if code:
                self.violations.append(f"the proxy ended with {code}")
        except subprocess.TimeoutExpired:
            self.violations.append("the proxy does not end")
            self.proxy.kill()
            self.proxy.wait()
        self.eventually(lambda: not any(is_alive(pid) for pid in self.seen), "a process of the proxy is left")
        self.eventually(lambda: not self.small.active("faults"), "a connection is left on the server")
        errors = (self.small.folder / "serve.stderr").read_text(errors="replace")
        if "Traceback" in errors or "ended by" in errors or "in the background" in errors or "in the supervisor" in errors:
            self.violations.append("the proxy complains: " + next(
                line for line in errors.splitlines() if re.search("Traceback|ended by|in the background|in the supervisor", line)
            ))  # fmt: skip

    def eventually(self, question: Callable[[], bool], trouble: str) -> None:
        deadline = time.monotonic() + 30
        while not self.ask(question):
            if time.monotonic() > deadline:
                self.violations.append(trouble)
                return
            time.sleep(0.1)

    @staticmethod
    def ask(question: Callable[[], bool]) -> bool:
        try:
            return question()
        except psycopg.Error:  # the server recovers
            return False

    def judge(self) -> tuple[int, int]:
        """(operations, connections) of all clients; everything wrong goes to `violations`."""
        operations = connects = 0
        for output in self.outputs:
            lines = output.read_text(errors="replace").splitlines()
            counts = [line.split() for line in lines if line.startswith("COUNTS ") and len(line.split()) == 3]
            operations += int(counts[-1][1]) if counts else 0
            connects += int(counts[-1][2]) if counts else 0
            self.violations += [line for line in lines if line.startswith("VIOLATION") or "Traceback" in line]
        rows = [str(row[0]) for row in self.small.database.execute("SELECT body FROM notes WHERE body NOT LIKE 'copied %'")]
        self.violations += unrecorded(rows, (str(one["statement"]) for one in self.small.events(kind="accept")))
        report = verify_folder(self.small.folder / "log")
        if not report.is_whole:
            self.violations.append("the chain of the query log is broken")
        self.violations += [f"process {pid} has grown: {first} -> {last} KB" for pid, first, last in growths(self.memory)]
        return operations, connects


def unrecorded(rows: Iterable[str], statements: Iterable[str]) -> list[str]:
    """Rows that were committed, and whose statement was not recorded before."""
    recorded = {mark for statement in statements for mark in MARK.findall(statement)}
    return [f"{row} stands in the table and not in the log" for row in rows if row not in recorded]


def growths(memory: dict[int, list[int]]) -> Iterator[tuple[int, int, int]]:
    """(pid, KB in the middle third of its life, KB in the last) of those that lived half a minute and still grow."""
    for pid, samples in memory.items():
        third = len(samples) // 3
        if len(samples) >= WARM_SAMPLES and max(samples[-third:]) > max(samples[third : 2 * third]) + GROWTH_KB:
            yield pid, max(samples[third : 2 * third]), max(samples[-third:])


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


FAULTS = ("client", "worker", "supervisor", "backend", "server", "SIGUSR2", "SIGHUP")
WEIGHTS = (6, 6, 2, 3, 1, 2, 3)


def main(words: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--plant", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    if arguments.number is not None:
        return clients(arguments)
    seed = random.SystemRandom().randrange(10**6) if arguments.seed is None else arguments.seed
    choose = random.Random(seed)
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    folder = new_folder()
    try:
        more = {"listen": f"{{host: {HOST}, port: {port}}}", "workers": "2", "limits": "{drain_seconds: 5, startup_seconds: 15}"}
        with own_server() as server, small_database(server, folder / "p", **more) as small:
            run = Run(small, server, port, seed, arguments.plant)
            run.start_proxy()
            try:
                for number in range(PROCESSES):
                    run.start_clients(number)
                if arguments.plant:  # before anything can happen to it
                    run.eventually(lambda: "VIOLATION" in run.outputs[0].read_text(), "the planted client says nothing")
                end = time.monotonic() + arguments.seconds
                while time.monotonic() < end:
                    pause = time.monotonic() + choose.uniform(0.3, 2.5)
                    while time.monotonic() < min(pause, end):
                        run.look_at_memory()
                        time.sleep(SAMPLE_SECONDS)
                    run.fault(choose.choices(FAULTS, WEIGHTS)[0], choose)
            finally:
                run.finish()
            operations, connects = run.judge()
            told = ", ".join(f"{count} {kind}" for kind, count in sorted(run.kills.items()))
            print(f"{operations:,} operations over {connects:,} connections in {arguments.seconds:.0f} s, seed {seed}; "
                  f"faults: {told}; {len(run.violations)} violations")  # fmt: skip
            for one in run.violations[:20]:
                print(one)
            return 1 if run.violations or not operations else 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
