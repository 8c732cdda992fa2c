"""Put a version on hold, so that it goes nowhere, or lift that; both with a reason."""

from argparse import ArgumentParser, Namespace

from services.lifecycle import failpoints
from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.releasing import operation as moves
from services.lifecycle.releasing.gates.judgements import HOLD
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken, version, written
from services.lifecycle.step import Step

LIFT = "lift"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="the model version")
    parser.add_argument("--reason", required=True, help="why; it is kept in the journal")
    parser.add_argument("--lift", action="store_true", help="let it go on again")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Mark the version in the registry; a second time changes nothing."""
    if asked.version is None or not asked.reason.strip():
        which = asked.version or 7
        example = (
            f"{which} --lift --reason 'the photos were to blame'"
            if asked.lift
            else f"{which} --reason 'it is slow on large photos'"
        )
        raise AskedWronglyError(
            "Only a version of the registry can be on hold, and to put it there or to lift that "
            f"takes a reason. Say: invoke hold {example}"
        )
    held = step.registry.version(asked.version).tags.get(HOLD, "")
    if bool(held) is not asked.lift:
        state = f"is on hold: {held}" if held else "is not on hold"
        step.say(f"{spoken(asked.version)} {state}")
        return {"version": written(asked.version), "hold": held}
    made = Operation(asked.operation, "", step.journal)
    after = "" if asked.lift else asked.reason
    made.move(
        f"{LIFT if asked.lift else moves.HOLD} {asked.version}",
        before=lambda: {"reason": held},
        after={"reason": after, "why": asked.reason},
        do=lambda: _mark(step, asked.version, after),
    )
    told = f"no longer on hold: {asked.reason}" if asked.lift else f"on hold: {asked.reason}"
    step.say(f"{spoken(asked.version)} is {told}")
    return {"version": written(asked.version), "hold": after}


def _mark(step: Step, number: int, reason: str) -> None:
    if reason:
        step.registry.tag(number, hold=reason)
    else:
        step.registry.untag(number, "hold")
    failpoints.reach("after-hold")
