"""The runner of drivers' published suites: what it makes of reports; the suites themselves are not in this tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import suites

REPORT = """\
<testsuites><testsuite>
  <testcase classname="a" name="good"/>
  <testcase classname="a" name="bad"><failure/></testcase>
  <testcase classname="a" name="broken"><error/></testcase>
  <testcase classname="a" name="not here"><skipped/></testcase>
  <testcase classname="a" name="twice"/><testcase classname="a" name="twice"><failure/></testcase>
</testsuite></testsuites>
"""


def test_reports_are_read(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text(REPORT)
    assert suites.from_junit([file]) == {
        "a.good": "passed", "a.bad": "failed", "a.broken": "failed", "a.not here": "skipped", "a.twice": "failed",
    }  # fmt: skip


def test_only_what_passes_directly_can_be_lost() -> None:
    direct = {"a": "passed", "b": "passed", "c": "failed", "d": "skipped", "e": "passed", "test_ssl": "skipped"}
    through = {"a": "passed", "b": "failed", "c": "passed", "d": "failed"}
    assert suites.only_direct(direct, through) == ["b", "e"]
    row = suites.table([(suites.SUITES[0], 18, direct, through)]).splitlines()[-1]
    assert row == f"| asyncpg | {suites.SUITES[0].release} | 18 | 4 | 3 | 1 | 2 | 1 |"


def test_a_suite_nobody_knows_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        suites.main(["nothing", "--folder", str(tmp_path)])
    assert "asyncpg" in capsys.readouterr().err
