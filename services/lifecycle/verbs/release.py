"""Commit a release to an environment: rendered manifests in the GitOps repository."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from services.lifecycle.errors import ReleaseError
from services.lifecycle.evidence import verification
from services.lifecycle.releasing import git, holding, operation, rendering, weights
from services.lifecycle.releasing.gitops import FACTS
from services.lifecycle.releasing.moves import back
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import Release, spoken, version
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--version", required=True, type=version, help="a number, or none")
    parser.add_argument("--digest", required=True, help="of the app image")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Verify the image, render, commit; nothing to commit is fine."""
    verification.require(step, asked.digest)
    wanted = Release.of(step.layout.image(asked.digest))
    if wanted.version != asked.version:
        raise ReleaseError(
            f"{asked.digest[:19]} holds {spoken(wanted.version)} and not {spoken(asked.version)}. "
            "Give the digest that bake printed for this version."
        )
    rendered = step.work / "rendered"
    rendering.release(step.settings.site, asked.environment, wanted, rendered)
    with holding.held(step, asked.environment, asked.operation, "release") as made:
        _limit_traffic(step, made)
        before = made.move(
            operation.RELEASE,
            before=lambda: operation.stands(step.gitops, asked.environment),
            after={"release": wanted.facts()},
            do=lambda: commit(step, made, wanted, rendered),
        )
        now = step.gitops.current(asked.environment)
    made_as = now.id if now else ""
    step.say(f"{asked.environment}: {wanted} is committed as {made_as[:12]}")
    return {"commit": made_as, "before": before["commit"] or ""}


def _limit_traffic(step: Step, made: Operation) -> None:
    """Let a version begin in canary with the plan's first share, whatever the one before had."""
    if made.environment != back.CANARY:
        return
    share, first = weights.share(step.gitops, back.CANARY), weights.steps()[0]
    if share is not None and share > first:
        back.weigh(step, made, first)


def commit(step: Step, made: Operation, wanted: Release, rendered: Path) -> None:
    """Commit rendered manifests as the release of an environment."""
    current = step.gitops.current(made.environment)
    old = f", was {spoken(current.release.version)}" if current else ""
    message = f"{made.environment}: {wanted}{old}\n\nOperation: {made.id}\n"
    step.gitops.change(
        message, lambda tree: write(tree, made.environment, wanted, rendered), made.lock
    )


def write(tree: Path, environment: str, wanted: Release, rendered: Path) -> None:
    """Put the manifests of a release, and its facts, where the environment keeps them."""
    folder = tree / "environments" / environment
    if folder.exists():
        relative = str(folder.relative_to(tree))
        git.run("rm", "-r", "--quiet", "--force", "--ignore-unmatch", relative, folder=tree)
    folder.mkdir(parents=True, exist_ok=True)
    for manifest in sorted(rendered.glob("*.yaml")):
        (folder / manifest.name).write_bytes(manifest.read_bytes())
    (folder / FACTS).write_text(wanted.text())
