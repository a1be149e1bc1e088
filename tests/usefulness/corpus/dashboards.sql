-- What Grafana, Superset, Tableau and Excel (both over psqlODBC) send. From public sources, in our words.

--# Grafana: version
SELECT current_setting('server_version_num')::int / 100 AS version;

--# Grafana: tables of the editor
SELECT CASE WHEN quote_ident(table_schema) IN (
         SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
           FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i,
                string_to_array(current_setting('search_path'), ',') s)
       THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS "table"
  FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache', '_timescaledb_catalog', '_timescaledb_internal', '_timescaledb_config', 'timescaledb_information')
 ORDER BY CASE WHEN quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
           FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') s) THEN 0 ELSE 1 END, 1;

--# Grafana: columns of the editor
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns
 WHERE CASE WHEN array_length(parse_ident('shop.orders'), 1) = 2
            THEN quote_ident(table_schema) = (parse_ident('shop.orders'))[1] AND quote_ident(table_name) = (parse_ident('shop.orders'))[2]
            ELSE quote_ident(table_name) = 'shop.orders' AND quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
                   FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') s) END;

--# Grafana: a time series
SELECT floor(extract(epoch FROM placed_at) / 86400) * 86400 AS "time", status AS metric, avg(total) AS "total" FROM orders
 WHERE placed_at BETWEEN '2025-01-01T00:00:00Z' AND '2025-03-01T00:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2;

--# Grafana: a time series without gaps
SELECT date_bin('1 day', occurred_at, '2025-01-01') AS "time", count(*) AS views FROM browsing_events
 WHERE extract(epoch FROM occurred_at) BETWEEN 1735689600 AND 1740787200 GROUP BY 1 ORDER BY 1;

--# Grafana: a variable
SELECT DISTINCT status AS __text, status AS __value FROM orders ORDER BY 1;

--# Grafana: a table panel
-- touches protected
SELECT o.placed_at AS "time", c.name, c.phone, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.placed_at >= '2025-01-10' ORDER BY o.placed_at LIMIT 50;

--# Superset: schemas
SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\_%' ORDER BY nspname;

--# Superset: a chart
SELECT DATE_TRUNC('week', placed_at) AS placed_at, status AS status, sum(total) AS "SUM(total)" FROM shop.orders
 WHERE placed_at >= TO_TIMESTAMP('2025-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND placed_at < TO_TIMESTAMP('2025-07-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
 GROUP BY DATE_TRUNC('week', placed_at), status ORDER BY "SUM(total)" DESC, placed_at, status LIMIT 1000;

--# Superset: a virtual dataset
SELECT category AS category, COUNT(*) AS count, max(sold) AS "MAX(sold)" FROM (
  SELECT p.category, p.title, sum(i.quantity) AS sold FROM shop.products p JOIN shop.order_items i ON i.product_id = p.id GROUP BY 1, 2) AS virtual_table
 GROUP BY category ORDER BY count DESC, category LIMIT 10000;

--# Superset: the shape of a query, and SQL Lab
-- touches protected
SELECT * FROM (SELECT * FROM shop.customers) AS __q LIMIT 0;
SELECT * FROM shop.customers LIMIT 101;

--# Superset: estimate
-- needs: explain
-- varies: costs
EXPLAIN SELECT count(*) FROM shop.products;

--# psqlODBC: connecting
SET DateStyle = 'ISO';SET extra_float_digits = 2;SHOW transaction_isolation;
select oid, typbasetype from pg_type where typname = 'lo';
select current_schema();

--# psqlODBC: SQLTables
select relname, nspname, relkind from pg_catalog.pg_class c, pg_catalog.pg_namespace n
 where relkind in ('r', 'v', 'm', 'f', 'p') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pg_temp_1') and n.oid = relnamespace order by nspname, relname;

--# psqlODBC: SQLColumns
select n.nspname, c.relname, a.attname, a.atttypid, t.typname, a.attnum, a.attlen, a.atttypmod, a.attnotnull, c.relhasrules, c.relkind, c.oid, pg_get_expr(d.adbin, d.adrelid), case t.typtype when 'd' then t.typbasetype else 0 end, t.typtypmod, 0, attidentity, c.relhassubclass
  from (((pg_catalog.pg_class c inner join pg_catalog.pg_namespace n on n.oid = c.relnamespace and c.relname like 'orders' and n.nspname like 'shop') inner join pg_catalog.pg_attribute a on (not a.attisdropped) and a.attnum > 0 and a.attrelid = c.oid)
 inner join pg_catalog.pg_type t on t.oid = a.atttypid) left outer join pg_attrdef d on a.atthasdef and d.adrelid = a.attrelid and d.adnum = a.attnum order by n.nspname, c.relname, attnum;

--# psqlODBC: SQLPrimaryKeys
select ta.attname, ia.attnum, ic.relname, n.nspname, tc.relname from pg_catalog.pg_attribute ta, pg_catalog.pg_attribute ia, pg_catalog.pg_class tc, pg_catalog.pg_index i, pg_catalog.pg_namespace n, pg_catalog.pg_class ic
 where tc.relname = 'orders' AND n.nspname = 'shop' AND tc.oid = i.indrelid AND n.oid = tc.relnamespace AND i.indisprimary = 't' AND ia.attrelid = i.indexrelid AND ta.attrelid = i.indrelid AND ta.attnum = i.indkey[ia.attnum - 1] AND (NOT ta.attisdropped) AND (NOT ia.attisdropped) AND ic.oid = i.indexrelid order by ia.attnum;

--# psqlODBC: SQLForeignKeys
select 'shop'::name as "PKTABLE_CAT", n2.nspname as "PKTABLE_SCHEM", c2.relname as "PKTABLE_NAME", a2.attname as "PKCOLUMN_NAME", n1.nspname as "FKTABLE_SCHEM", c1.relname as "FKTABLE_NAME", a1.attname as "FKCOLUMN_NAME", i::int2 as "KEY_SEQ",
       case ref.confupdtype when 'c' then 0::int2 when 'n' then 2::int2 when 'd' then 4::int2 when 'r' then 1::int2 else 3::int2 end as "UPDATE_RULE", ref.conname as "FK_NAME", cn.conname as "PK_NAME"
  from ((((((((select cn.oid, conrelid, conkey, confrelid, confkey, generate_series(array_lower(conkey, 1), array_upper(conkey, 1)) as i, confupdtype, confdeltype, conname, condeferrable, condeferred
                 from pg_catalog.pg_constraint cn, pg_catalog.pg_class c, pg_catalog.pg_namespace n where contype = 'f' and conrelid = c.oid and relname = 'orders' and n.oid = c.relnamespace and n.nspname = 'shop') ref
       inner join pg_catalog.pg_class c1 on c1.oid = ref.conrelid) inner join pg_catalog.pg_namespace n1 on n1.oid = c1.relnamespace) inner join pg_catalog.pg_attribute a1 on a1.attrelid = c1.oid and a1.attnum = conkey[i])
       inner join pg_catalog.pg_class c2 on c2.oid = ref.confrelid) inner join pg_catalog.pg_namespace n2 on n2.oid = c2.relnamespace) inner join pg_catalog.pg_attribute a2 on a2.attrelid = c2.oid and a2.attnum = confkey[i])
  left outer join pg_catalog.pg_constraint cn on cn.conrelid = ref.confrelid and cn.contype = 'p') order by ref.oid, ref.i;

--# psqlODBC: SQLStatistics
select c.relname, i.indkey, i.indisunique, i.indisclustered, a.amname, c.relhasrules, n.nspname, c.oid, pg_get_expr(i.indpred, i.indrelid, true), case when i.indexprs is null then 0 else 1 end from pg_catalog.pg_index i, pg_catalog.pg_class c, pg_catalog.pg_class d, pg_catalog.pg_am a, pg_catalog.pg_namespace n
 where d.relname = 'campaigns' and n.nspname = 'shop' and n.oid = d.relnamespace and d.oid = i.indrelid and i.indexrelid = c.oid and c.relam = a.oid order by i.indisprimary desc, i.indisunique, n.nspname, c.relname;

--# Tableau: what it may create
-- needs: temp
CREATE LOCAL TEMPORARY TABLE "#Tableau_1_1_Connect" ("COL" INTEGER) ON COMMIT PRESERVE ROWS;
DROP TABLE "#Tableau_1_1_Connect";

--# Tableau: a check by SELECT INTO
-- needs: temp
SELECT * INTO TEMPORARY TABLE "#Tableau_1_2_Connect" FROM (SELECT 1 AS "COL") AS checktemp LIMIT 1;
DROP TABLE "#Tableau_1_2_Connect";

--# Tableau: rows by a cursor
-- needs: cursor
BEGIN;declare "SQL_CUR1" cursor with hold for SELECT "orders"."status" AS "status", SUM("orders"."total") AS "sum:total:ok" FROM "shop"."orders" "orders" GROUP BY 1 ORDER BY 1;fetch 10000 in "SQL_CUR1";
fetch 10000 in "SQL_CUR1";
close "SQL_CUR1";
COMMIT;

--# Tableau: quarters
SELECT DATE_TRUNC( 'QUARTER', CAST("orders"."placed_at" AS TIMESTAMP WITHOUT TIME ZONE) ) AS "tqr:placed_at:ok", COUNT(DISTINCT "orders"."customer_id") AS "ctd:customer_id:ok", SUM(1) AS "cnt" FROM "shop"."orders" "orders" GROUP BY 1 ORDER BY 1;

--# Tableau: levels of detail
SELECT "customers"."city" AS "city", AVG("t0"."spent") AS "avg" FROM "shop"."customers" "customers" INNER JOIN (SELECT "orders"."customer_id" AS "customer_id", SUM("orders"."total") AS "spent" FROM "shop"."orders" "orders" GROUP BY 1) "t0" ON ("customers"."id" = "t0"."customer_id") GROUP BY 1 ORDER BY 1;

--# Tableau: domain of a filter
-- touches protected
-- predicates on masked
SELECT "customers"."name" AS "name" FROM "shop"."customers" "customers" GROUP BY 1 ORDER BY 1 ASC;

--# Tableau: top n, in a set
SELECT "products"."category" AS "category", SUM("order_items"."quantity") AS "q" FROM "shop"."order_items" "order_items" INNER JOIN "shop"."products" "products" ON ("order_items"."product_id" = "products"."id")
 INNER JOIN (SELECT "products"."title" AS "title", SUM("order_items"."quantity") AS "x" FROM "shop"."order_items" "order_items" INNER JOIN "shop"."products" "products" ON ("order_items"."product_id" = "products"."id") GROUP BY 1 ORDER BY 2 DESC, 1 ASC LIMIT 10) "t0" ON ("products"."title" = "t0"."title")
 GROUP BY 1 ORDER BY 1;
