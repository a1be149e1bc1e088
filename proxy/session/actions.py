"""What a session asks of its shell: an ordered list of these words, performed in that order.

`Statement` is "recorded before sent": its event must be in the query log before its bytes leave. The shell appends the
events of all actions it holds in one write; when that fails it hands the list to `Session.refuse_unlogged` and performs
what comes back. Answers (a verifier, a connection, a planner …) come back through the methods of `Session`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from proxy.session.slots import Slot

Event = Mapping[str, object]

# Those that every statement makes are not frozen, only because making them is twice as fast: nobody changes one.


@dataclass(slots=True)
class ToClient:
    """Write these bytes to the client."""

    data: bytes = field(repr=False)


@dataclass(slots=True)
class ToServer:
    """Write these bytes to the server."""

    data: bytes = field(repr=False)


@dataclass(slots=True)
class Record:
    """Append an event that no statement waits for (an end, a refusal)."""

    event: Event = field(repr=False)


@dataclass(slots=True)
class Statement:
    """Append the event, then write the bytes to the server. `slot` is the reply that will come."""

    event: Event = field(repr=False)
    data: bytes = field(repr=False)
    slot: Slot


@dataclass(frozen=True, slots=True)
class StartTls:
    """Write the answer to SSLRequest, then speak TLS with the client; answered by `tls_started`."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Who may this be, and how is it proven? `names`: of the client's certificate. Answered by `identified`."""

    login: str
    database: str
    is_tls: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The proof was right, or wrong: for those who count."""

    login: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class MakePlanner:
    """A planner for this caller; answered by `new_planner` or `planner_failed`. `parameters` are the client's own."""

    login: str
    role: str
    database: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectServer:
    """Connect to PostgreSQL; answered by `server_connected` or `server_unreachable`."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Load the catalog again and answer with `new_planner` or `planner_failed`. `names` are what was missed, or ()."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PlanApart:
    """Call `make` where nobody else waits for it; answered by `planned` with what it gave or raised.

    `characters`: of the text. In another thread, or, of a `VERY_LONG_TEXT`, in another process.
    """

    make: Callable[[], object] = field(repr=False)
    characters: int


@dataclass(frozen=True, slots=True)
class CancelServer:
    """Cancel what the server process does, over a connection of its own; answered by `cancel_done` when that closed."""

    process_id: int
    secret_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ForwardCancel:
    """A client's CancelRequest, to be handed to the server as it is."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Administer:
    """A command of the proxy's own database: `show clients` …, `reload`, `drain`, `kill`; answered by `administered`."""

    word: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """The session is over: flush what was written, close both connections."""


Action = (
    ToClient
    | ToServer
    | Record
    | Statement
    | StartTls
    | Identify
    | Authenticated
    | MakePlanner
    | ConnectServer
    | Reload
    | PlanApart
    | CancelServer
    | ForwardCancel
    | Administer
    | Close
)
