"""`retry` and `resume`: go on with a run that ended, crashed, or waits for somebody."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from workflows.runner.commands import program, show
from workflows.runner.commands.program import Settings
from workflows.runner.engine import stored
from workflows.runner.engine.run import Run
from workflows.runner.errors import BusyRunError, UsageError
from workflows.runner.language.manifest import Document
from workflows.runner.ledger import commands, processes
from workflows.runner.ledger.ledger import Ledger
from workflows.runner.ledger.runs import RunFolder, State
from workflows.runner.model.library import Library
from workflows.runner.model.node import SUCCEEDED


def retry(name: str, settings: Settings, output: str, again: Sequence[str]) -> int:
    """Do again what did not succeed in a run that is over.

    Raises:
        BusyRunError: it is not over.
        UsageError: all of it succeeded.
    """
    folder = State(settings.state.resolve()).find(name)
    owner = folder.owner()
    if owner is not None:
        raise BusyRunError(name, owner)
    run = reopen(folder, settings)
    if run.phase == SUCCEEDED and not again:
        run.ledger.close()
        raise UsageError(f"run {name} succeeded: name what to do again with --from NODE.")
    return go_on(run, settings, output, again)


def reopen(folder: RunFolder, settings: Settings) -> Run:
    """Take over a run whose runner is gone, after killing what that one left."""
    stored.clean_up(folder)
    facts = folder.load("run.json")
    documents = [Document(data, folder.name, i) for i, data in enumerate(facts["documents"])]
    library = Library.of(documents)
    hub = program.make_hub(settings, library, program.image_map(settings))
    run = stored.load(hub, folder, Ledger(folder.ledger))
    hub.runs[run.name] = run
    return run


def go_on(run: Run, settings: Settings, output: str, again: Sequence[str]) -> int:
    """Run what is left of a run."""
    missing = [n for n in again if not any(
        n in (node.id, node.name, node.display_name) for node in run.nodes.values()
    )]  # fmt: skip
    if missing:
        run.ledger.close()
        raise UsageError(f"run {run.name} has no node {missing[0]!r}: `get` shows them.")
    program.refuse_unknown_images(run.workflow, run.hub.library, run.hub.images)
    gone = stored.forget_failures(run, again)
    run.phase, run.message, run.finished, run.started = "", "", None, None
    run.folder.save("owner.json", processes.identity(os.getpid()))
    (run.folder.path / "status.json").unlink(missing_ok=True)
    for node_id in gone:
        run.folder.log(node_id).unlink(missing_ok=True)

    async def work() -> None:
        run.ledger.note(forget=gone)
        for node in run.nodes.values():
            run.export(node.outputs)
        await program.run_all([run], run.hub)

    with show.showing([run], run.hub, output):
        asyncio.run(work())
    return show.finish([run], run.hub, output)


def resume(
    name: str, settings: Settings, output: str, node: str | None, values: Mapping[str, str]
) -> int:
    """Wake suspended nodes: in the process that works on the run, or by going on with it here.

    Raises:
        UsageError: nothing is suspended.
    """
    folder = State(settings.state.resolve()).find(name)
    owner = folder.owner()
    if owner is not None:
        commands.send(folder, owner, command="resume", node=node, values=dict(values))
        sys.stderr.write(f"asked process {owner} to resume {name}\n")
        return 0
    run = reopen(folder, settings)
    waiting = [n for n in run.nodes.values() if n.type == "Suspend" and n.phase != SUCCEEDED]
    chosen = [n for n in waiting if node in (None, n.id, n.name, n.display_name)]
    if not chosen and not run.workflow["spec"].get("suspend"):
        run.ledger.close()
        what = f"no suspended node {node!r}" if node else "nothing that is suspended"
        raise UsageError(f"run {name} has {what}: `get {name}` shows its nodes.")
    run.hub.answers.update({n.name: dict(values) for n in chosen})
    run.hub.answers.setdefault(run.name, {})
    return go_on(run, settings, output, [])
