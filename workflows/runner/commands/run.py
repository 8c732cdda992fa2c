"""`run`: run the workflow of some files, and print how it ended."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from workflows.runner import plan
from workflows.runner.commands import program, show
from workflows.runner.commands.program import Settings
from workflows.runner.language.manifest import Document
from workflows.runner.model import submit
from workflows.runner.model.library import Library

Workflows = list[dict[str, Any]]


def make(
    files: Sequence[str], options: submit.Options, settings: Settings
) -> tuple[list[Document], Workflows, Library]:
    """Read, check, and make the Workflows that are meant; nothing has started yet."""
    documents = program.read_files(files)
    program.check_structure(documents)
    chosen = submit.choose(documents, options)
    library = Library.of(documents)
    images = program.image_map(settings)
    made: Workflows = []
    for document in chosen:
        workflow = submit.workflow(document.data, options)
        made.append(workflow)
        stamped = Document(workflow, document.file, document.index, document.lines)
        others = [d for d in documents if d is not document or d.data.get("kind") != "Workflow"]
        program.check([*others, stamped], stamped)
    for workflow in made:
        program.refuse_unknown_images(workflow, library, images)
    return documents, made, library


def run(files: Sequence[str], options: submit.Options, settings: Settings, output: str) -> int:
    """Run what the files and options mean; give the exit code."""
    documents, made, library = make(files, options, settings)
    hub = program.make_hub(settings, library, program.image_map(settings))
    program.clean_up_all(hub)
    runs = [program.open_run(hub, workflow, [d.data for d in documents]) for workflow in made]
    with show.showing(runs, hub, output):
        asyncio.run(program.run_all(runs, hub))
    return show.finish(runs, hub, output)


def show_plan(
    files: Sequence[str], options: submit.Options, settings: Settings, output: str
) -> int:
    """Print what would run: nodes, images, secrets, writes."""
    _, made, library = make(files, options, settings)
    for workflow in made:
        spec = program.spec_of(workflow, library)
        context = plan.context_of(workflow["metadata"]["name"], spec, library)
        entry = {"template": spec.get("entrypoint", "")}
        planned = plan.expand("entry", entry, context, spec.get("templateDefaults"))
        needs = plan.needs(plan.reachable(spec, context))
        if output == "json":
            facts = {name: list(found) for name, found in asdict(needs).items()}
            json.dump({"entry": asdict(planned), **facts}, sys.stdout)
            sys.stdout.write("\n")
            continue
        for line in _lines(planned, ""):
            sys.stdout.write(line + "\n")
        for name, found in asdict(needs).items():
            sys.stdout.write(f"{name}: {', '.join(found) or 'none'}\n")
    return 0


def _lines(planned: plan.Planned, indent: str) -> list[str]:
    note = f"  ({planned.note})" if planned.note else ""
    image = f"  {planned.image}" if planned.image else ""
    lines = [f"{indent}{planned.name}: {planned.kind} {planned.template}{image}{note}"]
    for inner in planned.inner:
        lines += _lines(inner, indent + "  ")
    return lines
