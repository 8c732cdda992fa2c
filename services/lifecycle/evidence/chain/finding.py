"""What a person means by a few characters: a version, digest, run, commit, data set or place."""

import re
from dataclasses import dataclass

from services.lifecycle.errors import AskedWronglyError, GitError, LifecycleError
from services.lifecycle.evidence.chain import links
from services.lifecycle.evidence.chain.links import Key
from services.lifecycle.evidence.chain.world import World
from services.lifecycle.releasing import git
from services.lifecycle.settings import ENVIRONMENTS

HEX = re.compile(r"(sha256:)?([0-9a-f]{4,64})")
NUMBER = re.compile(r"v?(\d{1,9})")


class UnknownThingError(LifecycleError):
    """Nothing here is called that."""

    def __init__(self, what: str, world: World) -> None:
        known = sorted(key.number for key in links.keys(world) if key.number)
        many = "There are versions" if len(known) > 1 else "There is version"
        versions = f"{many} {_listed(known)}. " if known else "No version was baked. "
        doubt = f" {world.unknown[0]}" if world.unknown else ""
        super().__init__(
            f"nothing here is called {what!r}: no environment, version, image digest, training "
            f"run, commit, data hash or operation. {versions}See what serves: invoke status.{doubt}"
        )


class AmbiguousError(AskedWronglyError):
    """Several things are called that."""

    def __init__(self, what: str, found: "list[Thing]") -> None:
        self.found = found
        told = "; ".join(f"{thing.kind} {thing.value}" for thing in found)
        super().__init__(f"{what!r} can be {told}. Give more of it.")


@dataclass(frozen=True)
class Thing:
    """What was meant.

    Attributes:
        kind: environment, version, digest, run, commit, data, release commit, or operation.
        value: All of it.
        keys: The images and versions that it belongs to.
    """

    kind: str
    value: str
    keys: tuple[Key, ...] = ()


def find(world: World, what: str) -> Thing:
    """Find the one thing that is meant.

    Raises:
        UnknownThingError: there is none.
        AmbiguousError: there are several.
    """
    asked = what.strip()
    if asked in ENVIRONMENTS:
        return Thing("environment", asked)
    known = links.keys(world)
    found = [*_versions(known, asked), *_operations(world, known, asked)]
    if not found and (match := HEX.fullmatch(asked.lower())):
        found = _by_hex(world, known, match[2], is_digest=bool(match[1]))
    if not found:
        found = _elsewhere(world, asked)
    if len(found) > 1:
        raise AmbiguousError(what, found)
    if not found:
        raise UnknownThingError(what, world)
    return found[0]


def _versions(known: list[Key], asked: str) -> list[Thing]:
    number = NUMBER.fullmatch(asked.lower())
    keys = tuple(key for key in known if number and key.number == int(number[1]))
    return [Thing("version", str(keys[0].number), keys)] if keys else []


def _operations(world: World, known: list[Key], asked: str) -> list[Thing]:
    """Find what a workflow released."""
    digests = {c.release.digest for c in world.changes if c.operation == asked and c.release}
    for entry in world.entries:
        if entry.get("operation") == asked and entry.get("digest"):
            digests.add(str(entry["digest"]))
    keys = tuple(key for key in known if key.digest in digests)
    return [Thing("operation", asked, keys)] if keys else []


def _by_hex(world: World, known: list[Key], text: str, *, is_digest: bool) -> list[Thing]:
    found: dict[tuple[str, str], list[Key]] = {}
    for key in known:
        for kind, value in _names(key, is_digest=is_digest):
            if value.removeprefix("sha256:").startswith(text):
                found.setdefault((kind, value), []).append(key)
    if not is_digest:
        for change in world.changes:
            if change.release and change.commit.startswith(text):
                keys = [key for key in known if key.digest == change.release.digest]
                found.setdefault(("release commit", change.commit), []).extend(keys)
    things = [Thing(*name, tuple(dict.fromkeys(keys))) for name, keys in found.items()]
    return _shortened(things, text)


def _names(key: Key, *, is_digest: bool) -> list[tuple[str, str]]:
    hashes = [("digest", key.digest), ("data", key.data_hash)]
    rest = [("run", key.run), ("commit", key.commit), ("commit", key.trained_from)]
    return [(kind, value) for kind, value in (hashes if is_digest else hashes + rest) if value]


def _shortened(things: list[Thing], text: str) -> list[Thing]:
    """Let what is named whole win over what only begins that way."""
    whole = [thing for thing in things if thing.value.removeprefix("sha256:") == text]
    return whole or things


def _elsewhere(world: World, asked: str) -> list[Thing]:
    """Look for what led to nothing yet: a commit without image, a run without version."""
    found = []
    if commit := _source_commit(world, asked):
        found.append(Thing("commit", commit))
    if world.registry and re.fullmatch(r"[0-9a-f]{32}", asked):
        try:
            state = world.registry.state_of(asked)
        except LifecycleError:
            state = ""
        if state:
            found.append(Thing("run", asked))
    return found


def _source_commit(world: World, asked: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{4,40}", asked):
        return ""
    where = f"{world.step.settings.source}/.git"
    try:
        return git.text(
            "--git-dir", where, "rev-parse", "--verify", "--quiet", f"{asked}^{{commit}}",
            folder=world.tree,
        )  # fmt: skip
    except GitError:
        return ""


def _listed(numbers: list[int]) -> str:
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, dict.fromkeys(numbers)))
