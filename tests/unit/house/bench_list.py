"""How long `invoke --list` takes here, beside a folder with an empty tasks.py."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROUNDS = 15
LIMIT = 1.3


def seconds(folder):
    """Time one listing."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "invoke", "--list"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main():
    """Take turns, so that whatever else the machine does slows both alike."""
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "tasks.py").write_text(
            "from invoke import task\n\n@task\ndef nothing(c):\n    pass\n"
        )
        pairs = [(seconds(empty), seconds(ROOT)) for _ in range(ROUNDS)]
    bare, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = ours / bare
    print(
        f"invoke --list: {ours * 1000:.0f} ms, an empty tasks.py {bare * 1000:.0f} ms, "
        f"ratio {ratio:.2f} (at most {LIMIT})"
    )
    return ratio > LIMIT


if __name__ == "__main__":
    sys.exit(main())
