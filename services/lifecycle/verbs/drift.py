"""Hold against one another what Git, the site and the registry say, and move nothing."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.evidence.chain import world
from services.lifecycle.evidence.state import drift, telling
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step, Told

BAD = ("drift", "unknown")


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", default="", choices=("", *ENVIRONMENTS))


def run(step: Step, asked: Namespace) -> Told:
    """Ask all of them; what cannot be asked is not called the same."""
    found = world.look(step)
    names = [asked.environment] if asked.environment else list(ENVIRONMENTS)
    rows = [drift.row(found, name) for name in names]
    facts = {"environments": [row.facts() for row in rows], "unknown": found.unknown}
    is_bad = any(row.state in BAD for row in rows)
    return Told(telling.drift(rows, found.unknown), facts, exit_code=1 if is_bad else 0)
