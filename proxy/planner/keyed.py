"""Callers with keys who see everything: only encrypted relations need work, all else passes as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.errors import ProxyError, Refusal, StatementError, TooComplex, Unproven
from proxy.plan import Miss, Naming, Part
from proxy.planner.planning import (
    ROWS,
    SPOKEN,
    Judged,
    Made,
    Planning,
    copy_form,
    dropped_temporary,
    gives_rows,
    is_cursor_held,
    is_dropped_on_commit,
    made_temporary,
    naming_of,
    results_of,
    savepoint_of,
    writes,
)
from proxy.policy.verdict import Closed
from proxy.sql import parse as sql_parse
from proxy.sql.parse import Statement, kind_of, node_of
from proxy.sql.rewrite import mentioned_names, qualify
from proxy.sql.scopes import read, relations_named
from proxy.sql.sealed import work_out

# Utility statements that carry values of rows, and so can put plaintext in or ciphertext out of an encrypted relation.
_CARRIES_ROWS = {"Copy", "CreateTableAs", "RefreshMatView", "Prepare", "DeclareCursor", "Explain"}
# Those that are a query with something around it, which can be worked on inside.
_AROUND = {"Prepare", "DeclareCursor", "Explain"}


class Keyed(Planning):
    """Sees every value; encrypted columns are opened on the way out and sealed on the way in."""

    def plan(self) -> Made | Miss:
        try:
            return super().plan()
        except StatementError:
            if self.is_unread() and not self.names_something_sealed():
                return self.unread(keep=False)  # the server says what is wrong, in its own words
            raise

    def is_unread(self) -> bool:
        """Whether it is our grammar that does not take the text."""
        try:
            sql_parse.parse(self.source)
        except StatementError:
            return True
        return False

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

    def touches_sealed(self, stmt: Message) -> bool:
        """Whether it may name a relation with encrypted columns, or one that is closed because it can show some."""
        return any(
            self.seals(r) or isinstance(self.judge.read(r.oid), Closed)
            for r in relations_named(stmt, self.snapshot, self.path, self.temporary)
        )

    def depends_on_path(self, kind: str, stmt: Message) -> bool:
        return (kind in ROWS or kind in _CARRIES_ROWS) and self.touches_sealed(stmt)

    def judged(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        named = list(dict.fromkeys(relations_named(stmt, self.snapshot, self.path, self.temporary)))
        uses = tuple(self.spoken(r) for r in named)
        part = Part(
            kind,
            uses=uses,
            row_limit=self.judge.row_limit,
            gives_rows=gives_rows(kind, stmt),
            copy=copy_form(kind, stmt),
            naming=self.naming(kind, stmt, uses),
            makes_temporary=made_temporary(kind, stmt),
            drops_temporary=dropped_temporary(kind, stmt),
            is_dropped_on_commit=is_dropped_on_commit(kind, stmt),
            savepoint=savepoint_of(kind, stmt),
            writes=writes(kind, stmt),
        )
        if (kind in ROWS or kind in _CARRIES_ROWS) and not self.after_miss:
            unknown = self.unknown(stmt)
            if unknown:
                return Miss(unknown)
        if not self.touches_sealed(stmt):
            return Judged(part)
        for relation in named:
            verdict = self.judge.read(relation.oid)
            if isinstance(verdict, Closed) and (kind in ROWS or kind in _CARRIES_ROWS):
                raise Refusal(
                    f"{relation.schema}.{relation.name} is closed to you: {verdict.reason}", hint=f"Rule: {verdict.rule}"
                )
        if kind in ROWS:
            return self.rows(statement, kind, stmt)
        if kind not in _CARRIES_ROWS:
            return Judged(part)
        inner = node_of(stmt.query) if kind in _AROUND else None
        inner_kind = kind_of(inner).removesuffix("Stmt") if inner is not None else ""
        if inner is None or inner_kind not in ROWS:
            raise Unproven(
                f"{SPOKEN.get(kind, kind.upper())} on a relation with encrypted columns is not supported yet",
                hint="SELECT, INSERT, UPDATE, DELETE, MERGE, PREPARE, DECLARE and EXPLAIN are.",
            )
        return self.around(statement, kind, stmt, inner_kind, inner, part)

    def naming(self, kind: str, stmt: Any, uses: tuple[Any, ...]) -> Naming | None:
        """Names the session keeps. What is prepared or declared here shows nothing encrypted; `around` says otherwise."""
        query = node_of(stmt.query) if kind in ("CreateTableAs", "Explain") else None
        if isinstance(query, pb.ExecuteStmt) and kind == "CreateTableAs":
            return naming_of("Execute", query)
        if isinstance(query, pb.CreateTableAsStmt) and isinstance(node_of(query.query), pb.ExecuteStmt):
            raise Unproven(
                "EXPLAIN of CREATE TABLE AS EXECUTE could keep what encrypted columns hold",
                hint="EXPLAIN EXECUTE shows the same plan.",
            )
        if kind not in ("Prepare", "DeclareCursor"):
            return naming_of(kind, stmt)
        query = node_of(stmt.query)
        writing = writes(kind_of(query).removesuffix("Stmt"), query)
        inner = Part("Select", uses=uses, row_limit=self.judge.row_limit, writes=writing)
        if kind == "Prepare":
            return Naming("prepare", stmt.name, inner)
        return Naming("declare", stmt.portalname, inner, is_cursor_held(stmt.options))

    def around(self, statement: Statement, kind: str, stmt: Any, inner_kind: str, inner: Any, part: Part) -> Judged | Miss:
        """PREPARE, DECLARE and EXPLAIN of a statement that works with encrypted columns."""
        one = self.rows(statement, inner_kind, inner)
        if isinstance(one, Miss):
            return one
        if kind == "Prepare" and one.sealed is not None and one.sealed.params:
            raise Unproven(
                f'prepared statement "{stmt.name}" would get values for encrypted columns from EXECUTE, which are not sealed',
                hint="Use the protocol's Parse and Bind, as drivers do.",
            )
        naming = replace(part.naming, part=one.part) if part.naming is not None else None
        one.part = replace(part, uses=one.part.uses, naming=naming)
        return one

    def rows(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        if any(isinstance(node, pb.IntoClause) for node in sql_parse.walk(stmt)):
            raise Unproven("SELECT INTO from a relation with encrypted columns is not supported yet")
        reading = read(stmt, self.snapshot, self.path, self.temporary)
        if reading.misses and not self.after_miss:
            return Miss(tuple(reading.misses))
        work = work_out(statement, stmt, reading, self.shown, self.seal_text)
        edits = list(work.edits)
        for use in reading.uses:
            if self.seals(use.relation) and not use.range_var.schemaname:
                edits += qualify(statement, use)
        if work.edits or work.params:
            self.no_foreign_equals()
        return Judged(
            Part(
                kind,
                results=results_of(work),
                uses=self.uses_of(reading, mentioned_names(statement, stmt)),
                row_limit=self.judge.row_limit,
                gives_rows=gives_rows(kind, stmt),
                writes=writes(kind, stmt),
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
