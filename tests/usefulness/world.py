"""The shop that the demo ships with its own rules, TPC-H beside it, an analyst, and canaries in all that she must not see.

The analyst holds raw SELECT in the database, as masks need: asked directly it answers raw, which is what the proxy's answers
are compared with. `CANARIES` finds what a mask would have hidden, whichever part of the value it shows.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import psycopg

from proxy.cli.embedded import EmbeddedServer
from proxy.cli.shipped import rules_folder
from proxy.crypto import sql_check
from tests.servers import Database, new_database, role_password
from tests.shop import RunningProxy, write_config

SETUP = Path(__file__).parent / "setup"
CARD = "6222777700{:09d}"
CANARIES = re.compile(
    rb"qzx"  # names, addresses, e-mail, notes, browsers
    rb"|13\d777777\d\d|\d\d-777-777-\d{4}|62227777"  # phones, card numbers
    rb"|110105\d{11}X|19[34]\d-(?!01-01)\d\d-\d\d|203\.0\.113\."  # id cards, birthdays (a year shows as its first day), networks
)


@dataclass
class World:
    """A database and the proxy before it. `exporter` sees what `analyst` sees, and may COPY it out."""

    database: Database
    running: RunningProxy
    analyst: str
    exporter: str

    @property
    def version(self) -> int:
        return self.database.version

    def through(self, login: str) -> Session:
        """A session through the proxy."""
        return _connect(self.running.host, self.running.port, login, self.database.name)

    def direct(self, login: str) -> Session:
        """The same, past the proxy."""
        return _connect(self.database.host, self.database.port, login, self.database.name)


Session = psycopg.Connection[tuple[object, ...]]


def _connect(host: str, port: int, login: str, database: str) -> Session:
    return psycopg.connect(
        host=host, port=port, user=login, password=role_password(login), dbname=database,
        sslmode="disable", client_encoding="UTF8", application_name="tool", autocommit=True,
    )  # fmt: skip


@contextmanager
def world(server: EmbeddedServer, folder: Path) -> Iterator[World]:
    """All of it, on one server."""
    database = new_database(server)
    try:
        analyst, exporter, loader = database.role("bi"), database.role("exporter"), database.role("loader")
        fill(database, analyst, loader)
        database.execute(f"GRANT {analyst} TO {exporter}; ALTER ROLE {exporter} SET search_path = shop, tpch, public")
        rules = folder / "rules"
        shutil.copytree(rules_folder("ecommerce"), rules)
        shutil.copy(SETUP / "rules.yaml", rules / "usefulness.yaml")
        running = RunningProxy(write_config(folder, server, database.name, rules="rules"))
        try:
            _insert_cards(running, database, loader)
            yield World(database, running, analyst, exporter)
        finally:
            running.stop()
    finally:
        database.drop()


def fill(database: Database, analyst: str, loader: str) -> None:
    """Tables, rows and rights; everything but the cards."""
    demo = files("proxy.cli.demo")
    database.execute(
        demo.joinpath("tables.sql").read_text(encoding="utf-8")
        + f"ALTER TABLE shop.payment_cards ADD CONSTRAINT card_no_is_sealed CHECK ({sql_check('card_no', 'equality')});"
        + demo.joinpath("keys.sql").read_text(encoding="utf-8")
        + (SETUP / "shop.sql").read_text(encoding="utf-8")
        + (SETUP / "tpch.sql").read_text(encoding="utf-8")
        + f"""
        GRANT USAGE ON SCHEMA shop, tpch TO {analyst}, {loader};
        GRANT SELECT ON ALL TABLES IN SCHEMA shop, tpch TO {analyst};
        GRANT INSERT ON shop.payment_cards TO {loader};
        GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO {analyst};
        COMMENT ON DATABASE {database.name} IS 'usefulness';
        ALTER ROLE {analyst} IN DATABASE {database.name} SET search_path = shop, tpch, public;
        REFRESH MATERIALIZED VIEW shop.monthly_revenue"""
    )
    database.execute("VACUUM ANALYZE")  # the same plans, and so the same order of rows, for both ways


def _insert_cards(running: RunningProxy, database: Database, loader: str) -> None:
    words = f"host={running.host} port={running.port} user={loader} dbname={database.name}"
    with psycopg.connect(words, password=role_password(loader), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO shop.payment_cards (customer_id, card_no, holder, brand, expires) VALUES "
            + ", ".join(
                f"({n}, '{CARD.format(n)}', '王qzx{n}', '{('Visa', 'UnionPay')[n % 2]}', '{1935 + n % 9}-05-31')" for n in range(1, 61)
            )
        )
