"""Write proxy/sql/data/*.txt from the PostgreSQL servers of this machine; without `--write`, tell what would change.

    python -m tests.tools.generate_allowed [--write]

Each function, operator, cast and type of pg_catalog is judged by the rules below (support code closed, pure functions open,
operators and casts as their functions) or by `judged_by_hand.txt`. What neither settles is printed and left out, which means
closed: a person judges it. Read the new lines before you commit them, those of the rules too. For the settings the data file
itself is what was judged by hand: only the versions of its lines are written.

A new PostgreSQL: put its programs on the machine, its number into `allowed.LOOKED_AT`, and run this. Exit status 1 when
something is left unjudged, 2 when a version of LOOKED_AT is missing, without which the lines would lose it.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import secrets
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, installations
from proxy.sql import allowed
from proxy.sql.allowed import NO, OK, Judgement

DATA = Path(allowed.__file__).parent / "data"
BY_HAND = Path(__file__).with_name("judged_by_hand.txt")
SUPPORT = "it is input, output or support code of the server itself (internal or cstring arguments)"
TRIGGER = "it is a trigger function"
PSEUDO = "it is a pseudo-type: only the server's own functions have arguments of it"
ROW_TYPE = "the row type of a catalog: a value of it holds what the statement puts in"

Answer = tuple[str, str]  # OK or NO, and the reason

# Functions that no rule opens, even when they call themselves immutable.
_NAMED_TO_LOOK = re.compile(
    r"(pg|lo|ts|txid|inet|has|query|table|schema|database|cursor|binary_upgrade|gin|brin)_.*|xml.*|.*(validator|replication|file).*"
)
# An immutable function of these may still look into the catalog or run a type's code.
_LOOKING = frozenset(("oid", "regclass", "regproc", "regprocedure", "regtype", "record", '"any"', "refcursor"))
_INSIDE = frozenset(("internal", "cstring", "cstring[]"))

# A harmless name under which a setting may be seen although pg_settings does not show it.
_HIDDEN_SETTINGS = ("role", "session_authorization")
_KINDS = {"f": "", "a": " aggregate", "w": " window", "p": " procedure"}
_AGGREGATES = {"n": " aggregate", "o": " ordered-set", "h": " hypothetical-set"}

_HERE = "'pg_catalog'::pg_catalog.regnamespace"
FUNCTIONS = f"""
SELECT p.oid, p.proname, p.prokind::text, p.provolatile::text, l.lanname, pg_catalog.format_type(p.prorettype, NULL),
       ARRAY(SELECT pg_catalog.format_type(t, NULL) FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS u(t, n) ORDER BY n),
       p.pronargdefaults, p.provariadic <> 0, coalesce(g.aggkind::text, ''), coalesce(g.aggnumdirectargs, 0)
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_catalog.pg_aggregate AS g ON g.aggfnoid = p.oid WHERE p.pronamespace = {_HERE}
"""
OPERATORS = f"""
SELECT o.oprname, CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
       pg_catalog.format_type(o.oprright, NULL), o.oprcode::oid
FROM pg_catalog.pg_operator AS o WHERE o.oprnamespace = {_HERE}
"""
# A cast belongs to no schema; those whose types are both built in came with the server.
CASTS = f"""
SELECT s.typname, t.typname, c.castfunc FROM pg_catalog.pg_cast AS c
JOIN pg_catalog.pg_type AS s ON s.oid = c.castsource JOIN pg_catalog.pg_type AS t ON t.oid = c.casttarget
WHERE s.typnamespace = {_HERE} AND t.typnamespace = {_HERE} AND c.oid < 16384
"""
TYPES = f"""
SELECT t.typname, t.typtype::text, coalesce(p.provolatile::text, ''),
       CASE WHEN t.typcategory = 'A' THEN coalesce(e.typname, '') ELSE '' END
FROM pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_proc AS p ON p.oid = t.typinput
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND e.typarray = t.oid WHERE t.typnamespace = {_HERE}
"""
SETTINGS = """
SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings
WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') AND name NOT LIKE '%.%'
"""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of pg_catalog, types as format_type writes them. `kind` is what its line ends in.

    `direct`: how many of an ordered-set aggregate's arguments stand outside of WITHIN GROUP.
    """

    name: str
    kind: str
    volatility: str
    language: str
    result: str
    arguments: tuple[str, ...]
    defaults: int
    is_variadic: bool
    direct: int

    @property
    def bare(self) -> str:
        """The signature by which PostgreSQL tells it from others; what was judged by hand is written like this."""
        return f"{self.name}({', '.join(self.arguments)})"

    @property
    def what(self) -> str:
        """As in the data: the signature, with what decides which calls can mean it."""
        shown = list(self.arguments)
        for at in range(len(shown) - self.defaults, len(shown)):
            shown[at] += " DEFAULT"
        if self.is_variadic:
            shown[-1] = f"VARIADIC {shown[-1]}"
        return f"{self.name}({', '.join(shown)}){self.kind}"

    def judge(self) -> Answer | None:
        """By rule or by hand, else None."""
        types = {self.result, *self.arguments}
        if self.result in ("trigger", "event_trigger"):
            return NO, TRIGGER
        if types & _INSIDE:
            return NO, SUPPORT
        by_hand = judged_by_hand(self.bare) or judged_by_hand(self.name)
        if by_hand is not None or _NAMED_TO_LOOK.fullmatch(self.name):
            return by_hand
        is_pure = self.volatility == "i" and self.language in ("internal", "sql") and not types & _LOOKING
        return (OK, "") if is_pure else None


@cache
def _by_hand() -> tuple[dict[str, Answer], list[tuple[str, Answer]]]:
    exact: dict[str, Answer] = {}
    globs: list[tuple[str, Answer]] = []
    answer: Answer | None = None
    for line in BY_HAND.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            entry = line.strip()
            if answer is None or entry in exact or (answer[0] == OK and not re.fullmatch(r"type \w+|\w+\(.*\)", entry)):
                raise ValueError(f"{BY_HAND.name}: {line!r}")
            if "*" in entry:
                globs.append((entry, answer))
            else:
                exact[entry] = answer
        elif line and not line.startswith("#"):
            answered, _, reason = line.partition(" ")
            answer = answered, reason
    return exact, globs


def judged_by_hand(entry: str) -> Answer | None:
    """What judged_by_hand.txt says of exactly this, or of its family."""
    exact, globs = _by_hand()
    return exact.get(entry) or next((answer for glob, answer in globs if fnmatch.fnmatchcase(entry, glob)), None)


def judge_type(
    name: str, kind: str, input_volatility: str, element: str, elements: Mapping[str, Answer | None]
) -> Answer | None:
    """By rule or by hand, else None. `elements` has been judged before: an array type is as good as its element type."""
    if element:
        return elements.get(element)
    by_hand = judged_by_hand(f"type {name}")
    if by_hand is not None:
        return by_hand
    if kind == "p":
        return NO, PSEUDO
    if kind == "c":
        return OK, ROW_TYPE
    return (OK, "") if kind in "rm" or (kind == "b" and input_volatility == "i") else None


Seen = dict[str, dict[str, Answer | None]]  # kind of data -> what -> its judgement, as one server has it


def functions_of(connection: psycopg.Connection[Any]) -> list[tuple[int, Function]]:
    """Every function of pg_catalog with its OID."""
    return [
        (oid, Function(name, _AGGREGATES.get(aggregate) or _KINDS[kind], *more, tuple(types), defaults, variadic, direct))
        for oid, name, kind, *more, types, defaults, variadic, aggregate, direct in connection.execute(FUNCTIONS).fetchall()
    ]


def look(dsn: str) -> Seen:
    """Everything one server has, judged. A setting's judgement is the one its data file holds."""
    seen: Seen = {}
    with psycopg.connect(dsn) as connection:
        found = functions_of(connection)
        functions = {oid: function.judge() for oid, function in found}
        seen["functions"] = {function.what: functions[oid] for oid, function in found}
        operators = connection.execute(OPERATORS).fetchall()
        seen["operators"] = {f"{name}({left}, {right})": functions[code] for name, left, right, code in operators}
        casts = connection.execute(CASTS).fetchall()
        seen["casts"] = {f"{s} AS {t}": functions[function] if function else (OK, "") for s, t, function in casts}
        types: dict[str, Answer | None] = {}
        for row in sorted(connection.execute(TYPES).fetchall(), key=lambda row: bool(row[3])):
            types[row[0]] = judge_type(*row, elements=types)
        seen["types"] = types
        settings = [name for (name,) in connection.execute(SETTINGS)]
    known = allowed.judgements("settings")
    seen["settings"] = {n: (known[n].answer, known[n].reason) if n in known else None for n in (*settings, *_HIDDEN_SETTINGS)}
    return seen


def look_at_all(versions: Iterable[int]) -> dict[int, Seen]:
    """Start a server of each version in turn and look."""
    found = {}
    for major in versions:
        with tempfile.TemporaryDirectory(prefix="maskgate-") as folder:
            path, programs = Path(folder) / "data", installations()[major]
            with EmbeddedServer.create(path, programs, password=secrets.token_hex(8), settings=TEST_SETTINGS) as server:
                found[major] = look(server.dsn())
    return found


def merged(kind: str, found: Mapping[int, Seen]) -> tuple[list[Judgement], list[str]]:
    """(the lines of one file, what nobody has judged). What two versions judge differently takes the stricter answer."""
    where: dict[str, dict[int, Answer | None]] = defaultdict(dict)
    for major, seen in found.items():
        for what, answer in seen[kind].items():
            where[what][major] = answer
    lines, unjudged = [], []
    for what, answers in sorted(where.items()):
        given = [a for a in answers.values() if a is not None]
        if len(given) < len(answers):
            unjudged.append(what)
            continue
        answer, reason = min(given)  # "checked" < "no" < "ok"
        lines.append(Judgement(what, min(answers), 0 if max(answers) == max(found) else max(answers), answer, reason))
    if kind == "settings":  # only their versions are ours: a setting no server here has keeps its line
        mine = {j.what for j in lines}
        lines = sorted([*lines, *(j for j in allowed.judgements(kind).values() if j.what not in mine)], key=lambda j: j.what)
    return lines, unjudged


def line_of(judged: Judgement) -> str:
    """A Judgement as a line of the data files."""
    versions = f"{judged.first}-{judged.last}" if judged.last else str(judged.first)
    return "\t".join([judged.what, versions, judged.answer] + ([judged.reason] if judged.reason else []))


def main() -> int:
    """See the module."""
    arguments = argparse.ArgumentParser(description="Write the lists of pg_catalog from the servers of this machine.")
    arguments.add_argument("--write", action="store_true", help="write the data files")
    write = arguments.parse_args().write
    versions = sorted(installations())
    if not set(allowed.LOOKED_AT) <= set(versions):
        print(f"needs PostgreSQL {allowed.LOOKED_AT}, and has {versions}", file=sys.stderr)
        return 2
    found = look_at_all(versions)
    left = 0
    for kind in next(iter(found.values())):
        lines, unjudged = merged(kind, found)
        here = {major: Counter(j.answer for j in lines if j.holds_on(major)) for major in versions}
        print(f"{kind}: {len(lines)}; " + "; ".join(f"PostgreSQL {major}: {dict(count)}" for major, count in here.items()))
        path = DATA / f"{kind}.txt"
        before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        after = [line_of(judged) for judged in lines]
        for line in sorted(set(after) - set(before)):
            print(f"  new: {line}")
        for line in sorted(set(before) - set(after)):
            print(f"  gone: {line}")
        for what in unjudged:
            print(f"  UNJUDGED {what}")
        if write:
            path.write_text("".join(line + "\n" for line in after), encoding="utf-8")
        left += len(unjudged)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
