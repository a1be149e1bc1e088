"""Text forms as PostgreSQL reads and writes them."""

from __future__ import annotations

import pytest

from proxy.errors import BadValue
from proxy.wire.messages import BINARY, TEXT
from proxy.wire.values import (
    BPCHAR,
    BYTEA,
    UNKNOWN,
    VARCHAR,
    bytea_from_text,
    bytea_to_escape,
    bytea_to_text,
    decode,
    encode,
)
from proxy.wire.values import TEXT as TEXT_OID


@pytest.mark.parametrize("oid", [TEXT_OID, VARCHAR, BPCHAR, UNKNOWN])
@pytest.mark.parametrize("form", [TEXT, BINARY])
def test_text(oid: int, form: int) -> None:
    assert decode(oid, form, "张三 ".encode()) == "张三 "
    assert encode(oid, form, "张三 ") == "张三 ".encode()
    assert encode(oid, form, "é", "latin-1") == b"\xe9"


def test_bytea_by_format() -> None:
    assert decode(BYTEA, BINARY, b"\\x00") == b"\\x00"
    assert decode(BYTEA, TEXT, b"\\x00") == b"\0"
    assert encode(BYTEA, BINARY, b"\0") == b"\0"
    assert encode(BYTEA, TEXT, b"\0") == b"\\x00"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"\\x", b""),
        (b"\\xDEadbeef", b"\xde\xad\xbe\xef"),
        (b"\\x de ad\n", b"\xde\xad"),
        (b"", b""),
        (b"abc", b"abc"),
        (b"a\\\\b", b"a\\b"),
        (b"\\000\\377", b"\x00\xff"),
        (b"\\1010", b"A0"),
        (b"\xff", b"\xff"),
    ],
)
def test_bytea_text(text: bytes, value: bytes) -> None:
    assert bytea_from_text(text) == value


@pytest.mark.parametrize("text", [b"\\x0", b"\\x0g", b"\\x0 0", b"\\", b"\\4", b"\\400", b"\\99", b"a\\b"])
def test_malformed_bytea(text: bytes) -> None:
    with pytest.raises(BadValue):
        bytea_from_text(text)


def test_both_outputs_read_back() -> None:
    value = bytes(range(256))
    assert bytea_from_text(bytea_to_text(value)) == value
    assert bytea_from_text(bytea_to_escape(value)) == value
    assert bytea_to_escape(b"a\\\0") == b"a\\\\\\000"


@pytest.mark.parametrize(
    ("call", "sqlstate"),
    [
        (lambda: decode(TEXT_OID, TEXT, b"\xff"), "22021"),
        (lambda: decode(TEXT_OID, TEXT, b"a\0"), "22021"),
        (lambda: encode(TEXT_OID, TEXT, "a\0"), "22021"),
        (lambda: encode(TEXT_OID, TEXT, "张", "latin-1"), "22P05"),
        (lambda: decode(23, TEXT, b"1"), "0A000"),
        (lambda: encode(23, TEXT, "1"), "0A000"),
        (lambda: encode(BYTEA, TEXT, "1"), "0A000"),
        (lambda: encode(TEXT_OID, TEXT, b"1"), "0A000"),
    ],
)
def test_bad_values(call: object, sqlstate: str) -> None:
    with pytest.raises(BadValue) as caught:
        call()  # type: ignore[operator]
    assert caught.value.sqlstate == sqlstate
