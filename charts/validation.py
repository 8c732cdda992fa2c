"""Everything there is to hold against rendered objects, in one list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charts import conventions, references, render, structure, values
from charts.manifests import Manifest

# A release to render with where only the charts are judged.
SAMPLE = {
    "version": "7",
    "digest": "sha256:" + "0123456789abcdef" * 4,
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "run": "0123456789abcdef0123456789abcdef",
    "data_hash": "sha256:" + "fedcba9876543210" * 4,
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one object."""

    where: str
    object: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.object}: {self.sentence}"


def problems(manifests: Sequence[Manifest], where: str) -> Iterator[Problem]:
    """Yield what is wrong with objects that are applied together."""
    sound = []
    for manifest in manifests:
        wrong = list(structure.problems(manifest))
        yield from (Problem(where, str(manifest), sentence) for sentence in wrong)
        if not wrong:
            sound.append(manifest)
    for manifest in sound:
        for sentence in conventions.problems(manifest):
            yield Problem(where, str(manifest), sentence)
    for rule in references.RULES:
        for manifest, sentence in rule(sound):
            yield Problem(where, str(manifest), sentence)


def of_site(site: str) -> tuple[int, list[Problem]]:
    """Render a site whole with a sample release; return how many objects, and problems."""
    objects = list(render.platform(site))
    for environment in values.ENVIRONMENTS:
        objects += render.environment(site, environment, release=SAMPLE)
    return len(objects), list(problems(objects, f"site {site}"))
