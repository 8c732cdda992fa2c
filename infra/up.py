"""The main job, stage by stage: a site, its platform, first releases, and a model in canary.

Every stage finds out what is there and does only what is missing, so that `up` can be killed
at any moment and run again. Stages start the other areas as commands.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import outlook
from infra.local import facts, signing, stages
from infra.local import state as files
from infra.local.errors import SiteError
from infra.local.processes import stand_ins
from infra.local.site import ENVIRONMENTS, Site
from infra.local.state import CLONE, State
from infra.local.view import client, overview
from infra.packages import Installing

GOALS = ("platform", "staging", "canary")
HEALTHY_SECONDS = 180.0
Say = Callable[[str, str], None]


class StageError(SiteError):
    """A stage did not do its work; what it printed says why."""

    def __init__(self, stage: str, why: str, code: int = 1) -> None:
        self.stage = stage
        self.code = code
        super().__init__(f"{stage}: {why}")


@dataclass(frozen=True)
class Wish:
    """What `up` was asked for.

    Attributes:
        data: `sample`, or the absolute path of a folder or zip; None when nobody said.
        until: How far to go, one of GOALS.
    """

    data: str | None
    until: str


def run(state: State, wish: Wish, say: Say) -> Site:
    """Bring the site to where the wish says, and return it.

    Raises:
        SiteError: a stage could not be done; run it again when its cause is mended.
    """
    commit = _commit(say)
    with Installing() as packages:
        site = _site(state, say)
        lifecycle = packages.folder("lifecycle") / "bin" / "python"
        _images(site, lifecycle, commit, say)
        packages.folder("classifier")
        _first_releases(site, lifecycle, say)
        packages.folder("mlflow")
        stand_ins.prepare(state)
        _healthy(site, say)
        if wish.until != "platform":
            _model(site, wish, packages, say)
    return site


def _commit(say: Say) -> str:
    head = _git("rev-parse", "HEAD")
    if head is None:
        raise StageError("source", f"{CLONE} is no Git clone, and images are made of commits", 2)
    if _git("status", "--porcelain", "--untracked-files=no"):
        say("source", f"commit {head[:12]}; changes that are not committed are not in the images")
    return head


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(CLONE), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _site(state: State, say: Say) -> Site:
    began = time.monotonic()
    started = stages.start(state)
    how = "runs already" if started.again else "started"
    moved = "; its old ports are taken, so it has new ones" if started.moved else ""
    say("site", f"{how} in {time.monotonic() - began:.1f} s{moved}: {state.folder}")
    return started.site


def _images(site: Site, python: Path, commit: str, say: Say) -> None:
    made = _verb(site, python, "images", "build-image", "--kind", "lifecycle")
    facts.write(site, lifecycle_image=made["image"])
    say("images", f"steps run {made['image'].partition('@')[2][:19]} of commit {commit[:12]}")


def _first_releases(site: Site, python: Path, say: Say) -> None:
    made = _verb(site, python, "environments", "bootstrap")
    new = made["environments"].replace(" ", ", ")
    say("environments", f"first release of {new}" if new else "each holds a release")
    client.sync(site)


def _verb(site: Site, python: Path, stage: str, *arguments: str) -> dict[str, str]:
    """Run a verb that builds as a step of a workflow would, and return its outputs."""
    key = {"GOURMET_SIGNING_KEY": str(signing.private_key(site.state))}
    done = subprocess.run(
        [str(python), "-m", "services.lifecycle", *arguments],
        cwd=CLONE,
        env={**os.environ, **facts.platform(site), **key},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StageError(stage, done.stderr.strip(), done.returncode)
    outputs: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return outputs


def _healthy(site: Site, say: Say) -> None:
    """Wait until everything that Git says runs, telling what it waits for as that changes."""
    end = time.monotonic() + HEALTHY_SECONDS
    told = ""
    while waiting := outlook.not_healthy(client.status(site)):
        if waiting != told:
            say("platform", f"waits for {waiting}")
            told = waiting
        if time.monotonic() > end:
            why = f"{waiting} after {HEALTHY_SECONDS:.0f} s. {_messages(client.status(site))}"
            raise StageError("platform", f"still waits for {why}")
        time.sleep(0.1)
    say("platform", f"MLflow, gateway and {', '.join(ENVIRONMENTS)} are healthy")


def _messages(status: Mapping[str, Any] | None) -> str:
    """Say what each deployment that is not healthy says of itself."""
    namespaces = (status or {}).get("namespaces", {}).values()
    held = [found for namespace in namespaces for found in namespace["deployments"].items()]
    return "; ".join(
        f"{name} is {found['health']}: {found['message'].splitlines()[0]}"
        for name, found in held
        if found["health"] != overview.HEALTHY and found["message"]
    )


def _model(site: Site, wish: Wish, packages: Installing, say: Say) -> None:
    """Train a model and bring it as far as the wish says, unless one is there."""
    memory = site.state.folder / "up.json"
    goes = outlook.model(site, wish.data, wish.until)
    if goes.way == outlook.STANDS:
        say("model", goes.why)
        return
    if goes.way == outlook.PROMOTE:
        _task("deploy-canary")
        files.write_json(memory, {**files.read_json(memory), "until": wish.until})
        return
    if packages.busy("trainer"):
        say("model", "waits for the packages of the trainer: several GB, once")
    packages.folder("trainer")
    if goes.way == outlook.RETRY:
        say("model", goes.why)
        _task("workflows.retry", goes.run)
        return
    name = f"train-model-{int(time.time())}"
    files.write_json(memory, {"data": goes.data, "until": wish.until, "run": name})
    _task("train", "--data", goes.data, "--until", wish.until, "--name", name)


def _task(*arguments: str) -> None:
    """Run another task in the foreground: its live tree is what a person watches."""
    command = [sys.executable, "-m", "invoke", *arguments]
    if code := subprocess.run(command, cwd=CLONE, check=False).returncode:
        name = arguments[-1]
        raise StageError("model", f"{name} did not succeed. See: ./run invoke logs {name}", code)
