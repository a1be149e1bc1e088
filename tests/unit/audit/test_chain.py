from hashlib import sha256

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.audit.chain import START, Link, Tail, header, link, link_all, read_link, verify


def chain(count: int = 6, at: Link = START) -> list[bytes]:
    data, _ = link_all(at, [{"kind": "accept", "statement": f"SELECT {n}"} for n in range(count)])
    return data.splitlines(keepends=True)


def broken(lines: list[bytes]) -> tuple[int, int, str]:
    found = verify(lines).broken
    assert found is not None
    return found.line, found.seq, found.reason.partition(":")[0]


def test_a_line_is_json_that_begins_with_its_link() -> None:
    line, after = link(Link(7, "ab"), {"kind": "end", "statement": "SELECT '张三'\n"})
    assert line == b'{"seq":7,"prev":"ab","kind":"end","statement":"SELECT \'\xe5\xbc\xa0\xe4\xb8\x89\'\\n"}\n'
    assert after == Link(8, sha256(line).hexdigest())


def test_an_event_cannot_replace_its_link() -> None:
    line, _ = link(START, {"prev": "forged", "seq": 99, "kind": "x"})
    assert read_link(line) == START


def test_what_json_cannot_hold_is_written_as_text() -> None:
    odd = {
        "login": "a\udcff",
        "big": 2**70,
        "fits": 7,
        "raw": b"\x00",
        "deep": [{"k\udcff": ("x\udcff", None, True, 1.5, {3})}],
    }
    line, _ = link(START, odd)
    assert verify([line]).lines == 1
    read = orjson.loads(line)
    assert read["login"] == "a\\udcff"
    assert read["big"] == str(2**70)
    assert read["fits"] == 7
    assert read["deep"] == [{"k\\udcff": ["x\\udcff", None, True, 1.5, [3]]}]


def test_a_whole_chain() -> None:
    lines = chain()
    found = verify(lines)
    assert (found.lines, found.broken, found.tail) == (6, None, b"")
    assert found.end == Link(6, sha256(lines[-1]).hexdigest())
    assert verify(chain(3, found.end), found.end).lines == 3
    assert verify([]).end == START


def test_header_names_what_it_found() -> None:
    assert header(lane=0, segment=2, started="t") == {
        "kind": "segment",
        "format": 1,
        "lane": 0,
        "segment": 2,
        "started": "t",
    }
    full = header(lane=0, segment=2, started="t", tails=[Tail(1, 9, "ab")], follows="x")
    assert full["tails"] == [[1, 9, "ab"]]
    assert full["follows"] == "x"


def test_a_half_last_line_is_a_tail_and_no_tampering() -> None:
    lines = chain()
    found = verify([*lines[:5], lines[5][:20]])
    assert (found.lines, found.broken, found.tail) == (5, None, lines[5][:20])


def changed(line: bytes) -> bytes:
    return line.replace(b"SELECT", b"DELETE")


def other_prev(line: bytes) -> bytes:
    return line.replace(orjson.loads(line)["prev"].encode(), b"f" * 64)


def test_changed() -> None:
    lines = chain()
    lines[2] = changed(lines[2])
    assert broken(lines) == (3, 2, "changed")


def test_changed_next_to_last_is_told_by_the_last() -> None:
    lines = chain()
    lines[4] = changed(lines[4])
    assert broken(lines) == (5, 4, "changed")


def test_the_first_line_of_a_segment_tells_of_the_segment_before() -> None:
    found = verify(chain(3, Link(9, "ab")), Link(9, "cd")).broken
    assert found is not None
    assert (found.line, found.seq) == (1, 9)
    assert "the two do not join" in found.reason


def test_a_changed_prev_is_blamed_on_its_own_line() -> None:
    lines = chain()
    lines[3] = other_prev(lines[3])
    assert broken(lines) == (4, 3, "changed")


@pytest.mark.parametrize("junk", [b"\n", b"{}\n", b"[1]\n", b'{"seq":"2","prev":""}\n', b'{"seq":true,"prev":""}\n', b"\xff\n"])
def test_no_line_of_ours(junk: bytes) -> None:
    lines = chain()
    lines[2] = junk
    assert broken(lines) == (3, 2, "changed or cut")


def test_cut_in_the_middle() -> None:
    lines = chain()
    cut = lines[0] + lines[1][:10] + lines[2][9:] + b"".join(lines[3:])
    assert broken(cut.splitlines(keepends=True)) == (2, 1, "changed or cut")


def test_removed() -> None:
    lines = chain()
    assert broken(lines[:2] + lines[3:]) == (3, 2, "removed")
    found = verify(lines[:1] + lines[4:]).broken
    assert found is not None
    assert found.reason == "removed: lines 1 to 3 are missing here"
    assert broken(lines[1:])[2] == "removed"


def test_reordered() -> None:
    lines = chain()
    lines[2], lines[3] = lines[3], lines[2]
    assert broken(lines) == (3, 2, "moved")
    lines = chain()
    lines.append(lines.pop(1))
    assert broken(lines) == (2, 1, "moved")


def test_moved_back() -> None:
    lines = chain()
    assert broken([*lines[:5], lines[1]])[::2] == (6, "inserted or moved")


def test_inserted() -> None:
    lines = chain()
    forged, _ = link(Link(3, orjson.loads(lines[3])["prev"]), {"kind": "accept", "statement": "harmless"})
    assert broken([*lines[:3], forged, *lines[3:]]) == (4, 3, "inserted")
    assert broken([*lines[:3], other_prev(lines[3]), *lines[3:]]) == (4, 3, "inserted")
    assert broken([*lines[:3], b"note\n", *lines[3:]]) == (4, 3, "inserted")
    assert broken([*lines[:3], lines[2], *lines[3:]]) == (4, 3, "inserted")
    assert broken([*lines[:3], lines[0], *lines[3:]]) == (4, 3, "inserted")
    assert broken([*lines, forged])[2] == "inserted or moved"
    assert broken([*lines[:5], changed(lines[4])]) == (6, 5, "inserted")


@given(st.integers(0, 5), st.data())
def test_any_changed_byte_is_found(which: int, data: st.DataObject) -> None:
    lines = chain()
    content = bytearray(b"".join(lines[:-1]))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    found = verify([*bytes(content).splitlines(keepends=True), lines[-1]])
    assert found.broken is not None or found.tail


@given(st.permutations(range(6)))
def test_any_other_order_is_found(order: list[int]) -> None:
    lines = chain()
    assert (verify([lines[n] for n in order]).broken is None) == (order == sorted(order))
