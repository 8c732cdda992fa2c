"""What a verdict does to the traffic: one step of the plan after the other, or off at once."""

import json
import subprocess
import threading
from dataclasses import replace

import pytest

from services.lifecycle.errors import NotServingError
from services.lifecycle.judging import acting, thresholds
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.evidence import Evidence
from services.lifecycle.releasing import weights
from services.lifecycle.releasing.lock import Holder, Lock, look
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.owner import Owner
from services.lifecycle.verbs import judge
from tests.services.lifecycle.judging.conftest import CANARY_DIGEST
from tests.waiting import until

PLAN = (10, 25, 50, 100)
ENOUGH = 1500


@pytest.fixture(autouse=True)
def plan(monkeypatch):
    monkeypatch.setattr(weights, "steps", lambda: PLAN)


@pytest.fixture
def judged(verbs, fleet, values, tmp_path):
    """Run `judge` as the workflow does, for the bootstrap model as canary."""
    values["GOURMET_SITE_API"] = fleet.url
    values["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"  # nothing of this asks it
    canary = fleet.serve("canary", "none", CANARY_DIGEST)[0]
    production = fleet.serve("production", "6", "sha256:" + "b" * 64)[0]
    asked = {
        "version": None, "window": 5, "evidence": "none", "deadline": 1800.0, "replay": "",
        "environment": "canary", "limits": thresholds.FILE, "tell": True, "act": True,
        "operation": "judge-1", "outputs": tmp_path / "outputs",
    }  # fmt: skip

    def run(**more):
        return verbs(judge, **asked | more)

    run.canary, run.production, run.verbs, run.gitops = (
        canary, production, verbs, values["GOURMET_GITOPS"],
    )  # fmt: skip
    return run


def give(judged, share):
    weights.put(judged.verbs.step.gitops, "local", "canary", share, message=f"canary: {share} %\n")


def share(judged):
    return weights.share(judged.verbs.step.gitops, "canary")


def shares_in_git(judged):
    """Return every share that canary ever had, the first one first."""
    log = ["git", "-C", judged.gitops, "log", "--reverse", "--format=%H", "main"]
    commits = subprocess.run(log, capture_output=True, text=True, check=True).stdout.split()
    found = []
    for commit in commits:
        show = ["git", "-C", judged.gitops, "show", f"{commit}:platform/traffic.json"]
        text = subprocess.run(show, capture_output=True, text=True, check=False).stdout
        found.append(json.loads(text or "{}").get("canary"))
    return found


def step(judged, evidence="none", answers=ENOUGH):
    """Look once to begin, let answers come, and judge."""
    begun = judged(evidence=evidence, window=0.01)
    assert (begun["verdict"], begun["look"]) == ("wait", "again")
    judged.canary.take(answers)
    judged.production.take(answers)
    return judged(evidence=begun["evidence"], window=0.6)


def test_a_canary_that_passes_gets_the_next_share_and_is_judged_there_anew(judged):
    give(judged, 10)

    first = step(judged)

    assert (first["verdict"], first["look"]) == ("pass", "again")
    assert share(judged) == 25
    evidence = Evidence.read(first["evidence"])
    assert (evidence.share, evidence.canary["answers"]) == (25, 0)
    assert [each.share for each in evidence.passed] == [10]


def test_it_goes_through_the_whole_plan_and_stops_at_its_end(judged):
    give(judged, 10)
    evidence, looks = "none", []
    for _ in PLAN:
        seen = step(judged, evidence)
        evidence = seen["evidence"]
        looks.append((seen["verdict"], seen["look"]))

    assert looks == [("pass", "again")] * 3 + [("pass", "stop")]
    assert shares_in_git(judged) == list(PLAN)
    assert [each.share for each in Evidence.read(evidence).passed] == list(PLAN)


def test_at_100_percent_it_stays_beside_what_production_did_before(judged):
    give(judged, 50)
    whole = Evidence.read(step(judged)["evidence"])

    assert whole.share == 100
    assert whole.other["answers"] == ENOUGH
    begun = judged(evidence=whole.text(), window=0.01)
    judged.canary.errors = 1.0
    judged.canary.take(60)

    assert judged(evidence=begun["evidence"])["verdict"] == "fail"
    assert share(judged) == 0


def test_few_answers_at_a_step_are_never_a_pass_however_many_there_were_before(judged):
    give(judged, 10)
    first = step(judged)

    seen = step(judged, first["evidence"], answers=20)

    assert (seen["verdict"], seen["look"], share(judged)) == ("wait", "again", 25)


@pytest.mark.parametrize("at", [10, 50])
def test_a_canary_that_fails_at_any_step_gets_no_traffic_before_anything_else(judged, at):
    give(judged, at)
    begun = judged(window=0.01)
    judged.canary.errors = 1.0
    judged.canary.take(60)
    judged.production.take(500)

    seen = judged(evidence=begun["evidence"])

    assert (seen["verdict"], seen["look"], share(judged)) == ("fail", "stop", 0)


def test_killed_after_the_share_was_set_it_goes_on_at_that_share(judged):
    give(judged, 10)
    begun = judged(window=0.01)
    judged.canary.take(ENOUGH)
    judged.production.take(ENOUGH)
    judged(evidence=begun["evidence"])  # its outputs were lost with it
    assert share(judged) == 25

    again = judged(evidence=begun["evidence"], window=0.2)

    evidence = Evidence.read(again["evidence"])
    assert (again["verdict"], evidence.share, share(judged)) == ("wait", 25, 25)


def test_killed_after_a_bad_canary_was_taken_off_it_still_says_fail(judged):
    give(judged, 25)
    begun = judged(window=0.01)
    judged.canary.errors = 1.0
    judged.canary.take(60)
    judged.production.take(500)
    first = judged(evidence=begun["evidence"])  # its outputs were lost with it
    assert share(judged) == 0

    again = judged(evidence=begun["evidence"])

    assert (again["verdict"], again["look"], share(judged)) == ("fail", "stop", 0)
    assert (again["reason"], again["digest"]) == (first["reason"], first["digest"])


def test_a_share_is_set_as_soon_as_nobody_else_moves_canary(judged):
    give(judged, 10)
    begun = judged(window=0.01)
    judged.canary.take(ENOUGH)
    judged.production.take(ENOUGH)
    lock = Lock(judged.verbs.step.gitops, "canary", Holder.now("deploy-1", "ada", "wait", None))
    assert lock.take(None)
    waits = "waiting: canary is held by deploy-1"

    def free():
        until(lambda: waits in " ".join(judged.verbs.said), 60, what="the judge waits")
        lock.free()

    freeing = threading.Thread(target=free)
    freeing.start()

    seen = judged(evidence=begun["evidence"])

    freeing.join()
    assert (seen["verdict"], share(judged)) == ("pass", 25)


def test_killed_while_a_share_was_set_that_step_is_finished(judged):
    give(judged, 10)
    begun = judged(window=0.01)
    die_holding(judged, "judge-1-at-25")

    again = judged(evidence=begun["evidence"], window=0.1)

    assert (again["verdict"], share(judged)) == ("wait", 25)
    assert look(judged.verbs.step.gitops, "canary") is None
    assert step(judged, again["evidence"])["look"] == "again"
    assert share(judged) == 50


def test_what_another_dead_judge_left_is_taken_back_before_the_share_is_read(judged):
    give(judged, 10)
    step = judged.verbs.step
    put = {"before": lambda: {"share": 10}, "after": {"share": 25}}
    lock = die_holding(judged, "judge-0-at-25")
    made = Operation("judge-0-at-25", "canary", step.journal)
    with pytest.raises(KeyboardInterrupt):
        made.move("weight canary", **put, do=lambda: interrupted(judged, lock))
    assert share(judged) == 25

    again = judged(window=0.1)

    assert (again["verdict"], share(judged)) == ("wait", 10)


def die_holding(judged, operation):
    """Let a process take the lock of canary and die with it."""
    me = Owner.of_this_process()
    dead = replace(me, start=str(int(me.start) - 1))
    lock = Lock(judged.verbs.step.gitops, "canary", Holder.now(operation, "ada", "weight", dead))
    assert lock.take(None)
    return lock


def interrupted(judged, lock):
    """Set a share, and be killed before that is journalled."""
    where = (lock.gitops, "local", "canary")
    weights.put(*where, 25, message="canary: 25 %\n", fence=lock)
    raise KeyboardInterrupt


def test_a_canary_that_is_out_of_traffic_is_not_judged(judged):
    give(judged, 0)

    with pytest.raises(NotServingError, match=r"no live traffic \(0 %\)"):
        judged()


def test_a_verdict_that_nobody_acts_on_moves_nothing(judged):
    give(judged, 10)
    begun = judged(window=0.01, act=False)
    judged.canary.errors = 1.0
    judged.canary.take(60)
    judged.production.take(500)

    assert judged(evidence=begun["evidence"], act=False)["verdict"] == "fail"
    assert share(judged) == 10


def test_where_the_share_cannot_be_set_the_verdict_is_told_all_the_same(judged, monkeypatch):
    give(judged, 10)
    begun = judged(window=0.01)
    judged.canary.errors = 1.0
    judged.canary.take(60)
    judged.production.take(500)
    monkeypatch.setattr(weights, "put", _refuse)

    assert judged(evidence=begun["evidence"])["verdict"] == "fail"
    assert "could not be taken out of traffic" in " ".join(judged.verbs.said)


def _refuse(*_arguments, **_named):
    raise NotServingError("canary", "no", "No.")


def test_the_false_alarm_rate_is_of_all_steps_together(limits):
    assert acting.shared(limits, PLAN).alpha == pytest.approx(limits.alpha / 4)


def test_each_share_of_the_plan_follows_the_one_before():
    assert [acting.following(PLAN, each) for each in (5, 10, 26, 50, 100)] == [
        10,
        25,
        50,
        100,
        None,
    ]


def test_evidence_of_a_step_survives_being_written():
    evidence = Evidence("7", canary=Counts({"answers": 5.0}), share=10).passing().at(25, 9.0)

    assert Evidence.read(evidence.text()) == evidence
