"""Make images: code from a commit, and a model on top of it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from services.lifecycle.images import layers, view
from services.lifecycle.images.layout import LAYER, Blob, Image, Layout
from services.lifecycle.images.recipes import Recipe
from services.lifecycle.images.source import Checkout

SOURCE = "gourmetops.source"
VERSION = "gourmetops.model-version"
RUN = "gourmetops.run"
DATA_HASH = "gourmetops.data-hash"


def code_layer(layout: Layout, recipe: Recipe, checkout: Checkout) -> Blob:
    """Store the code of an image as one layer; its digest is the hash of the code."""
    return _layer(layout, layers.from_archive(checkout.archive(recipe.paths)))


def model_layer(layout: Layout, model: Path) -> Blob:
    """Store a model folder as a layer of its own."""
    return _layer(layout, layers.from_folder(model, "model"))


def push(
    layout: Layout,
    registry: str,
    recipe: Recipe,
    checkout: Checkout,
    parts: list[Blob],
    *,
    tag: str | None,
    facts: Mapping[str, str],
) -> Image:
    """Store an image and lay it out, ready to run."""
    labels = {
        view.REVISION: checkout.commit,
        SOURCE: parts[0].digest,
        view.REQUIREMENTS: " ".join(f"/app/{path}" for path in recipe.requirements),
        **facts,
    }
    image = layout.push(
        name(registry, recipe), parts, command=recipe.command, labels=labels, tag=tag
    )
    view.unpack(layout, image.digest)
    return image


def name(registry: str, recipe: Recipe) -> str:
    """Return the full name of a kind of image, without tag or digest."""
    return f"{registry}/{recipe.repository}"


def _layer(layout: Layout, entries: Iterable[layers.Entry]) -> Blob:
    return layout.add(LAYER, lambda file: layers.write(entries, file))
