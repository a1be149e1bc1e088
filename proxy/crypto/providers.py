"""Where data keys rest: a key ring file whose keys are wrapped by a master key from another file or the environment.

The ring file is JSON and holds no secret by itself:

    {"format": "maskgate key ring", "version": 1, "current": "0a1b2c3d", "current_by_domain": {"cards": "…"},
     "keys": [{"id": "0a1b2c3d", "created": "2026-01-31T08:00:00Z", "wrapped": "<base64>"}]}

`wrapped` is a 12-byte nonce and the data key under AES-256-GCM with the master key; its associated data names the id
of the key, so entries cannot be exchanged. The master key is 32 random bytes, in base64 (44 characters) or in
hexadecimal (64).

Every failure is `Unavailable` 58000 with what to do; no message shows a key. Python cannot wipe memory: a core dump of
the proxy holds keys, so switch core dumps off where that matters.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proxy.crypto.envelope import DATA_KEY_BYTES, NONCE_BYTES
from proxy.crypto.keyring import Keyring
from proxy.errors import Unavailable

MASTER_VARIABLE: Final = "MASKGATE_MASTER_KEY"
_FORMAT: Final = "maskgate key ring"
_VERSION: Final = 1
_MASTER_BYTES: Final = 32
_MAX_RING_BYTES: Final = 16 * 1024 * 1024  # some 100,000 keys; a larger file is not a key ring


def create(
    ring: Path,
    master_file: Path | None = None,
    *,
    master_env: str | None = None,
    domains: Iterable[str] = (),
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Keyring:
    """Write a new key ring with one data key for all domains, one more for each of `domains`; return it unwrapped.

    A `master_file` that is not there is made, with a fresh key (mode 0600); one that is there is used. Neither file is
    ever overwritten: an existing ring is an error, since everything sealed under its keys would be lost.
    """
    if ring.exists():
        raise _unavailable(f"{ring} exists already", "Keep it: without it, what it sealed cannot be opened.")
    if master_file is not None and not master_file.exists():
        _write_new(master_file, base64.b64encode(secrets.token_bytes(_MASTER_BYTES)) + b"\n")
    master = AESGCM(read_master(master_file, master_env, environ))
    made = now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    keys: dict[int, bytes] = {}
    current = _new_key(keys)
    current_by_domain = {domain: _new_key(keys) for domain in domains}
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "current": _name(current),
        "current_by_domain": {domain: _name(key_id) for domain, key_id in current_by_domain.items()},
        "keys": [{"id": _name(key_id), "created": made, "wrapped": _wrap(master, key_id, key)} for key_id, key in keys.items()],
    }
    _write_new(ring, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
    return Keyring(keys, current=current, current_by_domain=current_by_domain)


def load(
    ring: Path,
    master_file: Path | None = None,
    *,
    master_env: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Keyring:
    """Read and unwrap the whole ring. One key that does not unwrap makes the ring unavailable: none is skipped."""
    text = _read(ring, "the key ring", "Make one with `maskgate keys create`, or correct keys.ring.")
    master = AESGCM(read_master(master_file, master_env, environ))
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT:
            raise _broken(ring)
        if document["version"] != _VERSION:
            raise _unavailable(
                f"{ring} is a key ring of version {document['version']!r}; this release reads {_VERSION}",
                "Use the release that wrote it, or a later one.",
            )
        wrapped = [(int(entry["id"], 16), base64.b64decode(entry["wrapped"], validate=True)) for entry in document["keys"]]
        current = int(document["current"], 16)
        by_domain = {str(domain): int(name, 16) for domain, name in document["current_by_domain"].items()}
        version = len(wrapped)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _broken(ring) from None
    keys: dict[int, bytes] = {}
    for key_id, blob in wrapped:
        if key_id in keys or not 0 <= key_id < 2**32 or len(blob) != NONCE_BYTES + DATA_KEY_BYTES + 16:
            raise _broken(ring)
        keys[key_id] = _unwrap(master, key_id, blob, ring)
    return Keyring(keys, current=current, current_by_domain=by_domain, version=version)


def read_master(master_file: Path | None, master_env: str | None = None, environ: Mapping[str, str] = os.environ) -> bytes:
    """The 32 bytes of the master key, from the file, else from the variable (default `MASKGATE_MASTER_KEY`).

    A file that group or others may read or write is refused, as ssh refuses such a private key.
    """
    if master_file is not None:
        text = _read(master_file, "the master key", "Put it back, or correct keys.master_file.", private=True)
        return _decode_master(text.strip(), str(master_file))
    name = master_env or MASTER_VARIABLE
    value = environ.get(name)
    if not value:
        raise _unavailable(
            f"the environment variable {name} does not hold the master key",
            f"Set {name}, or name a file in keys.master_file.",
        )
    return _decode_master(value.strip().encode("utf-8", "replace"), f"the environment variable {name}")


def _decode_master(text: bytes, source: str) -> bytes:
    try:
        key = bytes.fromhex(text.decode()) if len(text) == 2 * _MASTER_BYTES else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _MASTER_BYTES:
        raise _unavailable(
            f"{source} does not hold a master key",
            "It must be 32 bytes in base64 (44 characters) or hexadecimal (64), and nothing else.",
        )
    return key


def _new_key(keys: dict[int, bytes]) -> int:
    # A random id, so that a value sealed by another ring says "unknown key" and not just "changed".
    key_id = secrets.randbits(32)
    while key_id in keys:
        key_id = secrets.randbits(32)
    keys[key_id] = secrets.token_bytes(DATA_KEY_BYTES)
    return key_id


def _name(key_id: int) -> str:
    return f"{key_id:08x}"


def _wrapping_data(key_id: int) -> bytes:
    return f"{_FORMAT} {_VERSION} {_name(key_id)}".encode()


def _wrap(master: AESGCM, key_id: int, key: bytes) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(nonce + master.encrypt(nonce, key, _wrapping_data(key_id))).decode()


def _unwrap(master: AESGCM, key_id: int, blob: bytes, ring: Path) -> bytes:
    try:
        return master.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _wrapping_data(key_id))
    except InvalidTag:
        raise _unavailable(
            f"the master key does not open key {_name(key_id)} of {ring}",
            "Use the master key this ring was made with, or restore the ring file from a copy.",
        ) from None


def _read(path: Path, what: str, hint: str, *, private: bool = False) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode  # of the file we read, not of whatever bears its name a moment later
            if private and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise _unavailable(
                    f"{path} holds {what} and other users may read or write it (mode {stat.S_IMODE(mode):04o})",
                    f"chmod 600 {path}",
                )
            return file.read(_MAX_RING_BYTES)
    except OSError as error:
        raise _unavailable(f"{path}: {what} cannot be read: {error.strerror}", hint) from None


def _write_new(path: Path, content: bytes) -> None:
    """All of the file or nothing, on the disk when this returns; an existing file stays as it is and is an error."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)  # unlike rename(2), link(2) never replaces a file
        finally:
            draft.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise _unavailable(f"{path} cannot be written: {error.strerror}", "What was there is as it was.") from None


def _broken(ring: Path) -> Unavailable:
    return _unavailable(f"{ring} is not a whole key ring", "Restore it from a copy.")


def _unavailable(message: str, hint: str) -> Unavailable:
    return Unavailable(message, hint=hint, sqlstate="58000")
