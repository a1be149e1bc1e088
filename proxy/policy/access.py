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


_Key = tuple[str | None, str | None]  # address and login; None: any of them


@dataclass(slots=True)
class Failures:
    """How long the next try has to wait after wrong passwords. Seconds of a monotonic clock come in. Forgets what is old.

    What counts: wrong ones of this login from this address; of this login from anywhere, with a wait so short that nobody is
    locked out from elsewhere; and how many logins were tried in vain from this address, where a few are nothing unusual. A
    right password forgets the wrong ones of its own login from its own address only: who has one login of their own gains
    nothing for guessing another's by coming in with it in between.
    """

    first_s: float = 0.25
    most_s: float = 8.0
    most_by_login_s: float = 1.0
    free: int = 1  # everybody mistypes once
    free_logins: int = 8  # behind one address
    forget_s: float = 300.0
    keep: int = 10_000
    _failed: dict[_Key, tuple[int, float]] = field(default_factory=dict)

    def wait(self, address: str, login: str, now: float) -> float:
        """Seconds before the next proof is looked at."""
        return max(
            self._one((address, login), self.free, self.most_s, now),
            self._one((None, login), self.free, min(self.most_by_login_s, self.most_s), now),
            self._one((address, None), self.free_logins, self.most_s, now),
        )

    def failed(self, address: str, login: str, now: float) -> None:
        """A proof was wrong."""
        is_new = self._count((address, login), now) == 0
        more: tuple[tuple[_Key, int], ...] = (((address, login), 1), ((None, login), 1), ((address, None), int(is_new)))
        for key, amount in more:
            count = self._count(key, now)
            self._failed.pop(key, None)
            self._failed[key] = (count + amount, now)  # now it is the last to be dropped
        while len(self._failed) > self.keep:
            del self._failed[next(iter(self._failed))]

    def succeeded(self, address: str, login: str, now: float) -> None:
        """A proof was right."""
        own = self._count((address, login), now)
        self._failed.pop((address, login), None)
        less: tuple[tuple[_Key, int], ...] = (((None, login), own), ((address, None), int(own > 0)))
        for key, amount in less:
            count, last = self._failed.get(key, (0, now))
            if count > amount:
                self._failed[key] = (count - amount, last)
            else:
                self._failed.pop(key, None)

    def _count(self, key: _Key, now: float) -> int:
        count, last = self._failed.get(key, (0, now))
        return 0 if now - last > self.forget_s else count

    def _one(self, key: _Key, free: int, most_s: float, now: float) -> float:
        over = self._count(key, now) - free
        return 0.0 if over < 1 else min(most_s, self.first_s * 2.0 ** min(over - 1, 16))
