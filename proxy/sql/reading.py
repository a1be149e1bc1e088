"""The words of a read statement: where relations stand, where columns go. Filled by `scopes.py`, judged by the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from proxy.catalog.snapshot import Column, Relation

SYSTEM_COLUMNS = frozenset(("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"))


class Place(Enum):
    """Where a column's value is used."""

    OUTPUT = "output"  # a whole item of a target list
    RETURNED = "RETURNING"  # a whole item of a RETURNING list, taken from the written relation itself
    COMPARED = "a comparison"  # operand of =, <>, IN, = ANY (ARRAY[…]), IS [NOT] DISTINCT FROM
    GROUPED = "GROUP BY"
    DISTINCT = "DISTINCT"  # also UNION, INTERSECT, EXCEPT without ALL
    ORDERED = "ORDER BY"
    NULL_TEST = "IS NULL"
    COUNTED = "count()"
    CONFLICT = "ON CONFLICT"
    ASSIGNED = "an assignment"  # the whole value given to a column
    STORED = "a temporary table"  # kept where nothing is known about columns
    MIXED = "a set operation with something else"
    WHOLE_ROW = "a whole row"
    OTHER = "an expression"


@dataclass(slots=True, eq=False)
class Use:
    """One place in the text where a relation is named. `is_target`: it is written to."""

    range_var: Any
    relation: Relation
    is_target: bool = False
    sample: Any = None
    source: Source | None = None
    qualifies: list[Any] = field(default_factory=list)  # ColumnRefs written schema.relation.column
    is_captured: bool = False  # without the schema, one of those would mean another
    named: list[Any] = field(default_factory=list)  # ColumnRefs written name.column
    whole_row: bool = False
    all_columns: bool = False  # `*`, NATURAL, alias list: every column is reached
    is_spread: bool = False  # NATURAL or a star that cannot be written out takes whatever columns it has
    rows: list[Any] = field(default_factory=list)  # ColumnRefs that mean its whole row as a value
    system_columns: set[str] = field(default_factory=set)

    def again(self) -> Use:
        """The same relation as a value on its way: `excluded`, and what RETURNING hands on. It stands nowhere in the text."""
        return Use(self.range_var, self.relation)


@dataclass(slots=True, eq=False)
class OutColumn:
    """A column as a query hands it on. `origins`: the base columns it copies verbatim (several through set operations)."""

    name: str
    origins: tuple[tuple[Use, Column], ...] = ()
    node: Any = None  # the constant or parameter it is, casts included
    is_null: bool = False
    guessed: bool = False  # nobody named it: PostgreSQL may call it otherwise than we think
    cells: tuple[Any, ...] = ()  # of a column of VALUES: the constants and parameters it is made of, one a row
    given_by: OutColumn | None = None  # the column of VALUES whose value it is …
    cast: Any = None  # … under this cast
    shown_at: int | None = None  # of SEARCH and CYCLE: the depth of the one query whose stars have it


@dataclass(slots=True, eq=False)
class Source:
    """Something a qualified reference can name."""

    name: str
    columns: list[OutColumn]
    complete: bool = True  # False: more columns than we know (a function's result)
    use: Use | None = None
    inner_uses: tuple[Use, ...] = ()  # of a join with an alias of its own
    schema: str | None = None  # set when the relation stands without an alias: schema.name.column is legal
    is_temporary: bool = False  # a temporary table: any column it may have is the caller's own
    is_version: bool = False  # `old` or `new` of RETURNING


@dataclass(slots=True, eq=False)
class Item:
    """One item of FROM: what `*` gives and unqualified names see, and the sources inside."""

    columns: list[OutColumn]
    sources: list[Source]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """`column` is used at `place`; `others`: what it is compared with (nodes or OutColumns)."""

    column: OutColumn
    place: Place
    location: int
    others: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """A column of a write target gets a value: a node (constant, parameter, DEFAULT) or an OutColumn."""

    use: Use
    column: Column
    value: Any
    location: int


@dataclass(slots=True, eq=False)
class Star:
    """A star of a target list: its ColumnRef, and what it spans: one source for `t.*`, the items of FROM for `*`."""

    reference: Any
    sources: list[Source]

    def columns(self) -> list[tuple[str, str]] | None:
        """(source, column) in order; None when they cannot be named one by one."""
        found = []
        for source in self.sources:
            if not source.name or not source.complete:
                return None
            found += [(source.name, column.name) for column in source.columns]
        return found


@dataclass(slots=True, eq=False)
class Returned:
    """An item of RETURNING that is a bare column of the written relation, or a star over it (`items`: what it spans)."""

    target: Any  # the ResTarget
    reference: Any  # its ColumnRef
    column: Column | None
    items: tuple[Item, ...] = ()


@dataclass(slots=True, eq=False)
class Write:
    """One INSERT, UPDATE, DELETE or MERGE into a relation of the catalog.

    `written`: (column name, location) of every column that gets a value. `listed`: whether INSERT names its columns;
    `width`: how many it gives when it does not, None when that cannot be told.
    """

    node: Any
    use: Use
    source: Source
    written: list[tuple[str, int]] = field(default_factory=list)
    listed: bool = True
    width: int | None = 0
    returned: list[Returned] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Grouping:
    """One SELECT with GROUP BY: what `GROUP BY primary key` implies is settled from this."""

    node: Any
    items: list[Item]
    grouped: list[OutColumn]
    has_sets: bool
    referenced: list[OutColumn]
    in_rows: list[OutColumn]  # referenced by a whole row


@dataclass(slots=True, eq=False)
class Reading:
    """What one statement says."""

    uses: list[Use] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    groupings: list[Grouping] = field(default_factory=list)
    outputs: list[OutColumn] = field(default_factory=list)
    outputs_complete: bool = True
    unsettled: list[tuple[tuple[str, ...], int]] = field(default_factory=list)  # (parts of the name, location)
    # places where columns are not known to us: positions and names behind them prove nothing
    unknown: list[str] = field(default_factory=list)
    recursions: list[tuple[OutColumn, OutColumn]] = field(default_factory=list)  # (first arm's column, the recursive arm's)
    cell_references: list[OutColumn] = field(default_factory=list)  # columns as FROM has them, once for each mention
    at: dict[int, OutColumn] = field(default_factory=dict)  # location of a ColumnRef -> the column it means
    by_output: set[int] = field(default_factory=set)  # locations in ORDER BY and its like that name an output column
    owners: dict[int, str] = field(default_factory=dict)  # location of an unqualified one -> the name it can be qualified by
    misses: list[str] = field(default_factory=list)
    temporary: list[Any] = field(default_factory=list)  # RangeVars that mean temporary tables
    foreign: list[tuple[tuple[str, ...], int]] = field(default_factory=list)  # references to columns of temporary tables
    writes: list[Write] = field(default_factory=list)
    stars: list[Star] = field(default_factory=list)
