"""Unwrapped data keys, in memory only, by id; and which one seals new values of a domain.

Knows nothing of where keys come from (`providers.py`) nor of the bytes of a value (`envelope.py`). No key byte shows in
a repr, a message or a pickle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from proxy.crypto.envelope import DATA_KEY_BYTES
from proxy.errors import Unavailable


class Keyring:
    """Immutable. `version` counts changes of the ring, for plans that were made under it."""

    __slots__ = ("_current", "_current_by_domain", "_keys", "version")

    def __init__(
        self,
        keys: Mapping[int, bytes],
        *,
        current: int,
        current_by_domain: Mapping[str, int] | None = None,
        version: int = 1,
    ) -> None:
        """`keys`: id (4 bytes, unsigned) -> 32 bytes. `current` seals, unless `current_by_domain` names another id.

        Raises `Unavailable` (58000) when a key has another length or a current id is not there.
        """
        self._keys = dict(keys)
        self._current = current
        self._current_by_domain = dict(current_by_domain or {})
        self.version = version
        for key_id, key in self._keys.items():
            if len(key) != DATA_KEY_BYTES or not 0 <= key_id < 2**32:
                raise Unavailable(f"key {key_id:08x} of the key ring is not a 256-bit key", sqlstate="58000")
        for key_id in (current, *self._current_by_domain.values()):
            if key_id not in self._keys:
                raise Unavailable(f"the key ring names {key_id:08x} as current but does not hold it", sqlstate="58000")

    def __repr__(self) -> str:
        ids = ", ".join(f"{key_id:08x}" for key_id in self._keys)
        return f"Keyring(ids=[{ids}], current={self._current:08x}, version={self.version})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key ring is not written anywhere")

    @property
    def ids(self) -> tuple[int, ...]:
        """Every key id, in the order of the ring."""
        return tuple(self._keys)

    def current(self, domain: str) -> tuple[int, bytes]:
        """Id and data key (secret) that seal new values of `domain`."""
        key_id = self._current_by_domain.get(domain, self._current)
        return key_id, self._keys[key_id]

    def key(self, key_id: int) -> bytes | None:
        """The data key (secret), or None when the ring does not hold it."""
        return self._keys.get(key_id)
