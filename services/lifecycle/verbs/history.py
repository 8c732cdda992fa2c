"""Tell the past of an environment as a log of decisions, and move nothing."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.evidence.chain import world
from services.lifecycle.evidence.past import commits, decisions, telling
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step, Told


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--limit", type=int, default=20, help="so many, the newest; 0 is all")


def run(step: Step, asked: Namespace) -> Told:
    """Read Git and the journal."""
    entries, unknown = world.journal(step)
    tree = step.gitops.tree()
    told = decisions.decide(asked.environment, entries, commits.changes(tree))
    shown = told[: asked.limit] if asked.limit > 0 else told
    facts = {
        "environment": asked.environment,
        "decisions": [made.facts() for made in shown],
        "older": len(told) - len(shown),
        "unknown": unknown,
    }
    text = telling.text(asked.environment, shown, len(told) - len(shown), unknown)
    return Told(text, facts)
