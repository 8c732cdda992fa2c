"""Statements about rates that hold at every look at once, however often one looks.

A test with a fixed sample size that is repeated while the data comes in raises a false
alarm sooner or later, with certainty. What stands here are confidence sequences instead:
intervals of which, with probability 1 - alpha, *every* one ever computed holds the truth.
So it is allowed to look each half second, to stop at the first clear answer, to go on
after "not yet", and to look again after a restart; nothing needs to be planned ahead, as
alpha spending would need, and no alternative needs to be guessed, as Wald's SPRT would.

All three come from one idea (Ville 1939, Robbins 1970): the likelihood of a mixture over
all alternatives, divided by the likelihood of the truth, is a martingale with mean 1, so
it ever reaches 1/alpha with probability of at most alpha. What it has carried beyond
1/alpha cannot be the truth.

* shares: the beta-binomial mixture (Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon,
  "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics
  49, 2021)
* means of values from 0 to 1: the normal mixture for sub-Gaussian sums (same paper, eq. 14)
* a mix of classes: the Dirichlet-multinomial mixture, with Pinsker's inequality from
  relative entropy to total variation

The bounds assume that answers are independent with a rate that does not move while the
canary is judged. The means hold for moving rates too. What moves for canary and
production alike (the hour of the day) moves both intervals alike.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Prior of the mixtures: Jeffreys' one, which is close to the best for any true share.
PRIOR = 0.5
# Where the normal mixture is tightest: after about 500 answers.
RHO = 8.0
STEPS = 40


@dataclass(frozen=True)
class Interval:
    """Where the truth is, and the best guess."""

    low: float
    guess: float
    high: float


UNKNOWN = Interval(0.0, 0.5, 1.0)


def share(count: float, total: float, alpha: float) -> Interval:
    """Bound a share of which `count` of `total` were seen."""
    if total <= 0:
        return UNKNOWN
    count = min(max(count, 0.0), total)
    guess, limit = count / total, math.log(1 / alpha)
    low = _edge(lambda p: _carried(count, total, p) > limit, 0.0, guess) if count else 0.0
    high = _edge(lambda p: _carried(count, total, p) > limit, 1.0, guess) if count < total else 1.0
    return Interval(low, guess, high)


def mean(total: float, count: float, alpha: float) -> Interval:
    """Bound the mean of `count` values from 0 to 1 that sum up to `total`."""
    if count <= 0:
        return UNKNOWN
    spread = count / 4  # no value from 0 to 1 varies more
    ratio = (spread + RHO) / (RHO * alpha**2)
    radius = math.sqrt((spread + RHO) * math.log(ratio)) / count
    guess = min(max(total / count, 0.0), 1.0)
    return Interval(max(0.0, guess - radius), guess, min(1.0, guess + radius))


def mix_radius(counts: Sequence[float], alpha: float) -> float:
    """Return how far, in total variation, the true mix is at most from the one seen."""
    total, kinds = sum(counts), len(counts)
    if total <= 0:
        return 1.0
    mixture = math.lgamma(kinds * PRIOR) - math.lgamma(total + kinds * PRIOR)
    mixture += sum(math.lgamma(n + PRIOR) - math.lgamma(PRIOR) for n in counts)
    best = sum(n * math.log(n / total) for n in counts if n)
    return min(1.0, math.sqrt((math.log(1 / alpha) + best - mixture) / (2 * total)))


def variation(some: Sequence[float], others: Sequence[float]) -> float:
    """Return the total variation between two mixes: 0 is alike, 1 has nothing in common."""
    here, there = sum(some) or 1.0, sum(others) or 1.0
    return sum(abs(a / here - b / there) for a, b in zip(some, others, strict=True)) / 2


def _carried(count: float, total: float, p: float) -> float:
    """Return the logarithm of what the data says against a share of `p`."""
    if p <= 0.0 or p >= 1.0:
        return math.inf
    mixture = _beta(PRIOR + count, PRIOR + total - count) - _beta(PRIOR, PRIOR)
    return mixture - count * math.log(p) - (total - count) * math.log(1 - p)


def _beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _edge(is_out: Callable[[float], bool], out: float, inside: float) -> float:
    """Return the last value, from inside outwards, that is not ruled out; a little outside."""
    for _ in range(STEPS):
        middle = (out + inside) / 2
        out, inside = (middle, inside) if is_out(middle) else (out, middle)
    return out
