"""A very long text is planned in a process of its own, for whose sake nobody waits.

In a thread it is not enough: Python hands over between its own steps only, and some of them take long for a long text (the
tree of 4 MB is read by one call of 50 ms). A fork knows all that the planner knows, is made in 5 to 10 ms, and gives its
memory back when it ends. It has none of our sockets and files, so nothing depends on how long it lives; it ends when we do.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import signal
import threading
from collections.abc import Callable
from typing import NoReturn

from proxy.errors import Bug, ProxyError, TooComplex, place_of

logger = logging.getLogger("maskgate")

_STANDARD_FILES = 3
_MOST_FILES = 1 << 20
_READ_BYTES = 1 << 20


def in_own_process(make: Callable[[], object]) -> object:
    """What `make` gives, which must be of a kind that pickle takes. For a thread that may wait; several may at a time.

    Raises the ProxyError that `make` raises, Bug when it raises something else, TooComplex when the process was killed.
    """
    answer, question = os.pipe()
    life, line = os.pipe()  # whose end tells the other side that we are gone
    try:
        child = os.fork()
        if child == 0:
            _work(make, question, life)
    except OSError as error:
        os.close(answer)
        os.close(line)
        raise TooComplex(
            f"no process can be made to plan this statement: {error.strerror}", hint="Send bulk data as parameters or by COPY."
        ) from None
    finally:
        os.close(question)
        os.close(life)
    data = bytearray()
    try:
        while part := os.read(answer, _READ_BYTES):
            data += part
    finally:
        os.close(answer)
        os.close(line)
        _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise TooComplex(
            f"the process that planned this statement was ended by signal {os.WTERMSIG(status)}",
            hint="Send bulk data as parameters or by COPY.",
        )
    if status:
        raise Bug("internal error: the statement was not planned")
    outcome = pickle.loads(data)  # noqa: S301 - written by this very program a moment ago
    if isinstance(outcome, ProxyError):
        raise outcome
    return outcome


def _work(make: Callable[[], object], answer: int, life: int) -> NoReturn:
    """In the new process, which has one thread: this one."""
    status = 1
    try:
        low, high = sorted((answer, life))
        for first, behind in ((_STANDARD_FILES, low), (low + 1, high), (high + 1, _MOST_FILES)):
            os.closerange(first, behind)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2):
            signal.signal(number, signal.SIG_DFL)
        gc.disable()
        threading.Thread(target=_end_with_parent, args=(life,), daemon=True).start()
        try:
            outcome = make()
        except ProxyError as error:
            outcome = error
        data = memoryview(pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL))
        while data:
            data = data[os.write(answer, data) :]
        status = 0
    except BrokenPipeError:
        pass  # nobody waits for it any more
    except BaseException as error:  # noqa: BLE001 - the edge of a process: one line for the operator
        with contextlib.suppress(Exception):
            logger.error("planning a long text ended by %s at %s", type(error).__name__, place_of(error))
    finally:
        os._exit(status)


def _end_with_parent(life: int) -> None:
    os.read(life, 1)
    os._exit(1)
