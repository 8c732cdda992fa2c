"""The line in front of the model: who would wait too long is told so at once."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from services.classifier.errors import BusyError

Result = TypeVar("Result")


class Line:
    """Runs work on a few threads, each call in its turn, and refuses a hopeless wait.

    Few threads on purpose: a photo that is being decoded takes memory, a waiting one
    only its bytes.
    """

    def __init__(self, workers: int, deadline: float) -> None:
        self.deadline = deadline
        self.waiting = 0
        self._workers = workers
        self._running = 0
        self._seconds = 0.0  # what a call took of late
        self._turns = asyncio.Semaphore(workers)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="classify")

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run this when its turn comes.

        Raises:
            BusyError: its turn does not come before the deadline.
        """
        if (self.waiting + self._running) * self._seconds / self._workers > self.deadline:
            raise BusyError(self.deadline)
        await self._take_turn()
        future = asyncio.get_running_loop().run_in_executor(self._pool, self._timed, work)
        # A turn ends when its thread is done, also if nobody waits for the answer.
        future.add_done_callback(lambda _: self._end_turn())
        return await asyncio.shield(future)

    async def _take_turn(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(self.deadline):
                await self._turns.acquire()
        except TimeoutError:
            raise BusyError(self.deadline) from None
        finally:
            self.waiting -= 1
        self._running += 1

    def _end_turn(self) -> None:
        self._running -= 1
        self._turns.release()

    def _timed(self, work: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        try:
            return work()
        finally:
            self._seconds += 0.2 * (time.perf_counter() - start - self._seconds)
