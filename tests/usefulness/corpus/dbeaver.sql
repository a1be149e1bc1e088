-- What DBeaver asks while it connects, opens its tree and shows data. From its public sources, in our words.
-- protocol: extended

--# connecting
SET extra_float_digits = 3;
SET application_name = 'DBeaver 24.2.0 - Main <postgres>';
SELECT current_schema(), session_user;
SHOW search_path;
SELECT version();
SELECT setting FROM pg_catalog.pg_settings WHERE name = 'standard_conforming_strings';
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
SHOW transaction_read_only;

--# keywords
SELECT string_agg(word, ',') FROM pg_catalog.pg_get_keywords() WHERE word <> ALL ('{a,abs,absolute,action}'::text[]);

--# which catalogs are readable
SELECT 1 FROM pg_catalog.pg_roles WHERE 1 <> 1 LIMIT 1;
SELECT reltype FROM pg_catalog.pg_class WHERE 1 <> 1 LIMIT 1;
SELECT rolbypassrls FROM pg_catalog.pg_roles WHERE 1 <> 1 LIMIT 1;

--# databases
SELECT db.oid, db.* FROM pg_catalog.pg_database db WHERE datallowconn AND NOT datistemplate OR db.datname = current_database() ORDER BY db.datname;

--# schemas
SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n
  LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass
 WHERE nspname NOT LIKE 'pg\_temp%' AND nspname NOT LIKE 'pg\_toast\_temp%' ORDER BY nspname;

--# data types
SELECT t.oid, t.*, c.relkind, format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base_type_name, d.description
  FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid = t.typelem LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid = d.objoid
 WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C') ORDER BY t.oid;

--# enum values
SELECT e.oid, e.* FROM pg_catalog.pg_enum e WHERE e.enumtypid = <type shop.channel> ORDER BY e.enumsortorder;

--# tables of a schema
SELECT c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_expr, pg_catalog.pg_get_partkeydef(c.oid) AS partition_key
  FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
 WHERE c.relnamespace = <namespace shop> AND c.relkind NOT IN ('i', 'I', 'c') ORDER BY c.oid;

--# columns of a table
-- closed: attfdwoptions, attmissingval
SELECT c.relname, a.*, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) AS def_value, dsc.description, dep.objid
  FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid)
  LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum)
  LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid)
  LEFT OUTER JOIN pg_catalog.pg_depend dep ON dep.refobjid = a.attrelid AND dep.deptype = 'i' AND dep.refobjsubid = a.attnum AND dep.classid = dep.refclassid
 WHERE NOT a.attisdropped AND c.relkind NOT IN ('i', 'I', 'c') AND c.oid = <class shop.customers> ORDER BY a.attnum;

--# constraints of a schema
SELECT c.oid, c.*, t.relname AS tabrelname, rt.relnamespace AS refnamespace, d.description,
       CASE WHEN c.contype = 'c' THEN "substring"(pg_get_constraintdef(c.oid), 7) ELSE NULL END consrc_copy
  FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid = c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid = c.confrelid
  LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_constraint'::regclass
 WHERE t.relnamespace = <namespace shop> ORDER BY c.oid;

--# references to a table
SELECT DISTINCT dc.relnamespace, dc.relname, dc.oid FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class dc ON c.conrelid = dc.oid
 WHERE c.contype = 'f' AND c.confrelid = <class shop.customers> ORDER BY dc.relname;

--# indexes of a table
SELECT i.*, i.indkey AS keys, c.relname, c.relnamespace, c.relam, c.reltablespace, tc.relname AS tabrelname, dsc.description,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS pred_expr, pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expr,
       pg_catalog.pg_relation_size(i.indexrelid) AS index_rel_size
  FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid
  LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid = dsc.objoid
 WHERE i.indrelid = <class shop.campaigns> ORDER BY tabrelname, c.relname;

--# uses of an index
-- varies: other sessions use it
SELECT pg_catalog.pg_stat_get_numscans(i.indexrelid) AS index_num_scans FROM pg_catalog.pg_index i WHERE i.indrelid = <class shop.campaigns>;

--# functions of a schema
SELECT p.oid AS poid, p.*, pg_catalog.pg_get_expr(p.proargdefaults, 0) AS arg_defaults, d.description
  FROM pg_catalog.pg_proc p LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.objsubid = 0
 WHERE p.pronamespace = <namespace shop> ORDER BY p.proname, p.oid;

--# text of a function
SELECT pg_get_functiondef(<proc shop.net(numeric,numeric)>);

--# text of a view
SELECT pg_get_viewdef(<class shop.sales_by_city>, true);

--# rules and triggers
SELECT x.oid, x.*, p.pronamespace AS func_schema_id, d.description FROM pg_catalog.pg_trigger x LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid = x.tgfoid
  LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = x.oid AND d.objsubid = 0 WHERE x.tgrelid = <class shop.campaigns> AND NOT x.tgisinternal;
SELECT r.oid, r.*, pg_get_ruledef(r.oid) AS definition FROM pg_rewrite r WHERE r.ev_class = <class shop.notices>;
SELECT pg_catalog.pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = <class shop.campaigns> AND NOT t.tgisinternal;

--# policies
SELECT p.oid, p.*, array_to_string(ARRAY(SELECT rolname FROM pg_catalog.pg_roles WHERE oid = ANY (p.polroles)), ',') AS roles,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using_said, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check_said
  FROM pg_catalog.pg_policy p WHERE p.polrelid = <class shop.notices>;

--# partitions
SELECT i.*, c.relnamespace, c.relname, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_expr FROM pg_catalog.pg_inherits i
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = <class shop.browsing_events> AND c.relispartition ORDER BY i.inhseqno, c.relname;

--# sequences
SELECT seq.seqstart, seq.seqincrement, seq.seqmin, seq.seqmax, seq.seqcache, seq.seqcycle, dsc.description FROM pg_catalog.pg_sequence seq
  LEFT JOIN pg_catalog.pg_description dsc ON seq.seqrelid = dsc.objoid WHERE seq.seqrelid = <class shop.ticket_no>;
SELECT last_value FROM "shop"."ticket_no";
SELECT sch.nspname AS schemaname, seq.relname AS sequencename, s.* FROM pg_catalog.pg_class seq JOIN pg_catalog.pg_namespace sch ON sch.oid = seq.relnamespace
  JOIN pg_catalog.pg_sequences s ON s.schemaname = sch.nspname AND s.sequencename = seq.relname WHERE sch.nspname = 'shop' ORDER BY 2;

--# sizes
SELECT c.oid, pg_catalog.pg_total_relation_size(c.oid) AS total_rel_size, pg_catalog.pg_relation_size(c.oid) AS rel_size FROM pg_class c WHERE c.relnamespace = <namespace shop> ORDER BY c.oid;
SELECT pg_catalog.pg_total_relation_size(<class shop.orders>), pg_catalog.pg_relation_size(<class shop.orders>);

--# roles
-- closed: rolconfig
SELECT a.oid, a.* FROM pg_catalog.pg_roles a WHERE a.rolname IN ('<login>', 'postgres') ORDER BY a.rolname;

--# members of roles
SELECT m.roleid, m.member, m.grantor, m.admin_option FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid WHERE r.rolname LIKE 'pg\_%' ORDER BY 1, 2;

--# rights on tables
SELECT * FROM information_schema.table_privileges WHERE table_schema = 'shop' AND table_name = 'orders' ORDER BY grantee, privilege_type;
SELECT * FROM information_schema.role_table_grants WHERE table_schema = 'shop' AND table_name = 'orders' ORDER BY grantee, privilege_type;
SELECT relacl FROM pg_catalog.pg_class WHERE oid = <class shop.orders>;

--# extensions, languages, access methods, tablespaces, collations
SELECT e.oid, e.*, n.nspname AS schema_name FROM pg_catalog.pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY e.oid;
SELECT * FROM pg_catalog.pg_available_extensions ORDER BY name;
SELECT l.oid, l.* FROM pg_catalog.pg_language l ORDER BY l.oid;
SELECT am.oid, am.* FROM pg_catalog.pg_am am ORDER BY am.oid;
SELECT t.oid, t.*, pg_tablespace_location(t.oid) AS loc FROM pg_catalog.pg_tablespace t ORDER BY t.oid;
SELECT c.oid, c.* FROM pg_catalog.pg_collation c WHERE c.collnamespace = <namespace shop>;
SELECT oc.oid, oc.* FROM pg_catalog.pg_opclass oc WHERE oc.opcmethod = 403 ORDER BY oc.oid;

--# foreign servers, with their options hidden
-- closed: fdwoptions, srvoptions
SELECT l.oid, l.*, p.pronamespace AS handler_schema_id FROM pg_catalog.pg_foreign_data_wrapper l LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid = l.fdwhandler ORDER BY l.fdwname;
SELECT l.oid, l.* FROM pg_catalog.pg_foreign_server l ORDER BY l.srvname;

--# event triggers and publications
SELECT et.oid, et.*, p.proname FROM pg_catalog.pg_event_trigger et JOIN pg_catalog.pg_proc p ON p.oid = et.evtfoid ORDER BY et.oid;
SELECT * FROM pg_catalog.pg_publication ORDER BY oid;

--# settings
-- varies: two sessions set a few themselves
SELECT * FROM pg_catalog.pg_settings ORDER BY name;

--# the session manager
-- varies: sessions come and go
SELECT sa.*, pg_blocking_pids(sa.pid) AS blocked_by FROM pg_catalog.pg_stat_activity sa;

--# the lock manager
-- varies: locks come and go
SELECT l.locktype, l.mode, l.granted, l.pid, c.relname, a.state FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid;

--# what depends on a table
SELECT DISTINCT dep.deptype, dep.classid, dep.objid, cl.relkind, attr.attname, pg_get_expr(ad.adbin, ad.adrelid) AS adefval,
       CASE WHEN cl.relkind IS NOT NULL THEN cl.relkind::text || COALESCE(dep.objsubid::text, '') WHEN ct.oid IS NOT NULL THEN 'C' || ct.contype::text ELSE '' END AS type,
       COALESCE(coc.relname, clrw.relname) AS ownertable, COALESCE(cl.relname, ct.conname, tg.tgname) AS refname
  FROM pg_catalog.pg_depend dep LEFT JOIN pg_catalog.pg_class cl ON dep.objid = cl.oid LEFT JOIN pg_catalog.pg_attribute attr ON dep.objid = attr.attrelid AND dep.objsubid = attr.attnum
  LEFT JOIN pg_catalog.pg_constraint ct ON dep.objid = ct.oid LEFT JOIN pg_catalog.pg_class coc ON ct.conrelid = coc.oid
  LEFT JOIN pg_catalog.pg_rewrite rw ON rw.oid = dep.objid LEFT JOIN pg_catalog.pg_class clrw ON clrw.oid = rw.ev_class
  LEFT JOIN pg_catalog.pg_trigger tg ON tg.oid = dep.objid LEFT JOIN pg_catalog.pg_attrdef ad ON ad.oid = dep.objid
 WHERE dep.refobjid = <class shop.orders> ORDER BY type, refname, dep.objid;

--# completion: names that begin so
SELECT x.oid, x.relname, x.relkind, x.relnamespace FROM pg_catalog.pg_class x WHERE x.relkind IN ('r', 'v', 'm', 'f', 'p') AND x.relname ILIKE 'ord%' AND x.relnamespace IN (<namespace shop>, <namespace tpch>) ORDER BY x.relname LIMIT 100;

--# search in the sources of views
SELECT c.oid, c.relname, pg_get_viewdef(c.oid) FROM pg_catalog.pg_class c WHERE c.relkind = 'v' AND c.relnamespace = <namespace shop> AND pg_get_viewdef(c.oid) ILIKE '%customers%' ORDER BY c.relname;

--# the data tab
-- touches protected
SELECT x.* FROM shop.customers x ORDER BY x.id LIMIT 200;
SELECT x.* FROM shop.orders x WHERE status = 'paid' ORDER BY x.total DESC LIMIT 200 OFFSET 10;
SELECT x.ctid, x.* FROM shop.products x LIMIT 5;
SELECT count(*) FROM shop.customers x;

--# the data tab with the filter row
-- touches protected
-- predicates on masked
SELECT x.* FROM shop.customers x WHERE name LIKE '王%' LIMIT 200;

--# a value picker
SELECT status, count(*) FROM shop.orders GROUP BY status ORDER BY status LIMIT 100;
SELECT DISTINCT city FROM shop.customers WHERE city ILIKE '%京%' ORDER BY city;

--# the value of a foreign key
SELECT id, city FROM shop.customers WHERE id IN (1, 2, 3) ORDER BY id;

--# the execution plan
-- needs: explain
-- varies: costs
EXPLAIN (FORMAT XML, ANALYZE false) SELECT status, count(*) FROM shop.orders GROUP BY status;

--# paging by a cursor
-- needs: cursor
-- touches protected
BEGIN READ ONLY;
DECLARE dbeaver NO SCROLL CURSOR FOR SELECT * FROM shop.customers;
FETCH FORWARD 50 FROM dbeaver;
CLOSE dbeaver;
ROLLBACK;
