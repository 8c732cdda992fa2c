"""One run in MLflow: what went in, how it went, what came out."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from services.trainer.errors import TrackingError

HERE = Path(__file__).parent
EXPERIMENT = "food11-classifier"
# Every call to MLflow ends: so many seconds, so many tries. stdout is ours.
SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
AT_ONCE = 500


class Run:
    """A run that metrics and files can be added to."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self.client = client
        self.id = run_id

    def params(self, params: Mapping[str, Any]) -> None:
        """Record how the run was asked for."""
        for name, value in params.items():
            self.client.log_param(self.id, name, value)

    def tags(self, tags: Mapping[str, str]) -> None:
        """Record facts that can be searched for."""
        for name, value in tags.items():
            self.client.set_tag(self.id, name, value)

    def metrics(self, steps: Mapping[int, Mapping[str, float]]) -> None:
        """Record metrics by step, in as few calls as can be."""
        every = [
            Metric(name, value, 0, step)
            for step, values in steps.items()
            for name, value in values.items()
        ]
        for begin in range(0, len(every), AT_ONCE):
            self.client.log_batch(self.id, metrics=every[begin : begin + AT_ONCE])

    def file(self, file: Path) -> None:
        """Upload a file."""
        self.client.log_artifact(self.id, str(file))

    def folder(self, folder: Path, name: str) -> None:
        """Upload a folder."""
        self.client.log_artifacts(self.id, str(folder), name)


@contextmanager
def new_run(address: str, name: str) -> Iterator[Run]:
    """Open a run, and close it as FINISHED, FAILED or, when interrupted, KILLED.

    Raises:
        TrackingError: MLflow does not answer, or refuses.
    """
    with _explained(address):
        client = MlflowClient(address)
        tags = {"mlflow.runName": name, "mlflow.source.git.commit": commit()}
        run = Run(client, client.create_run(_experiment(client), tags=tags).info.run_id)
        try:
            yield run
        except Exception:  # whatever ended it, the run must not stay RUNNING; raised again
            client.set_terminated(run.id, "FAILED")
            raise
        except BaseException:
            client.set_terminated(run.id, "KILLED")
            raise
        client.set_terminated(run.id, "FINISHED")


@contextmanager
def known_run(address: str, run_id: str) -> Iterator[Run]:
    """Reach a run that was closed before, to add to it.

    Raises:
        TrackingError: MLflow does not answer, or knows no such run.
    """
    with _explained(address):
        client = MlflowClient(address)
        client.get_run(run_id)
        yield Run(client, run_id)


def commit() -> str:
    """Return the git commit of this code: GIT_COMMIT in an image, else asked of git."""
    known = os.environ.get("GIT_COMMIT")
    if known:
        return known
    done = subprocess.run(
        ["git", "-C", str(HERE), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def requirements_hash() -> str:
    """Return the hash of what the trainer runs on."""
    locks = b"".join((HERE / name).read_bytes() for name in ("requirements.txt", "torch.txt"))
    return "sha256:" + sha256(locks).hexdigest()


def _experiment(client: MlflowClient) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        try:
            return str(client.create_experiment(EXPERIMENT))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id)


@contextmanager
def _explained(address: str) -> Iterator[None]:
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        yield
    except MlflowException as error:
        raise TrackingError(address, str(error).splitlines()[0]) from error
