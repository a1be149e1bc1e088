"""SCRAM-SHA-256 as server and as client, without I/O, and the older password answers.

Promise: a proof or signature that is not right raises `AuthError`, a malformed message `ProtocolError`; nothing returns
False. Randomness comes in as an argument. Comparisons take constant time, and no password or key is in a `repr` or a
message. (RFC 5802, RFC 7677; PostgreSQL 18, 54.3.)

    client                                   server
    ScramClient(login, nonce, password=…)    ScramServer(verifier, nonce)
    .first()  ------ SASLInitialResponse -->  .first(data)
    .final(…) <----- SASLContinue ----------
              ------ SASLResponse --------->  .final(data)   then .client_key
    .finish(…) <---- SASLFinal -------------

The ClientKey that a proof gives away to the server is enough to log in elsewhere under the same verifier: it is how the
proxy logs in to PostgreSQL as the client without knowing the password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import stringprep
import unicodedata
from dataclasses import dataclass, field
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256, Hash

from proxy.errors import AuthError, ProtocolError
from proxy.wire.messages import PasswordMessage

SCRAM_SHA_256 = b"SCRAM-SHA-256"
SCRAM_SHA_256_PLUS = b"SCRAM-SHA-256-PLUS"
DEFAULT_ITERATIONS = 4096  # PostgreSQL's scram_iterations
# A server we log in to may ask for so many and no more: about a third of a second. PostgreSQL's own default is 4,096.
MAX_ITERATIONS = 1_000_000

_KEY_BYTES = 32
_PRINTABLE = re.compile(rb"[\x21-\x2b\x2d-\x7e]+")  # RFC 5802 `printable`: no comma
_VERIFIER = re.compile(r"SCRAM-SHA-256\$([0-9]{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")


# ---------------------------------------------------------------------------------------------------------------------
# Passwords


def saslprep(password: str) -> bytes:
    """The password as PostgreSQL hashes it: SASLprep (RFC 4013), or the raw bytes where SASLprep would refuse it.

    As pg_saslprep does, ASCII passes untouched, and prohibited characters are looked for before normalization.
    """
    raw = password.encode("utf-8", "surrogatepass")
    if password.isascii():
        return raw
    mapped = "".join(
        " " if stringprep.in_table_c12(c) else c
        for c in password
        if stringprep.in_table_c12(c) or not stringprep.in_table_b1(c)
    )
    if not mapped or any(_is_prohibited(c) for c in mapped) or not _has_one_direction(mapped):
        return raw
    return unicodedata.normalize("NFKC", mapped).encode()


def _is_prohibited(c: str) -> bool:
    return (
        stringprep.in_table_c21_c22(c)
        or stringprep.in_table_c3(c)
        or stringprep.in_table_c4(c)
        or stringprep.in_table_c5(c)
        or stringprep.in_table_c6(c)
        or stringprep.in_table_c7(c)
        or stringprep.in_table_c8(c)
        or stringprep.in_table_c9(c)
        or stringprep.in_table_a1(c)  # not assigned in Unicode 3.2
    )


def _has_one_direction(text: str) -> bool:
    """RFC 3454, section 6: right-to-left text begins and ends so, and holds no left-to-right character."""
    if not any(stringprep.in_table_d1(c) for c in text):
        return True
    return (
        stringprep.in_table_d1(text[0])
        and stringprep.in_table_d1(text[-1])
        and not any(stringprep.in_table_d2(c) for c in text)
    )


def cleartext_password(password: str) -> PasswordMessage:
    """The answer to AuthenticationCleartextPassword. Send it over TLS only."""
    return PasswordMessage(_raw_password(password))


def md5_password(password: str, login: str, salt: bytes) -> PasswordMessage:
    """The answer to AuthenticationMD5Password (54.2.1): 'md5' + md5(md5(password + login) + salt)."""
    inner = _md5(_raw_password(password) + login.encode())
    return PasswordMessage(b"md5" + _md5(inner + salt))


def _raw_password(password: str) -> bytes:
    raw = password.encode("utf-8", "surrogatepass")
    if b"\0" in raw:
        raise AuthError("a password cannot hold a NUL character")
    return raw


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()


# ---------------------------------------------------------------------------------------------------------------------
# Verifier


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def derive_keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """(ClientKey, ServerKey). Takes milliseconds by design (PBKDF2); releases the interpreter lock meanwhile."""
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password), salt, iterations)
    return _hmac(salted, b"Client Key"), _hmac(salted, b"Server Key")


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a server keeps of a password (pg_authid.rolpassword). With it one can check a proof, not make one.

    `is_mock`: it stands for a login that does not exist; every proof fails.
    """

    iterations: int
    salt: bytes = field(repr=False)
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    is_mock: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. Raises AuthError (28000)."""
        match = _VERIFIER.fullmatch(text)
        try:
            if match is None:
                raise binascii.Error
            salt, stored_key, server_key = (base64.b64decode(match[i], validate=True) for i in (2, 3, 4))
        except binascii.Error:
            raise AuthError("not a SCRAM-SHA-256 verifier", sqlstate="28000") from None
        iterations = int(match[1])
        if iterations < 1 or not salt or len(stored_key) != _KEY_BYTES or len(server_key) != _KEY_BYTES:
            raise AuthError("not a SCRAM-SHA-256 verifier", sqlstate="28000")
        return cls(iterations, salt, stored_key, server_key)

    @classmethod
    def make(cls, password: str, salt: bytes, iterations: int = DEFAULT_ITERATIONS) -> Self:
        """Hash a password; PostgreSQL takes 16 random bytes of salt."""
        client_key, server_key = derive_keys(password, salt, iterations)
        return cls(iterations, salt, _h(client_key), server_key)

    def to_text(self) -> str:
        """The form `parse` reads and PostgreSQL stores. A secret: whoever holds it can pose as the server."""
        salt, stored_key, server_key = (_b64(part).decode() for part in (self.salt, self.stored_key, self.server_key))
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored_key}:{server_key}"


def mock_verifier(login: str, secret: bytes, iterations: int = DEFAULT_ITERATIONS) -> Verifier:
    """The verifier of an unknown login: the same salt each time it is tried, and no password that fits.

    `secret` is 32 random bytes that live as long as the real verifiers do; `iterations` should be what those have.
    """
    seed = _hmac(secret, login.encode("utf-8", "surrogatepass"))
    stored_key, server_key = _hmac(seed, b"stored key"), _hmac(seed, b"server key")
    return Verifier(iterations, _hmac(seed, b"salt")[:16], stored_key, server_key, is_mock=True)


# ---------------------------------------------------------------------------------------------------------------------
# Messages


def make_nonce(random: bytes) -> bytes:
    """Random bytes (PostgreSQL takes 18) as SCRAM writes a nonce."""
    return _b64(random)


def _b64(data: bytes) -> bytes:
    return base64.b64encode(data)


def _malformed(what: str) -> ProtocolError:
    return ProtocolError(f"malformed SCRAM message: {what}")


def _unb64(text: bytes, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _malformed(f"{what} is not base64") from None


def _printable(text: bytes, what: str) -> bytes:
    if not _PRINTABLE.fullmatch(text):
        raise _malformed(f"non-printable characters in {what}")
    return text


def _attributes(message: bytes, letters: bytes) -> list[bytes]:
    """The attributes that must come first, in this order; extensions after them are ignored (RFC 5802, 5.1)."""
    parts = message.split(b",")
    if len(parts) < len(letters):
        raise _malformed("attributes are missing")
    values: list[bytes] = []
    for part, letter in zip(parts, letters, strict=False):
        if part[:2] != bytes((letter, 0x3D)):
            raise _malformed(f"attribute {chr(letter)} expected")
        values.append(part[2:])
    return values


# ---------------------------------------------------------------------------------------------------------------------
# Channel binding

_END_POINT = b"p=tls-server-end-point"


def end_point_binding(certificate: bytes) -> bytes:
    """tls-server-end-point of a certificate in DER (RFC 5929, 4.1): its hash, MD5 and SHA-1 taken as SHA-256.

    b'' where the certificate's signature has no one hash (Ed25519): then channel binding is not offered, as PostgreSQL does.
    """
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return b""
    if algorithm is None:
        return b""
    digest = Hash(SHA256() if isinstance(algorithm, MD5 | SHA1) else algorithm)
    digest.update(certificate)
    return digest.finalize()


# ---------------------------------------------------------------------------------------------------------------------
# Server


class ScramServer:
    """One exchange as the server. `nonce`: see make_nonce. `login` is for the error's text only.

    The name inside the client's message is ignored, as PostgreSQL does: the start-up packet said who it is. `binding`
    (`end_point_binding` of our certificate) is what SCRAM-SHA-256-PLUS binds to, when that was offered (b'': it was not);
    `is_plus`: the client chose it. One that could have bound and says 'y', it thinks we cannot, was lied to on its way.
    """

    def __init__(
        self, verifier: Verifier, nonce: bytes, login: str | None = None, *, binding: bytes = b"", is_plus: bool = False
    ) -> None:
        self._verifier = verifier
        self._nonce = _printable(nonce, "nonce")
        self._login = login
        self._binding = binding
        self._is_plus = is_plus
        self._gs2_header = b""
        self._auth_message = b""  # its first two parts until final() adds the third
        self._client_key: bytes | None = None

    @property
    def is_plus(self) -> bool:
        """Whether the exchange is bound to the certificate."""
        return self._is_plus

    @property
    def client_key(self) -> bytes:
        """The ClientKey the proof gave away. Raises AuthError unless `final` succeeded."""
        if self._client_key is None:
            raise AuthError("SCRAM authentication is not finished")
        return self._client_key

    def first(self, client_first: bytes) -> bytes:
        """client-first-message -> server-first-message. Raises ProtocolError."""
        parts = client_first.split(b",", 2)
        if len(parts) != 3:
            raise _malformed("no GS2 header")
        binding, authzid, bare = parts
        if binding[:2] == b"p=":
            if not self._binding:
                raise ProtocolError("client requires SCRAM channel binding, but it is not supported")
            if not self._is_plus:
                raise _malformed("channel binding with a mechanism that has none")
            if binding != _END_POINT:
                raise ProtocolError("unsupported SCRAM channel-binding type")
        elif binding not in (b"n", b"y"):
            raise _malformed("unexpected channel-binding flag")
        elif self._is_plus:
            raise _malformed("a mechanism with channel binding, but no binding data")
        elif binding == b"y" and self._binding:
            raise AuthError("the client thinks that channel binding is not supported here, but it is", sqlstate="28000")
        if authzid:
            raise ProtocolError("client uses authorization identity, but it is not supported", sqlstate="0A000")
        if bare[:2] == b"m=":
            raise ProtocolError("client requires an unsupported SCRAM extension", sqlstate="0A000")
        _name, client_nonce = _attributes(bare, b"nr")
        self._nonce = _printable(client_nonce, "nonce") + self._nonce
        self._gs2_header = binding + b",,"
        salt = _b64(self._verifier.salt)
        server_first = b"r=%b,s=%b,i=%d" % (self._nonce, salt, self._verifier.iterations)
        self._auth_message = bare + b"," + server_first
        return server_first

    def final(self, client_final: bytes) -> bytes:
        """client-final-message -> server-final-message. Raises AuthError (28P01) on a wrong proof, or ProtocolError."""
        if not self._auth_message:
            raise _malformed("the first message is missing")
        without_proof, comma, proof_part = client_final.rpartition(b",")
        if not comma or proof_part[:2] != b"p=":
            raise _malformed("attribute p expected")
        binding, nonce = _attributes(without_proof, b"cr")
        proof = _unb64(proof_part[2:], "the proof")
        if len(proof) != _KEY_BYTES:
            raise _malformed("a proof of the wrong length")
        if binding != _b64(self._gs2_header + (self._binding if self._is_plus else b"")):
            raise ProtocolError("unexpected SCRAM channel-binding attribute in client-final-message")
        if not hmac.compare_digest(nonce, self._nonce):
            raise ProtocolError("invalid SCRAM response: nonce does not match")
        auth_message = self._auth_message + b"," + without_proof
        self._auth_message = b""  # one try an exchange
        client_key = _xor(proof, _hmac(self._verifier.stored_key, auth_message))
        is_right = hmac.compare_digest(_h(client_key), self._verifier.stored_key)
        if not is_right or self._verifier.is_mock:
            whom = "" if self._login is None else f' for user "{self._login}"'
            raise AuthError(f"password authentication failed{whom}")
        self._client_key = client_key
        return b"v=" + _b64(_hmac(self._verifier.server_key, auth_message))


# ---------------------------------------------------------------------------------------------------------------------
# Client


@dataclass(frozen=True, slots=True)
class Secret:
    """A password with the keys derived from it, by (salt, iterations): one login of ours logs in over and over."""

    password: str = field(repr=False)
    _keys: dict[tuple[bytes, int], tuple[bytes, bytes]] = field(default_factory=dict, repr=False, compare=False)

    def keys(self, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
        """(ClientKey, ServerKey). A server that changes its salt is asked again; only the last are remembered."""
        known = self._keys.get((salt, iterations))
        if known is None:
            if len(self._keys) >= 16:
                self._keys.clear()
            known = self._keys[salt, iterations] = derive_keys(self.password, salt, iterations)
        return known


class ScramClient:
    """One exchange as the client, from a password or from a ClientKey that another exchange gave.

    `login` goes into the first message; libpq and PostgreSQL leave it empty and ignore it. With `client_key`, salt and
    iterations of the server are not used: when the password has changed since, the server simply refuses the proof.
    `server_key` (Verifier.server_key) lets the ClientKey way check the server's signature; without it `finish` raises,
    unless `trust_server` says that the link itself proves who the server is. `binding` (`end_point_binding` of the server's
    certificate): the exchange is SCRAM-SHA-256-PLUS.
    """

    def __init__(
        self,
        login: str,
        nonce: bytes,
        *,
        password: str | Secret | None = None,
        client_key: bytes | None = None,
        server_key: bytes | None = None,
        trust_server: bool = False,
        binding: bytes = b"",
    ) -> None:
        if (password is None) == (client_key is None):
            raise AuthError("SCRAM needs either a password or a client key", sqlstate="28000")
        if client_key is not None and len(client_key) != _KEY_BYTES:
            raise AuthError("a SCRAM client key has 32 bytes", sqlstate="28000")
        name = login.encode("utf-8", "surrogatepass").replace(b"=", b"=3D").replace(b",", b"=2C")
        self._nonce = _printable(nonce, "nonce")
        self._bare = b"n=" + name + b",r=" + self._nonce
        self._gs2_header = (_END_POINT if binding else b"n") + b",,"
        self._binding = binding
        self._password = Secret(password) if isinstance(password, str) else password
        self._client_key = client_key
        self._server_key = server_key
        self._trust_server = trust_server
        self._auth_message = b""
        self._is_finished = False
        self.salt = b""  # what the server said, for a cache of derive_keys
        self.iterations = 0

    def first(self) -> bytes:
        """client-first-message."""
        return self._gs2_header + self._bare

    def final(self, server_first: bytes) -> bytes:
        """server-first-message -> client-final-message. Raises ProtocolError."""
        nonce, salt, iterations = _attributes(server_first, b"rsi")
        if not nonce.startswith(self._nonce) or len(nonce) == len(self._nonce):
            raise ProtocolError("invalid SCRAM response: nonce does not match")
        _printable(nonce, "nonce")
        self.salt = _unb64(salt, "the salt")
        if not self.salt or not iterations.isdigit() or not 1 <= len(iterations) <= 9 or int(iterations) < 1:
            raise _malformed("salt or iteration count")
        self.iterations = int(iterations)
        if self._client_key is None:
            if self.iterations > MAX_ITERATIONS:
                raise ProtocolError(f"the server asks for {self.iterations} SCRAM iterations, over {MAX_ITERATIONS}")
            assert self._password is not None  # noqa: S101 - one of the two was given
            self._client_key, self._server_key = self._password.keys(self.salt, self.iterations)
        without_proof = b"c=" + _b64(self._gs2_header + self._binding) + b",r=" + nonce
        self._auth_message = self._bare + b"," + server_first + b"," + without_proof
        proof = _xor(self._client_key, _hmac(_h(self._client_key), self._auth_message))
        return without_proof + b",p=" + _b64(proof)

    def finish(self, server_final: bytes) -> None:
        """Check the server's signature. Raises AuthError when it is not right or the server reports an error."""
        if not self._auth_message:
            raise _malformed("the server's last message came first")
        if server_final[:2] == b"e=":
            raise AuthError("the server refused the SCRAM exchange")
        signature = _unb64(_attributes(server_final, b"v")[0], "the signature")
        if self._server_key is not None:
            if not hmac.compare_digest(signature, _hmac(self._server_key, self._auth_message)):
                raise AuthError("incorrect server signature")
        elif not self._trust_server:
            raise AuthError("the server's signature cannot be checked without its key")
        self._is_finished = True

    @property
    def is_finished(self) -> bool:
        """Whether the server's signature was right."""
        return self._is_finished

    @property
    def keys(self) -> tuple[bytes, bytes | None]:
        """(ClientKey, ServerKey). Raises AuthError unless `finish` succeeded."""
        if self._client_key is None or not self._is_finished:
            raise AuthError("SCRAM authentication is not finished")
        return self._client_key, self._server_key
