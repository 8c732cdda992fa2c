"""How many may run at once: in a workflow, and directly below one steps or dag template."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from workflows.runner.errors import FailFastFault
from workflows.runner.model.node import Node

FAIL_FAST = "template has failed or errored children and failFast enabled"


class Gate:
    """Lets a number of holders in, the others in the order they came."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.held = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def free(self) -> bool:
        """Whether there is a place right now."""
        return self.limit is None or (self.held < self.limit and not self._queue)

    async def enter(self) -> None:
        """Wait for a place and take it."""
        if self.free:
            self.held += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self.held -= 1
        self._admit()

    def open(self) -> None:
        """Let everybody in, because the run ends."""
        self.limit = None
        self._admit()

    def _admit(self) -> None:
        while self._queue and (self.limit is None or self.held < self.limit):
            place = self._queue.popleft()
            if not place.done():
                self.held += 1
                place.set_result(None)


@dataclass
class Boundary:
    """A steps or dag node while its children run.

    Attributes:
        name: The node's name.
        template: The template, its tags filled in.
        text: Its JSON before tags were filled in: tells whose result somebody reads.
        failed: Whether a direct child failed.
    """

    name: str
    id: str
    template: dict[str, Any]
    text: str
    context: Any
    depth: int
    on_exit: bool
    gate: Gate = field(default_factory=lambda: Gate(None))
    failed: bool = False
    daemons: list[Any] = field(default_factory=list)

    @property
    def fails_fast(self) -> bool:
        """Whether a failed child keeps others from starting."""
        return bool(self.template.get("failFast"))

    @property
    def broken(self) -> bool:
        """Whether no more children may start."""
        return self.fails_fast and self.failed

    def saw(self, node: Node) -> None:
        """Take note of how a direct child ended."""
        if node.unsuccessful and node.type in ("Pod", "Steps", "DAG"):
            self.failed = True

    def refuse_if_broken(self) -> None:
        """Raise when no more children may start."""
        if self.broken:
            raise FailFastFault(FAIL_FAST)

    def reads_result(self, step: str, kind: str) -> bool:
        """Tell whether the template refers to the result of one of its steps or tasks."""
        return (
            f"{kind}.{step}.outputs.result" in self.text
            or f"{kind}['{step}'].outputs.result" in self.text
        )


@dataclass
class Slots:
    """The places that one leaf or template holds."""

    gates: tuple[Gate, ...]
    held: int = 0

    async def enter(self) -> None:
        """Take a place at each gate, the outer one last."""
        for gate in self.gates[self.held :]:
            await gate.enter()
            self.held += 1

    def leave(self, keep: int = 0) -> None:
        """Give places back, the last first."""
        while self.held > keep:
            self.held -= 1
            self.gates[self.held].leave()
