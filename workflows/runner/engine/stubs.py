"""Outcomes given by hand, in place of running a node: `--stub NODE=FILE`."""

from collections.abc import Mapping
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.language.manifest import any_string
from workflows.runner.model.node import FULFILLED, SUCCEEDED, Node


def find(stubs: Mapping[str, Mapping[str, Any]], frame: Frame) -> Mapping[str, Any] | None:
    """Give the outcome for a node: by its full name, its last part, or its template."""
    display = frame.call.holder.get("name")
    for name in (frame.name, display, frame.template.get("name")):
        if name is not None and name in stubs:
            return stubs[name]
    return None


def finish(frame: Frame, outcome: Mapping[str, Any]) -> Node:
    """End a node as its stub says."""
    node = frame.node()
    phase = outcome.get("phase", SUCCEEDED)
    made: dict[str, Any] = {"exitCode": str(outcome.get("exitCode", 0))}
    if outcome.get("result") is not None:
        made["result"] = any_string(outcome["result"])
    given = outcome.get("parameters") or {}
    declared = (frame.template.get("outputs") or {}).get("parameters") or []
    parameters = [
        {**{k: v for k, v in item.items() if k != "valueFrom"}, "value": any_string(value)}
        for item in declared if (value := given.get(item["name"])) is not None
    ]  # fmt: skip
    if parameters:
        made["parameters"] = parameters
    node.outputs = made
    frame.run.export(made)
    return frame.run.mark(node, phase if phase in FULFILLED else SUCCEEDED, outcome.get("message"))
