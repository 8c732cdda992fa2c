"""`list` and `get`: the runs there are, and one of them."""

import json
import sys
from pathlib import Path
from typing import Any

from workflows.runner.engine import stored
from workflows.runner.engine.hub import Hub
from workflows.runner.engine.run import Run
from workflows.runner.ledger.runs import RunFolder, State
from workflows.runner.machine.images import ImageMap
from workflows.runner.machine.sandbox import Sandbox
from workflows.runner.model.library import Library
from workflows.runner.model.node import moment


def load(folder: RunFolder) -> Run:
    """Read a run without touching it."""
    hub = Hub(
        Library(), ImageMap({}, folder.path), Sandbox(None, (), ""), State(folder.path.parent)
    )
    return stored.load(hub, folder)


def show_list(state: Path, output: str) -> int:
    """Print the runs of a state folder."""
    rows = [_row(folder) for folder in State(state)]
    rows.sort(key=lambda row: row["created"])
    if output == "json":
        json.dump(rows, sys.stdout)
        sys.stdout.write("\n")
        return 0
    width = max([len(row["name"]) for row in rows] + [4])
    sys.stdout.write(f"{'NAME':{width}}  {'PHASE':9}  {'CREATED':20}  MESSAGE\n")
    for row in rows:
        line = f"{row['name']:{width}}  {row['phase']:9}  {row['created']:20}  {row['message']}"
        sys.stdout.write(line.rstrip() + "\n")
    return 0


def _row(folder: RunFolder) -> dict[str, Any]:
    created = folder.load("run.json")["workflow"]["metadata"].get("creationTimestamp", "")
    summary = folder.load("status.json")
    if not summary:
        run = load(folder)
        summary = {"phase": run.phase or "Pending", "message": run.message}
    return {
        "name": folder.name,
        "phase": summary.get("phase", ""),
        "created": created,
        "finished": summary.get("finishedAt", ""),
        "message": summary.get("message", ""),
        "pid": folder.owner(),
    }


def get(name: str, state: Path, output: str) -> int:
    """Print one run."""
    run = load(State(state).find(name))
    if output == "json":
        sys.stdout.write(json.dumps(run.to_object(), ensure_ascii=False) + "\n")
        return 0
    from workflows.runner.report import tree

    sys.stdout.write("\n".join([tree.text(run), *tree.failures(run)]) + "\n")
    return 0


def age(run: Run) -> str:
    """Give when a run started."""
    return str(moment(run.started) or "")
