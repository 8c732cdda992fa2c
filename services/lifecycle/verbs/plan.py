"""Show what a promotion or a rollback would do, or hold such a plan against the world."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from services.lifecycle.errors import AskedWronglyError, RefusedError, ReleaseError
from services.lifecycle.planning import judging, page, promotion, rehearsal, rollback
from services.lifecycle.planning.paper import MovedError
from services.lifecycle.planning.plan import COMMANDS, NONE, Plan, moved
from services.lifecycle.releasing.gates.asking import SOURCES, Question
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step, Told
from services.lifecycle.verbs.promote import promoter

SERVED = "served"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--command", choices=COMMANDS, help="what would be done")
    parser.add_argument("--target", choices=ENVIRONMENTS, help="where")
    parser.add_argument("--version", default=SERVED, help="what the environment before serves")
    parser.add_argument("--force", default=NONE, help="why gates would be forced")
    parser.add_argument("--reason", default="rolled back by hand", help="of a rollback")
    parser.add_argument("--check", type=Path, metavar="FILE", help="does this plan still hold?")


def run(step: Step, asked: Namespace) -> Told:
    """Make the plan, and hold the given one against it."""
    if asked.check is None:
        made = make(step, asked)
        return Told(page.text(made), made.facts(), exit_code=0 if made.is_open else 1)
    given = Plan.read(asked.check)
    if given.command == "judge":
        raise AskedWronglyError(
            f"{asked.check}: what a judge does depends on what it measures, so its plan is only "
            "to be read. Judge: invoke judge"
        )
    _require_same_wish(given, asked)
    now = again(step, given)
    if changed := moved(given, now):
        raise MovedError(_command(given), changed)
    if not now.is_open:
        raise RefusedError(
            f"{spoken(version(given.version))} may not go to {given.environment}: the plan says so "
            f"itself. Read it again: invoke {_command(given)} --plan"
        )
    facts = given.facts()
    return Told(
        f"the world is as the plan saw it: {given.command} {given.environment}",
        {name: facts[name] for name in ("command", "environment", "version", "reason", "seals")},
    )


def make(step: Step, asked: Namespace) -> Plan:
    """Make a plan of what was asked."""
    if asked.command is None or asked.target is None:
        raise AskedWronglyError("name what is planned: --command and --target, or --check FILE.")
    stage = rehearsal.of(step)
    if asked.command == "judge":
        return judging.make(stage)
    if asked.command == "rollback":
        return rollback.make(stage, asked.target, asked.reason)
    if asked.target not in SOURCES:
        raise AskedWronglyError(f"no promotion leads to {asked.target}: {' or '.join(SOURCES)}.")
    number = _served(stage, asked.target) if asked.version == SERVED else version(asked.version)
    if number is None:
        source = SOURCES[asked.target]
        raise RefusedError(f"{source} serves no trained version yet. Train one: invoke train")
    force = "" if asked.force == NONE else asked.force
    return promotion.make(stage, Question(number, asked.target, promoter(step, "{}")), force)


def again(step: Step, given: Plan) -> Plan:
    """Make the same plan in the world of now.

    Raises:
        MovedError: there is nothing of the kind to be done any more.
    """
    asked = Namespace(
        command=given.command,
        target=given.environment,
        version=given.version,
        force=given.reason,
        reason=given.reason,
    )
    return anew(step, asked, _command(given))


def anew(step: Step, asked: Namespace, command: str) -> Plan:
    """Make a plan that could be made once.

    Raises:
        MovedError: it cannot be made any more.
    """
    try:
        return make(step, asked)
    except (ReleaseError, RefusedError) as error:
        raise MovedError(command, [str(error).rstrip(".")]) from None


def _served(step: Step, target: str) -> int | None:
    held = step.gitops.current(SOURCES[target])
    return held.release.version if held else None


def _require_same_wish(given: Plan, asked: Namespace) -> None:
    wishes = {
        "command": (asked.command, given.command),
        "environment": (asked.target, given.environment),
        "version": (None if asked.version == SERVED else asked.version, given.version),
    }
    for name, (wish, planned) in wishes.items():
        if wish not in (None, planned):
            raise AskedWronglyError(
                f"{asked.check} is a plan to {_command(given)}, and the {name} asked for is "
                f"{wish}. Leave it out, or make another plan."
            )


def _command(given: Plan) -> str:
    if given.command == "rollback":
        return f"rollback {given.environment}"
    return f"promote --to {given.environment} --version {given.version}"
