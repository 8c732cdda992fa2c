"""Runs as they lie on disk: read back, cleaned up after a crash, made ready to go on."""

from collections.abc import Iterable
from typing import Any

from workflows.runner.engine.hub import Hub
from workflows.runner.engine.run import Run
from workflows.runner.ledger import ledger, processes
from workflows.runner.ledger.ledger import Record
from workflows.runner.ledger.runs import RunFolder
from workflows.runner.model.node import ERROR, FULFILLED, SUCCEEDED, Node, seconds

INTERRUPTED = "the runner ended while this was going on"


class _Silent:
    """A ledger of a run that is only looked at."""

    def node(self, node: Node) -> None:
        """Leave it."""

    def child(self, parent: str, child: str) -> None:
        """Leave it."""

    def note(self, **facts: Any) -> None:
        """Leave it."""

    async def barrier(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """Nothing to let go of."""


def load(hub: Hub, folder: RunFolder, record: Record | None = None) -> Run:
    """Give a run as its ledger has it."""
    workflow = folder.load("run.json")["workflow"]
    run = Run(hub, workflow, folder, record or _Silent())
    found, facts = ledger.nodes(folder.ledger) if folder.ledger.exists() else ({}, {})
    run.nodes = found
    run.outputs = facts.get("outputs") or {}
    summary = facts.get("workflow") or {}
    run.phase, run.message = summary.get("phase", ""), summary.get("message", "")
    run.started = seconds(summary.get("startedAt"))
    run.finished = seconds(summary.get("finishedAt"))
    if run.finished is None and folder.owner() is None:
        _show_crash(run)
    return run


def _show_crash(run: Run) -> None:
    """Show a run whose runner is gone as what it is: over, not running."""
    run.phase, run.message = ERROR, INTERRUPTED
    for node in run.nodes.values():
        if node.phase not in FULFILLED:
            node.phase, node.message = ERROR, INTERRUPTED
            node.daemoned = False


def clean_up(folder: RunFolder) -> int:
    """Kill what a runner that was killed left running; give how many."""
    if folder.owner() is not None or not (folder.path / "owner.json").exists():
        return 0
    if not folder.ledger.exists():
        return 0
    _, facts = ledger.nodes(folder.ledger)
    killed = sum(processes.kill_group(known) for known in facts.get("processes", ()))
    uid = folder.load("run.json")["workflow"]["metadata"]["uid"]
    killed += processes.kill_marked(f"ARGO_WORKFLOW_UID={uid}")
    (folder.path / "owner.json").unlink(missing_ok=True)
    return killed


def forget_failures(run: Run, again: Iterable[str] = ()) -> list[str]:
    """Take out of a run what must be done again: all that did not succeed, and what is named.

    Args:
        run: A run that ended.
        again: Names, last parts or ids of nodes to run again with all that follows them.

    Returns:
        The ids that were taken out.
    """
    gone = {
        node.id for node in run.nodes.values() if node.phase != SUCCEEDED or node.type == "Skipped"
    }
    for name in again:
        for node in list(run.nodes.values()):
            if name in (node.id, node.name, node.display_name):
                gone |= _with_followers(run, node)
    gone |= {node.id for node in run.nodes.values() if _is_exit(run, node)}
    gone |= _around(run, gone)
    gone |= _inside(run, gone)
    for node_id in gone:
        run.nodes.pop(node_id, None)
    for node in run.nodes.values():
        node.children = {child: None for child in node.children if child not in gone}
    return sorted(gone)


def _is_exit(run: Run, node: Node) -> bool:
    return node.name.startswith((f"{run.name}.onExit", f"{run.name}.hooks."))


def _with_followers(run: Run, node: Node) -> set[str]:
    found: set[str] = set()
    pending = [node.id]
    while pending:
        node_id = pending.pop()
        if node_id not in found and node_id in run.nodes:
            found.add(node_id)
            pending += run.nodes[node_id].children
    return found


def _around(run: Run, gone: set[str]) -> set[str]:
    """Give the templates, groups and attempts around what is done again."""
    found: set[str] = set()
    for node_id in gone:
        name = run.nodes[node_id].name
        for node in run.nodes.values():
            if node.id not in gone and name != node.name and _holds(node, name):
                found.add(node.id)
    return found


def _holds(node: Node, name: str) -> bool:
    if node.type not in ("Steps", "DAG", "StepGroup", "TaskGroup", "Retry"):
        return False
    rest = name.removeprefix(node.name)
    return rest != name and rest[:1] in (".", "[", "(")


def _inside(run: Run, gone: set[str]) -> set[str]:
    """Give the attempts of Retry nodes that start anew, and hooks of what is done again."""
    found: set[str] = set()
    again = [run.nodes[n] for n in gone if n in run.nodes]
    for node in run.nodes.values():
        for outer in again:
            rest = node.name.removeprefix(outer.name)
            if rest == node.name:
                continue
            attempt = outer.type == "Retry" and rest.startswith("(")
            hook = rest.startswith((".onExit", ".hooks."))
            if attempt or hook:
                found.add(node.id)
    return found
