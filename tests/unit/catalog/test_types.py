"""`proxy.catalog.types`: the shapes no ordinary server shows; the rest is held to real servers in test_loader.py."""

from __future__ import annotations

import pytest

from proxy.catalog.snapshot import Oid
from proxy.catalog.types import TypeFacts, base_of, by_name, has_equality, is_builtin, unmistakable


def facts(
    oid: int,
    name: str,
    *,
    schema: str = "pg_catalog",
    kind: str = "b",
    element: int = 0,
    base: int = 0,
    base_typmod: int = -1,
    range_of: int = 0,
    parts: tuple[int, ...] = (),
) -> TypeFacts:
    return TypeFacts(
        oid=Oid(oid),
        schema=schema,
        name=name,
        quoted=f"{schema}.{name}",
        kind=kind,
        owner=Oid(10),
        element=Oid(element),
        standalone=not element,
        base=Oid(base),
        base_typmod=base_typmod,
        range_of=Oid(range_of),
        parts=tuple(map(Oid, parts)),
    )


TYPES = {
    one.oid: one
    for one in (
        facts(25, "text"),
        facts(114, "json"),
        facts(1009, "_text", element=25),
        facts(199, "_json", element=114),
        facts(2249, "record", kind="p"),
        facts(2276, "any", kind="p"),
        facts(500, "inner", schema="d", kind="d", base=25, base_typmod=8),
        facts(501, "outer", schema="d", kind="d", base=500),
        facts(502, "_outer", schema="d", element=501),
        facts(510, "good", schema="d", kind="c", parts=(25, 501)),
        facts(511, "bad", schema="d", kind="c", parts=(25, 199)),
        facts(512, "self", schema="d", kind="c", parts=(512,)),
        facts(520, "span", schema="d", kind="r", range_of=25),
        facts(521, "spans", schema="d", kind="m", range_of=520),
        facts(530, "mood", schema="d", kind="e"),
    )
}


@pytest.mark.parametrize(
    ("printed", "oid", "expected"),
    [
        ("text", 25, "pg_catalog.text"),
        ("text[]", 25, "pg_catalog.text[]"),
        ('"char"', 18, 'pg_catalog."char"'),
        ("json", 114, "pg_catalog.json"),
        ("character varying(10)", 1043, "character varying(10)"),
        ("character(3)[]", 1042, "character(3)[]"),
        ("bpchar", 1042, "pg_catalog.bpchar"),
        ('"bit"', 1560, 'pg_catalog."bit"'),
        ("bit(3)", 1560, "bit(3)"),
        ("interval day to second(2)", 1186, "interval day to second(2)"),
        ("timestamp(3) with time zone", 1184, "timestamp(3) with time zone"),
    ],
)
def test_builtins_cannot_be_hidden(printed: str, oid: int, expected: str) -> None:
    assert unmistakable(printed, facts(oid, "x")) == expected


def test_other_types_are_qualified_already() -> None:
    assert unmistakable("d.inner", TYPES[Oid(500)]) == "d.inner"
    assert by_name(TYPES, Oid(501)) == "d.outer"
    assert by_name(TYPES, Oid(502)) == "d.outer[]"
    assert is_builtin(TYPES, Oid(1009))
    assert not is_builtin(TYPES, Oid(502))


def test_domains_of_domains() -> None:
    assert base_of(TYPES, Oid(501)) == (25, 8)
    assert base_of(TYPES, Oid(25)) == (25, -1)
    assert base_of(TYPES, Oid(404)) == (404, -1)


@pytest.mark.parametrize(
    ("oid", "expected"),
    [(25, True), (114, False), (1009, True), (199, False), (501, True), (502, True), (510, True), (511, False),
     (512, False), (520, True), (521, True), (530, True), (2249, True), (2276, False), (404, False)],
)  # fmt: skip
def test_equality(oid: int, expected: bool) -> None:
    assert has_equality(TYPES, frozenset({Oid(25)}), Oid(oid)) is expected
