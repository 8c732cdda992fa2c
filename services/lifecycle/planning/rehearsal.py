"""The GitOps repository for a plan: commits are made by the real code, and never pushed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.releasing.gitops import Fence, GitOps
from services.lifecycle.step import Step

# Whatever a person told git, and however many objects there are: the same text everywhere.
AS_ANYWHERE = (
    "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--full-index",
    "--unified=3", "--diff-algorithm=myers", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


class Rehearsal(GitOps):
    """A working copy as the repository is now, and the commits that would be made on it."""

    def __init__(self, address: str, work: Path) -> None:
        super().__init__(address, work)
        self.commits: list[dict[str, str]] = []

    def change(
        self,
        message: str,
        write: Callable[[Path], None],
        fence: Fence | None = None,
        author: str = "",
    ) -> str:
        """Commit in the working copy alone, and keep message and diff."""
        self._refresh()
        write(self.work)
        self._git("add", "--all", ".")
        diff = self._git("diff", "--cached", *AS_ANYWHERE)
        if diff:
            self.commits.append({"message": message, "diff": diff})
            self._git("commit", "--quiet", "--message", message)
        return self.head()

    def swap(self, environment: str, old: str, text: bytes | None) -> str | None:
        """Refuse: a rehearsal takes no lock."""
        raise AskedWronglyError("a plan moves nothing, so it takes no lock.")

    def _push(self, *what: str) -> bool:
        raise AskedWronglyError("a plan moves nothing, so it pushes nothing.")

    def _refresh(self) -> None:
        if not self._is_made():
            super()._refresh()


@dataclass(frozen=True)
class Rehearsing(Step):
    """A step whose commits stay with it."""

    @cached_property
    def gitops(self) -> Rehearsal:
        """Return the working copy that nothing leaves."""
        return Rehearsal(self.settings.gitops, self.work / "rehearsal")


def of(step: Step) -> Rehearsing:
    """Return a step that works on a copy."""
    work = step.work / "plan"
    work.mkdir(exist_ok=True)
    return Rehearsing(step.settings, work, step.say)
