"""What differs: Git from what would be rendered, and one environment from another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from charts.manifests import Manifest

ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One value that two environments hold differently."""

    object: str
    path: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.object}: {self.path}: {self.left} ≠ {self.right}"


def unified(held: Iterable[Manifest], rendered: Iterable[Manifest], folder: str) -> str:
    """Return the change from what Git holds to what would be rendered, file by file."""
    before = {manifest.file: manifest.text() for manifest in held}
    after = {manifest.file: manifest.text() for manifest in rendered}
    lines: list[str] = []
    for file in sorted(before.keys() | after.keys()):
        lines += unified_diff(
            before.get(file, "").splitlines(keepends=True),
            after.get(file, "").splitlines(keepends=True),
            f"a/{folder}/{file}" if file in before else "/dev/null",
            f"b/{folder}/{file}" if file in after else "/dev/null",
        )
    return "".join(lines)


def between(
    left: tuple[str, Sequence[Manifest]], right: tuple[str, Sequence[Manifest]]
) -> set[Difference]:
    """Return every value that differs between two environments, but for their own names."""
    before, after = (dict(_values(objects, name)) for name, objects in (left, right))
    return {
        Difference(*key, before.get(key, ABSENT), after.get(key, ABSENT))
        for key in before.keys() | after.keys()
        if before.get(key, ABSENT) != after.get(key, ABSENT)
    }


def unexpected(held: Iterable[Difference], declared: Iterable[Difference]) -> list[Difference]:
    """Return what differs in Git where the charts and the releases do not differ alike."""
    known = {(difference.object, difference.path, difference.left, difference.right)
             for difference in declared}  # fmt: skip
    return sorted(
        (d for d in held if (d.object, d.path, d.left, d.right) not in known),
        key=lambda difference: (difference.object, difference.path),
    )


def _values(objects: Iterable[Manifest], environment: str) -> Iterator[tuple[tuple[str, str], str]]:
    for manifest in objects:
        for path, value in _leaves(manifest.data, ""):
            neutral = str(value).replace(environment, "ENVIRONMENT")
            yield (f"{manifest.kind} {manifest.name}", path), neutral


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            name = inner.get("name", index) if isinstance(inner, Mapping) else index
            yield from _leaves(inner, f"{path}[{name}]")
    else:
        yield path, value
