"""What messages are made of: how each part is read from a body and written, and what all messages share.

Promise: reading raises `ProtocolError` and nothing else, whatever the bytes; writing inverts it. (PostgreSQL 18, 54.7.)
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from proxy.errors import Bug, ProtocolError

MAX_SECRET_KEY_BYTES = 256  # BackendKeyData in 3.2

_INT16 = struct.Struct("!h")
_UINT16 = struct.Struct("!H")
_INT32 = struct.Struct("!i")
_UINT32 = struct.Struct("!I")
HEAD = struct.Struct("!BI")
_FIELD = struct.Struct("!IhIhih")
_NULL = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Field:
    """One result column. `table_oid` and `attnum` are 0 where it is no plain column of a relation."""

    name: bytes
    table_oid: int
    attnum: int
    type_oid: int
    type_size: int
    typmod: int
    format: int


def short(what: str) -> ProtocolError:
    return ProtocolError(f"insufficient data left in message: {what}")


class Cursor:
    """Reads a body from the front. Every method raises ProtocolError when the body ends too early."""

    __slots__ = ("at", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def number(self, layout: struct.Struct) -> int:
        start = self.at
        self.at = start + layout.size
        if self.at > len(self.body):
            raise short("a number")
        number: int = layout.unpack_from(self.body, start)[0]
        return number

    def int16(self) -> int:
        return self.number(_INT16)

    def uint16(self) -> int:
        return self.number(_UINT16)

    def int32(self) -> int:
        return self.number(_INT32)

    def uint32(self) -> int:
        return self.number(_UINT32)

    def byte(self) -> int:
        return self.take(1)[0]

    def string(self) -> bytes:
        """Up to the next NUL byte, without it."""
        end = self.body.find(0, self.at)
        if end < 0:
            raise ProtocolError("invalid string in message")
        start, self.at = self.at, end + 1
        return self.body[start:end]

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes; a negative count is a short body too, as PostgreSQL has it."""
        start, end = self.at, self.at + count
        if count < 0 or end > len(self.body):
            raise short(f"{count} bytes")
        self.at = end
        return self.body[start:end]

    def rest(self) -> bytes:
        start, self.at = self.at, len(self.body)
        return self.body[start:]

    def end(self) -> None:
        """Raise unless the body is used up."""
        if self.at != len(self.body):
            raise ProtocolError("invalid message format")


# ---------------------------------------------------------------------------------------------------------------------
# The parts: how each is read and written


@dataclass(frozen=True, slots=True)
class Part:
    """One field's wire form. `write` takes what `read` gives."""

    read: Callable[[Cursor], object]
    write: Callable[..., bytes]


def without_nul(value: bytes) -> bytes:
    # A NUL inside would make the reader take the tail for the next part of the message.
    if 0 in value:
        raise Bug("a string with a NUL byte cannot stand in a message")
    return value


def string(value: bytes) -> bytes:
    return without_nul(value) + b"\0"


def _byte1(code: str) -> bytes:
    return code.encode("latin-1")


def one_of(codes: str) -> Part:
    """One character out of `codes`."""

    def read(cursor: Cursor) -> str:
        code = chr(cursor.byte())
        if code not in codes:
            raise ProtocolError(f"byte {ord(code)} where one of {codes} was expected")
        return code

    return Part(read, _byte1)


def counted(layout: str) -> Part:
    """A 16-bit count and that many numbers; `layout` is struct's letter for one."""
    size = struct.calcsize("!" + layout)

    def read(cursor: Cursor) -> tuple[int, ...]:
        count = cursor.uint16()
        return struct.unpack(f"!{count}{layout}", cursor.take(count * size)) if count else ()

    def write(numbers: Sequence[int]) -> bytes:
        return struct.pack(f"!H{len(numbers)}{layout}", len(numbers), *numbers)

    return Part(read, write)


def _read_value(cursor: Cursor) -> bytes | None:
    count = cursor.int32()
    return None if count == -1 else cursor.take(count)


def _write_value(value: bytes | None) -> bytes:
    return _NULL if value is None else _INT32.pack(len(value)) + value


def values_at(body: bytes, at: int) -> tuple[list[bytes | None], int]:
    """A 16-bit count and that many values, from `at` on; and where they end."""
    values: list[bytes | None] = []
    size = len(body)
    first = at + 2
    if first > size:
        raise short("the number of values")
    count = (body[at] << 8) | body[at + 1]
    at = first
    length_at = _INT32.unpack_from
    for _ in range(count):
        start = at + 4
        if start > size:
            raise short("a value's length")
        length: int = length_at(body, at)[0]
        if length >= 0:
            at = start + length
            if at > size:
                raise short("a value")
            values.append(body[start:at])
        elif length == -1:
            at = start
            values.append(None)
        else:
            raise ProtocolError("a value of negative length")
    return values, at


def _read_values(cursor: Cursor) -> tuple[bytes | None, ...]:
    values, cursor.at = values_at(cursor.body, cursor.at)
    return tuple(values)


def write_values(values: Sequence[bytes | None]) -> bytes:
    pack = _INT32.pack
    parts = [_UINT16.pack(len(values))]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts += (pack(len(value)), value)
    return b"".join(parts)


def read_key(cursor: Cursor) -> bytes:
    key = cursor.rest()
    if not 4 <= len(key) <= MAX_SECRET_KEY_BYTES:
        raise ProtocolError(f"invalid length of a cancel key: {len(key)} bytes")
    return key


def _read_list(cursor: Cursor) -> tuple[bytes, ...]:
    """Strings up to an empty one."""
    return tuple(iter(cursor.string, b""))


def _read_options(cursor: Cursor) -> tuple[bytes, ...]:
    # Each takes a byte at least, so a huge count in a short body ends soon.
    return tuple([cursor.string() for _ in range(cursor.uint32())])


def _read_report(cursor: Cursor) -> tuple[tuple[str, bytes], ...]:
    return tuple([(chr(code), cursor.string()) for code in iter(cursor.byte, 0)])


def _write_report(fields: Iterable[tuple[str, bytes]]) -> bytes:
    return b"".join([_byte1(code) + string(value) for code, value in fields]) + b"\0"


def _read_fields(cursor: Cursor) -> tuple[Field, ...]:
    return tuple([Field(cursor.string(), *_FIELD.unpack(cursor.take(_FIELD.size))) for _ in range(cursor.uint16())])


def _write_fields(fields: Sequence[Field]) -> bytes:
    parts = [_UINT16.pack(len(fields))]
    for f in fields:
        parts.append(string(f.name))
        parts.append(_FIELD.pack(f.table_oid, f.attnum, f.type_oid, f.type_size, f.typmod, f.format))
    return b"".join(parts)


BYTE = Part(Cursor.byte, lambda number: bytes((number,)))
INT16 = Part(Cursor.int16, _INT16.pack)
INT32 = Part(Cursor.int32, _INT32.pack)
UINT32 = Part(Cursor.uint32, _UINT32.pack)
STRING = Part(Cursor.string, string)
REST = Part(Cursor.rest, bytes)
FORMATS = counted("h")
OIDS = counted("I")
VALUE = Part(_read_value, _write_value)  # length word and bytes, -1 = NULL
VALUES = Part(_read_values, write_values)
SALT = Part(lambda cursor: cursor.take(4), bytes)
SECRET_KEY = Part(read_key, bytes)
VERSION = Part(lambda cursor: (cursor.uint16(), cursor.uint16()), lambda version: struct.pack("!HH", *version))
MECHANISMS = Part(_read_list, lambda names: b"".join([string(name) for name in names]) + b"\0")
OPTIONS = Part(_read_options, lambda names: _UINT32.pack(len(names)) + b"".join([string(name) for name in names]))
REPORT = Part(_read_report, _write_report)
FIELDS = Part(_read_fields, _write_fields)

Layout = tuple[Part, ...]


def frame(kind: int, body: bytes) -> bytes:
    """Type byte, length, body."""
    return HEAD.pack(kind, len(body) + 4) + body


class Message:
    """What all messages share. `layout` gives the wire form of each field, in order."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[int]
    layout: ClassVar[Layout] = ()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError on a malformed body."""
        return cls._read(Cursor(body))

    @classmethod
    def _read(cls, cursor: Cursor) -> Self:
        values = [part.read(cursor) for part in cls.layout]
        cursor.end()
        return cls(*values)

    def body(self) -> bytes:
        """What follows the length word."""
        names = self.__match_args__
        return b"".join([part.write(getattr(self, name)) for name, part in zip(names, self.layout, strict=True)])

    def to_bytes(self) -> bytes:
        """The complete frame. Raises Bug when a string holds a NUL byte."""
        return frame(self.kind, self.body())
