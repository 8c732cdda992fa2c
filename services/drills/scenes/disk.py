"""A disk that is full in the middle of a promotion: a real file system without a byte left."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.drills.catalogue import Drill, Outcome
from services.drills.errors import StageError
from services.drills.scenes.models import DEPLOY, TEST, operation
from services.drills.stage import Ended, Stage

SIZE = "300m"
SECONDS = 120.0
FULL = re.compile(r"[Nn]o space left|disk is full|disk full")


def disk_full(stage: Stage, good: int) -> Outcome:
    """Fill the disk of a site of its own once the commit to canary is made, and make room again."""
    with _small_disk() as folder:
        site = Stage(stage.clone, folder)
        try:
            return _promoted(site, _staged(site, stage, good))
        finally:
            site.invoke("down")


def _staged(site: Stage, first: Stage, good: int) -> str:
    """Bring a copy of the good version into the staging of the new site."""
    _need(site.invoke("up", "--until", "platform", "--yes"), "the second site did not come up")
    from_ = first.facts()["MLFLOW_TRACKING_URI"]
    run = site.broken("nothing", "--version", str(good), "--from", from_)
    version = site.verb("register", "--run", run)["version"]
    _need(site.workflow("build-container-image", model_version=version), "it was not baked")
    asked = {"model_version": version, "digest": site.image(version)}
    _need(site.workflow(DEPLOY, environment="staging", **asked), "it did not reach staging")
    _need(site.workflow(TEST, **asked), "its staging tests failed")
    return version


def _promoted(site: Stage, version: str) -> Outcome:
    before = site.environment("production")
    last = site.journal()[-1]["number"]
    with site.started("deploy-canary") as promotion:
        _wait_for_commit(site, last)
        ballast = _fill(site.state)
        done = promotion.end()
    saw = [f"the disk was full once the commit was made; it ended with exit code {done.code}"]
    wrong = [] if done.code else ["the promotion said that it succeeded"]
    if not FULL.search(done.text):
        wrong.append(f"it does not say that the disk is full: {done.text[-400:]}")
    ballast.unlink()
    again = site.invoke("deploy-canary")
    saw.append(f"with room again, the same command ended with exit code {again.code}")
    canary = site.environment("canary")
    told = (canary["version"], canary["alias"], tuple(canary["problems"]))
    if told != (int(version), int(version), ()):
        wrong.append(f"canary is {told}: {again.text[-600:]}")
    if site.environment("production") != before:
        wrong.append("production was moved")
    history = site.invoke("history", "canary")
    wrong += [] if history.code == 0 else [f"history does not answer: {history.text[-300:]}"]
    return Outcome(operation(done), version, tuple(saw), tuple(wrong), said=done.text)


def _wait_for_commit(site: Stage, last: int) -> None:
    end = time.monotonic() + SECONDS
    while not any(
        (entry["environment"], entry["move"], entry["state"]) == ("canary", "release", "done")
        for entry in site.journal()
        if entry["number"] > last
    ):
        if time.monotonic() > end:
            raise StageError("no commit to canary was made", "")
        time.sleep(0.005)


def _fill(folder: Path) -> Path:
    """Leave not a byte free on the file system of a folder."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


@contextmanager
def _small_disk() -> Iterator[Path]:
    """Mount a file system of its own; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gourmetops-disk-") as base:
        folder = Path(base) / "state"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "drill", str(folder)]
        subprocess.run(mount, check=True, capture_output=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def _cannot_mount() -> str:
    """Say why no file system can be mounted here, or nothing."""
    return "" if os.geteuid() == 0 else "only root can mount a small disk; run it with sudo"


def _need(done: Ended, what: str) -> None:
    if done.code:
        raise StageError(what, done.text)


DRILLS = (
    Drill(
        name="disk-full",
        breaks="the disk is full once the commit of a promotion to canary is made",
        expects="it fails and says so; with room again the same command ends it, and once",
        reason=FULL.pattern,
        act=disk_full,
        needs=_cannot_mount,
    ),
)
