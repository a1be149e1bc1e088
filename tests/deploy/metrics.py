"""Every metric the proxy writes, as the files of docker/ may name them.

TODO: replace METRICS by the registry of the proxy itself (name, kind, labels) once it is there; the tests only ask for this
shape. VALUES are the label values that alerts and dashboard name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """What stands at /metrics: a histogram under its name with _bucket, _sum and _count."""

    kind: Literal["counter", "gauge", "histogram"]
    labels: frozenset[str] = frozenset()

    def series(self, name: str) -> dict[str, frozenset[str]]:
        """Name of a series -> its labels."""
        if self.kind != "histogram":
            return {name: self.labels}
        return {f"{name}_bucket": self.labels | {"le"}, f"{name}_sum": self.labels, f"{name}_count": self.labels}


def _labelled(kind: Literal["counter", "gauge", "histogram"], *labels: str) -> Metric:
    return Metric(kind, frozenset(labels))


METRICS: dict[str, Metric] = {
    "maskgate_sessions": _labelled("gauge", "role"),
    "maskgate_logins_total": _labelled("counter", "outcome"),
    "maskgate_statements_total": _labelled("counter", "role", "verdict"),
    "maskgate_statement_seconds": _labelled("histogram"),
    "maskgate_planning_seconds": _labelled("histogram"),
    "maskgate_plan_cache_total": _labelled("counter", "outcome"),
    "maskgate_rows_total": _labelled("counter", "role"),
    "maskgate_bytes_total": _labelled("counter", "role"),
    "maskgate_sensitive_cells_total": _labelled("counter", "role"),
    "maskgate_export_stops_total": _labelled("counter", "role"),
    "maskgate_budget_used_ratio": _labelled("histogram"),
    "maskgate_log_append_seconds": _labelled("histogram"),
    "maskgate_log_failures_total": _labelled("counter"),
    "maskgate_log_waiting_events": _labelled("gauge"),
    "maskgate_catalog_loads_total": _labelled("counter", "outcome"),
    "maskgate_workers": _labelled("gauge"),
    "maskgate_worker_restarts_total": _labelled("counter"),
    "maskgate_rules_reloads_total": _labelled("counter", "outcome"),
}
# What Prometheus adds, and what it says of a target itself.
TARGET_LABELS = frozenset({"job", "instance"})
OF_PROMETHEUS = {"up": frozenset[str]()}

# (metric, label) -> the values that may be named.
VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("maskgate_statements_total", "verdict"): frozenset({"refused"}),
    ("maskgate_logins_total", "outcome"): frozenset({"ok"}),
    ("maskgate_plan_cache_total", "outcome"): frozenset({"hit"}),
    ("maskgate_catalog_loads_total", "outcome"): frozenset({"ok"}),
    ("maskgate_rules_reloads_total", "outcome"): frozenset({"ok"}),
}

SERIES: dict[str, frozenset[str]] = {
    series: labels for name, metric in METRICS.items() for series, labels in metric.series(name).items()
}
