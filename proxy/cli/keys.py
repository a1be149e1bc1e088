"""The key ring a configuration names: opened for the proxy, or made."""

from __future__ import annotations

from proxy.config import Config, ConfigError
from proxy.crypto import Keyring, providers


def open_keys(config: Config) -> Keyring | None:
    """The key ring, unwrapped; None when the file names none. Raises Unavailable (58000)."""
    keys = config.keys
    return None if keys is None else providers.load(keys.ring, keys.master_file, master_env=keys.master_env)


def create_keys(config: Config) -> None:
    """Make the key ring `config` names. Raises ConfigError when it names none, Unavailable when one is there."""
    keys = config.keys
    if keys is None:
        hint = "Add  keys: {ring: keys/ring.json, master_file: keys/master.key}"
        raise ConfigError("the configuration has no `keys` section", hint=hint)
    providers.create(keys.ring, keys.master_file, master_env=keys.master_env)
