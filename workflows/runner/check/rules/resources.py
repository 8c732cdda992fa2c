"""What a whole pod may ask for: cpu, memory and huge pages."""

from typing import Any

from workflows.runner.check.rules.fault import Fault, Place
from workflows.runner.check.rules.kinds import kind_of
from workflows.runner.check.rules.registry import Template


def check_pod_resources(template: Template) -> None:
    """Check the podResources of a template."""
    asked = template.data.get("podResources")
    if asked is None:
        return
    at, place = f"templates.{template.name}.podResources", template.place / "podResources"
    kind = kind_of(template.data)
    if kind in ("HTTP", "Plugin"):
        raise Fault(f"{at} is not supported for {kind} templates", place)
    check_amounts(at, asked, place)


def check_amounts(at: str, asked: dict[str, Any] | None, place: Place) -> None:
    """Check podResources: nothing that only a container can have."""
    if asked is None:
        return
    if asked.get("claims"):
        raise Fault(f"{at}.claims is not supported for pod-level resources", place / "claims")
    for part in ("limits", "requests"):
        for name in asked.get(part) or {}:
            if name not in ("cpu", "memory") and not name.startswith("hugepages-"):
                raise Fault(
                    f'{at}: "{name}" is not a valid pod-level resource, only cpu, memory and '
                    "hugepages-* are supported",
                    place / part / name,
                )
