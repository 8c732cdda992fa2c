"""On a disk that takes its time, who holds a lock is slow, and not stuck."""

import os
import time
from pathlib import Path

import pytest

from tests.workflows import running

CASES = Path(__file__).parent / "cases" / "limits"
STEPS = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: c-}
spec:
  entrypoint: main
  templates:
  - name: main
    steps: [[{name: a, template: locked, withItems: [1, 2]}]]
  - name: locked
    synchronization: {mutexes: [{name: m}]}
    steps: [[{name: one, template: leaf}], [{name: other, template: leaf}]]
  - name: leaf
    container: {image: busybox, command: ["true"]}
"""


@pytest.fixture
def slow_disk(monkeypatch):
    """Let the disk take longer than who waits for a lock looks for signs of life."""
    real = os.fdatasync

    def slowly(file):
        time.sleep(0.3)
        real(file)

    monkeypatch.setattr(os, "fdatasync", slowly)


@pytest.mark.usefixtures("slow_disk")
def test_a_leaf_that_holds_a_lock_gets_the_time_that_it_needs(tmp_path):
    (workflow,) = running.run([CASES / "mutex.yaml"], tmp_path)

    assert workflow["status"]["phase"] == "Succeeded", workflow["status"].get("message")


@pytest.mark.usefixtures("slow_disk")
def test_steps_that_hold_a_lock_get_it_too(tmp_path):
    file = tmp_path / "steps.yaml"
    file.write_text(STEPS)

    (workflow,) = running.run([file], tmp_path)

    assert workflow["status"]["phase"] == "Succeeded", workflow["status"].get("message")


@pytest.mark.usefixtures("slow_disk")
def test_who_waits_for_its_own_lock_is_found_out_all_the_same(tmp_path):
    (workflow,) = running.run([CASES / "mutex-of-itself.yaml"], tmp_path)

    assert workflow["status"]["phase"] == "Error"
    assert "so Argo would wait forever" in workflow["status"]["message"]
