"""What a template takes: its inputs checked, then filled in as if it were called."""

import json
from typing import Any

from workflows.runner.check.rules.context import Arguments, Context, Scope
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.kinds import is_leaf
from workflows.runner.check.rules.locations import (
    check_location,
    has_location_or_key,
    path_problem,
)
from workflows.runner.check.rules.names import check_names
from workflows.runner.check.rules.registry import Template
from workflows.runner.check.rules.tags import as_json, split
from workflows.runner.language.manifest import any_string

Data = dict[str, Any]

#: What an input artifact says itself, whatever is handed over.
_KEPT = ("path", "mode", "recurseMode")


def parameters_of(data: Data, side: str) -> list[Data]:
    """List the parameters of a template's inputs or outputs."""
    return (data.get(side) or {}).get("parameters") or []


def artifacts_of(data: Data, side: str) -> list[Data]:
    """List the artifacts of a template's inputs or outputs."""
    return (data.get(side) or {}).get("artifacts") or []


def check_inputs(template: Template) -> Scope:
    """Check the inputs of a template and give the names that they define."""
    data, at, place = template.data, f"templates.{template.name}", template.place / "inputs"
    parameters, artifacts = parameters_of(data, "inputs"), artifacts_of(data, "inputs")
    with within(f"{at}.inputs.parameters"):
        check_names(parameters, place / "parameters", parameters=True)
    with within(f"{at}.inputs.artifacts"):
        check_names(artifacts, place / "artifacts", parameters=True)
    scope = {f"inputs.parameters.{parameter['name']}" for parameter in parameters}
    if parameters:
        scope.add("inputs.parameters")
    for index, artifact in enumerate(artifacts):
        scope |= _check_artifact(at, data, artifact, place / "artifacts" / index)
    return scope


def _check_artifact(at: str, data: Data, artifact: Data, place: Place) -> Scope:
    reference = f"inputs.artifacts.{artifact['name']}"
    scope = {reference}
    if is_leaf(data):
        if problem := path_problem(artifact):
            raise Fault(f"error in {at}.{reference}: {problem}", place)
        scope.add(f"{reference}.path")
    elif artifact.get("path"):
        raise Fault(f"{at}.{reference}.path only valid in container/script templates", place)
    if artifact.get("from"):
        raise Fault(f"{at}.{reference}.from not valid in inputs", place)
    check_location(f"{at}.{reference}", artifact, place)
    return scope


def filled(
    template: Template, arguments: Arguments, context: Context, local: dict[str, str]
) -> Template:
    """Give the template as it would run with these arguments.

    Values that only the run can tell are placeholders; unknown tags stay as text.
    """
    data = template.data
    parameters = [
        _supplied(parameter, arguments.parameter(parameter["name"], context))
        for parameter in parameters_of(data, "inputs")
    ]
    artifacts = [
        _handed_over(artifact, arguments.artifact(artifact["name"]))
        for artifact in artifacts_of(data, "inputs")
    ]
    if data.get("inputs"):
        data = {**data, "inputs": {"parameters": parameters, "artifacts": artifacts}}
    if data.get("steps") == []:
        data = {key: value for key, value in data.items() if key != "steps"}
    text = as_json(data)
    if "{{" not in text:
        return Template(data, template.place)
    known = {**context.globals, **local}
    data = _filled(text, known, context)
    return Template(_filled(as_json(data), {**known, **_own_values(data)}, context), template.place)


def _filled(text: str, known: dict[str, str], context: Context) -> Data:
    """Fill in one pass; what an expression gives is only known when it runs."""
    pieces: list[str] = []
    for literal, tag in split(text):
        pieces.append(literal)
        if tag is None:
            continue
        pieces.append(context.placeholder() if tag.startswith("=") else _value(tag, known))
    filled: Data = json.loads("".join(pieces))
    return filled


def _value(tag: str, known: dict[str, str]) -> str:
    """Give the JSON text for a tag; in `{{a.{{b}}.c}}` only the inner one is filled."""
    if tag.strip() in known:
        return as_json(known[tag.strip()])[1:-1]
    outer, braces, inner = tag.rpartition("{{")
    if braces and inner in known:
        return "{{" + outer + as_json(known[inner])[1:-1]
    return "{{" + tag + "}}"


def _supplied(parameter: Data, argument: Data | None) -> Data:
    """Give an input parameter the value that it would have."""
    value = any_string(parameter.get("value"))
    if value is None:
        value = any_string(parameter.get("default"))
    source = parameter.get("valueFrom")
    if argument is not None:
        if argument.get("value") is not None:
            value = any_string(argument["value"])
        elif argument.get("valueFrom") is not None:
            source = argument["valueFrom"]
    from_map = source is not None and source.get("configMapKeyRef") is not None
    if value is None and not from_map:
        raise Fault(f"inputs.parameters.{parameter['name']} was not supplied")
    return {**parameter, "value": value, "valueFrom": source}


def _handed_over(artifact: Data, argument: Data | None) -> Data:
    """Give an input artifact the source that it would have."""
    needed = not artifact.get("optional") and not has_location_or_key(artifact)
    if needed and argument is None:
        raise Fault(f"inputs.artifacts.{artifact['name']} was not supplied")
    if argument is None:
        return artifact
    kept: Data = {key: artifact[key] for key in _KEPT if key in artifact}
    return {**argument, **kept}


def _own_values(data: Data) -> dict[str, str]:
    values: dict[str, str] = {"inputs.parameters": as_json(parameters_of(data, "inputs"))}
    for parameter in parameters_of(data, "inputs"):
        if parameter.get("value") is not None:
            values[f"inputs.parameters.{parameter['name']}"] = str(parameter["value"])
    for side in ("inputs", "outputs"):
        for artifact in artifacts_of(data, side):
            if artifact.get("path"):
                values[f"{side}.artifacts.{artifact.get('name')}.path"] = artifact["path"]
    for parameter in parameters_of(data, "outputs"):
        if path := (parameter.get("valueFrom") or {}).get("path"):
            values[f"outputs.parameters.{parameter.get('name')}.path"] = path
    return values
