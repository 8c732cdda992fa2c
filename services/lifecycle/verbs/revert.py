"""Take an environment back to its last approved release, and hold the version that it served."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.releasing import holding
from services.lifecycle.releasing.moves import back
from services.lifecycle.releasing.moves.back import ANY
from services.lifecycle.releasing.releases import written
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--reason", required=True, help="why; it is kept with the version")
    parser.add_argument("--leaving", default=ANY, help="refuse unless this digest is released")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Take canary's traffic away, then commit the last approved release as it was."""
    with holding.held(step, asked.environment, asked.operation, "revert") as made:
        went = back.go(step, made, asked.reason, asked.leaving)
    if went.target.version is None:
        step.say(f"{asked.environment} serves the bootstrap release now: no version was good")
    return {
        "version": written(went.target.version),
        "digest": went.target.digest,
        "held": written(went.leaving.version),
    }
