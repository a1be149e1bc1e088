"""Every attack of attacks.sql, and those that need the protocol: nothing protected stands in any byte received.

Each attack is run without the proxy first, where it must leak: one that does not proves nothing and says why it is kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.cli.embedded import installations
from proxy.wire import messages as m
from tests.leak.conversations import CONVERSATIONS, PREFIX, SILENT, B, Batch, C, D, E, H, P, Q, S, q
from tests.leak.world import CARDS, Client, World

IS_SOAK = bool(os.environ.get("MASKGATE_SOAK"))  # every attack on every version that knows its words, as `make soak` does
_BLOCK = re.compile(r"\b(insert|update|delete|merge|declare|copy\s.*\sfrom)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Attack:
    """One block of a file. `versions`: major versions, empty for the newest; `since`: the first that knows its words."""

    title: str
    steps: tuple[str, ...]
    silent: str = ""
    open: str = ""
    undo: str = ""
    is_alone: bool = False
    versions: tuple[int, ...] = ()
    since: int = 0

    @property
    def needs_block(self) -> bool:
        """Whether it writes or declares: then it is run in a transaction that is rolled back, through the proxy too."""
        return not self.is_alone and any(_BLOCK.search(step) for step in self.steps)

    def runs_on(self) -> tuple[int, ...]:
        """Major versions; 0 is the newest there is."""
        if IS_SOAK and not self.versions:
            return tuple(version for version in sorted(installations()) if version >= self.since)
        return self.versions or (0,)


def attacks() -> list[Attack]:
    """The files, read."""
    files = sorted(Path(__file__).parent.glob("attacks*.sql"))
    blocks = [block for file in files for block in file.read_text(encoding="utf-8").split("-- attack: ")[1:]]
    return [_attack(*block.split("\n", 1)) for block in blocks]


def _attack(title: str, block: str) -> Attack:
    steps: list[list[str]] = [[]]
    said: dict[str, str] = {}
    for line in block.splitlines():
        word, _, rest = line.removeprefix("-- ").partition(":")
        if line.startswith("-- ") and word in ("silent", "open", "undo", "versions", "since"):
            said[word] = rest.strip()
        elif line in ("-- then", "-- alone"):
            if line == "-- then":
                steps.append([])
            said |= {"alone": "yes"} if line == "-- alone" else {}
        elif line and not line.startswith(("-- ", "--- ")):
            steps[-1].append(line)
    return Attack(
        title,
        tuple("\n".join(step) for step in steps),
        said.get("silent", ""),
        said.get("open", ""),
        said.get("undo", ""),
        "alone" in said,
        tuple(map(int, said.get("versions", "").split())),
        int(said.get("since", "0")),
    )


CASES = [
    pytest.param(
        *(attack, version),
        id=f"{attack.title}{version or ''}",
        marks=[pytest.mark.xfail(strict=True, reason=attack.open)] if attack.open else [],
    )
    for attack in attacks()
    for version in attack.runs_on()
]


def heard(client: Client, batches: Iterable[Batch]) -> bytes:
    """Everything received: each batch ends in one ReadyForQuery, in BindComplete behind Flush, or in the end of the session."""
    recorder = client.recorder
    recorder.received.clear()
    for batch in batches:
        try:
            client.send(*batch)
            if batch[-1:] == [H]:
                while client.next()[0] not in (m.Backend.BIND_COMPLETE, m.Backend.ERROR_RESPONSE):
                    pass
            else:
                client.until_ready()
        except (EOFError, ConnectionResetError, BrokenPipeError):
            break
    return bytes(recorder.received)


def simple(attack: Attack) -> list[Batch]:
    return [[Q(step.encode())] for step in attack.steps]


def extended(attack: Attack) -> list[Batch]:
    """Results in binary."""
    return [
        [P(b"", step.encode()), D("S", b""), B(b"", b"", (), (), (1,)), D("P", b""), E(b""), S] for step in attack.steps
    ]


@pytest.mark.parametrize(("attack", "version"), CASES)
def test_attack(world_on: Callable[[int], World], attack: Attack, version: int) -> None:
    world = world_on(version)
    begin, rollback = [q(b"BEGIN")], [q(b"ROLLBACK")]
    with world.session("direct") as client:
        steps = simple(attack)
        leaks = world.canaries.found_in(heard(client, steps if attack.is_alone else begin + steps + rollback))
        assert bool(leaks) != bool(attack.silent), f"without the proxy: {leaks or 'nothing'}"
    world.undo(attack.undo)
    for way in (simple, extended):
        with world.session("through") as client:
            received = heard(client, begin + way(attack) + rollback if attack.needs_block else way(attack))
            assert received
            assert not world.canaries.found_in(received), way.__name__
        world.undo(attack.undo)


# --- the protocol --------------------------------------------------------------------------------------------------------

ALIKE = b"SELECT 'x'::varchar = 'y'::varchar, lower('X'::varchar)"


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversation(newest_world: World, name: str) -> None:
    world, batches = newest_world, CONVERSATIONS[name]
    leaks = []
    for make in (world.direct, world.through):
        with make(world.analyst) as client:
            received = heard(client, batches)
        world.undo("UPDATE shop.habits SET habit = '', late = ''")
        assert received or make == world.direct
        leaks.append(world.canaries.found_in(received))
    assert bool(leaks[0]) != (name in SILENT), f"without the proxy: {leaks[0] or 'nothing'}"
    assert not leaks[1]


def test_a_domain_of_eve_as_a_parameter_type(newest_world: World) -> None:
    """Parse may name the type by its OID: the input function runs at Bind."""
    oid = newest_world.database.execute("SELECT 'evil.dom'::regtype::oid")[0][0]
    assert isinstance(oid, int)
    with newest_world.through(newest_world.analyst) as client:
        received = heard(client, [[P(b"", b"SELECT $1", (oid,)), B(b"", b"", (), (b"x",)), E(b""), S]])
        assert not newest_world.canaries.found_in(received)


@pytest.mark.parametrize("function", ["lo_get(oid)", "query_to_xml(text,boolean,boolean,text)", "evil.loot()"])
def test_function_call_message(newest_world: World, function: str) -> None:
    oid = newest_world.database.execute(f"SELECT '{function}'::regprocedure::oid")[0][0]
    assert isinstance(oid, int)
    arguments = {"l": [(771).to_bytes(4, "big")], "q": [b"SELECT email FROM shop.customers", b"\1", b"\1", b""], "e": []}
    given = arguments[function[0]]
    body = oid.to_bytes(4, "big") + b"\0\1\0\1" + len(given).to_bytes(2, "big")
    body += b"".join(len(one).to_bytes(4, "big") + one for one in given) + b"\0\1"
    call = b"F" + (len(body) + 4).to_bytes(4, "big") + body
    with newest_world.through(newest_world.analyst) as client:
        client.recorder.received.clear()
        client.send(call)
        client.until_ready()
        assert not newest_world.canaries.found_in(bytes(client.recorder.received))


STARTUPS = {
    "upper case": {"search_path": "EVIL"},
    "twice": {"search_path": "evil", "options": "-c search_path=pg_catalog"},
    "twice in options": {"options": "-c search_path=evil -c search-path=pg_catalog"},
    "double quotes": {"search_path": 'pg_catalog, "evil"'},
    "tab": {"search_path": "pg_catalog,\tevil"},
    "dashes": {"options": "--search-path=EVIL"},
    "escaped": {"options": "-csearch_path=EV\\IL"},
}


@pytest.mark.parametrize("name", STARTUPS)
def test_a_path_from_the_startup_message_comes_back_by_reset(newest_world: World, name: str) -> None:
    """Prepared under a clean path, executed under the one RESET brings back: operators are looked up again."""
    for reset in (b"RESET search_path", b"RESET ALL", b"SET search_path TO DEFAULT"):
        try:
            client = newest_world.through(newest_world.analyst, **STARTUPS[name])
        except AssertionError:
            return  # refused at the door
        with client:
            conversation: list[Batch] = [
                *(q(b"SET search_path = pg_catalog"), [P(b"p", ALIKE), S], q(reset), [B(b"", b"p"), E(b""), S]),
                q(b"SET search_path = pg_catalog"),
                q(reset + b"; " + ALIKE),
            ]
            assert not newest_world.canaries.found_in(heard(client, conversation))


def test_a_path_the_role_was_given_comes_back_by_reset(newest_world: World) -> None:
    """As above, but the unsafe path is the role's default in the database (ALTER ROLE …, or a writable public)."""
    world = newest_world
    name = world.database.name
    world.database.execute(f"ALTER ROLE {world.analyst} IN DATABASE {name} SET search_path = evil, pg_catalog")
    try:
        for reset in (b"RESET search_path", b"RESET ALL", b"SET search_path TO DEFAULT", b"COMMIT"):
            is_local = reset == b"COMMIT"
            clean = [q(b"SET search_path = pg_catalog")]
            if is_local:
                clean = [q(b"BEGIN"), q(b"SET LOCAL search_path = pg_catalog")]
            with world.through(world.analyst) as client:
                conversation: list[Batch] = [*clean, [P(b"p", ALIKE), S], q(reset), [B(b"", b"p"), E(b""), S]]
                if not is_local:
                    conversation += [*clean, q(reset + b"; " + ALIKE)]
                assert not world.canaries.found_in(heard(client, conversation))
    finally:
        world.database.execute(f"ALTER ROLE {world.analyst} IN DATABASE {name} RESET search_path")


def test_a_schema_that_joins_the_path_later(newest_world: World) -> None:
    """The default path holds "$user"; eve, who may create schemas, makes one with that name while a session is on."""
    world = newest_world
    world.database.execute(f"GRANT CREATE ON DATABASE {world.database.name} TO {world.eve}")
    make = (
        f"CREATE SCHEMA {world.analyst}; GRANT USAGE ON SCHEMA {world.analyst} TO PUBLIC;"
        f"CREATE OPERATOR {world.analyst}.= (FUNCTION = evil.same_varchar, LEFTARG = varchar, RIGHTARG = varchar)"
    )
    try:
        with world.through(world.analyst) as client:
            heard(client, [[P(b"p", ALIKE), S], [B(b"", b"p"), E(b""), S]])
            world.database.execute(make, world.eve)
            again: list[Batch] = [[B(b"", b"p"), E(b""), S], q(ALIKE), q(b"SELECT 1"), q(ALIKE + b" -- 2")]
            assert not world.canaries.found_in(heard(client, again))
    finally:
        world.database.execute(f"DROP SCHEMA IF EXISTS {world.analyst} CASCADE", world.eve)
        world.database.execute(f"REVOKE CREATE ON DATABASE {world.database.name} FROM {world.eve}")


def test_code_that_came_after_the_snapshot(newest_world: World) -> None:
    """eve makes a table, it is read, and then she gives it a policy: no session may run that."""
    world = newest_world
    make = "CREATE TABLE evil.calm (id int); INSERT INTO evil.calm VALUES (1); GRANT SELECT ON evil.calm TO PUBLIC;"
    policy = "ALTER TABLE evil.calm ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON evil.calm USING (evil.shout())"
    world.database.execute(make, world.eve)
    try:
        with world.through(world.analyst) as client:
            assert b"DSELECT" not in heard(client, [q(b"SELECT * FROM evil.calm")])
            world.database.execute(policy, world.eve)
            assert not world.canaries.found_in(heard(client, [q(b"SELECT * FROM evil.calm")]))
    finally:
        world.database.execute("DROP TABLE evil.calm", world.eve)


# --- the app, who has the keys: nothing but ciphertext may get into the column --------------------------------------------

PLAIN = b"41112222"
WRITES: dict[str, list[Batch]] = {
    "statement names alike in 63 bytes": [
        *([P(PREFIX + b"B", b"SELECT $1::bytea"), S], [C("S", PREFIX + b"A"), S]),
        [P(PREFIX + b"A", b"INSERT INTO shop.loose_cards VALUES (1, $1)"), S],
        [B(b"", PREFIX + b"B", (), (b"\\x" + PLAIN.hex().encode(),)), E(b""), S],
    ],
    "SQL EXECUTE of a prepared INSERT": [
        [P(b"x", b"INSERT INTO shop.loose_cards VALUES (1, $1)"), S],
        q(b"EXECUTE x('41112222')"),
    ],
    "SQL EXECUTE in the extended protocol": [
        [P(b"x", b"INSERT INTO shop.loose_cards VALUES (1, $1)"), S],
        [P(b"", b"EXECUTE x('41112222')"), B(b"", b""), E(b""), S],
    ],
    "SQL PREPARE": [q(b"PREPARE y AS INSERT INTO shop.loose_cards VALUES (1, $1)"), q(b"EXECUTE y('41112222')")],
    "function.* shifts the columns of INSERT": [
        [Q(
            b"INSERT INTO shop.loose_cards (id, extra, card_no, label)"
            b" SELECT 1, u.*, NULL FROM unnest('{abc}'::bytea[], '{41112222}'::bytea[]) u"
        )]
    ],
    "(row).* shifts the columns of INSERT": [
        [Q(
            b"INSERT INTO shop.loose_cards (id, extra, card_no, label)"
            b" SELECT 1, (u).*, NULL FROM unnest('{abc}'::bytea[], '{41112222}'::bytea[]) u"
        )]
    ],
    "a star in VALUES shifts the columns of INSERT": [
        [Q(
            b"INSERT INTO shop.loose_cards (id, extra, card_no, label)"
            b" SELECT 1, v.* FROM unnest('{abc}'::bytea[], '{41112222}'::bytea[]) u, LATERAL (VALUES (u.*, NULL)) v"
        )]
    ],
    "a row's fields shift the values of INSERT": [
        [Q(
            b"INSERT INTO shop.loose_cards (id, extra, card_no, label)"
            b" VALUES (1, (SELECT 'abc'::bytea), convert_to('41112222', 'UTF8'), 'x')"
        )]
    ],
    "function.* shifts the columns of UPDATE": [
        q(b"INSERT INTO shop.loose_cards VALUES (1, NULL)"),
        [Q(
            b"UPDATE shop.loose_cards SET (extra, card_no, label)"
            b" = (SELECT u.*, NULL FROM unnest('{abc}'::bytea[], '{41112222}'::bytea[]) u)"
        )],
    ],
    "a CTE used before it is defined": [
        [Q(
            b"WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1 AS i, '41112222'::bytea AS x)"
            b" INSERT INTO shop.loose_cards (id, card_no) SELECT * FROM a"
        )]
    ],
    "a NULL that a recursive CTE fills": [
        [Q(
            b"WITH RECURSIVE r(i, x) AS (SELECT 0, NULL::bytea UNION ALL SELECT i + 1, '41112222'::bytea FROM r WHERE i < 1)"
            b" INSERT INTO shop.loose_cards (id, card_no) SELECT i, x FROM r"
        )]
    ],
    "ON CONFLICT": [
        q(b"INSERT INTO shop.loose_cards VALUES (1, NULL)"),
        [Q(
            b"INSERT INTO shop.loose_cards (id, extra) VALUES (1, '41112222') ON CONFLICT (id)"
            b" DO UPDATE SET card_no = excluded.extra"
        )],
    ],
    "one column from another": [
        q(b"INSERT INTO shop.loose_cards (id, extra) VALUES (1, '41112222')"),
        q(b"UPDATE shop.loose_cards SET card_no = extra"),
    ],
    "COPY": [
        [Q(b"COPY shop.loose_cards (id, card_no) FROM STDIN"), m.CopyData(b"1\t41112222\n"), m.CopyDone(), Q(b"SELECT 1")]
    ],
    "MERGE": [
        [Q(
            b"MERGE INTO shop.loose_cards l USING (VALUES (1, '41112222'::bytea)) v(i, x) ON l.id = v.i"
            b" WHEN NOT MATCHED THEN INSERT (id, card_no) VALUES (v.i, v.x)"
        )]
    ],
    "INSERT inside WITH": [
        q(b"WITH w AS (INSERT INTO shop.loose_cards VALUES (1, '41112222'::bytea) RETURNING id) SELECT * FROM w")
    ],
    "a parameter declared bytea": [
        [P(b"", b"INSERT INTO shop.loose_cards VALUES (1, $1)", (17,)), B(b"", b"", (1,), (PLAIN,)), E(b""), S]
    ],
    "a parameter under coalesce": [
        [P(b"", b"INSERT INTO shop.loose_cards VALUES (1, coalesce($1, NULL))"), B(b"", b"", (1,), (PLAIN,)), E(b""), S]
    ],
    "a parameter through a subquery": [
        [
            P(b"", b"INSERT INTO shop.loose_cards (id, card_no) SELECT 1, x FROM (SELECT $1::bytea AS x) q"),
            *(B(b"", b"", (1,), (PLAIN,)), E(b""), S),
        ]
    ],
    "through a view": [q(b"INSERT INTO shop.v_cards (id, card_no) VALUES (70, '41112222')")],
    "a name from the path": [
        q(b"SET search_path = shop"),
        q(b"INSERT INTO loose_cards VALUES (1, '41112222'::bytea)"),
    ],
    "DO": [q(b"DO $$ BEGIN EXECUTE 'INSERT INTO shop.loose_cards VALUES (1, ''41112222'')'; END $$")],
}


@pytest.mark.parametrize("name", WRITES)
def test_no_plaintext_gets_into_an_encrypted_column(newest_world: World, name: str) -> None:
    """The column has no CHECK here, so nothing but the proxy stands in the way."""
    world = newest_world
    if name == "DO":
        pytest.xfail("code in a string is not read; the CHECK on the column is what holds there")
    try:
        with world.through(world.app) as client:
            heard(client, WRITES[name])
        stored = world.database.execute("SELECT encode(card_no, 'escape') FROM shop.loose_cards WHERE card_no IS NOT NULL")
        assert not [one for one in stored if PLAIN.decode() in str(one[0])]
    finally:
        world.database.execute("DELETE FROM shop.loose_cards; DELETE FROM shop.payment_cards WHERE id = 70")


COMPARISONS = {
    "(row).* shifts a comparison": (
        "SELECT d FROM (SELECT (jsonb_each('{\"a\": 1}')).*, p.id, p.card_no FROM shop.payment_cards p) q(a, b, c, d)"
        " WHERE d = $1"
    ),
    "function.* shifts a comparison": (
        "SELECT d FROM (SELECT e.*, p.id, p.card_no FROM jsonb_each('{\"a\": 1}') e, shop.payment_cards p) q(a, b, c, d)"
        " WHERE d = $1"
    ),
    "a CTE used before it is defined": (
        "WITH RECURSIVE a AS (SELECT b.x AS y FROM b), b AS (SELECT card_no AS x FROM shop.payment_cards)"
        " SELECT y FROM a WHERE y = $1"
    ),
    "a recursive CTE": (
        "WITH RECURSIVE r(n, x) AS (SELECT 0, NULL::bytea UNION ALL SELECT n + 1, card_no FROM r JOIN shop.payment_cards p"
        " ON p.id = n + 1) SELECT x FROM r WHERE x = $1"
    ),
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_comparison_finds_the_card_or_is_refused(newest_world: World, name: str) -> None:
    """Silently comparing ciphertext with plaintext answers wrongly, and no ciphertext comes out."""
    with newest_world.through(newest_world.app) as client:
        text = COMPARISONS[name].encode()
        conversation: list[Batch] = [[P(b"", text), B(b"", b"", (), (CARDS[0].encode(),)), E(b""), S]]
        received = heard(client, conversation)
        assert b"E\0" in received or CARDS[0].encode() in received
        assert not any(one[-16:] in received or one[-16:].hex().encode() in received for one in newest_world.ciphertexts)


def test_tampered_ciphertext_is_never_passed_on(newest_world: World) -> None:
    world = newest_world
    whole = world.ciphertexts[0]
    flipped = [bytes((whole[0] ^ 1,)) + whole[1:], whole[:-1] + bytes((whole[-1] ^ 1,))]
    broken = [*flipped, whole[:-1], whole + b"\0", b"plain text", b""]
    try:
        for number, one in enumerate(broken):
            world.database.execute(f"INSERT INTO shop.loose_cards VALUES ({number}, '\\x{one.hex()}')")
        for login in (world.app, world.analyst):
            for number, one in enumerate(broken):
                for way in (simple, extended):
                    text = f"SELECT card_no FROM shop.loose_cards WHERE id = {number}"
                    with world.through(login) as client:
                        received = heard(client, way(Attack("", (text,))))
                    assert b"CXX001\0" in received
                    assert not one or (one not in received and one.hex().encode() not in received)
    finally:
        world.database.execute("DELETE FROM shop.loose_cards")
