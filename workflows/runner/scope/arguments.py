"""From a template and its arguments to the template that runs: Argo's ProcessArgs."""

import json
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from workflows.runner.errors import NodeFault
from workflows.runner.language import tags
from workflows.runner.language.errors import LanguageError
from workflows.runner.model import shapes
from workflows.runner.model.library import Library, MissingObjectError

LEFT_OUT = "__argo__internal__absent_optional_argument"
"""Stands for an argument that is exactly one tag naming an absent output."""

_LOCATIONS = (
    "s3", "git", "http", "artifactory", "hdfs", "raw", "oss", "gcs", "azure", "plugin",
)  # fmt: skip


def process(
    template: dict[str, Any],
    arguments: Mapping[str, Any],
    global_values: MutableMapping[str, str],
    local_values: MutableMapping[str, str],
    library: Library,
) -> dict[str, Any]:
    """Give a template with its inputs set and its tags filled in, as far as they can be.

    Raises:
        NodeFault: an input has no value, or a tag cannot be filled in.
    """
    inputs = template.get("inputs")
    if inputs:
        given = {item["name"]: item for item in arguments.get("parameters") or ()}
        supplied = {item["name"]: item for item in arguments.get("artifacts") or ()}
        inputs = dict(inputs)
        if inputs.get("parameters"):
            inputs["parameters"] = [
                _parameter(item, given.get(item["name"]), global_values, library)
                for item in inputs["parameters"]
            ]
        if inputs.get("artifacts"):
            inputs["artifacts"] = [
                _artifact(item, supplied.get(item["name"])) for item in inputs["artifacts"]
            ]
        template = {**template, "inputs": inputs}
    return substitute(template, global_values, local_values)


def _parameter(
    declared: Mapping[str, Any],
    argument: Mapping[str, Any] | None,
    global_values: MutableMapping[str, str],
    library: Library,
) -> dict[str, Any]:
    made = dict(declared)
    if made.get("value") is None and made.get("default") is not None:
        made["value"] = made["default"]
    if argument is not None and argument.get("value") == LEFT_OUT:
        if made.get("value") is None and made.get("valueFrom") is None:
            raise NodeFault(
                f"inputs.parameters.{made['name']}: argument references an absent optional "
                "(skipped/omitted node output with no default)"
            )
    elif argument is not None:
        if argument.get("value") is not None:
            made["value"] = argument["value"]
            made.pop("valueFrom", None)
        else:
            made.pop("value", None)
            made["valueFrom"] = argument.get("valueFrom")
    reference = (made.get("valueFrom") or {}).get("configMapKeyRef")
    if reference:
        made["value"] = _from_config(made, reference, global_values, library)
    elif made.get("value") is None:
        raise NodeFault(f"inputs.parameters.{made['name']} was not supplied")
    return made


def _from_config(
    parameter: Mapping[str, Any],
    reference: Mapping[str, Any],
    global_values: MutableMapping[str, str],
    library: Library,
) -> str:
    try:
        name, key = (
            tags.fill_plain(reference[part], global_values, strict=tags.everything)
            for part in ("name", "key")
        )
        return library.config(name, key, parameter=True)
    except LanguageError as error:
        raise NodeFault(f"failed to substitute configMapKeyRef: {error}") from error
    except MissingObjectError as error:
        default = parameter["valueFrom"].get("default")
        if default is not None:
            return str(default)
        raise NodeFault(
            f"unable to retrieve inputs.parameters.{parameter['name']} from ConfigMap: {error}"
        ) from error


def _artifact(declared: Mapping[str, Any], argument: Mapping[str, Any] | None) -> dict[str, Any]:
    if argument is None:
        if not declared.get("optional") and not has_location(declared):
            raise NodeFault(f"inputs.artifacts.{declared['name']} was not supplied")
        return dict(declared)
    if not declared.get("optional") and not has_location(declared) and not has_location(argument):
        raise NodeFault(f"inputs.artifacts.{declared['name']} missing location information")
    kept = {key: declared[key] for key in ("path", "mode", "recurseMode") if key in declared}
    optional = {"optional": True} if declared.get("optional") else {}
    return {**optional, **argument, **kept}


def has_location(artifact: Mapping[str, Any]) -> bool:
    """Tell whether an artifact says where its content is."""
    return bool(artifact.get("key")) or any(artifact.get(kind) for kind in _LOCATIONS)


def substitute(
    template: dict[str, Any],
    global_values: MutableMapping[str, str],
    local_values: MutableMapping[str, str],
) -> dict[str, Any]:
    """Fill in a template's tags: first global and local ones, then those of its inputs.

    Raises:
        NodeFault: a tag cannot be filled in.
    """
    text = json.dumps(template, ensure_ascii=False)
    if "{{" not in text:
        return template
    scope: MutableMapping[str, str] = ChainMap({}, local_values, global_values)
    try:
        first = tags.fill(text, scope)
        if "{{" not in first:
            return dict(json.loads(first))
        _add_inputs(scope, json.loads(first))
        return dict(json.loads(tags.fill(first, scope)))
    except LanguageError as error:
        raise NodeFault(str(error)) from error


def _add_inputs(scope: MutableMapping[str, str], template: Mapping[str, Any]) -> None:
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    parameters = inputs.get("parameters") or []
    for parameter in parameters:
        if parameter.get("value") is not None:
            scope[f"inputs.parameters.{parameter['name']}"] = parameter["value"]
    scope["inputs.parameters"] = shapes.parameters_json(parameters) if parameters else "null"
    _add_paths(scope, "inputs.artifacts", inputs.get("artifacts") or ())
    _add_paths(scope, "outputs.artifacts", outputs.get("artifacts") or ())
    paths = (
        {"name": p["name"], **(p.get("valueFrom") or {})} for p in outputs.get("parameters") or ()
    )
    _add_paths(scope, "outputs.parameters", paths)


def _add_paths(
    scope: MutableMapping[str, str], prefix: str, items: Iterable[Mapping[str, Any]]
) -> None:
    for item in items:
        if item.get("path"):
            scope[f"{prefix}.{item['name']}.path"] = item["path"]
