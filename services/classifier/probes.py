"""Photos that a model brings along with the answers it gave at its training.

An app that prepares photos otherwise than the training did gets other answers, and every one of
them would look like an answer. So it must not start.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services import food

# How far a probability may be off: another processor rounds otherwise, and INT8 coarsely.
ALLOWED = 0.1
Probabilities = Callable[[NDArray[np.float32]], NDArray[np.float64]]


def difference(description: Mapping[str, Any], answer: Probabilities) -> str:
    """Answer each photo that came with the model, and say where that differs; else nothing.

    Args:
        description: What model.json holds. A model that brings no photos is not asked.
        answer: From the tensor of a photo to the probabilities of the labels.

    Raises:
        ValueError: a photo or its answer cannot be read.
    """
    for number, probe in enumerate(description.get("probes", ()), start=1):
        given = answer(food.to_tensor(base64.b64decode(probe["photo"], validate=True)))
        wanted = np.asarray(probe["probabilities"], dtype=np.float64)
        if wanted.shape != given.shape:
            raise ValueError(f"probe {number} has {wanted.size} probabilities")
        if np.abs(given - wanted).max() > ALLOWED:
            return (
                f"it answers photo {number} of those it brings along otherwise than at its "
                f"training: {_spoken(given)} here, {_spoken(wanted)} there"
            )
    return ""


def _spoken(shares: NDArray[np.float64]) -> str:
    best = int(shares.argmax())
    return f"{food.LABELS[best]} with {shares[best]:.0%}"
