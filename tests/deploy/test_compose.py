"""docker/compose.yaml with what it mounts: who reaches whom, what each container may do, that every named file is there."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.cli.policy import read_rules
from proxy.config import parse_config
from proxy.crypto import providers
from tests.deploy.files import DOCKER, ROOT, TOOLS, proxy_settings, proxy_yaml, read_hba, read_unit, read_yaml, tool

COMPOSE: dict[str, Any] = read_yaml(DOCKER / "compose.yaml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EVERY = pytest.mark.parametrize("service", SERVICES)
IMAGE = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?")
PROXY_USER, POSTGRES_USER, GRAFANA_USER = 10001, 999, 472


def _seconds(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(s|m)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60}[unit]


def test_the_schema_of_the_compose_specification() -> None:
    tool("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(DOCKER / "compose.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(TOOLS)}
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert found.returncode == 0, found.stdout + found.stderr


@EVERY
def test_a_container_may_do_little(service: str) -> None:
    one = SERVICES[service]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert int(one["user"].split(":")[0]) > 0, "not root, by number"
    assert one["pids_limit"] > 0
    assert any(line.startswith("/tmp:") for line in one["tmpfs"])  # noqa: S108
    for forbidden in ("privileged", "cap_add", "devices", "pid", "ipc", "userns_mode"):
        assert forbidden not in one
    assert IMAGE.fullmatch(one["image"]), "a version, not latest"


@EVERY
def test_what_is_mounted_is_there_and_read_only(service: str) -> None:
    for mount in SERVICES[service]["volumes"]:
        if mount["type"] == "bind":
            assert (DOCKER / mount["source"]).exists(), mount
            assert mount["read_only"] is True, mount
            assert "docker.sock" not in mount["source"]
        else:
            assert mount["source"] in COMPOSE["volumes"]


@EVERY
def test_secrets_are_files_and_never_in_the_environment(service: str) -> None:
    for name, value in SERVICES[service].get("environment", {}).items():
        if re.search(r"PASSW|SECRET|TOKEN|KEY", name):
            assert name.endswith("_FILE"), name
            assert value.removeprefix("/run/secrets/") in SERVICES[service]["secrets"]
    for name in SERVICES[service].get("secrets", []):
        assert COMPOSE["secrets"][name] == {"file": f"./secrets/{name}"}
    assert "docker/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_no_volume_secret_or_network_is_left_over() -> None:
    used = {
        "volumes": {m["source"] for one in SERVICES.values() for m in one["volumes"] if m["type"] == "volume"},
        "secrets": {name for one in SERVICES.values() for name in one.get("secrets", [])},
        "networks": {name for one in SERVICES.values() for name in one.get("networks", {})},
    }
    assert used == {kind: set(COMPOSE[kind]) for kind in used}


# --- who reaches whom ------------------------------------------------------------------------------------------------


def test_only_the_proxy_is_published_and_at_this_machine_only() -> None:
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["proxy"]
    (port,) = SERVICES["proxy"]["ports"]
    assert port["target"] == proxy_settings()["listen"]["port"]
    assert port["host_ip"] == "127.0.0.1"


def test_postgresql_is_on_a_network_with_the_proxy_alone() -> None:
    networks = {name: set(one.get("networks", {})) for name, one in SERVICES.items()}
    assert networks["postgres"] == {"database"}
    assert {name for name, found in networks.items() if "database" in found} == {"postgres", "proxy"}
    assert {name for name, found in networks.items() if "outside" in found} == {"proxy"}
    assert [name for name, one in COMPOSE["networks"].items() if not one.get("internal")] == ["outside"]
    assert SERVICES["keys"]["network_mode"] == "none"


def test_pg_hba_lets_in_the_proxy_alone() -> None:
    (subnet,) = COMPOSE["networks"]["database"]["ipam"]["config"]
    network = ipaddress.ip_network(subnet["subnet"])
    addresses = {
        name: ipaddress.ip_address(SERVICES[name]["networks"]["database"]["ipv4_address"]) for name in ("proxy", "postgres")
    }
    # Both fixed: whichever started first would be given the lowest free one. The network's first is the gateway's.
    assert len(set(addresses.values())) == 2
    assert set(addresses.values()) <= set(network.hosts()) - {next(network.hosts())}
    lines = read_hba((DOCKER / "postgres" / "pg_hba.conf").read_text())
    assert [line for line in lines if line[0] == "local"] == [["local", "all", "postgres", "peer"]]
    allowed = [line for line in lines if line[0] != "local" and line[-1] != "reject"]
    assert allowed == [["host", "all", "all", f"{addresses['proxy']}/32", "scram-sha-256"]]
    before = lines[: lines.index(allowed[0])]
    assert ["host", "all", "postgres", "all", "reject"] in before
    assert ["host", "replication", "all", "all", "reject"] in before
    assert SERVICES["postgres"]["command"].count("hba_file=/etc/postgresql/pg_hba.conf") == 1


def test_the_proxy_waits_for_postgresql_and_has_time_to_drain() -> None:
    proxy = SERVICES["proxy"]
    assert proxy["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert proxy["stop_signal"] == "SIGTERM"
    assert _seconds(proxy["stop_grace_period"]) > proxy_settings()["limits"]["drain_seconds"]


# --- proxy.yaml ------------------------------------------------------------------------------------------------------


def test_proxy_yaml_is_read() -> None:
    config = parse_config(proxy_yaml(), Path("/etc/maskgate/proxy.yaml"))
    assert config.server.host in SERVICES


def test_every_path_of_proxy_yaml_is_mounted_where_it_is_needed() -> None:
    proxy = SERVICES["proxy"]
    config = parse_config(proxy_yaml(), Path("/etc/maskgate/proxy.yaml"))
    writable = {m["target"] for m in proxy["volumes"] if not m.get("read_only")}
    read_only = {m["target"] for m in proxy["volumes"] if m.get("read_only")}
    assert {str(config.log.folder)} == writable
    assert {"/etc/maskgate/proxy.yaml", str(config.rules)} <= read_only
    assert config.keys is not None
    assert str(config.keys.ring.parent) in read_only
    assert {m["target"] for m in SERVICES["keys"]["volumes"] if not m.get("read_only")} == {str(config.keys.ring.parent)}
    named = set(re.findall(r"/run/secrets/([\w.]+)", proxy_yaml()))
    assert named == set(proxy["secrets"])
    (rules,) = [m["source"] for m in proxy["volumes"] if m["target"] == str(config.rules)]
    logins = {login for role in read_rules((DOCKER / rules).resolve()).roles.values() for login in role.logins}
    assert set(proxy_settings()["admin"]["logins"]) <= logins


def test_readme_says_each_of_these_files() -> None:
    said = (DOCKER / "README.md").read_text(encoding="utf-8")
    for name in ("compose.yaml", "secrets.sh", "proxy.yaml", "pg_hba.conf", "maskgate.service", "alerts.yml", "runtime.lock"):
        assert name in said, name
    assert "not checked by an engine" in " ".join(said.split())


# --- secrets.sh ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="secrets.sh gives files away: it needs root")
def test_secrets_sh_makes_every_secret_for_its_account_once(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here")
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    subprocess.run([tmp_path / "secrets.sh"], check=True, timeout=60)
    folder = tmp_path / "secrets"
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert made.keys() == COMPOSE["secrets"].keys()
    owners = {"catalog.password.postgres": POSTGRES_USER, "postgres.password": POSTGRES_USER, "grafana.password": GRAFANA_USER}
    for name in made:
        status = (folder / name).stat()
        assert status.st_uid == owners.get(name, PROXY_USER), name
        assert stat.S_IMODE(status.st_mode) == (0o444 if name == "tls.crt" else 0o400), name
    for service, one in SERVICES.items():
        for name in one.get("secrets", []):
            assert int(one["user"].split(":")[0]) == (folder / name).stat().st_uid, (service, name)
    assert made["catalog.password"] == made["catalog.password.postgres"] != made["postgres.password"]

    subprocess.run([tmp_path / "secrets.sh"], check=True, timeout=60)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == made

    text = proxy_yaml().replace("/run/secrets", str(folder)).replace("/var/lib/maskgate", str(tmp_path))
    config = parse_config(text, tmp_path / "proxy.yaml")
    assert config.catalog.password()
    assert config.keys is not None
    (tmp_path / "keys").mkdir()
    providers.create(config.keys.ring, config.keys.master_file)
    providers.load(config.keys.ring, config.keys.master_file)


# --- systemd ---------------------------------------------------------------------------------------------------------

UNIT_FILE = DOCKER / "systemd" / "maskgate.service"
UNIT = read_unit(UNIT_FILE.read_text(encoding="utf-8"))
SERVICE = {name: values[-1] for name, values in UNIT["Service"].items()}


def test_the_unit_reloads_drains_and_is_shut_in() -> None:
    assert UNIT.keys() == {"Unit", "Service", "Install"}
    expected = {
        "Type": "exec",
        "User": "maskgate",
        "ExecReload": "/bin/kill -HUP $MAINPID",
        "KillSignal": "SIGTERM",
        "KillMode": "mixed",
        "ProtectSystem": "strict",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "AmbientCapabilities": "",
        "StateDirectory": "maskgate",
        "UMask": "0077",
        "LimitCORE": "0",
    }
    assert {name: SERVICE[name] for name in expected} == expected
    assert int(SERVICE["TimeoutStopSec"]) > proxy_settings()["limits"]["drain_seconds"]
    assert UNIT["Service"]["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_the_unit_s_environment_names_what_it_starts_with() -> None:
    lines = (DOCKER / "systemd" / "environment").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert SERVICE["ExecStart"].endswith("${MASKGATE_CONFIG}")
    assert settings["MASKGATE_CONFIG"] == "/etc/maskgate/proxy.yaml"
    assert not [name for name in settings if re.search(r"PASSW|KEY|SECRET", name)]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_reads_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / UNIT_FILE.name
    unit.write_text(UNIT_FILE.read_text(encoding="utf-8").replace("/opt/maskgate/bin/maskgate", sys.executable))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit], capture_output=True, text=True, check=False
    )
    if "unrecognized option" in judged.stderr:
        pytest.skip("this systemd-analyze judges running units only")
    assert judged.returncode == 0, judged.stdout[-2000:]


def test_yaml_files_hold_no_key_twice() -> None:
    for path in DOCKER.rglob("*.y*ml"):
        text = path.read_text(encoding="utf-8")
        waiting = [yaml.compose(text, Loader=yaml.SafeLoader)]
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.MappingNode):
                keys = [key.value for key, _ in node.value]
                assert len(keys) == len(set(keys)), (path, keys)
                waiting += [value for _, value in node.value]
            elif isinstance(node, yaml.SequenceNode):
                waiting += node.value
