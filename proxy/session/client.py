"""The client's side: its frames become slots and what is sent to the server, or refusals.

A frame that cannot go yet (planner, path or replies missing) stays where it is, with everything behind it, and is tried again
after each answer: `Hold` is raised before anything changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from proxy.errors import ProtocolError, ProxyError, StatementError, Unproven
from proxy.plan import LONG_TEXT, Part, Plan
from proxy.session import slots as s
from proxy.session.express import Express
from proxy.session.ledger import Ledger
from proxy.session.naming import Hold, Naming, unknown_plan
from proxy.session.refusing import refuse_extended, refuse_simple
from proxy.session.rows import RowOpener, bound, server_param_oids
from proxy.session.slots import Named, Portal, Prepared, Slot, Unsure
from proxy.session.sqlnames import SqlNames
from proxy.session.stopping import Stopping
from proxy.wire import messages as m
from proxy.wire.frames import FIRST, HEAD_BYTES, PIECE, Frame, FrameReader
from proxy.wire.messages import Frontend

STALLED_BYTES = 64 << 10  # so much of a client that has to wait is kept before reading pauses
_STREAMS = frozenset({Frontend.COPY_DATA})
_T = TypeVar("_T")


def _as_frame(kind: int, frame: bytes) -> bytes:
    """A piece of a large CopyData as a CopyData of its own: where messages of a COPY end means nothing (54.2.6).

    Were it sent as it is, whatever is sent or dropped before the last piece (an error of the server that skips to Sync, a
    COMMIT of ours) would shift the rest of the message, and its bytes could be read as messages that nobody planned.
    """
    if not kind & PIECE:
        return frame
    return m.frame(Frontend.COPY_DATA, frame[HEAD_BYTES:] if kind & FIRST else frame)


def _parse_message(frame: bytes) -> m.Parse:
    return m.Parse.parse(frame[HEAD_BYTES:])


class Client:
    """Reads what the client sent. The one writer of where its frames stand."""

    def __init__(
        self, reader: FrameReader, ledger: Ledger, naming: Naming, names: SqlNames, stopping: Stopping, express: Express
    ) -> None:
        self._reader, self._ledger, self._naming = reader, ledger, naming
        self._names, self._stopping, self._express = names, stopping, express
        self._frames: Sequence[Frame] = ()
        self._at = 0
        self._buffer = b""
        self._held = b""  # the frame that waits
        self._long: tuple[bytes, Any] = (b"", None)  # the same when it is a long one, and what it says
        self.is_stalled = False
        self._calls: dict[int, Callable[[bytes], None]] = {
            Frontend.QUERY: self._query,
            Frontend.PARSE: self._parse,
            Frontend.BIND: self._bind,
            Frontend.DESCRIBE: self._describe,
            Frontend.EXECUTE: self._execute,
            Frontend.CLOSE: self._close,
            Frontend.FUNCTION_CALL: self._function_call,
        }

    @property
    def wants_bytes(self) -> bool:
        """False while reading from the client should pause."""
        return not (self.is_stalled and len(self._reader.buffer) > STALLED_BYTES)

    def pump(self) -> bool:
        """Let the frames go on as far as they can; True once the client said goodbye. Raises a fatal ProxyError."""
        while True:
            while self._at < len(self._frames):
                kind, start, end = self._frames[self._at]
                if self._ledger.is_cancelling or self._ledger.lock is not None or self._ledger.first_ready is not None:
                    self.is_stalled = True
                    return False
                if self._express.slot is not None:
                    self._express.expand()
                if kind == Frontend.BIND and self._express.run(self._buffer, self._frames, self._at):
                    self._frames, self._at, self._held = (), 0, b""
                    if self._reader.is_clean:
                        self.is_stalled = False
                        return False
                    continue
                if kind == Frontend.TERMINATE:
                    # What ran in a block of ours is committed first, as it would have been by itself; a COPY will not end now.
                    if self._stopping.has_own_block and not self._ledger.is_copying_in:
                        self.is_stalled = True
                        return False
                    return True
                frame = self._held or self._buffer[start:end]
                try:
                    self._frame(kind, frame)
                except Hold:
                    self.is_stalled, self._held = True, frame
                    return False
                self._at += 1
                if self._held or self._long[0]:
                    self._held, self._long = b"", (b"", None)
                    self._naming.forget_text()
            self.is_stalled = False
            self._reader.streams = _STREAMS
            self._frames, self._at = self._reader.frames(), 0
            self._buffer = self._reader.buffer
            if not self._frames:
                return False

    def _frame(self, kind: int, frame: bytes) -> None:
        """One frame. Raises Hold before it changed anything, or a fatal ProxyError."""
        if kind in (Frontend.SYNC, Frontend.FLUSH) and len(frame) != HEAD_BYTES:
            raise ProtocolError("invalid message format")  # the server would answer it, and then we lost count
        if kind == Frontend.SYNC:
            self._sync(frame)
        elif kind == Frontend.FLUSH:
            if not self._ledger.is_copying_in:
                self._ledger.to_server.append(frame)
                self._ledger.is_flushed = True
        elif self._ledger.is_skipping:
            return
        elif kind & 0xFF == Frontend.COPY_DATA:
            self._ledger.had_copy_data = True
            self._ledger.to_server.append(_as_frame(kind, frame))
        elif kind in (Frontend.COPY_DONE, Frontend.COPY_FAIL):
            self._ledger.to_server.append(frame)
            self._ledger.is_copying_in = False
            if self._ledger.slots and self._ledger.slots[-1].kind != s.COPY_END:
                self._ledger.slots.append(Slot(s.COPY_END))
        else:
            call = self._calls.get(kind)
            if call is None:
                raise ProtocolError(f"unexpected message type 0x{kind & 0xFF:02X}")
            if self._ledger.is_copying_in:
                raise ProtocolError(f"unexpected message type 0x{kind:02X} during COPY from stdin")
            self._stopping.admit(kind)
            call(frame)

    def _sync(self, frame: bytes) -> None:
        if self._ledger.is_copying_in:
            return  # the server would ignore it; not sending it keeps its replies countable
        self._stopping.admit(Frontend.SYNC)
        slot = Slot(s.SYNC)
        slot.has_copy_data_before = self._ledger.had_copy_data
        self._ledger.push(slot, frame)
        self._ledger.is_skipping = self._ledger.is_open_segment = False
        self._ledger.is_flushed = True
        self._ledger.segment += 1

    def _query(self, frame: bytes) -> None:
        sql = self._said(frame, m.query_text)
        try:
            plan, text = self._naming.decide(sql, (), in_prepare=False)
            plan, effects = self._names.resolved(plan, text)
            needs_block = self._stopping.admit_query(plan)
        except ProxyError as error:
            refuse_simple(self._ledger, error, self._naming.said(sql))
            return
        slot = Slot(s.QUERY)
        slot.plan = plan
        if not self._naming.is_glass:
            sent = self._naming.encoded(plan)
            if sent != sql:
                slot.is_rewritten = True
                frame = m.Query(sent).to_bytes()
            slot.notices = plan.notices
            if needs_block:
                self._stopping.begin(slot)
        slot.enter_part(0)
        if not effects and self._express.query(slot, plan, frame):
            return
        if not self._naming.is_glass:
            self._stopping.send(slot, plan, self._ledger.segment)
            self._ledger.forget_unnamed(slot, self._ledger.segment)
        self._naming.track(slot, plan)
        self._names.send(slot, effects)
        self._ledger.had_copy_data = False
        self._ledger.send_statement(slot, frame, plan)

    def _said(self, frame: bytes, read: Callable[[bytes], _T]) -> _T:
        """What a frame says. A long one is asked again while it waits to be planned; it is copied once."""
        if len(frame) <= LONG_TEXT:
            return read(frame)
        if self._long[0] is not frame:
            self._long = (frame, read(frame))
        said: _T = self._long[1]
        return said

    def _parse(self, frame: bytes) -> None:
        message = self._said(frame, _parse_message)
        try:
            plan, text = self._naming.decide(message.sql, message.param_oids, in_prepare=True)
            statement = self._naming.name(message.statement)
            oids = server_param_oids(message.param_oids, plan)
        except ProxyError as error:
            refuse_extended(self._ledger, error, message.statement, self._naming.said(message.sql))
            return
        slot = Slot(s.PARSE)
        slot.plan, slot.name = plan, statement
        slot.notices = () if self._naming.is_glass else plan.notices
        naming = self._naming
        slot.prepared = Prepared(plan, text, message.param_oids, naming.path, naming.temporary, naming.planner)
        sent = message.sql if naming.is_glass else naming.encoded(plan)
        if not naming.is_glass and (sent != message.sql or oids != message.param_oids):
            slot.is_rewritten = sent != message.sql
            frame = m.Parse(message.statement, sent, oids).to_bytes()
        self._ledger.statements.put(statement, slot.prepared, slot, self._ledger.segment)
        self._ledger.send_statement(slot, frame, plan, "prepare")
        if plan.check_types and not self._naming.is_glass:
            self._lock_types(slot)

    def _lock_types(self, parse: Slot) -> None:
        """Ask the server for the parameters' types; everything else of the client waits for the answer."""
        parse.is_type_lock = True
        self._ledger.lock = parse
        describe = Slot(s.DESCRIBE_STATEMENT)
        describe.prepared, describe.name, describe.plan = parse.prepared, parse.name, parse.plan
        describe.enter_part(0)
        describe.is_internal = describe.is_type_lock = describe.passes_error = True
        self._ledger.push_extended(describe, m.Describe("S", parse.name).to_bytes())
        self._ledger.flush()

    def _bind(self, frame: bytes) -> None:
        portal, statement = m.bind_names(frame[HEAD_BYTES:])
        slot = Slot(s.BIND)
        if self._naming.is_glass:
            known = self._ledger.statements.guess(statement)
            if known is not None:
                slot.portal = Portal(known)
        else:
            try:
                portal = self._naming.name(portal)
                prepared = self._known_statement(statement)
                plan = prepared.plan
                formats: tuple[int, ...] = ()
                if plan.params or prepared.part.results or prepared.part.naming is not None:
                    frame, formats = bound(frame, plan, self._ledger.sealing)
            except ProxyError as error:
                refuse_extended(self._ledger, error, None)
                return
            slot.portal = Portal(prepared, formats)
            slot.plan, slot.prepared = plan, prepared
            slot.is_rewritten = plan.text != prepared.text.encode()
        slot.name = portal
        self._ledger.portals.put(portal, slot.portal, slot, self._ledger.segment)
        self._ledger.push_extended(slot, frame)

    def _describe(self, frame: bytes) -> None:
        message = m.Describe.parse(frame[HEAD_BYTES:])
        slot = Slot(s.DESCRIBE_STATEMENT if message.what == "S" else s.DESCRIBE_PORTAL)
        if not self._naming.is_glass:
            try:
                if message.what == "S":
                    prepared = self._known_statement(message.name)
                else:
                    slot.portal = self._known_portal(message.name)
                    prepared = slot.portal.prepared
                slot.plan, part, _ = self._run(prepared, slot.portal)
            except ProxyError as error:
                refuse_extended(self._ledger, error, None)
                return
            slot.prepared = prepared
            slot.enter(part)
            if slot.portal is not None:
                slot.portal.is_described = True
        self._ledger.push_extended(slot, frame)

    def _execute(self, frame: bytes) -> None:
        message = m.Execute.parse(frame[HEAD_BYTES:])
        slot = Slot(s.EXECUTE)
        plan: Plan | None
        if self._naming.is_glass:
            guessed = self._ledger.portals.guess(message.portal)
            plan = guessed.prepared.plan if guessed is not None else unknown_plan()
            self._naming.track(slot, plan)
            slot.portal, slot.plan = guessed, plan
            slot.enter_part(0)
        else:
            try:
                portal = self._known_portal(message.portal)
                plan, part, effects = self._run(portal.prepared, portal)
                self._stopping.admit_execute(plan)
            except ProxyError as error:
                refuse_extended(self._ledger, error, None)
                return
            slot.portal, slot.prepared = portal, portal.prepared
            slot.is_rewritten = plan.text != portal.prepared.text.encode()
            slot.plan = plan
            slot.enter(part)
            self._names.send(slot, effects)
            portal.meant = next((one.value for one in effects if one.is_use), None)
            if slot.part.results:
                slot.opener = RowOpener(slot.part.results, portal.result_formats, self._ledger.sealing)
            self._naming.track(slot, plan)
            self._stopping.send(slot, plan, self._ledger.segment)
            self._look_first(slot, message.portal)
        self._ledger.had_copy_data = False
        self._ledger.send_statement(slot, frame, plan)

    def _run(self, prepared: Prepared, portal: Portal | None) -> tuple[Plan, Part, tuple[Named, ...]]:
        """What an execution now would give: the plan, the statement that answers, and what it does to names."""
        if prepared.is_sql:
            return prepared.plan, prepared.part, ()
        plan, effects = self._names.resolved(prepared.plan, prepared.text, portal)
        return plan, plan.parts[0] if plan.parts else s.NO_PART, effects

    def _look_first(self, execute: Slot, name: bytes) -> None:
        """The second lock needs a RowDescription: when the client did not ask for one, we do."""
        portal, plan = execute.portal, execute.plan
        if portal is None or plan is None or portal.is_described or portal.prepared.is_described:
            return
        words = execute.part.naming
        runs_another = words is not None and words.action in ("execute", "fetch")
        if plan.masked_origins or plan.sealed_origins or execute.part.results or (plan.restricted and runs_another):
            look = Slot(s.DESCRIBE_PORTAL)
            look.portal, look.prepared, look.plan = portal, portal.prepared, plan
            look.enter(execute.part)
            look.is_internal = look.passes_error = True
            portal.is_described = True
            self._ledger.push_extended(look, m.Describe("P", name).to_bytes())

    def _close(self, frame: bytes) -> None:
        message = m.Close.parse(frame[HEAD_BYTES:])
        slot = Slot(s.CLOSE)
        try:
            slot.name, slot.closes_portal = self._naming.name(message.name), message.what == "P"
        except ProxyError as error:
            refuse_extended(self._ledger, error, None)
            return
        names = self._ledger.portals if slot.closes_portal else self._ledger.statements
        names.put(slot.name, None, slot, self._ledger.segment)
        self._ledger.push_extended(slot, frame)

    def _function_call(self, frame: bytes) -> None:
        message = m.FunctionCall.parse(frame[HEAD_BYTES:])
        if not self._naming.is_glass:
            refuse_simple(self._ledger, Unproven("the function call protocol is closed here: use SELECT"))
            return
        slot = Slot(s.FUNCTION_CALL)
        slot.plan = Plan(b"", (), log_text=f"(function call of OID {message.function_oid})")
        self._ledger.send_statement(slot, frame, slot.plan)

    def _known_statement(self, name: bytes) -> Prepared:
        """Raises StatementError (26000), what a stale plan is refused with, or Hold."""
        try:
            prepared = self._ledger.statements.find(self._naming.name(name), self._ledger.segment)
        except Unsure:
            self._ledger.nudge()
            raise Hold from None
        if prepared is None:
            shown = name.decode("utf-8", "replace")
            what = f'prepared statement "{shown}" does not exist' if name else "unnamed prepared statement does not exist"
            raise StatementError(what, sqlstate="26000")
        self._naming.refresh(prepared)
        return prepared

    def _known_portal(self, name: bytes) -> Portal:
        try:
            portal = self._ledger.find_portal(self._naming.name(name))
        except Unsure:
            self._ledger.nudge()
            raise Hold from None
        if portal is None:
            raise StatementError(f'portal "{name.decode("utf-8", "replace")}" does not exist', sqlstate="34000")
        self._naming.refresh(portal.prepared)
        return portal
