"""A whole site at once: its platform and every environment, with the releases that Git holds."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from charts import compare, gitops, manifests, render, validation, values


def render_site(
    site: str, only: str | None, pairs: Sequence[str], repository: Path, out: Path
) -> Iterator[str]:
    """Render what a site holds into folders under `out`; yield a line for each.

    An environment is rendered with the release that Git holds for it, and with a sample
    release where there is none yet.
    """
    if only is None:
        platform_pairs = [pair for pair in pairs if not pair.startswith("release.")]
        yield _written(render.platform(site, platform_pairs), out / "platform", "")
    for environment in [values.known_environment(only)] if only else values.ENVIRONMENTS:
        release = _release(repository, environment)
        chosen = compare.facts(release) if release else validation.SAMPLE
        note = "" if release else " (a sample release: Git holds none)"
        app_pairs = pairs if only else [pair for pair in pairs if pair.startswith("release.")]
        objects = render.environment(site, environment, app_pairs, release=chosen)
        yield _written(objects, out / "environments" / environment, note)


def diff_site(site: str, pairs: Sequence[str], repository: Path) -> str:
    """Return how Git differs from the charts, platform and environments alike."""
    texts = [compare.with_git(repository, site, None, pairs)]
    for environment in values.ENVIRONMENTS:
        if _release(repository, environment):
            texts.append(compare.with_git(repository, site, environment, ()))
    return "".join(texts)


def _release(repository: Path, environment: str) -> dict[str, object] | None:
    if not repository.exists():
        return None
    return gitops.read(repository, f"environments/{environment}").release


def _written(objects: Sequence[manifests.Manifest], folder: Path, note: str) -> str:
    changed = manifests.write_folder(objects, folder)
    return f"{folder}: {len(objects)} objects, {len(changed)} files changed{note}"
