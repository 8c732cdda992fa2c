"""Run a suspend template: wait for a time, or for somebody."""

import json
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.suspension import wait_for_resume
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import NodeFault
from workflows.runner.model.node import FAILED, PENDING, RUNNING, SUCCEEDED, Node
from workflows.runner.nodes import limits


async def run_suspend(frame: Frame) -> Node:
    """Wait as a suspend template says.

    Raises:
        NodeFault: its duration is malformed, or an output got no value.
    """
    run = frame.run
    node = frame.node(PENDING)
    parameters = _outputs(frame)
    _offer_choices(node)
    wish = (frame.template.get("suspend") or {}).get("duration")
    seconds = limits.seconds(wish, "suspend duration") if wish not in (None, "") else None
    run.mark(node, RUNNING)
    await run.written()
    given: dict[str, str] = {}
    try:
        if seconds is None:
            given = await wait_for_resume(run, node.name, on_exit=frame.call.on_exit)
        else:
            with run.hub.working():
                given = await wait_for_resume(
                    run, node.name, on_exit=frame.call.on_exit, timeout=seconds
                )
    except TimeoutError:
        given = {}
    except InterruptedWaitError as end:
        return run.mark(node, FAILED, end.held)
    _set(node, parameters, given)
    run.export(node.outputs)
    return run.mark(node, SUCCEEDED)


def _outputs(frame: Frame) -> list[dict[str, Any]]:
    inputs = (frame.template.get("inputs") or {}).get("parameters") or []
    defaults = {p["name"]: p["default"] for p in inputs if p.get("default") is not None}
    found = []
    for item in (frame.template.get("outputs") or {}).get("parameters") or ():
        source = item.get("valueFrom") or {}
        if source.get("supplied") is None:
            continue
        if source.get("default") is None and item["name"] in defaults:
            source = {**source, "default": defaults[item["name"]]}
        found.append({**item, "valueFrom": source})
    return found


def _offer_choices(node: Node) -> None:
    """Let an input whose value is a parameter in JSON bring its own enum."""
    for parameter in (node.inputs or {}).get("parameters") or ():
        try:
            inner = json.loads(parameter.get("value") or "")
        except ValueError:
            continue
        if isinstance(inner, dict) and inner.get("enum"):
            parameter["enum"] = inner["enum"]
            parameter.setdefault("default", inner["enum"][0])


def _set(node: Node, parameters: list[dict[str, Any]], given: dict[str, str]) -> None:
    if not parameters:
        return
    made = []
    for item in parameters:
        default = item["valueFrom"].get("default")
        value = given.get(item["name"], default)
        if value is None:
            raise NodeFault(
                f"raw output parameter '{item['name']}' has not been set and does not have "
                "a default value"
            )
        made.append({**{k: v for k, v in item.items() if k != "valueFrom"}, "value": value})
    node.outputs = {"parameters": made}
