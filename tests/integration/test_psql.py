"""psql through the proxy, as analyst and as app: what a person sees, compared with the twin or with the server itself."""

from __future__ import annotations

import re
from datetime import date

import pytest

from proxy.cli.demo.load import ANALYST, APP
from tests.integration.programs import psql
from tests.integration.statements import (
    ANALYST_EXPORT,
    ANALYST_READS,
    ANALYST_REFUSED,
    APP_REFUSED,
    ONE,
    TWO,
    Ask,
    app_script,
)
from tests.shop import Place
from tests.twin import Twin

OURS = "psql"
SQLSTATES_ONLY = "\\set VERBOSITY sqlstate\n"

# What people look around with. psql writes these statements itself, other ones in each version.
BACKSLASH = r"""
\d
\d shop.customers
\d+ shop.customers
\d shop.payment_cards
\d+ shop.browsing_events
\d shop.customer_contacts
\d+ shop.sales_by_city
\d shop.customers_pkey
\d shop.customers_id_seq
\dt shop.*
\dv shop.*
\di shop.*
\ds shop.*
\dP shop.*
\dp shop.*
\z shop.customers
\dn
\dn+
\df shop.*
\df+ pg_catalog.lower
\da pg_catalog.sum
\do pg_catalog.||
\dT shop.*
\dD
\dC
\dx
\dF
\dL
\dd
\ddp
\db
\dy
\dRp
\dRs
\des
\sf pg_catalog.lower(text)
\sv shop.sales_by_city
\encoding
"""
# What other tests change meanwhile: databases, roles, sizes.
LIVELY = r"""
\l
\l+
\du
\du+
\drds
\dt+ shop.*
"""


def inlined(statement: Ask) -> str:
    """The statement with its parameters as literals."""
    text, parameters = statement
    literals = [str(p) if isinstance(p, int) else f"'{p}'" for p in parameters]
    return re.sub(r"\$(\d+)", lambda found: literals[int(found[1]) - 1], text) + ";\n"


def plain(statements: list[Ask]) -> list[Ask]:
    """Those whose parameters have a literal that means the same."""
    return [one for one in statements if all(isinstance(p, int | str | date) for p in one[1])]


# --- the analyst


def test_analyst_reads_as_from_a_masked_copy(shop: Place, twin: Twin) -> None:
    script = "".join(inlined(one) for one in plain(list(ANALYST_READS)))
    assert script.count(";\n") >= 20
    seen = psql(shop.version, shop.dsn(ANALYST), script, "-v", "ON_ERROR_STOP=1")
    expected = psql(shop.version, twin.dsn(ANALYST), script, "-v", "ON_ERROR_STOP=1")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert seen.stdout.splitlines() == expected.stdout.splitlines()


@pytest.mark.parametrize("login", [ANALYST, APP])
def test_backslash_commands(shop: Place, login: str) -> None:
    """As without the proxy, to the byte."""
    seen = psql(shop.version, shop.dsn(login), BACKSLASH)
    direct = psql(shop.version, shop.direct(login), BACKSLASH)
    assert (seen.stdout.splitlines(), seen.stderr) == (direct.stdout.splitlines(), direct.stderr)
    assert "customers_pkey" in seen.stdout
    done = psql(shop.version, shop.dsn(login), LIVELY)
    assert "ERROR" not in done.stderr
    assert all(name in done.stdout for name in (shop.database.name, ANALYST, APP, "payment_cards"))


def test_analyst_refused(shop: Place) -> None:
    """Each in a session that goes on; psql tells the SQLSTATE and the transaction goes where PostgreSQL's would."""
    script = SQLSTATES_ONLY
    for text, _ in ANALYST_REFUSED:
        script += f"{text};\n\\echo :SQLSTATE\nBEGIN;\n{text};\nSELECT 1;\nCOMMIT;\n"
    done = psql(shop.version, shop.dsn(ANALYST), script, "-A", "-t")
    expected = "".join(f"{sqlstate}\nBEGIN\nROLLBACK\n" for _, sqlstate in ANALYST_REFUSED)
    assert done.stdout == expected
    states = [line.rsplit(" ", 1)[-1] for line in done.stderr.splitlines()]
    assert states == [state for _, sqlstate in ANALYST_REFUSED for state in (sqlstate, sqlstate, "25P02")]
    assert done.returncode == 0


def test_analyst_stops_on_error(shop: Place) -> None:
    script = "SELECT 1;\nCOPY shop.customers TO STDOUT;\nSELECT 2;\n"
    done = psql(shop.version, shop.dsn(ANALYST), script, "-A", "-t", "-v", "ON_ERROR_STOP=1")
    assert (done.returncode, done.stdout) == (3, "1\n")
    assert "COPY is refused for your role" in done.stderr
    done = psql(shop.version, shop.dsn(ANALYST), script, "-A", "-t", "-1", "-v", "ON_ERROR_STOP=1")
    assert (done.returncode, done.stdout) == (3, "1\n")


def test_analyst_copy(shop: Place) -> None:
    r"""\copy sends COPY … TO STDOUT: refused like it, in the middle of a session."""
    script = SQLSTATES_ONLY + "\\copy shop.customers to stdout\n\\copy (SELECT 1) to stdout\nSELECT 'on';\n"
    done = psql(shop.version, shop.dsn(ANALYST), script, "-A", "-t")
    assert done.stdout == "on\n"
    assert done.stderr.count("42501") == 2


def test_analyst_export_stops(shop: Place) -> None:
    script = SQLSTATES_ONLY + f"{ANALYST_EXPORT};\n\\echo :SQLSTATE\nSELECT count(*) FROM shop.customers;\n"
    done = psql(shop.version, shop.dsn(ANALYST), script, "-A", "-t")
    assert done.stdout == "53400\n300\n"


def test_analyst_session(shop: Place, twin: Twin) -> None:
    """Describe, variables, savepoints set by psql itself, settings, several statements in one text."""
    script = r"""
SELECT id, name, email, birth_date, profile FROM shop.customers \gdesc
SELECT c.*, p.card_no FROM shop.customers c JOIN shop.payment_cards p ON p.customer_id = c.id \gdesc
SELECT name AS who, phone FROM shop.customers WHERE id = 1 \gset
\echo :who :phone
SELECT id, name, phone FROM shop.customers WHERE id = 2 \gx
SELECT city, gender, count(*) FROM shop.customers WHERE id < 30 GROUP BY 1, 2 ORDER BY 1, 2 \crosstabview
SELECT 1\; SELECT name FROM shop.customers WHERE id = 3\; SELECT 2;
\set ON_ERROR_ROLLBACK on
\set VERBOSITY sqlstate
BEGIN;
SELECT name FROM shop.customers WHERE id = 4;
SELECT 1 / 0;
SELECT name FROM shop.customers WHERE id = 5;
COMMIT;
SET search_path = shop;
SHOW search_path;
SELECT name FROM customers WHERE id = 6;
SELECT format('SELECT %s', i) FROM generate_series(1, 3) i \gexec
\set n 7
SELECT name, phone FROM shop.customers WHERE id = :n;
SELECT current_user, session_user;
TABLE shop.products LIMIT 0;
"""
    if shop.version >= 16:
        script += "SELECT name, phone FROM shop.customers WHERE id = $1 \\bind 8 \\g\n"
        script += "SELECT id FROM shop.customers WHERE name LIKE $1 AND id < $2 ORDER BY id \\bind '王%' 50 \\g\n"
    if shop.version >= 18:
        script += "SELECT name FROM shop.customers WHERE id = $1 \\parse one\n\\bind_named one 9 \\g\n\\bind_named one 10 \\g\n"
        script += "\\close_prepared one\n\\startpipeline\nSELECT name FROM shop.customers WHERE id = $1 \\bind 11 \\sendpipeline\n"
        script += "SELECT phone FROM shop.customers WHERE id = $1 \\bind 12 \\sendpipeline\n\\endpipeline\n"
    seen, expected = psql(shop.version, shop.dsn(ANALYST), script), psql(shop.version, twin.dsn(ANALYST), script)
    assert seen.stdout.splitlines() == expected.stdout.splitlines()
    assert seen.stderr == expected.stderr == "ERROR:  22012\n"
    assert re.search(r"card_no +\| text", seen.stdout)


# --- the app


def test_app_works_as_on_clear_text(shop: Place, twin: Twin) -> None:
    script = SQLSTATES_ONLY + "".join(inlined(one) for one in app_script(OURS))
    assert script.count(";\n") >= 20
    try:
        seen = psql(shop.version, shop.dsn(APP), script)
    finally:
        shop.database.execute(f"DELETE FROM shop.payment_cards WHERE brand = '{OURS}'")
    expected = psql(shop.version, twin.dsn(APP), script)
    assert seen.stdout.splitlines() == expected.stdout.splitlines()
    assert seen.stderr == expected.stderr == "ERROR:  23505\nERROR:  23502\n"


def test_app_refused(shop: Place) -> None:
    done = psql(shop.version, shop.dsn(APP), SQLSTATES_ONLY + ";\n".join(APP_REFUSED) + ";\n", "-A", "-t")
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["ERROR:  0A000"] * len(APP_REFUSED)
    assert shop.database.execute("SELECT count(*) FROM shop.payment_cards") == [(len(shop.cards),)]


def test_app_session(shop: Place, twin: Twin) -> None:
    insert = "INSERT INTO shop.payment_cards (customer_id, card_no, holder, brand, expires) VALUES"
    script = rf"""
SELECT id, card_no FROM shop.payment_cards \gdesc
BEGIN;
{insert} (1, '{ONE}', 'x', '{OURS}', '2030-01-01') RETURNING card_no \gset
\echo :card_no
SELECT card_no FROM shop.payment_cards WHERE card_no = :'card_no';
SAVEPOINT here;
DELETE FROM shop.payment_cards WHERE card_no = '{ONE}';
ROLLBACK TO here;
UPDATE shop.payment_cards SET card_no = '{TWO}' WHERE card_no = '{ONE}' RETURNING card_no;
ROLLBACK;
SELECT count(*) FROM shop.payment_cards WHERE card_no = '{TWO}';
\copy (SELECT id, name FROM shop.customers ORDER BY id LIMIT 3) to stdout
CREATE TEMPORARY TABLE basket (id int, note text);
\copy basket from stdin
1	apple
2	\N
\.
SELECT * FROM basket ORDER BY id;
DO $$ BEGIN PERFORM 1; END $$;
EXPLAIN (COSTS OFF) SELECT * FROM basket;
\set FETCH_COUNT 50
SELECT id, name, phone FROM shop.customers ORDER BY id;
\unset FETCH_COUNT
"""
    if shop.version >= 16:
        script += f"SELECT holder FROM shop.payment_cards WHERE card_no = $1 \\bind {shop.cards[0].number} \\g\n"
    seen, expected = psql(shop.version, shop.dsn(APP), script), psql(shop.version, twin.dsn(APP), script)
    assert (seen.stderr, seen.stdout.splitlines()) == (expected.stderr, expected.stdout.splitlines())
    assert seen.stderr == ""
