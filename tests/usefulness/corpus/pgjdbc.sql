-- What pgJDBC 42.7 sends for java.sql.DatabaseMetaData, when it connects and when it reads results. Captured with log_statement.
-- protocol: extended

--# getSchemas
SELECT nspname AS TABLE_SCHEM, NULL AS TABLE_CATALOG FROM pg_catalog.pg_namespace
  WHERE nspname <> 'pg_toast' AND (nspname !~ '^pg_temp_' OR nspname = (pg_catalog.current_schemas(true))[1]) AND
  (nspname !~ '^pg_toast_temp_' OR nspname = replace((pg_catalog.current_schemas(true))[1], 'pg_temp_',
  'pg_toast_temp_')) ORDER BY TABLE_SCHEM;

--# getSchemas pattern
SELECT nspname AS TABLE_SCHEM, NULL AS TABLE_CATALOG FROM pg_catalog.pg_namespace
  WHERE nspname <> 'pg_toast' AND (nspname !~ '^pg_temp_' OR nspname = (pg_catalog.current_schemas(true))[1]) AND
  (nspname !~ '^pg_toast_temp_' OR nspname = replace((pg_catalog.current_schemas(true))[1], 'pg_temp_',
  'pg_toast_temp_')) AND nspname LIKE 'shop' ORDER BY TABLE_SCHEM;

--# getCatalogs
SELECT datname AS TABLE_CAT FROM pg_catalog.pg_database WHERE datallowconn = true
  ORDER BY datname;

--# getTables
SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, c.relname AS TABLE_NAME, CASE n.nspname ~ '^pg_' OR n.nspname =
  'information_schema' WHEN true THEN CASE WHEN n.nspname = 'pg_catalog' OR n.nspname = 'information_schema' THEN CASE
  c.relkind WHEN 'r' THEN 'SYSTEM TABLE' WHEN 'v' THEN 'SYSTEM VIEW' WHEN 'i' THEN 'SYSTEM INDEX' ELSE NULL END WHEN
  n.nspname = 'pg_toast' THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TOAST TABLE' WHEN 'i' THEN 'SYSTEM TOAST INDEX'
  ELSE NULL END ELSE CASE c.relkind WHEN 'r' THEN 'TEMPORARY TABLE' WHEN 'p' THEN 'TEMPORARY TABLE' WHEN 'i' THEN
  'TEMPORARY INDEX' WHEN 'S' THEN 'TEMPORARY SEQUENCE' WHEN 'v' THEN 'TEMPORARY VIEW' ELSE NULL END END WHEN false
  THEN CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'i' THEN 'INDEX' WHEN 'P' then
  'PARTITIONED INDEX' WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'c' THEN 'TYPE' WHEN 'f' THEN 'FOREIGN TABLE'
  WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END ELSE NULL END AS TABLE_TYPE, d.description AS REMARKS, '' as
  TYPE_CAT, '' as TYPE_SCHEM, '' as TYPE_NAME, '' AS SELF_REFERENCING_COL_NAME, '' AS REF_GENERATION
  FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND
  d.objsubid = 0 and d.classoid = 'pg_class'::regclass) WHERE c.relnamespace = n.oid AND c.relname LIKE '%'
  ORDER BY TABLE_TYPE,TABLE_SCHEM,TABLE_NAME;

--# getTables of a schema
SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, c.relname AS TABLE_NAME, CASE n.nspname ~ '^pg_' OR n.nspname =
  'information_schema' WHEN true THEN CASE WHEN n.nspname = 'pg_catalog' OR n.nspname = 'information_schema' THEN CASE
  c.relkind WHEN 'r' THEN 'SYSTEM TABLE' WHEN 'v' THEN 'SYSTEM VIEW' WHEN 'i' THEN 'SYSTEM INDEX' ELSE NULL END WHEN
  n.nspname = 'pg_toast' THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TOAST TABLE' WHEN 'i' THEN 'SYSTEM TOAST INDEX'
  ELSE NULL END ELSE CASE c.relkind WHEN 'r' THEN 'TEMPORARY TABLE' WHEN 'p' THEN 'TEMPORARY TABLE' WHEN 'i' THEN
  'TEMPORARY INDEX' WHEN 'S' THEN 'TEMPORARY SEQUENCE' WHEN 'v' THEN 'TEMPORARY VIEW' ELSE NULL END END WHEN false
  THEN CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'i' THEN 'INDEX' WHEN 'P' then
  'PARTITIONED INDEX' WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'c' THEN 'TYPE' WHEN 'f' THEN 'FOREIGN TABLE'
  WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END ELSE NULL END AS TABLE_TYPE, d.description AS REMARKS, '' as
  TYPE_CAT, '' as TYPE_SCHEM, '' as TYPE_NAME, '' AS SELF_REFERENCING_COL_NAME, '' AS REF_GENERATION
  FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND
  d.objsubid = 0 and d.classoid = 'pg_class'::regclass) WHERE c.relnamespace = n.oid AND n.nspname LIKE 'shop' AND
  c.relname LIKE '%' AND (false OR ( c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' )
  OR ( c.relkind = 'v' AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' ) OR ( c.relkind = 'p' AND
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ) OR ( c.relkind = 'm' ) )
  ORDER BY TABLE_TYPE,TABLE_SCHEM,TABLE_NAME;

--# getColumns
SELECT * FROM (SELECT n.nspname,c.relname,a.attname,a.atttypid,a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS
  attnotnull,a.atttypmod,a.attlen,t.typtypmod,row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS attnum,
  nullif(a.attidentity, '') as attidentity,nullif(a.attgenerated, '') as
  attgenerated,pg_catalog.pg_get_expr(def.adbin, def.adrelid) AS adsrc,dsc.description,t.typbasetype,t.typtype FROM
  pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid) JOIN pg_catalog.pg_attribute a ON
  (a.attrelid=c.oid) JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid) LEFT JOIN pg_catalog.pg_attrdef def ON
  (a.attrelid=def.adrelid AND a.attnum = def.adnum) LEFT JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND
  a.attnum = dsc.objsubid) LEFT JOIN pg_catalog.pg_class dc ON (dc.oid=dsc.classoid AND dc.relname='pg_class') LEFT
  JOIN pg_catalog.pg_namespace dn ON (dc.relnamespace=dn.oid AND dn.nspname='pg_catalog') WHERE c.relkind in
  ('r','p','v','f','m') and a.attnum > 0 AND NOT a.attisdropped AND n.nspname LIKE 'shop' AND c.relname LIKE '%') c
  WHERE true AND attname LIKE '%' ORDER BY nspname,c.relname,attnum;

--# getColumns (2)
-- parameters: ["<type shop.channel>"]
SELECT n.nspname = ANY(current_schemas(true)), n.nspname, t.typname
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid
  WHERE t.oid = $1;

--# getColumns (4)
-- parameters: ["<type shop.money_range>"]
SELECT typinput='pg_catalog.array_in'::regproc as is_array, typtype, typname, pg_type.oid
  FROM pg_catalog.pg_type LEFT JOIN (select ns.oid as nspoid, ns.nspname, r.r from pg_namespace as ns join ( select
  s.r, (current_schemas(false))[s.r] as nspname from generate_series(1, array_upper(current_schemas(false), 1)) as
  s(r) ) as r using ( nspname ) ) as sp ON sp.nspoid = typnamespace
  WHERE pg_type.oid = $1 ORDER BY sp.r, pg_type.oid DESC;

--# getPrimaryKeys
SELECT result.TABLE_CAT, result.TABLE_SCHEM, result.TABLE_NAME, result.COLUMN_NAME, result.KEY_SEQ, result.PK_NAME
  FROM (SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, ct.relname AS TABLE_NAME, a.attname AS COLUMN_NAME,
  (information_schema._pg_expandarray(i.indkey)).n AS KEY_SEQ, ci.relname AS PK_NAME,
  information_schema._pg_expandarray(i.indkey) AS KEYS, a.attnum AS A_ATTNUM FROM pg_catalog.pg_class ct JOIN
  pg_catalog.pg_attribute a ON (ct.oid = a.attrelid) JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid) JOIN
  pg_catalog.pg_index i ON ( a.attrelid = i.indrelid) JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid) WHERE
  true AND n.nspname = 'shop' AND ct.relname = 'orders' AND i.indisprimary ) result
  where result.A_ATTNUM = (result.KEYS).x ORDER BY result.table_name, result.pk_name, result.key_seq;

--# getImportedKeys
SELECT setting FROM pg_catalog.pg_settings WHERE name='max_index_keys';

--# getImportedKeys (2)
SELECT NULL::text AS PKTABLE_CAT, pkn.nspname AS PKTABLE_SCHEM, pkc.relname AS PKTABLE_NAME, pka.attname AS
  PKCOLUMN_NAME, NULL::text AS FKTABLE_CAT, fkn.nspname AS FKTABLE_SCHEM, fkc.relname AS FKTABLE_NAME, fka.attname AS
  FKCOLUMN_NAME, pos.n AS KEY_SEQ, CASE con.confupdtype WHEN 'c' THEN 0 WHEN 'n' THEN 2 WHEN 'd' THEN 4 WHEN 'r' THEN
  1 WHEN 'p' THEN 1 WHEN 'a' THEN 3 ELSE NULL END AS UPDATE_RULE, CASE con.confdeltype WHEN 'c' THEN 0 WHEN 'n' THEN 2
  WHEN 'd' THEN 4 WHEN 'r' THEN 1 WHEN 'p' THEN 1 WHEN 'a' THEN 3 ELSE NULL END AS DELETE_RULE, con.conname AS
  FK_NAME, pkic.relname AS PK_NAME, CASE WHEN con.condeferrable AND con.condeferred THEN 5 WHEN con.condeferrable THEN
  6 ELSE 7 END AS DEFERRABILITY FROM pg_catalog.pg_namespace pkn, pg_catalog.pg_class pkc, pg_catalog.pg_attribute
  pka, pg_catalog.pg_namespace fkn, pg_catalog.pg_class fkc, pg_catalog.pg_attribute fka, pg_catalog.pg_constraint
  con, pg_catalog.generate_series(1, 32) pos(n), pg_catalog.pg_class pkic
  WHERE pkn.oid = pkc.relnamespace AND pkc.oid = pka.attrelid AND pka.attnum = con.confkey[pos.n] AND con.confrelid =
  pkc.oid AND fkn.oid = fkc.relnamespace AND fkc.oid = fka.attrelid AND fka.attnum = con.conkey[pos.n] AND
  con.conrelid = fkc.oid AND con.contype = 'f' AND (pkic.relkind = 'i' OR pkic.relkind = 'I') AND pkic.oid =
  con.conindid AND fkn.nspname = 'shop' AND fkc.relname = 'orders'
  ORDER BY pkn.nspname,pkc.relname, con.conname,pos.n;

--# getExportedKeys
SELECT NULL::text AS PKTABLE_CAT, pkn.nspname AS PKTABLE_SCHEM, pkc.relname AS PKTABLE_NAME, pka.attname AS
  PKCOLUMN_NAME, NULL::text AS FKTABLE_CAT, fkn.nspname AS FKTABLE_SCHEM, fkc.relname AS FKTABLE_NAME, fka.attname AS
  FKCOLUMN_NAME, pos.n AS KEY_SEQ, CASE con.confupdtype WHEN 'c' THEN 0 WHEN 'n' THEN 2 WHEN 'd' THEN 4 WHEN 'r' THEN
  1 WHEN 'p' THEN 1 WHEN 'a' THEN 3 ELSE NULL END AS UPDATE_RULE, CASE con.confdeltype WHEN 'c' THEN 0 WHEN 'n' THEN 2
  WHEN 'd' THEN 4 WHEN 'r' THEN 1 WHEN 'p' THEN 1 WHEN 'a' THEN 3 ELSE NULL END AS DELETE_RULE, con.conname AS
  FK_NAME, pkic.relname AS PK_NAME, CASE WHEN con.condeferrable AND con.condeferred THEN 5 WHEN con.condeferrable THEN
  6 ELSE 7 END AS DEFERRABILITY FROM pg_catalog.pg_namespace pkn, pg_catalog.pg_class pkc, pg_catalog.pg_attribute
  pka, pg_catalog.pg_namespace fkn, pg_catalog.pg_class fkc, pg_catalog.pg_attribute fka, pg_catalog.pg_constraint
  con, pg_catalog.generate_series(1, 32) pos(n), pg_catalog.pg_class pkic
  WHERE pkn.oid = pkc.relnamespace AND pkc.oid = pka.attrelid AND pka.attnum = con.confkey[pos.n] AND con.confrelid =
  pkc.oid AND fkn.oid = fkc.relnamespace AND fkc.oid = fka.attrelid AND fka.attnum = con.conkey[pos.n] AND
  con.conrelid = fkc.oid AND con.contype = 'f' AND (pkic.relkind = 'i' OR pkic.relkind = 'I') AND pkic.oid =
  con.conindid AND pkn.nspname = 'shop' AND pkc.relname = 'customers'
  ORDER BY fkn.nspname,fkc.relname,con.conname,pos.n;

--# getCrossReference
SELECT NULL::text AS PKTABLE_CAT, pkn.nspname AS PKTABLE_SCHEM, pkc.relname AS PKTABLE_NAME, pka.attname AS
  PKCOLUMN_NAME, NULL::text AS FKTABLE_CAT, fkn.nspname AS FKTABLE_SCHEM, fkc.relname AS FKTABLE_NAME, fka.attname AS
  FKCOLUMN_NAME, pos.n AS KEY_SEQ, CASE con.confupdtype WHEN 'c' THEN 0 WHEN 'n' THEN 2 WHEN 'd' THEN 4 WHEN 'r' THEN
  1 WHEN 'p' THEN 1 WHEN 'a' THEN 3 ELSE NULL END AS UPDATE_RULE, CASE con.confdeltype WHEN 'c' THEN 0 WHEN 'n' THEN 2
  WHEN 'd' THEN 4 WHEN 'r' THEN 1 WHEN 'p' THEN 1 WHEN 'a' THEN 3 ELSE NULL END AS DELETE_RULE, con.conname AS
  FK_NAME, pkic.relname AS PK_NAME, CASE WHEN con.condeferrable AND con.condeferred THEN 5 WHEN con.condeferrable THEN
  6 ELSE 7 END AS DEFERRABILITY FROM pg_catalog.pg_namespace pkn, pg_catalog.pg_class pkc, pg_catalog.pg_attribute
  pka, pg_catalog.pg_namespace fkn, pg_catalog.pg_class fkc, pg_catalog.pg_attribute fka, pg_catalog.pg_constraint
  con, pg_catalog.generate_series(1, 32) pos(n), pg_catalog.pg_class pkic
  WHERE pkn.oid = pkc.relnamespace AND pkc.oid = pka.attrelid AND pka.attnum = con.confkey[pos.n] AND con.confrelid =
  pkc.oid AND fkn.oid = fkc.relnamespace AND fkc.oid = fka.attrelid AND fka.attnum = con.conkey[pos.n] AND
  con.conrelid = fkc.oid AND con.contype = 'f' AND (pkic.relkind = 'i' OR pkic.relkind = 'I') AND pkic.oid =
  con.conindid AND pkn.nspname = 'shop' AND fkn.nspname = 'shop' AND pkc.relname = 'customers' AND fkc.relname =
  'orders' ORDER BY fkn.nspname,fkc.relname,con.conname,pos.n;

--# getIndexInfo
SELECT tmp.TABLE_CAT, tmp.TABLE_SCHEM, tmp.TABLE_NAME, tmp.NON_UNIQUE, tmp.INDEX_QUALIFIER, tmp.INDEX_NAME, tmp.TYPE,
  tmp.ORDINAL_POSITION, trim(both '"' from pg_catalog.pg_get_indexdef(tmp.CI_OID, tmp.ORDINAL_POSITION, false)) AS
  COLUMN_NAME, CASE tmp.AM_NAME WHEN 'btree' THEN CASE tmp.I_INDOPTION[tmp.ORDINAL_POSITION - 1] & 1::smallint WHEN 1
  THEN 'D' ELSE 'A' END ELSE NULL END AS ASC_OR_DESC, tmp.CARDINALITY, tmp.PAGES, tmp.FILTER_CONDITION
  FROM (SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, ct.relname AS TABLE_NAME, NOT i.indisunique AS NON_UNIQUE,
  NULL AS INDEX_QUALIFIER, ci.relname AS INDEX_NAME, CASE i.indisclustered WHEN true THEN 1 ELSE CASE am.amname WHEN
  'hash' THEN 2 ELSE 3 END END AS TYPE, (information_schema._pg_expandarray(i.indkey)).n AS ORDINAL_POSITION,
  ci.reltuples AS CARDINALITY, ci.relpages AS PAGES, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS
  FILTER_CONDITION, ci.oid AS CI_OID, i.indoption AS I_INDOPTION, am.amname AS AM_NAME FROM pg_catalog.pg_class ct
  JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid) JOIN pg_catalog.pg_index i ON (ct.oid = i.indrelid) JOIN
  pg_catalog.pg_class ci ON (ci.oid = i.indexrelid) JOIN pg_catalog.pg_am am ON (ci.relam = am.oid) WHERE true AND
  n.nspname = 'shop' AND ct.relname = 'campaigns') AS tmp ORDER BY NON_UNIQUE, TYPE, INDEX_NAME, ORDINAL_POSITION;

--# getTypeInfo
SELECT t.typname,t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON (t.typnamespace = n.oid)
  WHERE n.nspname != 'pg_toast' AND (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE c.oid
  = t.typrelid));

--# getTypeInfo (2)
SELECT typinput='pg_catalog.array_in'::regproc as is_array, typtype, typname, pg_type.oid
  FROM pg_catalog.pg_type LEFT JOIN (select ns.oid as nspoid, ns.nspname, r.r from pg_namespace as ns join ( select
  s.r, (current_schemas(false))[s.r] as nspname from generate_series(1, array_upper(current_schemas(false), 1)) as
  s(r) ) as r using ( nspname ) ) as sp ON sp.nspoid = typnamespace
  ORDER BY sp.r, pg_type.oid DESC;

--# getUDTs
-- versions: 15
select null as type_cat, n.nspname as type_schem, t.typname as type_name, null as class_name, CASE WHEN t.typtype='c'
  then 2002 else 2001 end as data_type, pg_catalog.obj_description(t.oid, 'pg_type') as remarks, CASE WHEN t.typtype =
  'd' then (select CASE when base_type.oid = <type information_schema.domain_constraints> then 2002 when base_type.oid = 4096 then 1111 when base_type.oid =
  4097 then 2003 when base_type.oid = <type pg_stat_bgwriter[]> then 2003 when base_type.oid = <type pg_stat_bgwriter> then 2002 when base_type.oid = 1027
  then 2003 when base_type.oid = 1028 then 2003 when base_type.oid = <type information_schema.domain_udt_usage[]> then 2003 when base_type.oid = <type information_schema.domain_udt_usage> then
  2002 when base_type.oid = <type shop.customers[]> then 2003 when base_type.oid = <type pg_stat_wal[]> then 2003 when base_type.oid = 6150 then 2003
  when base_type.oid = <type shop.customers> then 2002 when base_type.oid = <type pg_stat_wal> then 2002 when base_type.oid = 6151 then 2003 when
  base_type.oid = 6152 then 2003 when base_type.oid = <type information_schema.domains[]> then 2003 when base_type.oid = 6153 then 2003 when
  base_type.oid = 1033 then 1111 when base_type.oid = <type information_schema.domains> then 2002 when base_type.oid = <type pg_stat_progress_analyze[]> then 2003 when
  base_type.oid = 1034 then 2003 when base_type.oid = <type pg_stat_progress_analyze> then 2002 when base_type.oid = 6155 then 2003 when
  base_type.oid = 6157 then 2003 when base_type.oid = <type information_schema.enabled_roles[]> then 2003 when base_type.oid = <type information_schema.enabled_roles> then 2002 when
  base_type.oid = <type pg_stat_progress_vacuum[]> then 2003 when base_type.oid = 16 then -7 when base_type.oid = <type pg_stat_progress_vacuum> then 2002 when
  base_type.oid = 1040 then 2003 when base_type.oid = 17 then -2 when base_type.oid = <type shop.addresses[]> then 2003 when
  base_type.oid = 1041 then 2003 when base_type.oid = 18 then 1 when base_type.oid = 1042 then 1 when base_type.oid =
  <type shop.addresses> then 2002 when base_type.oid = <type information_schema.key_column_usage[]> then 2003 when base_type.oid = 1043 then 12 when base_type.oid = 19 then
  12 when base_type.oid = <type information_schema.key_column_usage> then 2002 when base_type.oid = 20 then -5 when base_type.oid = <type pg_stat_progress_cluster[]> then 2003 when
  base_type.oid = 21 then 5 when base_type.oid = <type pg_stat_progress_cluster> then 2002 when base_type.oid = 22 then 1111 when base_type.oid
  = 23 then 4 when base_type.oid = <type information_schema.parameters[]> then 2003 when base_type.oid = <type information_schema.parameters> then 2002 when base_type.oid = 24 then
  1111 when base_type.oid = 25 then 12 when base_type.oid = <type pg_stat_progress_create_index[]> then 2003 when base_type.oid = 26 then -5 when
  base_type.oid = <type shop.products[]> then 2003 when base_type.oid = <type pg_stat_progress_create_index> then 2002 when base_type.oid = <type shop.products> then 2002 when
  base_type.oid = 27 then 1111 when base_type.oid = <type information_schema.referential_constraints[]> then 2003 when base_type.oid = 28 then 1111 when
  base_type.oid = <type information_schema.referential_constraints> then 2002 when base_type.oid = 29 then 1111 when base_type.oid = <type pg_stat_progress_basebackup[]> then 2003 when
  base_type.oid = 30 then 1111 when base_type.oid = <type pg_stat_progress_basebackup> then 2002 when base_type.oid = 32 then 1111 when
  base_type.oid = <type information_schema.role_column_grants[]> then 2003 when base_type.oid = <type information_schema.role_column_grants> then 2002 when base_type.oid = <type shop.orders[]> then 2003 when
  base_type.oid = <type pg_stat_progress_copy[]> then 2003 when base_type.oid = <type shop.orders> then 2002 when base_type.oid = <type pg_stat_progress_copy> then 2002 when
  base_type.oid = <type information_schema.routine_column_usage[]> then 2003 when base_type.oid = <type information_schema.routine_column_usage> then 2002 when base_type.oid = <type pg_user_mappings[]> then 2003 when
  base_type.oid = <type pg_user_mappings> then 2002 when base_type.oid = <type information_schema.routine_privileges[]> then 2003 when base_type.oid = <type information_schema.routine_privileges> then 2002 when
  base_type.oid = 3115 then 1111 when base_type.oid = <type shop.order_items[]> then 2003 when base_type.oid = <type pg_replication_origin_status[]> then 2003 when
  base_type.oid = <type shop.order_items> then 2002 when base_type.oid = <type pg_replication_origin_status> then 2002 when base_type.oid = <type information_schema.role_routine_grants[]> then 2003 when
  base_type.oid = <type information_schema.role_routine_grants> then 2002 when base_type.oid = <type pg_stat_subscription_stats[]> then 2003 when base_type.oid = <type pg_stat_subscription_stats> then 2002 when
  base_type.oid = <type information_schema.routine_routine_usage[]> then 2003 when base_type.oid = <type shop.payment_cards[]> then 2003 when base_type.oid = <type information_schema.routine_routine_usage> then 2002 when
  base_type.oid = <type shop.payment_cards> then 2002 when base_type.oid = <type information_schema.routine_sequence_usage[]> then 2003 when base_type.oid = <type information_schema.routine_sequence_usage> then 2002 when
  base_type.oid = 1082 then 91 when base_type.oid = 1083 then 92 when base_type.oid = <type shop.browsing_events[]> then 2003 when
  base_type.oid = <type information_schema.routine_table_usage[]> then 2003 when base_type.oid = <type shop.browsing_events> then 2002 when base_type.oid = <type information_schema.routine_table_usage> then 2002 when
  base_type.oid = <type shop.consents[]> then 2003 when base_type.oid = <type shop.consents> then 2002 when base_type.oid = <type information_schema.routines[]> then 2003 when
  base_type.oid = <type information_schema.routines> then 2002 when base_type.oid = <type information_schema.schemata[]> then 2003 when base_type.oid = 71 then 2002 when
  base_type.oid = <type shop.customer_contacts[]> then 2003 when base_type.oid = <type information_schema.schemata> then 2002 when base_type.oid = <type shop.customer_contacts> then 2002 when
  base_type.oid = <type information_schema.sequences[]> then 2003 when base_type.oid = 75 then 2002 when base_type.oid = <type shop.sales_by_city[]> then 2003 when
  base_type.oid = <type information_schema.sequences> then 2002 when base_type.oid = <type shop.sales_by_city> then 2002 when base_type.oid = <type information_schema.sql_features[]> then 2003 when
  base_type.oid = <type information_schema.sql_features> then 2002 when base_type.oid = 81 then 2002 when base_type.oid = 83 then 2002 when
  base_type.oid = <type information_schema.sql_implementation_info[]> then 2003 when base_type.oid = <type information_schema.sql_implementation_info> then 2002 when base_type.oid = 1114 then 93 when
  base_type.oid = <type information_schema.sql_parts[]> then 2003 when base_type.oid = 1115 then 2003 when base_type.oid = <type information_schema.sql_parts> then 2002 when
  base_type.oid = <type information_schema.sql_sizing[]> then 2003 when base_type.oid = 4191 then 1111 when base_type.oid = <type information_schema.sql_sizing> then 2002 when
  base_type.oid = 4192 then 2003 when base_type.oid = <type information_schema.table_constraints[]> then 2003 when base_type.oid = <type information_schema.table_constraints> then 2002 when
  base_type.oid = <type information_schema.table_privileges[]> then 2003 when base_type.oid = <type information_schema.table_privileges> then 2002 when base_type.oid = <type information_schema.role_table_grants[]> then 2003 when
  base_type.oid = <type information_schema.role_table_grants> then 2002 when base_type.oid = 114 then 1111 when base_type.oid = <type information_schema.tables[]> then 2003 when
  base_type.oid = <type information_schema.tables> then 2002 when base_type.oid = <type information_schema.transforms[]> then 2003 when base_type.oid = <type information_schema.transforms> then 2002 when
  base_type.oid = <type information_schema.triggered_update_columns[]> then 2003 when base_type.oid = <type information_schema.triggered_update_columns> then 2002 when base_type.oid = <type shop.browsing_events_2025_01[]> then 2003 when
  base_type.oid = <type information_schema.triggers[]> then 2003 when base_type.oid = <type shop.browsing_events_2025_01> then 2002 when base_type.oid = <type information_schema.triggers> then 2002 when
  base_type.oid = <type information_schema.udt_privileges[]> then 2003 when base_type.oid = <type information_schema.udt_privileges> then 2002 when base_type.oid = <type shop.browsing_events_2025_02[]> then 2003 when
  base_type.oid = <type shop.browsing_events_2025_02> then 2002 when base_type.oid = <type information_schema.role_udt_grants[]> then 2003 when base_type.oid = <type information_schema.role_udt_grants> then 2002 when
  base_type.oid = 142 then 2009 when base_type.oid = 143 then 2003 when base_type.oid = <type information_schema.usage_privileges[]> then 2003 when
  base_type.oid = <type information_schema.usage_privileges> then 2002 when base_type.oid = <type shop.browsing_events_later[]> then 2003 when base_type.oid = <type shop.browsing_events_later> then 2002 when
  base_type.oid = <type information_schema.role_usage_grants[]> then 2003 when base_type.oid = 3220 then 1111 when base_type.oid = <type information_schema.role_usage_grants> then 2002 when
  base_type.oid = 3221 then 2003 when base_type.oid = <type shop.channel[]> then 2003 when base_type.oid = <type information_schema.user_defined_types[]> then 2003 when
  base_type.oid = 2201 then 2003 when base_type.oid = <type shop.channel> then 12 when base_type.oid = <type information_schema.user_defined_types> then 2002 when
  base_type.oid = 2202 then 1111 when base_type.oid = 2203 then 1111 when base_type.oid = 2204 then 1111 when
  base_type.oid = <type information_schema.view_column_usage[]> then 2003 when base_type.oid = 2205 then 1111 when base_type.oid = 1182 then 2003 when
  base_type.oid = <type information_schema.view_column_usage> then 2002 when base_type.oid = 2206 then 1111 when base_type.oid = 1183 then 2003 when
  base_type.oid = <type shop.money_range[]> then 2003 when base_type.oid = 2207 then 2003 when base_type.oid = 1184 then 93 when
  base_type.oid = <type shop.money_multirange> then 1111 when base_type.oid = 2208 then 2003 when base_type.oid = 1185 then 2003 when
  base_type.oid = <type shop.money_multirange[]> then 2003 when base_type.oid = 2209 then 2003 when base_type.oid = <type shop.money_range> then 1111 when
  base_type.oid = <type information_schema.view_routine_usage[]> then 2003 when base_type.oid = 2210 then 2003 when base_type.oid = 1186 then 1111 when
  base_type.oid = <type information_schema.view_routine_usage> then 2002 when base_type.oid = 2211 then 2003 when base_type.oid = 1187 then 2003 when
  base_type.oid = <type information_schema.view_table_usage[]> then 2003 when base_type.oid = <type information_schema.view_table_usage> then 2002 when base_type.oid = <type shop.geo[]> then 2003 when
  base_type.oid = <type shop.geo> then 2002 when base_type.oid = <type shop.percent[]> then 2003 when base_type.oid = <type information_schema.views[]> then 2003 when
  base_type.oid = <type shop.percent> then 2001 when base_type.oid = <type information_schema.views> then 2002 when base_type.oid = <type shop.campaigns[]> then 2003 when
  base_type.oid = <type information_schema.data_type_privileges[]> then 2003 when base_type.oid = <type shop.campaigns> then 2002 when base_type.oid = <type information_schema.data_type_privileges> then 2002 when
  base_type.oid = <type information_schema.element_types[]> then 2003 when base_type.oid = <type information_schema.element_types> then 2002 when base_type.oid = <type information_schema._pg_foreign_table_columns[]> then 2003 when
  base_type.oid = <type information_schema._pg_foreign_table_columns> then 2002 when base_type.oid = <type information_schema.column_options[]> then 2003 when base_type.oid = <type information_schema.column_options> then 2002 when
  base_type.oid = 194 then 1111 when base_type.oid = <type information_schema._pg_foreign_data_wrappers[]> then 2003 when base_type.oid = <type information_schema._pg_foreign_data_wrappers> then 2002 when
  base_type.oid = 199 then 2003 when base_type.oid = <type information_schema.foreign_data_wrapper_options[]> then 2003 when base_type.oid = <type information_schema.foreign_data_wrapper_options> then 2002 when
  base_type.oid = 2249 then 1111 when base_type.oid = <type information_schema.foreign_data_wrappers[]> then 2003 when base_type.oid = <type shop.notices[]> then 2003 when
  base_type.oid = <type information_schema.foreign_data_wrappers> then 2002 when base_type.oid = <type shop.notices> then 2002 when base_type.oid = 1231 then 2003 when
  base_type.oid = <type information_schema._pg_foreign_servers[]> then 2003 when base_type.oid = <type information_schema._pg_foreign_servers> then 2002 when base_type.oid = 210 then 2003 when
  base_type.oid = <type information_schema.foreign_server_options[]> then 2003 when base_type.oid = <type information_schema.foreign_server_options> then 2002 when base_type.oid = <type shop.big_campaigns[]> then 2003 when
  base_type.oid = <type shop.big_campaigns> then 2002 when base_type.oid = <type information_schema.foreign_servers[]> then 2003 when base_type.oid = <type information_schema.foreign_servers> then 2002 when
  base_type.oid = <type information_schema._pg_foreign_tables[]> then 2003 when base_type.oid = <type information_schema._pg_foreign_tables> then 2002 when base_type.oid = <type shop.monthly_revenue[]> then 2003 when
  base_type.oid = 1248 then 2002 when base_type.oid = <type shop.monthly_revenue> then 2002 when base_type.oid = <type information_schema.foreign_table_options[]> then 2003 when
  base_type.oid = <type information_schema.foreign_table_options> then 2002 when base_type.oid = 2275 then 1111 when base_type.oid = 2276 then 1111 when
  base_type.oid = 2277 then 1111 when base_type.oid = <type information_schema.foreign_tables[]> then 2003 when base_type.oid = 2278 then 1111 when
  base_type.oid = <type shop.product_list[]> then 2003 when base_type.oid = <type information_schema.foreign_tables> then 2002 when base_type.oid = 2279 then 1111 when
  base_type.oid = <type shop.product_list> then 2002 when base_type.oid = 2280 then 1111 when base_type.oid = 2281 then 1111 when
  base_type.oid = <type information_schema._pg_user_mappings[]> then 2003 when base_type.oid = <type information_schema._pg_user_mappings> then 2002 when base_type.oid = 2283 then 1111 when
  base_type.oid = 3310 then 1111 when base_type.oid = <type information_schema.user_mapping_options[]> then 2003 when base_type.oid = 2287 then 2003 when
  base_type.oid = 1263 then 2003 when base_type.oid = <type information_schema.user_mapping_options> then 2002 when base_type.oid = 1266 then 92 when
  base_type.oid = <type tpch.region[]> then 2003 when base_type.oid = <type information_schema.user_mappings[]> then 2003 when base_type.oid = <type tpch.region> then 2002 when
  base_type.oid = <type information_schema.user_mappings> then 2002 when base_type.oid = 1270 then 2003 when base_type.oid = <type tpch.nation[]> then 2003 when
  base_type.oid = <type tpch.nation> then 2002 when base_type.oid = <type tpch.supplier[]> then 2003 when base_type.oid = <type tpch.supplier> then 2002 when
  base_type.oid = <type tpch.part[]> then 2003 when base_type.oid = 269 then 1111 when base_type.oid = <type tpch.part> then 2002 when
  base_type.oid = 270 then 2003 when base_type.oid = 271 then 2003 when base_type.oid = 272 then 2003 when
  base_type.oid = 273 then 2003 when base_type.oid = <type tpch.partsupp[]> then 2003 when base_type.oid = <type tpch.partsupp> then 2002 when
  base_type.oid = <type tpch.customer[]> then 2003 when base_type.oid = 3361 then 1111 when base_type.oid = <type tpch.customer> then 2002 when
  base_type.oid = <type tpch.orders[]> then 2003 when base_type.oid = <type tpch.orders> then 2002 when base_type.oid = <type tpch.lineitem[]> then 2003 when
  base_type.oid = <type tpch.lineitem> then 2002 when base_type.oid = 325 then 1111 when base_type.oid = 3402 then 1111 when
  base_type.oid = 4451 then 1111 when base_type.oid = 3500 then 1111 when base_type.oid = 4532 then 1111 when
  base_type.oid = 4533 then 1111 when base_type.oid = 4534 then 1111 when base_type.oid = 4535 then 1111 when
  base_type.oid = 4536 then 1111 when base_type.oid = 4537 then 1111 when base_type.oid = 4538 then 1111 when
  base_type.oid = 4600 then 1111 when base_type.oid = 4601 then 1111 when base_type.oid = 1560 then -7 when
  base_type.oid = 1561 then 2003 when base_type.oid = 1562 then 1111 when base_type.oid = 1563 then 2003 when
  base_type.oid = 3614 then 1111 when base_type.oid = 3615 then 1111 when base_type.oid = 3642 then 1111 when
  base_type.oid = 3643 then 2003 when base_type.oid = 3644 then 2003 when base_type.oid = 3645 then 2003 when
  base_type.oid = 600 then 1111 when base_type.oid = 601 then 1111 when base_type.oid = 602 then 1111 when
  base_type.oid = 603 then 1111 when base_type.oid = 604 then 1111 when base_type.oid = 628 then 1111 when
  base_type.oid = 629 then 2003 when base_type.oid = 650 then 1111 when base_type.oid = 651 then 2003 when
  base_type.oid = 3734 then 1111 when base_type.oid = 3735 then 2003 when base_type.oid = 1700 then 2 when
  base_type.oid = 3769 then 1111 when base_type.oid = 3770 then 2003 when base_type.oid = 700 then 7 when
  base_type.oid = 701 then 8 when base_type.oid = 705 then 1111 when base_type.oid = 718 then 1111 when base_type.oid
  = 719 then 2003 when base_type.oid = 2776 then 1111 when base_type.oid = 3802 then 1111 when base_type.oid = 3807
  then 2003 when base_type.oid = <type pg_roles[]> then 2003 when base_type.oid = <type pg_roles> then 2002 when base_type.oid = <type pg_shadow[]> then
  2003 when base_type.oid = <type pg_shadow> then 2002 when base_type.oid = <type pg_group[]> then 2003 when base_type.oid = <type pg_group> then 2002
  when base_type.oid = <type pg_user[]> then 2003 when base_type.oid = <type pg_user> then 2002 when base_type.oid = <type pg_policies[]> then 2003 when
  base_type.oid = <type pg_policies> then 2002 when base_type.oid = 3831 then 1111 when base_type.oid = <type pg_rules[]> then 2003 when
  base_type.oid = <type pg_rules> then 2002 when base_type.oid = <type pg_views[]> then 2003 when base_type.oid = 1790 then 2012 when
  base_type.oid = <type pg_views> then 2002 when base_type.oid = 3838 then 1111 when base_type.oid = <type pg_tables[]> then 2003 when
  base_type.oid = <type pg_tables> then 2002 when base_type.oid = 774 then 1111 when base_type.oid = <type pg_matviews[]> then 2003 when
  base_type.oid = 775 then 2003 when base_type.oid = <type pg_matviews> then 2002 when base_type.oid = <type pg_indexes[]> then 2003 when
  base_type.oid = <type pg_indexes> then 2002 when base_type.oid = 10000 then 2003 when base_type.oid = <type pg_sequences[]> then 2003 when
  base_type.oid = 10001 then 2002 when base_type.oid = <type pg_sequences> then 2002 when base_type.oid = 10002 then 2003 when
  base_type.oid = 10003 then 2002 when base_type.oid = 10004 then 2003 when base_type.oid = 10005 then 2002 when
  base_type.oid = 790 then 8 when base_type.oid = <type pg_stats[]> then 2003 when base_type.oid = 10006 then 2003 when
  base_type.oid = 791 then 2003 when base_type.oid = <type pg_stats> then 2002 when base_type.oid = 10007 then 2002 when
  base_type.oid = 10008 then 2003 when base_type.oid = 10009 then 2002 when base_type.oid = 10010 then 2003 when
  base_type.oid = 2842 then 2002 when base_type.oid = <type pg_stats_ext[]> then 2003 when base_type.oid = 10011 then 2002 when
  base_type.oid = 2843 then 2002 when base_type.oid = <type pg_stats_ext> then 2002 when base_type.oid = 10012 then 2003 when
  base_type.oid = 10013 then 2002 when base_type.oid = 10014 then 2003 when base_type.oid = 10015 then 2002 when
  base_type.oid = <type pg_stats_ext_exprs[]> then 2003 when base_type.oid = 10016 then 2003 when base_type.oid = <type pg_stats_ext_exprs> then 2002 when
  base_type.oid = 10017 then 2002 when base_type.oid = 10018 then 2003 when base_type.oid = 10019 then 2002 when
  base_type.oid = 10020 then 2003 when base_type.oid = <type pg_publication_tables[]> then 2003 when base_type.oid = 10021 then 2002 when
  base_type.oid = <type pg_publication_tables> then 2002 when base_type.oid = 10022 then 2003 when base_type.oid = 10023 then 2002 when
  base_type.oid = 10024 then 2003 when base_type.oid = 10025 then 2002 when base_type.oid = <type pg_locks[]> then 2003 when
  base_type.oid = 10026 then 2003 when base_type.oid = <type pg_locks> then 2002 when base_type.oid = 10027 then 2002 when
  base_type.oid = 10028 then 2003 when base_type.oid = 10029 then 2002 when base_type.oid = <type pg_cursors[]> then 2003 when
  base_type.oid = 10030 then 2003 when base_type.oid = <type pg_cursors> then 2002 when base_type.oid = 10031 then 2002 when
  base_type.oid = 10032 then 2003 when base_type.oid = 10033 then 2002 when base_type.oid = <type pg_available_extensions[]> then 2003 when
  base_type.oid = 10034 then 2003 when base_type.oid = <type pg_available_extensions> then 2002 when base_type.oid = 10035 then 2002 when
  base_type.oid = 10036 then 2003 when base_type.oid = 10037 then 2002 when base_type.oid = <type pg_available_extension_versions[]> then 2003 when
  base_type.oid = 10038 then 2003 when base_type.oid = <type pg_available_extension_versions> then 2002 when base_type.oid = 10039 then 2002 when
  base_type.oid = 10040 then 2003 when base_type.oid = 10041 then 2002 when base_type.oid = 10042 then 2003 when
  base_type.oid = <type pg_prepared_xacts[]> then 2003 when base_type.oid = 10043 then 2002 when base_type.oid = <type pg_prepared_xacts> then 2002 when
  base_type.oid = 10044 then 2003 when base_type.oid = 10045 then 2002 when base_type.oid = 829 then 1111 when
  base_type.oid = 10046 then 2003 when base_type.oid = 10047 then 2002 when base_type.oid = <type pg_prepared_statements[]> then 2003 when
  base_type.oid = 10048 then 2003 when base_type.oid = 3904 then 1111 when base_type.oid = <type pg_prepared_statements> then 2002 when
  base_type.oid = 10049 then 2002 when base_type.oid = 3905 then 2003 when base_type.oid = 10050 then 2003 when
  base_type.oid = 3906 then 1111 when base_type.oid = 10051 then 2002 when base_type.oid = 3907 then 2003 when
  base_type.oid = <type pg_seclabels[]> then 2003 when base_type.oid = 10052 then 2003 when base_type.oid = 3908 then 1111 when
  base_type.oid = <type pg_seclabels> then 2002 when base_type.oid = 10053 then 2003 when base_type.oid = 3909 then 2003 when
  base_type.oid = 10054 then 2002 when base_type.oid = 3910 then 1111 when base_type.oid = 10055 then 2003 when
  base_type.oid = 3911 then 2003 when base_type.oid = 3912 then 1111 when base_type.oid = 10056 then 2002 when
  base_type.oid = <type pg_settings[]> then 2003 when base_type.oid = 10057 then 2003 when base_type.oid = 3913 then 2003 when
  base_type.oid = <type pg_settings> then 2002 when base_type.oid = 10058 then 2003 when base_type.oid = 10059 then 2003 when
  base_type.oid = 10060 then 2002 when base_type.oid = 10061 then 2003 when base_type.oid = 10062 then 2002 when
  base_type.oid = <type pg_file_settings[]> then 2003 when base_type.oid = 10063 then 2003 when base_type.oid = <type pg_file_settings> then 2002 when
  base_type.oid = 10064 then 2002 when base_type.oid = 10065 then 2003 when base_type.oid = 10066 then 2002 when
  base_type.oid = <type pg_hba_file_rules[]> then 2003 when base_type.oid = 10067 then 2003 when base_type.oid = <type pg_hba_file_rules> then 2002 when
  base_type.oid = 10068 then 2002 when base_type.oid = 10069 then 2003 when base_type.oid = 10070 then 2002 when
  base_type.oid = 3926 then 1111 when base_type.oid = <type pg_ident_file_mappings[]> then 2003 when base_type.oid = 10071 then 2003 when
  base_type.oid = 3927 then 2003 when base_type.oid = <type pg_ident_file_mappings> then 2002 when base_type.oid = 10072 then 2002 when
  base_type.oid = 10073 then 2003 when base_type.oid = 10074 then 2002 when base_type.oid = <type pg_timezone_abbrevs[]> then 2003 when
  base_type.oid = 10075 then 2003 when base_type.oid = <type pg_timezone_abbrevs> then 2002 when base_type.oid = 10076 then 2002 when
  base_type.oid = 10077 then 2003 when base_type.oid = 10078 then 2002 when base_type.oid = <type pg_timezone_names[]> then 2003 when
  base_type.oid = 10079 then 2003 when base_type.oid = <type pg_timezone_names> then 2002 when base_type.oid = 10080 then 2002 when
  base_type.oid = 10081 then 2003 when base_type.oid = 10082 then 2002 when base_type.oid = <type pg_config[]> then 2003 when
  base_type.oid = 10083 then 2003 when base_type.oid = <type pg_config> then 2002 when base_type.oid = 10084 then 2002 when
  base_type.oid = 869 then 1111 when base_type.oid = 10085 then 2003 when base_type.oid = 10086 then 2002 when
  base_type.oid = <type pg_shmem_allocations[]> then 2003 when base_type.oid = 10087 then 2003 when base_type.oid = <type pg_shmem_allocations> then 2002 when
  base_type.oid = 10088 then 2002 when base_type.oid = 10089 then 2003 when base_type.oid = 10090 then 2002 when
  base_type.oid = <type pg_backend_memory_contexts[]> then 2003 when base_type.oid = 10091 then 2003 when base_type.oid = <type pg_backend_memory_contexts> then 2002 when
  base_type.oid = 10092 then 2002 when base_type.oid = 10093 then 2003 when base_type.oid = 10094 then 2003 when
  base_type.oid = <type pg_stat_all_tables[]> then 2003 when base_type.oid = 10095 then 2002 when base_type.oid = <type pg_stat_all_tables> then 2002 when
  base_type.oid = 10096 then 2003 when base_type.oid = 10097 then 2002 when base_type.oid = 10098 then 2003 when
  base_type.oid = 10099 then 2002 when base_type.oid = <type pg_stat_xact_all_tables[]> then 2003 when base_type.oid = 10100 then 2003 when
  base_type.oid = <type pg_stat_xact_all_tables> then 2002 when base_type.oid = 10101 then 2002 when base_type.oid = 10102 then 2003 when
  base_type.oid = 10103 then 2002 when base_type.oid = 10104 then 2003 when base_type.oid = <type pg_stat_sys_tables[]> then 2003 when
  base_type.oid = 10105 then 2002 when base_type.oid = <type pg_stat_sys_tables> then 2002 when base_type.oid = 10106 then 2003 when
  base_type.oid = 10107 then 2002 when base_type.oid = 10108 then 2003 when base_type.oid = 10109 then 2002 when
  base_type.oid = <type pg_stat_xact_sys_tables[]> then 2003 when base_type.oid = 10110 then 2003 when base_type.oid = <type pg_stat_xact_sys_tables> then 2002 when
  base_type.oid = 10111 then 2002 when base_type.oid = 10112 then 2003 when base_type.oid = 10113 then 2003 when
  base_type.oid = <type pg_stat_user_tables[]> then 2003 when base_type.oid = 10114 then 2002 when base_type.oid = <type pg_stat_user_tables> then 2002 when
  base_type.oid = 2949 then 2003 when base_type.oid = 2950 then 1111 when base_type.oid = 2951 then 2003 when
  base_type.oid = <type pg_stat_xact_user_tables[]> then 2003 when base_type.oid = <type pg_stat_xact_user_tables> then 2002 when base_type.oid = <type pg_statio_all_tables[]> then 2003 when
  base_type.oid = <type pg_statio_all_tables> then 2002 when base_type.oid = <type pg_statio_sys_tables[]> then 2003 when base_type.oid = <type pg_statio_sys_tables> then 2002 when
  base_type.oid = <type pg_statio_user_tables[]> then 2003 when base_type.oid = <type pg_statio_user_tables> then 2002 when base_type.oid = <type pg_stat_all_indexes[]> then 2003 when
  base_type.oid = <type pg_stat_all_indexes> then 2002 when base_type.oid = 5017 then 1111 when base_type.oid = 2970 then 1111 when
  base_type.oid = <type pg_stat_sys_indexes[]> then 2003 when base_type.oid = <type pg_stat_sys_indexes> then 2002 when base_type.oid = <type pg_stat_user_indexes[]> then 2003 when
  base_type.oid = <type pg_stat_user_indexes> then 2002 when base_type.oid = <type information_schema.cardinal_number[]> then 2003 when base_type.oid = <type information_schema.cardinal_number> then 2001 when
  base_type.oid = <type pg_statio_all_indexes[]> then 2003 when base_type.oid = <type pg_statio_all_indexes> then 2002 when base_type.oid = <type information_schema.character_data[]> then 2003 when
  base_type.oid = <type information_schema.character_data> then 2001 when base_type.oid = <type information_schema.sql_identifier[]> then 2003 when base_type.oid = <type information_schema.sql_identifier> then 2001 when
  base_type.oid = <type pg_statio_sys_indexes[]> then 2003 when base_type.oid = <type pg_statio_sys_indexes> then 2002 when base_type.oid = <type information_schema.information_schema_catalog_name[]> then 2003 when
  base_type.oid = <type information_schema.information_schema_catalog_name> then 2002 when base_type.oid = <type pg_statio_user_indexes[]> then 2003 when base_type.oid = 5038 then 1111 when
  base_type.oid = <type information_schema.time_stamp[]> then 2003 when base_type.oid = <type pg_statio_user_indexes> then 2002 when base_type.oid = 5039 then 2003 when
  base_type.oid = <type information_schema.time_stamp> then 2001 when base_type.oid = <type information_schema.yes_or_no[]> then 2003 when base_type.oid = <type information_schema.yes_or_no> then 2001 when
  base_type.oid = <type pg_statio_all_sequences[]> then 2003 when base_type.oid = <type pg_statio_all_sequences> then 2002 when base_type.oid = <type information_schema.applicable_roles[]> then 2003 when
  base_type.oid = <type information_schema.applicable_roles> then 2002 when base_type.oid = <type pg_statio_sys_sequences[]> then 2003 when base_type.oid = <type pg_statio_sys_sequences> then 2002 when
  base_type.oid = <type information_schema.administrable_role_authorizations[]> then 2003 when base_type.oid = <type information_schema.administrable_role_authorizations> then 2002 when base_type.oid = <type pg_statio_user_sequences[]> then 2003 when
  base_type.oid = <type pg_statio_user_sequences> then 2002 when base_type.oid = <type information_schema.attributes[]> then 2003 when base_type.oid = <type information_schema.attributes> then 2002 when
  base_type.oid = <type pg_stat_activity[]> then 2003 when base_type.oid = <type pg_stat_activity> then 2002 when base_type.oid = <type information_schema.character_sets[]> then 2003 when
  base_type.oid = <type information_schema.character_sets> then 2002 when base_type.oid = <type pg_stat_replication[]> then 2003 when base_type.oid = <type pg_stat_replication> then 2002 when
  base_type.oid = <type information_schema.check_constraint_routine_usage[]> then 2003 when base_type.oid = <type information_schema.check_constraint_routine_usage> then 2002 when base_type.oid = <type pg_stat_slru[]> then 2003 when
  base_type.oid = <type pg_stat_slru> then 2002 when base_type.oid = <type information_schema.check_constraints[]> then 2003 when base_type.oid = <type pg_stat_wal_receiver[]> then 2003 when
  base_type.oid = 5069 then 1111 when base_type.oid = <type information_schema.check_constraints> then 2002 when base_type.oid = <type pg_stat_wal_receiver> then 2002 when
  base_type.oid = <type pg_stat_recovery_prefetch[]> then 2003 when base_type.oid = <type information_schema.collations[]> then 2003 when base_type.oid = <type pg_stat_recovery_prefetch> then 2002 when
  base_type.oid = <type information_schema.collations> then 2002 when base_type.oid = <type pg_stat_subscription[]> then 2003 when base_type.oid = 6101 then 2002 when
  base_type.oid = 5077 then 1111 when base_type.oid = <type pg_stat_subscription> then 2002 when base_type.oid = 5078 then 1111 when
  base_type.oid = <type information_schema.collation_character_set_applicability[]> then 2003 when base_type.oid = 5079 then 1111 when base_type.oid = <type information_schema.collation_character_set_applicability> then 2002 when
  base_type.oid = 5080 then 1111 when base_type.oid = <type pg_stat_ssl[]> then 2003 when base_type.oid = <type pg_stat_ssl> then 2002 when
  base_type.oid = <type information_schema.column_column_usage[]> then 2003 when base_type.oid = <type information_schema.column_column_usage> then 2002 when base_type.oid = <type pg_stat_gssapi[]> then 2003 when
  base_type.oid = <type pg_stat_gssapi> then 2002 when base_type.oid = <type information_schema.column_domain_usage[]> then 2003 when base_type.oid = <type information_schema.column_domain_usage> then 2002 when
  base_type.oid = <type pg_replication_slots[]> then 2003 when base_type.oid = 4066 then 2002 when base_type.oid = <type pg_replication_slots> then 2002 when
  base_type.oid = <type information_schema.column_privileges[]> then 2003 when base_type.oid = <type information_schema.column_privileges> then 2002 when base_type.oid = <type pg_stat_replication_slots[]> then 2003 when
  base_type.oid = 1000 then 2003 when base_type.oid = <type pg_stat_replication_slots> then 2002 when base_type.oid = 4072 then 1111 when
  base_type.oid = 1001 then 2003 when base_type.oid = 4073 then 2003 when base_type.oid = 1002 then 2003 when
  base_type.oid = 1003 then 2003 when base_type.oid = <type information_schema.column_udt_usage[]> then 2003 when base_type.oid = <type pg_stat_database[]> then 2003 when
  base_type.oid = <type information_schema.column_udt_usage> then 2002 when base_type.oid = <type pg_stat_database> then 2002 when base_type.oid = 1005 then 2003 when
  base_type.oid = 1006 then 2003 when base_type.oid = 1007 then 2003 when base_type.oid = <type information_schema.columns[]> then 2003 when
  base_type.oid = <type pg_stat_database_conflicts[]> then 2003 when base_type.oid = 1008 then 2003 when base_type.oid = 1009 then 2003 when
  base_type.oid = <type information_schema.columns> then 2002 when base_type.oid = <type pg_stat_database_conflicts> then 2002 when base_type.oid = 1010 then 2003 when
  base_type.oid = 1011 then 2003 when base_type.oid = <type pg_stat_user_functions[]> then 2003 when base_type.oid = 1012 then 2003 when
  base_type.oid = <type information_schema.constraint_column_usage[]> then 2003 when base_type.oid = <type pg_stat_user_functions> then 2002 when base_type.oid = 1013 then 2003 when
  base_type.oid = 1014 then 2003 when base_type.oid = <type information_schema.constraint_column_usage> then 2002 when base_type.oid = 1015 then 2003 when
  base_type.oid = 1016 then 2003 when base_type.oid = 1017 then 2003 when base_type.oid = <type pg_stat_xact_user_functions[]> then 2003 when
  base_type.oid = 4089 then 1111 when base_type.oid = <type information_schema.constraint_table_usage[]> then 2003 when base_type.oid = <type pg_stat_xact_user_functions> then 2002 when
  base_type.oid = 4090 then 2003 when base_type.oid = 1018 then 2003 when base_type.oid = <type information_schema.constraint_table_usage> then 2002 when
  base_type.oid = 1019 then 2003 when base_type.oid = 1020 then 2003 when base_type.oid = 1021 then 2003 when
  base_type.oid = 1022 then 2003 when base_type.oid = <type pg_stat_archiver[]> then 2003 when base_type.oid = <type information_schema.domain_constraints[]> then 2003 when
  base_type.oid = <type pg_stat_archiver> then 2002 else 1111 end from pg_type base_type where base_type.oid=t.typbasetype) else null
  end as base_type from pg_catalog.pg_type t, pg_catalog.pg_namespace n
  where t.typnamespace = n.oid and n.nspname != 'pg_catalog' and n.nspname != 'pg_toast' and t.typtype IN ('c','d')
  and t.typname like '%' and n.nspname like 'shop' order by data_type, type_schem, type_name;

--# getProcedures
SELECT NULL AS PROCEDURE_CAT, n.nspname AS PROCEDURE_SCHEM, p.proname AS PROCEDURE_NAME, NULL, NULL, NULL,
  d.description AS REMARKS, 2 AS PROCEDURE_TYPE, p.proname || '_' || p.oid AS SPECIFIC_NAME
  FROM pg_catalog.pg_namespace n, pg_catalog.pg_proc p LEFT JOIN pg_catalog.pg_description d ON (p.oid=d.objoid)
  LEFT JOIN pg_catalog.pg_class c ON (d.classoid=c.oid AND c.relname='pg_proc')
  LEFT JOIN pg_catalog.pg_namespace pn ON (c.relnamespace=pn.oid AND pn.nspname='pg_catalog')
  WHERE p.pronamespace=n.oid AND p.prokind='p' AND n.nspname LIKE 'shop' AND p.proname LIKE '%'
  ORDER BY PROCEDURE_SCHEM, PROCEDURE_NAME, p.oid::text;

--# getFunctions
SELECT current_database() AS FUNCTION_CAT, n.nspname AS FUNCTION_SCHEM, p.proname AS FUNCTION_NAME, d.description AS
  REMARKS, CASE WHEN (format_type(p.prorettype, null) = 'unknown') THEN 0 WHEN
  (substring(pg_get_function_result(p.oid) from 0 for 6) = 'TABLE') OR (substring(pg_get_function_result(p.oid) from 0
  for 6) = 'SETOF') THEN 2 ELSE 1 END AS FUNCTION_TYPE, p.proname || '_' || p.oid AS SPECIFIC_NAME
  FROM pg_catalog.pg_proc p INNER JOIN pg_catalog.pg_namespace n ON p.pronamespace=n.oid
  LEFT JOIN pg_catalog.pg_description d ON p.oid=d.objoid WHERE true AND p.prokind='f' AND n.nspname LIKE 'shop' AND
  p.proname LIKE '%' ORDER BY FUNCTION_SCHEM, FUNCTION_NAME, p.oid::text;

--# getFunctionColumns
SELECT n.nspname,p.proname,p.prorettype,p.proargtypes, t.typtype,t.typrelid, p.proargnames, p.proargmodes,
  p.proallargtypes, p.oid FROM pg_catalog.pg_proc p, pg_catalog.pg_namespace n, pg_catalog.pg_type t
  WHERE p.pronamespace=n.oid AND p.prorettype=t.oid AND n.nspname LIKE 'shop' AND p.proname LIKE '%'
  ORDER BY n.nspname, p.proname, p.oid::text;

--# getTablePrivileges
SELECT n.nspname,c.relname,r.rolname,c.relacl FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c,
  pg_catalog.pg_roles r WHERE c.relnamespace = n.oid AND c.relowner = r.oid AND c.relkind IN ('r','p','v','m','f') AND
  n.nspname LIKE 'shop' AND c.relname LIKE '%' ORDER BY nspname, relname;

--# getColumnPrivileges
SELECT n.nspname,c.relname,r.rolname,c.relacl, a.attacl, a.attname
  FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c, pg_catalog.pg_roles r, pg_catalog.pg_attribute a
  WHERE c.relnamespace = n.oid AND c.relowner = r.oid AND c.oid = a.attrelid AND c.relkind = 'r' AND a.attnum > 0 AND
  NOT a.attisdropped AND n.nspname = 'shop' AND c.relname = 'orders' AND a.attname LIKE '%'
  ORDER BY attname;

--# getBestRowIdentifier
SELECT a.attname, a.atttypid, atttypmod FROM pg_catalog.pg_class ct
  JOIN pg_catalog.pg_attribute a ON (ct.oid = a.attrelid) JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid)
  JOIN (SELECT i.indexrelid, i.indrelid, i.indisprimary, information_schema._pg_expandarray(i.indkey) AS keys FROM
  pg_catalog.pg_index i) i ON (a.attnum = (i.keys).x AND a.attrelid = i.indrelid)
  WHERE true AND n.nspname = 'shop' AND ct.relname = 'orders' AND i.indisprimary
  ORDER BY a.attnum;

--# getClientInfoProperties
SELECT t.typlen FROM pg_catalog.pg_type t, pg_catalog.pg_namespace n
  WHERE t.typnamespace=n.oid AND t.typname='name' AND n.nspname='pg_catalog';

--# getSQLKeywords
select string_agg(word, ',') from pg_catalog.pg_get_keywords()
  where word <> ALL
  ('{a,abs,absolute,action,ada,add,admin,after,all,allocate,alter,always,and,any,are,array,as,asc,asensitive,assertion,assignment,asymmetric,at,atomic,attribute,attributes,authorization,avg,before,begin,bernoulli,between,bigint,binary,blob,boolean,both,breadth,by,c,call,called,cardinality,cascade,cascaded,case,cast,catalog,catalog_name,ceil,ceiling,chain,char,char_length,character,character_length,character_set_catalog,character_set_name,character_set_schema,characteristics,characters,check,checked,class_origin,clob,close,coalesce,cobol,code_units,collate,collation,collation_catalog,collation_name,collation_schema,collect,column,column_name,command_function,command_function_code,commit,committed,condition,condition_number,connect,connection_name,constraint,constraint_catalog,constraint_name,constraint_schema,constraints,constructors,contains,continue,convert,corr,corresponding,count,covar_pop,covar_samp,create,cross,cube,cume_dist,current,current_collation,current_date,current_default_transform_group,current_path,current_role,current_time,current_timestamp,current_transform_group_for_type,current_user,cursor,cursor_name,cycle,data,date,datetime_interval_code,datetime_interval_precision,day,deallocate,dec,decimal,declare,default,defaults,deferrable,deferred,defined,definer,degree,delete,dense_rank,depth,deref,derived,desc,describe,descriptor,deterministic,diagnostics,disconnect,dispatch,distinct,domain,double,drop,dynamic,dynamic_function,dynamic_function_code,each,element,else,end,end-exec,equals,escape,every,except,exception,exclude,excluding,exec,execute,exists,exp,external,extract,false,fetch,filter,final,first,float,floor,following,for,foreign,fortran,found,free,from,full,function,fusion,g,general,get,global,go,goto,grant,granted,group,grouping,having,hierarchy,hold,hour,identity,immediate,implementation,in,including,increment,indicator,initially,inner,inout,input,insensitive,insert,instance,instantiable,int,integer,intersect,intersection,interval,into,invoker,is,isolation,join,k,key,key_member,key_type,language,large,last,lateral,leading,left,length,level,like,ln,local,localtime,localtimestamp,locator,lower,m,map,match,matched,max,maxvalue,member,merge,message_length,message_octet_length,message_text,method,min,minute,minvalue,mod,modifies,module,month,more,multiset,mumps,name,names,national,natural,nchar,nclob,nesting,new,next,no,none,normalize,normalized,not,"null",nullable,nullif,nulls,number,numeric,object,octet_length,octets,of,old,on,only,open,option,options,or,order,ordering,ordinality,others,out,outer,output,over,overlaps,overlay,overriding,pad,parameter,parameter_mode,parameter_name,parameter_ordinal_position,parameter_specific_catalog,parameter_specific_name,parameter_specific_schema,partial,partition,pascal,path,percent_rank,percentile_cont,percentile_disc,placing,pli,position,power,preceding,precision,prepare,preserve,primary,prior,privileges,procedure,public,range,rank,read,reads,real,recursive,ref,references,referencing,regr_avgx,regr_avgy,regr_count,regr_intercept,regr_r2,regr_slope,regr_sxx,regr_sxy,regr_syy,relative,release,repeatable,restart,result,return,returned_cardinality,returned_length,returned_octet_length,returned_sqlstate,returns,revoke,right,role,rollback,rollup,routine,routine_catalog,routine_name,routine_schema,row,row_count,row_number,rows,savepoint,scale,schema,schema_name,scope_catalog,scope_name,scope_schema,scroll,search,second,section,security,select,self,sensitive,sequence,serializable,server_name,session,session_user,set,sets,similar,simple,size,smallint,some,source,space,specific,specific_name,specifictype,sql,sqlexception,sqlstate,sqlwarning,sqrt,start,state,statement,static,stddev_pop,stddev_samp,structure,style,subclass_origin,submultiset,substring,sum,symmetric,system,system_user,table,table_name,tablesample,temporary,then,ties,time,timestamp,timezone_hour,timezone_minute,to,top_level_count,trailing,transaction,transaction_active,transactions_committed,transactions_rolled_back,transform,transforms,translate,translation,treat,trigger,trigger_catalog,trigger_name,trigger_schema,trim,true,type,uescape,unbounded,uncommitted,under,union,unique,unknown,unnamed,unnest,update,upper,usage,user,user_defined_type_catalog,user_defined_type_code,user_defined_type_name,user_defined_type_schema,using,value,values,var_pop,var_samp,varchar,varying,view,when,whenever,where,width_bucket,window,with,within,without,work,write,year,zone}'::text[]);

--# setTransactionIsolation
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ;

--# setTransactionIsolation (2)
SHOW TRANSACTION ISOLATION LEVEL;

--# setTransactionIsolation (3)
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;

--# setReadOnly
BEGIN READ ONLY;
SELECT 1 AS one;
SAVEPOINT "sp";
ROLLBACK TO SAVEPOINT "sp";
COMMIT;

--# getSchema
select current_schema();

--# types of a result
-- parameters: ["3"]
SELECT * FROM shop.campaigns WHERE id < $1;

--# types of a result (2)
SELECT c.oid, a.attnum, a.attname, c.relname, n.nspname, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
  a.attidentity != '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%'
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON (c.relnamespace = n.oid)
  JOIN pg_catalog.pg_attribute a ON (c.oid = a.attrelid) JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid)
  LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid = a.attrelid AND d.adnum = a.attnum)
  JOIN (SELECT <class shop.campaigns> AS oid , 1 AS attnum UNION ALL SELECT <class shop.campaigns>, 2 UNION ALL SELECT <class shop.campaigns>, 3 UNION ALL SELECT <class shop.campaigns>,
  4 UNION ALL SELECT <class shop.campaigns>, 5 UNION ALL SELECT <class shop.campaigns>, 6 UNION ALL SELECT <class shop.campaigns>, 7 UNION ALL SELECT <class shop.campaigns>, 8 UNION ALL
  SELECT <class shop.campaigns>, 9 UNION ALL SELECT <class shop.campaigns>, 10 UNION ALL SELECT <class shop.campaigns>, 11 UNION ALL SELECT <class shop.campaigns>, 12 UNION ALL SELECT
  <class shop.campaigns>, 13 UNION ALL SELECT <class shop.campaigns>, 14 UNION ALL SELECT <class shop.campaigns>, 15) vals ON (c.oid = vals.oid AND a.attnum =
  vals.attnum);

--# fetch size
BEGIN;
SELECT id, title FROM shop.products;
COMMIT;

--# array
-- parameters: ["{web,app}"]
SELECT id FROM shop.campaigns WHERE channel = ANY ($1::shop.channel[]);

--# array of an own type
SELECT array_agg(channel) FROM shop.campaigns;

--# array of an own type (3)
-- parameters: ["<type shop.channel[]>"]
SELECT e.typdelim FROM pg_catalog.pg_type t, pg_catalog.pg_type e
  WHERE t.oid = $1 and t.typelem = e.oid;

--# array of an own type (4)
-- parameters: ["<type shop.channel[]>"]
SELECT e.oid, n.nspname = ANY(current_schemas(true)), n.nspname, e.typname
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type e ON t.typelem = e.oid
  JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid WHERE t.oid = $1;

--# updatable result
SELECT id, title, price FROM shop.products WHERE id < 5;

--# updatable result (2)
SELECT result.TABLE_CAT, result.TABLE_SCHEM, result.TABLE_NAME, result.COLUMN_NAME, result.KEY_SEQ, result.PK_NAME,
  result.IS_NOT_NULL FROM (SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, ct.relname AS TABLE_NAME, a.attname AS
  COLUMN_NAME, (information_schema._pg_expandarray(i.indkey)).n AS KEY_SEQ, ci.relname AS PK_NAME,
  information_schema._pg_expandarray(i.indkey) AS KEYS, a.attnum AS A_ATTNUM, a.attnotnull AS IS_NOT_NULL FROM
  pg_catalog.pg_class ct JOIN pg_catalog.pg_attribute a ON (ct.oid = a.attrelid) JOIN pg_catalog.pg_namespace n ON
  (ct.relnamespace = n.oid) JOIN pg_catalog.pg_index i ON ( a.attrelid = i.indrelid) JOIN pg_catalog.pg_class ci ON
  (ci.oid = i.indexrelid) WHERE (i.indisprimary OR ( i.indisunique AND i.indisvalid AND i.indpred IS NULL AND
  i.indexprs IS NULL )) AND n.nspname = 'shop' AND ct.relname = 'products' ) result
  where result.A_ATTNUM = (result.KEYS).x ORDER BY result.table_name, result.pk_name, result.key_seq;

--# updatable result (3)
SELECT c.oid, a.attnum, a.attname, c.relname, n.nspname, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
  a.attidentity != '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%'
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON (c.relnamespace = n.oid)
  JOIN pg_catalog.pg_attribute a ON (c.oid = a.attrelid) JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid)
  LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid = a.attrelid AND d.adnum = a.attnum)
  JOIN (SELECT <class shop.products> AS oid , 1 AS attnum UNION ALL SELECT <class shop.products>, 3 UNION ALL SELECT <class shop.products>, 5) vals ON (c.oid =
  vals.oid AND a.attnum = vals.attnum);

--# prepared five times
-- parameters: ["1", "1.5"]
SELECT title FROM shop.products WHERE id = $1 AND price > $2;

--# client info
SET application_name = 'report';

--# setSchema
SET SESSION search_path TO 'shop';

--# getUDTs
-- versions: 16
select null as type_cat, n.nspname as type_schem, t.typname as type_name, null as class_name, CASE WHEN t.typtype='c'
  then 2002 else 2001 end as data_type, pg_catalog.obj_description(t.oid, 'pg_type') as remarks, CASE WHEN t.typtype =
  'd' then (select CASE when base_type.oid = 4096 then 1111 when base_type.oid = 4097 then 2003 when base_type.oid =
  <type pg_stat_bgwriter[]> then 2003 when base_type.oid = <type pg_stat_bgwriter> then 2002 when base_type.oid = 1027 then 2003 when base_type.oid = 1028
  then 2003 when base_type.oid = <type shop.customers[]> then 2003 when base_type.oid = <type pg_stat_io[]> then 2003 when base_type.oid = 6150 then
  2003 when base_type.oid = <type shop.customers> then 2002 when base_type.oid = <type pg_stat_io> then 2002 when base_type.oid = 6151 then 2003
  when base_type.oid = 6152 then 2003 when base_type.oid = 6153 then 2003 when base_type.oid = 1033 then 1111 when
  base_type.oid = <type pg_stat_wal[]> then 2003 when base_type.oid = 1034 then 2003 when base_type.oid = <type pg_stat_wal> then 2002 when
  base_type.oid = 6155 then 2003 when base_type.oid = 6157 then 2003 when base_type.oid = <type pg_stat_progress_analyze[]> then 2003 when
  base_type.oid = <type pg_stat_progress_analyze> then 2002 when base_type.oid = 16 then -7 when base_type.oid = 1040 then 2003 when
  base_type.oid = 17 then -2 when base_type.oid = <type shop.addresses[]> then 2003 when base_type.oid = 1041 then 2003 when
  base_type.oid = 18 then 1 when base_type.oid = 1042 then 1 when base_type.oid = <type shop.addresses> then 2002 when base_type.oid =
  1043 then 12 when base_type.oid = 19 then 12 when base_type.oid = <type pg_stat_progress_vacuum[]> then 2003 when base_type.oid = 20 then -5
  when base_type.oid = <type pg_stat_progress_vacuum> then 2002 when base_type.oid = 21 then 5 when base_type.oid = 22 then 1111 when
  base_type.oid = 23 then 4 when base_type.oid = <type pg_stat_progress_cluster[]> then 2003 when base_type.oid = 24 then 1111 when base_type.oid
  = 25 then 12 when base_type.oid = <type pg_stat_progress_cluster> then 2002 when base_type.oid = 26 then -5 when base_type.oid = <type shop.products[]> then
  2003 when base_type.oid = <type shop.products> then 2002 when base_type.oid = 27 then 1111 when base_type.oid = 28 then 1111 when
  base_type.oid = <type pg_stat_progress_create_index[]> then 2003 when base_type.oid = 29 then 1111 when base_type.oid = <type pg_stat_progress_create_index> then 2002 when
  base_type.oid = 30 then 1111 when base_type.oid = 32 then 1111 when base_type.oid = <type pg_stat_progress_basebackup[]> then 2003 when
  base_type.oid = <type shop.orders[]> then 2003 when base_type.oid = <type pg_stat_progress_basebackup> then 2002 when base_type.oid = <type shop.orders> then 2002 when
  base_type.oid = <type pg_stat_progress_copy[]> then 2003 when base_type.oid = <type pg_stat_progress_copy> then 2002 when base_type.oid = 3115 then 1111 when
  base_type.oid = <type pg_user_mappings[]> then 2003 when base_type.oid = <type shop.order_items[]> then 2003 when base_type.oid = <type pg_user_mappings> then 2002 when
  base_type.oid = <type shop.order_items> then 2002 when base_type.oid = <type pg_replication_origin_status[]> then 2003 when base_type.oid = <type pg_replication_origin_status> then 2002 when
  base_type.oid = <type shop.payment_cards[]> then 2003 when base_type.oid = <type shop.payment_cards> then 2002 when base_type.oid = <type pg_stat_subscription_stats[]> then 2003 when
  base_type.oid = <type pg_stat_subscription_stats> then 2002 when base_type.oid = 1082 then 91 when base_type.oid = 1083 then 92 when
  base_type.oid = <type shop.browsing_events[]> then 2003 when base_type.oid = <type shop.browsing_events> then 2002 when base_type.oid = <type shop.consents[]> then 2003 when
  base_type.oid = <type shop.consents> then 2002 when base_type.oid = 71 then 2002 when base_type.oid = <type shop.customer_contacts[]> then 2003 when
  base_type.oid = <type shop.customer_contacts> then 2002 when base_type.oid = 75 then 2002 when base_type.oid = <type shop.sales_by_city[]> then 2003 when
  base_type.oid = <type shop.sales_by_city> then 2002 when base_type.oid = 81 then 2002 when base_type.oid = 83 then 2002 when
  base_type.oid = 1114 then 93 when base_type.oid = 1115 then 2003 when base_type.oid = 4191 then 1111 when
  base_type.oid = 4192 then 2003 when base_type.oid = 114 then 1111 when base_type.oid = <type shop.browsing_events_2025_01[]> then 2003 when
  base_type.oid = <type information_schema.cardinal_number[]> then 2003 when base_type.oid = <type shop.browsing_events_2025_01> then 2002 when base_type.oid = <type information_schema.cardinal_number> then 2001 when
  base_type.oid = <type information_schema.character_data[]> then 2003 when base_type.oid = <type information_schema.character_data> then 2001 when base_type.oid = <type information_schema.sql_identifier[]> then 2003 when
  base_type.oid = <type information_schema.sql_identifier> then 2001 when base_type.oid = <type shop.browsing_events_2025_02[]> then 2003 when base_type.oid = <type information_schema.information_schema_catalog_name[]> then 2003 when
  base_type.oid = <type shop.browsing_events_2025_02> then 2002 when base_type.oid = <type information_schema.information_schema_catalog_name> then 2002 when base_type.oid = <type information_schema.time_stamp[]> then 2003 when
  base_type.oid = <type information_schema.time_stamp> then 2001 when base_type.oid = 142 then 2009 when base_type.oid = <type information_schema.yes_or_no[]> then 2003 when
  base_type.oid = 143 then 2003 when base_type.oid = <type information_schema.yes_or_no> then 2001 when base_type.oid = <type shop.browsing_events_later[]> then 2003 when
  base_type.oid = <type shop.browsing_events_later> then 2002 when base_type.oid = <type information_schema.applicable_roles[]> then 2003 when base_type.oid = <type information_schema.applicable_roles> then 2002 when
  base_type.oid = 3220 then 1111 when base_type.oid = 3221 then 2003 when base_type.oid = <type information_schema.administrable_role_authorizations[]> then 2003 when
  base_type.oid = <type shop.channel[]> then 2003 when base_type.oid = <type information_schema.administrable_role_authorizations> then 2002 when base_type.oid = 2201 then 2003 when
  base_type.oid = <type shop.channel> then 12 when base_type.oid = 2202 then 1111 when base_type.oid = <type information_schema.attributes[]> then 2003 when
  base_type.oid = 2203 then 1111 when base_type.oid = <type information_schema.attributes> then 2002 when base_type.oid = 2204 then 1111 when
  base_type.oid = 2205 then 1111 when base_type.oid = 1182 then 2003 when base_type.oid = 2206 then 1111 when
  base_type.oid = 1183 then 2003 when base_type.oid = <type shop.money_range[]> then 2003 when base_type.oid = 2207 then 2003 when
  base_type.oid = 1184 then 93 when base_type.oid = <type shop.money_multirange> then 1111 when base_type.oid = <type information_schema.character_sets[]> then 2003 when
  base_type.oid = 2208 then 2003 when base_type.oid = 1185 then 2003 when base_type.oid = <type shop.money_multirange[]> then 2003 when
  base_type.oid = <type information_schema.character_sets> then 2002 when base_type.oid = 2209 then 2003 when base_type.oid = <type shop.money_range> then 1111 when
  base_type.oid = 2210 then 2003 when base_type.oid = 1186 then 1111 when base_type.oid = 2211 then 2003 when
  base_type.oid = 1187 then 2003 when base_type.oid = <type information_schema.check_constraint_routine_usage[]> then 2003 when base_type.oid = <type information_schema.check_constraint_routine_usage> then 2002 when
  base_type.oid = <type shop.geo[]> then 2003 when base_type.oid = <type information_schema.check_constraints[]> then 2003 when base_type.oid = <type shop.geo> then 2002 when
  base_type.oid = <type information_schema.check_constraints> then 2002 when base_type.oid = <type shop.percent[]> then 2003 when base_type.oid = <type shop.percent> then 2001 when
  base_type.oid = <type information_schema.collations[]> then 2003 when base_type.oid = <type information_schema.collations> then 2002 when base_type.oid = <type shop.campaigns[]> then 2003 when
  base_type.oid = <type shop.campaigns> then 2002 when base_type.oid = <type information_schema.collation_character_set_applicability[]> then 2003 when base_type.oid = <type information_schema.collation_character_set_applicability> then 2002 when
  base_type.oid = <type information_schema.column_column_usage[]> then 2003 when base_type.oid = <type information_schema.column_column_usage> then 2002 when base_type.oid = <type information_schema.column_domain_usage[]> then 2003 when
  base_type.oid = <type information_schema.column_domain_usage> then 2002 when base_type.oid = 194 then 1111 when base_type.oid = <type information_schema.column_privileges[]> then 2003 when
  base_type.oid = <type information_schema.column_privileges> then 2002 when base_type.oid = 199 then 2003 when base_type.oid = <type information_schema.column_udt_usage[]> then 2003 when
  base_type.oid = <type information_schema.column_udt_usage> then 2002 when base_type.oid = 2249 then 1111 when base_type.oid = <type shop.notices[]> then 2003 when
  base_type.oid = <type information_schema.columns[]> then 2003 when base_type.oid = <type shop.notices> then 2002 when base_type.oid = <type information_schema.columns> then 2002 when
  base_type.oid = 1231 then 2003 when base_type.oid = <type information_schema.constraint_column_usage[]> then 2003 when base_type.oid = 210 then 2003 when
  base_type.oid = <type information_schema.constraint_column_usage> then 2002 when base_type.oid = <type shop.big_campaigns[]> then 2003 when base_type.oid = <type information_schema.constraint_table_usage[]> then 2003 when
  base_type.oid = <type shop.big_campaigns> then 2002 when base_type.oid = <type information_schema.constraint_table_usage> then 2002 when base_type.oid = <type information_schema.domain_constraints[]> then 2003 when
  base_type.oid = <type information_schema.domain_constraints> then 2002 when base_type.oid = <type shop.monthly_revenue[]> then 2003 when base_type.oid = 1248 then 2002 when
  base_type.oid = <type shop.monthly_revenue> then 2002 when base_type.oid = <type information_schema.domain_udt_usage[]> then 2003 when base_type.oid = <type information_schema.domain_udt_usage> then 2002 when
  base_type.oid = 2275 then 1111 when base_type.oid = 2276 then 1111 when base_type.oid = 2277 then 1111 when
  base_type.oid = <type information_schema.domains[]> then 2003 when base_type.oid = 2278 then 1111 when base_type.oid = <type shop.product_list[]> then 2003 when
  base_type.oid = <type information_schema.domains> then 2002 when base_type.oid = 2279 then 1111 when base_type.oid = <type shop.product_list> then 2002 when
  base_type.oid = 2280 then 1111 when base_type.oid = 2281 then 1111 when base_type.oid = <type information_schema.enabled_roles[]> then 2003 when
  base_type.oid = 2283 then 1111 when base_type.oid = <type information_schema.enabled_roles> then 2002 when base_type.oid = 3310 then 1111 when
  base_type.oid = <type information_schema.key_column_usage[]> then 2003 when base_type.oid = 2287 then 2003 when base_type.oid = 1263 then 2003 when
  base_type.oid = <type information_schema.key_column_usage> then 2002 when base_type.oid = 1266 then 92 when base_type.oid = <type tpch.region[]> then 2003 when
  base_type.oid = <type information_schema.parameters[]> then 2003 when base_type.oid = <type tpch.region> then 2002 when base_type.oid = <type information_schema.parameters> then 2002 when
  base_type.oid = 1270 then 2003 when base_type.oid = <type tpch.nation[]> then 2003 when base_type.oid = <type information_schema.referential_constraints[]> then 2003 when
  base_type.oid = <type tpch.nation> then 2002 when base_type.oid = <type information_schema.referential_constraints> then 2002 when base_type.oid = <type information_schema.role_column_grants[]> then 2003 when
  base_type.oid = <type information_schema.role_column_grants> then 2002 when base_type.oid = <type information_schema.routine_column_usage[]> then 2003 when base_type.oid = <type tpch.supplier[]> then 2003 when
  base_type.oid = <type information_schema.routine_column_usage> then 2002 when base_type.oid = <type tpch.supplier> then 2002 when base_type.oid = <type information_schema.routine_privileges[]> then 2003 when
  base_type.oid = <type information_schema.routine_privileges> then 2002 when base_type.oid = <type information_schema.role_routine_grants[]> then 2003 when base_type.oid = <type tpch.part[]> then 2003 when
  base_type.oid = <type information_schema.role_routine_grants> then 2002 when base_type.oid = 269 then 1111 when base_type.oid = <type tpch.part> then 2002 when
  base_type.oid = 270 then 2003 when base_type.oid = 271 then 2003 when base_type.oid = <type information_schema.routine_routine_usage[]> then 2003 when
  base_type.oid = 272 then 2003 when base_type.oid = <type information_schema.routine_routine_usage> then 2002 when base_type.oid = 273 then 2003 when
  base_type.oid = <type tpch.partsupp[]> then 2003 when base_type.oid = <type tpch.partsupp> then 2002 when base_type.oid = <type information_schema.routine_sequence_usage[]> then 2003 when
  base_type.oid = <type information_schema.routine_sequence_usage> then 2002 when base_type.oid = <type information_schema.routine_table_usage[]> then 2003 when base_type.oid = <type information_schema.routine_table_usage> then 2002 when
  base_type.oid = <type information_schema.routines[]> then 2003 when base_type.oid = <type information_schema.routines> then 2002 when base_type.oid = <type tpch.customer[]> then 2003 when
  base_type.oid = 3361 then 1111 when base_type.oid = <type tpch.customer> then 2002 when base_type.oid = <type information_schema.schemata[]> then 2003 when
  base_type.oid = <type information_schema.schemata> then 2002 when base_type.oid = <type information_schema.sequences[]> then 2003 when base_type.oid = <type information_schema.sequences> then 2002 when
  base_type.oid = <type tpch.orders[]> then 2003 when base_type.oid = <type tpch.orders> then 2002 when base_type.oid = <type information_schema.sql_features[]> then 2003 when
  base_type.oid = <type information_schema.sql_features> then 2002 when base_type.oid = <type information_schema.sql_implementation_info[]> then 2003 when base_type.oid = <type information_schema.sql_implementation_info> then 2002 when
  base_type.oid = <type tpch.lineitem[]> then 2003 when base_type.oid = <type tpch.lineitem> then 2002 when base_type.oid = <type information_schema.sql_parts[]> then 2003 when
  base_type.oid = <type information_schema.sql_parts> then 2002 when base_type.oid = <type information_schema.sql_sizing[]> then 2003 when base_type.oid = <type information_schema.sql_sizing> then 2002 when
  base_type.oid = <type information_schema.table_constraints[]> then 2003 when base_type.oid = <type information_schema.table_constraints> then 2002 when base_type.oid = 325 then 1111 when
  base_type.oid = <type information_schema.table_privileges[]> then 2003 when base_type.oid = <type information_schema.table_privileges> then 2002 when base_type.oid = 3402 then 1111 when
  base_type.oid = <type information_schema.role_table_grants[]> then 2003 when base_type.oid = <type information_schema.role_table_grants> then 2002 when base_type.oid = <type information_schema.tables[]> then 2003 when
  base_type.oid = <type information_schema.tables> then 2002 when base_type.oid = <type information_schema.transforms[]> then 2003 when base_type.oid = <type information_schema.transforms> then 2002 when
  base_type.oid = <type information_schema.triggered_update_columns[]> then 2003 when base_type.oid = <type information_schema.triggered_update_columns> then 2002 when base_type.oid = <type information_schema.triggers[]> then 2003 when
  base_type.oid = <type information_schema.triggers> then 2002 when base_type.oid = <type information_schema.udt_privileges[]> then 2003 when base_type.oid = 4451 then 1111 when
  base_type.oid = <type information_schema.udt_privileges> then 2002 when base_type.oid = <type information_schema.role_udt_grants[]> then 2003 when base_type.oid = <type information_schema.role_udt_grants> then 2002 when
  base_type.oid = <type information_schema.usage_privileges[]> then 2003 when base_type.oid = <type information_schema.usage_privileges> then 2002 when base_type.oid = <type information_schema.role_usage_grants[]> then 2003 when
  base_type.oid = <type information_schema.role_usage_grants> then 2002 when base_type.oid = <type information_schema.user_defined_types[]> then 2003 when base_type.oid = <type information_schema.user_defined_types> then 2002 when
  base_type.oid = <type information_schema.view_column_usage[]> then 2003 when base_type.oid = <type information_schema.view_column_usage> then 2002 when base_type.oid = <type information_schema.view_routine_usage[]> then 2003 when
  base_type.oid = <type information_schema.view_routine_usage> then 2002 when base_type.oid = <type information_schema.view_table_usage[]> then 2003 when base_type.oid = <type information_schema.view_table_usage> then 2002 when
  base_type.oid = <type information_schema.views[]> then 2003 when base_type.oid = <type information_schema.views> then 2002 when base_type.oid = <type information_schema.data_type_privileges[]> then 2003 when
  base_type.oid = <type information_schema.data_type_privileges> then 2002 when base_type.oid = <type information_schema.element_types[]> then 2003 when base_type.oid = <type information_schema.element_types> then 2002 when
  base_type.oid = <type information_schema._pg_foreign_table_columns[]> then 2003 when base_type.oid = <type information_schema._pg_foreign_table_columns> then 2002 when base_type.oid = <type information_schema.column_options[]> then 2003 when
  base_type.oid = <type information_schema.column_options> then 2002 when base_type.oid = <type information_schema._pg_foreign_data_wrappers[]> then 2003 when base_type.oid = <type information_schema._pg_foreign_data_wrappers> then 2002 when
  base_type.oid = <type information_schema.foreign_data_wrapper_options[]> then 2003 when base_type.oid = <type information_schema.foreign_data_wrapper_options> then 2002 when base_type.oid = <type information_schema.foreign_data_wrappers[]> then 2003 when
  base_type.oid = <type information_schema.foreign_data_wrappers> then 2002 when base_type.oid = 3500 then 1111 when base_type.oid = <type information_schema._pg_foreign_servers[]> then 2003 when
  base_type.oid = <type information_schema._pg_foreign_servers> then 2002 when base_type.oid = <type information_schema.foreign_server_options[]> then 2003 when base_type.oid = <type information_schema.foreign_server_options> then 2002 when
  base_type.oid = 4532 then 1111 when base_type.oid = 4533 then 1111 when base_type.oid = <type information_schema.foreign_servers[]> then 2003 when
  base_type.oid = 4534 then 1111 when base_type.oid = <type information_schema.foreign_servers> then 2002 when base_type.oid = 4535 then 1111 when
  base_type.oid = 4536 then 1111 when base_type.oid = 4537 then 1111 when base_type.oid = <type information_schema._pg_foreign_tables[]> then 2003 when
  base_type.oid = 4538 then 1111 when base_type.oid = <type information_schema._pg_foreign_tables> then 2002 when base_type.oid = <type information_schema.foreign_table_options[]> then 2003 when
  base_type.oid = <type information_schema.foreign_table_options> then 2002 when base_type.oid = <type information_schema.foreign_tables[]> then 2003 when base_type.oid = <type information_schema.foreign_tables> then 2002 when
  base_type.oid = <type information_schema._pg_user_mappings[]> then 2003 when base_type.oid = <type information_schema._pg_user_mappings> then 2002 when base_type.oid = <type information_schema.user_mapping_options[]> then 2003 when
  base_type.oid = <type information_schema.user_mapping_options> then 2002 when base_type.oid = <type information_schema.user_mappings[]> then 2003 when base_type.oid = <type information_schema.user_mappings> then 2002 when
  base_type.oid = 4600 then 1111 when base_type.oid = 4601 then 1111 when base_type.oid = 1560 then -7 when
  base_type.oid = 1561 then 2003 when base_type.oid = 1562 then 1111 when base_type.oid = 1563 then 2003 when
  base_type.oid = 3614 then 1111 when base_type.oid = 3615 then 1111 when base_type.oid = 3642 then 1111 when
  base_type.oid = 3643 then 2003 when base_type.oid = 3644 then 2003 when base_type.oid = 3645 then 2003 when
  base_type.oid = 600 then 1111 when base_type.oid = 601 then 1111 when base_type.oid = 602 then 1111 when
  base_type.oid = 603 then 1111 when base_type.oid = 604 then 1111 when base_type.oid = 628 then 1111 when
  base_type.oid = 629 then 2003 when base_type.oid = 650 then 1111 when base_type.oid = 651 then 2003 when
  base_type.oid = 3734 then 1111 when base_type.oid = 3735 then 2003 when base_type.oid = 1700 then 2 when
  base_type.oid = 3769 then 1111 when base_type.oid = 3770 then 2003 when base_type.oid = 700 then 7 when
  base_type.oid = 701 then 8 when base_type.oid = 705 then 1111 when base_type.oid = 718 then 1111 when base_type.oid
  = 719 then 2003 when base_type.oid = 2776 then 1111 when base_type.oid = 3802 then 1111 when base_type.oid = 3807
  then 2003 when base_type.oid = <type pg_roles[]> then 2003 when base_type.oid = <type pg_roles> then 2002 when base_type.oid = <type pg_shadow[]> then
  2003 when base_type.oid = <type pg_shadow> then 2002 when base_type.oid = <type pg_group[]> then 2003 when base_type.oid = <type pg_group> then 2002
  when base_type.oid = <type pg_user[]> then 2003 when base_type.oid = <type pg_user> then 2002 when base_type.oid = <type pg_policies[]> then 2003 when
  base_type.oid = <type pg_policies> then 2002 when base_type.oid = 3831 then 1111 when base_type.oid = <type pg_rules[]> then 2003 when
  base_type.oid = <type pg_rules> then 2002 when base_type.oid = <type pg_views[]> then 2003 when base_type.oid = 1790 then 2012 when
  base_type.oid = <type pg_views> then 2002 when base_type.oid = 3838 then 1111 when base_type.oid = <type pg_tables[]> then 2003 when
  base_type.oid = <type pg_tables> then 2002 when base_type.oid = 774 then 1111 when base_type.oid = <type pg_matviews[]> then 2003 when
  base_type.oid = 775 then 2003 when base_type.oid = <type pg_matviews> then 2002 when base_type.oid = <type pg_indexes[]> then 2003 when
  base_type.oid = <type pg_indexes> then 2002 when base_type.oid = 10000 then 2003 when base_type.oid = <type pg_sequences[]> then 2003 when
  base_type.oid = 10001 then 2002 when base_type.oid = <type pg_sequences> then 2002 when base_type.oid = 10002 then 2003 when
  base_type.oid = 10003 then 2002 when base_type.oid = 10004 then 2003 when base_type.oid = 10005 then 2002 when
  base_type.oid = 790 then 8 when base_type.oid = <type pg_stats[]> then 2003 when base_type.oid = 10006 then 2003 when
  base_type.oid = 791 then 2003 when base_type.oid = <type pg_stats> then 2002 when base_type.oid = 10007 then 2002 when
  base_type.oid = 10008 then 2003 when base_type.oid = 10009 then 2002 when base_type.oid = 10010 then 2003 when
  base_type.oid = 2842 then 2002 when base_type.oid = <type pg_stats_ext[]> then 2003 when base_type.oid = 10011 then 2002 when
  base_type.oid = 2843 then 2002 when base_type.oid = <type pg_stats_ext> then 2002 when base_type.oid = 10012 then 2003 when
  base_type.oid = 10013 then 2002 when base_type.oid = 10014 then 2003 when base_type.oid = 10015 then 2002 when
  base_type.oid = <type pg_stats_ext_exprs[]> then 2003 when base_type.oid = 10016 then 2003 when base_type.oid = <type pg_stats_ext_exprs> then 2002 when
  base_type.oid = 10017 then 2002 when base_type.oid = 10018 then 2003 when base_type.oid = 10019 then 2002 when
  base_type.oid = 10020 then 2003 when base_type.oid = <type pg_publication_tables[]> then 2003 when base_type.oid = 10021 then 2002 when
  base_type.oid = <type pg_publication_tables> then 2002 when base_type.oid = 10022 then 2003 when base_type.oid = 10023 then 2002 when
  base_type.oid = 10024 then 2003 when base_type.oid = 10025 then 2002 when base_type.oid = <type pg_locks[]> then 2003 when
  base_type.oid = 10026 then 2003 when base_type.oid = <type pg_locks> then 2002 when base_type.oid = 10027 then 2002 when
  base_type.oid = 10028 then 2003 when base_type.oid = 10029 then 2002 when base_type.oid = <type pg_cursors[]> then 2003 when
  base_type.oid = 10030 then 2003 when base_type.oid = <type pg_cursors> then 2002 when base_type.oid = 10031 then 2002 when
  base_type.oid = 10032 then 2003 when base_type.oid = 10033 then 2002 when base_type.oid = <type pg_available_extensions[]> then 2003 when
  base_type.oid = 10034 then 2003 when base_type.oid = <type pg_available_extensions> then 2002 when base_type.oid = 10035 then 2002 when
  base_type.oid = 10036 then 2003 when base_type.oid = 10037 then 2002 when base_type.oid = <type pg_available_extension_versions[]> then 2003 when
  base_type.oid = 10038 then 2003 when base_type.oid = <type pg_available_extension_versions> then 2002 when base_type.oid = 10039 then 2002 when
  base_type.oid = 10040 then 2003 when base_type.oid = 10041 then 2002 when base_type.oid = 10042 then 2003 when
  base_type.oid = <type pg_prepared_xacts[]> then 2003 when base_type.oid = 10043 then 2002 when base_type.oid = <type pg_prepared_xacts> then 2002 when
  base_type.oid = 10044 then 2003 when base_type.oid = 10045 then 2002 when base_type.oid = 829 then 1111 when
  base_type.oid = 10046 then 2003 when base_type.oid = 10047 then 2002 when base_type.oid = <type pg_prepared_statements[]> then 2003 when
  base_type.oid = 10048 then 2003 when base_type.oid = 3904 then 1111 when base_type.oid = <type pg_prepared_statements> then 2002 when
  base_type.oid = 10049 then 2002 when base_type.oid = 3905 then 2003 when base_type.oid = 10050 then 2003 when
  base_type.oid = 3906 then 1111 when base_type.oid = 10051 then 2002 when base_type.oid = 3907 then 2003 when
  base_type.oid = <type pg_seclabels[]> then 2003 when base_type.oid = 10052 then 2003 when base_type.oid = 3908 then 1111 when
  base_type.oid = <type pg_seclabels> then 2002 when base_type.oid = 10053 then 2003 when base_type.oid = 3909 then 2003 when
  base_type.oid = 10054 then 2002 when base_type.oid = 3910 then 1111 when base_type.oid = 10055 then 2003 when
  base_type.oid = 3911 then 2003 when base_type.oid = 3912 then 1111 when base_type.oid = 10056 then 2002 when
  base_type.oid = <type pg_settings[]> then 2003 when base_type.oid = 10057 then 2003 when base_type.oid = 3913 then 2003 when
  base_type.oid = <type pg_settings> then 2002 when base_type.oid = 10058 then 2003 when base_type.oid = 10059 then 2003 when
  base_type.oid = 10060 then 2002 when base_type.oid = 10061 then 2003 when base_type.oid = 10062 then 2002 when
  base_type.oid = <type pg_file_settings[]> then 2003 when base_type.oid = 10063 then 2003 when base_type.oid = <type pg_file_settings> then 2002 when
  base_type.oid = 10064 then 2002 when base_type.oid = 10065 then 2003 when base_type.oid = 10066 then 2002 when
  base_type.oid = <type pg_hba_file_rules[]> then 2003 when base_type.oid = 10067 then 2003 when base_type.oid = <type pg_hba_file_rules> then 2002 when
  base_type.oid = 10068 then 2002 when base_type.oid = 10069 then 2003 when base_type.oid = 10070 then 2002 when
  base_type.oid = 3926 then 1111 when base_type.oid = <type pg_ident_file_mappings[]> then 2003 when base_type.oid = 10071 then 2003 when
  base_type.oid = 3927 then 2003 when base_type.oid = <type pg_ident_file_mappings> then 2002 when base_type.oid = 10072 then 2002 when
  base_type.oid = 10073 then 2003 when base_type.oid = 10074 then 2002 when base_type.oid = <type pg_timezone_abbrevs[]> then 2003 when
  base_type.oid = 10075 then 2003 when base_type.oid = <type pg_timezone_abbrevs> then 2002 when base_type.oid = 10076 then 2002 when
  base_type.oid = 10077 then 2003 when base_type.oid = 10078 then 2002 when base_type.oid = <type pg_timezone_names[]> then 2003 when
  base_type.oid = 10079 then 2003 when base_type.oid = <type pg_timezone_names> then 2002 when base_type.oid = 10080 then 2002 when
  base_type.oid = 10081 then 2003 when base_type.oid = 10082 then 2002 when base_type.oid = <type pg_config[]> then 2003 when
  base_type.oid = 10083 then 2003 when base_type.oid = <type pg_config> then 2002 when base_type.oid = 10084 then 2002 when
  base_type.oid = 869 then 1111 when base_type.oid = 10085 then 2003 when base_type.oid = 10086 then 2002 when
  base_type.oid = <type pg_shmem_allocations[]> then 2003 when base_type.oid = 10087 then 2003 when base_type.oid = <type pg_shmem_allocations> then 2002 when
  base_type.oid = 10088 then 2002 when base_type.oid = 10089 then 2003 when base_type.oid = 10090 then 2002 when
  base_type.oid = <type pg_backend_memory_contexts[]> then 2003 when base_type.oid = 10091 then 2003 when base_type.oid = <type pg_backend_memory_contexts> then 2002 when
  base_type.oid = 10092 then 2002 when base_type.oid = 10093 then 2003 when base_type.oid = 10094 then 2003 when
  base_type.oid = <type pg_stat_all_tables[]> then 2003 when base_type.oid = 10095 then 2002 when base_type.oid = <type pg_stat_all_tables> then 2002 when
  base_type.oid = 10096 then 2003 when base_type.oid = 10097 then 2002 when base_type.oid = 10098 then 2003 when
  base_type.oid = 10099 then 2002 when base_type.oid = <type pg_stat_xact_all_tables[]> then 2003 when base_type.oid = 10100 then 2003 when
  base_type.oid = <type pg_stat_xact_all_tables> then 2002 when base_type.oid = 10101 then 2002 when base_type.oid = 10102 then 2003 when
  base_type.oid = 10103 then 2002 when base_type.oid = 10104 then 2003 when base_type.oid = <type pg_stat_sys_tables[]> then 2003 when
  base_type.oid = 10105 then 2002 when base_type.oid = <type pg_stat_sys_tables> then 2002 when base_type.oid = 10106 then 2003 when
  base_type.oid = 10107 then 2002 when base_type.oid = 10108 then 2003 when base_type.oid = 10109 then 2002 when
  base_type.oid = <type pg_stat_xact_sys_tables[]> then 2003 when base_type.oid = 10110 then 2003 when base_type.oid = <type pg_stat_xact_sys_tables> then 2002 when
  base_type.oid = 10111 then 2002 when base_type.oid = 10112 then 2003 when base_type.oid = 10113 then 2003 when
  base_type.oid = <type pg_stat_user_tables[]> then 2003 when base_type.oid = 10114 then 2002 when base_type.oid = <type pg_stat_user_tables> then 2002 when
  base_type.oid = 2949 then 2003 when base_type.oid = 2950 then 1111 when base_type.oid = 2951 then 2003 when
  base_type.oid = <type pg_stat_xact_user_tables[]> then 2003 when base_type.oid = <type pg_stat_xact_user_tables> then 2002 when base_type.oid = <type pg_statio_all_tables[]> then 2003 when
  base_type.oid = <type pg_statio_all_tables> then 2002 when base_type.oid = <type pg_statio_sys_tables[]> then 2003 when base_type.oid = <type pg_statio_sys_tables> then 2002 when
  base_type.oid = <type pg_statio_user_tables[]> then 2003 when base_type.oid = <type pg_statio_user_tables> then 2002 when base_type.oid = <type pg_stat_all_indexes[]> then 2003 when
  base_type.oid = <type pg_stat_all_indexes> then 2002 when base_type.oid = 5017 then 1111 when base_type.oid = 2970 then 1111 when
  base_type.oid = <type pg_stat_sys_indexes[]> then 2003 when base_type.oid = <type pg_stat_sys_indexes> then 2002 when base_type.oid = <type pg_stat_user_indexes[]> then 2003 when
  base_type.oid = <type pg_stat_user_indexes> then 2002 when base_type.oid = <type pg_statio_all_indexes[]> then 2003 when base_type.oid = <type pg_statio_all_indexes> then 2002 when
  base_type.oid = <type pg_statio_sys_indexes[]> then 2003 when base_type.oid = <type pg_statio_sys_indexes> then 2002 when base_type.oid = <type pg_statio_user_indexes[]> then 2003 when
  base_type.oid = 5038 then 1111 when base_type.oid = <type pg_statio_user_indexes> then 2002 when base_type.oid = 5039 then 2003 when
  base_type.oid = <type pg_statio_all_sequences[]> then 2003 when base_type.oid = <type pg_statio_all_sequences> then 2002 when base_type.oid = <type pg_statio_sys_sequences[]> then 2003 when
  base_type.oid = <type pg_statio_sys_sequences> then 2002 when base_type.oid = <type pg_statio_user_sequences[]> then 2003 when base_type.oid = <type pg_statio_user_sequences> then 2002 when
  base_type.oid = <type pg_stat_activity[]> then 2003 when base_type.oid = <type pg_stat_activity> then 2002 when base_type.oid = <type pg_stat_replication[]> then 2003 when
  base_type.oid = <type pg_stat_replication> then 2002 when base_type.oid = <type pg_stat_slru[]> then 2003 when base_type.oid = <type pg_stat_slru> then 2002 when
  base_type.oid = <type pg_stat_wal_receiver[]> then 2003 when base_type.oid = 5069 then 1111 when base_type.oid = <type pg_stat_wal_receiver> then 2002 when
  base_type.oid = <type pg_stat_recovery_prefetch[]> then 2003 when base_type.oid = <type pg_stat_recovery_prefetch> then 2002 when base_type.oid = <type pg_stat_subscription[]> then 2003 when
  base_type.oid = 6101 then 2002 when base_type.oid = 5077 then 1111 when base_type.oid = <type pg_stat_subscription> then 2002 when
  base_type.oid = 5078 then 1111 when base_type.oid = 5079 then 1111 when base_type.oid = 5080 then 1111 when
  base_type.oid = <type pg_stat_ssl[]> then 2003 when base_type.oid = <type pg_stat_ssl> then 2002 when base_type.oid = <type pg_stat_gssapi[]> then 2003 when
  base_type.oid = <type pg_stat_gssapi> then 2002 when base_type.oid = <type pg_replication_slots[]> then 2003 when base_type.oid = 4066 then 2002 when
  base_type.oid = <type pg_replication_slots> then 2002 when base_type.oid = <type pg_stat_replication_slots[]> then 2003 when base_type.oid = 1000 then 2003 when
  base_type.oid = <type pg_stat_replication_slots> then 2002 when base_type.oid = 4072 then 1111 when base_type.oid = 1001 then 2003 when
  base_type.oid = 4073 then 2003 when base_type.oid = 1002 then 2003 when base_type.oid = 1003 then 2003 when
  base_type.oid = <type pg_stat_database[]> then 2003 when base_type.oid = <type pg_stat_database> then 2002 when base_type.oid = 1005 then 2003 when
  base_type.oid = 1006 then 2003 when base_type.oid = 1007 then 2003 when base_type.oid = <type pg_stat_database_conflicts[]> then 2003 when
  base_type.oid = 1008 then 2003 when base_type.oid = 1009 then 2003 when base_type.oid = <type pg_stat_database_conflicts> then 2002 when
  base_type.oid = 1010 then 2003 when base_type.oid = 1011 then 2003 when base_type.oid = <type pg_stat_user_functions[]> then 2003 when
  base_type.oid = 1012 then 2003 when base_type.oid = <type pg_stat_user_functions> then 2002 when base_type.oid = 1013 then 2003 when
  base_type.oid = 1014 then 2003 when base_type.oid = 1015 then 2003 when base_type.oid = 1016 then 2003 when
  base_type.oid = 1017 then 2003 when base_type.oid = <type pg_stat_xact_user_functions[]> then 2003 when base_type.oid = 4089 then 1111 when
  base_type.oid = <type pg_stat_xact_user_functions> then 2002 when base_type.oid = 4090 then 2003 when base_type.oid = 1018 then 2003 when
  base_type.oid = 1019 then 2003 when base_type.oid = 1020 then 2003 when base_type.oid = 1021 then 2003 when
  base_type.oid = 1022 then 2003 when base_type.oid = <type pg_stat_archiver[]> then 2003 when base_type.oid = <type pg_stat_archiver> then 2002 else 1111
  end from pg_type base_type where base_type.oid=t.typbasetype) else null end as base_type
  from pg_catalog.pg_type t, pg_catalog.pg_namespace n where t.typnamespace = n.oid and n.nspname != 'pg_catalog' and
  n.nspname != 'pg_toast' and t.typtype IN ('c','d') and t.typname like '%' and n.nspname like 'shop'
  order by data_type, type_schem, type_name;

--# getUDTs
-- versions: 18
select null as type_cat, n.nspname as type_schem, t.typname as type_name, null as class_name, CASE WHEN t.typtype='c'
  then 2002 else 2001 end as data_type, pg_catalog.obj_description(t.oid, 'pg_type') as remarks, CASE WHEN t.typtype =
  'd' then (select CASE when base_type.oid = 4096 then 1111 when base_type.oid = 4097 then 2003 when base_type.oid =
  <type pg_stat_archiver[]> then 2003 when base_type.oid = <type pg_stat_archiver> then 2002 when base_type.oid = 1027 then 2003 when base_type.oid = 1028
  then 2003 when base_type.oid = <type shop.customers[]> then 2003 when base_type.oid = <type pg_stat_bgwriter[]> then 2003 when base_type.oid = 6150 then
  2003 when base_type.oid = <type shop.customers> then 2002 when base_type.oid = <type pg_stat_bgwriter> then 2002 when base_type.oid = 6151 then 2003
  when base_type.oid = 6152 then 2003 when base_type.oid = 6153 then 2003 when base_type.oid = 1033 then 1111 when
  base_type.oid = <type pg_stat_checkpointer[]> then 2003 when base_type.oid = 1034 then 2003 when base_type.oid = <type pg_stat_checkpointer> then 2002 when
  base_type.oid = 6155 then 2003 when base_type.oid = 6157 then 2003 when base_type.oid = <type pg_stat_io[]> then 2003 when
  base_type.oid = <type pg_stat_io> then 2002 when base_type.oid = 16 then -7 when base_type.oid = 1040 then 2003 when
  base_type.oid = 17 then -2 when base_type.oid = 1041 then 2003 when base_type.oid = 18 then 1 when base_type.oid =
  1042 then 1 when base_type.oid = <type pg_stat_wal[]> then 2003 when base_type.oid = 1043 then 12 when base_type.oid = 19 then 12
  when base_type.oid = <type pg_stat_wal> then 2002 when base_type.oid = 20 then -5 when base_type.oid = 21 then 5 when
  base_type.oid = <type pg_stat_progress_analyze[]> then 2003 when base_type.oid = 22 then 1111 when base_type.oid = 23 then 4 when base_type.oid
  = <type pg_stat_progress_analyze> then 2002 when base_type.oid = 24 then 1111 when base_type.oid = 25 then 12 when base_type.oid = 26 then -5
  when base_type.oid = <type shop.addresses[]> then 2003 when base_type.oid = <type pg_stat_progress_vacuum[]> then 2003 when base_type.oid = 27 then 1111 when
  base_type.oid = <type shop.addresses> then 2002 when base_type.oid = <type pg_stat_progress_vacuum> then 2002 when base_type.oid = 28 then 1111 when
  base_type.oid = 29 then 1111 when base_type.oid = 30 then 1111 when base_type.oid = <type pg_stat_progress_cluster[]> then 2003 when
  base_type.oid = 32 then 1111 when base_type.oid = <type pg_stat_progress_cluster> then 2002 when base_type.oid = <type pg_stat_progress_create_index[]> then 2003 when
  base_type.oid = <type pg_stat_progress_create_index> then 2002 when base_type.oid = <type pg_stat_progress_basebackup[]> then 2003 when base_type.oid = <type pg_stat_progress_basebackup> then 2002 when
  base_type.oid = 3115 then 1111 when base_type.oid = <type shop.products[]> then 2003 when base_type.oid = <type pg_stat_progress_copy[]> then 2003 when
  base_type.oid = <type shop.products> then 2002 when base_type.oid = <type pg_stat_progress_copy> then 2002 when base_type.oid = <type pg_user_mappings[]> then 2003 when
  base_type.oid = <type pg_user_mappings> then 2002 when base_type.oid = <type pg_replication_origin_status[]> then 2003 when base_type.oid = <type pg_replication_origin_status> then 2002 when
  base_type.oid = 1082 then 91 when base_type.oid = 1083 then 92 when base_type.oid = <type shop.orders[]> then 2003 when
  base_type.oid = <type pg_stat_subscription_stats[]> then 2003 when base_type.oid = <type shop.orders> then 2002 when base_type.oid = <type pg_stat_subscription_stats> then 2002 when
  base_type.oid = <type pg_wait_events[]> then 2003 when base_type.oid = <type pg_wait_events> then 2002 when base_type.oid = <type pg_aios[]> then 2003 when
  base_type.oid = <type pg_aios> then 2002 when base_type.oid = 71 then 2002 when base_type.oid = <type shop.order_items[]> then 2003 when
  base_type.oid = 75 then 2002 when base_type.oid = <type shop.order_items> then 2002 when base_type.oid = 81 then 2002 when
  base_type.oid = 83 then 2002 when base_type.oid = <type shop.payment_cards[]> then 2003 when base_type.oid = <type shop.payment_cards> then 2002 when
  base_type.oid = 1114 then 93 when base_type.oid = 1115 then 2003 when base_type.oid = 4191 then 1111 when
  base_type.oid = 4192 then 2003 when base_type.oid = <type shop.browsing_events[]> then 2003 when base_type.oid = <type shop.browsing_events> then 2002 when
  base_type.oid = <type shop.consents[]> then 2003 when base_type.oid = 114 then 1111 when base_type.oid = <type shop.consents> then 2002 when
  base_type.oid = <type shop.customer_contacts[]> then 2003 when base_type.oid = <type shop.customer_contacts> then 2002 when base_type.oid = <type shop.sales_by_city[]> then 2003 when
  base_type.oid = <type shop.sales_by_city> then 2002 when base_type.oid = 142 then 2009 when base_type.oid = 143 then 2003 when
  base_type.oid = <type information_schema.cardinal_number[]> then 2003 when base_type.oid = <type information_schema.cardinal_number> then 2001 when base_type.oid = 3220 then 1111 when
  base_type.oid = <type information_schema.character_data[]> then 2003 when base_type.oid = 3221 then 2003 when base_type.oid = <type information_schema.character_data> then 2001 when
  base_type.oid = <type information_schema.sql_identifier[]> then 2003 when base_type.oid = <type information_schema.sql_identifier> then 2001 when base_type.oid = 2201 then 2003 when
  base_type.oid = <type information_schema.information_schema_catalog_name[]> then 2003 when base_type.oid = 2202 then 1111 when base_type.oid = <type information_schema.information_schema_catalog_name> then 2002 when
  base_type.oid = 2203 then 1111 when base_type.oid = 2204 then 1111 when base_type.oid = <type information_schema.time_stamp[]> then 2003 when
  base_type.oid = 2205 then 1111 when base_type.oid = 1182 then 2003 when base_type.oid = <type information_schema.time_stamp> then 2001 when
  base_type.oid = 2206 then 1111 when base_type.oid = 1183 then 2003 when base_type.oid = <type information_schema.yes_or_no[]> then 2003 when
  base_type.oid = 2207 then 2003 when base_type.oid = 1184 then 93 when base_type.oid = <type information_schema.yes_or_no> then 2001 when
  base_type.oid = 2208 then 2003 when base_type.oid = 1185 then 2003 when base_type.oid = 2209 then 2003 when
  base_type.oid = 2210 then 2003 when base_type.oid = 1186 then 1111 when base_type.oid = <type information_schema.applicable_roles[]> then 2003 when
  base_type.oid = 2211 then 2003 when base_type.oid = 1187 then 2003 when base_type.oid = <type information_schema.applicable_roles> then 2002 when
  base_type.oid = <type information_schema.administrable_role_authorizations[]> then 2003 when base_type.oid = <type information_schema.administrable_role_authorizations> then 2002 when base_type.oid = <type information_schema.attributes[]> then 2003 when
  base_type.oid = <type information_schema.attributes> then 2002 when base_type.oid = <type information_schema.character_sets[]> then 2003 when base_type.oid = <type information_schema.character_sets> then 2002 when
  base_type.oid = <type information_schema.check_constraint_routine_usage[]> then 2003 when base_type.oid = <type shop.browsing_events_2025_01[]> then 2003 when base_type.oid = <type information_schema.check_constraint_routine_usage> then 2002 when
  base_type.oid = <type shop.browsing_events_2025_01> then 2002 when base_type.oid = <type information_schema.check_constraints[]> then 2003 when base_type.oid = <type information_schema.check_constraints> then 2002 when
  base_type.oid = <type information_schema.collations[]> then 2003 when base_type.oid = <type information_schema.collations> then 2002 when base_type.oid = 194 then 1111 when
  base_type.oid = <type shop.browsing_events_2025_02[]> then 2003 when base_type.oid = <type information_schema.collation_character_set_applicability[]> then 2003 when base_type.oid = <type shop.browsing_events_2025_02> then 2002 when
  base_type.oid = <type information_schema.collation_character_set_applicability> then 2002 when base_type.oid = 199 then 2003 when base_type.oid = 2249 then 1111 when
  base_type.oid = <type information_schema.column_column_usage[]> then 2003 when base_type.oid = <type information_schema.column_column_usage> then 2002 when base_type.oid = 1231 then 2003 when
  base_type.oid = <type information_schema.column_domain_usage[]> then 2003 when base_type.oid = <type information_schema.column_domain_usage> then 2002 when base_type.oid = 210 then 2003 when
  base_type.oid = <type shop.browsing_events_later[]> then 2003 when base_type.oid = <type shop.browsing_events_later> then 2002 when base_type.oid = <type information_schema.column_privileges[]> then 2003 when
  base_type.oid = <type information_schema.column_privileges> then 2002 when base_type.oid = <type information_schema.column_udt_usage[]> then 2003 when base_type.oid = <type information_schema.column_udt_usage> then 2002 when
  base_type.oid = <type information_schema.columns[]> then 2003 when base_type.oid = <type information_schema.columns> then 2002 when base_type.oid = <type shop.channel[]> then 2003 when
  base_type.oid = 1248 then 2002 when base_type.oid = <type shop.channel> then 12 when base_type.oid = <type information_schema.constraint_column_usage[]> then 2003 when
  base_type.oid = 2275 then 1111 when base_type.oid = <type information_schema.constraint_column_usage> then 2002 when base_type.oid = 2276 then 1111 when
  base_type.oid = 2277 then 1111 when base_type.oid = 2278 then 1111 when base_type.oid = <type shop.money_range[]> then 2003 when
  base_type.oid = 2279 then 1111 when base_type.oid = <type shop.money_multirange> then 1111 when base_type.oid = <type information_schema.constraint_table_usage[]> then 2003 when
  base_type.oid = 2280 then 1111 when base_type.oid = <type shop.money_multirange[]> then 2003 when base_type.oid = <type information_schema.constraint_table_usage> then 2002 when
  base_type.oid = 2281 then 1111 when base_type.oid = <type shop.money_range> then 1111 when base_type.oid = 2283 then 1111 when
  base_type.oid = <type information_schema.domain_constraints[]> then 2003 when base_type.oid = <type information_schema.domain_constraints> then 2002 when base_type.oid = 3310 then 1111 when
  base_type.oid = 2287 then 2003 when base_type.oid = 1263 then 2003 when base_type.oid = 1266 then 92 when
  base_type.oid = <type shop.geo[]> then 2003 when base_type.oid = <type information_schema.domain_udt_usage[]> then 2003 when base_type.oid = <type shop.geo> then 2002 when
  base_type.oid = <type information_schema.domain_udt_usage> then 2002 when base_type.oid = <type shop.percent[]> then 2003 when base_type.oid = <type shop.percent> then 2001 when
  base_type.oid = 1270 then 2003 when base_type.oid = <type information_schema.domains[]> then 2003 when base_type.oid = <type information_schema.domains> then 2002 when
  base_type.oid = <type shop.campaigns[]> then 2003 when base_type.oid = <type shop.campaigns> then 2002 when base_type.oid = <type information_schema.enabled_roles[]> then 2003 when
  base_type.oid = <type information_schema.enabled_roles> then 2002 when base_type.oid = <type information_schema.key_column_usage[]> then 2003 when base_type.oid = <type information_schema.key_column_usage> then 2002 when
  base_type.oid = <type information_schema.parameters[]> then 2003 when base_type.oid = <type information_schema.parameters> then 2002 when base_type.oid = <type information_schema.referential_constraints[]> then 2003 when
  base_type.oid = <type information_schema.referential_constraints> then 2002 when base_type.oid = 269 then 1111 when base_type.oid = <type information_schema.role_column_grants[]> then 2003 when
  base_type.oid = 270 then 2003 when base_type.oid = <type information_schema.role_column_grants> then 2002 when base_type.oid = 271 then 2003 when
  base_type.oid = 272 then 2003 when base_type.oid = 273 then 2003 when base_type.oid = <type information_schema.routine_column_usage[]> then 2003 when
  base_type.oid = <type information_schema.routine_column_usage> then 2002 when base_type.oid = <type information_schema.routine_privileges[]> then 2003 when base_type.oid = <type information_schema.routine_privileges> then 2002 when
  base_type.oid = <type shop.notices[]> then 2003 when base_type.oid = <type shop.notices> then 2002 when base_type.oid = <type information_schema.role_routine_grants[]> then 2003 when
  base_type.oid = <type information_schema.role_routine_grants> then 2002 when base_type.oid = <type information_schema.routine_routine_usage[]> then 2003 when base_type.oid = <type information_schema.routine_routine_usage> then 2002 when
  base_type.oid = 3361 then 1111 when base_type.oid = <type information_schema.routine_sequence_usage[]> then 2003 when base_type.oid = <type shop.big_campaigns[]> then 2003 when
  base_type.oid = <type information_schema.routine_sequence_usage> then 2002 when base_type.oid = <type shop.big_campaigns> then 2002 when base_type.oid = <type information_schema.routine_table_usage[]> then 2003 when
  base_type.oid = <type information_schema.routine_table_usage> then 2002 when base_type.oid = <type information_schema.routines[]> then 2003 when base_type.oid = <type information_schema.routines> then 2002 when
  base_type.oid = <type information_schema.schemata[]> then 2003 when base_type.oid = <type shop.monthly_revenue[]> then 2003 when base_type.oid = <type information_schema.schemata> then 2002 when
  base_type.oid = <type shop.monthly_revenue> then 2002 when base_type.oid = <type information_schema.sequences[]> then 2003 when base_type.oid = <type information_schema.sequences> then 2002 when
  base_type.oid = <type information_schema.sql_features[]> then 2003 when base_type.oid = <type information_schema.sql_features> then 2002 when base_type.oid = <type shop.product_list[]> then 2003 when
  base_type.oid = <type shop.product_list> then 2002 when base_type.oid = <type information_schema.sql_implementation_info[]> then 2003 when base_type.oid = <type information_schema.sql_implementation_info> then 2002 when
  base_type.oid = 325 then 1111 when base_type.oid = <type information_schema.sql_parts[]> then 2003 when base_type.oid = <type information_schema.sql_parts> then 2002 when
  base_type.oid = 3402 then 1111 when base_type.oid = <type information_schema.sql_sizing[]> then 2003 when base_type.oid = <type information_schema.sql_sizing> then 2002 when
  base_type.oid = <type tpch.region[]> then 2003 when base_type.oid = <type tpch.region> then 2002 when base_type.oid = <type information_schema.table_constraints[]> then 2003 when
  base_type.oid = <type information_schema.table_constraints> then 2002 when base_type.oid = <type tpch.nation[]> then 2003 when base_type.oid = <type tpch.nation> then 2002 when
  base_type.oid = <type information_schema.table_privileges[]> then 2003 when base_type.oid = <type information_schema.table_privileges> then 2002 when base_type.oid = <type information_schema.role_table_grants[]> then 2003 when
  base_type.oid = <type information_schema.role_table_grants> then 2002 when base_type.oid = <type information_schema.tables[]> then 2003 when base_type.oid = <type information_schema.tables> then 2002 when
  base_type.oid = <type tpch.supplier[]> then 2003 when base_type.oid = <type tpch.supplier> then 2002 when base_type.oid = 4451 then 1111 when
  base_type.oid = <type information_schema.transforms[]> then 2003 when base_type.oid = <type information_schema.transforms> then 2002 when base_type.oid = <type information_schema.triggered_update_columns[]> then 2003 when
  base_type.oid = <type information_schema.triggered_update_columns> then 2002 when base_type.oid = <type information_schema.triggers[]> then 2003 when base_type.oid = <type information_schema.triggers> then 2002 when
  base_type.oid = <type tpch.part[]> then 2003 when base_type.oid = <type information_schema.udt_privileges[]> then 2003 when base_type.oid = <type tpch.part> then 2002 when
  base_type.oid = <type information_schema.udt_privileges> then 2002 when base_type.oid = <type information_schema.role_udt_grants[]> then 2003 when base_type.oid = <type information_schema.role_udt_grants> then 2002 when
  base_type.oid = <type information_schema.usage_privileges[]> then 2003 when base_type.oid = <type information_schema.usage_privileges> then 2002 when base_type.oid = <type tpch.partsupp[]> then 2003 when
  base_type.oid = <type information_schema.role_usage_grants[]> then 2003 when base_type.oid = <type tpch.partsupp> then 2002 when base_type.oid = <type information_schema.role_usage_grants> then 2002 when
  base_type.oid = <type information_schema.user_defined_types[]> then 2003 when base_type.oid = <type information_schema.user_defined_types> then 2002 when base_type.oid = <type information_schema.view_column_usage[]> then 2003 when
  base_type.oid = <type information_schema.view_column_usage> then 2002 when base_type.oid = <type information_schema.view_routine_usage[]> then 2003 when base_type.oid = <type information_schema.view_routine_usage> then 2002 when
  base_type.oid = <type information_schema.view_table_usage[]> then 2003 when base_type.oid = <type tpch.customer[]> then 2003 when base_type.oid = <type information_schema.view_table_usage> then 2002 when
  base_type.oid = <type tpch.customer> then 2002 when base_type.oid = <type information_schema.views[]> then 2003 when base_type.oid = <type information_schema.views> then 2002 when
  base_type.oid = <type information_schema.data_type_privileges[]> then 2003 when base_type.oid = <type information_schema.data_type_privileges> then 2002 when base_type.oid = <type information_schema.element_types[]> then 2003 when
  base_type.oid = <type information_schema.element_types> then 2002 when base_type.oid = <type tpch.orders[]> then 2003 when base_type.oid = <type tpch.orders> then 2002 when
  base_type.oid = <type information_schema._pg_foreign_table_columns[]> then 2003 when base_type.oid = <type information_schema._pg_foreign_table_columns> then 2002 when base_type.oid = 3500 then 1111 when
  base_type.oid = <type information_schema.column_options[]> then 2003 when base_type.oid = <type information_schema.column_options> then 2002 when base_type.oid = <type information_schema._pg_foreign_data_wrappers[]> then 2003 when
  base_type.oid = <type information_schema._pg_foreign_data_wrappers> then 2002 when base_type.oid = 4532 then 1111 when base_type.oid = <type information_schema.foreign_data_wrapper_options[]> then 2003 when
  base_type.oid = 4533 then 1111 when base_type.oid = <type information_schema.foreign_data_wrapper_options> then 2002 when base_type.oid = 4534 then 1111 when
  base_type.oid = 4535 then 1111 when base_type.oid = 4536 then 1111 when base_type.oid = <type information_schema.foreign_data_wrappers[]> then 2003 when
  base_type.oid = 4537 then 1111 when base_type.oid = <type tpch.lineitem[]> then 2003 when base_type.oid = <type information_schema.foreign_data_wrappers> then 2002 when
  base_type.oid = 4538 then 1111 when base_type.oid = <type tpch.lineitem> then 2002 when base_type.oid = <type information_schema._pg_foreign_servers[]> then 2003 when
  base_type.oid = <type information_schema._pg_foreign_servers> then 2002 when base_type.oid = <type information_schema.foreign_server_options[]> then 2003 when base_type.oid = <type information_schema.foreign_server_options> then 2002 when
  base_type.oid = <type information_schema.foreign_servers[]> then 2003 when base_type.oid = <type information_schema.foreign_servers> then 2002 when base_type.oid = <type information_schema._pg_foreign_tables[]> then 2003 when
  base_type.oid = <type information_schema._pg_foreign_tables> then 2002 when base_type.oid = <type information_schema.foreign_table_options[]> then 2003 when base_type.oid = <type information_schema.foreign_table_options> then 2002 when
  base_type.oid = <type information_schema.foreign_tables[]> then 2003 when base_type.oid = <type information_schema.foreign_tables> then 2002 when base_type.oid = <type information_schema._pg_user_mappings[]> then 2003 when
  base_type.oid = <type information_schema._pg_user_mappings> then 2002 when base_type.oid = <type information_schema.user_mapping_options[]> then 2003 when base_type.oid = <type information_schema.user_mapping_options> then 2002 when
  base_type.oid = <type information_schema.user_mappings[]> then 2003 when base_type.oid = <type information_schema.user_mappings> then 2002 when base_type.oid = 4600 then 1111 when
  base_type.oid = 4601 then 1111 when base_type.oid = 1560 then -7 when base_type.oid = 1561 then 2003 when
  base_type.oid = 1562 then 1111 when base_type.oid = 1563 then 2003 when base_type.oid = 3614 then 1111 when
  base_type.oid = 3615 then 1111 when base_type.oid = 3642 then 1111 when base_type.oid = 3643 then 2003 when
  base_type.oid = 3644 then 2003 when base_type.oid = 3645 then 2003 when base_type.oid = 600 then 1111 when
  base_type.oid = 601 then 1111 when base_type.oid = 602 then 1111 when base_type.oid = 603 then 1111 when
  base_type.oid = 604 then 1111 when base_type.oid = 628 then 1111 when base_type.oid = 629 then 2003 when
  base_type.oid = 650 then 1111 when base_type.oid = 651 then 2003 when base_type.oid = 3734 then 1111 when
  base_type.oid = 3735 then 2003 when base_type.oid = 1700 then 2 when base_type.oid = 3769 then 1111 when
  base_type.oid = 3770 then 2003 when base_type.oid = 700 then 7 when base_type.oid = 701 then 8 when base_type.oid =
  705 then 1111 when base_type.oid = 718 then 1111 when base_type.oid = 719 then 2003 when base_type.oid = 2776 then
  1111 when base_type.oid = 3802 then 1111 when base_type.oid = 3807 then 2003 when base_type.oid = <type pg_roles[]> then 2003
  when base_type.oid = <type pg_roles> then 2002 when base_type.oid = <type pg_shadow[]> then 2003 when base_type.oid = <type pg_shadow> then 2002 when
  base_type.oid = <type pg_group[]> then 2003 when base_type.oid = <type pg_group> then 2002 when base_type.oid = <type pg_user[]> then 2003 when
  base_type.oid = <type pg_user> then 2002 when base_type.oid = <type pg_policies[]> then 2003 when base_type.oid = <type pg_policies> then 2002 when
  base_type.oid = 3831 then 1111 when base_type.oid = <type pg_rules[]> then 2003 when base_type.oid = <type pg_rules> then 2002 when
  base_type.oid = <type pg_views[]> then 2003 when base_type.oid = 1790 then 2012 when base_type.oid = <type pg_views> then 2002 when
  base_type.oid = 3838 then 1111 when base_type.oid = <type pg_tables[]> then 2003 when base_type.oid = <type pg_tables> then 2002 when
  base_type.oid = 774 then 1111 when base_type.oid = <type pg_matviews[]> then 2003 when base_type.oid = 775 then 2003 when
  base_type.oid = <type pg_matviews> then 2002 when base_type.oid = <type pg_indexes[]> then 2003 when base_type.oid = <type pg_indexes> then 2002 when
  base_type.oid = 10000 then 2003 when base_type.oid = <type pg_sequences[]> then 2003 when base_type.oid = 10001 then 2002 when
  base_type.oid = <type pg_sequences> then 2002 when base_type.oid = 10002 then 2003 when base_type.oid = 10003 then 2002 when
  base_type.oid = 10004 then 2003 when base_type.oid = 10005 then 2002 when base_type.oid = 790 then 8 when
  base_type.oid = <type pg_stats[]> then 2003 when base_type.oid = 10006 then 2003 when base_type.oid = 791 then 2003 when
  base_type.oid = <type pg_stats> then 2002 when base_type.oid = 10007 then 2002 when base_type.oid = 10008 then 2003 when
  base_type.oid = 10009 then 2002 when base_type.oid = 10010 then 2003 when base_type.oid = 2842 then 2002 when
  base_type.oid = <type pg_stats_ext[]> then 2003 when base_type.oid = 10011 then 2002 when base_type.oid = 2843 then 2002 when
  base_type.oid = <type pg_stats_ext> then 2002 when base_type.oid = 10012 then 2003 when base_type.oid = 10013 then 2002 when
  base_type.oid = 10014 then 2003 when base_type.oid = 10015 then 2002 when base_type.oid = <type pg_stats_ext_exprs[]> then 2003 when
  base_type.oid = 10016 then 2003 when base_type.oid = <type pg_stats_ext_exprs> then 2002 when base_type.oid = 10017 then 2002 when
  base_type.oid = 10018 then 2003 when base_type.oid = 10019 then 2002 when base_type.oid = 10020 then 2003 when
  base_type.oid = <type pg_publication_tables[]> then 2003 when base_type.oid = 10021 then 2002 when base_type.oid = <type pg_publication_tables> then 2002 when
  base_type.oid = 10022 then 2003 when base_type.oid = 10023 then 2002 when base_type.oid = 10024 then 2003 when
  base_type.oid = 10025 then 2002 when base_type.oid = <type pg_locks[]> then 2003 when base_type.oid = 10026 then 2003 when
  base_type.oid = <type pg_locks> then 2002 when base_type.oid = 10027 then 2002 when base_type.oid = 10028 then 2003 when
  base_type.oid = 10029 then 2002 when base_type.oid = <type pg_cursors[]> then 2003 when base_type.oid = 10030 then 2003 when
  base_type.oid = <type pg_cursors> then 2002 when base_type.oid = 10031 then 2002 when base_type.oid = 10032 then 2003 when
  base_type.oid = 10033 then 2002 when base_type.oid = <type pg_available_extensions[]> then 2003 when base_type.oid = 10034 then 2003 when
  base_type.oid = <type pg_available_extensions> then 2002 when base_type.oid = 10035 then 2002 when base_type.oid = 10036 then 2003 when
  base_type.oid = 10037 then 2002 when base_type.oid = <type pg_available_extension_versions[]> then 2003 when base_type.oid = 10038 then 2003 when
  base_type.oid = <type pg_available_extension_versions> then 2002 when base_type.oid = 10039 then 2002 when base_type.oid = 10040 then 2003 when
  base_type.oid = 10041 then 2002 when base_type.oid = 10042 then 2003 when base_type.oid = <type pg_prepared_xacts[]> then 2003 when
  base_type.oid = 10043 then 2002 when base_type.oid = <type pg_prepared_xacts> then 2002 when base_type.oid = 10044 then 2003 when
  base_type.oid = 10045 then 2002 when base_type.oid = 829 then 1111 when base_type.oid = 10046 then 2003 when
  base_type.oid = 10047 then 2002 when base_type.oid = <type pg_prepared_statements[]> then 2003 when base_type.oid = 10048 then 2003 when
  base_type.oid = 3904 then 1111 when base_type.oid = <type pg_prepared_statements> then 2002 when base_type.oid = 10049 then 2002 when
  base_type.oid = 3905 then 2003 when base_type.oid = 10050 then 2003 when base_type.oid = 3906 then 1111 when
  base_type.oid = 10051 then 2002 when base_type.oid = 3907 then 2003 when base_type.oid = <type pg_seclabels[]> then 2003 when
  base_type.oid = 10052 then 2003 when base_type.oid = 3908 then 1111 when base_type.oid = <type pg_seclabels> then 2002 when
  base_type.oid = 10053 then 2003 when base_type.oid = 3909 then 2003 when base_type.oid = 10054 then 2002 when
  base_type.oid = 3910 then 1111 when base_type.oid = 10055 then 2003 when base_type.oid = 3911 then 2003 when
  base_type.oid = 3912 then 1111 when base_type.oid = 10056 then 2002 when base_type.oid = <type pg_settings[]> then 2003 when
  base_type.oid = 10057 then 2003 when base_type.oid = 3913 then 2003 when base_type.oid = <type pg_settings> then 2002 when
  base_type.oid = 10058 then 2003 when base_type.oid = 10059 then 2003 when base_type.oid = 10060 then 2002 when
  base_type.oid = 10061 then 2003 when base_type.oid = 10062 then 2002 when base_type.oid = <type pg_file_settings[]> then 2003 when
  base_type.oid = 10063 then 2003 when base_type.oid = <type pg_file_settings> then 2002 when base_type.oid = 10064 then 2002 when
  base_type.oid = 10065 then 2003 when base_type.oid = 10066 then 2002 when base_type.oid = <type pg_hba_file_rules[]> then 2003 when
  base_type.oid = 10067 then 2003 when base_type.oid = <type pg_hba_file_rules> then 2002 when base_type.oid = 10068 then 2002 when
  base_type.oid = 10069 then 2003 when base_type.oid = 10070 then 2002 when base_type.oid = 3926 then 1111 when
  base_type.oid = <type pg_ident_file_mappings[]> then 2003 when base_type.oid = 10071 then 2003 when base_type.oid = 3927 then 2003 when
  base_type.oid = <type pg_ident_file_mappings> then 2002 when base_type.oid = 10072 then 2002 when base_type.oid = 10073 then 2003 when
  base_type.oid = 10074 then 2002 when base_type.oid = <type pg_timezone_abbrevs[]> then 2003 when base_type.oid = 10075 then 2003 when
  base_type.oid = <type pg_timezone_abbrevs> then 2002 when base_type.oid = 10076 then 2002 when base_type.oid = 10077 then 2003 when
  base_type.oid = 10078 then 2002 when base_type.oid = <type pg_timezone_names[]> then 2003 when base_type.oid = 10079 then 2003 when
  base_type.oid = <type pg_timezone_names> then 2002 when base_type.oid = 10080 then 2002 when base_type.oid = 10081 then 2003 when
  base_type.oid = 10082 then 2002 when base_type.oid = <type pg_config[]> then 2003 when base_type.oid = 10083 then 2003 when
  base_type.oid = <type pg_config> then 2002 when base_type.oid = 10084 then 2002 when base_type.oid = 869 then 1111 when
  base_type.oid = 10085 then 2003 when base_type.oid = 10086 then 2002 when base_type.oid = <type pg_shmem_allocations[]> then 2003 when
  base_type.oid = 10087 then 2003 when base_type.oid = <type pg_shmem_allocations> then 2002 when base_type.oid = 10088 then 2002 when
  base_type.oid = 10089 then 2003 when base_type.oid = 10090 then 2002 when base_type.oid = <type pg_shmem_allocations_numa[]> then 2003 when
  base_type.oid = 10091 then 2003 when base_type.oid = <type pg_shmem_allocations_numa> then 2002 when base_type.oid = 10092 then 2002 when
  base_type.oid = 10093 then 2003 when base_type.oid = 10094 then 2003 when base_type.oid = <type pg_backend_memory_contexts[]> then 2003 when
  base_type.oid = 10095 then 2002 when base_type.oid = <type pg_backend_memory_contexts> then 2002 when base_type.oid = 10096 then 2003 when
  base_type.oid = 10097 then 2002 when base_type.oid = 10098 then 2003 when base_type.oid = <type pg_stat_all_tables[]> then 2003 when
  base_type.oid = 10099 then 2002 when base_type.oid = <type pg_stat_all_tables> then 2002 when base_type.oid = 10100 then 2003 when
  base_type.oid = 10101 then 2002 when base_type.oid = 10102 then 2003 when base_type.oid = 10103 then 2002 when
  base_type.oid = <type pg_stat_xact_all_tables[]> then 2003 when base_type.oid = 10104 then 2003 when base_type.oid = <type pg_stat_xact_all_tables> then 2002 when
  base_type.oid = 10105 then 2002 when base_type.oid = 10106 then 2003 when base_type.oid = 10107 then 2002 when
  base_type.oid = 10108 then 2003 when base_type.oid = <type pg_stat_sys_tables[]> then 2003 when base_type.oid = 10109 then 2002 when
  base_type.oid = <type pg_stat_sys_tables> then 2002 when base_type.oid = 10110 then 2003 when base_type.oid = 10111 then 2002 when
  base_type.oid = 10112 then 2003 when base_type.oid = 10113 then 2003 when base_type.oid = <type pg_stat_xact_sys_tables[]> then 2003 when
  base_type.oid = 10114 then 2002 when base_type.oid = <type pg_stat_xact_sys_tables> then 2002 when base_type.oid = 2949 then 2003 when
  base_type.oid = 2950 then 1111 when base_type.oid = <type pg_stat_user_tables[]> then 2003 when base_type.oid = 2951 then 2003 when
  base_type.oid = <type pg_stat_user_tables> then 2002 when base_type.oid = <type pg_stat_xact_user_tables[]> then 2003 when base_type.oid = <type pg_stat_xact_user_tables> then 2002 when
  base_type.oid = <type pg_statio_all_tables[]> then 2003 when base_type.oid = <type pg_statio_all_tables> then 2002 when base_type.oid = <type pg_statio_sys_tables[]> then 2003 when
  base_type.oid = <type pg_statio_sys_tables> then 2002 when base_type.oid = <type pg_statio_user_tables[]> then 2003 when base_type.oid = <type pg_statio_user_tables> then 2002 when
  base_type.oid = 5017 then 1111 when base_type.oid = 2970 then 1111 when base_type.oid = <type pg_stat_all_indexes[]> then 2003 when
  base_type.oid = <type pg_stat_all_indexes> then 2002 when base_type.oid = <type pg_stat_sys_indexes[]> then 2003 when base_type.oid = <type pg_stat_sys_indexes> then 2002 when
  base_type.oid = <type pg_stat_user_indexes[]> then 2003 when base_type.oid = <type pg_stat_user_indexes> then 2002 when base_type.oid = <type pg_statio_all_indexes[]> then 2003 when
  base_type.oid = <type pg_statio_all_indexes> then 2002 when base_type.oid = <type pg_statio_sys_indexes[]> then 2003 when base_type.oid = 5038 then 1111 when
  base_type.oid = <type pg_statio_sys_indexes> then 2002 when base_type.oid = 5039 then 2003 when base_type.oid = <type pg_statio_user_indexes[]> then 2003 when
  base_type.oid = <type pg_statio_user_indexes> then 2002 when base_type.oid = <type pg_statio_all_sequences[]> then 2003 when base_type.oid = <type pg_statio_all_sequences> then 2002 when
  base_type.oid = <type pg_statio_sys_sequences[]> then 2003 when base_type.oid = <type pg_statio_sys_sequences> then 2002 when base_type.oid = <type pg_statio_user_sequences[]> then 2003 when
  base_type.oid = <type pg_statio_user_sequences> then 2002 when base_type.oid = <type pg_stat_activity[]> then 2003 when base_type.oid = <type pg_stat_activity> then 2002 when
  base_type.oid = <type pg_stat_replication[]> then 2003 when base_type.oid = <type pg_stat_replication> then 2002 when base_type.oid = <type pg_stat_slru[]> then 2003 when
  base_type.oid = 5069 then 1111 when base_type.oid = <type pg_stat_slru> then 2002 when base_type.oid = <type pg_stat_wal_receiver[]> then 2003 when
  base_type.oid = <type pg_stat_wal_receiver> then 2002 when base_type.oid = <type pg_stat_recovery_prefetch[]> then 2003 when base_type.oid = 6101 then 2002 when
  base_type.oid = 5077 then 1111 when base_type.oid = <type pg_stat_recovery_prefetch> then 2002 when base_type.oid = 5078 then 1111 when
  base_type.oid = 5079 then 1111 when base_type.oid = 5080 then 1111 when base_type.oid = <type pg_stat_subscription[]> then 2003 when
  base_type.oid = <type pg_stat_subscription> then 2002 when base_type.oid = <type pg_stat_ssl[]> then 2003 when base_type.oid = <type pg_stat_ssl> then 2002 when
  base_type.oid = <type pg_stat_gssapi[]> then 2003 when base_type.oid = 4066 then 2002 when base_type.oid = <type pg_stat_gssapi> then 2002 when
  base_type.oid = <type pg_replication_slots[]> then 2003 when base_type.oid = <type pg_replication_slots> then 2002 when base_type.oid = 1000 then 2003 when
  base_type.oid = 4072 then 1111 when base_type.oid = 1001 then 2003 when base_type.oid = 4073 then 2003 when
  base_type.oid = 1002 then 2003 when base_type.oid = 1003 then 2003 when base_type.oid = <type pg_stat_replication_slots[]> then 2003 when
  base_type.oid = <type pg_stat_replication_slots> then 2002 when base_type.oid = 1005 then 2003 when base_type.oid = 1006 then 2003 when
  base_type.oid = 1007 then 2003 when base_type.oid = <type pg_stat_database[]> then 2003 when base_type.oid = <type pg_stat_database> then 2002 when
  base_type.oid = 1008 then 2003 when base_type.oid = 1009 then 2003 when base_type.oid = 1010 then 2003 when
  base_type.oid = 1011 then 2003 when base_type.oid = <type pg_stat_database_conflicts[]> then 2003 when base_type.oid = 1012 then 2003 when
  base_type.oid = <type pg_stat_database_conflicts> then 2002 when base_type.oid = 1013 then 2003 when base_type.oid = 1014 then 2003 when
  base_type.oid = 1015 then 2003 when base_type.oid = 1016 then 2003 when base_type.oid = <type pg_stat_user_functions[]> then 2003 when
  base_type.oid = 1017 then 2003 when base_type.oid = <type pg_stat_user_functions> then 2002 when base_type.oid = 4089 then 1111 when
  base_type.oid = 4090 then 2003 when base_type.oid = 1018 then 2003 when base_type.oid = 1019 then 2003 when
  base_type.oid = 1020 then 2003 when base_type.oid = 1021 then 2003 when base_type.oid = <type pg_stat_xact_user_functions[]> then 2003 when
  base_type.oid = 1022 then 2003 when base_type.oid = <type pg_stat_xact_user_functions> then 2002 else 1111 end from pg_type base_type where
  base_type.oid=t.typbasetype) else null end as base_type from pg_catalog.pg_type t, pg_catalog.pg_namespace n
  where t.typnamespace = n.oid and n.nspname != 'pg_catalog' and n.nspname != 'pg_toast' and t.typtype IN ('c','d')
  and t.typname like '%' and n.nspname like 'shop' order by data_type, type_schem, type_name;
