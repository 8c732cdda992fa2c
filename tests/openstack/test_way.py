"""The way from an account to an inventory and back, typed as people would; journeys.py has them."""

import time

import pytest

# The first test of a session waits for the cloud, and on a new machine for its packages.
pytestmark = pytest.mark.timeout(1500)


def test_the_second_person_is_refused_by_name(person):
    me = person("two")
    first = me.starts("provision", "--only", "preflight")
    deadline = time.monotonic() + 30
    while not (me.state / "lock").exists() or not (me.state / "lock").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)

    refused = me.types("provision", "--only", "preflight", code=2)

    assert f"process {first.pid}, since" in refused
    assert "works on site two right now" in refused
    first.communicate()
    assert first.returncode == 0


@pytest.mark.journey("joined")
def test_from_an_account_to_audited_nodes_and_back_to_nothing(journey):
    journey.result()


@pytest.mark.journey("there and back")
def test_from_an_account_to_an_inventory_and_back_to_nothing(journey):
    journey.result()


@pytest.mark.journey("killed")
def test_killed_at_random_it_goes_on_and_leaves_nothing_behind(journey):
    journey.result()


@pytest.mark.journey("drifted")
def test_what_others_deleted_is_built_again_and_destroy_passes_over_it(journey):
    journey.result()


@pytest.mark.journey("with GPUs")
def test_a_gpu_pool_has_a_lease_of_its_own_and_destroy_lists_what_is_not_ours(journey):
    journey.result()
