"""Messages by example: bytes taken from PostgreSQL's own description, odd bodies, and what a repr shows."""

from __future__ import annotations

import pytest

from proxy.errors import Bug, ProtocolError
from proxy.wire import messages as m


def test_bytes_of_known_messages() -> None:
    assert m.Query(b"SELECT 1").to_bytes() == b"Q\0\0\0\x0dSELECT 1\0"
    assert m.Sync().to_bytes() == b"S\0\0\0\x04"
    assert m.Describe("P", b"").to_bytes() == b"D\0\0\0\x06P\0"
    assert m.Parse(b"s", b"SELECT $1", (23,)).to_bytes() == b"P\0\0\0\x16s\0SELECT $1\0\0\x01\0\0\0\x17"
    assert m.AuthenticationOk().to_bytes() == b"R\0\0\0\x08\0\0\0\0"
    assert m.AuthenticationSASL((b"SCRAM-SHA-256",)).to_bytes() == b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"
    assert m.ReadyForQuery("T").to_bytes() == b"Z\0\0\0\x05T"
    assert m.DataRow((b"a", None)).to_bytes() == b"D\0\0\0\x0f\0\x02\0\0\0\x01a\xff\xff\xff\xff"
    assert m.NegotiateProtocolVersion((3, 2), (b"_pq_.x",)).body() == b"\0\x03\0\x02\0\0\0\x01_pq_.x\0"
    assert m.SSLRequest().to_bytes() == bytes.fromhex("0000000804d2162f")
    assert m.GSSENCRequest().to_bytes() == bytes.fromhex("0000000804d21630")
    assert m.CancelRequest(1, b"abcd").to_bytes() == bytes.fromhex("0000001004d2162e00000001") + b"abcd"
    assert m.StartupMessage((3, 0), {"user": "a"}).to_bytes() == b"\0\0\0\x10\0\3\0\0user\0a\0\0"


def test_row_description() -> None:
    body = b"\0\x01email\0" + bytes.fromhex("0000400a 0002 00000019 ffff ffffffff 0001")
    row = m.RowDescription.parse(body)
    assert row.fields == (m.Field(b"email", 16394, 2, 25, -1, -1, m.BINARY),)
    assert row.body() == body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (m.Frontend.QUERY, b"SELECT 1"),  # no NUL
        (m.Frontend.QUERY, b"SELECT 1\0x"),  # more after it
        (m.Frontend.SYNC, b"x"),
        (m.Frontend.BIND, b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0"),  # length -2
        (m.Frontend.BIND, b"\0\0\0\0\xff\xff"),  # 65535 parameters, none there
        (m.Frontend.BIND, b"\0\0\0\0\0\x01\0\0\0\x09x\0\0"),
        (m.Frontend.DESCRIBE, b"X\0"),
        (m.Frontend.CLOSE, b""),
        (m.Frontend.EXECUTE, b"\0\0\0"),
        (0, b""),
    ],
)
def test_malformed_frontend_bodies(kind: int, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        m.parse_frontend(kind, body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (m.Backend.READY_FOR_QUERY, b"X"),
        (m.Backend.DATA_ROW, b""),
        (m.Backend.DATA_ROW, b"\0\x01\0\0"),
        (m.Backend.DATA_ROW, b"\0\x01\0\0\0\x02a"),
        (m.Backend.DATA_ROW, b"\0\x01\0\0\0\x01ab"),
        (m.Backend.DATA_ROW, b"\0\x01\xff\xff\xff\xfe"),
        (m.Backend.AUTHENTICATION, b"\0\0"),
        (m.Backend.AUTHENTICATION, b"\0\0\0\x07"),  # GSSAPI
        (m.Backend.AUTHENTICATION, b"\0\0\0\0x"),
        (m.Backend.BACKEND_KEY_DATA, b"\0\0\0\x01abc"),
        (m.Backend.BACKEND_KEY_DATA, b"\0\0\0\x01" + b"k" * 257),
        (m.Backend.NEGOTIATE_PROTOCOL_VERSION, b"\0\3\0\0\xff\xff\xff\xff"),
        (m.Backend.ERROR_RESPONSE, b"SERROR\0"),
        (0, b""),
    ],
)
def test_malformed_backend_bodies(kind: int, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        m.parse_backend(kind, body)
    if kind == m.Backend.DATA_ROW:
        with pytest.raises(ProtocolError):
            m.DataRow.parse(body)


def test_the_wrong_authentication_message() -> None:
    with pytest.raises(ProtocolError, match="where 0 was expected"):
        m.AuthenticationOk.parse(b"\0\0\0\x03")


@pytest.mark.parametrize(
    ("body", "sqlstate"),
    [
        (b"\0\2\0\0", "0A000"),
        (b"\x04\xd2\0\0", "0A000"),
        (b"\0\3\0\0user\0a\0", "08P01"),  # no terminator
        (b"\0\3\0\0\0x", "08P01"),  # and not at the end
        (b"\0\3\0\0user\0\xff\0\0", "08P01"),
        (bytes.fromhex("04d2162f00"), "08P01"),
        (bytes.fromhex("04d2162e00000001") + b"abc", "08P01"),
        (b"", "08P01"),
    ],
)
def test_malformed_startup(body: bytes, sqlstate: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        m.parse_startup(body)
    assert caught.value.sqlstate == sqlstate


def test_startup_parameters() -> None:
    startup = m.StartupMessage((3, 0), {"user": "ana"})
    assert (startup.user, startup.database) == ("ana", "ana")
    assert m.StartupMessage((3, 0), {"database": "shop"}).user == ""
    assert m.StartupMessage((3, 0), {"user": "ana", "database": "shop"}).database == "shop"


def test_negotiation() -> None:
    assert m.StartupMessage((3, 0), {"user": "a"}).negotiate() is None
    assert m.StartupMessage((3, 2), {"user": "a"}).negotiate() is None
    assert m.StartupMessage((3, 9), {}).negotiate() == m.NegotiateProtocolVersion((3, 2))
    assert m.StartupMessage((3, 2), {}).negotiate((3, 0)) == m.NegotiateProtocolVersion((3, 0))
    assert m.StartupMessage((3, 0), {"_pq_.x": "1"}).negotiate() == m.NegotiateProtocolVersion((3, 0), (b"_pq_.x",))


def test_a_nul_byte_cannot_cut_a_string_short() -> None:
    with pytest.raises(Bug):
        m.Query(b"SELECT 1\0; DROP").to_bytes()


def test_error_response() -> None:
    error = m.error_response("ERROR", "42501", "no\0 way", hint="rule r1", position=8, detail="d")
    assert error.fields == (
        ("S", b"ERROR"),
        ("V", b"ERROR"),
        ("C", b"42501"),
        ("M", b"no way"),
        ("D", b"d"),
        ("H", b"rule r1"),
        ("P", b"8"),
    )
    assert (error.severity, error.sqlstate, error.get("H"), error.get("W")) == ("ERROR", "42501", b"rule r1", None)
    assert repr(error) == "ErrorResponse(ERROR 42501)"
    assert m.ErrorResponse(()).sqlstate == ""
    assert m.ErrorResponse((("S", b"FEHLER"),)).severity == "FEHLER"
    latin = m.error_response("ERROR", "42501", "张é", encoding="latin-1")
    assert latin.get("M") == b"?\xe9"
    notice = m.notice_response("NOTICE", "00000", "email is closed", hint="h")
    assert notice.to_bytes()[:1] == b"N"


def test_rows_of_a_tag() -> None:
    tags = (b"SELECT 5", b"INSERT 0 12", b"BEGIN", b"", b"COPY 0", b"X " + b"9" * 30)
    assert [m.CommandComplete(tag).rows for tag in tags] == [5, 12, None, None, 0, None]


def test_bind_names() -> None:
    body = m.Bind(b"p", b"stmt", (1,), (b"\0\0",), (0,)).body()
    assert m.bind_names(body) == (b"p", b"stmt")
    assert (m.bind_portal_name(body), m.bind_statement_name(body)) == (b"p", b"stmt")
    for broken in (b"", b"p", b"p\0s"):
        with pytest.raises(ProtocolError):
            m.bind_names(broken)


def test_formats() -> None:
    assert m.Bind(b"", b"").param_format(3) == m.TEXT
    assert m.Bind(b"", b"", (1,)).param_format(3) == m.BINARY
    assert [m.Bind(b"", b"", (0, 1)).param_format(i) for i in range(3)] == [0, 1, 0]


def test_datarow_helpers() -> None:
    values = [b"a", None, b""]
    data = m.datarow(values)
    assert data == m.DataRow(tuple(values)).to_bytes()
    assert m.datarow_values(data[5:]) == values


@pytest.mark.parametrize(
    "message",
    [
        m.Query(b"hush"),
        m.Parse(b"", b"hush"),
        m.Bind(b"", b"", (), (b"hush",)),
        m.PasswordMessage(b"hush"),
        m.SASLInitialResponse(b"SCRAM-SHA-256", b"hush"),
        m.SASLResponse(b"hush"),
        m.CopyData(b"hush"),
        m.DataRow((b"hush",)),
        m.BackendKeyData(1, b"hush"),
        m.CancelRequest(1, b"hush"),
        m.FunctionCall(1, (), (b"hush",)),
        m.FunctionCallResponse(b"hush"),
        m.NotificationResponse(1, b"c", b"hush"),
        m.error_response("ERROR", "23505", "hush", detail="hush"),
    ],
)
def test_no_value_in_a_repr(message: object) -> None:
    assert "hush" not in repr(message)


def test_type_bytes_are_postgresqls() -> None:
    frontend = {chr(v): k for k, v in vars(m.Frontend).items() if k.isupper()}
    assert "".join(sorted(frontend)) == "BCDEFHPQSXcdfp"
    assert frontend["p"] == "PASSWORD"
    backend = {chr(v): k for k, v in vars(m.Backend).items() if k.isupper()}
    assert "".join(sorted(backend)) == "123ACDEGHIKNRSTVWZcdnstv"
    assert set(m.FRONTEND_MESSAGES) == {ord(c) for c in frontend}
    assert set(m.BACKEND_MESSAGES) == {ord(c) for c in backend} - {m.Backend.AUTHENTICATION}


def test_the_base_class_is_abstract_enough() -> None:
    assert m.Message().body() == b""
