"""The last, smallest judge: reads the outgoing text with the real grammar and proves it, trusting nothing that wrote it.

Proves that at every protected relation the text is exactly one of the subqueries the decision allows, that every other
relation is qualified and open, that every function call is qualified and listed, and that the parameters are the ones that
came in. Of a write it proves, by the letters of the names alone, that the target is not read but through open columns and
that only writable columns are written. A failure is a `Bug`: the statement does not leave. It shares the grammar and the
lists with the others, not a line of their reasoning about names.

An allowed subquery is long, and nothing in it is judged here: it is allowed by its letters. So the text that is read has a
short one in its place, `(SELECT FROM x)`, and says the same of everything around it (`_shortened`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Oid, Relation, Snapshot
from proxy.errors import Bug, ProxyError, StatementError
from proxy.policy.verdict import Closed, Masked, Verdict
from proxy.sql.firewall import NODES, Firewall, reads_only_built_in_settings
from proxy.sql.nodes import spread_unnests
from proxy.sql.parse import (
    CLOSE,
    OPEN,
    PARAM,
    Statement,
    children,
    kind_of,
    names,
    node_of,
    parse,
    parse_alone,
    parse_scanned,
    scan,
    walk,
)
from proxy.sql.reading import SYSTEM_COLUMNS

ROWS = ("Select", "Insert", "Update", "Delete", "Merge")
_WRITES = (pb.InsertStmt, pb.UpdateStmt, pb.DeleteStmt, pb.MergeStmt)
_WITH_CLAUSE = (pb.SelectStmt, *_WRITES)
_JUDGED_WHOLE = (pb.LockingClause, pb.RangeSubselect, pb.RangeVar, pb.IntoClause)
# Children with no name to judge, known on every server; and the one that is judged with the statement it belongs to.
_NOTHING_IN_IT = frozenset((pb.A_Const, pb.String, pb.WithClause))
# Where the target of a write is not visible: PostgreSQL answers "invalid reference to FROM-clause entry".
_BLIND = ("with_clause", "select_stmt", "from_clause", "using_clause", "source_relation")
# Statements around a query, which stands in their field `query`.
_AROUND = frozenset(("Prepare", "DeclareCursor", "Explain", "CreateTableAs", "Copy"))


@dataclass(frozen=True, slots=True)
class Allowed:
    """By relation OID: the subqueries that may stand for a protected relation, and the items RETURNING may show of a target."""

    subqueries: Mapping[int, Iterable[str]] = field(default_factory=dict)
    returned: Mapping[int, Iterable[str]] = field(default_factory=dict)


def verify(
    before: Statement, after: bytes, firewall: Firewall, verdict_of: Callable[[Relation], Verdict], allowed: Allowed
) -> None:
    """Raises Bug when `after` is not proven."""
    texts = _texts(firewall.snapshot, verdict_of, allowed)
    short = _shortened(after, texts, frozenset())
    try:
        outcome = parse_alone(short.source)
        if outcome is not None:
            parameters = {match.start(): match[0] for match in _PARAMETER.finditer(short.source)}
            verifier = _Verifier(outcome, short.places, firewall, verdict_of, allowed)
            verifier.compare(before, short.parameters.union(parameters.values()))
            if verifier.met == short.places | parameters.keys():
                return
    except ProxyError:
        pass
    # Something may stand in a literal or a comment: the tokens will say.
    outcome, short = _scanned(after, texts)
    verifier = _Verifier(outcome, short.places, firewall, verdict_of, allowed)
    verifier.compare(before, short.parameters | outcome.parameters())
    outcome.forget()


class _Verifier:
    def __init__(
        self,
        outcome: Statement,
        places: frozenset[int],
        firewall: Firewall,
        verdict_of: Callable[[Relation], Verdict],
        allowed: Allowed,
    ) -> None:
        self.outcome = outcome
        self.places = places  # where the relations of our short subqueries stand
        self.met: set[int] = set()  # where in the tree there is one, or a parameter
        self.firewall = firewall
        self.snapshot: Snapshot = firewall.snapshot
        self.verdict_of = verdict_of
        self.allowed = allowed

    def compare(self, before: Statement, parameters: frozenset[bytes]) -> None:
        """The whole text with what came in; `parameters`: what it has, those in the subqueries it was shortened by included."""
        if [k for k, _ in self.outcome.stmts] != [k for k, _ in before.stmts]:
            raise Bug("the rewritten text is not the same statements")
        if parameters != before.parameters():
            raise Bug("the rewritten text has other parameters")
        for kind, stmt in self.outcome.stmts:
            self.statement(kind, stmt)

    def statement(self, kind: str, stmt: Any) -> None:
        """One statement of the text: a query, something around a query, or what names relations without reading them."""
        if kind in ROWS:
            self.rows(stmt)
        elif kind in _AROUND:
            self.around(kind, stmt)
        elif kind == "Lock":
            for one in stmt.relations:
                self.qualified(one.range_var)
        elif kind != "ConstraintsSet":  # which names constraints
            for node in walk(stmt):
                if isinstance(node, pb.RangeVar):
                    self.temporary(node, is_made=kind == "Create")

    def around(self, kind: str, stmt: Any) -> None:
        inner = node_of(stmt.query) if stmt.HasField("query") else None
        if kind == "Explain" and isinstance(inner, (pb.DeclareCursorStmt, pb.CreateTableAsStmt, pb.ExecuteStmt)):
            self.statement(kind_of(inner).removesuffix("Stmt"), inner)
            return
        if kind == "CreateTableAs":
            self.temporary(stmt.into.rel, is_made=True)
        if kind == "Copy" and stmt.HasField("relation"):
            self.copied(stmt)
        elif inner is not None and not isinstance(inner, pb.ExecuteStmt):
            self.rows(inner)

    def copied(self, stmt: Any) -> None:
        """COPY of a relation itself: the rows of an open one, or rows that come in."""
        relation = self.qualified(stmt.relation)
        if relation is None:
            return
        verdict = self.verdict_of(relation)
        if not stmt.is_from and isinstance(verdict, Masked):
            raise Bug("a protected relation left as COPY")
        if stmt.is_from:
            written = names(stmt.attlist) or tuple(c.name for c in relation.columns if not c.generated)
            self.writable(relation, verdict, written)
        if stmt.HasField("where_clause"):
            self.rows(node_of(stmt.where_clause))

    def rows(self, stmt: Message) -> None:
        waiting: list[tuple[Any, frozenset[str]]] = [(stmt, frozenset())]
        unqualified = spread_unnests(walk(stmt)) if b"unnest" in self.outcome.source.lower() else frozenset()
        known: set[type[Message]] = set()
        while waiting:
            node, ctes = waiting.pop()
            kind = type(node)
            if kind is pb.ParamRef:
                self.met.add(node.location)
                continue
            if kind in _JUDGED_WHOLE and self.is_judged(node, ctes):
                continue
            if kind not in known:
                since = NODES.get(kind_of(node))
                if since is None or since > self.snapshot.server_version_num:
                    raise Bug(f"{kind_of(node)} came out of rewriting")
                known.add(kind)
            if kind is pb.FuncCall:
                if len(node.funcname) == 1 and node.location not in unqualified:
                    raise Bug("a function call left unqualified")
                if names(node.funcname)[-1] == "current_setting" and not reads_only_built_in_settings(node):
                    raise Bug("a setting is read whose name is not known")
            self.firewall.check_node(self.outcome, node)
            inside = children(node, constants=False) if kind not in _WRITES else self.inside(node)
            if kind in _WITH_CLAUSE and node.HasField("with_clause"):
                ctes, members = self.with_clause(node.with_clause, ctes)
                waiting += members
            waiting += [(c, ctes) for c in inside if type(c) not in _NOTHING_IN_IT]

    def is_judged(self, node: Any, ctes: frozenset[str]) -> bool:
        """Whether nothing inside it need be looked at."""
        if isinstance(node, pb.RangeSubselect):
            return self.is_ours(node)
        if isinstance(node, pb.RangeVar):
            self.open_relation(node, ctes)
        elif isinstance(node, pb.IntoClause):
            self.temporary(node.rel, is_made=True)
        return True  # FOR UPDATE OF names aliases

    def inside(self, node: Any) -> list[Any]:
        """The children of a write to visit: all but its target and what RETURNING may show of that."""
        shown = self.target(node)
        found = list(children(node, but=("relation", "returning_clause")))
        if node.HasField("returning_clause"):
            found += [e.res_target for e in node.returning_clause.exprs if e.res_target.location not in shown]
        return found

    def with_clause(self, clause: Any, ctes: frozenset[str]) -> tuple[frozenset[str], list[tuple[Any, frozenset[str]]]]:
        """The names the body sees, and the members to visit with the names each of them sees."""
        inside = []
        members = [c.common_table_expr for c in clause.ctes]
        if clause.recursive:
            ctes = ctes | {m.ctename for m in members}
        for member in members:
            inside += [(child, ctes) for child in children(member)]
            ctes = ctes | {member.ctename}
        return ctes, inside

    # -- relations

    def qualified(self, node: Any) -> Relation | None:
        """The relation named, which is not closed; None for a temporary table."""
        if node.schemaname == "pg_temp":
            return None
        if not node.schemaname:
            raise Bug("a relation left unqualified")
        relation = self.snapshot.relation(node.schemaname, node.relname)
        if relation is None:
            raise Bug("an unknown relation left")
        if isinstance(self.verdict_of(relation), Closed):
            raise Bug(f"closed relation {relation.schema}.{relation.name} left")
        return relation

    def open_relation(self, node: Any, ctes: frozenset[str]) -> None:
        if node.location in self.places:
            raise Bug("something stands in the brackets of a subquery of ours")
        if not node.schemaname and node.relname in ctes:
            return
        relation = self.qualified(node)
        if relation is not None and isinstance(self.verdict_of(relation), Masked):
            raise Bug(f"protected relation {relation.schema}.{relation.name} left outside its subquery")

    def temporary(self, node: Any, *, is_made: bool) -> None:
        """A name that can only mean a temporary table: `is_made` by this statement, which may say TEMP instead of pg_temp."""
        said_temp = is_made and node.relpersistence == "t" and not node.schemaname
        if node.schemaname != "pg_temp" and not said_temp:
            raise Bug("a statement for temporary tables names another one")

    # -- writes

    def target(self, node: Any) -> frozenset[int]:
        """Judge a write by its letters. Returns the locations of the items of RETURNING that are allowed as they stand."""
        relation = self.qualified(node.relation)
        if relation is None:
            return frozenset()
        verdict = self.verdict_of(relation)
        self.writable(relation, verdict, _written(node))
        if not isinstance(verdict, Masked):
            return frozenset()
        if verdict.condition is not None:
            raise Bug("a relation with a row condition is written")
        hidden = {c.name for c in relation.columns if verdict.columns[c.attnum].how != "open"}
        if not hidden:
            return frozenset()
        texts = [text.encode() for text in self.allowed.returned.get(relation.oid, ())]
        exprs = node.returning_clause.exprs if node.HasField("returning_clause") else ()
        shown = frozenset(e.res_target.location for e in exprs if self.is_shown(e.res_target, texts))
        target_names = {node.relation.alias.aliasname or node.relation.relname, "old", "new"}
        if node.HasField("returning_clause"):
            target_names |= {o.returning_option.value for o in node.returning_clause.options}
        known = {c.name for c in relation.columns}
        for reference, in_returning in self.references(node, shown):
            fields = [f.string.sval if f.HasField("string") else "*" for f in reference.fields]
            if len(fields) == 1:
                is_closed = fields[0] in hidden or fields[0] in target_names or (fields[0] == "*" and in_returning)
            elif len(fields) > 2 and fields[-3] != relation.schema:
                is_closed = False
            else:
                is_closed = fields[-2] in target_names and (fields[-1] in hidden or fields[-1] not in known)
                is_closed = is_closed and fields[-1] not in SYSTEM_COLUMNS
            is_part = relation.kind == "p" or bool(relation.parents)
            is_closed = is_closed or (fields[-1] == "tableoid" and is_part and (len(fields) == 1 or fields[-2] in target_names))
            if is_closed:
                raise Bug("a column of a written relation that is not open is read")
        return shown

    def is_shown(self, target: Any, texts: list[bytes]) -> bool:
        return any(self.outcome.source.startswith(text, target.location) for text in texts)

    def references(self, node: Any, shown: frozenset[int]) -> Iterator[tuple[Any, bool]]:
        """Every ColumnRef that could see the target, and whether it is a whole item of RETURNING."""
        waiting: list[tuple[Any, bool]] = [(c, False) for c in children(node, but=_BLIND)]
        while waiting:
            one, is_item = waiting.pop()
            if isinstance(one, pb.ColumnRef):
                yield one, is_item
            elif isinstance(one, pb.ReturningClause):
                kept = [e.res_target for e in one.exprs if e.res_target.location not in shown]
                waiting += [(node_of(target.val), True) for target in kept]
            elif not (isinstance(one, pb.RangeSubselect) and self.is_ours(one)):
                waiting += [(c, False) for c in children(one)]

    def writable(self, relation: Relation, verdict: Verdict, written: Iterable[str] | None) -> None:
        if isinstance(verdict, Closed) or verdict.unwritable is not None:
            raise Bug("a relation is written that may not be")
        if isinstance(verdict, Masked):
            closed = {c.name for c in relation.columns if not verdict.columns[c.attnum].writable}
            if closed and (written is None or closed & set(written)):
                raise Bug("a column is written that may not be")

    # -- our own subqueries

    def is_ours(self, node: Any) -> bool:
        """Whether this subselect is one of our short ones, and nothing was added to it (as in `((SELECT …) ORDER BY …)`)."""
        query = node_of(node.subquery)
        if node.lateral or {one.name for one, _ in query.ListFields()} - _OF_A_SHORT_ONE or len(query.from_clause) != 1:
            return False
        inner = node_of(query.from_clause[0])
        if not isinstance(inner, pb.RangeVar) or inner.location not in self.places:
            return False
        self.met.add(inner.location)
        return True


_PARAMETER = re.compile(rb"\$[0-9]+")
_SHORT_HEAD = b"(SELECT FROM "
_SHORT = _SHORT_HEAD + b"x)"  # without a quote, so that it is one inside any literal, too
_OF_A_SHORT_ONE = frozenset(("from_clause", "limit_option", "op"))  # what its tree says


def _texts(snapshot: Snapshot, verdict_of: Callable[[Relation], Verdict], allowed: Allowed) -> dict[bytes, frozenset[bytes]]:
    """The allowed subqueries of masked relations and the parameters in each."""
    found = {}
    for oid, texts in allowed.subqueries.items():
        relation = snapshot.relations.get(Oid(oid))
        if relation is not None and isinstance(verdict_of(relation), Masked):
            found.update({one.encode(): _parameters_in(one, relation.schema, relation.name) for one in texts})
    return found


@lru_cache(maxsize=4096)
def _parameters_in(text: str, schema: str, name: str) -> frozenset[bytes]:
    """The parameters of an allowed subquery. Raises Bug when it is not one pair of brackets with a query of that relation."""
    head = b"SELECT FROM "
    tree = parse(head + text.encode() + b" AS x")
    tokens = [one for one in tree.tokens if len(head) <= one.start < len(head) + len(text.encode())]
    items = [node_of(one) for one in tree.stmts[0][1].from_clause] if len(tree.stmts) == 1 else []
    is_whole = tokens[0][::2] == (len(head), OPEN) and tokens[-1][1:] == (len(head) + len(text.encode()), CLOSE)
    if len(items) != 1 or not is_whole or not _is_query_of(items[0], schema, name) or tree.comments:
        raise Bug("what may stand for a relation is no subquery of it")
    return frozenset(tree.source[one.start : one.end] for one in tokens if one.kind == PARAM)


def _is_query_of(item: Any, schema: str, name: str) -> bool:
    """Whether an item of FROM is a subquery, called x, that reads one relation."""
    if not isinstance(item, pb.RangeSubselect) or item.lateral or item.alias.aliasname != "x":
        return False
    query = node_of(item.subquery)
    source = node_of(query.from_clause[0]) if len(query.from_clause) == 1 else None
    if isinstance(source, pb.RangeTableSample):
        source = node_of(source.relation)
    return isinstance(source, pb.RangeVar) and (source.schemaname, source.relname) == (schema, name)


@dataclass(frozen=True, slots=True)
class _Short:
    """A text with each allowed subquery shortened.

    It has the tokens of the long text but for the insides of these subqueries. Both texts are the same up to the first of them,
    so the scanner comes to it in one state; that it finds a bracket there, and not the middle of a literal or a comment, is
    looked at: either among the tokens (`_scanned`), or by the relation x behind it, which the tree has at its place
    (`_Verifier.met`; nothing in `(SELECT FROM ` ends a literal or a comment), as it has each parameter. A bracket is a token of
    its own, whatever stands beside it, and leaves the scanner as it was at the beginning: within the subquery it finds what it
    finds there alone (`_parameters_in`), behind it the same bytes again, and so on to the next. And the grammar takes a query
    in brackets for a query in brackets, whatever it says (select_with_parens of gram.y).
    """

    source: bytes
    starts: Mapping[int, int]  # of each bracket, in the long text by in the short one
    parameters: frozenset[bytes]  # in what is not in it any more

    @property
    def places(self) -> frozenset[int]:
        """Where the relations of the short subqueries stand."""
        return frozenset([place + len(_SHORT_HEAD) for place in self.starts])


def _shortened(after: bytes, texts: Mapping[bytes, frozenset[bytes]], refused: Collection[int]) -> _Short:
    """`after` with what stands for a relation shortened, but where that is `refused`."""
    pieces: list[bytes] = []
    starts: dict[int, int] = {}
    parameters: set[bytes] = set()
    at = length = 0
    for start, text in _occurrences(after, texts):
        if start >= at and start not in refused:
            pieces += (after[at:start], _SHORT)
            length += start - at
            starts[length] = start
            parameters |= texts[text]
            length += len(_SHORT)
            at = start + len(text)
    return _Short(b"".join([*pieces, after[at:]]), starts, frozenset(parameters))


def _scanned(after: bytes, texts: Mapping[bytes, frozenset[bytes]]) -> tuple[Statement, _Short]:
    """The text with each allowed subquery shortened that is one by its tokens, read. Raises StatementError, TooComplex."""
    refused: set[int] = set()
    while True:
        short = _shortened(after, texts, refused)
        try:
            tokens, comments = scan(short.source)
        except StatementError:
            if not short.starts:
                raise
            wrong = set(short.starts)
        else:
            wrong = short.starts.keys() - {start for start, _, kind in tokens if kind == OPEN}
        if not wrong:
            return parse_scanned(short.source, tokens, comments), short
        refused |= {short.starts[place] for place in wrong}


def _occurrences(after: bytes, texts: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """Where the texts stand in `after`, from the left; at one place the longest first."""
    found = []
    for text in texts:
        at = after.find(text)
        while at >= 0:
            found.append((at, text))
            at = after.find(text, at + len(text))
    return sorted(found, key=lambda one: (one[0], -len(one[1])))


def _written(node: Any) -> list[str] | None:
    """Names of the columns a write gives a value; None when INSERT does not name them."""
    if isinstance(node, pb.DeleteStmt):
        return []
    if isinstance(node, pb.UpdateStmt):
        return [t.res_target.name for t in node.target_list]
    if isinstance(node, pb.MergeStmt):
        found: list[str] = []
        for element in node.merge_when_clauses:
            clause = element.merge_when_clause
            if clause.command_type == pb.CMD_INSERT:
                values = [node_of(value) for value in clause.values]
                if values and not clause.target_list:
                    return None
                found += _filled(clause.target_list, [values])
            else:
                found += [t.res_target.name for t in clause.target_list]
        return found
    found = [t.res_target.name for t in node.on_conflict_clause.target_list]
    query = node_of(node.select_stmt) if node.HasField("select_stmt") else None
    if query is None:
        return found
    if not node.cols:
        return None
    rows = [[node_of(item) for item in row.list.items] for row in query.values_lists]
    return found + (_filled(node.cols, rows) if rows else [c.res_target.name for c in node.cols])


def _filled(targets: Any, rows: list[list[Any]]) -> list[str]:
    """The listed columns that some row gives more than DEFAULT."""
    return [
        target.res_target.name
        for index, target in enumerate(targets)
        if any(index >= len(row) or not isinstance(row[index], pb.SetToDefault) for row in rows)
    ]
