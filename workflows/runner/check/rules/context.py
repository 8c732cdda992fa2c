"""What the checking of one workflow carries along."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from workflows.runner.check.rules.names import PLACEHOLDER
from workflows.runner.check.rules.registry import Registry

Data = dict[str, Any]
Scope = set[str]


@dataclass
class Context:
    """One check of one workflow.

    Attributes:
        registry: Where references lead.
        of_template: Whether a WorkflowTemplate is checked, whose workflow is not known yet.
        globals: What can be named everywhere, with its value.
        seen: The templates that were checked already.
    """

    registry: Registry
    of_template: bool
    globals: dict[str, str] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def placeholder(self) -> str:
        """Make a value that stands for one only known when it runs."""
        return f"{PLACEHOLDER}{next(self._numbers)}"


@dataclass(frozen=True)
class Arguments:
    """What a template is called with; None stands for "whatever it needs"."""

    parameters: list[Data] | None
    artifacts: list[Data] | None

    def parameter(self, name: str, context: Context) -> Data | None:
        """Find the argument for an input parameter."""
        if self.parameters is None:
            return {"name": name, "value": context.placeholder()}
        return next((p for p in self.parameters if p.get("name") == name), None)

    def artifact(self, name: str) -> Data | None:
        """Find the argument for an input artifact."""
        if self.artifacts is None:
            return {"name": name}
        return next((a for a in self.artifacts if a.get("name") == name), None)


ANYTHING = Arguments(None, None)


def arguments_of(data: Data) -> Arguments:
    """Take the arguments of a step, task or spec."""
    given = data.get("arguments") or {}
    return Arguments(given.get("parameters") or [], given.get("artifacts") or [])
