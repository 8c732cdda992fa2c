"""Pass, fail and wait: on what they rest, how often they lie, how soon a bad canary is found."""

import random
from dataclasses import replace

import pytest

from services.lifecycle.judging import judgement
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.signals import Verdict
from tests.services.lifecycle.judging.conftest import EDGES, LABELS

LOOK_EVERY = 25


class Traffic:
    """Answers of canary and production as they come in, one to nine."""

    def __init__(self, seed, canary_share=0.1, **canary):
        self.draw = random.Random(seed)
        self.canary_share = canary_share
        self.how = {"canary": canary, "production": {}}
        self.values = {"canary": {f"label:{x}": 0.0 for x in LABELS}, "production": {}}

    def more(self, count):
        for _ in range(count):
            is_canary = self.draw.random() < self.canary_share
            name = "canary" if is_canary else "production"
            self._answer(self.values[name], **self.how[name])

    def _answer(
        self, values, *, errors=0.0, slower=1.0, mix=(4, 3, 2, 1), unsure=1.0, refusals=0.0
    ):
        status = "errors" if self.draw.random() < errors else ""
        status = "refusals" if not status and self.draw.random() < refusals else status
        seconds = self.draw.lognormvariate(-4.2, 0.3) * slower
        names = ["answers", "timed", *[f"within:{e:g}" for e in EDGES if seconds <= e]]
        names += [status] if status else ["confident", f"label:{self._label(mix)}"]
        for name in names:
            values[name] = values.get(name, 0.0) + 1
        for edge in EDGES:
            values.setdefault(f"within:{edge:g}", 0.0)
        if not status:
            sure = self.draw.betavariate(8, 2) * unsure
            values["confidence"] = values.get("confidence", 0.0) + sure

    def _label(self, mix):
        return self.draw.choices(LABELS, mix)[0]

    def counts(self):
        return Counts(self.values["canary"]), Counts(self.values["production"])

    def judge(self, limits, serves="6"):
        return judgement.judge(*self.counts(), limits, serves=serves)

    def until_clear(self, limits, most=8000):
        """Look again and again, and return the verdict."""
        for _ in range(most // LOOK_EVERY):
            self.more(LOOK_EVERY)
            made = self.judge(limits)
            if made.verdict is not Verdict.WAIT:
                break
        return made


def finding(made, signal):
    return next(found for found in made.findings if found.signal.startswith(signal))


def sharp(limits, false_alarm):
    """Let no difference be too small: then the truth stands right at every limit."""
    signals = replace(limits.signals, errors=1e-9, refusals=1e-9, classes=1e-9, confidence=1e-9)
    return replace(limits, false_alarm=false_alarm, signals=signals)


def test_two_that_are_alike_are_told_apart_less_often_than_stated_over_many_looks(limits):
    limits, alarms, runs = sharp(limits, 0.2), 0, 60
    for seed in range(runs):
        traffic = Traffic(seed, canary_share=0.5, errors=0.05, refusals=0.1)
        traffic.how["production"] = traffic.how["canary"]
        alarms += traffic.until_clear(limits, most=1250).verdict is Verdict.FAIL

    assert alarms / runs <= 0.2


def test_with_the_same_limits_two_that_differ_are_told_apart(limits):
    made = Traffic(1, canary_share=0.5, errors=0.2).until_clear(sharp(limits, 0.2))

    assert made.verdict is Verdict.FAIL


@pytest.mark.parametrize("seed", range(5))
def test_a_good_canary_passes_and_says_after_how_many_answers(limits, seed):
    made = Traffic(seed).until_clear(limits)

    assert made.verdict is Verdict.PASS
    assert made.reason.startswith("within every limit after ")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("errors", [1.0, 0.5, 0.15])
def test_a_canary_that_answers_errors_fails_within_50_bad_answers(limits, errors, seed):
    traffic = Traffic(seed, errors=errors)

    made = traffic.until_clear(limits)

    assert made.verdict is Verdict.FAIL
    assert made.reason.startswith("errors: ")
    assert traffic.values["canary"]["errors"] <= 50


@pytest.mark.parametrize("seed", range(5))
def test_a_canary_that_is_5_times_slower_fails_within_200_answers(limits, seed):
    traffic = Traffic(seed, slower=5.0)

    made = traffic.until_clear(limits)

    assert made.verdict is Verdict.FAIL
    assert "latency" in made.reason
    assert traffic.values["canary"]["answers"] <= 200


@pytest.mark.parametrize("usual", [0.003, 0.011, 0.0199, 0.16, 0.249, 0.49, 1.1])
def test_5_times_slower_is_found_wherever_production_stands_between_the_buckets(limits, usual):
    def at(seconds, answers):
        within = {f"within:{edge:g}": float(answers * (seconds <= edge)) for edge in EDGES}
        return Counts({"answers": answers, "timed": answers, **within})

    made = judgement.judge(at(5 * usual, 60), at(usual, 540), limits, serves="6")

    assert finding(made, "latency, 50%").verdict is Verdict.FAIL


def test_a_canary_that_is_a_little_slower_passes(limits):
    assert Traffic(3, slower=1.3).until_clear(limits).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("signal", "how"),
    [
        ("classes", {"mix": (0, 0, 0, 1)}),
        ("confidence", {"unsure": 0.5}),
        ("refusals", {"refusals": 0.6}),
    ],
)
def test_a_canary_that_answers_otherwise_fails_for_that_reason(limits, signal, how):
    made = Traffic(2, **how).until_clear(limits)

    assert made.verdict is Verdict.FAIL
    assert finding(made, signal).verdict is Verdict.FAIL


def test_no_answers_are_no_pass(limits):
    made = judgement.judge(Counts(), Counts(), limits, serves="6")

    assert made.verdict is Verdict.WAIT
    assert made.reason.startswith("0 answers of the canary, 0 of production, and 100 of each")


def test_perfect_answers_are_no_pass_while_they_are_few(limits):
    loose = replace(limits, signals=replace(limits.signals, errors=0.99, classes=0.99))
    traffic = Traffic(1, canary_share=0.5)
    traffic.more(120)

    assert traffic.judge(loose).verdict is Verdict.WAIT


def test_a_lull_in_production_is_no_pass(limits):
    traffic = Traffic(1, canary_share=1.0)
    traffic.more(3000)

    assert traffic.judge(limits).verdict is Verdict.WAIT


def test_beside_the_bootstrap_model_labels_and_confidence_are_not_compared(limits):
    traffic = Traffic(4, mix=(0, 0, 0, 1), unsure=0.3)
    traffic.more(8000)

    made = traffic.judge(limits, serves="none")

    assert made.verdict is Verdict.PASS
    assert made.reason.endswith("not compared: classes; confidence")
    assert "has learned nothing" in finding(made, "classes").sentence


def test_nobody_needs_to_be_as_quick_as_the_bootstrap_model(limits):
    traffic = Traffic(4, slower=10.0)
    traffic.how["production"] = {"slower": 0.1}
    traffic.more(8000)

    assert traffic.judge(limits).verdict is Verdict.FAIL
    assert traffic.judge(limits, serves="none").verdict is Verdict.PASS


def test_but_what_takes_seconds_fails_there_too(limits):
    traffic = Traffic(4, slower=200.0)
    traffic.more(1000)

    made = traffic.judge(limits, serves="none")

    assert made.verdict is Verdict.FAIL
    assert "so 1 s is the limit" in made.reason


def test_a_canary_with_errors_fails_beside_the_bootstrap_model_too(limits):
    traffic = Traffic(4, errors=0.9)
    traffic.more(1000)

    assert traffic.judge(limits, serves="none").verdict is Verdict.FAIL


def test_without_production_there_is_no_pass(limits):
    traffic = Traffic(4)
    traffic.more(8000)

    made = traffic.judge(limits, serves="")

    assert (made.verdict, made.reason) == (
        Verdict.WAIT,
        "production serves nothing to compare with",
    )


def test_a_canary_whose_process_ended_fails_at_once(limits):
    made = judgement.judge(Counts(), Counts(), limits, serves="6", restarts=1)

    assert made.verdict is Verdict.FAIL
    assert made.reason == "restarts: a process of the canary ended 1 times; 0 is the limit"
