"""What is counted, and how it is told: each worker counts for itself, the supervisor adds them up for Prometheus.

Nearly everything is read from the events on their way to the query log, so that what is counted is what was recorded. A
worker's counts travel as plain JSON (`counts`); `merged` adds those of several, `exposition` writes Prometheus' text format.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family

Kind = Literal["counter", "gauge", "histogram"]
Counts = dict[str, dict[str, list[float]]]  # metric -> its labels, joined by NUL -> [value], or buckets and the sum

_FAST = (0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
_SLOW = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 600.0)
_SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `labels` in this order; `buckets` of a histogram, upper bounds."""

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


METRICS: dict[str, Metric] = {
    "maskgate_sessions": Metric("gauge", "Open sessions, by role of the rules", ("role",)),
    "maskgate_logins_total": Metric("counter", "Logins: ok or refused", ("outcome",)),
    "maskgate_statements_total": Metric("counter", "Statements: open, masked or refused", ("role", "verdict")),
    "maskgate_statement_seconds": Metric("histogram", "From a statement's being sent to its last reply", (), _SLOW),
    "maskgate_planning_seconds": Metric("histogram", "Planning of statements that no cached plan fitted", (), _FAST),
    "maskgate_plan_cache_total": Metric("counter", "Plans asked for: hit or miss", ("outcome",)),
    "maskgate_rows_total": Metric("counter", "Rows that left towards clients", ("role",)),
    "maskgate_bytes_total": Metric("counter", "Bytes of rows that left towards clients", ("role",)),
    "maskgate_sensitive_cells_total": Metric("counter", "Masked or deciphered values that left", ("role",)),
    "maskgate_export_stops_total": Metric("counter", "Statements the export guard stopped", ("role",)),
    "maskgate_budget_used_ratio": Metric("histogram", "Rows of a statement by what its role may have at once", (), _SHARES),
    "maskgate_log_append_seconds": Metric("histogram", "One append to the query log", (), _FAST),
    "maskgate_log_failures_total": Metric("counter", "Appends the query log did not take"),
    "maskgate_log_waiting_events": Metric("gauge", "Events kept in memory because the log failed"),
    "maskgate_catalog_loads_total": Metric("counter", "Readings of a database's catalog: ok or failed", ("outcome",)),
    "maskgate_workers": Metric("gauge", "Worker processes that serve"),
    "maskgate_worker_restarts_total": Metric("counter", "Worker processes that ended unasked"),
    "maskgate_rules_reloads_total": Metric("counter", "Readings of rules and configuration anew: ok or failed", ("outcome",)),
}
# Labelled counters that stand at 0 from the start: increase() would miss their first event.
_FROM_THE_START = {
    "maskgate_logins_total": ("ok", "refused"),
    "maskgate_plan_cache_total": ("hit", "miss"),
    "maskgate_catalog_loads_total": ("ok", "failed"),
    "maskgate_rules_reloads_total": ("ok", "failed"),
}


_OF_ENDS = ("rows", "bytes", "sensitive_cells")


class Metrics:
    """The counts of one process. `now`: seconds of a monotonic clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.counts: Counts = {name: {} for name in METRICS}
        # what `counts` has of these, found without looking for it: they are counted for every statement
        self._statements: dict[tuple[str, str], list[float]] = {}
        self._ends: dict[str, list[list[float]]] = {}
        self._histograms: dict[str, tuple[tuple[float, ...], list[float]]] = {}
        for name, values in _FROM_THE_START.items():
            for value in values:
                self.add(name, 0, value)
        for name, metric in METRICS.items():
            if metric.kind == "counter" and not metric.labels:
                self.add(name, 0)

    def add(self, name: str, amount: float, *labels: str) -> None:
        """To a counter."""
        of = self.counts[name]
        key = "\0".join(labels)
        found = of.get(key)
        if found is None:
            of[key] = [amount]
        else:
            found[0] += amount

    def put(self, name: str, amount: float, *labels: str) -> None:
        """A gauge."""
        self.counts[name]["\0".join(labels)] = [amount]

    def observe(self, name: str, value: float) -> None:
        """Into a histogram."""
        found = self._histograms.get(name)
        if found is None:
            buckets = METRICS[name].buckets
            found = self._histograms[name] = buckets, self.counts[name].setdefault("", [0.0] * (len(buckets) + 2))
        buckets, cells = found
        cells[bisect_left(buckets, value)] += 1
        cells[-1] += value

    # -- what the proxy tells

    def events(self, events: Sequence[Mapping[str, Any]], log_seconds: float) -> None:
        """These were recorded, which took so long."""
        self.observe("maskgate_log_append_seconds", log_seconds)
        for event in events:
            kind = event["kind"]
            if kind == "accept":
                self._statement(event["role"], event["verdict"])
            elif kind == "end":
                self._end(event)
            elif kind == "refuse":
                self._statement(event["role"], "refused")
            elif kind == "connect":
                self.add("maskgate_logins_total", 1, "ok")
            elif kind == "login_refused":
                self.add("maskgate_logins_total", 1, "refused")

    def log_failed(self) -> None:
        """The log took nothing."""
        self.add("maskgate_log_failures_total", 1)

    def planned(self, seconds: float | None) -> None:
        """A plan was asked for: it took so long, or (None) was at hand."""
        self.add("maskgate_plan_cache_total", 1, "hit" if seconds is None else "miss")
        if seconds is not None:
            self.observe("maskgate_planning_seconds", seconds)

    def _cell(self, name: str, *labels: str) -> list[float]:
        """What `counts` has of a counter."""
        self.add(name, 0, *labels)
        return self.counts[name]["\0".join(labels)]

    def _statement(self, role: str, verdict: str) -> None:
        cell = self._statements.get((role, verdict))
        if cell is None:
            cell = self._statements[role, verdict] = self._cell("maskgate_statements_total", role, verdict)
        cell[0] += 1

    def _end(self, event: Mapping[str, Any]) -> None:
        role = event["role"]
        cells = self._ends.get(role)
        if cells is None:
            cells = self._ends[role] = [self._cell(f"maskgate_{name}_total", role) for name in _OF_ENDS]
        rows = event["rows"]
        cells[0][0] += rows
        cells[1][0] += event["bytes"]
        cells[2][0] += event["sensitive_cells"]
        self.observe("maskgate_statement_seconds", event["duration_us"] / 1_000_000)
        if limit := event.get("row_limit"):
            self.observe("maskgate_budget_used_ratio", rows / limit)
        if event["outcome"] == "stopped":
            self.add("maskgate_export_stops_total", 1, role)


def merged(several: Iterable[Counts]) -> Counts:
    """The sum; of gauges too, since each worker has its own."""
    total: Counts = {name: {} for name in METRICS}
    for one in several:
        for name, of in one.items():
            if name not in total:
                continue  # of a newer or older worker
            for key, values in of.items():
                known = total[name].get(key)
                same = known is not None and len(known) == len(values)
                total[name][key] = [a + b for a, b in zip(known, values, strict=True)] if known and same else list(values)
    return total


def lasting(counts: Counts) -> Counts:
    """Without the gauges: what still counts when the process is gone."""
    return {name: of for name, of in counts.items() if METRICS[name].kind != "gauge"}


def exposition(counts: Counts) -> bytes:
    """Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(counts))
    text: bytes = generate_latest(registry)
    return text


class _Collector:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Family]:
        """What prometheus_client asks for."""
        for name, metric in METRICS.items():
            of = self._counts.get(name, {})
            if metric.kind == "histogram":
                histogram = HistogramMetricFamily(name, metric.help, labels=metric.labels)
                for key, values in of.items():
                    histogram.add_metric(_labels(metric, key), _cumulative(metric, values), values[-1])
                yield histogram
                continue
            family = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            made = family(name, metric.help, labels=metric.labels)
            for key, values in of.items():
                made.add_metric(_labels(metric, key), values[0])
            yield made


def _labels(metric: Metric, key: str) -> list[str]:
    return key.split("\0") if metric.labels else []


def _cumulative(metric: Metric, values: Sequence[float]) -> list[tuple[str, float]]:
    found, total = [], 0.0
    for bound, count in zip((*map(str, metric.buckets), "+Inf"), values[:-1], strict=True):
        total += count
        found.append((bound, total))
    return found
