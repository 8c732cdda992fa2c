"""The values of an object as Argo holds them once it is read: text where it keeps text."""

from collections.abc import Iterable, Mapping
from typing import Any

from workflows.runner.language.go import gotext
from workflows.runner.language.manifest import any_string

KINDS = (
    "container", "containerSet", "steps", "script", "resource", "dag", "suspend",
    "data", "http", "plugin",
)  # fmt: skip
POD_KINDS = frozenset({"container", "containerSet", "script", "resource", "data"})
_PARAMETER_FIELDS = (
    "name", "default", "value", "valueFrom", "globalName", "enum", "description",
)  # fmt: skip


def kind_of(template: Mapping[str, Any]) -> str | None:
    """Give which kind of template this is, by the field that is set."""
    return next((kind for kind in KINDS if template.get(kind) is not None), None)


def parameter(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give a parameter with its fields in Argo's order and its values as text."""
    given: dict[str, Any] = {}
    for field in _PARAMETER_FIELDS:
        value = raw.get(field)
        if value is None:
            continue
        if field in ("default", "value"):
            value = any_string(value)
        elif field == "enum":
            value = [any_string(item) for item in value]
        elif field == "valueFrom" and value.get("default") is not None:
            value = {**value, "default": any_string(value["default"])}
        given[field] = value
    return given


def holder(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give arguments, inputs or outputs with every parameter in shape."""
    if not raw:
        return {}
    shaped = dict(raw)
    if raw.get("parameters"):
        shaped["parameters"] = [parameter(item) for item in raw["parameters"]]
    return shaped


def _call(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give a step or task in shape."""
    call = dict(raw)
    if "arguments" in call:
        call["arguments"] = holder(call["arguments"])
    for field in ("hooks",):
        if call.get(field):
            call[field] = {name: _call(hook) for name, hook in call[field].items()}
    if isinstance(call.get("inline"), Mapping):
        call["inline"] = template(call["inline"])
    return call


def template(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give a template with its parameters, steps and tasks in shape."""
    shaped = {key: value for key, value in raw.items() if value is not None}
    for field in ("inputs", "outputs"):
        if field in shaped:
            shaped[field] = holder(shaped[field])
    if "steps" in shaped:
        shaped["steps"] = [[_call(step) for step in _group(group)] for group in shaped["steps"]]
    if "dag" in shaped:
        tasks = [_call(task) for task in shaped["dag"].get("tasks") or ()]
        shaped["dag"] = {**shaped["dag"], "tasks": tasks}
    return shaped


def _group(group: Any) -> Iterable[Mapping[str, Any]]:
    """Give the members of a step group; a single step may stand without a list."""
    return group if isinstance(group, list) else [group]


def spec(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give a workflow spec in shape."""
    shaped = {key: value for key, value in raw.items() if value is not None}
    if "arguments" in shaped:
        shaped["arguments"] = holder(shaped["arguments"])
    if "templates" in shaped:
        shaped["templates"] = [template(item) for item in shaped["templates"]]
    if shaped.get("hooks"):
        shaped["hooks"] = {name: _call(hook) for name, hook in shaped["hooks"].items()}
    return shaped


def parameters_json(parameters: Iterable[Mapping[str, Any]]) -> str:
    """Write a list of parameters as Go writes it: fields in the order of their type."""
    return "[" + ",".join(_struct(item) for item in parameters) + "]"


def _struct(item: Mapping[str, Any]) -> str:
    fields = (f for f in _PARAMETER_FIELDS if item.get(f) is not None)
    return "{" + ",".join(f'"{field}":{gotext.format_json(item[field])}' for field in fields) + "}"
