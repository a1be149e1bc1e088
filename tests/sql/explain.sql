-- EXPLAIN
-- role: analyst
EXPLAIN SELECT name FROM customers WHERE id = 1
-- becomes
EXPLAIN SELECT name FROM {customers: name id} AS "customers" WHERE id = 1

-- EXPLAIN with options
-- role: analyst
EXPLAIN (ANALYZE, VERBOSE off, BUFFERS true, FORMAT json) SELECT name FROM customers
-- becomes
EXPLAIN (ANALYZE, VERBOSE off, BUFFERS true, FORMAT json) SELECT name FROM {customers: name} AS "customers"

-- EXPLAIN of a write
-- role: analyst
EXPLAIN DELETE FROM customers WHERE id = 1 RETURNING name
-- becomes
EXPLAIN DELETE FROM "shop"."customers" WHERE id = 1 RETURNING {customers.name of customers}

-- EXPLAIN ANALYZE of a write
-- role: analyst
-- refuses: 0A000 what a write does
EXPLAIN ANALYZE DELETE FROM customers WHERE id = 1 RETURNING name

-- EXPLAIN of a write that is refused
-- role: analyst
-- refuses: 42501 shop.customers.name
EXPLAIN UPDATE customers SET name = 'x'

-- EXPLAIN of an encrypted column opens nothing
-- role: analyst
EXPLAIN SELECT card_no FROM payment_cards
-- becomes
EXPLAIN SELECT card_no FROM {payment_cards: card_no +card_no} AS "payment_cards"

-- EXPLAIN of a cursor makes none
-- role: analyst
EXPLAIN DECLARE c CURSOR FOR SELECT name FROM customers
-- becomes
EXPLAIN DECLARE c CURSOR FOR SELECT name FROM {customers: name} AS "customers"

-- EXPLAIN EXECUTE
-- role: analyst
-- names: execute p
EXPLAIN (ANALYZE off) EXECUTE p (lower('X'))
-- becomes
EXPLAIN (ANALYZE off) EXECUTE p (pg_catalog.lower('X'))

-- EXPLAIN of CREATE TABLE AS makes no table
-- role: analyst
EXPLAIN CREATE TEMP TABLE t AS SELECT name FROM customers
-- becomes
EXPLAIN CREATE TEMP TABLE t AS SELECT name FROM {customers: name} AS "customers"

-- … with ANALYZE it does
-- role: analyst
-- makes: t
EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT name FROM customers
-- becomes
EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT name FROM {customers: name} AS "customers"

-- … and with ANALYZE said to be on
-- role: analyst
-- makes: t
EXPLAIN (ANALYZE 1) SELECT name INTO TEMP t FROM customers
-- becomes
EXPLAIN (ANALYZE 1) SELECT name INTO TEMP t FROM {customers: name} AS "customers"

-- … and off, in each way to say it
-- role: analyst
EXPLAIN (ANALYZE 0) SELECT name INTO TEMP t FROM customers; EXPLAIN (ANALYZE false) SELECT 1 INTO TEMP u; EXPLAIN (ANALYZE 'OFF') SELECT 1 INTO TEMP v
-- becomes
EXPLAIN (ANALYZE 0) SELECT name INTO TEMP t FROM {customers: name} AS "customers"; EXPLAIN (ANALYZE false) SELECT 1 INTO TEMP u; EXPLAIN (ANALYZE 'OFF') SELECT 1 INTO TEMP v

-- EXPLAIN of a table that is not temporary
-- role: analyst
-- refuses: 0A000 temporary
EXPLAIN CREATE TABLE t AS SELECT 1

-- EXPLAIN of a materialised view
-- role: analyst
-- refuses: 0A000 CREATE TABLE AS
EXPLAIN CREATE MATERIALIZED VIEW t AS SELECT 1

-- EXPLAIN of refreshing one
-- role: analyst
-- refuses: 0A000 EXPLAIN of REFRESHMATVIEW
EXPLAIN REFRESH MATERIALIZED VIEW sales

-- EXPLAIN over a row condition
-- role: limited
EXPLAIN SELECT id FROM customers
-- becomes
EXPLAIN SELECT id FROM {customers: id} AS "customers"

-- EXPLAIN ANALYZE over a row condition counts what it hides
-- role: limited
-- refuses: 0A000 row condition
EXPLAIN (ANALYZE, TIMING off) SELECT id FROM customers

-- EXPLAIN ANALYZE beside one
-- role: limited
EXPLAIN ANALYZE SELECT total FROM sales
-- becomes
EXPLAIN ANALYZE SELECT total FROM "shop"."sales"

-- EXPLAIN of a relation nobody knows
-- role: analyst
-- refuses: 42P01 "nothing"
EXPLAIN SELECT * FROM nothing

-- EXPLAIN of something closed
-- role: analyst
-- refuses: 42501 customer_names
EXPLAIN SELECT * FROM customer_names

-- EXPLAIN for the app
-- role: app
EXPLAIN ANALYZE INSERT INTO payment_cards (card_no) VALUES ('4111') RETURNING card_no
-- becomes
EXPLAIN ANALYZE INSERT INTO "shop"."payment_cards" (card_no) VALUES (SEALED(cards, 4111)) RETURNING card_no

-- EXPLAIN of a cursor for the app
-- role: app
-- refuses: 0A000 EXPLAIN on a relation with encrypted columns
EXPLAIN DECLARE c CURSOR FOR SELECT card_no FROM payment_cards
