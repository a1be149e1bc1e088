"""The query log cannot be written: nothing runs unrecorded, sessions live on, and what did run is in the log when it is whole again.

Three real troubles: a limit on the size of files (RLIMIT_FSIZE, set on the running proxy), a full disk (a small tmpfs, where
this machine lets us mount one), and a log folder that is gone, a file in its place.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from proxy.audit.search import verify_folder
from proxy.cli.embedded import EmbeddedServer
from proxy.wire import messages as m
from tests.proxies import RawClient, error_of, kinds_of
from tests.small import Served, Small, eventually, small_database

TMPFS_KB = 512


def log_size(small: Small) -> int:
    return max(path.stat().st_size for path in (small.folder / "log").glob("*.jsonl"))


@contextmanager
def size_limit(proxy: Served) -> Iterator[None]:
    """No file of the proxy may grow beyond what the log has now: EFBIG, after a few bytes of a line."""
    worker = proxy.worker
    limits = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (log_size(proxy.small) + 100, limits[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(worker, resource.RLIMIT_FSIZE, limits)


@contextmanager
def full_disk(proxy: Served) -> Iterator[None]:
    """Somebody else's file takes all the room: ENOSPC."""
    ballast = proxy.small.folder / "log" / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 1024)
        except OSError:
            pass
    try:
        refuses(proxy)  # the last page of the log's own file may have room for some lines
        yield
    finally:
        ballast.unlink()


@contextmanager
def folder_gone(proxy: Served) -> Iterator[None]:
    """The folder was renamed, and a file has its name. Noticed at the next second: what came before is in the old file."""
    folder, away = proxy.small.folder / "log", proxy.small.folder / "log.away"
    folder.rename(away)
    folder.touch()
    try:
        refuses(proxy)
        yield
    finally:
        folder.unlink()
        away.rename(folder)


def refuses(proxy: Served) -> None:
    """Wait until statements are refused."""
    with proxy.connect(proxy.small.analyst) as client:
        eventually(lambda: sqlstate_of(client, "SELECT 1") == "58030", 30, "the log still takes statements")


def sqlstate_of(client: psycopg.Connection[tuple[object, ...]], sql: str) -> str:
    try:
        client.execute(sql.encode())
    except psycopg.Error as error:
        return error.sqlstate or ""
    return "00000"


TROUBLES: dict[str, Callable[[Served], AbstractContextManager[None]]] = {"limit": size_limit, "full": full_disk, "gone": folder_gone}


@contextmanager
def tmpfs(folder: Path, *options: str) -> Iterator[None]:
    """A small disk at `folder`, or skip."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", ",".join((f"size={TMPFS_KB}k", "mode=700", *options)), "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        pytest.skip("this machine has no mount")
    if done.returncode:
        pytest.skip("mounting a tmpfs is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


@contextmanager
def serving(server: EmbeddedServer, folder: Path, trouble: str) -> Iterator[Served]:
    """A proxy whose log is large enough for its limit not to hit its stderr first."""
    with small_database(server, folder) as small:
        disk = tmpfs(folder / "log") if trouble == "full" else None
        if disk is not None:
            disk.__enter__()
        try:
            with Served(small) as proxy:
                with proxy.connect(small.app) as client:
                    while log_size(small) < 100_000:
                        with client.pipeline():
                            for _ in range(50):
                                client.execute("SELECT 1")
                yield proxy
        finally:
            if disk is not None:
                disk.__exit__(None, None, None)


@pytest.fixture(params=TROUBLES, scope="module")
def trouble(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def served(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory, trouble: str) -> Iterator[Served]:
    with serving(newest_server, tmp_path_factory.mktemp("full") / "proxy", trouble) as one:
        yield one


@pytest.fixture
def proxy(served: Served) -> Iterator[Served]:
    """The proxy; afterwards it works, and the chain of its log is unbroken."""
    yield served
    served.check()
    assert verify_folder(served.small.folder / "log").is_whole


def insert(body: str) -> bytes:
    return f"INSERT INTO notes (body) VALUES ('{body}')".encode()


def simple(client: RawClient, sql: bytes) -> tuple[str, bytes]:
    """(SQLSTATE, transaction status)."""
    client.send(m.Query(sql))
    frames = client.until_ready()
    return error_of(frames).sqlstate if "E" in kinds_of(frames) else "00000", frames[-1][1]


def extended(client: RawClient, sql: bytes) -> tuple[str, bytes]:
    client.send(m.Parse(b"", sql), m.Bind(b"", b""), m.Execute(b""), m.Sync())
    frames = client.until_ready()
    return error_of(frames).sqlstate if "E" in kinds_of(frames) else "00000", frames[-1][1]


def whole(proxy: Served, *, wrote: int) -> None:
    """The chain is unbroken, and the log knows of every row there is: one INSERT accepted and ended for each."""
    small = proxy.small
    report = verify_folder(small.folder / "log")
    assert report.is_whole, report
    notes = small.notes()
    assert len(notes) == wrote
    accepted = small.events(kind="accept")
    statements = [str(one["statement"]) for one in accepted]
    for body in notes:
        assert any(f"'{body}'" in one for one in statements), body
    ended = {one["id"] for one in small.events(kind="end")}
    assert [one["statement"] for one in accepted if one["id"] not in ended] == []


def test_statements_are_refused_and_run_again_when_there_is_room(proxy: Served, trouble: str) -> None:
    small = proxy.small
    writers = small.app, small.owner
    clients = {login: proxy.raw(login) for login in small.logins}
    in_block = proxy.raw(small.app)
    prepared = proxy.raw(small.app)
    try:
        for login in writers:
            assert simple(clients[login], insert(f"before {login}")) == ("00000", b"I")
        assert simple(in_block, b"BEGIN") == ("00000", b"T")
        assert simple(in_block, insert("in a block that cannot end")) == ("00000", b"T")
        prepared.send(m.Parse(b"p", b"INSERT INTO notes (body) VALUES ($1)", (25,)), m.Sync())
        assert kinds_of(prepared.until_ready()) == "1Z"
        with TROUBLES[trouble](proxy):
            for _ in range(2):
                for login in writers:
                    assert simple(clients[login], insert("never, simple")) == ("58030", b"I")
                    assert extended(clients[login], insert("never, extended")) == ("58030", b"I")
                for send in (simple, extended):
                    assert send(clients[small.analyst], b"SELECT name FROM customers") == ("58030", b"I")
                prepared.send(m.Bind(b"", b"p", (), (b"never, prepared",)), m.Execute(b""), m.Sync())
                assert error_of(prepared.until_ready()).sqlstate == "58030"
            several = [one for _ in range(3) for one in (m.Parse(b"", insert("never")), m.Bind(b"", b""), m.Execute(b""), m.Sync())]
            clients[small.app].send(*several)
            frames = clients[small.app].until_ready(3)
            assert kinds_of(frames).replace("1", "").replace("2", "") == "EZEZEZ"
            assert simple(in_block, insert("never, in a block")) == ("58030", b"E")
            assert simple(in_block, b"COMMIT")[0] == "58030"
            with proxy.raw(small.app) as newcomer:  # may come in, and do as little as the others
                assert simple(newcomer, insert("never, newcomer")) == ("58030", b"I")
            assert small.notes() == [f"before {login}" for login in writers]
            assert "cannot be written" in proxy.errors()
        for login in writers:
            assert simple(clients[login], insert(f"after {login}")) == ("00000", b"I")
            assert extended(clients[login], insert(f"later {login}")) == ("00000", b"I")
        assert simple(clients[small.analyst], b"SELECT name FROM customers") == ("00000", b"I")
        prepared.send(m.Bind(b"", b"p", (), (b"prepared",)), m.Execute(b""), m.Sync())
        assert kinds_of(prepared.until_ready()) == "2CZ"
        assert simple(in_block, b"ROLLBACK") == ("00000", b"I")
        assert simple(in_block, insert("after all")) == ("00000", b"I")
    finally:
        for client in (*clients.values(), in_block, prepared):
            client.socket.close()
    small.database.execute("DELETE FROM notes WHERE body = 'prepared'")  # its text is no part of the statement in the log
    eventually(lambda: is_quiet(small), 30, "not all have left")
    whole(proxy, wrote=7)
    assert not any("never" in str(one) for one in small.events(kind="accept"))
    done = subprocess.run(
        [sys.executable, "-m", "proxy.cli", "log", "verify", "-c", str(small.config_file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "unbroken" in done.stdout) == (0, True), done.stdout + done.stderr


def test_what_runs_when_trouble_comes_ends_well_and_is_written_later(proxy: Served, trouble: str) -> None:
    small = proxy.small
    with proxy.raw(small.app, application_name="long") as client:
        client.send(m.Query(b"SELECT pg_sleep(0.5), 'long'"))
        eventually(lambda: any("long" in query for _, _, query in small.active("long")), 30, "it does not run")
        with TROUBLES[trouble](proxy):
            assert kinds_of(client.until_ready()) == "TDCZ"
            assert simple(client, b"SELECT 1")[0] == "58030"
        assert simple(client, b"SELECT 1")[0] == "00000"
    ends = [one for one in small.events(kind="end", application="long") if one["rows"] == 1]
    assert [one["outcome"] for one in ends] == ["done", "done"]
    if trouble != "gone":  # there the old file took it
        assert ends[0].get("late") is True


def test_leaving_while_the_log_is_full(proxy: Served, trouble: str) -> None:
    """Terminate, a vanished client and a new login are no statements: they work, and stand in the log later."""
    small = proxy.small
    with TROUBLES[trouble](proxy):
        for _ in range(3):
            proxy.connect(small.app, "in-and-out").close()
        proxy.raw(small.app, application_name="vanished").socket.close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(proxy.dsn(small.app, password="wrong"))
        eventually(lambda: not small.active("vanished") and not small.active("in-and-out"), 30, "server processes are left")
    proxy.check()
    assert len(small.events(kind="connect", application="in-and-out")) == 3
    assert len(small.events(kind="disconnect", application="in-and-out")) == 3
    assert small.events(kind="login_refused", login=small.app)


def test_a_refusal_costs_no_time(proxy: Served, trouble: str) -> None:
    """A hundred statements against a log that cannot be written: each is refused in a moment."""
    with proxy.connect(proxy.small.app) as client:
        with TROUBLES[trouble](proxy):
            start = time.monotonic()
            for _ in range(100):
                assert sqlstate_of(client, "SELECT 1") == "58030"
            assert time.monotonic() - start < 5
        assert sqlstate_of(client, "SELECT 1") == "00000"


def test_a_killed_proxy_loses_nothing(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    """kill -9 of all its processes in the middle of statements: every row there is was in the log before; the chain goes on after the restart."""
    with small_database(newest_server, tmp_path / "proxy") as small:
        first = Served(small)
        clients = [first.raw(login) for login in (small.app, small.owner)]
        try:
            for number in range(200):
                for client in clients:
                    client.send(m.Query(insert(f"row {number} of {id(client)}")))
            clients[0].until_ready(30)
        finally:
            os.kill(first.worker, signal.SIGKILL)
            first.process.kill()
            first.process.wait(10)
            for client in clients:
                client.socket.close()
        eventually(lambda: is_quiet(small), 30, "server processes are left")
        accepted = {str(one["statement"]) for one in small.events(kind="accept")}
        notes = small.notes()
        assert len(notes) >= 30
        assert [body for body in notes if insert(body).decode() not in accepted] == []
        assert verify_folder(small.folder / "log").is_whole
        with Served(small) as second:
            second.check()
        report = verify_folder(small.folder / "log")
        assert report.is_whole
        assert len(report.lanes) == 1
        assert report.lanes[0].segments == 2


def is_quiet(small: Small) -> bool:
    """Whether the logins have no server process left."""
    names = "', '".join(small.logins)
    return small.database.execute(f"SELECT 1 FROM pg_stat_activity WHERE usename IN ('{names}')") == []


# --- at the start


def serve_to_its_end(small: Small) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "proxy.cli", "serve", "-c", str(small.config_file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def refused_to_start(small: Small) -> None:
    code, output = serve_to_its_end(small)
    assert code == 1
    assert "the query log cannot be written" in output
    assert "Traceback" not in output
    assert "listens on" not in output


def test_no_start_without_a_log(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "proxy") as small:
        folder = small.folder / "log"
        folder.touch()
        refused_to_start(small)
        folder.unlink()
        with tmpfs(folder, "ro"):
            refused_to_start(small)
        with tmpfs(folder):
            (folder / "ballast").write_bytes(b"")
            with pytest.raises(OSError, match="No space"):
                (folder / "ballast").write_bytes(b"\0" * (TMPFS_KB + 1) * 1024)
            refused_to_start(small)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it likes")
def test_no_start_with_a_folder_of_somebody_else(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    with small_database(newest_server, tmp_path / "proxy") as small:
        (small.folder / "log").mkdir(mode=0o500)
        refused_to_start(small)


def test_a_stop_with_a_full_log_says_what_is_lost(newest_server: EmbeddedServer, tmp_path: Path) -> None:
    """The ends that wait in memory cannot be saved: one line for the operator, exit 1, no traceback, a chain that is whole."""
    with small_database(newest_server, tmp_path / "proxy") as small:
        proxy = Served(small)
        try:
            with proxy.connect(small.app) as client, size_limit(proxy):
                eventually(lambda: sqlstate_of(client, "SELECT 1") == "58030", 30, "it is not full")
                proxy.process.send_signal(signal.SIGTERM)
                assert proxy.process.wait(15) == 1
        finally:
            proxy.process.kill()
            proxy.process.wait(10)
        assert "Traceback" not in proxy.errors()
        assert "cannot be written" in proxy.errors()
        assert verify_folder(small.folder / "log").is_whole
