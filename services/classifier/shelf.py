"""A folder of photos with what is known of each, kept under a size limit.

An entry is a picture and a JSON file of the same name, each written whole or not at all,
so several replicas may share a folder. When it is full, the oldest entries go. Each replica
counts what it writes itself and looks every now and then at what the others wrote.
"""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

# Of the limit: what is kept when room was made, and what one replica writes between two looks.
KEPT, UNSEEN = 0.85, 0.05


class Shelf:
    """Keeps entries under names that the caller made (a hash, never a name from a client)."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._size = _size(folder)
        self._unseen = 0

    def put(self, name: str, suffix: str, picture: bytes, facts: Mapping[str, Any]) -> None:
        """Keep a picture and its facts, in place of what had the same name."""
        text = json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
        with self._lock:
            _write(self.folder / f"{name}.{suffix}", picture)
            _write(self.folder / f"{name}.json", text)
            self._unseen += len(picture) + len(text)
            is_due = self._unseen > self._limit * UNSEEN
            if is_due or self._size + self._unseen > self._limit * (1 - UNSEEN):
                self._make_room()

    def _make_room(self) -> None:
        """Count anew; if it is full, remove the oldest entries, and more than must be."""
        entries: dict[str, list[os.DirEntry[str]]] = {}
        for file in _files(self.folder):
            entries.setdefault(file.name.partition(".")[0], []).append(file)
        oldest = sorted(entries.values(), key=_age)
        self._size, self._unseen = _size(self.folder), 0
        is_full = self._size > self._limit * (1 - 2 * UNSEEN)
        while is_full and oldest and self._size > self._limit * KEPT:
            for file in oldest.pop(0):
                self._size -= _stat_size(file)
                Path(file.path).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{uuid4().hex}.{path.name}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _files(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as listing:
        return [file for file in listing if file.is_file(follow_symlinks=False)]


def _size(folder: Path) -> int:
    return sum(map(_stat_size, _files(folder)))


def _stat_size(file: os.DirEntry[str]) -> int:
    """Return its size: 0 if another replica removed it meanwhile."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _age(files: list[os.DirEntry[str]]) -> float:
    try:
        return max(file.stat().st_mtime for file in files)
    except FileNotFoundError:
        return 0.0
