"""All that can be known of what was made and released: Git, journal, images, MLflow, the site.

Each source is asked on its own. One that does not answer is named among what is unknown, and
the rest is told all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from services.lifecycle.clients import site, web
from services.lifecycle.clients.registry import Registry, Version
from services.lifecycle.errors import LifecycleError
from services.lifecycle.evidence.past import commits
from services.lifecycle.evidence.past.commits import Change
from services.lifecycle.evidence.past.decisions import Entry
from services.lifecycle.images import building
from services.lifecycle.images.layout import Image
from services.lifecycle.releasing.journal import JournalError
from services.lifecycle.settings import ENVIRONMENTS, namespace
from services.lifecycle.step import Step


@dataclass
class World:
    """What was found.

    Attributes:
        tree: A working copy of the GitOps repository.
        changes: Of environments, in Git, the newest first.
        good: When a release was found good, by environment and commit.
        images: The images that hold a model, by digest.
        versions: Of the model registry, by number.
        running: What the site runs, by environment.
        shares: Of live traffic, by environment.
        registry: MLflow, or None where it does not answer.
        unknown: Why something cannot be known.
    """

    step: Step
    tree: Path
    changes: list[Change] = field(default_factory=list)
    good: Mapping[tuple[str, str], str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    images: dict[str, Image] = field(default_factory=dict)
    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    running: dict[str, site.Deployment] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    registry: Registry | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def look(step: Step) -> World:
    """Ask every source.

    Raises:
        LifecycleError: the GitOps repository cannot be read; without it nothing is known.
    """
    tree = step.gitops.tree()
    world = World(step, tree, commits.changes(tree), commits.approved(tree))
    world.entries, unknown = journal(step)
    world.unknown += unknown
    _read_images(world)
    _ask_registry(world)
    _ask_site(world)
    return world


def journal(step: Step) -> tuple[list[Entry], list[str]]:
    """Return what the journal says, and why something in it cannot be known."""
    if not step.settings.has_journal:
        return [], ["This site keeps no journal, so only Git was read."]
    try:
        return list(step.journal.entries()), []
    except JournalError as error:
        return [], [f"The journal cannot be trusted, so only Git was read: {error}"]


def _read_images(world: World) -> None:
    try:
        layout = world.step.layout
    except LifecycleError as error:
        world.unknown.append(f"Unknown: which images there are, and how they were built. {error}")
        return
    for digest in layout.digests():
        try:
            image = layout.image(digest)
        except (LifecycleError, ValueError, KeyError):
            continue  # a broken image is told of where something names it
        if building.VERSION in image.labels:
            world.images[digest] = image


def _ask_registry(world: World) -> None:
    world.registry = world.step.registry
    try:
        world.versions = {each.number: each for each in world.registry.versions()}
        world.aliases = world.registry.aliases()
    except LifecycleError as error:
        world.registry = None
        what = "what is registered or on hold, how runs ended, and what aliases name"
        world.unknown.append(f"Unknown: {what}. {error}")


def _ask_site(world: World) -> None:
    api = world.step.settings.site_api
    try:
        for name in ENVIRONMENTS:
            if found := site.deployment(api, name):
                world.running[name] = found
        given = site.shares(api)
    except web.NoAnswerError as error:
        what = "what runs, and which traffic it gets"
        world.unknown.append(f"Unknown: {what}. The site does not answer: {error}")
        return
    spaces = {name: namespace(name) for name in ENVIRONMENTS}
    world.shares = {name: given[space] for name, space in spaces.items() if space in given}
