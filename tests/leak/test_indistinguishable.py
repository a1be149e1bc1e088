"""Indistinguishability: a right and a wrong guess about a protected value get the same bytes.

Without the proxy each pair of `oracle_pairs` is told apart, else it proves nothing and says why it is kept. Two statements refused
alike count as identical; how many pairs are answered is asserted too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from proxy.cli.embedded import installations
from proxy.wire import messages as m
from tests.leak.oracle_answer import REFUSALS
from tests.leak.oracle_pairs import OTHERS, PAIRS, READS, Pair
from tests.leak.oracle_talk import Batch, Frame, converse, first_difference, natural, q
from tests.leak.oracle_world import OracleWorld
from tests.leak.world import Client

VERSIONS = sorted(installations())


def batches(pair: Pair, guess: str) -> list[Batch]:
    """The conversation with that guess, in a transaction that is rolled back."""
    made: list[Batch] = []
    for step in pair.steps:
        if "$1" in step and pair.how != "simple":
            given = 1 if pair.how == "binary" else 0
            oids = (pair.type_oid,) if pair.type_oid else ()
            made.append(
                [
                    *(m.Parse(b"", step.encode(), oids), m.Describe("S", b""), m.Bind(b"", b"", (given,), (guess.encode(),), (given,))),
                    *(m.Execute(b""), m.Sync()),
                ]
            )
        else:
            made += q(step.format(g=guess).encode())
    return [*q(b"BEGIN"), *made, *q(b"ROLLBACK", b"DEALLOCATE ALL")]


class Sessions:
    """Idle sessions of the analyst, kept for the next pair; one that was lost is opened anew."""

    def __init__(self) -> None:
        self._idle: dict[tuple[int, str], Client] = {}

    def close(self) -> None:
        for client in self._idle.values():
            client.socket.close()

    def answer(self, world: OracleWorld, side: str, pair: Pair, guess: str) -> list[Frame]:
        """What was said, without the number of the event and without the guess where it is repeated."""
        key = (world.version, side)
        client = self._idle.pop(key, None) or getattr(world, side)(world.analyst)
        frames = natural(converse(client, batches(pair, guess)))
        if frames[-1] == ("Z", b"I"):
            self._idle[key] = client
        else:
            client.socket.close()
        frames = [(kind, re.sub(rb"Event [0-9a-f]+-\d+", b"Event", body)) for kind, body in frames]
        if len(guess) < 3:  # a number of a row, which stands anywhere
            return frames
        return [(kind, body.replace(guess.encode(), b"<guess>")) for kind, body in frames]

    def both(self, world: OracleWorld, side: str, pair: Pair) -> tuple[list[Frame], list[Frame]]:
        """(answer to the right guess, to the wrong one)."""
        right, wrong = pair.guesses
        return self.answer(world, side, pair, right), self.answer(world, side, pair, wrong)


@pytest.fixture(scope="module")
def sessions() -> Iterator[Sessions]:
    made = Sessions()
    yield made
    made.close()


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.title for pair in PAIRS])
def test_right_and_wrong_guesses_get_one_answer(oracle_on: Callable[[int], OracleWorld], sessions: Sessions, pair: Pair) -> None:
    assert len({len(guess.encode()) for guess in pair.guesses}) == 1
    for version in VERSIONS:
        if version < pair.versions:
            continue
        world = oracle_on(version)
        right, wrong = sessions.both(world, "direct", pair)
        told = first_difference(right, wrong) if right != wrong else "the same"
        assert (right != wrong) != bool(pair.silent), f"without the proxy: {told}"
        right, wrong = sessions.both(world, "through", pair)
        assert right[-1] != ("end", b"")
        assert right == wrong, f"PostgreSQL {version}: {first_difference(right, wrong)}"


def test_they_are_answered(oracle_on: Callable[[int], OracleWorld], sessions: Sessions) -> None:
    """Refusing everything would pass too. Of the reads only those of an encrypted column shown masked are refused; of the others
    those that read a masked column of their target, write one, or are no statement for restricted callers.
    """
    world = oracle_on(VERSIONS[-1])
    refused = set()
    for pair in PAIRS:
        for kind, body in sessions.answer(world, "through", pair, pair.guesses[1]):
            if kind == "E" and m.ErrorResponse.parse(body).sqlstate in REFUSALS:
                refused.add(pair)
    cards = {pair for pair in READS if "card_no" in pair.steps[0] and pair.title != "the holder of a card"}
    assert refused & set(READS) == cards
    assert len(set(OTHERS) - refused) >= 47
