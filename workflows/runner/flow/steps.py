"""Run a steps template: groups one after another, members of a group together."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from workflows.runner.engine.execute import execute, perform, prepare
from workflows.runner.engine.frame import Call, Frame
from workflows.runner.engine.gates import FAIL_FAST, Boundary, Gate
from workflows.runner.errors import (
    DepthFault,
    FailFastFault,
    NodeFault,
    StuckFault,
    TimeoutFault,
)
from workflows.runner.flow import refs
from workflows.runner.flow.hooks import StepHooks, last_attempt, run_exit
from workflows.runner.model.node import ERROR, FAILED, RUNNING, SKIPPED, SUCCEEDED, Node
from workflows.runner.scope import items, outputs
from workflows.runner.scope.scope import Scope


def boundary_of(frame: Frame, node: Node) -> Boundary:
    """Give what the children of a steps or dag node share."""
    limit = frame.template.get("parallelism")
    return Boundary(
        name=node.name, id=node.id, template=frame.template,
        text=json.dumps(frame.raw, ensure_ascii=False), context=frame.inner,
        depth=frame.call.depth, on_exit=frame.call.on_exit,
        gate=Gate(int(limit) if limit is not None else None),
    )  # fmt: skip


async def run_steps(frame: Frame) -> Node:
    """Run a steps template to its end.

    Raises:
        NodeFault: its own outputs cannot be had.
    """
    node = frame.node(RUNNING)
    boundary = boundary_of(frame, node)
    try:
        return await _Steps(frame, node, boundary).run()
    finally:
        await end_daemons(boundary)


async def end_daemons(boundary: Boundary) -> None:
    """Stop the daemons that the children of a template left running."""
    await asyncio.gather(*(end() for end in boundary.daemons))


class _Steps:
    def __init__(self, frame: Frame, node: Node, boundary: Boundary) -> None:
        self.frame = frame
        self.run_ = frame.run
        self.node = node
        self.boundary = boundary
        self.scope = Scope(frame.template)

    async def run(self) -> Node:
        groups = self.frame.template.get("steps") or []
        previous: Node | None = None
        for index, group in enumerate(groups):
            self.scope.add_workflow_outputs(self.run_.outputs)
            current = self._open(index)
            self._connect(previous, current)
            await _Group(self, current, group).run()
            if current.unsuccessful:
                self._set_outbound(current)
                return self.run_.mark(self.node, FAILED, current.message)
            self._remember(current, group)
            previous = current
        if previous is not None:
            self._set_outbound(previous)
        self.scope.add_workflow_outputs(self.run_.outputs)
        made = outputs.of_template(self.frame.template, self.scope)
        if made is not None:
            self.node.outputs = made
            self.run_.export(made)
        return self.run_.mark(self.node, SUCCEEDED)

    def _open(self, index: int) -> Node:
        name = f"{self.node.name}[{index}]"
        found = self.run_.find(name)
        if found is not None:
            return found if found.phase == SUCCEEDED else self.run_.reopen(found, RUNNING)
        return self.run_.create(
            name,
            "StepGroup",
            {},
            self.frame.inner.scope,
            boundary=self.boundary,
            phase=RUNNING,
        )

    def _connect(self, previous: Node | None, current: Node) -> None:
        if previous is None:
            self.run_.add_child(self.node.name, current.name)
        elif not previous.children:
            self.run_.add_child(previous.name, current.name)
        else:
            for child in list(previous.children):
                for last in self.run_.outbound(child):
                    self.run_.add_child(self.run_.nodes[last].name, current.name)

    def _set_outbound(self, last: Node) -> None:
        self.node.outbound = [o for child in last.children for o in self.run_.outbound(child)]

    def _remember(self, group: Node, steps: list[Mapping[str, Any]]) -> None:
        """Add what the steps of a group left behind to what later ones can name."""
        for step in steps:
            prefix = f"steps.{step['name']}"
            child = self.run_.find(f"{group.name}.{step['name']}")
            if child is not None:
                self.scope.add_node(prefix, last_attempt(self.run_, child))
                self._remember_skipped(prefix, child, step)
                continue
            start = f"{group.name}.{step['name']}("
            elements = [
                node for node in map(self.run_.nodes.__getitem__, group.children)
                if node.name.startswith(start) and node.type != "Skipped"
            ]  # fmt: skip
            outputs.aggregate(self.scope, prefix, elements)
            self.scope.add_node(prefix, group)

    def _remember_skipped(self, prefix: str, child: Node, step: Mapping[str, Any]) -> None:
        if child.phase != SKIPPED:
            return
        try:
            _, template = self.frame.inner.resolve(step)
        except NodeFault:
            return
        self.scope.add_skipped(prefix, child, template, artifacts=True)


class _Group:
    """One group of steps."""

    def __init__(self, steps: _Steps, node: Node, members: list[Mapping[str, Any]]) -> None:
        self.steps = steps
        self.run_ = steps.run_
        self.node = node
        self.members = members
        self.started: dict[str, Mapping[str, Any]] = {}
        self.stuck: StuckFault | None = None
        self.broken = False

    async def run(self) -> None:
        """Run all members, then give the group its phase."""
        if self.node.phase == SUCCEEDED:
            return
        try:
            expanded = self._expanded()
        except StuckFault as fault:
            self.run_.mark(self.node, ERROR, fault.message)
            raise
        except NodeFault as fault:
            self.run_.mark(self.node, ERROR, fault.message)
            return
        error = await self._run_all(expanded)
        if self.stuck is not None:
            self.run_.mark(self.node, ERROR, self.stuck.message)
            raise self.stuck
        if self.broken or self.steps.boundary.broken:
            self.run_.mark(self.node, FAILED, FAIL_FAST)
        elif error is not None:
            self.run_.mark(self.node, *error)
        else:
            self._judge()

    def _expanded(self) -> list[refs.Step]:
        try:
            resolved = [
                refs.resolve(self.run_, member, self.steps.scope, lenient=True)
                for member in self.members
            ]
        except StuckFault:
            raise
        except NodeFault as fault:
            raise NodeFault(f"failed to resolve references: {fault}") from fault
        expanded: list[refs.Step] = []
        for step in resolved:
            if not items.loops(step):
                expanded.append(step)
                continue
            elements = refs.expand(self.run_, step, self.steps.scope)
            if not elements:
                self._skip(step, "Skipped, empty params")
            expanded += elements
        return expanded

    def _skip(self, step: Mapping[str, Any], reason: str, phase: str = SKIPPED) -> None:
        name = f"{self.node.name}.{step['name']}"
        if self.run_.find(name) is None:
            self.run_.create(
                name, "Skipped", step, self.steps.frame.inner.scope,
                boundary=self.steps.boundary, phase=phase, message=reason,
                parents=(self.node.name,),
            )  # fmt: skip

    async def _run_all(self, expanded: list[refs.Step]) -> tuple[str, str] | None:
        """Start every member, wait for all; give phase and message of what went wrong."""
        tasks: list[asyncio.Task[None]] = []
        error: tuple[str, str] | None = None
        for step in expanded:
            try:
                task = self._start(step)
            except DepthFault:
                continue
            except NodeFault as fault:
                error = (ERROR, fault.message)
                break
            if task is not None:
                tasks.append(task)
        faults = await asyncio.gather(*tasks, return_exceptions=True)
        for trouble in faults:
            if isinstance(trouble, TimeoutFault):
                error = error or (FAILED, trouble.message)
            elif isinstance(trouble, NodeFault):
                error = error or (ERROR, trouble.message)
            elif trouble is not None:
                raise trouble
        return error

    def _start(self, step: refs.Step) -> "asyncio.Task[None] | None":
        name = f"{self.node.name}.{step['name']}"
        try:
            proceed = refs.should_run(step.get("when"))
        except NodeFault as fault:
            self._skip(step, fault.message, ERROR)
            raise
        if not proceed:
            self._skip(step, f"when '{step['when']}' evaluated false")
            return None
        frame = self.steps.frame
        call = Call(
            self.run_, name, step, "steps", frame.inner, step.get("arguments") or {},
            self.steps.boundary, frame.call.depth + 1, on_exit=frame.call.on_exit,
            parents=(self.node.name,),
        )  # fmt: skip
        self.started[name] = step
        try:
            ready = prepare(call)
        except DepthFault:
            raise
        except NodeFault as fault:
            raise self._deemed(call, fault) from fault
        return asyncio.get_running_loop().create_task(self._child(call, ready, step))

    def _deemed(self, call: Call, fault: NodeFault) -> NodeFault:
        return NodeFault(
            f"step group deemed errored due to child {call.name} error: {fault.message}"
        )

    async def _child(self, call: Call, frame: Frame, step: refs.Step) -> None:
        prefix = f"steps.{call.holder['name']}"
        hooks = StepHooks(execute, call, step, self.steps.scope, prefix)
        try:
            node = await perform(frame)
        except FailFastFault:
            self.broken = True
            return
        except StuckFault as fault:
            self.stuck = fault
            return
        except DepthFault:
            return
        except NodeFault as fault:
            raise self._deemed(call, fault) from fault
        await hooks.finish()
        await run_exit(execute, call, step, node, scope=self.steps.scope, prefix=prefix)

    def _judge(self) -> None:
        for child in self.node.children:
            node = self.run_.nodes[child]
            step = self.started.get(node.name) or {}
            if node.unsuccessful and not goes_on(step, node):
                self.run_.mark(self.node, FAILED, f"child '{child}' failed")
                return
        self.run_.mark(self.node, SUCCEEDED)


def goes_on(step: Mapping[str, Any], node: Node) -> bool:
    """Tell whether a step or task says that this end does not matter."""
    wish = step.get("continueOn") or {}
    return bool(wish.get("failed" if node.phase == FAILED else "error"))
