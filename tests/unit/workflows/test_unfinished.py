"""What a killed command left: the run to go on with, and who holds an environment."""

import json
import os
import re
import subprocess
import time

import pytest

from workflows import submission, unfinished
from workflows.runner.ledger import processes
from workflows.submission import SubmissionError

ASKED = {"model-version": "7", "target": "canary"}


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("GOURMET_STATE", str(tmp_path))
    (tmp_path / "platform.yaml").write_text("kind: ConfigMap\n")
    git = ["git", "init", "--quiet", "--bare", str(tmp_path / "gitops.git")]
    subprocess.run(git, check=True)
    return tmp_path


def left(state, name, *, asked=ASKED, workflow="promote-model", phase=None, owner=None):
    """Leave the folder of a run."""
    folder = state / "runs" / name
    folder.mkdir(parents=True)
    parameters = [{"name": key, "value": value} for key, value in asked.items()]
    spec = {"workflowTemplateRef": {"name": workflow}, "arguments": {"parameters": parameters}}
    (folder / "run.json").write_text(json.dumps({"workflow": {"spec": spec}}))
    if phase:
        (folder / "status.json").write_text(json.dumps({"phase": phase}))
    if owner:
        (folder / "owner.json").write_text(json.dumps(owner))


def held(state, environment, **owner):
    """Let an operation hold an environment."""
    facts = {
        "operation": "promote-model-x7",
        "by": "Ada <ada@example.org>",
        "step": "wait",
        "uptime": time.clock_gettime(time.CLOCK_BOOTTIME) - 41,
        "owner": {**processes.identity(os.getpid()), **owner},
    }
    git = ["git", f"--git-dir={state / 'gitops.git'}"]
    blob = subprocess.run(
        [*git, "hash-object", "-w", "--stdin"],
        input=json.dumps(facts).encode(), capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    subprocess.run([*git, "update-ref", f"refs/locks/{environment}", blob], check=True)


def test_a_run_that_was_killed_is_found_by_what_it_was_for(state):
    left(state, "promote-model-a")

    assert unfinished.run_of(state, "promote-model", ASKED) == "promote-model-a"


def test_a_judge_that_was_killed_is_gone_on_with_although_it_holds_nothing(state):
    left(state, "judge-canary-a", asked={"model-version": "7"}, workflow="judge-canary")

    assert unfinished.run_of(state, "judge-canary", {"model-version": "7"}) == "judge-canary-a"
    assert unfinished.environment_of("judge-canary", {"model-version": "7"}) == ""
    assert unfinished.run_of(state, "promote-model", {**ASKED, "model-version": "8"}) is None
    assert unfinished.run_of(state, "revert-model", ASKED) is None


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_run_that_was_told_to_end_before_it_was_undone_is_gone_on_with(state, phase):
    left(state, "promote-model-a", phase=phase)

    assert unfinished.run_of(state, "promote-model", ASKED) == "promote-model-a"


def test_a_run_that_succeeded_or_still_runs_is_left_alone(state):
    left(state, "promote-model-a", phase="Succeeded")
    assert unfinished.run_of(state, "promote-model", ASKED) is None

    left(state, "promote-model-b", owner=processes.identity(os.getpid()))
    assert unfinished.run_of(state, "promote-model", ASKED) is None


def test_a_run_that_failed_and_was_undone_is_started_anew(state):
    left(state, "promote-model-a", phase="Failed")
    end = {"operation": "promote-model-a", "move": "end", "state": "Failed"}
    (state / "journal.jsonl").write_text(json.dumps(end) + "\n")

    assert unfinished.run_of(state, "promote-model", ASKED) is None


def test_what_trains_is_never_gone_on_with_by_itself(state):
    left(state, "train-model-a", workflow="train-model")

    assert unfinished.run_of(state, "train-model", ASKED) is None


def test_who_lives_and_holds_the_environment_is_named_at_once(state):
    held(state, "canary")

    with pytest.raises(SubmissionError) as refused:
        submission.run("promote-model", ASKED)

    assert re.sub(r"for 4\d s", "for 41 s", str(refused.value)) == (
        "canary is held by promote-model-x7 (Ada, step wait, for 41 s). Wait for it, or see how "
        "it goes: ./run invoke workflows.get promote-model-x7"
    )


def test_a_dead_holder_refuses_nobody(state):
    held(state, "canary", start="1")

    assert unfinished.holder(state, "canary").is_alive is False
    submission.require_free("canary")


def test_each_workflow_that_moves_something_names_its_environment():
    assert unfinished.environment_of("promote-model", ASKED) == "canary"
    assert unfinished.environment_of("revert-model", {"environment": "production"}) == "production"
    assert unfinished.environment_of("test-staging", {}) == "staging"
    assert unfinished.environment_of("train-model", {}) == ""
