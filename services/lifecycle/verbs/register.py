"""Register the model of a run as a new version, if the run's tests passed."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable

from services.lifecycle.clients.registry import Run, Version
from services.lifecycle.errors import ModelTestsError, RefusedError
from services.lifecycle.images import models
from services.lifecycle.releasing.gates.judgements import HOLD
from services.lifecycle.step import Step

LIKENESS = "gourmetops.likeness"
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
    alike = [v for v in registry.versions() if v.tags.get(LIKENESS) == model.likeness]
    require_not_held(alike, finished)
    facts = {
        "gourmetops.commit": model.commit,
        "gourmetops.data-hash": model.data_hash,
        "gourmetops.model-hash": model.hash,
        LIKENESS: model.likeness,
    }
    version = registry.register(finished, facts)
    registry.move_alias("development", version)
    step.say(f"run {finished.id} is version {version} of {registry.model}")
    return {"version": str(version)}


def require_not_held(alike: Iterable[Version], finished: Run) -> None:
    """Refuse a model that is on hold already, as a version trained earlier.

    Otherwise the same code and data, trained once more in the night, would bring it back.

    Raises:
        RefusedError: naming that version, and why it is on hold.
    """
    for version in alike:
        if version.run != finished.id and (reason := version.tags.get(HOLD)):
            raise RefusedError(
                f"run {finished.id} made the very model of version {version.number}, which is on "
                f"hold: {reason}. Nothing is registered. Train with other code or data, or lift "
                f'that: invoke hold {version.number} --lift --reason "..."'
            )


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
