"""Steps templates: groups one after another, and what each step may name."""

from typing import Any

from workflows.runner.check.rules.arguments import check_arguments
from workflows.runner.check.rules.body import Body, check_hooks, check_no_deadline, inline_inputs
from workflows.runner.check.rules.context import arguments_of
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.loops import is_aggregate, item_names
from workflows.runner.check.rules.names import step_name_problem
from workflows.runner.check.rules.outputs import names_of
from workflows.runner.check.rules.tags import check_tags

Data = dict[str, Any]


def check_steps(body: Body) -> None:
    """Check every step in order, letting each name what came before."""
    check_no_deadline(body.template)
    seen: set[str] = set()
    for group_index, group in enumerate(body.template.data["steps"]):
        for index, step in enumerate(group):
            at = f"{body.at}.steps[{group_index}]"
            place = body.template.place / "steps" / group_index / index
            _check_name(at, step, seen, place)
            _check_step(body, step, f"{at}.{step['name']}", place)


def _check_name(at: str, step: Data, seen: set[str], place: Place) -> None:
    name = step.get("name") or ""
    if not name:
        raise Fault(f"{at}.name is required", place)
    if name in seen:
        raise Fault(f"{at}.name '{name}' is not unique", place)
    if problem := step_name_problem(name):
        raise Fault(f"{at}.name '{name}' is invalid: {problem}", place)
    seen.add(name)


def _check_step(body: Body, step: Data, at: str, place: Place) -> None:
    context, scope, root = body.context, body.scope, f"steps.{step['name']}"
    scope.add(f"{root}.status")
    with within(f"{at} "):
        scope |= item_names(step, place)
    check_arguments(f"{at}.arguments.", arguments_of(step), place, empty_allowed=False)
    with within(f"{at} "):
        called = body.call_with_anything(step, place)
    if _has_exit_hook(step):
        scope |= names_of(called, root, context)
    check_hooks(step, at, place)
    with within(f"{body.at}.steps "):
        check_tags(step, scope, context, place, inline_inputs(step))
    scope |= names_of(called, root, context, aggregate=is_aggregate(step))
    with within(f"{at} "):
        body.call_as_written(step, place)


def _has_exit_hook(step: Data) -> bool:
    return bool(step.get("onExit")) or (step.get("hooks") or {}).get("exit") is not None
