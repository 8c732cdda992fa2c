"""One task of a dag: what it waits for is over, now it runs, with all elements if it loops."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workflows.runner.engine.execute import execute, perform, prepare
from workflows.runner.engine.frame import Call
from workflows.runner.errors import DepthFault, FailFastFault, NodeFault, StuckFault
from workflows.runner.flow import refs
from workflows.runner.flow.hooks import StepHooks, run_exit
from workflows.runner.flow.taskplan import Task
from workflows.runner.language.errors import LanguageError
from workflows.runner.model.node import (
    ERROR,
    FAILED,
    OMITTED,
    PENDING,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    Node,
)
from workflows.runner.scope import items
from workflows.runner.scope.scope import Scope

if TYPE_CHECKING:
    from workflows.runner.flow.dag import Dag


class TaskRun:
    """One task, with all elements if it loops."""

    def __init__(self, dag: "Dag", task: Task) -> None:
        self.dag = dag
        self.run_ = dag.run_
        self.task = task
        self.name = f"{dag.node.name}.{task.name}"
        self.group: Node | None = None
        self.active = 0
        self.refused = False

    async def run(self) -> None:
        """Run the task to its end; what goes wrong is in its node."""
        try:
            if not self._wanted():
                self._leave(OMITTED, "omitted: depends condition not met")
                return
            scope = self.dag.scope_of(self.dag.ancestors(self.task.name))
            body = refs.resolve(self.run_, self.task.body, scope, lenient=False)
            elements = refs.expand(self.run_, body, scope)
        except StuckFault:
            raise
        except (NodeFault, LanguageError) as fault:
            self._leave(ERROR, str(fault))
            return
        if items.loops(self.task.body):
            await self._loop(elements, scope)
        else:
            await self._element(elements[0], scope)

    def _wanted(self) -> bool:
        if self.task.logic is None:
            return True
        results = {name: self._results(name) for name in self.task.names}
        return self.task.logic.evaluate(results)

    def _results(self, name: str) -> set[str]:
        node = self.run_.find(f"{self.dag.node.name}.{name}")
        if node is None:
            return set()
        found = {"Errored" if node.phase == ERROR else node.phase}
        if node.daemoned and node.phase != PENDING:
            found.add("Daemoned")
        if node.type == "TaskGroup":
            phases = [self.run_.nodes[child].phase for child in node.children]
            if SUCCEEDED in phases:
                found.add("AnySucceeded")
            if phases and all(phase == FAILED for phase in phases):
                found.add("AllFailed")
        return found

    def _leave(self, phase: str, message: str, name: str | None = None) -> None:
        """Leave a node of a task that never starts."""
        name = name or self.name
        found = self.run_.find(name)
        if found is None:
            self.run_.create(
                name, "Skipped", self.task.body, self.dag.frame.inner.scope,
                boundary=self.dag.boundary, phase=phase, message=message, parents=self._parents(),
            )  # fmt: skip
        else:
            self.run_.mark(found, phase, message)

    def _parents(self) -> tuple[str, ...]:
        """Give what a node of this task hangs below: the loop, or what it came after."""
        if self.group is not None:
            return (self.group.name,)
        if not self.task.names:
            return (self.dag.node.name,)
        found: list[str] = []
        for before in self.task.names:
            node = self.run_.find(f"{self.dag.node.name}.{before}")
            found += self.run_.outbound(node.id) if node else ()
        return tuple(self.run_.nodes[last].name for last in found)

    async def _loop(self, elements: list[refs.Step], scope: Scope) -> None:
        if not elements:
            self._leave(SKIPPED, "Skipped, empty params")
            return
        found = self.run_.find(self.name)
        if found is not None:
            self.group = self.run_.keep(self.run_.reopen(found, RUNNING), self._parents())
        else:
            self.group = self.run_.create(
                self.name, "TaskGroup", self.task.body, self.dag.frame.inner.scope,
                boundary=self.dag.boundary, phase=RUNNING, parents=self._parents(),
            )  # fmt: skip
        hooks = StepHooks(execute, self._call(self.task.body, self.name), self.task.body, scope,
                          f"tasks.{self.task.name}")  # fmt: skip
        hooks.saw(self.group)
        started = await asyncio.gather(
            *(self._element(element, scope) for element in elements), return_exceptions=True
        )
        for fault in started:
            if fault is not None:
                raise fault
        nodes = [self.run_.nodes[child] for child in self.group.children]
        phase = next((n.phase for n in reversed(nodes) if n.unsuccessful), SUCCEEDED)
        self.run_.mark(self.group, phase)
        await self._swallow(hooks.finish())

    def _call(self, body: Mapping[str, Any], name: str) -> Call:
        frame = self.dag.frame
        return Call(
            self.run_, name, body, "tasks", frame.inner, body.get("arguments") or {},
            self.dag.boundary, frame.call.depth + 1, on_exit=frame.call.on_exit,
            parents=self._parents(),
        )  # fmt: skip

    async def _element(self, body: refs.Step, scope: Scope) -> None:
        if self.refused:
            return
        name = f"{self.dag.node.name}.{body['name']}"
        try:
            if not refs.should_run(body.get("when")):
                self._leave(SKIPPED, f"when '{body['when']}' evaluated false", name)
                return
        except NodeFault as fault:
            self._leave(ERROR, fault.message, name)
            return
        call, prefix = self._call(body, name), f"tasks.{self.task.name}"
        in_loop = self.group is not None
        hooks = StepHooks(execute, call, {} if in_loop else self.task.body, scope, prefix)
        self.active += 1
        try:
            node = await perform(prepare(call))
        except (StuckFault, FailFastFault):
            raise
        except DepthFault:
            return
        except NodeFault as fault:
            again = self.dag.comes_back_to(self.task.name)
            seen = again or self.task.name in self.dag.targets
            if not seen:
                hooks.waiting.clear()
            self._errored(name, fault)
            # Argo leaves the loop here and comes back only while an earlier element still runs.
            self.refused = self.active == 1
            found = self.run_.find(name)
            if seen and found is not None:
                hooks.saw(found)
            if found is None or not (again or hooks.fired):
                return
            node = found
        finally:
            self.active -= 1
        await self._swallow(hooks.finish())
        await self._swallow(
            run_exit(execute, call, self.task.body, node, scope=scope, prefix=prefix)
        )

    def _errored(self, name: str, fault: NodeFault) -> None:
        node = self.run_.find(name)
        if node is not None:
            self.run_.mark(node, ERROR, f"task '{name}' errored: {fault.message}")

    async def _swallow(self, hook: Any) -> None:
        """Wait for a hook; one that cannot run makes the task an Error, not the program."""
        try:
            await hook
        except StuckFault:
            raise
        except NodeFault as fault:
            node = self.run_.find(self.name)
            if node is not None:
                self.run_.mark(node, ERROR, fault.message)
