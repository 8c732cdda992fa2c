"""Refuse what Argo's validator refuses, in Argo's order and words, before anything starts."""

from collections.abc import Iterator, Sequence

from workflows.runner.check.problem import Problem, RefusedError, at
from workflows.runner.check.rules.fault import Fault, Place
from workflows.runner.check.rules.registry import Registry, resource_of
from workflows.runner.check.rules.workflow import check_workflow
from workflows.runner.language.manifest import Document

LONGEST_NAME = 63
_CALLED = {
    "Workflow": "workflow",
    "WorkflowTemplate": "workflow template",
    "ClusterWorkflowTemplate": "cluster workflow template",
}


def validate(objects: Sequence[Document], *, submit: Document | None = None) -> None:
    """Check the objects of all files together; references are resolved among them.

    Args:
        objects: Every document that was read, of whatever kind.
        submit: The one that is about to run: its arguments must all have values.

    Raises:
        RefusedError: with the first thing that is wrong in each object.
    """
    registry = Registry.of(objects)
    checked = [document for document in objects if document is not submit]
    if submit is not None:
        checked.append(submit)
    problems = list(_twins(objects))
    for document in checked:
        try:
            _check(document, registry, submitted=document is submit)
        except Fault as fault:
            place = fault.place or Place(document, ())
            problem = at(place.document, place.path, fault.text)
            if problem not in problems:
                problems.append(problem)
    if problems:
        raise RefusedError(problems)


def _check(document: Document, registry: Registry, *, submitted: bool) -> None:
    kind = document.data.get("kind")
    if kind == "CronWorkflow":
        from workflows.runner.check.rules.cron import check_cron

        check_cron(document, registry)
        return
    if kind not in _CALLED:
        return
    resource = resource_of(document)
    length = len(resource.name.encode())
    if length > LONGEST_NAME:
        raise Fault(
            f'{_CALLED[kind]} name "{resource.name}" must not be more than {LONGEST_NAME} '
            f"characters long (currently {length})",
            Place(document, ("metadata", "name")),
        )
    check_workflow(
        resource,
        document.data.get("metadata") or {},
        registry,
        empty_arguments=not submitted,
        of_template=kind != "Workflow",
    )


def _twins(objects: Sequence[Document]) -> Iterator[Problem]:
    """Find template resources that are there twice: nobody could say which one counts."""
    seen: set[tuple[str, str, str]] = set()
    for document in objects:
        kind = document.data.get("kind")
        if kind not in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
            continue
        metadata = document.data.get("metadata") or {}
        key = (kind, metadata.get("namespace") or "", metadata.get("name") or "")
        if key in seen:
            yield at(document, ("metadata", "name"), f'duplicate {kind} found: "{key[2]}"')
        seen.add(key)
