"""`proxy.yaml`: where to listen, which server stands behind, and where rules, keys and the query log live.

Read once, checked whole: a `Config` that exists is complete and frozen. Whatever is wrong with the file comes as one
`ConfigError` naming file and line of each mistake. Relative paths are relative to the file. Secrets do not stand in it:
it names a file or an environment variable, read only when the secret is needed, and no error ever quotes a value.
"""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from proxy.errors import ProxyError

_Place = tuple[str | int, ...]
Network = IPv4Network | IPv6Network


class ConfigError(ProxyError):
    """The configuration is wrong (F0000, PostgreSQL's config_file_error); the message has one line for each mistake."""

    default_sqlstate = "F0000"


def _path(value: object, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value:
        raise PydanticCustomError("path", "write a path, relative to this file or absolute")
    folder = info.context["folder"] if info.context else Path()
    return Path(os.path.normpath(folder / Path(value).expanduser()))


def _host(value: str) -> str:
    if not value.strip() or value != value.strip():
        raise PydanticCustomError("host", "write a host name or an address")
    return value


_FilePath = Annotated[Path, BeforeValidator(_path)]
_Host = Annotated[str, AfterValidator(_host)]
_Name = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_MinVersion = Literal["TLSv1.2", "TLSv1.3"]


class ListenTls(_Section):
    """TLS with clients. `client_ca_file`: authorities whose certificates `access` entries of method cert believe."""

    cert_file: _FilePath
    key_file: _FilePath
    client_ca_file: _FilePath | None = None
    min_version: _MinVersion = "TLSv1.2"


class Listen(_Section):
    """Where clients reach the proxy. Port 0 takes any free port (the demo and the tests do)."""

    host: _Host = "127.0.0.1"
    port: int = Field(default=6543, ge=0, le=65535)
    tls: ListenTls | None = None


class ServerTls(_Section):
    """TLS with the server: `sslmode` and `sslnegotiation` of libpq. A certificate of our own is optional."""

    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "verify-full"
    root_cert_file: _FilePath | None = None
    cert_file: _FilePath | None = None
    key_file: _FilePath | None = None
    negotiation: Literal["postgres", "direct"] = "postgres"
    min_version: _MinVersion = "TLSv1.2"


class ServiceLogin(_Section):
    """The login that asks for roles with a `service`: it is a member of their `set_role`, and has no rights of its own."""

    user: _Name
    password_file: _FilePath | None = None
    password_env: _Name | None = None

    def password(self) -> str:
        """As `Catalog.password`."""
        return _secret("server.service", self.password_file, self.password_env)


class Server(_Section):
    """The PostgreSQL server behind the proxy."""

    host: _Host
    port: int = Field(default=5432, ge=1, le=65535)
    tls: ServerTls | None = None
    service: ServiceLogin | None = None


class Catalog(_Section):
    """The login that reads the catalog and the SCRAM verifiers of pg_authid: a superuser, or one with SELECT on it."""

    user: _Name
    database: _Name = "postgres"
    password_file: _FilePath | None = None
    password_env: _Name | None = None

    def password(self) -> str:
        """The password, less a closing line break. Raises ConfigError: source missing, empty or readable by others."""
        return _secret("catalog", self.password_file, self.password_env)


def _network(value: object) -> Network:
    try:
        return ip_network(str(value), strict=True)
    except ValueError:
        raise PydanticCustomError("network", "write a network as 10.1.0.0/16 or ::1/128, its host bits zero") from None


_Networks = Annotated[tuple[Annotated[Network, BeforeValidator(_network)], ...], Field(strict=False)]
_Globs = Annotated[tuple[_Name, ...], Field(strict=False, min_length=1)]


class Access(_Section):
    """One entry of `access`, as a line of pg_hba.conf: the first that fits decides, and where none fits nobody comes in."""

    logins: _Globs = ("*",)
    databases: _Globs = ("*",)
    addresses: _Networks = ()
    tls: Literal["any", "required", "off"] = "any"
    method: Literal["scram-sha-256", "cert", "trust", "reject"] = "scram-sha-256"
    names: dict[_Name, _Name] = Field(default_factory=dict)


class LoginFile(_Section):
    """Verifiers: our own file (`maskgate login add`), and those of PostgreSQL for logins that it does not have."""

    file: _FilePath | None = None
    server: bool = True


class Admin(_Section):
    """Logins that may use the proxy's own database `maskgate`: SHOW …, RELOAD, DRAIN, KILL."""

    logins: Annotated[tuple[_Name, ...], Field(strict=False)] = ()


class Metrics(_Section):
    """Where Prometheus reads /metrics, and a load balancer /healthz. No password: keep it off the network of clients."""

    host: _Host = "127.0.0.1"
    port: int = Field(default=9187, ge=0, le=65535)


class Keys(_Section):
    """The key ring of encrypted columns, wrapped by a master key from a file (mode 0600) or an environment variable."""

    ring: _FilePath
    master_file: _FilePath | None = None
    master_env: _Name | None = None


class Log(_Section):
    """The query log. `accepted`: written before the statement leaves; `strict`: and on the disk (fdatasync)."""

    folder: _FilePath
    mode: Literal["accepted", "strict"] = "accepted"
    segment_bytes: int = Field(default=64 * 1024 * 1024, ge=4096)


class Limits(_Section):
    """What clients may take: the time to log in (PostgreSQL's authentication_timeout is 60 s), sessions in all and by login
    (of each worker), seconds without a statement, bytes of one statement; how long a stop waits for what runs. 0: no limit.

    `wrong_password_seconds`: what an answer waits at most after wrong passwords; 0: nothing.
    """

    startup_seconds: float = Field(default=30.0, gt=0, le=600, strict=False)
    sessions: int = Field(default=500, ge=1)
    sessions_per_login: int = Field(default=0, ge=0)
    idle_seconds: float = Field(default=0.0, ge=0, strict=False)
    statement_bytes: int = Field(default=64 * 1024 * 1024, ge=1024, le=1024 * 1024 * 1024 - 1)
    drain_seconds: float = Field(default=30.0, ge=0, strict=False)
    wrong_password_seconds: float = Field(default=8.0, ge=0, le=60, strict=False)


class Config(_Section):
    """Everything `proxy.yaml` says, paths absolute."""

    listen: Listen = Listen()
    server: Server
    catalog: Catalog
    rules: _FilePath
    keys: Keys | None = None
    log: Log
    limits: Limits = Limits()
    access: Annotated[tuple[Access, ...], Field(strict=False, min_length=1)] = (Access(),)
    logins: LoginFile = LoginFile()
    admin: Admin = Admin()
    metrics: Metrics | None = None
    workers: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = "auto"
    trusted_owners: Annotated[tuple[_Name, ...], Field(strict=False)] = ()


# Pairs of which exactly one must be written, by section.
_ONE_OF = (
    (("catalog",), "password_file", "password_env"),
    (("keys",), "master_file", "master_env"),
    (("server", "service"), "password_file", "password_env"),
)


def load_config(path: Path) -> Config:
    """Read and check `path`. Raises ConfigError naming file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """The same for text already in hand; `path` names the file in errors and anchors relative paths."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError):  # ValueError: what looks like a date and is none
        raise ConfigError(f"{path}:1: not valid YAML: a character or a date that may not stand in it") from None
    if not isinstance(data, dict) or not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{path}:1: expected `key: value` lines: server, catalog, rules, log …")
    lines: dict[_Place, int] = {}
    mistakes = [(line, f"{key}: written twice") for line, key in _read_lines(node, lines)]
    try:
        config = Config.model_validate(data, context={"folder": path.absolute().parent})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        mistakes += [(_line(lines, e["loc"]), _sentence(e)) for e in found]
    else:
        mistakes += _one_of(config, lines)
    if mistakes:
        raise ConfigError("\n".join(f"{path}:{line}: {text}" for line, text in sorted(mistakes)))
    return config


def _read_lines(node: yaml.Node, lines: dict[_Place, int]) -> Iterator[tuple[int, str]]:
    """Fill `lines` (place -> 1-based line); yield (line, key) of keys that stand twice: YAML would keep the last."""
    waiting: list[tuple[_Place, yaml.Node]] = [((), node)]
    seen: set[int] = set()
    while waiting:
        place, one = waiting.pop()
        lines.setdefault(place, one.start_mark.line + 1)
        if id(one) in seen:  # an alias, perhaps of a node that holds itself
            continue
        seen.add(id(one))
        if isinstance(one, yaml.MappingNode):
            for key, value in one.value:
                at = (*place, str(key.value))
                if at in lines:
                    yield key.start_mark.line + 1, ".".join(map(str, at))
                    continue
                lines[at] = key.start_mark.line + 1
                waiting.append((at, value))
        elif isinstance(one, yaml.SequenceNode):
            waiting.extend(((*place, number), item) for number, item in enumerate(one.value))


def _line(lines: Mapping[_Place, int], place: _Place) -> int:
    """The line of `place`, or of what encloses it when it is missing."""
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _sentence(error: ErrorDetails) -> str:
    place = ".".join(map(str, error["loc"]))
    match error["type"]:
        case "missing":
            return f"{place}: missing"
        case "extra_forbidden":
            return f"{place}: unknown key; {_suggestion(error['loc'])}"
        case "model_type":
            return f"{place}: expected keys and values: {', '.join(_keys_at(error['loc']))}"
        case _:
            message = error["msg"]
            return f"{place}: {message[:1].lower()}{message[1:]}"


def _suggestion(place: _Place) -> str:
    known, written = _keys_at(place[:-1]), str(place[-1])
    if written in ("password", "master", "master_key"):
        sources = " or ".join(name for name in known if name.endswith(("_file", "_env")))
        return f"secrets do not stand in this file: write {sources}"
    close = difflib.get_close_matches(written, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


def _keys_at(place: _Place) -> list[str]:
    model: type[BaseModel] = Config
    for name in place:
        if isinstance(name, int):  # an item of the list we came to
            continue
        waiting: list[Any] = [model.model_fields[name].annotation]
        while waiting:
            one = waiting.pop()
            if isinstance(one, type) and issubclass(one, BaseModel):
                model = one
                break
            waiting += getattr(one, "__args__", ())
    return list(model.model_fields)


def _one_of(config: Config, lines: Mapping[_Place, int]) -> list[tuple[int, str]]:
    mistakes = []
    for place, first, second in _ONE_OF:
        part: Any = config
        for name in place:
            part = getattr(part, name, None)
        if part is not None and (getattr(part, first) is None) == (getattr(part, second) is None):
            mistakes.append((_line(lines, place), f"{'.'.join(place)}: write either {first} or {second}"))
    return mistakes + list(_contradictions(config, lines))


def _contradictions(config: Config, lines: Mapping[_Place, int]) -> Iterator[tuple[int, str]]:
    tls = config.listen.tls
    for number, entry in enumerate(config.access):
        at = _line(lines, ("access", number))
        if entry.method == "trust" and not (entry.addresses and all(network.is_loopback for network in entry.addresses)):
            yield at, "access: trust is for loopback addresses only: write addresses: [127.0.0.1/32] or [::1/128]"
        if entry.method == "cert" and (tls is None or tls.client_ca_file is None):
            yield at, "access: method cert needs listen.tls.client_ca_file"
        if entry.names and entry.method != "cert":
            yield at, "access: names belong to method cert"
        if entry.tls == "required" and tls is None:
            yield at, "access: tls is required, but listen.tls is not written"
    server = config.server.tls
    if server is not None and server.negotiation == "direct" and server.sslmode in ("disable", "prefer"):
        yield _line(lines, ("server", "tls")), "server.tls: direct negotiation needs sslmode require, verify-ca or verify-full"


def _secret(section: str, file: Path | None, env: str | None) -> str:
    if env is not None:
        value = os.environ.get(env, "")
        if not value:
            raise ConfigError(f"{section}: the environment variable {env} is not set")
        return value
    if file is None:
        raise ConfigError(f"{section}: no password is configured")
    try:
        with file.open(encoding="utf-8") as opened:
            # As libpq does with .pgpass: a secret that others can read is not used.
            if os.name == "posix" and os.fstat(opened.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError(f"{section}: {file} is readable by others", hint=f"chmod 600 {file}")
            value = opened.read().rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"{section}: {file}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{section}: {file}: is not UTF-8 text") from None
    if not value:
        raise ConfigError(f"{section}: {file} is empty")
    return value
