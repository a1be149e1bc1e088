"""What is counted, added up over processes, and written as Prometheus reads it."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxy.audit import event
from proxy.server.metrics import METRICS, Metrics, exposition, lasting, merged

WHO = event.who(session="s", address="a", login="ana", role="analyst")


def ended(**more: object) -> event.Event:
    given = {"rows": 10, "bytes_out": 100, "sensitive_cells": 5, "duration_us": 2_000, "outcome": "done", **more}
    return event.end("e", WHO, **given)  # type: ignore[arg-type]


def samples(*several: Metrics) -> dict[str, float]:
    text = exposition(merged([one.counts for one in several])).decode()
    return {
        sample.name + "".join(f"|{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_events_become_figures() -> None:
    metrics = Metrics(lambda: 0.0)
    accepted = event.accept("e", WHO, statement="SELECT", fingerprint="f", verdict="masked")
    refused = event.refuse("e", WHO, sqlstate="42501", reason="no")
    prepared = event.accept("e", WHO, statement="SELECT", fingerprint="f", verdict="masked", kind="prepare")
    metrics.events([accepted, prepared, ended(row_limit=40), refused, event.connect("c", WHO, method="trust", tls=False)], 0.000_3)
    metrics.events([ended(outcome="stopped", row_limit=10), event.login_refused("l", WHO, sqlstate="28P01", reason="")], 2.0)
    metrics.planned(None)
    metrics.planned(0.004)
    metrics.log_failed()
    seen = samples(metrics)
    assert seen["maskgate_statements_total|analyst|masked"] == 1
    assert seen["maskgate_statements_total|analyst|refused"] == 1
    assert (seen["maskgate_rows_total|analyst"], seen["maskgate_bytes_total|analyst"]) == (20, 200)
    assert seen["maskgate_sensitive_cells_total|analyst"] == 10
    assert seen["maskgate_export_stops_total|analyst"] == 1
    assert (seen["maskgate_logins_total|ok"], seen["maskgate_logins_total|refused"]) == (1, 1)
    assert (seen["maskgate_plan_cache_total|hit"], seen["maskgate_plan_cache_total|miss"]) == (1, 1)
    assert (seen["maskgate_planning_seconds_bucket|0.002"], seen["maskgate_planning_seconds_bucket|0.005"]) == (0, 1)
    assert seen["maskgate_planning_seconds_sum"] == pytest.approx(0.004)
    assert (seen["maskgate_budget_used_ratio_bucket|0.25"], seen["maskgate_budget_used_ratio_bucket|1.0"]) == (1, 2)
    assert (seen["maskgate_log_append_seconds_bucket|0.5"], seen["maskgate_log_append_seconds_bucket|+Inf"]) == (1, 2)
    assert seen["maskgate_statement_seconds_count"] == 2
    assert seen["maskgate_log_failures_total"] == 1


def test_several_processes_add_up_and_what_is_gone_keeps_its_counters() -> None:
    one, other = Metrics(lambda: 0.0), Metrics(lambda: 0.0)
    for metrics in (one, other):
        metrics.put("maskgate_sessions", 3, "analyst")
        metrics.events([ended()], 0.1)
    assert samples(one, other)["maskgate_sessions|analyst"] == 6
    assert samples(one, other)["maskgate_rows_total|analyst"] == 20
    left = merged([lasting(one.counts), other.counts])
    assert left["maskgate_sessions"] == {"analyst": [3]}
    assert left["maskgate_rows_total"] == {"analyst": [20]}


def test_counters_stand_at_nought_from_the_start() -> None:
    """increase() would miss the first event of one that appears with it."""
    seen = samples(Metrics(lambda: 0.0))
    assert seen["maskgate_logins_total|refused"] == seen["maskgate_log_failures_total"] == 0
    assert seen["maskgate_catalog_loads_total|failed"] == 0


def test_what_another_version_counts_is_left_out() -> None:
    assert merged([{"maskgate_new_total": {"": [1.0]}}]) == {name: {} for name in METRICS}
