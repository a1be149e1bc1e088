"""Runs the pairs of tests/sql/*.sql: a statement and a role, then the text that leaves, or the refusal.

In the expected text `{customers: id name}` stands for the protected subquery of shop.customers with these columns reached
(`*` for all), `{payment_cards: id card_no +card_no}` with card_no's ciphertext handed out, `{only customers: id}` with ONLY.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.errors import ProxyError
from proxy.plan import Miss, Plan
from proxy.policy.verdict import Masked
from proxy.sql.build import protected_subquery
from tests import world

FOLDER = Path(__file__).parents[2] / "sql"


def _pairs() -> list[object]:
    found: list[object] = []
    for file in sorted(FOLDER.glob("*.sql")):
        for block in re.split(r"\n{2,}(?=-- )", file.read_text().strip()):
            title = block.splitlines()[0].removeprefix("-- ")
            found.append(pytest.param(block, id=f"{file.stem}: {title}"))
    return found


def _expanded(text: str) -> str:
    def put(match: re.Match[str]) -> str:
        only, name, columns = match.group(1), match.group(2), match.group(3).split()
        relation = {"customers": world.CUSTOMERS, "payment_cards": world.PAYMENT_CARDS}[name]
        verdict = world.ANALYST[int(relation.oid)]
        assert isinstance(verdict, Masked)
        handed = [relation.column(c[1:]) for c in columns if c.startswith("+")]
        reached = None if "*" in columns else frozenset(c for c in columns if not c.startswith("+"))
        sealed_out = frozenset(c.attnum for c in handed if c is not None)
        return protected_subquery(relation, verdict, reached, only=bool(only), sealed_out=sealed_out)

    return re.sub(r"\{(only )?(\w+): ([^}]*)\}", put, text)


def _ciphertexts(text: str) -> str:
    """`SEALED(cards, 4111)` stands for the constant's ciphertext."""

    def put(match: re.Match[str]) -> str:
        seal = {"cards": world.CARDS, "notes": world.NOTES}[match.group(1)]
        return f"'\\x{world.seal_text(seal, match.group(2).encode()).hex()}'::pg_catalog.bytea"

    return re.sub(r"SEALED\((\w+), ([^)]*)\)", put, text)


@pytest.mark.parametrize("block", _pairs())
def test_pair(block: str) -> None:
    lines = block.splitlines()[1:]
    words: dict[str, str] = {}
    while lines and lines[0].startswith("-- ") and ":" in lines[0]:
        key, _, value = lines.pop(0).removeprefix("-- ").partition(":")
        words[key] = value.strip()
    body = "\n".join(lines)
    statement, _, expected = body.partition("\n-- becomes\n")
    planner = world.planner(words["role"], int(words.get("server", "180004")))
    in_prepare = "prepared" in words
    path = tuple(words["path"].split()) if "path" in words else world.PATH
    if "refuses" in words:
        sqlstate, _, said = words["refuses"].partition(" ")
        with pytest.raises(ProxyError) as caught:
            outcome = planner.plan(statement, path=path, in_prepare=in_prepare)
            if isinstance(outcome, Miss):
                planner.plan(statement, path=path, in_prepare=in_prepare, after_miss=True)
        assert (caught.value.sqlstate, said) == (sqlstate, said if said in caught.value.message else caught.value.message)
        return
    plan = planner.plan(statement, path=path, in_prepare=in_prepare)
    assert isinstance(plan, Plan)
    want = _ciphertexts(_expanded(expected.strip())) if expected else statement
    assert plan.text.decode() == want
    opened = " ".join(f"{r.position}={r.seal.domain}{'/masked' if r.mask else ''}" for r in plan.parts[0].results)
    assert opened == words.get("opens", "")
    assert " ".join(f"${p.number}={p.seal.domain}" for p in plan.params) == words.get("seals", "")
