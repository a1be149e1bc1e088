from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from proxy.audit import event
from proxy.audit.search import search, verify_folder
from proxy.audit.sinks import FileLog
from proxy.errors import Unavailable

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def who(login: str, role: str) -> event.Event:
    return event.who(session=f"s-{login}", address="10.0.0.7", login=login, role=role)


ANA, APP = who("ana", "analyst"), who("shop_app", "app")
CUSTOMERS = event.relation(
    "shop.customers", verdict="masked", rule="r", reason="", columns=[("email", "masked", "email", "basic")]
)
ORDERS = event.relation("shop.orders", verdict="open", rule="r", reason="", columns=[("id", "open", "", "")])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two lanes; event n happens n minutes after noon."""
    times = iter([NOON.timestamp()] * 2 + [NOON.timestamp() + 60 * n for n in range(6)])
    one, two = (FileLog(tmp_path, clock=lambda: next(times)) for _ in range(2))
    one.append([event.connect("e0", ANA, method="scram-sha-256", tls=False)])
    two.append(
        [
            event.accept(
                "e1", ANA, statement="SELECT email FROM Customers", fingerprint="f", verdict="masked", relations=[CUSTOMERS]
            )
        ]
    )
    one.append([event.accept("e2", APP, statement="SELECT 1", fingerprint="f", verdict="open", relations=[ORDERS, CUSTOMERS])])
    two.append([event.refuse("e3", ANA, sqlstate="42501", reason="Closed by rule", relations=[ORDERS])])
    one.append([event.end("e2", APP, rows=1, bytes_out=1, sensitive_cells=0, duration_us=1, outcome="done")])
    for log in (one, two):
        next(times, None)
        log._clock = lambda: NOON.timestamp()
        log.close()
    return tmp_path


def ids(folder: Path, **wanted: object) -> list[object]:
    return [one["id"] for one in search(folder, **wanted)]  # type: ignore[arg-type]  # each test names real options


def test_everything_by_time_through_all_lanes(folder: Path) -> None:
    assert ids(folder) == ["e0", "e1", "e2", "e3", "e2"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"login": "ana"}, ["e0", "e1", "e3"]),
        ({"login": "shop_*"}, ["e2", "e2"]),
        ({"role": "analyst", "kind": "accept"}, ["e1"]),
        ({"session": "s-ana", "verdict": "refused"}, ["e3"]),
        ({"relation": "shop.customers"}, ["e1", "e2"]),
        ({"relation": "customers"}, ["e1", "e2"]),
        ({"relation": "shop.*"}, ["e1", "e2", "e3"]),
        ({"column": "email"}, ["e1", "e2"]),
        ({"relation": "orders", "column": "email"}, []),
        ({"relation": "other"}, []),
        ({"sqlstate": "42501"}, ["e3"]),
        ({"text": "FROM customers"}, ["e1"]),
        ({"text": "closed by"}, ["e3"]),
        ({"verdict": "masked"}, ["e1"]),
        ({"since": NOON + timedelta(minutes=2)}, ["e2", "e3", "e2"]),
        ({"until": NOON + timedelta(minutes=2)}, ["e0", "e1"]),
        ({"since": datetime(2026, 1, 1, 20, 3, tzinfo=timezone(timedelta(hours=8)))}, ["e3", "e2"]),
        ({"limit": 2}, ["e0", "e1"]),
        ({"limit": 2, "newest": True}, ["e3", "e2"]),
        ({"limit": 0}, []),
    ],
)
def test_each_question(folder: Path, wanted: dict[str, object], found: list[str]) -> None:
    assert ids(folder, **wanted) == found


def test_segment_headers_only_when_asked_for(folder: Path) -> None:
    assert [one["lane"] for one in search(folder, kind="segment")] == [0, 1]


def test_odd_lines_are_passed_over(folder: Path) -> None:
    with (folder / "lane0-00000001.jsonl").open("ab") as file:
        file.write(b'not json\n[1]\n{"kind":"accept","id":"odd","relations":[7,{"columns":7}],"time":null}\n')
    assert "odd" in ids(folder)
    assert ids(folder, column="email") == ["e1", "e2"]


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        list(search(tmp_path / "gone"))
    with pytest.raises(Unavailable):
        verify_folder(tmp_path / "gone")


def test_verify_reports_each_lane(folder: Path) -> None:
    path = folder / "lane1-00000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"email", b"phone"))
    report = verify_folder(folder)
    assert not report.is_whole
    assert report.lanes[0].broken is None
    assert report.lanes[0].lines == 4
    assert (report.lanes[1].broken_file, report.lanes[1].broken and report.lanes[1].broken.line) == (path.name, 2)


def test_a_renamed_segment_is_found(folder: Path) -> None:
    (folder / "lane1-00000001.jsonl").rename(folder / "lane2-00000001.jsonl")
    broken = verify_folder(folder).lanes[1].broken
    assert broken is not None
    assert "not the header of this file" in broken.reason


def test_missing_segments_are_counted(folder: Path) -> None:
    (folder / "lane1-00000001.jsonl").rename(folder / "lane1-00000004.jsonl")
    broken = verify_folder(folder).lanes[1].broken
    assert broken is not None
    assert broken.reason == "removed: segments 1 to 3 are missing before this file"


def test_a_format_of_a_later_release(folder: Path) -> None:
    path = folder / "lane0-00000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":2'))
    broken = verify_folder(folder).lanes[0].broken
    assert broken is not None
    assert "format 2; this release reads 1" in broken.reason


def test_an_empty_folder_is_whole(tmp_path: Path) -> None:
    assert verify_folder(tmp_path).is_whole
    assert verify_folder(tmp_path).lines == 0
    assert list(search(tmp_path)) == []
