"""What a training would do is told from what is really there, and telling it makes nothing."""

import json

from services.lifecycle.clients import web
from services.lifecycle.releasing import holding
from services.lifecycle.verbs import build_image, plan_training
from tests.services.lifecycle.conftest import git


def make(verbs, **asked):
    return verbs(plan_training, **{"branch": "HEAD", "data": "sample", "until": "canary", **asked})


def stop(told, name):
    return next(each for each in told.facts["stops"] if each["stop"] == name)


def test_it_names_the_commit_and_whether_the_training_image_is_built_anew(world, source):
    verbs = world.verbs
    missing = make(verbs)
    built = verbs(build_image, kind="trainer", branch="HEAD")
    same = make(verbs)
    commit = source.commit({"services/trainer/__main__.py": "print('better')\n"}, "Train better")
    changed = make(verbs)

    states = [each.facts["image"]["state"] for each in (missing, same, changed)]
    assert states == ["missing", "same", "changed"]
    assert same.facts["image"]["digest"] == built["digest"]
    assert "is built anew: the code changed since" in changed.text
    assert changed.facts["commit"]["id"] == commit
    assert "commit: Train better (Ada, " in changed.text


def test_it_makes_nothing(world, source, gitops, tmp_path):
    images = tmp_path / "images"
    world.verbs(build_image, kind="trainer", branch="HEAD")
    source.commit({"services/trainer/__main__.py": "print('code that no image holds yet')\n"})
    before = sorted(images.rglob("*")), git("for-each-ref", folder=gitops)

    make(world.verbs, until="production")

    assert (sorted(images.rglob("*")), git("for-each-ref", folder=gitops)) == before
    assert world.verbs.step.registry.versions() == []


def test_it_names_the_champion_and_the_number_that_comes_next(world):
    first = make(world.verbs)
    one, two = world.bake(), world.bake()
    world.verbs.step.registry.move_alias("production", one)

    told = make(world.verbs)

    assert (first.facts["champion"], first.facts["version"]) == ({}, 1)
    assert "nothing, because no version was ever in production" in first.text
    assert told.facts["champion"]["version"] == one
    assert told.facts["version"] == two + 1
    assert f"version {two + 1} in the registry" in told.text


def test_it_goes_no_further_than_asked_and_tells_the_gates_on_the_way(world, values):
    rules = {"needed": 2, "approvers": ["ada@example.org", "ben@example.org"]}
    policy = {"environments": {"production": {"approvals": rules, "verdict": "required"}}}
    values["GOURMET_POLICY"] = json.dumps(policy)

    short, whole = make(world.verbs, until="register"), make(world.verbs, until="production")

    assert [each["stop"] for each in short.facts["stops"]] == ["register"]
    asks = stop(whole, "production")["asks"]
    assert "approval: waits for 2 of ada@example.org, ben@example.org" in asks
    assert "the judge's verdict (required)" in asks
    assert "freeze: allow now, there is none" in stop(whole, "canary")["asks"]


def test_who_is_at_an_environment_now_is_named(world):
    world.release("staging", world.bake())
    step = world.verbs.step
    holding.begin(step, "staging", "deploy-9", {}, 0)

    told = make(world.verbs)

    assert "is held by deploy-9" in told.text
    assert stop(told, "staging")["serves"]["version"] == 1


def test_without_a_registry_the_rest_is_told_all_the_same(world, values, monkeypatch):
    values["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    monkeypatch.setattr(web, "PAUSE", "a plan waits for nobody")  # no time to sleep for

    told = make(world.verbs)

    assert told.facts["version"] == "unknown"
    assert "which cannot be asked now" in told.text
    assert told.facts["image"]["state"] == "missing"
