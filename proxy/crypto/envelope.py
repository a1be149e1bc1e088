"""What a sealed value looks like on disk: versioned, authenticated, bound to its domain.

One value is

    bytes   content
    3       magic C1 4D 47. C1 never occurs in UTF-8, so no plaintext text can look sealed.
    1       format version, 01
    1       suite: 01 AES-256-GCM (random), 02 AES-SIV (deterministic)
    4       id of the data key, big-endian
    …       01: nonce (12), ciphertext, tag (16)      NIST SP 800-38D
            02: synthetic IV (16), ciphertext         RFC 5297, AES-SIV with 2 x 256 bits

The nine header bytes and the domain are associated data, so a changed header or a value moved to another domain does
not open. Each (suite, domain) has its own key, derived from the data key with HKDF-SHA256 (RFC 5869): the two suites
never share key bytes, and a limit counts per domain. NIST SP 800-38D, 8.3 allows 2^32 random nonces under one key:
rotate the data key of a domain before it has sealed that many values. AES-SIV has no such limit, but shows which values
of a domain are equal.

Pure: nonces and keys are arguments. Nothing here, and no error from here, shows a key or a plaintext.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proxy.errors import Bug, Tampered

MAGIC: Final = b"\xc1MG"
VERSION: Final = 1
HEADER_BYTES: Final = 9
DATA_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_GCM_START: Final = HEADER_BYTES + NONCE_BYTES
_TAG_BYTES: Final = 16


class Suite(IntEnum):
    """The suite byte."""

    AES_256_GCM = 1
    AES_SIV = 2

    @staticmethod
    def of(search: str) -> Suite:
        """The suite for a rule's `search`: 'none' or 'equality'. Else a `Bug`: rules are checked when they load."""
        if search == "none":
            return Suite.AES_256_GCM
        if search == "equality":
            return Suite.AES_SIV
        raise Bug(f"no cipher suite for search: {search}")

    @property
    def min_bytes(self) -> int:
        """The size of a sealed empty value, hence of the smallest one."""
        return HEADER_BYTES + _TAG_BYTES + (NONCE_BYTES if self is Suite.AES_256_GCM else 0)


def read_key_id(sealed: bytes, suite: Suite, domain: str, column: str) -> int:
    """The data key a value says it was sealed under; `Tampered` unless it is whole enough, ours, and of `suite`."""
    if sealed[:3] != MAGIC:
        raise _tampered(column, domain, "it is not a sealed value")
    if len(sealed) < HEADER_BYTES:
        raise _tampered(column, domain, "it is cut short")
    if sealed[3] != VERSION:
        raise _tampered(column, domain, f"it has format version {sealed[3]}, this release reads {VERSION}")
    if sealed[4] != suite:
        raise _tampered(column, domain, f"it has suite {sealed[4]}, the rule says {suite.value}")
    if len(sealed) < suite.min_bytes:
        raise _tampered(column, domain, "it is cut short")
    return int.from_bytes(sealed[5:HEADER_BYTES], "big")


def unknown_key(key_id: int, domain: str, column: str) -> Tampered:
    """The error for a key id the ring does not hold."""
    return _tampered(column, domain, f"it is sealed under key {key_id:08x}, which is not in the key ring")


class DomainCipher:
    """Seals and opens the values of one domain under one data key and suite; costly to make, cheap to use."""

    __slots__ = ("_associated", "_associated_data", "_domain", "_gcm", "_siv", "header")

    def __init__(self, suite: Suite, data_key: bytes, key_id: int, domain: str) -> None:
        """`data_key` is 32 bytes, `key_id` fits in 4 bytes, `domain` is not empty; else `Bug`."""
        if len(data_key) != DATA_KEY_BYTES or not 0 <= key_id < 2**32 or not domain:
            raise Bug("a domain cipher needs a 32-byte data key, a 4-byte key id and a domain")
        self.header = MAGIC + bytes((VERSION, suite)) + key_id.to_bytes(4, "big")
        self._domain = domain
        name = domain.encode()
        length = 64 if suite is Suite.AES_SIV else 32
        info = b"maskgate sealed value\x00" + bytes((VERSION, suite)) + name
        key = HKDF(SHA256(), length, salt=None, info=info).derive(data_key)
        # The header has a fixed length, so joining the two parts cannot make two different pairs equal.
        self._associated = self.header + name
        self._associated_data = [self._associated]
        self._gcm = AESGCM(key) if suite is Suite.AES_256_GCM else None
        self._siv = AESSIV(key) if suite is Suite.AES_SIV else None

    def __repr__(self) -> str:
        return f"DomainCipher(header={self.header.hex()}, domain={self._domain!r})"

    @property
    def nonce_bytes(self) -> int:
        """How many fresh random bytes `seal` needs: 12, or 0 for the deterministic suite."""
        return 0 if self._gcm is None else NONCE_BYTES

    def seal(self, plaintext: bytes, nonce: bytes) -> bytes:
        """The sealed value. A nonce is used once; `Bug` when it has not `nonce_bytes` bytes."""
        if len(nonce) != self.nonce_bytes:
            raise Bug(f"this suite takes a nonce of {self.nonce_bytes} bytes, not {len(nonce)}")
        if self._gcm is not None:
            return self.header + nonce + self._gcm.encrypt(nonce, plaintext, self._associated)
        assert self._siv is not None  # noqa: S101  (one of the two is set, above)
        return self.header + self._siv.encrypt(plaintext, self._associated_data)

    def open(self, sealed: bytes, column: str) -> bytes:
        """The plaintext, or `Tampered` naming `column` and the domain. The header is expected to be this cipher's."""
        try:
            if not sealed.startswith(self.header):
                raise InvalidTag
            if self._siv is not None:
                return self._siv.decrypt(sealed[HEADER_BYTES:], self._associated_data)
            assert self._gcm is not None  # noqa: S101
            return self._gcm.decrypt(sealed[HEADER_BYTES:_GCM_START], sealed[_GCM_START:], self._associated)
        except (InvalidTag, ValueError):  # ValueError: a nonce cut short
            raise _tampered(column, self._domain, "it was changed, or sealed for another domain") from None


def sql_check(column: str, search: str) -> str:
    """A CHECK expression only sealed values (and NULL) satisfy, so that the database itself refuses plaintext.

    `column` is a quoted reference to a bytea column, `search` its rule's. Functions and operators are qualified; the
    prefix is written with decode(), so that no lexing setting changes its meaning.
    """
    suite = Suite.of(search)
    prefix = (MAGIC + bytes((VERSION, suite))).hex()
    return (
        f"pg_catalog.octet_length({column}) OPERATOR(pg_catalog.>=) {suite.min_bytes}"
        f" AND pg_catalog.substr({column}, 1, {len(prefix) // 2})"
        f" OPERATOR(pg_catalog.=) pg_catalog.decode('{prefix}', 'hex')"
    )


def _tampered(column: str, domain: str, why: str) -> Tampered:
    return Tampered(
        f"a value of {column} (domain {domain}) cannot be opened: {why}",
        hint="The row was changed outside the proxy, or the key ring is not the one it was sealed with.",
    )
