"""FrameReader and StartupReader by example; tests/property/test_wire.py has the laws."""

from __future__ import annotations

import tracemalloc

import pytest

from proxy.errors import ProtocolError
from proxy.wire import FIRST, LAST, PIECE, Backend, FrameReader, Frontend, Limits, StartupReader
from proxy.wire.frames import MAX_FRAME_BYTES, PASSWORD_BYTES, SMALL_MESSAGE_BYTES
from proxy.wire.messages import (
    Bind,
    CancelRequest,
    CopyData,
    Execute,
    GSSENCRequest,
    Query,
    SSLRequest,
    StartupMessage,
    Sync,
    frame,
    to_bytes,
)

BATCH = to_bytes([Bind(b"", b"s", params=(b"1",)), Execute(b""), Sync()])


def head(kind: int, length: int) -> bytes:
    return bytes((kind,)) + length.to_bytes(4, "big")


def drain(reader: FrameReader) -> list[tuple[int, bytes]]:
    out: list[tuple[int, bytes]] = []
    while batch := reader.frames():
        out += [(kind, reader.buffer[start:end]) for kind, start, end in batch]
    return out


def test_a_batch_is_one_range_of_the_same_bytes() -> None:
    reader = FrameReader("client")
    reader.feed(BATCH)
    frames = reader.frames()
    assert [chr(kind) for kind, _, _ in frames] == ["B", "E", "S"]
    assert reader.buffer[frames[0][1] : frames[-1][2]] == BATCH
    assert reader.is_clean
    assert reader.frames() == []


def test_frames_not_fetched_are_kept() -> None:
    reader = FrameReader("client")
    reader.feed(BATCH)
    reader.feed(BATCH)
    assert len(drain(reader)) == 6


def test_a_frame_in_two_halves() -> None:
    reader = FrameReader("client")
    reader.feed(BATCH[:9])
    assert drain(reader) == []
    assert not reader.is_clean
    reader.feed(BATCH[9:12])
    assert drain(reader) == []
    reader.feed(BATCH[12:])
    assert b"".join(data for _, data in drain(reader)) == BATCH


def test_a_frame_byte_by_byte() -> None:
    reader = FrameReader("client")
    seen: list[tuple[int, bytes]] = []
    for at in range(len(BATCH)):
        reader.feed(BATCH[at : at + 1])
        seen += drain(reader)
    assert b"".join(data for _, data in seen) == BATCH


@pytest.mark.parametrize("side", ["client", "server"])
def test_an_unknown_type_is_refused_at_its_first_byte(side: str) -> None:
    reader = FrameReader("client") if side == "client" else FrameReader("server")
    reader.feed(b"\x00")
    with pytest.raises(ProtocolError, match=r"invalid (frontend|backend) message type 0"):
        reader.frames()


def test_sides_differ() -> None:
    reader = FrameReader("client")
    reader.feed(b"Z\0\0\0\x05I")
    with pytest.raises(ProtocolError):
        reader.frames()
    reader = FrameReader("server")
    reader.feed(b"Z\0\0\0\x05I")
    assert drain(reader) == [(Backend.READY_FOR_QUERY, b"Z\0\0\0\x05I")]


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        (Frontend.SYNC, 0),
        (Frontend.SYNC, 3),
        (Frontend.EXECUTE, SMALL_MESSAGE_BYTES + 1),
        (Frontend.PASSWORD, PASSWORD_BYTES + 1),
        (Frontend.QUERY, (64 << 20) + 1),
        (Frontend.QUERY, 0xFFFFFFFF),
    ],
)
def test_an_impossible_length_is_refused_at_once(kind: int, length: int) -> None:
    reader = FrameReader("client")
    reader.feed(head(kind, length))
    with pytest.raises(ProtocolError, match=r"invalid message length|over the limit"):
        reader.frames()


def test_a_statement_over_the_limit_is_told_so() -> None:
    reader = FrameReader("client", Limits(max_message_bytes=1000))
    reader.feed(head(Frontend.QUERY, 1001))
    with pytest.raises(ProtocolError, match="a message of 1001 bytes is over the limit of 1000") as caught:
        reader.frames()
    assert caught.value.sqlstate == "54000"


def test_what_came_before_the_junk_is_heard_first() -> None:
    reader = FrameReader("client")
    reader.feed(BATCH + b"\xff")
    assert len(reader.frames()) == 3
    with pytest.raises(ProtocolError):
        reader.frames()


def test_limits_may_tighten_and_widen() -> None:
    reader = FrameReader("client", Limits(max_message_bytes=100))
    assert reader.limits.max_message_bytes == 100
    reader.feed(head(Frontend.QUERY, 101))
    with pytest.raises(ProtocolError):
        reader.frames()
    reader.limits = Limits()
    assert reader.frames() == []


def test_a_20_mb_statement_is_readable() -> None:
    reader = FrameReader("client")
    query = Query(b"x" * 20_000_000).to_bytes()
    for at in range(0, len(query), 65536):
        assert drain(reader) == []
        reader.feed(query[at : at + 65536])
    assert drain(reader) == [(Frontend.QUERY, query)]
    assert reader.is_clean


SMALL_STREAMS = Limits(max_message_bytes=1000, stream_above_bytes=100, stream_head_bytes=20)


def test_a_large_message_passes_in_pieces() -> None:
    reader = FrameReader("client", SMALL_STREAMS)
    reader.streams = {Frontend.COPY_DATA}
    data = CopyData(b"y" * 5000).to_bytes()
    reader.feed(data[:10])
    assert reader.frames() == []  # the first piece has at least stream_head_bytes
    reader.feed(data[10:50])
    assert reader.frames() == [(Frontend.COPY_DATA | PIECE | FIRST, 0, 50)]
    assert reader.frames() == []
    assert not reader.is_clean
    reader.feed(data[50:2000])
    assert reader.frames() == [(Frontend.COPY_DATA | PIECE, 0, 1950)]
    reader.feed(data[2000:] + BATCH)
    assert reader.frames() == [(Frontend.COPY_DATA | PIECE | LAST, 0, len(data) - 2000)]
    assert len(reader.frames()) == 3
    assert reader.is_clean


def test_over_the_limit_a_message_streams_even_when_all_of_it_is_there() -> None:
    reader = FrameReader("client", SMALL_STREAMS)
    reader.streams = {Frontend.COPY_DATA}
    data = CopyData(b"y" * 5000).to_bytes()
    reader.feed(data)
    assert reader.frames() == [(Frontend.COPY_DATA | PIECE | FIRST | LAST, 0, len(data))]


def test_a_large_message_that_may_not_stream_is_refused() -> None:
    reader = FrameReader("client", SMALL_STREAMS)
    reader.feed(head(Frontend.COPY_DATA, 1001))
    with pytest.raises(ProtocolError):
        reader.frames()


def test_no_stream_is_longer_than_postgresql_takes() -> None:
    reader = FrameReader("server")
    reader.streams = {Backend.DATA_ROW}
    reader.feed(head(Backend.DATA_ROW, MAX_FRAME_BYTES + 1))
    with pytest.raises(ProtocolError):
        reader.frames()


def test_whether_it_streams_is_asked_after_the_batch_before_it() -> None:
    reader = FrameReader("server", SMALL_STREAMS)
    row = frame(Backend.DATA_ROW, b"z" * 5000)
    reader.feed(b"n\0\0\0\x04" + row[:60])
    assert reader.frames() == [(Backend.NO_DATA, 0, 5)]
    reader.streams = {Backend.DATA_ROW}  # what that batch said made the owner decide
    assert reader.frames() == [(Backend.DATA_ROW | PIECE | FIRST, 5, 65)]


def test_a_1_gb_row_takes_no_memory() -> None:
    reader = FrameReader("server")
    reader.streams = {Backend.DATA_ROW}
    chunk = bytes(1 << 20)
    total = 5 + 1000 * len(chunk)
    tracemalloc.start()
    reader.feed(head(Backend.DATA_ROW, total - 1) + bytes(5000))
    seen = sum(end - start for _, start, end in reader.frames())
    while seen < total:
        reader.feed(chunk[: total - seen])
        seen += sum(end - start for _, start, end in reader.frames())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reader.is_clean
    assert peak < 4 << 20


STARTUP = StartupMessage((3, 0), {"user": "ana", "database": "shop"})


@pytest.mark.parametrize(
    "packet", [SSLRequest(), GSSENCRequest(), CancelRequest(7, b"1234"), CancelRequest(7, b"k" * 256), STARTUP]
)
def test_startup_packets(packet: SSLRequest | GSSENCRequest | CancelRequest | StartupMessage) -> None:
    reader = StartupReader()
    data = packet.to_bytes()
    for at in range(len(data)):
        assert reader.next() is None
        reader.feed(data[at : at + 1])
    assert reader.next() == packet
    assert reader.rest == b""


def test_rest_belongs_to_the_frames() -> None:
    reader = StartupReader()
    reader.feed(STARTUP.to_bytes() + b"p\0\0")
    assert reader.next() == STARTUP
    assert reader.rest == b"p\0\0"


@pytest.mark.parametrize("request_", [SSLRequest(), GSSENCRequest()])
def test_bytes_stuffed_behind_an_encryption_request(request_: SSLRequest | GSSENCRequest) -> None:
    reader = StartupReader()
    reader.feed(request_.to_bytes() + STARTUP.to_bytes())
    with pytest.raises(ProtocolError, match="unencrypted data"):
        reader.next()


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"\0\0\0\x07", b"\0\0\0\0", (10_005).to_bytes(4, "big")]
)
def test_other_protocols_on_the_port(data: bytes) -> None:
    reader = StartupReader()
    reader.feed(data)
    with pytest.raises(ProtocolError, match="invalid length"):
        reader.next()
