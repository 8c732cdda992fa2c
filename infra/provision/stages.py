"""The stages of a site in their order, and the walk through them that goes on where it stopped."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.errors import ProvisionError
from infra.provision import inventory, lease, preflight, terraform
from infra.provision.errors import NotBuiltError, UnknownStageError
from infra.provision.ledger import DONE, FAILED, STARTED, Ledger, Record, fingerprint, now
from infra.provision.setting import Setting, Tell

Results = Mapping[str, Any]


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
    """

    name: str
    about: str
    kinds: tuple[str, ...] = ("openstack", "server", "hosts")
    inputs: Callable[[Setting, Results], dict[str, Any]] | None = None
    run: Callable[[Setting, Results, Tell, Path], dict[str, Any]] | None = None
    outdated: Callable[[Setting, Results], str | None] | None = None
    always: bool = False


def _lease(setting: Setting, results: Results, tell: Tell, _log: Path) -> dict[str, Any]:
    return lease.run(setting, results, tell)


STAGES = (
    Stage("preflight", "what would stop a later stage", ("openstack",), preflight.inputs,
          preflight.run, always=True),
    Stage("lease", "machines set aside", ("openstack",), lease.inputs, _lease, lease.outdated),
    Stage("terraform", "networks, servers, floating IP", ("openstack",), terraform.inputs,
          terraform.run),
    Stage("inventory", "files for Ansible, SSH and tests", inputs=inventory.inputs,
          outdated=inventory.outdated,
          run=inventory.run),
    Stage("node-checks", "are the nodes ready for Kubernetes?"),
    Stage("prepare", "what Kubernetes needs on the nodes"),
    Stage("kubespray", "Kubernetes"),
    Stage("after-cluster", "kubectl and names"),
    Stage("platform", "MLflow, Argo, monitoring"),
    Stage("environments", "staging, canary, production"),
    Stage("workflow-templates", "what Argo runs"),
    Stage("audit", "the promise that the site keeps"),
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What a walk will do with a stage, and why."""

    stage: Stage
    runs: bool
    why: str


def of(setting: Setting) -> tuple[Stage, ...]:
    """Return the stages that this site has."""
    return tuple(stage for stage in STAGES if setting.site.kind in stage.kinds)


def chosen(stages: Sequence[Stage], name: str) -> int:
    """Find a stage by name.

    Raises:
        UnknownStageError: there is none of that name.
    """
    names = [stage.name for stage in stages]
    if name not in names:
        raise UnknownStageError(name, names)
    return names.index(name)


def decide(stage: Stage, setting: Setting, results: Results, record: Record | None) -> Step:
    """Decide whether a stage must run: it failed, never ran, or something changed."""
    if stage.run is None or stage.inputs is None:
        return Step(stage, False, "not available in this version")
    if stage.always:
        return Step(stage, True, "it judges the world as it is now")
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


def walk(
    setting: Setting, ledger: Ledger, tell: Callable[[str, str], None], *, first: str = "",
    only: str = "", until: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Go through the stages, running those that must, and return their results.

    Raises:
        NotBuiltError: the way leads to a stage that does not exist yet.
    """
    stages = of(setting)
    forced = chosen(stages, first or only) if first or only else len(stages)
    last = chosen(stages, only or until) if only or until else len(stages) - 1
    records, results = ledger.latest(), dict[str, Any]()
    for index, stage in enumerate(stages[: last + 1]):
        record = records.get(stage.name)
        if only and index < last and record and record.state == DONE:
            results[stage.name] = record.result
            continue
        step = decide(stage, setting, results, record)
        if stage.run is None:
            raise NotBuiltError(stage.name)
        if index == forced and not step.runs:
            step = replace(step, runs=True, why="you asked for it")
        if setting.replace and stage.name == "terraform":
            step = replace(step, runs=True, why=f"{', '.join(setting.replace)} is to be replaced")
        tell(stage.name, f"{'runs' if step.runs else 'stands'}: {step.why}")
        if step.runs:
            results[stage.name] = _run(stage, setting, results, ledger, tell)
        elif record:
            results[stage.name] = record.result
    return results


def _run(
    stage: Stage, setting: Setting, results: Results, ledger: Ledger,
    tell: Callable[[str, str], None],
) -> dict[str, Any]:  # fmt: skip
    assert stage.run
    assert stage.inputs
    log, began, clock = ledger.log(stage.name), now(), time.monotonic()
    facts = Record(stage.name, STARTED, fingerprint(stage.inputs(setting, results)), began,
                   log=str(log))  # fmt: skip
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


def outlook(setting: Setting, ledger: Ledger) -> list[tuple[str, str, str]]:
    """Say for each stage, without asking anybody, what the ledger knows of it."""
    records, results, lines = ledger.latest(), dict[str, Any](), []
    changed = ""
    for stage in of(setting):
        record = records.get(stage.name)
        if changed and stage.run:
            lines.append((stage.name, "runs", f"after {changed}"))
            continue
        step = decide(replace(stage, outdated=None), setting, results, record)
        lines.append((stage.name, "runs" if step.runs else "stands", step.why))
        if step.runs and not stage.always:
            changed = stage.name
        if record:
            results[stage.name] = record.result
    return lines
