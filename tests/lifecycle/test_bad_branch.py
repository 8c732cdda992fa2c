"""A branch whose model is bad: nothing is registered, nothing moves, and the run says why."""

import json
import re

import pytest

from tests.lifecycle.conftest import get

pytestmark = pytest.mark.timeout(1800)


def versions(clone):
    mlflow = clone.status()["addresses"]["mlflow"]
    found = get(f"{mlflow}/api/2.0/mlflow/model-versions/search")
    return sorted(int(version["version"]) for version in found["model_versions"])


@pytest.fixture(scope="module")
def bad(canary):
    """A branch that trains a network without its pretrained weights, once it was tried."""
    before = canary.status(), versions(canary)
    main = canary.git("symbolic-ref", "--short", "HEAD")
    canary.git("checkout", "-q", "-b", "untrained")
    config = canary.folder / "services" / "trainer" / "config.yaml"
    config.write_text(
        re.sub(r"^backbone: .*$", "backbone: untrained", config.read_text(), flags=re.M)
    )
    canary.git("commit", "-qam", "Try a network without pretrained weights")
    canary.git("checkout", "-q", main)
    done = canary.invoke("train", "--branch", "untrained", "--name", "untrained")
    return before, done


def test_the_run_fails_and_says_which_test_failed_and_by_how_much(bad):
    _, done = bad
    assert done.returncode == 1
    assert re.search(r"accuracy.*0\.\d+.*0\.\d+", done.stdout + done.stderr), done.stdout[-3000:]


def test_nothing_is_registered_and_nothing_that_serves_has_moved(canary, bad):
    (status, registered), _ = bad
    assert versions(canary) == registered
    assert canary.status() == status


def test_the_run_stopped_before_registration_and_kept_its_report(canary, bad):
    run = json.loads(canary.runner("get", "untrained", "-o", "json").stdout)
    phases = {node["displayName"]: node["phase"] for node in run["status"]["nodes"].values()}
    assert phases["test"] == "Failed"
    assert phases["register"] == "Omitted"
    assert "accuracy" in canary.runner("logs", "untrained", "-o", "json").stdout
