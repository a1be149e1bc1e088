-- What pgAdmin 4 asks while it connects, fills its dashboard and its tree. From its public sources, in our words.

--# connecting
SET DateStyle=ISO; SET client_min_messages=notice; SELECT set_config('bytea_output','hex',false) FROM pg_settings WHERE name = 'bytea_output'; SET client_encoding='UTF8';
SELECT version();

--# connecting, with the function behind pg_settings
SELECT set_config('bytea_output', 'hex', false) FROM pg_show_all_settings() WHERE name = 'bytea_output';

--# which database this is
SELECT db.oid AS did, db.datname, db.datallowconn, pg_catalog.pg_encoding_to_char(db.encoding) AS serverencoding,
       pg_catalog.has_database_privilege(db.oid, 'CREATE') AS cancreate, datistemplate
  FROM pg_catalog.pg_database db WHERE db.datname = current_database();

--# who this is
SELECT roles.oid AS id, roles.rolname AS name, roles.rolsuper AS is_superuser, CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreaterole END AS can_create_role,
       CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreatedb END AS can_create_db,
       CASE WHEN 'pg_signal_backend' = ANY (ARRAY(WITH RECURSIVE cte AS (
              SELECT pg_roles.oid, pg_roles.rolname FROM pg_roles WHERE pg_roles.oid = roles.oid
               UNION ALL SELECT m.roleid, pgr.rolname FROM cte cte_1 JOIN pg_auth_members m ON m.member = cte_1.oid JOIN pg_roles pgr ON pgr.oid = m.roleid)
              SELECT rolname FROM cte)) THEN true ELSE false END AS can_signal_backend
  FROM pg_catalog.pg_roles AS roles WHERE rolname = current_user;

--# whether the server is in recovery
-- varies: positions in the log move
SELECT CASE WHEN usesuper THEN pg_catalog.pg_is_in_recovery() ELSE FALSE END AS inrecovery, CASE WHEN usesuper THEN pg_catalog.pg_is_wal_replay_paused() ELSE FALSE END AS isreplaypaused
  FROM pg_catalog.pg_user WHERE usename = current_user;

--# the dashboard's charts
-- varies: they count sessions and transactions
SELECT 'session_stats' AS chart_name, pg_catalog.row_to_json(t) AS chart_data FROM (
  SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = current_database()) AS "Total",
         (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE state = 'active' AND datname = current_database()) AS "Active",
         (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE state = 'idle' AND datname = current_database()) AS "Idle") t
 UNION ALL
SELECT 'tps_stats' AS chart_name, pg_catalog.row_to_json(t) AS chart_data FROM (
  SELECT (SELECT sum(xact_commit) + sum(xact_rollback) FROM pg_catalog.pg_stat_database WHERE datname = current_database()) AS "Transactions",
         (SELECT sum(xact_commit) FROM pg_catalog.pg_stat_database WHERE datname = current_database()) AS "Commits",
         (SELECT sum(xact_rollback) FROM pg_catalog.pg_stat_database WHERE datname = current_database()) AS "Rollbacks") t
 UNION ALL
SELECT 'ti_stats' AS chart_name, pg_catalog.row_to_json(t) AS chart_data FROM (
  SELECT (SELECT sum(tup_inserted) FROM pg_catalog.pg_stat_database WHERE datname = current_database()) AS "Inserts") t;

--# the dashboard's sessions
-- varies: sessions come and go
SELECT pid, datname, usename, application_name, client_addr, pg_catalog.to_char(backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') AS backend_start, state,
       CASE WHEN wait_event IS NOT NULL THEN wait_event_type || ': ' || wait_event ELSE '' END AS wait_event,
       array_to_string(pg_catalog.pg_blocking_pids(pid), ', ') AS blocking_pids, query, pg_catalog.to_char(state_change, 'YYYY-MM-DD HH24:MI:SS TZ') AS state_change,
       pg_catalog.to_char(query_start, 'YYYY-MM-DD HH24:MI:SS TZ') AS query_start, backend_type, CASE WHEN state = 'active' THEN ROUND((extract(epoch FROM now() - query_start) / 60)::numeric, 2) ELSE 0 END AS active_since
  FROM pg_catalog.pg_stat_activity WHERE datname = current_database() ORDER BY pid;

--# the dashboard's locks and prepared transactions
-- varies: locks come and go
SELECT pid, locktype, datname, relation::regclass, page, tuple, virtualxid, transactionid, classid::regclass, objid, objsubid, virtualtransaction, mode, granted, fastpath
  FROM pg_catalog.pg_locks l LEFT OUTER JOIN pg_catalog.pg_database d ON (l.database = d.oid) ORDER BY pid, locktype;
SELECT git.gid, git.database, git.owner, git.prepared FROM (SELECT gid, database, owner, pg_catalog.to_char(prepared, 'YYYY-MM-DD HH24:MI:SS TZ') AS prepared FROM pg_catalog.pg_prepared_xacts) git ORDER BY 1;

--# the dashboard's configuration
-- varies: two sessions set a few themselves
SELECT name, category, pg_catalog.current_setting(name) AS setting, unit, short_desc FROM pg_catalog.pg_settings WHERE name NOT LIKE '%tls%' ORDER BY category, name;

--# databases
SELECT db.oid AS did, db.datname AS name, ta.spcname AS spcname, db.datallowconn, db.datistemplate AS is_template, pg_catalog.has_database_privilege(db.oid, 'CREATE') AS cancreate,
       datdba AS owner, descr.description FROM pg_catalog.pg_database db LEFT OUTER JOIN pg_catalog.pg_tablespace ta ON db.dattablespace = ta.oid
  LEFT OUTER JOIN pg_catalog.pg_shdescription descr ON (db.oid = descr.objoid AND descr.classoid = 'pg_database'::regclass)
 WHERE db.oid > 0 AND db.datname = current_database() ORDER BY datname;

--# schemas
SELECT nsp.oid, nsp.nspname AS name, pg_catalog.has_schema_privilege(nsp.oid, 'CREATE') AS can_create, pg_catalog.has_schema_privilege(nsp.oid, 'USAGE') AS has_usage, des.description
  FROM pg_catalog.pg_namespace nsp LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = nsp.oid AND des.classoid = 'pg_namespace'::regclass)
 WHERE nspname NOT LIKE E'pg\\_%' AND NOT ((nsp.nspname = 'pg_catalog' AND EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'pg_class' AND relnamespace = nsp.oid LIMIT 1))
       OR (nsp.nspname = 'information_schema' AND EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'tables' AND relnamespace = nsp.oid LIMIT 1)))
 ORDER BY nspname;

--# tables
SELECT rel.oid, rel.relname AS name, (SELECT count(*) FROM pg_catalog.pg_trigger WHERE tgrelid = rel.oid AND tgisinternal = FALSE) AS triggercount,
       (SELECT count(*) FROM pg_catalog.pg_trigger WHERE tgrelid = rel.oid AND tgisinternal = FALSE AND tgenabled = 'O') AS has_enable_triggers,
       (CASE WHEN rel.relkind = 'p' THEN true ELSE false END) AS is_partitioned, (SELECT count(1) FROM pg_catalog.pg_inherits WHERE inhrelid = rel.oid LIMIT 1) AS is_inherits,
       (SELECT count(1) FROM pg_catalog.pg_inherits WHERE inhparent = rel.oid LIMIT 1) AS is_inherited, des.description
  FROM pg_catalog.pg_class rel LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = rel.oid AND des.objsubid = 0 AND des.classoid = 'pg_class'::regclass)
 WHERE rel.relkind IN ('r', 's', 't', 'p') AND rel.relnamespace = <namespace shop>::oid AND NOT rel.relispartition ORDER BY rel.relname;

--# properties of a table
SELECT rel.oid, rel.relname AS name, rel.reltablespace AS spcoid, rel.relacl AS relacl_str, (CASE WHEN length(spc.spcname::text) > 0 OR rel.relkind = 'p' THEN spc.spcname ELSE
         (SELECT sp.spcname FROM pg_catalog.pg_database dtb JOIN pg_catalog.pg_tablespace sp ON dtb.dattablespace = sp.oid WHERE dtb.oid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())) END) AS spcname,
       rel.relreplident, pg_catalog.pg_get_userbyid(rel.relowner) AS relowner, rel.relhassubclass, rel.reltuples::bigint, des.description, con.conname, con.conkey, rel.relrowsecurity AS rlspolicy, rel.relforcerowsecurity AS forcerlspolicy,
       (SELECT count(*) FROM pg_catalog.pg_trigger WHERE tgrelid = rel.oid AND tgisinternal = FALSE) AS triggercount,
       (SELECT ARRAY_AGG(CASE WHEN (nspc.nspname NOT LIKE 'pg\_%') THEN quote_ident(nspc.nspname) || '.' || quote_ident(c.relname) ELSE quote_ident(c.relname) END)
          FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent JOIN pg_catalog.pg_namespace nspc ON nspc.oid = c.relnamespace WHERE i.inhrelid = rel.oid) AS coll_inherits,
       substring(pg_catalog.array_to_string(rel.reloptions, ',') FROM 'fillfactor=([0-9]*)') AS fillfactor, (CASE WHEN (substring(pg_catalog.array_to_string(rel.reloptions, ',') FROM 'autovacuum_enabled=([a-z|0-9]*)')) IN ('true', 'on') THEN true ELSE NULL END) AS autovacuum_enabled,
       rel.reloptions, tst.reloptions AS toast_table_options, am.amname, (CASE WHEN rel.relpersistence = 'u' THEN true ELSE false END) AS relpersistence, rel.relkind
  FROM pg_catalog.pg_class rel LEFT OUTER JOIN pg_catalog.pg_tablespace spc ON spc.oid = rel.reltablespace
  LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = rel.oid AND des.objsubid = 0 AND des.classoid = 'pg_class'::regclass)
  LEFT OUTER JOIN pg_catalog.pg_constraint con ON con.conrelid = rel.oid AND con.contype = 'p' LEFT OUTER JOIN pg_catalog.pg_class tst ON tst.oid = rel.reltoastrelid
  LEFT JOIN pg_catalog.pg_type typ ON rel.reloftype = typ.oid LEFT OUTER JOIN pg_catalog.pg_am am ON am.oid = rel.relam
 WHERE rel.relkind IN ('r', 's', 't', 'p') AND rel.relnamespace = <namespace shop>::oid AND rel.oid = <class shop.orders>::oid ORDER BY rel.relname;

--# columns
-- closed: attfdwoptions
SELECT DISTINCT ON (att.attnum) att.attname AS name, att.atttypid, att.attlen, att.attnum, att.attndims, att.atttypmod, att.attacl, att.attnotnull, att.attoptions, att.attfdwoptions,
       att.attstattarget, att.attstorage, att.attidentity, pg_catalog.pg_get_expr(def.adbin, def.adrelid) AS defval, pg_catalog.format_type(ty.oid, NULL) AS typname,
       pg_catalog.format_type(ty.oid, att.atttypmod) AS displaytypname, CASE WHEN ty.typelem > 0 THEN ty.typelem ELSE ty.oid END AS elemoid,
       (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = ty.typnamespace) AS typnspname, ty.typstorage AS defaultstorage, description, ns.nspname, seq.seqtypid::regtype,
       (CASE WHEN (SELECT count(1) FROM pg_catalog.pg_type WHERE typname = ty.typname) > 1 THEN true ELSE false END) AS isdup,
       CASE WHEN length(coll.collname::text) > 0 AND length(nspc.nspname::text) > 0 THEN pg_catalog.concat(pg_catalog.quote_ident(nspc.nspname), '.', pg_catalog.quote_ident(coll.collname)) ELSE '' END AS collspcname,
       EXISTS(SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = att.attrelid AND contype = 'f' AND att.attnum = ANY (conkey)) AS is_fk,
       (SELECT pg_catalog.array_agg(provider || '=' || label) FROM pg_catalog.pg_seclabels sl1 WHERE sl1.objoid = att.attrelid AND sl1.objsubid = att.attnum) AS seclabels,
       (CASE WHEN (att.attnum < 1) THEN true ElSE false END) AS is_sys_column, (CASE WHEN (att.attidentity in ('a', 'd')) THEN 'i' WHEN (att.attgenerated in ('s')) THEN 'g' ELSE 'n' END) AS colconstype, seq.*
  FROM pg_catalog.pg_attribute att JOIN pg_catalog.pg_type ty ON ty.oid = atttypid LEFT OUTER JOIN pg_catalog.pg_attrdef def ON adrelid = att.attrelid AND adnum = att.attnum
  LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = att.attrelid AND des.objsubid = att.attnum AND des.classoid = 'pg_class'::regclass)
  LEFT OUTER JOIN (pg_catalog.pg_depend dep JOIN pg_catalog.pg_class cs ON dep.classid = 'pg_class'::regclass AND dep.objid = cs.oid AND cs.relkind = 'S') ON dep.refobjid = att.attrelid AND dep.refobjsubid = att.attnum
  LEFT OUTER JOIN pg_catalog.pg_namespace ns ON ns.oid = cs.relnamespace LEFT OUTER JOIN pg_catalog.pg_index pi ON pi.indrelid = att.attrelid AND indisprimary
  LEFT OUTER JOIN pg_catalog.pg_collation coll ON att.attcollation = coll.oid LEFT OUTER JOIN pg_catalog.pg_namespace nspc ON coll.collnamespace = nspc.oid
  LEFT OUTER JOIN pg_catalog.pg_sequence seq ON cs.oid = seq.seqrelid
 WHERE att.attrelid = <class shop.campaigns>::oid AND att.attnum > 0 AND att.attisdropped IS FALSE ORDER BY att.attnum;

--# indexes
SELECT DISTINCT ON (cls.relname) cls.oid, cls.relname AS name, indrelid, indkey, indisclustered, indisvalid, indisunique, indisprimary, n.nspname, indnatts, cls.reltablespace AS spcoid, tab.relname AS tabname, indclass, con.oid AS conoid,
       CASE WHEN contype IN ('p', 'u', 'x') THEN desp.description ELSE des.description END AS description, pg_catalog.pg_get_expr(indpred, indrelid, true) AS indconstraint, contype, condeferrable, condeferred, amname
  FROM pg_catalog.pg_index idx JOIN pg_catalog.pg_class cls ON cls.oid = indexrelid JOIN pg_catalog.pg_class tab ON tab.oid = indrelid JOIN pg_catalog.pg_namespace n ON n.oid = tab.relnamespace JOIN pg_catalog.pg_am am ON am.oid = cls.relam
  LEFT JOIN pg_catalog.pg_depend dep ON (dep.classid = cls.tableoid AND dep.objid = cls.oid AND dep.refobjsubid = '0' AND dep.refclassid = (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'pg_constraint') AND dep.deptype = 'i')
  LEFT OUTER JOIN pg_catalog.pg_constraint con ON (con.tableoid = dep.refclassid AND con.oid = dep.refobjid)
  LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = cls.oid AND des.classoid = 'pg_class'::regclass) LEFT OUTER JOIN pg_catalog.pg_description desp ON (desp.objoid = con.oid AND desp.objsubid = 0 AND desp.classoid = 'pg_constraint'::regclass)
 WHERE indrelid = <class shop.campaigns>::oid AND conname IS NULL ORDER BY cls.relname;

--# foreign keys and checks
SELECT ct.oid, conname AS name, condeferrable, condeferred, confupdtype, confdeltype, CASE confmatchtype WHEN 's' THEN FALSE WHEN 'f' THEN TRUE END AS confmatchtype, conkey, confkey, confrelid, nl.nspname AS fknsp, cl.relname AS fktab, nr.nspname AS refnsp, cr.relname AS reftab, description, convalidated
  FROM pg_catalog.pg_constraint ct JOIN pg_catalog.pg_class cl ON cl.oid = conrelid JOIN pg_catalog.pg_namespace nl ON nl.oid = cl.relnamespace JOIN pg_catalog.pg_class cr ON cr.oid = confrelid JOIN pg_catalog.pg_namespace nr ON nr.oid = cr.relnamespace
  LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = ct.oid AND des.classoid = 'pg_constraint'::regclass) WHERE contype = 'f' AND conrelid = <class shop.orders>::oid ORDER BY conname;
SELECT c.oid, conname AS name, relname, nspname, description AS comment, pg_catalog.pg_get_expr(conbin, conrelid, true) AS consrc, connoinherit, NOT convalidated AS convalidated, conislocal
  FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class cl ON cl.oid = conrelid JOIN pg_catalog.pg_namespace nl ON nl.oid = relnamespace
  LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = c.oid AND des.classoid = 'pg_constraint'::regclass) WHERE contype = 'c' AND conrelid = <class shop.orders>::oid ORDER BY conname;

--# views, their text and their rights
SELECT c.oid, c.xmin, c.relkind, (CASE WHEN length(spc.spcname::text) > 0 THEN spc.spcname ELSE 'pg_default' END) AS spcname, c.relname AS name, c.reltablespace AS spcoid, pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       description AS comment, pg_catalog.pg_get_viewdef(c.oid, true) AS definition, pg_catalog.array_to_string(c.relacl::text[], ', ') AS acl
  FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_tablespace spc ON spc.oid = c.reltablespace LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = c.oid AND des.objsubid = 0 AND des.classoid = 'pg_class'::regclass)
 WHERE ((c.relhasrules AND (EXISTS (SELECT r.rulename FROM pg_catalog.pg_rewrite r WHERE ((r.ev_class = c.oid) AND (bpchar(r.ev_type) = '1'::bpchar)))) AND (c.relkind = 'v'::char))) AND c.relnamespace = <namespace shop>::oid ORDER BY c.relname;

--# functions
SELECT pr.oid, pr.proname || '(' || COALESCE(pg_catalog.pg_get_function_identity_arguments(pr.oid), '') || ')' AS name, lanname, pg_catalog.pg_get_userbyid(proowner) AS funcowner, description, pr.prosrc, pg_catalog.pg_get_function_sqlbody(pr.oid) AS body,
       pg_catalog.pg_get_functiondef(pr.oid) AS definition, pg_catalog.pg_get_function_result(pr.oid) AS returns
  FROM pg_catalog.pg_proc pr JOIN pg_catalog.pg_type typ ON typ.oid = prorettype JOIN pg_catalog.pg_language lng ON lng.oid = prolang
  LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = pr.oid AND des.classoid = 'pg_proc'::regclass AND des.objsubid = 0)
 WHERE pr.prokind IN ('f', 'w') AND pronamespace = <namespace shop>::oid AND typname NOT IN ('trigger', 'event_trigger') ORDER BY proname;

--# rights, taken apart
SELECT 'relacl' AS deftype, COALESCE(gt.rolname, 'PUBLIC') AS grantee, g.rolname AS grantor, pg_catalog.array_agg(privilege_type ORDER BY privilege_type) AS privileges, pg_catalog.array_agg(is_grantable) AS grantable
  FROM (SELECT d.grantee, d.grantor, d.is_grantable, d.privilege_type FROM (SELECT rel.relacl FROM pg_catalog.pg_class rel WHERE rel.oid = <class shop.orders>::oid) acl, (SELECT (d).grantee AS grantee, (d).grantor AS grantor, (d).is_grantable AS is_grantable, (d).privilege_type AS privilege_type
          FROM (SELECT pg_catalog.aclexplode(rel.relacl) AS d FROM pg_catalog.pg_class rel WHERE rel.oid = <class shop.orders>::oid) a) d) d
  LEFT JOIN pg_catalog.pg_roles g ON (d.grantor = g.oid) LEFT JOIN pg_catalog.pg_roles gt ON (d.grantee = gt.oid) GROUP BY g.rolname, gt.rolname ORDER BY 2;

--# statistics of a table
-- varies: they count reads
SELECT seq_scan AS "Sequential scans", seq_tup_read, idx_scan, idx_tup_fetch, n_tup_ins, n_tup_upd, n_live_tup, heap_blks_read, heap_blks_hit, last_vacuum, last_autoanalyze, pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(stat.relid) + COALESCE(pg_catalog.pg_relation_size(cl.reltoastrelid), 0)) AS "Table size"
  FROM pg_catalog.pg_stat_all_tables stat JOIN pg_catalog.pg_statio_all_tables statio ON stat.relid = statio.relid JOIN pg_catalog.pg_class cl ON cl.oid = stat.relid WHERE stat.relid = <class shop.orders>::oid;

--# statistics of a column: values, so they are hidden
-- closed: Null fraction, Average width, Distinct values, Most common values, Most common frequencies, Histogram bounds, Correlation
SELECT null_frac AS "Null fraction", avg_width AS "Average width", n_distinct AS "Distinct values", most_common_vals AS "Most common values", most_common_freqs AS "Most common frequencies", histogram_bounds AS "Histogram bounds", correlation AS "Correlation"
  FROM pg_catalog.pg_stats WHERE schemaname = 'shop' AND tablename = 'customers' AND attname = 'email';

--# dependencies
SELECT DISTINCT dep.deptype, dep.refclassid, cl.relkind, ad.adbin IS NOT NULL AS has_default, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) AS adsrc, CASE WHEN cl.relkind IS NOT NULL THEN cl.relkind::text || COALESCE(dep.refobjsubid::text, '') WHEN tg.oid IS NOT NULL THEN 'T'::text WHEN ty.oid IS NOT NULL AND ty.typbasetype = 0 THEN 'y'::text WHEN ns.oid IS NOT NULL THEN 'n'::text WHEN pr.oid IS NOT NULL THEN 'p'::text WHEN la.oid IS NOT NULL THEN 'l'::text WHEN rw.oid IS NOT NULL THEN 'R'::text WHEN co.oid IS NOT NULL THEN 'C'::text || contype::text ELSE '' END AS type,
       COALESCE(coc.relname, clrw.relname, tgr.relname) AS ownertable, COALESCE(cl.relname, co.conname, pr.proname, tg.tgname, ty.typname, la.lanname, rw.rulename, ns.nspname) AS refname
  FROM pg_catalog.pg_depend dep LEFT JOIN pg_catalog.pg_class cl ON dep.refobjid = cl.oid LEFT JOIN pg_catalog.pg_proc pr ON dep.refobjid = pr.oid LEFT JOIN pg_catalog.pg_trigger tg ON dep.refobjid = tg.oid LEFT JOIN pg_catalog.pg_class tgr ON tg.tgrelid = tgr.oid
  LEFT JOIN pg_catalog.pg_type ty ON dep.refobjid = ty.oid LEFT JOIN pg_catalog.pg_language la ON dep.refobjid = la.oid LEFT JOIN pg_catalog.pg_constraint co ON dep.refobjid = co.oid LEFT JOIN pg_catalog.pg_class coc ON co.conrelid = coc.oid
  LEFT JOIN pg_catalog.pg_rewrite rw ON dep.refobjid = rw.oid LEFT JOIN pg_catalog.pg_class clrw ON clrw.oid = rw.ev_class LEFT JOIN pg_catalog.pg_namespace ns ON dep.refobjid = ns.oid LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = dep.objid AND ad.adnum = dep.objsubid
 WHERE dep.objid = <class shop.campaigns>::oid ORDER BY refclassid, type, refname;

--# the query tool's data grid
-- touches protected
SELECT * FROM shop.customers ORDER BY id ASC LIMIT 100;

--# the query tool: types of a result
SELECT oid, pg_catalog.format_type(oid, NULL) AS typname FROM pg_catalog.pg_type WHERE oid = ANY ('{20,25,1043,1042,3802,1184,1082}') ORDER BY oid;

--# the query tool: primary key
SELECT at.attname, at.attnum, ty.typname FROM pg_catalog.pg_attribute at LEFT JOIN pg_catalog.pg_type ty ON (ty.oid = at.atttypid)
  JOIN pg_catalog.pg_class cl ON cl.oid = at.attrelid WHERE at.attrelid = <class shop.order_items>::oid AND at.attnum = ANY (
       (SELECT con.conkey FROM pg_catalog.pg_class rel LEFT OUTER JOIN pg_catalog.pg_constraint con ON con.conrelid = rel.oid AND con.contype = 'p' WHERE rel.relkind IN ('r', 's', 't', 'p') AND rel.oid = <class shop.order_items>::oid)::oid[]);

--# the query tool: EXPLAIN
-- needs: explain
-- varies: costs
EXPLAIN (FORMAT JSON, ANALYZE FALSE, VERBOSE FALSE, COSTS FALSE, BUFFERS FALSE, TIMING FALSE, SUMMARY FALSE, SETTINGS FALSE) SELECT * FROM shop.products;

--# end of a transaction
BEGIN;
SELECT 1;
END;

--# which kind of replication there is
SELECT CASE WHEN (SELECT count(e.extname) FROM pg_catalog.pg_extension AS e WHERE e.extname = 'bdr') > 0 THEN 'pgd'
            WHEN (SELECT count(*) FROM pg_replication_slots) > 0 THEN 'log' END AS type;
