"""What a repair would do: whose operation it finds, whether that is dead, what is mended."""

from typing import Any

from services.lifecycle.planning.deed import Deed, Stage
from services.lifecycle.releasing import lock, operation
from services.lifecycle.releasing.lock import BusyError, Holder
from services.lifecycle.releasing.moves import naming
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.step import Step
from services.lifecycle.verbs import repair
from services.lifecycle.verbs.repair import NotMendedError

DEAD, ALIVE, UNPROVED = "dead", "alive", "unproved"


def make(step: Step, wish: dict[str, Any]) -> Deed:
    """Rehearse the repair."""
    stage = Stage(step)
    environment = wish["environment"]
    holder = lock.look(stage.step.gitops, environment)
    found = _holder(stage.step, environment, holder)
    stands = operation.stands(stage.step.gitops, environment)
    named = naming.aliases(environment, tested=False)
    aliases = {name: stage.step.registry.alias(name) for name in named}
    outputs = stage.run(repair.run, wish, BusyError, NotMendedError)
    return Deed(
        command="repair",
        wish=wish,
        about={"holder": found, "mends": outputs.get("mended", "")},
        world={
            "holder": found,
            "holds": stands,
            "alias": aliases,
            "content": [stage.step.gitops.commits, stage.moves],
        },
        says=list(stage.said),
        commits=stage.step.gitops.commits,
        moves=stage.moves,
        gates=[],
        refused=stage.refused,
    )


def _holder(step: Step, environment: str, holder: Holder | None) -> dict[str, Any]:
    """Say who holds an environment, what that was to do, and what is known of its process."""
    if holder is None:
        return {}
    wants = Operation(holder.operation, environment, step.journal).begun.get("wants", {})
    lives = bool(holder.owner and holder.owner.lives)
    return {
        "operation": holder.operation,
        "by": holder.by,
        "step": holder.step,
        "since": holder.since,
        "turn": holder.turn,
        "process": DEAD if holder.is_dead else ALIVE if lives else UNPROVED,
        "wants": wants,
        "left": list(holder.left),
    }
