-- PREPARE of a query over a masked relation
-- role: analyst
-- names: prepare p
PREPARE p AS SELECT name FROM customers WHERE id = $1
-- becomes
PREPARE p AS SELECT name FROM {customers: name id} AS "customers" WHERE id = $1

-- … with types
-- role: analyst
-- names: prepare p
PREPARE p (bigint, text[]) AS SELECT name FROM customers WHERE id = $1 AND city = ANY ($2)
-- becomes
PREPARE p (bigint, text[]) AS SELECT name FROM {customers: name id city} AS "customers" WHERE id = $1 AND city = ANY ($2)

-- … with a type of an untrusted owner
-- role: analyst
-- refuses: 42501 evil.dom
PREPARE p (evil.dom) AS SELECT 1

-- … of a write
-- role: analyst
-- names: prepare w
PREPARE w AS UPDATE customers SET city = $2 WHERE id = $1 RETURNING name
-- becomes
PREPARE w AS UPDATE "shop"."customers" SET city = $2 WHERE id = $1 RETURNING {customers.name of customers}

-- … of a write that is refused
-- role: analyst
-- refuses: 42501 shop.customers.name
PREPARE w AS UPDATE customers SET name = $1

-- … of a query whose encrypted column is shown masked
-- role: analyst
-- names: prepare p
-- opens: 0=cards/masked
PREPARE p AS SELECT card_no FROM payment_cards WHERE id = $1
-- becomes
PREPARE p AS SELECT card_no FROM {payment_cards: card_no id +card_no} AS "payment_cards" WHERE id = $1

-- … that EXECUTE would give values to seal
-- role: writer
-- refuses: 0A000 EXECUTE cannot seal
PREPARE p AS INSERT INTO payment_cards (card_no) VALUES ($1)

-- … of VALUES
-- role: analyst
-- names: prepare p
PREPARE p AS VALUES ($1::int, 2)

-- … that keeps rows
-- role: analyst
-- refuses: 0A000 SELECT INTO
PREPARE p AS SELECT * INTO TEMP t FROM orders

-- … of an operator nobody listed
-- role: analyst
-- refuses: 0A000 operator
PREPARE p AS SELECT 'a'::text OPERATOR(evil.#>#) $1

-- … of a relation nobody knows
-- role: analyst
-- refuses: 42P01 "nothing"
PREPARE p AS SELECT * FROM nothing

-- PREPARE for the app
-- role: app
-- names: prepare p
-- opens: 0=cards
PREPARE p AS SELECT card_no FROM payment_cards WHERE id = $1 AND card_no <> '4111'
-- becomes
PREPARE p AS SELECT card_no FROM "shop"."payment_cards" WHERE id = $1 AND card_no <> SEALED(cards, 4111)

-- … of nothing encrypted
-- role: app
-- names: prepare p
PREPARE p AS SELECT name FROM customers

-- EXECUTE
-- role: analyst
-- names: execute p
EXECUTE p

-- EXECUTE with values
-- role: analyst
-- names: execute p
EXECUTE p (1, lower('X'), '{a,b}'::text[])
-- becomes
EXECUTE p (1, pg_catalog.lower('X'), '{a,b}'::text[])

-- … that a function nobody listed computes
-- role: analyst
-- refuses: 0A000 full_name
EXECUTE p (shop.full_name(1))

-- … that a subquery computes
-- role: analyst
-- refuses: 0A000 cannot use subquery in EXECUTE parameter
EXECUTE p ((SELECT 1))

-- EXECUTE for the app
-- role: app
-- names: execute p
EXECUTE p (1, lower('x'))

-- CREATE TABLE AS EXECUTE
-- role: analyst
-- refuses: 0A000 CREATE TABLE AS takes a query
CREATE TEMP TABLE t AS EXECUTE p

-- DEALLOCATE
-- role: analyst
-- names: deallocate p
DEALLOCATE PREPARE p

-- DEALLOCATE ALL
-- role: analyst
-- names: deallocate all
DEALLOCATE ALL

-- DISCARD ALL
-- role: analyst
-- names: discard all
DISCARD ALL

-- DISCARD of something else
-- role: analyst
DISCARD PLANS

-- a statement's life in one text
-- role: analyst
-- names: prepare p, execute p, deallocate p
PREPARE p AS SELECT name FROM customers; EXECUTE p; DEALLOCATE p
-- becomes
PREPARE p AS SELECT name FROM {customers: name} AS "customers"; EXECUTE p; DEALLOCATE p

-- a change of path, and EXECUTE after it
-- role: analyst
-- refuses: 0A000 search_path
SET search_path = public; EXECUTE p
