"""What is measured, by name, in the order it is run."""

from __future__ import annotations

from benchmarks.works.connecting import CONNECTIONS
from benchmarks.works.load import MASKED_POINT, MIX, PGBENCH
from benchmarks.works.planning import PLANNING
from benchmarks.works.rows import BULK, ENCRYPTED, MASKED_JOIN
from benchmarks.works.settings import EXPORT_GUARD, LOG_MODES
from benchmarks.works.soak import SOAK
from benchmarks.works.waiting import LONG_TEXTS

_ALL = (
    PLANNING, LONG_TEXTS, PGBENCH, MASKED_POINT, MASKED_JOIN, BULK, ENCRYPTED, MIX, LOG_MODES, EXPORT_GUARD, CONNECTIONS,
    SOAK,
)  # fmt: skip
WORKS = {work.name: work for work in _ALL}
