"""Where two environments differ although nobody meant them to.

What the values files and the two releases account for is found by rendering: a difference
that the charts make too is meant. All else is not, and a difference that should be there and
is missing is not either.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from services.lifecycle.errors import ReleaseError
from services.lifecycle.releasing import rendering
from services.lifecycle.releasing.releases import Release
from services.lifecycle.step import Step

Values = dict[str, Any]
ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One place where two environments should not differ as they do.

    Attributes:
        path: The manifest and the field in it.
        one: What the first has there.
        other: What the second has there.
        meant_one: What the charts say of the first.
        meant_other: What the charts say of the second.
    """

    path: str
    one: Any
    other: Any
    meant_one: Any
    meant_other: Any

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Side:
    """One environment: its release, what Git holds of it, and what the charts make of it."""

    environment: str
    release: Release
    held: Values
    meant: Values


def sides(step: Step, environments: tuple[str, str]) -> tuple[Side, Side]:
    """Read and render two environments.

    Raises:
        ReleaseError: one of them holds no release, or cannot be rendered.
    """
    tree = step.gitops.tree()
    releases = [_release(step, name) for name in environments]
    folders = [step.work / f"rendered-{name}" for name in environments]
    with ThreadPoolExecutor(max_workers=2) as pool:
        sites = [step.settings.site] * 2
        list(pool.map(rendering.release, sites, environments, releases, folders))
    one, other = (
        Side(name, release, flat(tree / "environments" / name), flat(folder))
        for name, release, folder in zip(environments, releases, folders, strict=True)
    )
    return one, other


def compare(one: Side, other: Side) -> list[Difference]:
    """Return what nobody meant."""
    paths = one.held.keys() | other.held.keys() | one.meant.keys() | other.meant.keys()
    found = []
    for path in sorted(paths):
        held = (one.held.get(path, ABSENT), other.held.get(path, ABSENT))
        meant = (one.meant.get(path, ABSENT), other.meant.get(path, ABSENT))
        if held != meant and (held[0] != held[1] or meant[0] != meant[1]):
            found.append(Difference(path, *held, *meant))
    return found


def flat(folder: Path) -> Values:
    """Read the manifests of a folder as one value for each field."""
    found: Values = {}
    for path in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            found |= dict(_walk(document, path.stem))
    return found


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            name = inner.get("name", place) if isinstance(inner, Mapping) else place
            yield from _walk(inner, f"{path}[{name}]")
    else:
        yield path, value


def _release(step: Step, environment: str) -> Release:
    current = step.gitops.current(environment)
    if current is None:
        raise ReleaseError(f"{environment}: nothing was ever released here. Run: invoke up")
    return current.release
