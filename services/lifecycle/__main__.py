"""python -m services.lifecycle VERB ...: told to end, it ends in order and says nothing."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

INTERRUPTED = 130
told: list[int] = []


def _interrupt(number: int, _frame: FrameType | None) -> None:
    told.append(number)
    raise KeyboardInterrupt


def _each(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _run() -> int:
    # Here, since a signal may come while Python reads our files.
    from services.lifecycle import command_line

    return command_line.main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    try:
        _each(_interrupt)
        code = _run()
        _each(signal.SIG_IGN)  # all is done, and Python ends without being disturbed
    except BrokenPipeError:
        _each(signal.SIG_IGN)
        # Whoever read us has read enough; Python would complain again while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (Exception, KeyboardInterrupt):
        # An import that is interrupted within C may raise anything.
        if not told:
            raise
        _each(signal.SIG_IGN)
        code = INTERRUPTED
    sys.exit(code)
