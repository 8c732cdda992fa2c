"""Drift is found when it is there, and hardly ever when it is not."""

import math
import random

import pytest

from services.lifecycle.photos import statistics
from services.lifecycle.verbs import check_photos

LIMITS = check_photos.read(check_photos.LIMITS)
LABELS = [f"label {number}" for number in range(11)]
DIMENSIONS = 10


def hour(draw, count, weights, shift=0.0):
    """Return the sums of an hour of photos that were drawn."""
    labels = draw.choices(LABELS, weights, k=count)
    points = [[draw.gauss(shift, 1) for _ in range(DIMENSIONS)] for _ in range(count)]
    return {
        "photos": count,
        "labels": {label: labels.count(label) for label in LABELS},
        "sum": [sum(column) for column in zip(*points, strict=True)],
    }


def judged(live, trained):
    return statistics.judge("an hour", live, trained, LIMITS)


@pytest.mark.parametrize("count", [50, 400])
def test_an_hour_like_the_training_is_not_called_drift(count):
    draw = random.Random(1)
    weights = [1 + number % 4 for number in range(11)]
    trained = hour(draw, 471, weights)

    alarms = sum(judged(hour(draw, count, weights), trained).is_drift for _ in range(200))

    # At 0.001 an hour, 3 of 200 would come by chance once in a thousand times.
    assert alarms < 3


@pytest.mark.parametrize(
    ("weights", "shift", "what"),
    [([1] * 11, 0.4, "distance"), ([1, 1, 1, 12, *[1] * 7], 0.0, "mix")],
)
def test_photos_that_changed_are_called_drift_and_it_says_which_measure(weights, shift, what):
    draw = random.Random(1)
    trained = hour(draw, 471, [1] * 11)

    found = judged(hour(draw, 400, weights, shift), trained)

    assert found.is_drift
    assert [m.name.split()[0] for m in found.measures if m.is_drift] == [what]


def test_a_change_that_is_certain_and_small_is_no_drift():
    draw = random.Random(1)
    trained = hour(draw, 20_000, [1] * 11)

    found = judged(hour(draw, 20_000, [1] * 10 + [1.4], shift=0.05), trained)

    assert min(measure.rare for measure in found.measures) < 1e-6
    assert not found.is_drift


def test_too_few_photos_say_nothing_whatever_they_are():
    draw = random.Random(1)
    live = hour(draw, LIMITS.minimum_photos - 1, [1] + [0] * 10, shift=9)

    found = judged(live, hour(draw, 471, [1] * 11))

    assert found.measures == ()
    assert not found.is_drift


@pytest.mark.parametrize(
    ("value", "freedom", "beyond"),
    # From tables of the chi-square distribution.
    [(18.307, 10, 0.05), (29.588, 10, 0.001), (3.841, 1, 0.05), (16.919, 9, 0.05), (0, 4, 1.0)],
)
def test_chi_square_is_that_of_the_tables(value, freedom, beyond):
    assert statistics.chi_square_beyond(value, freedom) == pytest.approx(beyond, rel=2e-3)


def test_the_bound_on_mixes_holds_in_simulation():
    draw = random.Random(1)
    beyond = {0.2: 0, 0.25: 0, 0.3: 0}
    for _ in range(400):
        one, other = (hour_labels(draw, count) for count in (60, 200))
        value, _ = statistics.mix(one, other)
        for limit in beyond:
            beyond[limit] += value >= limit

    for limit, count in beyond.items():
        spread = 1 / 60 + 1 / 200
        over = limit - 0.5 * math.sqrt(10 * spread)
        assert count / 400 <= (math.exp(-2 * over**2 / spread) if over > 0 else 1)


def hour_labels(draw, count):
    labels = draw.choices(LABELS, k=count)
    return {label: labels.count(label) for label in LABELS}
