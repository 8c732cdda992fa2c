"""A template that is called: found, filled in with its arguments, and checked by its kind."""

from typing import Any

from workflows.runner.check.rules.body import Body
from workflows.runner.check.rules.context import Arguments, Context, Scope
from workflows.runner.check.rules.dag import check_dag
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.inputs import (
    artifacts_of,
    check_inputs,
    filled,
    parameters_of,
)
from workflows.runner.check.rules.kinds import check_kind, is_leaf, is_pod, kind_of
from workflows.runner.check.rules.leaf import check_leaf
from workflows.runner.check.rules.locations import check_location
from workflows.runner.check.rules.metrics import check_metrics
from workflows.runner.check.rules.names import PLACEHOLDER
from workflows.runner.check.rules.outputs import check_outputs
from workflows.runner.check.rules.registry import Resource, Template
from workflows.runner.check.rules.resources import check_pod_resources
from workflows.runner.check.rules.steps import check_steps

Data = dict[str, Any]

RETRY_POLICIES = ("Always", "OnError", "OnFailure", "OnTransientError")
_RETRIES = (
    "retries",
    "lastRetry.exitCode",
    "lastRetry.status",
    "lastRetry.duration",
    "lastRetry.message",
)


def check_call(
    context: Context, call: Data, home: Resource, arguments: Arguments, *, place: Place
) -> Template | None:
    """Check the template that a call names, as it runs with these arguments.

    Args:
        context: The check that this is part of.
        call: Has `template`, `templateRef` or `inline`, as a step or task does.
        home: Where a plain name is looked up.
        arguments: What it is called with.
        place: Where the call stands.

    Returns:
        The template as it was written; None if only the run can tell which it is.
    """
    reference = call.get("templateRef")
    if reference is None:
        template = _local(call, home, place)
    else:
        found = _referred(call, reference, context, place)
        if found is None:
            return None
        template, home = found
    if kind_of(template.data) == "Unknown":
        raise Fault(
            f"template '{template.name}' type is unknown: give it one of container, script, "
            "steps, dag, containerSet, resource, suspend, http, data",
            template.place,
        )
    policy = (template.data.get("retryStrategy") or {}).get("retryPolicy") or ""
    if policy and policy not in RETRY_POLICIES:
        raise Fault(
            f"{policy} is not a valid RetryPolicy: use {', '.join(RETRY_POLICIES)}",
            template.place / "retryStrategy" / "retryPolicy",
        )
    with within("", place):
        _check(context, template, home, arguments)
    return template


def _local(call: Data, home: Resource, place: Place) -> Template:
    if call.get("inline") is not None:
        return Template(call["inline"], place / "inline")
    name = str(call.get("template") or "")
    if not name:
        raise Fault("failed to get a template: name one as template, templateRef or inline", place)
    if found := home.template(name):
        return found
    raise Fault(f"template name '{name}' undefined", place / "template")


def _referred(
    call: Data, reference: Data, context: Context, place: Place
) -> tuple[Template, Resource] | None:
    """Follow a templateRef; None if it depends on what runs."""
    spot = place / "templateRef"
    name, inner = str(reference.get("name") or ""), str(reference.get("template") or "")
    if call.get("template"):
        raise Fault("template name cannot be specified with templateRef", place / "template")
    if not name:
        raise Fault("resource name is required", spot)
    if not inner:
        raise Fault("template name is required", spot)
    if "{{" in name + inner or PLACEHOLDER in name:
        return None
    home = context.registry.find(name, cluster=bool(reference.get("clusterScope")), place=spot)
    if PLACEHOLDER in inner:
        return None
    found = home.template(inner)
    if found is None:
        raise Fault(f"template reference {name}.{inner} not found", spot)
    return found, home


def _check(context: Context, template: Template, home: Resource, arguments: Arguments) -> None:
    check_kind(template)
    at = f"templates.{template.name}"
    check_pod_resources(template)
    scope = check_inputs(template)
    for index, container in enumerate(template.data.get("initContainers") or []):
        if not container.get("name"):
            raise Fault(
                "initContainers must all have container name",
                template.place / "initContainers" / index,
            )
    local = _local_values(template, context)
    scope |= set(local) | _own_paths(template.data)
    with within(f"{at} "):
        ready = filled(template, arguments, context, local)
    _check_times(template, ready)
    if (home.scope, template.name) in context.seen:
        return
    context.seen.add((home.scope, template.name))
    scope |= set(context.globals)
    _check_body(context, ready, home, scope)
    check_outputs(ready, scope, context)
    if ready.data.get("archiveLocation") is not None:
        spot = ready.place / "archiveLocation"
        check_location(f"{at}.archiveLocation", ready.data["archiveLocation"], spot)
    check_metrics(ready)


def _check_body(context: Context, ready: Template, home: Resource, scope: Scope) -> None:
    kind = kind_of(ready.data)
    if kind == "Steps":
        check_steps(Body(context, ready, home, scope, check_call))
    elif kind == "DAG":
        check_dag(Body(context, ready, home, scope, check_call))
    else:
        check_leaf(context, ready, home, scope)


def _local_values(template: Template, context: Context) -> dict[str, str]:
    names: list[str] = []
    if is_pod(template.data):
        names.append("pod.name")
    if template.data.get("retryStrategy") is not None:
        names.extend(_RETRIES)
    return {name: context.placeholder() for name in names}


def _own_paths(data: Data) -> Scope:
    if not is_leaf(data):
        return set()
    return {
        *(f"outputs.artifacts.{a.get('name')}.path" for a in artifacts_of(data, "outputs")),
        *(f"outputs.parameters.{p.get('name')}.path" for p in parameters_of(data, "outputs")),
    }


def _check_times(template: Template, ready: Template) -> None:
    data, kind, place = ready.data, kind_of(ready.data), ready.place
    if template.data.get("resourceClaims") and not is_pod(data):
        raise Fault(
            f"templates.{template.name}.resourceClaims is not supported for {kind} templates, "
            "which do not create a pod",
            place / "resourceClaims",
        )
    timeout = data.get("timeout") or ""
    if timeout and not is_leaf(data):
        raise Fault(f"{kind} template doesn't support timeout field", place / "timeout")
    if _is_integer(timeout):
        raise Fault(
            f"{template.name} has invalid duration format in timeout: give it a unit, "
            f"such as {timeout}s",
            place / "timeout",
        )
    if data.get("pendingTimeout") and not is_leaf(data):
        raise Fault(
            f"{kind} template doesn't support pendingTimeout field", place / "pendingTimeout"
        )


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").removeprefix("+").isdecimal()
