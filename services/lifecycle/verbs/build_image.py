"""Build an image from a commit; the same commit gives the same digest on any day."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.evidence import recording
from services.lifecycle.images import building
from services.lifecycle.images.recipes import RECIPES, recipe
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--kind", required=True, help=", ".join(RECIPES))
    parser.add_argument("--branch", default="HEAD", help="branch, tag or commit")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Build, store, and let the branch's tag name it."""
    what = recipe(asked.kind)
    asked_for = {"kind": asked.kind, "branch": asked.branch}
    record = recording.Record(step, asked.operation, asked_for)
    checkout = step.checkout(asked.branch)
    code = building.code_layer(step.layout, what, checkout)
    registry = step.settings.registry
    image = building.push(step.layout, registry, what, checkout, [code], tag=checkout.tag, facts={})
    if not record.write(image, what, recording.code(step, checkout, what)):
        step.say("it is not signed: GOURMET_SIGNING_KEY is not set")
    name = building.name(registry, what)
    step.say(f"built {name}:{checkout.tag} from commit {checkout.commit[:12]}: {image.digest}")
    return {
        "digest": image.digest,
        "image": f"{name}@{image.digest}",
        "commit": checkout.commit,
        "tag": checkout.tag,
    }
