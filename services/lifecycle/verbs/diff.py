"""Tell every unexpected difference between two environments, and move nothing."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.evidence.state import differences, telling
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step, Told


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("one", choices=ENVIRONMENTS)
    parser.add_argument("other", choices=ENVIRONMENTS)


def run(step: Step, asked: Namespace) -> Told:
    """Compare what Git holds of both with what the charts make of their values."""
    if asked.one == asked.other:
        raise AskedWronglyError(f"{asked.one} cannot differ from itself. Name two environments.")
    one, other = differences.sides(step, (asked.one, asked.other))
    found = differences.compare(one, other)
    facts = {
        "environments": {side.environment: side.release.facts() for side in (one, other)},
        "unexpected": [each.facts() for each in found],
    }
    return Told(telling.differences(one, other, found), facts, exit_code=1 if found else 0)
