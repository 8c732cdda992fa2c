"""The lock of an environment: who may move it, who is refused, and in which words."""

import json
import re
import time
from types import SimpleNamespace

import pytest

from services.lifecycle.releasing import holding
from services.lifecycle.releasing import lock as locks
from services.lifecycle.releasing.holding import EndedError
from services.lifecycle.releasing.lock import BusyError, Holder, Lock, LockLostError
from services.lifecycle.releasing.owner import Owner, from_environment
from services.lifecycle.verbs import release, set_alias, weight
from tests.services.lifecycle.transaction.plain import Process, Workflow, digest

WISH = {"kind": "promote", "version": "1"}


def begin(platform, name, process, *, environment="canary", wants=WISH, patience=0.0):
    """Begin an operation behind a process."""
    return holding.begin(platform.step(process.owner), environment, name, wants, patience)


@pytest.fixture
def processes(platform):
    made = []

    def start():
        made.append(Process(platform.folder / "processes"))
        return made[-1]

    yield start
    for process in made:
        process.kill()


def test_a_second_operation_is_told_who_holds_it_at_which_step_and_what_to_do(platform, processes):
    first = begin(platform, "promote-1", processes())
    first.lock.renew("wait")

    with pytest.raises(BusyError) as refused:
        begin(platform, "promote-2", processes())

    assert re.sub(r"for \d+ s", "for 1 s", str(refused.value)) == (
        "canary is held by promote-1 (ada, step wait, for 1 s). Wait for it, or see how it goes: "
        "invoke workflows.get promote-1. Only if it is gone for good: "
        "invoke repair canary --gone REASON"
    )
    assert refused.value.exit_code == 2


def test_each_environment_has_a_lock_of_its_own(platform, processes):
    begin(platform, "promote-1", processes())
    begin(platform, "deploy-1", processes(), environment="staging")

    assert sorted(platform.locks()) == ["canary", "staging"]


def test_who_is_patient_gets_it_when_it_is_free(platform, processes, monkeypatch):
    first = begin(platform, "promote-1", processes())
    # Its own clock, and not the one with which git is waited for.
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: first.lock.free())
    monkeypatch.setattr(holding, "time", clock)

    begin(platform, "promote-2", processes(), patience=60)

    assert "waiting: canary is held by promote-1" in platform.said[0]


def test_a_dead_holder_is_taken_over_and_that_is_said(platform, processes):
    first = processes()
    begin(platform, "promote-1", first)
    first.kill()

    begin(platform, "deploy-2", processes(), wants={"kind": "deploy", "version": "2"})

    assert "took over from promote-1" in platform.said[0]
    assert "promote-1: it had moved nothing" in platform.said
    end = platform.step().journal.entries("promote-1")[-1]
    assert (end["move"], end["state"], end["settled_by"]) == ("end", "Undone", "deploy-2")


def test_a_holder_of_which_nothing_can_be_proved_is_never_taken_over(platform, processes):
    lock = Lock(platform.step().gitops, "canary", Holder.now("argo-1", "ada", "wait", None))
    assert lock.take(None)

    with pytest.raises(BusyError, match="canary is held by argo-1"):
        begin(platform, "promote-2", processes())


def test_a_person_says_that_such_a_holder_is_gone_but_not_of_one_that_lives(platform, processes):
    lock = Lock(platform.step().gitops, "canary", Holder.now("argo-1", "ada", "wait", None))
    assert lock.take(None)
    taken, _ = holding.take(platform.step(), "canary", "repair-1", "repair", gone="cluster is off")
    taken.free()
    begin(platform, "promote-2", processes())

    with pytest.raises(BusyError):
        holding.take(platform.step(), "canary", "repair-2", "repair", gone="I think so")


def test_who_lost_the_lock_can_neither_commit_nor_move_an_alias(platform, processes):
    first = processes()
    old = begin(platform, "promote-1", first)
    first.kill()
    begin(platform, "promote-2", processes(), wants={"kind": "promote", "version": "2"})
    before = platform.end_state()

    with pytest.raises(LockLostError, match="promote-1 no longer holds its lock") as lost:
        old.move("alias canary", before=dict, after={"version": 1}, do=lambda: pytest.fail("moved"))
    change = platform.step().gitops.change
    with pytest.raises(LockLostError):
        change("too late", lambda tree: (tree / "x").write_text("x"), old.lock)

    assert "promote-2 (ada" in str(lost.value)
    assert platform.end_state() == before


def test_a_step_of_an_operation_that_was_settled_is_told_to_start_anew(platform, processes):
    first = Workflow(platform, "promote", "canary", 1)
    assert first.run(kill_at=12) == "killed"
    assert Workflow(platform, "promote", "canary", 2).run() == "Succeeded"

    asked = {"environment": "canary", "version": 1, "digest": digest(1), "operation": first.name}
    with pytest.raises(EndedError, match=f"{first.name} is over .Undone at .* Start it anew"):
        platform.run(set_alias, processes().owner, tested=True, **asked)

    assert platform.served("canary") == 2


@pytest.mark.parametrize("name", ["release", "weight"])
def test_a_verb_by_hand_is_refused_while_an_operation_holds_the_environment(
    platform, processes, name
):
    begin(platform, "promote-1", processes())
    asked = {
        "release": (release, {"version": 1, "digest": digest(1)}),
        "weight": (weight, {"share": 0, "only_for": ""}),
    }
    verb, more = asked[name]

    with pytest.raises(BusyError, match="held by promote-1"):
        platform.run(verb, environment="canary", operation="by-hand-1", **more)


def test_a_verb_by_hand_holds_the_environment_as_long_as_it_runs(platform):
    asked = {"environment": "canary", "version": 1, "digest": digest(1), "operation": "by-hand-1"}

    platform.run(release, **asked)

    assert platform.locks() == []
    assert platform.served("canary") == 1


def test_what_two_dead_holders_left_is_settled_by_the_third(platform, processes):
    first = Workflow(platform, "promote", "canary", 1)
    assert first.run(kill_at=12) == "killed"
    second = Workflow(platform, "promote", "canary", 2)
    assert second.run(kill_at=2) == "killed"
    assert second.instant == "after-takeover"

    assert Workflow(platform, "promote", "canary", 3).run() == "Succeeded"

    journal = platform.step().journal
    assert [journal.entries(w.name)[-1]["state"] for w in (first, second)] == ["Undone", "Undone"]
    assert platform.registry.named["canary"] == platform.served("canary") == 3


def test_a_clock_that_was_set_back_makes_no_holder_younger_than_nothing():
    holder = Holder("x", "ada", "wait", "2999-01-01T00:00:00+00:00")

    assert holder.age == 0
    assert not holder.is_dead


def test_a_process_is_known_by_boot_and_start_and_not_by_its_number_alone():
    here = Owner.of_this_process()

    assert not here.is_dead
    assert Owner.read({**here.facts(), "start": "1"}).is_dead
    assert Owner.read({**here.facts(), "boot": "another boot of this machine"}).is_dead
    other = {**here.facts(), "boot": "another", "machine": "another machine"}
    assert not Owner.read(other).is_dead
    hidden = {**here.facts(), "space": "numbers of its own", "start": "1"}
    assert not Owner.read(hidden).is_dead


def test_on_a_cluster_the_workflow_is_the_holder_and_nothing_is_provable():
    assert from_environment({"ARGO_NODE_ID": "node"}) is None


def test_a_lock_that_nobody_can_read_is_held_by_somebody(platform, processes):
    platform.step().gitops.swap("canary", "", b"garbage\n")

    with pytest.raises(BusyError, match="canary is held by somebody"):
        begin(platform, "promote-1", processes())


def test_the_lock_says_all_that_the_status_shows(platform, processes):
    process = processes()
    begin(platform, "promote-1", process)

    found = locks.look(platform.step().gitops, "canary")
    facts = json.loads(found.text())

    assert facts["operation"] == "promote-1"
    assert facts["owner"]["guard"] == json.loads(process.owner)["guard"]
    assert {"by", "step", "since", "uptime"} <= facts.keys()
