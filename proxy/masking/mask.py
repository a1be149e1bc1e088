"""What a mask is: one SQL expression of the column's own type, and its Python twin. The families stand beside this file."""

from __future__ import annotations

from typing import Protocol

from proxy.catalog.snapshot import Column


class Mask(Protocol):
    """A mask never raises, on any value of its type, and hides at least half of the characters (FINDINGS 19)."""

    @property
    def name(self) -> str:
        """The word of the rule files (`email`, `partial(3,4)`), for logs and `explain`."""

    def misfit(self, column: Column) -> str | None:
        """None when the mask fits the column's type, else a sentence for `check` and the loader."""

    def sql(self, reference: str, column: Column) -> str:
        """The expression over `reference` (already quoted), of the column's type, typmod and collation; fully qualified."""

    def __hash__(self) -> int:
        """Equal masks hash alike: every mask is a frozen dataclass, so what is built from it can be remembered."""

    def apply(self, value: object) -> object:
        """The twin: the same function over the Python value (str, Decimal, int, float, date, datetime, None, …)."""
