"""Judgements that need every node's answer: who is who, and what time it is.

Each takes what every node printed, by name, and returns what is wrong with which.
"""

from collections.abc import Mapping
from dataclasses import dataclass


def no_two_are_alike(outputs: Mapping[str, str], *, what: str) -> dict[str, str]:
    """Say which nodes share a value that each must have for itself."""
    values = {node: output.strip() for node, output in outputs.items()}
    wrong = {}
    for node, value in values.items():
        others = [name for name, other in values.items() if name != node and other == value]
        if not value:
            wrong[node] = f"its {what} is empty"
        elif others:
            wrong[node] = f"its {what} ({value}) is also that of {' and '.join(others)}"
    return wrong


@dataclass(frozen=True)
class Offset:
    """How far a node's clock is ahead of the operator's: between two bounds, in seconds.

    The node read its clock after the question was sent and before the answer came, so the
    bounds hold whatever the network and the commands in between took.
    """

    least: float
    most: float

    @classmethod
    def measure(cls, output: str, asked: float, answered: float) -> "Offset":
        """Read the node's clock at its first and its last command."""
        first, last = (float(line) for line in output.split())
        return cls(least=last - answered, most=first - asked)

    @property
    def at_least(self) -> float:
        """The smallest distance from zero that the bounds allow."""
        return max(0.0, self.least, -self.most)

    def __str__(self) -> str:
        middle = (self.least + self.most) / 2
        return f"{abs(middle):.2f} s {'ahead of' if middle > 0 else 'behind'}"


def clock_is_right(offset: Offset, *, limit: float) -> str | None:
    """Judge a node's clock against the operator's."""
    return None if offset.at_least <= limit else f"its clock is {offset} this machine's"


def clocks_agree(offsets: Mapping[str, Offset], *, limit: float) -> dict[str, str]:
    """Judge the clocks of nodes against one another, by their distance to the one in the middle."""
    if len(offsets) < 2:
        return {}
    order = sorted(offsets, key=lambda node: offsets[node].least + offsets[node].most)
    middle = order[len(order) // 2]
    wrong = {}
    for node, offset in offsets.items():
        ahead = offset.least - offsets[middle].most
        behind = offsets[middle].least - offset.most
        apart = max(ahead, behind)
        if node != middle and apart > limit:
            word = "ahead of" if ahead > behind else "behind"
            wrong[node] = f"its clock is {apart:.2f} s or more {word} that of {middle}"
    return wrong
