"""Writes that answer a guess about a hidden column: right or wrong, the caller hears the same.

Tables of a trusted owner with what real schemas have: composite keys, keys that cascade, generated columns, indexes on expressions,
views WITH CHECK OPTION. Columns without a rule are closed. Without the proxy each pair is told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.leak.conversations import Batch, q
from tests.leak.test_hunt import heard
from tests.leak.test_surroundings import _rules, _thing
from tests.leak.world import World

TABLES = """
CREATE TABLE shop.g_pairs (x text, y text, PRIMARY KEY (x, y)); INSERT INTO shop.g_pairs VALUES ('o', 'pin4711');
CREATE TABLE shop.g_member (id int PRIMARY KEY, open text, secret text, FOREIGN KEY (open, secret) REFERENCES shop.g_pairs);
INSERT INTO shop.g_member VALUES (1, 'o', 'pin4711');
CREATE TABLE shop.g_parent (id int PRIMARY KEY, label text); INSERT INTO shop.g_parent SELECT n, 'l' FROM generate_series(1, 4) n;
CREATE TABLE shop.g_cascade (id int PRIMARY KEY, parent_id int REFERENCES shop.g_parent ON DELETE CASCADE);
INSERT INTO shop.g_cascade VALUES (1, 1);
CREATE TABLE shop.g_other (id int PRIMARY KEY, label text); INSERT INTO shop.g_other SELECT n, 'l' FROM generate_series(1, 4) n;
CREATE TABLE shop.g_null (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES shop.g_other ON DELETE SET NULL);
INSERT INTO shop.g_null VALUES (1, 1);
CREATE TABLE shop.g_above (id int PRIMARY KEY, label text); INSERT INTO shop.g_above SELECT n, 'l' FROM generate_series(1, 4) n;
CREATE TABLE shop.g_between (id int PRIMARY KEY, parent_id int REFERENCES shop.g_above ON DELETE CASCADE);
INSERT INTO shop.g_between VALUES (1, 1), (2, 2);
CREATE TABLE shop.g_grand (id int PRIMARY KEY, child_id int REFERENCES shop.g_between); INSERT INTO shop.g_grand VALUES (1, 1);
CREATE TABLE shop.g_code (code text PRIMARY KEY); INSERT INTO shop.g_code VALUES ('k');
CREATE TABLE shop.g_checked (id int PRIMARY KEY, code text REFERENCES shop.g_code ON UPDATE CASCADE, secret text, CHECK (code <> secret));
INSERT INTO shop.g_checked VALUES (1, 'k', 'pin4711');
CREATE TABLE shop.g_hidden (id int PRIMARY KEY, code text UNIQUE); INSERT INTO shop.g_hidden VALUES (1, 'pin4711'), (2, 'pin4712');
CREATE TABLE shop.g_shown (id int PRIMARY KEY, code text REFERENCES shop.g_hidden (code)); INSERT INTO shop.g_shown VALUES (1, 'pin4711');
CREATE TABLE shop.g_made (id int PRIMARY KEY, kind text, secret text DEFAULT '', login text GENERATED ALWAYS AS (kind || secret) STORED UNIQUE);
INSERT INTO shop.g_made VALUES (1, 'a', 'pin4711');
CREATE TABLE shop.g_codes (code text PRIMARY KEY); INSERT INTO shop.g_codes VALUES ('pin4711');
CREATE TABLE shop.g_refers (id int PRIMARY KEY, code text, lc text GENERATED ALWAYS AS (lower(code)) STORED REFERENCES shop.g_codes);
CREATE TABLE shop.g_price (id int PRIMARY KEY, qty int, cost int); INSERT INTO shop.g_price VALUES (1, 1, 4711);
CREATE INDEX ON shop.g_price ((qty * cost));
CREATE TABLE shop.g_base (id int PRIMARY KEY, open text, secret text); INSERT INTO shop.g_base VALUES (1, '', 'pin4711');
CREATE VIEW shop.g_view AS SELECT id, open, secret FROM shop.g_base WHERE open <> secret WITH CHECK OPTION;
CREATE TABLE shop.g_when (id int PRIMARY KEY, qty int, stock int); INSERT INTO shop.g_when VALUES (1, 1, 4711);
CREATE FUNCTION shop.g_nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER low AFTER UPDATE ON shop.g_when FOR EACH ROW WHEN (NEW.qty > OLD.stock) EXECUTE FUNCTION shop.g_nothing();
CREATE TABLE shop.g_split (id int, secret text) PARTITION BY LIST (secret);
CREATE TABLE shop.g_split_1 PARTITION OF shop.g_split FOR VALUES IN ('s1'); CREATE TABLE shop.g_split_2 PARTITION OF shop.g_split DEFAULT;
INSERT INTO shop.g_split VALUES (1, 's1'), (2, 's2');
CREATE TABLE shop.g_fine (id int PRIMARY KEY, mail text, lc text GENERATED ALWAYS AS (lower(mail)) STORED UNIQUE, parent_id int
  REFERENCES shop.g_parent ON DELETE CASCADE);
INSERT INTO shop.g_fine VALUES (1, 'A', DEFAULT, NULL);
CREATE TABLE shop.g_kin (id int, kind text, secret text);
CREATE TABLE shop.g_child (CHECK (kind <> 'b' OR secret <> 'pin4711')) INHERITS (shop.g_kin);
INSERT INTO shop.g_child VALUES (1, 'a', 'pin4711'), (2, 'a', 'pin4712');
CREATE VIEW shop.g_kin_view AS SELECT id, kind FROM shop.g_kin;
GRANT ALL ON ALL TABLES IN SCHEMA shop TO PUBLIC;
"""
SHOWN = {
    "g_pairs": "x y", "g_member": "id open", "g_parent": "id label", "g_cascade": "id", "g_other": "id label", "g_null": "id",
    "g_above": "id label", "g_between": "id parent_id", "g_grand": "id", "g_code": "code", "g_checked": "id code", "g_hidden": "id",
    "g_shown": "id code", "g_made": "id kind", "g_codes": "", "g_refers": "id code", "g_price": "id qty", "g_base": "id open",
    "g_kin": "id kind", "g_child": "id kind", "g_kin_view": "id kind", "g_view": "id open", "g_when": "id qty", "g_split": "id", "g_fine": "id mail parent_id",
}  # fmt: skip
RULES = "relations:\n" + "".join(
    f"  shop.{name}:\n    columns: {{{', '.join(f'{column}: {{class: plain}}' for column in columns.split())}}}\n"
    for name, columns in SHOWN.items()
)
PIN, NUMBER, KEY = ("pin4711", "pin4712"), ("4711", "4712"), ("1", "3")
ANALYZE = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)"
# Steps, separated by semicolons, with the guess as {g}.
GUESSES: dict[str, tuple[str, tuple[str, str]]] = {
    "a key's other column": ("INSERT INTO shop.g_pairs VALUES ('g', '{g}'); UPDATE shop.g_member SET open = 'g'", PIN),
    "what a cascade removed": ("DELETE FROM shop.g_parent WHERE id = {g}; SELECT id FROM shop.g_cascade", KEY),
    "SET NULL over NOT NULL": ("DELETE FROM shop.g_other WHERE id = {g}", KEY),
    "a grandchild of a cascade": ("DELETE FROM shop.g_above WHERE id = {g}", ("1", "2")),
    "a check on what an update cascades to": ("UPDATE shop.g_code SET code = '{g}'", PIN),
    "the key of the parent itself": ("DELETE FROM shop.g_hidden WHERE id = {g}", ("1", "2")),
    "a generated column that is unique": ("INSERT INTO shop.g_made (id, kind) VALUES (9, 'a{g}')", PIN),
    "the same, on conflict": ("INSERT INTO shop.g_made (id, kind) VALUES (9, 'a{g}') ON CONFLICT DO NOTHING", PIN),
    "a generated column that refers": ("INSERT INTO shop.g_refers (id, code) VALUES (9, '{g}')", PIN),
    "an index on an expression": ("UPDATE shop.g_price SET qty = {g}", ("455844", "455845")),
    "a check on a child, through a view": ("UPDATE shop.g_kin_view SET kind = 'b' WHERE id = {g}", ("1", "2")),
    "WITH CHECK OPTION": ("UPDATE shop.g_view SET open = '{g}'", PIN),
    "the calls of a trigger": (f"{ANALYZE} UPDATE shop.g_when SET qty = {{g}}", NUMBER),
    "the partition of a row, measured": (f"{ANALYZE} SELECT id FROM shop.g_split WHERE id = {{g}}", ("1", "2")),
    "the same, of what was prepared": (f"PREPARE p AS SELECT id FROM shop.g_split WHERE id = {{g}}; {ANALYZE} EXECUTE p", ("1", "2")),
    "a hidden row, measured by EXECUTE": (f"PREPARE p AS SELECT id FROM shop.regional WHERE amount = {{g}}; {ANALYZE} EXECUTE p", ("777", "778")),
    "counters of the transaction": (
        "UPDATE shop.g_split SET id = id WHERE id = {g};"
        "SELECT relname, n_tup_upd FROM pg_stat_xact_user_tables WHERE relname LIKE 'g\\_split%' ORDER BY 1",
        ("1", "2"),
    ),
}  # fmt: skip
# What none of this forbids, and the rows it affects.
BENIGN = {
    "UPDATE shop.g_fine SET mail = 'b' WHERE id = 1": b"UPDATE 1",
    "INSERT INTO shop.g_fine (id, mail) VALUES (2, 'c')": b"INSERT 0 1",
    "UPDATE shop.g_parent SET label = 'm' WHERE id = 1": b"UPDATE 1",
    "UPDATE shop.g_price SET id = 5": b"UPDATE 1",
    "INSERT INTO shop.g_price (id, qty) VALUES (7, 1)": b"INSERT 0 1",
    "DELETE FROM shop.g_grand": b"DELETE 1",
    "UPDATE shop.g_kin_view SET id = 3 WHERE id = 1": b"UPDATE 1",
    "EXPLAIN UPDATE shop.g_when SET qty = 1": b"EXPLAIN",
}


@pytest.fixture(params=[15, 18])
def place(world_on: Callable[[int], World], request: pytest.FixtureRequest) -> Iterator[World]:
    world = world_on(request.param)
    kinds = {"g_view": "VIEW", "g_kin_view": "VIEW"}
    drop = "".join(f"DROP {kinds.get(name, 'TABLE')} IF EXISTS shop.{name} CASCADE;" for name in SHOWN) + "DROP FUNCTION shop.g_nothing"
    with _thing(world, TABLES, drop), _rules(world, RULES):
        yield world


def _said(received: bytes, guess: str) -> bytes:
    """Without what no two answers share: the event's number, and a guess that is repeated."""
    said = b"".join(part for part in received.split(b"\0") if not part.startswith(b"DEvent"))
    return said.replace(guess.encode(), b"?") if len(guess) > 1 else said


def test_guesses(place: World) -> None:
    told: dict[str, tuple[bool, bool]] = {}
    for name, (text, guesses) in GUESSES.items():
        ways = []
        for make in (place.direct, place.through):
            answers = []
            for guess in guesses:
                steps: list[Batch] = [q(step.strip().format(g=guess).encode()) for step in text.split(";")]
                with make(place.analyst) as client:
                    heard(client, [q(b"SELECT 1")])
                    answers.append(_said(heard(client, [q(b"BEGIN"), *steps, q(b"ROLLBACK")]), guess))
            ways.append(answers[0] != answers[1])
        told[name] = (ways[0], ways[1])
    assert {name for name, (direct, _) in told.items() if not direct} == set(), "without the proxy"
    assert {name for name, (_, through) in told.items() if through} == set(), "through it"


@pytest.mark.parametrize("text", BENIGN)
def test_what_stays_open(place: World, text: str) -> None:
    with place.through(place.analyst) as client:
        received = heard(client, [q(b"BEGIN"), q(text.encode()), q(b"ROLLBACK")])
    assert BENIGN[text] in received
