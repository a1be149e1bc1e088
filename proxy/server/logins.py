"""Who may come in, and how it is proven: `access`, verifiers (of PostgreSQL or of our own file), and waiting after failures."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from proxy.errors import AuthError, Unavailable
from proxy.policy.access import Entry, Failures, Knock, first_that_fits
from proxy.session import Identified, Identify, Service
from proxy.wire.auth import Verifier

_UNKNOWN = "no such login, or its password is missing or expired"


@dataclass(slots=True)
class Logins:
    """What the configuration says of logins. Replaced whole when it is read anew.

    `role_of` gives the role of the rules for a login; `service_of` its login of ours at the server, or None: as the same user.
    `verifiers`: our own, by login; `asks_server`: the others are PostgreSQL's.
    """

    role_of: Callable[[str], str | None]
    service_of: Callable[[str], Service | None] = lambda role: None
    access: Sequence[Entry] = (Entry(),)
    verifiers: Mapping[str, str] = field(default_factory=dict, repr=False)
    asks_server: bool = True
    admins: Sequence[str] = ()
    roles: Sequence[tuple[str, str, str, str, str, str]] = ()  # for SHOW RULES: `reports` names them

    async def identify(
        self, wanted: Identify, address: str, failures: Failures, now: float, ask: Callable[[str], Awaitable[str | None]]
    ) -> Identified:
        """What is known of who knocks; after a wait where too much went wrong before. `ask` gives a verifier of PostgreSQL."""
        knock = Knock(wanted.login, wanted.database, address, wanted.is_tls, wanted.names)
        entry = first_that_fits(self.access, knock)
        if entry.method == "reject":
            return Identified("reject", reason="no entry of `access` fits")
        wait = failures.wait(address, wanted.login, now)
        if wait:
            await asyncio.sleep(wait)
        role, is_admin = self.role_of(wanted.login), any(fnmatchcase(wanted.login, glob) for glob in self.admins)
        service = self.service_of(role) if role is not None else None
        if entry.method == "cert":
            reason = "" if entry.proves(knock) else "its certificate is missing, or names somebody else"
            return Identified("cert", role=role, reason=reason, service=service, is_admin=is_admin)
        if entry.method == "trust":
            return Identified("trust", role=role, service=service, is_admin=is_admin)
        text = self.verifiers.get(wanted.login)
        if text is None and self.asks_server:
            text = await ask(wanted.login)
        verifier, reason = None, _UNKNOWN
        if text is not None:
            try:
                verifier, reason = Verifier.parse(text), ""
            except AuthError:
                reason = "the login's password is not stored as SCRAM-SHA-256: set it again"
        return Identified("scram-sha-256", verifier, role, reason, service, is_admin)


def read_logins(path: Path) -> dict[str, str]:
    """Our own file of verifiers: lines of `"login" "SCRAM-SHA-256$…"`, as pgbouncer has them. Raises Unavailable (58000)."""
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise Unavailable(f"{path} is readable by others", hint=f"chmod 600 {path}", sqlstate="58000")
            lines = file.read().split("\n")
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror or 'cannot be read'}", sqlstate="58000") from None
    except UnicodeDecodeError:
        raise Unavailable(f"{path}: is not UTF-8 text", sqlstate="58000") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", ";")):
            continue
        parts = _quoted(line)
        try:
            if len(parts) != 2 or parts[0] in found:
                raise AuthError("")
            Verifier.parse(parts[1])
        except AuthError:
            said = "given twice" if len(parts) == 2 and parts[0] in found else 'write "login" "SCRAM-SHA-256$…"'
            raise Unavailable(f"{path}:{number}: {said}", hint="maskgate login add writes it.", sqlstate="58000") from None
        found[parts[0]] = parts[1]
    return found


def _quoted(line: str) -> list[str]:
    """The words in double quotes; a quote in a word is doubled."""
    words: list[str] = []
    rest = line.strip()
    while rest.startswith('"'):
        at = 1
        while (end := rest.find('"', at)) >= 0 and rest[end + 1 : end + 2] == '"':
            at = end + 2
        if end < 0:
            return []
        words.append(rest[1:end].replace('""', '"'))
        rest = rest[end + 1 :].lstrip()
    return [] if rest else words
