"""Client encodings: every one listed cuts bytes into characters as PostgreSQL does, asked of a real server."""

from __future__ import annotations

import random

import pytest

from proxy.cli.embedded import EmbeddedServer
from proxy.encodings import _CODECS, codec_of, is_plain_name, is_readable
from tests.servers import Database, new_database

NAMES = sorted(set(_CODECS) - {"UTF8", "UNICODE"})


@pytest.fixture(scope="module")
def database(newest_server: EmbeddedServer):  # type: ignore[no-untyped-def]
    made = new_database(newest_server)
    yield made
    made.drop()


@pytest.mark.parametrize("name", NAMES)
def test_what_the_codec_reads_the_server_reads_as_as_many_characters(database: Database, name: str) -> None:
    """Random bytes that decode strictly, and come back, have the same length, and the same ASCII characters, on the server."""
    codec = codec_of(name)
    assert codec is not None
    source = random.Random(name)
    samples = []
    while len(samples) < 400:
        raw = bytes(source.choice((source.randrange(1, 128), source.randrange(128, 256))) for _ in range(source.randrange(1, 9)))
        try:
            text = raw.decode(codec)
        except UnicodeError:
            continue
        if text.encode(codec, "replace") == raw:
            samples.append((raw, text))
    with database.connect() as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION read(raw bytea, name text) RETURNS text LANGUAGE plpgsql AS $$"
            " BEGIN RETURN convert_from(raw, name); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$"
        )
        rows = connection.execute(
            "SELECT read(r, %s) FROM unnest(%s::bytea[]) WITH ORDINALITY AS u(r, n) ORDER BY n", (name, [raw for raw, _ in samples])
        ).fetchall()
    compared = 0
    for (raw, ours), (theirs,) in zip(samples, rows, strict=True):
        if theirs is None:
            continue  # the server will not take it
        compared += 1
        assert isinstance(theirs, str)
        assert len(ours) == len(theirs), raw
        assert [c if c.isascii() else "" for c in ours] == [c if c.isascii() else "" for c in theirs], raw
        assert all(a == b for a, b in zip(ours, theirs, strict=True) if is_plain_name(a)), raw
    assert compared > 50


def test_what_is_not_listed_cannot_be_read() -> None:
    for name in ("EUC_TW", "JOHAB", "MULE_INTERNAL", "EUC_JIS_2004", "SHIFT_JIS_2004", "UTF16", ""):
        assert codec_of(name) is None
        assert not is_readable(name)


def test_sql_ascii_is_the_servers_own_encoding() -> None:
    assert codec_of("SQL_ASCII") == "utf-8"
    assert codec_of("SQL_ASCII", "EUC_CN") == "gb2312"
    assert codec_of("SQL_ASCII", "SQL_ASCII") is None


@pytest.mark.parametrize("spoken", ["utf8", "UTF-8", "Unicode", "gbk", "GB18030", "big-5", "sql_ascii", "iso_8859_1", "Latin 1"])
def test_what_people_write(spoken: str) -> None:
    assert is_readable(spoken)
