"""The names that every template of a workflow can use: `workflow.…`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workflows.runner.language.go import gotext
from workflows.runner.language.moments import creation_names
from workflows.runner.model import shapes
from workflows.runner.model.library import Library, MissingObjectError

_SCHEDULED = "workflows.argoproj.io/scheduled-time"


class GlobalsError(Exception):
    """A parameter of the workflow has no value. The workflow is Failed."""


def of_workflow(
    workflow: Mapping[str, Any], spec: Mapping[str, Any], library: Library
) -> dict[str, str]:
    """Give every `workflow.…` name that is known before the run starts.

    Raises:
        GlobalsError: a parameter cannot be set.
    """
    metadata = workflow["metadata"]
    created = datetime.fromisoformat(metadata["creationTimestamp"])
    arguments = (spec.get("arguments") or {}).get("parameters") or []
    as_json = shapes.parameters_json(arguments)
    values = {
        "workflow.name": metadata["name"],
        "workflow.namespace": metadata.get("namespace", ""),
        "workflow.uid": metadata["uid"],
        "workflow.mainEntrypoint": spec.get("entrypoint") or "",
        "workflow.serviceAccountName": spec.get("serviceAccountName") or "",
        "workflow.parameters": as_json if arguments else "null",
        "workflow.parameters.json": as_json if arguments else "null",
        **creation_names("workflow.creationTimestamp", created),
    }
    if spec.get("priority") is not None:
        values["workflow.priority"] = str(spec["priority"])
    for parameter in arguments:
        values[f"workflow.parameters.{parameter['name']}"] = _value(parameter, library)
    values.update(_metadata(metadata, spec))
    return values


def _value(parameter: Mapping[str, Any], library: Library) -> str:
    if parameter.get("value") is not None:
        return str(parameter["value"])
    source = parameter.get("valueFrom") or {}
    reference = source.get("configMapKeyRef")
    if reference is None:
        raise GlobalsError(
            "failed to set global parameters: either value or valueFrom must be specified "
            f"in order to set global parameter {parameter['name']}"
        )
    try:
        return library.config(reference["name"], reference["key"], parameter=True)
    except MissingObjectError as error:
        if source.get("default") is not None:
            return str(source["default"])
        raise GlobalsError(
            f"failed to set global parameters: failed to set global parameter "
            f"{parameter['name']} from configmap with name {reference['name']} and key "
            f"{reference['key']}: {error}"
        ) from error


def _metadata(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, str]:
    """Give labels and annotations, the spec's own workflowMetadata on top."""
    extra = spec.get("workflowMetadata") or {}
    from_expressions = extra.get("labelsFrom") or {}
    values: dict[str, str] = {}
    for field in ("annotations", "labels"):
        own = metadata.get(field) or {}
        text = gotext.format_json(own) if own else "null"
        values[f"workflow.{field}"] = values[f"workflow.{field}.json"] = text
        for key, value in {**own, **(extra.get(field) or {})}.items():
            if field == "annotations" or key not in from_expressions:
                values[f"workflow.{field}.{key}"] = str(value)
    if _SCHEDULED in (metadata.get("annotations") or {}):
        values["workflow.scheduledTime"] = metadata["annotations"][_SCHEDULED]
    return values
