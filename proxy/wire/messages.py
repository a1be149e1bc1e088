"""A frozen dataclass for each protocol message we open: `parse(body)` reads it, `to_bytes()` gives the whole frame.

Promise: the two invert each other, and a malformed body raises `ProtocolError` and nothing else. Shapes and names are
those of PostgreSQL 18, 54.7 (Message Formats). After start-up every string stays `bytes`, since its encoding is the
session's `client_encoding`; the strings of the start-up packet are strict UTF-8. Knows nothing of what is allowed when.
What they are made of stands in `layout.py`.

A `body` is what follows the type byte and the length; what could carry a secret or a person's value is not in a `repr`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

from proxy.errors import ProtocolError
from proxy.wire.layout import (
    BYTE,
    FIELDS,
    FORMATS,
    HEAD,
    INT16,
    INT32,
    MECHANISMS,
    OIDS,
    OPTIONS,
    REPORT,
    REST,
    SALT,
    SECRET_KEY,
    STRING,
    UINT32,
    VALUE,
    VALUES,
    VERSION,
    Cursor,
    Layout,
    one_of,
    read_key,
    string,
    values_at,
    without_nul,
    write_values,
)
from proxy.wire.layout import (
    Field as Field,
)
from proxy.wire.layout import (
    Message as Message,
)
from proxy.wire.layout import (
    frame as frame,
)

PROTOCOL_3_0 = (3, 0)
PROTOCOL_3_2 = (3, 2)  # PostgreSQL 18; 3.1 was never spoken (54.1)
MAX_STARTUP_BYTES = 10_000  # MAX_STARTUP_PACKET_LENGTH: of the packet without its length word

TEXT, BINARY = 0, 1  # format codes

_CANCEL, _SSL, _GSSENC = 5678, 5679, 5680  # minor numbers of "protocol 1234"


class Frontend:
    """Type bytes of what a client sends (54.7). PASSWORD is the whole family: PasswordMessage, SASL…, GSSResponse."""

    BIND = 0x42
    CLOSE = 0x43
    COPY_DATA = 0x64
    COPY_DONE = 0x63
    COPY_FAIL = 0x66
    DESCRIBE = 0x44
    EXECUTE = 0x45
    FLUSH = 0x48
    FUNCTION_CALL = 0x46
    PARSE = 0x50
    PASSWORD = 0x70
    QUERY = 0x51
    SYNC = 0x53
    TERMINATE = 0x58


class Backend:
    """Type bytes of what a server sends (54.7)."""

    AUTHENTICATION = 0x52
    BACKEND_KEY_DATA = 0x4B
    BIND_COMPLETE = 0x32
    CLOSE_COMPLETE = 0x33
    COMMAND_COMPLETE = 0x43
    COPY_BOTH_RESPONSE = 0x57
    COPY_DATA = 0x64
    COPY_DONE = 0x63
    COPY_IN_RESPONSE = 0x47
    COPY_OUT_RESPONSE = 0x48
    DATA_ROW = 0x44
    EMPTY_QUERY_RESPONSE = 0x49
    ERROR_RESPONSE = 0x45
    FUNCTION_CALL_RESPONSE = 0x56
    NEGOTIATE_PROTOCOL_VERSION = 0x76
    NO_DATA = 0x6E
    NOTICE_RESPONSE = 0x4E
    NOTIFICATION_RESPONSE = 0x41
    PARAMETER_DESCRIPTION = 0x74
    PARAMETER_STATUS = 0x53
    PARSE_COMPLETE = 0x31
    PORTAL_SUSPENDED = 0x73
    READY_FOR_QUERY = 0x5A
    ROW_DESCRIPTION = 0x54


# ---------------------------------------------------------------------------------------------------------------------
# Start-up packets: no type byte


def _startup_frame(major: int, minor: int, rest: bytes = b"") -> bytes:
    return struct.pack("!IHH", 8 + len(rest), major, minor) + rest


@dataclass(frozen=True, slots=True)
class SSLRequest:
    """May we speak TLS? Answered by one byte, `S` or `N`."""

    def to_bytes(self) -> bytes:
        """The packet."""
        return _startup_frame(1234, _SSL)


@dataclass(frozen=True, slots=True)
class GSSENCRequest:
    """May we encrypt by GSSAPI? Answered by one byte, `G` or `N`."""

    def to_bytes(self) -> bytes:
        """The packet."""
        return _startup_frame(1234, _GSSENC)


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Cancel what the server process does. The key is BackendKeyData's: 4 bytes in 3.0, up to 256 in 3.2."""

    process_id: int
    secret_key: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """The packet."""
        return _startup_frame(1234, _CANCEL, INT32.write(self.process_id) + self.secret_key)


@dataclass(frozen=True, slots=True)
class StartupMessage:
    """Version (major, minor) and parameters as the client gave them; of a name said twice the last counts."""

    protocol: tuple[int, int]
    parameters: dict[str, str]

    @property
    def user(self) -> str:
        """The login, '' when the client names none (PostgreSQL refuses that with 28000)."""
        return self.parameters.get("user", "")

    @property
    def database(self) -> str:
        """The database; the login's name when the client names none (54.2.1)."""
        return self.parameters.get("database") or self.user

    def negotiate(self, newest: tuple[int, int] = PROTOCOL_3_2) -> NegotiateProtocolVersion | None:
        """What we must answer when the client asks for more than `newest`, or for `_pq_.` options (we know none)."""
        options = tuple([name.encode() for name in self.parameters if name.startswith("_pq_.")])
        if self.protocol <= newest and not options:
            return None
        return NegotiateProtocolVersion(min(self.protocol, newest), options)

    def to_bytes(self) -> bytes:
        """The packet."""
        pairs = b"".join([string(n.encode()) + string(v.encode()) for n, v in self.parameters.items()])
        return _startup_frame(*self.protocol, pairs + b"\0")


StartupPacket = SSLRequest | GSSENCRequest | CancelRequest | StartupMessage


def parse_startup(body: bytes) -> StartupPacket:
    """A start-up packet without its length word, by PostgreSQL's rules (54.7, ProcessStartupPacket).

    Raises ProtocolError: 08P01 when malformed, 0A000 for a protocol that is not 3.x.
    """
    cursor = Cursor(body)
    major, minor = cursor.uint16(), cursor.uint16()
    if major == 1234 and minor in (_SSL, _GSSENC):
        cursor.end()
        return SSLRequest() if minor == _SSL else GSSENCRequest()
    if major == 1234 and minor == _CANCEL:
        return CancelRequest(cursor.int32(), read_key(cursor))
    if major != 3:
        raise ProtocolError(f"unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2", sqlstate="0A000")
    return StartupMessage((major, minor), _parameters(cursor))


def _parameters(cursor: Cursor) -> dict[str, str]:
    parameters: dict[str, str] = {}
    while name := cursor.string():
        value = cursor.string()
        try:
            parameters[name.decode()] = value.decode()
        except UnicodeDecodeError:
            raise ProtocolError("invalid startup packet: a name or value is not UTF-8") from None
    if cursor.at != len(cursor.body):
        raise ProtocolError("invalid startup packet layout: expected terminator as last byte")
    return parameters


# ---------------------------------------------------------------------------------------------------------------------
# Frontend


@dataclass(frozen=True, slots=True)
class Query(Message):
    """Simple query: one string, any number of statements. `sql` is in client_encoding."""

    kind: ClassVar[int] = Frontend.QUERY
    layout: ClassVar[Layout] = (STRING,)
    sql: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """The complete frame, its text copied once: it may be long. Raises Bug when it holds a NUL byte."""
        return b"".join((HEAD.pack(self.kind, len(self.sql) + 5), without_nul(self.sql), b"\0"))


@dataclass(frozen=True, slots=True)
class Parse(Message):
    """Prepare `sql` under the name `statement` (b'' = unnamed). `param_oids`: 0 = let the server find out."""

    kind: ClassVar[int] = Frontend.PARSE
    layout: ClassVar[Layout] = (STRING, STRING, OIDS)
    statement: bytes
    sql: bytes = field(repr=False)
    param_oids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bind(Message):
    """Portal from statement and parameters. Formats: none = all text, one = for all, else one each."""

    kind: ClassVar[int] = Frontend.BIND
    layout: ClassVar[Layout] = (STRING, STRING, FORMATS, VALUES, FORMATS)
    portal: bytes
    statement: bytes
    param_formats: tuple[int, ...] = ()
    params: tuple[bytes | None, ...] = field(default=(), repr=False)
    result_formats: tuple[int, ...] = ()

    def param_format(self, position: int) -> int:
        """The format code of parameter `position` (0-based)."""
        return format_of(self.param_formats, position)


@dataclass(frozen=True, slots=True)
class Describe(Message):
    """Ask for the shape of a prepared statement ('S') or portal ('P')."""

    kind: ClassVar[int] = Frontend.DESCRIBE
    layout: ClassVar[Layout] = (one_of("SP"), STRING)
    what: Literal["S", "P"]
    name: bytes


@dataclass(frozen=True, slots=True)
class Close(Message):
    """Forget a prepared statement ('S') or portal ('P')."""

    kind: ClassVar[int] = Frontend.CLOSE
    layout: ClassVar[Layout] = (one_of("SP"), STRING)
    what: Literal["S", "P"]
    name: bytes


@dataclass(frozen=True, slots=True)
class Execute(Message):
    """Run a portal; `max_rows` 0 = all."""

    kind: ClassVar[int] = Frontend.EXECUTE
    layout: ClassVar[Layout] = (STRING, INT32)
    portal: bytes
    max_rows: int = 0


@dataclass(frozen=True, slots=True)
class Sync(Message):
    """End of an extended-protocol segment."""

    kind: ClassVar[int] = Frontend.SYNC


@dataclass(frozen=True, slots=True)
class Flush(Message):
    """Send what you have."""

    kind: ClassVar[int] = Frontend.FLUSH


@dataclass(frozen=True, slots=True)
class Terminate(Message):
    """Goodbye."""

    kind: ClassVar[int] = Frontend.TERMINATE


@dataclass(frozen=True, slots=True)
class PasswordMessage(Message):
    """A clear-text or MD5 password."""

    kind: ClassVar[int] = Frontend.PASSWORD
    layout: ClassVar[Layout] = (STRING,)
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SASLInitialResponse(Message):
    """The mechanism the client chose, and its first message (None: it sends none yet)."""

    kind: ClassVar[int] = Frontend.PASSWORD
    layout: ClassVar[Layout] = (STRING, VALUE)
    mechanism: bytes
    data: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SASLResponse(Message):
    """A later SASL message of the client."""

    kind: ClassVar[int] = Frontend.PASSWORD
    layout: ClassVar[Layout] = (REST,)
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CopyData(Message):
    """A piece of a COPY stream, either way; pieces need not end where rows end."""

    kind: ClassVar[int] = Frontend.COPY_DATA
    layout: ClassVar[Layout] = (REST,)
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CopyDone(Message):
    """End of a COPY stream, either way."""

    kind: ClassVar[int] = Frontend.COPY_DONE


@dataclass(frozen=True, slots=True)
class CopyFail(Message):
    """The client gives up its COPY, and why."""

    kind: ClassVar[int] = Frontend.COPY_FAIL
    layout: ClassVar[Layout] = (STRING,)
    reason: bytes


@dataclass(frozen=True, slots=True)
class FunctionCall(Message):
    """The old fast path: call a function by OID."""

    kind: ClassVar[int] = Frontend.FUNCTION_CALL
    layout: ClassVar[Layout] = (UINT32, FORMATS, VALUES, INT16)
    function_oid: int
    argument_formats: tuple[int, ...] = ()
    arguments: tuple[bytes | None, ...] = field(default=(), repr=False)
    result_format: int = 0


# ---------------------------------------------------------------------------------------------------------------------
# Backend: authentication


class _Authentication(Message):
    """All share type byte `R` and begin with a 32-bit code."""

    __slots__ = ()
    kind: ClassVar[int] = Backend.AUTHENTICATION
    code: ClassVar[int]

    @classmethod
    def parse(cls, body: bytes) -> Self:
        cursor = Cursor(body)
        code = cursor.uint32()
        if code != cls.code:
            raise ProtocolError(f"authentication request {code} where {cls.code} was expected")
        return cls._read(cursor)

    def body(self) -> bytes:
        return UINT32.write(self.code) + Message.body(self)


@dataclass(frozen=True, slots=True)
class AuthenticationOk(_Authentication):
    """You are in."""

    code: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class AuthenticationCleartextPassword(_Authentication):
    """Send the password as it is."""

    code: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class AuthenticationMD5Password(_Authentication):
    """Send the MD5 form under this salt of 4 bytes."""

    code: ClassVar[int] = 5
    layout: ClassVar[Layout] = (SALT,)
    salt: bytes


@dataclass(frozen=True, slots=True)
class AuthenticationSASL(_Authentication):
    """The mechanisms the server offers, in its order of preference."""

    code: ClassVar[int] = 10
    layout: ClassVar[Layout] = (MECHANISMS,)
    mechanisms: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AuthenticationSASLContinue(_Authentication):
    """SASL: the server's next message."""

    code: ClassVar[int] = 11
    layout: ClassVar[Layout] = (REST,)
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthenticationSASLFinal(_Authentication):
    """SASL: the server's last message (for SCRAM its signature)."""

    code: ClassVar[int] = 12
    layout: ClassVar[Layout] = (REST,)
    data: bytes = field(repr=False)


Authentication = (
    AuthenticationOk
    | AuthenticationCleartextPassword
    | AuthenticationMD5Password
    | AuthenticationSASL
    | AuthenticationSASLContinue
    | AuthenticationSASLFinal
)


def parse_authentication(body: bytes) -> Authentication:
    """The message of a body of type `R`. Raises ProtocolError, also for methods we do not speak (GSSAPI, SSPI)."""
    match Cursor(body).uint32():
        case AuthenticationOk.code:
            return AuthenticationOk.parse(body)
        case AuthenticationCleartextPassword.code:
            return AuthenticationCleartextPassword.parse(body)
        case AuthenticationMD5Password.code:
            return AuthenticationMD5Password.parse(body)
        case AuthenticationSASL.code:
            return AuthenticationSASL.parse(body)
        case AuthenticationSASLContinue.code:
            return AuthenticationSASLContinue.parse(body)
        case AuthenticationSASLFinal.code:
            return AuthenticationSASLFinal.parse(body)
        case code:
            raise ProtocolError(f"authentication method {code} not supported")


# ---------------------------------------------------------------------------------------------------------------------
# Backend: the session


@dataclass(frozen=True, slots=True)
class ParameterStatus(Message):
    """A run-time parameter the server reports, at start and whenever it changes."""

    kind: ClassVar[int] = Backend.PARAMETER_STATUS
    layout: ClassVar[Layout] = (STRING, STRING)
    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class BackendKeyData(Message):
    """What a CancelRequest must name. The key has 4 bytes in protocol 3.0 and 4 to 256 in 3.2."""

    kind: ClassVar[int] = Backend.BACKEND_KEY_DATA
    layout: ClassVar[Layout] = (INT32, SECRET_KEY)
    process_id: int
    secret_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NegotiateProtocolVersion(Message):
    """The newest version the server speaks, and the `_pq_.` options it does not know."""

    kind: ClassVar[int] = Backend.NEGOTIATE_PROTOCOL_VERSION
    layout: ClassVar[Layout] = (VERSION, OPTIONS)
    protocol: tuple[int, int]
    options: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadyForQuery(Message):
    """`status`: 'I' idle, 'T' in a transaction, 'E' in a failed one."""

    kind: ClassVar[int] = Backend.READY_FOR_QUERY
    layout: ClassVar[Layout] = (one_of("ITE"),)
    status: Literal["I", "T", "E"]


@dataclass(frozen=True, slots=True)
class RowDescription(Message):
    """The shape of the rows that follow (or would)."""

    kind: ClassVar[int] = Backend.ROW_DESCRIPTION
    layout: ClassVar[Layout] = (FIELDS,)
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ParameterDescription(Message):
    """The types of a statement's parameters."""

    kind: ClassVar[int] = Backend.PARAMETER_DESCRIPTION
    layout: ClassVar[Layout] = (OIDS,)
    type_oids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DataRow(Message):
    """One row; None = NULL."""

    kind: ClassVar[int] = Backend.DATA_ROW
    layout: ClassVar[Layout] = (VALUES,)
    values: tuple[bytes | None, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CommandComplete(Message):
    """A statement is done; `tag` is like b'SELECT 5' or b'INSERT 0 1'."""

    kind: ClassVar[int] = Backend.COMMAND_COMPLETE
    layout: ClassVar[Layout] = (STRING,)
    tag: bytes

    @property
    def rows(self) -> int | None:
        """The number at the end of the tag, None when it has none."""
        last = self.tag.rpartition(b" ")[2]
        return int(last) if last.isdigit() and len(last) <= 20 else None


@dataclass(frozen=True, slots=True)
class EmptyQueryResponse(Message):
    """CommandComplete's stand-in for an empty query string."""

    kind: ClassVar[int] = Backend.EMPTY_QUERY_RESPONSE


@dataclass(frozen=True, slots=True, repr=False)
class _Report(Message):
    """ErrorResponse and NoticeResponse: (code, value) in the server's order; codes are one character (54.8)."""

    layout: ClassVar[Layout] = (REPORT,)
    fields: tuple[tuple[str, bytes], ...]

    def get(self, code: str) -> bytes | None:
        """The value of the first field with that code."""
        for one, value in self.fields:
            if one == code:
                return value
        return None

    @property
    def sqlstate(self) -> str:
        """Field C, '' when it is missing."""
        return (self.get("C") or b"").decode("ascii", "replace")

    @property
    def severity(self) -> str:
        """Field V (never translated), or S: ERROR, FATAL, PANIC, WARNING, NOTICE …"""
        return (self.get("V") or self.get("S") or b"").decode("ascii", "replace")

    def __repr__(self) -> str:
        # Message, detail and context may hold a value of a row.
        return f"{type(self).__name__}({self.severity} {self.sqlstate})"


@dataclass(frozen=True, slots=True, repr=False)
class ErrorResponse(_Report):
    """An error; the statement (FATAL: the session) is over."""

    kind: ClassVar[int] = Backend.ERROR_RESPONSE


@dataclass(frozen=True, slots=True, repr=False)
class NoticeResponse(_Report):
    """A warning or notice; may come at any time."""

    kind: ClassVar[int] = Backend.NOTICE_RESPONSE


def _report_fields(
    severity: str,
    sqlstate: str,
    message: str,
    hint: str | None,
    position: int | None,
    detail: str | None,
    encoding: str,
    routine: str = "",
) -> tuple[tuple[str, bytes], ...]:
    texts = (
        ("S", severity),
        ("V", severity),
        ("C", sqlstate),
        ("M", message),
        ("D", detail),
        ("H", hint),
        ("P", None if position is None else str(position)),
        ("R", routine or None),
    )
    return tuple((c, t.replace("\0", "").encode(encoding, "replace")) for c, t in texts if t is not None)


def error_response(
    severity: str,
    sqlstate: str,
    message: str,
    hint: str | None = None,
    position: int | None = None,
    detail: str | None = None,
    encoding: str = "utf-8",
    routine: str = "",
) -> ErrorResponse:
    """An ErrorResponse of our own. `position` counts characters from 1, as field P does; `encoding`: a codec."""
    return ErrorResponse(_report_fields(severity, sqlstate, message, hint, position, detail, encoding, routine))


def notice_response(
    severity: str,
    sqlstate: str,
    message: str,
    hint: str | None = None,
    detail: str | None = None,
    encoding: str = "utf-8",
) -> NoticeResponse:
    """A NoticeResponse of our own."""
    return NoticeResponse(_report_fields(severity, sqlstate, message, hint, None, detail, encoding))


@dataclass(frozen=True, slots=True)
class NotificationResponse(Message):
    """A NOTIFY of another session (or this one)."""

    kind: ClassVar[int] = Backend.NOTIFICATION_RESPONSE
    layout: ClassVar[Layout] = (INT32, STRING, STRING)
    process_id: int
    channel: bytes
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CopyInResponse(Message):
    """The server waits for CopyData. `format`: 0 text or csv, 1 binary."""

    kind: ClassVar[int] = Backend.COPY_IN_RESPONSE
    layout: ClassVar[Layout] = (BYTE, FORMATS)
    format: int
    column_formats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CopyOutResponse(Message):
    """CopyData follows. `format`: 0 text or csv, 1 binary."""

    kind: ClassVar[int] = Backend.COPY_OUT_RESPONSE
    layout: ClassVar[Layout] = (BYTE, FORMATS)
    format: int
    column_formats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CopyBothResponse(Message):
    """Streaming replication."""

    kind: ClassVar[int] = Backend.COPY_BOTH_RESPONSE
    layout: ClassVar[Layout] = (BYTE, FORMATS)
    format: int
    column_formats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FunctionCallResponse(Message):
    """The result of a FunctionCall; None = NULL."""

    kind: ClassVar[int] = Backend.FUNCTION_CALL_RESPONSE
    layout: ClassVar[Layout] = (VALUE,)
    value: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ParseComplete(Message):
    """Parse is done."""

    kind: ClassVar[int] = Backend.PARSE_COMPLETE


@dataclass(frozen=True, slots=True)
class BindComplete(Message):
    """Bind is done."""

    kind: ClassVar[int] = Backend.BIND_COMPLETE


@dataclass(frozen=True, slots=True)
class CloseComplete(Message):
    """Close is done."""

    kind: ClassVar[int] = Backend.CLOSE_COMPLETE


@dataclass(frozen=True, slots=True)
class NoData(Message):
    """Describe: it returns no rows."""

    kind: ClassVar[int] = Backend.NO_DATA


@dataclass(frozen=True, slots=True)
class PortalSuspended(Message):
    """Execute stopped at its row limit."""

    kind: ClassVar[int] = Backend.PORTAL_SUSPENDED


# ---------------------------------------------------------------------------------------------------------------------
# The hot path: no object a message


def datarow_values(body: bytes) -> list[bytes | None]:
    """The values of a DataRow's body, in order; None = NULL. Raises ProtocolError when lengths do not fit."""
    values, end = values_at(body, 0)
    if end != len(body):
        raise ProtocolError("invalid message format")
    return values


def datarow(values: Sequence[bytes | None]) -> bytes:
    """A complete DataRow frame."""
    body = write_values(values)
    return HEAD.pack(Backend.DATA_ROW, len(body) + 4) + body


def query_text(frame: bytes) -> bytes:
    """The text of a Query's frame, copied once: it may be long. Raises ProtocolError."""
    end = frame.find(0, HEAD.size)
    if end < 0:
        raise ProtocolError("invalid string in message")
    if end != len(frame) - 1:
        raise ProtocolError("invalid message format")
    return frame[HEAD.size : end]


def bind_names(body: bytes) -> tuple[bytes, bytes]:
    """(portal, statement) of a Bind's body, the rest unopened. Raises ProtocolError."""
    middle = body.find(0)
    end = body.find(0, middle + 1)
    if middle < 0 or end < 0:
        raise ProtocolError("invalid string in message")
    return body[:middle], body[middle + 1 : end]


def bind_portal_name(body: bytes) -> bytes:
    """The portal a Bind's body makes. Raises ProtocolError."""
    return bind_names(body)[0]


def bind_statement_name(body: bytes) -> bytes:
    """The prepared statement a Bind's body names. Raises ProtocolError."""
    return bind_names(body)[1]


def format_of(formats: Sequence[int], position: int) -> int:
    """The format code at `position` (0-based) of a list that may be empty (all text) or hold one for all.

    A list that is too short otherwise is the server's to refuse; it counts as text here.
    """
    if len(formats) == 1:
        return formats[0]
    return formats[position] if position < len(formats) else TEXT


FRONTEND_MESSAGES: dict[int, type[Message]] = {
    one.kind: one
    for one in (
        *(Bind, Close, CopyData, CopyDone, CopyFail, Describe, Execute, Flush, FunctionCall, Parse),
        *(PasswordMessage, Query, Sync, Terminate),
    )
}
BACKEND_MESSAGES: dict[int, type[Message]] = {
    one.kind: one
    for one in (
        *(BackendKeyData, BindComplete, CloseComplete, CommandComplete, CopyBothResponse, CopyData, CopyDone),
        *(CopyInResponse, CopyOutResponse, DataRow, EmptyQueryResponse, ErrorResponse, FunctionCallResponse),
        *(NegotiateProtocolVersion, NoData, NoticeResponse, NotificationResponse, ParameterDescription),
        *(ParameterStatus, ParseComplete, PortalSuspended, ReadyForQuery, RowDescription),
    )
}


def parse_frontend(kind: int, body: bytes) -> Message:
    """A client's message by type byte; type `p` is read as PasswordMessage. Raises ProtocolError."""
    one = FRONTEND_MESSAGES.get(kind)
    if one is None:
        raise ProtocolError(f"invalid frontend message type {kind}")
    return one.parse(body)


def parse_backend(kind: int, body: bytes) -> Message:
    """A server's message by type byte. Raises ProtocolError."""
    if kind == Backend.AUTHENTICATION:
        return parse_authentication(body)
    one = BACKEND_MESSAGES.get(kind)
    if one is None:
        raise ProtocolError(f"invalid backend message type {kind}")
    return one.parse(body)


def to_bytes(messages: Iterable[Message]) -> bytes:
    """The frames of several messages, one after the other."""
    return b"".join([message.to_bytes() for message in messages])
