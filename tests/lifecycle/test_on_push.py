"""A push trains once: real Git, the real hook, the real runner, and a training of one step."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.lifecycle.conftest import ROOT
from tests.waiting import until

pytestmark = pytest.mark.timeout(300)
TEMPLATE = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: train-model }
spec:
  entrypoint: train
  arguments:
    parameters: [{ name: branch }, { name: data, value: sample }, { name: until, value: canary }]
  templates:
    - name: train
      container:
        image: registry.local/trainer
        command: [sh, -c]
        args: ["echo {{workflow.parameters.branch}} >> TRAINED; sleep SECONDS"]
"""
FACTS = "{apiVersion: v1, kind: ConfigMap, metadata: {name: platform}, data: {GOURMET_SITE: local}}"


class Place:
    """A clone with the hook's code, and the state folder of a site."""

    def __init__(self, base, seconds):
        self.clone, self.state, self.trained = base / "clone", base / "state", base / "trained"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.clone)], check=True)
        for name in ("workflows", "tasks.py", "services"):
            subprocess.run(["cp", "-rT", str(ROOT / name), str(self.clone / name)], check=True)
        for path in (self.clone / "workflows").glob("*.yaml"):
            path.unlink()
        text = TEMPLATE.replace("TRAINED", str(self.trained)).replace("SECONDS", str(seconds))
        (self.clone / "workflows" / "train-model.yaml").write_text(text)
        (self.state / "logs").mkdir(parents=True)
        (self.state / "platform.yaml").write_text(FACTS)
        (self.state / "images.yaml").write_text(
            f"'registry.local/**': {{run: host, binds: [{base}]}}\n"
        )
        self.git("config", "user.name", "A Tester")
        self.git("config", "user.email", "tester@example.org")
        self.git("config", "receive.denyCurrentBranch", "updateInstead")
        self.git("checkout", "-q", "-B", "main")
        self.git("add", "--all")
        self.git("commit", "-qm", "A training of one step")

    @property
    def env(self):
        return {**os.environ, "GOURMET_STATE": str(self.state)}

    def git(self, *arguments, where=None):
        return subprocess.run(
            ["git", *arguments], cwd=where or self.clone, check=True, capture_output=True, text=True
        ).stdout.strip()

    def invoke(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "invoke", "workflows.on-push", *arguments], cwd=self.clone,
            env=self.env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def wake(self):
        command = [sys.executable, "-m", "workflows.pushing.taking", "main"]
        return subprocess.Popen(command, cwd=self.clone, env=self.env, process_group=0)

    def commit(self, text, where=None):
        (where or self.clone).joinpath("note").write_text(text)
        self.git("add", "note", where=where)
        self.git("commit", "-qm", text, where=where)
        return self.git("rev-parse", "HEAD", where=where)

    def was_trained(self):
        """Return the commits that the step has seen, each time it ran."""
        return self.trained.read_text().split() if self.trained.exists() else []

    def runs(self):
        found = (self.state / "runs").glob("train-model-*/status.json")
        return {path.parent.name: json.loads(path.read_text()).get("phase") for path in found}

    def settle(self, *commits):
        """Wait until these commits have their mark."""
        end = time.monotonic() + 60
        while not all((self.state / "pushes" / f"{each}.json").exists() for each in commits):
            log = self.state / "logs" / "on-push.log"
            assert time.monotonic() < end, log.read_text() if log.exists() else "no log"
            time.sleep(0.05)


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path, seconds=0.2)
    assert made.invoke("--install").returncode == 0
    return made


@pytest.fixture
def other(place, tmp_path):
    """Somebody else's clone, to push from."""
    place.git("clone", "-q", str(place.clone), str(tmp_path / "other"))
    for name, value in (("user.name", "Another"), ("user.email", "another@example.org")):
        place.git("config", name, value, where=tmp_path / "other")
    return tmp_path / "other"


def test_three_commits_in_one_push_train_once_and_what_was_there_before_does_not(place, other):
    for text in ("one", "two"):
        place.commit(text, where=other)
    last = place.commit("three", where=other)

    place.git("push", "-q", "origin", "main", where=other)
    place.settle(last)

    assert place.was_trained() == [last]
    assert place.runs() == {f"train-model-{last[:12]}": "Succeeded"}


def test_the_same_commit_again_is_no_second_training(place, other):
    first = place.commit("one")
    second = place.commit("two")
    place.settle(first, second)

    place.git("reset", "-q", "--hard", first)
    place.git("reset", "-q", "--hard", second)
    assert place.invoke().returncode == 0

    assert place.was_trained() == [first, second]


def test_another_branch_trains_nothing(place):
    place.git("checkout", "-q", "-b", "aside")
    place.commit("aside")
    done = place.invoke("--branch", "main")

    assert "nothing waits" in done.stdout, done.stderr
    assert place.was_trained() == []


def test_twenty_that_are_woken_at_once_train_once(place):
    hook = place.clone / ".git/hooks/reference-transaction"
    hook.chmod(0o644)
    commit = place.commit("one")

    for process in [place.wake() for _ in range(20)]:
        assert process.wait(60) == 0
    place.settle(commit)

    assert place.was_trained() == [commit]


def test_a_hook_that_never_ran_is_made_up_for_by_the_next(place):
    hook = place.clone / ".git/hooks/reference-transaction"
    hook.chmod(0o644)
    missed = place.commit("one")
    hook.chmod(0o755)

    seen = place.commit("two")
    place.settle(missed, seen)

    assert place.was_trained() == [missed, seen]


@pytest.mark.parametrize("whom", ["the one that was woken", "all of them"])
def test_a_training_that_is_killed_is_gone_on_with_under_the_same_name(tmp_path, whom):
    place = Place(tmp_path, seconds=2)
    place.invoke("--install")
    (place.clone / ".git/hooks/reference-transaction").chmod(0o644)
    commit = place.commit("one")
    woken = place.wake()
    until(place.was_trained, 60)
    os.killpg(woken.pid, signal.SIGKILL) if whom == "all of them" else woken.kill()
    woken.wait()

    assert place.wake().wait(60) == 0
    place.settle(commit)

    assert place.runs() == {f"train-model-{commit[:12]}": "Succeeded"}
    assert set(place.was_trained()) == {commit}


def test_a_run_that_is_still_ending_when_the_next_is_woken_is_gone_on_with(tmp_path):
    place = Place(tmp_path, seconds="0; trap '' TERM; sleep 3")
    place.invoke("--install")
    (place.clone / ".git/hooks/reference-transaction").chmod(0o644)
    commit = place.commit("one")
    woken = place.wake()
    until(place.was_trained, 60)
    woken.kill()
    woken.wait()

    assert place.wake().wait(60) == 0
    assert place.runs() == {f"train-model-{commit[:12]}": "Succeeded"}


def test_installing_twice_changes_nothing_and_removing_ends_it(place):
    hook = place.clone / ".git/hooks/reference-transaction"
    before = hook.read_text(), hook.stat().st_mtime_ns

    assert "already" in place.invoke("--install").stdout
    assert (hook.read_text(), hook.stat().st_mtime_ns) == before

    assert place.invoke("--remove").returncode == 0
    place.commit("one")
    assert not hook.exists()
    assert place.was_trained() == []


def test_a_hook_of_somebody_else_is_left_alone(tmp_path):
    place = Place(tmp_path, seconds=0)
    hook = place.clone / ".git/hooks/reference-transaction"
    hook.write_text("#!/bin/sh\nexit 0\n")

    done = place.invoke("--install")

    assert done.returncode == 2
    assert "is a hook of your own" in done.stderr
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_site_that_is_gone_never_fails_a_commit(place):
    (place.state / "platform.yaml").unlink()

    place.commit("one")

    assert place.was_trained() == []
