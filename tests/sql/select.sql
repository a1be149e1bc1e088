-- a masked relation becomes its subquery, under its own name
-- role: analyst
SELECT name FROM shop.customers WHERE id = 1
-- becomes
SELECT name FROM {customers: name id} AS "customers" WHERE id = 1

-- an alias stays
-- role: analyst
SELECT c.name FROM customers AS c
-- becomes
SELECT c.name FROM {customers: c name} AS c

-- an alias with a column list reaches everything
-- role: analyst
-- notices: shop.customers: birth_date, raw closed to you: NULL
SELECT b FROM customers c(a, b)
-- becomes
SELECT b FROM {customers: *} c(a, b)

-- star reaches everything
-- role: analyst
-- notices: shop.customers: birth_date, raw closed to you: NULL
SELECT * FROM shop.customers c
-- becomes
SELECT * FROM {customers: *} c

-- comments and spaces stay as they are
-- role: analyst
SELECT  /* who */ name -- the name
  FROM shop . customers;
-- becomes
SELECT  /* who */ name -- the name
  FROM {customers: name} AS "customers";

-- a masked column in WHERE is the masked one
-- role: analyst
SELECT count(*) FROM customers WHERE email = 'a@b.cn'
-- becomes
SELECT pg_catalog.count(*) FROM {customers: email count} AS "customers" WHERE email = 'a@b.cn'

-- an open relation is qualified, no more
-- role: analyst
SELECT o.id, sum(o.total) FROM orders o GROUP BY o.id
-- becomes
SELECT o.id, pg_catalog.sum(o.total) FROM "shop"."orders" o GROUP BY o.id

-- joins
-- role: analyst
SELECT c.name, o.total FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
-- becomes
SELECT c.name, o.total FROM "shop"."orders" o LEFT JOIN {customers: c name o total id customer_id} c ON c.id = o.customer_id

-- a CTE shadows a relation, inside its scope only
-- role: analyst
-- notices: shop.customers: birth_date, raw closed to you: NULL
SELECT * FROM (WITH customers AS (SELECT 1 AS x) SELECT x FROM customers) a, customers
-- becomes
SELECT * FROM (WITH customers AS (SELECT 1 AS x) SELECT x FROM customers) a, {customers: *} AS "customers"

-- a CTE that is not recursive reads the relation of its own name
-- role: analyst
WITH customers AS (SELECT id FROM customers) SELECT * FROM customers
-- becomes
WITH customers AS (SELECT id FROM {customers: id} AS "customers") SELECT * FROM customers

-- a recursive CTE reads itself
-- role: analyst
WITH RECURSIVE n AS (SELECT id FROM customers UNION ALL SELECT id + 1 FROM n WHERE id < 9) SELECT * FROM n
-- becomes
WITH RECURSIVE n AS (SELECT id FROM {customers: id} AS "customers" UNION ALL SELECT id + 1 FROM n WHERE id < 9) SELECT * FROM n

-- set operations
-- role: analyst
SELECT id FROM customers UNION SELECT id FROM orders ORDER BY 1
-- becomes
SELECT id FROM {customers: id} AS "customers" UNION SELECT id FROM "shop"."orders" ORDER BY 1

-- LATERAL
-- role: analyst
SELECT c.name, l.total FROM customers c, LATERAL (SELECT o.total FROM orders o WHERE o.customer_id = c.id LIMIT 1) l
-- becomes
SELECT c.name, l.total FROM {customers: c name l total o customer_id id} c, LATERAL (SELECT o.total FROM "shop"."orders" o WHERE o.customer_id = c.id LIMIT 1) l

-- a whole row reaches everything
-- role: analyst
-- notices: shop.customers: birth_date, raw closed to you: NULL
SELECT to_json(c) FROM customers c
-- becomes
SELECT pg_catalog.to_json("c"."c") FROM {customers: * &c} c

-- a whole row in attribute brackets reaches everything
-- role: analyst
-- notices: shop.customers: birth_date, raw closed to you: NULL
SELECT (c).email FROM customers c
-- becomes
SELECT ("c"."c").email FROM {customers: * &c} c

-- a star beside it is written out, without a label: PostgreSQL takes no notice of one there
-- role: analyst
-- notices: shop.customers: birth_date, raw closed to you: NULL
SELECT c, c.* AS x, c.*y FROM customers c
-- becomes
SELECT "c"."c", "c"."id", "c"."name", "c"."email", "c"."phone", "c"."birth_date", "c"."profile", "c"."raw", "c"."city", "c"."id", "c"."name", "c"."email", "c"."phone", "c"."birth_date", "c"."profile", "c"."raw", "c"."city" FROM {customers: * &c} c

-- SET CONSTRAINTS names no relation, whatever else stands in its text
-- role: analyst
SET CONSTRAINTS l DEFERRED; SELECT city FROM customers
-- becomes
SET CONSTRAINTS l DEFERRED; SELECT city FROM {customers: city} AS "customers"

-- ONLY moves inside
-- role: analyst
SELECT id FROM ONLY customers
-- becomes
SELECT id FROM {only customers: id} AS "customers"

-- ONLY in brackets moves inside
-- role: analyst
SELECT id FROM ONLY (shop.customers) c
-- becomes
SELECT id FROM {only customers: id c} c

-- the old star after a name goes
-- role: analyst
SELECT id FROM customers *
-- becomes
SELECT id FROM {customers: id} AS "customers"

-- TABLE
-- role: analyst
-- notices: shop.customers: birth_date, raw closed to you: NULL
TABLE customers
-- becomes
SELECT * FROM {customers: *} AS "customers"

-- a reference that names the schema
-- role: analyst
SELECT shop.customers.name FROM shop.customers WHERE shopdb.shop.customers.id = 1
-- becomes
SELECT "customers".name FROM {customers: shop customers name shopdb id} AS "customers" WHERE "customers".id = 1

-- GROUP BY the primary key implies the other columns
-- role: analyst
SELECT c.id, c.name, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id
-- becomes
SELECT c.id, c.name, pg_catalog.count(*) FROM {customers: c id name count o customer_id} c JOIN "shop"."orders" o ON o.customer_id = c.id GROUP BY "c"."name", c.id

-- GROUP BY an ordinal that is the primary key
-- role: analyst
SELECT id, city FROM customers GROUP BY 1
-- becomes
SELECT id, city FROM {customers: id city} AS "customers" GROUP BY "customers"."city", 1

-- GROUP BY something else stays
-- role: analyst
SELECT city, count(*) FROM customers GROUP BY city
-- becomes
SELECT city, pg_catalog.count(*) FROM {customers: city count} AS "customers" GROUP BY city

-- FOR UPDATE OF names an alias
-- role: analyst
SELECT c.id FROM customers c FOR UPDATE OF c
-- becomes
SELECT c.id FROM {customers: c id} c FOR UPDATE OF c

-- VALUES
-- role: analyst
VALUES (1, 'a'), (2, 'b')

-- no relation at all
-- role: analyst
SELECT 1 + 1, now(), current_user
-- becomes
SELECT 1 + 1, pg_catalog.now(), current_user

-- the catalog is read under its name
-- role: analyst
SELECT relname FROM pg_class c WHERE c.oid = 'shop.customers'::regclass
-- becomes
SELECT relname FROM "pg_catalog"."pg_class" c WHERE c.oid = 'shop.customers'::regclass

-- a function a rule lists
-- role: analyst
SELECT shop.tax(total) FROM orders
-- becomes
SELECT shop.tax(total) FROM "shop"."orders"

-- Chinese text before and after keeps its place
-- role: analyst
SELECT '姓名', name AS "姓名" FROM customers WHERE city = '深圳'
-- becomes
SELECT '姓名', name AS "姓名" FROM {customers: name city} AS "customers" WHERE city = '深圳'

-- an encrypted column that is shown masked leaves as ciphertext for bare output
-- role: analyst
-- opens: 0=cards/masked
SELECT card_no FROM payment_cards
-- becomes
SELECT card_no FROM {payment_cards: card_no +card_no} AS "payment_cards"

-- through a subquery, a CTE and UNION ALL
-- role: analyst
-- opens: 1=cards/masked
WITH p AS (SELECT id, card_no FROM payment_cards) SELECT 1, q.c FROM (SELECT card_no AS c FROM p UNION ALL SELECT NULL) q
-- becomes
WITH p AS (SELECT id, card_no FROM {payment_cards: id card_no q c +card_no} AS "payment_cards") SELECT 1, q.c FROM (SELECT card_no AS c FROM p UNION ALL SELECT NULL) q

-- a scalar subselect passes ciphertext on
-- role: analyst
-- opens: 0=cards/masked
SELECT (SELECT card_no FROM payment_cards p WHERE p.customer_id = c.id LIMIT 1) FROM customers c
-- becomes
SELECT (SELECT card_no FROM {payment_cards: card_no p customer_id c id +card_no} p WHERE p.customer_id = c.id LIMIT 1) FROM {customers: card_no p customer_id c id} c

-- transaction control passes
-- role: analyst
BEGIN ISOLATION LEVEL REPEATABLE READ

-- SHOW passes
-- role: analyst
SHOW server_version

-- harmless SET passes
-- role: analyst
SET statement_timeout = '5s'

-- a safe search_path passes
-- role: analyst
SET search_path = shop, "$user", public

-- several statements in one text
-- role: analyst
BEGIN; SELECT name FROM customers; COMMIT
-- becomes
BEGIN; SELECT name FROM {customers: name} AS "customers"; COMMIT

-- a driver sets something harmless through a function
-- role: analyst
SELECT set_config('jit', 'off', false)
-- becomes
SELECT pg_catalog.set_config('jit', 'off', false)

-- standard_conforming_strings as it is anyway
-- role: analyst
SET standard_conforming_strings = on

-- a system column stands beside the others
-- role: analyst
SELECT ctid, name FROM customers
-- becomes
SELECT ctid, name FROM {customers: ctid name %ctid} AS "customers"

-- a temporary table of the session
-- role: analyst
-- temporary: nothing
SELECT n.x FROM nothing n
-- becomes
SELECT n.x FROM pg_temp.nothing n

-- quoted names that touch what is replaced
-- role: analyst
SELECT"o"."id"FROM orders"o"
-- becomes
SELECT"o"."id"FROM "shop"."orders" "o"
