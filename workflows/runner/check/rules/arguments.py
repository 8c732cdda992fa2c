"""What a workflow, step or task is called with."""

from typing import Any

from workflows.runner.check.rules.context import Arguments
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.locations import has_location_or_key
from workflows.runner.check.rules.names import check_names
from workflows.runner.language.manifest import any_string

Data = dict[str, Any]

_ONLY = "valueFrom only allows: default, configMapKeyRef and supplied"


def check_arguments(
    prefix: str, arguments: Arguments, place: Place, *, empty_allowed: bool
) -> None:
    """Demand well-formed names, and a value or a source for each argument."""
    parameters, artifacts = arguments.parameters or [], arguments.artifacts or []
    place = place / "arguments"
    with within(f"{prefix}parameters"):
        check_names(parameters, place / "parameters", parameters=True)
    with within(f"{prefix}artifacts"):
        check_names(artifacts, place / "artifacts", parameters=True)
    for index, parameter in enumerate(parameters):
        spot = place / "parameters" / index
        if not _check_parameter(f"{prefix}{parameter['name']}", parameter, spot, empty_allowed):
            return
    for index, artifact in enumerate(artifacts):
        _check_artifact(f"{prefix}{artifact['name']}", artifact, place / "artifacts" / index)


def _check_parameter(at: str, parameter: Data, place: Place, empty_allowed: bool) -> bool:
    """Check one parameter; False stops the check of the rest, as in Argo."""
    value, source = any_string(parameter.get("value")), parameter.get("valueFrom")
    if value is None and source is None and not empty_allowed:
        raise Fault(f"{at}.value or {at}.valueFrom is required", place)
    if source is not None and not _is_argument_source(source):
        raise Fault(f"{at}.{_ONLY}", place / "valueFrom")
    if parameter.get("enum") is None:
        return True
    allowed = [any_string(one) for one in parameter["enum"]]
    if not allowed:
        raise Fault(f"{at}.enum should contain at least one value", place / "enum")
    if value is None:
        if empty_allowed:
            return False
        raise Fault(f"{at}.value is required", place)
    if value not in allowed:
        raise Fault(
            f"{at}.value should be present in {at}.enum list: "
            f"it is {value!r}, and the list is {', '.join(map(str, allowed))}",
            place / "value",
        )
    return True


def _is_argument_source(source: Data) -> bool:
    allowed = (
        source.get("configMapKeyRef") is not None
        or source.get("event")
        or source.get("supplied") is not None
    )
    others = any(source.get(key) for key in ("path", "jsonPath", "parameter", "expression"))
    return bool(allowed) and not others


def _check_artifact(at: str, artifact: Data, place: Place) -> None:
    origin = artifact.get("from")
    if not origin and not has_location_or_key(artifact):
        raise Fault(f"{at}.from, artifact location, or key is required", place)
    if origin and artifact.get("fromExpression"):
        raise Fault(f"{at} shouldn't have both `from` and `fromExpression` in Artifact", place)


def merged(first: Arguments, second: Arguments) -> Arguments:
    """Give the arguments of both; by name, those of the first win.

    A value that is given on submission must be one of those that the second side allows.
    """
    allowed = {p.get("name"): p["enum"] for p in second.parameters or [] if p.get("enum")}
    given = [
        {"enum": allowed[p["name"]], **p} if p.get("name") in allowed else p
        for p in first.parameters or []
    ]
    return Arguments(
        _merged(given, second.parameters or []),
        _merged(first.artifacts or [], second.artifacts or []),
    )


def _merged(first: list[Data], second: list[Data]) -> list[Data]:
    names = {item.get("name") for item in first}
    return [*first, *(item for item in second if item.get("name") not in names)]
