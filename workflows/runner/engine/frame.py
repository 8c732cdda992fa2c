"""One call of a template: what is known when its node is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workflows.runner.engine.gates import Boundary, Slots
from workflows.runner.engine.run import Run
from workflows.runner.model import names
from workflows.runner.model.node import NODE_TYPES, PENDING, Node
from workflows.runner.model.shapes import POD_KINDS, kind_of
from workflows.runner.model.templates import TemplateContext


@dataclass(frozen=True)
class Call:
    """A step, task, hook or entrypoint that calls a template.

    Attributes:
        name: The full name that its node gets.
        holder: Has `template`, `templateRef` or `inline`, and the step's own `name`.
        kind: `steps` or `tasks`: how its own name is called in the template.
        context: Where the template is looked up.
        parents: The nodes that its node hangs below.
    """

    run: Run
    name: str
    holder: Mapping[str, Any]
    kind: str
    context: TemplateContext
    arguments: Mapping[str, Any]
    boundary: Boundary | None
    depth: int
    on_exit: bool = False
    hooked: bool = False
    parents: tuple[str, ...] = ()

    @property
    def flag(self) -> dict[str, bool]:
        """What `nodeFlag` says."""
        return {"hooked": True} if self.hooked else {}


@dataclass(frozen=True)
class Frame:
    """A call whose template is filled in and ready to run.

    Attributes:
        name: The node's name; that of an attempt differs from the call's.
        template: With inputs set and tags filled in.
        raw: The template before tags were filled in.
        inner: Where names inside the template are looked up.
        deadline: When its retryStrategy gives up.
    """

    call: Call
    name: str
    template: dict[str, Any]
    raw: dict[str, Any]
    inner: TemplateContext
    flag: dict[str, bool]
    slots: Slots
    deadline: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        """The workflow."""
        return self.call.run

    @property
    def kind(self) -> str:
        """Which kind of template it is."""
        return kind_of(self.template) or ""

    @property
    def is_pod(self) -> bool:
        """Whether it runs as a pod would."""
        return self.kind in POD_KINDS

    @property
    def pod_name(self) -> str:
        """The name that its pod would have."""
        return names.pod_name(self.run.name, self.name, self.template.get("name"))

    def attempt(self, name: str, template: dict[str, Any], deadline: float | None) -> "Frame":
        """Give the frame of one attempt."""
        flag = {**self.flag, "retried": True}
        return replace(self, name=name, template=template, flag=flag, deadline=deadline)

    def node(self, phase: str = PENDING) -> Node:
        """Give the node of this frame: a new one, or the one that waited or is kept."""
        run = self.run
        found = run.find(self.name)
        if found is not None:
            if found.phase != phase:
                run.reopen(found, phase)
            found.inputs = self.template.get("inputs") or None
            return found
        return run.create(
            self.name, NODE_TYPES[self.kind], self.call.holder, self.call.context.scope,
            boundary=self.call.boundary, phase=phase, template=self.template, flag=self.flag,
            parents=self.call.parents if self.name == self.call.name else (),
        )  # fmt: skip
