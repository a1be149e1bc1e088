"""Tables and their rows, made at the server itself before the proxies start. All rows follow from their number.

Ciphertexts are sealed here as the proxy would seal them, and copied in: a million take seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import psycopg

from benchmarks.stage import DATABASE, UNRESTRICTED, Stage
from proxy.crypto import Sealer, sql_check

ORDERS_EACH, ITEMS_EACH = 2, 2  # a customer has four rows in a join with orders and items
DISTRICTS, ITEMS = 10, 10_000
FIRST_CARD = 6_222_000_000_000_000

_NAME = "('{王,李,张,欧阳}'::text[])[1 + %s %% 4] || ('{英,娜娜,小明,建国}'::text[])[1 + %s %% 3]"
_PHONE = "'138' || lpad((%s)::text, 8, '0')"


def name_sql(number: str) -> str:
    """The name that goes with a number, as SQL."""
    return _NAME % (number, number)


def phone_sql(number: str) -> str:
    """The phone that goes with a number, as SQL."""
    return _PHONE % number


def pgbench_tables(stage: Stage) -> None:
    """pgbench's own."""
    stage.program("pgbench", stage.direct.as_login(UNRESTRICTED), "-i", "-q", "-s", str(stage.options.scale))


def customers(stage: Stage) -> None:
    """Customers with masked columns, their orders, and the items of these; a row of any follows from its id."""
    count = stage.options.customers
    stage.sql(f"""
        CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, phone text NOT NULL, email text, city text);
        INSERT INTO customers SELECT n, {name_sql('n')}, {phone_sql('n')}, 'customer' || n || '@example.com',
               ('{{北京市,上海市,广州市}}'::text[])[1 + n % 3] FROM generate_series(1, {count}) AS n;
        CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(12,2), placed_at timestamptz);
        INSERT INTO orders SELECT n, (n - 1) / {ORDERS_EACH} + 1, n % 10000, '2025-01-01'::timestamptz + n * interval '1 s'
          FROM generate_series(1, {count * ORDERS_EACH}) AS n;
        CREATE INDEX ON orders (customer_id);
        CREATE TABLE items (id int PRIMARY KEY, order_id int NOT NULL, product text, quantity int);
        INSERT INTO items SELECT n, (n - 1) / {ITEMS_EACH} + 1, 'product ' || n % 1000, n % 7
          FROM generate_series(1, {count * ORDERS_EACH * ITEMS_EACH}) AS n;
        CREATE INDEX ON items (order_id)""")


def events(stage: Stage) -> None:
    """Many rows with nothing to decrypt."""
    stage.sql(f"""
        CREATE TABLE events (id int PRIMARY KEY, name text NOT NULL, page text, at timestamptz);
        INSERT INTO events SELECT n, {name_sql('n')}, '/product/' || n % 1000, '2025-01-01'::timestamptz + n * interval '1 s'
          FROM generate_series(1, {stage.options.rows}) AS n""")


def cards(stage: Stage) -> None:
    """Many rows with one encrypted column, and the same rows unencrypted in `plain`; two tables to insert into."""
    stage.sql(f"""
        CREATE TABLE cards (id int PRIMARY KEY, customer_id int NOT NULL, number bytea NOT NULL CHECK ({_check('number')}));
        CREATE TABLE plain.cards (id int PRIMARY KEY, customer_id int NOT NULL, number text NOT NULL);
        INSERT INTO plain.cards SELECT n, n % 1000, {FIRST_CARD} + n FROM generate_series(1, {stage.options.rows}) AS n;
        CREATE TABLE new_cards (id bigserial PRIMARY KEY, customer_id int, number bytea CHECK ({_check('number')}));
        CREATE TABLE plain.new_cards (id bigserial PRIMARY KEY, customer_id int, number text);
        CREATE TABLE new_notes (id bigserial PRIMARY KEY, customer_id int, body text);
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, plain TO PUBLIC""")
    seal = _seal(stage)
    _copy(stage, "cards", (f"{n}\t{n % 1000}\t{seal(FIRST_CARD + n)}\n" for n in range(1, stage.options.rows + 1)))
    stage.sql("CREATE INDEX ON cards (number); CREATE INDEX ON plain.cards (number)")


def warehouses(stage: Stage) -> None:
    """A small TPC-C: fewer customers and items, an order has five lines. Customers' cards are encrypted but in tpcc_plain."""
    count, people = stage.options.warehouses, people_each(stage)
    key = "w_id int, d_id int"
    each = f"generate_series(1, {count}) AS w, generate_series(1, {DISTRICTS}) AS d, generate_series(1, {people}) AS c"
    number = f"((w * {DISTRICTS} + d) * {people} + c)"
    columns = f"{key}, c_id int, name text, phone text, card %s, discount numeric(4,4), balance numeric(14,2), payments int"
    plain = f"w, d, c, {name_sql('c')}, {phone_sql(number)}, ({FIRST_CARD} + {number})::text, 0.05, 0, 0"
    stage.sql(f"""
        CREATE TABLE tpcc.warehouse (w_id int PRIMARY KEY, name text, tax numeric(4,4), ytd numeric(14,2));
        INSERT INTO tpcc.warehouse SELECT w, 'warehouse ' || w, 0.07, 0 FROM generate_series(1, {count}) AS w;
        CREATE TABLE tpcc.district ({key}, tax numeric(4,4), ytd numeric(14,2), next_o_id int, PRIMARY KEY (w_id, d_id));
        INSERT INTO tpcc.district SELECT w, d, 0.05, 0, {people} + 1
          FROM generate_series(1, {count}) AS w, generate_series(1, {DISTRICTS}) AS d;
        CREATE TABLE tpcc_plain.customer ({columns % 'text'}, PRIMARY KEY (w_id, d_id, c_id));
        INSERT INTO tpcc_plain.customer SELECT {plain} FROM {each};
        CREATE TABLE tpcc.customer ({columns % f"bytea CHECK ({_check('card')})"}, PRIMARY KEY (w_id, d_id, c_id));
        CREATE TABLE tpcc.history ({key}, c_id int, amount numeric(14,2), at timestamptz DEFAULT now());
        CREATE TABLE tpcc.item (i_id int PRIMARY KEY, name text, price numeric(8,2));
        INSERT INTO tpcc.item SELECT n, 'item ' || n, n % 100 + 1 FROM generate_series(1, {ITEMS}) AS n;
        CREATE TABLE tpcc.stock (w_id int, i_id int, quantity int, PRIMARY KEY (w_id, i_id)) WITH (fillfactor = 50);
        INSERT INTO tpcc.stock SELECT w, n, 50 FROM generate_series(1, {count}) AS w, generate_series(1, {ITEMS}) AS n;
        CREATE TABLE tpcc.orders ({key}, o_id int, c_id int, entered_at timestamptz DEFAULT now(), carrier int, lines int,
               PRIMARY KEY (w_id, d_id, o_id));
        INSERT INTO tpcc.orders SELECT w, d, c, {people} + 1 - c, now(), CASE WHEN c % 10 > 2 THEN 1 END, 5 FROM {each};
        CREATE INDEX ON tpcc.orders (w_id, d_id, c_id, o_id);
        CREATE TABLE tpcc.new_order ({key}, o_id int, PRIMARY KEY (w_id, d_id, o_id));
        INSERT INTO tpcc.new_order SELECT w_id, d_id, o_id FROM tpcc.orders WHERE carrier IS NULL;
        CREATE TABLE tpcc.order_line ({key}, o_id int, number int, i_id int, quantity int, amount numeric(10,2),
               PRIMARY KEY (w_id, d_id, o_id, number));
        INSERT INTO tpcc.order_line SELECT w, d, c, l, (c * 7 + l * 2000) % {ITEMS} + 1, 5, 50
          FROM {each}, generate_series(1, 5) AS l""")
    seal = _seal(stage)
    with psycopg.connect(stage.server.dsn(database=DATABASE)) as session:
        rows = session.execute(f"SELECT w, d, c, {number} FROM {each}".encode()).fetchall()
        found = session.execute(b"SELECT w_id, d_id, c_id, name, phone FROM tpcc_plain.customer").fetchall()
    people_by_key = {(w, d, c): (name, phone) for w, d, c, name, phone in found}
    lines = (
        "\t".join(map(str, (w, d, c, *people_by_key[w, d, c], seal(FIRST_CARD + n), 0.05, 0, 0))) + "\n" for w, d, c, n in rows
    )
    _copy(stage, "tpcc.customer", lines)


def phone_and_card(stage: Stage, w: int, d: int, c: int) -> tuple[str, str]:
    """Of a customer of the mix, in clear."""
    number = (w * DISTRICTS + d) * people_each(stage) + c
    return f"138{number:08}", str(FIRST_CARD + number)


def people_each(stage: Stage) -> int:
    """Customers of a district."""
    return 30 if stage.options.quick else 300


def _check(column: str) -> str:
    return sql_check(column, "equality")


def _seal(stage: Stage) -> Callable[[int], str]:
    """A card number sealed, as COPY's text format has bytea."""
    sealer = Sealer(stage.keyring, os.urandom)
    return lambda number: "\\\\x" + sealer.seal(b"%d" % number, domain="cards", search="equality").hex()


def _copy(stage: Stage, table: str, lines: Iterable[str]) -> None:
    command = f"COPY {table} FROM STDIN".encode()
    with psycopg.connect(stage.server.dsn(database=DATABASE)) as session, session.cursor().copy(command) as copy:
        for line in lines:
            copy.write(line)
