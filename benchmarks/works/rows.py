"""Many rows: joins of a hundred and ten thousand, a million by SELECT and COPY, and encrypted columns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg
from psycopg.pq import ExecStatus, Format

from benchmarks import data
from benchmarks.measuring import MEAN, Cell, Figure, Sample, Target, Work
from benchmarks.pgbench import script
from benchmarks.stage import ANALYST, APP, APP_PLAIN, SCRIPTS, UNRESTRICTED, Stage, StageError
from benchmarks.wire import HOST, BulkReader, binary, query
from benchmarks.works.load import pgbench_cell

ROWS = Figure("rows/s", "ratio")


def over_and_over(seconds: float, once: Callable[[], int]) -> Sample:
    """Rows a second, and the mean time of one answer: `once` gives its rows, and runs at least once."""
    rows = runs = 0
    begun = time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds or not runs:
        rows += once()
        runs += 1
    return Sample({ROWS: rows / spent, MEAN: spent / runs * 1000})


def bulk_cell(stage: Stage, name: str, targets: tuple[Target, ...], request: bytes, tag: str) -> Cell:
    """A whole answer that ends with `tag`, which counts its rows, again and again over one connection."""
    rows = int(tag.rpartition(" ")[2])

    def measure(target: Target) -> Sample:
        with BulkReader(target.port, stage.logins[target.login]) as reader:

            def once() -> int:
                reader.read(request, tag)
                return rows

            return over_and_over(stage.options.seconds, once)

    return Cell(name, targets, measure)


def _masked_join(stage: Stage) -> Iterator[Cell]:
    targets = stage.targets_as(ANALYST)
    for target in targets:
        name = "王**" if target.name == "maskgate" else "王娜娜"
        sql = "SELECT DISTINCT c.name FROM customers c JOIN orders o ON o.customer_id = c.id JOIN items i ON i.order_id = o.id"
        stage.expect(target, f"{sql} WHERE c.id = 16", (name,))
    each = data.ORDERS_EACH * data.ITEMS_EACH
    for rows in (100, 10_000):
        sizes = ("-D", f"customers={stage.options.customers}", "-D", f"width={rows // each}")
        arguments = ("-n", *script("masked_join"), *sizes)
        for clients in stage.options.by_clients((1, 8)):
            yield pgbench_cell(stage, targets, f"{rows:,} rows, text", arguments, "prepared", clients)
        yield _binary_join(stage, targets, rows // each, rows)


def _binary_join(stage: Stage, targets: tuple[Target, ...], width: int, rows: int) -> Cell:
    """The statement of masked_join.sql, prepared, by the libpq of psycopg: it keeps the values as they come."""
    statement = (SCRIPTS / "masked_join.sql").read_text().partition("SELECT")[2].replace(":low", "$1").replace(":high", "$2")

    def measure(target: Target) -> Sample:
        login = stage.logins[target.login]
        with psycopg.connect(
            host=HOST, port=target.port, user=login.user, password=login.password, dbname=login.database, sslmode="disable"
        ) as session:
            connection, low = session.pgconn, 0
            connection.prepare(b"join", f"SELECT{statement}".encode())

            def once() -> int:
                nonlocal low
                low = (low + 7 * width) % (stage.options.customers - width)
                found = connection.exec_prepared(b"join", [b"%d" % low, b"%d" % (low + width)], result_format=Format.BINARY)
                if found.status != ExecStatus.TUPLES_OK or found.ntuples != rows:
                    raise StageError(f"{target.name}: {found.ntuples} rows, not {rows}: {connection.get_error_message()}")
                return rows

            return over_and_over(stage.options.seconds, once)

    return Cell(f"{rows:,} rows, binary, prepared, 1 client", targets, measure)


def _bulk(stage: Stage) -> Iterator[Cell]:
    rows, columns = stage.options.rows, "id, name, page, at"
    for login, who in ((UNRESTRICTED, "unrestricted"), (ANALYST, "masked")):
        targets = stage.targets_as(login)
        for target in targets:
            name = "王**" if (target.name, login) == ("maskgate", ANALYST) else "王娜娜"
            stage.expect(target, "SELECT id, name FROM events WHERE id = 16", (16, name))
        yield bulk_cell(stage, f"SELECT, text, {who}", targets, query(f"SELECT {columns} FROM events"), f"SELECT {rows}")
        yield bulk_cell(stage, f"SELECT, binary, {who}", targets, binary(f"SELECT {columns} FROM events"), f"SELECT {rows}")
        yield bulk_cell(stage, f"COPY, text, {who}", targets, query(f"COPY events ({columns}) TO STDOUT"), f"COPY {rows}")


def _encrypted(stage: Stage) -> Iterator[Cell]:
    rows = stage.options.rows
    targets = stage.targets_as(APP, otherwise=APP_PLAIN)
    number = str(data.FIRST_CARD + 5)
    for target in targets:
        stage.expect(target, f"SELECT id, number FROM cards WHERE number = '{number}'", (5, number))
    superuser = stage.direct
    stage.expect(superuser, "SELECT count(*) FROM public.cards WHERE octet_length(number) <= 16", (0,))  # they are sealed
    request = query("SELECT id, customer_id, number FROM cards")
    yield bulk_cell(stage, f"read {rows:,} rows of 1 encrypted value", targets, request, f"SELECT {rows}")
    sizes = ("-n", "-D", f"rows={rows}")
    for clients in stage.options.by_clients((1, 8)):
        for what, name in (
            ("point read by equality", "card_point"),
            ("insert, no encrypted column", "note_insert"),
            ("insert, 1 encrypted column", "card_insert"),
        ):
            yield pgbench_cell(stage, targets, what, (*sizes, *script(name)), "prepared", clients)
    stage.expect(superuser, "SELECT count(*) FROM public.new_cards WHERE octet_length(number) <= 16", (0,))


MASKED_JOIN = Work(
    "masked-join", "three tables joined, 100 and 10,000 rows, two masked columns, text and binary", [data.customers],
    _masked_join,
)  # fmt: skip
BULK = Work("bulk", "--rows rows by SELECT and COPY, nothing to decrypt, open and masked", [data.events], _bulk)
ENCRYPTED = Work("encrypted", "encrypted columns: read in bulk and by equality, inserted", [data.cards], _encrypted)
