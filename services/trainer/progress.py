"""Show how far long work is: a bar at a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many more are done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        with _lines(what, total) as advance:
            yield advance
        return
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda count: shown.advance(task, count)


def say(line: str) -> None:
    """Print one line about what goes on."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _lines(what: str, total: int) -> Iterator[Callable[[int], None]]:
    begin, done, quarter = time.monotonic(), 0, 1

    def advance(count: int) -> None:
        nonlocal done, quarter
        done += count
        if done < total and done * 4 >= total * quarter:
            say(f"{what}: {done} of {total}")
            quarter = done * 4 // total + 1

    yield advance
    say(f"{what}: {total} in {time.monotonic() - begin:.1f} s")
