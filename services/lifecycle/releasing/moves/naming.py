"""Let the aliases of an environment name what it serves, and mark good releases as approved."""

from services.lifecycle import failpoints
from services.lifecycle.errors import ReleaseError
from services.lifecycle.releasing import operation as moves
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.step import Step

STAGING = "staging"
APPROVED = "staging-approved"


def name(step: Step, made: Operation, wanted: Wanted, *, tested: bool) -> None:
    """Look once more at what serves, move each alias, mark the release as approved.

    Raises:
        ServingError: another release serves, so nothing is moved.
    """
    seen = step.require_serving(wanted)
    for alias in aliases(made.environment, tested=tested):
        move(step, made, alias, wanted.version)
    if tested or made.environment != STAGING:
        _approve(step, made, wanted, str(seen))


def aliases(environment: str, *, tested: bool) -> list[str]:
    """Return the aliases that speak of an environment."""
    return [environment, APPROVED] if tested and environment == STAGING else [environment]


def move(step: Step, made: Operation, alias: str, number: int | None) -> None:
    """Let one alias name a version, as a move."""

    def do() -> None:
        failpoints.reach("before-alias")
        step.registry.move_alias(alias, number)
        failpoints.reach("after-alias")

    before = made.move(
        f"{moves.ALIAS} {alias}",
        before=lambda: {"version": step.registry.alias(alias)},
        after={"version": number},
        do=do,
    )
    step.say(f"alias {alias}: {spoken(number)}, was {spoken(before['version'])}")


def _approve(step: Step, made: Operation, wanted: Wanted, evidence: str) -> None:
    current = step.gitops.current(made.environment)
    if current is None or current.release.digest != wanted.digest:
        raise ReleaseError(
            f"{made.environment}: the GitOps repository holds {current and current.release}, and "
            f"{wanted.digest[:19]} serves. Somebody released meanwhile; look at its last commits."
        )
    message = f"{made.environment}: {current.release} is good\n\nOperation: {made.id}\n\n{evidence}"
    commit = current.id

    def do() -> None:
        step.gitops.approve(made.environment, commit, message, made.lock)
        failpoints.reach("after-approval")

    made.move(
        moves.APPROVAL,
        before=lambda: {"approved": step.gitops.is_approved(made.environment, commit)},
        after={"commit": commit, "version": wanted.version, "digest": wanted.digest},
        do=do,
    )
