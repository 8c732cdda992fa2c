"""The paths that a template names for its inputs and outputs."""

from collections.abc import Mapping
from typing import Any

from workflows.runner.scope.arguments import has_location

__all__ = ["has_location", "paths"]


def paths(template: Mapping[str, Any]) -> list[str]:
    """Give every path that a template reads an input from or writes an output to."""
    found = []
    for part in ("inputs", "outputs"):
        for artifact in (template.get(part) or {}).get("artifacts") or ():
            found.append(artifact.get("path"))
    for parameter in (template.get("outputs") or {}).get("parameters") or ():
        found.append((parameter.get("valueFrom") or {}).get("path"))
    return [path for path in dict.fromkeys(found) if path]
