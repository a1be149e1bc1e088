-- What Metabase asks when it synchronises a database, and the statements its query builder writes. From its public sources, in our words.
-- protocol: extended

--# the session's time zone
SET SESSION TIMEZONE TO 'Asia/Shanghai';

--# test of the connection
SELECT 1;

--# sync: time zone of the database
SELECT current_setting('TIMEZONE') AS timezone;

--# sync: schemas
SELECT nspname AS "TABLE_SCHEM", NULL AS "TABLE_CATALOG" FROM pg_catalog.pg_namespace
 WHERE nspname <> 'pg_toast' AND (nspname !~ '^pg_temp_' OR nspname = (pg_catalog.current_schemas(true))[1])
   AND (nspname !~ '^pg_toast_temp_' OR nspname = replace((pg_catalog.current_schemas(true))[1], 'pg_temp_', 'pg_toast_temp_'))
 ORDER BY "TABLE_SCHEM";

--# sync: tables
SELECT n.nspname AS "schema", c.relname AS "name",
       CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                      WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type",
       d.description AS "description", NULLIF(stat.n_live_tup, 0) AS "estimated_row_count"
  FROM pg_catalog.pg_class AS c INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
  LEFT JOIN pg_catalog.pg_description AS d ON c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
  LEFT JOIN pg_stat_user_tables AS stat ON n.nspname = stat.schemaname AND c.relname = stat.relname
 WHERE c.relnamespace = n.oid AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND c.relkind IN ('r', 'p', 'v', 'f', 'm') AND n.nspname IN ('shop', 'tpch')
 ORDER BY "type", "schema", "name";

--# sync: what the login may do
WITH table_privileges AS (
  SELECT NULL AS role, t.schemaname AS schema, t.objectname AS table,
         pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'update') AS update,
         pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'select') AS select,
         pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'insert') AS insert,
         pg_catalog.has_table_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'delete') AS delete
    FROM (SELECT schemaname, tablename AS objectname FROM pg_catalog.pg_tables
           UNION SELECT schemaname, viewname AS objectname FROM pg_catalog.pg_views
           UNION SELECT schemaname, matviewname AS objectname FROM pg_catalog.pg_matviews) t
   WHERE t.schemaname !~ '^pg_' AND t.schemaname <> 'information_schema'
     AND pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage'))
SELECT t.* FROM table_privileges t WHERE t.select OR t.update OR t.insert OR t.delete ORDER BY t.schema, t.table;

--# sync: fields
SELECT c.column_name AS "name",
       CASE WHEN c.udt_schema IN ('public', 'pg_catalog') THEN FORMAT('%s', c.udt_name) ELSE FORMAT('"%s"."%s"', c.udt_schema, c.udt_name) END AS "database-type",
       c.ordinal_position - 1 AS "database-position", c.table_schema AS "table-schema", c.table_name AS "table-name",
       pk.column_name IS NOT NULL AS "pk?",
       COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST(c.table_schema AS TEXT), CAST(c.table_name AS TEXT)) AS REGCLASS) AS OID), c.ordinal_position) AS "field-comment",
       ((column_default IS NULL OR LOWER(column_default) = 'null') AND is_nullable = 'NO'
         AND NOT ((column_default IS NOT NULL AND column_default LIKE '%nextval(%') OR is_identity <> 'NO')) AS "database-required",
       ((column_default IS NOT NULL AND column_default LIKE '%nextval(%') OR is_identity <> 'NO') AS "database-is-auto-increment",
       is_nullable = 'YES' AS "database-is-nullable", is_generated = 'ALWAYS' AS "database-is-generated"
  FROM information_schema.columns AS c
  LEFT JOIN (SELECT tc.table_schema, tc.table_name, kc.column_name
               FROM information_schema.table_constraints AS tc
              INNER JOIN information_schema.key_column_usage AS kc
                 ON tc.constraint_name = kc.constraint_name AND tc.table_schema = kc.table_schema AND tc.table_name = kc.table_name
              WHERE tc.constraint_type = 'PRIMARY KEY') AS pk
    ON c.table_schema = pk.table_schema AND c.table_name = pk.table_name AND c.column_name = pk.column_name
 WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND c.table_schema IN ('shop', 'tpch')
 UNION ALL
SELECT pa.attname AS "name",
       CASE WHEN ptn.nspname IN ('public', 'pg_catalog') THEN FORMAT('%s', pt.typname) ELSE FORMAT('"%s"."%s"', ptn.nspname, pt.typname) END AS "database-type",
       pa.attnum - 1 AS "database-position", pn.nspname AS "table-schema", pc.relname AS "table-name", FALSE AS "pk?", NULL AS "field-comment",
       FALSE AS "database-required", FALSE AS "database-is-auto-increment", TRUE AS "database-is-nullable", FALSE AS "database-is-generated"
  FROM pg_catalog.pg_class AS pc INNER JOIN pg_catalog.pg_namespace AS pn ON pn.oid = pc.relnamespace
 INNER JOIN pg_catalog.pg_attribute AS pa ON pa.attrelid = pc.oid INNER JOIN pg_catalog.pg_type AS pt ON pt.oid = pa.atttypid
 INNER JOIN pg_catalog.pg_namespace AS ptn ON ptn.oid = pt.typnamespace
 WHERE pc.relkind = 'm' AND pa.attnum >= 1 AND pn.nspname IN ('shop', 'tpch')
 ORDER BY "table-schema", "table-name", "database-position";

--# sync: foreign keys
SELECT fk_ns.nspname AS "fk-table-schema", fk_table.relname AS "fk-table-name", fk_column.attname AS "fk-column-name",
       pk_ns.nspname AS "pk-table-schema", pk_table.relname AS "pk-table-name", pk_column.attname AS "pk-column-name"
  FROM pg_constraint AS c JOIN pg_class AS fk_table ON c.conrelid = fk_table.oid JOIN pg_namespace AS fk_ns ON c.connamespace = fk_ns.oid
  JOIN pg_attribute AS fk_column ON c.conrelid = fk_column.attrelid JOIN pg_class AS pk_table ON c.confrelid = pk_table.oid
  JOIN pg_namespace AS pk_ns ON pk_table.relnamespace = pk_ns.oid JOIN pg_attribute AS pk_column ON c.confrelid = pk_column.attrelid
 WHERE fk_ns.nspname !~ '^information_schema|catalog_history|pg_' AND c.contype = 'f'::char
   AND fk_column.attnum = ANY(c.conkey) AND pk_column.attnum = ANY(c.confkey)
 ORDER BY "fk-table-schema", "fk-table-name";

--# sync: indexes
SELECT tmp.table_schema AS "table-schema", tmp.table_name AS "table-name", TRIM(BOTH '"' FROM pg_catalog.pg_get_indexdef(tmp.ci_oid, tmp.pos, false)) AS "field-name"
  FROM (SELECT n.nspname AS table_schema, ct.relname AS table_name, ci.oid AS ci_oid,
               (information_schema._pg_expandarray(i.indkey)).n AS pos
          FROM pg_catalog.pg_class AS ct INNER JOIN pg_catalog.pg_namespace AS n ON ct.relnamespace = n.oid
         INNER JOIN pg_catalog.pg_index AS i ON ct.oid = i.indrelid INNER JOIN pg_catalog.pg_class AS ci ON ci.oid = i.indexrelid
         WHERE pg_catalog.pg_get_expr(i.indpred, i.indrelid) IS NULL AND n.nspname !~ '^information_schema|pg_') AS tmp
 WHERE tmp.pos = 1 ORDER BY 1, 2, 3;

--# sync: enums
SELECT nspname, typname FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
 WHERE t.oid IN (SELECT DISTINCT enumtypid FROM pg_enum AS e);

--# fingerprint of a table
-- touches protected
SELECT "shop"."customers"."id" AS "id", "shop"."customers"."city" AS "city", SUBSTRING("shop"."customers"."email", 1, 1234) AS "substring1", "shop"."customers"."birth_date" AS "birth_date"
  FROM "shop"."customers" LIMIT 10000;

--# field values for a filter
SELECT "shop"."customers"."city" AS "city" FROM "shop"."customers" GROUP BY "shop"."customers"."city" ORDER BY "shop"."customers"."city" ASC LIMIT 1001;

--# how JSON columns are laid out
-- touches protected
WITH json_sample AS (SELECT "profile" FROM "shop"."customers" WHERE "profile" IS NOT NULL LIMIT 500)
SELECT json_sample."profile"::text AS profile FROM json_sample;

--# a JSON field, unfolded
SELECT ("shop"."customers"."profile" #>> array['level']::text[])::bigint AS "profile -> level", COUNT(*) AS "count" FROM "shop"."customers"
 GROUP BY ("shop"."customers"."profile" #>> array['level']::text[])::bigint ORDER BY 1 ASC;

--# browsing a table
-- touches protected
SELECT "shop"."orders"."id" AS "id", "shop"."orders"."customer_id" AS "customer_id", "shop"."orders"."status" AS "status", "shop"."orders"."total" AS "total", "shop"."orders"."placed_at" AS "placed_at", "shop"."orders"."note" AS "note"
  FROM "shop"."orders" LIMIT 2000;

--# a question: by month
SELECT CAST(DATE_TRUNC('month', "shop"."orders"."placed_at") AS date) AS "placed_at", SUM("shop"."orders"."total") AS "sum", COUNT(*) AS "count" FROM "shop"."orders"
 WHERE "shop"."orders"."placed_at" >= timestamp with time zone '2025-01-01 00:00:00.000+08:00' AND "shop"."orders"."placed_at" < timestamp with time zone '2025-06-01 00:00:00.000+08:00'
 GROUP BY CAST(DATE_TRUNC('month', "shop"."orders"."placed_at") AS date) ORDER BY CAST(DATE_TRUNC('month', "shop"."orders"."placed_at") AS date) ASC;

--# a question: weeks that begin on Sunday
SELECT (DATE_TRUNC('week', ("shop"."orders"."placed_at" + INTERVAL '1 day')) + INTERVAL '-1 day') AS "placed_at", AVG("shop"."orders"."total") AS "avg" FROM "shop"."orders"
 GROUP BY (DATE_TRUNC('week', ("shop"."orders"."placed_at" + INTERVAL '1 day')) + INTERVAL '-1 day') ORDER BY 1 ASC;

--# a question: bins
SELECT ((FLOOR((("shop"."orders"."total" - 0.0) / 250.0)) * 250.0) + 0.0) AS "total", COUNT(*) AS "count" FROM "shop"."orders"
 GROUP BY ((FLOOR((("shop"."orders"."total" - 0.0) / 250.0)) * 250.0) + 0.0) ORDER BY 1 ASC;

--# a question: joined
SELECT "Customers"."city" AS "Customers__city", COUNT(*) AS "count" FROM "shop"."orders"
  LEFT JOIN (SELECT "shop"."customers"."id" AS "id", "shop"."customers"."city" AS "city" FROM "shop"."customers") AS "Customers" ON "shop"."orders"."customer_id" = "Customers"."id"
 GROUP BY "Customers"."city" ORDER BY "count" DESC, "Customers"."city" ASC;

--# a question: nested, with a custom column
SELECT "source"."big" AS "big", COUNT(*) AS "count" FROM (
  SELECT "shop"."orders"."id" AS "id", CASE WHEN "shop"."orders"."total" > 500 THEN 'big' ELSE 'small' END AS "big" FROM "shop"."orders") AS "source"
 GROUP BY "source"."big" ORDER BY "source"."big" ASC;

--# a question: text filters
-- parameters: ["%lamp%"]
SELECT "shop"."products"."title" AS "title" FROM "shop"."products" WHERE (LOWER("shop"."products"."title") LIKE $1) ORDER BY 1 LIMIT 1048575;

--# a question: time parts
SELECT CAST(EXTRACT(HOUR FROM "shop"."orders"."placed_at") AS integer) AS "hour", (CAST(EXTRACT(DOW FROM "shop"."orders"."placed_at") AS integer) + 1) AS "day", COUNT(*) FROM "shop"."orders" GROUP BY 1, 2 ORDER BY 1, 2;

--# a question: summaries
SELECT COUNT(DISTINCT "shop"."orders"."customer_id"), STDDEV_POP("shop"."orders"."total"), PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY "shop"."orders"."total"), SUM(CASE WHEN "shop"."orders"."status" = 'done' THEN 1 ELSE 0.0 END) / CAST(COUNT(*) AS DOUBLE PRECISION) AS "share" FROM "shop"."orders";

--# a native question with its remark
-- Metabase:: userID: 1 queryType: native queryHash: 2f1c
SELECT status, count(*) FROM shop.orders GROUP BY status ORDER BY 1;

--# a read-only session
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;
