"""A whole workflow: what can be named everywhere, then its parts in Argo's order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workflows.runner.check.rules.arguments import check_arguments, merged
from workflows.runner.check.rules.body import check_hooks
from workflows.runner.check.rules.context import ANYTHING, Arguments, Context, arguments_of
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.inputs import artifacts_of
from workflows.runner.check.rules.names import check_names, is_tag
from workflows.runner.check.rules.registry import Registry, Resource
from workflows.runner.check.rules.resources import check_amounts
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


@dataclass(frozen=True)
class Whole:
    """A workflow being checked, with the WorkflowTemplate that it refers to, if any."""

    context: Context
    workflow: Resource
    base: Resource | None

    def either(self, key: str) -> str:
        """Give a field of the workflow, or else of its WorkflowTemplate."""
        own = self.workflow.spec.get(key)
        return str(own or (self.base.spec.get(key) if self.base else "") or "")

    def call(self, name: str, arguments: Arguments, place: Place) -> None:
        """Check one of its templates as it runs with these arguments."""
        call: Data = {"template": name}
        if self.base:
            cluster = self.base.kind == "ClusterWorkflowTemplate"
            call = {
                "templateRef": {"name": self.base.name, "template": name, "clusterScope": cluster}
            }
        check_call(self.context, call, self.workflow, arguments, place=place)


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
    base = _base(workflow, registry)
    whole = Whole(Context(registry, of_template), workflow, base)
    place = workflow.place
    with within("spec.templates"):
        check_names(workflow.spec.get("templates") or [], place / "templates")
    arguments = arguments_of(workflow.spec)
    if base:
        arguments = merged(arguments, arguments_of(base.spec))
    check_arguments("spec.arguments.", arguments, place, empty_allowed=empty_arguments)
    whole.context.globals = _globals(whole, metadata, arguments)
    _check_entrypoint(whole, arguments)
    _check_exit(whole)
    _check_rest(workflow)
    for template in (base or workflow).templates():
        with within(f"templates.{template.name} "):
            whole.call(template.name, ANYTHING, template.place)


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


def _globals(whole: Whole, metadata: Data, arguments: Arguments) -> dict[str, str]:
    context, spec = whole.context, whole.workflow.spec
    known = {name: context.placeholder() for name in _ALWAYS}
    if arguments.parameters:
        for name in ("workflow.parameters", "workflow.parameters.json"):
            known[name] = context.placeholder()
    for parameter in arguments.parameters or []:
        value = any_string(parameter.get("value"))
        known[f"workflow.parameters.{parameter['name']}"] = (
            context.placeholder() if value is None else value
        )
    for name in _metadata_names(whole, metadata):
        known[name] = context.placeholder()
    if spec.get("priority") is not None:
        known["workflow.priority"] = str(spec["priority"])
    return known


def _metadata_names(whole: Whole, metadata: Data) -> Iterator[str]:
    sources = [metadata, whole.workflow.spec.get("workflowMetadata") or {}]
    if whole.base:
        sources.append(whole.base.spec.get("workflowMetadata") or {})
    for source in sources:
        for key in source.get("annotations") or {}:
            yield f"workflow.annotations.{key}"
        for key in (*(source.get("labels") or {}), *(source.get("labelsFrom") or {})):
            yield f"workflow.labels.{key}"


def _check_entrypoint(whole: Whole, arguments: Arguments) -> None:
    entrypoint, place = whole.either("entrypoint"), whole.workflow.place
    if entrypoint:
        given = ANYTHING if whole.context.of_template else arguments
        whole.call(entrypoint, given, place / "entrypoint")
    elif not whole.context.of_template:
        raise Fault("spec.entrypoint is required", place)


def _check_exit(whole: Whole) -> None:
    name, context = whole.either("onExit"), whole.context
    if not name:
        return
    context.globals["workflow.failures"] = context.placeholder()
    resources = [whole.workflow, *([whole.base] if whole.base else [])]
    if any(_has_late_artifact(resource) for resource in resources):
        context.globals[ANY_OUTPUT_ARTIFACT] = "true"
    arguments = arguments_of(whole.workflow.spec)
    whole.call(name, arguments, whole.workflow.place / "onExit")


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
