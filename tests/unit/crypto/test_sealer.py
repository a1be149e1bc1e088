import copy
import os
import pickle

import pytest

from proxy.crypto import Keyring, Sealer
from proxy.errors import Tampered, Unavailable

OLD, NEW, OWN = (bytes([n]) * 32 for n in (1, 2, 3))
COLUMN = "shop.cards.no"


def sealer(ring: Keyring) -> Sealer:
    return Sealer(ring, os.urandom)


def test_equality_is_deterministic_and_none_is_not() -> None:
    one, two = sealer(Keyring({1: OLD}, current=1)), sealer(Keyring({1: OLD}, current=1))
    assert one.seal(b"a", domain="d", search="equality") == two.seal(b"a", domain="d", search="equality")
    assert one.seal(b"a", domain="d", search="none") != one.seal(b"a", domain="d", search="none")


@pytest.mark.parametrize("search", ["none", "equality"])
def test_round_trip(search: str) -> None:
    one = sealer(Keyring({1: OLD}, current=1))
    for _ in range(2):  # the second time from the kept cipher
        sealed = one.seal(b"4111", domain="d", search=search)
        assert one.opener(domain="d", search=search, column=COLUMN)(sealed) == b"4111"


@pytest.mark.parametrize("search", ["none", "equality"])
def test_old_values_open_after_the_current_key_changed(search: str) -> None:
    old = sealer(Keyring({1: OLD}, current=1)).seal(b"a", domain="d", search=search)
    after = sealer(Keyring({1: OLD, 2: NEW}, current=2))
    assert after.opener(domain="d", search=search, column=COLUMN)(old) == b"a"
    assert after.seal(b"a", domain="d", search=search)[5:9] == bytes((0, 0, 0, 2))


def test_a_domain_may_have_its_own_key() -> None:
    ring = Keyring({1: OLD, 3: OWN}, current=1, current_by_domain={"cards": 3})
    assert sealer(ring).seal(b"a", domain="cards", search="none")[5:9] == bytes((0, 0, 0, 3))
    assert sealer(ring).seal(b"a", domain="phones", search="none")[5:9] == bytes((0, 0, 0, 1))
    assert ring.ids == (1, 3)


def test_the_other_suite_of_the_same_domain_does_not_open() -> None:
    one = sealer(Keyring({1: OLD}, current=1))
    sealed = one.seal(b"a", domain="d", search="equality")
    with pytest.raises(Tampered, match="suite 2, the rule says 1"):
        one.opener(domain="d", search="none", column=COLUMN)(sealed)


def test_an_unknown_key_id_is_named() -> None:
    sealed = sealer(Keyring({0x2A: OLD}, current=0x2A)).seal(b"a", domain="d", search="none")
    with pytest.raises(Tampered, match=r"of shop.cards.no .domain d.*key 0000002a, which is not in the key ring"):
        sealer(Keyring({1: OLD}, current=1)).opener(domain="d", search="none", column=COLUMN)(sealed)


def test_junk_fills_no_memory() -> None:
    one = sealer(Keyring({1: OLD}, current=1))
    for n in range(50):
        with pytest.raises(Tampered):
            one.opener(domain="d", search="none", column=COLUMN)(b"\xc1MG\x01\x01" + n.to_bytes(4, "big") + bytes(40))
    assert len(one._openers) == 1


def test_nothing_shows_or_copies_a_key() -> None:
    ring = Keyring({1: b"K" * 32}, current=1)
    assert repr(ring) == "Keyring(ids=[00000001], current=00000001, version=1)"
    assert "KKK" not in repr(sealer(ring))
    assert sealer(ring).keyring.current("any") == (1, b"K" * 32)
    with pytest.raises(TypeError):
        pickle.dumps(ring)
    with pytest.raises(TypeError):
        copy.deepcopy(ring)


@pytest.mark.parametrize(
    ("keys", "current", "by_domain"),
    [({1: b"short"}, 1, {}), ({2**32: OLD}, 2**32, {}), ({1: OLD}, 2, {}), ({1: OLD}, 1, {"cards": 9}), ({}, 1, {})],
)
def test_a_ring_that_cannot_serve_is_not_made(keys: dict[int, bytes], current: int, by_domain: dict[str, int]) -> None:
    with pytest.raises(Unavailable) as caught:
        Keyring(keys, current=current, current_by_domain=by_domain)
    assert caught.value.sqlstate == "58000"
