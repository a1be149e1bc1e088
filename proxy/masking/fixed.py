"""Masks that do not look at the value: `null` and `constant`. They fit any type and hide even whether there is a value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import ip_interface
from uuid import UUID

from proxy.catalog.snapshot import Column
from proxy.masking import types
from proxy.sql import build

_INTEGER_BYTES = {types.INT2: 2, types.INT4: 4, types.INT8: 8}


@dataclass(frozen=True, slots=True)
class Null:
    """NULL, whatever the value."""

    @property
    def name(self) -> str:
        return "null"

    def misfit(self, column: Column) -> str | None:
        return None

    def sql(self, reference: str, column: Column) -> str:
        return build.sql(build.null_of(column))

    def apply(self, value: object) -> object:
        return None


def _wrong_number(text: str, column: Column) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return True
    width = _INTEGER_BYTES.get(types.oid_of(column))
    if width is None:
        return False
    return not number.is_finite() or number != int(number) or not -(2 ** (8 * width - 1)) <= number < 2 ** (8 * width - 1)


def _is_value(text: str, column: Column) -> bool:
    """Whether `text` is an input of the column's type, for the types we know; True for the others."""
    match types.oid_of(column):
        case types.INT2 | types.INT4 | types.INT8 | types.NUMERIC | types.FLOAT4 | types.FLOAT8:
            return not _wrong_number(text, column)
        case types.BOOL:
            return text in ("true", "false")
        case types.DATE:
            date.fromisoformat(text)
        case types.TIMESTAMP | types.TIMESTAMPTZ:
            datetime.fromisoformat(text)
        case types.UUID:
            UUID(text)
        case types.JSON | types.JSONB:
            json.loads(text)
        case types.INET | types.CIDR:
            ip_interface(text)
        case types.NAME:
            return len(text.encode()) < 64
    return True


@dataclass(frozen=True, slots=True)
class Constant:
    """One constant, given as PostgreSQL would read it from text. It stands for NULL too."""

    value: str

    def __post_init__(self) -> None:
        if "\0" in self.value:
            raise ValueError("a constant cannot hold NUL")

    @property
    def name(self) -> str:
        return "constant"

    def misfit(self, column: Column) -> str | None:
        try:
            fits = _is_value(self.value, column)
        except ValueError:
            fits = False
        if not fits:
            return f"the constant {self.value!r} is not a value of {column.name}, which is {column.type_sql}"
        if types.oid_of(column) in types.TEXTS and 4 <= column.typmod < len(self.value) + 4:
            return f"the constant {self.value!r} is longer than {column.name}, which is {column.type_sql}"
        return None

    def sql(self, reference: str, column: Column) -> str:
        return build.sql(build.as_column(build.string(self.value), column))

    def apply(self, value: object) -> object:
        return self.value
