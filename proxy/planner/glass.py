"""Callers who get PostgreSQL as it is, byte for byte: their statements are read only for the log and for what they change."""

from __future__ import annotations

from proxy.errors import ProxyError
from proxy.plan import Part, Plan
from proxy.planner.planning import CHANGES_PATH, NO_CATALOG_CHANGE, Made, Planning, copy_form, gives_rows, writes
from proxy.sql import parse as sql_parse
from proxy.sql.scopes import relations_named


class Glass(Planning):
    """Never refuses: what cannot be read is the server's to judge."""

    def plan(self) -> Made:
        try:
            statement = sql_parse.parse(self.source)
        except ProxyError:
            return self.unread(keep=True)
        parts, moves, changes, ends = [], False, False, False
        for kind, stmt in statement.stmts:
            uses = tuple(self.spoken(r) for r in dict.fromkeys(relations_named(stmt, self.snapshot, self.path)))
            parts.append(
                Part(
                    kind,
                    uses=uses,
                    copy=copy_form(kind, stmt),
                    row_limit=self.judge.row_limit,
                    gives_rows=gives_rows(kind, stmt),
                    writes=writes(kind, stmt),
                )
            )
            moves = moves or kind in CHANGES_PATH
            changes = changes or kind not in NO_CATALOG_CHANGE
            ends = ends or kind == "Transaction"
        plan = Plan(
            text=self.source,
            parts=tuple(parts),
            log_text=self.log_text(statement, parts),
            fingerprint=sql_parse.fingerprint(self.source, statement.tokens),
            may_change_path=moves,
            may_change_catalog=changes,
            ends_transaction=ends,
        )
        return self.made(plan, statement, keep=True)
