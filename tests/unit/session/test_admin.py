"""The proxy's own database, without sockets."""

from __future__ import annotations

import pytest

from proxy.errors import Unavailable
from proxy.session import Administer, Authenticated, Close, Identified, Identify, Table
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient
from tests.fakes import FakePlanner
from tests.playbook import PASSWORD, READY, VERIFIER, Playbook


def entered(*, is_admin: bool = True, role: str | None = None) -> Playbook:
    book = Playbook(FakePlanner(), logs_in=False)
    book.client(m.StartupMessage((3, 0), {"user": "dba", "database": "maskgate"}).to_bytes()).then(Identify("dba", "maskgate"))
    book.take(book.session.identified(Identified(verifier=VERIFIER, role=role, is_admin=is_admin))).client_hears()
    scram = ScramClient("", b"nonce", password=PASSWORD)
    (challenge,) = book.client(m.SASLInitialResponse(SCRAM_SHA_256, scram.first())).client_hears()
    assert isinstance(challenge, m.AuthenticationSASLContinue)
    return book.client(m.SASLResponse(scram.final(challenge.data)))


def test_an_admin_comes_in_without_a_role_and_without_a_server() -> None:
    book = entered().then(Authenticated("dba", True))
    said = book.client_hears()
    assert [type(one) for one in said[:2]] == [m.AuthenticationSASLFinal, m.AuthenticationOk]
    assert said[-1] == READY
    assert m.ParameterStatus(b"client_encoding", b"UTF8") in said
    assert book.session.is_idle
    assert (book.session.state, book.events[0]["kind"], book.events[0]["login"]) == ("admin", "connect", "dba")


def test_somebody_else_does_not() -> None:
    book = entered(is_admin=False, role="analyst").then(Authenticated("dba", True), Close())
    error = book.client_hears()[-1]
    assert isinstance(error, m.ErrorResponse)
    assert (error.sqlstate, error.severity) == ("28000", "FATAL")


def inside() -> Playbook:
    return entered().then(Authenticated("dba", True)).quiet()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"SHOW CLIENTS", Administer("show clients")),
        (b" show\nStats ; ", Administer("show stats")),
        (b"RELOAD;", Administer("reload")),
        (b"drain", Administer("drain")),
        (b"KILL '0123456789abcdef'", Administer("kill", "0123456789abcdef")),
    ],
)
def test_a_command_is_recorded_and_then_carried_out(text: bytes, wanted: Administer) -> None:
    book = inside().client(m.Query(text)).then(wanted)
    assert book.events[-1]["kind"] == "admin"
    assert book.events[-1]["command"] == f"{wanted.word} {wanted.argument}".strip()
    assert not book.session.is_idle
    book.client(m.Query(b"SHOW VERSION"))  # it waits for its turn
    assert book.client_hears() == []
    book.take(book.session.administered("DONE"))
    book.to_client(m.CommandComplete(b"DONE"), READY).then(Administer("show version"))


def test_a_table_has_texts_and_numbers() -> None:
    book = inside().client(m.Query(b"SHOW CLIENTS")).then(Administer("show clients"))
    book.take(book.session.administered(Table(("who", "n"), (("ana", 1), (None, 22)))))
    shape, first, second, tag, ready = book.client_hears()
    assert isinstance(shape, m.RowDescription)
    assert [(one.name, one.type_oid) for one in shape.fields] == [(b"who", 25), (b"n", 20)]
    assert (first, second) == (m.DataRow((b"ana", b"1")), m.DataRow((None, b"22")))
    assert (tag, ready) == (m.CommandComplete(b"SHOW"), READY)


def test_what_cannot_be_done_is_said() -> None:
    book = inside().client(m.Query(b"RELOAD")).then(Administer("reload"))
    error, ready = book.take(book.session.administered(Unavailable("a mistake"))).client_hears()
    assert isinstance(error, m.ErrorResponse)
    assert (error.severity, error.get("M"), ready) == ("ERROR", b"a mistake", READY)


@pytest.mark.parametrize("text", [b"SELECT 1", b"SHOW", b"SHOW TABLES", b"KILL", b"KILL 'x; DROP'", b"RELOAD; DRAIN", b"\xff"])
def test_other_words(text: bytes) -> None:
    book = inside()
    error, ready = book.client(m.Query(text)).client_hears()
    assert isinstance(error, m.ErrorResponse)
    assert (error.sqlstate, ready, book.events[-1]["kind"]) == ("42601", READY, "refuse")


def test_an_empty_query() -> None:
    inside().client(m.Query(b" ; ")).to_client(m.EmptyQueryResponse(), READY)


def test_the_extended_protocol_is_refused_once_until_sync() -> None:
    book = inside()
    said = book.client(m.Parse(b"", b"SHOW CLIENTS"), m.Bind(b"", b""), m.Execute(b""), m.Flush(), m.Sync()).client_hears()
    assert [type(one) for one in said] == [m.ErrorResponse, m.ReadyForQuery]
    book.client(m.Query(b"SHOW HELP")).then(Administer("show help"))


def test_goodbye_and_junk() -> None:
    book = inside().client(m.Terminate()).then(Close())
    assert book.events[-1]["kind"] == "disconnect"
    assert book.session.is_over
    book = inside().client(m.CopyDone())
    error = book.client_hears()[-1]
    assert isinstance(error, m.ErrorResponse)
    assert (error.sqlstate, error.severity) == ("08P01", "FATAL")
    assert book.session.is_over


def test_a_client_that_is_gone() -> None:
    book = inside()
    book.take(book.session.client_lost(0.0)).then(Close())
    assert book.session.administered("LATE") == []
