"""Run a dag template: each task once what it depends on is over."""

import asyncio
from collections.abc import Sequence

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.gates import FAIL_FAST
from workflows.runner.errors import FailFastFault, NodeFault, StuckFault
from workflows.runner.flow.assess import assess
from workflows.runner.flow.hooks import last_attempt
from workflows.runner.flow.steps import boundary_of, end_daemons
from workflows.runner.flow.task import TaskRun
from workflows.runner.flow.taskplan import plan, targets_of
from workflows.runner.language.errors import LanguageError
from workflows.runner.model.node import (
    ERROR,
    FAILED,
    OMITTED,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    Node,
)
from workflows.runner.scope import outputs
from workflows.runner.scope.scope import Scope


async def run_dag(frame: Frame) -> Node:
    """Run a dag template to its end.

    Raises:
        NodeFault: its own outputs cannot be had.
    """
    dag = Dag(frame)
    try:
        return await dag.run()
    finally:
        await end_daemons(dag.boundary)


class Dag:
    """A dag while it runs."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.run_ = frame.run
        self.node = frame.node(RUNNING)
        self.boundary = boundary_of(frame, self.node)
        try:
            self.tasks = plan(frame.template["dag"]["tasks"])
        except LanguageError as error:
            raise NodeFault(str(error)) from error
        self.targets = targets_of(frame.template, self.tasks)
        self.needed = self._needed()
        self.missing = {name: len(self.tasks[name].names) for name in self.needed}
        self.followers: dict[str, list[str]] = {name: [] for name in self.needed}
        for name in self.needed:
            for before in self.tasks[name].names:
                self.followers[before].append(name)
        self.running: set[asyncio.Task[None]] = set()
        self.over = asyncio.Event()
        self.stuck: StuckFault | None = None
        self.crash: BaseException | None = None

    def _needed(self) -> list[str]:
        found: dict[str, None] = {}
        pending = list(self.targets)
        while pending:
            name = pending.pop()
            if name not in found:
                found[name] = None
                pending += self.tasks[name].names
        return [name for name in self.tasks if name in found]

    async def run(self) -> Node:
        """Run every task that is needed, then give the dag its phase."""
        for name in self.needed:
            if self.missing[name] == 0:
                self._start(name)
        while self.running:
            self.over.clear()
            await self.over.wait()
        if self.crash is not None:
            raise self.crash
        if self.boundary.broken:
            return self.run_.mark(self.node, FAILED, FAIL_FAST)
        self._refuse_bad_loops()
        phase = self._phase()
        if phase == SUCCEEDED:
            self._finish_outputs()
        self.node.outbound = [
            last for name in self.targets if self._task_node(name) is not None
            for last in self.run_.outbound(self._id(name))
        ]  # fmt: skip
        return self.run_.mark(self.node, phase)

    def _refuse_bad_loops(self) -> None:
        """Fail as a whole when a target comes after a loop that has no aggregate."""
        for name in self.targets:
            if self._task_node(name) is not None:
                self.scope_of(self.ancestors(name))

    def _phase(self) -> str:
        if self.run_.shutdown is not None and not self.frame.call.on_exit:
            return FAILED
        goes_on = {
            name: {
                phase for phase, wish in ((FAILED, "failed"), (ERROR, "error"))
                if (self.tasks[name].body.get("continueOn") or {}).get(wish)
            }
            for name in self.targets
        }  # fmt: skip
        fail_fast = self.frame.template["dag"].get("failFast") is not False
        targets = {name: self._id(name) for name in self.targets}
        phase = assess(self.run_.nodes, self.node, targets, goes_on, fail_fast=fail_fast)
        if phase != RUNNING:
            return phase
        raise self.stuck or StuckFault(
            f"no task of {self.node.name} can go on, and it is not over: Argo would wait forever"
        )

    def _start(self, name: str) -> None:
        task = asyncio.get_running_loop().create_task(TaskRun(self, self.tasks[name]).run())
        self.running.add(task)
        task.add_done_callback(lambda done: self._settled(name, done))

    def _settled(self, name: str, done: "asyncio.Task[None]") -> None:
        self.running.discard(done)
        error = None if done.cancelled() else done.exception()
        if isinstance(error, StuckFault):
            self.stuck = self.stuck or error
        elif error is not None and not isinstance(error, FailFastFault):
            self.crash = self.crash or error
        elif error is None and self._task_node(name) is not None:
            for follower in self.followers[name]:
                self.missing[follower] -= 1
                if self.missing[follower] == 0:
                    self._start(follower)
        if not self.running:
            self.over.set()

    def _id(self, name: str) -> str:
        from workflows.runner.model import names

        return names.node_id(self.run_.name, f"{self.node.name}.{name}")

    def _task_node(self, name: str) -> Node | None:
        return self.run_.find(f"{self.node.name}.{name}")

    def scope_of(self, names: Sequence[str]) -> Scope:
        """Give what can be named after these tasks.

        Raises:
            NodeFault: a loop among them cannot be aggregated.
        """
        scope = Scope(self.frame.template)
        scope.add_workflow_outputs(self.run_.outputs)
        found = [(name, node) for name in names if (node := self._task_node(name)) is not None]
        found.sort(key=lambda pair: pair[1].finished or pair[1].started)
        for name, node in found:
            self._remember(scope, name, node)
        return scope

    def _remember(self, scope: Scope, name: str, node: Node) -> None:
        prefix = f"tasks.{name}"
        if node.type == "TaskGroup":
            start = f"{node.name}("
            elements = [
                child for child in map(self.run_.nodes.__getitem__, node.children)
                if child.name.startswith(start) and not child.hooked and not child.retried
            ]  # fmt: skip
            outputs.aggregate(scope, prefix, elements)
        scope.add_node(prefix, last_attempt(self.run_, node))
        if node.phase in (SKIPPED, OMITTED):
            try:
                _, template = self.frame.inner.resolve(self.tasks[name].body)
            except NodeFault:
                return
            scope.add_skipped(prefix, node, template, artifacts=False)

    def comes_back_to(self, name: str) -> bool:
        """Tell whether something after a task waits for other tasks too.

        Only then does Argo look at a task again that it could not run: at what it hooks.
        """
        return any(self.missing[follower] > 1 for follower in self.followers[name])

    def ancestors(self, name: str) -> list[str]:
        """Give every task that comes before one."""
        found: dict[str, None] = {}
        pending = list(self.tasks[name].names)
        while pending:
            before = pending.pop()
            if before not in found:
                found[before] = None
                pending += self.tasks[before].names
        return list(found)

    def _finish_outputs(self) -> None:
        """Export what the tasks gave, in the order they are written, then gather the own outputs.

        As in Argo, nothing here exports the own outputs: the dag around this one does.
        """
        for name in self.tasks:
            node = self._task_node(name)
            if node is not None:
                self.run_.export(node.outputs)
        if not self.frame.template.get("outputs"):
            return
        made = outputs.of_template(self.frame.template, self.scope_of(list(self.tasks)))
        if made is not None:
            self.node.outputs = made
