"""pgJDBC (Java) through the proxy, compared with a direct connection; the program is tests/drivers/pgjdbc/."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.integration.desk import Desk
from tests.integration.drivers import CARD_NUMBERS, CUSTOMERS, REFUSED, Program, both, build, shown


def jdbc(dsn: str, more: str = "") -> str:
    """The URL as JDBC writes it; without TLS."""
    place = urlsplit(dsn)
    return f"jdbc:postgresql://{place.hostname}:{place.port}{place.path}?user={place.username}&password={place.password}&sslmode=disable{more}"


@pytest.fixture(scope="module")
def pgjdbc() -> Program:
    place = build("pgjdbc", ("java", "mvn"), ("mvn", "-q", "-B", "compile", "dependency:copy-dependencies"))
    return Program(("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{place}/target/classes:{place}/target/jars/*", "Talk"), jdbc)


@pytest.fixture(params=["app", "analyst"])
def login(request: pytest.FixtureRequest, driven: Desk) -> str:
    return str(getattr(driven, request.param))


@pytest.mark.parametrize("more", ["", "&preferQueryMode=simple"], ids=["extended", "simple"])
def test_pgjdbc_cannot_tell(pgjdbc: Program, driven: Desk, login: str, more: str) -> None:
    direct, through = both(driven, login, lambda dsn: Program(pgjdbc.command, lambda dsn: jdbc(dsn, more)).run(dsn, "talk"))
    assert through == direct
    codes = [one for one in through if isinstance(one, str) and len(one) == 5 and one[2:].isalnum() and not one.isalpha()]
    assert codes[:9] == ["22012", "22012", "25P02", "42601", "25P02", "42P01", "25P02", "23505", "25P02"]
    assert "news 你好" in through


def test_rows_are_shown_by_login(pgjdbc: Program, driven: Desk, login: str) -> None:
    people, cards = (["|".join(str(value) for value in row) for row in rows] for rows in shown(driven, login))
    found = [one.split("\n")[1:] for one in pgjdbc.run(driven.dsn(login), "shown", CUSTOMERS, CARD_NUMBERS)]
    assert [one[3:] for one in found[:2]] + [one[1:] for one in found[2:]] == [people, people, cards, cards]  # after the other heads


def test_the_analyst_is_refused(pgjdbc: Program, driven: Desk) -> None:
    found = pgjdbc.run(driven.dsn(driven.analyst), "refused", *REFUSED)
    assert found == [one for code in REFUSED.values() for one in (code, code, "n:int4:10:0\n1")]


def test_cancel(pgjdbc: Program, driven: Desk, login: str) -> None:
    said, after = pgjdbc.cancelled(driven, login)
    assert (said, after.split("\n")[1]) == ("57014", "goes on")
