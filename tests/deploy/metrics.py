"""Every metric the proxy writes, as the files of docker/ may name them; VALUES are the label values that alerts and dashboard name."""

from __future__ import annotations

from proxy.server.metrics import METRICS, Metric

# What Prometheus adds, and what it says of a target itself.
TARGET_LABELS = frozenset({"job", "instance"})
OF_PROMETHEUS = {"up": frozenset[str]()}

# (metric, label) -> the values that may be named.
VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("maskgate_statements_total", "verdict"): frozenset({"open", "masked", "refused"}),
    ("maskgate_logins_total", "outcome"): frozenset({"ok", "refused"}),
    ("maskgate_plan_cache_total", "outcome"): frozenset({"hit", "miss"}),
    ("maskgate_catalog_loads_total", "outcome"): frozenset({"ok", "failed"}),
    ("maskgate_rules_reloads_total", "outcome"): frozenset({"ok", "failed"}),
}


def series(name: str, metric: Metric) -> dict[str, frozenset[str]]:
    """Name of a series -> its labels; a histogram stands under its name with _bucket, _sum and _count."""
    labels = frozenset(metric.labels)
    if metric.kind != "histogram":
        return {name: labels}
    return {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}


SERIES: dict[str, frozenset[str]] = {one: labels for name, metric in METRICS.items() for one, labels in series(name, metric).items()}
