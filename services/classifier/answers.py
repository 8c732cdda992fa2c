"""The bodies of the API's answers, and the refusals that its document promises."""

from dataclasses import dataclass
from typing import Any

KEEPS_NOTHING = "No corrections are kept here: this server runs without FEEDBACK_DIR."


@dataclass(frozen=True)
class Problem:
    """Why a request was refused, in words for a person."""

    detail: str


@dataclass(frozen=True)
class Version:
    """What is served here."""

    model: str
    version: int | None
    digest: str | None
    commit: str | None
    data_hash: str | None
    run: str | None
    environment: str | None


@dataclass(frozen=True)
class Prediction:
    """What the model says of a photo.

    Attributes:
        probabilities: One for each label; they sum to 1.
        photo: SHA-256 of the bytes that were sent.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    photo: str
    version: int | None
    digest: str | None


@dataclass(frozen=True)
class Photos:
    """How photos were answered, in sums by the hour.

    Attributes:
        reference: The same of photos that the model never learnt from; None if it brings none.
        hours: By hour: photos, labels, and the sum of the points that their answers are.
    """

    version: int | None
    reference: dict[str, Any] | None
    hours: dict[str, Any]


@dataclass(frozen=True)
class Health:
    """That this process is there."""

    status: str


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The form is broken"},
    408: {"model": Problem, "description": "The photo did not arrive in time"},
    413: {"model": Problem, "description": "Too many bytes, pixels or frames"},
    415: {"model": Problem, "description": "No JPEG, PNG or WebP"},
    422: {"model": Problem, "description": "A field is missing, or the photo is broken"},
    503: {"model": Problem, "description": "Too many photos wait; Retry-After says how long"},
}
GONE: dict[int | str, dict[str, Any]] = {503: {"model": Problem, "description": "Going away"}}
NOT_KEPT: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": KEEPS_NOTHING}}
