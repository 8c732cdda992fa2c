"""The Python packages of services, installed side by side before they are needed."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.errors import SiteError
from infra.local.state import CLONE

LOCKS: Mapping[str, Sequence[str]] = {
    "lifecycle": ["services/lifecycle/requirements.txt"],
    "mlflow": ["infra/local/mlflow.txt"],
    "classifier": ["services/classifier/requirements.txt"],
    "trainer": ["services/trainer/requirements.txt", "services/trainer/torch.txt"],
}


class PackagesError(SiteError):
    """The packages of a service could not be installed."""

    def __init__(self, name: str, said: str) -> None:
        self.name = name
        super().__init__(f"packages of {name}: {said.strip() or 'pip was killed'}")


class Installing:
    """Environments being made, each by a process of its own; leaving ends what still runs."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._made: dict[str, Path] = {}

    def __enter__(self) -> "Installing":
        for name, locks in LOCKS.items():
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "services.environments", *locks],
                cwd=CLONE,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.terminate()
            process.communicate()

    def busy(self, name: str) -> bool:
        """Say whether one environment is still being made."""
        return name in self._running and self._running[name].poll() is None

    def folder(self, name: str) -> Path:
        """Wait for one environment and return its folder.

        Raises:
            PackagesError: pip could not install it, in its own words.
        """
        if name not in self._made:
            process = self._running.pop(name)
            printed, said = process.communicate()
            if process.returncode:
                raise PackagesError(name, said.splitlines()[-1] if said else "")
            self._made[name] = Path(printed.strip())
        return self._made[name]
