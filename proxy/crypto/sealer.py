"""The door of this room: seal and open values of a column by its domain and `search`, nothing else to choose.

One Sealer serves one process. It keeps one cipher for each (key, suite, domain) met, so that a value costs no key
derivation. The arguments are the fields of a rule's Seal, spelled out: policy ranks above this room.
"""

from __future__ import annotations

from collections.abc import Callable

from proxy.crypto.envelope import HEADER_BYTES, DomainCipher, Suite, read_key_id, unknown_key
from proxy.crypto.keyring import Keyring


class Sealer:
    """`random(n)` gives n fresh bytes from a cryptographic source (`os.urandom`), in a fork of this process too: long texts are
    planned in one, and a source that keeps a state would give both the same nonces."""

    __slots__ = ("_keyring", "_openers", "_random", "_sealers")

    def __init__(self, keyring: Keyring, random: Callable[[int], bytes]) -> None:
        self._keyring = keyring
        self._random = random
        self._sealers: dict[tuple[str, str], DomainCipher] = {}  # (domain, search)
        self._openers: dict[tuple[str, str, bytes], DomainCipher] = {}  # (domain, search, header of the value)

    def __repr__(self) -> str:
        return f"Sealer({self._keyring!r})"

    @property
    def keyring(self) -> Keyring:
        """The ring this Sealer was made with."""
        return self._keyring

    def seal(self, plaintext: bytes, *, domain: str, search: str) -> bytes:
        """The sealed value: for `search` 'none' new each time, for 'equality' the same for one plaintext and key."""
        cipher = self._sealers.get((domain, search))
        if cipher is None:
            key_id, key = self._keyring.current(domain)
            cipher = self._sealers[domain, search] = DomainCipher(Suite.of(search), key, key_id, domain)
        needed = cipher.nonce_bytes
        return cipher.seal(plaintext, self._random(needed) if needed else b"")

    def opener(self, *, domain: str, search: str, column: str) -> Callable[[bytes], bytes]:
        """What opens one column's values: sealed -> plaintext, or `Tampered` (XX001) naming `column` and domain, no value."""
        header, open_value = b"", None  # of the value before: most are sealed under the same key

        def opened(sealed: bytes) -> bytes:
            nonlocal header, open_value
            if open_value is None or not sealed.startswith(header):
                cipher = self.cipher_of(sealed, domain, search, column)
                header, open_value = cipher.header, cipher.open
            return open_value(sealed, column)

        return opened

    def cipher_of(self, sealed: bytes, domain: str, search: str, column: str) -> DomainCipher:
        """What a value was sealed with. Raises Tampered."""
        # Bounded: a header enters only when its suite is right and its key id is in the ring.
        cipher = self._openers.get((domain, search, sealed[:HEADER_BYTES]))
        if cipher is None:
            suite = Suite.of(search)
            key_id = read_key_id(sealed, suite, domain, column)
            key = self._keyring.key(key_id)
            if key is None:
                raise unknown_key(key_id, domain, column)
            cipher = DomainCipher(suite, key, key_id, domain)
            self._openers[domain, search, cipher.header] = cipher
        return cipher
