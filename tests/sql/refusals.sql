-- a view over a protected relation
-- role: analyst
-- refuses: 42501 customer_names
SELECT * FROM shop.customer_names

-- a foreign operator
-- role: analyst
-- refuses: 0A000 operator
SELECT 'a'::text OPERATOR(evil.#>#) 'b'

-- a domain of an untrusted owner
-- role: analyst
-- refuses: 42501 evil.dom
SELECT 'a'::evil.dom

-- the same in an array
-- role: analyst
-- refuses: 42501 evil.dom
SELECT '{a}'::evil.dom[]

-- the same in a column definition list
-- role: analyst
-- refuses: 42501 evil.dom
SELECT * FROM jsonb_to_recordset('[]') AS x(a evil.dom)

-- a user function no rule lists
-- role: analyst
-- refuses: 0A000 full_name
SELECT shop.full_name(1)

-- the same without its schema
-- role: analyst
-- refuses: 0A000 full_name
SELECT full_name(1)

-- attribute notation calls a function
-- role: analyst
-- refuses: 0A000 full_name
SELECT o.full_name FROM orders o

-- attribute notation in brackets
-- role: analyst
-- refuses: 0A000 full_name
SELECT (o).full_name FROM orders o

-- functions that run SQL text
-- role: analyst
-- refuses: 0A000 query_to_xml
SELECT query_to_xml('select * from shop.customers', true, true, '')

-- the same, qualified
-- role: analyst
-- refuses: 0A000 query_to_xml
SELECT pg_catalog.query_to_xml('select 1', true, true, '')

-- an unsafe schema on the path
-- role: analyst
-- refuses: 42501 evil
SET search_path = evil, pg_catalog

-- a path that is unsafe already
-- role: analyst
-- path: pg_catalog evil
-- refuses: 42501 evil
SELECT 1

-- a change of path and a name that depends on it in one text
-- role: analyst
-- refuses: 0A000 search_path
SET search_path = public; SELECT * FROM orders

-- standard_conforming_strings is fixed
-- role: analyst
-- refuses: 42501 standard_conforming_strings
SET standard_conforming_strings = off

-- another encoding
-- role: analyst
-- refuses: 42501 client_encoding
SET client_encoding = 'JOHAB'

-- SET ROLE
-- role: analyst
-- refuses: 42501 role
SET ROLE postgres

-- set_config
-- role: analyst
-- refuses: 0A000 set_config
SELECT set_config('search_path', 'evil', false)

-- INSERT into a masked column
-- role: analyst
-- refuses: 42501 shop.customers.name is masked for you and cannot be written
INSERT INTO customers (id, name) VALUES (1, 'x')

-- a write hidden in WITH
-- role: analyst
-- refuses: 42501 shop.customers.email is masked for you and cannot be written
WITH gone AS (UPDATE customers SET email = '' RETURNING id) SELECT * FROM gone

-- SELECT INTO
-- role: analyst
-- refuses: 0A000 temporary tables only
SELECT * INTO mine FROM customers

-- COPY
-- role: analyst
-- refuses: 42501 COPY
COPY shop.customers TO STDOUT

-- DO
-- role: analyst
-- refuses: 0A000 DO
DO $$ BEGIN PERFORM 1; END $$

-- EXPLAIN of what would be refused without it
-- role: analyst
-- refuses: 42501 card_no
EXPLAIN SELECT * FROM payment_cards WHERE card_no = '4111'

-- a cursor over what would be refused without it
-- role: analyst
-- refuses: 42501 customer_names
DECLARE c CURSOR FOR SELECT * FROM customer_names

-- SQL PREPARE of what would be refused without it
-- role: analyst
-- refuses: 0A000 query_to_xml
PREPARE p AS SELECT query_to_xml($1, true, true, '')

-- LISTEN
-- role: analyst
-- refuses: 42501 channel "cust"
LISTEN cust

-- tableoid of an encrypted relation beside a star
-- role: analyst
-- refuses: 0A000 tableoid
SELECT tableoid, * FROM payment_cards NATURAL JOIN orders

-- a relation nobody knows
-- role: analyst
-- refuses: 42P01 "nothing"
SELECT * FROM nothing

-- … with its schema
-- role: analyst
-- refuses: 42P01 "shop.nothing"
SELECT * FROM shop.nothing

-- DDL
-- role: analyst
-- refuses: 0A000 ALTER
ALTER TABLE orders ADD COLUMN more text

-- CALL
-- role: analyst
-- refuses: 0A000 CALL
CALL shop.work()

-- a function of one's own
-- role: analyst
-- refuses: 0A000 CREATE
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'

-- a syntax error is PostgreSQL's own
-- role: analyst
-- refuses: 42601 FORM
SELECT * FORM customers

-- grammar newer than the server
-- role: analyst
-- server: 160014
-- refuses: 0A000 JsonScalarExpr
SELECT json_scalar('x')

-- the same keyword where the server has it
-- role: analyst
SELECT json_scalar('x')

-- system_user on 15 is a column
-- role: analyst
-- server: 150018
-- refuses: 0A000 SYSTEM_USER
SELECT system_user

-- a masked encrypted column in WHERE
-- role: analyst
-- refuses: 42501 card_no
SELECT id FROM payment_cards WHERE card_no = '4111'

-- … in GROUP BY
-- role: analyst
-- refuses: 42501 card_no
SELECT card_no, count(*) FROM payment_cards GROUP BY card_no

-- … in ORDER BY by ordinal
-- role: analyst
-- refuses: 42501 card_no
SELECT card_no FROM payment_cards ORDER BY 1

-- … in DISTINCT
-- role: analyst
-- refuses: 42501 card_no
SELECT DISTINCT card_no FROM payment_cards

-- … in UNION
-- role: analyst
-- refuses: 42501 card_no
SELECT card_no FROM payment_cards UNION SELECT card_no FROM payment_cards

-- … in a function, through a subquery's alias
-- role: analyst
-- refuses: 42501 card_no
SELECT length(q.x) FROM (SELECT card_no AS x FROM payment_cards) q

-- … in EXISTS with IN
-- role: analyst
-- refuses: 42501 card_no
SELECT 1 WHERE '\x00'::bytea IN (SELECT card_no FROM payment_cards)

-- … in an array subquery
-- role: analyst
-- refuses: 42501 card_no
SELECT ARRAY(SELECT card_no FROM payment_cards)

-- … in USING
-- role: analyst
-- refuses: 42501 card_no
SELECT a.id FROM payment_cards a JOIN payment_cards b USING (card_no)

-- … in a whole row
-- role: analyst
-- refuses: 42501 card_no
SELECT to_json(p) FROM payment_cards p

-- … in a window
-- role: analyst
-- refuses: 42501 card_no
SELECT row_number() OVER (PARTITION BY card_no) FROM payment_cards

-- … in LATERAL
-- role: analyst
-- refuses: 42501 card_no
SELECT l.n FROM payment_cards p, LATERAL (SELECT md5(p.card_no) AS n) l

-- … mixed with something else
-- role: analyst
-- refuses: 42501 card_no
SELECT card_no FROM payment_cards UNION ALL SELECT '\x00'

-- two statements in a prepared one
-- role: analyst
-- prepared: yes
-- refuses: 42601 multiple commands
SELECT 1; SELECT 2

-- GROUP BY the key with a column that has no equality
-- role: analyst
-- refuses: 0A000 raw
SELECT id, raw FROM customers GROUP BY id

-- … in CYCLE
-- role: analyst
-- refuses: 42501 card_no
WITH RECURSIVE t(card) AS (SELECT card_no FROM payment_cards UNION ALL SELECT card FROM t WHERE false) CYCLE card SET again USING way SELECT way FROM t

-- … in SEARCH
-- role: analyst
-- refuses: 42501 card_no
WITH RECURSIVE t(card) AS (SELECT card_no FROM payment_cards UNION ALL SELECT card FROM t WHERE false) SEARCH DEPTH FIRST BY card SET o SELECT o FROM t

-- set_config of a computed name
-- role: analyst
-- refuses: 0A000 set_config
SELECT set_config('search' || '_path', 'evil', false)

-- a setting of somebody's own may hold values of rows
-- role: analyst
-- refuses: 42501 my.setting
SHOW my.setting

-- … by a function
-- role: analyst
-- refuses: 0A000 settings with a dot
SELECT current_setting('my.setting')

-- … whose name is computed, written as it is written for aggregates only
-- role: analyst
-- refuses: 0A000 not written as expected
SELECT current_setting('search' || '_path' ORDER BY 1)

-- … with a star
-- role: analyst
-- refuses: 0A000 not written as expected
SELECT current_setting(*)

-- a label that is two words for the scanner, behind a star that is written out
-- role: analyst
-- refuses: 0A000 a label is not written as expected
SELECT c, c.* U&"!0061" UESCAPE '!' FROM shop.customers c
