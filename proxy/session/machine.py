"""One session: bytes of both sides in, an ordered list of actions out. No sockets, no clock, no locks.

Promises: a statement is planned before it leaves, only while nothing in flight can change what its names mean, and its event
stands before its bytes in the list; what the plan refuses never leaves: the server is sent something it must reject, and its
error is replaced by ours, so that transaction status and ReadyForQuery are always the server's own. A reply that fits no
slot, or a row shape that disagrees with its plan, ends the session (FATAL). PostgreSQL 18, chapter 54.

The client's side pushes slots, the server's side fills and closes them. A client frame that cannot go yet (planner, path or
replies missing) stays where it is, with everything behind it, and is tried again after each answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from proxy.audit.event import Outcome
from proxy.errors import BudgetSpent, Bug, ProtocolError, ProxyError, StatementError, Unavailable, Unproven
from proxy.guard import over_budget
from proxy.plan import Miss, Plan
from proxy.session import slots as s
from proxy.session.actions import (
    Action,
    CancelServer,
    Close,
    MakePlanner,
    Record,
    Reload,
    Statement,
    ToClient,
    ToServer,
)
from proxy.session.journal import Journal
from proxy.session.reports import for_client, own_error, own_notices
from proxy.session.rows import (
    NoKeys,
    RowOpener,
    Sealing,
    check_parameters,
    is_utf8,
    parameter_shape,
    row_shape,
    seal_parameters,
    sensitive_cells,
    server_param_oids,
)
from proxy.session.slots import Names, Portal, Prepared, Slot, Unsure
from proxy.session.startup import Planner, Startup
from proxy.wire import messages as m
from proxy.wire.auth import Verifier
from proxy.wire.frames import FIRST, HEAD_BYTES, PIECE, Frame, FrameReader
from proxy.wire.messages import Backend, Frontend

PATH_QUERY = b"SELECT pg_catalog.current_schemas(true)"
STALLED_BYTES = 64 << 10  # so much of a client that has to wait is kept before reading pauses
PATH_TRIES = 3
_CLIENT_STREAMS = frozenset({Frontend.COPY_DATA})
_SERVER_STREAMS = frozenset({Backend.DATA_ROW, Backend.COPY_DATA})
_NOTHING: frozenset[int] = frozenset()
_FLUSH = m.Flush().to_bytes()
_SYNC = m.Sync().to_bytes()
_TERMINATE = m.Terminate().to_bytes()
_PARSE_COMPLETE = m.ParseComplete().to_bytes()
_SYNTAX_ERROR = "42601"
_NOT_PARSED = "(statement that could not be parsed)"


class _Hold(Exception):
    """This client frame has to wait."""


class Session:
    """One client and its server connection. Every method takes `now` where time matters: seconds of a monotonic clock.

    `random(n)` gives n bytes from a cryptographic source; `secret` (32 bytes, one for the process) makes the verifiers of
    unknown logins. The shell performs the actions in order and never calls in while it does so.
    """

    def __init__(
        self,
        session_id: str,
        *,
        random: Callable[[int], bytes],
        secret: bytes,
        address: str = "",
        sealing: Sealing | None = None,
    ) -> None:
        self._random = random
        self._sealing: Sealing = sealing or NoKeys()
        self._journal = Journal(session_id, address)
        self._client = FrameReader("client")
        self._server = FrameReader("server")
        self._startup: Startup | None = Startup(self._client, self._server, self._journal, random, secret)
        self._role = ""
        self._planner: Planner | None = None
        self._is_glass = False
        self._key: m.BackendKeyData | None = None
        self._parameters: dict[str, str] = {}
        self._now = 0.0
        # what this call has to say
        self._actions: list[Action] = []
        self._to_client: list[bytes] = []
        self._to_server: list[bytes] = []
        # the client's side
        self._frames: Sequence[Frame] = ()
        self._at = 0
        self._buffer = b""
        self._is_stalled = False
        self._is_skipping = False  # the server ignores everything up to the next Sync: it is dropped here
        self._is_copying_in = False
        self._had_copy_data = False
        self._segment = 0
        self._is_open_segment = False  # something of the extended protocol was sent and no Sync after it
        self._is_flushed = True
        self._lock: Slot | None = None  # the Parse whose types are being checked
        self._is_cancelling = False
        self._after_miss = False
        # what the server's side knows
        self._slots: deque[Slot] = deque()
        self._statements: Names[Prepared] = Names()
        self._portals: Names[Portal] = Names()
        self._status = b"I"
        self._first_ready: bytes | None = None
        self._drops_piece = False
        self._said_goodbye = False
        self._is_over = False
        # what names mean
        self._path: tuple[str, ...] = ()
        self._knows_path = False
        self._is_path_touched = False
        self._is_asking = False
        self._path_tries = 0
        self._unsettled = 0  # slots in flight whose plan may change path or catalog
        self._is_catalog_stale = False
        self._waits_for_planner = False
        self._planner_error: ProxyError | None = None
        self._had_deallocate = False
        self._client_calls: dict[int, Callable[[bytes], None]] = {
            Frontend.QUERY: self._query,
            Frontend.PARSE: self._parse,
            Frontend.BIND: self._bind,
            Frontend.DESCRIBE: self._describe,
            Frontend.EXECUTE: self._execute,
            Frontend.CLOSE: self._close,
            Frontend.FUNCTION_CALL: self._function_call,
        }
        self._server_calls: dict[int, Callable[[bytes], bytes | None]] = {
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

    # -----------------------------------------------------------------------------------------------------------------
    # Inputs

    @property
    def wants_client_bytes(self) -> bool:
        """False while reading from the client should pause."""
        return not (self._is_stalled and len(self._client.buffer) > STALLED_BYTES)

    @property
    def is_over(self) -> bool:
        """Whether `Close` was said."""
        return self._is_over

    @property
    def is_started(self) -> bool:
        """Whether the client is in: the start-up time limit no longer counts."""
        return self._startup is None

    def client_bytes(self, data: bytes, now: float) -> list[Action]:
        """The client sent `data`."""
        self._now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.client_bytes(data))
        self._client.feed(data)
        return self._run()

    def server_bytes(self, data: bytes, now: float) -> list[Action]:
        """The server sent `data`."""
        self._now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.server_bytes(data))
        self._server.feed(data)
        try:
            self._read_server()
        except ProxyError as error:
            return self._die(error)
        return self._run() if self._is_stalled else self._take()

    def client_lost(self, now: float) -> list[Action]:
        """The client is gone: what runs for it is cancelled."""
        self._now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.close())
        if self._slots and self._key is not None and not self._is_cancelling:
            self._actions.append(CancelServer(self._key.process_id, self._key.secret_key))
        return self._finish("08006", "the client is gone")

    def server_lost(self, now: float) -> list[Action]:
        """The server is gone; the client hears of it unless the server said so itself."""
        self._now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.fail(_unreachable("the PostgreSQL server closed the connection")))
        if not self._said_goodbye:
            self._to_client.append(own_error(_unreachable("the PostgreSQL server closed the connection unexpectedly")))
        return self._finish("08006", "the server is gone")

    def fail(self, error: ProxyError, now: float) -> list[Action]:
        """End this session from outside (time limit, shutdown, a bug in the shell)."""
        self._now = now
        if self._is_over:
            return []
        return self._start(self._startup.fail(error)) if self._startup is not None else self._die(error)

    def verifier_found(self, verifier: Verifier | None, role: str | None, reason: str = "") -> list[Action]:
        """Answers FetchVerifier. `verifier` None: no such login, or none we can use; `reason` goes to the log only."""
        if self._startup is None:
            return []
        return self._start(self._startup.verifier_found(verifier, role, reason))

    def server_connected(self) -> list[Action]:
        """Answers ConnectServer."""
        return [] if self._startup is None else self._start(self._startup.server_connected())

    def server_unreachable(self, reason: str) -> list[Action]:
        """Answers ConnectServer; `reason` goes to the log only."""
        error = _unreachable("cannot reach the PostgreSQL server")
        return [] if self._startup is None else self._start(self._startup.fail(error, f"{error.message}: {reason}"))

    def new_planner(self, planner: Planner, now: float) -> list[Action]:
        """Answers MakePlanner and Reload, and comes unasked whenever snapshot or rules changed."""
        self._now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.planner_ready(planner))
        self._planner, self._is_glass = planner, planner.is_glass
        self._waits_for_planner, self._planner_error = False, None
        return self._run()

    def planner_failed(self, error: ProxyError, now: float) -> list[Action]:
        """Answers MakePlanner and Reload: the statement that waited is refused with `error`."""
        self._now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.fail(error))
        if self._waits_for_planner:
            self._waits_for_planner, self._planner_error = False, error
        return self._run()

    def cancel_done(self, now: float) -> list[Action]:
        """Answers CancelServer: the server closed the cancel connection, so no late cancel can hit another statement."""
        self._now = now
        self._is_cancelling = False
        return [] if self._is_over or self._startup is not None else self._run()

    def refuse_unlogged(self, actions: Sequence[Action]) -> list[Action]:
        """The log took none of these events, and nothing of them was sent: the same list with every statement refused."""
        refused: list[Action] = []
        for action in actions:
            if isinstance(action, Statement):
                error = Unavailable(
                    "the query log cannot be written: statement refused",
                    sqlstate="58030",
                    hint="Nothing was sent to the server. Ask the operator to look at the log's disk.",
                )
                action.slot.refusal = error
                action.slot.event_id = ""
                refused.append(ToServer(self._substitute(action.slot)))
            else:
                refused.append(action)
        return refused

    # -----------------------------------------------------------------------------------------------------------------
    # Start and end

    def _start(self, actions: list[Action]) -> list[Action]:
        startup = self._startup
        assert startup is not None  # noqa: S101 - the callers looked
        for action in actions:
            if isinstance(action, MakePlanner):
                self._role = action.role
        if startup.is_over:
            self._is_over = True
        elif startup.is_done:
            self._actions += actions
            return self._begin(startup)
        return actions

    def _begin(self, startup: Startup) -> list[Action]:
        """The server is ready for the first time; its ReadyForQuery waits until the path is known."""
        self._startup = None
        self._planner = startup.planner
        self._is_glass = startup.planner is not None and startup.planner.is_glass
        self._parameters, self._key = startup.parameters, startup.key
        self._status = startup.status.encode()
        message = startup.message
        purpose = "" if self._planner is None else self._planner.purpose
        self._journal.identify(message, self._role, self._key.process_id if self._key is not None else 0, purpose)
        self._actions.append(Record(self._journal.connected()))
        ready = m.frame(Backend.READY_FOR_QUERY, self._status)
        if self._is_glass:
            self._to_client.append(ready)
        else:
            self._first_ready = ready
            self._ask_path()
        return self._run()

    def _run(self) -> list[Action]:
        """Let the client's frames go on as far as they can."""
        try:
            self._pump()
        except ProxyError as error:
            return self._die(error)
        return self._take()

    def _take(self) -> list[Action]:
        if self._to_server:
            self._actions.append(ToServer(b"".join(self._to_server)))
            self._to_server = []
        if self._to_client:
            self._actions.append(ToClient(b"".join(self._to_client)))
            self._to_client = []
        actions, self._actions = self._actions, []
        return actions

    def _die(self, error: ProxyError) -> list[Action]:
        """End with a FATAL error of our own."""
        fatal = ProxyError(error.message, hint=error.hint, sqlstate=error.sqlstate)
        fatal.fatal = True
        self._to_client.append(own_error(fatal))
        return self._finish(error.sqlstate, error.message)

    def _finish(self, sqlstate: str, reason: str) -> list[Action]:
        while self._slots:
            self._log_end(self._slots.popleft(), sqlstate, reason, "lost")
        self._actions.append(Record(self._journal.disconnected(sqlstate, reason)))
        self._to_server.append(_TERMINATE)
        self._is_over = True
        return [*self._take(), Close()]

    # -----------------------------------------------------------------------------------------------------------------
    # The client's side

    def _pump(self) -> None:
        while not self._is_over:
            while self._at < len(self._frames):
                kind, start, end = self._frames[self._at]
                if self._is_cancelling or self._lock is not None or self._first_ready is not None:
                    self._is_stalled = True
                    return
                try:
                    self._client_frame(kind, self._buffer[start:end])
                except _Hold:
                    self._is_stalled = True
                    return
                self._at += 1
                if self._is_over:
                    return
            self._is_stalled = False
            self._client.streams = _CLIENT_STREAMS
            self._frames, self._at = self._client.frames(), 0
            self._buffer = self._client.buffer
            if not self._frames:
                return

    def _client_frame(self, kind: int, frame: bytes) -> None:
        """One frame. Raises _Hold before it changed anything, or a fatal ProxyError."""
        if kind == Frontend.SYNC:
            self._sync(frame)
        elif kind == Frontend.TERMINATE:
            self._actions = self._finish("00000", "the client said goodbye")
        elif kind == Frontend.FLUSH:
            if not self._is_copying_in:
                self._to_server.append(frame)
                self._is_flushed = True
        elif self._is_skipping:
            return
        elif kind & 0xFF == Frontend.COPY_DATA:
            self._had_copy_data = True
            self._to_server.append(frame)
        elif kind in (Frontend.COPY_DONE, Frontend.COPY_FAIL):
            self._to_server.append(frame)
            self._is_copying_in = False
            if self._slots:
                self._slots.append(Slot(s.COPY_END))
        else:
            call = self._client_calls.get(kind)
            if call is None:
                raise ProtocolError(f"unexpected message type 0x{kind & 0xFF:02X}")
            if self._is_copying_in:
                raise ProtocolError(f"unexpected message type 0x{kind:02X} during COPY from stdin")
            call(frame)

    def _sync(self, frame: bytes) -> None:
        if self._is_copying_in:
            return  # the server would ignore it; not sending it keeps its replies countable
        slot = Slot(s.SYNC)
        slot.has_copy_data_before = self._had_copy_data
        self._push(slot, frame)
        self._is_skipping = self._is_open_segment = False
        self._is_flushed = True
        self._segment += 1

    def _push(self, slot: Slot, frame: bytes) -> None:
        self._slots.append(slot)
        self._to_server.append(frame)

    def _push_extended(self, slot: Slot, frame: bytes) -> None:
        self._slots.append(slot)
        self._to_server.append(frame)
        self._is_open_segment = True
        self._is_flushed = False

    def _send_statement(
        self, slot: Slot, frame: bytes, plan: Plan, kind: Literal["accept", "prepare"] = "accept"
    ) -> None:
        """Recorded before sent."""
        slot.event_id = self._journal.next_id()
        slot.started = self._now
        if self._to_server:
            self._actions.append(ToServer(b"".join(self._to_server)))
            self._to_server = []
        self._slots.append(slot)
        self._actions.append(Statement(self._journal.accept(slot.event_id, plan, kind), frame, slot))

    def _track(self, slot: Slot, plan: Plan) -> None:
        """Count a slot whose statement may change what names mean."""
        if (
            plan.may_change_path
            or plan.may_change_catalog
            or (plan.ends_transaction and (self._is_path_touched or self._unsettled))
        ):
            slot.is_tracked = True
            self._unsettled += 1

    def _query(self, frame: bytes) -> None:
        sql = m.Query.parse(frame[HEAD_BYTES:]).sql
        try:
            plan, _ = self._decide(sql, (), in_prepare=False)
        except ProxyError as error:
            self._refuse_simple(error, self._said(sql))
            return
        slot = Slot(s.QUERY)
        slot.plan = plan
        if not self._is_glass:
            if plan.text != sql:
                slot.is_rewritten = True
                frame = m.Query(plan.text).to_bytes()
            slot.notices = plan.notices
            self._track(slot, plan)
            self._forget_unnamed(slot)
        else:
            slot.is_tracked = plan.may_change_catalog
            self._unsettled += slot.is_tracked
        self._enter_part(slot, 0)
        self._had_copy_data = False
        self._send_statement(slot, frame, plan)
        self._segment += 1
        self._is_open_segment, self._is_flushed = False, True

    def _forget_unnamed(self, slot: Slot) -> None:
        """A simple query drops the unnamed statement and portal."""
        self._statements.put(b"", None, slot, self._segment)
        self._portals.put(b"", None, slot, self._segment)

    def _parse(self, frame: bytes) -> None:
        message = m.Parse.parse(frame[HEAD_BYTES:])
        try:
            plan, text = self._decide(message.sql, message.param_oids, in_prepare=True)
            oids = server_param_oids(message.param_oids, plan)
        except ProxyError as error:
            self._refuse_extended(error, message.statement, self._said(message.sql))
            return
        slot = Slot(s.PARSE)
        slot.plan, slot.name = plan, message.statement
        slot.notices = () if self._is_glass else plan.notices
        slot.prepared = Prepared(plan, text, message.param_oids, self._path, self._planner)
        if not self._is_glass and (plan.text != message.sql or oids != message.param_oids):
            slot.is_rewritten = plan.text != message.sql
            frame = m.Parse(message.statement, plan.text, oids).to_bytes()
        self._statements.put(message.statement, slot.prepared, slot, self._segment)
        self._send_statement(slot, frame, plan, "prepare")
        self._is_open_segment, self._is_flushed = True, False
        if plan.check_types and not self._is_glass:
            self._lock_types(slot)

    def _lock_types(self, parse: Slot) -> None:
        """Ask the server for the parameters' types; everything else of the client waits for the answer."""
        parse.is_type_lock = True
        self._lock = parse
        describe = Slot(s.DESCRIBE_STATEMENT)
        describe.prepared, describe.name = parse.prepared, parse.name
        describe.is_internal = describe.is_type_lock = describe.passes_error = True
        self._push_extended(describe, m.Describe("S", parse.name).to_bytes())
        self._to_server.append(_FLUSH)
        self._is_flushed = True

    def _bind(self, frame: bytes) -> None:
        portal, statement = m.bind_names(frame[HEAD_BYTES:])
        slot = Slot(s.BIND)
        slot.name = portal
        if self._is_glass:
            known = self._statements.guess(statement)
            if known is not None:
                slot.portal = Portal(known)
        else:
            try:
                prepared = self._known_statement(statement)
                plan = prepared.plan
                formats: tuple[int, ...] = ()
                if plan.params or any(part.results for part in plan.parts):
                    message = m.Bind.parse(frame[HEAD_BYTES:])
                    formats = message.result_formats
                    if plan.params:
                        frame = seal_parameters(message, plan, self._sealing).to_bytes()
            except ProxyError as error:
                self._refuse_extended(error, None)
                return
            slot.portal = Portal(prepared, formats)
            slot.plan, slot.prepared = plan, prepared
            slot.is_rewritten = plan.text != prepared.text.encode()
        self._portals.put(portal, slot.portal, slot, self._segment)
        self._push_extended(slot, frame)

    def _describe(self, frame: bytes) -> None:
        message = m.Describe.parse(frame[HEAD_BYTES:])
        slot = Slot(s.DESCRIBE_STATEMENT if message.what == "S" else s.DESCRIBE_PORTAL)
        if not self._is_glass:
            try:
                if message.what == "S":
                    slot.prepared = self._known_statement(message.name)
                else:
                    slot.portal = self._known_portal(message.name)
                    slot.prepared = slot.portal.prepared
                    slot.portal.is_described = True
            except ProxyError as error:
                self._refuse_extended(error, None)
                return
            slot.plan = slot.prepared.plan
        self._push_extended(slot, frame)

    def _execute(self, frame: bytes) -> None:
        message = m.Execute.parse(frame[HEAD_BYTES:])
        slot = Slot(s.EXECUTE)
        plan: Plan | None
        if self._is_glass:
            guessed = self._portals.guess(message.portal)
            plan = guessed.prepared.plan if guessed is not None else _unknown_plan()
            slot.is_tracked = plan.may_change_catalog
            self._unsettled += slot.is_tracked
            slot.portal, slot.plan = guessed, plan
            self._enter_part(slot, 0)
        else:
            try:
                portal = self._known_portal(message.portal)
            except ProxyError as error:
                self._refuse_extended(error, None)
                return
            plan = portal.prepared.plan
            slot.portal, slot.prepared = portal, portal.prepared
            slot.is_rewritten = plan.text != portal.prepared.text.encode()
            slot.plan = plan
            self._enter_part(slot, 0)
            if not slot.is_plain and slot.part.results:
                slot.opener = RowOpener(slot.part.results, portal.result_formats, self._sealing)
            self._track(slot, plan)
            self._look_first(slot, message.portal)
        slot.plan = plan
        self._had_copy_data = False
        self._send_statement(slot, frame, plan)
        self._is_open_segment, self._is_flushed = True, False

    def _look_first(self, execute: Slot, name: bytes) -> None:
        """The second lock needs a RowDescription: when the client did not ask for one, we do."""
        portal, plan = execute.portal, execute.plan
        if portal is None or plan is None or portal.is_described or portal.prepared.is_described:
            return
        if plan.masked_origins or plan.sealed_origins or execute.part.results:
            look = Slot(s.DESCRIBE_PORTAL)
            look.portal, look.prepared, look.plan = portal, portal.prepared, plan
            look.is_internal = look.passes_error = True
            portal.is_described = True
            self._push_extended(look, m.Describe("P", name).to_bytes())

    def _close(self, frame: bytes) -> None:
        message = m.Close.parse(frame[HEAD_BYTES:])
        slot = Slot(s.CLOSE)
        slot.name, slot.closes_portal = message.name, message.what == "P"
        if slot.closes_portal:
            self._portals.put(message.name, None, slot, self._segment)
        else:
            self._statements.put(message.name, None, slot, self._segment)
        self._push_extended(slot, frame)

    def _function_call(self, frame: bytes) -> None:
        message = m.FunctionCall.parse(frame[HEAD_BYTES:])
        if not self._is_glass:
            self._refuse_simple(Unproven("the function call protocol is closed here: use SELECT"))
            return
        slot = Slot(s.FUNCTION_CALL)
        slot.plan = Plan(b"", (), log_text=f"(function call of OID {message.function_oid})")
        self._send_statement(slot, frame, slot.plan)
        self._segment += 1
        self._is_open_segment, self._is_flushed = False, True

    def _known_statement(self, name: bytes) -> Prepared:
        """Raises StatementError (26000), what a stale plan is refused with, or _Hold."""
        try:
            prepared = self._statements.find(name, self._segment)
        except Unsure:
            self._nudge()
            raise _Hold from None
        if prepared is None:
            shown = name.decode("utf-8", "replace")
            what = f'prepared statement "{shown}" does not exist' if name else "unnamed prepared statement does not exist"
            raise StatementError(what, sqlstate="26000")
        self._refresh(prepared)
        return prepared

    def _known_portal(self, name: bytes) -> Portal:
        try:
            portal = self._portals.find(name, self._segment)
        except Unsure:
            self._nudge()
            raise _Hold from None
        if portal is None:
            raise StatementError(f'portal "{name.decode("utf-8", "replace")}" does not exist', sqlstate="34000")
        self._refresh(portal.prepared)
        return portal

    def _refresh(self, prepared: Prepared) -> None:
        """A plan holds while its planner does; after that the same text must give the same plan again."""
        planner = self._planner
        if planner is None or self._waits_for_planner:
            raise _Hold
        if planner.restricted and (not self._knows_path or self._unsettled or self._path != prepared.path):
            self._require_names()  # operators and functions of a prepared text are looked up again when it runs
            planner.check_path(self._path)
        if prepared.planner is planner:
            return
        again = planner.plan(
            prepared.text, path=prepared.path, param_oids=prepared.param_oids, in_prepare=True, after_miss=True
        )
        if isinstance(again, Miss) or _shape(again) != _shape(prepared.plan):
            raise Unproven(
                "the rules or the catalog changed since this statement was prepared", hint="Prepare it again."
            )
        prepared.plan, prepared.planner = again, planner

    # --- refusing

    def _refuse_simple(self, error: ProxyError, said: str = "") -> None:
        """`said`: the statement as the log may show it."""
        if error.fatal:
            raise error
        slot = Slot(s.QUERY)
        self._refused(slot, error, said)
        is_quiet = not self._slots and self._status == b"I" and not self._is_open_segment
        self._forget_unnamed(slot)
        # Idle: the empty query leaves no line in the server's log, and its ReadyForQuery is the server's own.
        self._push(slot, m.Query(b"").to_bytes() if is_quiet else self._substitute(slot))
        self._segment += 1
        self._is_open_segment, self._is_flushed = False, True

    def _refuse_extended(self, error: ProxyError, statement: bytes | None, said: str = "") -> None:
        """`statement`: the name of a refused Parse; None for another message, which gets a Parse of a fresh name."""
        if error.fatal:
            raise error
        slot = Slot(s.PARSE)
        self._refused(slot, error, said)
        slot.name = self._fresh_name() if statement is None else statement
        self._statements.put(slot.name, None, slot, self._segment)
        self._push_extended(slot, m.Parse(slot.name, _rejected(slot)).to_bytes())
        self._is_skipping = True

    def _refused(self, slot: Slot, error: ProxyError, said: str) -> None:
        slot.refusal = error
        slot.refusal_id = self._journal.next_id()
        self._actions.append(Record(self._journal.refuse(slot.refusal_id, error, said)))

    def _substitute(self, slot: Slot) -> bytes:
        """What the server must reject in place of the slot's message."""
        if slot.kind in (s.QUERY, s.FUNCTION_CALL):
            return m.Query(_rejected(slot)).to_bytes()
        name = slot.name if slot.kind == s.PARSE else self._fresh_name()
        return m.Parse(name, _rejected(slot)).to_bytes()

    def _said(self, sql: bytes) -> str:
        """A refused text for the log: nothing proved which of its literals may be shown."""
        return "" if self._planner is None else self._planner.log_text(sql)

    def _fresh_name(self) -> bytes:
        return b"maskgate_" + self._random(12).hex().encode()

    # --- planning

    def _decide(self, sql: bytes, param_oids: tuple[int, ...], *, in_prepare: bool) -> tuple[Plan, str]:
        """The plan, and the text as decoded. Raises _Hold, or a ProxyError to refuse with."""
        planner = self._planner
        if planner is None:
            raise _Hold
        if self._is_glass:
            return self._glass_plan(planner, sql, param_oids, in_prepare)
        text = self._decoded(sql)
        self._require_names()
        after_miss, self._after_miss = self._after_miss, False
        plan = planner.plan(text, path=self._path, param_oids=param_oids, in_prepare=in_prepare, after_miss=after_miss)
        if isinstance(plan, Miss):
            if after_miss:
                raise Bug("names were looked up and missed again")
            self._after_miss = True
            self._reload(plan.names)
            raise _Hold
        self._check_surroundings(plan)
        return plan, text

    def _glass_plan(
        self, planner: Planner, sql: bytes, param_oids: tuple[int, ...], in_prepare: bool
    ) -> tuple[Plan, str]:
        """For the log only: what cannot be planned is the server's to judge."""
        text = sql.decode("utf-8", "replace")
        try:
            plan = planner.plan(text, path=self._path, param_oids=param_oids, in_prepare=in_prepare, after_miss=True)
        except ProxyError:
            return _unknown_plan(), text
        return (_unknown_plan() if isinstance(plan, Miss) else plan), text

    def _decoded(self, sql: bytes) -> str:
        if sql.isascii():
            text = sql.decode("ascii")
        elif not is_utf8(self._parameters):
            raise Unproven(
                f"client_encoding {self._parameters.get('client_encoding')} is not understood here",
                hint="Use client_encoding UTF8.",
            )
        else:
            try:
                text = sql.decode("utf-8")
            except UnicodeDecodeError:
                raise StatementError('invalid byte sequence for encoding "UTF8"', sqlstate="22021") from None
        if self._parameters.get("standard_conforming_strings", "on") != "on" and "\\" in text:
            raise Unproven("standard_conforming_strings is off: a backslash cannot be judged", hint="Set it on.")
        return text

    def _require_names(self) -> None:
        """Names can be resolved now, or _Hold. Nothing in flight may change what they mean."""
        if self._waits_for_planner:
            raise _Hold
        if self._planner_error is not None:
            error, self._planner_error = self._planner_error, None
            self._is_catalog_stale = True
            self._after_miss = False
            raise error
        if self._unsettled:
            self._nudge()
            raise _Hold
        if self._is_catalog_stale and (self._status == b"I" and not self._slots):
            self._reload(())
            raise _Hold
        if self._knows_path or self._status == b"E":
            return  # in a failed transaction nothing but its end can run
        if self._slots:
            self._nudge()
            raise _Hold
        if not self._is_asking:
            self._ask_path()
        raise _Hold

    def _check_surroundings(self, plan: Plan) -> None:
        """What the planner cannot know. Raises Unproven."""
        for name in plan.executes:  # SQL and protocol share the names; SQL EXECUTE would pass its values by our sealing
            if any(known.plan.sealed_origins for known in self._statements.possible(name.encode())):
                raise Unproven(
                    f'prepared statement "{name}" works with encrypted columns: run it by Bind and Execute, not by EXECUTE'
                )
        ends_with_more = plan.ends_transaction and any(part.command != "Transaction" for part in plan.parts)
        if ends_with_more and (self._is_path_touched or not self._knows_path):
            raise Unproven(
                "after SET search_path, the end of a transaction must be sent alone",
                hint="Send COMMIT or ROLLBACK as a statement of its own.",
            )
        is_sealed = bool(plan.params) or any(part.results for part in plan.parts)
        if not is_utf8(self._parameters) and (is_sealed or not plan.text.isascii()):
            raise Unproven(
                f"client_encoding {self._parameters.get('client_encoding')} cannot be used with protected columns",
                hint="Use client_encoding UTF8.",
            )

    def _reload(self, names: tuple[str, ...]) -> None:
        self._is_catalog_stale = False
        self._waits_for_planner = not self._is_glass
        self._actions.append(Reload(names))

    def _nudge(self) -> None:
        """We wait for replies the server keeps until it is asked for them."""
        if self._is_open_segment and not self._is_flushed:
            self._to_server.append(_FLUSH)
            self._is_flushed = True

    def _ask_path(self) -> None:
        """Ask the effective search_path: never by a simple query, which would drop the unnamed statement.

        At the end of a segment a Sync of our own is harmless; inside one it would commit, so a Flush must do, and an error
        becomes the client's.
        """
        name = self._fresh_name()
        in_segment = self._is_open_segment
        messages: list[tuple[int, m.Message]] = [
            (s.PARSE, m.Parse(name, PATH_QUERY)),
            (s.BIND, m.Bind(name, name)),
            (s.EXECUTE, m.Execute(name)),
            (s.CLOSE, m.Close("P", name)),
            (s.CLOSE, m.Close("S", name)),
        ]
        for kind, message in messages:
            slot = Slot(kind)
            slot.is_internal, slot.is_path_question, slot.is_plain = True, True, False
            slot.passes_error = in_segment
            self._push(slot, message.to_bytes())
        if in_segment:
            self._to_server.append(_FLUSH)
            self._is_flushed = True
        else:
            sync = Slot(s.SYNC)
            sync.is_internal = sync.is_path_question = True
            self._push(sync, _SYNC)
            self._segment += 1
        self._is_asking = True

    # -----------------------------------------------------------------------------------------------------------------
    # The server's side

    def _read_server(self) -> None:
        while not self._is_over:
            front = self._slots[0] if self._slots else None
            may_stream = front is None or (front.opener is None and not front.is_internal)
            self._server.streams = _SERVER_STREAMS if may_stream else _NOTHING
            frames = self._server.frames()
            if not frames:
                return
            self._server_frames(self._server.buffer, frames)

    def _server_frames(self, buffer: bytes, frames: list[Frame]) -> None:
        """Forward one batch: what passes unopened leaves in as few slices as it can."""
        out, slots, calls = self._to_client, self._slots, self._server_calls
        mark = start = frames[0][1]
        end = mark
        try:
            for kind, start, end in frames:
                if kind == Backend.DATA_ROW:
                    slot = slots[0] if slots else None
                    if slot is not None and slot.is_plain:
                        slot.rows += 1
                        slot.bytes_out += end - start
                        continue
                    shown = self._row(buffer, start, end)
                elif kind == Backend.COPY_DATA:
                    shown = self._copy_data(end - start)
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

    def _front(self, *kinds: int) -> Slot:
        slots = self._slots
        while slots and slots[0].kind == s.COPY_END:
            slots.popleft()
        if not slots or slots[0].kind not in kinds:
            raise ProtocolError("the server sent a reply that nobody asked for", sqlstate="08006")
        return slots[0]

    # --- the extended protocol's small replies. Each takes the frame; None = it passes, b"" = the client hears nothing

    def _parse_complete(self, frame: bytes) -> bytes | None:
        slot = self._front(s.PARSE)
        if slot.refusal is not None:
            raise Bug("the server accepted what it had to reject")
        self._slots.popleft()
        if slot.is_internal:
            return b""
        if slot.is_type_lock:
            return b""  # said when the types are checked
        self._statements.confirm(slot.name, slot.prepared, slot)
        self._log_end(slot)
        if slot.is_muted:
            return b""
        return own_notices(slot.notices) + frame if slot.notices else None

    def _bind_complete(self, frame: bytes) -> bytes | None:
        slot = self._front(s.BIND)
        self._slots.popleft()
        if slot.is_internal:
            return b""
        self._portals.confirm(slot.name, slot.portal, slot)
        return b"" if slot.is_muted else None

    def _close_complete(self, frame: bytes) -> bytes | None:
        slot = self._front(s.CLOSE)
        self._slots.popleft()
        if slot.is_internal:
            if slot.is_path_question and not (self._slots and self._slots[0].is_path_question):
                self._is_asking = False
            return b""
        if slot.closes_portal:
            self._portals.confirm(slot.name, None, slot)
        else:
            self._statements.confirm(slot.name, None, slot)
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
        plan = slot.plan if slot.kind == s.QUERY or slot.prepared is None else slot.prepared.plan
        shape = None
        if plan is not None and not self._is_glass:
            part = slot.part if slot.kind == s.QUERY else (plan.parts[0] if plan.parts else s.NO_PART)
            shape = row_shape(frame[HEAD_BYTES:], plan, part)
            if slot.kind == s.QUERY and shape is not None and part.results:
                slot.opener = RowOpener(part.results, shape[1], self._sealing)
        if slot.kind == s.QUERY:
            if slot.is_stopped or slot.is_muted:
                return b""
            return self._after_notices(slot, frame, None if shape is None else shape[0])
        if slot.prepared is not None:
            slot.prepared.is_described = True
        return self._described(slot, None if shape is None else shape[0])

    def _no_data(self, frame: bytes) -> bytes | None:
        slot = self._front(s.DESCRIBE_STATEMENT, s.DESCRIBE_PORTAL)
        if slot.prepared is not None and any(part.results for part in slot.prepared.plan.parts):
            raise Bug("a plan opens columns of a statement without rows")
        return self._described(slot, None)

    def _described(self, slot: Slot, shape: bytes | None) -> bytes | None:
        self._slots.popleft()
        if slot.is_type_lock:
            return self._types_checked(slot.refusal)
        return b"" if slot.is_internal or slot.is_muted else shape

    def _types_checked(self, error: ProxyError | None) -> bytes:
        parse, self._lock = self._lock, None
        if parse is None:
            raise Bug("a type check without its statement")
        self._log_end(parse, error.sqlstate if error is not None else "00000", error.message if error else "")
        if error is None:
            self._statements.confirm(parse.name, parse.prepared, parse)
            return own_notices(parse.notices) + _PARSE_COMPLETE
        # The server has the statement: take it back, then fail as a Parse of that name.
        close = Slot(s.CLOSE)
        close.is_internal = True
        self._statements.forget(parse.name, parse)
        self._push_extended(close, m.Close("S", parse.name).to_bytes())
        self._refuse_extended(error, parse.name)
        self._to_server.append(_FLUSH)
        return b""

    # --- rows

    def _enter_part(self, slot: Slot, number: int) -> None:
        """Statement `number` of the slot's text is the next to answer."""
        plan = slot.plan
        slot.part_number = number
        slot.part = plan.parts[number] if plan is not None and number < len(plan.parts) else s.NO_PART
        slot.opener = None
        slot.limit = slot.part.row_limit
        slot.counted = 0
        slot.part_start = slot.rows
        is_known = slot.part is not s.NO_PART or plan is None or not plan.restricted
        slot.is_plain = slot.limit is None and not slot.part.results and is_known

    def _row(self, buffer: bytes, start: int, end: int) -> bytes | None:
        slot = self._front(s.QUERY, s.EXECUTE)
        if slot.is_internal:
            self._path_answer(buffer[start + HEAD_BYTES : end])
            return b""
        _require_part(slot)
        if not self._counts(slot, end - start):
            return b""
        if slot.opener is None:
            if slot.part.results:
                raise Bug("rows to open came before their shape")
            return None
        try:
            return slot.opener.open(buffer[start + HEAD_BYTES : end])
        except ProxyError as error:
            if error.fatal:
                raise
            self._stop(slot, error)
            return b""

    def _counts(self, slot: Slot, size: int) -> bool:
        """Count one row; False when it must not leave."""
        if slot.is_stopped or slot.is_muted or slot.refusal is not None:
            return False
        if slot.limit is not None:
            counter = slot.portal if slot.portal is not None else slot
            if isinstance(counter, Portal):
                counter.rows += 1
                counted = counter.rows
            else:
                counter.counted += 1
                counted = counter.counted
            if counted > slot.limit:
                self._stop(slot, over_budget(slot.limit, self._role))
                return False
        slot.rows += 1
        slot.bytes_out += size
        return True

    def _copy_data(self, size: int) -> bytes | None:
        slot = self._front(s.QUERY, s.EXECUTE)
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
        if self._key is None:
            raise Unavailable("the server gave no key to cancel with", sqlstate="58000")
        if not self._is_cancelling:
            self._is_cancelling = True
            self._actions.append(CancelServer(self._key.process_id, self._key.secret_key))

    def _copy_in(self, frame: bytes) -> bytes | None:
        slot = self._front(s.QUERY, s.EXECUTE)
        slot.is_in_copy = True
        if slot.is_muted:
            self._to_server.append(m.CopyFail(b"the statement before was stopped").to_bytes())
            return b""
        self._is_copying_in = not any(one.kind == s.COPY_END for one in self._slots)
        return None

    def _copy_out(self, frame: bytes) -> bytes | None:
        return b"" if self._front(s.QUERY, s.EXECUTE).is_muted else None

    def _copy_done(self, frame: bytes) -> bytes | None:
        slot = self._front(s.QUERY, s.EXECUTE)
        return b"" if slot.is_stopped or slot.is_muted else None

    def _copy_ends(self, slot: Slot, is_failed: bool) -> None:
        """The Syncs that arrived inside COPY IN were swallowed by the server: their slots go. `slot` is still in front."""
        was_open = self._is_copying_in
        slot.is_in_copy = self._is_copying_in = False
        slots = self._slots
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
        """CommandComplete, EmptyQueryResponse or PortalSuspended."""
        slot = self._front(s.QUERY, s.EXECUTE)
        if slot.is_internal:
            self._slots.popleft()
            return b""
        if slot.is_in_copy:
            self._copy_ends(slot, is_failed=False)
        slot.cells += (slot.rows - slot.part_start) * sensitive_cells(slot.part)
        slot.part_start = slot.rows
        if slot.kind == s.EXECUTE:
            self._slots.popleft()
            return self._execute_ends(slot)
        if slot.is_muted:
            return b""
        if slot.refusal is not None:  # an empty query in place of a refused one, or stopped too late
            slot.is_muted, slot.is_stopped = True, False
            return self._own(slot)
        if frame[0] != Backend.EMPTY_QUERY_RESPONSE:
            _require_part(slot)
        self._enter_part(slot, slot.part_number + 1)
        return self._after_notices(slot, frame, None)

    def _after_notices(self, slot: Slot, frame: bytes, shown: bytes | None) -> bytes | None:
        """The plan's own notices go before the first reply of a simple query."""
        if not slot.notices:
            return shown
        notices, slot.notices = slot.notices, ()
        return own_notices(notices) + (frame if shown is None else shown)

    def _execute_ends(self, slot: Slot) -> bytes | None:
        self._settle(slot)
        if slot.is_muted:
            self._log_end(slot)
            return b""
        if slot.refusal is None:
            self._log_end(slot)
            return None
        # Stopped, but the server was done before our cancel came. For the client the rest of its segment failed.
        self._log_end(slot, slot.refusal.sqlstate)
        if any(one.kind == s.SYNC for one in self._slots):
            for one in self._slots:
                if one.kind == s.SYNC:
                    break
                one.is_muted, one.is_plain = True, False
        elif not self._is_skipping:
            for one in self._slots:
                one.is_muted, one.is_plain = True, False
            fail = Slot(s.PARSE)
            fail.is_internal, fail.refusal, fail.name = True, slot.refusal, self._fresh_name()
            self._push_extended(fail, m.Parse(fail.name, _rejected(slot)).to_bytes())
            self._is_skipping = True
        return self._own(slot)

    def _own(self, slot: Slot) -> bytes:
        """Our error, in place of the server's reply."""
        error = slot.refusal or Bug("a refusal without its reason")
        slot.sqlstate = error.sqlstate
        # What PostgreSQL itself would have said looks as if it had.
        return own_error(error, "" if isinstance(error, StatementError) else slot.refusal_id)

    def _error(self, frame: bytes) -> bytes | None:
        report = m.ErrorResponse.parse(frame[HEAD_BYTES:])
        if report.severity in ("FATAL", "PANIC"):
            self._said_goodbye = True
            return self._report(report, frame, None)
        if self._is_path_touched:
            self._knows_path = False
        slots = self._slots
        while slots and slots[0].kind == s.COPY_END:
            slots.popleft()
        if not slots:
            return self._report(report, frame, None)
        slot = slots[0]
        if slot.is_in_copy:
            self._copy_ends(slot, is_failed=True)
        is_ours = slot.refusal is not None and (slot.is_stopped or report.sqlstate == _SYNTAX_ERROR)
        slot.sqlstate = report.sqlstate
        if slot.is_muted or (slot.is_internal and not slot.passes_error):
            shown: bytes | None = b""
        elif is_ours:
            shown = self._own(slot)
        else:
            shown = self._report(report, frame, slot)
        if slot.kind in (s.QUERY, s.FUNCTION_CALL):
            if is_ours:
                slot.is_muted = True
        elif slot.kind != s.SYNC:  # an error at Sync is a failed commit: ReadyForQuery follows
            self._slots.popleft()
            if slot.kind == s.PARSE and not slot.name:
                self._statements.confirm(b"", None, slot)
            self._drop(slot, slot.sqlstate)
            self._skip_to_sync(slot.sqlstate)
        return shown

    def _skip_to_sync(self, sqlstate: str) -> None:
        slots = self._slots
        while slots and slots[0].kind != s.SYNC:
            self._drop(slots.popleft(), sqlstate)
        if not slots:
            self._is_skipping = True

    def _drop(self, slot: Slot, sqlstate: str) -> None:
        """Its message failed or was ignored."""
        match slot.kind:
            case s.PARSE:
                self._statements.forget(slot.name, slot)
            case s.BIND:
                self._portals.forget(slot.name, slot)
            case s.CLOSE:
                (self._portals if slot.closes_portal else self._statements).forget(slot.name, slot)
            case s.QUERY:
                self._statements.forget(b"", slot)
                self._portals.forget(b"", slot)
        if slot.is_path_question:
            self._is_asking = False
        if slot.is_type_lock and self._lock is not None:
            self._statements.forget(self._lock.name, self._lock)
            self._lock = None
        self._settle(slot)
        self._log_end(slot, sqlstate)

    def _ready(self, frame: bytes) -> bytes | None:
        slot = self._front(s.QUERY, s.SYNC, s.FUNCTION_CALL)
        self._slots.popleft()
        self._status = frame[HEAD_BYTES:]
        if self._status not in (b"I", b"T", b"E"):
            raise ProtocolError("invalid transaction status in ReadyForQuery", sqlstate="08006")
        if slot.kind == s.QUERY:
            self._statements.confirm(b"", None, slot)
            self._portals.confirm(b"", None, slot)
            self._settle(slot)
            self._log_end(slot, slot.sqlstate)
        if self._status == b"I":
            self._portals.clear()
            if self._is_catalog_stale and not self._waits_for_planner:
                self._reload(())
        if not slot.is_internal:
            return None
        if slot.is_path_question:
            self._is_asking = False
            if not self._knows_path and self._status != b"E":
                self._path_tries += 1
                if self._path_tries >= PATH_TRIES:
                    raise Unavailable("the server does not tell its search_path", sqlstate="58000")
        first, self._first_ready = self._first_ready, None
        return first or b""

    def _function_result(self, frame: bytes) -> bytes | None:
        self._front(s.FUNCTION_CALL)
        return None

    def _settle(self, slot: Slot) -> None:
        """The statement is through: what it may have changed is not known any more."""
        plan = slot.plan
        if plan is None or slot.kind not in (s.QUERY, s.EXECUTE):
            return
        if slot.is_tracked:
            slot.is_tracked = False
            self._unsettled -= 1
        if plan.may_change_catalog:
            self._is_catalog_stale = True
        if self._is_glass:
            return
        if plan.may_change_path:
            self._knows_path, self._is_path_touched = False, True
        elif plan.ends_transaction and self._is_path_touched:
            self._knows_path = False
        for part in plan.parts:
            if part.command in ("Deallocate", "Discard"):
                self._had_deallocate = True
            elif part.command == "Prepare" and self._had_deallocate:
                # A name we know may now mean what SQL PREPARE said; let the client prepare again.
                self._statements.clear()

    def _path_answer(self, body: bytes) -> None:
        values = m.datarow_values(body)
        if len(values) != 1 or values[0] is None:
            raise ProtocolError("the server's search_path cannot be read", sqlstate="08006")
        self._path = text_array(values[0].decode("utf-8"))
        self._knows_path, self._path_tries = True, 0

    # --- what may come at any time

    def _notice(self, frame: bytes) -> bytes | None:
        report = m.NoticeResponse.parse(frame[HEAD_BYTES:])
        slot = self._slots[0] if self._slots else None
        if slot is not None and slot.is_internal and not self._is_glass:
            return b""
        return self._report(report, frame, slot)

    def _report(
        self, report: m.ErrorResponse | m.NoticeResponse, frame: bytes, slot: Slot | None
    ) -> bytes | None:
        """None when it passes as it is."""
        if self._is_glass or self._planner is None:
            return None
        plan = slot.plan if slot is not None else None
        is_restricted = self._planner.restricted or (plan is not None and plan.restricted)
        is_rewritten = slot is not None and slot.is_rewritten
        shown: m.ErrorResponse | m.NoticeResponse
        if isinstance(report, m.ErrorResponse):
            shown = for_client(report, is_restricted=is_restricted, plan=plan, is_rewritten=is_rewritten)
        else:
            shown = for_client(report, is_restricted=is_restricted, plan=plan, is_rewritten=is_rewritten)
        return None if shown is report else shown.to_bytes()

    def _notification(self, frame: bytes) -> bytes | None:
        is_closed = self._planner is None or (self._planner.restricted and not self._is_glass)
        return b"" if is_closed else None

    def _parameter_status(self, frame: bytes) -> bytes | None:
        status = m.ParameterStatus.parse(frame[HEAD_BYTES:])
        name = status.name.decode("utf-8", "replace")
        self._parameters[name] = status.value.decode("utf-8", "replace")
        if name == "search_path":
            self._knows_path, self._is_path_touched = False, True
        return None

    # --- the log

    def _log_end(self, slot: Slot, sqlstate: str = "", reason: str = "", outcome: Outcome | None = None) -> None:
        """The end of an accepted statement; of a Parse only when it failed."""
        sqlstate = sqlstate or slot.sqlstate
        if not slot.event_id or (slot.kind == s.PARSE and sqlstate == "00000"):
            return
        if outcome is None:
            outcome = "error" if slot.outcome == "done" and sqlstate != "00000" else slot.outcome
        event = self._journal.end(
            slot.event_id,
            rows=slot.rows,
            bytes_out=slot.bytes_out,
            cells=slot.cells + (slot.rows - slot.part_start) * sensitive_cells(slot.part),
            duration_s=self._now - slot.started,
            outcome=outcome,
            sqlstate=sqlstate,
            reason=reason,
        )
        slot.event_id = ""
        self._actions.append(Record(event))


def _unreachable(message: str) -> ProxyError:
    error = Unavailable(message, sqlstate="08006")
    error.fatal = True
    return error


def _require_part(slot: Slot) -> None:
    """A restricted caller gets nothing the plan does not know of. Raises Bug."""
    if slot.part is s.NO_PART and slot.plan is not None and slot.plan.restricted:
        raise Bug("the server answered a statement the plan does not have")


def _unknown_plan() -> Plan:
    return Plan(b"", (), log_text=_NOT_PARSED)


def _rejected(slot: Slot) -> bytes:
    """A text no grammar accepts; the comment leads from the server's log to ours."""
    return b"! -- maskgate " + slot.refusal_id.encode() if slot.refusal_id else b"! -- maskgate"


def _shape(plan: Plan) -> tuple[object, ...]:
    return (plan.text, plan.params, plan.masked_origins, plan.sealed_origins, tuple(p.results for p in plan.parts))


def text_array(text: str) -> tuple[str, ...]:
    """The text form of a one-dimensional text[] (PostgreSQL 18, 8.15.6). Raises ProtocolError."""
    if not (text.startswith("{") and text.endswith("}")):
        raise ProtocolError("malformed array from the server", sqlstate="08006")
    items: list[str] = []
    at, end = 1, len(text) - 1
    while at < end:
        item: list[str] = []
        is_quoted = text[at] == '"'
        at += is_quoted
        while at < end and (text[at] != '"' if is_quoted else text[at] != ","):
            if text[at] == "\\":
                at += 1
            item.append(text[at])
            at += 1
        at += is_quoted
        items.append("".join(item))
        at += 1  # the comma
    return tuple(items)
