"""A caller with keys is answered by encrypted tables as by a plaintext copy of them, or refused; nothing is stored unsealed.

The oracle is a second database that holds the same rows as text, asked directly. Each statement runs in a block on both sides:
rows, tag and what every table then holds must agree, read back through the proxy; the encrypted columns have the check of
`maskgate check` on them. Then the block is rolled back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import psycopg
import pytest
from psycopg import errors

from proxy.cli.embedded import EmbeddedServer
from proxy.crypto import sql_check
from tests.integration.encrypted_statements import ANSWERED, REFUSED, Case
from tests.servers import Database, new_database, role_password
from tests.shop import RunningProxy, write_config

Connection = psycopg.Connection[tuple[Any, ...]]
Answer = tuple[str, list[tuple[Any, ...]]]

_PLAIN = {"cards": ("id", "brand", "amount"), "archive": ("id", "who"), "parted": ("id",)}
_ENCRYPTED = {  # column -> domain; without one it cannot be searched
    "cards": {"card_no": "cards", "alt": "cards", "tag": "tags", "note": ""},
    "archive": {"card_no": "cards", "note": ""},
    "parted": {"card_no": "cards", "note": ""},
}
_TABLES = """
CREATE TABLE cards (id int PRIMARY KEY, card_no {0} UNIQUE, alt {0}, tag {0}, note {0}, brand text, amount int DEFAULT 0);
CREATE TABLE archive (id int PRIMARY KEY, card_no {0}, note {0}, who text);
CREATE TABLE parted (id int, card_no {0}, note {0}) PARTITION BY LIST (id);
CREATE TABLE parted1 PARTITION OF parted FOR VALUES IN (1, 2, 3);
CREATE TABLE parted2 PARTITION OF parted DEFAULT;
CREATE VIEW vcards AS SELECT id, card_no, note, brand FROM cards;
CREATE TABLE log (id int, what text);
"""
_LONG, _FOREIGN = "长" * 50, "é𝄞漢"
_ROWS = [
    (1, "4111", "5500", "t1", "n1", "visa", 10),
    (2, "4222", "4111", "t2", "n2", "mc", 20),
    (3, None, None, None, None, "none", 30),
    (4, "", "x ", "t1", "", "empty", 40),
    (5, "4111 ", _FOREIGN, "t1", _LONG, "sp", 50),
]
_LOOKS = (
    "SELECT id, card_no, alt, tag, note, brand, amount FROM cards ORDER BY id",
    "SELECT id, card_no, note, who FROM archive ORDER BY id",
    "SELECT id, card_no, note FROM parted ORDER BY id",
    "SELECT id, what FROM log ORDER BY id",
)


@dataclass
class Sides:
    """The encrypted database behind its proxy, as the app sees it, and the copy."""

    encrypted: Database
    copy: Database
    through: str
    direct: str

    def connections(self) -> tuple[Connection, Connection]:
        return psycopg.connect(self.through, autocommit=True), psycopg.connect(self.direct, autocommit=True)


@pytest.fixture(scope="module")
def sides(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    folder = tmp_path_factory.mktemp("encrypted") / "proxy"
    encrypted, copy = new_database(newest_server), new_database(newest_server)
    try:
        app = encrypted.role("app")
        checks = (
            f"ALTER TABLE {table} ADD CHECK ({sql_check(column, 'equality' if domain else 'none')});"
            for table, columns in _ENCRYPTED.items()
            for column, domain in columns.items()
        )
        encrypted.execute(_TABLES.format("bytea") + "".join(checks) + f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {app}")
        copy.execute(_TABLES.format("text") + f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {app}")
        (folder / "rules").mkdir(parents=True)
        (folder / "rules" / "all.yaml").write_text(_rules(app))
        running = RunningProxy(write_config(folder, newest_server, encrypted.name, rules="rules"))
        try:
            place = f"{running.host}:{running.port}/{encrypted.name}"
            made = Sides(encrypted, copy, f"postgresql://{app}:{role_password(app)}@{place}", copy.dsn(app, role_password(app)))
            for connection in made.connections():
                with connection:
                    _fill(connection)
            yield made
        finally:
            running.stop()
    finally:
        copy.drop()
        encrypted.drop()


def _rules(app: str) -> str:
    relations = []
    for table, columns in _ENCRYPTED.items():
        relations.append(f"  public.{table}:\n    columns:")
        relations += [f"      {column}: {{class: plain}}" for column in _PLAIN[table]]
        for column, domain in columns.items():
            search = f"search: equality, domain: {domain}" if domain else "search: none"
            relations.append(f"      {column}: {{class: secret, encrypt: {{type: text, {search}}}, mask: {{partial: {{last: 4}}}}}}")
    return "\n".join((
        "classes: {plain: {level: L1}, secret: {level: L4}}",
        "relations:",
        *relations,
        f'roles: {{app: {{logins: [{app}], sees: {{"*": open}}}}}}',
        "defaults: {login_without_role: refuse, unlisted_relation: open}\n",
    ))  # fmt: skip


def _fill(connection: Connection) -> None:
    for row in _ROWS:
        connection.execute("INSERT INTO cards VALUES (%s, %s, %s, %s, %s, %s, %s)", row)
        connection.execute("INSERT INTO archive VALUES (%s, %s, %s, %s)", (row[0] + 1, row[1], row[4], row[5]))
        connection.execute("INSERT INTO parted VALUES (%s, %s, %s)", (row[0], row[1], row[4]))


def _literals(connection: Connection, statement: str, values: tuple[object, ...]) -> Answer:
    """Simple queries, each value written out."""
    with psycopg.ClientCursor(connection) as cursor:
        return _answer(cursor.execute(statement, values or None))


def _text(connection: Connection, statement: str, values: tuple[object, ...]) -> Answer:
    with connection.cursor(binary=False) as cursor:
        return _answer(cursor.execute(statement, values or None, prepare=False))


def _binary(connection: Connection, statement: str, values: tuple[object, ...]) -> Answer:
    """Prepared by name, and run twice: as it is prepared, and again."""
    with connection.cursor(binary=True) as cursor:
        with connection.transaction(force_rollback=True):
            cursor.execute(statement, values or None, prepare=True)
        return _answer(cursor.execute(statement, values or None, prepare=True))


def _answer(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Answer:
    return cursor.statusmessage or "", cursor.fetchall() if cursor.description else []


Way = Callable[[Connection, str, tuple[object, ...]], Answer]
_WAYS = [_literals, _text, _binary]


@pytest.mark.parametrize("way", _WAYS)
def test_answers_and_writes_are_those_of_the_copy(sides: Sides, way: Way) -> None:
    through, direct = sides.connections()
    failed: dict[str, str] = {}
    wrong = []
    with through, direct:
        for case in ANSWERED:
            found, wanted = (_outcome(one, way, case) for one in (through, direct))
            if isinstance(wanted, str):
                failed[case[0]] = wanted
            if found != wanted:
                wrong.append((case, found, wanted))
    assert wrong == []
    assert len(failed) < 10, "the copy answers nearly all, or nothing is compared"


def _outcome(connection: Connection, way: Way, case: Case) -> tuple[Answer, list[list[tuple[Any, ...]]]] | str:
    """The answer and what the tables hold then, or the SQLSTATE; the block is rolled back."""
    connection.execute("BEGIN")
    try:
        answer = way(connection, *case)
        return answer, [connection.execute(look).fetchall() for look in _LOOKS]
    except psycopg.Error as error:
        return error.sqlstate or repr(error)
    finally:
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("way", _WAYS)
def test_what_the_server_cannot_do_is_refused_and_changes_nothing(sides: Sides, way: Way) -> None:
    through, direct = sides.connections()
    with through, direct:
        for statement, values in REFUSED:
            with pytest.raises((errors.FeatureNotSupported, errors.InvalidParameterValue)):
                way(through, statement, values)
                pytest.fail(f"answered: {statement} {values}")
        assert [through.execute(look).fetchall() for look in _LOOKS] == [direct.execute(look).fetchall() for look in _LOOKS]


def test_values_of_many_rows_stay_apart(sides: Sides) -> None:
    """asyncpg: one prepared statement in binary, with NULL, empty and repeated values, many rows in one batch; cursors."""
    found, wanted = (asyncio.run(_many_rows(dsn)) for dsn in (sides.through, sides.direct))
    assert found == wanted
    assert len(found) == 8
    assert len(found[-1]) == 500


async def _many_rows(dsn: str) -> list[list[tuple[Any, ...]]]:
    connection = await asyncpg.connect(dsn.partition("?")[0])
    block = connection.transaction()
    await block.start()
    await connection.execute("DELETE FROM archive")
    rows = [(n, str(n % 7) if n % 3 else None, "n" * n if n % 5 else None, "w") for n in range(500)]
    await connection.executemany("INSERT INTO archive VALUES ($1, $2, $3, $4)", rows)
    query = await connection.prepare("SELECT * FROM archive WHERE card_no = $1 OR ($2::text IS NULL AND id < 5) ORDER BY id")
    answers = [await query.fetch(*values) for values in (("1", "a"), (None, None), ("", None), ("6", ""))]
    change = await connection.prepare("UPDATE archive SET card_no = $1, who = $2 WHERE card_no IS NOT DISTINCT FROM $3")
    for new, who, old in (("x", "u", None), (None, "v", "1"), ("", "", "2"), ("2", "q", "")):
        await change.fetch(new, who, old)
    cursor = await connection.cursor("SELECT * FROM archive ORDER BY id")
    answers.append(await cursor.fetch(100))
    await cursor.forward(50)
    answers += [await cursor.fetch(1000), await query.fetch("x", "")]
    answers.append(await connection.fetch("SELECT * FROM archive ORDER BY id"))
    await block.rollback()
    await connection.close()
    return [[tuple(row) for row in rows] for rows in answers]
