"""One request for a training at most within a cool-down, whoever asks, and whatever is killed.

The request is a ref of the GitOps repository, taken by compare-and-swap, so that it holds for
every process and cluster. Its name is the name of the run. Whoever finds it within the cool-down
gets the same name, and a run of a name that is there is not started again: so who was killed
between asking and starting has only to ask again.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from services.lifecycle.releasing.gitops import GitOps

NAME = "training-request"


@dataclass(frozen=True)
class Request:
    """A training that was asked for.

    Attributes:
        run: The name of its run.
        at: When it was asked for, UTC.
        because: Why, for people.
    """

    run: str
    at: str
    because: str

    @classmethod
    def read(cls, text: bytes) -> Self | None:
        """Read a request; None when it is none."""
        try:
            facts: dict[str, Any] = json.loads(text)
            datetime.fromisoformat(facts["at"])
            return cls(**facts)
        except (ValueError, TypeError, KeyError):
            return None

    def holds(self, now: datetime, cool_down: timedelta) -> bool:
        """Say whether it still stands. One from the future does: the clock went back."""
        return now - datetime.fromisoformat(self.at) < cool_down


def ask(
    gitops: GitOps, because: str, cool_down: timedelta, now: datetime | None = None
) -> tuple[Request, bool]:
    """Ask for a training; return the request that stands, and whether it is ours."""
    now = now or datetime.now(UTC)
    while True:
        held = gitops.held(NAME)
        known = Request.read(held[1]) if held else None
        if known and known.holds(now, cool_down):
            return known, False
        mine = Request(f"train-model-drift-{now:%Y%m%d-%H%M%S}", now.isoformat(), because)
        text = json.dumps(asdict(mine), sort_keys=True).encode() + b"\n"
        if gitops.swap(NAME, held[0] if held else "", text):
            return mine, True


def standing(gitops: GitOps) -> Request | None:
    """Return the last request, or None."""
    held = gitops.held(NAME)
    return Request.read(held[1]) if held else None
