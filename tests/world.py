"""A small catalog and its verdicts, made by hand: what the planning tests run against, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from proxy.catalog.snapshot import Column, Oid, Relation, Schema, Snapshot, Type
from proxy.planner import Planner
from proxy.policy.verdict import Closed, Masked, Open, Seal, Show, Verdict

TYPES = {
    "int8": ("bigint", 20), "int4": ("integer", 23), "text": ("pg_catalog.text", 25), "date": ("pg_catalog.date", 1082),
    "jsonb": ("pg_catalog.jsonb", 3802), "json": ("pg_catalog.json", 114), "bytea": ("pg_catalog.bytea", 17),
    "numeric": ("numeric(12,2)", 1700), "timestamptz": ("timestamp with time zone", 1184), "bool": ("boolean", 16),
    "varchar": ("character varying", 1043), "regclass": ("pg_catalog.regclass", 2205), "oid": ("pg_catalog.oid", 26),
    "record": ("record", 2249), "float8": ("double precision", 701), "interval": ("interval", 1186),
}  # fmt: skip
CARDS = Seal("cards", "equality", 25, "shop.payment_cards.card_no")
NOTES = Seal("shop.payment_cards.note", "none", 25, "shop.payment_cards.note")


@dataclass(frozen=True, slots=True)
class Stars:
    """The plainest mask: everything becomes `***`."""

    name: str = "stars"

    def misfit(self, column: Column) -> str | None:
        return None

    def sql(self, reference: str, column: Column) -> str:
        return f"pg_catalog.left({reference}, 0) OPERATOR(pg_catalog.||) CAST('***' AS pg_catalog.text)"

    def apply(self, value: object) -> object:
        return None if value is None else "***"


def relation(
    oid: int, schema: str, name: str, columns: str, *, key: tuple[int, ...] = (1,), kind: str = "r",
    reaches: frozenset[Oid] = frozenset(), generated: str = "",
) -> Relation:  # fmt: skip
    """`columns`: 'id:int8 name:text …'; the one called `generated` is computed from the others."""
    made = []
    for attnum, one in enumerate(columns.split(), 1):
        column, type_name = one.split(":")
        type_sql, type_oid = TYPES[type_name]
        kept = "s" if column == generated else ""
        made.append(Column(attnum, column, Oid(type_oid), type_sql, generated=kept, has_equality=type_name != "json"))
    return Relation(Oid(oid), schema, name, kind, Oid(10), tuple(made), primary_key=key, reaches=reaches)


CUSTOMERS = relation(
    1001, "shop", "customers", "id:int8 name:text email:text phone:text birth_date:date profile:jsonb raw:json city:text"
)
ORDERS = relation(1002, "shop", "orders", "id:int8 customer_id:int8 total:numeric placed_at:timestamptz status:text")
PAYMENT_CARDS = relation(
    1003, "shop", "payment_cards", "id:int8 customer_id:int8 card_no:bytea brand:text note:bytea photo:bytea"
)
VIEW = relation(1004, "shop", "customer_names", "id:int8 name:text", kind="v", key=(), reaches=frozenset({Oid(1001)}))
OLD_CARDS = relation(1005, "shop", "old_cards", "id:int8 card_no:bytea")
PG_CLASS = relation(1259, "pg_catalog", "pg_class", "oid:oid relname:text relnamespace:oid relkind:text")
EVIL = relation(1006, "evil", "orders", "id:int8 total:numeric")
SALES = relation(1007, "shop", "sales", "city:text total:numeric", kind="m", key=())
PRICES = relation(1008, "shop", "prices", "id:int8 net:numeric gross:numeric secret:text", generated="gross")
RULED = replace(relation(1009, "shop", "ruled", "id:int8"), has_rules=True)
VISITS = relation(1010, "shop", "visits", "id:int8 who:text city:text", kind="p")


def snapshot(version_num: int = 180004) -> Snapshot:
    """The small catalog at one server version."""
    types = [Type(Oid(oid), "pg_catalog", name, "p" if name == "record" else "b") for name, (_, oid) in TYPES.items()]
    types.append(Type(Oid(5001), "evil", "dom", "d", untrusted_code="domain evil.dom belongs to eve"))
    types.append(Type(Oid(5002), "shop", "status", "e"))
    return Snapshot.build(
        version=1,
        server_version_num=version_num,
        database="shopdb",
        relations=[CUSTOMERS, ORDERS, PAYMENT_CARDS, VIEW, OLD_CARDS, PG_CLASS, EVIL, SALES, PRICES, RULED, VISITS],
        types=types,
        schemas=[
            Schema(Oid(1), "pg_catalog", Oid(10)),
            Schema(Oid(2), "shop", Oid(10)),
            Schema(Oid(3), "public", Oid(10)),
            Schema(Oid(4), "evil", Oid(99), unsafe="eve owns function evil.length"),
        ],
        functions=[("shop", "full_name"), ("shop", "tax"), ("evil", "length")],
    )


def _masked(subject: Relation, shows: Mapping[str, Show]) -> Masked:
    rule = f"rule of {subject.name}"
    shown = {c.attnum: shows.get(c.name, Show("open", rule, "open to the role")) for c in subject.columns}
    return Masked(rule, "class basic is masked", shown)


def _hidden(how: str = "masked") -> Show:
    return Show(how, "rule", "reason", mask=Stars() if how == "masked" else None, class_name="basic", writable=False)


def _as_masked(verdict: Verdict) -> Masked:
    assert isinstance(verdict, Masked)
    return verdict


def _writable(verdict: Verdict, subject: Relation, *names: str) -> Masked:
    masked = _as_masked(verdict)
    shown = {
        c.attnum: replace(masked.columns[c.attnum], writable=True) if c.name in names else masked.columns[c.attnum]
        for c in subject.columns
    }
    return replace(masked, columns=shown)


ANALYST: dict[int, Verdict] = {
    1001: _masked(
        CUSTOMERS,
        {"name": _hidden(), "email": _hidden(), "phone": _hidden(), "birth_date": _hidden("closed"), "raw": _hidden("closed")},
    ),
    1003: _masked(
        PAYMENT_CARDS,
        {
            "card_no": Show("masked", "rule", "reason", mask=Stars(), seal=CARDS, class_name="sensitive", writable=False),
            "note": Show("masked", "rule", "reason", mask=Stars(), seal=NOTES, class_name="sensitive", writable=False),
        },
    ),
    1004: Closed("views", "it shows rows of shop.customers"),
    1005: Closed("old", "closed"),
    1008: _masked(PRICES, {"secret": _hidden()}),
    1010: _masked(VISITS, {"city": _hidden()}),
}
# Rules that say `write: allow` for some columns this caller sees masked.
WRITER: dict[int, Verdict] = {
    **ANALYST,
    1001: _writable(ANALYST[1001], CUSTOMERS, "name", "email"),
    1003: _writable(ANALYST[1003], PAYMENT_CARDS, "card_no"),
    1005: Open("writer", "open", unwritable="rule writer refuses writing it"),
}
# A row condition, a relation nobody may write, and one that is shown whole but for a column that cannot be written.
LIMITED: dict[int, Verdict] = {
    **ANALYST,
    1001: replace(_as_masked(ANALYST[1001]), condition="id < 100"),
    1002: _masked(ORDERS, {"status": Show("open", "rule", "reason", writable=False)}),
    1003: replace(_as_masked(ANALYST[1003]), unwritable="rule limited refuses writing it"),
    1008: replace(_masked(PRICES, {}), condition="id < 5"),
}
APP: dict[int, Verdict] = {
    1003: Open("app", "open", seals={3: CARDS, 5: NOTES}),
    1005: Open("app", "open", seals={2: CARDS}),
}


@dataclass
class FakeJudge:
    """Verdicts from a table; what is not in it is open."""

    verdicts: Mapping[int, Verdict]
    restricted: bool
    is_glass: bool = False
    row_limit: int | None = 10_000
    purpose: str = ""
    copy_refused: bool = True
    functions: frozenset[str] = field(default_factory=lambda: frozenset({"shop.tax"}))

    refused_functions: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset({"news"})

    def read(self, oid: Oid) -> Verdict:
        return self.verdicts.get(oid, Open("default", "unlisted relations are open"))

    def is_protected(self, oid: Oid) -> bool:
        return oid in ANALYST


PATH = ("pg_catalog", "shop", "public")


def seal_text(seal: Seal, plaintext: bytes) -> bytes:
    """Stands for the sealer: recognisable, and without the plaintext in it."""
    return b"\x4d" + seal.domain.encode() + bytes(b ^ 0xFF for b in plaintext)


JUDGES = {
    "analyst": FakeJudge(ANALYST, restricted=True),
    "exporter": FakeJudge(ANALYST, restricted=True, copy_refused=False),
    "writer": FakeJudge(WRITER, restricted=True),
    "limited": FakeJudge(LIMITED, restricted=True, copy_refused=False),
    "app": FakeJudge(APP, restricted=False, row_limit=None),
    "keyholder": FakeJudge({**APP, 1004: Closed("views", "it shows rows of shop.customers")}, restricted=False, row_limit=None),
    "dba": FakeJudge({}, restricted=False, is_glass=True, row_limit=None),
}
_LOGINS = {"app": "shop_app", "dba": "dba"}


def planner(role: str, version_num: int = 180004, **judge: object) -> Planner:
    """A planner for one of JUDGES, with other words in the judge's `judge` fields."""
    return Planner(replace(JUDGES[role], **judge), snapshot(version_num), _LOGINS.get(role, "ana"), seal_text)
