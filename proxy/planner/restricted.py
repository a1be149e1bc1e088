"""Callers who see masks: every statement is judged, rewritten and proven again; what is not proven harmless is refused.

A query, and a query with something around it (PREPARE, DECLARE, EXPLAIN, COPY, CREATE TABLE AS), go one way: firewall, read,
decide, rewrite. Statements for temporary tables leave naming pg_temp. All others name no rows and are judged by their kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import MATVIEW, TABLE, VIEW, Oid, Relation
from proxy.errors import Refusal, StatementError, Unproven
from proxy.plan import Miss, Naming, Part, Wanted
from proxy.planner.planning import (
    HARMLESS,
    ROWS,
    SPOKEN,
    Judged,
    Planning,
    copy_form,
    dropped_temporary,
    gives_rows,
    is_cursor_held,
    is_dropped_on_commit,
    is_off,
    made_temporary,
    naming_of,
    results_of,
    savepoint_of,
    writes,
)
from proxy.policy.verdict import Closed, Masked, Open
from proxy.sql import build
from proxy.sql.couplings import Deed, check_couplings
from proxy.sql.items import closing, relation_item
from proxy.sql.parse import Statement, kind_of, node_of, parse
from proxy.sql.reading import Reading
from proxy.sql.rewrite import mentioned_names, qualified_calls, qualify_name, refusal, rewrite, temporary_edits
from proxy.sql.scopes import find_relation, is_temporary, read
from proxy.sql.sealed import work_out
from proxy.sql.settings import check_set
from proxy.sql.splice import Edit, splice
from proxy.sql.temporary import check_copy_options, check_create, check_index, check_into, dropped_names
from proxy.sql.verify import Allowed, verify
from proxy.sql.writes import check_column, check_target

_WRITES = (pb.InsertStmt, pb.UpdateStmt, pb.DeleteStmt, pb.MergeStmt)
_TWO_PHASE = (pb.TRANS_STMT_PREPARE, pb.TRANS_STMT_COMMIT_PREPARED, pb.TRANS_STMT_ROLLBACK_PREPARED)
_NOTHING = Allowed()


class Restricted(Planning):
    """Sees what the rules show. Raises Refusal, Unproven and what PostgreSQL itself would say."""

    def judged(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        if kind in ROWS:
            if kind == "Select" and stmt.HasField("into_clause"):
                return self.kept(statement, kind, stmt, stmt)
            return self.rows(statement, stmt)
        call = self.calls().get(kind)
        if call is not None:
            return call(statement, kind, stmt)
        if kind in HARMLESS:
            return Judged(Part(kind, naming=naming_of(kind, stmt), drops_temporary=dropped_temporary(kind, stmt)))
        raise Unproven(
            f"{SPOKEN.get(kind, kind.upper())} is not open to restricted callers",
            hint="Queries, INSERT, UPDATE, DELETE, MERGE, cursors, PREPARE, EXPLAIN, COPY and temporary tables are.",
        )

    def calls(self) -> dict[str, Callable[[Statement, str, Any], Judged | Miss]]:
        """What judges each kind of statement that is not a query and not harmless by itself."""
        return {
            "VariableSet": self.set,
            "VariableShow": self.show,
            "Transaction": self.transaction,
            "Prepare": self.around,
            "DeclareCursor": self.around,
            "Explain": self.explain,
            "Execute": self.execute,
            "Fetch": self.named,
            "Copy": self.copy,
            "CreateTableAs": self.create_as,
            "Create": self.create,
            "Index": self.index,
            "Drop": self.drop,
            "Truncate": self.of_temporary,
            "Vacuum": self.of_temporary,
            "Lock": self.lock,
            "Listen": self.channel,
            "Notify": self.channel,
            "ConstraintsSet": self.named,
        }

    def moves_path(self, kind: str, stmt: Any) -> bool:
        """A restricted caller runs nothing else that could set search_path, and drops temporary tables only."""
        return kind in ("VariableSet", "Discard") and super().moves_path(kind, stmt)

    def depends_on_path(self, kind: str, stmt: Message) -> bool:
        return kind in ROWS or kind in self.calls().keys() - {"VariableSet", "VariableShow", "Transaction", "Listen", "Notify"}

    # -- queries --------------------------------------------------------------------------------------------------------

    def rows(
        self, statement: Statement, stmt: Any, also: Collection[str] = (), *, goes_to_client: bool = True
    ) -> Judged | Miss:
        """A query or a write. `goes_to_client`: its rows can be opened on their way; else none may be encrypted."""
        self.firewall.check(statement, stmt, also)
        reading = read(stmt, self.snapshot, self.path, self.temporary)
        if reading.misses:
            if not self.after_miss:
                return Miss(tuple(reading.misses))
            raise StatementError(f'relation "{reading.misses[0]}" does not exist', sqlstate="42P01")
        for use in reading.uses:  # a closed relation is the first thing to say
            verdict = self.judge.read(use.relation.oid)
            if isinstance(verdict, Closed):
                raise refusal(use, verdict, statement.character(use.range_var.location))
            if use.is_target and (why := self.side_effect(use.relation)) is not None:
                raise Unproven(why, position=statement.character(use.range_var.location))
        self.firewall.unsettled(statement, [*reading.unsettled, *reading.foreign])
        work = work_out(statement, stmt, reading, self.shown, self.seal_text)
        if work.results and not goes_to_client:
            column = next(iter(work.results.values())).seal.column
            raise Unproven(f"{column} is encrypted: it can be selected, but not kept or copied", hint="Leave it out.")
        done = rewrite(statement, stmt, reading, self.verdict_of, work.handed_out, self.firewall)
        mentioned = mentioned_names(statement, stmt)
        return Judged(
            Part(
                kind := kind_of(stmt).removesuffix("Stmt"),
                results=results_of(work),
                uses=self.uses_of(reading, mentioned),
                uses_temporary=frozenset(one.relname for one in reading.temporary),
                row_limit=self.judge.row_limit,
                gives_rows=not isinstance(stmt, _WRITES) or stmt.HasField("returning_clause"),
                hides_messages=bool(statement.nodes(stmt, *_WRITES)) or self.computes_first(reading),
                folds=self.runs_code(reading),
                tells=self.tells(reading),
                writes=writes(kind, stmt),
            ),
            (*work.edits, *done.edits),
            allowed=done.allowed,
            sealed=work,
            masked=any(isinstance(self.verdict_of(u.relation), Masked) for u in reading.uses),
            notices=self.notices_of(reading, mentioned),
            masked_origins=self.masked_origins(reading),
            sealed_origins=self.sealed_origins(reading),
        )

    def side_effect(self, target: Relation) -> str | None:
        """Why a write may show rows it does not name: a rule adds statements whose rows go to the caller, a trigger may put
        values into a setting. A view's write is rewritten to what it stands on; children and keys that cascade are written too.
        """
        waiting, seen = [target.oid], set[Oid]()
        while waiting:
            oid = waiting.pop()
            relation = self.snapshot.relations.get(oid)
            if oid in seen or relation is None:
                continue
            seen.add(oid)
            shown = f"{relation.schema}.{relation.name}"
            if relation.has_rules:
                return f"{shown} has rules (CREATE RULE): what they do to a write is not known"
            if relation.carries is not None:
                return f"{shown} is not written by restricted callers: {relation.carries}"
            waiting += relation.reaches if relation.kind in (VIEW, MATVIEW) else relation.children
            waiting += [r.child for r in relation.references if r.parent == oid and r.writes_child]
        return None

    def tells(self, reading: Reading) -> str:
        """What the counters of EXPLAIN ANALYZE would tell of what is hidden; '' nothing."""
        for use in reading.uses:
            verdict = self.verdict_of(use.relation)
            if isinstance(verdict, Masked) and verdict.condition is not None:
                return "the rows that a row condition hides"
            if use.is_target and isinstance(verdict, Masked):
                return "what a write does to columns and rows you do not see"
            below = (self.snapshot.relations.get(oid) for oid in use.relation.children)
            if any(one is not None and isinstance(self.verdict_of(one), Closed) for one in below):
                return "the partition of a row, which is hidden"
        return ""

    def computes_first(self, reading: Reading) -> bool:
        """Whether code of the database reads raw rows before any mask: of a view, a row policy, a virtual column."""
        return any(
            relation.row_security
            or (relation.kind in (VIEW, MATVIEW) and self.reaches_hidden(relation))
            or any(column.generated == "v" for column in relation.columns)
            for relation in (use.relation for use in reading.uses)
            if relation.schema not in ("pg_catalog", "information_schema")
        )

    def runs_code(self, reading: Reading) -> bool:
        """Whether a view or policy calls a function of the database's own: said to be immutable, it runs at planning."""
        reached = {oid for use in reading.uses for oid in self.snapshot.reach(use.relation.oid)}
        return any(self.snapshot.relations[oid].runs_code for oid in reached if oid in self.snapshot.relations)

    def reaches_hidden(self, relation: Relation) -> bool:
        """Whether it can show rows of something that is not open: it may cast or call on them, whatever it shows itself."""
        reached = (self.snapshot.relations.get(oid) for oid in self.snapshot.reach(relation.oid))
        return any(one is not None and not isinstance(self.verdict_of(one), Open) for one in reached)

    def notices_of(self, reading: Reading, mentioned: frozenset[str]) -> tuple[str, ...]:
        """A closed column reads as NULL; its name is said, so that nobody takes NULL for the data."""
        found = []
        for use in reading.uses:
            verdict = self.verdict_of(use.relation)
            if isinstance(verdict, Masked) and use.relation.schema != "pg_catalog" and not use.is_target:
                closed = [c.name for c in use.relation.columns if verdict.columns[c.attnum].how == "closed"]
                named = [name for name in closed if use.all_columns or use.whole_row or name in mentioned]
                if named:
                    found.append(f"{use.relation.schema}.{use.relation.name}: {', '.join(named)} closed to you: NULL")
        return tuple(dict.fromkeys(found))

    def masked_origins(self, reading: Reading) -> frozenset[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for use in reading.uses:
            verdict = self.verdict_of(use.relation)
            if isinstance(verdict, Masked):
                found.update((int(use.relation.oid), a) for a, show in verdict.columns.items() if show.how != "open")
        return frozenset(found) - self.sealed_origins(reading)

    # -- what stands around a query ---------------------------------------------------------------------------------------

    def around(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        """PREPARE and DECLARE: the query inside, whose rows come later under a name."""
        inner = node_of(stmt.query)
        if kind_of(inner).removesuffix("Stmt") not in ROWS:
            raise Unproven(f"{SPOKEN.get(kind, kind.upper())} takes a query")
        if kind == "Prepare":
            for one in stmt.argtypes:
                self.firewall.type_name(statement, one.type_name)
        judged = self.rows(statement, inner)
        if isinstance(judged, Miss):
            return judged
        if kind == "Prepare":
            if judged.sealed is not None and judged.sealed.params:
                raise Unproven("EXECUTE cannot seal values for encrypted columns: use the protocol's Parse and Bind")
            naming = Naming("prepare", stmt.name, judged.part)
        else:
            naming = Naming("declare", stmt.portalname, judged.part, is_cursor_held(stmt.options))
        judged.part = Part(kind, uses=judged.part.uses, naming=naming, folds=judged.part.folds, tells=judged.part.tells)
        return judged

    def explain(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        """EXPLAIN shows the plan of what would be sent; with ANALYZE it runs it."""
        inner = node_of(stmt.query)
        inner_kind = kind_of(inner).removesuffix("Stmt")
        judged: Judged | Miss
        if inner_kind in ROWS:
            judged = self.rows(statement, inner) if not _has_into(inner) else self.kept(statement, "Select", inner, inner)
        elif inner_kind in ("DeclareCursor", "CreateTableAs", "Execute"):
            judged = self.calls()[inner_kind](statement, inner_kind, inner)
        else:
            raise Unproven(f"EXPLAIN of {SPOKEN.get(inner_kind, inner_kind.upper())} is not open to restricted callers")
        if isinstance(judged, Miss):
            return judged
        runs = any(
            one.def_elem.defname == "analyze" and not is_off(one.def_elem) for one in stmt.options
        )
        judged.part.check_explained(measures=runs)
        inner_naming = judged.part.naming if inner_kind == "Execute" else None
        made = judged.part.makes_temporary if runs else ()
        judged.part = Part(
            kind,
            uses=judged.part.uses,
            naming=inner_naming,
            measures=runs,
            makes_temporary=made,
            hides_messages=judged.part.hides_messages,
            writes=judged.part.writes,
        )
        return judged

    def execute(self, statement: Statement, kind: str, stmt: Any) -> Judged:
        """EXECUTE: the session knows what was prepared; the values given to it are expressions without rows."""
        self.firewall.check(statement, stmt, ("ExecuteStmt",))
        if statement.nodes(stmt, pb.SubLink):
            raise StatementError("cannot use subquery in EXECUTE parameter", sqlstate="0A000")
        calls = tuple(qualified_calls(statement, stmt, self.firewall))
        return Judged(Part(kind, naming=naming_of(kind, stmt)), calls, allowed=_NOTHING)

    def named(self, statement: Statement, kind: str, stmt: Any) -> Judged:
        """FETCH, MOVE and SET CONSTRAINTS: names of the caller's own session or of constraints, no rows by themselves."""
        return Judged(Part(kind, naming=naming_of(kind, stmt), gives_rows=gives_rows(kind, stmt)))

    # -- COPY -----------------------------------------------------------------------------------------------------------

    def copy(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        if stmt.is_program or stmt.filename:
            raise Unproven("COPY with a file or a program of the server is not open to restricted callers")
        if not stmt.is_from and self.judge.copy_refused:
            raise Refusal("COPY is refused for your role", hint="Use SELECT; large exports need a grant.")
        check_copy_options(stmt)
        if stmt.HasField("query"):
            judged = self.rows(statement, node_of(stmt.query), goes_to_client=False)
            if isinstance(judged, Miss):
                return judged
            judged.part = replace(judged.part, command=kind, copy=copy_form(kind, stmt))
            return judged
        return self.copy_in(statement, stmt) if stmt.is_from else self.copy_out(statement, stmt)

    def copy_out(self, statement: Statement, stmt: Any) -> Judged | Miss:
        """COPY of a relation: its columns but generated ones, and no children (PostgreSQL 18, COPY), as this caller sees it."""
        found = self.relation_of(stmt.relation)
        if isinstance(found, Miss):
            return found
        part = Part("Copy", row_limit=self.judge.row_limit, copy=copy_form("Copy", stmt))
        if found is None:
            edits = temporary_edits(statement, [stmt.relation])
            return Judged(part, tuple(edits), allowed=_NOTHING)
        verdict = self.verdict_of(found)
        if isinstance(verdict, Closed):
            raise Refusal(
                f"{found.schema}.{found.name} is closed to you: {verdict.reason}",
                hint=f"Rule: {verdict.rule}",
                position=statement.character(stmt.relation.location),
            )
        if found.kind != TABLE and not (found.kind == MATVIEW and self.snapshot.server_version_num >= 180000):
            raise StatementError(
                f'cannot copy from "{found.name}", which is no table',
                hint="Try the COPY (SELECT ...) TO variant.",
                sqlstate="42809",
            )
        item = relation_item(statement, stmt.relation)
        end = _list_end(statement, item.end) if stmt.attlist else item.end
        before = statement.tokens[statement.token_at(item.start) - 1]
        after = (statement.source[token.start : token.end].upper() for token in statement.tokens if token.start >= end)
        if statement.source[before.start : before.end].upper() != b"COPY" or b"DELIMITERS" in after:
            raise Unproven(
                "COPY BINARY and DELIMITERS are the form of PostgreSQL 7, which takes no query",
                hint="Write COPY … TO STDOUT WITH (FORMAT binary), or WITH (DELIMITER '…').",
            )
        columns = [s.string.sval for s in stmt.attlist] or [c.name for c in found.columns if not c.generated]
        text = f"SELECT {', '.join(map(build.quoted, columns))} FROM ONLY {build.qualified(found.schema, found.name)}"
        inner = self.inner(text)
        if isinstance(inner, Miss):
            return inner
        judged, rewritten = inner
        return Judged(
            replace(part, uses=judged.part.uses, hides_messages=judged.part.hides_messages),
            (Edit(item.start, end, f"({rewritten})"),),
            allowed=judged.allowed,
            masked=judged.masked,
            notices=judged.notices,
            masked_origins=judged.masked_origins,
            sealed_origins=judged.sealed_origins,
        )

    def inner(self, text: str) -> tuple[Judged, str] | Miss:
        """A query of ours over one relation, judged like the caller's own and rewritten."""
        wanted = Wanted(text, self.path, after_miss=self.after_miss)
        planning = Restricted(self.judge, self.snapshot, self.firewall, self.seal_text, wanted)
        statement = parse(text.encode())
        judged = planning.rows(statement, statement.stmts[0][1], goes_to_client=False)
        if isinstance(judged, Miss):
            return judged
        return judged, splice(text.encode(), judged.edits).text.decode()

    def copy_in(self, statement: Statement, stmt: Any) -> Judged | Miss:
        found = self.relation_of(stmt.relation)
        if isinstance(found, Miss):
            return found
        if stmt.HasField("where_clause"):
            self.firewall.check(statement, node_of(stmt.where_clause))
            if statement.nodes(node_of(stmt.where_clause), pb.SubLink):
                raise StatementError("cannot use subquery in COPY FROM WHERE condition", sqlstate="0A000")
        part = Part("Copy", hides_messages=True)
        calls = tuple(qualified_calls(statement, stmt, self.firewall))
        if found is None:
            return Judged(part, (*temporary_edits(statement, [stmt.relation]), *calls), allowed=_NOTHING)
        verdict = self.verdict_of(found)
        name = f"{found.schema}.{found.name}"
        if isinstance(verdict, Closed):
            raise Refusal(f"{name} is closed to you: {verdict.reason}", hint=f"Rule: {verdict.rule}")
        check_target(found, verdict)
        columns = [s.string.sval for s in stmt.attlist] or [c.name for c in found.columns if not c.generated]
        for column in found.columns:
            seal = verdict.columns[column.attnum].seal if isinstance(verdict, Masked) else verdict.seals.get(column.attnum)
            if column.name in columns and seal is not None:
                raise Unproven(f"{name}.{column.name} is encrypted: COPY FROM cannot seal it yet", hint="Use INSERT.")
            if column.name in columns and isinstance(verdict, Masked):
                check_column(found, verdict, column.name)
        check_couplings(self.snapshot, found, self.verdict_of, Deed(frozenset(columns), inserts=True))
        edits = qualify_name(statement, stmt.relation, found)
        return Judged(replace(part, uses=(self.spoken(found),)), (*edits, *calls), allowed=_NOTHING)

    def relation_of(self, range_var: Any) -> Any:
        """The catalog relation of a name outside a query; None for a temporary table; Miss. Raises StatementError."""
        if is_temporary(range_var, self.temporary):
            return None
        found = find_relation(range_var, self.snapshot, self.path)
        if found is not None:
            return found
        written = f"{range_var.schemaname}.{range_var.relname}" if range_var.schemaname else range_var.relname
        if not self.after_miss:
            return Miss((written,))
        raise StatementError(f'relation "{written}" does not exist', sqlstate="42P01")

    # -- temporary tables -------------------------------------------------------------------------------------------------

    def create_as(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        inner = node_of(stmt.query)
        if stmt.objtype != pb.OBJECT_TABLE or kind_of(inner).removesuffix("Stmt") not in ROWS:
            raise Unproven("CREATE TABLE AS takes a query, and makes temporary tables only")
        return self.kept(statement, kind, stmt, inner)

    def kept(self, statement: Statement, kind: str, stmt: Any, inner: Any) -> Judged | Miss:
        """A query whose rows a new temporary table keeps."""
        into = stmt.into if kind == "CreateTableAs" else stmt.into_clause
        check_into(into)
        if len(statement.nodes(inner, pb.IntoClause)) > (kind != "CreateTableAs"):
            raise StatementError("SELECT ... INTO is not allowed here")
        if (miss := self.free_name(into.rel)) is not None:
            return miss
        judged = self.rows(statement, inner, ("IntoClause",), goes_to_client=False)
        if isinstance(judged, Miss):
            return judged
        judged.part = replace(
            judged.part,
            command=kind,
            makes_temporary=made_temporary(kind, stmt),
            is_dropped_on_commit=is_dropped_on_commit(kind, stmt),
            row_limit=None,
        )
        return judged

    def free_name(self, range_var: Any) -> Miss | None:
        """pg_temp is searched first, for types too: a temporary table must not take the place of anything we resolved.

        A name that is taken may have been given up a moment ago: it is looked up first (Miss).
        """
        name = range_var.relname
        taken = name in self.snapshot.relation_names or self.snapshot.is_type_name(name) or name in self.snapshot.carried_names
        if taken and not self.after_miss:
            return Miss((name,))
        if name in self.snapshot.relation_names or self.snapshot.is_type_name(name):
            raise Refusal(
                f'a temporary table must not be called "{name}": a relation or type has this name',
                hint="Choose another name.",
            )
        if name in self.snapshot.carried_names:
            raise Refusal(
                f'a temporary table must not be called "{name}": a function of the database writes to a table of this name',
                hint="Choose another name.",
            )
        return None

    def create(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        check_create(stmt)
        if (miss := self.free_name(stmt.relation)) is not None:
            return miss
        self.firewall.check(statement, stmt, ("CreateStmt", "Constraint", "ColumnDef"))
        if statement.nodes(stmt, pb.SubLink, pb.SelectStmt):
            raise Unproven("a temporary table is made without subqueries: use CREATE TEMP TABLE … AS")
        made = made_temporary(kind, stmt)
        part = Part(kind, makes_temporary=made, is_dropped_on_commit=is_dropped_on_commit(kind, stmt))
        return Judged(part, tuple(qualified_calls(statement, stmt, self.firewall)), allowed=_NOTHING)

    def index(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        check_index(stmt)
        self.firewall.check(statement, stmt, ("IndexStmt",))
        return self.only_temporary(statement, kind, stmt, [stmt.relation])

    def of_temporary(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        """TRUNCATE and ANALYZE."""
        named = statement.nodes(stmt, pb.RangeVar)
        if not named:
            raise Unproven(f"{SPOKEN.get(kind, kind.upper())} of everything is not open to restricted callers")
        return self.only_temporary(statement, kind, stmt, named)

    def only_temporary(self, statement: Statement, kind: str, stmt: Any, named: list[Any]) -> Judged | Miss:
        for one in named:
            found = self.relation_of(one)
            if isinstance(found, Miss):
                return found
            if found is not None:
                raise Unproven(
                    f"{SPOKEN.get(kind, kind.upper())} is open to restricted callers for temporary tables only",
                    position=statement.character(one.location),
                )
        edits = (*temporary_edits(statement, named), *tuple(qualified_calls(statement, stmt, self.firewall)))
        return Judged(Part(kind), edits, allowed=_NOTHING)

    def drop(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        if stmt.remove_type not in (pb.OBJECT_TABLE, pb.OBJECT_INDEX):
            raise Unproven("DROP is open to restricted callers for temporary tables and their indexes only")
        edits: list[Edit] = []
        for parts, start in dropped_names(statement, stmt):
            name = parts[-1]
            if parts[:-1] not in ((), ("pg_temp",)):
                raise Unproven("DROP is open to restricted callers for temporary tables only")
            if stmt.remove_type == pb.OBJECT_TABLE and name not in self.temporary and not stmt.missing_ok:
                if name in self.snapshot.relation_names:
                    raise Unproven(f'DROP is open to restricted callers for temporary tables only, and "{name}" is none')
                raise StatementError(f'table "{name}" does not exist', sqlstate="42P01")
            if len(parts) == 1:
                edits.append(Edit(start, start, "pg_temp."))
        return Judged(Part(kind, drops_temporary=dropped_temporary(kind, stmt)), tuple(edits), allowed=_NOTHING)

    # -- the rest ---------------------------------------------------------------------------------------------------------

    def lock(self, statement: Statement, kind: str, stmt: Any) -> Judged | Miss:
        edits: list[Edit] = []
        uses = []
        for one in stmt.relations:
            found = self.relation_of(one.range_var)
            if isinstance(found, Miss):
                return found
            if found is None:
                edits += temporary_edits(statement, [one.range_var])
                continue
            verdict = self.verdict_of(found)
            if isinstance(verdict, Closed):
                raise Refusal(f"{found.schema}.{found.name} is closed to you: {verdict.reason}", hint=f"Rule: {verdict.rule}")
            edits += qualify_name(statement, one.range_var, found)
            uses.append(self.spoken(found))
        return Judged(Part(kind, uses=tuple(uses)), tuple(edits), allowed=_NOTHING)

    def set(self, statement: Statement, kind: str, stmt: Any) -> Judged:
        check_set(stmt, self.firewall)
        return Judged(Part(kind))

    def show(self, statement: Statement, kind: str, stmt: Any) -> Judged:
        if "." in stmt.name:
            raise Refusal(
                f"{stmt.name} is no setting of PostgreSQL's own: code of the database may keep values of rows in such settings"
            )
        return Judged(Part(kind))

    def transaction(self, statement: Statement, kind: str, stmt: Any) -> Judged:
        if stmt.kind in _TWO_PHASE:
            raise Unproven("two-phase transactions are not open to restricted callers")
        return Judged(Part(kind, savepoint=savepoint_of(kind, stmt)))

    def channel(self, statement: Statement, kind: str, stmt: Any) -> Judged:
        """Notifications can carry rows (FINDINGS 9): only on channels a rule names."""
        if stmt.conditionname not in self.judge.channels:
            raise Refusal(
                f'channel "{stmt.conditionname}" is closed to you: notifications can carry rows',
                hint="An operator can list it under `channels` of the role.",
            )
        return Judged(Part(kind))

    # -- proof ------------------------------------------------------------------------------------------------------------

    def prove(self, statement: Statement, judged: list[Judged], text: bytes) -> None:
        if all(one.allowed is None for one in judged):
            return
        subqueries: dict[int, frozenset[str]] = {}
        returned: dict[int, frozenset[str]] = {}
        for one in judged:
            if one.allowed is not None:
                for into, found in ((subqueries, one.allowed.subqueries), (returned, one.allowed.returned)):
                    for oid, texts in found.items():
                        into[oid] = into.get(oid, frozenset()) | frozenset(texts)
        verify(statement, text, self.firewall, self.verdict_of, Allowed(subqueries, returned))


def _has_into(stmt: Any) -> bool:
    return isinstance(stmt, pb.SelectStmt) and stmt.HasField("into_clause")


def _list_end(statement: Statement, name_end: int) -> int:
    """Where the column list behind a relation's name ends."""
    index = next(i for i, token in enumerate(statement.tokens) if token.start >= name_end)
    return statement.tokens[closing(statement, index)].end
