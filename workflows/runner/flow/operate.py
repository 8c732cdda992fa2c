"""Run one workflow from its first breath to its last: entry, hooks, exit handler, phase."""

import time
from collections.abc import Mapping
from typing import Any

from workflows.runner.engine import locks
from workflows.runner.engine.execute import execute
from workflows.runner.engine.frame import Call
from workflows.runner.engine.run import Run
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import DepthFault, NodeFault, StuckFault, TimeoutFault
from workflows.runner.flow.prepare import set_up
from workflows.runner.flow.workflowhooks import WorkflowHooks
from workflows.runner.language.go import gotext
from workflows.runner.model import names
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

_IMPLIED = {SKIPPED: SUCCEEDED, OMITTED: SUCCEEDED}


async def operate(run: Run) -> Run:
    """Run a workflow to its end; how it ended is its phase."""
    try:
        await _operate(run)
    finally:
        await run.written()
    return run


async def _operate(run: Run) -> None:
    if not set_up(run):
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


async def _run(run: Run) -> None:
    run.set_phase(RUNNING)
    run.globals.update({"workflow.status": RUNNING, "workflow.duration": "0.000000"})
    run.watch_deadline()
    if run.spec.get("suspend") and not await _hold(run):
        return
    hooks = WorkflowHooks(run)
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


async def _entry_fault(run: Run, fault: NodeFault, hooks: "WorkflowHooks") -> None:
    """End a workflow whose entry template Argo could not run, or would wait for forever."""
    await hooks.finish()
    root = run.find(run.name)
    if root is not None:
        _set_ending(run, root)
        if root.type == "Retry" and not isinstance(fault, StuckFault):
            run.mark(root, ERROR, "Workflow operation error")
    if isinstance(fault, StuckFault):
        await _exit(run)
        run.set_phase(ERROR, fault.message)
    else:
        run.set_phase(ERROR, f"error in entry template execution: {fault.message}")
    _collect_claims(run)


async def _hold(run: Run) -> bool:
    """Keep a workflow with spec.suspend from starting; false when nobody resumes it."""
    from workflows.runner.engine.suspension import wait_for_resume

    try:
        await wait_for_resume(run, run.name)
    except StuckFault as fault:
        run.set_phase(ERROR, fault.message)
        return False
    except InterruptedWaitError as end:
        run.set_phase(FAILED, end.held)
        return False
    return True


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
