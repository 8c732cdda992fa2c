"""The past of an environment, told as decisions, from real Git and a real journal."""

import json

import pytest

from services.lifecycle.releasing.operation import Operation
from services.lifecycle.verbs import history, record, repair, undo
from tests.services.lifecycle.conftest import git
from tests.services.lifecycle.evidence.test_verification import flip


@pytest.fixture
def past(world):
    """Return what `history` tells of an environment."""

    def tell(environment, limit=0):
        return world.verbs(history, environment=environment, limit=limit)

    return tell


def told(made):
    return [(each["kind"], each["what"]) for each in made.facts["decisions"]]


def end(world, operation, status="Succeeded", environment="canary"):
    asked = {"status": status, "failures": "[]", "labels": "{}", "environment": environment}
    world.verbs(record, operation=operation, **asked)


def test_nothing_was_decided_before_the_first_release(past, world):
    world.approved("staging", world.bake(), "deploy-1")

    assert past("canary").text == "Nothing was ever decided about canary."


def test_releases_and_a_rollback_read_the_newest_first_with_the_reason(past, world):
    for number in (world.bake(), world.bake()):
        world.approved("canary", number, f"promote-model-{number}")
        end(world, f"promote-model-{number}")
    world.revert("canary", "revert-model-1")
    end(world, "revert-model-1")

    made = past("canary")

    assert told(made) == [
        ("back", "back to version 1, was version 2, version 2 on hold, 0 % of the traffic"),
        ("released", "version 2 released, was version 1"),
        ("released", "version 1 released"),
    ]
    back = made.facts["decisions"][0]
    assert (back["reason"], back["operation"]) == ("it is slow", "revert-model-1")
    assert back["seconds"] > 0
    assert back["commit"] == git("rev-parse", "main", folder=world.verbs.step.gitops.address)
    assert "because it is slow" in made.text


def test_a_rollback_passes_over_an_image_that_was_changed_since(past, world):
    for number in [world.bake() for _ in range(3)]:
        world.approved("canary", number, f"promote-model-{number}")
    layout = world.verbs.step.layout
    flip(layout.path(layout.image(world.digests[2]).layers[1].digest), 5)

    assert world.revert("canary")["version"] == "1"
    assert any("is passed over" in said and "model layer" in said for said in world.verbs.said)


def test_what_was_tried_and_taken_back_says_so(past, world):
    one, two = world.bake(), world.bake()
    world.approved("canary", one, "promote-model-1")
    world.release("canary", two, "promote-model-2")
    world.serve("canary", one)
    world.verbs(undo, operation="promote-model-2", environment="canary", deadline=5)
    end(world, "promote-model-2", "Failed")

    kind, what = told(past("canary"))[0]

    assert kind == "undone"
    assert what.startswith("version 2 tried and taken back: canary is back at version 1")


def test_a_release_that_was_killed_is_told_as_not_finished(past, world):
    world.approved("canary", world.bake(), "promote-model-1")
    made = Operation("promote-model-2", "canary", world.verbs.step.journal)
    aim = {"release": {"version": 2, "digest": "sha256:" + "2" * 64}}
    made.note("release", "intent", before={"commit": None, "release": None}, after=aim)

    assert told(past("canary"))[0] == ("open", "version 2 begun and not finished")


def test_a_force_stands_out(past, world):
    one = world.bake()
    made = Operation("promote-model-1", "canary", world.verbs.step.journal)
    made.note("gates", "asked", answers=["hold: allow, it is not on hold."])
    made.note("gates", "forced", reason="the demo is at noon", gates="staging tests", answers=[])
    world.approved("canary", one, "promote-model-1")

    text = past("canary").text

    assert "FORCED past staging tests: the demo is at noon" in " ".join(text.split())


def test_a_promotion_that_a_gate_refused_gives_the_steps_own_words(past, world):
    made = Operation("promote-model-1", "canary", world.verbs.step.journal)
    made.note("gates", "asked", answers=["staging tests: wait, they have not run."])
    made.note("promote", "failed", reason="version 1 may not go to canary: they have not run.")
    end(world, "promote-model-1", "Failed")

    (decision,) = past("canary").facts["decisions"]

    assert (decision["kind"], decision["what"]) == ("refused", "promotion refused")
    assert "they have not run" in decision["reason"]


def test_a_rollback_after_failed_tests_tells_which_of_them_failed(past, world):
    for number in (world.bake(), world.bake()):
        world.approved("staging", number, f"promote-model-{number}")
    made = Operation("test-staging-1", "staging", world.verbs.step.journal)
    made.note("tests", "seen", verdict="failed", problems=["slow model: p95 is 2300 ms."])
    world.revert("staging", "test-staging-1")

    back = past("staging").facts["decisions"][0]

    assert back["kind"] == "back"
    assert back["reason"] == "it is slow: slow model: p95 is 2300 ms."


@pytest.mark.parametrize("verdict", ["pass", "fail", "wait"])
def test_what_the_judge_said_is_a_decision(past, world, verdict):
    made = Operation("judge-canary-1", "canary", world.verbs.step.journal)
    facts = {"verdict": verdict, "reason": "5 times slower", "version": 1, "digest": "sha256:1"}
    made.note("judge", "seen", **facts)

    (decision,) = past("canary").facts["decisions"]

    assert decision["what"] == f"judged on live traffic: {verdict}"
    assert decision["reason"] == "5 times slower"


def test_approvals_come_from_git_with_the_person_as_their_author(past, world, tmp_path):
    world.approved("production", world.bake(), "promote-model-1")
    clone = tmp_path / "clone"
    git("clone", "--quiet", world.verbs.step.gitops.address, str(clone), folder=tmp_path)
    file = clone / "approvals" / "production" / world.digests[1][7:19] / "ada@example.org.json"
    file.parent.mkdir(parents=True)
    said = {"version": 1, "digest": world.digests[1], "note": "looks good"}
    said |= {"expires": "2031-01-01T00:00:00Z", "revoked": ""}
    for revoked in ("", "2030-01-01T00:00:00Z"):
        file.write_text(json.dumps(said | {"revoked": revoked}))
        git("add", ".", folder=clone)
        git("commit", "--quiet", "-m", "production: version 1", folder=clone)
    git("push", "--quiet", "origin", "HEAD:main", folder=clone)

    made = past("production")

    kinds = {each["kind"]: each for each in made.facts["decisions"]}
    assert kinds["approved"]["by"] == kinds["withdrawn"]["by"] == "Ada"
    assert kinds["approved"]["what"] == "version 1 approved"
    assert kinds["approved"]["reason"] == "looks good"
    assert kinds["withdrawn"]["what"] == "version 1 is no longer approved"


def test_without_a_journal_git_alone_tells_what_it_knows(past, world, values):
    world.approved("canary", world.bake(), "promote-model-1")
    del values["GOURMET_STATE"]

    made = past("canary")

    assert told(made) == [("released", "version 1 released")]
    assert "keeps no journal" in made.text


def test_a_journal_that_was_edited_is_not_believed(past, world):
    world.approved("canary", world.bake(), "promote-model-1")
    path = world.verbs.step.journal.path
    path.write_text(path.read_text().replace("promote-model-1", "promote-model-9", 1))

    made = past("canary")

    assert told(made) == [("released", "version 1 released")]
    assert "journal was edited" in " ".join(made.text.split())


def test_only_the_newest_are_shown_and_how_many_more_there_are(past, world):
    for number in [world.bake() for _ in range(3)]:
        world.approved("canary", number, f"promote-model-{number}")

    made = past("canary", limit=1)

    assert told(made) == [("released", "version 3 released, was version 2")]
    assert made.facts["older"] == 2
    assert "2 older: invoke history canary --limit 0" in made.text


def test_a_file_that_is_no_release_does_not_stop_the_telling(past, world, tmp_path):
    world.approved("canary", world.bake(), "promote-model-1")
    clone = tmp_path / "clone"
    git("clone", "--quiet", world.verbs.step.gitops.address, str(clone), folder=tmp_path)
    for text in ("{", "[1]", '{"version": 5}'):
        (clone / "environments" / "canary" / "release.json").write_text(text)
        git("commit", "--quiet", "-am", "canary: by hand", folder=clone)
    git("push", "--quiet", "origin", "HEAD:main", folder=clone)

    assert len(told(past("canary"))) == 4


def test_a_repair_is_told_by_what_it_mended(past, world):
    number = world.bake()
    world.approved("canary", number, "promote-1")
    step = world.verbs.step
    step.registry.move_alias("canary", None)

    world.verbs(repair, environment="canary", deadline=5, gone="", operation="by-hand-1")

    kind, what = told(past("canary"))[0]
    assert kind == "mended"
    assert what.startswith("repaired: ")
    assert what.endswith("alias canary named the bootstrap model and names what serves now")
