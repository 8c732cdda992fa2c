"""Let an alias name what an environment serves; refused unless it serves it."""

from argparse import ArgumentParser, Namespace

from services.lifecycle import operation, serving
from services.lifecycle.errors import ReleaseError
from services.lifecycle.operation import Operation
from services.lifecycle.releases import spoken, version
from services.lifecycle.serving import Wanted
from services.lifecycle.step import Step

# Each alias: the environment that it speaks of, and whether it says that the release is good.
ALIASES = {
    "staging": ("staging", False),
    "staging-approved": ("staging", True),
    "canary": ("canary", True),
    "production": ("production", True),
}


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--alias", required=True, choices=ALIASES)
    parser.add_argument("--version", required=True, type=version, help="a number, or none")
    parser.add_argument("--digest", required=True, help="of the app image")
    parser.add_argument("--operation", required=True, help="the name of the workflow")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Look once more at what serves, move the alias, read it back."""
    environment, approves = ALIASES[asked.alias]
    seen = serving.require(step.settings.site_api, Wanted(environment, asked.version, asked.digest))
    made = Operation(asked.operation, environment, step.journal)
    before = made.move(
        f"{operation.ALIAS} {asked.alias}",
        before=lambda: {"version": step.registry.alias(asked.alias)},
        after={"version": asked.version},
        do=lambda: step.registry.move_alias(asked.alias, asked.version),
    )
    if approves:
        _approve(step, made, asked, str(seen))
    step.say(f"alias {asked.alias}: {spoken(asked.version)}, was {spoken(before['version'])}")
    return {"before": str(before["version"] or "")}


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
