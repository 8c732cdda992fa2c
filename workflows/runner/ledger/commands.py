"""What people ask of a run that another process works on: stop, terminate, resume, set.

A request is a file in the run's folder; a signal says that there is one.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from workflows.runner.ledger.runs import RunFolder

WAKE = signal.SIGUSR1


def send(folder: RunFolder, pid: int, **request: Any) -> None:
    """Leave a request and wake the process that works on the run."""
    target = folder.path / "commands" / f"{time.time_ns()}.json"
    temporary = target.with_suffix(".part")
    temporary.write_text(json.dumps(request), encoding="utf-8")
    temporary.replace(target)
    os.kill(pid, WAKE)


def take(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """Give each waiting request once, in order."""
    for path in sorted((folder.path / "commands").glob("*.json")):
        request = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        yield request
