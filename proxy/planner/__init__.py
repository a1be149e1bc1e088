"""statement x caller x snapshot x ruleset -> Plan, or Miss, or it raises a ProxyError.

Three kinds of caller, one file each: *glass* (byte for byte, read only for the log), *keyed* (sees everything, encrypted
columns are opened and sealed), *restricted* (sees masks: unproven is refused). Pure: no clock, no socket; randomness for
ciphertexts comes in with `seal_text`. The passes stand in `proxy.sql`; these files run them in order and freeze the outcome.
A plan made once is had again for the same text, and by `templates` for a text that differs in free literals only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Protocol

from proxy.catalog.snapshot import Oid, Snapshot
from proxy.errors import Refusal, TooComplex
from proxy.plan import LONG_TEXT, Miss, Plan, Wanted
from proxy.planner.glass import Glass
from proxy.planner.keyed import Keyed
from proxy.planner.planning import LOGGED_CHARACTERS, Judge, Made
from proxy.planner.restricted import Restricted
from proxy.planner.templates import Place, Templates
from proxy.policy.verdict import Seal
from proxy.sql import literals as sql_literals
from proxy.sql import parse as sql_parse
from proxy.sql.firewall import Firewall
from proxy.sql.settings import check_startup

__all__ = ["Judge", "Planner", "SealText", "Watch"]

SealText = Callable[[Seal, bytes], bytes]

# Plans kept per planner. A plan holds its text twice and some tuples: about 10 KB for a long report.
CACHED_PLANS = 1_000
CACHED_BYTES = 16 * 1024


class Watch(Protocol):
    """Who counts plans, and has the clock for it."""

    def now(self) -> float:
        """Seconds."""

    def planned(self, seconds: float | None) -> None:
        """A plan was made, which took so long, or (None) was at hand."""


class Planner:
    """Plans for one role over one snapshot; shared by every session of that role. `login`: who that is at the server, as
    current_user has it. `seal_text` seals constants."""

    def __init__(
        self, judge: Judge, snapshot: Snapshot, login: str, seal_text: SealText, watch: Watch | None = None
    ) -> None:
        self.judge = judge
        self.snapshot = snapshot
        self.login = login
        self.seal_text = seal_text
        self.restricted = judge.restricted
        self.is_glass = judge.is_glass
        self.purpose = judge.purpose
        self.channels = judge.channels
        self._watch = watch
        self._plans: OrderedDict[tuple[object, ...], Plan] = OrderedDict()
        self.templates = Templates(anywhere=judge.is_glass)
        self._latest: tuple[str, tuple[str, list[str]] | None] = ("", None)  # the text that was cut last

    @property
    def cached(self) -> int:
        """How many plans and templates are kept."""
        return len(self._plans) + len(self.templates)

    def check_startup(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The startup parameters as they go to the server. Raises Refusal for what a restricted caller may not set."""
        if self.restricted:
            check_startup(parameters, self.firewall(()))
        return parameters

    def log_text(self, sql: bytes) -> str:
        """A text no plan was made for, as the log may show it: every literal hidden."""
        return sql_parse.literals_hidden(sql)[:LOGGED_CHARACTERS]

    def plan(
        self,
        text: str,
        *,
        path: tuple[str, ...],
        param_oids: tuple[int, ...] = (),
        in_prepare: bool = False,
        after_miss: bool = False,
        temporary: frozenset[str] = frozenset(),
    ) -> Plan | Miss:
        """The plan of one text. Raises ProxyError; returns Miss (never after a miss) for names the snapshot lacks."""
        wanted = Wanted(text, path, param_oids, in_prepare, after_miss, temporary)
        known = self.at_hand(wanted)
        return self.keep(wanted, self.make(wanted)) if known is None else known

    def at_hand(self, wanted: Wanted) -> Plan | None:
        """The plan of a text that was planned before, or that differs from such a one in free literals only.

        Also where unknown names had to be looked up then: a catalog that changes brings another planner.
        """
        if len(wanted.text) > CACHED_BYTES:
            return None
        known = self._plans.get(self._key(wanted))
        if known is not None:
            self._plans.move_to_end(self._key(wanted))
        elif (cut := self._cut(wanted.text)) is not None:
            known = self.templates.find(self._place(wanted, cut[0]), wanted.text, cut[1])
        if known is not None and self._watch is not None:
            self._watch.planned(None)
        return known

    def make(self, wanted: Wanted) -> tuple[Made | Miss, float]:
        """What `keep` takes: worked out from scratch, and the seconds that took. Changes nothing here: it may be called in
        another thread. Raises ProxyError."""
        kind = Glass if self.is_glass else Restricted if self.restricted else Keyed
        begun = self._watch.now() if self._watch is not None else 0.0
        try:
            if self.restricted:
                self._check_types(wanted.param_oids)
            planning = kind(self.judge, self.snapshot, self.firewall(wanted.path), self.seal_text, wanted)
            made = planning.plan()
        except RecursionError:  # walks are iterative; this is the belt to those braces
            raise TooComplex("the statement is nested too deeply") from None
        return made, self._watch.now() - begun if self._watch is not None else 0.0

    def keep(self, wanted: Wanted, outcome: tuple[Made | Miss, float]) -> Plan | Miss:
        """The plan that was made; the next one who wants it finds it at hand."""
        made, seconds = outcome
        if isinstance(made, Miss):
            return made
        if made.keep and len(wanted.text) <= CACHED_BYTES:
            self._plans[self._key(wanted)] = made.plan
            if len(self._plans) > CACHED_PLANS:
                self._plans.popitem(last=False)
        if (cut := self._cut(wanted.text)) is not None:
            place = self._place(wanted, cut[0])
            self.templates.learn(place, wanted.text, cut[1], made, lambda other: self.make(wanted._replace(text=other))[0])
        if self._watch is not None:
            self._watch.planned(seconds)
        return made.plan

    def _cut(self, text: str) -> tuple[str, list[str]] | None:
        """The skeleton and the literals of a text; None where no template is to be looked for. Asked twice of a new text."""
        if self._latest[0] is not text:
            cut = sql_literals.cut(text) if len(text) <= LONG_TEXT else None
            self._latest = (text, cut if cut is not None and cut[1] else None)
        return self._latest[1]

    def _key(self, wanted: Wanted) -> tuple[object, ...]:
        oids = wanted.param_oids if self.restricted else ()
        return (wanted.text, wanted.path, wanted.in_prepare, wanted.temporary, oids)

    def _place(self, wanted: Wanted, skeleton: str) -> Place:
        oids = wanted.param_oids if self.restricted else ()
        return (skeleton, wanted.path, wanted.in_prepare, wanted.after_miss, wanted.temporary, oids)

    def knows(self, oid: int) -> bool:
        """Whether the snapshot has a relation of this OID."""
        return Oid(oid) in self.snapshot.relations

    def check_path(self, path: tuple[str, ...]) -> None:
        """What is prepared resolves operators and functions anew at each execution. Raises Refusal for an unsafe path."""
        if self.restricted:
            self.firewall(path).check_path()

    def _check_types(self, param_oids: tuple[int, ...]) -> None:
        """A parameter's type is named by its OID: reading a value of it may run code like naming it would."""
        for oid in param_oids:
            found = self.snapshot.types.get(Oid(oid))
            if oid and (found is None or found.untrusted_code is not None):
                reason = found.untrusted_code if found is not None else "it is not in the catalog"
                raise Refusal(f"a parameter of type {oid} is closed: {reason}")

    def firewall(self, path: tuple[str, ...]) -> Firewall:
        """The checks of names for this role along a path."""
        return Firewall(self.snapshot, path, self.judge.functions, self.judge.refused_functions, self.login)
