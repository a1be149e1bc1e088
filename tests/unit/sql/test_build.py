"""The SQL we write: exact text, quoting, and that PostgreSQL's own grammar finds nothing unqualified in it."""

from __future__ import annotations

import postgast
import pytest
from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import TABLE, Column, Oid, Relation
from proxy.masking import parse, types
from proxy.policy.verdict import Masked, Seal, Show
from proxy.sql import build

TEXT_COLUMN = Column(2, "email", Oid(types.TEXT), "pg_catalog.text")
RELATION = Relation(
    Oid(1),
    "shop",
    "customers",
    TABLE,
    Oid(10),
    (
        Column(5, "card_no", Oid(types.BYTEA), "pg_catalog.bytea"),
        Column(1, "id", Oid(types.INT8), "pg_catalog.int8"),
        TEXT_COLUMN,
        Column(3, 'od"d', Oid(types.VARCHAR), "pg_catalog.varchar(10)", 14, 'pg_catalog."C"'),
        Column(
            4, "mail", Oid(900), "shop.mail", -1, None, base_type_sql="pg_catalog.varchar(9)", base_type_oid=Oid(types.VARCHAR)
        ),
    ),
)
SEAL = Seal("cards", "equality", 25, "shop.customers.card_no")


def masked(condition: str | None = None, **how: Show) -> Masked:
    names = {column.name: column.attnum for column in RELATION.columns}
    shows = {attnum: Show("open", "r", "") for attnum in names.values()}
    shows |= {names[name]: show for name, show in how.items()}
    return Masked("r", "", shows, condition)


OPEN_ODD = '"customers"."od""d" AS "od""d"'
OPEN_MAIL = 'CAST("customers"."mail" AS pg_catalog.varchar(9)) AS "mail"'


def test_every_column_once_in_order() -> None:
    verdict = masked(email=Show("closed", "r", ""), card_no=Show("open", "r", "", None, SEAL))
    assert build.protected_subquery(RELATION, verdict, None) == (
        '(SELECT "customers"."id" AS "id", CAST(NULL AS pg_catalog.text) AS "email", '
        f'{OPEN_ODD}, {OPEN_MAIL}, CAST(NULL AS pg_catalog.bytea) AS "card_no" FROM "shop"."customers")'
    )


def test_what_is_not_reached_is_null_of_its_type_and_collation() -> None:
    assert build.protected_subquery(RELATION, masked(), frozenset({"id"})) == (
        '(SELECT "customers"."id" AS "id", CAST(NULL AS pg_catalog.text) AS "email", '
        '(CAST(NULL AS pg_catalog.varchar(10)) COLLATE pg_catalog."C") AS "od""d", '
        'CAST(NULL AS pg_catalog.varchar(9)) AS "mail", CAST(NULL AS pg_catalog.bytea) AS "card_no" FROM "shop"."customers")'
    )


def test_masks_stand_in_place_and_fixed_ones_do_not_read() -> None:
    verdict = masked(
        email=Show("masked", "r", "", parse("redact")),
        mail=Show("masked", "r", "", parse({"constant": "it's"})),
        id=Show("masked", "r", "", parse(None)),
    )
    text = build.protected_subquery(RELATION, verdict, None)
    assert 'CAST(NULL AS pg_catalog.int8) AS "id"' in text
    assert """CAST('it''s' AS pg_catalog.varchar(9)) AS "mail\"""" in text
    assert (
        '(CAST(pg_catalog.left(\'********\', pg_catalog.length("customers"."email")) AS pg_catalog.text) '
        'COLLATE pg_catalog."default") AS "email"'
    ) in text
    assert '"customers"."mail"' not in text


def test_only_sample_condition() -> None:
    text = build.protected_subquery(
        RELATION, masked("TRUE"), frozenset(), only=True, tablesample="TABLESAMPLE system (10) REPEATABLE (3)"
    )
    assert text.endswith(' FROM ONLY "shop"."customers" TABLESAMPLE system (10) REPEATABLE (3) WHERE (TRUE) OFFSET 0)')


def test_ciphertext_leaves_only_where_it_is_asked_for() -> None:
    verdict = masked(card_no=Show("masked", "r", "", parse("redact"), SEAL))
    closed = build.protected_subquery(RELATION, verdict, None)
    assert 'CAST(NULL AS pg_catalog.bytea) AS "card_no"' in closed
    handed_out = build.protected_subquery(RELATION, verdict, None, sealed_out=frozenset({5}))
    assert '"customers"."card_no" AS "card_no"' in handed_out
    unreached = build.protected_subquery(RELATION, verdict, frozenset(), sealed_out=frozenset({5}))
    assert 'CAST(NULL AS pg_catalog.bytea) AS "card_no"' in unreached
    shut = masked(card_no=Show("closed", "r", "", None, SEAL))
    assert '"customers"."card_no" AS' not in build.protected_subquery(RELATION, shut, None, sealed_out=frozenset({5}))


def test_a_column_without_a_verdict_is_closed() -> None:
    text = build.protected_subquery(RELATION, Masked("r", "", {}), None)
    assert '"customers"."' not in text


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_postgresql_cannot_name(name: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        build.quoted(name)


def test_quoting() -> None:
    assert build.qualified('a"b', "select") == '"a""b"."select"'
    assert build.sql(build.string("a'\\b\n")) == "'a''\\b\n'"
    with pytest.raises(ValueError, match="NUL"):
        build.string("\0")


# -- nothing unqualified -----------------------------------------------------------------------------------------------

MASKS: list[tuple[object, list[int]]] = [
    (None, [types.TEXT, types.INET]),
    ({"constant": "x"}, [types.TEXT]),
    *[
        (spec, [types.TEXT, types.VARCHAR, types.BPCHAR, types.NAME])
        for spec in (
            "redact",
            "email",
            "phone",
            "name",
            "address",
            {"partial": {"first": 3, "last": 4}},
            {"partial": {"first": 3}},
            {"partial": {"last": 3}},
        )
    ],
    ({"round": 1000}, [types.INT2, types.INT8, types.NUMERIC, types.FLOAT4, types.FLOAT8]),
    ({"date": "year"}, [types.DATE, types.TIMESTAMP, types.TIMESTAMPTZ]),
    (
        {"json": {"$.a": "email", "$.b.c": {"round": 5}, "$.b.d": None, "$.e": {"constant": "k"}, "$.f": "address"}},
        [types.JSON, types.JSONB],
    ),
]
# Nodes that look nothing up by name. Every other node must be listed in `unqualified` below.
HARMLESS = (
    pb.MinMaxExpr,  # LEAST compares by the default operator class of its type
    pb.RawStmt, pb.SelectStmt, pb.ResTarget, pb.ColumnRef, pb.A_Const, pb.String, pb.Integer, pb.Float, pb.Boolean, pb.RangeVar,
    pb.CaseExpr, pb.CaseWhen, pb.CoalesceExpr, pb.BoolExpr, pb.NullTest, pb.BooleanTest, pb.A_ArrayExpr,
    pb.SQLValueFunction, pb.List,
)  # fmt: skip


def nodes(message: Message) -> list[Message]:
    found: list[Message] = []
    waiting = [message]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pb.Node):
            waiting.append(getattr(one, one.WhichOneof("node") or ""))
            continue
        found.append(one)
        for field, value in one.ListFields():
            if field.message_type is not None:
                waiting.extend([value] if isinstance(value, Message) else value)
    return found


def unqualified(text: str) -> list[str]:
    """Every name in `text` that PostgreSQL would look up along the search_path, and every node nobody has thought of."""
    wrong: list[str] = []
    for node in nodes(postgast.parse(text)):
        match node:
            case pb.FuncCall():
                names = node.funcname
            case pb.A_Expr():
                names = node.name
                if node.kind not in (pb.AEXPR_OP, pb.AEXPR_OP_ANY):
                    wrong.append(f"{pb.A_Expr_Kind.Name(node.kind)}")
            case pb.TypeName():
                names = node.names
            case pb.TypeCast():
                continue
            case pb.CollateClause():
                names = node.collname
            case pb.ParseResult():
                continue
            case pb.CaseExpr() if node.HasField("arg"):
                names = []  # a simple CASE looks up = by name
            case _:
                if not isinstance(node, HARMLESS):
                    wrong.append(type(node).__name__)
                continue
        said = [name.string.sval for name in names]
        if len(said) != 2 or said[0] != "pg_catalog":
            wrong.append(".".join(said))
    return wrong


@pytest.mark.parametrize(("spec", "oids"), MASKS)
def test_every_name_in_a_mask_is_of_pg_catalog(spec: object, oids: list[int]) -> None:
    mask = parse(spec)
    for oid in oids:
        for domain in ("", "pg_catalog.base"):
            column = Column(1, "c", Oid(oid), "pg_catalog.x", -1, 'pg_catalog."C"', base_type_sql=domain)
            assert unqualified(f'SELECT {mask.sql("t.c", column)} FROM "s"."t"') == []


def test_the_check_itself_sees_what_is_not_qualified() -> None:
    wrong = unqualified("SELECT left(a, 1) || b::text COLLATE x, a IN (1), a BETWEEN 1 AND 2, NULLIF(a, b) FROM t")
    assert {"left", "||", "text", "x", "AEXPR_IN", "AEXPR_BETWEEN", "AEXPR_NULLIF"} <= set(wrong)
