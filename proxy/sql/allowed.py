"""What of pg_catalog a restricted caller may name: functions, operators and types by signature, and settings to SET.

The caller's own database role can read raw tables, so PostgreSQL's own functions are judged one by one: what runs SQL text,
takes a type or a relation as text or OID and runs its code or reads its rows, reads files, statistics, logs or other
sessions, or writes anything is closed, with a reason. Unproven is refused: a form that is not on the list is not allowed.

The judgements are the lines of `data/*.txt`, tab-separated:

    what <TAB> versions <TAB> ok [<TAB> why it was opened]
    what <TAB> versions <TAB> no <TAB> why it is closed
    what <TAB> versions <TAB> checked <TAB> which values (settings only)

`what` is, with the types of functions and operators as format_type writes them:

    functions   to_char(numeric, text) · make_interval(integer DEFAULT, …) · concat(VARIADIC "any") · sum(integer) aggregate
    operators   ||(text, text) · -(NONE, integer)
    casts       int4 AS int8, as in pg_type
    types       int4, likewise
    settings    a lower-case name

`versions` is the first major version that was looked at and has it; `15-16` says that later ones lost it. All but the
settings are written by `tests/tools/generate_allowed.py` from live servers, its rules and its list of what was judged by
hand; `tests/integration/test_allowed.py` holds them against each server and attacks them.

A statement does not say the types of its arguments, so a call is judged by its name and the number of arguments: it is open
when at least one form takes that many, and every form that does is open. "Harmless" rests on three things judged elsewhere:
the types of the arguments (their output functions, casts and default operators run), the relations a statement reads, and
the schemas of search_path. Collations are not listed: a row of pg_collation names a locale of the C library, of ICU or of
PostgreSQL, and no function, so none runs anybody's code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["CHECKED", "FIXED", "LOOKED_AT", "NEWEST", "SETTINGS", "call", "is_function_name", "operator", "type_named"]

OK, NO, CHECKED_VALUE = "ok", "no", "checked"

LOOKED_AT: tuple[int, ...] = (15, 16, 18)
"""The major versions whose whole pg_catalog was looked at."""

NEWEST: int = LOOKED_AT[-1]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One line. `first`, `last`: major versions; `last` is 0 while the newest version looked at has it."""

    what: str
    first: int
    last: int
    answer: str
    reason: str

    def holds_on(self, major: int) -> bool:
        """Whether a server of that major version has it, as far as we looked."""
        return self.first <= major and (self.last == 0 or major <= self.last)

    def may_hold_on(self, major: int) -> bool:
        """The same, but true too where it may have come or gone between two versions we looked at."""
        before = max((v for v in LOOKED_AT if v < self.first), default=self.first - 1)
        after = min((v for v in LOOKED_AT if v > self.last), default=self.last + 1)
        return before < major and (self.last == 0 or major < after)


def parse(text: str) -> dict[str, Judgement]:
    """Lines of a data file by what they judge. Raises ValueError for a line of another shape, or a thing judged twice."""
    found: dict[str, Judgement] = {}
    for line in text.splitlines():
        what, versions, answer, *rest = line.split("\t")
        first, _, last = versions.partition("-")
        reason = "\t".join(rest)
        if answer not in (OK, NO, CHECKED_VALUE) or (answer != OK and not reason) or what in found:
            raise ValueError(f"not a judgement: {line!r}")
        found[what] = Judgement(what, int(first), int(last or 0), answer, reason)
    return found


@cache
def judgements(kind: str) -> Mapping[str, Judgement]:
    """The lines of `data/<kind>.txt`; `kind` is functions, operators, casts, types or settings."""
    return MappingProxyType(parse(files("proxy.sql").joinpath(f"data/{kind}.txt").read_text(encoding="utf-8")))


def _on(kind: str, major: int) -> list[Judgement]:
    """What counts on a server of that version: open only what is known to be there, closed also what may be there."""
    found = judgements(kind).values()
    return [j for j in found if (j.holds_on(major) if j.answer == OK else j.may_hold_on(major))]


# --- functions and operators -------------------------------------------------------------------------------------------------

_SIGNATURE = re.compile(
    r"(?P<name>[^(]+)\((?P<arguments>.*)\)(?P<kind> (aggregate|ordered-set|hypothetical-set|window|procedure))?"
)


@dataclass(frozen=True, slots=True)
class Form:
    """One overload: how many arguments a call of it gives, and how it was judged.

    `least` leaves out the arguments that have defaults. The arguments of an ordered-set aggregate are the direct ones and
    those of WITHIN GROUP together, as in pg_proc. `kind` is 'function', or as in the data.
    """

    name: str
    kind: str
    least: int
    most: int
    is_variadic: bool
    judged: Judgement

    @staticmethod
    def of(judged: Judgement) -> Form:
        """Raises ValueError when the line's `what` is no signature."""
        match = _SIGNATURE.fullmatch(judged.what)
        if match is None:
            raise ValueError(f"not a signature: {judged.what!r}")
        arguments = match["arguments"].split(", ") if match["arguments"] else []
        defaults = sum(a.endswith(" DEFAULT") for a in arguments)
        is_variadic = bool(arguments) and arguments[-1].startswith("VARIADIC ")
        kind = (match["kind"] or "function").strip()
        return Form(match["name"], kind, len(arguments) - defaults, len(arguments), is_variadic, judged)

    def takes(self, given: int, *, as_array: bool) -> bool:
        """Whether a call could mean it (FuncnameGetCandidates of PostgreSQL). `as_array`: it says VARIADIC."""
        fits = self.least <= given <= self.most
        return fits and self.is_variadic if as_array else fits or (self.is_variadic and given >= self.most)


@cache
def _forms(major: int) -> Mapping[str, tuple[Form, ...]]:
    found: dict[str, list[Form]] = defaultdict(list)
    for judged in _on("functions", major):
        form = Form.of(judged)
        found[form.name].append(form)
    return MappingProxyType({name: tuple(forms) for name, forms in found.items()})


@cache
def _open_names(major: int) -> frozenset[str]:
    """Names all of whose forms are open: most calls need no further look."""
    return frozenset(name for name, forms in _forms(major).items() if all(f.judged.answer == OK for f in forms))


def call(server_version_num: int, name: str, given: int, *, as_array: bool = False) -> str | None:
    """None when a restricted caller may call pg_catalog's `name` with that many arguments, else why not.

    The reason follows a colon; it is '' when no form we know takes such a call. `server_version_num` as 180004. Named
    arguments count like others; those of WITHIN GROUP count too; `*` counts none. `as_array`: the call says VARIADIC.
    Nothing is open below the oldest version looked at. For a server newer than NEWEST the judgements are NEWEST's: its new
    names are closed, and its new forms of old names have not been looked at.
    """
    major = server_version_num // 10_000
    if name in _open_names(major):
        return None
    forms = [f for f in _forms(major).get(name, ()) if f.takes(given, as_array=as_array)]
    return next((f.judged.reason for f in forms if f.judged.answer == NO), None if forms else "")


def is_function_name(name: str) -> bool:
    """Whether pg_catalog of any version looked at has a function of this name."""
    return any(name in _forms(major) for major in LOOKED_AT)


@cache
def _operators(major: int) -> Mapping[tuple[str, int], str | None]:
    """(name, number of operands) -> None or why closed."""
    found: dict[tuple[str, int], str | None] = {}
    for judged in _on("operators", major):
        name, _, operands = judged.what.partition("(")
        key = name, 1 if operands.startswith("NONE, ") else 2
        found[key] = judged.reason if judged.answer == NO else found.get(key)
    return MappingProxyType(found)


def operator(server_version_num: int, name: str, operands: int) -> str | None:
    """As `call`, for pg_catalog's operator `name` (as the scanner gives it: <> for !=) with one operand or two."""
    return _operators(server_version_num // 10_000).get((name, operands), "")


# --- types -------------------------------------------------------------------------------------------------------------------


@cache
def _types(major: int) -> Mapping[str, str | None]:
    """pg_type.typname -> None or why closed; a closed cast closes its target, because a statement does not say the source."""
    found = {j.what: j.reason if j.answer == NO else None for j in _on("types", major)}
    for judged in _on("casts", major):
        if judged.answer == NO:
            found[judged.what.partition(" AS ")[2]] = judged.reason
    return MappingProxyType(found)


def type_named(server_version_num: int, name: str) -> str | None:
    """As `call`, for naming pg_catalog's type `name` (pg_type.typname) as the target of a cast or the type of a column."""
    return _types(server_version_num // 10_000).get(name, "")


# --- settings ----------------------------------------------------------------------------------------------------------------


def _settings(*answers: str) -> dict[str, str]:
    return {j.what: j.reason for j in judgements("settings").values() if j.answer in answers}


SETTINGS: frozenset[str] = frozenset(_settings(OK, CHECKED_VALUE))
"""Settings (lower case) a restricted caller may SET. Any other is closed, also one with a dot in its name: row policies read
such settings (`current_setting('app.tenant')`)."""

CHECKED: Mapping[str, str] = MappingProxyType(_settings(CHECKED_VALUE))
"""Those of SETTINGS whose value must be judged too, with the values that pass. Any value of the others is harmless."""

FIXED: Mapping[str, str] = MappingProxyType(_settings(NO))
"""Settings (lower case) that were looked at and closed, with the reason; the list is not complete, SETTINGS is."""
