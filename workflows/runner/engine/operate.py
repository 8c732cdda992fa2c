"""Run one workflow from its first breath to its last: entry, hooks, exit handler, phase."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from workflows.runner.check import merge
from workflows.runner.engine import locks
from workflows.runner.engine.execute import execute
from workflows.runner.engine.frame import Call
from workflows.runner.engine.gates import Gate
from workflows.runner.engine.hooks import truth
from workflows.runner.engine.run import Run
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import DepthFault, NodeFault, StuckFault, TimeoutFault
from workflows.runner.language import gotext, tags
from workflows.runner.language.errors import LanguageError
from workflows.runner.model import names, shapes
from workflows.runner.model.library import MissingObjectError, by_name
from workflows.runner.model.node import (
    ERROR,
    FAILED,
    OMITTED,
    PENDING,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    Node,
    moment,
)
from workflows.runner.model.templates import TemplateContext
from workflows.runner.scope.globals import GlobalsError, of_workflow

_IMPLIED = {SKIPPED: SUCCEEDED, OMITTED: SUCCEEDED}


async def operate(run: Run) -> Run:
    """Run a workflow to its end; how it ended is its phase."""
    try:
        await _operate(run)
    finally:
        await run.ledger.barrier()
    return run


async def _operate(run: Run) -> None:
    if not _set_up(run):
        return
    try:
        wanted = locks.wanted(run.spec.get("synchronization"), run)
    except NodeFault as fault:
        run.set_phase(FAILED, f"Failed to acquire the synchronization lock. {fault}")
        return
    if not wanted:
        await _run(run)
        return
    try:
        held = await locks.take(run, wanted, on_exit=False, tell=lambda lock: _wait(run, lock))
    except StuckFault as fault:
        run.set_phase(ERROR, fault.message)
        return
    except InterruptedWaitError as end:
        run.set_phase(FAILED, end.held)
        return
    try:
        await _run(run)
    finally:
        locks.give_back(run, held)


def _wait(run: Run, lock: locks.Wanted) -> None:
    run.set_phase(PENDING, f"Waiting for {lock.key} lock. Lock status: 0/{lock.limit}")


def _set_up(run: Run) -> bool:
    """Work out the spec that runs and its global names; false when that failed."""
    try:
        run.spec = shapes.spec(_merged(run))
        run.globals.update(of_workflow(run.workflow, run.spec, run.hub.library))
        _substitute_globals(run)
        _apply_metadata(run)
    except MissingObjectError as error:
        run.set_phase(ERROR, str(error))
        return False
    except GlobalsError as error:
        run.set_phase(FAILED, str(error))
        return False
    except (NodeFault, LanguageError) as error:
        run.set_phase(ERROR, str(error))
        return False
    run.context = TemplateContext(
        run.hub.library, f"local/{run.name}", by_name(run.spec.get("templates") or ()),
        run.spec.get("podMetadata"),
    )  # fmt: skip
    run.volumes = list(run.spec.get("volumes") or ())
    limit = run.spec.get("parallelism")
    run.pods = Gate(int(limit) if limit is not None else None)
    return True


def _merged(run: Run) -> dict[str, Any]:
    own: dict[str, Any] = run.workflow["spec"]
    reference = own.get("workflowTemplateRef")
    if not reference:
        return own
    cluster = bool(reference.get("clusterScope"))
    kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
    found = run.hub.library.get(kind, reference["name"])
    label = "cluster-workflow-template" if cluster else "workflow-template"
    labels = run.workflow["metadata"].setdefault("labels", {})
    labels[f"workflows.argoproj.io/{label}"] = reference["name"]
    return merge.workflow_template_ref(own, found.get("spec") or {}, None)


def _substitute_globals(run: Run) -> None:
    """Fill in `workflow.…` in all of the spec but its templates."""
    rest = {key: value for key, value in run.spec.items() if key != "templates"}
    text = json.dumps(rest, ensure_ascii=False)
    if "{{" in text:
        run.spec = {**run.spec, **json.loads(tags.fill(text, run.globals))}


def _apply_metadata(run: Run) -> None:
    """Add what workflowMetadata says to the object's labels and annotations."""
    extra = run.spec.get("workflowMetadata") or {}
    for field in ("labels", "annotations"):
        if extra.get(field):
            own = run.workflow["metadata"].setdefault(field, {})
            own.update(extra[field])
            for key, value in extra[field].items():
                run.globals[f"workflow.{field}.{key}"] = str(value)
    for key, source in (extra.get("labelsFrom") or {}).items():
        from workflows.runner.language import expr

        value = expr.evaluate(source["expression"], expr.environment(run.globals))
        if not isinstance(value, str):
            raise NodeFault(
                f'failed to evaluate label "{key}" expression "{source["expression"]}" '
                f"evaluted to {value!r} but must be a string"
            )
        run.workflow["metadata"].setdefault("labels", {})[key] = value
        run.globals[f"workflow.labels.{key}"] = value


async def _run(run: Run) -> None:
    run.set_phase(RUNNING)
    run.globals.update({"workflow.status": RUNNING, "workflow.duration": "0.000000"})
    run.watch_deadline()
    if run.spec.get("suspend"):
        await _hold(run)
    hooks = _WorkflowHooks(run)
    try:
        node = await execute(_entry(run))
    except (DepthFault, TimeoutFault, StuckFault, NodeFault) as fault:
        await _entry_fault(run, fault, hooks)
        return
    _set_ending(run, node)
    hooks.look(node)
    fault_of_hook = await hooks.finish()
    if fault_of_hook is not None:
        run.mark(node, ERROR, fault_of_hook.message)
    await _end(run, node, await _exit(run))


def _entry(run: Run) -> Call:
    return Call(
        run, run.name, {"template": run.spec.get("entrypoint") or ""}, "steps", run.context,
        run.spec.get("arguments") or {}, None, 1,
    )  # fmt: skip


async def _entry_fault(run: Run, fault: NodeFault, hooks: "_WorkflowHooks") -> None:
    """End a workflow whose entry template Argo could not run, or would wait for forever."""
    await hooks.finish()
    root = run.find(run.name)
    if root is not None:
        _set_ending(run, root)
    if isinstance(fault, StuckFault):
        await _exit(run)
        run.set_phase(ERROR, fault.message)
    else:
        run.set_phase(ERROR, f"error in entry template execution: {fault.message}")
    _collect_claims(run)


async def _hold(run: Run) -> None:
    """Keep a workflow with spec.suspend from starting until somebody resumes it."""
    from workflows.runner.engine.suspension import wait_for_resume

    await wait_for_resume(run, run.name)


def _set_ending(run: Run, node: Node) -> None:
    """Set what exit handlers and hooks can name: status, failures, duration."""
    run.globals["workflow.status"] = _IMPLIED.get(node.phase, node.phase)
    failures = [
        {
            "displayName": failed.display_name,
            "message": failed.message,
            "templateName": failed.template_name or (failed.template_ref or {}).get("template", ""),
            "phase": failed.phase,
            "podName": names.pod_name(run.name, failed.name, failed.template_name),
            "finishedAt": str(moment(float(int(failed.finished or 0)))).replace(".000Z", "Z"),
        }
        for failed in run.nodes.values()
        if failed.unsuccessful
    ]
    text = _ordered_json(failures) if failures else "null"
    run.globals["workflow.failures"] = gotext.quote(text)
    run.globals["workflow.duration"] = f"{time.time() - (run.started or 0):.6f}"


def _ordered_json(failures: list[dict[str, str]]) -> str:
    """Write failures as Go writes the fields of a type: in their own order."""
    rows = (
        "{" + ",".join(f'"{k}":{gotext.json_string(v)}' for k, v in failure.items()) + "}"
        for failure in failures
    )
    return "[" + ",".join(rows) + "]"


async def _exit(run: Run) -> Node | NodeFault | None:
    """Run the workflow's exit handler, if it has one and may."""
    hook: Mapping[str, Any] | None = (run.spec.get("hooks") or {}).get("exit")
    if run.spec.get("onExit"):
        hook = {"template": run.spec["onExit"]}
    if hook is None or not run.may_start(on_exit=True):
        return None
    given = hook.get("arguments") or {}
    if not (given.get("parameters") or given.get("artifacts")):
        given = run.spec.get("arguments") or {}
    call = Call(
        run, f"{run.name}.onExit", hook, "steps", run.context, given, None, 1,
        on_exit=True, hooked=True,
    )  # fmt: skip
    try:
        return await execute(call)
    except NodeFault as fault:
        return fault


async def _end(run: Run, node: Node, exit_node: Node | NodeFault | None) -> None:
    if isinstance(exit_node, NodeFault):
        run.set_phase(ERROR, f"error in exit template execution : {exit_node.message}")
        _collect_claims(run)
        return
    phase, message = _IMPLIED.get(node.phase, node.phase), node.message
    if node.unsuccessful and run.shutdown is not None:
        message = f"Stopped with strategy '{run.shutdown}'"
    if phase == SUCCEEDED:
        message = ""
        if exit_node is not None and exit_node.unsuccessful:
            phase, message = exit_node.phase, exit_node.message
    run.set_phase(phase, message)
    _collect_claims(run)


def _collect_claims(run: Run) -> None:
    """Delete the run's own claims, unless they are kept for another try."""
    import shutil

    strategy = (run.spec.get("volumeClaimGC") or {}).get("strategy", "OnWorkflowSuccess")
    if run.phase == SUCCEEDED or strategy == "OnWorkflowCompletion":
        shutil.rmtree(run.folder.path / "volumes" / "claims", ignore_errors=True)


class _WorkflowHooks:
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
