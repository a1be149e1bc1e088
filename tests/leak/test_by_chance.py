"""Conversations by chance about what a text is read by: settings that end with their transaction, and whatever ends one.

Two texts of the same bytes' kind: read in GBK and in UTF-8 they are SQL and a literal the one way, or the other way round. One that
the proxy reads otherwise than the server shows canaries. A failure prints the seed and what was sent. Before a Sync counted as an
end of what a segment had set, one conversation in ninety leaked. `MASKGATE_SOAK=1`: 2,000 conversations on every version.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import pytest

from tests.leak.conversations import B, Batch, D, E, H, P, S, q, run
from tests.leak.test_surroundings import GBK, JOINED, LOCAL, SPLIT, UTF8
from tests.leak.world import PHONE, World

IS_SOAK = bool(os.environ.get("MASKGATE_SOAK"))
LOCAL_UTF8 = b"SET LOCAL client_encoding = 'UTF8'"
SETS: list[Batch] = [
    *(shape(text) for text in (GBK, UTF8, LOCAL, LOCAL_UTF8, b"RESET client_encoding", b"RESET ALL") for shape in (run, q)),
    q(b"DISCARD ALL"),
]
MOVES: list[Batch] = [
    *(
        shape(text)
        for text in (
            *(b"BEGIN", b"COMMIT", b"ROLLBACK", b"SAVEPOINT a", b"ROLLBACK TO a", b"RELEASE a", b"COMMIT AND CHAIN"),
            *(b"SELECT 1", b"SELECT 1/0", b"SELECT nonsense(", b"CREATE ROLE x", b"SHOW client_encoding"),
            b"CREATE TEMP TABLE IF NOT EXISTS chance (a int) ON COMMIT DROP",
        )
        for shape in (run, q)
    ),
    *([[S]] * 6),
    *([P(b"", b"SELECT 2")], [P(b"s", JOINED)], [B(b"", b""), D("P", b""), E(b""), S], [B(b"", b"s"), E(b"")], [H]),
]
TEXTS: list[Batch] = [shape(text) for text in (JOINED, SPLIT) for shape in (run, q)]
END = b"the end of it"


def conversation(rng: Random) -> list[Batch]:
    """What is sent, in pieces: something is set, mostly looked at, perhaps ended, and read by."""
    said = rng.choices([*SETS, *MOVES], k=rng.randint(0, 3))
    said.append(rng.choice(SETS))
    said += [run(b"SHOW client_encoding")] * (rng.random() < 0.9)
    said += rng.choices(MOVES, k=rng.randint(0, 3))
    said += rng.choices(TEXTS, k=rng.randint(1, 2))
    said += [rng.choice(MOVES), rng.choice(TEXTS)] * (rng.random() < 0.3)
    pieces: list[Batch] = [[]]
    for batch in said:
        pieces[-1] += batch
        if rng.random() < 0.3:
            pieces.append([])
    return [*pieces, [S, *q(b"ROLLBACK"), *q(UTF8), *q(b"SELECT '" + END + b"'")]]


def received(world: World, pieces: list[Batch]) -> bytes:
    with world.through(world.analyst) as client:
        client.recorder.received.clear()
        for piece in pieces:
            client.send(*piece)
        body = b""
        while END not in body:
            _, body = client.next()
        return bytes(client.recorder.received)


@pytest.mark.parametrize("version", [15, 16, 18])
def test_settings_and_ends_by_chance(world_on: Callable[[int], World], version: int) -> None:
    world = world_on(version)
    shown = 0
    for seed in range(version * 10_000, version * 10_000 + (2_000 if IS_SOAK else 150)):
        pieces = conversation(Random(seed))
        heard = received(world, pieces)
        shown += PHONE[:3].encode() + b"*" in heard
        sent = [[one if isinstance(one, bytes) else one.to_bytes() for one in piece] for piece in pieces]
        assert not world.canaries.found_in(heard), f"seed {seed}: {sent}"
    assert shown > 20  # texts that were read as SQL, and masked
