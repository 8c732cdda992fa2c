"""Let the aliases of an environment name what it serves; refused unless it serves it."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.releasing import holding
from services.lifecycle.releasing.moves import naming
from services.lifecycle.releasing.releases import version, written
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--version", required=True, type=version, help="a number, or none")
    parser.add_argument("--digest", required=True, help="of the app image")
    parser.add_argument(
        "--tested", action="store_true", help="it passed the staging tests, so it is approved"
    )


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Look once more at what serves, move each alias, read it back."""
    wanted = Wanted(asked.environment, asked.version, asked.digest)
    with holding.held(step, asked.environment, asked.operation, "set-alias") as made:
        naming.name(step, made, wanted, tested=asked.tested)
    return {"version": written(asked.version)}
