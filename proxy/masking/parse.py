"""The mask of a rule, from what YAML gives: `email`, `{partial: {first: 3, last: 4}}`, `null`, `{constant: x}` …

`parse` raises ValueError with a sentence that says what to write instead. `SCHEMA` is the same as JSON Schema, for editors.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from proxy.masking.address import Address
from proxy.masking.dates import UNITS, Truncate
from proxy.masking.document import Json, Leaf
from proxy.masking.fixed import Constant, Null
from proxy.masking.mask import Mask
from proxy.masking.numbers import Round
from proxy.masking.text import Email, Name, Partial, Phone, Redact, TextMask

_PLAIN: Mapping[str, type[Null | TextMask]] = {
    "null": Null,
    "redact": Redact,
    "email": Email,
    "phone": Phone,
    "name": Name,
    "address": Address,
}
_WITH_ARGUMENT = {
    "constant": "{constant: '***'}",
    "partial": "{partial: {first: 3, last: 4}}",
    "round": "{round: 1000}",
    "date": "{date: year}",
    "json": "{json: {$.phone: phone}}",
}
WORDS = (*_PLAIN, *_WITH_ARGUMENT)

SCHEMA: dict[str, object] = {
    "title": "Mask",
    "description": "How a value is hidden. The result has the column's own type.",
    "anyOf": [
        {"enum": [*_PLAIN]},
        {"type": "null"},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {
                "constant": {"type": ["string", "number", "boolean"], "description": "Always this value."},
                "partial": {
                    "type": "object",
                    "description": "Characters kept at both ends; at least half of a value is hidden.",
                    "additionalProperties": False,
                    "minProperties": 1,
                    "properties": {
                        "first": {"type": "integer", "minimum": 0, "maximum": 1000},
                        "last": {"type": "integer", "minimum": 0, "maximum": 1000},
                    },
                },
                "round": {"type": "number", "description": "Cut towards zero to a multiple of this."},
                "date": {"enum": [*UNITS], "description": "Cut to the start of this; timestamptz in UTC."},
                "json": {
                    "type": "object",
                    "description": "Masks at keys of a JSON object, such as $.phone or $.bank.account.",
                    "minProperties": 1,
                    "additionalProperties": {"$ref": "#/$defs/Mask"},
                },
            },
        },
    ],
}


def parse(spec: object) -> Mask:
    """What YAML gave -> a mask. Raises ValueError, saying what to write instead."""
    if spec is None:
        return Null()
    if isinstance(spec, str):
        return _plain(spec)
    if isinstance(spec, Mapping) and len(spec) == 1:
        word, argument = next(iter(spec.items()))
        if word is None and argument is None:
            return Null()
        match word:
            case "constant":
                return _constant(argument)
            case "partial":
                return _partial(argument)
            case "round":
                return _round(argument)
            case "date":
                return _date(argument)
            case "json":
                return _json(argument)
        raise ValueError(_unknown(str(word)))
    raise ValueError("a mask is one word or one word with its argument, such as email or {partial: {first: 3, last: 4}}")


def _unknown(word: str) -> str:
    if word in _PLAIN:
        return f"the mask {word} takes no argument: write {word}"
    if word in _WITH_ARGUMENT:
        return f"the mask {word} takes an argument, as {_WITH_ARGUMENT[word]}"
    near = get_close_matches(word, WORDS, n=1)
    meant = f": is {near[0]} meant?" if near else f"; there are {', '.join(WORDS)}"
    return f"there is no mask {word!r}{meant}"


def _plain(word: str) -> Mask:
    if word not in _PLAIN:
        raise ValueError(_unknown(word))
    return _PLAIN[word]()


def _constant(argument: object) -> Mask:
    match argument:
        case bool():
            return Constant("true" if argument else "false")
        case str() | int() | float():
            return Constant(str(argument))
        case date():  # a YAML timestamp; a datetime is one too
            return Constant(argument.isoformat())
    raise ValueError("constant takes one value, as {constant: '***'}; for NULL write null")


def _count(argument: Mapping[object, object], key: str) -> int:
    value = argument.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"partial takes counts of characters: {key} is {value!r}")
    return value


def _partial(argument: object) -> Mask:
    if not isinstance(argument, Mapping) or not argument or set(argument) - {"first", "last"}:
        raise ValueError(f"partial takes first, last or both, as {_WITH_ARGUMENT['partial']}")
    return Partial(_count(argument, "first"), _count(argument, "last"))


def _round(argument: object) -> Mask:
    if isinstance(argument, bool) or not isinstance(argument, int | float | str):
        raise ValueError(f"round takes a granularity, as {_WITH_ARGUMENT['round']}")
    try:
        return Round(Decimal(str(argument)))
    except InvalidOperation:
        raise ValueError(f"round takes a granularity, as {_WITH_ARGUMENT['round']}, not {argument!r}") from None


def _date(argument: object) -> Mask:
    if not isinstance(argument, str):
        raise ValueError(f"date takes one of {', '.join(UNITS)}")
    return Truncate(argument)


def _json(argument: object) -> Mask:
    if not isinstance(argument, Mapping):
        raise ValueError(f"json takes paths with their masks, as {_WITH_ARGUMENT['json']}")
    leaves: dict[str, Leaf] = {}
    for path, spec in argument.items():
        mask = parse(spec)
        if not isinstance(mask, TextMask | Round | Null | Constant):
            raise ValueError(f"{mask.name} cannot stand inside json: use a mask of text, round, null or constant")
        leaves[str(path)] = mask
    return Json.build(leaves)
