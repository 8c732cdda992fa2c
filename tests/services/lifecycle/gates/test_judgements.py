"""Judgements of gates: what is written on a version, and the time that is left."""

from datetime import UTC, datetime, timedelta

import pytest

from services.lifecycle.releasing.gates import judgements
from services.lifecycle.releasing.gates.gate import Answer, Gate, allow, require

ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "wish", "answer"),
    [
        ({"judge": "pass"}, "required", "allow"),
        ({"replay": "pass"}, "required", "allow"),
        ({"judge": "wait"}, "required", "wait"),
        ({"judge": "wait"}, "advisory", "allow"),
        ({"judge": "fail"}, "advisory", "deny"),
        ({"judge": "pass", "replay": "fail"}, "advisory", "deny"),
        ({"judge": "wait", "replay": "pass"}, "required", "allow"),
        ({}, "required", "wait"),
        ({}, "advisory", "allow"),
    ],
)
def test_a_verdict_is_required_or_advisory_and_a_fail_denies(said, wish, answer):
    tags = {f"gourmetops.{kind}": f"{verdict} {ONE}" for kind, verdict in said.items()}

    assert judgements.verdict(tags, ONE, wish).answer.value == answer


def test_a_verdict_of_another_image_does_not_count():
    gate = judgements.verdict({"gourmetops.judge": f"fail {OTHER}"}, ONE, "required")

    assert (gate.answer, gate.reason) == (Answer.WAIT, "nobody judged this digest")
    assert gate.remedy == "Judge it: invoke judge"


@pytest.mark.parametrize(
    ("tag", "answer"),
    [(f"passed {ONE}", "allow"), (f"failed {ONE}", "deny"), (f"passed {OTHER}", "deny"),
     ("passed", "deny"), ("", "wait")],
)  # fmt: skip
def test_staging_tests_count_for_the_image_that_they_ran_for(tag, answer):
    tags = {"gourmetops.staging-tests": tag} if tag else {}

    assert judgements.staging_tests(tags, ONE).answer.value == answer


@pytest.mark.parametrize(
    ("hours", "ends", "answer"),
    [(1, "", "allow"), (1, "2026-11-21T13:00:00Z", "allow"), (1, "2026-11-21T12:59:59Z", "deny"),
     (0, "2026-11-21T12:00:01Z", "allow"), (0, "2026-11-21T11:59:59+00:00", "deny")],
)  # fmt: skip
def test_a_lease_must_last_for_as_long_as_the_site_says(hours, ends, answer):
    assert judgements.lease(ends, hours, NOW).answer.value == answer


def test_a_lease_whose_end_cannot_be_read_denies():
    gate = judgements.lease("soon", 1, NOW)

    assert gate.answer is Answer.DENY
    assert "'soon'" in gate.reason


def test_a_hold_denies_and_names_the_command_that_lifts_it():
    gate = judgements.hold({judgements.HOLD: "it was slow"}, 7)

    assert str(gate) == (
        "hold: deny, it is on hold: it was slow. Train another version: invoke train. "
        'Or lift it: invoke hold 7 --lift --reason "WHY"'
    )
    assert judgements.hold({}, 7).is_open


def test_force_opens_gates_but_not_firm_ones():
    shut = Gate("hold", Answer.DENY, "it is on hold")
    firm = Gate("serving", Answer.DENY, "it serves another one", firm=True)
    ready = allow("lease", "this site has none")

    assert require([ready, shut], 7, "production", "a reason") == [shut]
    assert require([ready], 7, "production") == []
    with pytest.raises(Exception, match=r"serving: deny.*--force does not open that"):
        require([ready, shut, firm], 7, "production", "a reason")
    with pytest.raises(Exception, match="version 7 may not go to production: hold: deny"):
        require([ready, shut], 7, "production")


def test_time_left_is_told_the_same_whenever_it_is_asked():
    """A plan holds it, and is the same to the byte."""
    ends = "2026-12-01T00:00:00Z"

    told = {str(judgements.lease(ends, 1, NOW + timedelta(minutes=m))) for m in range(5)}

    assert len(told) == 1
