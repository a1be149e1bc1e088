"""The last, smallest judge: reads the outgoing text with the real grammar and proves it, trusting nothing that wrote it.

Proves that at every protected relation the text is exactly one of the subqueries the decision allows, that every other
relation is qualified and open, that every function call is qualified and listed, and that the parameters are the ones that
came in. A failure is a `Bug`: the statement does not leave. It shares the grammar and the lists with the others, not a line
of their reasoning about names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Relation, Snapshot
from proxy.errors import Bug
from proxy.policy.verdict import Closed, Masked, Verdict
from proxy.sql.firewall import NODES, Firewall
from proxy.sql.parse import Statement, children, kind_of, node_of, parse, scan, walk


def verify(
    before: Statement,
    after: bytes,
    firewall: Firewall,
    verdict_of: Callable[[Relation], Verdict],
    subqueries: Mapping[int, Iterable[str]],
) -> None:
    """Raises Bug when `after` is not proven. Shapes as in `rewrite`."""
    outcome = parse(after)
    if [k for k, _ in outcome.stmts] != [k for k, _ in before.stmts]:
        raise Bug("the rewritten text is not the same statements")
    if _parameters(outcome) != _parameters(before):
        raise Bug("the rewritten text has other parameters")
    for kind, stmt in outcome.stmts:
        if kind != "Select":  # transaction control and the like: judged by kind, they name no relation
            if any(isinstance(n, pb.RangeVar) for n in walk(stmt)):
                raise Bug(f"{kind} with a relation came out of rewriting")
            continue
        _Verifier(outcome, firewall, verdict_of, subqueries).run(stmt)


def _parameters(statement: Statement) -> set[int]:
    return {n.number for _, stmt in statement.stmts for n in walk(stmt) if isinstance(n, pb.ParamRef)}


class _Verifier:
    def __init__(
        self,
        outcome: Statement,
        firewall: Firewall,
        verdict_of: Callable[[Relation], Verdict],
        subqueries: Mapping[int, Iterable[str]],
    ) -> None:
        self.outcome = outcome
        self.firewall = firewall
        self.snapshot: Snapshot = firewall.snapshot
        self.verdict_of = verdict_of
        self.subqueries = subqueries

    def run(self, stmt: Message) -> None:
        waiting: list[tuple[Any, frozenset[str]]] = [(stmt, frozenset())]
        while waiting:
            node, ctes = waiting.pop()
            if isinstance(node, pb.LockingClause):  # FOR UPDATE OF names aliases
                continue
            if isinstance(node, pb.RangeSubselect) and self.is_ours(node):
                continue
            if isinstance(node, pb.RangeVar):
                self.open_relation(node, ctes)
                continue
            since = NODES.get(kind_of(node))
            if since is None or since > self.snapshot.server_version_num:
                raise Bug(f"{kind_of(node)} came out of rewriting")
            if isinstance(node, pb.FuncCall) and len(node.funcname) == 1:
                raise Bug("a function call left unqualified")
            self.firewall.check_node(self.outcome, node)
            if isinstance(node, pb.SelectStmt) and node.HasField("with_clause"):
                ctes, inside = self.with_clause(node.with_clause, ctes)
                waiting += inside
                waiting += [(c, ctes) for c in children(node) if not isinstance(c, pb.WithClause)]
            else:
                waiting += [(c, ctes) for c in children(node)]

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

    def open_relation(self, node: Any, ctes: frozenset[str]) -> None:
        if not node.schemaname:
            if node.relname in ctes:
                return
            raise Bug("a relation left unqualified")
        relation = self.snapshot.relation(node.schemaname, node.relname)
        if relation is None:
            raise Bug("an unknown relation left")
        if isinstance(self.verdict_of(relation), (Masked, Closed)):
            raise Bug(f"protected relation {relation.schema}.{relation.name} left outside its subquery")

    def is_ours(self, node: Any) -> bool:
        """Whether this subselect is, token by token, one of the allowed subqueries."""
        query = node_of(node.subquery)
        if node.lateral or len(query.from_clause) != 1:
            return False
        inner = node_of(query.from_clause[0])
        if isinstance(inner, pb.RangeTableSample):
            inner = node_of(inner.relation)
        if not isinstance(inner, pb.RangeVar) or not inner.schemaname:
            return False
        relation = self.snapshot.relation(inner.schemaname, inner.relname)
        if relation is None or not isinstance(self.verdict_of(relation), Masked):
            return False
        return any(self.stands_at(text.encode(), inner) for text in self.subqueries.get(relation.oid, ()))

    def stands_at(self, text: bytes, inner: Any) -> bool:
        tokens, comments = scan(text)
        if comments:
            return False
        source = parse(b"SELECT FROM " + text + b" AS x")
        mine = node_of(node_of(node_of(source.stmts[0][1].from_clause[0]).subquery).from_clause[0])
        if isinstance(mine, pb.RangeTableSample):
            mine = node_of(mine.relation)
        start = inner.location - (mine.location - len(b"SELECT FROM "))
        if start < 0 or self.outcome.source[start : start + len(text)] != text:
            return False
        first = self.outcome.token_at(start)
        there = self.outcome.tokens[first : first + len(tokens)]
        return [(t.start - start, t.end - start, t.kind) for t in there] == [(t.start, t.end, t.kind) for t in tokens]
