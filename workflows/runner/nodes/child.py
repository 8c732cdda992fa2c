"""What a person must know of the workflow that a resource node made: where it is, why it failed."""

from collections.abc import Iterator
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.run import Run
from workflows.runner.model.node import FULFILLED, RUNNING, Node
from workflows.runner.nodes.store import WORKFLOW

LAST_LINES = 10
_LEAVES = ("Pod", "HTTP", "Suspend", "Container")


def made(frame: Frame, node: Node, found: dict[str, Any] | None) -> None:
    """Note the run that a node made, in its own log and for who looks at it."""
    if found is None or found.get("kind") != WORKFLOW:
        return
    name = found["metadata"]["name"]
    hub = frame.run.hub
    hub.children[node.id] = name
    how = "was created" if name in hub.runs else "was there already"
    _write(frame, node, [f"workflow {name} {how}: `get {name}` and `logs {name}` show it"])


def ended(frame: Frame, node: Node) -> None:
    """Write down why the run that a node made did not do what was wanted of it."""
    child = of(frame.run, node)
    if child is not None:
        _write(frame, node, list(reasons(child)))


def of(run: Run, node: Node) -> Run | None:
    """Give the run that a node made, if it is of this process."""
    found: Run | None = run.hub.runs.get(run.hub.children.get(node.id, ""))
    return found


def _write(frame: Frame, node: Node, lines: list[str]) -> None:
    with frame.run.folder.log(node.id).open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def reasons(run: Run) -> Iterator[str]:
    """Give how a run stands, the leaf that this is about, and what that printed last."""
    message = f": {run.message}" if run.message else ""
    state = "ended" if run.phase in FULFILLED else "is"
    yield f"workflow {run.name} {state} {run.phase}{message}"
    leaf = failing(run) or running(run)
    if leaf is None:
        return
    message = f": {leaf.message}" if leaf.message else ""
    yield f"  {leaf.phase} {leaf.name}{message}"
    below = of(run, leaf)
    lines = reasons(below) if below is not None else run.folder.tail(leaf.id, LAST_LINES)
    yield from (f"    {line}" for line in lines)


def failing(run: Run) -> Node | None:
    """Give the leaf that failed last: the attempt that was the last one."""
    failed = [n for n in list(run.nodes.values()) if n.unsuccessful and not n.hooked]
    leaves = [n for n in failed if n.type in _LEAVES] or failed
    return max(leaves, key=lambda n: n.finished or 0.0, default=None)


def running(run: Run) -> Node | None:
    """Give the leaf that started last, of those that run."""
    nodes = list(run.nodes.values())
    leaves = [n for n in nodes if n.type in _LEAVES and n.phase == RUNNING]
    return max(leaves, key=lambda n: n.started, default=None)
