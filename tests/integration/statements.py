"""What the drivers ask through the proxy, with `$n` parameters: the same text for the proxy and for the twin.

Every SELECT has a total order, so that rows can be compared as lists. The app's script only touches cards of its own
(`ours` stands for their brand) and removes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

Ask = tuple[str, tuple[object, ...]]

# --- the analyst reads

ANALYST_READS: Sequence[Ask] = (
    # plain output
    ("SELECT id, name, email, phone, id_card, birth_date, profile FROM shop.customers ORDER BY id", ()),
    ("SELECT * FROM shop.customers ORDER BY id LIMIT 20", ()),
    ("SELECT c.*, c.id AS again, shop.customers.name FROM shop.customers JOIN shop.customers c USING (id) ORDER BY id", ()),
    ("SELECT name || '/' || phone, length(email), upper(email), left(id_card, 6) FROM shop.customers ORDER BY id", ()),
    ("TABLE shop.consents ORDER BY id", ()),
    ("SELECT * FROM ONLY shop.addresses ORDER BY id", ()),
    ("SELECT c.i, c.n FROM shop.customers AS c (i, n) ORDER BY 1", ()),
    ("SELECT * FROM shop.orders ORDER BY id OFFSET 5 FETCH FIRST 30 ROWS ONLY", ()),
    ("SELECT id, ip, user_agent, page FROM shop.browsing_events ORDER BY id LIMIT 300", ()),
    ("SELECT * FROM shop.browsing_events_2025_03 ORDER BY id LIMIT 50", ()),
    ("SELECT city, orders, revenue FROM shop.sales_by_city ORDER BY city", ()),
    ("SELECT id, name FROM shop.customers TABLESAMPLE BERNOULLI (100) ORDER BY id", ()),
    # filters see masked values
    ("SELECT id FROM shop.customers WHERE email LIKE 'h****%@%' ORDER BY id", ()),
    ("SELECT id, phone FROM shop.customers WHERE phone LIKE $1 ORDER BY id", ("13_****%",)),
    ("SELECT id, name FROM shop.customers WHERE name = $1 ORDER BY id", ("王**",)),
    ("SELECT count(*) FROM shop.customers WHERE birth_date = $1", (date(1970, 1, 1),)),
    ("SELECT count(*) FROM shop.customers WHERE birth_date > $1 AND birth_date < $2", (date(1980, 1, 1), date(1981, 1, 1))),
    ("SELECT id FROM shop.customers WHERE profile ->> 'phone' = phone AND profile ->> 'level' = $1 ORDER BY id", ("金卡",)),
    ("SELECT count(*) FROM shop.browsing_events WHERE ip IS NULL", ()),
    # joins
    ("SELECT o.id, c.name, o.total FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id ORDER BY o.id", ()),
    ("SELECT a.id, b.id FROM shop.customers a JOIN shop.customers b ON a.phone = b.phone AND a.id < b.id ORDER BY 1, 2", ()),
    ("SELECT c.id, p.card_no FROM shop.customers c LEFT JOIN shop.payment_cards p ON p.customer_id = c.id ORDER BY 1", ()),
    ("SELECT * FROM (SELECT id, name FROM shop.customers) a NATURAL JOIN (SELECT id, email FROM shop.customers) b"
     " ORDER BY id", ()),
    ("SELECT id, x.name, y.city FROM shop.customers x FULL JOIN shop.customers y USING (id) ORDER BY id", ()),
    # grouping
    ("SELECT birth_date, count(*) FROM shop.customers GROUP BY birth_date ORDER BY birth_date", ()),
    ("SELECT left(name, 1), count(*) FROM shop.customers GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC, 1", ()),
    ("SELECT count(DISTINCT phone), count(DISTINCT email), min(birth_date), max(name COLLATE \"C\") FROM shop.customers", ()),
    ("SELECT c.id, c.name, c.email, c.profile, sum(o.total) FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id"
     " GROUP BY c.id ORDER BY c.id", ()),
    ("SELECT city, gender, count(*), grouping(city, gender) FROM shop.customers GROUP BY ROLLUP (city, gender)"
     " ORDER BY 1, 2, 4", ()),
    ("SELECT gender, count(*) FILTER (WHERE phone LIKE '13%'), avg(extract(year FROM birth_date)) FROM shop.customers"
     " GROUP BY gender ORDER BY gender", ()),
    ("SELECT DISTINCT ON (birth_date) birth_date, id, name FROM shop.customers ORDER BY birth_date, id", ()),
    ("SELECT DISTINCT user_agent FROM shop.browsing_events ORDER BY 1", ()),
    # CTEs, subqueries, sets
    ("WITH old AS (SELECT id, name FROM shop.customers WHERE birth_date < '1960-01-01') SELECT * FROM old ORDER BY id", ()),
    ("WITH customers AS MATERIALIZED (SELECT * FROM shop.customers) SELECT id, phone FROM customers ORDER BY id", ()),
    ("WITH RECURSIVE n (i) AS (SELECT 1::bigint UNION ALL SELECT i + 1 FROM n WHERE i < 9)"
     " SELECT i, name FROM n JOIN shop.customers c ON c.id = n.i ORDER BY i", ()),
    ("SELECT id, (SELECT c.name FROM shop.customers c WHERE c.id = o.customer_id) FROM shop.orders o ORDER BY id LIMIT 40", ()),
    ("SELECT id, name FROM shop.customers c"
     " WHERE EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND o.total > $1) ORDER BY id", (2000,)),
    ("SELECT id FROM shop.customers WHERE name IN (SELECT recipient FROM shop.addresses WHERE is_default) ORDER BY id", ()),
    ("SELECT id, phone FROM shop.customers WHERE id = ANY ($1) ORDER BY id", ([3, 5, 8],)),
    ("SELECT name FROM shop.customers UNION SELECT recipient FROM shop.addresses ORDER BY name", ()),
    ("SELECT phone FROM shop.customers INTERSECT SELECT phone FROM shop.addresses ORDER BY phone", ()),
    ("SELECT phone FROM shop.customers WHERE gender = 'F' EXCEPT ALL SELECT phone FROM shop.customers WHERE id < 50"
     " ORDER BY phone", ()),
    ("SELECT c.id, last.placed_at FROM shop.customers c, LATERAL (SELECT o.placed_at FROM shop.orders o"
     " WHERE o.customer_id = c.id ORDER BY o.placed_at DESC LIMIT 1) last ORDER BY c.id", ()),
    ("SELECT v.label, c.name FROM (VALUES (1, 'a'), (2, 'b')) v (id, label) JOIN shop.customers c ON c.id = v.id"
     " ORDER BY 1", ()),
    ("VALUES (1, 'a'), (2, NULL)", ()),
    ("SELECT 1, 'x', NULL, 2.50, true, ARRAY[1, 2], DATE '2025-01-01', INTERVAL '1 day'", ()),
    # whole rows and documents
    ("SELECT row_to_json(c) ->> 'email', to_jsonb(c) -> 'profile' ->> 'phone' FROM shop.customers c ORDER BY c.id", ()),
    ("SELECT json_agg(c ORDER BY c.id) ->> 3 FROM shop.customers c", ()),
    ("SELECT (c).phone, (c).birth_date FROM shop.customers c ORDER BY (c).id LIMIT 9", ()),
    ("SELECT c.id, k.key, k.value FROM shop.customers c, jsonb_each(c.profile) k WHERE c.id < 4 ORDER BY 1, 2", ()),
    ("SELECT string_agg(name, ',' ORDER BY id), array_agg(phone ORDER BY id) FROM shop.customers WHERE id < 9", ()),
    ("SELECT c::text FROM shop.customers c ORDER BY c.id LIMIT 5", ()),
    ("SELECT count(c), count(*) FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id AND c.gender = 'F'", ()),
    # windows
    ("SELECT id, row_number() OVER (PARTITION BY birth_date ORDER BY id), lag(name) OVER (ORDER BY id) FROM shop.customers"
     " ORDER BY id", ()),
    ("SELECT id, rank() OVER w, first_value(email) OVER w FROM shop.customers"
     " WINDOW w AS (PARTITION BY city ORDER BY phone, id) ORDER BY id", ()),
    # expressions over masks
    ("SELECT id, CASE WHEN name LIKE '王%' THEN phone ELSE email END, coalesce(nullif(name, '张*'), '-') FROM shop.customers"
     " ORDER BY id", ()),
    ("SELECT id, age('2025-01-01', birth_date), extract(year FROM birth_date)::int FROM shop.customers"
     " ORDER BY id LIMIT 30", ()),
    # card numbers: masked after they are opened, text for the client
    ("SELECT id, card_no, holder, brand, expires FROM shop.payment_cards ORDER BY id", ()),
    ("SELECT * FROM shop.payment_cards WHERE brand = $1 ORDER BY id", ("Visa",)),
    ("WITH c AS (SELECT id, card_no AS number FROM shop.payment_cards) SELECT number, id FROM c ORDER BY id LIMIT 10", ()),
    ("SELECT card_no, id FROM shop.payment_cards WHERE id < 4 UNION ALL SELECT card_no, id FROM shop.payment_cards WHERE id = 9"
     " ORDER BY id", ()),
    ("SELECT brand, count(*), min(expires) FROM shop.payment_cards GROUP BY brand ORDER BY brand", ()),
)  # fmt: skip

# 30 million rows, where 10,000 are allowed. Wide ones: the server is stopped long before it could have sent them all.
ANALYST_EXPORT = (
    "SELECT i, c.name, repeat('-', 500) FROM generate_series(1, 100000) i CROSS JOIN shop.customers c"
)  # fmt: skip

# What an analyst is refused, with PostgreSQL's SQLSTATE or ours. None of it changes or shows anything.
ANALYST_REFUSED: Sequence[tuple[str, str]] = (
    ("INSERT INTO shop.customers (id, name) VALUES (1000000, 'x')", "42501"),
    ("UPDATE shop.customers SET name = 'x'", "42501"),
    ("UPDATE shop.customers SET city = name", "42501"),
    ("DELETE FROM shop.customers WHERE name = 'x'", "42501"),
    ("DELETE FROM shop.products RETURNING sku, (SELECT rolpassword FROM pg_catalog.pg_authid LIMIT 1)", "42501"),
    ("CREATE TABLE mine (id int)", "0A000"),
    ("CREATE TEMP TABLE mine (LIKE shop.customers)", "0A000"),
    ("SELECT name INTO mine FROM shop.customers", "0A000"),
    ("ALTER TABLE shop.customers ADD COLUMN more text", "0A000"),
    ("CALL shop.work()", "0A000"),
    ("COPY shop.products FROM '/etc/passwd'", "0A000"),
    ("COPY shop.products FROM PROGRAM 'id'", "0A000"),
    ("PREPARE p AS SELECT id FROM shop.payment_cards WHERE card_no = '6222'", "42501"),
    ("DECLARE c CURSOR WITH HOLD FOR SELECT upper(card_no) FROM shop.payment_cards", "42501"),
    ("EXPLAIN ANALYZE UPDATE shop.customers SET name = 'x'", "42501"),
    ("EXECUTE nobody_made_this", "26000"),
    ("FETCH ALL FROM nobody_made_this", "34000"),
    ("LISTEN orders", "42501"),
    ("TRUNCATE shop.customers", "0A000"),
    ("DROP TABLE shop.customers", "0A000"),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "0A000"),
    ("DO $$ BEGIN PERFORM 1; END $$", "0A000"),
    ("COPY shop.customers TO STDOUT", "42501"),
    ("COPY (SELECT * FROM shop.customers) TO STDOUT", "42501"),
    ("SELECT * FROM pg_catalog.pg_statistic", "42501"),
    ("SELECT rolpassword FROM pg_catalog.pg_authid", "42501"),
    ("SELECT id FROM shop.payment_cards WHERE card_no = '6222'", "42501"),
    ("SELECT upper(card_no) FROM shop.payment_cards", "42501"),
    ("SELECT card_no, count(*) FROM shop.payment_cards GROUP BY card_no", "42501"),
    ("SELECT id FROM shop.payment_cards ORDER BY card_no", "42501"),
    ("SELECT pg_read_file('PG_VERSION')", "0A000"),
    ("SELECT query_to_xml('SELECT 1', true, true, '')", "0A000"),
    ("SET row_security = off", "42501"),
    ("SET ROLE dba", "42501"),
    ("SELECT * FROM shop.no_such_table", "42P01"),
    ("SELECT no_such_column FROM shop.customers", "42703"),
    ("SELECT 1 +", "42601"),
    ("SELECT 1 / 0", "22012"),
)

# --- the app works with cards of its own

NUMBERS = tuple(f"99990000111122{n:02d}" for n in range(10))
ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE, TEN = NUMBERS
_INSERT = "INSERT INTO shop.payment_cards (customer_id, card_no, holder, brand, expires)"
_DAY = date(2030, 1, 1)


def app_script(ours: str) -> list[Ask]:
    """Reads and writes; afterwards no card of the brand `ours` is left. `ours` holds letters only."""
    return [
        ("SELECT id, customer_id, card_no, holder, brand, expires FROM shop.payment_cards ORDER BY id", ()),
        ("SELECT * FROM shop.payment_cards ORDER BY id LIMIT 3", ()),
        (f"{_INSERT} VALUES (1, '{ONE}', '甲', '{ours}', '2030-01-01') RETURNING card_no, brand", ()),
        (f"{_INSERT} VALUES ($1, $2, $3, $4, $5) RETURNING card_no", (2, TWO, "乙", ours, _DAY)),
        (f"{_INSERT} VALUES (3, $1, '丙', $2, $4), (4, '{FOUR}', '丁', $2, $4), (5, $3, '戊', $2, $4)",
         (THREE, ours, FIVE, _DAY)),
        (f"{_INSERT} SELECT 6, $1, '己', $2, $3::date", (SIX, ours, _DAY)),
        ("SELECT customer_id, card_no FROM shop.payment_cards WHERE brand = $1 ORDER BY customer_id", (ours,)),
        ("SELECT holder FROM shop.payment_cards WHERE card_no = $1", (TWO,)),
        (f"SELECT holder, card_no FROM shop.payment_cards WHERE '{ONE}' = card_no", ()),
        ("SELECT holder FROM shop.payment_cards WHERE card_no = $1", ("no such card",)),
        ("SELECT holder FROM shop.payment_cards WHERE card_no IN ($1, $2, '" + FOUR + "') ORDER BY customer_id", (TWO, THREE)),
        ("SELECT count(*) FROM shop.payment_cards WHERE card_no <> $1", (ONE,)),
        ("SELECT count(*) FROM shop.payment_cards WHERE card_no IS DISTINCT FROM $1 AND card_no IS NOT NULL", (ONE,)),
        ("SELECT a.card_no, b.holder FROM shop.payment_cards a JOIN shop.payment_cards b ON a.card_no = b.card_no"
         " WHERE a.brand = $1 ORDER BY a.customer_id", (ours,)),
        ("SELECT card_no, a.holder FROM shop.payment_cards a JOIN shop.payment_cards b USING (card_no) WHERE a.brand = $1"
         " ORDER BY a.customer_id", (ours,)),
        ("SELECT c.id, p.card_no FROM shop.customers c LEFT JOIN shop.payment_cards p ON p.customer_id = c.id AND p.brand = $1"
         " WHERE c.id < 10 ORDER BY c.id", (ours,)),
        ("SELECT holder FROM shop.payment_cards WHERE card_no IN (SELECT card_no FROM shop.payment_cards WHERE brand = $1)"
         " ORDER BY customer_id", (ours,)),
        ("WITH mine AS (SELECT customer_id, card_no FROM shop.payment_cards WHERE brand = $1)"
         " SELECT card_no FROM mine WHERE card_no <> $2 ORDER BY customer_id", (ours, ONE)),
        ("SELECT card_no FROM shop.payment_cards WHERE card_no = $1 UNION ALL"
         " SELECT card_no FROM shop.payment_cards WHERE card_no = $2", (ONE, TWO)),
        ("SELECT (SELECT card_no FROM shop.payment_cards p WHERE p.card_no = $1), 1", (THREE,)),
        ("SELECT c.id, l.card_no FROM shop.customers c, LATERAL (SELECT card_no FROM shop.payment_cards p"
         " WHERE p.customer_id = c.id AND p.brand = $1) l ORDER BY c.id", (ours,)),
        ("SELECT card_no, count(*) FROM shop.payment_cards WHERE card_no = $1 GROUP BY card_no", (ONE,)),
        ("SELECT count(card_no), count(*) FILTER (WHERE card_no IS NOT NULL) FROM shop.payment_cards WHERE brand = $1",
         (ours,)),
        ("UPDATE shop.payment_cards SET card_no = $1 WHERE card_no = $2 RETURNING card_no, holder", (SEVEN, SIX)),
        (f"UPDATE shop.payment_cards SET card_no = '{SIX}', holder = $1 WHERE card_no = '{SEVEN}'", ("新",)),
        (f"{_INSERT} VALUES (7, $1, '庚', $2, $3) ON CONFLICT (card_no) DO NOTHING", (ONE, ours, _DAY)),
        (f"{_INSERT} VALUES (7, $1, '辛', $2, $3) ON CONFLICT (card_no) DO UPDATE SET holder = excluded.holder"
         " RETURNING card_no, holder, customer_id", (ONE, ours, _DAY)),
        (f"{_INSERT} VALUES (8, $1, '壬', $2, $3)", (ONE, ours, _DAY)),  # 23505
        (f"{_INSERT} VALUES (8, NULL, '壬', $1, $2)", (ours, _DAY)),  # 23502
        ("DELETE FROM shop.payment_cards WHERE card_no = $1 RETURNING card_no, holder", (TWO,)),
        ("DELETE FROM shop.payment_cards WHERE card_no IN ($1, $2)", (THREE, FOUR)),
        ("SELECT customer_id, card_no, holder FROM shop.payment_cards WHERE brand = $1 ORDER BY customer_id", (ours,)),
        ("SELECT name, phone, id_card FROM shop.customers WHERE id = $1", (1,)),
        ("DELETE FROM shop.payment_cards WHERE brand = $1", (ours,)),
        ("SELECT count(*), count(card_no) FROM shop.payment_cards", ()),
    ]  # fmt: skip


# What the server cannot compute on ciphertext: refused, and nothing changes.
APP_REFUSED: Sequence[str] = (
    "SELECT id FROM shop.payment_cards WHERE card_no LIKE '6222%'",
    "SELECT id FROM shop.payment_cards WHERE card_no < '6222'",
    "SELECT id FROM shop.payment_cards ORDER BY card_no",
    "SELECT upper(card_no) FROM shop.payment_cards",
    "SELECT max(card_no) FROM shop.payment_cards",
    "SELECT card_no || 'x' FROM shop.payment_cards",
    "SELECT coalesce(card_no, '-') FROM shop.payment_cards",
    "UPDATE shop.payment_cards SET holder = 'x' WHERE card_no LIKE '6%'",
    "UPDATE shop.payment_cards SET card_no = card_no || 'x'",
    "UPDATE shop.payment_cards SET card_no = concat('1', '2')",
    "UPDATE shop.payment_cards SET holder = card_no",
    "DELETE FROM shop.payment_cards WHERE length(card_no) > 3",
    "COPY shop.payment_cards TO STDOUT",
)
