"""The GitOps repository: what it says is what runs.

`environments/<env>/` holds the rendered manifests of one release and its facts. A release is
one commit on main. An approved release is a tag on its commit, so that a rollback finds the
very manifests that were good.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.lifecycle.errors import GitError, ReleaseError
from services.lifecycle.releasing import git
from services.lifecycle.releasing.releases import Release

BRANCH = "main"
FACTS = "release.json"
ATTEMPTS = 6
# How git says that somebody else pushed first.
MOVED = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref", "stale info")


@dataclass(frozen=True)
class Commit:
    """A commit of the GitOps repository and the release that it holds for an environment."""

    id: str
    release: Release


class GitOps:
    """A working copy of the GitOps repository, brought up to date before each use."""

    def __init__(self, address: str, work: Path) -> None:
        self.address = address
        self.work = work

    def current(self, environment: str) -> Commit | None:
        """Return the last commit that changed an environment, or None before the first."""
        self._refresh()
        if not self._path(environment, FACTS).exists():
            return None
        return self._newest(environment)

    def at(self, environment: str, commit: str) -> Commit:
        """Return the release of an environment as one commit has it."""
        self._refresh()
        return self._read(environment, commit)

    def change(self, message: str, write: Callable[[Path], None]) -> str:
        """Commit what `write` makes of the tree, and return the commit that main is at.

        Nothing to commit is fine. When somebody else was faster, the change is made again on
        top of theirs.

        Raises:
            GitError: the repository refuses, or keeps moving.
        """
        for attempt in range(ATTEMPTS):
            self._refresh()
            write(self.work)
            self._git("add", "--all", ".")
            if self._head() and not self._git("status", "--porcelain"):
                return self._head()
            self._git("commit", "--quiet", "--allow-empty", "--message", message)
            if self._push("HEAD:" + BRANCH):
                return self._head()
            time.sleep(random.uniform(0.05, 0.2) * 2**attempt)
        raise GitError(
            f"push {BRANCH}", self.address, f"the branch moved {ATTEMPTS} times. Run it again"
        )

    def restore(self, environment: str, commit: str, message: str) -> str:
        """Commit an environment as it was at an earlier commit; later files go."""

        def write(tree: Path) -> None:
            folder = f"environments/{environment}"
            git.run("rm", "-r", "--quiet", "--ignore-unmatch", folder, folder=tree)
            git.run("checkout", "--quiet", commit, "--", folder, folder=tree)

        return self.change(message, write)

    def approve(self, environment: str, commit: str, message: str) -> None:
        """Mark the release of a commit as approved; a second time changes nothing."""
        tag = f"refs/tags/approved/{environment}/{commit[:12]}"
        self._refresh()
        if self._git("for-each-ref", tag):
            return
        name = tag.removeprefix("refs/tags/")
        self._git("tag", "--annotate", "--message", message, name, commit)
        self._git("push", "--quiet", "origin", f"{tag}:{tag}")

    def approved(self, environment: str) -> list[Commit]:
        """Return the approved releases of an environment, the newest first."""
        self._refresh()
        pattern = f"refs/tags/approved/{environment}"
        listed = self._git("for-each-ref", "--format=%(*objectname)", pattern).split()
        order = self._git("rev-list", BRANCH).split() if listed else []
        return [self._read(environment, commit) for commit in order if commit in set(listed)]

    def _newest(self, environment: str) -> Commit:
        folder = f"environments/{environment}"
        return self._read(environment, self._git("rev-list", "-1", BRANCH, "--", folder))

    def _read(self, environment: str, commit: str) -> Commit:
        path = f"environments/{environment}/{FACTS}"
        try:
            facts = self._git("show", f"{commit}:{path}")
        except GitError:
            raise ReleaseError(
                f"{self.address}: commit {commit[:12]} holds no release of {environment} ({path})."
            ) from None
        return Commit(commit, Release.read(facts, f"{commit[:12]}:{path}"))

    def _path(self, environment: str, name: str) -> Path:
        return self.work / "environments" / environment / name

    def _refresh(self) -> None:
        if not (self.work / ".git").exists():
            self.work.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", f"--initial-branch={BRANCH}", ".")
            self._git("remote", "add", "origin", self.address)
        self._git("fetch", "--quiet", "--prune", "--prune-tags", "--force", "--tags", "origin")
        if self._git("for-each-ref", f"refs/remotes/origin/{BRANCH}"):
            self._git("reset", "--quiet", "--hard", f"origin/{BRANCH}")
            self._git("clean", "-ffdqx")

    def _head(self) -> str:
        try:
            return self._git("rev-parse", "--verify", "--quiet", "HEAD")
        except GitError:
            return ""

    def _push(self, what: str) -> bool:
        try:
            self._git("push", "--quiet", "origin", what)
        except GitError as error:
            if any(word in error.reason for word in MOVED):
                return False
            raise
        return True

    def _git(self, *arguments: str) -> str:
        return git.text(*arguments, folder=self.work)
