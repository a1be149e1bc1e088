-- Encrypted columns: ciphertext that is moved to where it reads clear, compared, sorted, or sent as it is.
-- The words are those of attacks.sql.

-- attack: a masked card moved to where it reads clear, by INSERT
INSERT INTO shop.test_cards (id, card_no) SELECT id + 100, card_no FROM shop.payment_cards
-- then
SELECT card_no FROM shop.test_cards
-- attack: a masked card moved by INSERT, returned
INSERT INTO shop.test_cards (id, card_no) SELECT id + 100, card_no FROM shop.payment_cards RETURNING card_no
-- attack: a masked card moved by UPDATE FROM
UPDATE shop.test_cards t SET card_no = p.card_no FROM shop.payment_cards p WHERE p.id = t.id RETURNING t.card_no
-- attack: a masked card moved by a subquery in UPDATE
UPDATE shop.test_cards t SET card_no = (SELECT card_no FROM shop.payment_cards p WHERE p.id = t.id)
-- then
SELECT card_no FROM shop.test_cards
-- attack: a masked card moved by a multiple assignment
UPDATE shop.test_cards t SET (card_no, label) = (SELECT card_no, brand FROM shop.payment_cards p WHERE p.id = t.id) RETURNING card_no
-- attack: a masked card moved by MERGE
MERGE INTO shop.test_cards t USING shop.payment_cards p ON t.id = p.id WHEN MATCHED THEN UPDATE SET card_no = p.card_no WHEN NOT MATCHED THEN INSERT (id, card_no) VALUES (p.id, p.card_no)
-- then
SELECT card_no FROM shop.test_cards
-- attack: a masked card moved by ON CONFLICT
INSERT INTO shop.test_cards AS t (id, card_no) SELECT id, card_no FROM shop.payment_cards ON CONFLICT (id) DO UPDATE SET card_no = excluded.card_no RETURNING card_no
-- attack: a masked card moved by a CTE
WITH c AS MATERIALIZED (SELECT id, card_no FROM shop.payment_cards) INSERT INTO shop.test_cards (id, card_no) SELECT id + 100, card_no FROM c RETURNING card_no
-- attack: a masked card moved by RETURNING of a write
WITH u AS (UPDATE shop.payment_cards SET brand = 'x' RETURNING id, card_no) INSERT INTO shop.test_cards (id, card_no) SELECT id + 100, card_no FROM u RETURNING card_no
-- attack: a masked card moved into an open bytea column
UPDATE shop.loose_cards SET extra = card_no RETURNING encode(extra, 'hex')
-- silent: the table is empty
-- attack: a masked card moved into an open bytea column of another relation
INSERT INTO shop.loose_cards (id, extra) SELECT id, card_no FROM shop.payment_cards RETURNING encode(extra, 'hex')
-- attack: a masked card moved into a text column
INSERT INTO other.customers (id, name) SELECT id + 200, encode(card_no, 'hex') FROM shop.payment_cards RETURNING name
-- attack: a masked card moved by VALUES
INSERT INTO shop.test_cards (id, card_no) VALUES (300, (SELECT card_no FROM shop.payment_cards WHERE id = 1)) RETURNING card_no
-- attack: a masked card moved by DEFAULT and a star
INSERT INTO shop.test_cards SELECT id + 100, card_no, brand FROM shop.payment_cards RETURNING *
-- attack: a masked card moved by a union with an open one
INSERT INTO shop.test_cards (id, card_no) SELECT id + 10, card_no FROM shop.test_cards UNION ALL SELECT id + 100, card_no FROM shop.payment_cards RETURNING card_no
-- attack: a masked card moved by LATERAL
INSERT INTO shop.test_cards (id, card_no) SELECT 400 + p.id, l.x FROM shop.payment_cards p, LATERAL (SELECT p.card_no AS x) l RETURNING card_no
-- attack: a masked card moved within its relation
UPDATE shop.payment_cards SET card_no = (SELECT card_no FROM shop.payment_cards WHERE id = 2) WHERE id = 1 RETURNING card_no
-- attack: a masked card beside an open one in a join
SELECT 'oracle:' || 'yes' FROM shop.test_cards t RIGHT JOIN shop.payment_cards p ON t.card_no IS DISTINCT FROM p.card_no GROUP BY p.card_no HAVING count(*) > 2
-- attack: a comparison in WHERE of a write
UPDATE shop.payment_cards SET brand = 'oracle:' || 'yes' WHERE card_no = (SELECT card_no FROM shop.payment_cards WHERE id = 3) AND id = 1 RETURNING brand
-- attack: a comparison of the target with an open card
UPDATE shop.payment_cards p SET brand = 'oracle:' || 'yes' FROM shop.test_cards t WHERE p.card_no <> t.card_no RETURNING p.brand
-- attack: a comparison in DELETE USING
DELETE FROM shop.payment_cards p USING shop.payment_cards q WHERE p.card_no = q.card_no AND p.id < q.id RETURNING 'oracle:' || 'yes'
-- attack: a comparison in MERGE
MERGE INTO shop.test_cards t USING shop.payment_cards p ON t.card_no IS DISTINCT FROM p.card_no AND p.id = 1 AND t.id = 1 WHEN MATCHED THEN UPDATE SET label = encode(p.card_no, 'hex')
-- then
SELECT label FROM shop.test_cards
-- attack: ON CONFLICT as a comparison
CREATE TEMP TABLE loot (c bytea PRIMARY KEY, n int DEFAULT 1)
-- then
INSERT INTO loot SELECT card_no FROM shop.payment_cards ON CONFLICT (c) DO NOTHING
-- then
SELECT CASE WHEN count(*) = 3 THEN 'oracle:' || 'yes' END FROM loot
-- attack: RETURNING of the target's card
UPDATE shop.payment_cards SET brand = 'x' RETURNING card_no
-- attack: RETURNING of the target's star
UPDATE shop.payment_cards SET brand = 'x' RETURNING *
-- attack: RETURNING of the target's card in an expression
UPDATE shop.payment_cards SET brand = 'x' RETURNING card_no || '\x00', encode(card_no, 'hex')
-- attack: RETURNING of the old card
-- since: 18
UPDATE shop.payment_cards SET brand = 'x' RETURNING old.card_no, new.card_no
-- attack: RETURNING of the old star
-- since: 18
DELETE FROM shop.payment_cards RETURNING old.*
-- attack: DELETE RETURNING the card
DELETE FROM shop.payment_cards RETURNING id, card_no, holder
-- attack: write through the view of cards
UPDATE shop.v_cards SET id = id RETURNING card_no
-- attack: write through the view of cards, the ciphertext in an expression
UPDATE shop.v_cards SET id = id RETURNING encode(card_no, 'hex')
-- attack: the sealed check quotes the row
UPDATE shop.payment_cards SET card_no = '\x00'
-- attack: the sealed check quotes the row of another column
INSERT INTO shop.payment_cards (id, brand, card_no) VALUES (900, 'x', '\x00')
-- silent: the row is the caller's own
-- attack: cards in a cursor for update
DECLARE c CURSOR FOR SELECT card_no FROM shop.payment_cards FOR UPDATE
-- then
FETCH ALL FROM c
-- attack: cards in a cursor's expression
DECLARE c CURSOR FOR SELECT encode(card_no, 'hex') FROM shop.payment_cards
-- then
FETCH ALL FROM c
-- attack: cards in a held cursor's union
DECLARE c CURSOR FOR SELECT card_no FROM shop.test_cards UNION ALL SELECT card_no FROM shop.payment_cards
-- then
FETCH ALL FROM c
-- attack: cards by EXPLAIN
EXPLAIN (ANALYZE, VERBOSE) SELECT card_no FROM shop.payment_cards WHERE card_no = (SELECT card_no FROM shop.payment_cards WHERE id = 1)
-- silent: a plan shows no values of rows
-- attack: cards by an error of their own type
SELECT convert_from(card_no, 'UTF8') FROM shop.payment_cards
-- silent: the message quotes a byte
-- attack: cards by an error of a cast
SELECT card_no::text::int FROM shop.payment_cards
-- attack: cards sorted by a subquery in ORDER BY
SELECT id FROM shop.payment_cards p ORDER BY (SELECT card_no FROM shop.payment_cards q WHERE q.id = p.id)
-- silent: order only
-- attack: cards as a prepared statement's parameter type
PREPARE p(bytea) AS SELECT 'oracle:' || 'yes' FROM shop.payment_cards a, shop.payment_cards b WHERE a.card_no = b.card_no AND a.id < b.id AND $1 IS NULL
-- then
EXECUTE p(NULL)
-- attack: cards in a window frame
SELECT first_value(card_no) OVER (), lag(card_no) OVER (ORDER BY id) FROM shop.payment_cards
-- attack: cards in GROUPING SETS
SELECT card_no, count(*) FROM shop.payment_cards GROUP BY GROUPING SETS ((card_no), ())
-- attack: cards in a set returning function
SELECT generate_series(1, length(card_no)), substring(card_no FROM 1) FROM shop.payment_cards
-- attack: cards in a row comparison
SELECT 'oracle:' || 'yes' FROM shop.payment_cards a, shop.payment_cards b WHERE (a.card_no, 1) = (b.card_no, 1) AND a.id < b.id
-- attack: cards in an array comparison
SELECT 'oracle:' || 'yes' FROM shop.payment_cards a WHERE a.card_no = ANY (ARRAY(SELECT card_no FROM shop.payment_cards b WHERE b.id > a.id))
-- attack: cards in BETWEEN
SELECT 'oracle:' || 'yes' FROM shop.payment_cards a, shop.payment_cards b WHERE a.card_no BETWEEN b.card_no AND b.card_no AND a.id < b.id
-- attack: cards in IN of a subquery
SELECT 'oracle:' || 'yes' FROM shop.payment_cards a WHERE a.card_no IN (SELECT card_no FROM shop.payment_cards b WHERE b.id > a.id)
-- attack: cards in NATURAL JOIN
SELECT 'oracle:' || 'yes' FROM (SELECT card_no FROM shop.payment_cards WHERE id = 1) a NATURAL JOIN (SELECT card_no FROM shop.payment_cards WHERE id = 3) b
-- attack: cards in UNION
SELECT CASE WHEN count(*) = 3 THEN 'oracle:' || 'yes' END FROM (SELECT card_no FROM shop.payment_cards UNION SELECT card_no FROM shop.payment_cards) q
-- attack: cards in CASE
SELECT 'oracle:' || 'yes' FROM shop.payment_cards a, shop.payment_cards b WHERE CASE a.card_no WHEN b.card_no THEN a.id < b.id END
-- attack: cards in NULLIF
SELECT 'oracle:' || 'yes' FROM shop.payment_cards a, shop.payment_cards b WHERE nullif(a.card_no, b.card_no) IS NULL AND a.id < b.id
-- attack: cards in DISTINCT ON
SELECT CASE WHEN count(*) = 3 THEN 'oracle:' || 'yes' END FROM (SELECT DISTINCT ON (card_no) id FROM shop.payment_cards) q
-- attack: cards in FETCH FIRST WITH TIES
SELECT CASE WHEN count(*) = 2 THEN 'oracle:' || 'yes' END FROM (SELECT id FROM shop.payment_cards WHERE id IN (1, 3) ORDER BY card_no FETCH FIRST ROW WITH TIES) q
-- attack: cards in PARTITION BY
SELECT 'oracle:' || 'yes' FROM (SELECT count(*) OVER (PARTITION BY card_no) AS n FROM shop.payment_cards) q WHERE n > 1
-- attack: cards in a JSON aggregate
SELECT jsonb_object_agg(id, card_no) FROM shop.payment_cards
-- attack: cards through a row in a temporary table
CREATE TEMP TABLE loot AS SELECT p FROM shop.payment_cards p
-- then
SELECT encode((p).card_no, 'hex') FROM loot
-- attack: cards through a masked row's JSON in a temporary table
CREATE TEMP TABLE loot AS SELECT to_jsonb(p) AS j FROM shop.payment_cards p
-- then
SELECT j FROM loot
-- attack: cards through COPY of a star
COPY (SELECT * FROM shop.payment_cards) TO STDOUT
-- attack: cards of the inheritance of a view
SELECT card_no FROM shop.v_cards
-- attack: cards of a view in binary hex
SELECT encode(card_no, 'hex') FROM shop.v_cards
-- attack: cards of a view compared
SELECT 'oracle:' || 'yes' FROM shop.v_cards a JOIN shop.v_cards b USING (card_no) WHERE a.id < b.id
-- attack: cards of a view and of its relation
SELECT 'oracle:' || 'yes' FROM shop.v_cards a JOIN shop.payment_cards b USING (card_no) WHERE a.id < b.id
