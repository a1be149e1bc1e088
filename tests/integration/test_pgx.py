"""pgx (Go) in each of its five ways to ask, through the proxy, compared with a direct connection; the program is tests/drivers/pgx/."""

from __future__ import annotations

import pytest

from tests.integration.desk import Desk
from tests.integration.drivers import CARD_NUMBERS, CUSTOMERS, REFUSED, Program, both, build, shown

MODES = 5


@pytest.fixture(scope="module")
def pgx() -> Program:
    return Program((str(build("pgx", ("go",), ("go", "build", "-o", "talk", ".")) / "talk"),))


@pytest.fixture(params=["app", "analyst"])
def login(request: pytest.FixtureRequest, driven: Desk) -> str:
    return str(getattr(driven, request.param))


def test_pgx_cannot_tell(pgx: Program, driven: Desk, login: str) -> None:
    direct, through = both(driven, login, lambda dsn: pgx.run(dsn, "talk"))
    assert through == direct
    codes = [one[0] for one in through if isinstance(one, list) and len(one) == 2 and one[1] == "ERROR"]
    assert codes[: MODES + 4] == ["22012"] * (MODES + 1) + ["25P02", "42601", "25P02"]
    assert codes.count("23505") == 2
    assert through[-3:-1] == ["news", "你好"]


def test_rows_are_shown_by_login(pgx: Program, driven: Desk, login: str) -> None:
    people, cards = ([[str(value) for value in row] for row in rows] for rows in shown(driven, login))
    found = pgx.run(driven.dsn(login), "shown", CUSTOMERS, CARD_NUMBERS)
    assert [one[1] for one in found] == [people] * MODES + [cards] * MODES


def test_the_analyst_is_refused(pgx: Program, driven: Desk) -> None:
    found = pgx.run(driven.dsn(driven.analyst), "refused", *REFUSED)
    for number, code in enumerate(REFUSED.values()):
        *said, after = found[number * (MODES + 1) : (number + 1) * (MODES + 1)]
        assert said == [[code, "ERROR"]] * MODES
        assert after[1] == [["1"]]


def test_cancel(pgx: Program, driven: Desk, login: str) -> None:
    said, after = pgx.cancelled(driven, login)
    assert (said, after[1]) == (["57014", "ERROR"], [["goes on"]])
