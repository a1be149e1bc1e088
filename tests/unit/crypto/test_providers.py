import base64
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from proxy.crypto import Keyring
from proxy.crypto.providers import create, load, read_master
from proxy.errors import Unavailable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def same(one: Keyring, two: Keyring) -> bool:
    return one.ids == two.ids and all(one.key(i) == two.key(i) for i in one.ids)


def test_create_then_load(tmp_path: Path) -> None:
    ring, master = tmp_path / "keys" / "ring.json", tmp_path / "secret" / "master.key"
    made = create(ring, master, domains=["cards"], now=lambda: datetime(2026, 1, 31, 8, tzinfo=UTC))
    loaded = load(ring, master)
    assert same(made, loaded)
    assert len(loaded.ids) == 2
    assert loaded.current("cards") == made.current("cards") != made.current("any other") == loaded.current("any other")
    assert mode(ring) == mode(master) == 0o600
    assert mode(ring.parent) == mode(master.parent) == 0o700
    assert [path.name for path in ring.parent.iterdir()] == ["ring.json"]
    assert json.loads(ring.read_text())["keys"][0]["created"] == "2026-01-31T08:00:00Z"
    for key_id in made.ids:
        key = made.key(key_id)
        assert key is not None
        assert base64.b64encode(key)[:20] not in ring.read_bytes()


def test_master_from_the_environment_in_base64_and_hexadecimal(tmp_path: Path) -> None:
    key = bytes(range(32))
    base64_form, hex_form = {"M": base64.b64encode(key).decode()}, {"M": key.hex() + "\n"}
    made = create(tmp_path / "ring", master_env="M", environ=base64_form)
    assert same(made, load(tmp_path / "ring", master_env="M", environ=hex_form))
    assert read_master(None, environ={"MASKGATE_MASTER_KEY": key.hex()}) == key


def test_an_existing_master_is_used_and_never_replaced(tmp_path: Path) -> None:
    master = tmp_path / "master"
    create(tmp_path / "one", master)
    before = master.read_bytes()
    create(tmp_path / "two", master)
    assert master.read_bytes() == before


def test_an_existing_ring_is_never_replaced(tmp_path: Path) -> None:
    create(tmp_path / "ring", tmp_path / "master")
    before = (tmp_path / "ring").read_bytes()
    with pytest.raises(Unavailable, match="exists already"):
        create(tmp_path / "ring", tmp_path / "master")
    assert (tmp_path / "ring").read_bytes() == before


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o644])
def test_a_master_others_may_read_is_refused(tmp_path: Path, bits: int) -> None:
    create(tmp_path / "ring", tmp_path / "master")
    (tmp_path / "master").chmod(bits)
    with pytest.raises(Unavailable, match="other users may read") as caught:
        load(tmp_path / "ring", tmp_path / "master")
    assert caught.value.sqlstate == "58000"
    assert caught.value.hint == f"chmod 600 {tmp_path / 'master'}"


def test_the_wrong_master_key(tmp_path: Path) -> None:
    create(tmp_path / "ring", tmp_path / "master")
    with pytest.raises(Unavailable, match="the master key does not open key") as caught:
        load(tmp_path / "ring", master_env="M", environ={"M": "00" * 32})
    assert "restore the ring" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["", "zz", "00" * 31, "0" * 63 + "x", "€" * 64, "/" * 64])
def test_what_is_no_master_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(Unavailable, match="does not hold a master key"):
        read_master(path)


def test_a_missing_master_says_where_it_should_be(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the environment variable MASKGATE_MASTER_KEY does not hold") as variable:
        read_master(None, environ={})
    assert "keys.master_file" in str(variable.value.hint)
    with pytest.raises(Unavailable, match="cannot be read: No such file") as file:
        read_master(tmp_path / "gone")
    assert "keys.master_file" in str(file.value.hint)


def test_a_missing_ring(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the key ring cannot be read") as caught:
        load(tmp_path / "gone", tmp_path / "master")
    assert "maskgate keys create" in str(caught.value.hint)


def damaged(document: dict[str, Any], how: str) -> str:
    entry = document["keys"][0]
    match how:
        case "format":
            document["format"] = "other"
        case "id":
            entry["id"] = "xyz"
        case "wide id":
            entry["id"] = "1" * 9
        case "base64":
            entry["wrapped"] = "*"
        case "size":
            entry["wrapped"] = entry["wrapped"][:-4]
        case "twice":
            document["keys"].append(entry)
        case "keys":
            document["keys"] = 7
        case "domains":
            document["current_by_domain"] = []
        case "list":
            return "[]"
        case "half":
            return json.dumps(document)[:40]
        case "deep":
            return "[" * 100_000
    return json.dumps(document)


@pytest.mark.parametrize(
    "how", ["format", "id", "wide id", "base64", "size", "twice", "keys", "domains", "list", "half", "deep"]
)
def test_a_broken_ring(tmp_path: Path, how: str) -> None:
    ring = tmp_path / "ring"
    create(ring, tmp_path / "master")
    ring.write_text(damaged(json.loads(ring.read_text()), how))
    with pytest.raises(Unavailable, match="is not a whole key ring") as caught:
        load(ring, tmp_path / "master")
    assert caught.value.hint == "Restore it from a copy."


def test_a_ring_of_a_later_release(tmp_path: Path) -> None:
    ring = tmp_path / "ring"
    create(ring, tmp_path / "master")
    ring.write_text(ring.read_text().replace('"version": 1', '"version": 9'))
    with pytest.raises(Unavailable, match="version 9; this release reads 1"):
        load(ring, tmp_path / "master")


def test_entries_cannot_be_exchanged(tmp_path: Path) -> None:
    ring = tmp_path / "ring"
    create(ring, tmp_path / "master", domains=["cards"])
    document = json.loads(ring.read_text())
    one, two = document["keys"]
    one["id"], two["id"] = two["id"], one["id"]
    ring.write_text(json.dumps(document))
    with pytest.raises(Unavailable, match="does not open key"):
        load(ring, tmp_path / "master")


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be written") as caught:
        create(tmp_path / "file" / "ring", master_env="M", environ={"M": "00" * 32})
    assert caught.value.sqlstate == "58000"


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        create(tmp_path / "ring", master_env="M", environ={"M": "00" * 32})
    assert list(tmp_path.iterdir()) == []


def test_a_ring_made_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    ring = tmp_path / "ring"

    def another_process(*_: object) -> datetime:
        ring.write_text("theirs")
        return datetime.now(UTC)

    with pytest.raises(Unavailable, match="File exists"):
        create(ring, master_env="M", environ={"M": "00" * 32}, now=another_process)
    assert ring.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [ring]
