"""PostgreSQL's own client programs, of the server's version, as a person runs them: no file is read, no password on a command line."""

from __future__ import annotations

import os
import subprocess
from urllib.parse import unquote, urlsplit

from proxy.cli.embedded import installations


def run_program(
    name: str, version: int, dsn: str, *arguments: str, text: str = "", timeout_s: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run `name` against a URI and feed it `text`. Never raises for its exit code."""
    place = urlsplit(dsn)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment = {
        **clean,
        "LC_ALL": "C.UTF-8",
        "PGHOST": place.hostname or "",
        "PGPORT": str(place.port),
        "PGUSER": unquote(place.username or ""),
        "PGPASSWORD": unquote(place.password or ""),
        "PGDATABASE": place.path[1:],
        "PGSSLMODE": "disable",
        "PGCLIENTENCODING": "UTF8",
    }
    return subprocess.run(
        [str(installations()[version] / name), *arguments],
        env=environment, input=text, capture_output=True, encoding="utf-8", timeout=timeout_s, check=False,
    )  # fmt: skip


def psql(version: int, dsn: str, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """psql without a start file, aligned output, the script on its standard input."""
    return run_program("psql", version, dsn, "-X", *arguments, text=script)
