"""The frozen decision for one statement text: what is sent, and what is done to the replies.

`proxy.planner` makes it; the session carries it out and never reads SQL again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from proxy.errors import Unproven
from proxy.masking.mask import Mask
from proxy.policy.verdict import Seal


@dataclass(frozen=True, slots=True)
class SealedResult:
    """Result column `position` (0-based) carries ciphertext of `seal`; after opening, `mask` (if any) is applied."""

    position: int
    seal: Seal
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class SealedParam:
    """Parameter `number` (1-based) is encrypted under `seal` before it leaves."""

    number: int
    seal: Seal


@dataclass(frozen=True, slots=True)
class Use:
    """For the log: one relation and how each column named was shown. `columns`: name -> (how, mask name or '', rule)."""

    relation: str
    oid: int
    verdict: str  # 'open' | 'masked'
    rule: str
    reason: str
    columns: tuple[tuple[str, str, str, str], ...] = ()  # (column, how, mask, class)


Shape = tuple[bytes, tuple[int, ...]]  # a RowDescription as the client gets it, and the format codes in it
CopyForm = Literal["rows", "header", "binary"]  # what CopyData carries besides rows: a first line; a header and a trailer


_USUAL = frozenset(("Select", "Insert", "Update", "Delete", "Merge", "Transaction"))


NameAction = Literal["prepare", "execute", "deallocate", "declare", "fetch", "close", "discard"]


SavepointAction = Literal["save", "release", "back"]


@dataclass(frozen=True, slots=True)
class Naming:
    """What SQL says of prepared statements and cursors, whose names the protocol shares. `name` None: all of them.

    `part`: what comes when it is executed or fetched from; known to PREPARE and DECLARE only, the others look it up.
    """

    action: NameAction
    name: str | None
    part: Part | None = None
    is_held: bool = False  # a cursor WITH HOLD outlives its transaction


@dataclass(frozen=True, slots=True)
class Part:
    """One statement of the text. `command` is its node's name without Stmt ('Select', 'Insert', 'Transaction', …)."""

    command: str
    results: tuple[SealedResult, ...] = ()
    uses: tuple[Use, ...] = ()
    row_limit: int | None = None  # the export guard's rows_per_statement, None = no limit
    copy: CopyForm | None = None  # of a COPY TO
    naming: Naming | None = None
    makes_temporary: tuple[str, ...] = ()  # temporary tables that exist afterwards
    drops_temporary: frozenset[str] | None = frozenset()  # temporary tables that are gone afterwards; None: all
    is_dropped_on_commit: bool = False  # what it makes
    uses_temporary: frozenset[str] = frozenset()
    savepoint: tuple[SavepointAction, str] | None = None
    gives_rows: bool = True  # False: a write without RETURNING; rows would come from a rule
    folds: bool = False  # code of the database may be computed while it is planned, and EXPLAIN would show what it gives
    tells: str = ""  # what the counters of EXPLAIN ANALYZE would tell of what is hidden
    measures: bool = False  # it is an EXPLAIN ANALYZE
    hides_messages: bool = False  # triggers, constraints, views or policies may speak of rows the caller does not see
    writes: bool = False  # rows, also in its WITH, or what EXECUTE runs
    cells: int = field(init=False, compare=False)  # columns of a row that are sensitive: shown masked, or decrypted
    # RowDescriptions that were judged, by their bodies; None: it passes as it is
    shapes: dict[bytes, Shape | None] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def is_usual(self) -> bool:
        """One query or write that touches no name; or a transaction's begin or end."""
        does_more = self.naming or self.copy or self.makes_temporary or self.uses_temporary or self.savepoint
        return self.command in _USUAL and not does_more and self.drops_temporary == frozenset()

    def check_explained(self, *, measures: bool) -> None:
        """Whether EXPLAIN of it (`measures`: with ANALYZE) shows no more than it does itself. Raises Unproven."""
        if self.folds:
            why = "EXPLAIN could show what the planner has computed"
            raise Unproven(f"a view or row policy here calls a function of the database's own: {why}")
        if measures and self.tells:
            raise Unproven(f"EXPLAIN ANALYZE would tell {self.tells}", hint="Use EXPLAIN without ANALYZE.")

    def __post_init__(self) -> None:
        masked = {(use.oid, column[0]) for use in self.uses for column in use.columns if column[1] == "masked"}
        object.__setattr__(self, "cells", max(len(masked), len(self.results)))


@dataclass(frozen=True, slots=True)
class Plan:
    """See the module. `text` is UTF-8. `offsets` maps positions in `text` back into the client's own text."""

    text: bytes
    parts: tuple[Part, ...]
    offsets: tuple[tuple[int, int, int], ...] = ()  # (start in text, end in text, start in the client's text), characters
    params: tuple[SealedParam, ...] = ()
    plain_params: frozenset[int] = frozenset()  # given whole to columns that are not encrypted: bytea is no surprise there
    check_types: bool = False  # type lock: hold the client until ParameterDescription agrees with `params`
    masked_origins: frozenset[tuple[int, int]] = frozenset()  # (relation OID, attnum): the second lock
    sealed_origins: frozenset[tuple[int, int]] = frozenset()  # ciphertext may come from here, at planned positions only
    restricted: bool = False  # errors and notices lose what could come from a protected row
    verdict: str = "open"  # 'open' | 'masked'
    log_text: str = ""  # literals are `?` when a protected relation is touched
    fingerprint: str = ""
    may_change_path: bool = False  # search_path, role, temporary names or lexing settings may differ afterwards
    may_change_catalog: bool = False  # DDL: the snapshot is loaded again afterwards
    notices: tuple[str, ...] = ()  # sent as NOTICE before the first row: columns that read as NULL
    ends_transaction: bool = False  # COMMIT, ROLLBACK … : a tracked search_path must be asked for again
    hides_messages: bool = False  # errors a restricted caller's writes may cause become fixed texts by SQLSTATE
    says_catalog: bool = False  # we wrote `pg_catalog.` where the client did not: messages must not say it
    names: tuple[str, ...] = ()  # identifiers of the client's text that are not ASCII
    may_change_names: bool = False  # temporary tables, or all prepared statements or cursors at once
    is_usual: bool = field(init=False, compare=False)  # one statement that changes nothing but rows

    def __post_init__(self) -> None:
        changes = self.may_change_path or self.may_change_catalog or self.may_change_names
        object.__setattr__(self, "is_usual", len(self.parts) == 1 and self.parts[0].is_usual and not changes)


LONG_TEXT = 2_000  # characters of a text that is planned while everybody waits for it, in a few milliseconds
VERY_LONG_TEXT = 50_000  # and of one that a thread plans, in less than what a process of its own would cost


class Wanted(NamedTuple):
    """All that a plan depends on besides the caller, the snapshot and the rules.

    `path`: the effective search_path; `after_miss`: unknown names were looked up before; `temporary`: names of the session's
    temporary tables.
    """

    text: str
    path: tuple[str, ...]
    param_oids: tuple[int, ...] = ()
    in_prepare: bool = False
    after_miss: bool = False
    temporary: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Miss:
    """Names the snapshot does not have: look them up (reload), then plan again. Each is 'schema.name' or 'name'."""

    names: tuple[str, ...]
