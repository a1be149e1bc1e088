"""The way in, without sockets."""

from __future__ import annotations

import pytest

from proxy.errors import Refusal, Unavailable
from proxy.session import (
    Authenticated,
    Close,
    ConnectServer,
    ForwardCancel,
    Identified,
    Identify,
    MakePlanner,
    Service,
    StartTls,
    TlsFacts,
)
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramClient, ScramServer, Secret, Verifier
from tests.fakes import FakePlanner
from tests.playbook import PASSWORD, VERIFIER, Playbook, frames

STARTUP = m.StartupMessage((3, 0), {"user": "ana", "database": "shop"})


def fresh(**more: str) -> Playbook:
    return Playbook(FakePlanner(**more), logs_in=False)  # type: ignore[arg-type]


def fatal(book: Playbook) -> m.ErrorResponse:
    said = book.client_hears()
    assert isinstance(said[-1], m.ErrorResponse)
    assert said[-1].severity == "FATAL"
    assert book.session.is_over
    return said[-1]


def prove(book: Playbook, verifier: Verifier | None, role: str | None, password: str = PASSWORD) -> Playbook:
    book.client(STARTUP.to_bytes()).then(Identify("ana", "shop"))
    book.take(book.session.identified(Identified(verifier=verifier, role=role, reason="" if verifier else "why")))
    book.to_client(m.AuthenticationSASL((SCRAM_SHA_256,)))
    scram = ScramClient("", b"nonce", password=password)
    (challenge,) = book.client(m.SASLInitialResponse(SCRAM_SHA_256, scram.first())).client_hears()
    assert isinstance(challenge, m.AuthenticationSASLContinue)
    return book.client(m.SASLResponse(scram.final(challenge.data)))


def test_a_login_asks_for_its_planner_and_then_for_the_server() -> None:
    book = prove(fresh(), VERIFIER, "analyst")
    book.then(Authenticated("ana", True), MakePlanner("ana", "analyst", "shop", STARTUP.parameters))
    book.answer("new_planner", book.planner).then(ConnectServer())
    book.take(book.session.server_connected())
    assert m.parse_startup(book._to_server[4:]) == STARTUP


@pytest.mark.parametrize(
    ("verifier", "role", "password", "sqlstate", "message"),
    [
        (VERIFIER, "analyst", "wrong", "28P01", 'password authentication failed for user "ana"'),
        (VERIFIER, None, "wrong", "28P01", 'password authentication failed for user "ana"'),
        (None, "analyst", PASSWORD, "28P01", 'password authentication failed for user "ana"'),
        (None, None, PASSWORD, "28P01", 'password authentication failed for user "ana"'),
        (VERIFIER, None, PASSWORD, "28000", 'no role of the rules is given to login "ana"'),
    ],
)
def test_who_does_not_get_in(verifier: Verifier | None, role: str | None, password: str, sqlstate: str, message: str) -> None:
    book = prove(fresh(), verifier, role, password)
    error = fatal(book)
    assert (error.sqlstate, (error.get("M") or b"").decode()) == (sqlstate, message)
    book.then(Authenticated("ana", sqlstate == "28000"), Close())
    (event,) = book.events
    assert (event["kind"], event["login"], event["sqlstate"]) == ("login_refused", "ana", sqlstate)
    assert (event["reason"] == "why") is (verifier is None)


@pytest.mark.parametrize(
    "data",
    [
        m.SSLRequest().to_bytes() + STARTUP.to_bytes(),
        m.StartupMessage((3, 0), {"database": "x"}).to_bytes(),
        m.StartupMessage((2, 0), {}).to_bytes(),
    ],
)
def test_junk_is_answered_and_closed(data: bytes) -> None:
    book = fresh().client(data)
    assert fatal(book).sqlstate in ("08P01", "28000", "0A000")


@pytest.mark.parametrize("data", [b"GET / HTTP/1.0\r\n", b"\0\0\0\4", m.Terminate().to_bytes()])
def test_what_is_no_startup_packet_is_closed_without_a_word(data: bytes) -> None:
    """As PostgreSQL does it: a client that left before it began (node-postgres) is not told of an error."""
    book = fresh().client(data).then(Close())
    assert book.client_hears() == []
    assert book.session.is_over
    assert [event["sqlstate"] for event in book.events] == ["08P01"]


def test_encryption_is_declined_once() -> None:
    book = fresh()
    for request in (m.GSSENCRequest(), m.SSLRequest()):
        book.client(request.to_bytes())
    assert book._to_client == b"NN"
    book._to_client = b""
    assert fatal(book.client(m.SSLRequest().to_bytes())).sqlstate == "08P01"


def test_a_newer_protocol_is_negotiated() -> None:
    book = fresh().client(m.StartupMessage((3, 2), {"user": "ana", "_pq_.x": "1"}).to_bytes())
    (answer,) = book.client_hears()
    assert answer == m.NegotiateProtocolVersion((3, 2), (b"_pq_.x",))


def test_a_cancel_request_is_forwarded_as_it_is() -> None:
    cancel = m.CancelRequest(7, b"long secret key of 3.2").to_bytes()
    fresh().client(cancel).then(ForwardCancel(cancel), Close())


def test_what_the_planner_refuses_never_reaches_the_server() -> None:
    book = prove(fresh(), VERIFIER, "analyst").quiet()
    book.planner.startup_refused = ("database",)
    book.answer("new_planner", book.planner).then(Close())
    assert fatal(book).sqlstate == Refusal.default_sqlstate


def test_a_server_that_is_down() -> None:
    book = prove(fresh(), VERIFIER, "analyst").answer("new_planner", fresh().planner)
    error = fatal(book.take(book.session.server_unreachable("refused")))
    assert (error.sqlstate, error.get("M")) == ("08006", b"cannot reach the PostgreSQL server")
    assert "refused" in book.events[-1]["reason"]


@pytest.mark.parametrize(
    "said",
    [
        m.AuthenticationCleartextPassword(),
        m.AuthenticationMD5Password(b"salt"),
        m.AuthenticationSASL((b"OTHER",)),
        m.AuthenticationSASLContinue(b"r=x"),
        m.DataRow(()),
    ],
)
def test_a_server_that_wants_something_else(said: m.Message) -> None:
    book = prove(fresh(), VERIFIER, "analyst").answer("new_planner", fresh().planner)
    book.take(book.session.server_connected())
    book._to_server = b""
    assert fatal(book.server(said)).sqlstate in ("28000", "08006", "08P01")
    book.to_server(m.Terminate())


def test_the_servers_own_refusal_passes() -> None:
    book = prove(fresh(), VERIFIER, "analyst").answer("new_planner", fresh().planner)
    book.take(book.session.server_connected())
    error = m.error_response("FATAL", "53300", "sorry")
    book.quiet().server(error).to_client(error).then(Close())
    assert book.events[-1]["sqlstate"] == "53300"


@pytest.mark.parametrize("call", ["client_lost", "server_lost"])
def test_a_peer_that_leaves_early(call: str) -> None:
    book = prove(fresh(), VERIFIER, "analyst").answer("new_planner", fresh().planner).answer(call)
    assert book.session.is_over
    assert Close() in book.other
    assert book.answer("fail", Unavailable("late")).session.is_over


# --- TLS, certificates, and logins of the proxy's own

BINDING = b"\x01" * 32


def over_tls(facts: TlsFacts) -> Playbook:
    book = Playbook(FakePlanner(), logs_in=False, offers_tls=True)
    book.client(m.SSLRequest().to_bytes())
    assert book._to_client == b"S"
    book._to_client = b""
    book.then(StartTls())
    return book.take(book.session.tls_started(facts))


def ready(book: Playbook) -> m.StartupMessage:
    """The planner and the server come; what the server is told."""
    book.answer("new_planner", book.planner).then(ConnectServer())
    book.take(book.session.server_connected())
    told, book._to_server = book._to_server, b""
    packet = m.parse_startup(told[4:])
    assert isinstance(packet, m.StartupMessage)
    return packet


@pytest.mark.parametrize("binds", [True, False])
def test_a_login_over_tls_may_bind_to_the_certificate(binds: bool) -> None:
    book = over_tls(TlsFacts(BINDING)).client(STARTUP.to_bytes()).then(Identify("ana", "shop", True))
    book.take(book.session.identified(Identified(verifier=VERIFIER, role="analyst")))
    book.to_client(m.AuthenticationSASL((SCRAM_SHA_256_PLUS, SCRAM_SHA_256)))
    scram = ScramClient("", b"nonce", password=PASSWORD, binding=BINDING if binds else b"")
    mechanism = SCRAM_SHA_256_PLUS if binds else SCRAM_SHA_256
    (challenge,) = book.client(m.SASLInitialResponse(mechanism, scram.first())).client_hears()
    assert isinstance(challenge, m.AuthenticationSASLContinue)
    (last,) = book.client(m.SASLResponse(scram.final(challenge.data))).client_hears()
    assert isinstance(last, m.AuthenticationSASLFinal)
    scram.finish(last.data)


@pytest.mark.parametrize(
    ("mechanism", "first"),
    [
        (SCRAM_SHA_256_PLUS, b"n,,n=,r=nonce"),
        (SCRAM_SHA_256, b"p=tls-server-end-point,,n=,r=nonce"),
        (SCRAM_SHA_256_PLUS, b"p=tls-unique,,n=,r=nonce"),
        (SCRAM_SHA_256, b"y,,n=,r=nonce"),  # somebody in between took the offer away
    ],
)
def test_a_binding_that_does_not_fit_ends_the_session(mechanism: bytes, first: bytes) -> None:
    book = over_tls(TlsFacts(BINDING)).client(STARTUP.to_bytes()).then(Identify("ana", "shop", True))
    book.take(book.session.identified(Identified(verifier=VERIFIER, role="analyst"))).client_hears()
    assert fatal(book.client(m.SASLInitialResponse(mechanism, first))).sqlstate in ("08P01", "28000")


def test_bound_to_another_certificate_the_proof_is_wrong() -> None:
    book = over_tls(TlsFacts(BINDING)).client(STARTUP.to_bytes()).then(Identify("ana", "shop", True))
    book.take(book.session.identified(Identified(verifier=VERIFIER, role="analyst"))).client_hears()
    scram = ScramClient("", b"nonce", password=PASSWORD, binding=b"\x02" * 32)
    (challenge,) = book.client(m.SASLInitialResponse(SCRAM_SHA_256_PLUS, scram.first())).client_hears()
    assert isinstance(challenge, m.AuthenticationSASLContinue)
    assert fatal(book.client(m.SASLResponse(scram.final(challenge.data)))).sqlstate == "08P01"


def test_tls_is_asked_for_once_and_not_inside_tls() -> None:
    assert fatal(over_tls(TlsFacts()).client(m.SSLRequest().to_bytes())).sqlstate == "08P01"


def test_a_certificate_is_enough_where_the_role_has_a_service() -> None:
    service = Service("maskgate_svc", Secret("svc"), "analyst_ro", '"shop"')
    book = over_tls(TlsFacts(BINDING, ("ana",))).client(STARTUP.to_bytes()).then(Identify("ana", "shop", True, ("ana",)))
    book.take(book.session.identified(Identified("cert", role="analyst", service=service)))
    book.then(MakePlanner("ana", "analyst", "shop", STARTUP.parameters))
    assert ready(book).parameters == {
        "user": "maskgate_svc", "database": "shop", "application_name": "ana/", "role": "analyst_ro", "search_path": '"shop"',
    }  # fmt: skip
    upstream = ScramServer(Verifier.make("svc", b"salt"), b"server")
    data = m.SASLInitialResponse.parse(sent(book.server(m.AuthenticationSASL((SCRAM_SHA_256,))))).data
    assert data is not None
    proof = sent(book.server(m.AuthenticationSASLContinue(upstream.first(data))))
    book.server(m.AuthenticationSASLFinal(upstream.final(m.SASLResponse.parse(proof).data)))
    book.server(m.AuthenticationOk()).to_client(m.AuthenticationOk())


def sent(book: Playbook) -> bytes:
    """The body of the one message the server was sent."""
    (frame,) = frames(book._to_server, "client")
    book._to_server = b""
    return frame[1]


def test_a_client_says_nothing_of_whose_service_it_is() -> None:
    """Settings have no case, and the server takes the later of two."""
    asked = {"user": "ana", "database": "shop", "role": "x", "application_name": "a", "ROLE": "owner", "Application_Name": "b"}
    book = fresh().client(m.StartupMessage((3, 0), {**asked, "Session_Authorization": "y", "TimeZone": "UTC"}).to_bytes())
    book.then(Identify("ana", "shop"))
    book.take(book.session.identified(Identified("trust", role="app", service=Service("svc", Secret("x"), "app_rw"))))
    book.other.clear()
    assert ready(book).parameters == {
        "user": "svc", "database": "shop", "TimeZone": "UTC", "application_name": "ana/b", "role": "app_rw",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["cert", "trust"])
def test_without_a_password_nobody_becomes_the_same_user(method: str) -> None:
    book = fresh().client(STARTUP.to_bytes()).then(Identify("ana", "shop"))
    book.take(book.session.identified(Identified(method, role="analyst")))  # type: ignore[arg-type]
    assert fatal(book).sqlstate == "28000"


def test_a_certificate_of_somebody_else() -> None:
    book = fresh().client(STARTUP.to_bytes()).then(Identify("ana", "shop"))
    book.take(book.session.identified(Identified("cert", role="analyst", reason="names somebody else")))
    error = fatal(book)
    assert (error.sqlstate, error.get("M")) == ("28000", b'certificate authentication failed for user "ana"')
    assert book.events[-1]["reason"] == "names somebody else"


def test_where_no_entry_fits_nobody_comes_in() -> None:
    book = fresh().client(STARTUP.to_bytes()).then(Identify("ana", "shop"))
    book.take(book.session.identified(Identified("reject", reason="no entry of `access` fits")))
    error = fatal(book)
    assert error.sqlstate == "28000"
    assert b"without TLS" in (error.get("M") or b"")


def test_a_server_of_an_older_protocol_does_not_matter() -> None:
    book = fresh().client(m.StartupMessage((3, 2), {"user": "ana", "database": "shop"}).to_bytes()).then(Identify("ana", "shop"))
    book.take(book.session.identified(Identified("trust", role="analyst", service=Service("svc", Secret("x")))))
    book.then(MakePlanner("ana", "analyst", "shop", STARTUP.parameters))
    assert ready(book).protocol == (3, 2)
    book.server(m.NegotiateProtocolVersion((3, 0)), m.AuthenticationOk(), m.BackendKeyData(7, b"long" * 16))
    assert [type(one) for one in book.client_hears()] == [m.AuthenticationOk, m.BackendKeyData]
