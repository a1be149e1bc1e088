"""SCRAM by the vector of RFC 7677, PostgreSQL's own hashes, and everything a peer may get wrong."""

from __future__ import annotations

import base64

import pytest

from proxy.errors import AuthError, ProtocolError
from proxy.wire.auth import (
    ScramClient,
    ScramServer,
    Verifier,
    cleartext_password,
    derive_keys,
    make_nonce,
    md5_password,
    mock_verifier,
    saslprep,
)

# RFC 7677, section 3
CLIENT_NONCE, SERVER_NONCE = b"rOprNGfwEbeRWgbNEkqO", b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
VERIFIER = Verifier.make("pencil", SALT)


def server(verifier: Verifier = VERIFIER, login: str | None = None) -> ScramServer:
    return ScramServer(verifier, SERVER_NONCE, login)


def test_rfc_7677() -> None:
    client, ours = ScramClient("user", CLIENT_NONCE, password="pencil"), server()
    assert client.first() == CLIENT_FIRST
    assert ours.first(CLIENT_FIRST) == SERVER_FIRST
    assert client.final(SERVER_FIRST) == CLIENT_FINAL
    assert ours.final(CLIENT_FINAL) == SERVER_FINAL
    client.finish(SERVER_FINAL)
    assert ours.client_key == derive_keys("pencil", SALT, 4096)[0]
    assert client.keys == (ours.client_key, VERIFIER.server_key)
    assert (client.salt, client.iterations) == (SALT, 4096)


def test_log_in_with_a_recovered_key() -> None:
    inside = server()
    inside.first(CLIENT_FIRST)
    inside.final(CLIENT_FINAL)
    client = ScramClient("", b"abc", client_key=inside.client_key, server_key=VERIFIER.server_key)
    outside = ScramServer(VERIFIER, b"xyz")
    client.finish(outside.final(client.final(outside.first(client.first()))))
    assert outside.client_key == inside.client_key


def test_a_key_without_the_servers_must_be_told_to_trust() -> None:
    key = derive_keys("pencil", SALT, 4096)[0]
    for trust in (False, True):
        client = ScramClient("", CLIENT_NONCE, client_key=key, trust_server=trust)
        ours = server()
        last = ours.final(client.final(ours.first(client.first())))
        if trust:
            client.finish(last)
            assert client.keys == (key, None)
        else:
            with pytest.raises(AuthError, match="cannot be checked"):
                client.finish(last)


def test_a_wrong_password() -> None:
    client, ours = ScramClient("", CLIENT_NONCE, password="pen"), server(login="ana")
    answer = client.final(ours.first(client.first()))
    with pytest.raises(AuthError, match='password authentication failed for user "ana"') as caught:
        ours.final(answer)
    assert caught.value.sqlstate == "28P01"
    with pytest.raises(AuthError, match="not finished"):
        ours.client_key  # noqa: B018
    with pytest.raises(ProtocolError):  # one try an exchange
        ours.final(CLIENT_FINAL)


def test_an_unknown_login_looks_like_a_wrong_password() -> None:
    mock = mock_verifier("eve", b"s" * 32)
    assert mock == mock_verifier("eve", b"s" * 32)
    assert mock.salt != mock_verifier("eva", b"s" * 32).salt
    assert (len(mock.salt), mock.iterations) == (16, VERIFIER.iterations)
    client, ours = ScramClient("", CLIENT_NONCE, password="pencil"), server(mock)
    with pytest.raises(AuthError, match=r"^password authentication failed$"):
        ours.final(client.final(ours.first(client.first())))


def test_a_mock_never_lets_anyone_in() -> None:
    mock = Verifier(4096, SALT, VERIFIER.stored_key, VERIFIER.server_key, is_mock=True)
    ours = server(mock)
    ours.first(CLIENT_FIRST)
    with pytest.raises(AuthError):
        ours.final(CLIENT_FINAL)


@pytest.mark.parametrize(
    ("client_first", "sqlstate"),
    [
        (b"", "08P01"),
        (b"n,", "08P01"),
        (b"p=tls-server-end-point,,n=,r=abc", "08P01"),
        (b"x,,n=,r=abc", "08P01"),
        (b"n,a=boss,n=,r=abc", "0A000"),
        (b"n,,m=ext,n=,r=abc", "0A000"),
        (b"n,,n=user", "08P01"),
        (b"n,,r=abc,n=user", "08P01"),
        (b"n,,n=,r=", "08P01"),
        (b"n,,n=,r=a\x7f", "08P01"),
        (b"n,,n=,r=\xff\xfe", "08P01"),
    ],
)
def test_malformed_client_first(client_first: bytes, sqlstate: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        server().first(client_first)
    assert caught.value.sqlstate == sqlstate


NONCE = CLIENT_NONCE + SERVER_NONCE
PROOF = CLIENT_FINAL.rpartition(b"p=")[2]


@pytest.mark.parametrize(
    "client_final",
    [
        b"",
        b"p=" + PROOF,
        b"c=biws,r=" + NONCE,
        b"c=biws,r=" + NONCE + b",p=!!!!",
        b"c=biws,r=" + NONCE + b",p=\xff",
        b"c=biws,r=" + NONCE + b",p=AAAA",
        b"c=eSws,r=" + NONCE + b",p=" + PROOF,  # 'y' where the first message said 'n'
        b"c=biws,r=" + NONCE + b"x,p=" + PROOF,
        b"r=" + NONCE + b",c=biws,p=" + PROOF,
        CLIENT_FINAL + b",x=1",
    ],
)
def test_malformed_client_final(client_final: bytes) -> None:
    ours = server()
    ours.first(CLIENT_FIRST)
    with pytest.raises(ProtocolError):
        ours.final(client_final)


def test_a_client_that_knows_channel_binding() -> None:
    """It may say 'y' (we do not offer it), and must then say so again in its last message."""
    ours = server()
    ours.first(b"y,,n=,r=abc")
    nonce = b"abc" + SERVER_NONCE
    with pytest.raises(AuthError):
        ours.final(b"c=eSws,r=" + nonce + b",p=" + PROOF)


def test_extensions_are_ignored() -> None:
    ours = server()
    assert ours.first(CLIENT_FIRST + b",x=1").startswith(b"r=" + NONCE)
    with pytest.raises(AuthError):
        ours.final(b"c=biws,r=" + NONCE + b",x=1,p=" + PROOF)


def test_last_message_first() -> None:
    with pytest.raises(ProtocolError):
        server().final(CLIENT_FINAL)
    with pytest.raises(ProtocolError):
        ScramClient("", CLIENT_NONCE, password="p").finish(SERVER_FINAL)


@pytest.mark.parametrize(
    "server_first",
    [
        b"",
        b"r=" + NONCE,
        b"r=other,s=QUJD,i=4096",
        b"r=" + CLIENT_NONCE + b",s=QUJD,i=4096",  # the server added nothing
        b"r=" + NONCE + b"\x01,s=QUJD,i=4096",
        b"r=" + NONCE + b",s=,i=4096",
        b"r=" + NONCE + b",s=?,i=4096",
        b"r=" + NONCE + b",s=QUJD,i=0",
        b"r=" + NONCE + b",s=QUJD,i=-1",
        b"r=" + NONCE + b",s=QUJD,i=",
        b"r=" + NONCE + b",s=QUJD,i=2000000",
        b"r=" + NONCE + b",s=QUJD,i=" + b"9" * 5000,
    ],
)
def test_malformed_server_first(server_first: bytes) -> None:
    with pytest.raises(ProtocolError):
        ScramClient("", CLIENT_NONCE, password="p").final(server_first)


@pytest.mark.parametrize(
    ("server_final", "error"),
    [
        (b"v=" + base64.b64encode(bytes(32)), AuthError),
        (b"e=other-error", AuthError),
        (b"x=1", ProtocolError),
        (b"", ProtocolError),
        (b"v=?", ProtocolError),
    ],
)
def test_a_server_that_does_not_know_the_password(server_final: bytes, error: type[Exception]) -> None:
    client = ScramClient("user", CLIENT_NONCE, password="pencil")
    client.final(SERVER_FIRST)
    with pytest.raises(error):
        client.finish(server_final)
    with pytest.raises(AuthError):
        client.keys  # noqa: B018


def test_a_client_needs_one_secret() -> None:
    for extra in ({}, {"password": "p", "client_key": bytes(32)}, {"client_key": b"short"}):
        with pytest.raises(AuthError):
            ScramClient("", CLIENT_NONCE, **extra)


def test_a_nonce_is_printable() -> None:
    assert make_nonce(bytes(18)) == b"A" * 24
    for nonce in (b"", b"a,b", b"a b"):
        with pytest.raises(ProtocolError):
            ScramServer(VERIFIER, nonce)


def test_names_are_escaped() -> None:
    assert ScramClient("a=b,c", b"abc", password="p").first() == b"n,,n=a=3Db=2Cc,r=abc"


def test_verifier_text() -> None:
    text = VERIFIER.to_text()
    assert text.startswith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")
    assert Verifier.parse(text) == VERIFIER
    for part in (SALT, VERIFIER.stored_key, VERIFIER.server_key):
        assert repr(part) not in repr(VERIFIER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "md5" + "0" * 32,
        "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA",
        "SCRAM-SHA-256$4096:AAA$AAAA:AAAA",
        VERIFIER.to_text().replace("4096", "0"),
        VERIFIER.to_text() + " ",
    ],
)
def test_malformed_verifier(text: str) -> None:
    with pytest.raises(AuthError, match="not a SCRAM-SHA-256 verifier") as caught:
        Verifier.parse(text)
    assert caught.value.sqlstate == "28000"


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        ("", ""),
        ("pencil", "pencil"),
        ("a\x01b", "a\x01b"),  # ASCII is left alone
        ("I\u00adX", "IX"),  # mapped to nothing
        ("a\u00a0b", "a b"),  # a space of another kind
        ("\u2168", "IX"),  # NFKC
        ("\u00aa", "a"),
        ("密码", "密码"),
        ("\u00ad", "\u00ad"),  # nothing would be left: the raw bytes
        ("é\x07", "é\x07"),  # prohibited
        ("\u0627\u0031", "\u0627\u0031"),  # right to left, but does not end so
        ("\u0627\u0031\u0628", "\u0627\u0031\u0628"),
        ("\u0627a\u0628", "\u0627a\u0628"),  # both directions
        ("\u2168\U0001f600", "\u2168\U0001f600"),  # not in Unicode 3.2
    ],
)
def test_saslprep(password: str, prepared: str) -> None:
    assert saslprep(password) == prepared.encode()


def test_older_passwords() -> None:
    assert cleartext_password("密码").password == "密码".encode()
    # PostgreSQL 18: SELECT 'md5' || md5(convert_to(md5('secretana'), 'UTF8') || '\x01020304'::bytea)
    answer = md5_password("secret", "ana", b"\x01\x02\x03\x04")
    assert answer.password == b"md58f8b530763ed9afcdb2cb65189075c56"
    with pytest.raises(AuthError):
        cleartext_password("a\0b")
