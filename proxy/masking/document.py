"""The mask `json`: masks at named keys of a json or jsonb object; the other keys stay.

`{json: {$.phone: phone, $.bank.account: {partial: {last: 4}}}}`. A path names keys of objects, never elements of arrays. What
does not have the shape the rule expects is hidden, not guessed: a document that is no object becomes the JSON null, as does a
step of a path that is there but is no object, and an object or array where a value was expected. Absent keys stay absent.
Masks of text take strings, numbers and booleans by their text and give strings; `round` takes numbers; JSON null stays.

json is worked on as jsonb, so blanks, repeated keys and the order of keys are not kept. A json document that jsonb cannot
hold (\\u0000, a lone surrogate) or may not (an exponent of four digits, 255 digits in a row) becomes the JSON null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from proxy.catalog.snapshot import Column
from proxy.masking import types
from proxy.masking.fixed import Constant, Null
from proxy.masking.numbers import Round
from proxy.masking.text import TextMask, plainly
from proxy.sql import build
from proxy.sql.build import Part

Leaf = TextMask | Round | Null | Constant

_STEP = re.compile(r'\.(?:"([^"]+)"|([^.\[\]"*@?$ ]+))')
_JSONB, _NUMERIC = "pg_catalog.jsonb", "pg_catalog.numeric"
# What jsonb refuses or may refuse, tried after escaped backslashes and whole surrogate pairs, or strings, are taken out.
_ESCAPED_BACKSLASH = r"\\\\"
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][cdefCDEF][0-9a-fA-F]{2}"
_BAD_ESCAPE = r"\\u(?:0000|[dD][89abcdefABCDEF])"
_STRING = r'"(?:[^"\\]|\\.)*"'
_BAD_NUMBER = r"[eE][+-]?[0-9]{4}|[0-9]{255}"


def parse_path(path: str) -> tuple[str, ...]:
    """`$.a."b c"` -> ('a', 'b c'). Raises ValueError for any other shape."""
    steps: list[str] = []
    place = 1
    while path.startswith("$") and (found := _STEP.match(path, place)):
        steps.append(found.group(1) or found.group(2))
        place = found.end()
    if not steps or place != len(path):
        raise ValueError(f'{path!r} is no path: write keys only, as $.phone or $.bank."account no"')
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Json:
    """`leaves`: (path, mask), sorted; no path is the beginning of another."""

    leaves: tuple[tuple[tuple[str, ...], Leaf], ...]

    @staticmethod
    def build(masks: Mapping[str, Leaf]) -> Json:
        """From paths as the rules write them. Raises ValueError for a bad path or two that overlap."""
        leaves = sorted(((parse_path(path), mask) for path, mask in masks.items()), key=lambda leaf: leaf[0])
        if not leaves:
            raise ValueError("json takes at least one path, as {$.phone: phone}")
        for (one, _), (other, _) in pairwise(leaves):
            if other[: len(one)] == one:
                raise ValueError(f"the paths $.{'.'.join(one)} and $.{'.'.join(other)} overlap: keep one")
        return Json(tuple(leaves))

    @property
    def name(self) -> str:
        return "json(" + ", ".join(f"$.{'.'.join(path)}: {mask.name}" for path, mask in self.leaves) + ")"

    def misfit(self, column: Column) -> str | None:
        return types.needs(column, types.DOCUMENTS, "json and jsonb", self.name)

    def sql(self, reference: str, column: Column) -> str:
        value = build.raw(reference)
        whole = value
        if column.base_type_sql or types.oid_of(column) == types.JSON:
            whole = build.cast(value, _JSONB)
        branches = [(build.is_null(value), build.null(_JSONB))]
        if types.oid_of(column) == types.JSON:
            branches.append((_is_not_jsonb(plainly(build.cast(value, build.TEXT))), _json_null()))
        branches.append((_is_object(whole), self._set(whole, self.leaves, 0)))
        return build.sql(build.as_column(build.case(*branches, default=_json_null()), column))

    def _set(self, root: Part, leaves: Iterable[tuple[tuple[str, ...], Leaf]], depth: int) -> Part:
        """What stands `depth` steps below `root`, where all `leaves` agree and which is an object, with them replaced."""
        groups: dict[str, list[tuple[tuple[str, ...], Leaf]]] = {}
        for path, mask in leaves:
            groups.setdefault(path[depth], []).append((path, mask))
        above = [build.string(step) for step in next(iter(groups.values()))[0][0][:depth]]
        result = build.call("jsonb_extract_path", root, *above) if above else root
        for key, group in groups.items():
            steps = [*above, build.string(key)]
            child = build.call("jsonb_extract_path", root, *steps)
            if len(group[0][0]) == depth + 1:
                masked = _leaf(child, build.call("jsonb_extract_path_text", root, *steps), group[0][1])
            else:
                masked = build.case((_is_object(child), self._set(root, group, depth + 1)), default=_json_null())
            path_sql = build.array([build.string(key)], build.TEXT)
            result = build.call("jsonb_set", result, path_sql, masked, build.boolean(False))
        return result

    def apply(self, value: object) -> object:
        """The twin for jsonb, as text. A text that is no JSON document becomes the JSON null."""
        if not isinstance(value, str):
            return None
        try:
            document = json.loads(value, parse_int=Decimal, parse_float=Decimal)
            masked = self._hide(document, self.leaves, 0) if isinstance(document, dict) else None
            return dumps(masked)
        except (ValueError, RecursionError):
            return "null"

    def _hide(
        self, whole: dict[str, object], leaves: Iterable[tuple[tuple[str, ...], Leaf]], depth: int
    ) -> dict[str, object]:
        result = dict(whole)
        groups: dict[str, list[tuple[tuple[str, ...], Leaf]]] = {}
        for path, mask in leaves:
            groups.setdefault(path[depth], []).append((path, mask))
        for key, group in groups.items():
            if key not in whole:
                continue
            child = whole[key]
            if len(group[0][0]) == depth + 1:
                result[key] = _hide_leaf(child, group[0][1])
            else:
                result[key] = self._hide(child, group, depth + 1) if isinstance(child, dict) else None
        return result


def _json_null() -> Part:
    return build.string("null", _JSONB)


def _type_is(value: Part, *names: str) -> Part:
    return build.any_of(build.call("jsonb_typeof", value), names)


def _is_object(value: Part) -> Part:
    return _type_is(value, "object")


def _leaf(child: Part, text: Part, mask: Leaf) -> Part:
    match mask:
        case Null():
            return _json_null()
        case Constant():
            return build.call("to_jsonb", build.string(mask.value, build.TEXT))
        case Round():
            number = build.call("to_jsonb", mask.over(build.cast(text, _NUMERIC)))
            return build.case((_type_is(child, "number"), number), default=_json_null())
        case _:
            masked = build.call("to_jsonb", mask.over(text))
            return build.case((_type_is(child, "string", "number", "boolean"), masked), default=_json_null())


def _hide_leaf(value: object, mask: Leaf) -> object:
    match mask:
        case Null():
            return None
        case Constant():
            return mask.value
        case Round():
            return mask.cut(value) if isinstance(value, Decimal) else None
        case _:
            return mask.hide(dumps(value) if not isinstance(value, str) else value) if _is_scalar(value) else None


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | Decimal | bool)


def _is_not_jsonb(text: Part) -> Part:
    def without(whole: Part, pattern: str) -> Part:
        return build.call("regexp_replace", whole, build.string(pattern), build.string(""), build.string("g"))

    escapes = without(without(text, _ESCAPED_BACKSLASH), _PAIR)
    return build.any_true(
        build.operate(escapes, "~", build.string(_BAD_ESCAPE)),
        build.operate(without(text, _STRING), "~", build.string(_BAD_NUMBER)),
    )


def dumps(value: object) -> str:
    """JSON text with numbers as PostgreSQL's numeric writes them: no exponent."""
    match value:
        case Decimal():
            text = f"{value:f}"
            return text[1:] if value.is_zero() and text.startswith("-") else text
        case dict():
            return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {dumps(v)}" for key, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(dumps, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
