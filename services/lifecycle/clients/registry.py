"""The model registry: which versions there are, and which of them an alias names.

Speaks MLflow's REST API itself, because importing its client costs a step two seconds; files
are the business of `artifacts.py`. No other module speaks to MLflow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from services.lifecycle.clients import artifacts, web
from services.lifecycle.errors import (
    RegistryError,
    RunBusyError,
    RunError,
    RunFailedError,
    RunKilledError,
    RunMissingError,
)

DEADLINE = 30.0
# MLflow may just be starting again.
PATIENCE = 10.0
# Of a person who only looks, and for whom the rest is told.
IMPATIENT = 5.0
PAGE = 1000
NAMED = 10  # versions, in an error
MODEL = "model"  # the artifact folder that the trainer writes


@dataclass(frozen=True)
class Run:
    """A training run that ended well."""

    id: str
    artifacts: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Version:
    """One registered model version."""

    number: int
    run: str
    tags: dict[str, str]


class NoVersionError(RegistryError):
    """The model has no version of that number."""

    def __init__(self, model: str, number: int, known: list[int]) -> None:
        self.number = number
        there = ", ".join(str(each) for each in known[-NAMED:])
        which = f"It has {'… ' * (len(known) > NAMED)}{there}." if known else "It has none yet."
        super().__init__(
            f"{model} has no version {number}. {which} Another one is made by: invoke train"
        )


class Registry:
    """A registered model at a tracking server.

    One that is only looked at is not waited for while it starts, and once it gave no answer it
    is not asked again.
    """

    def __init__(self, tracking: str, model: str, *, only_looks: bool = False) -> None:
        self.tracking = tracking.rstrip("/")
        self.model = model
        self.only_looks = only_looks
        self.patience = 0.0 if only_looks else PATIENCE
        self.deadline = IMPATIENT if only_looks else DEADLINE
        self._silence = ""

    def finished_run(self, run: str) -> Run:
        """Return a run that ended well.

        Raises:
            RunError: it failed, was killed, has not ended, or does not exist.
        """
        try:
            found = self._ask("runs/get", run_id=run)["run"]
        except _AbsentError:
            raise RunMissingError(run, f"unknown to {self.tracking}", "Train again.") from None
        info = found["info"]
        if info["status"] != "FINISHED":
            raise _not_finished(run, info["status"])
        return Run(run, info["artifact_uri"], _pairs(found["data"].get("tags")))

    def register(self, run: Run, tags: Mapping[str, str]) -> int:
        """Register the model of a run; a second time returns the same version."""
        self._ensure_model()
        query = f"name='{self.model}' and run_id='{run.id}'"
        known = self._ask("model-versions/search", filter=query).get("model_versions", [])
        if known:
            return min(int(each["version"]) for each in known)
        made = self._tell(
            "model-versions/create",
            name=self.model,
            source=f"{run.artifacts}/{MODEL}",
            run_id=run.id,
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )
        return int(made["model_version"]["version"])

    def version(self, number: int) -> Version:
        """Return a registered version.

        Raises:
            RegistryError: there is none of this number.
        """
        try:
            answer = self._ask("model-versions/get", name=self.model, version=str(number))
        except _AbsentError:
            raise NoVersionError(self.model, number, self._numbers()) from None
        found = answer["model_version"]
        return Version(number, found["run_id"], _pairs(found.get("tags")))

    def _numbers(self) -> list[int]:
        try:
            return [each.number for each in self.versions()]
        except _AbsentError:
            return []

    def versions(self) -> list[Version]:
        """Return every registered version, the lowest first."""
        query = {"filter": f"name='{self.model}'", "max_results": str(PAGE)}
        found: list[Version] = []
        while True:
            answer = self._ask("model-versions/search", **query)
            for each in answer.get("model_versions", []):
                found.append(
                    Version(int(each["version"]), each["run_id"], _pairs(each.get("tags")))
                )
            if not answer.get("next_page_token"):
                return sorted(found, key=lambda each: each.number)
            query["page_token"] = answer["next_page_token"]

    def aliases(self) -> dict[str, int]:
        """Return the version that each alias names."""
        try:
            found = self._ask("registered-models/get", name=self.model)["registered_model"]
        except _AbsentError:
            return {}
        return {each["alias"]: int(each["version"]) for each in found.get("aliases", [])}

    def state_of(self, run: str) -> str:
        """Return how a training run stands, such as FINISHED; nothing where nobody knows it."""
        try:
            return str(self._ask("runs/get", run_id=run)["run"]["info"]["status"])
        except _AbsentError:
            return ""

    def tag(self, number: int, **tags: str) -> None:
        """Write facts on a version; underscores stand for dashes."""
        for name, value in tags.items():
            key = "gourmetops." + name.replace("_", "-")
            where = {"name": self.model, "version": str(number)}
            self._tell("model-versions/set-tag", **where, key=key, value=value)

    def untag(self, number: int, name: str) -> None:
        """Take a fact off a version; one that is not there is fine."""
        key = "gourmetops." + name.replace("_", "-")
        if key in self.version(number).tags:
            where = {"name": self.model, "version": str(number), "key": key}
            self._send("DELETE", "model-versions/delete-tag", where)

    def alias(self, name: str) -> int | None:
        """Return the version that an alias names, or None."""
        try:
            answer = self._ask("registered-models/alias", name=self.model, alias=name)
        except _AbsentError:
            return None
        return int(answer["model_version"]["version"])

    def move_alias(self, name: str, number: int | None) -> None:
        """Let an alias name a version, or nothing, and read it back.

        Raises:
            RegistryError: the alias does not name it afterwards.
        """
        where = {"name": self.model, "alias": name}
        if number is not None:
            self._tell("registered-models/alias", **where, version=str(number))
        elif self.alias(name) is not None:
            self._send("DELETE", "registered-models/alias", where)
        now = self.alias(name)
        if now != number:
            raise RegistryError(
                f"alias {name} names {now} and not {number}, although MLflow took the change. "
                "Somebody else moved it at the same time; run this again."
            )

    def download_model(self, run: str, into: Path) -> Path:
        """Copy the model folder of a run here and return it."""
        return artifacts.download(self._place(run), MODEL, into)

    def upload(self, run: str, folder: Path, below: str) -> None:
        """Keep the files of a folder with a run."""
        artifacts.upload(self._place(run), folder, below)

    def _place(self, run: str) -> artifacts.Place:
        try:
            info = self._ask("runs/get", run_id=run)["run"]["info"]
        except _AbsentError:
            raise RunMissingError(run, f"unknown to {self.tracking}", "Train again.") from None
        return artifacts.Place(self.tracking, run, info["artifact_uri"])

    def _ensure_model(self) -> None:
        try:
            self._ask("registered-models/get", name=self.model)
        except _AbsentError:
            self._tell("registered-models/create", name=self.model)

    def _ask(self, what: str, **query: str) -> Any:
        return self._send("GET", f"{what}?{urlencode(query)}", None)

    def _tell(self, what: str, **content: Any) -> Any:
        return self._send("POST", what, content)

    def _send(self, method: str, what: str, content: Mapping[str, Any] | None) -> Any:
        address = f"{self.tracking}/api/2.0/mlflow/{what}"
        if self._silence:
            raise artifacts.cannot(self.tracking, self._silence)
        try:
            return web.call(
                method, address, content, deadline=self.deadline, patience=self.patience
            )
        except web.SaidNoError as error:
            if _is_absent(error):
                raise _AbsentError from None
            raise artifacts.cannot(self.tracking, str(error)) from None
        except web.NoAnswerError as error:
            why = str(error)
            if self.only_looks:
                self._silence = why
            raise artifacts.cannot(self.tracking, why) from None


class _AbsentError(Exception):
    """MLflow knows no such thing."""


def _is_absent(error: web.SaidNoError) -> bool:
    said = str(error.body.get("message", "")).lower()
    kind = error.body.get("error_code")
    return kind == "RESOURCE_DOES_NOT_EXIST" or (
        kind == "INVALID_PARAMETER_VALUE" and "not found" in said
    )


def _not_finished(run: str, status: str) -> RunError:
    match status:
        case "FAILED":
            return RunFailedError(run, "it ended FAILED", "Read its log, mend it, train again.")
        case "KILLED":
            return RunKilledError(run, "it was KILLED before its end", "Train again.")
        case _:
            return RunBusyError(run, f"it is still {status}", "Wait until it has ended.")


def _pairs(tags: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags or ()}
