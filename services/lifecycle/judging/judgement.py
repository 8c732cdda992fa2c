"""The verdict over a canary: pass, fail or wait, of everything that was counted."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from services.lifecycle.judging import signals
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.signals import Finding, Verdict
from services.lifecycle.judging.thresholds import Thresholds
from services.lifecycle.releasing.releases import NONE

# What only makes sense beside a model that knows something.
LEARNED = ("classes", "confidence", "disagreement")
NOTHING_LEARNED = (
    "not compared: production serves the bootstrap model, which has learned nothing, so to be "
    "like it would be no merit"
)


@dataclass(frozen=True)
class Judgement:
    """A verdict, its reason, and what each signal says."""

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...]

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def judge(
    canary: Counts, production: Counts, limits: Thresholds, *, serves: str, restarts: int = 0
) -> Judgement:
    """Judge what was counted.

    Args:
        canary: What the canary counted since the judgement began.
        production: What production counted since.
        limits: What is allowed.
        serves: The version that production serves; empty when it serves nothing.
        restarts: How often a process of the canary has ended since.
    """
    found = tuple(_findings(canary, production, limits, serves, restarts))
    answers = f"{canary['answers']:.0f} answers of the canary, {production['answers']:.0f} of "
    answers += "production"
    failed = [finding for finding in found if finding.verdict is Verdict.FAIL]
    if failed:
        told = "; ".join(f"{finding.signal}: {finding.sentence}" for finding in failed)
        return Judgement(Verdict.FAIL, told, found)
    if not serves:
        return Judgement(Verdict.WAIT, "production serves nothing to compare with", found)
    if min(canary["answers"], production["answers"]) < limits.minimum_answers:
        reason = f"{answers}, and {limits.minimum_answers} of each are needed"
        return Judgement(Verdict.WAIT, reason, found)
    unsure = [finding.signal for finding in found if finding.verdict is Verdict.WAIT]
    if unsure:
        reason = f"not certain yet: {'; '.join(unsure)} ({answers})"
        return Judgement(Verdict.WAIT, reason, found)
    skipped = [finding.signal for finding in found if finding.verdict is Verdict.SKIP]
    beside = f"; not compared: {'; '.join(skipped)}" if skipped else ""
    return Judgement(Verdict.PASS, f"within every limit after {answers}{beside}", found)


def _findings(
    canary: Counts, production: Counts, limits: Thresholds, serves: str, restarts: int
) -> Iterator[Finding]:
    for finding in signals.all_of(canary, production, limits, beside_bootstrap=serves == NONE):
        yield _skipped(finding.signal) if _is_vain(finding, serves) else finding
    if canary["compared"]:
        margin = limits.signals.disagreement
        finding = signals.disagreement(canary, margin, limits.alpha)
        yield _skipped(finding.signal) if _is_vain(finding, serves) else finding
    ended = f"a process of the canary ended {restarts} times; {limits.restarts} is the limit"
    broken = Verdict.FAIL if restarts > limits.restarts else Verdict.PASS
    yield Finding("restarts", broken, ended, limit=limits.restarts)


def _is_vain(finding: Finding, serves: str) -> bool:
    return serves == NONE and finding.signal in LEARNED


def _skipped(signal: str) -> Finding:
    return Finding(signal, Verdict.SKIP, NOTHING_LEARNED)
