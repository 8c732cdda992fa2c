"""Take the lock of an environment for a whole operation: the first step of what moves it."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.releasing import holding
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--kind", default="", help="what is to be done, such as promote")
    parser.add_argument("--version", default="", help="the model version that it is about")
    parser.add_argument(
        "--patience", type=float, default=0, help="seconds to wait for another operation"
    )


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Take the lock, after settling what a dead holder left."""
    wants = {"kind": asked.kind, "version": asked.version}
    made = holding.begin(step, asked.environment, asked.operation, wants, asked.patience)
    step.say(f"{made.environment} is held by {made.id}")
    return {"environment": made.environment}
