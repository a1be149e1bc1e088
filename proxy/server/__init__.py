"""The sockets around the sessions. `Proxy` serves; what it is made of stands beside it:

    proxy      one loop turn: events to the log, then bytes to the sockets; the sessions' questions
    apart      planning in a process of its own
    link       one session and its two sockets: slow peers, TLS with the client, the end
    tls        TLS without sockets, the contexts and what they prove
    upstream   the way to PostgreSQL: connections, TLS, cancel requests
    logins     who may come in, and how it is proven
    databases  the catalogs, their planners, and noticing DDL done elsewhere
    metrics    what is counted, and Prometheus' text of it; reports: the tables behind SHOW
    control    questions between a worker and its supervisor; web: /metrics and /healthz
"""

from proxy.server.logins import Logins
from proxy.server.proxy import Limits, Proxy
from proxy.server.tls import ListenTls
from proxy.server.upstream import Upstream, UpstreamTls

__all__ = ["Limits", "ListenTls", "Logins", "Proxy", "Upstream", "UpstreamTls"]
