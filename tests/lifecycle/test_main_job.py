"""From a folder of photos to a canary in live traffic, and what must hold when it is there."""

import http.client
import json
import math
import os
import signal
import subprocess
import sys
import time
import urllib.parse
from collections import Counter

import pytest

from tests.lifecycle.conftest import Clone, get

pytestmark = pytest.mark.timeout(1800)
# Of a standard normal distribution, both sides together.
BAND_99_9 = 3.29


def alias(clone, name):
    mlflow = clone.status()["addresses"]["mlflow"]
    query = urllib.parse.urlencode({"name": "GourmetGramFood11Model", "alias": name})
    url = f"{mlflow}/api/2.0/mlflow/registered-models/alias?{query}"
    return int(get(url)["model_version"]["version"])


def test_up_ends_with_three_healthy_environments_and_a_trained_version_in_canary(canary):
    status = canary.status()

    assert status["site"] == "local"
    assert {row["name"]: row["health"] for row in status["environments"]} == {
        "staging": "Healthy",
        "canary": "Healthy",
        "production": "Healthy",
    }
    assert [row["problems"] for row in status["environments"]] == [[], [], []]
    assert canary.environment("canary")["version"] == canary.environment("staging")["version"] == 1
    assert canary.environment("production")["version"] is None


def test_the_aliases_name_what_serves(canary):
    for name in ("staging", "canary"):
        row = canary.environment(name)
        assert row["version"] == row["alias"] == alias(canary, name)
        assert get(f"{row['url']}/version")["version"] == row["version"]


def test_the_digest_in_staging_and_canary_is_the_one_that_was_baked(canary):
    mlflow = canary.status()["addresses"]["mlflow"]
    query = urllib.parse.urlencode({"name": "GourmetGramFood11Model", "version": 1})
    version = get(f"{mlflow}/api/2.0/mlflow/model-versions/get?{query}")["model_version"]
    tags = {tag["key"]: tag["value"] for tag in version["tags"]}

    served = {canary.environment(name)["digest"] for name in ("staging", "canary")}

    assert served == {tags["gourmetops.image"]}


def test_live_traffic_splits_90_to_10(canary):
    address = urllib.parse.urlsplit(canary.status()["addresses"]["gateway"])
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    seen = Counter()
    total = 2000
    for _ in range(total):
        connection.request("GET", "/version")
        seen[json.load(connection.getresponse())["environment"]] += 1
    connection.close()

    spread = BAND_99_9 * math.sqrt(0.1 * 0.9 / total)
    assert set(seen) == {"production", "canary"}
    assert abs(seen["canary"] / total - 0.1) <= spread


def test_up_again_does_nothing_and_is_quick(canary):
    before = canary.status()
    began = time.monotonic()

    done = canary.invoke("up", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "train-model" not in done.stdout
    assert canary.status() == before
    assert time.monotonic() - began < 60


def test_the_journal_and_git_tell_the_story(canary):
    log = canary.git("--git-dir", str(canary.state / "gitops.git"), "log", "--format=%s", "main")
    journal = (canary.state / "journal.jsonl").read_text().splitlines()

    assert sum(line.startswith("canary:") for line in log.splitlines()) >= 1
    assert {json.loads(line)["environment"] for line in journal} >= {"staging", "canary"}


@pytest.mark.slow
def test_up_that_was_killed_in_the_middle_of_a_training_goes_on_with_the_same_run(canary):
    """Another site, with packages and features that are there already."""
    other = Clone(canary.folder, canary.state.with_name("killed"))
    command = [sys.executable, "-m", "invoke", "up", "--until", "staging", "--yes"]
    env = {**os.environ, "GOURMET_STATE": str(other.state)}
    with subprocess.Popen(
        command, cwd=other.folder, env=env, stdout=subprocess.PIPE, text=True, process_group=0
    ) as up:
        for line in up.stdout:
            if "train(0)" in line:
                break
        os.killpg(up.pid, signal.SIGKILL)
    try:
        first = other.invoke("up", "--until", "staging", "--yes")
        assert first.returncode == 0, first.stdout[-4000:] + first.stderr[-2000:]
        assert "goes on with train-model-" in first.stdout
        assert other.environment("staging")["version"] == 1
        assert other.environment("canary")["version"] is None

        second = other.invoke("up", "--yes")

        assert second.returncode == 0, second.stdout[-4000:] + second.stderr[-2000:]
        assert "train(0)" not in second.stdout
        assert other.environment("canary")["version"] == 1
    finally:
        other.invoke("down")
