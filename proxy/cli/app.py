"""The commands and their options. Each reads its options and hands over to the module beside it that does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="maskgate",
    help="A PostgreSQL proxy that masks and encrypts by who asks, stops bulk exports and keeps a verifiable query log.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # main() turns what we expect into one line; a bug shows its whole traceback
)
log_app = typer.Typer(name="log", help="Read the query log, and prove that it is whole.", no_args_is_help=True)
keys_app = typer.Typer(name="keys", help="The key ring of encrypted columns.", no_args_is_help=True)
login_app = typer.Typer(name="login", help="Logins of the proxy's own, beside PostgreSQL's.", no_args_is_help=True)
app.add_typer(log_app)
app.add_typer(login_app)
app.add_typer(keys_app)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.", show_default=True)]
DatabaseOption = Annotated[str | None, typer.Option("--database", "-d", help="Default: catalog.database of the file.")]
DEFAULT_CONFIG = Path("proxy.yaml")


@app.command()
def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run until SIGTERM (what runs may end) or SIGINT. SIGHUP reloads, SIGUSR2 puts new workers in the place of the old."""
    from proxy.cli.supervise import run_until_signal

    raise typer.Exit(run_until_signal(config))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Leave after the tour; exit 1 if it did not show all.")] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Where the proxy listens; default 6543, or any free one.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Keep server, keys and log in this folder (default: a temporary one).")
    ] = None,
    customers: Annotated[int, typer.Option(min=100, max=1_000_000, help="How many customers the shop has.")] = 20_000,
) -> None:
    """PostgreSQL 18, a sample shop and the proxy in one command, with a guided tour."""
    from proxy.cli.demo.run import run_demo

    if not run_demo(once=once, port=port, folder=data, customers=customers):
        raise typer.Exit(1)


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, database: DatabaseOption = None) -> None:
    """Hold the rules against the live catalog: exit 1 if anything must be corrected."""
    from proxy.cli.check import run_check
    from proxy.config import load_config

    if not run_check(load_config(config), database):
        raise typer.Exit(1)


@app.command()
def explain(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="The statement.")],
    login: Annotated[str, typer.Option("--as", metavar="LOGIN", help="Who asks.")],
    config: ConfigOption = DEFAULT_CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Show what would happen to a statement: the text the server gets, and each column's rule. Runs nothing."""
    from proxy.cli.explain import run_explain
    from proxy.config import load_config

    if not run_explain(load_config(config), login, sql, database):
        raise typer.Exit(1)


@log_app.command("search")
def log_search(
    config: ConfigOption = DEFAULT_CONFIG,
    login: Annotated[str | None, typer.Option(help="Only this login.")] = None,
    relation: Annotated[str | None, typer.Option(help="Only what touches this relation (schema.name).")] = None,
    verdict: Annotated[str | None, typer.Option(help="Only open, masked or refused.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on (ISO 8601; UTC if it does not say).")] = None,
    text: Annotated[str | None, typer.Option(help="Only where the statement holds these words.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="The lines as they stand in the log.")] = False,
) -> None:
    """Find events: who saw what, how, and what was refused."""
    from proxy.cli.log import run_search
    from proxy.config import load_config

    run_search(
        load_config(config), login=login, relation=relation, verdict=verdict, since=since, text=text, limit=limit,
        as_json=as_json,
    )  # fmt: skip


@log_app.command("verify")
def log_verify(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Prove that no line was changed or removed: exit 1 and name the first broken line."""
    from proxy.cli.log import run_verify
    from proxy.config import load_config

    if not run_verify(load_config(config)):
        raise typer.Exit(1)


@keys_app.command("create")
def keys_create(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Make the key ring the file names, and its master key file if that is not there yet."""
    from proxy.cli.keys import create_keys
    from proxy.config import load_config

    create_keys(load_config(config))


@login_app.command("add")
def login_add(
    name: Annotated[str, typer.Argument(help="The login; one that is there gets the new password.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Keep a login's SCRAM verifier in the file of logins. The password comes from the terminal, or as a line of stdin."""
    from proxy.cli.login import add_login
    from proxy.config import load_config

    add_login(load_config(config), name)


@login_app.command("remove")
def login_remove(
    name: Annotated[str, typer.Argument(help="The login.")], config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Take a login out of the file of logins."""
    from proxy.cli.login import remove_login
    from proxy.config import load_config

    remove_login(load_config(config), name)
