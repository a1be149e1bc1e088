import re

import pytest

from proxy.crypto import sql_check
from proxy.crypto.envelope import HEADER_BYTES, DomainCipher, Suite, read_key_id
from proxy.errors import Bug, Tampered

KEY = bytes(range(32))
NONCE = b"\x07" * 12


def siv(domain: str = "cards", key: bytes = KEY, key_id: int = 7) -> DomainCipher:
    return DomainCipher(Suite.AES_SIV, key, key_id, domain)


def gcm(domain: str = "cards", key: bytes = KEY, key_id: int = 7) -> DomainCipher:
    return DomainCipher(Suite.AES_256_GCM, key, key_id, domain)


def test_known_answers_hold_the_format_still() -> None:
    # What is on disk must open in every later release: these bytes may never change.
    assert siv().seal(b"4111111111111111", b"").hex() == (
        "c14d47010200000007433c2431c71f782e86ef8f20222ec5815a3ed0ff319ffb849f4a1fefcd9479bb"
    )
    assert gcm().seal(b"4111111111111111", NONCE).hex() == (
        "c14d47010100000007070707070707070707070707780dfa1138a945aacff3b61cd55d6cf456e8df71c24e1885cb4a8f700966b074"
    )


def test_layout() -> None:
    sealed = gcm().seal(b"4111", NONCE)
    assert sealed[:HEADER_BYTES] == b"\xc1MG\x01\x01\x00\x00\x00\x07"
    assert sealed[HEADER_BYTES : HEADER_BYTES + 12] == NONCE
    assert len(sealed) == Suite.AES_256_GCM.min_bytes + 4
    assert len(siv().seal(b"4111", b"")) == Suite.AES_SIV.min_bytes + 4


@pytest.mark.parametrize("plaintext", [b"", b"\x00", "张三".encode(), b"x" * 100_000])
def test_what_is_sealed_opens(plaintext: bytes) -> None:
    assert siv().open(siv().seal(plaintext, b""), "c") == plaintext
    assert gcm().open(gcm().seal(plaintext, NONCE), "c") == plaintext


def test_siv_is_equal_within_key_and_domain_only() -> None:
    assert siv().seal(b"a", b"") == siv().seal(b"a", b"")
    assert siv("other").seal(b"a", b"")[HEADER_BYTES:] != siv().seal(b"a", b"")[HEADER_BYTES:]
    assert siv(key=bytes(32)).seal(b"a", b"")[HEADER_BYTES:] != siv().seal(b"a", b"")[HEADER_BYTES:]


def test_another_domain_does_not_open() -> None:
    with pytest.raises(Tampered, match=re.escape("a value of shop.cards.no (domain phones) cannot be opened")) as caught:
        gcm("phones").open(gcm().seal(b"4111", NONCE), "shop.cards.no")
    assert caught.value.sqlstate == "XX001"
    assert "4111" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("sealed", "why"),
    [
        (b"", "not a sealed value"),
        (b"4111111111111111", "not a sealed value"),
        (b"\xc1MG\x01", "cut short"),
        (b"\xc1MG\x02\x02\x00\x00\x00\x07" + bytes(16), "format version 2"),
        (b"\xc1MG\x01\x01\x00\x00\x00\x07" + bytes(28), "suite 1, the rule says 2"),
        (b"\xc1MG\x01\x02\x00\x00\x00\x07" + bytes(15), "cut short"),
    ],
)
def test_a_header_that_is_not_ours_says_why(sealed: bytes, why: str) -> None:
    with pytest.raises(Tampered, match=why):
        read_key_id(sealed, Suite.AES_SIV, "cards", "shop.cards.no")


def test_read_key_id() -> None:
    assert read_key_id(siv(key_id=2**32 - 1).seal(b"", b""), Suite.AES_SIV, "cards", "c") == 2**32 - 1


def test_open_checks_its_own_header() -> None:
    with pytest.raises(Tampered):
        siv(key_id=8).open(siv().seal(b"a", b""), "c")


@pytest.mark.parametrize("nonce", [b"", b"\x01" * 11, b"\x01" * 13])
def test_a_nonce_of_another_size_is_a_bug(nonce: bytes) -> None:
    with pytest.raises(Bug):
        gcm().seal(b"a", nonce)


def test_a_deterministic_suite_takes_no_nonce() -> None:
    with pytest.raises(Bug):
        siv().seal(b"a", NONCE)


@pytest.mark.parametrize(("key", "key_id", "domain"), [(b"short", 1, "d"), (KEY, 2**32, "d"), (KEY, -1, "d"), (KEY, 1, "")])
def test_a_cipher_is_made_of_sound_parts_only(key: bytes, key_id: int, domain: str) -> None:
    with pytest.raises(Bug):
        DomainCipher(Suite.AES_SIV, key, key_id, domain)


def test_suite_of_search() -> None:
    assert Suite.of("none") is Suite.AES_256_GCM
    assert Suite.of("equality") is Suite.AES_SIV
    with pytest.raises(Bug):
        Suite.of("like")


def test_repr_shows_no_key() -> None:
    assert repr(siv()) == "DomainCipher(header=c14d47010200000007, domain='cards')"


def test_sql_check() -> None:
    assert sql_check('"card_no"', "equality") == (
        'pg_catalog.octet_length("card_no") OPERATOR(pg_catalog.>=) 25'
        " AND pg_catalog.substr(\"card_no\", 1, 5) OPERATOR(pg_catalog.=) pg_catalog.decode('c14d470102', 'hex')"
    )
    assert "37 AND" in sql_check("n", "none")
    assert "'c14d470101'" in sql_check("n", "none")
