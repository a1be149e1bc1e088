"""What names mean, and what is decided on it: the planner at hand, the search_path, and what in flight may change them.

Promises: a statement is planned only while nothing in flight can change what its names mean; a prepared one runs only while
the same text gives the same plan. The one writer of planner, path and everything that makes them doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from proxy.encodings import UTF8, is_plain_name
from proxy.errors import Bug, ProtocolError, ProxyError, Stale, StatementError, Unavailable, Unproven
from proxy.plan import LONG_TEXT, Miss, Part, Plan, Wanted
from proxy.session import slots as s
from proxy.session.actions import PlanApart, Reload
from proxy.session.ledger import Ledger
from proxy.session.slots import Portal, Prepared, Slot
from proxy.session.startup import Planner
from proxy.wire import messages as m

# A text is read by these too; of a SET of them the server tells at the next ReadyForQuery only (PostgreSQL 18, 54.2.7).
_READING = ("client_encoding", "standard_conforming_strings")
PATH_QUERY = b"SELECT pg_catalog.current_schemas(true)" + b"".join(
    f", pg_catalog.current_setting('{name}')".encode() for name in _READING
)
PATH_TRIES = 3
_SYNC = m.Sync().to_bytes()
_SHORT_NAME = 45  # bytes in UTF-8; of no encoding of a server more than NAMEDATALEN - 1
_NOT_PARSED = "(statement that could not be parsed)"


class Hold(Exception):
    """This client frame has to wait."""


@dataclass(slots=True)
class _Apart:
    """A text that is planned apart, and what came of it."""

    planner: Planner
    wanted: Wanted
    action: PlanApart
    outcome: object = None


class _Read(NamedTuple):
    """A text's characters, and the settings they were read by."""

    sql: bytes
    codec: str | None
    strings: str
    text: str


class Naming:
    """`decide` and `refresh` are asked before a statement leaves; `track` and `settle` go around what may change names."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.planner: Planner | None = None
        self.is_glass = False
        self.path: tuple[str, ...] = ()
        self._knows_path = False
        self._is_path_touched = False  # by the open transaction: what is known may end with it
        self._is_asking = False
        self._path_tries = 0
        self._has_ended = False  # the transaction of the last ReadyForQuery, or a part of it
        self._has_failed = False  # the transaction that is open, or was; what it did will be undone
        self._unsettled = 0  # slots in flight whose plan may change path or catalog
        self._is_catalog_stale = False
        self._waits_for_planner = False
        self._planner_error: ProxyError | None = None
        self._after_miss = False
        self._apart: _Apart | None = None
        self._read: _Read | None = None  # the long text that is asked about again and again
        self.temporary: frozenset[str] = frozenset()  # names of the session's temporary tables
        self._lasting: frozenset[str] = frozenset()  # those of them there were when the open transaction began
        self._until_commit: frozenset[str] = frozenset()  # ON COMMIT DROP
        self._lasting_portals: tuple[Portal, ...] = ()
        self._savepoints: list[tuple[str, frozenset[str], frozenset[str], tuple[Portal, ...]]] = []

    def decide(self, sql: bytes, param_oids: tuple[int, ...], *, in_prepare: bool) -> tuple[Plan, str]:
        """The plan, and the text as decoded. Raises Hold, or a ProxyError to refuse with."""
        planner = self.planner
        if planner is None:
            raise Hold
        if self.is_glass:
            return self._glass_plan(planner, sql, param_oids, in_prepare)
        self._require_names()  # first: what is in flight may change how the text is read, too
        text = self._decoded(sql)
        after_miss, self._after_miss = self._after_miss, False
        try:
            plan = self._planned(planner, Wanted(text, self.path, param_oids, in_prepare, after_miss, self.temporary))
        except Hold:
            self._after_miss = after_miss  # it is asked again
            raise
        if isinstance(plan, Miss):
            if after_miss:
                raise Bug("names were looked up and missed again")
            self._after_miss = True
            self._reload(plan.names)
            raise Hold
        self._check_surroundings(plan)
        return plan, text

    def _planned(self, planner: Planner, wanted: Wanted) -> Plan | Miss:
        """At once, or, of a text so long that others would have to wait, by the way of `PlanApart`. Raises ProxyError, Hold."""
        known = planner.at_hand(wanted)
        if known is not None:
            return known
        if len(wanted.text) <= LONG_TEXT:
            return planner.keep(wanted, planner.make(wanted))
        apart = self._apart
        if apart is None or apart.planner is not planner or apart.wanted != wanted:
            self._apart = _Apart(planner, wanted, PlanApart(partial(planner.make, wanted), len(wanted.text)))
            self._ledger.actions.append(self._apart.action)
            raise Hold
        if apart.outcome is None:
            raise Hold
        self.forget_text()
        if isinstance(apart.outcome, ProxyError):
            raise apart.outcome
        return planner.keep(wanted, apart.outcome)

    def forget_text(self) -> None:
        """The text that waited is decided, or skipped."""
        self._apart = self._read = None

    def planned(self, action: PlanApart, outcome: object) -> None:
        """What came of it; nobody waits for it any more when another planner decides by now."""
        if self._apart is not None and self._apart.action is action:
            self._apart.outcome = outcome

    def refresh(self, prepared: Prepared) -> None:
        """A plan holds while its planner does; after that the same text must give the same plan again."""
        planner = self.planner
        if planner is None or self._waits_for_planner:
            raise Hold
        if not self._is_read_alike(planner, prepared):
            self._require_names()  # operators and functions of a prepared text are looked up again when it runs
            planner.check_path(self.path)
        if not prepared.part.uses_temporary <= self.temporary:
            gone = min(prepared.part.uses_temporary - self.temporary)
            raise StatementError(f'relation "{gone}" does not exist', sqlstate="42P01")
        if prepared.planner is not planner:
            self._plan_again(planner, prepared)
        if prepared.is_sealed:
            self._check_sealing()

    def _plan_again(self, planner: Planner, prepared: Prepared) -> None:
        """Raises Hold, or Stale when it is another plan."""
        wanted = Wanted(prepared.text, prepared.path, prepared.param_oids, not prepared.is_sql, True, prepared.temporary)
        again = self._planned(planner, wanted)
        if isinstance(again, Miss) or _shape(again) != _shape(prepared.plan):
            raise Stale(
                "cached plan must not change result type: the rules or the catalog changed since this statement was prepared",
                hint="Prepare it again.",
            )
        prepared.plan, prepared.planner = again, planner

    def is_settled(self, prepared: Prepared) -> bool:
        """Whether `refresh` has nothing to do, and nothing to wait for."""
        planner = self.planner
        if planner is None or self.is_glass:
            return planner is not None
        if prepared.planner is not planner or self._waits_for_planner or not self._is_read_alike(planner, prepared):
            return False
        return not prepared.is_sealed or self._ledger.codec == UTF8

    def _is_read_alike(self, planner: Planner, prepared: Prepared) -> bool:
        """Whether the names of a prepared text mean what they meant, and the client_encoding of its values is known."""
        if self._is_moving:
            return False
        if not planner.restricted:
            return self._knows_path or not prepared.is_sealed
        return self._knows_path and self.path == prepared.path

    def said(self, sql: bytes) -> str:
        """A refused text for the log: nothing proved which of its literals may be shown."""
        return "" if self.planner is None else self.planner.log_text(sql)

    def track(self, slot: Slot, plan: Plan) -> None:
        """Count a slot whose statement may change what names mean."""
        ends = plan.ends_transaction and (self.is_revocable or self._ledger.portals.has_names())
        slot.is_tracked = plan.may_change_catalog or (
            not self.is_glass and (plan.may_change_names or plan.may_change_path or ends)
        )
        self._unsettled += slot.is_tracked

    @property
    def is_revocable(self) -> bool:
        """Whether the end of the transaction may change what names mean, and how a text is read."""
        return self._unsettled > 0 or self._is_path_touched or self.temporary != self._lasting

    @property
    def _is_moving(self) -> bool:
        """Whether something in flight may change that: it says so, or a Sync or query may end the transaction that did."""
        return self._unsettled > 0 or (self.is_revocable and any(slot.kind in (s.SYNC, s.QUERY) for slot in self._ledger.slots))

    def settle(self, slot: Slot) -> None:
        """The statement is through: what it may have changed is not known any more."""
        if slot.is_tracked:
            slot.is_tracked = False
            self._unsettled -= 1
        plan = slot.plan
        if slot.kind in (s.QUERY, s.SYNC):
            self._has_ended = False
        if plan is None or slot.kind not in (s.QUERY, s.EXECUTE):
            return
        if slot.kind == s.EXECUTE and plan.ends_transaction:
            self._has_ended = True
        if plan.may_change_catalog:
            self._is_catalog_stale = True
        if self.is_glass:
            return
        if plan.may_change_path:
            self._knows_path, self._is_path_touched = False, True
        elif plan.ends_transaction and self._is_path_touched:
            self._knows_path = False

    def part_done(self, part: Part, tag: bytes) -> None:
        """A statement succeeded; `tag` is CommandComplete's. The temporary tables it made or dropped are known from now on."""
        if part.command == "Transaction":
            self._block_moved(part, tag)
            return
        dropped = self.temporary if part.drops_temporary is None else part.drops_temporary
        self.temporary -= dropped
        self._until_commit -= dropped
        made = frozenset(part.makes_temporary) - self.temporary  # IF NOT EXISTS leaves what there is
        self.temporary |= made
        if part.is_dropped_on_commit:
            self._until_commit |= made

    def _block_ended(self) -> None:
        """What there is now stays, but what was made until the end of the transaction."""
        is_kept = self._lasting is self.temporary and not (self._until_commit or self._savepoints or self._lasting_portals)
        if is_kept and not self._ledger.portals.has_any():
            return
        self.temporary -= self._until_commit
        self._lasting, self._until_commit = self.temporary, frozenset()
        self._lasting_portals = tuple(portal for portal in self._ledger.portals.known() if portal.is_held)
        self._savepoints.clear()

    def _back_to(self, temporary: frozenset[str], until_commit: frozenset[str], portals: tuple[Portal, ...]) -> None:
        """As it was then; cursors closed since do not come back."""
        self.temporary = temporary
        self._until_commit = until_commit
        self._ledger.portals.clear(keep=lambda portal: any(portal is one for one in portals))

    def _block_moved(self, part: Part, tag: bytes) -> None:
        """What a rollback takes away or brings back, a savepoint remembers."""
        self._has_failed = False
        if part.savepoint is None:
            if tag == b"ROLLBACK":
                self._back_to(self._lasting, frozenset(), self._lasting_portals)
            if tag in (b"ROLLBACK", b"COMMIT"):
                self._ledger.portals.clear(keep=lambda portal: portal.is_held)
                self._block_ended()
            return
        action, name = part.savepoint
        if action == "save":
            self._savepoints.append((name, self.temporary, self._until_commit, self._ledger.portals.known()))
            return
        index = max((i for i, (known, *_) in enumerate(self._savepoints) if known == name), default=None)
        if index is not None:
            if action == "back":
                self._back_to(*self._savepoints[index][1:])
            del self._savepoints[index + (action == "back") :]

    def _glass_plan(
        self, planner: Planner, sql: bytes, param_oids: tuple[int, ...], in_prepare: bool
    ) -> tuple[Plan, str]:
        """For the log only: what cannot be planned is the server's to judge."""
        text = sql.decode("utf-8", "replace")
        try:
            plan = self._planned(planner, Wanted(text, self.path, param_oids, in_prepare, after_miss=True))
        except ProxyError:
            return unknown_plan(), text
        return (unknown_plan() if isinstance(plan, Miss) else plan), text

    def _decoded(self, sql: bytes) -> str:
        codec, strings = self._ledger.codec, self._ledger.parameters.get("standard_conforming_strings", "on")
        if self._read is not None:
            if self._read.sql is sql and self._read[1:3] == (codec, strings):
                return self._read.text
            self._read = None
        if sql.isascii():
            text = sql.decode("ascii")
        else:
            if codec is None:
                raise self._unreadable()
            try:
                text = sql.decode(codec)
                wrong = None if text.encode(codec) == sql else sql
            except UnicodeDecodeError as error:
                wrong = sql[error.start :]
            except UnicodeError:
                wrong = sql
            if wrong is not None:
                raise self._malformed(wrong, codec)
        if strings != "on" and "\\" in text:
            raise Unproven("standard_conforming_strings is off: a backslash cannot be judged", hint="Set it on.")
        if len(text) > LONG_TEXT:
            self._read = _Read(sql, codec, strings, text)
        return text

    def name(self, raw: bytes) -> bytes:
        """A statement's or portal's name as it is kept: in UTF-8, as SQL's own. Raises Hold, or a ProxyError to refuse with."""
        if raw.isascii() or self.is_glass:
            return raw
        self._require_names()
        name = self._decoded(raw).encode()
        if len(name) > _SHORT_NAME and self._ledger.parameters.get("server_encoding", "UTF8") != "UTF8":
            raise Unproven("where the server cuts this name is not known: its encoding is not UTF8", hint="Use a shorter name.")
        return name

    def _malformed(self, rest: bytes, codec: str) -> StatementError:
        """As report_invalid_encoding in mbutils.c says it, which shows the bytes the character should have."""
        spoken = self._ledger.parameters.get("client_encoding", "UTF8")
        lead = rest[0] if codec == UTF8 else 0
        width = 2 if 0xC0 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4 if 0xF0 <= lead < 0xF8 else 1
        shown = " ".join(f"0x{byte:02x}" for byte in rest[:width])
        return StatementError(f'invalid byte sequence for encoding "{spoken}": {shown}', sqlstate="22021")

    def _unreadable(self) -> Unproven:
        spoken = self._ledger.parameters.get("client_encoding")
        return Unproven(f"client_encoding {spoken} is not understood here", hint="Use client_encoding UTF8.")

    def encoded(self, plan: Plan) -> bytes:
        """The plan's text as it leaves, in the session's encoding; `_check_surroundings` saw that it can."""
        codec = self._ledger.codec
        return plan.text if codec in (None, UTF8) or plan.text.isascii() else plan.text.decode().encode(codec or UTF8)

    def _require_names(self) -> None:
        """Names can be resolved now, or Hold. Nothing in flight may change what they mean."""
        if self._waits_for_planner:
            raise Hold
        if self._planner_error is not None:
            error, self._planner_error = self._planner_error, None
            self._is_catalog_stale = True
            self._after_miss = False
            raise error
        if self._is_moving:
            self._ledger.nudge()
            raise Hold
        if self._is_catalog_stale and (self._ledger.status == b"I" and not self._ledger.slots):
            self._reload(())
            raise Hold
        if self._knows_path or (self._ledger.status == b"E" and not self._has_ended):
            return  # in a failed transaction nothing but its end can run
        if self._ledger.slots:
            self._ledger.nudge()
            raise Hold
        if not self._is_asking:
            self.ask_path()
        raise Hold

    def _check_surroundings(self, plan: Plan) -> None:
        """What the planner cannot know. Raises Unproven."""
        ends_with_more = plan.ends_transaction and any(part.command != "Transaction" for part in plan.parts)
        if ends_with_more and (self._is_path_touched or not self._knows_path):
            raise Unproven(
                "after SET search_path, the end of a transaction must be sent alone",
                hint="Send COMMIT or ROLLBACK as a statement of its own.",
            )
        codec = self._ledger.codec
        if codec == UTF8:
            return
        if plan.params or any(part.results for part in plan.parts):
            self._check_sealing()
        if plan.text.isascii():
            return
        if codec is None:
            raise self._unreadable()
        text = plan.text.decode()
        try:
            text.encode(codec)
        except UnicodeError:
            raise Unproven("a name this statement needs cannot be written in your client_encoding") from None
        if not all(is_plain_name(name) for name in plan.names):
            raise Unproven(
                "names with letters beyond ASCII and ideographs are read in UTF8 only", hint="Use client_encoding UTF8."
            )

    def _check_sealing(self) -> None:
        """What is sealed and opened here passes the server's conversion by: it is UTF8 on both sides. Raises Unproven."""
        if self._ledger.codec != UTF8:
            spoken = self._ledger.parameters.get("client_encoding")
            raise Unproven(f"client_encoding {spoken} cannot be used with encrypted columns", hint="Use client_encoding UTF8.")

    def _reload(self, names: tuple[str, ...]) -> None:
        self._is_catalog_stale = False
        self._waits_for_planner = not self.is_glass
        self._ledger.actions.append(Reload(names))

    def ask_path(self) -> None:
        """Ask the effective search_path, and the settings a text is read by.

        Never by a simple query, which would drop the unnamed statement. At the end of a segment a Sync of our own is
        harmless; inside one it would commit, so a Flush must do, and an error becomes the client's.
        """
        name = self._ledger.fresh_name()
        in_segment = self._ledger.is_open_segment
        messages: list[tuple[int, m.Message]] = [
            (s.PARSE, m.Parse(name, PATH_QUERY)),
            (s.BIND, m.Bind(name, name)),
            (s.EXECUTE, m.Execute(name)),
            (s.CLOSE, m.Close("P", name)),
            (s.CLOSE, m.Close("S", name)),
        ]
        for kind, message in messages:
            slot = Slot(kind)
            slot.is_internal, slot.is_path_question = True, True
            slot.passes_error = in_segment
            self._ledger.push(slot, message.to_bytes())
        if in_segment:
            self._ledger.flush()
        else:
            sync = Slot(s.SYNC)
            sync.is_internal = sync.is_path_question = True
            self._ledger.push(sync, _SYNC)
            self._ledger.segment += 1
        self._is_asking = True

    def answer(self, body: bytes) -> None:
        """The path and the settings of `_READING`, as a DataRow. Raises ProtocolError."""
        values = m.datarow_values(body)
        if len(values) != 1 + len(_READING) or values[0] is None:
            raise ProtocolError("the server's search_path cannot be read", sqlstate="08006")
        for name, value in zip(_READING, values[1:], strict=True):
            if value is None or not value.isascii():
                raise ProtocolError(f"the server's {name} cannot be read", sqlstate="08006")
            self._ledger.parameters[name] = value.decode("ascii")
        try:
            text = values[0].decode(self._ledger.codec or "ascii")
        except UnicodeDecodeError:
            raise ProtocolError("the server's search_path is no text of the client_encoding", sqlstate="08006") from None
        self.path = text_array(text)
        self._knows_path, self._path_tries = True, 0

    def asked(self) -> None:
        """The question for the path was answered or failed."""
        self._is_asking = False

    def ready(self) -> None:
        """Ready after a question of ours. Raises Unavailable when it was asked in vain too often."""
        self._is_asking = False
        if not self._knows_path and self._ledger.status != b"E":
            self._path_tries += 1
            if self._path_tries >= PATH_TRIES:
                raise Unavailable("the server does not tell its search_path", sqlstate="58000")

    def idle(self, *, is_asked: bool = False) -> None:
        """No transaction is open any more: held cursors are left, what it set may be undone; time to look at the catalog again.

        `is_asked`: the one that ended was of a question of ours, and nothing but it.
        """
        if self._has_failed:
            self._has_failed = False
            self._back_to(self._lasting, frozenset(), self._lasting_portals)
        self._ledger.portals.clear(keep=lambda portal: portal.is_held)
        if self._is_path_touched:
            self._is_path_touched, self._knows_path = False, self._knows_path and is_asked
        self._block_ended()
        if self._is_catalog_stale and not self._waits_for_planner:
            self._reload(())

    def in_block(self) -> None:
        """A block is open, and not failed: what failed before it is over."""
        self._has_failed = False

    def failed(self) -> None:
        """A statement failed: with it, a SET may be undone."""
        self._has_failed = True
        if self._is_path_touched:
            self._knows_path = False

    def path_changed(self) -> None:
        """The server says so itself (PostgreSQL 18)."""
        self._knows_path, self._is_path_touched = False, True

    def new_planner(self, planner: Planner) -> None:
        """From now on `planner` decides."""
        self.planner, self.is_glass = planner, planner.is_glass
        if self._planner_error is not None:  # nobody has heard of it, and it is over; what was to be seen is still to be seen
            self._planner_error, self._is_catalog_stale = None, True

    def reloaded(self) -> None:
        """The catalog was loaded: what waited for that need not any more."""
        self._waits_for_planner, self._planner_error = False, None

    def planner_failed(self, error: ProxyError) -> None:
        """The statement that waited for a planner will be refused with `error`."""
        if self._waits_for_planner:
            self._waits_for_planner, self._planner_error = False, error


def unknown_plan() -> Plan:
    """Of an unrestricted caller's statement: nothing is known and nothing done."""
    return Plan(b"", (), log_text=_NOT_PARSED)


def _shape(plan: Plan) -> tuple[object, ...]:
    results = tuple((p.results, p.naming.part.results if p.naming is not None and p.naming.part else ()) for p in plan.parts)
    return (plan.text, plan.params, plan.masked_origins, plan.sealed_origins, results)


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
