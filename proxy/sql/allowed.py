"""What of pg_catalog a restricted caller may name: functions and operators by server version, and settings to SET.

The caller's own database role can read raw tables, so PostgreSQL's own functions are judged one by one: what runs SQL text,
takes a type or a relation as text or OID and runs its code or reads its rows, reads files, statistics, logs or other
sessions, or writes anything is closed, with a reason. Unproven is refused: a name that is not on the list is not allowed.

The judgements are the lines of `data/*.txt`, tab-separated:

    name <TAB> versions <TAB> ok [<TAB> why it was opened]
    name <TAB> versions <TAB> no <TAB> why it is closed
    name <TAB> versions <TAB> checked <TAB> which values (settings only)

`versions` is the first major version that was looked at and has the name; `15-16` says that later ones lost it (a user's
function may bear the name there). A function name is open only when every overload under it is harmless. "Harmless" rests
on three things judged elsewhere: the types of the arguments (their output functions, casts and default operators run),
the relations a statement reads, and the schemas of search_path. `tests/tools/generate_allowed.py` compares the lists with
real servers; `tests/integration/test_allowed.py` attacks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["CHECKED", "FIXED", "NEWEST", "SETTINGS", "functions", "operators", "why_not"]

OK, NO, CHECKED_VALUE = "ok", "no", "checked"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One line. `first`, `last`: major versions; `last` is 0 while the newest version looked at has the name."""

    name: str
    first: int
    last: int
    answer: str
    reason: str

    def holds_on(self, major: int) -> bool:
        """Whether a server of that major version has the name, as far as we looked."""
        return self.first <= major and (self.last == 0 or major <= self.last)


def parse(text: str) -> dict[str, Judgement]:
    """Lines of a data file by name. Raises ValueError for a line of another shape, or a name judged twice."""
    found: dict[str, Judgement] = {}
    for line in text.splitlines():
        name, versions, answer, *rest = line.split("\t")
        first, _, last = versions.partition("-")
        reason = "\t".join(rest)
        if answer not in (OK, NO, CHECKED_VALUE) or (answer != OK and not reason) or name in found:
            raise ValueError(f"not a judgement: {line!r}")
        found[name] = Judgement(name, int(first), int(last or 0), answer, reason)
    return found


@cache
def judgements(what: str) -> Mapping[str, Judgement]:
    """The lines of `data/<what>.txt`; `what` is functions, operators or settings."""
    return MappingProxyType(parse(files("proxy.sql").joinpath(f"data/{what}.txt").read_text(encoding="utf-8")))


@cache
def _open_names(what: str, major: int) -> frozenset[str]:
    return frozenset(j.name for j in judgements(what).values() if j.answer == OK and j.holds_on(major))


def functions(server_version_num: int) -> frozenset[str]:
    """Function names a restricted caller may call when they mean pg_catalog's; `server_version_num` as 180004.

    Empty below the oldest version looked at. For a server newer than NEWEST it is the list of NEWEST: its new names are
    closed, and its new overloads of old names have not been looked at.
    """
    return _open_names("functions", server_version_num // 10000)


def operators(server_version_num: int) -> frozenset[str]:
    """Operator names with at least one operator in pg_catalog, all of them harmless; `server_version_num` as 180004."""
    return _open_names("operators", server_version_num // 10000)


def why_not(name: str) -> str | None:
    """Why the pg_catalog function `name` is closed, to follow a colon; None when it is open or was never looked at."""
    judged = judgements("functions").get(name)
    return judged.reason if judged is not None and judged.answer == NO else None


def _settings(*answers: str) -> dict[str, str]:
    return {j.name: j.reason for j in judgements("settings").values() if j.answer in answers}


SETTINGS: frozenset[str] = frozenset(_settings(OK, CHECKED_VALUE))
"""Settings (lower case) a restricted caller may SET. Any other is closed, also one with a dot in its name: row policies read
such settings (`current_setting('app.tenant')`)."""

CHECKED: Mapping[str, str] = MappingProxyType(_settings(CHECKED_VALUE))
"""Those of SETTINGS whose value must be judged too, with the values that pass. Any value of the others is harmless."""

FIXED: Mapping[str, str] = MappingProxyType(_settings(NO))
"""Settings (lower case) that were looked at and closed, with the reason; the list is not complete, SETTINGS is."""

NEWEST: int = 18
"""The newest major version whose whole pg_catalog was looked at."""
