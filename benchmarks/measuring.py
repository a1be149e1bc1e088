"""The words of a benchmark: a Work has Cells, a Cell is measured at each Target in turns, one turn of all of them is a Round.

Knows nothing of servers. Numbers of one round are compared with each other, so that a machine that slows down slows all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from benchmarks.stage import Stage


@dataclass(frozen=True, slots=True)
class Figure:
    """A kind of number. `compared`: what ours is beside another's: so many times as much, so much more, or not comparable."""

    name: str
    compared: Literal["ratio", "added", "alone"]


TPS = Figure("transactions/s", "ratio")
MEAN = Figure("mean, ms", "added")
P50 = Figure("p50, µs", "added")
P99 = Figure("p99, µs", "added")


@dataclass(frozen=True, slots=True)
class Target:
    """Where one logs in, and as whom. `pid`: the process of the proxy there; 0 for none. `port` 0: within this process."""

    name: str
    port: int = 0
    pid: int = 0
    login: str = ""

    def as_login(self, login: str) -> Self:
        """The same place for another login."""
        return replace(self, login=login)


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement. `errors`: what failed meanwhile; `series`: (seconds, value) where the course matters."""

    figures: Mapping[Figure, float]
    errors: int = 0
    series: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing to be measured. `plot`: (chart, x) if it is a point of a line over the number of clients."""

    name: str
    targets: Sequence[Target]
    measure: Callable[[Target], Sample]
    plot: tuple[str, int] | None = None


Round = Mapping[str, Sample]  # by target


@dataclass(frozen=True, slots=True)
class Measured:
    """A cell and all its rounds."""

    work: str
    cell: Cell
    rounds: Sequence[Round]

    def figures(self) -> list[Figure]:
        """In the order they were given, each once."""
        return list(dict.fromkeys(figure for one in self.rounds for sample in one.values() for figure in sample.figures))

    def spread(self, figure: Figure, target: str) -> Spread | None:
        """Over the rounds; None for a target that has no such figure."""
        return spread([one[target].figures[figure] for one in self.rounds if figure in _figures(one, target)])

    def compared(self, figure: Figure, ours: str, base: str) -> Spread | None:
        """Ours beside the base's, round by round; None where one of them was not measured."""
        pairs = [
            (one[ours].figures[figure], one[base].figures[figure])
            for one in self.rounds
            if figure in _figures(one, ours) and figure in _figures(one, base)
        ]
        match figure.compared:
            case "ratio":
                return spread([mine / theirs for mine, theirs in pairs if theirs])
            case "added":
                return spread([mine - theirs for mine, theirs in pairs])
            case "alone":
                return None

    def errors(self) -> dict[str, int]:
        """By target, those that had any."""
        found = {target.name: sum(one[target.name].errors for one in self.rounds) for target in self.cell.targets}
        return {name: count for name, count in found.items() if count}


def _figures(one: Round, target: str) -> Mapping[Figure, float]:
    return one[target].figures if target in one else {}


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some values, and how far they lie apart."""

    middle: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """None for no values."""
    return Spread(median(values), min(values), max(values)) if values else None


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all are not above (nearest rank); 0 for no values."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    seconds: int = 5
    rounds: int = 3
    quick: bool = False
    full: bool = False
    clients: Sequence[int] = ()
    threads: int = 2
    rows: int = 1_000_000
    customers: int = 100_000
    scale: int = 10
    warehouses: int = 2
    idle: int = 200
    minutes: float = 30.0
    workers: str = "auto"
    pgbouncer: Path | None = None
    relay: bool = False
    folder: Path = field(default_factory=lambda: Path("build/bench"))

    def by_clients(self, default: Sequence[int], full: Sequence[int] = (1, 8, 32, 100)) -> Sequence[int]:
        """How many clients there are, one cell each."""
        return self.clients or (full if self.full else default)


@dataclass(frozen=True, slots=True)
class Work:
    """A subject. `needs` make its tables, before the proxies start; `cells` sets up what else it needs, looks once whether
    each target shows what it should, and gives what is to be measured. `rounds` None: as the options say."""

    name: str
    title: str
    needs: Sequence[Callable[[Stage], None]]
    cells: Callable[[Stage], Iterator[Cell]]
    rounds: int | None = None
    is_default: bool = True

    def run(self, stage: Stage, told: Callable[[str], None]) -> Iterator[Measured]:
        """Measure each cell: all targets by turns, round after round."""
        count = self.rounds or stage.options.rounds
        for cell in self.cells(stage):
            told(f"{self.name}: {cell.name}")
            rounds = [{target.name: cell.measure(target) for target in cell.targets} for _ in range(count)]
            yield Measured(self.name, cell, rounds)
