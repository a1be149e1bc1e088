-- What outlives a statement: cursors, prepared statements, temporary tables; EXPLAIN, COPY; and values in other letters.
-- The words are those of attacks.sql.

-- attack: cursor BINARY
DECLARE c BINARY CURSOR FOR SELECT email, birth_date, salary FROM shop.customers
-- then
FETCH ALL FROM c
-- attack: cursor BINARY of cards
DECLARE c BINARY CURSOR FOR SELECT card_no FROM shop.payment_cards
-- then
FETCH ALL FROM c
-- attack: cursor of cards
DECLARE c CURSOR FOR SELECT card_no FROM shop.payment_cards
-- then
FETCH 2 FROM c
-- then
FETCH ALL FROM c
-- attack: cursor SCROLL of cards
DECLARE c SCROLL CURSOR FOR SELECT card_no, id FROM shop.payment_cards
-- then
MOVE LAST IN c
-- then
FETCH BACKWARD ALL FROM c
-- then
FETCH ABSOLUTE 1 FROM c
-- attack: cursor WITH HOLD
-- alone
DECLARE c CURSOR WITH HOLD FOR SELECT email FROM shop.customers
-- then
FETCH ALL FROM c
-- attack: cursor WITH HOLD of cards
-- alone
BEGIN
-- then
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT card_no FROM shop.payment_cards
-- then
COMMIT
-- then
FETCH ALL FROM c
-- then
FETCH FIRST FROM c
-- attack: cursor redeclared in one text
DECLARE c CURSOR FOR SELECT 1; CLOSE c; DECLARE c CURSOR FOR SELECT card_no FROM shop.payment_cards; FETCH ALL FROM c
-- attack: cursor declared and fetched in one text
BEGIN; DECLARE c CURSOR FOR SELECT card_no, email FROM shop.payment_cards, shop.customers; FETCH ALL FROM c; COMMIT
-- attack: cursor names alike in 63 bytes
DECLARE nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnA CURSOR FOR SELECT 1
-- then
CLOSE nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnB
-- then
DECLARE nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnC CURSOR FOR SELECT card_no FROM shop.payment_cards
-- then
FETCH ALL FROM nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnA
-- attack: cursor of a quoted name
DECLARE "C 游标" CURSOR FOR SELECT card_no FROM shop.payment_cards
-- then
FETCH ALL FROM "C 游标"
-- attack: cursor in a savepoint
BEGIN
-- then
DECLARE c CURSOR FOR SELECT 1
-- then
SAVEPOINT a
-- then
CLOSE c
-- then
DECLARE c CURSOR FOR SELECT card_no FROM shop.payment_cards
-- then
ROLLBACK TO a
-- then
DECLARE c CURSOR FOR SELECT card_no FROM shop.payment_cards
-- then
FETCH ALL FROM c
-- then
ROLLBACK
-- attack: cursor of a row
DECLARE c CURSOR FOR SELECT c FROM shop.customers c
-- then
FETCH ALL FROM c
-- attack: cursor FOR UPDATE
DECLARE c CURSOR FOR SELECT * FROM shop.customers FOR UPDATE
-- then
FETCH ALL FROM c
-- attack: cursor of a VALUES list
DECLARE c CURSOR FOR VALUES ((SELECT max(email) FROM shop.customers))
-- then
FETCH ALL FROM c
-- attack: cursor INSENSITIVE with a WITH
DECLARE c INSENSITIVE CURSOR FOR WITH q AS (SELECT * FROM shop.customers) SELECT q FROM q
-- then
FETCH ALL FROM c
-- attack: fetch of an error
DECLARE c CURSOR FOR SELECT email::int FROM shop.customers
-- then
FETCH c
-- attack: PREPARE with parameters
PREPARE p(text) AS SELECT email, $1 FROM shop.customers
-- then
EXECUTE p('x')
-- attack: PREPARE of cards
PREPARE p AS SELECT card_no FROM shop.payment_cards
-- then
EXECUTE p
-- attack: PREPARE of a write
PREPARE p AS UPDATE shop.customers SET city = 'x' RETURNING email, customers.*
-- then
EXECUTE p
-- attack: PREPARE of a write with an expression
PREPARE p AS UPDATE shop.customers SET city = 'x' RETURNING email || ''
-- then
EXECUTE p
-- attack: PREPARE, DEALLOCATE and PREPARE again in one text
PREPARE p AS SELECT 1; DEALLOCATE p; PREPARE p AS SELECT card_no FROM shop.payment_cards; EXECUTE p
-- attack: PREPARE that outlives a rollback
-- alone
BEGIN
-- then
PREPARE p AS SELECT card_no FROM shop.payment_cards
-- then
ROLLBACK
-- then
EXECUTE p
-- attack: PREPARE in a text that fails
-- alone
PREPARE p AS SELECT card_no FROM shop.payment_cards; SELECT 1/0
-- then
EXECUTE p
-- attack: DEALLOCATE in a text that fails
-- alone
PREPARE p AS SELECT 1
-- then
DEALLOCATE p; PREPARE p AS SELECT card_no FROM shop.payment_cards; SELECT 1/0; PREPARE p AS SELECT 2
-- then
EXECUTE p
-- attack: DEALLOCATE ALL in a text that fails
-- alone
PREPARE p AS SELECT 1
-- then
DEALLOCATE ALL; PREPARE p AS SELECT card_no FROM shop.payment_cards; SELECT 1/0
-- then
EXECUTE p
-- attack: EXECUTE with a type of eve as an argument
PREPARE p(text) AS SELECT $1
-- then
EXECUTE p('x'::evil.dom)
-- attack: PREPARE with a type of eve
PREPARE p(evil.dom) AS SELECT $1
-- then
EXECUTE p('x')
-- attack: EXECUTE with a function of eve
PREPARE p(text) AS SELECT $1
-- then
EXECUTE p(evil.loot())
-- attack: EXECUTE with a trusted function nobody listed
PREPARE p(text) AS SELECT $1
-- then
EXECUTE p(lib.who(1))
-- attack: CREATE TABLE AS EXECUTE
PREPARE p AS SELECT email FROM shop.customers
-- then
CREATE TEMP TABLE loot AS EXECUTE p
-- then
SELECT * FROM loot
-- attack: PREPARE, then the path of eve, then EXECUTE
PREPARE p AS SELECT 'a'::text || 'b', 'a'::text LIKE 'b', length('abc'::varchar)
-- then
SET search_path = evil, pg_catalog
-- then
EXECUTE p
-- attack: PREPARE, then a temporary type, then EXECUTE
PREPARE p AS SELECT email::text FROM shop.customers
-- then
EXECUTE p
-- then
CREATE TEMP TABLE text (a int)
-- then
EXECUTE p
-- attack: temporary table named like a relation
CREATE TEMP TABLE customers AS SELECT * FROM shop.customers
-- then
SELECT * FROM customers
-- attack: temporary table named like a type
CREATE TEMP TABLE "varchar" AS SELECT email FROM shop.customers
-- then
SELECT * FROM "varchar"
-- attack: temporary table of star
CREATE TEMP TABLE loot AS TABLE shop.customers
-- then
SELECT loot FROM loot
-- attack: temporary table of cards
CREATE TEMP TABLE loot AS SELECT card_no FROM shop.payment_cards
-- then
SELECT encode(card_no, 'hex') FROM loot
-- attack: temporary table of open cards, beside masked ones
CREATE TEMP TABLE loot AS SELECT t.card_no FROM shop.test_cards t UNION ALL SELECT card_no FROM shop.payment_cards
-- then
SELECT encode(card_no, 'hex') FROM loot
-- attack: temporary table, WITH NO DATA, then filled
CREATE TEMP TABLE loot AS SELECT * FROM shop.customers WITH NO DATA
-- then
INSERT INTO loot SELECT * FROM shop.customers
-- then
SELECT * FROM loot
-- attack: temporary table, LIKE
CREATE TEMP TABLE loot (LIKE shop.mailings INCLUDING ALL)
-- then
INSERT INTO loot SELECT * FROM shop.mailings
-- then
SELECT * FROM loot
-- attack: temporary table that inherits
CREATE TEMP TABLE loot () INHERITS (shop.phone)
-- then
INSERT INTO loot SELECT * FROM shop.phone
-- then
SELECT * FROM loot
-- silent: only an owner may
-- attack: temporary table with a default of its own
CREATE TEMP TABLE loot (i int, x text DEFAULT lib.who(1))
-- then
INSERT INTO loot (i) VALUES (1) RETURNING x
-- attack: temporary table with a check of its own
CREATE TEMP TABLE loot (x text CHECK (evil.shout()))
-- then
INSERT INTO loot VALUES ('x')
-- attack: temporary table with a column of eve's domain
CREATE TEMP TABLE loot (x evil.dom)
-- then
INSERT INTO loot VALUES ('x')
-- attack: temporary table with a column of the row type
CREATE TEMP TABLE loot AS SELECT c FROM shop.customers c
-- then
SELECT (c).email FROM loot
-- attack: temporary table with a typed column of the row type
CREATE TEMP TABLE loot (r shop.customers)
-- then
INSERT INTO loot SELECT c FROM shop.customers c
-- then
SELECT (r).email FROM loot
-- attack: temporary table generated from a function
CREATE TEMP TABLE loot (i int, x text GENERATED ALWAYS AS (lib.who(1)) STORED)
-- silent: PostgreSQL wants an immutable function
-- attack: temporary table joined to a write
CREATE TEMP TABLE loot AS SELECT 1 AS id, 'x'::text AS x
-- then
UPDATE loot l SET x = c.email FROM shop.customers c WHERE c.id = l.id RETURNING x
-- attack: temporary table filled by MERGE
CREATE TEMP TABLE loot (id int, x text)
-- then
MERGE INTO loot l USING shop.customers c ON l.id = c.id WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.email)
-- then
TABLE loot
-- attack: temporary table filled by RETURNING
CREATE TEMP TABLE loot (x text)
-- then
WITH u AS (UPDATE shop.phone SET kind = 'x' RETURNING phone) INSERT INTO loot SELECT phone FROM u
-- then
TABLE loot
-- attack: temporary table filled by RETURNING of cards
CREATE TEMP TABLE loot (x bytea)
-- then
WITH u AS (UPDATE shop.payment_cards SET brand = 'x' RETURNING card_no) INSERT INTO loot SELECT card_no FROM u
-- then
SELECT encode(x, 'hex') FROM loot
-- attack: temporary table dropped at commit, then the name again
-- alone
BEGIN
-- then
CREATE TEMP TABLE loot ON COMMIT DROP AS SELECT email FROM shop.customers
-- then
SELECT * FROM loot
-- then
COMMIT
-- attack: temporary table in a statement with its name qualified otherwise
CREATE TEMP TABLE loot AS SELECT email FROM shop.customers
-- then
SELECT * FROM "pg_temp".loot
-- attack: SELECT INTO beside a set operation
SELECT email INTO TEMP loot FROM shop.customers UNION ALL SELECT name FROM shop.customers
-- then
TABLE loot
-- attack: SELECT INTO inside a CTE
WITH q AS (SELECT email FROM shop.customers) SELECT * INTO TEMP loot FROM q
-- then
TABLE loot
-- attack: index of a temporary table over an expression
CREATE TEMP TABLE loot AS SELECT email FROM shop.customers
-- then
CREATE UNIQUE INDEX ON loot ((1))
-- silent: the message names no value without its DETAIL
-- attack: unique index over stored rows
CREATE TEMP TABLE loot AS SELECT phone FROM shop.customers WHERE phone IS NOT NULL
-- then
CREATE UNIQUE INDEX ON loot (phone)
-- attack: statistics of a temporary table
CREATE TEMP TABLE loot AS SELECT email FROM shop.mailings
-- then
ANALYZE loot
-- then
SELECT most_common_vals FROM pg_stats WHERE tablename = 'loot'
-- attack: ALTER of a temporary table
CREATE TEMP TABLE loot AS SELECT email FROM shop.customers
-- then
ALTER TABLE loot ALTER email TYPE int USING email::int
-- attack: temporary sequence and view
CREATE TEMP VIEW loot AS SELECT * FROM shop.customers
-- then
SELECT * FROM loot
-- attack: temporary trigger
CREATE TEMP TABLE loot (x text)
-- then
CREATE TRIGGER t BEFORE INSERT ON loot FOR EACH ROW EXECUTE FUNCTION evil.trigger()
-- then
INSERT INTO loot VALUES ('x') RETURNING x
-- attack: temporary rule
CREATE TEMP TABLE loot (x text)
-- then
CREATE RULE r AS ON INSERT TO loot DO ALSO SELECT email FROM shop.customers
-- then
INSERT INTO loot VALUES ('x')
-- attack: EXPLAIN of a card
EXPLAIN VERBOSE SELECT id FROM shop.payment_cards WHERE card_no = '\x00'
-- silent: the caller's own constant
-- attack: EXPLAIN ANALYZE of a write with RETURNING
EXPLAIN (ANALYZE, VERBOSE) UPDATE shop.customers SET city = 'x' RETURNING email
-- attack: EXPLAIN ANALYZE of a write by a masked column
EXPLAIN (ANALYZE, FORMAT json) UPDATE shop.customers SET city = email WHERE email LIKE 'kan%' RETURNING email
-- attack: EXPLAIN ANALYZE with an error
EXPLAIN ANALYZE SELECT email::int FROM shop.customers
-- attack: EXPLAIN of a plan-time error
EXPLAIN SELECT 1 FROM shop.customers WHERE (SELECT max(email) FROM shop.customers)::int = 1
-- silent: nothing is run
-- attack: EXPLAIN ANALYZE in XML
EXPLAIN (ANALYZE, FORMAT xml, SETTINGS, WAL, BUFFERS) INSERT INTO other.customers SELECT id + 70, name, email FROM shop.customers RETURNING *
-- silent: a plan shows no values of rows
-- attack: EXPLAIN ANALYZE CREATE TABLE AS
EXPLAIN ANALYZE CREATE TEMP TABLE loot AS SELECT email FROM shop.customers
-- then
SELECT * FROM loot
-- attack: EXPLAIN ANALYZE SELECT INTO
EXPLAIN ANALYZE SELECT email INTO TEMP loot FROM shop.customers
-- then
SELECT * FROM loot
-- attack: EXPLAIN ANALYZE DECLARE
EXPLAIN ANALYZE DECLARE c CURSOR FOR SELECT email FROM shop.customers
-- then
FETCH ALL FROM c
-- silent: EXPLAIN makes no cursor
-- attack: EXPLAIN ANALYZE EXECUTE
PREPARE p AS SELECT email::int FROM shop.customers
-- then
EXPLAIN ANALYZE EXECUTE p
-- attack: EXPLAIN GENERIC_PLAN
-- since: 16
EXPLAIN (GENERIC_PLAN, VERBOSE) SELECT email FROM shop.customers WHERE email = $1
-- silent: no value
-- attack: EXPLAIN SERIALIZE with an error
-- since: 17
EXPLAIN (ANALYZE, SERIALIZE binary, MEMORY) SELECT email::int FROM shop.customers
-- attack: COPY in binary
COPY shop.customers TO STDOUT (FORMAT binary)
-- attack: COPY in csv
COPY shop.customers TO STDOUT (FORMAT csv, FORCE_QUOTE *, HEADER)
-- attack: COPY of columns
COPY shop.customers (email, phone, salary) TO STDOUT
-- attack: COPY with odd marks
COPY shop.customers (phone, email) TO STDOUT (DELIMITER '~', NULL '!')
-- attack: COPY of a generated column
COPY (SELECT initials FROM shop.customers) TO STDOUT
-- attack: COPY of a child
COPY shop.customers_vip TO STDOUT
-- attack: COPY of a partition
COPY shop.visits_1 TO STDOUT
-- attack: COPY of a partitioned relation's rows
COPY (SELECT * FROM shop.visits) TO STDOUT (FORMAT binary)
-- attack: COPY of cards
COPY shop.payment_cards TO STDOUT
-- attack: COPY of cards in binary
COPY shop.payment_cards (card_no) TO STDOUT (FORMAT binary)
-- attack: COPY of a query of cards
COPY (SELECT encode(card_no, 'hex') FROM shop.payment_cards) TO STDOUT
-- attack: COPY of a write
COPY (UPDATE shop.phone SET kind = 'x' RETURNING *) TO STDOUT
-- attack: COPY of a write with an expression
COPY (DELETE FROM shop.phone RETURNING phone || '') TO STDOUT
-- attack: COPY of a materialised view's rows
COPY (SELECT * FROM shop.mv_customers) TO STDOUT
-- attack: COPY in another encoding
COPY shop.customers (email) TO STDOUT (ENCODING 'UTF16')
-- silent: no such encoding
-- attack: COPY in GBK
COPY shop.customers (name) TO STDOUT (ENCODING 'GBK')
-- attack: COPY by the old words
COPY shop.customers TO STDOUT WITH DELIMITER AS '|' NULL AS ''
-- attack: COPY BINARY by the old words
COPY BINARY shop.customers TO STDOUT
-- attack: COPY of a name from the path
SET search_path = shop
-- then
COPY customers TO STDOUT
-- attack: COPY of a quoted name
COPY shop."客户 档案" ("姓名") TO STDOUT
-- attack: COPY to a program
COPY shop.customers TO PROGRAM 'cat'
-- silent: only a superuser may
-- attack: COPY in one text
SELECT 1; COPY shop.customers TO STDOUT; SELECT email FROM shop.customers
-- attack: COPY of a large object
COPY (SELECT lo_get(771)) TO STDOUT
-- attack: COPY of an error
COPY (SELECT email::int FROM shop.customers) TO STDOUT
-- attack: LOCK, then the rows
LOCK TABLE shop.customers IN ACCESS EXCLUSIVE MODE
-- then
TABLE shop.customers
-- attack: most common values of extended statistics
SELECT m.* FROM pg_statistic_ext_data, pg_mcv_list_items(stxdmcv) m
-- silent: only a superuser may
-- attack: most common values by the view
SELECT most_common_vals FROM pg_stats_ext
-- silent: only the owner sees them
-- attack: statistics of expressions
SELECT * FROM pg_stats_ext_exprs
-- silent: only the owner sees them
-- attack: statistics of an index over an expression
SELECT most_common_vals FROM pg_stats WHERE tablename = 'on_lower_email'
-- silent: only the owner sees them
-- attack: the value of a column added later
SELECT attmissingval FROM pg_attribute WHERE attrelid = 'shop.mailings'::regclass
-- attack: the value of a column added later, as a row
SELECT a FROM pg_attribute a WHERE attname = 'tier'
-- attack: statistics through a view of the shop
SELECT v FROM shop.v_stats
-- attack: data of eve's catalog view joined
SELECT s.* FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename
-- attack: raw statistics by their function
SELECT pg_stats.* FROM pg_catalog.pg_stats, shop.orders
-- attack: what other sessions say
SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()
-- silent: nobody else is running anything
-- attack: what this session says
SELECT query FROM pg_stat_activity WHERE query LIKE '%' || 'leaky-corp.cn'
-- silent: the caller's own text
-- attack: large object in pieces
SELECT loread(lo_open(771, 262144), 1000)
-- attack: large object in pieces by another function
SELECT lo_get(771, 0, 100)
-- attack: row by its place
SELECT email FROM shop.customers WHERE ctid = '(0,1)'
-- attack: JSON of a relation by its name
SELECT query_to_json FROM (SELECT row_to_json(c) AS query_to_json FROM shop.customers c) q
-- attack: NOTIFY with a value
-- alone
LISTEN loot
-- then
SELECT pg_notify('loot', email) FROM shop.customers
-- attack: a trigger's notification
-- alone
-- undo: UPDATE shop.habits SET habit = ''
LISTEN habits
-- then
UPDATE shop.habits SET habit = 'notify'
-- then
SELECT 1
-- attack: characters one a row
SELECT substr(email, i, 1) FROM shop.customers, generate_series(1, 27) i WHERE id = 1 ORDER BY i
-- attack: codes one a row
SELECT ascii(substr(email, i, 1)) FROM shop.customers, generate_series(1, 27) i WHERE id = 1 ORDER BY i
-- attack: codes in an array
SELECT array_agg(ascii(c) ORDER BY o) FROM shop.customers, unnest(string_to_array(email, NULL)) WITH ORDINALITY u(c, o) WHERE id = 1
-- attack: codes in a text
SELECT string_agg(ascii(c)::text, ' ' ORDER BY o) FROM shop.customers, unnest(string_to_array(name, NULL)) WITH ORDINALITY u(c, o) WHERE id = 1
-- attack: bytes one a row
SELECT get_byte(convert_to(name, 'UTF8'), i) FROM shop.customers, generate_series(0, 11) i WHERE id = 1
-- silent: bytes of Chinese one a row are not looked for
-- attack: character references
SELECT string_agg('&#' || ascii(c) || ';', '' ORDER BY o) FROM shop.customers, unnest(string_to_array(name, NULL)) WITH ORDINALITY u(c, o) WHERE id = 1
-- attack: JSON escapes
SELECT string_agg('\u' || lpad(to_hex(ascii(c)), 4, '0'), '' ORDER BY o) FROM shop.customers, unnest(string_to_array(name, NULL)) WITH ORDINALITY u(c, o) WHERE id = 1
-- attack: characters one a row, backwards
SELECT substr(phone, i, 1) FROM shop.customers, generate_series(11, 1, -1) i WHERE id = 1 ORDER BY i DESC
-- attack: letters by a cursor
DECLARE c CURSOR FOR SELECT substr(phone, i, 1) FROM shop.customers, generate_series(1, 11) i WHERE id = 1
-- then
FETCH ALL FROM c
-- attack: dates and numbers in binary
SELECT birth_date, birth_date::timestamp, salary, salary::float8 FROM shop.customers
-- attack: another order of a date
SET datestyle = 'German'
-- then
SELECT birth_date FROM shop.customers
-- attack: a date by to_char
SELECT to_char(birth_date, 'DD/MM/YYYY') FROM shop.customers
-- attack: name in another encoding
SELECT convert_to(name, 'GBK') FROM shop.customers
-- attack: escapes of a literal
SELECT quote_nullable(email), quote_ident(name), format('%L', name) FROM shop.customers
