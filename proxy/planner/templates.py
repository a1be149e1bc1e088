"""Plans of statements that differ in free literals only: made once, then put together from their pieces.

A template is looked up by everything but its free literals: the text outside them, their kinds, the fixed literals, and what
a plan is kept by besides. PostgreSQL's grammar makes the same tree of two such texts but for these constants' values, and
no check looks at those (`sql/literals.py`). This is put to the proof before a template is used: the statement is planned from
scratch with other literals, and what the template makes of them must be the same plan.

A statement that holds values for encrypted columns is none of these: nothing of it is kept here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from itertools import accumulate
from typing import Any

from proxy.errors import ProxyError
from proxy.plan import Miss, Plan
from proxy.planner.planning import Made
from proxy.sql import literals as sql_literals
from proxy.sql.parse import Statement

# What is kept per planner: templates, those of one shape, the characters of all, and hashes of what was seen once.
TEMPLATES = 1_000
TEMPLATES_OF_A_SHAPE = 100
CHARACTERS = 4 * 1024 * 1024
SEEN = 10_000

# The skeleton of a text, and what its plan depends on besides: path, in_prepare, after_miss, temporary, parameter OIDs.
Place = tuple[str, tuple[str, ...], bool, bool, frozenset[str], tuple[int, ...]]

_FIELDS = [one.name for one in fields(Plan)]
_TEXT, _OFFSETS, _LOG_TEXT, _SAYS_CATALOG = (_FIELDS.index(n) for n in ("text", "offsets", "log_text", "says_catalog"))
# Puts a value into its slot. Plan's own __init__ takes twice the time, and works out again what no literal changes.
_PUT: list[Callable[[Plan, Any], None]] = [vars(Plan)[name].__set__ for name in _FIELDS]


@dataclass(frozen=True, slots=True)
class Template:
    """A plan with gaps for the literals of the indices `free`.

    `pieces`: of the text that leaves, every second one a gap; None when it leaves as it came. `stretches`: how many of them
    come before the start and before the end of each of `Plan.offsets`, and its numbers as if they had no characters.
    """

    values: list[Any]  # of the plan's fields, in order
    free: tuple[int, ...]
    pieces: list[str] | None
    stretches: tuple[tuple[int, int, int, int, int], ...]
    is_logged: bool  # the log shows the text
    size: int

    def plan(self, text: str, literals: list[str]) -> Plan:
        """The plan of a text with these literals."""
        values = self.values.copy()
        source = text.encode()
        if self.pieces is None:
            values[_TEXT] = source
        else:
            given = [literals[index] for index in self.free]
            pieces = self.pieces.copy()
            pieces[1::2] = given
            values[_TEXT] = "".join(pieces).encode()
            at = list(accumulate(map(len, given), initial=0))
            values[_OFFSETS] = tuple([(a + at[i], b + at[j], c + at[i]) for i, j, a, b, c in self.stretches])
            values[_SAYS_CATALOG] = b"pg_catalog" not in source.lower()
        if self.is_logged:
            values[_LOG_TEXT] = text
        made = object.__new__(Plan)
        for put, value in zip(_PUT, values, strict=True):
            put(made, value)
        return made


@dataclass(slots=True)
class _Shape:
    """The templates of one place, by the literals that are not free, whose indices are `fixed`."""

    free: tuple[int, ...]
    fixed: tuple[int, ...]
    templates: OrderedDict[tuple[str, ...], Template] = field(default_factory=OrderedDict)

    def key(self, literals: list[str]) -> tuple[str, ...]:
        return tuple([literals[index] for index in self.fixed]) if self.fixed else ()


class Templates:
    """Those of one planner. `anywhere`: see `literals.free`. Counts how often one was `used`, and how many were `disproved`."""

    def __init__(self, *, anywhere: bool) -> None:
        self.used = 0
        self.disproved = 0
        self._anywhere = anywhere
        self._shapes: OrderedDict[Place, _Shape] = OrderedDict()
        self._count = self._characters = 0
        self._seen: OrderedDict[int, bool] = OrderedDict()  # hashes, so that no text is kept for it; True: has no template

    def __len__(self) -> int:
        return self._count

    def find(self, place: Place, text: str, literals: list[str]) -> Plan | None:
        """The plan of a text whose literals these are, if there is a template for it."""
        shape = self._shapes.get(place)
        if shape is None:
            return None
        self._shapes.move_to_end(place)
        template = shape.templates.get(shape.key(literals))
        if template is None:
            return None
        self.used += 1
        return template.plan(text, literals)

    def learn(self, place: Place, text: str, literals: list[str], made: Made, again: Callable[[str], Made | Miss]) -> None:
        """Take in what came of planning a text; `again` plans another one from scratch, under the same circumstances.

        The work is done for what comes a second time: many shapes come once.
        """
        if not made.keep or made.statement is None:
            return
        shape = self._shapes.get(place)
        seen = hash((place, shape.key(literals) if shape is not None else None))
        if self._is_new(seen) or self._seen[seen]:
            return
        self._seen[seen] = True
        free = self._free(place[0], text, literals, made.plan, made.statement)
        if not free or (shape is not None and shape.free != free):
            return
        template = _template(made.plan, text, place[0], literals, free)
        if not _is_proved(template, made.plan, text, place[0], literals, again):
            self.disproved += 1
            return
        self._seen[seen] = False
        if shape is None:
            shape = _Shape(free, tuple(sorted(set(range(len(literals))).difference(free))))
        self._keep(place, shape, literals, template)

    def _is_new(self, seen: int) -> bool:
        if seen in self._seen:
            self._seen.move_to_end(seen)
            return False
        self._seen[seen] = False
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        return True

    def _free(self, skeleton: str, text: str, literals: list[str], plan: Plan, statement: Statement) -> tuple[int, ...]:
        """The free literals that leave as they came, with nothing of ours right beside them."""
        found = sql_literals.free(statement, skeleton, literals, anywhere=self._anywhere)
        if not plan.offsets:
            return found if plan.text == text.encode() else ()
        spans, length = sql_literals.spans(skeleton, literals), len(plan.text.decode())
        return tuple([index for index in found if _stands_apart(plan, *spans[index], length)])

    def _keep(self, place: Place, shape: _Shape, literals: list[str], template: Template) -> None:
        self._shapes[place] = shape
        self._shapes.move_to_end(place)
        shape.templates[shape.key(literals)] = template
        self._count, self._characters = self._count + 1, self._characters + template.size
        if len(shape.templates) > TEMPLATES_OF_A_SHAPE:
            _, gone = shape.templates.popitem(last=False)
            self._count, self._characters = self._count - 1, self._characters - gone.size
        while self._count > TEMPLATES or self._characters > CHARACTERS:
            _, oldest = self._shapes.popitem(last=False)
            self._count -= len(oldest.templates)
            self._characters -= sum(one.size for one in oldest.templates.values())


def _stands_apart(plan: Plan, first: int, last: int, length: int) -> bool:
    """Whether a literal stands inside a kept stretch, and reaches the stretch's end only where that is the end of all."""
    return any(
        origin < first and (last < origin + end - start or (last == origin + end - start and end == length))
        for start, end, origin in plan.offsets
    )


def _template(plan: Plan, text: str, skeleton: str, literals: list[str], free: tuple[int, ...]) -> Template:
    values = [getattr(plan, name) for name in _FIELDS]
    values[_TEXT], is_logged = b"", plan.log_text == text
    if is_logged:
        values[_LOG_TEXT] = ""
    size = len(skeleton) + len(plan.text)
    if not plan.offsets:
        return Template(values, free, None, (), is_logged, size)
    spans = [sql_literals.spans(skeleton, literals)[index] for index in free]
    whole = plan.text.decode()
    pieces: list[str] = []
    stretches: list[tuple[int, int, int, int, int]] = []
    at = before = shift = 0  # in the text that leaves; free literals passed, and their characters
    for start, end, origin in plan.offsets:
        inside = [(first, last) for first, last in spans if origin <= first < origin + end - start]
        length = sum(last - first for first, last in inside)
        stretches.append((before, before + len(inside), start - shift, end - shift - length, origin - shift))
        for first, last in inside:
            pieces += (whole[at : start + first - origin], "")
            at = start + last - origin
        before, shift = before + len(inside), shift + length
    pieces.append(whole[at:])
    return Template(values, free, pieces, tuple(stretches), is_logged, size)


def _is_proved(
    template: Template, plan: Plan, text: str, skeleton: str, literals: list[str], again: Callable[[str], Made | Miss]
) -> bool:
    """Whether the template makes the plan it was made of, and that of other literals as it would be made from scratch."""
    changed = sql_literals.others(skeleton, literals, template.free)
    other = sql_literals.put_together(skeleton, changed)
    if template.plan(text, literals) != plan or sql_literals.cut(other) != (skeleton, changed):
        return False
    try:
        made = again(other)
    except ProxyError:
        return False
    return not isinstance(made, Miss) and made.keep and made.plan == template.plan(other, changed)
