"""`logs`: what the nodes of a run printed."""

import json
import sys
from pathlib import Path

from workflows.runner.ledger import ledger
from workflows.runner.ledger.runs import State


def logs(name: str, state: Path, output: str) -> int:
    """Print the output of a run's nodes."""
    folder = State(state).find(name)
    nodes, _ = ledger.nodes(folder.ledger)
    texts = {}
    for node_id in nodes:
        path = folder.log(node_id)
        if path.exists():
            texts[node_id] = path.read_text(encoding="utf-8", errors="replace")
    if output == "json":
        json.dump({key: text.removesuffix("\n") for key, text in texts.items()}, sys.stdout,
                  ensure_ascii=False)  # fmt: skip
        sys.stdout.write("\n")
        return 0
    for node_id, text in texts.items():
        for line in text.splitlines():
            sys.stdout.write(f"{nodes[node_id].display_name}: {line}\n")
    return 0
