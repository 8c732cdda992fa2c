"""A whole workflow: what can be named everywhere, then its parts in Argo's order."""

from collections.abc import Iterator
from typing import Any

from workflows.runner.check.rules.arguments import check_arguments, merged
from workflows.runner.check.rules.context import ANYTHING, Arguments, Context, arguments_of
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.inputs import artifacts_of
from workflows.runner.check.rules.names import check_names, is_tag
from workflows.runner.check.rules.registry import Registry, Resource
from workflows.runner.check.rules.resources import check_amounts
from workflows.runner.check.rules.steps import check_hooks
from workflows.runner.check.rules.tags import ANY_OUTPUT_ARTIFACT
from workflows.runner.check.rules.templates import check_call
from workflows.runner.language.manifest import any_string

Data = dict[str, Any]

POD_GC = (
    "OnPodCompletion",
    "OnPodSuccess",
    "OnWorkflowCompletion",
    "OnWorkflowSuccess",
)
_SELECTOR_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_ALWAYS = (
    "workflow.name",
    "workflow.namespace",
    "workflow.mainEntrypoint",
    "workflow.serviceAccountName",
    "workflow.uid",
    "workflow.status",
    "workflow.annotations",
    "workflow.annotations.json",
    "workflow.labels",
    "workflow.labels.json",
)


def check_workflow(
    workflow: Resource,
    metadata: Data,
    registry: Registry,
    *,
    empty_arguments: bool,
    of_template: bool = False,
) -> None:
    """Check a workflow, or what a WorkflowTemplate holds as if it were one.

    Args:
        workflow: The workflow and where its spec stands.
        metadata: Whose labels and annotations can be named.
        registry: Where references lead.
        empty_arguments: Whether values may be missing, because they come on submission.
        of_template: Whether this is a WorkflowTemplate: no entrypoint, inputs without values
            and unknown workflow parameters are fine then.
    """
    context = Context(registry, empty_arguments, of_template)
    base = _base(workflow, registry)
    at_templates = workflow.place / "templates"
    with within("spec.templates"):
        check_names(workflow.spec.get("templates") or [], at_templates)
    arguments = arguments_of(workflow.spec)
    if base:
        arguments = merged(arguments, arguments_of(base.spec))
    check_arguments(
        "spec.arguments.", arguments, workflow.place, empty_allowed=context.empty_arguments
    )
    context.globals = _globals(workflow, metadata, base, arguments, context)
    entrypoint = workflow.spec.get("entrypoint") or (base.spec.get("entrypoint") if base else "")
    _check_entrypoint(context, workflow, base, str(entrypoint or ""), arguments)
    _check_exit(context, workflow, base)
    _check_rest(workflow)
    source = base or workflow
    for template in source.templates():
        with within(f"templates.{template.name} "):
            _call(context, workflow, base, template.name, ANYTHING)


def _base(workflow: Resource, registry: Registry) -> Resource | None:
    reference = workflow.spec.get("workflowTemplateRef")
    if reference is None:
        return None
    place = workflow.place / "workflowTemplateRef"
    if workflow.spec.get("templates"):
        raise Fault(
            "Templates is invalid field in spec if workflow referred WorkflowTemplate reference",
            workflow.place / "templates",
        )
    name = str(reference.get("name") or "")
    return registry.find(name, cluster=bool(reference.get("clusterScope")), place=place)


def _globals(
    workflow: Resource,
    metadata: Data,
    base: Resource | None,
    arguments: Arguments,
    context: Context,
) -> dict[str, str]:
    known = {name: context.placeholder() for name in _ALWAYS}
    if arguments.parameters:
        for name in ("workflow.parameters", "workflow.parameters.json"):
            known[name] = context.placeholder()
    for parameter in arguments.parameters or []:
        value = any_string(parameter.get("value"))
        known[f"workflow.parameters.{parameter['name']}"] = (
            context.placeholder() if value is None else value
        )
    for name in _metadata_names(workflow, metadata, base):
        known[name] = context.placeholder()
    if workflow.spec.get("priority") is not None:
        known["workflow.priority"] = str(workflow.spec["priority"])
    return known


def _metadata_names(workflow: Resource, metadata: Data, base: Resource | None) -> Iterator[str]:
    sources = [metadata, workflow.spec.get("workflowMetadata") or {}]
    if base:
        sources.append(base.spec.get("workflowMetadata") or {})
    for source in sources:
        for key in source.get("annotations") or {}:
            yield f"workflow.annotations.{key}"
        for key in (*(source.get("labels") or {}), *(source.get("labelsFrom") or {})):
            yield f"workflow.labels.{key}"


def _call(
    context: Context,
    workflow: Resource,
    base: Resource | None,
    name: str,
    arguments: Arguments,
    place: Place | None = None,
) -> None:
    """Check a template of the workflow, or of the WorkflowTemplate that it refers to."""
    if base:
        reference = {
            "name": base.name,
            "template": name,
            "clusterScope": base.kind == "ClusterWorkflowTemplate",
        }
        call: Data = {"templateRef": reference}
    else:
        call = {"template": name}
    check_call(context, call, workflow, arguments, place or workflow.place)


def _check_entrypoint(
    context: Context,
    workflow: Resource,
    base: Resource | None,
    entrypoint: str,
    arguments: Arguments,
) -> None:
    if not entrypoint:
        if context.of_template:
            return
        raise Fault("spec.entrypoint is required", workflow.place)
    given = ANYTHING if context.of_template else arguments
    with _blaming(workflow, "entrypoint"):
        _call(context, workflow, base, entrypoint, given)


def _blaming(workflow: Resource, key: str) -> Any:
    """Say that a fault without a place of its own is in this field."""
    return within("", workflow.place / key)


def _check_exit(context: Context, workflow: Resource, base: Resource | None) -> None:
    name = workflow.spec.get("onExit") or (base.spec.get("onExit") if base else "")
    if not name:
        return
    context.globals["workflow.failures"] = context.placeholder()
    resources = [workflow, *([base] if base else [])]
    if any(_has_late_artifact(resource) for resource in resources):
        context.globals[ANY_OUTPUT_ARTIFACT] = "true"
    with _blaming(workflow, "onExit"):
        _call(context, workflow, base, str(name), arguments_of(workflow.spec))


def _has_late_artifact(resource: Resource) -> bool:
    return any(
        is_tag(artifact.get("globalName") or "")
        for template in resource.templates()
        for artifact in artifacts_of(template.data, "outputs")
    )


def _check_rest(workflow: Resource) -> None:
    check_hooks(workflow.spec, "hooks", workflow.place)
    collection = workflow.spec.get("podGC") or {}
    place = workflow.place / "podGC"
    strategy = collection.get("strategy") or ""
    if strategy and strategy not in POD_GC:
        raise Fault(
            f"podGC.strategy unknown strategy '{strategy}': use {', '.join(POD_GC)}",
            place / "strategy",
        )
    selector = collection.get("labelSelector") or {}
    for requirement in selector.get("matchExpressions") or []:
        operator = requirement.get("operator") or ""
        if operator not in _SELECTOR_OPERATORS:
            raise Fault(
                f'podGC.labelSelector invalid: "{operator}" is not a valid label selector operator',
                place / "labelSelector",
            )
    check_amounts(
        "spec.podResources", workflow.spec.get("podResources"), workflow.place / "podResources"
    )
