"""Run workflow files in this process, as `run` does in one of its own."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflows.runner.commands import program
from workflows.runner.commands.run import make
from workflows.runner.ledger import ledger
from workflows.runner.ledger.runs import RunFolder
from workflows.runner.model.submit import Options

IMAGES = '"*": {run: host}\n'


def settings(folder: Path, **more: Any) -> program.Settings:
    """Give settings for a folder of one test."""
    images = folder / "images.yaml"
    if not images.exists():
        images.write_text(IMAGES, encoding="utf-8")
    return program.Settings(
        state=folder / "state", images=images, environment=dict(os.environ), **more
    )


def run(
    files: Sequence[Path], folder: Path, options: Options | None = None, **more: Any
) -> list[dict[str, Any]]:
    """Run files to their end and give the finished Workflow objects."""
    chosen = settings(folder, **more)
    documents, made, library = make([str(file) for file in files], options or Options(), chosen)
    hub = program.make_hub(chosen, library, program.image_map(chosen))
    data = [document.data for document in documents]
    runs = [program.open_run(hub, workflow, data) for workflow in made]
    asyncio.run(program.run_all(runs, hub))
    return [one.to_object() for one in runs]


def logs(workflow: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Give what the nodes of a run printed, by their ids."""
    run_folder = RunFolder(folder / "state" / workflow["metadata"]["name"])
    nodes, _ = ledger.nodes(run_folder.ledger)
    found = {}
    for node_id in nodes:
        path = run_folder.log(node_id)
        if path.exists():
            found[node_id] = path.read_text(encoding="utf-8").removesuffix("\n")
    return found
