"""Files of a run, through MLflow's own client: it knows every store that MLflow has."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.lifecycle.errors import RegistryError

# The client has no argument for these, and by default retries for minutes.
DEADLINES = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "60", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}


def download(tracking: str, run: str, name: str, into: Path) -> Path:
    """Copy a folder of a run here and return it.

    Raises:
        RegistryError: the run has no such folder, or MLflow does not answer.
    """
    with _client(tracking) as client:
        if not client.list_artifacts(run, name):
            raise RegistryError(
                f"run {run} at {tracking} holds no {name}/. It was removed, or the training "
                "stored none; train again."
            )
        return Path(client.download_artifacts(run, name, str(into)))


def upload(tracking: str, run: str, folder: Path, below: str) -> None:
    """Keep the files of a folder with a run.

    Raises:
        RegistryError: MLflow does not take them.
    """
    with _client(tracking) as client:
        client.log_artifacts(run, str(folder), below)


@contextmanager
def _client(tracking: str) -> Iterator[Any]:
    os.environ.update(DEADLINES)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    try:
        yield MlflowClient(tracking_uri=tracking)
    except (MlflowException, RequestException) as error:
        first = str(error).splitlines()[0][:300]
        raise RegistryError(
            f"MLflow at {tracking} cannot do it: {first}. Is it up? Look: invoke status"
        ) from error
