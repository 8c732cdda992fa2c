"""What a hold would do: where the version serves all the same, and what would then be refused."""

from typing import Any

from services.lifecycle.planning.deed import Deed, Stage
from services.lifecycle.releasing.gates import judgements
from services.lifecycle.releasing.gates.asking import SOURCES
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step
from services.lifecycle.verbs import hold


def make(step: Step, wish: dict[str, Any]) -> Deed:
    """Rehearse the hold, and ask its gate afterwards."""
    stage = Stage(step)
    outputs = stage.run(hold.run, wish)
    gitops, number = stage.step.gitops, wish["version"]
    held = {name: gitops.current(name) for name in ENVIRONMENTS}
    serves = [name for name, commit in held.items() if commit and commit.release.version == number]
    gate = judgements.hold(stage.step.registry.version(number).tags, number)
    changes = stage.step.registry.changes
    now = changes[0]["now"] if changes else outputs["hold"]
    return Deed(
        command="hold",
        wish=wish,
        about={
            "serves": serves,
            "hold": {"now": now or "", "then": outputs["hold"]},
            "refuses": [] if gate.is_open else list(SOURCES),
        },
        world={"hold": now or "", "serves": serves},
        says=list(stage.said),
        commits=gitops.commits,
        moves=stage.moves,
        gates=[gate.facts()],
        refused="",
    )
