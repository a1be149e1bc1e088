"""What the loader reckons about types: the SQL text that can mean nothing else, base types of domains, equality.

Pure. Shapes follow PostgreSQL 18, 53.64 pg_type; the rules are those of format_type.c, lsyscache.c and typcache.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proxy.catalog.snapshot import Oid

# Types that format_type() writes as grammar keywords. The grammar itself puts pg_catalog before those (SystemTypeName
# in gram.y), so no user type can take their place. The rest of pg_catalog comes as a bare name, which could.
_KEYWORD_TYPES = frozenset(
    {
        16,  # boolean
        20, 21, 23,  # bigint, smallint, integer
        700, 701,  # real, double precision
        1042, 1043,  # character, character varying
        1083, 1266,  # time [with time zone]
        1114, 1184,  # timestamp [with time zone]
        1186, 1700,  # interval, numeric
        1560, 1562,  # bit, bit varying
    }
)  # fmt: skip
# Without a typmod these two come as names after all: the keywords would mean character(1) and bit(1).
_NOT_KEYWORDS = ("bpchar", '"bit"')

NO_OID = Oid(0)
RECORD = Oid(2249)


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """One row of pg_type. `kind` is typtype; `element` is set for true arrays only; `parts` are a composite's column types.

    `range_of` is the subtype of a range, or the range of a multirange. `functions` are I/O and support functions.
    """

    oid: Oid
    schema: str
    name: str
    quoted: str  # schema and name as SQL
    kind: str
    owner: Oid
    element: Oid = NO_OID
    relation: Oid = NO_OID
    standalone: bool = True  # False for the row type of a table and for an array type
    base: Oid = NO_OID
    base_typmod: int = -1
    range_of: Oid = NO_OID
    parts: tuple[Oid, ...] = ()
    functions: tuple[Oid, ...] = ()


def by_name(types: Mapping[Oid, TypeFacts], oid: Oid) -> str:
    """The type text of a type without typmod that is not of pg_catalog, or of an array of such."""
    facts = types[oid]
    if facts.element and not facts.standalone:
        return f"{types[facts.element].quoted}[]"
    return facts.quoted


def is_builtin(types: Mapping[Oid, TypeFacts], oid: Oid) -> bool:
    """Whether the type, or the element of an array type, is of pg_catalog."""
    facts = types[oid]
    return (types[facts.element] if facts.element else facts).schema == "pg_catalog"


def unmistakable(printed: str, named: TypeFacts) -> str:
    """The type text that resolves alike under every search_path.

    `printed` is format_type(oid, typmod) under an empty search_path, `named` the type it names (the element of an array).
    """
    if named.schema != "pg_catalog":
        return printed  # format_type has qualified and quoted it: the path was empty
    if named.oid in _KEYWORD_TYPES and not printed.startswith(_NOT_KEYWORDS):
        return printed
    return f"pg_catalog.{printed}"


def base_of(types: Mapping[Oid, TypeFacts], oid: Oid) -> tuple[Oid, int]:
    """(OID, typmod) of what a domain is over at last; of any other type, itself and -1."""
    typmod = -1
    facts = types.get(oid)
    while facts is not None and facts.kind == "d":
        oid, typmod = facts.base, facts.base_typmod
        facts = types.get(oid)
    return oid, typmod


def has_equality(
    types: Mapping[Oid, TypeFacts], with_operators: frozenset[Oid], oid: Oid, seen: frozenset[Oid] = frozenset()
) -> bool:
    """Whether values can be grouped. `with_operators`: types a default btree or hash operator class takes as they are."""
    oid, _ = base_of(types, oid)
    facts = types.get(oid)
    if facts is None or oid in seen:
        return False
    if oid in with_operators:
        return True
    inner = seen | {oid}
    match facts.kind:
        case "e":
            return True
        case "r" | "m":
            return has_equality(types, with_operators, facts.range_of, inner)
        case "c":
            return all(has_equality(types, with_operators, part, inner) for part in facts.parts)
        case "b" if facts.element:
            return has_equality(types, with_operators, facts.element, inner)
        case _:
            return oid == RECORD
