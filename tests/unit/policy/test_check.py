"""What `maskgate check` says of rules and catalog."""

from __future__ import annotations

from proxy.catalog.snapshot import Oid
from proxy.policy.check import Index, check_indexes, check_rules
from proxy.policy.rules import load_rules
from tests.unit.policy.catalog import CARDS, CUSTOMERS, PRODUCTS, RELATIONS, oids, snapshot, view
from tests.unit.policy.test_decide import RULES


def test_findings() -> None:
    rules = """
classes: {key: {level: L1}, basic: {level: L2}}
relations:
  shop.customers:
    columns:
      id: {class: key}
      email: {class: basic, mask: {partial: {first: 3}}}
      id_card: {class: basic, mask: {date: year}}
      nope: {class: key}
  shop.cards:
    columns: {id: {class: basic}, card_no: {class: basic, encrypt: {}}, holder: {class: basic, encrypt: {}, mask: name}}
  shop.nowhere: {}
roles:
  analyst:
    logins: [ana]
    sees: {key: open, basic: masked}
    functions: [shop.full_name, shop.gone]
    relations:
      shop.products: {where: nope = 1, columns: {zip: {sees: open}, title: {mask: {round: 10}}, id: {mask: {round: 10}}}}
      shop.cards: {where: id = 1, columns: {holder: {sees: open}}}
      shop.open_view: {write: refuse}
      shop.no: {sees: open}
  app: {logins: [app], sees: {"*": open}}
"""
    found = check_rules(load_rules({"a.yaml": rules}), snapshot())
    assert [(one.severity, one.text) for one in found if one.severity != "notice"] == [
        ("error", "shop.customers.id_card (a.yaml:8): the mask date(year) is for dates and timestamps, and id_card is "
                  "pg_catalog.text: use null or constant"),
        ("error", "shop.customers.nope (a.yaml:9): shop.customers has no column nope"),
        ("error", "shop.cards.holder (a.yaml:11): it is to be encrypted, but is pg_catalog.text: it must be bytea"),
        ("error", "shop.nowhere (a.yaml:12): there is no relation shop.nowhere"),
        ("error", "role analyst: shop.products.zip (a.yaml:19): shop.products has no column zip"),
        ("error", "role analyst: shop.products.title (a.yaml:19): the mask round(10) is for numbers, and title is "
                  "pg_catalog.text: use null or constant"),
        ("error", "role analyst: shop.products (a.yaml:19): the row condition names nope, which is no column of products"),
        ("error", "role analyst: shop.no (a.yaml:22): there is no relation shop.no"),
        ("warning", "shop.customers (a.yaml:4): nobody has classified note; restricted roles see them closed"),
        ("warning", "shop.cards.id (a.yaml:11): analyst should see it masked, and no mask is named: it reads as NULL"),
        ("warning", "shop.cards.card_no (a.yaml:11): analyst should see it masked, and no mask is named: it reads as NULL"),
        ("warning", "role analyst (a.yaml:14): there is no function shop.gone"),
    ]  # fmt: skip
    assert {one.text: one.proposal for one in found}[
        "shop.customers (a.yaml:4): nobody has classified note; restricted roles see them closed"
    ] == "relations:\n  shop.customers:\n    columns:\n      note: {class: ?}\n"


def test_closed_by_reach_proposes_the_lines_to_paste() -> None:
    found = {one.text.partition(" ")[0]: one for one in check_rules(load_rules({"a.yaml": RULES}), snapshot())}
    view = found["shop.v1"]
    assert view.severity == "notice"
    assert view.text == (
        "shop.v1 is closed to analyst, blind: it can show rows of shop.customers, which is not open to this role: "
        "give it a rule of its own"
    )
    assert view.proposal == (
        "relations:\n  shop.v1:\n    columns:\n      email: {class: basic, mask: email}\n      x: {class: ?}\n"
    )
    assert "card_no: {class: ?}" in found["shop.card_view"].proposal
    assert found["shop.card_view"].text == (
        "shop.card_view is closed to analyst, blind: it can show rows of shop.cards, which is not open to this role: give it a "
        "rule of its own. It is closed to app: it can show encrypted columns of shop.cards, which cannot be opened through it: "
        "give it a rule of its own"
    )
    assert "shop.open_view" not in found
    assert "pg_catalog.pg_authid" not in found


def test_views_are_shown_by_column_with_the_whole_rule_to_paste() -> None:
    copies = view(30, "shop.copies", "mail text, up text, id int8, x text", oids(1, 9), {1: (CUSTOMERS, 2), 3: (CUSTOMERS, 1)})
    over = view(31, "shop.over", "mail text, title text", oids(30, 9), {1: (Oid(30), 1), 2: (PRODUCTS, 2)})
    sealed = view(32, "shop.sealed", "card_no bytea, n int8", oids(2), {1: (CARDS, 2)})
    lost = view(33, "shop.lost", "a text, b text, c text", oids(1), {1: (CUSTOMERS, 1), 2: (Oid(999), 1), 3: (CUSTOMERS, 4)})
    ring = view(34, "shop.ring", "a text, id text", oids(34, 1), {1: (Oid(34), 1), 2: (CUSTOMERS, 1)})
    rules = RULES.replace("basic: masked}", "basic: masked, sensitive: masked}")
    found = check_rules(load_rules({"a.yaml": rules}), snapshot([*RELATIONS, copies, over, sealed, lost, ring]))
    by_name = {one.text.partition(" ")[0]: one for one in found}
    assert by_name["shop.copies"].text == (
        "shop.copies has no rule and is shown by column to analyst, blind: mail masked as shop.customers.email, "
        "id open as shop.customers.id; closed: up, x"
    )
    assert by_name["shop.copies"].proposal == (
        "relations:\n  shop.copies:\n    columns:\n      mail: {class: basic, mask: email}\n      up: {class: ?}\n"
        "      id: {class: key}\n      x: {class: ?}\n"
    )
    assert by_name["shop.over"].text == (
        "shop.over has no rule and is shown by column to analyst, blind: mail masked as shop.customers.email, "
        "title open as shop.products.title"
    )
    assert by_name["shop.over"].proposal == ""  # nothing is closed
    assert "card_no: {class: sensitive, encrypt: {type: text, search: equality, domain: cards}, mask:" in by_name["shop.sealed"].proposal
    assert "a: {class: key}\n      b: {class: ?}\n      c: {class: ?}" in by_name["shop.lost"].proposal
    assert "a: {class: ?}" in by_name["shop.ring"].proposal


def test_a_computed_column_takes_the_only_class_there_is() -> None:
    rules = "classes: {basic: {level: L2}}\nrelations: {shop.customers: {columns: {email: {class: basic, mask: email}}}}\n"
    rules += "roles: {analyst: {logins: [ana], sees: {basic: masked}}}\n"
    found = {one.text.partition(" ")[0]: one for one in check_rules(load_rules({"a.yaml": rules}), snapshot())}
    assert found["shop.v2"].proposal.endswith("x: {class: basic}\n")


def test_foreign_tables_are_named() -> None:
    found = {one.text.partition(" ")[0]: one for one in check_rules(load_rules({"a.yaml": RULES}), snapshot())}
    assert "a foreign table can show any row of its server" in found["shop.far"].text


def test_hidden_partition_keys_are_said_once() -> None:
    rules = RULES.replace("day: {class: key}", "day: {class: sensitive, mask: {date: year}}")
    found = [one for one in check_rules(load_rules({"a.yaml": rules}), snapshot()) if "shop.events" in one.text]
    assert [(one.severity, one.text.partition(": ")[0]) for one in found] == [
        ("warning", "shop.events is partitioned by a column that is not open to analyst, blind")
    ]


def test_indexes_in_the_order_of_what_is_hidden() -> None:
    indexes = [
        Index("by_email", CUSTOMERS, (2,), (1,)),
        Index("by_email_and_card", CUSTOMERS, (2,), (3,)),
        Index("by_id", CUSTOMERS, (1,), (2,)),
        Index("by_title", PRODUCTS, (2,), (1,)),
        Index("gone", Oid(999), (1,), (2,)),
        Index("by_expression", CUSTOMERS, (2, 3), (1,)),
    ]
    found = check_indexes(load_rules({"a.yaml": RULES}), snapshot(), indexes)
    assert [one.text.partition(",")[0] for one in found] == [
        "shop.customers: the index by_email begins with email",
        "shop.customers: the index by_expression begins with email",
    ]
    assert found[0].text == (
        "shop.customers: the index by_email begins with email, which is not open to analyst, blind, and carries id: rows of "
        "these alone can come in the order of the hidden values"
    )
