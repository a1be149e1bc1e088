"""`proxy.yaml`: what a good file means, and that a bad one is refused whole, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from proxy.config import Config, ConfigError, load_config, parse_config

GOOD = """\
server: {host: db.internal}
catalog: {user: maskgate, password_env: CATALOG_PASSWORD}
rules: masking_rules/ecommerce
log: {folder: ../log}
"""


def mistakes(text: str) -> list[str]:
    """The lines of the error, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, Path("proxy.yaml"))
    assert caught.value.sqlstate == "F0000"
    return [line.removeprefix("proxy.yaml:") for line in str(caught.value).splitlines()]


def test_defaults_and_paths() -> None:
    config = parse_config(GOOD, Path("/etc/maskgate/proxy.yaml"))
    assert (config.listen.host, config.listen.port, config.server.port) == ("127.0.0.1", 6543, 5432)
    assert config.rules == Path("/etc/maskgate/masking_rules/ecommerce")
    assert config.log.folder == Path("/etc/log")
    assert (config.log.mode, config.keys, config.trusted_owners) == ("accepted", None, ())


def test_relative_paths_follow_the_file_not_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    (folder / "proxy.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    assert load_config(Path("deploy/proxy.yaml")).log.folder == tmp_path / "log"


def test_everything_can_be_said() -> None:
    config = parse_config(
        GOOD + "listen: {host: '::1', port: 0}\n"
        "keys: {ring: keys/ring.json, master_env: MASTER}\n"
        "limits: {startup_seconds: 5, sessions: 10}\n"
        "trusted_owners: [shop_owner]\n",
        Path("/x/proxy.yaml"),
    )
    assert config.keys is not None
    assert config.keys.ring == Path("/x/keys/ring.json")
    assert (config.limits.sessions, config.limits.startup_seconds) == (10, 5)
    assert config.trusted_owners == ("shop_owner",)


def test_is_frozen() -> None:
    config = parse_config(GOOD, Path("proxy.yaml"))
    with pytest.raises(ValidationError):
        config.server.port = 1


def test_every_mistake_is_named_with_its_line() -> None:
    text = (
        "listen: {port: 70000}\n"
        "sever: {host: x}\n"
        "catalog:\n"
        "  user: a\n"
        "  user: b\n"
        "rules: 5\n"
        "log:\n"
        "  foldr: log\n"
        "  mode: fast\n"
        "trusted_owners: [a, 5]\n"
    )
    assert mistakes(text) == [
        "1: listen.port: input should be less than or equal to 65535",
        "1: server: missing",
        "2: sever: unknown key; did you mean server?",
        "5: catalog.user: written twice",
        "6: rules: write a path, relative to this file or absolute",
        "7: log.folder: missing",
        "8: log.foldr: unknown key; did you mean folder?",
        "9: log.mode: input should be 'accepted' or 'strict'",
        "10: trusted_owners.1: input should be a valid string",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: expected `key: value` lines: server, catalog, rules, log …"),
        ("- a\n", "1: expected `key: value` lines: server, catalog, rules, log …"),
        ("a: [\n", "2: not valid YAML: expected the node content, but found '<stream end>'"),
        ("a: \0", "1: not valid YAML: a character or a date that may not stand in it"),
        ("a: 2024-99-99", "1: not valid YAML: a character or a date that may not stand in it"),
        ("a: !!python/object:os.system x", None),
        (GOOD + "server: {host: b}\n", "5: server: written twice"),
        (GOOD.replace("{host: db.internal}", "5"), "1: server: expected keys and values: host, port"),
        (GOOD.replace("{host: db.internal}", "{host: ' db'}"), "1: server.host: write a host name or an address"),
        (GOOD.replace(", password_env: CATALOG_PASSWORD", ""), "2: catalog: write either password_file or password_env"),
        (GOOD + "keys: {ring: r, master_file: m, master_env: M}", "5: keys: write either master_file or master_env"),
        (GOOD + "zzz: 1", "5: zzz: unknown key; known here: "),
    ],
)
def test_one_mistake(text: str, expected: str | None) -> None:
    first = mistakes(text)[0]
    assert expected is None or first.startswith(expected)


def test_a_node_that_holds_itself() -> None:
    assert mistakes("log: &log\n  folder: *log\n")


def test_a_secret_in_the_file_is_refused_and_not_repeated() -> None:
    found = mistakes(GOOD.replace("password_env: CATALOG_PASSWORD", "password: hunter2"))
    assert any("secrets do not stand in this file: write password_file or password_env" in line for line in found)
    assert "hunter2" not in "".join(found)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"proxy\.yaml: No such file"):
        load_config(tmp_path / "proxy.yaml")
    (tmp_path / "latin1.yaml").write_bytes(b"rules: \xe9\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_config(tmp_path / "latin1.yaml")


def _with_password_file(folder: Path) -> Config:
    text = GOOD.replace("password_env: CATALOG_PASSWORD", "password_file: secret")
    return parse_config(text, folder / "proxy.yaml")


def test_password_from_a_private_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("s3cret \n")
    config = _with_password_file(tmp_path)
    assert config.catalog.password() == "s3cret "
    assert "s3cret" not in repr(config)


def test_password_files_that_are_not_used(tmp_path: Path) -> None:
    catalog = _with_password_file(tmp_path).catalog
    with pytest.raises(ConfigError, match="No such file"):
        catalog.password()
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    with pytest.raises(ConfigError, match="is empty"):
        catalog.password()
    secret.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        catalog.password()
    secret.write_text("s3cret")
    secret.chmod(0o640)
    with pytest.raises(ConfigError, match="readable by others") as caught:
        catalog.password()
    assert "s3cret" not in str(caught.value)


def test_password_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = parse_config(GOOD, Path("proxy.yaml")).catalog
    monkeypatch.setenv("CATALOG_PASSWORD", "s3cret")
    assert catalog.password() == "s3cret"
    monkeypatch.delenv("CATALOG_PASSWORD")
    with pytest.raises(ConfigError, match="CATALOG_PASSWORD is not set"):
        catalog.password()
