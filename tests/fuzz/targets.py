"""What is fuzzed, and what must hold: any text gives a plan or a ProxyError, and a plan says what the text said.

A text that gave a plan is planned with other literals too: a plan from a template is the plan from scratch.

A case is `CHOICE_BYTES` bytes that choose the target, the server's version, the search_path and the flags, then the text.
`execute` runs one case and raises `Failure` for a broken promise; every other exception is one as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from proxy.errors import Bug, ProxyError
from proxy.plan import Miss, Plan
from proxy.planner import Planner
from proxy.sql import parse as p
from tests import world
from tests.fuzz.mutate import CHOICE_BYTES
from tests.regress.trees import differences
from tests.templates import check_cut, compared, eager, varied

# Processor time of all threads, since the machine may be busy with other things. Planning is linear in the text, so a long one
# may take longer: what counts as a hang is a second, and one more for each further so many bytes.
HANG_S = 1.0
BYTES_A_SECOND = 16 * 1024
MEMORY_BYTES = 500 * 1024 * 1024

TARGETS = ("grammar", "analyst", "analyst", "analyst", "app", "app", "dba")
VERSIONS = (150018, 160014, 180004)
PATHS = (
    world.PATH, world.PATH, ("pg_catalog", "public"), ("shop", "pg_catalog"), ("pg_catalog", "evil", "shop"), ("pg_catalog",),
    ("pg_temp_3", "pg_catalog", "public", "shop"), ("pg_catalog", "no_such", "shop"),
)  # fmt: skip
PARAM_OIDS = ((), (), (25,), (0, 17), (20, 25, 5001), (5002,))


class Failure(Exception):
    """A promise was broken; the text says which."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case, in a word or a SQLSTATE, and the processor time it took, in seconds.

    `counted`: what the run counts besides executions: 1 for a text that gave a plan; the frames of a conversation.
    """

    what: str
    spent_s: float
    counted: int = 0


def execute(case: bytes) -> Outcome:
    """Run one case. Raises Failure, or whatever the code raised."""
    choice, source = case[:CHOICE_BYTES].ljust(CHOICE_BYTES, b"\0"), case[CHOICE_BYTES:]
    target = TARGETS[choice[0] % len(TARGETS)]
    begun = time.process_time()
    check: Callable[[], str] | None = None
    try:
        check = _grammar(source) if target == "grammar" else _plan(target, choice, source)
        outcome = ""
    except Bug as error:
        raise Failure(f"a broken invariant: {error.message}") from error
    except ProxyError as error:
        outcome = error.sqlstate
    spent = time.process_time() - begun
    if spent > HANG_S + len(source) // BYTES_A_SECOND:
        raise Failure(f"a hang: {target}")
    what = check() if check is not None else outcome
    return Outcome(what, spent, int(what == "plan"))


def _grammar(source: bytes) -> Callable[[], str]:
    hidden = p.literals_hidden(source)
    tokens, comments = p.scan(source)
    p.fingerprint(source, tuple(tokens))
    p.parse(source)

    def check() -> str:
        at = 0
        for token in sorted((*tokens, *comments), key=lambda t: t.start):
            if not at <= token.start < token.end <= len(source):
                raise Failure("tokens overlap or lie outside the text")
            at = token.end
        if hidden.startswith("<unreadable"):
            raise Failure("a text that scans is called unreadable")
        check_cut(source.decode())
        return "parsed"

    return check


@cache
def _planner(role: str, version_num: int) -> Planner:
    return eager(world.planner(role, version_num))


def _plan(role: str, choice: bytes, source: bytes) -> Callable[[], str]:
    planner = _planner(role, VERSIONS[choice[1] % len(VERSIONS)])
    text = source.decode("utf-8", "replace")  # the session refuses what is not UTF-8 before it plans
    path = PATHS[choice[1] // 4 % len(PATHS)]
    surroundings: dict[str, Any] = {
        "path": path,
        "param_oids": PARAM_OIDS[choice[2] // 4 % len(PARAM_OIDS)],
        "in_prepare": bool(choice[2] & 1),
        "after_miss": bool(choice[2] & 2),
    }
    plan = planner.plan(text, **surroundings)

    def check() -> str:
        what = _check(planner, text.encode(), plan, is_last=bool(choice[2] & 2))
        check_cut(text)
        other = varied(text, Random(choice + source))
        told = compared(planner, other, **surroundings) if other != text else ""
        disproved, planner.templates.disproved = planner.templates.disproved, 0  # of this case alone
        if told or disproved:
            raise Failure(f"planned otherwise with other literals: {other!r}: {told}")
        return what

    return check


def _check(planner: Planner, source: bytes, plan: Plan | Miss, *, is_last: bool) -> str:
    if isinstance(plan, Miss):
        if is_last:
            raise Failure("a miss after a miss")
        return "miss"
    if planner.is_glass and plan.text != source:
        raise Failure("an owner's text was changed")
    before, after = source.decode(), plan.text.decode()
    if any(after[start:end] != before[origin : origin + end - start] for start, end, origin in plan.offsets):
        raise Failure("a stretch called kept was changed")
    if planner.restricted:
        found = differences(source, plan.text, planner.snapshot, planner.judge.read)
        if found:
            raise Failure(f"read differently: {found[0]}")
    elif plan.text != source:
        p.parse(plan.text)
    return "plan"
