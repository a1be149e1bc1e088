"""The command line. `main` is the entry point `maskgate`: an expected error is one clear line, never a traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command in `sys.argv` and exit: 0 done, 1 failed or found something wrong, 2 misused, 130 interrupted."""
    # Imported here, so that a library user who imports proxy.cli.embedded pays for no command.
    from rich.console import Console

    from proxy.cli.app import app
    from proxy.cli.embedded import EmbeddedServerError
    from proxy.errors import ProxyError

    try:
        app()
    except (ProxyError, EmbeddedServerError, ExceptionGroup) as error:
        only = error
        while isinstance(only, ExceptionGroup):  # a TaskGroup wraps what ended it
            only = only.exceptions[0]
        if not isinstance(only, (ProxyError, EmbeddedServerError)):
            raise
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"maskgate: {only}", markup=False)
        hint = getattr(only, "hint", None)
        if hint:
            console.print(f"hint: {hint}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
