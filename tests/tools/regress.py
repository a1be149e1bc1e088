"""Plan every statement of a folder of .sql files for a restricted caller, without a server, and compare the trees.

    python -m tests.tools.regress DIR [--version 180000] [--protect all] [--list TEXT]        (make regress DIR=…)

The files are split as psql splits them (`tests/regress/psql.py`). A catalog is made from their DDL (`tests/regress/catalog.py`):
every second relation with known columns (`--protect all`: each) is protected, each of its columns open, masked or closed in turn, every third of them
under a row condition; the others are open. User functions the files create are listed for the role, so that a statement gets
as far as rewriting. Reported by kind of statement: planned (the text changed), passed unchanged, refused and why. Then what
must not be: a text that leaves with another meaning (`tests/regress/trees.py`), an exception that is no ProxyError, and a
broken invariant (SQLSTATE XX000). Exit status 1 when there is one.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from proxy.catalog.snapshot import Column, Oid, Relation
from proxy.errors import Bug, ProxyError
from proxy.masking.fixed import Null
from proxy.masking.mask import Mask
from proxy.masking.text import Partial
from proxy.plan import Miss, Plan
from proxy.planner import Planner
from proxy.policy.verdict import Masked, Seal, Show, Verdict
from proxy.sql.parse import parse
from tests import world
from tests.regress.catalog import Catalog
from tests.regress.psql import statements
from tests.regress.trees import differences

NEWEST = 180000
_REASONS_SHOWN = 3


@dataclass
class Kind:
    """The outcomes of one kind of statement."""

    planned: int = 0
    unchanged: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> int:
        return self.planned + self.unchanged + self.refused.total()


@dataclass
class Report:
    """What came of a folder."""

    files: int = 0
    seconds: float = 0.0
    protected: int = 0  # statements that left with a masked relation in them
    kinds: dict[str, Kind] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    @property
    def is_good(self) -> bool:
        return not (self.differences or self.exceptions or self.bugs)

    def text(self) -> str:
        """The report as Markdown."""
        every = self.kinds.values()
        planned, unchanged = sum(k.planned for k in every), sum(k.unchanged for k in every)
        refused = sum(k.refused.total() for k in every)
        lines = [
            f"{planned + unchanged + refused:,} statements of {self.files} files in {self.seconds:.0f} s: {planned:,} planned "
            f"({self.protected:,} with a masked relation), {unchanged:,} passed unchanged, {refused:,} refused; "
            f"{len(self.differences)} read differently, {len(self.exceptions)} exceptions, {len(self.bugs)} broken invariants; "
            f"the slowest took {self.slowest[0] * 1000:.0f} ms.",
            "",
            "| statement | all | planned | unchanged | refused | why, most often |",
            "| --- | ---: | ---: | ---: | ---: | --- |",
        ]
        for name, kind in sorted(self.kinds.items(), key=lambda k: (-k[1].all, k[0])):
            why = "; ".join(f"{n:,} {reason}" for reason, n in kind.refused.most_common(_REASONS_SHOWN))
            lines.append(
                f"| {name} | {kind.all:,} | {kind.planned:,} | {kind.unchanged:,} | {kind.refused.total():,} | {why} |"
            )
        for title, found in (
            ("Read differently", self.differences), ("Exceptions", self.exceptions), ("Broken invariants", self.bugs),
        ):  # fmt: skip
            lines += ["", f"{title}: {len(found)}", *found]
        return "\n".join(lines)


class _Judge(world.FakeJudge):
    """A restricted role over a catalog, with every `step`-th relation protected."""

    def __init__(self, catalog: Catalog, step: int) -> None:
        super().__init__({}, restricted=True, copy_refused=False)
        self.functions = frozenset(f"{schema}.{name}" for schema, name in catalog.functions)
        self.step = step
        self.made: dict[Oid, Verdict] = {}
        self.relations = {r.oid: r for r in catalog.relations()}

    def read(self, oid: Oid) -> Verdict:
        relation = self.relations[oid]
        if not self.is_protected(oid):
            return super().read(oid)
        if oid not in self.made:
            self.made[oid] = _masked(relation)
        return self.made[oid]

    def is_protected(self, oid: Oid) -> bool:
        relation = self.relations[oid]
        return oid % self.step == 0 and relation.schema != "pg_catalog" and bool(relation.columns)


def _masked(relation: Relation) -> Masked:
    shows = {column.attnum: _show(column, relation.oid) for column in relation.columns}
    first = relation.columns[0].name.replace('"', '""')
    condition = f'"{first}" IS NOT NULL' if relation.oid % 3 == 0 else None
    return Masked("rule", "every second relation", shows, condition)


def _show(column: Column, oid: int) -> Show:
    how = ("open", "masked", "closed", "masked")[(column.attnum + oid // 2) % 4]
    if how != "masked":
        return Show(how, "rule", "reason")
    mask: Mask = Partial(2, 2)
    return Show(how, "rule", "reason", mask=Null() if mask.misfit(column) else mask, writable=oid % 5 > 0)


def _no_seal(seal: Seal, plaintext: bytes) -> bytes:
    raise AssertionError("nothing is encrypted here")


class Run:
    """One run over files. `report` fills as it goes."""

    def __init__(self, version_num: int, step: int = 2, listed: str = "") -> None:
        self.version_num = version_num
        self.step = step
        self.listed = listed
        self.report = Report()

    def folder(self, files: Iterable[Path]) -> Report:
        """Plan the statements of every file; each file starts from the tables of all."""
        begun = time.monotonic()
        texts = {file: _read(file) for file in files}
        common = Catalog(self.version_num)
        for text in texts.values():
            for sent in statements(text):
                for _, stmt in _parsed(sent):
                    common.gather(stmt)
        for file, text in texts.items():
            self.file(file.name, text, common.copy())
        self.report.files = len(texts)
        self.report.seconds = time.monotonic() - begun
        return self.report

    def file(self, name: str, text: str, catalog: Catalog) -> None:
        """Plan the statements of one file in order; its DDL takes effect as it is met."""
        planner = self.planner(catalog)
        for sent in statements(text):
            parsed = _parsed(sent)
            self.statement(name, sent, "+".join(sorted({k for k, _ in parsed})), planner, catalog)
            changes = [catalog.apply(stmt) for _, stmt in parsed]
            if any(changes):
                planner = self.planner(catalog)

    def planner(self, catalog: Catalog) -> Planner:
        return Planner(_Judge(catalog, self.step), catalog.snapshot(), "ana", _no_seal)

    def statement(self, name: str, sent: str, kind: str, planner: Planner, catalog: Catalog) -> None:
        outcomes = self.report.kinds.setdefault(kind or "not read by the grammar", Kind())
        begun = time.perf_counter()
        try:
            plan = _planned(planner, sent, catalog)
        except Bug as error:
            self.report.bugs.append(f"{name}: {error.message}: {sent}")
            outcomes.refused[_reason(error)] += 1
        except ProxyError as error:
            outcomes.refused[_reason(error)] += 1
            if self.listed and self.listed in error.message:
                print(f"{name}: {error.message}: {sent}")
        except Exception as error:  # noqa: BLE001 - that there is none is what this runner is for
            self.report.exceptions.append(f"{name}: {error!r}: {sent}")
            outcomes.refused["an exception"] += 1
        else:
            self.compare(name, sent, plan, planner)
            outcomes.planned += plan.text != sent.encode()
            outcomes.unchanged += plan.text == sent.encode()
        self.report.slowest = max(self.report.slowest, (time.perf_counter() - begun, sent))

    def compare(self, name: str, sent: str, plan: Plan, planner: Planner) -> None:
        self.report.protected += plan.verdict == "masked"
        for difference in differences(sent.encode(), plan.text, planner.snapshot, planner.judge.read):
            self.report.differences.append(f"{name}: {difference}\n    {sent}\n    {plan.text.decode()}")


def _planned(planner: Planner, sent: str, catalog: Catalog) -> Plan:
    plan = planner.plan(sent, path=catalog.path, temporary=catalog.temporary)
    if isinstance(plan, Miss):
        plan = planner.plan(sent, path=catalog.path, temporary=catalog.temporary, after_miss=True)
    assert isinstance(plan, Plan), "a miss after a miss"
    return plan


def _parsed(sent: str) -> Iterator[tuple[str, object]] | tuple[()]:
    try:
        return parse(sent.encode()).stmts
    except ProxyError:
        return ()


def _reason(error: ProxyError) -> str:
    """The message with its names left out, so that equal reasons count together."""
    text = re.sub(r'"[^"]*"|\b(function|operator|type|relation|column) \S+', lambda m: (m.group(1) or "") + " …", error.message)
    return f"{error.sqlstate} {' '.join(text.split())}"


def _read(file: Path) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.regress", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="searched for *.sql, subfolders included")
    parser.add_argument("--version", type=int, default=NEWEST, help="server_version_num to plan for (default %(default)s)")
    parser.add_argument("--protect", choices=("half", "all"), default="half", help="relations protected (default %(default)s)")
    parser.add_argument("--list", default="", metavar="TEXT", help="print each statement refused with TEXT in the message")
    given = parser.parse_args(arguments)
    files = sorted(given.folder.rglob("*.sql"))
    if not files:
        print(f"no .sql file below {given.folder}", file=sys.stderr)
        return 2
    report = Run(given.version, 1 if given.protect == "all" else 2, given.list).folder(files)
    print(report.text())
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
