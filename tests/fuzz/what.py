"""The two things that are fuzzed, by name: what a case of each is, how it is run, changed and made smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

NAMES = ("sql", "wire")
# What `Outcome.counted` counts.
COUNTED = {"sql": "gave a plan", "wire": "frames"}


class Mutating(Protocol):
    """Makes cases and mutants."""

    def case(self) -> bytes:
        """A fresh case."""

    def choice(self) -> bytes:
        """The leading bytes of a case."""

    def text(self, parts: list[bytes]) -> bytes:
        """A mutant of what follows them."""

    def crossed(self, parts: list[bytes]) -> list[bytes]:
        """The same with something of another case."""


@dataclass(frozen=True, slots=True)
class What:
    """`corpus` is what a guided run begins with."""

    execute: Callable[[bytes], Any]
    pieces: Callable[[bytes], Iterable[bytes]]
    mutator: Callable[[Random], Mutating]
    corpus: Callable[[], Iterable[bytes]]


def what(name: str) -> What:
    """Imports what is fuzzed only now: atheris must have its hooks in place before."""
    if name == "wire":
        from tests.fuzz import talk, wire

        return What(wire.execute, wire.pieces, talk.Talker, talk.seeds)
    from tests.fuzz import corpus, targets
    from tests.fuzz.mutate import Mutator

    def seeds() -> Iterable[bytes]:
        for number, pieces in enumerate(corpus.seeds()):
            for target in range(3):
                yield bytes((target * 2, number % 256, number % 7)) + b"".join(pieces)

    return What(targets.execute, corpus.pieces, lambda random: Mutator(random, corpus.seeds()), seeds)
