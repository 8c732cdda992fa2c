"""A run as a tree of text."""

import time
from collections.abc import Iterator
from dataclasses import replace

from workflows.runner.engine.run import Run
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

SIGNS = {
    SUCCEEDED: "✔", FAILED: "✖", ERROR: "⚠", RUNNING: "●", PENDING: "◷", SKIPPED: "○", OMITTED: "○",
}  # fmt: skip
LAST_LINES = 20
_HIDDEN = ("StepGroup",)


def rows(run: Run) -> Iterator[tuple[int, Node]]:
    """Give every node with its depth, in the order of their beginnings.

    A Retry node whose only attempt is all there is to say is left out for that attempt.
    """
    inside: dict[str, list[Node]] = {}
    for node in list(run.nodes.values()):
        inside.setdefault(_owner(run, node), []).append(node)
    yield from _below(inside, "", 0)


def _owner(run: Run, node: Node) -> str:
    """Give the node that one is shown below: the template, loop or Retry node around it."""
    if node.id == run.name:
        return ""
    name = node.name
    if name.endswith(")"):
        outer = run.find(name[: _opening(name)])
        if outer is not None:
            return outer.id
    return node.boundary_id or (run.name if run.find(run.name) else "")


def _opening(name: str) -> int:
    depth = 0
    for index in range(len(name) - 1, -1, -1):
        depth += (name[index] == ")") - (name[index] == "(")
        if depth == 0:
            return index
    return len(name)


def _below(inside: dict[str, list[Node]], owner: str, depth: int) -> Iterator[tuple[int, Node]]:
    for node in inside.get(owner, ()):
        if node.type in _HIDDEN:
            continue
        attempts = inside.get(node.id, ())
        if node.type == "Retry" and len(attempts) == 1 and _says_it_all(node, attempts[0]):
            yield depth, replace(attempts[0], display_name=node.display_name)
            yield from _below(inside, attempts[0].id, depth + 1)
            continue
        yield depth, node
        yield from _below(inside, node.id, depth + 1)


def _says_it_all(retry: Node, attempt: Node) -> bool:
    return retry.fulfilled or not attempt.fulfilled


def elapsed(node: Node) -> str:
    """Give how long a node took, or takes already."""
    seconds = (node.finished or time.time()) - node.started
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}s"


def line(node: Node, depth: int) -> str:
    """Give a node as one line."""
    sign = SIGNS.get(node.phase, "?")
    template = f" ({node.template_name})" if node.template_name else ""
    message = f"  {node.message}" if node.message else ""
    return f"{'  ' * depth}{sign} {node.display_name}{template}  {elapsed(node)}{message}"


def text(run: Run) -> str:
    """Give a whole run as text."""
    message = f": {run.message}" if run.message else ""
    head = f"{run.name}  {run.phase or PENDING}{message}"
    return "\n".join([head, *(line(node, depth) for depth, node in rows(run))])


def failures(run: Run) -> Iterator[str]:
    """Give the last lines that each failed leaf printed."""
    for node in run.nodes.values():
        if node.type != "Pod" or not node.unsuccessful:
            continue
        lines = run.folder.tail(node.id, LAST_LINES)
        if lines:
            yield f"--- last lines of {node.name}"
            yield from (f"    {item}" for item in lines)
