"""DAG templates: tasks in the order of their dependencies, naming only their ancestors."""

from collections.abc import Set
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from workflows.runner.check.rules.arguments import check_arguments
from workflows.runner.check.rules.body import Body, check_no_deadline, inline_inputs
from workflows.runner.check.rules.context import arguments_of
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.loops import has_loop, is_aggregate, item_names
from workflows.runner.check.rules.names import check_names, is_tag
from workflows.runner.check.rules.outputs import names_of
from workflows.runner.check.rules.registry import Template
from workflows.runner.check.rules.tags import check_tags
from workflows.runner.language import depends
from workflows.runner.language.depends import UnknownResultError
from workflows.runner.language.manifest import any_string

Data = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """A task, what it waits for (and whether for its items), and where it stands."""

    data: Data
    place: Place
    needs: dict[str, bool]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.data.get("name") or "")

    @property
    def root(self) -> str:
        """How others name it."""
        return f"tasks.{self.name}"

    @property
    def status(self) -> str:
        """How those after it name how it ended."""
        return f"{self.root}.status"


def check_dag(body: Body) -> None:
    """Check the tasks in the order in which they can run."""
    check_no_deadline(body.template)
    data, place = body.template.data["dag"], body.template.place / "dag"
    if not data.get("tasks"):
        raise Fault(f"{body.at} must have at least one task", place)
    tasks = _sorted(body.at, _tasks(body.template))
    with within(f"{body.at}.tasks"):
        check_names(data["tasks"], place / "tasks")
    by_name = {task.name: task for task in tasks}
    _check_calls(body, tasks, by_name)
    _check_target(body, by_name)
    ended: dict[str, set[str]] = {}
    for task in tasks:
        before = (ended[name] | {by_name[name].status} for name in task.needs)
        ended[task.name] = set().union(*before)
        _check_task(body, task, ended[task.name])


def _check_calls(body: Body, tasks: list[Task], by_name: dict[str, Task]) -> None:
    """Check what each task calls, and let the others name what it gives."""
    uses_depends = any(task.data.get("depends") for task in tasks)
    for task in tasks:
        _check_style(body.at, task, uses_depends)
        with within(f"{body.at}.tasks.{task.name} "):
            called = body.call_with_anything(task.data, task.place)
            body.scope.update(
                names_of(called, task.root, body.context, aggregate=is_aggregate(task.data))
            )
            _check_items_conditions(task, by_name)


def _tasks(template: Template) -> list[Task]:
    listed = template.data["dag"]["tasks"]
    place = template.place / "dag" / "tasks"
    return [
        Task(data, place / index, _needs(template.name, data, place / index))
        for index, data in enumerate(listed)
    ]


def _needs(template: str, data: Data, place: Place) -> dict[str, bool]:
    text = data.get("depends") or ""
    if not text:
        return dict.fromkeys(data.get("dependencies") or [], False)
    try:
        parsed = depends.parse(text)
    except UnknownResultError as error:
        raise Fault(
            f"templates.{template}.tasks.{data.get('name')} {error}: "
            f"use {', '.join(depends.RESULTS)}",
            place / "depends",
        ) from None
    return {name: name in parsed.of_items for name in parsed.names}


def _sorted(at: str, tasks: list[Task]) -> list[Task]:
    """Put tasks after what they wait for."""
    names: set[str] = set()
    for task in tasks:
        if task.name in names:
            raise Fault(f"{at} sorting failed: duplicated nodeName {task.name}", task.place)
        names.add(task.name)
    for task in tasks:
        for name in task.needs:
            if name not in names:
                raise Fault(f"{at} sorting failed: invalid dependency {name}", task.place)
    try:
        order = list(TopologicalSorter({task.name: task.needs for task in tasks}).static_order())
    except CycleError as error:
        cycle = error.args[1]
        place = next(task.place for task in tasks if task.name in cycle)
        raise Fault(f"{at} sorting failed: graph with cycle: {'->'.join(cycle)}", place) from None
    by_name = {task.name: task for task in tasks}
    return [by_name[name] for name in order]


def _check_style(at: str, task: Task, uses_depends: bool) -> None:
    dependencies = task.data.get("dependencies")
    if (uses_depends or dependencies) and task.name[0] in "0123456789":
        raise Fault(
            f"{at}.tasks.{task.name} name cannot begin with a digit when using either 'depends' "
            "or 'dependencies'",
            task.place,
        )
    if uses_depends and dependencies:
        raise Fault(
            f"{at} cannot use both 'depends' and 'dependencies' in the same DAG template",
            task.place / "dependencies",
        )
    if uses_depends and task.data.get("continueOn") is not None:
        raise Fault(
            f"{at} cannot use 'continueOn' when using 'depends'. Instead use "
            "'dep-task.Failed'/'dep-task.Errored'",
            task.place / "continueOn",
        )


def _check_items_conditions(task: Task, by_name: dict[str, Task]) -> None:
    for name, of_items in task.needs.items():
        if of_items and not has_loop(by_name[name].data):
            raise Fault(
                f"dependency '{name}' uses an items-based condition such as .AnySucceeded or "
                ".AllFailed but does not contain any items",
                task.place / "depends",
            )


def _check_target(body: Body, by_name: dict[str, Task]) -> None:
    target = body.template.data["dag"].get("target") or ""
    at, place = f"{body.at}.targets", body.template.place / "dag" / "target"
    with within(f"{at} "):
        check_tags(target, body.scope, body.context, place)
    for name in target.split(" ") if target else ():
        if not is_tag(name) and name not in by_name:
            raise Fault(f"{at}: target '{name}' is not defined", place)


def _check_task(body: Body, task: Task, ended: Set[str]) -> None:
    """Check what a task names; `ended` are the statuses of all that ran before it."""
    if task.data.get("hooks") is not None:
        body.scope.add(task.status)
    at = f"{body.at}.tasks.{task.name}"
    with within(f"{at} "):
        also = ended | inline_inputs(task.data) | item_names(task.data, task.place)
        check_tags(task.data, body.scope, body.context, task.place, also)
    check_arguments(f"{at}.arguments.", arguments_of(task.data), task.place, empty_allowed=False)
    with within(f"{at} "):
        _check_ancestry(task, ended)
        body.call_as_written(task.data, task.place)


def _check_ancestry(task: Task, ended: Set[str]) -> None:
    """Refuse arguments that begin with the output of a task that may not have run."""
    given = task.data.get("arguments") or {}
    for kind, key in (("parameters", "value"), ("artifacts", "from")):
        for index, item in enumerate(given.get(kind) or []):
            text = any_string(item.get(key)) or ""
            if not text.startswith("{{tasks."):
                continue
            name = text.split(".")[1]
            if f"tasks.{name}.status" not in ended:
                raise Fault(
                    f"missing dependency '{name}' for {kind[:-1]} '{item.get('name')}'",
                    task.place / "arguments" / kind / index,
                )
