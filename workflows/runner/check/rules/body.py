"""What the checks of a steps or DAG template share."""

from dataclasses import dataclass
from typing import Any, Protocol

from workflows.runner.check.rules.context import ANYTHING, Arguments, Context, Scope, arguments_of
from workflows.runner.check.rules.fault import Fault, Place
from workflows.runner.check.rules.inputs import parameters_of
from workflows.runner.check.rules.registry import Resource, Template

Data = dict[str, Any]


class CheckCall(Protocol):
    """How a call is checked; passed in, because checks of templates and steps alternate."""

    def __call__(
        self, context: Context, call: Data, home: Resource, arguments: Arguments, *, place: Place
    ) -> Template | None:
        """Check the template that a step or task calls."""


@dataclass(frozen=True)
class Body:
    """A template that calls others, filled in, while its calls are checked.

    Attributes:
        context: The check that this is part of.
        template: The template.
        home: Where plain names are looked up.
        scope: What can be named in it; grows from call to call.
        check_call: How what it calls is checked.
    """

    context: Context
    template: Template
    home: Resource
    scope: Scope
    check_call: CheckCall

    @property
    def at(self) -> str:
        """How Argo names it."""
        return f"templates.{self.template.name}"

    def call_with_anything(self, call: Data, place: Place) -> Template | None:
        """Check what a step or task calls, as if it got whatever it needs."""
        return self.check_call(self.context, call, self.home, ANYTHING, place=place)

    def call_as_written(self, call: Data, place: Place) -> Template | None:
        """Check what a step or task calls, with its own arguments."""
        return self.check_call(self.context, call, self.home, arguments_of(call), place=place)


def check_no_deadline(template: Template) -> None:
    """Refuse a deadline where nothing runs that could be stopped by it."""
    if template.data.get("activeDeadlineSeconds") is not None:
        raise Fault(
            f"templates.{template.name}.activeDeadlineSeconds is only valid for leaf templates",
            template.place / "activeDeadlineSeconds",
        )


def inline_inputs(call: Data) -> Scope:
    """Give the input parameters that an inline template may name."""
    inline = call.get("inline") or {}
    return {f"inputs.parameters.{p.get('name')}" for p in parameters_of(inline, "inputs")}


def check_hooks(owner: Data, at: str, place: Place) -> None:
    """Demand an expression for each hook but the exit hook."""
    for name, hook in (owner.get("hooks") or {}).items():
        if name != "exit" and not hook.get("expression"):
            raise Fault(f"{at}.{name} Expression required", place / "hooks" / name)
