"""What can go wrong between a site's file and its nodes.

* ProvisionError
  * UnknownSiteError      there is no site of that name, nor such a file
  * NoSiteError           nobody said which site is meant
  * NotMadeError          a site has no nodes yet that could be asked
  * UnknownNodeError      a site has no node of that name
  * SiteFileError         a site's file has mistakes; all of them, each with its line
  * NoHostsError          a site has no node to ask
  * OutputsError          what Terraform put out does not fit the site's file
  * HostKeyError          a node answers with another key than the one that was pinned

Every message says where, what, and what to do next; tasks print it as it is.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class ProvisionError(Exception):
    """Base of everything that goes wrong here on purpose."""

    code = 2


class UnknownSiteError(ProvisionError):
    """There is no site of that name, nor such a file."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        names = sorted(known)
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}."
        super().__init__(
            f"There is no site {name!r}: {hint} A path of a site file will do as well."
        )


class NoSiteError(ProvisionError):
    """Nobody said which site is meant."""

    def __init__(self, known: Iterable[str]) -> None:
        super().__init__(
            f"Which site? Say --site NAME: there are {', '.join(sorted(known))}. "
            "A path of a site file will do as well."
        )


class NotMadeError(ProvisionError):
    """A site has no nodes yet that could be asked."""

    def __init__(self, site: str) -> None:
        super().__init__(
            f"Site {site} has no nodes here yet: `invoke provision --site {site}` makes them, and "
            "`--plan` shows how. Were they made from another clone, go on there."
        )


class UnknownNodeError(ProvisionError):
    """A site has no node of that name."""

    def __init__(self, site: str, name: str, known: Iterable[str]) -> None:
        self.name = name
        names = sorted(known)
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(names)}."
        super().__init__(f"Site {site} has no node {name!r}: {hint}")


class SiteFileError(ProvisionError):
    """A site's file has mistakes."""

    def __init__(self, file: str, mistakes: Sequence[tuple[int, str]]) -> None:
        self.file = file
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(f"{file}:{line}: {what}" for line, what in self.mistakes))


class NoHostsError(ProvisionError):
    """A site has no node to ask."""

    def __init__(self, site: str) -> None:
        super().__init__(
            f"Site {site} has no nodes, so there is nothing to check. "
            f"List them under `nodes:` in its file; an empty answer would look like a good one."
        )


class OutputsError(ProvisionError):
    """What Terraform put out does not fit the site's file."""

    def __init__(self, site: str, what: str) -> None:
        super().__init__(
            f"Terraform's outputs do not fit site {site}: {what}. "
            f"Run `invoke provision --site {site} --from terraform`, which reads them anew."
        )


class HostKeyError(ProvisionError):
    """A node answers with another key than the one that was pinned."""

    code = 1

    def __init__(self, host: str, pinned: str, offered: str, file: str) -> None:
        self.host = host
        super().__init__(
            f"{host} shows the key {offered}, and {pinned} is pinned in {file}. Either it was "
            "built anew, or somebody stands in between. If you built it anew, take its line out "
            "of that file and ask again."
        )
