"""The GitOps repository: what it says is what runs.

`environments/<env>/` holds the rendered manifests of one release and its facts. A release is
one commit on main. An approved release is a tag on its commit, so that a rollback finds the
very manifests that were good. `refs/locks/<env>` says who changes the environment now; a push
that moves the environment turns its lock as well, both or none.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.lifecycle import failpoints
from services.lifecycle.errors import GitError, LifecycleError, ReleaseError
from services.lifecycle.releasing import git
from services.lifecycle.releasing.releases import Release

BRANCH = "main"
FACTS = "release.json"
ATTEMPTS = 6
LOCKS = "refs/locks/"
# What we mirror, and under which names of our own.
PLACES = (
    ("refs/heads/", "refs/remotes/origin/"),
    ("refs/tags/", "refs/tags/"),
    (LOCKS, LOCKS),
)
MIRRORED = tuple(f"+{theirs}*:{ours}*" for theirs, ours in PLACES)
FORMAT = "--format=%(refname) %(objectname) %(*objectname)"
PEELED = "^{}"  # the line of what a tag points at
Refs = dict[str, tuple[str, str]]  # by name: the object, and what a tag points at


class Fence(Protocol):
    """The lock of an environment, as far as a push needs it."""

    def fence(self) -> tuple[str, str, bytes]:
        """Return the environment, the lock's object, and the text that it turns to."""

    def turned(self, token: str) -> None:
        """Take note that the push has turned the lock."""

    def lost(self) -> LifecycleError:
        """Return what to raise when somebody else holds the lock."""


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
        self._refs: Refs = {}
        self._is_stale = True  # nobody has to ask whether the repository has moved: we moved it
        self._known: dict[tuple[str, str], Commit] = {}  # a commit says the same for ever
        self._clean_at = ""  # the commit that the working copy is an untouched copy of

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

    def tree(self) -> Path:
        """Return the working copy, brought up to date."""
        self._refresh()
        return self.work

    def held(self, environment: str) -> tuple[str, bytes] | None:
        """Return the object that the lock of an environment is at, and what it says."""
        self._refresh()
        token = self._token(environment)
        return (token, git.run("cat-file", "blob", token, folder=self.work)) if token else None

    def swap(self, environment: str, old: str, text: bytes | None) -> str | None:
        """Let a lock say something else, or go, if it still is what it was; else None."""
        if not self._is_made():
            self._refresh()
        new = self._blob(text) if text is not None else ""
        lease = f"--force-with-lease={LOCKS}{environment}:{old}"
        return new if self._push(lease, f"{new}:{LOCKS}{environment}") else None

    def change(
        self,
        message: str,
        write: Callable[[Path], None],
        fence: Fence | None = None,
        author: str = "",
    ) -> str:
        """Commit what `write` makes of the tree, and return the commit that main is at.

        Nothing to commit is fine. When somebody else was faster, the change is made again on
        top of theirs. `author` (`Name <address>`) is whose word it is, where it is not ours.

        Raises:
            GitError: the repository refuses, or keeps moving.
            LifecycleError: the lock is no longer ours.
        """
        for attempt in range(ATTEMPTS):
            self._refresh()
            self._clean_at = ""
            write(self.work)
            self._git("add", "--all", ".")
            if (head := self.head()) and not self._git("status", "--porcelain"):
                self._clean_at = head
                return head
            whose = [f"--author={author}"] if author else []
            self._git("commit", "--quiet", "--allow-empty", *whose, "--message", message)
            failpoints.reach("before-commit")
            if self._push_fenced("HEAD:" + BRANCH, fence):
                failpoints.reach("after-commit")
                self._clean_at = self.head()
                return self._clean_at
            time.sleep(random.uniform(0.05, 0.2) * 2**attempt)
        raise GitError(f"push {BRANCH}", self.address, f"the branch moved {ATTEMPTS} times")

    def restore(
        self, environment: str, commit: str, message: str, fence: Fence | None = None
    ) -> str:
        """Commit an environment as it was at an earlier commit; later files go."""

        def write(tree: Path) -> None:
            folder = f"environments/{environment}"
            git.run("rm", "-r", "--quiet", "--ignore-unmatch", folder, folder=tree)
            git.run("checkout", "--quiet", commit, "--", folder, folder=tree)

        return self.change(message, write, fence)

    def approve(
        self, environment: str, commit: str, message: str, fence: Fence | None = None
    ) -> bool:
        """Mark the release of a commit as approved; False where it was already."""
        tag = approval(environment, commit)
        self._refresh()
        if tag in self._refs:
            return False
        name = tag.removeprefix("refs/tags/")
        self._git("tag", "--annotate", "--message", message, name, commit)
        self._push_tag(f"{tag}:{tag}", fence)
        return True

    def is_approved(self, environment: str, commit: str) -> bool:
        """Say whether the release of a commit is marked as approved."""
        self._refresh()
        return approval(environment, commit) in self._refs

    def disapprove(self, environment: str, commit: str, fence: Fence | None = None) -> None:
        """Take the mark of an approved release away."""
        tag = approval(environment, commit)
        self._refresh()
        if tag in self._refs:
            self._push_tag(f":{tag}", fence)

    def approved(self, environment: str) -> list[Commit]:
        """Return the approved releases of an environment, the newest first."""
        self._refresh()
        below = approval(environment, "")
        marked = {peeled for ref, (_, peeled) in self._refs.items() if ref.startswith(below)}
        order = self._git("rev-list", BRANCH).split() if marked else []
        return [self._read(environment, commit) for commit in order if commit in marked]

    def _push_tag(self, what: str, fence: Fence | None) -> None:
        if not self._push_fenced(what, fence):
            raise GitError("push", self.address, "somebody else moved it first")

    def _newest(self, environment: str) -> Commit:
        folder = f"environments/{environment}"
        return self._read(environment, self._git("rev-list", "-1", BRANCH, "--", folder))

    def _read(self, environment: str, commit: str) -> Commit:
        if (environment, commit) not in self._known:
            self._known[environment, commit] = self._read_anew(environment, commit)
        return self._known[environment, commit]

    def _read_anew(self, environment: str, commit: str) -> Commit:
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

    def _is_made(self) -> bool:
        return (self.work / ".git").exists()

    def _refresh(self) -> None:
        if not self._is_made():
            self._make()
        if self._is_stale or self._listed_there() != self._refs:
            self._fetch()
        main, _ = self._refs.get(f"refs/remotes/origin/{BRANCH}", ("", ""))
        if main != self._clean_at:
            self._git("reset", "--quiet", "--hard", main)
            self._git("clean", "-ffdqx")
            self._clean_at = main

    def _make(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet", f"--initial-branch={BRANCH}", ".")
        theirs = Path(self.address) / "objects"
        if theirs.is_dir():
            # It lies on this machine: read its objects there, however long its history is.
            (self.work / ".git/objects/info/alternates").write_text(f"{theirs.resolve()}\n")

    def _fetch(self) -> None:
        self._git("fetch", "--quiet", "--prune", "--no-tags", "--force", self.address, *MIRRORED)
        listed = self._git("for-each-ref", FORMAT, *(ours for _, ours in PLACES))
        named = [line.split(" ") for line in listed.splitlines()]
        self._refs = {ref: (known, peeled) for ref, known, peeled in named}
        self._is_stale = False

    def _listed_there(self) -> Refs:
        """Return the repository's refs under our names: a fetch costs twice as much."""
        found: Refs = {}
        for line in self._git("ls-remote", self.address).splitlines():
            known, _, ref = line.partition("\t")
            whole = ref.removesuffix(PEELED)
            for theirs, ours in PLACES:
                if whole.startswith(theirs):
                    name = ours + whole.removeprefix(theirs)
                    found[name] = (found[name][0], known) if whole != ref else (known, "")
        return found

    def _token(self, environment: str) -> str:
        return self._refs.get(LOCKS + environment, ("", ""))[0]

    def _blob(self, text: bytes) -> str:
        made = git.run("hash-object", "-w", "--stdin", folder=self.work, stdin=text)
        return made.decode().strip()

    def _push_fenced(self, what: str, fence: Fence | None) -> bool:
        """Push, and turn the lock with it: both or none; False when somebody pushed first."""
        if fence is None:
            return self._push(what)
        environment, old, text = fence.fence()
        new, ref = self._blob(text), LOCKS + environment
        if self._push("--atomic", f"--force-with-lease={ref}:{old}", what, f"{new}:{ref}"):
            fence.turned(new)
            return True
        self._refresh()
        if self._token(environment) != old:
            raise fence.lost()
        return False

    def head(self) -> str:
        """Return the commit of the working copy, or nothing before the first."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "HEAD")
        except GitError:
            return ""

    def _push(self, *what: str) -> bool:
        options = [each for each in what if each.startswith("--")]
        refs = [each for each in what if not each.startswith("--")]
        self._is_stale = True
        try:
            self._git("push", "--quiet", *options, self.address, *refs)
        except GitError as error:
            if git.is_late(error):
                return False
            raise
        return True

    def _git(self, *arguments: str) -> str:
        return git.text(*arguments, folder=self.work)


def approval(environment: str, commit: str) -> str:
    """Return the ref that marks a release as approved."""
    return f"refs/tags/approved/{environment}/{commit[:12]}"
