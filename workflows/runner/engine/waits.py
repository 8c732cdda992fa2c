"""What a run waits for, so that stop, terminate and deadlines can end every wait."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class InterruptedWaitError(Exception):
    """A wait was ended from outside.

    Attributes:
        killed: The message for a process that was running.
        held: The message for a node that was suspended or waited for a lock.
    """

    def __init__(self, killed: str, held: str) -> None:
        self.killed = killed
        self.held = held
        super().__init__(killed)


@dataclass(eq=False)
class _Wait:
    interrupted: "asyncio.Future[None]"
    on_exit: bool


class Waits:
    """Every wait of one run that can be interrupted."""

    def __init__(self) -> None:
        self._waits: set[_Wait] = set()

    async def until(
        self, awaitable: Awaitable[T], *, on_exit: bool, timeout: float | None = None
    ) -> T:
        """Wait for something.

        Raises:
            InterruptedWaitError: the run ends.
            TimeoutError: it took too long.
        """
        loop = asyncio.get_running_loop()
        wait = _Wait(loop.create_future(), on_exit)
        task = asyncio.ensure_future(awaitable)
        self._waits.add(wait)
        try:
            await asyncio.wait(
                (task, wait.interrupted), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if task.done():
                return task.result()
            if task is not awaitable:
                task.cancel()
            if wait.interrupted.done():
                wait.interrupted.result()
            raise TimeoutError
        finally:
            self._waits.discard(wait)
            if wait.interrupted.done():
                wait.interrupted.exception()
            else:
                wait.interrupted.cancel()

    def interrupt(self, killed: str, held: str, *, include_exit: bool) -> None:
        """End every wait, or all but those of exit handlers."""
        for wait in list(self._waits):
            if (include_exit or not wait.on_exit) and not wait.interrupted.done():
                wait.interrupted.set_exception(InterruptedWaitError(killed, held))
