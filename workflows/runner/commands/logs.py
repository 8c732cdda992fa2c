"""`logs`: what the nodes of a run printed."""

import json
import sys
import time
from pathlib import Path

from workflows.runner.errors import UsageError
from workflows.runner.ledger import ledger
from workflows.runner.ledger.runs import RunFolder, State
from workflows.runner.model.node import Node

_LOOK_SECONDS = 0.2


def logs(name: str, state: Path, output: str, *, node: str | None, follow: bool) -> int:
    """Print the output of a run's nodes."""
    folder = State(state).find(name)
    if output == "json":
        _json(folder, node)
    elif follow:
        _follow(folder, node)
    else:
        _Printer(folder, node).print_new()
    return 0


def _chosen(folder: RunFolder, wanted: str | None) -> dict[str, Node]:
    nodes, _ = ledger.nodes(folder.ledger)
    if wanted is None:
        return nodes
    found = {
        key: item for key, item in nodes.items()
        if wanted in (item.id, item.name, item.display_name, item.template_name)
    }  # fmt: skip
    if not found:
        raise UsageError(
            f"run {folder.name} has no node {wanted!r}: `get {folder.name}` shows them"
        )
    return found


def _json(folder: RunFolder, wanted: str | None) -> None:
    texts = {}
    for node_id in _chosen(folder, wanted):
        path = folder.log(node_id)
        if path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            texts[node_id] = text.removesuffix("\n")
    json.dump(texts, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


class _Printer:
    """Prints what is new in the logs of a run."""

    def __init__(self, folder: RunFolder, wanted: str | None) -> None:
        self.folder = folder
        self.wanted = wanted
        self.read: dict[str, int] = {}

    def print_new(self) -> None:
        for node_id, node in _chosen(self.folder, self.wanted).items():
            path = self.folder.log(node_id)
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(self.read.get(node_id, 0))
                data = file.read()
                self.read[node_id] = file.tell()
            for line in data.decode("utf-8", "replace").splitlines():
                sys.stdout.write(f"{node.display_name}: {line}\n")
        sys.stdout.flush()


def _follow(folder: RunFolder, wanted: str | None) -> None:
    printer = _Printer(folder, wanted)
    while folder.owner() is not None:
        printer.print_new()
        time.sleep(_LOOK_SECONDS)
    printer.print_new()
