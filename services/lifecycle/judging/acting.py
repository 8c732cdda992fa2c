"""What a verdict does to the traffic: to the next step of the plan, or off at once.

It happens in the very process that has seen it, before anything is reported, because each
second of a bad canary is paid for by people. The rollback comes after.
"""

import time
from argparse import Namespace
from dataclasses import replace

from services.lifecycle.errors import LifecycleError, NotServingError
from services.lifecycle.judging.evidence import CANARY, Evidence
from services.lifecycle.judging.judgement import Judgement
from services.lifecycle.judging.signals import Verdict
from services.lifecycle.judging.thresholds import Thresholds
from services.lifecycle.releasing import holding, lock, weights
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.step import Step
from services.lifecycle.verbs import weight

NOTHING = 0
# Seconds to wait for who moves canary just now, and between two tries.
PATIENCE, PAUSE = 30.0, 0.5
# How a step of the plan is named in the journal, and how it is noted that a canary is bad.
AT, SEEN = "-at-", "judge-seen"


def begin(step: Step, operation: str, evidence: Evidence) -> tuple[Evidence, bool]:
    """Return the evidence to go on with, and whether it has shown the canary to be bad already.

    What a killed judgement left half done is put in order first: its own step is finished,
    another one's is settled as any dead operation.

    Raises:
        NotServingError: canary has no traffic, so there is nothing to judge.
    """
    if seen := _seen_bad(step, operation):
        return seen, True
    holder = lock.look(step.gitops, CANARY)
    if holder and holder.is_dead:
        name, _, share = holder.operation.rpartition(AT)
        if name == operation:
            _set(step, holder.operation, int(share))
        else:
            with holding.held(step, CANARY, operation, "judge"):
                pass
        # A lock that was taken over from ourselves is still held.
        if still := holding.look(step, CANARY, holder.operation, "judge").lock:
            still.free()
    return evidence.at(_share(step), time.time()), False


def _share(step: Step) -> int:
    share = weights.share(step.gitops, CANARY)
    share = weights.steps()[0] if share is None else share
    if share == NOTHING:
        raise NotServingError(
            CANARY,
            "it gets no live traffic (0 %), so there is nothing to judge",
            "Promote a version to it: invoke deploy-canary. Or replay: invoke judge --replay",
        )
    return share


def _seen_bad(step: Step, operation: str) -> Evidence | None:
    """Return the evidence on which this judgement has found the canary to be bad, if it has."""
    told = [entry for entry in step.journal.entries(operation) if entry["move"] == SEEN]
    return Evidence.read(told[-1]["evidence"]) if told else None


def shared(limits: Thresholds, plan: tuple[int, ...]) -> Thresholds:
    """Split the false-alarm rate over the steps, so that it holds for all of them together."""
    return replace(limits, false_alarm=limits.false_alarm / max(1, len(plan)))


def following(plan: tuple[int, ...], share: int) -> int | None:
    """Return the step of the plan after a share, or None after the last."""
    return next((each for each in sorted(plan) if each > share), None)


def act(step: Step, operation: str, evidence: Evidence, made: Judgement) -> Evidence:
    """Do what the verdict asks of the traffic; return the evidence to go on with."""
    if made.verdict is Verdict.FAIL:
        _take_off(step, operation, evidence)
    if made.verdict is not Verdict.PASS or evidence.share is None:
        return evidence
    passed = evidence.passing()
    share = following(weights.steps(), evidence.share)
    if share is None:
        return passed
    # Each step is a move of its own in the journal.
    _set(step, f"{operation}{AT}{share}", share)
    step.say(f"{CANARY} has passed at {evidence.share} % and gets {share} % of the traffic now")
    return passed.at(share, time.time())


def _take_off(step: Step, operation: str, evidence: Evidence) -> None:
    """Take the canary out of traffic; where that fails, the rollback tries it again.

    The evidence is kept first: without traffic there would be no more of it.
    """
    try:
        if not _seen_bad(step, operation):
            made = Operation(operation, CANARY, step.journal)
            made.note(SEEN, Verdict.FAIL.value, evidence=evidence.text())
    except (LifecycleError, OSError) as error:
        step.say(f"the evidence against {CANARY} could not be kept: {error}")
    try:
        _set(step, operation, NOTHING)
    except LifecycleError as error:
        step.say(f"{CANARY} could not be taken out of traffic: {error}")
    else:
        step.say(f"{CANARY} is out of traffic")


def _set(step: Step, operation: str, share: int) -> None:
    """Set the share, as soon as nobody else moves canary any more.

    Raises:
        BusyError: somebody does for all our patience.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _set_once(step, operation, share)
        except lock.BusyError as error:
            if time.monotonic() > end:
                raise
            step.say(f"waiting: {CANARY} is held by {error.holder}")
            time.sleep(PAUSE)
        else:
            return


def _set_once(step: Step, operation: str, share: int) -> None:
    weight.run(step, Namespace(environment=CANARY, share=share, operation=operation, only_for=""))
