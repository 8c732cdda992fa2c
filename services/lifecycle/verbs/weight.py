"""Give canary a share of the live traffic; production gets the rest."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.releasing import holding, weights
from services.lifecycle.releasing.moves import back
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=(back.CANARY,))
    parser.add_argument(
        "--share", required=True, type=weights.number, help="0 to 100, or first: the plan's first"
    )
    parser.add_argument(
        "--only-for", default="", metavar="DIGEST", help="leave it if another image is there"
    )


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Commit the share and the route."""
    current = step.gitops.current(asked.environment)
    if asked.only_for and (current is None or current.release.digest != asked.only_for):
        step.say(f"{asked.environment} holds another image, so its share of traffic stays")
        return {"share": "", "before": ""}
    with holding.held(step, asked.environment, asked.operation, "weight") as made:
        before = back.weigh(step, made, asked.share)
    return {"share": str(asked.share), "before": "" if before is None else str(before)}
