"""What can stop the way from a cloud account to nodes.

* ProvisionError (infra.errors)
  * StageError            a stage could not do its work; what it said last, and where its log lies
  * BusyError             somebody else is at this site right now
  * NotBuiltError         a stage that this version does not have
  * MissingStageError     a stage alone needs what an earlier one has not brought
  * UnknownStageError     there is no stage of that name
  * WishError             what was asked for contradicts itself
  * FindingsError         preflight found what would stop a later stage
  * CloudError            OpenStack refused, in its own words
  * DeclinedError         a person said no
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from infra.errors import ProvisionError


class StageError(ProvisionError):
    """A stage could not do its work."""

    code = 1

    def __init__(self, stage: str, what: str, todo: str) -> None:
        self.stage = stage
        super().__init__(f"{stage}: {what}. {todo}")


class BusyError(ProvisionError):
    """Somebody else is at this site right now."""

    def __init__(self, site: str, who: str) -> None:
        super().__init__(
            f"{who} works on site {site} right now, and two at once would undo one another. "
            "Wait until that ends, or ask; nothing was changed."
        )


class NotBuiltError(ProvisionError):
    """A stage that this version does not have."""

    def __init__(self, stage: str) -> None:
        super().__init__(
            f"{stage}: not available in this version, so the way ends here. "
            "All stages before it are done."
        )


class MissingStageError(ProvisionError):
    """A stage alone needs what an earlier one has not brought."""

    def __init__(self, stage: str, earlier: str) -> None:
        super().__init__(
            f"{stage} needs what {earlier} brings, and {earlier} is not done here. "
            f"Run it without --only, which does {earlier} first."
        )


class UnknownStageError(ProvisionError):
    """There is no stage of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = list(known)
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"they are {', '.join(names)}."
        super().__init__(f"There is no stage {name!r} for this site: {hint}")


class WishError(ProvisionError):
    """What was asked for contradicts itself."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what}. {todo}; nothing was changed.")


class FindingsError(ProvisionError):
    """Preflight found what would stop a later stage."""

    code = 1

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        count = f"{len(lines)} things" if len(lines) > 1 else "one thing"
        super().__init__(f"preflight: {count} to mend first:\n" + "\n".join(lines))


class CloudError(ProvisionError):
    """OpenStack refused, in its own words."""

    code = 1

    def __init__(self, cloud: str, what: str) -> None:
        self.cloud = cloud
        self.what = what
        super().__init__(f"cloud {cloud}: {what}")


class DeclinedError(ProvisionError):
    """A person said no, or nobody was there to ask."""

    def __init__(self, question: str, asked: bool) -> None:
        why = "Nothing was changed." if asked else "Nobody is here to ask; say --yes."
        self.code = 0 if asked else 2
        super().__init__(f"{question} {why}")


def log_tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, for a sentence that says where the rest is."""
    text = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    return "\n".join(["", *text[-lines:], f"(all of it: {log})"])
