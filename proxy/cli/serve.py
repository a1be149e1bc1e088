"""The composition root: a `Config` becomes a running proxy, each room handed plain values.

The one place that knows the clock and the random source, and brings rules, key ring, logins, TLS and query log together.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from proxy.audit.sinks import FileLog
from proxy.cli.keys import open_keys
from proxy.cli.policy import Policy, read_rules
from proxy.config import Config, ConfigError, load_config
from proxy.crypto import Sealer
from proxy.errors import Unavailable
from proxy.policy.access import Entry
from proxy.server import Limits, ListenTls, Logins, Proxy, Upstream, UpstreamTls
from proxy.server.logins import read_logins
from proxy.server.metrics import Metrics
from proxy.server.proxy import Control
from proxy.server.tls import client_context
from proxy.session import Service
from proxy.wire.auth import Secret


def open_log(config: Config) -> FileLog:
    """The query log of the configuration. Close it after the proxy has stopped. Raises Unavailable (58030)."""
    return FileLog(config.log.folder, clock=time.time, segment_bytes=config.log.segment_bytes, mode=config.log.mode)


def open_policy(config: Config) -> tuple[Policy, Sealer | None]:
    """Rules and keys, checked. Raises ConfigError or Unavailable."""
    keyring = open_keys(config)
    sealer = None if keyring is None else Sealer(keyring, os.urandom)
    return Policy(read_rules(config.rules), sealer), sealer


def open_logins(config: Config, policy: Policy) -> Logins:
    """Who may come in. Raises ConfigError or Unavailable."""
    service = config.server.service
    secret = None if service is None else Secret(service.password())
    services: dict[str, Service] = {}
    for role in policy.ruleset.roles.values():
        if role.service is not None:
            if service is None or secret is None:
                raise ConfigError(f"{role.rule}: has a `service`, but proxy.yaml has no server.service: {{user: …}}")
            path = ", ".join('"' + name.replace('"', '""') + '"' for name in role.service.search_path)
            services[role.name] = Service(service.user, secret, role.service.set_role, path)
    return Logins(
        role_of=policy.role_of,
        service_of=services.get,
        access=[
            Entry(one.logins, one.databases, one.addresses, one.tls, one.method, dict(one.names)) for one in config.access
        ],
        verifiers={} if config.logins.file is None else read_logins(config.logins.file),
        asks_server=config.logins.server,
        admins=config.admin.logins,
        roles=[
            (
                role.name, ", ".join(role.logins), "yes" if role.restricted else "no",
                "" if role.service is None else role.service.set_role, role.rule, policy.ruleset.version[:12],
            )
            for role in policy.ruleset.roles.values()
        ],
    )  # fmt: skip


def open_listen_tls(config: Config) -> ListenTls | None:
    """What clients meet. Raises Unavailable naming the file that cannot be used."""
    tls = config.listen.tls
    return None if tls is None else ListenTls.load(tls.cert_file, tls.key_file, tls.client_ca_file, tls.min_version)


def open_upstream(config: Config) -> Upstream:
    """The way to PostgreSQL. Raises ConfigError or Unavailable."""
    catalog, tls = config.catalog, config.server.tls
    spoken = None
    if tls is not None and tls.sslmode != "disable":
        context = client_context(
            tls.sslmode, root_cert_file=tls.root_cert_file, cert_file=tls.cert_file, key_file=tls.key_file,
            min_version=tls.min_version,
        )  # fmt: skip
        spoken = UpstreamTls(tls.sslmode, context, tls.negotiation)
    return Upstream(config.server.host, config.server.port, catalog.user, catalog.password(), catalog.database, spoken)


def compose(
    config: Config,
    *,
    log: FileLog | None = None,
    policy: tuple[Policy, Sealer | None] | None = None,
    listener: socket.socket | None = None,
    metrics: Metrics | None = None,
    control: Control | None = None,
) -> Proxy:
    """The proxy `config` describes, not yet started. Raises what its parts raise: rules, keys, log or a secret unfit."""
    rules, sealer = policy or open_policy(config)
    metrics = metrics or Metrics(time.monotonic)
    rules.watch = metrics
    limits = config.limits
    return Proxy(
        upstream=open_upstream(config),
        logins=open_logins(config, rules),
        planner_for=rules.planner_for,
        log=log or open_log(config),
        clock=time.time,
        random=os.urandom,
        listen_host=config.listen.host,
        listen_port=config.listen.port,
        listener=listener,
        listen_tls=open_listen_tls(config),
        sealing=sealer,
        trusted_owners=_trusted_owners(config, rules),
        limits=Limits(
            limits.startup_seconds,
            limits.sessions,
            limits.sessions_per_login,
            limits.idle_seconds,
            limits.statement_bytes,
            limits.wrong_password_seconds,
        ),
        metrics=metrics,
        control=control,
    )


async def reload(path: Path, policy: Policy, proxy: Proxy) -> None:
    """proxy.yaml, rules, logins and certificates anew, all or nothing. Raises ProxyError; then the old ones stay.

    Where it listens, which server stands behind, keys, log and workers are read at the start only.
    """
    config = load_config(path)
    fresh = Policy(read_rules(config.rules), None)
    logins, tls = open_logins(config, fresh), open_listen_tls(config)
    policy.replace_rules(fresh.ruleset)
    logins.role_of = policy.role_of
    await proxy.reload(logins, policy.planner_for, tls, _trusted_owners(config, policy))


def _trusted_owners(config: Config, policy: Policy) -> tuple[str, ...]:
    return (*config.trusted_owners, *policy.ruleset.trusted_owners)


async def start(proxy: Proxy, config: Config) -> None:
    """Listen. Raises Unavailable, naming the address, when somebody else has it."""
    try:
        await proxy.start()
    except OSError as error:
        place = f"{config.listen.host}:{config.listen.port}"
        raise Unavailable(f"cannot listen on {place}: {error.strerror or error}", sqlstate="08006") from None
