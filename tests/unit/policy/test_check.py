"""What `maskgate check` says of rules and catalog."""

from __future__ import annotations

from proxy.policy.check import check_rules
from proxy.policy.rules import load_rules
from tests.unit.policy.catalog import snapshot
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
        ("error", "role analyst: shop.no (a.yaml:21): there is no relation shop.no"),
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
