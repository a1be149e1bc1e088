"""`access`, and the wait after wrong passwords."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from proxy.policy.access import Entry, Failures, Knock, first_that_fits, is_loopback

LOCAL = Entry(networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")), method="trust")
OFFICE = Entry(("bi_*",), ("shop",), (ip_network("10.1.0.0/16"),), "required", "cert", {"CN bi": "bi_*"})
LAST = Entry(tls="required")


def knock(login: str = "bi_x", database: str = "shop", address: str = "10.1.2.3", *, tls: bool = True) -> Knock:
    return Knock(login, database, address, tls, ("CN bi",))


@pytest.mark.parametrize(
    ("one", "entry"),
    [
        (knock(), OFFICE),
        (knock("ana"), LAST),
        (knock(database="other"), LAST),
        (knock(address="10.2.0.1"), LAST),
        (knock(tls=False), None),
        (knock(address="127.0.0.1", tls=False), LOCAL),
        (knock(address="::1", tls=False), LOCAL),
        (knock(address="::ffff:127.0.0.1", tls=False), LOCAL),
        (knock(address="::ffff:10.1.2.3"), OFFICE),
        (knock(address=""), LAST),
    ],
)
def test_the_first_that_fits_decides(one: Knock, entry: Entry | None) -> None:
    found = first_that_fits((LOCAL, OFFICE, LAST), one)
    assert found is entry if entry is not None else found.method == "reject"


def test_no_entry_lets_nobody_in() -> None:
    assert first_that_fits((), knock()).method == "reject"


def test_a_certificate_stands_for_its_name_or_for_what_is_listed() -> None:
    assert OFFICE.proves(knock())
    assert not OFFICE.proves(knock("ana"))
    assert not OFFICE.proves(Knock("bi_x", "shop", "", True, ("CN other",)))
    assert Entry(method="cert").proves(Knock("ana", "shop", "", True, ("ana", "ana.example")))
    assert not Entry(method="cert").proves(Knock("ana", "shop", "", True, ()))


@pytest.mark.parametrize(("address", "local"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("local", False)])
def test_loopback(address: str, local: bool) -> None:
    assert is_loopback(address) is local


def test_each_failure_after_the_first_makes_the_next_wait_longer() -> None:
    failures = Failures()
    waits = []
    for _ in range(9):
        waits.append(failures.wait("a", "ana", 0.0))
        failures.failed("a", "ana", 0.0)
    assert waits == [0, 0, 0.25, 0.5, 1, 2, 4, 8, 8]


@pytest.mark.parametrize("most", [0.0, 0.5, 3.0])
def test_nobody_waits_longer_than_the_operator_says(most: float) -> None:
    failures = Failures(most_s=most)
    for number in range(20):
        failures.failed("a", "ana", 0.0)
        failures.failed("a", f"guess{number}", 0.0)
    assert [failures.wait(*where, 0.0) for where in (("a", "ana"), ("b", "ana"), ("a", "bob"))] == [most, min(most, 1.0), most]


def test_from_elsewhere_a_login_waits_a_little_only() -> None:
    failures = Failures()
    for _ in range(20):
        failures.failed("a", "ana", 0.0)
    assert failures.wait("b", "ana", 0.0) == 1.0
    assert failures.wait("a", "bob", 0.0) == 0.0
    assert failures.wait("b", "bob", 0.0) == 0.0


def test_many_logins_tried_from_one_address_make_it_wait_for_every_login() -> None:
    failures = Failures()
    waits = []
    for number in range(12):
        waits.append(failures.wait("a", "ana", 0.0))
        failures.failed("a", f"guess{number}", 0.0)
        failures.failed("a", f"guess{number}", 0.0)  # the same login again is no other login
    assert waits == [0] * 9 + [0.25, 0.5, 1]
    assert failures.wait("b", "ana", 0.0) == 0


def test_a_right_password_forgets_only_its_own_failures() -> None:
    failures = Failures()
    for _ in range(9):
        failures.failed("a", "app", 0.0)
        failures.failed("a", "ana", 0.0)
        failures.succeeded("a", "ana", 0.0)
    assert failures.wait("a", "app", 0.0) == 8.0
    assert failures.wait("a", "ana", 0.0) == 0.0
    failures.succeeded("b", "app", 0.0)
    assert failures.wait("a", "app", 0.0) == 8.0
    assert failures.wait("b", "app", 0.0) == 1.0
    failures.succeeded("a", "app", 0.0)
    assert failures.wait("b", "app", 0.0) == 0.0
    assert not failures._failed


def test_a_client_without_an_address_counts_once() -> None:
    failures = Failures()
    waits = []
    for _ in range(4):
        waits.append(failures.wait("", "ana", 0.0))
        failures.failed("", "ana", 0.0)
    assert waits == [0, 0, 0.25, 0.5]


def test_an_old_failure_does_not_add_to_a_new_one() -> None:
    failures = Failures()
    for _ in range(5):
        failures.failed("a", "ana", 0.0)
    failures.failed("a", "ana", 301.0)
    assert failures.wait("a", "ana", 301.0) == 0


def test_it_forgets() -> None:
    failures = Failures(keep=4)
    for _ in range(3):
        failures.failed("a", "ana", 0.0)
    assert failures.wait("a", "ana", 299.0) > 0
    assert failures.wait("a", "ana", 301.0) == 0
    failures.succeeded("a", "ana", 1.0)
    assert failures.wait("a", "ana", 1.0) == 0
    for number in range(100):
        failures.failed(f"a{number}", "x", 0.0)
    assert len(failures._failed) <= 4
