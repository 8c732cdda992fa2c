"""The bounds hold at every look at once, and are tight enough to be of use."""

import math
import random

import pytest

from services.lifecycle.judging import sequential
from services.lifecycle.judging.sequential import share

ALPHA = 0.1
RUNS = 300
LOOKS = 60


def runs_that_ever_miss(draw, misses):
    """Return the share of runs in which any of many looks rules out the truth."""
    missed = 0
    for seed in range(RUNS):
        random_ = random.Random(seed)
        seen = []
        for _ in range(LOOKS):
            seen.extend(draw(random_) for _ in range(5))
            if misses(seen):
                missed += 1
                break
    return missed / RUNS


@pytest.mark.parametrize("truth", [0.02, 0.3, 0.9])
def test_a_share_is_ever_missed_in_fewer_runs_than_stated(truth):
    def misses(seen):
        found = share(sum(seen), len(seen), ALPHA)
        return not found.low <= truth <= found.high

    assert runs_that_ever_miss(lambda r: r.random() < truth, misses) <= ALPHA


def test_the_usual_interval_lies_when_looked_at_often():
    def misses(seen):
        guess = sum(seen) / len(seen)
        return abs(guess - 0.3) > 1.645 * math.sqrt(0.21 / len(seen))

    assert runs_that_ever_miss(lambda r: r.random() < 0.3, misses) > 3 * ALPHA


def test_a_mean_is_ever_missed_in_fewer_runs_than_stated():
    def misses(seen):
        found = sequential.mean(sum(seen), len(seen), ALPHA)
        return not found.low <= 0.5 <= found.high

    # The widest spread that values from 0 to 1 can have: all at the ends.
    share_of_runs = runs_that_ever_miss(lambda r: float(r.random() < 0.5), misses)

    assert share_of_runs <= ALPHA


def test_a_mix_is_ever_further_away_in_fewer_runs_than_stated():
    truth = (0.5, 0.3, 0.2)

    def misses(seen):
        counts = [seen.count(kind) for kind in range(3)]
        return sequential.variation(counts, truth) > sequential.mix_radius(counts, ALPHA)

    assert runs_that_ever_miss(lambda r: r.choices(range(3), truth)[0], misses) <= ALPHA


def test_nothing_seen_says_nothing():
    assert (share(0, 0, ALPHA).low, share(0, 0, ALPHA).high) == (0.0, 1.0)
    assert (sequential.mean(0, 0, ALPHA).low, sequential.mean(0, 0, ALPHA).high) == (0.0, 1.0)
    assert sequential.mix_radius([0, 0], ALPHA) == 1.0


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (3, 10), (10**6, 10**7)])
def test_the_best_guess_is_within_the_interval(count, total):
    found = share(count, total, 0.01)

    assert 0 <= found.low <= found.guess <= found.high <= 1
    assert found.guess == count / total


def test_the_ends_are_where_the_mixture_has_carried_as_much_as_stated():
    found = share(3, 10, ALPHA)

    for end in (found.low, found.high):
        assert sequential._carried(3, 10, end) == pytest.approx(math.log(1 / ALPHA), abs=1e-4)


def test_intervals_narrow_as_answers_come_in():
    widths = [
        found.high - found.low for found in (share(n // 10, n, 0.01) for n in (10, 100, 1000))
    ]

    assert widths[0] > 2 * widths[1] > 4 * widths[2]
    assert share(0, 1000, 0.001).high < 0.02


def test_variation_is_0_for_alike_and_1_for_nothing_in_common():
    assert sequential.variation([1, 2], [10, 20]) == pytest.approx(0)
    assert sequential.variation([1, 0], [0, 20]) == pytest.approx(1)
