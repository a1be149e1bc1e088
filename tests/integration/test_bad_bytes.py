"""Bytes that are no protocol, on the port and inside a session: an error or a closed connection, and nobody else notices."""

from __future__ import annotations

import random
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256
from proxy.wire.frames import HEAD_BYTES, FrameReader
from tests.proxies import RawClient, error_of, kinds_of
from tests.servers import role_password
from tests.small import Inside, eventually, inside

STARTUP_SECONDS = 20.0
SHORT_SECONDS = 1.0


@pytest.fixture(scope="module")
def running(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    folder = tmp_path_factory.mktemp("bytes") / "proxy"
    with inside(newest_server, folder, limits=f"{{startup_seconds: {STARTUP_SECONDS}, sessions: 60}}") as one:
        yield one


@pytest.fixture(scope="module")
def impatient(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """A proxy that waits SHORT_SECONDS for a login: too short for those who mean it, when the machine is busy."""
    folder = tmp_path_factory.mktemp("impatient") / "proxy"
    with inside(newest_server, folder, limits=f"{{startup_seconds: {SHORT_SECONDS}}}") as one:
        yield one
        one.rest()


@pytest.fixture
def proxy(running: Inside, caplog: pytest.LogCaptureFixture) -> Iterator[Inside]:
    """The proxy, with a neighbour in it from before: unharmed by whatever a test does. Then empty and without complaint."""
    with running.connect(running.small.analyst) as neighbour:
        neighbour.execute("BEGIN")
        yield running
        assert neighbour.execute("SELECT name FROM customers WHERE id = 1").fetchall() == [("欧阳**",)]
        neighbour.execute("ROLLBACK")
    running.check()
    running.rest()
    assert [record.getMessage() for record in caplog.records if record.exc_info or "ended by" in record.getMessage()] == []


def conversation(proxy: Inside, data: bytes, *, then_close: bool = False, seconds: float = 30.0) -> bytes:
    """Send bytes, and read until the proxy closes. `then_close`: we send nothing more, and say so."""
    with socket.create_connection((proxy.host, proxy.port), seconds) as wire:
        heard = b""
        try:
            wire.sendall(data)
            if then_close:
                wire.shutdown(socket.SHUT_WR)
            while more := wire.recv(1 << 16):
                heard += more
        except (ConnectionResetError, BrokenPipeError):
            pass
        return heard


def errors(heard: bytes) -> list[tuple[str, str]]:
    """(severity, SQLSTATE) of the ErrorResponses in a stream of frames. Raises ProtocolError if it is no such stream."""
    reader = FrameReader("server")
    reader.feed(heard)
    found = []
    while batch := reader.frames():
        for kind, start, end in batch:
            if kind == m.Backend.ERROR_RESPONSE:
                report = m.ErrorResponse.parse(reader.buffer[start + HEAD_BYTES : end])
                found.append((report.severity, report.sqlstate))
    assert reader.is_clean
    return found


def packet(body: bytes, length: int | None = None) -> bytes:
    """A start-up packet, with a length of its own choice."""
    return struct.pack("!I", len(body) + 4 if length is None else length) + body


def startup(*pairs: bytes, version: tuple[int, int] = (3, 0), end: bytes = b"\0") -> bytes:
    return packet(struct.pack("!HH", *version) + b"".join(one + b"\0" for one in pairs) + end)


def client_hello() -> bytes:
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


FATAL = ("FATAL", "08P01")
AT_THE_DOOR: dict[str, tuple[bytes, list[list[tuple[str, str]]]]] = {
    "http": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", [[FATAL], []]),
    "tls": (client_hello(), [[FATAL], []]),
    "ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", [[FATAL], []]),
    "zeros": (b"\0" * 4096, [[FATAL], []]),
    "ones": (b"\xff" * 4096, [[FATAL], []]),
    "length 0": (packet(b"", 0), [[FATAL], []]),
    "length 4": (packet(b"", 4), [[FATAL], []]),
    "length 7": (packet(b"\0\3\0", 7), [[FATAL], []]),
    "length 10,005": (packet(b"\0\3\0\0" + b"x" * 10_000, 10_005), [[FATAL], []]),
    "length 2 GB": (packet(b"\0\3\0\0user\0", 0x7FFFFFFF), [[FATAL], []]),
    "length 4 GB": (packet(b"\0\3\0\0user\0", 0xFFFFFFFF), [[FATAL], []]),
    "protocol 2.0": (startup(b"user", b"x", version=(2, 0)), [[("FATAL", "0A000")]]),
    "protocol 4.0": (startup(b"user", b"x", version=(4, 0)), [[("FATAL", "0A000")]]),
    "unknown request": (packet(struct.pack("!HH", 1234, 5681)), [[FATAL], [("FATAL", "0A000")]]),
    "SSLRequest with a tail": (packet(struct.pack("!HH", 1234, 5679) + b"tail"), [[FATAL]]),
    "cancel request too short": (packet(struct.pack("!HH", 1234, 5678) + b"\0\0"), [[FATAL], []]),
    "cancel request without a key": (packet(struct.pack("!HHI", 1234, 5678, 1)), [[FATAL], []]),
    "cancel request with a long key": (packet(struct.pack("!HHI", 1234, 5678, 1) + b"k" * 300), [[FATAL], []]),
    "no user": (startup(b"database", b"x"), [[("FATAL", "28000")]]),
    "no parameters": (startup(), [[("FATAL", "28000")]]),
    "empty user": (startup(b"user", b""), [[("FATAL", "28000")], [FATAL]]),
    "no terminator": (startup(b"user", b"x", end=b""), [[FATAL]]),
    "a name without a value": (startup(b"user", end=b""), [[FATAL]]),
    "a value without an end": (packet(b"\0\3\0\0user\0x"), [[FATAL]]),
    "more after the terminator": (startup(b"user", b"x", end=b"\0more\0"), [[FATAL]]),
    "not UTF-8": (startup(b"user", b"\xff\xfe"), [[FATAL]]),
    "stuffed after SSLRequest": (m.SSLRequest().to_bytes() + startup(b"user", b"x"), [[FATAL]]),
    "stuffed after GSSENCRequest": (m.GSSENCRequest().to_bytes() + b"x", [[FATAL]]),
}


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_at_the_door(proxy: Inside, name: str) -> None:
    data, allowed = AT_THE_DOOR[name]
    start = time.monotonic()
    assert errors(conversation(proxy, data)) in allowed
    assert time.monotonic() - start < STARTUP_SECONDS * 0.9  # known at once, not by the time limit


def test_random_bytes(proxy: Inside) -> None:
    source = random.Random(20_260_101)
    for _ in range(60):
        heard = conversation(proxy, b"\x80" + source.randbytes(source.randrange(4, 3_000)), then_close=True)
        assert errors(heard) in ([FATAL], [])


def test_random_bytes_behind_a_right_length(proxy: Inside) -> None:
    source = random.Random(20_260_102)
    for _ in range(60):
        heard = conversation(proxy, packet(b"\0\3\0\0" + source.randbytes(source.randrange(4, 300))), then_close=True)
        assert len(errors(heard)) <= 1


@pytest.mark.parametrize("size", [0, 1, 3, 4, 7, 8, 20, 40])
def test_a_startup_cut_short(proxy: Inside, size: int) -> None:
    whole = startup(b"user", proxy.small.app.encode(), b"database", b"x" * 60)
    assert errors(conversation(proxy, whole[:size], then_close=True)) in ([], [FATAL])


def after(proxy: Inside, login: str) -> tuple[socket.socket, bytes]:
    """A socket that got as far as AuthenticationSASL."""
    wire = socket.create_connection((proxy.host, proxy.port), 10)
    database = proxy.small.database.name.encode()
    wire.sendall(startup(b"user", login.encode(), b"database", database))
    heard = wire.recv(1 << 16)
    assert heard[:1] == b"R"
    return wire, heard


def to_the_end(wire: socket.socket) -> bytes:
    heard = b""
    with wire:
        try:
            while more := wire.recv(1 << 16):
                heard += more
        except ConnectionResetError:
            pass
    return heard


INSTEAD_OF_A_PROOF: dict[str, bytes] = {
    "a query": m.Query(b"SELECT 1").to_bytes(),
    "a pipeline": m.Parse(b"", b"SELECT 1").to_bytes() + m.Sync().to_bytes(),
    "another mechanism": m.SASLInitialResponse(b"PLAIN", b"\0user\0secret").to_bytes(),
    "channel binding": m.SASLInitialResponse(b"SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=,r=abc").to_bytes(),
    "a cleartext password": b"p" + struct.pack("!I", 4 + 7) + b"secret\0",
    "nothing": b"p" + struct.pack("!I", 4),
    "no initial data": m.SASLInitialResponse(SCRAM_SHA_256, None).to_bytes(),
    "no GS2 header": m.SASLInitialResponse(SCRAM_SHA_256, b"hello").to_bytes(),
    "no nonce": m.SASLInitialResponse(SCRAM_SHA_256, b"n,,n=").to_bytes(),
    "an extension": m.SASLInitialResponse(SCRAM_SHA_256, b"n,,m=x,n=,r=abc").to_bytes(),
    "another identity": m.SASLInitialResponse(SCRAM_SHA_256, b"n,a=root,n=,r=abc").to_bytes(),
    "a length beyond the data": b"p" + struct.pack("!I", 4 + 14 + 4 + 1) + b"SCRAM-SHA-256\0" + struct.pack("!i", 500) + b"n",
    "a nonce that is not printable": m.SASLInitialResponse(SCRAM_SHA_256, b"n,,n=,r=\x01\x02").to_bytes(),
    "70 KB": b"p" + struct.pack("!I", 70_000) + b"x" * 70_000,
    "2 GB": b"p" + struct.pack("!I", 0x7FFFFFFF),
    "an unknown type": b"~" + struct.pack("!I", 4),
    "a length of 3": b"p" + struct.pack("!I", 3),
}


@pytest.mark.parametrize("name", INSTEAD_OF_A_PROOF)
def test_instead_of_a_proof(proxy: Inside, name: str) -> None:
    for login in (proxy.small.app, "nobody_knows"):
        wire, _ = after(proxy, login)
        wire.sendall(INSTEAD_OF_A_PROOF[name])
        seen = errors(to_the_end(wire))
        assert len(seen) == 1
        assert seen[0] in (FATAL, ("FATAL", "0A000"), ("FATAL", "28P01"), ("FATAL", "28000"))


def test_a_proof_that_is_broken(proxy: Inside) -> None:
    """Every wrong final message: a FATAL, never a session."""
    nonce = b"r=" + b"a" * 24
    for final in (b"", b"c=biws", b"c=biws,r=x,p=!!", b"c=biws,r=x,p=AAAA", b"c=biws," + nonce + b",p=" + b"A" * 43 + b"=", b"\xff"):
        wire, _ = after(proxy, proxy.small.app)
        wire.sendall(m.SASLInitialResponse(SCRAM_SHA_256, b"n,,n=," + nonce).to_bytes())
        challenge = wire.recv(1 << 16)
        server_nonce = challenge[HEAD_BYTES + 4 :].split(b",")[0]
        assert server_nonce.startswith(nonce)
        wire.sendall(m.SASLResponse(final.replace(nonce, server_nonce)).to_bytes())
        assert errors(to_the_end(wire)) in ([FATAL], [("FATAL", "28P01")])


# --- slow clients, many clients


def test_a_slow_loris_is_closed_at_the_time_limit(impatient: Inside) -> None:
    """Nothing; one byte; half a start-up; a start-up and then nothing: at the limit, not before and not long after."""
    half = startup(b"user", impatient.small.app.encode())[:-4]
    start = time.monotonic()
    wires = [socket.create_connection((impatient.host, impatient.port), 30) for _ in range(4)]
    for wire, data in zip(wires, (b"", b"\0", half, startup(b"user", impatient.small.app.encode())), strict=True):
        wire.sendall(data)
    for wire in wires:
        to_the_end(wire)
        assert SHORT_SECONDS * 0.7 < time.monotonic() - start < SHORT_SECONDS + 10


def test_a_byte_now_and_then_does_not_prolong_it(impatient: Inside) -> None:
    whole = startup(b"user", impatient.small.app.encode(), b"application_name", b"x" * 60)
    start = time.monotonic()
    with socket.create_connection((impatient.host, impatient.port), 30) as wire:
        wire.settimeout(SHORT_SECONDS / 20)
        for number in range(len(whole)):
            try:
                wire.sendall(whole[number : number + 1])
                if wire.recv(1 << 16) == b"":
                    break
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                break
            if time.monotonic() - start > SHORT_SECONDS + 11:
                break
    assert SHORT_SECONDS * 0.7 < time.monotonic() - start < SHORT_SECONDS + 10


def test_too_many_clients(proxy: Inside) -> None:
    """Who comes late hears 53300; those who are in go on."""
    clients = [proxy.raw(proxy.small.app) for _ in range(59)]
    try:
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            proxy.connect(proxy.small.owner)
        for client in (clients[0], clients[-1]):
            client.send(m.Query(b"SELECT 1"))
            assert kinds_of(client.until_ready()) == "TDCZ"
    finally:
        for client in clients:
            client.socket.close()
    eventually(lambda: proxy.sessions() == 1, 30, "sessions are left")


def test_who_only_connects_keeps_nobody_out(proxy: Inside) -> None:
    """Of those that do not log in the oldest go, when there are more than may be in at all."""
    wires = [socket.create_connection((proxy.host, proxy.port), 10) for _ in range(70)]
    try:
        assert errors(to_the_end(wires[0])) == [("FATAL", "53300")]
        with proxy.connect(proxy.small.app) as one:
            assert one.execute("SELECT 1").fetchone() == (1,)
    finally:
        for wire in wires:
            wire.close()
    eventually(lambda: proxy.sessions() == 1, 30, "sessions are left")


# --- encryption requests, newer protocols, cancel


def test_encryption_requests_are_answered_no_and_the_client_goes_on(proxy: Inside) -> None:
    with socket.create_connection((proxy.host, proxy.port), 10) as wire:
        for request in (m.GSSENCRequest(), m.SSLRequest()):
            wire.sendall(request.to_bytes())
            assert wire.recv(16) == b"N"
        wire.sendall(startup(b"user", proxy.small.app.encode()))
        assert wire.recv(1 << 16)[:1] == b"R"
    for mode in ("prefer", "allow"):
        dsn = proxy.dsn(proxy.small.app).replace("sslmode=disable", f"sslmode={mode}")
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="SSL"):
        psycopg.connect(proxy.dsn(proxy.small.app).replace("sslmode=disable", "sslmode=require"))


def test_the_same_encryption_request_again_and_again(proxy: Inside) -> None:
    with socket.create_connection((proxy.host, proxy.port), 10) as wire:
        wire.sendall(m.SSLRequest().to_bytes())
        assert wire.recv(16) == b"N"
        wire.sendall(m.SSLRequest().to_bytes())
        assert errors(to_the_end(wire)) == [FATAL]


@pytest.mark.parametrize(
    ("version", "options", "asks"),
    [((3, 0), {}, False), ((3, 2), {}, False), ((3, 99), {}, True), ((3, 9999), {}, True), ((3, 0), {"_pq_.new": "1"}, True)],
)
def test_newer_protocols_are_negotiated(
    proxy: Inside, version: tuple[int, int], options: dict[str, str], asks: bool
) -> None:
    seen: list[m.NegotiateProtocolVersion] = []

    class Newer(RawClient):
        def send(self, *messages: m.Message | bytes) -> None:
            """The first thing sent is the start-up packet: put our version into it."""
            data = b"".join(one if isinstance(one, bytes) else one.to_bytes() for one in messages)
            if data[4:8] == b"\0\3\0\0":
                data = data[:4] + struct.pack("!HH", *version) + data[8:]
            super().send(data)

        def next(self) -> tuple[int, bytes]:
            kind, body = super().next()
            if kind == m.Backend.NEGOTIATE_PROTOCOL_VERSION:
                seen.append(m.NegotiateProtocolVersion.parse(body))
                return super().next()
            return kind, body

    small = proxy.small
    for login in small.logins:
        seen.clear()
        with Newer(proxy.host, proxy.port, login, role_password(login), small.database.name, **options) as client:
            client.send(m.Query(b"SELECT 1"))
            assert kinds_of(client.until_ready()) == "TDCZ"
        if asks:
            assert seen == [m.NegotiateProtocolVersion(min(version, (3, 2)), tuple(name.encode() for name in options))]
        else:
            assert seen == []


def test_cancel_with_the_right_key_and_with_a_wrong_one(proxy: Inside) -> None:
    for login in proxy.small.logins:
        with proxy.raw(login) as client:
            key = m.BackendKeyData.parse(next(body for kind, body in client.start if kind == "K"))
            wrong = bytes(byte ^ 1 for byte in key.secret_key)
            client.send(m.Query(b"SELECT pg_sleep(0.2)"))
            assert conversation(proxy, m.CancelRequest(key.process_id, wrong).to_bytes()) == b""
            assert conversation(proxy, m.CancelRequest(key.process_id + 1, key.secret_key).to_bytes()) == b""
            assert kinds_of(client.until_ready()) == "TDCZ"
            application = f"cancel-{login}"
            client.send(m.Query(f"SET application_name = '{application}'".encode()))
            client.until_ready()
            client.send(m.Query(b"SELECT pg_sleep(30)"))
            eventually(lambda: any("sleep" in one[2] for one in proxy.small.active(application)), 30, "it does not run")  # noqa: B023
            start = time.monotonic()
            assert conversation(proxy, m.CancelRequest(key.process_id, key.secret_key).to_bytes()) == b""
            frames = client.until_ready()
            assert error_of(frames).sqlstate == "57014"
            assert time.monotonic() - start < 5
            client.send(m.Query(b"SELECT 1"))
            assert kinds_of(client.until_ready()) == "TDCZ"


# --- inside a session


def frame(kind: bytes, body: bytes, length: int | None = None) -> bytes:
    return kind + struct.pack("!I", len(body) + 4 if length is None else length) + body


INSIDE: dict[str, bytes] = {
    "unknown type": frame(b"z", b"hello"),
    "type 0": frame(b"\0", b""),
    "a server's message": frame(b"Z", b"I"),
    "password after login": frame(b"p", b"secret\0"),
    "length 3": frame(b"Q", b"", 3),
    "length 0": frame(b"Q", b"", 0),
    "query of 2 GB": frame(b"Q", b"SELECT 1", 0x7FFFFFFF),
    "query of 4 GB": frame(b"Q", b"SELECT 1", 0xFFFFFFFF),
    "query of 100 MB": frame(b"Q", b"SELECT 1", 100_000_000),
    "sync of 20 KB": frame(b"S", b"x" * 20_000),
    "query without an end": frame(b"Q", b"SELECT 1"),
    "query with more behind its end": frame(b"Q", b"SELECT 1\0SELECT 2\0"),
    "query of nothing": frame(b"Q", b""),
    "parse cut short": frame(b"P", b"\0SELECT 1"),
    "parse that promises types": frame(b"P", b"\0SELECT 1\0" + struct.pack("!hi", 5, 23)),
    "parse with -1 types": frame(b"P", b"\0SELECT 1\0" + struct.pack("!h", -1) + b"xx"),
    "bind that promises values": frame(b"B", b"\0\0" + struct.pack("!hh", 0, 9)),
    "bind with a value beyond its end": frame(b"B", b"\0\0" + struct.pack("!hhi", 0, 1, 1_000) + b"x" + struct.pack("!h", 0)),
    "bind with a length of -2": frame(b"B", b"\0\0" + struct.pack("!hhi", 0, 1, -2) + struct.pack("!h", 0)),
    "bind without names": frame(b"B", b"abc"),
    "bind of nothing": frame(b"B", b""),
    "describe of an X": frame(b"D", b"X\0"),
    "describe of nothing": frame(b"D", b""),
    "close of an X": frame(b"C", b"X\0"),
    "execute cut short": frame(b"E", b"\0\0"),
    "function call cut short": frame(b"F", b"\0\0"),
    "random": bytes([7]) + random.Random(5).randbytes(500),
}
# What only the server can judge, for a caller whose frames pass unopened; the others are closed by the proxy.
SERVERS_OWN = {name for name in INSIDE if name.startswith(("bind", "function call"))}


def answer(client: RawClient) -> list[tuple[str, bytes]]:
    """Frames until ReadyForQuery or the end."""
    seen: list[tuple[str, bytes]] = []
    while not kinds_of(seen).endswith("Z"):
        try:
            kind, body = client.next()
        except (EOFError, ConnectionResetError):
            break
        seen.append((chr(kind), body))
    return seen


@pytest.mark.parametrize("number", [0, 1, 2], ids=["analyst", "app", "owner"])
def test_inside_a_session(proxy: Inside, number: int) -> None:
    """With a statement and a portal there, so that a Bind is read to its end."""
    login = proxy.small.logins[number]
    for name, data in INSIDE.items():
        with proxy.raw(login, application_name="junk") as client:
            client.send(m.Parse(b"", b"SELECT name FROM customers WHERE id = $1", (23,)), m.Sync())
            assert kinds_of(client.until_ready()) == "1Z", name
            start = time.monotonic()
            client.send(data, *([m.Sync()] if name in SERVERS_OWN else []))
            seen = answer(client)
            if kinds_of(seen).endswith("Z"):
                client.send(m.Terminate())
            assert "E" in kinds_of(seen), name
            assert error_of(seen).sqlstate in ("08P01", "22021", "22003", "54000"), name
            if name not in SERVERS_OWN:
                assert error_of(seen).severity == "FATAL", name
                assert error_of(seen).sqlstate == ("54000" if name == "query of 100 MB" else "08P01"), name
                assert kinds_of(seen) == "E", name
            assert time.monotonic() - start < 3, name
    eventually(lambda: not proxy.small.active("junk"), 30, "server processes are left")
    ends = proxy.small.events(kind="disconnect", login=login, application="junk")
    lost = [one for one in ends if one["sqlstate"] in ("08P01", "54000")]
    assert len(lost) >= len(INSIDE) - len(SERVERS_OWN)


@pytest.mark.parametrize("number", [0, 1, 2], ids=["analyst", "app", "owner"])
def test_what_was_asked_before_the_junk_is_ended_in_the_log(proxy: Inside, number: int) -> None:
    login = proxy.small.logins[number]
    with proxy.raw(login, application_name="before-junk") as client:
        client.send(m.Query(b"SELECT pg_sleep(30)"))
        eventually(lambda: any("sleep" in one[2] for one in proxy.small.active("before-junk")), 30, "it does not run")
        client.send(frame(b"z", b""))
        assert error_of(client.to_end()).sqlstate == "08P01"
    eventually(lambda: not proxy.small.active("before-junk"), 30, "the server still sleeps")
    begun = {one["id"] for one in proxy.small.events(kind="accept", login=login, application="before-junk")}
    ended = {one["id"] for one in proxy.small.events(kind="end", login=login, application="before-junk")}
    assert begun
    assert begun == ended


def test_stray_copy_messages_are_ignored_as_by_the_server(proxy: Inside) -> None:
    for login in proxy.small.logins:
        with proxy.raw(login) as client:
            client.send(m.CopyData(b"stray"), m.CopyDone(), m.CopyFail(b"no"), m.Query(b"SELECT 1"))
            assert kinds_of(client.until_ready()) == "TDCZ"


def test_many_junk_sessions_at_once(proxy: Inside) -> None:
    """Forty clients that say half a thing and leave without a word."""
    source = random.Random(11)
    makers: list[Callable[[], bytes]] = [
        lambda: source.randbytes(50),
        lambda: startup(b"user", proxy.small.app.encode()),
        lambda: startup(b"user", proxy.small.app.encode())[:12],
        lambda: m.SSLRequest().to_bytes(),
    ]
    for number in range(40):
        wire = socket.create_connection((proxy.host, proxy.port), 10)
        wire.sendall(makers[number % 4]())
        if number % 2:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leave with a reset
        wire.close()
    eventually(lambda: proxy.sessions() == 1, 30, "sessions are left")
