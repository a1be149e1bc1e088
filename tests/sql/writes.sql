-- INSERT into open columns of a masked relation
-- role: analyst
INSERT INTO customers (id, city) VALUES (1, '深圳'), (2, DEFAULT)
-- becomes
INSERT INTO "shop"."customers" (id, city) VALUES (1, '深圳'), (2, DEFAULT)

-- INSERT with parameters
-- role: analyst
INSERT INTO shop.customers (id, city) VALUES ($1, $2)

-- INSERT of DEFAULT into a column that cannot be written
-- role: analyst
INSERT INTO customers (id, name, city) VALUES (1, DEFAULT, 'x'), (2, DEFAULT, 'y')
-- becomes
INSERT INTO "shop"."customers" (id, name, city) VALUES (1, DEFAULT, 'x'), (2, DEFAULT, 'y')

-- … where one row gives it a value
-- role: analyst
-- refuses: 42501 shop.customers.name is masked for you and cannot be written
INSERT INTO customers (id, name) VALUES (1, DEFAULT), (2, 'x')

-- … where the value is more than the list has names
-- role: analyst
INSERT INTO customers (id) VALUES (1, 'x')
-- becomes
INSERT INTO "shop"."customers" (id) VALUES (1, 'x')

-- INSERT without a column list that fills open columns only: the list is written, so that a new column changes nothing
-- role: analyst
INSERT INTO customers VALUES (1)
-- becomes
INSERT INTO "shop"."customers" ("id") VALUES (1)

-- … behind an alias
-- role: analyst
INSERT INTO customers AS c VALUES (1, DEFAULT) RETURNING c.id
-- becomes
INSERT INTO "shop"."customers" AS c ("id", "name") VALUES (1, DEFAULT) RETURNING c.id

-- … that reaches a masked one
-- role: analyst
-- refuses: 42501 shop.customers.name
INSERT INTO customers VALUES (1, 'x')

-- … from a query whose columns are known
-- role: analyst
INSERT INTO customers SELECT id FROM orders
-- becomes
INSERT INTO "shop"."customers" ("id") SELECT id FROM "shop"."orders"

-- … from a query whose columns are not
-- role: analyst
-- refuses: 0A000 name the columns of shop.customers
INSERT INTO customers SELECT * FROM jsonb_each('{}')

-- … from a query whose columns are not, with a list
-- role: analyst
-- refuses: 42501 shop.customers.name
INSERT INTO customers (id, name) SELECT * FROM jsonb_each('{}')

-- INSERT of nothing but defaults
-- role: analyst
INSERT INTO customers DEFAULT VALUES
-- becomes
INSERT INTO "shop"."customers" DEFAULT VALUES

-- INSERT … SELECT reads through masks
-- role: analyst
INSERT INTO orders (id, status) SELECT id, name FROM customers
-- becomes
INSERT INTO "shop"."orders" (id, status) SELECT id, name FROM {customers: id name} AS "customers"

-- INSERT into an open relation is qualified, no more
-- role: analyst
INSERT INTO orders VALUES (1, 2, 3) RETURNING *, id + 1
-- becomes
INSERT INTO "shop"."orders" VALUES (1, 2, 3) RETURNING *, id + 1

-- INSERT … WITH
-- role: analyst
WITH c AS (SELECT id FROM customers) INSERT INTO orders (id) SELECT id FROM c
-- becomes
WITH c AS (SELECT id FROM {customers: id} AS "customers") INSERT INTO "shop"."orders" (id) SELECT id FROM c

-- INSERT with WITH behind the target
-- role: analyst
INSERT INTO orders (id) WITH c AS (SELECT id FROM customers) SELECT id FROM c ORDER BY 1
-- becomes
INSERT INTO "shop"."orders" (id) WITH c AS (SELECT id FROM {customers: id} AS "customers") SELECT id FROM c ORDER BY 1

-- OVERRIDING
-- role: analyst
INSERT INTO customers (id) OVERRIDING SYSTEM VALUE VALUES (1)
-- becomes
INSERT INTO "shop"."customers" (id) OVERRIDING SYSTEM VALUE VALUES (1)

-- RETURNING of open columns stays
-- role: analyst
INSERT INTO customers (id) VALUES (1) RETURNING id, city
-- becomes
INSERT INTO "shop"."customers" (id) VALUES (1) RETURNING id, city

-- RETURNING of a bare masked column
-- role: analyst
INSERT INTO customers (id) VALUES (1) RETURNING name
-- becomes
INSERT INTO "shop"."customers" (id) VALUES (1) RETURNING {customers.name of customers}

-- … under another name, with AS and without
-- role: analyst
INSERT INTO customers (id) VALUES (1) RETURNING name AS n, customers.email e, id
-- becomes
INSERT INTO "shop"."customers" (id) VALUES (1) RETURNING {customers.name of customers as n}, {customers.email of customers as e}, id

-- … qualified by an alias
-- role: analyst
UPDATE customers AS c SET city = 'x' RETURNING c.name
-- becomes
UPDATE "shop"."customers" AS c SET city = 'x' RETURNING {c.name of customers}

-- … closed: NULL
-- role: analyst
UPDATE customers c SET city = 'x' RETURNING c.birth_date
-- becomes
UPDATE "shop"."customers" c SET city = 'x' RETURNING {c.birth_date of customers}

-- … as a star
-- role: analyst
UPDATE customers c SET city = 'x' RETURNING *
-- becomes
UPDATE "shop"."customers" c SET city = 'x' RETURNING {c.* of customers}

-- … as a qualified star, twice
-- role: analyst
UPDATE customers SET city = 'x' RETURNING customers.*, 1, customers.*
-- becomes
UPDATE "shop"."customers" SET city = 'x' RETURNING {customers.* of customers}, 1, {customers.* of customers}

-- … beside a joined relation
-- role: analyst
UPDATE customers c SET city = o.status FROM orders o WHERE o.customer_id = c.id RETURNING *
-- becomes
UPDATE "shop"."customers" c SET city = o.status FROM "shop"."orders" o WHERE o.customer_id = c.id RETURNING {c.* of customers}, "o".*

-- … the other relation's star
-- role: analyst
UPDATE customers c SET city = o.status FROM orders o WHERE o.customer_id = c.id RETURNING o.*
-- becomes
UPDATE "shop"."customers" c SET city = o.status FROM "shop"."orders" o WHERE o.customer_id = c.id RETURNING o.*

-- … beside a join of which no column is merged
-- role: analyst
UPDATE customers c SET city = 'x' FROM orders o JOIN orders p ON p.id = o.id RETURNING *
-- becomes
UPDATE "shop"."customers" c SET city = 'x' FROM "shop"."orders" o JOIN "shop"."orders" p ON p.id = o.id RETURNING {c.* of customers}, "o".*, "p".*

-- … beside a join of which one is
-- role: analyst
-- refuses: 0A000 write the columns of RETURNING out
UPDATE customers c SET city = 'x' FROM orders o JOIN orders p USING (id) RETURNING *

-- … beside a subquery without a name
-- role: analyst
-- server: 160014
-- refuses: 0A000 write the columns of RETURNING out
UPDATE customers c SET city = 'x' FROM (SELECT 1 AS x) RETURNING *

-- … old and new
-- role: analyst
-- refuses: 42501 only columns you see in clear can be read
UPDATE customers SET city = 'x' RETURNING upper(new.name)

-- … old and new, bare
-- role: analyst
UPDATE customers SET city = 'x' RETURNING old.name, new.city, new.*
-- becomes
UPDATE "shop"."customers" SET city = 'x' RETURNING {old.name of customers}, new.city, {new.* of customers}

-- … renamed
-- role: analyst
UPDATE customers SET city = 'x' RETURNING WITH (OLD AS o, NEW AS n) o.name AS was, n.email
-- becomes
UPDATE "shop"."customers" SET city = 'x' RETURNING WITH (OLD AS o, NEW AS n) {o.name of customers as was}, {n.email of customers}

-- … renamed, in an expression
-- role: analyst
-- refuses: 42501 not name
UPDATE customers SET city = 'x' RETURNING WITH (OLD AS o) o.name || ''

-- … before 18 there is no such thing
-- role: analyst
-- server: 160014
-- refuses: 0A000 ReturningOption
UPDATE customers SET city = 'x' RETURNING WITH (OLD AS o) o.id

-- a masked column in an expression of RETURNING
-- role: analyst
-- refuses: 42501 and not name
DELETE FROM customers RETURNING upper(name)

-- … in a cast
-- role: analyst
-- refuses: 42501 and not name
DELETE FROM customers RETURNING name::text

-- … in a subquery there
-- role: analyst
-- refuses: 42501 and not name
DELETE FROM customers RETURNING (SELECT customers.name)

-- … as a whole row
-- role: analyst
-- refuses: 42501 a whole row of it
DELETE FROM customers c RETURNING c

-- … as a whole row handed to a function
-- role: analyst
-- refuses: 42501 a whole row of it
DELETE FROM customers c RETURNING to_json(c)

-- … as a star handed to a function
-- role: analyst
-- refuses: 42501 a whole row of it
DELETE FROM customers c RETURNING to_json(c.*)

-- … as a star in a row
-- role: analyst
-- refuses: 42501 a whole row of it
DELETE FROM customers c RETURNING ROW(c.*)

-- … in functional notation
-- role: analyst
-- refuses: 42501 a whole row of it
DELETE FROM customers c RETURNING name(c)

-- … in attribute notation
-- role: analyst
-- refuses: 42501 a whole row of it
DELETE FROM customers c RETURNING c.lower

-- … of old as a whole row
-- role: analyst
-- refuses: 42501 and not name
DELETE FROM customers RETURNING to_json(old)

-- … of old as a star
-- role: analyst
-- refuses: 42501 and not name
DELETE FROM customers RETURNING ROW(old.*)

-- … of what old has not
-- role: analyst
-- refuses: 42501 and not name
DELETE FROM customers RETURNING old.nothing

-- UPDATE of an open column by an open condition
-- role: analyst
UPDATE customers SET city = '北京', profile = '{}' WHERE id = 1
-- becomes
UPDATE "shop"."customers" SET city = '北京', profile = '{}' WHERE id = 1

-- UPDATE of a masked column
-- role: analyst
-- refuses: 42501 shop.customers.name is masked for you and cannot be written
UPDATE customers SET city = 'x', name = 'a***@x.cn'

-- UPDATE of a closed column
-- role: analyst
-- refuses: 42501 shop.customers.birth_date is closed for you and cannot be written
UPDATE customers SET birth_date = NULL

-- UPDATE of a masked column to DEFAULT
-- role: analyst
-- refuses: 42501 shop.customers.name
UPDATE customers SET name = DEFAULT

-- UPDATE of several columns at once
-- role: analyst
UPDATE customers SET (city, profile) = ('x', '{}')
-- becomes
UPDATE "shop"."customers" SET (city, profile) = ('x', '{}')

-- … from a subquery
-- role: analyst
UPDATE customers c SET (city, id) = (SELECT o.status, o.id FROM orders o WHERE o.id = c.id)
-- becomes
UPDATE "shop"."customers" c SET (city, id) = (SELECT o.status, o.id FROM "shop"."orders" o WHERE o.id = c.id)

-- … of which one is masked
-- role: analyst
-- refuses: 42501 shop.customers.email
UPDATE customers SET (city, email) = ('x', 'y')

-- UPDATE by a masked condition
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET city = 'x' WHERE name = '王*'

-- UPDATE from a masked column of the target
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET city = name

-- … in the brackets of a target
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET profile[name] = '1'

-- … in a nested subquery
-- role: analyst
-- refuses: 42501 and not email
UPDATE customers c SET city = 'x' WHERE EXISTS (SELECT 1 FROM orders o WHERE o.status = c.email)

-- … by schema and relation
-- role: analyst
-- refuses: 42501 and not email
UPDATE customers SET city = shop.customers.email

-- … by database, schema and relation
-- role: analyst
-- refuses: 42501 and not email
UPDATE customers SET city = shopdb.shop.customers.email

-- the target's name in another schema is somebody else
-- role: analyst
UPDATE shop.orders SET total = evil.orders.total FROM evil.orders
-- becomes
UPDATE shop.orders SET total = evil.orders.total FROM evil.orders

-- the same relation read beside its target is masked
-- role: analyst
UPDATE customers c SET city = d.name FROM customers d WHERE d.id = c.id
-- becomes
UPDATE "shop"."customers" c SET city = d.name FROM {customers: d name id c} d WHERE d.id = c.id

-- an unqualified name of another source that looks like a masked column of the target leaves qualified
-- role: analyst
UPDATE customers SET city = (SELECT name FROM customers d WHERE d.id = 1)
-- becomes
UPDATE "shop"."customers" SET city = (SELECT "d".name FROM {customers: name d id} d WHERE d.id = 1)

-- … where it cannot be qualified
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET city = (SELECT name FROM (orders JOIN (SELECT 1 AS id, 'x' AS name) q USING (id)) AS customers)

-- … where the name would mean the target
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET city = (SELECT name FROM (SELECT 'x' AS name) customers)

-- … the output name of a nested query
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET city = (SELECT 'x' AS name FROM orders ORDER BY name LIMIT 1)

-- a star of a nested query is its own
-- role: analyst
UPDATE customers SET city = 'x' WHERE id IN (SELECT q.* FROM (SELECT id FROM orders) q) AND EXISTS (SELECT * FROM orders)
-- becomes
UPDATE "shop"."customers" SET city = 'x' WHERE id IN (SELECT q.* FROM (SELECT id FROM "shop"."orders") q) AND EXISTS (SELECT * FROM "shop"."orders")

-- … of a name that is a column there
-- role: analyst
UPDATE customers SET city = (SELECT customers FROM (SELECT 'x' AS customers) q)
-- becomes
UPDATE "shop"."customers" SET city = (SELECT "q".customers FROM (SELECT 'x' AS customers) q)

-- … of a name that is an output there
-- role: analyst
-- refuses: 42501 and not customers
UPDATE customers SET city = (SELECT 'x' AS customers FROM orders ORDER BY customers LIMIT 1)

-- … of a column that old is called like
-- role: analyst
UPDATE customers SET city = 'x' RETURNING WITH (OLD AS city) city
-- becomes
UPDATE "shop"."customers" SET city = 'x' RETURNING WITH (OLD AS city) "customers".city

-- … of a tableoid that could be the target's
-- role: analyst
-- refuses: 42501 tableoid, which tells the partition
UPDATE visits SET who = 'x' WHERE id = (SELECT visits.tableoid::int FROM orders visits LIMIT 1)

-- … of a column the target has not
-- role: analyst
-- refuses: 42501 and not status
UPDATE customers SET city = (SELECT customers.status FROM orders customers)

-- a nested query that hides the target behind its own name
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET city = (SELECT customers.name FROM orders customers)

-- system columns of the target
-- role: analyst
UPDATE customers SET city = 'x' WHERE customers.ctid = '(0,1)' RETURNING xmin
-- becomes
UPDATE "shop"."customers" SET city = 'x' WHERE customers.ctid = '(0,1)' RETURNING xmin

-- WHERE CURRENT OF
-- role: analyst
UPDATE customers SET city = 'x' WHERE CURRENT OF c
-- becomes
UPDATE "shop"."customers" SET city = 'x' WHERE CURRENT OF c

-- UPDATE ONLY
-- role: analyst
UPDATE ONLY customers SET city = 'x'
-- becomes
UPDATE ONLY "shop"."customers" SET city = 'x'

-- UPDATE of an open relation from a masked one
-- role: analyst
UPDATE orders SET status = c.name FROM customers c WHERE c.id = customer_id RETURNING c.name, orders.*
-- becomes
UPDATE "shop"."orders" SET status = c.name FROM {customers: c name id customer_id orders} c WHERE c.id = customer_id RETURNING c.name, orders.*

-- UPDATE of a view
-- role: analyst
-- refuses: 42501 customer_names
UPDATE customer_names SET name = 'x'

-- DELETE
-- role: analyst
DELETE FROM customers WHERE id = 1 RETURNING id, name
-- becomes
DELETE FROM "shop"."customers" WHERE id = 1 RETURNING id, {customers.name of customers}

-- DELETE by a masked condition
-- role: analyst
-- refuses: 42501 and not name
DELETE FROM customers WHERE name LIKE '王%'

-- DELETE … USING
-- role: analyst
DELETE FROM orders o USING customers c WHERE c.id = o.customer_id AND c.name = '王*'
-- becomes
DELETE FROM "shop"."orders" o USING {customers: c id o customer_id name} c WHERE c.id = o.customer_id AND c.name = '王*'

-- ON CONFLICT DO NOTHING
-- role: analyst
INSERT INTO customers (id, city) VALUES (1, 'x') ON CONFLICT (id) DO NOTHING
-- becomes
INSERT INTO "shop"."customers" (id, city) VALUES (1, 'x') ON CONFLICT (id) DO NOTHING

-- ON CONFLICT DO UPDATE from what was proposed
-- role: analyst
INSERT INTO customers (id, city) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET city = excluded.city WHERE customers.city <> excluded.city RETURNING *
-- becomes
INSERT INTO "shop"."customers" (id, city) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET city = excluded.city WHERE customers.city <> excluded.city RETURNING {customers.* of customers}

-- … of a masked column
-- role: analyst
-- refuses: 42501 shop.customers.name
INSERT INTO customers (id, city) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = 'y'

-- … by a masked column
-- role: analyst
-- refuses: 42501 and not name
INSERT INTO customers (id, city) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET city = 'y' WHERE customers.name = 'z'

-- … on a masked column: a conflict would tell what it holds
-- role: analyst
-- refuses: 42501 and not email
INSERT INTO customers (id) VALUES (1) ON CONFLICT (email) DO NOTHING

-- … on an expression of a masked column
-- role: analyst
-- refuses: 42501 and not email
INSERT INTO customers (id) VALUES (1) ON CONFLICT (lower(email)) DO NOTHING

-- … with a condition on a masked column
-- role: analyst
-- refuses: 42501 and not email
INSERT INTO customers (id) VALUES (1) ON CONFLICT (id) WHERE email IS NULL DO NOTHING

-- MERGE
-- role: analyst
MERGE INTO customers c USING orders o ON c.id = o.id WHEN MATCHED AND c.city = 'x' THEN UPDATE SET city = o.status WHEN NOT MATCHED THEN INSERT (id, city) VALUES (o.id, o.status) WHEN MATCHED THEN DELETE
-- becomes
MERGE INTO "shop"."customers" c USING "shop"."orders" o ON c.id = o.id WHEN MATCHED AND c.city = 'x' THEN UPDATE SET city = o.status WHEN NOT MATCHED THEN INSERT (id, city) VALUES (o.id, o.status) WHEN MATCHED THEN DELETE

-- MERGE RETURNING
-- role: analyst
MERGE INTO customers c USING orders o ON c.id = o.id WHEN MATCHED THEN UPDATE SET city = 'x' RETURNING merge_action(), c.name, o.id
-- becomes
MERGE INTO "shop"."customers" c USING "shop"."orders" o ON c.id = o.id WHEN MATCHED THEN UPDATE SET city = 'x' RETURNING merge_action(), {c.name of customers}, o.id

-- MERGE RETURNING *
-- role: analyst
MERGE INTO customers c USING orders o ON c.id = o.id WHEN MATCHED THEN UPDATE SET city = 'x' RETURNING *
-- becomes
MERGE INTO "shop"."customers" c USING "shop"."orders" o ON c.id = o.id WHEN MATCHED THEN UPDATE SET city = 'x' RETURNING "o".*, {c.* of customers}

-- MERGE by a masked condition
-- role: analyst
-- refuses: 42501 and not name
MERGE INTO customers c USING orders o ON c.name = o.status WHEN MATCHED THEN DELETE

-- MERGE by a masked condition of one arm
-- role: analyst
-- refuses: 42501 and not name
MERGE INTO customers c USING orders o ON c.id = o.id WHEN MATCHED AND c.name = 'x' THEN DELETE

-- MERGE into a masked column
-- role: analyst
-- refuses: 42501 shop.customers.name
MERGE INTO customers c USING orders o ON c.id = o.id WHEN MATCHED THEN UPDATE SET name = o.status

-- MERGE that inserts into a masked column
-- role: analyst
-- refuses: 42501 shop.customers.name
MERGE INTO customers c USING orders o ON c.id = o.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (o.id, 'x')

-- MERGE that inserts DEFAULT there
-- role: analyst
MERGE INTO customers c USING orders o ON c.id = o.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (o.id, DEFAULT)
-- becomes
MERGE INTO "shop"."customers" c USING "shop"."orders" o ON c.id = o.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (o.id, DEFAULT)

-- MERGE that inserts without a column list
-- role: analyst
-- refuses: 0A000 name the columns of shop.customers
MERGE INTO customers c USING orders o ON c.id = o.id WHEN NOT MATCHED THEN INSERT VALUES (o.id)

-- MERGE of a masked source into an open target
-- role: analyst
MERGE INTO orders o USING customers c ON c.id = o.id WHEN MATCHED THEN UPDATE SET status = c.name WHEN NOT MATCHED THEN DO NOTHING
-- becomes
MERGE INTO "shop"."orders" o USING {customers: c id o name} c ON c.id = o.id WHEN MATCHED THEN UPDATE SET status = c.name WHEN NOT MATCHED THEN DO NOTHING

-- WHEN NOT MATCHED BY SOURCE sees the target only
-- role: analyst
MERGE INTO customers c USING orders o ON c.id = o.id WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED BY TARGET THEN INSERT (id) VALUES (o.id)
-- becomes
MERGE INTO "shop"."customers" c USING "shop"."orders" o ON c.id = o.id WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED BY TARGET THEN INSERT (id) VALUES (o.id)

-- a write in WITH
-- role: analyst
WITH gone AS (DELETE FROM customers WHERE id = 1 RETURNING name, city) SELECT name FROM gone
-- becomes
WITH gone AS (DELETE FROM "shop"."customers" WHERE id = 1 RETURNING {customers.name of customers}, city) SELECT name FROM gone

-- a write in WITH of a write
-- role: analyst
WITH gone AS (DELETE FROM customers WHERE id = 1 RETURNING id) UPDATE orders SET status = 'x' FROM gone WHERE gone.id = customer_id
-- becomes
WITH gone AS (DELETE FROM "shop"."customers" WHERE id = 1 RETURNING id) UPDATE "shop"."orders" SET status = 'x' FROM gone WHERE gone.id = customer_id

-- what another statement of WITH read masked may be written where the caller may write
-- role: analyst
WITH c AS (SELECT id, name FROM customers) UPDATE customers SET city = c.name FROM c WHERE c.id = customers.id
-- becomes
WITH c AS (SELECT id, name FROM {customers: id name c customers} AS "customers") UPDATE "shop"."customers" SET city = c.name FROM c WHERE c.id = customers.id

-- an encrypted column in RETURNING comes masked
-- role: analyst
-- opens: 1=cards/masked
INSERT INTO payment_cards (id) VALUES (1) RETURNING id, card_no
-- becomes
INSERT INTO "shop"."payment_cards" (id) VALUES (1) RETURNING id, {payment_cards.card_no of payment_cards}

-- … in a star
-- role: analyst
-- opens: 2=cards/masked 4=shop.payment_cards.note/masked
DELETE FROM payment_cards WHERE id = 1 RETURNING *
-- becomes
DELETE FROM "shop"."payment_cards" WHERE id = 1 RETURNING {payment_cards.* of payment_cards}

-- … handed on by WITH
-- role: analyst
-- opens: 0=cards/masked
WITH gone AS (DELETE FROM payment_cards WHERE id = 1 RETURNING card_no) SELECT card_no FROM gone
-- becomes
WITH gone AS (DELETE FROM "shop"."payment_cards" WHERE id = 1 RETURNING {payment_cards.card_no of payment_cards}) SELECT card_no FROM gone

-- … used by what follows
-- role: analyst
-- refuses: 42501 card_no
WITH gone AS (DELETE FROM payment_cards WHERE id = 1 RETURNING card_no) SELECT length(card_no) FROM gone

-- an encrypted column cannot be written by who sees it masked
-- role: analyst
-- refuses: 42501 shop.payment_cards.card_no is masked for you
UPDATE payment_cards SET card_no = '4111'

-- … nor moved elsewhere
-- role: analyst
-- refuses: 0A000 cannot be written to orders.status
INSERT INTO orders (id, status) SELECT id, card_no FROM payment_cards

-- … nor found by
-- role: analyst
-- refuses: 42501 card_no
DELETE FROM payment_cards WHERE card_no = '4111'

-- a rule lets a masked column be written
-- role: writer
INSERT INTO customers (id, name, email) VALUES (1, 'x', 'y') RETURNING name
-- becomes
INSERT INTO "shop"."customers" (id, name, email) VALUES (1, 'x', 'y') RETURNING {customers.name of customers}

-- … but not read
-- role: writer
-- refuses: 42501 and not name
UPDATE customers SET name = upper(name)

-- … and to conflict with
-- role: writer
INSERT INTO customers (id, email) VALUES (1, 'y') ON CONFLICT (email) DO NOTHING
-- becomes
INSERT INTO "shop"."customers" (id, email) VALUES (1, 'y') ON CONFLICT (email) DO NOTHING

-- … an encrypted one, sealed on the way
-- role: writer
-- opens: 0=cards/masked
-- seals: $1=cards
INSERT INTO payment_cards (id, card_no) VALUES (1, '4111'), (2, $1) RETURNING card_no
-- becomes
INSERT INTO "shop"."payment_cards" (id, card_no) VALUES (1, SEALED(cards, 4111)), (2, $1) RETURNING {payment_cards.card_no of payment_cards}

-- … from a masked one of the same domain
-- role: writer
-- refuses: 0A000 card_no
INSERT INTO payment_cards (id, card_no) SELECT id, card_no FROM payment_cards

-- a rule that refuses writing an open relation
-- role: writer
-- refuses: 42501 shop.old_cards cannot be written: rule writer
DELETE FROM old_cards WHERE id = 1

-- … a masked one
-- role: limited
-- refuses: 42501 shop.payment_cards cannot be written: rule limited
DELETE FROM payment_cards WHERE id = 1

-- a row condition
-- role: limited
-- refuses: 42501 row condition
UPDATE customers SET city = 'x'

-- a relation shown whole, of which one column cannot be written
-- role: limited
UPDATE orders SET total = total + 1 WHERE status = 'new' RETURNING *
-- becomes
UPDATE "shop"."orders" SET total = total + 1 WHERE status = 'new' RETURNING *

-- … that column
-- role: limited
-- refuses: 42501 shop.orders.status
UPDATE orders SET status = upper(status)

-- PostgreSQL's own relations
-- role: analyst
-- refuses: 42501 PostgreSQL's own
UPDATE pg_class SET relname = 'x'

-- a materialised view
-- role: analyst
-- refuses: 0A000 no table that can be written
DELETE FROM sales

-- a relation that does not exist
-- role: analyst
-- refuses: 42P01 shop.nothing
UPDATE shop.nothing SET a = 1

-- a column that does not exist is the server's to say
-- role: analyst
UPDATE customers SET nothing = 1
-- becomes
UPDATE "shop"."customers" SET nothing = 1

-- … in RETURNING
-- role: analyst
DELETE FROM customers RETURNING nothing
-- becomes
DELETE FROM "shop"."customers" RETURNING nothing

-- … of the target by name: it could be a function of the whole row
-- role: analyst
-- refuses: 42501 a whole row of it
DELETE FROM customers RETURNING 1 + customers.nothing

-- generated columns are left out of what a list would fill
-- role: analyst
INSERT INTO prices VALUES (1, 2)
-- becomes
INSERT INTO "shop"."prices" ("id", "net") VALUES (1, 2)

-- several writes in one text
-- role: analyst
INSERT INTO customers (id) VALUES (1); UPDATE customers SET city = 'x' WHERE id = 1 RETURNING name; DELETE FROM customers WHERE id = 1
-- becomes
INSERT INTO "shop"."customers" (id) VALUES (1); UPDATE "shop"."customers" SET city = 'x' WHERE id = 1 RETURNING {customers.name of customers}; DELETE FROM "shop"."customers" WHERE id = 1

-- comments inside stay where they are
-- role: analyst
UPDATE /* a */ customers /* b */ SET city = 'x' RETURNING /* c */ name /* d */ AS /* e */ n -- f
-- becomes
UPDATE /* a */ "shop"."customers" /* b */ SET city = 'x' RETURNING /* c */ {customers.name of customers as n} -- f

-- a write of a relation nobody knows, which is not the only one
-- role: analyst
-- refuses: 42P01 "nothing"
WITH x AS (DELETE FROM nothing RETURNING *) INSERT INTO orders (id) SELECT id FROM x

-- a relation with rules
-- role: analyst
-- refuses: 0A000 shop.ruled has rules
INSERT INTO ruled (id) VALUES (1)

-- … read
-- role: analyst
SELECT id FROM ruled
-- becomes
SELECT id FROM "shop"."ruled"

-- the target's partition
-- role: analyst
-- refuses: 42501 tableoid, which tells the partition
UPDATE visits SET who = 'x' WHERE visits.tableoid > 0

-- two writes of one relation in one statement
-- role: analyst
WITH a AS (UPDATE customers SET city = 'x' WHERE id = 1 RETURNING id, name) UPDATE customers SET city = a.name FROM a WHERE customers.id = a.id + 1 RETURNING customers.email
-- becomes
WITH a AS (UPDATE "shop"."customers" SET city = 'x' WHERE id = 1 RETURNING id, {customers.name of customers}) UPDATE "shop"."customers" SET city = a.name FROM a WHERE customers.id = a.id + 1 RETURNING {customers.email of customers}

-- an unqualified name that both have, in what the target's own columns come first for
-- role: analyst
-- refuses: 42501 and not name
UPDATE customers SET city = (SELECT name FROM orders LIMIT 1)

-- a system column of old and new
-- role: analyst
DELETE FROM customers RETURNING old.xmax, new.ctid
-- becomes
DELETE FROM "shop"."customers" RETURNING old.xmax, new.ctid

-- MERGE that inserts nothing but defaults
-- role: analyst
MERGE INTO customers c USING orders o ON c.id = o.id WHEN NOT MATCHED THEN INSERT DEFAULT VALUES
-- becomes
MERGE INTO "shop"."customers" c USING "shop"."orders" o ON c.id = o.id WHEN NOT MATCHED THEN INSERT DEFAULT VALUES

-- a qualifier that names nothing here is no column of the target
-- role: analyst
-- refuses: 42P01 missing FROM-clause entry for table "customers"
DELETE FROM customers c RETURNING c.customers.name

-- … of another schema
-- role: analyst
-- refuses: 42P01 missing FROM-clause entry for table "customers"
UPDATE shop.customers SET city = 'x' RETURNING other.customers.email

-- the target's name given to something else as well
-- role: analyst
-- refuses: 42712 table name "c" specified more than once
UPDATE customers c SET city = 'x' FROM orders c RETURNING *

-- … in USING
-- role: analyst
-- refuses: 42712 table name "customers" specified more than once
DELETE FROM customers USING orders customers

-- its own name, which the alias hides
-- role: analyst
-- refuses: 42P01 invalid reference to FROM-clause entry for table "customers"
DELETE FROM customers c RETURNING customers.name

-- a star over nothing
-- role: analyst
-- refuses: 42P01 missing FROM-clause entry for table "s"
UPDATE customers SET city = 'x' RETURNING *, s.*

-- VALUES of different lengths
-- role: analyst
-- refuses: 42601 VALUES lists must all be the same length
INSERT INTO customers VALUES (1, DEFAULT), ('')

-- several columns from what is no row
-- role: analyst
-- refuses: 0A000 source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression
UPDATE customers SET (city, id) = (SELECT FROM orders WHERE orders)[1]

-- … from a row that has another number of values
-- role: analyst
-- refuses: 42601 number of columns does not match number of values
UPDATE customers SET (city, id) = ('x', 1, 2)

-- … from a star: which value is whose is the server's business
-- role: analyst
UPDATE customers c SET (city, id) = ROW(o.*) FROM (SELECT 'x', 1) o
-- becomes
UPDATE "shop"."customers" c SET (city, id) = ROW(o.*) FROM (SELECT 'x', 1) o

-- tableoid tells the partition of what is written: bare it may be the target's
-- role: analyst
-- refuses: 42501 only columns you see in clear can be read from it, and not tableoid
UPDATE visits SET o=(SELECT tableoid FROM orders)

-- … and with its relation's name it is that relation's
-- role: analyst
UPDATE visits SET o=(SELECT orders.tableoid FROM orders)
-- becomes
UPDATE "shop"."visits" SET o=(SELECT orders.tableoid FROM "shop"."orders")

-- ON CONFLICT that reads a hidden column of what is proposed
-- role: analyst
-- refuses: 42501 excluded.name
INSERT INTO customers (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET city = excluded.name

-- ON CONFLICT that reads the whole row of what is proposed
-- role: analyst
-- refuses: 42501 a whole row of what is proposed
INSERT INTO customers (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET city = 'x' WHERE excluded IS NOT NULL
