"""Which PostgreSQL types a family of masks is written for, by OID (PostgreSQL 18, pg_type.dat)."""

from __future__ import annotations

from proxy.catalog.snapshot import Column

BOOL, BYTEA, NAME, INT8, INT2, INT4, TEXT, JSON = 16, 17, 19, 20, 21, 23, 25, 114
FLOAT4, FLOAT8, BPCHAR, VARCHAR, DATE, TIMESTAMP, TIMESTAMPTZ = 700, 701, 1042, 1043, 1082, 1114, 1184
INET, CIDR, NUMERIC, UUID, JSONB = 869, 650, 1700, 2950, 3802

TEXTS = frozenset((TEXT, VARCHAR, BPCHAR, NAME))
INTEGERS = frozenset((INT2, INT4, INT8))
FLOATS = frozenset((FLOAT4, FLOAT8))
NUMBERS = INTEGERS | FLOATS | {NUMERIC}
DATES = frozenset((DATE, TIMESTAMP, TIMESTAMPTZ))
DOCUMENTS = frozenset((JSON, JSONB))


def oid_of(column: Column) -> int:
    """The type a mask meets: for a domain what it is over."""
    return int(column.base_type_oid) or int(column.type_oid)


def needs(column: Column, fitting: frozenset[int], kinds: str, mask: str) -> str | None:
    """None when the column's type is one of `fitting`, else the sentence for `Mask.misfit`."""
    if oid_of(column) in fitting:
        return None
    return f"the mask {mask} is for {kinds}, and {column.name} is {column.type_sql}: use null or constant"
