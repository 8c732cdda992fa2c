"""Hold drills one after the other on one site, and judge each by what is there afterwards."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from services.drills import unchanged
from services.drills.catalogue import Drill, Outcome
from services.drills.stage import Stage

Say = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """How a drill ended.

    Attributes:
        reason: The sentence that a person finds, as the journal holds it.
        wrong: What is not as it must be; nothing when all is well.
        skipped: Why it could not be held here, if it was not.
    """

    name: str
    reason: str
    wrong: tuple[str, ...]
    seconds: float
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Say whether all was as it must be."""
        return not self.wrong


def hold(stage: Stage, good: int, drills: Iterable[Drill], say: Say) -> list[Result]:
    """Hold the drills, telling what is broken, what is expected and what is seen."""
    return [one(stage, good, drill, say) for drill in drills]


def one(stage: Stage, good: int, drill: Drill, say: Say) -> Result:
    """Hold one drill."""
    began = time.monotonic()
    say(f"{drill.name}\n  breaks    {drill.breaks}\n  expects   {drill.expects}")
    if drill.simulated:
        say(f"  not real  {drill.simulated}")
    if why := drill.needs():
        say(f"  not held  {why}")
        return Result(drill.name, why, (), 0.0, skipped=why)
    wanted = unchanged.with_traffic(unchanged.look(stage), drill.traffic)
    try:
        outcome = drill.act(stage, good)
    finally:
        drill.repair(stage)
    for sentence in outcome.saw:
        say(f"  saw       {sentence}")
    wrong = [*outcome.wrong, *unchanged.differences(wanted, unchanged.look(stage))]
    reason = _in_the_journal(stage, drill, outcome)
    wrong += _not_told(stage, drill, outcome, reason)
    say(f"  reason    {reason or 'none was found'}")
    seconds = time.monotonic() - began
    for sentence in wrong or ("staging, canary and production are as before",):
        say(f"  {'WRONG' if wrong else 'after'}     {sentence}")
    say(f"  took      {seconds:.0f} s")
    return Result(drill.name, reason, tuple(wrong), seconds)


def _in_the_journal(stage: Stage, drill: Drill, outcome: Outcome) -> str:
    """Return the last reason that the operation left in the journal, if it is the right one."""
    if outcome.said:
        lines = [line.strip() for line in outcome.said.splitlines()]
        return next((line for line in lines if re.search(drill.reason, line)), "")
    told = [
        str(entry["reason"])
        for entry in stage.journal()
        if entry["operation"] == outcome.operation and entry.get("reason")
    ]
    fitting = [sentence for sentence in told if re.search(drill.reason, sentence, re.DOTALL)]
    return fitting[-1] if fitting else ""


def _not_told(stage: Stage, drill: Drill, outcome: Outcome, reason: str) -> list[str]:
    """Say where a person looks for the reason and does not find it."""
    if not reason:
        return [f"the journal of {outcome.operation or 'no run'} does not say {drill.reason!r}"]
    wrong = []
    if drill.tells and not outcome.said:
        done = stage.invoke("history", drill.tells, "--json")
        if not re.search(drill.reason, _words(done.text), re.DOTALL):
            wrong.append(f"history {drill.tells} does not tell the reason: {done.text[-300:]}")
    if not outcome.said:
        shown = " ".join(stage.invoke("status", COLUMNS="100000").text.split())
        if not re.search(drill.reason, shown):
            wrong.append(f"status does not tell the reason: {shown[-300:]}")
    if outcome.version and not outcome.said:
        done = stage.invoke("trace", outcome.version)
        if done.code or outcome.version not in done.text:
            wrong.append(f"trace {outcome.version} does not answer: {done.text[-300:]}")
    return wrong


def _words(told: str) -> str:
    """Return all texts of what was told as JSON, without its escapes."""
    begins = re.search(r"^[\[{]", told, re.MULTILINE)
    try:
        found = json.loads(told[begins.start() :]) if begins else told
    except ValueError:
        return told
    return "\n".join(_texts(found))


def _texts(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _texts(each)
