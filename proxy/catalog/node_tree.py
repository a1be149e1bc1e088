"""Reads one thing from the text of a stored query (pg_rewrite.ev_action): which columns of a view are verbatim copies.

PostgreSQL notes beside every output column of a query the table column it is, if it is one and nothing else (`resorigtbl`
and `resorigcol`, what RowDescription reports as its origin). In a stored query that stands in the target list of the
outermost Query node; subqueries and WITH have target lists of their own, which say nothing about the view. The text form
is that of outfuncs.c and read.c (PostgreSQL 15 to 18): a backslash before a character takes its meaning away, and blanks and
brackets inside a name always have one. What is not of exactly this shape yields no origin. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Origin = tuple[int, int]  # (OID of the relation, attnum)

_BRACKET = re.compile(r"\\.|[(){}]", re.DOTALL)
_PAIRS = {")": "(", "}": "{"}
_HEAD = "({QUERY :commandType 1 "
_LIST = " :targetList "
_ENTRY = "{TARGETENTRY :expr "
# The fields after the expression. A name is `<>` when there is none; a blank inside one has a backslash.
_FIELDS = re.compile(
    r" :resno (?P<number>[0-9]+) :resname (?:[^ \n\t\\]|\\.)+ :ressortgroupref [0-9]+"
    r" :resorigtbl (?P<relation>[0-9]+) :resorigcol (?P<column>-?[0-9]+) :resjunk (?P<is_junk>true|false)",
    re.DOTALL,
)
_CALL_HEAD = re.compile(r"\{(?:FUNCEXPR|AGGREF|WINDOWFUNC) [^{}]*")
_FUNCTION = re.compile(r"(?<!\\) :(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)")


class _OddTree(Exception):
    """The text is not of the shape we know."""


def view_origins(tree: str, columns: int) -> tuple[Origin | None, ...]:
    """The origin of each of the view's `columns` in order, None where there is none.

    All None when the text is not one SELECT with exactly that many output columns.
    """
    try:
        found = tuple(_output_columns(tree))
    except _OddTree:
        found = ()
    return found if len(found) == columns else (None,) * columns


def call_heads(tree: str) -> list[str]:
    """The beginning of every call node anywhere in the query, casts included: `{FUNCEXPR :funcid 870 …`."""
    return _CALL_HEAD.findall(tree)


def functions_in(tree: str) -> frozenset[int]:
    """OIDs of the functions, aggregates, and functions behind operators and casts, anywhere in the query."""
    return frozenset(int(found) for found in _FUNCTION.findall(tree))


def _output_columns(tree: str) -> Iterator[Origin | None]:
    if not tree.startswith(_HEAD):
        raise _OddTree
    seen_junk = False
    for number, entry in enumerate(_entries(tree), start=1):
        match = _FIELDS.fullmatch(entry[1])
        if match is None or int(match["number"]) != number:
            raise _OddTree
        if match["is_junk"] == "true":  # what ORDER BY or GROUP BY needs, after all that is put out
            seen_junk = True
            continue
        if seen_junk:
            raise _OddTree
        relation, column = int(match["relation"]), int(match["column"])
        # A whole row has column 0, ctid and its like are below it.
        is_copy = relation > 0 and column > 0 and entry[0].startswith("{VAR ")
        yield (relation, column) if is_copy else None


def _entries(tree: str) -> list[tuple[str, str]]:
    """(expression, the fields after it) of each entry of the outermost target list."""
    opened: list[str] = []  # brackets open at this place
    found: list[tuple[str, str]] | None = None
    in_list = False
    last = 0  # the end of the last bracket
    entry = expression = (0, 0)
    for match in _BRACKET.finditer(tree):
        bracket = match[0]
        if bracket[0] == "\\":
            continue
        here = match.start()
        depth = len(opened)
        if bracket in "({":
            if depth == 2 and tree[last:here].endswith(_LIST):
                if found is not None or bracket != "(":
                    raise _OddTree
                found, in_list = [], True
            elif in_list and depth == 3:
                if not tree.startswith(_ENTRY, here):
                    raise _OddTree
                entry, expression = (here, here + len(_ENTRY)), (0, 0)
            elif in_list and depth == 4:
                if here != entry[1] or expression != (0, 0):
                    raise _OddTree
                expression = (here, 0)
            opened.append(bracket)
        else:
            if not opened or opened.pop() != _PAIRS[bracket]:
                raise _OddTree
            if in_list and depth == 5:
                expression = (expression[0], match.end())
            elif in_list and depth == 4 and found is not None:
                if not expression[1]:
                    raise _OddTree
                found.append((tree[slice(*expression)], tree[expression[1] : here]))
            elif depth == 3:
                in_list = False
            elif depth == 1 and match.end() != len(tree):
                raise _OddTree
        last = match.end()
    if opened or found is None:
        raise _OddTree
    return found
