"""Refuse by substitution: the server is sent what it must reject, and its error is replaced by ours.

So transaction status and ReadyForQuery are always the server's own (FINDINGS 7). Nothing of the refused message leaves.
"""

from __future__ import annotations

from proxy.encodings import UTF8
from proxy.errors import Bug, ProxyError, StatementError
from proxy.session import slots as s
from proxy.session.actions import Record
from proxy.session.ledger import Ledger
from proxy.session.reports import own_error
from proxy.session.slots import Slot
from proxy.wire import messages as m

_ABORTED = "current transaction is aborted, commands ignored until end of transaction block"  # src/backend/tcop/postgres.c


def refuse_simple(ledger: Ledger, error: ProxyError, said: str = "") -> None:
    """In place of a Query or FunctionCall. `said`: the statement as the log may show it."""
    if error.fatal:
        raise error
    slot = Slot(s.QUERY)
    _refused(ledger, slot, error, said)
    is_quiet = not ledger.slots and ledger.status == b"I" and not ledger.is_open_segment
    ledger.forget_unnamed(slot, ledger.segment)
    # Idle: the empty query leaves no line in the server's log, and its ReadyForQuery is the server's own.
    ledger.push(slot, m.Query(b"").to_bytes() if is_quiet else substitute(ledger, slot))
    ledger.end_segment()


def refuse_extended(ledger: Ledger, error: ProxyError, statement: bytes | None, said: str = "") -> None:
    """`statement`: the name of a refused Parse; None for another message, which gets a Parse of a fresh name."""
    if error.fatal:
        raise error
    slot = Slot(s.PARSE)
    _refused(ledger, slot, error, said)
    slot.name = ledger.fresh_name() if statement is None else statement
    ledger.statements.put(slot.name, None, slot, ledger.segment)
    ledger.push_extended(slot, m.Parse(slot.name, rejected(slot)).to_bytes())
    ledger.is_skipping = True


def _refused(ledger: Ledger, slot: Slot, error: ProxyError, said: str) -> None:
    """The log keeps the reason; the client of an aborted transaction hears what PostgreSQL would tell it of any statement."""
    is_aborted = ledger.status == b"E" and not ledger.slots and error.sqlstate != "42601"
    slot.refusal = StatementError(_ABORTED, sqlstate="25P02") if is_aborted else error
    slot.refusal_id = ledger.journal.next_id()
    ledger.actions.append(Record(ledger.journal.refuse(slot.refusal_id, error, said)))


def substitute(ledger: Ledger, slot: Slot) -> bytes:
    """What the server must reject in place of the slot's message."""
    if slot.kind in (s.QUERY, s.FUNCTION_CALL):
        return m.Query(rejected(slot)).to_bytes()
    name = slot.name if slot.kind == s.PARSE else ledger.fresh_name()
    return m.Parse(name, rejected(slot)).to_bytes()


def own_reply(slot: Slot, codec: str | None) -> bytes:
    """Our error, in place of the server's reply, in the session's encoding."""
    error = slot.refusal or Bug("a refusal without its reason")
    slot.sqlstate = error.sqlstate
    # What PostgreSQL itself would have said looks as if it had.
    return own_error(error, "" if isinstance(error, StatementError) else slot.refusal_id, codec or UTF8)


def rejected(slot: Slot) -> bytes:
    """A text no grammar accepts; the comment leads from the server's log to ours."""
    return b"! -- maskgate " + slot.refusal_id.encode() if slot.refusal_id else b"! -- maskgate"
