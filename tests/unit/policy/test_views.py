"""Views without a rule, column by column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.catalog.snapshot import MATVIEW, VIEW, Oid, Relation
from proxy.masking import parse
from proxy.policy import Judge, load_rules
from proxy.policy.verdict import Closed, Masked, Open, Verdict
from tests.unit.policy.catalog import CARDS, CUSTOMERS, PRODUCTS, RELATIONS, oids, relation, snapshot, view
from tests.unit.policy.test_decide import NARROW, RULES, closed, hows

COPIES = view(30, "shop.copies", "email text, n int8, id int8", oids(1), {1: (CUSTOMERS, 2), 3: (CUSTOMERS, 1)})
OVER = view(31, "shop.over", "e text, up text, m text", oids(30), {1: (Oid(30), 1), 3: (Oid(30), 2)})
SAFE = RULES.replace("basic: masked}", "basic: masked, sensitive: masked}")


def judge(*more: Relation, role: str = "analyst", extra: str = "", rules: str = RULES) -> Judge:
    known = {one.oid: one for one in (*RELATIONS, *more)}
    return Judge(load_rules({"a.yaml": rules + extra}), snapshot(known.values()), role)


def masked(verdict: Verdict) -> Masked:
    assert isinstance(verdict, Masked), verdict
    return verdict


def test_a_copy_takes_its_sources_show_and_the_rest_is_closed() -> None:
    verdict = masked(judge(COPIES).read(COPIES.oid))
    assert hows(verdict) == {1: "masked", 2: "closed", 3: "open"}
    email, n, key = (verdict.columns[attnum] for attnum in (1, 2, 3))
    assert (email.mask, email.class_name, email.rule) == (parse("email"), "basic", "shop.customers.email (a.yaml:10)")
    assert email.reason == "a copy of shop.customers.email: the role analyst sees the class basic masked"
    assert n.reason == (
        "it is no copy of one column, and it can show rows of shop.customers, which is not open to this role: "
        "list it in a rule of its own"
    )
    assert [show.writable for show in (email, n, key)] == [False, False, True]
    assert (verdict.condition, verdict.unwritable) == (None, None)


@pytest.mark.parametrize("kind", [VIEW, MATVIEW])
def test_copies_of_copies(kind: str) -> None:
    verdict = masked(judge(COPIES, replace(OVER, kind=kind)).read(OVER.oid))
    assert hows(verdict) == {1: "masked", 2: "closed", 3: "closed"}
    assert "a copy of shop.customers.email" in verdict.columns[1].reason
    assert "rows of shop.customers," in verdict.columns[3].reason


def test_a_view_that_copies_nothing_is_closed() -> None:
    assert closed(judge(replace(COPIES, columns=COPIES.columns[1:2])).read(COPIES.oid)) == (
        "it can show rows of shop.customers, which is not open to this role: give it a rule of its own"
    )


def test_a_view_of_open_columns_only_is_open() -> None:
    verdict = judge(replace(COPIES, columns=COPIES.columns[2:])).read(COPIES.oid)
    assert isinstance(verdict, Open)
    assert verdict.classes == {3: "key"}
    beside = view(32, "shop.beside", "title text, id int8", oids(1, 9), {1: (PRODUCTS, 2), 2: (PRODUCTS, 1)})
    assert isinstance(judge(beside).read(beside.oid), Open)


def test_what_is_computed_from_open_relations_is_open() -> None:
    inner = view(32, "shop.inner", "up text, id int8", oids(9), {2: (PRODUCTS, 1)})
    outer = view(33, "shop.outer", "up text, id int8, email text, x text", oids(32, 1), {1: (Oid(32), 1), 2: (Oid(32), 2)})
    outer = replace(outer, columns=(*outer.columns[:2], replace(outer.columns[2], origin=(CUSTOMERS, 2)), outer.columns[3]))
    assert isinstance(judge(inner).read(inner.oid), Open)
    verdict = masked(judge(inner, outer).read(outer.oid))
    assert hows(verdict) == {1: "open", 2: "open", 3: "masked", 4: "closed"}
    assert [verdict.columns[n].writable for n in (1, 2)] == [False, True]


def test_the_rule_of_a_view_between_decides() -> None:
    over = view(32, "shop.over_ruled", "email text, total numeric, more text", oids(5), {1: (Oid(5), 1), 2: (Oid(5), 2)})
    assert hows(judge(over).read(over.oid)) == {1: "masked", 2: "open", 3: "closed"}


def test_views_of_what_is_closed_or_cut_by_rows_are_closed() -> None:
    one = judge(COPIES, OVER, role="narrow", extra=NARROW % "sees: closed")
    assert "rows of shop.customers, which is not open" in closed(one.read(COPIES.oid))
    one = judge(COPIES, OVER, role="narrow", extra=NARROW % "{sees: open, where: id < 10}")
    assert "a row condition hides" in closed(one.read(COPIES.oid))
    assert "shop.copies -> shop.customers" in closed(one.read(OVER.oid))
    untrusted = replace(COPIES, untrusted_code="its row type: type shop.copies is owned by eve")
    assert "owned by eve" in closed(judge(untrusted).read(COPIES.oid))
    assert "rows of shop.copies," in closed(judge(untrusted, OVER).read(OVER.oid))
    foreign = view(32, "shop.v_far", "id int8", oids(10), {1: (Oid(10), 1)})
    assert "rows of shop.far," in closed(judge(foreign).read(foreign.oid))


def test_a_table_with_rules_between_stays_closed() -> None:
    table = relation(32, "shop.noisy", "id int8", reaches=oids(1), has_rules=True)
    over = view(33, "shop.over_noisy", "id int8", oids(32), {1: (Oid(32), 1)})
    assert isinstance(judge(table).read(table.oid), Closed)
    assert "rows of shop.noisy," in closed(judge(table, over).read(over.oid))


def test_a_table_whose_rules_reach_ciphertext() -> None:
    tables = [relation(32, "shop.noisy", "x bytea", reaches=oids(2)), relation(33, "shop.quiet", "x text", reaches=oids(2))]
    one = judge(*tables, role="app")
    assert "encrypted columns of shop.cards" in closed(one.read(Oid(32)))
    assert isinstance(one.read(Oid(33)), Open)


def test_unlisted_relations_closed_closes_views_too() -> None:
    extra = "defaults: {unlisted_relation: closed}\n"
    assert closed(judge(COPIES, extra=extra).read(COPIES.oid)) == "no rule names it"


def test_origins_that_lead_nowhere() -> None:
    lost = view(32, "shop.lost", "a text, b text, id int8", oids(1), {1: (Oid(999), 1), 2: (CUSTOMERS, 99), 3: (CUSTOMERS, 1)})
    verdict = masked(judge(lost).read(lost.oid))
    assert hows(verdict) == {1: "closed", 2: "closed", 3: "open"}
    assert verdict.columns[1].reason == "what it is a copy of is not known"
    ring = [
        view(32, "shop.r1", "a text, id int8", oids(33, 1), {1: (Oid(33), 1), 2: (CUSTOMERS, 1)}),
        view(33, "shop.r2", "a text", oids(32), {1: (Oid(32), 1)}),
    ]
    assert hows(judge(*ring).read(Oid(32))) == {1: "closed", 2: "open"}


def test_a_source_that_is_closed_though_it_is_not_reached() -> None:
    odd = view(32, "shop.strange", "id int8, secret text", oids(1), {1: (CUSTOMERS, 1), 2: (Oid(101), 2)})
    verdict = masked(judge(odd).read(odd.oid))
    assert verdict.columns[2].reason == "a copy of pg_catalog.pg_authid.rolpassword: password hashes"


def test_a_computing_view_that_is_closed_itself() -> None:
    """Reached through an origin only, so that the outer view is not closed by it."""
    inner = view(32, "shop.inner", "x text", oids(101), {})
    outer = view(33, "shop.outer", "x text, id int8", oids(1), {1: (Oid(32), 1), 2: (CUSTOMERS, 1)})
    assert "rows of pg_catalog.pg_authid" in masked(judge(inner, outer).read(outer.oid)).columns[1].reason


def test_system_relations_through_a_view() -> None:
    stats = view(32, "shop.att", "name text, missing anyarray, more text", oids(103), {})
    columns = (replace(stats.columns[0], origin=(Oid(103), 1)), replace(stats.columns[1], origin=(Oid(103), 2)), stats.columns[2])
    assert hows(judge(replace(stats, columns=columns)).read(stats.oid)) == {1: "open", 2: "closed", 3: "closed"}


def test_a_mask_that_does_not_fit_the_copy_closes_it() -> None:
    other = view(32, "shop.other", "email date, id int8", oids(1), {1: (CUSTOMERS, 2), 2: (CUSTOMERS, 1)})
    verdict = masked(judge(other).read(other.oid))
    assert (verdict.columns[1].how, verdict.columns[1].mask) == ("closed", None)


def test_calls_of_a_view_are_judged_as_the_callers_own() -> None:
    calling = view(32, "shop.calling", "id int8, x text", oids(9), {1: (PRODUCTS, 1)}, calls=frozenset({"shop.peek"}))
    verdict = masked(judge(calling).read(calling.oid))
    assert hows(verdict) == {1: "open", 2: "closed"}
    assert "it calls shop.peek(), which is not among the functions of this role" in verdict.columns[2].reason
    over = view(33, "shop.over", "x text, id int8", oids(32), {1: (Oid(32), 2), 2: (Oid(32), 1)})
    assert "it calls shop.peek()" in masked(judge(calling, over).read(over.oid)).columns[1].reason
    more = view(33, "shop.over", "x text, n int8, id int8", oids(32), {1: (Oid(32), 2), 3: (Oid(32), 1)})
    assert "shop.calling calls shop.peek()" in masked(judge(calling, more).read(more.oid)).columns[2].reason
    listed = replace(calling, calls=frozenset({"shop.full_name"}))
    assert isinstance(judge(listed).read(listed.oid), Open)
    assert isinstance(judge(calling, role="app").read(calling.oid), Open)


# -- encrypted columns ------------------------------------------------------------------------------------------------

SEALED = view(34, "shop.sealed", "card_no bytea, id int8", oids(2), {1: (CARDS, 2), 2: (CARDS, 1)})


def test_sealed_columns_keep_their_seal() -> None:
    show = masked(judge(SEALED, rules=SAFE).read(SEALED.oid)).columns[1]
    assert (show.how, show.mask, show.seal and show.seal.domain) == ("masked", parse({"partial": {"last": 4}}), "cards")
    seen = judge(SEALED, rules=RULES.replace("basic: masked}", "basic: masked, sensitive: open}")).read(SEALED.oid)
    assert isinstance(seen, Open)
    assert (seen.seals[1].domain, seen.classes) == ("cards", {1: "sensitive", 2: "key"})
    text = view(34, "shop.sealed", "card_no text, id int8", oids(2), {1: (CARDS, 2), 2: (CARDS, 1)})
    show = masked(judge(text, rules=SAFE).read(text.oid)).columns[1]
    assert (show.how, show.seal, show.reason) == ("closed", None, "it is pg_catalog.text, and a copy of an encrypted column")


def test_callers_with_keys_open_what_is_copied() -> None:
    verdict = judge(SEALED, role="app").read(SEALED.oid)
    assert isinstance(verdict, Open)
    assert (verdict.seals[1].column, verdict.classes) == ("shop.cards.card_no", {1: "sensitive", 2: "key"})
    other = relation(36, "shop.files", "id int8, data bytea")
    both = view(35, "shop.both", "card_no bytea, data bytea", oids(2, 36), {1: (CARDS, 2), 2: (Oid(36), 2)})
    verdict = judge(other, both, role="app").read(both.oid)
    assert isinstance(verdict, Open)
    assert set(verdict.seals) == {1}
    ruled = RULES.replace("roles:\n", "  shop.files: {columns: {data: {class: key}}}\nroles:\n")
    assert judge(other, both, role="app", rules=ruled).read(both.oid).seals.keys() == {1}  # type: ignore[union-attr]
    computed = replace(both, columns=(both.columns[0], replace(both.columns[1], origin=None)))
    assert "encrypted columns of shop.cards" in closed(judge(other, computed, role="app").read(both.oid))
    wrong = relation(2, "shop.cards", "id int8, card_no text, holder text")
    assert isinstance(judge(wrong, SEALED, role="app").read(SEALED.oid), Closed)
    without = replace(SEALED, columns=SEALED.columns[1:])
    assert judge(without, role="app").read(SEALED.oid) == Open("no rule", "no rule names it or anything it can show")


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_view_is_written_as_its_source() -> None:
    refuse = NARROW % "{write: refuse}"
    verdict = masked(judge(COPIES, role="narrow", extra=refuse).read(COPIES.oid))
    assert (verdict.unwritable or "").startswith("shop.customers: role narrow: shop.customers (a.yaml:")
    assert not any(show.writable for show in verdict.columns.values())
    allow = NARROW % "{columns: {email: {write: allow}, id: {write: refuse}}}"
    verdict = masked(judge(COPIES, role="narrow", extra=allow).read(COPIES.oid))
    assert {attnum: show.writable for attnum, show in verdict.columns.items()} == {1: True, 2: False, 3: False}
    ruled = masked(judge(replace(COPIES, has_rules=True)).read(COPIES.oid))
    assert ruled.unwritable == "it has rules of its own (CREATE RULE), and what they write is not known"


def test_a_view_over_what_may_be_read_but_not_written() -> None:
    over = view(32, "shop.titles", "id int8, up text", oids(9), {1: (PRODUCTS, 1)})
    rule = "  narrow: {logins: [n], sees: {key: open}, relations: {shop.products: {write: refuse}}}\n"
    verdict = judge(over, role="narrow", extra=rule).read(over.oid)
    assert isinstance(verdict, Open)
    assert (verdict.unwritable or "").startswith("shop.products: role narrow: shop.products")
    rule = "  narrow: {logins: [n], sees: {key: open}, relations: {shop.products: {columns: {id: {write: refuse}}}}}\n"
    limited = masked(judge(over, role="narrow", extra=rule).read(over.oid))
    assert (hows(limited), [show.writable for show in limited.columns.values()]) == ({1: "open", 2: "open"}, [False, False])


def test_an_override_of_a_view_takes_and_never_gives() -> None:
    rule = "  narrow: {logins: [n], sees: {key: open, basic: masked}, relations: {shop.copies: {write: %s}}}\n"
    verdict = masked(judge(COPIES, role="narrow", extra=rule % "allow").read(COPIES.oid))
    assert {attnum: show.writable for attnum, show in verdict.columns.items()} == {1: False, 2: False, 3: True}
    refused = masked(judge(COPIES, role="narrow", extra=rule % "refuse").read(COPIES.oid))
    assert (refused.unwritable, hows(refused)) == ("role narrow: shop.copies (a.yaml:32) refuses writing it", hows(verdict))
