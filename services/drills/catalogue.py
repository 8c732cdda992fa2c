"""The drills there are: what each breaks, what must come of it, and where its reason is told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from services.drills.errors import UnknownDrillError
from services.drills.stage import Stage


@dataclass(frozen=True)
class Outcome:
    """What a drill saw when it had broken something.

    Attributes:
        saw: For a person, one sentence each.
        operation: The run or operation whose record must hold the reason.
        version: The model version that was broken, if it was a version.
        wrong: What went otherwise than it must have, one sentence each.
        said: What the command printed, where the journal could not be written or is elsewhere.
    """

    operation: str
    version: str = ""
    saw: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class Drill:
    """One thing that is broken on purpose.

    Attributes:
        breaks: What is broken, in words.
        expects: What must come of it, in words.
        reason: A regular expression that the recorded reason must match.
        act: Break it on a stage where `good` serves everywhere, and return what was seen.
        repair: Undo what the drill did to the machine; called whatever came of it.
        tells: The environment whose `history` must tell the reason; none if none was moved.
        simulated: What is not real about it, if anything.
        traffic: The shares of traffic that must come of it, where they must change.
        needs: Says why it cannot be held here, or nothing.
    """

    name: str
    breaks: str
    expects: str
    reason: str
    act: Callable[[Stage, int], Outcome]
    repair: Callable[[Stage], None] = field(default=lambda _stage: None)
    tells: str = "staging"
    simulated: str = ""
    traffic: Mapping[str, float] = field(default_factory=dict)
    needs: Callable[[], str] = field(default=lambda: "")


def every() -> dict[str, Drill]:
    """Return all drills by name, in the order in which they are run."""
    from services.drills.scenes import disk, machine, models, training

    drills = [*models.DRILLS, *machine.DRILLS, *disk.DRILLS, *training.DRILLS]
    return {drill.name: drill for drill in drills}


def chosen(names: Iterable[str]) -> list[Drill]:
    """Return the drills of these names, or all where none is named.

    Raises:
        UnknownDrillError: there is none of one of the names.
    """
    known = every()
    for name in names:
        if name not in known:
            raise UnknownDrillError(name, known)
    return [known[name] for name in names] or list(known.values())
