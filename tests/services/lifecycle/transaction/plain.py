"""A platform in memory around the real verbs, the real journal and a real GitOps repository.

The site serves what Git says at once. An operation runs the verbs of its workflow in order, as
the runner would, behind a process that can be killed: that is a locked file, let go of.
"""

import copy
import fcntl
import itertools
import json
import os
import shutil
import subprocess
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from services.lifecycle import failpoints
from services.lifecycle.clients import site
from services.lifecycle.clients.registry import Version
from services.lifecycle.errors import LifecycleError
from services.lifecycle.releasing import releases
from services.lifecycle.releasing.owner import Owner
from services.lifecycle.settings import Settings
from services.lifecycle.step import Step
from services.lifecycle.verbs import begin, record, release, repair, revert, set_alias, undo, wait
from services.lifecycle.verbs import weight as weigh
from tests.services.lifecycle.conftest import git, make_gitops

ENVIRONMENTS = ("staging", "canary", "production")
BROKEN = 9
BOOTSTRAP = 0
NUMBERS = itertools.count(1000)  # tests name operations by smaller ones, such as promote-2


def digest(number):
    """Return the digest of the image of a version."""
    return f"sha256:{number:064d}"


class Registry:
    """The model registry, as a dictionary."""

    def __init__(self):
        self.named = {}
        self.tags = {}

    def version(self, number):
        """Return a version."""
        return Version(number, "run", dict(self.tags.get(number, {})))

    def tag(self, number, **tags):
        """Write facts on a version."""
        for name, value in tags.items():
            self.tags.setdefault(number, {})["gourmetops." + name.replace("_", "-")] = value

    def untag(self, number, name):
        """Take a fact off a version."""
        self.tags.get(number, {}).pop("gourmetops." + name, None)

    def alias(self, name):
        """Return the version that an alias names."""
        return self.named.get(name)

    def move_alias(self, name, number):
        """Let an alias name a version."""
        self.named[name] = number


@dataclass(frozen=True)
class Plain(Step):
    """A step with the platform's own registry."""

    registry: object = None


class Platform:
    """Three environments with the bootstrap release."""

    def __init__(self, folder, monkeypatch, like=None):
        self.folder = folder
        self.registry = copy.deepcopy(like.registry) if like else Registry()
        self.said = []
        self.gitops = folder / "gitops.git"
        self.values = {
            "GOURMET_SITE": "local",
            "GOURMET_MODEL": "model",
            "GOURMET_GITOPS": str(self.gitops),
            "GOURMET_STATE": str(folder / "state"),
            "GOURMET_SITE_API": "http://site",
            "USER": "ada",
        }
        self._replace_servers(monkeypatch)
        if like:
            shutil.copytree(like.folder, folder)
        else:
            make_gitops(self.gitops)
            self._bootstrap()

    def step(self, owner=None):
        """Return what a verb works with."""
        work = self.folder / "work" / str(next(NUMBERS))
        work.mkdir(parents=True)
        values = {**self.values, **({"GOURMET_OWNER": owner} if owner else {})}
        return Plain(Settings(values), work, self.said.append, registry=self.registry)

    def run(self, verb, owner=None, **asked):
        """Run one verb, as a person or as a step."""
        step = self.step(owner)
        try:
            return verb.run(step, Namespace(**asked))
        finally:
            shutil.rmtree(step.work)

    def served(self, environment, commit="main"):
        """Return which version Git holds, which is what serves."""
        path = f"{commit}:environments/{environment}/release.json"
        return json.loads(git("show", path, folder=self.gitops))["version"]

    def share(self):
        """Return the canary's share of the traffic."""
        try:
            shares = json.loads(git("show", "main:platform/traffic.json", folder=self.gitops))
        except subprocess.CalledProcessError:
            return None
        return shares.get("canary")

    def locks(self):
        """Return which environments are held."""
        listed = git(
            "for-each-ref", "--format=%(refname:lstrip=2)", "refs/locks", folder=self.gitops
        )
        return listed.split()

    def commits(self):
        """Return the subjects of all commits, the newest first."""
        return git("log", "--format=%s", "main", folder=self.gitops).splitlines()

    def approved(self):
        """Return the releases that are marked as good, by environment."""
        listed = git(
            "for-each-ref", "--format=%(refname:lstrip=3)", "refs/tags", folder=self.gitops
        )
        named = [name.split("/") for name in listed.split()]
        return sorted((name, self.served(name, commit) or 0) for name, commit in named)

    def end_state(self):
        """Return all that an undisturbed run would leave as well."""
        return {
            "served": {name: self.served(name) for name in ENVIRONMENTS},
            "files": git("ls-tree", "-r", "main", folder=self.gitops),
            "approved": self.approved(),
            "aliases": {k: v for k, v in self.registry.named.items() if v is not None},
            "held": {n: tags for n, tags in self.registry.tags.items() if tags},
            "locks": self.locks(),
        }

    def _replace_servers(self, monkeypatch):
        monkeypatch.setattr("services.lifecycle.evidence.verification.require", lambda *_: None)
        monkeypatch.setattr("services.lifecycle.releasing.rendering.release", _render)
        monkeypatch.setattr("services.lifecycle.releasing.rendering.platform", _render_platform)
        monkeypatch.setattr(
            site, "deployment", lambda _, environment: self._deployment(environment)
        )
        monkeypatch.setattr(site, "answers", lambda _: [])
        monkeypatch.setattr(Step, "layout", SimpleNamespace(image=_image), raising=False)

    def _deployment(self, environment):
        number = self.served(environment)
        is_broken = number == BROKEN
        replica = site.Replica(
            name="app-0", image=f"app@{digest(number or BOOTSTRAP)}", url="", ready=not is_broken,
            restarts=3 if is_broken else 0, state="Running", memory=1, memory_limit=None,
            reason="CrashLoopBackOff" if is_broken else "",
        )  # fmt: skip
        health = "Degraded" if is_broken else "Healthy"
        return site.Deployment(health, "", replica.image, 1, (replica,))

    def _bootstrap(self):
        step = self.step()
        first = _release(BOOTSTRAP)

        def write(tree):
            for name in ENVIRONMENTS:
                _render("local", name, first, step.work / name)
                release.write(tree, name, first, step.work / name)

        commit = step.gitops.change("the first releases", write)
        for name in ENVIRONMENTS:
            step.gitops.approve(name, commit, "the bootstrap release")


class Process:
    """The process of a workflow runner, which can be killed."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        number = next(NUMBERS)
        path = folder / str(number)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        here = Owner.of_this_process().facts()
        facts = {**here, "pid": number, "start": "1", "space": "its own", "guard": str(path)}
        self.owner = json.dumps(facts)

    def kill(self):
        """End it at once."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1


class Workflow:
    """One of our workflows: its steps, its exit handler, its process."""

    def __init__(self, platform, kind, environment, number=None, *, name=None):
        self.platform = platform
        self.kind = kind
        self.environment = environment
        self.number = number
        self.name = name or f"{kind}-{next(NUMBERS)}"
        self.process = Process(platform.folder / "processes")
        self.done = set()
        self.failure = None
        self.instant = ""

    def run(self, kill_at=None):
        """Run to the end, or until it is killed at the n-th instant; say how it ended."""
        passed = itertools.count()

        def tell(name):
            if kill_at is not None and next(passed) == kill_at:
                self.instant = name
                raise failpoints.Killed(name)

        try:
            with failpoints.listening(tell):
                return self._run()
        except failpoints.Killed:
            return "killed"
        finally:
            self.process.kill()

    def again(self):
        """Go on with it in another process, as the runner's retry does."""
        self.process = Process(self.platform.folder / "processes")
        self.failure = None
        return self.run()

    def _run(self):
        try:
            for step, verb, asked in self._steps():
                if step not in self.done:
                    self._verb(verb, **asked)
                    self.done.add(step)
            status = "Succeeded"
        except LifecycleError as error:
            self.failure, status = error, "Failed"
        if status == "Failed" and self.kind != "revert":
            self._verb(undo, environment=self.environment, deadline=1)
        end = {"status": status, "failures": "[]", "labels": "{}"}
        self._verb(record, environment=self.environment, **end)
        return status

    def _steps(self):
        where = {"environment": self.environment}
        wants = {"kind": self.kind, "version": str(self.number or ""), "patience": 0}
        yield "begin", begin, {**where, **wants}
        if self.kind == "revert":
            yield "revert", revert, {**where, "reason": "it is slow", "leaving": "any"}
            self.number = self.platform.served(self.environment)
        what = {**where, "version": self.number, "digest": digest(self.number or BOOTSTRAP)}
        if self.kind != "revert":
            yield "release", release, what
        yield "wait", wait, {**what, "deadline": 1}
        if self.kind != "revert" and self.environment == "canary":
            yield "weight", weigh, {**where, "share": 10, "only_for": ""}
        yield "set-alias", set_alias, {**what, "tested": True}

    def _verb(self, verb, **asked):
        self.platform.run(verb, self.process.owner, operation=self.name, **asked)


def mend(platform, environment):
    """Repair an environment, as a person does."""
    name = f"repair-{next(NUMBERS)}"
    asked = {"environment": environment, "operation": name, "deadline": 1, "gone": ""}
    return platform.run(repair, **asked)["mended"]


def _release(number):
    known = {"commit": "c" * 40, "run": "run", "data_hash": ""}
    return releases.Release(version=number or None, digest=digest(number), **known)


def _image(wanted):
    number = int(wanted.removeprefix("sha256:"))
    labels = {
        "gourmetops.model-version": str(number) if number else "none",
        "org.opencontainers.image.revision": "c" * 40,
    }
    return SimpleNamespace(digest=wanted, labels=labels)


def _render(_site, environment, wanted, out):
    out.mkdir(parents=True, exist_ok=True)
    Path(out, "deployment-app.yaml").write_text(f"{environment}: {wanted.digest}\n")


def _render_platform(_site, out, traffic=None):
    Path(out).mkdir(parents=True, exist_ok=True)
    shares = traffic or {"production": 90, "canary": 10}
    Path(out, "httproute-app.yaml").write_text(json.dumps(shares, sort_keys=True) + "\n")
