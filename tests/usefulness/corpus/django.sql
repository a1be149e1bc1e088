-- What Django 5.2 sends over psycopg 3: introspection of inspectdb, the migration recorder, its ORM. Captured with log_statement.

--# connecting
SELECT set_config('TimeZone', 'UTC', false);

--# connecting (2)
SELECT oid, typarray FROM pg_type WHERE typname = 'hstore';

--# table_names
SELECT c.relname, CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END,
  obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND
  pg_catalog.pg_table_is_visible(c.oid);

--# get_table_description
SELECT a.attname AS column_name, NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable,
  pg_get_expr(ad.adbin, ad.adrelid) AS column_default, CASE WHEN collname = 'default' THEN NULL ELSE collname END AS
  collation, a.attidentity != '' AS is_autofield, col_description(a.attrelid, a.attnum) AS column_comment
  FROM pg_attribute a LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
  LEFT JOIN pg_collation co ON a.attcollation = co.oid JOIN pg_type t ON a.atttypid = t.oid
  JOIN pg_class c ON a.attrelid = c.oid JOIN pg_namespace n ON c.relnamespace = n.oid
  WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND c.relname = 'orders' AND n.nspname NOT IN ('pg_catalog',
  'pg_toast') AND pg_catalog.pg_table_is_visible(c.oid);

--# get_table_description (2)
-- touches protected
SELECT * FROM "orders" LIMIT 1;

--# get_relations
SELECT a1.attname, c2.relname, a2.attname FROM pg_constraint con
  LEFT JOIN pg_class c1 ON con.conrelid = c1.oid LEFT JOIN pg_class c2 ON con.confrelid = c2.oid
  LEFT JOIN pg_attribute a1 ON c1.oid = a1.attrelid AND a1.attnum = con.conkey[1]
  LEFT JOIN pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1]
  WHERE c1.relname = 'orders' AND con.contype = 'f' AND c1.relnamespace = c2.relnamespace AND
  pg_catalog.pg_table_is_visible(c1.oid);

--# get_constraints
SELECT c.conname, array( SELECT attname FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx) JOIN pg_attribute AS
  ca ON cols.colid = ca.attnum WHERE ca.attrelid = c.conrelid ORDER BY cols.arridx ), c.contype, (SELECT fkc.relname
  || '.' || fka.attname FROM pg_attribute AS fka JOIN pg_class AS fkc ON fka.attrelid = fkc.oid WHERE fka.attrelid =
  c.confrelid AND fka.attnum = c.confkey[1]), cl.reloptions FROM pg_constraint AS c
  JOIN pg_class AS cl ON c.conrelid = cl.oid WHERE cl.relname = 'orders' AND pg_catalog.pg_table_is_visible(cl.oid);

--# get_constraints (2)
SELECT indexname, array_agg(attname ORDER BY arridx), indisunique, indisprimary, array_agg(ordering ORDER BY arridx),
  amname, exprdef, s2.attoptions FROM ( SELECT c2.relname as indexname, idx.*, attr.attname, am.amname, CASE WHEN
  idx.indexprs IS NOT NULL THEN pg_get_indexdef(idx.indexrelid) END AS exprdef, CASE am.amname WHEN 'btree' THEN CASE
  (option & 1) WHEN 1 THEN 'DESC' ELSE 'ASC' END END as ordering, c2.reloptions as attoptions FROM ( SELECT * FROM
  pg_index i, unnest(i.indkey, i.indoption) WITH ORDINALITY koi(key, option, arridx) ) idx LEFT JOIN pg_class c ON
  idx.indrelid = c.oid LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid LEFT JOIN pg_am am ON c2.relam = am.oid LEFT
  JOIN pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key WHERE c.relname = 'orders' AND
  pg_catalog.pg_table_is_visible(c.oid) ) s2 GROUP BY indexname, indisunique, indisprimary, amname, exprdef,
  attoptions;

--# get_sequences
SELECT s.relname AS sequence_name, a.attname AS colname FROM pg_class s
  JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
  JOIN pg_attribute a ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
  JOIN pg_class tbl ON tbl.oid = d.refobjid AND tbl.relname = 'orders' AND pg_catalog.pg_table_is_visible(tbl.oid)
  WHERE s.relkind = 'S';

--# get_table_description (2)
SELECT * FROM "campaigns" LIMIT 1;

--# get_table_description (2)
-- touches protected
SELECT * FROM "browsing_events" LIMIT 1;

--# inspectdb (8)
-- touches protected
SELECT * FROM "addresses" LIMIT 1;

--# inspectdb (17)
SELECT * FROM "big_campaigns" LIMIT 1;

--# inspectdb (31)
-- touches protected
SELECT * FROM "browsing_events_2025_01" LIMIT 1;

--# inspectdb (38)
-- touches protected
SELECT * FROM "browsing_events_2025_02" LIMIT 1;

--# inspectdb (45)
-- touches protected
SELECT * FROM "browsing_events_later" LIMIT 1;

--# inspectdb (61)
SELECT * FROM "consents" LIMIT 1;

--# inspectdb (70)
-- touches protected
SELECT * FROM "customer" LIMIT 1;

--# inspectdb (79)
-- touches protected
SELECT * FROM "customer_contacts" LIMIT 1;

--# inspectdb (86)
-- touches protected
SELECT * FROM "customers" LIMIT 1;

--# inspectdb (93)
SELECT * FROM "lineitem" LIMIT 1;

--# inspectdb (104)
SELECT * FROM "monthly_revenue" LIMIT 1;

--# inspectdb (111)
SELECT * FROM "nation" LIMIT 1;

--# inspectdb (120)
SELECT * FROM "notices" LIMIT 1;

--# inspectdb (127)
SELECT * FROM "order_items" LIMIT 1;

--# inspectdb (149)
SELECT * FROM "part" LIMIT 1;

--# inspectdb (156)
SELECT * FROM "partsupp" LIMIT 1;

--# inspectdb (167)
-- touches protected
SELECT * FROM "payment_cards" LIMIT 1;

--# inspectdb (176)
SELECT * FROM "product_list" LIMIT 1;

--# inspectdb (183)
SELECT * FROM "products" LIMIT 1;

--# inspectdb (190)
SELECT * FROM "region" LIMIT 1;

--# inspectdb (197)
SELECT * FROM "sales_by_city" LIMIT 1;

--# inspectdb (204)
SELECT * FROM "supplier" LIMIT 1;

--# ORM filter
SELECT "products"."id", "products"."sku", "products"."title", "products"."category", "products"."price"
  FROM "products" WHERE ("products"."price" > 10 AND UPPER("products"."title"::text) LIKE UPPER('%lamp%') AND NOT
  ("products"."category" = 'x')) ORDER BY "products"."price" DESC
  LIMIT 5;

--# ORM get
SELECT "products"."id", "products"."sku", "products"."title", "products"."category", "products"."price"
  FROM "products" WHERE "products"."id" = 3 LIMIT 21;

--# ORM exists
SELECT 1 AS "a" FROM "products" WHERE "products"."sku"::text LIKE 'SKU%'
  LIMIT 1;

--# ORM exists (2)
SELECT COUNT(*) AS "__count" FROM "products";

--# ORM annotate
SELECT DATE_TRUNC('month', "orders"."placed_at" AT TIME ZONE 'America/Chicago') AS "m", COUNT("orders"."id") AS "n",
  SUM("orders"."total") AS "t" FROM "orders" GROUP BY 1 ORDER BY 1 ASC;

--# ORM related
SELECT "order_items"."id", "order_items"."order_id", "order_items"."product_id", "order_items"."quantity",
  "order_items"."unit_price", "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total",
  "orders"."placed_at", "products"."id", "products"."sku", "products"."title", "products"."category",
  "products"."price" FROM "order_items" INNER JOIN "orders" ON ("order_items"."order_id" = "orders"."id")
  INNER JOIN "products" ON ("order_items"."product_id" = "products"."id")
  WHERE "orders"."status" = 'done' ORDER BY "order_items"."id" ASC
  LIMIT 5;

--# ORM aggregate
SELECT COUNT(DISTINCT "orders"."customer_id") AS "n", AVG("orders"."total") AS "total__avg", MAX("orders"."placed_at")
  AS "placed_at__max" FROM "orders";

--# ORM window
SELECT "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total", "orders"."placed_at", RANK() OVER
  (PARTITION BY "orders"."status" ORDER BY "orders"."total" DESC) AS "r"
  FROM "orders" ORDER BY "orders"."id" ASC LIMIT 5;

--# ORM subquery
SELECT "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total", "orders"."placed_at", (SELECT
  SUM(U0."quantity") AS "s" FROM "order_items" U0 WHERE U0."order_id" = ("orders"."id") GROUP BY U0."order_id") AS "q"
  FROM "orders" WHERE EXISTS(SELECT 1 AS "a" FROM "order_items" U0 WHERE U0."order_id" = ("orders"."id") LIMIT 1)
  ORDER BY "orders"."id" ASC LIMIT 5;

--# ORM case
SELECT CASE WHEN "orders"."total" > 100 THEN 'big' ELSE 'small' END AS "k", COUNT(*) AS "n"
  FROM "orders" GROUP BY 1 ORDER BY 1 ASC;

--# ORM dates
SELECT DISTINCT DATE_TRUNC('month', "orders"."placed_at" AT TIME ZONE 'America/Chicago') AS "datefield"
  FROM "orders" WHERE "orders"."placed_at" IS NOT NULL ORDER BY 1 ASC;

--# ORM dates (2)
SELECT "orders"."id" AS "id" FROM "orders" WHERE (EXTRACT(MONTH FROM "orders"."placed_at" AT TIME ZONE
  'America/Chicago') = 2 AND "orders"."placed_at" BETWEEN '2025-01-01 00:00:00-06:00'::timestamptz AND
  '2025-12-31 23:59:59.999999-06:00'::timestamptz) ORDER BY 1 ASC
  LIMIT 3;

--# ORM union
(SELECT "products"."id" AS "id" FROM "products" WHERE "products"."id" = 1)
  UNION (SELECT "products"."id" AS "id" FROM "products" WHERE "products"."id" = 2)
  ORDER BY 1 ASC;

--# ORM iterator
-- needs: cursor
DECLARE "_django_curs_1" NO SCROLL CURSOR WITH HOLD FOR SELECT "products"."id", "products"."sku", "products"."title",
  "products"."category", "products"."price" FROM "products" ORDER BY "products"."id" ASC;
FETCH FORWARD 10 FROM "_django_curs_1";
FETCH FORWARD 10 FROM "_django_curs_1";
FETCH FORWARD 10 FROM "_django_curs_1";
FETCH FORWARD 10 FROM "_django_curs_1";
FETCH FORWARD 10 FROM "_django_curs_1";
CLOSE "_django_curs_1";

--# atomic
-- versions: 15
BEGIN;
SAVEPOINT "s139727622196096_x1";
SELECT COUNT(*) AS "__count" FROM "products";
RELEASE SAVEPOINT "s139727622196096_x1";
COMMIT;

--# atomic
-- versions: 16
BEGIN;
SAVEPOINT "s139795773279104_x1";
SELECT COUNT(*) AS "__count" FROM "products";
RELEASE SAVEPOINT "s139795773279104_x1";
COMMIT;

--# atomic
-- versions: 18
BEGIN;
SAVEPOINT "s139798577118080_x1";
SELECT COUNT(*) AS "__count" FROM "products";
RELEASE SAVEPOINT "s139798577118080_x1";
COMMIT;
