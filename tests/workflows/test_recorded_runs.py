"""Workflows that the real controller ran: ours must leave the same nodes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = ROOT.parent / "shared" / "argo-cases" / "check.py"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["custom", "random", "dataflow"])
def test_every_node_is_as_the_controller_left_it(kind):
    if not CHECK.exists():
        pytest.skip("the recorded runs are not beside this clone (../shared/argo-cases)")
    if not (ROOT / ".venv" / "bin" / "python").exists():
        pytest.skip("the records are checked with the clone's own .venv: use ./run")

    done = subprocess.run(
        [sys.executable, str(CHECK), "--project", str(ROOT), "--kind", kind, "--jobs", "4"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
