"""What the demo is doing: a live bar in a terminal, one plain line for each thing done elsewhere (CI, a file)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

Report = Callable[[str, int, int], None]  # what, how many rows are done, how many there are


class Progress:
    """Shown on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One thing whose length is not known beforehand."""
        started = time.monotonic()
        with self._console.status(what) if self._console.is_terminal else _nothing():
            yield
        self._done(what, "", started)

    @contextmanager
    def rows(self, title: str) -> Iterator[Report]:
        """Rows of one table after another; hands out the function to tell how far it is."""
        started = time.monotonic()
        total: dict[str, int] = {}
        with Bars(
            TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        ) as bars:  # fmt: skip
            tasks = {}

            def report(what: str, done: int, rows: int) -> None:
                if what not in tasks:
                    tasks[what] = bars.add_task(what, total=rows)
                total[what] = done
                bars.update(tasks[what], completed=done)

            yield report
        self._done(title, f"{sum(total.values()):,} rows", started)

    def _done(self, what: str, amount: str, started: float) -> None:
        self._console.print(f"  {what:<34} {amount:>14} {time.monotonic() - started:6.1f} s", markup=False)


@contextmanager
def _nothing() -> Iterator[None]:
    yield
