"""Masks on real servers: SQL and twin agree on thousands of values, no type changes, nothing raises, nothing is hijacked."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from proxy.catalog.snapshot import Column, Oid
from proxy.masking import Mask, parse, types
from tests.servers import Database

CHOICES = random.Random(20240607)
TYPES = {  # type as written in CREATE TABLE -> (OID, type_sql, typmod)
    "text": (types.TEXT, "pg_catalog.text", -1),
    "varchar": (types.VARCHAR, "pg_catalog.varchar", -1),
    "varchar(20)": (types.VARCHAR, "pg_catalog.varchar(20)", 24),
    "varchar(3)": (types.VARCHAR, "pg_catalog.varchar(3)", 7),
    "char(12)": (types.BPCHAR, "pg_catalog.bpchar(12)", 16),
    "bpchar": (types.BPCHAR, "pg_catalog.bpchar", -1),
    "name": (types.NAME, "pg_catalog.name", -1),
    "int2": (types.INT2, "pg_catalog.int2", -1),
    "int4": (types.INT4, "pg_catalog.int4", -1),
    "int8": (types.INT8, "pg_catalog.int8", -1),
    "numeric": (types.NUMERIC, "pg_catalog.numeric", -1),
    "numeric(10,2)": (types.NUMERIC, "pg_catalog.numeric(10,2)", (10 << 16 | 2) + 4),
    "float4": (types.FLOAT4, "pg_catalog.float4", -1),
    "float8": (types.FLOAT8, "pg_catalog.float8", -1),
    "date": (types.DATE, "pg_catalog.date", -1),
    "timestamp": (types.TIMESTAMP, "pg_catalog.timestamp", -1),
    "timestamp(3)": (types.TIMESTAMP, "pg_catalog.timestamp(3)", 3),
    "timestamptz": (types.TIMESTAMPTZ, "pg_catalog.timestamptz", -1),
    "timestamptz(0)": (types.TIMESTAMPTZ, "pg_catalog.timestamptz(0)", 0),
    "json": (types.JSON, "pg_catalog.json", -1),
    "jsonb": (types.JSONB, "pg_catalog.jsonb", -1),
}
TEXT_TYPES = ("text", "varchar", "varchar(20)", "varchar(3)", "char(12)", "bpchar", "name")
TEXT_MASKS: tuple[object, ...] = (
    "redact",
    "email",
    "phone",
    "name",
    "address",
    {"partial": {"first": 3, "last": 4}},
    {"partial": {"last": 4}},
    {"partial": {"first": 1}},
    {"partial": {"first": 5, "last": 1}},
    {"partial": {"first": 100, "last": 100}},
)
ALPHABETS = (
    "abc",
    "a@.",
    "ab1 ,",
    "广东省深圳市南山区县盟自治州地特别行政",
    "张欧阳明月司马",
    "\U0001f600é́　\tz\\'\"%",
    "0123456789",
)
TEXTS = [
    "",
    " ",
    "a",
    "ab",
    "abc",
    "abcd",
    "@",
    "@@",
    "a@",
    "@b",
    "a@b",
    "ab@x.y",
    "a@b@c.com",
    "lihua@example.com",
    "a_long_name@qq.com",
    "x" * 30 + "@163.com",
    "13800138000",
    "+86 138-0013-8000",
    "1" * 14,
    "张三",
    "张三丰",
    "欧阳明月",
    "欧阳锋",
    "John Smith",
    "李",
    "广东省深圳市南山区科技园1号",
    "北京市朝阳区建国路88号",
    "内蒙古自治区呼伦贝尔市海拉尔区某某路",
    "香港特别行政区中西区皇后大道中一号",
    "湖北省恩施土家族苗族自治州恩施市舞阳坝街道",
    "大理白族自治州大理市古城",
    "新疆维吾尔自治区喀什地区喀什市人民东路",
    "广东省深圳市",
    "深圳市",
    "1600 Amphitheatre Parkway, Mountain View, CA 94043",
    ",",
    ",,,,,,,,",
    "Flat 5, 12 Main Street, Springfield",
    "\n" * 9,
    "é" * 5,
    "\U0001f600" * 7,
    "a\nb@c\nd.e",
    "x" * 1000,
    "广" * 500 + "省",
    "trailing   ",
]
NUMBERS = {
    "int2": ["0", "1", "-1", "999", "1000", "-1999", "32767", "-32768"],
    "int4": ["0", "1", "-1", "999", "1000", "-1999", "2147483647", "-2147483648"],
    "int8": ["0", "1", "-1", "999", "1000", "-1999", "9223372036854775807", "-9223372036854775808"],
    "numeric": [
        "0",
        "NaN",
        "Infinity",
        "-Infinity",
        "1234.5678",
        "-0.0001",
        "1e-300",
        "1e300",
        "9" * 500,
        "-1999.99",
        "0.5",
    ],
    "numeric(10,2)": ["0", "NaN", "99999999.99", "-99999999.99", "999.99", "0.01", "-1234.56"],
    "float4": [
        "0",
        "-0",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e-45",
        "3.4028235e38",
        "-3.4028235e38",
        "1234.5",
        "-999",
        "0.1",
    ],
    "float8": [
        "0",
        "-0",
        "NaN",
        "Infinity",
        "-Infinity",
        "5e-324",
        "1.7976931348623157e308",
        "-1e300",
        "1234.5",
        "-999.5",
    ],
}
DATES = {
    "date": [
        "infinity",
        "-infinity",
        "4713-11-24 BC",
        "0001-01-01",
        "0009-05-05",
        "0010-01-01",
        "9999-12-31",
        "10000-01-01",
        "5874897-12-31",
        "2024-02-29",
        "1999-12-31",
        "0044-03-15 BC",
    ],
    "timestamp": [
        "infinity",
        "-infinity",
        "4713-11-24 00:00:00 BC",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59.999999",
        "10000-01-01 00:00:00",
        "294276-12-31 23:59:59.999999",
        "2024-02-29 12:34:56.789",
    ],
    "timestamptz": [
        "infinity",
        "-infinity",
        "4713-11-24 00:00:00+00 BC",
        "0001-01-01 00:00:00+00",
        "0001-01-01 00:00:00+14",
        "9999-12-31 23:59:59.999999+00",
        "9999-12-31 23:59:59-12",
        "294276-12-31 23:59:59.999999+00",
        "2024-01-01 03:00:00+08",
        "2024-12-31 23:00:00-05",
    ],
}
DOCUMENTS = [
    "null",
    "1",
    '"x"',
    "true",
    "[]",
    "{}",
    "[1,2]",
    '{"phone": "13800138000"}',
    '{"phone": 13800138000}',
    '{"phone": null}',
    '{"phone": true}',
    '{"phone": ["1"]}',
    '{"phone": {"a": 1}}',
    '{"bank": {"no": "6222020000000000"}}',
    '{"bank": []}',
    '{"bank": "x"}',
    '{"bank": null}',
    '{"bank": {}}',
    '{"bank": {"no": 1.50}}',
    '{"income": 12345.67}',
    '{"income": "12"}',
    '{"income": -0.0}',
    '{"income": 1e3}',
    '{"0": 1, "a b": "中文\\ud83d\\ude00"}',
    '{"phone": "\\u4e2d\\u6587"}',
    '{"gone": 1}',
    '[{"phone": "13800138000"}]',
    '{"a b": "secret text"}',
    '{"note": "3E2024 and more"}',
    '{"phone": ""}',
]
NO_JSONB = [
    '{"a": "\\u0000"}',
    '{"a": "\\ud800"}',
    '{"a": "\\\\\\ud800"}',
    '{"a": "\\\\\\ud83d\\ude00\\ude00"}',
    '{"a": 1e200000}',
    '{"a": 1e-20000}',
    '{"a": ' + "9" * 140_000 + "}",
    '{"a": 0.' + "0" * 20_000 + "1}",
    '{"a": "\\ude00\\ud83d"}',
]
STILL_JSONB = ['{"a": "\\\\ud800", "phone": "1"}', '{"a": "\\ud83d\\ude00"}', '{"a": "\\\\u0000"}', '{"a": "x1e9999"}']
JSON_MASK = {
    "json": {
        "$.phone": "phone",
        "$.bank.no": {"partial": {"last": 4}},
        "$.income": {"round": 1000},
        '$."a b"': "redact",
    }
}

Row = tuple[object, ...]


def column(type_name: str, collation: str | None = None) -> Column:
    oid, type_sql, typmod = TYPES[type_name]
    return Column(1, "v", Oid(oid), type_sql, typmod, collation)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection[Row]]:
    with database.connect() as made:
        made.execute("SET timezone = 'America/New_York'; SET datestyle = 'SQL, DMY'")
        yield made


def fill(connection: psycopg.Connection[Row], type_sql: str, values: list[str]) -> None:
    """Table t(n, v) with one row per value, and one NULL at the end."""
    connection.execute(f"DROP TABLE IF EXISTS public.t CASCADE; CREATE TABLE public.t (n int, v {type_sql});")
    connection.execute(
        sql.SQL(
            "INSERT INTO public.t SELECT n, v::{} FROM unnest(%s::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n"
        ).format(sql.SQL(type_sql.split(" COLLATE ")[0])),
        [[*values, None]],
    )


def masked(connection: psycopg.Connection[Row], mask: Mask, one: Column) -> list[tuple[str | None, str | None]]:
    """Each value and its mask, as PostgreSQL writes them. Type and typmod of the mask are checked against the column."""
    assert mask.misfit(one) is None
    text = mask.sql('"t"."v"', one)
    cursor = connection.execute(f"SELECT v, {text} AS v FROM public.t LIMIT 0".encode())
    assert cursor.pgresult is not None
    assert cursor.pgresult.ftype(1) == cursor.pgresult.ftype(0)
    assert cursor.pgresult.fmod(1) == cursor.pgresult.fmod(0)
    rows = connection.execute(
        f"SELECT CAST(v AS pg_catalog.text), CAST({text} AS pg_catalog.text) FROM public.t ORDER BY n".encode()
    )
    return [(None if a is None else str(a), None if b is None else str(b)) for a, b in rows.fetchall()]


def some_texts(count: int) -> list[str]:
    made = ["".join(CHOICES.choices(CHOICES.choice(ALPHABETS), k=CHOICES.randrange(24))) for _ in range(count)]
    return TEXTS + made


def hidden(value: str, result: str) -> bool:
    shown = len(result) - result.count("*")
    return shown <= len(value) // 2


@pytest.mark.parametrize("type_name", TEXT_TYPES)
def test_text_masks_equal_their_twins(connection: psycopg.Connection[Row], type_name: str) -> None:
    limit = {"varchar(20)": 20, "varchar(3)": 3, "char(12)": 12, "name": 15}.get(type_name, 10_000)
    values = [value[:limit] for value in some_texts(2_000)]
    fill(connection, type_name, values)
    is_blank_padded = type_name in ("char(12)", "bpchar")
    for spec in TEXT_MASKS:
        mask = parse(spec)
        *rows, last = masked(connection, mask, column(type_name))
        assert last == (None, None)
        for (value, result), sent in zip(rows, values, strict=True):
            assert value is not None
            assert value == (sent.rstrip(" ") if is_blank_padded else sent)
            assert result == mask.apply(value), (mask.name, value)
            assert len(result or "") <= len(value)
            assert "*" in value or hidden(value, result or ""), (mask.name, value)


@pytest.mark.parametrize("type_name", list(NUMBERS))
def test_numbers_equal_their_twins(connection: psycopg.Connection[Row], type_name: str) -> None:
    values = list(NUMBERS[type_name])
    for _ in range(2_000):
        if type_name.startswith("int"):
            bits = 8 * int(type_name[3:]) - 1
            values.append(str(CHOICES.randrange(-(2**bits), 2**bits) >> CHOICES.randrange(bits)))
        elif type_name == "float8":
            values.append(repr(CHOICES.uniform(-10, 10) * 10.0 ** CHOICES.randrange(-20, 25)))
        else:
            values.append(f"{CHOICES.uniform(-9, 9) * 10 ** CHOICES.randrange(7):.4f}")
    fill(connection, type_name, values)
    for step in (1000, 7) if type_name.startswith("int") else (1000, "0.5", 7, "0.001", "1e18"):
        mask = parse({"round": step})
        *rows, last = masked(connection, mask, column(type_name))
        assert last == (None, None)
        for value, result in rows:
            assert value is not None
            if type_name.startswith("int"):
                assert result == str(mask.apply(int(value)))
            elif type_name.startswith("float"):
                expected = mask.apply(as_float(value, type_name))
                assert repr(expected) == repr(None if result is None else as_float(result, type_name)) or (
                    isinstance(expected, float)
                    and as_float(repr(expected), type_name) == as_float(str(result), type_name)
                ), (mask.name, value)
            else:
                twin = mask.apply(Decimal(value))
                assert str(twin) == result == "NaN" or twin == Decimal(result or ""), (mask.name, value)


def as_float(text: str, type_name: str) -> float:
    value = float(text)
    if type_name == "float8":
        return value
    narrow: float = struct.unpack("f", struct.pack("f", value))[0]
    return narrow


@pytest.mark.parametrize("type_name", ["date", "timestamp", "timestamp(3)", "timestamptz", "timestamptz(0)"])
def test_dates_equal_their_twins(connection: psycopg.Connection[Row], type_name: str) -> None:
    base = type_name.partition("(")[0]
    values = list(DATES[base])
    for _ in range(1_500):
        moment = datetime(1, 1, 1) + timedelta(seconds=CHOICES.randrange(9_998 * 365 * 86_400))
        zone = CHOICES.choice(["+00", "+08", "-11:30"]) if base == "timestamptz" else ""
        values.append(moment.date().isoformat() if base == "date" else moment.isoformat(" ") + zone)
    fill(connection, type_name, values)
    for unit in ("decade", "year", "quarter", "month", "week", "day"):
        mask = parse({"date": unit})
        if mask.misfit(column(type_name)) is not None:
            assert (unit, type_name) == ("day", "date")
            continue
        before = masked(connection, mask, column(type_name))
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, MDY'")
            rows = masked(connection, mask, column(type_name))
            text = mask.sql('"t"."v"', column(type_name))
            connection.execute(f"CREATE TABLE public.here AS SELECT {text} AS v FROM public.t ORDER BY n".encode())
            connection.execute("SET LOCAL timezone = 'Asia/Shanghai'")
            again = f"SELECT count(*) FROM (SELECT {text} AS v FROM public.t EXCEPT ALL SELECT v FROM public.here) d"
            assert connection.execute(again.encode()).fetchone() == (0,)
        assert len(before) == len(rows)
        *rows, last = rows
        assert last == (None, None)
        for value, result in rows:
            assert value is not None
            assert result == as_text(mask.apply(as_moment(value, base)), base), (mask.name, value)


def as_moment(text: str, base: str) -> object:
    """What a Python driver would hand the twin; a text where Python has no value."""
    if "infinity" in text or text.endswith("BC") or text.index("-") > 4:
        return text
    return date.fromisoformat(text) if base == "date" else datetime.fromisoformat(text)


def as_text(value: object, base: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    assert isinstance(value, date)
    return value.isoformat() if base == "date" else str(value).replace("+00:00", "+00")


def load(text: str | None) -> object:
    return None if text is None else json.loads(text, parse_int=Decimal, parse_float=Decimal)


@pytest.mark.parametrize("type_name", ["json", "jsonb"])
def test_documents_equal_their_twins(connection: psycopg.Connection[Row], type_name: str) -> None:
    if type_name == "jsonb":
        values = DOCUMENTS + STILL_JSONB
    else:
        values = DOCUMENTS + STILL_JSONB + NO_JSONB
    fill(connection, type_name, values)
    mask = parse(JSON_MASK)
    *rows, last = masked(connection, mask, column(type_name))
    assert last == (None, None)
    for (value, result), sent in zip(rows, values, strict=True):
        assert value is not None
        if sent in NO_JSONB:
            assert result == "null", sent[:80]
        else:
            assert load(result) == load(str(mask.apply(value))), value
    assert load(rows[DOCUMENTS.index('{"phone": "13800138000"}')][1]) == {"phone": "138******00"}
    assert load(rows[DOCUMENTS.index('{"bank": "x"}')][1]) == {"bank": None}


@pytest.mark.parametrize(
    ("type_sql", "value", "constant"),
    [
        ("int4", "7", 0),
        ("numeric(10,2)", "7", "1.5"),
        ("bool", "t", False),
        ("varchar(5)", "abc", "*****"),
        ("char(5)", "abc", "**"),
        ("bytea", r"\x00", r"\x2a"),
        ("uuid", "6ecd8c99-4036-403d-bf84-cf8400f67836", "00000000-0000-0000-0000-000000000000"),
        ("inet", "10.0.0.1", "10.9.9.9"),
        ("public.mood", "ok", "bad"),
        ("text[]", "{a}", "{}"),
        ("int4[]", "{1}", "{0}"),
        ("jsonb", "{}", "null"),
        ("date", "2024-01-01", "1970-01-01"),
        ("interval", "1 day", "0"),
        ("int4range", "[1,2)", "empty"),
        ("point", "(1,1)", "(0,0)"),
    ],
)
def test_null_and_constant_fit_any_type(
    connection: psycopg.Connection[Row], type_sql: str, value: str, constant: object
) -> None:
    connection.execute("CREATE TYPE public.mood AS ENUM ('ok', 'bad')")
    fill(connection, type_sql, [value])
    oid, typmod = connection.execute(
        "SELECT atttypid::int8, atttypmod FROM pg_attribute WHERE attrelid = 'public.t'::regclass AND attname = 'v'"
    ).fetchone() or (0, 0)
    one = Column(2, "v", Oid(int(str(oid))), qualified(type_sql), int(str(typmod)))
    for mask in (parse(None), parse({"constant": constant})):
        rows = masked(connection, mask, one)
        expected = connection.execute(f"SELECT CAST(CAST(%s AS {type_sql}) AS text)", [mask.apply(value)]).fetchone()
        assert expected is not None
        assert rows == [(rows[0][0], expected[0]), (None, expected[0])]


def qualified(type_sql: str) -> str:
    if type_sql.startswith("public."):
        return type_sql
    return "pg_catalog." + {"char(5)": "bpchar(5)"}.get(type_sql, type_sql)


def test_domains_become_their_base_type(connection: psycopg.Connection[Row]) -> None:
    connection.execute("CREATE DOMAIN public.mail AS varchar(20) NOT NULL CHECK (VALUE LIKE '%@%')")
    connection.execute("CREATE TABLE public.t (n int, v public.mail); INSERT INTO public.t VALUES (1, 'lihua@x.com')")
    one = Column(
        2,
        "v",
        Oid(1),
        "public.mail",
        -1,
        None,
        base_type_sql="pg_catalog.varchar(20)",
        base_type_oid=Oid(types.VARCHAR),
    )
    for mask in (*map(parse, TEXT_MASKS), parse(None), parse({"constant": "none"})):
        assert masked(connection, mask, one)[0][1] == mask.apply("lihua@x.com")


def test_collations_are_kept(connection: psycopg.Connection[Row]) -> None:
    collation = "public.any_case"
    try:
        connection.execute(
            f"CREATE COLLATION {collation} (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:  # built without ICU: no collation is non-deterministic there
        collation = 'pg_catalog."POSIX"'
    values = some_texts(500)
    fill(connection, f"text COLLATE {collation}", values)
    for spec in (*TEXT_MASKS, None, {"constant": "x"}):
        mask = parse(spec)
        one = column("text", collation)
        rows = masked(connection, mask, one)
        assert [result for _, result in rows[:-1]] == [mask.apply(value) for value in values]
        connection.execute("DROP VIEW IF EXISTS public.w")
        text = mask.sql('"t"."v"', one)
        connection.execute(f"CREATE VIEW public.w AS SELECT {text} AS v FROM public.t".encode())
        same = connection.execute(
            "SELECT attcollation = %s::regcollation FROM pg_attribute WHERE attrelid = 'public.w'::regclass",
            [collation],
        ).fetchone()
        assert same == (True,)
    for type_name in TEXT_TYPES:
        fill(connection, type_name, ["x"])
        for spec in TEXT_MASKS:
            connection.execute("DROP VIEW IF EXISTS public.w")
            text = parse(spec).sql('"t"."v"', column(type_name))
            connection.execute(f"CREATE VIEW public.w AS SELECT {text} AS v FROM public.t".encode())
            same = connection.execute(
                "SELECT w.attcollation = t.attcollation FROM pg_attribute w, pg_attribute t WHERE w.attname = 'v' AND "
                "w.attrelid = 'public.w'::regclass AND t.attname = 'v' AND t.attrelid = 'public.t'::regclass"
            ).fetchone()
            assert same == (True,), (type_name, spec)


HIJACK = """
CREATE SCHEMA evil;
CREATE FUNCTION evil.join2(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'HIJACKED ' OPERATOR(pg_catalog.||) $1 $$;
CREATE FUNCTION evil.yes(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT true $$;
CREATE FUNCTION evil.zero(int, int) RETURNS int LANGUAGE sql AS $$ SELECT 0 $$;
CREATE FUNCTION evil.yes(int, int) RETURNS bool LANGUAGE sql AS $$ SELECT true $$;
CREATE OPERATOR evil.|| (leftarg = text, rightarg = text, function = evil.join2);
CREATE OPERATOR evil.= (leftarg = text, rightarg = text, function = evil.yes);
CREATE OPERATOR evil.~ (leftarg = text, rightarg = text, function = evil.yes);
CREATE OPERATOR evil.- (leftarg = int, rightarg = int, function = evil.zero);
CREATE OPERATOR evil.* (leftarg = int, rightarg = int, function = evil.zero);
CREATE OPERATOR evil.<= (leftarg = int, rightarg = int, function = evil.yes);
CREATE OPERATOR evil.>= (leftarg = int, rightarg = int, function = evil.yes);
CREATE FUNCTION evil.left(text, int) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION evil.right(text, int) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION evil.left(varchar, int) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION evil.length(varchar) RETURNS int LANGUAGE sql AS $$ SELECT 100 $$;
CREATE FUNCTION evil.length(text) RETURNS int LANGUAGE sql AS $$ SELECT 100 $$;
CREATE TABLE evil.text (a int);
CREATE TABLE evil.jsonb (a int);
CREATE TABLE evil."numeric" (a int);
"""


def test_nothing_on_the_search_path_is_called(connection: psycopg.Connection[Row]) -> None:
    connection.execute(HIJACK)
    for type_name, specs in {
        "varchar": TEXT_MASKS,
        "text": TEXT_MASKS,
        "json": (JSON_MASK,),
        "jsonb": (JSON_MASK,),
    }.items():
        values = DOCUMENTS if "json" in type_name else TEXTS
        fill(connection, type_name, values)
        clean = [masked(connection, parse(spec), column(type_name)) for spec in specs]
        connection.execute("SET search_path = evil, pg_catalog")
        assert [masked(connection, parse(spec), column(type_name)) for spec in specs] == clean
        connection.execute("RESET search_path")
