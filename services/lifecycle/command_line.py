"""The commands that workflow steps run: python -m services.lifecycle VERB ..."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from services.lifecycle.errors import AskedWronglyError, LifecycleError, MachineError
from services.lifecycle.settings import Settings
from services.lifecycle.step import Step, Told

VERBS = {
    "check-training-image": "was the training image built from this code?",
    "build-image": "build an image from a commit",
    "register": "register the model of a run whose tests passed",
    "bake": "put a model version into an app image",
    "begin": "take the lock of an environment for an operation",
    "release": "commit a release to an environment",
    "wait": "wait until an environment serves exactly one version",
    "test": "test an environment from outside",
    "set-alias": "let an alias name what serves",
    "weight": "give canary a share of the live traffic",
    "promote": "may this version go to the next environment?",
    "revert": "go back to the last approved release",
    "repair": "mend what disagrees in an environment",
    "hold": "put a version on hold, or lift that",
    "undo": "take back what an operation did",
    "approve": "say that a version may go to an environment",
    "plan": "what would a promotion or a rollback do? moves nothing",
    "plan-training": "what would a training read, compare and write? starts nothing",
    "rehearse": "what would approve, hold or repair do? moves nothing",
    "apply": "do exactly what such a plan shows",
    "bypass": "say why a deployment passes no gate",
    "recheck": "is the world as a plan saw it?",
    "explain": "what does each gate say of a version? moves nothing",
    "trace": "follow a commit, run, version, digest or environment to both ends",
    "history": "tell the past of an environment as a log of decisions",
    "diff": "tell every unexpected difference between two environments",
    "drift": "hold against one another what Git, the site and the registry say",
    "judge": "compare the canary with production",
    "check-photos": "compare live photos with those of the training",
    "record": "journal how a workflow ended",
    "bootstrap": "make the first release of every environment",
}
BY_HAND = "by-hand-"
# Seconds in which the folder of a verb is to go.
PATIENCE = 5.0
# What a plan is made of, as a person types it.
PLANNED = {"promote", "rollback", "judge", "approve", "hold", "repair"}
# They change nothing, the journal included, and print for people (or, with --json, programs).
READING = {"explain", "plan", "plan-training", "rehearse", "trace", "history", "diff", "drift"}


def main(arguments: Sequence[str], values: Mapping[str, str]) -> int:
    """Run one verb; print its outputs as one line of JSON."""
    verb = arguments[0] if arguments and arguments[0] in VERBS else None
    parser = _parser(verb)
    try:
        asked = parser.parse_args(arguments)
    except AskedWronglyError as error:
        print(f"{_named(arguments)}: {error}", file=sys.stderr)
        return error.exit_code
    try:
        with _folder() as work:
            step = Step(Settings(values), work, _say, only_looks=asked.verb in READING)
            outputs = import_module(_module(asked.verb)).run(step, asked)
    except (LifecycleError, OSError) as error:
        known = error if isinstance(error, LifecycleError) else MachineError(error)
        print(f"{_named([asked.verb, *_planned(asked)])}: {known}", file=sys.stderr)
        if asked.verb not in READING and not _is_slip(asked, known):
            _journal_failure(Settings(values), asked, str(known))
        return known.exit_code
    if isinstance(outputs, Told):
        print(json.dumps(outputs.facts, indent=2) if asked.json else outputs.text)
        return outputs.exit_code
    if asked.outputs:
        _write_outputs(asked.outputs, outputs)
    print(json.dumps(outputs))
    return 0


@contextmanager
def _folder() -> Iterator[Path]:
    """Lend a folder: what it cannot get rid of is no failure of the verb."""
    work = Path(tempfile.mkdtemp(prefix="lifecycle-"))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        end = time.monotonic() + PATIENCE
        # A git that was told to end has children, who write for a moment longer.
        while work.exists() and time.monotonic() < end:
            time.sleep(0.05)
            shutil.rmtree(work, ignore_errors=True)


def _parser(verb: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.lifecycle", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, summary in VERBS.items():
        one = verbs.add_parser(name, help=summary)
        one.add_argument("--outputs", type=Path, metavar="DIR", help="write each output there")
        one.add_argument(
            "--operation", default=by_hand(), help="what this is a move of: the workflow's name"
        )
        if name in READING:
            one.add_argument("--json", action="store_true", help="print JSON for a program")
        if name == verb:
            import_module(_module(name)).arguments(one)
    return parser


def _named(arguments: Sequence[str]) -> str:
    """Name what somebody asked for: a plan of a verb speaks in the name of that verb."""
    if arguments[0] in ("plan", "rehearse", "apply"):
        return next((each for each in arguments[1:] if each in PLANNED), "plan")
    return arguments[0]


def _planned(asked: argparse.Namespace) -> list[str]:
    named = (getattr(asked, name, None) for name in ("of", "command"))
    return [name for name in named if name]


def _is_slip(asked: argparse.Namespace, error: LifecycleError) -> bool:
    """Say whether a person was only told how to ask: nothing was decided, so nothing is told."""
    if not asked.operation.startswith(BY_HAND):
        return False
    if asked.verb != "apply":
        return isinstance(error, AskedWronglyError)
    from services.lifecycle.planning.paper import MovedError

    return isinstance(error, (AskedWronglyError, MovedError))


def by_hand() -> str:
    """Name an operation that no workflow started."""
    return f"{BY_HAND}{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"


def _module(verb: str) -> str:
    return "services.lifecycle.verbs." + verb.replace("-", "_")


def _write_outputs(folder: Path, outputs: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in outputs.items():
        (folder / name).write_text(value)


def _journal_failure(settings: Settings, asked: argparse.Namespace, reason: str) -> None:
    """Keep the sentence, so that the record of the workflow can say why it failed."""
    step = Step(settings, Path(), say=_say)
    if not settings.has_journal:
        return
    try:
        step.journal.append(
            operation=asked.operation,
            environment=getattr(asked, "environment", "") or getattr(asked, "target", ""),
            move=asked.verb,
            state="failed",
            reason=reason,
        )
    except (LifecycleError, OSError) as error:
        print(f"{asked.verb}: and the journal cannot be written: {error}", file=sys.stderr)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
