"""The list of pg_catalog names: its shape, and the judgements that must never slip."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from proxy.sql import allowed
from proxy.sql.allowed import CHECKED, FIXED, NEWEST, NO, OK, SETTINGS, functions, judgements, operators, parse, why_not

NEVER = """
query_to_xml table_to_xml schema_to_xml database_to_xml cursor_to_xml query_to_xml_and_xmlschema ts_stat ts_rewrite
pg_input_is_valid pg_input_error_info domain_in record_in array_in textin textrecv byteaout
pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file pg_current_logfile pg_hba_file_rules pg_show_all_file_settings
lo_get lo_open loread lo_import lo_export pg_mcv_list_items pg_mcv_list_send pg_stat_get_activity pg_stat_get_backend_activity
pg_terminate_backend pg_cancel_backend pg_reload_conf set_config nextval setval pg_notify pg_export_snapshot
pg_logical_slot_get_changes pg_logical_slot_peek_changes pg_create_logical_replication_slot pg_logical_emit_message
pg_get_backend_memory_contexts pg_switch_wal pg_backup_start binary_upgrade_set_next_pg_type_oid currtid2
pg_xact_commit_timestamp satisfies_hash_partition suppress_redundant_updates_trigger plpgsql_inline_handler
""".split()
# What psql, DBeaver, pgJDBC, Metabase, SQLAlchemy, Django and asyncpg ask of a server, and what analysts write.
NEEDED = """
format_type pg_get_expr pg_get_viewdef pg_get_indexdef pg_get_constraintdef pg_get_functiondef pg_get_triggerdef pg_get_ruledef
pg_get_userbyid pg_get_keywords pg_get_partkeydef pg_get_statisticsobjdef_columns pg_get_function_identity_arguments
pg_get_function_arguments pg_get_function_result pg_get_serial_sequence obj_description col_description shobj_description
pg_table_is_visible pg_type_is_visible pg_function_is_visible to_regclass to_regtype pg_encoding_to_char array_to_string
has_table_privilege has_schema_privilege has_column_privilege pg_has_role current_setting current_schema current_schemas
current_database version pg_backend_pid pg_is_in_recovery pg_relation_size pg_total_relation_size pg_size_pretty
pg_options_to_table
pg_index_column_has_property pg_column_is_updatable pg_relation_is_updatable pg_advisory_unlock_all pg_show_all_settings
quote_ident unnest generate_series generate_subscripts array_agg string_agg json_agg jsonb_build_object jsonb_path_query
count sum avg min max percentile_cont mode row_number rank lag lead first_value date_trunc date_part extract age now
to_char to_date lower upper length substring left right btrim ltrim rtrim replace regexp_replace split_part concat format md5
sha256 timezone overlaps position overlay normalize is_normalized like_escape similar_to_escape
xmlexists pg_collation_for gen_random_uuid random to_tsvector to_tsquery ts_rank ts_headline xpath int4range range_agg
width_bucket
""".split()


@pytest.mark.parametrize("what", ["functions", "operators", "settings"])
def test_every_line_is_a_judgement_in_order_and_once(what: str) -> None:
    text = files("proxy.sql").joinpath(f"data/{what}.txt").read_text(encoding="utf-8")
    found = parse(text)
    assert list(found) == sorted(found)
    assert len(found) == len(text.splitlines())
    assert all(15 <= j.first <= NEWEST and (j.last == 0 or j.first <= j.last < NEWEST) for j in found.values())


@pytest.mark.parametrize("text", ["a\t15\tmaybe", "a\t15\tno", "a\t15\tchecked", "a\tx\tok", "a\t15", "a\t15\tok\na\t15\tok"])
def test_a_line_of_another_shape_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a judgement|not enough values|invalid literal"):
        parse(text)


def test_reasons_can_follow_a_colon() -> None:
    closed = [j.reason for what in ("functions", "settings") for j in judgements(what).values() if j.answer == NO]
    assert all(re.fullmatch(r"[a-z].{15,130}[^.]", reason) for reason in closed)


@pytest.mark.parametrize("version", [150000, 160014, 170002, 180004])
def test_dangerous_functions_are_closed_with_a_reason(version: int) -> None:
    assert not functions(version) & set(NEVER)
    assert all(why_not(name) for name in NEVER)


@pytest.mark.parametrize("version", [150000, 160014, 170002, 180004])
def test_what_tools_and_analysts_need_is_open(version: int) -> None:
    assert set(NEEDED) <= functions(version)
    assert all(why_not(name) is None for name in NEEDED)


@pytest.mark.parametrize(
    "family",
    [
        r"lo_.*",
        r"pg_(read|ls)_.*",
        r"binary_upgrade_.*",
        r"pg_(logical|replication)_.*",
        r".*_to_xml(schema)?",
        r"pg_stat_reset.*",
        r"pg_stat_get_backend_.*",
        r".*(_in|_out|_recv|_handler|_support)",
        r"pg_event_trigger_.*",
        r"RI_.*",
        r"pg_control_.*",
    ],
)
def test_whole_families_are_closed(family: str) -> None:
    names = [name for name in judgements("functions") if re.fullmatch(family, name)]
    assert names
    assert not [name for name in names if judgements("functions")[name].answer == OK]


def test_versions_follow_the_server() -> None:
    assert "any_value" not in functions(150018)  # on 15 that name can only be a user's function
    assert "any_value" in functions(160000)
    assert "uuidv7" in functions(180000)
    assert "uuidv7" not in functions(160000)
    assert "pg_stat_get_buf_written_backend" in functions(160000)
    assert "pg_stat_get_buf_written_backend" not in functions(180000)


def test_unknown_servers_and_names_get_nothing_new() -> None:
    assert functions(140000) == operators(140000) == frozenset()
    assert functions(190000) == functions(180000)
    assert "pg_function_of_the_future" not in functions(190000)
    assert why_not("pg_function_of_the_future") is None


def test_operators() -> None:
    assert {"=", "<>", "||", "~~", "->>", "@>", "!~~*", "^@"} <= operators(150000)
    assert "!=" not in operators(150000)  # the scanner writes <>
    assert "===" not in operators(180000)


def test_settings_are_open_or_fixed_never_both() -> None:
    assert not SETTINGS & set(FIXED)
    assert set(CHECKED) == {"search_path", "client_encoding", "client_min_messages"}
    assert set(CHECKED) <= SETTINGS
    assert all(name == name.lower() and "." not in name for name in [*SETTINGS, *FIXED])


def test_settings_drivers_send_are_open() -> None:
    assert {"application_name", "client_encoding", "datestyle", "timezone", "extra_float_digits", "search_path"} <= SETTINGS
    assert {"jit", "statement_timeout", "lock_timeout", "bytea_output", "client_min_messages"} <= SETTINGS
    assert {"intervalstyle", "default_transaction_isolation", "transaction_read_only", "transaction_timeout"} <= SETTINGS


@pytest.mark.parametrize(
    "name",
    "role session_authorization row_security standard_conforming_strings backslash_quote enable_seqscan enable_indexonlyscan "
    "random_page_cost geqo plan_cache_mode debug_print_plan log_statement local_preload_libraries session_replication_role "
    "transform_null_equals array_nulls lc_monetary zero_damaged_pages ignore_system_indexes "
    "log_parameter_max_length_on_error".split(),
)
def test_settings_that_could_change_what_is_seen_are_fixed(name: str) -> None:
    assert name not in SETTINGS
    assert FIXED[name]


def test_the_lists_cannot_be_changed() -> None:
    assert isinstance(functions(180000), frozenset)
    for mapping in (judgements("functions"), FIXED, CHECKED):
        with pytest.raises(TypeError):
            mapping["x"] = "y"  # type: ignore[index]
    assert not hasattr(allowed.Judgement("x", 15, 0, OK, ""), "__dict__")
