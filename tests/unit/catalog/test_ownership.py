"""`proxy.catalog.ownership`: what the real servers of test_loader.py do not show."""

from __future__ import annotations

from proxy.catalog.ownership import PG_DATABASE_OWNER, Code, Owners, called_functions, unsafe_schema, untrusted_types
from proxy.catalog.snapshot import Oid
from proxy.catalog.types import TypeFacts

EVE = Oid(100)
OWNERS = Owners.of([(Oid(10), "postgres", True), (Oid(50), "app", False), (EVE, "eve", False)], Oid(50), ["nobody"])


def facts(oid: int, *, kind: str, owner: int = 10, parts: tuple[int, ...] = (), functions: tuple[int, ...] = ()) -> TypeFacts:
    return TypeFacts(
        oid=Oid(oid),
        schema="s",
        name=f"t{oid}",
        quoted=f"s.t{oid}",
        kind=kind,
        owner=Oid(owner),
        parts=tuple(map(Oid, parts)),
        functions=tuple(map(Oid, functions)),
    )


def test_who_is_trusted() -> None:
    assert OWNERS.is_trusted(Oid(10))
    assert OWNERS.is_trusted(Oid(50))
    assert OWNERS.is_trusted(PG_DATABASE_OWNER)
    assert not OWNERS.is_trusted(EVE)
    assert not OWNERS.is_trusted(Oid(0))
    assert not OWNERS.is_trusted(Oid(404))
    assert Owners.of([(EVE, "eve", False)], Oid(50), ["eve"]).is_trusted(EVE)
    assert (OWNERS.name(Oid(0)), OWNERS.name(EVE), OWNERS.name(Oid(404))) == ("PUBLIC", "eve", "role 404")


def test_base_types_and_their_functions() -> None:
    code = {Oid(7): Code(Oid(7), "s", "function s.t_in(cstring), owned by eve")}
    types = {
        one.oid: one
        for one in (
            facts(1, kind="b", owner=EVE),
            facts(2, kind="b", functions=(6, 7)),
            facts(3, kind="b", functions=(6,)),
            facts(4, kind="c", parts=(3, 2)),
            facts(5, kind="e", owner=EVE),
            facts(8, kind="c", parts=(8, 404)),
        )
    }
    found = untrusted_types(types, OWNERS, code, {}, [])
    assert found == {
        1: "type s.t1 is owned by eve, who defines its casts",
        2: "type s.t2 is served by function s.t_in(cstring), owned by eve",
        4: "type s.t2 is served by function s.t_in(cstring), owned by eve",
        5: "type s.t5 is owned by eve, who defines its casts",
    }


def test_a_domain_of_hers_counts_before_it_has_a_check() -> None:
    [sentence] = untrusted_types({Oid(1): facts(1, kind="d", owner=EVE)}, OWNERS, {}, {}, []).values()
    assert sentence == "domain s.t1 is owned by eve, who writes its checks"


def test_only_calls_by_name_are_taken() -> None:
    head = "{FUNCEXPR :funcid %d :funcresulttype 25 :funcretset false :funcvariadic false :funcformat %d :funccollid 100"
    heads = [head % (1, 0), head % (2, 1), head % (3, 2), head % (4, 3), "{AGGREF :aggfnoid 5 :aggtype 20 ",
             "{WINDOWFUNC :winfnoid 6 :wintype 20 "]  # fmt: skip
    assert sorted(called_functions(heads) or ()) == [1, 5, 6]
    assert called_functions([]) == frozenset()


def test_a_node_of_an_unknown_shape_is_not_judged() -> None:
    assert called_functions(["{FUNCEXPR :funcid 870 :newfield 1 "]) is None
    assert called_functions(["{FUNCEXPR :newfield 1 :funcid 870 :funcformat 0 "]) is None
    assert called_functions(["{AGGREF :other 1 "]) is None


def test_safe_schemas_stay_safe() -> None:
    for name in ("pg_catalog", "information_schema", "pg_toast"):
        assert unsafe_schema(name, EVE, [EVE], OWNERS, [], []) is None
    assert unsafe_schema("public", PG_DATABASE_OWNER, [PG_DATABASE_OWNER], OWNERS, [], []) is None
    assert unsafe_schema("public", PG_DATABASE_OWNER, [Oid(0)], OWNERS, [], []) == "PUBLIC may create in it"
