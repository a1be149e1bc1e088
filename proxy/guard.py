"""Export budgets: counters that say whether more rows may leave. Pure; one budget serves one statement of one session.

This slice counts rows of a statement. Windows, bytes and sensitive cells will be further counters behind the same `spend`.
"""

from __future__ import annotations

from proxy.errors import BudgetSpent


class RowBudget:
    """How many rows a statement may still send. `limit` None means any number; still counted."""

    __slots__ = ("limit", "spent")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.spent = 0

    @property
    def remaining(self) -> int | None:
        """Rows that may still leave; None without a limit."""
        return None if self.limit is None else self.limit - self.spent

    def spend(self, rows: int) -> bool:
        """Count `rows` about to leave and return True; or False, counting none, when not all of them may."""
        if self.limit is not None and self.spent + rows > self.limit:
            return False
        self.spent += rows
        return True


def over_budget(limit: int, role: str) -> BudgetSpent:
    """The error (53400) for a statement that has more rows than its role may take at once."""
    return BudgetSpent(
        f"export stopped: role {role} may read at most {limit} rows in one statement",
        hint="Narrow it (WHERE, LIMIT, an aggregate), or ask for a grant.",
    )
