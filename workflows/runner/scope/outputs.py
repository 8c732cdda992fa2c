"""Outputs of steps and dag templates, and of loops: gathered from what ran inside."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workflows.runner.errors import NodeFault
from workflows.runner.language.go import gojson, gotext
from workflows.runner.language.tags import ABSENT
from workflows.runner.model.node import SUCCEEDED, Node
from workflows.runner.scope import items
from workflows.runner.scope.scope import Scope


def of_template(template: Mapping[str, Any], scope: Scope) -> dict[str, Any] | None:
    """Give the outputs that a steps or dag template declares; None when it declares none.

    Raises:
        NodeFault: one cannot be had.
    """
    declared = template.get("outputs") or {}
    outputs: dict[str, Any] = {}
    if declared.get("parameters"):
        outputs["parameters"] = [_parameter(item, scope) for item in declared["parameters"]]
    if declared.get("artifacts"):
        outputs["artifacts"] = list(_artifacts(declared["artifacts"], scope))
    return outputs or None


def _parameter(declared: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    source = declared.get("valueFrom")
    if source is None:
        raise NodeFault("output parameters must have a valueFrom specified")
    default = source.get("default")
    try:
        value = _value(source, scope)
    except NodeFault:
        if default is None:
            raise
        value = default
    if value is ABSENT:
        value = default
    if value is None:
        raise NodeFault(
            f'output parameter "{declared["name"]}": "{source.get("parameter", "")}" is an '
            "absent optional (skipped/omitted node output with no default)"
        )
    made = {key: item for key, item in declared.items() if key != "valueFrom"}
    return {**made, "value": value if isinstance(value, str) else gotext.format_json(value)}


def _value(source: Mapping[str, Any], scope: Scope) -> Any:
    if source.get("expression"):
        return scope.compute(source["expression"])
    if source.get("parameter"):
        return scope.find(source["parameter"])
    return ""


def _artifacts(declared: Iterable[Mapping[str, Any]], scope: Scope) -> Iterable[dict[str, Any]]:
    for item in declared:
        if not item.get("from") and not item.get("fromExpression"):
            continue
        try:
            found = scope.artifact(item)
        except NodeFault as fault:
            if item.get("optional") and "Unable to resolve" in fault.message:
                continue
            raise NodeFault(f"unable to resolve outputs from scope: {fault}") from fault
        if item.get("globalName"):
            found["globalName"] = item["globalName"]
        yield found


def aggregate(scope: Scope, prefix: str, elements: Sequence[Node]) -> None:
    """Add the outputs of a loop's elements as JSON lists.

    Raises:
        NodeFault: a result is not JSON.
    """
    if not elements:
        return
    lists: dict[str, list[str]] = {}
    rows: list[dict[str, str]] = []
    results: list[str] = []
    for node in elements:
        if node.outputs is None or node.phase != SUCCEEDED:
            continue
        row = {p["name"]: p.get("value") or "" for p in node.outputs.get("parameters") or ()}
        for name, value in row.items():
            lists.setdefault(name, []).append(value)
        if row:
            rows.append(row)
        if node.outputs.get("result") is not None:
            results.append(_result(node.outputs["result"]))
    scope.values[f"{prefix}.outputs.result"] = "[" + ",".join(results) + "]"
    scope.values[f"{prefix}.outputs.parameters"] = gotext.format_json(rows)
    for name, values in lists.items():
        scope.values[f"{prefix}.outputs.parameters.{name}"] = _joined(values)


def _result(text: str) -> str:
    try:
        return items.compact(items.parse(text))
    except ValueError as error:
        raise NodeFault(gojson.problem(text) or str(error)) from error


def _joined(values: Sequence[str]) -> str:
    try:
        parsed = [json.loads(value) for value in values]
    except ValueError:
        return gotext.format_json(list(values))
    if all(isinstance(value, (list, dict)) for value in parsed):
        return gotext.format_json(parsed)
    return gotext.format_json(list(values))
