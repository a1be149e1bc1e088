"""Prepared statements and cursors that SQL itself makes and uses: PREPARE, EXECUTE, DEALLOCATE, DECLARE, FETCH, CLOSE, DISCARD.

SQL and the protocol share the names (PostgreSQL 18, 54.2.3), so both are kept in the ledger's two tables. EXECUTE and FETCH
show rows that another statement was planned for: its plan says how, and must still hold. A name nobody made here is refused
to restricted callers, since only what we planned may run under it; for others it passes.
"""

from __future__ import annotations

from dataclasses import replace

from proxy.errors import StatementError, Unproven
from proxy.plan import Naming as Words
from proxy.plan import Part, Plan
from proxy.session.ledger import Ledger
from proxy.session.naming import Hold, Naming
from proxy.session.slots import Named, Portal, Prepared, Slot, Unsure

# What PREPARE takes. The protocol prepares more, but what a utility statement does to names is followed as it is sent.
_ROWS = frozenset(("Select", "Insert", "Update", "Delete", "Merge"))


class SqlNames:
    """Looks names up before a text leaves, notes what it will do to them, and settles that as its statements end."""

    def __init__(self, ledger: Ledger, naming: Naming) -> None:
        self._ledger, self._naming = ledger, naming

    def resolved(self, plan: Plan, text: str, portal: Portal | None = None) -> tuple[Plan, tuple[Named, ...]]:
        """The plan with what stands behind the names it uses, and what it will do to names. `portal`: in which it runs.

        Raises Hold, StatementError (26000, 34000) for an unknown name, Unproven for what cannot run by SQL.
        """
        if self._naming.is_glass or all(part.naming is None for part in plan.parts):
            return plan, ()
        effects: list[Named] = []
        parts: list[Part] = []
        plans: list[Plan] = []
        for number, part in enumerate(plan.parts):
            words = part.naming
            if words is None:
                parts.append(part)
            elif words.action in ("execute", "fetch"):
                found = self._meant(words, effects, None if portal is None else portal.meant)
                meant = found.prepared if isinstance(found, Portal) else found
                if meant is None:
                    parts.append(part)
                    continue
                parts.append(_as_meant(part, meant))
                plans.append(meant.plan)
                effects.append(Named(number, isinstance(found, Portal), (words.name or "").encode(), found, is_use=True))
            else:
                parts.append(part)
                effects += self._effects(words, number, plan, text)
        if plans:
            plan = replace(
                plan,
                parts=tuple(parts),
                masked_origins=plan.masked_origins.union(*(one.masked_origins for one in plans)),
                sealed_origins=plan.sealed_origins.union(*(one.sealed_origins for one in plans)),
                hides_messages=plan.hides_messages or any(part.hides_messages for part in parts),
                verdict="masked" if "masked" in {plan.verdict, *(one.verdict for one in plans)} else plan.verdict,
            )
        return plan, tuple(effects)

    def _effects(self, words: Words, number: int, plan: Plan, text: str) -> list[Named]:
        name = None if words.name is None else words.name.encode()
        naming = self._naming
        made = Prepared(
            plan, text, (), naming.path, naming.temporary, naming.planner, is_sql=True, number=number
        )
        match words.action:
            case "prepare":
                return [Named(number, False, name, made)]
            case "declare":
                return [Named(number, True, name, Portal(made, is_held=words.is_held))]
            case "deallocate":
                return [Named(number, False, name, None)]
            case "close":
                return [Named(number, True, name, None)]
        return [Named(number, False, None, None), Named(number, True, None, None)]

    def _meant(self, words: Words, effects: list[Named], ran: Prepared | Portal | None) -> Prepared | Portal | None:
        name = (words.name or "").encode()
        is_portal = words.action == "fetch"
        found = ran
        if found is None:
            for one in reversed(effects):  # an earlier statement of the same text decides
                if one.is_portal == is_portal and one.name in (None, name) and not one.is_use:
                    found = one.value
                    break
            else:
                found = self._find(name, is_portal=is_portal)
        prepared = found.prepared if isinstance(found, Portal) else found
        if prepared is None:
            if self._naming.planner is not None and self._naming.planner.restricted:
                what, sqlstate = ("cursor", "34000") if is_portal else ("prepared statement", "26000")
                raise StatementError(f'{what} "{words.name}" does not exist', sqlstate=sqlstate)
            return None
        if words.action == "execute" and not prepared.is_sql and prepared.part.command not in _ROWS:
            raise Unproven(
                f'prepared statement "{words.name}" is no query: EXECUTE runs queries only here',
                hint="Run it by Bind and Execute, or send it as a statement of its own.",
            )
        if is_portal and prepared.part.naming is not None and prepared.part.naming.action in ("execute", "fetch"):
            raise Unproven(f'the portal "{words.name}" runs EXECUTE or FETCH itself: it cannot be fetched from by SQL')
        self._naming.refresh(prepared)
        if prepared.plan.params and not is_portal:
            raise Unproven(
                f'prepared statement "{words.name}" works with encrypted columns: run it by Bind and Execute, not by EXECUTE'
            )
        return found

    def _find(self, name: bytes, *, is_portal: bool) -> Prepared | Portal | None:
        ledger = self._ledger
        try:
            return ledger.find_portal(name) if is_portal else ledger.statements.find(name, ledger.segment)
        except Unsure:
            self._ledger.nudge()
            raise Hold from None

    def send(self, slot: Slot, effects: tuple[Named, ...]) -> None:
        """The text leaves: from now on its names are doubtful."""
        slot.named = effects
        for one in effects:
            if one.name is None or one.is_use:
                continue  # everything waits while such a text is on its way (Plan.may_change_names)
            segment = self._ledger.segment
            if one.is_portal:
                self._ledger.portals.put(one.name, one.value if isinstance(one.value, Portal) else None, slot, segment)
            else:
                self._ledger.statements.put(one.name, one.value if isinstance(one.value, Prepared) else None, slot, segment)

    def part_done(self, slot: Slot) -> None:
        """The statement at hand of the slot's text succeeded."""
        for one in slot.named:
            if one.number != slot.part_number or one.is_use:
                continue
            if one.name is None:
                (self._ledger.portals if one.is_portal else self._ledger.statements).clear()
            elif one.is_portal:
                self._ledger.portals.confirm(one.name, one.value if isinstance(one.value, Portal) else None, slot)
            else:
                self._ledger.statements.confirm(one.name, one.value if isinstance(one.value, Prepared) else None, slot)

    def ended(self, slot: Slot) -> None:
        """The text is through: what did not happen is forgotten."""
        for one in slot.named:
            if one.name is not None and not one.is_use:
                (self._ledger.portals if one.is_portal else self._ledger.statements).forget(one.name, slot)


def _as_meant(part: Part, prepared: Prepared) -> Part:
    """EXECUTE or FETCH with the rows of what stands behind the name."""
    meant = prepared.part
    if meant.results and part.command not in ("Execute", "Fetch", "Explain"):
        raise Unproven(f"encrypted columns of {meant.results[0].seal.column} cannot be kept in a table")
    is_explained = part.command == "Explain"
    if is_explained:
        meant.check_explained(measures=part.measures)
    return replace(
        part,
        results=() if is_explained or not part.gives_rows else meant.results,
        row_limit=meant.row_limit,
        uses=meant.uses,
        gives_rows=part.gives_rows and (is_explained or meant.gives_rows),
        writes=part.writes or meant.writes,
        hides_messages=part.hides_messages or meant.hides_messages,
    )
