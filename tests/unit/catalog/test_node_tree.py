"""Stored queries: what stands in the outermost target list, and nothing that only looks like it.

`tests/integration/test_origins.py` holds the reading against real servers.
"""

from __future__ import annotations

import pytest

from proxy.catalog.node_tree import call_heads, functions_in, view_origins

VAR = "{VAR :varno 1 :varattno 2 :location 78}"


def entry(number: int, relation: int = 0, column: int = 0, *, name: str = "x", expr: str = VAR, junk: str = "false") -> str:
    fields = f":ressortgroupref 0 :resorigtbl {relation} :resorigcol {column} :resjunk {junk}"
    return f"{{TARGETENTRY :expr {expr} :resno {number} :resname {name} {fields}}}"


def query(*entries: str, before: str = ":rtable <>", after: str = ":limitOption 0", kind: int = 1) -> str:
    return f"({{QUERY :commandType {kind} :querySource 0 {before} :targetList ({' '.join(entries)}) :override 0 {after}}})"


def test_the_outermost_target_list() -> None:
    assert view_origins(query(entry(1, 16385, 2), entry(2, 16386, 1)), 2) == ((16385, 2), (16386, 1))
    assert view_origins(query(entry(1), entry(2, 16386, 1)), 2) == (None, (16386, 1))
    assert view_origins(query(), 0) == ()


def test_target_lists_inside_say_nothing() -> None:
    inner = query(entry(1, 7, 7)).removeprefix("(").removesuffix(")")
    ctes = f":cteList ({{COMMONTABLEEXPR :ctename c :ctequery {inner}}}) :rtable ({{RANGETBLENTRY :subquery {inner}}})"
    sublink = f"{{SUBLINK :subLinkType 4 :subselect {inner} :location 1}}"
    tree = query(entry(1, 0, 0, expr=sublink), entry(2, 16385, 2), before=ctes, after=f":havingQual {sublink}")
    assert view_origins(tree, 2) == (None, (16385, 2))


def test_names_are_only_names() -> None:
    names = ("<>", '""', r"x\ :targetList\ \(", r"\}\)\{TARGETENTRY\ :expr\ \{VAR", r"a\\", "\\\n", "\u00a0字", r"\5")
    tree = query(*(entry(number, 16385, number, name=name) for number, name in enumerate(names, start=1)))
    assert view_origins(tree, len(names)) == tuple((16385, number) for number in range(1, len(names) + 1))


def test_no_copies() -> None:
    whole, system, computed = entry(1, 16385, 0), entry(2, 16385, -1), entry(3, 16385, 2, expr="{RELABELTYPE :arg {VAR :a 1}}")
    assert view_origins(query(whole, system, computed, entry(4, 16385, 3)), 4) == (None, None, None, (16385, 3))


def test_junk_comes_last_and_is_left_out() -> None:
    tree = query(entry(1, 16385, 2), entry(2, 16385, 3, name="<>", junk="true"))
    assert view_origins(tree, 1) == ((16385, 2),)
    assert view_origins(query(entry(1, 16385, 2, junk="true"), entry(2, 16385, 3)), 1) == (None,)


GOOD = query(entry(1, 16385, 2))


@pytest.mark.parametrize(
    "tree",
    [
        "",
        "<>",
        GOOD.removesuffix(")"),
        GOOD.removesuffix("})"),
        GOOD + ")",
        GOOD.replace(":commandType 1", ":commandType 2"),
        GOOD.replace(":targetList", ":targets"),
        GOOD.replace(":override 0", ":targetList (" + entry(1, 16385, 9) + ") :override 0"),
        GOOD.replace(":resno 1", ":resno 2"),
        GOOD.replace(":resorigtbl", ":origin"),
        GOOD.replace(":resjunk false", ":resjunk false :newfield 3"),
        GOOD.replace(":resjunk false", ":resjunk {VAR}"),
        GOOD.replace("{TARGETENTRY", "{TARGET"),
        GOOD.replace(":expr {VAR", ":expr x {VAR"),
        GOOD.replace(VAR, "<>"),
        GOOD.replace(VAR, f"{VAR} {VAR}"),
        "({QUERY :commandType 1 :querySource 0 :targetList (",
        "({QUERY :commandType 1 :querySource 0 :targetList ({TARGETENTRY :expr " + VAR + ") ) } }",
    ],
)
def test_another_shape_yields_no_origin(tree: str) -> None:
    assert view_origins(tree, 1) == (None,)


def test_another_number_of_columns_yields_no_origin() -> None:
    assert view_origins(GOOD, 2) == (None, None)
    assert view_origins(GOOD, 0) == ()


def test_functions_and_heads_of_calls() -> None:
    call = "{FUNCEXPR :funcid 870 :funcresulttype 25 :funcformat 0 :args ({OPEXPR :opno 96 :opfuncid 65 :args <>})}"
    tree = query(entry(1, expr=call), entry(2, expr="{AGGREF :aggfnoid 2803 :x 1}"), entry(3, name=r"\ :funcid\ 5"))
    tree = tree.replace(":rtable <>", ":rtable ({WINDOWFUNC :winfnoid 3100 :x 1} {SCALARARRAYOPEXPR :opno 1 :opfuncid 67 :y 2})")
    assert functions_in(tree) == {870, 65, 2803, 3100, 67}
    assert sorted(head.split(" ")[0] for head in call_heads(tree)) == ["{AGGREF", "{FUNCEXPR", "{WINDOWFUNC"]
    assert all(len(head) < 450 for head in call_heads(tree + "x" * 1_000))
