"""One clone with one site for all tests of the main job; it is brought to canary once."""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UP_SECONDS = 1200


@dataclass(frozen=True)
class Clone:
    """A clone of this repository with a state folder of its own."""

    folder: Path
    state: Path

    def invoke(self, *arguments, seconds=UP_SECONDS, **extra):
        """Run an Invoke task there and return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "invoke", *arguments],
            cwd=self.folder,
            env=self.env(**extra),
            text=True,
            capture_output=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def env(self, **extra):
        """Return the environment of a person who works there."""
        here = {"GOURMET_STATE": str(self.state), "GOURMET_FROM": str(self.folder)}
        return {**os.environ, **here, **extra}

    def runner(self, verb, *arguments):
        """Run the workflow runner on the runs of this site."""
        command = [sys.executable, "-m", "workflows.runner", verb, *arguments]
        command += ["--state", str(self.state / "runs")]
        return subprocess.run(
            command, cwd=self.folder, text=True, capture_output=True, timeout=60, check=False
        )

    def status(self):
        """Return what `invoke status --json` says."""
        return json.loads(self.invoke("status", "--json").stdout)

    def environment(self, name):
        """Return one environment of the status."""
        return next(row for row in self.status()["environments"] if row["name"] == name)

    def git(self, *arguments):
        """Run git in the clone."""
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.strip()


def get(url):
    """Return the JSON that an address answers."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """A clone whose site is down before and after."""
    base = tmp_path_factory.mktemp("main job")
    made = Clone(base / "clone", base / "state")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(made.folder)], check=True)
    made.git("config", "user.name", "A Tester")
    made.git("config", "user.email", "tester@example.org")
    yield made
    made.invoke("down")


@pytest.fixture(scope="session")
def canary(clone):
    """The clone, once `up` has brought a version into canary."""
    done = clone.invoke("up", "--yes")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return clone
