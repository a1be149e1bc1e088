"""Text and binary forms of the types we encrypt, by type OID: wire bytes <-> Python values.

This slice has the text family (one form for both formats) and bytea. A value that does not fit its type raises
`BadValue` with PostgreSQL's SQLSTATE and never the value itself. Knows nothing of columns and keys.
(PostgreSQL 18, 8.3 and 8.4.)
"""

from __future__ import annotations

import binascii
import re

from proxy.errors import BadValue
from proxy.wire.messages import BINARY

BYTEA, TEXT, UNKNOWN, BPCHAR, VARCHAR = 17, 25, 705, 1042, 1043
TEXT_FAMILY = frozenset({TEXT, UNKNOWN, BPCHAR, VARCHAR})

_ESCAPE = re.compile(rb"\\(?:\\|[0-3][0-7]{2}|)", re.DOTALL)
_UNPRINTABLE = re.compile(rb"[^\x20-\x5b\x5d-\x7e]")
_SPACE = b" \n\t\r"


def decode(type_oid: int, format: int, data: bytes, encoding: str = "utf-8") -> str | bytes:
    """The value as `str` (text family) or `bytes` (bytea). `format`: 0 text, 1 binary; `encoding`: a Python codec.

    Raises BadValue: 22021 when the bytes are not of that encoding, 22P02 or 22023 for a malformed bytea, 0A000 for a
    type this slice does not know.
    """
    if type_oid in TEXT_FAMILY:
        return text_from_wire(data, encoding)
    if type_oid == BYTEA:
        return data if format == BINARY else bytea_from_text(data)
    raise BadValue(f"values of type {type_oid} cannot be encrypted", sqlstate="0A000")


def encode(type_oid: int, format: int, value: str | bytes, encoding: str = "utf-8") -> bytes:
    """The inverse of `decode`; bytea in text format is written in hex. Raises BadValue."""
    if type_oid in TEXT_FAMILY and isinstance(value, str):
        return text_to_wire(value, encoding)
    if type_oid == BYTEA and isinstance(value, bytes):
        return value if format == BINARY else bytea_to_text(value)
    raise BadValue(f"a value of the wrong kind for type {type_oid}", sqlstate="0A000")


def text_from_wire(data: bytes, encoding: str = "utf-8") -> str:
    """Strictly decoded text. Raises BadValue (22021)."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise BadValue(f'invalid byte sequence for encoding "{encoding}"', sqlstate="22021") from None
    if "\0" in text:
        raise BadValue("text cannot hold a NUL character", sqlstate="22021")
    return text


def text_to_wire(text: str, encoding: str = "utf-8") -> bytes:
    """Strictly encoded text. Raises BadValue (22021 NUL, 22P05 no such character in the encoding)."""
    if "\0" in text:
        raise BadValue("text cannot hold a NUL character", sqlstate="22021")
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        raise BadValue(f'a character has no equivalent in encoding "{encoding}"', sqlstate="22P05") from None


def bytea_from_text(data: bytes) -> bytes:
    """A bytea's text form, hex (`\\x…`) or escape, as byteain reads it. Raises BadValue."""
    if data[:2] == b"\\x":
        return _bytea_from_hex(data[2:])
    return _ESCAPE.sub(_unescape, data)


def _bytea_from_hex(digits: bytes) -> bytes:
    try:
        return binascii.unhexlify(digits)
    except binascii.Error:  # byteain allows white space between pairs of digits, not inside one
        pass
    pairs = digits.translate(None, _SPACE)
    try:
        plain = binascii.unhexlify(pairs)
    except binascii.Error:
        raise BadValue("invalid hexadecimal data for bytea") from None
    if len(pairs) != len(digits) and any(len(run) % 2 for run in digits.split()):
        raise BadValue("invalid hexadecimal data for bytea")
    return plain


def _unescape(match: re.Match[bytes]) -> bytes:
    escape = match[0]
    if escape == b"\\\\":
        return b"\\"
    if len(escape) == 4:
        return bytes((int(escape[1:], 8),))
    raise BadValue("invalid input syntax for type bytea", sqlstate="22P02")


def bytea_to_text(value: bytes) -> bytes:
    """The hex text form, which every server reads whatever its bytea_output."""
    return b"\\x" + binascii.hexlify(value)


def bytea_to_escape(value: bytes) -> bytes:
    """The escape text form, for a client that set `bytea_output = escape`."""
    return _UNPRINTABLE.sub(lambda m: b"\\\\" if m[0] == b"\\" else b"\\%03o" % m[0][0], value)
