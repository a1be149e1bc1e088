"""Planning in a process of its own: the same outcome, the same errors, and none of our sockets held."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from proxy.crypto import Sealer, providers
from proxy.errors import Bug, Refusal, StatementError, TooComplex, place_of
from proxy.plan import VERY_LONG_TEXT, Miss, Plan, Wanted
from proxy.server.apart import in_own_process
from proxy.sql import parse
from tests import world

ROWS = ", ".join(f"({number}, 'name {number}')" for number in range(4_000))
TEXTS = [
    f"INSERT INTO shop.orders (id, status) VALUES {ROWS}",
    f"SELECT name, email FROM shop.customers WHERE id IN ({', '.join(map(str, range(12_000)))})",
    f"SELECT 1 FROM shop.nowhere WHERE id IN ({', '.join(map(str, range(12_000)))})",
]


@pytest.mark.parametrize("role", ["analyst", "app", "dba"])
@pytest.mark.parametrize("text", TEXTS)
def test_the_plan_is_the_same(text: str, role: str) -> None:
    assert len(text) > VERY_LONG_TEXT
    wanted = Wanted(text, world.PATH)
    here, _ = world.planner(role).make(wanted)
    apart = in_own_process(partial(world.planner(role).make, wanted))
    assert isinstance(apart, tuple)
    assert apart[0] == here
    if not isinstance(here, Miss):
        assert isinstance(here.plan, Plan)
        kept = world.planner(role).keep(wanted, apart)
        assert kept == here.plan


def test_no_two_processes_seal_with_the_same_nonce(tmp_path: Path) -> None:
    """Nonces are used once (NIST SP 800-38D, 8.2): literals of long texts are sealed in forks of one process."""
    sealer = Sealer(providers.create(tmp_path / "ring.json", tmp_path / "master.key"), os.urandom)

    def seal() -> object:
        return [sealer.seal(b"4111", domain="cards", search="none") for _ in range(50)]

    seal()
    sealed = [one for values in (*(in_own_process(seal) for _ in range(4)), seal()) for one in cast(list[bytes], values)]
    assert len(set(sealed)) == len(sealed) == 250


def test_errors_come_as_they_were_raised() -> None:
    made = partial(world.planner("analyst").make, Wanted(f"SELECT id FROM shop.old_cards WHERE {TEXTS[1][-60_000:-1]} = 1", world.PATH))
    with pytest.raises(StatementError) as here:
        made()
    with pytest.raises(StatementError) as apart:
        in_own_process(made)
    assert vars(apart.value) == vars(here.value)

    def refuse() -> object:
        raise Refusal("closed to you", hint="Rule: r", position=7)

    with pytest.raises(Refusal, match="closed to you") as refused:
        in_own_process(refuse)
    assert (refused.value.sqlstate, refused.value.hint, refused.value.position) == ("42501", "Rule: r", 7)


def test_what_is_broken_says_where_and_not_what(capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> object:
        raise ValueError("4111111111111111")

    with pytest.raises(Bug) as bug:
        in_own_process(broken)
    assert "4111" not in str(bug.value)
    assert "4111" not in "".join(capfd.readouterr())


def test_a_process_that_is_killed_is_one_statement_refused() -> None:
    with pytest.raises(TooComplex, match="signal 9"):
        in_own_process(lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(TooComplex, match="signal 15"):  # our own handlers are not its
        in_own_process(lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert in_own_process(lambda: "alive") == "alive"


def test_it_holds_nothing_of_ours() -> None:
    """A client that leaves meanwhile is gone at once, not when the plan is made."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        listing = in_own_process(lambda: sorted(int(one) for one in os.listdir("/proc/self/fd")))
        assert isinstance(listing, list)
        assert ours.fileno() not in listing
        assert len(listing) <= 6  # the standard three, the answer, the end of our life, and the listing itself


def test_it_ends_when_we_do() -> None:
    """However we end: kill -9 of a worker that waits for a plan."""
    worker = os.fork()
    if worker == 0:
        try:
            in_own_process(lambda: time.sleep(600))
        finally:
            os._exit(0)
    planning = _soon(lambda: Path(f"/proc/{worker}/task/{worker}/children").read_text().strip())
    _soon(lambda: "2" if Path(f"/proc/{planning}/status").read_text().count("Threads:\t2") else "")  # it listens for our end
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    _soon(lambda: "" if _is_alive(planning) else "gone")


def _soon(found: Callable[[], str]) -> str:
    end = time.monotonic() + 30
    while not (said := found()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return said


def _is_alive(process: str) -> bool:
    """Neither gone nor waiting for whoever inherited it to look."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_many_at_a_time_leave_nothing_behind() -> None:
    before = len(os.listdir("/proc/self/fd"))
    big = os.urandom(1 << 20)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: in_own_process(lambda: (number, big)), range(24)))
    assert [number for number, _ in answers] == list(range(24))
    assert all(data == big for _, data in answers)
    assert len(os.listdir("/proc/self/fd")) < before + 24  # else each left one; what was here before may go meanwhile
    children = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children").read_text()
    assert children == ""


def test_a_lock_that_another_thread_holds_is_not_waited_for() -> None:
    """The one around the setting for threads with a large stack, which deep texts are parsed on."""
    deep = "SELECT " + "+".join("1" for _ in range(5_000))
    with parse._STACK_LOCK, ThreadPoolExecutor(1) as pool:
        kinds = pool.submit(in_own_process, lambda: [kind for kind, _ in parse.parse(deep.encode()).stmts])
        assert kinds.result(timeout=60) == ["Select"]


def test_the_place_of_an_error() -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - only where it is raised matters
        raise ValueError("a value")
    assert place_of(caught.value).startswith("test_apart.py:")
    assert place_of(ValueError("a value")) == "?"
