"""How long the main job takes on a machine that has the packages, and doing it again."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMITS = {"up, from nothing to canary": 180.0, "up again, when all is up": 5.0}


def seconds(state, *arguments):
    """Time one Invoke task; its output is shown only when it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "invoke", *arguments],
        cwd=ROOT,
        env={**os.environ, "GOURMET_STATE": str(state)},
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        sys.exit(f"invoke {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def main():
    """Install what is missing first, then measure in a new state folder."""
    late, cores = [], len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench up ") as folder:
        seconds(Path(folder) / "packages", "up", "--until", "platform", "--yes")
        seconds(Path(folder) / "packages", "down")
        state = Path(folder) / "state"
        try:
            for name, limit in LIMITS.items():
                took = seconds(state, "up", "--yes")
                late += [name] if took > limit else []
                print(f"{name}: {took:.1f} s (at most {limit:.0f} s, {cores} cores)")
        finally:
            seconds(state, "down")
    return bool(late)


if __name__ == "__main__":
    sys.exit(main())
