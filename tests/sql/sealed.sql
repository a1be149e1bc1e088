-- a read by the app opens the column
-- role: app
-- opens: 1=cards
SELECT id, card_no FROM shop.payment_cards

-- star
-- role: app
-- opens: 2=cards 4=shop.payment_cards.note
SELECT * FROM shop.payment_cards

-- an unqualified encrypted relation is qualified
-- role: app
-- opens: 0=cards
SELECT card_no FROM payment_cards
-- becomes
SELECT card_no FROM "shop"."payment_cards"

-- a statement without encrypted relations passes byte for byte
-- role: app
SELECT lower(name) FROM customers WHERE phone LIKE '138%'

-- equality with a constant
-- role: app
SELECT id FROM shop.payment_cards WHERE card_no = '4111'
-- becomes
SELECT id FROM shop.payment_cards WHERE card_no = SEALED(cards, 4111)

-- equality with a cast constant
-- role: app
SELECT id FROM shop.payment_cards WHERE card_no = '4111'::character varying AND brand = 'x'
-- becomes
SELECT id FROM shop.payment_cards WHERE card_no = SEALED(cards, 4111) AND brand = 'x'

-- equality with a parameter
-- role: app
-- seals: $1=cards
SELECT id FROM shop.payment_cards WHERE card_no = $1

-- a cast around the parameter is cut away
-- role: app
-- seals: $1=cards
SELECT id FROM shop.payment_cards WHERE card_no = $1::VARCHAR
-- becomes
SELECT id FROM shop.payment_cards WHERE card_no = $1

-- CAST() around the parameter is cut away
-- role: app
-- seals: $1=cards
SELECT id FROM shop.payment_cards WHERE CAST($1 AS text) = card_no
-- becomes
SELECT id FROM shop.payment_cards WHERE $1 = card_no

-- IN
-- role: app
-- seals: $1=cards
SELECT id FROM shop.payment_cards WHERE card_no IN ('4111', $1)
-- becomes
SELECT id FROM shop.payment_cards WHERE card_no IN (SEALED(cards, 4111), $1)

-- IS DISTINCT FROM
-- role: app
SELECT id FROM shop.payment_cards WHERE card_no IS DISTINCT FROM '4111'
-- becomes
SELECT id FROM shop.payment_cards WHERE card_no IS DISTINCT FROM SEALED(cards, 4111)

-- JOIN on columns of one domain
-- role: app
SELECT p.id FROM shop.payment_cards p JOIN shop.old_cards o ON o.card_no = p.card_no

-- JOIN USING
-- role: app
-- opens: 0=cards
SELECT card_no FROM shop.payment_cards p JOIN shop.old_cards o USING (card_no)

-- GROUP BY, DISTINCT, count, IS NULL
-- role: app
-- opens: 0=cards
SELECT DISTINCT card_no, count(card_no), card_no IS NULL FROM shop.payment_cards GROUP BY card_no

-- IN (SELECT …)
-- role: app
SELECT id FROM shop.payment_cards WHERE card_no IN (SELECT card_no FROM shop.old_cards)

-- UNION keeps what it carries
-- role: app
-- opens: 0=cards
SELECT card_no FROM shop.payment_cards UNION SELECT card_no FROM shop.old_cards

-- INSERT of constants and parameters
-- role: app
-- seals: $2=cards
INSERT INTO shop.payment_cards (id, card_no) VALUES (1, '4111'), (2, $2), (3, NULL), (4, DEFAULT)
-- becomes
INSERT INTO shop.payment_cards (id, card_no) VALUES (1, SEALED(cards, 4111)), (2, $2), (3, NULL), (4, DEFAULT)

-- INSERT without a column list
-- role: app
INSERT INTO payment_cards VALUES (1, 2, '4111', 'visa', 'remember')
-- becomes
INSERT INTO "shop"."payment_cards" VALUES (1, 2, SEALED(cards, 4111), 'visa', SEALED(notes, remember))

-- INSERT … SELECT of a constant
-- role: app
INSERT INTO shop.payment_cards (id, card_no) SELECT 10, '4111'
-- becomes
INSERT INTO shop.payment_cards (id, card_no) SELECT 10, SEALED(cards, 4111)

-- INSERT … SELECT of a column of the domain
-- role: app
INSERT INTO shop.payment_cards (id, card_no) SELECT id, card_no FROM shop.old_cards

-- ON CONFLICT and RETURNING
-- role: app
-- opens: 0=cards
-- seals: $1=cards
INSERT INTO shop.payment_cards (card_no) VALUES ($1) ON CONFLICT (card_no) DO UPDATE SET card_no = excluded.card_no RETURNING card_no

-- UPDATE
-- role: app
-- seals: $1=cards
UPDATE shop.payment_cards SET card_no = $1 WHERE card_no = '4111'
-- becomes
UPDATE shop.payment_cards SET card_no = $1 WHERE card_no = SEALED(cards, 4111)

-- UPDATE of several columns at once
-- role: app
UPDATE shop.payment_cards SET (id, card_no) = (78, '4116')
-- becomes
UPDATE shop.payment_cards SET (id, card_no) = (78, SEALED(cards, 4116))

-- DELETE
-- role: app
DELETE FROM shop.payment_cards WHERE card_no = '4111'
-- becomes
DELETE FROM shop.payment_cards WHERE card_no = SEALED(cards, 4111)

-- another bytea column of the relation is not touched
-- role: app
UPDATE shop.payment_cards SET photo = '\x00' WHERE id = 1

-- LIKE
-- role: app
-- refuses: 0A000 card_no
SELECT id FROM shop.payment_cards WHERE card_no LIKE '4111%'

-- order
-- role: app
-- refuses: 0A000 ORDER BY
SELECT id FROM shop.payment_cards ORDER BY card_no

-- less than
-- role: app
-- refuses: 0A000 card_no
SELECT id FROM shop.payment_cards WHERE card_no < '5'

-- coalesce
-- role: app
-- refuses: 0A000 card_no
SELECT coalesce(card_no, '4111') FROM shop.payment_cards

-- max
-- role: app
-- refuses: 0A000 card_no
SELECT max(card_no) FROM shop.payment_cards

-- a cast
-- role: app
-- refuses: 0A000 card_no
SELECT card_no::text FROM shop.payment_cards

-- a cast to a length would cut
-- role: app
-- refuses: 0A000 length
SELECT id FROM shop.payment_cards WHERE card_no = $1::varchar(4)

-- an integer constant
-- role: app
-- refuses: 22023 string
SELECT id FROM shop.payment_cards WHERE card_no = 4111

-- = ANY of a parameter
-- role: app
-- refuses: 0A000 card_no
SELECT id FROM shop.payment_cards WHERE card_no = ANY ($1)

-- a computed value
-- role: app
-- refuses: 0A000 card_no
INSERT INTO shop.payment_cards (id, card_no) VALUES (1, '41' || '11')

-- a computed value through a subquery
-- role: app
-- refuses: 0A000 card_no
INSERT INTO shop.payment_cards (id, card_no) SELECT 1, x FROM (SELECT '4111' AS x) q

-- ciphertext into another column
-- role: app
-- refuses: 0A000 photo
UPDATE shop.payment_cards SET photo = card_no

-- into a column of another domain
-- role: app
-- refuses: 0A000 note
UPDATE shop.payment_cards SET note = card_no

-- equality on a randomly encrypted column
-- role: app
-- refuses: 0A000 note
SELECT id FROM shop.payment_cards WHERE note = 'x'

-- a parameter for both
-- role: app
-- refuses: 0A000 $1
SELECT id FROM shop.payment_cards WHERE card_no = $1 OR brand = $1

-- COPY
-- role: app
-- refuses: 0A000 COPY
COPY shop.payment_cards TO STDOUT

-- COPY of a query
-- role: app
-- refuses: 0A000 COPY
COPY (SELECT card_no FROM shop.payment_cards) TO STDOUT

-- SQL PREPARE whose values EXECUTE would give
-- role: app
-- refuses: 0A000 EXECUTE, which are not sealed
PREPARE p AS INSERT INTO shop.payment_cards (card_no) VALUES ($1)

-- EXPLAIN shows no row
-- role: app
EXPLAIN SELECT * FROM shop.payment_cards WHERE card_no = '4111'
-- becomes
EXPLAIN SELECT * FROM shop.payment_cards WHERE card_no = SEALED(cards, 4111)

-- CREATE TABLE AS
-- role: app
-- refuses: 0A000 CREATE TABLE AS
CREATE TABLE mine AS SELECT * FROM shop.payment_cards

-- a whole row
-- role: app
-- refuses: 0A000 whole row
SELECT p FROM shop.payment_cards p

-- DDL passes
-- role: app
ALTER TABLE shop.payment_cards ADD COLUMN more text

-- an unreadable text that names an encrypted relation
-- role: app
-- refuses: 42601
SELECT 'a' -- c
 'b' FROM shop.payment_cards WHERE )

-- the dba without keys gets what PostgreSQL has
-- role: dba
SELECT card_no FROM payment_cards WHERE card_no LIKE '%'

-- a closed relation
-- role: keyholder
-- refuses: 42501 shop.customer_names is closed
SELECT * FROM customer_names

-- SELECT INTO
-- role: app
-- refuses: 0A000 SELECT INTO
SELECT card_no INTO TEMP mine FROM payment_cards

-- a relation nobody knows is the server's to say
-- role: app
SELECT * FROM nothing

-- … beside an encrypted one as well
-- role: app
-- refuses: 0A000 star
SELECT * FROM payment_cards, nothing

-- the operator could be somebody else's
-- role: app
-- path: shop pg_catalog
-- refuses: 0A000 search_path
SELECT id FROM payment_cards WHERE card_no = '4111'

-- … but not from a temporary schema
-- role: app
-- path: pg_temp_3 pg_catalog shop
SELECT id FROM payment_cards WHERE card_no = '4111'
-- becomes
SELECT id FROM "shop"."payment_cards" WHERE card_no = SEALED(cards, 4111)

-- an unreadable text that names nothing encrypted is the server's to read
-- role: app
SELECT 'a' -- c
 'b' FROM customers WHERE )

-- … and one that not even the scanner reads
-- role: app
SELECT 'a

-- a change of path and an encrypted relation in one text
-- role: app
-- refuses: 0A000 search_path
SET search_path = public; SELECT card_no FROM payment_cards

-- a relation nobody knows beside an encrypted one, around a query
-- role: app
-- names: prepare p
-- opens: 0=cards
PREPARE p AS SELECT c.card_no FROM payment_cards c, nothing n
-- becomes
PREPARE p AS SELECT c.card_no FROM "shop"."payment_cards" c, nothing n

-- … as the query itself
-- role: app
-- opens: 0=cards
SELECT c.card_no FROM payment_cards c, nothing n
-- becomes
SELECT c.card_no FROM "shop"."payment_cards" c, nothing n

-- INSERT … SELECT from VALUES: the cells are sealed, a cast around the column goes
-- role: app
INSERT INTO shop.payment_cards (id, card_no) SELECT p0::int8, p1::varchar FROM (VALUES (1, '4111'), (2, NULL::text)) AS v(p0, p1) ORDER BY p0
-- becomes
INSERT INTO shop.payment_cards (id, card_no) SELECT p0::int8, p1 FROM (VALUES (1, SEALED(cards, 4111)), (2, NULL::pg_catalog.bytea)) AS v(p0, p1) ORDER BY p0

-- … parameters in VALUES say their type
-- role: app
-- prepared:
-- seals: $1=cards
INSERT INTO shop.payment_cards (id, card_no) SELECT a, b FROM (VALUES (1, $1::varchar)) AS v(a, b)
-- becomes
INSERT INTO shop.payment_cards (id, card_no) SELECT a, b FROM (VALUES (1, $1::pg_catalog.bytea)) AS v(a, b)

-- … a column used for something else besides is refused
-- role: app
-- refuses: 0A000 for something else
INSERT INTO shop.payment_cards (id, card_no, brand) SELECT a, b, b FROM (VALUES (1, '4111')) AS v(a, b)

-- … also by its whole row
-- role: app
-- refuses: 0A000 for something else
INSERT INTO shop.payment_cards (id, card_no, brand) SELECT a, b, v::text FROM (VALUES (1, '4111')) AS v(a, b)

-- … also by the order of the output
-- role: app
-- refuses: 0A000 for something else
INSERT INTO shop.payment_cards (id, card_no) SELECT a, b FROM (VALUES (1, '4111')) AS v(a, b) ORDER BY 2 LIMIT 1

-- … also by DISTINCT
-- role: app
-- refuses: 0A000 for something else
INSERT INTO shop.payment_cards (id, card_no) SELECT DISTINCT a, b FROM (VALUES (1, '4111')) AS v(a, b)

-- … also by a join's USING
-- role: app
-- refuses: 0A000 for something else
INSERT INTO shop.payment_cards (id, card_no) SELECT x.a, x.b FROM (VALUES (1, '4111')) x(a, b) JOIN (VALUES ('4111')) y(b) USING (b)

-- … VALUES inside WITH is read by anyone who names it
-- role: app
-- refuses: 0A000 write it from a parameter
WITH v(a, b) AS (VALUES (1, '4111')), i AS (INSERT INTO shop.payment_cards (id, card_no) SELECT a, b FROM v) SELECT b FROM v

-- an ordered VALUES list would be ordered by ciphertext
-- role: app
-- refuses: 0A000 an order of its own
INSERT INTO shop.payment_cards (id, card_no) (VALUES (1, '4111'), (2, '4222') ORDER BY 2 LIMIT 1)

-- COPY of the old form is refused to restricted callers alone
-- role: app
COPY BINARY shop.orders TO STDOUT

-- what keeps a prepared statement's rows is not hidden inside EXPLAIN
-- role: app
-- refuses: 0A000 CREATE TABLE AS EXECUTE
EXPLAIN ANALYZE CREATE TABLE kept AS EXECUTE p
