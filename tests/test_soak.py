"""`make soak` runs what exists, keeps what it prints and fails when a step does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import soak


def test_steps_name_files_and_modules_of_this_tree() -> None:
    for step in soak.steps(1, 1, Path("x")):
        named = [Path(word) for word in step.command if word.endswith(".py")]
        named += [Path("tests") / "tools" / "regress.py" for word in step.command if word == "tests.tools.regress"]
        named += [Path("tests") / "fuzz" / "__main__.py" for word in step.command if word == "tests.fuzz"]
        named += [Path("tests") / "faults.py" for word in step.command if word == "tests.faults"]
        assert named
        assert all((Path(__file__).parents[1] / file).is_file() for file in named)


@pytest.mark.parametrize(("code", "status", "verdict"), [("print('7 executions')", 0, "passed"), ("raise SystemExit(1)", 1, "FAILED")])
def test_the_table_says_how_each_step_ended(
    code: str, status: int, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = soak.Step("one", "the step", (sys.executable, "-c", code), r"^\d+ executions.*")
    monkeypatch.setattr(soak, "steps", lambda *_: [step])
    assert soak.main(["--folder", str(tmp_path)]) == status
    figures = "7 executions" if status == 0 else "none"
    assert f"| the step | {verdict} | 0.0 | {figures} |" in capsys.readouterr().out
    assert (tmp_path / "one.log").is_file()


def test_a_step_nobody_knows_is_a_failure(tmp_path: Path) -> None:
    assert soak.main(["--folder", str(tmp_path), "--only", "nothing"]) == 1
