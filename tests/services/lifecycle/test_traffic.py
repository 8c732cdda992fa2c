"""Which share of live traffic canary gets when versions come and go."""

import pytest

from services.lifecycle.releasing import weights
from services.lifecycle.verbs import undo, weight


@pytest.fixture
def first():
    return weights.steps()[0]


def give(world, share, operation="weight-1", only_for=""):
    asked = {"environment": "canary", "share": share, "operation": operation}
    return world.verbs(weight, **asked, only_for=only_for)


def share(world):
    return weights.share(world.verbs.step.gitops, "canary")


def test_a_new_version_never_begins_with_the_share_that_the_one_before_had_earned(world, first):
    one, two = world.bake(), world.bake()
    world.approved("canary", one, "deploy-1")
    give(world, 50)

    world.release("canary", two, "deploy-2")

    assert share(world) == first


def test_out_of_traffic_a_new_version_stays_so_until_it_serves(world):
    one = world.bake()
    give(world, 0)

    world.release("canary", one, "deploy-1")

    assert share(world) == 0


def test_a_release_that_is_undone_gives_the_old_version_its_share_again(world):
    one, two = world.bake(), world.bake()
    world.approved("canary", one, "deploy-1")
    give(world, 50)
    world.release("canary", two, "deploy-2", serve=False)
    world.serve("canary", one)

    world.verbs(undo, environment="canary", operation="deploy-2", deadline=5.0)

    assert (share(world), world.current("canary")) == (50, one)


def test_other_environments_leave_the_share_alone(world):
    one = world.bake()
    give(world, 50)

    world.release("production", one, "deploy-1")

    assert share(world) == 50


def test_a_share_is_given_back_only_for_the_image_that_production_serves_now(world):
    one, two = world.bake(), world.bake()
    world.approved("canary", one, "deploy-1")
    give(world, 50)

    give(world, 0, "promote-2", only_for=world.digests[two])
    assert share(world) == 50

    give(world, 0, "promote-1", only_for=world.digests[one])
    assert share(world) == 0
