"""Mutexes and semaphores: held by open files, so that a killed runner holds nothing."""

import asyncio
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.run import Run
from workflows.runner.errors import NodeFault, StuckFault
from workflows.runner.model.library import MissingObjectError
from workflows.runner.model.node import FAILED, PENDING

_LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class Wanted:
    """A lock that somebody needs."""

    key: str
    limit: int


def wanted(synchronization: Mapping[str, Any] | None, run: Run) -> list[Wanted]:
    """Give the locks of a template or spec, always in the same order.

    Raises:
        NodeFault: the size of a semaphore is nowhere.
    """
    if not synchronization:
        return []
    namespace = run.workflow["metadata"].get("namespace", "")
    mutexes = [*(synchronization.get("mutexes") or ()), synchronization.get("mutex")]
    semaphores = [*(synchronization.get("semaphores") or ()), synchronization.get("semaphore")]
    found = [
        Wanted(f"{mutex.get('namespace') or namespace}/Mutex/{mutex.get('name', '')}", 1)
        for mutex in mutexes if mutex
    ]  # fmt: skip
    found += [_semaphore(item, namespace, run) for item in semaphores if item]
    return sorted(found, key=lambda lock: lock.key)


def _semaphore(item: Mapping[str, Any], namespace: str, run: Run) -> Wanted:
    where = item.get("namespace") or namespace
    reference = item.get("configMapKeyRef")
    if not reference:
        raise NodeFault("a semaphore needs configMapKeyRef on one machine: there is no database")
    try:
        text = run.hub.library.config(reference["name"], reference["key"])
        limit = int(text)
    except (MissingObjectError, ValueError) as error:
        raise NodeFault(
            f"failed to get the size of semaphore {reference['name']}/{reference['key']}: {error}"
        ) from error
    return Wanted(f"{where}/ConfigMap/{reference['name']}/{reference['key']}", limit)


class LockTable:
    """The locks of a state folder, for all workflows of this process and of others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._queues: dict[str, list[_Waiter]] = {}
        self._held_here: dict[str, int] = {}

    def try_take(self, lock: Wanted) -> int | None:
        """Take a lock if it is free; give the open file that holds it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for slot in range(lock.limit):
            path = self.folder / f"{quote(lock.key, safe='')}.{slot}"
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                continue
            self._held_here[lock.key] = self._held_here.get(lock.key, 0) + 1
            return file
        return None

    def release(self, lock: Wanted, file: int) -> None:
        """Give a lock back and wake who waits for it."""
        os.close(file)
        self._held_here[lock.key] -= 1
        for waiter in self._queues.get(lock.key, ())[:1]:
            waiter.wake.set()

    def all_held_here(self, lock: Wanted) -> bool:
        """Tell whether no other process could give the lock back."""
        return self._held_here.get(lock.key, 0) >= lock.limit

    def join(self, lock: Wanted, waiter: "_Waiter") -> None:
        """Queue up, by priority and then by age."""
        queue = self._queues.setdefault(lock.key, [])
        queue.append(waiter)
        queue.sort(key=lambda w: w.rank)

    def leave(self, lock: Wanted, waiter: "_Waiter") -> None:
        """Leave the queue, and let the next one try."""
        queue = self._queues[lock.key]
        queue.remove(waiter)
        for following in queue[:1]:
            following.wake.set()

    def is_first(self, lock: Wanted, waiter: "_Waiter") -> bool:
        """Tell whether it is the waiter's turn."""
        return self._queues[lock.key][0] is waiter

    def has_queue(self, lock: Wanted) -> bool:
        """Tell whether somebody waits already."""
        return bool(self._queues.get(lock.key))


@dataclass(eq=False)
class _Waiter:
    rank: tuple[int, str, int]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    hopeless: bool = False


_COUNTER = iter(range(2**62))


async def take(run: Run, locks: list[Wanted], *, on_exit: bool, tell: Any) -> "dict[Wanted, int]":
    """Take every lock, waiting for each in turn.

    Raises:
        StuckFault: nobody who holds one can ever give it back.
        InterruptedWaitError: the run ends.
    """
    table: LockTable = run.hub.locks
    held: dict[Wanted, int] = {}
    try:
        for lock in locks:
            file = None if table.has_queue(lock) else table.try_take(lock)
            if file is None:
                tell(lock)
                file = await _queue(run, table, lock, on_exit=on_exit)
            held[lock] = file
    except BaseException:
        give_back(run, held)
        raise
    return held


def give_back(run: Run, held: Mapping[Wanted, int]) -> None:
    """Give locks back."""
    for lock, file in held.items():
        run.hub.locks.release(lock, file)


async def _queue(run: Run, table: LockTable, lock: Wanted, *, on_exit: bool) -> int:
    priority = int(run.spec.get("priority") or 0)
    created = run.workflow["metadata"]["creationTimestamp"]
    waiter = _Waiter((-priority, created, next(_COUNTER)))
    table.join(lock, waiter)

    def give_up_hope() -> None:
        if table.all_held_here(lock):
            waiter.hopeless = True
            waiter.wake.set()

    run.hub.idle_checks.append(give_up_hope)
    asyncio.get_running_loop().call_later(_LOOK_AGAIN_SECONDS, run.hub.check_idle)
    try:
        while True:
            if table.is_first(lock, waiter):
                file = table.try_take(lock)
                if file is not None:
                    return file
            if waiter.hopeless:
                raise StuckFault(
                    f"Waiting for {lock.key} lock. Lock status: 0/{lock.limit}: whoever holds "
                    "it waits, too, so Argo would wait forever"
                )
            try:
                waiter.wake.clear()
                await run.waits.until(
                    waiter.wake.wait(), on_exit=on_exit, timeout=_LOOK_AGAIN_SECONDS
                )
            except TimeoutError:
                continue
    finally:
        run.hub.idle_checks.remove(give_up_hope)
        table.leave(lock, waiter)


async def acquire(frame: Frame, locks: list[Wanted]) -> Any:
    """Take the locks of a template; its node waits as Pending and says for what."""
    run = frame.run

    def tell(lock: Wanted) -> None:
        node = frame.node(PENDING)
        node.waiting = lock.key
        node.message = f"Waiting for {lock.key} lock. Lock status: 0/{lock.limit}"
        run.changed(node)
        frame.slots.leave(keep=min(1, len(frame.slots.gates) - 1))

    held = await take(run, locks, on_exit=frame.call.on_exit, tell=tell)
    node = run.find(frame.name)
    if node is not None and node.waiting:
        node.waiting = node.message = ""
        run.changed(node)
    await frame.slots.enter()
    return _release_after(run, held)


@contextmanager
def _release_after(run: Run, held: Mapping[Wanted, int]) -> Iterator[None]:
    try:
        yield
    finally:
        give_back(run, held)


def fail(frame: Frame, message: str) -> None:
    """Leave a node that could not even ask for its locks."""
    frame.run.mark(frame.node(PENDING), FAILED, message)
