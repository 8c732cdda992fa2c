"""Going back: revert to what was approved, undo what an operation did, and the record of both."""

import pytest

from services.lifecycle.errors import RefusedError, ReleaseError
from services.lifecycle.verbs import record, undo
from tests.services.lifecycle.conftest import git

PARENT = '{"gourmetops/parent": "train-1"}'


def test_a_rollback_goes_to_the_last_approved_and_not_to_the_one_before(world, gitops):
    one, two, three = world.bake(), world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.release("staging", three, "deploy-3")
    good = git("rev-parse", "main~2:environments/staging", folder=gitops)

    made = world.revert("staging")

    assert made == {"version": "1", "digest": world.digests[1], "held": "3"}
    assert git("rev-parse", "main:environments/staging", folder=gitops) == good
    assert world.verbs.step.registry.version(3).tags["gourmetops.hold"] == "it is slow"


def test_a_rollback_skips_what_is_on_hold_and_moves_the_aliases_back(world):
    numbers = [world.bake() for _ in range(3)]
    for number in numbers:
        world.approved("canary", number, f"promote-{number}")
    assert world.revert("canary", "revert-1")["version"] == "2"
    world.serve("canary", 2)
    world.alias("canary", 2, "revert-1", tested=True)

    assert world.revert("canary", "revert-2")["version"] == "1"
    assert world.aliased("canary") == 2


def test_a_rollback_that_is_killed_and_run_again_does_not_go_back_twice(world):
    for number in [world.bake() for _ in range(3)]:
        world.approved("canary", number, f"promote-{number}")

    first = world.revert("canary", "revert-1")

    assert world.revert("canary", "revert-1") == first
    assert world.current("canary") == 2


def test_a_rollback_of_a_release_that_somebody_replaced_is_refused(world):
    one, two = world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.approved("staging", two, "deploy-2")

    with pytest.raises(RefusedError, match="no longer"):
        world.revert("staging", leaving=world.digests[one])

    assert world.current("staging") == two
    assert "gourmetops.hold" not in world.verbs.step.registry.version(two).tags


def test_a_rollback_with_nothing_to_go_back_to_says_so(world):
    one = world.bake()
    world.approved("canary", one, "promote-1")

    with pytest.raises(ReleaseError, match="no approved release to go back to"):
        world.revert("canary")


def take_back(world, operation="deploy-2", environment="staging"):
    asked = {"environment": environment, "operation": operation, "deadline": 5}
    return world.verbs(undo, **asked)["undone"]


def test_undo_takes_release_and_alias_back_in_reverse(world):
    one, two = world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.alias("staging", two, "deploy-2")
    world.serve("staging", one)

    told = take_back(world)

    assert told == (
        "alias staging is back at version 1; "
        f"staging is back at version 1 ({world.digests[one][:19]})"
    )
    assert (world.current("staging"), world.aliased("staging")) == (1, 1)


def test_undo_twice_changes_nothing_more(world, gitops):
    one, two = world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.serve("staging", one)
    take_back(world)
    commits = git("rev-list", "--count", "main", folder=gitops)

    assert take_back(world) == ""
    assert git("rev-list", "--count", "main", folder=gitops) == commits


def test_undo_leaves_alone_what_somebody_else_released_since(world):
    one, two, three = world.bake(), world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.release("staging", three, "deploy-3")

    assert "somebody released it since" in take_back(world)
    assert world.current("staging") == three


def test_an_operation_that_moved_nothing_has_nothing_to_undo(world):
    assert take_back(world) == ""


def test_a_release_that_is_killed_and_run_again_still_knows_what_stood_there(world):
    one, two = world.bake(), world.bake()
    first = world.release("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")

    again = world.release("staging", two, "deploy-2")

    assert again["before"] == first["commit"]
    moves = [e for e in world.verbs.step.journal.entries("deploy-2") if e["move"] == "release"]
    assert [entry["state"] for entry in moves] == ["intent", "done"]


def test_the_record_says_why_in_the_steps_own_words(world):
    world.verbs.step.journal.append(
        operation="deploy-1", environment="staging", move="wait", state="failed", reason="too slow"
    )

    asked = {"operation": "deploy-1", "environment": "staging", "status": "Failed", "labels": "{}"}
    made = world.verbs(record, failures='"[]"', **asked)

    assert made == {"reason": "too slow"}
    assert world.verbs.step.journal.entries("deploy-1")[-1]["state"] == "Failed"


def test_the_record_falls_back_to_what_argo_says(world):
    failures = '[{"displayName": "wait", "message": "Pod was active too long"}]'
    asked = {"operation": "deploy-1", "environment": "staging", "status": "Failed", "labels": "{}"}

    assert world.verbs(record, failures=failures, **asked) == {
        "reason": "wait: Pod was active too long"
    }


def test_the_record_of_a_good_end_needs_no_reason(world):
    asked = {"operation": "deploy-1", "environment": "", "status": "Succeeded", "labels": "{}"}

    assert world.verbs(record, failures="{{workflow.failures}}", **asked) == {"reason": ""}


def test_the_record_of_a_parent_says_why_its_child_failed(world):
    world.verbs.step.journal.append(
        operation="deploy-1", environment="staging", move="wait", state="failed", reason="too slow"
    )
    child = {"operation": "deploy-1", "environment": "staging", "labels": PARENT}
    world.verbs(record, status="Failed", failures="[]", **child)

    parent = {"operation": "train-1", "environment": "", "labels": "null"}
    failures = '[{"displayName": "deploy", "message": "failure condition evaluated true"}]'
    made = world.verbs(record, status="Failed", failures=failures, **parent)

    assert made == {"reason": "too slow"}
