"""What one process shows of itself in the proxy's own database: the tables behind SHOW. No statement text, no values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from proxy.server.metrics import Counts
from proxy.session import Table
from proxy.session.admin import SHOWS

if TYPE_CHECKING:
    from proxy.server.proxy import Proxy

Rows = Iterable[tuple[str | int | None, ...]]

_HELP = (
    ("SHOW CLIENTS", "sessions: who, from where, doing what"),
    ("SHOW SERVERS", "connections to PostgreSQL, with the process at the other end"),
    ("SHOW STATS", "statements, rows and bytes since the start, by role"),
    ("SHOW RULES", "the roles of the rules in force"),
    ("SHOW CACHES", "catalogs and plans in memory"),
    ("RELOAD", "proxy.yaml, rules, logins and certificates anew; a mistake changes nothing"),
    ("DRAIN", "stop as on SIGTERM: what runs may end first"),
    ("KILL 'session'", "end one session (57P01)"),
)


def table(proxy: Proxy, what: str, counts: Counts, version: str) -> Table:
    """One table of SHOW, as this process knows it."""
    make: dict[str, Callable[[], tuple[tuple[str, ...], Rows]]] = {
        "clients": lambda: (_CLIENTS, _clients(proxy)),
        "servers": lambda: (_SERVERS, _servers(proxy)),
        "stats": lambda: (_STATS, _stats(counts)),
        "rules": lambda: (_RULES, _rules(proxy)),
        "caches": lambda: (_CACHES, proxy.databases.report()),
        "version": lambda: (("version",), [(version,)]),
        "help": lambda: (("command", "what"), _HELP),
    }
    assert len(make) == len(SHOWS)  # noqa: S101
    columns, rows = make[what]()
    return Table(columns, tuple(rows))


_CLIENTS = ("session", "login", "role", "database", "address", "application", "tls", "state", "connected_s", "idle_s")


def _clients(proxy: Proxy) -> Rows:
    now = proxy.now()
    for link in proxy.links:
        who = link.session.who
        yield (
            str(who["session"]), str(who["login"]), str(who["role"]), str(who["database"]), link.address,
            str(who["application"]), "yes" if link.is_tls else "no", link.session.state, round(now - link.connected_at),
            round(now - link.active_at),
        )  # fmt: skip


_SERVERS = ("session", "server_pid", "host", "port", "tls", "state")


def _servers(proxy: Proxy) -> Rows:
    for link in proxy.links:
        if link.server is not None:
            who, upstream = link.session.who, proxy.upstream
            pid = who["server_pid"]
            tls = "yes" if link.is_server_tls else "no"
            state = link.session.state
            yield str(who["session"]), pid if isinstance(pid, int) else 0, upstream.host, upstream.port, tls, state


_STATS = ("role", "sessions", "statements", "refused", "stopped", "rows", "bytes", "sensitive_cells")


def _stats(counts: Counts) -> Rows:
    found: dict[str, Counter[str]] = {}

    def of(role: str) -> Counter[str]:
        return found.setdefault(role, Counter())

    for key, (amount, *_) in counts["maskgate_statements_total"].items():
        role, verdict = key.split("\0")
        of(role)["refused" if verdict == "refused" else "statements"] += int(amount)
    for name, column in (
        ("maskgate_sessions", "sessions"), ("maskgate_export_stops_total", "stopped"), ("maskgate_rows_total", "rows"),
        ("maskgate_bytes_total", "bytes"), ("maskgate_sensitive_cells_total", "sensitive_cells"),
    ):  # fmt: skip
        for role, (amount, *_) in counts[name].items():
            of(role)[column] += int(amount)
    for role in sorted(found):
        yield (role, *(found[role][column] for column in _STATS[1:]))


_RULES = ("role", "logins", "restricted", "service", "rule", "version")


def _rules(proxy: Proxy) -> Rows:
    return proxy.logins.roles


_CACHES = ("database", "snapshot", "relations", "sessions", "planners", "plans")
