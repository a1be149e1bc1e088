"""Raw conversations of the extended protocol that try to make the proxy and the server mean different things by one message.

By name: the batches that are sent, each answered by one ReadyForQuery, or, where Flush is the last, up to BindComplete. `SILENT`
says of some why they leak nowhere even without the proxy.
"""

from __future__ import annotations

from proxy.wire import messages as m

B, P, E, C, D, Q, S, H = m.Bind, m.Parse, m.Execute, m.Close, m.Describe, m.Query, m.Sync(), m.Flush()
Batch = list[m.Message | bytes]  # sent in one write
PREFIX = b"n" * 63  # PostgreSQL tells the names of statements and portals apart by their first 63 bytes
CARDS = b"SELECT card_no FROM shop.payment_cards"
MAILS = b"SELECT email FROM shop.customers"
ONE = b"SELECT 1"


def q(text: bytes) -> Batch:
    """One simple query."""
    return [Q(text)]


def run(text: bytes, *formats: int, limit: int = 0, portal: bytes = b"") -> Batch:
    """Parse, Bind and Execute, without a Sync."""
    return [P(b"", text), B(portal, b"", (), (), formats), E(portal, limit)]


def raw(kind: bytes, body: bytes) -> bytes:
    """A frame as it stands."""
    return kind + (len(body) + 4).to_bytes(4, "big") + body


OPEN = b"SELECT card_no FROM shop.test_cards UNION ALL SELECT card_no FROM shop.test_cards"
SHUT = b"SELECT card_no FROM shop.payment_cards UNION ALL SELECT card_no FROM shop.payment_cards"

NAMES: dict[str, list[Batch]] = {
    "PREPARE and DEALLOCATE of the protocol, run by EXECUTE": [
        *(q(b"PREPARE a AS " + OPEN), [P(b"d", b"DEALLOCATE a"), P(b"b", b"PREPARE a AS " + SHUT), S]),
        *(q(b"EXECUTE d"), q(b"EXECUTE b"), q(b"EXECUTE a")),
    ],
    "a statement of the protocol that EXECUTE replaced": [
        [P(b"a", OPEN), P(b"d", b"DEALLOCATE a"), P(b"b", b"PREPARE a AS " + SHUT), S],
        *(q(b"EXECUTE d"), q(b"EXECUTE b"), [B(b"", b"a"), E(b""), S]),
    ],
    "DECLARE and CLOSE of the protocol, run by EXECUTE": [
        *(q(b"BEGIN"), q(b"DECLARE c CURSOR FOR " + OPEN)),
        *([P(b"d", b"CLOSE c"), P(b"b", b"DECLARE c CURSOR FOR " + SHUT), S], q(b"EXECUTE d"), q(b"EXECUTE b"), q(b"FETCH ALL FROM c")),
    ],
    "statement names alike in 63 bytes": [
        *([P(PREFIX + b"B", ONE), S], [C("S", PREFIX + b"A"), S], [P(PREFIX + b"A", CARDS), S]),
        [B(b"", PREFIX + b"B"), E(b""), S],
    ],
    "portal names alike in 63 bytes": [
        *(q(b"BEGIN"), [P(b"a", ONE), P(b"b", CARDS), B(PREFIX + b"B", b"a"), S]),
        *([C("P", PREFIX + b"A"), B(PREFIX + b"A", b"b"), S], [E(PREFIX + b"B"), S]),
    ],
    "statement names alike in 63 bytes, in one pipeline": [
        [P(PREFIX + b"B", ONE), C("S", PREFIX + b"A"), P(PREFIX + b"A", CARDS), B(b"", PREFIX + b"B"), E(b""), S]
    ],
    "an old unnamed statement": [
        *([P(b"", CARDS), S], [P(b"", b"SELECT encode(card_no, 'hex') FROM shop.payment_cards"), S]),
        [B(b"", b""), E(b""), S],
    ],
    "a skipped Parse": [[P(b"a", CARDS), S], [P(b"b", b"SELECT nonsense"), P(b"a", ONE), S], [B(b"", b"a"), E(b""), S]],
    "a name parsed twice": [[P(b"a", CARDS), S], [P(b"a", ONE), S], [B(b"", b"a"), E(b""), S]],
    "a name closed and parsed again in one pipeline": [
        [P(b"a", ONE), S],
        [C("S", b"a"), P(b"a", CARDS), B(b"p", b"a"), E(b"p"), C("S", b"a"), P(b"a", b"SELECT 2"), S],
        [B(b"", b"a"), E(b""), S],
    ],
    "a closed name that failed to come back": [
        *([P(b"a", ONE), S], [C("S", b"a"), P(b"a", b"SELECT nonsense"), S], [P(b"a", CARDS), S]),
        [B(b"", b"a"), E(b""), S],
    ],
    "DEALLOCATE and the same name": [[P(b"a", ONE), S], q(b"DEALLOCATE a"), [P(b"a", CARDS), S], [B(b"", b"a"), E(b""), S]],
    "DEALLOCATE of a quoted name": [
        *([P(b"A b", ONE), S], q(b'DEALLOCATE PREPARE "A b"'), [P(b"A b", CARDS), S], [B(b"", b"A b"), E(b""), S]),
    ],
    "DEALLOCATE of another case": [
        *([P(b"A", CARDS), S], q(b"PREPARE a AS SELECT 1"), q(b"DEALLOCATE A"), [B(b"", b"A", (), (), (1,)), E(b""), S]),
    ],
    "DEALLOCATE in a pipeline": [
        [P(b"a", ONE), S],
        [*run(b"DEALLOCATE a"), P(b"a", CARDS), B(b"", b"a"), E(b""), S],
        [B(b"", b"a"), E(b""), S],
    ],
    "DEALLOCATE in a pipeline that fails later": [
        *([P(b"a", ONE), S], [*run(b"DEALLOCATE a"), *run(b"PREPARE a AS " + CARDS), *run(b"SELECT 1/0"), S]),
        *([B(b"", b"a"), E(b""), S], q(b"EXECUTE a")),
    ],
    "DEALLOCATE ALL in a pipeline": [
        *([P(b"a", CARDS), S], [*run(b"DEALLOCATE ALL"), P(b"a", ONE), *run(b"DEALLOCATE ALL"), P(b"a", CARDS), S]),
        [B(b"", b"a"), E(b""), S],
    ],
    "DISCARD ALL and the same name": [
        *([P(b"a", ONE), S], q(b"DISCARD ALL"), [P(b"a", CARDS), S], [B(b"", b"a", (), (), (1,)), E(b""), S]),
    ],
    "DISCARD ALL in a pipeline": [
        [P(b"a", CARDS), S],
        [*run(b"DISCARD ALL"), B(b"", b"a"), E(b""), S],
        [B(b"", b"a"), E(b""), S],
    ],
    "Bind to a statement SQL prepared": [q(b"PREPARE p AS " + CARDS), [B(b"", b"p"), E(b""), S]],
    "Bind in binary to a statement SQL prepared": [
        q(b"PREPARE p AS " + CARDS),
        [B(b"", b"p", (), (), (1,)), D("P", b""), E(b""), S],
    ],
    "Describe a statement SQL prepared, then run it": [q(b"PREPARE p AS " + MAILS), [D("S", b"p"), S], q(b"EXECUTE p")],
    "EXECUTE of a statement the protocol prepared": [[P(b"p", CARDS), S], q(b"EXECUTE p")],
    "EXECUTE in the extended protocol": [[P(b"p", CARDS), S], [*run(b"EXECUTE p", 1), S]],
    "EXECUTE of a name closed by the protocol": [
        *(q(b"PREPARE p AS SELECT 1"), [C("S", b"p"), S], [P(b"p", CARDS), S], q(b"EXECUTE p")),
    ],
    "EXECUTE bound, then the name changed": [
        *(q(b"PREPARE p AS SELECT 1"), q(b"BEGIN")),
        [P(b"e", b"EXECUTE p"), B(b"x", b"e"), S],
        q(b"DEALLOCATE p; PREPARE p AS " + CARDS),
        [E(b"x"), S],
    ],
    "EXECUTE described, then the name changed": [
        *(q(b"PREPARE p AS SELECT 1"), [P(b"e", b"EXECUTE p"), D("S", b"e"), S]),
        *(q(b"DEALLOCATE p"), q(b"PREPARE p AS " + MAILS), [B(b"", b"e"), E(b""), S]),
    ],
    "PREPARE and Bind in one pipeline": [[*run(b"PREPARE p AS " + CARDS), B(b"", b"p"), E(b""), S]],
    "PREPARE run twice from one statement": [
        *([P(b"s", b"PREPARE p AS " + CARDS), B(b"", b"s"), E(b""), S], q(b"DEALLOCATE p"), q(b"PREPARE p AS SELECT 1")),
        *(q(b"DEALLOCATE p"), [B(b"", b"s"), E(b""), B(b"", b"p"), E(b""), S]),
    ],
    "PREPARE of a name the protocol has": [
        [P(b"p", ONE), S],
        q(b"PREPARE p AS " + CARDS),
        [C("S", b"p"), P(b"p", CARDS), S],
        q(b"EXECUTE p"),
    ],
    "a Parse that is skipped while SQL prepares the name": [
        *([P(b"b", b"SELECT nonsense"), P(b"p", ONE), S], q(b"PREPARE p AS " + CARDS), [B(b"", b"p"), E(b""), S]),
    ],
    "a name that is no UTF-8": [[P(b"\xff", CARDS), S], [B(b"", b"\xff"), E(b""), S]],
    "a name of 63 bytes cut inside a character": [
        *([P("é".encode() * 32, CARDS), S], q(b"EXECUTE " + "é".encode() * 32), [B(b"", "é".encode() * 31), E(b""), S]),
    ],
}

PORTALS: dict[str, list[Batch]] = {
    "portals with row limits": [
        q(b"BEGIN"),
        [P(b"", CARDS), B(b"p", b""), E(b"p", 1), H, E(b"p", 1), S],
        [P(b"", ONE), B(b"q", b""), E(b"p", 1), E(b"q", 1), S],
        q(b"COMMIT"),
    ],
    "a portal in pieces across Syncs": [
        q(b"BEGIN"),
        [P(b"", MAILS), B(b"p", b""), E(b"p", 1), S],
        [E(b"p", 1), S],
        [E(b"p"), S],
    ],
    "a portal bound before the statement changed": [
        *(q(b"BEGIN"), [P(b"a", CARDS), B(b"p", b"a"), C("S", b"a"), P(b"a", ONE), S], [E(b"p"), S]),
    ],
    "a portal bound again": [
        *(q(b"BEGIN"), [P(b"a", CARDS), P(b"b", ONE), B(b"", b"b"), B(b"", b"a"), E(b""), B(b"", b"b"), E(b""), S]),
    ],
    "CLOSE and the same portal": [
        *(q(b"BEGIN"), [P(b"a", CARDS), P(b"b", ONE), B(b"p", b"b"), S], q(b"CLOSE p"), [B(b"p", b"a"), E(b"p"), S]),
    ],
    "CLOSE ALL and the same portal": [
        *(q(b"BEGIN"), [P(b"a", CARDS), P(b"b", ONE), B(b"p", b"b"), S], q(b"CLOSE ALL"), [B(b"p", b"a"), E(b"p"), S]),
    ],
    "Execute of a cursor": [q(b"BEGIN"), q(b"DECLARE c CURSOR FOR " + CARDS), [E(b"c"), S]],
    "Execute of a cursor with a limit": [
        q(b"BEGIN"),
        q(b"DECLARE c CURSOR FOR " + CARDS),
        [E(b"c", 1), D("P", b"c"), E(b"c", 2), S],
    ],
    "Execute of a binary cursor": [q(b"BEGIN"), q(b"DECLARE c BINARY CURSOR FOR " + CARDS), [D("P", b"c"), E(b"c"), S]],
    "Execute of a cursor of mails": [q(b"BEGIN"), q(b"DECLARE c BINARY CURSOR FOR " + MAILS), [E(b"c", 1), E(b"c"), S]],
    "DECLARE and Execute in one pipeline": [[*run(b"BEGIN"), *run(b"DECLARE c CURSOR FOR " + CARDS), E(b"c"), D("P", b"c"), S]],
    "DECLARE, FETCH and CLOSE in one pipeline": [
        q(b"BEGIN"),
        [*run(b"DECLARE c CURSOR FOR " + CARDS), *run(b"FETCH 1 FROM c", 1), *run(b"FETCH ALL FROM c"), *run(b"CLOSE c"), S],
    ],
    "DECLARE run twice from one statement": [
        q(b"BEGIN"),
        [P(b"s", b"DECLARE c CURSOR FOR " + CARDS), B(b"", b"s"), E(b""), S],
        q(b"CLOSE c; DECLARE c CURSOR FOR SELECT 1; CLOSE c"),
        [B(b"", b"s"), E(b""), E(b"c"), S],
    ],
    "FETCH in binary from a cursor": [q(b"BEGIN"), q(b"DECLARE c CURSOR FOR " + CARDS), [*run(b"FETCH ALL FROM c", 1), S]],
    "FETCH in pieces": [
        q(b"BEGIN"),
        q(b"DECLARE c CURSOR FOR " + MAILS),
        [*run(b"FETCH ALL FROM c", 1, limit=1, portal=b"f"), E(b"f"), S],
    ],
    "FETCH bound, then the cursor changed": [
        *(q(b"BEGIN"), q(b"DECLARE c CURSOR FOR SELECT 1"), [P(b"f", b"FETCH ALL FROM c"), B(b"x", b"f"), S]),
        *(q(b"CLOSE c; DECLARE c CURSOR FOR " + CARDS), [E(b"x"), S]),
    ],
    "FETCH described, then the cursor changed": [
        *(q(b"BEGIN"), q(b"DECLARE c CURSOR FOR SELECT 1"), [P(b"f", b"FETCH ALL FROM c"), D("S", b"f"), S]),
        *(q(b"CLOSE c"), q(b"DECLARE c CURSOR FOR " + MAILS), [B(b"", b"f"), E(b""), S]),
    ],
    "FETCH from a portal of the protocol": [
        q(b"BEGIN"),
        [P(b"a", CARDS), B(b"p", b"a", (), (), (1,)), S],
        q(b"FETCH ALL FROM p"),
    ],
    "FETCH from a portal that was begun": [q(b"BEGIN"), [P(b"a", MAILS), B(b"p", b"a"), E(b"p", 1), S], q(b"FETCH ALL FROM p")],
    "MOVE, then Execute": [q(b"BEGIN"), q(b"DECLARE c SCROLL CURSOR FOR " + CARDS), q(b"MOVE 1 IN c"), [E(b"c"), S]],
    "a cursor and a portal of one name": [
        *(
            q(b"BEGIN"),
            q(b"DECLARE c CURSOR FOR SELECT 1"),
            [P(b"a", CARDS), C("P", b"c"), B(b"c", b"a"), S],
            q(b"FETCH ALL FROM c"),
        ),
    ],
    "a cursor with hold across a rollback": [
        *(q(b"BEGIN"), q(b"DECLARE c CURSOR WITH HOLD FOR SELECT 1"), q(b"ROLLBACK"), q(b"BEGIN")),
        *(q(b"DECLARE c CURSOR WITH HOLD FOR " + CARDS), q(b"COMMIT"), [E(b"c"), S], q(b"FETCH FIRST FROM c")),
    ],
    "a cursor with hold across DISCARD": [
        *(
            q(b"DECLARE c CURSOR WITH HOLD FOR SELECT 1"),
            q(b"DISCARD ALL"),
            q(b"DECLARE c CURSOR WITH HOLD FOR " + MAILS),
            [E(b"c"), S],
        ),
    ],
    "a cursor taken back by a savepoint": [
        *(q(b"BEGIN"), q(b"DECLARE c CURSOR FOR SELECT 1"), q(b"SAVEPOINT a"), q(b"DECLARE d CURSOR FOR SELECT 1")),
        *(q(b"ROLLBACK TO a"), [P(b"s", CARDS), B(b"d", b"s"), E(b"d"), S]),
    ],
    "a portal named like a closed cursor": [
        *(
            q(b"BEGIN"),
            q(b"DECLARE c CURSOR FOR SELECT 1; CLOSE c"),
            [P(b"s", MAILS), B(b"c", b"s"), S],
            [E(b"c", 1), S],
            q(b"FETCH c"),
        ),
    ],
    "a cursor name of another case": [
        *(q(b"BEGIN"), q(b"DECLARE C CURSOR FOR SELECT 1"), [P(b"s", CARDS), B(b"C", b"s"), S], q(b'FETCH ALL FROM "C"')),
    ],
    "an execution limit of a write": [
        [P(b"", b"DELETE FROM shop.phone RETURNING phone"), B(b"p", b""), E(b"p", 1), *run(b"SELECT 1/0"), S]
    ],
}

PIPELINES: dict[str, list[Batch]] = {
    "a failed Bind": [
        [P(b"a", b"SELECT $1::int"), B(b"", b"a", (), (b"x",)), E(b""), S],
        *([P(b"a", CARDS), S], [B(b"", b"a"), E(b""), S]),
    ],
    "a big row in a pipeline": [
        [*run(ONE), *run(b"SELECT card_no, repeat('x', 1050000) FROM shop.payment_cards WHERE id = 1"), S],
    ],
    "a parameter as a value": [[P(b"", b"SELECT $1::text, email FROM shop.customers"), B(b"", b"", (), (b"x",)), E(b""), S]],
    "a parameter as a row": [
        [P(b"", b"SELECT ($1::shop.customers).email, c FROM shop.customers c"), B(b"", b"", (), (None,)), E(b""), S]
    ],
    "a parameter as a relation's name": [
        [P(b"", b"SELECT $1::regclass, email FROM shop.customers"), B(b"", b"", (), (b"shop.odd",)), E(b""), S]
    ],
    "a parameter of eve's domain": [[P(b"", b"SELECT $1", (0,)), B(b"", b"", (), (b"x",)), E(b""), S]],
    "more result formats than columns": [[P(b"", CARDS), B(b"", b"", (), (), (1, 0, 1)), E(b""), S], [*run(MAILS), S]],
    "an unknown result format": [[P(b"", CARDS), B(b"", b"", (), (), (2,)), E(b""), S], [*run(MAILS, 1), S]],
    "Flush after every message": [[P(b"", CARDS), H, B(b"", b""), H, D("P", b""), H, E(b""), H, S]],
    "Describe without Execute, then Execute": [[P(b"a", MAILS), D("S", b"a"), S], [B(b"p", b"a"), D("P", b"p"), E(b"p"), S]],
    "Describe of another statement in between": [
        [P(b"a", CARDS), P(b"b", ONE), D("S", b"b"), B(b"", b"a"), E(b""), D("S", b"a"), S]
    ],
    "CopyData out of place": [[m.CopyData(b"SELECT"), m.CopyDone(), Q(MAILS)]],
    "COPY out in a pipeline": [
        [*run(ONE), *run(b"COPY (" + MAILS + b") TO STDOUT"), *run(b"COPY shop.phone TO STDOUT (FORMAT binary)"), S]
    ],
    "COPY of cards in a pipeline": [[*run(b"COPY (" + CARDS + b") TO STDOUT (FORMAT binary)"), S], [*run(CARDS), S]],
    "COPY in, then its rows": [
        q(b"BEGIN"),
        [Q(b"COPY shop.phone (id, kind) FROM STDIN"), m.CopyData(b"77\tnew\n"), m.CopyDone()],
        q(b"TABLE shop.phone"),
    ],
    "COPY in with a bad row": [
        [Q(b"COPY shop.orders (id, customer_id, total) FROM STDIN"), m.CopyData(b"1\t1\t-5\n"), m.CopyDone()],
        q(MAILS),
    ],
    "COPY in that fails a check": [
        q(b"BEGIN"),
        [Q(b"COPY shop.habits (id, habit) FROM STDIN"), m.CopyData(b"1\tx\n"), m.CopyDone()],
        q(b"ROLLBACK"),
        q(MAILS),
    ],
    "COPY in given up": [[Q(b"COPY shop.phone (id, kind) FROM STDIN"), m.CopyFail(b"never mind")], q(MAILS)],
    "COPY in with Syncs inside": [
        q(b"BEGIN"),
        [*run(b"COPY shop.phone (id, kind) FROM STDIN"), S, m.CopyData(b"78\tx\n"), S, m.CopyDone(), S],
        q(b"TABLE shop.phone"),
    ],
    "COPY in whose data looks like a statement": [
        q(b"BEGIN"),
        [Q(b"COPY shop.phone (id, kind) FROM STDIN"), m.CopyData(b"79\tTABLE shop.customers\n\\.\n"), m.CopyDone()],
        q(b"SELECT * FROM shop.phone"),
    ],
    "a path that changes in a pipeline": [
        [*run(b"SET search_path = other"), *run(b"SET search_path = shop"), *run(b"SELECT email FROM customers"), S]
    ],
    "a path that rolls back": [
        *(q(b"SET search_path = other"), q(b"BEGIN"), q(b"SET search_path = shop"), q(b"ROLLBACK")),
        [P(b"a", b"SELECT email FROM customers"), S],
        *(q(b"SET search_path = shop"), [B(b"", b"a"), E(b""), S]),
    ],
    "a path that rolls back to a savepoint": [
        *(q(b"BEGIN"), q(b"SET LOCAL search_path = other"), q(b"SAVEPOINT a"), q(b"SET LOCAL search_path = shop")),
        *(
            [P(b"a", b"SELECT email FROM customers"), S],
            q(b"ROLLBACK TO a"),
            q(b"SET LOCAL search_path = shop"),
            [B(b"", b"a"), E(b""), S],
        ),
    ],
    "a path set in a transaction that fails": [
        *(q(b"BEGIN"), q(b"SET search_path = shop"), q(b"SELECT 1/0"), q(b"COMMIT"), q(b"SET search_path = shop")),
        q(b"SELECT email FROM customers"),
    ],
    "a path set by set_config in a pipeline": [
        [*run(b"SELECT set_config('search_path', 'shop', false)"), *run(b"SELECT email FROM customers"), S],
        q(b"SELECT email FROM customers"),
    ],
    "a pipeline in a block of its own": [[*run(b"BEGIN"), *run(MAILS), *run(b"COMMIT"), *run(CARDS), S]],
    "an error, then more in the next segment": [[*run(b"SELECT 1/0"), *run(CARDS), S], [*run(CARDS), S]],
    "simple and extended in one write": [[*run(CARDS), Q(MAILS)], [S]],
    "a trigger's error in a pipeline": [[*run(ONE), *run(b"UPDATE shop.habits SET habit = 'relation'"), *run(ONE), S]],
    "a deferred trigger's error at Sync": [[*run(b"UPDATE shop.habits SET late = 'relation'"), *run(ONE), S]],
    "a deferred trigger's error at COMMIT in a pipeline": [
        [*run(b"BEGIN"), *run(b"UPDATE shop.habits SET late = 'cast'"), *run(b"COMMIT"), S]
    ],
    "a write's RETURNING in binary": [
        q(b"BEGIN"),
        [P(b"", b"UPDATE shop.phone SET kind = $1 RETURNING *"), B(b"", b"", (), (b"x",), (1,)), E(b""), S],
    ],
    "a write described and run again": [
        *(q(b"BEGIN"), [P(b"u", b"UPDATE shop.phone SET kind = $1 RETURNING phone"), D("S", b"u"), S]),
        *([B(b"", b"u", (), (b"x",)), E(b""), B(b"", b"u", (), (b"y",), (1,)), E(b""), S],),
    ],
    "cards returned by a write": [
        q(b"BEGIN"),
        [
            P(b"", b"UPDATE shop.payment_cards SET brand = 'x' RETURNING card_no"),
            B(b"", b"", (), (), (1,)),
            D("P", b""),
            E(b""),
            S,
        ],
    ],
    "a temporary table in a pipeline": [
        [*run(b"CREATE TEMP TABLE loot AS " + MAILS), *run(b"SELECT * FROM loot"), S],
        q(b"SELECT * FROM loot"),
        q(b"DROP TABLE loot"),
    ],
    "a statement over a temporary table that another makes anew": [
        *(
            q(b"CREATE TEMP TABLE shop_seen (x text)"),
            [P(b"s", b"SELECT x FROM shop_seen"), S],
            q(b"PREPARE p AS TABLE shop_seen"),
        ),
        *(q(b"DROP TABLE shop_seen"), q(b"BEGIN"), q(b"UPDATE shop.habits SET habit = 'temporary'")),
        *([B(b"", b"s"), E(b""), S], q(b"ROLLBACK"), q(b"BEGIN"), q(b"UPDATE shop.habits SET habit = 'temporary'")),
        *(q(b"EXECUTE p"), q(b"ROLLBACK")),
    ],
    "a temporary table rolled back, then made by another": [
        *(q(b"BEGIN"), q(b"CREATE TEMP TABLE shop_seen (x text)"), q(b"ROLLBACK"), q(b"BEGIN")),
        *(q(b"UPDATE shop.habits SET habit = 'temporary'"), q(b"SELECT x FROM shop_seen"), q(b"ROLLBACK")),
    ],
    "a temporary table dropped in a savepoint that is rolled back": [
        *(q(b"BEGIN"), q(b"SAVEPOINT a"), q(b"CREATE TEMP TABLE shop_seen (x text)"), q(b"ROLLBACK TO a")),
        *(q(b"UPDATE shop.habits SET habit = 'temporary'"), q(b"TABLE shop_seen"), q(b"ROLLBACK")),
    ],
    "a temporary table dropped at commit, then made by another": [
        *(q(b"BEGIN"), q(b"CREATE TEMP TABLE shop_seen (x text) ON COMMIT DROP"), q(b"COMMIT"), q(b"BEGIN")),
        *(q(b"UPDATE shop.habits SET habit = 'temporary'"), q(b"TABLE shop_seen"), q(b"ROLLBACK")),
    ],
    "a temporary table that comes between": [
        *(
            [P(b"a", b"SELECT email FROM shop.customers"), S],
            q(b"CREATE TEMP TABLE customers_ (email text)"),
            [B(b"", b"a"), E(b""), S],
        ),
    ],
}

BYTES: dict[str, list[Batch]] = {
    "a NUL inside a query": [[raw(b"Q", b"SELECT 1\0" + MAILS + b"\0")], q(MAILS)],
    "a NUL inside a Parse": [[raw(b"P", b"\0SELECT 1\0" + MAILS + b"\0\0\0"), S], [*run(MAILS), S]],
    "a query without its end": [[raw(b"Q", MAILS)], q(MAILS)],
    "bytes that are no UTF-8": [
        q(b"SELECT '\xff' || email FROM shop.customers"),
        q(b"SELECT '\xe6\xac' , email FROM shop.customers"),
        q(MAILS),
    ],
    "a quote in an overlong form": [q(b"SELECT '\xc0\xa7 || email FROM shop.customers --'"), q(MAILS)],
    "a GBK quote": [q(b"SELECT '\xbf\\' || email FROM shop.customers --'"), q(MAILS)],
    "a byte order mark": [q(b"\xef\xbb\xbfSELECT email FROM shop.customers"), q(MAILS)],
    "a no-break space": [q("SELECT email\u00a0FROM shop.customers".encode()), q(MAILS)],
    "carriage returns and form feeds": [q(b"SELECT\r\femail -- x\r FROM shop.customers")],
    "an unknown message": [[raw(b"y", b"\0"), Q(MAILS)], q(MAILS)],
    "a length that lies": [[b"Q\0\0\0\3", Q(MAILS)], q(MAILS)],
    "names of no length": [[raw(b"C", b"S\0"), raw(b"D", b"X\0"), S], q(MAILS)],
}

# A cursor that a transaction's end took away, and one of the same name that the database's own code then made.
_MINE = b"DECLARE shop_cursor CURSOR FOR SELECT email FROM other.customers"
_HELD = b"DECLARE shop_cursor CURSOR WITH HOLD FOR SELECT email FROM other.customers"
_HABIT = b"UPDATE shop.habits SET habit = 'cursor' WHERE id = 1"
_LATE = b"UPDATE shop.habits SET late = 'cast' WHERE id = 1"  # it fails at COMMIT
_FETCH: Batch = [*run(b"FETCH ALL FROM shop_cursor"), S]
ENDED: dict[str, list[Batch]] = {
    "a cursor, then ROLLBACK TO": [q(b"BEGIN"), q(b"SAVEPOINT s"), q(_MINE), q(b"ROLLBACK TO s"), q(_HABIT), _FETCH],
    "a cursor, then a failure and ROLLBACK TO": [
        *(q(b"BEGIN"), q(b"SAVEPOINT s"), q(_MINE), q(b"SELECT 1/0"), q(b"ROLLBACK TO s"), q(_HABIT), _FETCH)
    ],
    "a held cursor, then ROLLBACK": [q(b"BEGIN"), q(_HELD), q(b"ROLLBACK"), q(b"BEGIN"), q(_HABIT), _FETCH],
    "a held cursor in a string that fails": [q(_HELD + b"; SELECT 1/0"), q(b"BEGIN"), q(_HABIT), _FETCH],
    "a cursor, then COMMIT AND CHAIN": [q(b"BEGIN"), q(_MINE), q(b"COMMIT AND CHAIN"), q(_HABIT), _FETCH],
    "a cursor, then ROLLBACK AND CHAIN": [q(b"BEGIN"), q(_MINE), q(b"ROLLBACK AND CHAIN"), q(_HABIT), _FETCH],
    "a cursor, then COMMIT and BEGIN in one string": [q(b"BEGIN"), q(_MINE), q(b"COMMIT; BEGIN"), q(_HABIT), _FETCH],
    "a cursor, then COMMIT and BEGIN in one pipeline": [
        [*run(b"BEGIN"), *run(_MINE), *run(b"COMMIT"), *run(b"BEGIN"), *run(_HABIT), *_FETCH]
    ],
    "a portal, then ROLLBACK TO": [
        *(q(b"BEGIN"), q(b"SAVEPOINT s"), [P(b"st", b"SELECT email FROM other.customers"), B(b"shop_cursor", b"st"), S]),
        *(q(b"ROLLBACK TO s"), q(_HABIT), [E(b"shop_cursor"), S]),
    ],
    "a held cursor, then a COMMIT that fails": [q(b"BEGIN"), q(_HELD), q(_LATE), q(b"COMMIT"), q(b"BEGIN"), q(_HABIT), [E(b"shop_cursor"), S]],
    "a held cursor, then a COMMIT AND CHAIN that fails": [
        *(q(b"BEGIN"), q(_HELD), q(_LATE), q(b"COMMIT AND CHAIN"), q(b"BEGIN"), q(_HABIT), [E(b"shop_cursor"), S])
    ],
    "a held cursor behind a COMMIT in a string that fails": [
        *(q(b"BEGIN"), q(b"COMMIT; " + _HELD + b"; SELECT 1/0"), q(b"BEGIN"), q(_HABIT), [E(b"shop_cursor"), S])
    ],
    "a held cursor behind a COMMIT in a pipeline that fails": [
        *(q(b"BEGIN"), [*run(b"COMMIT"), *run(_HELD), *run(b"SELECT 1/0"), S], q(b"BEGIN"), q(_HABIT), [E(b"shop_cursor"), S])
    ],
    "a portal that a Sync in flight drops": [
        *([P(b"st", b"SELECT email FROM other.customers"), B(b"shop_cursor", b"st"), H], [S, *run(_HABIT), E(b"shop_cursor"), S], [])
    ],
    "a portal that a query in flight drops": [
        *([P(b"st", b"SELECT email FROM other.customers"), B(b"shop_cursor", b"st"), H],),
        *([Q(ONE), *run(_HABIT), E(b"shop_cursor"), S], []),
    ],
}

_C_OF_CARDS = b"DECLARE c CURSOR FOR " + CARDS
_IN_GBK, _IN_UTF8 = "档".encode("gbk"), "档".encode()
GBK, UTF8 = q(b"SET client_encoding = 'GBK'"), q(b"SET client_encoding = 'UTF8'")
# Rows the server has fetched already, and names that are one to the server.
RUNNING: dict[str, list[Batch]] = {
    "a suspended portal over FETCH, then another cursor": [
        *(q(b"BEGIN"), q(_C_OF_CARDS), [P(b"f", b"FETCH ALL FROM c"), B(b"x", b"f"), E(b"x", 1), S], q(b"CLOSE c")),
        *(q(b"DECLARE c CURSOR FOR SELECT card_no FROM shop.test_cards"), [E(b"x"), S]),
    ],
    "a suspended portal over FETCH, then a cursor over nothing": [
        *(q(b"BEGIN"), q(_C_OF_CARDS), [P(b"f", b"FETCH ALL FROM c"), B(b"x", b"f"), E(b"x", 1), S]),
        *(q(b"CLOSE c"), q(b"DECLARE c CURSOR FOR SELECT 1"), [E(b"x"), S]),
    ],
    "a suspended portal over EXECUTE, then another statement": [
        *(q(b"PREPARE p AS " + CARDS), q(b"BEGIN"), [P(b"f", b"EXECUTE p"), B(b"x", b"f"), E(b"x", 1), S], q(b"DEALLOCATE p")),
        *(q(b"PREPARE p AS SELECT card_no FROM shop.test_cards"), [E(b"x"), S]),
    ],
    "FETCH from a portal over EXECUTE": [
        *(q(b"PREPARE p AS " + SHUT), q(b"BEGIN"), [P(b"f", b"EXECUTE p"), B(b"x", b"f"), S], q(b"FETCH ALL FROM x"))
    ],
    "FETCH from a portal over FETCH": [
        *(q(b"BEGIN"), q(b"DECLARE c CURSOR FOR " + SHUT), [P(b"f", b"FETCH ALL FROM c"), B(b"x", b"f"), S], q(b"FETCH ALL FROM x"))
    ],
    "FETCH from a suspended portal over EXECUTE": [
        *(q(b"PREPARE p AS " + CARDS), q(b"BEGIN"), [P(b"f", b"EXECUTE p"), B(b"x", b"f"), E(b"x", 1), S]),
        *(q(b"DEALLOCATE p"), q(b"PREPARE p AS SELECT 1"), q(b"FETCH ALL FROM x")),
    ],
    "a statement's name in another encoding": [
        *(GBK, [P(_IN_GBK, b"SHOW work_mem"), S], q(b"DEALLOCATE " + _IN_GBK), UTF8, q(b"PREPARE " + _IN_UTF8 + b" AS " + SHUT)),
        *(GBK, [B(b"", _IN_GBK), E(b""), S]),
    ],
    "a cursor's name in another encoding": [
        *(q(b"BEGIN"), GBK, [P(b"s", ONE), B(_IN_GBK, b"s"), S], q(b"CLOSE " + _IN_GBK), UTF8),
        *(q(b"DECLARE " + _IN_UTF8 + b" CURSOR FOR " + SHUT), GBK, [E(_IN_GBK), S]),
    ],
}

SILENT = {
    "a parameter of eve's domain": "the type is not named: test_a_domain_of_eve_as_a_parameter_type names it",
    "DISCARD ALL in a pipeline": "nothing is left",
    "EXECUTE bound, then the name changed": "the server reads the new rows in the old shape",
    "FETCH bound, then the cursor changed": "the server reads the new rows in the old shape",
    "a name that is no UTF-8": "the server takes no such name",
    "a name of 63 bytes cut inside a character": "SQL cuts at a character, the protocol at a byte",
    "a failed Bind": "the name is taken",
    "a path that rolls back": "the statement would have another type",
    "an unknown message": "it ends the session",
    "a length that lies": "it ends the session",
}
CONVERSATIONS = {**NAMES, **PORTALS, **ENDED, **RUNNING, **PIPELINES, **BYTES}
