"""One session: bytes of both sides in, an ordered list of actions out. No sockets, no clock, no locks.

Promises: a statement is planned before it leaves, only while nothing in flight can change what its names mean, and its event
stands before its bytes in the list; what the plan refuses never leaves: the server is sent something it must reject, and its
error is replaced by ours, so that transaction status and ReadyForQuery are always the server's own. A reply that fits no
slot, or a row shape that disagrees with its plan, ends the session (FATAL). PostgreSQL 18, chapter 54.

This is the door: inputs, start and end. `client` turns the client's frames into slots, `replies` lets the server's meet them,
`naming` decides statements and knows what names mean just now, `refusing` says no; what they share stands in `ledger`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from proxy.errors import ProtocolError, ProxyError, Unavailable
from proxy.session.actions import Action, Close, MakePlanner, PlanApart, Record, Statement, ToServer
from proxy.session.admin import Admin, Table
from proxy.session.client import STALLED_BYTES, Client
from proxy.session.express import Express
from proxy.session.journal import Journal
from proxy.session.ledger import Ledger
from proxy.session.naming import Naming
from proxy.session.refusing import substitute
from proxy.session.replies import Replies
from proxy.session.reports import own_error
from proxy.session.rows import NoKeys, Sealing
from proxy.session.sqlnames import SqlNames
from proxy.session.startup import Identified, Planner, Startup, TlsFacts
from proxy.session.stopping import Stopping
from proxy.wire import messages as m
from proxy.wire.frames import FrameReader
from proxy.wire.messages import Backend

_TERMINATE = m.Terminate().to_bytes()


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
        offers_tls: bool = False,
        statement_bytes: int = 64 << 20,
    ) -> None:
        client, server = FrameReader("client"), FrameReader("server")
        self._client_reader, self._server_reader = client, server
        self._journal = Journal(session_id, address)
        self._startup: Startup | None = Startup(
            client, server, self._journal, random, secret, offers_tls=offers_tls, statement_bytes=statement_bytes
        )
        self._ledger = Ledger(self._journal, random, sealing or NoKeys())
        self._naming = Naming(self._ledger)
        names = SqlNames(self._ledger, self._naming)
        stopping = Stopping(self._ledger)
        self._express = Express(self._ledger, self._naming, stopping)
        self._client = Client(client, self._ledger, self._naming, names, stopping, self._express)
        self._replies = Replies(server, self._ledger, self._naming, names, stopping, self._express)
        self._admin: Admin | None = None
        self._is_over = False

    @property
    def wants_client_bytes(self) -> bool:
        """False while reading from the client should pause: also before it is in, when it can but wait for our answer."""
        return self._client.wants_bytes if self._startup is None else len(self._client_reader.buffer) <= STALLED_BYTES

    @property
    def is_over(self) -> bool:
        """Whether `Close` was said."""
        return self._is_over

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way: no statement, no transaction, nothing half said. It could end here without harm."""
        if self._admin is not None:
            return not self._admin.is_waiting
        return (
            self._startup is None
            and not self._is_active
            and self._ledger.status == b"I"
            and not self._client.is_stalled
            and self._client_reader.is_clean
        )

    @property
    def _is_active(self) -> bool:
        return self._express.slot is not None or bool(self._ledger.slots)

    @property
    def who(self) -> Mapping[str, object]:
        """Session id, login, role, address, application, database, server_pid: as far as it is known."""
        return self._journal.who

    @property
    def state(self) -> str:
        """For operators: starting, idle, active, transaction or failed; admin for the proxy's own database."""
        if self._admin is not None:
            return "admin"
        if self._startup is not None:
            return "starting"
        if self._is_active:
            return "active"
        return {b"I": "idle", b"T": "transaction"}.get(self._ledger.status, "failed")

    @property
    def is_started(self) -> bool:
        """Whether the client is in: the start-up time limit no longer counts."""
        return self._startup is None

    def client_bytes(self, data: bytes, now: float) -> list[Action]:
        """The client sent `data`."""
        self._ledger.now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.client_bytes(data))
        self._client_reader.feed(data)
        return self._run() if self._admin is None else self._administer(self._admin.read)

    def server_bytes(self, data: bytes, now: float) -> list[Action]:
        """The server sent `data`."""
        self._ledger.now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.server_bytes(data))
        self._server_reader.feed(data)
        try:
            self._replies.read()
        except ProxyError as error:
            return self._die(error)
        return self._run() if self._client.is_stalled else self._ledger.take()

    def client_lost(self, now: float) -> list[Action]:
        """The client is gone: what runs for it is cancelled."""
        self._ledger.now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.close())
        if self._is_active:
            self._ledger.ask_cancel()
        return self._finish("08006", "the client is gone")

    def administered(self, answer: Table | str | ProxyError) -> list[Action]:
        """Answers Administer: a table, a command's tag, or why it was not carried out."""
        admin = self._admin
        return [] if self._is_over or admin is None else self._administer(lambda: admin.answer(answer))

    def server_lost(self, now: float) -> list[Action]:
        """The server is gone; the client hears of it unless the server said so itself."""
        self._ledger.now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.fail(_unreachable("the PostgreSQL server closed the connection")))
        if not self._replies.said_goodbye:
            self._ledger.to_client.append(own_error(_unreachable("the PostgreSQL server closed the connection unexpectedly")))
        return self._finish("08006", "the server is gone")

    def fail(self, error: ProxyError, now: float) -> list[Action]:
        """End this session from outside (time limit, shutdown, a bug in the shell)."""
        self._ledger.now = now
        if self._is_over:
            return []
        return self._start(self._startup.fail(error)) if self._startup is not None else self._die(error)

    def tls_started(self, facts: TlsFacts) -> list[Action]:
        """Answers StartTls, or comes before any bytes where the client began with TLS."""
        return [] if self._startup is None else self._start(self._startup.tls_started(facts))

    def identified(self, identity: Identified) -> list[Action]:
        """Answers Identify."""
        return [] if self._startup is None else self._start(self._startup.identified(identity))

    def server_connected(self, tls: TlsFacts | None = None) -> list[Action]:
        """Answers ConnectServer."""
        return [] if self._startup is None else self._start(self._startup.server_connected(tls))

    def server_unreachable(self, reason: str) -> list[Action]:
        """Answers ConnectServer; `reason` goes to the log only."""
        error = _unreachable("cannot reach the PostgreSQL server")
        return [] if self._startup is None else self._start(self._startup.fail(error, f"{error.message}: {reason}"))

    def new_planner(self, planner: Planner, now: float) -> list[Action]:
        """Answers MakePlanner and Reload."""
        if self._startup is None:
            self._naming.reloaded()
        return self.replan(planner, now)

    def replan(self, planner: Planner, now: float) -> list[Action]:
        """Comes unasked whenever snapshot or rules changed: it answers nothing, its snapshot may be older than a Reload."""
        self._ledger.now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.planner_ready(planner))
        self._express.expand()  # what is on its way is met with what it was planned with, and asked anew
        self._naming.new_planner(planner)
        self._journal.turn_to(planner.purpose)
        return self._run()

    def planned(self, action: PlanApart, outcome: object, now: float) -> list[Action]:
        """Answers PlanApart: what `make` gave, or the ProxyError it raised."""
        self._ledger.now = now
        if self._is_over:
            return []
        self._naming.planned(action, outcome)
        return self._run()

    def planner_failed(self, error: ProxyError, now: float) -> list[Action]:
        """Answers MakePlanner and Reload: the statement that waited is refused with `error`."""
        self._ledger.now = now
        if self._is_over:
            return []
        if self._startup is not None:
            return self._start(self._startup.fail(error))
        self._naming.planner_failed(error)
        return self._run()

    def cancel_done(self, now: float) -> list[Action]:
        """Answers CancelServer: the server closed the cancel connection, so no late cancel can hit another statement."""
        self._ledger.now = now
        self._ledger.is_cancelling = False
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
                slot, data = action.slot, action.data
                if slot is self._express.slot:
                    self._express.expand()
                slot.refusal, slot.is_plain = error, False
                slot.event_id = ""
                refused.append(ToServer(data[: slot.ahead] + substitute(self._ledger, slot) + data[len(data) - slot.behind :]))
            else:
                refused.append(action)
        return refused

    def _start(self, actions: list[Action]) -> list[Action]:
        startup = self._startup
        assert startup is not None  # noqa: S101 - the callers looked
        for action in actions:
            if isinstance(action, MakePlanner):
                self._ledger.role = action.role
        if startup.is_over:
            self._is_over = True
            # The end is said once, and last: what a server adds to its refusal is for nobody.
            return [*itertools.takewhile(lambda action: not isinstance(action, Close), actions), Close()]
        if startup.is_done:
            self._ledger.actions += actions
            return self._begin(startup)
        if startup.is_admin:
            self._startup = None
            self._journal.identify(startup.message, "admin")
            self._admin = Admin(self._client_reader, self._journal)
            return [*actions, *self._admin.start(startup.proof), *self._administer(self._admin.read)]
        return actions

    def _administer(self, step: Callable[[], list[Action]]) -> list[Action]:
        try:
            actions = step()
        except ProxyError as error:
            return self._die(error)
        self._is_over = self._is_over or any(isinstance(one, Close) for one in actions)
        return actions

    def _begin(self, startup: Startup) -> list[Action]:
        """The server is ready for the first time; its ReadyForQuery waits until the path is known."""
        self._startup = None
        planner = startup.planner
        assert planner is not None  # noqa: S101 - the server was not asked before there was one
        self._naming.new_planner(planner)
        self._ledger.parameters, self._ledger.key = startup.parameters, startup.key
        self._ledger.status = startup.status.encode()
        if self._ledger.status not in (b"I", b"T", b"E"):
            return self._die(ProtocolError("invalid transaction status in ReadyForQuery", sqlstate="08006"))
        server_pid = startup.key.process_id if startup.key is not None else 0
        self._journal.identify(startup.message, self._ledger.role, server_pid, planner.purpose)
        self._ledger.actions.append(Record(self._journal.connected(startup.proof)))
        ready = m.frame(Backend.READY_FOR_QUERY, self._ledger.status)
        if self._naming.is_glass:
            self._ledger.to_client.append(ready)
        else:
            self._ledger.first_ready = ready
            self._naming.ask_path()
        return self._run()

    def _run(self) -> list[Action]:
        """Let the client's frames go on as far as they can."""
        try:
            is_goodbye = self._client.pump()
        except ProxyError as error:
            return self._die(error)
        return self._finish("00000", "the client said goodbye") if is_goodbye else self._ledger.take()

    def _die(self, error: ProxyError) -> list[Action]:
        """End with a FATAL error of our own; what runs for the client is cancelled."""
        fatal = ProxyError(error.message, hint=error.hint, sqlstate=error.sqlstate)
        fatal.fatal = True
        self._ledger.to_client.append(own_error(fatal))
        if self._is_active:
            self._ledger.ask_cancel()
        return self._finish(error.sqlstate, error.message)

    def _finish(self, sqlstate: str, reason: str) -> list[Action]:
        self._express.expand()
        while self._ledger.slots:
            self._ledger.log_end(self._ledger.slots.popleft(), sqlstate, reason, "lost")
        self._ledger.actions.append(Record(self._journal.disconnected(sqlstate, reason)))
        self._ledger.to_server.append(_TERMINATE)
        self._is_over = True
        return [*self._ledger.take(), Close()]


def _unreachable(message: str) -> ProxyError:
    error = Unavailable(message, sqlstate="08006")
    error.fatal = True
    return error
