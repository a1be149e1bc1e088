"""What `maskgate check` says of user functions."""

from __future__ import annotations

from proxy.policy.functions import Executable, check_functions
from proxy.policy.rules import load_rules
from proxy.sql.bodies import Function
from tests.unit.policy.catalog import snapshot

RULES = """
classes: {key: {level: L1}, basic: {level: L2}}
relations:
  shop.customers: {columns: {id: {class: key}, email: {class: basic, mask: redact}}}
roles:
  analyst: {logins: [ana], sees: {key: open, basic: masked}, functions: [shop.listed, shop.risky]}
  helper:  {logins: [eva], sees: {key: open, basic: masked}}
  app:     {logins: [app], sees: {"*": open}}
"""


def function(name: str, body: str = "SELECT 1", *logins: str, **more: object) -> Executable:
    made = Function("shop", name, "", "f", "sql", body, path=("shop",), **more)  # type: ignore[arg-type]
    return Executable(made, frozenset(logins))


def findings(*functions: Executable) -> list[tuple[str, str, str]]:
    found = check_functions(load_rules({"a.yaml": RULES}), snapshot(), functions)
    return [(one.severity, one.text, one.proposal) for one in found]


def test_listed_functions_are_judged_whoever_may_call_them() -> None:
    found = findings(function("listed"), function("risky", "SELECT email FROM customers"), function("other"))
    assert found == [
        ("notice", "role analyst (a.yaml:6): shop.listed is safe to list: it reads nothing protected", ""),
        (
            "warning",
            "role analyst (a.yaml:6): shop.risky is not safe to list: "
            "it reads shop.customers (email): its result shows raw values",
            "",
        ),
    ]


def test_safe_functions_a_role_may_call_are_proposed() -> None:
    assert findings(function("b", "SELECT 1", "eva", "app"), function("a", "SELECT id FROM customers", "eva")) == [
        (
            "notice",
            "role helper (a.yaml:7): it may call these functions in PostgreSQL, and they are safe to list: "
            "shop.b (it reads nothing protected), shop.a (it reads nothing protected)",
            "roles:\n  helper:\n    functions: [shop.a, shop.b]\n",
        )
    ]
    ((_, _, proposal),) = findings(function("b", "SELECT 1", "ana"))
    assert proposal == "roles:\n  analyst:\n    functions: [shop.b, shop.listed, shop.risky]\n"


def test_others_are_named_once_for_all_roles_and_extensions_together() -> None:
    found = findings(
        function("b", "SELECT email FROM customers", "eva", "ana"),
        function("x", "x", "eva", owner="eve", extension="hstore"),
        function("y", "y", "eva", owner="eve", extension="hstore"),
        function("t", "SELECT 1", "eva", is_trigger=True),
    )
    assert found == [
        (
            "notice",
            "2 function(s) of the extension hstore (shop.x …): not safe to list under `functions` of helper: "
            "it is owned by eve, who may replace it at any time",
            "",
        ),
        (
            "notice",
            "shop.b: not safe to list under `functions` of analyst, helper: "
            "it reads shop.customers (email): its result shows raw values",
            "",
        ),
    ]
