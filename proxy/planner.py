"""statement x caller x snapshot x ruleset -> Plan, or Miss, or it raises a ProxyError.

Three kinds of caller: *glass* (byte for byte, read only for the log), *keyed* (sees everything, encrypted columns are opened
and sealed), *restricted* (sees masks: unproven is refused). Pure: no clock, no socket; randomness for ciphertexts comes in
with `seal_text`. The passes stand in `proxy.sql`; this file runs them in order and freezes the outcome.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Column, Oid, Relation, Snapshot
from proxy.errors import ProxyError, Refusal, StatementError, TooComplex, Unproven
from proxy.plan import Miss, Part, Plan, SealedParam, SealedResult, Use
from proxy.policy.verdict import Closed, Masked, Open, Seal, Verdict
from proxy.sql import parse as sql_parse
from proxy.sql.firewall import Firewall
from proxy.sql.parse import Statement
from proxy.sql.reading import Reading
from proxy.sql.reading import Use as RelationUse
from proxy.sql.rewrite import mentioned_names, qualify, refusal, rewrite
from proxy.sql.scopes import find_relation, read, relations_named
from proxy.sql.sealed import SealedWork, Shown, work_out
from proxy.sql.settings import check_set, check_startup
from proxy.sql.splice import Edit, Spliced, splice
from proxy.sql.verify import verify


class Judge(Protocol):
    """What the planner asks of the policy: `proxy.policy.decide.Judge`."""

    @property
    def restricted(self) -> bool: ...
    @property
    def is_glass(self) -> bool: ...
    @property
    def row_limit(self) -> int | None: ...
    @property
    def purpose(self) -> str: ...
    @property
    def copy_refused(self) -> bool: ...
    @property
    def functions(self) -> frozenset[str]: ...
    @property
    def refused_functions(self) -> frozenset[str]: ...
    def read(self, oid: Oid) -> Verdict:
        """The verdict for one relation of the snapshot."""

    def is_protected(self, oid: Oid) -> bool:
        """Whether any rule of any role protects it: its literals are hidden in the log."""


SealText = Callable[[Seal, bytes], bytes]

# Plans kept per planner. A plan holds its text twice and some tuples: about 10 KB for a long report.
CACHED_PLANS = 1_000
CACHED_BYTES = 16 * 1024
# Statement text in the log: more than people write, less than a bulk INSERT.
LOGGED_CHARACTERS = 64 * 1024

# Statements that read and write rows by name; everything else is a utility statement.
_ROWS = {"Select", "Insert", "Update", "Delete"}
# A restricted caller's harmless utility statements: own cursors, own prepared statements, own channels, own settings.
_HARMLESS = {"VariableShow", "ClosePortal", "Deallocate", "Discard", "Unlisten"}
# Utility statements that carry values of rows, and so can put plaintext in or ciphertext out of an encrypted relation.
_CARRIES_ROWS = {"Copy", "Prepare", "DeclareCursor", "Explain", "CreateTableAs", "Merge", "RefreshMatView"}
_CHANGES_PATH = {"VariableSet", "Discard", "Execute", "Do", "Call", "CreateSchema", "Drop", "Rename", "AlterObjectSchema"}
_NO_CATALOG_CHANGE = {
    *_ROWS, *_HARMLESS, "Merge", "Copy", "Prepare", "Execute", "DeclareCursor", "Fetch", "Explain", "Transaction", "Listen",
    "Notify", "Lock", "VariableSet", "CheckPoint", "Vacuum", "ConstraintsSet", "Truncate", "Cluster", "Reindex",
}  # fmt: skip
_SPOKEN = {"VariableSet": "SET", "DeclareCursor": "DECLARE CURSOR", "CreateTableAs": "CREATE TABLE AS", "Copy": "COPY"}


class Planner:
    """Plans for one role over one snapshot; shared by every session of that role. `seal_text` seals constants."""

    def __init__(self, judge: Judge, snapshot: Snapshot, login: str, seal_text: SealText) -> None:
        self.judge = judge
        self.snapshot = snapshot
        self.login = login
        self.seal_text = seal_text
        self.restricted = judge.restricted
        self.is_glass = judge.is_glass
        self.purpose = judge.purpose
        self._plans: OrderedDict[tuple[object, ...], Plan] = OrderedDict()

    def check_startup(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The startup parameters as they go to the server. Raises Refusal for what a restricted caller may not set."""
        if self.restricted:
            check_startup(parameters, self._firewall(()), self.login)
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
    ) -> Plan | Miss:
        """The plan of one text. Raises ProxyError; returns Miss (never after a miss) for names the snapshot lacks."""
        key = (text, path, in_prepare, param_oids if self.restricted else ())
        known = self._plans.get(key)
        if known is not None:
            self._plans.move_to_end(key)
            return known
        try:
            if self.restricted:
                self._check_types(param_oids)
            made = _One(self, text, path, in_prepare, after_miss).plan()
        except RecursionError:  # walks are iterative; this is the belt to those braces
            raise TooComplex("the statement is nested too deeply") from None
        if isinstance(made, Miss):
            return made
        plan, keep = made
        if keep and len(text) <= CACHED_BYTES:
            self._plans[key] = plan
            if len(self._plans) > CACHED_PLANS:
                self._plans.popitem(last=False)
        return plan

    def check_path(self, path: tuple[str, ...]) -> None:
        """What is prepared resolves operators and functions anew at each execution. Raises Refusal for an unsafe path."""
        if self.restricted:
            self._firewall(path).check_path()

    def _check_types(self, param_oids: tuple[int, ...]) -> None:
        """A parameter's type is named by its OID: reading a value of it may run code like naming it would."""
        for oid in param_oids:
            found = self.snapshot.types.get(Oid(oid))
            if oid and (found is None or found.untrusted_code is not None):
                reason = found.untrusted_code if found is not None else "it is not in the catalog"
                raise Refusal(f"a parameter of type {oid} is closed: {reason}")

    def _firewall(self, path: tuple[str, ...]) -> Firewall:
        return Firewall(self.snapshot, path, self.judge.functions, self.judge.refused_functions, self.login)


@dataclass(slots=True)
class _Judged:
    """One statement of the text, judged."""

    part: Part
    edits: tuple[Edit, ...] = ()
    subqueries: Mapping[int, frozenset[str]] | None = None
    sealed: SealedWork | None = None
    masked: bool = False
    plain_params: frozenset[int] = frozenset()
    notices: tuple[str, ...] = ()
    masked_origins: frozenset[tuple[int, int]] = frozenset()
    sealed_origins: frozenset[tuple[int, int]] = frozenset()


class _One:
    """The planning of one text. Each method judges one kind of statement or caller."""

    def __init__(self, planner: Planner, text: str, path: tuple[str, ...], in_prepare: bool, after_miss: bool) -> None:
        self.planner = planner
        self.judge = planner.judge
        self.snapshot = planner.snapshot
        self.path = path
        self.source = text.encode()
        self.in_prepare = in_prepare
        self.after_miss = after_miss

    def plan(self) -> tuple[Plan, bool] | Miss:
        if self.judge.is_glass:
            return self.glass(), True
        try:
            statement = sql_parse.parse(self.source)
        except StatementError:
            if not self.judge.restricted and not self.names_something_sealed():
                return self.unread(), False  # the server says what is wrong, in its own words
            raise
        if self.in_prepare and len(statement.stmts) > 1:
            raise StatementError("cannot insert multiple commands into a prepared statement")
        judged: list[_Judged] = []
        for index, (kind, stmt) in enumerate(statement.stmts):
            one = self.restricted(statement, kind, stmt) if self.judge.restricted else self.keyed(statement, kind, stmt)
            if isinstance(one, Miss):
                return one
            judged.append(one)
            if kind in _CHANGES_PATH and index + 1 < len(statement.stmts) and self.moves_path(kind, stmt):
                self.only_harmless(statement, index + 1)
        return self.finish(statement, judged)

    def moves_path(self, kind: str, stmt: Any) -> bool:
        """Whether what follows in the same text could mean other names than we resolved."""
        if kind == "VariableSet":
            return stmt.kind == pb.VAR_RESET_ALL or stmt.name.lower() in ("search_path", "role", "session_authorization")
        return True

    def only_harmless(self, statement: Statement, start: int) -> None:
        for kind, stmt in statement.stmts[start:]:
            if kind in _ROWS and (self.judge.restricted or self.touches_sealed(stmt)):
                raise Unproven("a change of search_path and a statement that depends on it must not share one text")

    # -- callers who get PostgreSQL as it is ----------------------------------------------------------------------------

    def glass(self) -> Plan:
        """Byte for byte; read only for the log."""
        try:
            statement = sql_parse.parse(self.source)
        except ProxyError:
            return self.unread()
        parts, moves, changes, ends = [], False, False, False
        for kind, stmt in statement.stmts:
            uses = tuple(self.spoken(r) for r in dict.fromkeys(relations_named(stmt, self.snapshot, self.path)))
            parts.append(Part(kind, uses=uses, is_copy_out=_is_copy_out(kind, stmt), row_limit=self.judge.row_limit))
            moves = moves or kind in _CHANGES_PATH
            changes = changes or kind not in _NO_CATALOG_CHANGE
            ends = ends or kind == "Transaction"
        return Plan(
            text=self.source,
            parts=tuple(parts),
            log_text=self.log_text(statement, parts),
            fingerprint=sql_parse.fingerprint(self.source, statement.tokens),
            may_change_path=moves,
            may_change_catalog=changes,
            ends_transaction=ends,
        )

    def unread(self) -> Plan:
        """A text our grammar does not read, for a caller with nothing to protect: as it is, literals hidden in the log."""
        return Plan(
            text=self.source,
            parts=(Part("Unread"),),
            log_text=sql_parse.literals_hidden(self.source)[:LOGGED_CHARACTERS],
            may_change_path=True,
        )

    def spoken(self, relation: Relation) -> Use:
        verdict = self.judge.read(relation.oid)
        return Use(f"{relation.schema}.{relation.name}", relation.oid, "open", verdict.rule, verdict.reason)

    # -- unrestricted callers with keys -----------------------------------------------------------------------------------

    def names_something_sealed(self) -> bool:
        """Whether an unreadable text names an encrypted relation or column at all."""
        try:
            tokens, _ = sql_parse.scan(self.source)
        except TooComplex:
            raise
        except ProxyError:
            return False  # the server's scanner is the same: it will not take it either
        said = {self.source[t.start : t.end].strip(b'"').lower().decode("utf-8", "replace") for t in tokens}
        return any(r.name.lower() in said and bool(self.seals(r)) for r in self.snapshot.relations.values())

    def seals(self, relation: Relation) -> Mapping[int, Seal]:
        verdict = self.judge.read(relation.oid)
        return verdict.seals if isinstance(verdict, Open) else {}

    def touches_sealed(self, stmt: Message) -> bool:
        return any(
            self.seals(r) or isinstance(self.judge.read(r.oid), Closed) for r in relations_named(stmt, self.snapshot, self.path)
        )

    def keyed(self, statement: Statement, kind: str, stmt: Message) -> _Judged | Miss:
        """A caller who sees everything in clear: only encrypted relations need work; the rest passes as it is."""
        named = list(dict.fromkeys(relations_named(stmt, self.snapshot, self.path)))
        uses = tuple(self.spoken(r) for r in named)
        plain = _Judged(Part(kind, uses=uses, row_limit=self.judge.row_limit, is_copy_out=_is_copy_out(kind, stmt)))
        if kind in _ROWS and not self.after_miss:
            unknown = self.unknown(stmt)
            if unknown:
                return Miss(unknown)
        if not self.touches_sealed(stmt):
            return plain
        for relation in named:
            verdict = self.judge.read(relation.oid)
            if isinstance(verdict, Closed) and (kind in _ROWS or kind in _CARRIES_ROWS):
                raise Refusal(
                    f"{relation.schema}.{relation.name} is closed to you: {verdict.reason}", hint=f"Rule: {verdict.rule}"
                )
        if kind not in _ROWS:
            if kind in _CARRIES_ROWS:
                raise Unproven(
                    f"{_SPOKEN.get(kind, kind.upper())} on a relation with encrypted columns is not supported yet",
                    hint="SELECT, INSERT, UPDATE and DELETE are.",
                )
            return plain
        return self.keyed_rows(statement, kind, stmt)

    def unknown(self, stmt: Message) -> tuple[str, ...]:
        """Names in FROM that neither the catalog nor any WITH has."""
        members = {n.ctename for n in sql_parse.walk(stmt) if isinstance(n, pb.CommonTableExpr)}
        return tuple(
            n.relname
            for n in sql_parse.walk(stmt)
            if isinstance(n, pb.RangeVar)
            and find_relation(n, self.snapshot, self.path) is None
            and (n.schemaname or n.relname not in members)
        )

    def keyed_rows(self, statement: Statement, kind: str, stmt: Any) -> _Judged | Miss:
        if kind == "Select" and stmt.HasField("into_clause"):
            raise Unproven("SELECT INTO from a relation with encrypted columns is not supported yet")
        reading = read(stmt, self.snapshot, self.path)
        if reading.misses and not self.after_miss:
            return Miss(tuple(reading.misses))
        work = work_out(statement, stmt, reading, self.shown, self.planner.seal_text)
        edits = list(work.edits)
        for use in reading.uses:
            if self.seals(use.relation) and not use.range_var.schemaname:
                edits += qualify(statement, use)
        if work.edits or work.params:
            self.no_foreign_equals()
        return _Judged(
            Part(
                kind,
                results=_results(work),
                uses=self.uses_of(reading, mentioned_names(stmt)),
                row_limit=self.judge.row_limit,
            ),
            tuple(edits),
            sealed=work,
            plain_params=frozenset(
                a.value.node.number
                for a in reading.assignments
                if isinstance(a.value.node, pb.ParamRef) and self.shown(a.use, a.column) is None
            ),
            sealed_origins=self.sealed_origins(reading),
        )

    def no_foreign_equals(self) -> None:
        """Sealed values meet `=` on bytea: with anything before pg_catalog on the path that could be another operator."""
        if self.path and "pg_catalog" in self.path and self.path.index("pg_catalog") > 0:
            before = self.path[: self.path.index("pg_catalog")]
            if any(not s.startswith("pg_temp") for s in before):
                raise Unproven("search_path must not name a schema before pg_catalog when encrypted columns are used")

    def shown(self, use: RelationUse, column: Column) -> Shown | None:
        verdict = self.judge.read(use.relation.oid)
        if isinstance(verdict, Open):
            seal = verdict.seals.get(column.attnum)
            return Shown(seal) if seal is not None else None
        if isinstance(verdict, Masked):
            show = verdict.columns[column.attnum]
            if show.seal is None or show.how == "closed":
                return None
            return Shown(show.seal, show.mask if show.how == "masked" else None)
        return None

    def sealed_origins(self, reading: Reading) -> frozenset[tuple[int, int]]:
        return frozenset(
            (int(use.relation.oid), column.attnum)
            for use in reading.uses
            for column in use.relation.columns
            if self.shown(use, column) is not None
        )

    # -- restricted callers -----------------------------------------------------------------------------------------------

    def restricted(self, statement: Statement, kind: str, stmt: Any) -> _Judged | Miss:
        firewall = self.planner._firewall(self.path)
        if kind == "Select":
            return self.restricted_select(statement, stmt, firewall)
        if kind == "VariableSet":
            check_set(stmt, firewall, self.planner.login)
            return _Judged(Part(kind))
        if kind == "Transaction":
            if stmt.kind in (pb.TRANS_STMT_PREPARE, pb.TRANS_STMT_COMMIT_PREPARED, pb.TRANS_STMT_ROLLBACK_PREPARED):
                raise Unproven("two-phase transactions are not open to restricted callers")
            return _Judged(Part(kind))
        if kind in _HARMLESS:
            return _Judged(Part(kind))
        if kind == "Copy" and self.judge.copy_refused:
            raise Refusal("COPY is refused for your role", hint="Use SELECT; large exports need a grant.")
        raise Unproven(
            f"{_SPOKEN.get(kind, kind.upper())} is not open to restricted callers yet",
            hint="SELECT, transaction control, SHOW and harmless SET are.",
        )

    def restricted_select(self, statement: Statement, stmt: Any, firewall: Firewall) -> _Judged | Miss:
        firewall.check(statement, stmt)
        reading = read(stmt, self.snapshot, self.path)
        if reading.misses:
            if not self.after_miss:
                return Miss(tuple(reading.misses))
            raise StatementError(f'relation "{reading.misses[0]}" does not exist', sqlstate="42P01")
        for use in reading.uses:  # a closed relation is the first thing to say
            verdict = self.judge.read(use.relation.oid)
            if isinstance(verdict, Closed):
                raise refusal(use, verdict, statement.character(use.range_var.location))
        firewall.unsettled(statement, reading.unsettled)
        work = work_out(statement, stmt, reading, self.shown, self.planner.seal_text)
        done = rewrite(statement, stmt, reading, self.verdict_of, work.handed_out)
        uses = self.uses_of(reading, mentioned_names(stmt))
        masked = any(isinstance(self.verdict_of(u.relation), Masked) for u in reading.uses)
        return _Judged(
            Part("Select", results=_results(work), uses=uses, row_limit=self.judge.row_limit),
            (*work.edits, *done.edits),
            subqueries=done.subqueries,
            sealed=work,
            masked=masked,
            notices=self.notices_of(reading, mentioned_names(stmt)),
            masked_origins=self.masked_origins(reading),
            sealed_origins=self.sealed_origins(reading),
        )

    def notices_of(self, reading: Reading, mentioned: frozenset[str]) -> tuple[str, ...]:
        """A closed column reads as NULL; its name is said, so that nobody takes NULL for the data."""
        found = []
        for use in reading.uses:
            verdict = self.verdict_of(use.relation)
            if isinstance(verdict, Masked) and use.relation.schema != "pg_catalog":
                closed = [c.name for c in use.relation.columns if verdict.columns[c.attnum].how == "closed"]
                named = [name for name in closed if use.all_columns or use.whole_row or name in mentioned]
                if named:
                    found.append(f"{use.relation.schema}.{use.relation.name}: {', '.join(named)} closed to you: NULL")
        return tuple(dict.fromkeys(found))

    def verdict_of(self, relation: Relation) -> Verdict:
        return self.judge.read(relation.oid)

    def masked_origins(self, reading: Reading) -> frozenset[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for use in reading.uses:
            verdict = self.verdict_of(use.relation)
            if isinstance(verdict, Masked):
                found.update((int(use.relation.oid), a) for a, show in verdict.columns.items() if show.how != "open")
        return frozenset(found) - self.sealed_origins(reading)

    # -- the frozen outcome -----------------------------------------------------------------------------------------------

    def uses_of(self, reading: Reading, mentioned: frozenset[str]) -> tuple[Use, ...]:
        """What the log says of each relation: the columns the statement can reach and how each was shown."""
        merged: dict[int, Use] = {}
        for use in reading.uses:
            relation, verdict = use.relation, self.verdict_of(use.relation)
            reached = [c for c in relation.columns if use.all_columns or use.whole_row or c.name in mentioned]
            columns = tuple(_column_said(c, verdict) for c in reached)
            before = merged.get(relation.oid)
            if before is not None:
                columns = tuple(dict.fromkeys(before.columns + columns))
            merged[relation.oid] = Use(
                f"{relation.schema}.{relation.name}",
                relation.oid,
                "masked" if isinstance(verdict, Masked) else "open",
                verdict.rule,
                verdict.reason,
                columns,
            )
        return tuple(merged.values())

    def finish(self, statement: Statement, judged: list[_Judged]) -> tuple[Plan, bool]:
        edits = [edit for one in judged for edit in one.edits]
        spliced = splice(self.source, edits) if edits else Spliced(self.source, ())
        if self.judge.restricted:
            self.prove(statement, judged, spliced.text)
        params: dict[int, Seal] = {}
        plain = frozenset().union(*(one.plain_params for one in judged))
        for one in judged:
            params |= one.sealed.params if one.sealed is not None else {}
        sealed = any(one.sealed_origins for one in judged)
        has_params = any(isinstance(n, pb.ParamRef) for _, s in statement.stmts for n in sql_parse.walk(s)) if sealed else False
        kinds = [kind for kind, _ in statement.stmts]
        parts = [one.part for one in judged]
        plan = Plan(
            text=spliced.text,
            parts=tuple(parts),
            offsets=_characters(self.source, spliced) if edits else (),
            params=tuple(SealedParam(number, seal) for number, seal in sorted(params.items())),
            plain_params=plain - params.keys(),
            check_types=sealed and has_params and not self.judge.restricted,
            masked_origins=frozenset().union(*(one.masked_origins for one in judged)),
            sealed_origins=frozenset().union(*(one.sealed_origins for one in judged)),
            restricted=self.judge.restricted,
            notices=tuple(notice for one in judged for notice in one.notices),
            verdict="masked" if any(one.masked for one in judged) else "open",
            log_text=self.log_text(statement, parts),
            fingerprint=sql_parse.fingerprint(self.source, statement.tokens),
            may_change_path=any(self.moves_path(kind, stmt) for kind, stmt in statement.stmts if kind in _CHANGES_PATH),
            may_change_catalog=any(k not in _NO_CATALOG_CHANGE for k in kinds),
            ends_transaction="Transaction" in kinds,
            executes=tuple(
                node.name
                for kind, stmt in statement.stmts
                if kind not in _ROWS
                for node in sql_parse.walk(stmt)
                if isinstance(node, pb.ExecuteStmt)
            ),
        )
        return plan, not any(one.sealed is not None and one.sealed.has_constants for one in judged)

    def prove(self, statement: Statement, judged: list[_Judged], text: bytes) -> None:
        if not any(one.part.command == "Select" for one in judged):
            return
        subqueries: dict[int, frozenset[str]] = {}
        for one in judged:
            for oid, texts in (one.subqueries or {}).items():
                subqueries[oid] = subqueries.get(oid, frozenset()) | texts
        verify(statement, text, self.planner._firewall(self.path), self.verdict_of, subqueries)

    def log_text(self, statement: Statement, parts: list[Part]) -> str:
        """Verbatim only for rows of relations no rule protects; utility statements may hold passwords."""
        plain = {"VariableShow", "Transaction"}
        said = all(
            p.command in plain or (p.command in _ROWS and not any(self.is_protected(u.oid) for u in p.uses)) for p in parts
        )
        text = self.source.decode("utf-8", "replace") if said else sql_parse.literals_hidden(self.source)
        return text[:LOGGED_CHARACTERS]

    def is_protected(self, oid: int) -> bool:
        return self.judge.is_protected(Oid(oid))


def _results(work: SealedWork) -> tuple[SealedResult, ...]:
    return tuple(SealedResult(position, s.seal, s.mask) for position, s in sorted(work.results.items()))


def _column_said(column: Column, verdict: Verdict) -> tuple[str, str, str, str]:
    if isinstance(verdict, Masked):
        show = verdict.columns[column.attnum]
        return column.name, show.how, show.mask.name if show.mask is not None else "", show.class_name or ""
    how = "decrypted" if isinstance(verdict, Open) and column.attnum in verdict.seals else "open"
    return column.name, how, "", verdict.classes.get(column.attnum, "") if isinstance(verdict, Open) else ""


def _is_copy_out(kind: str, stmt: Any) -> bool:
    return kind == "Copy" and not stmt.is_from


def _characters(source: bytes, spliced: Spliced) -> tuple[tuple[int, int, int], ...]:
    """Kept stretches, in characters instead of bytes."""

    def count(text: bytes) -> int:
        return len(text.decode("utf-8", "replace"))

    found = []
    for start, end, origin in spliced.kept:
        first = count(spliced.text[:start])
        found.append((first, first + count(spliced.text[start:end]), count(source[:origin])))
    return tuple(found)
