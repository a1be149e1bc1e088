"""What the tests of single drivers share: one desk on the newest server, and waiting until the server is at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tests.integration.desk import CARDS, NAMES, Desk
from tests.small import eventually

T = TypeVar("T")

SLEEP = "SELECT pg_sleep(19.25)"  # what the tests cancel; nothing else sleeps as long
MANY_ROWS = 20_000  # what a big result has; one more is the analyst's limit
TOO_MANY = "SELECT a.name FROM shop.customers a, shop.customers b, shop.customers c"
CUSTOMERS = "SELECT id, name, email, city FROM shop.customers WHERE id <= 5 ORDER BY id"
CARD_NUMBERS = "SELECT id, card_no FROM shop.cards ORDER BY id"


def until_it_sleeps(desk: Desk, login: str) -> None:
    """Return when a session of the login runs `SLEEP`."""
    asleep = f"SELECT 1 FROM pg_stat_activity WHERE usename = '{login}' AND state = 'active' AND query LIKE '%pg_sleep(19.25)%'"
    eventually(lambda: desk.stored(asleep), 15, "the server does not sleep")


def both(desk: Desk, login: str, talk: Callable[[str], T]) -> tuple[T, T]:
    """What `talk` brings home directly and through the proxy, as the same login in the same database."""
    return talk(desk.database.dsn(login)), talk(desk.dsn(login))


def shown(desk: Desk, login: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The answers to CUSTOMERS and CARD_NUMBERS as the login must see them, by hand."""
    cities = ["北京", "深圳", "北京", "深圳", "北京"]
    if login == desk.app:
        people = [(n, NAMES[n - 1], f"raw{n}@corp.cn", cities[n - 1]) for n in range(1, 6)]
        return people, [(n, card) for n, card in enumerate(CARDS, 1)]
    people = [(n, name, email, cities[n - 1]) for n, (name, email) in desk.masked.items()]
    assert not {name for _, name, *_ in people} & set(NAMES)
    assert not any(email.startswith("raw") for *_, email, _ in people)
    return people, [(n, "*" * 12 + card[-4:]) for n, card in enumerate(CARDS, 1)]
