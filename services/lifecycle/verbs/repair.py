"""Mend what disagrees in an environment, as far as nothing has to be guessed.

What a dead operation left is finished or undone, its lock freed; a route that does not hand
out the share that Git says is rendered again; an alias that lies names what serves. What runs
is never changed here: if it is not what Git says, that is said, and how to go on.
"""

from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import LifecycleError, ServingError
from services.lifecycle.releasing import holding, weights
from services.lifecycle.releasing.moves import back, naming
from services.lifecycle.releasing.operation import DONE, END, Operation
from services.lifecycle.releasing.releases import Release, spoken
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step

MENDED, LEFT = "Mended", "Left"


class NotMendedError(LifecycleError):
    """Something disagrees still; the message says what, and what to do."""


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument(
        "--deadline", type=float, default=30, help="seconds to wait for what serves"
    )
    parser.add_argument(
        "--gone", default="", metavar="REASON",
        help="how you know that the operation which holds it is gone, where nothing proves it",
    )  # fmt: skip


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Compare Git, what serves, alias and traffic; mend; a second time changes nothing."""
    lock, _ = holding.take(step, asked.environment, asked.operation, "repair", gone=asked.gone)
    made = Operation(asked.operation, asked.environment, step.journal, lock)
    mended = holding.settle(step, made) if lock.mine.left else []
    try:
        problem = _mend(step, made, asked.deadline, mended)
        if mended:
            made.note("repair", DONE, what=mended, gone=asked.gone)
            made.note(END, LEFT if problem else MENDED, reason=problem)
    finally:
        lock.free()
    for what in mended:
        step.say(f"{asked.environment}: {what}")
    if problem:
        raise NotMendedError(problem)
    if not mended:
        step.say(f"{asked.environment}: nothing to mend")
    return {"mended": "; ".join(mended)}


def _mend(step: Step, made: Operation, deadline: float, mended: list[str]) -> str:
    """Mend what can be mended, note it, and return what cannot."""
    current = step.gitops.current(made.environment)
    if current is None:
        return f"{made.environment}: Git holds no release of it. Make the first: invoke up"
    if made.environment == back.CANARY:
        mended += _mend_route(step, made)
    wanted = Wanted(made.environment, current.release.version, current.release.digest)
    try:
        step.await_serving(wanted, deadline)
    except ServingError as error:
        return (
            f"{error} Git says {current.release}. If that cannot serve, go back: "
            f"invoke rollback {made.environment}"
        )
    mended += _mend_aliases(step, made, current.release)
    return ""


def _mend_route(step: Step, made: Operation) -> list[str]:
    share = weights.share(step.gitops, made.environment)
    before = step.gitops.head()
    message = f"{made.environment}: the route as the shares say\n\nOperation: {made.id}\n"
    where = (step.gitops, step.settings.site, made.environment)
    after = weights.put(*where, share, message=message, fence=made.lock)
    return [] if after == before else [f"the route hands out {weights.spoken(share)} again"]


def _mend_aliases(step: Step, made: Operation, serves: Release) -> list[str]:
    mended = []
    for alias in naming.aliases(made.environment, tested=False):
        named = step.registry.alias(alias)
        if named != serves.version:
            naming.move(step, made, alias, serves.version)
            mended.append(f"alias {alias} named {spoken(named)} and names what serves now")
    return mended
