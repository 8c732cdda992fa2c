"""`run`: run the workflow of some files, and print how it ended."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from workflows.runner.commands import program
from workflows.runner.commands.program import Settings
from workflows.runner.language.manifest import Document
from workflows.runner.model import submit
from workflows.runner.model.library import Library
from workflows.runner.model.node import SUCCEEDED


def run(
    files: Sequence[str], options: submit.Options, settings: Settings, output: str
) -> int:
    """Run what the files and options mean; give the exit code."""
    documents = program.read_files(files)
    program.check_structure(documents)
    chosen = submit.choose(documents, options)
    made = []
    for document in chosen:
        workflow = submit.workflow(document.data, options)
        made.append(workflow)
        stamped = Document(workflow, document.file, document.index, document.lines)
        others = [d for d in documents if d is not document or d.data.get("kind") != "Workflow"]
        program.check([*others, stamped], stamped)
    library = Library.of(documents)
    images = program.image_map(settings)
    for workflow in made:
        program.refuse_unknown_images(workflow, library, images)
    hub = program.make_hub(settings, library, images)
    runs = [program.open_run(hub, workflow, [d.data for d in documents]) for workflow in made]
    asyncio.run(program.run_all(runs, hub))
    objects = [item.to_object() for item in runs]
    if output == "json":
        _print(objects)
    if hub.__dict__.get("interrupted"):
        return 130
    return 0 if all(item.phase == SUCCEEDED for item in runs) else 1


def _print(objects: list[dict[str, Any]]) -> None:
    whole = objects[0] if len(objects) == 1 else {
        "apiVersion": "v1", "kind": "List", "items": objects,
    }  # fmt: skip
    json.dump(whole, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
