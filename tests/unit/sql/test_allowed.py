"""The lists of pg_catalog: their shape, which calls they open, and the judgements that must never slip."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from proxy.errors import Unproven
from proxy.sql import allowed
from proxy.sql.allowed import (
    CHECKED,
    FIXED,
    LOOKED_AT,
    NEWEST,
    NO,
    OK,
    SETTINGS,
    Form,
    call,
    judgements,
    operator,
    parse,
    type_named,
)
from proxy.sql.firewall import Firewall
from proxy.sql.parse import parse as parse_statement
from tests import world

VERSIONS = (150000, 160014, 170002, 180004)
NEVER = """
query_to_xml table_to_xml schema_to_xml database_to_xml cursor_to_xml query_to_xml_and_xmlschema ts_stat ts_rewrite
pg_input_is_valid pg_input_error_info domain_in record_in array_in textin textrecv byteaout
pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file pg_current_logfile pg_hba_file_rules pg_show_all_file_settings
lo_get lo_open loread lo_import lo_export pg_mcv_list_items pg_mcv_list_send pg_stat_get_activity pg_stat_get_backend_activity
pg_terminate_backend pg_reload_conf set_config setval pg_notify
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
nextval currval pg_cancel_backend has_function_privilege has_sequence_privilege txid_current pg_database_size
pg_table_size pg_indexes_size pg_tablespace_location pg_get_function_sqlbody pg_control_system to_regproc to_regnamespace
count sum avg min max percentile_cont mode row_number rank lag lead first_value date_trunc date_part extract age now
to_char to_date lower upper length substring left right btrim ltrim rtrim replace regexp_replace split_part concat format md5
sha256 timezone overlaps position overlay normalize is_normalized like_escape similar_to_escape
xmlexists pg_collation_for gen_random_uuid random to_tsvector to_tsquery ts_rank ts_headline xpath int4range range_agg
width_bucket
""".split()


def judged(line: str) -> allowed.Judgement:
    (one,) = parse(line).values()
    return one


def names_of(answer: str) -> set[str]:
    """Names of functions with a form that was judged so."""
    return {Form.of(j).name for j in judgements("functions").values() if j.answer == answer}


@pytest.mark.parametrize("kind", ["functions", "operators", "casts", "types", "settings"])
def test_every_line_is_a_judgement_in_order_and_once(kind: str) -> None:
    text = files("proxy.sql").joinpath(f"data/{kind}.txt").read_text(encoding="utf-8")
    found = parse(text)
    assert list(found) == sorted(found)
    assert len(found) == len(text.splitlines())
    assert all(15 <= j.first <= NEWEST and (j.last == 0 or j.first <= j.last < NEWEST) for j in found.values())


@pytest.mark.parametrize("text", ["a\t15\tmaybe", "a\t15\tno", "a\t15\tchecked", "a\tx\tok", "a\t15", "a\t15\tok\na\t15\tok"])
def test_a_line_of_another_shape_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a judgement|not enough values|invalid literal"):
        parse(text)


def test_reasons_can_follow_a_colon() -> None:
    closed = [j.reason for kind in ("functions", "types", "settings") for j in judgements(kind).values() if j.answer == NO]
    assert all(re.fullmatch(r"[a-z].{15,130}[^.]", reason) for reason in closed)


# --- which calls a form takes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "given", "given_as_array"),
    [
        ("f()", {0}, set()),
        ("f(integer, text)", {2}, set()),
        ("f(integer, text DEFAULT, text DEFAULT)", {1, 2, 3}, set()),
        ('f(VARIADIC "any")', {1, 2, 3, 4}, {1}),
        ("f(json, VARIADIC text[])", {2, 3, 4}, {2}),
        ("f(name, VARIADIC text[] DEFAULT)", {1, 2, 3, 4}, {1, 2}),
        ("f(timestamp with time zone, double precision) ordered-set", {2}, set()),
    ],
)
def test_a_form_takes_what_postgresql_would_give_it(what: str, given: set[int], given_as_array: set[int]) -> None:
    form = Form.of(judged(f"{what}\t15\tok"))
    assert {n for n in range(5) if form.takes(n, as_array=False)} == given
    assert {n for n in range(5) if form.takes(n, as_array=True)} == given_as_array


def test_the_kinds_are_in_the_data() -> None:
    kinds = {f.name: f.kind for f in map(Form.of, judgements("functions").values())}
    assert (kinds["lower"], kinds["sum"], kinds["lag"]) == ("function", "aggregate", "window")
    assert kinds["percentile_cont"] == "ordered-set"
    assert {"rank() window", 'rank(VARIADIC "any") hypothetical-set'} <= set(judgements("functions"))
    with pytest.raises(ValueError, match="not a signature"):
        Form.of(judged("lower\t15\tok"))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_name_is_open_by_the_forms_that_could_take_the_call(version: int) -> None:
    assert call(version, "ts_rewrite", 3) is None
    assert call(version, "ts_rewrite", 2) == "it runs SQL text or reads a whole relation named in its arguments"
    assert call(version, "ts_rewrite", 4) == ""  # no form takes it, so nothing is proven
    assert call(version, "ts_rewrite", 3, as_array=True) == ""
    assert call(version, "no_such_function", 1) == ""


def test_versions_follow_the_server() -> None:
    assert call(150018, "any_value", 1) == ""  # on 15 that name can only be a user's function
    assert call(160000, "any_value", 1) is None
    assert (call(160000, "uuidv7", 0), call(180000, "uuidv7", 0)) == ("", None)
    assert (call(160000, "pg_stat_get_buf_written_backend", 0), call(180000, "pg_stat_get_buf_written_backend", 0)) == (
        None,
        "",
    )
    assert (type_named(160000, "_pg_aios"), type_named(180000, "_pg_aios")) == ("", None)


def test_between_two_versions_looked_at_only_what_both_sides_prove_is_open() -> None:
    assert LOOKED_AT == (15, 16, 18)
    opened, closed = judged("f()\t18\tok"), judged("f(text)\t18\tno\tbecause it must be so")
    assert (opened.holds_on(17), closed.may_hold_on(17), closed.may_hold_on(16)) == (False, True, False)
    gone = judged("f(text)\t15-16\tno\tbecause it must be so")
    assert (gone.holds_on(17), gone.may_hold_on(17), gone.may_hold_on(18)) == (False, True, False)
    assert judged("f(text)\t15\tno\tbecause it must be so").may_hold_on(19)
    assert call(170002, "uuidv7", 0) == ""
    assert call(170002, "pg_stat_reset_shared", 0) == "it changes statistics"  # the form that 18 has, and maybe 17


def test_unknown_servers_and_names_get_nothing_new() -> None:
    assert call(140000, "lower", 1) == operator(140000, "=", 2) == type_named(140000, "int4") == ""
    assert call(190000, "lower", 1) is None
    assert call(190000, "pg_function_of_the_future", 1) == type_named(190000, "type_of_the_future") == ""


# --- judgements that must never slip -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_dangerous_functions_are_closed_with_a_reason(version: int) -> None:
    closed = [Form.of(j) for j in judgements("functions").values() if j.answer == NO]
    assert {f.name for f in closed} >= set(NEVER)
    assert not names_of(OK) & set(NEVER) - {"ts_rewrite"}
    for form in closed:
        if form.name in NEVER and form.judged.holds_on(version // 10_000):
            assert all(call(version, form.name, given) for given in range(form.least, form.most + 1))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_tools_and_analysts_need_is_open_in_every_form(version: int) -> None:
    forms = [Form.of(j) for j in judgements("functions").values() if j.may_hold_on(version // 10_000)]
    assert {f.name for f in forms} >= set(NEEDED)
    assert not [f.judged.what for f in forms if f.name in NEEDED and f.judged.answer != OK]


@pytest.mark.parametrize(
    "family",
    [
        r"lo_.*",
        r"pg_(read|ls)_.*",
        r"binary_upgrade_.*",
        r"pg_(logical|replication)_.*",
        r".*_to_xml(schema)?",
        r"pg_stat_reset.*",
        r"pg_stat_get_(backend_)?activity",
        r".*(_in|_out|_recv|_handler|_support)",
        r"pg_event_trigger_.*",
        r"RI_.*",
    ],
)
def test_whole_families_are_closed(family: str) -> None:
    assert [name for name in names_of(NO) if re.fullmatch(family, name)]
    assert not [name for name in names_of(OK) if re.fullmatch(family, name)]


def test_operators() -> None:
    for name in ("=", "<>", "||", "~~", "->>", "@>", "!~~*", "^@", "-"):
        assert operator(150000, name, 2) is None
    assert operator(150000, "-", 1) is operator(150000, "|/", 1) is None
    assert operator(150000, "|/", 2) == operator(150000, "||", 1) == ""
    assert operator(150000, "!=", 2) == ""  # the scanner writes <>
    assert operator(180000, "===", 2) == ""


def test_types() -> None:
    for name in ("int4", "_text", "regclass", "_regtype", "jsonb", "int4range", "timestamptz", "pg_class", "record", "name"):
        assert type_named(150000, name) is None
    for name in ("cstring", "_cstring", "internal", "trigger", "anyelement", "any", "language_handler"):
        assert type_named(150000, name)


def test_a_closed_cast_closes_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {"types": "a\t15\tok\nb\t15\tok", "casts": "a AS b\t15\tno\tit reads what it should not"}
    monkeypatch.setattr(allowed, "judgements", lambda kind: parse(lines[kind]))
    assert dict(allowed._types.__wrapped__(15)) == {"a": None, "b": "it reads what it should not"}


# --- as the firewall asks ----------------------------------------------------------------------------------------------------


def refusal(text: str) -> str | None:
    """What the firewall says of a SELECT of the analyst's, or None."""
    statement = parse_statement(text.encode())
    firewall = Firewall(world.snapshot(), ("pg_catalog", "shop"), frozenset(("shop.tax",)))
    try:
        firewall.check(statement, statement.stmts[0][1])
    except Unproven as error:
        return error.message
    return None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ts_rewrite('a', 'b', 'c')",
        "SELECT json_extract_path('{}', 'a', 'b', 'c'), json_extract_path('{}', VARIADIC '{a}')",
        "SELECT make_interval(days => 1, hours => 2), count(*), count(DISTINCT id) FROM shop.orders",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total), rank(1, 2) WITHIN GROUP (ORDER BY id, total) FROM shop.orders",
        "SELECT jsonb('{}'), pg_catalog.int4('1'), float8('1'), shop.tax(1)",
        "SELECT - 1, |/ 4, 1 + 1, 'a' LIKE 'b', 1 = ANY ('{1}'), (1, 2) = (SELECT 1, 2)",
        "SELECT '{}'::jsonb, 'pg_class'::regclass, NULL::text[], 1::record FROM shop.orders ORDER BY id USING <",
        "SELECT 'a' COLLATE \"C\" || 'b' COLLATE pg_catalog.\"de-x-icu\"",
    ],
)
def test_what_the_firewall_opens(text: str) -> None:
    assert refusal(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT ts_rewrite('a', 'SELECT b')", "ts_rewrite .*: it runs SQL text"),
        ("SELECT ts_rewrite(VARIADIC '{}')", "ts_rewrite is not on the list .* call$"),
        ("SELECT dom('a')", "dom is not on the list .* call$"),
        ("SELECT cstring('a')", "cstring is not on the list .*: it is a pseudo-type"),
        ("SELECT jsonb('{}', 1)", "jsonb is not on the list"),
        ("SELECT pg_catalog.tax(1)", "tax is not on the list"),
        ("SELECT * FROM ts_stat('SELECT 1')", "ts_stat .*: it runs SQL text"),
        ("SELECT |/ 4 |/ 4", "operator [|]/ is not one of pg_catalog"),
        ("SELECT (o).pg_ls_waldir, (o).ts_stat FROM shop.orders AS o", '"ts_stat" is no column here'),
    ],
)
def test_what_the_firewall_refuses(text: str, said: str) -> None:
    assert re.search(said, refusal(text) or "")


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
    for mapping in (judgements("functions"), allowed._forms(18), FIXED, CHECKED):
        with pytest.raises(TypeError):
            mapping["x"] = "y"  # type: ignore[index]
    assert not hasattr(allowed.Judgement("x", 15, 0, OK, ""), "__dict__")
