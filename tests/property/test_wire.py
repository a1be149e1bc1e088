"""Laws of the wire: any chunking gives the same, parse and to_bytes invert, junk is a ProtocolError, SCRAM agrees."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import AuthError, ProtocolError
from proxy.wire import FIRST, LAST, PIECE, Backend, FrameReader, Frontend, Limits, StartupReader
from proxy.wire import messages as m
from proxy.wire.auth import ScramClient, ScramServer, Verifier, make_nonce, mock_verifier, saslprep
from proxy.wire.values import bytea_from_text, bytea_to_escape, bytea_to_text

strings = st.binary(max_size=20).map(lambda b: b.replace(b"\0", b""))
names = strings.filter(bool)
data = st.binary(max_size=40)
values = st.lists(st.none() | data, max_size=5).map(tuple)
int16 = st.integers(-(2**15), 2**15 - 1)
int32 = st.integers(-(2**31), 2**31 - 1)
uint32 = st.integers(0, 2**32 - 1)
formats = st.lists(int16, max_size=4).map(tuple)
oids = st.lists(uint32, max_size=4).map(tuple)
reports = st.lists(st.tuples(st.integers(1, 255).map(chr), strings), max_size=5).map(tuple)
keys = st.binary(min_size=4, max_size=256)
versions = st.tuples(st.integers(0, 65535), st.integers(0, 65535))
what = st.sampled_from(["S", "P"])

FRONTEND = st.one_of(
    st.builds(m.Query, strings),
    st.builds(m.Parse, strings, strings, oids),
    st.builds(m.Bind, strings, strings, formats, values, formats),
    st.builds(m.Describe, what, strings),
    st.builds(m.Close, what, strings),
    st.builds(m.Execute, strings, int32),
    st.builds(m.FunctionCall, uint32, formats, values, int16),
    st.builds(m.CopyData, data),
    st.builds(m.CopyFail, strings),
    st.builds(m.PasswordMessage, strings),
    st.sampled_from([m.Sync(), m.Flush(), m.Terminate(), m.CopyDone()]),
)
SASL = st.one_of(st.builds(m.SASLInitialResponse, strings, st.none() | data), st.builds(m.SASLResponse, data))
fields = st.builds(m.Field, strings, uint32, int16, uint32, int16, int32, int16)
BACKEND = st.one_of(
    st.sampled_from([m.AuthenticationOk(), m.AuthenticationCleartextPassword()]),
    st.builds(m.AuthenticationMD5Password, st.binary(min_size=4, max_size=4)),
    st.builds(m.AuthenticationSASL, st.lists(names, max_size=3).map(tuple)),
    st.builds(m.AuthenticationSASLContinue, data),
    st.builds(m.AuthenticationSASLFinal, data),
    st.builds(m.ParameterStatus, strings, strings),
    st.builds(m.BackendKeyData, int32, keys),
    st.builds(m.NegotiateProtocolVersion, versions, st.lists(strings, max_size=3).map(tuple)),
    st.builds(m.ReadyForQuery, st.sampled_from(["I", "T", "E"])),
    st.builds(m.RowDescription, st.lists(fields, max_size=4).map(tuple)),
    st.builds(m.ParameterDescription, oids),
    st.builds(m.DataRow, values),
    st.builds(m.CommandComplete, strings),
    st.builds(m.ErrorResponse, reports),
    st.builds(m.NoticeResponse, reports),
    st.builds(m.NotificationResponse, int32, strings, strings),
    st.builds(m.CopyInResponse, st.integers(0, 255), formats),
    st.builds(m.CopyOutResponse, st.integers(0, 255), formats),
    st.builds(m.CopyBothResponse, st.integers(0, 255), formats),
    st.builds(m.FunctionCallResponse, st.none() | data),
    st.builds(m.CopyData, data),
    st.sampled_from([m.EmptyQueryResponse(), m.ParseComplete(), m.BindComplete(), m.CloseComplete()]),
    st.sampled_from([m.NoData(), m.PortalSuspended(), m.CopyDone()]),
)
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
STARTUP: st.SearchStrategy[m.StartupPacket] = st.one_of(
    st.sampled_from([m.SSLRequest(), m.GSSENCRequest()]),
    st.builds(m.CancelRequest, int32, keys),
    st.builds(m.StartupMessage, st.tuples(st.just(3), st.integers(0, 65535)), st.dictionaries(text.filter(bool), text)),
)


@given(FRONTEND)
def test_frontend_parse_and_to_bytes_invert(message: m.Message) -> None:
    raw = message.to_bytes()
    assert m.parse_frontend(raw[0], raw[5:]) == message
    assert int.from_bytes(raw[1:5], "big") == len(raw) - 1


@given(SASL)
def test_sasl_parse_and_to_bytes_invert(message: m.Message) -> None:
    raw = message.to_bytes()
    assert raw[0] == Frontend.PASSWORD
    assert type(message).parse(raw[5:]) == message


@given(BACKEND)
def test_backend_parse_and_to_bytes_invert(message: m.Message) -> None:
    raw = message.to_bytes()
    assert m.parse_backend(raw[0], raw[5:]) == message
    assert int.from_bytes(raw[1:5], "big") == len(raw) - 1


@given(STARTUP)
def test_startup_parse_and_to_bytes_invert(packet: m.StartupPacket) -> None:
    reader = StartupReader()
    reader.feed(packet.to_bytes())
    assert reader.next() == packet


@given(values)
def test_datarow_helpers_agree_with_the_message(row: tuple[bytes | None, ...]) -> None:
    raw = m.datarow(row)
    assert raw == m.DataRow(row).to_bytes()
    assert tuple(m.datarow_values(raw[5:])) == row


PARSERS: list[Callable[[bytes], object]] = [
    *[one.parse for one in m.FRONTEND_MESSAGES.values()],
    *[one.parse for one in m.BACKEND_MESSAGES.values()],
    *[m.SASLInitialResponse.parse, m.SASLResponse.parse, m.parse_authentication, m.parse_startup],
    *[m.datarow_values, m.bind_names, m.bind_portal_name, m.bind_statement_name],
]
junk = st.one_of(
    st.binary(max_size=60),
    # mostly right, then bent: cut short, or one byte changed
    st.builds(lambda one, n: one.body()[:n], FRONTEND | BACKEND, st.integers(0, 60)),
    st.builds(
        lambda one, at, byte: one.body()[:at] + bytes((byte,)) + one.body()[at + 1 :],
        FRONTEND | BACKEND,
        st.integers(0, 60),
        st.integers(0, 255),
    ),
)


@settings(max_examples=300)
@given(junk)
def test_junk_bodies_give_only_protocol_errors(body: bytes) -> None:
    for parse in PARSERS:
        with contextlib.suppress(ProtocolError):
            parse(body)


def cut(raw: bytes, cuts: list[int]) -> list[bytes]:
    at = [0, *sorted({c % (len(raw) + 1) for c in cuts}), len(raw)]
    return [raw[a:b] for a, b in itertools.pairwise(at)]


def read(reader: FrameReader, chunks: list[bytes]) -> tuple[list[tuple[int, bytes]], str]:
    """Whole frames (pieces joined), and the error that ended it."""
    out: list[tuple[int, bytes]] = []
    pieces = b""
    try:
        for chunk in chunks:
            reader.feed(chunk)
            while batch := reader.frames():
                for kind, start, end in batch:
                    piece = reader.buffer[start:end]
                    if not kind & PIECE:
                        out.append((kind, piece))
                        continue
                    assert bool(kind & FIRST) == (pieces == b"")
                    pieces += piece
                    if kind & LAST:
                        out.append((kind & 0xFF, pieces))
                        pieces = b""
    except ProtocolError as error:
        return out, error.message
    return out, ""


cuts = st.lists(st.integers(0, 10_000), max_size=12)
TIGHT = Limits(max_message_bytes=2000, stream_above_bytes=30, stream_head_bytes=12)


@given(st.lists(FRONTEND, max_size=8), cuts, st.sampled_from([frozenset(), frozenset({Frontend.COPY_DATA})]))
def test_any_chunking_of_a_client_gives_the_same_frames(
    conversation: list[m.Message], at: list[int], streams: frozenset[int]
) -> None:
    raws = [message.to_bytes() for message in conversation]
    reader = FrameReader("client", TIGHT)
    reader.streams = streams
    frames, error = read(reader, cut(b"".join(raws), at))
    assert error == ""
    assert frames == [(raw[0], raw) for raw in raws]
    assert reader.is_clean


@given(st.lists(BACKEND, max_size=8), cuts, st.booleans())
def test_any_chunking_of_a_server_gives_the_same_frames(conversation: list[m.Message], at: list[int], s: bool) -> None:
    raws = [message.to_bytes() for message in conversation]
    reader = FrameReader("server", TIGHT)
    reader.streams = frozenset({Backend.COPY_DATA, Backend.DATA_ROW}) if s else frozenset()
    frames, error = read(reader, cut(b"".join(raws), at))
    assert error == ""
    assert frames == [(raw[0], raw) for raw in raws]


def read_by_runs(reader: FrameReader, chunks: list[bytes], kinds: list[int], most: int) -> tuple[list[tuple[int, bytes]], str]:
    """The same with a run of one of `kinds` taken before each batch, cut at the length words it has itself."""
    out: list[tuple[int, bytes]] = []
    turn = 0
    try:
        for chunk in chunks:
            reader.feed(chunk)
            while True:
                kind = kinds[turn % len(kinds)]
                turn += 1
                count, start, end = reader.run(kind, most)
                at = start
                for _ in range(count):
                    size = int.from_bytes(reader.buffer[at + 1 : at + 5], "big") + 1
                    out.append((reader.buffer[at], reader.buffer[at : at + size]))
                    at += size
                assert (count <= most, at) == (True, end)
                assert all(one == kind for one, _ in out[len(out) - count :])
                batch = reader.frames()
                out += [(kind, reader.buffer[start:end]) for kind, start, end in batch]
                if not batch:
                    break
    except ProtocolError as error:
        return out, error.message
    return out, ""


rows = st.lists(BACKEND | st.builds(m.DataRow, values) | st.builds(m.CopyData, data), max_size=12)
kinds = st.lists(st.sampled_from([Backend.DATA_ROW, Backend.COPY_DATA, Backend.READY_FOR_QUERY]), min_size=1, max_size=3)


@given(rows, st.binary(max_size=12), cuts, kinds, st.integers(0, 4))
def test_runs_and_batches_are_the_same_frames(
    conversation: list[m.Message], tail: bytes, at: list[int], kinds: list[int], most: int
) -> None:
    raw = m.to_bytes(conversation) + tail
    whole = read(FrameReader("server", Limits(max_message_bytes=2000)), [raw])
    assert read_by_runs(FrameReader("server", Limits(max_message_bytes=2000)), cut(raw, at), kinds, most) == whole


@given(st.lists(FRONTEND, max_size=3), st.binary(max_size=30), cuts)
def test_junk_after_frames_ends_at_the_same_place(conversation: list[m.Message], tail: bytes, at: list[int]) -> None:
    raw = m.to_bytes(conversation) + tail
    assert read(FrameReader("client", TIGHT), [raw]) == read(FrameReader("client", TIGHT), cut(raw, at))


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_junk_streams_give_only_protocol_errors(chunks: list[bytes]) -> None:
    read(FrameReader("client", TIGHT), chunks)
    read(FrameReader("server"), chunks)
    startup = StartupReader()
    with contextlib.suppress(ProtocolError):
        for chunk in chunks:
            startup.feed(chunk)
            startup.next()


passwords = st.text(max_size=12)
nonces = st.binary(min_size=18, max_size=18).map(make_nonce)


@settings(max_examples=50)
@given(passwords, st.text(max_size=8), st.binary(min_size=1, max_size=20), nonces, nonces)
def test_scram_sides_agree(password: str, login: str, salt: bytes, ours: bytes, theirs: bytes) -> None:
    verifier = Verifier.parse(Verifier.make(password, salt, 2).to_text())
    server = ScramServer(verifier, ours)
    client = ScramClient(login, theirs, password=password)
    client.finish(server.final(client.final(server.first(client.first()))))

    again = ScramServer(verifier, theirs)
    forwarded = ScramClient("", ours, client_key=server.client_key, server_key=verifier.server_key)
    forwarded.finish(again.final(forwarded.final(again.first(forwarded.first()))))
    assert again.client_key == server.client_key == client.keys[0]


@settings(max_examples=50)
@given(passwords, passwords, st.booleans(), nonces, nonces)
def test_another_password_fails(right: str, wrong: str, unknown: bool, ours: bytes, theirs: bytes) -> None:
    if saslprep(right) == saslprep(wrong) and not unknown:
        return
    verifier = mock_verifier("ana", b"secret", 2) if unknown else Verifier.make(right, b"salt", 2)
    server = ScramServer(verifier, ours)
    client = ScramClient("", theirs, password=wrong)
    answer = client.final(server.first(client.first()))
    with pytest.raises(AuthError):
        server.final(answer)


@given(st.binary(max_size=60), st.binary(max_size=60), st.booleans())
def test_scram_junk_gives_only_protocol_errors(first: bytes, final: bytes, well_begun: bool) -> None:
    server = ScramServer(Verifier.make("p", b"salt", 1), b"abc")
    client = ScramClient("", b"xyz", password="p")
    with contextlib.suppress(ProtocolError):
        server.first(b"n,,n=,r=" + make_nonce(first) if well_begun else first)
        server.final(b"c=biws,r=" + final if well_begun else final)
    with contextlib.suppress(ProtocolError):
        client.final(b"r=xyzabc,s=QUJD,i=1" if well_begun else first)
        with contextlib.suppress(AuthError):
            client.finish(b"v=" + final if well_begun else final)


@given(st.binary(max_size=60))
def test_bytea_forms_read_back(value: bytes) -> None:
    assert bytea_from_text(bytea_to_text(value)) == value
    assert bytea_from_text(bytea_to_escape(value)) == value
