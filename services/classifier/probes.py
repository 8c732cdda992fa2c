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

# How far a logit may be off: another processor rounds otherwise, and INT8 coarsely.
ALLOWED, ALLOWED_INT8 = 0.05, 0.5
Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def difference(description: Mapping[str, Any], answer: Network) -> str:
    """Answer each photo that came with the model, and say where that differs; else nothing.

    Args:
        description: What model.json holds. A model that brings no photos is not asked.
        answer: From the tensor of a photo to its logits.

    Raises:
        ValueError: a photo or its answer cannot be read.
    """
    allowed = ALLOWED_INT8 if description.get("quantised") else ALLOWED
    for number, probe in enumerate(description.get("probes", ()), start=1):
        given = answer(food.to_tensor(base64.b64decode(probe["photo"], validate=True)))[0]
        wanted = np.asarray(probe["logits"], dtype=np.float32)
        if wanted.shape != given.shape:
            raise ValueError(f"photo {number} has {wanted.size} logits")
        off = np.abs(given - wanted)
        if not off.max() <= allowed:
            worst = int(off.argmax())
            return (
                f"it answers photo {number} of those it brings along otherwise than at its "
                f"training: {given[worst]:.2f} for {food.LABELS[worst]} here, "
                f"{wanted[worst]:.2f} there, and {allowed} is allowed"
            )
    return ""
