"""What happened, as plain dictionaries ready for a log line: one builder for each kind of event.

Pure: ids and texts come in; the log adds the time when it takes an event (`sinks.FileLog`). Statement texts come in as they
may be shown: the plan has put `?` where a literal must not stand. Keys are in the order of the builders, so lines read alike.

    kind            when
    connect         a login was let in              login_refused   it was not
    disconnect      the session is over
    prepare         a Parse, before it is sent
    accept          a Query or an Execute, before it is sent
    refuse          a statement that is not sent
    admin           a command of the proxy's own database, before it is carried out
    end             the last reply of an accepted statement has passed; it bears the id of its `accept`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

Event = dict[str, object]
Outcome = Literal["done", "error", "stopped", "lost"]
"""How a statement ended: as it should; with the server's error; stopped by the export guard; a peer went away."""


def new_id(now: float, counter: int, start: bytes) -> str:
    """26 hexadecimal digits that sort by time: microseconds, then `counter` (16 bits), then 4 random bytes of this start.

    Unique while one start makes fewer than 65,536 of them in a microsecond. For sessions; their events may add a count.
    """
    return f"{round(now * 1_000_000):014x}{counter & 0xFFFF:04x}{start[:4].hex():0>8}"


def utc(now: float) -> str:
    """Seconds since 1970 as ISO 8601 with six decimals and Z: texts of one length, so they compare as times do."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds")[:26] + "Z"


def who(
    *,
    session: str,
    address: str,
    login: str = "",
    role: str = "",
    database: str = "",
    application: str = "",
    purpose: str = "",
    server_pid: int = 0,
) -> Event:
    """The part all events of one session share, as far as it is known; build it when it changes, not for each event."""
    return {
        "session": session,
        "login": login,
        "role": role,
        "purpose": purpose,
        "address": address,
        "application": application,
        "database": database,
        "server_pid": server_pid,
    }


def relation(name: str, *, verdict: str, rule: str, reason: str, columns: Iterable[tuple[str, str, str, str]] = ()) -> Event:
    """One relation a statement names. `columns`: (column, how shown, mask or '', class or ''). Build it once a plan."""
    return {
        "relation": name,
        "verdict": verdict,
        "rule": rule,
        "reason": reason,
        "columns": [{"column": column, "how": how, "mask": mask, "class": of} for column, how, mask, of in columns],
    }


def connect(
    event_id: str, who: Mapping[str, object], *, method: str, tls: bool, certificate: Sequence[str] = (), service: str = ""
) -> Event:
    """A login was let in. `method`: how it proved itself; `certificate`: the names in the client's; `service`: the proxy's own
    login at the server and the role it took, where it is not the same user."""
    proof = {"method": method, "tls": tls, "certificate": list(certificate), "service": service}
    return {"id": event_id, "kind": "connect", **who, **proof}


def login_refused(event_id: str, who: Mapping[str, object], *, sqlstate: str, reason: str) -> Event:
    """A login was not let in; `reason` may say more than the client was told."""
    return {"id": event_id, "kind": "login_refused", **who, "sqlstate": sqlstate, "reason": reason}


def disconnect(event_id: str, who: Mapping[str, object], *, sqlstate: str = "00000", reason: str = "") -> Event:
    """The session is over; `reason` is empty when the client said Terminate."""
    return {"id": event_id, "kind": "disconnect", **who, "sqlstate": sqlstate, "reason": reason}


def admin(event_id: str, who: Mapping[str, object], *, command: str) -> Event:
    """A command of the proxy's own database: show …, reload, drain, kill."""
    return {"id": event_id, "kind": "admin", **who, "command": command}


def accept(
    event_id: str,
    who: Mapping[str, object],
    *,
    statement: str,
    fingerprint: str,
    verdict: str,
    relations: Sequence[Event] = (),
    kind: Literal["accept", "prepare"] = "accept",
) -> Event:
    """A statement about to be sent; `kind` 'prepare' for a Parse, which may never run."""
    return {
        "id": event_id,
        "kind": kind,
        **who,
        "statement": statement,
        "fingerprint": fingerprint,
        "verdict": verdict,
        "relations": relations,
    }


def refuse(
    event_id: str,
    who: Mapping[str, object],
    *,
    sqlstate: str,
    reason: str,
    statement: str = "",
    fingerprint: str = "",
    relations: Sequence[Event] = (),
) -> Event:
    """A statement that is not sent. `reason` is the message the caller got; it names the rule, never a value.

    `statement` stays empty when nothing proved which of its literals may be shown.
    """
    return {
        "id": event_id,
        "kind": "refuse",
        **who,
        "statement": statement,
        "fingerprint": fingerprint,
        "verdict": "refused",
        "relations": relations,
        "sqlstate": sqlstate,
        "reason": reason,
    }


def end(
    event_id: str,
    who: Mapping[str, object],
    *,
    rows: int,
    bytes_out: int,
    sensitive_cells: int,
    duration_us: int,
    outcome: Outcome,
    sqlstate: str = "00000",
    reason: str = "",
    row_limit: int | None = None,
) -> Event:
    """The accepted statement `event_id` is over. `rows`, `bytes_out`, `sensitive_cells`: what left towards the client.

    `row_limit`: how many rows it might have had, where the role has such a limit.
    """
    limit = {} if row_limit is None else {"row_limit": row_limit}
    return {
        "id": event_id,
        "kind": "end",
        **who,
        "rows": rows,
        "bytes": bytes_out,
        "sensitive_cells": sensitive_cells,
        "duration_us": duration_us,
        "outcome": outcome,
        **limit,
        "sqlstate": sqlstate,
        "reason": reason,
    }
