"""Settings a restricted caller may change: SET, RESET, and the same words in the startup message.

`allowed.SETTINGS` lists them; a few have values that are checked here. search_path is checked when it *changes*, because
prepared statements resolve names again later (FINDINGS 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from postgast import pg_query_pb2 as pb

from proxy.encodings import is_readable
from proxy.errors import Refusal, Unproven
from proxy.sql import allowed
from proxy.sql.firewall import Firewall
from proxy.sql.parse import node_of

# Words of the startup message that are no settings (PostgreSQL 18, 54.2.1, 54.7 StartupMessage).
_STARTUP_WORDS = frozenset(("user", "database", "replication", "options"))
# Settings after which the same bytes may mean something else.
CHANGES_READING = frozenset(("search_path", "role", "session_authorization", "client_encoding", "standard_conforming_strings"))
_MESSAGE_LEVELS = frozenset(("notice", "warning", "error"))  # `log` would let the server's own LOG lines through
_TRANSACTION = frozenset(("TRANSACTION", "SESSION CHARACTERISTICS"))


def check_set(node: Any, firewall: Firewall) -> None:
    """Check a VariableSetStmt. Raises Refusal or Unproven."""
    if node.kind == pb.VAR_RESET_ALL:
        return
    if node.kind == pb.VAR_SET_MULTI:
        if node.name not in _TRANSACTION:
            raise Unproven(f"SET {node.name} is not open to restricted callers")
        return
    name = node.name.lower()
    if node.kind in (pb.VAR_RESET, pb.VAR_SET_DEFAULT):  # back to what the session began with, which was checked
        return
    if node.kind != pb.VAR_SET_VALUE:
        raise Unproven("SET … FROM CURRENT is not open to restricted callers")
    values = [_value(node_of(a)) for a in node.args]
    check_setting(name, values, firewall)


def check_setting(name: str, values: list[str], firewall: Firewall) -> None:
    """One setting and its values, as words. Raises Refusal with the reason."""
    if name == "standard_conforming_strings" and [v.lower() for v in values] == ["on"]:
        return  # what it is anyway; some drivers say so when they connect
    _check_name(name)
    if name == "search_path":
        for schema in values:
            firewall.check_schema(firewall.login if schema == "$user" else schema)
            if schema.startswith("pg_temp"):
                raise Refusal("pg_temp must not stand in search_path")
    elif name == "client_encoding":
        check_encoding(values[0] if values else "")
    elif name == "client_min_messages" and (not values or values[0].lower() not in _MESSAGE_LEVELS):
        raise Refusal("client_min_messages: notice, warning or error")


def check_encoding(value: str) -> None:
    """Only encodings we read as the server does (proxy/encodings.py). Raises Refusal."""
    if not is_readable(value):
        raise Refusal(f'client_encoding "{value}" is not supported here', hint="SET client_encoding TO 'UTF8'")


def check_startup(parameters: Mapping[str, str], firewall: Firewall) -> None:
    """Every word of a StartupMessage, `options` taken apart. Raises Refusal or Unproven."""
    if parameters.get("replication", "").lower() not in ("", "0", "false", "off", "no"):
        raise Refusal("replication connections are closed to restricted callers")
    found = [(k.lower(), v) for k, v in parameters.items() if k not in _STARTUP_WORDS and not k.startswith("_pq_.")]
    for name, value in [*found, *_options(parameters.get("options", ""))]:  # each of them: RESET may bring any of them back
        check_setting(name, identifiers(value) if name == "search_path" else [value], firewall)


def identifiers(value: str) -> list[str]:
    """A list of names as PostgreSQL reads it from text: folded to lower case unless quoted, cut to 63 bytes.

    Source: SplitIdentifierString in varlena.c. Raises Refusal for text that is no such list.
    """
    found: list[str] = []
    at = 0
    for match in _IDENTIFIER.finditer(value):
        if match.start() != at:
            break
        at = match.end()
        quoted, plain = match.group(1), match.group(2)
        name = quoted.replace('""', '"') if quoted is not None else plain.lower()
        found.append(name.encode()[:63].decode("utf-8", "ignore"))
        if not match.group(3):
            break
    if at != len(value) or (not found and value.strip()):
        raise Refusal(f"search_path {value!r} cannot be read as a list of schemas")
    return found


_IDENTIFIER = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\s",]+))\s*(,|\Z)')


def _options(text: str) -> list[tuple[str, str]]:
    """`-c name=value`, `--name=value`; words split at white space, backslash escapes (PostgreSQL 18, 54.7, options)."""
    words: list[str] = []
    word, escaped, open_word = "", False, False
    for character in text:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\":
            escaped, open_word = True, True
        elif character.isspace():
            if open_word:
                words.append(word)
            word, open_word = "", False
        else:
            word, open_word = word + character, True
    if open_word:
        words.append(word)
    found: list[tuple[str, str]] = []
    waiting = iter(words)
    for one in waiting:
        if one == "-c":
            one = next(waiting, "")
        elif one.startswith("-c"):
            one = one[2:]
        elif one.startswith("--"):
            one = one[2:].replace("-", "_")
        else:
            raise Unproven(f"startup option {one!r} is not supported")
        name, equals, value = one.partition("=")
        if not equals:
            raise Unproven(f"startup option {one!r} is not supported")
        found.append((name.lower().replace("-", "_"), value))
    return found


def _check_name(name: str) -> None:
    if name in allowed.SETTINGS:
        return
    reason = allowed.FIXED.get(name)
    raise Refusal(f'setting "{name}" is fixed for restricted callers' + (f": {reason}" if reason else ""))


def _value(node: Any) -> str:
    while isinstance(node, pb.TypeCast):
        node = node_of(node.arg)
    if isinstance(node, pb.A_Const):
        if node.HasField("sval"):
            return str(node.sval.sval)
        if node.HasField("ival"):
            return str(node.ival.ival)
        if node.HasField("fval"):
            return str(node.fval.fval)
        if node.HasField("boolval"):
            return "on" if node.boolval.boolval else "off"
    raise Unproven("SET takes constants only")
