"""Whose code runs: from catalog rows to sentences that name a piece of code of an untrusted owner (FINDINGS 1).

In `same_user` mode the caller's own database role can read raw columns, so whatever runs as that role can leak them.
Pure; the loader brings the rows. A sentence names objects and roles, never data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from proxy.catalog.snapshot import Oid
from proxy.catalog.types import TypeFacts

PG_DATABASE_OWNER = Oid(6171)  # the predefined role whose one member is the database's owner
SAFE_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")

# Built-ins an untrusted owner may use in a view, default or check besides the immutable ones (which by their definition
# read no table): they read a clock, a sequence, a setting of the session or the text form of their arguments.
HARMLESS_BUILTINS = (
    "age", "array_to_json", "array_to_string", "clock_timestamp", "concat", "concat_ws", "date_part", "date_trunc",
    "format", "gen_random_uuid", "generate_series", "json_agg", "json_build_array", "json_build_object", "json_object_agg",
    "jsonb_agg", "jsonb_build_array", "jsonb_build_object", "jsonb_object_agg", "make_timestamptz", "nextval", "now",
    "quote_literal", "quote_nullable", "random", "row_to_json", "statement_timestamp", "string_agg", "timezone", "to_char",
    "to_date", "to_json", "to_jsonb", "to_number", "to_timestamp", "transaction_timestamp", "uuidv4", "uuidv7",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owners:
    """Role names by OID, and who is trusted: superusers, the database's owner, and the names that were given."""

    names: Mapping[Oid, str]
    trusted: frozenset[Oid]

    @staticmethod
    def of(roles: Iterable[tuple[Oid, str, bool]], database_owner: Oid, trusted_names: Collection[str]) -> Owners:
        """`roles`: (OID, name, is superuser). A trusted name no role bears is passed over."""
        rows = list(roles)
        trusted = {oid for oid, name, superuser in rows if superuser or name in trusted_names}
        return Owners({oid: name for oid, name, _ in rows}, frozenset(trusted | {database_owner, PG_DATABASE_OWNER}))

    def is_trusted(self, role: Oid) -> bool:
        """PUBLIC (0) and a role that is gone are not."""
        return role in self.trusted

    def name(self, role: Oid) -> str:
        """The role's name; PUBLIC for 0."""
        return "PUBLIC" if role == 0 else self.names.get(role, f"role {role}")


@dataclass(frozen=True, slots=True)
class Code:
    """A function or operator with an untrusted owner, directly or through a function it is made of."""

    oid: Oid
    schema: str
    label: str  # function evil.f(text), owned by eve


@dataclass(frozen=True, slots=True)
class Cast:
    """A cast whose function has an untrusted owner."""

    source: Oid
    target: Oid
    function: Oid


def untrusted_types(
    types: Mapping[Oid, TypeFacts], owners: Owners, code: Mapping[Oid, Code], uses: Mapping[Oid, str], casts: Iterable[Cast]
) -> dict[Oid, str]:
    """Type -> why reading or casting to it may run untrusted code.

    `code`: untrusted functions by OID. `uses`: for domains, the sentence about a check or default that calls such code.
    """
    casts_from: dict[Oid, Code] = {}
    for cast in casts:
        target = types.get(cast.target)
        # A cast *to* an untrusted owner's type happens only where a statement names that type, which is refused there.
        # Counting it here would let anyone close every table by a cast from text to a type of his own.
        if target is None or owners.is_trusted(target.owner) or cast.source == cast.target:
            casts_from[cast.source] = code[cast.function]
    found: dict[Oid, str | None] = {}

    def reason(oid: Oid) -> str | None:
        if oid not in found:
            found[oid] = None  # a type built from itself adds nothing
            facts = types.get(oid)
            found[oid] = None if facts is None else of(facts)
        return found[oid]

    def of(facts: TypeFacts) -> str | None:
        if facts.oid in casts_from:
            return f"a cast from it calls {casts_from[facts.oid].label}"
        if facts.kind == "d" and not owners.is_trusted(facts.owner):
            return f"domain {_dotted(facts)} is owned by {owners.name(facts.owner)}, who writes its checks"
        if not facts.element and not owners.is_trusted(facts.owner):
            # even an enum: its owner can define an implicit cast from it at any time, and a row type's owner a policy
            return f"type {_dotted(facts)} is owned by {owners.name(facts.owner)}, who defines its casts"
        if facts.oid in uses:
            return f"domain {_dotted(facts)}: {uses[facts.oid]}"
        for function in facts.functions:
            if function in code:
                return f"type {_dotted(facts)} is served by {code[function].label}"
        for part in (facts.element, facts.base, facts.range_of, *facts.parts):
            inner = reason(part) if part else None
            if inner is not None:
                return inner
        return None

    return {oid: sentence for oid in types if (sentence := reason(oid)) is not None}


def _dotted(facts: TypeFacts) -> str:
    return f"{facts.schema}.{facts.name}"


# --- expressions of untrusted owners ---------------------------------------------------------------------------------

_CALL = re.compile(
    r"\{(?:FUNCEXPR :funcid (?P<function>\d+) [^{}]*?:funcformat (?P<format>\d) "
    r"|AGGREF :aggfnoid (?P<aggregate>\d+) |WINDOWFUNC :winfnoid (?P<window>\d+) )"
)


def called_functions(heads: Sequence[str]) -> frozenset[Oid] | None:
    """OIDs of the functions an expression calls by name, from the heads of its call nodes (`{FUNCEXPR :funcid 870 …`).

    None when a head is not of the shape we know: then nothing is known about the expression. Casts and the special SQL
    forms (EXTRACT …) are left out: a statement does not choose which function they mean (primnodes.h, CoercionForm).
    """
    called: set[Oid] = set()
    for head in heads:
        match = _CALL.match(head)
        if match is None:
            return None
        if match["function"] is None:
            called.add(Oid(int(match["aggregate"] or match["window"])))
        elif match["format"] == "0":
            called.add(Oid(int(match["function"])))
    return frozenset(called)


# --- schemas ---------------------------------------------------------------------------------------------------------


def unsafe_schema(
    name: str,
    owner: Oid,
    creators: Iterable[Oid],
    owners: Owners,
    code: Iterable[Code],
    types: Iterable[TypeFacts],
) -> str | None:
    """Why the schema must not stand in a restricted caller's search_path. `code` and `types` are those in this schema."""
    if name in SAFE_SCHEMAS:
        return None
    if not owners.is_trusted(owner):
        return f"it is owned by {owners.name(owner)}"
    for creator in creators:
        if not owners.is_trusted(creator):
            return f"{owners.name(creator)} may create in it"
    for piece in code:
        return f"it holds {piece.label}"
    for facts in types:
        if facts.standalone and not owners.is_trusted(facts.owner):
            return f"it holds type {facts.name}, owned by {owners.name(facts.owner)}"
    return None
