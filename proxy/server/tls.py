"""TLS without sockets: bytes of a peer in, plaintext out, and back; and the contexts both sides speak it with.

Modes and names are libpq's (PostgreSQL 18, 32.19) and the server's (19.9). A connection may begin with TLS at once
(sslnegotiation=direct), which needs the ALPN protocol `postgresql`.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from proxy.errors import ProxyError, Unavailable
from proxy.session import TlsFacts
from proxy.wire.auth import end_point_binding

ALPN = "postgresql"
HANDSHAKE = 0x16  # the first byte of a TLS record that begins one; no start-up packet is so long
_READ_BYTES = 256 << 10

SslMode = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]
MinVersion = Literal["TLSv1.2", "TLSv1.3"]
_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class TlsFailure(Exception):
    """The handshake failed or a record is broken; the text is OpenSSL's reason, without data."""


class Tls:
    """One connection's TLS. After `receive` and `send`, `take` gives what must be written to the peer."""

    def __init__(self, context: ssl.SSLContext, *, is_server: bool, hostname: str | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_side=is_server, server_hostname=hostname)
        self.is_ready = False
        if not is_server:
            self._shake()

    def receive(self, data: bytes) -> bytes:
        """What the peer said in `data`. Raises TlsFailure."""
        self._incoming.write(data)
        if not self.is_ready and not self._shake():
            return b""
        pieces = []
        try:
            while piece := self._ssl.read(_READ_BYTES):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            pass  # close_notify: the socket's end follows
        except ssl.SSLError as error:
            raise TlsFailure(_reason(error)) from None
        return b"".join(pieces)

    def send(self, data: bytes) -> None:
        """Say `data`; only when `is_ready`. Raises TlsFailure."""
        try:
            self._ssl.write(data)
        except ssl.SSLError as error:
            raise TlsFailure(_reason(error)) from None

    def take(self) -> bytes:
        """What must leave now."""
        return self._outgoing.read()

    def close(self) -> bytes:
        """close_notify, as far as it can still be said."""
        if self.is_ready:
            with contextlib.suppress(ssl.SSLError, ValueError):  # it waits for the peer's own, which we do not
                self._ssl.unwrap()
        return self._outgoing.read()

    @property
    def is_direct_ok(self) -> bool:
        """Whether the peer asked for the protocol a connection that begins with TLS must ask for."""
        return self._ssl.selected_alpn_protocol() == ALPN

    def peer_names(self) -> tuple[str, ...]:
        """CN and SANs of the peer's certificate, when it gave one and its authority was checked."""
        certificate: dict[str, Any] = dict(self._ssl.getpeercert() or {})
        found = [str(value) for _, value in certificate.get("subjectAltName", ())]
        for parts in certificate.get("subject", ()):
            found += [str(value) for key, value in parts if key == "commonName"]
        return tuple(dict.fromkeys(found))

    def peer_binding(self) -> bytes:
        """`end_point_binding` of the peer's certificate."""
        certificate = self._ssl.getpeercert(binary_form=True)
        return b"" if certificate is None else end_point_binding(certificate)

    def _shake(self) -> bool:
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except (ssl.SSLError, ssl.CertificateError) as error:
            raise TlsFailure(_reason(error)) from None
        self.is_ready = True
        return True


@dataclass(frozen=True, slots=True)
class ListenTls:
    """What clients meet. Made anew whenever its files change; who is connected stays."""

    context: ssl.SSLContext = field(repr=False)
    binding: bytes = b""

    @classmethod
    def load(
        cls, cert_file: Path, key_file: Path, client_ca_file: Path | None = None, min_version: MinVersion = "TLSv1.2"
    ) -> ListenTls:
        """Raises Unavailable (58000) naming the file that cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = _VERSIONS[min_version]
        context.set_alpn_protocols([ALPN])
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
        _load_chain(context, cert_file, key_file)
        if client_ca_file is not None:
            _load_authorities(context, client_ca_file)
            context.verify_mode = ssl.CERT_OPTIONAL  # `access` says who must have one
        try:
            certificate = ssl.PEM_cert_to_DER_cert(_first_certificate(cert_file.read_text()))
        except (OSError, ValueError) as error:
            raise _unfit(cert_file, error) from None
        return cls(context, end_point_binding(certificate))

    def facts(self, tls: Tls) -> TlsFacts:
        """What the session may know of a client's TLS."""
        return TlsFacts(self.binding, tls.peer_names())


def client_context(
    mode: SslMode,
    *,
    root_cert_file: Path | None = None,
    cert_file: Path | None = None,
    key_file: Path | None = None,
    min_version: MinVersion = "TLSv1.2",
) -> ssl.SSLContext:
    """For connections to PostgreSQL. As in libpq, `require` with a root certificate checks it. Raises Unavailable (58000)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _VERSIONS[min_version]
    context.set_alpn_protocols([ALPN])
    is_checked = mode in ("verify-ca", "verify-full") or (mode == "require" and root_cert_file is not None)
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if is_checked else ssl.CERT_NONE
    if root_cert_file is not None:
        _load_authorities(context, root_cert_file)
    elif is_checked:
        context.load_default_certs()
    if cert_file is not None:
        _load_chain(context, cert_file, key_file or cert_file)
    return context


def _load_chain(context: ssl.SSLContext, cert_file: Path, key_file: Path) -> None:
    try:
        facts = key_file.stat()
        allowed = 0o640 if facts.st_uid == 0 else 0o600  # as PostgreSQL asks of ssl_key_file
        if facts.st_mode & 0o777 & ~allowed:
            raise Unavailable(f"{key_file}: a private key that others can read is not used", hint=f"chmod 600 {key_file}",
                              sqlstate="58000")  # fmt: skip
        context.load_cert_chain(cert_file, key_file, password=_no_password)
    except OSError as error:  # ssl.SSLError is one
        raise _unfit(f"{cert_file} and {key_file}" if isinstance(error, ssl.SSLError) else key_file, error) from None


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except OSError as error:
        raise _unfit(path, error) from None


def _no_password() -> str:
    raise ssl.SSLError("the key is encrypted")  # nobody is there to type it


def _first_certificate(pem: str) -> str:
    head, tail = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    start = pem.find(head)
    end = pem.find(tail, start)
    if start < 0 or end < 0:
        raise ValueError("no certificate in it")
    return pem[start : end + len(tail)]


def _unfit(what: object, error: Exception) -> ProxyError:
    if isinstance(error, ssl.SSLError):
        said = _reason(error)
    else:
        said = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
    return Unavailable(f"{what}: {said}", sqlstate="58000")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    reason = getattr(error, "reason", None)
    return str(reason or error.args[-1] if error.args else error).replace("_", " ").lower()
