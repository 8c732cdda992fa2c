"""How often the judge errs when it looks all the time, beside the rate that it states.

A canary that stands right at its limit, in every signal at once, is the worst that is still
good: to call it bad is a false alarm. One that stands right beyond a limit is the best that is
still bad: to pass it is a miss. Each is looked at after every few answers.
"""

import argparse
import random
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from services.lifecycle.judging import judgement, thresholds
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.signals import Verdict

EDGES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5)
LABELS = tuple("abcdefghijk")
EVERY = 10


class Side:
    """Answers of one environment, drawn from rates that do not move."""

    def __init__(self, draw, errors, slow, shifted, sure):
        self.draw, self.errors, self.slow = draw, errors, slow
        self.shifted, self.sure = shifted, sure
        self.values = {f"label:{label}": 0.0 for label in LABELS}
        self.values |= {f"within:{edge:g}": 0.0 for edge in EDGES}

    def answer(self):
        """Count one answer."""
        seconds = 0.09 if self.draw.random() < self.slow else 0.015
        label = LABELS[0] if self.draw.random() < self.shifted else self.draw.choice(LABELS[1:])
        self._count("answers", "timed", *(f"within:{e:g}" for e in EDGES if seconds <= e))
        if self.draw.random() < self.errors:
            self._count("errors")
        else:
            self._count("confident", f"label:{label}")
            confidence = float(self.draw.random() < self.sure)  # no values spread further
            self.values["confidence"] = self.values.get("confidence", 0.0) + confidence

    def _count(self, *names):
        for name in names:
            self.values[name] = self.values.get(name, 0.0) + 1


def verdict(limits, seed, most, beyond):
    """Judge one canary beside one production until it is clear, or for so many answers."""
    draw, step = random.Random(seed), 1e-9 + beyond
    signals = limits.signals
    canary = Side(
        draw,
        0.02 + signals.errors + step,
        0.05 + step,  # within twice production's time come 95 %, and no fewer may
        0.1 + signals.classes + step,
        0.8 - signals.confidence - step,
    )
    production = Side(draw, 0.02, 0.0, 0.1, 0.8)
    for count in range(1, most + 1):
        canary.answer()
        production.answer()
        if count % EVERY == 0:
            here, there = Counts(canary.values), Counts(production.values)
            made = judgement.judge(here, there, limits, serves="6")
            if made.verdict is not Verdict.WAIT:
                return made.verdict
    return Verdict.WAIT


def share_of(wanted, limits, runs, most, beyond):
    """Return the share of runs that end in a verdict."""
    return sum(verdict(limits, seed, most, beyond) is wanted for seed in range(runs)) / runs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--answers", type=int, default=1000)
    asked, _ = parser.parse_known_args()
    limits, fine = thresholds.read(), []
    for rate in (limits.false_alarm, 0.2):
        stated = replace(limits, false_alarm=rate)
        alarms = share_of(Verdict.FAIL, stated, asked.runs, asked.answers, 0.0)
        misses = share_of(Verdict.PASS, stated, asked.runs, asked.answers, 0.02)
        looks = asked.answers // EVERY
        print(f"{asked.runs} judgements of {looks} looks each, stated {rate:.0%}:")
        print(f"  false alarms at every limit: {alarms:.2%} (at most {rate:.0%})")
        print(f"  passed although beyond a limit: {misses:.2%} (at most {rate:.0%})")
        fine += [alarms <= rate, misses <= rate]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
