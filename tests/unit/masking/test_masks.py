"""What each mask shows, by table; the twins only (tests/integration/test_masks.py holds SQL equal to them)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.catalog.snapshot import Column, Oid
from proxy.masking import Mask, parse, types

PARTIAL = {"partial": {"first": 3, "last": 4}}


@pytest.mark.parametrize(
    ("spec", "value", "shown"),
    [
        (None, "x", None),
        ("null", None, None),
        ({"constant": "***"}, "x", "***"),
        ({"constant": "***"}, None, "***"),
        ({"constant": 0}, 7, "0"),
        ({"constant": True}, False, "true"),
        ("redact", "男", "*"),
        ("redact", "12345678", "********"),
        ("redact", "123456789", "********"),
        ("redact", "", ""),
        ("redact", None, None),
        (PARTIAL, "1234567", "*******"),
        (PARTIAL, "12345678", "123****8"),
        (PARTIAL, "12345", "*****"),
        (PARTIAL, "13800138000", "138******00"),
        (PARTIAL, "+8613800138000", "+86*******8000"),
        (PARTIAL, "a" * 100, "aaa" + "*" * 32 + "aaaa"),
        ({"partial": {"last": 4}}, "6222020000001234", "************1234"),
        ({"partial": {"last": 4}}, "12345", "***45"),
        ({"partial": {"first": 5, "last": 1}}, "1234567", "123****"),
        ({"partial": {"first": 3, "last": 2}}, "110101199003078515", "110*************15"),
        ("phone", "13800138000", "138******00"),
        ("phone", "\U0001f600" * 8, "\U0001f600" * 3 + "****" + "\U0001f600"),
        ("email", "lihua@example.com", "l****@*******.com"),
        ("email", "a_long_name@qq.com", "a**********@qq.com"),
        ("email", "ab@x.y", "a*@***"),
        ("email", "a@x.y", "*****"),
        ("email", "nobody", "******"),
        ("email", "@", "*"),
        ("email", "ab@", "***"),
        ("email", "a@b@example.org", "a**@*******.org"),
        ("name", "张三丰", "张**"),
        ("name", "张三", "张*"),
        ("name", "张", "*"),
        ("name", "欧阳明月", "欧阳**"),
        ("name", "欧阳锋", "欧**"),
        ("name", "John Smith", "J*********"),
        ("address", "广东省深圳市南山区科技园1号", "广东省深圳市***"),
        ("address", "北京市朝阳区建国路88号", "北京市***"),
        ("address", "内蒙古自治区呼伦贝尔市海拉尔区某某路一号院", "内蒙古自治区***"),
        ("address", "湖北省恩施土家族苗族自治州恩施市舞阳坝街道办事处一号", "湖北省恩施土家族苗族自治州***"),
        ("address", "广东省深圳市", "广东省***"),
        ("address", "深圳市", "***"),
        ("address", "中山路一号", "***"),
        ("address", "1600 Amphitheatre Parkway, Mountain View, CA 94043", "***, CA *****"),
        ("address", "Flat 5, 12 Main Street, Springfield", "***, Springfield"),
        ("address", "12 Main Street", "***"),
        ("address", "a,b", "***"),
        ({"round": 1000}, 1999, 1000),
        ({"round": 1000}, -1999, -1000),
        ({"round": 1000}, 999, 0),
        ({"round": 1000}, Decimal("99999999.99"), Decimal("99999000.00")),
        ({"round": "0.5"}, Decimal("-1.74"), Decimal("-1.5")),
        ({"round": 1000}, Decimal("Infinity"), Decimal("Infinity")),
        ({"round": 1000}, 1234.5, 1000.0),
        ({"round": 1000}, -0.25, 0.0),
        ({"round": 1000}, float("inf"), float("inf")),
        ({"round": 1000}, 1e300, None),
        ({"round": 1000}, "x", None),
        ({"date": "decade"}, date(1999, 12, 31), date(1990, 1, 1)),
        ({"date": "decade"}, date(9, 1, 1), None),
        ({"date": "year"}, date(1999, 12, 31), date(1999, 1, 1)),
        ({"date": "quarter"}, date(1999, 12, 31), date(1999, 10, 1)),
        ({"date": "month"}, date(1999, 12, 31), date(1999, 12, 1)),
        ({"date": "week"}, date(2024, 2, 29), date(2024, 2, 26)),
        ({"date": "day"}, datetime(2024, 2, 29, 12), datetime(2024, 2, 29)),
        ({"date": "year"}, datetime(2024, 1, 1, 3, tzinfo=timezone(timedelta(hours=8))), datetime(2023, 1, 1, tzinfo=UTC)),
        ({"date": "year"}, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), None),
        ({"date": "year"}, "-infinity", "-infinity"),
        ({"date": "year"}, "0044-03-15 BC", None),
        ({"json": {"$.a": "redact"}}, '{"a": "x", "b": 1.50}', '{"a": "*", "b": 1.50}'),
        ({"json": {"$.a": "redact"}}, '{"b": -0.0}', '{"b": 0.0}'),
        ({"json": {"$.a": "redact"}}, '["x"]', "null"),
        ({"json": {"$.a": "redact"}}, "no json", "null"),
        ({"json": {"$.a": "redact"}}, "[" * 100_000, "null"),
        ({"json": {"$.a.b": {"round": 10}}}, '{"a": {"b": 19, "c": [true]}}', '{"a": {"b": 10, "c": [true]}}'),
        ({"json": {"$.a.b": {"round": 10}}}, '{"a": "x"}', '{"a": null}'),
        ({"json": {"$.a": "null", '$."b c"': {"constant": "k"}}}, '{"a": 1, "b c": 2}', '{"a": null, "b c": "k"}'),
        ({"json": {"$.a": {"round": 10}}}, '{"a": "19"}', '{"a": null}'),
        ({"json": {"$.a": "redact"}}, b"{}", None),
    ],
)  # fmt: skip
def test_what_is_shown(spec: object, value: object, shown: object) -> None:
    assert parse(spec).apply(value) == shown


def test_nan_stays_nan() -> None:
    assert str(parse({"round": 10}).apply(Decimal("NaN"))) == "NaN"
    assert str(parse({"round": 10}).apply(float("nan"))) == "nan"


TEXT_MASKS = [
    parse(spec)
    for spec in ("redact", "email", "phone", "name", "address", PARTIAL, {"partial": {"first": 9}}, {"partial": {"last": 2}})
]


@given(st.text(alphabet="ab@. ,张欧阳省市é\U0001f600\n1", max_size=40))
def test_half_is_hidden_and_nothing_grows(value: str) -> None:
    for mask in TEXT_MASKS:
        shown = mask.apply(value)
        assert isinstance(shown, str)
        assert len(shown) <= len(value)
        assert len(shown) - shown.count("*") <= len(value) // 2


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("emial", "is email meant?"),
        ("zzz", "there are null, redact, email"),
        ("partial", "takes an argument, as {partial: {first: 3, last: 4}}"),
        ({"email": 1}, "takes no argument: write email"),
        ({"partial": {}}, "takes first, last or both"),
        ({"partial": {"firs": 3}}, "takes first, last or both"),
        ({"partial": {"first": "3"}}, "first is '3'"),
        ({"partial": {"first": True}}, "first is True"),
        ({"partial": {"first": 0}}, "from 1 to 1000"),
        ({"partial": {"first": -1, "last": 3}}, "from 1 to 1000"),
        ({"round": "many"}, "takes a granularity"),
        ({"round": True}, "takes a granularity"),
        ({"round": 0}, "a granularity from"),
        ({"round": "NaN"}, "a granularity from"),
        ({"date": "hour"}, "decade, year, quarter, month, week, day"),
        ({"date": 1}, "decade, year"),
        ({"json": "phone"}, "takes paths with their masks"),
        ({"json": {}}, "at least one path"),
        ({"json": {"phone": "phone"}}, "is no path"),
        ({"json": {"$.a[0]": "phone"}}, "is no path"),
        ({"json": {"$.a": "phone", "$.a.b": "phone"}}, "overlap"),
        ({"json": {"$.a": {"date": "year"}}}, "cannot stand inside json"),
        ({"constant": None}, "for NULL write null"),
        ({"constant": [1]}, "for NULL write null"),
        ({"constant": "a\0b"}, "cannot hold NUL"),
        ({"a": 1, "b": 2}, "one word with its argument"),
        (7, "one word with its argument"),
    ],
)
def test_a_wrong_spec_says_what_to_write(spec: object, says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is what is tested
        parse(spec)
    assert says in str(caught.value)


def test_names_for_logs() -> None:
    specs = (
        None,
        "email",
        PARTIAL,
        {"round": "0.5"},
        {"date": "year"},
        {"constant": "x"},
        {"json": {"$.b.c": "phone", "$.a": None}},
    )
    assert [parse(spec).name for spec in specs] == [
        "null", "email", "partial(3,4)", "round(0.5)", "date(year)", "constant", "json($.a: null, $.b.c: phone)"
    ]  # fmt: skip
    assert parse({None: None}) == parse("null")
    assert parse({"constant": date(2024, 1, 1)}) == parse({"constant": "2024-01-01"})


def column(oid: int, typmod: int = -1) -> Column:
    return Column(1, "c", Oid(oid), "pg_catalog.t", typmod)


@pytest.mark.parametrize(
    ("spec", "fits", "fits_not"),
    [
        ("email", [types.TEXT, types.VARCHAR, types.BPCHAR, types.NAME], [types.JSON, types.DATE, types.INET]),
        ({"round": 10}, [types.INT2, types.FLOAT4, types.NUMERIC], [types.TEXT, types.DATE]),
        ({"round": "0.5"}, [types.FLOAT8, types.NUMERIC], [types.INT4]),
        ({"date": "year"}, [types.DATE, types.TIMESTAMP, types.TIMESTAMPTZ], [types.TEXT]),
        ({"date": "day"}, [types.TIMESTAMP], [types.DATE]),
        ({"json": {"$.a": "redact"}}, [types.JSON, types.JSONB], [types.TEXT]),
        ("null", [types.TEXT, types.INET, 12345], []),
        ({"constant": "x"}, [types.TEXT, 12345], [types.INT4, types.DATE, types.UUID, types.JSONB, types.INET, types.BOOL]),
        ({"constant": "70000"}, [types.INT4, types.NUMERIC, types.FLOAT8, types.JSON], [types.INT2, types.BOOL]),
        ({"constant": "1.5"}, [types.NUMERIC], [types.INT8]),
        ({"constant": "2024-02-29"}, [types.DATE, types.TIMESTAMPTZ], [types.UUID]),
        ({"constant": "x" * 64}, [types.TEXT], [types.NAME]),
        ({"constant": True}, [types.BOOL], [types.INT4]),
    ],
)
def test_misfits(spec: object, fits: list[int], fits_not: list[int]) -> None:
    mask = parse(spec)
    for oid in fits:
        assert mask.misfit(column(oid)) is None
    for oid in fits_not:
        assert "c" in (mask.misfit(column(oid)) or "")


def test_a_constant_must_fit_the_length() -> None:
    mask: Mask = parse({"constant": "****"})
    assert mask.misfit(column(types.VARCHAR, 4 + 4)) is None
    assert "longer than" in (mask.misfit(column(types.VARCHAR, 4 + 3)) or "")


def test_a_domain_is_judged_by_its_base() -> None:
    domain = Column(1, "c", Oid(70000), "public.mail", -1, None, base_type_sql="pg_catalog.text", base_type_oid=Oid(types.TEXT))
    assert parse("email").misfit(domain) is None
    assert "AS pg_catalog.text)" in parse("email").sql('"t"."c"', domain)
    assert "public.mail" not in parse(None).sql('"t"."c"', domain)
