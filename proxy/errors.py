"""Every error that can reach a client, with its SQLSTATE.

Raise where the fact is known; `session` (towards a client) and `cli` (towards a terminal) catch. A message names the rule
and what to do instead, never a protected value. SQLSTATEs are PostgreSQL's (PostgreSQL 18, Appendix A).
"""

from __future__ import annotations


class ProxyError(Exception):
    """An answer for the client: SQLSTATE, message, hint; `fatal` ends the session as PostgreSQL's FATAL does.

    `position` is a 0-based character offset into the client's own statement text, or None.
    """

    default_sqlstate = "XX000"
    fatal = False
    routine = ""  # PostgreSQL's own function, where drivers look at it

    def __init__(
        self, message: str, *, hint: str | None = None, sqlstate: str | None = None, position: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.sqlstate = sqlstate or self.default_sqlstate
        self.position = position


class ProtocolError(ProxyError):
    """The peer broke the protocol."""

    default_sqlstate = "08P01"
    fatal = True


class NoStartup(ProtocolError):
    """What a client sent first is no start-up packet at all. As in PostgreSQL the log hears of it, the client does not."""


class AuthError(ProxyError):
    """We do not know, or do not believe, who asks (28P01 wrong password, 28000 not let in)."""

    default_sqlstate = "28P01"
    fatal = True


class Refusal(ProxyError):
    """Policy closed it; the hint names the rule."""

    default_sqlstate = "42501"


class Unproven(ProxyError):
    """A node, name or place not proven harmless for this caller."""

    default_sqlstate = "0A000"


class Stale(Unproven):
    """What was prepared would be another statement now. Drivers that prepare by themselves know PostgreSQL's own error of this
    kind by its routine, and prepare again (pgJDBC, asyncpg)."""

    routine = "RevalidateCachedQuery"


class StatementError(ProxyError):
    """What PostgreSQL's own grammar or name lookup says of the statement (42601, 42P01, 42703 …)."""

    default_sqlstate = "42601"


class TooComplex(ProxyError):
    """A size or depth limit, checked before parsing."""

    default_sqlstate = "54001"


class BudgetSpent(ProxyError):
    """The export guard stopped the statement."""

    default_sqlstate = "53400"


class BadValue(ProxyError):
    """A parameter or literal cannot be encrypted as its column's type."""

    default_sqlstate = "22023"


class Tampered(ProxyError):
    """Ciphertext fails authentication: never passed raw, never skipped."""

    default_sqlstate = "XX001"


class Unavailable(ProxyError):
    """Something we need is not there: catalog or server (57P03, 08006), query log (58030), key provider (58000)."""

    default_sqlstate = "57P03"


class Bug(ProxyError):
    """An invariant broke: refuse, record, tell the operator."""

    default_sqlstate = "XX000"
    fatal = True


def place_of(error: BaseException) -> str:
    """File and line where it was raised; never its text, which could hold SQL or values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
