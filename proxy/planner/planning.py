"""What the planning of one text has in common, whoever asks: the loop over its statements, seals, what the log says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Column, Oid, Relation, Snapshot
from proxy.errors import StatementError, Unproven
from proxy.plan import LONG_TEXT, CopyForm, Miss, Naming, Part, Plan, SavepointAction, SealedParam, SealedResult, Use, Wanted
from proxy.policy.verdict import Masked, Open, Seal, Verdict
from proxy.sql import parse as sql_parse
from proxy.sql.firewall import Firewall
from proxy.sql.parse import Statement, kind_of, node_of
from proxy.sql.reading import Reading
from proxy.sql.reading import Use as RelationUse
from proxy.sql.scopes import find_relation, is_temporary
from proxy.sql.sealed import SealedWork, Shown
from proxy.sql.settings import CHANGES_READING
from proxy.sql.splice import Edit, Spliced, apart, splice
from proxy.sql.verify import Allowed

# Statement text in the log: more than people write, less than a bulk INSERT.
LOGGED_CHARACTERS = 64 * 1024

# Statements that read and write rows by name; everything else is a utility statement.
ROWS = {"Select", "Insert", "Update", "Delete", "Merge"}
# A caller's harmless utility statements: own prepared statements, own cursors, own channels, own settings.
HARMLESS = {"VariableShow", "ClosePortal", "Deallocate", "Discard", "Unlisten"}
CHANGES_PATH = {"VariableSet", "Discard", "Execute", "Do", "Call", "CreateSchema", "Drop", "Rename", "AlterObjectSchema"}
NO_CATALOG_CHANGE = {
    *ROWS, *HARMLESS, "Copy", "Prepare", "Execute", "DeclareCursor", "Fetch", "Explain", "Transaction", "Listen",
    "Notify", "Lock", "VariableSet", "CheckPoint", "Vacuum", "ConstraintsSet", "Truncate", "Cluster", "Reindex",
}  # fmt: skip
# What runs nobody's triggers and checks nothing at its end: its messages can only speak of what the caller sees.
_READS = {
    "Select", "VariableSet", "VariableShow", "Prepare", "DeclareCursor", "Fetch", "Execute", "Explain", "ClosePortal",
    "Deallocate", "Copy", "Listen", "Unlisten", "Notify",
}  # fmt: skip
SPOKEN = {
    "VariableSet": "SET", "DeclareCursor": "DECLARE CURSOR", "CreateTableAs": "CREATE TABLE AS", "Copy": "COPY",
    "Create": "CREATE TABLE", "Index": "CREATE INDEX", "ClosePortal": "CLOSE", "Vacuum": "VACUUM or ANALYZE",
}  # fmt: skip


# What gives rows to the caller; a write does when it has RETURNING.
_GIVES_ROWS = {"Select", "Fetch", "Execute", "Explain", "VariableShow", "Copy", "Call"}


def gives_rows(kind: str, stmt: Any) -> bool:
    """Whether rows may come of it: `kind` is the node's name without Stmt. MOVE is a FETCH that shows none."""
    if kind == "Fetch" and stmt.ismove:
        return False
    return kind in _GIVES_ROWS or (kind in ROWS and stmt.HasField("returning_clause"))


def writes(kind: str, stmt: Any) -> bool:
    """Whether it writes rows, also in its WITH (PostgreSQL 18, 7.8.4: only the outermost may) or inside EXPLAIN, COPY."""
    if kind in ("Explain", "Copy"):
        inner = node_of(stmt.query)
        return inner is not None and writes(kind_of(inner).removesuffix("Stmt"), inner)
    if kind not in ROWS:
        return False
    ctes = (node_of(one.common_table_expr.ctequery) for one in stmt.with_clause.ctes)
    return kind != "Select" or any(kind_of(one) != "SelectStmt" for one in ctes)


_SAVEPOINTS: dict[int, SavepointAction] = {
    int(pb.TRANS_STMT_SAVEPOINT): "save",
    int(pb.TRANS_STMT_RELEASE): "release",
    int(pb.TRANS_STMT_ROLLBACK_TO): "back",
}


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
    @property
    def channels(self) -> frozenset[str]:
        """Channels a restricted caller may listen on and notify."""

    def read(self, oid: Oid) -> Verdict:
        """The verdict for one relation of the snapshot."""

    def is_protected(self, oid: Oid) -> bool:
        """Whether any rule of any role protects it: its literals are hidden in the log."""


@dataclass(slots=True)
class Judged:
    """One statement of the text, judged. `allowed` is None for one that names no relation and is not proven again."""

    part: Part
    edits: tuple[Edit, ...] = ()
    allowed: Allowed | None = None
    sealed: SealedWork | None = None
    masked: bool = False
    plain_params: frozenset[int] = frozenset()
    notices: tuple[str, ...] = ()
    masked_origins: frozenset[tuple[int, int]] = frozenset()
    sealed_origins: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Made:
    """What came of planning one text. `keep`: whether it may be had again by who sends the same text, or one of its shape.

    `statement`: as it was read; None when our grammar does not take it, and of a long text, which makes no template.
    """

    plan: Plan
    keep: bool
    statement: Statement | None


class Planning:
    """The planning of one text. Subclasses say how one statement of their kind of caller is judged."""

    def __init__(
        self,
        judge: Judge,
        snapshot: Snapshot,
        firewall: Firewall,
        seal_text: Callable[[Seal, bytes], bytes],
        wanted: Wanted,
    ) -> None:
        self.judge = judge
        self.snapshot = snapshot
        self.firewall = firewall
        self.seal_text = seal_text
        self.path = wanted.path
        self.source = wanted.text.encode()
        self.is_long = len(wanted.text) > LONG_TEXT
        self.in_prepare = wanted.in_prepare
        self.after_miss = wanted.after_miss
        self.temporary = wanted.temporary

    def judged(self, statement: Statement, kind: str, stmt: Message) -> Judged | Miss:
        """One statement of the text. Raises ProxyError."""
        raise NotImplementedError

    def plan(self) -> Made | Miss:
        """Raises ProxyError."""
        statement = sql_parse.parse(self.source)
        if self.in_prepare and len(statement.stmts) > 1:
            raise StatementError("cannot insert multiple commands into a prepared statement")
        judged: list[Judged] = []
        for index, (kind, stmt) in enumerate(statement.stmts):
            one = self.judged(statement, kind, stmt)
            if isinstance(one, Miss):
                return one
            judged.append(one)
            self.temporary |= frozenset(one.part.makes_temporary)
            if self.moves_path(kind, stmt):
                self.only_harmless(statement.stmts[index + 1 :])
        return self.finish(statement, judged)

    def moves_path(self, kind: str, stmt: Any) -> bool:
        """Whether what follows could mean other names than we resolved."""
        if kind == "VariableSet":
            return stmt.kind == pb.VAR_RESET_ALL or stmt.name.lower() in CHANGES_READING
        return kind in CHANGES_PATH

    def only_harmless(self, stmts: Sequence[tuple[str, Message]]) -> None:
        """What follows a change of search_path in one text must not depend on it."""
        if any(self.depends_on_path(kind, stmt) for kind, stmt in stmts):
            raise Unproven("a change of search_path and a statement that depends on it must not share one text")

    def depends_on_path(self, kind: str, stmt: Message) -> bool:
        """Whether resolving its names under another path could matter."""
        raise NotImplementedError

    def unread(self, *, keep: bool) -> Made:
        """A text our grammar does not read, for a caller with nothing to protect: as it is, literals hidden in the log."""
        plan = Plan(
            text=self.source,
            parts=(Part("Unread"),),
            log_text=sql_parse.literals_hidden(self.source)[:LOGGED_CHARACTERS],
            may_change_path=True,
        )
        return Made(plan, keep, None)

    # -- relations

    def verdict_of(self, relation: Relation) -> Verdict:
        return self.judge.read(relation.oid)

    def spoken(self, relation: Relation) -> Use:
        verdict = self.judge.read(relation.oid)
        return Use(f"{relation.schema}.{relation.name}", relation.oid, "open", verdict.rule, verdict.reason)

    def seals(self, relation: Relation) -> Mapping[int, Seal]:
        verdict = self.judge.read(relation.oid)
        return verdict.seals if isinstance(verdict, Open) else {}

    def unknown(self, stmt: Message) -> tuple[str, ...]:
        """Names in FROM that neither the catalog nor the session nor any WITH has."""
        members = {n.ctename for n in sql_parse.walk(stmt) if isinstance(n, pb.CommonTableExpr)}
        return tuple(
            n.relname
            for n in sql_parse.walk(stmt)
            if isinstance(n, pb.RangeVar)
            and not is_temporary(n, self.temporary)
            and find_relation(n, self.snapshot, self.path) is None
            and (n.schemaname or n.relname not in members)
        )

    def shown(self, use: RelationUse, column: Column) -> Shown | None:
        """How an encrypted column reaches this caller; None when it is not encrypted, or closed."""
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

    # -- the frozen outcome

    def finish(self, statement: Statement, judged: list[Judged]) -> Made:
        edits = [apart(self.source, edit) for one in judged for edit in one.edits]
        spliced = splice(self.source, edits) if edits else Spliced(self.source, ())
        self.prove(statement, judged, spliced.text)
        params: dict[int, Seal] = {}
        plain = frozenset().union(*(one.plain_params for one in judged))
        for one in judged:
            params |= one.sealed.params if one.sealed is not None else {}
        sealed = any(one.sealed_origins for one in judged)
        has_params = sealed and bool(statement.parameters())
        kinds = [kind for kind, _ in statement.stmts]
        parts = [one.part for one in judged]
        is_restricted = self.judge.restricted
        plan = Plan(
            text=spliced.text,
            parts=tuple(parts),
            offsets=_characters(self.source, spliced) if edits else (),
            params=tuple(SealedParam(number, seal) for number, seal in sorted(params.items())),
            plain_params=plain - params.keys(),
            check_types=sealed and has_params and not is_restricted,
            masked_origins=frozenset().union(*(one.masked_origins for one in judged)),
            sealed_origins=frozenset().union(*(one.sealed_origins for one in judged)),
            restricted=is_restricted,
            notices=tuple(notice for one in judged for notice in one.notices),
            verdict="masked" if any(one.masked for one in judged) else "open",
            log_text=self.log_text(statement, parts),
            fingerprint=sql_parse.fingerprint(self.source, statement.tokens),
            may_change_path=any(self.moves_path(kind, stmt) for kind, stmt in statement.stmts),
            # a restricted caller makes and drops nothing but temporary tables, and those are not in the snapshot
            may_change_catalog=not is_restricted and any(kind not in NO_CATALOG_CHANGE for kind in kinds),
            ends_transaction="Transaction" in kinds,
            hides_messages=is_restricted and not all(part.command in _READS and not part.hides_messages for part in parts),
            says_catalog=bool(edits) and b"pg_catalog" not in self.source.lower(),
            names=_names_beyond_ascii(statement),
            may_change_names=any(map(_changes_names, parts)),
        )
        holds_values = any(one.sealed is not None and one.sealed.has_constants for one in judged)
        return self.made(plan, statement, keep=not holds_values)

    def made(self, plan: Plan, statement: Statement, *, keep: bool) -> Made:
        if self.is_long:
            statement.forget()
        return Made(plan, keep, None if self.is_long else statement)

    def prove(self, statement: Statement, judged: list[Judged], text: bytes) -> None:
        """Read the outcome again, where something is protected from the caller."""

    def log_text(self, statement: Statement, parts: list[Part]) -> str:
        """Verbatim only for rows of relations no rule protects; utility statements may hold passwords."""
        plain = {"VariableShow", "Transaction"}
        said = all(
            p.command in plain or (p.command in ROWS and not any(self.judge.is_protected(Oid(u.oid)) for u in p.uses))
            for p in parts
        )
        text = self.source.decode("utf-8", "replace") if said else statement.literals_hidden()
        return text[:LOGGED_CHARACTERS]


def naming_of(kind: str, stmt: Any) -> Naming | None:
    """What a statement about prepared statements and cursors says of their names, PREPARE and DECLARE left out."""
    if kind == "Execute":
        return Naming("execute", stmt.name)
    if kind == "Deallocate":
        return Naming("deallocate", None if stmt.isall else stmt.name)
    if kind == "Fetch":
        return Naming("fetch", stmt.portalname)
    if kind == "ClosePortal":
        return Naming("close", stmt.portalname or None)
    if kind == "Discard" and stmt.target == pb.DISCARD_ALL:
        return Naming("discard", None)
    return None


def dropped_temporary(kind: str, stmt: Any) -> frozenset[str] | None:
    """Names of temporary tables a statement may drop; None for all: DISCARD TEMP and DISCARD ALL."""
    if kind == "Discard" and stmt.target in (pb.DISCARD_TEMP, pb.DISCARD_ALL):
        return None
    if kind == "Drop" and stmt.remove_type == pb.OBJECT_TABLE:
        return frozenset(sql_parse.names(sql_parse.node_of(one).items)[-1] for one in stmt.objects)
    return frozenset()


def _names_beyond_ascii(statement: Statement) -> tuple[str, ...]:
    if statement.source.isascii():
        return ()
    spans = (statement.source[t.start : t.end] for t in statement.tokens if t.kind in sql_parse.NAMES)
    return tuple(dict.fromkeys(span.decode() for span in spans if not span.isascii()))


def is_off(option: Any) -> bool:
    """Whether a boolean option is switched off (defGetBoolean in define.c)."""
    argument = sql_parse.node_of(option.arg) if option.HasField("arg") else None
    if argument is None:
        return False
    if isinstance(argument, pb.Integer):
        return int(argument.ival) == 0
    if isinstance(argument, pb.Boolean):
        return not argument.boolval
    return isinstance(argument, pb.String) and str(argument.sval).lower() in ("false", "off", "0")


def is_dropped_on_commit(kind: str, stmt: Any) -> bool:
    """CREATE TEMP TABLE … ON COMMIT DROP, in each of its forms."""
    if kind == "Create":
        return bool(stmt.oncommit == pb.ONCOMMIT_DROP)
    return any(isinstance(node, pb.IntoClause) and node.on_commit == pb.ONCOMMIT_DROP for node in sql_parse.walk(stmt))


def made_temporary(kind: str, stmt: Any) -> tuple[str, ...]:
    """Names of the temporary tables a statement makes."""
    if kind == "Create":
        found = [stmt.relation]
    elif kind == "CreateTableAs":
        found = [stmt.into.rel]
    elif kind == "Select":
        found = [node.rel for node in sql_parse.walk(stmt) if isinstance(node, pb.IntoClause)]
    else:
        return ()
    return tuple(one.relname for one in found if one.relpersistence == "t" or one.schemaname == "pg_temp")


def savepoint_of(kind: str, stmt: Any) -> tuple[SavepointAction, str] | None:
    """What a transaction statement does to a savepoint."""
    if kind != "Transaction":
        return None
    action = _SAVEPOINTS.get(int(stmt.kind))
    return None if action is None else (action, stmt.savepoint_name)


def _changes_names(part: Part) -> bool:
    is_all = part.naming is not None and part.naming.name is None
    return is_all or part.drops_temporary != frozenset() or bool(part.makes_temporary)


def results_of(work: SealedWork) -> tuple[SealedResult, ...]:
    """The result columns to open, in order."""
    return tuple(SealedResult(position, s.seal, s.mask) for position, s in sorted(work.results.items()))


def copy_form(kind: str, stmt: Any) -> CopyForm | None:
    """What a COPY TO sends besides its rows (PostgreSQL 18, COPY, File Formats); None for another statement."""
    if kind != "Copy" or stmt.is_from:
        return None
    options = {e.def_elem.defname: e.def_elem for e in stmt.options}
    if "format" in options and getattr(sql_parse.node_of(options["format"].arg), "sval", "") == "binary":
        return "binary"
    return "header" if "header" in options and not is_off(options["header"]) else "rows"


def is_cursor_held(options: int) -> bool:
    """DECLARE … WITH HOLD (CURSOR_OPT_HOLD in parsenodes.h)."""
    return bool(options & 0x20)


def _column_said(column: Column, verdict: Verdict) -> tuple[str, str, str, str]:
    if isinstance(verdict, Masked):
        show = verdict.columns[column.attnum]
        return column.name, show.how, show.mask.name if show.mask is not None else "", show.class_name or ""
    how = "decrypted" if isinstance(verdict, Open) and column.attnum in verdict.seals else "open"
    return column.name, how, "", verdict.classes.get(column.attnum, "") if isinstance(verdict, Open) else ""


def _characters(source: bytes, spliced: Spliced) -> tuple[tuple[int, int, int], ...]:
    """Kept stretches, in characters instead of bytes."""

    def count(text: bytes) -> int:
        return len(text.decode("utf-8", "replace"))

    found = []
    for start, end, origin in spliced.kept:
        first = count(spliced.text[:start])
        found.append((first, first + count(spliced.text[start:end]), count(source[:origin])))
    return tuple(found)
