"""Who may write: the `write` of a role's overrides laid over what a relation shows.

Who cannot read a column may not overwrite it: a tool that saves back the masked row it was shown would destroy the data.
A rule can say otherwise, for a relation or, narrower, for a column. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proxy.catalog.snapshot import Column, Relation
from proxy.masking.types import BYTEA, oid_of
from proxy.policy.rules import RelationOverrideRule
from proxy.policy.verdict import Closed, Masked, Open, Show, Verdict


def is_writable(column: Column, show: Show, over: RelationOverrideRule | None) -> bool:
    """Whether a restricted role may give a column a value: as the override says, else when it is shown open.

    No rule opens a closed bytea column: it may be encrypted, and would take the plaintext as it is.
    """
    override = over.columns.get(column.name) if over is not None else None
    said = (override.write if override is not None else None) or (over.write if over is not None else None)
    match said:
        case "refuse":
            return False
        case "allow":
            return show.how != "closed" or oid_of(column) != BYTEA
        case _:
            return show.how == "open"


def refusal_of(over: RelationOverrideRule | None) -> str | None:
    """Why nothing of the relation may be written, or None."""
    return f"{over.rule} refuses writing it" if over is not None and over.write == "refuse" else None


def limited(verdict: Verdict, relation: Relation, overs: Sequence[RelationOverrideRule], *, may_widen: bool) -> Verdict:
    """The verdict under overrides that only say who may write. Of several the strictest counts.

    `may_widen` False: an override takes, and never gives (a view has no more to give than what it is made of).
    """
    if not overs or isinstance(verdict, Closed):
        return verdict
    unwritable = verdict.unwritable or next((said for over in overs if (said := refusal_of(over)) is not None), None)
    shows = {column.attnum: _column(verdict, column) for column in relation.columns}
    for column in relation.columns:
        show = shows[column.attnum]
        allowed = all(is_writable(column, show, over) for over in overs) and (may_widen or show.writable)
        shows[column.attnum] = replace(show, writable=allowed and unwritable is None)
    if isinstance(verdict, Masked):
        return replace(verdict, columns=shows, unwritable=unwritable)
    if unwritable is not None or all(show.writable for show in shows.values()):
        return replace(verdict, unwritable=unwritable)
    return Masked(verdict.rule, verdict.reason, shows)


def _column(verdict: Open | Masked, column: Column) -> Show:
    if isinstance(verdict, Masked):
        return verdict.columns[column.attnum]
    seal, class_name = verdict.seals.get(column.attnum), verdict.classes.get(column.attnum)
    return Show("open", verdict.rule, verdict.reason, seal=seal, class_name=class_name)
