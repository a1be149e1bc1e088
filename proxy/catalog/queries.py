"""The SQL of the loader: what it asks pg_catalog (PostgreSQL 15 to 18, chapter 53).

Run in one repeatable read transaction with an empty search_path, so bare names are pg_catalog's. Every value of type
"char" leaves as text. Temporary schemas are left out everywhere: they belong to one session.
"""

from __future__ import annotations

_LASTING = r"n.nspname !~ '^pg_(toast_)?temp_[0-9]+$'"

DATABASE = """
SELECT current_setting('server_version_num')::int4 AS server_version_num, d.datname::text AS name, d.datdba AS owner,
       ARRAY(SELECT a.grantee FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
             WHERE a.privilege_type = 'CREATE') AS creators
FROM pg_database AS d WHERE d.datname = current_database()
"""

ROLES = "SELECT oid, rolname::text AS name, rolsuper AS is_superuser FROM pg_roles"

SCHEMAS = f"""
SELECT n.oid, n.nspname::text AS name, n.nspowner AS owner,
       ARRAY(SELECT DISTINCT a.grantee FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
             WHERE a.privilege_type = 'CREATE' ORDER BY 1) AS creators
FROM pg_namespace AS n WHERE {_LASTING}
"""

TYPES = f"""
SELECT t.oid, n.nspname::text AS schema, t.typname::text AS name,
       quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS quoted, t.typtype::text AS kind, t.typowner AS owner,
       CASE WHEN t.typsubscript = 'array_subscript_handler'::regproc THEN t.typelem ELSE 0 END AS element,
       t.typrelid AS relation,
       CASE WHEN t.typsubscript = 'array_subscript_handler'::regproc AND t.typlen = -1 THEN false
            WHEN t.typtype = 'c' THEN c.relkind = 'c' ELSE true END AS standalone,
       t.typbasetype AS base, t.typtypmod AS base_typmod,
       coalesce(r.rngsubtype, m.rngtypid, 0) AS range_of,
       ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, t.typsubscript,
             r.rngcanonical, r.rngsubdiff]::oid[] AS functions
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_range AS m ON m.rngmultitypid = t.oid
WHERE {_LASTING}
"""

# Types that a default btree or hash operator class takes: its own input type, and what is binary-coercible to that.
EQUALITY = """
WITH direct AS (SELECT DISTINCT o.opcintype AS oid FROM pg_opclass AS o JOIN pg_am AS a ON a.oid = o.opcmethod
                WHERE o.opcdefault AND a.amname IN ('btree', 'hash')
                  AND o.opcintype NOT IN ('anyarray'::regtype, 'anyenum'::regtype, 'anyrange'::regtype,
                                          'anymultirange'::regtype, 'record'::regtype))
SELECT oid FROM direct
UNION
SELECT c.castsource FROM pg_cast AS c JOIN direct AS d ON d.oid = c.casttarget
WHERE c.castmethod = 'b' AND c.castcontext = 'i'
"""

TYPE_TEXTS = """
SELECT format_type(u.oid, u.typmod) FROM unnest($1::oid[], $2::int4[]) WITH ORDINALITY AS u (oid, typmod, n) ORDER BY u.n
"""

RELATIONS = f"""
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, c.relowner AS owner,
       c.reltype AS row_type, c.relrowsecurity AS row_security, c.reltoastrelid AS toast,
       EXISTS (SELECT FROM unnest(c.reloptions) AS o WHERE o ~ '^check_option=') AS checks_rows
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 't') AND {_LASTING}
"""

# Composite types too: their columns' types decide about equality and about code.
COLUMNS = f"""
SELECT a.attrelid AS relation, a.attnum, a.attname::text AS name, a.atttypid AS type, a.atttypmod AS typmod,
       CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation THEN a.attcollation END AS collation,
       a.attnotnull AS not_null, a.attgenerated::text AS generated
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 't', 'c') AND {_LASTING}
ORDER BY a.attrelid, a.attnum
"""

COLLATIONS = """
SELECT c.oid, n.nspname::text AS schema, c.collname::text AS name
FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
"""

# Columns that stand or fall together. conkey of a CHECK holds 0 for a whole row. A unique index that makes no constraint
# depends on the columns of its expressions and its predicate too; any other index can fail in its expressions only.
COUPLINGS = """
SELECT c.conrelid AS relation, 'check constraint ' || quote_ident(c.conname) AS what, c.conkey AS attnums,
       false AS compares_rows
FROM pg_constraint AS c WHERE c.contype = 'c' AND c.conrelid <> 0
UNION ALL
SELECT i.indrelid, 'index ' || quote_ident(x.relname),
       ARRAY(SELECT k FROM unnest(i.indkey::int2[]) AS k WHERE k <> 0
             UNION SELECT d.refobjsubid::int2 FROM pg_depend AS d
             WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass
               AND d.refobjid = i.indrelid), true
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indisunique OR i.indisexclusion
UNION ALL
SELECT i.indrelid, 'index ' || quote_ident(x.relname),
       ARRAY(SELECT DISTINCT m[1]::int2 FROM regexp_matches(i.indexprs::text, ':varattno ([0-9]+)', 'g') AS m ORDER BY 1), false
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
WHERE i.indexprs IS NOT NULL AND NOT (i.indisunique OR i.indisexclusion)
ORDER BY 1, 2
"""

# A generated column, and the columns of its expression.
GENERATED = """
SELECT a.attrelid AS relation, a.attname::text AS name,
       ARRAY(SELECT DISTINCT d.refobjsubid::int2 FROM pg_depend AS d
             WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid NOT IN (0, a.attnum)
               AND (d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
                    OR d.classid = 'pg_class'::regclass AND d.objid = a.attrelid AND d.objsubid = a.attnum)) AS attnums
FROM pg_attribute AS a JOIN pg_attrdef AS f ON f.adrelid = a.attrelid AND f.adnum = a.attnum WHERE a.attgenerated <> ''
ORDER BY a.attrelid, a.attnum
"""

# PostgreSQL's own functions and operators are pinned: nothing depends on them in pg_depend.
RUNS_CODE = """
SELECT DISTINCT coalesce(r.ev_class, p.polrelid) AS relation
FROM pg_depend AS d
LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_policy AS p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND coalesce(r.ev_class, p.polrelid) IS NOT NULL
"""

FOREIGN_KEYS = """
SELECT 'foreign key ' || quote_ident(conname) AS what, conrelid AS child, conkey AS columns, confrelid AS parent,
       confkey AS parent_columns, confdeltype::text AS on_delete, confupdtype::text AS on_update
FROM pg_constraint WHERE contype = 'f' ORDER BY conrelid, conname
"""

# indimmediate: a deferrable key determines nothing for GROUP BY. Columns after indnkeyatts are only INCLUDEd.
PRIMARY_KEYS = """
SELECT indrelid AS relation, (indkey::int2[])[0:indnkeyatts - 1] AS attnums
FROM pg_index WHERE indisprimary AND indisvalid AND indimmediate
"""

INHERITANCE = "SELECT inhrelid AS child, inhparent AS parent FROM pg_inherits ORDER BY inhrelid, inhseqno"

# partattrs has 0 for an expression; the columns of the key, those in expressions too, depend internally on the relation.
PARTITION_KEYS = """
SELECT p.partrelid AS relation,
       ARRAY(SELECT a FROM unnest(p.partattrs::int2[]) AS a WHERE a > 0
             UNION SELECT d.objsubid::int2 FROM pg_depend AS d
             WHERE d.classid = 'pg_class'::regclass AND d.objid = p.partrelid AND d.objsubid > 0 AND d.deptype = 'i'
               AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.partrelid AND d.refobjsubid = 0
             ORDER BY 1) AS attnums
FROM pg_partitioned_table AS p
"""

# pg_depend names no relation that initdb has pinned (pg_authid, pg_statistic …), the rule's own tree names all.
RULES = """
SELECT r.ev_class AS relation, r.ev_type <> '1' AS writes,
       ARRAY(SELECT DISTINCT m[1]::oid FROM regexp_matches(r.ev_action::text || r.ev_qual::text, ':relid ([0-9]+)', 'g') AS m
             UNION SELECT d.refobjid FROM pg_depend AS d
             WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass) AS named
FROM pg_rewrite AS r
"""

# PostgreSQL's own views are decided by name.
VIEW_TREES = f"""
SELECT r.ev_class AS relation, r.ev_action::text AS tree
FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE r.ev_type = '1' AND c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND {_LASTING}
"""

# Which functions may read tables. $1: all in a query, those behind operators and casts too; $2: those called by name, for
# PostgreSQL's own are harmless elsewhere; $3: names of harmless ones. An aggregate does what the functions do it is made of.
MAY_READ = """
SELECT p.oid, n.nspname || '.' || p.proname AS name
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.oid = ANY ($1::oid[])
  AND (n.nspname <> 'pg_catalog' OR p.oid = ANY ($2::oid[]) AND p.proname <> ALL ($3::text[]))
  AND (p.provolatile <> 'i'
       OR EXISTS (SELECT FROM pg_aggregate AS g
                  JOIN pg_proc AS f ON f.oid IN (g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggmtransfn, g.aggminvtransfn,
                                                 g.aggmfinalfn, g.aggserialfn, g.aggdeserialfn)
                  WHERE g.aggfnoid = p.oid AND f.provolatile <> 'i'))
"""

VIEW_TEXTS = "SELECT v AS oid, pg_get_viewdef(v) AS text FROM unnest($1::oid[]) AS v"

USER_FUNCTIONS = f"""
SELECT DISTINCT n.nspname::text AS schema, p.proname::text AS name
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND {_LASTING}
"""

# $1: the OIDs of trusted owners. An aggregate is as good as the functions it is made of.
UNTRUSTED_FUNCTIONS = """
WITH foreign_owned AS (SELECT oid FROM pg_proc WHERE proowner <> ALL ($1::oid[]))
SELECT p.oid, n.nspname::text AS schema, p.oid::regprocedure::text AS signature, o.proowner AS owner
FROM (SELECT oid, oid AS piece FROM foreign_owned
      UNION ALL
      SELECT g.aggfnoid, f.oid FROM pg_aggregate AS g
      JOIN foreign_owned AS f ON f.oid IN (g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn,
                                           g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn)) AS u
JOIN pg_proc AS p ON p.oid = u.oid JOIN pg_proc AS o ON o.oid = u.piece
JOIN pg_namespace AS n ON n.oid = p.pronamespace
ORDER BY p.oid
"""

# $1: trusted owners, $2: untrusted functions.
UNTRUSTED_OPERATORS = """
SELECT o.oid, n.nspname::text AS schema, o.oid::regoperator::text AS signature,
       CASE WHEN o.oprowner <> ALL ($1::oid[]) THEN o.oprowner ELSE p.proowner END AS owner
FROM pg_operator AS o
JOIN pg_namespace AS n ON n.oid = o.oprnamespace
LEFT JOIN LATERAL (SELECT f.proowner FROM pg_proc AS f
                   WHERE f.oid IN (o.oprcode, o.oprrest, o.oprjoin) AND f.oid = ANY ($2::oid[]) LIMIT 1) AS p ON true
WHERE o.oprowner <> ALL ($1::oid[]) OR p.proowner IS NOT NULL
ORDER BY o.oid
"""

# $1: untrusted functions.
UNTRUSTED_CASTS = (
    "SELECT castsource AS source, casttarget AS target, castfunc AS function FROM pg_cast WHERE castfunc = ANY ($1::oid[])"
)

# Places whose code runs when a relation is read, written or planned, or when a value becomes a domain's.
_PLACES = """
SELECT 'pg_rewrite'::regclass AS classid, r.oid AS objid, r.ev_class AS relation, 0::oid AS type,
       CASE WHEN r.rulename = '_RETURN' THEN 'its view text' ELSE 'its rule ' || r.rulename END AS place
FROM pg_rewrite AS r
UNION ALL SELECT 'pg_policy'::regclass, p.oid, p.polrelid, 0, 'its policy ' || p.polname
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid WHERE c.relrowsecurity
UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, d.adrelid, 0,
       CASE a.attgenerated WHEN '' THEN 'the default of its column ' ELSE 'its generated column ' END || a.attname
FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
UNION ALL SELECT 'pg_constraint'::regclass, c.oid, c.conrelid, c.contypid, 'its constraint ' || c.conname
FROM pg_constraint AS c WHERE c.contype IN ('c', 'x')
UNION ALL SELECT 'pg_trigger'::regclass, t.oid, t.tgrelid, 0, 'its trigger ' || t.tgname
FROM pg_trigger AS t WHERE NOT t.tgisinternal
UNION ALL SELECT 'pg_class'::regclass, i.indexrelid, i.indrelid, 0, 'its index ' || c.relname
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
UNION ALL SELECT 'pg_class'::regclass, p.partrelid, p.partrelid, 0, 'its partition key'
FROM pg_partitioned_table AS p
UNION ALL SELECT 'pg_type'::regclass, t.oid, 0, t.oid, 'its default' FROM pg_type AS t WHERE t.typtype = 'd'
"""

# $1: untrusted functions, $2: operators, $3: types.
USES = f"""
WITH place AS ({_PLACES})
SELECT place.relation, place.type, place.place, d.refobjid AS code
FROM pg_depend AS d JOIN place ON place.classid = d.classid AND place.objid = d.objid
WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = ANY ($1::oid[])
   OR d.refclassid = 'pg_operator'::regclass AND d.refobjid = ANY ($2::oid[])
   OR d.refclassid = 'pg_type'::regclass AND d.refobjid = ANY ($3::oid[])
ORDER BY place.relation, place.place, d.refobjid
"""

# Functions whose text speaks of settings, temporary tables or writes. Of bodies parsed at creation one call is looked for.
MAY_CARRY = rf"""
SELECT p.oid, p.oid::regprocedure::text AS signature, p.prosrc AS body,
       coalesce(strpos(p.prosqlbody::text, ':funcid ' || 'pg_catalog.set_config'::regproc::oid || ' ') > 0, false)
         AS calls_set_config
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND {_LASTING} AND l.lanname IN ('sql', 'plpgsql')
  AND (p.prosrc ~* '(set_config|pg_settings|temp|insert|update|delete|merge|copy|truncate|\mset\M)' OR p.prosqlbody IS NOT NULL)
"""

# $1: functions, $2: relations.
NAMES_OF = """
SELECT proname::text AS name FROM pg_proc WHERE oid = ANY ($1::oid[])
UNION SELECT relname FROM pg_class WHERE oid = ANY ($2::oid[])
"""

# $1: a regular expression for any of the names, $2: functions that are known already.
NAMING = f"""
SELECT p.oid, p.oid::regprocedure::text AS signature
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND {_LASTING} AND l.lanname IN ('sql', 'plpgsql')
  AND p.prosrc ~* $1 AND p.oid <> ALL ($2::oid[])
"""

# $1: relations of untrusted owners. The heads of every call node in every expression that belongs to them.
CALLS = r"""
WITH text AS (
SELECT ev_class AS relation, CASE WHEN rulename = '_RETURN' THEN 'its view text' ELSE 'its rule ' || rulename END AS place,
       ev_action::text || ev_qual::text AS tree
FROM pg_rewrite
UNION ALL SELECT d.adrelid, 'the default of its column ' || a.attname, d.adbin::text
FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
UNION ALL SELECT conrelid, 'its constraint ' || conname, conbin::text FROM pg_constraint WHERE conrelid <> 0
UNION ALL SELECT polrelid, 'its policy ' || polname, concat(polqual::text, polwithcheck::text) FROM pg_policy
UNION ALL SELECT indrelid, 'one of its indexes', concat(indexprs::text, indpred::text) FROM pg_index
UNION ALL SELECT tgrelid, 'its trigger ' || tgname, tgqual::text FROM pg_trigger
UNION ALL SELECT partrelid, 'its partition key', partexprs::text FROM pg_partitioned_table)
SELECT text.relation, text.place,
       ARRAY(SELECT DISTINCT m[1] FROM regexp_matches(text.tree, '(\{(?:FUNCEXPR|AGGREF|WINDOWFUNC) [^{}]*)', 'g') AS m)
         AS heads
FROM text WHERE text.relation = ANY ($1::oid[]) AND text.tree <> ''
ORDER BY text.relation, text.place
"""

# $1: function OIDs, $2: names of harmless built-ins. Which of them are not known to be harmless.
NOT_HARMLESS = """
SELECT oid, oid::regprocedure::text AS signature FROM pg_proc
WHERE oid = ANY ($1::oid[])
  AND NOT (pronamespace = 'pg_catalog'::regnamespace AND (provolatile = 'i' OR proname = ANY ($2::text[])))
ORDER BY oid
"""

# $1: relations of untrusted owners that have what runs by itself when others use them.
RULES_AND_POLICIES = """
SELECT c.oid AS relation,
       CASE WHEN c.relkind NOT IN ('v', 'm') AND EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid) THEN 'rules'
            WHEN c.relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid) THEN 'row-security policies'
            WHEN EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attgenerated = 'v')
              THEN 'virtual generated columns' END AS what
FROM pg_class AS c WHERE c.oid = ANY ($1::oid[])
"""

VERIFIER = """
SELECT rolpassword FROM pg_authid
WHERE rolname = $1 AND rolcanlogin AND (rolvaliduntil IS NULL OR rolvaliduntil > clock_timestamp())
"""

# Two equal numbers: no transaction that could have changed anything is running.
HORIZON = "SELECT pg_snapshot_xmin(s)::text AS xmin, pg_snapshot_xmax(s)::text AS xmax FROM pg_current_snapshot() AS s"

# Another row after any DDL that could matter: how many rows the catalogs have, and the transactions that wrote them. Temporary
# objects are left out (other sessions make them all the time), and so is what VACUUM and ANALYZE write in place.
_VERSIONED = {
    "pg_namespace": "nspname !~ '^pg_(toast_)?temp_'",
    "pg_class": "relpersistence <> 't'",
    "pg_attribute": "attrelid IN (SELECT oid FROM pg_class WHERE relpersistence <> 't')",
    "pg_type": "typnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_')",
    "pg_constraint": "conrelid NOT IN (SELECT oid FROM pg_class WHERE relpersistence = 't')",
    "pg_attrdef": "adrelid NOT IN (SELECT oid FROM pg_class WHERE relpersistence = 't')",
    "pg_index": "indrelid NOT IN (SELECT oid FROM pg_class WHERE relpersistence = 't')",
    **dict.fromkeys(
        ("pg_proc", "pg_rewrite", "pg_trigger", "pg_policy", "pg_inherits", "pg_cast", "pg_operator",
         "pg_auth_members", "pg_database", "pg_aggregate", "pg_partitioned_table", "pg_foreign_table"),
        "true",
    ),
}  # fmt: skip
FINGERPRINT = "SELECT " + ", ".join(
    f"(SELECT count(*)::text || ' ' || coalesce(sum(xmin::text::bigint), 0)::text FROM {name} WHERE {which}) AS {name}"
    for name, which in _VERSIONED.items()
) + ", (SELECT sum(hashtextextended(r::text, 0))::text FROM pg_roles AS r) AS roles"  # of pg_authid we may not read xmin
