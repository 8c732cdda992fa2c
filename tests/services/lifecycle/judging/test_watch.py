"""Watching real servers: how soon it ends, and what it does not mistake."""

import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from services.lifecycle.errors import NotServingError, WrongVersionError
from services.lifecycle.judging import watch
from services.lifecycle.judging.evidence import Evidence
from services.lifecycle.judging.signals import Verdict
from tests.services.lifecycle.judging.conftest import CANARY_DIGEST, PRODUCTION_DIGEST

A_SECOND_AND_REPLICA = 400


@contextmanager
def traffic(canaries, productions):
    """Let answers come: one for each canary to nine for production."""
    stop = threading.Event()

    def send():
        while not stop.wait(9 / A_SECOND_AND_REPLICA):
            for replica in canaries:
                replica.take()
            for replica in productions:
                replica.take(9)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join()


def look_closely(fleet, limits, window=20.0, evidence=None):
    said = []
    evidence = evidence or Evidence("7")
    evidence, made = watch.watch(fleet.url, evidence, limits, window, said.append)
    return evidence, made, said


def looked(fleet, evidence, said=None):
    return watch.look(fleet.url, evidence, (said if said is not None else []).append)


@pytest.mark.parametrize("fault", [{"errors": 1.0}, {"slower": 5.0}, {"errors": 0.3}])
def test_a_bad_canary_is_found_within_5_seconds_of_50_bad_answers(
    fleet, canary, production, limits, fault
):
    for name, value in fault.items():
        setattr(canary, name, value)
    start = time.monotonic()

    with traffic([canary], [production]):
        evidence, made, _ = look_closely(fleet, limits)

    assert made.verdict is Verdict.FAIL
    bad = evidence.canary["errors"] if "errors" in fault else evidence.canary["answers"]
    assert bad <= 200
    assert time.monotonic() - start < 50 / (A_SECOND_AND_REPLICA / 9) / fault.get("errors", 1) + 5


def test_a_good_canary_passes_as_soon_as_that_is_certain(fleet, canary, production, limits):
    production.take(5000)
    evidence = looked(fleet, Evidence("7"))
    canary.take(600)
    production.take(5400)

    evidence, made, said = look_closely(fleet, limits, evidence=evidence)

    assert made.verdict is Verdict.PASS
    assert evidence.other["answers"] == 5400
    assert said[-1].startswith("pass: within every limit after 600 answers")


def test_all_replicas_of_both_are_read(fleet, limits):
    canaries = fleet.serve("canary", "7", CANARY_DIGEST, replicas=2)
    productions = fleet.serve("production", "6", PRODUCTION_DIGEST, replicas=3)
    evidence = looked(fleet, Evidence("7"))
    for replica in canaries + productions:
        replica.take(10)

    evidence = looked(fleet, evidence)

    assert (evidence.canary["answers"], evidence.other["answers"]) == (20, 30)


def test_too_little_traffic_is_waited_for_until_the_window_ends(fleet, canary, production, limits):
    start = time.monotonic()

    _, made, said = look_closely(fleet, limits, window=1.2)

    assert made.verdict is Verdict.WAIT
    assert 1.2 <= time.monotonic() - start < 5
    assert said == [f"wait: {made.reason}"]


def test_a_canary_that_was_restarted_once_too_often_fails(fleet, canary, production, limits):
    canary.take(5)
    evidence = looked(fleet, Evidence("7"))
    canary.restart()
    canary.take(3)

    evidence, made, _ = look_closely(fleet, limits, evidence=evidence)

    assert made.verdict is Verdict.FAIL
    assert made.reason.startswith("restarts: ")
    assert evidence.canary["answers"] == 3


def test_a_canary_that_ends_and_answers_no_more_fails(fleet, canary, production, limits):
    evidence = looked(fleet, Evidence("7"))
    canary.silent, canary.restarts = True, 1

    _, made, _ = look_closely(fleet, limits, evidence=evidence)

    assert made.verdict is Verdict.FAIL


def test_production_may_restart_and_its_answers_go_on_counting(fleet, canary, production, limits):
    evidence = looked(fleet, Evidence("7"))
    production.take(40)
    evidence = looked(fleet, evidence)
    production.restart()
    production.take(2)

    evidence = looked(fleet, evidence)

    assert evidence.other["answers"] == 42
    assert evidence.restarts == 0


def test_another_version_in_canary_is_not_judged(fleet, canary, production, limits):
    with pytest.raises(WrongVersionError, match="it serves 7 and not 8"):
        look_closely(fleet, limits, evidence=Evidence("8"))


def test_a_canary_that_is_replaced_meanwhile_is_not_judged(fleet, canary, production, limits):
    evidence = looked(fleet, Evidence("7"))
    fleet.serve("canary", "7", "sha256:" + "c" * 64)

    with pytest.raises(WrongVersionError):
        looked(fleet, evidence)


def test_a_release_to_production_begins_the_count_anew(fleet, canary, production, limits):
    evidence = looked(fleet, Evidence("7"))
    canary.take(50)
    evidence = looked(fleet, evidence)
    fleet.serve("production", "5", "sha256:" + "d" * 64)
    said = []

    evidence = looked(fleet, evidence, said)

    assert evidence.canary["answers"] == 0
    assert evidence.production == "5"
    assert said == ["there was a release meanwhile, so everything is counted anew"]


def test_no_canary_is_said(fleet, production, limits):
    with pytest.raises(NotServingError, match="nothing is deployed there"):
        look_closely(fleet, limits)


def test_no_production_is_waited_for(fleet, canary, limits):
    canary.take(1000)

    _, made, _ = look_closely(fleet, limits, window=0.1)

    assert (made.verdict, made.reason) == (
        Verdict.WAIT,
        "production serves nothing to compare with",
    )


def test_a_site_that_does_not_answer_is_no_verdict(limits):
    said = []

    _, made = watch.watch("http://127.0.0.1:9", Evidence("7"), limits, 0.1, said.append)

    assert made.verdict is Verdict.WAIT
    assert "the site does not answer" in said[0]


def test_looks_come_as_often_as_the_limits_say(fleet, canary, production, limits):
    evidence, _, _ = look_closely(fleet, replace(limits, every=0.05), window=3.0)

    # Where each takes a third of a second, too; every half second, there would be seven.
    assert 8 <= len(evidence.looks) <= 65
