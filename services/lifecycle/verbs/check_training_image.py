"""Say whether the training image of a branch was built from the code of that branch."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import ImageError
from services.lifecycle.images import building, source
from services.lifecycle.images.recipes import recipe
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--branch", default="HEAD", help="branch, tag or commit")
    parser.add_argument("--require", action="store_true", help="fail unless they are the same")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Compare the code of the branch with the label of its image."""
    trainer = recipe("trainer")
    checkout = step.checkout(asked.branch)
    code = building.code_layer(step.layout, trainer, checkout).digest
    name = building.name(step.settings.registry, trainer)
    digest = step.layout.find(name, checkout.tag)
    built_from = step.layout.image(digest).labels.get(building.SOURCE) if digest else None
    state = judge(built_from, code)
    if asked.require and state != "same":
        raise ImageError(
            f"{name}:{checkout.tag} is {state} for commit {checkout.commit[:12]}. "
            "Build it: run workflows/build-training-image.yaml"
        )
    step.say(f"training image {checkout.tag}: {state} for commit {checkout.commit[:12]}")
    return {
        "state": state,
        "commit": checkout.commit,
        "branch": source.pinned(asked.branch, checkout.commit),
        "tag": checkout.tag,
        "image": f"{name}@{digest}" if digest else "",
    }


def judge(built_from: str | None, code: str) -> str:
    """Compare what an image was built from with the code as it is."""
    if built_from is None:
        return "missing"
    return "same" if built_from == code else "changed"
