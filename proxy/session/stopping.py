"""Statements that may be stopped while their rows pass (export guard, false ciphertext): for the server they must fail too.

The server may have finished such a statement before our cancel reaches it. Then its transaction must still end as after an
error: at the statement's own end nothing that could make it last has been sent yet, and the server is given something it must
reject. So, while such a statement is in flight, what writes, commits or belongs to a later segment of its transaction waits;
and a simple query that writes, gives rows and would commit by itself runs in a block of ours. Reads outside blocks never wait.
"""

from __future__ import annotations

from collections.abc import Callable

from proxy.errors import Bug, Unproven
from proxy.plan import Part, Plan
from proxy.session import slots as s
from proxy.session.ledger import Ledger
from proxy.session.naming import Hold
from proxy.session.refusing import rejected
from proxy.session.slots import Slot
from proxy.wire import messages as m
from proxy.wire.messages import Frontend

# What leaves nothing behind that the end of a transaction could make last or undo.
_READS = frozenset(
    ("Select", "VariableShow", "Explain", "Prepare", "Execute", "Deallocate", "DeclareCursor", "Fetch", "ClosePortal")
)
_BEGIN, _COMMIT, _ROLLBACK, _SYNC = (
    one.to_bytes() for one in (m.Query(b"BEGIN"), m.Query(b"COMMIT"), m.Query(b"ROLLBACK"), m.Sync())
)


def _may_be_stopped(part: Part) -> bool:
    return part.gives_rows and (part.row_limit is not None or bool(part.results))


def _is_transaction(part: Part) -> bool:
    return part.command == "Transaction"


def _acts(plan: Plan, *, besides: Callable[[Part], bool] = lambda part: False) -> bool:
    """Whether it leaves something behind (`besides` some parts)."""
    return plan.may_change_path or any(
        part.writes or not (part.command in _READS or part.copy is not None) for part in plan.parts if not besides(part)
    )


class Stopping:
    """Told of each statement before it leaves (`send`) and after it is through (`over`); makes stopped ones fail."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._in_flight = 0  # statements that may be stopped
        self._opening = 0  # statements that may open a block
        self._stoppable_segment = -1  # of the latest one that may be stopped
        self._acting_segment = -1  # of the latest one that leaves something behind

    @property
    def _may_be_in_block(self) -> bool:
        return self._ledger.status != b"I" or self._opening > 0

    @property
    def has_own_block(self) -> bool:
        """Whether a block of ours is open around a statement of the client's."""
        return any(slot.is_wrapped or slot.is_closing for slot in self._ledger.slots)

    # --- the client's side

    def admit(self, kind: int) -> None:
        """A frame is about to leave. Raises Hold while what is in flight may still have to fail before it."""
        if not self._in_flight:
            return
        ledger = self._ledger
        if not ledger.is_open_segment:
            raise Hold
        if self._stoppable_segment == ledger.segment and not ledger.is_skipping:
            commits = kind == Frontend.SYNC and self._acting_segment == ledger.segment and not self._may_be_in_block
            if commits or kind in (Frontend.QUERY, Frontend.FUNCTION_CALL):
                self._wait()

    def admit_execute(self, plan: Plan) -> None:
        """The same for an Execute, whose plan is known by now."""
        if self._in_flight and self._stoppable_segment == self._ledger.segment and _acts(plan):
            self._wait()

    def _wait(self) -> None:
        self._ledger.nudge()
        raise Hold

    def admit_query(self, plan: Plan) -> bool:
        """A simple query: whether it needs a block of ours (`begin`).

        Raises Unproven when a part of it may be stopped after another one made things last.
        """
        stoppable = [number for number, part in enumerate(plan.parts) if _may_be_stopped(part)]
        if not stoppable:
            return False
        ends = [number for number, part in enumerate(plan.parts) if _is_transaction(part)]
        if not ends:
            return _acts(plan) and not self._may_be_in_block
        acts = _acts(plan, besides=_is_transaction)
        ends_later = ends[-1] > stoppable[0] and (acts or self._may_be_in_block)
        if ends_later or (acts and self._may_be_in_block and ends[0] < stoppable[-1]):
            raise Unproven(
                "rows and the end of a transaction cannot come in one string here",
                hint="Send BEGIN, COMMIT and ROLLBACK as statements of their own.",
            )
        return False

    def begin(self, slot: Slot) -> None:
        """Open a block for a simple query. It is closed when its replies are in (`ready`)."""
        slot.is_wrapped = True
        own = Slot(s.QUERY)
        own.is_internal = True
        self._ledger.push(own, _BEGIN)
        self._ledger.end_segment()

    def send(self, slot: Slot, plan: Plan, segment: int) -> None:
        """The statement leaves."""
        parts = (slot.part,) if slot.kind == s.EXECUTE else plan.parts
        if any(map(_may_be_stopped, parts)):
            slot.is_stoppable = True
            self._in_flight += 1
            self._stoppable_segment = segment
        if slot.is_wrapped or any(map(_is_transaction, plan.parts)):
            slot.is_opening = True
            self._opening += 1
        if _acts(plan):
            self._acting_segment = segment

    # --- the server's side

    def over(self, slot: Slot) -> None:
        """It is through, or was skipped."""
        self._in_flight -= slot.is_stoppable
        self._opening -= slot.is_opening
        slot.is_stoppable = slot.is_opening = False

    def execute_ended_late(self, slot: Slot) -> None:
        """An Execute to be stopped succeeded. For the client, and before the transaction can last, its segment fails."""
        ledger = self._ledger
        for one in ledger.slots:
            if one.kind == s.SYNC:
                one.must_fail, one.is_muted = True, True
                one.refusal, one.refusal_id = slot.refusal, slot.refusal_id
                return
            one.is_muted, one.is_plain = True, False
        if not ledger.is_skipping:
            self._fail(slot)
            ledger.is_skipping = True

    def closes_block(self, slot: Slot) -> bool:
        """At ReadyForQuery: whether the block around the slot's statements has to be closed first; the slot waits for that."""
        if not slot.is_wrapped or self._ledger.status == b"I":
            return False
        slot.is_wrapped, slot.is_closing = False, True
        self._ledger.push(slot, _ROLLBACK if slot.must_fail else _COMMIT)
        return True

    def ready(self, slot: Slot, frame: bytes) -> bytes | None:
        """What the client hears at the slot's ReadyForQuery: None for the frame itself, b"" while its transaction is failed."""
        ledger = self._ledger
        if slot.must_fail and ledger.status == b"T":
            if ledger.slots:
                raise Bug("a statement that was to fail was overtaken")
            self._fail(slot)
            ledger.push(Slot(s.SYNC), _SYNC)
            ledger.end_segment()
            return b""
        return slot.kept + frame if slot.kept else None

    def _fail(self, slot: Slot) -> None:
        """A Parse the server must reject: unlike a simple query it leaves the unnamed statement alone."""
        fail = Slot(s.PARSE)
        fail.is_internal, fail.refusal, fail.name = True, slot.refusal, self._ledger.fresh_name()
        self._ledger.push_extended(fail, m.Parse(fail.name, rejected(slot)).to_bytes())
