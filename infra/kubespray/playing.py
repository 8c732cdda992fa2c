"""Run Kubespray's playbook through playbooks/run, one at a time for a site."""

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.kubespray.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
POLL = 0.5


class Turn:
    """Only one Ansible works at a site; it holds its turn itself, even if we are killed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = folder / "turn"

    def take(self, waits: Callable[[str], None]) -> int:
        """Wait for the one before to end, and return what holds the turn while it is open."""
        held = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        said = False
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not said:
                    waits("the Ansible of a run that was cut off ends its task")
                said = True
                time.sleep(POLL)
            else:
                return held


def play(
    argv: Sequence[str],
    *,
    turn: int,
    env: Mapping[str, str],
    errors: Path,
    hear: Callable[[Progress, str | None], None],
) -> Progress:
    """Run playbooks/run to its end, and tell with each event how far it is."""
    progress = Progress()
    with errors.open("w") as said:
        process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=dict(env),
            # Its other end is ours: when we are gone, Ansible ends between two tasks.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
            pass_fds=(turn,),
        )
    assert process.stdout
    with process:
        try:
            for line in process.stdout:
                hear(progress, progress.hear(json.loads(line)))
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            raise
        finally:
            os.close(turn)
            code = process.wait()
    if not progress.status:
        progress.status = "refused" if code == 2 else "failed"
        words = errors.read_text(encoding="utf-8", errors="replace").strip()
        progress.said = words or f"the runner ended with {code}"
    return progress
