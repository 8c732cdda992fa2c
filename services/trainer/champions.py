"""Find the model that a new one is compared with: a version, an alias, or a folder."""

import os
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from services.trainer import modelfile, progress
from services.trainer.errors import ChampionError

PRODUCTION, NONE = "production", "none"
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


def find(asked: str | None, client: MlflowClient, into: Path) -> Path | None:
    """Return the folder of the champion; None if nothing was ever in production.

    Args:
        asked: A version number, an alias, a model folder, `none`, or None for production.
        client: Where versions are.
        into: The folder to download to.

    Raises:
        ChampionError: what was asked for by name is not there.
    """
    if asked == NONE:
        return None
    if asked and (Path(asked) / modelfile.FACTS).is_file():
        return Path(asked).absolute()
    version = _version(asked or PRODUCTION, client)
    if version is None:
        if asked:
            raise ChampionError(_model(), asked)
        progress.say("no version is in production, so there is none to compare with")
        return None
    progress.say(f"compared with version {version.version}, run {version.run_id}")
    return Path(client.download_artifacts(version.run_id, "model", str(into)))


def _version(asked: str, client: MlflowClient) -> ModelVersion | None:
    try:
        if asked.isdigit():
            return client.get_model_version(_model(), asked)
        return client.get_model_version_by_alias(_model(), asked)
    except MlflowException as error:
        if error.error_code in UNKNOWN:
            return None
        raise


def _model() -> str:
    return os.environ.get("GOURMET_MODEL", "GourmetGramFood11Model")
