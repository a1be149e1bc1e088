"""Rule files: what they mean, and every error with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.masking import parse
from proxy.policy.rules import RulesError, load_rules

SHIPPED = Path(__file__).parents[3] / "masking_rules" / "ecommerce"


def problems(**files: str) -> list[str]:
    with pytest.raises(RulesError) as caught:
        load_rules({f"{name}.yaml": text for name, text in files.items()})
    return [str(problem) for problem in caught.value.problems]


def test_the_shipped_policy() -> None:
    rules = load_rules({file.name: file.read_text("utf-8") for file in SHIPPED.glob("*.yaml")})
    assert set(rules.relations) == {
        f"shop.{name}"
        for name in (
            *("customers", "addresses", "products", "orders", "order_items", "payment_cards", "browsing_events", "consents"),
            "sales_by_city",
        )
    }
    assert {login: rules.role_of(login) for login in ("ana", "bi_7", "shop_app", "dba", "zoe")} == {
        "ana": "analyst",
        "bi_7": "analyst",
        "shop_app": "shop_app",
        "dba": "dba",
        "zoe": None,
    }
    assert {name: role.restricted for name, role in rules.roles.items()} == {"analyst": True, "shop_app": False, "dba": False}
    analyst = rules.roles["analyst"]
    assert (analyst.rows_per_statement, analyst.rows_per_day, analyst.copy_refused) == (10_000, 100_000, True)
    assert (rules.roles["dba"].has_keys, rules.roles["shop_app"].has_keys) == (False, True)
    card = rules.relations["shop.payment_cards"].columns["card_no"]
    assert card.seal is not None
    assert (card.seal.domain, card.seal.search, card.seal.type_oid) == ("cards", "equality", 25)
    assert card.mask == parse({"partial": {"last": 4}})
    assert card.rule.startswith("shop.payment_cards.card_no (customers.yaml:")
    for relation in rules.relations.values():
        for column in relation.columns.values():
            sees = analyst.sees[column.class_name]
            assert (column.mask is not None) == (sees == "masked"), column.rule


def test_a_mask_of_null_is_not_no_mask() -> None:
    text = "classes: {a: {level: L1}}\nrelations: {s.r: {columns: {x: {class: a, mask: null}, y: {class: a}}}}"
    columns = load_rules({"a.yaml": text}).relations["s.r"].columns
    assert (columns["x"].mask, columns["x"].spec, columns["y"].mask) == (parse(None), "null", None)


def test_a_domain_is_the_column_unless_it_is_named() -> None:
    text = "classes: {a: {level: L1}}\nrelations: {s.r: {columns: {x: {class: a, encrypt: {}}}}}"
    seal = load_rules({"a.yaml": text}).relations["s.r"].columns["x"].seal
    assert seal is not None
    assert (seal.domain, seal.search, seal.column) == ("s.r.x", "none", "s.r.x")


def test_every_problem_with_its_line() -> None:
    assert problems(
        a="""\
classes:
  basic: {levl: L2}
  other: L1
relations:
  customers: {}
  pg_catalog.pg_class: {}
  shop.c:
    unlisted: opn
    colums: {}
    columns:
      email: {class: basic, mask: emial}
      phone: {class: basic, mask: {json: {phone: phone}}}
      x: {mask: email}
      y: {class: 7}
      z: {class: basic, encrypt: {domain: "", serch: none}}
roles:
  a: {logins: ana, functions: [full_name], sees: [open]}
  b: {logins: ["[a]"], export: {rows_per_statement: many, copy: never}}
zzz: 1
"""
    ) == [
        "a.yaml:2: level is missing",
        "a.yaml:2: unknown key levl: is level meant?",
        "a.yaml:3: other holds further keys: write `key: value` lines below it",
        "a.yaml:5: write a relation with its schema, as shop.customers, not customers",
        "a.yaml:6: pg_catalog.pg_class is PostgreSQL's own: the built-in rules decide it",
        "a.yaml:8: unlisted is one of 'open' or 'closed'",
        "a.yaml:9: unknown key colums: is columns meant?",
        "a.yaml:11: there is no mask 'emial': is email meant?",
        """a.yaml:12: 'phone' is no path: write keys only, as $.phone or $.bank."account no\"""",
        "a.yaml:13: class is missing",
        "a.yaml:14: class is text: put it in quotes",
        "a.yaml:15: domain: string should have at least 1 character",
        "a.yaml:15: unknown key serch: is search meant?",
        "a.yaml:17: logins is a list: write [one, two]",
        "a.yaml:17: sees holds further keys: write `key: value` lines below it",
        "a.yaml:17: write a function with its schema and without arguments, as shop.full_name, not full_name",
        "a.yaml:18: a login is a name, or a pattern with * and ?; '[a]' is neither",
        "a.yaml:18: rows_per_statement: input should be a valid integer",
        "a.yaml:18: copy is one of 'refuse' or 'allow'",
        "a.yaml:19: unknown key zzz: there are classes, relations, roles, defaults, trusted_owners",
    ]


def test_problems_of_the_whole_set() -> None:
    assert problems(
        a="""\
classes: {basic: {level: L1}}
relations:
  shop.c:
    columns:
      a: {class: basi}
      b: {class: basic, encrypt: {domain: d}}
      c: {class: basic, encrypt: {domain: d, search: equality}}
roles:
  a:
    logins: [x, "x*", y]
    sees: {bsic: open}
    relations:
      shop.c:
        where: f(x)
        columns:
          a: {}
          b: {sees: open, mask: email}
  b: {logins: [x]}
  c: {logins: ["x?"]}
  refuse: {logins: []}
defaults: {login_without_role: d, unlisted_relation: open}
""",
        b="classes: {basic: {level: L2}}\ndefaults: {unlisted_relation: closed}\n",
    ) == [
        "a.yaml:5: there is no class basi: is basic meant?",
        "a.yaml:7: the domain d has another type or search at shop.c.b: they must agree",
        "a.yaml:11: there is no class bsic: is basic meant?",
        "a.yaml:14: a row condition cannot hold a function call; write columns of the relation, constants, comparisons, "
        "IN with a list, BETWEEN, LIKE, IS NULL, AND, OR, NOT and casts to built-in types (row-level security can do more)",
        "a.yaml:16: write what it sees: open, masked or closed",
        "a.yaml:17: a mask and `sees: open`: keep one",
        "a.yaml:18: x could be a login of the role a as well: make one narrower",
        "a.yaml:19: x? could be a login of the role a as well: make one narrower",
        "a.yaml:20: refuse is no name for a role: it has a meaning in defaults",
        "a.yaml:21: there is no role d",
        "b.yaml:1: basic is already given at a.yaml:1: keep one",
        "b.yaml:2: unlisted_relation is already given at a.yaml:21: keep one",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("classes: [\n", "a.yaml:2: not YAML: expected the node content"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2: not YAML: but found another document"),
        ("classes:\n  a: {level: L1}\n  a: {level: L2}\n", "a.yaml:3: a stands here twice; the first is on line 2"),
        ("classes:\n  on: {level: L1}\n", 'a.yaml:2: YAML does not read on as a name: write "on"'),
        ("classes: &x {}\nroles: *x\n", "a.yaml:1: write the value out: aliases are not read"),
        ("? [a]\n: 1\n", 'a.yaml:1: YAML does not read this key as a name: write "this key"'),
        ("a: 2024-13-45\n", "a.yaml:1: not YAML: month must be in 1..12"),
        ("a: !!python/name:os.system x\n", "a.yaml:1: not YAML: could not determine a constructor"),
        ("- a\n", "a.yaml:1: the file holds further keys"),
        ("a: " + "[" * 50, "a.yaml:1: this is nested too deeply"),
    ],
)
def test_what_yaml_lets_slip(text: str, says: str) -> None:
    assert problems(a=text)[0].startswith(says)


def test_an_empty_folder_is_no_policy() -> None:
    with pytest.raises(RulesError, match=r"no \*\.yaml file"):
        load_rules({})
    assert load_rules({"a.yaml": ""}).roles == {}


def test_a_broken_builtin_is_an_error() -> None:
    for text in ("closed: [", "closed: 1"):
        with pytest.raises(RulesError, match=r"builtin\.yaml:1"):
            load_rules({"a.yaml": ""}, builtin=text)


def roles(*logins: str, default: str = "refuse") -> str:
    lines = "".join(f'  r{n}: {{logins: ["{login}"]}}\n' for n, login in enumerate(logins))
    return f"roles:\n{lines}defaults: {{login_without_role: {default}}}\n"


def test_the_exact_login_beats_and_then_the_longer_beginning() -> None:
    rules = load_rules({"a.yaml": roles("*", "bi_*", "bi_x", "bi_r??")})
    found = {login: rules.role_of(login) for login in ("ana", "bi_1", "bi_x", "bi_r12", "bi_r123")}
    assert found == {"ana": "r0", "bi_1": "r1", "bi_x": "r2", "bi_r12": "r3", "bi_r123": "r1"}


def test_a_login_without_role() -> None:
    assert load_rules({"a.yaml": roles("ana")}).role_of("bob") is None
    assert load_rules({"a.yaml": roles("ana", default="r0")}).role_of("bob") == "r0"


def test_the_version_is_of_the_meaning() -> None:
    one = load_rules({"a.yaml": "classes: {a: {level: L1}, b: {level: L2}}\ntrusted_owners: [x, y]"})
    same = load_rules(
        {
            "1.yaml": "# b\nclasses:\n  b: {level: 'L2'}\ntrusted_owners: [y]",
            "2.yaml": "trusted_owners: [x]\nclasses: {a: {level: L1}}",
        }
    )
    other = load_rules({"a.yaml": "classes: {a: {level: L1}, b: {level: L3}}\ntrusted_owners: [x, y]"})
    assert one.version == same.version != other.version
    assert one.trusted_owners == same.trusted_owners == ("x", "y")
