"""Dashboard and alert rules ask for metrics that there are; each alert says how bad it is and where to read on."""

from __future__ import annotations

import json
import re
from importlib import import_module

from domains import modules
from domains.common.measuring.instruments import declared
from tests.commands import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
RULES = (FOLDER / "rules.yml").read_text()
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())


def test_every_metric_of_dashboard_and_rules_is_declared_and_every_declared_one_is_shown() -> None:
    for module in ("backend.metrics", "schema.http"):
        import_module(module)
    modules("metrics")
    asked = set(re.findall(r"\bordergraph_\w+", RULES + json.dumps(DASHBOARD)))
    samples = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked}
    assert samples == set(declared)


def test_every_alert_has_a_severity_a_patience_a_summary_and_a_runbook() -> None:
    alerts = re.split(r"- alert: ", RULES)[1:]
    assert len(alerts) == 8
    for alert in alerts:
        anchor = re.sub(r"(?<!^)([A-Z])", r"-\1", alert.split()[0].removeprefix("Ordergraph")).lower()
        assert f"runbook: deploy/OPERATIONS.md#alert-{anchor}\n" in alert + "\n"
        assert re.search(r"for: \d+m\n", alert)
        assert re.search(r"severity: (critical|warning)}", alert)
        assert "summary: " in alert
