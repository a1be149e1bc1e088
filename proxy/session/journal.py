"""The session's own lines of the query log: who, and what became of each statement. Ids come from the session's id and a count.

Builds events with `audit.event`, sends nothing. Statement text is the plan's `log_text`, which holds `?` where a literal
could be a value; a refused statement has no plan, so its text is not logged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from proxy.audit import event
from proxy.audit.event import Event, Outcome
from proxy.errors import ProxyError, StatementError
from proxy.plan import Part, Plan
from proxy.wire.messages import StartupMessage

_REMEMBERED = 16  # plans of a session
_QUOTED = re.compile(r'(?<=at or near )".*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Proof:
    """How a client was let in: the method, over TLS or not, the names in its certificate, and as whom it goes on."""

    method: str
    is_tls: bool = False
    names: tuple[str, ...] = ()
    service: str = ""


@dataclass(slots=True)
class Journal:
    """One session's events. `session_id` is unique in the log; login, role and so on are filled in as they become known."""

    session_id: str
    address: str = ""
    who: Event = field(default_factory=dict)
    _count: int = 0
    _relations: dict[int, tuple[tuple[Part, ...], Sequence[Event]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.who = event.who(session=self.session_id, address=self.address)

    def next_id(self) -> str:
        """A fresh event id."""
        self._count += 1
        return f"{self.session_id}-{self._count}"

    def identify(self, message: StartupMessage, role: str = "", server_pid: int = 0, purpose: str = "") -> None:
        """From now on every event says who asks."""
        self.who = event.who(
            session=self.session_id,
            address=self.address,
            login=message.user,
            role=role,
            purpose=purpose,
            database=message.database,
            application=message.parameters.get("application_name", ""),
            server_pid=server_pid,
        )

    def turn_to(self, purpose: str) -> None:
        """By new rules the role serves another purpose."""
        if self.who["purpose"] != purpose:
            self.who = {**self.who, "purpose": purpose}

    def connected(self, proof: Proof) -> Event:
        """The client is in."""
        return event.connect(
            self.next_id(), self.who, method=proof.method, tls=proof.is_tls, certificate=proof.names, service=proof.service
        )

    def login_refused(self, message: StartupMessage, error: ProxyError, reason: str = "") -> Event:
        """It is not; `reason` is what it was not told."""
        if message.parameters:
            self.identify(message)
        return event.login_refused(self.next_id(), self.who, sqlstate=error.sqlstate, reason=reason or error.message)

    def disconnected(self, sqlstate: str, reason: str) -> Event:
        """The session is over."""
        return event.disconnect(self.next_id(), self.who, sqlstate=sqlstate, reason=reason)

    def administered(self, command: str, argument: str) -> Event:
        """A command of the proxy's own database, about to be carried out."""
        return event.admin(self.next_id(), self.who, command=f"{command} {argument}".rstrip())

    def accept(self, event_id: str, plan: Plan, kind: Literal["accept", "prepare"] = "accept") -> Event:
        """A statement that is about to leave, or to be prepared."""
        return event.accept(
            event_id,
            self.who,
            statement=plan.log_text,
            fingerprint=plan.fingerprint,
            verdict=plan.verdict,
            relations=self._relations_of(plan.parts),
            kind=kind,
        )

    def _relations_of(self, parts: tuple[Part, ...]) -> Sequence[Event]:
        """Built once a plan; the parts are kept, so that nothing else can have their id."""
        known = self._relations.get(id(parts))
        if known is None:
            if len(self._relations) >= _REMEMBERED:
                self._relations.clear()
            relations = [
                event.relation(use.relation, verdict=use.verdict, rule=use.rule, reason=use.reason, columns=use.columns)
                for part in parts
                for use in part.uses
            ]
            known = self._relations[id(parts)] = (parts, relations)
        return known[1]

    def refuse(self, event_id: str, error: ProxyError, said: str = "") -> Event:
        """A statement that does not leave, or is stopped."""
        # A syntax error quotes the text where it stands, which may be a literal.
        reason = _QUOTED.sub('"?"', error.message) if isinstance(error, StatementError) else error.message
        return event.refuse(event_id, self.who, sqlstate=error.sqlstate, reason=reason, statement=said)

    def end(
        self,
        event_id: str,
        *,
        rows: int,
        bytes_out: int,
        cells: int,
        duration_s: float,
        outcome: Outcome,
        sqlstate: str,
        reason: str,
        row_limit: int | None = None,
    ) -> Event:
        """What became of the accepted statement `event_id`."""
        return event.end(
            event_id,
            self.who,
            rows=rows,
            bytes_out=bytes_out,
            sensitive_cells=cells,
            duration_us=round(duration_s * 1_000_000),
            outcome=outcome,
            sqlstate=sqlstate,
            reason=reason,
            row_limit=row_limit,
        )
