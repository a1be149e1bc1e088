"""The short form of `--what wire`, and what the model of a server, the shell and the mutator themselves promise."""

from __future__ import annotations

import secrets
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.session import Close, Record, Session, ToServer, client
from proxy.session.slots import Slot
from proxy.wire import messages as m
from proxy.wire.frames import FrameReader
from tests.fuzz import __main__ as fuzz
from tests.fuzz import wire
from tests.fuzz.mutate import CHOICE_BYTES, LONGEST
from tests.fuzz.talk import Talker
from tests.fuzz.targets import Failure
from tests.fuzz.what import what
from tests.fuzz.worker import minimized

FIXED_SEED = 20_260_702
RUNS = 1_200
SESSION = 5  # of wire.TARGETS
GLASS, KEYED, RESTRICTED = 0, 1, 2  # of wire.ROLES
CALM = b"\0"  # the server makes no trouble


def case(role: int, *steps: wire.Step) -> bytes:
    return bytes((SESSION, role)) + CALM + wire.written(steps)


def says(*said: m.Message) -> wire.Step:
    return wire.CLIENT, m.to_bytes(said)


ANSWERS = ((wire.ANSWER, b""), (wire.SHELL, b""))


def test_sessions_end_in_good_order(tmp_path: Path) -> None:
    for seed in (FIXED_SEED, secrets.randbelow(2**31)):
        text, is_good = fuzz.run(tmp_path, "wire", RUNS, 1, seed, guided=False)
        print(text)
        assert is_good, text
        assert text.startswith(f"{RUNS:,} executions")


@given(body=st.binary(max_size=300), choice=st.binary(min_size=CHOICE_BYTES, max_size=CHOICE_BYTES))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_case(body: bytes, choice: bytes) -> None:
    wire.execute(choice + body)


@given(steps=st.lists(st.tuples(st.sampled_from(wire.TAGS), st.binary(max_size=40))))
def test_records_read_back(steps: list[wire.Step]) -> None:
    raw = wire.written(steps)
    assert wire.records(raw) == steps
    assert b"".join(wire.pieces(raw)) == raw


def test_mutants_stay_within_bounds_and_repeat_for_a_seed() -> None:
    first, second = Talker(Random(7)), Talker(Random(7))
    cases = [first.case() for _ in range(1_000)]
    assert cases == [second.case() for _ in range(1_000)]
    assert max(map(len, cases)) <= CHOICE_BYTES + LONGEST


def test_most_conversations_go_on_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fuzzing that only meets sessions that died at once proves little."""
    heard: Counter[str] = Counter()
    reply = wire.Talk.reply

    def counted(talk: wire.Talk, kind: int, body: bytes) -> None:
        heard[chr(kind)] += 1
        reply(talk, kind, body)

    monkeypatch.setattr(wire.Talk, "reply", counted)
    talker = Talker(Random(FIXED_SEED))
    for _ in range(300):
        wire.execute(talker.case())
    assert not set("RSKZTDCEIN12t3nsGHdcV") - set(heard)
    assert heard["Z"] > 500
    assert heard["D"] > 100


@pytest.mark.parametrize("role", [GLASS, KEYED, RESTRICTED])
def test_a_plain_conversation_is_answered(role: int, monkeypatch: pytest.MonkeyPatch) -> None:
    talks: list[wire.Talk] = []
    monkeypatch.setattr(wire.Talk, "settle", lambda talk: talks.append(talk))
    run = (m.Parse(b"", b"SELECT id FROM orders"), m.Bind(b"", b""), m.Describe("P", b""), m.Execute(b""), m.Sync())
    wire.execute(case(role, says(m.Query(b"BEGIN")), *ANSWERS, says(*run), *ANSWERS, says(m.Query(b"COMMIT"), m.Terminate()), *ANSWERS))
    assert talks[0].session.is_over
    assert talks[0].is_faithful
    assert not talks[0].fatal


# Each breaks one promise of the session, and must be seen.


def _sends_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_as_frame", lambda _, frame: frame)


def _speaks_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "_finish", lambda *_: [Close(), Record({})])


def _forgets_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(ledger: object, slot: Slot, frame: bytes, *_: object) -> None:
        ledger.push(slot, frame)  # type: ignore[attr-defined]

    monkeypatch.setattr("proxy.session.ledger.Ledger.send_statement", send)
    monkeypatch.setattr("proxy.session.express.Express._is_quiet", lambda *_, **__: False)


def _loses_a_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.session.client.Client._sync", lambda self, frame: self._ledger.to_server.append(frame))


def _counts_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.session.replies.Replies._counts", lambda *_: True)
    monkeypatch.setattr("proxy.session.replies.Replies._rows", lambda *_: None)


def _opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def passed(_: object, buffer: bytes, start: int, end: int, out: list[bytes]) -> tuple[int, None]:
        out.append(buffer[start:end])
        return end, None

    monkeypatch.setattr("proxy.session.rows.RowOpener.open", passed)


def _raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("proxy.session.naming.Naming.decide", broken)


CARDS = b"SELECT card_no FROM shop.payment_cards"
LARGE = m.CopyData(b"x" * 90).to_bytes()
IN_COPY = (says(m.Query(b"COPY orders (id, total) FROM STDIN")), *ANSWERS)
ENDLESS = tuple(step for _ in range(12) for step in (says(m.Parse(b"", b"SELECT id FROM orders"), m.Bind(b"", b""), m.CopyDone(), m.Execute(b""), m.Sync()), *ANSWERS))


@pytest.mark.parametrize(
    ("breaks", "role", "steps", "said"),
    [
        (_sends_pieces, GLASS, (*IN_COPY, (wire.CLIENT, LARGE[:50]), (wire.CLIENT, LARGE[50:])), "the server hears (what is no|half a) frame"),
        (_speaks_after_the_end, GLASS, (says(m.Terminate()),), "Record after Close"),
        (_forgets_the_event, GLASS, (says(m.Query(b"SELECT 1")),), "a query leaves without its event"),
        (_forgets_the_event, RESTRICTED, (says(m.Parse(b"", b"SELECT 1"), m.Sync()),), "is prepared without its event"),
        (_loses_a_reply, GLASS, (says(m.Parse(b"", b"SELECT 1"), m.Sync()), *ANSWERS), "the session lost count: 08006"),
        (_counts_no_rows, RESTRICTED, ENDLESS, "a row over the limit leaves"),
        (_opens_nothing, KEYED, 8 * (says(m.Query(CARDS)), *ANSWERS), "a ciphertext leaves"),
    ],
)
def test_a_broken_promise_is_seen(
    breaks: object, role: int, steps: tuple[wire.Step, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = bytes((SESSION, role, 2)) + wire.written(steps)  # 2: large frames pass in pieces
    wire.execute(given)
    breaks(monkeypatch)  # type: ignore[operator]
    with pytest.raises(Failure, match=said):
        wire.execute(given)


def test_an_exception_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    _raises(monkeypatch)
    with pytest.raises(KeyError):
        wire.execute(case(GLASS, says(m.Query(b"SELECT 1"))))


def test_a_frame_that_waits_for_ever_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.session.client.Client._frame", _holds)
    with pytest.raises(Failure, match="a client's frame waits for nothing"):
        wire.execute(case(GLASS, says(m.Query(b"SELECT 1"))))


def _holds(*_: object) -> None:
    from proxy.session.naming import Hold

    raise Hold


@pytest.mark.parametrize(("target", "body"), [(0, b"Q\0\0\0\5\0"), (1, b"Z\0\0\0\5I")])
def test_a_reader_that_loses_bytes_is_seen(target: int, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    given = bytes((target, 0, 0)) + wire.written([(wire.CLIENT, body)])
    wire.execute(given)
    monkeypatch.setattr(FrameReader, "feed", lambda *_: None)
    with pytest.raises(Failure, match="bytes were lost"):
        wire.execute(given)


def test_a_parser_that_raises_anything_else_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(body: bytes) -> object:
        return body[10]

    given = bytes((3, 0, 0)) + wire.written([(wire.CLIENT, b"x")])
    wire.execute(given)
    monkeypatch.setattr(wire, "PARSERS", (broken,))
    with pytest.raises(IndexError):
        wire.execute(given)


def test_a_failing_conversation_is_made_small() -> None:
    given = case(GLASS, *(says(m.Query(b"SELECT %d" % number)) for number in range(20)))
    small = minimized(given, lambda one: b"SELECT 7" in one, what("wire").pieces)
    assert small == given[:CHOICE_BYTES] + b"SELECT 7"


def test_the_server_of_the_model_refuses_what_is_malformed() -> None:
    talk = wire.Talk(bytes((SESSION, GLASS, 0)))
    talk.take([ToServer(m.frame(m.Frontend.BIND, b"")), ToServer(m.Sync().to_bytes())])
    assert b"C08P01" in talk.backend.answer(1 << 10)
