"""Runs the pairs of tests/sql/*.sql: a statement and a role, then the text that leaves, or the refusal.

In the expected text `{customers: id name}` stands for the protected subquery of shop.customers with these columns reached
(`*` for all), `{payment_cards: id card_no +card_no}` with card_no's ciphertext handed out, `{only customers: id}` with ONLY,
`{customers: * &c}` with a column `c` that holds the row, `{customers: %ctid}` with a system column;
`{c.name of customers}` for an item of RETURNING (`{c.* of customers}` for all of them, `{c.name of customers as n}` under
another name), `SEALED(cards, 4111)` for a constant's ciphertext. Words before the statement: `role`, `server`, `path`,
`prepared`, `temporary` (tables of the session), `refuses`; and what the plan must say besides its text, '' when left out:
`opens`, `seals`, `names` (what it does to prepared statements and cursors), `makes` (temporary tables), `notices`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.catalog.snapshot import Relation
from proxy.errors import ProxyError
from proxy.plan import Miss, Part, Plan
from proxy.policy.verdict import Masked
from proxy.sql.build import protected_subquery, quoted, returned, row_column, system_column
from tests import world

FOLDER = Path(__file__).parents[2] / "sql"
WORDS = {
    "role", "server", "path", "prepared", "temporary", "refuses", "opens", "seals", "names", "makes", "notices",
}  # fmt: skip


def _pairs() -> list[object]:
    found: list[object] = []
    for file in sorted(FOLDER.glob("*.sql")):
        for block in re.split(r"\n{2,}(?=-- )", file.read_text().strip()):
            title = block.splitlines()[0].removeprefix("-- ")
            found.append(pytest.param(block, id=f"{file.stem}: {title}"))
    return found


def _expanded(text: str, role: str) -> str:
    def masked(name: str) -> tuple[Relation, Masked]:
        relation = {r.name: r for r in (world.CUSTOMERS, world.PAYMENT_CARDS, world.PRICES)}[name]
        verdict = world.JUDGES[role].verdicts[int(relation.oid)]
        assert isinstance(verdict, Masked)
        return relation, verdict

    def subquery(match: re.Match[str]) -> str:
        only, name, columns = match.group(1), match.group(2), match.group(3).split()
        relation, verdict = masked(name)
        handed = [relation.column(c[1:]) for c in columns if c.startswith("+")]
        extras = [row_column(relation, verdict, c[1:]) for c in columns if c.startswith("&")]
        extras += [system_column(relation, c[1:]) for c in columns if c.startswith("%")]
        reached = None if "*" in columns else frozenset(c for c in columns if c[0] not in "+&%")
        sealed_out = frozenset(c.attnum for c in handed if c is not None)
        return protected_subquery(relation, verdict, reached, only=bool(only), sealed_out=sealed_out, extras=extras)

    def items(match: re.Match[str]) -> str:
        qualifier, column, name, alias = match.groups()
        relation, verdict = masked(name)
        wanted = [c for c in relation.columns if column in ("*", c.name)]
        assert wanted
        return ", ".join(returned(quoted(qualifier), c, verdict, alias or c.name) for c in wanted)

    text = re.sub(r"\{(only )?(\w+): ([^}]*)\}", subquery, text)
    return re.sub(r"\{(\w+)\.(\w+|\*) of (\w+)(?: as (\w+))?\}", items, text)


def _ciphertexts(text: str) -> str:
    """`SEALED(cards, 4111)` stands for the constant's ciphertext."""

    def put(match: re.Match[str]) -> str:
        seal = {"cards": world.CARDS, "notes": world.NOTES}[match.group(1)]
        return f"'\\x{world.seal_text(seal, match.group(2).encode()).hex()}'::pg_catalog.bytea"

    return re.sub(r"SEALED\((\w+), ([^)]*)\)", put, text)


def _names(part: Part) -> str:
    return "" if part.naming is None else f"{part.naming.action} {part.naming.name or 'all'}"


def _opened(part: Part) -> str:
    """By the statement itself, or later under the name it gives."""
    named = part.naming.part.results if part.naming is not None and part.naming.part is not None else ()
    return " ".join(f"{r.position}={r.seal.domain}{'/masked' if r.mask else ''}" for r in (*part.results, *named))


@pytest.mark.parametrize("block", _pairs())
def test_pair(block: str) -> None:
    lines = block.splitlines()[1:]
    words: dict[str, str] = {}
    while lines and lines[0].startswith("-- ") and ":" in lines[0]:
        key, _, value = lines.pop(0).removeprefix("-- ").partition(":")
        words[key] = value.strip()
    assert words.keys() <= WORDS
    body = "\n".join(lines)
    statement, _, expected = body.partition("\n-- becomes\n")
    planner = world.planner(words["role"], int(words.get("server", "180004")))

    def plan() -> Plan:
        made: Plan | Miss | None = None
        for after_miss in (False, True):
            made = planner.plan(
                statement,
                path=tuple(words["path"].split()) if "path" in words else world.PATH,
                in_prepare="prepared" in words,
                after_miss=after_miss,
                temporary=frozenset(words.get("temporary", "").split()),
            )
            if isinstance(made, Plan):
                return made
        raise AssertionError(made)

    if "refuses" in words:
        assert not expected
        sqlstate, _, said = words["refuses"].partition(" ")
        with pytest.raises(ProxyError) as caught:
            plan()
        assert (caught.value.sqlstate, said) == (sqlstate, said if said in caught.value.message else caught.value.message)
        return
    made = plan()
    want = _ciphertexts(_expanded(expected.strip(), words["role"])) if expected else statement
    assert made.text.decode() == want
    seen = {
        "opens": _opened(made.parts[0]),
        "seals": " ".join(f"${p.number}={p.seal.domain}" for p in made.params),
        "names": ", ".join(filter(None, map(_names, made.parts))),
        "makes": " ".join(name for part in made.parts for name in part.makes_temporary),
        "notices": "; ".join(made.notices),
    }
    assert seen == {word: words.get(word, "") for word in seen}
