"""Settle what an operation left whose holder is dead: finish it, or undo it, and say which.

What was complete is finished. A way back is finished too, because what it left was wanted
gone. Everything else is taken back in reverse.
"""

from collections.abc import Mapping
from typing import Any

from services.lifecycle.errors import RefusedError, ReleaseError, ServingError
from services.lifecycle.releasing import operation as moves
from services.lifecycle.releasing.moves import back, naming, undoing
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import Release
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.step import Step

DEADLINE = 180.0
FINISHED, UNDONE, LEFT = "Finished", "Undone", "Left"
TEST = "test"


def wants_the_same(dead: Operation, wants: Mapping[str, str]) -> bool:
    """Say whether an operation that is not over was to do exactly this."""
    begun = dead.begun
    is_known = bool(begun) and not dead.ended and bool(wants.get("kind"))
    return is_known and begun.get("wants") == dict(wants)


def settle(step: Step, dead: Operation, by: str) -> list[str]:
    """Finish or undo an operation; return what was done."""
    if dead.ended:
        return []
    state, told = _settle(step, dead)
    for what in told:
        step.say(f"{dead.id}: {what}")
    dead.note(moves.END, state, settled_by=by, reason=f"its process died; {'; '.join(told)}")
    return told


def is_settled(made: Operation) -> bool:
    """Say whether nothing of an operation that did not end well is left half done."""
    opened = made.open_moves()
    if back.begun(made):
        return is_complete(made, opened)
    return not opened


def _settle(step: Step, dead: Operation) -> tuple[str, list[str]]:
    opened = dead.open_moves()
    if begun := back.begun(dead):
        return _go_on_back(step, dead, begun)
    if opened and is_complete(dead, opened):
        return FINISHED, ["everything that it was to move had been moved"]
    told = undoing.undo(dead, step.gitops, step.registry, step.settings.site)
    return UNDONE, told or ["it had moved nothing"]


def is_complete(dead: Operation, opened: list[dict[str, Any]]) -> bool:
    """Say whether every move was made, up to the alias and the approval that come last."""
    names = {entry["move"] for entry in opened}
    if not all(dead.is_done(name) for name in names):
        return False
    if not names & {moves.RELEASE, f"{moves.ALIAS} {dead.environment}"}:
        return True
    last = {f"{moves.ALIAS} {dead.environment}"}
    kind = dead.begun.get("wants", {}).get("kind")
    if dead.environment != naming.STAGING or kind == TEST or back.begun(dead):
        last.add(moves.APPROVAL)
    return last <= names


def _go_on_back(step: Step, dead: Operation, begun: dict[str, Any]) -> tuple[str, list[str]]:
    try:
        target = back.go(step, dead, begun["reason"], begun["leaving"]).target
        serve(step, dead, target, tested=True)
    except (ServingError, ReleaseError, RefusedError) as error:
        return LEFT, [f"it was to go back, and cannot: {error}"]
    return FINISHED, [f"{dead.environment} went back to {target}, as it was to"]


def serve(step: Step, made: Operation, wanted: Release, *, tested: bool) -> None:
    """Wait until a release serves, then let the aliases name it."""
    what = Wanted(made.environment, wanted.version, wanted.digest)
    step.await_serving(what, DEADLINE)
    naming.name(step, made, what, tested=tested)
