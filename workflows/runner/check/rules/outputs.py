"""What a template gives: its outputs, and the names by which later steps know them."""

from typing import Any

from workflows.runner.check.rules.context import Context, Scope
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.inputs import artifacts_of, parameters_of
from workflows.runner.check.rules.kinds import has_result, is_leaf, kind_of
from workflows.runner.check.rules.locations import path_problem
from workflows.runner.check.rules.names import check_names, is_tag, parameter_problem
from workflows.runner.check.rules.registry import Template
from workflows.runner.check.rules.tags import (
    ANY_OUTPUT_ARTIFACT,
    ANY_OUTPUT_PARAMETER,
    check_tags,
)

Data = dict[str, Any]

_SOURCES = ("path", "jqFilter", "jsonPath", "parameter", "expression")


def check_outputs(template: Template, scope: Scope, context: Context) -> None:
    """Check the outputs of a template, given every name that is known in it."""
    data, at, place = template.data, f"templates.{template.name}", template.place / "outputs"
    parameters, artifacts = parameters_of(data, "outputs"), artifacts_of(data, "outputs")
    with within(f"{at}.outputs.parameters "):
        check_names(parameters, place / "parameters", parameters=True)
    with within(f"{at}.outputs.artifacts "):
        check_names(artifacts, place / "artifacts", parameters=True)
    with within(f"{at}.outputs "):
        check_tags(data.get("outputs") or {}, scope, context, place)
    for index, artifact in enumerate(artifacts):
        _check_artifact(at, data, artifact, place / "artifacts" / index)
    for index, parameter in enumerate(parameters):
        _check_parameter(at, kind_of(data), parameter, place / "parameters" / index)


def _check_artifact(at: str, data: Data, artifact: Data, place: Place) -> None:
    reference = f"outputs.artifacts.{artifact['name']}"
    if is_leaf(data):
        if problem := path_problem(artifact):
            raise Fault(f"error in {at}.{reference}: {problem}", place)
    elif artifact.get("path"):
        raise Fault(
            f"{at}.{reference}.path only valid in container/script templates", place / "path"
        )
    _check_global_name(f"{at}.{reference}", artifact, place)


def _check_global_name(at: str, item: Data, place: Place) -> None:
    name = item.get("globalName") or ""
    if name and not is_tag(name) and (problem := parameter_problem(name)):
        raise Fault(f"{at}.globalName: {problem}", place / "globalName")


def _check_parameter(at: str, kind: str, parameter: Data, place: Place) -> None:
    reference = f"{at}.outputs.parameters.{parameter['name']}"
    source = parameter.get("valueFrom")
    _check_one_source(reference, parameter, source, place)
    if source is not None and (problem := _wrong_source(reference, kind, source)):
        raise Fault(problem, place / "valueFrom")
    _check_global_name(reference, parameter, place)


def _check_one_source(at: str, parameter: Data, source: Data | None, place: Place) -> None:
    has_value = parameter.get("value") is not None
    if source is not None and has_value:
        raise Fault(f"{at} has both valueFrom and value specified, choose one", place)
    if has_value:
        return
    if source is None:
        raise Fault(f"{at} does not have valueFrom or value specified", place)
    count = sum(bool(source.get(key)) for key in _SOURCES) + (source.get("supplied") is not None)
    if count == 0:
        raise Fault(
            "valueFrom type unspecified. choose one of: path, jqFilter, jsonPath, parameter, "
            "raw, expression",
            place / "valueFrom",
        )
    if count > 1:
        raise Fault(
            "multiple valueFrom types specified. choose one of: path, jqFilter, jsonPath, "
            "parameter, raw",
            place / "valueFrom",
        )


def _wrong_source(at: str, kind: str, source: Data) -> str | None:
    if kind in ("Container", "ContainerSet", "Script") and not source.get("path"):
        return f"{at}.path must be specified for {kind} templates"
    if kind == "Resource" and not (source.get("jqFilter") or source.get("jsonPath")):
        return f"{at} .jqFilter or jsonPath must be specified for {kind} templates"
    either = source.get("parameter") or source.get("expression")
    if kind in ("DAG", "Steps") and not either:
        return f"{at}.parameter or expression must be specified for {kind} templates"
    return None


def names_of(
    template: Template | None,
    root: str,
    context: Context,
    *,
    aggregate: bool = False,
) -> Scope:
    """Give what later steps can name of one step, such as steps.a.outputs.result.

    Args:
        template: What it runs; None if only the run can tell.
        root: `steps.<name>` or `tasks.<name>`.
        context: Takes up the global outputs.
        aggregate: Whether it loops over items, so that its outputs are lists.
    """
    names = {f"{root}.{key}" for key in ("id", "startedAt", "finishedAt", "hostNodeName")}
    if template is None:
        return names
    data = template.data
    if data.get("daemon"):
        names.add(f"{root}.ip")
    if has_result(data) or (aggregate and kind_of(data) in ("Script", "ContainerSet")):
        names |= {f"{root}.outputs.result", f"{root}.exitCode"}
    for side, listed, magic in (
        ("parameters", parameters_of(data, "outputs"), ANY_OUTPUT_PARAMETER),
        ("artifacts", artifacts_of(data, "outputs"), ANY_OUTPUT_ARTIFACT),
    ):
        for item in listed:
            names.add(f"{root}.outputs.{side}.{item.get('name')}")
            names |= _global_name(item, side, magic, context)
    if aggregate:
        names.add(f"{root}.outputs.parameters")
    return names


def _global_name(item: Data, side: str, magic: str, context: Context) -> Scope:
    name = item.get("globalName") or ""
    if not name:
        return set()
    if is_tag(name):
        return {magic}
    known = f"workflow.outputs.{side}.{name}"
    context.globals[known] = context.placeholder()
    return {known}
