"""Runs in the state folder: one folder each, named like its workflow."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.runner.errors import UnknownRunError, UsageError
from workflows.runner.ledger import processes

_INNER = ("logs", "artifacts", "volumes", "work", "commands")
_TAIL_BYTES = 8192


@dataclass(frozen=True)
class RunFolder:
    """Where one run keeps everything."""

    path: Path

    @property
    def name(self) -> str:
        """The workflow's name."""
        return self.path.name

    @property
    def ledger(self) -> Path:
        """The record of what happened."""
        return self.path / "ledger.jsonl"

    def log(self, node_id: str) -> Path:
        """The output of a node."""
        return self.path / "logs" / f"{node_id}.log"

    def tail(self, node_id: str, count: int) -> list[str]:
        """Give the last lines that a node printed."""
        try:
            with self.log(node_id).open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
                return file.read().decode("utf-8", "replace").splitlines()[-count:]
        except FileNotFoundError:
            return []

    def save(self, name: str, facts: dict[str, Any]) -> None:
        """Write a file of the run as a whole, or not at all."""
        target = self.path / name
        temporary = self.path / f".{name}.{os.getpid()}"
        with temporary.open("w", encoding="utf-8") as file:
            file.write(json.dumps(facts, ensure_ascii=False))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)

    def load(self, name: str) -> dict[str, Any]:
        """Read a file of the run; empty when it was never written."""
        try:
            return dict(json.loads((self.path / name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def owner(self) -> int | None:
        """Give the process that works on the run now; None when there is none."""
        holder = self.load("owner.json")
        if holder and processes.is_alive(holder):
            return int(holder["pid"])
        return None


@dataclass(frozen=True)
class State:
    """The state folder."""

    path: Path

    def create(self, name: str) -> RunFolder:
        """Make the folder of a new run.

        Raises:
            UsageError: there is one of that name.
        """
        folder = RunFolder(self.path / name)
        try:
            folder.path.mkdir(parents=True, mode=0o700)
        except FileExistsError:
            raise UsageError(
                f"there is a run {name!r} in {self.path} already: choose another --name, "
                f"or `retry {name}` to go on with it."
            ) from None
        for inner in _INNER:
            (folder.path / inner).mkdir()
        return folder

    def find(self, name: str) -> RunFolder:
        """Give the folder of a run; `@latest` is the one that was made last.

        Raises:
            UnknownRunError: there is none.
        """
        folders = {folder.name: folder for folder in self}
        if name == "@latest" and folders:
            return max(folders.values(), key=lambda f: f.path.stat().st_ctime_ns)
        if name not in folders:
            raise UnknownRunError(name, folders, str(self.path))
        return folders[name]

    def __iter__(self) -> Iterator[RunFolder]:
        if not self.path.is_dir():
            return
        for path in sorted(self.path.iterdir()):
            if (path / "run.json").exists():
                yield RunFolder(path)

    def remove(self, folder: RunFolder) -> None:
        """Delete a run with all that it kept."""
        shutil.rmtree(folder.path, ignore_errors=True)
