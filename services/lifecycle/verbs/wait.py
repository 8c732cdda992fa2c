"""Wait until every replica of an environment serves exactly one version and digest."""

from argparse import ArgumentParser, Namespace

from services.lifecycle import failpoints
from services.lifecycle.errors import CrashLoopError, OutOfMemoryError, ServingError
from services.lifecycle.releasing import holding, serving
from services.lifecycle.releasing.moves import back
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
    """Wait, and journal what was seen; a version that cannot start is put on hold."""
    wanted = Wanted(asked.environment, asked.version, asked.digest)
    made = holding.attend(step, asked.environment, asked.operation, "wait")
    try:
        seen = serving.wait(step.settings.site_api, wanted, asked.deadline, step.say)
    except (CrashLoopError, OutOfMemoryError) as error:
        _hold(step, made, wanted, error)
        raise
    failpoints.reach("after-serving")
    made.note("serving", "seen", version=asked.version, digest=asked.digest, evidence=str(seen))
    replicas = len(seen.answers)
    step.say(f"{asked.environment}: {spoken(asked.version)} on {replicas} of {replicas} replicas")
    return {"replicas": str(replicas)}


def _hold(step: Step, made: Operation, wanted: Wanted, error: ServingError) -> None:
    if made.lock and wanted.version is not None:
        reason = f"{error.reason} in {wanted.environment}: {error.what}"
        back.put_on_hold(step, made, wanted.version, reason)
