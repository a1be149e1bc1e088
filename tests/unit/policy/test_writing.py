"""Who may write: `write` in a role's overrides."""

from __future__ import annotations

import pytest

from proxy.catalog.snapshot import Oid
from proxy.policy import Judge, RulesError, load_rules
from proxy.policy.verdict import Masked, Open, Verdict
from tests.unit.policy.catalog import CARDS, CHILD, CUSTOMERS, PARENT, PRODUCTS, RELATIONS, TOAST_1, oids, relation, snapshot
from tests.unit.policy.test_decide import NARROW, RULES, closed, hows

PRODUCT = "  narrow: {logins: [n], sees: {key: open, basic: masked}, relations: {shop.products: %s}}\n"


def judge(role: str = "analyst", extra: str = "", rules: str = RULES, **more: object) -> Judge:
    relations = more.get("relations", RELATIONS)
    return Judge(load_rules({"a.yaml": rules + extra}), snapshot(relations), role, more.get("remembered"))  # type: ignore[arg-type]


def writable(verdict: Verdict) -> dict[int, bool]:
    assert isinstance(verdict, Masked), verdict
    return {attnum: show.writable for attnum, show in verdict.columns.items()}


def test_what_is_not_shown_open_is_not_written() -> None:
    verdict = judge().read(CUSTOMERS)
    assert hows(verdict) == {1: "open", 2: "masked", 3: "closed", 4: "closed"}
    assert writable(verdict) == {1: True, 2: False, 3: False, 4: False}
    assert writable(judge().read(Oid(103))) == {1: True, 2: False}


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("write: allow", {1: True, 2: True, 3: True, 4: True}),
        ("{write: allow, columns: {email: {write: refuse}}}", {1: True, 2: False, 3: True, 4: True}),
        ("columns: {email: {write: allow}, id: {write: refuse}}", {1: False, 2: True, 3: False, 4: False}),
        ("columns: {email: {sees: masked, write: allow}}", {1: True, 2: True, 3: False, 4: False}),
        ("columns: {email: {mask: redact, write: allow}}", {1: True, 2: True, 3: False, 4: False}),
        ("columns: {email: {sees: open, write: refuse}}", {1: True, 2: False, 3: False, 4: False}),
    ],
)
def test_a_rule_says_otherwise(override: str, expected: dict[int, bool]) -> None:
    verdict = judge("narrow", NARROW % override).read(CUSTOMERS)
    assert writable(verdict) == expected
    assert isinstance(verdict, Masked)
    assert verdict.unwritable is None
    if "sees" not in override and "mask" not in override:
        assert hows(verdict) == {1: "open", 2: "masked", 3: "closed", 4: "closed"}  # reading stays as it is


def test_a_relation_that_is_not_written_at_all() -> None:
    verdict = judge("narrow", NARROW % "write: refuse").read(CUSTOMERS)
    assert set(writable(verdict).values()) == {False}
    assert isinstance(verdict, Masked)
    assert verdict.unwritable == "role narrow: shop.customers (a.yaml:37) refuses writing it"
    opened = judge("narrow", NARROW % "{sees: open, write: refuse}").read(CUSTOMERS)
    assert isinstance(opened, Open)
    assert opened.unwritable is not None


def test_encrypted_columns_are_written_by_rule_only_when_they_can_be_sealed() -> None:
    rules = RULES.replace("basic: masked}", "basic: masked, sensitive: masked}")
    allow = "  narrow: {logins: [n], sees: {key: open, sensitive: %s}, relations: {shop.cards: {write: allow}}}\n"
    assert writable(judge(rules=rules).read(CARDS))[2] is False
    assert writable(judge("narrow", allow % "masked").read(CARDS))[2] is True
    closed_one = judge("narrow", allow % "closed").read(CARDS)
    assert (hows(closed_one)[2], writable(closed_one)[2]) == ("closed", False)
    wrong = [r for r in RELATIONS if r.oid != CARDS] + [relation(2, "shop.cards", "id int8, card_no text, holder text")]
    assert writable(judge("narrow", allow % "masked", relations=wrong).read(CARDS))[2] is False


def test_unrestricted_roles_write_everything() -> None:
    extra = '  free: {logins: [f], sees: {"*": open}, relations: {shop.customers: {write: allow}}}\n'
    one = judge("free", extra)
    assert (one.restricted, isinstance(one.read(CUSTOMERS), Open)) == (False, True)
    extra = '  barred: {logins: [f], sees: {"*": open}, relations: {shop.customers: {%s}}}\n'
    for said in ("write: refuse", "columns: {email: {write: refuse}}"):
        with pytest.raises(RulesError, match="the role barred sees everything, so its writes are not judged: REVOKE"):
            judge("barred", extra % said)


def test_a_relation_without_another_rule_reads_as_before() -> None:
    plain = Open("no rule", "no rule names it or anything it can show")
    assert judge("narrow", PRODUCT % "{write: allow}").read(PRODUCTS) == plain
    refused = judge("narrow", PRODUCT % "{write: refuse}").read(PRODUCTS)
    assert refused == Open(plain.rule, plain.reason, unwritable="role narrow: shop.products (a.yaml:32) refuses writing it")
    column = judge("narrow", PRODUCT % "{columns: {title: {write: refuse}}}").read(PRODUCTS)
    assert (hows(column), writable(column)) == ({1: "open", 2: "open"}, {1: True, 2: False})
    read_too = judge("narrow", PRODUCT % "{write: refuse, columns: {title: {sees: open}}}").read(PRODUCTS)
    assert hows(read_too) == {1: "closed", 2: "open"}
    assert "foreign table" in closed(judge("narrow", PRODUCT.replace("products", "far") % "{write: allow}").read(Oid(10)))


def test_relatives_and_old_names_are_under_it_too() -> None:
    rule = "  narrow: {logins: [n], sees: {key: open, basic: masked}, relations: {shop.sibling: {write: refuse}}}\n"
    parent = judge("narrow", rule).read(PARENT)
    assert isinstance(parent, Masked)
    assert parent.unwritable is not None
    assert set(writable(parent).values()) == {False}
    rule = rule.replace("sibling: {write: refuse}", "parent: {columns: {a: {write: allow}, b: {write: refuse}}}")
    assert writable(judge("narrow", rule).read(CHILD)) == {1: True, 2: False, 3: False}
    gone = judge("narrow", PRODUCT.replace("products", "wares") % "{write: refuse}", remembered={PRODUCTS: "shop.wares"})
    verdict = gone.read(PRODUCTS)
    assert isinstance(verdict, Open)
    assert verdict.unwritable is not None
    assert closed(gone.read(TOAST_1))  # PostgreSQL's own are not under it


def test_two_rules_the_stricter_wins() -> None:
    open_rules = RULES.replace("roles:\n", "  shop.sibling: {columns: {a: {class: key}, b: {class: key}}}\nroles:\n").replace(
        "a: {class: basic, mask: redact}, b", "a: {class: key}, c: {class: key}, b"
    )
    rule = "  narrow: {logins: [n], sees: {key: open}, relations: {shop.sibling: {write: refuse}}}\n"
    both = judge("narrow", rule, open_rules).read(PARENT)
    assert isinstance(both, Open)
    assert both.unwritable is not None
    rule = rule.replace("write: refuse", "columns: {a: {write: refuse}}")
    assert writable(judge("narrow", rule, open_rules).read(PARENT)) == {1: False, 2: True}


def test_of_two_rules_one_of_which_encrypts() -> None:
    relations = [
        *[r for r in RELATIONS if r.oid != CARDS],
        relation(2, "shop.cards", "id int8, card_no bytea, holder text", children=(Oid(20),), reaches=oids(20)),
        relation(20, "shop.cards_1", "card_no bytea, id int8, holder text", parents=(Oid(21), CARDS)),
        relation(21, "shop.others", "card_no bytea, holder text", children=(Oid(20),)),
    ]
    rule = "  shop.others: {columns: {card_no: {class: key}, holder: {class: basic, mask: name}}}\nroles:\n"
    rules = RULES.replace("basic: masked}", "basic: masked, sensitive: open}").replace("roles:\n", rule)
    verdict = judge(rules=rules, relations=relations).read(Oid(20))
    assert isinstance(verdict, Masked)
    assert (verdict.columns[1].how, verdict.columns[1].seal is not None, verdict.columns[1].writable) == ("open", True, True)


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("{write: never}", "a.yaml:32: write is one of 'allow' or 'refuse'"),
        ("{columns: {id: {write: no way}}}", "a.yaml:32: write is one of 'allow' or 'refuse'"),
        ("{writes: allow}", "a.yaml:32: unknown key writes: is write meant?"),
        (
            "{write: refuse, columns: {id: {write: allow}}}",
            "a.yaml:32: the relation refuses every write: refuse the other columns instead",
        ),
        ("{columns: {id: {}}}", "a.yaml:32: write what it sees: open, masked or closed"),
    ],
)
def test_errors_name_file_and_line(override: str, problem: str) -> None:
    with pytest.raises(RulesError) as caught:
        load_rules({"a.yaml": RULES + PRODUCT % override})
    assert str(caught.value) == problem


def test_channels() -> None:
    extra = '  narrow: {logins: [n], channels: [cust, "Mixed Case"]}\n'
    assert judge("narrow", extra).channels == {"cust", "Mixed Case"}
    assert judge().channels == frozenset()
    for bad in ('""', "x" * 64, "字" * 22):
        with pytest.raises(RulesError, match=r"a\.yaml:32: a channel is a name of at most 63 bytes"):
            load_rules({"a.yaml": RULES + f"  narrow: {{logins: [n], channels: [{bad}]}}\n"})
