"""One reply we still expect, and the names (statements, portals) the server will know once the replies are in.

Pure bookkeeping: nothing here reads a message. PostgreSQL 18, 54.2: replies come in the order of the messages; after an
error in the extended protocol the server ignores everything up to the next Sync.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from proxy.audit.event import Outcome
from proxy.errors import Bug, ProxyError
from proxy.plan import Part, Plan
from proxy.session.rows import RowOpener

# What a slot waits for. COPY_END marks where CopyDone or CopyFail stands among the messages; it has no reply of its own.
QUERY, PARSE, BIND, DESCRIBE_STATEMENT, DESCRIBE_PORTAL, EXECUTE, CLOSE, SYNC, FUNCTION_CALL, COPY_END = range(10)
_KINDS = ("Query", "Parse", "Bind", "Describe S", "Describe P", "Execute", "Close", "Sync", "FunctionCall", "end of COPY")
GIVE_ROWS = (QUERY, EXECUTE)
NO_PART = Part("Unknown")


@dataclass(slots=True)
class Prepared:
    """A prepared statement as the session knows it. `planner` is who planned it: another one now means a stale plan.

    With `is_sql` it was made by SQL: `text` says PREPARE or DECLARE in its statement `number`.
    """

    plan: Plan
    text: str
    param_oids: tuple[int, ...]
    path: tuple[str, ...]
    temporary: frozenset[str]
    planner: object
    is_described: bool = False
    is_sql: bool = False
    number: int = 0

    @property
    def part(self) -> Part:
        """What an execution gives."""
        if self.number >= len(self.plan.parts):
            return NO_PART
        part = self.plan.parts[self.number]
        if not self.is_sql:
            return part
        return part.naming.part if part.naming is not None and part.naming.part is not None else NO_PART

    @property
    def is_sealed(self) -> bool:
        """Whether values are sealed on their way in, or opened on their way out."""
        return bool(self.plan.params or self.part.results)


@dataclass(slots=True)
class Portal:
    """A bound portal. `counted`: its rows towards the limit, over all that is fetched from it.

    `meant`: of EXECUTE and FETCH, what the name stood for when it ran first: later Executes give more of those rows.
    """

    prepared: Prepared
    result_formats: tuple[int, ...] = ()
    counted: int = 0
    is_described: bool = False
    is_held: bool = False  # a cursor WITH HOLD outlives its transaction
    meant: Prepared | Portal | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """What statement `number` of a text does to a name when it succeeds: `value` None drops it, `name` None means all.

    `is_use`: it only runs `value`, or fetches from it: a portal, whose rows count over all its fetches.
    """

    number: int
    is_portal: bool
    name: bytes | None
    value: Prepared | Portal | None
    is_use: bool = False


class Slot:
    """Made by the client's side, filled and closed by the server's. Defaults stand in the class: a slot costs two words."""

    # what it is
    kind: int
    name: bytes = b""
    plan: Plan | None = None
    prepared: Prepared | None = None
    portal: Portal | None = None
    is_rewritten: bool = False  # the text the server got is not the client's
    is_internal: bool = False  # ours: the client hears nothing of it …
    passes_error: bool = False  # … but of its error, which ends the client's own batch
    refusal: ProxyError | None = None  # what the client hears in place of the server's error
    refusal_id: str = ""  # its event
    is_tracked: bool = False  # counted among the statements that may change what names mean
    is_path_question: bool = False
    is_type_lock: bool = False
    closes_portal: bool = False
    # what happens to its rows
    part: Part = NO_PART
    part_number: int = 0
    opener: RowOpener | None = None
    limit: int | None = None
    is_plain: bool = False  # rows are counted and passed unopened, up to `limit`
    is_stopped: bool = False  # its rows are dropped; the end becomes `refusal`
    is_muted: bool = False  # an error was given in its place: its replies are swallowed
    # what `stopping` keeps of it
    is_stoppable: bool = False
    is_opening: bool = False  # it may open a block
    must_fail: bool = False  # it was stopped when the server had finished: its transaction is made to fail
    is_wrapped: bool = False  # it runs in a block of ours …
    is_closing: bool = False  # … which is being closed now
    kept: bytes = b""  # its last CommandComplete, until the block is closed
    is_in_copy: bool = False
    has_copy_data_before: bool = False
    ahead: int = 0  # bytes of other messages before …
    behind: int = 0  # … and after its own, in its Statement
    notices: tuple[str, ...] = ()  # still to be said
    named: tuple[Named, ...] = ()  # names its statements will make or drop, by SQL
    # what the log says at its end
    event_id: str = ""
    started: float = 0.0
    rows: int = 0
    part_start: int = 0  # `rows` when the part at hand began
    bytes_out: int = 0
    cells: int = 0
    counted: int = 0  # rows towards the limit in the part at hand
    row_limit: int | None = None  # rows the parts so far might have had together, where they have such a limit
    sqlstate: str = "00000"
    outcome: Outcome = "done"

    def __init__(self, kind: int) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"Slot({_KINDS[self.kind]})"

    def enter_part(self, number: int) -> None:
        """Statement `number` of the plan's text is the next to answer."""
        plan = self.plan
        self.enter(plan.parts[number] if plan is not None and number < len(plan.parts) else NO_PART, number)

    def enter(self, part: Part, number: int = 0) -> None:
        """`part` is the next to answer."""
        plan = self.plan
        self.part_number = number
        self.part = part
        self.opener = None
        self.limit = None
        if part.row_limit is not None:
            self.limit = part.row_limit + (part.copy == "header")
            self.row_limit = (self.row_limit or 0) + self.limit
        self.counted = 0
        self.part_start = self.rows
        is_known = part is not NO_PART or plan is None or not plan.restricted
        self.is_plain = self.kind in GIVE_ROWS and not part.results and is_known and part.gives_rows

    def counter(self) -> Slot | Portal:
        """Where rows towards the limit are counted: a portal's over all that is fetched from it, else the statement's own."""
        for one in self.named:
            if one.is_use and one.number == self.part_number and isinstance(one.value, Portal):
                return one.value
        return self if self.portal is None else self.portal

    def require_part(self) -> None:
        """A restricted caller gets nothing the plan does not know of. Raises Bug."""
        if self.part is NO_PART and self.plan is not None and self.plan.restricted:
            raise Bug("the server answered a statement the plan does not have")


Value = TypeVar("Value", Prepared, Portal)


class Unsure(Exception):
    """What the name means depends on replies of an earlier segment that are not in yet."""


@dataclass(frozen=True, slots=True)
class _Coming(Generic[Value]):
    slot: Slot
    segment: int
    value: Value | None


NAME_BYTES = 63  # PostgreSQL's NAMEDATALEN - 1


@dataclass(slots=True)
class Names(Generic[Value]):
    """Names of one kind. What the server confirmed, and over it what messages in flight will make of them.

    A segment runs from Sync to Sync: if a message of it fails, the later ones of the same segment are ignored too, so
    within a segment the latest message decides; across segments only a confirmed name is sure.
    """

    # By the first 63 bytes, as PostgreSQL keeps them: longer names that begin alike are one name (NAMEDATALEN).
    _sure: dict[bytes, Value] = field(default_factory=dict)
    _coming: dict[bytes, _Coming[Value]] = field(default_factory=dict)

    def put(self, name: bytes, value: Value | None, slot: Slot, segment: int) -> None:
        """`slot`'s message will define the name, or (None) undefine it."""
        self._coming[name[:NAME_BYTES]] = _Coming(slot, segment, value)

    def find(self, name: bytes, segment: int) -> Value | None:
        """What the name means to a message sent now. Raises Unsure."""
        name = name[:NAME_BYTES]
        coming = self._coming.get(name)
        if coming is None:
            return self._sure.get(name)
        if coming.segment != segment:
            raise Unsure
        return coming.value

    def is_sure(self, name: bytes) -> bool:
        """Whether nothing in flight defines or undefines it."""
        return name[:NAME_BYTES] not in self._coming

    def keep(self, name: bytes, value: Value) -> None:
        """The server has it."""
        self._sure[name[:NAME_BYTES]] = value

    def drop(self, name: bytes) -> None:
        """The server has it no more."""
        self._sure.pop(name[:NAME_BYTES], None)

    def has_any(self) -> bool:
        """Whether the server confirmed any."""
        return bool(self._sure)

    def guess(self, name: bytes) -> Value | None:
        """The same without certainty, where nothing but a log line depends on it."""
        name = name[:NAME_BYTES]
        coming = self._coming.get(name)
        return self._sure.get(name) if coming is None else coming.value

    def confirm(self, name: bytes, value: Value | None, slot: Slot) -> None:
        """`slot`'s message succeeded."""
        name = name[:NAME_BYTES]
        if value is None:
            self._sure.pop(name, None)
        else:
            self._sure[name] = value
        self.forget(name, slot)

    def forget(self, name: bytes, slot: Slot) -> None:
        """`slot`'s message failed or was ignored (a failed Parse of b'' is `confirm(b'', None, slot)`)."""
        name = name[:NAME_BYTES]
        coming = self._coming.get(name)
        if coming is not None and coming.slot is slot:
            del self._coming[name]

    def has_names(self) -> bool:
        """Whether anything has a name, or will have; the unnamed one does not count."""
        return any(self._sure.keys() - {b""}) or any(self._coming.keys() - {b""})

    def known(self) -> tuple[Value, ...]:
        """What the server confirmed."""
        return tuple(self._sure.values())

    def clear(self, keep: Callable[[Value], bool] | None = None) -> None:
        """The server dropped them all, but what `keep` says; what is in flight stays."""
        if self._sure:
            self._sure = {} if keep is None else {name: value for name, value in self._sure.items() if keep(value)}
