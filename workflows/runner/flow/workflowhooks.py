"""The hooks of a whole workflow: each fires once, when its expression first holds."""

import asyncio
from collections.abc import Mapping
from typing import Any

from workflows.runner.engine.execute import execute
from workflows.runner.engine.frame import Call
from workflows.runner.engine.run import Run
from workflows.runner.errors import NodeFault
from workflows.runner.flow.hooks import truth
from workflows.runner.model.node import (
    OMITTED,
    SKIPPED,
    SUCCEEDED,
    Node,
)

_IMPLIED = {SKIPPED: SUCCEEDED, OMITTED: SUCCEEDED}


class WorkflowHooks:
    """The workflow's own hooks: each fires once, when its expression first holds."""

    def __init__(self, run: Run) -> None:
        self.run = run
        hooks = run.spec.get("hooks") or {}
        self.waiting = {name: hook for name, hook in hooks.items() if name != "exit"}
        self.fired: list[asyncio.Task[Node]] = []
        self.fault: NodeFault | None = None
        if self.waiting:
            run.watch(run.name, self.look)
            run.listeners.append(self._on_change)

    def _on_change(self, node: Node) -> None:
        root = self.run.find(self.run.name)
        if root is not None and self.waiting and node.fulfilled:
            self.look(root)

    def look(self, root: Node) -> None:
        """Fire the hooks whose expression holds now."""
        if not self.waiting:
            return
        self.run.globals["workflow.status"] = _IMPLIED.get(root.phase, root.phase)
        for name, hook in list(self.waiting.items()):
            try:
                if not hook.get("expression"):
                    raise NodeFault(f"Expression required for hook {self.run.name}.hooks.{name}")
                if truth(hook["expression"], self.run.globals):
                    del self.waiting[name]
                    self._fire(name, hook)
            except NodeFault as fault:
                self.fault = fault
                self.waiting.clear()
                return

    def _fire(self, name: str, hook: Mapping[str, Any]) -> None:
        call = Call(
            self.run, f"{self.run.name}.hooks.{name}", hook, "steps", self.run.context,
            hook.get("arguments") or {}, None, 1, hooked=True, parents=(self.run.name,),
        )  # fmt: skip
        self.fired.append(self.run.hub.spawn(execute(call)))

    async def finish(self) -> NodeFault | None:
        """Wait for the hooks that fired; give what kept one from running."""
        self.run.unwatch(self.run.name)
        for task in self.fired:
            try:
                await task
            except NodeFault as fault:
                self.fault = self.fault or fault
        self.fired.clear()
        return self.fault
