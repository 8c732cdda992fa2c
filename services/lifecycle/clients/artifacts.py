"""Files of a run: from the tracking server where it hands them out itself.

Where it does not, MLflow's own client knows every store that MLflow has; but importing it costs
a step two seconds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlencode

from services.lifecycle.clients import web
from services.lifecycle.errors import RegistryError

LIST = "api/2.0/mlflow/artifacts/list"
FILES = "api/2.0/mlflow-artifacts/artifacts"
HANDED_OUT = "mlflow-artifacts:/"
DEADLINE = 60.0
# The client has no argument for these, and by default retries for minutes.
DEADLINES = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "60", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}


@dataclass(frozen=True)
class Place:
    """Where the files of a run lie.

    Attributes:
        tracking: The address of the tracking server.
        run: The id of the run.
        uri: What MLflow calls the place.
    """

    tracking: str
    run: str
    uri: str

    @property
    def is_handed_out(self) -> bool:
        """Say whether the tracking server itself gives and takes the files."""
        return self.uri.startswith(HANDED_OUT) and not self.uri.startswith(f"{HANDED_OUT}/")

    def url(self, path: str) -> str:
        """Return the address of a file, by its path below the run."""
        root = self.uri.removeprefix(HANDED_OUT).strip("/")
        return f"{self.tracking}/{FILES}/{quote(f'{root}/{path}')}"


def cannot(tracking: str, why: str) -> RegistryError:
    """Return what to raise when the tracking server does not do what was asked."""
    return RegistryError(f"MLflow at {tracking} cannot do it: {why}. Is it up? Look: invoke status")


def download(place: Place, name: str, into: Path) -> Path:
    """Copy a folder of a run here and return it.

    Raises:
        RegistryError: the run has no such folder, or MLflow does not answer.
    """
    if not place.is_handed_out:
        return _download_by_client(place, name, into)
    (into / name).mkdir(parents=True, exist_ok=True)
    with _told(place):
        found = list(_files(place, name))
        if not found:
            raise _missing(place, name)
        for path, size in found:
            file = into / path
            file.parent.mkdir(parents=True, exist_ok=True)
            web.download(place.url(path), file, deadline=DEADLINE)
            if (got := file.stat().st_size) != size:
                raise web.NoAnswerError(f"{path} of run {place.run} came as {got} of {size} bytes")
    return into / name


def upload(place: Place, folder: Path, below: str) -> None:
    """Keep the files of a folder with a run.

    Raises:
        RegistryError: MLflow does not take them.
    """
    if not place.is_handed_out:
        with _client(place) as client:
            client.log_artifacts(place.run, str(folder), below)
        return
    with _told(place):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                path = f"{below}/{file.relative_to(folder).as_posix()}"
                web.upload(place.url(path), file, deadline=DEADLINE)


def _files(place: Place, folder: str) -> Iterator[tuple[str, int]]:
    """Yield the path and the size of every file below a folder of a run."""
    query = {"run_id": place.run, "path": folder}
    while True:
        address = f"{place.tracking}/{LIST}?{urlencode(query)}"
        answer = web.call("GET", address, deadline=DEADLINE)
        for each in answer.get("files", []):
            path = PurePosixPath(each["path"])
            if path.parent != PurePosixPath(folder) or path.name == "..":
                raise web.NoAnswerError(f"{path} was listed as a file of {folder}/")
            if each.get("is_dir"):
                yield from _files(place, str(path))
            else:
                yield str(path), int(each.get("file_size", 0))
        if not answer.get("next_page_token"):
            return
        query["page_token"] = answer["next_page_token"]


def _download_by_client(place: Place, name: str, into: Path) -> Path:
    with _client(place) as client:
        if not client.list_artifacts(place.run, name):
            raise _missing(place, name)
        return Path(client.download_artifacts(place.run, name, str(into)))


def _missing(place: Place, name: str) -> RegistryError:
    return RegistryError(
        f"run {place.run} at {place.tracking} holds no {name}/. It was removed, or the training "
        "stored none; train again."
    )


@contextmanager
def _told(place: Place) -> Iterator[None]:
    try:
        yield
    except (web.SaidNoError, web.NoAnswerError) as error:
        raise cannot(place.tracking, str(error)) from None


@contextmanager
def _client(place: Place) -> Iterator[Any]:
    os.environ.update(DEADLINES)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    try:
        yield MlflowClient(tracking_uri=place.tracking)
    except (MlflowException, RequestException) as error:
        raise cannot(place.tracking, str(error).splitlines()[0][:300]) from error
