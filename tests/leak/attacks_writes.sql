-- Writes: what the target of INSERT, UPDATE, DELETE or MERGE shows, and what it stores where it can be read.
-- The words are those of attacks.sql.

-- attack: UPDATE RETURNING star
UPDATE shop.odd SET open = 'p' RETURNING *
-- attack: UPDATE RETURNING target star
UPDATE shop.odd o SET open = 'p' RETURNING o.*, 1
-- attack: UPDATE RETURNING bare
UPDATE shop.customers SET city = 'Bonn' RETURNING email, name AS city, customers.phone AS x
-- attack: UPDATE RETURNING an expression
UPDATE shop.odd SET open = 'p' RETURNING name || ''
-- attack: UPDATE RETURNING a cast
UPDATE shop.odd SET open = 'p' RETURNING name::text
-- attack: UPDATE RETURNING in brackets
UPDATE shop.odd SET open = 'p' RETURNING (name)
-- attack: UPDATE RETURNING with COLLATE
UPDATE shop.odd SET open = 'p' RETURNING name COLLATE "C"
-- attack: UPDATE RETURNING whole row
UPDATE shop.odd SET open = 'p' RETURNING odd
-- attack: UPDATE RETURNING whole row by alias
UPDATE shop.odd AS o SET open = 'p' RETURNING o
-- attack: UPDATE RETURNING row constructor
UPDATE shop.odd o SET open = 'p' RETURNING ROW(o.*)
-- attack: UPDATE RETURNING row in JSON
UPDATE shop.odd o SET open = 'p' RETURNING to_json(o), row_to_json(o.*)
-- attack: UPDATE RETURNING name of the row in functional notation
UPDATE shop.odd SET open = 'p' RETURNING name(odd)
-- attack: UPDATE RETURNING text of the row in functional notation
UPDATE shop.odd SET open = 'p' RETURNING text(odd)
-- attack: UPDATE RETURNING date of the row in functional notation
UPDATE shop.odd SET open = 'p' RETURNING date(odd)
-- attack: UPDATE RETURNING upper of the row in functional notation
UPDATE shop.odd SET open = 'p' RETURNING upper(odd)
-- attack: UPDATE RETURNING upper of the row's star
UPDATE shop.odd SET open = 'p' RETURNING upper(odd.*)
-- attack: UPDATE RETURNING a field of the row
UPDATE shop.odd SET open = 'p' RETURNING (odd).name
-- attack: UPDATE RETURNING a field of the row's star
UPDATE shop.odd SET open = 'p' RETURNING (odd.*).name
-- attack: UPDATE RETURNING the row as text
UPDATE shop.odd SET open = 'p' RETURNING odd::text
-- attack: UPDATE RETURNING the row IS NULL
UPDATE shop.odd o SET open = 'p' RETURNING CASE WHEN o IS NOT NULL THEN (o).name END
-- attack: UPDATE RETURNING a subquery
UPDATE shop.odd o SET open = 'p' RETURNING (SELECT name)
-- attack: UPDATE RETURNING a subquery with the alias
UPDATE shop.odd o SET open = 'p' RETURNING (SELECT o.name)
-- attack: UPDATE RETURNING a subquery over the row's star
UPDATE shop.odd o SET open = 'p' RETURNING (SELECT x.name FROM (SELECT o.*) x)
-- attack: UPDATE RETURNING a subquery over VALUES of the row
UPDATE shop.odd o SET open = 'p' RETURNING (SELECT v.r FROM (VALUES (o)) v(r))
-- attack: UPDATE RETURNING LATERAL of the row
UPDATE shop.odd o SET open = 'p' RETURNING (SELECT l.x FROM (SELECT 1) s, LATERAL (SELECT name AS x) l)
-- attack: UPDATE RETURNING ARRAY
UPDATE shop.odd o SET open = 'p' RETURNING ARRAY(SELECT name), ARRAY[name]
-- attack: UPDATE RETURNING unnest of the row
UPDATE shop.odd o SET open = 'p' RETURNING (SELECT string_agg(u, '') FROM unnest(ARRAY[o.name]) u)
-- attack: UPDATE RETURNING a function over FROM
UPDATE shop.odd o SET open = 'p' RETURNING (SELECT j FROM jsonb_each_text(to_jsonb(o)) j WHERE j.key = 'name')
-- attack: UPDATE RETURNING CASE
UPDATE shop.odd SET open = 'p' RETURNING CASE WHEN true THEN name END
-- attack: UPDATE RETURNING coalesce and nullif
UPDATE shop.odd SET open = 'p' RETURNING coalesce(name, ''), nullif(name, ''), greatest(name, '')
-- attack: UPDATE RETURNING quoted names
UPDATE shop.odd SET open = 'p' RETURNING "name" || '', odd."name" || ''
-- attack: UPDATE RETURNING Unicode escapes
UPDATE shop.odd SET open = 'p' RETURNING U&"\006Eame" || ''
-- attack: UPDATE RETURNING upper-case names
UPDATE shop.odd SET open = 'p' RETURNING NAME || '', ODD.NAME || ''
-- attack: UPDATE RETURNING by schema
UPDATE shop.odd SET open = 'p' RETURNING shop.odd.name || ''
-- attack: UPDATE RETURNING bare by schema
UPDATE shop.odd SET open = 'p' RETURNING shop.odd.name
-- attack: UPDATE RETURNING star by schema
UPDATE shop.odd SET open = 'p' RETURNING shop.odd.*
-- attack: UPDATE RETURNING a column of a long name cut by the server
UPDATE shop.odd SET open = 'p' RETURNING 甲乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙x丙丁
-- attack: UPDATE RETURNING a long name in an expression
UPDATE shop.odd SET open = 'p' RETURNING 甲乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙x丙丁 || ''
-- attack: UPDATE RETURNING a long quoted name in an expression
UPDATE shop.odd SET open = 'p' RETURNING "甲乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙x丙丁" || ''
-- attack: UPDATE RETURNING a long qualified name
UPDATE shop.odd SET open = 'p' RETURNING odd.甲乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙x丙丁 || ''
-- attack: UPDATE SET open to a long name
UPDATE shop.odd SET open = 甲乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙x丙丁 RETURNING open
-- attack: SELECT a long name
SELECT 甲乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙x丙丁 FROM shop.odd
-- attack: SELECT a long name from two relations
SELECT o.甲乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙x丙丁 FROM shop.odd o, shop.orders
-- attack: UPDATE RETURNING a column with umlauts
UPDATE shop.odd SET open = 'p' RETURNING "Ünïcode" || ''
-- attack: UPDATE RETURNING a column called old
UPDATE shop.odd SET open = 'p' RETURNING old || ''
-- attack: UPDATE RETURNING a column called new
UPDATE shop.odd SET open = 'p' RETURNING odd.new || ''
-- attack: UPDATE RETURNING a column called excluded
UPDATE shop.odd SET open = 'p' RETURNING excluded || ''
-- attack: UPDATE RETURNING an element
UPDATE shop.odd SET open = 'p' RETURNING nick[1]
-- attack: UPDATE RETURNING old and new
-- since: 18
UPDATE shop.odd SET open = 'p' RETURNING old.name, new.name
-- attack: UPDATE RETURNING old in an expression
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING old.phone || '', new.phone || ''
-- attack: UPDATE RETURNING old star
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING old.*, new.*
-- attack: UPDATE RETURNING old as a row
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING old
-- attack: UPDATE RETURNING old row to JSON
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING to_json(old), (new).phone
-- attack: UPDATE RETURNING WITH names
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING WITH (OLD AS o, NEW AS n) o.phone || '', n.phone || ''
-- attack: UPDATE RETURNING WITH names, whole rows
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING WITH (OLD AS o, NEW AS n) o, to_json(n)
-- attack: UPDATE RETURNING WITH names, stars
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING WITH (OLD AS o, NEW AS n) o.*, n.*
-- attack: UPDATE RETURNING WITH names like columns
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING WITH (OLD AS kind, NEW AS n) kind.phone || '', n.phone
-- attack: UPDATE RETURNING WITH a name seen by a subquery
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING WITH (OLD AS o) (SELECT o.phone || x FROM (SELECT '') q(x))
-- attack: UPDATE RETURNING WITH a quoted name
-- since: 18
UPDATE shop.phone SET kind = 'p' RETURNING WITH (OLD AS "o.x") "o.x".phone || ''
-- attack: UPDATE RETURNING WITH a name that hides another relation
-- since: 18
UPDATE shop.phone p SET kind = 'p' FROM other.customers c WHERE p.id = c.id RETURNING WITH (OLD AS o) o.phone || c.name
-- attack: column named like its table
UPDATE shop.phone SET kind = phone RETURNING kind
-- attack: column named like its table, in WHERE
UPDATE shop.phone SET kind = 'oracle:' || 'yes' WHERE phone = '13987654321' RETURNING kind
-- attack: column named like its table, bare
UPDATE shop.phone SET kind = 'x' RETURNING phone
-- attack: column named like its table, a field
UPDATE shop.phone SET kind = (SELECT (p).phone FROM (SELECT phone.*) p) RETURNING kind
-- attack: column named like its table, qualified
UPDATE shop.phone SET kind = phone.phone || '' RETURNING kind
-- attack: open column set to a masked one
UPDATE shop.customers SET city = email RETURNING city
-- attack: open column set to a masked one by alias
UPDATE shop.customers AS c SET city = c.email RETURNING city
-- attack: open column set, then read
UPDATE shop.customers SET city = email
-- then
SELECT city FROM shop.customers
-- attack: open column set by a subquery of the target
UPDATE shop.customers SET city = (SELECT email) RETURNING city
-- attack: open column set by a correlated subquery
UPDATE shop.customers c SET city = (SELECT c.email FROM other.customers LIMIT 1) RETURNING city
-- attack: open column set by a deeper subquery
UPDATE shop.customers c SET city = (SELECT (SELECT max(x) FROM (SELECT c.email AS x) q)) RETURNING city
-- attack: several columns set from a subquery
UPDATE shop.customers c SET (city, id) = (SELECT c.email, c.id) RETURNING city
-- attack: several columns set from a row
UPDATE shop.customers c SET (city, id) = ROW(email, id) RETURNING city
-- attack: several columns set from the joined twin
UPDATE shop.customers c SET (city) = ROW(d.email) FROM shop.customers d WHERE c.id = d.id RETURNING c.city
-- attack: open column set from the joined twin, then read
UPDATE shop.customers c SET city = d.email FROM shop.customers d WHERE c.id = d.id
-- then
SELECT city FROM shop.customers
-- attack: open column set from a join with an alias
UPDATE shop.customers c SET city = j.phone FROM (shop.customers a JOIN other.customers b USING (id)) j WHERE j.id = c.id RETURNING c.city
-- attack: NATURAL JOIN in FROM of a write
UPDATE other.customers o SET name = c.email FROM shop.customers c NATURAL JOIN shop.phone p WHERE o.id = c.id RETURNING o.name
-- attack: raw value stored in an open relation
UPDATE other.customers o SET name = c.email FROM shop.customers c WHERE c.id = o.id RETURNING o.name
-- attack: raw value stored by INSERT SELECT
INSERT INTO other.customers SELECT id + 100, name, email FROM shop.customers RETURNING *
-- attack: raw row stored by INSERT SELECT
INSERT INTO other.customers (id, name) SELECT 101 + id, c::text FROM shop.customers c RETURNING name
-- attack: raw value stored by a CTE
WITH c AS MATERIALIZED (SELECT * FROM shop.customers) INSERT INTO other.customers SELECT id + 100, name, email FROM c RETURNING *
-- attack: raw value stored by DEFAULT of a joined row
INSERT INTO shop.defaults SELECT id, email FROM shop.customers RETURNING hint
-- attack: WHERE of an UPDATE
UPDATE shop.customers SET city = 'oracle:' || 'yes' WHERE email LIKE 'kanarien%' RETURNING city
-- attack: WHERE of an UPDATE by alias
UPDATE shop.customers c SET city = 'oracle:' || 'yes' WHERE c.phone = '13987654321' RETURNING city
-- attack: WHERE of an UPDATE by EXISTS
UPDATE shop.customers c SET city = 'oracle:' || 'yes' WHERE EXISTS (SELECT 1 WHERE c.email LIKE 'kanarien%') RETURNING city
-- attack: WHERE of an UPDATE by IN of the twin
UPDATE shop.customers c SET city = 'oracle:' || 'yes' WHERE id IN (SELECT id FROM shop.customers WHERE email LIKE 'kanarien%') RETURNING city
-- attack: WHERE of an UPDATE by IN that sees the target
UPDATE shop.customers c SET city = 'oracle:' || 'yes' WHERE 1 IN (SELECT 1 FROM other.customers o WHERE salary = 48271.93) RETURNING city
-- attack: WHERE of a DELETE
DELETE FROM shop.phone WHERE phone = '13987654321' RETURNING 'oracle:' || 'yes'
-- attack: DELETE RETURNING star
DELETE FROM shop.phone RETURNING *
-- attack: DELETE RETURNING an expression
DELETE FROM shop.phone RETURNING upper(phone)
-- attack: DELETE RETURNING the row
DELETE FROM shop.phone AS p RETURNING p
-- attack: DELETE USING itself
DELETE FROM shop.phone p USING shop.phone q WHERE p.id = q.id RETURNING q.phone || '', p.kind
-- attack: DELETE USING itself, its own column
DELETE FROM shop.phone p USING shop.phone q WHERE p.id = q.id RETURNING p.phone || ''
-- attack: DELETE USING itself, joined by the masked column
DELETE FROM shop.phone p USING shop.phone q WHERE p.phone = q.phone RETURNING 'oracle:' || 'yes'
-- attack: DELETE USING with an alias list
DELETE FROM shop.phone p USING shop.phone q(a, b, c) WHERE p.id = q.a RETURNING q.b, q
-- attack: DELETE with an alias named like a column
DELETE FROM shop.phone AS kind RETURNING kind, phone
-- attack: DELETE with an alias named like a masked column
DELETE FROM shop.phone AS phone RETURNING phone
-- attack: DELETE and star over the joined twin
DELETE FROM shop.phone p USING shop.phone q WHERE p.id = q.id RETURNING *
-- attack: DELETE and star over a subquery
DELETE FROM shop.phone p USING (SELECT p.phone AS x FROM shop.phone p) q RETURNING *
-- attack: an open relation deleted by a masked column of another
DELETE FROM other.customers o USING shop.customers c WHERE c.email LIKE 'kanarien%' RETURNING 'oracle:' || 'yes'
-- attack: INSERT RETURNING a generated column
INSERT INTO shop.customers (id, name, email) VALUES (50, 'x', 'quetzal@wunderbar-corp.cn') RETURNING initials
-- silent: what the caller wrote itself
-- attack: ON CONFLICT DO UPDATE with the row's own column
INSERT INTO shop.phone (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = phone.phone RETURNING kind
-- attack: ON CONFLICT DO UPDATE with a bare column
INSERT INTO shop.phone (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = upper(shop.phone.phone) RETURNING kind
-- attack: ON CONFLICT DO UPDATE by an alias
INSERT INTO shop.phone AS p (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = p.phone RETURNING kind
-- attack: ON CONFLICT DO UPDATE by the row
INSERT INTO shop.phone AS p (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = p::text RETURNING kind
-- attack: ON CONFLICT DO UPDATE WHERE
INSERT INTO shop.phone AS p (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = 'oracle:' || 'yes' WHERE p.phone = '13987654321' RETURNING kind
-- attack: ON CONFLICT DO UPDATE with excluded as a row
INSERT INTO shop.phone AS p (id, kind) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET kind = (SELECT p.phone FROM (SELECT excluded.*) e) RETURNING kind
-- attack: ON CONFLICT with an alias called excluded
INSERT INTO shop.phone AS excluded (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = excluded.phone RETURNING kind
-- silent: PostgreSQL finds the name ambiguous
-- attack: ON CONFLICT with a CTE called excluded
WITH excluded AS (SELECT 1) INSERT INTO shop.phone AS p (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET kind = (SELECT p.phone FROM excluded) RETURNING kind
-- attack: ON CONFLICT on a masked column
INSERT INTO shop.customers (id, name, email) VALUES (60, 'x', 'kanarienvogel@leaky-corp.cn') ON CONFLICT (email) DO UPDATE SET city = 'oracle:' || 'yes' RETURNING city
-- attack: ON CONFLICT DO NOTHING on a masked column
INSERT INTO shop.customers (id, name, email) VALUES (60, 'x', 'kanarienvogel@leaky-corp.cn') ON CONFLICT DO NOTHING RETURNING 'x'
-- silent: the answer is that there is none
-- attack: unique violation of a masked column
INSERT INTO shop.customers (id, name, email) VALUES (61, 'x', 'kanarienvogel@leaky-corp.cn')
-- attack: not-null violation prints the row
UPDATE shop.customers SET id = NULL
-- attack: check violation prints the row
UPDATE shop.orders SET total = 3000000
-- attack: numeric overflow in SET
UPDATE shop.customers SET id = salary::int * 1000000
-- silent: the message names no value
-- attack: cast error in SET
UPDATE shop.customers SET id = email::int
-- attack: cast error in WHERE
UPDATE shop.customers SET id = id WHERE email::int = 1
-- attack: cast error in RETURNING
UPDATE shop.customers SET id = id RETURNING email::int
-- attack: enum error in RETURNING
UPDATE shop.customers SET id = id RETURNING email::shop.status
-- attack: MERGE RETURNING star
-- since: 17
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN UPDATE SET kind = 'x' RETURNING *
-- attack: MERGE RETURNING target star
-- since: 17
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN UPDATE SET kind = 'x' RETURNING merge_action(), p.*
-- attack: MERGE RETURNING an expression
-- since: 17
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN DELETE RETURNING merge_action() || p.phone
-- attack: MERGE RETURNING old
-- since: 18
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN DELETE RETURNING old.phone || '', to_json(old)
-- attack: MERGE ON a masked column
-- since: 17
MERGE INTO shop.phone p USING (VALUES ('13987654321')) v(x) ON p.phone = v.x WHEN MATCHED THEN UPDATE SET kind = 'oracle:' || 'yes' RETURNING kind
-- attack: MERGE ON a masked column, unqualified
-- since: 17
MERGE INTO shop.phone p USING (VALUES ('13987654321')) v(x) ON phone = x WHEN MATCHED THEN UPDATE SET kind = 'oracle:' || 'yes' RETURNING kind
-- attack: MERGE WHEN a masked column
-- since: 17
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED AND p.phone LIKE '139%' THEN UPDATE SET kind = 'oracle:' || 'yes' RETURNING kind
-- attack: MERGE SET a masked column of the target
-- since: 17
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN UPDATE SET kind = p.phone RETURNING kind
-- attack: MERGE SET a masked column through a subquery
-- since: 17
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN UPDATE SET kind = (SELECT phone) RETURNING kind
-- attack: MERGE SET a row of the target
-- since: 17
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED THEN UPDATE SET kind = p::text RETURNING kind
-- attack: MERGE with source and target of one relation
-- since: 17
MERGE INTO shop.phone p USING shop.phone q ON p.id = q.id WHEN MATCHED THEN UPDATE SET kind = q.phone RETURNING p.kind, q.phone, q
-- attack: MERGE INSERT from the source
-- since: 17
MERGE INTO other.customers o USING shop.customers c ON o.id = c.id + 500 WHEN NOT MATCHED THEN INSERT VALUES (c.id + 500, c.name, c.email) RETURNING o.*
-- attack: MERGE INSERT a subquery
MERGE INTO other.customers o USING (VALUES (1)) v(i) ON o.id = 777 WHEN NOT MATCHED THEN INSERT (id, name) VALUES (777, (SELECT max(email) FROM shop.customers))
-- then
SELECT * FROM other.customers
-- attack: MERGE WHEN NOT MATCHED BY SOURCE
-- since: 17
MERGE INTO shop.phone p USING (VALUES (9)) v(i) ON p.id = v.i WHEN NOT MATCHED BY SOURCE AND p.phone LIKE '139%' THEN UPDATE SET kind = p.phone RETURNING kind
-- attack: MERGE DO NOTHING WHEN a masked column fails
MERGE INTO shop.phone p USING (VALUES (1)) v(i) ON p.id = v.i WHEN MATCHED AND p.phone::shop.status = 'new' THEN DO NOTHING
-- attack: MERGE ONLY with an alias named like a column
-- since: 17
MERGE INTO ONLY shop.phone AS phone USING (VALUES (1)) v(i) ON phone.id = v.i WHEN MATCHED THEN UPDATE SET kind = phone.phone RETURNING phone
-- attack: write inside WITH, star
WITH u AS (UPDATE shop.phone SET kind = 'x' RETURNING *) SELECT * FROM u
-- attack: write inside WITH, an expression outside
WITH u AS (UPDATE shop.phone SET kind = 'x' RETURNING phone AS e) SELECT upper(e), e FROM u
-- attack: write inside WITH, an expression inside
WITH u AS (UPDATE shop.phone SET kind = 'x' RETURNING phone || '' AS e) SELECT e FROM u
-- attack: write inside WITH, whole row
WITH u AS (DELETE FROM shop.phone p RETURNING p) SELECT (u.p).phone FROM u
-- attack: write inside WITH that names what it hides
WITH phone AS (UPDATE shop.phone SET kind = 'x' RETURNING *) SELECT phone FROM phone
-- attack: write inside WITH of a write
WITH u AS (UPDATE shop.phone SET kind = 'x' RETURNING id, phone) UPDATE other.customers o SET name = u.phone FROM u RETURNING o.name
-- attack: a CTE named like the target
WITH odd AS (SELECT 1 AS id) UPDATE shop.odd SET open = 'p' FROM odd AS x RETURNING odd.name || ''
-- attack: a CTE named like the target, in a subquery
WITH odd AS (SELECT 'n' AS name) UPDATE shop.odd o SET open = (SELECT name FROM odd) RETURNING (SELECT o.name FROM odd)
-- attack: a CTE that sees no target
WITH q AS (SELECT name FROM shop.odd) UPDATE shop.odd SET open = q.name FROM q RETURNING open
-- attack: a target that hides a CTE's column
WITH q AS (SELECT 1 AS one) UPDATE shop.odd SET open = (SELECT name FROM q) RETURNING open
-- attack: INSERT with a WITH of its own
INSERT INTO other.customers (id, name) WITH q AS (SELECT id, name FROM shop.customers) SELECT 900 + id, name FROM q RETURNING name
-- attack: nested WITH in INSERT
INSERT INTO other.customers (id, name) (WITH q AS (WITH r AS (SELECT email FROM shop.customers) SELECT * FROM r) SELECT 901, email FROM q LIMIT 1) RETURNING name
-- attack: WHERE CURRENT OF
DECLARE c CURSOR FOR SELECT id FROM shop.phone FOR UPDATE
-- then
FETCH c
-- then
UPDATE shop.phone SET kind = 'x' WHERE CURRENT OF c RETURNING phone, kind
-- attack: WHERE CURRENT OF, an expression
DECLARE c CURSOR FOR SELECT id FROM shop.phone
-- then
FETCH c
-- then
UPDATE shop.phone SET kind = phone WHERE CURRENT OF c RETURNING kind
-- attack: DELETE WHERE CURRENT OF
DECLARE c CURSOR FOR SELECT * FROM shop.phone
-- then
FETCH c
-- then
DELETE FROM shop.phone WHERE CURRENT OF c RETURNING *
-- attack: system columns of a target
UPDATE shop.visits SET id = id RETURNING CASE tableoid::regclass::text WHEN 'shop.visits_1' THEN 'oracle:' || 'yes' END
-- attack: tableoid in WHERE of a write
UPDATE shop.visits SET id = 77 WHERE tableoid = 'shop.visits_1'::regclass RETURNING 'oracle:' || 'yes'
-- attack: tableoid in SET of a write
DELETE FROM shop.visits WHERE tableoid = (SELECT oid FROM pg_class WHERE relname = 'visits_1') RETURNING 'oracle:' || 'yes'
-- attack: partition written directly
UPDATE shop.visits_1 SET id = id RETURNING *
-- attack: partitioned parent written
UPDATE shop.visits SET id = id RETURNING *
-- attack: a partition's constraint violated
UPDATE shop.visits_1 SET city = 'y'
-- attack: inheritance parent written
UPDATE shop.people SET name = name RETURNING *
-- attack: inheritance child written
UPDATE shop.staff SET grade = 2 RETURNING *
-- attack: inheritance child written, an expression
UPDATE shop.customers_vip SET perk = email RETURNING perk
-- attack: view written
UPDATE shop.v_updatable SET city = email RETURNING city
-- attack: view written, star
UPDATE shop.v_updatable SET city = 'x' RETURNING *
-- attack: view written, row
UPDATE shop.v_updatable v SET city = 'x' RETURNING v
-- attack: view of upper case written
UPDATE shop.v_customers SET id = id RETURNING mail
-- attack: matview written
UPDATE shop.mv_customers SET id = id
-- silent: PostgreSQL cannot write it
-- attack: view deleted from
DELETE FROM shop.v_updatable WHERE email LIKE 'vip-%' RETURNING 'oracle:' || 'yes'
-- attack: relation with a quoted Chinese name written
UPDATE shop."客户 档案" SET id = id RETURNING "姓名" || ''
-- attack: relation with a quoted Chinese name, star
UPDATE shop."客户 档案" AS 档案 SET id = id RETURNING 档案.*, 档案."电话"
-- attack: relation with a quoted Chinese name, row
DELETE FROM shop."客户 档案" RETURNING "客户 档案"
-- attack: JSON of the target subscripted
UPDATE shop.customers SET city = profile['wechat'] #>> '{}' RETURNING city
-- attack: JSON assigned by a subscript
UPDATE shop.customers SET profile['level'] = '9' RETURNING profile
-- attack: JSON of the target by an operator
UPDATE shop.customers SET city = profile ->> 'wechat' RETURNING city
-- attack: the array of a target
UPDATE shop.odd SET open = nick[1] RETURNING open
-- attack: the array of a target assigned by a subscript
UPDATE shop.odd SET nick[2] = 'x' RETURNING nick
-- attack: index of a subscript
UPDATE shop.odd SET open = (ARRAY['a','oracle:' || 'yes'])[1 + (name LIKE '欧阳%')::int] RETURNING open
-- attack: row order of a write
UPDATE shop.customers SET city = n::text FROM (SELECT id AS i, rank() OVER (ORDER BY email) AS n FROM shop.customers) q WHERE i = id RETURNING city
-- attack: trusted function in SET
UPDATE shop.customers SET city = lib.who(id) RETURNING city
-- attack: trusted function over the row in SET
UPDATE shop.customers c SET city = lib.raw_email(c) RETURNING city
-- attack: attribute notation of a trusted function on the target
SET search_path = lib, shop
-- then
UPDATE shop.customers c SET city = c.raw_email RETURNING city
-- attack: operator of eve in SET
UPDATE shop.customers SET city = city OPERATOR(evil.||) 'x' RETURNING city
-- attack: domain of eve as a value
UPDATE shop.customers SET city = 'x'::evil.dom RETURNING city
-- attack: a box of eve
INSERT INTO evil.loot_box SELECT upper(email) FROM shop.customers RETURNING lower(x)
