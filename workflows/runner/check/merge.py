"""Merge specs as Kubernetes merges them: maps by field, lists by key, scalars replaced."""

from collections.abc import Mapping, Sequence
from typing import Any

from workflows.runner.check.fields import Field, schema

Data = dict[str, Any]

#: The fields of a template that make it a container, a dag and so on.
_KINDS = (
    "container", "containerSet", "script", "resource", "dag", "suspend", "data", "http", "plugin",
)  # fmt: skip
#: Where an artifact can be; two locations of one kind are merged, others replaced.
_LOCATIONS = (
    "artifactory", "azure", "git", "gcs", "hdfs", "http", "oss", "raw", "s3", "plugin",
)  # fmt: skip
_DIRECTIVE = "$patch"
#: Fields that Go writes even when they are empty text, and those whose inside is not Argo's.
_KEPT = ("value", "default", "storageClassName")
_FREE = ("withItems", "labels", "annotations", "matchLabels", "nodeSelector")


class MergeError(ValueError):
    """A patch that cannot be laid over what it is for."""


def strategic(base: Mapping[str, Any], patch: Mapping[str, Any], kind: str) -> Data:
    """Lay a patch over an object of a type of the schema, such as PodSpec or Template.

    Null in the patch takes a field away; `$patch: replace` and `$patch: delete` work.

    Raises:
        MergeError: an item of a list has no key, or a directive is unknown.
    """
    return _map(base, patch, schema().get(kind, {}))


def workflow_template_ref(
    workflow_spec: Mapping[str, Any],
    template_spec: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
) -> Data:
    """Give the spec that runs: the workflow over its WorkflowTemplate over the defaults."""
    merged = _over(template_spec, workflow_spec)
    if defaults:
        merged = _over(defaults, merged)
    suspend = workflow_spec.get("suspend")
    merged.pop("suspend", None)
    if suspend is not None:
        merged["suspend"] = suspend
    arguments = merged.get("arguments") or {}
    if arguments.get("parameters"):
        _replace_parameters(arguments["parameters"], (workflow_spec, template_spec))
    if arguments.get("artifacts"):
        _replace_artifacts(arguments["artifacts"], (workflow_spec, template_spec))
    return merged


def template_defaults(template: Mapping[str, Any], defaults: Mapping[str, Any] | None) -> Data:
    """Give a template with the gaps filled from spec.templateDefaults.

    Of the defaults for containers, scripts and so on, only those of its own kind count.
    """
    if not defaults:
        return dict(template)
    own = next((kind for kind in _KINDS if template.get(kind) is not None), None)
    fitting = {key: value for key, value in defaults.items() if key not in _KINDS or key == own}
    return strategic(fitting, _set(template), "Template")


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> Data:
    """Lay one spec over another; hooks and labelsFrom go by their keys, each as a whole."""
    merged = strategic(below, _set(above), "WorkflowSpec")
    hooks = {**(below.get("hooks") or {}), **(above.get("hooks") or {})}
    if hooks:
        merged["hooks"] = hooks
    lower, upper = (spec.get("workflowMetadata") or {} for spec in (below, above))
    labels_from = {**(lower.get("labelsFrom") or {}), **(upper.get("labelsFrom") or {})}
    if labels_from:
        merged["workflowMetadata"] = {**merged["workflowMetadata"], "labelsFrom": labels_from}
    return merged


def _set(value: Any) -> Any:
    """Leave out what Go leaves out when it writes an object: empty text, empty lists, null."""
    if isinstance(value, Mapping):
        return {
            key: inner if key in _FREE else _set(inner)
            for key, inner in value.items()
            if inner not in (None, "", []) or (inner == "" and key in _KEPT)
        }
    if isinstance(value, list):
        return [_set(item) for item in value]
    return value


def _replace_parameters(merged: list[Data], specs: Sequence[Mapping[str, Any]]) -> None:
    """Take each parameter whole from the highest spec that gives it a value."""
    for index, parameter in enumerate(merged):
        if not _has_value(parameter):
            continue
        for spec in specs:
            own = _by_name(spec, "parameters").get(parameter["name"])
            if own is not None and _has_value(own):
                merged[index] = dict(own)
                break


def _replace_artifacts(merged: list[Data], specs: Sequence[Mapping[str, Any]]) -> None:
    for index, artifact in enumerate(merged):
        for spec in specs:
            own = _by_name(spec, "artifacts").get(artifact["name"])
            if own is not None:
                merged[index] = _artifact(artifact, own)
                break


def _artifact(base: Data, own: Data) -> Data:
    place, below = _location(own), _location(base)
    if place is None or place != below:
        return dict(own)
    return {**own, place: strategic(base[place], own[place], "")}


def _location(artifact: Data) -> str | None:
    return next((kind for kind in _LOCATIONS if artifact.get(kind) is not None), None)


def _by_name(spec: Mapping[str, Any], kind: str) -> dict[str, Data]:
    listed = (spec.get("arguments") or {}).get(kind) or []
    return {item["name"]: item for item in listed}


def _has_value(parameter: Data) -> bool:
    return any(parameter.get(key) is not None for key in ("value", "default", "valueFrom"))


def _map(base: Mapping[str, Any], patch: Mapping[str, Any], fields: Mapping[str, Field]) -> Data:
    if _DIRECTIVE in patch:
        return _directed(patch)
    merged = dict(base)
    for key, value in patch.items():
        if key.startswith("$"):
            raise MergeError(f"the directive {key} is not done here: write the list out instead")
        if value is None:
            merged.pop(key, None)
        elif key not in merged or type(merged[key]) is not type(value):
            merged[key] = _plain(value)
        elif isinstance(value, Mapping):
            merged[key] = _map(merged[key], value, _fields_of(fields.get(key)))
        elif isinstance(value, list):
            merged[key] = _list(merged[key], value, fields.get(key))
        else:
            merged[key] = value
    return merged


def _directed(patch: Mapping[str, Any]) -> Data:
    directive = patch[_DIRECTIVE]
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    if directive == "delete":
        return {}
    raise MergeError(f"unknown directive $patch: {directive}; use replace or delete")


def _plain(value: Any) -> Any:
    """Take over what is new, without the directives in it."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if not _is_directed(inner)}
    if isinstance(value, list):
        return [_plain(item) for item in value if not _is_directed(item)]
    return value


def _is_directed(value: Any) -> bool:
    return isinstance(value, Mapping) and _DIRECTIVE in value


def _fields_of(field: Field | None) -> Mapping[str, Field]:
    if field is None:
        return {}
    return schema().get(field.holds.removeprefix("[]").removeprefix("{}"), {})


def _list(base: list[Any], patch: list[Any], field: Field | None) -> list[Any]:
    if field is None or field.merge_key is None:
        return list(patch)
    if not field.merge_key:
        return list(dict.fromkeys([*patch, *base]))
    key = field.merge_key
    if any(_is_directed(item) and item[_DIRECTIVE] == "replace" for item in patch):
        return [_plain(item) for item in patch if not _is_directed(item)]
    for item in (*base, *patch):
        if key not in item:
            raise MergeError(f"an item of {field.name} has no {key}, by which it is merged")
    gone = {item[key] for item in patch if item.get(_DIRECTIVE) == "delete"}
    kept = {item[key]: item for item in base if item[key] not in gone}
    new = {item[key]: item for item in patch if item[key] not in gone}
    merged = {
        name: _map(kept[name], item, _fields_of(field)) if name in kept else _plain(item)
        for name, item in new.items()
    }
    return [merged.get(name) or kept[name] for name in _order(list(kept), list(new))]


def _order(base: list[str], patch: list[str]) -> list[str]:
    """Put the names of both together: each side in its own order, the patch first if in doubt."""
    left = [name for name in base if name not in patch]
    right = list(patch)
    ordered: list[str] = []
    while left and right:
        before = right[0] in base and base.index(left[0]) < base.index(right[0])
        ordered.append((left if before else right).pop(0))
    return [*ordered, *left, *right]
