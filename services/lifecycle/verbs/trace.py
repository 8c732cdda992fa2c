"""Follow a model from its commit to live traffic, from either end, and move nothing."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.evidence.chain import finding, links, telling, world
from services.lifecycle.evidence.chain.place import place
from services.lifecycle.step import Step, Told


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("what", help="commit, run, version, digest, data hash or environment")


def run(step: Step, asked: Namespace) -> Told:
    """Find out what is meant, then follow it both ways."""
    found = world.look(step)
    thing = finding.find(found, asked.what)
    here = place(found, thing.value) if thing.kind == "environment" else None
    keys = [here.key] if here and here.key else list(thing.keys)
    chains = [links.chain(found, key) for key in keys]
    facts = {
        "asked": asked.what,
        "kind": thing.kind,
        "value": thing.value,
        "environment": here.facts() if here else None,
        "chains": [each.facts() for each in chains],
        "unknown": found.unknown,
    }
    return Told(telling.text(found, thing, chains, here), facts)
