"""A place among the leaves that have processes at once: this machine takes only so many."""

import time

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.model.node import FAILED, Node
from workflows.runner.nodes import limits

_LATE = "Step exceeded its deadline"


class Place:
    """The place of one leaf, which stays Pending until there is one."""

    def __init__(self, frame: Frame, node: Node) -> None:
        self.frame = frame
        self.node = node
        self.gate = frame.run.hub.pods
        self.held = False

    async def take(self) -> Node | None:
        """Wait for a place; give the node when the run or its time ended before.

        Raises:
            NodeFault: the template's timeout is malformed.
        """
        if self.gate.free:
            await self.gate.enter()
            self.held = True
            return None
        run, until = self.frame.run, limits.patience(self.frame, self.node)
        timeout = None if until is None else max(0.0, until - time.time())
        await run.written()
        try:
            with run.hub.working():
                await run.waits.until(
                    self.gate.enter(), on_exit=self.frame.call.on_exit, timeout=timeout
                )
        except TimeoutError:
            return run.mark(self.node, FAILED, _LATE)
        except InterruptedWaitError as end:
            return run.mark(self.node, FAILED, end.killed)
        self.held = True
        refusal = limits.refusal(self.frame)
        return run.mark(self.node, FAILED, refusal) if refusal is not None else None

    def give_back(self) -> None:
        """Let the next one have it."""
        if self.held:
            self.held = False
            self.gate.leave()
