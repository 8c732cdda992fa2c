"""What production was just asked is asked of the canary too, and counted apart."""

import json
import threading
import time

import pytest

from services.lifecycle.clients import site
from services.lifecycle.judging import watch
from services.lifecycle.judging.evidence import Evidence
from services.lifecycle.judging.mirror import AT_A_TIME, Mirror
from services.lifecycle.judging.signals import Verdict


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "recordings"
    made.mkdir()
    return made


@pytest.fixture
def mirror(folder):
    made = Mirror(folder)
    yield made
    made.close()


def record(folder, number, label="Egg", version=6):
    """Keep a request as the classifier does."""
    (folder / f"{number:064}.png").write_bytes(b"PNG %d" % number)
    facts = {"version": version, "label": label, "confidence": 0.9}
    (folder / f"{number:064}.json").write_text(json.dumps(facts))


def compared(mirror, fleet, production="6", seconds=10):
    """Look until something was compared."""
    replicas = site.deployment(fleet.url, "canary").replicas
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := mirror.look(replicas, production)).values:
            return found
        time.sleep(0.01)
    return found


def test_new_requests_are_sent_to_the_canary_and_compared(mirror, folder, fleet, canary):
    canary.choose = lambda body: (200, "Egg" if b"PNG 1" in body else "Bread")
    compared(mirror, fleet, seconds=0.05)
    for number in (1, 2, 3):
        record(folder, number)

    found = compared(mirror, fleet)

    assert (found["compared"], found["disagreed"]) == (3, 2)


def test_what_was_there_before_the_judgement_began_is_not_sent(mirror, folder, fleet, canary):
    record(folder, 1)

    assert compared(mirror, fleet, seconds=0.3).values == {}
    assert canary.photos == []


def test_only_what_the_present_production_answered_is_compared(mirror, folder, fleet, canary):
    compared(mirror, fleet, seconds=0.05)
    record(folder, 1, version=5)
    record(folder, 2, version=None)
    (folder / "broken.json").write_text("{")

    assert compared(mirror, fleet, seconds=0.3).values == {}


def test_few_are_sent_at_a_time(mirror, folder, fleet, canary):
    canary.choose = lambda _body: (200, "Egg")
    compared(mirror, fleet, seconds=0.05)
    for number in range(50):
        record(folder, number)

    assert compared(mirror, fleet)["compared"] == AT_A_TIME


def test_a_canary_that_answers_errors_to_them_is_not_compared(mirror, folder, fleet, canary):
    canary.choose = lambda _body: (500, "")
    compared(mirror, fleet, seconds=0.05)
    record(folder, 1)

    assert compared(mirror, fleet, seconds=0.3)["compared"] == 0


def test_a_slow_canary_does_not_hold_up_the_looks(mirror, folder, fleet, canary):
    asked, looked = threading.Event(), threading.Event()

    def slowly(_body):
        asked.set()
        assert looked.wait(60)
        return 200, "Egg"

    canary.choose = slowly
    compared(mirror, fleet, seconds=0.05)
    record(folder, 1)

    assert compared(mirror, fleet, seconds=0.2).values == {}
    assert asked.wait(60)
    assert compared(mirror, fleet, seconds=0.2).values == {}
    looked.set()

    assert compared(mirror, fleet)["compared"] == 1


@pytest.mark.parametrize("place", [None, "nowhere"])
def test_where_nothing_is_kept_nothing_is_mirrored(tmp_path, fleet, canary, place):
    mirror = Mirror(place and tmp_path / place)

    assert compared(mirror, fleet, seconds=0.1).values == {}
    mirror.close()


def test_a_canary_that_answers_otherwise_fails_by_mirrored_requests_alone(
    fleet, canary, production, limits, folder
):
    canary.choose = lambda _body: (200, "Bread")
    mirror, evidence = Mirror(folder), Evidence("7")
    end = time.monotonic() + 30
    made, number = None, 0
    while made is None or made.verdict is not Verdict.FAIL:
        assert time.monotonic() < end
        evidence = watch.look(fleet.url, evidence, str, mirror)
        made = watch.weigh(evidence, limits)
        for _ in range(AT_A_TIME):
            number += 1
            record(folder, number)
        time.sleep(0.02)
    mirror.close()

    assert "disagreement: " in made.reason
    assert evidence.canary["answers"] == 0
