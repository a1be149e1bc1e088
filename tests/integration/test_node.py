"""node-postgres through the proxy, compared with a direct connection; the program is tests/drivers/node/."""

from __future__ import annotations

import pytest

from tests.integration.desk import Desk
from tests.integration.drivers import CARD_NUMBERS, CUSTOMERS, REFUSED, Program, both, build, shown


@pytest.fixture(scope="module")
def node() -> Program:
    place = build("node", ("node", "npm"), ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"))
    return Program(("node", str(place / "talk.js")))


@pytest.fixture(params=["app", "analyst"])
def login(request: pytest.FixtureRequest, driven: Desk) -> str:
    return str(getattr(driven, request.param))


def test_node_postgres_cannot_tell(node: Program, driven: Desk, login: str) -> None:
    direct, through = both(driven, login, lambda dsn: node.run(dsn, "talk"))
    assert through == direct
    codes = [one[0] for one in through if isinstance(one, list) and len(one) == 3 and one[1] == "ERROR"]
    assert codes == ["22012", "25P02", "42601", "25P02", "42P01", "25P02", "23505", "25P02", "23502", "25P02", "22P02", "25P02"]
    assert ["news", "你好"] in through
    assert "23505" in through


def test_rows_are_shown_by_login(node: Program, driven: Desk, login: str) -> None:
    people, cards = ([list(row) for row in rows] for rows in shown(driven, login))
    assert node.run(driven.dsn(login), "shown", CUSTOMERS, CARD_NUMBERS) == [people, people, cards, cards]


def test_the_analyst_is_refused(node: Program, driven: Desk) -> None:
    found = node.run(driven.dsn(driven.analyst), "refused", *REFUSED)
    assert found == [one for code in REFUSED.values() for one in ([code, "ERROR", False], [code, "ERROR", False], 1)]


def test_cancel(node: Program, driven: Desk, login: str) -> None:
    assert node.cancelled(driven, login) == [["57014", "ERROR", False], "goes on"]
