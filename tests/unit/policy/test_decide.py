"""Verdicts over a catalog made by hand: which rule decides, and what relations without a rule may show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.catalog.snapshot import FOREIGN, PARTITIONED, TABLE, VIEW, Oid
from proxy.masking import parse
from proxy.policy.decide import Judge
from proxy.policy.rules import load_rules
from proxy.policy.verdict import Closed, Masked, Open, Verdict
from tests.unit.policy.catalog import (
    ADMIN_VIEW,
    ATTRIBUTE,
    AUTHID,
    CARD_COUNT,
    CARD_VIEW,
    CARDS,
    CHILD,
    CLASS,
    CUSTOMERS,
    EVENTS,
    EVENTS_1,
    FOREIGN_1,
    NEWER,
    ODD,
    OPEN_VIEW,
    PARENT,
    PRODUCTS,
    RELATIONS,
    ROLES,
    SIBLING,
    STATEMENTS,
    TOAST_1,
    VIEW_1,
    VIEW_2,
    oids,
    relation,
    snapshot,
)

RULES = """
classes:
  key: {level: L1}
  basic: {level: L2}
  sensitive: {level: L4}
relations:
  shop.customers:
    columns:
      id: {class: key}
      email: {class: basic, mask: email}
      id_card: {class: sensitive, mask: {partial: {last: 2}}}
  shop.cards:
    columns:
      id: {class: key}
      card_no: {class: sensitive, encrypt: {search: equality, domain: cards}, mask: {partial: {last: 4}}}
      holder: {class: basic, mask: name}
  shop.events:
    columns: {id: {class: key}, day: {class: key}, page: {class: basic, mask: redact}}
  shop.open_view:
    columns: {email: {class: basic, mask: email}, total: {class: key}}
  shop.child:
    columns: {a: {class: basic, mask: redact}, b: {class: key}}
roles:
  analyst:
    logins: [ana]
    sees: {key: open, basic: masked}
    export: {rows_per_statement: 10, rows_per_day: 20, copy: refuse}
    functions: [shop.full_name]
  app: {logins: [app], sees: {"*": open}}
  dba: {logins: [dba], sees: {"*": open}, keys: none}
  blind: {logins: [blind], sees: {key: open, basic: masked, sensitive: masked}, keys: none}
"""


def judge(
    role: str = "analyst", extra: str = "", rules: str = RULES, remembered: dict[Oid, str] | None = None, **more: object
) -> Judge:
    relations = more.get("relations", RELATIONS)
    return Judge(load_rules({"a.yaml": rules + extra}), snapshot(relations), role, remembered)  # type: ignore[arg-type]


def hows(verdict: Verdict) -> dict[int, str]:
    assert isinstance(verdict, Masked), verdict
    return {attnum: show.how for attnum, show in verdict.columns.items()}


def closed(verdict: Verdict) -> str:
    assert isinstance(verdict, Closed), verdict
    return verdict.reason


# -- the role ----------------------------------------------------------------------------------------------------------


def test_what_a_role_is() -> None:
    analyst, app, dba = judge("analyst"), judge("app"), judge("dba")
    assert [(one.restricted, one.is_glass) for one in (analyst, app, dba)] == [(True, False), (False, False), (False, True)]
    assert (analyst.row_limit, analyst.rows_per_day, analyst.copy_refused) == (10, 20, True)
    assert (judge("dba").purpose, analyst.refused_functions) == ("", frozenset())
    assert (app.row_limit, app.copy_refused, analyst.functions) == (None, False, frozenset({"shop.full_name"}))
    with pytest.raises(KeyError):
        judge("nobody")


def test_without_encryption_an_unrestricted_role_is_glass() -> None:
    assert judge("app", rules=RULES.replace("encrypt: {search: equality, domain: cards}, ", "")).is_glass


@pytest.mark.parametrize(
    ("override", "restricted"),
    [
        ("{sees: open}", False),
        ("{columns: {email: {sees: open}}}", False),
        ("{sees: masked}", True),
        ("{sees: closed}", True),
        ("{where: id = 1}", True),
        ("{columns: {email: {sees: closed}}}", True),
        ("{columns: {email: {mask: redact}}}", True),
    ],
)
def test_an_override_can_restrict_a_role(override: str, restricted: bool) -> None:
    extra = f'  other: {{logins: [o], sees: {{"*": open}}, relations: {{shop.customers: {override}}}}}\n'
    assert judge("other", extra).restricted is restricted


# -- a relation with a rule --------------------------------------------------------------------------------------------


def test_columns_by_class_and_what_is_not_listed() -> None:
    verdict = judge().read(CUSTOMERS)
    assert hows(verdict) == {1: "open", 2: "masked", 3: "closed", 4: "closed"}
    assert isinstance(verdict, Masked)
    email, id_card, note = (verdict.columns[attnum] for attnum in (2, 3, 4))
    assert email.mask == parse("email")
    assert (email.class_name, email.rule) == ("basic", "shop.customers.email (a.yaml:10)")
    assert email.reason == "the role analyst sees the class basic masked"
    assert (id_card.mask, id_card.reason) == (None, "the role analyst sees the class sensitive closed")
    assert note.reason == "it is not listed: nobody has classified it"
    assert verdict.condition is None


def test_unlisted_open_must_be_said() -> None:
    rules = RULES.replace("  shop.customers:\n", "  shop.customers:\n    unlisted: open\n")
    assert hows(judge(rules=rules).read(CUSTOMERS))[4] == "open"


def test_an_unrestricted_role_sees_all_with_seals_and_classes() -> None:
    cards = judge("app").read(CARDS)
    assert isinstance(cards, Open)
    assert {attnum: seal.domain for attnum, seal in cards.seals.items()} == {2: "cards"}
    assert cards.classes == {1: "key", 2: "sensitive", 3: "basic"}
    assert isinstance(judge("app").read(CUSTOMERS), Open)
    dba = judge("dba").read(CARDS)
    assert isinstance(dba, Open)
    assert dba.seals == {}


def test_encrypted_columns_of_a_restricted_role() -> None:
    seen = judge(rules=RULES.replace("basic: masked}", "basic: masked, sensitive: masked}")).read(CARDS)
    assert isinstance(seen, Masked)
    assert (seen.columns[2].how, seen.columns[2].mask) == ("masked", parse({"partial": {"last": 4}}))
    assert seen.columns[2].seal is not None
    opened = judge(rules=RULES.replace("basic: masked}", "basic: masked, sensitive: open}")).read(CARDS)
    assert isinstance(opened, Masked)
    assert (opened.columns[2].how, opened.columns[2].mask) == ("open", None)
    assert opened.columns[2].seal is not None
    blind = judge("blind").read(CARDS)
    assert isinstance(blind, Masked)
    assert (blind.columns[2].how, blind.columns[2].seal) == ("closed", None)
    assert judge().read(CARDS).columns[2].seal is None  # type: ignore[union-attr]


def test_an_encrypted_column_must_be_bytea() -> None:
    relations = [r for r in RELATIONS if r.oid != CARDS] + [relation(2, "shop.cards", "id int8, card_no text, holder text")]
    rules = RULES.replace("basic: masked}", "basic: masked, sensitive: masked}")
    seen = judge(rules=rules, relations=relations).read(CARDS)
    assert isinstance(seen, Masked)
    assert (seen.columns[2].how, seen.columns[2].reason) == (
        "closed",
        "card_no is to be encrypted, but is pg_catalog.text: it must be bytea",
    )
    assert "it must be bytea" in closed(judge("app", relations=relations).read(CARDS))
    assert isinstance(judge("dba", relations=relations).read(CARDS), Open)


def test_a_mask_that_does_not_fit_or_is_missing_closes_the_column() -> None:
    rules = RULES.replace("id: {class: key}\n      email", "id: {class: basic}\n      email").replace(
        "mask: email}", "mask: {date: year}}"
    )
    verdict = judge(rules=rules).read(CUSTOMERS)
    assert isinstance(verdict, Masked)
    assert [(verdict.columns[n].how, verdict.columns[n].mask) for n in (1, 2)] == [("closed", None), ("closed", None)]
    assert verdict.columns[1].reason == "the role analyst sees the class basic masked, and no mask is named"
    assert "is for dates and timestamps" in verdict.columns[2].reason


NARROW = """
  narrow:
    logins: [n]
    sees: {key: open, basic: masked}
    relations:
      shop.customers:
        %s
"""


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("columns: {email: {sees: open}, id: {sees: closed}}", {1: "closed", 2: "open", 3: "closed", 4: "closed"}),
        ("{sees: open, columns: {id_card: {sees: masked}}}", {1: "open", 2: "open", 3: "masked", 4: "open"}),
        ("sees: masked", {1: "closed", 2: "masked", 3: "masked", 4: "closed"}),
        ("columns: {note: {mask: redact}}", {1: "open", 2: "masked", 3: "closed", 4: "masked"}),
    ],
)
def test_the_narrower_beats_the_wider(override: str, expected: dict[int, str]) -> None:
    assert hows(judge("narrow", NARROW % override).read(CUSTOMERS)) == expected


def test_an_override_can_close_or_open_a_relation() -> None:
    assert closed(judge("narrow", NARROW % "sees: closed").read(CUSTOMERS)) == "the role narrow may not read it"
    assert isinstance(judge("narrow", NARROW % "sees: open").read(CUSTOMERS), Open)
    extra = "  narrow: {logins: [n], relations: {shop.v1: {sees: open}}}\n"
    assert isinstance(judge("narrow", extra).read(VIEW_1), Open)
    assert isinstance(judge("narrow", extra).read(VIEW_2), Open)  # it shows what v1 shows


def test_an_override_takes_another_mask() -> None:
    verdict = judge("narrow", NARROW % "columns: {email: {mask: null}}").read(CUSTOMERS)
    assert isinstance(verdict, Masked)
    assert verdict.columns[2].mask == parse(None)
    assert verdict.columns[2].rule.startswith("role narrow: shop.customers.email (a.yaml:")


def test_a_row_condition() -> None:
    verdict = judge("narrow", NARROW % "{sees: open, where: id < 10}").read(CUSTOMERS)
    assert isinstance(verdict, Masked)
    assert verdict.condition == '("customers"."id" OPERATOR(pg_catalog.<) 10)'
    assert set(hows(verdict).values()) == {"open"}
    assert "no column of customers" in closed(judge("narrow", NARROW % "where: nope = 10").read(CUSTOMERS))


# -- relations without a rule ------------------------------------------------------------------------------------------


def test_what_reaches_a_protected_relation_is_closed_until_it_has_a_rule() -> None:
    one = judge()
    assert closed(one.read(VIEW_1)).startswith("it can show rows of shop.customers, which is not open")
    assert closed(one.read(VIEW_2)).startswith("it can show rows of shop.v1 -> shop.customers")
    assert hows(one.read(OPEN_VIEW)) == {1: "masked", 2: "open"}
    assert isinstance(one.read(PRODUCTS), Open)
    assert closed(one.read(TOAST_1)) == "it holds pieces of long values"
    assert "foreign table" in closed(one.read(FOREIGN_1))
    assert closed(one.read(ODD)) == "its policy p calls evil.f(), owned by eve"
    assert "not in the catalog" in closed(one.read(Oid(999)))


def test_an_unrestricted_role_reads_everything_but_ciphertext_through_views() -> None:
    one = judge("app")
    for oid in (VIEW_1, VIEW_2, PRODUCTS, FOREIGN_1, ODD, TOAST_1, AUTHID, ATTRIBUTE, NEWER, STATEMENTS, CARD_COUNT, Oid(999)):
        assert isinstance(one.read(oid), Open), oid
    assert "encrypted columns of shop.cards" in closed(one.read(CARD_VIEW))
    assert isinstance(judge("dba").read(CARD_VIEW), Open)
    rule = "  shop.card_view: {columns: {card_no: {class: sensitive, encrypt: {search: equality, domain: cards}}}}\n"
    opened = judge("app", rules=RULES.replace("roles:\n", rule + "roles:\n")).read(CARD_VIEW)
    assert isinstance(opened, Open)
    assert set(opened.seals) == {2}


def test_unlisted_relations_can_be_closed() -> None:
    extra = "defaults: {unlisted_relation: closed}\n"
    assert closed(judge(extra=extra).read(PRODUCTS)) == "no rule names it"
    assert isinstance(judge("app", extra).read(PRODUCTS), Open)


def test_a_chain_of_views_may_be_long() -> None:
    chain = [relation(1_000 + n, f"shop.w{n}", "x text", VIEW, reaches=oids(1_000 + n - 1 if n else 1)) for n in range(3_000)]
    assert isinstance(judge(relations=[*RELATIONS, *chain]).read(Oid(3_999)), Closed)


def test_views_of_each_other_end() -> None:
    ring = [relation(1_000 + n, f"shop.w{n}", "x text", VIEW, reaches=oids(1_000 + (n + 1) % 3)) for n in range(3)]
    assert isinstance(judge(relations=[*RELATIONS, *ring]).read(Oid(1_000)), Open)


# -- trees -------------------------------------------------------------------------------------------------------------


def test_a_partition_takes_its_parents_rules_by_column_name() -> None:
    assert hows(judge().read(EVENTS)) == {1: "open", 2: "open", 3: "masked"}
    assert hows(judge().read(EVENTS_1)) == {1: "open", 2: "open", 3: "masked", 4: "closed"}


def test_partitions_of_a_hidden_key_are_closed() -> None:
    rules = RULES.replace("day: {class: key}", "day: {class: sensitive, mask: {date: year}}")
    assert "partition key of shop.events is hidden" in closed(judge(rules=rules).read(EVENTS_1))
    assert hows(judge(rules=rules).read(CLASS)) == {1: "open", 2: "closed"}
    assert judge(rules=rules).refused_functions == {"pg_get_partition_constraintdef"}
    assert isinstance(judge().read(CLASS), Open)
    by_expression = [replace(r, partition_key=(0,)) if r.oid == EVENTS else r for r in RELATIONS]
    assert isinstance(judge(relations=by_expression).read(EVENTS_1), Closed)
    extra = "  narrow: {logins: [n], sees: {key: open}, relations: {shop.events: {sees: closed}}}\n"
    assert isinstance(judge("narrow", extra).read(EVENTS_1), Closed)


def test_a_parent_takes_its_childs_rules_and_a_sibling_does_not() -> None:
    one = judge()
    assert hows(one.read(CHILD)) == {1: "masked", 2: "open", 3: "closed"}
    assert hows(one.read(PARENT)) == {1: "masked", 2: "open"}
    assert isinstance(one.read(SIBLING), Open)
    assert [one.is_protected(oid) for oid in (PARENT, CHILD, SIBLING)] == [True, True, False]


def test_rules_of_two_relatives_the_stricter_wins() -> None:
    rules = RULES.replace("roles:\n", "  shop.sibling: {columns: {a: {class: key}, b: {class: basic, mask: name}}}\nroles:\n")
    assert hows(judge(rules=rules).read(PARENT)) == {1: "masked", 2: "masked"}
    rules = RULES.replace("roles:\n", "  shop.sibling: {columns: {a: {class: basic, mask: name}, b: {class: key}}}\nroles:\n")
    verdict = judge(rules=rules).read(PARENT)
    assert hows(verdict) == {1: "closed", 2: "open"}
    assert isinstance(verdict, Masked)
    assert verdict.columns[1].reason.startswith("two rules mask it differently")
    open_rules = RULES.replace("roles:\n", "  shop.sibling: {columns: {a: {class: key}, b: {class: key}}}\nroles:\n")
    for text in (open_rules, open_rules.replace("a: {class: basic, mask: redact}, b", "a: {class: key}, c: {class: key}, b")):
        verdict = judge(rules=text).read(PARENT)
        assert isinstance(verdict, Open) == ("c: {class: key}" in text)
    shut = "  narrow: {logins: [n], sees: {key: open}, relations: {shop.%s: {sees: closed}}}\n"
    for name in ("child", "sibling"):
        assert isinstance(judge("narrow", shut % name, rules=open_rules).read(PARENT), Closed)
    wheres = "shop.child: {where: b = 'x'}, shop.sibling: {where: b = 'y'}"
    both = f"  narrow: {{logins: [n], sees: {{key: open}}, relations: {{{wheres}}}}}\n"
    verdict = judge("narrow", both).read(PARENT)
    assert isinstance(verdict, Masked)
    assert (verdict.condition or "").count("OPERATOR") == 2


def test_seals_reach_relatives() -> None:
    relations = [
        *[r for r in RELATIONS if r.oid != CARDS],
        relation(2, "shop.cards", "id int8, card_no bytea, holder text", children=(Oid(20),), reaches=oids(20)),
        relation(20, "shop.cards_1", "card_no bytea, id int8", parents=(Oid(2), Oid(21))),
        relation(21, "shop.others", "card_no bytea", children=(Oid(20),)),
    ]
    child = judge("app", relations=relations).read(Oid(20))
    assert isinstance(child, Open)
    assert set(child.seals) == {1}
    rule = "  shop.others: {columns: {card_no: {class: key}}}\n"
    rules = RULES.replace("roles:\n", rule + "roles:\n").replace("basic: masked}", "basic: masked, sensitive: open}")
    both = judge(rules=rules, relations=relations).read(Oid(20))
    seals = both.seals if isinstance(both, Open) else {n: show.seal for n, show in both.columns.items()}  # type: ignore[union-attr]
    assert seals[1] is not None


def test_code_nobody_trusts_in_a_child_closes_the_parent() -> None:
    relations = [replace(r, untrusted_code="evil") if r.oid == EVENTS_1 else r for r in RELATIONS]
    assert closed(judge(relations=relations).read(EVENTS)) == "evil"
    view = relation(30, "shop.over", "x text", VIEW, reaches=oids(int(ODD)))
    assert "shop.odd" in closed(judge(relations=[*RELATIONS, view]).read(Oid(30)))


def test_a_foreign_partition_takes_its_parents_rules() -> None:
    relations = [replace(r, kind=FOREIGN) if r.oid == EVENTS_1 else r for r in RELATIONS]
    assert isinstance(judge(relations=relations).read(EVENTS_1), Masked)
    bare = [
        relation(40, "shop.p", "x text", PARTITIONED, children=(Oid(41),), reaches=oids(41), partition_key=(1,)),
        relation(41, "shop.p1", "x text", FOREIGN, parents=(Oid(40),)),
    ]
    assert "shop.p1" in closed(judge(relations=[*RELATIONS, *bare]).read(Oid(40)))


# -- PostgreSQL's own --------------------------------------------------------------------------------------------------


def test_system_relations() -> None:
    one = judge()
    assert closed(one.read(AUTHID)) == "password hashes"
    assert isinstance(one.read(ROLES), Open)
    assert hows(one.read(ATTRIBUTE)) == {1: "open", 2: "closed"}
    assert "nobody has judged" in closed(one.read(NEWER))
    assert isinstance(one.read(ADMIN_VIEW), Open)
    assert "the statements of other sessions" in closed(one.read(STATEMENTS))
    older = [relation(103, "pg_catalog.pg_attribute", "attname text")]
    assert isinstance(judge(relations=older).read(ATTRIBUTE), Open)


# -- names change ------------------------------------------------------------------------------------------------------


def test_an_oid_once_protected_stays_protected() -> None:
    renamed = [replace(r, name="customers_old") if r.oid == CUSTOMERS else r for r in RELATIONS]
    assert isinstance(judge(relations=renamed).read(CUSTOMERS), Open)
    remembered = {CUSTOMERS: "shop.customers"}
    assert hows(judge(relations=renamed, remembered=remembered).read(CUSTOMERS))[2] == "masked"
    assert isinstance(judge(relations=renamed, remembered=remembered).read(VIEW_1), Closed)
    assert judge(relations=renamed, remembered=remembered).is_protected(CUSTOMERS)
    gone = {CUSTOMERS: "shop.gone", PRODUCTS: "shop.gone"}
    assert "that rule is gone" in closed(judge(remembered=gone).read(CUSTOMERS))
    assert isinstance(judge("app", remembered=gone).read(PRODUCTS), Open)
    same = judge(remembered=remembered)
    assert same.read(CUSTOMERS) == judge().read(CUSTOMERS)


def test_a_remembered_name_of_another_roles_override_says_nothing() -> None:
    extra = "  narrow: {logins: [n], relations: {shop.products: {sees: closed}}}\n"
    remembered = {PRODUCTS: "shop.products"}
    assert isinstance(judge("analyst", extra, remembered=remembered).read(PRODUCTS), Open)
    renamed = [replace(r, name="wares") if r.oid == PRODUCTS else r for r in RELATIONS]
    assert isinstance(judge("analyst", extra, remembered=remembered, relations=renamed).read(PRODUCTS), Open)
    assert isinstance(judge("narrow", extra, remembered=remembered, relations=renamed).read(PRODUCTS), Closed)


def test_a_name_with_two_rules_takes_the_stricter() -> None:
    swapped = [replace(r, name="products2") if r.oid == CUSTOMERS else r for r in RELATIONS]
    rules = RULES.replace(
        "roles:\n", "  shop.products2: {columns: {id: {class: sensitive, mask: null}, email: {class: key}}}\nroles:\n"
    )
    one = judge(rules=rules, relations=swapped, remembered={CUSTOMERS: "shop.customers"})
    assert hows(one.read(CUSTOMERS)) == {1: "closed", 2: "masked", 3: "closed", 4: "closed"}


def test_is_protected_is_for_anyone() -> None:
    one = judge("app", "  narrow: {logins: [n], relations: {shop.far: {sees: closed}}}\n")
    assert [one.is_protected(oid) for oid in (CUSTOMERS, VIEW_2, EVENTS_1, FOREIGN_1, PRODUCTS, ATTRIBUTE, Oid(999))] == [
        *(True, True, True, True),
        *(False, False, False),
    ]


def test_verdicts_are_remembered() -> None:
    one = judge()
    assert one.read(VIEW_2) is one.read(VIEW_2)
    assert one.is_protected(VIEW_2) is one.is_protected(VIEW_2) is True
    assert TABLE == "r"
