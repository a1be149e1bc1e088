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


# --- access, TLS, logins, workers

TLS = "listen: {tls: {cert_file: a.crt, key_file: a.key, client_ca_file: ca.crt}}\n"


def test_what_operators_say_of_access_and_tls() -> None:
    config = parse_config(
        GOOD.replace(
            "server: {host: db.internal}",
            "server: {host: db, tls: {root_cert_file: ca.crt, negotiation: direct}, service: {user: svc, password_env: P}}",
        )
        + TLS
        + "access:\n"
        "  - {logins: [bi_*], databases: [shop], addresses: [10.1.0.0/16, '::1/128'], tls: required, method: cert, names: {mb: bi_*}}\n"
        "  - {addresses: [127.0.0.1/32], method: trust}\n"
        "logins: {file: logins.txt, server: false}\n"
        "admin: {logins: [dba]}\nmetrics: {port: 0}\nworkers: 3\n"
        "limits: {sessions_per_login: 5, idle_seconds: 60, statement_bytes: 4096, drain_seconds: 0}\n",
        Path("/x/proxy.yaml"),
    )
    first, second = config.access
    assert [str(network) for network in first.addresses] == ["10.1.0.0/16", "::1/128"]
    assert (first.method, first.tls, dict(first.names), second.method) == ("cert", "required", {"mb": "bi_*"}, "trust")
    assert config.server.tls is not None
    assert (config.server.tls.sslmode, config.server.tls.root_cert_file) == ("verify-full", Path("/x/ca.crt"))
    assert (config.workers, config.logins.file, config.logins.server) == (3, Path("/x/logins.txt"), False)
    assert (config.limits.idle_seconds, config.limits.drain_seconds) == (60, 0)
    assert config.metrics is not None


def test_what_is_not_said() -> None:
    config = parse_config(GOOD, Path("proxy.yaml"))
    assert [(one.method, one.tls, one.logins, one.addresses) for one in config.access] == [("scram-sha-256", "any", ("*",), ())]
    assert (config.workers, config.metrics, config.admin.logins, config.listen.tls) == ("auto", None, (), None)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("access: [{method: trust}]\n", "5: access: trust is for loopback addresses only: write addresses: [127.0.0.1/32] or [::1/128]"),
        ("access: [{method: trust, addresses: [127.0.0.1/32, 10.0.0.0/8]}]\n", "5: access: trust is for loopback addresses only: "
         "write addresses: [127.0.0.1/32] or [::1/128]"),
        ("access: [{method: cert}]\n", "5: access: method cert needs listen.tls.client_ca_file"),
        ("access: [{names: {x: y}}]\n", "5: access: names belong to method cert"),
        ("access:\n  - {}\n  - {tls: required}\n", "7: access: tls is required, but listen.tls is not written"),
        ("access: [{addresses: [10.0.0.1/8]}]\n",
         "5: access.0.addresses.0: write a network as 10.1.0.0/16 or ::1/128, its host bits zero"),
        ("access: [{loginz: [x]}]\n", "5: access.0.loginz: unknown key; did you mean logins?"),
        ("listen: {tls: {cert: x}}\n", "5: listen.tls.cert: unknown key; did you mean cert_file?"),
        ("workers: 0\n", "5: workers."),
    ],
)  # fmt: skip
def test_what_contradicts_itself(more: str, line: str) -> None:
    assert any(one.startswith(line) for one in mistakes(GOOD + more)), mistakes(GOOD + more)


def test_direct_tls_needs_tls() -> None:
    text = GOOD.replace("{host: db.internal}", "{host: db, tls: {sslmode: prefer, negotiation: direct}}")
    assert mistakes(text) == ["1: server.tls: direct negotiation needs sslmode require, verify-ca or verify-full"]


def test_a_service_login_has_one_password() -> None:
    text = GOOD.replace("{host: db.internal}", "{host: db, service: {user: svc}}")
    assert mistakes(text) == ["1: server.service: write either password_file or password_env"]
