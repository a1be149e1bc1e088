"""Prometheus' settings and alerts, Grafana's provisioning and dashboard: they parse, and name only what the proxy writes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.files import DOCKER, TOOLS, proxy_settings, read_yaml, tool
from tests.deploy.metrics import METRICS, OF_PROMETHEUS, SERIES, TARGET_LABELS, VALUES

COMPOSE = read_yaml(DOCKER / "compose.yaml")
PROMETHEUS = read_yaml(DOCKER / "prometheus" / "prometheus.yml")
RULES: list[dict[str, Any]] = [
    rule for group in read_yaml(DOCKER / "prometheus" / "alerts.yml")["groups"] for rule in group["rules"]
]
DASHBOARD_FILE = DOCKER / "grafana" / "dashboards" / "maskgate.json"
DASHBOARD = json.loads(DASHBOARD_FILE.read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
SOURCE: dict[str, Any] = read_yaml(DOCKER / "grafana" / "datasources" / "prometheus.yaml")["datasources"][0]


def _expressions() -> list[tuple[str, str]]:
    """Where it stands, and the expression with Grafana's variables filled in."""
    found = [(rule["alert"], rule["expr"]) for rule in RULES]
    for panel in PANELS:
        for target in panel["targets"]:
            text = target["expr"].replace("$__rate_interval", "1m")
            for variable in DASHBOARD["templating"]["list"]:
                text = text.replace(f"${variable['name']}", variable["allValue"])
            assert "$" not in text, text
            found.append((f"{panel['title']} {target['refId']}", text))
    return found


EXPRESSIONS = _expressions()
EACH = pytest.mark.parametrize("text", [text for _, text in EXPRESSIONS], ids=[name for name, _ in EXPRESSIONS])


@EACH
def test_names_only_what_the_proxy_writes(text: str) -> None:
    """By the words alone, so that it needs no parser."""
    named = set(re.findall(r"\bmaskgate_\w+", text))
    assert named <= SERIES.keys()
    assert named or "up{" in text


@EACH
def test_is_promql_over_labels_that_are_there(text: str) -> None:
    tool("promql_parser")
    sys.path.append(str(TOOLS))
    try:
        import promql_parser  # type: ignore[import-not-found,unused-ignore]
    finally:
        sys.path.remove(str(TOOLS))
    tree = promql_parser.parse(text)
    selectors = list(_selectors(tree))
    assert {selector.name for selector in selectors} - OF_PROMETHEUS.keys() == set(re.findall(r"\bmaskgate_\w+", text))
    known: set[str] = set()
    for selector in selectors:
        labels = {**SERIES, **OF_PROMETHEUS}[selector.name] | TARGET_LABELS
        known |= labels
        for matcher in selector.matchers.matchers:
            assert matcher.name in labels, (selector.name, matcher.name)
            values = VALUES.get((selector.name, matcher.name))
            if values is not None:
                assert matcher.value in values, "VALUES in tests/deploy/metrics.py says what may be named"
    for by in re.findall(r"\b(?:by|on|without|ignoring) \(([^)]*)\)", text):
        assert {label.strip() for label in by.split(",")} <= known
    for histogram in re.findall(r"(maskgate_\w+)_bucket", text):
        assert METRICS[histogram].kind == "histogram"
        assert "by (le" in text, "histogram_quantile needs le"


def _selectors(node: Any) -> Iterator[Any]:
    """Walked by what the parser's classes hold, not by their names."""
    if hasattr(node, "matchers") and hasattr(node, "name"):
        yield node
        return
    for field in ("lhs", "rhs", "expr", "vector_selector", "param"):
        inner = getattr(node, field, None)
        if inner is not None:
            yield from _selectors(inner)
    for inner in getattr(node, "args", None) or ():
        yield from _selectors(inner)


@EACH
def test_counters_are_read_as_rates_and_gauges_as_they_are(text: str) -> None:
    for name, metric in METRICS.items():
        for window in re.findall(rf"\b{name}(?:\{{[^}}]*\}})?(\[[^]]*\])?(?![\w{{])", text):
            assert bool(window) is (metric.kind == "counter"), name


def test_every_metric_is_shown_or_alerts() -> None:
    everything = " ".join(text for _, text in EXPRESSIONS)
    assert [name for name in METRICS if name not in everything] == []


def test_prometheus_asks_the_proxy_where_it_answers() -> None:
    (job,) = PROMETHEUS["scrape_configs"]
    metrics = proxy_settings()["metrics"]
    assert job == {"job_name": "maskgate", "static_configs": [{"targets": [f"proxy:{metrics['port']}"]}]}
    assert metrics["host"] == "0.0.0.0"  # noqa: S104
    for path in PROMETHEUS["rule_files"]:
        assert (DOCKER / "prometheus" / path).is_file()
    services = COMPOSE["services"]
    assert "monitoring" in services["prometheus"]["networks"]
    assert "monitoring" in services["proxy"]["networks"]
    assert "--config.file=/etc/prometheus/prometheus.yml" in services["prometheus"]["command"]


def test_alerts_say_what_to_do_and_how_soon() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))
    for rule in RULES:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "description"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
        for text in rule["annotations"].values():
            assert text.count("{{") == text.count("}}")
            for label in re.findall(r"\$labels\.(\w+)", text):
                kept = set(re.findall(r"by \(([^)]*)\)", rule["expr"])[:1])
                labels = {one.strip() for group in kept for one in group.split(",")} if kept else TARGET_LABELS
                assert label in labels, (rule["alert"], label)


def test_what_must_alert_does() -> None:
    everything = " ".join(rule["expr"] for rule in RULES)
    for name in ("log_failures_total", "workers", "statements_total", "export_stops_total", "catalog_loads_total"):
        assert f"maskgate_{name}" in everything


def test_grafana_finds_its_source_and_its_dashboard() -> None:
    assert SOURCE["url"] == "http://prometheus:9090"
    assert SOURCE["editable"] is False
    (provider,) = read_yaml(DOCKER / "grafana" / "providers" / "maskgate.yaml")["providers"]
    grafana = COMPOSE["services"]["grafana"]
    mounts = {mount["target"]: mount["source"] for mount in grafana["volumes"]}
    shown = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(shown.parent) == provider["options"]["path"]
    assert DOCKER / mounts[str(shown.parent)] / shown.name == DASHBOARD_FILE
    assert DOCKER / mounts["/etc/grafana/provisioning/datasources"] == DOCKER / "grafana" / "datasources"
    assert DOCKER / mounts["/etc/grafana/provisioning/dashboards"] == DOCKER / "grafana" / "providers"


def test_every_panel_has_its_place_and_its_source() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    taken: set[tuple[int, int]] = set()
    source = {"type": SOURCE["type"], "uid": SOURCE["uid"]}
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["description"]
        assert panel["datasource"] == source
        assert [target["refId"] for target in panel["targets"]] == list("ABC"[: len(panel["targets"])])
        for target in panel["targets"]:
            assert target["datasource"] == source
            kept = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            assert not kept or f"by ({', '.join(kept)})" in target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]
        assert label in METRICS[name].labels
        assert variable["datasource"] == source
