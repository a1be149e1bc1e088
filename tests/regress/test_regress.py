"""The runner over folders of .sql files, on a small file of our own; `make regress DIR=…` runs it on PostgreSQL's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proxy.errors import Bug
from proxy.plan import Part, Plan
from proxy.sql.parse import parse
from tests.regress.catalog import Catalog
from tests.tools.regress import NEWEST, Run, main

FOLDER = Path(__file__).parent / "sql"
FILES = sorted(FOLDER.glob("*.sql"))


class _Spoiled:
    """A planner that does one wrong thing with every text."""

    def __init__(self, planner: Any, outcome: Exception | None) -> None:
        self.planner = planner
        self.outcome = outcome
        self.snapshot, self.judge = planner.snapshot, planner.judge

    def plan(self, text: str, **_: Any) -> Plan:
        if self.outcome is not None:
            raise self.outcome
        parse(text.encode())
        return Plan(text=text.encode(), parts=(Part("Select"),))


class _SpoiledRun(Run):
    def __init__(self, outcome: Exception | None) -> None:
        super().__init__(NEWEST, step=1)
        self.outcome = outcome

    def planner(self, catalog: Catalog) -> Any:
        return _Spoiled(super().planner(catalog), self.outcome)


def test_our_own_file_leaves_as_it_was_meant() -> None:
    report = Run(NEWEST, step=1).folder(FILES)
    assert report.is_good, report.text()
    selects = report.kinds["Select"]
    assert sum(kind.all for kind in report.kinds.values()) == 39
    assert (selects.planned, selects.refused.total()) == (11, 2)
    assert report.kinds["Create"].refused.total() == report.kinds["Create"].all == 4
    assert all(report.kinds[k].planned for k in ("Explain", "Prepare", "DeclareCursor", "Copy", "Drop"))
    assert report.protected >= 15
    assert "| Select | 13 | 11 | 0 | 2 |" in report.text()


def test_half_of_the_relations_leaves_room_for_writes() -> None:
    report = Run(NEWEST).folder(FILES)
    assert report.is_good, report.text()
    assert all(report.kinds[k].planned for k in ("Insert", "Delete"))


def test_a_text_that_leaves_as_it_came_is_reported() -> None:
    report = _SpoiledRun(None).folder(FILES)
    assert any("protected relation left outside" in d for d in report.differences)
    assert any("left unqualified" in d for d in report.differences)


@pytest.mark.parametrize(("outcome", "where"), [(KeyError("x"), "exceptions"), (Bug("x"), "bugs")])
def test_what_is_no_proxy_error_is_reported(outcome: Exception, where: str) -> None:
    report = _SpoiledRun(outcome).folder(FILES)
    assert len(getattr(report, where)) == 39
    assert not report.is_good


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(FOLDER), "--version", "150018", "--protect", "all", "--list", "pg_read_file"]) == 0
    assert "pg_read_file('x')" in capsys.readouterr().out
    assert main([str(tmp_path)]) == 2
