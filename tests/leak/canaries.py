"""The values that must not come out, and every form we know to look for them in.

A value is found as it is, and as an attacker would carry it out: in hex, base64, octal, reversed, as codes of its characters,
in the binary form of its type, or with one character in each row.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from proxy.wire.frames import HEAD_BYTES, FrameReader
from proxy.wire.messages import Backend, datarow_values

_COLUMNS = 4  # of a row, in which we look for one character a row
_EPOCH = date(2000, 1, 1)  # PostgreSQL's


class Canaries:
    """`values` by name; their text decides whether a form of a date or a number is looked for too."""

    def __init__(self, values: Mapping[str, bytes]) -> None:
        self._needles: list[tuple[str, bytes]] = []
        self._spelled: list[tuple[str, str]] = []
        for name, value in values.items():
            needles: dict[bytes, str] = {}
            for form, needle in _forms(value):
                needles.setdefault(needle, form)
            self._needles += [(f"{name} as {form}", needle) for needle, form in needles.items()]
            with suppress(UnicodeDecodeError):
                self._spelled.append((name, value.decode()))

    def found_in(self, received: bytes) -> list[str]:
        """What of them stands in these bytes, by name and form. `received`: frames of the server from a frame's start on."""
        found = self.standing_in(received.replace(b"x" * 64, b"").replace(b"78" * 64, b""))  # big rows are repeat('x', …)
        for text in _spelled(received):
            found += [f"{name}, one character a row" for name, value in self._spelled if value in text or value[::-1] in text]
        return found

    def standing_in(self, data: bytes) -> list[str]:
        """The same for any bytes, where nothing is spelled row by row."""
        lower = data.lower()
        return [name for name, needle in self._needles if needle in data or needle in lower]


def _forms(value: bytes) -> Iterator[tuple[str, bytes]]:
    yield "it is", value
    yield "lower case", value.lower()
    yield "hex", value.hex().encode()
    yield "hex, reversed", value.hex().encode()[::-1]
    yield "bytes, reversed", value[::-1]
    yield "octal escapes", "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\{b:03o}" for b in value).encode()
    for shift in range(3):  # base64 of something that holds it at any place
        whole = base64.b64encode(bytes(shift) + value)
        yield f"base64 ({shift})", whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]
    yield from _codes("codes of bytes", list(value))
    yield "url escapes", "".join(f"%{b:02x}" for b in value).encode()
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return
    yield "text, reversed", text[::-1].encode()
    yield "UTF-16", text.encode("utf-16-be")
    for encoding in ("gbk", "big5", "sjis", "latin-1"):
        with suppress(UnicodeEncodeError):
            yield encoding, text.encode(encoding)
            yield f"{encoding} in hex", text.encode(encoding).hex().encode()
    codes = list(map(ord, text))
    yield from _codes("codes of characters", codes)
    yield "JSON escapes", "".join(f"\\u{code:04x}" for code in codes).encode()
    yield "JSON escapes of what is not ASCII", "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text).encode()
    yield "SQL escapes", "".join(f"\\{code:04x}" for code in codes).encode()
    yield "character references", "".join(f"&#{code};" for code in codes).encode()
    yield "hexadecimal references", "".join(f"&#x{code:x};" for code in codes).encode()
    yield from _binary(text)


def _codes(name: str, codes: list[int]) -> Iterator[tuple[str, bytes]]:
    """Numbers in a list, as text and as an array in binary."""
    for separator in (",", ", ", " ", "|", ";", "-", "\n"):
        yield f"{name}, separated by {separator!r}", separator.join(map(str, codes)).encode()
    for form in ("h", "i", "q"):
        size = struct.calcsize(f">{form}")
        if form != "h" or max(codes) < 1 << 15:
            yield f"{name} in an array of {size} bytes", b"".join(struct.pack(f">i{form}", size, code) for code in codes)


def _binary(text: str) -> Iterator[tuple[str, bytes]]:
    """A date's and a number's own binary forms, and other words for a date."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        yield "date in binary", struct.pack(">ii", 4, (day - _EPOCH).days)
        micros = (datetime(day.year, day.month, day.day) - datetime(2000, 1, 1)).days * 86_400_000_000
        yield "timestamp in binary", struct.pack(">iq", 8, micros)
        for words in ("%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d"):
            yield f"a date as {words}", day.strftime(words).encode()
    if "." in text and text.replace(".", "").isdigit():
        whole, _, fraction = text.partition(".")
        digits = whole.zfill(-(-len(whole) // 4) * 4) + fraction.ljust(-(-len(fraction) // 4) * 4, "0")
        groups = [int(digits[i : i + 4]) for i in range(0, len(digits), 4)]
        yield "numeric in binary", struct.pack(f">{len(groups)}h", *groups)
        yield "double in binary", struct.pack(">d", float(Decimal(text)))


def _spelled(received: bytes) -> Iterator[str]:
    """What consecutive rows spell, column by column: a character in each, or its code as text or in binary."""
    rows: list[list[bytes | None]] = []
    reader = FrameReader("server")
    reader.feed(received)
    bodies: list[tuple[int, bytes]] = []
    while batch := reader.frames():
        buffer = reader.buffer
        bodies += [(kind, buffer[start + HEAD_BYTES : end]) for kind, start, end in batch]
    for (kind, body), (following, _) in pairwise([*bodies, (0, b"")]):
        if kind == Backend.DATA_ROW and len(body) < 1000:
            rows.append(datarow_values(body))
        if following != Backend.DATA_ROW and rows:
            for column in range(min(_COLUMNS, min(map(len, rows)))):
                yield "".join(_character(row[column]) for row in rows)
            rows = []


def _character(value: bytes | None) -> str:
    """A character, or that of a code in decimal or in an integer's binary form."""
    if value is None:
        return ""
    if len(value) in (2, 4, 8) and value[:1] == b"\0":
        code = int.from_bytes(value, "big")
    elif value.isdigit() and len(value) > 1:
        code = int(value)
    else:
        return value.decode("utf-8", "replace")
    return chr(code) if 0 < code < 0x110000 else ""
