"""`stop` and `terminate`: end a run that another process works on, or that a crash left open."""

import json
import sys
from pathlib import Path

from workflows.runner.commands import look
from workflows.runner.engine import stored
from workflows.runner.errors import UsageError
from workflows.runner.ledger import commands
from workflows.runner.ledger.runs import State
from workflows.runner.model.node import FAILED


def end(name: str, state: Path, strategy: str) -> int:
    """Ask the process of a run to end it, or close what a crash left open."""
    folder = State(state).find(name)
    owner = folder.owner()
    if owner is not None:
        commands.send(folder, owner, command="end", strategy=strategy)
        sys.stderr.write(f"asked process {owner} to {strategy.lower()} {name}\n")
        return 0
    if folder.load("status.json").get("finishedAt"):
        phase = folder.load("status.json").get("phase")
        raise UsageError(f"run {name} is over already ({phase}): there is nothing to end.")
    killed = stored.clean_up(folder)
    run = look.load(folder)
    facts = {**run.summary(), "phase": FAILED, "message": f"Stopped with strategy '{strategy}'"}
    facts.setdefault("finishedAt", facts.get("startedAt", ""))
    folder.save("status.json", facts)
    with folder.ledger.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"workflow": facts}) + "\n")
    sys.stderr.write(f"closed {name}, which its runner left open; {killed} processes ended\n")
    return 0
