"""The usual case in one step: one known statement alone on its way, and replies as they always are.

A Query, or Bind, Describe, Execute and Sync in one read, sent while nothing else is on its way but perhaps a Parse before it,
takes no place among the slots: `Express` keeps it, and replies that come as usual in one read are met at once. Whatever is not
usual (another message of the client's, an error, a notice, a shape not seen before, rows over a limit, a value that cannot be
sealed or opened, half an answer) makes it the slots it stands for first (`expand`), which are then met one by one.

Promise: what leaves, what is logged and every later state are the same as with slots. (PostgreSQL 18, 54.2.2 and 54.2.3.)
"""

from __future__ import annotations

from collections.abc import Sequence

from proxy.errors import ProxyError
from proxy.plan import Plan
from proxy.session import slots as s
from proxy.session.actions import Statement
from proxy.session.ledger import Ledger
from proxy.session.naming import Naming
from proxy.session.rows import RowOpener, bound
from proxy.session.slots import Portal, Prepared, Slot, Unsure
from proxy.session.stopping import Stopping
from proxy.wire.frames import HEAD_BYTES, Frame
from proxy.wire.messages import Backend, CommandComplete

# Of the unnamed portal, with all its rows; byte for byte what every driver sends.
_DESCRIBE = b"D\x00\x00\x00\x06P\x00"
_EXECUTE = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00"
_SYNC = b"S\x00\x00\x00\x04"


class Express:
    """`run` and `query` send, `met` takes the replies. `slot` is what is on its way, or None."""

    def __init__(self, ledger: Ledger, naming: Naming, stopping: Stopping) -> None:
        self._ledger, self._naming, self._stopping = ledger, naming, stopping
        self.slot: Slot | None = None
        self._describes = False
        self._formats: tuple[int, ...] = ()  # of the result, as Bind gave them; noted where values are to be opened
        self._segment = 0

    # --- the client's side

    def run(self, buffer: bytes, frames: Sequence[Frame], at: int) -> bool:
        """Frames from `at` on, the first of them a Bind: whether they were sent."""
        count = len(frames) - at
        describes = count == 4
        if not (describes or count == 3) or not self._is_quiet(may_parse=True):
            return False
        if buffer[frames[-1][1] : frames[-1][2]] != _SYNC:
            return False
        _, start, end = frames[at]
        stop = buffer.find(b"\0", start + HEAD_BYTES + 1, end)
        if stop < 0 or buffer[start + HEAD_BYTES]:  # a portal with a name
            return False
        name = buffer[start + HEAD_BYTES + 1 : stop]
        if not name.isascii():
            return False
        if describes and buffer[end : frames[at + 1][2]] != _DESCRIBE:
            return False
        execute = frames[-2][1]
        if buffer[execute : frames[-2][2]] != _EXECUTE:
            return False
        ledger = self._ledger
        try:
            prepared = ledger.statements.find(name, ledger.segment)
        except Unsure:
            return False
        if prepared is None or prepared.is_sql or not self._naming.is_settled(prepared) or not self._is_usual(prepared.plan):
            return False
        plan = prepared.plan
        part = plan.parts[0]
        if part.writes and (part.row_limit is not None or part.results):  # its Sync waits until it was not stopped
            return False
        has_secrets = plan.masked_origins or plan.sealed_origins or part.results
        if has_secrets and not (describes or prepared.is_described or self._naming.is_glass):
            return False  # we would have to ask for its shape
        slot = Slot(s.EXECUTE)
        slot.prepared, slot.plan = prepared, plan
        slot.enter(part)
        data, self._formats = buffer[start : frames[-1][2]], ()
        slot.ahead, slot.behind = execute - start, frames[-1][2] - frames[-1][1]
        if plan.params or part.results:
            try:
                bind, self._formats = bound(buffer[start:end], plan, ledger.sealing)
            except ProxyError:
                return False  # it is found again, and said, in the usual way
            if plan.params:
                data = bind + data[end - start :]
                slot.ahead = len(bind) + execute - end
            if part.results:
                slot.opener = RowOpener(part.results, self._formats, ledger.sealing)
        self._describes = describes
        self._send(slot, plan, data)
        return True

    def query(self, slot: Slot, plan: Plan, frame: bytes) -> bool:
        """A simple query whose slot is ready: whether it was sent."""
        if slot.is_wrapped or slot.notices or plan.params or not self._is_usual(plan) or not self._is_quiet(may_parse=False):
            return False
        self._send(slot, plan, frame)
        return True

    def _is_usual(self, plan: Plan) -> bool:
        if not plan.is_usual or self._naming.is_revocable:
            return False
        return not (plan.ends_transaction and self._ledger.portals.has_names())

    def _is_quiet(self, *, may_parse: bool) -> bool:
        """Whether nothing is on its way, but perhaps a Parse just before, and nothing else changes what a statement does."""
        ledger = self._ledger
        if self.slot is not None or ledger.is_skipping or ledger.is_copying_in or ledger.status == b"E":
            return False
        if not ledger.slots:
            return not ledger.is_open_segment
        first = ledger.slots[0]
        is_parse = len(ledger.slots) == 1 and first.kind == s.PARSE and not (first.is_internal or first.is_type_lock)
        return may_parse and is_parse and ledger.is_open_segment and first.refusal is None

    def _send(self, slot: Slot, plan: Plan, data: bytes) -> None:
        ledger = self._ledger
        ledger.flush_server()
        slot.event_id = ledger.journal.next_id()
        slot.started = ledger.now
        ledger.actions.append(Statement(ledger.journal.accept(slot.event_id, plan), data, slot))
        self.slot, self._segment = slot, ledger.segment
        ledger.had_copy_data = False
        ledger.end_segment()

    # --- the server's side

    def met(self, buffer: bytes, frames: Sequence[Frame]) -> bool:
        """Whether these were all the replies, as usual, and are on their way to the client."""
        slot = self.slot
        if slot is None:
            return False
        is_run = slot.kind == s.EXECUTE
        ready, done = len(frames) - 1, len(frames) - 2
        at = 0
        if done < is_run or frames[ready][0] != Backend.READY_FOR_QUERY or frames[done][0] != Backend.COMMAND_COMPLETE:
            return False
        if is_run:
            if frames[0][0] != Backend.BIND_COMPLETE:
                return False
            at = 1
        part = slot.part
        is_transaction = part.command == "Transaction"
        has_shape = self._describes if is_run else part.gives_rows and not is_transaction
        shape, opener = None, slot.opener
        if has_shape:
            kind, start, end = frames[at]
            if kind == Backend.ROW_DESCRIPTION:
                if not self._naming.is_glass:
                    body = buffer[start + HEAD_BYTES : end]
                    if body not in part.shapes:
                        return False
                    shape = part.shapes[body]
                    if slot.prepared is not None:
                        slot.prepared.is_described = True
                    elif shape is not None:
                        opener = RowOpener(part.results, shape[1], self._ledger.sealing)
            elif kind != Backend.NO_DATA or not is_run or part.results:
                return False
            at += 1
        rows = done - at
        if rows < 0 or (rows and (is_transaction or not part.gives_rows)) or (slot.limit is not None and rows > slot.limit):
            return False
        first = last = frames[done][1]
        if rows:
            first = frames[at][1]
            for index in range(at, done):
                if frames[index][0] != Backend.DATA_ROW:
                    return False
        end = frames[ready][2]
        status = buffer[frames[ready][1] + HEAD_BYTES : end]
        if status not in (b"I", b"T"):
            return False
        opened: list[bytes] = []
        if part.results and rows and (opener is None or opener.open(buffer, first, last, opened)[1] is not None):
            return False
        tag = CommandComplete.parse(buffer[last + HEAD_BYTES : frames[done][2]]).tag if is_transaction else b""
        self._over(slot, rows, last - first, status, tag)
        out = self._ledger.to_client
        if not part.results:
            out.append(buffer[frames[0][1] : end])
            return True
        if is_run:
            out.append(buffer[frames[0][1] : frames[0][2]])
        if shape is not None:
            out.append(shape[0])
        out += opened
        out.append(buffer[last:end])
        return True

    def _over(self, slot: Slot, rows: int, size: int, status: bytes, tag: bytes) -> None:
        """The statement is through, and the server ready. `tag`: of a transaction's begin or end."""
        self.slot = None
        ledger = self._ledger
        slot.rows, slot.bytes_out, slot.part_start, slot.cells = rows, size, rows, rows * slot.part.cells
        ledger.log_end(slot)
        prepared = slot.prepared
        if prepared is None:
            ledger.statements.drop(b"")
            ledger.portals.drop(b"")
        elif status == b"T":
            ledger.portals.keep(b"", self._portal(prepared, 0 if slot.limit is None else rows))
        if tag and not self._naming.is_glass:
            self._naming.part_done(slot.part, tag)
        ledger.status = status
        if status == b"I":
            self._naming.idle()

    def _portal(self, prepared: Prepared, counted: int = 0) -> Portal:
        return Portal(prepared, self._formats, counted, self._is_described)

    @property
    def _is_described(self) -> bool:
        """Whether its shape is judged; nothing is judged for a caller with nothing to hide."""
        return self._describes and not self._naming.is_glass

    def expand(self) -> None:
        """Make it the slots it stands for."""
        slot, self.slot = self.slot, None
        if slot is None:
            return
        ledger, plan, prepared = self._ledger, slot.plan, slot.prepared
        is_glass = self._naming.is_glass
        if plan is not None and not is_glass:
            self._stopping.send(slot, plan, self._segment)
        if prepared is None:  # a simple query
            if not is_glass:
                ledger.forget_unnamed(slot, self._segment)
            ledger.slots.append(slot)
            return
        portal = self._portal(prepared)
        bind = Slot(s.BIND)
        sync = Slot(s.SYNC)
        bind.portal = slot.portal = portal
        is_rewritten = prepared.plan.text != prepared.text.encode()
        ledger.portals.put(b"", portal, bind, self._segment)
        ledger.slots.append(bind)
        if self._describes:
            describe = Slot(s.DESCRIBE_PORTAL)
            ledger.slots.append(describe)
            if not is_glass:
                describe.portal, describe.plan, describe.prepared = portal, plan, prepared
                describe.enter(slot.part)
        if is_glass:
            slot.prepared = None
        else:
            bind.plan, bind.prepared, bind.is_rewritten, slot.is_rewritten = plan, prepared, is_rewritten, is_rewritten
        ledger.slots += (slot, sync)
