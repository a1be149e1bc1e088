"""The guided tour: the same SELECT by three callers, what is refused, and what the query log kept of it.

It speaks to the proxy with a real driver and believes nothing: each thing it shows it also checks, against what the shop
itself holds (read from PostgreSQL directly), and `tour` is True only when all of it was as promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from proxy.cli.demo.load import ANALYST, APP, OWNER
from proxy.cli.log import event_table, newest, verify_log

_SELECT = """\
SELECT c.name, c.gender, c.phone, c.email, c.id_card, c.birth_date, c.city, p.card_no, p.brand
  FROM shop.customers AS c
  JOIN shop.payment_cards AS p ON p.customer_id = c.id
 ORDER BY c.id LIMIT 2"""
_MASKED = ("name", "phone", "email", "id_card", "birth_date", "card_no")  # what ana must not see as it is
_GROUPED = "SELECT left(phone, 3) AS prefix, count(*) FROM shop.customers GROUP BY 1 ORDER BY 2 DESC LIMIT 3"
_EXPORT = "SELECT * FROM shop.browsing_events"
_COPY = "COPY shop.customers TO STDOUT"
_UNSAFE = "SELECT query_to_xml('SELECT * FROM shop.payment_cards', true, false, '')"
_REFUSED = ("42501", "0A000", "53400")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo's parts are. Passwords are by login."""

    host: str
    port: int
    database: str
    passwords: Mapping[str, str] = field(repr=False)
    direct_dsn: str = field(repr=False)  # PostgreSQL itself, as superuser
    log_folder: Path

    def dsn(self, login: str) -> str:
        """What a user pastes. Without TLS, which the demo does not have."""
        return f"postgresql://{login}:{self.passwords[login]}@{self.host}:{self.port}/{self.database}?sslmode=disable"

    async def connect(self, login: str) -> asyncpg.Connection:
        """A connection through the proxy; close it."""
        return await asyncpg.connect(self.dsn(login))


async def tour(stage: Stage, console: Console) -> bool:
    """Show everything on `console`; True when every promise was kept."""
    guide = _Guide(stage, console)
    for show in (
        guide.three_views,
        guide.masks_in_predicates,
        guide.ciphertext_at_rest,
        guide.refused_exports,
        guide.refused_statement,
        guide.query_log,
    ):
        await show()
    console.rule("What this showed")
    for promise, is_kept in guide.promises:
        console.print(f"  {'[green]kept[/green]  ' if is_kept else '[red]BROKEN[/red]'}  {promise}")
    return all(is_kept for _, is_kept in guide.promises)


class _Guide:
    """Shows and checks; `promises` gathers (promise, kept)."""

    def __init__(self, stage: Stage, console: Console) -> None:
        self._stage = stage
        self._console = console
        self._step = 0
        self.promises: list[tuple[str, bool]] = []

    async def three_views(self) -> None:
        """The same SELECT as analyst, application and owner, one table, a column for each."""
        self._head("The same SELECT, three callers", _SELECT)
        views = {login: await self._fetch(login, _SELECT) for login in (ANALYST, APP, OWNER)}
        table = Table("column", *(f"as {login}" for login in views))
        for shown in table.columns:
            shown.overflow = "fold"
        for place in range(len(views[APP])):
            for name in views[APP][place].keys():  # noqa: SIM118 - a Record iterates over its values
                table.add_row(name, *(_text(rows[place][name]) for rows in views.values()))
            table.add_section()
        self._console.print(table)

        truth = await self._direct(_SELECT)
        ana, app = views[ANALYST], views[APP]
        plain = [name for name in truth[0].keys() if name != "card_no"]  # noqa: SIM118
        self._promise(
            "ana sees every protected column masked",
            len(ana) == 2 and all(ana[i][name] != app[i][name] for i in range(2) for name in _MASKED),
        )
        self._promise(
            "ana's last card digits are the real ones, decrypted and then masked",
            all(_text(a["card_no"])[-4:] == _text(b["card_no"])[-4:] for a, b in zip(ana, app, strict=True)),
        )
        self._promise(
            "shop_app sees everything, card numbers decrypted",
            all(app[i][name] == truth[i][name] for i in range(2) for name in plain)
            and all(_passes_luhn(_text(row["card_no"])) for row in app),
        )
        self._promise(
            "dba, who runs the database, sees card numbers as they are stored: sealed",
            all(row["card_no"] == stored["card_no"] for row, stored in zip(views[OWNER], truth, strict=True)),
        )

    async def masks_in_predicates(self) -> None:
        """A masked value cannot be guessed by asking for it."""
        phone = (await self._direct("SELECT phone FROM shop.customers WHERE id = 1"))[0]["phone"]
        question = "SELECT count(*) AS found FROM shop.customers WHERE phone = $1"
        self._head("Masks hold in WHERE and GROUP BY: nothing can be guessed", f"{question}   -- $1: a real number")
        found = {login: (await self._fetch(login, question, phone))[0]["found"] for login in (ANALYST, APP)}
        groups = {login: await self._fetch(login, _GROUPED) for login in (ANALYST, APP)}
        table = Table("asked", *(f"as {login}" for login in found))
        table.add_row("customers with that number", *map(_text, found.values()))
        shown = (", ".join(f"{row['prefix']}: {row['count']}" for row in rows) for rows in groups.values())
        table.add_row("most used prefixes", *shown)
        self._console.print(table)
        self._promise("ana's WHERE compares with the mask: a real phone number finds nobody", found[ANALYST] == 0)
        self._promise("shop_app's finds its owner", found[APP] >= 1)

    async def ciphertext_at_rest(self) -> None:
        """What PostgreSQL itself holds; and that equality works on it."""
        query = "SELECT card_no FROM shop.payment_cards ORDER BY id LIMIT 1"
        self._head("The server only ever holds ciphertext", f"{query}   -- straight from PostgreSQL, as superuser")
        sealed = (await self._direct(query))[0]["card_no"]
        self._console.print(f"  \\x{sealed.hex()}", markup=False, soft_wrap=True)
        number = (await self._fetch(APP, query))[0]["card_no"]
        lookup = "SELECT holder, brand FROM shop.payment_cards WHERE card_no = $1"
        owners = await self._fetch(APP, lookup, number)
        clear = (await self._direct(
            "SELECT count(*) AS clear FROM shop.payment_cards WHERE substr(card_no, 1, 3) <> decode('c14d47', 'hex')"
        ))[0]["clear"]  # fmt: skip
        self._promise("no card number lies in PostgreSQL in clear", clear == 0 and number.encode() not in sealed)
        self._promise("shop_app finds a card by its number, though the server sees ciphertext only", len(owners) == 1)

    async def refused_exports(self) -> None:
        """Rows stop at the role's limit; COPY does not start."""
        self._head("A bulk export is stopped while rows pass", f"{_EXPORT};   {_COPY}")
        rows = (await self._direct("SELECT count(*) AS rows FROM shop.browsing_events"))[0]["rows"]
        self._console.print(f"  the table has {rows:,} rows; ana asks for all of them:")
        self._promise("ana's export is stopped with 53400", await self._refused(ANALYST, _EXPORT) == "53400")
        self._promise("COPY of customers is refused", await self._refused(ANALYST, _COPY, is_copy=True) in _REFUSED)

    async def refused_statement(self) -> None:
        """A built-in function that would run SQL hidden in a string."""
        self._head("What cannot be proven safe is refused", _UNSAFE)
        self._promise("SQL hidden in a string is refused", await self._refused(ANALYST, _UNSAFE) in _REFUSED)
        again = await self._fetch(ANALYST, "SELECT 1 AS one")
        self._promise("and the next statement works", again[0]["one"] == 1)

    async def query_log(self) -> None:
        """What the log kept of all this, and that nobody touched it."""
        self._head("The query log: who saw what, and what was refused", "maskgate log search; maskgate log verify")
        lines = newest(self._stage.log_folder, login=ANALYST, limit=12)
        self._console.print(event_table(lines))
        states = {line.sqlstate for line in lines}
        self._promise("each refusal stands in the log", "53400" in states and bool(states & {"42501", "0A000"}))
        is_whole, sentence = verify_log(self._stage.log_folder)
        self._console.print(f"  {sentence}", markup=False)
        self._promise("the hash chain of the log is unbroken", is_whole)

    def _head(self, title: str, sql: str) -> None:
        self._step += 1
        self._console.print()
        self._console.rule(f"{self._step} · {title}", align="left")
        self._console.print("\n".join(f"  {line}" for line in sql.splitlines()), style="dim", markup=False)

    def _promise(self, promise: str, is_kept: bool) -> None:
        self.promises.append((promise, is_kept))

    async def _fetch(self, login: str, sql: str, *arguments: object) -> list[asyncpg.Record]:
        caller = await self._stage.connect(login)
        try:
            return list(await caller.fetch(sql, *arguments))
        finally:
            await caller.close()

    async def _direct(self, sql: str) -> list[asyncpg.Record]:
        superuser = await asyncpg.connect(self._stage.direct_dsn)
        try:
            return list(await superuser.fetch(sql))
        finally:
            await superuser.close()

    async def _refused(self, login: str, sql: str, *, is_copy: bool = False) -> str | None:
        """The SQLSTATE the statement was refused with, shown; None if it ran."""
        caller = await self._stage.connect(login)
        try:
            if is_copy:
                await caller.copy_from_table("customers", schema_name="shop", output=_discard)
            else:
                await caller.fetch(sql)
        except asyncpg.PostgresError as error:
            self._console.print(f"  ERROR {error.sqlstate}: {error.args[0]}", markup=False, style="red")
            hint = getattr(error, "hint", None)
            if hint:
                self._console.print(f"  HINT: {hint}", markup=False, style="dim")
            return error.sqlstate
        finally:
            await caller.close()
        self._console.print("  it ran", style="bold red")
        return None


async def _discard(_data: bytes) -> None:
    """Where a COPY that should not have started would go."""


def _text(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bytes():
            return f"\\x{value.hex()[:16]}… ({len(value)} bytes)"
        case _:
            return str(value)


def _passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return len(digits) == len(number) and (sum(digits[::2]) + sum(doubled)) % 10 == 0
