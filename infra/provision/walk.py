"""Walk through a site's stages, on from where the last walk stopped."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.errors import ProvisionError
from infra.provision.errors import (
    MissingStageError,
    NotBuiltError,
    UnknownStageError,
    WishError,
)
from infra.provision.ledger import DONE, FAILED, STARTED, Ledger, Record, fingerprint, now
from infra.provision.setting import Setting, Tell

Results = Mapping[str, Any]
# Hears a stage and what it says.
Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Stage:
    """One step of the way.

    Attributes:
        name: As it is typed and shown.
        about: What it does, in a few words.
        kinds: The kinds of sites that have it.
        inputs: What it depends on; another value means that it must run again.
        run: Does the work and returns facts for later stages; None: not available yet.
        outdated: Says why an earlier result does not hold any more.
        always: Judges the world as it is now, so an earlier result counts for nothing.
        needs: The stages that must be done before it may run alone; None: all before it.
    """

    name: str
    about: str
    kinds: tuple[str, ...] = ("openstack", "server", "hosts")
    inputs: Callable[[Setting, Results], dict[str, Any]] | None = None
    run: Callable[[Setting, Results, Tell, Path], dict[str, Any]] | None = None
    outdated: Callable[[Setting, Results], str | None] | None = None
    always: bool = False
    needs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Wish:
    """Where a walk begins and ends.

    Attributes:
        first: Begin at this stage whatever the ledger says.
        only: Run this stage and no other.
        until: End after this stage.
    """

    first: str = ""
    only: str = ""
    until: str = ""


@dataclass(frozen=True)
class Step:
    """What a walk will do with a stage, and why."""

    stage: Stage
    runs: bool
    why: str


def decide(stage: Stage, setting: Setting, results: Results, record: Record | None) -> Step:
    """Decide whether a stage must run: it failed, never ran, or something changed."""
    if stage.run is None or stage.inputs is None:
        return Step(stage, False, "not available in this version")
    if stage.always:
        return Step(stage, True, "it judges the world as it is now")
    if setting.replace and stage.name == "terraform":
        return Step(stage, True, f"{', '.join(setting.replace)} is to be replaced")
    if record is None:
        return Step(stage, True, "it has not run yet")
    if record.state == STARTED:
        return Step(stage, True, f"it was cut off (it began {record.at})")
    if record.state == FAILED:
        return Step(stage, True, f"it failed ({record.at})")
    if record.inputs != fingerprint(stage.inputs(setting, results)):
        return Step(stage, True, "what it is given has changed")
    reason = stage.outdated(setting, record.result) if stage.outdated else None
    return Step(stage, reason is not None, reason or f"done {record.at}")


def go(
    stages: Sequence[Stage], setting: Setting, ledger: Ledger, tell: Say, wish: Wish
) -> dict[str, Any]:
    """Run those stages that must, and return the results of all.

    Raises:
        NotBuiltError: the way leads to a stage that does not exist yet.
        MissingStageError: a stage alone needs what an earlier one has not brought.
    """
    forced = _index(stages, wish.first or wish.only)
    last = _index(stages, wish.only or wish.until)
    way = list(stages[: len(stages) if last is None else last + 1])
    if last is not None and way[-1].run is None:
        raise NotBuiltError(way[-1].name)
    records, results = ledger.latest(), dict[str, Any]()
    for index, stage in enumerate(way):
        record = records.get(stage.name)
        if wish.only and index != forced:
            results |= _brought(stage, record, way[-1])
            continue
        if stage.run is None:
            raise NotBuiltError(stage.name)
        step = decide(stage, setting, results, record)
        if index == forced and not step.runs:
            step = replace(step, runs=True, why="you asked for it")
        tell(stage.name, f"{'runs' if step.runs else 'stands'}: {step.why}")
        results[stage.name] = (
            _run(stage, setting, results, ledger, tell)
            if step.runs or record is None
            else record.result
        )
    return results


def _brought(stage: Stage, record: Record | None, alone: Stage) -> dict[str, Any]:
    """Return what an earlier stage has brought to one that runs alone.

    Raises:
        MissingStageError: it has brought nothing, and is needed.
    """
    if record is not None and record.state == DONE:
        return {stage.name: record.result}
    if alone.needs is None or stage.name in alone.needs:
        raise MissingStageError(alone.name, stage.name)
    return {}


def names(stages: Sequence[Stage], wish: Wish) -> tuple[str, ...]:
    """Name the stages that a walk comes to, or is to be judged for: preflight alone is for all.

    Raises:
        UnknownStageError: the wish names a stage that the site does not have.
        WishError: it contradicts itself.
    """
    _must_agree(stages, wish)
    last = _index(stages, wish.only or wish.until)
    known = tuple(stage.name for stage in stages)
    if last in (None, 0):
        return known
    return (wish.only,) if wish.only else known[: (last or 0) + 1]


def _must_agree(stages: Sequence[Stage], wish: Wish) -> None:
    first, until = _index(stages, wish.first), _index(stages, wish.until)
    if wish.only and (wish.first or wish.until):
        other = "--from" if wish.first else "--until"
        raise WishError(f"--only {wish.only} is one stage, and {other} means several", "Say one")
    if first is not None and until is not None and first > until:
        what = f"--from {wish.first} comes after --until {wish.until}, so no stage is left"
        raise WishError(what, "Turn them round")


def outlook(
    stages: Sequence[Stage], setting: Setting, ledger: Ledger, wish: Wish
) -> list[Step]:  # fmt: skip
    """Say for each stage of a walk, without asking anybody, what the ledger knows of it.

    Raises:
        MissingStageError: a stage alone needs what an earlier one has not brought.
    """
    records, results, steps = ledger.latest(), dict[str, Any](), list[Step]()
    forced = _index(stages, wish.first or wish.only)
    last = _index(stages, wish.only or wish.until)
    changed = ""
    for index, stage in enumerate(stages[: len(stages) if last is None else last + 1]):
        record = records.get(stage.name)
        if wish.only and index != forced:
            results |= _brought(stage, record, stages[last or 0])
            continue
        if changed and stage.run and record and index != forced:
            steps.append(Step(stage, True, f"if what {changed} brings is new"))
            continue
        step = decide(replace(stage, outdated=None), setting, results, record)
        if index == forced and stage.run and not step.runs:
            step = replace(step, runs=True, why="you asked for it")
        steps.append(step)
        if step.runs and not stage.always:
            changed = changed or stage.name
        if record:
            results[stage.name] = record.result
    return steps


def _index(stages: Sequence[Stage], name: str) -> int | None:
    names = [stage.name for stage in stages]
    if name and name not in names:
        raise UnknownStageError(name, names)
    return names.index(name) if name else None


def _run(
    stage: Stage, setting: Setting, results: Results, ledger: Ledger, tell: Say
) -> dict[str, Any]:
    assert stage.run
    assert stage.inputs
    log, clock = ledger.log(stage.name), time.monotonic()
    given = fingerprint(stage.inputs(setting, results))
    facts = Record(stage.name, STARTED, given, now(), log=str(log))
    ledger.write(facts)
    try:
        result = stage.run(setting, results, lambda said: tell(stage.name, said), log)
    except (ProvisionError, KeyboardInterrupt) as error:
        said = str(error) or "interrupted"
        ledger.write(replace(facts, state=FAILED, said=said, seconds=time.monotonic() - clock))
        raise
    seconds = round(time.monotonic() - clock, 1)
    ledger.write(replace(facts, state=DONE, result=result, seconds=seconds))
    tell(stage.name, f"done in {seconds} s")
    return result
