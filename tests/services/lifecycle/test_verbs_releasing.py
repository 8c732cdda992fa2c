"""Release, wait, alias, promote: with real Git, the real charts, a real MLflow."""

import pytest

from services.lifecycle.errors import (
    NotServingError,
    RefusedError,
    ReleaseError,
    WrongVersionError,
)
from services.lifecycle.verbs import release, wait
from tests.services.lifecycle.conftest import git

MANIFESTS = [
    "deployment-gourmetgram-app.yaml",
    "release.json",
    "service-gourmetgram-app.yaml",
]


def test_a_release_is_a_commit_of_plain_manifests_that_reads_like_a_log(world, gitops):
    one = world.bake()

    made = world.release("staging", one)

    message = git("log", "-1", "--format=%s", "main", folder=gitops)
    assert message == f"staging: version 1 ({world.digests[1][:19]})"
    files = git("ls-tree", "--name-only", "main:environments/staging", folder=gitops).split()
    assert set(MANIFESTS) <= set(files)
    manifest = git(
        "show", "main:environments/staging/deployment-gourmetgram-app.yaml", folder=gitops
    )
    assert f"registry.local/gourmetgram-app@{world.digests[1]}" in manifest
    assert made["commit"] == git("rev-parse", "main", folder=gitops)


def test_releasing_the_same_again_commits_nothing(world, gitops):
    one = world.bake()
    first = world.release("staging", one, "deploy-1")

    again = world.release("staging", one, "deploy-2")

    assert again["commit"] == first["commit"]
    assert git("rev-list", "--count", "main", folder=gitops) == "1"


def test_an_image_of_another_version_is_not_released(world):
    world.bake()

    with pytest.raises(ReleaseError, match="holds version 1 and not version 2"):
        world.verbs(
            release, environment="staging", version=2, digest=world.digests[1], operation="d"
        )


def test_a_changed_image_is_not_released(world):
    one = world.bake()
    layout = world.verbs.step.layout
    layer = layout.path(layout.image(world.digests[one]).layers[-1].digest)
    layer.write_bytes(layer.read_bytes() + b"!")

    with pytest.raises(Exception, match="the model layer was changed after it was baked"):
        world.release("staging", one)

    assert world.verbs.step.gitops.current("staging") is None


def test_wait_says_on_how_many_replicas_and_keeps_the_evidence(world):
    one = world.bake()
    world.release("staging", one)

    asked = {"environment": "staging", "version": one, "digest": world.digests[one]}
    made = world.verbs(wait, deadline=5, operation="deploy-1", **asked)

    assert made == {"replicas": "1"}
    seen = [e for e in world.verbs.step.journal.entries("deploy-1") if e["move"] == "serving"]
    assert seen[0]["digest"] == world.digests[one]


def test_an_alias_moves_only_when_the_environment_serves_the_version(world):
    one = world.bake()
    world.release("staging", one, serve=False)

    with pytest.raises(NotServingError):
        world.alias("staging", one)
    assert world.aliased("staging") is None

    world.serve("staging", one)
    world.alias("staging", one)
    assert world.aliased("staging") == one


def test_staging_is_approved_only_by_its_tests(world):
    one = world.bake()
    world.release("staging", one)

    world.alias("staging", one)
    assert world.aliased("staging-approved") is None
    assert world.verbs.step.gitops.approved("staging") == []

    world.alias("staging", one, "test-1", tested=True)
    assert world.aliased("staging-approved") == one
    assert [c.release.version for c in world.verbs.step.gitops.approved("staging")] == [one]


def passed_staging(world, number):
    world.approved("staging", number, f"deploy-{number}")
    world.verbs.step.registry.tag(number, staging_tests=f"passed {world.digests[number]}")


def ask(world, number, target="canary"):
    return world.ask(number, target)


def test_a_version_that_staging_serves_and_tested_may_go_to_canary(world):
    one = world.bake()
    passed_staging(world, one)

    wanted = {"digest": world.digests[one], "source": "staging", "answer": "allow"}
    assert ask(world, one) == wanted


def test_a_version_that_the_source_does_not_hold_may_not_go_on(world):
    one, two = world.bake(), world.bake()
    passed_staging(world, one)

    with pytest.raises(RefusedError, match="staging holds version 1 and not version 2"):
        ask(world, two)


def test_a_version_that_the_source_no_longer_serves_may_not_go_on(world):
    one, two = world.bake(), world.bake()
    passed_staging(world, one)
    world.serve("staging", two)

    with pytest.raises(WrongVersionError):
        ask(world, one)


def test_a_version_without_staging_tests_may_not_go_on(world):
    one = world.bake()
    world.approved("staging", one, "deploy-1")

    with pytest.raises(RefusedError, match="staging tests: wait, they have not run"):
        ask(world, one)


def test_tests_of_another_image_do_not_count(world):
    one = world.bake()
    world.approved("staging", one, "deploy-1")
    world.verbs.step.registry.tag(one, staging_tests="passed sha256:" + "0" * 64)

    with pytest.raises(RefusedError, match="staging tests: deny"):
        ask(world, one)


def test_a_version_on_hold_may_not_go_on(world):
    one = world.bake()
    passed_staging(world, one)
    world.verbs.step.registry.tag(one, hold="it was slow")

    with pytest.raises(RefusedError, match="it is on hold: it was slow"):
        ask(world, one)


def test_only_what_canary_serves_may_go_to_production(world):
    one = world.bake()
    passed_staging(world, one)

    with pytest.raises(RefusedError, match="canary holds nothing"):
        ask(world, one, "production")
