"""The mask `round`: numbers down to a granularity.

`{round: 1000}` cuts a number towards zero to a multiple of 1000: 1234.56 -> 1000.00, -1999 -> -1000, 999 -> 0. Towards zero,
and not to the nearest, because then no result leaves the type or the typmod: numeric(10,2) and int4 cannot overflow.
Infinity and NaN stay; a double of 1e300 or more has no digits to cut and becomes NULL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from proxy.catalog.snapshot import Column
from proxy.masking import types
from proxy.sql import build
from proxy.sql.build import Part

FINEST, COARSEST = Decimal("0.000001"), Decimal(10) ** 18
_NUMERIC, _FLOAT8 = "pg_catalog.numeric", "pg_catalog.float8"
_TOO_LARGE = 1e300


@dataclass(frozen=True, slots=True)
class Round:
    """`to` is the granularity: a decimal number from 0.000001 to 1e18; for integer columns a whole number."""

    to: Decimal

    def __post_init__(self) -> None:
        if not self.to.is_finite() or not FINEST <= self.to <= COARSEST:
            raise ValueError("round takes a granularity from 0.000001 to 1000000000000000000, such as 1000 or 0.5")

    @property
    def name(self) -> str:
        return f"round({self._text})"

    @property
    def _text(self) -> str:
        return f"{self.to:f}"

    def misfit(self, column: Column) -> str | None:
        wrong = types.needs(column, types.NUMBERS, "numbers", self.name)
        if wrong is None and types.oid_of(column) in types.INTEGERS and (self.to != int(self.to) or self.to < 2):
            return f"the mask {self.name} leaves {column.name} as it is, for that is {column.type_sql}: use 2 or more"
        return wrong

    def sql(self, reference: str, column: Column) -> str:
        value = build.raw(reference)
        oid = types.oid_of(column)
        if oid in types.INTEGERS:
            whole = build.cast(value, build.BIGINT)
            cut = build.operate(whole, "-", build.call("mod", whole, build.integer(int(self.to))))
        elif oid in types.FLOATS:
            cut = self._float(build.cast(value, _FLOAT8))
        else:
            cut = self.over(build.cast(value, _NUMERIC))
        return build.sql(build.as_column(cut, column))

    def over(self, value: Part) -> Part:
        """The expression over a numeric."""
        step = build.string(self._text, _NUMERIC)
        cut = build.operate(value, "-", build.call("mod", value, step))
        return build.case((_is_finite(value, _NUMERIC), cut), default=value)

    def _float(self, value: Part) -> Part:
        step = build.string(repr(float(self.to)), _FLOAT8)
        size = build.call("abs", value)
        cut = build.operate(build.call("trunc", build.operate(value, "/", step)), "*", step)
        inner = build.case(
            (build.operate(size, "<", step), build.string("0", _FLOAT8)),
            (build.operate(size, ">=", build.string(repr(_TOO_LARGE), _FLOAT8)), build.null(_FLOAT8)),
            default=cut,
        )
        return build.case((_is_finite(value, _FLOAT8), inner), default=value)

    def apply(self, value: object) -> object:
        if isinstance(value, Decimal):
            return self.cut(value)
        if isinstance(value, float):
            return _cut_float(value, float(self.to))
        if isinstance(value, int):
            size = abs(value) // int(self.to) * int(self.to)
            return size if value >= 0 else -size
        return None

    def cut(self, value: Decimal) -> Decimal:
        """The twin of `over`."""
        if not value.is_finite():
            return value
        # enough digits for the quotient and for the difference, however long the number is
        digits = len(value.as_tuple().digits) + abs(value.adjusted()) + 64
        context = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)
        return context.subtract(value, context.remainder(value, self.to))


def _is_finite(value: Part, type_sql: str) -> Part:
    """NaN is larger than Infinity, so it is not below it."""
    return build.all_true(
        build.operate(value, ">", build.string("-Infinity", type_sql)),
        build.operate(value, "<", build.string("Infinity", type_sql)),
    )


def _cut_float(value: float, step: float) -> float | None:
    if not math.isfinite(value):
        return value
    if abs(value) < step:
        return 0.0
    if abs(value) >= _TOO_LARGE:
        return None
    return float(math.trunc(value / step)) * step
