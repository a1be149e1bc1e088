"""Django's ORM, introspection and migrations through the proxy, compared with a direct connection; tests/drivers/django/talk.py."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.desk import Desk
from tests.integration.drivers import REFUSED, Program, both, shown

TALK = (sys.executable, str(Path(__file__).parents[1] / "drivers" / "django" / "talk.py"))


@pytest.fixture(params=["", "#bound"], ids=["client", "server"])
def django(request: pytest.FixtureRequest) -> Program:
    """Parameters put into the text by psycopg, Django's default, and bound on the server."""
    return Program(TALK, lambda dsn: dsn + request.param)


@pytest.fixture(params=["app", "analyst"])
def login(request: pytest.FixtureRequest, driven: Desk) -> str:
    return str(getattr(driven, request.param))


@pytest.fixture
def schema(driven: Desk) -> Iterator[str]:
    """A schema that belongs to the app, empty."""
    name = f"django_{uuid.uuid4().hex[:8]}"
    driven.stored(f"CREATE SCHEMA {name} AUTHORIZATION {driven.app}")
    yield name
    driven.stored(f"DROP SCHEMA {name} CASCADE")


def test_django_cannot_tell(django: Program, driven: Desk, login: str) -> None:
    direct, through = both(driven, login, lambda dsn: django.run(dsn, "talk"))
    assert through == direct
    assert [one[1] for one in through if isinstance(one, list) and one and str(one[0]).endswith("Error")] == ["23505", "22012", "42601", "42P01", "22P02"]
    assert "class Customers(models.Model)" in through[-1]


def test_migrations_of_an_owner(django: Program, driven: Desk, schema: str) -> None:
    found = []
    for dsn in (driven.database.dsn(driven.app), driven.dsn(driven.app)):
        driven.stored(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema} AUTHORIZATION {driven.app}")
        found.append(django.run(dsn, "migrate", schema))
    direct, through = found
    assert through == direct
    assert "Applying auth.0012_alter_user_first_name_max_length... OK" in through[-1]
    assert "Unapplying auth.0001_initial... OK" in through[-1]


def test_rows_are_shown_by_login(django: Program, driven: Desk, login: str) -> None:
    people, cards = ([list(row) for row in rows] for rows in shown(driven, login))
    assert django.run(driven.dsn(login), "shown") == [people, cards, [people[1][1]]]


def test_the_analyst_is_refused(django: Program, driven: Desk) -> None:
    *found, update, search = django.run(driven.dsn(driven.analyst), "refused", *REFUSED)
    assert [one[1] for one in found] == list(REFUSED.values())
    assert (update, search) == (["ProgrammingError", "42501"], [])


def test_cancel(django: Program, driven: Desk, login: str) -> None:
    assert django.cancelled(driven, login) == [["OperationalError", "57014"], "goes on"]
