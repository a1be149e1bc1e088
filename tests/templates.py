"""Plans from templates held against plans from scratch: other literals for a text, and what came of both ways."""

from __future__ import annotations

from dataclasses import fields
from random import Random
from typing import Any

import postgast
from postgast import PgQueryError

from proxy.errors import ProxyError
from proxy.plan import Miss, Plan, Wanted
from proxy.planner import Planner
from proxy.planner.templates import Templates
from proxy.sql import literals as sql_literals
from proxy.sql import parse as p

_INTEGERS = ("0", "1", "2", "7", "42", "007", "20000", "1000000000", "2147483647")
_NUMBERS = ("2147483648", "99999999999999999999999", "0.0", "1.5", "1.", ".5", "1e5", "1E-3", "1.5e+400", "00000000002147483648")
_STRINGS = (
    "", " ", "x", "it''s", "''", "''''", "\\", "\\''", "\\x4142", "a\nb", "\t", "客户", "😀 é", "\u2028", "--", "-- x", "/*", "*/", "/* ''",
    "1", "-1", "1.5", "2147483648", "NaN", "t", "NULL", "null", "2024-02-29", "infinity", "1 day", "{1,2}", "{}", "[1]", '{"a": 1}',
    "customers", "shop.customers", "pg_class", "pg_catalog", "PG_CATALOG.lower", "unnest", "current_setting", "search_path", "app.tenant",
    "jit", "SELECT", "FROM customers", "select email from shop.customers", '"', '"a', "$1", "$$", "$q$", "%", "a%_", "^(a|b)*$", "$.email",
    "{a,b}", "year", "UTC", "Asia/Shanghai", "system", "c.name", "E''x''", "\x01\x02\x03", "\x7f", "+-*/<>=~!@#%^&|`?", "+" * 40, "a" * 300,
)  # fmt: skip
_OTHER_TOKENS = ("NULL", "$1", "-5", "(1)", "E'a\\''", "U&'\\0041'", "B'01'", "X'1F'", "N'x'", "$$a$$", "1_000", "0x1F", "1a", "'a'\n'b'", "id")


class Eager(Templates):
    """Learns what comes for the first time."""

    def _is_new(self, seen: int) -> bool:
        super()._is_new(seen)
        return False


def eager(planner: Planner) -> Planner:
    """The planner, with templates that learn at once."""
    planner.templates = Eager(anywhere=planner.is_glass)
    return planner


def varied(text: str, random: Random, *, other_kinds: float = 0.1) -> str:
    """The text with some other literals, mostly of the same kinds. Texts that cannot be told are given back as they are."""
    cut = sql_literals.cut(text)
    if cut is None or not cut[1]:
        return text
    skeleton, literals = cut
    changed = literals.copy()
    count = min(len(literals), random.choice((1, 1, 2, len(literals))))
    for index in random.sample(range(len(literals)), count):
        pool = {"\x01": _INTEGERS, "\x02": _NUMBERS, "\x03": _STRINGS}[sql_literals._kind(literals[index])]
        if random.random() < other_kinds / count:
            pool = random.choice((_INTEGERS, _NUMBERS, _STRINGS, _OTHER_TOKENS))
        value = str(random.randrange(2**31)) if pool is _INTEGERS and random.random() < 0.4 else random.choice(pool)
        changed[index] = f"'{value}'" if pool is _STRINGS else value
    return sql_literals.put_together(skeleton, changed)


def compared(planner: Planner, text: str, **surroundings: Any) -> str:
    """What is different between the planner's answer and one from scratch; '' when nothing is."""
    said = {"path": (), "param_oids": (), "in_prepare": False, "after_miss": False, "temporary": frozenset(), **surroundings}
    mine = _outcome(lambda: planner.plan(text, **said))
    fresh = _outcome(lambda: _scratch(planner, text, **said))
    if isinstance(mine, Plan) and isinstance(fresh, Miss):  # this very text was planned before, when its names had been looked up
        fresh = _outcome(lambda: _scratch(planner, text, **{**said, "after_miss": True}))
    if isinstance(mine, Plan) and isinstance(fresh, Plan):  # field by field: some are left out when plans are compared
        names = [f.name for f in fields(Plan) if getattr(mine, f.name) != getattr(fresh, f.name)]
        return "; ".join(f"{name}: {getattr(mine, name)!r}, from scratch {getattr(fresh, name)!r}" for name in names)
    return "" if mine == fresh else f"{mine!r}, from scratch {fresh!r}"


def _scratch(planner: Planner, text: str, **said: Any) -> Plan | Miss:
    made, _ = planner.make(Wanted(text, **said))
    return made if isinstance(made, Miss) else made.plan


def _outcome(plan: Any) -> object:
    try:
        return plan()
    except ProxyError as error:
        return type(error), error.sqlstate, error.message, error.hint, error.position
    except UnicodeEncodeError:  # a lone surrogate, which no decoder lets in
        return UnicodeEncodeError


def check_cut(text: str) -> bool:
    """Whether it can be told where the literals of a text are. AssertionError when they are not where the scanner finds them."""
    cut = sql_literals.cut(text)
    if cut is None:
        return False
    skeleton, literals = cut
    assert sql_literals.put_together(skeleton, literals) == text
    found = []
    for (start, end), mark in zip(sql_literals.spans(skeleton, literals), sql_literals._MARK.findall(skeleton), strict=True):
        found.append((len(text[:start].encode()), len(text[:end].encode()), sql_literals._TOKENS[mark]))
    scanned = _scanned(text)
    if scanned is None:  # what stands between the literals is no SQL, whatever they are
        other = sql_literals.put_together(skeleton, sql_literals.others(skeleton, literals, tuple(range(len(literals)))))
        assert _scanned(other) is None, text
    else:
        assert found == scanned, text
    return True


def _scanned(text: str) -> list[tuple[int, int, int]] | None:
    try:
        return [(t.start, t.end, t.token) for t in postgast.scan(text).tokens if t.token in p.LITERALS]
    except PgQueryError:
        return None
