"""The protocol as values: frames, messages, authentication, value forms. Pure; imports nothing of us but `errors`."""

from proxy.wire.frames import FIRST, HEAD_BYTES, LAST, PIECE, Frame, FrameReader, Limits, StartupReader
from proxy.wire.messages import Backend, Frontend

__all__ = [
    "FIRST",
    "HEAD_BYTES",
    "LAST",
    "PIECE",
    "Backend",
    "Frame",
    "FrameReader",
    "Frontend",
    "Limits",
    "StartupReader",
]
