"""What a plan does to row shapes, rows and parameters: ciphertext in and out, and the second lock.

Pure: each function takes a message's body and gives a new frame, or None when the bytes pass as they are. Nothing is shown
that a plan did not say: a shape that disagrees with the plan is a `Bug` (XX000), which ends the session before a row leaves.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from proxy.errors import BadValue, Bug, ProxyError, Unproven
from proxy.plan import Part, Plan, SealedResult, Shape
from proxy.wire.frames import HEAD_BYTES
from proxy.wire.messages import (
    BINARY,
    TEXT,
    Backend,
    Bind,
    ParameterDescription,
    RowDescription,
    datarow,
    datarow_values,
    format_of,
)
from proxy.wire.values import BYTEA, TEXT_FAMILY, bytea_from_text, text_from_wire, text_to_wire

_ROW_HEAD_BYTES = HEAD_BYTES + 2
_DATA_ROW = Backend.DATA_ROW
_length_at = struct.Struct("!I").unpack_from
_int32_at = struct.Struct("!i").unpack_from
_int32 = struct.Struct("!i").pack
_row_head = struct.Struct("!BI").pack


class Sealing(Protocol):
    """What we need of `crypto.Sealer`."""

    def seal(self, plaintext: bytes, *, domain: str, search: str) -> bytes:
        """The ciphertext."""

    def opener(self, *, domain: str, search: str, column: str) -> Callable[[bytes], bytes]:
        """What opens the values of one column; it raises Tampered."""


class NoKeys:
    """Stands in where no key ring is configured."""

    def seal(self, plaintext: bytes, *, domain: str, search: str) -> bytes:
        """Raises Unproven."""
        raise Unproven("no key ring is configured: encrypted columns cannot be written")

    def opener(self, *, domain: str, search: str, column: str) -> Callable[[bytes], bytes]:
        """What raises Unproven."""

        def opened(sealed: bytes) -> bytes:
            raise Unproven(f"no key ring is configured: encrypted column {column} cannot be read")

        return opened


class RowOpener:
    """Opens the sealed columns of the rows of one result. `formats` as Bind or RowDescription gave them."""

    __slots__ = ("_columns", "_only", "width")

    def __init__(self, results: Sequence[SealedResult], formats: Sequence[int], sealing: Sealing) -> None:
        self._columns = tuple(
            (
                one,
                format_of(formats, one.position) == BINARY,
                sealing.opener(domain=one.seal.domain, search=one.seal.search, column=one.seal.column),
            )
            for one in results
        )
        self.width = max(one.position for one in results) + 1
        # One column without a mask is found and replaced where it stands; the row is not taken apart.
        self._only = results[0].position if len(results) == 1 and results[0].mask is None else None

    def open(self, buffer: bytes, start: int, end: int, out: list[bytes]) -> tuple[int, ProxyError | None]:
        """The DataRows that are buffer[start:end] -> what to send, added to `out`; and how far it came: `end`, or where the
        row begins that cannot be shown, and why: Tampered (XX001), Bug, ProtocolError.
        """
        try:
            if self._only is None:
                while start < end:
                    behind = start + 1 + _length_at(buffer, start + 1)[0]
                    out.append(self._open_all(buffer[start + HEAD_BYTES : behind]))
                    start = behind
                return start, None
            before, width = range(self._only), self.width
            _, is_binary, opened = self._columns[0]
            while start < end:
                behind = start + 1 + _length_at(buffer, start + 1)[0]
                at = start + _ROW_HEAD_BYTES
                for _ in before:
                    size: int = _int32_at(buffer, at)[0] if at + 4 <= behind else -2
                    if size < -1:
                        break
                    at += 4 + size if size > 0 else 4
                size = _int32_at(buffer, at)[0] if at + 4 <= behind else -2
                value, after = at + 4, at + 4 + size
                if size < -1 or after > behind or (buffer[start + HEAD_BYTES] << 8 | buffer[start + HEAD_BYTES + 1]) < width:
                    out.append(self._open_all(buffer[start + HEAD_BYTES : behind]))  # which says what is wrong with it
                elif size < 0:
                    out.append(buffer[start:behind])
                else:
                    plain = opened(buffer[value:after] if is_binary else bytea_from_text(buffer[value:after]))
                    length = len(plain)
                    head = _row_head(_DATA_ROW, behind - start - 1 + length - size)
                    out += (head, buffer[start + HEAD_BYTES : at], _int32(length), plain, buffer[after:behind])
                start = behind
        except ProxyError as error:
            return start, error
        return start, None

    def _open_all(self, body: bytes) -> bytes:
        values = datarow_values(body)
        if len(values) < self.width:
            raise Bug("a row is shorter than its plan")
        for result, is_binary, opened in self._columns:
            sealed = values[result.position]
            if sealed is None:
                continue
            plain: bytes | None = opened(sealed if is_binary else bytea_from_text(sealed))
            if result.mask is not None and plain is not None:
                shown = result.mask.apply(text_from_wire(plain))
                plain = None if shown is None else text_to_wire(str(shown))
            values[result.position] = plain
        return datarow(values)


def count_rows(buffer: bytes, start: int, last: int) -> tuple[int, int]:
    """Neighbouring DataRows from `start` up to the one that begins at `last`: how many with it, and where it ends."""
    count = 1
    while start < last:
        start += 1 + _length_at(buffer, start + 1)[0]
        count += 1
    return count, last + 1 + _length_at(buffer, last + 1)[0]


def row_shape(body: bytes, plan: Plan, part: Part) -> Shape | None:
    """What becomes of a RowDescription; None when it passes as it is.

    The second lock: a column that comes from a masked column, or ciphertext where none was planned, raises Bug.
    """
    if not (part.results or plan.masked_origins or plan.sealed_origins):
        return None
    fields = list(RowDescription.parse(body).fields)
    planned = {one.position: one for one in part.results}
    if planned and max(planned) >= len(fields):
        raise Bug("the result has fewer columns than its plan")
    for position, one in enumerate(fields):
        result = planned.get(position)
        origin = (one.table_oid, one.attnum)
        if result is None:
            if origin in plan.masked_origins:
                raise Bug(f"result column {position + 1} comes from a masked column")
            if origin in plan.sealed_origins:
                raise Bug(f"result column {position + 1} carries ciphertext the plan does not open")
            continue
        if one.type_oid != BYTEA:
            raise Bug(f"result column {position + 1} should be encrypted but is not bytea")
        fields[position] = replace(one, type_oid=result.seal.type_oid, type_size=-1, typmod=-1)
    if not planned:
        return None
    return RowDescription(tuple(fields)).to_bytes(), tuple(one.format for one in fields)


def origins(body: bytes) -> frozenset[int]:
    """OIDs of the relations a RowDescription's columns come from."""
    return frozenset(one.table_oid for one in RowDescription.parse(body).fields if one.table_oid)


def parameter_shape(body: bytes, plan: Plan) -> bytes | None:
    """ParameterDescription for the client: the logical type of each sealed parameter; None when nothing is sealed."""
    if not plan.params:
        return None
    oids = list(ParameterDescription.parse(body).type_oids)
    for param in plan.params:
        if param.number <= len(oids):
            oids[param.number - 1] = param.seal.type_oid
    return ParameterDescription(tuple(oids)).to_bytes()


def check_parameters(body: bytes, plan: Plan) -> ProxyError | None:
    """The type lock: a bytea parameter is one we encrypt, and the other way round. None, or why not."""
    planned = {param.number: param.seal for param in plan.params}
    oids = ParameterDescription.parse(body).type_oids
    for number, oid in enumerate(oids, 1):
        if oid == BYTEA and number not in planned and number not in plan.plain_params:
            return Unproven(
                f"parameter ${number} is bytea and might store plaintext in an encrypted column",
                hint="Use the parameter directly beside the encrypted column, without an expression around it.",
            )
        if oid != BYTEA and number in planned:
            return Unproven(f"parameter ${number} belongs to encrypted column {planned[number].column} but is no bytea")
    if planned and max(planned) > len(oids):
        return Unproven(f"parameter ${max(planned)} is unknown to the server")
    return None


def server_param_oids(param_oids: tuple[int, ...], plan: Plan) -> tuple[int, ...]:
    """The parameter types for the server's Parse: bytea for what we seal. Raises BadValue for a type that is no text."""
    if not plan.params:
        return param_oids
    oids = list(param_oids)
    for param in plan.params:
        if param.number > len(oids):
            continue
        declared = oids[param.number - 1]
        if declared and declared not in TEXT_FAMILY and declared != param.seal.type_oid:
            raise BadValue(f"parameter ${param.number} for encrypted column {param.seal.column} must be text")
        oids[param.number - 1] = BYTEA
    return tuple(oids)


def bound(frame: bytes, plan: Plan, sealing: Sealing) -> tuple[bytes, tuple[int, ...]]:
    """A Bind's frame as it goes on, its parameters sealed, and the formats of the result. Raises ProtocolError, BadValue."""
    message = Bind.parse(frame[HEAD_BYTES:])
    if plan.params:
        frame = seal_parameters(message, plan, sealing).to_bytes()
    return frame, message.result_formats


def seal_parameters(bind: Bind, plan: Plan, sealing: Sealing) -> Bind:
    """The Bind with its sealed parameters as ciphertext, in binary. Raises BadValue.

    The server sees other formats then, so what it would say of the client's is said here (exec_bind_message of postgres.c).
    """
    params = list(bind.params)
    count = len(bind.param_formats)
    if count > 1 and count != len(params):
        said = f"bind message has {count} parameter formats but {len(params)} parameters"
        raise BadValue(said, sqlstate="08P01")
    formats = [format_of(bind.param_formats, position) for position in range(len(params))]
    for param in plan.params:
        position = param.number - 1
        if position >= len(params):
            continue  # too few: the server says so
        value = params[position]
        if formats[position] not in (TEXT, BINARY):
            raise BadValue(f"unsupported format code: {formats[position]}")
        formats[position] = BINARY
        if value is None:
            continue
        try:
            text_from_wire(value)
        except BadValue as error:
            raise BadValue(f"parameter ${param.number}: {error.message}", sqlstate=error.sqlstate) from None
        params[position] = sealing.seal(value, domain=param.seal.domain, search=param.seal.search)
    return replace(bind, params=tuple(params), param_formats=tuple(formats))


__all__ = [
    "BINARY",
    "TEXT",
    "NoKeys",
    "RowOpener",
    "Sealing",
    "bound",
    "check_parameters",
    "count_rows",
    "origins",
    "parameter_shape",
    "row_shape",
    "seal_parameters",
    "server_param_oids",
]
