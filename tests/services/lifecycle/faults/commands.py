"""The verbs as the processes that they are, with something broken around them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def start(values, *words, python_path=None, inside=(), **options):
    """Start a verb as a workflow step would be; `inside` is a command that it runs in."""
    env = {**os.environ, **values, "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "1"}
    if python_path:
        env["PYTHONPATH"] = str(python_path)
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    command = [*inside, sys.executable, "-m", "services.lifecycle", *words]
    return subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, stdin=subprocess.DEVNULL, **given
    )


def run(values, *words, **more):
    """Run a verb to its end; return its exit code and what it said."""
    with start(values, *words, **more) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, (err or "") + (out or "")
