"""Take back what an operation did, in reverse, and wait until the old release serves again."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.releasing import operation, serving
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
    made = Operation(asked.operation, asked.environment, step.journal)
    told = operation.undo(made, step.gitops, step.registry)
    for what in told:
        step.say(what)
    if not told:
        step.say(f"{asked.operation} had moved nothing")
        return {"undone": ""}
    current = step.gitops.current(asked.environment)
    if current:
        release = current.release
        wanted = Wanted(asked.environment, release.version, release.digest)
        seen = serving.wait(step.settings.site_api, wanted, asked.deadline, step.say)
        step.say(f"{asked.environment} serves {release} again: {seen}")
    return {"undone": "; ".join(told)}
