"""Errors and notices on their way to the client: what a restricted caller may not read is taken out, positions mapped back.

DETAIL, HINT, WHERE and internal query may quote a row (FINDINGS 23); the position counts in the text the server got.
"""

from __future__ import annotations

from typing import TypeVar

from proxy.errors import ProxyError
from proxy.plan import Plan
from proxy.wire.messages import ErrorResponse, NoticeResponse, error_response, notice_response

_ROW_FIELDS = frozenset("DHWpq")
Report = TypeVar("Report", ErrorResponse, NoticeResponse)


def map_position(position: int, offsets: tuple[tuple[int, int, int], ...]) -> int | None:
    """A 1-based character position in the server's text -> the client's, None where the text is ours."""
    at = position - 1
    for start, end, client_start in offsets:
        if start <= at < end or (at == end and (start, end, client_start) == offsets[-1]):
            return client_start + at - start + 1
    return None


def for_client(report: Report, *, is_restricted: bool, plan: Plan | None, is_rewritten: bool) -> Report:
    """The report as this client may read it; the same object when nothing changes."""
    fields: list[tuple[str, bytes]] = []
    for code, value in report.fields:
        if is_restricted and code in _ROW_FIELDS:
            continue
        if code == "P" and is_rewritten:
            mapped = map_position(int(value), plan.offsets) if plan is not None and value.isdigit() else None
            if mapped is None:
                continue
            value = str(mapped).encode()
        fields.append((code, value))
    shown = tuple(fields)
    return report if shown == report.fields else type(report)(shown)


def own_notices(texts: tuple[str, ...]) -> bytes:
    """NoticeResponse frames of a plan's own."""
    return b"".join(notice_response("NOTICE", "01000", text).to_bytes() for text in texts)


def own_error(error: ProxyError, event_id: str = "", encoding: str = "utf-8") -> bytes:
    """The ErrorResponse frame of a refusal; FATAL when the error ends the session."""
    return error_response(
        "FATAL" if error.fatal else "ERROR",
        error.sqlstate,
        error.message,
        hint=error.hint,
        position=None if error.position is None else error.position + 1,
        detail=f"Event {event_id} of the query log." if event_id else None,
        encoding=encoding,
    ).to_bytes()
