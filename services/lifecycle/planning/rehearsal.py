"""The world for a plan: the real code moves it, and nothing of that leaves this process.

Commits, tags and locks stay in a working copy that never pushes; what a registry or a journal
would be told is kept in memory, and read back from there.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.planning.notes import JournalInMind, RegistryInMind
from services.lifecycle.releasing import owner, serving
from services.lifecycle.releasing.gitops import LOCKS, Fence, GitOps
from services.lifecycle.releasing.owner import Owner
from services.lifecycle.releasing.serving import Observed, Wanted
from services.lifecycle.settings import Settings
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
        self.tags: list[dict[str, Any]] = []
        self._made: set[str] = set()

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
            whose = [f"--author={author}"] if author else []
            self._git("commit", "--quiet", *whose, "--message", message)
            self._made.add(self.head())
        return self.head()

    def swap(self, environment: str, old: str, text: bytes | None) -> str | None:
        """Take, turn or free a lock here alone; nobody else sees it."""
        self._refresh()
        if self._token(environment) != old:
            return None
        new = self._blob(text) if text is not None else ""
        self._refs[LOCKS + environment] = (new, "")
        return new

    def moves(self, environment: str) -> bool:
        """Say whether a rehearsed commit changes what an environment runs."""
        where = f" b/environments/{environment}/"
        return any(where in line for each in self.commits for line in each["diff"].splitlines())

    def _push_tag(self, what: str, fence: Fence | None) -> None:
        source, _, ref = what.partition(":")
        environment = ref.removeprefix("refs/tags/approved/").partition("/")[0]
        commit = self._git("rev-parse", f"{ref}^{{}}")
        known = "the commit here" if commit in self._made else commit
        now, then = (None, known) if source else (known, None)
        self.tags.append({"what": f"approved release of {environment}", "now": now, "then": then})
        if source:
            self._refs[ref] = (self._git("rev-parse", ref), commit)
        else:
            self._refs.pop(ref)

    def _push(self, *what: str) -> bool:
        raise AskedWronglyError("a plan moves nothing, so it pushes nothing.")

    def _refresh(self) -> None:
        if not self._is_made():
            super()._refresh()


@dataclass(frozen=True)
class Rehearsing(Step):
    """A step whose commits, marks and entries stay with it.

    Attributes:
        real: The step that it stands for.
    """

    real: Step

    @cached_property
    def gitops(self) -> Rehearsal:
        """Return the working copy that nothing leaves."""
        return Rehearsal(self.settings.gitops, self.work / "rehearsal")

    @cached_property
    def registry(self) -> RegistryInMind:
        """Return the registry, and on top of it what it would be told."""
        return RegistryInMind(self.real.registry)

    @cached_property
    def journal(self) -> JournalInMind:
        """Return the journal, and after it what would be written down."""
        return JournalInMind(self.settings.journal, self.settings.person)

    def await_serving(self, wanted: Wanted, deadline: float) -> Observed:
        """Look once: a plan waits for nothing."""
        return self.require_serving(wanted)

    def require_serving(self, wanted: Wanted) -> Observed:
        """Take what a rehearsed commit releases for what then serves; else look."""
        if self.gitops.moves(wanted.environment):
            return Observed(None, (), trouble=f"{wanted.environment} would serve it")
        return serving.require(self.settings.site_api, wanted)


def of(step: Step, say: Callable[[str], None] | None = None) -> Rehearsing:
    """Return a step that works on a copy, and says what it would do to `say`."""
    work = step.work / "plan"
    work.mkdir(exist_ok=True)
    return Rehearsing(Settings(_values(step)), work, say or step.say, real=step)


def _values(step: Step) -> dict[str, str]:
    """Name this process as the owner, so that no file is made to guard it."""
    known = dict(step.settings.values)
    known.setdefault(owner.VARIABLE, json.dumps(Owner.of_this_process().facts()))
    return known
