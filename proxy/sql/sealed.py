"""What a statement does with encrypted columns: which result columns to open, which values to seal, what cannot be done.

Works on a `Reading`. An encrypted column may stand in a list of places (DESIGN.md "Encryption"); everything else is refused,
because the server happily computes LIKE, < or coalesce on ciphertext. A caller who sees the column masked may use it as bare
output only: anything else would compare, group or move the true value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Column
from proxy.errors import BadValue, Refusal, Unproven
from proxy.masking.mask import Mask
from proxy.policy.verdict import Seal
from proxy.sql.items import constant_span, reference_span
from proxy.sql.nodes import constant_of, is_null_constant
from proxy.sql.parse import Statement, node_of, walk
from proxy.sql.reading import OutColumn, Place, Reading, Usage, Use
from proxy.sql.splice import Edit

_OPEN_EQUALITY = {
    Place.OUTPUT,
    Place.RETURNED,
    Place.COMPARED,
    Place.GROUPED,
    Place.DISTINCT,
    Place.NULL_TEST,
    Place.COUNTED,
    Place.CONFLICT,
    Place.ASSIGNED,
}
_OPEN_RANDOM = {Place.OUTPUT, Place.RETURNED, Place.NULL_TEST, Place.COUNTED, Place.ASSIGNED}


@dataclass(frozen=True, slots=True)
class Shown:
    """How an encrypted column reaches this caller: opened, and then masked or not."""

    seal: Seal
    mask: Mask | None = None


SealOf = Callable[[Use, Column], Shown | None]
SealText = Callable[[Seal, bytes], bytes]


@dataclass(slots=True)
class SealedWork:
    """The conclusions: `results` by position, `params` by number, edits for constants, ciphertext each use must hand out."""

    results: dict[int, Shown] = field(default_factory=dict)
    params: dict[int, Seal] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    handed_out: dict[Use, set[int]] = field(default_factory=dict)
    has_constants: bool = False


def work_out(statement: Statement, stmt: Message, reading: Reading, seal_of: SealOf, seal_text: SealText) -> SealedWork:
    """Judge every use of an encrypted column. Raises Refusal or Unproven naming the column; BadValue for a wrong constant."""
    judge = _Judge(statement, reading, seal_of, seal_text)
    for usage in reading.usages:
        judge.usage(usage)
    for assignment in reading.assignments:
        judge.assignment(assignment.use, assignment.column, assignment.value)
    judge.unsettled()
    for position, output in enumerate(reading.outputs):
        shown = judge.shown(output)
        if shown is not None:
            if not reading.outputs_complete:
                raise Unproven(f"{shown.seal.column} stands beside columns not known here: name the columns instead of *")
            judge.work.results[position] = shown
    judge.parameters(stmt)
    return judge.work


class _Judge:
    def __init__(self, statement: Statement, reading: Reading, seal_of: SealOf, seal_text: SealText) -> None:
        self.statement = statement
        self.reading = reading
        self.seal_of = seal_of
        self.seal_text = seal_text
        self.work = SealedWork()
        self.param_places: dict[int, set[int]] = {}
        self.sealed_at: dict[int, Seal] = {}  # where a value stands in the text -> what it is sealed for
        self.cells_sealed: list[OutColumn] = []

    def shown(self, column: OutColumn) -> Shown | None:
        """The one way this column is encrypted, or None. Raises when its origins do not agree."""
        found = [self.seal_of(use, base) for use, base in column.origins]
        first = next((s for s in found if s is not None), None)
        if first is None:
            return None
        if any(s != first for s in found):
            raise Unproven(f"{first.seal.column} meets a column that is not encrypted the same way")
        return first

    def usage(self, usage: Usage) -> None:
        shown = self.shown(usage.column)
        if shown is None:
            return
        if usage.place in (Place.OUTPUT, Place.RETURNED):
            for use, base in usage.column.origins:
                self.work.handed_out.setdefault(use, set()).add(base.attnum)
            return
        seal = shown.seal
        if shown.mask is not None and usage.place not in (Place.NULL_TEST, Place.COUNTED):  # they tell of no value
            raise Refusal(
                f"{seal.column} is encrypted and shown to you masked: it can be selected, not used in {usage.place.value}",
                hint="Leave it out of conditions, grouping and expressions.",
                position=self.position(usage.location),
            )
        allowed = _OPEN_EQUALITY if seal.search == "equality" else _OPEN_RANDOM
        if usage.place not in allowed:
            raise Unproven(
                f"{seal.column} is encrypted: the server cannot use it in {usage.place.value}",
                hint=_what_works(seal),
                position=self.position(usage.location),
            )
        for use, base in usage.column.origins:
            self.work.handed_out.setdefault(use, set()).add(base.attnum)
        if usage.place is Place.COMPARED:
            for other in usage.others:
                self.compared(seal, other, usage.location)

    def compared(self, seal: Seal, other: Any, location: int) -> None:
        if isinstance(other, (pb.ColumnRef, pb.SubLink)):
            other = self.reading.at.get(other.location)
        if isinstance(other, OutColumn):
            partner = self.shown(other)
            if partner is not None and partner.seal.domain == seal.domain and partner.mask is None:
                return
        elif constant_of(other) is not None:
            self.value(seal, other)
            return
        raise Unproven(
            f"{seal.column} is encrypted: it can be compared with a parameter, a constant or a column of its domain only",
            hint=_what_works(seal),
            position=self.position(location),
        )

    def assignment(self, use: Use, column: Column, value: OutColumn) -> None:
        target = self.seal_of(use, column)
        source = self.shown(value)
        if target is None and source is None:
            return
        if target is None:
            named = source.seal.column if source is not None else ""
            raise Unproven(f"{named} is encrypted and cannot be written to {use.relation.name}.{column.name}")
        if value.is_null:
            return
        if source is not None:
            if source.seal.domain == target.seal.domain and source.mask is None:
                return
        elif value.node is not None:
            self.value(target.seal, value.node)
            return
        elif value.given_by is not None:
            self.cells(target.seal, value, value.given_by)
            return
        raise Unproven(
            f"{target.seal.column} is encrypted: write it from a parameter, constant, NULL, DEFAULT or column of its domain",
            hint="The server cannot encrypt what it computes.",
        )

    def cells(self, seal: Seal, value: OutColumn, column: OutColumn) -> None:
        """INSERT … SELECT from VALUES: the cells are sealed, and the column is used for nothing else (`parameters`)."""
        self.cells_sealed.append(column)
        for cell in column.cells:
            self.value(seal, cell, type_sql="::pg_catalog.bytea")
        if value.cast is not None:
            start, end = constant_span(self.statement, value.cast)
            inner = value.cast
            while isinstance(inner, pb.TypeCast):
                inner = node_of(inner.arg)
            self.work.edits.append(Edit(start, end, self.statement.text(*reference_span(self.statement, inner))))

    def value(self, seal: Seal, node: Any, type_sql: str = "") -> None:
        """A constant is sealed into the text; a parameter is sealed when it is bound. Casts around either are cut away.

        `type_sql`: what to put behind a parameter whose place does not tell its type.
        """
        constant = constant_of(node)
        if is_null_constant(node):
            if type_sql:
                self.work.edits.append(Edit(*constant_span(self.statement, node), f"NULL{type_sql}"))
            return
        if isinstance(constant, pb.A_Const) and not constant.HasField("sval"):
            raise BadValue(
                f"{seal.column} is encrypted text: write the value as a string", position=self.position(constant.location)
            )
        start, end = constant_span(self.statement, node)
        if isinstance(constant, pb.ParamRef):
            _check_same(self.work.params.setdefault(constant.number, seal), seal, f"parameter ${constant.number}")
            self.param_places.setdefault(constant.number, set()).add(constant.location)
            if (node is not constant or type_sql) and start not in self.sealed_at:
                self.sealed_at[start] = seal
                self.work.edits.append(Edit(start, end, f"${constant.number}{type_sql}"))
            return
        if start in self.sealed_at:
            _check_same(self.sealed_at[start], seal, "a constant")
            return
        self.sealed_at[start] = seal
        self.work.has_constants = True
        sealed = self.seal_text(seal, constant.sval.sval.encode())
        self.work.edits.append(Edit(start, end, f"'\\x{sealed.hex()}'::pg_catalog.bytea"))

    def parameters(self, stmt: Message) -> None:
        """A parameter, and a column of VALUES, that is sealed must be so everywhere: the server sees one value for it."""
        for column in self.cells_sealed:
            mentions = sum(one is column for one in self.reading.cell_references)
            if mentions != sum(one is column for one in self.cells_sealed):
                raise Unproven(f"column {column.name} of VALUES is used for an encrypted column and for something else")
        if not self.work.params:
            return
        for node in walk(stmt):
            is_sealed = isinstance(node, pb.ParamRef) and node.number in self.work.params
            if is_sealed and node.location not in self.param_places.get(node.number, set()):
                raise Unproven(
                    f"parameter ${node.number} is used for an encrypted column and for something else",
                    hint="Give each its own parameter.",
                    position=self.position(node.location),
                )

    def unsettled(self) -> None:
        """A name nobody could settle must not be a way to an encrypted column."""
        sealed_uses = any(self.seal_of(use, c) is not None for use in self.reading.uses for c in use.relation.columns)
        if sealed_uses and self.reading.unknown:
            raise Unproven(
                f"{self.reading.unknown[0]} stands in a statement with encrypted columns", hint="Write the columns out by name."
            )
        for first, second in self.reading.recursions:
            before, after = self.shown(first), self.shown(second)
            if after is not None and after != before:
                raise Unproven(f"{after.seal.column} enters a recursive query in its second round only")
        if sealed_uses and self.reading.unsettled:
            name, location = self.reading.unsettled[0]
            raise Unproven(
                f'column reference "{".".join(name)}" cannot be settled in a statement with encrypted columns',
                hint="Write it as alias.column, and give functions in FROM a column list: f(x) AS t(a, b).",
                position=self.position(location),
            )

    def position(self, location: int) -> int | None:
        return self.statement.character(location) if location >= 0 else None


def _check_same(before: Seal, seal: Seal, what: str) -> None:
    """One value can be sealed in one way only. Raises Unproven."""
    if before.domain != seal.domain or before.search != seal.search:
        raise Unproven(f"{what} is used for columns encrypted under different domains", hint="Write it once for each.")


def _what_works(seal: Seal) -> str:
    if seal.search == "equality":
        return "Works: select it, =, <>, IN, IS NULL, IS DISTINCT FROM, GROUP BY, DISTINCT, JOIN, count, INSERT, UPDATE."
    return "Works: select it, IS NULL, count, INSERT, UPDATE (search: none; equality needs `search: equality` in the rules)."
