"""Where the files of docker/ are, the linters of `make test`, and small readers of three formats nobody else reads for us."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
TOOLS = ROOT / "build" / "deploy-tools"


def tool(*parts: str) -> Path:
    """A file of the linters; skips where they could not be installed."""
    path = TOOLS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{parts[0]} is not here: make test installs it where it can be had")
    return path


def read_yaml(path: Path) -> Any:
    """The file, as every YAML reader sees it."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def proxy_yaml() -> str:
    """docker/proxy.yaml."""
    return (DOCKER / "proxy.yaml").read_text(encoding="utf-8")


def proxy_settings() -> Any:
    """All it says."""
    return yaml.safe_load(proxy_yaml())


# --- Dockerfile ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name in capitals and its text, lines joined."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Words of the shell form, without `--flag`s."""
        return [word for word in shlex.split(self.text) if not word.startswith("--")]

    @property
    def flags(self) -> dict[str, str]:
        """`--from=build` and its like, before the arguments."""
        found = {}
        for word in self.text.split():
            if not word.startswith("--"):
                break
            name, _, value = word.removeprefix("--").partition("=")
            found[name] = value
        return found

    @property
    def exec_form(self) -> list[str]:
        """The arguments of `["program", "argument"]`; raises ValueError for the shell form."""
        words: list[str] = json.loads(self.text)
        return words


@dataclass(frozen=True, slots=True)
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def all(self, name: str) -> list[Instruction]:
        return [one for one in self.instructions if one.name == name]

    def last(self, name: str) -> Instruction:
        return self.all(name)[-1]


def read_dockerfile(text: str) -> list[Stage]:
    """The stages. Comments and empty lines may stand between joined lines, as the engine allows."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    stages: list[tuple[str, str, list[Instruction]]] = []
    for line in joined.splitlines():
        name, _, rest = line.strip().partition(" ")
        one = Instruction(name.upper(), rest.strip())
        if one.name == "FROM":
            base, *alias = one.words
            stages.append((base, alias[1] if alias else "", []))
        else:
            assert stages, f"{one.name} before FROM"
            stages[-1][2].append(one)
    return [Stage(base, alias, tuple(found)) for base, alias, found in stages]


# --- systemd unit, pg_hba.conf ---------------------------------------------------------------------------------------


def read_unit(text: str) -> dict[str, dict[str, list[str]]]:
    """Section -> setting -> values in order. No line is joined: ours joins none."""
    sections: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in text.splitlines():
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            sections[section] = {}
        else:
            name, equals, value = line.partition("=")
            assert equals, line
            sections[section].setdefault(name, []).append(value)
    return sections


def read_hba(text: str) -> list[list[str]]:
    """The fields of each line that decides."""
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def pinned(lock: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Package -> version and hashes, of a file pip-compile wrote."""
    found = {}
    for block in re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8")):
        if match := re.match(r"([a-z0-9._-]+)==(\S+)", block):
            found[match[1]] = (match[2], frozenset(re.findall(r"--hash=(\S+)", block)))
    return found
