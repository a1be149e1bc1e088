"""Statements that kill parsers, and statements of 20 MB: refused in the session they came in, which goes on, as does the proxy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.sql.parse import STATEMENT_BYTES
from proxy.wire import messages as m
from tests.property.test_sql import KILLERS
from tests.proxies import RawClient, error_of, kinds_of
from tests.small import Served, small_database

TWENTY_MB = b"SELECT '" + b"x" * 20_000_000 + b"'"
# Other shapes of the same trouble: nothing but brackets or quotes, a comment without an end, one very long name.
MORE = {
    "closing brackets": "SELECT 1" + ")" * 30_000,
    "square brackets": "[" * 30_000,
    "braces": "{" * 30_000,
    "dollar quote without an end": "SELECT $a$" + "x" * 100_000,
    "string without an end": "SELECT '" + "x" * 100_000,
    "comments in comments": "/*" * 1_000,
    "one long comment": "--" + "x" * 100_000,
    "semicolons": ";" * 10_000,
    "statements": "SELECT 1;" * 300,
    "a long name": 'SELECT "' + "n" * 200_000 + '"',
    "dots": "SELECT a" + ".a" * 1_000,
    "parameters": "SELECT " + ",".join(f"${n}" for n in range(1, 500)),
    "the largest parameter": "SELECT $2147483647",
    "a parameter beyond": "SELECT $99999999999999999999",
    "a long number": "SELECT " + "9" * 100_000,
    "many columns": "SELECT " + ",".join(["name"] * 2_000) + " FROM customers",
    "IN list": "SELECT 1 FROM customers WHERE id IN (" + ",".join(map(str, range(5_000))) + ")",
    "VALUES": "SELECT * FROM (VALUES " + ",".join(f"({n},'x')" for n in range(2_000)) + ") v",
    "AND chain": "SELECT 1 FROM customers WHERE id = 1" + " AND id = 1" * 1_000,
    "concatenation": "SELECT name" + " || name" * 500 + " FROM customers",
    "CTEs": "WITH " + ", ".join(f"c{n} AS (SELECT * FROM customers)" for n in range(60)) + " SELECT 1",
    "nested CTEs": "WITH c AS (" * 300 + "SELECT 1" + ") SELECT * FROM c" * 300,
    "laterals": "SELECT 1 FROM customers" + ", LATERAL (SELECT 1" * 200 + ") x" * 200,
    "exists": "SELECT 1 FROM customers WHERE " + "EXISTS (SELECT 1 FROM customers WHERE " * 200 + "true" + ")" * 200,
    "any arrays": "SELECT 1 WHERE 1 = ANY(" + "ARRAY[" * 20 + "1" + "]" * 20 + ")",
    "typmods": "SELECT " + "numeric(" * 25 + "1" + ")" * 25,
    "casts to arrays": "SELECT 1" + "::int[]" * 500,
    "unary minus": "SELECT " + "- " * 20_000 + "1",
    "string continuation": "SELECT 'a'" + "\n'b'" * 10_000,
    "zero-width and wide characters": "SELECT '" + "\u200b\U0001f4a9é" * 10_000 + "'",
}  # fmt: skip
# Beyond our limits, whoever asks; the server itself refuses the most of them with the same SQLSTATE.
TOO_COMPLEX = ("chain", "long chain", "deeper arrays", "open brackets", "nots", "cases", "closing brackets", "unary minus")
STATEMENTS = {**{name: text for name, text in KILLERS.items() if name != "20 MB"}, **MORE}
# How long an answer may take at the very worst: two cores run the tests of several workers.
SECONDS = 30.0
OURS = {None, "54001", "0A000", "42601", "42501"}
# What the server itself may say of them: names it does not know, types that do not fit, its own limits.
SERVERS_OWN = {"08P01", "22003", "42622", "42703", "42704", "42712", "42804", "42809", "42846", "42883", "42P01", "42P02", "42P08",
               "42P10", "42P18", "42P19", "54000", "54011", "54023"}  # fmt: skip


@pytest.fixture(scope="module")
def served(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("statements") / "proxy"
    with small_database(newest_server, folder) as small, Served(small) as one:
        yield one


@pytest.fixture
def proxy(served: Served) -> Iterator[Served]:
    """The proxy, a process of its own: afterwards it lives, works and has shown no traceback."""
    yield served
    served.check()


def simple(client: RawClient, sql: bytes) -> str | None:
    """Send a simple query: its SQLSTATE, None when it ran. Checks that the answer is whole."""
    client.send(m.Query(sql))
    frames = client.until_ready()
    assert frames[-1] == ("Z", b"I")
    return error_of(frames).sqlstate if "E" in kinds_of(frames) else None


def extended(client: RawClient, sql: bytes, name: bytes = b"") -> str | None:
    """The same as Parse, Bind, Describe, Execute, Sync in one packet."""
    client.send(m.Parse(name, sql), m.Bind(b"", name), m.Describe("P", b""), m.Execute(b""), m.Sync())
    frames = client.until_ready()
    assert frames[-1] == ("Z", b"I")
    return error_of(frames).sqlstate if "E" in kinds_of(frames) else None


def lives(client: RawClient) -> None:
    """The session answers, simple and extended."""
    client.send(m.Query(b"SELECT 1"))
    assert kinds_of(client.until_ready()) == "TDCZ"
    client.send(m.Parse(b"", b"SELECT 2"), m.Bind(b"", b""), m.Execute(b""), m.Sync())
    assert kinds_of(client.until_ready()) == "12DCZ"


@pytest.mark.parametrize("number", [0, 1, 2], ids=["analyst", "app", "owner"])
def test_parser_killers_leave_session_and_proxy_alive(proxy: Served, number: int) -> None:
    """All of them by simple query for the analyst, and the shorter ones by extended; fewer where less is done with them."""
    is_glass = number == 2
    with proxy.raw(proxy.small.logins[number]) as client:
        client.socket.settimeout(SECONDS)
        for name, text in STATEMENTS.items():
            if len(text) > (2_000_000, 60_000, 30_000)[number]:
                continue
            for send in (simple, extended):
                sqlstate = send(client, text.encode())
                if name in TOO_COMPLEX and not is_glass:
                    assert sqlstate == "54001", name
                assert sqlstate in OURS | SERVERS_OWN, (name, sqlstate)
                lives(client)
                if number > 0 or len(text) > 20_000:
                    break


def test_a_run_of_comment_openers_is_too_complex(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    """PostgreSQL's scanner reads each `/*` to the end of the run: quadratic, for 100 KB a minute of a whole worker."""
    with small_database(newest_server, tmp_path / "proxy") as small, Served(small) as proxy:
        for login in (small.analyst, small.app):
            with proxy.raw(login) as client:
                client.socket.settimeout(SECONDS)
                for text in (b"/*" * 50_000, b"SELECT 1 " + b"+" * 100_000 + b"1"):
                    assert simple(client, text) == "54001"
                lives(client)
        proxy.check()


@pytest.mark.parametrize("number", [0, 1], ids=["analyst", "app"])
def test_a_statement_of_20_mb_is_refused_and_the_session_goes_on(proxy: Served, number: int) -> None:
    login = proxy.small.logins[number]
    with proxy.raw(login, application_name="large") as client:
        for send in (simple, extended):
            assert send(client, TWENTY_MB) == "54001"
            lives(client)
        client.send(m.Query(TWENTY_MB))
        report = error_of(client.until_ready())
        assert report.severity == "ERROR"
        assert str(STATEMENT_BYTES).encode() in (report.get("M") or b"")
    refused = proxy.small.events(kind="refuse", login=login, application="large")
    assert [one["sqlstate"] for one in refused] == ["54001"] * 3
    assert all(len(str(one)) < 10_000 for one in refused)  # the log does not keep 20 MB


@pytest.mark.parametrize("number", [0, 1], ids=["analyst", "app"])
def test_a_statement_of_20_mb_fails_its_transaction_and_skips_to_sync(proxy: Served, number: int) -> None:
    with proxy.raw(proxy.small.logins[number]) as client:
        client.send(m.Query(b"BEGIN"))
        client.until_ready()
        client.send(m.Query(TWENTY_MB))
        frames = client.until_ready()
        assert error_of(frames).sqlstate == "54001"
        assert frames[-1] == ("Z", b"E")
        client.send(m.Query(b"SELECT 1"))
        assert error_of(client.until_ready()).sqlstate == "25P02"
        client.send(m.Query(b"ROLLBACK"))
        assert client.until_ready()[-1] == ("Z", b"I")
        good = [m.Bind(b"", b""), m.Execute(b""), m.Sync()]
        client.send(m.Parse(b"", b"SELECT 1"), *good, m.Parse(b"", TWENTY_MB), *good, m.Parse(b"", b"SELECT 3"), *good)
        assert kinds_of(client.until_ready(3)) == "12DCZ" + "EZ" + "12DCZ"


def test_20_mb_pass_for_a_caller_nothing_is_hidden_from_and_nothing_is_sealed_for(proxy: Served) -> None:
    with proxy.raw(proxy.small.owner) as client:
        client.socket.settimeout(SECONDS)
        client.send(m.Query(TWENTY_MB))
        frames = client.until_ready()
        assert kinds_of(frames) == "TDCZ"
        assert len(frames[1][1]) > 20_000_000
        lives(client)


def test_20_mb_as_a_parameter_pass(proxy: Served) -> None:
    """A value is no statement: the limit is not for it."""
    value = "y" * 20_000_000
    with proxy.connect(proxy.small.app) as app:
        app.execute("INSERT INTO notes (body) VALUES (%s)", (value,))
        assert app.execute("SELECT length(body) FROM notes WHERE length(body) > 1000").fetchall() == [(20_000_000,)]
    with proxy.connect(proxy.small.analyst) as analyst:
        assert analyst.execute("SELECT body FROM notes WHERE length(body) > 1000").fetchall() == [(value,)]
    proxy.small.database.execute("DELETE FROM notes")


def test_statements_no_one_can_read(proxy: Served) -> None:
    """Bytes that are no UTF-8, and a zero byte's neighbours: an error each, in the same session."""
    for login in proxy.small.logins:
        with proxy.raw(login) as client:
            for sql in (b"SELECT '\xff\xfe'", b"\xff", b"SELECT '\xed\xa0\x80'", b"SELECT \xf0\x28\x8c\x28", b"\x01\x02\x03"):
                assert simple(client, sql) in ("22021", "42601"), sql
                assert extended(client, sql) in ("22021", "42601"), sql
            lives(client)


def test_neighbours_are_served_while_a_killer_is_planned(proxy: Served) -> None:
    """One session sends killers for a while, another asks SELECT 1: how long it waits at worst is bounded."""
    worst = 0.0
    is_over = threading.Event()

    def attack() -> None:
        try:
            with proxy.raw(proxy.small.analyst) as client:
                client.socket.settimeout(60)
                for name in ("chain", "deep arrays", "subscripts", "functions", "attributes", "many columns"):
                    simple(client, STATEMENTS[name].encode())
        finally:
            is_over.set()

    thread = threading.Thread(target=attack)
    with proxy.raw(proxy.small.app) as client:
        client.socket.settimeout(SECONDS)
        thread.start()
        while not is_over.is_set():
            start = time.monotonic()
            client.send(m.Query(b"SELECT 1"))
            assert kinds_of(client.until_ready()) == "TDCZ"
            worst = max(worst, time.monotonic() - start)
    thread.join(60)
    assert not thread.is_alive()
    assert worst < 5.0, f"a neighbour waited {worst:.1f} s"


@pytest.mark.parametrize("is_described", [True, False])
@pytest.mark.parametrize("formats", [(9,), (1, 9), (0, 0, 0), (0, -1)])
def test_formats_of_parameters_are_judged_as_the_server_does(proxy: Served, formats: tuple[int, ...], is_described: bool) -> None:
    """Also where a parameter is encrypted, and goes on in another format than it came in."""
    described = [m.Describe("P", b"")] if is_described else []
    asked = b"SELECT id FROM payment_cards WHERE id = $2::int AND card_no = $1"
    plain = b"SELECT id FROM notes WHERE id = $2::int AND body = $1"
    found = []
    for login, text in ((proxy.small.app, asked), (proxy.small.owner, plain)):
        with proxy.raw(login) as client:
            client.send(m.Parse(b"s", text), m.Sync())
            client.until_ready()
            client.send(m.Bind(b"", b"s", formats, (b"4111", b"1")), *described, m.Execute(b""), m.Sync())
            error = error_of(client.until_ready())
            found.append((error.sqlstate, error.get("M")))
            lives(client)
    assert found[0] == found[1]
    assert found[0][0] in ("22023", "08P01")
