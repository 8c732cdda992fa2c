"""A release: what is to serve in an environment, and its name in a log."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from services.lifecycle.errors import AskedWronglyError, ReleaseError
from services.lifecycle.images.building import DATA_HASH, RUN, VERSION
from services.lifecycle.images.layout import Image
from services.lifecycle.images.view import REVISION

NONE = "none"


@dataclass(frozen=True)
class Release:
    """The facts of a release; they stand in release.json beside the manifests.

    Attributes:
        version: The model version, or None for the bootstrap model.
        digest: Of the app image.
        commit: The source commit of the app's code.
        run: The training run of the model.
        data_hash: Of the data it was trained on.
    """

    version: int | None
    digest: str
    commit: str
    run: str
    data_hash: str

    @classmethod
    def of(cls, image: Image) -> Self:
        """Read a release off the labels of an app image."""
        labels = image.labels
        if VERSION not in labels:
            raise ReleaseError(
                f"{image.digest}: this image holds no model, so it cannot be released. Bake one: "
                "python -m services.lifecycle bake --version N"
            )
        return cls(
            version=version(labels[VERSION]),
            digest=image.digest,
            commit=labels[REVISION],
            run=labels.get(RUN, ""),
            data_hash=labels.get(DATA_HASH, ""),
        )

    @classmethod
    def read(cls, text: str, where: str) -> Self:
        """Read release.json.

        Raises:
            ReleaseError: a fact is missing or there is one too many.
        """
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ReleaseError(
                f"{where}: this is no release ({error}). Restore the file from its history."
            ) from None

    def text(self) -> str:
        """Write it as release.json holds it."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def facts(self) -> dict[str, Any]:
        """Return it as plain values, for the journal."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{spoken(self.version)} ({self.digest[:19]})"


def version(text: str) -> int | None:
    """Read a model version; `none` is the bootstrap model."""
    if text in ("", NONE):
        return None
    if not text.isdecimal() or int(text) < 1:
        raise AskedWronglyError(
            f"{text!r} is no model version. Give a number such as 7, or none (bootstrap)."
        )
    return int(text)


def written(number: int | None) -> str:
    """Write a model version as arguments and labels hold it."""
    return NONE if number is None else str(number)


def spoken(number: int | None) -> str:
    """Write a model version for a sentence."""
    return "the bootstrap model" if number is None else f"version {number}"
