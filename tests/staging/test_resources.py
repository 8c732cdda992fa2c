"""What the site says of the replicas, after the load."""

import pytest

from tests.staging import site


@pytest.fixture
def deployed(app, asked):
    """Return the app as the site sees it."""
    if not (asked["--site-api"] and asked["--namespace"]):
        pytest.skip("name the site with --site-api and --namespace to have memory checked")
    try:
        found = site.deployment(asked["--site-api"], asked["--namespace"])
    except site.SilentError as error:
        pytest.fail(str(error), pytrace=False)
    if found is None:
        pytest.fail(f"nothing runs in {asked['--namespace']}", pytrace=False)
    return found


def test_no_replica_needed_more_memory_than_its_limit(deployed):
    require_none(site.out_of_memory(deployed))


def test_no_replica_was_started_again(deployed, thresholds):
    if not site.out_of_memory(deployed):  # then that is why
        require_none(site.crash_loop(deployed, thresholds["resources"]["restarts"]))


def test_every_replica_runs_and_is_ready(deployed):
    assert deployed["replicas"], "there is no replica"
    if not (site.out_of_memory(deployed) or site.crash_loop(deployed)):
        require_none(site.not_ready(deployed))


def test_every_replica_stays_clear_of_its_memory_limit(deployed, thresholds):
    share = thresholds["resources"]["memory_share"]
    close = [
        f"{r['name']} uses {r['memory'] / 2**20:.0f} of {r['memoryLimit'] / 2**20:.0f} MiB"
        for r in deployed["replicas"]
        if r["memoryLimit"] and r["memory"] > share * r["memoryLimit"]
    ]

    require_none(f"too much memory: {', '.join(close)}" if close else "")


def require_none(reason):
    """Fail with a reason, if there is one."""
    if reason:
        pytest.fail(reason, pytrace=False)
