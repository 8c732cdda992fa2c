"""What is compared between canary and production, one signal at a time.

Each signal is a function of counts and limits. It says fail when the canary is beyond its
limit for certain, pass when it is within for certain, and wait as long as both may be.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.lifecycle.judging import sequential
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.sequential import Interval
from services.lifecycle.judging.thresholds import Thresholds

ROUNDING = 1e-9


class Verdict(StrEnum):
    """What a judgement, or one signal of it, says."""

    PASS = "pass"
    FAIL = "fail"
    WAIT = "wait"
    SKIP = "skip"


@dataclass(frozen=True)
class Finding:
    """What one signal says.

    Attributes:
        signal: Its name.
        verdict: What it says; a signal that cannot be compared here is skipped.
        sentence: The numbers, for a person.
        canary: What was bounded, for the canary.
        production: The same for production.
        limit: What the canary is held against.
    """

    signal: str
    verdict: Verdict
    sentence: str
    canary: Interval | None = None
    production: Interval | None = None
    limit: float | None = None


def all_of(
    canary: Counts, production: Counts, limits: Thresholds, *, beside_bootstrap: bool
) -> Iterator[Finding]:
    """Compare everything that metrics can tell.

    The bootstrap model computes next to nothing, so beside it times have a limit of their own.
    """
    yield _share("errors", canary, production, limits.signals.errors, limits.alpha)
    yield _share("refusals", canary, production, limits.signals.refusals, limits.alpha)
    for quantile in limits.latency.quantiles:
        if beside_bootstrap:
            yield promptness(canary, quantile, limits.latency.beside_bootstrap, limits.alpha)
        else:
            yield latency(canary, production, quantile, limits.latency.factor, limits.alpha)
    yield classes(canary, production, limits.signals.classes, limits.alpha)
    yield confidence(canary, production, limits.signals.confidence, limits.alpha)


def _share(name: str, canary: Counts, production: Counts, margin: float, alpha: float) -> Finding:
    """Is the share of such answers more than a margin above production's?"""
    here = sequential.share(canary[name], canary["answers"], alpha / 2)
    there = sequential.share(production[name], production["answers"], alpha / 2)
    verdict = _above(here.low - there.high, here.high - there.low, margin)
    sentence = (
        f"{_percent(here)} of {canary['answers']:.0f} answers, in production {_percent(there)} of "
        f"{production['answers']:.0f}; {margin:.0%} above production is the limit"
    )
    return Finding(name, verdict, sentence, here, there, margin)


def latency(
    canary: Counts, production: Counts, quantile: float, factor: float, alpha: float
) -> Finding:
    """Does the quantile come later than `factor` times production's?

    Times are known by the buckets of a histogram. Production's quantile is rounded up to a
    bucket, and so is the limit; the share of the canary's answers within that limit is then
    bounded. Because the buckets are chosen by the data, alpha is split over all of them.
    """
    name = f"latency, {quantile:.0%} of answers"
    edges = sorted(canary.edges() & production.edges())
    each = alpha / (2 * max(1, len(edges)))
    usual = _first(edges, lambda edge: _within(production, edge, each).low >= quantile)
    if usual is None:
        return Finding(name, Verdict.WAIT, "what is usual in production is not known yet")
    limit = _first(edges, lambda edge: edge >= factor * usual * (1 - ROUNDING))
    if limit is None:
        sentence = f"production takes {usual:g} s, and {factor:g} times that is beyond all buckets"
        return Finding(name, Verdict.SKIP, sentence)
    here, there = _within(canary, limit, each), _within(production, limit, each)
    sentence = (
        f"production answers within {usual:g} s, so {limit:g} s is the limit; within that came "
        f"{_percent(here)} of {canary['timed']:.0f}, in production {_percent(there)}"
    )
    return Finding(name, _reaching(here, quantile), sentence, here, there, limit)


def promptness(canary: Counts, quantile: float, seconds: float, alpha: float) -> Finding:
    """Does the quantile come later than so many seconds?"""
    name = f"latency, {quantile:.0%} of answers"
    limit = _first(sorted(canary.edges()), lambda edge: edge >= seconds)
    if limit is None:
        return Finding(name, Verdict.WAIT, "no answer was timed yet")
    here = _within(canary, limit, alpha)
    sentence = (
        f"production serves the bootstrap model, which computes nothing, so {limit:g} s is the "
        f"limit; within that came {_percent(here)} of {canary['timed']:.0f}"
    )
    return Finding(name, _reaching(here, quantile), sentence, here, None, limit)


def classes(canary: Counts, production: Counts, margin: float, alpha: float) -> Finding:
    """Is the mix of labels further from production's than a margin?"""
    labels = sorted(canary.labels() | production.labels())
    here = [canary.label(label) for label in labels]
    there = [production.label(label) for label in labels]
    apart = sequential.variation(here, there)
    radius = sequential.mix_radius(here, alpha / 2) + sequential.mix_radius(there, alpha / 2)
    shift = Interval(max(0.0, apart - radius), apart, min(1.0, apart + radius))
    verdict = _above(shift.low, shift.high, margin)
    sentence = (
        f"{_percent(shift)} of the answers would need another label to look like production "
        f"({sum(here):.0f} against {sum(there):.0f}); {margin:.0%} is the limit"
    )
    return Finding("classes", verdict, sentence, shift, None, margin)


def confidence(canary: Counts, production: Counts, margin: float, alpha: float) -> Finding:
    """Is the mean confidence more than a margin below production's?"""
    here = sequential.mean(canary["confidence"], canary["confident"], alpha / 2)
    there = sequential.mean(production["confidence"], production["confident"], alpha / 2)
    verdict = _above(there.low - here.high, there.high - here.low, margin)
    sentence = (
        f"{_number(here)} on average over {canary['confident']:.0f}, in production "
        f"{_number(there)}; {margin:g} below production is the limit"
    )
    return Finding("confidence", verdict, sentence, here, there, margin)


def disagreement(compared: Counts, margin: float, alpha: float) -> Finding:
    """Do too many of the same photos get another label than from production?"""
    share = sequential.share(compared["disagreed"], compared["compared"], alpha)
    sentence = (
        f"{_percent(share)} of {compared['compared']:.0f} photos get another label than from "
        f"production; {margin:.0%} is the limit"
    )
    verdict = _above(share.low, share.high, margin)
    return Finding("disagreement", verdict, sentence, share, None, margin)


def _above(low: float, high: float, margin: float) -> Verdict:
    if low > margin:
        return Verdict.FAIL
    return Verdict.PASS if high <= margin else Verdict.WAIT


def _reaching(share: Interval, quantile: float) -> Verdict:
    if share.high < quantile:
        return Verdict.FAIL
    return Verdict.PASS if share.low >= quantile else Verdict.WAIT


def _within(counts: Counts, edge: float, alpha: float) -> Interval:
    return sequential.share(counts.within(edge), counts["timed"], alpha)


def _first(edges: list[float], holds: Callable[[float], bool]) -> float | None:
    return next((edge for edge in edges if holds(edge)), None)


def _percent(found: Interval) -> str:
    return f"{found.guess:.1%} ({found.low:.1%} to {found.high:.1%})"


def _number(found: Interval) -> str:
    return f"{found.guess:.2f} ({found.low:.2f} to {found.high:.2f})"
