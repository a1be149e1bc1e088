"""The server's side: each reply meets the front slot, is counted, opened or replaced, and closes it.

Promises: a reply that fits no slot, or a row shape that disagrees with its plan, ends the session (FATAL); what passes
unopened leaves as the server's own bytes. PostgreSQL 18, 54.2 Message Flow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from proxy.errors import BudgetSpent, Bug, ProtocolError, ProxyError, Unavailable
from proxy.guard import over_budget
from proxy.plan import Part, Plan, Shape
from proxy.session import slots as s
from proxy.session.actions import Reload
from proxy.session.express import Express
from proxy.session.ledger import Ledger
from proxy.session.naming import Naming
from proxy.session.refusing import own_reply, refuse_extended
from proxy.session.reports import for_client, own_notices
from proxy.session.rows import RowOpener, check_parameters, count_rows, origins, parameter_shape, row_shape
from proxy.session.slots import Slot
from proxy.session.sqlnames import SqlNames
from proxy.session.stopping import Stopping
from proxy.wire import messages as m
from proxy.wire.frames import FIRST, HEAD_BYTES, PIECE, Frame, FrameReader
from proxy.wire.messages import Backend

_STREAMS = frozenset({Backend.DATA_ROW, Backend.COPY_DATA})
_NOTHING: frozenset[int] = frozenset()
_PARSE_COMPLETE = m.ParseComplete().to_bytes()
_SYNTAX_ERROR = "42601"
_LINES = ("rows", "header")  # a line of COPY is a message; in binary a message is not always a row
_SHAPES = 4  # of one statement that are remembered: its result formats may differ
_TRAILER_BYTES = HEAD_BYTES + 2  # of a binary COPY (PostgreSQL 18, COPY, Binary Format)


class Replies:
    """Reads what the server sent."""

    def __init__(
        self, reader: FrameReader, ledger: Ledger, naming: Naming, names: SqlNames, stopping: Stopping, express: Express
    ) -> None:
        self._reader, self._ledger, self._naming, self._names = reader, ledger, naming, names
        self._stopping, self._express = stopping, express
        self._drops_piece = False
        self.said_goodbye = False  # the server ended the session with an error of its own
        self._calls: dict[int, Callable[[bytes], bytes | None]] = {
            Backend.PARSE_COMPLETE: self._parse_complete,
            Backend.BIND_COMPLETE: self._bind_complete,
            Backend.CLOSE_COMPLETE: self._close_complete,
            Backend.PARAMETER_DESCRIPTION: self._parameter_description,
            Backend.ROW_DESCRIPTION: self._row_description,
            Backend.NO_DATA: self._no_data,
            Backend.COMMAND_COMPLETE: self._part_ends,
            Backend.EMPTY_QUERY_RESPONSE: self._part_ends,
            Backend.PORTAL_SUSPENDED: self._part_ends,
            Backend.ERROR_RESPONSE: self._error,
            Backend.NOTICE_RESPONSE: self._notice,
            Backend.NOTIFICATION_RESPONSE: self._notification,
            Backend.PARAMETER_STATUS: self._parameter_status,
            Backend.READY_FOR_QUERY: self._ready,
            Backend.COPY_IN_RESPONSE: self._copy_in,
            Backend.COPY_OUT_RESPONSE: self._copy_out,
            Backend.COPY_BOTH_RESPONSE: self._copy_out,
            Backend.COPY_DONE: self._copy_done,
            Backend.FUNCTION_CALL_RESPONSE: self._function_result,
        }

    def read(self) -> None:
        """Take in what the server sent. Raises a fatal ProxyError."""
        while True:
            self._pass_copy_ends()
            front = self._ledger.slots[0] if self._ledger.slots else None
            if front is not None and self._express.slot is None:
                self._rows(front)
            may_stream = front is None or (front.opener is None and not front.is_internal)
            self._reader.streams = _STREAMS if may_stream else _NOTHING
            frames = self._reader.frames()
            if not frames:
                return
            if self._express.slot is not None:
                if self._ledger.slots and frames[0][0] == Backend.PARSE_COMPLETE:  # the Parse just before it
                    self._frames(self._reader.buffer, frames[:1])
                    del frames[0]
                if not frames:
                    continue
                if not self._ledger.slots and self._express.met(self._reader.buffer, frames):
                    if self._reader.is_clean:
                        return
                    continue
                self._express.expand()
            self._frames(self._reader.buffer, frames)

    def _rows(self, slot: Slot) -> None:
        """Rows that come next, as many as there are and may be: counted, and passed as one slice or opened."""
        opener, copy = slot.opener, slot.part.copy
        if not slot.is_plain and (opener is None or slot.is_stopped or slot.is_muted or slot.refusal is not None):
            return
        if copy is not None and copy not in _LINES:
            return
        counter, most = None, sys.maxsize
        if slot.limit is not None:
            counter = slot.counter()
            most = slot.limit - counter.counted
        count, start, end = self._reader.run(Backend.DATA_ROW if copy is None else Backend.COPY_DATA, most)
        if not count:
            return
        buffer, error = self._reader.buffer, None
        if opener is None:
            self._ledger.to_client.append(buffer[start:end])
        else:
            stop, error = opener.open(buffer, start, end, self._ledger.to_client)
            if error is not None:  # the row that fails is looked at, and so it is counted; those behind it are not
                count, end = count_rows(buffer, start, stop)
        slot.rows += count
        slot.bytes_out += end - start
        if counter is not None:
            counter.counted += count
        if error is None:
            return
        if error.fatal:
            raise error
        self._stop(slot, error)

    def _frames(self, buffer: bytes, frames: list[Frame]) -> None:
        """Forward one batch: what passes unopened leaves in as few slices as it can."""
        out, slots, calls = self._ledger.to_client, self._ledger.slots, self._calls
        mark = start = frames[0][1]
        end = mark
        try:
            for kind, start, end in frames:
                if kind == Backend.DATA_ROW:
                    slot = slots[0] if slots else None
                    if slot is not None and slot.is_plain and slot.limit is None:
                        slot.rows += 1
                        slot.bytes_out += end - start
                        continue
                    shown = b"" if slot is not None and slot.is_stopped else self._row(slot, buffer, start, end)
                elif kind == Backend.COPY_DATA:
                    slot = slots[0] if slots else None
                    if slot is not None and slot.is_plain and slot.limit is None and slot.part.copy in _LINES:
                        slot.rows += 1
                        slot.bytes_out += end - start
                        continue
                    shown = b"" if slot is not None and slot.is_stopped else self._copy_data(end - start)
                elif kind & PIECE:
                    shown = self._piece(kind, end - start)
                else:
                    call = calls.get(kind)
                    if call is None:
                        raise ProtocolError(f"unexpected backend message type 0x{kind:02X}", sqlstate="08006")
                    shown = call(buffer[start:end])
                if shown is None:
                    continue
                if mark < start:
                    out.append(buffer[mark:start])
                if shown:
                    out.append(shown)
                mark = end
        except ProxyError:
            end = start  # what came before the broken frame was judged and may still leave
            raise
        finally:
            if mark < end:
                out.append(buffer[mark:end])

    def _pass_copy_ends(self) -> None:
        """An end of COPY in front belongs to no COPY: the server ignores it, and nothing is waited for."""
        slots = self._ledger.slots
        while slots and slots[0].kind == s.COPY_END:
            slots.popleft()

    def _front(self, *kinds: int) -> Slot:
        slots = self._ledger.slots
        self._pass_copy_ends()
        if not slots or slots[0].kind not in kinds:
            raise ProtocolError("the server sent a reply that nobody asked for", sqlstate="08006")
        return slots[0]

    # --- the extended protocol's small replies. Each takes the frame; None = it passes, b"" = the client hears nothing

    def _parse_complete(self, frame: bytes) -> bytes | None:
        slot = self._front(s.PARSE)
        if slot.refusal is not None:
            raise Bug("the server accepted what it had to reject")
        self._ledger.slots.popleft()
        if slot.is_internal:
            return b""
        if slot.is_type_lock:
            return b""  # said when the types are checked
        self._ledger.statements.confirm(slot.name, slot.prepared, slot)
        self._ledger.log_end(slot)
        if slot.is_muted:
            return b""
        return own_notices(slot.notices, self._ledger.codec) + frame if slot.notices else None

    def _bind_complete(self, frame: bytes) -> bytes | None:
        slot = self._front(s.BIND)
        self._ledger.slots.popleft()
        if slot.is_internal:
            return b""
        self._ledger.portals.confirm(slot.name, slot.portal, slot)
        return b"" if slot.is_muted else None

    def _close_complete(self, frame: bytes) -> bytes | None:
        slot = self._front(s.CLOSE)
        self._ledger.slots.popleft()
        if slot.is_internal:
            if slot.is_path_question and not (self._ledger.slots and self._ledger.slots[0].is_path_question):
                self._naming.asked()
            return b""
        if slot.closes_portal:
            self._ledger.portals.confirm(slot.name, None, slot)
        else:
            self._ledger.statements.confirm(slot.name, None, slot)
        return b"" if slot.is_muted else None

    def _parameter_description(self, frame: bytes) -> bytes | None:
        slot = self._front(s.DESCRIBE_STATEMENT)
        plan = slot.prepared.plan if slot.prepared is not None else None
        if slot.is_type_lock and plan is not None:
            slot.refusal = check_parameters(frame[HEAD_BYTES:], plan)
        if slot.is_internal or slot.is_muted:
            return b""
        return None if plan is None else parameter_shape(frame[HEAD_BYTES:], plan)

    def _row_description(self, frame: bytes) -> bytes | None:
        slot = self._front(s.DESCRIBE_STATEMENT, s.DESCRIBE_PORTAL, s.QUERY)
        plan, part = slot.plan, slot.part
        if slot.kind == s.QUERY and (slot.is_stopped or slot.is_muted):
            return b""  # what runs on after a stop is shown nowhere, so nothing of it is judged
        shape = None
        if plan is not None and not self._naming.is_glass:
            shape = self._shape(frame[HEAD_BYTES:], plan, part)
            if slot.kind == s.QUERY and shape is not None and part.results:
                slot.opener = RowOpener(part.results, shape[1], self._ledger.sealing)
        if slot.kind == s.QUERY:
            return self._after_notices(slot, frame, None if shape is None else shape[0])
        if slot.prepared is not None:
            slot.prepared.is_described = True
        return self._described(slot, None if shape is None else shape[0])

    def _shape(self, body: bytes, plan: Plan, part: Part) -> Shape | None:
        """What the client hears of a RowDescription; None: it passes as it is.

        A name of a restricted caller's statement that now means another relation than planned shows itself here.
        """
        if body in part.shapes:
            return part.shapes[body]
        shape = row_shape(body, plan, part)
        strangers = origins(body) - {use.oid for use in part.uses} if plan.restricted else frozenset[int]()
        planner = self._naming.planner
        if planner is not None and any(planner.knows(oid) for oid in strangers):  # temporary tables are not in our catalog
            self._ledger.actions.append(Reload(()))
            raise Unavailable("the catalog changed while this statement was on its way: connect again", sqlstate="57P03")
        if not strangers and len(part.shapes) < _SHAPES:
            part.shapes[body] = shape
        return shape

    def _no_data(self, frame: bytes) -> bytes | None:
        slot = self._front(s.DESCRIBE_STATEMENT, s.DESCRIBE_PORTAL)
        if slot.part.results:
            raise Bug("a plan opens columns of a statement without rows")
        return self._described(slot, None)

    def _described(self, slot: Slot, shape: bytes | None) -> bytes | None:
        self._ledger.slots.popleft()
        if slot.is_type_lock:
            return self._types_checked(slot.refusal)
        return b"" if slot.is_internal or slot.is_muted else shape

    def _types_checked(self, error: ProxyError | None) -> bytes:
        parse, self._ledger.lock = self._ledger.lock, None
        if parse is None:
            raise Bug("a type check without its statement")
        self._ledger.log_end(parse, error.sqlstate if error is not None else "00000", error.message if error else "")
        if error is None:
            self._ledger.statements.confirm(parse.name, parse.prepared, parse)
            return own_notices(parse.notices, self._ledger.codec) + _PARSE_COMPLETE
        # The server has the statement: take it back, then fail as a Parse of that name.
        close = Slot(s.CLOSE)
        close.is_internal = True
        self._ledger.statements.forget(parse.name, parse)
        self._ledger.push_extended(close, m.Close("S", parse.name).to_bytes())
        refuse_extended(self._ledger, error, parse.name)
        self._ledger.flush()
        return b""

    # --- rows

    def _row(self, slot: Slot | None, buffer: bytes, start: int, end: int) -> bytes | None:
        if slot is None or slot.kind not in s.GIVE_ROWS:
            slot = self._front(*s.GIVE_ROWS)
        if slot.is_internal:
            self._naming.answer(buffer[start + HEAD_BYTES : end])
            return b""
        opener = slot.opener
        if opener is None:
            slot.require_part()
            if not slot.part.gives_rows and slot.plan is not None and slot.plan.restricted:
                raise Bug("a write without RETURNING gave rows")
        if not self._counts(slot, end - start):
            return b""
        if opener is None:
            if slot.part.results:
                raise Bug("rows to open came before their shape")
            return None
        shown: list[bytes] = []
        _, error = opener.open(buffer, start, end, shown)
        if error is None:
            return b"".join(shown)
        if error.fatal:
            raise error
        self._stop(slot, error)
        return b""

    def _counts(self, slot: Slot, size: int) -> bool:
        """Count one row; False when it must not leave."""
        if slot.is_stopped or slot.is_muted or slot.refusal is not None:
            return False
        if slot.limit is not None:
            counter = slot.counter()
            counter.counted += 1
            counted = counter.counted
            if counted > slot.limit:
                self._stop(slot, over_budget(slot.part.row_limit or 0, self._ledger.role))
                return False
        slot.rows += 1
        slot.bytes_out += size
        return True

    def _copy_data(self, size: int) -> bytes | None:
        slot = self._front(s.QUERY, s.EXECUTE)
        if slot.part.copy == "binary" and size == _TRAILER_BYTES and not slot.is_muted and slot.refusal is None:
            return None  # a row without columns is as short, and shows no more
        return None if self._counts(slot, size) else b""

    def _piece(self, kind: int, size: int) -> bytes | None:
        """A piece of a large row: counted at its first piece, with which the others go."""
        slot = self._front(s.QUERY, s.EXECUTE)
        if kind & FIRST:
            self._drops_piece = not self._counts(slot, size)
        elif not self._drops_piece:
            slot.bytes_out += size
        return b"" if self._drops_piece else None

    def _stop(self, slot: Slot, error: ProxyError) -> None:
        """No further row of this statement leaves; the server is asked to stop, and the client waits for it."""
        slot.is_stopped, slot.is_plain = True, False
        slot.refusal, slot.refusal_id = error, slot.event_id
        slot.outcome = "stopped" if isinstance(error, BudgetSpent) else "error"
        if self._ledger.key is None:
            raise Unavailable("the server gave no key to cancel with", sqlstate="58000")
        self._ledger.ask_cancel()

    def _copy_in(self, frame: bytes) -> bytes | None:
        slot = self._front(s.QUERY, s.EXECUTE)
        slot.is_in_copy = True
        if slot.is_muted:
            self._ledger.to_server.append(m.CopyFail(b"the statement before was stopped").to_bytes())
            return b""
        self._ledger.is_copying_in = not any(one.kind == s.COPY_END for one in self._ledger.slots)
        return None

    def _copy_out(self, frame: bytes) -> bytes | None:
        return b"" if self._front(s.QUERY, s.EXECUTE).is_muted else None

    def _copy_done(self, frame: bytes) -> bytes | None:
        slot = self._front(s.QUERY, s.EXECUTE)
        return b"" if slot.is_stopped or slot.is_muted else None

    def _copy_ends(self, slot: Slot, is_failed: bool) -> None:
        """The Syncs that arrived inside COPY IN were swallowed by the server: their slots go. `slot` is still in front."""
        was_open = self._ledger.is_copying_in
        slot.is_in_copy = self._ledger.is_copying_in = False
        slots = self._ledger.slots
        if not any(one.kind == s.COPY_END for one in slots) and not was_open:
            return
        slots.popleft()
        while slots and slots[0].kind in (s.SYNC, s.COPY_END):
            one = slots.popleft()
            if one.kind == s.COPY_END:
                break
            if is_failed and one.has_copy_data_before:
                raise ProtocolError("a Sync inside failed COPY data: its reply cannot be told")
        slots.appendleft(slot)

    # --- ends

    def _part_ends(self, frame: bytes) -> bytes | None:
        """CommandComplete, EmptyQueryResponse or PortalSuspended, which only an Execute has."""
        slot = self._front(s.EXECUTE) if frame[0] == Backend.PORTAL_SUSPENDED else self._front(s.QUERY, s.EXECUTE)
        if slot.is_internal:
            if slot.kind == s.EXECUTE:
                self._ledger.slots.popleft()
            return b""
        if slot.is_closing:
            return b""
        if slot.is_in_copy:
            self._copy_ends(slot, is_failed=False)
        slot.cells += (slot.rows - slot.part_start) * slot.part.cells
        slot.part_start = slot.rows
        if frame[0] != Backend.PORTAL_SUSPENDED and not self._naming.is_glass:
            self._names.part_done(slot)
            tag = m.CommandComplete.parse(frame[HEAD_BYTES:]).tag if frame[0] == Backend.COMMAND_COMPLETE else b""
            self._naming.part_done(slot.part, tag)
        if slot.kind == s.EXECUTE:
            self._ledger.slots.popleft()
            return self._execute_ends(slot)
        if slot.is_muted:
            return b""
        if slot.refusal is not None:  # an empty query in place of a refused one, or stopped too late
            slot.must_fail = slot.is_stopped
            slot.is_muted, slot.is_stopped, slot.is_plain = True, False, False
            return own_reply(slot, self._ledger.codec)
        if frame[0] != Backend.EMPTY_QUERY_RESPONSE:
            slot.require_part()
        shown = self._after_notices(slot, frame, None)
        if slot.is_wrapped and slot.plan is not None and slot.part_number == len(slot.plan.parts) - 1:
            slot.kept, shown = frame if shown is None else shown, b""
        slot.enter_part(slot.part_number + 1)
        return shown

    def _after_notices(self, slot: Slot, frame: bytes, shown: bytes | None) -> bytes | None:
        """The plan's own notices go before the first reply of a simple query."""
        if not slot.notices:
            return shown
        notices, slot.notices = slot.notices, ()
        return own_notices(notices, self._ledger.codec) + (frame if shown is None else shown)

    def _execute_ends(self, slot: Slot) -> bytes | None:
        self._naming.settle(slot)
        self._stopping.over(slot)
        if slot.is_muted:
            self._ledger.log_end(slot)
            return b""
        if slot.refusal is None:
            self._ledger.log_end(slot)
            return None
        self._ledger.log_end(slot, slot.refusal.sqlstate)
        self._stopping.execute_ended_late(slot)
        return own_reply(slot, self._ledger.codec)

    def _error(self, frame: bytes) -> bytes | None:
        report = m.ErrorResponse.parse(frame[HEAD_BYTES:])
        if report.severity in ("FATAL", "PANIC"):
            self.said_goodbye = True
            return self._report(report, frame, None)
        self._naming.failed()
        slots = self._ledger.slots
        self._pass_copy_ends()
        if not slots:
            return self._report(report, frame, None)
        slot = slots[0]
        if slot.is_in_copy:
            self._copy_ends(slot, is_failed=True)
        is_ours = slot.refusal is not None and (slot.is_stopped or report.sqlstate == _SYNTAX_ERROR)
        slot.sqlstate = report.sqlstate
        slot.kept = b""
        if slot.is_muted or (slot.is_internal and not slot.passes_error):
            shown: bytes | None = b""
        elif is_ours:
            shown = own_reply(slot, self._ledger.codec)
        else:
            shown = self._report(report, frame, slot)
        if slot.kind in (s.QUERY, s.FUNCTION_CALL):
            if is_ours:
                slot.is_muted, slot.is_plain = True, False
        elif slot.kind != s.SYNC:  # an error at Sync is a failed commit: ReadyForQuery follows
            self._ledger.slots.popleft()
            if slot.kind == s.PARSE and not slot.name:
                self._ledger.statements.confirm(b"", None, slot)
            self._drop(slot, slot.sqlstate)
            self._skip_to_sync(slot.sqlstate)
        return shown

    def _skip_to_sync(self, sqlstate: str) -> None:
        slots = self._ledger.slots
        while slots and slots[0].kind != s.SYNC:
            self._drop(slots.popleft(), sqlstate)
        if not slots:
            self._ledger.is_skipping = True

    def _drop(self, slot: Slot, sqlstate: str) -> None:
        """Its message failed or was ignored."""
        match slot.kind:
            case s.PARSE:
                self._ledger.statements.forget(slot.name, slot)
            case s.BIND:
                self._ledger.portals.forget(slot.name, slot)
            case s.CLOSE:
                (self._ledger.portals if slot.closes_portal else self._ledger.statements).forget(slot.name, slot)
            case s.QUERY:
                self._ledger.statements.forget(b"", slot)
                self._ledger.portals.forget(b"", slot)
        if slot.is_path_question:
            self._naming.asked()
        if slot.is_type_lock and self._ledger.lock is not None:
            self._ledger.statements.forget(self._ledger.lock.name, self._ledger.lock)
            self._ledger.lock = None
        self._names.ended(slot)
        self._naming.settle(slot)
        self._stopping.over(slot)
        self._ledger.log_end(slot, sqlstate)

    def _ready(self, frame: bytes) -> bytes | None:
        slot = self._front(s.QUERY, s.SYNC, s.FUNCTION_CALL)
        self._ledger.slots.popleft()
        self._pass_copy_ends()
        self._ledger.status = frame[HEAD_BYTES:]
        if self._ledger.status not in (b"I", b"T", b"E"):
            raise ProtocolError("invalid transaction status in ReadyForQuery", sqlstate="08006")
        if self._stopping.closes_block(slot):
            return b""
        if slot.kind == s.QUERY:
            self._ledger.statements.confirm(b"", None, slot)
            self._ledger.portals.confirm(b"", None, slot)
            self._names.ended(slot)
            self._stopping.over(slot)
            self._ledger.log_end(slot, slot.sqlstate)
        self._naming.settle(slot)
        if self._ledger.status == b"I":
            self._naming.idle(is_asked=slot.is_path_question)
        elif self._ledger.status == b"T":
            self._naming.in_block()
        if not slot.is_internal:
            return self._stopping.ready(slot, frame)
        if slot.is_path_question:
            self._naming.ready()
        first, self._ledger.first_ready = self._ledger.first_ready, None
        return first or b""

    def _function_result(self, frame: bytes) -> bytes | None:
        self._front(s.FUNCTION_CALL)
        return None

    # --- what may come at any time

    def _notice(self, frame: bytes) -> bytes | None:
        report = m.NoticeResponse.parse(frame[HEAD_BYTES:])
        slot = self._ledger.slots[0] if self._ledger.slots else None
        if slot is not None and slot.is_internal and not self._naming.is_glass:
            return b""
        return self._report(report, frame, slot)

    def _report(
        self, report: m.ErrorResponse | m.NoticeResponse, frame: bytes, slot: Slot | None
    ) -> bytes | None:
        """None when it passes as it is."""
        if self._naming.is_glass or self._naming.planner is None:
            return None
        plan = slot.plan if slot is not None else None
        is_restricted = self._naming.planner.restricted or (plan is not None and plan.restricted)
        is_rewritten = slot is not None and slot.is_rewritten
        shown = for_client(report, is_restricted=is_restricted, plan=plan, is_rewritten=is_rewritten)
        return None if shown is report else shown.to_bytes()

    def _notification(self, frame: bytes) -> bytes | None:
        planner = self._naming.planner
        if planner is None:
            return b""
        if not planner.restricted:
            return None
        channel = m.NotificationResponse.parse(frame[HEAD_BYTES:]).channel
        return None if channel.decode("utf-8", "replace") in planner.channels else b""

    def _parameter_status(self, frame: bytes) -> bytes | None:
        status = m.ParameterStatus.parse(frame[HEAD_BYTES:])
        name = status.name.decode("utf-8", "replace")
        self._ledger.parameters[name] = status.value.decode("utf-8", "replace")
        if name == "search_path":
            self._naming.path_changed()
        return None
