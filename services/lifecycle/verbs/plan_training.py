"""Show what a training would read, compare and write; starts nothing."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from services.lifecycle.planning import training, training_page
from services.lifecycle.step import Step, Told


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--branch", default="HEAD", help="branch, tag or commit")
    parser.add_argument("--data", default="sample", help="what it would be trained on")
    parser.add_argument("--until", default="canary", choices=training.STOPS)


def run(step: Step, asked: Namespace) -> Told:
    """Look, and tell."""
    made = training.make(step, asked.branch, asked.data, asked.until)
    facts = {"command": "train", "until": asked.until, **asdict(made)}
    return Told(training_page.text(made), facts)
