"""Are the photos of an hour like those of the training? Two measures of two samples each.

A difference counts only if it is large (the limit) and would be rare between samples of the same
photos: with much traffic every small one is certain, and with little every large one an accident.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """When an hour is called drift; limits.yaml says what each means."""

    false_alarm: float
    minimum_photos: int
    mix: float
    distance: float
    cool_down: float


@dataclass(frozen=True)
class Measure:
    """One measure of one hour.

    Attributes:
        value: How far the hour is from the training.
        rare: How often equal samples would be as far apart.
    """

    name: str
    value: float
    limit: float
    rare: float
    allowed: float

    @property
    def is_drift(self) -> bool:
        """Say whether it is large, and no accident."""
        return self.value >= self.limit and self.rare <= self.allowed

    def __str__(self) -> str:
        return f"{self.name} {self.value:.2f} (limit {self.limit:g}, by chance in {self.rare:.2g})"


@dataclass(frozen=True)
class Hour:
    """The judgement of one hour; no measures where there were too few photos."""

    name: str
    photos: int
    measures: tuple[Measure, ...]

    @property
    def is_drift(self) -> bool:
        """Say whether one of the measures says so."""
        return any(measure.is_drift for measure in self.measures)


def judge(name: str, live: Mapping[str, Any], reference: Mapping[str, Any], limits: Limits) -> Hour:
    """Judge one hour of live photos against what the model brings along."""
    count = int(live["photos"])
    if count < limits.minimum_photos:
        return Hour(name, count, ())
    allowed = limits.false_alarm / 2
    value, rare = mix(live["labels"], reference["labels"])
    measures = [Measure("mix of labels", value, limits.mix, rare, allowed)]
    value, rare = distance(live["sum"], count, int(reference["photos"]))
    measures.append(Measure("distance of answers", value, limits.distance, rare, allowed))
    return Hour(name, count, tuple(measures))


def mix(live: Mapping[str, int], training: Mapping[str, int]) -> tuple[float, float]:
    """Return the share of labels that differ, and a bound on how often equal mixes would.

    For samples of n and m out of the same mix of k labels, the mean of that share is at most
    sqrt((k - 1) s) / 2 with s = 1/n + 1/m, and by McDiarmid it is d beyond its mean at most
    exp(-2 d^2 / s) of the time. That holds for every mix and every size, however small.
    """
    count, known = sum(live.values()), sum(training.values())
    labels = sorted({*live, *training})
    value = 0.5 * sum(
        abs(live.get(label, 0) / count - training.get(label, 0) / known) for label in labels
    )
    spread = 1 / count + 1 / known
    beyond = value - 0.5 * math.sqrt((len(labels) - 1) * spread)
    return value, math.exp(-2 * beyond**2 / spread) if beyond > 0 else 1.0


def distance(total: Sequence[float], count: int, training: int) -> tuple[float, float]:
    """Return how far the mean is from 0, and how often it would be by chance (Hotelling).

    Over the training's photos each dimension has mean 0 and variance 1, so the squared length,
    times the harmonic size of both samples, is distributed as chi-square.
    """
    mean = [part / count for part in total]
    squared = sum(part * part for part in mean)
    scale = count * training / (count + training)
    return math.sqrt(squared), chi_square_beyond(squared * scale, len(mean))


def chi_square_beyond(value: float, freedom: int) -> float:
    """Return how often chi-square with so many degrees of freedom is beyond a value."""
    if freedom == 0 or value <= 0:
        return 1.0
    half = value / 2
    if freedom % 2 == 0:
        total, term, start = math.exp(-half), math.exp(-half), 1.0
        terms = range(1, freedom // 2)
    else:
        total = math.erfc(math.sqrt(half))
        term, start = math.exp(-half) / math.sqrt(math.pi * half), 0.5
        terms = range(freedom // 2)
    for step in terms:
        term *= half / (start + step if freedom % 2 else step)
        total += term
    return min(1.0, total)
