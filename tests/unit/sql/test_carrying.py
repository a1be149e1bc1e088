"""What trusted code leaves behind in a session: settings that may hold values of a row, names of temporary tables."""

from __future__ import annotations

import pytest

from proxy.sql.carrying import carried

SETS = (
    "BEGIN PERFORM set_config('application_name', NEW.secret, false); RETURN NEW; END",
    "BEGIN PERFORM pg_catalog.set_config('work_mem', length(NEW.secret)::text, true); RETURN NEW; END",
    "BEGIN PERFORM set_config(NEW.habit, 'x' || NEW.secret, true); RETURN NEW; END",
    "BEGIN PERFORM set_config('search_path', secret, false); END",
    'BEGIN PERFORM set_config(\'application_name\', "Secret", false); END',
    "BEGIN EXECUTE format('SET application_name = %L', NEW.secret); RETURN NEW; END",
    "BEGIN EXECUTE 'SET LOCAL application_name TO ' || quote_literal(NEW.secret); RETURN NEW; END",
    "BEGIN EXECUTE 'SET ' || NEW.habit; RETURN NEW; END",
    "BEGIN EXECUTE 'SELECT set_config(''application_name'', $1, false)' USING NEW.secret; RETURN NEW; END",
    "BEGIN EXECUTE $x$ SELECT set_config('application_name', $1, false) $x$ USING NEW.secret; RETURN NEW; END",
    "BEGIN UPDATE pg_catalog.pg_settings SET setting = NEW.secret WHERE name = 'application_name'; RETURN NEW; END",
    "SELECT set_config('application_name', $1, false)",
    "SELECT set_config('application_name', 'never closed",
)
SILENT = (
    "BEGIN RETURN NEW; END",
    "BEGIN PERFORM set_config('shop.tenant', NEW.secret, true); RETURN NEW; END",
    "BEGIN PERFORM set_config('search_path', '', false); RETURN NEW; END",
    "BEGIN PERFORM set_config('search_path', TG_TABLE_SCHEMA || ', public', true); RETURN NEW; END",
    "BEGIN PERFORM set_config('lock_timeout', current_setting('shop.lock_timeout'), true); RETURN NEW; END",
    "BEGIN SET LOCAL search_path TO shop; UPDATE t SET x = NEW.y; RETURN NEW; END",
    "BEGIN EXECUTE format('SET LOCAL ROLE %I', NEW.owner); RETURN NEW; END",
    "BEGIN EXECUTE 'SET CONSTRAINTS ALL DEFERRED'; RETURN NEW; END",
    "BEGIN EXECUTE 'UPDATE t SET x = ' || NEW.y; RETURN NEW; END",
    "BEGIN EXECUTE format('SET shop.tenant = %L', NEW.secret); RETURN NEW; END",
    "BEGIN -- set_config('application_name', NEW.secret, false)\n RETURN NEW; END",
)


@pytest.mark.parametrize("body", SETS)
def test_it_puts_values_into_settings(body: str) -> None:
    assert carried(body).sets


@pytest.mark.parametrize("body", SILENT)
def test_it_puts_none_into_settings(body: str) -> None:
    assert not carried(body).sets


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("CREATE TEMP TABLE IF NOT EXISTS seen (x text); INSERT INTO pg_temp.seen VALUES (NEW.x);", {"seen"}),
        ('CREATE TEMPORARY TABLE "Seen" AS SELECT 1', {"Seen"}),
        ("INSERT INTO Audit_Rows SELECT OLD.*", {"audit_rows"}),
        ("INSERT INTO shop.audit SELECT OLD.*", set()),
        ("UPDATE ONLY counters SET n = n + 1; DELETE FROM queue; TRUNCATE TABLE work; MERGE INTO sums USING x ON true",
         {"counters", "queue", "work", "sums"}),
        ("SELECT * FROM t FOR UPDATE OF t; INSERT INTO shop.t VALUES (1) ON CONFLICT DO UPDATE SET x = 1", set()),
        ("EXECUTE 'CREATE TEMP TABLE made AS SELECT ' || x", {"made"}),
        ("EXECUTE format('CREATE TEMP TABLE %I (x int)', NEW.x)", set()),
        ("SELECT 1 INTO TEMP kept", {"kept"}),
    ],
)
def test_the_names_of_tables_it_fills(body: str, names: set[str]) -> None:
    assert carried(body).temporary == names
