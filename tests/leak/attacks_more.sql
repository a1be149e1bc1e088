-- What the planner folds, attribute notation on rows of all kinds, and a target seen from every clause.
-- The words are those of attacks.sql.

-- attack: EXPLAIN of a view that folds a value
EXPLAIN SELECT id FROM shop.v_folded
-- attack: EXPLAIN VERBOSE of a view that folds a value, in JSON
EXPLAIN (VERBOSE, FORMAT json) SELECT * FROM shop.v_folded
-- attack: EXPLAIN of a policy that folds a value
EXPLAIN SELECT id FROM shop.folded
-- attack: EXPLAIN of a write whose policy folds a value
EXPLAIN UPDATE shop.folded SET id = id
-- attack: EXPLAIN of a write to a view that folds a value
EXPLAIN UPDATE shop.v_folded SET city = city
-- attack: EXPLAIN EXECUTE of a view that folds a value
PREPARE p AS SELECT id FROM shop.v_folded
-- then
EXPLAIN EXECUTE p
-- attack: EXPLAIN DECLARE of a view that folds a value
EXPLAIN DECLARE c CURSOR FOR SELECT id FROM shop.v_folded
-- attack: EXPLAIN CREATE TABLE AS of a view that folds a value
EXPLAIN CREATE TEMP TABLE loot AS SELECT id FROM shop.v_folded
-- attack: EXPLAIN of a COPY's write over a policy
EXPLAIN DELETE FROM shop.folded WHERE id = 1
-- attack: EXPLAIN of a join with a view that folds a value
EXPLAIN SELECT 1 FROM shop.orders o JOIN shop.v_folded v ON v.id = o.id
-- attack: attribute notation on a temporary table
SET search_path = lib
-- then
CREATE TEMP TABLE loot AS SELECT 1 AS x
-- then
SELECT l.peek FROM loot l
-- attack: attribute notation on a temporary table's row
SET search_path = lib
-- then
CREATE TEMP TABLE loot AS SELECT 1 AS x
-- then
SELECT (l).peek FROM loot l
-- attack: attribute notation in RETURNING of a temporary table
SET search_path = lib
-- then
CREATE TEMP TABLE loot AS SELECT 1 AS x
-- then
UPDATE loot SET x = 2 RETURNING loot.peek
-- attack: attribute notation on a VALUES list
SET search_path = lib
-- then
SELECT v.peek FROM (VALUES (1)) v(x)
-- attack: attribute notation on a function's row
SET search_path = lib
-- then
SELECT e.peek FROM jsonb_each('{"a": 1}') e
-- attack: attribute notation on a CTE of a write
SET search_path = lib
-- then
WITH u AS (UPDATE shop.phone SET kind = 'x' RETURNING id) SELECT u.peek FROM u
-- attack: attribute notation in ON CONFLICT
SET search_path = lib
-- then
INSERT INTO shop.phone (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = excluded.peek RETURNING kind
-- attack: attribute notation in MERGE
-- since: 17
SET search_path = lib
-- then
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN UPDATE SET kind = v.peek RETURNING kind
-- attack: attribute notation of a joined row
SET search_path = lib
-- then
SELECT j.peek FROM (shop.orders a JOIN shop.phone b USING (id)) j
-- attack: attribute notation of old
-- since: 18
SET search_path = lib
-- then
UPDATE shop.phone SET kind = 'x' RETURNING old.peek
-- attack: functional notation of a column in a temporary table
CREATE TEMP TABLE loot AS SELECT email AS upper FROM shop.customers
-- then
SELECT upper(loot) FROM loot
-- attack: trusted function as a default of a temporary column, in attribute notation
SET search_path = lib
-- then
CREATE TEMP TABLE loot (x int, y text DEFAULT peek(1))
-- then
INSERT INTO loot (x) VALUES (1) RETURNING y
-- attack: an index of a temporary table that calls
SET search_path = lib
-- then
CREATE TEMP TABLE loot (x int)
-- then
CREATE INDEX ON loot (peek(x))
-- silent: PostgreSQL wants an immutable function
-- attack: a folded call in a temporary table's check
CREATE TEMP TABLE loot (x text CHECK (x <> lib.first_mail()))
-- then
INSERT INTO loot VALUES ('kanarienvogel@leaky-corp.cn')
-- attack: a temporary table, then everything in one text
CREATE TEMP TABLE loot AS SELECT email FROM shop.customers; SELECT * FROM loot; DROP TABLE loot; SELECT email FROM shop.customers
-- attack: a folded call in EXPLAIN
EXPLAIN SELECT 1 WHERE lib.first_mail() = ''
-- silent: the condition is folded away
-- attack: a folded call in VALUES
EXPLAIN VERBOSE SELECT lib.first_mail()
-- attack: a cast of a record to the row type
SELECT (ROW(c.*)::shop.customers).email FROM shop.customers c
-- attack: composite subscripts of a temporary copy
CREATE TEMP TABLE loot AS SELECT ARRAY[c] AS a FROM shop.customers c
-- then
SELECT (a[1]).email FROM loot
-- attack: a refcursor of the shop's own
BEGIN
-- then
UPDATE shop.habits SET habit = 'cursor'
-- then
FETCH ALL FROM shop_cursor
-- then
ROLLBACK
-- attack: a statement the shop's own code prepared
UPDATE shop.habits SET habit = 'prepared'
-- then
EXECUTE shop_prepared
-- attack: row comparison of the target in a temporary table
CREATE TEMP TABLE loot AS SELECT id, phone FROM shop.phone
-- then
UPDATE shop.phone p SET kind = 'oracle:' || 'yes' FROM loot l WHERE (p.id, p.phone) = (l.id, '13987654321') RETURNING kind
-- attack: GROUP BY ALL of cards
SELECT DISTINCT ON (p.*) p.card_no FROM shop.payment_cards p
-- attack: a window over the target
UPDATE shop.phone p SET kind = (SELECT first_value(p.phone) OVER () FROM (SELECT 1) q) RETURNING kind
-- attack: VALUES that see the target
UPDATE shop.phone p SET kind = (VALUES (p.phone)) RETURNING kind
-- attack: TABLE inside a write
UPDATE shop.phone SET kind = (TABLE shop.v_mails LIMIT 1)::text RETURNING kind
-- silent: a subquery of two columns
-- attack: a set operation that sees the target
UPDATE shop.phone p SET kind = (SELECT p.phone UNION SELECT p.phone) RETURNING kind
-- attack: a recursive CTE that sees the target
UPDATE shop.phone p SET kind = (WITH RECURSIVE r(x, n) AS (SELECT p.phone, 0 UNION ALL SELECT x, n + 1 FROM r WHERE n < 2) SELECT x FROM r LIMIT 1) RETURNING kind
-- attack: a LIMIT that sees the target
UPDATE shop.phone p SET kind = (SELECT 'oracle:' || 'yes' LIMIT length(p.phone)) RETURNING kind
-- attack: a JSON constructor over the target
-- since: 16
UPDATE shop.phone SET kind = JSON_OBJECT('p': phone) RETURNING kind
-- attack: a JSON path over the target
-- since: 17
UPDATE shop.phone SET kind = JSON_VALUE('{}', '$x' PASSING phone AS x) RETURNING kind
-- attack: GROUPING of the target
DELETE FROM shop.phone p WHERE EXISTS (SELECT 1 FROM (SELECT 1) q GROUP BY p.phone HAVING p.phone LIKE '139%') RETURNING 'oracle:' || 'yes'
-- attack: ORDER BY over the target
UPDATE shop.odd o SET open = (SELECT x FROM (VALUES ('oracle:' || 'yes'), ('no')) v(x) ORDER BY (o.name LIKE '欧阳%') = (x LIKE 'o%') DESC LIMIT 1) RETURNING open
-- attack: a function in FROM over the target
UPDATE shop.phone p SET kind = (SELECT string_agg(s, '') FROM regexp_split_to_table(p.phone, '') s) RETURNING kind
-- attack: JOIN ON over the target
UPDATE shop.phone p SET kind = (SELECT 'oracle:' || 'yes' FROM (SELECT 1) a JOIN (SELECT 2) b ON p.phone LIKE '139%') RETURNING kind
-- attack: TABLESAMPLE in a write
UPDATE other.customers o SET name = c.email FROM shop.customers c TABLESAMPLE SYSTEM (100) WHERE c.id = o.id RETURNING o.name
-- attack: ROWS FROM in a write
UPDATE shop.phone p SET kind = (SELECT r.a FROM ROWS FROM (unnest(ARRAY[p.phone])) r(a)) RETURNING kind
-- attack: a named argument over the target
UPDATE shop.phone SET kind = make_interval(days => length(phone))::text || phone RETURNING kind
-- attack: COLLATE over the target
UPDATE shop.phone SET kind = phone COLLATE "C" RETURNING kind
-- attack: AT TIME ZONE over the target
UPDATE shop.customers SET city = (birth_date AT TIME ZONE 'UTC')::date::text RETURNING city
-- attack: EXTRACT over the target
UPDATE shop.customers SET city = EXTRACT(epoch FROM birth_date)::text || birth_date RETURNING city
-- attack: BETWEEN over the target
DELETE FROM shop.phone WHERE phone BETWEEN '139' AND '140' RETURNING 'oracle:' || 'yes'
-- attack: SIMILAR TO over the target
DELETE FROM shop.phone WHERE phone SIMILAR TO '139%' RETURNING 'oracle:' || 'yes'
-- attack: IS DISTINCT FROM over the target
DELETE FROM shop.phone WHERE phone IS NOT DISTINCT FROM '13987654321' RETURNING 'oracle:' || 'yes'
-- attack: ANY over the target
DELETE FROM shop.phone WHERE phone = ANY (ARRAY['13987654321']) RETURNING 'oracle:' || 'yes'
-- attack: IS NULL over the target
DELETE FROM shop.phone WHERE phone IS NOT NULL RETURNING 'oracle:' || 'yes'
-- attack: CASE over the target
DELETE FROM shop.phone WHERE CASE phone WHEN '13987654321' THEN true END RETURNING 'oracle:' || 'yes'
