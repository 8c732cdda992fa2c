"""What preflight has to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Finding:
    """One thing that preflight has to say; what is bad stops the way."""

    what: str
    sentence: str
    bad: bool = True

    def __str__(self) -> str:
        return f"{'✗' if self.bad else '·'} {self.what}: {self.sentence}"


def nearest(name: str, known: Sequence[str]) -> str:
    """Say what was probably meant."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
