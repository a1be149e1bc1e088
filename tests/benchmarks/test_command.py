"""`python -m benchmarks`: what it says it can, and a run of two works so short that its figures mean nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.measuring import TPS, Cell, Sample, Target, Work
from benchmarks.stage import LOGINS, RULES, SCRIPTS, Stage, StageError
from benchmarks.works import WORKS
from proxy.cli.policy import read_rules


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(WORKS)


def test_an_unknown_work_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "nothing"])
    assert "nothing" in capsys.readouterr().err


def test_a_pgbouncer_that_does_not_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "pgbench", "--quick", "--pgbouncer", str(tmp_path / "none"), "--folder", str(tmp_path)]) == 2
    assert "does not run" in capsys.readouterr().err


def test_every_login_has_a_role_and_every_script_an_end() -> None:
    rules = read_rules(RULES.parent)
    assert all(rules.role_of(login) for login in LOGINS)
    for path in SCRIPTS.iterdir():
        assert path.read_text().endswith(";\n")


def test_a_work_that_fails_ends_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cells(_: Stage) -> Iterator[Cell]:
        yield Cell("one", (Target("direct"),), lambda _: Sample({TPS: 1.0}))
        raise StageError("it shows what it should not")

    monkeypatch.setitem(WORKS, "pgbench", Work("pgbench", "", (), cells))
    monkeypatch.setitem(WORKS, "mix", Work("mix", "", (), lambda _: iter([Cell("two", (), lambda _: Sample({}))])))
    assert main(["--quick", "--only", "pgbench", "mix", "--workers", "1", "--folder", str(tmp_path)]) == 1
    kept = json.loads((tmp_path / "report.json").read_text())
    assert kept["failed"] == {"pgbench": "StageError: it shows what it should not"}
    assert [one["cell"] for one in kept["cells"]] == ["one", "two"]


def test_a_short_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is measured was looked at: masked names and opened cards, or there would be no figure."""
    arguments = ["--quick", "--only", "masked-point", "mix", "--clients", "1", "--workers", "1", "--relay", "--folder", str(tmp_path)]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert said == (tmp_path / "report.md").read_text()
    cells = {(one["work"], one["cell"]): one["rounds"] for one in json.loads((tmp_path / "report.json").read_text())["cells"]}
    assert list(cells) == [
        ("masked-point", "prepared, 1 client"), ("masked-point", "simple, 1 client"), ("mix", "prepared, 1 client"),
    ]  # fmt: skip
    for [one] in cells.values():
        for target in ("direct", "relay", "maskgate"):
            assert one[target]["errors"] == 0
            assert all(value > 0 for value in one[target]["figures"].values())
