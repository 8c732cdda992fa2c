"""What the site says of the replicas, after the load."""

import json
import urllib.request

import pytest

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def replicas(app, asked):
    """Return the replicas as the site sees them."""
    if not (asked["--site-api"] and asked["--namespace"]):
        pytest.skip("name the site with --site-api and --namespace to have memory checked")
    with OPENER.open(f"{asked['--site-api']}/v1/status", timeout=10) as answer:
        status = json.load(answer)
    deployments = status["namespaces"].get(asked["--namespace"], {}).get("deployments", {})
    if "gourmetgram-app" not in deployments:
        pytest.fail(f"nothing runs in {asked['--namespace']}", pytrace=False)
    return deployments["gourmetgram-app"]["replicas"]


def test_every_replica_runs_and_is_ready(replicas):
    bad = [
        f"{r['name']} is {r['state']} {r['reason']}".rstrip() for r in replicas if not r["ready"]
    ]

    assert replicas, "there is no replica"
    if bad:
        pytest.fail(f"not ready: {', '.join(bad)}", pytrace=False)


def test_no_replica_needed_more_memory_than_its_limit(replicas):
    # Also after it was started again: the site remembers how it ended before.
    ends = [(r["name"], {r["reason"], r.get("lastReason")}) for r in replicas]
    killed = [name for name, reasons in ends if "OOMKilled" in reasons]

    if killed:
        pytest.fail(f"out of memory: {', '.join(killed)} was killed at its limit", pytrace=False)


def test_no_replica_was_started_again(replicas, thresholds):
    limit = thresholds["resources"]["restarts"]
    again = [f"{r['name']} {r['restarts']} times" for r in replicas if r["restarts"] > limit]

    if again:
        pytest.fail(f"crash loop: restarted {', '.join(again)}", pytrace=False)


def test_every_replica_stays_clear_of_its_memory_limit(replicas, thresholds):
    share = thresholds["resources"]["memory_share"]
    close = [
        f"{r['name']} uses {r['memory'] / 2**20:.0f} of {r['memoryLimit'] / 2**20:.0f} MiB"
        for r in replicas
        if r["memoryLimit"] and r["memory"] > share * r["memoryLimit"]
    ]

    if close:
        pytest.fail(f"too much memory: {', '.join(close)}", pytrace=False)
