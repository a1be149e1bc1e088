-- What an analyst with raw SELECT in the database tries through the proxy. One block an attack:
--   a comment `attack: title`  begins it
--   -- silent: reason         it leaks nowhere, also without the proxy, and is kept for what it does to the proxy
--   -- versions: 15 16        only on these servers (default: the newest)
--   -- since: 17              on no server before it
--   -- then                   the next statement of the same session
--   -- alone                  in no transaction block; what it writes for good is taken back by
--   -- undo: SQL
--   -- open: reason           it still leaks through the proxy: a strict xfail
-- One that writes is run in a block that is rolled back.

-- attack: plain star
SELECT * FROM shop.customers
-- attack: named columns
SELECT name, email, phone, id_card, birth_date, profile, salary FROM shop.customers
-- attack: ONLY
SELECT * FROM ONLY shop.customers
-- attack: ONLY in brackets
SELECT * FROM ONLY (shop.customers)
-- attack: old star form
SELECT * FROM shop.customers *
-- attack: TABLE command
TABLE shop.customers
-- attack: TABLE in a set operation
SELECT NULL::int, NULL, NULL WHERE false UNION ALL TABLE other.customers UNION ALL (SELECT id, name, email FROM shop.customers)
-- attack: TABLESAMPLE
SELECT email FROM shop.customers TABLESAMPLE SYSTEM (100)
-- attack: TABLESAMPLE REPEATABLE with an alias list
SELECT c FROM shop.customers AS x(a, b, c, d) TABLESAMPLE BERNOULLI (100) REPEATABLE (1)
-- attack: whole row
SELECT c FROM shop.customers c
-- attack: whole row by the relation's own name
SELECT customers FROM shop.customers
-- attack: whole row cast back
SELECT (c::shop.customers).email FROM shop.customers c
-- attack: whole row through array_agg
SELECT (array_agg(c))[1] FROM shop.customers c
-- attack: whole row through text
SELECT c::text FROM shop.customers c
-- attack: whole row through CASE
SELECT CASE WHEN true THEN c END FROM shop.customers c
-- attack: whole row through lag
SELECT lag(c) OVER (ORDER BY id) FROM shop.customers c
-- attack: whole row through coalesce
SELECT coalesce(c, c) FROM shop.customers c
-- attack: whole row as JSON
SELECT to_json(c), row_to_json(c), to_jsonb(c), json_agg(c) OVER () FROM shop.customers c
-- attack: row constructor
SELECT ROW(c.*) FROM shop.customers c
-- attack: row in a scalar subquery
SELECT (SELECT c FROM shop.customers c WHERE id = 1)
-- attack: row in ARRAY
SELECT ARRAY(SELECT c FROM shop.customers c)
-- attack: row in DISTINCT
SELECT DISTINCT c.* FROM shop.customers c
-- attack: row IS NOT NULL and a text function in attribute notation
SELECT c.email.text FROM (SELECT ROW(email) AS email FROM shop.customers) c
-- silent: PostgreSQL has no such field
-- attack: functional notation of a built-in
SELECT c.row_to_json FROM shop.customers c
-- attack: functional notation of to_json
SELECT (c).to_json FROM shop.customers c
-- attack: text(record)
SELECT text(c.*) FROM shop.customers c
-- silent: no such cast function
-- attack: format
SELECT format('%s|%I|%L', email, name, c) FROM shop.customers c
-- attack: concat_ws
SELECT concat_ws('|', c.*) FROM shop.customers c
-- attack: quote_literal
SELECT quote_literal(c) FROM shop.customers c
-- attack: reversed
SELECT reverse(email), reverse(name) FROM shop.customers
-- attack: hex
SELECT encode(convert_to(email, 'UTF8'), 'hex') FROM shop.customers
-- attack: base64
SELECT encode(convert_to(email, 'UTF8'), 'base64') FROM shop.customers
-- attack: escape
SELECT encode(convert_to(name, 'UTF8'), 'escape') FROM shop.customers
-- attack: upper case by the generated column
SELECT initials, lower(initials) FROM shop.customers
-- attack: column nobody classified
SELECT unlisted FROM shop.customers
-- attack: error of a cast
SELECT email::int FROM shop.customers
-- attack: error of a cast to date
SELECT name::date FROM shop.customers
-- attack: error of a json cast
SELECT email::json FROM shop.customers
-- silent: the message quotes a piece
-- attack: error of to_date
SELECT to_timestamp(email, 'YYYY-MM-DD') FROM shop.customers
-- silent: the message quotes a piece
-- attack: error of regexp
SELECT 'a' ~ ('[' || email) FROM shop.customers
-- silent: the message quotes no value
-- attack: error of an enum
SELECT email::shop.status FROM shop.customers
-- attack: error of a range
SELECT numrange(salary, 0) FROM shop.customers
-- silent: the message names no value
-- attack: error in a pushed-down condition
SELECT 1 FROM shop.customers WHERE email::int = 1
-- attack: error behind LIMIT
SELECT 1 FROM shop.customers LIMIT (SELECT email::int FROM shop.customers LIMIT 1)
-- attack: error in regclass
SELECT email::regclass FROM shop.customers WHERE id = 1
-- silent: the message quotes no value
-- attack: error in a join
SELECT 1 FROM shop.customers a JOIN shop.customers b ON a.email::int = b.id
-- attack: error of uuid
SELECT phone::uuid FROM shop.customers
-- attack: error of set_config
SELECT set_config('work_mem', email, false) FROM shop.customers
-- attack: setting as a carrier
SELECT set_config('application_name', email, false) FROM shop.customers WHERE id = 1
-- then
SHOW application_name
-- attack: setting of one's own as a carrier
SELECT set_config('my.carrier', email, false) FROM shop.customers WHERE id = 1
-- then
SELECT current_setting('my.carrier')
-- attack: notification as a carrier
LISTEN loot
-- then
SELECT pg_notify('loot', (SELECT email FROM shop.customers WHERE id = 1))
-- silent: a notification leaves at COMMIT only
-- attack: NOTIFY by itself
NOTIFY loot, 'x'
-- silent: it carries a constant only
-- attack: predicate by LIKE
SELECT 'oracle:' || 'yes' FROM shop.customers WHERE email LIKE 'kanarienv%'
-- attack: predicate by =
SELECT 'oracle:' || 'yes' FROM shop.customers WHERE phone = '13987654321'
-- attack: predicate in HAVING
SELECT 'oracle:' || 'yes' FROM shop.customers HAVING max(salary) = 48271.93
-- attack: predicate by a date
SELECT 'oracle:' || 'yes' FROM shop.customers WHERE birth_date = '1990-03-07'
-- attack: predicate in FILTER
SELECT CASE WHEN count(*) FILTER (WHERE id_card LIKE '%307888X') > 0 THEN 'oracle:' || 'yes' END FROM shop.customers
-- attack: predicate in a subquery
SELECT 'oracle:' || 'yes' WHERE '13987654321' IN (SELECT phone FROM shop.customers)
-- attack: predicate over JSON
SELECT 'oracle:' || 'yes' FROM shop.customers WHERE profile @> '{"wechat": "wx_quetzal_7731"}'
-- attack: JSON path
SELECT jsonb_path_query(profile, '$.wechat') FROM shop.customers
-- attack: JSON subscript
SELECT profile['wechat'] FROM shop.customers
-- attack: JSON each
SELECT e.* FROM shop.customers c, jsonb_each_text(c.profile) e
-- attack: JSON populate
SELECT jsonb_populate_record(NULL::shop.customers, to_jsonb(c)) FROM shop.customers c
-- attack: JSON constructor
-- since: 16
SELECT JSON_OBJECT('a': email), JSON_ARRAY(email, name), JSON_ARRAY(SELECT email FROM shop.customers) FROM shop.customers
-- attack: JSON aggregate
-- since: 16
SELECT JSON_OBJECTAGG(id: email), JSON_ARRAYAGG(name) FROM shop.customers
-- attack: JSON scalar
-- since: 17
SELECT JSON_SCALAR(email), JSON_SERIALIZE(to_json(email)) FROM shop.customers
-- attack: JSON_VALUE with PASSING
-- since: 17
SELECT JSON_VALUE('{}', '$x' PASSING email AS x) FROM shop.customers
-- attack: JSON_TABLE
-- since: 17
SELECT t.* FROM shop.customers c, JSON_TABLE(c.profile, '$' COLUMNS (w text PATH '$.wechat', NESTED PATH '$.*' COLUMNS (x text PATH '$'))) t
-- attack: XMLTABLE
-- versions: 15
SELECT t.* FROM shop.customers c, XMLTABLE('/a' PASSING xmlelement(name a, c.email) COLUMNS v text PATH '.') t
-- attack: xmlforest
-- versions: 15
SELECT xmlforest(email, name) FROM shop.customers
-- attack: xmlelement with an attribute
-- versions: 15
SELECT xmlelement(name a, xmlattributes(email AS b), name) FROM shop.customers
-- attack: query_to_xml
-- versions: 15
SELECT query_to_xml('SELECT email FROM shop.customers', true, true, '')
-- attack: table_to_xml
-- versions: 15
SELECT table_to_xml('shop.customers', true, true, '')
-- attack: schema_to_xml
-- versions: 15
SELECT schema_to_xml('shop', true, true, '')
-- attack: cursor_to_xml
SELECT cursor_to_xml('c', 1, true, true, '')
-- silent: there is no such cursor
-- attack: ts_stat
SELECT * FROM ts_stat('SELECT to_tsvector(''simple'', email) FROM shop.customers')
-- attack: ts_rewrite
SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, plainto_tsquery(''simple'', email) FROM shop.customers LIMIT 1')
-- attack: large object
SELECT lo_get(771)
-- attack: large object by its table
SELECT data FROM pg_largeobject
-- silent: only a superuser may
-- attack: pg_stats
SELECT * FROM pg_stats WHERE tablename = 'customers'
-- attack: pg_statistic
SELECT starelid, stavalues1::text FROM pg_statistic
-- silent: only a superuser may
-- attack: statistics through a view of eve
SELECT * FROM evil.stats
-- attack: extended statistics
SELECT * FROM pg_stats_ext
-- silent: too few rows for extended values
-- attack: partition bounds
SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relpartbound IS NOT NULL
-- attack: partition constraint
SELECT pg_get_partition_constraintdef(oid) FROM pg_class WHERE relispartition
-- attack: partition constraint named in full
SELECT "pg_catalog"."pg_get_partition_constraintdef"('shop.visits_1'::regclass)
-- attack: partition directly
SELECT * FROM shop.visits_1
-- attack: tableoid of a partitioned relation
SELECT tableoid::regclass, city, who FROM shop.visits
-- attack: partitioned parent
SELECT * FROM shop.visits
-- attack: inheritance child
SELECT * FROM shop.customers_vip
-- attack: child of a protected parent
SELECT * FROM shop.staff
-- attack: parent of a protected child
SELECT name, phone FROM shop.people
-- attack: view
SELECT * FROM shop.v_customers
-- attack: view of whole rows
SELECT * FROM shop.v_whole
-- attack: materialised view
SELECT * FROM shop.mv_customers
-- attack: view of ciphertext
SELECT * FROM shop.v_cards
-- attack: relation with a quoted Chinese name
SELECT * FROM shop."客户 档案"
-- attack: Chinese columns by their names
SELECT "姓名", "客户 档案"."电话" FROM shop."客户 档案"
-- attack: Unicode escapes in a name
SELECT email FROM shop.U&"cus\0074omers"
-- attack: Unicode escapes with UESCAPE
SELECT email FROM shop.U&"cus!0074omers" UESCAPE '!'
-- attack: Unicode escapes in schema and column
SELECT U&"em\0061il" FROM U&"sh\006Fp"."customers"
-- attack: case folding
SELECT EMAIL FROM SHOP.CUSTOMERS
-- attack: comments inside a name
SELECT email FROM shop/* a /* b */ */./**/"customers" -- c
-- attack: database-qualified
SELECT email FROM shop . customers AS "shop.customers"
-- attack: the same name in two schemas
SELECT a.email, b.email FROM other.customers a, shop.customers b
-- attack: the same name in two schemas without aliases
SELECT shop.customers.email, other.customers.email FROM shop.customers, other.customers
-- attack: a name from the path
SET search_path = shop
-- then
SELECT email FROM customers
-- attack: a name from the path changed in one text
SET search_path = other; SET search_path = shop; SELECT email FROM customers
-- attack: a name from a path that changes back
BEGIN
-- then
SET LOCAL search_path = shop
-- then
SELECT email FROM customers
-- then
ROLLBACK
-- attack: a relation named like a CTE
WITH customers AS (SELECT * FROM shop.customers) SELECT * FROM customers
-- attack: a CTE that names the relation it hides
SET search_path = shop
-- then
WITH customers AS (SELECT * FROM customers) SELECT * FROM customers
-- attack: a CTE beside the relation it hides
SET search_path = shop
-- then
WITH customers AS (SELECT 1 AS x) SELECT x, s.email FROM customers, shop.customers s
-- attack: a CTE inside a CTE with the same name
WITH a AS (WITH a AS (SELECT email FROM shop.customers) SELECT * FROM a) SELECT * FROM a
-- attack: a CTE of an arm is not seen by the other
SET search_path = shop
-- then
(WITH customers AS (SELECT 'x' AS email) SELECT email FROM customers) UNION ALL SELECT email FROM customers
-- attack: a CTE of a subquery is not seen outside
SET search_path = shop
-- then
SELECT (WITH customers AS (SELECT 'x' AS email) SELECT email FROM customers), email FROM customers
-- attack: materialised CTE
WITH a AS MATERIALIZED (SELECT * FROM shop.customers) SELECT a FROM a
-- attack: recursive CTE
WITH RECURSIVE r AS (SELECT id, email::text FROM shop.customers WHERE id = 1 UNION SELECT c.id, r.email || c.email FROM r, shop.customers c WHERE c.id = r.id + 1) SELECT * FROM r
-- attack: recursive CTE with SEARCH
WITH RECURSIVE r AS (SELECT id, email FROM shop.customers UNION ALL SELECT r.id + 100, r.email FROM r WHERE r.id < 9) SEARCH DEPTH FIRST BY email SET o SELECT o FROM r
-- attack: recursive CTE with CYCLE
WITH RECURSIVE r AS (SELECT id, email FROM shop.customers UNION ALL SELECT r.id, r.email FROM r) CYCLE email SET c USING p SELECT p FROM r
-- attack: LATERAL
SELECT l.* FROM shop.customers c, LATERAL (SELECT c.email, c.* ) l
-- attack: LATERAL VALUES
SELECT v.* FROM shop.customers c, LATERAL (VALUES (c.email), (c.name)) v(x)
-- attack: ROWS FROM
SELECT r.* FROM shop.customers c, ROWS FROM (unnest(ARRAY[c.email, c.name]), generate_series(1, 2)) WITH ORDINALITY r
-- attack: unnest of a column
SELECT unnest(string_to_array(email, '@')) || '|' || email FROM shop.customers
-- attack: NATURAL JOIN
SELECT * FROM shop.customers NATURAL JOIN other.customers
-- silent: no rows join
-- attack: USING
SELECT email, a.name FROM shop.customers a JOIN shop.customers b USING (email)
-- attack: USING with an alias
SELECT j.email FROM shop.customers a JOIN shop.customers b USING (email) AS j
-- attack: FULL JOIN USING
SELECT * FROM shop.customers a FULL JOIN other.customers b USING (id, email)
-- attack: join with an alias of its own
SELECT j.* FROM (shop.customers a JOIN shop.orders b ON a.id = b.customer_id) AS j
-- attack: join with an alias list
SELECT x3, x2 FROM (shop.customers a CROSS JOIN shop.orders b) AS j(x1, x2, x3)
-- attack: alias list swaps names
SELECT id FROM shop.customers AS c(name, id, city, email)
-- attack: alias named like a column
SELECT email FROM shop.customers email
-- attack: GROUPING SETS
SELECT email, name, count(*) FROM shop.customers GROUP BY GROUPING SETS ((email), (name), ())
-- attack: CUBE
SELECT email, phone, grouping(email) FROM shop.customers GROUP BY CUBE (email, phone)
-- attack: GROUP BY primary key
SELECT c.*, count(*) FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id GROUP BY c.id
-- attack: aggregates
SELECT max(email), string_agg(name, ','), array_agg(phone), json_object_agg(id, id_card) FROM shop.customers
-- attack: ordered-set aggregates
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY email), mode() WITHIN GROUP (ORDER BY name) FROM shop.customers
-- attack: hypothetical aggregate
SELECT percentile_disc(0) WITHIN GROUP (ORDER BY salary) FROM shop.customers
-- attack: window functions
SELECT first_value(email) OVER w, nth_value(name, 1) OVER w FROM shop.customers WINDOW w AS (ORDER BY id)
-- attack: set operations
SELECT email FROM shop.customers EXCEPT SELECT 'x' UNION SELECT name FROM shop.customers
-- attack: FOR UPDATE
SELECT email FROM shop.customers FOR UPDATE OF customers
-- attack: subscript of an array of rows
SELECT (ARRAY(SELECT c FROM shop.customers c))[1].email
-- attack: field of a function's row
SELECT (json_populate_record(NULL::shop.customers, row_to_json(c))).email FROM shop.customers c
-- attack: system column
SELECT ctid, xmin, email FROM shop.customers
-- attack: multi-statement text
SELECT 1; SELECT email FROM shop.customers; SELECT name FROM shop.customers
-- attack: empty statements between
;; SELECT email FROM shop.customers ;;
-- attack: dollar quotes hide nothing
SELECT $a$ ' $a$, email FROM shop.customers
-- attack: E strings hide nothing
SELECT E'\'', email FROM shop.customers -- '
-- attack: names longer than 63 bytes
SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.email FROM shop.customers aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbb
-- attack: CTE names longer than 63 bytes
WITH aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabb AS (SELECT email FROM shop.customers) SELECT * FROM aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaacc
-- attack: COPY
COPY shop.customers TO STDOUT
-- attack: COPY of a query
COPY (SELECT email FROM shop.customers) TO STDOUT
-- attack: cursor
BEGIN
-- then
DECLARE c CURSOR FOR SELECT email FROM shop.customers
-- then
FETCH ALL FROM c
-- attack: SQL PREPARE
PREPARE loot AS SELECT email FROM shop.customers
-- then
EXECUTE loot
-- attack: EXPLAIN ANALYZE
EXPLAIN (ANALYZE, VERBOSE) SELECT 1 FROM shop.customers WHERE email = (SELECT max(email) FROM shop.customers)
-- silent: a plan shows no values of rows
-- attack: CREATE TEMP TABLE AS
CREATE TEMP TABLE loot AS SELECT email FROM shop.customers
-- then
SELECT * FROM loot
-- attack: SELECT INTO
SELECT email INTO TEMP loot FROM shop.customers
-- then
TABLE pg_temp.loot
-- attack: temp view
CREATE TEMP VIEW loot AS SELECT email FROM shop.customers
-- then
TABLE loot
-- attack: DO
DO $$ BEGIN RAISE NOTICE '%', (SELECT email FROM shop.customers WHERE id = 1); END $$
-- attack: temp function
CREATE FUNCTION pg_temp.loot() RETURNS text LANGUAGE sql AS 'SELECT email FROM shop.customers WHERE id = 1'
-- then
SELECT pg_temp.loot()
-- attack: INSERT RETURNING into a box of eve
INSERT INTO evil.loot_box SELECT email FROM shop.customers RETURNING x
-- attack: INSERT inside WITH
WITH w AS (INSERT INTO evil.loot_box SELECT email FROM shop.customers RETURNING x) SELECT * FROM w
-- attack: MERGE
-- since: 17
MERGE INTO evil.loot_box b USING shop.customers c ON b.x = c.email WHEN NOT MATCHED THEN INSERT VALUES (c.email) RETURNING b.x
-- attack: debug settings
SET debug_print_parse = on
-- then
SET client_min_messages = log
-- then
SELECT email FROM shop.customers WHERE email = 'kanarienvogel@leaky-corp.cn'
-- attack: row order by an index is not a value
SELECT id FROM shop.customers ORDER BY salary
-- silent: order only
-- attack: transaction control around it
BEGIN; SELECT email FROM shop.customers; COMMIT
-- attack: after an error in a block
BEGIN
-- then
SELECT 1/0
-- then
ROLLBACK; SELECT email FROM shop.customers
-- attack: savepoints
BEGIN; SAVEPOINT a; SELECT email FROM shop.customers; ROLLBACK TO a; COMMIT
-- attack: DISCARD ALL and on
DISCARD ALL
-- then
SELECT email FROM shop.customers
-- silent: without the proxy it stands in a block, where it fails
-- attack: standard_conforming_strings
SET standard_conforming_strings = off
-- then
SELECT '\'' || email FROM shop.customers --'
-- attack: client_encoding
SET client_encoding = 'GBK'
-- then
SELECT convert_to(email, 'UTF8') FROM shop.customers
-- attack: bytea_output
SET bytea_output = escape
-- then
SELECT card_no, convert_to(email, 'UTF8') FROM shop.payment_cards, shop.customers
-- attack: SET ROLE
SET ROLE NONE; SELECT email FROM shop.customers
-- attack: row of a foreign key's other side
SELECT o.*, (SELECT c FROM shop.customers c WHERE c.id = o.customer_id) FROM shop.orders o
-- attack: order notes
SELECT note, o FROM shop.orders o

-- Code of others ----------------------------------------------------------------------------------------------------------

-- attack: function of eve
SELECT evil.loot()
-- attack: function of eve in FROM
SELECT * FROM evil.rows()
-- attack: operator of eve
SELECT 'a'::text OPERATOR(evil.#>#) 'b'
-- attack: operator of eve in ORDER BY USING
SELECT 1 FROM shop.defaults ORDER BY hint USING OPERATOR(evil.#>#)
-- silent: no ordering operator
-- attack: operator of eve in ANY
SELECT 'a'::text OPERATOR(evil.=) ANY (ARRAY['b'])
-- attack: domain of eve
SELECT 'a'::evil.dom
-- attack: array of a domain
SELECT '{a}'::evil.dom[]
-- attack: composite of a domain
SELECT ROW('a', 1)::evil.comp
-- attack: domain in a column definition list
SELECT * FROM jsonb_to_recordset('[{"a": "x"}]') AS x(a evil.dom)
-- attack: domain in JSON_TABLE
-- since: 17
SELECT * FROM JSON_TABLE('{"a": "x"}', '$' COLUMNS (a evil.dom PATH '$.a')) t
-- attack: domain in JSON_VALUE
-- since: 17
SELECT JSON_VALUE('{"a": "x"}', '$.a' RETURNING evil.dom)
-- attack: domain through json_populate_record
SELECT jsonb_populate_record(NULL::evil.comp, '{"a": "x"}')
-- attack: domain by its name as text
-- since: 16
SELECT pg_input_is_valid('a', 'evil.dom')
-- attack: domain by record_in
SELECT record_in('(a,1)', 'evil.comp'::regtype, -1)
-- attack: domain by array_in
SELECT array_in('{a}', 'evil.dom'::regtype, -1)
-- attack: domain by domain_in
SELECT domain_in('a', 'evil.dom'::regtype, -1)
-- attack: domain in a view
SELECT * FROM evil.dom_view
-- attack: view of eve
SELECT * FROM evil.v
-- attack: view of eve over query_to_xml
-- versions: 15
SELECT * FROM evil.xml
-- attack: view of eve over a large object
SELECT * FROM evil.lo
-- attack: view of eve over activity
SELECT * FROM evil.activity
-- silent: nobody else is running anything
-- attack: policy of eve
SELECT * FROM evil.rls
-- attack: trigger of eve
INSERT INTO evil.trg(id) VALUES (1) RETURNING x
-- attack: default of eve
INSERT INTO evil.innocent(id) VALUES (1) RETURNING x
-- attack: attribute notation
SELECT base.full_name FROM evil.base
-- silent: evil is not in the path
-- attack: attribute notation with the path
SET search_path = evil
-- then
SELECT base.full_name FROM base
-- attack: attribute notation on an expression
SET search_path = evil
-- then
SELECT (b).full_name FROM base b
-- attack: attribute notation on a record
SET search_path = evil
-- then
SELECT s.any_name FROM (SELECT 1 AS x) s
-- attack: path of eve for an operator
SET search_path = evil, pg_catalog
-- then
SELECT 'a'::text LIKE 'b', length('abc'::varchar), 1 WHERE 'a'::varchar IN ('b'::varchar)
-- attack: path of eve by set_config
SELECT set_config('search_path', 'evil,pg_catalog', false)
-- then
SELECT 'a'::text || 'b', lower('X'::varchar)
-- attack: path of eve in one text
SET search_path = evil, pg_catalog; SELECT 'a'::text || 'b'
-- attack: implicit cast of eve to json
SELECT to_json(p) FROM evil.pairs
-- silent: to_json looks at the fields of a composite
-- attack: implicit cast of eve to text
SELECT 'x' || m FROM evil.moods
-- silent: || takes the output function
-- attack: explicit cast of eve to text
SELECT m::text FROM evil.moods
-- attack: explicit cast of eve from text to her enum
SELECT 'x'::text::evil.mood
-- attack: explicit cast of eve to an enum that has no other casts
SELECT 'x'::text::evil.fresh
-- attack: CAST of a shop enum to hers
SELECT CAST(status AS evil.fresh) FROM shop.orders
-- attack: implicit cast in UNION of her two enums
SELECT m FROM evil.fresh_ones UNION ALL SELECT m FROM evil.stale_ones
-- attack: implicit cast in UNION with a shop enum
SELECT status FROM shop.orders UNION ALL SELECT m FROM evil.fresh_ones
-- attack: implicit cast in CASE
SELECT CASE WHEN o.id > 0 THEN o.status ELSE f.m END FROM shop.orders o, evil.fresh_ones f
-- attack: implicit cast in COALESCE
SELECT coalesce(s.m, f.m) FROM evil.stale_ones s, evil.fresh_ones f
-- attack: implicit cast in ARRAY
SELECT ARRAY[s.m, f.m] FROM evil.stale_ones s, evil.fresh_ones f
-- attack: implicit cast in GREATEST
SELECT greatest(s.m, f.m) FROM evil.stale_ones s, evil.fresh_ones f
-- attack: implicit cast in VALUES
SELECT v.* FROM evil.stale_ones s, evil.fresh_ones f, LATERAL (VALUES (s.m), (f.m)) v
-- attack: implicit cast in JOIN USING
SELECT 1 FROM evil.stale_ones JOIN evil.fresh_ones USING (m)
-- silent: two enums have no operator in common
-- attack: implicit cast of her composite types
SELECT p FROM evil.a_points UNION ALL SELECT p FROM evil.b_points
-- attack: trusted function nobody listed
SELECT lib.raw_email(c::shop.customers) FROM shop.customers c
-- attack: trusted function in attribute notation
SET search_path = lib
-- then
SELECT (c::shop.customers).raw_email FROM shop.customers c
-- attack: trusted polymorphic function
SELECT lib.peek(1)
-- attack: trusted polymorphic function in attribute notation
SET search_path = lib
-- then
SELECT o.peek FROM shop.orders o
-- attack: trusted function whose name holds a dot, in attribute notation
SET search_path = lib
-- then
SELECT c."a.b" FROM other.customers c
-- attack: trusted function with a dot in its name on an expression
SET search_path = lib
-- then
SELECT (c)."a.b" FROM other.customers c
-- attack: security definer function
SELECT lib.who(1)
-- attack: set-returning function over the protected type
SELECT * FROM lib.rows()
-- attack: aggregate of a trusted owner over masks
SELECT lib.gather(email) FROM shop.customers
-- attack: json_scalar of eve before 17
-- versions: 15 16
SET search_path = evil
-- then
SELECT json_scalar('x')
-- attack: merge_action of eve before 17
-- versions: 15 16
SET search_path = evil
-- then
SELECT merge_action()
-- attack: system_user before 16
-- versions: 15
SELECT evil.system_user()
-- attack: JSON constructors before 16
-- versions: 15
SELECT json_object('a', email) FROM shop.customers
-- silent: json_object(text, text) there

-- Card numbers: the ciphertext too must not come out or be compared ---------------------------------------------------------

-- attack: ciphertext
SELECT card_no FROM shop.payment_cards
-- attack: ciphertext as hex
SELECT encode(card_no, 'hex') FROM shop.payment_cards
-- attack: ciphertext by a cast
SELECT card_no::text FROM shop.payment_cards
-- attack: ciphertext in a whole row
SELECT p FROM shop.payment_cards p
-- attack: ciphertext in JSON
SELECT to_jsonb(p) FROM shop.payment_cards p
-- attack: ciphertext in DISTINCT
SELECT DISTINCT card_no FROM shop.payment_cards
-- attack: ciphertext in an aggregate
SELECT array_agg(card_no), string_agg(card_no, '') FROM shop.payment_cards
-- attack: ciphertext compared
SELECT 'oracle:' || 'yes' FROM shop.payment_cards a JOIN shop.payment_cards b USING (card_no) WHERE a.id < b.id
-- attack: ciphertext grouped
SELECT 'oracle:' || 'yes' FROM shop.payment_cards GROUP BY card_no HAVING count(*) > 1
-- attack: ciphertext ordered
SELECT 'oracle:' || 'yes' FROM (SELECT id, rank() OVER (ORDER BY card_no) AS r FROM shop.payment_cards) q GROUP BY r HAVING count(*) > 1
-- attack: ciphertext counted
SELECT CASE WHEN count(DISTINCT card_no) = 3 THEN 'oracle:' || 'yes' END FROM shop.payment_cards
-- attack: ciphertext hashed
SELECT 'oracle:' || 'yes' FROM (SELECT md5(card_no) AS h FROM shop.payment_cards) q GROUP BY h HAVING count(*) > 1
-- attack: ciphertext through a subquery and back
SELECT encode(x, 'hex') FROM (SELECT card_no AS x FROM (SELECT p.* FROM shop.payment_cards p) a) b
-- attack: ciphertext in EXCEPT
SELECT 'oracle:' || 'yes' WHERE EXISTS (SELECT card_no FROM shop.payment_cards WHERE id = 1 INTERSECT SELECT card_no FROM shop.payment_cards WHERE id = 3)
-- attack: masked and open ciphertext in one column
SELECT card_no FROM shop.test_cards UNION ALL SELECT card_no FROM shop.payment_cards
-- attack: (row).* shifts positions under an alias list
SELECT encode(c, 'hex') FROM (SELECT (jsonb_each('{"a": 1}')).*, p.card_no, p.id FROM shop.payment_cards p) q(a, b, c, d)
-- attack: function.* shifts positions under an alias list
SELECT encode(c, 'hex') FROM (SELECT e.*, p.card_no, p.id FROM jsonb_each('{"a": 1}') e, shop.payment_cards p) q(a, b, c, d)
-- attack: function.* shifts positions of a CTE
WITH q(a, b, c, d) AS (SELECT e.*, p.card_no, p.id FROM jsonb_each('{"a": 1}') e, shop.payment_cards p) SELECT encode(c, 'hex') FROM q
-- attack: function.* shifts an ordinal of DISTINCT ON
SELECT CASE WHEN count(*) = 3 THEN 'oracle:' || 'yes' END FROM (SELECT DISTINCT ON (3) e.*, p.card_no, p.id FROM jsonb_each('{"a": 1}') e, shop.payment_cards p) q
-- attack: (row).* shifts an ordinal of GROUP BY
SELECT 'oracle:' || 'yes' FROM (SELECT (e).*, p.card_no, p.brand, count(*) AS n FROM jsonb_each('{"a": 1}') e, shop.payment_cards p GROUP BY e.key, e.value, 3, 4) q WHERE n > 1
-- attack: function.* shifts an ordinal of ORDER BY
SELECT 'oracle:' || 'yes' FROM (SELECT id, lag(id) OVER () AS before FROM (SELECT e.*, p.card_no, p.id FROM jsonb_each_text('{"a": "1"}') e, shop.payment_cards p ORDER BY 3) a) b WHERE abs(id - before) = 2 AND id IN (1, 3) AND before IN (1, 3)
-- attack: function.* shifts positions of a set operation
SELECT encode(y, 'hex') FROM (SELECT NULL::text AS a, NULL::jsonb AS b, NULL::bytea AS y, NULL::int AS d UNION ALL SELECT e.*, p.card_no, p.id FROM jsonb_each('{"a": 1}') e, shop.payment_cards p) q
-- attack: star in LATERAL VALUES shifts positions
SELECT encode(c, 'hex') FROM shop.payment_cards p, jsonb_each('{"a": 1}') e, LATERAL (VALUES (e.*, p.card_no)) v(a, b, c)
-- attack: (row).* in LATERAL VALUES shifts positions
SELECT encode(c, 'hex') FROM shop.payment_cards p, jsonb_each('{"a": 1}') e, LATERAL (VALUES ((e).*, p.card_no)) v(a, b, c)
-- attack: shifted onto a column that reads clear, by (row).*
SELECT c FROM (SELECT (jsonb_each('{"a": 1}')).*, p.card_no, t.card_no FROM shop.payment_cards p, shop.test_cards t) q(a, b, c, d)
-- attack: shifted onto a column that reads clear, by function.*
SELECT c FROM (SELECT e.*, p.card_no, t.card_no FROM jsonb_each('{"a": 1}') e, shop.payment_cards p, shop.test_cards t) q(a, b, c, d)
-- attack: shifted onto a column that reads clear, by an alias of a join
SELECT c FROM ((SELECT e.* FROM jsonb_each('{"a": 1}') e) x CROSS JOIN (SELECT p.card_no AS m, t.card_no AS n FROM shop.payment_cards p, shop.test_cards t) y) AS q(a, b, c, d)
-- attack: a CTE used before it is defined
WITH RECURSIVE a AS (SELECT b.x AS y FROM b), b AS (SELECT card_no AS x FROM shop.payment_cards) SELECT encode(y, 'hex') FROM a
-- attack: a CTE used before it is defined, by star
WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT card_no AS x FROM shop.payment_cards) SELECT encode(x, 'hex') FROM a
-- attack: NULL in the first arm of a recursive CTE
WITH RECURSIVE r(n, x, h) AS (SELECT 1, NULL::bytea, NULL::text UNION ALL SELECT n + 1, p.card_no, encode(r.x, 'hex') FROM r JOIN shop.payment_cards p ON p.id = n WHERE n < 10) SELECT h FROM r
-- attack: columns that change places in a recursive CTE
WITH RECURSIVE r(n, a, b) AS (SELECT 0, NULL::bytea, NULL::bytea UNION ALL SELECT n + 1, p.card_no, r.a FROM r JOIN shop.payment_cards p ON p.id = n + 1 WHERE n < 5) SELECT b FROM r
-- attack: a recursive CTE moves a masked card to where it reads clear
WITH RECURSIVE r(n, a, b) AS (SELECT 0, t.card_no, NULL::bytea FROM shop.test_cards t UNION ALL SELECT n + 1, p.card_no, r.a FROM r JOIN shop.payment_cards p ON p.id = n + 1 WHERE n < 5) SELECT b FROM r
-- attack: a function's alias that is no column
SELECT p.card_no, (SELECT encode(card_no, 'hex') FROM jsonb_each('{"a": 1}') AS card_no) FROM shop.payment_cards p
-- attack: a function's alias that is no column, in LATERAL
SELECT p.card_no, l.x FROM shop.payment_cards p, LATERAL (SELECT encode(card_no, 'hex') AS x FROM jsonb_each('{"a": 1}') AS card_no) l
-- attack: a column of a function that hides an outer one
SELECT p.card_no, (SELECT encode(p.card_no, 'hex') FROM jsonb_each('{"a": 1}') AS q) FROM shop.payment_cards p
-- attack: ciphertext in a big row
SELECT card_no, repeat('x', 1050000) FROM shop.payment_cards WHERE id = 1
-- attack: ciphertext in a big row behind a small result
SELECT 1; SELECT card_no, repeat('x', 1050000) FROM shop.payment_cards WHERE id = 1
-- attack: ciphertext in a scalar subquery
SELECT (SELECT card_no FROM shop.payment_cards WHERE id = 1) || '\x00'::bytea
-- attack: ciphertext in EXISTS
SELECT 'oracle:' || 'yes' WHERE EXISTS (SELECT 1 FROM (SELECT card_no AS x FROM shop.payment_cards) q WHERE get_byte(x, 5) >= 0)
-- attack: ciphertext in LIMIT
SELECT 1 FROM shop.defaults LIMIT (SELECT length(card_no) FROM shop.payment_cards LIMIT 1)
-- silent: a length only
-- attack: ciphertext in a JSON_ARRAY query
-- since: 16
SELECT JSON_ARRAY(SELECT card_no FROM shop.payment_cards)
-- attack: ciphertext as an argument of a function in FROM
SELECT u.* FROM shop.payment_cards p, unnest(ARRAY[p.card_no]) u

-- Names the reader could get wrong --------------------------------------------------------------------------------------------

-- attack: USING over a renamed column and a function's column
SELECT encode(k, 'hex') FROM (SELECT card_no AS k FROM shop.payment_cards) p LEFT JOIN unnest(ARRAY['\x00'::bytea]) k USING (k)
-- attack: a name under a cast of a subquery is the subquery's
SELECT (SELECT encode("int4", 'hex') FROM (SELECT (SELECT 1 AS zz)::int) q) FROM (SELECT card_no AS "int4" FROM shop.payment_cards) p
-- attack: NULLIF has a name of its own
SELECT (SELECT encode("?column?", 'hex') FROM (SELECT nullif(1, 2)) q) FROM (SELECT card_no AS "?column?" FROM shop.payment_cards) p
-- attack: NULLIF has a name of its own, in the same FROM
SELECT encode("?column?", 'hex') FROM (SELECT card_no AS "?column?" FROM shop.payment_cards) p, (SELECT nullif(1, 2)) q
-- attack: an output that is not called as it seems, in ORDER BY
SELECT 'oracle:' || 'yes' FROM (SELECT n, lag(n) OVER () AS before FROM (SELECT nullif(id, -1) AS n FROM (SELECT id, card_no AS "?column?" FROM shop.payment_cards) p ORDER BY "?column?") a) b WHERE abs(n - before) = 2 AND n IN (1, 3)
-- attack: an output that is not called as it seems, in DISTINCT ON
SELECT CASE WHEN count(*) = 3 THEN 'oracle:' || 'yes' END FROM (SELECT DISTINCT ON ("?column?") nullif(id, -1) FROM (SELECT id, card_no AS "?column?" FROM shop.payment_cards) p) a
-- attack: a view has no system columns
SELECT (SELECT encode(ctid, 'hex') FROM pg_catalog.pg_tables LIMIT 1) FROM (SELECT card_no AS ctid FROM shop.payment_cards) p
-- attack: ROWS FROM is called as its first function
SELECT (SELECT encode(length.k, 'hex') FROM ROWS FROM (abs(1), length('a'))) FROM (SELECT card_no AS k FROM shop.payment_cards) length
-- attack: JSON_TABLE without an alias is called json_table
-- since: 17
SELECT (SELECT encode(xmltable.k, 'hex') FROM JSON_TABLE('{"a": 1}', '$' COLUMNS (a int PATH '$.a'))) FROM (SELECT card_no AS k FROM shop.payment_cards) xmltable
-- attack: JSON_VALUE has a name of its own
-- since: 17
SELECT (SELECT encode("?column?", 'hex') FROM (SELECT JSON_VALUE('{}', '$.a')) q) FROM (SELECT card_no AS "?column?" FROM shop.payment_cards) p
-- attack: a CTE's guessed name
WITH q AS (SELECT nullif(1, 2)) SELECT (SELECT encode("?column?", 'hex') FROM q) FROM (SELECT card_no AS "?column?" FROM shop.payment_cards) p
-- attack: a recursion through two CTEs
WITH RECURSIVE r(n, a, b) AS (SELECT 0, NULL::bytea, NULL::bytea UNION ALL (WITH s AS (SELECT n + 1 AS n, r.b AS a, r.a AS b FROM r WHERE n < 5) SELECT s.n, p.card_no, s.b FROM s JOIN shop.payment_cards p ON p.id = s.n)) SELECT encode(b, 'hex') FROM r
-- attack: a recursion whose second arm is a union
WITH RECURSIVE r(n, a) AS (SELECT 0, NULL::bytea UNION ALL SELECT * FROM (SELECT n + 1, card_no FROM r JOIN shop.payment_cards p ON p.id = n + 1 WHERE n < 5) q) SELECT encode(a, 'hex') FROM r
-- attack: a bare cast of a subquery's own name in a view of names
SELECT (SELECT encode(x."int4", 'hex') FROM (SELECT (SELECT 1 AS zz)::int) q) FROM (SELECT card_no AS "int4" FROM shop.payment_cards) x

-- Rows a condition hides --------------------------------------------------------------------------------------------------

-- attack: a hidden row
SELECT * FROM shop.regional
-- attack: a hidden row by an error
SELECT id FROM shop.regional WHERE label::int = 0
-- attack: a hidden row by an error behind an open filter
SELECT id FROM shop.regional WHERE amount > 5 AND label::int = 0
-- attack: a hidden row by an oracle
SELECT 'oracle:' || 'yes' FROM shop.regional HAVING max(amount) = 777
-- attack: a hidden row by a whole row
SELECT r FROM shop.regional r WHERE r::text LIKE '%de%'
-- attack: a hidden row by LATERAL
SELECT l.x FROM shop.regional r, LATERAL (SELECT r.label AS x WHERE r.amount = 777) l
-- attack: a hidden row by FOR UPDATE
SELECT * FROM shop.regional FOR UPDATE
-- attack: a hidden row by COPY
COPY shop.regional TO STDOUT
-- attack: a hidden row by TABLESAMPLE
SELECT * FROM shop.regional TABLESAMPLE SYSTEM (100)
-- attack: a hidden row written
UPDATE shop.regional SET amount = 0 RETURNING label
-- attack: a hidden row deleted
DELETE FROM shop.regional WHERE label::int = 0
-- attack: a hidden row by a cursor
DECLARE c CURSOR FOR SELECT * FROM shop.regional
-- then
FETCH ALL FROM c
-- attack: a hidden row counted by EXPLAIN ANALYZE
EXPLAIN ANALYZE SELECT id FROM shop.regional WHERE label::int = 0
-- attack: a hidden row counted by EXPLAIN ANALYZE, without an error
EXPLAIN ANALYZE SELECT id FROM shop.regional WHERE amount = 777
-- silent: a plan shows no values of rows
-- attack: a hidden row by a temporary table
CREATE TEMP TABLE loot AS SELECT * FROM shop.regional
-- then
TABLE loot
-- attack: a hidden row by a join's error
SELECT 1 FROM shop.regional r JOIN shop.orders o ON o.id = r.label::int
-- attack: a hidden row by an error in ORDER BY
SELECT id FROM shop.regional ORDER BY label::int
-- attack: a hidden row by an error in an aggregate's filter
SELECT count(*) FILTER (WHERE label::int > 0) FROM shop.regional
