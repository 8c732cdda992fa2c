"""Take back what an operation did, in reverse, and wait until the old release serves again."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.releasing import holding, serving
from services.lifecycle.releasing.moves import undoing
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--deadline", type=float, default=180, help="seconds")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Undo and say what was undone."""
    if not Operation(asked.operation, asked.environment, step.journal).open_moves():
        step.say(f"{asked.operation} had moved nothing")
        return {"undone": ""}
    with holding.held(step, asked.environment, asked.operation, "undo") as made:
        told = undoing.undo(made, step.gitops, step.registry, step.settings.site)
        for what in told:
            step.say(what)
        _await(step, asked)
    return {"undone": "; ".join(told)}


def _await(step: Step, asked: Namespace) -> None:
    current = step.gitops.current(asked.environment)
    if current:
        release = current.release
        wanted = Wanted(asked.environment, release.version, release.digest)
        seen = serving.wait(step.settings.site_api, wanted, asked.deadline, step.say)
        step.say(f"{asked.environment} serves {release} again: {seen}")
