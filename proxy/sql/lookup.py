"""What a reference to a column means at one point of a statement (PostgreSQL 18, 4.2.1 and 7.2.1.4; parse_relation.c's order).

A name that cannot be settled is noted as unsettled; what needs it refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from postgast import pg_query_pb2 as pb

from proxy.errors import StatementError, TooComplex
from proxy.sql.parse import node_of
from proxy.sql.reading import SYSTEM_COLUMNS, Item, OutColumn, Place, Reading, Source, Usage

# Subqueries inside subqueries. PostgreSQL itself gives up at some thousands; people stop at about ten.
QUERY_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean at one point: levels of FROM items, innermost first, and CTEs."""

    levels: tuple[list[Item], ...]
    ctes: Mapping[str, list[OutColumn] | None]
    depth: int = 0

    def inner(self, items: list[Item]) -> Scope:
        return Scope((items, *self.levels), self.ctes, self.depth)

    def with_cte(self, name: str, columns: list[OutColumn] | None) -> Scope:
        return Scope(self.levels, {**self.ctes, name: columns}, self.depth)

    def deeper(self) -> Scope:
        if self.depth >= QUERY_DEPTH:
            raise TooComplex(f"subqueries are nested deeper than {QUERY_DEPTH}")
        return Scope(self.levels, self.ctes, self.depth + 1)


class Names:
    """What the references of one statement mean; what comes of it is noted in `reading`.

    `expanded`: where a whole row is not one value: ROW(t.*), VALUES (t.*), (t).*. `referenced`: for each open SELECT every
    column it references, and `in_rows` the same by a whole row; for Grouping.
    """

    def __init__(self, reading: Reading, database: str) -> None:
        self.reading = reading
        self.database = database
        self.expanded: set[int] = set()
        self.referenced: list[list[OutColumn]] = []
        self.in_rows: list[list[OutColumn]] = []

    def usage(self, column: OutColumn, place: Place, location: int, others: tuple[Any, ...] = ()) -> None:
        if column.origins:
            self.reading.usages.append(Usage(column, place, location, others))

    def column(self, node: Any, scope: Scope, place: Place, others: tuple[Any, ...] = ()) -> OutColumn | None:
        """The column a ColumnRef means; None for a whole row, a system column or what only the server can settle."""
        fields = [node_of(f) for f in node.fields]
        if isinstance(fields[-1], pb.A_Star):  # f(t.*), ROW(t.*): a whole row
            qualifier = tuple(f.sval for f in fields[:-1])
            if not qualifier:
                for item in scope.levels[0] if scope.levels else []:
                    for one in item.sources:
                        self._whole_row(one, node)
                return None
            source = self.source(qualifier, scope, node)
            if source is not None:
                self._whole_row(source, node)
            return None
        parts = tuple(f.sval for f in fields)
        found = self._unqualified(parts[0], scope, node) if len(parts) == 1 else self._qualified(parts, scope, node)
        if found is not None:
            self.reading.at[node.location] = found
            self.usage(found, place, node.location, others)
            self.reading.cell_references.append(found)
            if self.referenced:
                self.referenced[-1].append(found)
        return found

    def _unqualified(self, name: str, scope: Scope, node: Any) -> OutColumn | None:
        is_sure = True
        for level in scope.levels:
            matches = [c for item in level for c in item.columns if c.name == name]
            if len(matches) == 1:
                self._note_owner(matches[0], level, scope, node)
                if not is_sure or matches[0].guessed:  # an inner function may have such a column, or this one another name
                    self.reading.unsettled.append(((name,), node.location))
                return matches[0]
            if matches:  # ambiguous: the server says so
                self.reading.unsettled.append(((name,), node.location))
                return None
            if name in SYSTEM_COLUMNS:
                owners = [s for item in level for s in item.sources if s.use is not None and s.use.relation.kind in "rpmtf"]
                if owners:
                    for owner in owners:
                        if owner.use is not None:
                            owner.use.system_columns.add(name)
                    return None
            is_sure = is_sure and all(item.complete for item in level)
        for level in scope.levels:
            for item in level:
                for source in item.sources:
                    if source.name == name:
                        self._whole_row(source, node)
                        return None
        self.reading.unsettled.append(((name,), node.location))
        return None

    def _note_owner(self, column: OutColumn, level: list[Item], scope: Scope, node: Any) -> None:
        """The name an unqualified reference could have been qualified by, when that name means the same from here."""
        for item in level:
            for source in item.sources:
                if source.name and any(one is column for one in source.columns):
                    if self.source((source.name,), scope, node) is source and single(source.columns, column.name):
                        self.reading.owners[node.location] = source.name
                    return

    def _qualified(self, parts: tuple[str, ...], scope: Scope, node: Any) -> OutColumn | None:
        source = self.source(parts[:-1], scope, node)
        name = parts[-1]
        if source is None:
            # a.b may also be column a of a composite type with field b: PostgreSQL does not look that up without brackets
            if len(parts) == 2 and self._is_hidden_by_alias(parts[0], scope):
                raise StatementError(f'invalid reference to FROM-clause entry for table "{parts[0]}"', sqlstate="42P01")
            if len(parts) > 2 and not parts[-3].startswith("pg_temp"):
                raise StatementError(f'missing FROM-clause entry for table "{parts[-2]}"', sqlstate="42P01")
            self.reading.unsettled.append((parts, node.location))
            return None
        column = source_column(source, name)
        if column is not None:
            return column
        if name in SYSTEM_COLUMNS and source.use is not None:
            source.use.system_columns.add(name)
            return None
        if name in SYSTEM_COLUMNS and source.is_version:
            return None
        if source.is_temporary:
            self.reading.foreign.append((parts, node.location))
            return OutColumn(name)
        if source.complete:
            self._whole_row(source, node)  # functional notation: name(source)
        self.reading.unsettled.append((parts, node.location))
        return None

    def _is_hidden_by_alias(self, name: str, scope: Scope) -> bool:
        """Whether a relation of this name is here, under another: with an alias, its own name means nothing (4.2.1)."""
        sources = (source for level in scope.levels for item in level for source in item.sources)
        return any(one.use is not None and one.use.relation.name == name != one.name for one in sources)

    def source(self, qualifier: tuple[str, ...], scope: Scope, node: Any) -> Source | None:
        for level in scope.levels:
            for item in level:
                for source in item.sources:
                    if len(qualifier) == 1 and source.name == qualifier[0]:
                        if source.use is not None and len(node.fields) > 1:
                            source.use.named.append(node)
                        return source
                    if 1 < len(qualifier) < 4 and source.schema is not None and source.use is not None:
                        schema_qualified = (source.schema, source.name) == qualifier[-2:]
                        if schema_qualified and (len(qualifier) == 2 or qualifier[0] == self.database):
                            source.use.qualifies.append(node)
                            nearest = next(s for one in scope.levels for i in one for s in i.sources if s.name == source.name)
                            source.use.is_captured = source.use.is_captured or nearest is not source
                            return source
        return None

    def _whole_row(self, source: Source, node: Any) -> None:
        reach_all(source)
        for use in source.inner_uses:
            use.is_spread = True
        if source.use is not None:
            source.use.whole_row = True
            is_value = len(node.fields) == 1 or _is_star_of_one(node)
            if is_value and node.location not in self.expanded:
                source.use.rows.append(node)
            else:
                source.use.is_spread = True  # ROW(t.*), (t).*: as many values as columns; t.f is a call of f or nothing
        self.reading.cell_references += source.columns
        if self.in_rows:
            self.in_rows[-1].extend(source.columns)
        for column in source.columns:
            self.usage(column, Place.WHOLE_ROW, node.location)


def source_column(source: Source, name: str) -> OutColumn | None:
    """The column of that name, or None."""
    return single(source.columns, name)


def _is_star_of_one(node: Any) -> bool:
    """`t.*`, without a schema."""
    return len(node.fields) == 2 and bool(node.fields[1].HasField("a_star"))


def single(columns: Iterable[OutColumn], name: str) -> OutColumn | None:
    matches = [c for c in columns if c.name == name]
    return matches[0] if len(matches) == 1 else None


def reach_all(source: Source) -> None:
    for use in (source.use, *source.inner_uses):
        if use is not None:
            use.all_columns = True
