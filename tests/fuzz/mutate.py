"""Mutants of seeds: mostly still SQL, with wrong pieces in wrong places, and some bytes that are no SQL at all."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

# A case is these bytes of choice (see `targets.py`), then the text.
CHOICE_BYTES = 3
# Most mutants stay small; one in this many is blown up to the limits of `proxy.sql.parse`, which takes time.
_ONE_IN = 400
LONGEST = 64 * 1024  # bytes of a text

_WORDS = b"""
SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET FETCH FOR UPDATE OF SHARE UNION ALL INTERSECT EXCEPT DISTINCT ON WITH
RECURSIVE MATERIALIZED SEARCH CYCLE AS JOIN LEFT FULL CROSS NATURAL USING LATERAL ONLY TABLE VALUES TABLESAMPLE ROWS INSERT INTO
DEFAULT OVERRIDING SET DELETE MERGE MATCHED CONFLICT DO NOTHING RETURNING old new CURRENT_DATE CURRENT EXISTS IN ANY SOME ARRAY ROW
CASE WHEN THEN ELSE END IS NULL NOT AND OR BETWEEN LIKE ILIKE SIMILAR TO ESCAPE COLLATE CAST EXTRACT OVERLAY POSITION SUBSTRING TRIM
COALESCE NULLIF GREATEST XMLELEMENT JSON_TABLE JSON_OBJECT JSON_SCALAR GROUPING SETS ROLLUP CUBE OVER PARTITION WINDOW FILTER WITHIN
EXPLAIN ANALYZE VERBOSE DECLARE CURSOR HOLD FETCH MOVE CLOSE PREPARE EXECUTE DEALLOCATE COPY STDOUT STDIN BEGIN COMMIT ROLLBACK
SAVEPOINT RELEASE LOCK LISTEN NOTIFY SHOW RESET DISCARD CREATE TEMP DROP ALTER TRUNCATE DO CALL search_path role INTERVAL AT TIME ZONE
customers shop.customers orders shop.orders payment_cards shop.payment_cards customer_names old_cards evil.orders pg_class
pg_catalog.pg_class shopdb.shop.customers pg_temp.customers nowhere id customer_id name email phone birth_date profile raw city
card_no brand note photo total status c o x ctid tableoid xmin evil.dom shop.status text int8 regclass record varchar(3) numeric(12,2)
count lower length shop.tax shop.full_name full_name set_config pg_sleep query_to_xml to_json jsonb_agg generate_series unnest
""".split()
_NAMES = b"""
customers shop.customers orders shop.orders payment_cards shop.payment_cards customer_names id customer_id name email phone
birth_date profile city card_no brand note total status c o x c.name c.id o.id customers.name shop.customers.email c.* excluded.name
old.name new.id ctid NULL 1 'x' '4111' $1 true DEFAULT count(*) lower(name) c
""".split()
_MARKS = b""". , ; ( ) [ ] * :: = <> < > || + - / % ^ ~ ~* !~ -> ->> #> @> ? :: := => .. : $1 $2 $0 $99999999999 '4111' 'x' '' E'a\\''
E'\\x00' U&'\\0041' U&"\\0041" U&'d!0061' B'01' X'1F' N'x' $$a$$ $q$'$q$ 1 0 -1 1.5 1e400 0x1F 0b1 1_000 99999999999999999999 1a
"customers" "Customers" "a""b" "" true false OPERATOR(pg_catalog.=) OPERATOR(evil.#>#) \\ ' " $$ $q$ /* */ /*/* -- @ ` { }""".split()
_BYTES = (
    "姓名".encode(), '"姓 名"'.encode(), "'😀'".encode(), "\u2028".encode(), "\ufeff".encode(), "İ".encode(), "ﬀ".encode(), b"\x00",
    b"\xff", b"\xc3", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\r", b"\v", b"\xa0", b"\x1a", b"UESCAPE '!'", b"\n",
    b"'a'\n'b'", b"'a' /* x */ 'b'", b"--\n", b"/* ' */", b"a" * 63, b"a" * 64, b"customers" + b"x" * 60,
)  # fmt: skip
VOCABULARY: tuple[bytes, ...] = (*_WORDS, *_MARKS, *_BYTES)

_BRACKETS = (
    (b"(", b")"), (b"(SELECT ", b")"), (b"[", b"]"), (b"ARRAY[", b"]"), (b"CASE WHEN true THEN ", b" END"), (b"NOT ", b""),
    (b"ROW(", b")"), (b"CAST(", b" AS text)"), (b"lower(", b")"), (b"SELECT * FROM (", b") x"), (b"WITH x AS (", b") SELECT 1"),
    (b"- ", b""), (b"", b"::text"), (b"", b"[1]"), (b"(", b").name"), (b"EXISTS (", b")"), (b"/*", b"*/"), (b"$q$", b"$q$"),
    (b"EXPLAIN ", b""), (b"PREPARE p AS ", b""), (b"DECLARE k CURSOR FOR ", b""), (b"COPY (", b") TO STDOUT"),
    (b"SELECT 1 UNION ALL ", b""), (b"JOIN customers ON ", b""), (b"1 + ", b""), (b"ARRAY(SELECT ", b")"), (b"'", b"'"),
)  # fmt: skip


class Mutator:
    """Mutants by a random source, over seeds given as pieces."""

    def __init__(self, random: Random, seeds: Sequence[Sequence[bytes]]) -> None:
        self.random = random
        self.seeds = seeds

    def case(self) -> bytes:
        """A fresh case."""
        return self.choice() + self.text(list(self.random.choice(self.seeds)))

    def choice(self) -> bytes:
        """The leading bytes of a case."""
        return self.random.randbytes(CHOICE_BYTES)

    def text(self, parts: list[bytes]) -> bytes:
        """A mutant of one text."""
        steps = (
            self.renamed, self.renamed, self.renamed, self.replaced, self.inserted, self.removed, self.repeated, self.swapped,
            self.crossed, self.wrapped, self.recased,
        )  # fmt: skip
        for _ in range(1 + int(min(self.random.expovariate(1.0), 11))):
            parts = self.random.choice(steps)(parts)
        text = b"".join(parts)
        if self.random.random() < 0.02:
            text = self.flipped(text)
        if self.random.randrange(_ONE_IN) == 0:
            text = self.blown_up(text)
        return text[:LONGEST]

    def span(self, parts: list[bytes]) -> tuple[int, int]:
        """A short stretch of pieces, half-open."""
        start = self.random.randrange(len(parts) + 1)
        return start, min(len(parts), start + int(min(self.random.expovariate(0.3), 40)))

    def renamed(self, parts: list[bytes]) -> list[bytes]:
        """A word that is no keyword of a statement's beginning becomes a name: the text mostly stays grammatical."""
        words = [i for i, part in enumerate(parts) if i and part[:1].isalpha() and not part.isupper()]
        if not words:
            return self.replaced(parts)
        at = self.random.choice(words)
        return [*parts[:at], self.random.choice(_NAMES), *parts[at + 1 :]]

    def replaced(self, parts: list[bytes]) -> list[bytes]:
        start, _ = self.span(parts)
        return [*parts[:start], self.random.choice(VOCABULARY), *parts[start + 1 :]]

    def inserted(self, parts: list[bytes]) -> list[bytes]:
        start, _ = self.span(parts)
        return [*parts[:start], self.random.choice((b" ", b"")), self.random.choice(VOCABULARY), b" ", *parts[start:]]

    def removed(self, parts: list[bytes]) -> list[bytes]:
        start, end = self.span(parts)
        return parts[:start] + parts[end:]

    def repeated(self, parts: list[bytes]) -> list[bytes]:
        start, end = self.span(parts)
        return parts[:end] + parts[start:end] * self.random.randrange(1, 6) + parts[end:]

    def swapped(self, parts: list[bytes]) -> list[bytes]:
        (a, b), (c, d) = sorted((self.span(parts), self.span(parts)))
        return parts if c < b else parts[:a] + parts[c:d] + parts[b:c] + parts[a:b] + parts[d:]

    def crossed(self, parts: list[bytes]) -> list[bytes]:
        other = list(self.random.choice(self.seeds))
        start, end = self.span(parts)
        first, last = self.span(other)
        if self.random.random() < 0.1:
            return [*parts, b"; ", *other]
        return parts[:start] + other[first:last] + parts[end:]

    def wrapped(self, parts: list[bytes]) -> list[bytes]:
        opening, closing = self.random.choice(_BRACKETS)
        times = self.random.choice((1, 1, 1, 2, 3, 10, 40))
        start, end = self.span(parts) if self.random.random() < 0.8 else (0, len(parts))
        return [*parts[:start], opening * times, *parts[start:end], closing * times, *parts[end:]]

    def recased(self, parts: list[bytes]) -> list[bytes]:
        start, end = self.span(parts)
        return [*parts[:start], *(p.swapcase() for p in parts[start:end]), *parts[end:]]

    def flipped(self, text: bytes) -> bytes:
        changed = bytearray(text)
        for _ in range(self.random.randrange(1, 4)):
            if changed:
                changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        return bytes(changed)

    def blown_up(self, text: bytes) -> bytes:
        """Deep or long, up to what the limits let through and beyond."""
        opening, closing = self.random.choice(_BRACKETS)
        size = max(len(opening), len(closing), 1)
        times = self.random.choice((100, 500, 1_900, 2_100, LONGEST // 2 // size))
        return opening * times + text[:1_000] + closing * times
