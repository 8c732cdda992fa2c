"""The Python environments of stages: made on first use, from locked requirements, by a process."""

import subprocess
import sys
from pathlib import Path

from infra.provision.errors import StageError

ROOT = Path(__file__).resolve().parents[2]


def python(stage: str, *locks: Path) -> Path:
    """Return the Python of an environment.

    Raises:
        StageError: it could not be made; in pip's own words.
    """
    argv = [sys.executable, "-m", "services.environments", *map(str, locks)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.rpartition("environments: ")[2].strip().rstrip(".")
        todo = "This stage has changed nothing; after that, run the same command again"
        raise StageError(stage, said or "pip was killed", todo)
    return Path(done.stdout.splitlines()[-1]) / "bin" / "python"
