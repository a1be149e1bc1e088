"""What the code of trusted owners leaves behind in a session, where its caller can look: settings and temporary tables.

A trigger may put a value of the row into `application_name`, which the server reports by itself, or into a temporary table
whose name the caller took before. A body is read as tokens, also inside its strings (dynamic SQL): this is about habits of
code that is trusted, not about code that hides. In doubt it carries. `catalog/carriers.py` asks for each function.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from proxy.errors import ProxyError
from proxy.sql.parse import scan

# What a setting may be given without saying anything of a row: constants, and what these words give.
_NOT_OF_A_ROW = frozenset(
    (
        "true", "false", "null", "current_setting", "current_user", "session_user", "current_role", "current_database",
        "current_schema", "current_query", "pg_backend_pid", "txid_current", "pg_current_xact_id", "now", "clock_timestamp",
        "statement_timestamp", "transaction_timestamp", "concat", "concat_ws", "coalesce", "nullif", "format", "quote_ident",
        "pg_catalog", "text", "varchar", "int", "integer", "bigint", "bool", "boolean", "cast", "as",
    )
)  # fmt: skip
_SET = re.compile(r"\s*set\s+(?:(?:local|session)\s+)?([\w.\"]*)(.*)", re.IGNORECASE | re.DOTALL)
_NO_SETTING = frozenset(("constraints", "transaction", "characteristics", "role", "authorization", "time"))
_STRING = re.compile(r"(?:[eEbBxXnN]|[uU]&)?'")
_WRITES = (("insert", "into"), ("merge", "into"), ("delete", "from"), ("copy",), ("update",), ("truncate",))
_OF_INTEREST = re.compile("set_config|pg_settings|temp|insert|update|delete|merge|copy|truncate", re.IGNORECASE)
_NO_NAME = frozenset(("set", "of", "only", "on", "table", "if", "not", "exists", "select", "strict"))
_DEPTH = 3  # of strings in strings


@dataclass(frozen=True, slots=True)
class Carried:
    """`sets`: it puts what may come of a row into a setting that PostgreSQL reports or shows. `temporary`: names of tables
    it makes, or writes to, that may be temporary; folded as PostgreSQL does."""

    sets: bool = False
    temporary: frozenset[str] = frozenset()


def carried(body: str) -> Carried:
    """What a function in SQL or PL/pgSQL of this body leaves behind."""
    sets, names = _read(body, _DEPTH)
    return Carried(sets, frozenset(names))


def _read(body: str, depth: int) -> tuple[bool, set[str]]:
    try:
        source = body.encode()
        words = [source[t.start : t.end].decode() for t in scan(source)[0]]
    except ProxyError:
        return "set_config" in body.lower(), set()
    lower = [word.lower() for word in words]
    sets, names = False, set()
    for at, word in enumerate(lower):
        if word == "set_config" and lower[at + 1 : at + 2] == ["("]:
            sets = sets or _may_carry(words, at + 2)
        elif word == "pg_settings" and "update" in lower[max(0, at - 4) : at]:
            sets = True
        elif word in ("temp", "temporary") or (word == "pg_temp" and lower[at + 1 : at + 2] == ["."]):
            names |= _name_behind(words, at + 1 + (word == "pg_temp"))
        elif _STRING.match(words[at]) or word.startswith("$"):
            inside = _content(words[at])
            sets = sets or _sets(inside)
            if depth and _OF_INTEREST.search(inside):
                more, others = _read(inside, depth - 1)
                sets, names = sets or more, names | others
        if at == 0 or lower[at - 1] not in ("for", "key", "do"):  # FOR NO KEY UPDATE, ON CONFLICT DO UPDATE
            for verb in _WRITES:
                if tuple(lower[at : at + len(verb)]) == verb:
                    names |= _name_behind(words, at + len(verb))
    return sets, names


def _name_behind(words: Sequence[str], at: int) -> set[str]:
    """The name of a table that begins here, when it has no schema."""
    while at < len(words) and words[at].lower() in _NO_NAME - {"select"}:
        at += 1
    if at < len(words) and words[at].lower() == "pg_temp" and words[at + 1 : at + 2] == ["."]:
        at += 2
    if at >= len(words) or words[at + 1 : at + 2] == ["."]:
        return set()
    word = words[at]
    if word.startswith('"'):
        return {word[1:-1].replace('""', '"')}
    return {word.lower()} if re.fullmatch(r"[^\W\d][\w$]*", word) and word.lower() not in _NO_NAME else set()


def _may_carry(words: Sequence[str], at: int) -> bool:
    """Whether set_config, its arguments from `at` on, can put a value of a row into a setting of PostgreSQL's own."""
    arguments: list[list[str]] = [[]]
    depth = 0
    for word in words[at:]:
        depth += (word in ("(", "[")) - (word in (")", "]"))
        if depth < 0:
            break
        if word == "," and depth == 0:
            arguments.append([])
        else:
            arguments[-1].append(word)
    name, value = arguments[0], arguments[1] if len(arguments) > 1 else ["?"]
    is_own = len(name) == 1 and _STRING.match(name[0]) is not None and "." in name[0]  # shop.tenant: nobody else can ask for it
    return not is_own and any(_says_a_row(word) for word in value)


def _says_a_row(word: str) -> bool:
    if re.match(r"\$\d|\?", word):
        return True
    if _STRING.match(word) or not re.match(r'"|[^\W\d]', word):
        return False
    return word.lower() not in _NOT_OF_A_ROW and not word.lower().startswith("tg_")


def _sets(text: str) -> bool:
    """Whether a piece of dynamic SQL begins with SET of a setting whose value is put in later."""
    match = _SET.fullmatch(text)
    if match is None or match[1].lower() in _NO_SETTING or "." in match[1]:
        return False
    return "%" in match[2] or re.fullmatch(r"\s*(?:=|to)?\s*'?", match[2], re.IGNORECASE) is not None


def _content(word: str) -> str:
    if word.startswith("$"):
        tag = word[: word.index("$", 1) + 1] if "$" in word[1:] else ""
        return word[len(tag) : -len(tag)] if tag and len(word) >= 2 * len(tag) else ""
    return word[word.index("'") + 1 : -1].replace("''", "'")
