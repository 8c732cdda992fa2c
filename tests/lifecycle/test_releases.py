"""Versions on their way through the environments: our workflows, our runner, a real site.

The models are not trained here; everything else is what a person would run.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from services import environments
from tests.lifecycle.conftest import ROOT, Clone, get

pytestmark = pytest.mark.timeout(900)
PYTHON_LOCK = ROOT / "services" / "lifecycle" / "requirements.txt"


class Site:
    """A site with its platform up, and versions that can be baked for it."""

    def __init__(self, clone):
        self.clone = clone
        self.state = clone.state
        self.python = environments.ensure(PYTHON_LOCK) / "bin" / "python"
        self.facts = yaml.safe_load((self.state / "platform.yaml").read_text())["data"]

    def verb(self, *arguments):
        """Run a verb of the lifecycle, as a step would."""
        return self._python("-m", "services.lifecycle", *arguments)

    def bake(self, *flags):
        """Register and bake a version; return its number and digest."""
        model = ROOT / "services" / "classifier" / "bootstrap" / "model"
        tracking = self.facts["MLFLOW_TRACKING_URI"]
        script = Path(__file__).with_name("trained.py")
        run = self._python(str(script), tracking, str(model), *flags)["run"]
        version = self.verb("register", "--run", run)["version"]
        return version, self.verb("bake", "--version", version)["digest"]

    def start(self, workflow, name, **parameters):
        """Start a workflow, and return its process."""
        command = [sys.executable, "-m", "workflows.runner", "run"]
        command += [str(path) for path in sorted((ROOT / "workflows").glob("*.yaml"))]
        command += [str(self.state / "platform.yaml"), "--from", workflow, "--name", name]
        command += ["--state", str(self.state / "runs"), "--objects", str(self.state / "objects")]
        command += ["--images", str(self.state / "images.yaml")]
        command += ["--store", str(self.state / "images")]
        for key, value in parameters.items():
            command += ["-p", f"{key.replace('_', '-')}={value}"]
        return subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, workflow, name, **parameters):
        """Run a workflow to its end; return the exit code and what it showed."""
        with self.start(workflow, name, **parameters) as process:
            shown, _ = process.communicate(timeout=300)
        return process.returncode, shown

    def deploy(self, version, digest, name, environment="staging"):
        """Deploy a version."""
        asked = {"environment": environment, "model_version": version, "digest": digest}
        return self.run("deploy-container-image", name, **asked)

    def environment(self, name):
        """Return one environment of the status."""
        return self.clone.environment(name)

    def journal(self, operation):
        """Return what the journal says of an operation."""
        text = (self.state / "journal.jsonl").read_text()
        lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [e for e in map(json.loads, lines) if e["operation"] == operation]

    def log(self):
        """Return the subjects of the GitOps repository, the newest first."""
        where = str(self.state / "gitops.git")
        return self.clone.git("--git-dir", where, "log", "--format=%s", "main").splitlines()

    def _python(self, *arguments):
        plain = {name: value for name, value in self.facts.items() if "-" not in name}
        env = {**os.environ, **plain, "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "1"}
        done = subprocess.run(
            [str(self.python), *arguments], cwd=ROOT, env=env, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    base = tmp_path_factory.mktemp("releases")
    clone = Clone(ROOT, base / "state")
    done = clone.invoke("up", "--until", "platform", "--yes")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-3000:]
    yield Site(clone)
    clone.invoke("down")


def serves(site, environment, version, digest):
    """Say whether Git, the alias and every answer agree."""
    row = site.environment(environment)
    said = get(f"{row['url']}/version")
    told = (row["version"], row["digest"], said["version"], said["digest"])
    wanted = None if version is None else int(version)
    assert row["alias"] == wanted
    assert row["problems"] == []
    return told == (wanted, digest, wanted, digest)


def test_a_version_goes_by_one_digest_from_staging_to_production_and_back(site):
    version, digest = site.bake()
    before = site.environment("production")

    code, shown = site.deploy(version, digest, f"deploy-{version}")
    assert code == 0, shown
    code, shown = site.run("test-staging", f"test-{version}", model_version=version, digest=digest)
    assert code == 0, shown
    for target in ("canary", "production"):
        code, shown = site.run(
            "promote-model", f"promote-{version}-{target}", model_version=version, target=target
        )
        assert code == 0, shown
        assert serves(site, target, version, digest)

    code, shown = site.run(
        "revert-model", f"revert-{version}", environment="production", reason="to see it go back"
    )
    assert code == 0, shown
    assert serves(site, "production", before["version"], before["digest"])
    assert "to see it go back" in site.log()[0]


def test_a_version_that_was_not_tested_in_staging_does_not_reach_canary(site):
    version, digest = site.bake()
    before = site.environment("canary")
    assert site.deploy(version, digest, f"deploy-{version}")[0] == 0

    code, shown = site.run(
        "promote-model", f"promote-{version}", model_version=version, target="canary"
    )

    assert code == 1, shown
    assert site.environment("canary") == before
    assert "they have not run" in site.journal(f"promote-{version}")[-1]["reason"]


def test_a_version_that_cannot_start_is_taken_back_and_the_journal_says_why(site):
    good, digest = site.bake()
    assert site.deploy(good, digest, f"deploy-{good}")[0] == 0
    broken, other = site.bake("--broken")

    code, shown = site.deploy(broken, other, f"deploy-{broken}")

    assert code == 1, shown
    assert serves(site, "staging", good, digest)
    assert site.log()[0].endswith(f"undoes deploy-{broken}")
    end = site.journal(f"deploy-{broken}")[-1]
    assert (end["move"], end["state"]) == ("end", "Failed")
    assert "ended 3 times right after its start" in end["reason"]


def test_two_deployments_at_once_take_turns(site):
    baked = [site.bake() for _ in range(2)]
    running = [
        site.start(
            "deploy-container-image", f"deploy-{version}",
            environment="staging", model_version=version, digest=digest,
        )
        for version, digest in baked
    ]  # fmt: skip
    for process in running:
        shown, _ = process.communicate(timeout=300)
        assert process.returncode == 0, shown

    entries = sorted(
        (entry for version, _ in baked for entry in site.journal(f"deploy-{version}")),
        key=lambda entry: entry["number"],
    )
    order = [entry["operation"] for entry in entries]
    assert order == sorted(order, key=order.index), "their moves are mixed"
    last = next(pair for pair in baked if f"deploy-{pair[0]}" == order[-1])
    assert serves(site, "staging", *last)


@pytest.mark.parametrize(
    "moment",
    [("release", "intent"), ("release", "done"), ("serving", "seen"), ("alias staging", "intent")],
    ids=" ".join,
)
def test_a_deployment_that_is_killed_goes_on_and_does_nothing_twice(site, moment):
    version, digest = site.bake()
    name = f"deploy-{version}"
    asked = {"environment": "staging", "model_version": version, "digest": digest}
    process = site.start("deploy-container-image", name, **asked)
    end = time.monotonic() + 120
    while moment not in [(entry["move"], entry["state"]) for entry in site.journal(name)]:
        assert time.monotonic() < end, process.communicate()[0]
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    done = site.clone.invoke("workflows.retry", name, seconds=300)

    assert done.returncode == 0, done.stdout + done.stderr
    assert serves(site, "staging", version, digest)
    assert sum(line.startswith(f"staging: version {version} ") for line in site.log()) == 1
    moves = [(e["move"], e["state"]) for e in site.journal(name)]
    assert moves.count(("release", "intent")) == moves.count(("alias staging", "intent")) == 1
    assert moves[-1] == ("end", "Succeeded")
