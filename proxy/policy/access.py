"""Who may come in from where, and how they prove it: the proxy's pg_hba.conf (PostgreSQL 18, 20.1), as `access` of proxy.yaml.

Entries are read in order and the first that fits decides; where none fits, nobody comes in. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal

Network = IPv4Network | IPv6Network
Method = Literal["scram-sha-256", "cert", "trust", "reject"]


@dataclass(frozen=True, slots=True)
class Knock:
    """One client at the door. `address` is an IP address, or '' for one that has none. `names`: CN and SANs of its certificate,
    which one of our certificate authorities has signed."""

    login: str
    database: str
    address: str
    is_tls: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """Globs of logins and databases, networks, whether TLS is needed (or must not be), and the method.

    `names`, for certificates: name in the certificate -> glob of the logins it stands for; empty: the login itself.
    """

    logins: tuple[str, ...] = ("*",)
    databases: tuple[str, ...] = ("*",)
    networks: tuple[Network, ...] = ()  # none: from anywhere
    tls: Literal["any", "required", "off"] = "any"
    method: Method = "scram-sha-256"
    names: Mapping[str, str] = field(default_factory=dict)

    def fits(self, knock: Knock) -> bool:
        """Whether this entry is about it."""
        return (
            any(fnmatchcase(knock.login, glob) for glob in self.logins)
            and any(fnmatchcase(knock.database, glob) for glob in self.databases)
            and (self.tls == "any" or (self.tls == "required") == knock.is_tls)
            and (not self.networks or _is_in(knock.address, self.networks))
        )

    def proves(self, knock: Knock) -> bool:
        """Whether the client's certificate stands for its login."""
        if not self.names:
            return knock.login in knock.names
        return any(name in knock.names and fnmatchcase(knock.login, glob) for name, glob in self.names.items())


REJECT = Entry(method="reject")


def first_that_fits(entries: Sequence[Entry], knock: Knock) -> Entry:
    """The entry that decides; one that rejects when there is none."""
    return next((entry for entry in entries if entry.fits(knock)), REJECT)


def is_loopback(address: str) -> bool:
    """Whether a client comes from this machine."""
    found = _parsed(address)
    return found is not None and found.is_loopback


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    found = _parsed(address)
    return found is not None and any(found in network for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


@dataclass(slots=True)
class Failures:
    """How long the next try has to wait after wrong passwords: by address, and less by login, so that nobody can be locked
    out from elsewhere. Seconds of a monotonic clock come in. Forgets what is old."""

    first_s: float = 0.25
    most_s: float = 8.0
    most_by_login_s: float = 1.0
    forget_s: float = 300.0
    keep: int = 10_000
    _failed: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def wait(self, address: str, login: str, now: float) -> float:
        """Seconds before the next proof is looked at."""
        return max(self._one("address", address, self.most_s, now), self._one("login", login, self.most_by_login_s, now))

    def failed(self, address: str, login: str, now: float) -> None:
        """A proof was wrong."""
        for key in (("address", address), ("login", login)):
            count, last = self._failed.pop(key, (0, now))
            self._failed[key] = (1 if now - last > self.forget_s else count + 1, now)
        while len(self._failed) > self.keep:
            del self._failed[next(iter(self._failed))]

    def succeeded(self, address: str, login: str) -> None:
        """A proof was right."""
        self._failed.pop(("address", address), None)
        self._failed.pop(("login", login), None)

    def _one(self, what: str, value: str, most_s: float, now: float) -> float:
        count, last = self._failed.get((what, value), (0, now))
        if count < 2 or now - last > self.forget_s:  # everybody mistypes once
            return 0.0
        return min(most_s, self.first_s * 2.0 ** min(count - 2, 16))
