"""Rows with sealed columns: what is replaced where it stands is what taking the row apart gives."""

from __future__ import annotations

from random import Random

import pytest

from proxy.errors import BadValue, ProtocolError, Tampered
from proxy.plan import Part, Plan, SealedParam, SealedResult
from proxy.policy.verdict import Seal
from proxy.session.rows import NoKeys, RowOpener, bound, count_rows
from proxy.wire.messages import Bind, datarow, datarow_values
from tests.fakes import MarkingKeys

SEAL = Seal("cards", "equality", 25, "shop.cards.card_no")
KEYS = MarkingKeys()


def sealed(value: bytes) -> bytes:
    return KEYS.seal(value, domain="cards", search="equality")


def opened(opener: RowOpener, row: bytes) -> bytes | str:
    """The frame, or the error's name."""
    out: list[bytes] = []
    stop, error = opener.open(b"before" + row + b"behind", 6, 6 + len(row), out)
    assert stop == (6 + len(row) if error is None else 6)
    assert error is None or out == []
    return b"".join(out) if error is None else type(error).__name__


def test_one_column_is_opened_where_it_stands() -> None:
    random = Random(3)
    for _ in range(3_000):
        width = random.randrange(1, 6)
        position = random.randrange(width)
        is_binary = random.random() < 0.5
        values: list[bytes | None] = [random.choice((None, b"", random.randbytes(random.randrange(40)))) for _ in range(width)]
        plain = random.choice((None, b"", "张三 4111".encode()))
        if plain is not None:
            values[position] = sealed(plain) if is_binary else b"\\x" + sealed(plain).hex().encode()
        else:
            values[position] = None
        row = datarow(values)
        opener = RowOpener([SealedResult(position, SEAL)], [int(is_binary)], KEYS)
        shown = opened(opener, row)
        assert isinstance(shown, bytes)
        assert datarow_values(shown[5:]) == [*values[:position], plain, *values[position + 1 :]]
        assert int.from_bytes(shown[1:5], "big") == len(shown) - 1


def test_broken_rows_are_refused_as_when_they_are_taken_apart() -> None:
    random = Random(4)
    opener = RowOpener([SealedResult(1, SEAL)], [1], KEYS)
    row = datarow([b"12", sealed(b"4111"), None])
    for _ in range(3_000):
        broken = bytearray(row[: random.randrange(5, len(row) + 1)] if random.random() < 0.5 else row)
        for _ in range(random.randrange(3)):
            broken[random.randrange(5, len(broken)) if len(broken) > 5 else 0] = random.randrange(256)
        broken[1:5] = (len(broken) - 1).to_bytes(4, "big")  # a frame is whole; what it says of itself is not
        found = opened(opener, bytes(broken))
        try:
            values = datarow_values(bytes(broken)[5:])
        except ProtocolError:
            # What stands behind the column is passed on as it came; before it, nothing is.
            assert found == "ProtocolError" or isinstance(found, bytes) or found in ("Tampered", "Bug")
            if isinstance(found, bytes):
                assert b"4111" in found or len(found) <= len(broken)
            continue
        if len(values) < 2:
            assert found == "Bug"
        elif values[1] is None:
            assert found == bytes(broken)
        elif values[1].startswith(sealed(b"")):
            assert isinstance(found, bytes)
            assert datarow_values(found[5:])[1] == values[1][len(sealed(b"")) :][::-1]
        else:
            assert found == "Tampered"


def test_without_keys_nothing_is_shown() -> None:
    opener = RowOpener([SealedResult(0, SEAL)], [1], NoKeys())
    assert opened(opener, datarow([sealed(b"x")])) == "Unproven"
    assert opened(opener, datarow([None])) == datarow([None])


@pytest.mark.parametrize("results", [[SealedResult(0, SEAL), SealedResult(1, SEAL)], [SealedResult(1, SEAL)]])
def test_a_row_shorter_than_its_plan_is_a_bug(results: list[SealedResult]) -> None:
    assert opened(RowOpener(results, [1], KEYS), datarow([sealed(b"x")])) == "Bug"
    assert opened(RowOpener(results, [1], KEYS), datarow([sealed(b"x"), b"raw"])) == "Tampered"


@pytest.mark.parametrize("results", [[SealedResult(0, SEAL), SealedResult(1, SEAL)], [SealedResult(1, SEAL)]])
def test_of_neighbours_those_before_the_one_that_fails_are_shown(results: list[SealedResult]) -> None:
    good = [datarow([sealed(b"%d" % n), sealed(b"4111" * n)]) for n in range(5)]
    bad = datarow([sealed(b"x"), b"raw"])
    out: list[bytes] = []
    rows = b"".join((*good, bad, *good))
    stop, error = RowOpener(results, [1], KEYS).open(rows, 0, len(rows), out)
    assert isinstance(error, Tampered)
    assert stop == len(b"".join(good))
    alone = [opened(RowOpener(results, [1], KEYS), row) for row in good]
    assert [b"".join(out)] == [b"".join(one for one in alone if isinstance(one, bytes))]
    assert count_rows(rows, 0, stop) == (6, stop + len(bad))


@pytest.mark.parametrize(
    ("formats", "sqlstate"), [((), None), ((1,), None), ((0, 1), None), ((9,), "22023"), ((9, 0), "22023"), ((0, 0, 0), "08P01")]
)
def test_a_format_that_is_none_is_not_hidden_behind_ours(formats: tuple[int, ...], sqlstate: str | None) -> None:
    plan = Plan(b"", (Part("Select"),), params=(SealedParam(1, SEAL),))
    asked = Bind(b"", b"s", formats, (b"4111", b"7"), (1,))
    if sqlstate is not None:
        with pytest.raises(BadValue) as caught:
            bound(asked.to_bytes(), plan, KEYS)
        assert caught.value.sqlstate == sqlstate
        return
    frame, of_result = bound(asked.to_bytes(), plan, KEYS)
    sent = Bind.parse(frame[5:])
    assert sent.params == (sealed(b"4111"), b"7")
    assert sent.param_formats == (1, formats[-1] if formats else 0)
    assert of_result == (1,)
