"""On a real file system. Processes are started where the operating system must say no, or where one is killed."""

import itertools
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from proxy.audit.search import verify_folder
from proxy.audit.sinks import FileLog, read_lines, segments
from proxy.errors import Unavailable

Line = dict[str, object]


def accept(n: int) -> Line:
    return {"kind": "accept", "n": n}


def end(n: int) -> Line:
    return {"kind": "end", "n": n}


def written(folder: Path) -> list[Line]:
    """Every whole line: a crash may leave half of one at the end."""
    lines = (line for lane in segments(folder).values() for part in lane for line in read_lines(part))
    return [orjson.loads(line) for line in lines if line.endswith(b"\n")]


def numbers(folder: Path) -> list[object]:
    return [event["n"] for event in written(folder) if event["kind"] != "segment"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.jsonl"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def each_second() -> Callable[[], float]:
    """A clock that is a second later each time it is read: the log looks at its file once a second."""
    return itertools.count(1_767_225_600.0).__next__


@contextmanager
def full_disk(size_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond `size_bytes`: write(2) is short, then fails with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # Python's own choice
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def only_file(folder: Path) -> Path:
    (path,) = folder.glob("*.jsonl")
    return path


def test_what_is_appended_is_in_the_file_when_append_returns(folder: Path) -> None:
    log = FileLog(folder, clock=lambda: 1_767_225_600.5)
    log.append([accept(1), accept(2)])
    log.append([{"kind": "end", "n": 3, "time": "earlier"}])
    first, *events = written(folder)
    assert first == {
        "seq": 0,
        "prev": "0" * 64,
        "kind": "segment",
        "format": 1,
        "lane": 0,
        "segment": 1,
        "started": "2026-01-01T00:00:00.500000Z",
    }
    assert [event["time"] for event in events] == ["2026-01-01T00:00:00.500000Z"] * 2 + ["earlier"]
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert log.end.seq == 4
    report = verify_folder(folder)
    assert report.is_whole
    assert report.lanes[0].end == log.end
    log.close()


def test_modes(folder: Path) -> None:
    log = FileLog(folder / "deeper")
    assert stat.S_IMODE((folder / "deeper").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / "deeper").iterdir()} == {0o600}
    log.close()


def test_strict_syncs_each_batch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    log = FileLog(folder, mode="strict")
    log.append([accept(1)])
    log.append([accept(2)])
    assert len(synced) == 2
    log.close()


def test_rotation_by_size_keeps_one_chain(folder: Path) -> None:
    log = FileLog(folder, segment_bytes=1000)
    for n in range(30):
        log.append([accept(n)])
    log.close()
    assert len(names(folder)) > 3
    assert names(folder)[0] == "lane0-00000001.jsonl"
    assert numbers(folder) == list(range(30))
    report = verify_folder(folder)
    assert report.is_whole
    assert report.lines == 30 + len(names(folder))


def test_a_restart_continues_the_chain(folder: Path) -> None:
    for n in range(3):
        log = FileLog(folder)
        log.append([accept(n)])
        log.close()
    assert len(names(folder)) == 3
    assert [event["seq"] for event in written(folder)] == list(range(6))
    assert verify_folder(folder).is_whole


def test_two_writers_take_two_lanes(folder: Path) -> None:
    one, two = FileLog(folder), FileLog(folder)
    one.append([accept(1)])
    two.append([accept(2)])
    one.close()
    three = FileLog(folder)
    three.append([accept(3)])
    two.close()
    three.close()
    assert names(folder) == ["lane0-00000001.jsonl", "lane0-00000002.jsonl", "lane1-00000001.jsonl"]
    assert numbers(folder) == [1, 3, 2]
    assert verify_folder(folder).is_whole


def test_a_full_disk_fails_the_batch_and_leaves_no_half_line(folder: Path) -> None:
    log = FileLog(folder)
    log.append([accept(1)])
    before, at = only_file(folder).read_bytes(), log.end
    with full_disk(len(before) + 150):  # room for one line of the three
        for _ in range(3):
            with pytest.raises(Unavailable) as caught:
                log.append([accept(2), accept(3), accept(4)])
            assert caught.value.sqlstate == "58030"
            assert caught.value.message == "the query log cannot be written: File too large"
            assert str(folder) not in str(caught.value) + str(caught.value.hint)
            assert str(folder) in log.failure
            assert only_file(folder).read_bytes() == before
            assert log.end == at
    log.append([accept(5)])
    assert log.failure == ""
    assert numbers(folder) == [1, 5]
    assert verify_folder(folder).is_whole
    log.close()


def test_what_has_happened_waits_and_is_written_first(folder: Path) -> None:
    log = FileLog(folder)
    with full_disk(only_file(folder).stat().st_size):
        log.append([end(1)], must=False)
        with pytest.raises(Unavailable):
            log.append([accept(2), end(3)])
        log.append([{"kind": "refuse", "n": 4}], must=False)
        log.append([], must=False)
        assert log.waiting == 3
    log.append([accept(5)])
    assert log.waiting == 0
    assert numbers(folder) == [1, 3, 4, 5]
    assert [event.get("late", False) for event in written(folder)[1:]] == [True, True, True, False]
    assert verify_folder(folder).is_whole
    log.close()


def test_what_waits_is_bounded(folder: Path) -> None:
    log = FileLog(folder, keep=2)
    with full_disk(only_file(folder).stat().st_size):
        log.append([end(1)], must=False)
        with pytest.raises(Unavailable):
            log.append([end(2), end(3)], must=False)
        assert log.waiting == 2
    log.close()
    assert numbers(folder) == [1, 2]


def test_close_says_when_events_are_lost(folder: Path) -> None:
    log = FileLog(folder)
    with full_disk(only_file(folder).stat().st_size):
        log.append([end(1)], must=False)
        with pytest.raises(Unavailable):
            log.close()
    FileLog(folder).close()  # the lane is free again
    assert verify_folder(folder).is_whole


def test_a_disk_too_full_to_rotate_leaves_no_empty_segment(folder: Path) -> None:
    log = FileLog(folder, segment_bytes=1)
    with full_disk(20):
        for _ in range(2):
            with pytest.raises(Unavailable):
                log.append([accept(1)])
        assert names(folder) == ["lane0-00000001.jsonl"]
    log.append([accept(2)])
    log.close()
    assert numbers(folder) == [2]
    assert verify_folder(folder).is_whole


def test_a_failed_sync_goes_on_in_a_new_segment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = FileLog(folder, mode="strict")
    log.append([accept(1)])

    def bad(descriptor: int) -> None:
        raise OSError(5, os.strerror(5))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", bad)
        with pytest.raises(Unavailable, match="Input/output error"):
            log.append([accept(2)])
        with pytest.raises(Unavailable):
            log.append([accept(3)])
    log.append([accept(4)])
    log.close()
    assert numbers(folder) == [1, 4]
    assert verify_folder(folder).is_whole


def test_a_batch_that_cannot_be_cut_off_again_stays_in_the_chain(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = FileLog(folder)
    size = only_file(folder).stat().st_size

    def bad(descriptor: int, length: int) -> None:
        raise OSError(5, os.strerror(5))

    with monkeypatch.context() as patch, full_disk(size + 200):
        patch.setattr(os, "ftruncate", bad)
        with pytest.raises(Unavailable):
            log.append([accept(1), accept(2)])  # the first fits whole, the second by half
    log.append([accept(3)])
    log.close()
    report = verify_folder(folder)
    assert report.is_whole
    assert "half a line" in report.lanes[0].notes[0]
    whole = [orjson.loads(line) for line in b"".join(p.read_bytes() for p in sorted(folder.glob("*.jsonl"))).splitlines()[:2]]
    assert whole[1]["n"] == 1


def test_a_folder_removed_while_we_run(folder: Path) -> None:
    log = FileLog(folder, clock=each_second())
    log.append([accept(1)])
    folder.rename(folder.with_name("moved"))
    log.append([accept(2)])
    log.append([accept(3)])
    log.close()
    assert numbers(folder.with_name("moved")) == [1]
    assert numbers(folder) == [2, 3]
    assert verify_folder(folder.with_name("moved")).is_whole
    report = verify_folder(folder)
    assert report.is_whole
    assert (
        "the folder was replaced while the proxy ran; it had written up to lane 0, segment 1, line 1"
        in report.lanes[0].notes[0]
    )


def test_a_folder_is_looked_at_once_a_second(folder: Path) -> None:
    now = 1_767_225_600.0
    log = FileLog(folder, clock=lambda: now)
    log.append([accept(1)])
    folder.rename(folder.with_name("moved"))
    log.append([accept(2)])
    now += 1
    log.append([accept(3)])
    log.close()
    assert numbers(folder.with_name("moved")) == [1, 2]
    assert numbers(folder) == [3]


def test_a_folder_that_turned_into_a_file_fails_until_it_is_back(folder: Path) -> None:
    log = FileLog(folder, clock=each_second())
    folder.rename(folder.with_name("moved"))
    folder.write_text("in the way")
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            log.append([accept(1)])
        assert caught.value.sqlstate == "58030"
    log.append([end(2)], must=False)
    folder.unlink()
    log.append([accept(3)])
    log.close()
    assert numbers(folder) == [2, 3]
    assert verify_folder(folder).is_whole


def test_a_replaced_folder_that_is_full_at_first(folder: Path) -> None:
    log = FileLog(folder, clock=each_second())
    log.append([accept(1)])
    folder.rename(folder.with_name("moved"))
    with full_disk(0):
        for _ in range(2):
            with pytest.raises(Unavailable):
                log.append([accept(2)])
    log.append([accept(3)])
    log.close()
    report = verify_folder(folder)
    assert report.is_whole
    assert "the folder was replaced" in report.lanes[0].notes[0]


def test_a_deleted_segment_is_missed(folder: Path) -> None:
    log = FileLog(folder, clock=each_second())
    log.append([accept(1)])
    only_file(folder).unlink()
    log.append([accept(2)])
    log.close()
    report = verify_folder(folder)
    assert not report.is_whole
    assert report.lanes[0].broken is not None
    assert report.lanes[0].broken.reason == "removed: segment 1 is missing before this file"


def test_lines_cut_off_behind_our_back_are_missed(folder: Path) -> None:
    log = FileLog(folder, clock=each_second())
    log.append([accept(1)])
    log.append([accept(2)])
    lines = only_file(folder).read_bytes().splitlines(keepends=True)
    only_file(folder).write_bytes(b"".join(lines[:-1]))
    log.append([accept(3)])
    log.close()
    lane = verify_folder(folder).lanes[0]
    assert lane.broken is not None
    assert lane.broken_file == "lane0-00000002.jsonl"
    assert lane.broken.reason.startswith("removed: line 2 is missing")


def test_a_half_line_of_a_crash_is_recorded_by_the_next_start(folder: Path) -> None:
    log = FileLog(folder)
    log.append([accept(1)])
    log.close()
    with only_file(folder).open("ab") as file:
        file.write(b'{"seq":2,"pr')
    before = verify_folder(folder)
    assert before.is_whole
    assert before.lanes[0].notes == ("segment 1 ends in half a line of 12 bytes: a crash, or being written",)
    # The next start crashes too, half way through its header.
    (folder / "lane0-00000002.jsonl").write_bytes(b'{"seq"')
    log = FileLog(folder)
    log.append([accept(2)])
    log.close()
    report = verify_folder(folder)
    assert report.is_whole
    assert len(report.lanes[0].notes) == 2
    # Who then touches that half line is found out.
    with (folder / "lane0-00000001.jsonl").open("ab") as file:
        file.write(b"x")
    lane = verify_folder(folder).lanes[0]
    assert lane.broken is not None
    assert lane.broken.reason.startswith("cut: the end of the segment before")


def test_an_empty_segment_of_a_crash_does_no_harm(folder: Path) -> None:
    FileLog(folder).close()
    (folder / "lane0-00000002.jsonl").touch()
    log = FileLog(folder)
    log.append([accept(1)])
    log.close()
    assert names(folder)[-1] == "lane0-00000003.jsonl"
    assert verify_folder(folder).is_whole


def test_a_foreign_last_line_is_gone_past_and_named(folder: Path) -> None:
    log = FileLog(folder)
    log.append([accept(1)])
    log.close()
    with only_file(folder).open("ab") as file:
        file.write(b"hello\r\n")
    log = FileLog(folder)
    log.append([accept(2)])
    log.close()
    lane = verify_folder(folder).lanes[0]
    assert lane.broken is not None
    assert (lane.broken_file, lane.broken.line) == ("lane0-00000001.jsonl", 3)


def test_long_lines_are_found_again(folder: Path) -> None:
    log = FileLog(folder)
    log.append([{"kind": "accept", "n": 1, "statement": "x" * 1_000_000}])
    log.close()
    log = FileLog(folder)
    log.append([accept(2)])
    log.close()
    assert verify_folder(folder).is_whole


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="the query log cannot be written: Not a directory") as caught:
        FileLog(tmp_path / "file" / "log")
    assert caught.value.sqlstate == "58030"


def test_a_read_only_folder() -> None:
    # /proc takes no new file from anybody, not even from root.
    with pytest.raises(Unavailable, match="the query log cannot be written"):
        FileLog(Path("/proc/self"))


def test_a_lock_that_fails_otherwise(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(descriptor: int, how: int) -> None:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(Unavailable, match="No locks available"):
        FileLog(folder)


def test_when_every_lane_is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.audit.sinks._MAX_LANES", 1)
    log = FileLog(folder)
    with pytest.raises(Unavailable, match="all 1 lanes are taken"):
        FileLog(folder)
    log.close()


def test_reading_says_what_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read: No such file"):
        segments(tmp_path / "gone")
    (tmp_path / "lane0-00000001.jsonl").mkdir()
    with pytest.raises(Unavailable, match="cannot be read: Is a directory"):
        list(read_lines(segments(tmp_path)[0][0]))


WRITER = """
import sys
from pathlib import Path
from proxy.audit.sinks import FileLog
log = FileLog(Path(sys.argv[1]), segment_bytes=20_000)
n = 0
while True:
    log.append([{"kind": "accept", "n": n}, {"kind": "accept", "n": n + 1, "statement": "x" * 300}])
    n += 2
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


def test_every_acknowledged_line_survives_kill_9(folder: Path) -> None:
    acknowledged = 0
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        with writer:
            for _ in range(200):
                last = writer.stdout.readline()
            writer.kill()
            for line in writer.stdout:  # what it had said before it died
                last = line if line.endswith("\n") else last
        acknowledged += int(last)
    events = [event for event in written(folder) if event["kind"] == "accept"]
    assert len(events) >= acknowledged
    report = verify_folder(folder)
    assert report.is_whole, report
    assert len(report.lanes) == 1
