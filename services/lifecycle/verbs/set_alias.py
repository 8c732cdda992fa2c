"""Let the aliases of an environment name what it serves; refused unless it serves it."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import ReleaseError
from services.lifecycle.releasing import operation, serving
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken, version, written
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step

APPROVED = "staging-approved"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--version", required=True, type=version, help="a number, or none")
    parser.add_argument("--digest", required=True, help="of the app image")
    parser.add_argument(
        "--tested", action="store_true", help="it passed the staging tests, so it is approved"
    )


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Look once more at what serves, move each alias, read it back."""
    environment = asked.environment
    seen = serving.require(step.settings.site_api, Wanted(environment, asked.version, asked.digest))
    made = Operation(asked.operation, environment, step.journal)
    for alias in aliases(environment, tested=asked.tested):
        _move(step, made, alias, asked.version)
    if asked.tested or environment != "staging":
        _approve(step, made, asked, str(seen))
    return {"version": written(asked.version)}


def aliases(environment: str, *, tested: bool) -> list[str]:
    """Return the aliases that speak of an environment."""
    return [environment, APPROVED] if tested and environment == "staging" else [environment]


def _move(step: Step, made: Operation, alias: str, number: int | None) -> None:
    before = made.move(
        f"{operation.ALIAS} {alias}",
        before=lambda: {"version": step.registry.alias(alias)},
        after={"version": number},
        do=lambda: step.registry.move_alias(alias, number),
    )
    step.say(f"alias {alias}: {spoken(number)}, was {spoken(before['version'])}")


def _approve(step: Step, made: Operation, asked: Namespace, evidence: str) -> None:
    current = step.gitops.current(made.environment)
    if current is None or current.release.digest != asked.digest:
        raise ReleaseError(
            f"{made.environment}: the GitOps repository holds {current and current.release}, and "
            f"{asked.digest[:19]} serves. Somebody released meanwhile; look at its last commits."
        )
    message = f"{made.environment}: {current.release} is good\n\nOperation: {made.id}\n\n{evidence}"
    step.gitops.approve(made.environment, current.id, message)
    made.note("approved", "done", version=asked.version, digest=asked.digest, commit=current.id)
