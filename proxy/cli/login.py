"""The proxy's own file of logins: verifiers of passwords that PostgreSQL need not know."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from proxy.config import Config, ConfigError
from proxy.errors import Unavailable
from proxy.server.logins import read_logins
from proxy.wire.auth import Verifier

_SALT_BYTES = 16


def add_login(config: Config, name: str) -> None:
    """Ask for a password, twice on a terminal, and keep its verifier. Raises ConfigError or Unavailable."""
    if not name or not name.isprintable():
        raise ConfigError("a login has at least one character, and no line breaks or other characters that cannot be printed")
    path = _file_of(config)
    found = read_logins(path) if path.exists() else {}
    found[name] = Verifier.make(_password(name), os.urandom(_SALT_BYTES)).to_text()
    _write(path, found)


def remove_login(config: Config, name: str) -> None:
    """Forget a login. Raises ConfigError when it is not there."""
    path = _file_of(config)
    found = read_logins(path) if path.exists() else {}
    if found.pop(name, None) is None:
        raise ConfigError(f'{path}: has no login "{name}"')
    _write(path, found)


def _file_of(config: Config) -> Path:
    if config.logins.file is None:
        raise ConfigError("the configuration names no file of logins", hint="Add  logins: {file: logins.txt}")
    return config.logins.file


def _password(name: str) -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass(f"Password of {name}: ")
        if getpass.getpass("Once more: ") != password:
            raise ConfigError("the two passwords differ")
    if not password or "\0" in password:
        raise ConfigError("a password has at least one character, and no NUL")
    return password


def _write(path: Path, logins: dict[str, str]) -> None:
    """All or nothing: a proxy that reads the file meanwhile sees the old one or the new one."""
    text = "".join(f"{_quoted(name)} {_quoted(verifier)}\n" for name, verifier in sorted(logins.items()))
    fresh = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}", sqlstate="58000") from None


def _quoted(word: str) -> str:
    escaped = word.replace('"', '""')
    return f'"{escaped}"'
