"""Run Kubespray's playbook through playbooks/run, one at a time for a site."""

import json
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.kubespray.progress import Progress

ROOT = Path(__file__).resolve().parents[2]


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
            code = process.wait()
    if not progress.status:
        progress.status = "refused" if code == 2 else "failed"
        words = errors.read_text(encoding="utf-8", errors="replace").strip()
        progress.said = words or f"the runner ended with {code}"
    return progress
