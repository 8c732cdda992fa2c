"""What can go wrong at a local site.

* SiteError
  * NotRunningError       something was asked of a site that is down
  * StartError            a program of the site did not come up
  * ManifestError         a manifest asks for what is not done here
  * PodError              a manifest is fine, and what it refers to is missing

Every message says where, what, and what to do next; tasks print it as it is.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class SiteError(Exception):
    """Base of everything this site raises on purpose."""

    code = 1


class NotRunningError(SiteError):
    """Something was asked of a site that is down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder}: the local site is not running. Start it: ./run invoke up")


class StartError(SiteError):
    """A program of the site did not come up."""

    def __init__(self, program: str, why: str, last_lines: str) -> None:
        self.program = program
        tail = f" Its last lines:\n{last_lines}" if last_lines else ""
        super().__init__(
            f"{program}: {why}. Read the whole log with ./run invoke logs {program}.{tail}"
        )


class ManifestError(SiteError):
    """A manifest asks for what is not done here, or is no manifest at all."""

    code = 2

    def __init__(self, file: str, path: str, why: str) -> None:
        self.file = file
        self.path = path
        super().__init__(f"{file}: {path}: {why}" if path else f"{file}: {why}")


class PodError(SiteError):
    """A manifest is fine, and what it refers to is missing.

    Attributes:
        reason: One word in Kubernetes' own terms, such as ErrImagePull.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " (did you mean X?)" when something known is close to the word."""
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
