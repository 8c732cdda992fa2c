"""Take an environment back to its last approved release, and hold the version that it served."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from services.lifecycle.errors import RefusedError, ReleaseError
from services.lifecycle.releasing import operation
from services.lifecycle.releasing.gates.judgements import HOLD
from services.lifecycle.releasing.gitops import Commit
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import written
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step

ANY = "any"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--reason", required=True, help="why; it is kept with the version")
    parser.add_argument("--leaving", default=ANY, help="refuse unless this digest is released")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Commit the manifests of the last approved release as they were."""
    made = Operation(asked.operation, asked.environment, step.journal)
    before = _stood(made) or operation.stands(step.gitops, asked.environment)
    if before["commit"] is None:
        raise ReleaseError(f"{asked.environment}: nothing was ever released here.")
    leaving = step.gitops.at(asked.environment, before["commit"])
    _require_leaving(leaving, asked)
    if leaving.release.version is not None:
        step.registry.tag(leaving.release.version, hold=asked.reason)
    target = choose(
        step.gitops.approved(asked.environment), leaving, lambda number: _is_held(step, number)
    )
    message = f"{asked.environment}: back to {target.release}: {asked.reason}"
    made.move(
        operation.RELEASE,
        before=lambda: before,
        after={"release": target.release.facts()},
        do=lambda: _restore(step, made, target, message),
    )
    step.say(f"{asked.environment}: from {leaving.release} back to {target.release}")
    return {
        "version": written(target.release.version),
        "digest": target.release.digest,
        "held": written(leaving.release.version),
    }


def choose(
    approved: list[Commit], leaving: Commit, is_held: Callable[[int | None], bool]
) -> Commit:
    """Return the newest approved release that is not the one to leave, and not on hold.

    Raises:
        ReleaseError: there is none, not even the bootstrap release.
    """
    if leaving.release.version is None:
        raise ReleaseError(
            f"it serves {leaving.release} already, and there is nothing before that to go back to."
        )
    for commit in approved:
        if commit.release.digest != leaving.release.digest and not is_held(commit.release.version):
            return commit
    raise ReleaseError(
        f"there is no approved release to go back to from {leaving.release}: not even the "
        "bootstrap release is marked as one in the GitOps repository (tags approved/*)."
    )


def _require_leaving(leaving: Commit, asked: Namespace) -> None:
    if asked.leaving not in (ANY, leaving.release.digest):
        raise RefusedError(
            f"{asked.environment} holds {leaving.release} and no longer {asked.leaving[:19]}: "
            "somebody released another one meanwhile, so there is nothing to take back."
        )


def _is_held(step: Step, number: int | None) -> bool:
    return number is not None and HOLD in step.registry.version(number).tags


def _stood(made: Operation) -> dict[str, Any] | None:
    """Return what stood there when this operation was first tried."""
    moves = [entry for entry in made.open_moves() if entry["move"] == operation.RELEASE]
    before: dict[str, Any] | None = moves[0]["before"] if moves else None
    return before


def _restore(step: Step, made: Operation, target: Commit, message: str) -> None:
    step.gitops.restore(made.environment, target.id, f"{message}\n\nOperation: {made.id}\n")
