"""Hold an environment while it is moved: take its lock, or be refused by name.

What a dead holder left is finished or undone first. A workflow takes the lock with its first
step (`begin`) and lets it go with its last (`record`); a verb that is called by hand holds it
as long as it runs.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from services.lifecycle import failpoints
from services.lifecycle.errors import RefusedError
from services.lifecycle.releasing.lock import BusyError, Holder, Lock
from services.lifecycle.releasing.moves import settling
from services.lifecycle.releasing.operation import BEGIN, DONE, Operation
from services.lifecycle.step import Step

PAUSE = 0.5


class EndedError(RefusedError):
    """The operation is over; nothing may be moved in its name."""

    def __init__(self, made: Operation, how: str) -> None:
        super().__init__(
            f"{made.environment}: {made.id} is over ({how}), so nothing more is moved in its name. "
            "Start it anew: run the command that started it once more"
        )


@contextmanager
def held(step: Step, environment: str, operation: str, doing: str) -> Iterator[Operation]:
    """Hold an environment for a verb: by the lock of its operation, or for as long as it runs.

    Raises:
        BusyError: another operation holds it.
        EndedError: the operation was ended meanwhile, by itself or by who took it over.
    """
    lock, is_new = take(step, environment, operation, doing)
    made = Operation(operation, environment, step.journal, lock)
    if made.begun and (ended := made.ended):
        if is_new:
            lock.free()
        raise EndedError(made, f"{ended['state']} at {ended['at'][:19]}")
    if lock.mine.left:
        settle(step, made)
    try:
        yield made
    except failpoints.Killed:
        raise
    except BaseException:
        _let_go(lock, is_new=is_new)
        raise
    _let_go(lock, is_new=is_new)


def attend(step: Step, environment: str, operation: str, doing: str) -> Operation:
    """Say what an operation does now, if it holds the environment; take nothing.

    Raises:
        EndedError: the operation was ended meanwhile.
    """
    made = look(step, environment, operation, doing)
    if made.begun and (ended := made.ended):
        raise EndedError(made, f"{ended['state']} at {ended['at'][:19]}")
    return made


def look(step: Step, environment: str, operation: str, doing: str) -> Operation:
    """Return an operation, with its lock if it holds the environment."""
    made = Operation(operation, environment, step.journal)
    if not environment:
        return made
    settings = step.settings
    mine = Holder.now(operation, settings.person, doing, settings.owner)
    lock = Lock(step.gitops, environment, mine)
    holder = lock.look()
    if holder and _is_own(holder, mine) and lock.take(holder):
        return replace(made, lock=lock)
    return made


def begin(
    step: Step, environment: str, operation: str, wants: Mapping[str, str], patience: float
) -> Operation:
    """Take the lock for a whole operation, settle what is left, journal the beginning.

    Raises:
        BusyError: another operation holds the environment, and did so for all our patience.
    """
    lock, _ = take(step, environment, operation, BEGIN, patience=patience)
    made = Operation(operation, environment, step.journal, lock)
    begun = made.begun
    if lock.mine.left:
        settle(step, made, wants)
    elif not begun or made.ended:
        made.note(BEGIN, DONE, wants=dict(wants))
    return made


def take(
    step: Step,
    environment: str,
    operation: str,
    doing: str,
    *,
    patience: float = 0.0,
    gone: str = "",
) -> tuple[Lock, bool]:
    """Take the lock; say whether the operation did not hold it before.

    `gone` is how a person knows that the holder is gone where nothing proves it.

    Raises:
        BusyError: another operation holds it, and is not dead beyond doubt.
    """
    settings = step.settings
    mine = Holder.now(operation, settings.person, doing, settings.owner)
    lock = Lock(step.gitops, environment, mine)
    end, said = time.monotonic() + patience, ""
    while True:
        holder = lock.look()
        is_own = holder is not None and _is_own(holder, mine)
        if holder and not is_own and not holder.is_gone(gone):
            if time.monotonic() >= end:
                raise BusyError(environment, holder)
            if said != holder.operation:
                step.say(f"waiting: {environment} is held by {holder}")
            said = holder.operation
            time.sleep(PAUSE)
        elif lock.take(holder):
            if holder and not is_own:
                why = "whose process is dead" if holder.is_dead else f"which is gone: {gone}"
                step.say(f"{environment}: took over from {holder}, {why}")
                failpoints.reach("after-takeover")
            return lock, not is_own


def settle(step: Step, made: Operation, wants: Mapping[str, str] | None = None) -> list[str]:
    """Finish or undo what dead holders left, or go on with it where the same is wanted."""
    lock = made.lock
    if lock is None:
        return []
    told: list[str] = []
    continued = ""
    for name in dict.fromkeys(lock.mine.left[::-1]):
        dead = Operation(name, made.environment, step.journal, lock)
        if wants and not continued and settling.wants_the_same(dead, wants):
            continued = name
            step.say(f"{made.environment}: goes on with what {name} has done so far")
        else:
            told += settling.settle(step, dead, made.id)
    if wants is not None:
        facts = {"continues": continued} if continued else {}
        made.note(BEGIN, DONE, wants=dict(wants), **facts)
    failpoints.reach("after-settling")
    lock.settled()
    return told


def _is_own(holder: Holder, mine: Holder) -> bool:
    """Say whether the lock is held by our operation, and not by another process that lives."""
    if holder.operation != mine.operation:
        return False
    return holder.owner == mine.owner or holder.owner is None or holder.is_dead


def _let_go(lock: Lock, *, is_new: bool) -> None:
    if is_new:
        lock.free()
