"""Do exactly what a plan of approve, hold or repair shows, or refuse: the world has moved."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from services.lifecycle.errors import AskedWronglyError, RefusedError
from services.lifecycle.planning import paper
from services.lifecycle.planning.deed import Deed
from services.lifecycle.planning.paper import MovedError
from services.lifecycle.step import Step
from services.lifecycle.verbs import rehearse


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes: the plan, and of what it is to be one."""
    parser.add_argument("file", type=Path, help="the plan, as --plan --json wrote it")
    rehearse.arguments(parser)


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Hold the plan against the world, then run the verb with the plan's own arguments."""
    given = Deed.read(asked.file)
    _require_same_wish(given, asked)
    if given.refused:
        raise RefusedError(
            f"{asked.file}: the plan itself says that it would be refused. Make it again, and "
            f"read its last line: invoke {given.typed} --plan"
        )
    now = _again(step, given)
    if changed := paper.differences(given.world, now.world):
        raise MovedError(given.typed, changed)
    verb = rehearse.VERBS[given.command]
    outputs: dict[str, str] = verb.run(step, Namespace(operation=asked.operation, **given.wish))
    return outputs


def _again(step: Step, given: Deed) -> Deed:
    try:
        now = rehearse.MAKERS[given.command](step, given.wish)
    except AskedWronglyError as error:
        raise MovedError(given.typed, [str(error).rstrip(".")]) from None
    if now.refused:
        raise MovedError(given.typed, [now.refused.rstrip(".")])
    return now


def _require_same_wish(given: Deed, asked: Namespace) -> None:
    if given.command != asked.of:
        raise AskedWronglyError(
            f"{asked.file} is a plan to {given.typed}, and not to {asked.of} anything. Carry it "
            f"out: invoke {given.typed} --apply {asked.file}"
        )
    for name, wanted in rehearse.wish(asked).items():
        planned: Any = given.wish.get(name)
        if wanted and name != "deadline" and wanted != planned:
            raise AskedWronglyError(
                f"{asked.file} is a plan to {given.typed}, and the {name} asked for is {wanted}. "
                "Leave it out, or make another plan."
            )
