"""Folders that steps used and nobody needs any more."""

import os
import shutil
from pathlib import Path


def remove(folder: Path) -> None:
    """Delete a folder with all that is in it, if it is there."""
    try:
        _remove(str(folder))
    except FileNotFoundError:
        return
    except OSError:
        _make_removable(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _remove(folder: str) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _remove(entry.path)
            else:
                os.unlink(entry.path)  # noqa: PTH108 - asked for each step
    os.rmdir(folder)  # noqa: PTH106 - asked for each step


def _make_removable(folder: Path) -> None:
    """Take back folders that a step closed to everybody."""
    for path, folders, _ in os.walk(folder):
        for name in folders:
            inner = os.path.join(path, name)  # noqa: PTH118
            if not os.path.islink(inner):  # noqa: PTH114
                os.chmod(inner, 0o700)  # noqa: PTH101
