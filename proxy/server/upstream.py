"""The way to PostgreSQL: where it stands, with which TLS, and how a statement that runs there is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from proxy.server.tls import SslMode
from proxy.wire.messages import SSLRequest

CANCEL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """How TLS is spoken with the server: `sslmode` and `sslnegotiation` as libpq has them."""

    mode: SslMode
    context: ssl.SSLContext = field(repr=False)
    negotiation: Literal["postgres", "direct"] = "postgres"

    @property
    def is_needed(self) -> bool:
        """Whether a connection without TLS is refused."""
        return self.mode != "prefer"


@dataclass(frozen=True, slots=True)
class Upstream:
    """The PostgreSQL server, and the login that reads its catalog and its verifiers. `tls` None: plaintext."""

    host: str
    port: int
    catalog_user: str
    catalog_password: str = field(repr=False)
    catalog_database: str = "postgres"
    tls: UpstreamTls | None = None

    def dsn(self, database: str) -> str:
        """A URI for the catalog login."""
        user, password = quote(self.catalog_user, safe=""), quote(self.catalog_password, safe="")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{user}:{password}@{host}:{self.port}/{quote(database, safe='')}"

    @property
    def catalog_ssl(self) -> ssl.SSLContext | Literal["disable", "prefer"]:
        """What asyncpg takes as `ssl` for the catalog login's connections."""
        if self.tls is None:
            return "disable"
        return self.tls.context if self.tls.is_needed else "prefer"

    async def cancel(self, request: bytes) -> None:
        """Send a CancelRequest and wait until the server closed: by then the signal was given. Raises nothing."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                is_direct = self.tls is not None and self.tls.negotiation == "direct"
                context = self.tls.context if self.tls is not None else None
                reader, writer = await asyncio.open_connection(
                    self.host, self.port, ssl=context if is_direct else None, server_hostname=self.host if is_direct else None
                )
                try:
                    if context is not None and not is_direct:
                        writer.write(SSLRequest().to_bytes())
                        if await reader.readexactly(1) == b"S":
                            await writer.start_tls(context, server_hostname=self.host)
                        elif self.tls is not None and self.tls.is_needed:
                            return
                    writer.write(request)
                    await writer.drain()
                    await reader.read()
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
