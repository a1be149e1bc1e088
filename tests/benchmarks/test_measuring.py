"""What pgbench says, and what is made of numbers: medians, spreads, ratios round by round."""

from __future__ import annotations

import pytest

from benchmarks.measuring import MEAN, P50, TPS, Cell, Measured, Sample, Spread, Target, percentile, spread
from benchmarks.pgbench import read_log, read_output
from benchmarks.works.planning import LENGTHS, statement
from benchmarks.works.soak import END, MOST, SLOPE, START, slope, weights

OUT = """\
pgbench (18.4)
transaction type: <builtin: select only>
number of transactions actually processed: 20512
number of failed transactions: 3 (0.015%)
latency average = 0.389 ms
initial connection time = 8.912 ms
tps = 20563.512345 (without initial connection time)
"""


def test_a_run_of_pgbench() -> None:
    assert read_output(OUT, "", 0) == ({TPS: 20563.512345, MEAN: 0.389}, 3)


def test_a_client_that_is_aborted_is_an_error() -> None:
    err = (
        "pgbench: error: client 3 script 0 aborted in command 1 query 0: ERROR:  permission denied\n"
        "pgbench: error: client 1 aborted in command 5 (SQL) of script 0; perhaps the backend died while processing\n"
        "pgbench: error: Run was aborted; the above results are incomplete.\n"
    )
    assert read_output(OUT, err, 2)[1] == 3 + 2


def test_a_run_that_fails_without_a_word_is_an_error() -> None:
    assert read_output("", "", 1) == ({TPS: 0.0, MEAN: 0.0}, 1)


def test_a_run_without_a_transaction_is_an_error() -> None:
    """Its clients were still logging in when its time was over."""
    assert read_output("number of failed transactions: 0 (NaN%)\ntps = 0.000000 (without initial connection time)\n", "", 0)[1] == 1


def test_the_log_of_transactions() -> None:
    lines = ["0 199 2241 0 1175850568 995598", "0 200 failed 0 1175850569 0", "0 201 skipped 0 1175850569 608", "0 202 2038 0 1 2", ""]
    assert read_log(lines) == [2241.0, 2038.0]


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert spread([1.0, 2.0]) == Spread(1.5, 1.0, 2.0)
    assert spread([]) is None


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_percentile(share: float, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value
    assert percentile([], share) == 0.0


def measured(*rounds: tuple[float, float], errors: int = 0) -> Measured:
    """Rounds of (direct, maskgate) transactions a second; the mean is a tenth of it, p50 the proxy's only."""
    cell = Cell("a cell", (Target("direct"), Target("maskgate")), lambda _: Sample({}), plot=("line", 8))
    made = [
        {"direct": Sample({TPS: one, MEAN: one / 10}), "maskgate": Sample({TPS: two, MEAN: two / 10, P50: 1.0}, errors)}
        for one, two in rounds
    ]
    return Measured("a work", cell, made)


def test_rounds_are_compared_one_by_one() -> None:
    """The machine was ten times slower in the second round: the ratio does not see it."""
    one = measured((1000.0, 500.0), (100.0, 60.0), (1000.0, 400.0))
    assert one.compared(TPS, "maskgate", "direct") == Spread(0.5, 0.4, 0.6)
    assert one.compared(MEAN, "maskgate", "direct") == Spread(-50.0, -60.0, -4.0)
    assert one.spread(TPS, "direct") == Spread(1000.0, 100.0, 1000.0)


def test_what_was_not_measured_is_not_compared() -> None:
    one = measured((1000.0, 500.0))
    assert one.spread(P50, "direct") is None
    assert one.compared(P50, "maskgate", "direct") is None
    assert one.compared(TPS, "maskgate", "pgbouncer") is None
    assert one.spread(TPS, "pgbouncer") is None
    assert measured((0.0, 500.0)).compared(TPS, "maskgate", "direct") is None
    assert one.figures() == [TPS, MEAN, P50]


def test_errors_by_target() -> None:
    assert measured((1.0, 1.0), (1.0, 1.0), errors=2).errors() == {"maskgate": 4}
    assert measured((1.0, 1.0)).errors() == {}


def test_statements_are_as_long_as_they_should_be_and_all_different() -> None:
    for length in LENGTHS:
        assert length * 0.99 - 7 <= len(statement(length, 7)) <= length
        assert statement(length, 7) != statement(length, 8)


def test_what_a_soak_says() -> None:
    series = [(10.0 * n, 100.0 + n) for n in range(61)]
    found = weights(series)
    assert (found[START], found[END], found[MOST]) == (106.0, 160.0, 160.0)
    assert found[SLOPE] == pytest.approx(360.0)
    assert slope([(1.0, 5.0)]) == slope([]) == 0.0
