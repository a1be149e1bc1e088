"""Random statements over the shop of the oracles: one seed, one statement, with the names of the constructs it holds.

A statement is a tree of texts. `Cut` may be left out, `Many` may lose members, `Or` may become something plainer: that is how
`shrunk` makes a failing statement small. It need not know SQL: what makes no sense fails alike on both sides and is not kept.

Statements are made so that the answer is one: sums are of exact types, aggregates that show an order have one, LIMIT stands only
where all output columns are in ORDER BY. Only then is `ordered` set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

Part = "str | Cut | Many | Or | Seq"


@dataclass(frozen=True)
class Seq:
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Cut:
    """A clause that may be left out."""

    part: Part


@dataclass(frozen=True)
class Many:
    """Members with something between them; one must stay."""

    between: str
    members: tuple[Part, ...]


@dataclass(frozen=True)
class Or:
    """An expression and something plainer."""

    part: Part
    plainer: str


def text_of(part: Part) -> str:
    match part:
        case str():
            return part
        case Seq(parts):
            return "".join(map(text_of, parts))
        case Many(between, members):
            return between.join(map(text_of, members))
        case Cut(inner) | Or(inner, _):
            return text_of(inner)
    raise AssertionError(part)


def smaller(part: Part) -> Iterator[Part]:
    """Every tree that is one step smaller; the largest steps first."""
    match part:
        case Cut(inner):
            yield ""
            for one in smaller(inner):
                yield Cut(one)
        case Or(inner, plainer):
            yield plainer
            for one in smaller(inner):
                yield Or(one, plainer)
        case Seq(parts):
            for place, inner in enumerate(parts):
                for one in smaller(inner):
                    yield Seq((*parts[:place], one, *parts[place + 1 :]))
        case Many(between, members):
            if len(members) > 1:
                for place in range(len(members)):
                    yield Many(between, (*members[:place], *members[place + 1 :]))
            for place, inner in enumerate(members):
                for one in smaller(inner):
                    yield Many(between, (*members[:place], one, *members[place + 1 :]))


@dataclass(frozen=True)
class Made:
    """One statement. `params` are in text, for $1 …; `ordered`: the order of rows is part of the answer."""

    tree: Part
    ordered: bool
    tags: frozenset[str]
    params: tuple[bytes | None, ...] = ()
    read_back: str = ""  # of a write: shows what it wrote

    @property
    def is_write(self) -> bool:
        return bool(self.read_back)

    @property
    def text(self) -> str:
        return text_of(self.tree)


def shrunk(made: Made, fails: Callable[[Made], bool], tries: int = 400) -> Made:
    """A smaller statement that still fails."""
    while True:
        for tree in smaller(made.tree):
            tries -= 1
            if tries < 0:
                return made
            one = replace(made, tree=tree)
            if fails(one):
                made = one
                break
        else:
            return made


@dataclass(frozen=True)
class Table:
    """`names`: how it may be written with search_path = shop, other."""

    names: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]  # name as SQL, kind
    key: tuple[str, ...] = ()
    has_children: bool = False
    is_view: bool = False
    qualified: str = ""  # the relation's own name as a qualifier of columns

    def kind(self, name: str) -> str:
        return dict(self.columns)[name]


def _columns(spec: str) -> tuple[tuple[str, str], ...]:
    pairs = [one.split(":") for one in spec.split()]
    return tuple((name, kind) for name, kind in pairs)


CUSTOMERS = Table(
    ("shop.customers", "customers", '"shop"."customers"', "Shop.CUSTOMERS"),
    _columns(
        "id:int name:text email:text phone:text id_card:char birth_date:date city:text level:int salary:num profile:jsonb "
        "secret:text grade:text note:text joined:ts tags:arr extra:json unlisted:text"
    ),
    ("id",),
    qualified="customers",
)
ORDERS = Table(
    ("shop.orders", "orders"),
    _columns("id:int customer_id:int status:enum total:num placed:date note:text priority:int label:text"),
    ("id",),
    qualified="orders",
)
ITEMS = Table(
    ("shop.items", "items"), _columns("order_id:int line_no:int sku:text qty:int price:num"), ("order_id", "line_no"), qualified="items"
)  # fmt: skip
ARCHIVE = Table(
    ('shop."客户 档案"', '"客户 档案"', 'U&"\\5BA2\\6237 \\6863\\6848"'),
    _columns('id:int "姓名":text "电话":text "Level":int'),
    ("id",),
    qualified='"客户 档案"',
)
OTHERS = Table(("other.customers",), _columns("id:int name:text city:text"), ("id",))
REGIONS = Table(("other.regions", "regions"), _columns("city:text region:text head:int"), ("city",), qualified="regions")
PEOPLE = Table(("shop.people", "people"), _columns("id:int name:text"), has_children=True, qualified="people")
STAFF = Table(("shop.staff", "staff"), _columns("id:int name:text rank:int"), qualified="staff")
VISITS = Table(("shop.visits", "visits"), _columns("id:int city:text who:text"), qualified="visits")
PART = Table(("shop.visits_1",), _columns("id:int city:text who:text"))
VIEW = Table(("shop.v_customers", "v_customers"), _columns("id:int name:text city:text level:int"), is_view=True)
CARDS = Table(("shop.payment_cards", "payment_cards"), _columns("id:int customer_id:int holder:text brand:text"), ("id",))
TABLES = (
    *(CUSTOMERS,) * 6, *(ORDERS,) * 4, *(ITEMS,) * 2, *(ARCHIVE,) * 2, OTHERS, REGIONS, PEOPLE, STAFF, VISITS, PART, VIEW, CARDS,
)  # fmt: skip

SORTABLE = frozenset({"int", "num", "text", "date", "bool", "jsonb", "arr", "ts", "enum", "char", "row"})
PLAIN = ("int", "num", "text", "date", "bool")
CONSTANTS = {
    "int": ("0", "1", "2", "3", "-7", "101", "$n$::int"), "num": ("0.5", "48000.00", "1000", "-1000.00"),
    "text": ("'张*'", "'张三'", "'x'", "''", "'Berlin'", "'****'", "E'a\\tb'", "$$q$$", "N'n'", "U&'\\5F20*'"),
    "date": ("DATE '1990-01-01'", "'2024-03-07'::date"), "bool": ("true", "false", "NULL::bool"),
    "jsonb": ("'{\"level\": 3}'::jsonb", "'[1]'::jsonb"), "arr": ("'{a}'::text[]", "ARRAY['b', 'c']"),
    "ts": ("TIMESTAMP '2024-01-11 10:00'",), "enum": ("'new'::shop.status", "'paid'::shop.status"),
    "char": ("'110'::char(18)",), "json": ("'{\"k\": 1}'::json",), "row": ("ROW(1, 'x')",),
}  # fmt: skip
BROKEN = (  # {} is a masked column of text
    "SELECT nope FROM shop.customers c WHERE {} = 'x'", "SELECT {} FROM shop.nope",
    "SELECT {} + 1 FROM shop.customers", "SELECT {}, count(*) FROM shop.customers GROUP BY city",
    "SELECT id FROM shop.customers a JOIN shop.orders b ON a.id = b.customer_id", "SELECT id / 0 FROM shop.customers",
    "SELECT name::int FROM shop.customers", "SELECT (SELECT id FROM shop.customers)", "SELECT FROM FROM shop.customers",
    "SELECT nope({}) FROM shop.customers", "SELECT 'x'::int FROM shop.customers", "SELECT sum({}) FROM customers",
    "SELECT a.{} FROM shop.customers", "SELECT DISTINCT extra FROM shop.customers", "SELECT max(tags), name FROM customers",
    "SELECT x.{} FROM shop.customers x UNION SELECT 1", "SELECT name FROM shop.customers ORDER BY 2",
    "SELECT c.nope.x FROM shop.customers c", "SELECT id::shop.status FROM shop.orders",
    "SELECT * FROM shop.customers c, shop.orders c", "SELECT row_number() FROM shop.customers", "SELECT birth_date || 1 FROM customers",
    "SELECT {} FROM shop.customers LIMIT -1", "SELECT name FROM shop.customers TABLESAMPLE nope (1)",
    "SELECT 1 FROM shop.customers FETCH FIRST -1 ROWS ONLY", "SELECT id FROM shop.customers WHERE count(*) > 1",
)  # fmt: skip
PARAMETERS = {"int": ("int", ("1", "2", "101")), "text": ("text", ("张*", "x", "张三")), "date": ("date", ("1990-01-01",))}


@dataclass
class Item:
    """What FROM offers under one name."""

    alias: str
    columns: list[tuple[str, str]]
    table: Table | None = None
    has_alias_list: bool = False


@dataclass
class Scope:
    items: list[Item]
    outer: Scope | None = None
    merged: list[tuple[str, str]] = field(default_factory=list)  # columns of USING, without a qualifier
    is_mixed: bool = False  # USING or NATURAL: a bare name may mean something else

    def named(self, kind: str) -> list[str]:
        """References to columns of that kind."""
        found = [f"{item.alias}.{name}" for item in self.items for name, one in item.columns if one == kind]
        if not self.is_mixed:
            names = [name for item in self.items for name, _ in item.columns]
            found += [
                name for item in self.items for name, one in item.columns if one == kind and names.count(name) == 1 and name != item.alias
            ]
        return found + [name for name, one in self.merged if one == kind]


@dataclass
class Query:
    part: Part
    columns: list[tuple[str, str]]
    ordered: bool = False


class Generator:
    """One statement a seed. `writes`: data-modifying statements too."""

    def __init__(self, seed: int, version: int, *, writes: bool = False) -> None:
        self.random = Random(seed)
        self.version = version
        self.writes = writes
        self.tags: set[str] = set()
        self.params: list[bytes | None] = []
        self.aliases = 0
        self.may_bind = self.random.random() < 0.3
        self.ctes: list[Item] = []
        self.read_back = ""

    # --- small choices

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, *choices: Callable[[], Part]) -> Part:
        return self.random.choice(choices)()

    def alias(self) -> str:
        self.aliases += 1
        style = self.random.choice(("a{}", "a{}", "t{}", '"A {}"', '"客{}"'))
        return style.format(self.aliases)

    def tag(self, name: str) -> None:
        self.tags.add(name)

    # --- statements

    def statement(self) -> Made:
        if self.writes and self.chance(0.35):
            tree, ordered = self.write(), False
        else:
            tree, ordered = self.select_statement()
        return Made(tree, ordered, frozenset(self.tags), tuple(self.params), self.read_back)

    def select_statement(self) -> tuple[Part, bool]:
        if self.chance(0.04):
            return self.broken(), False
        if self.chance(0.03):
            self.tag("whole row in clauses")
            return self.rows()
        if self.chance(0.03):
            self.tag("encrypted column")
            return self.cards()
        if self.chance(0.06):
            self.tag("recursive")
            return self.recursive()
        head: list[Part] = []
        if self.chance(0.25):
            head.append(self.with_clause())
        query = self.query(2, top=True)
        return Seq((*head, query.part)), query.ordered

    def with_clause(self) -> Part:
        self.tag("cte")
        made: list[Part] = []
        for _ in range(self.random.randint(1, 2)):
            name = self.alias()
            if self.chance(0.15) and not any(one.alias == "orders" for one in self.ctes):
                self.tag("cte shadows a table")
                name = "orders"
            query = self.query(1)
            names = [f"c{place}" for place in range(len(query.columns))]
            keep = self.random.choice((" AS ", " AS MATERIALIZED ", " AS NOT MATERIALIZED "))
            made.append(Seq((name, "(", ", ".join(names), ")", keep, "(", query.part, ")")))
            self.ctes.append(Item(name, [(names[n], kind) for n, (_, kind) in enumerate(query.columns)]))
        return Cut(Seq(("WITH ", Many(", ", tuple(made)), " ")))

    def query(self, depth: int, kinds: Sequence[str] | None = None, outer: Scope | None = None, top: bool = False) -> Query:
        """A query expression. Without `kinds` it chooses its columns."""
        dice = self.random.random()
        if depth > 0 and dice < 0.13:
            return self.set_operation(depth, kinds, outer, top)
        if dice < 0.17:
            return self.values(kinds, top)
        if top and kinds is None and dice < 0.20:
            return self.table_command()
        return self.select(depth, kinds, outer, top)

    def table_command(self) -> Query:
        self.tag("TABLE")
        table = self.random.choice(TABLES)
        while table is CARDS:
            table = self.random.choice(TABLES)
        return Query(f"TABLE {table.names[0]}", list(table.columns))

    def some_kinds(self, sortable: bool = False) -> list[str]:
        wide = ("jsonb", "arr", "ts", "enum", "char") + (() if sortable else ("json",))
        return [self.random.choice(wide if self.chance(0.12) else PLAIN) for _ in range(self.random.randint(1, 4))]

    def set_operation(self, depth: int, kinds: Sequence[str] | None, outer: Scope | None, top: bool) -> Query:
        operator = self.random.choice(("UNION", "UNION ALL", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"))
        self.tag(operator)
        kinds = kinds or self.some_kinds(sortable=True)
        sides = [self.query(depth - 1, kinds, outer).part for _ in range(2)]
        left, right = (Seq(("(", side, ")")) for side in sides)
        columns = [(f"c{n}", kind) for n, kind in enumerate(kinds)]
        body: Part = Seq((left, f" {operator} ", right))
        return self.ended(body, columns, top)

    def values(self, kinds: Sequence[str] | None, top: bool) -> Query:
        self.tag("VALUES")
        kinds = kinds or self.some_kinds(sortable=True)
        scope = Scope([])
        rows = tuple(
            Seq(("(", Many(", ", tuple(self.typed(self.expr(scope, kind, 1), kind) for kind in kinds)), ")")) for _ in range(2)
        )
        return self.ended(Seq(("VALUES ", Seq((rows[0], ", ", rows[1])))), [(f"column{n}", k) for n, k in enumerate(kinds, 1)], top)

    def ended(self, body: Part, columns: list[tuple[str, str]], top: bool) -> Query:
        """With ORDER BY and LIMIT, perhaps."""
        if not self.chance(0.55 if top else 0.2) or not all(kind in SORTABLE for _, kind in columns):
            return Query(body, columns)
        places = list(range(1, len(columns) + 1))
        self.random.shuffle(places)
        ways = ("", "", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST")
        order: list[Part] = [f"{place}{self.random.choice(ways)}" for place in places]
        tail: list[Part] = [" ORDER BY ", ", ".join(text_of(one) for one in order)]
        if self.chance(0.5):
            self.tag("LIMIT")
            tail.append(
                Cut(
                    self.random.choice(
                        (" LIMIT 5", " OFFSET 2", " LIMIT 3 OFFSET 1", " FETCH FIRST 4 ROWS ONLY", " FETCH FIRST 2 ROWS WITH TIES",
                         " LIMIT ALL", " LIMIT (SELECT 4)")
                    )
                )
            )  # fmt: skip
        self.tag("ORDER BY")
        return Query(Seq((body, *tail)), columns, ordered=True)

    # --- SELECT

    def select(self, depth: int, kinds: Sequence[str] | None, outer: Scope | None, top: bool) -> Query:
        dice = self.random.random()
        if dice < 0.20:
            return self.grouped(depth, kinds, outer, top)
        if dice < 0.28 and kinds is None:
            return self.grouped_by_key(depth, top)
        froms, scope = self.from_clause(depth, outer)
        where = self.where(scope, depth)
        if kinds is None and self.chance(0.22):
            starred = self.starred(scope)
            if starred is not None and top:
                return Query(Seq(("SELECT ", starred, froms, where)), [])
        window: Part = ""
        named_window = ""
        wanted = list(kinds) if kinds is not None else self.some_kinds()
        if self.chance(0.12) and scope.items:
            self.tag("WINDOW")
            named_window = "w"
            window = Seq((" WINDOW w AS (", self.window(scope), ")"))
        made: list[Part] = []
        columns: list[tuple[str, str]] = []
        for place, kind in enumerate(wanted):
            expression = self.output(scope, kind, depth, named_window)
            is_plain = isinstance(expression, str) and self.chance(0.5)
            name = f"c{place}"
            if top and is_plain:
                made.append(expression)
            else:
                made.append(Seq((expression, self.random.choice((" AS ", " AS ", " ")), name)))
            columns.append((name, kind))
        if top and kinds is None and self.chance(0.12):
            whole = self.whole_row(scope)
            if whole is not None:
                made.append(whole[0])
                columns.append(("w", whole[1]))
        distinct = ""
        if all(kind in SORTABLE for _, kind in columns) and self.chance(0.12):
            self.tag("DISTINCT")
            distinct = "DISTINCT "
            if self.chance(0.4) and not any(kind == "row" for _, kind in columns):
                return self.distinct_on(made, columns, froms, where, window)
        body = Seq(("SELECT ", distinct, Many(", ", tuple(made)), froms, where, window))
        return self.ended(body, columns, top)

    def distinct_on(self, made: list[Part], columns: list[tuple[str, str]], froms: Part, where: Part, window: Part) -> Query:
        self.tag("DISTINCT ON")
        places = ", ".join(str(n) for n in range(1, len(columns) + 1))
        body = Seq(("SELECT DISTINCT ON (1) ", Seq(tuple(x for one in made for x in (one, ", "))[:-1]), froms, where, window))
        return Query(Seq((body, " ORDER BY ", places)), columns, ordered=True)

    def starred(self, scope: Scope) -> Part | None:
        items = [item for item in scope.items if item.table is not CARDS]
        if not items or len(items) != len(scope.items):
            return None
        item = self.random.choice(items)
        self.tag("star")
        return self.pick(
            lambda: "*",
            lambda: f"{item.alias}.*",
            lambda: Many(", ", (f"{item.alias}.*", Seq((self.expr(scope, "text", 1), " AS more")))),
            lambda: Many(", ", ("1 AS one", "*")),
            lambda: f"({item.alias}).*",
            lambda: "",
        )

    def whole_row(self, scope: Scope) -> tuple[Part, str] | None:
        items = [item for item in scope.items if item.table is not CARDS and not item.alias.startswith("g")]
        if not items or "NATURAL JOIN" in self.tags:  # see test_what_the_generator_leaves_out
            return None
        item = self.random.choice(items)
        self.tag("whole row")
        has_json = any(kind == "json" for _, kind in item.columns)
        row = "json" if has_json else "row"
        alias = item.alias
        name, kind = self.random.choice(item.columns)
        choices: list[tuple[Part, str]] = [
            (f"{alias} AS w", row), (f"to_jsonb({alias}) AS w", "jsonb"), (f"row_to_json({alias}) AS w", "json"),
            (f"{alias}::text AS w", "text"), (f"ROW({alias}.*) AS w", row),
            (f"({alias} IS NOT NULL) AS w", "bool"), (f"coalesce({alias}, {alias}) AS w", row), (f"({alias} IS NULL) AS w", "bool"),
            (f"(SELECT {alias}) AS w", row), (f"(CASE WHEN true THEN {alias} END) AS w", row), (f"ROW({alias}, 1) AS w", row),
            (f"jsonb_build_array({alias}.*) AS w", "jsonb"), (f"({alias}.*)::text AS w", "text"),
            (f"({alias}.* = {alias}) AS w", "bool"),
        ]  # fmt: skip
        if not item.has_alias_list:
            choices.append((f"(ARRAY[{alias}])[1].{name} AS w", kind))
        if item.table is not None and not item.has_alias_list:
            own = item.table.names[0]
            choices += [(f"({alias}::{own}).{name} AS w", kind), (f"({alias}).{name} AS w", kind), (f"(SELECT x FROM (SELECT {alias}.*) x) AS w", row)]
        return self.random.choice(choices)

    def where(self, scope: Scope, depth: int) -> Part:
        if not self.chance(0.4):
            return ""
        return Cut(Seq((" WHERE ", self.expr(scope, "bool", depth))))

    def window(self, scope: Scope) -> Part:
        """PARTITION BY and a total ORDER BY: every key of every item."""
        parts: list[Part] = []
        if self.chance(0.6):
            kind = self.random.choice(("text", "int"))
            parts.append(Seq(("PARTITION BY ", Or(self.expr(scope, kind, 1), "1"))))
        order = [ref for kind in ("int", "text", "date", "num") for ref in scope.named(kind) if "." in ref]
        if order:
            first = self.random.choice((*order, "1"))
            parts.append(" ORDER BY " + ", ".join((first, *order)))
        return Seq(tuple(parts))

    def windowed(self, scope: Scope, kind: str, named: str) -> Part | None:
        self.tag("window function")
        over: Part = "w" if named and self.chance(0.6) else Seq(("(", self.window(scope), ")"))
        if kind == "int":
            text = self.expr(scope, "text", 1)
            call = self.pick(
                lambda: "row_number()", lambda: "count(*)", lambda: Seq(("count(", text, ")")), lambda: "rank()", lambda: "ntile(3)",
                lambda: Seq(("sum(", Or(self.expr(scope, "int", 1), "1"), ")")),
            )  # fmt: skip
            return Seq((call, " OVER ", over, "::bigint" if self.chance(0.2) else ""))
        if kind in ("text", "date", "num"):
            inner = self.expr(scope, kind, 1)
            name = self.random.choice(("lag", "lead", "first_value", "last_value", "max", "min"))
            return Seq((name, "(", inner, ") OVER ", over))
        return None

    def grouped(self, depth: int, kinds: Sequence[str] | None, outer: Scope | None, top: bool) -> Query:
        self.tag("GROUP BY")
        froms, scope = self.from_clause(depth, outer)
        where = self.where(scope, depth)
        wanted = list(kinds) if kinds is not None else self.some_kinds(sortable=True)
        keys: list[Part] = []
        made: list[Part] = []
        places: list[str] = []
        for place, kind in enumerate(wanted):
            can = kind in SORTABLE - {"row"}
            if can and (self.chance(0.5) or kind not in ("int", "num", "text", "date", "bool", "arr", "jsonb")):
                key = self.expr(scope, kind, 1)
                if isinstance(key, str) and (key[0] in "'0123456789-$E" or "(" in key or key.startswith(("true", "false", "NULL", "U&", "N'"))):
                    key = Seq(("coalesce(", key, ")"))
                keys.append(key)
                places.append(str(place + 1))
                made.append(key)
            else:
                made.append(self.aggregate(scope, kind))
        if not keys and self.chance(0.5):
            keys.append(self.random.choice(scope.named("text") or scope.named("int") or ["()"]))
            places = [text_of(keys[0])]
        group: Part = ""
        if keys:
            group = self.group_by(keys, places)
        having: Part = ""
        if self.chance(0.3):
            self.tag("HAVING")
            having = Cut(Seq((" HAVING ", self.having(scope))))
        columns = [(f"c{n}", kind) for n, kind in enumerate(wanted)]
        items = tuple(Seq((one, f" AS c{n}")) for n, one in enumerate(made))
        body = Seq(("SELECT ", Seq(tuple(x for one in items for x in (one, ", "))[:-1]), froms, where, group, having))
        return self.ended(body, columns, top)

    def group_by(self, keys: list[Part], places: list[str]) -> Part:
        written: list[Part] = [key if self.chance(0.7) else place for key, place in zip(keys, places, strict=True)]
        many = Seq(tuple(x for one in written for x in (one, ", "))[:-1])
        dice = self.random.random()
        if not all(isinstance(key, str) for key in keys):  # before 18 a constant among grouping sets is NULL or not as it is planned
            dice = max(dice, 0.2)
        if dice < 0.08:
            self.tag("ROLLUP")
            return Seq((" GROUP BY ROLLUP (", many, ")"))
        if dice < 0.14:
            self.tag("CUBE")
            return Seq((" GROUP BY CUBE (", many, ")"))
        if dice < 0.2:
            self.tag("GROUPING SETS")
            return Seq((" GROUP BY GROUPING SETS ((", many, "), ())"))
        if dice < 0.25:
            return Seq((" GROUP BY DISTINCT ", many))
        return Seq((" GROUP BY ", many))

    def aggregate(self, scope: Scope, kind: str) -> Part:
        only: Part = ""
        if self.chance(0.15):
            self.tag("FILTER")
            only = Cut(Seq((" FILTER (WHERE ", self.expr(scope, "bool", 1), ")")))
        text = Or(self.expr(scope, "text", 1), "'x'")
        if kind == "int":
            return Seq(
                (
                    self.pick(
                        lambda: "count(*)",
                        lambda: Seq(("count(", text, ")")),
                        lambda: Seq(("count(DISTINCT ", text, ")")),
                        lambda: Seq(("sum(", Or(self.expr(scope, "int", 1), "1"), ")")),
                        lambda: Seq(("count(", self.random.choice([i.alias for i in scope.items if i.table is not CARDS] or ["1"]), ")")),
                    ),
                    only,
                )
            )
        if kind == "text":
            return Seq(
                (
                    self.pick(
                        lambda: Seq(("max(", text, ")")),
                        lambda: Seq(("string_agg(", text, ", ',' ORDER BY ", text, ")")),
                        lambda: Seq(("string_agg(DISTINCT ", text, ", ',')")),
                        lambda: Seq(("percentile_disc(0.5) WITHIN GROUP (ORDER BY ", text, ")")),
                        lambda: Seq(("min(", text, ")")),
                    ),
                    only,
                )
            )
        if kind in ("num", "date"):
            name = self.random.choice(("max", "min", "sum") if kind == "num" else ("max", "min"))
            return Seq((name, "(", self.expr(scope, kind, 1), ")", only))
        if kind == "arr":
            return Seq(("array_agg(", text, " ORDER BY ", text, ")", only))
        if kind == "jsonb":
            return Seq(("jsonb_agg(", text, " ORDER BY ", text, ")", only))
        if kind == "bool":
            return Seq((self.random.choice(("bool_and", "bool_or", "every")), "(", self.expr(scope, "bool", 1), ")", only))
        return Seq(("max(", self.constant(kind), ")"))

    def having(self, scope: Scope) -> Part:
        text = Or(self.expr(scope, "text", 1), "'x'")
        return self.pick(
            lambda: "count(*) > 1",
            lambda: Seq(("max(", text, ") > '李'")),
            lambda: Seq(("count(DISTINCT ", text, ") < 4")),
            lambda: Seq(("bool_or(", self.expr(scope, "bool", 1), ")")),
        )

    def grouped_by_key(self, depth: int, top: bool) -> Query:
        """GROUP BY a primary key, and columns of that table beside it."""
        self.tag("GROUP BY primary key")
        table = self.random.choice((CUSTOMERS, CUSTOMERS, ORDERS, ITEMS, ARCHIVE))
        name = self.random.choice(table.names)
        alias = self.alias()
        qualifier = alias
        froms: Part = Seq((" FROM ", name, " ", alias))
        if table.qualified and self.chance(0.25):
            froms, qualifier = f" FROM {name}", table.qualified
            if self.chance(0.4):
                qualifier = f"shop.{table.qualified}"
        other: Item | None = None
        if self.chance(0.5):
            second = self.random.choice((ORDERS, ITEMS, CUSTOMERS))
            other = Item(self.alias(), list(second.columns), second)
            froms = Seq(
                (froms, Cut(f" LEFT JOIN {second.names[0]} {other.alias} ON {other.alias}.{second.key[0]} = {qualifier}.{table.key[0]}"))
            )
        item = Item(qualifier, list(table.columns), table)
        scope = Scope([item], is_mixed=other is not None)
        wanted = self.some_kinds(sortable=True)
        made = [self.expr(scope, kind, 1) if self.chance(0.8) else self.aggregate(scope, kind) for kind in wanted]
        if other is not None:
            made.append(self.aggregate(Scope([other]), "int"))
            wanted.append("int")
        if self.chance(0.12) and table is not CUSTOMERS and qualifier == alias:
            made.append(f"{qualifier}.*")
            wanted += [kind for _, kind in table.columns]
        group = ", ".join(f"{qualifier}.{column}" for column in table.key)
        having: Part = ""
        if self.chance(0.3):
            having = Cut(Seq((" HAVING ", self.expr(scope, "bool", 1))))
        body = Seq(("SELECT ", Seq(tuple(x for one in made for x in (one, ", "))[:-1]), froms, f" GROUP BY {group}", having))
        return self.ended(body, [(f"c{n}", kind) for n, kind in enumerate(wanted)], top)

    # --- FROM

    def from_clause(self, depth: int, outer: Scope | None) -> tuple[Part, Scope]:
        scope = Scope([], outer)
        if self.chance(0.03):
            return "", scope
        made = self.from_item(depth, scope)
        count = self.random.choice((0, 0, 0, 1, 1, 2)) if depth else 0
        for place in range(count):
            made = self.joined(made, scope, depth, is_last=place == count - 1)
        return Seq((" FROM ", made)), scope

    def joined(self, left: Part, scope: Scope, depth: int, is_last: bool) -> Part:
        """`is_last`: a comma may stand here; what follows one cannot see what is before it."""
        before = list(scope.items)
        dice = self.random.random()
        if dice < 0.10 and len(before) == 1 and before[0].table is not None and not before[0].has_alias_list:
            return self.joined_using(left, scope, before[0])
        if dice < 0.2:
            return self.joined_lateral(left, scope, depth, is_last)
        if dice < 0.28 and is_last:
            self.tag("comma join")
            return Seq((left, ", ", self.from_item(depth - 1, scope)))
        right = self.from_item(depth - 1, scope)
        new = scope.items[len(before) :]
        if dice < 0.34:
            self.tag("CROSS JOIN")
            return Seq((left, " CROSS JOIN ", right))
        kind = self.random.choice(("JOIN", "INNER JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT OUTER JOIN"))
        self.tag(kind)
        equal = self.equality(Scope(before), Scope(new))
        more: Part = ""
        if kind != "FULL JOIN" and self.chance(0.3):
            more = Cut(Seq((" AND ", self.expr(Scope([*before, *new]), "bool", 1))))
        return Seq((left, f" {kind} ", right, " ON ", equal, more))

    def equality(self, left: Scope, right: Scope) -> str:
        kinds = [kind for kind in ("int", "text", "text", "date") if left.named(kind) and right.named(kind)]
        if not kinds or self.chance(0.15):
            return "1 = 1"
        kind = self.random.choice(kinds)
        first, second = (self.random.choice([n for n in side.named(kind) if "." in n]) for side in (left, right))
        return f"{first} = {second}"

    def joined_using(self, left: Part, scope: Scope, item: Item) -> Part:
        assert item.table is not None
        candidates = [one for one in TABLES if {n for n, _ in one.columns} & {n for n, _ in item.columns}]
        table = self.random.choice(candidates)
        other = Item(self.alias(), list(table.columns), table)
        names = [name for name, _ in table.columns]
        shared = [(name, kind) for name, kind in item.columns if name in names and kind != "json"]
        scope.items.append(other)
        scope.is_mixed = True
        kind = self.random.choice(("JOIN", "LEFT JOIN", "FULL JOIN"))
        if self.chance(0.35):
            self.tag("NATURAL JOIN")
            scope.merged = [(name, kind) for name, kind in item.columns if name in names]
            return Seq((left, f" NATURAL {kind} {table.names[0]} {other.alias}"))
        self.tag("USING")
        used = self.random.sample(shared, min(len(shared), self.random.randint(1, 2)))
        scope.merged = used
        alias = ""
        if self.chance(0.3):
            self.tag("USING AS")
            alias = f" AS {self.alias()}"
        return Seq((left, f" {kind} {table.names[0]} {other.alias} USING (", ", ".join(name for name, _ in used), ")", alias))

    def joined_lateral(self, left: Part, scope: Scope, depth: int, is_last: bool) -> Part:
        self.tag("LATERAL")
        inner = self.select(max(depth - 1, 0), ["text", "int"], Scope(list(scope.items), scope.outer), top=False)
        alias = self.alias()
        item = Item(alias, [("c0", "text"), ("c1", "int")])
        scope.items.append(item)
        tail = self.random.choice((" CROSS JOIN LATERAL (", " LEFT JOIN LATERAL (", *[", LATERAL ("] * is_last))
        on = " ON true" if "LEFT" in tail else ""
        return Seq((left, tail, inner.part, f") {alias}(c0, c1)", on))

    def from_item(self, depth: int, scope: Scope) -> Part:
        dice = self.random.random()
        if self.ctes and dice < 0.25:
            cte = self.random.choice(self.ctes)
            alias = self.alias()
            scope.items.append(Item(alias, list(cte.columns)))
            return f"{cte.alias} AS {alias}"
        if depth > 0 and dice < 0.4:
            self.tag("subquery")
            query = self.query(depth - 1)
            alias = self.alias()
            names = [f"s{n}" for n in range(len(query.columns))]
            scope.items.append(Item(alias, [(names[n], kind) for n, (_, kind) in enumerate(query.columns)]))
            return Seq(("(", query.part, f") AS {alias}({', '.join(names)})"))
        if dice < 0.45:
            return self.function_item(scope)
        return self.table_item(scope)

    def function_item(self, scope: Scope) -> Part:
        self.tag("function in FROM")
        self.aliases += 1
        alias = f"g{self.aliases}"
        texts, arrays, documents = scope.named("text"), scope.named("arr"), scope.named("jsonb")
        if arrays and self.chance(0.3):
            scope.items.append(Item(alias, [("e", "text"), ("n", "int")]))
            return f"unnest({self.random.choice(arrays)}) WITH ORDINALITY AS {alias}(e, n)"
        if documents and self.chance(0.5):
            scope.items.append(Item(alias, [("k", "text"), ("v", "text")]))
            return f"jsonb_each_text({self.random.choice(documents)}) AS {alias}(k, v)"
        if texts and self.chance(0.4):
            scope.items.append(Item(alias, [("e", "text")]))
            return f"string_to_table({self.random.choice(texts)}, '*') AS {alias}(e)"
        if self.chance(0.2):
            scope.items.append(Item(alias, [("a", "int"), ("b", "text")]))
            return f"jsonb_to_recordset('[{{\"a\": 1, \"b\": \"张*\"}}]') AS {alias}(a int, b text)"
        if self.chance(0.3):
            scope.items.append(Item(alias, [("n", "int"), ("t", "text")]))
            return f"ROWS FROM (generate_series(1, 2), unnest(ARRAY['张*', 'x'])) AS {alias}(n, t)"
        scope.items.append(Item(alias, [("n", "int")]))
        return f"generate_series(1, {self.random.randint(1, 4)}) AS {alias}(n)"

    def table_item(self, scope: Scope) -> Part:
        table = self.random.choice(TABLES)
        name = self.random.choice(table.names)
        if any(one.alias == "orders" for one in self.ctes) and name == "orders":
            name = "shop.orders"
        taken = {item.alias for item in scope.items}
        head = name
        if self.chance(0.08) and not table.is_view:
            self.tag("ONLY")
            head = self.random.choice((f"ONLY {name}", f"ONLY ({name})", f"{name} *"))
        sample = ""
        if self.chance(0.06) and not table.is_view and table not in (CARDS, PEOPLE, VISITS):
            self.tag("TABLESAMPLE")
            sample = self.random.choice((" TABLESAMPLE BERNOULLI (50) REPEATABLE (7)", " TABLESAMPLE system (100)"))
        if table.qualified and table.qualified not in taken and self.chance(0.15) and not sample:
            self.tag("no alias")
            scope.items.append(Item(table.qualified, list(table.columns), table))
            return head
        alias = self.alias()
        if self.chance(0.12) and table is not CARDS:
            self.tag("alias list")
            count = self.random.randint(1, len(table.columns))
            names = [f"x{n}" for n in range(count)]
            columns = [(names[n] if n < count else column, kind) for n, (column, kind) in enumerate(table.columns)]
            scope.items.append(Item(alias, columns, table, has_alias_list=True))
            return f"{head} AS {alias}({', '.join(names)}){sample}"
        scope.items.append(Item(alias, list(table.columns), table))
        return f"{head}{self.random.choice((' AS ', ' '))}{alias}{sample}"

    # --- expressions

    def output(self, scope: Scope, kind: str, depth: int, named_window: str) -> Part:
        if scope.items and self.chance(0.1 if not named_window else 0.5):
            made = self.windowed(scope, kind, named_window)
            if made is not None:
                return made
        return self.expr(scope, kind, depth)

    def constant(self, kind: str) -> str:
        if self.may_bind and kind in PARAMETERS and self.chance(0.3):
            type_name, values = PARAMETERS[kind]
            self.tag("parameter")
            self.params.append(self.random.choice(values).encode())
            return f"${len(self.params)}::{type_name}"
        return self.random.choice([one for one in CONSTANTS[kind] if one != "$n$::int"])

    def typed(self, part: Part, kind: str) -> Part:
        names = {"int": "int", "num": "numeric", "text": "text", "date": "date", "bool": "bool", "ts": "timestamp", "char": "char(18)"}
        return Seq(("(", part, ")::", names[kind])) if kind in names else part

    def column(self, scope: Scope, kind: str) -> str | None:
        names = scope.named(kind)
        if (not names or self.chance(0.15)) and scope.outer is not None:
            names = [one for one in scope.outer.named(kind) if "." in one] or names
            if names:
                self.tag("correlated")
        return self.random.choice(names) if names else None

    def expr(self, scope: Scope, kind: str, depth: int) -> Part:
        """An expression of that kind over the scope."""
        plain = self.column(scope, kind)
        if plain is None or self.chance(0.07):
            plain = self.constant(kind)
        if kind != "bool" and (depth <= 0 or self.chance(0.4)):
            return plain
        makers: dict[str, Callable[[Scope, int], Part]] = {
            "int": self.int_expr, "num": self.num_expr, "text": self.text_expr, "date": self.date_expr, "bool": self.bool_expr,
            "jsonb": self.jsonb_expr, "arr": self.arr_expr, "ts": self.ts_expr,
        }  # fmt: skip
        if kind not in makers:
            return plain
        return Or(Seq(("(", makers[kind](scope, depth - 1), ")")), plain)

    def case(self, scope: Scope, kind: str, depth: int) -> Part:
        self.tag("CASE")
        value = self.expr(scope, kind, depth)
        if self.chance(0.4):
            return Seq(("CASE ", self.expr(scope, "text", 0), " WHEN '张*' THEN ", value, " ELSE ", self.expr(scope, kind, 0), " END"))
        return Seq(("CASE WHEN ", self.expr(scope, "bool", depth), " THEN ", value, Cut(Seq((" ELSE ", self.expr(scope, kind, 0)))), " END"))

    def scalar(self, scope: Scope, kind: str) -> Part:
        """A scalar subquery of at most one row."""
        self.tag("scalar subquery")
        froms, inner = self.from_clause(0, scope)
        where = self.where(inner, 1)
        inner = Scope(inner.items)  # an aggregate over columns of the outer query alone would be the outer query's
        name = "max" if kind in ("text", "date", "num") else "count"
        return Seq(("(SELECT ", name, "(", self.expr(inner, kind, 0), ")", "::int" if name == "count" else "", froms, where, ")"))

    def int_expr(self, scope: Scope, depth: int) -> Part:
        number, text = (lambda: self.expr(scope, "int", depth)), (lambda: self.expr(scope, "text", depth))
        return self.pick(
            lambda: Seq((number(), " + ", number())),
            lambda: Seq(("length(", text(), ")")),
            lambda: Seq(("extract(year FROM ", self.expr(scope, "date", depth), ")::int")),
            lambda: Seq(("coalesce(", number(), ", 0)")),
            lambda: Seq((number(), " % 3")),
            lambda: Seq(("position('*' in ", text(), ")")),
            lambda: Seq(("CAST(", self.expr(scope, "num", depth), " AS int)")),
            lambda: Seq(("cardinality(", self.expr(scope, "arr", 0), ")")),
            lambda: self.case(scope, "int", depth),
            lambda: self.scalar(scope, "int"),
            lambda: Seq(("ascii(", text(), ")")),
        )

    def num_expr(self, scope: Scope, depth: int) -> Part:
        number = lambda: self.expr(scope, "num", depth)  # noqa: E731
        return self.pick(
            lambda: Seq((number(), " * 2")),
            lambda: Seq(("round(", number(), ", 1)")),
            lambda: Seq((self.expr(scope, "int", depth), "::numeric")),
            lambda: Seq(("coalesce(", number(), ", -1)")),
            lambda: Seq(("greatest(", number(), ", ", number(), ")")),
            lambda: Seq(("- ", number())),
            lambda: self.case(scope, "num", depth),
            lambda: self.scalar(scope, "num"),
        )

    def text_expr(self, scope: Scope, depth: int) -> Part:
        text = lambda: self.expr(scope, "text", depth)  # noqa: E731
        return self.pick(
            lambda: Seq((self.random.choice(("upper", "lower", "reverse", "btrim", "initcap", "md5", "quote_literal")), "(", text(), ")")),
            lambda: Seq((text(), " || ", text())),
            lambda: Seq(("substring(", text(), " from 1 for 2)")),
            lambda: Seq(("left(", text(), ", 2)")),
            lambda: Seq(("replace(", text(), ", '*', '#')")),
            lambda: Seq(("coalesce(", text(), ", ", text(), ")")),
            lambda: Seq((self.expr(scope, self.random.choice(("int", "num", "date", "enum", "char", "jsonb", "arr")), depth), "::text")),
            lambda: Seq(("to_char(", self.expr(scope, "date", depth), ", 'YYYY-MM')")),
            lambda: Seq(("(", self.expr(scope, "jsonb", 0), " ->> 'wechat')")),
            lambda: Seq(("nullif(", text(), ", '')")),
            lambda: Seq(("concat(", text(), ", '/', ", self.expr(scope, "int", depth), ")")),
            lambda: Seq(("regexp_replace(", text(), ", '[*]+', '+')")),
            lambda: Seq(("format('%s|%L', ", text(), ", ", text(), ")")),
            lambda: Seq(("split_part(", text(), ", '@', 1)")),
            lambda: Seq((text(), "::varchar(3)::text")),
            lambda: Seq((text(), ' COLLATE "C"')),
            lambda: Seq(("overlay(", text(), " placing 'Z' from 1 for 1)")),
            lambda: Seq(("(", self.expr(scope, "arr", 0), ")[1]")),
            lambda: self.case(scope, "text", depth),
            lambda: self.scalar(scope, "text"),
        )

    def date_expr(self, scope: Scope, depth: int) -> Part:
        date = lambda: self.expr(scope, "date", depth)  # noqa: E731
        return self.pick(
            lambda: Seq((date(), " + ", self.random.choice(("1", "30")))),
            lambda: Seq(("date_trunc('month', ", date(), ")::date")),
            lambda: Seq(("coalesce(", date(), ", '2000-01-01')")),
            lambda: Seq(("least(", date(), ", ", date(), ")")),
            lambda: self.case(scope, "date", depth),
            lambda: self.scalar(scope, "date"),
        )

    def ts_expr(self, scope: Scope, depth: int) -> Part:
        return self.pick(
            lambda: Seq((self.expr(scope, "ts", 0), " + interval '1 day'")), lambda: Seq((self.expr(scope, "date", depth), "::timestamp"))
        )  # fmt: skip

    def jsonb_expr(self, scope: Scope, depth: int) -> Part:
        return self.pick(
            lambda: Seq(("jsonb_build_object('k', ", self.expr(scope, "text", depth), ")")),
            lambda: Seq(("to_jsonb(", self.expr(scope, self.random.choice(("text", "int", "date")), depth), ")")),
            lambda: Seq((self.expr(scope, "jsonb", 0), " - 'level'")),
        )

    def arr_expr(self, scope: Scope, depth: int) -> Part:
        text = lambda: self.expr(scope, "text", depth)  # noqa: E731
        return self.pick(
            lambda: Seq(("ARRAY[", text(), ", ", text(), "]")),
            lambda: Seq(("string_to_array(", text(), ", '*')")),
            lambda: Seq((self.expr(scope, "arr", 0), " || ", text())),
            lambda: Seq(("ARRAY(", self.column_query(scope, "text"), " ORDER BY 1)")),
        )

    def column_query(self, scope: Scope, kind: str) -> Part:
        """SELECT of one column, for IN, ANY, ARRAY."""
        froms, inner = self.from_clause(0, scope)
        return Seq(("SELECT ", self.expr(inner, kind, 1), froms, self.where(inner, 1)))

    def bool_expr(self, scope: Scope, depth: int) -> Part:
        kind = self.random.choice(("int", "text", "text", "text", "date", "num"))
        one = lambda: self.expr(scope, kind, depth)  # noqa: E731
        text = lambda: self.expr(scope, "text", depth)  # noqa: E731

        def tagged(name: str, part: Part) -> Part:
            self.tag(name)
            return part

        return self.pick(
            lambda: Seq((one(), self.random.choice((" = ", " = ", " <> ", " < ", " >= ", " > ", " != ")), one())),
            lambda: Seq((one(), self.random.choice((" IS NULL", " IS NOT NULL")))),
            lambda: Seq((text(), self.random.choice((" LIKE '%*'", " LIKE '张_'", " NOT LIKE '张%'", " ILIKE 'a%'", " SIMILAR TO '(张|李)%'")))),
            lambda: Seq((text(), self.random.choice((" ~ '^张'", " ~* 'B'", " !~ '[*]$'")))),
            lambda: Seq((text(), " IN ('张*', '李*', 'x')")),
            lambda: Seq((one(), " BETWEEN ", one(), " AND ", one())),
            lambda: Seq((one(), " IS DISTINCT FROM ", one())),
            lambda: tagged("IN subquery", Seq((one(), self.random.choice((" IN (", " NOT IN (")), self.column_query(scope, kind), ")"))),
            lambda: tagged("ANY subquery", Seq((one(), self.random.choice((" = ANY (", " <> ALL (", " <= SOME (")), self.column_query(scope, kind), ")"))),
            lambda: tagged("EXISTS", Seq(("EXISTS (", self.column_query(scope, kind), ")"))),
            lambda: Seq((text(), " = ANY (ARRAY['张*', '王**'])")),
            lambda: tagged("row comparison", Seq(("(", one(), ", ", text(), ") = (", one(), ", ", text(), ")"))),
            lambda: tagged("row comparison", Seq(("(", text(), ", ", one(), ") IN (", self.row_query(scope, kind), ")"))),
            lambda: Seq((self.expr(scope, "bool", depth), self.random.choice((" AND ", " OR ")), self.expr(scope, "bool", depth))),
            lambda: Seq(("NOT ", self.expr(scope, "bool", depth))),
            lambda: Seq(("starts_with(", text(), ", '张')")),
            lambda: Seq((self.expr(scope, "arr", 0), " && ARRAY['a']")),
            lambda: Seq((self.expr(scope, "jsonb", 0), " @> '{\"level\": 3}'")),
            lambda: Seq((self.expr(scope, "enum", 0), " = 'new'")),
            lambda: Seq(("(", self.expr(scope, "date", 0), ", interval '1 year') OVERLAPS (DATE '1990-06-01', DATE '1991-01-01')")),
        )  # fmt: skip

    def row_query(self, scope: Scope, kind: str) -> Part:
        froms, inner = self.from_clause(0, scope)
        return Seq(("SELECT ", self.expr(inner, "text", 0), ", ", self.expr(inner, kind, 0), froms))

    # --- forms of their own

    def recursive(self) -> tuple[Part, bool]:
        inner = Scope([Item("c", list(CUSTOMERS.columns), CUSTOMERS)])
        both = Scope([Item("c", list(CUSTOMERS.columns), CUSTOMERS), Item("t", [("n", "int"), ("label", "text")])])
        union = self.random.choice(("UNION ALL", "UNION"))
        tail = self.random.choice(("", "", " SEARCH DEPTH FIRST BY n SET path", " CYCLE n SET seen USING way"))
        order = self.chance(0.6)
        step = Or(self.expr(both, "text", 2), "t.label")
        part = Seq(
            (
                "WITH RECURSIVE t(n, label) AS (SELECT c.id, (", self.expr(inner, "text", 2), ")::text FROM shop.customers c WHERE c.id = 1 ",
                union, " SELECT c.id, (", step, ")::text FROM t JOIN customers c ON c.id = t.n + 1 WHERE t.n < 8)", tail,
                " SELECT n, label, ", self.expr(Scope([Item("t", [("n", "int"), ("label", "text")])]), "text", 2), " FROM t",
                Cut(self.where(Scope([Item("t", [("n", "int"), ("label", "text")])]), 1)), " ORDER BY 1, 2, 3" if order else "",
            )
        )  # fmt: skip
        return part, order

    def cards(self) -> tuple[Part, bool]:
        """An encrypted column where it may stand for who sees it masked: as bare output, through subqueries, CTEs and UNION ALL."""
        own = Scope([Item("p", list(CARDS.columns), CARDS), Item("c", list(CUSTOMERS.columns), CUSTOMERS)], is_mixed=True)
        froms = self.random.choice(
            (" FROM shop.payment_cards p LEFT JOIN shop.customers c ON c.id = p.customer_id", " FROM payment_cards AS p JOIN customers c ON c.name = p.holder")
        )
        inner = Seq(("SELECT p.id, p.card_no, (", self.expr(own, "text", 2), ")::text AS t", froms, self.where(own, 1)))
        outer = Scope([Item("s", [("id", "int"), ("t", "text")])], is_mixed=True)
        rest = Seq((", (", self.expr(outer, "text", 1), ") AS u FROM "))
        order = self.random.choice(("", " ORDER BY 1, 3", " ORDER BY 1, 3 LIMIT 4"))
        made = self.random.choice(
            (
                Seq((inner, order)),
                Seq(("SELECT s.id, s.card_no", rest, "(", inner, ") s", self.where(outer, 1), order)),
                Seq(("WITH s AS (", inner, ") SELECT s.id, s.card_no", rest, "s", order)),
                Seq((inner, " UNION ALL SELECT id, card_no, brand FROM shop.payment_cards", order)),
                Seq(("SELECT id, card_no AS n, holder FROM shop.payment_cards", order)),
                Seq(("SELECT *, 1 AS one FROM shop.payment_cards ORDER BY id",)),
            )
        )
        return made, False

    def rows(self) -> tuple[Part, bool]:
        """Whole rows where they are compared, grouped and ordered; and beside USING."""
        table = self.random.choice((ORDERS, ITEMS, ARCHIVE, VIEW, VISITS))
        froms = f" FROM {self.random.choice(table.names)} AS a"
        # Rows of two types are compared only where the plan comes to it: a hash join does at equal hashes.
        other = f" LEFT JOIN shop.orders b ON {'a = b' if table is ORDERS else 'b = b AND b.id = 101'}"
        if self.chance(0.3):
            froms += self.random.choice((" JOIN shop.customers b USING (id)", other))
        elif self.chance(0.3):
            froms += "(x, y)"
        output = self.random.choice(("a", "a", "a AS w", "a.*, a", "a, 1 AS one"))
        condition = self.random.choice(("a = a", "a.* = a", "a IS NOT NULL", "NOT (a IS NULL)", "a IN (SELECT a)", "a >= a.*"))
        where = Cut(f" WHERE {condition}") if self.chance(0.4) else ""
        name, order, is_ordered = self.random.choice(
            (("", " ORDER BY a", True), ("", " ORDER BY a.*, 1", True), ("", " ORDER BY 1 DESC LIMIT 3", output[1:2] in ("", " ", ",")),
             ("DISTINCT ", "", False), ("DISTINCT ON (a) ", "", False), ("", " GROUP BY a", False), ("", " GROUP BY a.*", False), ("", "", False))
        )  # fmt: skip
        return Seq(("SELECT ", name, output, froms, where, order)), is_ordered

    def broken(self) -> Part:
        """Statements PostgreSQL refuses, or that fail in every row."""
        self.tag("error")
        column = self.random.choice([name for name, kind in CUSTOMERS.columns if kind == "text" and name not in ("secret", "unlisted")])
        return self.random.choice(BROKEN).format(column)

    # --- writes, to open columns

    def write(self) -> Part:
        target = self.random.choice(TARGETS)
        name = self.random.choice(target.table.names)
        customers = Item("c", list(CUSTOMERS.columns), CUSTOMERS)
        source = Scope([customers])
        own = Item("o", [one for one in target.table.columns if one[0] in target.open], None)
        mine = Scope([own])
        both = Scope([own, customers], is_mixed=True)
        key = target.table.key[0] if target.table.key else "id"
        link = f"c.id = o.{target.link}"
        kinds = ["UPDATE", "UPDATE", "UPDATE FROM", "UPDATE FROM", "UPDATE row", "DELETE", "DELETE USING", "CTE", "MERGE", "CURRENT OF"]
        if target.inserts:
            kinds += ["INSERT", "INSERT", "INSERT VALUES", "ON CONFLICT", "ON CONFLICT"]
        kind = self.random.choice(kinds)
        self.tag(kind)
        order = ", ".join(target.open)
        self.read_back = f"SELECT {order} FROM {target.table.names[0]} ORDER BY {order}"
        if kind.startswith("DELETE") and target.table is CUSTOMERS:  # raw has a foreign key to it, the copy has not
            kind = "UPDATE"
        condition = lambda scope: Or(self.expr(scope, "bool", 2), "true")  # noqa: E731
        written = self.random.choice([one for one in target.open if one != key and one not in target.table.key] or [key])
        value = lambda scope: self.typed(self.expr(scope, target.table.kind(written), 2), target.table.kind(written))  # noqa: E731
        returning = self.returning(target)
        match kind:
            case "INSERT":
                return Seq(
                    (f"INSERT INTO {name} ({', '.join(target.new)}, {written}) SELECT ", target.new_values, ", ", value(source),
                     " FROM shop.customers c", self.where(source, 2), " ORDER BY c.id", returning.replace("o.", ""))
                )  # fmt: skip
            case "INSERT VALUES":
                return Seq(
                    (f"INSERT INTO {name} AS o ({', '.join(target.new)}, {written}) VALUES (", target.new_values.replace("c.id", "1"), ", ",
                     value(Scope([])), "), (", target.new_values.replace("c.id", "2"), ", ", self.random.choice(("DEFAULT", "NULL")), ")", returning)
                )  # fmt: skip
            case "ON CONFLICT":
                changes = f"UPDATE SET {written} = excluded.{written}"
                action = self.random.choice(("NOTHING", changes, f"{changes} WHERE o.{written} IS DISTINCT FROM excluded.{written}"))
                return Seq(
                    (f"INSERT INTO {name} AS o ({', '.join(target.new)}, {written}) SELECT ", target.old_values, ", ", value(source),
                     f" FROM shop.customers c WHERE c.id < 9 ORDER BY c.id ON CONFLICT ({', '.join(target.new)}) DO ", action, returning)
                )  # fmt: skip
            case "UPDATE":
                more = Cut(Seq((" WHERE ", condition(mine))))
                return Seq((f"UPDATE {name} AS o SET {written} = ", value(mine), more, returning))
            case "UPDATE FROM":
                return Seq((f"UPDATE {name} o SET {written} = ", value(both), f" FROM shop.customers c WHERE {link} AND ", condition(both), returning))
            case "UPDATE row":
                subquery = Seq(("(SELECT ", value(source), f" FROM shop.customers c WHERE {link})"))
                return Seq((f"UPDATE {name} AS o SET ({written}) = ", subquery, Cut(Seq((" WHERE ", condition(mine)))), returning))
            case "DELETE":
                return Seq((f"DELETE FROM {name} o WHERE ", condition(mine), returning))
            case "DELETE USING":
                joined = self.random.choice(("", ", c.name, c.email || c.name")) if returning else ""
                return Seq((f"DELETE FROM {name} o USING shop.customers c WHERE {link} AND ", condition(both), returning, joined))
            case "MERGE":
                action = self.random.choice(("DELETE", "DO NOTHING", "UPDATE")) if target.table is not CUSTOMERS else "UPDATE"
                then: Part = Seq((f"UPDATE SET {written} = ", value(both))) if action == "UPDATE" else action
                tail = returning if self.version >= 17 else ""
                if tail == " RETURNING *":
                    tail = " RETURNING merge_action(), o.*"
                return Seq(
                    (f"MERGE INTO {name} AS o USING shop.customers c ON {link} WHEN MATCHED AND ", condition(both), " THEN ", then,
                     Cut(" WHEN NOT MATCHED THEN DO NOTHING"), tail)
                )  # fmt: skip
            case "CURRENT OF":  # without a cursor: fails alike
                return f"UPDATE {name} SET {written} = {written} WHERE CURRENT OF nowhere"
        shown = ", ".join(f"o.{one}" for one in target.open)
        return Seq(
            (f"WITH w AS (UPDATE {name} o SET {written} = ", value(mine), " WHERE ", condition(mine), f" RETURNING {shown}) SELECT w.*, c.name FROM w ",
             f"LEFT JOIN shop.customers c ON c.id = w.{target.link}")
        )  # fmt: skip

    def returning(self, target: Target) -> str:
        """Open columns in expressions, masked ones bare."""
        first, last = target.open[0], target.open[-1]
        masked = [name for name, _ in target.table.columns if name not in target.open]
        choices = ["", f" RETURNING o.{first}, o.{last} AS last", " RETURNING *", f" RETURNING {first}::text || '!'", " RETURNING 1 AS one, o.*"]
        if masked:
            choices.append(f" RETURNING {self.random.choice(masked)}, o.{self.random.choice(masked)} AS shown")
        made = self.random.choice(choices)
        if made:
            self.tag("RETURNING")
        return made


@dataclass(frozen=True)
class Target:
    """A table to write. `new`: columns an INSERT gives, with values that are new, or that are there, for each customer `c`."""

    table: Table
    open: tuple[str, ...]  # columns the analyst may read and write
    link: str  # the column that is a customer's id
    new: tuple[str, ...] = ()
    new_values: str = ""
    old_values: str = ""

    @property
    def inserts(self) -> bool:
        return bool(self.new)


TARGETS = (
    Target(ORDERS, ("id", "customer_id", "status", "total", "placed", "priority", "label"), "customer_id", ("id",), "1000 + c.id", "100 + c.id"),
    Target(ITEMS, ("order_id", "line_no", "sku", "qty", "price"), "line_no", ("order_id", "line_no"), "5000 + c.id, 1", "100 + c.id, 1"),
    Target(CUSTOMERS, ("id", "city", "level", "joined", "tags"), "id"),
    Target(ARCHIVE, ("id", '"Level"'), "id", ("id",), "1000 + c.id", "c.id"),
    Target(STAFF, ("id", "rank"), "id"),
    Target(OTHERS, ("id", "name", "city"), "id", ("id",), "1000 + c.id", "c.id * 2"),
)
