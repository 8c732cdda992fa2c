"""The metrics of a template: nothing collects them here, but a cluster would refuse these."""

import re
from typing import Any

from workflows.runner.check.rules.fault import Fault
from workflows.runner.check.rules.registry import Template

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def check_metrics(template: Template) -> None:
    """Demand names, help and values."""
    listed = (template.data.get("metrics") or {}).get("prometheus") or []
    for index, metric in enumerate(listed):
        place = template.place / "metrics" / "prometheus" / index
        if problem := _problem(template.name, metric):
            raise Fault(problem, place)


def _problem(template: str, metric: dict[str, Any]) -> str | None:
    name = metric.get("name") or ""
    if not _NAME.fullmatch(name):
        return (
            f"templates.{template} metric name '{name}' is invalid. Metric names must contain "
            "alphanumeric characters or '_'"
        )
    for label in metric.get("labels") or []:
        key = label.get("key") or ""
        if not _NAME.fullmatch(key):
            return (
                f"metric label '{key}' is invalid: keys may only contain "
                "alphanumeric characters or '_'"
            )
    if not metric.get("help"):
        return (
            f"templates.{template} metric '{name}' must contain a help string under 'help: ' field"
        )
    if problem := _value_problem(metric):
        return f"templates.{template} metric '{name}' error: {problem}"
    return None


def _value_problem(metric: dict[str, Any]) -> str | None:
    for kind in ("gauge", "counter", "histogram"):
        value = metric.get(kind)
        if value is None:
            continue
        if not value.get("value"):
            return f"missing {kind}.value"
        if value.get("realtime") and "resourcesDuration." in value["value"]:
            return "'resourcesDuration.*' metrics cannot be used in real-time"
    return None
