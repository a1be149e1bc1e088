"""What analysts and their tools send succeeds, and is answered as PostgreSQL answers where nothing protected is touched.

Each block of the corpus (`corpus.py` says what a block is) runs twice as the same database role: through the proxy and directly.
A refusal is a failure; the few that are known stand in the corpus as `refused today`, and must not vanish unnoticed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.cli.embedded import EmbeddedServer
from tests.usefulness.answers import Answer, Column, difference, run
from tests.usefulness.corpus import Block, blocks, placed, read
from tests.usefulness.world import world

NOT_OPEN: frozenset[str] = frozenset()
"""What restricted callers may not say yet, as blocks' `needs` name it: those blocks wait. Empty, every block runs."""


def test_every_block_succeeds_and_is_answered_as_it_should_be(server: EmbeddedServer, tmp_path: Path) -> None:
    with world(server, tmp_path) as place:
        outcome = run(place, NOT_OPEN)
    report = "\n".join(outcome.lines())
    assert not outcome.wrong, report + "\n" + "\n".join(f"{block.name}: {said}" for block, said in outcome.wrong)
    assert sum(outcome.run.values()) >= 500, report
    # Blocks that say they touch protected values do: asked directly they show some, but for those that only count.
    assert outcome.shown_raw >= 0.9 * outcome.protected > 0


def test_the_corpus_holds_what_it_is_meant_to() -> None:
    found = blocks()
    assert len(found) > 600
    assert {block.title.split(":")[0] for block in found if block.source == "tpch"} == {str(n) for n in range(1, 23)}
    assert sum(block.refused_today != "" for block in found) == 0


TEXT = 25
IDS, NAMES = Column("id", 23, -1, (7, 1)), Column("name", TEXT, -1, (7, 2))
TWO = Answer("SELECT 2", (IDS, NAMES), ((b"1", b"a"), (b"2", None)))
PLAIN = Block("x", "y", ("SELECT 1;",), is_extended=False)
PROTECTED = Block("x", "y", ("SELECT 1;",), is_extended=False, touches_protected=True)
CLOSED = Block("x", "y", ("SELECT 1;",), is_extended=False, closed=frozenset({"name"}))


@pytest.mark.parametrize(
    ("block", "got", "says"),
    [
        (PLAIN, Answer(error="0A000 no"), "refused: 0A000 no"),
        (PLAIN, Answer("SELECT 1", (IDS, NAMES), TWO.rows[:1]), "SELECT 1, not SELECT 2"),
        (PLAIN, Answer("SELECT 2", (IDS, NAMES), ((b"1", b"a"), (b"2", b""))), "rows "),
        (PLAIN, Answer("SELECT 2", (IDS, Column("name", 1043, -1, (7, 2))), TWO.rows), "columns "),
        (PLAIN, Answer("SELECT 2", (IDS, Column("name", TEXT, -1)), TWO.rows), "origins "),
        (PLAIN, Answer("SELECT 2", (IDS, NAMES), ((b"1", "王qzx1".encode()), (b"2", None))), "a raw value: b'qzx'"),
        (PROTECTED, Answer("SELECT 2", (IDS, NAMES), ((b"1", b"13877777712"), (b"2", None))), "a raw value: b'13877777712'"),
        (PROTECTED, Answer("SELECT 1", (IDS, NAMES), TWO.rows[:1]), "SELECT 1, not SELECT 2"),
        (PROTECTED, Answer("SELECT 2", (IDS,), ((b"1",), (b"2",))), "columns "),
        (CLOSED, TWO, "a column said to be closed is not"),
        (PLAIN, Answer("SELECT 2", TWO.columns, TWO.rows, copied=b"1\n"), "COPY sent "),
    ],
)
def test_a_difference_is_seen(block: Block, got: Answer, says: str) -> None:
    assert difference(block, [got], [TWO]).startswith(says)


def test_what_must_be_equal_is() -> None:
    masked = Answer("SELECT 2", (IDS, Column("name", TEXT, -1)), ((b"1", b"*"), (b"2", None)))
    assert difference(PLAIN, [TWO], [TWO]) == ""
    assert difference(PROTECTED, [masked], [TWO]) == ""
    assert difference(CLOSED, [Answer("SELECT 2", masked.columns, ((b"1", None), (b"2", None)))], [TWO]) == ""
    assert difference(PLAIN, [TWO], [TWO, TWO]) == "1 replies, not 2"
    assert difference(PLAIN, [TWO], [Answer(error="42601 syntax")]).startswith("the corpus is wrong")


def test_a_block_is_read() -> None:
    text = '-- words\n-- protocol: extended\n\n--# one\n-- versions: 16, 18\n-- parameters: ["a", null]\nSELECT $1,\n  2;\nCOMMIT;\n'
    (block,) = read("tool", text)
    assert block.name == "tool: one"
    assert block.messages == ("SELECT $1,\n  2;", "COMMIT;")
    assert (block.versions, block.parameters, block.is_extended) == ({16, 18}, ("a", None), True)
    for wrong in ("--# no statement\n", "--# no semicolon\nSELECT 1\n"):
        with pytest.raises(ValueError, match=r"semicolon|no statement"):
            list(read("tool", wrong))
    assert placed("<class a.b>, '<login>' <> '<'", lambda kind, name: len(kind + name), {"login": "ana"}) == "8, 'ana' <> '<'"
