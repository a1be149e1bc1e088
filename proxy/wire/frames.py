"""Bytes in any chunking -> frames as (kind, start, end) over one buffer; and the start-up packets before them.

Promise: the same bytes give the same frames however they are cut; a frame nobody touches keeps its bytes, so that a
run of neighbours leaves as one slice; junk gives `ProtocolError` and nothing else, as soon as it can be known. Large
messages of the kinds their owner names pass in pieces, with flat memory. Opens no message. (PostgreSQL 18, 54.2, 54.7.)

    reader.feed(data)
    while batch := reader.frames():          # until it is empty: see FrameReader.frames
        for kind, start, end in batch:
            ...reader.buffer[start:end]      # the whole frame; its body begins at start + HEAD_BYTES
"""

from __future__ import annotations

import struct
from collections.abc import Set
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from proxy.errors import NoStartup, ProtocolError
from proxy.wire.messages import (
    MAX_STARTUP_BYTES,
    Backend,
    Frontend,
    GSSENCRequest,
    SSLRequest,
    StartupPacket,
    parse_startup,
)

Frame = tuple[int, int, int]  # (type byte, with PIECE bits for a piece; start; end), start at the type byte

HEAD_BYTES = 5  # type byte and length word
PIECE = 0x100  # set on a piece of a large message
FIRST = 0x200  # the piece that begins it: type byte, length word, and at least Limits.stream_head_bytes of the frame
LAST = 0x400  # the piece that ends it

# The limits PostgreSQL sets to the length word of these messages (memutils.h, libpq.h, auth.c).
MAX_FRAME_BYTES = 0x3FFFFFFF  # MaxAllocSize: 1 GiB
SMALL_MESSAGE_BYTES = 10_000  # PQ_SMALL_MESSAGE_LIMIT
PASSWORD_BYTES = 65_535  # PG_MAX_AUTH_TOKEN_LENGTH

_LARGE_FRONTEND = (
    Frontend.BIND,
    Frontend.COPY_DATA,
    Frontend.FUNCTION_CALL,
    Frontend.PARSE,
    Frontend.QUERY,
)
_SMALL_FRONTEND = (
    Frontend.CLOSE,
    Frontend.COPY_DONE,
    Frontend.COPY_FAIL,
    Frontend.DESCRIBE,
    Frontend.EXECUTE,
    Frontend.FLUSH,
    Frontend.SYNC,
    Frontend.TERMINATE,
)
_BACKEND = tuple(number for name, number in vars(Backend).items() if name.isupper())

_head_at = struct.Struct("!BI").unpack_from
_length_at = struct.Struct("!I").unpack_from


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes. A streamed message may have up to MAX_FRAME_BYTES, whatever `max_message_bytes` is.

    PostgreSQL holds a whole message of 1 GiB; one login must not make us do the same. 64 MiB is far above what drivers
    send, and a 20 MB statement is readable, so that the session can refuse it by name instead of hanging up.
    """

    max_message_bytes: int = 64 << 20
    stream_above_bytes: int = 1 << 20
    stream_head_bytes: int = 4096


class FrameReader:
    """Cuts one direction of one connection, after start-up. `side` is who speaks: 'client' or 'server'.

    `streams` holds the type bytes whose large messages may pass in pieces just now; its owner sets it at any time. It
    is looked at when a large message comes to the front of the buffer, after the batch before it was given out.
    A server's default limit is MAX_FRAME_BYTES: its rows are as large as they are.
    """

    __slots__ = (
        "_gathered",
        "_left",
        "_limits",
        "_need",
        "_piece_kind",
        "_pos",
        "_side",
        "_whole",
        "buffer",
        "streams",
    )

    def __init__(self, side: Literal["client", "server"], limits: Limits | None = None) -> None:
        self._side = side
        self.limits = limits or (Limits() if side == "client" else Limits(max_message_bytes=MAX_FRAME_BYTES))
        self.streams: Set[int] = frozenset()
        self.buffer = b""  # what the last frames() point into; a new object at each feed, so old slices stay true
        self._pos = 0  # up to here the buffer is given out
        self._need = 0  # bytes from _pos on without which nothing new can be said
        self._left = 0  # bytes still to come of the message that is passing in pieces
        self._piece_kind = 0
        self._gathered: BytesIO | None = None  # the beginning of a message that is not whole yet; then the buffer is empty

    @property
    def limits(self) -> Limits:
        """May be set at any time: a client that is not yet authenticated deserves less."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = limits
        whole = [0] * 256  # the largest length word of a whole frame by type byte; 0 = no such type
        large = _LARGE_FRONTEND if self._side == "client" else _BACKEND
        for kind in large:
            whole[kind] = limits.max_message_bytes
        if self._side == "client":
            for kind in _SMALL_FRONTEND:
                whole[kind] = min(SMALL_MESSAGE_BYTES, limits.max_message_bytes)
            whole[Frontend.PASSWORD] = min(PASSWORD_BYTES, limits.max_message_bytes)
            # What is larger passes in pieces while COPY runs.
            whole[Frontend.COPY_DATA] = max(limits.max_message_bytes, min(limits.stream_above_bytes, MAX_FRAME_BYTES))
        self._whole = whole

    @property
    def is_clean(self) -> bool:
        """Whether every byte fed was given out and no message is half way: the peer may leave here."""
        return not self._left and self._gathered is None and self._pos == len(self.buffer)

    @property
    def waiting(self) -> int:
        """How many bytes are kept."""
        return len(self.buffer) - self._pos + (0 if self._gathered is None else self._gathered.tell())

    def feed(self, data: bytes) -> None:
        """Take bytes from the peer. Frames not fetched yet are kept."""
        if self._gathered is not None:
            self._gathered.write(data)
            if self._gathered.tell() < self._need:
                return
            self.buffer = self._gathered.getvalue()  # which is no copy
            self._gathered = None
        elif self._pos == len(self.buffer):
            self.buffer = data
        elif len(self.buffer) - self._pos + len(data) < self._need:
            # Joining bytes at each feed would be quadratic in the length of a large message.
            self._gathered = BytesIO()
            self._gathered.write(self.buffer[self._pos :])
            self._gathered.write(data)
            self.buffer = b""
            self._pos = 0
            return
        else:
            self.buffer = self.buffer[self._pos :] + data
        self._pos = 0
        self._need = 0

    def frames(self) -> list[Frame]:
        """The next batch, [] when more bytes are needed. Call it until it is empty.

        A batch ends before anything that is not a plain whole frame: before a large message, so that what the batch
        itself says may decide whether it streams, and before a broken one, so that what came earlier is still heard.
        The next call begins there. Raises ProtocolError (08P01).
        """
        if self._left:
            return self._next_piece()
        buffer, whole = self.buffer, self._whole
        size = len(buffer)
        last = size - HEAD_BYTES
        start = self._pos
        batch: list[Frame] = []
        while start <= last:
            kind, length = _head_at(buffer, start)
            if not 4 <= length <= whole[kind]:
                break
            end = start + 1 + length
            if end > size:
                break
            batch.append((kind, start, end))
            start = end
        self._pos = start
        if batch or start == size:
            return batch
        return self._incomplete()

    def run(self, kind: int, most: int) -> tuple[int, int, int]:
        """Whole frames of one kind that come next, `most` of them at most, as one: (how many, start, end).

        For messages that nobody looks at. Whatever is not such a frame is left to `frames`.
        """
        buffer, limit = self.buffer, self._whole[kind]
        size = len(buffer)
        first = start = self._pos
        count = 0
        if self._left:
            return 0, start, start
        try:
            while buffer[start] == kind and count < most:
                (length,) = _length_at(buffer, start + 1)
                end = start + 1 + length
                if end > size or not 4 <= length <= limit:
                    break
                start = end
                count += 1
        except (IndexError, struct.error):  # the end of the buffer, or of what is there of a head
            pass
        self._pos = start
        return count, first, start

    def _incomplete(self) -> list[Frame]:
        """The front of the buffer is no whole frame: raise, begin a stream, or set what is needed."""
        kind = self.buffer[self._pos]
        if not self._whole[kind]:
            raise ProtocolError(f"invalid {'frontend' if self._side == 'client' else 'backend'} message type {kind}")
        available = len(self.buffer) - self._pos
        if available < HEAD_BYTES:
            self._need = HEAD_BYTES
            return []
        length: int = _head_at(self.buffer, self._pos)[1]
        streams = length > self._limits.stream_above_bytes and kind in self.streams
        if not 4 <= length <= (MAX_FRAME_BYTES if streams else self._whole[kind]):
            limit = self._whole[kind]
            if self._side == "client" and limit < length <= MAX_FRAME_BYTES and kind in _LARGE_FRONTEND:
                raise ProtocolError(f"a message of {length} bytes is over the limit of {limit}", sqlstate="54000")
            raise ProtocolError(f"invalid message length {length}")
        if not streams:
            self._need = length + 1
            return []
        self._need = min(length + 1, max(self._limits.stream_head_bytes, HEAD_BYTES))
        if available < self._need:
            return []
        self._piece_kind = kind | PIECE
        self._left = length + 1
        return self._next_piece(FIRST)

    def _next_piece(self, flags: int = 0) -> list[Frame]:
        start = self._pos
        end = min(len(self.buffer), start + self._left)
        if start == end:
            return []
        self._left -= end - start
        self._pos = end
        return [(self._piece_kind | flags | (0 if self._left else LAST), start, end)]


class StartupReader:
    """Cuts the packets before authentication, which have no type byte. One client, until its StartupMessage.

    After an SSLRequest or GSSENCRequest the client waits for our answer: bytes that came with the request were sent
    unencrypted and may be another's (CVE-2021-23214), so they raise. The owner must see to the same for bytes that
    arrive between request and answer. After a StartupMessage, `rest` is the beginning of what a FrameReader reads.
    """

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def rest(self) -> bytes:
        """Bytes not used yet."""
        return self._buffer

    def feed(self, data: bytes) -> None:
        """Take bytes from the client."""
        self._buffer += data

    def next(self) -> StartupPacket | None:
        """The next packet, or None when more bytes are needed.

        Raises ProtocolError (08P01; 0A000: not protocol 3), NoStartup.
        """
        if len(self._buffer) < 4:
            return None
        length = int.from_bytes(self._buffer[:4], "big")
        if not 8 <= length <= MAX_STARTUP_BYTES + 4:
            raise NoStartup("invalid length of startup packet")
        if len(self._buffer) < length:
            return None
        packet = parse_startup(self._buffer[4:length])
        self._buffer = self._buffer[length:]
        if self._buffer and isinstance(packet, SSLRequest | GSSENCRequest):
            raise ProtocolError("received unencrypted data after an encryption request")
        return packet
