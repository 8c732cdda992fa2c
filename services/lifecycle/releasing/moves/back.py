"""Take an environment back to its last approved release, and hold the version that it leaves."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from services.lifecycle import failpoints
from services.lifecycle.errors import ImageError, RefusedError, ReleaseError
from services.lifecycle.evidence import verification
from services.lifecycle.evidence.errors import EvidenceError
from services.lifecycle.releasing import operation as moves
from services.lifecycle.releasing import weights
from services.lifecycle.releasing.gates.judgements import HOLD
from services.lifecycle.releasing.gitops import Commit
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import Release, spoken
from services.lifecycle.step import Step

ANY = "any"
CANARY = "canary"
BACK = "back"


@dataclass(frozen=True)
class Went:
    """From where an environment went back, and to where."""

    leaving: Release
    target: Release


def go(step: Step, made: Operation, reason: str, leaving: str = ANY) -> Went:
    """Take the traffic away (canary), put the version on hold, commit what was good.

    A second call goes on where the first was broken off, and does not go back twice.

    Raises:
        RefusedError: the release to leave is not there any more.
        ReleaseError: there is nothing to go back to.
    """
    before = _stood(made) or moves.stands(step.gitops, made.environment)
    if before["commit"] is None:
        raise ReleaseError(f"{made.environment}: nothing was ever released here.")
    left = step.gitops.at(made.environment, before["commit"])
    _require_leaving(made.environment, left, leaving)
    _require_version(left)
    if not begun(made):
        made.note(BACK, moves.BEGIN, reason=reason, leaving=leaving, before=before)
    if made.environment == CANARY:
        weigh(step, made, 0)  # first of all, whatever else is wrong
    good = proved(step, step.gitops.approved(made.environment))
    target = choose(good, left, lambda number: is_held(step, number))
    if left.release.version is not None:
        put_on_hold(step, made, left.release.version, reason)
    made.move(
        moves.RELEASE,
        before=lambda: before,
        after={"release": target.release.facts(), "commit": target.id},
        do=lambda: restore(step, made, target, reason),
    )
    step.say(f"{made.environment}: from {left.release} back to {target.release}")
    return Went(left.release, target.release)


def begun(made: Operation) -> dict[str, Any]:
    """Return the beginning of a way back in this operation, or nothing."""
    entries = [e for e in made.entries() if e["move"] == BACK and e["state"] == moves.BEGIN]
    return entries[-1] if entries else {}


def put_on_hold(step: Step, made: Operation, number: int, reason: str) -> None:
    """Put a version on hold, as a move; what is on hold for another reason stays so."""

    def do() -> None:
        if not is_held(step, number):
            step.registry.tag(number, hold=reason)
        failpoints.reach("after-hold")

    made.move(
        f"{moves.HOLD} {number}",
        before=lambda: {"reason": step.registry.version(number).tags.get(HOLD, "")},
        after={"reason": reason},
        do=do,
    )
    step.say(f"{spoken(number)} is on hold: {reason}")


def weigh(step: Step, made: Operation, share: int) -> int | None:
    """Give an environment a share of the traffic, as a move; return what it had."""
    name = made.environment
    before = made.move(
        f"{moves.WEIGHT} {name}",
        before=lambda: {"share": weights.share(step.gitops, name)},
        after={"share": share},
        do=lambda: put_share(step, made, share),
    )
    had: int | None = before["share"]
    step.say(f"{name} gets {share} % of the traffic, was {weights.spoken(had)}")
    return had


def put_share(step: Step, made: Operation, share: int) -> None:
    """Commit a share of the traffic."""
    where = (step.gitops, step.settings.site, made.environment)
    message = f"{made.environment}: {share} % of the traffic\n\nOperation: {made.id}\n"
    weights.put(*where, share, message=message, fence=made.lock)


def proved(step: Step, approved: Iterable[Commit]) -> Iterator[Commit]:
    """Give the approved releases whose images are still what was baked and signed."""
    for commit in approved:
        try:
            verification.require(step, commit.release.digest)
        except (EvidenceError, ImageError) as error:
            step.say(f"{commit.release} is passed over: {error}")
            continue
        yield commit


def choose(
    approved: Iterable[Commit], leaving: Commit, is_held: Callable[[int | None], bool]
) -> Commit:
    """Return the newest approved release that is not the one to leave, and not on hold.

    Raises:
        ReleaseError: there is none, not even the bootstrap release.
    """
    _require_version(leaving)
    for commit in approved:
        if commit.release.digest != leaving.release.digest and not is_held(commit.release.version):
            return commit
    raise ReleaseError(
        f"there is no approved release to go back to from {leaving.release}: not even the "
        "bootstrap release is marked as one in the GitOps repository (tags approved/*)."
    )


def _require_version(leaving: Commit) -> None:
    if leaving.release.version is None:
        raise ReleaseError(
            f"it serves {leaving.release} already, and there is nothing before that to go back to."
        )


def _require_leaving(environment: str, left: Commit, leaving: str) -> None:
    if leaving not in (ANY, left.release.digest):
        raise RefusedError(
            f"{environment} holds {left.release} and no longer {leaving[:19]}: "
            "somebody released another one meanwhile, so there is nothing to take back."
        )


def is_held(step: Step, number: int | None) -> bool:
    """Say whether a version is on hold."""
    return number is not None and HOLD in step.registry.version(number).tags


def _stood(made: Operation) -> dict[str, Any] | None:
    """Return what stood there when this operation first tried to go back."""
    before: dict[str, Any] | None = begun(made).get("before")
    return before


def restore(step: Step, made: Operation, target: Commit, reason: str) -> None:
    """Commit an environment as it was at an approved release."""
    message = f"{made.environment}: back to {target.release}: {reason}\n\nOperation: {made.id}\n"
    step.gitops.restore(made.environment, target.id, message, made.lock)
