"""Where events go: JSON lines in segment files, hash-chained (`chain.py`). When `append` returns, its lines are written.

A folder holds *lanes*, each the chain of one writer at a time: a process takes the first lane whose lock is free and
continues its chain in a new segment, so several workers write to one folder and each chain runs on through restarts. Files
are `lane<lane>-<number>.jsonl` (0600, in a folder made 0700) and are never rewritten; the one exception is a batch that
failed half way, which is cut off again.

"Written" is in the kernel (survives kill -9 of this process); in mode `strict` it is on the disk (fdatasync). A failing
disk raises `Unavailable` (58030), so the caller refuses its statements; the next append tries again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from proxy.audit.chain import START, Link, Tail, header, link, link_all, read_link
from proxy.audit.event import Event, utc
from proxy.errors import Unavailable

# Of these the thing has happened already; refusing it is no choice, so they wait in memory until the log works again.
WAITING_KINDS: Final = frozenset({"end", "disconnect"})
_NAME: Final = re.compile(r"lane(\d+)-(\d{8,})\.jsonl")
_MAX_LANES: Final = 1024
_BLOCK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a log folder."""

    lane: int
    number: int
    path: Path


def segments(folder: Path) -> dict[int, list[Segment]]:
    """The segments of each lane, in order. Raises `Unavailable` (58030) when the folder cannot be read."""
    try:
        return _list(folder)
    except OSError as error:
        raise Unavailable(f"the log folder {folder} cannot be read: {error.strerror}", sqlstate="58030") from None


def read_lines(segment: Segment) -> Iterator[bytes]:
    """The lines as they are on disk, each with its newline (the last perhaps without). Raises `Unavailable` (58030)."""
    try:
        with segment.path.open("rb") as file:
            yield from file
    except OSError as error:
        raise Unavailable(f"{segment.path} cannot be read: {error.strerror}", sqlstate="58030") from None


class FileLog:
    """The writer of one process. Not for several threads.

    `clock` gives seconds since 1970; it stamps each event (`time`) that has no time yet. A new segment begins when one has
    reached `segment_bytes`. Up to `keep` events wait in memory while the disk fails.
    Once a second it looks whether its file is still there and as it left it; if not, it goes on in a new segment.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        segment_bytes: int = 64 * 1024 * 1024,
        mode: Literal["accepted", "strict"] = "accepted",
        keep: int = 10_000,
    ) -> None:
        """Takes a lane and begins a segment. Raises `Unavailable` (58030) when that cannot be done."""
        self._folder = folder
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._is_strict = mode == "strict"
        self._keep = keep
        self._waiting: list[Event] = []
        self._failure = ""
        self._lane = 0
        self._lock: int | None = None
        self._file: int | None = None
        self._path = folder
        self._inode = (0, 0)  # device and number; with the size, what the file must have unless somebody touched it
        self._size_bytes = 0
        self._second = -1  # of the clock, when last read
        self._stamped_second = ""
        self._is_checked = False  # whether the file was looked at in this second
        self._number = 0
        self._at: Link | None = None  # None: read it from the folder
        self._follows = ""
        try:
            self._begin_segment()
        except OSError as error:
            self._release()
            raise self._unavailable(error) from None

    @property
    def waiting(self) -> int:
        """Events kept in memory because the disk failed."""
        return len(self._waiting)

    @property
    def failure(self) -> str:
        """What the last append failed with, for the operator (it names a path); '' when it succeeded."""
        return self._failure

    @property
    def end(self) -> Link:
        """Where the chain of this lane stands; worth noting elsewhere."""
        return self._at or START

    def append(self, events: Sequence[Mapping[str, object]], *, must: bool = True) -> None:
        """Write the events that wait, then `events`, with one write(2). Raises `Unavailable` (58030) if that fails.

        After a failure none of `events` counts as recorded and the chain has not moved. Of a failed batch the kinds in
        `WAITING_KINDS` are kept and written before anything else by a later append; with `must` False all of it is kept
        and nothing is raised, as long as there is room for `keep` events. `append([])` only retries.
        """
        if not events and not self._waiting:
            return
        stamp = self._stamp()
        try:
            self._write([*self._waiting, *events] if self._waiting else events, stamp)
        except OSError as error:
            refusal = self._unavailable(error)
            kept = [event for event in events if not must or event.get("kind") in WAITING_KINDS]
            room = self._keep - len(self._waiting)
            self._waiting += [{"time": stamp, **event, "late": True} for event in kept[:room]]
            if must or len(kept) > room:
                raise refusal from None
            return
        self._waiting.clear()
        self._failure = ""

    def close(self) -> None:
        """Write what waits and let the lane go. Raises `Unavailable` (58030) when events were lost."""
        try:
            self.append([])
        finally:
            self._release()

    def _write(self, batch: Sequence[Mapping[str, object]], stamp: str) -> None:
        if self._file is None or self._size_bytes >= self._segment_bytes or self._was_touched():
            self._begin_segment()
        assert self._file is not None and self._at is not None  # noqa: S101, PT018
        data, at = link_all(self._at, batch, stamp)
        try:
            _write_all(self._file, data)
            if self._is_strict:
                os.fdatasync(self._file)
        except OSError:
            self._cut_back(self._file, self._size_bytes)
            raise
        self._at = at
        self._size_bytes += len(data)

    def _stamp(self) -> str:
        now = self._clock()
        second = int(now)
        if second != self._second:
            self._second, self._is_checked = second, False
            self._stamped_second = utc(second)[:20]
        return f"{self._stamped_second}{int((now - second) * 1_000_000):06d}Z"

    def _was_touched(self) -> bool:
        """Whether the path no longer leads to the file we write, or it has another size. Looked at once a second."""
        if self._is_checked:
            return False
        try:
            seen = os.stat(self._path)
        except FileNotFoundError:
            return True
        self._is_checked = (seen.st_dev, seen.st_ino, seen.st_size) == (*self._inode, self._size_bytes)
        return not self._is_checked

    def _cut_back(self, file: int, size: int) -> None:
        """Leave no half line. If that fails too, go on in a new segment, from what the folder then holds."""
        try:
            os.ftruncate(file, size)
        except OSError:
            self._at = None
        else:
            if not self._is_strict:
                return
        # After a failed fdatasync nobody knows what is on the disk: this file is not written to again.
        os.close(file)
        self._file = None

    def _begin_segment(self) -> None:
        """Open the next segment of our lane, with its header line. On failure the old one, if any, stays in use."""
        if not self._holds_lane():
            self._take_lane()
        last, found, tails = _resume(_list(self._folder).get(self._lane, []))
        number = max(last, self._number) + 1
        first = header(
            lane=self._lane,
            segment=number,
            started=utc(self._clock()),
            tails=tails,
            follows=self._follows,
        )
        # What we remember goes before what the folder holds: where they disagree, `verify` will say so.
        line, at = link(self._at or found, first)
        path = self._folder / f"lane{self._lane}-{number:08d}.jsonl"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            _write_all(file, line)
            if self._is_strict:
                os.fsync(file)
                _sync_folder(self._folder)
            seen = os.fstat(file)
        except OSError:
            os.close(file)
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        if self._file is not None:
            os.close(self._file)
        self._file, self._path, self._number, self._at, self._follows = file, path, number, at, ""
        self._inode, self._size_bytes, self._is_checked = (seen.st_dev, seen.st_ino), len(line), True

    def _holds_lane(self) -> bool:
        if self._lock is None:
            return False
        held = os.fstat(self._lock)
        try:
            seen = os.stat(self._folder / f"lane{self._lane}.lock")
        except FileNotFoundError:
            return False
        return (held.st_dev, held.st_ino) == (seen.st_dev, seen.st_ino)

    def _take_lane(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for lane in range(_MAX_LANES):
            lock = os.open(self._folder / f"lane{lane}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            except OSError:
                os.close(lock)
                raise
            if self._at is not None:  # we were writing elsewhere: the folder was replaced under us
                self._follows = f"lane {self._lane}, segment {self._number}, line {self._at.seq - 1}, hash {self._at.hash}"
            self._release()
            self._lock, self._lane, self._number, self._at = lock, lane, 0, None
            return
        raise OSError(0, f"all {_MAX_LANES} lanes are taken by other processes")

    def _release(self) -> None:
        for descriptor in (self._file, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self._file = self._lock = None

    def _unavailable(self, error: OSError) -> Unavailable:
        self._failure = f"{self._path}: {error.strerror}"
        return Unavailable(
            f"the query log cannot be written: {error.strerror}",
            hint="Nothing runs unrecorded. Tell the operator of the proxy: free space, or correct log.folder.",
            sqlstate="58030",
        )


def _list(folder: Path) -> dict[int, list[Segment]]:
    found = [
        Segment(int(match[1]), int(match[2]), folder / name) for name in os.listdir(folder) if (match := _NAME.fullmatch(name))
    ]
    lanes: dict[int, list[Segment]] = {}
    for one in sorted(found, key=lambda segment: (segment.lane, segment.number)):
        lanes.setdefault(one.lane, []).append(one)
    return lanes


def _write_all(file: int, data: bytes) -> None:
    written = os.write(file, data)
    while written < len(data):
        written += os.write(file, memoryview(data)[written:])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _resume(lane: Sequence[Segment]) -> tuple[int, Link, list[Tail]]:
    """The last segment's number, where the chain stands, and the half lines behind it (a crash leaves one)."""
    tails: list[Tail] = []
    number = lane[-1].number if lane else 0
    for segment in reversed(lane):
        lines, tail = _last_lines(segment.path)
        if tail:
            tails.insert(0, Tail(segment.number, len(tail), sha256(tail).hexdigest()))
        if lines:
            # A last line that is none of ours was put there by somebody: go on behind it, `verify` will name it.
            behind, known = next(((n, at) for n, line in enumerate(reversed(lines)) if (at := read_link(line))), (0, START))
            return number, Link(known.seq + behind + 1, sha256(lines[-1]).hexdigest()), tails
    return number, START, tails


def _last_lines(path: Path) -> tuple[list[bytes], bytes]:
    """Some whole lines from the end of the file (at least one, if it has one) and the bytes after the last newline."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        wanted = _BLOCK_BYTES
        while True:
            start = max(0, size - wanted)
            file.seek(start)
            data = file.read(size - start)
            *pieces, tail = data.split(b"\n")
            lines = [piece + b"\n" for piece in (pieces[1:] if start else pieces)]  # the first piece may be half a line
            if lines or start == 0:
                return lines, tail
            wanted *= 4
