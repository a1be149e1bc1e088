-- The shop's own code, of a trusted owner: what its triggers, rules, checks, policies and views say and keep of rows.
-- The words are those of attacks.sql.

-- attack: a trigger's notice of the row
UPDATE shop.customers SET city = 'Bonn' WHERE id = 1
-- attack: a trigger's habit: relation
UPDATE shop.habits SET habit = 'relation'
-- attack: a trigger's habit: column
UPDATE shop.habits SET habit = 'column'
-- attack: a trigger's habit: function
UPDATE shop.habits SET habit = 'function'
-- attack: a trigger's habit: role
UPDATE shop.habits SET habit = 'role'
-- attack: a trigger's habit: schema
UPDATE shop.habits SET habit = 'schema'
-- attack: a trigger's habit: type
UPDATE shop.habits SET habit = 'type'
-- attack: a trigger's habit: cast
UPDATE shop.habits SET habit = 'cast'
-- attack: a trigger's habit: regclass
UPDATE shop.habits SET habit = 'regclass'
-- attack: a trigger's habit: regrole
UPDATE shop.habits SET habit = 'regrole'
-- attack: a trigger's habit: zone
UPDATE shop.habits SET habit = 'zone'
-- attack: a trigger's habit: setting
UPDATE shop.told SET habit = 'setting'
-- attack: a trigger's habit: carrier
UPDATE shop.habits SET habit = 'carrier'
-- then
SHOW shop.seen
-- attack: a trigger's habit: reported
UPDATE shop.told SET habit = 'reported'
-- attack: a trigger's habit: fields
UPDATE shop.habits SET habit = 'fields'
-- attack: a trigger's habit: other fields
UPDATE shop.habits SET habit = 'other fields'
-- attack: a trigger's habit: notice fields
UPDATE shop.habits SET habit = 'notice fields'
-- attack: a trigger's habit: detail
UPDATE shop.habits SET habit = 'detail'
-- attack: a trigger's habit: privilege
UPDATE shop.habits SET habit = 'privilege'
-- attack: a trigger's habit: warning
UPDATE shop.habits SET habit = 'warning'
-- attack: a trigger's habit: info
UPDATE shop.habits SET habit = 'info'
-- attack: a trigger's habit: assert
UPDATE shop.habits SET habit = 'assert'
-- attack: a trigger's habit: temporary
UPDATE shop.habits SET habit = 'temporary'
-- then
SELECT * FROM shop_seen
-- attack: a trigger's habit: temporary 2
UPDATE shop.habits SET habit = 'temporary'
-- then
SELECT x FROM pg_temp.shop_seen
-- attack: a trigger's habit: exists
UPDATE shop.habits SET habit = 'exists'
-- attack: a trigger's habit: skipping
UPDATE shop.habits SET habit = 'skipping'
-- attack: a trigger's habit: dropping
UPDATE shop.habits SET habit = 'dropping'
-- attack: a trigger's habit: savepoint
UPDATE shop.habits SET habit = 'savepoint'
-- attack: a trigger's error through ON CONFLICT
INSERT INTO shop.habits (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET habit = 'relation'
-- attack: a trigger's error through MERGE
MERGE INTO shop.habits h USING (VALUES (1)) v(i) ON h.id = v.i WHEN MATCHED THEN UPDATE SET habit = 'relation'
-- attack: a trigger's error through WITH
WITH u AS (UPDATE shop.habits SET habit = 'relation' RETURNING id) SELECT * FROM u
-- attack: a trigger's error through EXPLAIN ANALYZE
EXPLAIN ANALYZE UPDATE shop.habits SET habit = 'relation'
-- attack: a trigger's error through EXECUTE
PREPARE p AS UPDATE shop.habits SET habit = 'cast'
-- then
EXECUTE p
-- attack: a trigger's error through EXPLAIN ANALYZE EXECUTE
PREPARE p AS UPDATE shop.habits SET habit = 'cast'
-- then
EXPLAIN ANALYZE EXECUTE p
-- attack: a deferred trigger at COMMIT, cast
-- alone
BEGIN
-- then
UPDATE shop.habits SET late = 'cast'
-- then
COMMIT
-- attack: a deferred trigger at COMMIT, dynamic SQL
-- alone
BEGIN
-- then
UPDATE shop.habits SET late = 'relation'
-- then
COMMIT
-- attack: a deferred trigger at SET CONSTRAINTS, dynamic SQL
UPDATE shop.habits SET late = 'relation'
-- then
SET CONSTRAINTS ALL IMMEDIATE
-- attack: a deferred trigger at SET CONSTRAINTS, cast
UPDATE shop.habits SET late = 'cast'
-- then
SET CONSTRAINTS ALL IMMEDIATE
-- attack: a deferred trigger without a block, cast
-- alone
UPDATE shop.habits SET late = 'cast'
-- attack: a deferred trigger without a block, dynamic SQL
-- alone
UPDATE shop.habits SET late = 'relation'
-- attack: a deferred trigger at COMMIT AND CHAIN
-- alone
BEGIN
-- then
UPDATE shop.habits SET late = 'cast'
-- then
COMMIT AND CHAIN
-- attack: a deferred trigger that says it
-- alone
-- undo: UPDATE shop.habits SET late = ''
UPDATE shop.habits SET late = 'notice'
-- attack: a check that raises
UPDATE shop.orders SET total = -1 WHERE id = 1
-- attack: a check that casts
UPDATE shop.orders SET total = 7 WHERE id = 1
-- attack: a check that fails
UPDATE shop.orders SET total = 2000000 WHERE id = 1
-- attack: a rule that shows rows of UPDATE
UPDATE shop.ruled SET open = 'y'
-- attack: a rule that shows rows of DELETE
DELETE FROM shop.ruled
-- attack: a rule that copies rows
UPDATE shop.copied SET open = 'y'
-- then
SELECT * FROM shop.copies
-- attack: a trigger that copies rows
UPDATE shop.customers SET city = 'Bonn'
-- then
SELECT * FROM shop.change_log
-- attack: a rule in place of UPDATE on a view
UPDATE shop.v_city SET city = 'x' RETURNING city
-- attack: a view that casts
SELECT id FROM shop.v_numbers
-- attack: a view that casts, star
SELECT * FROM shop.v_numbers
-- attack: a view that calls
SELECT id FROM shop.v_called
-- attack: a view that casts, by a cursor
DECLARE c CURSOR FOR SELECT id FROM shop.v_numbers
-- then
FETCH c
-- attack: a view that casts, by COPY
COPY (SELECT id FROM shop.v_numbers) TO STDOUT
-- attack: a view that casts, by EXPLAIN ANALYZE
EXPLAIN ANALYZE SELECT id FROM shop.v_numbers
-- attack: a view that casts, by EXECUTE
PREPARE p AS SELECT id FROM shop.v_numbers
-- then
EXECUTE p
-- attack: a view that casts, written
UPDATE shop.v_numbers SET city = 'x'
-- attack: an updatable view
UPDATE shop.v_updatable SET city = 'x' RETURNING *
-- attack: an updatable view, WHERE
UPDATE shop.v_updatable SET city = 'x' WHERE email::int = 1
-- attack: a view that groups
SELECT * FROM shop.v_mails
-- attack: a view of statistics
SELECT * FROM shop.v_stats WHERE tablename = 'mailings'
-- attack: a trigger in place of UPDATE on a view
UPDATE shop.v_triggered SET city = 'x'
-- attack: a policy that casts
SELECT id FROM shop.tickets
-- attack: a policy that casts, counted
SELECT count(*) FROM shop.tickets
-- attack: a trusted function that writes
SELECT shop.touch(1)
-- attack: a trigger's settings by current_setting
UPDATE shop.habits SET habit = 'carrier'
-- then
SELECT current_setting('shop.seen'), current_setting('shop.' || 'seen', true)
-- attack: a trigger's settings by pg_settings
UPDATE shop.habits SET habit = 'carrier'
-- then
SELECT setting FROM pg_settings WHERE name = 'shop.seen'
-- silent: the view does not show them
-- attack: a trigger's settings, set by dynamic SQL
UPDATE shop.told SET habit = 'dynamic'
-- attack: a trigger's settings, set by the view of settings
UPDATE shop.told SET habit = 'view'
-- attack: a trigger's settings, set by the trigger of a table that another trigger writes to
UPDATE shop.teller SET note = 'reported'
-- attack: a trigger's settings, on INSERT
INSERT INTO shop.told SELECT 2, 'reported', secret FROM shop.told
-- attack: a view's settings
SELECT * FROM shop.v_told
-- attack: a trigger's settings by SHOW ALL
UPDATE shop.told SET habit = 'reported'
-- then
SHOW ALL
-- attack: a trigger's settings by pg_settings, of PostgreSQL's own
UPDATE shop.told SET habit = 'reported'
-- then
SELECT setting FROM pg_settings WHERE name = 'application_name'
-- attack: a trigger's settings by SHOW, of PostgreSQL's own
UPDATE shop.told SET habit = 'reported'
-- then
SHOW application_name
-- attack: a trigger's settings by activity
UPDATE shop.told SET habit = 'reported'
-- then
SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()
-- attack: a trigger's temporary rows by COPY
UPDATE shop.habits SET habit = 'temporary'
-- then
COPY pg_temp.shop_seen TO STDOUT
-- attack: a trigger's temporary rows by TABLE
UPDATE shop.habits SET habit = 'temporary'
-- then
TABLE shop_seen
-- attack: a trigger's temporary rows in a name the caller made before
CREATE TEMP TABLE shop_seen (x text)
-- then
UPDATE shop.habits SET habit = 'temporary'
-- then
SELECT x FROM shop_seen
-- attack: a trigger's temporary rows in a name the caller made and dropped
CREATE TEMP TABLE shop_seen (x text)
-- then
DROP TABLE shop_seen
-- then
UPDATE shop.habits SET habit = 'temporary'
-- then
SELECT x FROM shop_seen
-- attack: a trigger's temporary rows by the catalog's name
UPDATE shop.habits SET habit = 'temporary'
-- then
SELECT s.x FROM pg_temp.shop_seen AS s, pg_class c WHERE c.relname = 'shop_seen'
-- attack: a trigger's temporary rows written
UPDATE shop.habits SET habit = 'temporary'
-- then
UPDATE shop_seen SET x = x RETURNING x
-- attack: a trigger's temporary rows indexed
UPDATE shop.habits SET habit = 'temporary'
-- then
UPDATE shop.habits SET habit = 'temporary', id = 1
-- then
CREATE UNIQUE INDEX ON pg_temp.shop_seen (x)
-- attack: a trigger's error in a pipeline of texts
UPDATE shop.habits SET habit = 'relation'; SELECT 1
-- attack: a trigger's error behind a SELECT
SELECT 1; UPDATE shop.habits SET habit = 'column'
-- attack: a trigger's error inside COPY of a write
COPY (UPDATE shop.habits SET habit = 'relation' RETURNING id) TO STDOUT
-- attack: a trigger's error inside a temporary table
CREATE TEMP TABLE loot AS WITH u AS (UPDATE shop.habits SET habit = 'relation' RETURNING id) SELECT * FROM u
-- attack: a trigger's error in a cursor's write
DECLARE c CURSOR FOR SELECT id FROM shop.habits FOR UPDATE
-- then
FETCH c
-- then
UPDATE shop.habits SET habit = 'relation' WHERE CURRENT OF c
-- attack: rows of a rule inside WITH
WITH u AS (UPDATE shop.ruled SET open = 'y' RETURNING id) SELECT * FROM u
-- silent: PostgreSQL refuses such rules inside WITH
-- attack: rows of a rule by EXECUTE
PREPARE p AS UPDATE shop.ruled SET open = 'y'
-- then
EXECUTE p
-- attack: rows of a rule by MERGE
MERGE INTO shop.ruled r USING (VALUES (1)) v(i) ON r.id = v.i WHEN MATCHED THEN UPDATE SET open = 'y'
-- silent: PostgreSQL refuses MERGE over rules
-- attack: rows of a rule in one text
SELECT 1; UPDATE shop.ruled SET open = 'y'; SELECT 2
-- attack: rows of a rule with RETURNING
UPDATE shop.ruled SET open = 'y' RETURNING id
-- silent: the rule's rows do not come then
-- attack: rows of a rule that copies, RETURNING
UPDATE shop.copied SET open = 'y' RETURNING *
-- attack: rows of a rule by ON CONFLICT
INSERT INTO shop.ruled (id, open) VALUES (2, 'x') ON CONFLICT DO NOTHING RETURNING *
-- silent: PostgreSQL refuses ON CONFLICT over rules
-- attack: a policy's error by a write
UPDATE shop.tickets SET id = id
-- attack: a policy's error by a join
SELECT 1 FROM shop.tickets t JOIN shop.orders o ON t.id = o.id
-- attack: a policy's error by a subquery
SELECT (SELECT count(*) FROM shop.tickets)
-- attack: a policy's error by a temporary table
CREATE TEMP TABLE loot AS SELECT id FROM shop.tickets
-- attack: a view's error inside a CTE of a write
WITH q AS (SELECT id FROM shop.v_numbers) UPDATE other.customers SET name = 'x' FROM q WHERE q.id = customers.id
-- attack: a view's error by LOCK and then a SELECT
LOCK TABLE shop.v_numbers; SELECT count(*) FROM shop.v_numbers
-- attack: a policy that reads another relation
SELECT id FROM shop.gate
-- attack: a policy that reads another relation, by a write
UPDATE shop.gate SET id = 2
-- attack: a default that asks
INSERT INTO shop.asking (id) VALUES (1) RETURNING x
-- attack: a view that asks
SELECT * FROM shop.v_exists
-- attack: a view that asks by a function
SELECT * FROM shop.v_asked
-- attack: a materialised view of mails
SELECT * FROM shop.mv_mails
-- attack: a materialised view by COPY
COPY (TABLE shop.mv_mails) TO STDOUT
-- attack: a view over LATERAL
SELECT * FROM shop.v_lateral
-- attack: a view over a recursion
SELECT * FROM shop.v_recursive
-- attack: a view with a security barrier
SELECT * FROM shop.v_barrier WHERE email::int = 1
-- attack: a view with a security barrier, its rows
SELECT v, email FROM shop.v_barrier v
-- attack: a view with the invoker's rights
SELECT * FROM shop.v_invoker
-- attack: a view with the invoker's rights, written
UPDATE shop.v_invoker SET id = id RETURNING email || ''
-- attack: a view with a check option
UPDATE shop.v_check SET city = 'x' RETURNING *
-- attack: a view with a check option, an expression
UPDATE shop.v_check SET city = email RETURNING city
-- attack: a view over a window
SELECT * FROM shop.v_window
-- attack: a view locked row by row
SELECT * FROM shop.v_check FOR UPDATE
-- attack: a view written by MERGE
-- since: 17
MERGE INTO shop.v_updatable v USING (VALUES (1)) x(i) ON v.id = x.i WHEN MATCHED THEN UPDATE SET city = v.email RETURNING v.city
-- attack: a view as a row type
SELECT (ROW(v.*)::shop.v_updatable).email FROM shop.v_updatable v
