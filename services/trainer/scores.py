"""What the answers of a model are worth: accuracy, recall, F1, confusion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services import food

CLASSES = len(food.LABELS)


@dataclass(frozen=True)
class Scores:
    """Counts of (right label, answered label) and what follows from them."""

    confusion: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """Share of all answers that are right, from 0 to 1."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def recall(self) -> NDArray[np.float64]:
        """Per class, the share of its pictures that were recognised."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=1))

    @property
    def f1(self) -> NDArray[np.float64]:
        """Per class, the harmonic mean of recall and precision."""
        right = np.diag(self.confusion)
        return _ratio(2 * right, self.confusion.sum(axis=0) + self.confusion.sum(axis=1))


def score(labels: NDArray[np.int64], logits: NDArray[np.float32]) -> Scores:
    """Count answers against labels."""
    confusion = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    np.add.at(confusion, (labels, logits.argmax(axis=1)), 1)
    return Scores(confusion)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = part / np.maximum(whole, 1)
    return ratio
