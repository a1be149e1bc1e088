-- Statements that try to reach a planted value through open pg_catalog names only (test_allowed.py runs them, one a line).
-- A line may begin with the first server version it is for. No relation but catalogs stands in FROM.
-- a relation or a type as text or OID
SELECT to_regclass('shop.customers')::oid, regclass('shop.customers'), 'shop.customers'::regclass::oid::regclass::text
SELECT format('%s %I %L', 'shop.customers'::regclass, 'shop.customers', 'shop.customers'::regclass)
SELECT 'shop.customers'::regclass::text::xml, xml('<t>shop.customers</t>'), xmlforest('shop.customers'::regclass AS t)
SELECT 'shop.customers'::refcursor, ('shop.customers'::refcursor)::text
SELECT pg_get_viewdef('shop.v'::regclass), pg_get_viewdef('shop.mv', true), pg_get_viewdef('evil.view')
SELECT pg_relation_is_updatable('evil.view', true), pg_column_is_updatable('evil.view', 1::int2, true)
SELECT row_security_active('shop.customers'), row_security_active('shop.v'::regclass)
SELECT pg_relation_size('shop.customers'), pg_table_size('shop.mv'), pg_indexes_size('shop.customers')
SELECT pg_relation_filepath('shop.customers'), pg_relation_filenode('shop.customers'), pg_filenode_relation(0, 1)
SELECT pg_get_serial_sequence('shop.customers', 'id'), pg_sequence_last_value(pg_get_serial_sequence('shop.customers', 'id'))
SELECT pg_sequence_parameters('shop.customers_id_seq'::regclass)
180000 SELECT pg_get_sequence_data('shop.customers_id_seq')
SELECT * FROM pg_partition_tree('shop.parts'), pg_partition_ancestors('shop.part_cn')
SELECT pg_get_partition_constraintdef('shop.part_cn'::regclass), pg_partition_root('shop.part_cn')
SELECT pg_get_partkeydef('shop.hashed'::regclass), pg_get_replica_identity_index('shop.customers')
SELECT * FROM pg_get_publication_tables('pub')
SELECT pg_relation_is_publishable('shop.customers'), pg_describe_object('pg_class'::regclass, 'shop.customers'::regclass, 2)
SELECT * FROM pg_identify_object('pg_class'::regclass, 'shop.customers'::regclass, 2)
SELECT * FROM pg_get_object_address('table column', '{shop,customers,email}', '{}')
SELECT * FROM pg_get_object_address('type', '{evil.dom}', '{}') AS a, pg_get_object_address('domain constraint', '{evil.dom}', '{dom_check}') AS b
SELECT has_table_privilege('shop.customers', 'SELECT'), has_column_privilege('shop.customers', 'email', 'SELECT')
SELECT col_description('shop.customers'::regclass, 2), obj_description('shop.customers'::regclass, 'pg_class')
-- definitions
SELECT pg_get_indexdef(indexrelid), pg_get_expr(indexprs, indrelid), pg_get_expr(indpred, indrelid) FROM pg_index
SELECT pg_get_expr(adbin, adrelid), adbin, pg_node_tree_send(adbin) FROM pg_attrdef
SELECT pg_get_constraintdef(oid), pg_get_expr(conbin, conrelid), conbin FROM pg_constraint
SELECT pg_get_statisticsobjdef(oid), pg_get_statisticsobjdef_columns(oid), pg_get_statisticsobjdef_expressions(oid) FROM pg_statistic_ext
SELECT pg_get_functiondef(oid), pg_get_function_sqlbody(oid), prosrc FROM pg_proc WHERE proname = 'leak'
SELECT pg_get_ruledef(oid), ev_action, ev_qual FROM pg_rewrite
-- code of another owner, by name
SELECT to_regproc('evil.leak'), to_regprocedure('evil.leak(text)'), has_function_privilege('evil.leak()', 'execute')
SELECT to_regtype('evil.dom'), 'evil.comp'::regtype, format_type('evil.dom'::regtype, 1), pg_typeof('evil.dom'::regtype)
180000 SELECT to_regtypemod('evil.dom'), pg_basetype('evil.dom'::regtype)
SELECT ts_debug('evil.config', 'a b'), to_tsvector('evil.config', 'shop.customers'), ts_headline('evil.config', 'shop.customers', 'shop'::tsquery)
SELECT ts_lexize('simple', 'shop.customers'), ts_parse('default', 'shop.customers'), ts_token_type('default')
-- row types of the relation: no row, and no stored default of a column added later
SELECT json_populate_record(NULL::shop.customers, '{}'), to_json(jsonb_populate_record(NULL::shop.customers, '{}'))
SELECT * FROM jsonb_populate_recordset(NULL::shop.customers, '[{}, {"id": 1}]')
SELECT (jsonb_populate_record(NULL::shop.customers, '{"id": 1}')).*, (NULL::shop.customers).added
SELECT ROW(1)::text, record_send(jsonb_populate_record(NULL::shop.customers, '{}')), hash_record(NULL::shop.customers)
SELECT array_agg(NULL::shop.customers), unnest(ARRAY[NULL::shop.customers, json_populate_record(NULL::shop.customers, '{"id":1}')])
SELECT enum_range(NULL::shop.tier), enum_last(NULL::shop.tier), min(NULL::shop.tier), any_value(x) FROM (SELECT 1) AS q(x)
180000 SELECT jsonb_populate_record_valid(NULL::shop.customers, '{}')
-- sessions, statements, transactions, statistics
SELECT * FROM pg_lock_status(), pg_prepared_statement(), pg_cursor(), pg_listening_channels()
SELECT current_query(), pg_blocking_pids(pg_backend_pid()), pg_safe_snapshot_blocking_pids(1)
SELECT * FROM pg_stat_get_progress_info('ANALYZE'), pg_stat_get_slru(), pg_stat_get_wal()
SELECT pg_stat_get_live_tuples('shop.customers'::regclass), pg_stat_get_tuples_returned('shop.customers'::regclass)
SELECT pg_current_snapshot(), pg_current_xact_id(), txid_current_snapshot(), pg_xact_status('3'), age('3'::xid)
SELECT mxid_age('1'), '1'::xid, xmin, cmax, tableoid, ctid FROM pg_class
SELECT * FROM pg_show_all_settings(), pg_settings_get_flags('work_mem')
SELECT current_setting('search_path'), current_setting('shop' || '.customers', true), current_setting('timezone')
SELECT * FROM pg_options_to_table('{a=shop.customers}'), pg_get_keywords()
SELECT * FROM pg_get_catalog_foreign_keys()
SELECT * FROM pg_available_extensions(), pg_timezone_names(), pg_extension_update_paths('plpgsql')
-- XML and JSON with a life of their own
SELECT xmlparse(DOCUMENT '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')
SELECT xpath('id("shop.customers")//text()', '<a/>'), xpath('/a/text()', '<a>shop.customers</a>')
SELECT xpath_exists('//a[lang("x")]', '<a/>'), xmlexists('//customers' PASSING '<a/>')
SELECT * FROM xmltable('//x' PASSING '<a><x>shop.customers</x></a>' COLUMNS email text PATH '.')
SELECT jsonb_path_query('{"a": "shop.customers"}', '$.a ? (@ like_regex "shop")'), jsonb_path_query_tz('[]', '$.datetime()')
SELECT * FROM json_to_recordset('[{"email": "shop.customers"}]') AS r(email text), jsonb_each('{"a": 1}')
-- bytes, encodings, patterns, operators
SELECT convert_from(convert_to('shop.customers', 'LATIN1'), 'LATIN1'), convert('a', 'UTF8', 'LATIN1'), encode('a', 'base64')
SELECT 'shop.customers' OPERATOR(pg_catalog.@@) 'email', 'shop.customers' OPERATOR(pg_catalog.||) 1, 'a' ^@ 'a'
SELECT NULL::shop.customers OPERATOR(pg_catalog.*=) jsonb_populate_record(NULL::shop.customers, '{}'), 'a' ~ '(shop).*'
SELECT acldefault('r', 10), aclexplode(relacl), makeaclitem(10, 10, 'SELECT', false) FROM pg_class WHERE relname = 'customers'
180000 SELECT pg_get_acl('pg_class'::regclass, 'shop.customers'::regclass, 0), uuid_extract_timestamp(uuidv7())
-- rows by their physical place, and when they were written
SELECT '(0,1)'::tid, tidlarger('(0,1)', '(0,2)'), tidsend('(0,1)')
SELECT pg_visible_in_snapshot('3', pg_current_snapshot()), txid_status(3), pg_xact_status(pg_current_xact_id_if_assigned())
-- strings that look like SQL, where a function has a language of its own
SELECT plainto_tsquery('simple', 'SELECT email FROM shop.customers'), websearch_to_tsquery('simple', 'shop or customers'), querytree('a & b')
SELECT regexp_replace('a', 'a', 'SELECT email FROM shop.customers'), format('%1$s %2$L', 'SELECT', 'shop.customers'), quote_ident('shop.customers')
SELECT to_char(now(), '"SELECT email FROM shop.customers"'), to_date('2020 shop.customers', 'YYYY "shop"'), parse_ident('shop.customers', true)
SELECT timezone('<shop.customers>+3', now()), date_trunc('day', now(), '<customers>-1'), date_part('epoch', now())
SELECT '{"$": "SELECT email FROM shop.customers"}'::jsonb @? '$.**', jsonb_path_query_array('[1]', '$[*] ? (@ == $x)', '{"x": "shop.customers"}')
SELECT pg_size_bytes('1 kB'), pg_size_pretty(pg_total_relation_size('shop.customers')), pg_char_to_encoding('shop.customers')
SELECT string_to_table('shop.customers', '.'), generate_subscripts(ARRAY['shop.customers'::regclass], 1), unnest(ARRAY['shop.customers'::regclass])
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY 'shop.customers'::regclass::text), mode() WITHIN GROUP (ORDER BY 'shop.customers'::regclass)
SELECT first_value('shop.customers'::regclass::text) OVER (), lag(NULL::shop.customers) OVER (), string_agg('shop.customers'::regclass::text, ',')
SELECT json_object_agg('shop.customers'::regclass, NULL::shop.customers), json_build_object('a', jsonb_populate_record(NULL::shop.customers, '{"tier": "high"}'))
SELECT max(ROW('shop.customers'::regclass)::text), count(NULL::shop.customers), every('shop.customers'::regclass IS NOT NULL)
-- open in one form, closed in another; sequences; sessions without their statements
SELECT ts_rewrite('shop & customers', 'shop', 'email'::text::tsquery), ts_rewrite(to_tsquery('a'), 'a'::tsquery, plainto_tsquery('SELECT email FROM shop.customers'))
SELECT nextval('shop.customers'), currval('shop.customers')
SELECT nextval('shop.customers_id_seq'), nextval('shop.mv'), nextval('SELECT email FROM shop.customers')
SELECT pg_cancel_backend(0), pg_cancel_backend(2147483647)
SELECT pg_stat_get_backend_pid(b), pg_stat_get_backend_userid(b), pg_stat_get_backend_client_addr(b), pg_stat_get_backend_wait_event(b), pg_stat_get_backend_xact_start(b) FROM pg_stat_get_backend_idset() AS b
SELECT * FROM pg_control_system(), pg_control_checkpoint(), pg_control_init(), pg_control_recovery()
-- casts written as calls, calls with names, VARIADIC
SELECT pg_catalog.regclass('shop.customers'), regtype('evil.dom'), jsonb('{"a": "shop.customers"}'), tsquery('shop'), refcursor('shop.customers')
SELECT json_populate_record(base => NULL::shop.customers, from_json => '{"email": "shop.customers"}'), make_interval(days => 1)
SELECT concat(VARIADIC ARRAY['shop.customers'::regclass]), jsonb_extract_path('{"a": 1}', VARIADIC '{shop,customers}')
