"""Say whether the training image of a branch was built from the code of that branch."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass

from services.lifecycle.errors import ImageError
from services.lifecycle.images import building, source
from services.lifecycle.images.layout import Layout
from services.lifecycle.images.recipes import recipe
from services.lifecycle.images.source import Checkout
from services.lifecycle.step import Step

SAME = "same"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--branch", default="HEAD", help="branch, tag or commit")
    parser.add_argument("--require", action="store_true", help="fail unless they are the same")


@dataclass(frozen=True)
class Seen:
    """The training image of a branch beside the code of that branch.

    Attributes:
        state: `same`, `changed` or `missing`.
        name: Of the image, without tag or digest.
        digest: Of the image as it is; None where there is none.
        checkout: The commit that the branch is at.
    """

    state: str
    name: str
    digest: str | None
    checkout: Checkout


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Compare the code of the branch with the label of its image."""
    seen = look(step, asked.branch, step.layout)
    checkout = seen.checkout
    if asked.require and seen.state != SAME:
        raise ImageError(
            f"{seen.name}:{checkout.tag} is {seen.state} for commit {checkout.commit[:12]}. "
            "Build it: run workflows/build-training-image.yaml"
        )
    step.say(f"training image {checkout.tag}: {seen.state} for commit {checkout.commit[:12]}")
    return {
        "state": seen.state,
        "commit": checkout.commit,
        "branch": source.pinned(asked.branch, checkout.commit),
        "tag": checkout.tag,
        "image": f"{seen.name}@{seen.digest}" if seen.digest else "",
    }


def look(step: Step, branch: str, scratch: Layout) -> Seen:
    """Compare the code of a branch with the label of its image; `scratch` may keep the code."""
    trainer = recipe("trainer")
    checkout = step.checkout(branch)
    code = building.code_layer(scratch, trainer, checkout).digest
    name = building.name(step.settings.registry, trainer)
    digest = step.layout.find(name, checkout.tag)
    built_from = step.layout.image(digest).labels.get(building.SOURCE) if digest else None
    return Seen(judge(built_from, code), name, digest, checkout)


def judge(built_from: str | None, code: str) -> str:
    """Compare what an image was built from with the code as it is."""
    if built_from is None:
        return "missing"
    return SAME if built_from == code else "changed"
