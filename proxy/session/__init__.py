"""The conversation of one client, one server and the plans between them: messages in, actions out. Pure.

The door: `Session` and the words of `actions`. Sockets, clock and log are the shell's (`proxy.server`).
"""

from proxy.session.actions import (
    Action,
    CancelServer,
    Close,
    ConnectServer,
    FetchVerifier,
    ForwardCancel,
    MakePlanner,
    Record,
    Reload,
    Statement,
    ToClient,
    ToServer,
)
from proxy.session.machine import Session
from proxy.session.startup import Planner

__all__ = [
    "Action",
    "CancelServer",
    "Close",
    "ConnectServer",
    "FetchVerifier",
    "ForwardCancel",
    "MakePlanner",
    "Planner",
    "Record",
    "Reload",
    "Session",
    "Statement",
    "ToClient",
    "ToServer",
]
