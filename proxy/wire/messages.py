"""A frozen dataclass for each protocol message we open: `parse(body)` reads it, `to_bytes()` gives the whole frame.

Promise: the two invert each other, and a malformed body raises `ProtocolError` and nothing else. Shapes and names are
those of PostgreSQL 18, 54.7 (Message Formats). After start-up every string stays `bytes`, since its encoding is the
session's `client_encoding`; the strings of the start-up packet are strict UTF-8. Knows nothing of what is allowed when.

A `body` is what follows the type byte and the length; what could carry a secret or a person's value is not in a `repr`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

from proxy.errors import Bug, ProtocolError

PROTOCOL_3_0 = (3, 0)
PROTOCOL_3_2 = (3, 2)  # PostgreSQL 18; 3.1 was never spoken (54.1)
MAX_STARTUP_BYTES = 10_000  # MAX_STARTUP_PACKET_LENGTH: of the packet without its length word
MAX_SECRET_KEY_BYTES = 256  # BackendKeyData in 3.2

TEXT, BINARY = 0, 1  # format codes

_CANCEL, _SSL, _GSSENC = 5678, 5679, 5680  # minor numbers of "protocol 1234"

_INT16 = struct.Struct("!h")
_UINT16 = struct.Struct("!H")
_INT32 = struct.Struct("!i")
_UINT32 = struct.Struct("!I")
_HEAD = struct.Struct("!BI")
_FIELD = struct.Struct("!IhIhih")
_NULL = b"\xff\xff\xff\xff"


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
# Reading


def _short(what: str) -> ProtocolError:
    return ProtocolError(f"insufficient data left in message: {what}")


class _Cursor:
    """Reads a body from the front. Every method raises ProtocolError when the body ends too early."""

    __slots__ = ("at", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def number(self, layout: struct.Struct) -> int:
        start = self.at
        self.at = start + layout.size
        if self.at > len(self.body):
            raise _short("a number")
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
            raise _short(f"{count} bytes")
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
# The parts messages are made of: how each is read and written


@dataclass(frozen=True, slots=True)
class _Part:
    """One field's wire form. `write` takes what `read` gives."""

    read: Callable[[_Cursor], object]
    write: Callable[..., bytes]


def _without_nul(value: bytes) -> bytes:
    # A NUL inside would make the reader take the tail for the next part of the message.
    if 0 in value:
        raise Bug("a string with a NUL byte cannot stand in a message")
    return value


def _string(value: bytes) -> bytes:
    return _without_nul(value) + b"\0"


def _byte1(code: str) -> bytes:
    return code.encode("latin-1")


def _one_of(codes: str) -> _Part:
    """One character out of `codes`."""

    def read(cursor: _Cursor) -> str:
        code = chr(cursor.byte())
        if code not in codes:
            raise ProtocolError(f"byte {ord(code)} where one of {codes} was expected")
        return code

    return _Part(read, _byte1)


def _counted(layout: str) -> _Part:
    """A 16-bit count and that many numbers; `layout` is struct's letter for one."""
    size = struct.calcsize("!" + layout)

    def read(cursor: _Cursor) -> tuple[int, ...]:
        count = cursor.uint16()
        return struct.unpack(f"!{count}{layout}", cursor.take(count * size)) if count else ()

    def write(numbers: Sequence[int]) -> bytes:
        return struct.pack(f"!H{len(numbers)}{layout}", len(numbers), *numbers)

    return _Part(read, write)


def _read_value(cursor: _Cursor) -> bytes | None:
    count = cursor.int32()
    return None if count == -1 else cursor.take(count)


def _write_value(value: bytes | None) -> bytes:
    return _NULL if value is None else _INT32.pack(len(value)) + value


def _values_at(body: bytes, at: int) -> tuple[list[bytes | None], int]:
    """A 16-bit count and that many values, from `at` on; and where they end."""
    values: list[bytes | None] = []
    size = len(body)
    first = at + 2
    if first > size:
        raise _short("the number of values")
    count = (body[at] << 8) | body[at + 1]
    at = first
    length_at = _INT32.unpack_from
    for _ in range(count):
        start = at + 4
        if start > size:
            raise _short("a value's length")
        length: int = length_at(body, at)[0]
        if length >= 0:
            at = start + length
            if at > size:
                raise _short("a value")
            values.append(body[start:at])
        elif length == -1:
            at = start
            values.append(None)
        else:
            raise ProtocolError("a value of negative length")
    return values, at


def _read_values(cursor: _Cursor) -> tuple[bytes | None, ...]:
    values, cursor.at = _values_at(cursor.body, cursor.at)
    return tuple(values)


def _write_values(values: Sequence[bytes | None]) -> bytes:
    pack = _INT32.pack
    parts = [_UINT16.pack(len(values))]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts += (pack(len(value)), value)
    return b"".join(parts)


def _read_key(cursor: _Cursor) -> bytes:
    key = cursor.rest()
    if not 4 <= len(key) <= MAX_SECRET_KEY_BYTES:
        raise ProtocolError(f"invalid length of a cancel key: {len(key)} bytes")
    return key


def _read_list(cursor: _Cursor) -> tuple[bytes, ...]:
    """Strings up to an empty one."""
    return tuple(iter(cursor.string, b""))


def _read_options(cursor: _Cursor) -> tuple[bytes, ...]:
    # Each takes a byte at least, so a huge count in a short body ends soon.
    return tuple([cursor.string() for _ in range(cursor.uint32())])


def _read_report(cursor: _Cursor) -> tuple[tuple[str, bytes], ...]:
    return tuple([(chr(code), cursor.string()) for code in iter(cursor.byte, 0)])


def _write_report(fields: Iterable[tuple[str, bytes]]) -> bytes:
    return b"".join([_byte1(code) + _string(value) for code, value in fields]) + b"\0"


def _read_fields(cursor: _Cursor) -> tuple[Field, ...]:
    return tuple([Field(cursor.string(), *_FIELD.unpack(cursor.take(_FIELD.size))) for _ in range(cursor.uint16())])


def _write_fields(fields: Sequence[Field]) -> bytes:
    parts = [_UINT16.pack(len(fields))]
    for f in fields:
        parts.append(_string(f.name))
        parts.append(_FIELD.pack(f.table_oid, f.attnum, f.type_oid, f.type_size, f.typmod, f.format))
    return b"".join(parts)


BYTE = _Part(_Cursor.byte, lambda number: bytes((number,)))
INT16 = _Part(_Cursor.int16, _INT16.pack)
INT32 = _Part(_Cursor.int32, _INT32.pack)
UINT32 = _Part(_Cursor.uint32, _UINT32.pack)
STRING = _Part(_Cursor.string, _string)
REST = _Part(_Cursor.rest, bytes)
FORMATS = _counted("h")
OIDS = _counted("I")
VALUE = _Part(_read_value, _write_value)  # length word and bytes, -1 = NULL
VALUES = _Part(_read_values, _write_values)
SALT = _Part(lambda cursor: cursor.take(4), bytes)
SECRET_KEY = _Part(_read_key, bytes)
VERSION = _Part(lambda cursor: (cursor.uint16(), cursor.uint16()), lambda version: struct.pack("!HH", *version))
MECHANISMS = _Part(_read_list, lambda names: b"".join([_string(name) for name in names]) + b"\0")
OPTIONS = _Part(_read_options, lambda names: _UINT32.pack(len(names)) + b"".join([_string(name) for name in names]))
REPORT = _Part(_read_report, _write_report)
FIELDS = _Part(_read_fields, _write_fields)

Layout = tuple[_Part, ...]


def frame(kind: int, body: bytes) -> bytes:
    """Type byte, length, body."""
    return _HEAD.pack(kind, len(body) + 4) + body


class Message:
    """What all messages share. `layout` gives the wire form of each field, in order."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[int]
    layout: ClassVar[Layout] = ()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError on a malformed body."""
        return cls._read(_Cursor(body))

    @classmethod
    def _read(cls, cursor: _Cursor) -> Self:
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
        return _startup_frame(1234, _CANCEL, _INT32.pack(self.process_id) + self.secret_key)


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
        pairs = b"".join([_string(n.encode()) + _string(v.encode()) for n, v in self.parameters.items()])
        return _startup_frame(*self.protocol, pairs + b"\0")


StartupPacket = SSLRequest | GSSENCRequest | CancelRequest | StartupMessage


def parse_startup(body: bytes) -> StartupPacket:
    """A start-up packet without its length word, by PostgreSQL's rules (54.7, ProcessStartupPacket).

    Raises ProtocolError: 08P01 when malformed, 0A000 for a protocol that is not 3.x.
    """
    cursor = _Cursor(body)
    major, minor = cursor.uint16(), cursor.uint16()
    if major == 1234 and minor in (_SSL, _GSSENC):
        cursor.end()
        return SSLRequest() if minor == _SSL else GSSENCRequest()
    if major == 1234 and minor == _CANCEL:
        return CancelRequest(cursor.int32(), _read_key(cursor))
    if major != 3:
        raise ProtocolError(f"unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2", sqlstate="0A000")
    return StartupMessage((major, minor), _parameters(cursor))


def _parameters(cursor: _Cursor) -> dict[str, str]:
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
        return b"".join((_HEAD.pack(self.kind, len(self.sql) + 5), _without_nul(self.sql), b"\0"))


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
    layout: ClassVar[Layout] = (_one_of("SP"), STRING)
    what: Literal["S", "P"]
    name: bytes


@dataclass(frozen=True, slots=True)
class Close(Message):
    """Forget a prepared statement ('S') or portal ('P')."""

    kind: ClassVar[int] = Frontend.CLOSE
    layout: ClassVar[Layout] = (_one_of("SP"), STRING)
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
        cursor = _Cursor(body)
        code = cursor.uint32()
        if code != cls.code:
            raise ProtocolError(f"authentication request {code} where {cls.code} was expected")
        return cls._read(cursor)

    def body(self) -> bytes:
        return _UINT32.pack(self.code) + Message.body(self)


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
    match _Cursor(body).uint32():
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
    layout: ClassVar[Layout] = (_one_of("ITE"),)
    status: Literal["I", "T", "E"]


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
    values, end = _values_at(body, 0)
    if end != len(body):
        raise ProtocolError("invalid message format")
    return values


def datarow(values: Sequence[bytes | None]) -> bytes:
    """A complete DataRow frame."""
    body = _write_values(values)
    return _HEAD.pack(Backend.DATA_ROW, len(body) + 4) + body


def query_text(frame: bytes) -> bytes:
    """The text of a Query's frame, copied once: it may be long. Raises ProtocolError."""
    end = frame.find(0, _HEAD.size)
    if end < 0:
        raise ProtocolError("invalid string in message")
    if end != len(frame) - 1:
        raise ProtocolError("invalid message format")
    return frame[_HEAD.size : end]


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
