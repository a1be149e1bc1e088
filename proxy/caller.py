"""Who asks: the login, the role of the rules it was given, and where from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated client. `role` is a role of the rule files, not a PostgreSQL role."""

    login: str
    role: str
    database: str
    address: str
    application_name: str = ""
