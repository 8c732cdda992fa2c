"""A plan of what one person does by hand: approve, hold, repair.

The verb itself is run in a rehearsal; what it would leave behind is what the plan shows, and
what it went by is what must be the same when the plan is carried out.
"""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from services.lifecycle.errors import LifecycleError
from services.lifecycle.planning import paper, rehearsal
from services.lifecycle.step import Step

COMMANDS = ("approve", "hold", "repair")
# The name that the operation will have is not known yet.
OPERATION = "(named when it is done)"


@dataclass(frozen=True)
class Deed:
    """What a command would do.

    Attributes:
        command: `approve`, `hold` or `repair`.
        wish: What it is asked for, exactly: carried out with these arguments.
        about: What a person should know of it.
        world: What it goes by; carried out only while this is the same.
        says: What the command would say.
        commits: Message and diff of each commit that would be made.
        moves: What else would be moved: of a registry, a tag, a lock; with `now` and `then`.
        gates: Every gate as it would answer afterwards.
        refused: Why it would not be done; empty if it would.
    """

    command: str
    wish: dict[str, Any]
    about: dict[str, Any]
    world: dict[str, Any]
    says: list[str]
    commits: list[dict[str, str]]
    moves: list[dict[str, Any]]
    gates: list[dict[str, Any]]
    refused: str

    @property
    def changes_something(self) -> bool:
        """Say whether anything would be different afterwards."""
        return bool(self.commits or self.moves)

    @property
    def typed(self) -> str:
        """Return the command as a person types it."""
        wish = self.wish
        match self.command:
            case "approve":
                return f"approve {wish['version']} --to {wish['target']}"
            case "hold":
                return f"hold {wish['version']}" + (" --lift" if wish["lift"] else "")
            case _:
                return f"repair {wish['environment']}"

    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return paper.sealed(asdict(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a plan from a file.

        Raises:
            PlanFileError: it is none, of another format or command, or was edited.
        """
        return paper.read(cls, path, COMMANDS)


class Stage:
    """A rehearsal of one verb, and what was said in it."""

    def __init__(self, step: Step) -> None:
        self.said: list[str] = []
        self.step = rehearsal.of(step, self.said.append)
        self.refused = ""

    def run(
        self,
        verb: Callable[[Step, Namespace], dict[str, str]],
        wish: dict[str, Any],
        *refusals: type[LifecycleError],
    ) -> dict[str, str]:
        """Run the verb and return its outputs; what it refuses with is part of the plan."""
        try:
            return verb(self.step, Namespace(operation=OPERATION, **wish))
        except refusals as error:
            self.refused = str(error)
            return {}

    @property
    def moves(self) -> list[dict[str, Any]]:
        """Return what it moved beside its commits."""
        return [*self.step.registry.changes, *self.step.gitops.tags]
