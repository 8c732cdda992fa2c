"""Hooks and exit handlers of steps and tasks."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from workflows.runner.engine.frame import Call
from workflows.runner.engine.run import Run
from workflows.runner.errors import NodeFault
from workflows.runner.flow.refs import mark_absent
from workflows.runner.language import expr, tags
from workflows.runner.language.errors import ExpressionError, LanguageError
from workflows.runner.language.tags import ABSENT
from workflows.runner.model import names
from workflows.runner.model.node import Node
from workflows.runner.scope.scope import Scope, resolved_artifacts

EXIT = "exit"
Execute = Any


def exit_hook(step: Mapping[str, Any], run: Run) -> Mapping[str, Any] | None:
    """Give the exit handler of a step or task, whichever way it is written."""
    if step.get("onExit"):
        return {"template": step["onExit"], "arguments": run.spec.get("arguments") or {}}
    return (step.get("hooks") or {}).get(EXIT)


def truth(expression: str, flat: Mapping[str, Any]) -> bool:
    """Decide the expression of a hook.

    Raises:
        NodeFault: it fails or is not a truth value.
    """
    known = {key: None if value is ABSENT else value for key, value in flat.items()}
    try:
        value = expr.evaluate(expression, expr.environment(known))
    except ExpressionError as error:
        raise NodeFault(str(error)) from error
    if not isinstance(value, bool):
        raise NodeFault(f"unable to cast expression result '{value}' to bool")
    return value


def _arguments(
    run: Run,
    wanted: Mapping[str, Any],
    scope: Scope,
    prefix: str,
    outputs: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Fill in a hook's arguments, which may name the outputs of its own step."""
    for parameter in (outputs or {}).get("parameters") or ():
        name = f"{prefix}.outputs.parameters.{parameter['name']}"
        scope.values[name] = parameter.get("value") or ""
    for artifact in (outputs or {}).get("artifacts") or ():
        scope.artifacts[f"{prefix}.outputs.artifacts.{artifact['name']}"] = artifact
    marked = mark_absent({"arguments": wanted}, scope)["arguments"]
    try:
        text = json.dumps(marked, ensure_ascii=False)
        made: dict[str, Any] = json.loads(tags.fill(text, scope.over(run.globals)))
    except LanguageError as error:
        raise NodeFault(str(error)) from error
    if made.get("artifacts"):
        try:
            made["artifacts"] = resolved_artifacts(scope, made["artifacts"], lenient_all=True)
        except NodeFault as fault:
            raise NodeFault(f"unable to resolve references: {fault}") from fault
    return made


def last_outputs(run: Run, node: Node) -> dict[str, Any] | None:
    """Give a node's outputs; those of the last attempt of a Retry node."""
    return last_attempt(run, node).outputs


def last_attempt(run: Run, node: Node) -> Node:
    """Give the last attempt of a Retry node; any other node itself."""
    if node.type == "Retry" and not (node.memo or {}).get("hit"):
        for child in reversed(node.children):
            if child in run.nodes and not run.nodes[child].hooked:
                return run.nodes[child]
    return node


class StepHooks:
    """The hooks of one step or task: each fires once, when its expression first holds."""

    def __init__(
        self, execute: Execute, call: Call, step: Mapping[str, Any], scope: Scope, prefix: str
    ) -> None:
        self.execute = execute
        self.call = call
        self.step = step
        self.scope = scope
        self.prefix = prefix
        self.waiting = {k: h for k, h in (step.get("hooks") or {}).items() if k != EXIT}
        self.fired: list[asyncio.Task[Node]] = []
        self.fault: NodeFault | None = None
        if self.waiting:
            call.run.watch(names.node_id(call.run.name, call.name), self._changed)

    def _changed(self, node: Node) -> None:
        """Look at a node that changed; of one that could not start, the caller tells."""
        if node.type != "Skipped":
            self.saw(node)

    def saw(self, node: Node) -> None:
        """Fire the hooks whose expression holds now."""
        for name, hook in list(self.waiting.items()):
            try:
                if self._holds(name, hook, node):
                    del self.waiting[name]
                    self._fire(name, hook, node)
            except NodeFault as fault:
                self.fault = fault
                self.waiting.clear()
                return

    def _holds(self, name: str, hook: Mapping[str, Any], node: Node) -> bool:
        if not hook.get("expression"):
            raise NodeFault(f"Expression required for hook {self.call.name}.hooks.{name}")
        self.scope.values[f"{self.prefix}.status"] = node.phase
        return truth(hook["expression"], self.scope.over(self.call.run.globals))

    def _fire(self, name: str, hook: Mapping[str, Any], node: Node) -> None:
        run = self.call.run
        given = hook.get("arguments") or {}
        outputs = last_outputs(run, node)
        if given and outputs is not None:
            given = _arguments(run, given, self.scope.copy(), self.prefix, outputs)
        call = Call(
            run, f"{self.call.name}.hooks.{name}", hook, "steps", self.call.context, given,
            self.call.boundary, self.call.depth, on_exit=self.call.on_exit, hooked=True,
            parents=(node.name,),
        )  # fmt: skip
        self.fired.append(run.hub.spawn(self.execute(call)))

    async def finish(self) -> None:
        """Wait for the hooks that fired.

        Raises:
            NodeFault: one could not be run.
        """
        self.call.run.unwatch(names.node_id(self.call.run.name, self.call.name))
        for task in self.fired:
            await task
        if self.fault is not None:
            raise self.fault


async def run_exit(
    execute: Execute, call: Call, step: Mapping[str, Any], node: Node, *, scope: Scope, prefix: str
) -> None:
    """Run the exit handler of a step or task that ended.

    Raises:
        NodeFault: it could not be run.
    """
    run, hook = call.run, exit_hook(step, call.run)
    if hook is None or not node.completed or not run.may_start(on_exit=True):
        return
    own = scope.copy()
    own.values[f"{prefix}.status"] = node.phase
    if hook.get("expression") and not truth(hook["expression"], own.over(run.globals)):
        return
    given = hook.get("arguments") or {}
    if given:
        given = _arguments(run, given, own, prefix, last_outputs(run, node))
    inner = Call(
        run, f"{node.name}.onExit", hook, "steps", call.context, given, call.boundary,
        call.depth, on_exit=True, hooked=True, parents=(node.name,),
    )  # fmt: skip
    await execute(inner)
