"""Register the model of a run as a new version, if the run's tests passed."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.clients.registry import Run
from services.lifecycle.errors import ModelTestsError
from services.lifecycle.images import models
from services.lifecycle.step import Step

TESTS, WHY = "gourmetops.tests", "gourmetops.tests-why"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--run", required=True, help="the MLflow run of the training")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Register once; a second time gives the same version."""
    registry = step.registry
    finished = registry.finished_run(asked.run)
    require_tests(finished)
    folder = registry.download_model(finished.id, step.work)
    model = models.read(folder, f"run {finished.id}")
    facts = {
        "gourmetops.commit": model.commit,
        "gourmetops.data-hash": model.data_hash,
        "gourmetops.model-hash": model.hash,
    }
    version = registry.register(finished, facts)
    registry.move_alias("development", version)
    step.say(f"run {finished.id} is version {version} of {registry.model}")
    return {"version": str(version)}


def require_tests(finished: Run) -> None:
    """Refuse a run whose model tests did not pass.

    Raises:
        ModelTestsError: they failed, or did not run.
    """
    verdict = finished.tags.get(TESTS, "")
    if verdict != "passed":
        why = finished.tags.get(WHY, "")
        told = f" ({why})" if why else ""
        what = f"its model tests {verdict or 'did not run'}{told}, so nothing is registered"
        remedy = "The report is among the run's artifacts, in MLflow."
        raise ModelTestsError(finished.id, what, remedy)
