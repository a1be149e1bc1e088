"""Encryption of column values. The door: a `Sealer` over a `Keyring`. Key files: `proxy.crypto.providers`, rank 5."""

from proxy.crypto.envelope import sql_check
from proxy.crypto.keyring import Keyring
from proxy.crypto.sealer import Sealer

__all__ = ["Keyring", "Sealer", "sql_check"]
