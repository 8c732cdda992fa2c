"""What a verb works with: the settings of the site, and the parts of it that they name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from services.lifecycle.clients.registry import Registry
from services.lifecycle.images.layout import Layout
from services.lifecycle.images.source import Checkout, fetch
from services.lifecycle.releasing import serving
from services.lifecycle.releasing.gitops import GitOps
from services.lifecycle.releasing.journal import Journal
from services.lifecycle.releasing.serving import Observed, Wanted
from services.lifecycle.settings import Settings


@dataclass(frozen=True)
class Told:
    """What a verb that only reads tells: a person as text, a program as JSON (--json)."""

    text: str
    facts: Any
    exit_code: int = 0


@dataclass(frozen=True)
class Step:
    """One run of one verb.

    Attributes:
        settings: What differs between sites.
        work: An empty folder that goes when the step ends.
        say: Tells a person how it goes on.
        only_looks: Nothing is moved, so nothing that gives no answer is waited for.
    """

    settings: Settings
    work: Path
    say: Callable[[str], None]
    only_looks: bool = field(default=False, kw_only=True)

    @cached_property
    def layout(self) -> Layout:
        """Return the store of images."""
        return Layout.at(self.settings.images)

    @cached_property
    def registry(self) -> Registry:
        """Return the model registry."""
        return Registry(self.settings.tracking, self.settings.model, only_looks=self.only_looks)

    @cached_property
    def gitops(self) -> GitOps:
        """Return the repository that says what runs."""
        return GitOps(self.settings.gitops, self.work / "gitops")

    @cached_property
    def journal(self) -> Journal:
        """Return the record of who moved what."""
        return Journal(self.settings.journal, self.settings.person)

    def await_serving(self, wanted: Wanted, deadline: float) -> Observed:
        """Wait until an environment serves exactly this.

        Raises:
            ServingError: it never will, or did not before the deadline.
        """
        return serving.wait(self.settings.site_api, wanted, deadline, self.say)

    def require_serving(self, wanted: Wanted) -> Observed:
        """Look once whether an environment serves exactly this.

        Raises:
            ServingError: at this moment it serves something else.
        """
        return serving.require(self.settings.site_api, wanted)

    def checkout(self, branch: str) -> Checkout:
        """Fetch a commit of the source repository."""
        return fetch(self.settings.source, branch, self.work / "source.git")
