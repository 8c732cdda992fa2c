"""One image and everything that led to it and came of it, from the commit to live traffic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.lifecycle.errors import GitError, LifecycleError
from services.lifecycle.evidence import verification
from services.lifecycle.evidence.chain.world import World
from services.lifecycle.evidence.past.commits import Change
from services.lifecycle.images import building, view
from services.lifecycle.releasing import git
from services.lifecycle.releasing.releases import Release, version, written
from services.lifecycle.settings import ENVIRONMENTS

Facts = dict[str, Any]


@dataclass(frozen=True)
class Chain:
    """What is known of one model in one image; an empty part is not known, or not there.

    Attributes:
        digest: Of the image; empty where the version was never baked.
        number: The version; None for the bootstrap model.
        provenance: What a trusted key says of the image, or why nothing can be said.
        releases: Where it was released, the newest first.
        traffic: The share of live traffic by environment that serves it now.
    """

    digest: str
    number: int | None
    commit: str
    data_hash: str
    run: str
    trained_from: str = ""
    run_state: str = ""
    registered: Facts = field(default_factory=dict)
    provenance: Facts = field(default_factory=dict)
    releases: tuple[Facts, ...] = ()
    approvals: tuple[Facts, ...] = ()
    traffic: Mapping[str, float] = field(default_factory=dict)

    def facts(self) -> Facts:
        """Return it as plain values, in the order in which it came about."""
        return {
            "commit": self.commit,
            "trained_from": self.trained_from,
            "data_hash": self.data_hash,
            "run": self.run,
            "run_state": self.run_state,
            "version": self.number,
            "registered": self.registered,
            "digest": self.digest,
            "provenance": self.provenance,
            "releases": list(self.releases),
            "approvals": list(self.approvals),
            "traffic": dict(self.traffic),
        }


@dataclass(frozen=True)
class Key:
    """What an image or version is known by, before anything else is asked."""

    digest: str
    number: int | None
    commit: str
    run: str
    data_hash: str
    trained_from: str


def keys(world: World) -> list[Key]:
    """Return everything that can be traced: images, releases of gone images, bare versions."""
    found: dict[str, Key] = {}
    for digest, image in world.images.items():
        labels = image.labels
        number = version(labels[building.VERSION])
        found[digest] = Key(
            digest, number, labels.get(view.REVISION, ""), labels.get(building.RUN, ""),
            labels.get(building.DATA_HASH, ""), _trained_from(world, number),
        )  # fmt: skip
    for release in (change.release for change in world.changes):
        if release and release.digest not in found:
            found[release.digest] = _of_release(world, release)
    baked = {key.number for key in found.values()}
    bare = [each for number, each in world.versions.items() if number not in baked]
    more = [
        Key("", each.number, "", each.run, each.tags.get("gourmetops.data-hash", ""),
            _trained_from(world, each.number))
        for each in bare
    ]  # fmt: skip
    return [*sorted(found.values(), key=lambda key: key.number or 0), *more]


def chain(world: World, key: Key) -> Chain:
    """Ask all that is known of one."""
    return Chain(
        digest=key.digest,
        number=key.number,
        commit=key.commit,
        data_hash=key.data_hash,
        run=key.run,
        trained_from=key.trained_from,
        run_state=_run_state(world, key.run),
        registered=_registered(world, key.number),
        provenance=_provenance(world, key.digest) if key.digest else {},
        releases=tuple(_releases(world, key.digest)),
        approvals=tuple(_approvals(world, key.digest)),
        traffic=_traffic(world, key.digest),
    )


def source(world: World, commit: str) -> Facts:
    """Return who made a commit of the source repository, when and what for, where it is here."""
    if not commit:
        return {}
    try:
        told = git.text(
            "--git-dir", f"{world.step.settings.source}/.git", "log", "-1",
            "--format=%an%x1f%cI%x1f%s", commit, folder=world.tree,
        )  # fmt: skip
    except (GitError, LifecycleError):
        return {}
    author, at, subject = told.split("\x1f")
    return {"author": author, "at": at, "subject": subject}


def current(world: World, environment: str) -> Change | None:
    """Return the release that Git says an environment holds."""
    own = (c for c in world.changes if c.environment == environment and c.kind == "release")
    newest = next(own, None)
    return newest if newest and newest.release else None


def _of_release(world: World, release: Release) -> Key:
    return Key(
        release.digest, release.version, release.commit, release.run, release.data_hash,
        _trained_from(world, release.version),
    )  # fmt: skip


def _trained_from(world: World, number: int | None) -> str:
    known = world.versions.get(number) if number else None
    return known.tags.get("gourmetops.commit", "") if known else ""


def _run_state(world: World, run: str) -> str:
    if world.registry is None or not run:
        return ""
    try:
        return world.registry.state_of(run)
    except LifecycleError:
        return ""


def _registered(world: World, number: int | None) -> Facts:
    known = world.versions.get(number) if number else None
    if known is None:
        return {}
    named = sorted(name for name, each in world.aliases.items() if each == number)
    tags = {name.removeprefix("gourmetops."): text for name, text in known.tags.items()}
    return {"aliases": named, "tags": tags}


def _provenance(world: World, digest: str) -> Facts:
    try:
        layout = world.step.layout
        said = verification.verify_release(layout, digest, world.step.settings.public_keys)
    except LifecycleError as error:
        return {"good": False, "problem": str(error)}
    return {"good": True, "problem": "", **said.facts()}


def _releases(world: World, digest: str) -> list[Facts]:
    told: list[Facts] = []
    for change in world.changes:
        if change.release is None or change.release.digest != digest or not digest:
            continue
        newest = current(world, change.environment)
        told.append({
            "environment": change.environment,
            "at": change.at,
            "commit": change.commit,
            "operation": change.operation,
            "by": _by(world, change),
            "good_since": world.good.get((change.environment, change.commit), ""),
            "is_current": newest is not None and newest.commit == change.commit,
        })  # fmt: skip
    return told


def _by(world: World, change: Change) -> str:
    for entry in world.entries:
        if entry.get("operation") == change.operation and entry.get("by"):
            return str(entry["by"])
    return change.author


def _approvals(world: World, digest: str) -> list[Facts]:
    """Return what people said of an image, the last word of each."""
    told: dict[tuple[str, str], Facts] = {}
    for change in world.changes:
        facts = change.facts or {}
        if change.kind != "approval" or not digest or facts.get("digest") != digest:
            continue
        who = (change.environment, change.author)
        told.setdefault(who, {
            "environment": change.environment,
            "by": change.author,
            "at": change.at,
            "expires": facts.get("expires", ""),
            "revoked": facts.get("revoked", ""),
            "note": facts.get("note", ""),
            "commit": change.commit,
        })  # fmt: skip
    return list(told.values())


def _traffic(world: World, digest: str) -> dict[str, float]:
    served: dict[str, float] = {}
    for name in ENVIRONMENTS:
        running = world.running.get(name)
        if digest and running and running.image.endswith("@" + digest):
            served[name] = world.shares.get(name, 0.0)
    return served


def title(key: Key | Chain) -> str:
    """Name a model for a person."""
    return f"version {written(key.number)}" if key.number else "the bootstrap model"
