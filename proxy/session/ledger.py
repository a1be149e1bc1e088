"""What both sides of a session write in: what was sent, which replies are still expected, what is to be said next.

The client's side (`client`) pushes slots, the server's side (`replies`) fills and closes them; `naming` and `refusing` push
messages of our own. Everything shared stands here and nowhere else; nothing here reads a message or decides anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from proxy.audit.event import Outcome
from proxy.encodings import codec_of
from proxy.plan import Plan
from proxy.session import slots as s
from proxy.session.actions import Action, CancelServer, Record, Statement, ToClient, ToServer
from proxy.session.journal import Journal
from proxy.session.rows import Sealing
from proxy.session.slots import Names, Portal, Prepared, Slot, Unsure
from proxy.wire import messages as m

_FLUSH = m.Flush().to_bytes()


class Ledger:
    """One session's shared state. `random(n)` gives n bytes from a cryptographic source."""

    def __init__(self, journal: Journal, random: Callable[[int], bytes], sealing: Sealing) -> None:
        self.journal = journal
        self.sealing = sealing
        self._random = random
        self.now = 0.0
        self.role = ""
        self.key: m.BackendKeyData | None = None
        self.parameters: dict[str, str] = {}  # as the server reports them
        # what this call has to say
        self.actions: list[Action] = []
        self.to_client: list[bytes] = []
        self.to_server: list[bytes] = []
        # what is expected, and what the server will know once it is in
        self.slots: deque[Slot] = deque()
        self.statements: Names[Prepared] = Names()
        self.portals: Names[Portal] = Names()
        self.status = b"I"  # of the transaction, in the last ReadyForQuery
        self.first_ready: bytes | None = None  # the first one, held back until the path is known
        # where the client's messages stand
        self.segment = 0
        self.is_open_segment = False  # what begins a transaction was sent by the extended protocol, and no Sync after it
        self.is_flushed = True
        self.is_skipping = False  # the server ignores everything up to the next Sync: it is dropped here
        self.is_copying_in = False
        self.had_copy_data = False
        self.lock: Slot | None = None  # the Parse whose types are being checked
        self.is_cancelling = False

    @property
    def codec(self) -> str | None:
        """Python's codec for the session's client_encoding; None when it is none we can read."""
        server_encoding = self.parameters.get("server_encoding", "UTF8")
        return codec_of(self.parameters.get("client_encoding", "UTF8"), server_encoding)

    def take(self) -> list[Action]:
        """What this call has to say, in order."""
        self.flush_server()
        if self.to_client:
            self.actions.append(ToClient(b"".join(self.to_client)))
            self.to_client = []
        actions, self.actions = self.actions, []
        return actions

    def flush_server(self) -> None:
        """What was pushed so far stands before what comes next."""
        if self.to_server:
            self.actions.append(ToServer(b"".join(self.to_server)))
            self.to_server = []

    def push(self, slot: Slot, frame: bytes) -> None:
        """Send a frame whose reply is `slot`."""
        self.slots.append(slot)
        self.to_server.append(frame)

    def push_extended(self, slot: Slot, frame: bytes) -> None:
        """The same for a message the server answers when it is asked to, by Flush or Sync."""
        self.slots.append(slot)
        self.to_server.append(frame)
        self.is_open_segment = self.is_open_segment or slot.kind != s.CLOSE  # which begins none
        self.is_flushed = False

    def send_statement(self, slot: Slot, frame: bytes, plan: Plan, kind: Literal["accept", "prepare"] = "accept") -> None:
        """Recorded before sent."""
        slot.event_id = self.journal.next_id()
        slot.started = self.now
        self.flush_server()
        self.slots.append(slot)
        self.actions.append(Statement(self.journal.accept(slot.event_id, plan, kind), frame, slot))
        if slot.kind in (s.QUERY, s.FUNCTION_CALL):
            self.end_segment()
        else:
            self.is_open_segment, self.is_flushed = True, False

    def flush(self) -> None:
        """Ask the server for the replies it keeps."""
        self.to_server.append(_FLUSH)
        self.is_flushed = True

    def nudge(self) -> None:
        """We wait for replies the server keeps until it is asked for them."""
        if not self.is_flushed:
            self.flush()

    def find_portal(self, name: bytes) -> Portal | None:
        """What the name means to a message sent now. Raises Unsure, also while a Sync or query ends a transaction that no BEGIN
        began: its portals go with it."""
        portal = self.portals.find(name, self.segment)
        may_end = portal is not None and self.status != b"T" and self.portals.is_sure(name)
        if may_end and any(slot.kind in (s.SYNC, s.QUERY) for slot in self.slots):
            raise Unsure
        return portal

    def end_segment(self) -> None:
        """A message was sent after which the server has answered everything: Query, FunctionCall."""
        self.segment += 1
        self.is_open_segment, self.is_flushed = False, True

    def ask_cancel(self) -> None:
        """Ask the server to stop what it does, once; nothing of the client leaves until the cancel is through."""
        if self.key is not None and not self.is_cancelling:
            self.is_cancelling = True
            self.actions.append(CancelServer(self.key.process_id, self.key.secret_key))

    def forget_unnamed(self, slot: Slot, segment: int) -> None:
        """A simple query drops the unnamed statement and portal."""
        self.statements.put(b"", None, slot, segment)
        self.portals.put(b"", None, slot, segment)

    def fresh_name(self) -> bytes:
        """A statement name nobody has."""
        return b"maskgate_" + self._random(12).hex().encode()

    def log_end(self, slot: Slot, sqlstate: str = "", reason: str = "", outcome: Outcome | None = None) -> None:
        """The end of an accepted statement; of a Parse only when it failed."""
        sqlstate = sqlstate or slot.sqlstate
        if not slot.event_id or (slot.kind == s.PARSE and sqlstate == "00000"):
            return
        if outcome is None:
            outcome = "error" if slot.outcome == "done" and sqlstate != "00000" else slot.outcome
        event = self.journal.end(
            slot.event_id,
            rows=slot.rows,
            bytes_out=slot.bytes_out,
            cells=slot.cells + (slot.rows - slot.part_start) * slot.part.cells,
            duration_s=self.now - slot.started,
            outcome=outcome,
            sqlstate=sqlstate,
            reason=reason,
            row_limit=slot.row_limit,
        )
        slot.event_id = ""
        self.actions.append(Record(event))
