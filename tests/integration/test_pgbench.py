"""pgbench through the proxy, 8 clients at once, in each protocol mode: no error, and the books balance.

For the owner the stream passes as it is (no keys, nothing to open); the app's statements are all read, because it has
encrypted columns elsewhere. `make bench` is the long form, with figures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proxy.cli.demo.load import APP, OWNER
from tests.integration.programs import run_program
from tests.shop import Place

CLIENTS, EACH = 8, 20
TABLES = "pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers"


@pytest.fixture(scope="module")
def bench(shop: Place) -> Iterator[Place]:
    """pgbench's own tables, made through the proxy too, with its COPY."""
    made = run_program("pgbench", shop.version, shop.dsn(OWNER), "-i", "-q", "-s", "1")
    assert made.returncode == 0, made.stderr
    shop.database.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLES} TO {APP}")
    yield shop
    shop.database.execute(f"DROP TABLE {TABLES}")


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
@pytest.mark.parametrize(("script", "login"), [("select-only", OWNER), ("tpcb-like", OWNER), ("tpcb-like", APP)])
def test_pgbench(bench: Place, script: str, mode: str, login: str) -> None:
    [[before]] = bench.database.execute("SELECT count(*) FROM pgbench_history")
    arguments = ("-n", "-b", script, "-M", mode, "-c", str(CLIENTS), "-j", "2", "-t", str(EACH))
    done = run_program("pgbench", bench.version, bench.dsn(login), *arguments)
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if "error" in line.lower() or "aborted" in line]
    assert f"number of transactions actually processed: {CLIENTS * EACH}/{CLIENTS * EACH}" in done.stdout
    assert "number of failed transactions: 0 " in done.stdout
    [[after, balanced]] = bench.database.execute(
        "SELECT count(*), coalesce(sum(delta), 0) = (SELECT sum(abalance) FROM pgbench_accounts)"
        " AND coalesce(sum(delta), 0) = (SELECT sum(bbalance) FROM pgbench_branches) FROM pgbench_history"
    )
    assert balanced
    assert (before, after) == (before, before + (CLIENTS * EACH if script == "tpcb-like" else 0))  # type: ignore[operator]
