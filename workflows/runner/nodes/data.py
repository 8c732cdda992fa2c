"""Run a data template: list the artifacts of a key prefix, and transform the list."""

import asyncio
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.errors import NodeFault
from workflows.runner.language import expr
from workflows.runner.language.errors import ExpressionError
from workflows.runner.language.go import gotext
from workflows.runner.machine.artifacts import location
from workflows.runner.model.node import ERROR, FAILED, PENDING, SUCCEEDED, Node
from workflows.runner.nodes import limits


async def run_data(frame: Frame) -> Node:
    """List what a data template's source has, and give it as its result."""
    run, node = frame.run, frame.node(PENDING)
    refusal = limits.refusal(frame)
    if refusal is not None:
        return run.mark(node, FAILED, refusal)
    await run.written()
    await asyncio.sleep(0)
    body: dict[str, Any] = frame.template["data"]
    try:
        value: Any = _listed(frame, (body.get("source") or {}).get("artifactPaths") or {})
        for step in body.get("transformation") or ():
            value = expr.evaluate(step["expression"], {**expr.environment({}), "data": value})
    except ExpressionError as error:
        return run.mark(node, ERROR, str(error))
    made = gotext.format_json(value)
    node.outputs = {"result": made, "exitCode": "0"}
    return run.mark(node, SUCCEEDED)


def _listed(frame: Frame, source: dict[str, Any]) -> list[str]:
    place = location(source)
    if place is None:
        raise NodeFault("data: the source needs an artifact location with a key")
    return list(frame.run.hub.artifacts.keys(place[1]))
