"""What is counted: since the judgement began, by every replica, through restarts."""

import pytest

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.evidence import CANARY, KEPT_LOOKS, PRODUCTION, Evidence
from services.lifecycle.judging.exposition import Reading

BEGAN = 1000.0


def reading(answers, started=500.0, **more):
    return Reading("7", "sha256:a", started, Counts({"answers": answers, **more}))


def begun():
    return Evidence("7", began=BEGAN)


def grown(evidence, *steps):
    for name, found, restarts in steps:
        evidence = evidence.grown(CANARY, name, found, restarts)
    return evidence


def test_what_happened_before_the_judgement_began_does_not_count():
    evidence = grown(begun(), ("app-0", reading(900), 0), ("app-0", reading(910), 0))

    assert evidence.canary["answers"] == 10


def test_a_replica_that_came_later_counts_from_its_start():
    evidence = grown(begun(), ("app-1", reading(30, started=BEGAN + 5), 0))

    assert evidence.canary["answers"] == 30


def test_a_process_that_started_anew_counts_from_0_and_its_end_is_noticed():
    evidence = grown(
        begun(),
        ("app-0", reading(100), 0),
        ("app-0", reading(150), 0),
        ("app-0", reading(200, started=BEGAN + 9), 1),
    )

    assert evidence.canary["answers"] == 50 + 200
    assert evidence.restarts == 1


def test_counters_that_fell_were_reset_even_if_the_start_is_not_told():
    evidence = grown(
        begun(), ("app-0", reading(100, started=0), 0), ("app-0", reading(7, started=0), 0)
    )

    assert evidence.canary["answers"] == 7


def test_restarts_from_before_do_not_count_and_each_counts_once():
    evidence = grown(begun(), ("app-0", reading(1), 4), ("app-0", reading(2), 5))
    evidence = evidence.ended_once_more("app-0", 5).ended_once_more("app-0", 6)

    assert evidence.restarts == 2


def test_replicas_of_production_add_up_and_leave_the_canary_alone():
    evidence = begun()
    for name in ("app-0", "app-1"):
        evidence = evidence.grown(PRODUCTION, name, reading(5, errors=1), 0)
        evidence = evidence.grown(PRODUCTION, name, reading(9, errors=2), 3)

    assert (evidence.other["answers"], evidence.other["errors"]) == (8, 2)
    assert (evidence.canary["answers"], evidence.restarts) == (0, 0)


def test_it_goes_from_step_to_step_as_text_and_stays_the_same():
    evidence = grown(begun(), ("app-0", reading(1), 0), ("app-0", reading(5), 1)).looked(1010.0)

    again = Evidence.read(evidence.text())

    assert again == evidence
    assert grown(again, ("app-0", reading(6), 1)).canary["answers"] == 5


def test_however_long_it_takes_the_text_stays_short():
    evidence = begun()
    for moment in range(5000):
        evidence = evidence.looked(BEGAN + moment)

    assert len(evidence.looks) <= KEPT_LOOKS
    assert len(evidence.text()) < 3000


@pytest.mark.parametrize("text", ["{}", "[]", "no json", '{"version": "7", "seen": 1}'])
def test_other_text_is_no_evidence(text):
    with pytest.raises(AskedWronglyError, match="--evidence is not what an earlier judgement"):
        Evidence.read(text)
