"""Errors and notices on their way to the client: what a restricted caller may not read is taken out, positions mapped back.

DETAIL, HINT, WHERE and internal query may quote a row (FINDINGS 23); the position counts in the text the server got. What a
write sets off (triggers, constraints, casts into columns), and what a view or a row policy computes before any mask, may quote
rows in the message itself: there it becomes a fixed text by SQLSTATE. So does whatever happens inside functions.
"""

from __future__ import annotations

from typing import TypeVar

from proxy.encodings import UTF8
from proxy.errors import ProxyError
from proxy.plan import Plan
from proxy.wire.messages import ErrorResponse, NoticeResponse, error_response, notice_response

_ROW_FIELDS = frozenset("DHWpq")
_NAME_FIELDS = frozenset("stcdn")  # schema, table, column, data type, constraint: RAISE can put anything there
# Class 23 messages name a constraint and a relation, never a value, when they come from these places of the server.
_CONSTRAINT_CHECKS = frozenset(
    (
        b"_bt_check_unique", b"ExecConstraints", b"ReportNotNullViolationError", b"ri_ReportViolation",
        b"check_exclusion_or_unique_constraint", b"ExecPartitionCheckEmitError", b"domain_check_input",
        b"ExecEvalConstraintNotNull",
    )
)  # fmt: skip
_RAISED = frozenset((b"exec_stmt_raise", b"exec_stmt_assert"))
_FIXED = {
    "22001": "value too long for its type",
    "22003": "numeric value out of range",
    "22007": "invalid date or time",
    "22008": "date or time out of range",
    "22012": "division by zero",
    "22P02": "invalid input syntax",
    "23502": "a value that must not be null is null",
    "23503": "a foreign key constraint is violated",
    "23505": "a unique constraint is violated",
    "23514": "a check constraint is violated",
    "23P01": "an exclusion constraint is violated",
    "P0001": "the database's own code raised an error",
}
_FIXED_CLASS = {
    "22": "invalid data", "23": "a constraint is violated", "P0": "the database's own code failed", "XX": "internal error",
}  # fmt: skip
# What the server says of a session or a transaction as a whole, wherever it is when it happens: nothing of a row.
_OF_THE_SESSION = frozenset(("08", "25", "40", "53", "54", "55", "57", "58"))
_WITHHELD = "a message of the database's own code is not shown to you"
_DIGITS = 20  # of a position; Python refuses to read thousands of them
_TEMPORARY = b'"pg_temp.'
Report = TypeVar("Report", bound=ErrorResponse | NoticeResponse)


def map_position(position: int, offsets: tuple[tuple[int, int, int], ...]) -> int | None:
    """A 1-based character position in the server's text -> the client's, None inside a text of ours.

    Where a text of ours begins, the client's own text that it replaced begins.
    """
    at = position - 1
    end_before, client_end_before = 0, 0
    for start, end, client_start in offsets:
        if at == end_before < start:
            return client_end_before + 1
        if start <= at < end or (at == end and (start, end, client_start) == offsets[-1]):
            return client_start + at - start + 1
        end_before, client_end_before = end, client_start + end - start
    return None


def for_client(report: Report, *, is_restricted: bool, plan: Plan | None, is_rewritten: bool) -> Report:
    """The report as this client may read it; the same object when nothing changes."""
    message = _message_instead(report, plan) if is_restricted else None
    fields: list[tuple[str, bytes]] = []
    for code, value in report.fields:
        if is_restricted and code in _ROW_FIELDS:
            continue
        if message is not None and code in _NAME_FIELDS:
            continue
        if code == "M" and message is not None:
            value = message
        elif code == "M" and is_restricted:
            value = value.replace(_TEMPORARY, b'"')
            if plan is not None and plan.says_catalog:
                value = value.replace(b"pg_catalog.", b"")
        if code == "P" and is_rewritten:
            is_number = value.isdigit() and len(value) < _DIGITS
            mapped = map_position(int(value), plan.offsets) if plan is not None and is_number else None
            if mapped is None:
                continue
            value = str(mapped).encode()
        fields.append((code, value))
    shown = tuple(fields)
    return report if shown == report.fields else type(report)(shown)


def _message_instead(report: ErrorResponse | NoticeResponse, plan: Plan | None) -> bytes | None:
    """The text to put in the message's place, or None when it may stay as it is.

    WHERE and internal query mark what happened inside code of the database: there any class of message may quote a row.
    """
    given = dict(report.fields)
    sqlstate = given.get("C", b"").decode("ascii", "replace")
    routine = given.get("R", b"")
    is_inside = "W" in given or "q" in given or routine in _RAISED
    if isinstance(report, NoticeResponse):
        return _WITHHELD.encode() if is_inside or given.get("F", b"").startswith(b"pl") else None
    may_quote = plan is None or plan.hides_messages
    is_data = sqlstate[:2] in _FIXED_CLASS and not (sqlstate[:2] == "23" and routine in _CONSTRAINT_CHECKS)
    is_of_session = sqlstate[:2] in _OF_THE_SESSION and routine not in _RAISED
    if is_of_session if is_inside else not (may_quote and is_data):
        return None
    return _FIXED.get(sqlstate, _FIXED_CLASS.get(sqlstate[:2], "the database's own code failed")).encode()


def own_notices(texts: tuple[str, ...], codec: str | None) -> bytes:
    """NoticeResponse frames of a plan's own, in the session's encoding."""
    return b"".join(notice_response("NOTICE", "01000", text, encoding=codec or UTF8).to_bytes() for text in texts)


def own_error(error: ProxyError, event_id: str = "", encoding: str = UTF8) -> bytes:
    """The ErrorResponse frame of a refusal; FATAL when the error ends the session."""
    return error_response(
        "FATAL" if error.fatal else "ERROR",
        error.sqlstate,
        error.message,
        hint=error.hint,
        position=None if error.position is None else error.position + 1,
        detail=f"Event {event_id} of the query log." if event_id else None,
        encoding=encoding,
        routine=error.routine,
    ).to_bytes()
