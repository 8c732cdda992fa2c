"""A plan: what a command would do, and the world as it was when that was asked.

A plan is one JSON object. Its seals are hashes of the parts of the world that it goes by, so
that a workflow can be told by one short text what it may carry out, and what moved since has a
name. Nothing in a plan changes with the time of day: asked again, it is the same to the byte.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from services.lifecycle.planning import paper
from services.lifecycle.planning.paper import MovedError

COMMANDS = ("promote", "rollback", "judge")
NONE = "none"
DIGITS = 16


@dataclass(frozen=True)
class Plan:
    """What a command would do.

    Attributes:
        command: `promote` or `rollback`.
        environment: What it would move.
        version: The model version that would serve; `none` is the bootstrap model.
        digest: The image of it.
        reason: Of a rollback; or why gates are forced.
        source: What holds the version now: environment, commit and release; {} in a rollback.
        stands: Commit and release of the environment now.
        aliases: Each alias that would move, with `now` and `then`.
        traffic: The shares in percent, `now` and `then`, and what moves in words.
        holds: The version that would be put on hold; empty if none.
        gates: Every gate with its answer.
        provenance: How the image was built, and by whom; or why that is not known.
        commits: Message and diff of each commit that would be made.
    """

    command: str
    environment: str
    version: str
    digest: str
    reason: str
    source: dict[str, Any]
    stands: dict[str, Any]
    aliases: dict[str, Any]
    traffic: dict[str, Any]
    holds: str
    gates: list[dict[str, Any]]
    provenance: dict[str, Any]
    commits: list[dict[str, str]]

    @property
    def parts(self) -> dict[str, Any]:
        """Return what the plan goes by, part by part."""
        return {
            "source": self.source,
            "target": self.stands,
            "digest": [self.version, self.digest],
            "alias": {name: held["now"] for name, held in self.aliases.items()},
            "gates": {gate["name"]: gate["answer"] for gate in self.gates},
            "traffic": self.traffic["now"],
            "content": self.commits,
        }

    @property
    def seals(self) -> str:
        """Return a hash of each part, as one text that an argument can be."""
        return ",".join(
            f"{name}:{paper.hashed(part)[:DIGITS]}" for name, part in self.parts.items()
        )

    @property
    def is_open(self) -> bool:
        """Say whether it could be carried out now."""
        closed = [gate for gate in self.gates if gate["answer"] != "allow"]
        if self.command == "promote" and self.reason != NONE:
            closed = [gate for gate in closed if gate["firm"]]
        return not closed

    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return paper.sealed({**asdict(self), "seals": self.seals})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a plan from a file.

        Raises:
            PlanFileError: it is none, of another format or command, or was edited.
        """
        return paper.read(cls, path, COMMANDS)


def moved(then: Plan, now: Plan) -> list[str]:
    """Say what differs between the world of a plan and that of the same plan made now."""
    was, found = then.parts, now.parts
    return paper.differences(was, found)


def require(seals: str, now: Plan, command: str) -> None:
    """Refuse unless the world is as a plan saw it, of which only the seals are known.

    Raises:
        MovedError: naming what is not.
    """
    if changed := _moved_by_seals(seals, now):
        raise MovedError(command, changed)


def _moved_by_seals(seals: str, now: Plan) -> list[str]:
    was = dict(seal.partition(":")[::2] for seal in seals.split(","))
    found = dict(seal.partition(":")[::2] for seal in now.seals.split(","))
    return [
        f"{name} (now {paper.short(now.parts.get(name))})"
        for name in found
        if was.get(name) != found[name]
    ]
