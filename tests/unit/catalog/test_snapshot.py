"""`Snapshot`: names, paths, reach."""

from __future__ import annotations

import dataclasses

import pytest

from proxy.catalog.snapshot import Column, Oid, Relation, Schema, Snapshot, Type


def table(oid: int, name: str, *, schema: str = "public", kind: str = "r", reaches: tuple[int, ...] = ()) -> Relation:
    columns = (
        Column(attnum=1, name="id", type_oid=Oid(20), type_sql="bigint"),
        Column(attnum=3, name="email", type_oid=Oid(25), type_sql="pg_catalog.text"),
    )
    return Relation(Oid(oid), schema, name, kind, Oid(10), columns, reaches=frozenset(map(Oid, reaches)))


def snapshot(*relations: Relation, types: tuple[Type, ...] = ()) -> Snapshot:
    return Snapshot.build(
        version=3,
        server_version_num=180004,
        database="shop",
        relations=relations,
        types=types,
        schemas=[Schema(Oid(2200), "public", Oid(6171))],
        functions=[("shop", "full_name"), ("evil", "f")],
    )


def test_columns_by_name_and_attnum() -> None:
    one = table(1, "t")
    email = one.column("email")
    assert email is not None
    assert one.by_attnum(3) is email
    assert one.by_attnum(2) is None
    assert one.column("Email") is None


def test_names_are_exact() -> None:
    held = snapshot(table(1, "t"), table(2, "T"))
    assert held.relation("public", "t") is held.relations[Oid(1)]
    assert held.relation("public", "T") is held.relations[Oid(2)]
    assert held.relation("PUBLIC", "t") is None


def test_the_first_of_the_path_wins() -> None:
    held = snapshot(table(1, "t", schema="a"), table(2, "t", schema="b"))
    for path, expected in ((("a", "b"), 1), (("b", "a"), 2), (("missing", "b"), 2)):
        found = held.relation_in(path, "t")
        assert found is not None
        assert found.oid == expected
    assert held.relation_in((), "t") is None
    assert held.relation_in(("a",), "u") is None


def test_indexes_and_composites_stand_in_no_from() -> None:
    held = snapshot(table(1, "an_index", kind="i"), table(2, "a_type", kind="c"), table(3, "a_view", kind="v"))
    assert held.relation("public", "an_index") is None
    assert held.relation("public", "a_type") is None
    assert held.relation("public", "a_view") is not None
    assert Oid(1) in held.relations


def test_types_by_name_and_path() -> None:
    held = snapshot(types=(Type(Oid(25), "pg_catalog", "text", "b"), Type(Oid(99), "evil", "text", "d", base=Oid(25))))
    found = held.type_named("evil", "text")
    assert found is not None
    assert found.base == 25
    assert held.type_named("evil", "int4") is None
    first = held.type_in(("evil", "pg_catalog"), "text")
    assert first is not None
    assert first.oid == 99
    assert held.type_in(("public",), "text") is None


def test_user_functions_by_bare_name() -> None:
    held = snapshot()
    assert held.is_user_function("full_name")
    assert not held.is_user_function("lower")


def test_reach_is_transitive_and_ends() -> None:
    held = snapshot(
        table(1, "base"),
        table(2, "view", kind="v", reaches=(1,)),
        table(3, "over_view", kind="v", reaches=(2, 77)),
        table(4, "parent", reaches=(5,)),
        table(5, "child", reaches=(4, 1)),
    )
    assert held.reach(Oid(1)) == {1}
    assert held.reach(Oid(3)) == {3, 2, 1, 77}
    assert held.reach(Oid(4)) == held.reach(Oid(5)) == {4, 5, 1}
    assert held.reach(Oid(404)) == {404}


def test_reach_is_not_recursive() -> None:
    depth = 20_000
    held = snapshot(*(table(n, f"v{n}", reaches=(n + 1,)) for n in range(1, depth)))
    assert len(held.reach(Oid(1))) == depth


def test_a_snapshot_cannot_be_changed() -> None:
    held = snapshot(table(1, "t"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        held.version = 4  # type: ignore[misc]


def test_equal_content_is_equal() -> None:
    assert snapshot(table(1, "t")) == snapshot(table(1, "t"))
    assert snapshot(table(1, "t")) != snapshot(table(1, "u"))
