"""Stand-ins for the session's neighbours: a planner that works from a table, a log in memory, keys that only mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proxy.errors import ProxyError, Refusal, Tampered, Unavailable
from proxy.plan import Miss, Part, Plan, Wanted


@dataclass
class MemoryLog:
    """Keeps events; fails while `is_full`."""

    events: list[Mapping[str, Any]] = field(default_factory=list)
    is_full: bool = False
    waiting = 0
    failure = ""

    def append(self, events: Sequence[Mapping[str, object]], *, must: bool = True) -> None:
        """As FileLog."""
        if self.is_full:
            raise Unavailable("the query log cannot be written: full", sqlstate="58030")
        self.events.extend(events)

    def kinds(self) -> list[str]:
        """The kinds, in order."""
        return [str(one["kind"]) for one in self.events]

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """The events of one kind."""
        return [one for one in self.events if one["kind"] == kind]


@dataclass
class FakePlanner:
    """Plans by a table: text -> Plan, Miss or error; anything else passes as it is."""

    plans: dict[str, Plan | Miss | ProxyError] = field(default_factory=dict)
    restricted: bool = False
    is_glass: bool = True
    row_limit: int | None = None
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    startup_refused: tuple[str, ...] = ()
    purpose: str = ""
    channels: frozenset[str] = frozenset()
    known: frozenset[int] = frozenset()  # oids of relations

    def knows(self, oid: int) -> bool:
        """Those of the table."""
        return oid in self.known

    def check_path(self, path: tuple[str, ...]) -> None:
        """Every path is fine."""

    def log_text(self, sql: bytes) -> str:
        """Nothing of it."""
        return "?"

    def at_hand(self, wanted: Wanted) -> Plan | None:
        """Nothing is kept."""
        return None

    def make(self, wanted: Wanted) -> object:
        """The plan itself."""
        return self.plan(wanted.text, path=wanted.path, param_oids=wanted.param_oids, after_miss=wanted.after_miss)

    def keep(self, wanted: Wanted, outcome: object) -> Plan | Miss:
        """What was made."""
        assert isinstance(outcome, Plan | Miss)
        return outcome

    def plan(
        self,
        text: str,
        *,
        path: tuple[str, ...],
        param_oids: tuple[int, ...] = (),
        in_prepare: bool = False,
        after_miss: bool = False,
        temporary: frozenset[str] = frozenset(),
    ) -> Plan | Miss:
        """From the table, or the text as it is, with its command guessed from the first word."""
        self.calls.append((text, path))
        found = self.plans.get(text)
        if isinstance(found, ProxyError):
            raise found
        if isinstance(found, Miss) and after_miss:
            found = None
        return found if found is not None else self.open_plan(text)

    def open_plan(self, text: str) -> Plan:
        """A Plan that changes nothing."""
        statements = [one.split() for one in text.split(";")]
        words = [one[0].upper() for one in statements if one]
        return Plan(
            text=text.encode(),
            parts=tuple(Part(one, row_limit=self.row_limit, gives_rows=one != "Transaction") for one in map(_command, words)),
            log_text=text,
            restricted=self.restricted,
            may_change_path="SET" in words or "search_path" in text,
            may_change_catalog="CREATE" in words or "DROP" in words,
            ends_transaction=any(word in ("COMMIT", "ROLLBACK", "END", "BEGIN") for word in words),
        )

    def check_startup(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """Refuses what `startup_refused` names."""
        for name in parameters:
            if name in self.startup_refused:
                raise Refusal(f"{name} may not be set")
        return parameters


def _command(word: str) -> str:
    return {"BEGIN": "Transaction", "COMMIT": "Transaction", "ROLLBACK": "Transaction"}.get(word, word.capitalize())


class MarkingKeys:
    """Ciphertext is the domain's mark and the bytes in reverse: enough to see where it goes."""

    def seal(self, plaintext: bytes, *, domain: str, search: str) -> bytes:
        """As crypto.Sealer."""
        return b"\x01sealed:" + domain.encode() + b":" + plaintext[::-1]

    def opener(self, *, domain: str, search: str, column: str) -> Callable[[bytes], bytes]:
        """As crypto.Sealer."""
        mark = b"\x01sealed:" + domain.encode() + b":"

        def opened(sealed: bytes) -> bytes:
            if not sealed.startswith(mark):
                raise Tampered(f"a value of {column} fails authentication")
            return sealed[len(mark) :][::-1]

        return opened
