-- A file as PostgreSQL's own regression files are written: it is read as psql reads it. tests/regress/test_regress.py counts.
\set ECHO all
\pset null '(null)'; it's not SQL

CREATE SCHEMA app;
CREATE TABLE app.people (id int8 PRIMARY KEY, name text, city varchar(20), born date, "Odd ""name""" jsonb);
CREATE TABLE app.visits (id serial, person int8, at timestamptz, note text, PRIMARY KEY (id));
CREATE TABLE app.vips (LIKE app.people, discount numeric(4,2));
CREATE TABLE app.old_visits () INHERITS (app.visits);
CREATE VIEW app.names AS SELECT id, name AS full_name FROM app.people;
CREATE FUNCTION app.tax(numeric) RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT $1 * 0.2; SELECT CASE WHEN true THEN 1 END; END;
CREATE FUNCTION app.log() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE NOTICE 'one; two \ three';  -- not a command
  RETURN NULL;
END $body$;

COPY app.people (id, name) FROM stdin;
1	it's one; not a statement
2	\N
\.

SET search_path = app, public;
SELECT name, city FROM people WHERE id = 1;
SELECT * FROM people p JOIN visits v ON v.person = p.id WHERE p.name LIKE 'a;b%' /* ; */ ORDER BY 1;
SELECT p FROM people p; SELECT count(*) FROM ONLY people TABLESAMPLE SYSTEM (10);
SELECT people.name, count(*) FROM app.people GROUP BY people.id \gset
SELECT 1 AS a \; SELECT name FROM people \; SELECT 2;
WITH v AS (SELECT person FROM visits) SELECT tax(1), n.* FROM people n, v WHERE v.person = n.id
  \g
SELECT $1::int8, name FROM vips WHERE id = $1 \bind 1 \g
INSERT INTO people (id, city) VALUES (3, 'x') ON CONFLICT (id) DO UPDATE SET city = excluded.city RETURNING id, name;
UPDATE visits SET note = upper(note) FROM people WHERE person = people.id RETURNING *;
DELETE FROM people USING visits WHERE people.id = visits.person;
MERGE INTO visits USING people ON visits.person = people.id WHEN MATCHED THEN DELETE;
DECLARE c CURSOR FOR SELECT id, name FROM people FOR UPDATE OF people;
PREPARE p (int8) AS SELECT name FROM people WHERE id = $1;
EXPLAIN (COSTS off) SELECT name FROM people;
COPY people TO stdout;
COPY (SELECT name FROM people) TO stdout (FORMAT csv);
CREATE TEMP TABLE kept AS SELECT name FROM people;
SELECT * FROM kept;
DROP TABLE kept;
ALTER TABLE people ADD COLUMN added int4, DROP COLUMN city;
SELECT added FROM people;
BEGIN; SAVEPOINT s; ROLLBACK;
SELECT 123abc;
SELECT name FROM nowhere;
SELECT pg_read_file('x');
\if :has_icu
SELECT U&'d\0061t\+000061', E'\'; still one', $q$;$q$ FROM people;
\endif
