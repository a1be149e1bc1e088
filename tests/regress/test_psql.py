"""Files are split as psql splits them."""

from __future__ import annotations

import pytest

from tests.regress.psql import statements

CASES = {
    "two on a line": ("SELECT 1; SELECT 2;", ["SELECT 1;", "SELECT 2;"]),
    "the last needs no semicolon": ("SELECT 1", ["SELECT 1"]),
    "a comment alone is nothing": ("-- a; b\n/* c; */\n", []),
    "strings": ("SELECT ';', E'\\';', \"a;b\", $$;$$, $x$;$$;$x$;", ["SELECT ';', E'\\';', \"a;b\", $$;$$, $x$;$$;$x$;"]),
    "over lines": ("SELECT 'a\n;b'\n, 1;\nSELECT 2;", ["SELECT 'a\n;b'\n, 1;", "SELECT 2;"]),
    "brackets": (
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3;",
        ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);", "SELECT 3;"],
    ),
    "BEGIN ATOMIC": (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;",
        ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;", "SELECT 3;"],
    ),
    "a transaction is no body": ("BEGIN; SELECT 1; END;", ["BEGIN;", "SELECT 1;", "END;"]),
    "a command on its own line": ("\\echo don't\nSELECT 1;", ["SELECT 1;"]),
    "a command that sends": ("SELECT 1 \\gset x_\nSELECT 2;", ["SELECT 1", "SELECT 2;"]),
    "two commands": ("SELECT $1 \\bind 'a;b' \\g\nSELECT 2;", ["SELECT $1", "SELECT 2;"]),
    "a command in the middle": ("SELECT 1\n\\echo x\n+ 1;", ["SELECT 1\n\n+ 1;"]),
    "a backslash in a string or comment": ("SELECT '\\g' -- \\g\n;", ["SELECT '\\g' -- \\g\n;"]),
    "a reset": ("SELECT wrong \\r\nSELECT 1;", ["SELECT 1;"]),
    "joined": ("SELECT 1 \\; SELECT 2;", ["SELECT 1 ; SELECT 2;"]),
    "SQL after two backslashes": ("\\echo a \\\\ SELECT 1;", ["SELECT 1;"]),
    "COPY data": ("COPY t FROM stdin;\n1;\tdon't\n\\.\nSELECT 1;", ["COPY t FROM stdin;", "SELECT 1;"]),
    "COPY that failed": ("COPY t FROM stdin;\n\nSELECT 1;\nSELECT 2;", ["COPY t FROM stdin;", "SELECT 1;", "SELECT 2;"]),
    "COPY to": ("COPY t TO stdout;\nSELECT 1;", ["COPY t TO stdout;", "SELECT 1;"]),
    "\\copy data": ("\\copy t from stdin\n1\tdon't\n\\.\nSELECT 1;", ["SELECT 1;"]),
    "what only the server minds": ("SELECT 123abc; SELECT '\\', E'\\ud800'; SELECT 2;", ["SELECT 123abc;", "SELECT '\\', E'\\ud800';", "SELECT 2;"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*case, id=title) for title, case in CASES.items()])
def test_split(text: str, expected: list[str]) -> None:
    assert list(statements(text)) == expected
