from proxy.guard import RowBudget, over_budget


def test_the_row_after_the_last_is_stopped() -> None:
    budget = RowBudget(3)
    assert [budget.spend(1) for _ in range(5)] == [True, True, True, False, False]
    assert (budget.spent, budget.remaining) == (3, 0)


def test_a_batch_that_does_not_fit_counts_nothing() -> None:
    budget = RowBudget(10)
    assert budget.spend(8)
    assert not budget.spend(3)
    assert budget.remaining == 2
    assert budget.spend(2)


def test_a_limit_of_zero_lets_no_row_pass() -> None:
    assert not RowBudget(0).spend(1)
    assert RowBudget(0).spend(0)


def test_without_a_limit_rows_are_still_counted() -> None:
    budget = RowBudget(None)
    assert budget.spend(10**9)
    assert (budget.spent, budget.remaining) == (10**9, None)


def test_the_error_says_what_to_do() -> None:
    error = over_budget(10_000, "analyst")
    assert error.sqlstate == "53400"
    assert error.message == "export stopped: role analyst may read at most 10000 rows in one statement"
    assert "grant" in str(error.hint)
