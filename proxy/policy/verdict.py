"""The answer to "what may this caller see of this relation", always with the rule and the reason that gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proxy.masking.mask import Mask


@dataclass(frozen=True, slots=True)
class Seal:
    """How a column is encrypted. `search` is 'none' (AES-256-GCM) or 'equality' (AES-SIV); `domain` binds the ciphertext."""

    domain: str
    search: str
    type_oid: int  # the logical type a client sees (25 = text in this slice)
    column: str  # schema.relation.column, for messages


@dataclass(frozen=True, slots=True)
class Show:
    """One column: `how` is 'open', 'masked' or 'closed'. `seal` is set when the column is encrypted at rest.

    `writable`: the caller may give it a value. Who cannot read a column may not overwrite it, unless a rule says so.
    """

    how: str
    rule: str
    reason: str
    mask: Mask | None = None
    seal: Seal | None = None
    class_name: str | None = None
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Open:
    """Every column as PostgreSQL has it. `seals` (by attnum) are opened on the way out and sealed on the way in.

    `unwritable`: None, or the reason why nothing of the relation may be written (a rule's `write: refuse`).
    """

    rule: str
    reason: str
    seals: Mapping[int, Seal] = field(default_factory=dict)
    classes: Mapping[int, str] = field(default_factory=dict)
    unwritable: str | None = None


@dataclass(frozen=True, slots=True)
class Masked:
    """Column by column (by attnum, every live column present). `condition`: a row condition in SQL, or None.

    `unwritable` as for Open.
    """

    rule: str
    reason: str
    columns: Mapping[int, Show]
    condition: str | None = None
    unwritable: str | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The relation may not be named at all."""

    rule: str
    reason: str


Verdict = Open | Masked | Closed
