"""How photos of each hour were answered, as sums in which no photo and nobody can be found.

Per hour: how many photos, how many of each label, and the sum of the points that their answers
are in the few dimensions that the model brings along (`reference` in model.json). A photo that
is sent again within the hour counts once; how it is known again is forgotten with the hour.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services import food

KEPT = 48
MOST_KNOWN = 100_000  # photos of an hour that are known again; more than that count each time
SMALLEST = 1e-6  # as in training


@dataclass
class Hour:
    """The sums of one hour."""

    photos: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    sum: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


class Hours:
    """Sums of the last hours. It may be called from several threads."""

    def __init__(self, reference: Mapping[str, Any] | None) -> None:
        self.reference = reference
        self._hours: dict[str, Hour] = {}
        self._known: set[bytes] = set()
        self._lock = threading.Lock()
        if reference:
            self._mean = np.asarray(reference["mean"], dtype=np.float64)
            self._turn = np.asarray(reference["turn"], dtype=np.float64)

    def see(self, photo: str, label: str, probabilities: Mapping[str, float]) -> None:
        """Add an answer to the hour that it is."""
        name = datetime.now(UTC).strftime("%Y-%m-%dT%H:00Z")
        point = self._point(probabilities)
        with self._lock:
            hour = self._hours.get(name) or self._next(name, len(point))
            digest = bytes.fromhex(photo)[:8]
            if digest in self._known:
                return
            if len(self._known) < MOST_KNOWN:
                self._known.add(digest)
            hour.photos += 1
            hour.labels[label] += 1
            hour.sum += point

    def told(self) -> dict[str, Any]:
        """Return the sums by hour, the oldest first."""
        with self._lock:
            return {
                name: {
                    "photos": hour.photos,
                    "labels": {label: hour.labels[label] for label in food.LABELS},
                    "sum": hour.sum.round(6).tolist(),
                }
                for name, hour in sorted(self._hours.items())
            }

    def _next(self, name: str, dimensions: int) -> Hour:
        self._known.clear()
        self._hours[name] = Hour(sum=np.zeros(dimensions))
        for old in sorted(self._hours)[:-KEPT]:
            del self._hours[old]
        return self._hours[name]

    def _point(self, probabilities: Mapping[str, float]) -> NDArray[np.float64]:
        if not self.reference:
            return np.zeros(0)
        shares = np.array([probabilities[label] for label in food.LABELS])
        logs = np.log(np.maximum(shares, SMALLEST))
        point: NDArray[np.float64] = self._turn @ (logs - logs.mean() - self._mean)
        return point
