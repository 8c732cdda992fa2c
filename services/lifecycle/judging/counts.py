"""What was counted of an app's answers: numbers that only grow, so they add and subtract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

WITHIN = "within:"
LABEL = "label:"


@dataclass(frozen=True)
class Counts:
    """Counters by name.

    `answers`, `errors` and `refusals` count answers; `timed` those whose time is known and
    `within:S` those of them that took at most S seconds; `confident` is the number of
    answers with a confidence and `confidence` their sum; `label:L` counts a label;
    `compared` and `disagreed` are of a replay.
    """

    values: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.values.get(name, 0.0)

    def plus(self, more: Self) -> Self:
        """Add what was counted elsewhere, or later."""
        names = {**self.values, **more.values}
        return type(self)({name: self[name] + more[name] for name in names})

    def since(self, before: Self) -> Self:
        """Return what was counted since. A counter that fell was started anew, from 0."""
        if any(self[name] < value for name, value in before.values.items()):
            return self
        return type(self)({name: value - before[name] for name, value in self.values.items()})

    def edges(self) -> set[float]:
        """Return the times up to which answers are counted."""
        return {float(name.removeprefix(WITHIN)) for name in self.values if name.startswith(WITHIN)}

    def within(self, edge: float) -> float:
        """Return how many answers took at most so long."""
        return self[f"{WITHIN}{edge:g}"]

    def labels(self) -> set[str]:
        """Return the labels that answers have had, or could have."""
        return {name.removeprefix(LABEL) for name in self.values if name.startswith(LABEL)}

    def label(self, name: str) -> float:
        """Return how many answers had a label."""
        return self[f"{LABEL}{name}"]


def of_status(status: int) -> str:
    """Return what an answer counts as beside being one, or an empty text."""
    if status >= 500:
        return "errors"
    return "refusals" if status >= 400 else ""
