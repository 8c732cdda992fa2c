"""Say why an image goes to canary or production past every gate; with no reason it may not."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import RefusedError
from services.lifecycle.releasing.gates.asking import SOURCES
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step
from services.lifecycle.verbs.promote import NOBODY


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--version", required=True, type=version, help="a number, or none")
    parser.add_argument("--reason", default=NOBODY, help="why no gate is asked; it is journalled")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Journal the reason. Staging is where versions come to be judged, and needs none."""
    if asked.environment not in SOURCES:
        return {"reason": ""}
    if asked.reason.strip() in ("", NOBODY):
        raise RefusedError(
            f"{asked.environment} takes {spoken(asked.version)} only through its gates: "
            f"invoke promote --to {asked.environment}. To deploy past all of them, say why: "
            "-p force=REASON"
        )
    made = Operation(asked.operation, asked.environment, step.journal)
    made.note("gates", "forced", reason=asked.reason, gates="all", answers=[])
    step.say(f"past every gate of {asked.environment}: {asked.reason}")
    return {"reason": asked.reason}
