"""The conversation of one client, one server and the plans between them: messages in, actions out. Pure.

The door: `Session` and the words of `actions`. Sockets, clock and log are the shell's (`proxy.server`).
"""

from proxy.session.actions import (
    Action,
    Administer,
    Authenticated,
    CancelServer,
    Close,
    ConnectServer,
    ForwardCancel,
    Identify,
    MakePlanner,
    PlanApart,
    Record,
    Reload,
    StartTls,
    Statement,
    ToClient,
    ToServer,
)
from proxy.session.admin import Table
from proxy.session.machine import Session
from proxy.session.startup import Identified, Planner, Service, TlsFacts

__all__ = [
    "Action",
    "Administer",
    "Authenticated",
    "CancelServer",
    "Close",
    "ConnectServer",
    "ForwardCancel",
    "Identified",
    "Identify",
    "MakePlanner",
    "PlanApart",
    "Planner",
    "Record",
    "Reload",
    "Service",
    "Session",
    "StartTls",
    "Statement",
    "Table",
    "TlsFacts",
    "ToClient",
    "ToServer",
]
