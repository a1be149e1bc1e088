"""Compare proxy/sql/data/*.txt with the PostgreSQL servers of this machine; `--write` takes over what needs no thought.

    python -m tests.tools.generate_allowed [--write]

The data files hold the judgements; this tool never changes one. With `--write` it updates the versions of each name and adds
new names that a rule settles: support code (closed) and pure functions (open; read the list it prints before you commit).
A name no rule settles is printed with its signatures and left out, which means closed: a person adds its line. Names that
only an absent version has keep their lines. Exit status 1 when a name is left unjudged.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, installations
from proxy.sql import allowed
from proxy.sql.allowed import NO, OK, Judgement

DATA = Path(allowed.__file__).parent / "data"
SUPPORT = "it is input, output or support code of the server itself (internal or cstring arguments)"
TRIGGER = "it is a trigger function"

# Names that are judged by hand even when their functions call themselves immutable.
_BY_HAND = re.compile(
    r"(pg|lo|ts|txid|inet|has|query|table|schema|database|cursor|binary_upgrade|gin|brin)_.*|xml.*|.*(validator|replication|file).*"
)
# An immutable function of these may still look into the catalog or run a type's code.
_LOOKING = frozenset(("oid", "regclass", "regproc", "regprocedure", "regtype", "record", '"any"', "trigger", "refcursor"))

# A harmless name under which a setting may be seen although pg_settings does not show it.
_HIDDEN_SETTINGS = ("role", "session_authorization")

FUNCTIONS = """
SELECT p.proname, p.provolatile, l.lanname, pg_catalog.format_type(p.prorettype, NULL),
       ARRAY(SELECT pg_catalog.format_type(t, NULL) FROM pg_catalog.unnest(p.proargtypes) AS t)
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
"""
OPERATORS = """
SELECT DISTINCT o.oprname FROM pg_catalog.pg_operator AS o
WHERE o.oprnamespace = 'pg_catalog'::pg_catalog.regnamespace
"""
SETTINGS = """
SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings
WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') AND name NOT LIKE '%.%'
"""


@dataclass(frozen=True, slots=True)
class Signature:
    """One overload of a pg_catalog function, types as format_type writes them."""

    name: str
    volatility: str
    language: str
    result: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)}) -> {self.result} [{self.volatility}, {self.language}]"


Seen = dict[str, dict[int, set[Signature]]]  # name -> major version -> overloads (none for operators and settings)


def look(dsn: str, major: int, found: Mapping[str, Seen]) -> None:
    """Add what one server has to `found` (keys functions, operators, settings)."""
    with psycopg.connect(dsn) as connection:
        for name, volatility, language, result, arguments in connection.execute(FUNCTIONS):
            overloads = found["functions"].setdefault(name, {}).setdefault(major, set())
            overloads.add(Signature(name, volatility, language, result, tuple(arguments)))
        for (name,) in connection.execute(OPERATORS):
            found["operators"].setdefault(name, {})[major] = set()
        for (name,) in connection.execute(SETTINGS):
            found["settings"].setdefault(name, {})[major] = set()
    for name in _HIDDEN_SETTINGS:
        found["settings"].setdefault(name, {})[major] = set()


def look_at_all(versions: Iterable[int]) -> dict[str, Seen]:
    """Start a server of each version in turn and look."""
    found: dict[str, Seen] = {"functions": {}, "operators": {}, "settings": {}}
    for major in versions:
        with tempfile.TemporaryDirectory(prefix="maskgate-") as folder:
            path, programs = Path(folder) / "data", installations()[major]
            with EmbeddedServer.create(path, programs, password=secrets.token_hex(8), settings=TEST_SETTINGS) as server:
                look(server.dsn(), major, found)
    return found


def by_rule(what: str, name: str, overloads: Iterable[Signature]) -> tuple[str, str] | None:
    """(answer, reason) where no thought is needed, else None."""
    if what == "settings":
        return None
    if what == "operators":
        return OK, ""  # test_allowed.py holds that the function of every operator is open
    signatures = list(overloads)
    if any(s.result == "trigger" for s in signatures):
        return NO, TRIGGER
    if any({"internal", "cstring", "cstring[]"} & {s.result, *s.arguments} for s in signatures):
        return NO, SUPPORT
    if _BY_HAND.fullmatch(name) or any(s.volatility != "i" or s.language not in ("internal", "sql") for s in signatures):
        return None
    if any(_LOOKING & {s.result, *s.arguments} for s in signatures):
        return None
    return OK, ""


def merge(
    what: str, old: Mapping[str, Judgement], seen: Seen, versions: list[int]
) -> tuple[list[Judgement], list[Judgement], list[str]]:
    """(all lines, the new ones among them, names without a judgement)."""
    lines: dict[str, Judgement] = dict(old)
    new: list[Judgement] = []
    unjudged: list[str] = []
    for name, where in sorted(seen.items()):
        last = 0 if max(where) == max(versions) else max(where)
        if name in old:
            first = min(old[name].first, min(where))
            lines[name] = replace(old[name], first=first, last=last if max(versions) >= allowed.NEWEST else old[name].last)
            continue
        answer = by_rule(what, name, {s for group in where.values() for s in group})
        if answer is None:
            unjudged.append(name)
        else:
            new.append(Judgement(name, min(where), last, *answer))
            lines[name] = new[-1]
    return [lines[name] for name in sorted(lines)], new, unjudged


def line_of(judged: Judgement) -> str:
    """A Judgement as a line of the data files."""
    versions = f"{judged.first}-{judged.last}" if judged.last else str(judged.first)
    return "\t".join([judged.name, versions, judged.answer] + ([judged.reason] if judged.reason else []))


def main() -> int:
    """See the module."""
    arguments = argparse.ArgumentParser(description="Compare the lists of pg_catalog names with the servers of this machine.")
    arguments.add_argument("--write", action="store_true", help="update the data files")
    write = arguments.parse_args().write
    versions = sorted(installations())
    if not versions:
        print("no PostgreSQL on this machine", file=sys.stderr)
        return 2
    found = look_at_all(versions)
    left = 0
    for what, seen in found.items():
        old = allowed.judgements(what)
        lines, new, unjudged = merge(what, old, seen, versions)
        counts: dict[str, int] = defaultdict(int)
        for judged in lines:
            counts[judged.answer] += 1
        print(f"{what}: {len(seen)} names on {', '.join(map(str, versions))}; judged: {dict(counts)}")
        for judged in new:
            print(f"  new, by rule: {line_of(judged)}")
        for name in unjudged:
            print(f"  UNJUDGED {name} (on {', '.join(map(str, sorted(seen[name])))})")
            for signature in sorted({str(s) for group in seen[name].values() for s in group}):
                print(f"    {signature}")
        text = "".join(line_of(judged) + "\n" for judged in lines)
        path = DATA / f"{what}.txt"
        if text != path.read_text(encoding="utf-8"):
            print(f"  {path.name} {'is written' if write else 'would change (--write)'}")
            if write:
                path.write_text(text, encoding="utf-8")
        left += len(unjudged)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
