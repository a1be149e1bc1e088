"""Statements of any length: who sends a long one waits for its plan, and nobody else does."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from tests.small import Served, small_database


@pytest.mark.parametrize("protocol", ["simple", "prepared"])
def test_a_long_statement_keeps_nobody_waiting(newest_server: EmbeddedServer, tmp_path: Path, protocol: str) -> None:
    numbers = ", ".join(map(str, range(1_000, 31_000)))
    long = f"SELECT count(*), min(name) FROM customers WHERE id = 1 OR id IN ({numbers})".encode()
    found: list[object] = []
    spent = [0.0]
    with (
        small_database(newest_server, tmp_path / "p", workers="1") as small,
        Served(small) as served,
        served.connect(small.analyst) as slow,
        served.connect(small.app) as quick,
    ):

        def ask() -> None:
            begun = time.monotonic()
            cursor = psycopg.ClientCursor(slow) if protocol == "simple" else slow.cursor()
            found.append(cursor.execute(long).fetchone())
            spent[0] = time.monotonic() - begun

        thread = threading.Thread(target=ask)
        thread.start()
        waits = []
        while thread.is_alive():
            begun = time.monotonic()
            assert quick.execute("SELECT 1").fetchone() == (1,)
            waits.append(time.monotonic() - begun)
        assert len(found) == 1, "the long statement was not answered"
        assert slow.execute("SELECT 2").fetchone() == (2,)
        served.check()
    # On a quiet machine the longest is 10 ms of 600; here others may keep both processors for a while.
    assert len(waits) > 20
    assert max(waits) < max(0.1, spent[0] / 3), (max(waits), spent[0])


def test_a_plan_nobody_waits_for_does_not_keep_the_proxy_from_ending(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    numbers = ", ".join(map(str, range(500_000)))  # half a minute's work
    limits = "{drain_seconds: 1}"
    with small_database(newest_server, tmp_path / "p", workers="1", limits=limits) as small, Served(small) as served:
        clients = [served.raw(small.analyst) for _ in range(2)]
        for client in clients:
            client.send(m.Query(f"SELECT min(name) FROM customers WHERE id IN ({numbers})".encode()))
        served.check()
        clients[0].socket.close()
        begun = time.monotonic()
        served.stop()
        assert time.monotonic() - begun < 10
        kind, body = clients[1].next()
        clients[1].socket.close()
    assert (kind, m.ErrorResponse.parse(body).sqlstate) == (m.Backend.ERROR_RESPONSE, "57P01")
