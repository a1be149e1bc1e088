"""No change of any sealed value opens."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.crypto import Keyring, Sealer
from proxy.errors import Tampered

SEALER = Sealer(Keyring({1: b"\x01" * 32, 2: b"\x02" * 32}, current=1, current_by_domain={"two": 2}), os.urandom)
COLUMN = "shop.cards.no"
searches = st.sampled_from(["none", "equality"])
plaintexts = st.binary(max_size=64)


def refuse(sealed: bytes, domain: str, search: str) -> None:
    with pytest.raises(Tampered, match=f"a value of {COLUMN} .domain {domain}"):
        SEALER.opener(domain=domain, search=search, column=COLUMN)(sealed)


@given(plaintexts, searches, st.text(min_size=1, max_size=10).filter(lambda text: text.isprintable()))
def test_open_undoes_seal(plaintext: bytes, search: str, domain: str) -> None:
    sealed = SEALER.seal(plaintext, domain=domain, search=search)
    assert SEALER.opener(domain=domain, search=search, column=COLUMN)(sealed) == plaintext


@given(plaintexts, searches)
def test_any_flipped_bit_raises(plaintext: bytes, search: str) -> None:
    sealed = SEALER.seal(plaintext, domain="cards", search=search)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        refuse(bytes(changed), "cards", search)


@given(plaintexts, searches, st.binary(min_size=1, max_size=20))
def test_any_cut_or_addition_raises(plaintext: bytes, search: str, more: bytes) -> None:
    sealed = SEALER.seal(plaintext, domain="cards", search=search)
    for length in range(len(sealed)):
        refuse(sealed[:length], "cards", search)
    refuse(sealed + more, "cards", search)


@given(plaintexts, searches)
def test_another_domain_suite_or_key_raises(plaintext: bytes, search: str) -> None:
    sealed = SEALER.seal(plaintext, domain="cards", search=search)
    refuse(sealed, "phones", search)
    refuse(sealed, "cards", "none" if search == "equality" else "equality")
    refuse(sealed[:5] + bytes((0, 0, 0, 2)) + sealed[9:], "cards", search)
    refuse(sealed[:5] + bytes((0, 0, 0, 3)) + sealed[9:], "cards", search)


@given(st.binary(max_size=100), searches)
def test_junk_raises_and_nothing_else(junk: bytes, search: str) -> None:
    refuse(junk, "cards", search)
    refuse(b"\xc1MG\x01" + junk, "cards", search)


@given(plaintexts, plaintexts)
def test_equality_means_equal_bytes(one: bytes, two: bytes) -> None:
    first = SEALER.seal(one, domain="cards", search="equality")
    second = SEALER.seal(two, domain="cards", search="equality")
    assert (first == second) == (one == two)
