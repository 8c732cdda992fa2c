"""Wait until every replica of an environment serves exactly one version and digest."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.releasing import serving
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--version", required=True, type=version, help="a number, or none")
    parser.add_argument("--digest", required=True, help="of the app image")
    parser.add_argument("--deadline", type=float, default=180, help="seconds")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Wait, and journal what was seen."""
    wanted = Wanted(asked.environment, asked.version, asked.digest)
    seen = serving.wait(step.settings.site_api, wanted, asked.deadline, step.say)
    made = Operation(asked.operation, asked.environment, step.journal)
    made.note("serving", "seen", version=asked.version, digest=asked.digest, evidence=str(seen))
    replicas = len(seen.answers)
    step.say(f"{asked.environment}: {spoken(asked.version)} on {replicas} of {replicas} replicas")
    return {"replicas": str(replicas)}
