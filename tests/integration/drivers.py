"""What the tests of single drivers share: what they ask of one desk on the newest server, and the programs of other languages."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.integration.desk import CARDS, NAMES, Desk
from tests.small import eventually

T = TypeVar("T")
_ROOT = Path(__file__).resolve().parents[2]

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


REFUSED = {  # of the analyst -> SQLSTATE
    "SELECT * FROM pg_catalog.pg_authid": "42501",
    "UPDATE shop.customers SET name = 'x' WHERE id = 1": "42501",
    "CREATE TABLE public.mine (id int)": "0A000",
    TOO_MANY: "53400",
}


@dataclass(frozen=True)
class Program:
    """A driver of another language: a program under tests/drivers/ that prints what it heard as one JSON list."""

    command: tuple[str, ...]
    url: Callable[[str], str] = str  # a DSN as the driver writes it

    def run(self, dsn: str, scene: str, *texts: str) -> list[Any]:
        """One conversation; it must end well."""
        done = subprocess.run([*self.command, self.url(dsn), scene, *texts], capture_output=True, encoding="utf-8", timeout=90, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        return list(json.loads(done.stdout))

    def cancelled(self, desk: Desk, login: str) -> list[Any]:
        """The same for `SLEEP`, cancelled by the driver when the server sleeps."""
        command = [*self.command, self.url(desk.dsn(login)), "cancel", SLEEP]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        try:
            until_it_sleeps(desk, login)
            out, errors = process.communicate("now\n", timeout=30)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 0, errors[-4000:]
        return list(json.loads(out))


def build(name: str, needs: Sequence[str], *steps: Sequence[str]) -> Path:
    """Build tests/drivers/NAME once into build/drivers/NAME, by whoever comes first; skips where something is not to be had."""
    for tool in needs:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: {name} is not tested")
    source, place = _ROOT / "tests" / "drivers" / name, _ROOT / "build" / "drivers" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    with (place.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = place / "built"
        if not mark.exists() or mark.read_text() != digest:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(source, place)
            for step in steps:
                done = subprocess.run(step, cwd=place, capture_output=True, text=True, timeout=300, check=False)
                if done.returncode:
                    pytest.skip(f"{name} cannot be built here: {' '.join(step)}: {(done.stderr or done.stdout).strip()[-300:]}")
            mark.write_text(digest)
    return place
