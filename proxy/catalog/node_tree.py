"""Reads two things from the text of a stored query (pg_rewrite.ev_action): which columns of a view are verbatim copies, and
which functions it calls.

PostgreSQL notes beside every output column of a query the table column it is, if it is one and nothing else (`resorigtbl`
and `resorigcol`, what RowDescription reports as its origin). In a stored query that stands in the target list of the
outermost Query node; subqueries and WITH have target lists of their own, which say nothing about the view. The text form
is that of outfuncs.c and read.c (PostgreSQL 15 to 18): a backslash before a character takes its meaning away, and blanks and
brackets inside a name always have one. What is not of exactly this shape yields no origin. Pure; a tree of 20 KB takes
about 0.2 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Origin = tuple[int, int]  # (OID of the relation, attnum)

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_BRACKET = re.compile(r"[(){}]")
_HEAD = "({QUERY :commandType 1 "
_LIST = " :targetList ("
_LIST_DEPTH = 2  # the list of queries, and the query
_ENTRY = "{TARGETENTRY :expr "
_FIELDS = re.compile(
    r" :resno (?P<number>[0-9]+) :resname [^ \n\t]+ :ressortgroupref [0-9]+"
    r" :resorigtbl (?P<relation>[0-9]+) :resorigcol (?P<column>-?[0-9]+) :resjunk (?P<is_junk>true|false)"
)
_FUNCTIONS = (" :funcid ", " :opfuncid ", " :aggfnoid ", " :winfnoid ")
_CALLS = ("{FUNCEXPR ", "{AGGREF ", "{WINDOWFUNC ")
_CALL_BYTES = 400  # more than the plain fields at the beginning of a call node take


class _OddTree(Exception):
    """The text is not of the shape we know."""


def view_origins(tree: str, columns: int) -> tuple[Origin | None, ...]:
    """The origin of each of the view's `columns` in order, None where there is none.

    All None when the text is not one SELECT with exactly that many output columns.
    """
    try:
        found = tuple(_output_columns(_plain(tree)))
    except _OddTree:
        found = ()
    return found if len(found) == columns else (None,) * columns


def functions_in(tree: str) -> frozenset[int]:
    """OIDs of the functions, aggregates, and functions behind operators and casts, anywhere in the query."""
    plain = _plain(tree)
    return frozenset(int(rest.split(" ", 1)[0]) for label in _FUNCTIONS for rest in plain.split(label)[1:])


def call_heads(tree: str) -> list[str]:
    """The beginning of every call node anywhere in the query, casts included: `{FUNCEXPR :funcid 870 …`."""
    plain = _plain(tree)
    return [label + rest[:_CALL_BYTES] for label in _CALLS for rest in plain.split(label)[1:]]


def _plain(tree: str) -> str:
    """The text with every escaped character out of the way, at the same length."""
    return _ESCAPED.sub("__", tree) if "\\" in tree else tree


def _output_columns(plain: str) -> Iterator[Origin | None]:
    if not plain.startswith(_HEAD) or plain.count("(") != plain.count(")") or plain.count("{") != plain.count("}"):
        raise _OddTree
    seen_junk = False
    for number, (expression, fields) in enumerate(_entries(plain, _list_start(plain)), start=1):
        match = _FIELDS.fullmatch(fields)
        if match is None or int(match["number"]) != number:
            raise _OddTree
        if match["is_junk"] == "true":  # what ORDER BY or GROUP BY needs, after all that is put out
            seen_junk = True
            continue
        if seen_junk:
            raise _OddTree
        relation, column = int(match["relation"]), int(match["column"])
        # A whole row has column 0, ctid and its like are below it.
        yield (relation, column) if relation > 0 and column > 0 and expression.startswith("{VAR ") else None


def _list_start(plain: str) -> int:
    """Where the outermost query's target list begins, behind its bracket."""
    found: list[int] = []
    depth = last = 0
    here = plain.find(_LIST)
    while here >= 0:
        before = plain[last:here]
        depth += before.count("(") + before.count("{") - before.count(")") - before.count("}")
        if depth == _LIST_DEPTH:
            found.append(here + len(_LIST))
        last, here = here, plain.find(_LIST, here + 1)
    if len(found) != 1:
        raise _OddTree
    return found[0]


def _entries(plain: str, start: int) -> Iterator[tuple[str, str]]:
    """(expression, the fields after it) of each entry of a target list that begins at `start`."""
    depth = 0
    entry = expression = end = start
    for match in _BRACKET.finditer(plain, start):
        here = match.start()
        if match[0] in "({":
            if depth == 0:
                if not plain.startswith(_ENTRY, here):
                    raise _OddTree
                entry, expression = here + len(_ENTRY), 0
            elif depth == 1:
                if here != entry or expression:
                    raise _OddTree
                expression = here
            depth += 1
        else:
            depth -= 1
            if depth == 1:
                end = here + 1
            elif depth == 0:
                if not expression:
                    raise _OddTree
                yield plain[expression:end], plain[end:here]
            elif depth < 0:
                return
