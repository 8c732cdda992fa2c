"""A version on its way through staging to canary, by the commands that a person types.

A command that was killed is typed again until it says that it is done, as a person would.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import yaml

from tests.lifecycle.kills import victims

PATIENCE = 600.0
# So often one wish is hit at most, however often it is typed, so that it comes to its end.
STRIKES = 5


@dataclass
class Kills:
    """Kills at random instants, and how many there were.

    Attributes:
        random: Where the instants come from; printed with a failure, so that it can be repeated.
        wanted: How many there will be in all.
        spread: Seconds after its start within which a command is hit.
    """

    random: random.Random
    wanted: int
    spread: float = 2.5
    done: dict[str, int] = field(default_factory=dict)

    @property
    def count(self):
        """Return at how many instants somebody was hit so far."""
        return sum(self.done.values())

    def strike(self, state, process, most):
        """Kill somebody while a command runs, and again; return how many times that was."""
        began = self.count
        while self.count < min(began + most, self.wanted) and self._strike_once(state, process):
            pass
        return self.count - began

    def _strike_once(self, state, process):
        end = time.monotonic() + self.random.uniform(0, self.spread)
        kind = self.random.choice(list(victims.SIGNS))
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.005)
        if process.poll() is not None:
            return False
        if victims.kill(state, kind):
            self.done[kind] = self.done.get(kind, 0) + 1
        return True


def go(site, version, digest, kills=None):
    """Take a version to staging and on to canary, whatever is killed meanwhile."""
    stage(site, version, digest, kills)
    insist(site, ["deploy-canary", "--version", version], kills)


def stage(site, version, digest, kills=None):
    """Deploy a version to staging."""
    deploy = ["workflows.run", "deploy-container-image"]
    for name, value in {
        "environment": "staging",
        "model-version": version,
        "digest": digest,
    }.items():
        deploy += ["--parameter", f"{name}={value}"]
    insist(site, deploy, kills)


def insist(site, words, kills=None):
    """Type a command again and again until it has succeeded; return what it said each time."""
    end, left = time.monotonic() + PATIENCE, STRIKES
    said = []
    while time.monotonic() < end:
        # Into a file: a runner that outlives its command would keep a pipe open.
        with tempfile.TemporaryFile("w+") as shown, typed(site, words, shown) as process:
            if kills:
                left -= kills.strike(site.state, process, left)
            code = process.wait(PATIENCE)
            shown.seek(0)
            said.append(f"{code}: {shown.read()}")
        if code == 0:
            return said
        time.sleep(0.1)
    raise AssertionError(f"{words} did not end well in {PATIENCE:.0f} s:\n" + "\n".join(said[-3:]))


class Instant:
    """A step that stops at a named instant, so that everything can be killed just there."""

    def __init__(self, site, name, action="stop"):
        self._facts = site.state / "platform.yaml"
        self._once = site.state / "once"
        self._values = {
            "GOURMETOPS_FAILPOINT": f"{name}:{action}",
            "GOURMETOPS_FAILPOINT_ONCE": str(self._once),
        }

    def __enter__(self):
        self._once.touch()
        self._write(self._values)
        return self

    def __exit__(self, *_error):
        self._write({})
        self._once.unlink(missing_ok=True)

    @property
    def is_reached(self):
        """Say whether a step has come to it."""
        return not self._once.exists()

    def _write(self, more):
        body = yaml.safe_load(self._facts.read_text())
        kept = {k: v for k, v in body["data"].items() if not k.startswith("GOURMETOPS_FAILPOINT")}
        body["data"] = kept | more
        self._facts.write_text(yaml.safe_dump(body))


@contextmanager
def typed(site, words, shown):
    """Type a command without waiting for it; whoever leaves before its end presses Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "invoke", *words], cwd=site.clone.folder, env=site.clone.env(),
        stdin=subprocess.DEVNULL, stdout=shown, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
