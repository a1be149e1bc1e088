"""The report: a table that says all, JSON that keeps every number, charts that are XML."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.measuring import MEAN, TPS, Cell, Measured, Options, Sample, Target
from benchmarks.plot import chart
from benchmarks.report import Report, shown, table

TARGETS = (Target("direct"), Target("maskgate"))


def cell(clients: int, *rounds: tuple[float, float], errors: int = 0, series: tuple[tuple[float, float], ...] = ()) -> Measured:
    made = [
        {"direct": Sample({TPS: one, MEAN: 1.0}), "maskgate": Sample({TPS: two, MEAN: 1.5}, errors, series)}
        for one, two in rounds
    ]
    return Measured("work", Cell(f"{clients} clients", TARGETS, lambda _: Sample({}), plot=("a & b", clients)), made)


def parsed(text: str) -> ElementTree.Element:
    """Raises ParseError."""
    return ElementTree.fromstring(text)  # noqa: S314  (our own text)


def test_table() -> None:
    assert list(table([cell(8, (1000.0, 500.0), (2000.0, 800.0), errors=1)])) == [
        "| cell |  | direct | maskgate | maskgate to direct | errors |",
        "| --- | --- | ---: | ---: | ---: | --- |",
        "| 8 clients | transactions/s | 1,500 (1,000–2,000) | 650 (500–800) | × 0.45 | maskgate 2 |",
        "|  | mean, ms | 1.00 | 1.50 | +0.50 |  |",
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.000"), (0.0421, "0.042"), (0.5, "0.50"), (12.34, "12.3"), (1234.5, "1,234"), (-2.5, "-2.50")]
)
def test_digits(value: float, text: str) -> None:
    assert shown(value) == text


def test_files(tmp_path: Path) -> None:
    (tmp_path / "old.svg").write_text("of an earlier run")
    report = Report({"processor": "one"}, Options(quick=True, pgbouncer=Path("x")), [cell(1, (2.0, 1.0)), cell(8, (4.0, 3.0))])
    report.failed["mix"] = "StageError: it shows\nwhat it should not"
    report.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "report.json", "report.md", "work-a-b-mean-ms.svg", "work-a-b-transactions-s.svg",
    ]  # fmt: skip
    said = (tmp_path / "report.md").read_text()
    assert "- processor: one" in said
    assert "figures mean nothing" in said
    assert "\n## work\n" in said
    assert "\n**mix ended early:** StageError: it shows\n" in said
    kept = json.loads((tmp_path / "report.json").read_text())
    assert kept["machine"] == {"processor": "one"}
    assert kept["options"]["pgbouncer"] == "x"
    assert kept["cells"][1]["rounds"][0]["maskgate"] == {"figures": {TPS.name: 3.0, MEAN.name: 1.5}, "errors": 0, "series": []}
    for path in tmp_path.glob("*.svg"):
        parsed(path.read_text())


def test_a_course_is_drawn_too() -> None:
    one = cell(1, (1.0, 1.0), series=((0.0, 200.0), (10.0, 210.0)))
    [(name, text)] = Report({}, Options(), [one]).charts()
    assert name == "work-1-clients-course.svg"
    assert parsed(text).findall("{*}polyline")


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("lines", [{}, {"a": [(1.0, 0.0)]}, {"a <&> b": [(1.0, 5.0), (8.0, 90_000.0)], "c": [(8.0, 0.001)]}])
def test_any_chart_is_xml(lines: dict[str, list[tuple[float, float]]], even: bool) -> None:
    drawn = parsed(chart("a < b", "x & y", "z", lines, even=even))
    assert len(drawn.findall("{*}polyline")) == len(lines)
    for place in (place for line in drawn.findall("{*}polyline") for place in line.attrib["points"].split()):
        x, y = map(float, place.split(","))
        assert 0 <= x <= 640
        assert 0 <= y <= 400
