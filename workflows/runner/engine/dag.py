"""Run a dag template: each task once what it depends on is over."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.runner.engine import refs
from workflows.runner.engine.assess import assess
from workflows.runner.engine.execute import execute, perform, prepare
from workflows.runner.engine.frame import Call, Frame
from workflows.runner.engine.gates import FAIL_FAST
from workflows.runner.engine.hooks import StepHooks, last_attempt, run_exit
from workflows.runner.engine.steps import boundary_of, end_daemons
from workflows.runner.errors import DepthFault, FailFastFault, NodeFault, StuckFault
from workflows.runner.language import depends
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
from workflows.runner.scope import items, outputs
from workflows.runner.scope.scope import Scope

_BARE = re.compile(r"(?<![-.a-zA-Z0-9])([a-zA-Z0-9][-a-zA-Z0-9]*)(?![-.a-zA-Z0-9])")


@dataclass(frozen=True)
class Task:
    """A task and what it waits for."""

    body: dict[str, Any]
    names: tuple[str, ...]
    logic: depends.Depends | None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["name"])


def plan(tasks: Sequence[dict[str, Any]]) -> dict[str, Task]:
    """Give each task with what it depends on, in whichever way that is written."""
    bodies = {task["name"]: task for task in tasks}

    def bare(name: str) -> str:
        wish = (bodies.get(name) or {}).get("continueOn") or {}
        return depends.bare(name, errored=bool(wish.get("error")), failed=bool(wish.get("failed")))

    planned = {}
    for name, task in bodies.items():
        if task.get("depends"):
            text = _BARE.sub(lambda match: bare(match[1]), task["depends"])
        else:
            text = " && ".join(map(bare, task.get("dependencies") or ()))
        logic = depends.parse(text) if text else None
        planned[name] = Task(task, logic.names if logic else (), logic)
    return planned


def targets_of(template: Mapping[str, Any], tasks: Mapping[str, Task]) -> list[str]:
    """Give the tasks that a dag is for: those it names, or all that nobody waits for."""
    if template["dag"].get("target"):
        return str(template["dag"]["target"]).split(" ")
    waited_for = {name for task in tasks.values() for name in task.names}
    return sorted(name for name in tasks if name not in waited_for)


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
        phase = self._phase()
        self.node.outbound = [
            last for name in self.targets if self._task_node(name) is not None
            for last in self.run_.outbound(self._id(name))
        ]  # fmt: skip
        if phase != SUCCEEDED:
            return self.run_.mark(self.node, phase)
        self._finish_outputs()
        return self.run_.mark(self.node, SUCCEEDED)

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
        if not self.frame.template.get("outputs"):
            return
        made = outputs.of_template(self.frame.template, self.scope_of(list(self.tasks)))
        if made is not None:
            self.node.outputs = made
            self.run_.export(made)


class TaskRun:
    """One task, with all elements if it loops."""

    def __init__(self, dag: Dag, task: Task) -> None:
        self.dag = dag
        self.run_ = dag.run_
        self.task = task
        self.name = f"{dag.node.name}.{task.name}"
        self.group: Node | None = None

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
            self.group = self.run_.reopen(found, RUNNING)
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
        try:
            node = await perform(prepare(call))
        except (StuckFault, FailFastFault):
            raise
        except DepthFault:
            return
        except NodeFault as fault:
            self._errored(name, fault)
            return
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
