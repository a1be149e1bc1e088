"""A session without sockets: messages in, actions expected, in one expression.

    (Playbook(planner)
        .client(Query(b"SELECT 1")).to_server(Query(b"SELECT 1"))
        .server(CommandComplete(b"SELECT 1"), ReadyForQuery("I")).to_client(CommandComplete(b"SELECT 1"), ReadyForQuery("I")))

`client` and `server` feed; `to_client`, `to_server` and `then` take what was said since, and compare all of it. Events of the
log are kept aside in `events`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, Self

from proxy.session import Action, Identified, Record, Session, Statement, ToClient, ToServer
from proxy.session.rows import Sealing
from proxy.wire import messages as m
from proxy.wire.auth import SCRAM_SHA_256, ScramClient, ScramServer, Verifier
from proxy.wire.frames import HEAD_BYTES, FrameReader, Limits

PASSWORD = "secret of the test"
VERIFIER = Verifier.make(PASSWORD, b"0123456789abcdef", 1)
KEY = m.BackendKeyData(4711, b"\x01\x02\x03\x04")
READY = m.ReadyForQuery("I")
Said = m.Message | bytes


def frames(data: bytes, side: str) -> list[tuple[int, bytes]]:
    """(type byte, body) of complete frames."""
    reader = FrameReader("client" if side == "client" else "server", Limits(max_message_bytes=1 << 30))
    reader.feed(data)
    found: list[tuple[int, bytes]] = []
    while batch := reader.frames():
        found += [(kind, reader.buffer[start + HEAD_BYTES : end]) for kind, start, end in batch]
    assert reader.is_clean
    return found


def joined(said: Sequence[Said]) -> bytes:
    """Their bytes."""
    return b"".join(one if isinstance(one, bytes) else one.to_bytes() for one in said)


class Playbook:
    """Logged in and ready, with an answered search_path where one is asked for."""

    def __init__(
        self,
        planner: Any,
        *,
        sealing: Sealing | None = None,
        path: str = "{pg_catalog,public}",
        parameters: dict[str, str] | None = None,
        logs_in: bool = True,
        offers_tls: bool = False,
    ) -> None:
        numbers = count()
        self.planner = planner
        self.path = path
        self.session = Session(
            "s", random=lambda n: next(numbers).to_bytes(n, "big"), secret=b"k" * 32, address="1.2.3.4:5", sealing=sealing,
            offers_tls=offers_tls,
        )  # fmt: skip
        self.events: list[dict[str, Any]] = []
        self.other: list[Action] = []
        self._to_client = self._to_server = b""
        self._now = 0.0
        if logs_in:
            self._log_in(parameters or {})

    def take(self, actions: Sequence[Action]) -> Self:
        """Sort the actions."""
        for action in actions:
            match action:
                case ToClient(data):
                    self._to_client += data
                case ToServer(data):
                    self._to_server += data
                case Statement(event, data, _):
                    self.events.append(dict(event))
                    self._to_server += data
                case Record(event):
                    self.events.append(dict(event))
                case _:
                    self.other.append(action)
        return self

    def client(self, *said: Said, perform: bool = True) -> Self:
        """The client says it all in one read."""
        self._now += 1
        actions = self.session.client_bytes(joined(said), self._now)
        return self.take(actions if perform else self.session.refuse_unlogged(actions))

    def server(self, *said: Said) -> Self:
        """The server says it all in one read."""
        self._now += 1
        return self.take(self.session.server_bytes(joined(said), self._now))

    def answer(self, call: str, *arguments: object) -> Self:
        """Call another input of the session; `now` is added."""
        self._now += 1
        return self.take(getattr(self.session, call)(*arguments, self._now))

    def to_client(self, *expected: Said) -> Self:
        """All the client hears."""
        said, self._to_client = self._to_client, b""
        assert frames(said, "server") == frames(joined(expected), "server")
        return self

    def to_server(self, *expected: Said) -> Self:
        """All the server hears."""
        said, self._to_server = self._to_server, b""
        assert frames(said, "client") == frames(joined(expected), "client")
        return self

    def then(self, *expected: Action) -> Self:
        """The other actions."""
        other, self.other = self.other, []
        assert other == list(expected)
        return self

    def client_hears(self) -> list[m.Message]:
        """What the client hears, opened."""
        said, self._to_client = self._to_client, b""
        return [m.parse_backend(kind, body) for kind, body in frames(said, "server")]

    def server_hears(self) -> list[m.Message]:
        """What the server hears, opened."""
        said, self._to_server = self._to_server, b""
        return [m.parse_frontend(kind, body) for kind, body in frames(said, "client")]

    def quiet(self) -> Self:
        """Forget what was said."""
        self._to_client = self._to_server = b""
        self.other = []
        return self

    def kinds(self) -> list[str]:
        """The kinds of the log's events."""
        return [str(one["kind"]) for one in self.events]

    def answer_path(self, ready: m.ReadyForQuery | None = READY, path: str | None = None, encoding: str = "UTF8") -> Self:
        """The session asked for the search_path and the encoding; the server answers. `ready` None: it asked by Flush."""
        asked = self.server_hears()
        assert any(isinstance(one, m.Parse) and b"current_schemas" in one.sql for one in asked)
        closed = m.CloseComplete()
        answer: list[m.Message] = [
            *(m.ParseComplete(), m.BindComplete(), m.DataRow(((path or self.path).encode(), encoding.encode(), b"on"))),
            *(m.CommandComplete(b"SELECT 1"), closed, closed),
        ]
        return self.server(*answer, *([ready] if ready is not None else []))

    def _log_in(self, parameters: dict[str, str]) -> None:
        session, scram = self.session, ScramClient("", b"client", password=PASSWORD)
        startup = {"user": "ana", "database": "shop", **parameters}
        self.client(m.StartupMessage((3, 0), startup).to_bytes())
        self.take(session.identified(Identified(verifier=VERIFIER, role="analyst")))
        self.client_hears()
        self.client(m.SASLInitialResponse(SCRAM_SHA_256, scram.first()))
        (challenge,) = self.client_hears()
        assert isinstance(challenge, m.AuthenticationSASLContinue)
        self.client(m.SASLResponse(scram.final(challenge.data)))
        (last,) = self.client_hears()
        assert isinstance(last, m.AuthenticationSASLFinal)
        scram.finish(last.data)
        self.answer("new_planner", self.planner)
        self.take(session.server_connected())
        self._to_server = b""
        upstream = ScramServer(VERIFIER, b"server")
        self.server(m.AuthenticationSASL((SCRAM_SHA_256,)))
        (first,) = frames(self._to_server, "client")
        data = m.SASLInitialResponse.parse(first[1]).data
        assert data is not None
        self._to_server = b""
        self.server(m.AuthenticationSASLContinue(upstream.first(data)))
        (final,) = frames(self._to_server, "client")
        self._to_server = b""
        self.server(m.AuthenticationSASLFinal(upstream.final(m.SASLResponse.parse(final[1]).data)))
        self.server(m.AuthenticationOk(), m.ParameterStatus(b"client_encoding", b"UTF8"), KEY, READY)
        if not self.planner.is_glass:
            self.answer_path()
        assert [type(one) for one in self.client_hears()][-1] is m.ReadyForQuery
        self.quiet()
        self.events.clear()
