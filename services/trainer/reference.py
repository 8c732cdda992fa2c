"""What live photos are compared with: how the model answers photos that it never learnt from.

Of each answer only a point in a few dimensions counts: the logarithms of its probabilities, less
their mean, turned and scaled so that over the held-out photos each dimension has mean 0 and
variance 1. Nobody can be recognised by the mean of such points.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services import food
from services.trainer.inference import Array

# Probabilities below this say nothing but that they are small.
SMALLEST = 1e-6
# Directions in which answers differ less than this are left out.
LEAST_VARIANCE = 1e-4


def of(logits: Array) -> dict[str, Any]:
    """Describe the answers to held-out photos."""
    points = centred(logits)
    mean = points.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(points, rowvar=False))
    kept = variances > LEAST_VARIANCE
    turn = directions[:, kept] / np.sqrt(variances[kept])
    counts = np.bincount(logits.argmax(axis=1), minlength=len(food.LABELS))
    return {
        "photos": len(logits),
        "labels": dict(zip(food.LABELS, counts.tolist(), strict=True)),
        "mean": mean.round(6).tolist(),
        "turn": turn.T.round(6).tolist(),
    }


def centred(logits: Array) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities, less their mean."""
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=1, keepdims=True))
    shares = np.maximum(powers / powers.sum(axis=1, keepdims=True), SMALLEST)
    logs: NDArray[np.float64] = np.log(shares)
    return logs - logs.mean(axis=1, keepdims=True)
