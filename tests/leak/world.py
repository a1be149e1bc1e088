"""A shop of canaries, its rules, a trusted library, and the schema of `eve`, who owns whatever code PostgreSQL lets her own.

`analyst` holds raw SELECT, INSERT, UPDATE and DELETE in the database and sees masks through the proxy. The shop's own code
(triggers, rules, checks, views of a trusted owner) speaks of rows as such code does. Every protected value is one that stands
nowhere else, so finding it in what a client received is a leak: `canaries.Canaries` looks for each in many forms.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import psycopg

from proxy.cli.embedded import EmbeddedServer
from proxy.crypto import sql_check
from proxy.wire import messages as m
from tests.leak.canaries import Canaries
from tests.proxies import RawClient
from tests.servers import Database, new_database, role_password
from tests.shop import RunningProxy, write_config

NAME, OTHER_NAME = "欧阳泄露", "司马隐藏"
EMAIL, OTHER_EMAIL = "kanarienvogel@leaky-corp.cn", "nachtigall@leaky-corp.cn"
PHONE, ID_CARD = "13987654321", "11010519900307888X"
BIRTH = date(1990, 3, 7)
STREET = "泄露大街一百七十三号"
NOTE = "please ring the blue bell twice"
WECHAT = "wx_quetzal_7731"
SALARY = "48271.93"
CITY = "Ungewiss-an-der-Leine"
TIER = "gold-quetzal-88"
LONG_NAME = "甲" + "乙" * 19 + "x丙"  # 61 bytes to PostgreSQL, which cuts 64 at a character; 63 to whoever cuts at a byte
LONG_VALUE = "langer-kanarienwert-4471"
LABEL = "versteckte-zeile-9083"  # of a row that a row condition hides
CARDS = ("6222021234567894", "6222029876543210", "6222021234567894", "6222025555444433")
ORACLE = "oracle:" + "yes"  # what an attack says when it has compared what it must not; no statement holds it in one piece

TABLES = f"""
CREATE SCHEMA shop; CREATE SCHEMA other; CREATE SCHEMA lib;
CREATE TYPE shop.status AS ENUM ('new', 'paid', 'sent');
CREATE TABLE shop.customers (
  id int PRIMARY KEY, name text NOT NULL, email varchar(60) UNIQUE, phone text, id_card char(18), birth_date date,
  city text, profile jsonb, salary numeric(12, 2), initials text GENERATED ALWAYS AS (upper(email)) STORED, unlisted text);
INSERT INTO shop.customers VALUES
  (1, '{NAME}', '{EMAIL}', '{PHONE}', '{ID_CARD}', '{BIRTH}', 'Berlin', '{{"wechat": "{WECHAT}", "level": 3}}', {SALARY},
   DEFAULT, '{NAME}'),
  (2, '{OTHER_NAME}', '{OTHER_EMAIL}', '{PHONE}', '{ID_CARD}', '{BIRTH}', 'Paris', '{{"wechat": "{WECHAT}"}}', {SALARY},
   DEFAULT, NULL);
CREATE TABLE shop."客户 档案" (id int PRIMARY KEY, "姓名" text, "电话" text);
INSERT INTO shop."客户 档案" VALUES (1, '{NAME}', '{PHONE}');
CREATE TABLE other.customers (id int PRIMARY KEY, name text, email text);
INSERT INTO other.customers VALUES (1, 'nobody', 'public@example.com');
CREATE TABLE shop.orders (id int PRIMARY KEY, customer_id int REFERENCES shop.customers, status shop.status, total numeric,
  note text);
INSERT INTO shop.orders VALUES (1, 1, 'new', 10, '{NOTE}'), (2, 2, 'paid', 20, '{NOTE}');
CREATE TABLE shop.payment_cards (id int PRIMARY KEY, customer_id int, card_no bytea, holder text, brand text,
  CONSTRAINT sealed CHECK ({sql_check("card_no", "equality")}));
CREATE TABLE shop.test_cards (id int PRIMARY KEY, card_no bytea, label text);
CREATE TABLE shop.loose_cards (id int PRIMARY KEY, card_no bytea, label text, extra bytea);
CREATE TABLE shop.customers_vip (perk text) INHERITS (shop.customers);
INSERT INTO shop.customers_vip (id, name, email, phone) VALUES (9, '{NAME}', 'vip-{EMAIL}', '{PHONE}');
CREATE TABLE shop.people (name text, phone text);
CREATE TABLE shop.staff (grade int) INHERITS (shop.people);
INSERT INTO shop.staff VALUES ('{NAME}', '{PHONE}', 1);
CREATE TABLE shop.visits (id int, city text, who text) PARTITION BY LIST (city);
CREATE TABLE shop.visits_1 PARTITION OF shop.visits FOR VALUES IN ('{CITY}');
CREATE TABLE shop.visits_2 PARTITION OF shop.visits DEFAULT;
INSERT INTO shop.visits VALUES (1, '{CITY}', '{NAME}'), (2, 'x', '{NAME}');
CREATE VIEW shop.v_customers AS SELECT id, name AS who, upper(email) AS mail FROM shop.customers;
CREATE VIEW shop.v_cards AS SELECT id, card_no FROM shop.payment_cards;
CREATE MATERIALIZED VIEW shop.mv_customers AS SELECT id, email FROM shop.customers;
CREATE VIEW shop.v_whole AS SELECT c FROM shop.customers c;
CREATE TABLE shop.defaults (id int, hint text DEFAULT 'x');
CREATE FUNCTION lib.raw_email(shop.customers) RETURNS text LANGUAGE sql STABLE AS
  'SELECT email FROM shop.customers WHERE id = $1.id';
CREATE FUNCTION lib.peek(anyelement) RETURNS text LANGUAGE sql STABLE AS
  'SELECT string_agg(email, '','') FROM shop.customers';
CREATE FUNCTION lib.who(int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS
  'SELECT email FROM shop.customers WHERE id = $1';
CREATE FUNCTION lib.rows() RETURNS SETOF shop.customers LANGUAGE sql STABLE AS 'SELECT * FROM shop.customers';
CREATE FUNCTION lib."a.b"(other.customers) RETURNS text LANGUAGE sql STABLE AS
  'SELECT string_agg(email, '','') FROM shop.customers';
CREATE FUNCTION lib.as_number(text) RETURNS numeric LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN $1::numeric; END $$;
CREATE FUNCTION lib.first_mail() RETURNS text LANGUAGE plpgsql IMMUTABLE AS  -- said to be immutable: the planner calls it
  $$ BEGIN RETURN (SELECT email FROM shop.customers WHERE id = 1); END $$;
CREATE AGGREGATE lib.gather(text) (SFUNC = textcat, STYPE = text);
CREATE STATISTICS shop.stats ON city, email FROM shop.customers;
CREATE INDEX on_salary ON shop.customers (salary) INCLUDE (id);
CREATE SEQUENCE shop.numbers;
SELECT lo_from_bytea(771, convert_to('{EMAIL}', 'UTF8'));
COMMENT ON TABLE shop.orders IS 'orders';
"""

# What the shop's own database does when it is read and written: code of a trusted owner, with the habits such code has.
MACHINERY = f"""
CREATE TABLE shop.change_log (id int GENERATED ALWAYS AS IDENTITY, what text, entry jsonb);
CREATE FUNCTION shop.log_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE NOTICE 'customer changed: % -> %', OLD, NEW;
  INSERT INTO shop.change_log (what, entry) VALUES (TG_OP, to_jsonb(coalesce(NEW, OLD)));
  RETURN NULL; END $$;
CREATE TRIGGER log_change AFTER INSERT OR UPDATE OR DELETE ON shop.customers FOR EACH ROW EXECUTE FUNCTION shop.log_change();
CREATE TABLE shop.habits (id int PRIMARY KEY, habit text, secret text, late text);
INSERT INTO shop.habits VALUES (1, '', '{NOTE}', '');
CREATE FUNCTION shop.habit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  CASE NEW.habit
    WHEN 'relation' THEN EXECUTE format('SELECT 1 FROM shop.%I', NEW.secret);
    WHEN 'column' THEN EXECUTE format('SELECT %I', NEW.secret);
    WHEN 'function' THEN EXECUTE format('SELECT %I()', NEW.secret);
    WHEN 'role' THEN EXECUTE format('SET LOCAL ROLE %I', NEW.secret);
    WHEN 'schema' THEN EXECUTE format('CREATE TABLE %I.x (i int)', NEW.secret);
    WHEN 'type' THEN EXECUTE format('SELECT NULL::%I', NEW.secret);
    WHEN 'cast' THEN PERFORM NEW.secret::int;
    WHEN 'regclass' THEN PERFORM quote_ident(NEW.secret)::regclass;
    WHEN 'regrole' THEN PERFORM quote_ident(NEW.secret)::regrole;
    WHEN 'zone' THEN PERFORM now() AT TIME ZONE NEW.secret;
    WHEN 'carrier' THEN PERFORM set_config('shop.seen', NEW.secret, false);
    WHEN 'fields' THEN RAISE EXCEPTION 'refused' USING COLUMN = NEW.secret, TABLE = NEW.secret, SCHEMA = NEW.secret;
    WHEN 'other fields' THEN RAISE EXCEPTION 'refused' USING CONSTRAINT = NEW.secret, DATATYPE = NEW.secret;
    WHEN 'notice fields' THEN RAISE NOTICE 'seen' USING COLUMN = NEW.secret, TABLE = NEW.secret, SCHEMA = NEW.secret;
    WHEN 'detail' THEN RAISE EXCEPTION 'refused' USING DETAIL = NEW.secret, HINT = NEW.secret;
    WHEN 'privilege' THEN RAISE EXCEPTION 'no: %', NEW.secret USING ERRCODE = 'insufficient_privilege';
    WHEN 'warning' THEN RAISE WARNING 'seen %', NEW.secret;
    WHEN 'info' THEN RAISE INFO 'seen %', NEW.secret;
    WHEN 'assert' THEN ASSERT false, NEW.secret;
    WHEN 'temporary' THEN CREATE TEMP TABLE IF NOT EXISTS shop_seen (x text); INSERT INTO pg_temp.shop_seen VALUES (NEW.secret);
    WHEN 'cursor' THEN EXECUTE 'DECLARE shop_cursor CURSOR FOR SELECT email FROM shop.customers';
    WHEN 'prepared' THEN EXECUTE 'PREPARE shop_prepared AS SELECT email FROM shop.customers';
    WHEN 'notify' THEN PERFORM pg_notify('habits', NEW.secret);
    WHEN 'exists' THEN EXECUTE format('CREATE TEMP TABLE %I (i int)', NEW.secret);
      EXECUTE format('CREATE TEMP TABLE %I (i int)', NEW.secret);
    WHEN 'skipping' THEN EXECUTE format('CREATE TEMP TABLE IF NOT EXISTS %I (i int)', NEW.secret);
      EXECUTE format('CREATE TEMP TABLE IF NOT EXISTS %I (i int)', NEW.secret);
    WHEN 'dropping' THEN EXECUTE format('DROP TABLE IF EXISTS %I', NEW.secret);
    WHEN 'savepoint' THEN EXECUTE format('DEALLOCATE %I', NEW.secret);
    ELSE NULL;
  END CASE;
  RETURN NEW; END $$;
CREATE TRIGGER habit BEFORE INSERT OR UPDATE ON shop.habits FOR EACH ROW EXECUTE FUNCTION shop.habit();
CREATE TABLE shop.told (id int PRIMARY KEY, habit text, secret text);
INSERT INTO shop.told VALUES (1, '', '{NOTE}');
CREATE FUNCTION shop.remember(what text, secret text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  CASE what
    WHEN 'setting' THEN PERFORM set_config('work_mem', secret, true);
    WHEN 'reported' THEN PERFORM set_config('application_name', secret, false);
    WHEN 'dynamic' THEN EXECUTE format('SET application_name = %L', secret);
    WHEN 'view' THEN UPDATE pg_catalog.pg_settings SET setting = secret WHERE name = 'application_name';
    ELSE NULL;
  END CASE; END $$;
CREATE FUNCTION shop.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM shop.remember(NEW.habit, NEW.secret); RETURN NEW; END $$;
CREATE TRIGGER tell BEFORE INSERT OR UPDATE ON shop.told FOR EACH ROW EXECUTE FUNCTION shop.tell();
CREATE TABLE shop.teller (id int PRIMARY KEY, note text);
INSERT INTO shop.teller VALUES (1, 'x');
CREATE FUNCTION shop.retell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE shop.told SET habit = NEW.note WHERE id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER retell AFTER UPDATE ON shop.teller FOR EACH ROW EXECUTE FUNCTION shop.retell();
CREATE FUNCTION shop.is_told(secret text) RETURNS bool LANGUAGE sql STABLE AS
  $$ SELECT set_config('application_name', secret, false) IS NOT NULL $$;
CREATE VIEW shop.v_told AS SELECT id, habit FROM shop.told WHERE shop.is_told(secret);
CREATE FUNCTION shop.late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  CASE NEW.late
    WHEN 'cast' THEN PERFORM NEW.secret::int;
    WHEN 'relation' THEN EXECUTE format('SELECT 1 FROM shop.%I', NEW.secret);
    WHEN 'raise' THEN RAISE EXCEPTION 'late %', NEW.secret;
    WHEN 'notice' THEN RAISE NOTICE 'late %', NEW.secret;
    ELSE NULL;
  END CASE;
  RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON shop.habits DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION shop.late();
CREATE FUNCTION shop.is_fair(total numeric, note text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
  IF total < 0 THEN RAISE EXCEPTION 'negative: %', note; END IF;
  IF total = 7 THEN RETURN note::int > 0; END IF;
  RETURN total < 1000000; END $$;
ALTER TABLE shop.orders ADD CONSTRAINT fair CHECK (shop.is_fair(total, note));
CREATE TABLE shop.ruled (id int, open text, secret text);
INSERT INTO shop.ruled VALUES (1, 'x', '{NOTE}');
CREATE RULE shown AS ON UPDATE TO shop.ruled DO ALSO SELECT upper(OLD.secret) AS x, reverse(OLD.secret) AS y;
CREATE RULE shown_too AS ON DELETE TO shop.ruled DO ALSO SELECT OLD.secret || '' AS x;
CREATE TABLE shop.copied (id int, open text, secret text);
INSERT INTO shop.copied VALUES (1, 'x', '{NOTE}');
CREATE TABLE shop.copies (id int, secret text);
CREATE RULE copy AS ON UPDATE TO shop.copied DO ALSO INSERT INTO shop.copies VALUES (OLD.id, OLD.secret);
CREATE VIEW shop.v_city AS SELECT id, city FROM shop.customers;
CREATE RULE instead AS ON UPDATE TO shop.v_city DO INSTEAD
  UPDATE shop.customers SET city = NEW.city WHERE id = OLD.id RETURNING id, reverse(email);
CREATE VIEW shop.v_numbers AS SELECT id, city FROM shop.customers WHERE email::numeric > 0;
CREATE VIEW shop.v_called AS SELECT id, lib.as_number(email) AS n, city FROM shop.customers WHERE lib.as_number(email) > 0;
CREATE VIEW shop.v_folded AS SELECT id, city FROM shop.customers WHERE city <> lib.first_mail();
CREATE TABLE shop.folded (id int, body text); INSERT INTO shop.folded VALUES (1, 'x');
ALTER TABLE shop.folded ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON shop.folded USING (body <> lib.first_mail());
CREATE TABLE shop.gate (id int); INSERT INTO shop.gate VALUES (1);
ALTER TABLE shop.gate ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON shop.gate USING (EXISTS (SELECT 1 FROM shop.customers WHERE email::int = 1));
CREATE TABLE shop.asking (id int, x text);
CREATE FUNCTION lib.asked() RETURNS text LANGUAGE sql AS 'SELECT (max(email)::int > 1)::text FROM shop.customers';
ALTER TABLE shop.asking ALTER x SET DEFAULT lib.asked();
CREATE VIEW shop.v_exists AS SELECT 1 AS x WHERE EXISTS (SELECT 1 FROM shop.customers WHERE email::int = 1);
CREATE VIEW shop.v_asked AS SELECT id FROM shop.orders WHERE lib.asked() <> '';
CREATE MATERIALIZED VIEW shop.mv_mails AS SELECT email, upper(email) AS u FROM shop.customers;
CREATE VIEW shop.v_lateral AS SELECT o.id, l.mail FROM shop.orders o,
  LATERAL (SELECT email AS mail FROM shop.customers c WHERE c.id = o.customer_id) l;
CREATE VIEW shop.v_recursive AS WITH RECURSIVE r(id, mail) AS (
  SELECT id, email::text FROM shop.customers UNION ALL SELECT id + 100, mail FROM r WHERE id < 3) SELECT * FROM r;
CREATE VIEW shop.v_barrier WITH (security_barrier) AS SELECT id, email FROM shop.customers WHERE city = 'Berlin';
CREATE VIEW shop.v_invoker WITH (security_invoker) AS SELECT id, email FROM shop.customers;
CREATE VIEW shop.v_check AS SELECT id, city, email FROM shop.customers WHERE email LIKE 'k%' WITH CHECK OPTION;
CREATE VIEW shop.v_window AS SELECT id, first_value(email) OVER () AS e FROM shop.customers;
CREATE VIEW shop.v_updatable AS SELECT id, name, email, city FROM shop.customers;
CREATE VIEW shop.v_mails AS SELECT email, count(*) AS n FROM shop.customers GROUP BY email;
CREATE VIEW shop.v_stats AS SELECT tablename, attname, most_common_vals::text AS v FROM pg_stats;
CREATE VIEW shop.v_triggered AS SELECT id, city FROM shop.customers;
CREATE FUNCTION shop.instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE NOTICE 'instead of %', (SELECT c FROM shop.customers c WHERE c.id = OLD.id); RETURN NEW; END $$;
CREATE TRIGGER instead INSTEAD OF UPDATE ON shop.v_triggered FOR EACH ROW EXECUTE FUNCTION shop.instead();
CREATE TABLE shop.tickets (id int, body text); INSERT INTO shop.tickets VALUES (1, '{NOTE}');
ALTER TABLE shop.tickets ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON shop.tickets USING (body::numeric IS NOT NULL);
CREATE TABLE shop.phone (id int PRIMARY KEY, phone text, kind text); INSERT INTO shop.phone VALUES (1, '{PHONE}', 'home');
CREATE TABLE shop.odd (id int PRIMARY KEY, open text, name text, text text, date text, upper text, "{LONG_NAME}" text,
  "Ünïcode" text, old text, "new" text, excluded text, ctid_ text, nick varchar(40)[]);
INSERT INTO shop.odd VALUES (1, 'o', '{NAME}', '{NAME}', '{NAME}', '{NAME}', '{LONG_VALUE}', '{NAME}', '{NAME}', '{NAME}',
  '{NAME}', '{NAME}', ARRAY['{NAME}']);
CREATE TABLE shop.mailings (id int, city text, email text);
INSERT INTO shop.mailings SELECT i, 'Berlin', '{EMAIL}' FROM generate_series(1, 200) i;
CREATE STATISTICS shop.mailing_stats (mcv) ON city, email FROM shop.mailings;
CREATE STATISTICS shop.expression_stats ON (lower(email)), (email || city) FROM shop.mailings;
CREATE INDEX on_lower_email ON shop.mailings ((lower(email)));
ALTER TABLE shop.mailings ADD COLUMN tier text DEFAULT ('gold-' || 'quetzal-88');
CREATE FUNCTION shop.touch(int) RETURNS int LANGUAGE sql AS 'UPDATE shop.customers SET city = city WHERE id = $1 RETURNING id';
CREATE TABLE shop.regional (id int, amount int, region text, label text);
INSERT INTO shop.regional VALUES (1, 777, 'de', '{LABEL}'), (2, 1, 'cn', '5');
CREATE TABLE shop.notes_of (id int PRIMARY KEY, customer_id int, body text DEFAULT 'x',
  CONSTRAINT "only one" UNIQUE (customer_id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO shop.notes_of VALUES (1, 1, '{NOTE}'), (2, 2, '{NOTE}');
"""

# Everything here is made by eve herself, who has CREATE on her schema and no right on the shop's tables.
EVIL = """
SET search_path = pg_catalog;
CREATE FUNCTION evil.loot() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RETURN (SELECT string_agg(email, ',') FROM shop.customers); END $$;
CREATE FUNCTION evil.loot_if_i_can() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RETURN evil.loot(); EXCEPTION WHEN insufficient_privilege THEN RETURN 'nothing'; END $$;
CREATE FUNCTION evil.shout() RETURNS bool LANGUAGE plpgsql AS
  $$ BEGIN RAISE NOTICE 'loot %', evil.loot_if_i_can(); RETURN true; END $$;
CREATE FUNCTION evil.two(text, text) RETURNS text LANGUAGE sql AS 'SELECT evil.loot()';
CREATE FUNCTION evil.same(text, text) RETURNS bool LANGUAGE sql AS 'SELECT evil.shout()';
CREATE FUNCTION evil.same_varchar(varchar, varchar) RETURNS bool LANGUAGE sql AS 'SELECT evil.shout()';
CREATE FUNCTION evil.length(varchar) RETURNS int LANGUAGE sql AS 'SELECT 1 WHERE evil.shout()';
CREATE FUNCTION evil.length(text) RETURNS int LANGUAGE sql AS 'SELECT 1 WHERE evil.shout()';
CREATE FUNCTION evil.lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT evil.loot()';
CREATE FUNCTION evil.json_scalar(text) RETURNS text LANGUAGE sql AS 'SELECT evil.loot()';
CREATE FUNCTION evil.merge_action() RETURNS text LANGUAGE sql AS 'SELECT evil.loot()';
CREATE FUNCTION evil.system_user() RETURNS text LANGUAGE sql AS 'SELECT evil.loot()';
CREATE FUNCTION evil.rows() RETURNS SETOF text LANGUAGE sql AS 'SELECT evil.loot()';
CREATE OPERATOR evil.#># (FUNCTION = evil.two, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR evil.|| (FUNCTION = evil.two, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR evil.= (FUNCTION = evil.same_varchar, LEFTARG = varchar, RIGHTARG = varchar);
CREATE OPERATOR evil.~~ (FUNCTION = evil.same, LEFTARG = text, RIGHTARG = text);
CREATE DOMAIN evil.dom AS text CHECK (evil.shout());
CREATE TYPE evil.comp AS (a evil.dom, b int);
CREATE TYPE evil.pair AS (a text, b int);
CREATE TYPE evil.mood AS ENUM ('sad', 'glad');
CREATE TYPE evil.other_mood AS ENUM ('sad', 'glad');
CREATE FUNCTION evil.to_mood(text) RETURNS evil.mood LANGUAGE sql
  AS $$ SELECT 'sad'::evil.mood WHERE evil.shout() $$;
CREATE FUNCTION evil.mood_of(evil.other_mood) RETURNS evil.mood LANGUAGE sql
  AS $$ SELECT 'sad'::evil.mood WHERE evil.shout() $$;
CREATE FUNCTION evil.mood_of(shop.status) RETURNS evil.mood LANGUAGE sql
  AS $$ SELECT 'sad'::evil.mood WHERE evil.shout() $$;
CREATE FUNCTION evil.mood_text(evil.mood) RETURNS text LANGUAGE sql AS 'SELECT evil.loot_if_i_can()';
CREATE FUNCTION evil.mood_json(evil.pair) RETURNS json LANGUAGE sql AS 'SELECT pg_catalog.to_json(evil.loot_if_i_can())';
CREATE CAST (text AS evil.mood) WITH FUNCTION evil.to_mood(text);
CREATE CAST (evil.other_mood AS evil.mood) WITH FUNCTION evil.mood_of(evil.other_mood) AS IMPLICIT;
CREATE CAST (shop.status AS evil.mood) WITH FUNCTION evil.mood_of(shop.status) AS IMPLICIT;
CREATE CAST (evil.mood AS text) WITH FUNCTION evil.mood_text(evil.mood) AS IMPLICIT;
CREATE CAST (evil.pair AS json) WITH FUNCTION evil.mood_json(evil.pair) AS IMPLICIT;
CREATE TABLE evil.moods (m evil.mood); INSERT INTO evil.moods VALUES ('sad');
CREATE TABLE evil.other_moods (m evil.other_mood); INSERT INTO evil.other_moods VALUES ('glad');
CREATE TYPE evil.fresh AS ENUM ('one', 'two');
CREATE TYPE evil.stale AS ENUM ('one', 'two');
CREATE FUNCTION evil.fresh_of(evil.stale) RETURNS evil.fresh LANGUAGE sql
  AS $$ SELECT 'one'::evil.fresh WHERE evil.shout() $$;
CREATE FUNCTION evil.fresh_of(text) RETURNS evil.fresh LANGUAGE sql
  AS $$ SELECT 'one'::evil.fresh WHERE evil.shout() $$;
CREATE FUNCTION evil.fresh_of(shop.status) RETURNS evil.fresh LANGUAGE sql
  AS $$ SELECT 'one'::evil.fresh WHERE evil.shout() $$;
CREATE CAST (evil.stale AS evil.fresh) WITH FUNCTION evil.fresh_of(evil.stale) AS IMPLICIT;
CREATE CAST (text AS evil.fresh) WITH FUNCTION evil.fresh_of(text);
CREATE CAST (shop.status AS evil.fresh) WITH FUNCTION evil.fresh_of(shop.status) AS IMPLICIT;
CREATE TABLE evil.fresh_ones (m evil.fresh); INSERT INTO evil.fresh_ones VALUES ('one');
CREATE TABLE evil.stale_ones (m evil.stale); INSERT INTO evil.stale_ones VALUES ('two');
CREATE TYPE evil.point_a AS (x int);
CREATE TYPE evil.point_b AS (x int);
CREATE FUNCTION evil.b_of(evil.point_a) RETURNS evil.point_b LANGUAGE sql
  AS $$ SELECT ROW(1)::evil.point_b WHERE evil.shout() $$;
CREATE CAST (evil.point_a AS evil.point_b) WITH FUNCTION evil.b_of(evil.point_a) AS IMPLICIT;
CREATE TABLE evil.a_points (p evil.point_a); INSERT INTO evil.a_points VALUES (ROW(1));
CREATE TABLE evil.b_points (p evil.point_b); INSERT INTO evil.b_points VALUES (ROW(1));
CREATE TABLE evil.base (x int); INSERT INTO evil.base VALUES (1);
CREATE FUNCTION evil.full_name(evil.base) RETURNS text LANGUAGE sql AS 'SELECT evil.loot()';
CREATE FUNCTION evil.any_name(record) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN evil.loot(); END $$;
CREATE TABLE evil.plain (id int, note text); INSERT INTO evil.plain VALUES (1, 'hello');
CREATE TABLE evil.pairs (p evil.pair); INSERT INTO evil.pairs VALUES (ROW('a', 1));
CREATE TABLE evil.doms (d text); INSERT INTO evil.doms VALUES ('a');
CREATE VIEW evil.dom_view AS SELECT d::evil.dom AS d FROM evil.doms;
CREATE VIEW evil.v AS SELECT evil.loot_if_i_can() AS x;
CREATE VIEW evil.stats AS SELECT attname, most_common_vals::text, histogram_bounds::text FROM pg_stats;
CREATE VIEW evil.stats_function AS SELECT pg_get_viewdef('evil.v'::regclass) AS x;
CREATE VIEW evil.xml AS SELECT query_to_xml('SELECT email FROM shop.customers', true, true, '') AS x;
CREATE VIEW evil.activity AS SELECT query FROM pg_stat_get_activity(NULL) AS a;
CREATE VIEW evil.lo AS SELECT lo_get(771) AS x;
CREATE TABLE evil.rls (id int); INSERT INTO evil.rls VALUES (1);
ALTER TABLE evil.rls ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON evil.rls USING (evil.shout());
CREATE TABLE evil.trg (id int, x text);
CREATE FUNCTION evil.trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.x := evil.loot(); RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT ON evil.trg FOR EACH ROW EXECUTE FUNCTION evil.trigger();
CREATE TABLE evil.innocent (id int, x text DEFAULT evil.loot_if_i_can());
CREATE TABLE evil.parts (id int) PARTITION BY LIST (id);
CREATE TABLE evil.customers (id int, name text); INSERT INTO evil.customers VALUES (1, 'fake');
CREATE TABLE evil.loot_box (x text);
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
      profile:    {{class: basic, mask: {{json: {{$.wechat: redact}}}}}}
      salary:     {{class: basic, mask: null}}
  shop.客户 档案:
    columns:
      id:   {{class: plain}}
      姓名: {{class: basic, mask: name}}
      电话: {{class: basic, mask: phone}}
  shop.orders:
    columns:
      id:          {{class: plain}}
      customer_id: {{class: plain}}
      status:      {{class: plain}}
      total:       {{class: plain}}
      note:        {{class: basic, mask: redact}}
  shop.people:
    columns:
      name:  {{class: basic, mask: name}}
      phone: {{class: basic, mask: phone}}
  shop.visits:
    columns:
      id:   {{class: plain}}
      city: {{class: basic, mask: redact}}
      who:  {{class: basic, mask: name}}
  shop.payment_cards:
    columns:
      id:          {{class: plain}}
      customer_id: {{class: plain}}
      card_no:     {{class: secret, encrypt: {{type: text, search: equality, domain: cards}}, mask: {{partial: {{last: 4}}}}}}
      holder:      {{class: basic, mask: name}}
      brand:       {{class: plain}}
  shop.test_cards:
    columns:
      id:      {{class: plain}}
      card_no: {{class: plain, encrypt: {{type: text, search: equality, domain: cards}}}}
      label:   {{class: plain}}
  shop.loose_cards:
    columns:
      id:      {{class: plain}}
      card_no: {{class: secret, encrypt: {{type: text, search: equality, domain: cards}}, mask: {{partial: {{last: 4}}}}}}
      label:   {{class: plain}}
      extra:   {{class: plain}}
  shop.change_log:
    columns:
      id:    {{class: plain}}
      what:  {{class: plain}}
      entry: {{class: basic, mask: redact}}
  shop.habits:
    columns:
      id:     {{class: plain}}
      habit:  {{class: plain}}
      late:   {{class: plain}}
      secret: {{class: basic, mask: redact}}
  shop.told:
    columns:
      id:     {{class: plain}}
      habit:  {{class: plain}}
      secret: {{class: basic, mask: redact}}
  shop.teller:
    columns:
      id:   {{class: plain}}
      note: {{class: plain}}
  shop.ruled:
    columns:
      id:     {{class: plain}}
      open:   {{class: plain}}
      secret: {{class: basic, mask: redact}}
  shop.copied:
    columns:
      id:     {{class: plain}}
      open:   {{class: plain}}
      secret: {{class: basic, mask: redact}}
  shop.copies:
    columns:
      id:     {{class: plain}}
      secret: {{class: basic, mask: redact}}
  shop.tickets:
    columns:
      id:   {{class: plain}}
      body: {{class: basic, mask: redact}}
  shop.phone:
    columns:
      id:    {{class: plain}}
      kind:  {{class: plain}}
      phone: {{class: basic, mask: phone}}
  shop.odd:
    columns:
      id:   {{class: plain}}
      open: {{class: plain}}
      name: {{class: basic, mask: name}}
  shop.mailings:
    columns:
      id:    {{class: plain}}
      city:  {{class: plain}}
      email: {{class: basic, mask: email}}
      tier:  {{class: basic, mask: redact}}
  shop.regional:
    columns:
      id:     {{class: plain}}
      amount: {{class: plain}}
      region: {{class: plain}}
      label:  {{class: plain}}
  shop.notes_of:
    columns:
      id:          {{class: plain}}
      customer_id: {{class: plain}}
      body:        {{class: basic, mask: redact}}
roles:
  analyst:
    logins: [{analyst}]
    sees: {{plain: open, basic: masked, secret: masked}}
    relations: {{shop.regional: {{where: "region = 'cn'"}}}}
  app:     {{logins: [{app}], sees: {{"*": open}}}}
  owner:   {{logins: [{owner}, {eve}], sees: {{"*": open}}, keys: none}}
defaults: {{login_without_role: refuse, unlisted_relation: open}}
"""


MOST_BYTES = 512 << 20  # of one answer: the memory is shared


class Recorder:
    """A socket that keeps every byte it received. Raises TimeoutError where that is more than anybody waits for."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self.received = bytearray()

    def recv(self, size: int) -> bytes:
        data = self._inner.recv(size)
        self.received += data
        if len(self.received) > MOST_BYTES:
            raise TimeoutError("the answer is too long to be kept")
        return data

    def sendall(self, data: bytes) -> None:
        self._inner.sendall(data)

    def settimeout(self, seconds: float | None) -> None:
        self._inner.settimeout(seconds)

    def close(self) -> None:
        self._inner.close()


class Client(RawClient):
    """A client of bare frames that remembers what it received, and waits `patience_s` for each piece of it."""

    patience_s = 20.0

    @property
    def recorder(self) -> Recorder:
        if not isinstance(self.socket, Recorder):
            self.socket = Recorder(self.socket)  # type: ignore[assignment]
        assert isinstance(self.socket, Recorder)
        return self.socket

    def __init__(self, *arguments: str | int, **parameters: str) -> None:
        try:
            super().__init__(*arguments, **parameters)  # type: ignore[arg-type]
        except AssertionError:  # refused at the door
            self.socket.close()
            raise

    def next(self) -> tuple[int, bytes]:
        self.recorder.settimeout(self.patience_s)
        return super().next()

    def forgets(self) -> bool:
        """Whether the session lives and is as after login again: no transaction, settings, names or temporary tables."""
        try:
            for text in (b"ROLLBACK", b"DISCARD ALL"):
                self.recorder.received.clear()
                self.send(m.Query(text))
                self.until_ready()
        except (OSError, EOFError):
            return False
        return self.recorder.received.endswith(b"C\0\0\0\x10DISCARD ALL\0Z\0\0\0\5I")


@dataclass
class World:
    """The database, a proxy before it, four logins and the canaries."""

    database: Database
    running: RunningProxy
    analyst: str
    app: str
    owner: str
    eve: str
    canaries: Canaries
    ciphertexts: tuple[bytes, ...]
    clients: dict[str, Client] = field(default_factory=dict)  # idle sessions

    def through(self, login: str, **parameters: str) -> Client:
        return Client(
            self.running.host, self.running.port, login, role_password(login), self.database.name, **parameters
        )

    def direct(self, login: str, **parameters: str) -> Client:
        return Client(
            self.database.host, self.database.port, login, role_password(login), self.database.name, **parameters
        )

    @contextmanager
    def session(self, way: Literal["direct", "through"]) -> Iterator[Client]:
        """A session of the analyst; afterwards everything in it is discarded, so that the next attack may have it."""
        client = self.clients.pop(way, None) or (self.direct if way == "direct" else self.through)(self.analyst)
        try:
            yield client
        except BaseException:
            client.socket.close()
            raise
        if client.forgets():
            self.clients[way] = client
        else:
            client.socket.close()

    def undo(self, statements: str) -> None:
        """Take back what an attack wrote for good."""
        if statements:
            self.database.execute(statements)

    def connect(self, login: str) -> psycopg.Connection[tuple[object, ...]]:
        """Through the proxy, in autocommit mode."""
        dsn = f"postgresql://{login}:{role_password(login)}@{self.running.host}:{self.running.port}/{self.database.name}"
        return psycopg.connect(dsn, autocommit=True)


@contextmanager
def world(server: EmbeddedServer, folder: Path) -> Iterator[World]:
    """All of it, on one server."""
    database = new_database(server)
    try:
        analyst, app, owner, eve = (database.role(name) for name in ("ana", "app", "dba", "eve"))
        database.execute(
            TABLES
            + MACHINERY
            + f"CREATE SCHEMA evil AUTHORIZATION {eve}; GRANT USAGE ON SCHEMA shop TO {eve};"
            + "GRANT USAGE ON SCHEMA shop, other, lib, evil TO PUBLIC; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA lib TO PUBLIC;"
            + f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop, other TO {analyst};"
            + f"GRANT ALL ON ALL TABLES IN SCHEMA shop, other TO {app}, {owner};"
            + f"GRANT SELECT ON LARGE OBJECT 771 TO {analyst};"
            + f"ALTER DATABASE {database.name} SET statement_timeout = '20s'"
        )
        database.execute(EVIL + "GRANT ALL ON ALL TABLES IN SCHEMA evil TO PUBLIC", eve)
        database.execute("ANALYZE shop.customers; ANALYZE shop.orders; ANALYZE shop.mailings")
        rules = folder / "rules"
        rules.mkdir(parents=True)
        (rules / "all.yaml").write_text(RULES.format(analyst=analyst, app=app, owner=owner, eve=eve))
        running = RunningProxy(write_config(folder, server, database.name, rules="rules"))
        made = World(database, running, analyst, app, owner, eve, Canaries({}), ())
        try:
            with made.connect(app) as connection:
                for number, card in enumerate(CARDS, 1):
                    connection.execute(
                        "INSERT INTO shop.payment_cards VALUES (%s, 1, %s, %s, 'visa')", (number, card, NAME), binary=False
                    )
                connection.execute("INSERT INTO shop.test_cards VALUES (1, '4111', 'test'), (2, '4222', 'test')")
            sealed = database.execute("SELECT DISTINCT card_no FROM shop.payment_cards")
            made.ciphertexts = tuple(bytes(row[0]) for row in sealed)  # type: ignore[call-overload]
            made.canaries = Canaries(_values(made.ciphertexts))
            yield made
        finally:
            for client in made.clients.values():
                client.socket.close()
            running.stop()
    finally:
        database.drop()


def _values(ciphertexts: tuple[bytes, ...]) -> dict[str, bytes]:
    texts = {
        "name": NAME, "another name": OTHER_NAME, "e-mail": EMAIL, "another e-mail": OTHER_EMAIL, "phone": PHONE,
        "id card": ID_CARD, "birth date": str(BIRTH), "note": NOTE, "wechat": WECHAT, "salary": SALARY, "city": CITY,
        "tier": TIER, "long name": LONG_VALUE, "hidden row": LABEL,
        "an oracle": ORACLE,
    }  # fmt: skip
    values = {name: text.encode() for name, text in texts.items()}
    values |= {f"card {number}": card.encode() for number, card in enumerate(dict.fromkeys(CARDS), 1)}
    # the tail of a ciphertext: its first bytes say only that it is one
    return values | {f"ciphertext {number}": one[-16:] for number, one in enumerate(ciphertexts, 1)}
