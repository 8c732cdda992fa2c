"""Steps templates: groups one after another, and what each step may name."""

from typing import Any, Protocol

from workflows.runner.check.rules.arguments import check_arguments
from workflows.runner.check.rules.context import (
    ANYTHING,
    Arguments,
    Context,
    Scope,
    arguments_of,
)
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.inputs import parameters_of
from workflows.runner.check.rules.loops import is_aggregate, item_names
from workflows.runner.check.rules.names import step_name_problem
from workflows.runner.check.rules.outputs import names_of
from workflows.runner.check.rules.registry import Resource, Template
from workflows.runner.check.rules.tags import check_tags

Data = dict[str, Any]


class CheckCall(Protocol):
    """How a call is checked; passed in, because checks of templates and steps alternate."""

    def __call__(
        self, context: Context, call: Data, resource: Resource, arguments: Arguments, place: Place
    ) -> Template | None:
        """Check the template that a step or task calls."""


def check_steps(
    context: Context, template: Template, home: Resource, scope: Scope, check_call: CheckCall
) -> None:
    """Check every step in order, letting each name what came before."""
    check_no_deadline(template)
    seen: set[str] = set()
    for group_index, group in enumerate(template.data["steps"]):
        for index, step in enumerate(group or []):
            at = f"templates.{template.name}.steps[{group_index}]"
            place = template.place / "steps" / group_index / index
            _check_name(at, step, seen, place)
            _check_step(context, template, home, scope, check_call, step, at, place)


def check_no_deadline(template: Template) -> None:
    """Refuse a deadline where nothing runs that could be stopped by it."""
    if template.data.get("activeDeadlineSeconds") is not None:
        raise Fault(
            f"templates.{template.name}.activeDeadlineSeconds is only valid for leaf templates",
            template.place / "activeDeadlineSeconds",
        )


def _check_name(at: str, step: Data, seen: set[str], place: Place) -> None:
    name = step.get("name") or ""
    if not name:
        raise Fault(f"{at}.name is required", place)
    if name in seen:
        raise Fault(f"{at}.name '{name}' is not unique", place)
    if problem := step_name_problem(name):
        raise Fault(f"{at}.name '{name}' is invalid: {problem}", place)
    seen.add(name)


def _check_step(
    context: Context,
    template: Template,
    home: Resource,
    scope: Scope,
    check_call: CheckCall,
    step: Data,
    group: str,
    place: Place,
) -> None:
    name, root = step["name"], f"steps.{step['name']}"
    at = f"{group}.{name}"
    scope.add(f"{root}.status")
    with within(f"{at} "):
        scope |= item_names(step, place)
    check_arguments(f"{at}.arguments.", arguments_of(step), place, empty_allowed=False)
    with within(f"{at} "):
        called = check_call(context, step, home, ANYTHING, place)
    if has_exit_hook(step):
        scope |= names_of(called, root, context)
    check_hooks(step, at, place)
    with within(f"templates.{template.name}.steps "):
        check_tags(step, scope | inline_inputs(step), context, place)
    scope |= names_of(called, root, context, aggregate=is_aggregate(step))
    with within(f"{at} "):
        check_call(context, step, home, arguments_of(step), place)


def has_exit_hook(call: Data) -> bool:
    """Say whether something runs when a step or task ends."""
    return bool(call.get("onExit")) or (call.get("hooks") or {}).get("exit") is not None


def check_hooks(owner: Data, at: str, place: Place) -> None:
    """Demand an expression for each hook but the exit hook."""
    for name, hook in (owner.get("hooks") or {}).items():
        if name != "exit" and not (hook or {}).get("expression"):
            raise Fault(f"{at}.{name} Expression required", place / "hooks" / name)


def inline_inputs(call: Data) -> Scope:
    """Give the input parameters that an inline template may name."""
    inline = call.get("inline") or {}
    return {f"inputs.parameters.{p.get('name')}" for p in parameters_of(inline, "inputs")}
