"""Conversations by a grammar, and what is done to them: records are lost, doubled, swapped, and their bytes lie about themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256
from proxy.wire.frames import HEAD_BYTES
from tests.fuzz import wire
from tests.fuzz.mutate import CHOICE_BYTES, LONGEST

_TEXTS = tuple(
    one.strip().encode()
    for one in """
SELECT 1
SELECT name, email FROM customers
SELECT * FROM shop.payment_cards
SELECT card_no FROM shop.payment_cards WHERE card_no = $1
SELECT card_no FROM shop.payment_cards WHERE id = $1
SELECT id FROM orders WHERE customer_id = $1
SELECT id FROM nowhere
SELECT lower(name) FROM customers; SELECT 2
INSERT INTO orders (id, total) VALUES (1, 2) RETURNING id
INSERT INTO orders (id, total) VALUES ($1, $2)
UPDATE orders SET total = 1 RETURNING id, status
UPDATE shop.payment_cards SET card_no = $1 WHERE id = $2
DELETE FROM orders WHERE id = 7
BEGIN
COMMIT
ROLLBACK
END
START TRANSACTION
SAVEPOINT a
ROLLBACK TO a
RELEASE a
BEGIN; SELECT 1
COMMIT; BEGIN
SELECT 1; COMMIT
SET work_mem = '4MB'
SET search_path = shop
SET search_path TO public; SELECT 1
SHOW search_path
DISCARD ALL
CREATE TEMP TABLE t AS SELECT id, name FROM customers
CREATE TEMP TABLE o (a int) ON COMMIT DROP
DROP TABLE pg_temp.t
SELECT * FROM t
COPY orders (id, total) FROM STDIN
COPY orders (id, total) FROM STDIN; SELECT 1
SELECT 1; COPY orders (id) FROM STDIN
COPY (SELECT name FROM customers) TO STDOUT
COPY (SELECT id FROM orders) TO STDOUT WITH (FORMAT csv, HEADER)
PREPARE p AS SELECT card_no FROM shop.payment_cards
EXECUTE p
DEALLOCATE p
DEALLOCATE ALL
DECLARE p CURSOR FOR SELECT name FROM customers
DECLARE p CURSOR WITH HOLD FOR SELECT card_no FROM shop.payment_cards
FETCH 3 FROM p
MOVE p
CLOSE p
CLOSE ALL
EXPLAIN SELECT name FROM customers
EXPLAIN EXECUTE p
LISTEN news
NOTIFY news, 'x'
VACUUM
CREATE TABLE x (a int)
ALTER TABLE customers ADD x int
DO $$ BEGIN END $$
SELECT pg_read_file('x')
SELECT '姓名' AS "姓 名"
SELECT nonsense FROM WHERE
/* nothing */
;
""".splitlines()
    if one.strip()
)
_NAMES = (b"", b"", b"", b"p", b"p", b"q", b"p" * 62 + b"qr", b"p" * 62 + b"qs", b"\xff", "名".encode(), b"maskgate_" + b"00" * 12)
_VALUES = (None, b"", b"1", b"4111", b"\xff\xfe", b"\0\0\0\1", "何".encode(), b"x" * 100, b"\\x00", b"'")
_FORMATS = ((), (), (0,), (1,), (0, 1), (1, 1), (7,), (-1, 0, 1))
_OIDS = ((), (), (25,), (17,), (0, 20), (23, 23), (5001,), (4_294_967_295,))
_LENGTHS = (0, 3, 4, 5, 8, 100, 10_000, 65_535, 65_536, 1 << 20, (1 << 30) - 1, 1 << 30, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_COUNTS = (b"\0\0", b"\0\1", b"\x7f\xff", b"\x80\0", b"\xff\xff")
_JUNK = (b"\0", b"\xff", b"\xc3\x28", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x80\0\0\0", b"Q\0\0\0\5\0", b"S\0\0\0\4", b"X\0\0\0\4", b"d\0\0\0\4")
_SCRAM = (
    b"n,,n=,r=client", b"y,,n=,r=client", b"p=tls-unique,,n=,r=client", b"n,a=x,n=,r=client", b"n,,m=x,n=,r=client", b"r=", b"c=biws,r=",
    b"r=clientserver,s=QUJD,i=1", b"r=clientserver,s=QUJD,i=999999999", b"r=clientserver,s=,i=0", b"v=QUJD", b"e=other-error", b",p=QUJD",
    b"c=biws,r=clientc2VydmVyIG9mIHRoZSBmdXp6ZXI=,p=" + b"QUFB" * 10 + b"QUE=",
    b"SCRAM-SHA-256$4096:QUJD$" + b"QUFB" * 10 + b"QUE=:" + b"QUFB" * 10 + b"QUE=",
)  # fmt: skip
_REPORT = (("S", b"ERROR"), ("V", b"ERROR"), ("C", b"42601"), ("M", b"no"), ("P", b"9" * 20), ("W", b"x"), ("q", b"x"), ("R", b"exec_stmt_raise"))

Maker = Callable[[], m.Message]


class Talker:
    """Cases by a random source."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.frontend: tuple[Maker, ...] = (
            lambda: m.Query(self.sql()),
            lambda: m.Parse(self.name(), self.sql(), self.any(_OIDS)),
            lambda: m.Bind(self.name(), self.name(), self.any(_FORMATS), self.values(), self.any(_FORMATS)),
            lambda: m.Describe(self.any("SP"), self.name()),
            lambda: m.Execute(self.name(), self.any((0, 0, 1, 2, -1))),
            lambda: m.Close(self.any("SP"), self.name()),
            m.Sync,
            m.Flush,
            lambda: m.CopyData(self.any((b"1\t2\n", b"x" * 90, b"", b"\\.\n"))),
            m.CopyDone,
            lambda: m.CopyFail(b"no"),
            lambda: m.FunctionCall(1, (), self.values(), 0),
            lambda: m.PasswordMessage(b"x"),
            m.Terminate,
        )
        self.backend: tuple[Maker, ...] = (
            m.ParseComplete, m.BindComplete, m.CloseComplete, m.NoData, m.PortalSuspended, m.EmptyQueryResponse, m.CopyDone,
            m.AuthenticationOk, m.AuthenticationCleartextPassword,
            lambda: m.AuthenticationSASL((SCRAM_SHA_256,)),
            lambda: m.AuthenticationSASLContinue(self.any(_SCRAM)),
            lambda: m.AuthenticationSASLFinal(self.any(_SCRAM)),
            lambda: m.ReadyForQuery(self.any("ITE")),
            lambda: m.CommandComplete(self.any((b"SELECT 1", b"ROLLBACK", b"COMMIT", b"INSERT 0 1", b"\xff", b""))),
            lambda: m.RowDescription(tuple(m.Field(b"c", self.any((0, 1001, 1003)), self.any((0, 2, 3)), self.any((17, 25)), -1, -1, self.any((0, 1))) for _ in range(self.random.randrange(4)))),
            lambda: m.ParameterDescription(self.any(_OIDS)),
            lambda: m.DataRow(self.values()),
            lambda: m.ErrorResponse(self.fields()),
            lambda: m.NoticeResponse(self.fields()),
            lambda: m.NotificationResponse(1, self.any((b"news", b"other", b"\xff")), b"x"),
            lambda: m.ParameterStatus(self.any((b"client_encoding", b"search_path", b"standard_conforming_strings", b"\xff")), self.any((b"UTF8", b"GBK", b"off", b"\xff", b"MULE_INTERNAL"))),
            lambda: m.BackendKeyData(1, b"keyy"),
            lambda: m.CopyInResponse(0, self.any(_FORMATS)),
            lambda: m.CopyOutResponse(0, self.any(_FORMATS)),
            lambda: m.CopyBothResponse(0, ()),
            lambda: m.CopyData(b"1\t2\n" * self.any((1, 1, 40))),
            lambda: m.FunctionCallResponse(b"1"),
            lambda: m.NegotiateProtocolVersion((3, 0), (b"x",)),
        )  # fmt: skip

    def any(self, what: Sequence[object]) -> object:
        return self.random.choice(what)

    def sql(self) -> bytes:
        text = self.random.choice(_TEXTS)
        return text if self.random.random() < 0.97 else text + self.random.choice((b" \xff", b" -- \xe5\xa7", b" 'x", b" " * 3_000, b" \x01"))

    def name(self) -> bytes:
        return self.random.choice(_NAMES)

    def values(self) -> tuple[bytes | None, ...]:
        return tuple(self.random.choice(_VALUES) for _ in range(self.random.randrange(4)))

    def fields(self) -> tuple[tuple[str, bytes], ...]:
        one = [(code, value if code != "P" else self.random.choice((b"1", b"99", b"9" * 5_000, b"x"))) for code, value in _REPORT]
        fatal = ("V", b"FATAL") if self.random.random() < 0.1 else ("V", b"ERROR")
        return (fatal, *self.random.sample(one, self.random.randrange(len(one))))

    # --- cases

    def case(self) -> bytes:
        """A fresh case."""
        choice = bytearray(self.choice())
        target = wire.TARGETS[choice[0] % len(wire.TARGETS)]
        if target == "session":
            steps = self.conversation(from_the_start=bool(choice[1] & wire.FROM_THE_START))
        elif target == "startup":
            steps = [(wire.CLIENT, self.packet()) for _ in range(self.random.randrange(1, 4))]
        elif target == "scram":
            steps = [(wire.CLIENT, self.random.choice(_SCRAM)) for _ in range(self.random.randrange(1, 4))]
        else:
            makers = self.backend if target == "server frames" else self.frontend if target == "client frames" else self.frontend + self.backend
            raw = [self.random.choice(makers)().to_bytes() for _ in range(self.random.randrange(1, 9))]
            steps = [(wire.CLIENT, one[HEAD_BYTES:] if target == "bodies" else one) for one in raw]
        return bytes(choice) + self.text([wire.written([step]) for step in steps])

    def choice(self) -> bytes:
        """The leading bytes of a case. One conversation in eight begins before the login."""
        role = self.random.randrange(0x40) | (wire.FROM_THE_START | self.random.choice((0, wire.TLS)) if self.random.random() < 0.12 else 0)
        return bytes((self.random.randrange(256), role, self.random.randrange(256)))

    def packet(self) -> bytes:
        parameters = {"user": "ana", "database": "shop"}
        made: tuple[m.StartupPacket, ...] = (
            m.SSLRequest(), m.GSSENCRequest(), m.CancelRequest(1, b"keyy"), m.StartupMessage((3, 0), parameters),
            m.StartupMessage((3, 2), {**parameters, "_pq_.x": "1"}), m.StartupMessage((2, 0), {}), m.StartupMessage((3, 0), {}),
            m.StartupMessage((3, 0), {**parameters, "search_path": "evil", "options": "-c x=y", "client_encoding": "GBK"}),
        )  # fmt: skip
        return self.random.choice((*made, made[3], made[3])).to_bytes()

    def conversation(self, *, from_the_start: bool) -> list[wire.Step]:
        """What happens to a session, mostly in an order that makes sense."""
        steps: list[wire.Step] = []
        if from_the_start:
            steps += self.random.choice((0, 0, 1)) * [(wire.CLIENT, m.SSLRequest().to_bytes())]
            steps.append((wire.CLIENT, self.packet()))
            for _ in range(self.random.randrange(2, 9)):
                steps += [(wire.SHELL, b"\0\0"), (wire.LOGIN, b""), (wire.ANSWER, b"\0\0")]
                if self.random.random() < 0.1:
                    steps.append(self.trouble())
        for _ in range(min(1 + int(self.random.expovariate(0.25)), 14)):
            steps += self.batch()
            if self.random.random() < 0.7:
                steps.append((wire.ANSWER, bytes((self.random.choice((0, 0, 0, 1, 2, 5)), self.random.choice((0, 0, 0, 1, 7, 40))))))
            if self.random.random() < 0.5:
                steps.append((wire.SHELL, bytes((self.random.random() < 0.05, self.random.random() < 0.3))))
            if self.random.random() < 0.05:
                steps.append(self.trouble())
        return steps

    def trouble(self) -> wire.Step:
        """What nobody asked for."""
        what = self.random.randrange(12)
        if what < 5:
            said = b"".join(self.random.choice(self.backend)().to_bytes() for _ in range(self.random.randrange(1, 4)))
            return wire.SERVER, said
        tag = (wire.PLANNER, wire.PLANNER, wire.NO_PLANNER, wire.FULL_LOG, wire.LOST, wire.SERVER_LOST, wire.FAIL)[what - 5]
        return tag, self.random.randbytes(1)

    def batch(self) -> list[wire.Step]:
        """Frames of the client that belong together, in one read or more."""
        name, portal = self.name(), self.name()
        run: list[m.Message] = [
            m.Parse(name, self.sql(), self.any(_OIDS)),
            m.Bind(portal, name, self.any(_FORMATS), self.values(), self.any(_FORMATS)),
            m.Describe("P", portal),
            m.Execute(portal, self.any((0, 0, 0, 2))),
            m.Sync(),
        ]
        copy: list[m.Message] = [m.CopyData(self.any((b"1\t2\n", b"x" * 90))) for _ in range(self.random.randrange(3))]
        copy.append(self.any((m.CopyDone(), m.CopyFail(b"no"))))
        said: list[m.Message]
        match self.random.randrange(8):
            case 0 | 1:
                said = [m.Query(self.sql())]
            case 2:
                said = run
            case 3:
                said = [m.Query(self.any([text for text in _TEXTS if b"STDIN" in text])), *copy]
            case 4:
                said = [m.Parse(name, b"COPY orders (id, total) FROM STDIN"), *run[1:2], *run[3:4], *self.any(([], [m.Sync()])), *copy, m.Sync()]
            case 5:
                said = [*run[:-1], *self.batch_of_extended(), m.Sync()]
            case 6:
                said = [*run[:1], self.any((m.Flush(), m.Describe("S", name))), *run[1:2], m.Flush(), *run[3:4], m.Flush(), m.Execute(portal, 2), m.Sync()]
            case _:
                said = [self.random.choice(self.frontend)() for _ in range(self.random.randrange(1, 7))]
        if self.random.random() < 0.12:
            said.insert(self.random.randrange(len(said) + 1), self.random.choice(self.frontend)())
        raw = m.to_bytes(said)
        if self.random.random() < 0.3:
            at = self.random.randrange(len(raw))
            between = [(wire.ANSWER, bytes((self.random.choice((0, 1, 3)), 0)))] if self.random.random() < 0.7 else []
            return [(wire.CLIENT, raw[:at]), *between, (wire.CLIENT, raw[at:])]
        return [(wire.CLIENT, raw)]

    def batch_of_extended(self) -> list[m.Message]:
        return [self.random.choice(self.frontend[1:8])() for _ in range(self.random.randrange(1, 6))]

    # --- mutants

    def text(self, parts: list[bytes]) -> bytes:
        """A mutant of records, or, one time in three, the records as they are."""
        steps = (self.lost, self.doubled, self.swapped, self.crossed, self.bent, self.bent, self.bent)
        if self.random.random() < 0.66:
            for _ in range(1 + int(min(self.random.expovariate(1.0), 8))):
                if parts:
                    parts = self.random.choice(steps)(parts)
        return b"".join(parts)[:LONGEST]

    def lost(self, parts: list[bytes]) -> list[bytes]:
        at = self.random.randrange(len(parts))
        return parts[:at] + parts[at + 1 :]

    def doubled(self, parts: list[bytes]) -> list[bytes]:
        at = self.random.randrange(len(parts))
        return parts[:at] + parts[at : at + 1] * self.random.choice((2, 2, 2, 3, 60)) + parts[at + 1 :]

    def swapped(self, parts: list[bytes]) -> list[bytes]:
        a, b = sorted((self.random.randrange(len(parts)), self.random.randrange(len(parts))))
        return parts if a == b else [*parts[:a], parts[b], *parts[a + 1 : b], parts[a], *parts[b + 1 :]]

    def crossed(self, parts: list[bytes]) -> list[bytes]:
        at = self.random.randrange(len(parts) + 1)
        return parts[:at] + [wire.written([step]) for step in self.batch()] + parts[at:]

    def bent(self, parts: list[bytes]) -> list[bytes]:
        """One record's payload lies: cut short, another byte, length, count, something put in."""
        at = self.random.randrange(len(parts))
        payload = bytearray(parts[at][3:])
        if payload:
            where = self.random.randrange(len(payload))
            match self.random.randrange(6):
                case 0:
                    del payload[where:]
                case 1:
                    payload[where] = self.random.randrange(256)
                case 2:  # a length, most likely a frame's own
                    where = 1 if self.random.random() < 0.5 else where
                    payload[where : where + 4] = self.random.choice(_LENGTHS).to_bytes(4, "big")
                case 3:
                    payload[where : where + 2] = self.random.choice(_COUNTS)
                case 4:
                    payload[where:where] = self.random.choice(_JUNK)
                case _:
                    del payload[where : where + self.random.randrange(1, 12)]
        return [*parts[:at], wire.written([(parts[at][0], bytes(payload))]), *parts[at + 1 :]]


def seeds() -> list[bytes]:
    """Whole cases to begin with."""
    talker = Talker(Random(1))
    return [talker.case() for _ in range(2_000)]


__all__ = ["CHOICE_BYTES", "Talker", "seeds"]
