"""Hold a GitOps repository against the charts: the verb `diff`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from charts import difference, gitops, render
from charts.difference import Difference
from charts.errors import ChartsError
from charts.manifests import Manifest

FACTS = ("version", "digest", "commit", "run", "data_hash")


def with_git(repository: Path, site: str, environment: str | None, pairs: Sequence[str]) -> str:
    """Return the unified diff from Git to what would be rendered.

    The release is the one that Git holds, unless --set says otherwise.
    """
    folder = f"environments/{environment}" if environment else "platform"
    held = gitops.read(repository, folder)
    if environment is None:
        as_fixed = [*gitops.shares(repository), *pairs]
        return difference.unified(held.objects, render.platform(site, as_fixed), folder)
    rendered = render.environment(site, environment, pairs, release=facts(held.release))
    return difference.unified(held.objects, rendered, folder)


def environments(repository: Path, site: str, left: str, right: str) -> list[Difference]:
    """Return what differs in Git between two environments, and should not.

    What the values files of the two and their releases make different is expected.
    """
    held = {name: gitops.read(repository, f"environments/{name}") for name in (left, right)}
    for name, found in held.items():
        if not found.objects:
            raise ChartsError(f"{repository}: environments/{name} holds no release to compare.")
    declared: dict[str, list[Manifest]] = {
        name: render.environment(site, name, release=facts(found.release))
        for name, found in held.items()
    }
    return difference.unexpected(
        difference.between((left, held[left].objects), (right, held[right].objects)),
        difference.between((left, declared[left]), (right, declared[right])),
    )


def facts(release: dict[str, Any] | None) -> dict[str, str]:
    """Return the values of a release.json: what the chart knows of it, as text."""
    known = {name: (release or {}).get(name) for name in FACTS}
    return {name: str(value) for name, value in known.items() if value is not None}
