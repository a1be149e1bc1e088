"""Views no rule names, through a proxy: copies are masked as their sources, nothing else of them is shown, and writes obey.

Each attack is run without the proxy too, where it must show a planted value: one that does not proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.crypto import sql_check
from proxy.wire import messages as m
from tests.leak.world import Canaries, Client
from tests.servers import Database, new_database, role_password
from tests.shop import RunningProxy, write_config

EMAIL, OTHER_EMAIL = "kanarienvogel@leaky-corp.cn", "nachtigall@leaky-corp.cn"
NAME, NOTE, PHONE = "欧阳泄露", "please ring the blue bell twice", "13987654321"
CARD, CITY, FAR = "6222021234567894", "Ungewiss-an-der-Leine", "remote-canary-value"

TABLES = f"""
CREATE SCHEMA s;
CREATE TABLE s.customers (id int PRIMARY KEY, name text, email varchar(60), phone text, city text, note text,
  mail_up text GENERATED ALWAYS AS (upper(email)) STORED);
INSERT INTO s.customers VALUES (1, '{NAME}', '{EMAIL}', '{PHONE}', 'Berlin', '{NOTE}'),
                               (2, '{NAME}', '{OTHER_EMAIL}', '{PHONE}', 'Paris', '{NOTE}');
CREATE TABLE s.orders (id int PRIMARY KEY, customer_id int, total int);
INSERT INTO s.orders VALUES (10, 1, 5), (11, 2, 7);
CREATE TABLE s.emails (id int, email varchar(60)); INSERT INTO s.emails VALUES (1, '{EMAIL}'), (3, 'public@example.com');
CREATE TABLE s.scratch (x text);
CREATE TABLE s.cards (id int PRIMARY KEY, card_no bytea, CONSTRAINT sealed CHECK ({sql_check("card_no", "equality")}));
CREATE TABLE s.people (name text, phone text);
CREATE TABLE s.staff (grade int) INHERITS (s.people); INSERT INTO s.staff VALUES ('{NAME}', '{PHONE}', 1);
CREATE TABLE s.visits (id int, city text, who text) PARTITION BY LIST (city);
CREATE TABLE s.visits_1 PARTITION OF s.visits FOR VALUES IN ('{CITY}');
INSERT INTO s.visits VALUES (1, '{CITY}', '{NAME}');
CREATE TABLE s.hidden (id int, secret text); INSERT INTO s.hidden VALUES (1, '{NOTE}');
CREATE TABLE s.rows (id int, email text, mine bool); INSERT INTO s.rows VALUES (1, '{EMAIL}', false), (2, 'own@x.cn', true);
CREATE FUNCTION s.who(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT email FROM s.customers WHERE id = $1';
CREATE FUNCTION s.all() RETURNS SETOF s.customers LANGUAGE sql STABLE AS 'SELECT * FROM s.customers';
CREATE FUNCTION s.shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';

CREATE VIEW s.v AS SELECT id, email, name AS who, city, upper(email) AS loud, length(name) AS n FROM s.customers;
CREATE VIEW s.v_of_v AS SELECT v.*, lower(v.email) AS low FROM s.v;
CREATE VIEW s.v_swapped (email, id, name) AS SELECT name, id, email FROM s.customers;
CREATE VIEW s.v_functions (upper, text, name, length, id) AS SELECT email, name, phone, note, id FROM s.customers;
CREATE VIEW s.v_twice AS SELECT id, email, email AS again, email || '' AS third FROM s.customers;
CREATE VIEW s.v_using AS SELECT id, email, name FROM s.customers LEFT JOIN s.emails USING (id, email);
CREATE VIEW s.v_full AS SELECT id, email, name FROM s.customers FULL JOIN s.emails USING (id, email);
CREATE VIEW s.v_union AS SELECT id, email FROM s.emails UNION ALL SELECT id, email FROM s.customers;
CREATE VIEW s.v_casts AS SELECT id, email::text AS email, name::varchar AS name, (phone) AS phone, COALESCE(note) AS note
  FROM s.customers;
CREATE VIEW s.v_generated AS SELECT id, mail_up FROM s.customers;
CREATE VIEW s.v_barrier WITH (security_barrier) AS SELECT id, email FROM s.customers;
CREATE VIEW s.v_invoker WITH (security_invoker) AS SELECT id, email FROM s.customers;
CREATE VIEW s.v_row AS SELECT id, c AS whole, ARRAY[c.*] AS r FROM s.customers c;
CREATE VIEW s.v_grouped AS SELECT city, count(*) AS n, max(email) AS most, array_agg(name) AS names FROM s.customers GROUP BY city;
CREATE VIEW s.v_window AS SELECT id, lag(email) OVER (ORDER BY id DESC) AS before, email FROM s.customers;
CREATE VIEW s.v_cte AS WITH c AS (SELECT id, email AS e FROM s.customers) SELECT id, e, c.e AS e2, (SELECT max(e) FROM c) AS m FROM c;
CREATE RECURSIVE VIEW s.v_recursive (id, e) AS SELECT id, email::text FROM s.customers UNION ALL
  SELECT id + 10, e FROM v_recursive WHERE id < 3;
CREATE VIEW s.v_lateral AS SELECT o.id, l.e, o.total FROM s.orders o, LATERAL (SELECT email AS e FROM s.customers c
  WHERE c.id = o.customer_id) l;
CREATE VIEW s.v_json AS SELECT id, to_json(c) AS j, row_to_json(c)::text AS t FROM s.customers c;
CREATE VIEW s.v_parent AS SELECT name, phone FROM s.people;
CREATE VIEW s.v_child AS SELECT name, phone, grade FROM s.staff;
CREATE VIEW s.v_visits AS SELECT id, city, who, tableoid::regclass::text AS part FROM s.visits;
CREATE VIEW s.v_partition AS SELECT id, city, who FROM s.visits_1;
CREATE MATERIALIZED VIEW s.m AS SELECT id, email, upper(name) AS loud FROM s.customers;
CREATE MATERIALIZED VIEW s.m_empty AS SELECT id, email FROM s.customers WITH NO DATA;
CREATE VIEW s.v_of_m AS SELECT email, loud, id FROM s.m;
CREATE VIEW s.v_cards AS SELECT id, card_no FROM s.cards;
CREATE VIEW s.v_card_text AS SELECT id, card_no, substr(card_no, 1) AS part FROM s.cards;
CREATE VIEW s.v_hidden AS SELECT id, secret FROM s.hidden;
CREATE VIEW s.v_hidden_join AS SELECT o.id FROM s.orders o JOIN s.hidden h ON h.secret LIKE '%bell%';
CREATE VIEW s.v_rows AS SELECT id, email FROM s.rows;
CREATE VIEW s.v_call AS SELECT id, s.who(customer_id) AS x, s.shout('a') AS y FROM s.orders;
CREATE VIEW s.v_from_call AS SELECT id, email FROM s.all();
CREATE VIEW s.v_words AS SELECT word FROM ts_stat('SELECT to_tsvector(''simple'', email) FROM s.customers');
CREATE VIEW s.v_stats AS SELECT attname, most_common_vals::text AS vals, histogram_bounds::text AS bounds FROM pg_stats
  WHERE schemaname = 's';
CREATE VIEW s.v_activity AS SELECT datname, query, upper(query) AS loud FROM pg_stat_activity;
CREATE VIEW s.v_listed AS SELECT id, email, name, phone FROM s.customers;
CREATE VIEW s.v_over_listed AS SELECT id, email, name FROM s.v_listed;
CREATE VIEW s.v_fine AS SELECT id, total * 2 AS twice, s.shout('x') AS x, now() > '2020-01-01' AS late FROM s.orders;
CREATE VIEW s.v_rule AS SELECT id, email FROM s.customers;
CREATE RULE r AS ON UPDATE TO s.v_rule DO INSTEAD UPDATE s.customers SET city = city WHERE id = old.id RETURNING id, email;
CREATE TABLE s.t_rule (id int); INSERT INTO s.t_rule VALUES (1);
CREATE RULE r AS ON INSERT TO s.t_rule DO ALSO SELECT email FROM s.customers;
CREATE VIEW s.v_t_rule AS SELECT id FROM s.t_rule;
ANALYZE s.customers;
"""
FOREIGN = f"""
CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE s.far (x text) SERVER files OPTIONS (program 'echo {FAR}');
CREATE VIEW s.v_far AS SELECT x FROM s.far;
"""

RULES = """\
classes: {{plain: {{level: L1}}, basic: {{level: L2}}, secret: {{level: L4}}}}
relations:
  s.customers:
    columns:
      id:    {{class: plain}}
      name:  {{class: basic, mask: name}}
      email: {{class: basic, mask: email}}
      phone: {{class: basic, mask: phone}}
      city:  {{class: plain}}
  s.cards:
    columns:
      id:      {{class: plain}}
      card_no: {{class: secret, encrypt: {{search: equality, domain: cards}}, mask: {{partial: {{last: 4}}}}}}
  s.people: {{columns: {{name: {{class: basic, mask: name}}, phone: {{class: basic, mask: phone}}}}}}
  s.visits:
    columns: {{id: {{class: plain}}, city: {{class: basic, mask: redact}}, who: {{class: basic, mask: name}}}}
  s.v_listed: {{columns: {{id: {{class: plain}}, email: {{class: basic, mask: redact}}, phone: {{class: basic, mask: null}}}}}}
roles:
  analyst:
    logins: [{analyst}]
    sees: {{plain: open, basic: masked, secret: masked}}
    relations:
      s.hidden: {{sees: closed}}
      s.rows: {{sees: open, where: mine}}
  app:   {{logins: [{app}], sees: {{"*": open}}}}
  owner: {{logins: [{owner}], sees: {{"*": open}}, keys: none}}
defaults: {{login_without_role: refuse, unlisted_relation: open}}
"""


@dataclass
class Views:
    database: Database
    running: RunningProxy
    analyst: str
    app: str
    canaries: Canaries

    def through(self, login: str) -> Client:
        return Client(self.running.host, self.running.port, login, role_password(login), self.database.name)

    def direct(self, login: str) -> Client:
        return Client(self.database.host, self.database.port, login, role_password(login), self.database.name)

    def connect(self, login: str) -> psycopg.Connection[tuple[object, ...]]:
        """Through the proxy, in autocommit mode."""
        dsn = f"postgresql://{login}:{role_password(login)}@{self.running.host}:{self.running.port}/{self.database.name}"
        return psycopg.connect(dsn, autocommit=True)


@pytest.fixture(scope="module")
def views(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    """The database and a proxy before it, once per server; tests leave the rows as they are."""
    database, folder = new_database(server), tmp_path_factory.mktemp("views")
    try:
        analyst, app, owner = (database.role(name) for name in ("ana", "app", "dba"))
        database.execute(TABLES)
        if database.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'file_fdw'"):
            database.execute(FOREIGN)
        database.execute(
            f"GRANT USAGE ON SCHEMA s TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA s TO {analyst}, {app}, {owner};"
            f"GRANT pg_read_server_files, pg_execute_server_program TO {analyst};"
            f"ALTER DATABASE {database.name} SET statement_timeout = '20s'"
        )
        (folder / "rules").mkdir()
        (folder / "rules" / "all.yaml").write_text(RULES.format(analyst=analyst, app=app, owner=owner))
        running = RunningProxy(write_config(folder, server, database.name, rules="rules"))
        try:
            made = Views(database, running, analyst, app, Canaries({}))
            with made.connect(app) as connection:
                connection.execute("INSERT INTO s.cards VALUES (1, %s)", (CARD,), binary=False)
            sealed = bytes(database.execute("SELECT card_no FROM s.cards")[0][0])  # type: ignore[call-overload]
            texts = {"e-mail": EMAIL, "another": OTHER_EMAIL, "name": NAME, "note": NOTE, "phone": PHONE, "city": CITY, "far": FAR}
            values = {name: text.encode() for name, text in texts.items()}
            made.canaries = Canaries({**values, "card": CARD.encode(), "ciphertext": sealed[-16:]})
            yield made
        finally:
            running.stop()
    finally:
        database.drop()


# --- what is shown ----------------------------------------------------------------------------------------------------

SHOWN: list[tuple[str, list[tuple[object, ...]]]] = [
    ("SELECT * FROM s.v ORDER BY id", [(1, "E1", "欧阳**", "Berlin", None, None), (2, "E2", "欧阳**", "Paris", None, None)]),
    ("SELECT * FROM s.v_of_v WHERE id = 1", [(1, "E1", "欧阳**", "Berlin", None, None, None)]),
    ("SELECT * FROM s.v_swapped WHERE id = 1", [("欧阳**", 1, "E1")]),
    ("SELECT upper, text, id FROM s.v_functions WHERE id = 1", [("E1", "欧阳**", 1)]),
    ("SELECT * FROM s.v_twice WHERE id = 1", [(1, "E1", "E1", None)]),
    ("SELECT * FROM s.v_using WHERE id = 1", [(1, "E1", "欧阳**")]),
    ("SELECT id, email, name FROM s.v_full WHERE name IS NOT NULL LIMIT 1", [(None, None, "欧阳**")]),
    ("SELECT id, email, name, phone FROM s.v_casts LIMIT 1", [(1, None, None, "139******21")]),
    ("SELECT * FROM s.v_barrier WHERE id = 1", [(1, "E1")]),
    ("SELECT * FROM s.v_invoker WHERE email = 'E1'", [(1, "E1")]),
    ("SELECT city, n, most, names FROM s.v_grouped ORDER BY city", [("Berlin", None, None, None), ("Paris", None, None, None)]),
    ("SELECT * FROM s.v_window WHERE id = 1", [(1, None, "E1")]),
    ("SELECT * FROM s.v_cte WHERE id = 1", [(1, "E1", "E1", None)]),
    ("SELECT * FROM s.v_lateral WHERE id = 10", [(10, "E1", 5)]),
    ("SELECT * FROM s.v_parent", [("欧阳**", "139******21")]),
    ("SELECT * FROM s.v_child", [("欧阳**", "139******21", None)]),
    ("SELECT id, who, part FROM s.v_visits", [(1, "欧阳**", None)]),
    ("SELECT * FROM s.m WHERE id = 1", [(1, "E1", None)]),
    ("SELECT * FROM s.v_of_m WHERE id = 1", [("E1", None, 1)]),
    ("SELECT * FROM s.v_cards", [(1, "************7894")]),
    ("SELECT * FROM s.v_card_text", [(1, "************7894", None)]),
    ("SELECT id, x, y FROM s.v_call WHERE id = 10", [(10, None, None)]),
    ("SELECT datname IS NOT NULL, query, loud FROM s.v_activity WHERE datname = current_database() LIMIT 1", [(True, None, None)]),
    ("SELECT * FROM s.v_over_listed WHERE id = 1", [(1, "********", None)]),
    ("SELECT * FROM s.v_stats WHERE attname = 'email' LIMIT 1", [("email", None, None)]),
    ("SELECT * FROM s.v_fine WHERE id = 10", [(10, 10, "X", True)]),
    ("SELECT o.total, v.email FROM s.orders o JOIN s.v v ON v.id = o.customer_id ORDER BY 1", [(5, "E1"), (7, "E2")]),
    ("SELECT (v).email, v.who FROM s.v WHERE id = 2", [("E2", "欧阳**")]),
]
CLOSED = (
    "v_union", "v_recursive", "v_partition", "v_hidden", "v_hidden_join", "v_rows", "v_from_call", "v_words",
    "t_rule", "v_t_rule",
)  # fmt: skip


def test_copies_take_their_sources_masks(views: Views) -> None:
    with views.connect(views.analyst) as connection:
        emails = dict(connection.execute("SELECT id, email FROM s.customers").fetchall())
        assert all("*" in str(one) for one in emails.values())

        def put(value: object) -> object:
            return {"E1": emails[1], "E2": emails[2]}.get(value, value) if isinstance(value, str) else value

        for statement, rows in SHOWN:
            found = connection.execute(statement.replace("'E1'", f"'{emails[1]}'").encode()).fetchall()
            assert [tuple(map(str, row)) for row in found] == [tuple(str(put(value)) for value in row) for row in rows], statement


def test_views_of_what_is_closed_are_closed(views: Views) -> None:
    names = [*CLOSED, *(["v_far"] if views.database.execute("SELECT to_regclass('s.far')")[0][0] else [])]
    with views.connect(views.analyst) as connection:
        for name in names:
            said = "nothing"
            try:
                said = str(connection.execute(f"SELECT * FROM s.{name}".encode()).fetchall())
            except psycopg.errors.InsufficientPrivilege as error:
                said = str(error)
            assert f"s.{name} is closed to you" in said, said
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            connection.execute("SELECT email FROM s.m_empty")


def test_callers_with_keys_read_and_write_cards_through_a_view(views: Views) -> None:
    with views.connect(views.app) as connection:
        assert connection.execute("SELECT card_no FROM s.v_cards WHERE card_no = %s", (CARD,)).fetchall() == [(CARD,)]
        connection.execute("INSERT INTO s.v_cards VALUES (2, %s)", ("4111",), binary=False)
        stored = views.database.execute("SELECT card_no FROM s.cards WHERE id = 2")[0][0]
        assert bytes(stored)[:3] == bytes.fromhex("c14d47")  # type: ignore[call-overload]
        connection.execute("DELETE FROM s.v_cards WHERE id = 2")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"s\.v_card_text is closed"):
            connection.execute("SELECT id FROM s.v_card_text")
        assert connection.execute("SELECT loud, n FROM s.v WHERE id = 1").fetchall() == [(EMAIL.upper(), 4)]


# --- attacks ----------------------------------------------------------------------------------------------------------

ATTACKS = (
    *(f"SELECT * FROM s.{name}" for name in (
        "v", "v_of_v", "v_swapped", "v_functions", "v_twice", "v_using", "v_full", "v_union", "v_casts", "v_generated",
        "v_barrier", "v_invoker", "v_row", "v_grouped", "v_window", "v_cte", "v_recursive", "v_lateral", "v_json", "v_parent",
        "v_child", "v_visits", "v_partition", "m", "v_of_m", "v_cards", "v_card_text", "v_hidden", "v_rows", "v_call",
        "v_from_call", "v_words", "v_stats", "v_over_listed", "v_listed", "v_rule",
    )),
    "SELECT v FROM s.v", "SELECT v.* FROM s.v", "SELECT (v).* FROM s.v", "SELECT to_json(v) FROM s.v",
    "SELECT row_to_json(v)::text FROM s.v", "SELECT ROW(v.*) FROM s.v", "SELECT v::text FROM s.v", "TABLE s.v",
    "SELECT array_agg(v) FROM s.v", "SELECT (SELECT v FROM s.v LIMIT 1)", "SELECT x FROM s.v AS x (a, b, c)",
    "SELECT b FROM s.v AS x (a, b)", "SELECT loud FROM s.v", "SELECT lower(loud) FROM s.v WHERE loud IS NOT NULL",
    "SELECT upper(v) FROM s.v_functions v", "SELECT text(v) FROM s.v_functions v", "SELECT v.name FROM s.v_functions v",
    "SELECT (v).length FROM s.v_functions v", "SELECT name(v), length(v) FROM s.v_functions v",
    "SELECT email FROM s.v UNION SELECT email FROM s.v_union", "SELECT max(email) FROM s.v", "SELECT string_agg(who, ',') FROM s.v",
    "SELECT email FROM s.v ORDER BY loud", "SELECT who FROM s.v GROUP BY who, loud HAVING max(loud) > ''",
    "SELECT whole FROM s.v_row", "SELECT (whole).email FROM s.v_row", "SELECT r FROM s.v_row", "SELECT j ->> 'email' FROM s.v_json",
    "WITH c AS (SELECT * FROM s.v_of_v) SELECT low FROM c", "SELECT q.email FROM (SELECT * FROM s.v_twice) q",
    "SELECT a.email, b.third FROM s.v_twice a NATURAL JOIN s.v_twice b", "SELECT email FROM s.v JOIN s.v_twice USING (id, email)",
    "SELECT l.e FROM s.orders o, LATERAL (SELECT v.email AS e FROM s.v WHERE v.id = o.customer_id) l",
    "SELECT email FROM s.v WHERE loud = upper(email)", "SELECT convert_to(email, 'UTF8') FROM s.v",
    "SELECT encode(card_no, 'hex') FROM s.v_cards", "SELECT part FROM s.v_card_text", "SELECT names[1] FROM s.v_grouped",
    "SELECT lag(email) OVER () FROM s.v", "SELECT email FROM ONLY s.m",
    "SELECT DISTINCT ON (id) email FROM s.m", "SELECT email FROM s.v FOR UPDATE", "COPY (SELECT * FROM s.v) TO STDOUT",
    "SELECT CASE WHEN loud LIKE 'KANA%' THEN email END FROM s.v",
    "DECLARE c CURSOR FOR SELECT loud, email FROM s.v; FETCH ALL FROM c", "PREPARE p AS SELECT * FROM s.v; EXECUTE p",
    "CREATE TEMP TABLE t AS SELECT * FROM s.v; SELECT * FROM t",
    "UPDATE s.v SET city = city RETURNING *", "UPDATE s.v SET city = city RETURNING loud", "UPDATE s.v SET city = loud RETURNING city",
    "UPDATE s.v SET city = email RETURNING city", "UPDATE s.v AS x SET city = x.who RETURNING x", "DELETE FROM s.v RETURNING v.*",
    "UPDATE s.v SET id = id RETURNING upper(email)", "UPDATE s.v_functions v SET id = id RETURNING upper(v), text(v)",
    "UPDATE s.v_twice SET id = id RETURNING third, again", "UPDATE s.v_rule SET id = id RETURNING id, email",
    "INSERT INTO s.v (id, city) SELECT 7, loud FROM s.v LIMIT 1 RETURNING city", "INSERT INTO s.t_rule VALUES (5)",
    "WITH u AS (UPDATE s.v SET city = city RETURNING *) SELECT loud, email FROM u",
    "UPDATE s.orders o SET total = 1 FROM s.v WHERE v.id = o.customer_id RETURNING v.email, v",
    "INSERT INTO s.scratch SELECT v FROM s.v; SELECT x FROM s.scratch", "INSERT INTO s.scratch SELECT email FROM s.v RETURNING x",
)  # fmt: skip


def test_each_attack_shows_a_planted_value_without_the_proxy(views: Views) -> None:
    with views.direct(views.analyst) as client:
        said = {attack: heard(client, "simple", f"BEGIN; {attack}; ROLLBACK; DEALLOCATE ALL") for attack in ATTACKS}
    assert [attack for attack, answer in said.items() if not views.canaries.found_in(answer)] == []


@pytest.mark.parametrize("way", ["simple", "extended"])
def test_attacks_through_views(views: Views, way: str) -> None:
    leaks, answered = {}, 0
    with views.through(views.analyst) as client:
        for attack in ATTACKS:
            steps = ("BEGIN", *attack.split("; "), "ROLLBACK", "DEALLOCATE ALL")
            said = b"".join(heard(client, way, one) for one in steps)
            if found := views.canaries.found_in(said):
                leaks[attack] = found
            answered += b"D\0" in said
    assert leaks == {}
    assert answered > 40
    assert views.database.execute("SELECT count(*), count(DISTINCT email), min(city) FROM s.customers") == [(2, 2, "Berlin")]


def heard(client: Client, way: str, text: str) -> bytes:
    """Everything received for one statement; results in binary when it is extended."""
    client.recorder.received.clear()
    sql = text.encode()
    if way == "simple":
        client.send(m.Query(sql))
    else:
        client.send(m.Parse(b"", sql), m.Describe("S", b""), m.Bind(b"", b"", (), (), (1,)), m.Execute(b""), m.Sync())
    client.until_ready()
    received = bytes(client.recorder.received)
    if received.endswith(b"E") and way == "simple" and "ROLLBACK" in text:
        client.send(m.Query(b"ROLLBACK"))
        client.until_ready()
    return received


# --- writing ----------------------------------------------------------------------------------------------------------

WRITES = {
    "UPDATE s.v SET city = 'Rom' WHERE id = 1": None,
    "INSERT INTO s.v (id, city) VALUES (5, 'Rom')": None,
    "UPDATE s.v_of_v SET city = 'Rom' WHERE id = 1": None,
    "UPDATE s.v SET email = 'x' WHERE id = 1": "42501",
    "INSERT INTO s.v (id, who) VALUES (5, 'x')": "42501",
    "INSERT INTO s.v_swapped VALUES ('x', 5, 'y')": "42501",
    "UPDATE s.v_of_v SET who = 'x' WHERE id = 1": "42501",
    "UPDATE s.v_cards SET card_no = '\\x00'": "42501",
    "UPDATE s.v SET loud = 'x'": "42501",
    "UPDATE s.v_rule SET id = 3": "0A000",
    "UPDATE s.v_listed SET email = 'x'": "42501",
}


def test_a_view_is_written_as_its_source(views: Views) -> None:
    with views.connect(views.analyst) as connection:
        for statement, sqlstate in WRITES.items():
            connection.execute("BEGIN")
            if sqlstate is None:
                connection.execute(statement.encode())
            else:
                with pytest.raises(psycopg.Error) as caught:
                    connection.execute(statement.encode())
                assert caught.value.sqlstate == sqlstate, statement
            connection.execute("ROLLBACK")


