"""The view oracle: run generated statements through the proxy and on the shown copy, and keep what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from tests.leak.generator import Generator, Made, shrunk
from tests.leak.oracle_answer import REFUSALS, Answer, ask, ways_for
from tests.leak.oracle_world import OracleWorld
from tests.leak.world import Client

SEARCH_PATH = "shop,other,public"
_LOST = "lost"  # in the place of a SQLSTATE: a session ended
_TOO_LONG = "57014"  # the statement_timeout, or ours, or more bytes than are kept: which side meets it is chance


@dataclass(frozen=True)
class Difference:
    """One seed where the two answers are not the same."""

    seed: int
    way: str
    made: Made
    through: Answer
    shown: Answer

    def __str__(self) -> str:
        ordered = ", ordered" if self.made.ordered else ""
        params = f"\nparameters: {self.made.params}" if self.made.params else ""
        proxy, shown = self.through.but(self.shown), self.shown.but(self.through)
        return f"--- seed {self.seed} ({self.way}{ordered})\n{self.made.text}{params}\nproxy: {proxy}\nshown: {shown}"


@dataclass
class Tally:
    """What came of many seeds. A refusal is one where the copy answers; they are counted by construct, apart from differences."""

    selects: int = 0
    writes: int = 0
    failed: int = 0  # of the statements, on the shown copy
    empty: int = 0
    refused_failing: int = 0  # refused by the proxy, failing on the copy too
    too_long: list[int] = field(default_factory=list)  # seeds that could not be compared
    by_tag: Counter[str] = field(default_factory=Counter)
    by_way: Counter[str] = field(default_factory=Counter)
    refused_by_tag: Counter[str] = field(default_factory=Counter)
    refused_selects: list[Difference] = field(default_factory=list)
    refused_writes: list[Difference] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def refusal_rate(self) -> float:
        return len(self.refused_selects) / max(self.selects, 1)

    def __str__(self) -> str:
        refused = ", ".join(f"{tag} {n}/{self.by_tag[tag]}" for tag, n in self.refused_by_tag.most_common())
        return (
            f"{self.selects} SELECT ({len(self.refused_selects)} refused, {self.refusal_rate:.2%}), {self.writes} writes "
            f"({len(self.refused_writes)} refused), {self.failed} failed alike ({self.refused_failing} by a refusal), {len(self.too_long)} too long, "
            f"{self.empty} without rows, "
            f"{len(self.differences)} differences\nways: {dict(self.by_way)}\nrefused by construct: {refused or 'none'}"
        )


class ViewOracle:
    """Sessions of the analyst on both sides. `writes`: data-modifying statements; `extra`: cursors, PREPARE, COPY …"""

    def __init__(self, world: OracleWorld, *, writes: bool = False, extra: bool = False) -> None:
        self.world, self.writes, self.extra = world, writes, extra
        self._open()

    def _open(self) -> None:
        self.through: Client = self.world.through(self.world.analyst, search_path=SEARCH_PATH)
        self.shown: Client = self.world.direct(self.world.analyst, self.world.shown, search_path=SEARCH_PATH)
        self.through.patience_s = self.shown.patience_s = 300.0  # some statements join three tables with themselves, thrice

    def close(self) -> None:
        self.through.socket.close()
        self.shown.socket.close()

    def run(self, seeds: Iterable[int], *, shrink: bool = True) -> Tally:
        """Both sides for every seed."""
        tally = Tally()
        for seed in seeds:
            self._one(seed, tally, shrink)
        return tally

    def both(self, made: Made, way: str) -> tuple[Answer, Answer]:
        """(through the proxy, on the shown copy)."""
        try:
            return ask(self.through, made, way), ask(self.shown, made, way)
        except (EOFError, ConnectionError, TimeoutError) as error:
            self.close()
            self._open()
            return Answer(sqlstate=_TOO_LONG if isinstance(error, TimeoutError) else _LOST, said=repr(error)), Answer()

    def differs(self, made: Made, way: str) -> bool:
        """They say different things, and not because the proxy refused."""
        through, shown = self.both(made, way)
        is_told = _TOO_LONG not in (through.sqlstate, shown.sqlstate) and through.sqlstate not in REFUSALS
        return is_told and not through.same(shown, made.ordered)

    def _one(self, seed: int, tally: Tally, shrink: bool) -> None:
        made = Generator(seed, self.world.version, writes=self.writes).statement()
        way = Random(seed).choice(ways_for(made, self.extra))
        through, shown = self.both(made, way)
        tags = {*made.tags, f"way {way}"}
        tally.by_tag.update(tags)
        tally.by_way[way] += 1
        tally.failed += bool(shown.sqlstate)
        tally.empty += not shown.sqlstate and not shown.rows
        if made.is_write:
            tally.writes += 1
        else:
            tally.selects += 1
        if _TOO_LONG in (through.sqlstate, shown.sqlstate):
            tally.too_long.append(seed)
            return
        if through.same(shown, made.ordered):
            return
        difference = Difference(seed, way, made, through, shown)
        if through.sqlstate in REFUSALS and shown.sqlstate:
            tally.refused_failing += 1
            return
        if through.sqlstate in REFUSALS:
            tally.refused_by_tag.update(tags)
            (tally.refused_writes if made.is_write else tally.refused_selects).append(difference)
            return
        if shrink and through.sqlstate != _LOST:
            small = shrunk(made, lambda one: self.differs(one, way))
            difference = Difference(seed, way, small, *self.both(small, way))
        tally.differences.append(difference)
