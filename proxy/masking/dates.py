"""The mask `date`: a date or timestamp cut to the start of its decade, year, quarter, month, week or day.

timestamptz is cut in UTC, whatever the session's TimeZone. -infinity and infinity stay; what lies outside the years 1 to 9999
becomes NULL, because its start may lie outside the type (and no Python twin could name it).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from proxy.catalog.snapshot import Column
from proxy.masking import types
from proxy.sql import build
from proxy.sql.build import Part

UNITS = ("decade", "year", "quarter", "month", "week", "day")
_TYPES = {
    types.DATE: "pg_catalog.date",
    types.TIMESTAMP: "pg_catalog.timestamp",
    types.TIMESTAMPTZ: "pg_catalog.timestamptz",
}


@dataclass(frozen=True, slots=True)
class Truncate:
    """`unit` is one of `UNITS`."""

    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"date takes one of {', '.join(UNITS)}")

    @property
    def name(self) -> str:
        return f"date({self.unit})"

    def misfit(self, column: Column) -> str | None:
        if self.unit == "day" and types.oid_of(column) == types.DATE:
            return f"the mask {self.name} leaves {column.name} as it is, for that is a date: use week or coarser"
        return types.needs(column, types.DATES, "dates and timestamps", self.name)

    def sql(self, reference: str, column: Column) -> str:
        oid = types.oid_of(column)
        type_sql = _TYPES[oid]
        value = build.cast(build.raw(reference), type_sql)
        zone = "+00" if oid == types.TIMESTAMPTZ else ""
        time = "" if oid == types.DATE else " 00:00:00"
        first = "0010" if self.unit == "decade" else "0001"
        in_range = build.all_true(
            build.operate(value, ">=", build.string(f"{first}-01-01{time}{zone}")),
            build.operate(value, "<", build.string(f"10000-01-01{time}{zone}")),
        )
        start = build.case(
            (build.negated(build.call("isfinite", value)), value),
            (in_range, build.cast(self._start(value, oid), type_sql)),
            default=build.null(type_sql),
        )
        return build.sql(build.as_column(start, column))

    def _start(self, value: Part, oid: int) -> Part:
        unit = build.string(self.unit)
        if oid == types.TIMESTAMPTZ:
            return build.call("date_trunc", unit, value, build.string("UTC"))
        return build.call("date_trunc", unit, build.cast(value, "pg_catalog.timestamp"))

    def apply(self, value: object) -> object:
        if value in ("infinity", "-infinity"):
            return value
        if isinstance(value, datetime):
            return self._of_datetime(value)
        if isinstance(value, date):
            return self._of_date(value)
        return None

    def _of_datetime(self, value: datetime) -> datetime | None:
        if value.tzinfo is not None:
            try:
                value = value.astimezone(UTC)
            except OverflowError:
                return None
        start = self._of_date(value.date())
        return None if start is None else datetime(start.year, start.month, start.day, tzinfo=value.tzinfo)

    def _of_date(self, value: date) -> date | None:
        match self.unit:
            case "decade":
                return date(value.year // 10 * 10, 1, 1) if value.year >= 10 else None
            case "year":
                return date(value.year, 1, 1)
            case "quarter":
                return date(value.year, (value.month - 1) // 3 * 3 + 1, 1)
            case "month":
                return date(value.year, value.month, 1)
            case "week":
                return value - timedelta(days=value.weekday())
            case _:
                return value
