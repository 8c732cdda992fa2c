"""Train each push to a branch once: python -m workflows.pushing.taking BRANCH

What was pushed stands in Git's own reflog of the branch: one line each time it moved, however
many commits that brought. What was trained stands in the state folder, one mark a commit. Who
is woken trains what has no mark, one at a time; others that are woken meanwhile leave it to him.
A run is named by its commit, so the same commit is never trained twice, and one that was killed
is gone on with.
"""

import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflows import submission
from workflows.pushing import hook
from workflows.runner.ledger import processes

TRAINING = {"data": "sample", "until": "canary"}
OVER, STOPPED = ("Succeeded", "Failed"), "Stopped with strategy"
POLL = 0.1


class Pushes:
    """What was pushed to a branch of a repository, and what became of it on a site."""

    def __init__(self, repository: Path, branch: str, state: Path) -> None:
        self.repository = repository
        self.branch = branch
        self.state = state
        self.folder = state / "pushes"

    def pending(self) -> list[str]:
        """Return the commits that were pushed and not trained yet, the oldest first."""
        newest_first = hook.git(
            self.repository, "log", "--walk-reflogs", "--format=%H", f"refs/heads/{self.branch}"
        ).split()
        pushed = dict.fromkeys(reversed(newest_first))
        return [commit for commit in pushed if not self._mark(commit).exists()]

    def know(self) -> None:
        """Take all that was pushed so far as known: only what comes from now on is trained."""
        for commit in self.pending():
            self.mark(commit, "", 0)

    def mark(self, commit: str, run: str, code: int) -> None:
        """Write down what became of a commit, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._mark(commit)
        beside = path.with_suffix(f".{os.getpid()}")
        with beside.open("w") as written:
            json.dump({"commit": commit, "branch": self.branch, "run": run, "code": code}, written)
            written.flush()
            os.fsync(written.fileno())
        beside.replace(path)

    def _mark(self, commit: str) -> Path:
        return self.folder / f"{commit}.json"

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the right to train; it goes with the process. False: somebody else has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def take(pushes: Pushes) -> int:
    """Train what is pending; return how many were trained here."""
    count = 0
    while pushes.pending():
        with pushes.alone() as mine:
            if not mine:
                return count  # whoever trains looks again before he goes
            for commit in pushes.pending():
                name, code = train(pushes.state, commit)
                pushes.mark(commit, name, code)
                count += 1
    return count


def train(state: Path, commit: str) -> tuple[str, int]:
    """Train a commit, or go on with its run; return the run's name and how it ended."""
    name = f"train-model-{commit[:12]}"
    run = state / "runs" / name
    if not (run / "run.json").exists():
        shutil.rmtree(run, ignore_errors=True)  # made, and killed before it could begin
        wanted = {**TRAINING, "branch": commit}
        return name, submission.run("train-model", wanted, "--name", name)
    while _lives(run):  # one whose taker was killed is told to end, and does so in a moment
        time.sleep(POLL)
    ended = _read(run / "status.json")
    # Stopped and not marked: it ended because its taker was killed, not by its own fault.
    if ended.get("phase") in OVER and STOPPED not in str(ended.get("message")):
        return name, 0
    return name, submission.again("retry", name)


def _lives(run: Path) -> bool:
    owner = _read(run / "owner.json")
    return bool(owner) and processes.is_alive(owner)


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def main(branch: str) -> int:
    """Train what was pushed to a branch of this clone."""
    try:
        submission.require_site()
        take(Pushes(submission.CLONE, branch, submission.state()))
    except submission.SubmissionError as error:
        print(f"on-push: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
