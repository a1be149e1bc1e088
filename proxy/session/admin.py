"""The proxy's own database, `maskgate`: a few words over the simple protocol, as pgbouncer has them.

    SHOW CLIENTS | SERVERS | STATS | RULES | CACHES | VERSION | HELP      RELOAD      DRAIN      KILL 'session'

Every command is recorded before it is carried out. Everything else of the protocol is refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proxy.errors import ProtocolError, ProxyError, StatementError, Unproven
from proxy.session.actions import Action, Administer, Close, Record, ToClient
from proxy.session.journal import Journal, Proof
from proxy.session.reports import own_error
from proxy.wire import messages as m
from proxy.wire.frames import HEAD_BYTES, FrameReader
from proxy.wire.messages import Frontend

SHOWS = ("CLIENTS", "SERVERS", "STATS", "RULES", "CACHES", "VERSION", "HELP")
PARAMETERS = {
    "server_version": "18.0 (maskgate)", "server_encoding": "UTF8", "client_encoding": "UTF8", "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres", "TimeZone": "UTC", "integer_datetimes": "on", "standard_conforming_strings": "on",
    "is_superuser": "off", "default_transaction_read_only": "off", "in_hot_standby": "off",
}  # fmt: skip
_COMMAND = re.compile(
    r"\s*(?:(?P<show>SHOW)\s+(?P<what>\w+)|(?P<reload>RELOAD)|(?P<drain>DRAIN)|(?P<kill>KILL)\s+'?(?P<id>[0-9a-f]{8,64})'?)\s*;?\s*",
    re.IGNORECASE,
)
_TEXT_OID, _INT8_OID = 25, 20


@dataclass(frozen=True, slots=True)
class Table:
    """What a SHOW answers. Values are text, whole numbers, or None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]


class Admin:
    """One session of the proxy's own database, after its login."""

    def __init__(self, reader: FrameReader, journal: Journal) -> None:
        self._reader, self._journal = reader, journal
        self._waits = False
        self._is_skipping = False

    @property
    def is_waiting(self) -> bool:
        """Whether a command is being carried out."""
        return self._waits

    def start(self, proof: Proof) -> list[Action]:
        """What a client hears after its login."""
        said: list[m.Message] = [m.AuthenticationOk()]
        said += [m.ParameterStatus(name.encode(), value.encode()) for name, value in PARAMETERS.items()]
        said += [m.BackendKeyData(0, b"\0\0\0\0"), m.ReadyForQuery("I")]
        return [Record(self._journal.connected(proof)), ToClient(b"".join([one.to_bytes() for one in said]))]

    def read(self) -> list[Action]:
        """The client said something. Raises a fatal ProxyError."""
        actions: list[Action] = []
        while not self._waits and (batch := self._reader.frames()):
            for kind, start, end in batch:
                actions += self._frame(kind, self._reader.buffer[start + HEAD_BYTES : end])
        return actions

    def answer(self, answer: Table | str | ProxyError) -> list[Action]:
        """What the shell found: a table, the tag of a command that was carried out, or why it was not."""
        self._waits = False
        match answer:
            case Table(columns, rows):
                types = [_type_of([row[at] for row in rows]) for at in range(len(columns))]
                fields = tuple(
                    m.Field(name.encode(), 0, 0, oid, 8 if oid == _INT8_OID else -1, -1, 0)
                    for name, oid in zip(columns, types, strict=True)
                )
                said: list[m.Message] = [m.RowDescription(fields)]
                said += [m.DataRow(tuple([None if v is None else str(v).encode() for v in row])) for row in rows]
                said.append(m.CommandComplete(b"SHOW"))
                out = b"".join([one.to_bytes() for one in said])
            case str():
                out = m.CommandComplete(answer.encode()).to_bytes()
            case _:
                out = own_error(answer)
        return [ToClient(out + m.ReadyForQuery("I").to_bytes()), *self.read()]

    def _frame(self, kind: int, body: bytes) -> list[Action]:
        if kind == Frontend.TERMINATE:
            return [Record(self._journal.disconnected("00000", "the client said goodbye")), Close()]
        if kind == Frontend.SYNC:
            self._is_skipping = False
            return [ToClient(m.ReadyForQuery("I").to_bytes())]
        if self._is_skipping or kind == Frontend.FLUSH:
            return []
        if kind == Frontend.QUERY:
            return self._query(m.Query.parse(body).sql.decode("utf-8", "replace"))
        if kind in (Frontend.PARSE, Frontend.BIND, Frontend.DESCRIBE, Frontend.EXECUTE, Frontend.CLOSE):
            self._is_skipping = True
            return [ToClient(own_error(Unproven("this database speaks the simple protocol only", hint="Use psql.")))]
        raise ProtocolError(f"unexpected message type 0x{kind & 0xFF:02X}")

    def _query(self, text: str) -> list[Action]:
        if not text.strip(" \t\r\n;"):
            return [ToClient(m.EmptyQueryResponse().to_bytes() + m.ReadyForQuery("I").to_bytes())]
        match = _COMMAND.fullmatch(text)
        what = (match["what"] or "").upper() if match is not None else ""
        if match is None or (match["show"] and what not in SHOWS):
            error = StatementError("unknown command", hint=f"SHOW {', '.join(SHOWS)}; RELOAD; DRAIN; KILL 'session'.")
            event = self._journal.refuse(self._journal.next_id(), error)
            return [Record(event), ToClient(own_error(error) + m.ReadyForQuery("I").to_bytes())]
        word = f"show {what.lower()}" if match["show"] else (match["reload"] or match["drain"] or match["kill"]).lower()
        self._waits = True
        return [Record(self._journal.administered(word, match["id"] or "")), Administer(word, match["id"] or "")]


def _type_of(values: list[str | int | None]) -> int:
    return _INT8_OID if any(isinstance(one, int) for one in values) else _TEXT_OID
