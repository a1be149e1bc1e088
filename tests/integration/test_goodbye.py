"""What stands before a Terminate in the same packet runs once, and is logged once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from tests.proxies import kinds_of
from tests.shop import Place
from tests.small import Inside, small_database


@pytest.mark.parametrize("login", ["shop_app", "dba"])
def test_query_and_terminate_in_one_packet_run_the_query_once(newest_shop: Place, login: str) -> None:
    direct = newest_shop.database
    direct.execute("CREATE TABLE IF NOT EXISTS shop.goodbye (who text); GRANT INSERT ON shop.goodbye TO shop_app, dba")
    running = newest_shop.running
    before = len(running.events(kind="accept", login=login))
    connection = psycopg.connect(newest_shop.dsn(login), autocommit=True)
    try:
        insert = m.Query(f"INSERT INTO shop.goodbye VALUES ('{login}')".encode()).to_bytes()
        os.set_blocking(connection.pgconn.socket, True)
        os.write(connection.pgconn.socket, insert + m.Terminate().to_bytes())
        while os.read(connection.pgconn.socket, 65536):
            pass  # until the proxy has closed
    finally:
        connection.close()
    deadline = time.monotonic() + 10  # PostgreSQL reads the INSERT before the Terminate, but nobody waits for it
    while not direct.execute(f"SELECT 1 FROM shop.goodbye WHERE who = '{login}'") and time.monotonic() < deadline:
        pass
    assert direct.execute(f"SELECT count(*) FROM shop.goodbye WHERE who = '{login}'") == [(1,)]
    assert len(running.events(kind="accept", login=login)) == before + 1
    direct.execute(f"DELETE FROM shop.goodbye WHERE who = '{login}'")


def test_a_write_that_runs_in_a_block_of_ours_is_committed_before_the_goodbye(
    newest_server: EmbeddedServer, tmp_path: Path
) -> None:
    """RETURNING of an encrypted column may be stopped, so the proxy opens a block around it: Terminate must not undo it."""
    with small_database(newest_server, tmp_path / "proxy") as small:
        proxy = Inside(small)
        try:
            for number in range(5):
                text = f"INSERT INTO payment_cards VALUES ({number}, '4111') RETURNING card_no".encode()
                with proxy.raw(small.app) as client:
                    client.send(m.Query(text), m.Terminate())
                    assert kinds_of(client.to_end())[:3] == "TDC"
            assert small.database.execute("SELECT count(*) FROM payment_cards") == [(5,)]
        finally:
            proxy.stop()
