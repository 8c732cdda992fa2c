"""A site with its platform up, and versions made for it: no training, everything else real."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import yaml

from services import environments
from tests.lifecycle.conftest import ROOT, Clone, get

LOCK = ROOT / "services" / "lifecycle" / "requirements.txt"


class Site:
    """A site with its platform up, and versions that can be baked for it."""

    def __init__(self, clone):
        self.clone = clone
        self.state = clone.state
        self.python = environments.ensure(LOCK) / "bin" / "python"
        self.facts = yaml.safe_load((self.state / "platform.yaml").read_text())["data"]

    @classmethod
    @contextmanager
    def up(cls, base):
        """Start a site of its own in a folder, as far as its platform; it is down after."""
        clone = Clone(ROOT, base / "state")
        done = clone.invoke("up", "--until", "platform", "--yes")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-3000:]
        try:
            yield cls(clone)
        finally:
            clone.invoke("down")

    def verb(self, *arguments):
        """Run a verb of the lifecycle, as a step would."""
        return self._python("-m", "services.lifecycle", *arguments)

    def bake(self, *flags, model=ROOT / "services" / "classifier" / "bootstrap" / "model"):
        """Register and bake a version; return its number and digest."""
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
        past = {} if environment == "staging" else {"force": "made for a test"}
        return self.run("deploy-container-image", name, **asked, **past)

    def tested(self):
        """Bake a version that staging then serves and that passes the tests there."""
        version, digest = self.bake()
        code, shown = self.deploy(version, digest, f"deploy-{version}")
        assert code == 0, shown
        asked = {"model_version": version, "digest": digest}
        code, shown = self.run("test-staging", f"test-{version}", **asked)
        assert code == 0, shown
        return version, digest

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
        plain["GOURMET_SIGNING_KEY"] = str(
            self.state / "secrets/argo/gourmetops-signing/ed25519.pem"
        )
        env = {**os.environ, **plain, "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "1"}
        done = subprocess.run(
            [str(self.python), *arguments], cwd=ROOT, env=env, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


def serves(site, environment, version, digest):
    """Say whether Git, the alias and every answer agree."""
    row = site.environment(environment)
    said = get(f"{row['url']}/version")
    told = (row["version"], row["digest"], said["version"], said["digest"])
    wanted = None if version is None else int(version)
    assert row["alias"] == wanted
    assert row["problems"] == []
    return told == (wanted, digest, wanted, digest)
