-- What psql of PostgreSQL 15, 16 and 18 asks to complete words with the Tab key. Captured with log_statement, wrapped anew.

--# SELECT * FROM sh <Tab>
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c
  WHERE c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE 'sh%' AND
  pg_catalog.pg_table_is_visible(c.oid) AND c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname =
  'pg_catalog') UNION ALL SELECT NULL::pg_catalog.text, n.nspname
  FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE 'sh%' AND n.nspname NOT LIKE E'pg\\_%'
  LIMIT 1000;

--# SELECT * FROM sh <Tab> (2)
SELECT c.relname, n.nspname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
  WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE '%' AND n.nspname
  = 'shop' LIMIT 1000;

--# SELECT * FROM orders WHERE <Tab>
SELECT a.attname, NULL::pg_catalog.text FROM pg_catalog.pg_attribute a, pg_catalog.pg_class c
  WHERE c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped AND (a.attname) LIKE '%' AND c.relname = 'orders'
  AND pg_catalog.pg_table_is_visible(c.oid) LIMIT 1000;

--# \d <Tab>
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c
  WHERE (c.relname) LIKE '%' AND pg_catalog.pg_table_is_visible(c.oid) AND c.relnamespace <> (SELECT oid FROM
  pg_catalog.pg_namespace WHERE nspname = 'pg_catalog') UNION ALL SELECT NULL::pg_catalog.text, n.nspname
  FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE '%' AND n.nspname NOT LIKE E'pg\\_%'
  LIMIT 1000;

--# \d shop. <Tab>
SELECT c.relname, n.nspname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
  WHERE c.relnamespace = n.oid AND (c.relname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \dt t <Tab>
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c
  WHERE c.relkind IN ('r', 'p') AND (c.relname) LIKE 't%' AND pg_catalog.pg_table_is_visible(c.oid) AND c.relnamespace
  <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
  UNION ALL SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n
  WHERE n.nspname LIKE 't%' AND n.nspname NOT LIKE E'pg\\_%' LIMIT 1000;

--# \dt t <Tab> (2)
SELECT c.relname, n.nspname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
  WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND (c.relname) LIKE '%' AND n.nspname = 'tpch'
  LIMIT 1000;

--# \df sh <Tab>
SELECT p.proname, NULL::pg_catalog.text FROM pg_catalog.pg_proc p
  WHERE p.prokind != 'p' AND (p.proname) LIKE 'sh%' AND pg_catalog.pg_function_is_visible(p.oid)
  UNION ALL SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n
  WHERE n.nspname LIKE 'sh%' AND n.nspname NOT LIKE E'pg\\_%'
  LIMIT 1000;

--# \df shop.n <Tab>
SELECT p.proname, n.nspname FROM pg_catalog.pg_proc p, pg_catalog.pg_namespace n
  WHERE p.pronamespace = n.oid AND p.prokind != 'p' AND (p.proname) LIKE 'n%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \dn s <Tab>
SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE 's%'
  LIMIT 1000;

--# \du b <Tab>
SELECT rolname FROM pg_catalog.pg_roles WHERE rolname LIKE 'b%'
  LIMIT 1000;

--# SET search <Tab>
SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings WHERE context IN ('user', 'superuser') AND
  pg_catalog.lower(name) LIKE pg_catalog.lower('search%') LIMIT 1000;

--# SET search_path TO <Tab>
SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE '%' AND nspname NOT LIKE E'pg\\_toast%' AND nspname NOT
  LIKE E'pg\\_temp%' LIMIT 1000;

--# SHOW work <Tab>
SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings WHERE pg_catalog.lower(name) LIKE pg_catalog.lower('work%')
  LIMIT 1000;

--# INSERT INTO <Tab>
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c
  WHERE c.relkind IN ('r', 'f', 'v', 'p') AND (c.relname) LIKE '%' AND pg_catalog.pg_table_is_visible(c.oid) AND
  c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
  UNION ALL SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n
  WHERE n.nspname LIKE '%' AND n.nspname NOT LIKE E'pg\\_%' LIMIT 1000;

--# DELETE FROM shop. <Tab>
SELECT c.relname, n.nspname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
  WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'f', 'v', 'p') AND (c.relname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# EXECUTE <Tab>
SELECT name FROM pg_catalog.pg_prepared_statements WHERE name LIKE '%'
  LIMIT 1000;

--# FETCH ALL FROM <Tab>
SELECT name FROM pg_catalog.pg_cursors WHERE name LIKE '%' LIMIT 1000;

--# \dT shop. <Tab>
SELECT t.typname, n.nspname FROM pg_catalog.pg_type t, pg_catalog.pg_namespace n
  WHERE t.typnamespace = n.oid AND (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE c.oid =
  t.typrelid)) AND t.typname !~ '^_' AND (t.typname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \sf shop. <Tab>
SELECT p.proname, n.nspname FROM pg_catalog.pg_proc p, pg_catalog.pg_namespace n
  WHERE p.pronamespace = n.oid AND (p.proname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \sv shop. <Tab>
SELECT c.relname, n.nspname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
  WHERE c.relnamespace = n.oid AND c.relkind IN ('v') AND (c.relname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \dx <Tab>
SELECT extname FROM pg_catalog.pg_extension WHERE extname LIKE '%'
  LIMIT 1000;

--# SET TimeZone TO <Tab>
SELECT pg_catalog.quote_literal(name) AS name FROM pg_catalog.pg_timezone_names()
  WHERE pg_catalog.lower(name) LIKE pg_catalog.lower('%') LIMIT 1000;

--# \l us <Tab>
SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE 'us%'
  LIMIT 1000;

--# ALTER TABLE shop.orders RENAME COLUMN <Tab>
SELECT a.attname, NULL::pg_catalog.text FROM pg_catalog.pg_attribute a, pg_catalog.pg_class c, pg_catalog.pg_namespace
  nr WHERE c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped AND (a.attname) LIKE '%' AND c.relname =
  'orders' AND c.relnamespace = nr.oid AND nr.nspname = 'shop'
  LIMIT 1000;

--# REFRESH MATERIALIZED VIEW <Tab>
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c
  WHERE c.relkind IN ('m') AND (c.relname) LIKE '%' AND pg_catalog.pg_table_is_visible(c.oid) AND c.relnamespace <>
  (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
  UNION ALL SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n
  WHERE n.nspname LIKE '%' AND n.nspname NOT LIKE E'pg\\_%' LIMIT 1000;

--# CALL shop. <Tab>
SELECT p.proname, n.nspname FROM pg_catalog.pg_proc p, pg_catalog.pg_namespace n
  WHERE p.pronamespace = n.oid AND p.prokind = 'p' AND (p.proname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \dD shop. <Tab>
SELECT t.typname, n.nspname FROM pg_catalog.pg_type t, pg_catalog.pg_namespace n
  WHERE t.typnamespace = n.oid AND t.typtype = 'd' AND (t.typname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \dy <Tab>
SELECT evtname FROM pg_catalog.pg_event_trigger WHERE evtname LIKE '%'
  LIMIT 1000;

--# \des <Tab>
SELECT srvname FROM pg_catalog.pg_foreign_server WHERE srvname LIKE '%'
  LIMIT 1000;

--# VACUUM sh <Tab>
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c
  WHERE c.relkind IN ('r', 'p', 'm') AND (c.relname) LIKE 'sh%' AND pg_catalog.pg_table_is_visible(c.oid) AND
  c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
  UNION ALL SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n
  WHERE n.nspname LIKE 'sh%' AND n.nspname NOT LIKE E'pg\\_%'
  LIMIT 1000;

--# VACUUM sh <Tab> (2)
SELECT c.relname, n.nspname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n
  WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm') AND (c.relname) LIKE '%' AND n.nspname = 'shop'
  LIMIT 1000;

--# \dRp <Tab>
-- versions: 16, 18
SELECT pubname FROM pg_catalog.pg_publication WHERE pubname LIKE '%'
  LIMIT 1000;
