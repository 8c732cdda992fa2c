"""One program at a time in a folder: it holds its turn itself, also after we are killed."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POLL = 0.5


@contextlib.contextmanager
def taken(folder: Path, waits: Callable[[], None]) -> Iterator[int]:
    """Wait for the program before to end, and yield what holds the turn while it is open.

    Args:
        folder: Where the programs work; made if it is not there.
        waits: Called once if somebody is still at work.

    Yields:
        A descriptor to hand to the program (`pass_fds`): it keeps the turn until it ends.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(folder / "turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(held, waits)
        yield held
    finally:
        os.close(held)


def _wait(held: int, waits: Callable[[], None]) -> None:
    said = False
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not said:
                waits()
            said = True
            time.sleep(POLL)
        else:
            return
