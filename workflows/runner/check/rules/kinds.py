"""What kind of template a template is."""

from typing import Any

from workflows.runner.check.rules.fault import Fault
from workflows.runner.check.rules.registry import Template

#: The field that makes it, in the order in which Argo looks, and what Argo calls it.
KINDS = {
    "container": "Container",
    "containerSet": "ContainerSet",
    "steps": "Steps",
    "dag": "DAG",
    "script": "Script",
    "resource": "Resource",
    "data": "Data",
    "suspend": "Suspend",
    "http": "HTTP",
    "plugin": "Plugin",
}
_PODS = frozenset({"Container", "ContainerSet", "Script", "Resource", "Data"})
_LEAVES = _PODS | {"HTTP", "Plugin"}
_CHOICE = "container, containerSet, steps, script, resource, dag, suspend, template, template ref"


def kind_of(data: dict[str, Any]) -> str:
    """Name the kind of a template, or Unknown."""
    return next((kind for key, kind in KINDS.items() if data.get(key) is not None), "Unknown")


def is_pod(data: dict[str, Any]) -> bool:
    """Say whether it runs as a pod."""
    return kind_of(data) in _PODS


def is_leaf(data: dict[str, Any]) -> bool:
    """Say whether it does work itself, rather than calling others or waiting."""
    return kind_of(data) in _LEAVES


def has_result(data: dict[str, Any]) -> bool:
    """Say whether there is an outputs.result of it."""
    containers = (data.get("containerSet") or {}).get("containers") or []
    return any(data.get(key) is not None for key in ("container", "script", "data")) or (
        any(data.get(key) is not None for key in ("http", "plugin"))
        or any(container.get("name") == "main" for container in containers)
    )


def check_kind(template: Template) -> None:
    """Demand exactly one kind."""
    found = [key for key in KINDS if template.data.get(key) is not None]
    if len(found) == 1:
        return
    problem = "multiple template types" if found else "template type un"
    raise Fault(
        f"templates.{template.name} {problem}{' ' if found else ''}specified. "
        f"choose one of: {_CHOICE}",
        template.place,
    )
