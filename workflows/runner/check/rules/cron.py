"""A CronWorkflow: when it starts, and the workflow that it starts."""

from typing import Any

from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.registry import Registry, Resource, as_go_reads
from workflows.runner.check.rules.workflow import check_workflow
from workflows.runner.language.errors import ScheduleError
from workflows.runner.language.manifest import Document
from workflows.runner.language.schedule import Schedule

Data = dict[str, Any]

LONGEST_NAME = 52
POLICIES = ("Allow", "Forbid", "Replace")

#: What the controller itself puts on each workflow that it starts.
_LABEL = "workflows.argoproj.io/cron-workflow"
_ANNOTATION = "workflows.argoproj.io/scheduled-time"


def check_cron(document: Document, registry: Registry) -> None:
    """Check the schedules and the workflow of a CronWorkflow."""
    spec = as_go_reads(document.data.get("spec") or {})
    place = Place(document, ("spec",))
    name = (document.data.get("metadata") or {}).get("name") or ""
    if len(name.encode()) > LONGEST_NAME:
        raise Fault(
            f'cron workflow name "{name}" must not be more than {LONGEST_NAME} characters long '
            f"(currently {len(name.encode())})",
            Place(document, ("metadata", "name")),
        )
    _check_schedules(spec, place)
    policy = spec.get("concurrencyPolicy") or ""
    if policy and policy not in POLICIES:
        raise Fault(
            f"'{policy}' is not a valid concurrencyPolicy: use {', '.join(POLICIES)}",
            place / "concurrencyPolicy",
        )
    if (spec.get("startingDeadlineSeconds") or 0) < 0:
        raise Fault("startingDeadlineSeconds must be positive", place / "startingDeadlineSeconds")
    inner = Resource("Workflow", "", spec.get("workflowSpec") or {}, place / "workflowSpec")
    with within("cannot validate Workflow: "):
        check_workflow(inner, _metadata(spec), registry, empty_arguments=False)


def _check_schedules(spec: Data, place: Place) -> None:
    schedules = spec.get("schedules") or []
    if not schedules:
        raise Fault("cron workflow must have at least one schedule", place)
    for index, schedule in enumerate(schedules):
        try:
            Schedule.parse(schedule)
        except ScheduleError as error:
            raise Fault(
                f"cron schedule {schedule} is malformed: {error}", place / "schedules" / index
            ) from None
    if zone := spec.get("timezone") or "":
        try:
            Schedule.parse(schedules[0], zone)
        except ScheduleError as error:
            why = str(error).removeprefix(f"provided bad location {zone}: ")
            raise Fault(f'invalid timezone "{zone}": {why}', place / "timezone") from None


def _metadata(spec: Data) -> Data:
    given = spec.get("workflowMetadata") or {}
    return {
        "labels": {_LABEL: "", **(given.get("labels") or {})},
        "annotations": {_ANNOTATION: "", **(given.get("annotations") or {})},
    }
