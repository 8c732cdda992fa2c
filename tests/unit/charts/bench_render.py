"""How long one environment takes to render, next to an empty Python that loads Helm's engine.

Run by `./run nox -s bench`.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DIGEST = "release.digest=sha256:" + "a" * 64
RENDER = ["-m", "charts", "render", "--environment", "canary", "--set", DIGEST]
LOAD = ["-c", "import helm_python; helm_python.validate_release_name('x')"]
VALIDATE = ["-m", "charts", "validate"]


def main() -> None:
    """Print the figures."""
    print(f"render one environment, from the command line: {best(RENDER):.2f} s (well under 1)")
    print(f"only start Python and load Helm's engine: {best(LOAD):.2f} s")
    print(f"render and judge every environment of every site: {best(VALIDATE):.2f} s")


def best(arguments: list[str]) -> float:
    """Return the fastest of five runs, in seconds."""
    return min(_timed(arguments) for _ in range(5))


def _timed(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
