"""A small shop as a snapshot made by hand, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from proxy.catalog.snapshot import FOREIGN, PARTITIONED, TABLE, TOAST, VIEW, Column, Oid, Relation, Snapshot
from proxy.masking import types

TYPES = {
    "int8": types.INT8,
    "text": types.TEXT,
    "bytea": types.BYTEA,
    "date": types.DATE,
    "json": types.JSON,
    "jsonb": types.JSONB,
    "inet": types.INET,
    "numeric": types.NUMERIC,
    "anyarray": 2277,
}


def relation(oid: int, name: str, columns: str, kind: str = TABLE, **more: object) -> Relation:
    """`columns` as 'id int8, email text'; `name` with its schema."""
    made = []
    for attnum, one in enumerate(columns.split(", "), start=1):
        column, type_name = one.split(" ")
        made.append(
            Column(attnum, column, Oid(TYPES[type_name]), f"pg_catalog.{type_name}", base_type_oid=Oid(TYPES[type_name]))
        )
    schema, _, bare = name.partition(".")
    return Relation(Oid(oid), schema, bare, kind, Oid(10), tuple(made), **more)  # type: ignore[arg-type]


def view(oid: int, name: str, columns: str, reaches: frozenset[Oid], origins: dict[int, tuple[Oid, int]], **more: object) -> Relation:
    """A view whose columns of those attnums are copies."""
    made = relation(oid, name, columns, **{"kind": VIEW, "reaches": reaches, **more})  # type: ignore[arg-type]
    return replace(made, columns=tuple(replace(column, origin=origins.get(column.attnum)) for column in made.columns))


def oids(*numbers: int) -> frozenset[Oid]:
    return frozenset(map(Oid, numbers))


CUSTOMERS, CARDS, EVENTS, EVENTS_1, OPEN_VIEW, VIEW_1, VIEW_2, TOAST_1 = map(Oid, (1, 2, 3, 4, 5, 6, 7, 8))
PRODUCTS, FOREIGN_1, CARD_VIEW, CARD_COUNT, PARENT, CHILD, SIBLING, ODD = map(Oid, (9, 10, 11, 12, 13, 14, 15, 16))
AUTHID, ROLES, ATTRIBUTE, CLASS, NEWER, ADMIN_VIEW, STATEMENTS = map(Oid, (101, 102, 103, 104, 105, 106, 107))

RELATIONS = (
    relation(1, "shop.customers", "id int8, email text, id_card text, note text"),
    relation(2, "shop.cards", "id int8, card_no bytea, holder text"),
    relation(
        3, "shop.events", "id int8, day date, page text", PARTITIONED, children=(Oid(4),), partition_key=(2,), reaches=oids(4)
    ),
    relation(4, "shop.events_1", "day date, id int8, page text, extra text", parents=(Oid(3),), reaches=oids(3)),
    relation(5, "shop.open_view", "email text, total numeric", VIEW, reaches=oids(1)),
    relation(6, "shop.v1", "email text, x text", VIEW, reaches=oids(1)),
    relation(7, "shop.v2", "x text", VIEW, reaches=oids(6)),
    relation(8, "pg_toast.pg_toast_1", "chunk_id int8, chunk_data bytea", TOAST, reaches=oids(1)),
    relation(9, "shop.products", "id int8, title text"),
    relation(10, "shop.far", "id int8", FOREIGN),
    relation(11, "shop.card_view", "id int8, card_no bytea", VIEW, reaches=oids(2)),
    relation(12, "shop.card_count", "n int8", VIEW, reaches=oids(2)),
    relation(13, "shop.parent", "a text, b text", children=(Oid(14), Oid(15)), reaches=oids(14, 15)),
    relation(14, "shop.child", "a text, b text, c text", parents=(Oid(13),), reaches=oids(13)),
    relation(15, "shop.sibling", "a text, b text", parents=(Oid(13),), reaches=oids(13)),
    relation(16, "shop.odd", "id int8", untrusted_code="its policy p calls evil.f(), owned by eve"),
    relation(101, "pg_catalog.pg_authid", "oid int8, rolpassword text"),
    relation(102, "pg_catalog.pg_roles", "oid int8", VIEW, reaches=oids(101)),
    relation(103, "pg_catalog.pg_attribute", "attname text, attmissingval anyarray"),
    relation(104, "pg_catalog.pg_class", "oid int8, relpartbound text"),
    relation(105, "pg_catalog.pg_stat_of_tomorrow", "x text", VIEW),
    relation(106, "shop.admin", "oid int8", VIEW, reaches=oids(102)),
    relation(107, "public.pg_stat_statements", "query text", VIEW),
)


def snapshot(relations: Iterable[Relation] = RELATIONS) -> Snapshot:
    return Snapshot.build(
        version=1,
        server_version_num=180004,
        database="shop",
        relations=relations,
        types=(),
        schemas=(),
        functions=[("shop", "full_name")],
    )
