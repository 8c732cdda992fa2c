"""What can go wrong while data is read, a model is trained or its tests are run.

* TrainerError            exit code 2: asked wrongly, or something needed is not there
  * SourceError           the data that was asked for cannot be taken in at all
  * SettingsError         config.yaml or thresholds.yaml says something we do not know
  * DrawingsError         the icon sets of the sample data could not be had
  * TrackingError         MLflow does not answer, or refuses
  * MissingError          a file that an earlier step leaves is not there
  * MissingSettingError   an environment variable is not set
  * BadDataError          exit code 1: the data was read, and is bad
  * ChampionError         the version to compare with is not there
  * NoVerdictError        the model tests could not be run

Every message says where, what, and what to do next; `__main__` prints it as it is.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path


class TrainerError(Exception):
    """Base of everything the trainer raises on purpose."""

    code = 2


class SourceError(TrainerError):
    """The data that was asked for cannot be taken in at all."""

    def __init__(self, source: str, what: str) -> None:
        self.source = source
        super().__init__(f"{source}: {what}")


class SettingsError(TrainerError):
    """A settings file says something we do not know."""

    def __init__(self, file: Path, key: str, known: Sequence[str], what: str = "") -> None:
        close = get_close_matches(key, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it may hold {', '.join(known)}."
        super().__init__(f"{file}: {key!r} {what or 'is no setting of ours'}; {hint}")


class DrawingsError(TrainerError):
    """The icon sets of the sample data could not be had."""

    def __init__(self, said: str) -> None:
        self.said = said
        tampered = "EINTEGRITY" in said
        why = (
            "A package is not the one that was pinned: its hash differs. "
            "Nothing of it was used. Find out what changed before you trust it."
            if tampered
            else "Connect to the network and run the same command again, "
            "or bring pictures of your own with --source FOLDER."
        )
        tail = "\n".join(said.strip().splitlines()[-6:])
        super().__init__(f"The sample's drawings could not be fetched. {why}\nnpm said:\n{tail}")


class TrackingError(TrainerError):
    """MLflow does not answer, or refuses."""

    def __init__(self, address: str, said: str) -> None:
        super().__init__(
            f"MLflow at {address}: {said}\n"
            "Start it (`invoke up --until platform`) or set MLFLOW_TRACKING_URI."
        )


class MissingError(TrainerError):
    """A file that an earlier step leaves is not there."""

    def __init__(self, file: Path, made_by: str) -> None:
        super().__init__(f"{file}: there is no such file. Make it with `{made_by}` first.")


class MissingSettingError(TrainerError):
    """An environment variable is not set."""

    def __init__(self, name: str, meaning: str) -> None:
        super().__init__(f"{name} is not set. Set it to {meaning} and run the same command again.")


class BadDataError(TrainerError):
    """The data was read, and is bad."""

    code = 1

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} problem{'s'[: len(problems) != 1]}"
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{source}: {count}, so nothing is trained on it.\n{lines}")


class ChampionError(TrainerError):
    """The version to compare with is not there."""

    def __init__(self, model: str, asked: str) -> None:
        super().__init__(
            f"--champion {asked}: {model} has no such version or alias, and it is no model "
            "folder. Name one that is there, or `none` to compare with nothing."
        )


class NoVerdictError(TrainerError):
    """The model tests could not be run, so nothing is known of the model."""

    def __init__(self, code: int, said: str) -> None:
        tail = "\n".join(said.strip().splitlines()[-10:])
        super().__init__(f"The model tests could not be run (pytest ended with {code}):\n{tail}")
