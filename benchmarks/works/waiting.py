"""What others wait while a long text is planned: short statements on other connections, one at a time, while one sends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import psycopg
from psycopg.pq import ExecStatus

from benchmarks import data
from benchmarks.measuring import P50, P99, Cell, Figure, Sample, Target, Work, percentile
from benchmarks.stage import ANALYST, Stage, StageError
from benchmarks.wire import HOST
from benchmarks.works.planning import statement

LONGEST = Figure("longest wait, ms", "added")
TEXT_S = Figure("the text itself, s", "added")
LENGTHS = (10_000, 100_000, 1_000_000, 4_000_000, 16_000_000)
_NUMBERS_UP_TO = 4_000_000  # bytes; a longer text has too many tokens for us unless they are longer
OTHERS = 8  # connections, so that each worker has some


def _long_texts(stage: Stage) -> Iterator[Cell]:
    targets = stage.targets_as(ANALYST)
    for length in (0, *(LENGTHS[:3] if stage.options.quick else LENGTHS)):
        yield Cell(f"{length:,} bytes" if length else "nobody sends any", targets, partial(_measure, stage, length))


def _text(length: int, number: int) -> bytes:
    """A list of numbers, or of words; over a masked column, as in `planning`."""
    if length <= _NUMBERS_UP_TO:
        return statement(length, number).replace("$1", "1").encode()
    words = ", ".join(f"'{word:0100}'" for word in range(length // 104 - 1))
    return f"SELECT name FROM customers c{number:05} WHERE id = 1 OR city IN ({words})".encode()


def _measure(stage: Stage, length: int, target: Target) -> Sample:
    """One text after the other for some seconds, the first at least to its end."""
    waits: list[float] = []
    spent: list[float] = []
    failed: list[str] = []
    is_over = threading.Event()
    with ExitStack() as stack:
        first, *others = (stack.enter_context(_session(stage, target)) for _ in range(1 + OTHERS))

        def send() -> None:
            end, number = time.perf_counter() + stage.options.seconds, 0
            while time.perf_counter() < end and not failed:
                number += 1
                if length:
                    text = _text(length, number)
                    begun = time.perf_counter()
                    _run(first, text, failed)
                    spent.append(time.perf_counter() - begun)
                else:
                    time.sleep(0.1)
            is_over.set()

        sender = threading.Thread(target=send)
        sender.start()
        while not is_over.is_set():
            for other in others:
                begun = time.perf_counter()
                _run(other, b"SELECT name FROM customers WHERE id = 16", failed)
                waits.append(time.perf_counter() - begun)
        sender.join()
    if failed:
        raise StageError(f"{target.name}: {failed[0]}")
    figures = {LONGEST: max(waits) * 1e3, P50: percentile(waits, 0.5) * 1e6, P99: percentile(waits, 0.99) * 1e6}
    return Sample(figures | ({TEXT_S: percentile(spent, 0.5)} if spent else {}))


def _session(stage: Stage, target: Target) -> psycopg.Connection[tuple[object, ...]]:
    login = stage.logins[target.login]
    return psycopg.connect(
        host=HOST, port=target.port, user=login.user, password=login.password, dbname=login.database, sslmode="disable"
    )


def _run(session: psycopg.Connection[tuple[object, ...]], text: bytes, failed: list[str]) -> None:
    done = session.pgconn.exec_(text)
    if done.status != ExecStatus.TUPLES_OK:
        failed.append(session.pgconn.get_error_message())


LONG_TEXTS = Work("long-texts", "what others wait while a long text is planned", [data.customers], _long_texts)
