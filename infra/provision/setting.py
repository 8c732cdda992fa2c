"""What every stage is handed: the site, its folder, its clouds, and how to ask a person."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.provision.cloud.clouds import Clouds
from infra.provision.errors import DeclinedError
from infra.sites.site import Site

# Hears what a stage says.
Tell = Callable[[str], None]


class Waiting(str):
    """What a stage waits for, with the last value seen; the next sentence takes its place."""


@dataclass(frozen=True)
class Setting:
    """One run at one site."""

    site: Site
    folder: Path
    clouds: Clouds | None
    yes: bool = False
    replace: tuple[str, ...] = ()
    # The stages of this walk; none named: all there are.
    way: tuple[str, ...] = ()

    def goes_through(self, *stages: str) -> bool:
        """Tell whether this walk comes to one of these stages."""
        return not self.way or bool(set(stages) & set(self.way))

    def on(self, way: tuple[str, ...]) -> "Setting":
        """Return the same for a walk through these stages."""
        return replace(self, way=way)

    @property
    def openstack(self) -> dict[str, Any]:
        """The site's facts of OpenStack."""
        assert self.site.openstack is not None
        return self.site.openstack

    @property
    def suffix(self) -> str:
        """What the names of everything made for this site end in."""
        return str(self.openstack.get("suffix", self.site.name))

    @property
    def lease_name(self) -> str:
        """The name of the lease, by which it is found again."""
        return f"lease_mlops_{self.suffix}"

    @property
    def clouds_file(self) -> Path:
        """The file of cloud entries; preflight has refused to go on without it."""
        assert self.clouds is not None
        return self.clouds.file

    def agree(self, question: str) -> None:
        """Ask before the world is changed.

        Raises:
            DeclinedError: the answer is no, or nobody is here.
        """
        if self.yes:
            return
        if not sys.stdin.isatty():
            raise DeclinedError(question, asked=False)
        if input(f"{question} [y/N] ") != "y":
            raise DeclinedError(question, asked=True)
