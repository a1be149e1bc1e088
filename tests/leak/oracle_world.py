"""The same shop twice: `raw` behind the proxy, and `shown`, where each value was replaced by hand by what an analyst may see.

`shown` is a copy of `raw` made by CREATE DATABASE … TEMPLATE before any row is in it, so every OID is the same in both; its
rows are written in the same order, so ctids (and TABLESAMPLE) agree too. Nothing here uses the proxy's masks: the shown values
are constants, or plain Python written from the README's words. What a login gets in `shown` is what the proxy must answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from proxy.cli.embedded import EmbeddedServer
from proxy.crypto import sql_check
from tests.leak.world import Client
from tests.servers import Database, new_database, role_password
from tests.shop import RunningProxy, write_config

Value = str | int | None
Row = tuple[Value, ...]

TABLES = f"""
CREATE SCHEMA shop; CREATE SCHEMA other;
CREATE TYPE shop.status AS ENUM ('new', 'paid', 'sent');
CREATE TABLE shop.customers (
  id int PRIMARY KEY, name text NOT NULL, email varchar(60), phone text, id_card char(18), birth_date date, city text,
  level int NOT NULL, salary numeric(12, 2), profile jsonb, secret text, grade text, note text, joined timestamp, tags text[],
  extra json, unlisted text);
CREATE TABLE shop.orders (
  id bigint PRIMARY KEY, customer_id int, status shop.status, total numeric(10, 2), placed date, note text, priority int,
  label text);
CREATE TABLE shop.items (order_id bigint, line_no int, sku text, qty int, price numeric(8, 2), PRIMARY KEY (order_id, line_no));
CREATE TABLE shop."客户 档案" (id int PRIMARY KEY, "姓名" text, "电话" text, "Level" int);
CREATE TABLE other.customers (id int PRIMARY KEY, name text, city text);
CREATE TABLE other.regions (city text PRIMARY KEY, region text, head int);
CREATE TABLE shop.people (id int, name text);
CREATE TABLE shop.staff (rank int) INHERITS (shop.people);
CREATE TABLE shop.visits (id int, city text, who text) PARTITION BY LIST (city);
CREATE TABLE shop.visits_1 PARTITION OF shop.visits FOR VALUES IN ('Berlin', 'Paris');
CREATE TABLE shop.visits_2 PARTITION OF shop.visits DEFAULT;
CREATE TABLE shop.payment_cards (
  id int PRIMARY KEY, customer_id int, card_no bytea, holder text, brand text,
  CONSTRAINT sealed CHECK ({sql_check("card_no", "equality")}));
CREATE VIEW shop.v_customers AS SELECT id, name, city, level FROM shop.customers;
"""
# What only the raw database has: constraints over values that are masked, where guesses could be tried.
GUESSABLE = """
ALTER TABLE shop.customers ADD UNIQUE (email);
CREATE TABLE shop.accounts (id int PRIMARY KEY, email varchar(60) REFERENCES shop.customers (email), kind text);
INSERT INTO shop.accounts VALUES (1, 'lihua@example.com', 'a'), (2, 'ab@x.y', 'b');
CREATE TABLE shop.seats (id int PRIMARY KEY, email text, seat int, note text, UNIQUE (email, seat));
INSERT INTO shop.seats VALUES (1, 'lihua@example.com', 1, ''), (2, 'lihua@example.com', 2, ''), (3, 'ab@x.y', 3, '');
CREATE TABLE shop.pins (id int PRIMARY KEY, pin text, hint text, CHECK (hint <> pin));
INSERT INTO shop.pins VALUES (1, '4711', 'x'), (2, '4711', 'yy'), (3, '0815', 'zzz');
CREATE UNIQUE INDEX one_hint ON shop.pins (length(hint)) WHERE pin = '4711';
"""
RULES = """\
classes:
  plain:  {{level: L1}}
  basic:  {{level: L2}}
  secret: {{level: L4}}
relations:
  shop.customers:
    columns:
      id:         {{class: plain}}
      name:       {{class: basic, mask: name}}
      email:      {{class: basic, mask: email}}
      phone:      {{class: basic, mask: phone}}
      id_card:    {{class: basic, mask: {{partial: {{first: 3, last: 2}}}}}}
      birth_date: {{class: basic, mask: {{date: year}}}}
      city:       {{class: plain}}
      level:      {{class: plain}}
      salary:     {{class: basic, mask: {{round: 1000}}}}
      profile:    {{class: basic, mask: {{json: {{$.wechat: redact}}}}}}
      secret:     {{class: basic, mask: null}}
      grade:      {{class: basic, mask: {{constant: none}}}}
      note:       {{class: basic, mask: redact}}
      joined:     {{class: plain}}
      tags:       {{class: plain}}
      extra:      {{class: plain}}
  shop.orders:
    columns:
      id:          {{class: plain}}
      customer_id: {{class: plain}}
      status:      {{class: plain}}
      total:       {{class: plain}}
      placed:      {{class: plain}}
      note:        {{class: basic, mask: redact}}
      priority:    {{class: plain}}
      label:       {{class: plain}}
  shop.客户 档案:
    unlisted: open
    columns:
      姓名: {{class: basic, mask: name}}
      电话: {{class: basic, mask: phone}}
  shop.people:
    unlisted: open
    columns: {{name: {{class: basic, mask: name}}}}
  shop.staff:
    unlisted: open
    columns: {{name: {{class: basic, mask: name}}}}
  shop.visits:
    unlisted: open
    columns: {{who: {{class: basic, mask: name}}}}
  shop.v_customers:
    columns:
      id:    {{class: plain}}
      name:  {{class: basic, mask: name}}
      city:  {{class: plain}}
      level: {{class: plain}}
  shop.payment_cards:
    unlisted: open
    columns:
      card_no: {{class: secret, encrypt: {{type: text, search: equality, domain: cards}}, mask: {{partial: {{last: 4}}}}}}
      holder:  {{class: basic, mask: name}}
  shop.accounts:
    unlisted: open
    columns: {{email: {{class: basic, mask: email}}}}
  shop.seats:
    unlisted: open
    columns: {{email: {{class: basic, mask: email}}}}
  shop.pins:
    unlisted: open
    columns: {{pin: {{class: basic, mask: redact}}}}
roles:
  analyst: {{logins: [{analyst}], sees: {{plain: open, basic: masked, secret: masked}}, export: {{copy: allow}}}}
  app:     {{logins: [{app}], sees: {{"*": open}}}}
  owner:   {{logins: [{owner}], sees: {{"*": open}}, keys: none}}
defaults: {{login_without_role: refuse, unlisted_relation: open}}
"""

# (raw, shown), by hand.
NAMES = [
    ("张三", "张*"), ("张三丰", "张**"), ("欧阳娜娜", "欧阳**"), ("李四", "李*"), ("李雷", "李*"), ("王小明", "王**"),
    ("王大明", "王**"), ("诸葛亮", "诸**"), ("Anna Berg", "A********"), ("Bo", "B*"), ("赵", "*"), ("张伟", "张*"),
]  # fmt: skip
EMAILS = [
    ("lihua@example.com", "l****@*******.com"), ("a_long_name@qq.com", "a**********@qq.com"), ("ab@x.y", "a*@***"),
    ("a_long_nose@qq.com", "a**********@qq.com"), ("zhang.wei@qq.com", "z********@qq.com"), (None, None),
    ("zhao.liu@qq.com", "z*******@**.com"), ("zhang.wie@qq.com", "z********@qq.com"), ("lihui@example.com", "l****@*******.com"),
    ("nobody", "******"), ("", ""), (None, None),
]  # fmt: skip
PHONES = [
    ("13800138000", "138******00"), ("13800138099", "138******99"), ("13912345678", "139******78"), (None, None),
    ("13987654378", "139******78"), ("12345", "*****"),
]  # fmt: skip
ID_CARDS = [
    ("110105199003078888", "110*************88"), ("110105199103071288", "110*************88"), (None, None),
    ("310101198502147766", "310*************66"),
]  # fmt: skip
BIRTHS = [
    ("1990-03-07", "1990-01-01"), ("1990-12-31", "1990-01-01"), ("1985-02-14", "1985-01-01"), (None, None),
    ("2001-01-01", "2001-01-01"),
]  # fmt: skip
SALARIES = [("48271.93", "48000.00"), ("48999.00", "48000.00"), ("-1999.50", "-1000.00"), ("999.00", "0.00"), (None, None)]
PROFILES = [
    ('{"wechat": "wx_7731", "level": 3}', '{"wechat": "*******", "level": 3}'), ('{"wechat": "wx_9", "level": 1}', '{"wechat": "****", "level": 1}'),
    ('{"level": 2}', '{"level": 2}'), (None, None), ('{"wechat": "a_very_long_one"}', '{"wechat": "********"}'),
]  # fmt: skip
NOTES = [("ring", "****"), ("ring the bell twice", "********"), (None, None), ("", ""), ("door", "****")]
CARDS = [("6222021234567894", "************7894"), ("6222029876543210", "************3210"), ("4111", "****")]
CITIES = ("Berlin", "Paris", "上海", None, "Berlin", "O'Hara", "Paris")
PLACES = ("Berlin", "Paris", "上海", "O'Hara")

Pair = tuple[str | None, str | None]


def _of(pairs: Sequence[Pair], row: int, side: int) -> str | None:
    return pairs[row % len(pairs)][side]


def rows_of(side: int) -> dict[str, list[Row]]:
    """Table -> its rows; side 0 is raw, 1 is shown."""
    customers: list[Row] = [
        (
            n + 1, _of(NAMES, n, side), EMAILS[n][side], _of(PHONES, n, side), _of(ID_CARDS, n, side), _of(BIRTHS, n, side),
            CITIES[n % 7], n % 4, _of(SALARIES, n, side), _of(PROFILES, n, side), None if side else f"secret {n}",
            "none" if side else ("gold", None)[n % 2], _of(NOTES, n, side), f"2024-0{n % 9 + 1}-11 10:0{n % 10}:00",
            ("{a,b}", "{}", None, "{b}")[n % 4], ('{"k": 1}', None)[n % 2], None if side else f"nobody classified {n}",
        )
        for n in range(len(NAMES))
    ]  # fmt: skip
    orders: list[Row] = [
        (
            100 + n, None if n % 11 == 10 else n * 5 % 14 + 1, ("new", "paid", "sent", None)[n % 4], f"{n * 37 % 23 * 10}.50",
            f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}", _of(NOTES, n, side), n % 5, ("x", "y", None)[n % 3],
        )
        for n in range(40)
    ]  # fmt: skip
    return {
        "shop.customers": customers,
        "shop.orders": orders,
        "shop.items": [(100 + n // 2, n % 2 + 1, f"sku-{n % 7}", n % 6, None if n % 9 == 8 else f"{n % 13}.25") for n in range(60)],
        'shop."客户 档案"': [(n + 1, _of(NAMES, n + 2, side), _of(PHONES, n, side), n % 3) for n in range(8)],
        "other.customers": [(n * 2, ("nobody", "张*", "张三", None)[n % 4], CITIES[n % 7]) for n in range(7)],
        "other.regions": [(city, ("east", "west")[n % 2], n + 1) for n, city in enumerate(PLACES)],
        "ONLY shop.people": [(n, _of(NAMES, n, side)) for n in range(5)],
        "shop.staff": [(n + 3, _of(NAMES, n + 5, side), n) for n in range(4)],
        "shop.visits": [(n, PLACES[n % 4], _of(NAMES, n * 3, side)) for n in range(12)],
    }  # fmt: skip


@dataclass
class OracleWorld:
    """Both databases, a proxy before `raw`, and three logins."""

    raw: Database
    shown: Database
    running: RunningProxy
    analyst: str
    app: str
    owner: str

    @property
    def version(self) -> int:
        return self.raw.version

    def through(self, login: str, **parameters: str) -> Client:
        """Through the proxy."""
        return Client(self.running.host, self.running.port, login, role_password(login), self.raw.name, **parameters)

    def direct(self, login: str, database: Database | None = None, **parameters: str) -> Client:
        """Directly to `raw` or another database."""
        database = database or self.raw
        return Client(database.host, database.port, login, role_password(login), database.name, **parameters)


@contextmanager
def oracle_world(server: EmbeddedServer, folder: Path) -> Iterator[OracleWorld]:
    """Make all of it, on one server; drop it afterwards."""
    raw = new_database(server)
    shown = Database(server, f"s{raw.name[1:]}")  # as long as the other name
    try:
        analyst, app, owner = (raw.role(name) for name in ("ana", "app", "dba"))
        raw.execute(
            TABLES
            + f"GRANT USAGE ON SCHEMA shop, other TO {analyst}, {app}, {owner};"
            + f"GRANT ALL ON ALL TABLES IN SCHEMA shop, other TO {analyst}, {app}, {owner}"
        )
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {shown.name} TEMPLATE {raw.name}".encode())
            for database in (raw, shown):
                connection.execute(f"ALTER DATABASE {database.name} SET statement_timeout = '20s'".encode())
        _fill(raw, rows_of(0).items())
        shown.execute(
            "ALTER TABLE shop.payment_cards DROP CONSTRAINT sealed;"
            "ALTER TABLE shop.payment_cards ALTER COLUMN card_no TYPE text USING NULL"
        )
        cards = [(n + 1, n * 2 + 1, CARDS[n % 3][1], _of(NAMES, n, 1), ("visa", "union")[n % 2]) for n in range(5)]
        _fill(shown, [*rows_of(1).items(), ("shop.payment_cards", cards)])
        raw.execute(GUESSABLE + f"GRANT ALL ON ALL TABLES IN SCHEMA shop TO {analyst}, {app}, {owner}")
        for database in (raw, shown):
            database.execute("ANALYZE")
        rules = folder / "rules"
        rules.mkdir(parents=True)
        (rules / "all.yaml").write_text(RULES.format(analyst=analyst, app=app, owner=owner), encoding="utf-8")
        running = RunningProxy(write_config(folder, server, raw.name, rules="rules"))
        try:
            made = OracleWorld(raw, shown, running, analyst, app, owner)
            dsn = f"postgresql://{app}:{role_password(app)}@{running.host}:{running.port}/{raw.name}"
            with psycopg.connect(dsn, autocommit=True) as connection:
                for n in range(5):
                    connection.execute(
                        "INSERT INTO shop.payment_cards VALUES (%s, %s, %s, %s, %s)",
                        (n + 1, n * 2 + 1, CARDS[n % 3][0], _of(NAMES, n, 0), ("visa", "union")[n % 2]),
                    )
            yield made
        finally:
            running.stop()
    finally:
        shown.drop()
        raw.drop()


def _fill(database: Database, tables: Iterable[tuple[str, Sequence[Row]]]) -> None:
    with database.connect() as connection:
        for table, rows in tables:
            marks = ", ".join(["%s"] * len(rows[0]))
            name = table.removeprefix("ONLY ")
            connection.cursor().executemany(f"INSERT INTO {name} VALUES ({marks})".encode(), rows)
