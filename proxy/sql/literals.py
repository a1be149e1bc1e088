"""The plain literals of a text: where they stand, told without the scanner, and which of them a plan does not depend on.

`cut` reads a text with one expression that is PostgreSQL's lexer for the plain case, and says None for all it does not
surely know: E'', U&'', B'', X'' and N'' strings, dollar quotes, strings in two parts, comments in comments, numbers of
newer versions. What it finds is what `parse.scan` finds (`tests/property/test_literals.py`).

`free` is asked once a shape: it takes a literal for free only where the tree has a constant at that very token, in a place
on a short list. A literal that is not free is part of what a plan is looked up by. So no check may look at the value of a
constant in one of these places; `planner/templates.py` puts that to the proof each time.
"""

from __future__ import annotations

import re
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.sql.parse import LITERALS, Statement, names, node_of

# PostgreSQL 18, 4.1 Lexical Structure, and scan.l. In a word: a letter, a digit, _, $ and all that is not ASCII.
_WORD = r"0-9A-Za-z_$\x80-\U0010ffff"
# Every alternative begins with another character and takes a stretch to its end, and after the repetition something always
# matches: nothing is read twice. (Python before 3.11.5 cannot be trusted with `(?:a|b)*+`.) A quote right behind a letter,
# a digit or & may belong to a prefix, a $ behind one to a name, and LIMIT.5 with another number be LIMIT1e5: let the scanner
# see to those.
_CUT = re.compile(
    rf"""
    ( (?: [^'"$./\-0-9\\\x00-\x08\x0b\x0e-\x1f\x7f]++
        | (?<=[A-Za-z_\x80-\U0010ffff])[0-9]++
        | \.(?![0-9.])
        | -(?!-)
        | /(?!\*)
        | (?<!&)"[^"\x00-\x03]*+"
        | (?<![{_WORD}])\$[0-9]++(?![{_WORD}])
        | --[^\n\r\x00-\x03]*+
        | /\*(?:[^*/\x00-\x03]++|\*(?!/)|/(?!\*))*\*/
      )*
    )
    (?: ( (?<![{_WORD}&])'[^'\x00]*+(?:''[^'\x00]*+)*'(?!(?:[ \t\n\r\f\v]|--[^\n\r]*+)*')
        | (?:[0-9]++(?:\.[0-9]*+)?|(?<![{_WORD}])\.[0-9]++)(?:[eE][-+]?[0-9]++)?(?![{_WORD}.])
        )
      | ([\s\S]*+)
    )""",
    re.VERBOSE,
)
_MARK = re.compile("([\x01-\x03])")
_INTEGER, _NUMBER, _STRING = "\x01", "\x02", "\x03"
_TOKENS = {_INTEGER: pb.Token.Value("ICONST"), _NUMBER: pb.Token.Value("FCONST"), _STRING: pb.Token.Value("SCONST")}
_MINUS = pb.Token.Value("ASCII_45")
# Values to try a template with: other lengths, and words our checks look for elsewhere.
_OTHERS = {_INTEGER: ("70", "1000000007"), _NUMBER: ("0.25", "12345678901.5e-3"), _STRING: ("'x'", "'App.pg_catalog ''unnést'")}

# Statements whose literals can be free, and one that has none.
_READ = frozenset(("Select", "Insert", "Update", "Delete", "Merge", "Transaction"))
# (node, field) where a constant is a value and nothing else. A list, a cast and an item of SET hand on what they stand in.
_VALUES = frozenset(
    (
        ("SelectStmt", "values_lists"), ("SelectStmt", "limit_count"), ("SelectStmt", "limit_offset"),
        ("UpdateStmt", "target_list"), ("OnConflictClause", "target_list"),
        ("MergeWhenClause", "target_list"), ("MergeWhenClause", "values"),
        ("CaseWhen", "expr"), ("CaseWhen", "result"), ("CaseExpr", "defresult"),
        ("CoalesceExpr", "args"), ("MinMaxExpr", "args"), ("FuncCall", "args"),
    )
)  # fmt: skip
_HANDS_ON = frozenset((("List", "items"), ("ResTarget", "val")))
# Operators that compute with both sides. Not those whose right side is a path, a key or a query: ->, #>>, @?, @@.
_OPERATORS = frozenset(
    ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||", "~", "!~", "~*", "!~*", "~~", "!~~", "~~*", "!~~*")
)
_OPERATIONS = frozenset(
    (
        pb.AEXPR_OP, pb.AEXPR_OP_ANY, pb.AEXPR_OP_ALL, pb.AEXPR_DISTINCT, pb.AEXPR_NOT_DISTINCT, pb.AEXPR_NULLIF, pb.AEXPR_IN,
        pb.AEXPR_LIKE, pb.AEXPR_ILIKE,
    )
)  # fmt: skip
_BETWEENS = frozenset((pb.AEXPR_BETWEEN, pb.AEXPR_NOT_BETWEEN, pb.AEXPR_BETWEEN_SYM, pb.AEXPR_NOT_BETWEEN_SYM))
# Functions to which no argument is the name of anything: of a relation, a setting, a type, a role, a sequence, a field. Not
# replace, by which `firewall.py` knows a setting's name to be harmless. Below any other function nothing is free.
_FUNCTIONS = frozenset(
    (
        "lower", "upper", "length", "char_length", "btrim", "ltrim", "rtrim", "left", "right", "substr", "substring", "concat",
        "concat_ws", "strpos", "position", "abs", "ceil", "ceiling", "floor", "round", "trunc", "mod", "power", "to_char",
        "to_date", "to_timestamp", "to_number", "count", "sum", "avg", "min", "max", "string_agg", "array_agg", "bool_and",
        "bool_or",
    )
)  # fmt: skip
# So many operator characters in a row make the scanner's limit (`parse.RUN_WORK`) look at literals too.
_LONG_RUN = re.compile(r"[-+*/<>=~!@#%^&|`?]{16}")
# Types into which a literal is read by itself. Not reg*, whose text is the name of something, nor what holds a path or a query.
_TYPES = frozenset(
    (
        "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar", "date", "time", "timetz",
        "timestamp", "timestamptz", "uuid",
    )
)  # fmt: skip


def cut(text: str) -> tuple[str, list[str]] | None:
    """A text as a skeleton, in which a mark of its kind stands for each literal, and the literals. None: it cannot be told.

    Equal skeletons have equal tokens but for the spelling of the literals.
    """
    pieces: list[str] = []
    literals: list[str] = []
    for skipped, literal, rest in _CUT.findall(text):
        pieces.append(skipped)
        if literal:
            literals.append(literal)
            pieces.append(_INTEGER if literal.isdigit() and len(literal) < 10 else _kind(literal))
        elif rest:
            return None
    return "".join(pieces), literals


def _kind(literal: str) -> str:
    if literal[0] == "'":
        return _STRING
    if not literal.isdigit():
        return _NUMBER
    digits = literal.lstrip("0")
    return _INTEGER if (len(digits), digits) <= (10, "2147483647") else _NUMBER  # process_integer_literal in scan.l


def spans(skeleton: str, literals: list[str]) -> list[tuple[int, int]]:
    """Where the literals stand in their text, in characters."""
    found, at = [], 0
    for skipped, literal in zip(_MARK.split(skeleton)[::2], literals, strict=False):
        at += len(skipped)
        found.append((at, at + len(literal)))
        at += len(literal)
    return found


def put_together(skeleton: str, literals: list[str]) -> str:
    """The text of a skeleton with these literals."""
    pieces = _MARK.split(skeleton)
    pieces[1::2] = literals
    return "".join(pieces)


def others(skeleton: str, literals: list[str], free: tuple[int, ...]) -> list[str]:
    """The literals with another one of its kind for each that is free."""
    marks = _MARK.findall(skeleton)
    changed = literals.copy()
    for index in free:
        first, second = _OTHERS[marks[index]]
        changed[index] = second if literals[index] != second else first
    return changed


def free(statement: Statement, skeleton: str, literals: list[str], *, anywhere: bool) -> tuple[int, ...]:
    """Which literals of a statement's text are values and nothing else; none when a literal was not found where it stands.

    `anywhere`: for callers whose statements are read for the log only, every constant of the tree is.
    """
    is_plain = all(kind in _READ for kind, _ in statement.stmts) and _LONG_RUN.search(skeleton) is None
    if not is_plain or not _are_the_tokens(statement, skeleton, literals):
        return ()
    standing: dict[int, list[bool]] = {}
    for _, stmt in statement.stmts:
        if not _note(stmt, standing, anywhere=anywhere):
            return ()
    found, before, index = [], None, 0
    for token in statement.tokens:
        if token.kind in LITERALS:
            # `-1` is two tokens and one constant, which begins at the first of them
            at = standing.get(token.start, [])
            if before is not None and before.kind == _MINUS:
                at = at + standing.get(before.start, [])
            if at == [True]:
                found.append(index)
            index += 1
        before = token
    return tuple(found)


def _are_the_tokens(statement: Statement, skeleton: str, literals: list[str]) -> bool:
    """Whether the scanner found these very literals."""
    found, at = [], 0
    for skipped, mark, literal in zip(_MARK.split(skeleton)[::2], _MARK.findall(skeleton), literals, strict=False):
        at += len(skipped.encode())
        found.append((at, at + len(literal.encode()), _TOKENS[mark]))
        at = found[-1][1]
    return found == [(t.start, t.end, t.kind) for t in statement.tokens if t.kind in LITERALS]


def _note(stmt: Message, standing: dict[int, list[bool]], *, anywhere: bool) -> bool:
    """Note for each constant below whether its place makes it free. False: the statement makes a table."""
    waiting: list[tuple[Any, bool, bool]] = [(stmt, False, False)]  # in the place of a value; below a function not listed
    while waiting:
        node, is_value, is_below = waiting.pop()
        if isinstance(node, pb.IntoClause):
            return False
        if isinstance(node, pb.A_Const):
            standing.setdefault(node.location, []).append((is_value and not is_below) or anywhere)
            continue
        is_below = is_below or (isinstance(node, pb.FuncCall) and not _is_listed(names(node.funcname), _FUNCTIONS))
        for field, value in node.ListFields():
            if field.message_type is not None:
                below = _is_value(node, field.name, is_value)
                inside = (value,) if isinstance(value, Message) else value
                waiting.extend((one, below, is_below) for one in map(node_of, inside) if one is not None)
    return True


def _is_value(node: Any, field: str, is_value: bool) -> bool:
    """Whether a constant in that field of a node is a value; `is_value`: whether one in the node's own place is."""
    kind = node.DESCRIPTOR.name
    if (kind, field) in _HANDS_ON:
        return is_value
    if isinstance(node, pb.TypeCast):  # `date '…'` and the like have no place of their own
        is_plain = _is_listed(names(node.type_name.names), _TYPES) and not (
            node.type_name.array_bounds or node.type_name.setof or node.type_name.pct_type
        )
        return field == "arg" and is_value and is_plain and node.location >= 0
    if isinstance(node, pb.A_Expr):
        if node.kind in _BETWEENS:
            return field in ("lexpr", "rexpr")
        return field in ("lexpr", "rexpr") and node.kind in _OPERATIONS and _is_listed(names(node.name), _OPERATORS)
    return (kind, field) in _VALUES


def _is_listed(name: tuple[str, ...], known: frozenset[str]) -> bool:
    return name[-1:] != () and name[-1] in known and name[:-1] in ((), ("pg_catalog",))
