"""Progress as plain lines, where there is no terminal."""

from typing import TextIO

from workflows.runner.engine.run import Run
from workflows.runner.model.node import FULFILLED, Node
from workflows.runner.report import tree

_SHOWN = ("Pod", "Suspend", "HTTP", "Container", "Skipped")


def follow(run: Run, out: TextIO) -> None:
    """Print a line when a leaf starts to run, and when it ends."""
    told: set[tuple[str, str]] = set()

    def tell(node: Node) -> None:
        if node.type not in _SHOWN or (node.id, node.phase) in told:
            return
        if node.phase == "Running" or node.phase in FULFILLED:
            told.add((node.id, node.phase))
            out.write(f"{node.phase:9} {tree.line(node, 0)}\n")
            out.flush()

    run.listeners.append(tell)
