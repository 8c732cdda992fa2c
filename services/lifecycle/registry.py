"""The model registry: the only place that speaks to MLflow."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.lifecycle.errors import (
    RegistryError,
    RunBusyError,
    RunFailedError,
    RunKilledError,
    RunMissingError,
)

MODEL = "model"  # the artifact folder that the trainer writes
RETRIES = "3"
NEVER_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True)
class Run:
    """A training run that ended well."""

    id: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Version:
    """One registered model version."""

    number: int
    run: str
    tags: dict[str, str]


class Registry:
    """A registered model at a tracking server."""

    def __init__(self, tracking: str, model: str, seconds: int = 60) -> None:
        # MLflow has no argument for these, and by default retries for minutes.
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(seconds)
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = RETRIES
        from mlflow import MlflowClient

        self.tracking = tracking
        self.model = model
        self._client = MlflowClient(tracking_uri=tracking, registry_uri=tracking)

    def finished_run(self, run: str) -> Run:
        """Return a run that ended well.

        Raises:
            RunError: it failed, was killed, has not ended, or does not exist.
        """
        try:
            with self._asking():
                found = self._client.get_run(run)
        except _AbsentError:
            raise RunMissingError(run, f"unknown to {self.tracking}", "Train again.") from None
        status = found.info.status
        if status == "FINISHED":
            return Run(run, dict(found.data.tags))
        raise _not_finished(run, status)

    def register(self, run: str, tags: dict[str, str]) -> int:
        """Register the model of a run; a second time returns the same version."""
        self._ensure_model()
        with self._asking():
            query = f"name = '{self.model}' and run_id = '{run}'"
            known = self._client.search_model_versions(query)
            if known:
                return min(int(each.version) for each in known)
            source = f"{self._client.get_run(run).info.artifact_uri}/{MODEL}"
            made = self._client.create_model_version(self.model, source, run_id=run, tags=tags)
        return int(made.version)

    def version(self, number: int) -> Version:
        """Return a registered version.

        Raises:
            RegistryError: there is none of this number.
        """
        try:
            with self._asking():
                found = self._client.get_model_version(self.model, str(number))
        except _AbsentError:
            raise RegistryError(
                f"{self.model} has no version {number} at {self.tracking}. Register a run first, "
                "or look at the versions there are: invoke status"
            ) from None
        return Version(number, found.run_id, dict(found.tags))

    def tag(self, number: int, **tags: str) -> None:
        """Write facts on a version; dots stand in names as underscores."""
        with self._asking():
            for name, value in tags.items():
                key = "gourmetops." + name.replace("_", "-")
                self._client.set_model_version_tag(self.model, str(number), key, value)

    def untag(self, number: int, name: str) -> None:
        """Remove a fact from a version; fine where there is none."""
        with self._asking():
            if f"gourmetops.{name}" in self.version(number).tags:
                self._client.delete_model_version_tag(self.model, str(number), f"gourmetops.{name}")

    def alias(self, name: str) -> int | None:
        """Return the version that an alias names, or None."""
        try:
            with self._asking():
                return int(self._client.get_model_version_by_alias(self.model, name).version)
        except _AbsentError:
            return None

    def move_alias(self, name: str, number: int | None) -> None:
        """Let an alias name a version, or nothing, and read it back.

        Raises:
            RegistryError: the alias does not name it afterwards.
        """
        with self._asking():
            if number is not None:
                self._client.set_registered_model_alias(self.model, name, str(number))
            elif self.alias(name) is not None:
                self._client.delete_registered_model_alias(self.model, name)
        now = self.alias(name)
        if now != number:
            raise RegistryError(
                f"alias {name} names {now} and not {number}, although MLflow took the change. "
                "Somebody else moved it at the same time; run this again."
            )

    def download_model(self, run: str, into: Path) -> Path:
        """Copy the model folder of a run here and return it."""
        with self._asking():
            listed = self._client.list_artifacts(run, MODEL)
            if not listed:
                raise RegistryError(
                    f"run {run} at {self.tracking} holds no {MODEL}/. It was removed, or the "
                    "training stored none; train again."
                )
            return Path(self._client.download_artifacts(run, MODEL, str(into)))

    def upload(self, run: str, folder: Path, below: str) -> None:
        """Keep the files of a folder with a run."""
        with self._asking():
            self._client.log_artifacts(run, str(folder), below)

    def _ensure_model(self) -> None:
        with self._asking():
            if not self._client.search_registered_models(f"name = '{self.model}'"):
                self._client.create_registered_model(self.model)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            if error.error_code in NEVER_THERE and "not found" in str(error).lower():
                raise _AbsentError from None
            raise RegistryError(_sentence(self.tracking, error)) from error


class _AbsentError(Exception):
    """MLflow knows no such thing."""


def _not_finished(run: str, status: Any) -> Exception:
    match status:
        case "FAILED":
            return RunFailedError(run, "it ended FAILED", "Read its log, mend it, train again.")
        case "KILLED":
            return RunKilledError(run, "it was KILLED before its end", "Train again.")
        case _:
            return RunBusyError(run, f"it is still {status}", "Wait until it has ended.")


def _sentence(tracking: str, error: Exception) -> str:
    first = str(error).splitlines()[0][:300]
    return f"MLflow at {tracking} cannot do it: {first}. Is it up? Look: invoke status"
