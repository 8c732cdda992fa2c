"""Wait for something that others bring about."""

import time
from collections.abc import Callable
from typing import Any


def until(met: Callable[[], Any], seconds: float = 15, what: str = "", every: float = 0.02) -> Any:
    """Wait for a condition, asked for `every` so many seconds; return what it returned."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := met():
            return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what or met}")
