-- Where columns stand and what names mean in places that are easily read otherwise than PostgreSQL reads them.
-- The words are those of attacks.sql.

-- attack: columns of SEARCH that a star in a deeper query leaves out
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 2) SEARCH DEPTH FIRST BY n SET o SELECT q.*, t.card_no, p.card_no, NULL::bytea FROM (SELECT * FROM r) q CROSS JOIN (SELECT card_no FROM shop.payment_cards UNION ALL SELECT card_no FROM shop.payment_cards) p LEFT JOIN (SELECT card_no FROM shop.test_cards UNION ALL SELECT card_no FROM shop.test_cards) t ON false WHERE n = 1
-- attack: columns of SEARCH that a star in a sibling leaves out
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 2) SEARCH DEPTH FIRST BY n SET o, s AS (SELECT * FROM r) SELECT s.*, t.card_no, p.card_no, NULL::bytea FROM s CROSS JOIN (SELECT card_no FROM shop.payment_cards UNION ALL SELECT card_no FROM shop.payment_cards) p LEFT JOIN (SELECT card_no FROM shop.test_cards UNION ALL SELECT card_no FROM shop.test_cards) t ON false WHERE n = 1
-- attack: columns of SEARCH that a star leaves out, written
WITH RECURSIVE r AS (SELECT 5000 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5000) SEARCH DEPTH FIRST BY n SET o INSERT INTO shop.test_cards (id, label, card_no) SELECT q.*, NULL, p.card_no FROM (SELECT * FROM r) q, shop.payment_cards p WHERE p.id = 1
-- then
SELECT card_no FROM shop.test_cards
-- attack: a column of SEARCH that is not there, found outside
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 2) SEARCH DEPTH FIRST BY n SET o SELECT (SELECT encode(o, 'hex') FROM (SELECT * FROM r) q LIMIT 1) FROM (SELECT card_no AS o FROM shop.payment_cards) p
-- attack: a column of CYCLE that is not there, found outside
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 2) CYCLE n SET o USING path SELECT (SELECT encode(o, 'hex') FROM (TABLE r) q LIMIT 1) FROM (SELECT card_no AS o FROM shop.payment_cards) p
-- attack: a name with its schema, and an inner alias like it
SELECT (SELECT string_agg(encode(shop.customers.city, 'hex'), ',') FROM (SELECT card_no AS city FROM shop.payment_cards) customers) FROM shop.customers LIMIT 1
-- silent: by PostgreSQL it is a city as bytes, which there is not
-- attack: grouping by an ordinal in a row
SELECT 'oracle:'||'yes' FROM (SELECT p.c, count(*) AS n FROM (SELECT card_no AS c FROM shop.payment_cards WHERE id = 3 UNION ALL SELECT card_no FROM shop.payment_cards WHERE id = 1) p GROUP BY (1, 1)) x WHERE n > 1
-- attack: grouping by an ordinal in ROLLUP
SELECT 'oracle:'||'yes' FROM (SELECT card_no, count(*) AS n FROM shop.payment_cards GROUP BY ROLLUP (1)) x WHERE n = 2 AND card_no IS NOT NULL
-- attack: grouping by an ordinal in a grouping set
SELECT 'oracle:'||'yes' FROM (SELECT card_no, count(*) AS n FROM shop.payment_cards GROUP BY GROUPING SETS ((1), ())) x WHERE n = 2 AND card_no IS NOT NULL
-- attack: grouping by an ordinal in a row in CUBE
SELECT 'oracle:'||'yes' FROM (SELECT card_no, count(*) AS n FROM shop.payment_cards GROUP BY CUBE (1, (1, 1))) x WHERE n = 2 AND card_no IS NOT NULL
-- attack: grouping by an output name in ROLLUP, with an outer column of that name
SELECT 'oracle:'||'yes' FROM (SELECT 1 AS x) o, LATERAL (SELECT card_no AS x, count(*) AS n FROM shop.payment_cards GROUP BY ROLLUP (x)) l WHERE n = 2 AND l.x IS NOT NULL
-- attack: columns of a nested path behind those of the level
SELECT (SELECT encode(w, 'hex') FROM JSON_TABLE('{"a":1}', '$' COLUMNS (NESTED PATH '$' COLUMNS (x int PATH '$.a'), w int PATH '$.a')) AS j(y)) FROM (SELECT card_no AS w FROM shop.payment_cards) p
-- since: 18
-- attack: an ordinality that an alias renamed
SELECT (SELECT encode(ordinality, 'hex') FROM unnest(ARRAY[1]) WITH ORDINALITY AS q(x, y) LIMIT 1) FROM (SELECT card_no AS ordinality FROM shop.payment_cards) p
