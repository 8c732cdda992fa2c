"""The source repository: which commit a branch names, and the files of a commit."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from services.lifecycle.errors import AskedWronglyError, GitError
from services.lifecycle.releasing import git

HEAD = "HEAD"
COMMIT = re.compile(r"[0-9a-f]{40}")
PINNED = re.compile(r"(.+)@([0-9a-f]{40})")


@dataclass(frozen=True)
class Checkout:
    """One commit of the source repository, fetched into a repository of our own.

    Attributes:
        repository: Our own bare repository that holds the commit.
        commit: The full commit id.
        tag: A name for images of this branch: `default`, or made from the branch.
    """

    repository: Path
    commit: str
    tag: str

    def archive(self, paths: tuple[str, ...]) -> bytes:
        """Return these paths of the commit as a tar archive."""
        self._require(paths)
        return git.run("archive", "--format=tar", self.commit, *paths, folder=self.repository)

    def hash(self, path: str) -> str:
        """Return the SHA-256 of a file of the commit."""
        content = git.run("show", f"{self.commit}:{path}", folder=self.repository)
        return hashlib.sha256(content).hexdigest()

    def _require(self, paths: tuple[str, ...]) -> None:
        listed = git.text("ls-tree", "--name-only", self.commit, *paths, folder=self.repository)
        missing = set(paths) - set(listed.splitlines())
        if missing:
            raise AskedWronglyError(
                f"commit {self.commit[:12]} has no {', '.join(sorted(missing))}, which the image "
                "is made of. Commit what is missing, or name another branch."
            )


def fetch(source: str, branch: str, into: Path) -> Checkout:
    """Fetch one branch, tag or commit; doing it again in the same folder is fine.

    `BRANCH@COMMIT` is a branch as it stood at a commit: the steps of one workflow see the same
    code although somebody pushes meanwhile.

    Raises:
        GitError: the repository cannot be reached, or knows no such branch.
    """
    into.mkdir(parents=True, exist_ok=True)
    if not (into / "HEAD").exists():
        git.run("init", "--bare", "--quiet", ".", folder=into)
    at = PINNED.fullmatch(branch)
    wanted = at[2] if at else branch
    try:
        git.run("fetch", "--quiet", "--no-tags", "--depth=1", source, wanted, folder=into)
    except GitError as error:
        raise GitError(
            f"fetch {branch}",
            source,
            f"{error.reason}. Name a branch, tag or full commit of that repository",
        ) from None
    commit = git.text("rev-parse", "FETCH_HEAD^{commit}", folder=into)
    name = at[1] if at else branch
    return Checkout(into, commit, _tag(name, _default_branch(source, into)))


def pinned(branch: str, commit: str) -> str:
    """Name a branch as it stands at a commit, for `fetch`."""
    known = PINNED.fullmatch(branch)
    return f"{known[1] if known else branch}@{commit}"


def _default_branch(source: str, folder: Path) -> str:
    answer = git.text("ls-remote", "--symref", source, HEAD, folder=folder)
    named = re.match(r"ref: refs/heads/(\S+)\s+HEAD", answer)
    return named[1] if named else HEAD


def _tag(branch: str, default: str) -> str:
    if branch in (HEAD, default):
        return "default"
    name = branch[:12] if COMMIT.fullmatch(branch) else branch.removeprefix("refs/heads/")
    return "branch-" + re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100]
