"""pg_dump, pg_restore and psql's backslash commands for an unrestricted caller: what comes out is what a direct connection gives."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from proxy.cli.demo.load import OWNER
from proxy.wire import messages as m
from proxy.wire.frames import HEAD_BYTES
from tests.integration.programs import psql, run_program
from tests.servers import new_database
from tests.shop import LOGINS, Place
from tests.small import Served, small_database

BACKSLASH = [
    "\\d", "\\d+", "\\dS pg_class", "\\d shop.customers", "\\d+ shop.customers", "\\d+ shop.payment_cards", "\\da", "\\dA+", "\\db+",
    "\\dc", "\\dC+", "\\dconfig *work_mem", "\\dd", "\\dD+", "\\ddp", "\\dE", "\\des+", "\\det+", "\\deu+", "\\dew+", "\\df+ shop.*",
    "\\dF+", "\\dFd", "\\dFp", "\\dFt", "\\dg+ pg_*", "\\di+ shop.*", "\\dl+", "\\dL+", "\\dm", "\\dn+", "\\do ||", "\\dO", "\\dp shop.*",
    "\\dP+", "\\drds postgres", "\\dRp+", "\\dRs", "\\ds", "\\dt+ shop.*", "\\dT+", "\\duS+ postgres", "\\dv+", "\\dx+", "\\dX", "\\dy", "\\encoding",
    "\\l template*", "\\sv pg_catalog.pg_views", "\\sf pg_catalog.array_sample(anyarray,integer)", "\\z shop.customers", "\\lo_list",
]  # fmt: skip
# What PostgreSQL's program writes anew each time: a random key of its own scripts (since 2025), and times.
_KEY = re.compile(r"^\\(un)?restrict .*$", re.MULTILINE)


def dumped(place: Place, dsn: str, *arguments: str) -> str:
    done = run_program("pg_dump", place.version, dsn, *arguments)
    assert done.returncode == 0, done.stderr
    return _KEY.sub("", done.stdout)


@pytest.mark.parametrize("arguments", [(), ("--inserts", "--rows-per-insert=50"), ("--schema-only",), ("--data-only", "--column-inserts")])
def test_a_dump_is_the_same(shop: Place, arguments: tuple[str, ...]) -> None:
    direct = dumped(shop, shop.direct(OWNER), *arguments)
    assert len(direct) > 1000
    assert dumped(shop, shop.dsn(OWNER), *arguments) == direct


@pytest.mark.parametrize("form", [("-Fc",), ("-Fd", "-j", "2")])
def test_dumped_and_restored_through_the_proxy_it_is_the_same_database(shop: Place, tmp_path: Path, form: tuple[str, ...]) -> None:
    file = str(tmp_path / "dump")
    done = run_program("pg_dump", shop.version, shop.dsn(OWNER), *form, "-f", file)
    assert done.returncode == 0, done.stderr
    fresh = new_database(shop.database.server)
    try:
        fresh.execute(f'ALTER DATABASE "{fresh.name}" OWNER TO {OWNER}')
        through = shop.dsn(OWNER, database=fresh.name)
        jobs = ("-j", "2") if "-j" in form else ()
        done = run_program("pg_restore", shop.version, through, "--no-owner", "--no-privileges", *jobs, "-d", fresh.name, file)
        assert [line for line in done.stderr.splitlines() if "error" in line.lower()] == []
        assert done.returncode == 0, done.stderr
        options = ("--no-owner", "--no-privileges")
        restored, original = (dumped(shop, dsn, *options) for dsn in (fresh.dsn(OWNER, LOGINS[OWNER]), shop.direct(OWNER)))
        assert sorted(restored.splitlines()) == sorted(original.splitlines())  # rows come back in whatever order they were put in
    finally:
        fresh.drop()


def test_psqls_backslash_commands(shop: Place) -> None:
    """One psql for all of them, with what stands between told apart; \\conninfo and \\l's sizes differ by nature.

    Of databases and roles only PostgreSQL's own: others' come and go while this runs.
    """
    script = "".join(f"\\echo '== {number}'\n{command}\n" for number, command in enumerate(BACKSLASH))
    direct = psql(shop.version, shop.direct(OWNER), script)
    through = psql(shop.version, shop.dsn(OWNER), script)
    for command, one, other in zip(BACKSLASH, *(side.stdout.split("== ")[1:] for side in (direct, through)), strict=True):
        assert other == one, command
    assert through.stderr == direct.stderr


SIZE = 1_000_000_000 if os.environ.get("MASKGATE_SOAK") else 150_000_000


@pytest.mark.parametrize("login", ["app", "analyst"])
def test_a_huge_value_passes_with_flat_memory(newest_server: object, tmp_path: Path, login: str) -> None:
    """150 MB in `make test`, 1 GB in the long form; the server holds it whole, the proxy does not."""
    with small_database(newest_server, tmp_path / "p") as small, Served(small) as served:  # type: ignore[arg-type]
        user = getattr(small, login)
        with served.raw(user) as client:
            client.send(m.Query(b"SELECT repeat('x', 1000)"))
            client.until_ready()
            worker = served.worker
            before = memory(worker)
            client.send(m.Query(b"SELECT repeat('x', %d)" % SIZE))
            received, tail = 0, b""
            most = before
            while not tail.endswith(b"Z\0\0\0\5I"):
                piece = client.socket.recv(1 << 20)
                assert piece
                received += len(piece)
                tail = (tail + piece)[-16:]
                if received % 16 == 0:
                    most = max(most, memory(worker))
            assert received > SIZE + HEAD_BYTES
            assert max(most, memory(worker)) < before + 30_000, (before, most)


def memory(pid: int) -> int:
    """Resident kilobytes."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1])
